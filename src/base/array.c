/* SPDX-License-Identifier: Apache-2.0 */
#include "base/array.h"

#include <stdlib.h>

enum { FIRST_ROOM = 16 };

void *array_grow(void *items, size_t *capacity, size_t least, size_t size) {
  const size_t wanted = MAX_OF(*capacity ? *capacity * 2 : FIRST_ROOM, least);
  if (wanted > SIZE_MAX / size)
    return NULL;
  void *grown = realloc(items, wanted * size);
  if (grown)
    *capacity = wanted;
  return grown;
}
