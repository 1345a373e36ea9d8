/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves that nothing leads to, and the gaps they belong into. */
#include "service/rescue.h"

#include "format/check.h"
#include "format/page.h"

#include <stdlib.h>

static void first_key(const struct page *leaf, MDBX_val *key) {
  size_t length;
  key->iov_base = (void *)(uintptr_t)leaf_key(leaf, 0, &length);
  key->iov_len = length;
}

static void last_key(const struct page *leaf, MDBX_val *key) {
  size_t length;
  key->iov_base = (void *)(uintptr_t)leaf_key(leaf, leaf->count - 1u, &length);
  key->iov_len = length;
}

static int order_of(const struct tree *tree, const MDBX_val *a, const MDBX_val *b) {
  return key_compare_raw(&tree->rules, a->iov_base, a->iov_len, b->iov_base, b->iov_len);
}

/* ---- which gap -------------------------------------------------------------------------------------------------- */

/* Kinds of nodes that the tree has. */
static bool items_fit(const struct rescue_table *table, const struct rescue_gap *gap, const struct page *leaf,
                      bool is_main) {
  const bool multi = tree_is_multi(&table->tree);
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    if (gap->key.iov_base ? item.data_length || item.kind != NODE_PLAIN
        : multi           ? item.kind == NODE_LARGE
                          : item.kind == NODE_SUBPAGE || (item.kind == NODE_TREE && !is_main))
      return false;
  }
  return true;
}

static bool is_without_data(const struct page *leaf) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    if (item.data_length)
      return false;
  }
  return true;
}

static bool sizes_fit(const struct rescue_table *table, const struct rescue_gap *gap, const struct page *leaf) {
  const struct table_record *record = &table->tree.record;
  MDBX_val key;
  first_key(leaf, &key);
  if (gap->key.iov_base)
    return !leaf_is_array(leaf) || !(record->item >> 16) || leaf->item == record->item >> 16;
  return !(record->flags & TABLE_INTEGERKEY) || key.iov_len == (record->item & 0xffff);
}

/* Between what was read on both sides. In an order that nobody knows here all fit. */
static bool keys_fit(const struct tree *tree, const struct rescue_gap *gap, const struct page *leaf) {
  MDBX_val first, last;
  if (tree->rules.order == ORDER_USER)
    return true;
  first_key(leaf, &first);
  last_key(leaf, &last);
  return (!gap->after.iov_base || order_of(tree, &gap->after, &first) < 0) &&
         (!gap->before.iov_base || order_of(tree, &last, &gap->before) < 0) && order_of(tree, &first, &last) <= 0;
}

static bool fits(const struct rescue *rescue, size_t index, const struct rescue_gap *gap, const struct page *leaf) {
  const struct rescue_table *table = &rescue->tables[index];
  struct tree tree;
  rescue_tree_of(table, gap, &tree);
  if (!gap->branch || leaf->flags != tree_page_type(&tree, true))
    return false;
  if (!gap->key.iov_base && rescue->values_lost && is_without_data(leaf))
    return false;
  return items_fit(table, gap, leaf, index == 0) && sizes_fit(table, gap, leaf) && keys_fit(&tree, gap, leaf);
}

static size_t common_with(const MDBX_val *a, const MDBX_val *b) {
  const size_t shorter = MIN_OF(a->iov_len, b->iov_len);
  return a->iov_base && shorter ? common_bytes(a->iov_base, b->iov_base, shorter) : 0;
}

/* How much like its neighbours it is: where it would fit several gaps, the most alike gets it. */
static size_t likeness(const struct rescue_gap *gap, const struct page *leaf) {
  MDBX_val first, last;
  first_key(leaf, &first);
  last_key(leaf, &last);
  return 1 + common_with(&gap->after, &first) + common_with(&gap->before, &last);
}

static int put_into(struct rescue_gap *gap, pgno_t pgno) {
  void *leaves = gap->leaves;
  const int rc = rescue_more(&leaves, gap->leaf_count, &gap->leaf_capacity, sizeof(*gap->leaves));
  gap->leaves = leaves;
  if (rc == MDBX_SUCCESS)
    gap->leaves[gap->leaf_count++] = pgno;
  return rc;
}

static int place_leaf(struct rescue *rescue, const struct page *leaf, bool values) {
  size_t best = 0, at_table = 0, at_gap = 0;
  for (size_t t = 0; t < rescue->table_count; ++t)
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g) {
      const struct rescue_gap *gap = &rescue->tables[t].gaps[g];
      if (!gap->branch || (gap->key.iov_base != NULL) != values || !fits(rescue, t, gap, leaf))
        continue;
      const size_t alike = likeness(gap, leaf);
      if (alike > best) {
        best = alike;
        at_table = t;
        at_gap = g;
      }
    }
  if (!best)
    return MDBX_SUCCESS;
  const struct rescue_gap gap = rescue->tables[at_table].gaps[at_gap];
  const int rc = put_into(&rescue->tables[at_table].gaps[at_gap], leaf->pgno);
  return rc == MDBX_SUCCESS ? rescue_take_leaf(rescue, at_table, &gap, leaf) : rc;
}

/* ---- which pages ------------------------------------------------------------------------------------------------ */

/* What cannot be a leaf is not looked at closely, and nothing is said about it. */
static bool may_be_leaf(const struct snapshot *view, pgno_t pgno) {
  const struct page *page = snapshot_mapped(view, pgno);
  return page->pgno == pgno && (page->flags & ~(unsigned)(P_NOHEADS | P_DUPFIX)) == P_LEAF && page->count &&
         page->txnid && page->txnid <= view->txnid;
}

static int place_leaves(struct rescue *rescue, bool values) {
  for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->limit; ++pgno) {
    const struct page *page;
    if (rescue->use[pgno] != RESCUE_UNKNOWN || !may_be_leaf(rescue->view, pgno))
      continue;
    int rc = snapshot_page(rescue->view, pgno, &page);
    if (rc == MDBX_SUCCESS)
      rc = place_leaf(rescue, page, values);
    if (rc != MDBX_SUCCESS && rc != MDBX_CORRUPTED)
      return rc;
  }
  return MDBX_SUCCESS;
}

static bool is_behind(const struct snapshot *view, const struct tree *tree, pgno_t a, pgno_t b) {
  MDBX_val left, right;
  first_key(snapshot_mapped(view, a), &left);
  first_key(snapshot_mapped(view, b), &right);
  return order_of(tree, &left, &right) > 0;
}

/* Shell's way: no memory, and no order in which it takes for ever. */
static void sort_leaves(const struct snapshot *view, const struct tree *tree, struct rescue_gap *gap) {
  size_t step = 1;
  while (step < gap->leaf_count / 3)
    step = step * 3 + 1;
  for (; step && tree->rules.order != ORDER_USER; step /= 3)
    for (size_t i = step; i < gap->leaf_count; ++i) {
      const pgno_t leaf = gap->leaves[i];
      size_t at = i;
      for (; at >= step && is_behind(view, tree, gap->leaves[at - step], leaf); at -= step)
        gap->leaves[at] = gap->leaves[at - step];
      gap->leaves[at] = leaf;
    }
}

static bool any_branch(const struct rescue *rescue) {
  for (size_t t = 0; t < rescue->table_count; ++t)
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g)
      if (rescue->tables[t].gaps[g].branch)
        return true;
  return false;
}

/* Tables first: what is found leads to trees of values, whose leaves are then known. */
int rescue_find_leaves(struct rescue *rescue) {
  if (!any_branch(rescue))
    return MDBX_SUCCESS;
  int rc = place_leaves(rescue, false);
  if (rc == MDBX_SUCCESS)
    rc = place_leaves(rescue, true);
  for (size_t t = 0; t < rescue->table_count; ++t)
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g) {
      struct tree tree;
      rescue_tree_of(&rescue->tables[t], &rescue->tables[t].gaps[g], &tree);
      sort_leaves(rescue->view, &tree, &rescue->tables[t].gaps[g]);
    }
  return rc;
}
