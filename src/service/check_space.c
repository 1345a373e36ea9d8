/* SPDX-License-Identifier: Apache-2.0 */
/* The stages of the check for everything outside the trees: the lists of free pages, and whether each page has exactly
 * one use. */
#include "service/check_parts.h"

/* A record of table 0, or of the list of the meta, and its place. */
struct free_record {
  struct check *check;
  const struct page *leaf; /* NULL: in the list */
  unsigned index;
  struct gc_key key;
};

static int seen_gc_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  const struct free_record *record = context;
  struct check *check = record->check;
  const bool is_free = gc_run_is_free(&record->key, birth);
  for (uint32_t i = 0; i < pages; ++i) {
    const enum page_use use = (enum page_use)check->use[pgno + i];
    if (use != PAGE_UNKNOWN && !record->leaf)
      report_issue(check->context, "page", pgno + i,
                   use == PAGE_USED ? "is in use, and listed as free" : "is listed as free twice",
                   "by the list of meta %u", check->meta);
    else if (use != PAGE_UNKNOWN)
      report_issue(check->context, "page", pgno + i,
                   use == PAGE_USED ? "is in use, and listed as free" : "is listed as free twice",
                   "table @GC: by record %u of page %u", record->index, record->leaf->pgno);
    check->use[pgno + i] = is_free ? PAGE_FREE : PAGE_WAITING;
  }
  if (is_free)
    check->context->result.reclaimable_pages += pages;
  return check_pause(check);
}

static void report_free_record(const struct free_record *record, const char *what) {
  report_issue(record->check->context, "page", record->leaf->pgno, "a record of free pages is damaged",
               "table @GC, record %u of the page: %s", record->index, what);
  record->check->unreached = true;
}

struct free_walk {
  struct tree_visitor visitor;
  struct check *check;
};

static int look_at_free_record(struct check *check, const struct page *leaf, unsigned index,
                               const struct leaf_item *item) {
  struct free_record record = {.check = check, .leaf = leaf, .index = index};
  if (item->kind != NODE_PLAIN || !gc_key_decode(item->key, item->key_length, &record.key)) {
    report_free_record(&record, "its key is none of this table");
    return MDBX_SUCCESS;
  }
  if (record.key.kind != GC_FREE && record.key.number > check->view.txnid)
    report_issue(check->context, "page", leaf->pgno, "a record is of a transaction to come",
                 "table @GC, record %u of the page: %llu, the snapshot is of %llu", index,
                 (unsigned long long)record.key.number, (unsigned long long)check->view.txnid);
  const int rc = gc_record_decode(&record.key, item->data, item->data_length, check->view.page_size, check->view.limit,
                                  seen_gc_run, &record);
  if (rc != MDBX_CORRUPTED)
    return rc;
  report_free_record(&record, check->context->internal->last_damage);
  return MDBX_SUCCESS;
}

static int check_free_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                             const struct leaf_item *item) {
  struct check *check = ((struct free_walk *)visitor)->check;
  const MDBX_val key = val_of(item->key, item->key_length);
  check->context->internal->key = &key;
  const int rc = look_at_free_record(check, leaf, index, item);
  check->context->internal->key = NULL;
  return rc;
}

static int seen_list_entry(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct free_record record = {.check = context, .key = *key};
  return seen_gc_run(&record, pgno, pages, birth);
}

/* Errors in its bytes were reported with the meta. */
static int check_list(struct check *check) {
  size_t length;
  const uint8_t *list = meta_list_of(check->meta_page, &length);
  return gc_visit_list(&check->view, list, length, seen_list_entry, check);
}

int check_free_lists(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  struct tree tree = check->txn->gc;
  struct free_walk walk = {
      .visitor = {.page = check_pass_page, .record = check_free_record, .damage = check_skip_damage}, .check = check};
  int rc = report_stage_begin(context, MDBX_chk_gc, &context->result.gc_tree_problems);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned depth = tree_is_empty(&tree) ? 0 : check_real_depth(check, tree.record.root);
  tree.record.depth = depth ? (uint8_t)depth : tree.record.depth;
  context->scope->object = check->tables[0];
  rc = tree_walk(&check->view, &tree, &walk.visitor);
  context->scope->object = NULL;
  if (rc == MDBX_SUCCESS)
    rc = check_list(check);
  return report_stage_end(context, MDBX_chk_gc, rc);
}

int check_uses(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  size_t counts[4] = {0};
  int rc = report_stage_begin(context, MDBX_chk_space, &context->result.problems_gc);
  if (rc != MDBX_SUCCESS)
    return rc;
  for (pgno_t pgno = PGNO_FIRST; pgno < check->view.limit; ++pgno) {
    counts[check->use[pgno]] += 1;
    if (check->use[pgno] == PAGE_UNKNOWN && !check->unreached)
      report_issue(context, "page", pgno, "is neither used nor listed as free", NULL);
  }
  if (check->unreached && counts[PAGE_UNKNOWN])
    report_line(context, MDBX_chk_notice,
                "%zu pages are neither used nor listed as free: what is damaged may lead to them",
                counts[PAGE_UNKNOWN]);
  context->result.alloc_pages = check->view.limit;
  context->result.backed_pages = check->txn->geometry.now;
  context->result.unused_pages = counts[PAGE_FREE] + counts[PAGE_WAITING];
  context->result.total_unused_bytes = context->result.unused_pages << check->view.shift;
  report_line(context, MDBX_chk_resolution,
              "pages: %u below the end, %zu used, %zu free, %zu waiting for readers or the next commit",
              check->view.limit, counts[PAGE_USED] + META_COUNT, counts[PAGE_FREE], counts[PAGE_WAITING]);
  return report_stage_end(context, MDBX_chk_space, rc);
}
