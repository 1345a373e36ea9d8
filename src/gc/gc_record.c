/* SPDX-License-Identifier: Apache-2.0 */
#include "gc/gc_record.h"

#include "base/assert.h"
#include "base/log.h"
#include "format/varint.h"

enum { FORM_RUNS = 0, FORM_BITMAP = 1, FREE_HEADER = GC_FREE_EMPTY, RUNS_HEADER = 2, ENTRIES_MAX = 0xffff };

void gc_key_encode(const struct gc_key *key, uint8_t bytes[GC_KEY_SIZE]) {
  ASSERT(key->kind <= GC_HELD); /* 0 is below all */
  put_be64(bytes, (uint64_t)key->kind << 56 | (key->number & GC_NUMBER_MASK));
  put_be32(bytes + 8, key->sequence);
}

bool gc_key_decode(const void *bytes, size_t length, struct gc_key *key) {
  if (length != GC_KEY_SIZE)
    return false;
  const uint64_t first = get_be64(bytes);
  key->kind = (enum gc_kind)(first >> 56);
  key->number = first & GC_NUMBER_MASK;
  key->sequence = get_be32((const uint8_t *)bytes + 8);
  /* A region has one record: a second one would stay when the first is written. */
  return key->kind == GC_FREE ? !key->sequence : key->kind > GC_FREE && key->kind <= GC_HELD;
}

/* A reader of consecutive numbers. */
struct reader {
  const uint8_t *at, *end;
  bool bad;
};

static uint64_t read_number(struct reader *reader) {
  uint64_t value = 0;
  const uint8_t *next = reader->bad ? NULL : varint_get(reader->at, reader->end, &value);
  if (!next) {
    reader->bad = true;
    return 0;
  }
  reader->at = next;
  return value;
}

/* ------------------------------------------------------------------------------------------------- free regions */

/* A span of pages, inside one region. */
struct span {
  const pgset_region *region; /* NULL: no member */
  uint32_t begin, end;        /* pages from the region's first */
};

static struct span span_of(const struct pgset *set, pgno_t first, uint32_t pages) {
  const uint32_t begin = first % PGSET_REGION_PAGES;
  ASSERT(begin + pages <= PGSET_REGION_PAGES && begin % 64 == 0 && pages % 64 == 0);
  return (struct span){pgset_region_find(set, first >> PGSET_REGION_BITS), begin, begin + pages};
}

/* Bit i: page i of the word is a member and the one before is none, or the other way round. */
static uint64_t edges_of(uint64_t bits, uint64_t before) { return bits ^ (bits << 1 | before); }

static uint32_t count_members(const struct span *span) {
  uint32_t members = 0;
  if (span->end - span->begin == PGSET_REGION_PAGES)
    return span->region->count;
  for (uint32_t word = span->begin / 64; word < span->end / 64; ++word)
    members += count_bits(span->region->bits[word]);
  return members;
}

static uint32_t count_runs(const struct span *span) {
  uint32_t runs = 0;
  uint64_t before = 0; /* the last bit of the previous word, at position 0 */
  for (uint32_t word = span->begin / 64; word < span->end / 64; ++word) {
    const uint64_t bits = span->region->bits[word];
    runs += count_bits(edges_of(bits, before) & bits);
    before = bits >> 63;
  }
  return runs;
}

/* Gap and length of a run are less than the pages of a region: at most two bytes each. */
enum { RUN_BYTES_LEAST = 2, RUN_BYTES_MOST = 4 };
_Static_assert(PGSET_REGION_PAGES <= 1u << 14, "two bytes hold a number of pages of a region");

size_t gc_free_room(const struct pgset *set, pgno_t first, uint32_t pages) {
  const struct span span = span_of(set, first, pages);
  if (!span.region || !count_members(&span))
    return 0;
  return FREE_HEADER + MIN_OF((size_t)pages / 8, (size_t)count_runs(&span) * RUN_BYTES_MOST);
}

/* Runs being written. */
struct run_writer {
  uint8_t *at, *end;
  uint32_t last; /* where the run before ended */
};

static bool write_run(struct run_writer *writer, uint32_t from, uint32_t to) {
  ASSERT(from >= writer->last && to > from);
  if (writer->end - writer->at < RUN_BYTES_MOST)
    return false;
  writer->at = varint_put(varint_put(writer->at, from - writer->last), to - from - 1);
  writer->last = to;
  return true;
}

/* Writes form 0 without its header; NULL if the room may not suffice. */
static uint8_t *encode_runs(const struct span *span, uint8_t *to, size_t room) {
  struct run_writer writer = {to, to + room, span->begin};
  uint32_t from = 0;
  uint64_t before = 0;
  for (uint32_t word = span->begin / 64; word < span->end / 64; ++word) {
    uint64_t bits = span->region->bits[word];
    for (uint64_t edges = edges_of(bits, before); edges; edges &= edges - 1) {
      const uint32_t at = word * 64 + (uint32_t)__builtin_ctzll(edges);
      if (bits & edges & -edges)
        from = at;
      else if (!write_run(&writer, from, at))
        return NULL;
    }
    before = bits >> 63;
  }
  return !before || write_run(&writer, from, span->end) ? writer.at : NULL;
}

size_t gc_free_encode(const struct pgset *set, pgno_t first, uint32_t pages, uint8_t *to, size_t room) {
  const struct span span = span_of(set, first, pages);
  const size_t bitmap = pages / 8;
  const uint32_t members = span.region ? count_members(&span) : 0;
  if (!members || room < FREE_HEADER)
    return 0;
  /* If the runs become larger than the bitmap, writing them is abandoned. */
  room = MIN_OF(room - FREE_HEADER, bitmap + RUN_BYTES_MOST - 1);
  put_u16(to + 1, (uint16_t)members);
  to[0] = FORM_RUNS;
  const uint8_t *end = encode_runs(&span, to + FREE_HEADER, room);
  ASSERT(!end || (size_t)(end - to) <= FREE_HEADER + room);
  if (end)
    return (size_t)(end - to);
  if (room < bitmap)
    return 0;
  to[0] = FORM_BITMAP;
  memcpy(to + FREE_HEADER, &span.region->bits[span.begin / 64], bitmap);
  return FREE_HEADER + bitmap;
}

struct free_decoding {
  pgno_t first;
  uint32_t span;
  pgno_t limit;
  gc_each_run each;
  void *context;
};

static int bad_free(const struct free_decoding *decoding, const char *what) {
  return log_damage(MDBX_CORRUPTED, "record of free pages from %u on: %s", decoding->first, what);
}

static int decode_free_runs(const struct free_decoding *decoding, const uint8_t *bytes, size_t length, uint32_t pages) {
  struct reader reader = {bytes, bytes + length, false};
  uint64_t at = decoding->first;
  const uint64_t end = MIN_OF((uint64_t)decoding->first + decoding->span, decoding->limit);
  while (pages) {
    const uint64_t gap = read_number(&reader), more = read_number(&reader), run = more + 1;
    at += gap;
    /* Checks gap and length first, because sums with them could overflow. */
    if (reader.bad || gap > decoding->span || more >= pages || at < PGNO_FIRST || at >= end || run > end - at)
      return bad_free(decoding, "a run is outside its region");
    const int rc = decoding->each(decoding->context, (pgno_t)at, (uint32_t)run, 0);
    if (rc != MDBX_SUCCESS)
      return rc;
    at += run;
    pages -= (uint32_t)run;
  }
  return MDBX_SUCCESS;
}

/* The first bit from `from` on that is set, or clear; `span` (a multiple of 64) if there is none. */
static uint32_t next_bit(const uint8_t *bytes, uint32_t from, uint32_t span, bool set) {
  ASSERT(span % 64 == 0);
  while (from < span) {
    const uint64_t word = get_u64(bytes + from / 64 * 8);
    const uint64_t wanted = (set ? word : ~word) >> (from % 64);
    if (wanted)
      return from + (uint32_t)__builtin_ctzll(wanted);
    from = (from / 64 + 1) * 64;
  }
  return span;
}

static int decode_free_bitmap(const struct free_decoding *decoding, const uint8_t *bytes, size_t length,
                              uint32_t pages) {
  if (length < decoding->span / 8)
    return bad_free(decoding, "its bitmap is too short");
  for (uint32_t bit = next_bit(bytes, 0, decoding->span, true); bit < decoding->span;) {
    const uint32_t end = next_bit(bytes, bit, decoding->span, false), run = end - bit;
    const uint64_t pgno = (uint64_t)decoding->first + bit;
    if (pages < run || pgno < PGNO_FIRST || pgno + run > decoding->limit)
      return bad_free(decoding, "its bitmap has pages it must not have");
    const int rc = decoding->each(decoding->context, (pgno_t)pgno, run, 0);
    if (rc != MDBX_SUCCESS)
      return rc;
    pages -= run;
    bit = next_bit(bytes, end, decoding->span, true);
  }
  return pages ? bad_free(decoding, "its bitmap has fewer pages than it says") : MDBX_SUCCESS;
}

static bool is_bitmap(const uint8_t *bytes, size_t length, uint32_t span) {
  return length >= FREE_HEADER + span / 8 && bytes[0] == FORM_BITMAP;
}

/* The pages of a word that must not be free: the metas, and pages at or after the end. */
static uint64_t outside(uint64_t first, pgno_t limit) {
  uint64_t mask = first < PGNO_FIRST ? (UINT64_C(1) << (PGNO_FIRST - first)) - 1 : 0;
  if (first >= limit)
    mask = ~UINT64_C(0);
  else if (limit - first < 64)
    mask |= ~UINT64_C(0) << (limit - first);
  return mask;
}

static void set_bits(uint64_t *words, uint32_t from, uint32_t count) {
  ASSERT(count > 0 && from + count <= PGSET_REGION_PAGES);
  while (count) {
    const uint32_t bit = from % 64, some = MIN_OF(64 - bit, count);
    words[from / 64] |= ~UINT64_C(0) >> (64 - some) << bit;
    from += some;
    count -= some;
  }
}

static bool runs_to_words(const uint8_t *bytes, size_t length, uint32_t span, uint64_t *words) {
  struct reader reader = {bytes + FREE_HEADER, bytes + length, false};
  uint64_t at = 0;
  memset(words, 0, span / 8);
  for (uint64_t pages = get_u16(bytes + 1); pages;) {
    const uint64_t gap = read_number(&reader), more = read_number(&reader);
    if (reader.bad || gap >= span || more >= pages || at + gap + more >= span)
      return false;
    set_bits(words, (uint32_t)(at + gap), (uint32_t)more + 1);
    at += gap + more + 1;
    pages -= more + 1;
  }
  return true;
}

static void bitmap_to_words(const uint8_t *bytes, uint32_t span, uint64_t *words) {
  for (uint32_t i = 0; i < span / 64; ++i)
    words[i] = get_u64(bytes + FREE_HEADER + (size_t)i * 8);
}

bool gc_free_words(const uint8_t *bytes, size_t length, pgno_t first, uint32_t span, pgno_t limit, uint64_t *words) {
  uint32_t pages = 0;
  if (is_bitmap(bytes, length, span))
    bitmap_to_words(bytes, span, words);
  else if (length < FREE_HEADER || bytes[0] != FORM_RUNS || !runs_to_words(bytes, length, span, words))
    return false;
  for (uint32_t i = 0; i < span / 64; ++i) {
    if (words[i] & outside((uint64_t)first + i * 64, limit))
      return false;
    pages += count_bits(words[i]);
  }
  return pages == get_u16(bytes + 1);
}

int gc_free_bit(const uint8_t *bytes, size_t length, uint32_t span, uint32_t bit, bool *has) {
  if (!is_bitmap(bytes, length, span) || bit >= span)
    return MDBX_RESULT_TRUE;
  *has = get_u64(bytes + FREE_HEADER + (size_t)bit / 64 * 8) >> (bit % 64) & 1;
  return MDBX_SUCCESS;
}

int gc_free_decode(const uint8_t *bytes, size_t length, pgno_t first, uint32_t span, pgno_t limit, gc_each_run each,
                   void *context) {
  const struct free_decoding decoding = {first, span, limit, each, context};
  if (length < FREE_HEADER || bytes[0] > FORM_BITMAP)
    return bad_free(&decoding, "its form is unknown");
  const uint32_t pages = get_u16(bytes + 1);
  return bytes[0] == FORM_RUNS ? decode_free_runs(&decoding, bytes + FREE_HEADER, length - FREE_HEADER, pages)
                               : decode_free_bitmap(&decoding, bytes + FREE_HEADER, length - FREE_HEADER, pages);
}

/* ---------------------------------------------------------------------------------------------------- page lists */

size_t gc_runs_encode(const struct retired_run *runs, size_t count, uint64_t number, uint8_t *to, size_t room,
                      size_t *used) {
  uint8_t *at = to ? to + RUNS_HEADER : NULL;
  pgno_t end = 0;
  size_t done = 0;
  *used = RUNS_HEADER;
  for (; done < count && done < ENTRIES_MAX; ++done) {
    const struct retired_run *run = &runs[done];
    ASSERT(run->pgno >= end && run->pages > 0 && run->birth <= number);
    const uint64_t age = number - run->birth;
    const size_t size = varint_size(run->pgno - end) + varint_size(run->pages - 1) + varint_size(age);
    if (*used + size > room)
      break;
    if (at)
      at = varint_put(varint_put(varint_put(at, run->pgno - end), run->pages - 1), age);
    *used += size;
    end = run->pgno + run->pages;
  }
  if (to)
    put_u16(to, (uint16_t)done);
  return done;
}

static int bad_list(uint64_t number, const char *what) {
  return log_damage(MDBX_CORRUPTED, "record of pages retired by or held for transaction %llu: %s",
                    (unsigned long long)number, what);
}

int gc_runs_decode(const uint8_t *bytes, size_t length, uint64_t number, pgno_t limit, gc_each_run each,
                   void *context) {
  if (length < RUNS_HEADER)
    return bad_list(number, "too short");
  struct reader reader = {bytes + RUNS_HEADER, bytes + length, false};
  uint64_t at = 0;
  for (unsigned left = get_u16(bytes); left; --left) {
    const uint64_t gap = read_number(&reader), more = read_number(&reader), age = read_number(&reader);
    if (reader.bad || gap > limit || more > limit || age > number)
      return bad_list(number, "an entry makes no sense");
    at += gap;
    if (at < PGNO_FIRST || at + more >= limit)
      return bad_list(number, "an entry is not a page of the snapshot");
    const int rc = each(context, (pgno_t)at, (uint32_t)(more + 1), number - age);
    if (rc != MDBX_SUCCESS)
      return rc;
    at += more + 1;
  }
  return MDBX_SUCCESS;
}

int gc_record_decode(const struct gc_key *key, const uint8_t *bytes, size_t length, size_t page_size, pgno_t limit,
                     gc_each_run each, void *context) {
  if (key->kind != GC_FREE)
    return gc_runs_decode(bytes, length, key->number, limit, each, context);
  const uint64_t first = key->number * gc_span(page_size);
  /* A record that a commit left empty stays even if the end later moves below its region. */
  const bool empty = length >= FREE_HEADER && bytes[0] == FORM_RUNS && get_u16(bytes + 1) == 0;
  if (key->number < PGNO_LIMIT && first >= limit && empty)
    return MDBX_SUCCESS;
  if (key->number >= PGNO_LIMIT || first >= limit)
    return log_damage(MDBX_CORRUPTED, "record of free pages of region %llu: not in the snapshot",
                      (unsigned long long)key->number);
  return gc_free_decode(bytes, length, (pgno_t)first, gc_span(page_size), limit, each, context);
}
