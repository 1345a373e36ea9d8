/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck.c: opening and closing the lock file. See lck.h for what is in it and the meaning of its bytes.
 *
 * Owns the list of lock files this process has open, one struct lck_file each, however many environments use it
 * (LCK_MULTIOPEN): locks of one open file do not conflict with each other, so there is one descriptor, and it is closed last.
 *
 * An environment's way through here:
 *
 *   registry_enter -> file_open -> [byte 0] -> presence_take -> index_take -> content_make | content_adopt
 *     -> caller recovers -> lck_open_done [byte 0 back] ... lck_close_begin [byte 0] -> lck_close
 *
 * `busy` of the struct lck_file does among the threads of this process what byte 0 does among processes.
 * A descriptor inherited over a fork is not closed while this process has the same file open by itself: where locks belong
 * to the process that would drop them. It is put aside and closed together with the own one.
 *
 * `spare` is what is mapped, and what a child gets in place of `fd` where it cannot open the file once more (no right to it any
 * more, no /proc, no descriptor free): it has no lock that would outlive the parent. It stays open as long as `fd`, for the same
 * reason.
 */
#include "file/lck.h"

#include "base/log.h"

#include <stdlib.h>

/* "mdbx-lck" with a number that no text file begins with. */
#define LCK_MAGIC UINT64_C(0xB56B636C7862646D)
/* Of a lock file that LMDB left: it lies where a program made for LMDB has its own, and nothing outlives its users. */
#define FOREIGN_LOCK_MAGIC UINT32_C(0xBEEFC0DE)
#define SLOTS_MAX 65536u

_Static_assert(sizeof(struct reader_slot) == 64, "a reader slot is one cache line");
_Static_assert(sizeof(struct lck_shared) == 448, "the head of the lock file is seven cache lines");
_Static_assert(offsetof(struct lck_shared, magic) == 0, "a lock file begins with its magic");

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

/* All lock files of this process, inherited ones included; under os_process_lock. */
static struct lck_file *files;

bool lck_is_inherited(const struct lck *lck) { return lck->generation != os_fork_generation(); }

/* ---- The list of this process ----------------------------------------------------------------------------------- */

static struct lck_file *registry_find(const struct os_file_id *data) {
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

/* In a forked child. What it inherited shares its locks with the parent, and would keep them when the parent dies. */
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

/* MDBX_RESULT_TRUE: another thread is opening or closing it, try again. */
static int registry_join(struct lck_file *file, unsigned flags) {
  if (!(flags & LCK_MULTIOPEN) || (flags & LCK_EXCLUSIVE) || file->exclusive)
    return MDBX_BUSY;
  if (file->busy)
    return MDBX_RESULT_TRUE;
  file->busy = true;
  file->users += 1;
  return MDBX_SUCCESS;
}

static int registry_enter(const struct os_file_id *data, unsigned flags, struct lck_file **result) {
  for (;;) {
    os_process_lock();
    *result = registry_find(data);
    const int rc = *result ? registry_join(*result, flags) : registry_add(data, flags, result);
    os_process_unlock();
    if (rc != MDBX_RESULT_TRUE)
      return rc;
    os_sleep_ms(1);
  }
}

static void registry_unlink(struct lck_file *file) {
  struct lck_file **link = &files;
  while (*link != file)
    link = &(*link)->next;
  *link = file->next;
}

static void members_remove(struct lck_file *file, const struct lck *lck) {
  for (struct lck **link = &file->members; *link; link = &(*link)->sibling)
    if (*link == lck) {
      *link = lck->sibling;
      return;
    }
}

static int close_open(int fd) { return fd >= 0 ? os_close(fd) : MDBX_SUCCESS; }

/* With those that were put aside. The first error counts. */
static int file_close(struct lck_file *file) {
  int rc = MDBX_SUCCESS;
  for (; file; file = file->aside) {
    const int spare = close_open(file->spare), failed = close_open(file->fd);
    rc = rc != MDBX_SUCCESS ? rc : failed != MDBX_SUCCESS ? failed : spare;
    file->fd = file->locks = file->spare = -1;
  }
  return rc;
}

static bool members_have(const struct lck_file *file, uint32_t process) {
  os_process_lock();
  const struct lck *member = file->members;
  while (member && member->process != process)
    member = member->sibling;
  os_process_unlock();
  return member != NULL;
}

/* Makes this thread the one that opens or closes the file in this process. */
static void file_take(struct lck_file *file) {
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

static void file_give(struct lck_file *file) {
  os_process_lock();
  file->busy = false;
  os_process_unlock();
}

bool lck_is_open_here(int data_fd) {
  struct os_file_id data;
  if (os_file_id(data_fd, &data) != MDBX_SUCCESS)
    return false;
  os_process_lock();
  const bool found = registry_find(&data) != NULL;
  os_process_unlock();
  return found;
}

/* ---- The file and its byte locks -------------------------------------------------------------------------------- */

static int opening_lock(struct lck *lck) {
  rank_check(RANK_OPENING);
  const int rc = os_range_lock(lck->file->locks, LCK_BYTE_OPENING, 1, true, true);
  lck->entered = rc == MDBX_SUCCESS;
  if (lck->entered)
    rank_enter(RANK_OPENING);
  return rc;
}

static void opening_forget(struct lck *lck) {
  if (lck->entered)
    rank_leave(RANK_OPENING);
  lck->entered = false;
}

static void opening_unlock(struct lck *lck) {
  opening_forget(lck);
  os_range_unlock(lck->file->locks, LCK_BYTE_OPENING, 1);
}

/* A lock file is for those who may use the data file, whatever mode a later opener passes. */
static mode_t creation_mode(int data_fd, mode_t mode) {
  mode_t other;
  if (mode == 0 && os_file_mode(data_fd, &other) == MDBX_SUCCESS)
    mode = other;
  return mode | 0600;
}

/* What has the name of the lock file must be a file of its own. */
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

/* Where the file cannot be opened once more by its descriptor (no /proc), a child would keep the locks with the mapping. */
static void spare_open(struct lck_file *file) {
  const bool apart = os_open_again(file->fd, &file->spare) == MDBX_SUCCESS;
  file->locks = apart ? file->fd : file->fd | OS_LOCK_BY_PROCESS;
}

/* Readers leave a trace in it, or a writer would not know that they read. */
static int refuse_unwritable(int rc, const char *path) {
  return log_damage(rc, os_path_exists(path) ? "the lock file %s cannot be written to, which readers must too"
                                             : "the lock file %s cannot be made, which readers need too",
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
  return rc == MDBX_SUCCESS ? opening_lock(lck) : rc;
}

/* False when somebody removed or replaced the file between our open and our lock. */
static bool file_is_still(int fd, const char *path) {
  struct os_file_id here, there;
  return os_file_id(fd, &here) == MDBX_SUCCESS && os_path_id(path, &there) == MDBX_SUCCESS &&
         os_file_id_equal(&here, &there);
}

static int file_open(struct lck *lck, const char *path, int data_fd, unsigned flags, mode_t mode) {
  if (lck->file->fd >= 0)
    return opening_lock(lck);
  for (;;) {
    const int rc = file_open_once(lck, path, data_fd, flags, mode);
    if (rc != MDBX_SUCCESS || file_is_still(lck->file->fd, path))
      return rc;
    opening_unlock(lck);
    file_close(lck->file);
  }
}

/* ---- The lock on the data file ---------------------------------------------------------------------------------- */

/* The byte that stands for a lock file. */
static uint64_t data_place(const struct os_file_id *lock) {
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

/* An open file of its own: the caller's is mapped, and lives as long as the mapping does in any child. */
static void data_open(struct lck *lck, int data_fd) {
  lck->data_fd = data_fd;
  lck->data_fd_is_own = os_range_belongs_to_file() && os_open_again(data_fd, &lck->data_fd) == MDBX_SUCCESS;
  if (!lck->data_fd_is_own)
    lck->data_fd = data_fd | OS_LOCK_BY_PROCESS;
}

static void data_close(struct lck *lck) {
  if (lck->data_fd_is_own)
    os_close(lck->data_fd & ~OS_LOCK_BY_PROCESS);
  lck->data_fd_is_own = false;
  lck->data_fd = -1;
}

/* The own byte first, then the look for others: of two that come at the same time one at least sees the other. */
static int data_take(struct lck *lck, const char *path) {
  struct os_file_id id;
  bool used = false;
  int rc = os_file_id(lck->file->fd, &id);
  const uint64_t place = rc == MDBX_SUCCESS ? data_place(&id) : 0;
  if (rc == MDBX_SUCCESS)
    rc = os_range_lock(lck->data_fd, place, 1, false, false);
  if (rc == MDBX_SUCCESS)
    rc = data_range_used(lck->data_fd, LCK_DATA_BASE, place, &used);
  if (rc == MDBX_SUCCESS)
    rc = data_range_used(lck->data_fd, place + 1, LCK_DATA_BASE + LCK_DATA_PLACES, &used);
  if (rc != MDBX_SUCCESS || !used)
    return rc;
  os_range_unlock(lck->data_fd, place, 1);
  return log_damage(MDBX_DUPLICATED_LCK,
                    "the data file is in use with another lock file than %s: under another name, or that was removed",
                    path);
}

/* Where locks belong to the process the last environment gives it back for all. */
static void data_give(struct lck *lck) {
  const bool own = os_range_belongs_to_file() && !(lck->data_fd & OS_LOCK_BY_PROCESS);
  if (lck->data_fd >= 0 && (own || lck->file->users == 1))
    os_range_unlock(lck->data_fd, LCK_DATA_BASE, LCK_DATA_PLACES);
}

/* Byte 0 is given away meanwhile, since the others need it to leave. */
static int presence_wait(struct lck *lck) {
  for (;;) {
    opening_unlock(lck);
    os_sleep_ms(10);
    int rc = opening_lock(lck);
    if (rc == MDBX_SUCCESS)
      rc = os_range_lock(lck->file->locks, LCK_BYTE_PRESENCE, 1, true, false);
    if (rc != MDBX_BUSY)
      return rc;
  }
}

/* Takes byte 1 and learns whether this is the first opener. */
static int presence_take(struct lck *lck, unsigned flags) {
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

static int index_take(struct lck *lck) {
  for (uint32_t k = 0; k < LCK_PROCESSES; ++k) {
    if (members_have(lck->file, k))
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
  if (members_have(lck->file, process))
    return true;
  bool busy;
  uint64_t start, length;
  const int rc = os_range_test(lck->file->locks, LCK_BASE + process, 1, true, &busy, &start, &length);
  /* When the system cannot tell, nothing may be taken from anybody. */
  return rc != MDBX_SUCCESS || busy;
}

static bool members_write(const struct lck *except) {
  os_process_lock();
  const struct lck *member = except->file->members;
  while (member && (member == except || !member->writes))
    member = member->sibling;
  os_process_unlock();
  return member != NULL;
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
  *others |= members_write(lck);
  os_process_lock();
  lck->writes = true;
  os_process_unlock();
  return MDBX_SUCCESS;
}

/* ---- The content ------------------------------------------------------------------------------------------------ */

static size_t content_length(uint32_t slots) {
  return sizeof(struct lck_shared) + (size_t)slots * sizeof(struct reader_slot);
}

uint32_t lck_readers_rounded(unsigned max_readers) {
  const uint32_t wanted = MIN_OF(MAX_OF(max_readers, 1u), LCK_READERS_MAX);
  const size_t length = ceil_to(content_length(wanted), os_page_size());
  return (uint32_t)((length - sizeof(struct lck_shared)) / sizeof(struct reader_slot));
}

static void content_attach(struct lck *lck, void *addr, uint32_t slots) {
  lck->shared = addr;
  lck->slots = (struct reader_slot *)(void *)(lck->shared + 1);
  lck->slot_count = slots;
}

/* All anew but the magic, which the file must never be without. */
static void content_fill(struct lck *lck) {
  const size_t magic = sizeof(lck->shared->magic);
  memset((uint8_t *)lck->shared + magic, 0, lck->length - magic);
  lck->shared->version = LCK_VERSION;
  lck->shared->slot_count = lck->slot_count;
  lck->shared->length = lck->length;
  if (lck->file)
    lck->shared->data = lck->file->data;
  lck->shared->magic = LCK_MAGIC;
}

/* What nobody uses is written over only if it is a lock file, of whatever layout, or nothing at all: empty, or the zeros that
 * a power cut may leave of a file that was just made. A new one gets its
 * magic first, on the disk, so that no power cut makes a stranger of it. */
static int content_claim(struct lck *lck, const char *path) {
  const int fd = lck->file->fd;
  uint64_t magic = 0;
  size_t got = 0;
  bool blank = false;
  int rc = os_pread_full(fd, &magic, sizeof(magic), 0, &got);
  if (rc != MDBX_SUCCESS || (got == sizeof(magic) && magic == LCK_MAGIC))
    return rc;
  const bool foreign = got == sizeof(magic) && (uint32_t)magic == FOREIGN_LOCK_MAGIC;
  rc = foreign ? MDBX_SUCCESS : os_file_is_blank(fd, content_length(SLOTS_MAX), &blank);
  if (rc == MDBX_SUCCESS && !blank && !foreign)
    return log_damage(MDBX_INVALID, "the lock file %s holds something else, which is left as it is", path);
  magic = LCK_MAGIC;
  struct iovec one = {&magic, sizeof(magic)};
  if (rc == MDBX_SUCCESS)
    rc = os_ops_real.pwritev(fd, &one, 1, 0);
  return rc == MDBX_SUCCESS ? os_ops_real.datasync(fd) : rc;
}

/* Never shorter: children of processes that are gone may still look at slots. */
static int content_allocate(int fd, size_t length) {
  uint64_t now;
  int rc = os_file_size(fd, &now);
  if (rc == MDBX_SUCCESS && now < length)
    rc = os_ops_real.resize(fd, length);
  return rc == MDBX_SUCCESS ? os_ops_real.allocate(fd, 0, length) : rc;
}

/* Through another open file than that of the locks, see os.h. One that stays open: where locks belong to the process its
 * close would drop them. */
static int content_map(const struct lck_file *file, size_t length, void **addr) {
  return os_map_shared(file->spare >= 0 ? file->spare : file->fd, length, addr);
}

/* First opener: whatever a lock file holds is left from processes that are gone. */
static int content_make(struct lck *lck, const char *path, unsigned max_readers) {
  const uint32_t slots = lck_readers_rounded(max_readers);
  const size_t length = content_length(slots);
  const int fd = lck->file->fd;
  void *addr;
  int rc = content_claim(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = content_allocate(fd, length);
  if (rc == MDBX_SUCCESS)
    rc = content_map(lck->file, length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = length;
  content_attach(lck, addr, slots);
  content_fill(lck);
  return MDBX_SUCCESS;
}

static int content_check(const struct lck_shared *head, size_t got, uint64_t file_length, const char *path) {
  if (got < sizeof(*head) || head->magic != LCK_MAGIC)
    return log_damage(MDBX_INVALID, "the lock file %s is in use but holds something else", path);
  if (head->version != LCK_VERSION)
    return log_damage(MDBX_VERSION_MISMATCH, "the lock file %s is in use with layout version %u, this is %u", path,
                      head->version, LCK_VERSION);
  if (head->slot_count == 0 || head->slot_count > SLOTS_MAX || head->length != content_length(head->slot_count) ||
      head->length > file_length)
    return log_damage(MDBX_INVALID, "the lock file %s is in use but its sizes are wrong: %u slots, %llu of %llu bytes",
                      path, head->slot_count, (unsigned long long)head->length, (unsigned long long)file_length);
  return MDBX_SUCCESS;
}

/* Others have it open: their content counts, with as many slots as they made. */
static int content_adopt(struct lck *lck, const char *path) {
  struct lck_shared head;
  uint64_t file_length;
  size_t got;
  void *addr;
  int rc = os_file_size(lck->file->fd, &file_length);
  if (rc == MDBX_SUCCESS)
    rc = os_pread_full(lck->file->fd, &head, sizeof(head), 0, &got);
  if (rc == MDBX_SUCCESS)
    rc = content_check(&head, got, file_length, path);
  if (rc == MDBX_SUCCESS && !os_file_id_equal(&head.data, &lck->file->data))
    rc = log_damage(MDBX_INVALID, "the lock file %s is in use for another database", path);
  if (rc == MDBX_SUCCESS)
    rc = content_map(lck->file, head.length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = head.length;
  content_attach(lck, addr, head.slot_count);
  return MDBX_SUCCESS;
}

static void slots_free_own(struct lck *lck) {
  for (uint32_t i = 0; i < lck->slot_count; ++i) {
    struct reader_slot *slot = lck->slots + i;
    if (atomic_load(&slot->state) == READER_FREE || atomic_load(&slot->process) != lck->process)
      continue;
    atomic_store(&slot->txnid, 0);
    atomic_store(&slot->state, READER_FREE);
  }
}

/* Nothing in the lock file shall name this index any more: at open since an earlier holder of it may have died, at
 * close since the next one must not look like us. */
static void traces_remove(struct lck *lck) {
  os_shlock_bury(&lck->shared->table, lck->process + 1);
  if (os_shlock_bury(&lck->shared->writer, lck->process + 1))
    log_notice("the writer lock was held by a process that is gone");
  if (lck_table_lock(lck) == MDBX_SUCCESS) {
    slots_free_own(lck);
    lck_table_unlock(lck);
  }
}

/* ---- Open and close --------------------------------------------------------------------------------------------- */

static int private_open(struct lck *lck, unsigned max_readers) {
  const uint32_t slots = lck_readers_rounded(max_readers);
  void *addr;
  lck->length = content_length(slots);
  const int rc = os_map_anonymous(lck->length, &addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->kind = LCK_KIND_PRIVATE;
  lck->first = true;
  lck->process = 0;
  content_attach(lck, addr, slots);
  content_fill(lck);
  return MDBX_SUCCESS;
}

static int shared_open(struct lck *lck, const char *path, unsigned flags, unsigned max_readers) {
  int rc = data_take(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = presence_take(lck, flags);
  if (rc == MDBX_SUCCESS)
    rc = index_take(lck);
  if (rc == MDBX_SUCCESS)
    rc = lck->first ? content_make(lck, path, max_readers) : content_adopt(lck, path);
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
    rc = registry_enter(&data, flags, &lck->file);
  if (rc != MDBX_SUCCESS) {
    lck->file = NULL;
    return rc;
  }
  data_open(lck, data_fd);
  rc = file_open(lck, path, data_fd, flags, mode);
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
      log_error("others cannot be let in, error %d", rc);
  }
  opening_unlock(lck);
  file_give(lck->file);
}

/* Becomes the one that closes, in this process and among all. */
static int closing_enter(struct lck *lck) {
  file_take(lck->file);
  const int rc = opening_lock(lck);
  if (rc != MDBX_SUCCESS)
    log_error("the lock file's opening lock cannot be had, error %d", rc);
  return rc;
}

int lck_close_begin(struct lck *lck, bool *last) {
  *last = !lck->file && !lck_is_inherited(lck);
  if (!lck->file || lck->entered || lck_is_inherited(lck))
    return MDBX_SUCCESS;
  const int rc = closing_enter(lck);
  if (rc != MDBX_SUCCESS) {
    file_give(lck->file);
    return rc;
  }
  os_process_lock();
  const bool only = lck->file->users == 1;
  os_process_unlock();
  *last = only && os_range_lock(lck->file->locks, LCK_BYTE_PRESENCE, 1, true, false) == MDBX_SUCCESS;
  return MDBX_SUCCESS;
}

static void file_free(struct lck_file *file) {
  while (file) {
    struct lck_file *next = file->aside;
    free(file);
    file = next;
  }
}

/* The others of this process go on with the file: give back only what is this environment's. */
static void file_leave_shared(struct lck *lck) {
  struct lck_file *file = lck->file;
  if (lck->process < LCK_PROCESSES) {
    os_range_unlock(file->locks, LCK_BASE + lck->process, 1);
    os_range_unlock(file->locks, LCK_WRITERS + lck->process, 1);
  }
  if (lck->entered)
    opening_unlock(lck);
  os_process_lock();
  members_remove(file, lck);
  file->users -= 1;
  file->busy = false;
  os_process_unlock();
}

/* The entry stays in the list until its descriptors are closed: an open by another thread meanwhile would lose its locks
 * with that close. */
static int file_leave_last(struct lck *lck) {
  struct lck_file *file = lck->file;
  opening_forget(lck); /* it goes with the descriptor */
  /* A child that was made without the handlers of fork() has this open file as well. */
  if (file->fd >= 0)
    os_range_unlock(file->locks, 0, LCK_WRITERS + LCK_PROCESSES);
  const int rc = file_close(file);
  os_process_lock();
  registry_unlink(file);
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

/* In a forked child: the locks are the parent's; an own open of the same file must keep its own. */
static void file_leave_inherited(struct lck *lck) {
  struct lck_file *file = lck->file;
  os_process_lock();
  members_remove(file, lck);
  file->users -= 1;
  if (file->users == 0) {
    registry_unlink(file);
    struct lck_file *own = registry_find(&file->data);
    if (!own) {
      file_close(file);
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
  /* During an open this thread is the one already, with or without byte 0. */
  int rc = lck->shared && !lck->entered ? closing_enter(lck) : MDBX_SUCCESS;
  if (lck->shared) {
    traces_remove(lck);
    os_unmap(lck->shared, lck->length);
  }
  data_give(lck);
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
  data_close(lck);
  lck_prepare(lck);
  return rc;
}

/* ---- After a fork ----------------------------------------------------------------------------------------------- */

/* The first user again: in the mapping that is there. */
static int content_remake(struct lck *lck, const struct lck *old) {
  const int rc = content_allocate(lck->file->fd, old->length);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck->length = old->length;
  content_attach(lck, old->shared, old->slot_count);
  content_fill(lck);
  return MDBX_SUCCESS;
}

/* Others may have made it anew, and larger or smaller: then there is another mapping, and the old one stays for whoever
 * has slots there. */
static int content_return(struct lck *lck, const struct lck *old, const char *path) {
  const struct lck_shared *there = old->shared;
  if (there->magic != LCK_MAGIC || there->version != LCK_VERSION || there->slot_count != old->slot_count ||
      there->length != old->length)
    return content_adopt(lck, path);
  lck->length = old->length;
  content_attach(lck, old->shared, old->slot_count);
  return MDBX_SUCCESS;
}

static int shared_reopen(struct lck *lck, const struct lck *old, const char *path, unsigned flags) {
  int rc = MDBX_SUCCESS;
  if (lck->file->fd < 0) {
    rc = os_dup(old->file->fd, &lck->file->fd);
    lck->file->locks = lck->file->fd | (old->file->locks & OS_LOCK_BY_PROCESS);
    if (rc == MDBX_SUCCESS && old->file->spare >= 0)
      rc = os_dup(old->file->spare, &lck->file->spare);
  }
  if (rc == MDBX_SUCCESS)
    rc = opening_lock(lck);
  if (rc == MDBX_SUCCESS)
    rc = data_take(lck, path);
  if (rc == MDBX_SUCCESS)
    rc = presence_take(lck, flags);
  if (rc == MDBX_SUCCESS)
    rc = index_take(lck);
  if (rc == MDBX_SUCCESS)
    rc = lck->first ? content_remake(lck, old) : content_return(lck, old, path);
  if (rc == MDBX_SUCCESS)
    traces_remove(lck);
  return rc;
}

/* The memory is a copy of the parent's: its readers may be read on with here, its writer is not here. */
static int private_reopen(struct lck *lck) {
  os_shlock_bury(&lck->shared->table, lck->process + 1);
  os_shlock_bury(&lck->shared->writer, lck->process + 1);
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
  members_remove(old.file, lck);
  os_process_unlock();
  lck_prepare(lck);
  lck->data_fd = old.data_fd;
  lck->data_fd_is_own = old.data_fd_is_own;
  int rc = os_file_id(data_fd, &data);
  if (rc == MDBX_SUCCESS)
    rc = registry_enter(&data, flags, &lck->file);
  if (rc != MDBX_SUCCESS)
    lck->file = NULL;
  else
    rc = shared_reopen(lck, &old, path, flags);
  file_leave_inherited(&old);
  if (rc == MDBX_SUCCESS)
    return rc;
  if (lck->file)
    lck_close(lck);
  os_unmap(old.shared, old.length);
  lck_prepare(lck);
  return rc;
}

/* ---- The two locks in the file ---------------------------------------------------------------------------------- */

static bool owner_is_alive(void *context, uint32_t token) {
  return lck_process_is_alive((const struct lck *)context, token - 1);
}

int lck_writer_lock(struct lck *lck, bool try_only) {
  struct os_shlock *lock = &lck->shared->writer;
  rank_check(RANK_WRITER); /* not entered: another thread may end the transaction */
  const int rc = os_shlock_acquire(lock, lck->process + 1, owner_is_alive, lck, try_only);
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

int lck_table_lock(struct lck *lck) {
  struct os_shlock *lock = &lck->shared->table;
  rank_check(RANK_READERS);
  const int rc = os_shlock_acquire(lock, lck->process + 1, owner_is_alive, lck, false);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  rank_enter(RANK_READERS);
  lck->table_turn = os_shlock_turn(lock);
  return MDBX_SUCCESS;
}

void lck_table_unlock(struct lck *lck) {
  rank_leave(RANK_READERS);
  if (os_shlock_release(&lck->shared->table, lck->process + 1, lck->table_turn) != MDBX_SUCCESS)
    log_error("the reader table is unlocked by somebody who has not locked it");
}

void lck_publish_head(struct lck *lck, txnid_t txnid, unsigned meta_slot) {
  atomic_store(&lck->shared->head, txnid << 2 | meta_slot);
}

/* The new one first: a process that dies in between leaves a pin too many, not one too few. */
void lck_publish_durable(struct lck *lck, txnid_t txnid) {
  atomic_store(&lck->shared->durable, txnid);
  if (txnid == TXNID_NONE || txnid >= lck_believable(lck))
    atomic_store(&lck->shared->believable, TXNID_NONE);
}

void lck_publish_believable(struct lck *lck, txnid_t txnid) { atomic_store(&lck->shared->believable, txnid); }
