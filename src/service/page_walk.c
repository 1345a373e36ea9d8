/* SPDX-License-Identifier: Apache-2.0 */
#include "service/page_walk.h"

#include "base/log.h"
#include "format/subpage.h"
#include "txn/table.h"

#include <limits.h>
#include <stdlib.h>

enum { DEEP_META = -2, DEEP_GC = -1, DEEP_MAIN = 0 };

struct page_walk {
  const MDBX_txn *txn;
  MDBX_pgvisitor_func *visitor;
  void *context;
  uint8_t *met; /* one byte a page */
  pgno_t limit;
  char *name; /* of the named table that is being walked */
};

/* The pages of one table. */
struct tree_pages {
  struct tree_visitor visitor;
  struct page_walk *walk;
  const struct tree *tree;
  const char *name;
  int deep;
};

/* What the visitor gets about a page, or about several together. */
struct page_account {
  MDBX_page_type_t type;
  unsigned number;
  size_t bytes, entries, payload, header;
};

static int show(const struct page_walk *walk, pgno_t pgno, const char *name, int deep,
                const struct page_account *account) {
  return walk->visitor(pgno, account->number, walk->context, deep, name, account->bytes, account->type,
                       account->entries, account->payload, account->header,
                       account->bytes - account->payload - account->header);
}

static int show_in(const struct tree_pages *pages, pgno_t pgno, const struct page_account *account) {
  return show(pages->walk, pgno, pages->name, pages->deep + (pages->visitor.nested ? 1 : 0), account);
}

/* No page belongs to two places. */
static int meet(const struct tree_pages *pages, pgno_t pgno, uint32_t number) {
  const struct page_walk *walk = pages->walk;
  for (uint32_t i = 0; i < number; ++i) {
    if (pgno + i >= walk->limit || walk->met[pgno + i])
      return log_damage(MDBX_CORRUPTED, "page %u is used twice, now by table %s", pgno + i, pages->name);
    walk->met[pgno + i] = 1;
  }
  return MDBX_SUCCESS;
}

static int enter_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)level;
  return meet((const struct tree_pages *)visitor, page->pgno, 1);
}

static int show_page(struct tree_visitor *visitor, const struct page *page) {
  const struct tree_pages *pages = (const struct tree_pages *)visitor;
  const size_t page_size = pages->walk->txn->view->page_size;
  struct page_account account = {MDBX_page_branch, 1, page_size, page->count, 0, PAGE_HEADER + page->lower};
  account.payload = body_size(page_size) - page->upper;
  if (page->flags & P_LEAF)
    account.type = MDBX_page_leaf;
  if (page->flags & P_DUPFIX) {
    account.type = MDBX_page_dupfixed_leaf;
    account.header = PAGE_HEADER;
    account.payload = (size_t)page->count * page->item;
  }
  return show_in(pages, page->pgno, &account);
}

static int show_run(struct tree_visitor *visitor, const struct page *run) {
  const struct tree_pages *pages = (const struct tree_pages *)visitor;
  const struct page_account account = {
      MDBX_page_large, run->run_pages, (size_t)run->run_pages << pages->walk->txn->view->shift, 1,
      run->run_bytes,  PAGE_HEADER};
  const int rc = meet(pages, run->pgno, run->run_pages);
  return rc == MDBX_SUCCESS ? show_in(pages, run->pgno, &account) : rc;
}

/* A few values of a key inside the leaf: no page of its own. */
static int show_subpage(const struct tree_pages *pages, const struct page *leaf, const struct leaf_item *item) {
  const struct subpage subpage = {item->data, item->data_length};
  const unsigned count = subpage_count(&subpage);
  const size_t header = SUBPAGE_HEADER + (subpage_item(&subpage) ? 0 : (size_t)SUBPAGE_ENTRY * count);
  const bool fixed = pages->tree->record.flags & TABLE_DUPFIXED;
  const struct page_account account = {fixed ? MDBX_subpage_dupfixed_leaf : MDBX_subpage_leaf,
                                       0,
                                       item->data_length,
                                       count,
                                       item->data_length - header,
                                       header};
  return show(pages->walk, leaf->pgno, pages->name, pages->deep + 1, &account);
}

static int walk_tree(struct page_walk *walk, const struct tree *tree, const char *name, int deep);

static int walk_named(const struct tree_pages *pages, const struct leaf_item *item) {
  struct page_walk *walk = pages->walk;
  struct tree tree;
  MDBX_dbi dbi;
  int rc = table_of_record(walk->txn, item, &tree, &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  memcpy(walk->name, item->key, item->key_length);
  walk->name[item->key_length] = '\0';
  rc = walk_tree(walk, &tree, walk->name, pages->deep + 1);
  tree_release(&tree);
  return rc;
}

static int show_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  const struct tree_pages *pages = (const struct tree_pages *)visitor;
  (void)index;
  if (visitor->nested)
    return MDBX_SUCCESS;
  if (tree_is_multi(pages->tree))
    return item->kind == NODE_SUBPAGE ? show_subpage(pages, leaf, item) : MDBX_SUCCESS;
  return item->kind == NODE_TREE && pages->deep == DEEP_MAIN ? walk_named(pages, item) : MDBX_SUCCESS;
}

static int walk_tree(struct page_walk *walk, const struct tree *tree, const char *name, int deep) {
  struct tree_pages pages = {
      .visitor = {.page = enter_page, .left = show_page, .run = show_run, .record = show_record},
      .walk = walk,
      .tree = tree,
      .name = name,
      .deep = deep,
  };
  return tree_walk(walk->txn->view, tree, &pages.visitor);
}

static int walk_all(struct page_walk *walk) {
  const size_t page_size = walk->txn->view->page_size;
  const struct page_account metas = {MDBX_page_meta,
                                     META_COUNT,
                                     META_COUNT * page_size,
                                     META_COUNT,
                                     META_COUNT * (size_t)META_BODY,
                                     META_COUNT * (size_t)PAGE_HEADER};
  const struct page_account end = {MDBX_page_void, 0, 0, 0, 0, 0};
  int rc = show(walk, 0, "@META", DEEP_META, &metas);
  if (rc == MDBX_SUCCESS)
    rc = walk_tree(walk, &walk->txn->root->gc, "@GC", DEEP_GC);
  if (rc == MDBX_SUCCESS)
    rc = walk_tree(walk, &walk->txn->root->main, "@MAIN", DEEP_MAIN);
  return rc == MDBX_SUCCESS ? show(walk, walk->limit, NULL, INT_MIN, &end) : rc;
}

int page_walk(const MDBX_txn *txn, MDBX_pgvisitor_func *visitor, void *context) {
  struct page_walk walk = {.txn = txn, .visitor = visitor, .context = context, .limit = txn->view->limit};
  walk.met = calloc(walk.limit, 1);
  walk.name = malloc(PAGE_SIZE_MAX);
  const int rc = walk.met && walk.name ? walk_all(&walk) : MDBX_ENOMEM;
  free(walk.met);
  free(walk.name);
  return rc;
}
