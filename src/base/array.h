/* SPDX-License-Identifier: Apache-2.0 */
/* base/array.h: arrays that grow by one element at a time, to twice their room. */
#ifndef MDBX_BASE_ARRAY_H
#define MDBX_BASE_ARRAY_H

#include "base/base.h"

/* Twice the room, at least 16 elements of `size` bytes. NULL without memory: the array and *capacity stay as they are. */
void *array_grow(void *items, size_t *capacity, size_t size);

/* Room for one more element behind `count`; false without memory. `items` may move. */
#define array_room(items, count, capacity)                                                                             \
  ((count) < (capacity) || __extension__({                                                                             \
     void *const array_grown = array_grow((items), &(capacity), sizeof(*(items)));                                     \
     if (array_grown)                                                                                                  \
       (items) = array_grown;                                                                                          \
     array_grown != NULL;                                                                                              \
   }))

#endif
