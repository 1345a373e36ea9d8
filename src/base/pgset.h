/* SPDX-License-Identifier: Apache-2.0 */
/*
 * base/pgset.h: a set of page numbers, as sorted regions of 8192 pages with a bitmap each.
 *
 * Finding out membership, the lowest member, and the lowest run of N takes few steps in dense and in sparse sets;
 * memory grows with the number of regions. A pure module: no I/O, no lock; a set belongs to one thread at a time.
 */
#ifndef MDBX_BASE_PGSET_H
#define MDBX_BASE_PGSET_H

#include "base/base.h"

#define PGSET_REGION_BITS 13
#define PGSET_REGION_PAGES (1u << PGSET_REGION_BITS)
#define PGSET_WORDS (PGSET_REGION_PAGES / 64)
#define PGSET_SPARES 4u

typedef struct pgset_region {
  uint32_t number;                 /* first page of the region divided by PGSET_REGION_PAGES */
  uint32_t count;                  /* members */
  bool loaded;                     /* for the owner's use: the stored part of this region has been read */
  bool changed;                    /* set by every add and remove; for the owner to clear */
  uint64_t used[PGSET_WORDS / 64]; /* one bit for each word of `bits` that has members */
  uint64_t bits[PGSET_WORDS];
} pgset_region;

typedef struct pgset {
  pgset_region **regions; /* ascending by number */
  size_t length, capacity;
  uint64_t count;                    /* members of all regions */
  pgset_region *spare[PGSET_SPARES]; /* empty regions that pgset_clear() has kept */
  unsigned spares;
} pgset;

void pgset_init(pgset *set);
void pgset_destroy(pgset *set);
/* Removes all members, and keeps some memory for the next ones. The cost grows with the number of members and
 * regions. */
void pgset_clear(pgset *set);

/* The region with that number, created empty if absent; NULL without memory. */
pgset_region *pgset_region_get(pgset *set, uint32_t number);
/* The region, or NULL if the set has none of that number. */
pgset_region *pgset_region_find(const pgset *set, uint32_t number);

bool pgset_has(const pgset *set, pgno_t pgno);
/* Adds `count` pages from pgno on. MDBX_CORRUPTED when one of them is a member already, or MDBX_ENOMEM: nothing is added
 * then. Pages that have been removed can be added again without memory, until pgset_clear(). */
int pgset_add(pgset *set, pgno_t pgno, uint32_t count);
/* Adds pages given as whole words of a region's bitmap; page `first` is at the beginning of a word. Codes as for
 * pgset_add(). */
int pgset_add_words(pgset *set, pgno_t first, const uint64_t *words, uint32_t count);
/* Removes pages that must be members; returns false (and changes nothing) if one of them is not. */
bool pgset_remove(pgset *set, pgno_t pgno, uint32_t count);
/* Lowest member not below `from`, or PGNO_NONE. */
pgno_t pgset_lowest(const pgset *set, pgno_t from);
/* First page of the lowest run of `count` members, or PGNO_NONE. */
pgno_t pgset_find_run(const pgset *set, uint32_t count);
/* Length of the run that begins at member pgno, at most `limit`. */
uint32_t pgset_run_length(const pgset *set, pgno_t pgno, uint32_t limit);

#endif
