/* SPDX-License-Identifier: Apache-2.0 */
#include "space/writeout.h"

#include "os/os.h"

enum { BATCH = 256 };

static size_t bytes_of(const struct space *space, const struct dirty_page *entry) {
  return (size_t)entry->pages << space->view.shift;
}

/* Length of the row of adjacent pages at the start of the list. */
static size_t adjacent(const struct dirty_page *list, size_t count) {
  size_t n = 1;
  while (n < count && n < BATCH && list[n].pgno == list[n - 1].pgno + list[n - 1].pages)
    ++n;
  return n;
}

static int write_row(struct space *space, const struct dirty_page *list, size_t count) {
  struct iovec vector[BATCH];
  for (size_t i = 0; i < count; ++i)
    vector[i] = (struct iovec){list[i].page, bytes_of(space, &list[i])};
  return os_ops->pwritev(space->fd, vector, (int)count, (uint64_t)list[0].pgno << space->view.shift);
}

/* Makes sure the space exists on disk, so that a full disk is an error here and nowhere else. */
static int extend_file(struct space *space) {
  if (space->geometry.now <= space->backed)
    return MDBX_SUCCESS;
  const int rc = map_grow_file(space->map, space->fd, (uint64_t)space->geometry.now << space->view.shift);
  if (rc == MDBX_SUCCESS)
    space->backed = space->geometry.now;
  return rc;
}

int writeout_pages(struct space *space, const struct dirty_page *list, size_t count) {
  int rc = extend_file(space);
  for (size_t i = 0; i < count; ++i)
    list[i].page->checksum = page_checksum(list[i].page, space->view.page_size, space->view.seed);
  if (space->writemap)
    return rc;
  while (rc == MDBX_SUCCESS && count) {
    const size_t row = adjacent(list, count);
    rc = write_row(space, list, row);
    list += row;
    count -= row;
  }
  return rc;
}
