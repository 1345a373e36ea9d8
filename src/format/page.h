/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/page.h: what all kinds of pages share: header, checksum, the columns of arrays after the header.
 *
 * Pure functions on page memory; the caller may pass only checked pages, except to page_check_*.
 */
#ifndef MDBX_FORMAT_PAGE_H
#define MDBX_FORMAT_PAGE_H

#include "format/format.h"

static inline uint8_t *page_body(const struct page *page) { return (uint8_t *)(uintptr_t)page + PAGE_HEADER; }

static inline bool page_has_keyheads(const struct page *page) { return !(page->flags & P_NOKEYHEADS); }

static inline size_t page_room(const struct page *page) { return (size_t)page->upper - page->lower; }

/* The used bytes of the body, by which splits and merges decide. */
static inline size_t page_used(const struct page *page, size_t page_size) {
  return body_size(page_size) - page_room(page);
}

/* Makes an empty page of that kind. */
void page_init(struct page *page, size_t page_size, pgno_t pgno, txnid_t txnid, unsigned flags);

/* Header of a run of pages for a large value of that many bytes. */
void page_init_run(struct page *page, pgno_t pgno, txnid_t txnid, uint32_t pages, uint32_t bytes);

/* The checksum of the present header and used bytes. The bounds must have been checked; the content need not. */
uint64_t page_checksum(const struct page *page, size_t page_size, uint64_t seed);
/* The same of a run, whose value lies elsewhere. */
uint64_t page_checksum_run(const struct page *header, const void *value, uint64_t seed);

/* The seed for all checksums of a database. */
static inline uint64_t checksum_seed(const uint64_t database_id[2]) {
  return database_id[0] ^ (database_id[1] << 1 | database_id[1] >> 63);
}

/* ---- columns: arrays of equal length, one after another, as at the start of leaf and branch bodies ---- */

struct columns {
  uint8_t *base;
  uint8_t width[3];
  uint8_t number;
};

/* Opens a gap of one entry at index `at` in arrays that have `count` entries. */
void columns_open(const struct columns *columns, unsigned count, unsigned at);
/* Removes entry `at` of `count`. */
void columns_close(const struct columns *columns, unsigned count, unsigned at);

#endif
