/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this engine family has beyond LMDB, one test for each extension, named after it. Here each is shown once and in
 * short; the corners are in the tests of the rules.
 */
#include "extensions.h"

#include "os/os.h"

#include <limits.h>

static void is_at(MDBX_cursor *cursor, const char *key, const char *data) {
  MDBX_val k, d;
  OK(mdbx_cursor_get(cursor, &k, &d, MDBX_GET_CURRENT));
  IS_TEXT(k, key);
  IS_TEXT(d, data);
}

/* A writer of a table "t" with the key "a" and values 1 to 3, "b" and its only value. */
static MDBX_txn *begin_multi(MDBX_env *env, MDBX_dbi *dbi) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  *dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  OK(api_put(txn, *dbi, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "a", "2", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "a", "3", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "b", "1", MDBX_UPSERT));
  return txn;
}

/* ------------------------------------------------------------------------------------------------------------ data */

START_TEST(test_extension_zero_length) {
  MDBX_env *env = api_open(0);
  MDBX_dbi multi;
  MDBX_txn *txn = begin_multi(env, &multi);
  const MDBX_val none = {NULL, 0};
  MDBX_val data = {NULL, 0};
  OK(mdbx_put(txn, DBI_MAIN, &none, &data, MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "k", "", MDBX_UPSERT));
  OK(api_put(txn, multi, "a", "", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "", "");
  api_has(txn, DBI_MAIN, "k", "");
  MDBX_cursor *cursor = cursor_on(txn, multi);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  is_at(cursor, "a", "");
  OK(go(cursor, MDBX_NEXT_DUP, NULL, NULL));
  is_at(cursor, "a", "1");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_canary) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_canary canary = {.x = 1, .y = 2, .z = 3, .v = 0}, seen;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_canary_put(txn, &canary));
  MDBX_txn *before = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_canary_get(before, &seen));
  ck_assert_uint_eq(seen.x | seen.y | seen.z | seen.v, 0);
  OK(mdbx_txn_abort(before));
  OK(mdbx_env_close(env));
  env = api_open(0);
  api_store(env, "other", "data");
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_canary_get(txn, &seen));
  ck_assert_uint_eq(seen.x, 1);
  ck_assert_uint_eq(seen.y, 2);
  ck_assert_uint_eq(seen.z, 3);
  ck_assert_uint_eq(seen.v, id);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static int replace(MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *fresh, MDBX_val *old, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val d = api_val(fresh ? fresh : "");
  return mdbx_replace(txn, dbi, &k, fresh ? &d : NULL, old, (MDBX_put_flags_t)flags);
}

START_TEST(test_extension_replace) {
  MDBX_env *env = api_open(0);
  MDBX_dbi multi;
  MDBX_txn *txn = begin_multi(env, &multi);
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)};
  OK(api_put(txn, DBI_MAIN, "k", "old", MDBX_UPSERT));
  OK(replace(txn, DBI_MAIN, "k", "new", &old, MDBX_CURRENT));
  IS_TEXT(old, "old");
  api_has(txn, DBI_MAIN, "k", "new");
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace(txn, DBI_MAIN, "k", NULL, &old, MDBX_CURRENT));
  IS_TEXT(old, "new");
  /* One item of several. */
  old = api_val("2");
  OK(replace(txn, multi, "a", "4", &old, MDBX_CURRENT | MDBX_NOOVERWRITE));
  MDBX_cursor *cursor = cursor_on(txn, multi);
  IS(go(cursor, MDBX_GET_BOTH, "a", "2"), MDBX_NOTFOUND);
  OK(go(cursor, MDBX_GET_BOTH, "a", "1"));
  OK(go(cursor, MDBX_GET_BOTH, "a", "3"));
  OK(go(cursor, MDBX_GET_BOTH, "a", "4"));
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_sequence) {
  MDBX_env *env = api_open(0);
  uint64_t value = 99;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_dbi_sequence(txn, dbi, &value, 5));
  ck_assert_uint_eq(value, 0);
  OK(mdbx_dbi_sequence(txn, dbi, &value, 1));
  ck_assert_uint_eq(value, 5);
  OK(mdbx_dbi_sequence(txn, DBI_MAIN, &value, 1));
  ck_assert_uint_eq(value, 0);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 100));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_sequence(txn, api_table(txn, "t", 0), &value, 0));
  ck_assert_uint_eq(value, 6);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_current) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(api_put(txn, DBI_MAIN, "k", "1", MDBX_CURRENT), MDBX_NOTFOUND);
  OK(api_put(txn, DBI_MAIN, "k", "1", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "k", "longer than before", MDBX_CURRENT));
  api_has(txn, DBI_MAIN, "k", "longer than before");
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  OK(go(cursor, MDBX_SET, "k", NULL));
  const MDBX_val key = api_val("k"), other = api_val("l");
  MDBX_val data = api_val("2");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  is_at(cursor, "k", "2");
  IS(mdbx_cursor_put(cursor, &other, &data, MDBX_CURRENT), MDBX_EKEYMISMATCH);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static size_t count_at(MDBX_cursor *cursor) {
  size_t count = SIZE_MAX;
  OK(mdbx_cursor_count(cursor, &count));
  return count;
}

START_TEST(test_extension_cursor_count) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  for (unsigned i = 0; i < 2000; ++i) {
    char value[16];
    snprintf(value, sizeof(value), "%u", i);
    OK(api_put(txn, dbi, "c", value, MDBX_UPSERT));
  }
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  ck_assert_uint_eq(count_at(cursor), 0);
  for (int rc = go(cursor, MDBX_FIRST, NULL, NULL); rc == MDBX_SUCCESS; rc = go(cursor, MDBX_NEXT, NULL, NULL)) {
    MDBX_val key, data;
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_CURRENT));
    const char letter = *(const char *)key.iov_base;
    ck_assert_uint_eq(count_at(cursor), letter == 'a' ? 3 : letter == 'b' ? 1 : 2000);
  }
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  ck_assert_uint_eq(count_at(cursor), 2);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_del_with_data) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  const MDBX_val key = api_val("a"), two = api_val("2"), none = api_val("9");
  size_t count;
  MDBX_val k = key, data;
  IS(mdbx_del(txn, dbi, &key, &none), MDBX_NOTFOUND);
  OK(mdbx_del(txn, dbi, &key, &two));
  IS(mdbx_del(txn, dbi, &key, &two), MDBX_NOTFOUND);
  OK(mdbx_get_ex(txn, dbi, &k, &data, &count));
  ck_assert_uint_eq(count, 2);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  IS(mdbx_del(txn, DBI_MAIN, &key, &two), MDBX_NOTFOUND);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_update_among_duplicates) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  const MDBX_val key = api_val("a");
  MDBX_val data = api_val("9, longer");
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  is_at(cursor, "a", "9, longer");
  ck_assert_uint_eq(count_at(cursor), 3);
  IS(go(cursor, MDBX_NEXT_DUP, NULL, NULL), MDBX_NOTFOUND);
  OK(go(cursor, MDBX_PREV_DUP, NULL, NULL));
  is_at(cursor, "a", "3");
  OK(go(cursor, MDBX_PREV_DUP, NULL, NULL));
  is_at(cursor, "a", "1");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_emultival) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)};
  IS(replace(txn, dbi, "a", "9", &old, MDBX_CURRENT), MDBX_EMULTIVAL);
  IS(api_put(txn, dbi, "a", "9", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EMULTIVAL);
  const MDBX_val key = api_val("a");
  MDBX_val k = key, data;
  size_t count;
  OK(mdbx_get_ex(txn, dbi, &k, &data, &count));
  ck_assert_uint_eq(count, 3);
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace(txn, dbi, "b", "9", &old, MDBX_CURRENT));
  api_has(txn, dbi, "b", "9");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_get_ex) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  char typed[2] = "a";
  MDBX_val key = {typed, 1}, data;
  size_t count = 77;
  OK(mdbx_get_ex(txn, dbi, &key, &data, &count));
  ck_assert_uint_eq(count, 3);
  IS_TEXT(data, "1");
  IS_TEXT(key, "a");
  ck_assert_ptr_ne(key.iov_base, typed);
  key = api_val("x");
  IS(mdbx_get_ex(txn, dbi, &key, &data, &count), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- cursors */

START_TEST(test_extension_cursor_eof) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  OK(go(cursor, MDBX_NEXT, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  IS(go(cursor, MDBX_NEXT, NULL, NULL), MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_PREV, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_on_first_on_last) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_first_dup(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_FALSE);
  OK(go(cursor, MDBX_GET_BOTH, "a", "3"));
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_SET, "b", NULL));
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_cursors_are_reusable) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  OK(mdbx_txn_abort(txn));
  ck_assert_ptr_null(mdbx_cursor_txn(cursor));
  for (unsigned i = 0; i < 3; ++i) {
    txn = api_begin(env, i % 2 ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE);
    OK(mdbx_cursor_renew(txn, cursor));
    OK(go(cursor, MDBX_FIRST, NULL, NULL));
    is_at(cursor, "a", "1");
    OK(mdbx_txn_commit(txn));
    IS(go(cursor, MDBX_FIRST, NULL, NULL), MDBX_EINVAL);
  }
  OK(mdbx_cursor_close2(cursor));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- handles */

static int reversed(const MDBX_val *a, const MDBX_val *b) {
  const size_t shorter = a->iov_len < b->iov_len ? a->iov_len : b->iov_len;
  const int order = memcmp(b->iov_base, a->iov_base, shorter);
  return order ? order : (a->iov_len < b->iov_len) - (a->iov_len > b->iov_len);
}

static int as_bytes(const MDBX_val *a, const MDBX_val *b) { return reversed(b, a); }

enum { OPENERS = 6, TABLES = 8 };

struct opener {
  MDBX_env *env;
  _Atomic int *ready;
  MDBX_dbi dbis[TABLES];
};

static void *open_tables(void *context) {
  struct opener *opener = context;
  MDBX_txn *txn = api_begin(opener->env, MDBX_TXN_RDONLY);
  atomic_fetch_add(opener->ready, 1);
  ck_assert(unit_await(opener->ready, OPENERS));
  for (unsigned i = 0; i < TABLES; ++i) {
    const char name[2] = {(char)('a' + i), 0};
    OK(mdbx_dbi_open_ex(txn, name, MDBX_DB_DEFAULTS, &opener->dbis[i], reversed, NULL));
    api_has(txn, opener->dbis[i], "k1", name);
  }
  OK(mdbx_txn_abort(txn));
  return NULL;
}

/* All threads at once ask for the same tables with a comparator: one handle a table, and no moment without its order. */
START_TEST(test_extension_dbi_open_ex_without_races) {
  MDBX_env *env = api_open(0);
  _Atomic int ready = 0;
  struct opener openers[OPENERS];
  pthread_t threads[OPENERS];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < TABLES; ++i) {
    const char name[2] = {(char)('a' + i), 0};
    MDBX_dbi dbi;
    OK(mdbx_dbi_open_ex(txn, name, MDBX_CREATE, &dbi, reversed, NULL));
    OK(api_put(txn, dbi, "k1", name, MDBX_UPSERT));
    OK(api_put(txn, dbi, "k2", name, MDBX_UPSERT));
    OK(api_put(txn, dbi, "k3", name, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  for (unsigned i = 0; i < OPENERS; ++i) {
    openers[i] = (struct opener){.env = env, .ready = &ready};
    ck_assert_int_eq(pthread_create(&threads[i], NULL, open_tables, &openers[i]), 0);
  }
  for (unsigned i = 0; i < OPENERS; ++i)
    pthread_join(threads[i], NULL);
  for (unsigned i = 0; i < TABLES; ++i) {
    ck_assert_uint_ge(openers[0].dbis[i], 2);
    for (unsigned n = 0; n < OPENERS; ++n)
      ck_assert_uint_eq(openers[n].dbis[i], openers[0].dbis[i]);
    for (unsigned n = 0; n < i; ++n)
      ck_assert_uint_ne(openers[0].dbis[n], openers[0].dbis[i]);
  }
  txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_dbi dbi;
  IS(mdbx_dbi_open_ex(txn, "a", MDBX_DB_DEFAULTS, &dbi, as_bytes, NULL), MDBX_INCOMPATIBLE);
  MDBX_cursor *cursor = cursor_on(txn, openers[0].dbis[0]);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  is_at(cursor, "k3", "a");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_readers_keep_handles) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "000000", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_val data;
  txn = api_begin(env, MDBX_TXN_RDONLY);
  dbi = api_table(txn, "t", 0);
  OK(mdbx_txn_reset(txn));
  OK(mdbx_txn_renew(txn));
  OK(api_get(txn, dbi, "000000", &data));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_get(txn, dbi, "000000", &data));
  ck_assert_uint_eq(api_table(txn, "t", 0), dbi);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- durability */

static void open_exclusively_in_vain(void *context) {
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, *(const unsigned *)context), MDBX_BUSY);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(test_extension_exclusive) {
  unsigned plain = 0, exclusive = MDBX_EXCLUSIVE;
  MDBX_env *env = api_open(MDBX_EXCLUSIVE);
  unit_join(unit_fork(open_exclusively_in_vain, &plain));
  unit_join(unit_fork(open_exclusively_in_vain, &exclusive));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  env = api_open(0);
  unit_join(unit_fork(open_exclusively_in_vain, &exclusive));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static uint64_t sign_of_head(MDBX_env *env) {
  const MDBX_envinfo info = api_info(env);
  for (unsigned slot = 0; slot < 3; ++slot)
    if (info.mi_meta_txnid[slot] == info.mi_recent_txnid)
      return info.mi_meta_sign[slot];
  ck_abort_msg("no meta of the head");
}

START_TEST(test_extension_syncbytes_and_syncperiod) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  size_t threshold;
  unsigned period;
  OK(mdbx_env_set_syncbytes(env, 10 * PAGE));
  OK(mdbx_env_get_syncbytes(env, &threshold));
  ck_assert_uint_eq(threshold, 10 * PAGE);
  api_store(env, "a", "1");
  ck_assert_uint_eq(sign_of_head(env), 1);
  ck_assert_uint_gt(api_info(env).mi_unsync_volume, 0);
  for (unsigned i = 0; i < 12 && sign_of_head(env) == 1; ++i)
    api_store(env, "a", "2");
  ck_assert_uint_gt(sign_of_head(env), 1);
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  OK(mdbx_env_set_syncbytes(env, 0));
  OK(mdbx_env_set_syncperiod(env, 65536 / 50));
  OK(mdbx_env_get_syncperiod(env, &period));
  ck_assert_uint_eq(period, 65536 / 50);
  api_store(env, "a", "3");
  ck_assert_uint_eq(sign_of_head(env), 1);
  unit_sleep_us(40000);
  api_store(env, "a", "4");
  ck_assert_uint_gt(sign_of_head(env), 1);
  OK(mdbx_env_close(env));
}
END_TEST

static void reboot(void) {
  static const uint64_t other_boot[2] = {77, 78};
  os_bootid_pretend(other_boot);
}

START_TEST(test_extension_safe_async_mode) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  char value[32];
  for (unsigned i = 0; i < 50; ++i) {
    snprintf(value, sizeof(value), "value %u", i);
    api_store(env, "a", value);
    if (i == 20)
      OK(mdbx_env_sync(env));
  }
  OK(mdbx_env_close_ex(env, true));
  reboot();
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "value 20");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_close_ex_dirty) {
  for (unsigned dirty = 0; dirty < 2; ++dirty) {
    MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
    api_store(env, "a", dirty ? "dirty" : "clean");
    OK(mdbx_env_close_ex(env, dirty));
    env = api_create();
    IS(api_try_open(env, MDBX_RDONLY), dirty ? MDBX_WANNA_RECOVERY : MDBX_SUCCESS);
    OK(mdbx_env_close(env));
  }
  reboot();
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "clean");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("extensions");
  TCase *tcase = api_case(suite, "extensions");
  tcase_add_test(tcase, test_extension_zero_length);
  tcase_add_test(tcase, test_extension_canary);
  tcase_add_test(tcase, test_extension_replace);
  tcase_add_test(tcase, test_extension_sequence);
  tcase_add_test(tcase, test_extension_exclusive);
  tcase_add_test(tcase, test_extension_current);
  tcase_add_test(tcase, test_extension_cursor_count);
  tcase_add_test(tcase, test_extension_del_with_data);
  tcase_add_test(tcase, test_extension_dbi_open_ex_without_races);
  tcase_add_test(tcase, test_extension_update_among_duplicates);
  tcase_add_test(tcase, test_extension_cursor_eof);
  tcase_add_test(tcase, test_extension_emultival);
  tcase_add_test(tcase, test_extension_get_ex);
  tcase_add_test(tcase, test_extension_on_first_on_last);
  tcase_add_test(tcase, test_extension_syncbytes_and_syncperiod);
  tcase_add_test(tcase, test_extension_safe_async_mode);
  tcase_add_test(tcase, test_extension_close_ex_dirty);
  tcase_add_test(tcase, test_extension_readers_keep_handles);
  tcase_add_test(tcase, test_extension_cursors_are_reusable);
  return unit_run(suite);
}
