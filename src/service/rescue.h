/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/rescue.h: reads what can be read of a damaged database, for mdbx_rescue().
 *
 * First all trees are walked, and each page is noted as used, free, or bad; a page that is bad leaves a gap in its table.
 * A gap where a leaf was costs the leaf's records. Below a branch that is bad there are leaves that nothing leads to any
 * more: they are found among the pages that are neither used nor free, by their type, and by the keys on both sides of
 * the gap. Then each table is told: what is lost, and the records.
 */
#ifndef MDBX_SERVICE_RESCUE_H
#define MDBX_SERVICE_RESCUE_H

#include "txn/txn.h"

/* What is known of each page. */
enum rescue_use { RESCUE_UNKNOWN, RESCUE_USED, RESCUE_FREE, RESCUE_BAD };

/* A place where a table cannot be read. Keys and values point into the mapping. */
struct rescue_gap {
  struct page_ref ref;
  int error;
  bool branch;         /* leaves may be found */
  bool record;         /* the value of `key` alone is lost, and nothing around it */
  MDBX_val key;        /* of a gap among the values of one key; else without a base */
  MDBX_val after, before; /* what was read on both sides; without a base at an edge */
  pgno_t *leaves;      /* found below it, in order */
  size_t leaf_count, leaf_capacity;
};

struct rescue_table {
  MDBX_val name; /* without a base: the main table */
  struct tree tree;
  int error; /* its record is damaged, there is no tree */
  struct rescue_gap *gaps;
  size_t gap_count, gap_capacity;
};

struct rescue {
  const MDBX_txn *txn;
  const struct snapshot *view;
  const MDBX_rescue_callbacks_t *callbacks;
  void *context;
  uint8_t *use; /* enum rescue_use of each page */
  struct rescue_table *tables; /* the main one first */
  size_t table_count, table_capacity;
  bool free_damaged; /* not all free pages are known: old versions of pages may be met */
  bool values_lost;  /* a leaf of a table with several values per key is bad: nobody knows whose its nested trees are */
};

/* ---- rescue_pages.c: what each page is ---- */

/* Makes room for one element more in an array that grows. MDBX_ENOMEM, and the array is as it was. */
int rescue_more(void **array, size_t count, size_t *capacity, size_t size);

int rescue_look(struct rescue *rescue);
/* A record or tree that is met only now. */
int rescue_add_table(struct rescue *rescue, const MDBX_val *name, const struct leaf_item *item);
/* The tree that a gap is in: the table's, or one of values. */
void rescue_tree_of(const struct rescue_table *table, const struct rescue_gap *gap, struct tree *tree);
/* Notes what a leaf that was found leads to. */
int rescue_take_leaf(struct rescue *rescue, size_t table, const struct rescue_gap *gap, const struct page *leaf);

/* ---- rescue_leaves.c ---- */

/* Finds the leaves of gaps. */
int rescue_find_leaves(struct rescue *rescue);

/* ---- rescue.c ---- */

/* The answer of a callback that stopped it; MDBX_SUCCESS; MDBX_RESULT_TRUE if something is lost; MDBX_ENOMEM;
 * MDBX_BAD_TXN. */
int rescue_tables(const MDBX_txn *txn, const MDBX_rescue_callbacks_t *callbacks, void *context);

#endif
