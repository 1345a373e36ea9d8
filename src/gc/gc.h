/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gc/gc.h: which pages may be used again, and where the others wait.
 *
 * A page born in C and retired by T is seen by the snapshots C .. T-1. It is free as soon as no pinned snapshot lies in
 * [C, T). doc/gc.md tells the whole story. Used by the holder of the writer lock only.
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

/* Free pages that a commit takes out of a region for those after it. */
#define GC_ASIDE_PAGES 64u

/* When the lists of the table had nothing to give: as it and the pins were then. */
struct gc_idle {
  txnid_t changed; /* the table's last change */
  uint64_t items, pins;
  pgno_t root;
  bool known;
};

struct gc {
  /* Memory, and what is known, that one transaction leaves to the next. */
  struct gc_list list;  /* of the meta: what has not been taken from it; once gc_give() is done what the commit's meta gets */
  struct run_list runs; /* gc_give: what goes into the list of this commit */
  struct gc_idle idle;
  txnid_t *pins; /* ascending; as they were when the transaction began, and only ever too many since */
  struct gc_key *consumed; /* records that have been read in whole and go with the commit */
  struct gc_held *held;    /* pages found to be seen by a pinned snapshot */
  size_t pin_capacity, consumed_capacity, held_capacity;
  /* What each begins with as zeros. */
  struct space *space;
  struct tree *tree;
  size_t pin_count, consumed_length, held_length;
  size_t loose; /* how many of `runs` are loose: the first ones */
  bool beside_manifest; /* for the owner to set: the list has to leave room for a manifest if it can */
  size_t inherited;     /* so many entries it has besides those of this commit; for the owner to set as well */
  bool fresh_in_table;  /* gc_give: what this commit retired goes to the table, not into the list */
  struct gc_key next_fresh, next_held, next_region; /* where the search goes on */
  bool asked; /* the transaction has looked for pages */
  bool begun, fresh_done, held_done, regions_done;
  bool keep_loose; /* gc_give: free pages of regions that were not read stay in this commit's list */
  bool only_grow; /* gc_give: no record is deleted or made shorter any more */
  uint32_t regions_loaded;
  pgno_t limit;    /* first unallocated page when the transaction began */
  uint64_t budget; /* entries this transaction may still look at without being pressed */
  size_t aside_length;
  /* And what it does not clear. */
  struct retired_run aside[GC_ASIDE_PAGES]; /* gc_give: ascending, no longer in the set */
};

/* The space has been begun, with a hook that calls gc_take and this struct as its context. The list is that of the head's meta;
 * only its length has been looked at, unless `list_is_sound`. */
int gc_begin(struct gc *gc, struct space *space, struct tree *tree, const txnid_t *pins, size_t pin_count,
             const uint8_t *list, size_t list_length, bool list_is_sound);
/* Keeps some memory for the next transaction. */
void gc_end(struct gc *gc);
void gc_free_memory(struct gc *gc);

/* Other pins, of which none is new: looks again at all that the old ones held. */
int gc_repin(struct gc *gc, const txnid_t *pins, size_t pin_count);

/* As space_refill: finds more free pages, with as much work as the need allows. space->refill_context is the struct
 * gc. */
int gc_take(struct space *space, uint32_t pages, enum space_need need);

/* Pins that do not go with a reader: what a crash falls back to. */
enum { GC_FIXED_PINS = 2 };

/* Counts for each of gc->pins the pages known to wait that it sees, in seen[pin_count]. Pages that one of `fixed` sees as
 * well do not count (TXNID_NONE: there is no such snapshot). */
int gc_weigh(struct gc *gc, const txnid_t fixed[GC_FIXED_PINS], uint64_t *seen);

/* Reads the stored part of the region a page lies in, if that has not been done. */
int gc_load_region_of(struct gc *gc, pgno_t pgno);
/* Whether the table lists a page as free; the page's region has not been read. */
int gc_stored_has(struct gc *gc, pgno_t pgno, bool *has);

/* Writes what has become of the free pages: into the list for the meta, and to table 0 if the list has no room for all or
 * pages come from there. Nothing else may change pages afterwards. Takes pages for itself from the set, then from the end,
 * never through refill. */
int gc_give(struct gc *gc);

/* Reads all that the list still has, whether anybody needs it or not. */
int gc_empty_list(struct gc *gc);

/* Pages a commit may need for table 0, for space->reserve; `list_length` bytes are in the list. */
uint32_t gc_reserve(const struct snapshot *snapshot, const struct tree *tree, size_t list_length);

/* Calls `each` for all runs of table 0 of a snapshot, with the key of their record. */
typedef int (*gc_each_record)(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth);
int gc_visit(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context);
/* The same for the list of a snapshot's meta. */
int gc_visit_list(const struct snapshot *snapshot, const uint8_t *list, size_t length, gc_each_record each, void *context);
/* The same for the lists of retired pages only. */
int gc_visit_retired(const struct snapshot *snapshot, const struct tree *tree, gc_each_record each, void *context);

#endif
