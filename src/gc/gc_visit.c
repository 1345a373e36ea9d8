/* SPDX-License-Identifier: Apache-2.0 */
/* Shows all free pages that a snapshot lists. */
#include "gc/gc.h"

#include "gc/gc_find.h"

struct visiting {
  const struct gc_key *key;
  gc_each_record each;
  void *context;
};

static int visit_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  const struct visiting *visiting = context;
  return visiting->each(visiting->context, visiting->key, pgno, pages, birth);
}

static int visit_on(const struct snapshot *snapshot, const struct tree *tree, struct path *path, gc_each_record each,
                    void *context) {
  struct gc_key before = {0, 0, 0};
  int rc = MDBX_SUCCESS;
  while (rc == MDBX_SUCCESS) {
    struct gc_found found;
    rc = gc_found_at(path, &found);
    if (rc == MDBX_SUCCESS && gc_key_compare(&found.key, &before) <= 0)
      rc = gc_bad_order(&found.key);
    if (rc != MDBX_SUCCESS)
      return rc;
    before = found.key;
    struct visiting visiting = {&found.key, each, context};
    rc = gc_record_decode(&found.key, found.bytes, found.length, snapshot->page_size, snapshot->limit, visit_run,
                          &visiting);
    if (rc == MDBX_SUCCESS)
      rc = path_next(snapshot, tree, path);
  }
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

int gc_visit(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context) {
  struct path path;
  const int rc = tree_first(snapshot, tree, &path);
  return rc == MDBX_SUCCESS ? visit_on(snapshot, tree, &path, each, context) : rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

struct visiting_list {
  gc_each_record each;
  void *context;
};

static int visit_entry(void *context, const struct meta_list_record *record, const struct meta_list_entry *entry) {
  const struct visiting_list *visiting = context;
  const struct gc_key key = {record->kind, record->number, 0};
  return visiting->each(visiting->context, &key, entry->pgno, entry->pages, entry->birth);
}

int gc_visit_list(const struct snapshot *snapshot, const uint8_t *list, size_t length, gc_each_record each,
                  void *context) {
  struct visiting_list visiting = {each, context};
  return meta_list_visit(list, length, snapshot->txnid, snapshot->limit, visit_entry, &visiting);
}

int gc_visit_retired(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context) {
  uint8_t bytes[GC_KEY_SIZE];
  struct seek_key key;
  struct path path;
  bool exact;
  gc_key_prepare(&(struct gc_key){GC_FRESH, 0, 0}, bytes, &key);
  int rc = tree_seek(snapshot, tree, &key, &path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = path_settle(snapshot, tree, &path);
  return rc == MDBX_SUCCESS ? visit_on(snapshot, tree, &path, each, context) : rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}
