/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/pool.h: buffers of one page each, kept from one write transaction to the next.
 *
 * Belongs to the environment; used only by the holder of the writer lock.
 */
#ifndef MDBX_SPACE_POOL_H
#define MDBX_SPACE_POOL_H

#include "base/base.h"

struct page_pool {
  void *free_list; /* each free buffer begins with a pointer to the next */
  size_t page_size;
  unsigned kept, limit;
};

void pool_init(struct page_pool *pool, size_t page_size, unsigned limit);
void pool_destroy(struct page_pool *pool);
/* NULL when memory is short. The content is arbitrary. */
void *pool_take(struct page_pool *pool);
void pool_give(struct page_pool *pool, void *buffer);

#endif
