/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/preload.c: a library that is loaded into a program with LD_PRELOAD and lets the n-th call of a kind fail,
 * see preload.h.
 *
 * Calls within the C library cannot be met, but for those of its allocator. So the streams of the program are made here,
 * of functions of this file (fopencookie); then each time a stream reads or writes is a call that can fail. Calls count
 * from the beginning of main() to the last function that the program registered with atexit().
 */
#undef _FORTIFY_SOURCE /* its inline functions have the names of those here */
#include "preload.h"

#include <features.h>

/* The names of the allocator's own functions are those of the GNU C library. */
#ifdef __GLIBC__

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

/* What is in the place of functions of the C library must be seen by the program. */
#pragma GCC visibility push(default)

static struct preload_orders *orders;
static bool armed;

/* ---------------------------------------------------------------------------------------------------------- failing */

/* Addresses in the objects, for addr2line. */
static void tell_where(void) {
  void *frames[16];
  size_t length = 0;
  armed = false;
  const int count = backtrace(frames, 16);
  for (int i = 2; i < count && length < sizeof(orders->where) - 200; ++i) {
    Dl_info about;
    if (!dladdr(frames[i], &about) || !about.dli_fname)
      continue;
    const char *slash = strrchr(about.dli_fname, '/');
    length += (size_t)snprintf(orders->where + length, sizeof(orders->where) - length, "%.60s(%.60s)+0x%lx\n",
                               slash ? slash + 1 : about.dli_fname, about.dli_sname ? about.dli_sname : "",
                               (unsigned long)((uintptr_t)frames[i] - (uintptr_t)about.dli_fbase - 1));
  }
  armed = true;
}

/* 0, or how this call is to fail. */
static int due(enum preload_kind kind) {
  if (!armed)
    return 0;
  const long before = atomic_fetch_add(&orders->calls[kind], 1);
  if (kind != orders->kind || !orders->error || before < orders->at || (before > orders->at && !orders->lasting))
    return 0;
  if (!atomic_exchange(&orders->fired, true) && orders->tell)
    tell_where();
  return orders->error;
}

static bool fails(enum preload_kind kind) {
  const int error = due(kind);
  if (error > 0)
    errno = error;
  return error > 0;
}

/* How many bytes of a transfer are left of it; -1: it fails. */
static ssize_t transfer(enum preload_kind kind, size_t length) {
  const int error = due(kind);
  if (error > 0) {
    errno = error;
    return -1;
  }
  return (ssize_t)(error == PRELOAD_SHORT && length > 1 ? length / 2 : length);
}

/* Looked up once. The address of an object cannot become that of a function in standard C. */
static void *found(void **address, const char *name) {
  if (!*address)
    *address = dlsym(RTLD_NEXT, name);
  if (!*address)
    abort();
  return *address;
}

/* The function of the C library. */
#define REAL(type, name, arguments, passed) \
  static type real_##name arguments { \
    static void *address; \
    type(*function) arguments; \
    void *const real = found(&address, #name); \
    memcpy(&function, &real, sizeof(function)); \
    return function passed; \
  }

/* The same, and one that may fail in its place. */
#define REPLACE(kind, failed, type, name, arguments, passed) \
  REAL(type, name, arguments, passed) \
  type name arguments; \
  type name arguments { return fails(kind) ? (failed) : real_##name passed; }

/* ----------------------------------------------------------------------------------------------------------- memory */

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size) { return fails(PRELOAD_MEMORY) ? NULL : __libc_malloc(size); }

void *calloc(size_t count, size_t size) { return fails(PRELOAD_MEMORY) ? NULL : __libc_calloc(count, size); }

void *realloc(void *old, size_t size) { return fails(PRELOAD_MEMORY) ? NULL : __libc_realloc(old, size); }

/* ------------------------------------------------------------------------------------------------------------ files */

static int real_open(const char *path, int flags, mode_t mode) {
  static void *address;
  int (*function)(const char *, int, ...);
  void *const real = found(&address, "open");
  memcpy(&function, &real, sizeof(function));
  return function(path, flags, mode);
}

static int open_counted(const char *path, int flags, mode_t mode) {
  const int error = due(PRELOAD_OPEN);
  if (error <= 0 || (error == EACCES && strncmp(path, "/proc/", 6) == 0)) /* a system without facts is no fault */
    return real_open(path, flags, mode);
  errno = error;
  return -1;
}

int open(const char *path, int flags, ...) {
  va_list args;
  va_start(args, flags);
  const mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
  va_end(args);
  return open_counted(path, flags, mode);
}

int fcntl(int fd, int command, ...) {
  static void *address;
  int (*function)(int, int, ...);
  va_list args;
  va_start(args, command);
  void *argument = va_arg(args, void *);
  va_end(args);
  void *real = found(&address, "fcntl");
  memcpy(&function, &real, sizeof(function));
  const bool copies = command == F_DUPFD_CLOEXEC || command == F_DUPFD;
  if (command != F_GETFD && command != F_SETFD && fails(copies ? PRELOAD_OPEN : PRELOAD_LOCK))
    return -1;
  return function(fd, command, argument);
}

REPLACE(PRELOAD_OPEN, -1, int, dup2, (int fd, int to), (fd, to))
REPLACE(PRELOAD_OPEN, -1, int, dup3, (int fd, int to, int flags), (fd, to, flags))
REPLACE(PRELOAD_SYNC, -1, int, fdatasync, (int fd), (fd))
REPLACE(PRELOAD_SYNC, -1, int, fsync, (int fd), (fd))
REPLACE(PRELOAD_SYNC, -1, int, msync, (void *at, size_t length, int flags), (at, length, flags))
REPLACE(PRELOAD_TRUNCATE, -1, int, ftruncate, (int fd, off_t length), (fd, length))
REPLACE(PRELOAD_ALLOCATE, -1, int, fallocate, (int fd, int mode, off_t from, off_t length), (fd, mode, from, length))
REPLACE(PRELOAD_MAP, MAP_FAILED, void *, mmap, (void *at, size_t length, int rights, int flags, int fd, off_t offset),
        (at, length, rights, flags, fd, offset))
REPLACE(PRELOAD_MAP, -1, int, mprotect, (void *at, size_t length, int rights), (at, length, rights))

/* What it returned says whether the descriptor is closed: it is, also after an error. */
REAL(int, close, (int fd), (fd))
int close(int fd) {
  const int rc = real_close(fd);
  return fails(PRELOAD_CLOSE) ? -1 : rc;
}

REAL(ssize_t, pread, (int fd, void *to, size_t length, off_t offset), (fd, to, length, offset))
ssize_t pread(int fd, void *to, size_t length, off_t offset) {
  const ssize_t some = transfer(PRELOAD_READ, length);
  return some < 0 ? -1 : real_pread(fd, to, (size_t)some, offset);
}

REAL(ssize_t, read, (int fd, void *to, size_t length), (fd, to, length))
ssize_t read(int fd, void *to, size_t length) {
  const ssize_t some = transfer(PRELOAD_READ, length);
  return some < 0 ? -1 : real_read(fd, to, (size_t)some);
}

REAL(ssize_t, pwrite, (int fd, const void *from, size_t length, off_t offset), (fd, from, length, offset))
ssize_t pwrite(int fd, const void *from, size_t length, off_t offset) {
  const ssize_t some = transfer(PRELOAD_WRITE, length);
  return some < 0 ? -1 : real_pwrite(fd, from, (size_t)some, offset);
}

REAL(ssize_t, write, (int fd, const void *from, size_t length), (fd, from, length))
ssize_t write(int fd, const void *from, size_t length) {
  const ssize_t some = transfer(PRELOAD_WRITE, length);
  return some < 0 ? -1 : real_write(fd, from, (size_t)some);
}

/* Short: a part of the first chunk. */
REAL(ssize_t, pwritev, (int fd, const struct iovec *iov, int count, off_t offset), (fd, iov, count, offset))
ssize_t pwritev(int fd, const struct iovec *iov, int count, off_t offset) {
  const ssize_t some = transfer(PRELOAD_WRITE, 2);
  if (some < 0)
    return -1;
  return some == 2 ? real_pwritev(fd, iov, count, offset)
                   : real_pwrite(fd, iov->iov_base, (iov->iov_len + 1) / 2, offset);
}

REAL(ssize_t, pwritev2, (int fd, const struct iovec *iov, int count, off_t offset, int flags),
     (fd, iov, count, offset, flags))
ssize_t pwritev2(int fd, const struct iovec *iov, int count, off_t offset, int flags) {
  const ssize_t some = transfer(PRELOAD_WRITE, 2);
  const struct iovec part = {iov->iov_base, (iov->iov_len + 1) / 2};
  if (some < 0)
    return -1;
  return some == 2 ? real_pwritev2(fd, iov, count, offset, flags) : real_pwritev2(fd, &part, 1, offset, flags);
}

/* ------------------------------------------------------------------------------------------------------------ names */

REPLACE(PRELOAD_STAT, -1, int, fstat, (int fd, struct stat *to), (fd, to))
REPLACE(PRELOAD_STAT, -1, int, stat, (const char *path, struct stat *to), (path, to))
REPLACE(PRELOAD_STAT, -1, int, lstat, (const char *path, struct stat *to), (path, to))
REPLACE(PRELOAD_STAT, -1, int, statfs, (const char *path, struct statfs *to), (path, to))
REPLACE(PRELOAD_STAT, -1, int, fstatfs, (int fd, struct statfs *to), (fd, to))
REPLACE(PRELOAD_STAT, -1, int, access, (const char *path, int how), (path, how))
REPLACE(PRELOAD_STAT, -1, off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence))
REPLACE(PRELOAD_NAME, NULL, char *, realpath, (const char *path, char *resolved), (path, resolved))
REPLACE(PRELOAD_NAME, -1, ssize_t, readlink, (const char *path, char *to, size_t size), (path, to, size))
REPLACE(PRELOAD_NAME, -1, int, rename, (const char *from, const char *to), (from, to))
REPLACE(PRELOAD_NAME, -1, int, link, (const char *from, const char *to), (from, to))
REPLACE(PRELOAD_NAME, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
REPLACE(PRELOAD_REMOVE, -1, int, unlink, (const char *path), (path))
REPLACE(PRELOAD_REMOVE, -1, int, rmdir, (const char *path), (path))

/* ---------------------------------------------------------------------------------------------------------- the rest */

REPLACE(PRELOAD_START, -1, int, pipe, (int ends[2]), (ends))
REPLACE(PRELOAD_START, -1, int, pipe2, (int ends[2], int flags), (ends, flags))
REPLACE(PRELOAD_START, -1, int, eventfd, (unsigned count, int flags), (count, flags))
REPLACE(PRELOAD_START, -1, pid_t, fork, (void), ())
REPLACE(PRELOAD_START, orders->error, int, pthread_create,
        (pthread_t * thread, const pthread_attr_t *about, void *(*run)(void *), void *argument),
        (thread, about, run, argument))
REPLACE(PRELOAD_START, orders->error, int, posix_spawnp,
        (pid_t * pid, const char *name, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *about,
         char *const argv[], char *const environment[]),
        (pid, name, actions, about, argv, environment))
REPLACE(PRELOAD_ADVICE, -1, int, madvise, (void *at, size_t length, int advice), (at, length, advice))
REPLACE(PRELOAD_ADVICE, -1, int, mlock, (const void *at, size_t length), (at, length))
REPLACE(PRELOAD_ADVICE, -1, int, sync_file_range, (int fd, off64_t from, off64_t length, unsigned flags),
        (fd, from, length, flags))

/* The engine asks for nothing but futexes so. */
long syscall(long number, ...) {
  static void *address;
  long (*function)(long, ...);
  long argument[6];
  va_list args;
  va_start(args, number);
  for (unsigned i = 0; i < 6; ++i)
    argument[i] = va_arg(args, long);
  va_end(args);
  void *real = found(&address, "syscall");
  memcpy(&function, &real, sizeof(function));
  if (fails(PRELOAD_FUTEX))
    return -1;
  return function(number, argument[0], argument[1], argument[2], argument[3], argument[4], argument[5]);
}

/* ---------------------------------------------------------------------------------------------------------- streams */

enum { STREAMS = 32, STREAM_BUFFER = 512 };
static struct stream {
  FILE *file;
  int fd;
} streams[STREAMS];

static ssize_t stream_read(void *cookie, char *to, size_t length) {
  const struct stream *stream = cookie;
  const ssize_t some = transfer(PRELOAD_STREAM_READ, length);
  return some < 0 ? -1 : real_read(stream->fd, to, (size_t)some);
}

/* The C library takes 0 for an error, and not -1. */
static ssize_t stream_write(void *cookie, const char *from, size_t length) {
  const struct stream *stream = cookie;
  orders->late = orders->late || !armed;
  const ssize_t some = transfer(PRELOAD_STREAM_WRITE, length);
  const ssize_t done = some < 0 ? -1 : real_write(stream->fd, from, (size_t)some);
  return done < 0 ? 0 : done;
}

static int stream_seek(void *cookie, off64_t *place, int whence) {
  const struct stream *stream = cookie;
  *place = real_lseek(stream->fd, *place, whence);
  return *place < 0 ? -1 : 0;
}

static int stream_close(void *cookie) {
  struct stream *stream = cookie;
  stream->file = NULL;
  return close(stream->fd);
}

static FILE *stream_make(int fd, const char *mode) {
  static const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
  struct stream *stream = streams;
  while (stream->file)
    if (++stream == streams + STREAMS)
      abort();
  stream->fd = fd;
  stream->file = fopencookie(stream, mode, functions);
  if (stream->file) /* more calls, and so more places where one can fail */
    setvbuf(stream->file, NULL, _IOFBF, STREAM_BUFFER);
  return stream->file;
}

FILE *fdopen(int fd, const char *mode) { return stream_make(fd, mode); }

FILE *fopen(const char *path, const char *mode) {
  const bool both = strchr(mode, '+');
  const int flags = *mode == 'r'   ? (both ? O_RDWR : O_RDONLY)
                    : *mode == 'w' ? (both ? O_RDWR : O_WRONLY) | O_CREAT | O_TRUNC
                                   : (both ? O_RDWR : O_WRONLY) | O_CREAT | O_APPEND;
  const int fd = open_counted(path, flags | (strchr(mode, 'e') ? O_CLOEXEC : 0), 0666);
  FILE *file = fd < 0 ? NULL : stream_make(fd, mode);
  if (fd >= 0 && !file)
    real_close(fd);
  return file;
}

int fileno(FILE *file) {
  for (size_t i = 0; i < STREAMS; ++i)
    if (streams[i].file == file)
      return streams[i].fd;
  return file == stderr ? STDERR_FILENO : -1;
}

/* ------------------------------------------------------------------------------------------------------------ begin */

static void disarm(void) { armed = false; }

static int (*main_of_program)(int, char **, char **);

static int main_with_faults(int argc, char **argv, char **environment) {
  const char *name = getenv(PRELOAD_FILE);
  const int fd = name ? real_open(name, O_RDWR, 0) : -1;
  void *at = fd < 0 ? MAP_FAILED : real_mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (fd >= 0)
    real_close(fd);
  unsetenv("LD_PRELOAD");
  unsetenv(PRELOAD_FILE);
  if (at == MAP_FAILED)
    abort();
  orders = at;
  orders->loaded = true;
  stdin = stream_make(STDIN_FILENO, "r");
  stdout = stream_make(STDOUT_FILENO, "w");
  atexit(disarm);
  armed = true;
  return main_of_program(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end);
REAL(int, __libc_start_main,
     (int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
      void (*rtld_fini)(void), void *stack_end),
     (main, argc, argv, init, fini, rtld_fini, stack_end))
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
                      void (*rtld_fini)(void), void *stack_end) {
  main_of_program = main;
  return real___libc_start_main(main_with_faults, argc, argv, init, fini, rtld_fini, stack_end);
}

#endif
