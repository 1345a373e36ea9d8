/* SPDX-License-Identifier: Apache-2.0 */
#include "space/space_verify.h"

#include "base/assert.h"
#include "format/check.h"

#include <stdlib.h>

#if MDBX_DEBUG
/* Asserts that a page is changed only once. Without memory this is not checked. */
static void check_dirty(const struct space *space) {
  struct pgset seen = {0};
  uint64_t pages = 0;
  for (uint32_t i = 0; i < space->dirty.used; ++i) {
    const struct dirty_page *entry = &space->dirty.entries[i];
    ASSERT(entry->pgno >= PGNO_FIRST && entry->pages > 0);
    ASSERT(entry->page->pgno == entry->pgno);
    ASSERT(space_owns(space, entry->page));
    pages += entry->pages;
    ASSERT(pgset_add(&seen, entry->pgno, entry->pages) != MDBX_CORRUPTED);
  }
  ASSERT(pages == space->dirty.pages);
  pgset_destroy(&seen);
}

/* If a damaged tree refers to a page twice, the page is retired twice; the checker reports this. */
static void check_retired(const struct space *space) {
  uint64_t pages = 0;
  for (size_t i = 0; i < space->retired.length; ++i)
    pages += space->retired.runs[i].pages;
  ASSERT(pages == space->retired.pages);
}

/* A damaged list of free pages may name pages that are in use: only the engine's own actions are asserted. */
static void check_free(const struct space *space) {
  uint64_t count = 0;
  for (pgno_t pgno = pgset_lowest(&space->avail, 0); pgno != PGNO_NONE; pgno = pgset_lowest(&space->avail, pgno + 1)) {
    count += 1;
    ASSERT(pgno >= PGNO_FIRST);
  }
  ASSERT(count == space->avail.count);
  for (pgno_t pgno = pgset_lowest(&space->recent, 0); pgno != PGNO_NONE; pgno = pgset_lowest(&space->recent, pgno + 1))
    ASSERT(pgset_has(&space->avail, pgno));
}

void space_verify(const struct space *space) {
  ASSERT(space->view.limit <= space->geometry.upper && space->geometry.now <= space->geometry.upper);
  ASSERT(space->view.present <= space->view.limit);
  check_retired(space);
  check_dirty(space);
  check_free(space);
}

void space_verify_page(const struct space *space, const struct page *page) {
  const struct page_expectation expected = {.page_size = space->view.page_size,
                                            .pgno = page->pgno,
                                            .newest = space->view.txnid,
                                            .limit = space->view.limit,
                                            .present = space->view.limit};
  ASSERT(space_owns(space, page));
  ASSERT(page->count == 0 || page_check_layout(page, &expected) == MDBX_SUCCESS);
}
#endif
