/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/snapshot.h: one state of the database as a transaction sees it, and the only way from a page number to a page.
 *
 * Every page is checked in full (bounds of everything on it, then its checksum) the first time this process meets that
 * version of it; `memo` remembers which version of each page passed, so that later visits cost one comparison. A page
 * that passed is used without further bounds checks.
 *
 * A reader holds a const snapshot and so cannot change anything. A writer's snapshot sits inside its struct space and
 * has an overlay of changed pages.
 */
#ifndef MDBX_SPACE_SNAPSHOT_H
#define MDBX_SPACE_SNAPSHOT_H

#include "base/log.h"
#include "format/page.h"
#include "space/dirty.h"

#include <stdatomic.h>

struct snapshot {
  const uint8_t *base; /* the mapping of the data file */
  unsigned shift;      /* log2 of the page size */
  pgno_t limit;        /* first unallocated page */
  pgno_t present;      /* first page that the file may not have; below `limit` if a writer took pages from the end */
  txnid_t txnid;
  txnid_t newest; /* the greatest birth of pages in the file; the writer's own id only after it has spilled pages */
  uint32_t memo_mask;
  uint32_t *memo;            /* shared by all threads of the environment, accessed with relaxed atomics */
  const struct dirty *dirty; /* NULL: no overlay */
  size_t page_size;
  uint64_t seed;
  bool always_check;            /* MDBX_VALIDATION; the memo is one that matches nothing, and is not written */
  const struct dirty *in_place; /* WRITEMAP writer: its own pages, which lie in the mapping, unfinished; else NULL */
  /* Of a reader: contains txnid as long as the pages are kept for it. A writer may remove it; after that an invalid
   * page is no damage. NULL: nobody can remove it. */
  const _Atomic uint64_t *pin;
};

/* Bit 0 means "passed", so that zeroed memory matches no page. */
static inline uint32_t snapshot_tag(txnid_t birth) { return (uint32_t)birth << 1 | 1; }

static inline bool snapshot_knows(const struct snapshot *snapshot, pgno_t pgno, txnid_t birth) {
  return __atomic_load_n(&snapshot->memo[pgno & snapshot->memo_mask], __ATOMIC_RELAXED) == snapshot_tag(birth);
}

/* From now on every page is checked in full at every visit. */
void snapshot_check_always(struct snapshot *snapshot);

/* Records that this version of the page is sound. */
static inline void snapshot_vouch(const struct snapshot *snapshot, pgno_t pgno, txnid_t birth) {
  if (!snapshot->always_check)
    __atomic_store_n(&snapshot->memo[pgno & snapshot->memo_mask], snapshot_tag(birth), __ATOMIC_RELAXED);
}

static inline const struct page *snapshot_mapped(const struct snapshot *snapshot, pgno_t pgno) {
  return (const struct page *)(const void *)(snapshot->base + ((size_t)pgno << snapshot->shift));
}

/* Whether a writer has taken the snapshot away. Check it after reading bytes: a writer removes the pin before it
 * changes them, so if the pin is there, the bytes were not changed. If it is gone, invalid bytes are no damage. */
bool snapshot_is_lost(const struct snapshot *snapshot);
/* The code for invalid bytes, with a report if they are damage. */
#define snapshot_damage(snapshot, ...) \
  (snapshot_is_lost(snapshot) ? MDBX_BAD_TXN : log_damage(MDBX_CORRUPTED, __VA_ARGS__))
enum { SNAPSHOT_PREFETCHED = 5 * 64 };

/* Prefetches what a visit of a page reads first: its header, the keyheads and slots after it, and its memo entry. */
static inline void snapshot_prefetch(const struct snapshot *snapshot, pgno_t pgno) {
  enum { LINE = 64 };
  if (pgno >= snapshot->present)
    return;
  const uint8_t *bytes = (const uint8_t *)snapshot_mapped(snapshot, pgno);
  PREFETCH(&snapshot->memo[pgno & snapshot->memo_mask]);
  for (size_t at = 0; at < MIN_OF(snapshot->page_size, (size_t)SNAPSHOT_PREFETCHED); at += LINE)
    PREFETCH(bytes + at);
}

/* The same with the bytes after them, for a writer, which probably copies the page, unless it has done so before. */
static inline void snapshot_prefetch_to_change(const struct snapshot *snapshot, pgno_t pgno) {
  enum { LINE = 64, BYTES_MAX = 4096 };
  const struct dirty *changed = snapshot->dirty ? snapshot->dirty : snapshot->in_place;
  if (!changed || pgno >= snapshot->present || dirty_find(changed, pgno))
    return;
  const uint8_t *bytes = (const uint8_t *)snapshot_mapped(snapshot, pgno);
  for (size_t at = 0; at < MIN_OF(snapshot->page_size, (size_t)BYTES_MAX); at += LINE)
    PREFETCH(bytes + at);
}

/* The slow half of snapshot_page(): checks the page and remembers it. MDBX_BAD_TXN when the snapshot was taken away. */
int snapshot_check_page(const struct snapshot *snapshot, pgno_t pgno, const struct page **page);

/* The page with that number. MDBX_SUCCESS, or MDBX_CORRUPTED with a report that names the page. */
static inline int snapshot_page(const struct snapshot *snapshot, pgno_t pgno, const struct page **page) {
  if (snapshot->dirty) {
    const struct page *changed = dirty_find(snapshot->dirty, pgno);
    if (changed) {
      *page = changed;
      return MDBX_SUCCESS;
    }
  }
  if (unlikely(pgno < PGNO_FIRST || pgno >= snapshot->present))
    return snapshot_check_page(snapshot, pgno, page);
  const struct page *mapped = snapshot_mapped(snapshot, pgno);
  if (unlikely(!snapshot_knows(snapshot, pgno, mapped->txnid) || mapped->txnid > snapshot->newest))
    return snapshot_check_page(snapshot, pgno, page);
  *page = mapped;
  return MDBX_SUCCESS;
}

/* The page if it was checked before and no buffer has it, else NULL: for a look that must not find damage. */
static inline const struct page *snapshot_known_page(const struct snapshot *snapshot, pgno_t pgno) {
  if (pgno < PGNO_FIRST || pgno >= snapshot->present || (snapshot->dirty && dirty_find(snapshot->dirty, pgno)))
    return NULL;
  const struct page *page = snapshot_mapped(snapshot, pgno);
  return snapshot_knows(snapshot, pgno, page->txnid) && page->txnid <= snapshot->newest ? page : NULL;
}

/* The code for a valid page that is not the one that the reference means, with a report. */
int snapshot_not_meant(const struct snapshot *snapshot, struct page_ref ref, unsigned flags, const struct page *page);
/* Adds to the flags required of an array leaf the required size of its values. */
static inline unsigned snapshot_with_item(unsigned flags, unsigned item) { return flags | item << 16; }

/* Whether a valid page is the one that the reference means: checks its flags, its version, and with
 * snapshot_with_item() the size of its values. */
static inline int snapshot_check_meant(const struct snapshot *snapshot, struct page_ref ref, unsigned flags,
                                       const struct page *page) {
  if (unlikely(page->flags != (uint16_t)flags || birth_bits(page->txnid) != ref.birth ||
               (flags > UINT16_MAX && page->item != flags >> 16)))
    return snapshot_not_meant(snapshot, ref, flags, page);
  return MDBX_SUCCESS;
}

/* The page that the reference means, in the right version; it must have the given flags. */
int snapshot_tree_page(const struct snapshot *snapshot, struct page_ref ref, unsigned flags, const struct page **page);

/* First page of the run of a large value that a record refers to. */
int snapshot_run(const struct snapshot *snapshot, const struct large_ref *ref, const struct page **page);

#endif
