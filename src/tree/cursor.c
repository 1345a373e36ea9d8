/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/cursor.h"

#include "base/assert.h"
#include "base/log.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------------ lifetime */

void cursor_init(struct cursor *cursor) { memset(cursor, 0, sizeof(*cursor)); }

void cursor_destroy(struct cursor *cursor) {
  free(cursor->saved);
  cursor_init(cursor);
}

void cursor_unset(struct cursor *cursor) {
  cursor->state = CURSOR_UNSET;
  cursor->eof = false;
  cursor->detached = false;
  cursor->in_doubt = false;
  cursor->in_set = false;
  cursor->path.depth = 0;
}

void cursor_attach(struct cursor *cursor, const struct snapshot *snapshot, struct tree *tree, struct space *space) {
  ASSERT(!space || snapshot == &space->view);
  cursor->snapshot = snapshot;
  cursor->tree = tree;
  cursor->space = space;
  cursor->multi = tree_is_multi(tree);
  cursor_unset(cursor);
}

static int reserve_saved(struct cursor *cursor, size_t length) {
  if (length <= cursor->saved_capacity)
    return MDBX_SUCCESS;
  uint8_t *bigger = realloc(cursor->saved, length + 16);
  if (!bigger)
    return MDBX_ENOMEM;
  cursor->saved = bigger;
  cursor->saved_capacity = length + 16;
  return MDBX_SUCCESS;
}

void cursor_to_end(struct cursor *cursor) {
  cursor_unset(cursor);
  cursor->state = CURSOR_BEFORE_NEXT;
  cursor->eof = true;
}

/* Remembers a place: a key, and a value unless it is NULL. */
static int save_place(struct cursor *cursor, const void *key, size_t length, const MDBX_val *value) {
  const size_t value_length = value ? value->iov_len : 0;
  const int rc = reserve_saved(cursor, length + value_length);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (length)
    memmove(cursor->saved, key, length);
  if (value_length)
    memmove(cursor->saved + length, value->iov_base, value_length);
  ASSERT(length + value_length <= cursor->saved_capacity);
  cursor->saved_key = length;
  cursor->saved_length = length + value_length;
  cursor->saved_value = value != NULL;
  cursor->saved_edge = SAVED_RECORD;
  cursor->in_doubt = false;
  return MDBX_SUCCESS;
}

static int save_position(struct cursor *cursor) {
  ASSERT(!cursor->detached && cursor->path.depth > 0);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (!cursor->in_set)
    return save_place(cursor, item.key, item.key_length, NULL);
  const MDBX_val value = values_get(&cursor->set);
  return save_place(cursor, item.key, item.key_length, &value);
}

/* After an error that is no answer the path may lead anywhere: the cursor has no place any more. */
static int lose_place(struct cursor *cursor, int rc) {
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_NOTFOUND || rc == MDBX_ENODATA ||
      rc == MDBX_INCOMPATIBLE)
    return rc;
  cursor_unset(cursor);
  cursor->state = CURSOR_LOST;
  cursor->eof = true;
  return rc;
}

/* The place before what follows a deleted record. */
static int save_successor(struct cursor *cursor) {
  ASSERT(!cursor->detached && cursor->state == CURSOR_BEFORE_NEXT);
  struct leaf_item item;
  if (cursor->in_set && !values_behind(&cursor->set))
    return save_position(cursor);
  if (!cursor->in_set) {
    const int rc = cursor->path.depth ? path_settle(cursor->snapshot, cursor->tree, &cursor->path) : MDBX_NOTFOUND;
    if (rc == MDBX_NOTFOUND)
      cursor->saved_edge = SAVED_BEHIND_ALL;
    if (rc != MDBX_SUCCESS) {
      lose_place(cursor, rc);
      return MDBX_SUCCESS;
    }
  }
  path_item(&cursor->path, &item);
  const int rc = save_place(cursor, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS && cursor->in_set)
    cursor->saved_edge = SAVED_BEHIND_VALUES;
  return rc;
}

int cursor_detach(struct cursor *cursor) {
  int rc = MDBX_SUCCESS;
  if (cursor->detached)
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT)
    rc = save_position(cursor);
  else if (cursor->state == CURSOR_BEFORE_NEXT)
    rc = save_successor(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->detached = true;
  cursor->in_doubt = false;
  cursor->in_set = false;
  return MDBX_SUCCESS;
}

/* What goes wrong on the way is the cursor's loss, not that of the change. A key that is prepared for the change lies in the
 * scratch memory of the tree and must stay. */
int cursor_resolve(struct cursor *cursor) {
  if (likely(!cursor->detached || !cursor->in_doubt))
    return MDBX_SUCCESS;
  struct tree *tree = cursor->tree;
  uint8_t *const scratch = tree->scratch, *const value_scratch = tree->value_scratch;
  tree->scratch = tree->value_scratch = NULL;
  int rc = cursor_restore(cursor);
  if (rc != MDBX_ENOMEM)
    rc = cursor_detach(cursor);
  tree_release(tree);
  tree->scratch = scratch;
  tree->value_scratch = value_scratch;
  return rc;
}

static bool is_saved(const struct key_rules *rules, const uint8_t *saved, size_t length, const MDBX_val *given) {
  return key_compare_raw(rules, saved, length, given->iov_len ? given->iov_base : "", given->iov_len) == 0;
}

void cursor_doubt(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value) {
  if (!cursor->detached || cursor->in_doubt || (cursor->state != CURSOR_AT && cursor->state != CURSOR_BEFORE_NEXT) ||
      (cursor->state == CURSOR_BEFORE_NEXT && cursor->saved_edge == SAVED_BEHIND_ALL))
    return;
  if (key && !is_saved(&cursor->tree->rules, cursor->saved, cursor->saved_key, key))
    return;
  cursor->in_doubt = !key || !value || !cursor->saved_value ||
                     is_saved(&cursor->tree->values, cursor->saved + cursor->saved_key,
                              cursor->saved_length - cursor->saved_key, value);
}

static int open_set(struct cursor *cursor) {
  ASSERT(cursor->multi && cursor->path.depth > 0);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  const int rc = values_open(cursor->snapshot, cursor->tree, &item, &cursor->set);
  cursor->in_set = rc == MDBX_SUCCESS;
  return rc;
}

static int seek_saved_key(struct cursor *cursor, bool *exact) {
  ASSERT(cursor->saved_key <= cursor->saved_length && cursor->saved_length <= cursor->saved_capacity);
  const MDBX_val key = {cursor->saved, cursor->saved_key};
  struct seek_key prepared;
  const int rc = tree_prepare_key(cursor->tree, &key, &prepared);
  return rc == MDBX_SUCCESS ? tree_seek(cursor->snapshot, cursor->tree, &prepared, &cursor->path, exact) : rc;
}

/* *exact comes in true: the key is there; it goes out whether the value is there too. */
static int seek_saved_value(struct cursor *cursor, bool *exact) {
  ASSERT(*exact);
  const MDBX_val value = {cursor->saved + cursor->saved_key, cursor->saved_length - cursor->saved_key};
  const bool behind = cursor->saved_edge == SAVED_BEHIND_VALUES;
  if (!cursor->multi || !(cursor->saved_value || behind))
    return MDBX_SUCCESS;
  const int rc = open_set(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  return behind ? values_to_end(&cursor->set) : values_seek(&cursor->set, &value, exact);
}

/* An empty tree has no path. */
static int go_behind_all(struct cursor *cursor) {
  ASSERT(cursor->state == CURSOR_AT || cursor->state == CURSOR_BEFORE_NEXT);
  const int rc = tree_last(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_SUCCESS)
    path_leaf(&cursor->path)->index += 1;
  else if (rc == MDBX_NOTFOUND)
    cursor->path.depth = 0;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int find_saved(struct cursor *cursor, bool *exact) {
  const int rc = seek_saved_key(cursor, exact);
  return rc == MDBX_SUCCESS && *exact ? seek_saved_value(cursor, exact) : rc;
}

int cursor_restore(struct cursor *cursor) {
  if (likely(!cursor->detached))
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT || cursor->state == CURSOR_BEFORE_NEXT) {
    bool exact = true;
    cursor->in_set = false;
    const int rc = cursor->saved_edge == SAVED_BEHIND_ALL ? go_behind_all(cursor) : find_saved(cursor, &exact);
    if (rc != MDBX_SUCCESS)
      return lose_place(cursor, rc);
    if (!exact)
      cursor->state = CURSOR_BEFORE_NEXT;
  }
  cursor->detached = cursor->in_doubt = false;
  VERIFY(tree_verify_cursor(cursor));
  return MDBX_SUCCESS;
}

int cursor_copy_position(const struct cursor *from, struct cursor *to) {
  if (from->saved_length || from->detached) {
    const int rc = reserve_saved(to, from->saved_length);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (from->saved_length)
      memcpy(to->saved, from->saved, from->saved_length);
    to->saved_key = from->saved_key;
    to->saved_length = from->saved_length;
    to->saved_value = from->saved_value;
    to->saved_edge = from->saved_edge;
  }
  to->snapshot = from->snapshot;
  to->tree = from->tree;
  to->space = from->space;
  to->path = from->path;
  to->state = from->state;
  to->eof = from->eof;
  to->ignore_order = from->ignore_order;
  to->detached = from->detached;
  to->in_doubt = from->in_doubt;
  to->multi = from->multi;
  to->in_set = from->in_set;
  if (to->in_set)
    to->set = from->set;
  return MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------------- moving */

static int arrive(struct cursor *cursor, int rc) {
  if (rc == MDBX_SUCCESS) {
    cursor->state = CURSOR_AT;
    cursor->eof = false;
  }
  return rc;
}

enum edge { AT_FIRST, AT_LAST };

/* A scan that walks through the values of this key comes to those of the neighbour next: asks for the page they begin on. */
static void prefetch_values(const struct cursor *cursor, bool forward) {
  const struct path_level *leaf = &cursor->path.level[cursor->path.depth - 1];
  const unsigned next = leaf->index + (forward ? 1u : -1u);
  struct nested_record record;
  struct leaf_item item;
  if (next >= leaf->page->count)
    return;
  leaf_get(leaf->page, next, &item);
  if (item.kind != NODE_TREE || item.data_length != sizeof(record))
    return;
  memcpy(&record, item.data, sizeof(record));
  snapshot_prefetch(cursor->snapshot, record.root);
}

/* The path has come to a record: stands on the first or last of its values. */
static int land(struct cursor *cursor, int rc, enum edge edge) {
  if (rc == MDBX_SUCCESS && cursor->multi) {
    rc = open_set(cursor);
    if (rc == MDBX_SUCCESS)
      rc = edge == AT_FIRST ? values_first(&cursor->set) : values_last(&cursor->set);
    if (rc == MDBX_SUCCESS && cursor->set.kind == NODE_TREE)
      prefetch_values(cursor, edge == AT_FIRST);
  }
  return arrive(cursor, rc);
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

/* A move went from one leaf to another: the keys must go on in the same direction. Damage that leads a scan in circles
 * ends here. */
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
  return check_order(cursor, from.page, true);
}

static int step_prev(struct cursor *cursor) {
  ASSERT(cursor->path.depth > 0);
  const struct path_level from = *path_leaf(&cursor->path);
  const int rc = path_prev(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc != MDBX_SUCCESS || path_leaf(&cursor->path)->index + 1 == from.index)
    return rc;
  return check_order(cursor, from.page, false);
}

static int next_key(struct cursor *cursor) { return land(cursor, step_next(cursor), AT_FIRST); }

static int prev_key(struct cursor *cursor) { return land(cursor, step_prev(cursor), AT_LAST); }

/* From "before next" onto the next record, and with `same_key` only onto a value of the key. */
static int step_onto(struct cursor *cursor, bool same_key) {
  ASSERT(cursor->state == CURSOR_BEFORE_NEXT);
  if (cursor->in_set && !values_behind(&cursor->set))
    return arrive(cursor, MDBX_SUCCESS);
  if (same_key)
    return MDBX_NOTFOUND;
  if (cursor->in_set)
    return next_key(cursor);
  return land(cursor, path_settle(cursor->snapshot, cursor->tree, &cursor->path), AT_FIRST);
}

/* Among the values of the key, as far as they lie on one page. */
static bool step_in_tree(struct value_set *set, bool forward) {
  struct path_level *leaf = path_leaf(&set->path);
  const unsigned to = leaf->index + (forward ? 1u : -1u);
  if (to >= leaf->page->count || leaf->index >= leaf->page->count)
    return false;
  leaf->index = to;
  const unsigned ahead = to + (forward ? (unsigned)LEAF_PREFETCH : -(unsigned)LEAF_PREFETCH);
  if (ahead < leaf->page->count && !leaf_is_array(leaf->page))
    __builtin_prefetch(leaf_node(leaf->page, ahead));
  return true;
}

static bool step_among_values(struct value_set *set, bool forward) {
  if (set->kind == NODE_TREE)
    return step_in_tree(set, forward);
  const unsigned count = set->kind == NODE_SUBPAGE ? subpage_count(&set->bytes) : 1;
  const unsigned to = set->index + (forward ? 1u : -1u);
  if (to >= count || set->index >= count)
    return false;
  set->index = to;
  return true;
}

/* Onto the next record of the leaf, if its values lie there too. */
static bool step_to_neighbour(struct cursor *cursor, bool forward) {
  struct value_set *set = &cursor->set;
  struct path_level *leaf = path_leaf(&cursor->path);
  const unsigned to = leaf->index + (forward ? 1u : -1u);
  struct leaf_item item;
  if (set->kind == NODE_TREE || to >= leaf->page->count)
    return false;
  leaf_get(leaf->page, to, &item);
  const struct subpage bytes = {item.data, item.data_length};
  if (item.kind == NODE_PLAIN)
    set->index = 0;
  else if (item.kind == NODE_SUBPAGE && (subpage_item(&bytes) || !(cursor->tree->record.flags & TABLE_DUPFIXED)))
    set->index = forward ? 0 : subpage_count(&bytes) - 1;
  else
    return false;
  set->kind = item.kind;
  set->key = (MDBX_val){(void *)(uintptr_t)item.key, item.key_length};
  set->bytes = bytes;
  leaf->index = to;
  return true;
}

bool cursor_step_in_set(struct cursor *cursor, bool forward, bool same_key, MDBX_val *key, MDBX_val *data) {
  if (cursor->state != CURSOR_AT || cursor->detached || !cursor->in_set)
    return false;
  if (!step_among_values(&cursor->set, forward) && (same_key || !step_to_neighbour(cursor, forward)))
    return false;
  cursor->eof = false;
  *key = cursor->set.key;
  *data = values_get(&cursor->set);
  return true;
}

/* How far a move may go. */
enum reach { ANY_RECORD, SAME_KEY, OTHER_KEY };

static int next_from_here(struct cursor *cursor, enum reach reach) {
  ASSERT(cursor->state == CURSOR_AT);
  int rc = MDBX_NOTFOUND;
  if (cursor->in_set && reach != OTHER_KEY)
    rc = arrive(cursor, values_next(&cursor->set));
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
    rc = arrive(cursor, values_prev(&cursor->set));
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
  const int settled = lose_place(cursor, step_onto(cursor, false));
  return settled == MDBX_NOTFOUND ? MDBX_ENODATA : settled;
}

int cursor_peek(struct cursor *cursor, struct cursor *copy) {
  const int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  *copy = *cursor;
  return cursor_settle(copy);
}

/* GET_CURRENT behind a deleted last value gives the value before it, behind a deleted last record the record. */
static int go_current(struct cursor *cursor) {
  if (cursor->state == CURSOR_BEHIND)
    return MDBX_NOTFOUND;
  if (cursor->state == CURSOR_BEFORE_NEXT && cursor->in_set && values_behind(&cursor->set))
    return arrive(cursor, values_prev(&cursor->set));
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

static bool key_length_fits(const struct cursor *cursor, const MDBX_val *key) {
  return key->iov_len <= limit_key(cursor->snapshot->page_size, cursor->tree->record.flags);
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

/* To the first record not less than the key. */
static int seek_lower(struct cursor *cursor, const MDBX_val *key, bool *exact) {
  struct seek_key prepared;
  int rc = tree_prepare_key(cursor->tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(cursor->snapshot, cursor->tree, &prepared, &cursor->path, exact);
  if (rc == MDBX_SUCCESS && !*exact)
    rc = path_settle(cursor->snapshot, cursor->tree, &cursor->path);
  cursor->in_set = false;
  if (rc == MDBX_NOTFOUND)
    go_behind(cursor);
  return land(cursor, rc, AT_FIRST);
}

static int seek_exact(struct cursor *cursor, const MDBX_val *key) {
  bool exact = false;
  int rc = MDBX_NOTFOUND;
  if (key_length_fits(cursor, key))
    rc = seek_lower(cursor, key, &exact);
  return rc == MDBX_NOTFOUND || (rc == MDBX_SUCCESS && !exact) ? get_lost(cursor) : rc;
}

static int seek_range(struct cursor *cursor, const MDBX_val *key) {
  bool exact;
  return seek_lower(cursor, key, &exact);
}

static int seek_lowerbound(struct cursor *cursor, const MDBX_val *key) {
  bool exact;
  const int rc = seek_lower(cursor, key, &exact);
  return rc == MDBX_SUCCESS && !exact ? MDBX_RESULT_TRUE : rc;
}

static int seek_greater(struct cursor *cursor, const MDBX_val *key) {
  bool exact;
  const int rc = seek_lower(cursor, key, &exact);
  if (rc != MDBX_SUCCESS || !exact)
    return rc;
  const int next = go_next(cursor, OTHER_KEY);
  if (next == MDBX_NOTFOUND)
    go_behind(cursor);
  return next;
}

static int seek_equal_or_greater_place(struct cursor *cursor, const MDBX_val *key) {
  bool exact;
  const int rc = seek_lower(cursor, key, &exact);
  return rc == MDBX_SUCCESS && !exact ? MDBX_NOTFOUND : rc;
}

static int seek_lesser(struct cursor *cursor, const MDBX_val *key, bool or_equal) {
  bool exact;
  const int rc = seek_lower(cursor, key, &exact);
  if (rc == MDBX_SUCCESS && exact && or_equal)
    return rc;
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return rc;
  return go_prev(cursor, OTHER_KEY);
}

/* ------------------------------------------------------------------------------------------- seeking among values */

/* How a value that is sought stands to the one that is found. */
enum relation { LESSER_THAN, LESSER_OR_EQUAL, EQUAL, GREATER_OR_EQUAL, GREATER_THAN };

/* The key is given exactly; its values are compared. */
static int seek_exact_key(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, enum relation relation) {
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
static int seek_pair_lower(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, bool *exact) {
  int rc = seek_lower(cursor, key, exact);
  if (rc != MDBX_SUCCESS || !*exact)
    return rc;
  rc = values_seek(&cursor->set, value, exact);
  if (rc != MDBX_SUCCESS || !values_behind(&cursor->set))
    return rc;
  rc = go_next(cursor, OTHER_KEY);
  if (rc == MDBX_NOTFOUND)
    go_behind(cursor);
  return rc;
}

/* Key and value are one pair. */
static int seek_pair(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, enum relation relation) {
  bool exact;
  int rc = seek_pair_lower(cursor, key, value, &exact);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return rc;
  exact = exact && rc == MDBX_SUCCESS;
  if (relation == LESSER_THAN || (!exact && relation == LESSER_OR_EQUAL))
    return go_prev(cursor, ANY_RECORD);
  if (relation == EQUAL && !exact)
    return MDBX_NOTFOUND;
  if (relation == GREATER_THAN && exact) {
    rc = go_next(cursor, ANY_RECORD);
    if (rc == MDBX_NOTFOUND)
      go_behind(cursor);
  }
  return rc;
}

/* ---- and in tables with one value a key, whose values are in the order of their lengths, then of their bytes ---- */

/* How the value at the path stands to the given one. */
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

static int seek_single_value(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value,
                             enum relation relation) {
  int order = 0;
  int rc = seek_exact(cursor, key);
  if (rc == MDBX_SUCCESS)
    rc = compare_single(cursor, value, &order);
  if (rc != MDBX_SUCCESS)
    return rc;
  return relation_holds(relation, order) ? MDBX_SUCCESS : get_lost(cursor);
}

static int seek_single_pair(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value,
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
  if (relation == EQUAL)
    return MDBX_NOTFOUND;
  rc = go_next(cursor, ANY_RECORD);
  if (rc == MDBX_NOTFOUND)
    go_behind(cursor);
  return rc;
}

static int seek_single(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, MDBX_cursor_op op) {
  if (op >= MDBX_TO_PAIR_LESSER_THAN)
    return seek_single_pair(cursor, key, value, (enum relation)(op - MDBX_TO_PAIR_LESSER_THAN));
  return seek_single_value(cursor, key, value, (enum relation)(op - MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN));
}

/* ---- and with both ---- */

/* SET_LOWERBOUND: a value without address means the key alone. */
static int seek_pair_lowerbound(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value) {
  bool exact = false;
  if (!value->iov_base) {
    const int rc = seek_lower(cursor, key, &exact);
    return rc == MDBX_SUCCESS ? MDBX_RESULT_TRUE : rc;
  }
  const int rc = seek_pair_lower(cursor, key, value, &exact);
  return rc == MDBX_SUCCESS && !exact ? MDBX_RESULT_TRUE : rc;
}

/* Operations that look at values too. */
static int seek_both(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, MDBX_cursor_op op) {
  ASSERT(cursor->multi);
  switch (op) {
  case MDBX_GET_BOTH:
    return seek_exact_key(cursor, key, value, EQUAL);
  case MDBX_GET_BOTH_RANGE:
    return seek_exact_key(cursor, key, value, GREATER_OR_EQUAL);
  case MDBX_SET_LOWERBOUND:
    return seek_pair_lowerbound(cursor, key, value);
  case MDBX_SET_UPPERBOUND:
    return seek_pair(cursor, key, value, GREATER_THAN);
  default:
    break;
  }
  if (op >= MDBX_TO_PAIR_LESSER_THAN)
    return seek_pair(cursor, key, value, (enum relation)(op - MDBX_TO_PAIR_LESSER_THAN));
  return seek_exact_key(cursor, key, value, (enum relation)(op - MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN));
}

static bool op_looks_at_values(MDBX_cursor_op op) {
  return op == MDBX_GET_BOTH || op == MDBX_GET_BOTH_RANGE || op == MDBX_SET_LOWERBOUND || op == MDBX_SET_UPPERBOUND ||
         (op >= MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN && op <= MDBX_TO_PAIR_GREATER_THAN);
}

static int seek_by(struct cursor *cursor, const MDBX_val *key, MDBX_cursor_op op) {
  switch (op) {
  case MDBX_SET:
  case MDBX_SET_KEY:
    return seek_exact(cursor, key);
  case MDBX_SET_RANGE:
  case MDBX_TO_KEY_GREATER_OR_EQUAL:
    return seek_range(cursor, key);
  case MDBX_SET_LOWERBOUND:
    return seek_lowerbound(cursor, key);
  case MDBX_SET_UPPERBOUND:
  case MDBX_TO_KEY_GREATER_THAN:
    return seek_greater(cursor, key);
  case MDBX_TO_KEY_EQUAL:
    return seek_equal_or_greater_place(cursor, key);
  case MDBX_TO_KEY_LESSER_THAN:
    return seek_lesser(cursor, key, false);
  case MDBX_TO_KEY_LESSER_OR_EQUAL:
    return seek_lesser(cursor, key, true);
  default:
    return MDBX_EINVAL;
  }
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

static int move_by(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value, MDBX_cursor_op op) {
  switch (op) {
  case MDBX_FIRST:
    return go_first(cursor);
  case MDBX_LAST:
    return go_to_last(cursor);
  case MDBX_NEXT:
    return go_next(cursor, ANY_RECORD);
  case MDBX_NEXT_NODUP:
    return go_next(cursor, OTHER_KEY);
  case MDBX_NEXT_DUP:
  case MDBX_NEXT_MULTIPLE:
    return go_next(cursor, SAME_KEY);
  case MDBX_PREV:
    return go_prev(cursor, ANY_RECORD);
  case MDBX_PREV_NODUP:
    return go_prev(cursor, OTHER_KEY);
  case MDBX_PREV_DUP:
    return go_prev(cursor, SAME_KEY);
  case MDBX_PREV_MULTIPLE:
    return go_prev_page(cursor);
  case MDBX_GET_CURRENT:
  case MDBX_GET_MULTIPLE:
    return go_current(cursor);
  case MDBX_FIRST_DUP:
    return go_value_edge(cursor, AT_FIRST);
  case MDBX_LAST_DUP:
    return go_value_edge(cursor, AT_LAST);
  case MDBX_SEEK_AND_GET_MULTIPLE:
    return seek_exact(cursor, key);
  default:
    if (cursor->multi && op_looks_at_values(op))
      return seek_both(cursor, key, value, op);
    return op >= MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN ? seek_single(cursor, key, value, op) : seek_by(cursor, key, op);
  }
}

static bool op_gets_page(MDBX_cursor_op op) {
  return op == MDBX_GET_MULTIPLE || op == MDBX_NEXT_MULTIPLE || op == MDBX_PREV_MULTIPLE ||
         op == MDBX_SEEK_AND_GET_MULTIPLE;
}

static int read_value(struct cursor *cursor, const struct leaf_item *item, MDBX_val *data, MDBX_cursor_op op) {
  if (!cursor->multi)
    return tree_value(cursor->snapshot, cursor->tree, item, data);
  *data = op_gets_page(op) ? values_get_page(&cursor->set) : values_get(&cursor->set);
  return MDBX_SUCCESS;
}

/* These leave the caller's key as it is. */
static bool op_keeps_key(MDBX_cursor_op op) {
  return op == MDBX_SET || op == MDBX_GET_BOTH || op == MDBX_GET_BOTH_RANGE;
}

int cursor_get(struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op) {
  int rc = cursor_restore(cursor);
  if (rc == MDBX_SUCCESS)
    rc = lose_place(cursor, move_by(cursor, key, data, op));
  VERIFY(tree_verify_cursor(cursor));
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (key && !op_keeps_key(op)) {
    key->iov_base = (void *)(uintptr_t)item.key;
    key->iov_len = item.key_length;
  }
  const int read = data ? read_value(cursor, &item, data, op) : MDBX_SUCCESS;
  return read == MDBX_SUCCESS ? rc : read;
}

/* The cursor stands on a pair that was just stored; it will look for it when it is used. */
static int stand_on(struct cursor *cursor, const struct seek_key *key, const MDBX_val *value) {
  const int rc = save_place(cursor, key->raw, key->length, value);
  cursor->state = CURSOR_AT;
  cursor->eof = false;
  cursor->in_set = false;
  cursor->detached = true;
  return rc;
}

static int put_several(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space && cursor->multi);
  /* Saved first: what key and value point to may be gone afterwards. */
  struct cursor place = {.saved = NULL};
  int rc = save_place(&place, key->raw, key->length, data);
  if (rc == MDBX_SUCCESS)
    rc = dup_put(cursor->space, cursor->tree, &cursor->path, key, data, flags);
  const struct seek_key stored = {.raw = place.saved, .length = place.saved_key};
  const MDBX_val value = {place.saved + place.saved_key, place.saved_length - place.saved_key};
  int stood = MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS || (rc == MDBX_KEYEXIST && !(flags & MDBX_NOOVERWRITE)))
    stood = stand_on(cursor, &stored, &value);
  else if (rc == MDBX_KEYEXIST)
    stood = stand_on(cursor, &stored, data);
  else
    cursor_unset(cursor);
  free(place.saved);
  return stood == MDBX_SUCCESS ? rc : stood;
}

int cursor_put(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space != NULL);
  if (cursor->multi)
    return put_several(cursor, key, data, flags);
  const int rc = tree_put(cursor->space, cursor->tree, &cursor->path, key, data, flags);
  cursor->detached = false;
  if (rc == MDBX_KEYEXIST)
    arrive(cursor, MDBX_SUCCESS);
  else if (rc != MDBX_SUCCESS)
    cursor_unset(cursor);
  return arrive(cursor, rc);
}

static int put_current_value(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->multi && cursor->in_set);
  struct cursor place = {.saved = NULL};
  int rc = save_place(&place, key->raw, key->length, data);
  if (rc == MDBX_SUCCESS)
    rc = flags & MDBX_ALLDUPS
             ? dup_replace_all(cursor->space, cursor->tree, &cursor->path, key, data)
             : dup_replace(cursor->space, cursor->tree, &cursor->path, key, &cursor->set, data);
  const struct seek_key stored = {.raw = place.saved, .length = place.saved_key};
  const MDBX_val value = {place.saved + place.saved_key, place.saved_length - place.saved_key};
  if (rc == MDBX_SUCCESS)
    rc = stand_on(cursor, &stored, &value);
  free(place.saved);
  return rc;
}

int cursor_put_current(struct cursor *cursor, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  ASSERT(cursor->space != NULL);
  struct leaf_item item;
  struct seek_key prepared;
  int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = tree_prepare_key(cursor->tree, key, &prepared);
  if (rc != MDBX_SUCCESS)
    return rc;
  path_item(&cursor->path, &item);
  if (key_compare_raw(&cursor->tree->rules, prepared.raw, prepared.length, item.key, item.key_length) != 0)
    return MDBX_EKEYMISMATCH;
  return cursor->multi ? put_current_value(cursor, &prepared, data, flags)
                       : tree_set_value(cursor->space, cursor->tree, &cursor->path, &prepared, data, flags);
}

/* One of several values goes. */
static int delete_value(struct cursor *cursor) {
  ASSERT(cursor->in_set && !cursor->detached);
  int rc = save_position(cursor);
  if (rc == MDBX_SUCCESS)
    rc = dup_erase(cursor->space, cursor->tree, &cursor->path, &cursor->set);
  cursor->detached = cursor->in_doubt = true;
  return lose_place(cursor, rc);
}

/* The record goes, with all its values. */
static int delete_record(struct cursor *cursor) {
  ASSERT(!cursor->detached);
  struct leaf_item item;
  bool moved = true;
  path_item(&cursor->path, &item);
  int rc = save_place(cursor, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tree_delete_at(cursor->space, cursor->tree, &cursor->path, &moved);
  cursor->detached = cursor->in_doubt = moved;
  return lose_place(cursor, rc);
}

int cursor_delete(struct cursor *cursor, bool all_values) {
  ASSERT(cursor->space != NULL);
  int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool one = cursor->multi && !all_values && values_count(&cursor->set) > 1;
  rc = one ? delete_value(cursor) : delete_record(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->state = CURSOR_BEFORE_NEXT;
  cursor->in_set = false;
  cursor->eof = false;
  if (!cursor->detached && path_settle(cursor->snapshot, cursor->tree, &cursor->path) == MDBX_NOTFOUND)
    cursor->eof = true;
  VERIFY(tree_verify_cursor(cursor));
  return MDBX_SUCCESS;
}

void cursor_bound(const struct cursor *cursor, struct range_bound *bound) {
  ASSERT(cursor->state == CURSOR_AT && !cursor->detached);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  bound->key = (MDBX_val){(void *)(uintptr_t)item.key, item.key_length};
  bound->has_value = cursor->multi;
  if (cursor->multi)
    bound->value = values_get(&cursor->set);
}

static size_t bound_bytes(const struct range_bound *bound) {
  return bound ? bound->key.iov_len + (bound->has_value ? bound->value.iov_len : 0) : 0;
}

static uint8_t *copy_val(MDBX_val *to, const MDBX_val *from, uint8_t *memory) {
  if (from->iov_len)
    memcpy(memory, from->iov_base, from->iov_len);
  *to = (MDBX_val){memory, from->iov_len};
  return memory + from->iov_len;
}

/* NULL stays NULL. */
static const struct range_bound *copy_bound(struct range_bound *to, const struct range_bound *from, uint8_t *memory) {
  if (!from)
    return NULL;
  *to = (struct range_bound){.has_value = from->has_value};
  memory = copy_val(&to->key, &from->key, memory);
  if (from->has_value)
    copy_val(&to->value, &from->value, memory);
  return to;
}

int cursor_erase_between(struct cursor *cursor, const struct range_bound *from, const struct range_bound *to,
                         uint64_t *removed) {
  ASSERT(cursor->space != NULL);
  struct range_bound own_from, own_to;
  uint8_t *memory = malloc(bound_bytes(from) + bound_bytes(to) + 1);
  if (!memory)
    return MDBX_ENOMEM;
  from = copy_bound(&own_from, from, memory);
  to = copy_bound(&own_to, to, memory + bound_bytes(from));
  const int rc = range_erase(cursor->space, cursor->tree, from, to, removed);
  free(memory);
  return rc;
}

/* ----------------------------------------------------------------------------------------------------- questions */

static bool path_on_edge(const struct path *path, bool last) {
  for (unsigned i = 0; i < path->depth; ++i)
    if (path->level[i].index != (last ? path->level[i].page->count - 1u : 0u))
      return false;
  return true;
}

int cursor_on_edge(struct cursor *cursor, bool last) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc == MDBX_ENODATA)
    return MDBX_RESULT_TRUE;
  if (rc != MDBX_SUCCESS)
    return rc;
  return path_on_edge(&copy.path, last) ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_on_value_edge(struct cursor *cursor, bool last) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc == MDBX_ENODATA || (rc == MDBX_SUCCESS && !copy.multi))
    return MDBX_RESULT_TRUE;
  if (rc != MDBX_SUCCESS)
    return rc;
  return (last ? values_on_last(&copy.set) : values_on_first(&copy.set)) ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_count_values(struct cursor *cursor, uint64_t *count) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  *count = 0;
  if (rc == MDBX_SUCCESS)
    *count = copy.multi ? values_count(&copy.set) : 1;
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

static int compare_paths(const struct path *left, const struct path *right) {
  for (unsigned i = 0; i < MIN_OF(left->depth, right->depth); ++i)
    if (left->level[i].index != right->level[i].index)
      return left->level[i].index > right->level[i].index ? 1 : -1;
  return 0;
}

/* A copy that stands on its record, also if the cursor stands before it; without a record, the cursor as it is. */
static int stand_for(struct cursor *cursor, struct cursor *copy) {
  const int rc = cursor_peek(cursor, copy);
  if (rc == MDBX_ENODATA)
    *copy = *cursor;
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

int cursor_compare_positions(struct cursor *left, struct cursor *right, bool keys_only, int *order) {
  struct cursor a, b;
  int rc = stand_for(left, &a);
  if (rc == MDBX_SUCCESS)
    rc = stand_for(right, &b);
  if (rc != MDBX_SUCCESS)
    return rc;
  *order = compare_paths(&a.path, &b.path);
  if (*order == 0 && !keys_only && a.in_set && b.in_set)
    *order = values_compare(&a.set, &b.set);
  return MDBX_SUCCESS;
}

int cursor_at_end(struct cursor *cursor) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc != MDBX_SUCCESS && rc != MDBX_ENODATA)
    return rc;
  return rc == MDBX_ENODATA || copy.eof ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_nested_record(struct cursor *cursor, struct table_record *record) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  memset(record, 0, sizeof(*record));
  if (rc == MDBX_SUCCESS && copy.multi && copy.set.kind == NODE_TREE) {
    *record = copy.set.tree.record;
    record->mod_txnid = copy.tree->record.mod_txnid;
  }
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

/* ---------------------------------------------------------------------------------------------------- many at once */

/* Fills pairs from the present record on until the space or the data ends. The cursor ends on the last one given. */
static int batch_from_here(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit) {
  for (;;) {
    int rc = cursor_get(cursor, &pairs[*count], &pairs[*count + 1], MDBX_GET_CURRENT);
    if (rc != MDBX_SUCCESS)
      return rc;
    *count += 2;
    if (cursor_on_edge(cursor, true) == MDBX_RESULT_TRUE) {
      cursor->eof = true;
      return MDBX_RESULT_TRUE;
    }
    if (*count + 2 > limit)
      return MDBX_SUCCESS;
    rc = cursor_get(cursor, NULL, NULL, MDBX_NEXT);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

int cursor_get_batch(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit, MDBX_cursor_op op) {
  ASSERT(limit >= 2 && (op == MDBX_FIRST || op == MDBX_NEXT));
  *count = 0;
  if (cursor->multi)
    return MDBX_INCOMPATIBLE;
  int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (op == MDBX_NEXT || cursor->state == CURSOR_UNSET)
    rc = cursor_get(cursor, NULL, NULL, op);
  return rc == MDBX_SUCCESS ? batch_from_here(cursor, count, pairs, limit) : rc;
}
