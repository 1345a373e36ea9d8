/* SPDX-License-Identifier: Apache-2.0 */
/* The lock on the data file, which shows whether the data file is in use with another lock file. */
#include "file/lck_parts.h"

#include "base/log.h"

/* The byte that stands for a lock file. */
static uint64_t data_byte(const struct os_file_id *lock) {
  uint64_t mixed = lock->inode * UINT64_C(0x9e3779b97f4a7c15) ^ lock->device;
  mixed = (mixed ^ mixed >> 32) * UINT64_C(0xd6e8feb86659fd93);
  return LCK_DATA_BASE + (mixed ^ mixed >> 32) % LCK_DATA_PLACES;
}

static int data_range_used(int data_fd, uint64_t from, uint64_t to, bool *used) {
  uint64_t start, length;
  bool busy = false;
  const int rc = from < to ? os_range_test(data_fd, from, to - from, true, &busy, &start, &length) : MDBX_SUCCESS;
  *used |= busy;
  return rc;
}

/* Opens the data file once more for the lock: the caller's open file is mapped, so in a child the mapping would keep
 * it, and its locks. */
void lck_data_open(struct lck *lck, int data_fd) {
  lck->data_fd = data_fd;
  lck->data_fd_is_own = os_range_belongs_to_file() && os_open_again(data_fd, &lck->data_fd) == MDBX_SUCCESS;
  if (!lck->data_fd_is_own)
    lck->data_fd = data_fd | OS_LOCK_BY_PROCESS;
}

void lck_data_close(struct lck *lck) {
  if (lck->data_fd_is_own)
    os_close(lck->data_fd & ~OS_LOCK_BY_PROCESS);
  lck->data_fd_is_own = false;
  lck->data_fd = -1;
}

/* Two first openers may look for a lock file under two names at the same time, and each makes one. The one that fails
 * must not leave its file: the next openers would find both. An empty file is in use by nobody, since the opening lock
 * is held here, and those who wait for that lock open the file again. */
static bool removes_empty_file(const struct lck *lck, const char *path) {
  uint64_t length;
  return os_file_size(lck->file->fd, &length) == MDBX_SUCCESS && length == 0 && os_unlink(path) == MDBX_SUCCESS;
}

/* Locks its own byte first and then looks for others: if two openers come at the same time, at least one sees the
 * other. */
int lck_data_take(struct lck *lck, const char *path) {
  struct os_file_id id;
  bool used = false;
  int rc = os_file_id(lck->file->fd, &id);
  const uint64_t byte = rc == MDBX_SUCCESS ? data_byte(&id) : 0;
  if (rc == MDBX_SUCCESS)
    rc = os_range_lock(lck->data_fd, byte, 1, false, false);
  if (rc == MDBX_SUCCESS)
    rc = data_range_used(lck->data_fd, LCK_DATA_BASE, byte, &used);
  if (rc == MDBX_SUCCESS)
    rc = data_range_used(lck->data_fd, byte + 1, LCK_DATA_BASE + LCK_DATA_PLACES, &used);
  if (rc != MDBX_SUCCESS || !used)
    return rc;
  os_range_unlock(lck->data_fd, byte, 1);
  if (removes_empty_file(lck, path)) {
    log_notice("%s: removed, because the data file is in use with another lock file", path);
    return MDBX_DUPLICATED_LCK;
  }
  return log_damage(
      MDBX_DUPLICATED_LCK,
      "the data file is in use with another lock file than %s: under another name, or its lock file was removed", path);
}

/* If locks belong to the process, the last environment releases the lock for all. */
void lck_data_give(struct lck *lck) {
  const bool own = os_range_belongs_to_file() && !(lck->data_fd & OS_LOCK_BY_PROCESS);
  if (lck->data_fd >= 0 && (own || lck->file->users == 1))
    os_range_unlock(lck->data_fd, LCK_DATA_BASE, LCK_DATA_PLACES);
}
