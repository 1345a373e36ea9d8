/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pgset.h"

#include "base/array.h"

#include <stdlib.h>

void pgset_init(pgset *set) { memset(set, 0, sizeof(*set)); }

/* The first word with members from that one on; PGSET_WORDS: there is none. */
static uint32_t next_used(const pgset_region *region, uint32_t word) {
  for (uint32_t i = word / 64, from = word % 64; i < PGSET_WORDS / 64; ++i, from = 0) {
    const uint64_t used = region->used[i] & ~UINT64_C(0) << from;
    if (used)
      return i * 64 + (uint32_t)__builtin_ctzll(used);
  }
  return PGSET_WORDS;
}

static void note_used(pgset_region *region, uint32_t word) {
  const uint64_t bit = UINT64_C(1) << (word % 64);
  if (region->bits[word])
    region->used[word / 64] |= bit;
  else
    region->used[word / 64] &= ~bit;
}

/* As from calloc(). */
static void empty_region(pgset_region *region) {
  for (uint32_t word = 0; (word = next_used(region, word)) < PGSET_WORDS; ++word)
    region->bits[word] = 0;
  memset(region->used, 0, sizeof(region->used));
  region->count = 0;
  region->loaded = region->changed = false;
}

void pgset_clear(pgset *set) {
  for (size_t i = 0; i < set->length; ++i) {
    if (set->spares == PGSET_SPARES) {
      free(set->regions[i]);
      continue;
    }
    empty_region(set->regions[i]);
    set->spare[set->spares++] = set->regions[i];
  }
  set->length = 0;
  set->count = 0;
}

void pgset_destroy(pgset *set) {
  pgset_clear(set);
  while (set->spares)
    free(set->spare[--set->spares]);
  free(set->regions);
  pgset_init(set);
}

/* Index of the first region whose number is not below the given one. */
static size_t lower_bound(const pgset *set, uint32_t number) {
  size_t low = 0, high = set->length;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (set->regions[middle]->number < number)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

pgset_region *pgset_region_find(const pgset *set, uint32_t number) {
  const size_t i = lower_bound(set, number);
  return i < set->length && set->regions[i]->number == number ? set->regions[i] : NULL;
}

pgset_region *pgset_region_get(pgset *set, uint32_t number) {
  const size_t i = lower_bound(set, number);
  if (i < set->length && set->regions[i]->number == number)
    return set->regions[i];
  if (!array_room(set->regions, set->length, set->capacity))
    return NULL;
  pgset_region *fresh = set->spares ? set->spare[--set->spares] : calloc(1, sizeof(*fresh));
  if (!fresh)
    return NULL;
  fresh->number = number;
  memmove(set->regions + i + 1, set->regions + i, (set->length - i) * sizeof(*set->regions));
  set->regions[i] = fresh;
  set->length += 1;
  return fresh;
}

static bool region_has(const pgset_region *region, uint32_t bit) { return region->bits[bit / 64] >> (bit % 64) & 1; }

bool pgset_has(const pgset *set, pgno_t pgno) {
  const pgset_region *region = pgset_region_find(set, pgno >> PGSET_REGION_BITS);
  return region && region_has(region, pgno % PGSET_REGION_PAGES);
}

/* The bits of one word that [bit, bit + count) covers; *taken is their number. */
static uint64_t word_mask(uint32_t bit, uint32_t count, uint32_t *taken) {
  const uint32_t shift = bit % 64;
  *taken = MIN_OF(count, 64 - shift);
  const uint64_t row = *taken == 64 ? ~UINT64_C(0) : (UINT64_C(1) << *taken) - 1;
  return row << shift;
}

/* Whether one of the pages is a member. */
static bool any_member(const pgset *set, pgno_t pgno, uint32_t count) {
  while (count) {
    uint32_t taken;
    const pgset_region *region = pgset_region_find(set, pgno >> PGSET_REGION_BITS);
    const uint32_t bit = pgno % PGSET_REGION_PAGES;
    const uint64_t mask = word_mask(bit, count, &taken);
    if (region && (region->bits[bit / 64] & mask))
      return true;
    pgno += taken;
    count -= taken;
  }
  return false;
}

/* Adds pages of one word of a region. */
static void add_to_word(pgset *set, pgset_region *region, uint32_t word, uint64_t mask, uint32_t pages) {
  region->bits[word] |= mask;
  note_used(region, word);
  region->count += pages;
  region->changed = true;
  set->count += pages;
}

int pgset_add_words(pgset *set, pgno_t first, const uint64_t *words, uint32_t count) {
  pgset_region *region = pgset_region_get(set, first >> PGSET_REGION_BITS);
  const uint32_t word = first % PGSET_REGION_PAGES / 64;
  if (!region)
    return MDBX_ENOMEM;
  for (uint32_t i = 0; i < count; ++i)
    if (region->bits[word + i] & words[i])
      return MDBX_CORRUPTED;
  for (uint32_t i = 0; i < count; ++i)
    if (words[i])
      add_to_word(set, region, word + i, words[i], count_bits(words[i]));
  return MDBX_SUCCESS;
}

static int add_page(pgset *set, pgno_t pgno) {
  pgset_region *region = pgset_region_get(set, pgno >> PGSET_REGION_BITS);
  const uint32_t bit = pgno % PGSET_REGION_PAGES;
  if (!region)
    return MDBX_ENOMEM;
  if (region_has(region, bit))
    return MDBX_CORRUPTED;
  add_to_word(set, region, bit / 64, UINT64_C(1) << (bit % 64), 1);
  return MDBX_SUCCESS;
}

/* Makes the regions of these pages. */
static bool make_regions(pgset *set, pgno_t pgno, uint32_t count) {
  const uint32_t last = (uint32_t)(((uint64_t)pgno + count - 1) >> PGSET_REGION_BITS);
  for (uint32_t number = pgno >> PGSET_REGION_BITS; number <= last; ++number)
    if (!pgset_region_get(set, number))
      return false;
  return true;
}

int pgset_add(pgset *set, pgno_t pgno, uint32_t count) {
  if (count == 1)
    return add_page(set, pgno);
  if (any_member(set, pgno, count))
    return MDBX_CORRUPTED;
  if (!make_regions(set, pgno, count))
    return MDBX_ENOMEM;
  while (count) {
    uint32_t taken;
    const uint32_t bit = pgno % PGSET_REGION_PAGES;
    pgset_region *region = pgset_region_find(set, pgno >> PGSET_REGION_BITS);
    const uint64_t mask = word_mask(bit, count, &taken);
    add_to_word(set, region, bit / 64, mask, taken);
    pgno += taken;
    count -= taken;
  }
  return MDBX_SUCCESS;
}

static void remove_from_word(pgset *set, pgset_region *region, uint32_t word, uint64_t mask, uint32_t pages) {
  region->bits[word] &= ~mask;
  note_used(region, word);
  region->count -= pages;
  region->changed = true;
  set->count -= pages;
}

static bool remove_page(pgset *set, pgno_t pgno) {
  pgset_region *region = pgset_region_find(set, pgno >> PGSET_REGION_BITS);
  const uint32_t bit = pgno % PGSET_REGION_PAGES;
  if (!region || !region_has(region, bit))
    return false;
  remove_from_word(set, region, bit / 64, UINT64_C(1) << (bit % 64), 1);
  return true;
}

bool pgset_remove(pgset *set, pgno_t pgno, uint32_t count) {
  if (count == 1)
    return remove_page(set, pgno);
  if (pgset_run_length(set, pgno, count) < count)
    return false;
  while (count) {
    uint32_t taken;
    pgset_region *region = pgset_region_find(set, pgno >> PGSET_REGION_BITS);
    const uint32_t bit = pgno % PGSET_REGION_PAGES;
    const uint64_t mask = word_mask(bit, count, &taken);
    remove_from_word(set, region, bit / 64, mask, taken);
    pgno += taken;
    count -= taken;
  }
  return true;
}

static pgno_t lowest_in_region(const pgset_region *region, uint32_t from) {
  uint32_t word = from / 64;
  uint64_t bits = region->bits[word] & ~UINT64_C(0) << (from % 64);
  if (!bits) {
    word = next_used(region, word + 1);
    if (word == PGSET_WORDS)
      return PGNO_NONE;
    bits = region->bits[word];
  }
  return region->number * PGSET_REGION_PAGES + word * 64 + (uint32_t)__builtin_ctzll(bits);
}

pgno_t pgset_lowest(const pgset *set, pgno_t from) {
  for (size_t i = lower_bound(set, from >> PGSET_REGION_BITS); i < set->length; ++i) {
    const pgset_region *region = set->regions[i];
    const uint32_t start = region->number == from >> PGSET_REGION_BITS ? from % PGSET_REGION_PAGES : 0;
    const pgno_t found = region->count ? lowest_in_region(region, start) : PGNO_NONE;
    if (found != PGNO_NONE)
      return found;
  }
  return PGNO_NONE;
}

/* The number of consecutive members from `bit` on within one region. */
static uint32_t row_in_region(const pgset_region *region, uint32_t bit) {
  uint32_t end = bit;
  while (end < PGSET_REGION_PAGES) {
    const uint64_t absent = ~region->bits[end / 64] >> (end % 64);
    if (absent)
      return end + (uint32_t)__builtin_ctzll(absent) - bit;
    end = (end / 64 + 1) * 64;
  }
  return PGSET_REGION_PAGES - bit;
}

uint32_t pgset_run_length(const pgset *set, pgno_t pgno, uint32_t limit) {
  uint32_t length = 0;
  while (length < limit) {
    const pgset_region *region = pgset_region_find(set, (pgno + length) >> PGSET_REGION_BITS);
    if (!region)
      break;
    const uint32_t bit = (pgno + length) % PGSET_REGION_PAGES;
    const uint32_t row = row_in_region(region, bit);
    length += row;
    if (bit + row < PGSET_REGION_PAGES)
      break;
  }
  return MIN_OF(length, limit);
}

pgno_t pgset_find_run(const pgset *set, uint32_t count) {
  pgno_t at = pgset_lowest(set, 0);
  while (at != PGNO_NONE) {
    const uint32_t length = pgset_run_length(set, at, count);
    if (length >= count)
      return at;
    at = pgset_lowest(set, at + length);
  }
  return PGNO_NONE;
}
