/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/check_parts.h: what the stages of the check share: the snapshot that is checked, and the use of each page
 * that was found.
 */
#ifndef MDBX_SERVICE_CHECK_PARTS_H
#define MDBX_SERVICE_CHECK_PARTS_H

#include "service/check_report.h"
#include "service/check_way.h"

/* The use of a page. */
enum page_use { PAGE_UNKNOWN, PAGE_USED, PAGE_FREE, PAGE_WAITING };

struct check {
  MDBX_chk_context_t *context;
  MDBX_env *env;
  MDBX_txn *txn;
  struct snapshot view; /* checks every page at every visit, whole runs too */
  uint8_t *use;         /* enum page_use by page number */
  struct way_room *room;
  MDBX_chk_table_t **tables;
  size_t table_count, table_capacity;
  size_t pauses;
  unsigned meta;               /* slot of the snapshot */
  struct meta_page *meta_page; /* the content when the snapshot was pinned */
  bool unreached;              /* a damaged page refers to pages that were not visited */
};

/* Asks from time to time whether the check shall continue: MDBX_EINTR if not. */
int check_pause(struct check *check);

/* The depth of a tree, found along its edges; 0: unknown. */
unsigned check_real_depth(const struct check *check, pgno_t root);

/* For walks that only read records: accepts every page, since damage has been reported before. */
int check_pass_page(struct tree_visitor *visitor, const struct page *page, unsigned level);
int check_skip_damage(struct tree_visitor *visitor, pgno_t pgno, int rc);

/* The stages: all trees, table by table; the records of table 0; whether each page has exactly one use. They return
 * MDBX_SUCCESS even if they find problems; another code if the check cannot continue. */
int check_trees(struct check *check);
int check_free_lists(struct check *check);
int check_uses(struct check *check);

#endif
