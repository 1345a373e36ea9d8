/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/scan_ahead.h: prefetches the next leaf of a scan while the scan visits the records of this one.
 *
 * A scan reads most of each leaf, and leaves that follow each other lie anywhere in the file, so the processor cannot
 * guess them. Each step prefetches a few lines, so that the whole leaf is in the cache when the scan gets there. The
 * bytes of the next leaf are not checked yet: they only decide what is prefetched, and a prefetch never faults.
 */
#ifndef MDBX_TREE_SCAN_AHEAD_H
#define MDBX_TREE_SCAN_AHEAD_H

#include "tree/tree.h"

enum { SCAN_LINE = 64 };

/* All zeros: nothing to prefetch. */
struct scan_ahead {
  const struct page *leaf; /* the rest is meant for steps within this leaf; NULL: nothing to prefetch */
  const struct page *next;
  uintptr_t from, stop; /* the part of the next leaf that is not prefetched yet: addresses that nobody reads */
  unsigned size;        /* of the body of a page */
  unsigned steps;       /* that the scan makes in this leaf, approximately */
  unsigned wait;        /* so many steps until the header of the next leaf is probably in the cache */
  unsigned lines;       /* a step prefetches */
  bool nodes_left;      /* the nodes follow the present part */
};

/* The scan is over, or goes on in another tree or transaction. */
static inline void scan_ahead_end(struct scan_ahead *ahead) { ahead->leaf = ahead->next = NULL; }
/* The leaf after (or before) that at the end of the path, as far as the page above it tells; or PGNO_NONE. */
pgno_t scan_ahead_next_leaf(const struct path *path, bool forward);
/* A scan makes so many steps in the leaf, approximately, and goes on with that page, or PGNO_NONE. */
void scan_ahead_begin(struct scan_ahead *ahead, const struct snapshot *snapshot, const struct page *leaf, pgno_t next,
                      unsigned steps);
/* A scan has entered the leaf at the end of the path. */
void scan_ahead_enter(struct scan_ahead *ahead, const struct snapshot *snapshot, const struct tree *tree,
                      const struct path *path, bool forward);
/* The slow half of scan_ahead_step(): chooses the part that comes now. */
void scan_ahead_turn(struct scan_ahead *ahead);

/* A scan has made a step within a leaf, to a record or a value. */
static inline void scan_ahead_step(struct scan_ahead *ahead, const struct page *leaf) {
  if (ahead->leaf != leaf)
    return;
  for (unsigned i = 0; i < ahead->lines; ++i)
    PREFETCH((const void *)(ahead->from + i * SCAN_LINE));
  ahead->from += ahead->lines * SCAN_LINE;
  if (unlikely(ahead->from >= ahead->stop))
    scan_ahead_turn(ahead);
}

#endif
