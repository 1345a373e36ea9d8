/* SPDX-License-Identifier: Apache-2.0 */
#include "format/subpage.h"

#include "format/bisect.h"

static bool ends_ascend(const uint8_t *bytes, unsigned count) {
  for (unsigned i = 1; i < count; ++i)
    if (subpage_value_end(bytes, i) < subpage_value_end(bytes, i - 1))
      return false;
  return true;
}

bool subpage_check(const uint8_t *bytes, size_t length) {
  if (length < SUBPAGE_HEADER)
    return false;
  const unsigned count = get_u16(bytes), item = get_u16(bytes + 2);
  const size_t start = subpage_start(count, item);
  if (!count || start > length)
    return false;
  if (item)
    return (size_t)item * count == length - start;
  return subpage_value_end(bytes, count - 1) == length - start && ends_ascend(bytes, count);
}

static int compare_at(const void *page, unsigned i, const struct key_rules *rules, const void *sought) {
  const MDBX_val *value = sought, here = subpage_value(page, i);
  return key_compare_raw(rules, value->iov_base, value->iov_len, here.iov_base, here.iov_len);
}

unsigned subpage_seek(const struct subpage *page, const struct key_rules *rules, const MDBX_val *value, bool *exact) {
  *exact = false;
  return bisect(compare_at, page, rules, value, 0, subpage_count(page), exact);
}

size_t subpage_value_offset(const struct subpage *page, unsigned at) {
  const unsigned item = subpage_item(page);
  const size_t before = item ? (size_t)item * at : at ? subpage_value_end(page->bytes, at - 1) : 0;
  return subpage_start(subpage_count(page), item) + before;
}

size_t subpage_entry_offset(unsigned at) { return SUBPAGE_HEADER + (size_t)SUBPAGE_ENTRY * at; }

void subpage_admit(uint8_t *bytes, unsigned at, size_t length) {
  const unsigned count = get_u16(bytes) + 1u;
  put_u16(bytes, (uint16_t)count);
  if (get_u16(bytes + 2))
    return;
  uint8_t *entry = bytes + subpage_entry_offset(at);
  put_u16(entry, (uint16_t)(at ? subpage_value_end(bytes, at - 1) : 0));
  for (unsigned i = at; i < count; ++i, entry += SUBPAGE_ENTRY)
    put_u16(entry, (uint16_t)(get_u16(entry) + length));
}

size_t subpage_size(bool fixed, size_t count, size_t total) {
  return SUBPAGE_HEADER + total + (fixed ? 0 : SUBPAGE_ENTRY * count);
}

void subpage_begin(struct subpage_writer *writer, uint8_t *bytes, bool fixed, unsigned count) {
  *writer = (struct subpage_writer){.bytes = bytes, .fixed = fixed, .count = count};
  put_u16(bytes, (uint16_t)count);
  put_u16(bytes + 2, 0);
}

void subpage_add(struct subpage_writer *writer, const MDBX_val *value) {
  uint8_t *values = writer->bytes + subpage_start(writer->count, writer->fixed);
  if (value->iov_len)
    memcpy(values + writer->end, value->iov_base, value->iov_len);
  writer->end += value->iov_len;
  if (writer->fixed)
    put_u16(writer->bytes + 2, (uint16_t)value->iov_len);
  else
    put_u16(writer->bytes + SUBPAGE_HEADER + (size_t)SUBPAGE_ENTRY * writer->written, (uint16_t)writer->end);
  writer->written += 1;
}

void subpage_add_range(struct subpage_writer *writer, const struct subpage *page, unsigned from, unsigned to) {
  for (unsigned i = from; i < to; ++i) {
    const MDBX_val value = subpage_value(page, i);
    subpage_add(writer, &value);
  }
}
