/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/dirty.h: the pages a write transaction has changed, by page number.
 *
 * The entries are an unordered array; an open-addressing hash table maps page numbers to entries. So lookups in a small
 * transaction stay in the first cache level. Visiting or forgetting all entries costs only as much as there are
 * entries, even if an earlier transaction has made the table large. Page 0 is never dirty, so 0 marks an empty bucket.
 * Pure; the buffers belong to the caller.
 */
#ifndef MDBX_SPACE_DIRTY_H
#define MDBX_SPACE_DIRTY_H

#include "base/base.h"

struct page;

struct dirty_page {
  pgno_t pgno;
  uint32_t pages; /* more than one for a run */
  struct page *page;
};

struct dirty_bucket {
  pgno_t pgno;
  uint32_t entry;
};

struct dirty {
  struct dirty_page *entries;
  struct dirty_bucket *buckets; /* twice the capacity for entries */
  uint32_t mask;                /* buckets - 1; 0 while nothing was ever added */
  uint32_t used;                /* entries */
  uint64_t pages;               /* sum of their pages */
  struct dirty_page *sorted;    /* of dirty_sorted(): twice sorted_room entries */
  uint32_t sorted_room;
};

void dirty_init(struct dirty *dirty);
void dirty_destroy(struct dirty *dirty);
/* Forgets all entries; keeps at most a modest amount of memory. */
void dirty_clear(struct dirty *dirty);

static inline uint32_t dirty_hash(pgno_t pgno) { return (uint32_t)(pgno * UINT32_C(0x9e3779b1)) >> 7; }

/* The buffer of that page or run, or NULL. */
static inline struct page *dirty_find(const struct dirty *dirty, pgno_t pgno) {
  if (!dirty->used)
    return NULL;
  for (uint32_t at = dirty_hash(pgno) & dirty->mask; dirty->buckets[at].pgno; at = (at + 1) & dirty->mask)
    if (dirty->buckets[at].pgno == pgno)
      return dirty->entries[dirty->buckets[at].entry].page;
  return NULL;
}

/* Adds a page that is not in the set. MDBX_SUCCESS or MDBX_ENOMEM. */
int dirty_add(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page);
/* Makes room for so many more pages. MDBX_SUCCESS or MDBX_ENOMEM. */
int dirty_reserve(struct dirty *dirty, uint32_t more);
/* dirty_add() where there is room: after dirty_reserve(), or in place of a page that was removed. */
void dirty_add_reserved(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page);
/* Removes a page and returns its buffer; NULL if it is not in the set. */
struct page *dirty_remove(struct dirty *dirty, pgno_t pgno);
/* All entries, sorted by page number, as they are now; NULL when memory is short or nothing is dirty. The struct owns
 * the array; it is valid until the next call, clear or destroy. */
struct dirty_page *dirty_sorted(struct dirty *dirty);

#endif
