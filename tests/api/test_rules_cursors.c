/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules 40 to 45 sentence by sentence, as far as no other test has them: cursors. What is said of records holds in tables
 * with one value a key and in those with several, so many tests run for both; the main lines of each rule are in
 * test_cursor, test_multi, test_nested and test_estimate.
 */
#include "api.h"

#include <limits.h>

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;
static MDBX_cursor *cursor;

enum kind { UNIQUE, MULTI, FIXED, KINDS };

static const unsigned kind_flags[KINDS] = {0, MDBX_DUPSORT, MDBX_DUPSORT | MDBX_DUPFIXED};

/* The letters are keys, each with its capital as the value. */
static void open_kind(enum kind kind, const char *letters) {
  env = api_open(MDBX_NOSTICKYTHREADS);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, "t", MDBX_CREATE | kind_flags[kind]);
  for (; *letters; ++letters)
    OK(api_put(txn, dbi, (char[]){*letters, 0}, (char[]){(char)(*letters - 32), 0}, MDBX_UPSERT));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
}

static void done(void) {
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}

static void put_values(const char *key, const char *letters) {
  for (; *letters; ++letters)
    OK(api_put(txn, dbi, key, (char[]){*letters, 0}, MDBX_UPSERT));
}

/* Enough values under a key for a tree of their own: 0000 and so on. */
static void put_many(const char *key, unsigned count) {
  char value[16];
  for (unsigned i = 0; i < count; ++i) {
    snprintf(value, sizeof(value), "%04u", i);
    OK(api_put(txn, dbi, key, value, MDBX_UPSERT));
  }
}

static int seek_with(MDBX_cursor *with, MDBX_cursor_op op, const char *key, const char *data) {
  MDBX_val k = api_val(key), d = {NULL, 0};
  if (data)
    d = api_val(data);
  return mdbx_cursor_get(with, &k, &d, op);
}

static int seek(MDBX_cursor_op op, const char *key, const char *data) { return seek_with(cursor, op, key, data); }

static int move_with(MDBX_cursor *with, MDBX_cursor_op op) {
  MDBX_val key = {NULL, 0}, data = {NULL, 0};
  return mdbx_cursor_get(with, &key, &data, op);
}

static int move(MDBX_cursor_op op) { return move_with(cursor, op); }

static void is_on(MDBX_cursor *which, const char *key, const char *data) {
  MDBX_val k, d;
  OK(mdbx_cursor_get(which, &k, &d, MDBX_GET_CURRENT));
  IS_TEXT(k, key);
  IS_TEXT(d, data);
}

static void goes_to(MDBX_cursor_op op, const char *key, const char *data) {
  MDBX_val k, d;
  OK(mdbx_cursor_get(cursor, &k, &d, op));
  IS_TEXT(k, key);
  IS_TEXT(d, data);
}

static int put_at(const char *key, const char *data, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val d = api_val(data);
  return mdbx_cursor_put(cursor, &k, &d, (MDBX_put_flags_t)flags);
}

static size_t count_here(void) {
  size_t count = SIZE_MAX;
  OK(mdbx_cursor_count(cursor, &count));
  return count;
}

static uint64_t entries(void) { return api_entries(txn, dbi); }

/* -------------------------------------------------------------------------------------------------- rule 40: unset */

START_TEST(test_rule_40_every_way_to_be_unset) {
  static const MDBX_cursor_op nothing[] = {MDBX_GET_CURRENT, MDBX_FIRST_DUP, MDBX_LAST_DUP};
  static const MDBX_cursor_op first[] = {MDBX_NEXT, MDBX_NEXT_DUP, MDBX_NEXT_NODUP};
  open_kind((enum kind)_i, "abcd");
  for (unsigned way = 0; way < 2; ++way) {
    OK(move(MDBX_LAST));
    if (way)
      OK(mdbx_cursor_unbind(cursor));
    OK(way ? mdbx_cursor_renew(txn, cursor) : mdbx_cursor_reset(cursor));
    for (unsigned i = 0; i < 3; ++i)
      IS(move(nothing[i]), MDBX_ENODATA);
    IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
    IS(mdbx_cursor_del(cursor, MDBX_ALLDUPS), MDBX_ENODATA);
    IS(put_at("a", "X", MDBX_CURRENT), MDBX_ENODATA);
    ck_assert_uint_eq(count_here(), 0);
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
    IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
    IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
    if (_i == FIXED)
      IS(move(MDBX_GET_MULTIPLE), MDBX_ENODATA);
    for (unsigned i = 0; i < 3; ++i) {
      OK(mdbx_cursor_reset(cursor));
      goes_to(first[i], "a", "A");
    }
    OK(mdbx_cursor_reset(cursor));
    goes_to(MDBX_PREV, "d", "D");
  }
  OK(mdbx_cursor_get(cursor, NULL, NULL, MDBX_FIRST));
  OK(mdbx_cursor_get(cursor, NULL, NULL, MDBX_NEXT));
  is_on(cursor, "b", "B");
  IS(mdbx_cursor_get(cursor, NULL, NULL, MDBX_SET), MDBX_EINVAL);
  IS(mdbx_cursor_get(cursor, NULL, NULL, MDBX_SET_RANGE), MDBX_EINVAL);
  IS(mdbx_cursor_get(cursor, NULL, NULL, (MDBX_cursor_op)37), MDBX_EINVAL);
  IS(mdbx_cursor_get(cursor, NULL, NULL, (MDBX_cursor_op)-1), MDBX_EINVAL);
  is_on(cursor, "b", "B");
  done();
}
END_TEST

START_TEST(test_rule_40_empty_and_wrong_tables) {
  static const MDBX_cursor_op ops[] = {MDBX_FIRST, MDBX_LAST, MDBX_NEXT, MDBX_PREV};
  static const MDBX_cursor_op multiple[] = {MDBX_GET_MULTIPLE, MDBX_NEXT_MULTIPLE, MDBX_PREV_MULTIPLE,
                                            MDBX_SEEK_AND_GET_MULTIPLE};
  open_kind((enum kind)_i, "");
  for (unsigned i = 0; i < 4; ++i) {
    IS(move(ops[i]), MDBX_NOTFOUND);
    IS(move(MDBX_GET_CURRENT), MDBX_ENODATA);
    ck_assert_uint_eq(count_here(), 0);
  }
  OK(api_put(txn, dbi, "a", "A", MDBX_UPSERT));
  OK(move(MDBX_FIRST));
  for (unsigned i = 0; i < 4 && _i != FIXED; ++i)
    IS(seek(multiple[i], "a", "A"), MDBX_INCOMPATIBLE);
  IS(seek(MDBX_GET_BOTH, "a", "A"), _i == UNIQUE ? MDBX_INCOMPATIBLE : MDBX_SUCCESS);
  IS(seek(MDBX_GET_BOTH_RANGE, "a", "A"), _i == UNIQUE ? MDBX_INCOMPATIBLE : MDBX_SUCCESS);
  if (_i == UNIQUE) {
    goes_to(MDBX_FIRST_DUP, "a", "A");
    goes_to(MDBX_LAST_DUP, "a", "A");
  }
  IS(move(MDBX_NEXT_DUP), MDBX_NOTFOUND);
  IS(move(MDBX_PREV_DUP), MDBX_NOTFOUND);
  is_on(cursor, "a", "A");
  done();
}
END_TEST

/* -------------------------------------------------------------------------------------------------- rule 41: edges */

static void takes_no_moves(void) {
  IS(move(MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(move(MDBX_NEXT), MDBX_ENODATA);
  IS(move(MDBX_PREV), MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
}

START_TEST(test_rule_41_misses_and_ends) {
  open_kind((enum kind)_i, "bcd");
  static const char *const absent[] = {"a", "bb", "e"};
  for (unsigned i = 0; i < 3; ++i) {
    OK(move(MDBX_FIRST));
    IS(seek(MDBX_SET, absent[i], NULL), MDBX_NOTFOUND);
    takes_no_moves();
    OK(move(MDBX_FIRST));
  }
  for (unsigned i = 0; i < 4 && _i != UNIQUE; ++i) { /* a key with a single value, and none */
    OK(move(MDBX_FIRST));
    IS(seek(i % 2 ? MDBX_GET_BOTH : MDBX_GET_BOTH_RANGE, i < 2 ? "c" : "cc", i < 2 ? "X" : "C"), MDBX_NOTFOUND);
    takes_no_moves();
  }
  if (_i != UNIQUE)
    OK(seek(MDBX_GET_BOTH_RANGE, "c", "A"));
  IS(seek(MDBX_SET_RANGE, "e", NULL), MDBX_NOTFOUND);
  IS(move(MDBX_GET_CURRENT), MDBX_NOTFOUND);
  IS(move(MDBX_NEXT), MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  goes_to(MDBX_PREV, "d", "D");
  IS(seek(MDBX_TO_KEY_EQUAL, "bb", NULL), MDBX_NOTFOUND);
  is_on(cursor, "c", "C");
  OK(move(MDBX_LAST));
  IS(move(MDBX_NEXT), MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  is_on(cursor, "d", "D");
  goes_to(MDBX_PREV, "c", "C");
  goes_to(MDBX_NEXT, "d", "D");
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  OK(move(MDBX_FIRST));
  IS(move(MDBX_PREV), MDBX_NOTFOUND);
  is_on(cursor, "b", "B");
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  goes_to(MDBX_NEXT, "c", "C");
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_FALSE);
  OK(move(MDBX_LAST));
  IS(move(MDBX_NEXT), MDBX_NOTFOUND);
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  ck_assert_uint_eq(entries(), 2);
  OK(move(MDBX_LAST));
  if (_i == UNIQUE)
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  is_on(cursor, "c", "C");
  done();
}
END_TEST

struct bound {
  const char *key, *data;
  int lower;
  const char *lower_key, *lower_data;
  int upper;
  const char *upper_key, *upper_data;
};

START_TEST(test_rule_41_bounds_compare_pairs) {
  static const struct bound rows[] = {
      {"a", "x", -1, "b", "1", 0, "b", "1"},
      {"b", "1", 0, "b", "1", 0, "b", "3"},
      {"b", "2", -1, "b", "3", 0, "b", "3"},
      {"b", "3", 0, "b", "3", 0, "d", "2"},
      {"b", "4", -1, "d", "2", 0, "d", "2"},
      {"d", "2", 0, "d", "2", MDBX_NOTFOUND, NULL, NULL},
      {"d", "3", MDBX_NOTFOUND, NULL, NULL, MDBX_NOTFOUND, NULL, NULL},
      {"e", "0", MDBX_NOTFOUND, NULL, NULL, MDBX_NOTFOUND, NULL, NULL},
  };
  open_kind(_i ? FIXED : MULTI, "");
  put_values("b", "13");
  put_values("d", "2");
  for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
    IS(seek(MDBX_SET_LOWERBOUND, rows[i].key, rows[i].data), rows[i].lower);
    if (rows[i].lower_key)
      is_on(cursor, rows[i].lower_key, rows[i].lower_data);
    IS(seek(MDBX_SET_UPPERBOUND, rows[i].key, rows[i].data), rows[i].upper);
    if (rows[i].upper_key)
      is_on(cursor, rows[i].upper_key, rows[i].upper_data);
  }
  IS(seek(MDBX_SET_LOWERBOUND, "b", NULL), MDBX_RESULT_TRUE); /* the key alone */
  is_on(cursor, "b", "1");
  IS(seek(MDBX_SET_LOWERBOUND, "c", NULL), MDBX_RESULT_TRUE);
  is_on(cursor, "d", "2");
  /* Without an address the length of a value means nothing. */
  for (size_t length = 0; length < 10; length += 9) {
    MDBX_val key = api_val("b"), value = {NULL, length};
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_UPPERBOUND));
    is_on(cursor, "b", "1");
    key = api_val("c");
    value = (MDBX_val){NULL, length};
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_UPPERBOUND));
    is_on(cursor, "d", "2");
    key = api_val("e");
    value = (MDBX_val){NULL, length};
    IS(mdbx_cursor_get(cursor, &key, &value, MDBX_SET_UPPERBOUND), MDBX_NOTFOUND);
  }
  /* on_first and on_last do not look at the value. */
  OK(seek(MDBX_GET_BOTH, "b", "3"));
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_first_dup(cursor), MDBX_RESULT_FALSE);
  put_values("d", "3");
  OK(seek(MDBX_GET_BOTH, "d", "2"));
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_FALSE);
  done();
}
END_TEST

/* ---------------------------------------------------------------------------------------------- rule 42: after del */

START_TEST(test_rule_42_before_next) {
  for (unsigned kind = 0; kind < KINDS; ++kind) {
    open_kind((enum kind)kind, "abcd");
    MDBX_cursor *same;
    OK(mdbx_cursor_open(txn, dbi, &same));
    OK(seek(MDBX_SET, "b", NULL));
    OK(mdbx_cursor_copy(cursor, same));
    if (_i & 1)
      OK(api_del(txn, dbi, "b"));
    else
      OK(mdbx_cursor_del(cursor, _i & 2 ? MDBX_CURRENT : MDBX_UPSERT));
    for (unsigned i = 0; i < 2; ++i) {
      OK(mdbx_cursor_copy(same, cursor));
      IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
      goes_to(i ? MDBX_GET_CURRENT : MDBX_NEXT, "c", "C");
      goes_to(MDBX_NEXT, "d", "D");
    }
    OK(mdbx_cursor_copy(same, cursor));
    goes_to(MDBX_PREV, "a", "A");
    OK(mdbx_cursor_copy(same, cursor));
    IS(put_at("b", "X", MDBX_CURRENT), MDBX_EKEYMISMATCH);
    OK(put_at("c", "X", MDBX_CURRENT));
    is_on(cursor, "c", "X");
    OK(mdbx_cursor_copy(same, cursor));
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
    goes_to(MDBX_NEXT, "d", "D");
    goes_to(MDBX_PREV, "a", "A");
    goes_to(MDBX_NEXT, "d", "D");
    mdbx_cursor_close(same);
    done();
    OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
  }
}
END_TEST

START_TEST(test_rule_42_last_record) {
  for (unsigned kind = 0; kind < KINDS; ++kind) {
    open_kind((enum kind)kind, "abcd");
    OK(seek(MDBX_SET, "d", NULL));
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
    if (_i) {
      IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
      goes_to(MDBX_PREV, "c", "C");
    } else {
      goes_to(MDBX_GET_CURRENT, "c", "C");
      IS(move(MDBX_NEXT), MDBX_NOTFOUND);
      goes_to(MDBX_PREV, "b", "B");
    }
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
    ck_assert_uint_eq(entries(), 3);
    done();
    OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
  }
}
END_TEST

/* Values in the node (loop 0) and in a tree of their own (loop 1). */
START_TEST(test_rule_42_values) {
  const unsigned many = _i ? 3000 : 5;
  char last[8], before_last[8];
  open_kind(MULTI, "");
  put_many("k", many);
  put_values("m", "x");
  snprintf(last, sizeof(last), "%04u", many - 1);
  snprintf(before_last, sizeof(before_last), "%04u", many - 2);
  OK(seek(MDBX_GET_BOTH, "k", "0002"));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  goes_to(MDBX_GET_CURRENT, "k", "0003");
  OK(seek(MDBX_GET_BOTH, "k", last));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  IS(move(MDBX_NEXT_DUP), MDBX_NOTFOUND);
  goes_to(MDBX_GET_CURRENT, "k", before_last);
  OK(api_put(txn, dbi, "k", last, MDBX_UPSERT));
  OK(seek(MDBX_GET_BOTH, "k", last));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  goes_to(MDBX_NEXT, "m", "x");
  OK(seek(MDBX_GET_BOTH, "k", "0001"));
  ck_assert_uint_eq(count_here(), many - 2);
  OK(mdbx_cursor_del(cursor, MDBX_CURRENT));
  ck_assert_uint_eq(count_here(), many - 3);
  OK(mdbx_cursor_del(cursor, _i ? MDBX_NODUPDATA : MDBX_ALLDUPS));
  goes_to(MDBX_GET_CURRENT, "m", "x");
  ck_assert_uint_eq(entries(), 1);
  IS(mdbx_cursor_del(cursor, MDBX_NOOVERWRITE), MDBX_EINVAL);
  done();
}
END_TEST

/* --------------------------------------------------------------------------------------------- rule 43: cursor_put */

START_TEST(test_rule_43_put) {
  open_kind((enum kind)_i, "abc");
  OK(seek(MDBX_SET, "b", NULL));
  IS(put_at("a", "X", MDBX_CURRENT), MDBX_EKEYMISMATCH);
  IS(put_at("b", "X", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
  IS(put_at("b", "X", MDBX_CURRENT | MDBX_APPEND), MDBX_EINVAL);
  is_on(cursor, "b", "B");
  OK(put_at("b", "X", MDBX_CURRENT));
  is_on(cursor, "b", "X");
  MDBX_val key = api_val("c"), data = api_val("Y");
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(data, "C");
  is_on(cursor, "c", "C");
  OK(put_at("bb", "Z", MDBX_NOOVERWRITE));
  is_on(cursor, "bb", "Z");
  MDBX_cursor *other;
  OK(mdbx_cursor_open(txn, dbi, &other));
  OK(seek_with(other, MDBX_SET, "b", NULL));
  OK(put_at("ba", "W", MDBX_UPSERT));
  is_on(other, "b", "X");
  OK(move_with(other, MDBX_NEXT));
  is_on(other, "ba", "W");
  mdbx_cursor_close(other);
  if (_i == UNIQUE) {
    OK(mdbx_cursor_put(cursor, &key, &data, MDBX_APPEND));
    is_on(cursor, "c", "C");
    IS(put_at("b", "X", MDBX_APPEND), MDBX_EKEYMISMATCH);
  }
  done();
}
END_TEST

START_TEST(test_rule_43_current_among_values) {
  const unsigned many = _i ? 3000 : 5;
  char last[8];
  open_kind(MULTI, "");
  put_many("k", many);
  snprintf(last, sizeof(last), "%04u", many - 1);
  OK(seek(MDBX_GET_BOTH, "k", "0002"));
  OK(put_at("k", "9999", MDBX_CURRENT)); /* sorts last now */
  is_on(cursor, "k", "9999");
  ck_assert_uint_eq(count_here(), many);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_TRUE);
  goes_to(MDBX_PREV_DUP, "k", last);
  OK(put_at("k", "0000", MDBX_CURRENT)); /* that one is there already */
  is_on(cursor, "k", "0000");
  ck_assert_uint_eq(count_here(), many - 1);
  IS(put_at("k", "0001", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
  IS(put_at("k", "0001", MDBX_CURRENT | MDBX_APPEND), MDBX_EINVAL);
  OK(put_at("k", "all", MDBX_CURRENT | MDBX_ALLDUPS));
  is_on(cursor, "k", "all");
  ck_assert_uint_eq(count_here(), 1);
  ck_assert_uint_eq(entries(), 1);
  done();
}
END_TEST

/* ----------------------------------------------------------------------------------------------- rule 44: lifetime */

START_TEST(test_rule_44_after_the_transaction) {
  static const MDBX_cursor_op ops[] = {MDBX_FIRST, MDBX_NEXT, MDBX_GET_CURRENT, MDBX_LAST, MDBX_SET};
  open_kind((enum kind)(_i % KINDS), "abc");
  OK(move(MDBX_FIRST));
  OK(_i < KINDS ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn));
  for (unsigned i = 0; i < 5; ++i)
    IS(seek(ops[i], "a", NULL), MDBX_EINVAL);
  IS(put_at("a", "X", MDBX_UPSERT), MDBX_EINVAL);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_EINVAL);
  ck_assert_uint_eq(mdbx_cursor_dbi(cursor), UINT_MAX);
  ck_assert_ptr_null(mdbx_cursor_txn(cursor));
  OK(mdbx_cursor_unbind(cursor));
  OK(mdbx_cursor_unbind(cursor));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  if (_i < KINDS) {
    OK(mdbx_cursor_renew(txn, cursor));
    goes_to(MDBX_NEXT, "a", "A");
  } else {
    IS(mdbx_cursor_renew(txn, cursor), MDBX_BAD_DBI); /* of a table that never was */
    OK(mdbx_cursor_bind(txn, cursor, DBI_MAIN));
    IS(move(MDBX_FIRST), MDBX_NOTFOUND);
  }
  OK(mdbx_cursor_close2(cursor));
  IS(mdbx_cursor_close2(NULL), MDBX_EINVAL);
  cursor = NULL;
  mdbx_cursor_close(NULL);
  done();
}
END_TEST

START_TEST(test_rule_44_parent_and_child) {
  open_kind((enum kind)_i, "abcdef");
  MDBX_txn *outer = txn, *child;
  MDBX_cursor *inner;
  for (unsigned keep = 0; keep < 2; ++keep) {
    OK(seek(MDBX_SET, "b", NULL));
    OK(mdbx_txn_begin(env, outer, MDBX_TXN_READWRITE, &child));
    ck_assert_ptr_eq(mdbx_cursor_txn(cursor), child);
    is_on(cursor, "b", "B");
    IS(mdbx_cursor_unbind(cursor), MDBX_EINVAL);
    IS(mdbx_cursor_bind(child, cursor, DBI_MAIN), MDBX_EINVAL);
    OK(mdbx_cursor_open(child, dbi, &inner));
    OK(move_with(inner, MDBX_FIRST));
    goes_to(MDBX_NEXT, "c", "C");
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
    goes_to(MDBX_NEXT, "d", "D");
    OK(keep ? mdbx_txn_commit(child) : mdbx_txn_abort(child));
    ck_assert_ptr_eq(mdbx_cursor_txn(cursor), outer);
    ck_assert_ptr_null(mdbx_cursor_txn(inner));
    IS(move_with(inner, MDBX_FIRST), MDBX_EINVAL);
    OK(mdbx_cursor_close2(inner));
    is_on(cursor, keep ? "d" : "b", keep ? "D" : "B");
  }
  ck_assert_uint_eq(entries(), 5);
  done();
}
END_TEST

/* A table that goes and comes back with the end of the child. */
START_TEST(test_rule_44_table_dropped_in_the_child) {
  open_kind((enum kind)_i, "abc");
  MDBX_txn *child;
  for (unsigned del = 0; del < 2; ++del) {
    OK(seek(MDBX_SET, "b", NULL));
    OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
    OK(mdbx_drop(child, dbi, del));
    IS(move(MDBX_NEXT), del ? MDBX_BAD_DBI : MDBX_ENODATA);
    IS(put_at("x", "X", MDBX_UPSERT), del ? MDBX_BAD_DBI : MDBX_SUCCESS);
    OK(mdbx_txn_abort(child));
    is_on(cursor, "b", "B");
    goes_to(MDBX_NEXT, "c", "C");
    ck_assert_uint_eq(entries(), 3);
  }
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(mdbx_drop(child, dbi, true));
  OK(mdbx_txn_commit(child));
  IS(move(MDBX_FIRST), MDBX_BAD_DBI);
  done();
}
END_TEST

START_TEST(test_rule_44_copies_and_release) {
  open_kind((enum kind)_i, "abc");
  MDBX_cursor *copy, *loose = mdbx_cursor_create(NULL);
  size_t count = 9;
  OK(mdbx_cursor_open(txn, DBI_MAIN, &copy));
  IS(mdbx_cursor_copy(cursor, cursor), MDBX_EINVAL);
  OK(mdbx_cursor_copy(cursor, copy)); /* an unset one */
  ck_assert_uint_eq(mdbx_cursor_dbi(copy), dbi);
  IS(move_with(copy, MDBX_GET_CURRENT), MDBX_ENODATA);
  OK(seek(MDBX_SET, "b", NULL));
  OK(mdbx_cursor_copy(cursor, loose)); /* onto one that was bound to nothing */
  is_on(loose, "b", "B");
  OK(mdbx_cursor_reset(loose));
  OK(move_with(loose, MDBX_NEXT));
  is_on(loose, "a", "A");
  is_on(cursor, "b", "B");
  OK(mdbx_txn_release_all_cursors_ex(txn, true, &count));
  ck_assert_uint_eq(count, 3);
  ck_assert_ptr_null(mdbx_cursor_txn(loose));
  OK(mdbx_txn_release_all_cursors_ex(txn, true, &count));
  ck_assert_uint_eq(count, 0);
  OK(mdbx_cursor_renew(txn, copy));
  OK(mdbx_txn_release_all_cursors_ex(txn, false, &count));
  ck_assert_uint_eq(count, 1);
  OK(mdbx_cursor_close2(loose));
  OK(mdbx_cursor_bind(txn, cursor, dbi));
  OK(mdbx_txn_release_all_cursors(txn, true));
  done();
}
END_TEST

/* -------------------------------------------------------------------------------------- rule 45: bulk and estimates */

START_TEST(test_rule_45_batches) {
  MDBX_val pairs[8];
  size_t count = 7;
  open_kind(UNIQUE, "abcde");
  for (size_t limit = 0; limit < 4; ++limit)
    IS(mdbx_cursor_get_batch(cursor, &count, pairs, limit, MDBX_FIRST), MDBX_EINVAL);
  static const MDBX_cursor_op wrong[] = {MDBX_LAST, MDBX_PREV, MDBX_GET_CURRENT, MDBX_SET, MDBX_NEXT_NODUP};
  for (unsigned i = 0; i < 5; ++i)
    IS(mdbx_cursor_get_batch(cursor, &count, pairs, 8, wrong[i]), MDBX_EINVAL);
  OK(mdbx_cursor_get_batch(cursor, &count, pairs, 5, MDBX_FIRST)); /* keys and values count: two pairs fit */
  ck_assert_uint_eq(count, 4);
  IS_TEXT(pairs[2], "b");
  IS_TEXT(pairs[3], "B");
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 8, MDBX_NEXT), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 6);
  IS_TEXT(pairs[0], "c");
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 8, MDBX_NEXT), MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  OK(seek(MDBX_SET, "d", NULL));
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 8, MDBX_FIRST), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 4);
  IS_TEXT(pairs[0], "d"); /* from where it stood */
  done();
}
END_TEST

START_TEST(test_rule_45_pages_of_values) {
  MDBX_val key, data;
  size_t sum = 0;
  unsigned pages = 0;
  open_kind(FIXED, "");
  put_many("k", 5000);
  OK(api_put(txn, dbi, "m", "only", MDBX_UPSERT));
  OK(api_put(txn, dbi, "a", "0000", MDBX_UPSERT));
  OK(api_put(txn, dbi, "a", "0001", MDBX_UPSERT));
  OK(seek(MDBX_GET_BOTH, "k", "0003"));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_MULTIPLE));
  ck_assert_int_eq(memcmp(data.iov_base, "0000", 4), 0); /* the page from its start */
  for (int rc = MDBX_SUCCESS; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT_MULTIPLE)) {
    char last[8];
    snprintf(last, sizeof(last), "%04u", (unsigned)((sum + data.iov_len) / 4 - 1));
    is_on(cursor, "k", last);
    sum += data.iov_len;
    pages += 1;
  }
  ck_assert_uint_eq(sum, 5000 * 4);
  ck_assert_uint_gt(pages, 3);
  is_on(cursor, "k", "4999");
  for (unsigned i = 1; i < pages; ++i)
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_PREV_MULTIPLE));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_PREV_MULTIPLE), MDBX_NOTFOUND);
  OK(seek(MDBX_SET, "m", NULL));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_MULTIPLE));
  IS_TEXT(data, "only");
  goes_to(MDBX_PREV_NODUP, "k", "4999");
  goes_to(MDBX_PREV_NODUP, "a", "0001");
  goes_to(MDBX_NEXT_NODUP, "k", "0000");
  done();
}
END_TEST

static ptrdiff_t range_of(const char *from, const char *to) {
  const MDBX_val a = api_val(from ? from : ""), b = api_val(to ? to : "");
  ptrdiff_t distance;
  OK(mdbx_estimate_range(txn, dbi, from ? &a : NULL, NULL, to ? &b : NULL, NULL, &distance));
  return distance;
}

START_TEST(test_rule_45_distances_of_values) {
  ptrdiff_t distance;
  intptr_t steps;
  uint64_t removed = 99;
  MDBX_cursor *last;
  MDBX_val key = api_val("k"), data;
  open_kind(MULTI, "");
  put_many("k", 2000);
  put_values("m", "xyz");
  ck_assert_int_eq(range_of(NULL, NULL), 2003);
  ck_assert_int_eq(range_of("k", "k"), 2000);
  ck_assert_int_eq(range_of("m", "m"), 3);
  ck_assert_int_lt(range_of("m", "k"), 0);
  IS(mdbx_estimate_range(txn, dbi, MDBX_EPSILON, NULL, MDBX_EPSILON, NULL, &distance), MDBX_EINVAL);
  IS(mdbx_estimate_move(cursor, &key, &data, MDBX_NEXT, &distance), MDBX_ENODATA);
  OK(move(MDBX_FIRST));
  IS(mdbx_estimate_move(cursor, &key, &data, MDBX_GET_CURRENT, &distance), MDBX_EINVAL);
  OK(mdbx_cursor_open(txn, dbi, &last));
  OK(seek_with(last, MDBX_GET_BOTH, "m", "y"));
  OK(mdbx_cursor_distance(cursor, last, &steps, UINT_MAX));
  ck_assert_int_eq(steps, 2001);
  OK(mdbx_cursor_distance(last, cursor, &steps, UINT_MAX));
  ck_assert_int_eq(steps, -2001);
  IS(mdbx_cursor_scroll(cursor, 5000, UINT_MAX), MDBX_NOTFOUND);
  is_on(cursor, "m", "z");
  IS(mdbx_cursor_scroll(cursor, -5000, UINT_MAX), MDBX_NOTFOUND);
  is_on(cursor, "k", "0000");
  OK(mdbx_cursor_scroll(cursor, 700, UINT_MAX));
  is_on(cursor, "k", "0700");
  OK(mdbx_cursor_delete_range(cursor, last, false, &removed));
  ck_assert_uint_eq(removed, 1301);
  is_on(cursor, "m", "y");
  is_on(last, "m", "y");
  OK(mdbx_cursor_delete_range(cursor, last, true, &removed));
  ck_assert_uint_eq(removed, 1);
  is_on(cursor, "m", "z");
  is_on(last, "m", "z");
  ck_assert_uint_eq(entries(), 701);
  mdbx_cursor_close(last);
  done();
}
END_TEST

/* Whether a page is dirty, for every mode: what is not known may be. */
START_TEST(test_rule_45_is_dirty) {
  static const unsigned modes[] = {0, MDBX_WRITEMAP};
  MDBX_val data;
  char own;
  env = api_open(modes[_i]);
  api_store(env, "a", "1");
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_FALSE);
  if (!_i)
    IS(mdbx_is_dirty(txn, &own), MDBX_RESULT_TRUE);
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_TRUE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(api_get(txn, DBI_MAIN, "b", &data));
  IS(mdbx_is_dirty(txn, data.iov_base), MDBX_RESULT_FALSE);
  IS(mdbx_is_dirty(txn, &own), MDBX_EINVAL);
  IS(mdbx_is_dirty(txn, NULL), MDBX_EINVAL);
  cursor = NULL;
  done();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rules of cursors");
  TCase *tcase = api_case(suite, "moving");
  tcase_add_loop_test(tcase, test_rule_40_every_way_to_be_unset, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_40_empty_and_wrong_tables, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_41_misses_and_ends, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_41_bounds_compare_pairs, 0, 2);
  tcase = api_case(suite, "changing");
  tcase_add_loop_test(tcase, test_rule_42_before_next, 0, 3);
  tcase_add_loop_test(tcase, test_rule_42_last_record, 0, 2);
  tcase_add_loop_test(tcase, test_rule_42_values, 0, 2);
  tcase_add_loop_test(tcase, test_rule_43_put, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_43_current_among_values, 0, 2);
  tcase = api_case(suite, "lifetime");
  tcase_add_loop_test(tcase, test_rule_44_after_the_transaction, 0, 2 * KINDS);
  tcase_add_loop_test(tcase, test_rule_44_parent_and_child, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_44_table_dropped_in_the_child, 0, KINDS);
  tcase_add_loop_test(tcase, test_rule_44_copies_and_release, 0, KINDS);
  tcase = api_case(suite, "bulk");
  tcase_add_test(tcase, test_rule_45_batches);
  tcase_add_test(tcase, test_rule_45_pages_of_values);
  tcase_add_test(tcase, test_rule_45_distances_of_values);
  tcase_add_loop_test(tcase, test_rule_45_is_dirty, 0, 2);
  return unit_run(suite);
}
