/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/estimate_range.h: estimates how many records are between two places given by keys and values.
 */
#ifndef MDBX_TREE_ESTIMATE_RANGE_H
#define MDBX_TREE_ESTIMATE_RANGE_H

#include "tree/cursor.h"

/* Keys and values as for mdbx_estimate_range(): NULL for a key is the edge of the table; MDBX_EPSILON is the key of the
 * other end. */
struct key_range {
  const MDBX_val *begin_key, *begin_data, *end_key, *end_data;
};

/* MDBX_EINVAL for a value without a key and for two epsilons; MDBX_BAD_VALSIZE. */
int tree_estimate_range(const struct snapshot *view, struct tree *tree, const struct key_range *of,
                        ptrdiff_t *distance);

#endif
