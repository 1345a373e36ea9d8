/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_lock.c: byte-range locks.
 *
 * Owns, for each descriptor, the list of the ranges that its open file holds, under one mutex: the system lets a handle
 * conflict with itself, and unlocks only exactly what was locked. The locks themselves are the system's, belong to the
 * open file, and go when its last handle is closed or the process ends.
 *
 * A locked byte cannot be read or written by calls of other handles, so a lock on byte N is on byte N + BEHIND_DATA, where no file
 * has any. Waiting is asking again: a call that waits would stop all other calls on that handle.
 */
#include "os/win.h"

#include <errno.h>
#include <stdlib.h>
#include <windows.h>

/* Below the locks that the engine itself puts far behind the data, which stay where they are. */
#define BEHIND_DATA UINT64_C(0x1000000000000000)
#define RANGE_END UINT64_C(0x7fffffffffffffff)

struct held {
  uint64_t start, end;
  bool exclusive;
  struct held *next;
};

/* The locks of one open file. */
struct owner {
  unsigned descriptors;
  struct held *ranges;
};

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
/* By descriptor; under guard. */
static struct owner **owners;
static int owners_room;

bool os_range_belongs_to_file(void) { return true; }

/* ---- The lists; under guard ------------------------------------------------------------------------------------- */

static bool make_room(int fd) {
  if (fd < owners_room)
    return true;
  const int room = MAX_OF(fd + 1, owners_room * 2);
  struct owner **more = realloc(owners, (size_t)room * sizeof(*owners));
  if (!more)
    return false;
  memset(more + owners_room, 0, (size_t)(room - owners_room) * sizeof(*owners));
  owners = more;
  owners_room = room;
  return true;
}

/* NULL without memory. */
static struct owner *owner_of(int fd) {
  if (!make_room(fd))
    return NULL;
  if (!owners[fd]) {
    owners[fd] = calloc(1, sizeof(*owners[fd]));
    if (owners[fd])
      owners[fd]->descriptors = 1;
  }
  return owners[fd];
}

static void forget(int fd) {
  struct owner *owner = fd >= 0 && fd < owners_room ? owners[fd] : NULL;
  if (!owner)
    return;
  owners[fd] = NULL;
  if (--owner->descriptors)
    return;
  while (owner->ranges) {
    struct held *next = owner->ranges->next;
    free(owner->ranges);
    owner->ranges = next;
  }
  free(owner);
}

void win_locks_forget(int fd) {
  pthread_mutex_lock(&guard);
  forget(fd);
  pthread_mutex_unlock(&guard);
}

void win_locks_share(int fd, int copy) {
  pthread_mutex_lock(&guard);
  struct owner *owner = owner_of(fd);
  if (owner && make_room(copy)) {
    owners[copy] = owner;
    owner->descriptors += 1;
  }
  pthread_mutex_unlock(&guard);
}

/* The place of the first own range that overlaps, or of the end of the list. The list is in ascending order. */
static struct held **find_own(struct owner *owner, uint64_t start, uint64_t end) {
  struct held **link = &owner->ranges;
  while (*link && ((*link)->end <= start || (*link)->start >= end))
    link = &(*link)->next;
  return link;
}

static int note_held(struct owner *owner, uint64_t start, uint64_t end, bool exclusive) {
  struct held *held = malloc(sizeof(*held)), **link = &owner->ranges;
  if (!held)
    return MDBX_ENOMEM;
  while (*link && (*link)->start < start)
    link = &(*link)->next;
  *held = (struct held){start, end, exclusive, *link};
  *link = held;
  return MDBX_SUCCESS;
}

static void drop_held(struct held **link) {
  struct held *held = *link;
  *link = held->next;
  free(held);
}

/* ---- The system's locks ----------------------------------------------------------------------------------------- */

static OVERLAPPED place_of(uint64_t start) {
  const uint64_t at = start < BEHIND_DATA ? start + BEHIND_DATA : start;
  OVERLAPPED place;
  memset(&place, 0, sizeof(place));
  place.Offset = (DWORD)at;
  place.OffsetHigh = (DWORD)(at >> 32);
  return place;
}

static int lock_bytes(HANDLE handle, uint64_t start, uint64_t end, bool exclusive) {
  OVERLAPPED place = place_of(start);
  const DWORD flags = LOCKFILE_FAIL_IMMEDIATELY | (exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
  if (LockFileEx(handle, flags, 0, (DWORD)(end - start), (DWORD)((end - start) >> 32), &place))
    return MDBX_SUCCESS;
  const DWORD code = GetLastError();
  return code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING ? MDBX_BUSY : win_error_of(code);
}

static int unlock_bytes(HANDLE handle, uint64_t start, uint64_t end) {
  OVERLAPPED place = place_of(start);
  return UnlockFileEx(handle, 0, (DWORD)(end - start), (DWORD)((end - start) >> 32), &place) ? MDBX_SUCCESS
                                                                                             : win_last_error();
}

/* The system gives a shared lock beside the own exclusive one, and takes the exclusive one first: no moment without. */
static int weaken(HANDLE handle, struct held *held) {
  int rc = lock_bytes(handle, held->start, held->end, false);
  if (rc == MDBX_SUCCESS)
    rc = unlock_bytes(handle, held->start, held->end);
  held->exclusive = rc != MDBX_SUCCESS;
  return rc;
}

/* There is a moment without. If somebody gets the lock then, it is lost. */
static int strengthen(HANDLE handle, struct held **link) {
  struct held *held = *link;
  int rc = unlock_bytes(handle, held->start, held->end);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = lock_bytes(handle, held->start, held->end, true);
  held->exclusive = rc == MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS && lock_bytes(handle, held->start, held->end, false) != MDBX_SUCCESS)
    drop_held(link);
  return rc;
}

/* Under guard. */
static int lock_range(HANDLE handle, struct owner *owner, uint64_t start, uint64_t end, bool exclusive) {
  struct held **own = find_own(owner, start, end);
  if (!*own) {
    int rc = lock_bytes(handle, start, end, exclusive);
    if (rc == MDBX_SUCCESS && note_held(owner, start, end, exclusive) != MDBX_SUCCESS) {
      unlock_bytes(handle, start, end);
      rc = MDBX_ENOMEM;
    }
    return rc;
  }
  if ((*own)->start != start || (*own)->end != end)
    return MDBX_EINVAL;
  if ((*own)->exclusive == exclusive)
    return MDBX_SUCCESS;
  return exclusive ? strengthen(handle, own) : weaken(handle, *own);
}

static uint64_t end_of(uint64_t start, uint64_t length) {
  return length && length < RANGE_END - start ? start + length : RANGE_END;
}

/* ---- What os.h declares ----------------------------------------------------------------------------------------- */

static int try_range(int fd, uint64_t start, uint64_t length, bool exclusive) {
  const HANDLE handle = win_handle(fd);
  if (!handle)
    return EBADF;
  pthread_mutex_lock(&guard);
  struct owner *owner = owner_of(fd);
  const int rc = owner ? lock_range(handle, owner, start, end_of(start, length), exclusive) : MDBX_ENOMEM;
  pthread_mutex_unlock(&guard);
  return rc;
}

int os_range_lock(int fd, uint64_t start, uint64_t length, bool exclusive, bool wait) {
  enum { PAUSE_MAX = 16 };
  for (unsigned pause = 1;; pause = MIN_OF(pause * 2, (unsigned)PAUSE_MAX)) {
    const int rc = try_range(fd & ~OS_LOCK_BY_PROCESS, start, length, exclusive);
    if (rc != MDBX_BUSY || !wait)
      return rc;
    os_sleep_ms(pause);
  }
}

/* Under guard. Own ranges that are only partly in the range stay. */
static int unlock_range(HANDLE handle, struct owner *owner, uint64_t start, uint64_t end) {
  int rc = MDBX_SUCCESS;
  for (struct held **link = &owner->ranges; *link;) {
    struct held *held = *link;
    if (held->start < start || held->end > end) {
      link = &held->next;
      continue;
    }
    const int failed = unlock_bytes(handle, held->start, held->end);
    rc = rc == MDBX_SUCCESS ? failed : rc;
    drop_held(link);
  }
  return rc;
}

int os_range_unlock(int fd, uint64_t start, uint64_t length) {
  const int plain = fd & ~OS_LOCK_BY_PROCESS;
  const HANDLE handle = win_handle(plain);
  if (!handle)
    return EBADF;
  pthread_mutex_lock(&guard);
  struct owner *owner = owner_of(plain);
  const int rc = owner ? unlock_range(handle, owner, start, end_of(start, length)) : MDBX_ENOMEM;
  pthread_mutex_unlock(&guard);
  return rc;
}

/* Under guard. Asks for the range in pieces, between own ranges. Nothing tells who has a lock but the attempt to get it, so
 * for a moment another process may find bytes locked that nobody keeps. */
static int test_range(HANDLE handle, struct owner *owner, uint64_t start, uint64_t end, bool exclusive,
                      struct held *found) {
  while (start < end) {
    const struct held *own = *find_own(owner, start, end);
    const uint64_t stop = own ? own->start : end;
    if (start < stop) {
      const int rc = lock_bytes(handle, start, stop, exclusive);
      *found = (struct held){start, stop, exclusive, NULL};
      if (rc != MDBX_SUCCESS)
        return rc;
      unlock_bytes(handle, start, stop);
    }
    start = own ? own->end : end;
  }
  return MDBX_SUCCESS;
}

int os_range_test(int fd, uint64_t start, uint64_t length, bool exclusive, bool *busy, uint64_t *busy_start,
                  uint64_t *busy_length) {
  const int plain = fd & ~OS_LOCK_BY_PROCESS;
  const HANDLE handle = win_handle(plain);
  struct held found = {0, 0, false, NULL};
  if (!handle)
    return EBADF;
  pthread_mutex_lock(&guard);
  struct owner *owner = owner_of(plain);
  const int rc = owner ? test_range(handle, owner, start, end_of(start, length), exclusive, &found) : MDBX_ENOMEM;
  pthread_mutex_unlock(&guard);
  *busy = rc == MDBX_BUSY;
  *busy_start = *busy ? found.start : 0;
  *busy_length = *busy ? found.end - found.start : 0;
  return *busy ? MDBX_SUCCESS : rc;
}

/* ---- Another open file of the same file ------------------------------------------------------------------------- */

/* Without the right to write there is none to give the new handle either. */
static HANDLE open_again(HANDLE handle, DWORD access) {
  return ReOpenFile(handle, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, 0);
}

static bool may_write(HANDLE handle) {
  HANDLE twin;
  const HANDLE self = GetCurrentProcess();
  if (!DuplicateHandle(self, handle, self, &twin, FILE_WRITE_DATA, FALSE, 0))
    return false;
  CloseHandle(twin);
  return true;
}

int os_open_again(int fd, int *twin) {
  const HANDLE handle = win_handle(fd);
  *twin = -1;
  if (!handle)
    return EBADF;
  const HANDLE opened = open_again(handle, may_write(handle) ? GENERIC_READ | GENERIC_WRITE : GENERIC_READ);
  if (opened == INVALID_HANDLE_VALUE)
    return win_last_error();
  return win_descriptor(opened, twin);
}

/* Only forked children need these. */
bool os_reopen(int fd) {
  (void)fd;
  return false;
}

bool os_replace(int fd, int by) {
  (void)fd, (void)by;
  return false;
}
