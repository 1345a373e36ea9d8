/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/find_many.h: several lookups at once.
 *
 * A lookup in a large tree waits for memory at every level. Lookups that go down side by side wait together: each page
 * is asked for before it is needed, and meanwhile the others search theirs.
 */
#ifndef MDBX_TREE_FIND_MANY_H
#define MDBX_TREE_FIND_MANY_H

#include "tree/tree.h"

/* About as many as a processor can wait for at the same time. */
enum { FIND_GROUP = 16 };

/* One of the lookups: the key comes in, the rest goes out. */
struct lookup {
  struct seek_key key;
  struct leaf_item item;
  int rc; /* MDBX_SUCCESS, MDBX_NOTFOUND; what is not MDBX_SUCCESS when it comes in is left out */
  const struct page *page;
  struct page_ref ref;
};

/* As tree_find() for each of up to FIND_GROUP lookups. An error of reading ends all. */
int tree_find_many(const struct snapshot *snapshot, const struct tree *tree, struct lookup *lookups, unsigned count);

#endif
