/* SPDX-License-Identifier: Apache-2.0 */
#include "service/copy_plan.h"

#include "base/log.h"
#include "format/check.h"
#include "txn/table.h"

#include <stdlib.h>

/* The low half is birth_bits() of the expected version, the high half the flags of the page. */
#define MARK(birth, flags) ((uint32_t)(birth) | (uint32_t)(flags) << 16)
#define MARK_FLAGS(mark) ((mark) >> 16)
/* A page of a run, but not the first. */
#define REST_OF_RUN 0x8000u

struct copy_plan {
  MDBX_txn *txn;
  uint32_t *marks; /* by page number; 0: nobody refers to it */
};

struct plan_walk {
  struct tree_visitor visitor;
  struct copy_plan *plan;
  const struct tree *tree;
  bool has_tables;
};

/* ------------------------------------------------------------------------------------------------------- marking */

static int mark(struct copy_plan *plan, pgno_t pgno, uint32_t as) {
  const struct snapshot *view = plan->txn->view;
  if (pgno < PGNO_FIRST || pgno >= view->limit)
    return snapshot_damage(view, "page %u is referred to, and is none of the snapshot", pgno);
  if (plan->marks[pgno])
    return snapshot_damage(view, "page %u is used twice", pgno);
  plan->marks[pgno] = as;
  return MDBX_SUCCESS;
}

static int mark_run(struct copy_plan *plan, const struct leaf_item *item) {
  struct large_ref ref;
  memcpy(&ref, item->data, sizeof(ref));
  const pgno_t pages = run_pages_for(ref.bytes, plan->txn->view->page_size);
  int rc = mark(plan, ref.pgno, MARK(ref.birth, P_LARGE));
  for (pgno_t i = 1; rc == MDBX_SUCCESS && i < pages; ++i)
    rc = mark(plan, ref.pgno + i, MARK(0, REST_OF_RUN));
  return rc;
}

/* Whether a leaf may refer to other pages. */
static bool leaves_refer(const struct plan_walk *walk) {
  if (walk->visitor.nested)
    return false;
  return walk->has_tables || tree_is_multi(walk->tree) || walk->tree->record.large_pages;
}

static int on_reference(struct tree_visitor *visitor, struct page_ref ref, unsigned flags) {
  const struct plan_walk *walk = (const struct plan_walk *)visitor;
  const int rc = mark(walk->plan, ref.pgno, MARK(ref.birth, flags));
  return rc == MDBX_SUCCESS && (flags & P_LEAF) && !leaves_refer(walk) ? MDBX_RESULT_TRUE : rc;
}

static int on_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)visitor, (void)page, (void)level;
  return MDBX_SUCCESS;
}

static int plan_tree(struct copy_plan *plan, const struct tree *tree, bool has_tables);

static int on_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                     const struct leaf_item *item) {
  const struct plan_walk *walk = (const struct plan_walk *)visitor;
  struct tree tree;
  MDBX_dbi dbi;
  (void)leaf, (void)index;
  if (visitor->nested || tree_is_multi(walk->tree))
    return MDBX_SUCCESS;
  if (item->kind == NODE_LARGE)
    return mark_run(walk->plan, item);
  if (item->kind != NODE_TREE || !walk->has_tables)
    return MDBX_SUCCESS;
  int rc = table_of_record(walk->plan->txn, item, &tree, &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = plan_tree(walk->plan, &tree, false);
  tree_release(&tree);
  return rc;
}

static int plan_tree(struct copy_plan *plan, const struct tree *tree, bool has_tables) {
  struct plan_walk walk = {.visitor = {.reference = on_reference, .page = on_page, .record = on_record},
                           .plan = plan,
                           .tree = tree,
                           .has_tables = has_tables};
  return tree_walk(plan->txn->view, tree, &walk.visitor);
}

int copy_plan_new(MDBX_txn *txn, struct copy_plan **result) {
  struct copy_plan *plan = malloc(sizeof(*plan));
  if (!plan)
    return MDBX_ENOMEM;
  *plan = (struct copy_plan){txn, calloc(txn->view->limit, sizeof(*plan->marks))};
  int rc = plan->marks ? plan_tree(plan, &txn->gc, false) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS)
    rc = plan_tree(plan, &txn->main, true);
  if (rc != MDBX_SUCCESS) {
    copy_plan_free(plan);
    return rc;
  }
  *result = plan;
  return MDBX_SUCCESS;
}

void copy_plan_free(struct copy_plan *plan) {
  if (!plan)
    return;
  free(plan->marks);
  free(plan);
}

/* ------------------------------------------------------------------------------------------------------- the list */

static int note_listed(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  (void)key, (void)birth;
  memset((uint8_t *)context + pgno, 1, pages);
  return MDBX_SUCCESS;
}

/* Adds pages to which nothing refers to the list, as runs. The original list had at least as many. In a damaged
 * database there may be more; these remain lost. */
static void list_rest(const struct snapshot *view, const uint8_t *known, struct gc_list *list) {
  for (pgno_t at = PGNO_FIRST, end; at < view->limit; at = end + 1) {
    for (; at < view->limit && known[at];)
      ++at;
    for (end = at; end < view->limit && !known[end];)
      ++end;
    const struct retired_run run = {at, end - at, GC_LOOSE_NUMBER};
    if (at == end || list->length + META_LIST_HEADER + META_LIST_ENTRY_MOST > meta_room(view->page_size))
      break;
    gc_list_add(list, GC_FRESH, GC_LOOSE_NUMBER, &run);
  }
}

static int list_by_plan(const struct copy_plan *plan, struct gc_list *list) {
  const struct snapshot *view = plan->txn->view;
  uint8_t *known = malloc(view->limit);
  if (!known)
    return MDBX_ENOMEM;
  for (pgno_t pgno = 0; pgno < view->limit; ++pgno)
    known[pgno] = plan->marks[pgno] != 0;
  const int rc = tree_is_empty(&plan->txn->gc) ? MDBX_SUCCESS : gc_visit(view, &plan->txn->gc, note_listed, known);
  if (rc == MDBX_SUCCESS)
    list_rest(view, known, list);
  free(known);
  return rc;
}

static int list_anew(MDBX_txn *txn, const struct copy_plan *plan, struct gc_list *list) {
  struct copy_plan *made = NULL;
  int rc = plan ? MDBX_SUCCESS : copy_plan_new(txn, &made);
  if (rc == MDBX_SUCCESS && !gc_list_set(list, NULL, 0, txn->view->page_size))
    rc = MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS)
    rc = list_by_plan(plan ? plan : made, list);
  copy_plan_free(made);
  return rc;
}

int copy_plan_list(MDBX_txn *txn, const struct copy_plan *plan, struct gc_list *list) {
  struct meta_page *page;
  size_t length;
  int rc = env_find_meta(txn->env, txn->view->txnid, &page);
  if (rc == MDBX_RESULT_TRUE)
    return list_anew(txn, plan, list);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint8_t *bytes = meta_list_of(page, &length);
  rc = gc_list_set(list, bytes, length, txn->view->page_size) ? MDBX_SUCCESS : MDBX_ENOMEM;
  free(page);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- judging */

static struct page_expectation expectation(const struct snapshot *view, pgno_t pgno) {
  return (struct page_expectation){.page_size = view->page_size,
                                   .pgno = pgno,
                                   .newest = view->newest,
                                   .limit = view->limit,
                                   .present = view->present,
                                   .seed = view->seed,
                                   .checksum_run_limit = UINT32_MAX};
}

int copy_check_page(const struct snapshot *view, pgno_t pgno, const struct page *page, bool whole) {
  struct page_expectation expected = expectation(view, pgno);
  if (!whole)
    expected.checksum_run_limit = 0;
  return page_check_bytes(page, &expected);
}

/* A run may be longer than the buffer; in the mapping all of it can be read. */
static int check_run(const struct copy_plan *plan, pgno_t pgno, const struct page *page) {
  const struct snapshot *view = plan->txn->view;
  const int rc = copy_check_page(view, pgno, snapshot_mapped(view, pgno), true);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (memcmp(page, snapshot_mapped(view, pgno), PAGE_HEADER) != 0)
    return snapshot_damage(view, "page %u: cannot be read twice alike", pgno);
  pgno_t pages = 1;
  while (pgno + pages < view->limit && MARK_FLAGS(plan->marks[pgno + pages]) == REST_OF_RUN)
    ++pages;
  if (page->run_pages != pages)
    return snapshot_damage(view, "page %u: a run of %u pages, its record says %u", pgno, page->run_pages, pages);
  return MDBX_SUCCESS;
}

static int check_one(const struct copy_plan *plan, pgno_t pgno, const struct page *page) {
  const struct snapshot *view = plan->txn->view;
  const uint32_t as = plan->marks[pgno];
  if (!as || MARK_FLAGS(as) == REST_OF_RUN)
    return MDBX_SUCCESS;
  int rc = MARK_FLAGS(as) == P_LARGE && page->flags == P_LARGE ? check_run(plan, pgno, page)
                                                               : copy_check_page(view, pgno, page, false);
  if (rc == MDBX_SUCCESS)
    rc = snapshot_check_meant(view, (struct page_ref){pgno, birth_bits(as)}, MARK_FLAGS(as), page);
  return rc;
}

int copy_plan_check(const struct copy_plan *plan, pgno_t first, const uint8_t *bytes, pgno_t pages) {
  const struct snapshot *view = plan->txn->view;
  int rc = MDBX_SUCCESS;
  for (pgno_t i = 0; i < pages && rc == MDBX_SUCCESS; ++i)
    rc = check_one(plan, first + i, (const struct page *)(const void *)(bytes + ((size_t)i << view->shift)));
  return rc;
}
