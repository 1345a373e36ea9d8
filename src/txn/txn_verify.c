/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/txn_verify.h"

#include "base/assert.h"

#if MDBX_DEBUG
static void check_levels(const MDBX_txn *root) {
  ASSERT(root->root == root && !root->parent && !root->nested && root->nesting == 0);
  for (const MDBX_txn *txn = root->innermost; txn != root; txn = txn->parent) {
    ASSERT(txn->signature == TXN_SIGNATURE && txn->root == root && txn->env == root->env);
    ASSERT(txn->nested && txn->parent && txn->nesting == txn->parent->nesting + 1);
    ASSERT(txn->innermost == txn && (txn->parent->flags & MDBX_TXN_HAS_CHILD));
  }
  ASSERT(!(root->innermost->flags & MDBX_TXN_HAS_CHILD));
}

static void check_parts(const MDBX_txn *root) {
  ASSERT(root->view == &root->space.view && root->view->txnid == root->base_txnid + 1);
  ASSERT(root->collector.space == &root->space && root->collector.tree == &root->gc);
  ASSERT(!root->space.refill || root->space.refill_context == &root->collector);
  ASSERT((root->nesting == root->innermost->nesting) == !root->space.undo);
}

static void check_tables(const MDBX_txn *root) {
  for (MDBX_dbi dbi = 0; dbi < root->tables_capacity; ++dbi)
    ASSERT(!root->tables[dbi] || (dbi >= CORE_TABLES && root->tables[dbi]->dbi == dbi));
}

static bool is_tree_of(const MDBX_txn *root, const struct tree *tree) {
  bool found = tree == &root->main || tree == &root->gc;
  for (MDBX_dbi dbi = 0; !found && dbi < root->tables_capacity; ++dbi)
    found = root->tables[dbi] && tree == &root->tables[dbi]->tree;
  return found;
}

static void check_cursors(const MDBX_txn *root) {
  const MDBX_cursor *const *link = (const MDBX_cursor *const *)&root->cursors;
  for (const MDBX_cursor *cursor = root->cursors; cursor; cursor = cursor->next) {
    ASSERT(cursor->txn == root && cursor->link == (MDBX_cursor **)(uintptr_t)link);
    ASSERT(cursor->nesting <= root->innermost->nesting);
    ASSERT(cursor->core.snapshot == root->view && is_tree_of(root, cursor->core.tree));
    link = (const MDBX_cursor *const *)&cursor->next;
  }
}

void txn_verify(const MDBX_txn *root) {
  ASSERT(root->signature == TXN_SIGNATURE && !txn_is_readonly(root));
  ASSERT(!root->owner || root->owner == os_thread_self());
  check_levels(root);
  check_parts(root);
  check_tables(root);
  check_cursors(root);
}
#endif
