/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/range.h: removing many neighbouring records at once.
 *
 * Whole branches inside the range are cut off without a look at single records; only the leaves at its two ends lose
 * records one by one. Bounds are copies of keys and values, not positions: nothing in them may lie on the tree's pages.
 */
#ifndef MDBX_TREE_RANGE_H
#define MDBX_TREE_RANGE_H

#include "tree/values.h"

/* A place in a table: before a key, or before one value of it. */
struct range_bound {
  MDBX_val key, value;
  bool has_value; /* in a multi-value table */
};

/* Removes everything from `from` on and before `to`; NULL is the edge of the table. *removed counts records, in a
 * multi-value table values. After an error the transaction is broken. */
int range_erase(struct space *space, struct tree *tree, const struct range_bound *from, const struct range_bound *to,
                uint64_t *removed);

/* Whether records of named tables are between the bounds, which are those of range_erase(); in a table with one value a
 * key. Nothing is changed. */
int range_meets_tables(struct space *space, struct tree *tree, const struct range_bound *from,
                       const struct range_bound *to, bool *met);

#endif
