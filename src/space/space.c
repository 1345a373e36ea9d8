/* SPDX-License-Identifier: Apache-2.0 */
#include "space/space.h"

#include "base/array.h"
#include "base/assert.h"
#include "space/space_verify.h"
#include "space/undo.h"
#include "space/writeout.h"

#include <stdlib.h>

/* --------------------------------------------------------------------------------------------------------- begin */

void space_begin(struct space *space, const struct space_start *start) {
  ASSERT(!space->dirty.used && !space->retired.length && !space->avail.count);
  ASSERT(!space->undo && !space->refill);
  space->view = start->view;
  space->view.txnid += 1;
  space->view.in_place = start->writemap ? &space->dirty : NULL;
  space->view.dirty = start->writemap ? NULL : &space->dirty;
  space->geometry = start->geometry;
  space->backed = start->geometry.now;
  space->first_taken = start->view.limit;
  space->touched = 0;
  space->end = start->end;
  space->map = start->map;
  space->stores = start->stores;
  space->pool = start->pool;
  space->fd = start->fd;
  space->copying = start->copying;
  space->writemap = start->writemap;
  space->nomeminit = start->nomeminit;
  space->lifo = start->lifo;
  space->tuning = start->tuning;
  space->paths = start->paths;
  space->refill = start->refill;
  space->refill_context = start->refill_context;
  space->cover = start->cover;
  space->cover_context = start->cover_context;
  space->spilled = space->ahead = false;
  space->failed = MDBX_SUCCESS;
  space->early_pages = 0;
  space->turn += 1;
  memset(&space->counters, 0, sizeof(space->counters));
}

void space_set_geometry(struct space *space, const struct geometry *geometry) {
  ASSERT(geometry->now >= space->view.limit && geometry->now <= geometry->upper);
  space->geometry = *geometry;
}

int space_resize(struct space *space, const struct geometry *geometry) {
  if (space->writemap && geometry->now > space->backed) {
    const int rc = writeout_grow_file(space, geometry->now);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  space_set_geometry(space, geometry);
  return MDBX_SUCCESS;
}

/* --------------------------------------------------------------------------------------------------- allocation */

static pgno_t find_free(const struct space *space, uint32_t pages) {
  if (pages > 1)
    return pgset_find_run(&space->avail, pages);
  if (space->lifo && space->recent.count)
    return pgset_lowest(&space->recent, 0);
  return pgset_lowest(&space->avail, 0);
}

static void forget_recent(struct space *space, pgno_t pgno, uint32_t pages) {
  if (!space->recent.count)
    return;
  for (uint32_t i = 0; i < pages; ++i)
    pgset_remove(&space->recent, pgno + i, 1);
}

void space_remove_free(struct space *space, pgno_t pgno, uint32_t pages) {
  const bool were_free = pgset_remove(&space->avail, pgno, pages);
  ASSERT(were_free);
  (void)were_free;
  forget_recent(space, pgno, pages);
}

/* The number of pages between the allocated part and the upper size, or the end of the file if it must not grow. */
static pgno_t room_at_end(const struct space *space) {
  const pgno_t end = MIN_OF(space->geometry.grow ? space->geometry.upper : space->geometry.now, space->end);
  return end > space->view.limit ? end - space->view.limit : 0;
}

/* While user data is written (refill is set), the reserve of the commit is not used. */
static bool end_has(const struct space *space, uint32_t pages, bool with_reserve) {
  const uint64_t left = space->avail.count + room_at_end(space);
  return room_at_end(space) >= pages && (with_reserve || left >= (uint64_t)pages + space->reserve);
}

static int extend_file(struct space *space, pgno_t end) {
  if (end <= space->geometry.now)
    return MDBX_SUCCESS;
  const pgno_t wanted = geometry_grow_target(&space->geometry, end);
  if (wanted < end)
    return MDBX_MAP_FULL;
  const pgno_t before = space->geometry.now;
  space->geometry.now = MIN_OF(wanted, MAX_OF(end, space->end));
  const int rc = space->writemap ? writeout_extend_file(space, end) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    space->geometry.now = before;
  return rc;
}

/* With WRITEMAP the first store to each page causes a page fault. If a transaction takes many pages, one call prepares
 * the next ones, at most as many as it has taken already, so that a small transaction prepares none in vain. */
static void touch_ahead(struct space *space) {
  enum { LEAST = 16, MOST = 256 };
  const pgno_t taken = space->view.limit - space->first_taken, limit = space->view.limit;
  if (taken < LEAST || limit < space->touched || limit >= space->backed)
    return;
  const pgno_t ahead = MIN_OF(MIN_OF(taken, (pgno_t)MOST), space->backed - limit);
  const size_t bytes = (size_t)ahead << space->view.shift;
  char *from = map_base(space->map) + ((size_t)limit << space->view.shift);
  space->touched = limit + ahead;
  if ((uintptr_t)from % os_page_size() == 0)
    (void)os_map_populate_for_stores(from, bytes); /* otherwise each store causes its own fault */
}

static int take_from_end(struct space *space, uint32_t pages, pgno_t *pgno) {
  const int rc = extend_file(space, space->view.limit + pages);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(space->geometry.now >= space->view.limit + pages && space->geometry.now <= space->geometry.upper);
  *pgno = space->view.limit;
  space->view.limit += pages;
  if (space->writemap) {
    space->view.present = space->view.limit; /* the file was extended */
    touch_ahead(space);
  }
  return MDBX_SUCCESS;
}

/* Number of the first page of a free run that may be taken, or PGNO_NONE. */
static pgno_t find_allowed(const struct space *space, uint32_t pages) {
  const bool for_user = space->refill != NULL;
  if (for_user && space->avail.count + room_at_end(space) < (uint64_t)pages + space->reserve)
    return PGNO_NONE;
  return find_free(space, pages);
}

bool space_has_free(const struct space *space, uint32_t pages) { return find_allowed(space, pages) != PGNO_NONE; }

int space_allocate(struct space *space, uint32_t pages, pgno_t *pgno) {
  const bool for_user = space->refill != NULL;
  enum space_need need = SPACE_CHEAP;
  ASSERT(pages > 0);
  for (;;) {
    *pgno = find_allowed(space, pages);
    if (*pgno != PGNO_NONE) {
      space_remove_free(space, *pgno, pages);
      return MDBX_SUCCESS;
    }
    const int rc = for_user ? space->refill(space, pages, need) : MDBX_NOTFOUND;
    if (rc == MDBX_SUCCESS)
      continue;
    if (rc != MDBX_NOTFOUND)
      return rc;
    const bool at_end = end_has(space, pages, !for_user);
    const bool growing = for_user && space->view.limit + pages > space->geometry.now;
    if (at_end && (!growing || need != SPACE_CHEAP))
      return take_from_end(space, pages, pgno);
    if (!for_user || need == SPACE_FULL)
      return MDBX_MAP_FULL;
    need = at_end ? SPACE_GROW : SPACE_FULL;
  }
}

/* ------------------------------------------------------------------------------------------------- page memory */

struct page *space_take_buffer(struct space *space, uint32_t pages) {
  return pages == 1 ? pool_take(space->pool) : malloc((size_t)pages << space->view.shift);
}

void space_free_buffer(struct space *space, uint32_t pages, struct page *page) {
  if (space->writemap || !page)
    return;
  if (pages == 1)
    pool_give(space->pool, page);
  else
    free(page);
}

static int buffer_for(struct space *space, pgno_t pgno, uint32_t pages, struct page **page) {
  ASSERT(!dirty_find(&space->dirty, pgno));
  if (space->writemap)
    *page = (struct page *)(uintptr_t)snapshot_mapped(&space->view, pgno);
  else
    *page = space_take_buffer(space, pages);
  if (!*page)
    return MDBX_ENOMEM;
  const int rc = dirty_add(&space->dirty, pgno, pages, *page);
  if (rc != MDBX_SUCCESS)
    space_free_buffer(space, pages, *page);
  return rc;
}

/* A damaged list of free pages may contain a page of this transaction. */
int space_check_unused(const struct space *space, pgno_t pgno) {
  return unlikely(dirty_find(&space->dirty, pgno) != NULL)
             ? log_damage(MDBX_CORRUPTED, "page %u: in use, and listed as free", pgno)
             : MDBX_SUCCESS;
}

void space_give_back(struct space *space, pgno_t limit, pgno_t pgno, uint32_t pages) {
  ASSERT(limit <= space->view.limit);
  if (space->view.limit == limit) {
    const int rc = space_add_free(space, pgno, pages, false);
    ASSERT(rc == MDBX_SUCCESS);
    (void)rc;
    return;
  }
  ASSERT(pgno == limit && limit + pages == space->view.limit);
  space->view.limit = limit;
  space->view.present = MIN_OF(space->view.present, limit);
}

static int allocate_with_buffer(struct space *space, uint32_t pages, pgno_t *pgno, struct page **page) {
  const pgno_t limit = space->view.limit;
  space->turn += 1;
  int rc = space_allocate(space, pages, pgno);
  if (rc == MDBX_SUCCESS)
    rc = space_check_unused(space, *pgno);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = buffer_for(space, *pgno, pages, page);
  if (rc == MDBX_SUCCESS && space->undo)
    rc = undo_note_created(space, *pgno, pages);
  if (rc == MDBX_SUCCESS)
    return rc;
  if (dirty_find(&space->dirty, *pgno))
    space_free_buffer(space, pages, dirty_remove(&space->dirty, *pgno));
  space_give_back(space, limit, *pgno, pages);
  return rc;
}

int space_new_page(struct space *space, unsigned flags, struct page **page) {
  pgno_t pgno;
  const int rc = allocate_with_buffer(space, 1, &pgno, page);
  if (rc != MDBX_SUCCESS)
    return rc;
  page_init(*page, space->view.page_size, pgno, space->view.txnid, flags);
  space->counters.newly += 1;
  return MDBX_SUCCESS;
}

int space_new_run(struct space *space, uint32_t bytes, struct page **page) {
  const uint32_t pages = run_pages_for(bytes, space->view.page_size);
  pgno_t pgno;
  const int rc = allocate_with_buffer(space, pages, &pgno, page);
  if (rc != MDBX_SUCCESS)
    return rc;
  page_init_run(*page, pgno, space->view.txnid, pages, bytes);
  /* The buffer is memory of this process and may contain anything; bytes in the mapping are in the file already. */
  if (!space->nomeminit && !space->writemap)
    memset(page_body(*page) + bytes, 0, ((size_t)pages << space->view.shift) - PAGE_HEADER - bytes);
  space->counters.newly += pages;
  return MDBX_SUCCESS;
}

/* A page of this transaction that was written out already gets a buffer again, under the same number. */
static int unspill(struct space *space, const struct page *page, struct page **writable) {
  space->turn += 1;
  const uint32_t pages = page->flags & P_LARGE ? page->run_pages : 1;
  const int rc = buffer_for(space, page->pgno, pages, writable);
  if (rc != MDBX_SUCCESS)
    return rc;
  memcpy(*writable, page, (size_t)pages << space->view.shift);
  space->counters.unspilled += pages;
  return MDBX_SUCCESS;
}

/* Copies the used bytes. What is between them does not matter: see writeout.c. */
static void copy_used(struct page *to, const struct page *from, size_t page_size) {
  memcpy(to, from, PAGE_HEADER + (size_t)from->lower);
  memcpy(page_body(to) + from->upper, page_body(from) + from->upper, body_size(page_size) - from->upper);
}

static int copy_on_write(struct space *space, const struct page *page, struct page **writable) {
  pgno_t pgno;
  int rc = allocate_with_buffer(space, 1, &pgno, writable);
  if (rc != MDBX_SUCCESS)
    return rc;
  copy_used(*writable, page, space->view.page_size);
  (*writable)->pgno = pgno;
  (*writable)->txnid = space->view.txnid;
  space->counters.cow += 1;
  return space_retire_unread(space, page->pgno, 1, page->txnid);
}

int space_touch(struct space *space, const struct page *page, struct page **writable) {
  ASSERT(page->flags != P_META);
  if (!space_owns(space, page))
    return copy_on_write(space, page, writable);
  const int rc =
      space->undo ? undo_note_change(space, page, page->flags & P_LARGE ? page->run_pages : 1) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return rc;
  if (space->writemap || dirty_find(&space->dirty, page->pgno) == page) {
    *writable = space_writable(space, page);
    return MDBX_SUCCESS;
  }
  return unspill(space, page, writable);
}

/* ----------------------------------------------------------------------------------------------------- retiring */

int space_retire_unread(struct space *space, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct retired_list *list = &space->retired;
  ASSERT(pages > 0);
  space->turn += 1;
  if (!array_room(list->runs, list->length, list->capacity))
    return MDBX_ENOMEM;
  list->runs[list->length++] = (struct retired_run){pgno, pages, birth};
  list->pages += pages;
  return MDBX_SUCCESS;
}

/* It fails as a whole: what the enclosing levels need of the page is in the undo log, or the page is where it was. */
int space_retire(struct space *space, const struct page *page) {
  const uint32_t pages = page->flags & P_LARGE ? page->run_pages : 1;
  const pgno_t pgno = page->pgno;
  if (!space_owns(space, page))
    return space_retire_unread(space, pgno, pages, page->txnid);
  space->turn += 1;
  int rc = space_add_free(space, pgno, pages, true);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct page *buffer = dirty_remove(&space->dirty, pgno);
  /* With WRITEMAP both are the page in the file. If the upper size was raised in this transaction, one of them may be
   * its address in the mapping before. */
  ASSERT(!space->writemap || !buffer || (buffer->pgno == pgno && space_owns(space, buffer)));
  rc = space->undo ? undo_note_gone(space, page, pages, &buffer) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS) {
    space_remove_free(space, pgno, pages);
    if (buffer)
      dirty_add_reserved(&space->dirty, pgno, pages, buffer);
    return rc;
  }
  space_free_buffer(space, pages, buffer);
  return MDBX_SUCCESS;
}

int space_add_free(struct space *space, pgno_t pgno, uint32_t pages, bool recently) {
  int rc = pgset_add(&space->avail, pgno, pages);
  if (rc == MDBX_CORRUPTED)
    return log_damage(rc, "page %u or one of the %u from it on is free twice", pgno, pages);
  if (rc == MDBX_SUCCESS && recently && space->lifo)
    (void)pgset_add(&space->recent, pgno, pages); /* without memory they are merely not preferred */
  return rc;
}

void space_trim_tail(struct space *space) {
  while (space->view.limit > PGNO_FIRST && pgset_has(&space->avail, space->view.limit - 1)) {
    space_remove_free(space, space->view.limit - 1, 1);
    space->view.limit -= 1;
  }
  space->view.present = MIN_OF(space->view.present, space->view.limit);
}

/* ----------------------------------------------------------------------------------------------------- spilling */

static void free_limbo(struct space *space) {
  ASSERT(!space->limbo_length || space->limbo);
  for (size_t i = 0; i < space->limbo_length; ++i)
    space_free_buffer(space, space->limbo[i].pages, space->limbo[i].page);
  free(space->limbo);
  space->limbo = NULL;
  space->limbo_length = 0;
}

/* After a page has been spilled, it is read in the mapping; its buffer stays until the next spill. */
static void move_to_limbo(struct space *space, const struct dirty_page *list, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    ASSERT(dirty_find(&space->dirty, list[i].pgno) == list[i].page);
    dirty_remove(&space->dirty, list[i].pgno);
    snapshot_vouch(&space->view, list[i].pgno, space->view.txnid);
    space->limbo[space->limbo_length++] = list[i];
  }
}

int space_spill(struct space *space, uint64_t keep) {
  space->turn += 1;
  VERIFY(space_verify(space));
  free_limbo(space);
  if (space->writemap || space->dirty.pages <= keep)
    return MDBX_SUCCESS;
  struct dirty_page *list = dirty_sorted(&space->dirty);
  if (!list)
    return MDBX_ENOMEM;
  size_t count = 0;
  uint64_t left = space->dirty.pages;
  for (; left > keep; ++count)
    left -= list[count].pages;
  space->limbo = malloc(count * sizeof(*space->limbo));
  int rc = space->limbo ? writeout_pages(space, list, count) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS) {
    space->spilled = true;
    space->view.present = space->view.limit;
    space->view.newest = space->view.txnid;
    space->counters.spilled += count;
    space->early_pages += space->dirty.pages - left;
    move_to_limbo(space, list, count);
  }
  return rc;
}

/* ---------------------------------------------------------------------------------------------------------- end */

void space_end(struct space *space) {
  space->turn += 1;
  space->refill = NULL;
  space->reserve = 0;
  undo_release(space);
  free_limbo(space);
  for (uint32_t i = 0; i < space->dirty.used; ++i)
    space_free_buffer(space, space->dirty.entries[i].pages, space->dirty.entries[i].page);
  dirty_clear(&space->dirty);
  pgset_clear(&space->avail);
  pgset_clear(&space->recent);
  space->retired.length = 0;
  space->retired.pages = 0;
}

void space_destroy(struct space *space) {
  dirty_destroy(&space->dirty);
  pgset_destroy(&space->avail);
  pgset_destroy(&space->recent);
  free(space->retired.runs);
  space->retired = (struct retired_list){0};
}
