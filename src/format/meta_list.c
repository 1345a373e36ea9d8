/* SPDX-License-Identifier: Apache-2.0 */
#include "format/meta_list.h"

#include "base/assert.h"
#include "base/log.h"
#include "format/varint.h"

/* ------------------------------------------------------------------------------------------------------- reading */

const uint8_t *meta_list_record(const uint8_t *at, const uint8_t *end, struct meta_list_record *record) {
  if ((size_t)(end - at) < META_LIST_HEADER)
    return NULL;
  const uint64_t key = get_u64(at);
  record->kind = (enum gc_kind)(key >> 56);
  record->number = key & GC_NUMBER_MASK;
  record->length = get_u16(at + 8);
  record->entries = at + META_LIST_HEADER;
  const bool known = record->kind == GC_FRESH || record->kind == GC_HELD;
  return known && record->length <= (size_t)(end - record->entries) ? record->entries + record->length : NULL;
}

const uint8_t *meta_list_entry(const uint8_t *at, const uint8_t *end, uint64_t number, pgno_t limit,
                               struct meta_list_entry *entry) {
  uint64_t more, age;
  if (end - at < 4)
    return NULL;
  entry->pgno = get_u32(at);
  at = varint_get(at + 4, end, &more);
  if (at)
    at = varint_get(at, end, &age);
  if (!at || entry->pgno < PGNO_FIRST || entry->pgno >= limit || more >= limit - entry->pgno || age > number)
    return NULL;
  entry->pages = (uint32_t)more + 1;
  entry->birth = number - age;
  return at;
}

static const uint8_t *visit_record(const uint8_t *at, const uint8_t *end, txnid_t txnid, pgno_t limit,
                                   meta_list_each each, void *context, int *rc) {
  struct meta_list_record record;
  const uint8_t *next = meta_list_record(at, end, &record);
  if (!next || record.number == TXNID_NONE || record.number > txnid)
    return NULL;
  for (at = record.entries; at && at < next && *rc == MDBX_SUCCESS;) {
    struct meta_list_entry entry;
    at = meta_list_entry(at, next, record.number, limit, &entry);
    if (at && each)
      *rc = each(context, &record, &entry);
  }
  return at ? next : NULL;
}

static int visit(const uint8_t *list, size_t length, txnid_t txnid, pgno_t limit, meta_list_each each, void *context) {
  int rc = MDBX_SUCCESS;
  const uint8_t *at = list, *end = list + length;
  while (at && at < end && rc == MDBX_SUCCESS)
    at = visit_record(at, end, txnid, limit, each, context, &rc);
  return at ? rc : MDBX_CORRUPTED;
}

bool meta_list_is_sound(const uint8_t *list, size_t length, txnid_t txnid, pgno_t limit) {
  return visit(list, length, txnid, limit, NULL, NULL) == MDBX_SUCCESS;
}

int meta_list_visit(const uint8_t *list, size_t length, txnid_t txnid, pgno_t limit, meta_list_each each,
                    void *context) {
  if (!meta_list_is_sound(list, length, txnid, limit))
    return log_damage(MDBX_CORRUPTED, "the list of free pages in the meta page of transaction %llu makes no sense",
                      (unsigned long long)txnid);
  return visit(list, length, txnid, limit, each, context);
}

/* ------------------------------------------------------------------------------------------------------- writing */

void meta_list_put_header(uint8_t *to, enum gc_kind kind, uint64_t number, size_t length) {
  ASSERT((kind == GC_FRESH || kind == GC_HELD) && number != TXNID_NONE && number <= GC_NUMBER_MASK);
  ASSERT(length <= UINT16_MAX);
  put_u64(to, (uint64_t)kind << 56 | number);
  put_u16(to + 8, (uint16_t)length);
}

size_t meta_list_entry_size(uint64_t number, const struct meta_list_entry *entry) {
  return 4 + varint_size(entry->pages - 1) + varint_size(number - entry->birth);
}

uint8_t *meta_list_put_entry(uint8_t *to, uint64_t number, const struct meta_list_entry *entry) {
  ASSERT(entry->pages > 0 && entry->birth <= number);
  put_u32(to, entry->pgno);
  return varint_put(varint_put(to + 4, entry->pages - 1), number - entry->birth);
}
