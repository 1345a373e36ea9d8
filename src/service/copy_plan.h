/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy_plan.h: what a copy expects on each page of its snapshot.
 *
 * A copy page by page also reads pages that nobody refers to. They may contain anything, and may change while they are
 * read. So the plan first marks the pages to which the trees of the snapshot refer, with the expected versions, and
 * only these are verified, in the buffer that is written. A run may be longer than the buffer: only its header is
 * verified there, and the rest in the mapping. Marking reads the branches, and the leaves that may refer to other
 * pages: of the main table, of tables with large values or several values per key.
 */
#ifndef MDBX_SERVICE_COPY_PLAN_H
#define MDBX_SERVICE_COPY_PLAN_H

#include "txn/txn.h"

struct copy_plan;

/* Makes the plan of a read transaction, which must exist as long as the plan. MDBX_CORRUPTED with a report if a page
 * that it reads is damaged, or if two places refer to the same page. */
int copy_plan_new(MDBX_txn *txn, struct copy_plan **plan);
void copy_plan_free(struct copy_plan *plan);
/* Makes the list for the meta of a copy: pages that are neither in a tree nor in table 0. It is the list of the
 * snapshot's meta; if later commits have overwritten that, it comes from the plan (if that is NULL, the function makes
 * one). */
int copy_plan_list(MDBX_txn *txn, const struct copy_plan *plan, struct gc_list *list);
/* Verifies this many pages of the snapshot, whose bytes have been read. */
int copy_plan_check(const struct copy_plan *plan, pgno_t first, const uint8_t *bytes, pgno_t pages);
/* Verifies the bytes of a page to which a tree refers, or of a whole run, in the caller's copy: a page that passed
 * before may have changed on the device since. Without `whole`: only the header. */
int copy_check_page(const struct snapshot *view, pgno_t pgno, const struct page *page, bool whole);

#endif
