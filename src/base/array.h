/* SPDX-License-Identifier: Apache-2.0 */
/* base/array.h: arrays that grow, to twice their room at least. */
#ifndef MDBX_BASE_ARRAY_H
#define MDBX_BASE_ARRAY_H

#include "base/base.h"

/* Twice the room, at least 16 elements of `size` bytes, and `least`. NULL without memory: the array and *capacity stay as they
 * are. */
void *array_grow(void *items, size_t *capacity, size_t least, size_t size);

/* Room for one more element behind `count`; false without memory. `items` may move. */
#define array_room(items, count, capacity) array_reserve(items, (count) + 1, capacity)

/* Room for `count` elements in all. */
#define array_reserve(items, count, capacity)                                                                          \
  ((count) <= (capacity) || __extension__({                                                                            \
     void *const array_grown = array_grow((items), &(capacity), (count), sizeof(*(items)));                            \
     if (array_grown)                                                                                                  \
       (items) = array_grown;                                                                                          \
     array_grown != NULL;                                                                                              \
   }))

#endif
