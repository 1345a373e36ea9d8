/* SPDX-License-Identifier: Apache-2.0 */
#include "gc/gc_list.h"

#include "base/assert.h"

#include <stdlib.h>

bool gc_list_set(struct gc_list *list, const uint8_t *bytes, size_t length, size_t page_size) {
  const size_t capacity = MAX_OF(page_size, length);
  if (list->capacity < capacity) {
    free(list->bytes);
    list->bytes = malloc(capacity);
    list->capacity = list->bytes ? capacity : 0;
  }
  list->length = list->bytes ? length : 0;
  if (list->length)
    memcpy(list->bytes, bytes, length);
  return list->bytes != NULL;
}

void gc_list_cut(struct gc_list *list, const uint8_t *at, const uint8_t *next) {
  const uint8_t *end = list->bytes + list->length;
  ASSERT(at >= list->bytes && at < next && next <= end);
  memmove(list->bytes + (at - list->bytes), next, (size_t)(end - next));
  list->length -= (size_t)(next - at);
}

void gc_list_cut_entries(struct gc_list *list, const uint8_t *at, const uint8_t *rest) {
  struct meta_list_record record;
  const uint8_t *next = meta_list_record(at, list->bytes + list->length, &record);
  ASSERT(next && rest >= record.entries && rest <= next);
  if (rest == next) {
    gc_list_cut(list, at, next);
    return;
  }
  meta_list_put_header(list->bytes + (at - list->bytes), record.kind, record.number, (size_t)(next - rest));
  if (rest > record.entries)
    gc_list_cut(list, record.entries, rest);
}

/* The record that can take entries of that number; NULL if there is none. */
static const uint8_t *find(const struct gc_list *list, enum gc_kind kind, uint64_t number,
                           struct meta_list_record *record) {
  const uint8_t *end = list->bytes + list->length;
  for (const uint8_t *at = list->bytes, *next; at < end; at = next) {
    next = meta_list_record(at, end, record);
    if (!next)
      break;
    if (record->kind == kind && record->number == number)
      return at;
  }
  return NULL;
}

static struct meta_list_entry entry_of(const struct retired_run *run) {
  return (struct meta_list_entry){run->pgno, run->pages, run->birth};
}

size_t gc_list_growth(const struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run,
                      bool same) {
  struct meta_list_record record;
  const struct meta_list_entry entry = entry_of(run);
  const size_t header = same || find(list, kind, number, &record) ? 0 : META_LIST_HEADER;
  return header + meta_list_entry_size(number, &entry);
}

void gc_list_add(struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run) {
  const struct meta_list_entry entry = entry_of(run);
  const size_t size = meta_list_entry_size(number, &entry);
  struct meta_list_record record;
  const uint8_t *found = find(list, kind, number, &record);
  uint8_t *header = found ? list->bytes + (found - list->bytes) : list->bytes + list->length;
  if (!found) {
    record.length = 0;
    list->length += META_LIST_HEADER;
  }
  uint8_t *at = header + META_LIST_HEADER;
  ASSERT(list->length + size <= list->capacity);
  memmove(at + size, at, list->length - (size_t)(at - list->bytes));
  meta_list_put_entry(at, number, &entry);
  meta_list_put_header(header, kind, number, record.length + size);
  list->length += size;
}
