/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/check.h: whether a page read from a file may be used.
 *
 * A page that passed can be used by every function of format/ without a further bounds check: all offsets, lengths
 * and counts are consistent. It says nothing about the order of keys or whether the page belongs where it was found.
 * Pure: no I/O; reports what is wrong through log_damage.
 */
#ifndef MDBX_FORMAT_CHECK_H
#define MDBX_FORMAT_CHECK_H

#include "format/format.h"

struct page_expectation {
  size_t page_size;
  pgno_t pgno;
  txnid_t newest; /* the greatest birth that a page of the snapshot can have */
  pgno_t limit;   /* first page number the snapshot does not have */
  pgno_t present; /* first page number that cannot be read: a run must end before it */
  uint64_t seed;
  uint32_t checksum_run_limit; /* the checksum of runs with more pages than this is not verified */
};

/* Checks header and checksum alone: enough for bytes that are only copied. MDBX_SUCCESS, or MDBX_CORRUPTED with a
 * report. */
int page_check_bytes(const struct page *page, const struct page_expectation *expected);
/* Checks header and content, without the checksum: for a page that is being changed. */
int page_check_layout(const struct page *page, const struct page_expectation *expected);
/* Checks header, checksum and content. */
int page_check(const struct page *page, const struct page_expectation *expected);

#endif
