/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/bisect.h: binary search among sorted entries of any kind.
 */
#ifndef MDBX_FORMAT_BISECT_H
#define MDBX_FORMAT_BISECT_H

#include "format/compare.h"

/* Compares what is sought with entry `i`: negative, 0, positive. */
typedef int (*bisect_compare)(const void *place, unsigned i, const struct key_rules *rules, const void *sought);

/* Finds the first of the entries [low, high) that is not less than what is sought, and whether it is equal. Inlined, so
 * that the comparison is a direct call. */
__attribute__((always_inline)) static inline unsigned bisect(bisect_compare compare, const void *place,
                                                             const struct key_rules *rules, const void *sought,
                                                             unsigned low, unsigned high, bool *exact) {
  while (low < high) {
    const unsigned middle = (low + high) / 2;
    const int order = compare(place, middle, rules, sought);
    if (order == 0) {
      *exact = true;
      return middle;
    }
    if (order > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

#endif
