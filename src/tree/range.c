/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/range.h"

#include "base/assert.h"
#include "base/log.h"
#include "tree/dup.h"
#include "tree/erase.h"

/* A stretch of a tree: [from, to) by keys. */
struct stretch {
  struct space *space;
  struct tree *tree;
  const MDBX_val *from; /* NULL: the first record */
  const MDBX_val *to;   /* NULL: behind the last record */
  bool behind_from;     /* the record with the key `from` itself stays */
};

/* ----------------------------------------------------------------------------------------------------- where it is */

static int seek_key(const struct stretch *stretch, const MDBX_val *key, struct path *path, bool *exact) {
  struct seek_key prepared;
  const int rc = tree_prepare_key(stretch->tree, key, &prepared);
  return rc == MDBX_SUCCESS ? tree_seek(&stretch->space->view, stretch->tree, &prepared, path, exact) : rc;
}

/* Moves to the first record of the stretch; MDBX_NOTFOUND after the last record of the tree. */
static int seek_from(const struct stretch *stretch, struct path *path) {
  bool exact;
  if (!stretch->from)
    return tree_first(&stretch->space->view, stretch->tree, path);
  const int rc = seek_key(stretch, stretch->from, path, &exact);
  if (rc != MDBX_SUCCESS || !path->depth)
    return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
  path_leaf(path)->index += exact && stretch->behind_from;
  return path_settle(&stretch->space->view, stretch->tree, path);
}

/* Moves to the first record after the stretch; path->depth is 0 if the stretch goes to the end of the tree. */
static int seek_to(const struct stretch *stretch, struct path *path) {
  bool exact;
  path->depth = 0;
  if (!stretch->to)
    return MDBX_SUCCESS;
  int rc = seek_key(stretch, stretch->to, path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = path_settle(&stretch->space->view, stretch->tree, path);
  if (rc == MDBX_NOTFOUND)
    path->depth = 0;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

/* The first level on which two paths differ, or their depth. */
static unsigned parting(const struct path *a, const struct path *b) {
  unsigned level = 0;
  while (level < a->depth && level < b->depth && a->level[level].index == b->level[level].index)
    ++level;
  return level;
}

/* Whether the end is not after the beginning. */
static bool is_empty(const struct path *from, const struct path *to) {
  if (!to->depth)
    return false;
  const unsigned level = parting(from, to);
  return level == from->depth || from->level[level].index > to->level[level].index;
}

/* The highest level whose entry leads only to records of the stretch: it has no record before the stretch, and the end
 * is elsewhere. */
static unsigned cut_level(const struct path *from, const struct path *to) {
  ASSERT(from->depth > 0);
  const unsigned parted = to->depth ? parting(from, to) : 0;
  unsigned level = from->depth - 1;
  while (level > parted && from->level[level].index == 0)
    --level;
  return level;
}

/* ------------------------------------------------------------------------------------------------------------ cutting */

/* The index of the page at that level where the stretch ends. */
static unsigned end_index(const struct path *from, const struct path *to, unsigned level) {
  ASSERT(level < from->depth);
  const bool same_page = to->depth && parting(from, to) >= level;
  return same_page ? to->level[level].index : from->level[level].page->count;
}

static int cut_branches(const struct stretch *stretch, struct path *path, unsigned level, unsigned end) {
  ASSERT(level + 1 < path->depth);
  ASSERT(path->level[level].index < end && end <= path->level[level].page->count);
  struct page *page = space_writable(stretch->space, path->level[level].page);
  const unsigned at = path->level[level].index;
  for (unsigned left = end - at; left; --left) {
    const int rc = tree_drop_subtree(stretch->space, stretch->tree, branch_child(page, at), level + 1);
    if (rc != MDBX_SUCCESS)
      return rc;
    branch_erase(page, at);
  }
  return MDBX_SUCCESS;
}

static int cut_records(const struct stretch *stretch, struct path *path, unsigned end) {
  ASSERT(path_leaf(path)->index < end && end <= path_leaf(path)->page->count);
  struct page *page = space_writable(stretch->space, path_leaf(path)->page);
  const unsigned at = path_leaf(path)->index;
  for (unsigned left = end - at; left; --left) {
    const int rc = tree_drop_record(stretch->space, stretch->tree, page, at);
    if (rc != MDBX_SUCCESS)
      return rc;
    leaf_erase(page, at);
  }
  return MDBX_SUCCESS;
}

/* Removes the largest subtree that begins where the stretch begins. */
static int cut_piece(const struct stretch *stretch, struct path *from, const struct path *to) {
  const unsigned level = cut_level(from, to), end = end_index(from, to, level);
  bool moved = false;
  int rc = tree_touch_path(stretch->space, stretch->tree, from);
  if (rc == MDBX_SUCCESS)
    rc = level + 1 == from->depth ? cut_records(stretch, from, end) : cut_branches(stretch, from, level, end);
  return rc == MDBX_SUCCESS ? erase_mend(stretch->space, stretch->tree, from, level, &moved) : rc;
}

/* Each iteration removes at least one record, so the loop ends. */
static int erase_stretch(const struct stretch *stretch) {
  for (;;) {
    struct path from, to;
    int rc = seek_from(stretch, &from);
    if (rc == MDBX_SUCCESS)
      rc = seek_to(stretch, &to);
    if (rc != MDBX_SUCCESS)
      return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
    if (is_empty(&from, &to))
      return MDBX_SUCCESS;
    rc = cut_piece(stretch, &from, &to);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

int range_meets_tables(struct space *space, struct tree *tree, const struct range_bound *from,
                       const struct range_bound *to, bool *met) {
  const struct stretch stretch = {space, tree, from ? &from->key : NULL, to ? &to->key : NULL, false};
  struct path path, end;
  int rc = seek_from(&stretch, &path);
  if (rc == MDBX_SUCCESS)
    rc = seek_to(&stretch, &end);
  *met = false;
  while (rc == MDBX_SUCCESS && !*met && !is_empty(&path, &end)) {
    struct leaf_item item;
    path_item(&path, &item);
    *met = item.kind == NODE_TREE;
    rc = path_next(&space->view, tree, &path);
  }
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

/* ------------------------------------------------------------------------------------------------- values of one key */

/* Values of a nested tree; at least one stays. */
static int erase_nested(struct space *space, struct tree *tree, struct path *path, struct value_set *set,
                        const MDBX_val *from, const MDBX_val *to) {
  ASSERT(set->kind == NODE_TREE && tree_is_multi(tree));
  const uint64_t before = set->tree.record.items;
  const struct stretch stretch = {space, &set->tree, from, to, false};
  /* Both use the same scratch memory: if the nested tree allocates it, the table frees it. */
  set->tree.scratch = tree->value_scratch;
  int rc = tree_touch_path(space, tree, path);
  if (rc == MDBX_SUCCESS)
    rc = erase_stretch(&stretch);
  if (rc == MDBX_SUCCESS)
    rc = dup_store_nested(space, tree, path, &set->tree);
  tree->value_scratch = set->tree.scratch;
  tree->record.items -= MIN_OF(tree->record.items, before - MIN_OF(before, set->tree.record.items));
  return rc;
}

/* Opens the values of a key. MDBX_NOTFOUND. */
static int open_values(struct space *space, struct tree *tree, const MDBX_val *key, struct path *path,
                       struct value_set *set) {
  struct seek_key prepared;
  struct leaf_item item;
  bool exact;
  int rc = tree_prepare_key(tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(&space->view, tree, &prepared, path, &exact);
  if (rc != MDBX_SUCCESS || !exact)
    return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
  path_item(path, &item);
  return values_open(&space->view, tree, &item, set);
}

/* Whether the position of the set is before the given value. */
static bool is_before(const struct value_set *set, const MDBX_val *to) {
  if (values_behind(set) || !to)
    return !values_behind(set);
  const MDBX_val here = values_get(set);
  return key_compare_raw(&set->owner->values, here.iov_base, here.iov_len, to->iov_base, to->iov_len) < 0;
}

/* Whether all values of a set are in the stretch, so that the key is removed too. */
static int covers_all(struct value_set *set, const MDBX_val *from, const MDBX_val *to, bool *all) {
  bool exact;
  int rc = values_last(set);
  *all = rc == MDBX_SUCCESS && is_before(set, to);
  if (!*all || !from)
    return rc;
  rc = values_seek(set, from, &exact);
  *all = rc == MDBX_SUCCESS && values_on_first(set);
  return rc;
}

/* Values in the node itself are removed one by one, because they are few. */
static int erase_inline(struct space *space, struct tree *tree, const MDBX_val *key, const MDBX_val *from,
                        const MDBX_val *to) {
  ASSERT(tree_is_multi(tree));
  for (;;) {
    struct path path;
    struct value_set set;
    bool exact;
    int rc = open_values(space, tree, key, &path, &set);
    if (rc == MDBX_SUCCESS)
      rc = from ? values_seek(&set, from, &exact) : values_first(&set);
    if (rc != MDBX_SUCCESS || !is_before(&set, to))
      return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
    rc = dup_erase(space, tree, &path, &set);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

static int erase_values(struct space *space, struct tree *tree, const MDBX_val *key, const MDBX_val *from,
                        const MDBX_val *to) {
  struct path path;
  struct value_set set;
  bool all, moved;
  int rc = open_values(space, tree, key, &path, &set);
  if (rc == MDBX_SUCCESS)
    rc = covers_all(&set, from, to, &all);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
  if (all)
    return dup_erase_all(space, tree, &path, &moved);
  return set.kind == NODE_TREE ? erase_nested(space, tree, &path, &set, from, to)
                               : erase_inline(space, tree, key, from, to);
}

/* ---------------------------------------------------------------------------------------------------------- the whole */

static bool same_key(const struct tree *tree, const MDBX_val *a, const MDBX_val *b) {
  return key_compare_raw(&tree->rules, a->iov_base, a->iov_len, b->iov_base, b->iov_len) == 0;
}

static const MDBX_val *value_of(const struct range_bound *bound) { return bound->has_value ? &bound->value : NULL; }

/* Removes the values of the first key from `from` on, then whole keys, then the values of the last key before `to`. */
static int erase_pairs(struct space *space, struct tree *tree, const struct range_bound *from,
                       const struct range_bound *to) {
  const bool from_value = from && from->has_value, to_value = to && to->has_value;
  if (from && to && same_key(tree, &from->key, &to->key))
    return to_value ? erase_values(space, tree, &from->key, value_of(from), value_of(to)) : MDBX_SUCCESS;
  int rc = from_value ? erase_values(space, tree, &from->key, &from->value, NULL) : MDBX_SUCCESS;
  const struct stretch stretch = {space, tree, from ? &from->key : NULL, to ? &to->key : NULL, from_value};
  if (rc == MDBX_SUCCESS)
    rc = erase_stretch(&stretch);
  if (rc == MDBX_SUCCESS && to_value)
    rc = erase_values(space, tree, &to->key, NULL, &to->value);
  return rc;
}

int range_erase(struct space *space, struct tree *tree, const struct range_bound *from, const struct range_bound *to,
                uint64_t *removed) {
  ASSERT(removed != NULL);
  const uint64_t before = tree->record.items;
  const int rc = erase_pairs(space, tree, from, to);
  *removed = before - MIN_OF(before, tree->record.items);
  return rc;
}
