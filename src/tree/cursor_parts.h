/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/cursor_parts.h: what the parts of the cursor share: keeping a position (cursor.c), operations (cursor_get.c), changes
 * (cursor_change.c).
 */
#ifndef MDBX_TREE_CURSOR_PARTS_H
#define MDBX_TREE_CURSOR_PARTS_H

#include "tree/cursor.h"

/* Saves a position: a key, and a value unless it is NULL. MDBX_ENOMEM. */
int cursor_save_key(struct cursor *cursor, const void *key, size_t length, const MDBX_val *value);
/* The same for the present position of the cursor. */
int cursor_save_position(struct cursor *cursor);
/* After an error (other than a negative result) the path may be invalid: the cursor loses its position. Returns rc. */
int cursor_lose_position(struct cursor *cursor, int rc);
/* Opens the set of values of the record at the path, without a position in it. */
int cursor_open_set(struct cursor *cursor);

/* After a move or a change that returned rc: with success the cursor stands on a record. Returns rc. */
static inline int cursor_arrive(struct cursor *cursor, int rc) {
  if (rc == MDBX_SUCCESS) {
    cursor->state = CURSOR_AT;
    cursor->eof = false;
  }
  return rc;
}

#endif
