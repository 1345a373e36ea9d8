/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/range.h: removing many neighbouring records at once.
 *
 * Whole branches inside the range are removed without reading single records; only the leaves at its two ends lose
 * records one by one. Bounds are copies of keys and values, not positions: their bytes must not lie on pages of the
 * tree.
 */
#ifndef MDBX_TREE_RANGE_H
#define MDBX_TREE_RANGE_H

#include "tree/values.h"

/* A place in a table: before a key, or before one value of it. */
struct range_bound {
  MDBX_val key, value;
  bool has_value; /* in a multi-value table */
};

/* Removes everything from `from` up to, but not including, `to`; NULL is the edge of the table. *removed is the number
 * of records; in a multi-value table, of values. After an error the transaction is broken. */
int range_erase(struct space *space, struct tree *tree, const struct range_bound *from, const struct range_bound *to,
                uint64_t *removed);

/* Whether there are records of named tables between the bounds, which are as for range_erase(); for a table with one
 * value per key. Changes nothing. */
int range_meets_tables(struct space *space, struct tree *tree, const struct range_bound *from,
                       const struct range_bound *to, bool *met);

#endif
