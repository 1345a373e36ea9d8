/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/crash/tables.h: random changes of a main table and two named tables, one of them with several values per key, and their
 * content as one number.
 */
#ifndef TESTS_CRASH_TABLES_H
#define TESTS_CRASH_TABLES_H

#include <mdbx.h>

#include <stdbool.h>
#include <stdint.h>

enum { TABLES_NAMED = 2 };

/* What changes are like. */
struct tables_habit {
  unsigned values, value; /* records of a change; length of the longest, most of the time */
  bool main_only;         /* no named table */
  unsigned drop_every;    /* one of so many changes empties or deletes a named table; 0: none does */
};

/* All functions return the first error of the engine. */
int tables_change(MDBX_txn *txn, uint64_t *random, const struct tables_habit *habit);
/* A change that no other commit makes: no two states are the same. */
int tables_number(MDBX_txn *txn, int commit);
/* A number made from all records of all tables, as the transaction sees them. */
int tables_read(MDBX_txn *txn, uint64_t *digest);
/* The same in a transaction of its own. */
int tables_digest(MDBX_env *env, uint64_t *digest);

#endif
