/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_lock.c: byte-range locks of POSIX systems.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef F_OFD_SETLK
enum { LOCK_TRY = F_OFD_SETLK, LOCK_WAIT = F_OFD_SETLKW, LOCK_ASK = F_OFD_GETLK };
#else
enum { LOCK_TRY = F_SETLK, LOCK_WAIT = F_SETLKW, LOCK_ASK = F_GETLK };
#endif

/* Set when the system has reported that it has no OFD locks. */
static _Atomic bool only_by_process = LOCK_TRY == F_SETLK;

bool os_range_belongs_to_file(void) { return !atomic_load(&only_by_process); }

static int posix_command(int command) {
  return command == LOCK_TRY ? F_SETLK : command == LOCK_WAIT ? F_SETLKW : F_GETLK;
}

/* MDBX_SUCCESS or errno. */
static int range_call(int fd, int command, struct flock *range) {
  const int plain = fd & ~OS_LOCK_BY_PROCESS;
  for (;;) {
    const bool by_process = plain != fd || atomic_load(&only_by_process);
    if (fcntl(plain, by_process ? posix_command(command) : command, range) == 0)
      return MDBX_SUCCESS;
    if (errno == EINVAL && !by_process)
      atomic_store(&only_by_process, true);
    else if (errno != EINTR)
      return errno;
  }
}

static struct flock range_of(uint64_t start, uint64_t length, short type) {
  struct flock range;
  memset(&range, 0, sizeof(range));
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = (off_t)start;
  range.l_len = (off_t)length;
  return range;
}

int os_range_lock(int fd, uint64_t start, uint64_t length, bool exclusive, bool wait) {
  for (;;) {
    struct flock range = range_of(start, length, exclusive ? F_WRLCK : F_RDLCK);
    const int rc = range_call(fd, wait ? LOCK_WAIT : LOCK_TRY, &range);
    if (!wait && (rc == EAGAIN || rc == EACCES))
      return MDBX_BUSY;
    if (rc != EDEADLK)
      return rc;
    /* With process locks the kernel does not distinguish threads: it may report a deadlock although another thread will
     * release its lock. */
    os_sleep_ms(1);
  }
}

int os_range_unlock(int fd, uint64_t start, uint64_t length) {
  struct flock range = range_of(start, length, F_UNLCK);
  return range_call(fd, LOCK_TRY, &range);
}

int os_range_test(int fd, uint64_t start, uint64_t length, bool exclusive, bool *busy, uint64_t *busy_start,
                  uint64_t *busy_length) {
  struct flock range = range_of(start, length, exclusive ? F_WRLCK : F_RDLCK);
  const int rc = range_call(fd, LOCK_ASK, &range);
  if (rc != MDBX_SUCCESS)
    return rc;
  *busy = range.l_type != F_UNLCK;
  *busy_start = *busy ? (uint64_t)range.l_start : 0;
  *busy_length = *busy ? (uint64_t)range.l_len : 0;
  return MDBX_SUCCESS;
}

#ifdef __linux__
/* The path in /proc by which a descriptor of this process can be opened. */
static void name_descriptor(int fd, char name[32]) {
  char digits[16];
  size_t count = 0, at = sizeof("/proc/self/fd/") - 1;
  memcpy(name, "/proc/self/fd/", at);
  do
    digits[count++] = (char)('0' + fd % 10);
  while ((fd /= 10) > 0);
  while (count > 0)
    name[at++] = digits[--count];
  name[at] = 0;
}

/* -1: errno has the error. */
static int open_by_descriptor(int fd) {
  char name[32];
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0)
    return -1;
  name_descriptor(fd, name);
  return open(name, (flags & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool os_reopen(int fd) {
  const int fresh = open_by_descriptor(fd);
  if (fresh < 0)
    return false;
  const bool done = dup3(fresh, fd, O_CLOEXEC) == fd;
  close(fresh);
  return done;
}
#else
static int open_by_descriptor(int fd) {
  (void)fd;
  errno = ENOSYS;
  return -1;
}

bool os_reopen(int fd) {
  (void)fd;
  return false;
}
#endif

bool os_replace(int fd, int by) { return dup2(by, fd) == fd && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0; }

int os_open_again(int fd, int *twin) {
  const int opened = open_by_descriptor(fd);
  *twin = -1;
  if (opened < 0)
    return errno;
  /* Away from 0, 1 and 2, like every descriptor. */
  *twin = opened > STDERR_FILENO ? opened : fcntl(opened, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int rc = *twin < 0 ? errno : MDBX_SUCCESS;
  if (*twin != opened)
    close(opened);
  return rc;
}
