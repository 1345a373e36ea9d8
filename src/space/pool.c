/* SPDX-License-Identifier: Apache-2.0 */
#include "space/pool.h"

#include "base/assert.h"

#include <stdlib.h>

void pool_init(struct page_pool *pool, size_t page_size, unsigned limit) {
  *pool = (struct page_pool){.page_size = page_size, .limit = limit};
}

void pool_destroy(struct page_pool *pool) {
  while (pool->free_list) {
    void *buffer = pool->free_list;
    memcpy(&pool->free_list, buffer, sizeof(void *));
    free(buffer);
  }
  pool->kept = 0;
}

void *pool_take(struct page_pool *pool) {
  void *buffer = pool->free_list;
  if (!buffer)
    return malloc(pool->page_size);
  ASSERT(pool->kept > 0);
  memcpy(&pool->free_list, buffer, sizeof(void *));
  pool->kept -= 1;
  return buffer;
}

void pool_give(struct page_pool *pool, void *buffer) {
  ASSERT(buffer && buffer != pool->free_list);
  if (pool->kept >= pool->limit) {
    free(buffer);
    return;
  }
  memcpy(buffer, &pool->free_list, sizeof(void *));
  pool->free_list = buffer;
  pool->kept += 1;
}
