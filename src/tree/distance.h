/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/distance.h: how far positions are from each other, counted or estimated, and moves by such a distance.
 *
 * A page does not say how many records are below it, so an exact distance looks at every page of the chosen level in
 * between. An estimate looks at the pages on the two paths only. The cursors must stand on records (cursor_peek()) of
 * one state of one table.
 */
#ifndef MDBX_TREE_DISTANCE_H
#define MDBX_TREE_DISTANCE_H

#include "tree/cursor.h"

/* Steps from one cursor to another, negative backwards. Level 0 counts entries of the root, the level of the leaves
 * counts keys, anything deeper counts items, that is all values. */
int cursor_distance(const struct cursor *from, const struct cursor *to, unsigned level, int64_t *distance);
/* Moves by so many steps. Above the leaves the cursor comes to the first item below the entry. MDBX_NOTFOUND when the
 * table ends before: then the cursor stands on its last, or first, item. */
int cursor_scroll(struct cursor *cursor, int64_t amount, unsigned level);
/* Puts a cursor where another stands, which may belong to another reader of the same state. */
int cursor_stand_with(struct cursor *cursor, const struct cursor *other);
/* A cursor on the first or last record of the table of another one. It holds no memory. MDBX_ENODATA. */
int cursor_edge_of(const struct cursor *other, bool last, struct cursor *position);

/* A copy of a cursor for estimates. One behind the last record gets a path behind it. MDBX_ENODATA without a
 * position. */
int cursor_position(struct cursor *cursor, struct cursor *position);
/* The same for where a move would lead; one that goes past the last record ends behind it. The cursor itself stays. */
int cursor_position_after(const struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op,
                       struct cursor *position);
/* About how many items lie between two places; exact inside a leaf and from one leaf to the next one under the same
 * branch, if no key has a nested tree. */
int cursor_estimate(const struct cursor *from, const struct cursor *to, int64_t *distance);

#endif
