/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules 32 to 39 sentence by sentence, as far as no other test has them: reading and writing by key. The main lines of each
 * rule are in test_data, those on several values per key in test_multi.
 */
#include "rules.h"

START_TEST(test_rule_32_lengths_everywhere) {
  static char bytes[3000];
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  const MDBX_dbi tables[2] = {DBI_MAIN, multi};
  for (unsigned i = 0; i < 2; ++i) {
    MDBX_val key = {bytes, sizeof(bytes)}, data = api_val("v"), old = {NULL, 0};
    size_t count;
    MDBX_cursor *cursor;
    OK(put(tables[i], "a", "1", MDBX_UPSERT));
    OK(mdbx_cursor_open(txn, tables[i], &cursor));
    IS(mdbx_put(txn, tables[i], &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
    IS(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
    IS(mdbx_replace(txn, tables[i], &key, &data, &old, MDBX_UPSERT), MDBX_BAD_VALSIZE);
    IS(mdbx_get(txn, tables[i], &key, &data), MDBX_NOTFOUND);
    IS(mdbx_del(txn, tables[i], &key, NULL), MDBX_NOTFOUND);
    IS(mdbx_get_ex(txn, tables[i], &key, &data, &count), MDBX_NOTFOUND);
    IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET), MDBX_NOTFOUND);
    /* Nothing where a pointer must be. */
    key = api_val("a");
    IS(mdbx_put(txn, tables[i], NULL, &data, MDBX_UPSERT), MDBX_EINVAL);
    IS(mdbx_put(txn, tables[i], &key, NULL, MDBX_UPSERT), MDBX_EINVAL);
    IS(mdbx_cursor_put(cursor, &key, NULL, MDBX_UPSERT), MDBX_EINVAL);
    IS(mdbx_cursor_put(cursor, NULL, &data, MDBX_UPSERT), MDBX_EINVAL);
    IS(mdbx_get(txn, tables[i], &key, NULL), MDBX_EINVAL);
    IS(mdbx_get(txn, tables[i], NULL, &data), MDBX_EINVAL);
    IS(mdbx_get_ex(txn, tables[i], NULL, &data, &count), MDBX_EINVAL);
    IS(mdbx_get_equal_or_great(txn, tables[i], &key, NULL), MDBX_EINVAL);
    IS(mdbx_del(txn, tables[i], NULL, &data), MDBX_EINVAL);
    mdbx_cursor_close(cursor);
    api_has(txn, tables[i], "a", "1");
  }
  MDBX_val key = api_val("b"), data = {NULL, (size_t)0x7fff0000 + 1};
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE), MDBX_BAD_VALSIZE);
}
END_TEST

START_TEST(test_rule_32_integer_keys_of_a_wrong_length) {
  static const size_t wrong[] = {0, 1, 3, 5, 7, 9, 16};
  for (unsigned size = 4; size <= 8; size += 4) {
    char name[2] = {(char)('0' + size), 0}, bytes[24] = "";
    const MDBX_dbi dbi = api_table(txn, name, MDBX_CREATE | MDBX_INTEGERKEY);
    MDBX_val key = {bytes + 3, size}, data = api_val("v");
    OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
    MDBX_cursor *cursor;
    OK(mdbx_cursor_open(txn, dbi, &cursor));
    for (unsigned i = 0; i < 8; ++i) {
      key.iov_len = i < 7 ? wrong[i] : 12 - size;
      IS(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
      IS(mdbx_get(txn, dbi, &key, &data), MDBX_BAD_VALSIZE);
      IS(mdbx_del(txn, dbi, &key, NULL), MDBX_BAD_VALSIZE);
      IS(mdbx_cursor_get(cursor, &key, &data, MDBX_SET), MDBX_BAD_VALSIZE);
      IS(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
    }
    key.iov_len = size;
    OK(mdbx_get(txn, dbi, &key, &data));
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET));
    mdbx_cursor_close(cursor);
  }
}
END_TEST

START_TEST(test_rule_33_put_by_all_flags) {
  MDBX_val key = api_val("a"), data = {NULL, 5};
  OK(put(DBI_MAIN, "a", "1", MDBX_UPSERT));
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(data, "1");
  data = (MDBX_val){NULL, 5};
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE | MDBX_CURRENT));
  memcpy(data.iov_base, "12345", 5);
  api_has(txn, DBI_MAIN, "a", "12345");
  key = api_val("b");
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE | MDBX_CURRENT), MDBX_NOTFOUND);
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE | MDBX_MULTIPLE), MDBX_EINVAL);
  for (unsigned bit = 0; bit < 31; ++bit) {
    const unsigned known = MDBX_NOOVERWRITE | MDBX_NODUPDATA | MDBX_CURRENT | MDBX_ALLDUPS | MDBX_RESERVE |
                           MDBX_APPEND | MDBX_APPENDDUP | MDBX_MULTIPLE;
    if (!(known & 1u << bit))
      IS(put(DBI_MAIN, "a", "x", 1u << bit), MDBX_EINVAL);
  }
  IS(put(DBI_MAIN, "0", "x", MDBX_APPEND), MDBX_EKEYMISMATCH);
  IS(put(DBI_MAIN, "0", "x", MDBX_APPEND | MDBX_NOOVERWRITE), MDBX_EKEYMISMATCH);
  OK(put(DBI_MAIN, "a", "2", MDBX_APPEND));
  IS(put(DBI_MAIN, "a", "3", MDBX_APPEND | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  OK(put(DBI_MAIN, "a", "4", MDBX_NODUPDATA | MDBX_ALLDUPS | MDBX_APPENDDUP));
  api_has(txn, DBI_MAIN, "a", "4");
  ck_assert_uint_eq(entries(DBI_MAIN), 1);
}
END_TEST

START_TEST(test_rule_34_refusals_change_nothing) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  MDBX_val key = api_val("k"), data = api_val("m");
  OK(put(dbi, "k", "b", MDBX_UPSERT));
  IS(put(dbi, "k", "x", MDBX_NOOVERWRITE | MDBX_NODUPDATA), MDBX_KEYEXIST);
  IS(put(dbi, "l", "x", MDBX_CURRENT | MDBX_ALLDUPS), MDBX_NOTFOUND);
  IS(put(dbi, "l", "x", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_NOTFOUND);
  IS(put(dbi, "k", "x", MDBX_RESERVE | MDBX_NOOVERWRITE), MDBX_INCOMPATIBLE);
  IS(put(dbi, "l", "x", MDBX_RESERVE), MDBX_INCOMPATIBLE);
  OK(put(dbi, "k", "d", MDBX_UPSERT));
  IS(mdbx_put(txn, dbi, &key, &data, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(data, "b");
  IS(put(dbi, "k", "d", MDBX_APPENDDUP), MDBX_EKEYMISMATCH);
  IS(put(dbi, "k", "c", MDBX_APPENDDUP), MDBX_EKEYMISMATCH);
  IS(put(dbi, "a", "z", MDBX_APPEND), MDBX_EKEYMISMATCH);
  ck_assert_uint_eq(entries(dbi), 2);
  OK(put(dbi, "l", "x", MDBX_UPSERT | MDBX_ALLDUPS));
  OK(put(dbi, "k", "e", MDBX_APPENDDUP));
  ck_assert_uint_eq(entries(dbi), 4);
}
END_TEST

/* A nested tree of values gives way to one value, and grows again. */
START_TEST(test_rule_34_replacing_all_of_many) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  static const unsigned flags[] = {MDBX_CURRENT, MDBX_CURRENT | MDBX_ALLDUPS, MDBX_UPSERT | MDBX_ALLDUPS};
  char value[16];
  for (unsigned i = 0; i < 3; ++i) {
    for (unsigned n = 0; n < 3000; ++n) {
      snprintf(value, sizeof(value), "%06u", n);
      OK(put(dbi, "k", value, MDBX_UPSERT));
    }
    IS(put(dbi, "k", "x", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EMULTIVAL);
    ck_assert_uint_ge(entries(dbi), 3000);
    OK(put(dbi, "k", "x", flags[i]));
    ck_assert_uint_eq(entries(dbi), 1);
    api_has(txn, dbi, "k", "x");
  }
}
END_TEST

START_TEST(test_rule_35_sizes_of_values_only) {
  static char bytes[3000];
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  const MDBX_dbi fixed = api_table(txn, "fixed", MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED);
  const MDBX_val key = api_val("k");
  MDBX_val data = {bytes, sizeof(bytes)};
  IS(mdbx_put(txn, multi, &key, &data, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(mdbx_put(txn, multi, &key, &data, MDBX_UPSERT | MDBX_ALLDUPS), MDBX_BAD_VALSIZE);
  ck_assert_uint_eq(entries(multi), 0);
  data = (MDBX_val){NULL, 0};
  OK(mdbx_put(txn, multi, &key, &data, MDBX_UPSERT));
  OK(put(multi, "k", "a", MDBX_UPSERT));
  OK(mdbx_get(txn, multi, &key, &data));
  ck_assert_uint_eq(data.iov_len, 0);
  IS(put(multi, "k", "", MDBX_NODUPDATA), MDBX_KEYEXIST);
  data = (MDBX_val){NULL, 0};
  OK(mdbx_del(txn, multi, &key, &data));
  api_has(txn, multi, "k", "a");
  /* The first value sets the size of all. */
  OK(put(fixed, "k", "12", MDBX_UPSERT));
  static const char *const others[] = {"", "1", "123"};
  MDBX_cursor *cursor = cursor_on(fixed, MDBX_FIRST);
  for (unsigned i = 0; i < 3; ++i) {
    MDBX_val k = key, other = api_val(others[i]);
    IS(put(fixed, "k", others[i], MDBX_UPSERT), MDBX_BAD_VALSIZE);
    IS(put(fixed, "l", others[i], MDBX_UPSERT), MDBX_BAD_VALSIZE);
    IS(put(fixed, "k", others[i], MDBX_CURRENT), MDBX_BAD_VALSIZE);
    IS(mdbx_del(txn, fixed, &key, &other), MDBX_BAD_VALSIZE);
    IS(mdbx_cursor_put(cursor, &key, &other, MDBX_CURRENT), MDBX_BAD_VALSIZE);
    IS(mdbx_cursor_get(cursor, &k, &other, MDBX_GET_BOTH), MDBX_BAD_VALSIZE);
    OK(move(cursor, MDBX_FIRST));
  }
  mdbx_cursor_close(cursor);
}
END_TEST

static int put_multiple(MDBX_dbi dbi, const char *elements, size_t count, unsigned flags, size_t *written) {
  const MDBX_val key = api_val("k");
  MDBX_val data[2] = {{(void *)(uintptr_t)elements, 2}, {NULL, count}};
  const int rc = mdbx_put(txn, dbi, &key, data, (MDBX_put_flags_t)(flags | MDBX_MULTIPLE));
  *written = data[1].iov_len;
  return rc;
}

START_TEST(test_rule_36_counts_of_what_was_written) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED);
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  size_t written;
  IS(put_multiple(DBI_MAIN, "aabb", 2, 0, &written), MDBX_INCOMPATIBLE);
  IS(put_multiple(multi, "aabb", 2, 0, &written), MDBX_INCOMPATIBLE);
  IS(put_multiple(dbi, "aabb", 2, MDBX_CURRENT, &written), MDBX_NOTFOUND);
  IS(put_multiple(dbi, "aabb", 0, MDBX_CURRENT, &written), MDBX_NOTFOUND);
  OK(put_multiple(dbi, "aabb", 0, 0, &written));
  ck_assert_uint_eq(written, 0);
  ck_assert_uint_eq(entries(dbi), 0);
  OK(put_multiple(dbi, "aabbcc", 3, MDBX_NOOVERWRITE, &written));
  ck_assert_uint_eq(written, 3);
  OK(put_multiple(dbi, "aabbcc", 3, 0, &written));
  ck_assert_uint_eq(written, 3);
  ck_assert_uint_eq(entries(dbi), 3);
  IS(put_multiple(dbi, "ddbbee", 3, MDBX_NODUPDATA, &written), MDBX_KEYEXIST);
  ck_assert_uint_eq(written, 1);
  ck_assert_uint_eq(entries(dbi), 4);
  IS(put_multiple(dbi, "aa", 1, MDBX_NODUPDATA, &written), MDBX_KEYEXIST);
  ck_assert_uint_eq(written, 0);
  IS(put_multiple(dbi, "zz", 1, MDBX_NOOVERWRITE, &written), MDBX_KEYEXIST);
  ck_assert_uint_eq(entries(dbi), 4);
  OK(put_multiple(dbi, "xxyy", 2, MDBX_CURRENT, &written));
  ck_assert_uint_eq(entries(dbi), 2);
  OK(put_multiple(dbi, "zz", 1, MDBX_ALLDUPS, &written));
  ck_assert_uint_eq(entries(dbi), 1);
  OK(put_multiple(dbi, "zz", 0, MDBX_CURRENT, &written));
  ck_assert_uint_eq(entries(dbi), 0);
}
END_TEST

START_TEST(test_rule_37_del_by_pair_and_readers) {
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  const MDBX_val key = api_val("a"), empty = {NULL, 0}, one = api_val("1");
  OK(put(DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(put(multi, "a", "1", MDBX_UPSERT));
  OK(put(multi, "a", "2", MDBX_UPSERT));
  IS(mdbx_del(txn, DBI_MAIN, &key, &empty), MDBX_NOTFOUND);
  IS(mdbx_del(txn, multi, &key, &empty), MDBX_NOTFOUND);
  next(MDBX_TXN_RDONLY);
  MDBX_val data = api_val("3"), old = {NULL, 0};
  const MDBX_dbi tables[] = {DBI_MAIN, multi};
  for (unsigned i = 0; i < 2; ++i) {
    MDBX_cursor *cursor = cursor_on(tables[i], MDBX_FIRST);
    uint64_t count;
    IS(mdbx_put(txn, tables[i], &key, &data, MDBX_UPSERT), MDBX_EACCESS);
    IS(mdbx_del(txn, tables[i], &key, NULL), MDBX_EACCESS);
    IS(mdbx_drop(txn, tables[i], false), MDBX_EACCESS);
    IS(mdbx_drop(txn, tables[i], true), MDBX_EACCESS);
    IS(mdbx_replace(txn, tables[i], &key, &data, &old, MDBX_UPSERT), MDBX_EACCESS);
    IS(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT), MDBX_EACCESS);
    IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_EACCESS);
    IS(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_WHOLE, &count), MDBX_EACCESS);
    IS(mdbx_cursor_delete_range(cursor, cursor, true, &count), MDBX_EACCESS);
    mdbx_cursor_close(cursor);
  }
  next(MDBX_TXN_READWRITE);
  OK(mdbx_del(txn, DBI_MAIN, &key, &one));
  OK(mdbx_del(txn, multi, &key, NULL));
  IS(mdbx_del(txn, multi, &key, NULL), MDBX_NOTFOUND);
  ck_assert_uint_eq(entries(multi), 0);
}
END_TEST

START_TEST(test_rule_38_get_without_a_count_and_from_the_start) {
  char typed[] = "b";
  MDBX_val key = {typed, 1}, data;
  size_t count = 7;
  OK(put(DBI_MAIN, "b", "1", MDBX_UPSERT));
  OK(mdbx_get_ex(txn, DBI_MAIN, &key, &data, NULL));
  ck_assert_ptr_ne(key.iov_base, typed);
  IS_TEXT(data, "1");
  key = api_val("c");
  IS(mdbx_get_ex(txn, DBI_MAIN, &key, &data, NULL), MDBX_NOTFOUND);
  IS(mdbx_get_ex(txn, DBI_MAIN, &key, &data, &count), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
  key = api_val("");
  IS(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data), MDBX_RESULT_TRUE);
  IS_TEXT(key, "b");
  key = (MDBX_val){typed, 1};
  OK(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data));
  ck_assert_ptr_ne(key.iov_base, typed);
  key = api_val("ba");
  IS(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
  OK(api_del(txn, DBI_MAIN, "b"));
  IS(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
}
END_TEST

static int refuse_to_save(void *context, MDBX_val *target, const void *src, size_t bytes) {
  (void)target, (void)src, (void)bytes;
  return *(const int *)context;
}

static int save(void *context, MDBX_val *target, const void *src, size_t bytes) {
  (void)context;
  memcpy(target->iov_base, src, bytes);
  target->iov_len = bytes;
  return MDBX_SUCCESS;
}

static int replace(MDBX_dbi dbi, const char *key, const char *fresh, MDBX_val *old, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val d = api_val(fresh ? fresh : "");
  return mdbx_replace(txn, dbi, &k, fresh ? &d : NULL, old, (MDBX_put_flags_t)flags);
}

START_TEST(test_rule_39_what_becomes_of_the_old_value) {
  static char buffer[9000], longer[8000];
  MDBX_val old = {buffer, sizeof(buffer)}, key = api_val("a"), data = {longer, sizeof(longer)};
  /* A large one, changed in this transaction. */
  memset(longer, 'x', sizeof(longer));
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  OK(replace(DBI_MAIN, "a", "1", &old, MDBX_UPSERT));
  ck_assert_ptr_eq(old.iov_base, buffer);
  ck_assert_uint_eq(old.iov_len, sizeof(longer));
  ck_assert_int_eq(memcmp(buffer, longer, sizeof(longer)), 0);
  /* Too small a buffer, for deleting as well. */
  for (unsigned deleting = 0; deleting < 2; ++deleting) {
    old = (MDBX_val){buffer, 0};
    IS(replace(DBI_MAIN, "a", deleting ? NULL : "2", &old, MDBX_CURRENT), MDBX_RESULT_TRUE);
    ck_assert_ptr_null(old.iov_base);
    ck_assert_uint_eq(old.iov_len, 1);
    api_has(txn, DBI_MAIN, "a", "1");
  }
  /* The application saves it, or does not. */
  int code = 4711;
  data = api_val("2");
  old = (MDBX_val){buffer, sizeof(buffer)};
  IS(mdbx_replace_ex(txn, DBI_MAIN, &key, &data, &old, MDBX_CURRENT, refuse_to_save, &code), 4711);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_replace_ex(txn, DBI_MAIN, &key, &data, &old, MDBX_CURRENT, save, NULL));
  IS_TEXT(old, "1");
  api_has(txn, DBI_MAIN, "a", "2");
  next(MDBX_TXN_READWRITE);
  /* A clean page: the old value stays where it is. */
  old = (MDBX_val){buffer, 0};
  OK(replace(DBI_MAIN, "a", "3", &old, MDBX_CURRENT));
  ck_assert_ptr_ne(old.iov_base, buffer);
  IS_TEXT(old, "2");
}
END_TEST

START_TEST(test_rule_39_which_record) {
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  const unsigned chosen = MDBX_CURRENT | MDBX_NOOVERWRITE;
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)}, data;
  const MDBX_dbi tables[] = {DBI_MAIN, multi};
  for (unsigned i = 0; i < 2; ++i) {
    old = (MDBX_val){buffer, sizeof(buffer)};
    IS(replace(tables[i], "a", "1", &old, MDBX_CURRENT), MDBX_NOTFOUND);
    IS(replace(tables[i], "a", NULL, &old, MDBX_CURRENT), MDBX_NOTFOUND);
    IS(replace(tables[i], "a", NULL, &old, MDBX_UPSERT), MDBX_EINVAL);
    old = (MDBX_val){buffer, sizeof(buffer)};
    OK(replace(tables[i], "a", "1", &old, MDBX_UPSERT));
    ck_assert_ptr_null(old.iov_base);
    ck_assert_uint_eq(old.iov_len, 0);
    old = (MDBX_val){buffer, sizeof(buffer)};
    IS(replace(tables[i], "a", "2", &old, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
    IS_TEXT(old, "1");
    api_has(txn, tables[i], "a", "1");
  }
  old = api_val("1");
  IS(replace(DBI_MAIN, "a", "2", &old, chosen), MDBX_EINVAL);
  IS(replace(DBI_MAIN, "a", NULL, &old, chosen), MDBX_EINVAL);
  OK(put(multi, "a", "2", MDBX_UPSERT));
  OK(put(multi, "a", "3", MDBX_UPSERT));
  memcpy(buffer, "2", 1);
  old = (MDBX_val){buffer, 1};
  OK(replace(multi, "a", "3", &old, chosen));
  ck_assert_uint_eq(entries(multi), 2);
  memcpy(buffer, "9", 1);
  old = (MDBX_val){buffer, 1};
  IS(replace(multi, "a", NULL, &old, chosen), MDBX_NOTFOUND);
  memcpy(buffer, "1", 1);
  old = (MDBX_val){buffer, 1};
  OK(replace(multi, "a", NULL, &old, chosen | MDBX_NODUPDATA));
  OK(api_get(txn, multi, "a", &data));
  IS_TEXT(data, "3");
  ck_assert_uint_eq(entries(multi), 1);
}
END_TEST
int main(void) {
  Suite *suite = suite_create("rules of data");
  TCase *tcase = api_prepared_case(suite, "data", begin, end);
  tcase_add_test(tcase, test_rule_32_lengths_everywhere);
  tcase_add_test(tcase, test_rule_32_integer_keys_of_a_wrong_length);
  tcase_add_test(tcase, test_rule_33_put_by_all_flags);
  tcase_add_test(tcase, test_rule_34_refusals_change_nothing);
  tcase_add_test(tcase, test_rule_34_replacing_all_of_many);
  tcase_add_test(tcase, test_rule_35_sizes_of_values_only);
  tcase_add_test(tcase, test_rule_36_counts_of_what_was_written);
  tcase_add_test(tcase, test_rule_37_del_by_pair_and_readers);
  tcase_add_test(tcase, test_rule_38_get_without_a_count_and_from_the_start);
  tcase_add_test(tcase, test_rule_39_what_becomes_of_the_old_value);
  tcase_add_test(tcase, test_rule_39_which_record);
  return unit_run(suite);
}
