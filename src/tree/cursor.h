/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/cursor.h: a position in a tree that survives changes of the tree by others.
 *
 * Before a tree changes, every other cursor on it saves its key and value (cursor_detach). At its next use it finds its
 * position again: on the same record, or before the successor if the record is gone. So splits and merges need not
 * correct cursors. A cursor belongs to one transaction and one thread at a time.
 */
#ifndef MDBX_TREE_CURSOR_H
#define MDBX_TREE_CURSOR_H

#include "tree/dup.h"
#include "tree/range.h"
#include "tree/scan_ahead.h"

enum cursor_state {
  CURSOR_UNSET,       /* never positioned, or reset: NEXT is the first record, PREV the last */
  CURSOR_AT,          /* the path stands on a record */
  CURSOR_BEFORE_NEXT, /* the record was deleted; the path stands on its successor, or after the last record. With
                         several values the set, if open, stands on the next value, or after the last one */
  CURSOR_BEHIND,      /* a search went past the last record */
  CURSOR_LOST,        /* an exact search found nothing: no relative moves are possible */
};

/* A saved position that is not on a record. */
enum saved_edge {
  SAVED_RECORD,
  SAVED_BEHIND_VALUES, /* after the last value of the saved key */
  SAVED_BEHIND_ALL,    /* after the last record */
};

struct cursor {
  const struct snapshot *snapshot;
  struct tree *tree;
  struct space *space; /* NULL in a read transaction */
  struct path path;
  enum cursor_state state;
  bool eof;          /* what mdbx_cursor_eof() returns */
  bool ignore_order; /* moves do not check that keys ascend from leaf to leaf; kept when the cursor is bound again */
  bool detached;     /* path and set are invalid; `saved` has the position */
  bool in_doubt;     /* the saved record was deleted: a put into the tree first makes the cursor save its successor */
  bool multi;        /* the table has several values per key */
  bool in_set;       /* `set` is open: the cursor stands among the values of the path's record */
  struct value_set set;
  uint8_t *saved; /* key, then value if saved_value */
  size_t saved_key, saved_length, saved_capacity;
  bool saved_value;
  enum saved_edge saved_edge;
  struct scan_ahead ahead, ahead_values; /* for records; for the values of a nested tree */
};

void cursor_init(struct cursor *cursor);
/* Frees the memory of the cursor and leaves it as after cursor_init(). */
void cursor_destroy(struct cursor *cursor);
/* Binds the cursor to a tree of a transaction, without a position. */
void cursor_attach(struct cursor *cursor, const struct snapshot *snapshot, struct tree *tree, struct space *space);
void cursor_unset(struct cursor *cursor);
static inline void cursor_ignore_order(struct cursor *cursor) { cursor->ignore_order = true; }
/* Whether this process has the comparators of the table. */
static inline bool cursor_knows_order(const struct cursor *cursor) {
  return !cursor->tree->rules.unknown && !(cursor->multi && cursor->tree->values.unknown);
}
/* Moves after all records, after a deletion up to the end: no record is current, and MDBX_PREV goes to the last one. */
void cursor_to_end(struct cursor *cursor);
/* Saves the position and drops the path. A cursor before the successor of a deleted record saves the successor, so
 * records put between the two come before the cursor. MDBX_SUCCESS or MDBX_ENOMEM. */
int cursor_detach(struct cursor *cursor);
/* Call it before a record is put: if the saved record was deleted, saves its successor instead. Other
 * changes do not need it. */
int cursor_resolve(struct cursor *cursor);
/* Call it before a record is deleted: marks a detached cursor that stands there. NULL for the key means any key, NULL
 * for the value all values of the key. */
void cursor_doubt(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value);
/* Finds the position again; does nothing if the cursor is not detached. */
int cursor_restore(struct cursor *cursor);
int cursor_copy_position(const struct cursor *from, struct cursor *to);

/* Performs an operation that needs no key and returns no data. */
int cursor_move(struct cursor *cursor, MDBX_cursor_op op);
/* mdbx_cursor_get(), with all its checks. */
int cursor_get(struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op);
/* MDBX_NEXT or MDBX_PREV within a leaf, the most frequent steps of scans. True: it made the step and set key and
 * data. */
static inline bool cursor_step_in_leaf(struct cursor *cursor, bool forward, MDBX_val *key, MDBX_val *data) {
  if (cursor->state != CURSOR_AT || cursor->detached)
    return false;
  struct path_level *leaf = &cursor->path.level[cursor->path.depth - 1];
  struct leaf_item item;
  const unsigned to = leaf->index + (forward ? 1u : -1u);
  if (to >= leaf->page->count)
    return false;
  leaf_get(leaf->page, to, &item);
  if (item.kind != NODE_PLAIN)
    return false;
  leaf->index = to;
  scan_ahead_step(&cursor->ahead, leaf->page);
  cursor->eof = false;
  *key = val_of(item.key, item.key_length);
  *data = val_of(item.data, item.data_length);
  return true;
}

/* The same in a table with several values per key; with `same_key` only to a value of the same key. */
bool cursor_step_in_set(struct cursor *cursor, bool forward, bool same_key, MDBX_val *key, MDBX_val *data);

/* The steps of scans that stay within the leaf, or within the values of the key; false: the caller must use
 * cursor_get(). */
static inline bool cursor_step(struct cursor *cursor, MDBX_cursor_op op, MDBX_val *key, MDBX_val *data) {
  if (op != MDBX_NEXT && op != MDBX_PREV)
    return cursor->multi && (op == MDBX_NEXT_DUP || op == MDBX_PREV_DUP) &&
           cursor_step_in_set(cursor, op == MDBX_NEXT_DUP, true, key, data);
  return cursor->multi ? cursor_step_in_set(cursor, op == MDBX_NEXT, false, key, data)
                       : cursor_step_in_leaf(cursor, op == MDBX_NEXT, key, data);
}

/* mdbx_cursor_put() without MDBX_CURRENT. */
int cursor_put(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Replaces the data of the record, or the value, on which the cursor stands. MDBX_EKEYMISMATCH unless the key is that
 * of the record. */
int cursor_put_current(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Deletes the value the cursor stands on, or all values of its key. */
int cursor_delete(struct cursor *cursor, bool all_values);

/* The position of a cursor as a bound before its record. The bytes belong to the tree. */
void cursor_bound(const struct cursor *cursor, struct range_bound *bound);
/* Removes the records between two positions (NULL: an edge of the table); the bounds are copied. All cursors of the
 * tree must be detached. */
int cursor_erase_between(struct cursor *cursor, const struct range_bound *from, const struct range_bound *to,
                         uint64_t *removed);

/* Whether the cursor stands on a record, after restoring it: MDBX_SUCCESS, MDBX_ENODATA, or an error. With
 * CURSOR_BEFORE_NEXT it first moves to the successor. */
int cursor_settle(struct cursor *cursor);
/* The same for a copy, so that the cursor itself does not move. Do not destroy the copy. */
int cursor_peek(struct cursor *cursor, struct cursor *copy);
/* Number of values of the key, 0 without a position. */
int cursor_count_values(struct cursor *cursor, uint64_t *count);
/* MDBX_RESULT_TRUE, MDBX_RESULT_FALSE or an error. */
int cursor_on_edge(struct cursor *cursor, bool last);
/* The same among the values of the key. */
int cursor_on_value_edge(struct cursor *cursor, bool last);
/* Whether no record follows the cursor, as mdbx_cursor_eof() reports it: MDBX_RESULT_TRUE, MDBX_RESULT_FALSE or an
 * error. */
int cursor_at_end(struct cursor *cursor);
/* The record of the nested tree that has the values of the key, with the id of the table's last change; all 0 if there
 * is no nested tree. */
int cursor_nested_record(struct cursor *cursor, struct table_record *record);
/* mdbx_cursor_get_batch(): *count is the number of keys and values returned. MDBX_RESULT_TRUE at the last record. */
int cursor_get_batch(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit, MDBX_cursor_op op);
/* Order of two positioned cursors of one tree. */
int cursor_compare_positions(struct cursor *left, struct cursor *right, bool keys_only, int *order);

#endif
