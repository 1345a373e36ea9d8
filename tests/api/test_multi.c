/* SPDX-License-Identifier: Apache-2.0 */
/* Tables with several values per key: rules 26, 32 and 34 to 45 as far as they speak of values, and bulk deletes. */
#include "api.h"

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;

static void open_kind(unsigned flags) {
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  char name[16];
  snprintf(name, sizeof(name), "t%x", flags);
  dbi = api_table(txn, name, flags | MDBX_DUPSORT | MDBX_CREATE);
}

static void done(void) {
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}

static int put(const char *key, const char *value, unsigned flags) { return api_put(txn, dbi, key, value, flags); }

static int del(const char *key, const char *value) {
  const MDBX_val k = api_val(key), v = api_val(value);
  return mdbx_del(txn, dbi, &k, &v);
}

/* Each letter a value. */
static void put_values(const char *key, const char *letters) {
  for (; *letters; ++letters)
    OK(put(key, (char[]){*letters, 0}, MDBX_UPSERT));
}

/* The values of a key are those, each of one letter. */
static void has_values(const char *wanted_key, const char *letters) {
  MDBX_cursor *cursor;
  MDBX_val key = api_val(wanted_key), value;
  char found[64] = "";
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_SET); rc == MDBX_SUCCESS;
       rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT_DUP))
    strncat(found, value.iov_base, 1);
  ck_assert_str_eq(found, letters);
  mdbx_cursor_close(cursor);
}

static MDBX_cursor *cursor_on(const char *wanted_key, const char *wanted_value) {
  MDBX_cursor *cursor;
  MDBX_val key = api_val(wanted_key), value = api_val(wanted_value);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH));
  return cursor;
}

/* The operation leads to that pair. */
static void leads_to(MDBX_cursor *cursor, MDBX_cursor_op op, const char *wanted_key, const char *wanted_value) {
  MDBX_val key, value;
  OK(mdbx_cursor_get(cursor, &key, &value, op));
  IS_TEXT(key, wanted_key);
  IS_TEXT(value, wanted_value);
}

static int op_gives(MDBX_cursor *cursor, MDBX_cursor_op op) {
  MDBX_val key, value;
  return mdbx_cursor_get(cursor, &key, &value, op);
}

/* --------------------------------------------------------------------------------------------------------------- put */

START_TEST(rule_34_put) {
  MDBX_val key = api_val("k"), value = api_val("z");
  open_kind(0);
  IS(put("k", "b", MDBX_CURRENT), MDBX_NOTFOUND);
  OK(put("k", "b", MDBX_UPSERT));
  OK(put("k", "b", MDBX_UPSERT));
  IS(put("k", "b", MDBX_NODUPDATA), MDBX_KEYEXIST);
  OK(put("k", "a", MDBX_NODUPDATA));
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(value, "a");
  IS(put("k", "z", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EMULTIVAL);
  has_values("k", "ab");
  OK(put("k", "c", MDBX_CURRENT));
  has_values("k", "c");
  IS(put("k", "z", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL); /* and the transaction is as it was */
  IS(put("l", "z", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_NOTFOUND);
  has_values("k", "c");
  OK(put("k", "d", MDBX_CURRENT));
  has_values("k", "d");
  put_values("k", "abc");
  OK(put("k", "x", MDBX_CURRENT | MDBX_ALLDUPS));
  has_values("k", "x");
  OK(put("k", "y", MDBX_UPSERT | MDBX_ALLDUPS));
  has_values("k", "y");
  put_values("k", "abc");
  OK(put("k", "y", MDBX_UPSERT | MDBX_ALLDUPS));
  has_values("k", "y");
  IS(put("k", "r", MDBX_RESERVE), MDBX_INCOMPATIBLE);
  IS(put("k", "y", MDBX_APPENDDUP), MDBX_EKEYMISMATCH);
  IS(put("k", "a", MDBX_APPENDDUP), MDBX_EKEYMISMATCH);
  OK(put("k", "z", MDBX_APPENDDUP));
  OK(put("k", "a", MDBX_APPEND));
  IS(put("a", "a", MDBX_APPEND), MDBX_EKEYMISMATCH);
  has_values("k", "ayz");
  done();
}
END_TEST

START_TEST(rule_35_sizes) {
  open_kind(0);
  static uint8_t bytes[70000];
  const size_t longest = (size_t)mdbx_env_get_maxvalsize_ex(env, MDBX_DUPSORT);
  MDBX_val key = api_val("k"), value = {bytes, longest + 1};
  ck_assert_uint_ge(longest, 2022);
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  value.iov_len = longest;
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  OK(put("k", "", MDBX_UPSERT));
  OK(put("k", "a", MDBX_UPSERT));
  OK(mdbx_get(txn, dbi, &key, &value));
  ck_assert_uint_eq(value.iov_len, 0);
  key = (MDBX_val){bytes, (size_t)mdbx_env_get_maxkeysize_ex(env, MDBX_DUPSORT)};
  ck_assert_uint_ge(key.iov_len, 1980);
  value = (MDBX_val){bytes, longest};
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  value.iov_len -= 1;
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  key.iov_len += 1;
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  done();
}
END_TEST

START_TEST(rule_35_fixed_sizes) {
  open_kind(MDBX_DUPFIXED);
  MDBX_val key = api_val("k"), value = api_val("abc");
  MDBX_cursor *cursor;
  OK(put("k", "12", MDBX_UPSERT));
  IS(put("k", "123", MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(put("l", "1", MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(del("k", "123"), MDBX_BAD_VALSIZE);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH), MDBX_BAD_VALSIZE);
  mdbx_cursor_close(cursor);
  OK(mdbx_drop(txn, dbi, false));
  OK(put("k", "123", MDBX_UPSERT));
  done();
  open_kind(MDBX_DUPFIXED | MDBX_INTEGERDUP);
  IS(put("k", "123", MDBX_UPSERT), MDBX_BAD_VALSIZE);
  OK(put("k", "12345678", MDBX_UPSERT));
  IS(put("k", "1234", MDBX_UPSERT), MDBX_BAD_VALSIZE);
  done();
}
END_TEST

static int put_many(const char *elements, size_t count, unsigned flags, size_t *written) {
  MDBX_val key = api_val("k"), data[2] = {{(void *)(uintptr_t)elements, 1}, {NULL, count}};
  const int rc = mdbx_put(txn, dbi, &key, data, (MDBX_put_flags_t)(MDBX_MULTIPLE | flags));
  *written = data[1].iov_len;
  return rc;
}

START_TEST(rule_36_multiple) {
  size_t written;
  open_kind(MDBX_DUPFIXED);
  IS(put_many("abc", 3, MDBX_CURRENT, &written), MDBX_NOTFOUND);
  OK(put_many("abc", 3, 0, &written));
  ck_assert_uint_eq(written, 3);
  OK(put_many("cab", 3, 0, &written));
  ck_assert_uint_eq(written, 3);
  IS(put_many("dbe", 3, MDBX_NODUPDATA, &written), MDBX_KEYEXIST);
  ck_assert_uint_eq(written, 1);
  has_values("k", "abcd");
  IS(put_many("x", 1, MDBX_NOOVERWRITE, &written), MDBX_KEYEXIST);
  OK(put_many("x", 0, 0, &written));
  OK(put_many("xy", 2, MDBX_ALLDUPS, &written));
  has_values("k", "xy");
  OK(put_many("pq", 2, MDBX_CURRENT, &written));
  has_values("k", "pq");
  OK(put_many("", 0, MDBX_CURRENT, &written));
  has_values("k", "");
  IS(put_many("a", 1, MDBX_RESERVE, &written), MDBX_EINVAL);
  OK(mdbx_txn_break(txn));
  IS(put_many("abc", 3, 0, &written), MDBX_BAD_TXN);
  ck_assert_uint_eq(written, 0);
  OK(mdbx_txn_rollback(txn));
  done();
  open_kind(0);
  IS(put_many("abc", 3, 0, &written), MDBX_INCOMPATIBLE);
  done();
}
END_TEST

/* Key and elements of MDBX_MULTIPLE may be what GET_MULTIPLE has just handed out. */
START_TEST(rule_36_elements_from_the_database) {
  size_t written;
  MDBX_cursor *cursor;
  MDBX_val key, data[2], all;
  open_kind(MDBX_DUPFIXED);
  OK(put_many("abcdefgh", 8, 0, &written));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &all, MDBX_FIRST));
  OK(mdbx_cursor_get(cursor, &key, &all, MDBX_GET_MULTIPLE));
  data[0] = (MDBX_val){all.iov_base, 1};
  data[1] = (MDBX_val){NULL, all.iov_len};
  const MDBX_val other = api_val("j");
  OK(mdbx_put(txn, dbi, &other, data, MDBX_MULTIPLE));
  has_values("j", "abcdefgh");
  has_values("k", "abcdefgh");
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

START_TEST(rule_37_delete) {
  open_kind(0);
  put_values("k", "abc");
  IS(del("k", "x"), MDBX_NOTFOUND);
  IS(del("l", "a"), MDBX_NOTFOUND);
  OK(del("k", "b"));
  has_values("k", "ac");
  OK(api_del(txn, dbi, "k"));
  IS(api_del(txn, dbi, "k"), MDBX_NOTFOUND);
  put_values("k", "a");
  OK(del("k", "a"));
  IS(api_del(txn, dbi, "k"), MDBX_NOTFOUND);
  done();
}
END_TEST

START_TEST(rule_38_get_ex_and_equal_or_great) {
  MDBX_val key = api_val("k"), value;
  size_t count;
  open_kind(0);
  IS(mdbx_get_ex(txn, dbi, &key, &value, &count), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
  put_values("k", "ace");
  put_values("m", "b");
  OK(mdbx_get_ex(txn, dbi, &key, &value, &count));
  ck_assert_uint_eq(count, 3);
  IS_TEXT(value, "a");
  key = api_val("k");
  value = api_val("c");
  OK(mdbx_get_equal_or_great(txn, dbi, &key, &value));
  value = api_val("d");
  IS(mdbx_get_equal_or_great(txn, dbi, &key, &value), MDBX_RESULT_TRUE);
  IS_TEXT(value, "e");
  value = api_val("f");
  IS(mdbx_get_equal_or_great(txn, dbi, &key, &value), MDBX_RESULT_TRUE);
  IS_TEXT(key, "m");
  value = api_val("c");
  IS(mdbx_get_equal_or_great(txn, dbi, &key, &value), MDBX_NOTFOUND);
  done();
}
END_TEST

static int replace(const char *key, const char *new_value, const char *old_value, unsigned flags) {
  char buffer[16] = "";
  MDBX_val k = api_val(key), n = api_val(new_value ? new_value : ""), o = {buffer, sizeof(buffer)};
  if (old_value)
    o = (MDBX_val){memcpy(buffer, old_value, strlen(old_value)), strlen(old_value)};
  return mdbx_replace(txn, dbi, &k, new_value ? &n : NULL, &o, (MDBX_put_flags_t)flags);
}

START_TEST(rule_39_replace) {
  const unsigned chosen = MDBX_CURRENT | MDBX_NOOVERWRITE;
  open_kind(0);
  put_values("k", "ace");
  IS(replace("k", "x", NULL, MDBX_CURRENT), MDBX_EMULTIVAL);
  IS(replace("k", NULL, NULL, MDBX_CURRENT), MDBX_EMULTIVAL);
  OK(replace("k", "x", NULL, 0));
  has_values("k", "cex");
  IS(replace("k", "y", "a", chosen), MDBX_NOTFOUND);
  IS(replace("l", "y", "a", chosen), MDBX_NOTFOUND);
  OK(replace("k", "d", "e", chosen));
  has_values("k", "cdx");
  OK(replace("k", "x", "d", chosen | MDBX_NODUPDATA));
  has_values("k", "cx");
  OK(replace("k", NULL, "c", chosen));
  has_values("k", "x");
  IS(replace("k", "y", NULL, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  OK(replace("k", "y", NULL, MDBX_CURRENT));
  has_values("k", "y");
  OK(replace("k", NULL, NULL, MDBX_CURRENT));
  IS(api_del(txn, dbi, "k"), MDBX_NOTFOUND);
  done();
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- cursors */

START_TEST(rule_40_unset) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  size_t count = 7;
  open_kind(MDBX_DUPFIXED);
  put_values("k", "abc");
  put_values("l", "d");
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  IS(op_gives(cursor, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(op_gives(cursor, MDBX_FIRST_DUP), MDBX_ENODATA);
  IS(op_gives(cursor, MDBX_LAST_DUP), MDBX_ENODATA);
  IS(op_gives(cursor, MDBX_GET_MULTIPLE), MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  OK(mdbx_cursor_count(cursor, &count));
  ck_assert_uint_eq(count, 0);
  IS(mdbx_cursor_on_first_dup(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_TRUE);
  leads_to(cursor, MDBX_NEXT_DUP, "k", "a");
  OK(mdbx_cursor_reset(cursor));
  leads_to(cursor, MDBX_NEXT_NODUP, "k", "a");
  OK(mdbx_cursor_reset(cursor));
  leads_to(cursor, MDBX_PREV, "l", "d");
  IS(mdbx_cursor_get(cursor, &key, NULL, MDBX_FIRST_DUP), MDBX_EINVAL);
  IS(mdbx_cursor_get(cursor, NULL, &value, MDBX_GET_BOTH), MDBX_EINVAL);
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

START_TEST(rule_41_edges_of_values) {
  MDBX_cursor *cursor;
  MDBX_val key = api_val("k"), value = api_val("b");
  open_kind(0);
  put_values("k", "ac");
  put_values("m", "b");
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH), MDBX_NOTFOUND);
  IS(op_gives(cursor, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(op_gives(cursor, MDBX_NEXT), MDBX_ENODATA);
  IS(op_gives(cursor, MDBX_PREV), MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH_RANGE));
  IS_TEXT(value, "c");
  value = api_val("d");
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH_RANGE), MDBX_NOTFOUND);
  IS(op_gives(cursor, MDBX_NEXT), MDBX_ENODATA);
  value = api_val("d");
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_LOWERBOUND), MDBX_RESULT_TRUE);
  IS_TEXT(key, "m");
  key = api_val("k");
  value = (MDBX_val){NULL, 0};
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_LOWERBOUND), MDBX_RESULT_TRUE);
  IS_TEXT(value, "a");
  key = api_val("k");
  value = api_val("c");
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_UPPERBOUND));
  IS_TEXT(key, "m");
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  leads_to(cursor, MDBX_FIRST, "k", "a");
  leads_to(cursor, MDBX_NEXT, "k", "c");
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_first_dup(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_TRUE);
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

START_TEST(rule_42_after_deleting_values) {
  open_kind(0);
  put_values("k", "abcd");
  put_values("m", "x");
  MDBX_cursor *cursor = cursor_on("k", "b"), *other = cursor_on("k", "b"), *last;
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_FALSE);
  leads_to(cursor, MDBX_NEXT, "k", "c");
  leads_to(other, MDBX_GET_CURRENT, "k", "c");
  leads_to(other, MDBX_NEXT, "k", "d");
  OK(mdbx_cursor_del(other, MDBX_UPSERT));
  last = cursor_on("k", "c");
  OK(mdbx_cursor_copy(other, last));
  IS(op_gives(last, MDBX_NEXT_DUP), MDBX_NOTFOUND);
  leads_to(last, MDBX_GET_CURRENT, "k", "c");
  leads_to(other, MDBX_NEXT, "m", "x");
  leads_to(cursor, MDBX_FIRST, "k", "a");
  OK(mdbx_cursor_del(cursor, MDBX_ALLDUPS));
  leads_to(cursor, MDBX_GET_CURRENT, "m", "x");
  has_values("k", "");
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(other);
  mdbx_cursor_close(last);
  done();
}
END_TEST

static int put_at(MDBX_cursor *cursor, const char *key, const char *value, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val v = api_val(value);
  return mdbx_cursor_put(cursor, &k, &v, (MDBX_put_flags_t)flags);
}

START_TEST(rule_43_put_current_among_values) {
  open_kind(0);
  put_values("k", "abc");
  MDBX_cursor *cursor = cursor_on("k", "b");
  IS(put_at(cursor, "l", "x", MDBX_CURRENT), MDBX_EKEYMISMATCH);
  IS(put_at(cursor, "k", "x", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
  OK(put_at(cursor, "k", "x", MDBX_CURRENT));
  leads_to(cursor, MDBX_GET_CURRENT, "k", "x");
  has_values("k", "acx");
  OK(put_at(cursor, "k", "c", MDBX_CURRENT));
  leads_to(cursor, MDBX_GET_CURRENT, "k", "c");
  has_values("k", "ac");
  OK(put_at(cursor, "k", "z", MDBX_CURRENT | MDBX_ALLDUPS));
  has_values("k", "z");
  IS(put_at(cursor, "k", "y", MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  leads_to(cursor, MDBX_GET_CURRENT, "k", "z");
  OK(put_at(cursor, "k", "y", MDBX_UPSERT));
  leads_to(cursor, MDBX_GET_CURRENT, "k", "y");
  leads_to(cursor, MDBX_NEXT, "k", "z");
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

START_TEST(rule_45_multiple_and_batch) {
  MDBX_cursor *cursor;
  MDBX_val key, value, pairs[8];
  size_t count;
  open_kind(MDBX_DUPFIXED);
  put_values("k", "abc");
  put_values("l", "d");
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 8, MDBX_FIRST), MDBX_INCOMPATIBLE);
  leads_to(cursor, MDBX_FIRST, "k", "a");
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_MULTIPLE));
  ck_assert_uint_eq(value.iov_len, 3);
  leads_to(cursor, MDBX_GET_CURRENT, "k", "c");
  IS(op_gives(cursor, MDBX_NEXT_MULTIPLE), MDBX_NOTFOUND);
  IS(op_gives(cursor, MDBX_PREV_MULTIPLE), MDBX_NOTFOUND);
  leads_to(cursor, MDBX_NEXT_NODUP, "l", "d");
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_MULTIPLE));
  ck_assert_uint_eq(value.iov_len, 1);
  leads_to(cursor, MDBX_PREV_NODUP, "k", "c");
  mdbx_cursor_close(cursor);
  done();
  open_kind(0);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  IS(op_gives(cursor, MDBX_GET_MULTIPLE), MDBX_INCOMPATIBLE);
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- others */

START_TEST(rule_26_dup_flags) {
  MDBX_dbi other;
  uint32_t mask = 7;
  MDBX_val a = api_val("ab"), b = api_val("b");
  open_kind(MDBX_REVERSEDUP);
  IS(mdbx_dbi_open(txn, "u", MDBX_CREATE | MDBX_DUPFIXED, &other), MDBX_EINVAL);
  IS(mdbx_dbi_open(txn, "u", MDBX_CREATE | MDBX_DUPSORT | MDBX_INTEGERDUP, &other), MDBX_EINVAL);
  IS(mdbx_dbi_open(txn, "u", MDBX_CREATE | MDBX_REVERSEDUP, &other), MDBX_EINVAL);
  IS(mdbx_dbi_dupsort_depthmask(txn, DBI_MAIN, &mask), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(mask, 0);
  OK(put("k", "ba", MDBX_UPSERT));
  OK(mdbx_dbi_dupsort_depthmask(txn, dbi, &mask));
  ck_assert_uint_eq(mask, 1);
  OK(put("k", "ab", MDBX_UPSERT));
  OK(mdbx_dbi_dupsort_depthmask(txn, dbi, &mask));
  ck_assert_uint_eq(mask, 2);
  ck_assert_int_gt(mdbx_dcmp(txn, dbi, &a, &b), 0);
  ck_assert_int_lt(mdbx_cmp(txn, dbi, &a, &b), 0);
  ck_assert_int_ne(mdbx_dcmp(txn, DBI_MAIN, &a, &b), 0);
  done();
}
END_TEST

/* Main may be such a table; then it holds no names, unless it is empty. */
START_TEST(rule_27_main_with_several_values) {
  MDBX_dbi other;
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, NULL, MDBX_DUPSORT | MDBX_CREATE);
  put_values("k", "ab");
  IS(mdbx_dbi_open(txn, "u", MDBX_DB_DEFAULTS, &other), MDBX_NOTFOUND);
  IS(mdbx_dbi_open(txn, "u", MDBX_CREATE, &other), MDBX_INCOMPATIBLE);
  has_values("k", "ab");
  OK(mdbx_drop(txn, dbi, false));
  OK(mdbx_dbi_open(txn, "u", MDBX_CREATE, &other));
  done();
}
END_TEST

START_TEST(count_ex_shows_the_nested_tree) {
  enum { VALUES = 5000 };
  MDBX_stat stat;
  size_t count;
  open_kind(MDBX_DUPFIXED | MDBX_INTEGERDUP);
  MDBX_val key = api_val("k");
  for (uint32_t i = 0; i < VALUES; ++i) {
    MDBX_val value = {&i, sizeof(i)};
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_APPENDDUP));
  }
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, NULL, MDBX_SET));
  IS(mdbx_cursor_count_ex(cursor, &count, &stat, 1), MDBX_EINVAL);
  OK(mdbx_cursor_count_ex(cursor, &count, &stat, sizeof(stat)));
  ck_assert_uint_eq(count, VALUES);
  ck_assert_uint_eq(stat.ms_entries, VALUES);
  ck_assert_uint_eq(stat.ms_depth, 2);
  ck_assert_uint_le(stat.ms_leaf_pages, VALUES * 4 / 4064 + 2);
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, VALUES);
  mdbx_cursor_close(cursor);
  done();
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- bulk deletes */

static void fill(MDBX_dbi table, uint32_t records, size_t large_every) {
  static uint8_t large[20000];
  for (uint32_t i = 0; i < records; ++i) {
    const uint32_t number = __builtin_bswap32(i);
    MDBX_val key = {(void *)(uintptr_t)&number, 4}, value = {large, i % large_every ? 30 : sizeof(large)};
    OK(mdbx_put(txn, table, &key, &value, MDBX_APPEND));
  }
}

static MDBX_cursor *cursor_at_number(MDBX_dbi table, uint32_t i) {
  const uint32_t number = __builtin_bswap32(i);
  MDBX_val key = {(void *)(uintptr_t)&number, 4};
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, table, &cursor));
  OK(mdbx_cursor_get(cursor, &key, NULL, MDBX_SET));
  return cursor;
}

/* Most of a big table goes, and hardly a page is copied for it. */
START_TEST(delete_range_cuts_branches) {
  enum { RECORDS = 60000 };
  uint64_t affected;
  MDBX_stat stat;
  open_kind(0);
  const MDBX_dbi table = api_table(txn, "plain", MDBX_CREATE);
  fill(table, RECORDS, 997);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t copied = api_info(env).mi_pgop_stat.cow;
  MDBX_cursor *from = cursor_at_number(table, 100), *to = cursor_at_number(table, RECORDS - 100), *other;
  other = cursor_at_number(table, 5000);
  OK(mdbx_cursor_delete_range(from, to, false, &affected));
  ck_assert_uint_eq(affected, RECORDS - 200);
  ck_assert_int_eq(mdbx_cursor_compare(from, to, false), 0);
  ck_assert_int_eq(mdbx_cursor_compare(other, to, false), 0);
  IS(mdbx_cursor_delete_range(to, from, false, &affected), MDBX_SUCCESS);
  ck_assert_uint_eq(affected, 0);
  OK(mdbx_dbi_stat(txn, table, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 200);
  mdbx_cursor_close(from);
  mdbx_cursor_close(to);
  mdbx_cursor_close(other);
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_lt(api_info(env).mi_pgop_stat.cow - copied, 100);
  api_sound(env);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  done();
}
END_TEST

START_TEST(delete_range_arguments) {
  uint64_t affected = 9;
  MDBX_cursor *unset, *first;
  open_kind(0);
  put_values("k", "abcdef");
  OK(mdbx_cursor_open(txn, dbi, &unset));
  first = cursor_on("k", "c");
  IS(mdbx_cursor_delete_range(NULL, NULL, true, &affected), MDBX_EINVAL);
  ck_assert_uint_eq(affected, 0);
  IS(mdbx_cursor_delete_range(unset, first, true, &affected), MDBX_ENODATA);
  IS(mdbx_cursor_delete_range(first, unset, true, &affected), MDBX_ENODATA);
  IS(mdbx_cursor_bunch_delete(unset, MDBX_DELETE_CURRENT_VALUE, &affected), MDBX_ENODATA);
  IS(mdbx_cursor_bunch_delete(first, (MDBX_bunch_action_t)11, &affected), MDBX_EINVAL);
  OK(mdbx_cursor_delete_range(NULL, first, true, &affected));
  ck_assert_uint_eq(affected, 3);
  leads_to(first, MDBX_GET_CURRENT, "k", "d");
  OK(mdbx_cursor_bunch_delete(first, MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING, NULL));
  has_values("k", "d");
  OK(mdbx_cursor_bunch_delete(first, MDBX_DELETE_WHOLE, &affected));
  ck_assert_uint_eq(affected, 1);
  mdbx_cursor_close(unset);
  mdbx_cursor_close(first);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(txn, dbi, &first));
  IS(mdbx_cursor_delete_range(first, NULL, true, &affected), MDBX_EACCESS);
  IS(mdbx_cursor_bunch_delete(first, MDBX_DELETE_WHOLE, &affected), MDBX_EACCESS);
  mdbx_cursor_close(first);
  done();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("multi");
  TCase *tcase = api_case(suite, "values");
  tcase_add_test(tcase, rule_26_dup_flags);
  tcase_add_test(tcase, rule_27_main_with_several_values);
  tcase_add_test(tcase, rule_34_put);
  tcase_add_test(tcase, rule_35_sizes);
  tcase_add_test(tcase, rule_35_fixed_sizes);
  tcase_add_test(tcase, rule_36_multiple);
  tcase_add_test(tcase, rule_36_elements_from_the_database);
  tcase_add_test(tcase, rule_37_delete);
  tcase_add_test(tcase, rule_38_get_ex_and_equal_or_great);
  tcase_add_test(tcase, rule_39_replace);
  tcase_add_test(tcase, rule_40_unset);
  tcase_add_test(tcase, rule_41_edges_of_values);
  tcase_add_test(tcase, rule_42_after_deleting_values);
  tcase_add_test(tcase, rule_43_put_current_among_values);
  tcase_add_test(tcase, rule_45_multiple_and_batch);
  tcase_add_test(tcase, count_ex_shows_the_nested_tree);
  tcase_add_test(tcase, delete_range_cuts_branches);
  tcase_add_test(tcase, delete_range_arguments);
  return unit_run(suite);
}
