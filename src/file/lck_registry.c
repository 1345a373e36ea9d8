/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock files that this process has open. Each has one struct lck_file, however many environments use it
 * (LCK_MULTIOPEN), with one descriptor for locks, which is closed when the last environment leaves.
 *
 * While this process has a file open itself, it does not close an inherited descriptor of the same file: if locks
 * belong to the process, closing would release them. The inherited one is put aside and closed together with its own.
 */
#include "file/lck_parts.h"

#include <stdlib.h>

/* All lock files of this process, inherited ones included; under os_process_lock. */
static struct lck_file *files;

bool lck_is_inherited(const struct lck *lck) { return lck->generation != os_fork_generation(); }

struct lck_file *lck_registry_find(const struct os_file_id *data) {
  for (struct lck_file *file = files; file; file = file->next)
    if (file->generation == os_fork_generation() && os_file_id_equal(&file->data, data))
      return file;
  return NULL;
}

static void renew_descriptor(int fd, int *locks) {
  const int plain = fd & ~OS_LOCK_BY_PROCESS;
  *locks = os_reopen(plain) ? plain : plain | OS_LOCK_BY_PROCESS;
}

static void renew_lock_file(struct lck_file *file) {
  renew_descriptor(file->fd, &file->locks);
  if (file->locks != file->fd && file->spare >= 0)
    os_replace(file->fd, file->spare);
}

/* In a forked child. The inherited open files share the parent's locks, and would keep them when the parent dies. */
static void renew_inherited(void) {
  for (struct lck_file *file = files; file; file = file->next) {
    if (file->generation != os_fork_generation())
      continue;
    if (file->fd >= 0)
      renew_lock_file(file);
    for (struct lck *lck = file->members; lck; lck = lck->sibling)
      if (lck->data_fd >= 0)
        renew_descriptor(lck->data_fd, &lck->data_fd);
  }
}

static int registry_add(const struct os_file_id *data, unsigned flags, struct lck_file **result) {
  struct lck_file *file = calloc(1, sizeof(*file));
  if (!file)
    return MDBX_ENOMEM;
  file->data = *data;
  file->generation = os_fork_generation();
  file->fd = file->locks = file->spare = -1;
  file->users = 1;
  file->busy = true;
  file->exclusive = (flags & LCK_EXCLUSIVE) != 0;
  file->next = files;
  files = file;
  if (os_range_belongs_to_file())
    os_fork_watch(renew_inherited);
  *result = file;
  return MDBX_SUCCESS;
}

/* MDBX_RESULT_TRUE: another thread is opening or closing the file; try again. */
static int registry_join(struct lck_file *file, unsigned flags) {
  if (!(flags & LCK_MULTIOPEN) || (flags & LCK_EXCLUSIVE) || file->exclusive)
    return MDBX_BUSY;
  if (file->busy)
    return MDBX_RESULT_TRUE;
  file->busy = true;
  file->users += 1;
  return MDBX_SUCCESS;
}

int lck_registry_enter(const struct os_file_id *data, unsigned flags, struct lck_file **result) {
  for (;;) {
    os_process_lock();
    *result = lck_registry_find(data);
    const int rc = *result ? registry_join(*result, flags) : registry_add(data, flags, result);
    os_process_unlock();
    if (rc != MDBX_RESULT_TRUE)
      return rc;
    os_sleep_ms(1);
  }
}

void lck_registry_unlink(struct lck_file *file) {
  struct lck_file **link = &files;
  while (*link != file)
    link = &(*link)->next;
  *link = file->next;
}

void lck_members_remove(struct lck_file *file, const struct lck *lck) {
  for (struct lck **link = &file->members; *link; link = &(*link)->sibling)
    if (*link == lck) {
      *link = lck->sibling;
      return;
    }
}

static int close_open(int fd) { return fd >= 0 ? os_close(fd) : MDBX_SUCCESS; }

/* Closes the file and the entries put aside; returns the first error. */
int lck_file_close(struct lck_file *file) {
  int rc = MDBX_SUCCESS;
  for (; file; file = file->aside) {
    const int spare = close_open(file->spare), failed = close_open(file->fd);
    rc = rc != MDBX_SUCCESS ? rc : failed != MDBX_SUCCESS ? failed : spare;
    file->fd = file->locks = file->spare = -1;
  }
  return rc;
}

bool lck_members_have(const struct lck_file *file, uint32_t process) {
  os_process_lock();
  const struct lck *member = file->members;
  while (member && member->process != process)
    member = member->sibling;
  os_process_unlock();
  return member != NULL;
}

bool lck_members_write(const struct lck *except) {
  os_process_lock();
  const struct lck *member = except->file->members;
  while (member && (member == except || !member->writes))
    member = member->sibling;
  os_process_unlock();
  return member != NULL;
}

/* Makes this thread the one that opens or closes the file in this process. */
void lck_file_take(struct lck_file *file) {
  for (;;) {
    os_process_lock();
    const bool taken = !file->busy;
    file->busy = true;
    os_process_unlock();
    if (taken)
      return;
    os_sleep_ms(1);
  }
}

void lck_file_give(struct lck_file *file) {
  os_process_lock();
  file->busy = false;
  os_process_unlock();
}

bool lck_is_open_here(int data_fd) {
  struct os_file_id data;
  if (os_file_id(data_fd, &data) != MDBX_SUCCESS)
    return false;
  os_process_lock();
  const bool found = lck_registry_find(&data) != NULL;
  os_process_unlock();
  return found;
}
