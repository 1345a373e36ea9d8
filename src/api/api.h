/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api/api.h: checks of arguments that several entry points share.
 */
#ifndef MDBX_API_API_H
#define MDBX_API_API_H

#include "txn/table.h"

#define PUT_FLAGS_KNOWN                                                                                                \
  (MDBX_NOOVERWRITE | MDBX_NODUPDATA | MDBX_CURRENT | MDBX_ALLDUPS | MDBX_RESERVE | MDBX_APPEND | MDBX_APPENDDUP |     \
   MDBX_MULTIPLE)

/* A transaction that may read, and the tree of a handle. */
static inline int api_tree(const MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  const int rc = txn_check(txn);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  return txn_tree((MDBX_txn *)(uintptr_t)txn, dbi, tree);
}

/* A transaction that may write, and the tree of a table of the user. */
static inline int api_tree_for_write(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree) {
  const int rc = txn_check_write(txn);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  return dbi == DBI_GC ? MDBX_BAD_DBI : txn_tree(txn, dbi, tree);
}

/* A cursor that is bound to a transaction that may write. */
int api_cursor_for_write(const MDBX_cursor *cursor);

/* A key for a search. MDBX_NOTFOUND: so long that it cannot be there; MDBX_BAD_VALSIZE: no integer of the table. */
int api_search_key(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* A key to be stored. MDBX_BAD_VALSIZE. */
int api_store_key(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* A cursor that is bound to a transaction that may be used. */
int api_check_bound(const MDBX_cursor *cursor);

/* The arguments of mdbx_cursor_get(). */
int api_check_op(const MDBX_cursor *cursor, const MDBX_val *key, const MDBX_val *data, MDBX_cursor_op op);

/* Before a question about a const cursor: the position may have to be found again. */
static inline struct cursor *api_cursor_core(const MDBX_cursor *cursor) {
  return &((MDBX_cursor *)(uintptr_t)cursor)->core;
}

/* Two bound cursors whose positions can be compared: of one table, in one transaction or in readers of one state.
 * MDBX_EINVAL. */
int api_check_related(const MDBX_cursor *a, const MDBX_cursor *b);

/* Flags of a put into this table. */
int api_put_flags(const struct tree *tree, unsigned flags);

/* A value to be stored or looked for. MDBX_BAD_VALSIZE; MDBX_INCOMPATIBLE when values cannot be compared. */
int api_value(const MDBX_txn *txn, const struct tree *tree, const MDBX_val *value);

/* Notes the length of keys and values in tables where all have the same, when the first is stored. */
void api_note_sizes(struct tree *tree, const MDBX_val *key, const MDBX_val *value);

/* MDBX_MULTIPLE: puts the elements of data[0], data[1].iov_len of them, one by one with `put`, and gives the number of
 * those that were written in data[1].iov_len. */
struct multiple {
  MDBX_txn *txn;
  struct tree *tree;
  const MDBX_val *key;
  unsigned flags;
  int (*put)(struct multiple *multiple, MDBX_val *value, unsigned flags);
  int (*remove)(struct multiple *multiple);
};
int api_put_multiple(struct multiple *multiple, MDBX_val *data);

#endif
