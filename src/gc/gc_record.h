/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_record.h: the records of table 0, the table of free pages, as bytes.
 *
 * GC_FREE, number r: free pages of region r (gc_span() pages each). u8 form, u16 pages, then runs (form 0: gap to the
 * end of the run before, length - 1, as varints, until `pages` are listed) or a bitmap of the span (form 1). GC_FRESH,
 * number T: pages retired by T. GC_HELD, number p: pages that snapshot p sees. Both in chunks with rising sequence: u16
 * entries, then per entry gap to the end of the entry before, length - 1, and age (number - birth), as varints. Bytes
 * after the last entry have no meaning. Pure; the decoders trust nothing.
 */
#ifndef MDBX_GC_GC_RECORD_H
#define MDBX_GC_GC_RECORD_H

#include "base/pgset.h"
#include "format/format.h"
#include "space/space.h"

struct gc_key {
  enum gc_kind kind;
  uint64_t number;
  uint32_t sequence;
};

void gc_key_encode(const struct gc_key *key, uint8_t bytes[GC_KEY_SIZE]);
/* False if the bytes are no key of this table. */
bool gc_key_decode(const void *bytes, size_t length, struct gc_key *key);

/* Pages a GC_FREE record stands for. */
static inline uint32_t gc_span(size_t page_size) {
  return 2 * page_size < PGSET_REGION_PAGES ? (uint32_t)(2 * page_size) : PGSET_REGION_PAGES;
}

/* Bytes of a GC_FREE record without pages. */
#define GC_FREE_EMPTY 3u

/* Longest value of a record. */
static inline size_t gc_value_limit(size_t page_size) { return limit_pair(page_size) - GC_KEY_SIZE; }

/* An upper bound for the size of the record of the pages [first, first + span) of the set; 0 if none is a member. */
size_t gc_free_room(const struct pgset *set, pgno_t first, uint32_t span);
/* Writes that record and returns its bytes; 0 if none is a member or the room is less than that. */
size_t gc_free_encode(const struct pgset *set, pgno_t first, uint32_t span, uint8_t *to, size_t room);

typedef int (*gc_each_run)(void *context, pgno_t pgno, uint32_t pages, txnid_t birth);
/* Calls `each` for every run of a GC_FREE record, ascending. */
int gc_free_decode(const uint8_t *bytes, size_t length, pgno_t first, uint32_t span, pgno_t limit, gc_each_run each,
                   void *context);
/* A faster form for a valid record: fills `words` with span / 64 words. False: the record is invalid, and
 * gc_free_decode() reports why. */
bool gc_free_words(const uint8_t *bytes, size_t length, pgno_t first, uint32_t span, pgno_t limit, uint64_t *words);
/* Whether a record that is a bitmap has a page; MDBX_RESULT_TRUE: the record has to be decoded to know. */
int gc_free_bit(const uint8_t *bytes, size_t length, uint32_t span, uint32_t bit, bool *has);

/* Encodes as many of the `count` runs, which are sorted and do not overlap, as fit `room` bytes; returns how many, and
 * their bytes in *used. `to` may be NULL. */
size_t gc_runs_encode(const struct retired_run *runs, size_t count, uint64_t number, uint8_t *to, size_t room,
                      size_t *used);
int gc_runs_decode(const uint8_t *bytes, size_t length, uint64_t number, pgno_t limit, gc_each_run each, void *context);

/* Whether a run of a record has pages that no snapshot sees: pages of a region, or pages that a commit had found and
 * not used. */
static inline bool gc_run_is_free(const struct gc_key *key, txnid_t birth) {
  return key->kind == GC_FREE || (key->kind == GC_FRESH && birth == key->number);
}

/* Runs in memory. */
struct run_list {
  struct retired_run *runs;
  size_t length, capacity;
};

/* Any record; GC_FREE runs get birth 0. */
int gc_record_decode(const struct gc_key *key, const uint8_t *bytes, size_t length, size_t page_size, pgno_t limit,
                     gc_each_run each, void *context);

#endif
