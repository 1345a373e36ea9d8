/* SPDX-License-Identifier: Apache-2.0 */
/* Tables through the public interface: opening, names, lifetimes of handles, drop, rename, sequence. */
#include "api.h"

#include <limits.h>

static int open_table(MDBX_txn *txn, const char *name, unsigned flags, MDBX_dbi *dbi) {
  *dbi = 77;
  return mdbx_dbi_open(txn, name, (MDBX_db_flags_t)flags, dbi);
}

/* Opens and gives the code; the handle is 0 on failure. */
static int opening(MDBX_txn *txn, const char *name, unsigned flags) {
  MDBX_dbi dbi;
  const int rc = open_table(txn, name, flags, &dbi);
  if (rc != MDBX_SUCCESS)
    ck_assert_uint_eq(dbi, 0);
  return rc;
}

/* ------------------------------------------------------------------------------------------------- rule 26: dbi_open */

START_TEST(rule_26_open_errors) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(opening(txn, "none", 0), MDBX_NOTFOUND);
  static const unsigned bad[] = {MDBX_DUPFIXED,
                                 MDBX_INTEGERDUP,
                                 MDBX_REVERSEDUP,
                                 MDBX_INTEGERDUP | MDBX_DUPSORT,
                                 MDBX_INTEGERKEY | MDBX_REVERSEKEY,
                                 1u << 31};
  for (unsigned i = 0; i < sizeof(bad) / sizeof(*bad); ++i)
    IS(opening(txn, "bad", MDBX_CREATE | bad[i]), MDBX_EINVAL);
  IS(mdbx_dbi_open(txn, "bad", MDBX_CREATE, NULL), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(opening(txn, "none", 0), MDBX_NOTFOUND);
  IS(opening(txn, "none", MDBX_CREATE), MDBX_EACCESS);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_26_handle_numbers) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_eq(api_table(txn, NULL, 0), DBI_MAIN);
  ck_assert_uint_eq(api_table(txn, "first", MDBX_CREATE), 2);
  ck_assert_uint_eq(api_table(txn, "second", MDBX_CREATE), 3);
  ck_assert_uint_eq(api_table(txn, "first", MDBX_CREATE), 2);
  ck_assert_uint_eq(api_table(txn, "first", 0), 2);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(api_table(txn, "second", 0), 3);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_26_other_flags) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_REVERSEKEY);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  for (int committed = 0; committed < 2; ++committed) {
    unsigned flags;
    IS(opening(txn, "t", 0), MDBX_INCOMPATIBLE);
    IS(opening(txn, "t", MDBX_CREATE | MDBX_INTEGERKEY), MDBX_INCOMPATIBLE);
    ck_assert_uint_eq(api_table(txn, "t", MDBX_DB_ACCEDE), dbi);
    api_has(txn, dbi, "a", "1");
    OK(mdbx_dbi_flags(txn, dbi, &flags));
    ck_assert_uint_eq(flags, MDBX_REVERSEKEY);
    OK(mdbx_txn_commit(txn));
    txn = api_begin(env, MDBX_TXN_READWRITE);
  }
  OK(mdbx_drop(txn, dbi, false));
  ck_assert_uint_eq(api_table(txn, "t", MDBX_CREATE | MDBX_INTEGERKEY), dbi);
  IS(api_put(txn, dbi, "a", "1", MDBX_UPSERT), MDBX_BAD_VALSIZE);
  OK(api_put(txn, dbi, "four", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_26_too_many) {
  MDBX_env *env;
  OK(mdbx_env_create(&env));
  OK(mdbx_env_set_maxdbs(env, 2));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  api_table(txn, "a", MDBX_CREATE);
  const MDBX_dbi second = api_table(txn, "b", MDBX_CREATE);
  IS(opening(txn, "c", MDBX_CREATE), MDBX_DBS_FULL);
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "c", &data), MDBX_NOTFOUND); /* the refused call has created nothing */
  OK(mdbx_drop(txn, second, true));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_table(txn, "c", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------------- rule 27: names live in main */

START_TEST(rule_27_names_are_records) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val data;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(api_get(txn, DBI_MAIN, "t", &data));
  IS(api_put(txn, DBI_MAIN, "t", "x", MDBX_UPSERT), MDBX_INCOMPATIBLE);
  IS(api_put(txn, DBI_MAIN, "t", "x", MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  IS(api_put(txn, DBI_MAIN, "t", "x", MDBX_CURRENT), MDBX_INCOMPATIBLE);
  IS(api_del(txn, DBI_MAIN, "t"), MDBX_INCOMPATIBLE);
  OK(api_put(txn, DBI_MAIN, "plain", "x", MDBX_UPSERT));
  IS(opening(txn, "plain", 0), MDBX_INCOMPATIBLE);
  IS(opening(txn, "plain", MDBX_CREATE), MDBX_INCOMPATIBLE);
  IS(opening(txn, NULL, MDBX_CREATE | MDBX_REVERSEKEY), MDBX_INCOMPATIBLE);
  MDBX_cursor *cursor;
  MDBX_val key = api_val("t");
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET));
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_INCOMPATIBLE);
  data = api_val("x");
  IS(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT), MDBX_INCOMPATIBLE);
  mdbx_cursor_close(cursor);
  api_has(txn, dbi, "a", "1");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_27_flags_of_an_empty_main) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  unsigned flags;
  ck_assert_uint_eq(api_table(txn, NULL, MDBX_CREATE | MDBX_REVERSEKEY), DBI_MAIN);
  OK(api_put(txn, DBI_MAIN, "az", "1", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "za", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_flags(txn, DBI_MAIN, &flags));
  ck_assert_uint_eq(flags, MDBX_REVERSEKEY);
  MDBX_cursor *cursor;
  MDBX_val key, data;
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  IS_TEXT(key, "za");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------ rule 28: handle lifetimes */

static int using(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_val data;
  const int rc = api_get(txn, dbi, "a", &data);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int using_later(MDBX_env *env, MDBX_dbi dbi) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const int rc = using(txn, dbi);
  OK(mdbx_txn_abort(txn));
  return rc;
}

START_TEST(rule_28_created_or_opened_in_an_aborted_transaction) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(using(txn, dbi));
  OK(mdbx_txn_abort(txn));
  IS(using_later(env, dbi), MDBX_BAD_DBI);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  static const unsigned kinds[] = {MDBX_TXN_READWRITE, MDBX_TXN_RDONLY};
  for (unsigned i = 0; i < 2; ++i) {
    OK(mdbx_env_close(env));
    env = api_open(0);
    txn = api_begin(env, kinds[i]);
    dbi = api_table(txn, "t", 0);
    OK(mdbx_txn_abort(txn));
    OK(using_later(env, dbi));
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_28_dropped) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, true));
  IS(using(txn, dbi), MDBX_BAD_DBI);
  IS(opening(txn, "t", 0), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_has(txn, dbi, "a", "1");
  OK(mdbx_drop(txn, dbi, true));
  const MDBX_dbi again = api_table(txn, "t", MDBX_CREATE);
  MDBX_val data;
  IS(api_get(txn, again, "a", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_has(txn, dbi, "a", "1");
  OK(mdbx_drop(txn, dbi, true));
  OK(mdbx_txn_commit(txn));
  IS(using_later(env, dbi), MDBX_BAD_DBI);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_28_renamed_and_aborted) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi = api_table(txn, "old", MDBX_CREATE);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_rename(txn, dbi, "new"));
  api_has(txn, dbi, "a", "1");
  OK(mdbx_txn_abort(txn));
  IS(using_later(env, dbi), MDBX_BAD_DBI);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(opening(txn, "new", 0), MDBX_NOTFOUND);
  dbi = api_table(txn, "old", 0);
  OK(mdbx_dbi_rename(txn, dbi, "new"));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, dbi, "a", "1");
  ck_assert_uint_eq(api_table(txn, "new", 0), dbi);
  IS(opening(txn, "old", 0), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A rename shows to nobody but its transaction before the commit. */
START_TEST(rule_28_renamed_but_not_committed) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "old", MDBX_CREATE);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_rename(txn, dbi, "new"));
  ck_assert_uint_eq(api_table(txn, "new", 0), dbi);
  IS(opening(txn, "old", 0), MDBX_NOTFOUND);
  const MDBX_dbi again = api_table(txn, "old", MDBX_CREATE);
  ck_assert_uint_ne(again, dbi);
  OK(api_put(txn, again, "b", "2", MDBX_UPSERT));
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(api_table(reader, "old", 0), dbi);
  api_has(reader, dbi, "a", "1");
  IS(opening(reader, "new", 0), MDBX_NOTFOUND);
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_txn_renew(reader));
  ck_assert_uint_eq(api_table(reader, "new", 0), dbi);
  ck_assert_uint_eq(api_table(reader, "old", 0), again);
  api_has(reader, dbi, "a", "1");
  api_has(reader, again, "b", "2");
  OK(mdbx_txn_abort(reader));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Sorts by the last byte, turned over by what the context says. */
static int by_last_byte(const MDBX_val *a, const MDBX_val *b, void *ctx) {
  const int left = ((const uint8_t *)a->iov_base)[a->iov_len - 1],
            right = ((const uint8_t *)b->iov_base)[b->iov_len - 1];
  return *(const int *)ctx * (left - right);
}

START_TEST(comparator_with_a_context) {
  MDBX_env *env = api_open(0);
  int direction = -1, other = 1;
  MDBX_dbi dbi;
  MDBX_val name = api_val("t"), key, value;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open_ctx(txn, &name, MDBX_CREATE, &dbi, by_last_byte, NULL, &direction));
  OK(api_put(txn, dbi, "xa", "1", MDBX_UPSERT));
  OK(api_put(txn, dbi, "wc", "3", MDBX_UPSERT));
  OK(api_put(txn, dbi, "yb", "2", MDBX_UPSERT));
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST));
  IS_TEXT(key, "wc");
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_LAST));
  IS_TEXT(key, "xa");
  mdbx_cursor_close(cursor);
  IS(mdbx_dbi_open_ctx(txn, &name, MDBX_DB_DEFAULTS, &dbi, by_last_byte, NULL, &other), MDBX_INCOMPATIBLE);
  ck_assert_uint_eq(dbi, 0);
  OK(mdbx_dbi_open_ctx(txn, &name, MDBX_DB_DEFAULTS, &dbi, by_last_byte, NULL, &direction));
  OK(mdbx_dbi_open(txn, "t", MDBX_DB_DEFAULTS, &dbi));
  api_has(txn, dbi, "yb", "2");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static int backwards(const MDBX_val *a, const MDBX_val *b) { return mdbx_get_keycmp(MDBX_DB_DEFAULTS)(b, a); }

/* The text lives until two more calls. */
static const char *numbered(unsigned number) {
  static char names[2][16];
  static unsigned turn;
  char *name = names[turn++ % 2];
  snprintf(name, sizeof(names[0]), "t%u", number);
  return name;
}

/* If the comparator of the main table is not given, no name can be found, or stored where others find it. */
START_TEST(names_in_an_unknown_order) {
  enum { TABLES = 7 };
  const unsigned kind = _i ? MDBX_DUPSORT : 0;
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi;
  OK(mdbx_dbi_open_ex(txn, NULL, MDBX_CREATE | kind, &dbi, backwards, NULL));
  for (unsigned i = 0; i < TABLES && !_i; ++i)
    OK(api_put(txn, api_table(txn, numbered(i), MDBX_CREATE), "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, NULL, kind, &dbi));
  IS(opening(txn, "t5", 0), _i ? MDBX_NOTFOUND : MDBX_INCOMPATIBLE);
  IS(opening(txn, "t5", MDBX_CREATE), MDBX_INCOMPATIBLE);
  IS(opening(txn, "new", MDBX_CREATE), MDBX_INCOMPATIBLE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open_ex(txn, NULL, kind, &dbi, backwards, NULL));
  IS(opening(txn, "new", 0), MDBX_NOTFOUND);
  OK(opening(txn, "new", MDBX_CREATE));
  for (unsigned i = 0; i < TABLES && !_i; ++i)
    api_has(txn, api_table(txn, numbered(i), 0), "a", "1");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A table without its comparators can be read from one end to the other, and emptied; nothing else can change it. */
START_TEST(records_in_an_unknown_order) {
  enum { KEYS = 20 };
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_cursor *cursor;
  MDBX_dbi dbi;
  MDBX_val key, value;
  uint64_t affected;
  const unsigned kind = _i ? MDBX_DUPSORT : 0;
  OK(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE | kind, &dbi, _i < 2 ? backwards : NULL, _i ? backwards : NULL));
  for (unsigned i = 0; i < KEYS; ++i)
    for (unsigned j = 0; j < (_i ? 5 : 1); ++j)
      OK(api_put(txn, dbi, numbered(i), j & 1 ? "odd" : numbered(j), MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, "t", kind, &dbi));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST));
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_INCOMPATIBLE);
  if (_i < 2)
    IS(mdbx_cursor_del(cursor, MDBX_ALLDUPS), MDBX_INCOMPATIBLE);
  else
    OK(mdbx_cursor_del(cursor, MDBX_ALLDUPS));
  if (_i < 2)
    IS(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_AFTER_EXCLUDING, &affected), MDBX_INCOMPATIBLE);
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
  OK(mdbx_drop(txn, dbi, false));
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST), MDBX_NOTFOUND);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* There a cursor that would have to be searched for has no position any more, instead of another one. */
START_TEST(cursors_in_an_unknown_order) {
  enum { KEYS = 1000 };
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *nested;
  MDBX_cursor *cursor;
  MDBX_dbi dbi;
  MDBX_val key, value;
  const unsigned kind = _i ? MDBX_DUPSORT : 0;
  OK(mdbx_dbi_open_ex(txn, "t", MDBX_CREATE | kind, &dbi, _i < 2 ? backwards : NULL, _i ? backwards : NULL));
  for (unsigned i = 0; i < KEYS; ++i)
    OK(api_put(txn, dbi, _i == 2 ? "k" : numbered(i), numbered(i), MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, "t", kind, &dbi));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (unsigned i = 0; i < KEYS / 2; ++i)
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &nested));
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), MDBX_ENODATA);
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT), MDBX_ENODATA);
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST));
  for (unsigned i = 1; i < KEYS; ++i)
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(nested));
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_LAST));
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_28_dbi_close) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, dbi, "a", "2", MDBX_UPSERT));
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(mdbx_txn_commit(txn));
  IS(mdbx_dbi_close(env, DBI_FREE), MDBX_BAD_DBI);
  OK(mdbx_dbi_close(env, DBI_MAIN));
  OK(using_later(env, DBI_MAIN));
  IS(mdbx_dbi_close(env, 9), MDBX_BAD_DBI);
  IS(mdbx_dbi_close(env, UINT_MAX), MDBX_BAD_DBI);
  OK(mdbx_dbi_close(env, dbi));
  IS(mdbx_dbi_close(env, dbi), MDBX_BAD_DBI);
  IS(using_later(env, dbi), MDBX_BAD_DBI);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, api_table(txn, "t", 0), "a", "2");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------- rules 29 and 30: drop and rename */

START_TEST(rule_29_empty) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  MDBX_cursor *cursor;
  MDBX_val key, data;
  uint64_t number;
  for (int i = 0; i < 500; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%d", i);
    OK(api_put(txn, dbi, text, text, MDBX_UPSERT));
  }
  OK(mdbx_dbi_sequence(txn, dbi, &number, 5));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_LAST));
  OK(mdbx_drop(txn, dbi, false));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_CURRENT), MDBX_ENODATA);
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_NOTFOUND);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, 0);
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  IS_TEXT(key, "a");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_29_main_with_all_tables) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  char name[16];
  MDBX_dbi dbi = 0;
  MDBX_stat stat;
  for (int t = 0; t < 8; ++t) {
    snprintf(name, sizeof(name), "t%d", t);
    dbi = api_table(txn, name, MDBX_CREATE);
    for (int i = 0; i < 300; ++i) {
      snprintf(name, sizeof(name), "%d", i);
      OK(api_put(txn, dbi, name, name, MDBX_UPSERT));
    }
  }
  OK(api_put(txn, DBI_MAIN, "plain", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, DBI_MAIN, true));
  OK(mdbx_dbi_stat(txn, DBI_MAIN, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 0);
  IS(opening(txn, "t0", 0), MDBX_NOTFOUND);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(using(txn, dbi), MDBX_BAD_DBI);
  api_table(txn, "t0", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_30_rename) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  api_table(txn, "taken", MDBX_CREATE);
  OK(api_put(txn, DBI_MAIN, "plain", "1", MDBX_UPSERT));
  IS(mdbx_dbi_rename(txn, dbi, "taken"), MDBX_KEYEXIST);
  IS(mdbx_dbi_rename(txn, dbi, "plain"), MDBX_KEYEXIST);
  OK(mdbx_dbi_rename(txn, dbi, "t"));
  IS(mdbx_dbi_rename(txn, DBI_MAIN, "x"), MDBX_EINVAL);
  IS(mdbx_dbi_rename(txn, 9, "x"), MDBX_BAD_DBI);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A reader that has used a table goes on with it, by its handle and by its old name, when another transaction renames it.
 * The new name is that of another table in the reader's snapshot, or of none. */
START_TEST(rule_30_renamed_beside_readers) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi one = api_table(txn, "one", MDBX_CREATE), two = api_table(txn, "two", MDBX_CREATE);
  OK(api_put(txn, one, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, two, "a", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *other = api_begin(env, MDBX_TXN_RDONLY);
  api_has(reader, one, "a", "1");
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, two, true));
  OK(mdbx_dbi_rename(txn, one, "two"));
  api_table(txn, "one", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  api_has(reader, one, "a", "1");
  IS(opening(reader, "two", 0), MDBX_BAD_DBI);
  api_has(other, api_table(other, "two", 0), "a", "2");
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_rename(txn, one, "three"));
  OK(mdbx_txn_commit(txn));
  api_has(reader, one, "a", "1");
  IS(opening(reader, "three", 0), MDBX_NOTFOUND);
  api_has(reader, api_table(reader, "one", 0), "a", "1");
  api_has(reader, api_table(reader, "two", 0), "a", "2");
  OK(mdbx_txn_renew(reader));
  api_has(reader, api_table(reader, "three", 0), "a", "1");
  ck_assert_uint_eq(api_table(reader, "three", 0), one);
  IS(opening(reader, "two", 0), MDBX_NOTFOUND);
  ck_assert_uint_eq(api_entries(reader, api_table(reader, "one", 0)), 0);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_txn_abort(other));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A name that was given to two tables, one after the other: the first of them is dropped. */
START_TEST(rule_30_renamed_to_the_name_of_a_dropped_one) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi first = api_table(txn, "first", MDBX_CREATE), second = api_table(txn, "second", MDBX_CREATE);
  OK(api_put(txn, first, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, second, "a", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  for (unsigned turn = 0; turn < 2; ++turn) {
    txn = api_begin(env, MDBX_TXN_READWRITE);
    api_has(txn, turn ? first : second, "a", turn ? "1" : "2");
    OK(mdbx_dbi_rename(txn, first, "name"));
    OK(mdbx_drop(txn, first, true));
    OK(mdbx_dbi_rename(txn, second, "name"));
    ck_assert_uint_eq(api_table(txn, "name", turn ? 0 : MDBX_CREATE), second);
    api_has(txn, second, "a", "2");
    IS(using(txn, first), MDBX_BAD_DBI);
    if (turn)
      OK(mdbx_txn_commit(txn));
    else
      OK(mdbx_txn_abort(txn));
    if (!turn) { /* renamed in a transaction that aborted */
      txn = api_begin(env, MDBX_TXN_READWRITE);
      ck_assert_uint_eq(api_table(txn, "first", 0), first);
      ck_assert_uint_eq(api_table(txn, "second", 0), second);
      OK(mdbx_txn_commit(txn));
    }
  }
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, api_table(txn, "name", 0), "a", "2");
  ck_assert_uint_eq(api_entries(txn, DBI_MAIN), 1);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_30_special_handles) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_cursor *cursor;
  MDBX_val data;
  IS(api_put(txn, DBI_FREE, "a", "1", MDBX_UPSERT), MDBX_BAD_DBI);
  IS(mdbx_cursor_open(txn, DBI_FREE, &cursor), MDBX_EACCESS);
  IS(api_put(txn, 9, "a", "1", MDBX_UPSERT), MDBX_BAD_DBI);
  IS(api_get(txn, UINT_MAX, "a", &data), MDBX_BAD_DBI);
  IS(mdbx_drop(txn, 9, false), MDBX_BAD_DBI);
  IS(mdbx_cursor_open(txn, 9, &cursor), MDBX_BAD_DBI);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(txn, DBI_FREE, &cursor));
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------ rule 31: sequence and canary */

START_TEST(rule_31_sequence) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  uint64_t number = 99;
  OK(mdbx_dbi_sequence(txn, dbi, &number, 7));
  ck_assert_uint_eq(number, 0);
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 1));
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, 8);
  IS(mdbx_dbi_sequence(txn, dbi, &number, UINT64_MAX), MDBX_RESULT_TRUE);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, 8);
  IS(mdbx_dbi_sequence(txn, DBI_FREE, &number, 1), MDBX_EACCESS);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_dbi_sequence(txn, dbi, &number, 1), MDBX_EACCESS);
  OK(mdbx_dbi_sequence(txn, dbi, &number, 0));
  ck_assert_uint_eq(number, 8);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 1));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_sequence(txn, api_table(txn, "t", 0), &number, 0));
  ck_assert_uint_eq(number, 8);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static void expect_canary(MDBX_txn *txn, uint64_t x, uint64_t v) {
  struct MDBX_canary canary;
  OK(mdbx_canary_get(txn, &canary));
  ck_assert_uint_eq(canary.x, x);
  ck_assert_uint_eq(canary.v, v);
}

START_TEST(rule_31_canary) {
  MDBX_env *env = api_open(0);
  struct MDBX_canary canary = {.x = 5, .y = 6, .z = 7};
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  expect_canary(txn, 0, 0);
  OK(mdbx_canary_put(txn, &canary));
  expect_canary(txn, 5, 4);
  OK(mdbx_txn_commit(txn));
  api_store(env, "a", "1");
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_canary_put(txn, &canary));
  expect_canary(txn, 5, 4);
  OK(mdbx_canary_put(txn, NULL));
  expect_canary(txn, 5, 6);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_canary_put(txn, &canary), MDBX_EACCESS);
  expect_canary(txn, 5, 6);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

struct seen {
  unsigned count;
  char names[64];
};

static int note_table(void *context, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                      const struct MDBX_stat *stat, MDBX_dbi dbi) {
  struct seen *seen = context;
  (void)txn, (void)flags, (void)dbi;
  seen->count += (unsigned)stat->ms_entries;
  strncat(seen->names, name->iov_base, name->iov_len);
  return seen->count > 100 ? 42 : MDBX_SUCCESS;
}

START_TEST(rule_27_enumerate) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  struct seen seen = {0, ""};
  OK(api_put(txn, api_table(txn, "b", MDBX_CREATE), "k", "v", MDBX_UPSERT));
  OK(api_put(txn, api_table(txn, "a", MDBX_CREATE), "k", "v", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "aa", "plain", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_enumerate_tables(txn, note_table, &seen));
  ck_assert_str_eq(seen.names, "ab");
  ck_assert_uint_eq(seen.count, 2);
  seen.count = 100;
  IS(mdbx_enumerate_tables(txn, note_table, &seen), 42);
  IS(mdbx_enumerate_tables(txn, NULL, &seen), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A number that was closed, and stands for a table again, is another handle: a cursor is bound to it anew, at no record, or, if the
 * cursor belongs to the transaction around, not at all. */
START_TEST(test_cursor_of_a_number_used_again) {
  MDBX_env *env = api_open(0);
  MDBX_cursor *cursor;
  MDBX_val key, data;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *nested;
  const MDBX_dbi before = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, before, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_cursor_open(txn, before, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_LAST));
  if (_i == 0)
    nested = txn;
  else
    OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &nested));
  OK(mdbx_dbi_close(env, before));
  ck_assert_uint_eq(api_table(nested, "t", MDBX_DB_ACCEDE), before);
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_BAD_DBI);
  IS(mdbx_cursor_bind(nested, cursor, before), _i == 0 ? MDBX_SUCCESS : MDBX_EINVAL);
  if (_i != 0)
    OK(mdbx_txn_abort(nested));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT), _i == 0 ? MDBX_SUCCESS : MDBX_BAD_DBI);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("tables");
  TCase *tcase = api_case(suite, "opening");
  tcase_add_test(tcase, rule_26_open_errors);
  tcase_add_test(tcase, rule_26_handle_numbers);
  tcase_add_test(tcase, rule_26_other_flags);
  tcase_add_test(tcase, rule_26_too_many);
  tcase_add_test(tcase, rule_27_names_are_records);
  tcase_add_test(tcase, rule_27_flags_of_an_empty_main);
  tcase_add_test(tcase, rule_27_enumerate);
  tcase = api_case(suite, "handles");
  tcase_add_test(tcase, rule_28_created_or_opened_in_an_aborted_transaction);
  tcase_add_test(tcase, rule_28_dropped);
  tcase_add_test(tcase, rule_28_renamed_and_aborted);
  tcase_add_test(tcase, rule_28_renamed_but_not_committed);
  tcase_add_test(tcase, rule_28_dbi_close);
  tcase_add_test(tcase, comparator_with_a_context);
  tcase_add_loop_test(tcase, names_in_an_unknown_order, 0, 2);
  tcase_add_loop_test(tcase, records_in_an_unknown_order, 0, 3);
  tcase_add_loop_test(tcase, cursors_in_an_unknown_order, 0, 3);
  tcase_add_test(tcase, rule_29_empty);
  tcase_add_test(tcase, rule_29_main_with_all_tables);
  tcase_add_test(tcase, rule_30_rename);
  tcase_add_test(tcase, rule_30_renamed_beside_readers);
  tcase_add_test(tcase, rule_30_renamed_to_the_name_of_a_dropped_one);
  tcase_add_test(tcase, rule_30_special_handles);
  tcase_add_test(tcase, rule_31_sequence);
  tcase_add_test(tcase, rule_31_canary);
  tcase_add_loop_test(tcase, test_cursor_of_a_number_used_again, 0, 2);
  return unit_run(suite);
}
