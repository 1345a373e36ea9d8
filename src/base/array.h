/* SPDX-License-Identifier: Apache-2.0 */
/* base/array.h: arrays that grow, to at least twice their capacity. */
#ifndef MDBX_BASE_ARRAY_H
#define MDBX_BASE_ARRAY_H

#include "base/base.h"

/* Doubles the capacity, to at least 16 and at least `least` elements of `size` bytes. NULL without memory: the array
 * and *capacity do not change. */
void *array_grow(void *items, size_t *capacity, size_t least, size_t size);

/* Makes room for one more element after `count`; false without memory. `items` may move. */
#define array_room(items, count, capacity) array_reserve(items, (count) + 1, capacity)

/* Makes room for `count` elements in total. */
#define array_reserve(items, count, capacity) \
  ((count) <= (capacity) || __extension__({ \
     void *const array_grown = array_grow((items), &(capacity), (count), sizeof(*(items))); \
     if (array_grown) \
       (items) = array_grown; \
     array_grown != NULL; \
   }))

#endif
