/* SPDX-License-Identifier: Apache-2.0 */
#include "file/stores.h"

#include "base/assert.h"
#include "base/log.h"

/* Epochs are numbered from 1 to EPOCH_MAX. A page of the present or the previous epoch was written recently. */
enum { EPOCH_MAX = 255 };

/* The length of an epoch in pages: so many pages written last are most likely still in memory. */
static uint64_t pages_in_memory(unsigned shift) {
  const uint64_t pages = (os_memory_of_process() >> shift) / 16;
  return MAX_OF(pages, 1024);
}

static void unmap(struct stores *stores) {
  if (stores->base && stores->generation == os_fork_generation())
    os_unmap(stores->base, stores->length);
  if (stores->written)
    os_unmap(stores->written, stores->length >> stores->shift);
  stores->base = NULL;
  stores->written = NULL;
  stores->end = 0;
}

void stores_close(struct stores *stores) {
  unmap(stores);
  memset(stores, 0, sizeof(*stores));
}

static int map(struct stores *stores, int fd, unsigned shift, size_t length) {
  void *base = NULL, *written = NULL;
  if (!os_file_keeps_blocks(fd) || os_addresses_are_limited())
    return MDBX_ENOSYS;
  int rc = os_map_anonymous(length >> shift, &written);
  if (rc == MDBX_SUCCESS)
    rc = os_map_stores(fd, length, &base);
  if (rc != MDBX_SUCCESS) {
    if (written)
      os_unmap(written, length >> shift);
    return rc;
  }
  stores->base = base;
  stores->written = written;
  stores->length = length;
  stores->shift = shift;
  stores->generation = os_fork_generation();
  stores->epoch = 1;
  stores->in_epoch = 0;
  stores->epoch_pages = pages_in_memory(shift);
  stores->end = 0;
  return MDBX_SUCCESS;
}

/* Forgets that page and those behind it. */
static void forget_from(struct stores *stores, pgno_t pgno) {
  if (pgno >= stores->end)
    return;
  memset(stores->written + pgno, 0, stores->end - pgno);
  stores->end = pgno;
}

/* Forgets all pages, usually without touching each entry: skips so many epochs that no page is of the present or the
 * previous one. */
static void forget_all(struct stores *stores) {
  if (stores->epoch > EPOCH_MAX - 2) {
    forget_from(stores, 0);
    stores->epoch = 1;
  } else {
    stores->epoch += 2;
  }
  stores->in_epoch = 0;
}

bool stores_begin(struct stores *stores, int fd, unsigned shift, size_t length, txnid_t base, pgno_t pages) {
  if (stores->base && (stores->generation != os_fork_generation() || stores->length < length))
    unmap(stores);
  if (!stores->base && !stores->refused) {
    const int rc = map(stores, fd, shift, length);
    stores->refused = rc != MDBX_SUCCESS;
    if (stores->refused)
      log_verbose("weak commits write pages by calls, reason %d", rc);
  }
  if (stores->refused)
    return false;
  if (base != stores->newest)
    forget_all(stores);
  forget_from(stores, pages);
  return true;
}

static bool is_recent(const struct stores *stores, uint8_t epoch) {
  return epoch != 0 && (epoch == stores->epoch || epoch + 1 == stores->epoch);
}

bool stores_may_copy(const struct stores *stores, pgno_t pgno, uint32_t pages) {
  if (pgno >= stores->end || pages > stores->end - pgno)
    return false;
  for (uint32_t i = 0; i < pages; ++i)
    if (!is_recent(stores, stores->written[pgno + i]))
      return false;
  return true;
}

/* Before epoch numbers repeat, all pages are forgotten, so that an old page does not look recent. */
static void next_epoch(struct stores *stores) {
  if (stores->epoch == EPOCH_MAX) {
    forget_from(stores, 0);
    stores->epoch = 0;
  }
  stores->epoch += 1;
  stores->in_epoch = 0;
}

void stores_note(struct stores *stores, pgno_t pgno, uint32_t pages) {
  if (!stores->base || (size_t)pgno + pages > stores->length >> stores->shift)
    return;
  memset(stores->written + pgno, stores->epoch, pages);
  stores->end = MAX_OF(stores->end, pgno + pages);
  stores->in_epoch += pages;
  if (stores->in_epoch >= stores->epoch_pages)
    next_epoch(stores);
}

int stores_copy(const struct stores *stores, int fd, uint64_t offset, const void *bytes, size_t length) {
  ASSERT(stores->base && stores->generation == os_fork_generation());
  ASSERT(offset < stores->length && length <= stores->length - offset);
  return os_ops->store(fd, stores->base + offset, bytes, length, offset);
}
