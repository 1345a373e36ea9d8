/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/check_way.h: the path of the checker down a tree: which entries of the branches lead to the present page, and
 * whether the separators around them enclose the keys of the page.
 *
 * It is called for pages in the order of the walk: once for each entry that leads to a page, parents first.
 */
#ifndef MDBX_SERVICE_CHECK_WAY_H
#define MDBX_SERVICE_CHECK_WAY_H

#include "tree/tree.h"

/* Buffers for separators, which are too large for the stack of a small thread. */
struct way_room {
  struct way_bound {
    uint8_t bytes[PAGE_SIZE_MAX];
    size_t length;
  } bounds[2];
};

struct way {
  struct way_room *room;
  struct {
    const struct page *page;
    unsigned next; /* the entry after the last one taken */
  } step[TREE_DEPTH_MAX];
};

/* Notes that the walk has come to a page of that level. */
void way_enter(struct way *way, const struct page *page, unsigned level);

/* The nearest branch on the path that has an entry for the page, among the first `levels` levels; NULL: none. */
const struct page *way_parent(const struct way *way, unsigned levels, pgno_t pgno);

/* The first entry of a branch whose separator is not greater than the one before it; 0: all ascend. */
unsigned way_unordered(struct way_room *room, const struct page *branch, const struct key_rules *rules);

/* A separator that does not enclose a key. */
struct way_fault {
  pgno_t pgno; /* of the branch */
  unsigned entry;
};

/* Whether the separators on the path to a leaf of that level enclose one of its keys. */
bool way_encloses(const struct way *way, unsigned level, const struct key_rules *rules, const MDBX_val *key,
                  struct way_fault *fault);

#endif
