/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_list.h: the list of a meta while a write transaction changes it.
 *
 * Bytes as in format/meta_list.h. Records are taken out whole; entries are added to an existing record, or to a new one
 * at the end. The list is not sorted, and only the requested records are read.
 */
#ifndef MDBX_GC_GC_LIST_H
#define MDBX_GC_GC_LIST_H

#include "format/meta_list.h"
#include "space/space.h"

/* The greatest length of a list, even if a page has more room, because every commit copies it. */
#define GC_LIST_MOST 3840u

struct gc_list {
  uint8_t *bytes;
  size_t length, capacity;
};

/* Longest list of a meta in pages of that size. */
static inline size_t gc_list_limit(size_t page_size) {
  return meta_room(page_size) < GC_LIST_MOST ? meta_room(page_size) : GC_LIST_MOST;
}

/* Pages that no snapshot sees are listed as born in and retired by this transaction, which is older than every
 * snapshot. A few of them are taken at a time, the most recently added ones first. */
#define GC_LOOSE_NUMBER UINT64_C(1)

static inline bool gc_is_loose(const struct meta_list_record *record) {
  return record->kind == GC_FRESH && record->number == GC_LOOSE_NUMBER;
}

/* Sets the content. False: no memory. */
bool gc_list_set(struct gc_list *list, const uint8_t *bytes, size_t length, size_t page_size);

/* Removes the record that begins at `at` and ends at `next`. */
void gc_list_cut(struct gc_list *list, const uint8_t *at, const uint8_t *next);
/* Removes the entries before `rest` from the record that begins at `at`; `rest` is at the beginning or end of an
 * entry. */
void gc_list_cut_entries(struct gc_list *list, const uint8_t *at, const uint8_t *rest);

/* The bytes by which a list grows with the run; `same`: a record of this kind and number has been counted already. */
size_t gc_list_growth(const struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run,
                      bool same);
/* Adds the run to the record of that kind and number, as its first entry. The caller has checked the room. */
void gc_list_add(struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run);

#endif
