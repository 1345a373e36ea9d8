/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/meta_list.h: the list of a meta page: waiting pages that have not been written to table 0.
 *
 * It is a sequence of records. Each has: u64 with the kind in the top byte and the number below, as in a key of table
 * 0; u16 bytes of its entries; the entries. An entry: u32 page, length - 1 and age (number - birth) as varints. Entries
 * are unordered and independent, so an entry can be added to a record without reading the others.
 *
 * GC_FRESH, number T: pages retired by T; pages with age 0 are free. GC_HELD, number p: pages that snapshot p sees, and
 * that no newer pinned snapshot sees.
 *
 * Pure; it trusts nothing that it reads.
 */
#ifndef MDBX_FORMAT_META_LIST_H
#define MDBX_FORMAT_META_LIST_H

#include "format/format.h"

#define META_LIST_HEADER 10u
/* The greatest size of an entry. */
#define META_LIST_ENTRY_MOST (4u + 5u + 9u)

struct meta_list_record {
  enum gc_kind kind;
  uint64_t number;
  const uint8_t *entries;
  size_t length; /* of the entries */
};

struct meta_list_entry {
  pgno_t pgno;
  uint32_t pages;
  txnid_t birth;
};

/* Reads the record that begins at `at`. Returns the position after it; NULL if it is invalid. */
const uint8_t *meta_list_record(const uint8_t *at, const uint8_t *end, struct meta_list_record *record);
/* The same for an entry of a record with that number, in a snapshot that ends at page `limit`. */
const uint8_t *meta_list_entry(const uint8_t *at, const uint8_t *end, uint64_t number, pgno_t limit,
                               struct meta_list_entry *entry);
/* Whether the whole list is valid in a meta of this transaction, whose snapshot ends at page `limit`. */
bool meta_list_is_sound(const uint8_t *list, size_t length, txnid_t txnid, pgno_t limit);

void meta_list_put_header(uint8_t *to, enum gc_kind kind, uint64_t number, size_t length);
size_t meta_list_entry_size(uint64_t number, const struct meta_list_entry *entry);
/* Writes an entry and returns where it ends. There is room. */
uint8_t *meta_list_put_entry(uint8_t *to, uint64_t number, const struct meta_list_entry *entry);

/* Calls `each` for all entries in turn, until it does not return MDBX_SUCCESS. MDBX_CORRUPTED, with a report: a record
 * or an entry is invalid in a meta of that transaction. */
typedef int (*meta_list_each)(void *context, const struct meta_list_record *record,
                              const struct meta_list_entry *entry);
int meta_list_visit(const uint8_t *list, size_t length, txnid_t txnid, pgno_t limit, meta_list_each each,
                    void *context);

#endif
