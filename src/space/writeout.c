/* SPDX-License-Identifier: Apache-2.0 */
#include "space/writeout.h"

#include "base/assert.h"
#include "os/os.h"

/*
 * Linux keeps what one call writes in one piece of the page cache if it can, and locks the piece while it is written back: a
 * commit that writes one page of a piece waits for the whole of it. So pieces are small.
 */
enum { ROW_PAGES_MAX = 256, ROW_BYTES_MAX = 64 * 1024 };

static size_t bytes_of(const struct space *space, const struct dirty_page *entry) {
  return (size_t)entry->pages << space->view.shift;
}

/* A longer run is written by a call, which is cheaper than a page fault for each page. */
enum { COPIED_PAGES_MAX = 16 };

static bool may_copy(const struct space *space, const struct dirty_page *entry) {
  return space->copying && entry->pages <= COPIED_PAGES_MAX &&
         stores_may_copy(space->stores, entry->pgno, entry->pages);
}

/* The number of adjacent pages at the beginning of the list of which none may be copied. */
static size_t adjacent(const struct space *space, const struct dirty_page *list, size_t count) {
  size_t n = 1, bytes = bytes_of(space, &list[0]);
  for (; n < count && n < ROW_PAGES_MAX && list[n].pgno == list[n - 1].pgno + list[n - 1].pages; ++n) {
    bytes += bytes_of(space, &list[n]);
    if (bytes > ROW_BYTES_MAX || may_copy(space, &list[n]))
      break;
  }
  return n;
}

/* A buffer is memory of this process and may contain anything. What lies between the used bytes of a page gets zeros
 * before it goes into the file; copy_page() leaves there what the file has. */
static void clear_gap(const struct space *space, struct page *page) {
  if (!space->nomeminit && !(page->flags & P_LARGE))
    memset(page_body(page) + page->lower, 0, page_room(page));
}

static int write_row(struct space *space, const struct dirty_page *list, size_t count) {
  ASSERT(count > 0 && count <= ROW_PAGES_MAX);
  struct iovec vector[ROW_PAGES_MAX];
  for (size_t i = 0; i < count; ++i) {
    clear_gap(space, list[i].page);
    vector[i] = (struct iovec){list[i].page, bytes_of(space, &list[i])};
  }
  const int rc = os_ops->pwritev(space->fd, vector, (int)count, (uint64_t)list[0].pgno << space->view.shift);
  const struct dirty_page *last = &list[count - 1];
  if (rc == MDBX_SUCCESS)
    stores_note(space->stores, list[0].pgno, last->pgno + last->pages - list[0].pgno);
  return rc;
}

static int copy_bytes(const struct space *space, const struct dirty_page *entry, size_t from, size_t to) {
  const uint64_t offset = ((uint64_t)entry->pgno << space->view.shift) + from;
  const uint8_t *bytes = (const uint8_t *)entry->page + from;
  return to > from ? stores_copy(space->stores, space->fd, offset, bytes, to - from) : MDBX_SUCCESS;
}

/* Copies the used bytes. */
static int copy_page(struct space *space, const struct dirty_page *entry) {
  const struct page *page = entry->page;
  const size_t end = bytes_of(space, entry);
  stores_note(space->stores, entry->pgno, entry->pages);
  if (page->flags & P_LARGE)
    return copy_bytes(space, entry, 0, end);
  const int rc = copy_bytes(space, entry, 0, PAGE_HEADER + (size_t)page->lower);
  return rc == MDBX_SUCCESS ? copy_bytes(space, entry, PAGE_HEADER + (size_t)page->upper, end) : rc;
}

int writeout_grow_file(struct space *space, pgno_t pages) {
  int rc = map_grow_file(space->map, space->fd, (uint64_t)pages << space->view.shift);
  if (rc == MDBX_SUCCESS && space->cover)
    rc = space->cover(space, pages);
  if (rc == MDBX_SUCCESS)
    space->backed = pages;
  return rc;
}

int writeout_extend_file(struct space *space, pgno_t least) {
  const pgno_t unit = (pgno_t)MAX_OF(os_page_size() >> space->view.shift, (size_t)1);
  pgno_t target = space->geometry.now;
  least = MAX_OF(least, MAX_OF(space->backed, space->geometry.lower));
  least = (pgno_t)MIN_OF(ceil_to(least, unit), (size_t)target);
  int rc = MDBX_SUCCESS;
  while (target > space->backed) {
    rc = writeout_grow_file(space, target);
    if (rc == MDBX_SUCCESS) {
      space->geometry.now = target;
      return rc;
    }
    if (!os_error_is_no_room(rc) || target == least)
      break;
    target = least + (pgno_t)((target - least) / 2 / unit * unit);
  }
  if (rc == MDBX_SUCCESS)
    space->geometry.now = target;
  else
    log_error("no room for the file to grow to %llu bytes, error %d", (unsigned long long)target << space->view.shift,
              rc);
  return rc;
}

int writeout_pages(struct space *space, const struct dirty_page *list, size_t count) {
  ASSERT(count == 0 || list);
  int rc = writeout_extend_file(space, space->view.limit);
  for (size_t i = 0; i < count; ++i) {
    ASSERT(list[i].page->pgno == list[i].pgno && space_owns(space, list[i].page));
    ASSERT(i == 0 || list[i].pgno > list[i - 1].pgno);
    list[i].page->checksum = page_checksum(list[i].page, space->view.page_size, space->view.seed);
  }
  if (space->writemap)
    return rc;
  while (rc == MDBX_SUCCESS && count) {
    const bool copied = may_copy(space, list);
    const size_t row = copied ? 1 : adjacent(space, list, count);
    rc = copied ? copy_page(space, list) : write_row(space, list, row);
    list += row;
    count -= row;
  }
  return rc;
}
