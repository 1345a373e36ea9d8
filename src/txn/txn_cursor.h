/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_cursor.h: the cursors of a transaction.
 *
 * If these functions get the handle of a nested transaction, they use its root.
 */
#ifndef MDBX_TXN_TXN_CURSOR_H
#define MDBX_TXN_TXN_CURSOR_H

#include "txn/txn.h"

/* For table_bind_cursor(): the tree is that of the handle. MDBX_EINVAL for a cursor that belongs to an outer level. */
int txn_cursor_bind(MDBX_txn *txn, MDBX_cursor *cursor, MDBX_dbi dbi, struct tree *tree);
/* Whether the cursor belongs to a transaction that encloses the innermost one. */
static inline bool txn_cursor_is_outer(const MDBX_cursor *cursor) {
  return cursor->txn && cursor->nesting < cursor->txn->innermost->nesting;
}
void txn_cursor_unbind(MDBX_cursor *cursor);
/* The tree is that of a named table. */
static inline const struct txn_table *txn_table_of(const struct tree *tree) {
  return (const void *)((const uint8_t *)tree - offsetof(struct txn_table, tree));
}
/* Whether the table of a bound cursor was dropped in this transaction, and not created again, or its handle was closed. */
static inline bool txn_cursor_is_stray(const MDBX_cursor *cursor) {
  if (cursor->dbi < CORE_TABLES)
    return false;
  const struct txn_table *table = txn_table_of(cursor->core.tree);
  return (table->state & TABLE_DROPPED) ||
         atomic_load_explicit(&cursor->handle->generation, memory_order_relaxed) != cursor->generation;
}
/* Whether two bound cursors are in one table of one transaction. */
static inline bool txn_cursors_match(const MDBX_cursor *a, const MDBX_cursor *b) {
  return a->txn == b->txn && a->core.tree == b->core.tree;
}
void txn_cursors_unbind_all(MDBX_txn *txn);
int txn_cursors_detach_listed(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except, bool to_delete);
/* Call it before a tree (NULL: all trees) changes and may get records: detaches all its cursors but one. */
static inline int txn_cursors_detach(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except) {
  return txn->root->cursors ? txn_cursors_detach_listed(txn, tree, except, false) : MDBX_SUCCESS;
}
/* The same before a change that only deletes records. */
static inline int txn_cursors_detach_to_delete(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except) {
  return txn->root->cursors ? txn_cursors_detach_listed(txn, tree, except, true) : MDBX_SUCCESS;
}
/* Marks all cursors on a tree but one (they are detached) before a record is deleted; see cursor_doubt(). */
void txn_cursors_doubt(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except, const MDBX_val *key,
                       const MDBX_val *value);
/* Drops the positions of all cursors on a tree, which may have become one of another kind. */
void txn_cursors_unset(MDBX_txn *txn, const struct tree *tree);

#endif
