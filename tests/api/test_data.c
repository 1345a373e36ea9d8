/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, storing, deleting and replacing by key, in tables with one value a key. */
#include "api.h"

static MDBX_env *env;
static MDBX_txn *txn;

static void begin_with_a(void) {
  unit_setup();
  env = api_open(0);
  api_store(env, "a", "1");
  txn = api_begin(env, MDBX_TXN_READWRITE);
}

static void end(void) {
  if (txn)
    OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

/* ----------------------------------------------------------------------------------------------------- rule 32: sizes */

START_TEST(rule_32_empty_key_and_value) {
  const MDBX_val nothing = {NULL, 0};
  MDBX_val data = {NULL, 0};
  OK(mdbx_put(txn, DBI_MAIN, &nothing, &data, MDBX_UPSERT));
  OK(mdbx_get(txn, DBI_MAIN, &nothing, &data));
  ck_assert_uint_eq(data.iov_len, 0);
  OK(api_put(txn, DBI_MAIN, "", "full", MDBX_UPSERT));
  api_has(txn, DBI_MAIN, "", "full");
  OK(api_put(txn, DBI_MAIN, "a", "", MDBX_UPSERT));
  api_has(txn, DBI_MAIN, "a", "");
  OK(mdbx_del(txn, DBI_MAIN, &nothing, NULL));
  IS(mdbx_get(txn, DBI_MAIN, &nothing, &data), MDBX_NOTFOUND);
}
END_TEST

START_TEST(rule_32_null_arguments) {
  const MDBX_val key = api_val("a");
  MDBX_val data = api_val("1");
  IS(mdbx_put(txn, DBI_MAIN, NULL, &data, MDBX_UPSERT), MDBX_EINVAL);
  IS(mdbx_put(txn, DBI_MAIN, &key, NULL, MDBX_UPSERT), MDBX_EINVAL);
  IS(mdbx_get(txn, DBI_MAIN, NULL, &data), MDBX_EINVAL);
  IS(mdbx_get(txn, DBI_MAIN, &key, NULL), MDBX_EINVAL);
  IS(mdbx_del(txn, DBI_MAIN, NULL, NULL), MDBX_EINVAL);
  OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
}
END_TEST

START_TEST(rule_32_long_keys) {
  static char bytes[65536];
  const int longest = mdbx_env_get_maxkeysize_ex(env, MDBX_DB_DEFAULTS);
  ck_assert_int_ge(longest, 2022);
  ck_assert_int_ge(mdbx_env_get_maxkeysize_ex(env, MDBX_DUPSORT), 1980);
  ck_assert_int_ge(mdbx_env_get_maxvalsize_ex(env, MDBX_DUPSORT), 2022);
  ck_assert_int_eq(mdbx_env_get_maxkeysize_ex(env, MDBX_INTEGERKEY), 8);
  ck_assert_int_eq(mdbx_env_get_maxvalsize_ex(env, MDBX_DB_DEFAULTS), 0x7fff0000);
  memset(bytes, 'k', sizeof(bytes));
  for (size_t length = (size_t)longest - 2; length <= (size_t)longest; ++length) {
    const MDBX_val key = {bytes, length};
    MDBX_val data = {bytes, 5000};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
    OK(mdbx_get(txn, DBI_MAIN, &key, &data));
    ck_assert_uint_eq(data.iov_len, 5000);
  }
  const MDBX_val key = {bytes, (size_t)longest + 1};
  MDBX_val data = {bytes, 1};
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(mdbx_get(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
  IS(mdbx_del(txn, DBI_MAIN, &key, NULL), MDBX_NOTFOUND);
}
END_TEST

START_TEST(rule_32_value_too_long) {
  const MDBX_val key = api_val("b");
  char byte = 0;
  MDBX_val data = {&byte, (size_t)0x7fff0000 + 1}; /* is refused before it is read */
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(mdbx_get(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
}
END_TEST

START_TEST(rule_32_integer_keys) {
  const MDBX_dbi dbi = api_table(txn, "numbers", MDBX_CREATE | MDBX_INTEGERKEY);
  char unaligned[24];
  MDBX_val data = api_val("v"), key = {unaligned + 1, 0};
  for (size_t length = 0; length < 12; ++length)
    if (length != 4 && length != 8) {
      key.iov_len = length;
      IS(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
    }
  key.iov_len = 8;
  static const uint64_t numbers[] = {300, 2, UINT64_MAX, 0, 1ull << 40};
  for (unsigned i = 0; i < 5; ++i) {
    memcpy(key.iov_base, &numbers[i], 8);
    OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
  }
  key.iov_len = 4;
  IS(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(mdbx_get(txn, dbi, &key, &data), MDBX_BAD_VALSIZE);
  static const uint64_t sorted[] = {0, 2, 300, 1ull << 40, UINT64_MAX};
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (unsigned i = 0; i < 5; ++i) {
    uint64_t number;
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT));
    ck_assert_uint_eq(key.iov_len, 8);
    memcpy(&number, key.iov_base, 8);
    ck_assert_uint_eq(number, sorted[i]);
  }
  mdbx_cursor_close(cursor);
}
END_TEST

static void fill_pattern(uint8_t *bytes, size_t length, unsigned seed) {
  for (size_t i = 0; i < length; ++i)
    bytes[i] = (uint8_t)(seed + i * 7 + (i >> 8));
}

START_TEST(rule_32_large_values_round_trip) {
  static const size_t sizes[] = {2000, 2040, 4000, 4063, 4064, 4065, 8160, 8161, 65535, 65536, 1000000};
  static uint8_t bytes[1000000];
  for (unsigned round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < 11; ++i) {
      const MDBX_val key = {&i, sizeof(i)};
      MDBX_val data = {bytes, sizes[(i + round) % 11]};
      fill_pattern(bytes, data.iov_len, i + round);
      OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
    }
    OK(mdbx_txn_commit(txn));
    api_sound(env);
    txn = api_begin(env, MDBX_TXN_READWRITE);
    for (unsigned i = 0; i < 11; ++i) {
      const MDBX_val key = {&i, sizeof(i)};
      MDBX_val data;
      OK(mdbx_get(txn, DBI_MAIN, &key, &data));
      ck_assert_uint_eq(data.iov_len, sizes[(i + round) % 11]);
      fill_pattern(bytes, data.iov_len, i + round);
      ck_assert_int_eq(memcmp(data.iov_base, bytes, data.iov_len), 0);
    }
  }
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- rule 33: put */

START_TEST(rule_33_no_overwrite) {
  const MDBX_val key = api_val("a");
  MDBX_val data = api_val("new");
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(data, "1");
  api_has(txn, DBI_MAIN, "a", "1");
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_NOOVERWRITE));
  IS(api_put(txn, DBI_MAIN, "b", "3", MDBX_NOOVERWRITE | MDBX_NODUPDATA), MDBX_KEYEXIST);
  api_has(txn, DBI_MAIN, "b", "2");
}
END_TEST

START_TEST(rule_33_current) {
  MDBX_val data;
  IS(api_put(txn, DBI_MAIN, "b", "2", MDBX_CURRENT), MDBX_NOTFOUND);
  IS(api_get(txn, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
  OK(api_put(txn, DBI_MAIN, "a", "2", MDBX_CURRENT));
  api_has(txn, DBI_MAIN, "a", "2");
  IS(api_put(txn, DBI_MAIN, "a", "3", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
  IS(api_put(txn, DBI_MAIN, "b", "3", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_NOTFOUND);
  api_has(txn, DBI_MAIN, "a", "2");
}
END_TEST

START_TEST(rule_33_multivalue_flags_are_upserts) {
  static const unsigned flags[] = {MDBX_NODUPDATA, MDBX_ALLDUPS, MDBX_APPENDDUP};
  for (unsigned i = 0; i < 3; ++i) {
    char text[2] = {(char)('5' + i), 0};
    OK(api_put(txn, DBI_MAIN, "a", text, flags[i]));
    api_has(txn, DBI_MAIN, "a", text);
    OK(api_put(txn, DBI_MAIN, text, text, flags[i]));
    api_has(txn, DBI_MAIN, text, text);
    IS(api_put(txn, DBI_MAIN, "a", "x", flags[i] | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
    api_has(txn, DBI_MAIN, "a", text);
  }
}
END_TEST

START_TEST(rule_33_append) {
  MDBX_val data;
  OK(api_put(txn, DBI_MAIN, "m", "1", MDBX_APPEND));
  IS(api_put(txn, DBI_MAIN, "b", "1", MDBX_APPEND), MDBX_EKEYMISMATCH);
  IS(api_get(txn, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
  OK(api_put(txn, DBI_MAIN, "m", "2", MDBX_APPEND));
  api_has(txn, DBI_MAIN, "m", "2");
  IS(api_put(txn, DBI_MAIN, "m", "3", MDBX_APPEND | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  api_has(txn, DBI_MAIN, "m", "2");
  char key[8];
  for (int i = 0; i < 3000; ++i) {
    snprintf(key, sizeof(key), "z%05d", i);
    OK(api_put(txn, DBI_MAIN, key, key, MDBX_APPEND));
  }
  api_has(txn, DBI_MAIN, "z01234", "z01234");
}
END_TEST

START_TEST(rule_33_reserve_and_bad_flags) {
  const MDBX_val key = api_val("r");
  static const size_t sizes[] = {3, 2000, 9000};
  for (unsigned i = 0; i < 3; ++i) {
    MDBX_val data = {NULL, sizes[i]};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE));
    ck_assert_uint_eq(data.iov_len, sizes[i]);
    memset(data.iov_base, 'r', sizes[i]);
    OK(mdbx_get(txn, DBI_MAIN, &key, &data));
    ck_assert_uint_eq(data.iov_len, sizes[i]);
    for (size_t n = 0; n < sizes[i]; ++n)
      ck_assert_int_eq(((const char *)data.iov_base)[n], 'r');
  }
  IS(api_put(txn, DBI_MAIN, "a", "1", 1), MDBX_EINVAL);
  IS(api_put(txn, DBI_MAIN, "a", "1", MDBX_RESERVE | MDBX_MULTIPLE), MDBX_EINVAL);
  IS(api_put(txn, DBI_MAIN, "a", "1", MDBX_MULTIPLE), MDBX_INCOMPATIBLE);
  api_has(txn, DBI_MAIN, "a", "1");
}
END_TEST

/* ---------------------------------------------------------------------------------------------- rules 37, 38: del, get */

START_TEST(rule_37_del) {
  const MDBX_val key = api_val("a"), wrong = api_val("2"), right = api_val("1"), longer = api_val("11");
  IS(mdbx_del(txn, DBI_MAIN, &key, &wrong), MDBX_NOTFOUND);
  IS(mdbx_del(txn, DBI_MAIN, &key, &longer), MDBX_NOTFOUND);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_del(txn, DBI_MAIN, &key, &right));
  IS(mdbx_del(txn, DBI_MAIN, &key, NULL), MDBX_NOTFOUND);
}
END_TEST

START_TEST(rule_37_readers_cannot_write) {
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT), MDBX_EACCESS);
  IS(api_del(txn, DBI_MAIN, "a"), MDBX_EACCESS);
  IS(mdbx_drop(txn, DBI_MAIN, false), MDBX_EACCESS);
  MDBX_val key = api_val("a"), data = api_val("2"), old = {NULL, 0};
  IS(mdbx_replace(txn, DBI_MAIN, &key, &data, &old, MDBX_UPSERT), MDBX_EACCESS);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  txn = NULL;
}
END_TEST

START_TEST(rule_38_get_ex) {
  char text[] = "a";
  MDBX_val key = {text, 1}, data;
  size_t count = 9;
  OK(mdbx_get_ex(txn, DBI_MAIN, &key, &data, &count));
  ck_assert_uint_eq(count, 1);
  ck_assert_ptr_ne(key.iov_base, text);
  IS_TEXT(key, "a");
  IS_TEXT(data, "1");
  key = api_val("b");
  count = 9;
  IS(mdbx_get_ex(txn, DBI_MAIN, &key, &data, &count), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(rule_38_get_equal_or_great) {
  OK(api_put(txn, DBI_MAIN, "c", "3", MDBX_UPSERT));
  MDBX_val key = api_val("a"), data;
  OK(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data));
  IS_TEXT(data, "1");
  key = api_val("b");
  IS(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data), MDBX_RESULT_TRUE);
  IS_TEXT(key, "c");
  IS_TEXT(data, "3");
  key = api_val("d");
  IS(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
}
END_TEST

/* --------------------------------------------------------------------------------------------------- rule 39: replace */

static int replace(const char *key, const char *new_text, MDBX_val *old, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val n = api_val(new_text ? new_text : "");
  return mdbx_replace(txn, DBI_MAIN, &k, new_text ? &n : NULL, old, (MDBX_put_flags_t)flags);
}

START_TEST(rule_39_replace) {
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)};
  OK(replace("a", "2", &old, MDBX_UPSERT));
  ck_assert_ptr_ne(old.iov_base, buffer); /* the page was clean */
  IS_TEXT(old, "1");
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace("a", "33", &old, MDBX_CURRENT));
  ck_assert_ptr_eq(old.iov_base, buffer);
  IS_TEXT(old, "2");
  old = (MDBX_val){buffer, 1};
  IS(replace("a", "4", &old, MDBX_UPSERT), MDBX_RESULT_TRUE);
  ck_assert_ptr_null(old.iov_base);
  ck_assert_uint_eq(old.iov_len, 2);
  api_has(txn, DBI_MAIN, "a", "33");
  old = (MDBX_val){buffer, sizeof(buffer)};
  IS(replace("a", "4", &old, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(old, "33");
  IS(replace("a", "4", &old, MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
}
END_TEST

START_TEST(rule_39_replace_absent_and_delete) {
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)}, data;
  IS(replace("b", "2", &old, MDBX_CURRENT), MDBX_NOTFOUND);
  OK(replace("b", "2", &old, MDBX_UPSERT));
  ck_assert_ptr_null(old.iov_base);
  ck_assert_uint_eq(old.iov_len, 0);
  api_has(txn, DBI_MAIN, "b", "2");
  IS(replace("b", NULL, &old, MDBX_UPSERT), MDBX_EINVAL);
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace("b", NULL, &old, MDBX_CURRENT));
  IS_TEXT(old, "2");
  IS(api_get(txn, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
}
END_TEST

START_TEST(rule_45_is_dirty) {
  MDBX_val data;
  char own;
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_FALSE);
  IS(mdbx_is_dirty(txn, &own), MDBX_RESULT_TRUE);
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_TRUE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_FALSE);
  IS(mdbx_is_dirty(txn, &own), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  txn = NULL;
}
END_TEST

int main(void) {
  Suite *suite = suite_create("data");
  TCase *tcase = api_prepared_case(suite, "sizes", begin_with_a, end);
  tcase_add_test(tcase, rule_32_empty_key_and_value);
  tcase_add_test(tcase, rule_32_null_arguments);
  tcase_add_test(tcase, rule_32_long_keys);
  tcase_add_test(tcase, rule_32_value_too_long);
  tcase_add_test(tcase, rule_32_integer_keys);
  tcase_add_test(tcase, rule_32_large_values_round_trip);
  tcase = api_prepared_case(suite, "writing", begin_with_a, end);
  tcase_add_test(tcase, rule_33_no_overwrite);
  tcase_add_test(tcase, rule_33_current);
  tcase_add_test(tcase, rule_33_multivalue_flags_are_upserts);
  tcase_add_test(tcase, rule_33_append);
  tcase_add_test(tcase, rule_33_reserve_and_bad_flags);
  tcase_add_test(tcase, rule_37_del);
  tcase_add_test(tcase, rule_37_readers_cannot_write);
  tcase_add_test(tcase, rule_39_replace);
  tcase_add_test(tcase, rule_39_replace_absent_and_delete);
  tcase = api_prepared_case(suite, "reading", begin_with_a, end);
  tcase_add_test(tcase, rule_38_get_ex);
  tcase_add_test(tcase, rule_38_get_equal_or_great);
  tcase_add_test(tcase, rule_45_is_dirty);
  return unit_run(suite);
}
