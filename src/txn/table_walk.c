/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/table_walk.h"

#include "base/assert.h"
#include "base/text.h"
#include "txn/table.h"

static int pass_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)visitor, (void)page, (void)level;
  return MDBX_SUCCESS;
}

struct depth_walk {
  struct tree_visitor visitor;
  uint32_t mask;
};

static int note_depth(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                      const struct leaf_item *item) {
  uint32_t *mask = &((struct depth_walk *)visitor)->mask;
  (void)leaf, (void)index;
  if (visitor->nested)
    return MDBX_SUCCESS;
  if (item->kind == NODE_TREE && item->data_length == sizeof(struct nested_record)) {
    struct nested_record record;
    memcpy(&record, item->data, sizeof(record));
    *mask |= UINT32_C(1) << MIN_OF(record.depth, 31u);
  } else {
    *mask |= item->kind == NODE_SUBPAGE ? 2 : 1;
  }
  return MDBX_SUCCESS;
}

int table_nested_depths(const MDBX_txn *txn, const struct tree *tree, uint32_t *mask) {
  ASSERT(tree_is_multi(tree));
  struct depth_walk walk = {.visitor = {.page = pass_page, .record = note_depth}};
  const int rc = tree_walk(txn->view, tree, &walk.visitor);
  *mask = walk.mask;
  return rc;
}

int table_of_record(const MDBX_txn *txn, const struct leaf_item *item, struct tree *tree, MDBX_dbi *dbi) {
  const MDBX_val name = val_of(item->key, item->key_length);
  struct table_record record;
  struct tree *opened;
  char text[64];
  *dbi = 0;
  text_of_value(&name, text, sizeof(text));
  int rc = tree_read_record(txn->view, item, &record, text);
  if (rc == MDBX_SUCCESS)
    rc = tree_load(tree, &record, txn->view->limit, text);
  if (rc != MDBX_SUCCESS)
    return rc;
  *dbi = table_handle_of(txn, &name);
  const int found = *dbi ? txn_tree(txn->root, *dbi, &opened) : MDBX_BAD_DBI;
  if (found == MDBX_SUCCESS) {
    tree->record = opened->record;
    tree->rules = opened->rules;
    tree->values = opened->values;
  }
  return found == MDBX_BAD_DBI ? MDBX_SUCCESS : found;
}

struct enumeration {
  struct tree_visitor visitor;
  const MDBX_txn *txn;
  table_each each;
  void *context;
};

static int enumerate_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                            const struct leaf_item *item) {
  const struct enumeration *enumeration = (const struct enumeration *)visitor;
  const MDBX_val name = val_of(item->key, item->key_length);
  struct tree tree;
  MDBX_dbi dbi;
  (void)leaf, (void)index;
  if (item->kind != NODE_TREE)
    return MDBX_SUCCESS;
  const int rc = table_of_record(enumeration->txn, item, &tree, &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  tree_release(&tree);
  return enumeration->each(enumeration->context, &name, &tree.record, dbi);
}

int tables_enumerate(const MDBX_txn *txn, table_each each, void *context) {
  struct enumeration enumeration = {
      .visitor = {.page = pass_page, .record = enumerate_record}, .txn = txn, .each = each, .context = context};
  const struct tree *main = &txn->root->main;
  return tree_is_multi(main) ? MDBX_SUCCESS : tree_walk(txn->view, main, &enumeration.visitor);
}
