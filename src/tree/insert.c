/* SPDX-License-Identifier: Apache-2.0 */
/* Putting records into a tree. Before any page of the tree changes, every page on the way to it is made writable from
 * the root down, so that a parent can take the new number of its child. */
#include "tree/recent.h"

#include "base/assert.h"
#include "space/ahead.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

static void set_child(const struct space *space, struct tree *tree, const struct path *path, unsigned level,
                      const struct page *child) {
  ASSERT(level < path->depth);
  if (level == 0)
    tree_set_root(tree, page_ref(child));
  else
    branch_set_child(space_writable(space, path->level[level - 1].page), path->level[level - 1].index, page_ref(child));
}

/* A damaged list of free pages may contain pages of this path. With WRITEMAP their bytes change at once: a run
 * allocated after the descent may overlap the path. */
static int check_level(const struct space *space, const struct tree *tree, const struct path *path, unsigned level) {
  ASSERT(space->writemap && level < path->depth);
  const struct path_level *above = level ? &path->level[level - 1] : NULL;
  const struct page *page;
  return snapshot_tree_page(&space->view, above ? branch_child(above->page, above->index) : tree_root(tree),
                            tree_page_type(tree, level + 1 == path->depth), &page);
}

/* The copy of the page at `level` must not have the number of that page or of one below it. */
static int check_copy(const struct path *path, unsigned level, const struct page *copy) {
  ASSERT(level < path->depth);
  for (unsigned i = level; i < path->depth; ++i)
    if (path->level[i].page->pgno == copy->pgno)
      return log_damage(MDBX_CORRUPTED, "page %u: in use, and listed as free", copy->pgno);
  return MDBX_SUCCESS;
}

static inline void mark_changed(const struct space *space, struct tree *tree) {
  tree->changed = true;
  tree->record.mod_txnid = space->view.txnid;
}

int tree_touch_path(struct space *space, struct tree *tree, struct path *path) {
  ASSERT(path->depth <= TREE_DEPTH_MAX && path->depth == tree->record.depth);
  mark_changed(space, tree);
  if (recent_has(space, tree, path))
    return MDBX_SUCCESS;
  for (unsigned i = 0; i < path->depth; ++i) {
    struct page *writable;
    int rc = space->writemap ? check_level(space, tree, path, i) : MDBX_SUCCESS;
    if (rc != MDBX_SUCCESS)
      return rc;
    const pgno_t before = path->level[i].page->pgno;
    const bool own = space_owns(space, path->level[i].page);
    rc = space_touch(space, path->level[i].page, &writable);
    if (rc == MDBX_SUCCESS && !own)
      rc = check_copy(path, i, writable);
    if (rc != MDBX_SUCCESS)
      return rc;
    ASSERT(space_owns(space, writable));
    path->level[i].page = writable;
    if (writable->pgno != before)
      set_child(space, tree, path, i, writable);
  }
  VERIFY(tree_verify_path(space, tree, path));
  recent_note(space, tree, path);
  return MDBX_SUCCESS;
}

static int plant_root(struct space *space, struct tree *tree, struct path *path) {
  struct page *page;
  ASSERT(tree_is_empty(tree) && tree->record.depth == 0);
  const int rc = space_new_page(space, tree_page_flags(tree, true), &page);
  if (rc != MDBX_SUCCESS)
    return rc;
  tree_set_root(tree, page_ref(page));
  tree->record.depth = 1;
  tree->record.leaf_pages = 1;
  path->depth = 1;
  path->level[0] = (struct path_level){page, 0};
  return MDBX_SUCCESS;
}

/* Splits the leaf and remembers the path: the next record probably follows this one. */
static int split_leaf(struct change *change) {
  const int rc = change_split_leaf(change);
  if (rc == MDBX_SUCCESS)
    recent_note(change->space, change->tree, change->path);
  return rc;
}

/* For assertions. */
__attribute__((unused)) static inline bool lies_in_body(const struct page *page, const struct change *change) {
  return change->data >= page_body(page) &&
         change->data + change->length <= page_body(page) + body_size(change->space->view.page_size);
}

static inline bool fits_page(const struct page *leaf, const struct change *change) {
  return page_room(leaf) >= leaf_bytes_for(leaf, change->key->length, change->length);
}

/* Inserts into a writable leaf that has room. */
static inline void insert_record(struct change *change, struct page *leaf, unsigned at) {
  ASSERT(at <= leaf->count && fits_page(leaf, change));
  change->data = leaf_insert(leaf, change->tree->rules.order, at, change->key, change->kind, change->length);
  ASSERT(lies_in_body(leaf, change));
  VERIFY(tree_verify_leaf(change->space, leaf, change->kind));
}

/* The path is writable. */
static int insert_into_leaf(struct change *change) {
  const struct path_level *level = path_leaf(change->path);
  struct page *leaf = space_writable(change->space, level->page);
  if (!fits_page(leaf, change))
    return split_leaf(change);
  insert_record(change, leaf, level->index);
  return MDBX_SUCCESS;
}

int change_insert(struct change *change) {
  int rc = tree_touch_path(change->space, change->tree, change->path);
  if (rc == MDBX_SUCCESS && change->path->depth == 0)
    rc = plant_root(change->space, change->tree, change->path);
  if (rc == MDBX_SUCCESS)
    rc = insert_into_leaf(change);
  ASSERT(rc != MDBX_SUCCESS || change->path->depth == change->tree->record.depth);
  if (rc == MDBX_SUCCESS)
    change->tree->record.items += 1;
  return rc;
}

int change_update(struct change *change) {
  const int rc = tree_touch_path(change->space, change->tree, change->path);
  if (rc != MDBX_SUCCESS)
    return rc;
  const int stands = path_must_stand(change->path);
  if (stands != MDBX_SUCCESS)
    return stands;
  struct page *leaf = space_writable(change->space, path_leaf(change->path)->page);
  const unsigned at = path_leaf(change->path)->index;
  struct leaf_item old;
  leaf_get(leaf, at, &old);
  if (change->length <= old.data_length + page_room(leaf)) {
    change->data = leaf_resize(leaf, at, change->kind, change->length);
    ASSERT(lies_in_body(leaf, change));
    VERIFY(tree_verify_leaf(change->space, leaf, change->kind));
    return MDBX_SUCCESS;
  }
  leaf_erase(leaf, at);
  return insert_into_leaf(change);
}

/* ------------------------------------------------------------------------------------------------------- values */

/* Copies the user's bytes to their place; with MDBX_RESERVE the user does that. */
static inline void fill(uint8_t *to, MDBX_val *value, unsigned flags) {
  if (flags & MDBX_RESERVE)
    value->iov_base = to;
  else if (value->iov_len)
    memcpy(to, value->iov_base, value->iov_len);
}

static inline bool fits_leaf(const struct space *space, const struct seek_key *key, const MDBX_val *value) {
  return key->length + value->iov_len <= limit_pair(space->view.page_size);
}

static int new_large(struct space *space, struct tree *tree, MDBX_val *value, unsigned flags, struct large_ref *ref) {
  ASSERT(value->iov_len <= UINT32_MAX);
  struct page header, *run = &header;
  const bool ahead = !(flags & MDBX_RESERVE) && ahead_is_wanted(space, value->iov_len);
  const int rc = ahead ? ahead_write_run(space, value, &header) : space_new_run(space, (uint32_t)value->iov_len, &run);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(run->run_bytes == value->iov_len);
  tree->record.large_pages += run->run_pages;
  *ref = (struct large_ref){run->pgno, (uint32_t)value->iov_len, birth_bits(run->txnid), 0};
  if (!ahead)
    fill(page_body(run), value, flags);
  return MDBX_SUCCESS;
}

int tree_retire_run(struct space *space, struct tree *tree, const struct large_ref *ref) {
  const struct page *run;
  const int rc = snapshot_run(&space->view, ref, &run);
  if (rc != MDBX_SUCCESS)
    return rc;
  tree->record.large_pages -= MIN_OF(tree->record.large_pages, run->run_pages);
  return space_retire(space, run);
}

/* Stores the value of the record, if necessary in a run of its own. */
static int store_value(struct change *change, bool exact, MDBX_val *value, unsigned flags) {
  ASSERT(change->key->length <= limit_pair(change->space->view.page_size));
  struct large_ref ref;
  const bool plain = fits_leaf(change->space, change->key, value);
  int rc = plain ? MDBX_SUCCESS : new_large(change->space, change->tree, value, flags, &ref);
  if (rc != MDBX_SUCCESS)
    return rc;
  change->kind = plain ? NODE_PLAIN : NODE_LARGE;
  change->length = plain ? value->iov_len : sizeof(ref);
  rc = change_put(change, exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (plain)
    fill(change->data, value, flags);
  else
    memcpy(change->data, &ref, sizeof(ref));
  return MDBX_SUCCESS;
}

/* Stores the new value before it retires the old run, because the caller may have passed bytes of the old value. */
static int replace_value(struct change *change, MDBX_val *value, unsigned flags) {
  struct leaf_item old;
  struct large_ref old_ref = {.pgno = 0};
  path_item(change->path, &old);
  if (old.kind == NODE_LARGE)
    memcpy(&old_ref, old.data, sizeof(old_ref));
  const int rc = store_value(change, true, value, flags);
  return rc == MDBX_SUCCESS && old_ref.pgno ? tree_retire_run(change->space, change->tree, &old_ref) : rc;
}

static inline bool lies_in(const void *bytes, const struct page *page, size_t page_size) {
  const uintptr_t at = (uintptr_t)bytes, start = (uintptr_t)page;
  return at >= start && at < start + page_size;
}

/* A copy of a key or value that lies in the leaf that will change. */
struct rescued {
  struct seek_key key;
  MDBX_val value;
  uint8_t *memory;
};

static int rescue(struct change *change, MDBX_val *value, unsigned flags, struct rescued *rescued) {
  rescued->memory = NULL;
  rescued->value = *value;
  if (!change->path->depth)
    return MDBX_SUCCESS;
  const struct page *leaf = path_leaf(change->path)->page;
  const struct seek_key *key = change->key;
  const size_t page_size = change->space->view.page_size;
  const bool copy_value = !(flags & MDBX_RESERVE) && lies_in(value->iov_base, leaf, page_size);
  if (!copy_value && !lies_in(key->raw, leaf, page_size))
    return MDBX_SUCCESS;
  uint8_t *memory = malloc(2 * key->length + (copy_value ? value->iov_len : 0) + 1);
  if (!memory)
    return MDBX_ENOMEM;
  rescued->memory = memory;
  memcpy(memory, key->raw, key->length);
  key_prepare(&rescued->key, change->tree->rules.order, memory, key->length, memory + key->length);
  change->key = &rescued->key;
  if (copy_value)
    rescued->value.iov_base = memcpy(memory + 2 * rescued->key.length, value->iov_base, value->iov_len);
  return MDBX_SUCCESS;
}

static int put_at(struct change *change, bool exact, MDBX_val *value, unsigned flags) {
  struct rescued rescued;
  const struct seek_key *given = change->key;
  int rc = rescue(change, value, flags, &rescued);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = exact ? replace_value(change, &rescued.value, flags) : store_value(change, false, &rescued.value, flags);
  change->key = given;
  free(rescued.memory);
  if (flags & MDBX_RESERVE)
    value->iov_base = rescued.value.iov_base;
  return rc;
}

int tree_set_value(struct change *change, MDBX_val *value, unsigned flags) {
  ASSERT(change->path->depth > 0 && change->path->depth == change->tree->record.depth);
  struct leaf_item old;
  path_item(change->path, &old);
  if (old.kind != NODE_PLAIN && old.kind != NODE_LARGE)
    return MDBX_INCOMPATIBLE;
  return put_at(change, true, value, flags);
}

static inline int put_found(struct change *change, bool exact, MDBX_val *value, unsigned flags) {
  ASSERT(!tree_is_multi(change->tree));
  if (!exact)
    return flags & MDBX_CURRENT ? MDBX_NOTFOUND : put_at(change, false, value, flags);
  struct leaf_item old;
  path_item(change->path, &old);
  if (flags & MDBX_NOOVERWRITE) {
    const int rc = tree_value(&change->space->view, change->tree, &old, value);
    return rc == MDBX_SUCCESS ? MDBX_KEYEXIST : rc;
  }
  if (old.kind == NODE_TREE || old.kind == NODE_SUBPAGE)
    return MDBX_INCOMPATIBLE;
  return put_at(change, true, value, flags);
}

int tree_put_at(struct change *change, bool exact, MDBX_val *value, unsigned flags) {
  return put_found(change, exact, value, flags);
}

/* The fast path for most puts when many follow each other: a new record that fits the leaf at the end of a remembered
 * path. No page has to be made writable or created; a path kept from the last commit is not writable, and is refused.
 * Key and value may lie in that leaf, because its nodes do not move. */
static bool insert_near(struct change *change, MDBX_val *value, unsigned flags) {
  const struct path_level *level = path_leaf(change->path);
  if (!space_owns(change->space, level->page) || !fits_leaf(change->space, change->key, value))
    return false;
  struct page *leaf = space_writable(change->space, level->page);
  change->kind = NODE_PLAIN;
  change->length = value->iov_len;
  if (!fits_page(leaf, change))
    return false;
  mark_changed(change->space, change->tree);
  insert_record(change, leaf, level->index);
  fill(change->data, value, flags);
  change->tree->record.items += 1;
  return true;
}

int tree_put(struct change *change, MDBX_val *value, unsigned flags) {
  bool exact;
  if (recent_seek_to_put(change->space, change->tree, change->key, change->path, flags, &exact)) {
    if (!exact && !(flags & MDBX_CURRENT) && insert_near(change, value, flags))
      return MDBX_SUCCESS;
    return put_found(change, exact, value, flags);
  }
  const int rc = tree_seek_from_root_to_put(change->space, change->tree, change->key, change->path, flags, &exact);
  return rc == MDBX_SUCCESS ? put_found(change, exact, value, flags) : rc;
}
