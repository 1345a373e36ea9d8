/* SPDX-License-Identifier: Apache-2.0 */
#include "space/dirty.h"

#include "base/assert.h"

#include <stdlib.h>

enum { BUCKETS_MIN = 64, PLACES_KEPT = 8192 };

void dirty_init(struct dirty *dirty) { memset(dirty, 0, sizeof(*dirty)); }

void dirty_destroy(struct dirty *dirty) {
  free(dirty->entries);
  free(dirty->buckets);
  free(dirty->sorted);
  dirty_init(dirty);
}

static uint32_t next_bucket(const struct dirty *dirty, uint32_t at) { return (at + 1) & dirty->mask; }

/* The bucket of an existing entry, even if buckets before it have been emptied already. */
static uint32_t bucket_of(const struct dirty *dirty, pgno_t pgno) {
  uint32_t at = dirty_hash(pgno) & dirty->mask;
  while (dirty->buckets[at].pgno != pgno)
    at = next_bucket(dirty, at);
  return at;
}

void dirty_clear(struct dirty *dirty) {
  if (dirty->mask >= PLACES_KEPT) {
    dirty_destroy(dirty);
    return;
  }
  if (dirty->used > dirty->mask / 16)
    memset(dirty->buckets, 0, (dirty->mask + 1) * sizeof(*dirty->buckets));
  else
    for (uint32_t i = 0; i < dirty->used; ++i)
      dirty->buckets[bucket_of(dirty, dirty->entries[i].pgno)].pgno = 0;
  dirty->used = 0;
  dirty->pages = 0;
}

static void fill_bucket(struct dirty *dirty, uint32_t entry) {
  const pgno_t pgno = dirty->entries[entry].pgno;
  uint32_t at = dirty_hash(pgno) & dirty->mask;
  ASSERT(dirty->used <= dirty->mask); /* otherwise the search for a bucket would not end */
  while (dirty->buckets[at].pgno)
    at = next_bucket(dirty, at);
  dirty->buckets[at] = (struct dirty_bucket){pgno, entry};
}

static int enlarge(struct dirty *dirty) {
  const uint32_t count = dirty->mask ? (dirty->mask + 1) * 2 : BUCKETS_MIN;
  struct dirty_page *entries = realloc(dirty->entries, (size_t)count / 2 * sizeof(*entries));
  if (!entries)
    return MDBX_ENOMEM;
  dirty->entries = entries;
  struct dirty_bucket *buckets = calloc(count, sizeof(*buckets));
  if (!buckets)
    return MDBX_ENOMEM;
  free(dirty->buckets);
  dirty->buckets = buckets;
  dirty->mask = count - 1;
  for (uint32_t i = 0; i < dirty->used; ++i)
    fill_bucket(dirty, i);
  return MDBX_SUCCESS;
}

int dirty_reserve(struct dirty *dirty, uint32_t more) {
  int rc = MDBX_SUCCESS;
  while (rc == MDBX_SUCCESS && more && (!dirty->mask || dirty->used + (uint64_t)more > (dirty->mask + 1) / 2))
    rc = enlarge(dirty);
  return rc;
}

static inline void add_entry(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page) {
  ASSERT(pgno && pages && page);
  ASSERT(!dirty_find(dirty, pgno));
  dirty->entries[dirty->used] = (struct dirty_page){pgno, pages, page};
  fill_bucket(dirty, dirty->used);
  dirty->used += 1;
  dirty->pages += pages;
}

int dirty_add(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page) {
  if (!dirty->mask || dirty->used == (dirty->mask + 1) / 2) {
    const int rc = enlarge(dirty);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  add_entry(dirty, pgno, pages, page);
  return MDBX_SUCCESS;
}

void dirty_add_reserved(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page) {
  ASSERT(dirty->mask && dirty->used < (dirty->mask + 1) / 2);
  add_entry(dirty, pgno, pages, page);
}

/* Closes the gap at `hole` by moving later buckets of the same chain back. */
static void close_gap(struct dirty *dirty, uint32_t hole) {
  for (uint32_t at = next_bucket(dirty, hole); dirty->buckets[at].pgno; at = next_bucket(dirty, at)) {
    const uint32_t home = dirty_hash(dirty->buckets[at].pgno) & dirty->mask;
    if (((at - home) & dirty->mask) >= ((at - hole) & dirty->mask)) {
      dirty->buckets[hole] = dirty->buckets[at];
      hole = at;
    }
  }
  dirty->buckets[hole].pgno = 0;
}

/* The last entry moves to the place of the removed one. */
static void fill_entry(struct dirty *dirty, uint32_t entry) {
  dirty->used -= 1;
  if (entry == dirty->used)
    return;
  dirty->entries[entry] = dirty->entries[dirty->used];
  dirty->buckets[bucket_of(dirty, dirty->entries[entry].pgno)].entry = entry;
}

struct page *dirty_remove(struct dirty *dirty, pgno_t pgno) {
  uint32_t at = dirty_hash(pgno) & dirty->mask;
  if (!dirty->used)
    return NULL;
  while (dirty->buckets[at].pgno && dirty->buckets[at].pgno != pgno)
    at = next_bucket(dirty, at);
  if (!dirty->buckets[at].pgno)
    return NULL;
  const uint32_t entry = dirty->buckets[at].entry;
  struct page *page = dirty->entries[entry].page;
  ASSERT(dirty->pages >= dirty->entries[entry].pages);
  dirty->pages -= dirty->entries[entry].pages;
  close_gap(dirty, at);
  fill_entry(dirty, entry);
  return page;
}

enum { FEW = 48, DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

static void sort_few(struct dirty_page *list, uint32_t count) {
  for (uint32_t i = 1; i < count; ++i) {
    const struct dirty_page entry = list[i];
    uint32_t at = i;
    for (; at > 0 && list[at - 1].pgno > entry.pgno; --at)
      list[at] = list[at - 1];
    list[at] = entry;
  }
}

/* One pass of a radix sort, stable, by the digit at `shift`. */
static void sort_by_digit(const struct dirty_page *from, struct dirty_page *to, uint32_t count, unsigned shift) {
  uint32_t starts[DIGITS] = {0};
  for (uint32_t i = 0; i < count; ++i)
    starts[from[i].pgno >> shift & (DIGITS - 1)] += 1;
  for (uint32_t digit = 0, sum = 0; digit < DIGITS; ++digit) {
    const uint32_t number = starts[digit];
    starts[digit] = sum;
    sum += number;
  }
  for (uint32_t i = 0; i < count; ++i)
    to[starts[from[i].pgno >> shift & (DIGITS - 1)]++] = from[i];
}

/* Sorts by page number. `list` has room for twice `count`; returns the half with the result. */
static struct dirty_page *sort_many(struct dirty_page *list, uint32_t count, pgno_t highest) {
  struct dirty_page *from = list, *to = list + count;
  for (unsigned shift = 0; shift < 32 && highest >> shift; shift += DIGIT_BITS) {
    sort_by_digit(from, to, count, shift);
    struct dirty_page *swapped = from;
    from = to;
    to = swapped;
  }
  return from;
}

static bool reserve_sorted(struct dirty *dirty) {
  if (dirty->used <= dirty->sorted_room)
    return true;
  const uint32_t room = MAX_OF(dirty->used, (uint32_t)BUCKETS_MIN);
  free(dirty->sorted);
  dirty->sorted = malloc(2 * (size_t)room * sizeof(*dirty->sorted));
  dirty->sorted_room = dirty->sorted ? room : 0;
  return dirty->sorted != NULL;
}

struct dirty_page *dirty_sorted(struct dirty *dirty) {
  if (!dirty->used || !reserve_sorted(dirty))
    return NULL;
  struct dirty_page *list = dirty->sorted;
  const uint32_t count = dirty->used;
  pgno_t highest = 0;
  memcpy(list, dirty->entries, count * sizeof(*list));
  for (uint32_t i = 0; i < count; ++i)
    highest = MAX_OF(highest, list[i].pgno);
  if (count <= FEW) {
    sort_few(list, count);
    return list;
  }
  const struct dirty_page *sorted = sort_many(list, count, highest);
  if (sorted != list)
    memcpy(list, sorted, count * sizeof(*list));
  return list;
}
