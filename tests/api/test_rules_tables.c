/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules 26 to 31 sentence by sentence, as far as no other test has them: tables and their handles, names, canary, sequences.
 * The main lines of each rule are in test_tables.
 */
#include "rules.h"

#include <limits.h>

static int any_order(const MDBX_val *a, const MDBX_val *b) {
  const int order = memcmp(a->iov_base, b->iov_base, a->iov_len < b->iov_len ? a->iov_len : b->iov_len);
  return order ? order : (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
}

static int other_order(const MDBX_val *a, const MDBX_val *b) { return any_order(b, a); }

/* The refused opening leaves table, handle and cursors alone, whatever it differs in. */
static void refuse_all(MDBX_dbi dbi, MDBX_cursor *cursor) {
  static const unsigned others[] = {0, MDBX_INTEGERKEY, MDBX_DUPSORT, MDBX_DUPSORT | MDBX_DUPFIXED,
                                    MDBX_DUPSORT | MDBX_REVERSEDUP | MDBX_REVERSEKEY};
  for (unsigned i = 0; i < 5; ++i) {
    IS(open_table("t", others[i]), MDBX_INCOMPATIBLE);
    IS(open_table("t", others[i] | MDBX_CREATE), MDBX_INCOMPATIBLE);
    ck_assert_uint_eq(api_table(txn, "t", others[i] | MDBX_DB_ACCEDE), dbi);
    ck_assert_uint_eq(api_table(txn, "t", others[i] | MDBX_DB_ACCEDE | MDBX_CREATE), dbi);
    ck_assert_uint_eq(flags_of(dbi), MDBX_REVERSEKEY);
    ck_assert_uint_eq(entries(dbi), 2);
    api_has(txn, dbi, "az", "1");
  }
  MDBX_dbi other = 77;
  IS(mdbx_dbi_open_ex(txn, "t", MDBX_DB_DEFAULTS, &other, any_order, NULL), MDBX_INCOMPATIBLE);
  ck_assert_uint_eq(other, 0);
  OK(move(cursor, MDBX_GET_CURRENT));
}

START_TEST(test_rule_26_refused_openings_disturb_nothing) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_REVERSEKEY);
  OK(put(dbi, "az", "1", MDBX_UPSERT));
  OK(put(dbi, "za", "2", MDBX_UPSERT));
  MDBX_cursor *cursor = cursor_on(dbi, MDBX_FIRST);
  refuse_all(dbi, cursor);
  next(MDBX_TXN_READWRITE);
  OK(mdbx_cursor_renew(txn, cursor));
  OK(move(cursor, MDBX_LAST));
  refuse_all(dbi, cursor);
  mdbx_cursor_close(cursor);
  MDBX_txn *outer = txn;
  OK(mdbx_txn_begin(env, outer, MDBX_TXN_READWRITE, &txn));
  cursor = cursor_on(dbi, MDBX_FIRST);
  refuse_all(dbi, cursor);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  txn = outer;
  api_has(txn, dbi, "za", "2");
}
END_TEST

/* Each pair of kinds: the empty table is made again as the other kind, under the same handle. */
START_TEST(test_rule_26_empty_table_changes_its_kind) {
  static const unsigned kinds[] = {0, MDBX_REVERSEKEY, MDBX_INTEGERKEY, MDBX_DUPSORT,
                                   MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP};
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  for (unsigned from = 0; from < 5; ++from)
    for (unsigned to = 0; to < 5; ++to)
      for (unsigned committed = 0; committed < 2; ++committed) {
        ck_assert_uint_eq(api_table(txn, "t", MDBX_CREATE | kinds[from]), dbi);
        if (committed)
          next(MDBX_TXN_READWRITE);
        if (from != to)
          IS(open_table("t", kinds[to]), MDBX_INCOMPATIBLE);
        ck_assert_uint_eq(api_table(txn, "t", MDBX_CREATE | kinds[to]), dbi);
        ck_assert_uint_eq(flags_of(dbi), kinds[to]);
        OK(put(dbi, "four", "data", MDBX_UPSERT));
        IS(open_table("t", MDBX_CREATE | kinds[(to + 1) % 5]), MDBX_INCOMPATIBLE);
        OK(mdbx_drop(txn, dbi, false));
      }
  next(MDBX_TXN_RDONLY);
  IS(open_table("t", MDBX_CREATE | MDBX_REVERSEKEY), MDBX_EACCESS);
  IS(open_table("u", MDBX_CREATE), MDBX_EACCESS);
}
END_TEST

START_TEST(test_rule_27_names_cannot_be_overwritten) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  MDBX_val key = api_val("t"), data = {NULL, 10}, old = {NULL, 0};
  uint64_t count;
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  OK(put(DBI_MAIN, "s", "plain", MDBX_UPSERT));
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE), MDBX_INCOMPATIBLE);
  IS(put(DBI_MAIN, "t", "x", MDBX_ALLDUPS), MDBX_INCOMPATIBLE);
  IS(put(DBI_MAIN, "t", "x", MDBX_APPEND), MDBX_INCOMPATIBLE);
  data = api_val("x");
  IS(mdbx_replace(txn, DBI_MAIN, &key, &data, &old, MDBX_UPSERT), MDBX_INCOMPATIBLE);
  IS(mdbx_replace(txn, DBI_MAIN, &key, NULL, &old, MDBX_CURRENT), MDBX_INCOMPATIBLE);
  IS(mdbx_del(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
  MDBX_cursor *cursor = cursor_on(DBI_MAIN, MDBX_LAST);
  IS(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_WHOLE, &count), MDBX_INCOMPATIBLE);
  IS(mdbx_cursor_delete_range(NULL, cursor, true, &count), MDBX_INCOMPATIBLE);
  mdbx_cursor_close(cursor);
  api_has(txn, dbi, "a", "1");
  api_has(txn, DBI_MAIN, "s", "plain");
  IS(open_table(NULL, MDBX_CREATE | MDBX_DUPSORT), MDBX_INCOMPATIBLE);
  IS(open_table(NULL, MDBX_INTEGERKEY), MDBX_INCOMPATIBLE);
  ck_assert_uint_eq(api_table(txn, NULL, MDBX_INTEGERKEY | MDBX_DB_ACCEDE), DBI_MAIN);
  OK(api_del(txn, DBI_MAIN, "s"));
  /* A name alone makes it no empty table. */
  IS(open_table(NULL, MDBX_CREATE | MDBX_REVERSEKEY), MDBX_INCOMPATIBLE);
  OK(mdbx_drop(txn, dbi, true));
  OK(open_table(NULL, MDBX_CREATE | MDBX_REVERSEKEY));
  ck_assert_uint_eq(flags_of(DBI_MAIN), MDBX_REVERSEKEY);
}
END_TEST

static int using(MDBX_txn *with, MDBX_dbi dbi) {
  MDBX_val data;
  return api_get(with, dbi, "a", &data);
}

START_TEST(test_rule_28_dropped_for_all) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  next(MDBX_TXN_READWRITE);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *other = api_begin(env, MDBX_TXN_RDONLY);
  OK(using(reader, dbi));
  OK(mdbx_drop(txn, dbi, true));
  OK(using(reader, dbi)); /* not yet */
  next(MDBX_TXN_READWRITE);
  IS(using(reader, dbi), MDBX_BAD_DBI);
  IS(using(other, dbi), MDBX_BAD_DBI);
  IS(using(txn, dbi), MDBX_BAD_DBI);
  /* The old snapshot has the table still, under a handle of its own. */
  MDBX_dbi again;
  OK(mdbx_dbi_open(reader, "t", MDBX_DB_DEFAULTS, &again));
  api_has(reader, again, "a", "1");
  IS(using(txn, again), MDBX_BAD_DBI);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_txn_abort(other));
}
END_TEST

START_TEST(test_rule_28_taken_back) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  next(MDBX_TXN_READWRITE);
  for (unsigned way = 0; way < 4; ++way) {
    OK(mdbx_drop(txn, dbi, true));
    if (way & 1)
      OK(put(api_table(txn, "t", MDBX_CREATE), "a", "2", MDBX_UPSERT));
    if (way & 2) {
      OK(mdbx_txn_rollback(txn));
    } else {
      OK(mdbx_txn_abort(txn));
      txn = api_begin(env, MDBX_TXN_READWRITE);
    }
    api_has(txn, dbi, "a", "1");
    ck_assert_uint_eq(api_table(txn, "t", 0), dbi);
  }
  OK(mdbx_dbi_rename(txn, dbi, "u"));
  OK(mdbx_txn_rollback(txn));
  IS(using(txn, dbi), MDBX_BAD_DBI);
  api_has(txn, api_table(txn, "t", 0), "a", "1");
  IS(open_table("u", 0), MDBX_NOTFOUND);
}
END_TEST

START_TEST(test_rule_28_closing_handles) {
  MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  next(MDBX_TXN_READWRITE);
  OK(using(txn, dbi)); /* read only */
  OK(mdbx_dbi_close(env, dbi));
  IS(using(txn, dbi), MDBX_BAD_DBI);
  dbi = api_table(txn, "t", 0);
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 1));
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  next(MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, true));
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(mdbx_txn_rollback(txn));
  OK(mdbx_dbi_close(env, dbi));
  OK(mdbx_dbi_close(env, DBI_MAIN));
  IS(using(txn, DBI_MAIN), MDBX_NOTFOUND);
  IS(mdbx_dbi_close(env, DBI_FREE), MDBX_BAD_DBI);
  IS(mdbx_dbi_close(env, 15), MDBX_BAD_DBI);
  IS(mdbx_dbi_close(NULL, dbi), MDBX_EINVAL);
}
END_TEST

static void fill(MDBX_dbi dbi, unsigned count) {
  char key[16];
  for (unsigned i = 0; i < count; ++i) {
    snprintf(key, sizeof(key), "%06u", i);
    OK(put(dbi, key, key, MDBX_UPSERT));
  }
}

START_TEST(test_rule_29_drop) {
  const unsigned kind = _i ? MDBX_DUPSORT : 0;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | kind);
  uint64_t number = 9;
  fill(dbi, 1000);
  for (unsigned i = 0; i < 700 && _i; ++i) {
    char value[16];
    snprintf(value, sizeof(value), "%u", i);
    OK(put(dbi, "many", value, MDBX_UPSERT));
  }
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 5));
  MDBX_cursor *first = cursor_on(dbi, MDBX_FIRST), *last = cursor_on(dbi, MDBX_LAST);
  OK(mdbx_drop(txn, dbi, false));
  ck_assert_uint_eq(entries(dbi), 0);
  ck_assert_uint_eq(flags_of(dbi), kind);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, 0);
  IS(move(first, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(move(last, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(mdbx_cursor_del(last, MDBX_UPSERT), MDBX_ENODATA);
  fill(dbi, 10);
  IS(move(first, MDBX_GET_CURRENT), MDBX_ENODATA);
  OK(move(first, MDBX_LAST));
  OK(move(first, MDBX_GET_CURRENT));
  OK(mdbx_drop(txn, dbi, true));
  IS(move(last, MDBX_FIRST), MDBX_BAD_DBI);
  MDBX_val key = api_val("k"), data = api_val("v");
  size_t count;
  IS(mdbx_cursor_put(first, &key, &data, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_cursor_del(first, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_cursor_count(first, &count), MDBX_BAD_DBI);
  mdbx_cursor_close(first);
  IS(using(txn, dbi), MDBX_BAD_DBI);
  IS(mdbx_drop(txn, dbi, true), MDBX_BAD_DBI);
  const MDBX_dbi again = api_table(txn, "t", MDBX_CREATE);
  ck_assert_uint_eq(entries(again), 0);
  OK(mdbx_dbi_sequence(txn, again, &number, 0));
  ck_assert_uint_eq(number, 0);
  /* The cursor that was not closed knows nothing of the new table's records. */
  ck_assert_uint_eq(again, dbi);
  OK(put(again, "new", "record", MDBX_UPSERT));
  IS(mdbx_cursor_del(last, MDBX_UPSERT), MDBX_ENODATA);
  OK(move(last, MDBX_FIRST));
  mdbx_cursor_close(last);
}
END_TEST

/* A number that was closed and given to another table while a cursor was bound to it. */
START_TEST(test_rule_28_reused_number_under_a_cursor) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), other = api_table(txn, "u", MDBX_CREATE);
  fill(dbi, 300);
  fill(other, 200);
  next(MDBX_TXN_READWRITE);
  OK(mdbx_dbi_close(env, other));
  MDBX_cursor *cursor = cursor_on(dbi, MDBX_LAST);
  OK(mdbx_dbi_close(env, dbi));
  ck_assert_uint_eq(api_table(txn, "u", 0), dbi);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(move(cursor, MDBX_FIRST), MDBX_BAD_DBI);
  OK(mdbx_cursor_bind(txn, cursor, dbi));
  IS(move(cursor, MDBX_GET_CURRENT), MDBX_ENODATA);
  OK(move(cursor, MDBX_LAST));
  ck_assert_uint_eq(entries(dbi), 200);
  mdbx_cursor_close(cursor);
  ck_assert_uint_eq(entries(api_table(txn, "t", 0)), 300);
}
END_TEST

/* Nothing goes through the cursor of a closed handle, not even after the table was dropped with the main table. */
START_TEST(test_rule_28_cursor_of_a_closed_handle) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  MDBX_val key = api_val("k"), data = api_val("1");
  fill(dbi, 300);
  next(_i ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE);
  MDBX_cursor *cursor = cursor_on(dbi, MDBX_FIRST);
  OK(move(cursor, MDBX_NEXT));
  OK(mdbx_dbi_close(env, dbi));
  IS(move(cursor, MDBX_NEXT), MDBX_BAD_DBI);
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT), _i ? MDBX_EACCESS : MDBX_BAD_DBI);
  if (!_i) {
    OK(mdbx_drop(txn, DBI_MAIN, false));
    IS(move(cursor, MDBX_FIRST), MDBX_BAD_DBI);
    OK(mdbx_txn_rollback(txn));
  }
  ck_assert_uint_eq(api_table(txn, "t", 0), dbi);
  IS(move(cursor, MDBX_FIRST), _i ? MDBX_BAD_DBI : MDBX_EINVAL); /* of a transaction that has gone on it is unbound */
  OK(mdbx_cursor_bind(txn, cursor, dbi));
  OK(move(cursor, MDBX_FIRST));
  ck_assert_uint_eq(entries(dbi), 300);
  mdbx_cursor_close(cursor);
}
END_TEST

/* The same in a nested transaction that aborts: its parent sees what the number stands for now, or nothing. */
START_TEST(test_rule_28_reused_number_in_a_nested_one) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), other = api_table(txn, "u", MDBX_CREATE);
  fill(dbi, 300);
  fill(other, 200);
  next(MDBX_TXN_READWRITE);
  OK(mdbx_dbi_close(env, dbi));
  OK(mdbx_dbi_close(env, other));
  ck_assert_uint_eq(api_table(txn, "t", 0), dbi);
  ck_assert_uint_eq(entries(dbi), 300);
  MDBX_txn *outer = txn;
  OK(mdbx_txn_begin(env, outer, MDBX_TXN_READWRITE, &txn));
  OK(mdbx_dbi_close(env, dbi));
  const char *const name = _i ? "new" : "u";
  ck_assert_uint_eq(api_table(txn, name, _i ? MDBX_CREATE : 0), dbi);
  ck_assert_uint_eq(entries(dbi), _i ? 0 : 200);
  OK(put(dbi, "more", "1", MDBX_UPSERT));
  OK(mdbx_txn_abort(txn));
  txn = outer;
  IS(using(txn, dbi), MDBX_BAD_DBI);
  ck_assert_uint_eq(api_table(txn, "u", 0), dbi);
  ck_assert_uint_eq(entries(dbi), 200);
  OK(put(dbi, "more", "1", MDBX_UPSERT));
  ck_assert_uint_eq(entries(api_table(txn, "t", 0)), 300);
  next(MDBX_TXN_READWRITE);
  ck_assert_uint_eq(entries(api_table(txn, "u", 0)), 201);
  ck_assert_uint_eq(entries(api_table(txn, "t", 0)), 300);
  IS(open_table("new", 0), MDBX_NOTFOUND);
}
END_TEST

/* The empty table gets another kind of keys; what a cursor remembered is no key of it. */
START_TEST(test_rule_26_new_kind_under_a_cursor) {
  const char *const name = _i ? "t" : NULL;
  const MDBX_dbi dbi = api_table(txn, name, MDBX_CREATE);
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  MDBX_cursor *cursor = cursor_on(dbi, MDBX_FIRST);
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  ck_assert_uint_eq(api_table(txn, name, MDBX_CREATE | MDBX_INTEGERKEY), dbi);
  OK(put(dbi, "four", "2", MDBX_UPSERT));
  OK(put(dbi, "five", "3", MDBX_UPSERT));
  IS(move(cursor, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  OK(move(cursor, MDBX_LAST));
  ck_assert_uint_eq(entries(dbi), 2);
  mdbx_cursor_close(cursor);
}
END_TEST

/* The table under a cursor gets many values per key, or no longer has them: empty, or dropped and created again. */
START_TEST(test_rule_26_number_of_values_under_a_cursor) {
  const unsigned before = _i & 1 ? MDBX_DUPSORT : 0, after = MDBX_DUPSORT - before;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | before);
  MDBX_cursor *cursor;
  MDBX_val key = api_val("k"), data = api_val("3"), found;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  if (_i & 2)
    OK(mdbx_drop(txn, dbi, true));
  ck_assert_uint_eq(api_table(txn, "t", MDBX_CREATE | after), dbi);
  OK(put(dbi, "k", "1", MDBX_UPSERT));
  OK(put(dbi, "k", "2", MDBX_UPSERT));
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_UPSERT));
  ck_assert_uint_eq(entries(dbi), after ? 3 : 1);
  OK(mdbx_cursor_get(cursor, &key, &found, MDBX_FIRST));
  IS_TEXT(found, after ? "1" : "3");
  IS(move(cursor, MDBX_NEXT), after ? MDBX_SUCCESS : MDBX_NOTFOUND);
  OK(mdbx_cursor_del(cursor, MDBX_ALLDUPS));
  ck_assert_uint_eq(entries(dbi), 0);
  mdbx_cursor_close(cursor);
}
END_TEST

/* An open that is refused for its comparators creates nothing. */
START_TEST(test_rule_26_refused_order_creates_nothing) {
  MDBX_dbi dbi;
  OK(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE, &dbi, any_order, NULL));
  next(MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, true));
  IS(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE, &dbi, other_order, NULL), MDBX_INCOMPATIBLE);
  IS(open_table("t", 0), MDBX_NOTFOUND);
  next(MDBX_TXN_READWRITE);
  IS(open_table("t", 0), MDBX_NOTFOUND);
  OK(mdbx_dbi_open_ex(txn, NULL, MDBX_CREATE, &dbi, any_order, NULL));
  IS(mdbx_dbi_open_ex(txn, NULL, MDBX_CREATE | MDBX_REVERSEKEY, &dbi, other_order, NULL), MDBX_INCOMPATIBLE);
  ck_assert_uint_eq(flags_of(DBI_MAIN), 0);
}
END_TEST

START_TEST(test_rule_29_drop_of_main) {
  for (unsigned del = 0; del < 2; ++del) {
    const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), empty = api_table(txn, "empty", MDBX_CREATE);
    fill(dbi, 500);
    fill(DBI_MAIN, 500);
    if (!del)
      next(MDBX_TXN_READWRITE); /* names of both kinds: known to the file, and not yet */
    MDBX_cursor *cursor = cursor_on(dbi, MDBX_LAST);
    OK(mdbx_drop(txn, DBI_MAIN, del));
    ck_assert_uint_eq(entries(DBI_MAIN), 0);
    IS(using(txn, dbi), MDBX_BAD_DBI);
    IS(using(txn, empty), MDBX_BAD_DBI);
    IS(move(cursor, MDBX_FIRST), MDBX_BAD_DBI);
    mdbx_cursor_close(cursor);
    IS(open_table("t", 0), MDBX_NOTFOUND);
    OK(put(DBI_MAIN, "plain", "1", MDBX_UPSERT));
    next(MDBX_TXN_READWRITE);
    api_has(txn, DBI_MAIN, "plain", "1");
    ck_assert_uint_eq(entries(DBI_MAIN), 1);
  }
}
END_TEST

START_TEST(test_rule_30_names_and_special_handles) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), other = api_table(txn, "u", MDBX_CREATE);
  const MDBX_val none = {(void *)(uintptr_t) "", 0}, odd = {(void *)(uintptr_t) "x\0y", 3};
  MDBX_val key = api_val("a"), data = api_val("1"), old = {NULL, 0};
  OK(put(dbi, "a", "1", MDBX_UPSERT));
  IS(mdbx_dbi_rename(txn, dbi, "u"), MDBX_KEYEXIST);
  OK(mdbx_dbi_rename(txn, dbi, "t"));
  IS(mdbx_dbi_rename(txn, DBI_MAIN, "x"), MDBX_EINVAL);
  IS(mdbx_dbi_rename(txn, dbi, NULL), MDBX_EINVAL);
  IS(mdbx_dbi_rename2(txn, dbi, NULL), MDBX_EINVAL);
  OK(mdbx_dbi_rename2(txn, dbi, &odd));
  OK(mdbx_dbi_rename2(txn, other, &none));
  api_has(txn, dbi, "a", "1");
  next(MDBX_TXN_READWRITE);
  MDBX_dbi found;
  OK(mdbx_dbi_open2(txn, &odd, MDBX_DB_DEFAULTS, &found));
  ck_assert_uint_eq(found, dbi);
  OK(mdbx_dbi_open2(txn, &none, MDBX_DB_DEFAULTS, &found));
  ck_assert_uint_eq(found, other);
  /* Table 0 is for reading, handles out of range for nothing. */
  MDBX_cursor *cursor = mdbx_cursor_create(NULL);
  IS(mdbx_put(txn, DBI_FREE, &key, &data, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_replace(txn, DBI_FREE, &key, &data, &old, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_del(txn, DBI_FREE, &key, NULL), MDBX_BAD_DBI);
  IS(mdbx_drop(txn, DBI_FREE, false), MDBX_EACCESS);
  IS(mdbx_cursor_bind(txn, cursor, DBI_FREE), MDBX_EACCESS);
  IS(mdbx_cursor_bind(txn, cursor, 12), MDBX_BAD_DBI);
  IS(mdbx_put(txn, 12, &key, &data, MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_del(txn, UINT_MAX, &key, NULL), MDBX_BAD_DBI);
  IS(mdbx_get(txn, 12, &key, &data), MDBX_BAD_DBI);
  IS(mdbx_dbi_rename(txn, 12, "z"), MDBX_BAD_DBI);
  IS(mdbx_dbi_sequence(txn, 12, NULL, 0), MDBX_BAD_DBI);
  unsigned flags, state;
  IS(mdbx_dbi_flags_ex(txn, 12, &flags, &state), MDBX_BAD_DBI);
  next(MDBX_TXN_RDONLY);
  OK(mdbx_cursor_bind(txn, cursor, DBI_FREE));
  ck_assert_uint_eq(entries(DBI_FREE) > 0, move(cursor, MDBX_FIRST) == MDBX_SUCCESS);
  mdbx_cursor_close(cursor);
  IS(mdbx_dbi_rename(txn, dbi, "z"), MDBX_EACCESS);
}
END_TEST

static void canary_is(uint64_t x, uint64_t y, uint64_t z, uint64_t v) {
  MDBX_canary canary;
  OK(mdbx_canary_get(txn, &canary));
  ck_assert_uint_eq(canary.x, x);
  ck_assert_uint_eq(canary.y, y);
  ck_assert_uint_eq(canary.z, z);
  ck_assert_uint_eq(canary.v, v);
}

START_TEST(test_rule_31_each_part_of_the_canary) {
  MDBX_canary canary = {.x = 0, .y = 0, .z = 0, .v = 99};
  OK(mdbx_canary_put(txn, &canary));
  canary_is(0, 0, 0, 0); /* nothing changed, and v is not the caller's */
  for (unsigned part = 0; part < 3; ++part) {
    next(MDBX_TXN_READWRITE);
    *(part == 0 ? &canary.x : part == 1 ? &canary.y : &canary.z) = part + 5;
    OK(mdbx_canary_put(txn, &canary));
    canary_is(canary.x, canary.y, canary.z, mdbx_txn_id(txn));
  }
  const uint64_t last = mdbx_txn_id(txn);
  next(MDBX_TXN_READWRITE);
  OK(mdbx_canary_put(txn, &canary));
  canary_is(5, 6, 7, last);
  OK(mdbx_canary_put(txn, NULL));
  canary_is(5, 6, 7, mdbx_txn_id(txn));
  next(MDBX_TXN_RDONLY);
  canary_is(5, 6, 7, last + 1);
  IS(mdbx_canary_put(txn, &canary), MDBX_EACCESS);
  IS(mdbx_canary_put(txn, NULL), MDBX_EACCESS);
}
END_TEST

/* The main table becomes one of another kind, at last one that holds names. */
START_TEST(test_rule_31_sequence_of_main) {
  uint64_t number;
  OK(mdbx_dbi_sequence(txn, DBI_MAIN, NULL, 5));
  api_table(txn, NULL, MDBX_CREATE | MDBX_DUPSORT);
  OK(mdbx_dbi_sequence(txn, DBI_MAIN, &number, 1));
  ck_assert_uint_eq(number, 5);
  api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_dbi_sequence(txn, DBI_MAIN, &number, 0));
  ck_assert_uint_eq(number, 6);
}
END_TEST

START_TEST(test_rule_31_sequence_to_its_end) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  uint64_t number;
  OK(mdbx_dbi_sequence(txn, dbi, NULL, UINT64_MAX - 1));
  OK(mdbx_dbi_sequence(txn, dbi, &number, 1));
  ck_assert_uint_eq(number, UINT64_MAX - 1);
  IS(mdbx_dbi_sequence(txn, dbi, &number, 1), MDBX_RESULT_TRUE);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, UINT64_MAX);
  OK(mdbx_dbi_sequence(txn, DBI_FREE, &number, 0));
  IS(mdbx_dbi_sequence(txn, DBI_FREE, &number, 1), MDBX_EACCESS);
  next(MDBX_TXN_RDONLY);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, UINT64_MAX);
  IS(mdbx_dbi_sequence(txn, dbi, NULL, 1), MDBX_EACCESS);
}
END_TEST
int main(void) {
  Suite *suite = suite_create("rules of tables");
  TCase *tcase = api_prepared_case(suite, "tables", begin, end);
  tcase_add_test(tcase, test_rule_26_refused_openings_disturb_nothing);
  tcase_add_test(tcase, test_rule_26_empty_table_changes_its_kind);
  tcase_add_test(tcase, test_rule_27_names_cannot_be_overwritten);
  tcase_add_test(tcase, test_rule_28_dropped_for_all);
  tcase_add_test(tcase, test_rule_28_taken_back);
  tcase_add_test(tcase, test_rule_28_closing_handles);
  tcase_add_test(tcase, test_rule_28_reused_number_under_a_cursor);
  tcase_add_loop_test(tcase, test_rule_28_cursor_of_a_closed_handle, 0, 2);
  tcase_add_loop_test(tcase, test_rule_28_reused_number_in_a_nested_one, 0, 2);
  tcase_add_loop_test(tcase, test_rule_26_new_kind_under_a_cursor, 0, 2);
  tcase_add_loop_test(tcase, test_rule_26_number_of_values_under_a_cursor, 0, 4);
  tcase_add_test(tcase, test_rule_26_refused_order_creates_nothing);
  tcase_add_loop_test(tcase, test_rule_29_drop, 0, 2);
  tcase_add_test(tcase, test_rule_29_drop_of_main);
  tcase_add_test(tcase, test_rule_30_names_and_special_handles);
  tcase_add_test(tcase, test_rule_31_each_part_of_the_canary);
  tcase_add_test(tcase, test_rule_31_sequence_to_its_end);
  tcase_add_test(tcase, test_rule_31_sequence_of_main);
  return unit_run(suite);
}
