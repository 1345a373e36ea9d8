/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/cursor_ops.h: what the operations of mdbx_cursor_get() need and do, in one table.
 */
#ifndef MDBX_TREE_CURSOR_OPS_H
#define MDBX_TREE_CURSOR_OPS_H

#include "base/base.h"

/* What an operation needs, and its other properties. */
enum {
  OP_KEY = 1,         /* a key to seek */
  OP_KEY_ALONE = 2,   /* only the key determines the position: the value may be given, or have no address */
  OP_DATA = 4,        /* a place for the value */
  OP_VALUE = 8,       /* that contains a value to compare */
  OP_MULTI = 16,      /* a table with several values per key */
  OP_FIXED = 32,      /* with fixed-size values */
  OP_PAGE = 64,       /* returns all values of a page at once */
  OP_KEEPS_KEY = 128, /* leaves the key of the caller as it is */
  OP_TURNS = 256      /* begins at the position of the cursor */
};

enum op_kind {
  OP_STAY,
  OP_GO_EDGE,       /* how: enum edge, of the table */
  OP_GO_VALUE_EDGE, /* how: enum edge, of the values of the key */
  OP_GO_NEXT,       /* how: enum reach */
  OP_GO_PREV,
  OP_GO_PREV_PAGE, /* of the values of the key */
  OP_SEEK_EXACT,   /* the key and no other */
  OP_SEEK_KEY,     /* how: enum relation */
  OP_SEEK_VALUE,   /* the same among the values of exactly this key */
  OP_SEEK_PAIR,    /* the same for key and value as one pair */
  OP_SEEK_BOUND    /* the same, and the result says whether it is equal */
};

enum edge { AT_FIRST, AT_LAST };
/* How far a move may go. */
enum reach { ANY_RECORD, SAME_KEY, OTHER_KEY };
/* The relation of what is found to what is sought. */
enum relation { LESSER_THAN, LESSER_OR_EQUAL, EQUAL, GREATER_OR_EQUAL, GREATER_THAN };

struct cursor_op {
  uint16_t needs;
  uint8_t kind, how;
};

enum { CURSOR_OPS = MDBX_SEEK_AND_GET_MULTIPLE + 1 };
extern const struct cursor_op cursor_ops[CURSOR_OPS];

/* NULL: there is no such operation. */
static inline const struct cursor_op *cursor_op(MDBX_cursor_op op) {
  return (unsigned)op < CURSOR_OPS ? &cursor_ops[op] : NULL;
}

/* Whether an operation has any of these bits. */
static inline bool cursor_op_is(MDBX_cursor_op op, unsigned bits) {
  return (unsigned)op < CURSOR_OPS && (cursor_ops[op].needs & bits);
}

#endif
