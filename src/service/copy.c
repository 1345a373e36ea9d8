/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copying a snapshot.
 *
 * As is: the file's bytes, page for page; pages that are free in the snapshot may change while they are read, which
 * does no harm, and are not verified (service/copy_plan.h). Compacting: the trees are walked twice in the same order:
 * once to give every page its new number, once to write it with the numbers changed. The output is strictly sequential,
 * so it may be a pipe.
 */
#include "service/copy.h"

#include "base/log.h"
#include "format/hash.h"
#include "service/copy_plan.h"
#include "txn/table.h"

#include <stdio.h>
#include <stdlib.h>

/* --------------------------------------------------------------------------------------------------------- metas */

void copy_compose_meta(const struct copying *copying, struct meta *meta, pgno_t next) {
  const MDBX_txn *txn = copying->txn;
  struct geometry geometry = txn->geometry;
  memset(meta, 0, sizeof(*meta));
  memcpy(meta->database_id, txn->env->database_id, sizeof(meta->database_id));
  memcpy(meta->boot_id, txn->env->boot_id, sizeof(meta->boot_id));
  meta->kind = META_STEADY;
  if ((copying->flags & MDBX_CP_FORCE_DYNAMIC_SIZE) && !geometry.grow) {
    geometry.lower = META_COUNT;
    geometry.upper = (pgno_t)(geometry_dbsize_max(geometry.page_size) / geometry.page_size);
    geometry.grow = 16;
    geometry.shrink = 32;
  }
  const pgno_t system = (pgno_t)MAX_OF(os_page_size() / copying->view->page_size, 1);
  geometry.now = (pgno_t)ceil_to(MAX_OF(next, geometry.lower), system);
  geometry.upper = MAX_OF(geometry.upper, geometry.now);
  meta_set_geometry(meta, &geometry);
  meta->next = next;
  meta_set_canary(meta, &txn->canary);
  meta->retired = txn->retired;
}

/* The list belongs to the snapshot; the other metas have none. Metas of ids before the first transaction are blank. */
static int append_metas(struct copying *copying, const struct meta *meta, const struct gc_list *list) {
  const struct meta_tail tail = {NULL, 0, list ? list->bytes : NULL, list ? list->length : 0};
  const uint32_t page_size = (uint32_t)copying->view->page_size;
  struct meta_page *page = malloc(page_size);
  if (!page)
    return MDBX_ENOMEM;
  int rc = MDBX_SUCCESS;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot) {
    const txnid_t before = META_COUNT - 1 - slot;
    if (copying->view->txnid > before)
      meta_build(page, page_size, slot, copying->view->txnid - before, meta, before ? NULL : &tail);
    else
      memset(page, 0, page_size);
    rc = copy_append(copying, page, page_size);
  }
  free(page);
  return rc;
}

static int finish_length(struct copying *copying, const struct meta *meta, pgno_t written) {
  const int rc = copy_append(copying, NULL, (size_t)(meta->now - written) << copying->view->shift);
  return rc == MDBX_SUCCESS ? copy_flush(copying) : rc;
}

/* --------------------------------------------------------------------------------------------------------- as is */

/* Reads one piece of the file into the buffer. */
static int read_pages(struct copying *copying, const struct copy_plan *plan, pgno_t pgno, pgno_t *pages) {
  const unsigned shift = copying->view->shift;
  uint8_t *at = copying->buffer + copying->filled;
  const size_t length = MIN_OF((size_t)(copying->view->limit - pgno) << shift, (size_t)(COPY_CHUNK - copying->filled));
  size_t got = 0;
  int rc = os_pread_full(copying->txn->env->fd, at, length, (uint64_t)pgno << shift, &got);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* If the snapshot was pinned during the read, an invalid page is damage; if not, a writer may have changed it. */
  if (snapshot_is_lost(copying->view))
    return MDBX_BAD_TXN;
  memset(at + got, 0, length - got);
  copying->filled += length;
  *pages = (pgno_t)(length >> shift);
  return plan ? copy_plan_check(plan, pgno, at, *pages) : MDBX_SUCCESS;
}

/* The newest of three metas in a copy is the snapshot; the other two, with lower ids, are never believed, because their
 * pages are missing. */
static int write_as_is(struct copying *copying, const struct copy_plan *plan, const struct gc_list *list) {
  struct meta meta;
  pgno_t pages = 0;
  copy_compose_meta(copying, &meta, copying->view->limit);
  meta_set_gc(&meta, &copying->txn->gc.record);
  meta.main = copying->txn->main.record;
  meta.copy_of = copying->view->txnid ^ copying->txn->branch;
  int rc = copy_expect(copying, (uint64_t)meta.now << copying->view->shift);
  if (rc == MDBX_SUCCESS)
    rc = append_metas(copying, &meta, list);
  for (pgno_t pgno = META_COUNT; pgno < copying->view->limit && rc == MDBX_SUCCESS; pgno += pages) {
    rc = read_pages(copying, plan, pgno, &pages);
    if (rc == MDBX_SUCCESS && copying->filled == COPY_CHUNK)
      rc = copy_flush(copying);
  }
  return rc == MDBX_SUCCESS ? finish_length(copying, &meta, meta.next) : rc;
}

static int copy_as_is(struct copying *copying) {
  struct copy_plan *plan = NULL;
  struct gc_list list = {NULL, 0, 0};
  int rc = copying->flags & MDBX_CP_NO_VERIFY ? MDBX_SUCCESS : copy_plan_new(copying->txn, &plan);
  if (rc == MDBX_SUCCESS)
    rc = copy_plan_list(copying->txn, plan, &list);
  if (rc == MDBX_SUCCESS)
    rc = write_as_is(copying, plan, &list);
  free(list.bytes);
  copy_plan_free(plan);
  return rc;
}

/* ----------------------------------------------------------------------------------------------------- compacting */

/* New numbers, by old number; written in the order they are given out. */
struct compaction {
  struct copying *copying;
  pgno_t *numbers;
  pgno_t next;
  struct page *scratch;
  int (*page)(struct compaction *compaction, const struct page *page, uint32_t pages);
};

static pgno_t new_pgno_of(const struct compaction *compaction, const struct page *page) {
  const struct snapshot *view = compaction->copying->view;
  return (pgno_t)((size_t)((const uint8_t *)page - view->base) >> view->shift);
}

static int number_page(struct compaction *compaction, const struct page *page, uint32_t pages) {
  const pgno_t pgno = new_pgno_of(compaction, page);
  if (compaction->numbers[pgno])
    return snapshot_damage(compaction->copying->view, "page %u is used twice", pgno);
  compaction->numbers[pgno] = compaction->next;
  compaction->next += pages;
  return MDBX_SUCCESS;
}

/* A page may have changed since it was checked, so the number may be anything. */
static pgno_t new_number(const struct compaction *compaction, pgno_t pgno) {
  return pgno < compaction->copying->view->limit ? compaction->numbers[pgno] : 0;
}

/* The birth does not change. */
static struct page_ref renumbered(const struct compaction *compaction, struct page_ref ref) {
  return (struct page_ref){new_number(compaction, ref.pgno), ref.birth};
}

static void renumber_children(const struct compaction *compaction, struct page *page) {
  for (unsigned i = 0; i < page->count; ++i)
    branch_set_child(page, i, renumbered(compaction, branch_child(page, i)));
}

/* Where the root of a tree is in its record: of a named table, or of the values of a key. */
static size_t root_offset(const struct leaf_item *item) {
  return item->data_length == sizeof(struct nested_record) ? offsetof(struct nested_record, root)
                                                           : offsetof(struct table_record, root);
}

/* References of a leaf: runs, and the roots of named tables and nested trees. */
static void renumber_records(const struct compaction *compaction, struct page *page) {
  for (unsigned i = 0; i < page->count; ++i) {
    struct leaf_item item;
    leaf_get(page, i, &item);
    uint8_t *data = (uint8_t *)(uintptr_t)item.data;
    if (item.kind == NODE_LARGE) {
      put_u32(data, new_number(compaction, get_u32(data)));
    } else if (item.kind == NODE_TREE) {
      const size_t at = root_offset(&item);
      const pgno_t root = get_u32(data + at);
      if (root != PGNO_NONE)
        put_u32(data + at, new_number(compaction, root));
    }
  }
}

/* The page gets a new checksum, which covers the number too, so damage must be detected now; later nobody could find
 * it. */
static bool verifies(const struct compaction *compaction) { return !(compaction->copying->flags & MDBX_CP_NO_VERIFY); }

static int write_run(struct compaction *compaction, const struct page *page, uint32_t pages) {
  struct copying *copying = compaction->copying;
  const struct snapshot *view = copying->view;
  const pgno_t pgno = new_pgno_of(compaction, page);
  const size_t bytes = (size_t)pages << view->shift;
  /* Checks the length first, because the file may end before the run. */
  int rc = copy_check_page(view, pgno, page, false);
  struct page *run = rc == MDBX_SUCCESS ? malloc(bytes) : NULL;
  if (!run)
    return rc == MDBX_SUCCESS ? MDBX_ENOMEM : rc;
  memcpy(run, page, bytes);
  rc = snapshot_is_lost(view) ? MDBX_BAD_TXN : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = copy_check_page(view, pgno, run, verifies(compaction) && run->run_pages == pages);
  if (rc == MDBX_SUCCESS && (run->flags != P_LARGE || run->run_pages != pages))
    rc = snapshot_damage(view, "page %u: changes while it is copied", pgno);
  if (rc == MDBX_SUCCESS) {
    memset((uint8_t *)run + PAGE_HEADER + run->run_bytes, 0, bytes - PAGE_HEADER - run->run_bytes);
    run->pgno = compaction->numbers[pgno];
    run->checksum = page_checksum(run, view->page_size, view->seed);
    rc = copy_append(copying, run, bytes);
  }
  free(run);
  return rc;
}

static int write_numbered(struct compaction *compaction, const struct page *page, uint32_t pages) {
  struct copying *copying = compaction->copying;
  const struct snapshot *view = copying->view;
  struct page *scratch = compaction->scratch;
  const pgno_t pgno = new_pgno_of(compaction, page);
  if (page->flags == P_LARGE)
    return write_run(compaction, page, pages);
  memcpy(scratch, page, view->page_size);
  if (snapshot_is_lost(view))
    return MDBX_BAD_TXN;
  const int rc = verifies(compaction) ? copy_check_page(view, pgno, scratch, false) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return rc;
  scratch->pgno = compaction->numbers[pgno];
  if (scratch->flags & P_BRANCH)
    renumber_children(compaction, scratch);
  else
    renumber_records(compaction, scratch);
  scratch->checksum = page_checksum(scratch, view->page_size, view->seed);
  return copy_append(copying, scratch, view->page_size);
}

struct compact_walk {
  struct tree_visitor visitor;
  const struct tree *tree;
  bool has_tables;
  struct compaction *compaction;
};

static int walk_table(struct compaction *compaction, const struct tree *tree, bool has_tables);

static int on_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  struct compaction *compaction = ((struct compact_walk *)visitor)->compaction;
  (void)level;
  return compaction->page(compaction, page, 1);
}

static int on_run(struct tree_visitor *visitor, const struct page *run) {
  struct compaction *compaction = ((struct compact_walk *)visitor)->compaction;
  return compaction->page(compaction, run, run->run_pages);
}

static int on_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                     const struct leaf_item *item) {
  const struct compact_walk *walk = (const struct compact_walk *)visitor;
  struct compaction *compaction = walk->compaction;
  struct tree tree;
  MDBX_dbi dbi;
  (void)index;
  if (item->kind != NODE_TREE || visitor->nested || tree_is_multi(walk->tree))
    return MDBX_SUCCESS;
  if (!walk->has_tables)
    return snapshot_damage(compaction->copying->view, "page %u: a table other than the main one has a table",
                           leaf->pgno);
  int rc = table_of_record(compaction->copying->txn, item, &tree, &dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = walk_table(compaction, &tree, false);
  tree_release(&tree);
  return rc;
}

static int walk_table(struct compaction *compaction, const struct tree *tree, bool has_tables) {
  struct compact_walk walk = {.visitor = {.page = on_page, .run = on_run, .record = on_record},
                              .tree = tree,
                              .has_tables = has_tables,
                              .compaction = compaction};
  return tree_walk(compaction->copying->view, tree, &walk.visitor);
}

/* Its pages have other numbers than those of the snapshot, so no increment of the database fits. All compacting copies
 * of one snapshot are equal. */
static uint64_t compacted_branch(const struct copying *copying) {
  const MDBX_txn *txn = copying->txn;
  const uint64_t what[] = {txn->env->database_id[0], txn->env->database_id[1], copying->view->txnid, txn->branch};
  return (hash_of(what, sizeof(what), BRANCH_BIT) & ~BRANCH_MARK) | BRANCH_BIT;
}

static int write_compacted(struct compaction *compaction, struct meta *meta) {
  struct copying *copying = compaction->copying;
  const struct tree *main = &copying->txn->main;
  compaction->page = number_page;
  int rc = walk_table(compaction, main, true);
  if (rc != MDBX_SUCCESS)
    return rc;
  copy_compose_meta(copying, meta, compaction->next);
  meta->copy_of = copying->view->txnid ^ compacted_branch(copying);
  meta->gc = (struct gc_record){.root = PGNO_NONE};
  meta->main = main->record;
  if (!tree_is_empty(main))
    meta->main.root = compaction->numbers[main->record.root];
  rc = copy_expect(copying, (uint64_t)meta->now << copying->view->shift);
  if (rc == MDBX_SUCCESS)
    rc = append_metas(copying, meta, NULL);
  compaction->page = write_numbered;
  if (rc == MDBX_SUCCESS)
    rc = walk_table(compaction, main, true);
  return rc == MDBX_SUCCESS ? finish_length(copying, meta, compaction->next) : rc;
}

static int copy_compacted(struct copying *copying) {
  struct compaction compaction = {.copying = copying, .next = META_COUNT};
  struct meta meta;
  compaction.numbers = calloc(copying->view->limit, sizeof(pgno_t));
  compaction.scratch = malloc(copying->view->page_size);
  const int rc = compaction.numbers && compaction.scratch ? write_compacted(&compaction, &meta) : MDBX_ENOMEM;
  free(compaction.numbers);
  free(compaction.scratch);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------ the whole */

int copy_to_fd(MDBX_txn *txn, int fd, unsigned flags) {
  struct copying copying;
  int rc = copy_stream_open(&copying, txn, fd, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  log_set_damage_file(txn->env->data_path);
  rc = flags & MDBX_CP_COMPACT ? copy_compacted(&copying) : copy_as_is(&copying);
  log_set_damage_file(NULL);
  return copy_stream_close(&copying, rc);
}

/* A user who may not read the database must not be able to read its copy: a new file gets no more permissions than the
 * data file. */
static int write_file(MDBX_txn *txn, const char *path, enum os_open_mode how, unsigned flags, copy_function *copy,
                      const void *context) {
  mode_t mode;
  int fd, rc = os_file_mode(txn->env->fd, &mode);
  if (rc == MDBX_SUCCESS)
    rc = os_open(path, how, mode & 0666, &fd);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = copy(txn, fd, flags, context);
  os_close(fd);
  return rc;
}

/* A name that nobody could predict and that does not exist. */
static int name_draft(const char *path, char **draft) {
  uint64_t number;
  const size_t size = strlen(path) + sizeof("-new-0123456789abcdef");
  const int rc = os_random_bytes(&number, sizeof(number));
  *draft = rc == MDBX_SUCCESS ? malloc(size) : NULL;
  if (*draft)
    snprintf(*draft, size, "%s-new-%016llx", path, (unsigned long long)number);
  return rc == MDBX_SUCCESS && !*draft ? MDBX_ENOMEM : rc;
}

/* Writes under a temporary name first: the old file stays until the new one is complete, and programs that have it open
 * keep it. */
static int replace_file(MDBX_txn *txn, const char *path, unsigned flags, copy_function *copy, const void *context) {
  char *draft;
  int rc = name_draft(path, &draft);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = write_file(txn, draft, OS_OPEN_CREATE_NEW, flags, copy, context);
  if (rc == MDBX_EEXIST) {
    free(draft);
    return rc;
  }
  if (rc == MDBX_SUCCESS)
    rc = os_rename(draft, path);
  if (rc == MDBX_SUCCESS && !(flags & MDBX_CP_DONT_FLUSH))
    rc = os_sync_parent(path);
  else if (rc != MDBX_SUCCESS)
    os_unlink(draft);
  free(draft);
  return rc;
}

static int write_new(MDBX_txn *txn, const char *path, unsigned flags, copy_function *copy, const void *context) {
  const int rc = write_file(txn, path, OS_OPEN_CREATE_NEW, flags, copy, context);
  if (rc != MDBX_SUCCESS && rc != MDBX_EEXIST)
    os_unlink(path);
  return rc;
}

static bool is_file(const char *path, const struct os_file_id *id) {
  struct os_file_id there;
  return os_path_id(path, &there) == MDBX_SUCCESS && os_file_id_equal(&there, id);
}

/* Refuses to write the copy over the database or its lock file. */
static int refuse_own_files(const MDBX_env *env, const char *path) {
  struct os_file_id data, lock;
  const int rc = os_file_id(env->fd, &data);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (is_file(path, &data))
    return log_damage(MDBX_EINVAL, "%s: a copy cannot take the place of the database itself", path);
  if (os_path_id(env->lock_path, &lock) == MDBX_SUCCESS && is_file(path, &lock))
    return log_damage(MDBX_EINVAL, "%s: a copy cannot take the place of the lock file", path);
  return MDBX_SUCCESS;
}

int copy_into_path(MDBX_txn *txn, const char *path, unsigned flags, copy_function *copy, const void *context) {
  enum os_target kind;
  char *real;
  if (!path || !*path)
    return MDBX_EINVAL;
  int rc = os_path_target(path, &kind, &real);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (kind != OS_TARGET_NEW)
    rc = flags & MDBX_CP_OVERWRITE ? refuse_own_files(txn->env, real) : MDBX_EEXIST;
  if (rc != MDBX_SUCCESS) {
    free(real);
    return rc;
  }
  if (kind == OS_TARGET_NEW)
    rc = write_new(txn, real, flags, copy, context);
  else if (kind == OS_TARGET_FILE)
    rc = replace_file(txn, real, flags, copy, context);
  else
    rc = write_file(txn, real, OS_OPEN_THROUGH, flags, copy, context);
  free(real);
  return rc;
}

static int copy_whole(MDBX_txn *txn, int fd, unsigned flags, const void *context) {
  (void)context;
  return copy_to_fd(txn, fd, flags);
}

int copy_to_path(MDBX_txn *txn, const char *path, unsigned flags) {
  return copy_into_path(txn, path, flags, copy_whole, NULL);
}
