/* SPDX-License-Identifier: Apache-2.0 */
#include "space/ahead.h"

#include "base/assert.h"
#include "os/os.h"
#include "space/undo.h"
#include "space/writeout.h"

/* The unused bytes of the last page of a run, after the value. */
static uint8_t zeros[PAGE_SIZE_MAX];

static int write_run(const struct space *space, const MDBX_val *value, struct page *header) {
  const size_t whole = (size_t)header->run_pages << space->view.shift;
  struct iovec vector[] = {
      {header, PAGE_HEADER}, {value->iov_base, value->iov_len}, {zeros, whole - PAGE_HEADER - value->iov_len}};
  ASSERT(vector[2].iov_len < space->view.page_size);
  header->checksum = page_checksum_run(header, value->iov_base, space->view.seed);
  const int rc = os_ops->pwritev(space->fd, vector, 3, (uint64_t)header->pgno << space->view.shift);
  if (rc == MDBX_SUCCESS)
    stores_note(space->stores, header->pgno, header->run_pages);
  return rc;
}

/* From now on the run is in the file, and belongs to this transaction. */
static void see_run(struct space *space, const struct page *header) {
  space->spilled = true;
  space->view.present = space->view.limit;
  space->view.newest = space->view.txnid;
  space->early_pages += header->run_pages;
  space->counters.newly += header->run_pages;
  space->counters.ahead += 1;
  snapshot_vouch(&space->view, header->pgno, space->view.txnid);
}

int ahead_write_run(struct space *space, const MDBX_val *value, struct page *header) {
  ASSERT(space->ahead && !space->writemap && value->iov_len <= UINT32_MAX);
  const uint32_t pages = run_pages_for(value->iov_len, space->view.page_size);
  pgno_t pgno;
  const pgno_t limit = space->view.limit;
  space->turn += 1;
  int rc = space_allocate(space, pages, &pgno);
  if (rc != MDBX_SUCCESS)
    return rc;
  page_init_run(header, pgno, space->view.txnid, pages, (uint32_t)value->iov_len);
  rc = space_check_unused(space, pgno);
  if (rc == MDBX_SUCCESS)
    rc = writeout_extend_file(space, space->view.limit);
  if (rc == MDBX_SUCCESS)
    rc = write_run(space, value, header);
  if (rc == MDBX_SUCCESS && space->undo)
    rc = undo_note_created(space, pgno, pages);
  if (rc == MDBX_SUCCESS)
    see_run(space, header);
  else if (rc != MDBX_CORRUPTED)
    space_give_back(space, limit, pgno, pages);
  return rc;
}
