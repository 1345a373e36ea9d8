/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/cursor.h"

#include "base/array.h"
#include "base/assert.h"
#include "tree/cursor_parts.h"
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
  scan_ahead_end(&cursor->ahead);
  scan_ahead_end(&cursor->ahead_values);
}

void cursor_attach(struct cursor *cursor, const struct snapshot *snapshot, struct tree *tree, struct space *space) {
  ASSERT(!space || snapshot == &space->view);
  cursor->snapshot = snapshot;
  cursor->tree = tree;
  cursor->space = space;
  cursor->multi = tree_is_multi(tree);
  cursor_unset(cursor);
}

void cursor_to_end(struct cursor *cursor) {
  cursor_unset(cursor);
  cursor->state = CURSOR_BEFORE_NEXT;
  cursor->eof = true;
}

int cursor_save_key(struct cursor *cursor, const void *key, size_t length, const MDBX_val *value) {
  const size_t value_length = value ? value->iov_len : 0;
  if (!array_room(cursor->saved, length + value_length, cursor->saved_capacity)) /* an empty key has an address too */
    return MDBX_ENOMEM;
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

int cursor_save_position(struct cursor *cursor) {
  ASSERT(!cursor->detached && cursor->path.depth > 0);
  struct leaf_item item;
  path_item(&cursor->path, &item);
  if (!cursor->in_set)
    return cursor_save_key(cursor, item.key, item.key_length, NULL);
  const MDBX_val value = values_get(&cursor->set);
  return cursor_save_key(cursor, item.key, item.key_length, &value);
}

static void lose(struct cursor *cursor) {
  cursor_unset(cursor);
  cursor->state = CURSOR_LOST;
  cursor->eof = true;
}

int cursor_lose_position(struct cursor *cursor, int rc) {
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_NOTFOUND || rc == MDBX_ENODATA ||
      rc == MDBX_INCOMPATIBLE)
    return rc;
  lose(cursor);
  return rc;
}

/* Saves the position before the successor of a deleted record. */
static int save_successor(struct cursor *cursor) {
  ASSERT(!cursor->detached && cursor->state == CURSOR_BEFORE_NEXT);
  struct leaf_item item;
  if (cursor->in_set && !values_behind(&cursor->set))
    return cursor_save_position(cursor);
  if (!cursor->in_set) {
    const int rc = cursor->path.depth ? path_settle(cursor->snapshot, cursor->tree, &cursor->path) : MDBX_NOTFOUND;
    if (rc == MDBX_NOTFOUND)
      cursor->saved_edge = SAVED_BEHIND_ALL;
    if (rc != MDBX_SUCCESS) {
      cursor_lose_position(cursor, rc);
      return MDBX_SUCCESS;
    }
  }
  path_item(&cursor->path, &item);
  const int rc = cursor_save_key(cursor, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS && cursor->in_set)
    cursor->saved_edge = SAVED_BEHIND_VALUES;
  return rc;
}

int cursor_detach(struct cursor *cursor) {
  int rc = MDBX_SUCCESS;
  if (cursor->detached)
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT)
    rc = cursor_save_position(cursor);
  else if (cursor->state == CURSOR_BEFORE_NEXT)
    rc = save_successor(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->detached = true;
  cursor->in_doubt = false;
  cursor->in_set = false;
  return MDBX_SUCCESS;
}

/* After an error the cursor loses its position, but the change continues. The key of the change is prepared in the
 * tree's scratch memory, so the search must not use that. */
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

int cursor_open_set(struct cursor *cursor) {
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

/* On entry *exact is true: the key exists. On return it says whether the value exists too. */
static int seek_saved_value(struct cursor *cursor, bool *exact) {
  ASSERT(*exact);
  const bool behind = cursor->saved_edge == SAVED_BEHIND_VALUES;
  if (!cursor->multi || !(cursor->saved_value || behind))
    return MDBX_SUCCESS;
  ASSERT(cursor->saved);
  const MDBX_val value = {cursor->saved + cursor->saved_key, cursor->saved_length - cursor->saved_key};
  const int rc = cursor_open_set(cursor);
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

/* Whether this process has the comparators to search for the saved record. */
static bool can_find_saved(const struct cursor *cursor) {
  const struct tree *tree = cursor->tree;
  return cursor->saved_edge == SAVED_BEHIND_ALL ||
         !(tree->rules.unknown || (cursor->multi && cursor->saved_value && tree->values.unknown));
}

int cursor_restore(struct cursor *cursor) {
  if (likely(!cursor->detached))
    return MDBX_SUCCESS;
  if (cursor->state == CURSOR_AT || cursor->state == CURSOR_BEFORE_NEXT) {
    if (unlikely(!can_find_saved(cursor))) {
      lose(cursor);
      return MDBX_SUCCESS;
    }
    bool exact = true;
    cursor->in_set = false;
    const int rc = cursor->saved_edge == SAVED_BEHIND_ALL ? go_behind_all(cursor) : find_saved(cursor, &exact);
    if (rc != MDBX_SUCCESS)
      return cursor_lose_position(cursor, rc);
    if (!exact)
      cursor->state = CURSOR_BEFORE_NEXT;
  }
  cursor->detached = cursor->in_doubt = false;
  VERIFY(tree_verify_cursor(cursor));
  return MDBX_SUCCESS;
}

int cursor_copy_position(const struct cursor *from, struct cursor *to) {
  if (from->saved_length || from->detached) {
    const int rc = array_room(to->saved, from->saved_length, to->saved_capacity) ? MDBX_SUCCESS : MDBX_ENOMEM;
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
