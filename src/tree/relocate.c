/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/relocate.h"

#include "base/assert.h"
#include "base/log.h"
#include "tree/values.h"

static bool may_go_on(const struct relocation *relocation) { return !relocation->exhausted && !relocation->full; }

/* Whether there are `pages` free pages, of which the first is below `pgno`. */
static bool has_room(struct relocation *relocation, uint64_t pages, pgno_t pgno) {
  const struct pgset *avail = &relocation->space->avail;
  if (!relocation->budget)
    relocation->exhausted = true;
  else if (avail->count < pages + relocation->spare || pgset_lowest(avail, 0) >= pgno)
    relocation->full = true;
  return may_go_on(relocation);
}

static void count_moved(struct relocation *relocation, uint64_t pages) {
  relocation->budget -= MIN_OF(relocation->budget, pages);
  relocation->moved += pages;
}

/* The number of pages of the path that earlier transactions wrote. */
static unsigned count_foreign(const struct relocation *relocation, const struct path *path) {
  unsigned count = 0;
  for (unsigned i = 0; i < path->depth; ++i)
    count += !space_owns(relocation->space, path->level[i].page);
  return count;
}

/* The highest page of the path that shall move, or PGNO_NONE. */
static pgno_t highest_foreign(const struct relocation *relocation, const struct path *path) {
  pgno_t highest = PGNO_NONE;
  for (unsigned i = 0; i < path->depth; ++i) {
    const struct page *page = path->level[i].page;
    if (!space_owns(relocation->space, page) && page->pgno >= relocation->line &&
        (highest == PGNO_NONE || page->pgno > highest))
      highest = page->pgno;
  }
  return highest;
}

static int touch(struct relocation *relocation, struct tree *tree, struct path *path) {
  ASSERT(path->depth == tree->record.depth);
  count_moved(relocation, count_foreign(relocation, path));
  return tree_touch_path(relocation->space, tree, path);
}

static uint8_t *item_bytes(const struct path *path) {
  struct leaf_item item;
  path_item(path, &item);
  return (uint8_t *)(uintptr_t)item.data;
}

/* --------------------------------------------------------------------------------------------------------- runs */

static int copy_run(struct relocation *relocation, struct path *path, struct large_ref *ref, const struct page *run) {
  ASSERT(path_leaf(path)->index < path_leaf(path)->page->count);
  struct space *space = relocation->space;
  struct page *copy;
  const int rc = space_new_run(space, ref->bytes, &copy);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (copy->pgno <= run->pgno && run->pgno - copy->pgno < copy->run_pages)
    return log_damage(MDBX_CORRUPTED, "page %u: in use, and listed as free", run->pgno);
  memcpy(page_body(copy), page_body(run), ref->bytes);
  ref->pgno = copy->pgno;
  ref->birth = birth_bits(copy->txnid);
  memcpy(item_bytes(path), ref, sizeof(*ref));
  count_moved(relocation, copy->run_pages);
  return space_retire(space, run);
}

static bool hole_below(const struct relocation *relocation, uint32_t pages, pgno_t pgno) {
  const pgno_t hole = pgset_find_run(&relocation->space->avail, pages);
  return hole != PGNO_NONE && hole < pgno;
}

static int note_stuck(struct relocation *relocation, pgno_t pgno, uint32_t pages) {
  if (!relocation->stuck_pages) {
    relocation->stuck = pgno;
    relocation->stuck_pages = pages;
  }
  return MDBX_SUCCESS;
}

static int move_run(struct relocation *relocation, struct tree *tree, struct path *path) {
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item_bytes(path), sizeof(ref));
  const uint32_t pages = run_pages_for(ref.bytes, relocation->space->view.page_size);
  if ((uint64_t)ref.pgno + pages <= relocation->line)
    return MDBX_SUCCESS;
  int rc = snapshot_run(&relocation->space->view, &ref, &run);
  if (rc != MDBX_SUCCESS || space_owns(relocation->space, run) || relocation->exhausted)
    return rc;
  if (!hole_below(relocation, pages, ref.pgno))
    return note_stuck(relocation, ref.pgno, pages);
  if (!has_room(relocation, (uint64_t)pages + path->depth, ref.pgno))
    return MDBX_SUCCESS;
  rc = touch(relocation, tree, path);
  /* The copies of the path's pages may have been taken from that hole. */
  if (rc != MDBX_SUCCESS || !hole_below(relocation, pages, ref.pgno))
    return rc;
  return copy_run(relocation, path, &ref, run);
}

/* -------------------------------------------------------------------------------------------------- trees in trees */

static int move_nested(struct relocation *relocation, struct tree *tree, struct path *path) {
  ASSERT(tree_is_multi(tree));
  struct tree nested;
  struct leaf_item item;
  struct nested_record record;
  path_item(path, &item);
  int rc = values_nested_tree(&relocation->space->view, tree, &item, &nested);
  nested.changed = false;
  if (rc == MDBX_SUCCESS)
    rc = tree_relocate(relocation, &nested);
  if (rc != MDBX_SUCCESS || !nested.changed)
    return rc;
  rc = touch(relocation, tree, path);
  if (rc != MDBX_SUCCESS)
    return rc;
  memcpy(&record, item_bytes(path), sizeof(record));
  record.root = nested.record.root;
  record.root_birth = nested.record.root_birth;
  memcpy(item_bytes(path), &record, sizeof(record));
  return MDBX_SUCCESS;
}

static int move_named(struct relocation *relocation, struct tree *main, struct path *path) {
  ASSERT(!tree_is_multi(main));
  struct tree named = {.changed = false};
  struct table_record record;
  struct leaf_item item;
  path_item(path, &item);
  if (item.data_length != sizeof(record))
    return log_damage(MDBX_CORRUPTED, "a table record has %u bytes", item.data_length);
  memcpy(&record, item.data, sizeof(record));
  int rc = tree_load(&named, &record, relocation->space->view.limit, "(named)");
  if (rc == MDBX_SUCCESS)
    rc = tree_relocate(relocation, &named);
  if (rc == MDBX_SUCCESS && named.changed)
    rc = touch(relocation, main, path);
  if (rc == MDBX_SUCCESS && named.changed)
    memcpy(item_bytes(path), &named.record, sizeof(named.record));
  tree_release(&named);
  return rc;
}

/* -------------------------------------------------------------------------------------------------------- leaves */

static int move_item(struct relocation *relocation, struct tree *tree, struct path *path) {
  struct leaf_item item;
  path_item(path, &item);
  if (item.kind == NODE_LARGE && !tree_is_multi(tree))
    return move_run(relocation, tree, path);
  if (item.kind != NODE_TREE)
    return MDBX_SUCCESS;
  return tree_is_multi(tree) ? move_nested(relocation, tree, path) : move_named(relocation, tree, path);
}

static int move_leaf(struct relocation *relocation, struct tree *tree, struct path *path) {
  ASSERT(path->depth > 0);
  if (++relocation->entered > relocation->space->view.limit)
    return log_damage(MDBX_CORRUPTED, "the trees have more pages than there are: some are in them twice");
  int rc = MDBX_SUCCESS;
  const pgno_t high = highest_foreign(relocation, path);
  if (high != PGNO_NONE && has_room(relocation, count_foreign(relocation, path), high))
    rc = touch(relocation, tree, path);
  if (leaf_is_array(path_leaf(path)->page))
    return rc;
  struct path_level *leaf = path_leaf(path);
  for (leaf->index = 0; rc == MDBX_SUCCESS && may_go_on(relocation) && leaf->index < leaf->page->count; ++leaf->index)
    rc = move_item(relocation, tree, path);
  return rc;
}

int tree_relocate(struct relocation *relocation, struct tree *tree) {
  ASSERT(tree_is_empty(tree) == (tree->record.depth == 0));
  struct path path;
  if (tree_is_empty(tree))
    return MDBX_SUCCESS;
  int rc = tree_first(&relocation->space->view, tree, &path);
  while (rc == MDBX_SUCCESS && may_go_on(relocation)) {
    rc = move_leaf(relocation, tree, &path);
    path_leaf(&path)->index = path_leaf(&path)->page->count;
    if (rc == MDBX_SUCCESS)
      rc = path_settle(&relocation->space->view, tree, &path);
  }
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}
