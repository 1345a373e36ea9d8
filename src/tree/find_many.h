/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/find_many.h: several lookups at once.
 *
 * A lookup in a large tree waits for memory at every level. Lookups that descend side by side wait together: each page
 * is prefetched before it is needed, and meanwhile the other lookups search their pages.
 */
#ifndef MDBX_TREE_FIND_MANY_H
#define MDBX_TREE_FIND_MANY_H

#include "tree/tree.h"

/* About as many cache misses as a processor can have outstanding. */
enum { FIND_GROUP = 16 };

/* One of the lookups: the key comes in, the rest goes out. */
struct lookup {
  struct seek_key key;
  struct leaf_item item;
  int rc; /* MDBX_SUCCESS, MDBX_NOTFOUND; if it is not MDBX_SUCCESS on entry, the lookup is skipped */
  const struct page *page;
  struct page_ref ref;
};

/* Like tree_find(), for each of up to FIND_GROUP lookups. A read error ends all. */
int tree_find_many(const struct snapshot *snapshot, const struct tree *tree, struct lookup *lookups, unsigned count);

#endif
