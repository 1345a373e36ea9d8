/* SPDX-License-Identifier: Apache-2.0 */
/* Writing increments; see increment.h. */
#include "service/increment.h"

#include "base/log.h"
#include "service/copy.h"
#include "service/copy_plan.h"
#include "txn/table.h"

#include <stdlib.h>

struct since {
  struct tree_visitor visitor;
  const struct tree *tree;
  bool has_tables;
  struct copying *copying;
  txnid_t base;
  uint64_t *pages;
};

static void add_to_digest(void *context, const void *bytes, size_t length) {
  increment_digest_add(context, bytes, length);
}

static int verify(const struct copying *copying, const struct page *page) {
  const struct snapshot *view = copying->view;
  const pgno_t pgno = (pgno_t)((size_t)((const uint8_t *)page - view->base) >> view->shift);
  const bool verifies = !(copying->flags & MDBX_CP_NO_VERIFY);
  /* Always checks the length of a run, because the file may end before it. */
  return verifies || page->flags == P_LARGE ? copy_check_page(view, pgno, page, verifies) : MDBX_SUCCESS;
}

static int append_pages(const struct since *since, const struct page *page, uint32_t pages) {
  const struct increment_record record = {page->pgno, pages};
  int rc = verify(since->copying, page);
  if (rc == MDBX_SUCCESS)
    rc = copy_append(since->copying, &record, sizeof(record));
  *since->pages += pages;
  return rc == MDBX_SUCCESS ? copy_append(since->copying, page, (size_t)pages << since->copying->view->shift) : rc;
}

/* Nothing below an old page is new. */
static int on_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  const struct since *since = (const struct since *)visitor;
  (void)level;
  return page->txnid <= since->base ? MDBX_RESULT_TRUE : append_pages(since, page, 1);
}

static int on_run(struct tree_visitor *visitor, const struct page *run) {
  const struct since *since = (const struct since *)visitor;
  return run->txnid <= since->base ? MDBX_SUCCESS : append_pages(since, run, run->run_pages);
}

static int walk_table(const struct since *outer, const struct tree *tree, bool has_tables);

static int on_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                     const struct leaf_item *item) {
  const struct since *since = (const struct since *)visitor;
  struct tree tree;
  MDBX_dbi dbi;
  (void)leaf, (void)index;
  if (item->kind != NODE_TREE || !since->has_tables || visitor->nested || tree_is_multi(since->tree))
    return MDBX_SUCCESS;
  int rc = table_of_record(since->copying->txn, item, &tree, &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = walk_table(since, &tree, false);
  tree_release(&tree);
  return rc;
}

/* Only the main table has tables: in a damaged file a table may seem to have itself. */
static int walk_table(const struct since *outer, const struct tree *tree, bool has_tables) {
  struct since since = *outer;
  since.visitor = (struct tree_visitor){.page = on_page, .run = on_run, .record = on_record};
  since.tree = tree;
  since.has_tables = has_tables;
  return tree_walk(since.copying->view, tree, &since.visitor);
}

static int append_header(struct copying *copying, txnid_t base) {
  struct increment_header header = {.page_size = (uint32_t)copying->view->page_size,
                                    .base = base,
                                    .txnid = copying->view->txnid,
                                    .branch = copying->txn->branch};
  memcpy(header.database_id, copying->txn->env->database_id, sizeof(header.database_id));
  increment_header_seal(&header);
  return copy_append(copying, &header, sizeof(header));
}

/* The digest covers everything flushed so far. */
static int append_end(struct copying *copying, uint64_t pages, const struct gc_list *list) {
  const struct increment_record end = {0, 0};
  struct increment_trailer trailer = {.pages = pages, .list_length = list->length};
  copy_compose_meta(copying, &trailer.meta, copying->view->limit);
  meta_set_gc(&trailer.meta, &copying->txn->gc.record);
  trailer.meta.main = copying->txn->main.record;
  trailer.meta.copy_of = copying->view->txnid ^ copying->txn->branch;
  int rc = copy_append(copying, &end, sizeof(end));
  if (rc == MDBX_SUCCESS)
    rc = copy_append(copying, &trailer, sizeof(trailer));
  if (rc == MDBX_SUCCESS && list->length)
    rc = copy_append(copying, list->bytes, list->length);
  if (rc == MDBX_SUCCESS)
    rc = copy_flush(copying);
  const uint64_t checksum = increment_digest_value(copying->digest_context);
  if (rc == MDBX_SUCCESS)
    rc = copy_append(copying, &checksum, sizeof(checksum));
  return rc == MDBX_SUCCESS ? copy_flush(copying) : rc;
}

static int write_all(struct copying *copying, txnid_t base) {
  uint64_t pages = 0;
  const struct since since = {.copying = copying, .base = base, .pages = &pages};
  struct gc_list list = {NULL, 0, 0};
  int rc = copy_plan_list(copying->txn, NULL, &list); /* now, while the meta is probably not overwritten yet */
  if (rc == MDBX_SUCCESS)
    rc = copy_expect(copying, 0);
  if (rc == MDBX_SUCCESS)
    rc = append_header(copying, base);
  if (rc == MDBX_SUCCESS)
    rc = walk_table(&since, &copying->txn->gc, false);
  if (rc == MDBX_SUCCESS)
    rc = walk_table(&since, &copying->txn->main, true);
  if (rc == MDBX_SUCCESS)
    rc = append_end(copying, pages, &list);
  free(list.bytes);
  return rc;
}

int increment_to_fd(MDBX_txn *txn, txnid_t base, int fd, unsigned flags) {
  struct copying copying;
  if (base > txn->snapshot.txnid)
    return MDBX_EINVAL;
  int rc = copy_stream_open(&copying, txn, fd, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  copying.digest_context = increment_digest_new();
  copying.digest = add_to_digest;
  log_set_damage_file(txn->env->data_path);
  rc = copying.digest_context ? write_all(&copying, base) : MDBX_ENOMEM;
  log_set_damage_file(NULL);
  increment_digest_free(copying.digest_context);
  return copy_stream_close(&copying, rc);
}

static int write_increment(MDBX_txn *txn, int fd, unsigned flags, const void *context) {
  return increment_to_fd(txn, *(const txnid_t *)context, fd, flags);
}

int increment_to_path(MDBX_txn *txn, txnid_t base, const char *path, unsigned flags) {
  return base > txn->snapshot.txnid ? MDBX_EINVAL : copy_into_path(txn, path, flags, write_increment, &base);
}
