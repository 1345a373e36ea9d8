/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/cursor.h"

#include "base/log.h"

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
  cursor->path.depth = 0;
}

void cursor_attach(struct cursor *cursor, const struct snapshot *snapshot, struct tree *tree, struct space *space) {
  cursor->snapshot = snapshot;
  cursor->tree = tree;
  cursor->space = space;
  cursor_unset(cursor);
}

static int save_key(struct cursor *cursor, const void *key, size_t length) {
  if (length > cursor->saved_capacity) {
    uint8_t *bigger = realloc(cursor->saved, length + 16);
    if (!bigger)
      return MDBX_ENOMEM;
    cursor->saved = bigger;
    cursor->saved_capacity = length + 16;
  }
  if (length)
    memmove(cursor->saved, key, length);
  cursor->saved_length = length;
  return MDBX_SUCCESS;
}

/* CURSOR_BEFORE_NEXT has its key saved since the deletion; the other states but CURSOR_AT need none. */
int cursor_detach(struct cursor *cursor) {
  if (cursor->detached)
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT) {
    struct leaf_item item;
    path_item(&cursor->path, &item);
    const int rc = save_key(cursor, item.key, item.key_length);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  cursor->detached = true;
  return MDBX_SUCCESS;
}

static int seek_saved(struct cursor *cursor, bool *exact) {
  const MDBX_val key = {cursor->saved, cursor->saved_length};
  struct seek_key prepared;
  const int rc = tree_prepare_key(cursor->tree, &key, &prepared);
  return rc == MDBX_SUCCESS ? tree_seek(cursor->snapshot, cursor->tree, &prepared, &cursor->path, exact) : rc;
}

int cursor_restore(struct cursor *cursor) {
  if (likely(!cursor->detached))
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT || cursor->state == CURSOR_BEFORE_NEXT) {
    bool exact;
    const int rc = seek_saved(cursor, &exact);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (!exact)
      cursor->state = CURSOR_BEFORE_NEXT;
  }
  cursor->detached = false;
  return MDBX_SUCCESS;
}

int cursor_copy_position(const struct cursor *from, struct cursor *to) {
  if (from->saved_length || from->detached) {
    const int rc = save_key(to, from->saved, from->saved_length);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  to->snapshot = from->snapshot;
  to->tree = from->tree;
  to->space = from->space;
  to->path = from->path;
  to->state = from->state;
  to->eof = from->eof;
  to->ignore_order = from->ignore_order;
  to->detached = from->detached;
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

static int go_first(struct cursor *cursor) {
  const int rc = tree_first(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_NOTFOUND)
    cursor_unset(cursor);
  return arrive(cursor, rc);
}

static int go_last(struct cursor *cursor) {
  const int rc = tree_last(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_NOTFOUND)
    cursor_unset(cursor);
  return arrive(cursor, rc);
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
  return log_damage(MDBX_CORRUPTED, "page %u: its keys do not follow those of page %u", high->pgno, low->pgno);
}

static int step_next(struct cursor *cursor) {
  const struct path_level from = *path_leaf(&cursor->path);
  const int rc = path_next(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc != MDBX_SUCCESS || path_leaf(&cursor->path)->index == from.index + 1)
    return rc;
  return check_order(cursor, from.page, true);
}

static int step_prev(struct cursor *cursor) {
  const struct path_level from = *path_leaf(&cursor->path);
  const int rc = path_prev(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc != MDBX_SUCCESS || path_leaf(&cursor->path)->index + 1 == from.index)
    return rc;
  return check_order(cursor, from.page, false);
}

/* From "before next" onto the next record. */
static int step_onto(struct cursor *cursor) {
  return arrive(cursor, path_settle(cursor->snapshot, cursor->tree, &cursor->path));
}

static int go_next(struct cursor *cursor) {
  int rc = MDBX_NOTFOUND;
  switch (cursor->state) {
  case CURSOR_UNSET:
    return go_first(cursor);
  case CURSOR_AT:
    rc = arrive(cursor, step_next(cursor));
    break;
  case CURSOR_BEFORE_NEXT:
    rc = step_onto(cursor);
    break;
  case CURSOR_BEHIND:
    break;
  case CURSOR_LOST:
    return MDBX_ENODATA;
  }
  if (rc == MDBX_NOTFOUND)
    cursor->eof = true;
  return rc;
}

/* The path may stand behind the last record of a leaf; stepping back works from there as well. */
static int go_prev(struct cursor *cursor) {
  switch (cursor->state) {
  case CURSOR_UNSET:
  case CURSOR_BEHIND:
    return go_last(cursor);
  case CURSOR_LOST:
    return MDBX_ENODATA;
  default:
    break;
  }
  if (!cursor->path.depth)
    return MDBX_NOTFOUND;
  return arrive(cursor, step_prev(cursor));
}

int cursor_settle(struct cursor *cursor) {
  const int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->state == CURSOR_AT)
    return MDBX_SUCCESS;
  if (cursor->state != CURSOR_BEFORE_NEXT)
    return MDBX_ENODATA;
  const int settled = step_onto(cursor);
  return settled == MDBX_NOTFOUND ? MDBX_ENODATA : settled;
}

/* GET_CURRENT behind a deleted last record gives the record before it. */
static int go_current(struct cursor *cursor) {
  if (cursor->state == CURSOR_BEHIND)
    return MDBX_NOTFOUND;
  const bool behind = cursor->state == CURSOR_BEFORE_NEXT;
  int rc = cursor_settle(cursor);
  if (rc == MDBX_ENODATA && behind) {
    rc = go_prev(cursor);
    cursor->eof = true;
  }
  return rc == MDBX_NOTFOUND ? MDBX_ENODATA : rc;
}

/* ------------------------------------------------------------------------------------------------------- seeking */

static bool key_length_fits(const struct cursor *cursor, const MDBX_val *key) {
  return key->iov_len <= limit_key(cursor->snapshot->page_size, cursor->tree->record.flags);
}

/* To the first record not less than the key. */
static int seek_lower(struct cursor *cursor, const MDBX_val *key, bool *exact) {
  struct seek_key prepared;
  int rc = tree_prepare_key(cursor->tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(cursor->snapshot, cursor->tree, &prepared, &cursor->path, exact);
  if (rc == MDBX_SUCCESS && !*exact)
    rc = path_settle(cursor->snapshot, cursor->tree, &cursor->path);
  if (rc == MDBX_NOTFOUND) {
    cursor->state = CURSOR_BEHIND;
    cursor->eof = true;
  }
  return arrive(cursor, rc);
}

static int seek_exact(struct cursor *cursor, const MDBX_val *key) {
  bool exact = false;
  int rc = MDBX_NOTFOUND;
  if (key_length_fits(cursor, key))
    rc = seek_lower(cursor, key, &exact);
  if (rc == MDBX_NOTFOUND || (rc == MDBX_SUCCESS && !exact)) {
    cursor->state = CURSOR_LOST;
    cursor->eof = true;
    return MDBX_NOTFOUND;
  }
  return rc;
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
  const int next = go_next(cursor);
  if (next == MDBX_NOTFOUND)
    cursor->state = CURSOR_BEHIND;
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
  return go_prev(cursor);
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

static int move_by(struct cursor *cursor, const MDBX_val *key, MDBX_cursor_op op) {
  int rc;
  switch (op) {
  case MDBX_FIRST:
    return go_first(cursor);
  case MDBX_LAST:
    rc = go_last(cursor);
    cursor->eof = rc == MDBX_SUCCESS || cursor->eof;
    return rc;
  case MDBX_NEXT:
  case MDBX_NEXT_NODUP:
    return go_next(cursor);
  case MDBX_PREV:
  case MDBX_PREV_NODUP:
    return go_prev(cursor);
  case MDBX_GET_CURRENT:
  case MDBX_FIRST_DUP:
  case MDBX_LAST_DUP:
    return go_current(cursor);
  case MDBX_NEXT_DUP:
  case MDBX_PREV_DUP:
    if (op == MDBX_NEXT_DUP && cursor->state == CURSOR_UNSET)
      return go_next(cursor);
    rc = cursor_settle(cursor);
    return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
  default:
    return seek_by(cursor, key, op);
  }
}

int cursor_get(struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op) {
  int rc = cursor_restore(cursor);
  if (rc == MDBX_SUCCESS)
    rc = move_by(cursor, key, op);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (key && op != MDBX_SET) {
    key->iov_base = (void *)(uintptr_t)item.key;
    key->iov_len = item.key_length;
  }
  const int read = data ? tree_value(cursor->snapshot, &item, data) : MDBX_SUCCESS;
  return read == MDBX_SUCCESS ? rc : read;
}

int cursor_put(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  const int rc = tree_put(cursor->space, cursor->tree, &cursor->path, key, data, flags);
  cursor->detached = false;
  if (rc == MDBX_KEYEXIST)
    arrive(cursor, MDBX_SUCCESS);
  else if (rc != MDBX_SUCCESS)
    cursor_unset(cursor);
  return arrive(cursor, rc);
}

int cursor_put_current(struct cursor *cursor, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct leaf_item item;
  struct seek_key prepared;
  int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  path_item(&cursor->path, &item);
  if (key_compare_raw(&cursor->tree->rules, key->iov_base, key->iov_len, item.key, item.key_length) != 0)
    return MDBX_EKEYMISMATCH;
  rc = tree_prepare_key(cursor->tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_set_value(cursor->space, cursor->tree, &cursor->path, &prepared, data, flags);
  return rc;
}

int cursor_delete(struct cursor *cursor) {
  struct leaf_item item;
  bool moved;
  int rc = cursor_settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  path_item(&cursor->path, &item);
  rc = save_key(cursor, item.key, item.key_length);
  if (rc == MDBX_SUCCESS)
    rc = tree_delete_at(cursor->space, cursor->tree, &cursor->path, &moved);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->state = CURSOR_BEFORE_NEXT;
  cursor->detached = moved;
  cursor->eof = false;
  if (!moved && path_settle(cursor->snapshot, cursor->tree, &cursor->path) == MDBX_NOTFOUND)
    cursor->eof = true;
  return MDBX_SUCCESS;
}

/* ----------------------------------------------------------------------------------------------------- questions */

static bool path_on_edge(const struct path *path, bool last) {
  for (unsigned i = 0; i < path->depth; ++i)
    if (path->level[i].index != (last ? path->level[i].page->count - 1u : 0u))
      return false;
  return true;
}

int cursor_on_edge(struct cursor *cursor, bool last) {
  const int rc = cursor_settle(cursor);
  if (rc == MDBX_ENODATA)
    return MDBX_RESULT_TRUE;
  if (rc != MDBX_SUCCESS)
    return rc;
  return path_on_edge(&cursor->path, last) ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_compare_positions(struct cursor *left, struct cursor *right, int *order) {
  *order = 0;
  int rc = cursor_restore(left);
  if (rc == MDBX_SUCCESS)
    rc = cursor_restore(right);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned depth = MIN_OF(left->path.depth, right->path.depth);
  for (unsigned i = 0; i < depth && *order == 0; ++i)
    *order = (left->path.level[i].index > right->path.level[i].index) -
             (left->path.level[i].index < right->path.level[i].index);
  return MDBX_SUCCESS;
}
