/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy_plan.h: what a copy must find on each page of its snapshot.
 *
 * A copy page by page also reads pages that nobody refers to. They may hold anything, and may change while they are read.
 * So the pages that the trees of the snapshot refer to are marked before, with the version that is meant, and only those
 * are judged, as they lie in the buffer that is written; of a run, which may be longer than the buffer, only the header is, and
 * the rest where it is mapped. To mark them takes the branches, and the leaves that may refer to
 * something: of the main table, of tables with large values or several values per key.
 */
#ifndef MDBX_SERVICE_COPY_PLAN_H
#define MDBX_SERVICE_COPY_PLAN_H

#include "txn/txn.h"

struct copy_plan;

/* Of a read transaction, which must be there as long as the plan. MDBX_CORRUPTED with a report when a page that is needed
 * for it is damaged, or two places refer to one. */
int copy_plan_new(MDBX_txn *txn, struct copy_plan **plan);
void copy_plan_free(struct copy_plan *plan);
/* The list that the meta of a copy gets: pages that are neither in a tree nor in table 0. It is that of the snapshot's meta, or,
 * when later commits have written over that, what the plan says (which may be NULL: then one is made). */
int copy_plan_list(MDBX_txn *txn, const struct copy_plan *plan, struct gc_list *list);
/* Judges that many pages of the snapshot, whose bytes have been read. */
int copy_plan_check(const struct copy_plan *plan, pgno_t first, const uint8_t *bytes, pgno_t pages);
/* Judges the bytes of a page that a tree leads to, or of a whole run, here in a copy of the caller's: what passed once may
 * have changed on the device since. Not `whole`: only the header. */
int copy_check_page(const struct snapshot *view, pgno_t pgno, const struct page *page, bool whole);

#endif
