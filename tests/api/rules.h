/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/api/rules.h: what the tests of the rules of tables and data share: one environment and one transaction, begun before
 * each test and committed after it.
 */
#ifndef MDBX_TESTS_RULES_H
#define MDBX_TESTS_RULES_H

#include "api.h"

static MDBX_env *env;
static MDBX_txn *txn;

static inline void begin(void) {
  unit_setup();
  env = api_open(MDBX_NOSTICKYTHREADS);
  txn = api_begin(env, MDBX_TXN_READWRITE);
}

static inline void end(void) {
  if (txn)
    OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

/* What was done is committed, and another transaction goes on. */
static inline void next(unsigned flags) {
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, flags);
}

static inline int open_table(const char *name, unsigned flags) {
  MDBX_dbi dbi = 77;
  const int rc = mdbx_dbi_open(txn, name, (MDBX_db_flags_t)flags, &dbi);
  ck_assert_int_eq(dbi == 0, rc != MDBX_SUCCESS);
  return rc;
}

static inline int put(MDBX_dbi dbi, const char *key, const char *data, unsigned flags) {
  return api_put(txn, dbi, key, data, flags);
}

static inline MDBX_cursor *cursor_on(MDBX_dbi dbi, MDBX_cursor_op op) {
  MDBX_cursor *cursor;
  MDBX_val key, data;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, op));
  return cursor;
}

static inline int move(MDBX_cursor *cursor, MDBX_cursor_op op) {
  MDBX_val key, data;
  return mdbx_cursor_get(cursor, &key, &data, op);
}

static inline uint64_t entries(MDBX_dbi dbi) { return api_entries(txn, dbi); }

static inline unsigned flags_of(MDBX_dbi dbi) {
  unsigned flags;
  OK(mdbx_dbi_flags(txn, dbi, &flags));
  return flags;
}

#endif
