/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/distance.h: the distance of positions, counted or estimated, and moves by a distance.
 *
 * A page does not store how many records are below it, so an exact distance reads every page of the chosen level
 * between the positions. An estimate reads mainly the pages on the two paths. The cursors must stand on records
 * (cursor_peek()) of one state of one table.
 */
#ifndef MDBX_TREE_DISTANCE_H
#define MDBX_TREE_DISTANCE_H

#include "tree/cursor.h"

/* Steps from one cursor to another, negative backwards. Level 0 counts entries of the root, the level of the leaves
 * counts keys, anything deeper counts items, that is all values. */
int cursor_distance(const struct cursor *from, const struct cursor *to, unsigned level, int64_t *distance);
/* Moves by this many steps. Above the leaf level the cursor moves to the first item below the entry. MDBX_NOTFOUND if
 * the table ends before: then the cursor stands on its last, or first, item. */
int cursor_scroll(struct cursor *cursor, int64_t amount, unsigned level);
/* Moves a cursor to the position of another one, which may belong to another reader of the same state. */
int cursor_stand_with(struct cursor *cursor, const struct cursor *other);
/* A cursor on the first or last record of the table of another one. It holds no memory. MDBX_ENODATA. */
int cursor_edge_of(const struct cursor *other, bool last, struct cursor *position);

/* A copy of a cursor for estimates. If the cursor is after the last record, so is the path of the copy. MDBX_ENODATA
 * without a position. */
int cursor_position(struct cursor *cursor, struct cursor *position);
/* The same for the position after a move; a move past the end leads to the place after the last record. The cursor
 * itself does not move. */
int cursor_position_after(const struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op,
                          struct cursor *position);
/* Estimates how many items are between two positions. The result is exact within a leaf, and from one leaf to the next
 * one below the same branch, if no key has a nested tree. */
int cursor_estimate(const struct cursor *from, const struct cursor *to, int64_t *distance);

#endif
