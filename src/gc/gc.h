/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc.h: which pages may be used again, and where the others wait.
 *
 * A page born in C and retired by T is seen by the snapshots C .. T-1. It is free as soon as no pinned snapshot lies in
 * [C, T). doc/gc.md explains it. Used by the holder of the writer lock only.
 */
#ifndef MDBX_GC_GC_H
#define MDBX_GC_GC_H

#include "format/meta_list.h"
#include "gc/gc_list.h"
#include "gc/gc_record.h"
#include "tree/tree.h"

struct gc_held {
  txnid_t pin;
  struct retired_run run;
};

/* Free pages that a commit takes out of a region for later commits. */
#define GC_ASIDE_PAGES 64u

/* The state of the table and of the pins when the table's lists last had no free page. */
struct gc_idle {
  txnid_t changed; /* the table's last change */
  uint64_t items, pins;
  pgno_t root;
  bool known;
};

struct gc {
  /* Memory and knowledge that one transaction leaves to the next. */
  struct gc_list list;  /* of the meta: the remaining part; after gc_give() the list for the commit's meta */
  struct run_list runs; /* gc_give: runs for the list of this commit */
  struct gc_idle idle;
  txnid_t *pins; /* ascending; collected when the transaction began; pins may have ended since, but none was added */
  struct gc_key *consumed; /* records that have been read completely; the commit deletes them */
  struct gc_held *held;    /* pages found to be seen by a pinned snapshot */
  size_t pin_capacity, consumed_capacity, held_capacity;
  /* Members that are zero when a transaction begins. */
  struct space *space;
  struct tree *tree;
  size_t pin_count, consumed_length, held_length;
  size_t loose;         /* how many of `runs` are loose: the first ones */
  bool beside_manifest; /* set by the owner: the list should leave room for a manifest */
  size_t inherited;     /* number of manifest entries besides those of this commit; set by the owner too */
  bool fresh_in_table;  /* gc_give: what this commit retired goes to the table, not into the list */
  struct gc_key next_fresh, next_held, next_region; /* where the search goes on */
  bool asked;                                       /* the transaction has looked for pages */
  bool begun, fresh_done, held_done, regions_done;
  bool keep_loose; /* gc_give: free pages of regions that were not read stay in this commit's list */
  bool only_grow;  /* gc_give: no record is deleted or made shorter any more */
  uint32_t regions_loaded;
  pgno_t limit;    /* first unallocated page when the transaction began */
  uint64_t budget; /* entries that this transaction may still read unless space is short */
  size_t aside_length;
  /* A member that is not cleared. */
  struct retired_run aside[GC_ASIDE_PAGES]; /* gc_give: ascending, no longer in the set */
};

/* space_begin() has been called, with a refill function that calls gc_take, and this struct as its context. The list is
 * that of the head's meta; only its length has been checked, unless `list_is_sound`. */
int gc_begin(struct gc *gc, struct space *space, struct tree *tree, const txnid_t *pins, size_t pin_count,
             const uint8_t *list, size_t list_length, bool list_is_sound);
/* Keeps some memory for the next transaction. */
void gc_end(struct gc *gc);
void gc_free_memory(struct gc *gc);

/* Replaces the pins by a subset of them: checks again everything that the ended pins held. */
int gc_repin(struct gc *gc, const txnid_t *pins, size_t pin_count);

/* Like space_refill: finds more free pages, with as much work as the need justifies. space->refill_context is the
 * struct gc. */
int gc_take(struct space *space, uint32_t pages, enum space_need need);

/* Pins that do not belong to a reader: the commits to which a crash may return. */
enum { GC_FIXED_PINS = 2 };

/* Counts for each of gc->pins, in seen[pin_count], how many of the known waiting pages it sees. Pages that a snapshot
 * in `fixed` also sees do not count (TXNID_NONE: no snapshot). */
int gc_weigh(struct gc *gc, const txnid_t fixed[GC_FIXED_PINS], uint64_t *seen);

/* Reads the stored part of a page's region, if it has not been read. */
int gc_load_region_of(struct gc *gc, pgno_t pgno);
/* Whether the table lists a page as free; the page's region has not been read. */
int gc_stored_has(struct gc *gc, pgno_t pgno, bool *has);

/* Writes retired and free pages to the list for the meta; and to table 0, if they do not fit the list or if pages were
 * taken from table 0. Afterwards nothing else may change pages. Takes the pages that it needs itself from the set, then
 * from the end, never through refill. */
int gc_give(struct gc *gc);

/* Reads all remaining records of the list, even if their pages are not needed. */
int gc_empty_list(struct gc *gc);

/* Pages a commit may need for table 0, for space->reserve; `list_length` bytes are in the list. */
uint32_t gc_reserve(const struct snapshot *snapshot, const struct tree *tree, size_t list_length);

/* Calls `each` for all runs of table 0 of a snapshot, with the key of their record. */
typedef int (*gc_each_record)(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth);
int gc_visit(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context);
/* The same for the list of a snapshot's meta. */
int gc_visit_list(const struct snapshot *snapshot, const uint8_t *list, size_t length, gc_each_record each,
                  void *context);
/* The same for the lists of retired pages only. */
int gc_visit_retired(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context);

#endif
