/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc_list.h: the list of a meta while a write transaction is at work on it.
 *
 * Bytes as in format/meta_list.h. Records are taken out whole; entries are added to a record that is there, or to a new one at
 * the end. Nothing is sorted, and nothing is read that is not asked for.
 */
#ifndef MDBX_GC_GC_LIST_H
#define MDBX_GC_GC_LIST_H

#include "format/meta_list.h"
#include "space/space.h"

/* A list gets no longer, whatever a page has room for: a commit copies it. */
#define GC_LIST_MOST 3840u

struct gc_list {
  uint8_t *bytes;
  size_t length, capacity;
};

/* Longest list of a meta in pages of that size. */
static inline size_t gc_list_limit(size_t page_size) {
  return meta_room(page_size) < GC_LIST_MOST ? meta_room(page_size) : GC_LIST_MOST;
}

/* Pages that nobody sees stand in the list as retired by this transaction, and born in it: before all that a snapshot is of. They
 * are taken a few at a time, the ones added last first. */
#define GC_LOOSE_NUMBER UINT64_C(1)

static inline bool gc_is_loose(const struct meta_list_record *record) {
  return record->kind == GC_FRESH && record->number == GC_LOOSE_NUMBER;
}

/* Sets the content. False: no memory. */
bool gc_list_set(struct gc_list *list, const uint8_t *bytes, size_t length, size_t page_size);

/* Takes a record out that begins at `at` and is followed by what begins at `next`. */
void gc_list_cut(struct gc_list *list, const uint8_t *at, const uint8_t *next);
/* Takes out of the record that begins at `at` what stands before `rest`, which is where an entry of it begins or ends. */
void gc_list_cut_entries(struct gc_list *list, const uint8_t *at, const uint8_t *rest);

/* Bytes more that a list has with the run in a record; `same`: one of that kind and number has been counted. */
size_t gc_list_growth(const struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run,
                      bool same);
/* Adds the run to the record of that kind and number, as the first entry. The caller has seen to the room. */
void gc_list_add(struct gc_list *list, enum gc_kind kind, uint64_t number, const struct retired_run *run);

#endif
