/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations on all pages of a tree. The depth in the record limits every descent. Damaged branches that share children
 * could still make a walk endless, so no walk enters more pages than the snapshot has.
 */
#include "tree/tree.h"

#include "base/assert.h"
#include "base/log.h"
#include "tree/values.h"

static int enter(const struct snapshot *snapshot, pgno_t pgno, pgno_t *entered) {
  if (*entered >= snapshot->limit)
    return snapshot_damage(snapshot, "page %u: its tree has more pages than there are: some are in it twice", pgno);
  *entered += 1;
  return MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------------ visiting */

struct walk {
  const struct snapshot *snapshot;
  const struct tree *tree;
  struct tree_visitor *visitor;
  pgno_t *entered;
};

static int on_damage(const struct walk *walk, pgno_t pgno, int rc) {
  return walk->visitor->damage ? walk->visitor->damage(walk->visitor, pgno, rc) : rc;
}

static int visit_run(const struct walk *walk, const struct leaf_item *item) {
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item->data, sizeof(ref));
  const int rc = snapshot_run(walk->snapshot, &ref, &run);
  return rc == MDBX_SUCCESS ? walk->visitor->run(walk->visitor, run) : on_damage(walk, ref.pgno, rc);
}

static int visit(const struct walk *walk, struct page_ref ref, unsigned level);

static int visit_nested(const struct walk *walk, const struct page *leaf, const struct leaf_item *item) {
  struct tree nested;
  int rc = values_nested_tree(walk->snapshot, walk->tree, item, &nested);
  if (rc != MDBX_SUCCESS)
    return on_damage(walk, leaf->pgno, rc);
  const struct walk inner = {walk->snapshot, &nested, walk->visitor, walk->entered};
  walk->visitor->nested = &nested;
  rc = visit(&inner, tree_root(&nested), 0);
  walk->visitor->nested = NULL;
  return rc;
}

static bool has_nested(const struct walk *walk, const struct leaf_item *item) {
  return item->kind == NODE_TREE && tree_is_multi(walk->tree);
}

static int visit_records(const struct walk *walk, const struct page *leaf) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    int rc = MDBX_SUCCESS;
    leaf_get(leaf, i, &item);
    if (snapshot_is_lost(walk->snapshot)) /* the visitors take long, and the page may have changed meanwhile */
      return MDBX_BAD_TXN;
    if (item.kind == NODE_LARGE && walk->visitor->run)
      rc = visit_run(walk, &item);
    if (rc == MDBX_SUCCESS && walk->visitor->record)
      rc = walk->visitor->record(walk->visitor, leaf, i, &item);
    if (rc == MDBX_SUCCESS && has_nested(walk, &item))
      rc = visit_nested(walk, leaf, &item);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static int visit(const struct walk *walk, struct page_ref ref, unsigned level) {
  ASSERT(level < walk->tree->record.depth);
  const bool leaf = level + 1 == walk->tree->record.depth;
  const unsigned flags = tree_page_type(walk->tree, leaf);
  const struct page *page;
  int rc = walk->visitor->reference ? walk->visitor->reference(walk->visitor, ref, (uint16_t)flags) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
  rc = snapshot_tree_page(walk->snapshot, ref, flags, &page);
  if (rc != MDBX_SUCCESS)
    return on_damage(walk, ref.pgno, rc);
  rc = walk->visitor->page(walk->visitor, page, level);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
  rc = enter(walk->snapshot, ref.pgno, walk->entered);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (leaf)
    rc = visit_records(walk, page);
  for (unsigned i = 0; !leaf && rc == MDBX_SUCCESS && i < page->count; ++i)
    rc = visit(walk, branch_child(page, i), level + 1);
  return rc == MDBX_SUCCESS && walk->visitor->left ? walk->visitor->left(walk->visitor, page) : rc;
}

int tree_walk(const struct snapshot *snapshot, const struct tree *tree, struct tree_visitor *visitor) {
  pgno_t entered = 0;
  const struct walk walk = {snapshot, tree, visitor, &entered};
  return tree_is_empty(tree) ? MDBX_SUCCESS : visit(&walk, tree_root(tree), 0);
}

/* ------------------------------------------------------------------------------------------------------ clearing */

struct clearing {
  struct space *space;
  struct tree *tree;
  pgno_t *entered;
  struct table_record *gone; /* its record counts pages and items; NULL in a nested tree, which has its own counts */
};

static int clear_level(const struct clearing *clearing, struct page_ref ref, unsigned level);

static int clear_run(const struct clearing *clearing, const struct leaf_item *item) {
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item->data, sizeof(ref));
  const int rc = snapshot_run(&clearing->space->view, &ref, &run);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (clearing->gone)
    clearing->gone->large_pages += run->run_pages;
  return space_retire(clearing->space, run);
}

static int clear_nested(const struct clearing *clearing, const struct leaf_item *item) {
  struct tree nested;
  const int rc = values_nested_tree(&clearing->space->view, clearing->tree, item, &nested);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct clearing inner = {clearing->space, &nested, clearing->entered, NULL};
  return clear_level(&inner, tree_root(&nested), 0);
}

/* Retires the pages to which a record refers, and counts them. */
static int clear_record(const struct clearing *clearing, const struct leaf_item *item) {
  struct value_set set;
  uint64_t items = 1;
  int rc = MDBX_SUCCESS;
  if (tree_is_multi(clearing->tree)) {
    rc = values_open(&clearing->space->view, clearing->tree, item, &set);
    items = rc == MDBX_SUCCESS ? values_count(&set) : 0;
    if (rc == MDBX_SUCCESS && item->kind == NODE_TREE)
      rc = clear_nested(clearing, item);
  } else if (item->kind == NODE_LARGE) {
    rc = clear_run(clearing, item);
  }
  if (clearing->gone)
    clearing->gone->items += items;
  return rc;
}

static int clear_leaf(const struct clearing *clearing, const struct page *leaf) {
  if (!tree_is_multi(clearing->tree) && !clearing->tree->record.large_pages) {
    if (clearing->gone)
      clearing->gone->items += leaf->count;
    return MDBX_SUCCESS;
  }
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    const int rc = clear_record(clearing, &item);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static int clear_level(const struct clearing *clearing, struct page_ref ref, unsigned level) {
  ASSERT(level < clearing->tree->record.depth);
  const bool leaf = level + 1 == clearing->tree->record.depth;
  const struct page *page;
  int rc = snapshot_tree_page(&clearing->space->view, ref, tree_page_type(clearing->tree, leaf), &page);
  if (rc == MDBX_SUCCESS)
    rc = enter(&clearing->space->view, ref.pgno, clearing->entered);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (clearing->gone)
    *(leaf ? &clearing->gone->leaf_pages : &clearing->gone->branch_pages) += 1;
  if (leaf)
    rc = clear_leaf(clearing, page);
  for (unsigned i = 0; !leaf && rc == MDBX_SUCCESS && i < page->count; ++i)
    rc = clear_level(clearing, branch_child(page, i), level + 1);
  return rc == MDBX_SUCCESS ? space_retire(clearing->space, page) : rc;
}

int tree_clear(struct space *space, struct tree *tree) {
  pgno_t entered = 0;
  const struct clearing clearing = {space, tree, &entered, NULL};
  const int rc = tree_is_empty(tree) ? MDBX_SUCCESS : clear_level(&clearing, tree_root(tree), 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct table_record before = tree->record;
  tree->record = (struct table_record){.flags = before.flags, .root = PGNO_NONE, .mod_txnid = space->view.txnid};
  tree->changed = true;
  return MDBX_SUCCESS;
}

static void subtract(struct table_record *record, const struct table_record *gone) {
  record->leaf_pages -= MIN_OF(record->leaf_pages, gone->leaf_pages);
  record->branch_pages -= MIN_OF(record->branch_pages, gone->branch_pages);
  record->large_pages -= MIN_OF(record->large_pages, gone->large_pages);
  record->items -= MIN_OF(record->items, gone->items);
}

int tree_drop_subtree(struct space *space, struct tree *tree, struct page_ref page, unsigned level) {
  ASSERT(level > 0 && level < tree->record.depth);
  pgno_t entered = 0;
  struct table_record gone = {.items = 0};
  const struct clearing clearing = {space, tree, &entered, &gone};
  const int rc = clear_level(&clearing, page, level);
  subtract(&tree->record, &gone);
  return rc;
}

int tree_drop_record(struct space *space, struct tree *tree, const struct page *leaf, unsigned index) {
  ASSERT(space_owns(space, leaf) && index < leaf->count);
  pgno_t entered = 0;
  struct table_record gone = {.items = 0};
  const struct clearing clearing = {space, tree, &entered, &gone};
  struct leaf_item item;
  leaf_get(leaf, index, &item);
  const int rc = clear_record(&clearing, &item);
  subtract(&tree->record, &gone);
  return rc;
}
