/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules 26 to 39 sentence by sentence, as far as no other test has them: tables and their handles, reading and writing by
 * key. The main lines of each rule are in test_tables and test_data, those on several values per key in test_multi.
 */
#include "api.h"

#include <limits.h>

static MDBX_env *env;
static MDBX_txn *txn;

static void begin(void) {
  unit_setup();
  env = api_open(MDBX_NOSTICKYTHREADS);
  txn = api_begin(env, MDBX_TXN_READWRITE);
}

static void end(void) {
  if (txn)
    OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

/* What was done is committed, and another transaction goes on. */
static void next(unsigned flags) {
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, flags);
}

static int open_table(const char *name, unsigned flags) {
  MDBX_dbi dbi = 77;
  const int rc = mdbx_dbi_open(txn, name, (MDBX_db_flags_t)flags, &dbi);
  ck_assert_int_eq(dbi == 0, rc != MDBX_SUCCESS);
  return rc;
}

static int put(MDBX_dbi dbi, const char *key, const char *data, unsigned flags) {
  return api_put(txn, dbi, key, data, flags);
}

static MDBX_cursor *cursor_on(MDBX_dbi dbi, MDBX_cursor_op op) {
  MDBX_cursor *cursor;
  MDBX_val key, data;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, op));
  return cursor;
}

static int move(MDBX_cursor *cursor, MDBX_cursor_op op) {
  MDBX_val key, data;
  return mdbx_cursor_get(cursor, &key, &data, op);
}

static uint64_t entries(MDBX_dbi dbi) { return api_entries(txn, dbi); }

static unsigned flags_of(MDBX_dbi dbi) {
  unsigned flags;
  OK(mdbx_dbi_flags(txn, dbi, &flags));
  return flags;
}

/* ------------------------------------------------------------------------------------------------------------ tables */

static int any_order(const MDBX_val *a, const MDBX_val *b) {
  const int order = memcmp(a->iov_base, b->iov_base, a->iov_len < b->iov_len ? a->iov_len : b->iov_len);
  return order ? order : (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
}

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
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  ck_assert_uint_eq(entries(dbi), 200);
  mdbx_cursor_close(cursor);
  ck_assert_uint_eq(entries(api_table(txn, "t", 0)), 300);
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
  const MDBX_val none = {(void *)(uintptr_t) "", 0}, odd = {(void *)(uintptr_t)"x\0y", 3};
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

/* -------------------------------------------------------------------------------------------------------------- data */

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
  Suite *suite = suite_create("rules of tables and data");
  TCase *tcase = api_prepared_case(suite, "tables", begin, end);
  tcase_add_test(tcase, test_rule_26_refused_openings_disturb_nothing);
  tcase_add_test(tcase, test_rule_26_empty_table_changes_its_kind);
  tcase_add_test(tcase, test_rule_27_names_cannot_be_overwritten);
  tcase_add_test(tcase, test_rule_28_dropped_for_all);
  tcase_add_test(tcase, test_rule_28_taken_back);
  tcase_add_test(tcase, test_rule_28_closing_handles);
  tcase_add_test(tcase, test_rule_28_reused_number_under_a_cursor);
  tcase_add_loop_test(tcase, test_rule_26_new_kind_under_a_cursor, 0, 2);
  tcase_add_loop_test(tcase, test_rule_29_drop, 0, 2);
  tcase_add_test(tcase, test_rule_29_drop_of_main);
  tcase_add_test(tcase, test_rule_30_names_and_special_handles);
  tcase_add_test(tcase, test_rule_31_each_part_of_the_canary);
  tcase_add_test(tcase, test_rule_31_sequence_to_its_end);
  tcase = api_prepared_case(suite, "data", begin, end);
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
