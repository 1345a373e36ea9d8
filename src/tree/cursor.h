/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/cursor.h: a position in a tree that survives changes of the tree by others.
 *
 * Before a tree changes, every other cursor on it is told to remember its key and value (cursor_detach) and finds its
 * position again when it is used next: on the same record, or before the successor if the record is gone. Splits and merges need no
 * further care. A cursor belongs to one transaction and one thread at a time.
 */
#ifndef MDBX_TREE_CURSOR_H
#define MDBX_TREE_CURSOR_H

#include "tree/dup.h"
#include "tree/range.h"

enum cursor_state {
  CURSOR_UNSET,       /* never positioned, or reset: NEXT is the first record, PREV the last */
  CURSOR_AT,          /* the path stands on a record */
  CURSOR_BEFORE_NEXT, /* the record was deleted; the path stands on what follows it, or behind the last record. Of
                         several values: the set, if open, stands on the following value, or behind the last */
  CURSOR_BEHIND,      /* a search went past the last record */
  CURSOR_LOST,        /* an exact search found nothing: no relative moves */
};

/* Where a saved position is, if it is on no record. */
enum saved_edge {
  SAVED_RECORD,
  SAVED_BEHIND_VALUES, /* behind the last value of the saved key */
  SAVED_BEHIND_ALL,    /* behind the last record */
};

struct cursor {
  const struct snapshot *snapshot;
  struct tree *tree;
  struct space *space; /* NULL in a read transaction */
  struct path path;
  enum cursor_state state;
  bool eof;      /* as mdbx_cursor_eof() shows it */
  bool ignore_order; /* moves do not look whether keys ascend from leaf to leaf; stays when the cursor is bound anew */
  bool detached; /* path and set are invalid; `saved` tells where the cursor stood */
  bool in_doubt; /* the saved record was deleted: its successor is looked for before anything is put into the tree */
  bool multi;    /* the table has several values per key */
  bool in_set;   /* `set` is open: the cursor stands among the values of the path's record */
  struct value_set set;
  uint8_t *saved; /* key, then value if saved_value */
  size_t saved_key, saved_length, saved_capacity;
  bool saved_value;
  enum saved_edge saved_edge;
};

void cursor_init(struct cursor *cursor);
/* Frees what the cursor holds and leaves it as after cursor_init(). */
void cursor_destroy(struct cursor *cursor);
/* Takes a position in a tree of a transaction, unset. */
void cursor_attach(struct cursor *cursor, const struct snapshot *snapshot, struct tree *tree, struct space *space);
void cursor_unset(struct cursor *cursor);
static inline void cursor_ignore_order(struct cursor *cursor) { cursor->ignore_order = true; }
/* Whether the comparators of the table are known here. */
static inline bool cursor_knows_order(const struct cursor *cursor) {
  return !cursor->tree->rules.unknown && !(cursor->multi && cursor->tree->values.unknown);
}
/* Behind all records, after a deletion up to there: no record is current, and the one before is the last. */
void cursor_to_end(struct cursor *cursor);
/* Remembers the position and lets go of the path. A cursor that stands before the successor of a deleted record remembers
 * the successor: what is put in between comes before the cursor. MDBX_SUCCESS or MDBX_ENOMEM. */
int cursor_detach(struct cursor *cursor);
/* Before something is put: a saved record that was deleted gives way to its successor. Only then does it matter. */
int cursor_resolve(struct cursor *cursor);
/* A record is about to be deleted: notes it in a detached cursor that stands there. A key of NULL is any, a value of NULL
 * all of its key. */
void cursor_doubt(struct cursor *cursor, const MDBX_val *key, const MDBX_val *value);
/* Finds the position again; does nothing if the cursor is not detached. */
int cursor_restore(struct cursor *cursor);
int cursor_copy_position(const struct cursor *from, struct cursor *to);

/* An operation that seeks nothing, and reads nothing. */
int cursor_move(struct cursor *cursor, MDBX_cursor_op op);
/* mdbx_cursor_get(), with all it checks. */
int cursor_get(struct cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op);
/* MDBX_NEXT or MDBX_PREV inside a leaf, the steps scans are made of: true if that is what it was, and key and data are
 * set. */
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
  const unsigned ahead = to + (forward ? (unsigned)LEAF_PREFETCH : -(unsigned)LEAF_PREFETCH);
  if (ahead < leaf->page->count)
    __builtin_prefetch(leaf_node(leaf->page, ahead));
  cursor->eof = false;
  *key = val_of(item.key, item.key_length);
  *data = val_of(item.data, item.data_length);
  return true;
}

/* The same in a table with several values per key, with `same_key` only onto a value of the key. */
bool cursor_step_in_set(struct cursor *cursor, bool forward, bool same_key, MDBX_val *key, MDBX_val *data);

/* The steps of scans that need no more than the leaf, or the values, they are on; false: cursor_get() is to be asked. */
static inline bool cursor_step(struct cursor *cursor, MDBX_cursor_op op, MDBX_val *key, MDBX_val *data) {
  if (op != MDBX_NEXT && op != MDBX_PREV)
    return cursor->multi && (op == MDBX_NEXT_DUP || op == MDBX_PREV_DUP) &&
           cursor_step_in_set(cursor, op == MDBX_NEXT_DUP, true, key, data);
  return cursor->multi ? cursor_step_in_set(cursor, op == MDBX_NEXT, false, key, data)
                       : cursor_step_in_leaf(cursor, op == MDBX_NEXT, key, data);
}

/* mdbx_cursor_put() without MDBX_CURRENT. */
int cursor_put(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Other data for the record the cursor stands on, or the value. MDBX_EKEYMISMATCH unless the key is that of the record. */
int cursor_put_current(struct cursor *cursor, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Deletes the value the cursor stands on, or all values of its key. */
int cursor_delete(struct cursor *cursor, bool all_values);

/* Where a positioned cursor stands, as a bound that begins with its record. The bytes are the tree's. */
void cursor_bound(const struct cursor *cursor, struct range_bound *bound);
/* Removes what lies between two positions (NULL: an edge); the bounds are copied. All cursors of the tree were detached. */
int cursor_erase_between(struct cursor *cursor, const struct range_bound *from, const struct range_bound *to,
                         uint64_t *removed);

/* Whether the cursor stands on a record, after restoring it: MDBX_SUCCESS, MDBX_ENODATA, or an error. With
 * CURSOR_BEFORE_NEXT it steps onto the successor first. */
int cursor_settle(struct cursor *cursor);
/* The same for a copy, so that a question does not move the cursor. The copy is not to be destroyed. */
int cursor_peek(struct cursor *cursor, struct cursor *copy);
/* Number of values of the key, 0 without a position. */
int cursor_count_values(struct cursor *cursor, uint64_t *count);
/* MDBX_RESULT_TRUE, MDBX_RESULT_FALSE or an error. */
int cursor_on_edge(struct cursor *cursor, bool last);
/* The same among the values of the key. */
int cursor_on_value_edge(struct cursor *cursor, bool last);
/* Whether no record is left in front of the cursor, as mdbx_cursor_eof() says it: MDBX_RESULT_TRUE, MDBX_RESULT_FALSE or
 * an error. */
int cursor_at_end(struct cursor *cursor);
/* The record of the nested tree that the values of the key are in, with the id of the last change of the table; all 0 if
 * they are in none. */
int cursor_nested_record(struct cursor *cursor, struct table_record *record);
/* mdbx_cursor_get_batch(): *count is that of keys and values given. MDBX_RESULT_TRUE at the last record. */
int cursor_get_batch(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit, MDBX_cursor_op op);
/* Order of two positioned cursors of one tree. */
int cursor_compare_positions(struct cursor *left, struct cursor *right, bool keys_only, int *order);

#endif
