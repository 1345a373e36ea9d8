/* SPDX-License-Identifier: Apache-2.0 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

const struct call_kind_about call_kinds[CALL_KINDS] = {
    [CALL_MEMORY] = {"memory", {ENOMEM}},
    [CALL_OPEN] = {"open", {EIO, EMFILE, ENOMEM, EINTR}},
    [CALL_READ] = {"read", {EIO, EINTR, SHORT_TRANSFER}},
    [CALL_WRITE] = {"write", {EIO, ENOSPC, EDQUOT, EINTR, SHORT_TRANSFER}},
    [CALL_SYNC] = {"sync", {EIO, ENOSPC, EINTR}},
    [CALL_TRUNCATE] = {"truncate", {EIO, ENOSPC, EINTR}},
    [CALL_ALLOCATE] = {"allocate", {ENOSPC, EIO, EDQUOT, EINTR, EOPNOTSUPP}},
    [CALL_MAP] = {"map", {ENOMEM}},
    [CALL_LOCK] = {"lock", {ENOLCK, EINTR}},
    [CALL_STAT] = {"stat", {EIO, ENOMEM}},
    [CALL_NAME] = {"name", {EIO, ENOSPC}},
    [CALL_FUTEX] = {"futex", {EINTR, EAGAIN}},
};

struct shim shim;

/* 0, or how this call is to fail. */
static int due(enum call_kind kind) {
  if (!shim.armed)
    return 0;
  shim.calls[kind] += 1;
  if (kind != shim.kind || !shim.error || (shim.fired && !shim.lasting))
    return 0;
  if (shim.calls[kind] <= shim.at)
    return 0;
  shim.fired = true;
  return shim.error;
}

#define FAIL_IF_DUE(kind, value) \
  do { \
    const int error_ = due(kind); \
    if (error_ > 0) { \
      errno = error_; \
      return (value); \
    } \
  } while (0)

/* How many bytes of a transfer are left of it; 0: it fails. */
static size_t transfer(enum call_kind kind, size_t length) {
  const int error = due(kind);
  if (error > 0) {
    errno = error;
    return 0;
  }
  return error == SHORT_TRANSFER && length > 1 ? length / 2 : length;
}

/* ----------------------------------------------------------------------------------------------------------- memory */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size) {
  FAIL_IF_DUE(CALL_MEMORY, NULL);
  void *made = __real_malloc(size);
  shim.allocations += made != NULL;
  return made;
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size) {
  FAIL_IF_DUE(CALL_MEMORY, NULL);
  void *made = __real_calloc(count, size);
  shim.allocations += made != NULL;
  return made;
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size) {
  FAIL_IF_DUE(CALL_MEMORY, NULL);
  void *made = __real_realloc(old, size);
  shim.allocations += made != NULL && old == NULL;
  return made;
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text) {
  FAIL_IF_DUE(CALL_MEMORY, NULL);
  char *made = __real_strdup(text);
  shim.allocations += made != NULL;
  return made;
}

char *__real_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved);
char *__wrap_realpath(const char *path, char *resolved) {
  FAIL_IF_DUE(CALL_NAME, NULL);
  char *made = __real_realpath(path, resolved);
  shim.allocations += made != NULL && resolved == NULL;
  return made;
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  shim.allocations -= memory != NULL;
  __real_free(memory);
}

/* ------------------------------------------------------------------------------------------------------------ files */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(args, unsigned) : 0;
  va_end(args);
  FAIL_IF_DUE(CALL_OPEN, -1);
  return __real_open(path, flags, mode);
}

ssize_t __real_pread(int fd, void *to, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *to, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *to, size_t length, off_t offset) {
  const size_t some = transfer(CALL_READ, length);
  return length && !some ? -1 : __real_pread(fd, to, some, offset);
}

ssize_t __real_pwrite(int fd, const void *from, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *from, size_t length, off_t offset);
ssize_t __wrap_pwrite(int fd, const void *from, size_t length, off_t offset) {
  const size_t some = transfer(CALL_WRITE, length);
  return length && !some ? -1 : __real_pwrite(fd, from, some, offset);
}

ssize_t __real_write(int fd, const void *from, size_t length);
ssize_t __wrap_write(int fd, const void *from, size_t length);
ssize_t __wrap_write(int fd, const void *from, size_t length) {
  const size_t some = transfer(CALL_WRITE, length);
  return length && !some ? -1 : __real_write(fd, from, some);
}

/* Short: the first chunk alone, or a part of it. */
ssize_t __real_pwritev(int fd, const struct iovec *iov, int count, off_t offset);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int count, off_t offset);
ssize_t __wrap_pwritev(int fd, const struct iovec *iov, int count, off_t offset) {
  const int error = due(CALL_WRITE);
  if (error > 0) {
    errno = error;
    return -1;
  }
  return error == SHORT_TRANSFER ? __real_pwrite(fd, iov->iov_base, (iov->iov_len + 1) / 2, offset)
                                 : __real_pwritev(fd, iov, count, offset);
}

#if defined(__GLIBC__) || defined(RWF_DSYNC) /* older versions of musl have no such call */
ssize_t __real_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags);
ssize_t __wrap_pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
  const int error = due(CALL_WRITE);
  if (error > 0) {
    errno = error;
    return -1;
  }
  const struct iovec part = {iov->iov_base, (iov->iov_len + 1) / 2};
  return error == SHORT_TRANSFER ? __real_pwritev2(fd, &part, 1, offset, flags)
                                 : __real_pwritev2(fd, iov, count, offset, flags);
}
#endif

int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd) {
  FAIL_IF_DUE(CALL_SYNC, -1);
  return __real_fdatasync(fd);
}

int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __wrap_fsync(int fd) {
  FAIL_IF_DUE(CALL_SYNC, -1);
  return __real_fsync(fd);
}

int __real_msync(void *at, size_t length, int flags);
int __wrap_msync(void *at, size_t length, int flags);
int __wrap_msync(void *at, size_t length, int flags) {
  FAIL_IF_DUE(CALL_SYNC, -1);
  return __real_msync(at, length, flags);
}

int __real_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length);
int __wrap_ftruncate(int fd, off_t length) {
  FAIL_IF_DUE(CALL_TRUNCATE, -1);
  return __real_ftruncate(fd, length);
}

int __real_fallocate(int fd, int mode, off_t from, off_t length);
int __wrap_fallocate(int fd, int mode, off_t from, off_t length);
int __wrap_fallocate(int fd, int mode, off_t from, off_t length) {
  FAIL_IF_DUE(CALL_ALLOCATE, -1);
  return __real_fallocate(fd, mode, from, length);
}

void *__real_mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t length, int rights, int flags, int fd, off_t offset) {
  FAIL_IF_DUE(CALL_MAP, MAP_FAILED);
  return __real_mmap(at, length, rights, flags, fd, offset);
}

int __real_mprotect(void *at, size_t length, int rights);
int __wrap_mprotect(void *at, size_t length, int rights);
int __wrap_mprotect(void *at, size_t length, int rights) {
  FAIL_IF_DUE(CALL_MAP, -1);
  return __real_mprotect(at, length, rights);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
  va_list args;
  va_start(args, command);
  void *argument = va_arg(args, void *);
  va_end(args);
  if (command != F_DUPFD_CLOEXEC && command != F_GETFD && command != F_SETFD)
    FAIL_IF_DUE(CALL_LOCK, -1);
  return __real_fcntl(fd, command, argument);
}

int __real_fstat(int fd, struct stat *to);
int __wrap_fstat(int fd, struct stat *to);
int __wrap_fstat(int fd, struct stat *to) {
  FAIL_IF_DUE(CALL_STAT, -1);
  return __real_fstat(fd, to);
}

int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to) {
  FAIL_IF_DUE(CALL_NAME, -1);
  return __real_rename(from, to);
}

/* The engine asks for nothing but futexes so. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  long argument[6];
  va_list args;
  va_start(args, number);
  for (unsigned i = 0; i < 6; ++i)
    argument[i] = va_arg(args, long);
  va_end(args);
  FAIL_IF_DUE(CALL_FUTEX, -1);
  return __real_syscall(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}
