/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors through the public interface, in tables with one value a key. Most tests begin with the records a, b, c, d. */
#include "api.h"

#include <limits.h>

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_cursor *cursor;

static void begin(void) {
  unit_setup();
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
}

static void begin_abcd(void) {
  begin();
  OK(api_put(txn, DBI_MAIN, "a", "A", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "b", "B", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "c", "C", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "d", "D", MDBX_UPSERT));
}

static void end(void) {
  mdbx_cursor_close(cursor);
  if (txn)
    OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

/* Moves without an argument: the code, and the key it comes to. */
static int move_of(MDBX_cursor *c, MDBX_cursor_op op, char *found) {
  MDBX_val key = {NULL, 0}, data = {NULL, 0};
  const int rc = mdbx_cursor_get(c, &key, &data, op);
  *found = 0;
  if (rc == MDBX_SUCCESS) {
    *found = *(const char *)key.iov_base;
    ck_assert_uint_eq(data.iov_len, 1);
    ck_assert_int_eq(*(const char *)data.iov_base & 0x1f, *found & 0x1f);
  }
  return rc;
}

static void goes_to(MDBX_cursor *c, MDBX_cursor_op op, char key) {
  char found;
  OK(move_of(c, op, &found));
  ck_assert_int_eq(found, key);
}

static void gives(MDBX_cursor *c, MDBX_cursor_op op, int code) {
  char found;
  IS(move_of(c, op, &found), code);
}

static int search(MDBX_cursor_op op, const char *text) {
  MDBX_val key = api_val(text), data = {NULL, 0};
  return mdbx_cursor_get(cursor, &key, &data, op);
}

/* ------------------------------------------------------------------------------------------------------ rule 40: unset */

START_TEST(rule_40_unset) {
  size_t count = 9;
  MDBX_val key = api_val("a"), data = api_val("x");
  gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
  gives(cursor, MDBX_FIRST_DUP, MDBX_ENODATA);
  gives(cursor, MDBX_LAST_DUP, MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT), MDBX_ENODATA);
  OK(mdbx_cursor_count(cursor, &count));
  ck_assert_uint_eq(count, 0);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  static const MDBX_cursor_op forward[] = {MDBX_NEXT, MDBX_NEXT_DUP, MDBX_NEXT_NODUP},
                              back[] = {MDBX_PREV, MDBX_PREV_NODUP};
  for (unsigned i = 0; i < 3; ++i) {
    OK(mdbx_cursor_reset(cursor));
    goes_to(cursor, forward[i], 'a');
  }
  for (unsigned i = 0; i < 2; ++i) {
    OK(mdbx_cursor_reset(cursor));
    goes_to(cursor, back[i], 'd');
  }
}
END_TEST

START_TEST(rule_40_empty_table) {
  static const MDBX_cursor_op ops[] = {MDBX_FIRST, MDBX_LAST, MDBX_NEXT, MDBX_PREV};
  OK(mdbx_drop(txn, DBI_MAIN, false));
  for (unsigned i = 0; i < 4; ++i) {
    gives(cursor, ops[i], MDBX_NOTFOUND);
    gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
  }
}
END_TEST

START_TEST(rule_40_wrong_operations) {
  static const MDBX_cursor_op ops[] = {MDBX_GET_BOTH, MDBX_GET_BOTH_RANGE, MDBX_GET_MULTIPLE, MDBX_NEXT_MULTIPLE,
                                       MDBX_PREV_MULTIPLE};
  MDBX_val key = api_val("a"), data = api_val("A");
  for (int set = 0; set < 2; ++set) {
    for (unsigned i = 0; i < 5; ++i)
      if (set || ops[i] != MDBX_GET_MULTIPLE) {
        key = api_val("a"), data = api_val("A");
        IS(mdbx_cursor_get(cursor, &key, &data, ops[i]), MDBX_INCOMPATIBLE);
      }
    goes_to(cursor, MDBX_FIRST, 'a');
  }
  IS(mdbx_cursor_get(cursor, &key, &data, (MDBX_cursor_op)99), MDBX_EINVAL);
  IS(mdbx_cursor_get(cursor, NULL, &data, MDBX_SET), MDBX_EINVAL);
  OK(mdbx_cursor_get(cursor, NULL, NULL, MDBX_NEXT));
  goes_to(cursor, MDBX_FIRST_DUP, 'b');
  goes_to(cursor, MDBX_LAST_DUP, 'b');
  gives(cursor, MDBX_NEXT_DUP, MDBX_NOTFOUND);
  gives(cursor, MDBX_PREV_DUP, MDBX_NOTFOUND);
  goes_to(cursor, MDBX_GET_CURRENT, 'b');
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ rule 41: edges */

START_TEST(rule_41_ends) {
  goes_to(cursor, MDBX_LAST, 'd');
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_FALSE);
  gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  goes_to(cursor, MDBX_GET_CURRENT, 'd');
  goes_to(cursor, MDBX_PREV, 'c');
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  goes_to(cursor, MDBX_NEXT, 'd');
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "d", &data), MDBX_NOTFOUND);
  goes_to(cursor, MDBX_FIRST, 'a');
  gives(cursor, MDBX_PREV, MDBX_NOTFOUND);
  goes_to(cursor, MDBX_GET_CURRENT, 'a');
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
}
END_TEST

START_TEST(rule_41_misses) {
  goes_to(cursor, MDBX_FIRST, 'a');
  IS(search(MDBX_SET, "bb"), MDBX_NOTFOUND);
  gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
  gives(cursor, MDBX_NEXT, MDBX_ENODATA);
  gives(cursor, MDBX_PREV, MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  IS(search(MDBX_SET_RANGE, "e"), MDBX_NOTFOUND);
  gives(cursor, MDBX_GET_CURRENT, MDBX_NOTFOUND);
  gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
  goes_to(cursor, MDBX_PREV, 'd');
  IS(search(MDBX_TO_KEY_EQUAL, "bb"), MDBX_NOTFOUND);
  goes_to(cursor, MDBX_GET_CURRENT, 'c');
  OK(search(MDBX_SET_LOWERBOUND, "b"));
  IS(search(MDBX_SET_LOWERBOUND, "bb"), MDBX_RESULT_TRUE);
  goes_to(cursor, MDBX_GET_CURRENT, 'c');
  IS(search(MDBX_SET_LOWERBOUND, "e"), MDBX_NOTFOUND);
  OK(search(MDBX_SET_UPPERBOUND, "c"));
  goes_to(cursor, MDBX_GET_CURRENT, 'd');
  IS(search(MDBX_SET_UPPERBOUND, "d"), MDBX_NOTFOUND);
}
END_TEST

struct to_key {
  MDBX_cursor_op op;
  const char *key;
  char found; /* 0: not found */
};

START_TEST(rule_41_to_key) {
  static const struct to_key rows[] = {
      {MDBX_TO_KEY_LESSER_THAN, "b", 'a'},
      {MDBX_TO_KEY_LESSER_THAN, "a", 0},
      {MDBX_TO_KEY_LESSER_THAN, "zz", 'd'},
      {MDBX_TO_KEY_LESSER_OR_EQUAL, "b", 'b'},
      {MDBX_TO_KEY_LESSER_OR_EQUAL, "bb", 'b'},
      {MDBX_TO_KEY_LESSER_OR_EQUAL, "", 0},
      {MDBX_TO_KEY_EQUAL, "c", 'c'},
      {MDBX_TO_KEY_GREATER_OR_EQUAL, "c", 'c'},
      {MDBX_TO_KEY_GREATER_OR_EQUAL, "cc", 'd'},
      {MDBX_TO_KEY_GREATER_OR_EQUAL, "e", 0},
      {MDBX_TO_KEY_GREATER_THAN, "c", 'd'},
      {MDBX_TO_KEY_GREATER_THAN, "d", 0},
      {MDBX_SET, "b", 'b'},
      {MDBX_SET_KEY, "b", 'b'},
      {MDBX_SET_RANGE, "b", 'b'},
      {MDBX_SET_RANGE, "ab", 'b'},
  };
  for (unsigned i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
    MDBX_val key = api_val(rows[i].key), data = {NULL, 0};
    const int rc = mdbx_cursor_get(cursor, &key, &data, rows[i].op);
    ck_assert_msg(rc == (rows[i].found ? MDBX_SUCCESS : MDBX_NOTFOUND), "row %u: %d", i, rc);
    if (rows[i].found) {
      ck_assert_int_eq(*(const char *)data.iov_base, rows[i].found - 32);
      goes_to(cursor, MDBX_GET_CURRENT, rows[i].found);
    }
  }
}
END_TEST

/* ------------------------------------------------------------------------------------------------ rule 42: after a del */

START_TEST(rule_42_before_next) {
  goes_to(cursor, MDBX_FIRST, 'a');
  goes_to(cursor, MDBX_NEXT, 'b');
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  switch (_i) {
  case 0:
    goes_to(cursor, MDBX_NEXT, 'c');
    goes_to(cursor, MDBX_NEXT, 'd');
    break;
  case 1:
    goes_to(cursor, MDBX_GET_CURRENT, 'c');
    goes_to(cursor, MDBX_NEXT, 'd');
    break;
  case 2:
    goes_to(cursor, MDBX_PREV, 'a');
    break;
  default:
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
    goes_to(cursor, MDBX_NEXT, 'd');
    goes_to(cursor, MDBX_PREV, 'a');
  }
}
END_TEST

START_TEST(rule_42_last_deleted) {
  goes_to(cursor, MDBX_LAST, 'd');
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  if (_i) {
    IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
    goes_to(cursor, MDBX_PREV, 'c');
  } else {
    goes_to(cursor, MDBX_GET_CURRENT, 'c');
    gives(cursor, MDBX_NEXT, MDBX_NOTFOUND);
    IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
    goes_to(cursor, MDBX_PREV, 'b');
  }
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
}
END_TEST

START_TEST(rule_42_other_cursors) {
  MDBX_cursor *same, *elsewhere;
  OK(mdbx_cursor_open(txn, DBI_MAIN, &same));
  OK(mdbx_cursor_open(txn, DBI_MAIN, &elsewhere));
  OK(search(MDBX_SET, "b"));
  OK(mdbx_cursor_copy(cursor, same));
  goes_to(elsewhere, MDBX_LAST, 'd');
  if (_i)
    OK(api_del(txn, DBI_MAIN, "b"));
  else
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  goes_to(same, MDBX_NEXT, 'c');
  goes_to(cursor, MDBX_PREV, 'a');
  goes_to(elsewhere, MDBX_GET_CURRENT, 'd');
  mdbx_cursor_close(same);
  mdbx_cursor_close(elsewhere);
}
END_TEST

START_TEST(rule_42_put_current_after_del) {
  MDBX_val key = api_val("b"), data = api_val("X");
  OK(search(MDBX_SET, "b"));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT), MDBX_EKEYMISMATCH);
  key = api_val("c");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  api_has(txn, DBI_MAIN, "c", "X");
}
END_TEST

/* Deletes all of a table of many pages through a cursor, forward or backward. */
START_TEST(rule_42_delete_all) {
  char text[300];
  for (int i = 0; i < 2000; ++i) {
    snprintf(text, sizeof(text), "%06d%0200d", i, 0);
    OK(api_put(txn, DBI_MAIN, text, "v", MDBX_UPSERT));
  }
  unsigned deleted = 0;
  int rc;
  while ((rc = mdbx_cursor_get(cursor, NULL, NULL, _i ? MDBX_PREV : MDBX_NEXT)) == MDBX_SUCCESS) {
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
    ++deleted;
  }
  IS(rc, MDBX_NOTFOUND);
  ck_assert_uint_eq(deleted, 2004);
  gives(cursor, MDBX_FIRST, MDBX_NOTFOUND);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- rule 43: cursor_put */

START_TEST(rule_43_put_current) {
  MDBX_val key = api_val("b"), other = api_val("c"), data = api_val("b");
  OK(search(MDBX_SET, "b"));
  IS(mdbx_cursor_put(cursor, &other, &data, MDBX_CURRENT), MDBX_EKEYMISMATCH);
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EINVAL);
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT | MDBX_APPEND), MDBX_EINVAL);
  api_has(txn, DBI_MAIN, "b", "B");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  api_has(txn, DBI_MAIN, "b", "b");
  goes_to(cursor, MDBX_GET_CURRENT, 'b');
}
END_TEST

START_TEST(rule_43_position_after_put) {
  MDBX_val key = api_val("c"), data = api_val("x");
  goes_to(cursor, MDBX_FIRST, 'a');
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS_TEXT(data, "C");
  goes_to(cursor, MDBX_GET_CURRENT, 'c');
  key = api_val("B2");
  data = api_val("b");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT));
  goes_to(cursor, MDBX_GET_CURRENT, 'B');
  goes_to(cursor, MDBX_NEXT, 'a');
}
END_TEST

/* The last deletion empties the tree, so the cursor keeps only the key of what was deleted; the put gives it a path. */
START_TEST(put_behind_own_deletions) {
  MDBX_val key, data = api_val("E");
  goes_to(cursor, MDBX_FIRST, 'a');
  for (int i = 0; i < 4; ++i)
    OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  key = api_val("e");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT));
  goes_to(cursor, MDBX_GET_CURRENT, 'e');
  OK(api_put(txn, DBI_MAIN, "d", "D", MDBX_UPSERT));
  goes_to(cursor, MDBX_PREV, 'd');
  goes_to(cursor, MDBX_NEXT, 'e');
}
END_TEST

START_TEST(rule_43_inserts_by_others) {
  MDBX_cursor *other;
  char text[300];
  OK(mdbx_cursor_open(txn, DBI_MAIN, &other));
  OK(search(MDBX_SET, "b"));
  MDBX_val key, data = api_val("b");
  for (int i = 3000; i >= 0; --i) { /* splits the page under the cursor many times */
    snprintf(text, sizeof(text), "b%06d%0100d", i, 0);
    key = api_val(text);
    OK(mdbx_cursor_put(other, &key, &data, MDBX_UPSERT));
    text[0] = 'a';
    OK(api_put(txn, DBI_MAIN, text, "a", MDBX_UPSERT));
  }
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_CURRENT));
  IS_TEXT(key, "b");
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT));
  ck_assert_int_eq(memcmp(key.iov_base, "b000000", 7), 0);
  mdbx_cursor_close(other);
}
END_TEST

enum { MANY = 400 };

static void many_records(void) {
  char text[64];
  OK(mdbx_drop(txn, DBI_MAIN, false));
  for (int i = 0; i < MANY; ++i) {
    snprintf(text, sizeof(text), "key %05d", i);
    OK(api_put(txn, DBI_MAIN, text, text + 4, MDBX_UPSERT));
  }
}

/* What a cursor gave is handed back as key, or as value, of the next change: pages move under it. */
START_TEST(rule_43_arguments_inside_the_database) {
  MDBX_val key, data;
  char text[64], longer[400];
  many_records();
  memset(longer, 'x', sizeof(longer));
  for (int i = 0; i < MANY; ++i) {
    snprintf(text, sizeof(text), "key %05d", i);
    key = api_val(text);
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET_KEY));
    const MDBX_val stored_value = data;
    MDBX_val grown = {longer, sizeof(longer)};
    switch (i % 4) {
    case 0: /* the key of the record itself; its value grows */
      OK(mdbx_cursor_put(cursor, &key, &grown, i % 8 ? MDBX_CURRENT : MDBX_UPSERT));
      break;
    case 1:
      OK(mdbx_put(txn, DBI_MAIN, &key, &grown, MDBX_UPSERT));
      break;
    case 2: /* the value of the record under another key */
      text[0] = 'z';
      key = api_val(text);
      data = stored_value;
      OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
      break;
    default:
      OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
    }
  }
  for (int i = 0; i < MANY; ++i) {
    snprintf(text, sizeof(text), "key %05d", i);
    const int rc = api_get(txn, DBI_MAIN, text, &data);
    IS(rc, i % 4 == 3 ? MDBX_NOTFOUND : MDBX_SUCCESS);
    if (i % 4 < 2)
      ck_assert(data.iov_len == sizeof(longer) && memcmp(data.iov_base, longer, sizeof(longer)) == 0);
    if (i % 4 != 2)
      continue;
    IS_TEXT(data, text + 4);
    text[0] = 'z';
    api_has(txn, DBI_MAIN, text, text + 4);
  }
}
END_TEST

/* --------------------------------------------------------------------------------------------------- rule 44: lifetime */

START_TEST(rule_44_outlives_transactions) {
  MDBX_val key, data;
  goes_to(cursor, MDBX_FIRST, 'a');
  for (int i = 0; i < 2; ++i) {
    if (i)
      OK(mdbx_txn_abort(txn));
    else
      OK(mdbx_txn_commit(txn));
    IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_EINVAL);
    ck_assert_uint_eq(mdbx_cursor_dbi(cursor), UINT_MAX);
    ck_assert_ptr_null(mdbx_cursor_txn(cursor));
    OK(mdbx_cursor_unbind(cursor));
    OK(mdbx_cursor_unbind(cursor));
    txn = api_begin(env, i ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY);
    if (i)
      OK(mdbx_cursor_bind(txn, cursor, DBI_MAIN));
    else
      OK(mdbx_cursor_renew(txn, cursor));
    ck_assert_ptr_eq(mdbx_cursor_txn(cursor), txn);
    gives(cursor, MDBX_GET_CURRENT, MDBX_ENODATA);
    goes_to(cursor, MDBX_NEXT, 'a');
  }
  IS(mdbx_cursor_close2(NULL), MDBX_EINVAL);
  OK(mdbx_cursor_close2(cursor));
  cursor = NULL;
}
END_TEST

START_TEST(rule_44_unbound) {
  MDBX_val key, data;
  int mark;
  MDBX_cursor *unbound = mdbx_cursor_create(&mark);
  ck_assert_ptr_eq(mdbx_cursor_get_userctx(unbound), &mark);
  IS(mdbx_cursor_renew(txn, unbound), MDBX_BAD_DBI);
  IS(mdbx_cursor_get(unbound, &key, &data, MDBX_FIRST), MDBX_EINVAL);
  IS(mdbx_cursor_eof(unbound), MDBX_EINVAL);
  IS(mdbx_cursor_bind(txn, unbound, 9), MDBX_BAD_DBI);
  OK(mdbx_cursor_bind(txn, unbound, DBI_MAIN));
  goes_to(unbound, MDBX_LAST, 'd');
  OK(mdbx_cursor_bind(txn, unbound, DBI_MAIN));
  goes_to(unbound, MDBX_GET_CURRENT, 'd');
  mdbx_cursor_close(unbound);
}
END_TEST

START_TEST(rule_44_copy) {
  MDBX_cursor *copy;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_cursor_open(txn, dbi, &copy));
  IS(mdbx_cursor_copy(cursor, cursor), MDBX_EINVAL);
  OK(mdbx_cursor_copy(cursor, copy));
  ck_assert_uint_eq(mdbx_cursor_dbi(copy), DBI_MAIN);
  gives(copy, MDBX_GET_CURRENT, MDBX_ENODATA);
  OK(search(MDBX_SET, "c"));
  OK(mdbx_cursor_copy(cursor, copy));
  goes_to(copy, MDBX_GET_CURRENT, 'c');
  ck_assert_int_eq(mdbx_cursor_compare(cursor, copy, false), 0);
  goes_to(copy, MDBX_PREV, 'b');
  ck_assert_int_lt(mdbx_cursor_compare(copy, cursor, false), 0);
  ck_assert_int_gt(mdbx_cursor_compare(cursor, copy, false), 0);
  goes_to(cursor, MDBX_GET_CURRENT, 'c');
  OK(mdbx_cursor_reset(copy));
  goes_to(copy, MDBX_NEXT, 'a');
  mdbx_cursor_close(copy);
}
END_TEST

START_TEST(rule_44_release_all) {
  MDBX_cursor *more[3];
  size_t count = 0;
  for (unsigned i = 0; i < 3; ++i)
    OK(mdbx_cursor_open(txn, DBI_MAIN, &more[i]));
  OK(mdbx_txn_release_all_cursors_ex(txn, true, &count));
  ck_assert_uint_eq(count, 4);
  ck_assert_ptr_null(mdbx_cursor_txn(cursor));
  for (unsigned i = 0; i < 3; ++i)
    OK(mdbx_cursor_close2(more[i]));
  OK(mdbx_cursor_renew(txn, cursor));
  OK(mdbx_txn_release_all_cursors_ex(txn, false, &count));
  ck_assert_uint_eq(count, 1);
  cursor = NULL;
}
END_TEST

/* -------------------------------------------------------------------------------------------------- rule 45: get_batch */

START_TEST(rule_45_get_batch) {
  MDBX_val pairs[6];
  size_t count;
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 3, MDBX_FIRST), MDBX_EINVAL);
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 6, MDBX_PREV), MDBX_EINVAL);
  IS(mdbx_cursor_get_batch(cursor, NULL, pairs, 6, MDBX_FIRST), MDBX_EINVAL);
  OK(mdbx_cursor_get_batch(cursor, &count, pairs, 6, MDBX_FIRST));
  ck_assert_uint_eq(count, 6);
  for (unsigned i = 0; i < 3; ++i) {
    ck_assert_int_eq(*(char *)pairs[2 * i].iov_base, (char)('a' + i));
    ck_assert_int_eq(*(char *)pairs[2 * i + 1].iov_base, (char)('A' + i));
  }
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 6, MDBX_NEXT), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 2);
  IS_TEXT(pairs[0], "d");
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 6, MDBX_NEXT), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  OK(search(MDBX_SET, "c"));
  IS(mdbx_cursor_get_batch(cursor, &count, pairs, 6, MDBX_FIRST), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 4);
  IS_TEXT(pairs[0], "c");
}
END_TEST

START_TEST(rule_45_get_batch_many) {
  char text[16];
  for (int i = 0; i < 5000; ++i) {
    snprintf(text, sizeof(text), "%06d", i);
    OK(api_put(txn, DBI_MAIN, text, text, MDBX_UPSERT));
  }
  MDBX_val pairs[100];
  size_t count, total = 0;
  int rc = mdbx_cursor_get_batch(cursor, &count, pairs, 100, MDBX_FIRST);
  while (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE) {
    for (size_t i = 0; i < count; i += 2, ++total) {
      if (total < 5000) {
        snprintf(text, sizeof(text), "%06u", (unsigned)total);
        IS_TEXT(pairs[i], text);
        IS_TEXT(pairs[i + 1], text);
      }
    }
    rc = mdbx_cursor_get_batch(cursor, &count, pairs, 100, MDBX_NEXT);
  }
  IS(rc, MDBX_NOTFOUND);
  ck_assert_uint_eq(total, 5004);
}
END_TEST

static unsigned comparisons;

static int count_and_compare(const MDBX_val *a, const MDBX_val *b) {
  comparisons += 1;
  const int order = memcmp(a->iov_base, b->iov_base, a->iov_len < b->iov_len ? a->iov_len : b->iov_len);
  return order ? order : (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
}

static unsigned comparisons_of(MDBX_cursor *asked, MDBX_cursor_op op, const char *key) {
  MDBX_val k = api_val(key), d = api_val("");
  const unsigned before = comparisons;
  IS(mdbx_cursor_get(asked, &k, &d, op), MDBX_SUCCESS);
  return comparisons - before;
}

/* A search looks for what it is given, not first for where the cursor stood before the table was changed. */
START_TEST(searches_forget_the_position) {
  static const MDBX_cursor_op searches[] = {MDBX_SET, MDBX_SET_KEY, MDBX_SET_RANGE, MDBX_TO_KEY_GREATER_OR_EQUAL};
  MDBX_cursor *moved, *fresh;
  MDBX_dbi dbi;
  char key[16];
  OK(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE, &dbi, count_and_compare, NULL));
  for (unsigned i = 0; i < 1000; ++i) {
    snprintf(key, sizeof(key), "key%04u", i);
    OK(api_put(txn, dbi, key, "value", MDBX_UPSERT));
  }
  OK(mdbx_cursor_open(txn, dbi, &moved));
  OK(mdbx_cursor_open(txn, dbi, &fresh));
  comparisons_of(moved, MDBX_SET, "key0900");
  OK(api_put(txn, dbi, "key9999", "value", MDBX_UPSERT));
  const unsigned alone = comparisons_of(fresh, searches[_i], "key0100");
  ck_assert_uint_gt(alone, 0);
  ck_assert_uint_eq(comparisons_of(moved, searches[_i], "key0100"), alone);
  /* No key leaves the cursor where it was. */
  OK(api_put(txn, dbi, "key9998", "value", MDBX_UPSERT));
  MDBX_val k, d;
  IS(mdbx_cursor_get(moved, NULL, &d, MDBX_SET), MDBX_EINVAL);
  IS(mdbx_cursor_get(moved, &k, &d, MDBX_NEXT), MDBX_SUCCESS);
  IS_TEXT(k, "key0101");
  mdbx_cursor_close(moved);
  mdbx_cursor_close(fresh);
  OK(mdbx_txn_abort(txn));
  txn = NULL;
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cursors");
  TCase *tcase = api_prepared_case(suite, "moving", begin_abcd, end);
  tcase_add_loop_test(tcase, searches_forget_the_position, 0, 4);
  tcase_add_test(tcase, rule_40_unset);
  tcase_add_test(tcase, rule_40_empty_table);
  tcase_add_test(tcase, rule_40_wrong_operations);
  tcase_add_test(tcase, rule_41_ends);
  tcase_add_test(tcase, rule_41_misses);
  tcase_add_test(tcase, rule_41_to_key);
  tcase_add_test(tcase, rule_45_get_batch);
  tcase_add_test(tcase, rule_45_get_batch_many);
  tcase = api_prepared_case(suite, "changing", begin_abcd, end);
  tcase_add_loop_test(tcase, rule_42_before_next, 0, 4);
  tcase_add_loop_test(tcase, rule_42_last_deleted, 0, 2);
  tcase_add_loop_test(tcase, rule_42_other_cursors, 0, 2);
  tcase_add_test(tcase, rule_42_put_current_after_del);
  tcase_add_loop_test(tcase, rule_42_delete_all, 0, 2);
  tcase_add_test(tcase, rule_43_put_current);
  tcase_add_test(tcase, rule_43_position_after_put);
  tcase_add_test(tcase, put_behind_own_deletions);
  tcase_add_test(tcase, rule_43_inserts_by_others);
  tcase_add_test(tcase, rule_43_arguments_inside_the_database);
  tcase = api_prepared_case(suite, "lifetime", begin_abcd, end);
  tcase_add_test(tcase, rule_44_outlives_transactions);
  tcase_add_test(tcase, rule_44_unbound);
  tcase_add_test(tcase, rule_44_copy);
  tcase_add_test(tcase, rule_44_release_all);
  return unit_run(suite);
}
