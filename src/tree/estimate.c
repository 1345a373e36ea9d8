/* SPDX-License-Identifier: Apache-2.0 */
/* Estimates of distances. They read the pages on two paths, and a few branches. */
#include "tree/distance.h"

/* A position in a tree, with counts of its leaf. */
struct spot {
  const struct snapshot *snapshot;
  const struct path *path;
  double before; /* items of the leaf before the position, those of its own key included */
  double all;    /* items of the leaf */
};

static double count_item(const struct tree *tree, const struct snapshot *snapshot, const struct page *leaf,
                         unsigned i) {
  struct leaf_item item;
  struct tree nested;
  leaf_get(leaf, i, &item);
  if (item.kind == NODE_SUBPAGE) {
    const struct subpage bytes = {item.data, item.data_length};
    return subpage_count(&bytes);
  }
  if (item.kind == NODE_TREE && values_nested_tree(snapshot, tree, &item, &nested) == MDBX_SUCCESS)
    return (double)nested.record.items;
  return 1;
}

static struct spot look_at(const struct snapshot *snapshot, const struct tree *tree, const struct path *path) {
  const struct path_level *leaf = &path->level[path->depth - 1];
  struct spot spot = {snapshot, path, leaf->index, leaf->page->count};
  if (!tree_is_multi(tree))
    return spot;
  spot.before = spot.all = 0;
  for (unsigned i = 0; i < leaf->page->count; ++i) {
    const double count = count_item(tree, snapshot, leaf->page, i);
    spot.all += count;
    spot.before += i < leaf->index ? count : 0;
  }
  return spot;
}

/* The share of the items below the page of a level that are before the spot. */
static double part_before(const struct spot *spot, unsigned level) {
  const unsigned leaf = spot->path->depth - 1;
  double part = spot->all > 0 ? spot->before / spot->all : 0;
  for (unsigned i = leaf; i-- > level;)
    part = (spot->path->level[i].index + part) / spot->path->level[i].page->count;
  return part;
}

/* The first level on which the two paths differ; the depth if they do not. */
static unsigned fork_of(const struct path *a, const struct path *b) {
  unsigned level = 0;
  while (level < a->depth && a->level[level].index == b->level[level].index)
    ++level;
  return level;
}

/* The number of entries of a child branch; 0 if unknown. */
static double entries_of(const struct snapshot *snapshot, const struct tree *tree, const struct page *page,
                         unsigned i) {
  const struct page *child;
  const int rc = snapshot_tree_page(snapshot, branch_child(page, i), tree_page_type(tree, false), &child);
  return rc == MDBX_SUCCESS ? child->count : 0;
}

/* The share of the items below the children [from, to) of the root. If the root has few children, one of them may be
 * half as full as the others; then the children are read. */
static double root_share(const struct spot *spot, const struct tree *tree, unsigned from, unsigned to) {
  enum { FEW = 64 };
  const struct page *root = spot->path->level[0].page;
  double chosen = 0, all = 0;
  if (spot->path->depth < 3 || root->count > FEW)
    return (double)(to - from) / root->count;
  for (unsigned i = 0; i < root->count; ++i) {
    const double entries = entries_of(spot->snapshot, tree, root, i);
    all += entries;
    chosen += i >= from && i < to ? entries : 0;
  }
  return all > 0 ? chosen / all : 0;
}

/* Items below each entry of the page where two paths part. */
static double items_below(const struct spot *spot, const struct tree *tree, unsigned fork) {
  const struct path_level *root = &spot->path->level[0];
  double below = (double)tree->record.items * root_share(spot, tree, root->index, root->index + 1);
  for (unsigned i = 1; i <= fork; ++i)
    below /= spot->path->level[i].page->count;
  return below;
}

static double estimate_from_root(const struct tree *tree, const struct spot *from, const struct spot *to) {
  const unsigned first = from->path->level[0].index, last = to->path->level[0].index;
  const double between = root_share(from, tree, first + 1, last);
  const double left = root_share(from, tree, first, first + 1) * (1 - part_before(from, 1));
  return (double)tree->record.items * (left + between + root_share(to, tree, last, last + 1) * part_before(to, 1));
}

/* Items between two spots of which `from` comes first. For nearby leaves the fill of the two leaves is a better
 * estimate than the average. */
static double estimate_forward(const struct tree *tree, const struct spot *from, const struct spot *to) {
  enum { NEAR = 4 };
  const unsigned depth = from->path->depth, fork = fork_of(from->path, to->path);
  if (fork + 1 >= depth)
    return to->before - from->before;
  const double between = (double)to->path->level[fork].index - from->path->level[fork].index - 1;
  if (fork + 2 == depth) {
    const double each = between > NEAR ? items_below(from, tree, fork) : (from->all + to->all) / 2;
    return from->all - from->before + between * each + to->before;
  }
  if (fork == 0)
    return estimate_from_root(tree, from, to);
  return items_below(from, tree, fork) * (1 - part_before(from, fork + 1) + between + part_before(to, fork + 1));
}

static double estimate_spots(const struct tree *tree, const struct spot *from, const struct spot *to) {
  const unsigned fork = fork_of(from->path, to->path);
  const bool reversed = fork < from->path->depth && from->path->level[fork].index > to->path->level[fork].index;
  return reversed ? -estimate_forward(tree, to, from) : estimate_forward(tree, from, to);
}

/* Estimates how many values of the key are before the position of the set: fewer than it has. More would mean that the
 * position is behind the next key. */
static int value_rank(const struct value_set *set, double *rank) {
  struct path first;
  *rank = set->index;
  if (set->kind != NODE_TREE)
    return MDBX_SUCCESS;
  const int rc = tree_first(set->snapshot, &set->tree, &first);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct spot start = look_at(set->snapshot, &set->tree, &first);
  const struct spot here = look_at(set->snapshot, &set->tree, &set->path);
  const double most = (double)set->tree.record.items - 1, estimate = estimate_spots(&set->tree, &start, &here);
  *rank = MIN_OF(estimate, most);
  return MDBX_SUCCESS;
}

static int64_t to_integer(const struct cursor *cursor, double estimate) {
  const double most = (double)MIN_OF(cursor->tree->record.items, (uint64_t)INT64_MAX / 2);
  if (estimate > most)
    estimate = most;
  if (estimate < -most)
    estimate = -most;
  return (int64_t)(estimate < 0 ? estimate - 0.5 : estimate + 0.5);
}

static int estimate_in_key(const struct cursor *from, const struct cursor *to, double *estimate) {
  if (from->set.kind == NODE_TREE) {
    const struct spot a = look_at(from->snapshot, &from->set.tree, &from->set.path);
    const struct spot b = look_at(to->snapshot, &to->set.tree, &to->set.path);
    *estimate = estimate_spots(&from->set.tree, &a, &b);
  } else {
    *estimate = (double)to->set.index - from->set.index;
  }
  return MDBX_SUCCESS;
}

int cursor_estimate(const struct cursor *from, const struct cursor *to, int64_t *distance) {
  double before = 0, behind = 0, estimate;
  *distance = 0;
  if (!from->path.depth || !to->path.depth)
    return MDBX_SUCCESS;
  struct spot a = look_at(from->snapshot, from->tree, &from->path), b = look_at(to->snapshot, to->tree, &to->path);
  int rc;
  if (from->in_set && to->in_set && fork_of(a.path, b.path) == a.path->depth) {
    rc = estimate_in_key(from, to, &estimate);
  } else {
    rc = from->in_set ? value_rank(&from->set, &before) : MDBX_SUCCESS;
    if (rc == MDBX_SUCCESS && to->in_set)
      rc = value_rank(&to->set, &behind);
    a.before += before;
    b.before += behind;
    estimate = estimate_spots(from->tree, &a, &b);
  }
  if (rc == MDBX_SUCCESS)
    *distance = to_integer(from, estimate);
  return rc;
}

/* Behind the last record, if there is any. */
static int stand_behind(struct cursor *position) {
  const int rc = tree_last(position->snapshot, position->tree, &position->path);
  position->in_set = false;
  if (rc == MDBX_SUCCESS)
    path_leaf(&position->path)->index += 1;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

int cursor_position(struct cursor *cursor, struct cursor *position) {
  const int rc = cursor_peek(cursor, position);
  if (rc == MDBX_ENODATA && (cursor->state == CURSOR_BEHIND || cursor->state == CURSOR_BEFORE_NEXT))
    return stand_behind(position);
  return rc;
}

int cursor_position_after(const struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op,
                          struct cursor *position) {
  struct cursor moved = *cursor;
  const int rc = cursor_get(&moved, key, data, op);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE && !(rc == MDBX_NOTFOUND && moved.state == CURSOR_BEHIND))
    return rc;
  return cursor_position(&moved, position);
}
