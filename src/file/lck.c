/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck.c: opens and closes the lock file, and takes the locks that are words in it. lck.h describes the content.
 *
 * The calls of one environment, in order:
 *
 *   lck_registry_enter -> lck_file_open -> [byte 0] -> lck_presence_take -> lck_index_take
 *     -> lck_content_make | lck_content_adopt -> caller recovers -> lck_open_done [byte 0 back] ... lck_close [byte 0]
 */
#include "file/lck.h"

#include "base/log.h"
#include "base/probe.h"
#include "file/lck_parts.h"

#include <stdlib.h>

/* ---- The locks in the file -------------------------------------------------------------------------------------- */

static bool owner_is_alive(void *context, uint32_t token) {
  return lck_process_is_alive((const struct lck *)context, token - 1);
}

/* For the locks that are held for long: closing the environment ends the wait. */
static int lock_unless_leaving(struct lck *lck, struct os_shlock *lock, bool try_only) {
  const uint32_t token = lck->process + 1;
  return try_only ? os_shlock_acquire(lock, token, owner_is_alive, lck, true)
                  : os_shlock_acquire_until(lock, token, owner_is_alive, lck, &lck->leaving);
}

int lck_writer_lock(struct lck *lck, bool try_only) {
  struct os_shlock *lock = &lck->shared->writer;
  rank_check(RANK_WRITER); /* no rank_enter(): another thread may end the transaction */
  const int rc = lock_unless_leaving(lck, lock, try_only);
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
    lck->writer_turn = os_shlock_turn(lock);
  return rc;
}

int lck_writer_unlock(struct lck *lck) {
  return os_shlock_release(&lck->shared->writer, lck->process + 1, lck->writer_turn);
}

bool lck_writer_is_mine(const struct lck *lck) {
  const struct os_shlock *lock = &lck->shared->writer;
  return os_shlock_owner(lock) == lck->process + 1 && os_shlock_turn(lock) == lck->writer_turn;
}

bool lck_writer_is_wanted(const struct lck *lck) { return os_shlock_is_wanted(&lck->shared->writer); }

int lck_lock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t *turn, bool try_only) {
  rank_check(rank);
  const int rc = rank == RANK_SEALER ? lock_unless_leaving(lck, lock, try_only)
                                     : os_shlock_acquire(lock, lck->process + 1, owner_is_alive, lck, try_only);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  rank_enter(rank);
  *turn = os_shlock_turn(lock);
  return MDBX_SUCCESS;
}

void lck_unlock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t turn, const char *what) {
  rank_leave(rank);
  if (os_shlock_release(lock, lck->process + 1, turn) != MDBX_SUCCESS)
    log_error("the lock of %s was released by an environment that does not hold it", what);
}

int lck_sealer_lock(struct lck *lck, bool try_only) {
  return lck_lock_ranked(lck, &lck->shared->sealer, RANK_SEALER, &lck->sealer_turn, try_only);
}

void lck_sealer_unlock(struct lck *lck) {
  lck_unlock_ranked(lck, &lck->shared->sealer, RANK_SEALER, lck->sealer_turn, "steady points");
}

bool lck_sealer_is_held(const struct lck *lck) { return os_shlock_owner(&lck->shared->sealer) != 0; }

int lck_table_lock(struct lck *lck) {
  return lck_lock_ranked(lck, &lck->shared->table, RANK_READERS, &lck->table_turn, false);
}

void lck_table_unlock(struct lck *lck) {
  lck_unlock_ranked(lck, &lck->shared->table, RANK_READERS, lck->table_turn, "the reader table");
}

void lck_publish_head(struct lck *lck, txnid_t txnid, unsigned meta_slot) {
  atomic_store(&lck->shared->head, txnid << 2 | meta_slot);
}

/* `durable` first: a process that dies between the two stores leaves one pin too many, not one too few. */
void lck_publish_durable(struct lck *lck, txnid_t txnid) {
  PROBE1(durable, txnid);
  atomic_store(&lck->shared->durable, txnid);
  if (txnid == TXNID_NONE || txnid >= lck_believable(lck))
    atomic_store(&lck->shared->believable, TXNID_NONE);
}

void lck_publish_believable(struct lck *lck, txnid_t txnid) { atomic_store(&lck->shared->believable, txnid); }

/* ---- Open and close --------------------------------------------------------------------------------------------- */

static void slots_free_own(struct lck *lck) {
  for (uint32_t i = 0; i < lck->slot_count; ++i) {
    struct reader_slot *slot = lck->slots + i;
    if (atomic_load(&slot->state) == READER_FREE || atomic_load(&slot->process) != lck->process)
      continue;
    atomic_store(&slot->txnid, 0);
    atomic_store(&slot->state, READER_FREE);
  }
}

static void locks_of_flushes_bury(struct lck *lck) {
  os_shlock_bury(&lck->shared->sealer, lck->process + 1);
  os_shlock_bury(&lck->shared->flusher, lck->process + 1);
  os_shlock_bury(&lck->shared->metas, lck->process + 1);
}

/* Removes everything in the lock file that names this index: at open, because an earlier holder of the index may have
 * died; at close, so that the next holder does not own our slots and locks. */
static void traces_remove(struct lck *lck) {
  os_shlock_bury(&lck->shared->table, lck->process + 1);
  locks_of_flushes_bury(lck);
  if (os_shlock_bury(&lck->shared->writer, lck->process + 1))
    log_notice("the writer lock was held by a process that is gone");
  if (lck_table_lock(lck) == MDBX_SUCCESS) {
    slots_free_own(lck);
    lck_table_unlock(lck);
  }
}

static int private_open(struct lck *lck, unsigned max_readers) {
  const uint32_t slots = lck_readers_rounded(max_readers);
  void *addr;
  lck->length = lck_content_length(slots);
  const int rc = os_map_anonymous(lck->length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->kind = LCK_KIND_PRIVATE;
  lck->first = true;
  lck->process = 0;
  lck_content_attach(lck, addr, slots);
  lck_content_fill(lck);
  return MDBX_SUCCESS;
}

static int shared_open(struct lck *lck, const char *path, unsigned flags, unsigned max_readers) {
  int rc = lck_data_take(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = lck_presence_take(lck, flags);
  if (rc == MDBX_SUCCESS)
    rc = lck_index_take(lck);
  if (rc == MDBX_SUCCESS)
    rc = lck->first ? lck_content_make(lck, path, max_readers) : lck_content_adopt(lck, path);
  if (rc == MDBX_SUCCESS)
    traces_remove(lck);
  return rc;
}

static void lck_prepare(struct lck *lck) {
  memset(lck, 0, sizeof(*lck));
  lck->data_fd = -1;
  lck->process = LCK_PROCESSES;
  lck->generation = os_fork_generation();
  lck->pid = os_pid();
}

int lck_open(struct lck *lck, const char *path, int data_fd, unsigned flags, unsigned max_readers, mode_t mode) {
  struct os_file_id data;
  lck_prepare(lck);
  if (flags & LCK_NOLOCK)
    return private_open(lck, max_readers);
  int rc = os_file_id(data_fd, &data);
  if (rc == MDBX_SUCCESS)
    rc = lck_registry_enter(&data, flags, &lck->file);
  if (rc != MDBX_SUCCESS) {
    lck->file = NULL;
    return rc;
  }
  lck_data_open(lck, data_fd);
  rc = lck_file_open(lck, path, data_fd, flags, mode);
  if (rc == MDBX_SUCCESS)
    rc = shared_open(lck, path, flags, max_readers);
  if (rc == MDBX_SUCCESS)
    return rc;
  const bool without = rc == MDBX_RESULT_TRUE;
  lck_close(lck);
  if (!without)
    return rc;
  lck_prepare(lck);
  return private_open(lck, max_readers);
}

void lck_open_done(struct lck *lck) {
  if (!lck->file || !lck->entered)
    return;
  if (lck->first && lck->kind == LCK_KIND_SHARED) {
    const int rc = os_range_lock(lck->file->locks, LCK_BYTE_PRESENCE, 1, false, false);
    if (rc != MDBX_SUCCESS)
      log_error("other processes cannot open the database, error %d", rc);
  }
  lck_opening_unlock(lck);
  lck_file_give(lck->file);
}

/* Makes this thread the only one that closes, in this process and among all processes. */
static int closing_enter(struct lck *lck) {
  lck_file_take(lck->file);
  const int rc = lck_opening_lock(lck);
  if (rc != MDBX_SUCCESS)
    log_error("the lock file's opening lock cannot be taken, error %d", rc);
  return rc;
}

static void file_free(struct lck_file *file) {
  while (file) {
    struct lck_file *next = file->aside;
    free(file);
    file = next;
  }
}

/* Other environments of this process use the file: release only the locks of this one. */
static void file_leave_shared(struct lck *lck) {
  struct lck_file *file = lck->file;
  if (lck->process < LCK_PROCESSES) {
    os_range_unlock(file->locks, LCK_BASE + lck->process, 1);
    os_range_unlock(file->locks, LCK_WRITERS + lck->process, 1);
  }
  if (lck->entered)
    lck_opening_unlock(lck);
  os_process_lock();
  lck_members_remove(file, lck);
  file->users -= 1;
  file->busy = false;
  os_process_unlock();
}

/* The entry stays in the list until its descriptors are closed: if another thread opened the file before that, closing
 * would release its locks, where locks belong to the process. */
static int file_leave_last(struct lck *lck) {
  struct lck_file *file = lck->file;
  lck_opening_forget(lck); /* closing the descriptor releases byte 0 */
  /* A child made without the handlers of fork() shares this open file and would keep the locks. */
  if (file->fd >= 0)
    os_range_unlock(file->locks, 0, LCK_WRITERS + LCK_PROCESSES);
  const int rc = lck_file_close(file);
  os_process_lock();
  lck_registry_unlink(file);
  os_process_unlock();
  file_free(file);
  return rc;
}

static int file_leave(struct lck *lck) {
  os_process_lock();
  const bool last = lck->file->users == 1;
  os_process_unlock();
  if (last)
    return file_leave_last(lck);
  file_leave_shared(lck);
  return MDBX_SUCCESS;
}

/* In a forked child: the locks belong to the parent. If the child has opened the same file itself, it must keep its own
 * locks, so the inherited descriptors are put aside. */
static void file_leave_inherited(struct lck *lck) {
  struct lck_file *file = lck->file;
  os_process_lock();
  lck_members_remove(file, lck);
  file->users -= 1;
  if (file->users == 0) {
    lck_registry_unlink(file);
    struct lck_file *own = lck_registry_find(&file->data);
    if (!own) {
      lck_file_close(file);
      file_free(file);
    } else {
      struct lck_file **end = &own->aside;
      while (*end)
        end = &(*end)->aside;
      *end = file;
    }
  }
  os_process_unlock();
}

static int close_own(struct lck *lck) {
  /* After a failed open this thread excludes others already (`busy`), with or without byte 0. */
  int rc = lck->shared && !lck->entered ? closing_enter(lck) : MDBX_SUCCESS;
  if (lck->shared) {
    traces_remove(lck);
    os_unmap(lck->shared, lck->length);
  }
  lck_data_give(lck);
  const int failed = file_leave(lck);
  return rc != MDBX_SUCCESS ? rc : failed;
}

int lck_close(struct lck *lck) {
  int rc = MDBX_SUCCESS;
  if (lck->file && !lck_is_inherited(lck)) {
    rc = close_own(lck);
  } else {
    if (lck->shared)
      os_unmap(lck->shared, lck->length);
    if (lck->file)
      file_leave_inherited(lck);
  }
  lck_data_close(lck);
  lck_prepare(lck);
  return rc;
}

/* ---- After a fork ----------------------------------------------------------------------------------------------- */

static int shared_reopen(struct lck *lck, const struct lck *old, const char *path, unsigned flags) {
  int rc = MDBX_SUCCESS;
  if (lck->file->fd < 0) {
    rc = os_dup(old->file->fd, &lck->file->fd);
    lck->file->locks = lck->file->fd | (old->file->locks & OS_LOCK_BY_PROCESS);
    if (rc == MDBX_SUCCESS && old->file->spare >= 0)
      rc = os_dup(old->file->spare, &lck->file->spare);
  }
  if (rc == MDBX_SUCCESS)
    rc = lck_opening_lock(lck);
  if (rc == MDBX_SUCCESS)
    rc = lck_data_take(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = lck_presence_take(lck, flags);
  if (rc == MDBX_SUCCESS)
    rc = lck_index_take(lck);
  if (rc == MDBX_SUCCESS)
    rc = lck->first ? lck_content_remake(lck, old) : lck_content_return(lck, old, path);
  if (rc == MDBX_SUCCESS)
    traces_remove(lck);
  return rc;
}

/* The memory is a copy of the parent's. Read transactions of the parent may continue in the child; its writer does not
 * exist here. */
static int private_reopen(struct lck *lck) {
  os_shlock_bury(&lck->shared->table, lck->process + 1);
  os_shlock_bury(&lck->shared->writer, lck->process + 1);
  locks_of_flushes_bury(lck);
  atomic_store(&lck->shared->pending, 0); /* the opener finds a pending commit by its meta */
  atomic_store(&lck->shared->flushing, 0);
  lck->first = true;
  lck->generation = os_fork_generation();
  lck->pid = os_pid();
  return MDBX_SUCCESS;
}

int lck_reopen(struct lck *lck, const char *path, int data_fd, unsigned flags) {
  struct os_file_id data;
  struct lck old = *lck;
  if (!old.file)
    return private_reopen(lck);
  os_process_lock();
  lck_members_remove(old.file, lck);
  os_process_unlock();
  lck_prepare(lck);
  lck->data_fd = old.data_fd;
  lck->data_fd_is_own = old.data_fd_is_own;
  int rc = os_file_id(data_fd, &data);
  if (rc == MDBX_SUCCESS)
    rc = lck_registry_enter(&data, flags, &lck->file);
  if (rc != MDBX_SUCCESS)
    lck->file = NULL;
  else
    rc = shared_reopen(lck, &old, path, flags);
  file_leave_inherited(&old);
  if (rc == MDBX_SUCCESS)
    return rc;
  lck_close(lck); /* also without `file`: the descriptor of the data file is the child's own */
  os_unmap(old.shared, old.length);
  return rc;
}
