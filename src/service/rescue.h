/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/rescue.h: reads everything that is left of a damaged database, for mdbx_rescue().
 *
 * First it walks all trees and notes each page as used, free, or bad. A bad page leaves a gap in its table. If the bad
 * page was a leaf, its records are lost. Below a bad branch there are pages to which nothing refers any more. They are
 * found among the pages that are neither used nor free. Such a page, with all pages below it, is a unit. A unit is put
 * into the gap to which it belongs by height, type, births, and the keys on both sides of the gap. A unit that fits no
 * gap, or several, becomes a table of its own with a made-up name; this also happens after a bad leaf of the main
 * table, because the names of tables are lost. Then the callbacks get each table: what is lost, and the records.
 */
#ifndef MDBX_SERVICE_RESCUE_H
#define MDBX_SERVICE_RESCUE_H

#include "txn/txn.h"

/* What is known about each page. RESCUE_PASSED: nothing refers to it, and it is of no use. */
enum rescue_use { RESCUE_UNKNOWN, RESCUE_USED, RESCUE_FREE, RESCUE_BAD, RESCUE_PASSED };

/* A page to which nothing refers, with all pages below it that are not bad. Keys point into the mapping. */
struct rescue_unit {
  struct page_ref ref;
  txnid_t birth;
  unsigned height; /* a leaf: 1 */
  size_t leaves;   /* the number of readable leaves; 0: nothing is known */
  MDBX_val first, last;
  unsigned branch_flags, leaf_flags;
  bool ends_early;            /* something below is bad */
  bool taken;                 /* it leads to a page that is used or free, or was another one: it is an old version */
  bool data;                  /* some record has data */
  bool names;                 /* it has records of tables: it belongs to the main table */
  bool large, multi;          /* it has large values; several values of one key */
  size_t key_least, key_most; /* bytes of keys */
  size_t value_least, value_most; /* bytes of values; of the first of each key at least */
  unsigned orders, value_orders;  /* possible orders of the keys: bits 1 << enum key_order */
  bool fixed;                     /* values of one size, kept as such */
};

/* A part of a gap that was found. */
struct rescue_found {
  struct page_ref ref;
  unsigned height;
  MDBX_val first;
};

/* One reference to a page of a tree. In a crafted file many places may refer to one page: each place is a struct of its
 * own. */
struct rescue_step {
  struct page_ref ref;
  unsigned level;
  pgno_t above; /* the branch that has it, and where; 0: it leads to the root of the tree, or, if `slot` is not 0, to */
  unsigned slot; /* what was found of it on that page */
};

static inline struct rescue_step rescue_root(const struct tree *tree) {
  return (struct rescue_step){.ref = tree_root(tree)};
}

static inline struct rescue_step rescue_child(const struct page *branch, unsigned i, unsigned level) {
  return (struct rescue_step){branch_child(branch, i), level, branch->pgno, i};
}

static inline struct rescue_step rescue_found(struct page_ref ref, unsigned level) {
  return (struct rescue_step){.ref = ref, .level = level, .slot = ref.pgno};
}

/* A part of a table that cannot be read. Keys and values point into the mapping. */
struct rescue_gap {
  struct rescue_step step;
  int error;
  unsigned depth;             /* of its tree */
  bool branch;                /* leaves may be found */
  bool record;                /* only the value of `key` is lost */
  MDBX_val key;               /* of a gap among the values of one key; else without a base */
  MDBX_val after, before;     /* the records read on both sides; iov_base is NULL at an edge of the table */
  struct rescue_found *found; /* below it, in order */
  size_t found_count, found_capacity;
  size_t leaf_count; /* leaves of those */
};

struct rescue_table {
  MDBX_val name; /* without a base: the main table */
  struct tree tree;
  int error; /* its record is damaged, so there is no tree */
  struct rescue_gap *gaps;
  const struct rescue_gap **by_place; /* the gaps where a page is lost, after all gaps are known */
  size_t gap_count, gap_capacity, place_count;
  /* Of an orphan, whose name is made up. */
  pgno_t orphan;   /* its root; 0: not an orphan */
  char *made_up;   /* memory of the name */
  bool old;        /* it may be an old version of another table */
  unsigned unsure; /* flags it may have, too */
  MDBX_val first, last, remains;
  unsigned fits; /* tables that it might be a part of, and the first two of them */
  size_t fitting[2];
};

/* An orphan that is not reported as a table. */
struct rescue_doubt {
  pgno_t pgno;
  size_t leaves;
  MDBX_val first, last;
};

struct rescue {
  const MDBX_txn *txn;
  const struct snapshot *view;
  const MDBX_rescue_callbacks_t *callbacks;
  void *context;
  uint8_t *use;                /* enum rescue_use of each page */
  struct rescue_table *tables; /* the main one first */
  size_t table_count, table_capacity;
  const struct page **leaves;                     /* of the main table, in the order in which they were found */
  size_t leaf_count, leaf_capacity, leaves_named; /* of so many the tables have been added */
  bool free_damaged;                              /* not all free pages are known: old versions of pages may be found */
  bool old_met; /* an old version of a page has been met in its place: its last write was lost, others may be as well */
  bool values_lost; /* a leaf of a table with several values per key is bad: nobody knows whose its nested trees are */
  bool names_lost;  /* a leaf of the main table is bad, or the record of a table */
  bool others_bad;  /* there are bad pages to which nothing refers */
  uint8_t *height;  /* of each usable page to which nothing refers, with RESCUE_REFERRED; else 0 */
  struct rescue_doubt *doubts;
  size_t doubt_count, doubt_capacity;
  /* The remaining effort for units: in a crafted file each may refer to all others. */
  uint64_t pages_left, places_left;
};

/* Bits of rescue.height. */
#define RESCUE_HEIGHT 0x3fu
#define RESCUE_SOUND 0x40u    /* without it the other bits have no meaning */
#define RESCUE_REFERRED 0x80u /* another orphan refers to it */

/* ---- rescue_pages.c: what each page is ---- */

int rescue_look(struct rescue *rescue);
/* Reads a record or tree that is found later. */
int rescue_add_table(struct rescue *rescue, const MDBX_val *name, const struct leaf_item *item);
/* The tree that has a gap: the table's, or one of values. */
void rescue_tree_of(const struct rescue_table *table, const struct rescue_gap *gap, struct tree *tree);
/* Makes a table of an orphan's tree. */
int rescue_add_orphan(struct rescue *rescue, const struct rescue_table *orphan);
/* Notes the pages to which a found unit refers. */
int rescue_take(struct rescue *rescue, size_t table, const struct rescue_gap *gap, const struct rescue_unit *unit);

/* ---- rescue_units.c: pages that nothing leads to ---- */

/* Whether old versions of pages may be found. */
static inline bool rescue_may_be_old(const struct rescue *rescue) { return rescue->free_damaged || rescue->old_met; }
/* Whether the page is valid, but stale: another version than the reference means. */
bool rescue_is_other_version(const struct rescue *rescue, struct page_ref ref);
/* Fills rescue.height. */
int rescue_find_units(struct rescue *rescue);
/* Whether a unit begins at the page. */
bool rescue_is_unit(const struct rescue *rescue, pgno_t pgno);
/* Reads a unit; it gets no leaves if nothing can be read, or if the effort for all units is used up. */
int rescue_read_unit(struct rescue *rescue, pgno_t pgno, struct rescue_unit *unit);
/* Whether the bytes of a bad page still refer to the page. BY_OTHER: the bad page is a valid old version, which may
 * have belonged to another table. */
enum rescue_mention { MENTION_NONE, MENTION_BY_OTHER, MENTION_SURE };
enum rescue_mention rescue_mentions(const struct rescue *rescue, pgno_t bad, struct page_ref ref);
/* The name of the table with that root on a bad leaf of the main table; iov_base is NULL if there is none. */
void rescue_remains(const struct rescue *rescue, pgno_t bad, struct page_ref root, MDBX_val *name);

/* ---- rescue_leaves.c: gaps they belong into ---- */

/* Finds the gap to which a unit belongs; MDBX_NOTFOUND: none, or several: then `orphan` has the tables that have such
 * gaps. */
int rescue_place(struct rescue *rescue, const struct rescue_unit *unit, size_t *table, size_t *gap,
                 struct rescue_table *orphan);
/* Finds the units that belong to gaps. */
int rescue_fill_gaps(struct rescue *rescue);
/* Sorts the units that were found, and fills rescue_table.by_place. */
int rescue_sort_gaps(struct rescue *rescue);
/* The gap at this place; NULL: none. */
const struct rescue_gap *rescue_gap_at(const struct rescue_table *table, const struct rescue_step *step,
                                       const MDBX_val *key);

/* ---- rescue_orphans.c ---- */

/* Makes tables of the remaining units. */
int rescue_add_orphans(struct rescue *rescue);

/* ---- rescue.c ---- */

/* Returns the result of a callback that stopped it; MDBX_SUCCESS; MDBX_RESULT_TRUE if something is lost; MDBX_ENOMEM;
 * MDBX_BAD_TXN. */
int rescue_tables(const MDBX_txn *txn, const MDBX_rescue_callbacks_t *callbacks, void *context);

#endif
