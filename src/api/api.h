/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/api.h: checks of arguments that several functions of the interface share.
 */
#ifndef MDBX_API_API_H
#define MDBX_API_API_H

#include "txn/table.h"

#define PUT_FLAGS_KNOWN \
  (MDBX_NOOVERWRITE | MDBX_NODUPDATA | MDBX_CURRENT | MDBX_ALLDUPS | MDBX_RESERVE | MDBX_APPEND | MDBX_APPENDDUP | \
   MDBX_MULTIPLE)

/* Checks that the transaction may read, and finds the tree of a handle. */
static inline int api_tree(const MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  const int rc = txn_check(txn);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  return txn_tree((MDBX_txn *)(uintptr_t)txn, dbi, tree);
}

/* Checks that the transaction may write, and finds the tree of a table of the user. */
static inline int api_tree_for_write(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  const int rc = txn_check_write(txn);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  return dbi == DBI_GC ? MDBX_BAD_DBI : txn_tree(txn, dbi, tree);
}

/* Checks that the cursor is bound to a transaction that may write. */
int api_cursor_for_write(const MDBX_cursor *cursor);

/* Checks that the cursor is bound to a transaction that may be used. */
int api_check_bound(const MDBX_cursor *cursor);

/* Call it before reading the position of a const cursor: the position may have to be restored. */
static inline struct cursor *api_cursor_core(const MDBX_cursor *cursor) {
  return &((MDBX_cursor *)(uintptr_t)cursor)->core;
}

/* Checks that the positions of two cursors can be compared: both are bound to one table, in one transaction or in
 * readers of one snapshot. MDBX_EINVAL. */
int api_check_related(const MDBX_cursor *a, const MDBX_cursor *b);

/* Checks the flags of a put into this table. */
int api_put_flags(const struct tree *tree, unsigned flags);

/* The transaction, the table or the cursor cannot be used. Of an array no element is stored. Returns `rc`. */
int api_put_refused(MDBX_val *data, unsigned flags, int rc);

#endif
