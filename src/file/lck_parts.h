/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck_parts.h: what the parts of the lock file share: the open file, and the steps of opening and closing it.
 *
 * `busy` does among the threads of this process what byte 0 does among processes. `spare` is what is mapped, and what a child
 * gets in place of `fd` where it cannot open the file once more (no right to it any more, no /proc, no descriptor free): it
 * has no lock that would outlive the parent. It stays open as long as `fd`, for the same reason.
 */
#ifndef MDBX_FILE_LCK_PARTS_H
#define MDBX_FILE_LCK_PARTS_H

#include "base/assert.h"
#include "file/lck.h"

struct lck_file {
  struct os_file_id data; /* the data file this is the lock file of; constant */
  uint32_t generation;    /* of the process that made this entry; constant */
  int fd;                 /* -1 until open; written while busy */
  int locks;              /* the same, as os_range_lock() takes it */
  int spare;              /* opened apart, never has locks; written while busy; -1: cannot be had */
  unsigned users;         /* environments; under os_process_lock */
  bool busy;              /* one of them is opening or closing; under os_process_lock */
  bool exclusive;         /* constant after registration */
  struct lck *members;    /* those that have an index; under os_process_lock */
  struct lck_file *aside; /* inherited ones to close together with this one; under os_process_lock */
  struct lck_file *next;
};

/* ---- lck.c: locks in the file whose holders keep the order of the ranks ---- */

/* MDBX_BUSY (try_only) or an error of the system: it is not held. An owner that died is no hindrance. */
int lck_lock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t *turn, bool try_only);
void lck_unlock_ranked(struct lck *lck, struct os_shlock *lock, enum lock_rank rank, uint32_t turn, const char *what);

/* ---- lck_registry.c: the list of this process ---- */

/* Enters an environment, and makes the calling thread the one that opens. MDBX_BUSY: it is open, and may not be twice. */
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
/* Opens the file if it is not, and takes byte 0. MDBX_RESULT_TRUE: there can be none, and the caller accepts that. */
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
/* In a forked child, for the first user and for others: in the mapping that is there, if it still fits. */
int lck_content_remake(struct lck *lck, const struct lck *old);
int lck_content_return(struct lck *lck, const struct lck *old, const char *path);

#endif
