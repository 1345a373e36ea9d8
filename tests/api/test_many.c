/* SPDX-License-Identifier: Apache-2.0 */
/* Many records with one call: mdbx_get_many(), mdbx_put_many(). */
#include "api.h"

enum { MANY = 3000 };

static MDBX_env *env;
static MDBX_txn *txn;
static char texts[MANY][16];
static MDBX_val keys[MANY], values[MANY];
static int codes[MANY];

static void begin(void) {
  unit_setup();
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  for (int i = 0; i < MANY; ++i) {
    snprintf(texts[i], sizeof(texts[i]), "%06d", (i * 7919) % MANY);
    keys[i] = values[i] = api_val(texts[i]);
  }
}

static void end(void) {
  if (txn)
    OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

static void put_all(MDBX_dbi dbi) {
  size_t done = 1;
  OK(mdbx_put_many(txn, dbi, keys, values, MANY, MDBX_UPSERT, &done));
  ck_assert_uint_eq(done, MANY);
}

static const unsigned orders[] = {0, MDBX_REVERSEKEY, MDBX_DUPSORT, MDBX_DUPSORT | MDBX_DUPFIXED};

/* Every second key is there. */
static void ask(MDBX_dbi dbi) {
  static MDBX_val found[MANY];
  OK(mdbx_get_many(txn, dbi, keys, found, codes, MANY));
  for (int i = 0; i < MANY; ++i) {
    const bool there = texts[i][5] % 2 == 0;
    ck_assert_int_eq(codes[i], there ? MDBX_SUCCESS : MDBX_NOTFOUND);
    if (there)
      IS_TEXT(found[i], texts[i]);
    else
      ck_assert(!found[i].iov_base && !found[i].iov_len);
  }
}

START_TEST(get_many_is_get) {
  MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | orders[_i]);
  OK(mdbx_get_many(txn, dbi, keys, values, codes, 40));
  for (int i = 0; i < 40; ++i)
    ck_assert_int_eq(codes[i], MDBX_NOTFOUND);
  for (int i = 0; i < MANY; ++i)
    values[i] = keys[i];
  put_all(dbi);
  for (int i = 0; i < MANY; ++i)
    if (texts[i][5] % 2)
      OK(mdbx_del(txn, dbi, &keys[i], NULL));
  memcpy(texts[8], texts[9], sizeof(texts[8])); /* a key twice */
  ask(dbi);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  ask(dbi);
}
END_TEST

START_TEST(get_many_large_values) {
  static char large[3][20000];
  for (int i = 0; i < 3; ++i) {
    memset(large[i], 'a' + i, sizeof(large[i]));
    values[i] = (MDBX_val){large[i], sizeof(large[i])};
  }
  OK(mdbx_put_many(txn, DBI_MAIN, keys, values, 3, MDBX_UPSERT, NULL));
  OK(mdbx_get_many(txn, DBI_MAIN, keys, values, codes, 3));
  for (int i = 0; i < 3; ++i) {
    OK(codes[i]);
    ck_assert_uint_eq(values[i].iov_len, sizeof(large[i]));
    ck_assert_int_eq(memcmp(values[i].iov_base, large[i], sizeof(large[i])), 0);
  }
}
END_TEST

START_TEST(get_many_odd_lengths) {
  const uint64_t number = 5;
  const MDBX_dbi dbi = api_table(txn, "integers", MDBX_CREATE | MDBX_INTEGERKEY);
  static char large[70000];
  MDBX_val some[3] = {
      {(void *)(uintptr_t)&number, 8}, {(void *)(uintptr_t)&number, 3}, {(void *)(uintptr_t)&number, 8}};
  OK(mdbx_put(txn, dbi, &some[0], &keys[0], MDBX_UPSERT));
  OK(mdbx_get_many(txn, dbi, some, values, codes, 3));
  OK(codes[0]);
  IS(codes[1], MDBX_BAD_VALSIZE);
  OK(codes[2]);
  some[1] = (MDBX_val){large, sizeof(large)};
  OK(mdbx_get_many(txn, DBI_MAIN, some, values, codes, 3));
  IS(codes[1], MDBX_NOTFOUND);
}
END_TEST

START_TEST(arguments) {
  size_t done = 7;
  OK(mdbx_get_many(txn, DBI_MAIN, NULL, NULL, NULL, 0));
  IS(mdbx_get_many(txn, DBI_MAIN, NULL, values, codes, 1), MDBX_EINVAL);
  IS(mdbx_get_many(txn, DBI_MAIN, keys, NULL, codes, 1), MDBX_EINVAL);
  IS(mdbx_get_many(txn, DBI_MAIN, keys, values, NULL, 1), MDBX_EINVAL);
  IS(mdbx_get_many(txn, 77, keys, values, codes, 1), MDBX_BAD_DBI);
  OK(mdbx_put_many(txn, DBI_MAIN, NULL, NULL, 0, MDBX_UPSERT, &done));
  ck_assert_uint_eq(done, 0);
  IS(mdbx_put_many(txn, DBI_MAIN, NULL, values, 1, MDBX_UPSERT, NULL), MDBX_EINVAL);
  IS(mdbx_put_many(txn, DBI_MAIN, keys, values, 1, MDBX_RESERVE, NULL), MDBX_EINVAL);
  IS(mdbx_put_many(txn, DBI_MAIN, keys, values, 1, MDBX_MULTIPLE, NULL), MDBX_EINVAL);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_put_many(txn, DBI_MAIN, keys, values, 1, MDBX_UPSERT, NULL), MDBX_EACCESS);
}
END_TEST

START_TEST(put_many_stops) {
  size_t done;
  MDBX_val found;
  OK(mdbx_put(txn, DBI_MAIN, &keys[5], &keys[6], MDBX_UPSERT));
  IS(mdbx_put_many(txn, DBI_MAIN, keys, values, 10, MDBX_NOOVERWRITE, &done), MDBX_KEYEXIST);
  ck_assert_uint_eq(done, 5);
  IS_TEXT(values[5], texts[6]);
  OK(mdbx_get(txn, DBI_MAIN, &keys[4], &found));
  IS(mdbx_get(txn, DBI_MAIN, &keys[6], &found), MDBX_NOTFOUND);
  OK(mdbx_put_many(txn, DBI_MAIN, keys + 6, values + 6, 4, MDBX_NOOVERWRITE, &done));
  ck_assert_uint_eq(done, 4);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("many records");
  TCase *tcase = api_prepared_case(suite, "many", begin, end);
  tcase_add_loop_test(tcase, get_many_is_get, 0, 4);
  tcase_add_test(tcase, get_many_large_values);
  tcase_add_test(tcase, get_many_odd_lengths);
  tcase_add_test(tcase, arguments);
  tcase_add_test(tcase, put_many_stops);
  return unit_run(suite);
}
