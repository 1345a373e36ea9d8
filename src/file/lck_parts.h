/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck_parts.h: shared by the lck_*.c files: the open lock file, and the steps of opening and closing it.
 *
 * `busy` excludes threads of this process from each other, as byte 0 excludes processes. `spare` is a second open file
 * of the lock file. It is the one that is mapped; it never has locks, so a child cannot keep locks of a dead parent
 * through the mapping. A child that cannot open the file again (no permission any more, no /proc, no free descriptor)
 * uses it in place of `fd`. It stays open as long as `fd`.
 */
#ifndef MDBX_FILE_LCK_PARTS_H
#define MDBX_FILE_LCK_PARTS_H

#include "base/assert.h"
#include "file/lck.h"

struct lck_file {
  struct os_file_id data; /* the data file that it belongs to; constant */
  uint32_t generation;    /* of the process that made this entry; constant */
  int fd;                 /* -1 until open; written while busy */
  int locks;              /* fd in the form that os_range_lock() takes */
  int spare;              /* opened separately, never has locks; written while busy; -1: could not be opened */
  unsigned users;         /* environments; under os_process_lock */
  bool busy;              /* one user is opening or closing; under os_process_lock */
  bool exclusive;         /* constant after registration */
  struct lck *members;    /* users that have an index; under os_process_lock */
  struct lck_file *aside; /* inherited entries to close together with this one; under os_process_lock */
  struct lck_file *next;
};

/* ---- lck.c: locks in the file that have a rank ---- */

/* Takes the lock over from a dead owner. MDBX_BUSY (try_only), or a system error: the lock is not held. */
int lck_lock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t *turn, bool try_only);
void lck_unlock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t turn, const char *what);

/* ---- lck_registry.c: the list of this process ---- */

/* Registers an environment and makes the calling thread the one that opens. MDBX_BUSY: this process has the database
 * open, and may not open it twice. */
int lck_registry_enter(const struct os_file_id *data, unsigned flags, struct lck_file **result);
/* Under os_process_lock. */
struct lck_file *lck_registry_find(const struct os_file_id *data);
void lck_registry_unlink(struct lck_file *file);
void lck_members_remove(struct lck_file *file, const struct lck *lck);
/* Whether an environment of this process has that index; whether another one may write. */
bool lck_members_have(const struct lck_file *file, uint32_t process);
bool lck_members_write(const struct lck *except);
int lck_file_close(struct lck_file *file);
void lck_file_take(struct lck_file *file);
void lck_file_give(struct lck_file *file);

/* ---- lck_locks.c: the file and its byte locks ---- */

int lck_opening_lock(struct lck *lck);
void lck_opening_forget(struct lck *lck);
void lck_opening_unlock(struct lck *lck);
/* Opens the file unless it is open, and takes byte 0. MDBX_RESULT_TRUE: the file cannot be made, and the caller accepts
 * that. */
int lck_file_open(struct lck *lck, const char *path, int data_fd, unsigned flags, mode_t mode);
int lck_presence_take(struct lck *lck, unsigned flags);
int lck_index_take(struct lck *lck);

/* ---- lck_data.c: the lock on the data file ---- */

void lck_data_open(struct lck *lck, int data_fd);
void lck_data_close(struct lck *lck);
int lck_data_take(struct lck *lck, const char *path);
void lck_data_give(struct lck *lck);

/* ---- lck_content.c: what is in the file ---- */

size_t lck_content_length(uint32_t slots);
void lck_content_attach(struct lck *lck, void *addr, uint32_t slots);
void lck_content_fill(struct lck *lck);
int lck_content_make(struct lck *lck, const char *path, unsigned max_readers);
int lck_content_adopt(struct lck *lck, const char *path);
/* In a forked child: the first user remakes the content in the inherited mapping; another user returns to the content,
 * in that mapping if it still fits. */
int lck_content_remake(struct lck *lck, const struct lck *old);
int lck_content_return(struct lck *lck, const struct lck *old, const char *path);

#endif
