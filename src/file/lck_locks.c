/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the lock file and takes the byte locks on it: opening, presence, process index, writers. */
#include "file/lck_parts.h"

#include "base/log.h"

int lck_opening_lock(struct lck *lck) {
  rank_check(RANK_OPENING);
  const int rc = os_range_lock(lck->file->locks, LCK_BYTE_OPENING, 1, true, true);
  lck->entered = rc == MDBX_SUCCESS;
  if (lck->entered)
    rank_enter(RANK_OPENING);
  return rc;
}

void lck_opening_forget(struct lck *lck) {
  if (lck->entered)
    rank_leave(RANK_OPENING);
  lck->entered = false;
}

void lck_opening_unlock(struct lck *lck) {
  lck_opening_forget(lck);
  os_range_unlock(lck->file->locks, LCK_BYTE_OPENING, 1);
}

/* If the opener passes no mode, the lock file gets the data file's, so that the same users can use both. */
static mode_t creation_mode(int data_fd, mode_t mode) {
  mode_t other;
  if (mode == 0 && os_file_mode(data_fd, &other) == MDBX_SUCCESS)
    mode = other;
  return mode | 0600;
}

/* The lock file must be a regular file other than the data file. */
static int file_check_kind(const struct lck *lck, const char *path) {
  struct os_file_id id;
  bool regular = false;
  int rc = os_file_is_regular(lck->file->fd, &regular);
  if (rc == MDBX_SUCCESS)
    rc = os_file_id(lck->file->fd, &id);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!regular)
    return log_damage(MDBX_INVALID, "the lock file %s is no regular file", path);
  if (os_file_id_equal(&id, &lck->file->data))
    return log_damage(MDBX_INVALID, "the lock file %s is the data file itself, under another name", path);
  return MDBX_SUCCESS;
}

/* If the file cannot be opened again through its descriptor (no /proc), a child's mapping would keep OFD locks of the
 * parent: then use process locks. */
static void spare_open(struct lck_file *file) {
  const bool apart = os_open_again(file->fd, &file->spare) == MDBX_SUCCESS;
  file->locks = apart ? file->fd : file->fd | OS_LOCK_BY_PROCESS;
}

/* Readers write to the lock file too: without their slots a writer would reuse pages that they read. */
static int refuse_unwritable(int rc, const char *path) {
  return log_damage(rc,
                    os_path_exists(path) ? "the lock file %s is not writable, and readers write to it too"
                                         : "the lock file %s cannot be made, and readers need it too",
                    path);
}

/* MDBX_RESULT_TRUE: there can be no lock file, and the caller accepts that. */
static int file_open_once(struct lck *lck, const char *path, int data_fd, unsigned flags, mode_t mode) {
  int rc = os_open(path, OS_OPEN_LOCK, creation_mode(data_fd, mode), &lck->file->fd);
  if (rc == MDBX_SUCCESS)
    spare_open(lck->file);
  if (rc == ELOOP)
    return log_damage(MDBX_INVALID, "the lock file %s is a symbolic link; it is not followed", path);
  if (rc == MDBX_EROFS || rc == MDBX_EACCESS || rc == MDBX_EPERM)
    return (flags & LCK_READONLY) && os_file_on_readonly_fs(data_fd) ? MDBX_RESULT_TRUE : refuse_unwritable(rc, path);
  if (rc == MDBX_SUCCESS)
    rc = file_check_kind(lck, path);
  return rc == MDBX_SUCCESS ? lck_opening_lock(lck) : rc;
}

/* False when somebody removed or replaced the file between our open and our lock. */
static bool file_is_still(int fd, const char *path) {
  struct os_file_id here, there;
  return os_file_id(fd, &here) == MDBX_SUCCESS && os_path_id(path, &there) == MDBX_SUCCESS &&
         os_file_id_equal(&here, &there);
}

int lck_file_open(struct lck *lck, const char *path, int data_fd, unsigned flags, mode_t mode) {
  if (lck->file->fd >= 0)
    return lck_opening_lock(lck);
  for (;;) {
    const int rc = file_open_once(lck, path, data_fd, flags, mode);
    if (rc != MDBX_SUCCESS || file_is_still(lck->file->fd, path))
      return rc;
    lck_opening_unlock(lck);
    lck_file_close(lck->file);
  }
}

/* Waits until all others have closed. Releases byte 0 meanwhile, since they need it to close. */
static int presence_wait(struct lck *lck) {
  for (;;) {
    lck_opening_unlock(lck);
    os_sleep_ms(10);
    int rc = lck_opening_lock(lck);
    if (rc == MDBX_SUCCESS)
      rc = os_range_lock(lck->file->locks, LCK_BYTE_PRESENCE, 1, true, false);
    if (rc != MDBX_BUSY)
      return rc;
  }
}

/* Takes byte 1 and learns whether this is the first opener. */
int lck_presence_take(struct lck *lck, unsigned flags) {
  const int fd = lck->file->locks;
  lck->kind = flags & LCK_EXCLUSIVE ? LCK_KIND_EXCLUSIVE : LCK_KIND_SHARED;
  if (lck->file->users > 1)
    return MDBX_SUCCESS;
  int rc = os_range_lock(fd, LCK_BYTE_PRESENCE, 1, true, false);
  if (rc == MDBX_BUSY && lck->kind == LCK_KIND_SHARED)
    return os_range_lock(fd, LCK_BYTE_PRESENCE, 1, false, false);
  if (rc == MDBX_BUSY && (flags & LCK_WAIT))
    rc = presence_wait(lck);
  lck->first = rc == MDBX_SUCCESS;
  return rc;
}

int lck_index_take(struct lck *lck) {
  for (uint32_t k = 0; k < LCK_PROCESSES; ++k) {
    if (lck_members_have(lck->file, k))
      continue;
    const int rc = os_range_lock(lck->file->locks, LCK_BASE + k, 1, true, false);
    if (rc == MDBX_BUSY)
      continue;
    if (rc != MDBX_SUCCESS)
      return rc;
    os_process_lock();
    lck->process = k;
    lck->sibling = lck->file->members;
    lck->file->members = lck;
    os_process_unlock();
    return MDBX_SUCCESS;
  }
  log_error("more than %u environments use this database", LCK_PROCESSES);
  return MDBX_READERS_FULL;
}

bool lck_process_is_alive(const struct lck *lck, uint32_t process) {
  if (process >= LCK_PROCESSES)
    return false;
  if (process == lck->process)
    return true;
  if (!lck->file)
    return false;
  if (lck_members_have(lck->file, process))
    return true;
  bool busy;
  uint64_t start, length;
  const int rc = os_range_test(lck->file->locks, LCK_BASE + process, 1, true, &busy, &start, &length);
  /* If the system cannot tell, assume that the process is alive. */
  return rc != MDBX_SUCCESS || busy;
}

int lck_enter_writers(struct lck *lck, bool *others) {
  uint64_t start, length;
  *others = false;
  if (!lck->file)
    return MDBX_SUCCESS;
  int rc = os_range_lock(lck->file->locks, LCK_WRITERS + lck->process, 1, true, false);
  if (rc == MDBX_SUCCESS)
    rc = os_range_test(lck->file->locks, LCK_WRITERS, LCK_PROCESSES, true, others, &start, &length);
  if (rc != MDBX_SUCCESS)
    return rc;
  *others |= lck_members_write(lck);
  os_process_lock();
  lck->writes = true;
  os_process_unlock();
  return MDBX_SUCCESS;
}
