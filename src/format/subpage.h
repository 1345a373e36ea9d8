/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/subpage.h: the values of one key that lie inside its leaf node.
 *
 * Sub-pages have no free space. A sub-page that gets a value grows in place; any other change composes a new one in
 * other memory and copies it over the old one. Pure; all but subpage_check() expect bytes that passed it.
 */
#ifndef MDBX_FORMAT_SUBPAGE_H
#define MDBX_FORMAT_SUBPAGE_H

#include "format/compare.h"

struct subpage {
  const uint8_t *bytes;
  size_t length;
};

static inline unsigned subpage_count(const struct subpage *page) { return get_u16(page->bytes); }

/* Bytes of every value, 0 when they differ in length. */
static inline unsigned subpage_item(const struct subpage *page) { return get_u16(page->bytes + 2); }

/* Whether bytes from disk are a sub-page. */
bool subpage_check(const uint8_t *bytes, size_t length);

/* Where the first value begins, and where value i ends, counted from there, unless all are of one size. */
static inline size_t subpage_start(unsigned count, unsigned item) {
  return SUBPAGE_HEADER + (item ? 0 : (size_t)SUBPAGE_ENTRY * count);
}
static inline unsigned subpage_value_end(const uint8_t *bytes, unsigned i) {
  return get_u16(bytes + SUBPAGE_HEADER + (size_t)SUBPAGE_ENTRY * i);
}

static inline MDBX_val subpage_value(const struct subpage *page, unsigned i) {
  const unsigned item = subpage_item(page);
  const uint8_t *values = page->bytes + subpage_start(subpage_count(page), item);
  if (item)
    return val_of(values + (size_t)item * i, item);
  const unsigned from = i ? subpage_value_end(page->bytes, i - 1) : 0;
  return val_of(values + from, subpage_value_end(page->bytes, i) - from);
}

/* Index of the first value not less than the given one; *exact tells whether it equals it. */
unsigned subpage_seek(const struct subpage *page, const struct key_rules *rules, const MDBX_val *value, bool *exact);

/* For an insertion in place at index `at`: the offset for the value, and, unless all values have one size, the offset
 * for its entry. */
size_t subpage_value_offset(const struct subpage *page, unsigned at);
size_t subpage_entry_offset(unsigned at);
/* After the value has been written and there is room for its entry: updates header and entries. */
void subpage_admit(uint8_t *bytes, unsigned at, size_t length);

/* The size of a sub-page with this many values of `total` bytes together; `fixed`: all have one size. */
size_t subpage_size(bool fixed, size_t count, size_t total);

/* Writes values one by one, in order, to memory of subpage_size() bytes. */
struct subpage_writer {
  uint8_t *bytes;
  bool fixed;
  unsigned count, written;
  size_t end;
};

void subpage_begin(struct subpage_writer *writer, uint8_t *bytes, bool fixed, unsigned count);
void subpage_add(struct subpage_writer *writer, const MDBX_val *value);
/* Adds values [from, to) of another sub-page. */
void subpage_add_range(struct subpage_writer *writer, const struct subpage *page, unsigned from, unsigned to);

#endif
