/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/space.h: the life of a page inside one write transaction.
 *
 * A page is allocated (from pages that are free, else from the unallocated end), written, and in the end committed; or
 * it is retired: then a page of an earlier transaction waits for its readers, and a page of this transaction is free at
 * once. Committed pages are never written: space_touch() gives a copy with a new number.
 *
 * Used by the holder of the writer lock only. The upward calls of the engine are `refill`, which makes a layer above
 * search the table of free pages for more, and `cover`, which makes it map what the file has grown by.
 */
#ifndef MDBX_SPACE_SPACE_H
#define MDBX_SPACE_SPACE_H

#include "base/assert.h"
#include "base/pgset.h"
#include "file/geometry.h"
#include "file/map.h"
#include "file/stores.h"
#include "space/pool.h"
#include "space/snapshot.h"

struct retired_run {
  pgno_t pgno;
  uint32_t pages;
  txnid_t birth;
};

struct retired_list {
  struct retired_run *runs;
  size_t length, capacity;
  uint64_t pages;
};

struct space;
struct recent_paths;
/* What the allocator does if no free page is found; it determines how much work a search may do. */
enum space_need {
  SPACE_CHEAP, /* it takes pages from the end of the file: search only where it is cheap */
  SPACE_GROW,  /* it makes the file longer: readers that hold pages may be ousted or reported */
  SPACE_FULL   /* it fails, since the upper size is reached: search everything */
};

/* Adds free pages to `avail`; space->refill_context is its context. MDBX_SUCCESS: it has added pages; MDBX_NOTFOUND:
 * there are no more; or an error. `pages` is the length of the needed run. */
typedef int (*space_refill)(struct space *space, uint32_t pages, enum space_need need);

/* The file has that many pages now: lets space->view see them all. NULL where the mapping is long enough for the upper
 * size. */
typedef int (*space_cover)(struct space *space, pgno_t pages);

struct space_counters {
  uint64_t newly, cow, spilled, unspilled, ahead; /* ahead: runs that were written when their value was put */
};

/* Options of the application; constant in a transaction. */
struct space_tuning {
  uint32_t merge_below;  /* a page with fewer bytes in use is merged with a neighbour */
  uint32_t subpage_most; /* bytes of a set of values inside a leaf */
  bool prefer_changed;   /* merge with a neighbour that has been changed already, if there is one */
  uint64_t dirty_limit;  /* changed pages in memory before some are written out */
  uint64_t dirty_kept;   /* how many stay in memory then */
};

struct space {
  struct snapshot view; /* first: whoever reads through it sees the changes of this transaction */
  struct dirty dirty;
  struct geometry geometry; /* as the commit will store it */
  pgno_t backed;            /* pages the file is known to have storage for */
  pgno_t first_taken;       /* pages from here on were taken from the end by this transaction */
  pgno_t touched;           /* with WRITEMAP: pages before this one have been prepared for stores */
  pgno_t end;               /* this process uses no page from here on; PGNO_LIMIT: only the geometry limits it */
  struct dbmap *map;
  struct stores *stores;
  bool copying; /* pages go to the file through `stores` where they may */
  int fd;
  bool writemap;
  bool nomeminit;
  bool lifo;
  bool spilled;         /* some pages have been written already and are in no buffer */
  bool ahead;           /* the value that is being put may be written at once; see space/ahead.h */
  uint64_t early_pages; /* pages that have been written already; some may be free again */
  struct pgset avail;   /* free pages that no snapshot sees */
  struct pgset recent;  /* the part of `avail` that has become free lately; kept with `lifo` only */
  struct retired_list retired;
  space_refill refill;
  void *refill_context;
  space_cover cover;
  void *cover_context;
  uint32_t reserve; /* number of pages that user data must leave for the commit */
  struct page_pool *pool;
  struct space_tuning tuning;
  struct dirty_page *limbo; /* buffers of spilled pages that the caller may still point into */
  size_t limbo_length;
  struct space_counters counters;
  struct undo *undo; /* of the innermost nested transaction; NULL without one */
  /* Not MDBX_SUCCESS: a change of what all nested transactions share has failed in the middle, so none of them can be kept,
   * nor undone on its own. */
  int failed;
  /* Grows with every event after which a remembered path may be wrong; see tree/recent.h. */
  uint64_t turn;
  struct recent_paths *paths; /* of tree/; NULL: nothing is remembered */
};

/* ---- begin and end ---- */

/* What a write transaction begins with. */
struct space_start {
  struct snapshot view;     /* of the commit it builds on */
  struct geometry geometry; /* as that commit stored it: the file has storage up to `now` */
  pgno_t end;
  struct dbmap *map;
  struct stores *stores;
  struct page_pool *pool;
  int fd;
  bool copying, writemap, nomeminit, lifo;
  struct space_tuning tuning;
  struct recent_paths *paths;
  space_refill refill;
  void *refill_context;
  space_cover cover;
  void *cover_context;
};

/* Begins a transaction in a struct that was all zeros or has seen space_end(). */
void space_begin(struct space *space, const struct space_start *start);

/* Call it when the commit begins to write the table of free pages: no more pages are searched, and the reserve may be
 * used. */
static inline void space_stop_refill(struct space *space) { space->refill = NULL; }

/* Frees the pages of the transaction; what a later one needs again is kept. */
void space_end(struct space *space);

/* Frees what space_end() has kept. In a child of a fork the transaction may be one of the parent. */
void space_destroy(struct space *space);

/* ---- settings that change in a transaction ---- */

/* From now on user data must leave this many pages for the commit. */
static inline void space_set_reserve(struct space *space, uint32_t pages) { space->reserve = pages; }

/* The lowest free page is taken first, not the latest. */
static inline void space_prefer_low(struct space *space) { space->lifo = false; }

/* Sets the geometry that the commit will store; `now` is not below the used size. */
void space_set_geometry(struct space *space, const struct geometry *geometry);

/* The same; with WRITEMAP the file gets longer at once. An errno value if it cannot. */
int space_resize(struct space *space, const struct geometry *geometry);

/* ---- pages ---- */

/* Allocates `pages` pages in a row and gives the first number. MDBX_MAP_FULL when the upper size is reached. */
int space_allocate(struct space *space, uint32_t pages, pgno_t *pgno);

/* Whether the known free pages contain a run of this length. */
bool space_has_free(const struct space *space, uint32_t pages);

/* A new tree page of that kind (enum page_flags), empty and dirty. */
int space_new_page(struct space *space, unsigned flags, struct page **page);

/* A new run for a large value; its data bytes follow the header of *page. */
int space_new_run(struct space *space, uint32_t bytes, struct page **page);

/* MDBX_CORRUPTED if this transaction has changed a page that was listed as free. */
int space_check_unused(const struct space *space, pgno_t pgno);

/* Makes a page writable: itself if it is of this transaction, else a copy with a new number. */
int space_touch(struct space *space, const struct page *page, struct page **writable);

/* Whether this transaction wrote the page, so that it may be written in place after space_touch(). */
static inline bool space_owns(const struct space *space, const struct page *page) {
  return page->txnid == space->view.txnid;
}

/* A writable pointer to a page that this transaction has made or made writable: the only way from the const page of a
 * path to a writable one. */
static inline struct page *space_writable(const struct space *space, const struct page *page) {
  ASSERT(space_owns(space, page));
  return (struct page *)(uintptr_t)page;
}

/* The page (with all pages of its run) leaves the tree. `page` is invalid afterwards if it was of this transaction. */
int space_retire(struct space *space, const struct page *page);

/* The same for pages of earlier transactions that have not been read: `birth` may be any id not above the real one. */
int space_retire_unread(struct space *space, pgno_t pgno, uint32_t pages, txnid_t birth);

/* Adds free pages to the set from which pages are allocated. */
int space_add_free(struct space *space, pgno_t pgno, uint32_t pages, bool recently);

/* Gives pages back that space_allocate() has given, when `limit` was the end of the allocated part. */
void space_give_back(struct space *space, pgno_t limit, pgno_t pgno, uint32_t pages);

/* Removes pages from that set. */
void space_remove_free(struct space *space, pgno_t pgno, uint32_t pages);

/* Memory for a page or run, and its return; NULL may be returned. */
struct page *space_take_buffer(struct space *space, uint32_t pages);
void space_free_buffer(struct space *space, uint32_t pages, struct page *page);

/* Moves the end of the allocated part down over free pages. */
void space_trim_tail(struct space *space);

/* Writes changed pages out until at most `keep` are left in memory. Pointers to pages become invalid, except that
 * the bytes stay readable until the next call. */
int space_spill(struct space *space, uint64_t keep);

#endif
