/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of mdbx_cursor_get(): moves and searches. cursor_ops.c describes what each needs and does. */
#include "tree/cursor_parts.h"

#include "base/assert.h"
#include "tree/admit.h"
#include "tree/cursor_ops.h"
#include "tree/tree_verify.h"

/* ------------------------------------------------------------------------------------------------------- moving */

/* The record of the nested tree with the values of the key so many records on; false if there is none. It is not checked. */
static bool nested_at(const struct cursor *cursor, unsigned distance, struct nested_record *record) {
  const struct path_level *leaf = &cursor->path.level[cursor->path.depth - 1];
  struct leaf_item item;
  if (leaf->index + distance >= leaf->page->count)
    return false;
  leaf_get(leaf->page, leaf->index + distance, &item);
  if (item.kind != NODE_TREE || item.data_length != sizeof(*record))
    return false;
  memcpy(record, item.data, sizeof(*record));
  return true;
}

/* The page with the first (or last) values of the next (or previous) key, if that is easily found; or PGNO_NONE. No page is
 * checked for this: the user may never go there. */
static pgno_t next_values(const struct cursor *cursor, bool forward) {
  struct nested_record record;
  if (!nested_at(cursor, forward ? 1u : -1u, &record) || record.depth > 2)
    return PGNO_NONE;
  if (record.depth == 1)
    return record.root;
  const struct page *root = snapshot_known_page(cursor->snapshot, record.root);
  if (!root || !(root->flags & P_BRANCH))
    return PGNO_NONE;
  return branch_child(root, forward ? 0 : root->count - 1u).pgno;
}

/* A scan has reached a leaf of a nested tree: prefetches the leaf on which it goes on, in this tree or in that of the
 * next key. The root of the tree after that is prefetched in time for the next key. */
static void look_ahead(struct cursor *cursor, bool forward) {
  const struct path *path = &cursor->set.path;
  const struct page *leaf = path->level[path->depth - 1].page;
  pgno_t next = scan_ahead_next_leaf(path, forward);
  if (next == PGNO_NONE) {
    struct nested_record record;
    next = next_values(cursor, forward);
    if (nested_at(cursor, forward ? 2u : -2u, &record))
      snapshot_prefetch(cursor->snapshot, record.root);
  }
  scan_ahead_begin(&cursor->ahead_values, cursor->snapshot, leaf, next, leaf->count);
}

/* The path has reached a record: moves to the first or last of its values. */
static int land(struct cursor *cursor, int rc, enum edge edge) {
  if (rc == MDBX_SUCCESS && cursor->multi) {
    rc = cursor_open_set(cursor);
    if (rc == MDBX_SUCCESS)
      rc = edge == AT_FIRST ? values_first(&cursor->set) : values_last(&cursor->set);
    if (rc == MDBX_SUCCESS && cursor->set.kind == NODE_TREE) {
      scan_ahead_step(&cursor->ahead, path_leaf(&cursor->path)->page);
      look_ahead(cursor, edge == AT_FIRST);
    }
  }
  return cursor_arrive(cursor, rc);
}

static int go_first(struct cursor *cursor) {
  const int rc = tree_first(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_NOTFOUND)
    cursor_unset(cursor);
  return land(cursor, rc, AT_FIRST);
}

static int go_last(struct cursor *cursor) {
  const int rc = tree_last(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_NOTFOUND)
    cursor_unset(cursor);
  return land(cursor, rc, AT_LAST);
}

/* After a move from one leaf to another the keys must continue in the same direction. This ends a scan that damage
 * would lead in circles. */
static int check_order(const struct cursor *cursor, const struct page *from, bool forward) {
  const struct page *to = cursor->path.level[cursor->path.depth - 1].page;
  if (cursor->ignore_order || cursor->tree->rules.unknown)
    return MDBX_SUCCESS;
  const struct page *low = forward ? from : to, *high = forward ? to : from;
  struct leaf_item last, first;
  leaf_get(low, low->count - 1u, &last);
  leaf_get(high, 0, &first);
  if (key_compare_raw(&cursor->tree->rules, last.key, last.key_length, first.key, first.key_length) < 0)
    return MDBX_SUCCESS;
  return snapshot_damage(cursor->snapshot, "page %u: its keys do not follow those of page %u", high->pgno, low->pgno);
}

static int step_next(struct cursor *cursor) {
  ASSERT(cursor->path.depth > 0);
  const struct path_level from = *path_leaf(&cursor->path);
  const int rc = path_next(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc != MDBX_SUCCESS || path_leaf(&cursor->path)->index == from.index + 1)
    return rc;
  scan_ahead_enter(&cursor->ahead, cursor->snapshot, cursor->tree, &cursor->path, true);
  return check_order(cursor, from.page, true);
}

static int step_prev(struct cursor *cursor) {
  ASSERT(cursor->path.depth > 0);
  const struct path_level from = *path_leaf(&cursor->path);
  const int rc = path_prev(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc != MDBX_SUCCESS || path_leaf(&cursor->path)->index + 1 == from.index)
    return rc;
  scan_ahead_enter(&cursor->ahead, cursor->snapshot, cursor->tree, &cursor->path, false);
  return check_order(cursor, from.page, false);
}

static int next_key(struct cursor *cursor) { return land(cursor, step_next(cursor), AT_FIRST); }

static int prev_key(struct cursor *cursor) { return land(cursor, step_prev(cursor), AT_LAST); }

/* Moves from CURSOR_BEFORE_NEXT to the next record; with `same_key` only to a value of the same key. */
static int step_onto(struct cursor *cursor, bool same_key) {
  ASSERT(cursor->state == CURSOR_BEFORE_NEXT);
  if (cursor->in_set && !values_behind(&cursor->set))
    return cursor_arrive(cursor, MDBX_SUCCESS);
  if (same_key)
    return MDBX_NOTFOUND;
  if (cursor->in_set)
    return next_key(cursor);
  return land(cursor, path_settle(cursor->snapshot, cursor->tree, &cursor->path), AT_FIRST);
}

/* A step among the values of the key, if both are on one page. */
static bool step_in_tree(struct cursor *cursor, bool forward) {
  struct path_level *leaf = path_leaf(&cursor->set.path);
  const unsigned to = leaf->index + (forward ? 1u : -1u);
  if (to >= leaf->page->count || leaf->index >= leaf->page->count)
    return false;
  leaf->index = to;
  scan_ahead_step(&cursor->ahead_values, leaf->page);
  return true;
}

static bool step_among_values(struct cursor *cursor, bool forward) {
  struct value_set *set = &cursor->set;
  if (set->kind == NODE_TREE)
    return step_in_tree(cursor, forward);
  const unsigned count = set->kind == NODE_SUBPAGE ? subpage_count(&set->bytes) : 1;
  const unsigned to = set->index + (forward ? 1u : -1u);
  if (to >= count || set->index >= count)
    return false;
  set->index = to;
  scan_ahead_step(&cursor->ahead, path_leaf(&cursor->path)->page);
  return true;
}

/* A step to the next record of the leaf, if its values are in the leaf too. */
static bool step_to_neighbour(struct cursor *cursor, bool forward) {
  struct value_set *set = &cursor->set;
  struct path_level *leaf = path_leaf(&cursor->path);
  const unsigned to = leaf->index + (forward ? 1u : -1u);
  struct leaf_item item;
  if (set->kind == NODE_TREE || to >= leaf->page->count)
    return false;
  leaf_get(leaf->page, to, &item);
  const struct subpage bytes = {item.data, item.data_length};
  if ((item.kind != NODE_PLAIN && item.kind != NODE_SUBPAGE) || !values_have_size(cursor->tree, &item))
    return false;
  set->index = forward || item.kind == NODE_PLAIN ? 0 : subpage_count(&bytes) - 1;
  set->kind = item.kind;
  set->key = val_of(item.key, item.key_length);
  set->bytes = bytes;
  leaf->index = to;
  scan_ahead_step(&cursor->ahead, leaf->page);
  return true;
}

bool cursor_step_in_set(struct cursor *cursor, bool forward, bool same_key, MDBX_val *key, MDBX_val *data) {
  if (cursor->state != CURSOR_AT || cursor->detached || !cursor->in_set)
    return false;
  if (!step_among_values(cursor, forward) && (same_key || !step_to_neighbour(cursor, forward)))
    return false;
  cursor->eof = false;
  *key = cursor->set.key;
  *data = values_get(&cursor->set);
  return true;
}

/* step_in_tree() makes the steps within a leaf, so this one led to another. */
static void enter_values(struct cursor *cursor, bool forward) {
  if (cursor->set.kind == NODE_TREE)
    look_ahead(cursor, forward);
}

static int next_value(struct cursor *cursor) {
  const int rc = values_next(&cursor->set);
  if (rc == MDBX_SUCCESS)
    enter_values(cursor, true);
  return rc;
}

static int prev_value(struct cursor *cursor) {
  const int rc = values_prev(&cursor->set);
  if (rc == MDBX_SUCCESS)
    enter_values(cursor, false);
  return rc;
}

static int next_from_here(struct cursor *cursor, enum reach reach) {
  ASSERT(cursor->state == CURSOR_AT);
  int rc = MDBX_NOTFOUND;
  if (cursor->in_set && reach != OTHER_KEY)
    rc = cursor_arrive(cursor, next_value(cursor));
  return rc == MDBX_NOTFOUND && reach != SAME_KEY ? next_key(cursor) : rc;
}

static int go_next(struct cursor *cursor, enum reach reach) {
  int rc = MDBX_NOTFOUND;
  switch (cursor->state) {
  case CURSOR_UNSET:
    return go_first(cursor);
  case CURSOR_AT:
    rc = next_from_here(cursor, reach);
    break;
  case CURSOR_BEFORE_NEXT:
    rc = reach == OTHER_KEY && cursor->in_set ? next_key(cursor) : step_onto(cursor, reach == SAME_KEY);
    break;
  case CURSOR_BEHIND:
    break;
  case CURSOR_LOST:
    return MDBX_ENODATA;
  }
  if (rc == MDBX_NOTFOUND && reach != SAME_KEY)
    cursor->eof = true;
  return rc;
}

/* The path may stand behind the last record of a leaf; stepping back works from there as well. */
static int go_prev(struct cursor *cursor, enum reach reach) {
  int rc = MDBX_NOTFOUND;
  switch (cursor->state) {
  case CURSOR_UNSET:
    return reach == SAME_KEY ? MDBX_ENODATA : go_last(cursor);
  case CURSOR_BEHIND:
    return reach == SAME_KEY ? MDBX_NOTFOUND : go_last(cursor);
  case CURSOR_LOST:
    return MDBX_ENODATA;
  default:
    break;
  }
  if (!cursor->path.depth)
    return reach == SAME_KEY ? MDBX_NOTFOUND : go_last(cursor);
  if (cursor->in_set && reach != OTHER_KEY)
    rc = cursor_arrive(cursor, prev_value(cursor));
  return rc == MDBX_NOTFOUND && reach != SAME_KEY ? prev_key(cursor) : rc;
}

int cursor_settle(struct cursor *cursor) {
  const int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->state == CURSOR_AT)
    return MDBX_SUCCESS;
  if (cursor->state != CURSOR_BEFORE_NEXT)
    return MDBX_ENODATA;
  const int landed = cursor_lose_position(cursor, step_onto(cursor, false));
  return landed == MDBX_NOTFOUND ? MDBX_ENODATA : landed;
}

int cursor_peek(struct cursor *cursor, struct cursor *copy) {
  const int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  *copy = *cursor;
  return cursor_settle(copy);
}

/* After the last value of a key was deleted, GET_CURRENT returns the value before it; after the last record was
 * deleted, the record before it. */
static int go_current(struct cursor *cursor) {
  if (cursor->state == CURSOR_BEHIND)
    return MDBX_NOTFOUND;
  if (cursor->state == CURSOR_BEFORE_NEXT && cursor->in_set && values_behind(&cursor->set))
    return cursor_arrive(cursor, values_prev(&cursor->set));
  const bool behind = cursor->state == CURSOR_BEFORE_NEXT;
  int rc = cursor_settle(cursor);
  if (rc == MDBX_ENODATA && behind && cursor->path.depth) {
    rc = go_prev(cursor, ANY_RECORD);
    cursor->eof = true;
  }
  return rc == MDBX_NOTFOUND ? MDBX_ENODATA : rc;
}

/* FIRST_DUP, LAST_DUP. */
static int go_value_edge(struct cursor *cursor, enum edge edge) {
  const int rc = go_current(cursor);
  if (rc != MDBX_SUCCESS || !cursor->multi)
    return rc;
  return edge == AT_FIRST ? values_first(&cursor->set) : values_last(&cursor->set);
}

/* ------------------------------------------------------------------------------------------------------- seeking */

static bool key_length_fits(const struct cursor *cursor, const struct seek_key *key) {
  return key->length <= limit_key(cursor->snapshot->page_size, cursor->tree->record.flags);
}

static void go_behind(struct cursor *cursor) {
  cursor->state = CURSOR_BEHIND;
  cursor->eof = true;
  cursor->in_set = false;
}

static int get_lost(struct cursor *cursor) {
  cursor->state = CURSOR_LOST;
  cursor->eof = true;
  cursor->in_set = false;
  return MDBX_NOTFOUND;
}

/* Moves to the first record not less than the key. */
static int seek_lower(struct cursor *cursor, const struct seek_key *key, bool *exact) {
  int rc = tree_seek(cursor->snapshot, cursor->tree, key, &cursor->path, exact);
  if (rc == MDBX_SUCCESS && !*exact)
    rc = path_settle(cursor->snapshot, cursor->tree, &cursor->path);
  cursor->in_set = false;
  if (rc == MDBX_NOTFOUND)
    go_behind(cursor);
  return land(cursor, rc, AT_FIRST);
}

static int seek_exact(struct cursor *cursor, const struct seek_key *key) {
  bool exact = false;
  int rc = MDBX_NOTFOUND;
  if (key_length_fits(cursor, key))
    rc = seek_lower(cursor, key, &exact);
  return rc == MDBX_NOTFOUND || (rc == MDBX_SUCCESS && !exact) ? get_lost(cursor) : rc;
}

/* Moves on while the record is not greater than the pair sought. */
static int step_behind(struct cursor *cursor, enum reach reach) {
  const int rc = go_next(cursor, reach);
  if (rc == MDBX_NOTFOUND)
    go_behind(cursor);
  return rc;
}

/* Compares only keys. If no key is equal, the cursor stands where the key would be. */
static int seek_key(struct cursor *cursor, const struct seek_key *key, enum relation relation) {
  bool exact;
  const int rc = seek_lower(cursor, key, &exact);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return rc;
  const bool equal = rc == MDBX_SUCCESS && exact;
  if (relation == LESSER_THAN || (relation == LESSER_OR_EQUAL && !equal))
    return go_prev(cursor, OTHER_KEY);
  if (relation == GREATER_THAN && equal)
    return step_behind(cursor, OTHER_KEY);
  return relation == EQUAL && !equal ? MDBX_NOTFOUND : rc;
}

/* ------------------------------------------------------------------------------------------- seeking among values */

/* The key is given exactly; its values are compared. */
static int seek_exact_key(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value,
                          enum relation relation) {
  bool exact;
  int rc = seek_exact(cursor, key);
  if (rc == MDBX_SUCCESS)
    rc = values_seek(&cursor->set, value, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (exact && relation == GREATER_THAN)
    rc = values_next(&cursor->set);
  else if (relation == LESSER_THAN || (!exact && relation == LESSER_OR_EQUAL))
    rc = values_prev(&cursor->set);
  else if (!exact && (relation == EQUAL || values_behind(&cursor->set)))
    rc = MDBX_NOTFOUND;
  return rc == MDBX_NOTFOUND ? get_lost(cursor) : rc;
}

/* To the first pair not less than the given one. */
static int seek_pair_lower(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value, bool *exact) {
  int rc = seek_lower(cursor, key, exact);
  if (rc != MDBX_SUCCESS || !*exact)
    return rc;
  rc = values_seek(&cursor->set, value, exact);
  if (rc != MDBX_SUCCESS || !values_behind(&cursor->set))
    return rc;
  return step_behind(cursor, OTHER_KEY);
}

/* Key and value are one pair. */
static int seek_pair(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value, enum relation relation) {
  bool exact;
  int rc = seek_pair_lower(cursor, key, value, &exact);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return rc;
  exact = exact && rc == MDBX_SUCCESS;
  if (relation == LESSER_THAN || (!exact && relation == LESSER_OR_EQUAL))
    return go_prev(cursor, ANY_RECORD);
  if (relation == EQUAL && !exact)
    return MDBX_NOTFOUND;
  return relation == GREATER_THAN && exact ? step_behind(cursor, ANY_RECORD) : rc;
}

/* ---- and in tables with one value a key, whose values are in the order of their lengths, then of their bytes ---- */

/* Compares the value at the path with the given one. */
static int compare_single(const struct cursor *cursor, const MDBX_val *value, int *order) {
  ASSERT(!cursor->multi);
  struct leaf_item item;
  MDBX_val stored;
  path_item(&cursor->path, &item);
  const int rc = tree_value(cursor->snapshot, cursor->tree, &item, &stored);
  if (rc == MDBX_SUCCESS)
    *order = compare_user_length(&stored, value);
  return rc;
}

static bool relation_holds(enum relation relation, int order) {
  switch (relation) {
  case LESSER_THAN:
    return order < 0;
  case LESSER_OR_EQUAL:
    return order <= 0;
  case EQUAL:
    return order == 0;
  case GREATER_OR_EQUAL:
    return order >= 0;
  default:
    return order > 0;
  }
}

static int seek_single_value(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value,
                             enum relation relation) {
  int order = 0;
  int rc = seek_exact(cursor, key);
  if (rc == MDBX_SUCCESS)
    rc = compare_single(cursor, value, &order);
  if (rc != MDBX_SUCCESS)
    return rc;
  return relation_holds(relation, order) ? MDBX_SUCCESS : get_lost(cursor);
}

static int seek_single_pair(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value,
                            enum relation relation) {
  bool exact;
  int order = 1; /* what follows the key is greater, whatever its value is */
  int rc = seek_lower(cursor, key, &exact);
  const bool lesser = relation == LESSER_THAN || relation == LESSER_OR_EQUAL;
  if (rc == MDBX_NOTFOUND && lesser)
    return go_prev(cursor, ANY_RECORD);
  if (rc == MDBX_SUCCESS && exact)
    rc = compare_single(cursor, value, &order);
  if (rc != MDBX_SUCCESS || relation_holds(relation, order))
    return rc;
  if (lesser)
    return go_prev(cursor, ANY_RECORD);
  return relation == EQUAL ? MDBX_NOTFOUND : step_behind(cursor, ANY_RECORD);
}

/* ---- and with both ---- */

/* The bounds: a value without address means the key alone. MDBX_RESULT_TRUE: what is found is greater. */
static int seek_bound(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value,
                      enum relation relation) {
  bool exact;
  if (!cursor->multi && relation == GREATER_THAN)
    return seek_key(cursor, key, GREATER_THAN);
  const bool alone = !cursor->multi || !value->iov_base;
  if (!alone && relation == GREATER_THAN)
    return seek_pair(cursor, key, value, GREATER_THAN);
  const int rc = alone ? seek_lower(cursor, key, &exact) : seek_pair_lower(cursor, key, value, &exact);
  if (rc != MDBX_SUCCESS || relation == GREATER_THAN)
    return rc;
  return exact && (!cursor->multi || !alone) ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
}

/* ----------------------------------------------------------------------------------------------------- operations */

static int go_to_last(struct cursor *cursor) {
  const int rc = go_last(cursor);
  cursor->eof = (rc == MDBX_SUCCESS && !cursor->multi) || cursor->eof;
  return rc;
}

/* PREV_MULTIPLE: to the page of values before this one. */
static int go_prev_page(struct cursor *cursor) {
  const int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct value_set before = cursor->set;
  values_to_page_start(&before);
  const int moved = values_prev(&before);
  if (moved == MDBX_SUCCESS)
    cursor->set = before;
  return moved;
}

/* The table must have what the operation is for, and the call what it needs. */
static int check_call(const struct cursor *cursor, const struct cursor_op *what, const MDBX_val *key,
                      const MDBX_val *data) {
  if (unlikely(!what))
    return MDBX_EINVAL;
  if (unlikely((what->needs & OP_FIXED) && !tree_is_fixed(cursor->tree)))
    return MDBX_INCOMPATIBLE;
  if (unlikely((what->needs & OP_MULTI) && !cursor->multi))
    return MDBX_INCOMPATIBLE;
  const bool complete = (data || !(what->needs & OP_DATA)) && (key || !(what->needs & OP_KEY));
  return likely(complete) ? MDBX_SUCCESS : MDBX_EINVAL;
}

/* A value that is compared with those of the table. */
static int check_value(const struct cursor *cursor, const struct cursor_op *what, const MDBX_val *data) {
  if (!cursor->multi || !(what->needs & OP_VALUE) || ((what->needs & OP_KEY_ALONE) && !data->iov_base))
    return MDBX_SUCCESS;
  return admit_value(cursor->snapshot, cursor->tree, data);
}

static int run(struct cursor *cursor, const struct cursor_op *what, const struct seek_key *key, const MDBX_val *value) {
  switch ((enum op_kind)what->kind) {
  case OP_SEEK_EXACT:
    return seek_exact(cursor, key);
  case OP_SEEK_KEY:
    return seek_key(cursor, key, (enum relation)what->how);
  case OP_SEEK_VALUE:
    return cursor->multi ? seek_exact_key(cursor, key, value, (enum relation)what->how)
                         : seek_single_value(cursor, key, value, (enum relation)what->how);
  case OP_SEEK_PAIR:
    return cursor->multi ? seek_pair(cursor, key, value, (enum relation)what->how)
                         : seek_single_pair(cursor, key, value, (enum relation)what->how);
  case OP_SEEK_BOUND:
    return seek_bound(cursor, key, value, (enum relation)what->how);
  case OP_GO_EDGE:
    return what->how == AT_FIRST ? go_first(cursor) : go_to_last(cursor);
  case OP_GO_NEXT:
    return go_next(cursor, (enum reach)what->how);
  case OP_GO_PREV:
    return go_prev(cursor, (enum reach)what->how);
  case OP_GO_PREV_PAGE:
    return go_prev_page(cursor);
  case OP_GO_VALUE_EDGE:
    return go_value_edge(cursor, (enum edge)what->how);
  case OP_STAY:
    break;
  }
  return go_current(cursor);
}

static int read_value(struct cursor *cursor, const struct cursor_op *what, const struct leaf_item *item,
                      MDBX_val *data) {
  if (!cursor->multi)
    return tree_value(cursor->snapshot, cursor->tree, item, data);
  *data = what->needs & OP_PAGE ? values_get_page(&cursor->set) : values_get(&cursor->set);
  return MDBX_SUCCESS;
}

/* What the cursor stands on. */
static int read_record(struct cursor *cursor, const struct cursor_op *what, MDBX_val *key, MDBX_val *data) {
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (key && !(what->needs & OP_KEEPS_KEY))
    *key = val_of(item.key, item.key_length);
  return data ? read_value(cursor, what, &item, data) : MDBX_SUCCESS;
}

static inline int run_and_verify(struct cursor *cursor, const struct cursor_op *what, const struct seek_key *key,
                                 const MDBX_val *value) {
  const int rc = cursor_lose_position(cursor, run(cursor, what, key, value));
  VERIFY(tree_verify_cursor(cursor));
  return rc;
}

int cursor_move(struct cursor *cursor, MDBX_cursor_op op) {
  ASSERT(cursor_op(op) && !cursor_op_is(op, OP_KEY));
  const int rc = cursor_restore(cursor);
  return rc == MDBX_SUCCESS ? run_and_verify(cursor, cursor_op(op), NULL, NULL) : rc;
}

/* A search needs no position to begin from: one that was kept is not looked for. */
static int prepare_search(struct cursor *cursor, const struct cursor_op *what, const MDBX_val *key,
                          const MDBX_val *data, struct seek_key *sought) {
  int rc = admit_sought_key(cursor->snapshot, cursor->tree, key, sought);
  if (rc == MDBX_SUCCESS)
    rc = check_value(cursor, what, data);
  if (rc == MDBX_SUCCESS && cursor->detached) {
    cursor->detached = cursor->in_doubt = cursor->in_set = false;
    cursor->path.depth = 0;
  }
  return rc;
}

int cursor_get(struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op) {
  const struct cursor_op *what = cursor_op(op);
  struct seek_key sought;
  int rc = check_call(cursor, what, key, data);
  if (rc == MDBX_SUCCESS)
    rc = what->needs & OP_KEY ? prepare_search(cursor, what, key, data, &sought) : cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = run_and_verify(cursor, what, &sought, data);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  const int read = read_record(cursor, what, key, data);
  return read == MDBX_SUCCESS ? rc : read;
}
