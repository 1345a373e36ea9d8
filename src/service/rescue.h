/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/rescue.h: reads what can be read of a damaged database, for mdbx_rescue().
 *
 * First all trees are walked, and each page is noted as used, free, or bad; a page that is bad leaves a gap in its table.
 * A gap where a leaf was costs the leaf's records. Below a branch that is bad there are pages that nothing leads to any
 * more: they are found among the pages that are neither used nor free, with what they lead to (a unit), and put where they
 * belong: by height, type, births, and the keys on both sides of the gap. A unit that has no place, or more than one, is
 * a table of its own, with a name that is made up: a leaf of the main table that is bad takes the names of tables away.
 * Then each table is told: what is lost, and the records.
 */
#ifndef MDBX_SERVICE_RESCUE_H
#define MDBX_SERVICE_RESCUE_H

#include "txn/txn.h"

/* What is known of each page. RESCUE_PASSED: nothing leads to it, and it is not worth another look. */
enum rescue_use { RESCUE_UNKNOWN, RESCUE_USED, RESCUE_FREE, RESCUE_BAD, RESCUE_PASSED };

/* A page that nothing leads to, and all that it leads to, as far as it is not bad. Keys point into the mapping. */
struct rescue_unit {
  struct page_ref ref;
  txnid_t birth;
  unsigned height;     /* a leaf: 1 */
  size_t leaves;       /* that can be read; 0: nothing is known of it */
  MDBX_val first, last;
  unsigned branch_flags, leaf_flags;
  bool ends_early;     /* something below is bad */
  bool taken;          /* it leads to a page that is used or free, or was another one: it is an old version */
  bool data;           /* some record has data */
  bool names;          /* it has records of tables: it is of the main table */
  bool large, multi;   /* it has large values; several values of one key */
  size_t key_least, key_most;     /* bytes of keys */
  size_t value_least, value_most; /* bytes of values; of the first of each key at least */
  unsigned orders, value_orders;  /* in which the keys are, or may be: bits 1 << enum key_order */
  bool fixed;          /* values of one size, kept as such */
};

/* What of a gap was found again. */
struct rescue_found {
  struct page_ref ref;
  unsigned height;
  MDBX_val first;
};

/* One reference to a page of a tree. What was crafted may refer to a page from many places: each place is one of its own. */
struct rescue_step {
  struct page_ref ref;
  unsigned level;
  pgno_t above;  /* the branch that has it, and where; 0: it leads to the root of the tree, or, if `slot` is not 0, to */
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

/* A place where a table cannot be read. Keys and values point into the mapping. */
struct rescue_gap {
  struct rescue_step step;
  int error;
  unsigned depth;      /* of its tree */
  bool branch;         /* leaves may be found */
  bool record;         /* the value of `key` alone is lost, and nothing around it */
  MDBX_val key;        /* of a gap among the values of one key; else without a base */
  MDBX_val after, before; /* what was read on both sides; without a base at an edge */
  struct rescue_found *found; /* below it, in order */
  size_t found_count, found_capacity;
  size_t leaf_count;   /* leaves of those */
};

struct rescue_table {
  MDBX_val name; /* without a base: the main table */
  struct tree tree;
  int error; /* its record is damaged, there is no tree */
  struct rescue_gap *gaps;
  const struct rescue_gap **by_place; /* those where a page is lost, once all are known */
  size_t gap_count, gap_capacity, place_count;
  /* Of an orphan, whose name is made up. */
  pgno_t orphan;       /* its root; 0: it is none */
  char *made_up;       /* memory of the name */
  bool old;            /* it may be an old version of another table */
  unsigned unsure;     /* flags it may have, too */
  MDBX_val first, last, remains;
  unsigned fits;       /* tables that it might be a part of, and the first two of them */
  size_t fitting[2];
};

/* An orphan that is not told as a table. */
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
  uint8_t *use; /* enum rescue_use of each page */
  struct rescue_table *tables; /* the main one first */
  size_t table_count, table_capacity;
  bool free_damaged; /* not all free pages are known: old versions of pages may be met */
  bool old_met;      /* an old version of a page has been met in its place: its last write was lost, others may be as well */
  bool values_lost;  /* a leaf of a table with several values per key is bad: nobody knows whose its nested trees are */
  bool names_lost;   /* a leaf of the main table is bad, or the record of a table */
  bool others_bad;   /* there are bad pages that nothing leads to */
  uint8_t *height;   /* of each page that nothing leads to and that can be used, with RESCUE_REFERRED; else 0 */
  struct rescue_doubt *doubts;
  size_t doubt_count, doubt_capacity;
  /* What is left to be done for units: a file may be made such that each leads to all others. */
  uint64_t pages_left, places_left;
};

/* Bits of rescue.height. */
#define RESCUE_HEIGHT 0x3fu
#define RESCUE_SOUND 0x40u    /* without it the rest means nothing */
#define RESCUE_REFERRED 0x80u /* another orphan leads to it */

/* ---- rescue_pages.c: what each page is ---- */

int rescue_look(struct rescue *rescue);
/* A record or tree that is met only now. */
int rescue_add_table(struct rescue *rescue, const MDBX_val *name, const struct leaf_item *item);
/* The tree that a gap is in: the table's, or one of values. */
void rescue_tree_of(const struct rescue_table *table, const struct rescue_gap *gap, struct tree *tree);
/* The tree of an orphan becomes a table. */
int rescue_add_orphan(struct rescue *rescue, const struct rescue_table *orphan);
/* Notes what a unit that was found leads to. */
int rescue_take(struct rescue *rescue, size_t table, const struct rescue_gap *gap, const struct rescue_unit *unit);

/* ---- rescue_units.c: pages that nothing leads to ---- */

/* Whether old versions of pages may be met. */
static inline bool rescue_may_be_old(const struct rescue *rescue) { return rescue->free_damaged || rescue->old_met; }
/* Whether what is there is sound, and another version than the one that is meant. */
bool rescue_is_other_version(const struct rescue *rescue, struct page_ref ref);
/* Fills rescue.height. */
int rescue_find_units(struct rescue *rescue);
/* Whether a unit begins at the page. */
bool rescue_is_unit(const struct rescue *rescue, pgno_t pgno);
/* Reads a unit; without leaves if there is nothing to know, or all units together took too long. */
int rescue_read_unit(struct rescue *rescue, pgno_t pgno, struct rescue_unit *unit);
/* Whether the bytes of a bad page still refer to the page. BY_OTHER: it is sound, and an old version: that may have been of
 * another table. */
enum rescue_mention { MENTION_NONE, MENTION_BY_OTHER, MENTION_SURE };
enum rescue_mention rescue_mentions(const struct rescue *rescue, pgno_t bad, struct page_ref ref);
/* What a bad leaf of the main table still calls the table with that root; without a base: nothing. */
void rescue_remains(const struct rescue *rescue, pgno_t bad, struct page_ref root, MDBX_val *name);

/* ---- rescue_leaves.c: gaps they belong into ---- */

/* The gap that a unit belongs into; MDBX_NOTFOUND: none or nobody knows which, then the tables that have such gaps are in
 * `orphan`. */
int rescue_place(struct rescue *rescue, const struct rescue_unit *unit, size_t *table, size_t *gap,
                 struct rescue_table *orphan);
/* Finds what belongs into gaps. */
int rescue_fill_gaps(struct rescue *rescue);
/* Puts what was found in order, and fills rescue_table.by_place. */
int rescue_sort_gaps(struct rescue *rescue);
/* The gap that is there; NULL: none. */
const struct rescue_gap *rescue_gap_at(const struct rescue_table *table, const struct rescue_step *step,
                                       const MDBX_val *key);

/* ---- rescue_orphans.c ---- */

/* Makes tables of the units that are left. */
int rescue_add_orphans(struct rescue *rescue);

/* ---- rescue.c ---- */

/* The answer of a callback that stopped it; MDBX_SUCCESS; MDBX_RESULT_TRUE if something is lost; MDBX_ENOMEM;
 * MDBX_BAD_TXN. */
int rescue_tables(const MDBX_txn *txn, const MDBX_rescue_callbacks_t *callbacks, void *context);

#endif
