/* SPDX-License-Identifier: Apache-2.0 */
#include "space/dirty.h"

#include "base/assert.h"

#include <stdlib.h>

enum { PLACES_MIN = 64, PLACES_KEPT = 8192 };

void dirty_init(struct dirty *dirty) { memset(dirty, 0, sizeof(*dirty)); }

void dirty_destroy(struct dirty *dirty) {
  free(dirty->places);
  dirty_init(dirty);
}

void dirty_clear(struct dirty *dirty) {
  if (dirty->mask >= PLACES_KEPT) {
    dirty_destroy(dirty);
    return;
  }
  if (dirty->used)
    memset(dirty->places, 0, (dirty->mask + 1) * sizeof(*dirty->places));
  dirty->used = 0;
  dirty->pages = 0;
}

static void place(struct dirty *dirty, struct dirty_page entry) {
  uint32_t at = dirty_hash(entry.pgno) & dirty->mask;
  ASSERT(dirty->used <= dirty->mask); /* or the search for a place would not end */
  while (dirty->places[at].pgno)
    at = (at + 1) & dirty->mask;
  dirty->places[at] = entry;
}

static int enlarge(struct dirty *dirty) {
  const struct dirty before = *dirty;
  const uint32_t places = before.mask ? (before.mask + 1) * 2 : PLACES_MIN;
  struct dirty_page *bigger = calloc(places, sizeof(*bigger));
  if (!bigger)
    return MDBX_ENOMEM;
  dirty->places = bigger;
  dirty->mask = places - 1;
  for (uint32_t i = 0; before.used && i <= before.mask; ++i)
    if (before.places[i].pgno)
      place(dirty, before.places[i]);
  free(before.places);
  return MDBX_SUCCESS;
}

int dirty_add(struct dirty *dirty, pgno_t pgno, uint32_t pages, struct page *page) {
  ASSERT(pgno && pages && page);
  ASSERT(!dirty_find(dirty, pgno));
  if (!dirty->mask || dirty->used >= (dirty->mask + 1) / 2) {
    const int rc = enlarge(dirty);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  place(dirty, (struct dirty_page){pgno, pages, page});
  dirty->used += 1;
  dirty->pages += pages;
  return MDBX_SUCCESS;
}

/* Closes the gap at `hole` by moving later entries of the same chain back. */
static void close_gap(struct dirty *dirty, uint32_t hole) {
  for (uint32_t at = (hole + 1) & dirty->mask; dirty->places[at].pgno; at = (at + 1) & dirty->mask) {
    const uint32_t home = dirty_hash(dirty->places[at].pgno) & dirty->mask;
    if (((at - home) & dirty->mask) >= ((at - hole) & dirty->mask)) {
      dirty->places[hole] = dirty->places[at];
      hole = at;
    }
  }
  dirty->places[hole] = (struct dirty_page){0, 0, NULL};
}

struct page *dirty_remove(struct dirty *dirty, pgno_t pgno) {
  if (!dirty->used)
    return NULL;
  for (uint32_t at = dirty_hash(pgno) & dirty->mask; dirty->places[at].pgno; at = (at + 1) & dirty->mask) {
    if (dirty->places[at].pgno != pgno)
      continue;
    struct page *page = dirty->places[at].page;
    ASSERT(dirty->used > 0 && dirty->pages >= dirty->places[at].pages);
    dirty->used -= 1;
    dirty->pages -= dirty->places[at].pages;
    close_gap(dirty, at);
    return page;
  }
  return NULL;
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

struct dirty_page *dirty_sorted(const struct dirty *dirty) {
  struct dirty_page *list = dirty->used ? malloc(2 * (size_t)dirty->used * sizeof(*list)) : NULL;
  if (!list)
    return NULL;
  uint32_t count = 0;
  pgno_t highest = 0;
  for (uint32_t i = 0; i <= dirty->mask; ++i)
    if (dirty->places[i].pgno) {
      list[count++] = dirty->places[i];
      highest = MAX_OF(highest, dirty->places[i].pgno);
    }
  ASSERT(count == dirty->used);
  if (count <= FEW) {
    sort_few(list, count);
    return list;
  }
  const struct dirty_page *sorted = sort_many(list, count, highest);
  if (sorted != list)
    memcpy(list, sorted, count * sizeof(*list));
  return list;
}
