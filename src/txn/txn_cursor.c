/* SPDX-License-Identifier: Apache-2.0 */
/* The list of cursors bound to a transaction. */
#include "txn/txn_cursor.h"

#include "base/assert.h"

int txn_cursor_bind(MDBX_txn *txn, MDBX_cursor *cursor, MDBX_dbi dbi, struct tree *tree) {
  txn = txn->root;
  if (dbi == DBI_GC && !txn_is_reader(txn))
    return MDBX_EACCESS;
  const uint32_t generation = dbi < CORE_TABLES ? 0 : txn_table_of(tree)->generation;
  if (cursor->txn == txn && cursor->core.tree == tree && cursor->generation == generation)
    return MDBX_SUCCESS;
  if (txn_cursor_is_outer(cursor))
    return MDBX_EINVAL;
  txn_cursor_unbind(cursor);
  cursor_attach(&cursor->core, txn->view, tree, txn_is_reader(txn) ? NULL : &txn->space);
  cursor->txn = txn;
  cursor->dbi = dbi;
  cursor->handle = &txn->env->handles[dbi];
  cursor->generation = generation;
  cursor->nesting = txn->innermost->nesting;
  cursor->ever_bound = true;
  cursor->link = &txn->cursors;
  cursor->next = txn->cursors;
  if (cursor->next)
    cursor->next->link = &cursor->next;
  txn->cursors = cursor;
  ASSERT(cursor->nesting <= txn->innermost->nesting && *cursor->link == cursor);
  return MDBX_SUCCESS;
}

void txn_cursor_unbind(MDBX_cursor *cursor) {
  if (!cursor->txn)
    return;
  ASSERT(*cursor->link == cursor && cursor->txn->root == cursor->txn);
  *cursor->link = cursor->next;
  if (cursor->next)
    cursor->next->link = cursor->link;
  cursor->txn = NULL;
  cursor->next = NULL;
  cursor->link = NULL;
  cursor_unset(&cursor->core);
  cursor->core.tree = NULL;
}

void txn_cursors_unbind_all(MDBX_txn *txn) {
  while (txn->cursors)
    txn_cursor_unbind(txn->cursors);
}

int txn_cursors_detach_listed(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except, bool to_delete) {
  ASSERT(txn->root->root == txn->root);
  for (MDBX_cursor *cursor = txn->root->cursors; cursor; cursor = cursor->next) {
    if (cursor == except || (tree && cursor->core.tree != tree))
      continue;
    int rc = cursor_detach(&cursor->core);
    if (rc == MDBX_SUCCESS && !to_delete)
      rc = cursor_resolve(&cursor->core);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

void txn_cursors_doubt(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except, const MDBX_val *key,
                       const MDBX_val *value) {
  for (MDBX_cursor *cursor = txn->root->cursors; cursor; cursor = cursor->next)
    if (cursor != except && cursor->core.tree == tree)
      cursor_doubt(&cursor->core, key, value);
}

void txn_cursors_unset(MDBX_txn *txn, const struct tree *tree) {
  for (MDBX_cursor *cursor = txn->root->cursors; cursor; cursor = cursor->next)
    if (cursor->core.tree == tree) {
      cursor_unset(&cursor->core);
      cursor->core.multi = tree_is_multi(tree);
      cursor->core.state = CURSOR_LOST;
      cursor->core.eof = true;
    }
}
