/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/distance.h"

#include "base/assert.h"

/* More than any table has, and small enough that sums do not overflow. */
#define DISTANCE_MAX (INT64_MAX / 4)

/* What is counted: entries on one level of a tree, or the values of the records in its leaves. */
struct measure {
  const struct snapshot *snapshot;
  const struct tree *tree;
  unsigned level;
  bool values;
  pgno_t entered; /* damaged branches that share children must not make a walk without end */
};

static struct measure measure_of(const struct cursor *cursor, unsigned level) {
  const unsigned depth = cursor->tree->record.depth;
  return (struct measure){cursor->snapshot, cursor->tree, MIN_OF(level, depth - 1), cursor->multi && level >= depth, 0};
}

static struct measure measure_values(const struct value_set *set) {
  return (struct measure){set->snapshot, &set->tree, set->tree.record.depth - 1u, false, 0};
}

static int count_item(const struct measure *measure, const struct leaf_item *item, int64_t *count) {
  struct tree nested;
  *count = 1;
  if (item->kind == NODE_SUBPAGE) {
    const struct subpage bytes = {item->data, item->data_length};
    *count = subpage_count(&bytes);
  } else if (item->kind == NODE_TREE) {
    const int rc = values_nested_tree(measure->snapshot, measure->tree, item, &nested);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (nested.record.items > (uint64_t)measure->snapshot->limit * PAGE_SIZE_MAX)
      return snapshot_damage(measure->snapshot, "the record of a nested tree has %llu items",
                             (unsigned long long)nested.record.items);
    *count = (int64_t)nested.record.items;
  }
  return MDBX_SUCCESS;
}

/* Adds what the entries [from, to) of a page of the level count. */
static int add_span(const struct measure *measure, const struct page *page, unsigned from, unsigned to,
                    int64_t *total) {
  ASSERT(from <= page->count && to <= page->count);
  if (!measure->values) {
    *total += (int64_t)to - from;
    return MDBX_SUCCESS;
  }
  for (unsigned i = from; i < to; ++i) {
    struct leaf_item item;
    int64_t count;
    leaf_get(page, i, &item);
    const int rc = count_item(measure, &item, &count);
    if (rc != MDBX_SUCCESS)
      return rc;
    *total += count;
  }
  return *total <= DISTANCE_MAX ? MDBX_SUCCESS
                                : snapshot_damage(measure->snapshot, "page %u: too many items", page->pgno);
}

/* Down from an entry of level `from` - 1 to level `to`, along the first or last entries. */
static int descend(struct measure *measure, struct path *path, unsigned from, unsigned to, bool last) {
  ASSERT(from > 0 && to < path->depth);
  for (unsigned i = from; i <= to; ++i) {
    const struct path_level *above = &path->level[i - 1];
    struct path_level *level = &path->level[i];
    const struct page_ref ref = branch_child(above->page, above->index);
    if (measure->entered++ >= measure->snapshot->limit)
      return snapshot_damage(measure->snapshot, "page %u: its tree has more pages than there are", ref.pgno);
    const unsigned type = tree_page_type(measure->tree, i + 1 == path->depth);
    const int rc = snapshot_tree_page(measure->snapshot, ref, type, &level->page);
    if (rc != MDBX_SUCCESS)
      return rc;
    level->index = last ? level->page->count - 1u : 0;
  }
  return MDBX_SUCCESS;
}

/* To the first entry of the next page of the level, or to the last of the one before. MDBX_NOTFOUND at the edge. */
static int turn_page(struct measure *measure, struct path *path, bool back) {
  ASSERT(measure->level < path->depth);
  for (unsigned i = measure->level; i-- > 0;) {
    struct path_level *level = &path->level[i];
    if (back ? level->index == 0 : level->index + 1 >= level->page->count)
      continue;
    level->index += back ? -1u : 1u;
    return descend(measure, path, i + 1, measure->level, back);
  }
  return MDBX_NOTFOUND;
}

/* Compares two paths by the entries above level `end`. */
static int compare_above(const struct path *a, const struct path *b, unsigned end) {
  for (unsigned i = 0; i < end; ++i)
    if (a->level[i].index != b->level[i].index)
      return a->level[i].index > b->level[i].index ? 1 : -1;
  return 0;
}

/* ---------------------------------------------------------------------------------------------------------- distance */

/* `from` does not come after `to`. */
static int measure_forward(struct measure *measure, const struct path *from, const struct path *to, int64_t *total) {
  struct path path = *from;
  struct path_level *here = &path.level[measure->level];
  while (compare_above(&path, to, measure->level) < 0) {
    int rc = add_span(measure, here->page, here->index, here->page->count, total);
    if (rc == MDBX_SUCCESS)
      rc = turn_page(measure, &path, false);
    if (rc != MDBX_SUCCESS)
      return rc == MDBX_NOTFOUND ? MDBX_CORRUPTED : rc;
  }
  return add_span(measure, here->page, here->index, to->level[measure->level].index, total);
}

static int measure_paths(struct measure *measure, const struct path *from, const struct path *to, int64_t *distance) {
  *distance = 0;
  if (compare_above(from, to, measure->level + 1) <= 0)
    return measure_forward(measure, from, to, distance);
  const int rc = measure_forward(measure, to, from, distance);
  *distance = -*distance;
  return rc;
}

/* The number of values of the key before the position of the set. */
static int value_rank(const struct value_set *set, int64_t *rank) {
  struct path first;
  *rank = set->index;
  if (set->kind != NODE_TREE)
    return MDBX_SUCCESS;
  struct measure nested = measure_values(set);
  const int rc = tree_first(set->snapshot, &set->tree, &first);
  return rc == MDBX_SUCCESS ? measure_paths(&nested, &first, &set->path, rank) : rc;
}

static int measure_sets(const struct value_set *from, const struct value_set *to, bool same_key, int64_t *distance) {
  int64_t before, behind;
  if (same_key && from->kind == NODE_TREE && to->kind == NODE_TREE) {
    struct measure nested = measure_values(from);
    return measure_paths(&nested, &from->path, &to->path, distance);
  }
  int rc = value_rank(from, &before);
  if (rc == MDBX_SUCCESS)
    rc = value_rank(to, &behind);
  if (rc == MDBX_SUCCESS)
    *distance = behind - before;
  return rc;
}

int cursor_distance(const struct cursor *from, const struct cursor *to, unsigned level, int64_t *distance) {
  struct measure measure = measure_of(from, level);
  int64_t values = 0;
  const bool same_key = compare_above(&from->path, &to->path, from->path.depth) == 0;
  int rc = measure_paths(&measure, &from->path, &to->path, distance);
  if (rc == MDBX_SUCCESS && measure.values)
    rc = measure_sets(&from->set, &to->set, same_key, &values);
  *distance += values;
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- scrolling */

static int go_to_edge(const struct measure *measure, struct path *path, bool last) {
  const int rc =
      last ? tree_last(measure->snapshot, measure->tree, path) : tree_first(measure->snapshot, measure->tree, path);
  return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
}

/* Moves to the page that contains step *offset. On entry and on return *offset counts from the beginning of the
 * page. */
static int find_page(struct measure *measure, struct path *path, int64_t *offset) {
  const struct path_level *here = &path->level[measure->level];
  for (;;) {
    const bool back = *offset < 0;
    int64_t all = 0;
    int rc = back ? turn_page(measure, path, true) : MDBX_SUCCESS;
    if (rc == MDBX_SUCCESS)
      rc = add_span(measure, here->page, 0, here->page->count, &all);
    if (rc == MDBX_SUCCESS && !back && *offset < all)
      return MDBX_SUCCESS;
    if (rc == MDBX_SUCCESS && !back)
      rc = turn_page(measure, path, false);
    if (rc != MDBX_SUCCESS)
      return rc == MDBX_NOTFOUND ? go_to_edge(measure, path, !back) : rc;
    *offset += back ? all : -all;
  }
}

/* Moves to the entry of the page that contains step *offset; the rest counts from the first value of the entry. */
static int find_entry(const struct measure *measure, struct path_level *here, int64_t *offset) {
  here->index = 0;
  if (!measure->values) {
    here->index = (unsigned)*offset;
    *offset = 0;
    return MDBX_SUCCESS;
  }
  for (;; ++here->index) {
    int64_t count = 0;
    const int rc = add_span(measure, here->page, here->index, here->index + 1, &count);
    if (rc != MDBX_SUCCESS || *offset < count)
      return rc;
    *offset -= count;
  }
}

/* Moves a path by *offset steps; the remaining *offset counts values of the entry. */
static int scroll_path(struct measure *measure, struct path *path, int64_t *offset) {
  ASSERT(measure->level < path->depth);
  struct path_level *here = &path->level[measure->level];
  int64_t before = 0;
  int rc = add_span(measure, here->page, 0, here->index, &before);
  *offset += before;
  if (rc == MDBX_SUCCESS)
    rc = find_page(measure, path, offset);
  if (rc == MDBX_SUCCESS)
    rc = find_entry(measure, here, offset);
  return rc == MDBX_SUCCESS && measure->level + 1 < path->depth
             ? descend(measure, path, measure->level + 1, path->depth - 1, false)
             : rc;
}

static int open_values(struct cursor *cursor) {
  struct leaf_item item;
  path_item(&cursor->path, &item);
  return values_open(cursor->snapshot, cursor->tree, &item, &cursor->set);
}

/* Moves to the value with that number at the key that the path has reached. */
static int choose_value(struct cursor *cursor, int64_t number) {
  int rc = open_values(cursor);
  if (rc == MDBX_SUCCESS)
    rc = values_first(&cursor->set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->set.kind != NODE_TREE) {
    cursor->set.index = (unsigned)number;
    return MDBX_SUCCESS;
  }
  struct measure nested = measure_values(&cursor->set);
  rc = scroll_path(&nested, &cursor->set.path, &number);
  return rc == MDBX_NOTFOUND ? snapshot_damage(cursor->snapshot, "a nested tree has less than its %llu items",
                                               (unsigned long long)cursor->set.tree.record.items)
                             : rc;
}

/* Moves to the first or last value of the key at the edge of the table. */
static int choose_last_value(struct cursor *cursor, bool last) {
  const int rc = open_values(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  return last ? values_last(&cursor->set) : values_first(&cursor->set);
}

int cursor_scroll(struct cursor *cursor, int64_t amount, unsigned level) {
  ASSERT(cursor->state == CURSOR_AT && !cursor->detached);
  struct cursor moved = *cursor;
  struct measure measure = measure_of(cursor, level);
  int64_t offset = amount < -DISTANCE_MAX ? -DISTANCE_MAX : MIN_OF(amount, DISTANCE_MAX), rank = 0;
  int rc = measure.values ? value_rank(&cursor->set, &rank) : MDBX_SUCCESS;
  if (amount == 0 || rc != MDBX_SUCCESS)
    return rc;
  offset += rank;
  rc = scroll_path(&measure, &moved.path, &offset);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return rc;
  if (cursor->multi) {
    const int chosen = rc == MDBX_SUCCESS ? choose_value(&moved, offset) : choose_last_value(&moved, amount > 0);
    if (chosen != MDBX_SUCCESS)
      return chosen;
  }
  moved.eof = rc == MDBX_NOTFOUND && amount > 0;
  *cursor = moved;
  return rc;
}

int cursor_stand_with(struct cursor *cursor, const struct cursor *other) {
  ASSERT(other->state == CURSOR_AT && !other->detached);
  cursor_unset(cursor);
  cursor->path = other->path;
  if (other->multi) {
    const int rc = open_values(cursor);
    if (rc != MDBX_SUCCESS)
      return rc;
    cursor->set.index = other->set.index;
    cursor->set.path = other->set.path;
    cursor->in_set = true;
  }
  cursor->state = CURSOR_AT;
  return MDBX_SUCCESS;
}

int cursor_edge_of(const struct cursor *other, bool last, struct cursor *position) {
  cursor_init(position);
  cursor_attach(position, other->snapshot, other->tree, NULL);
  position->ignore_order = other->ignore_order;
  const int rc = cursor_move(position, last ? MDBX_LAST : MDBX_FIRST);
  return rc == MDBX_NOTFOUND ? MDBX_ENODATA : rc;
}
