/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_file.c: files and directories, and the real table of modifying calls.
 *
 * Owns the pointer `os_ops`. Every loop here ends: each iteration processes at least one byte or returns an error.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/vfs.h>
#elif defined(__FreeBSD__) || defined(__APPLE__)
#include <sys/param.h>

#include <sys/mount.h>
#endif

/* Some systems refuse a single call above 2 GiB, and Linux transfers less. */
#define CALL_BYTES_MAX ((size_t)1 << 30)
/* POSIX promises 16, every system in use gives 1024. */
#define CALL_CHUNKS_MAX 1024
/* File systems allocate storage in blocks of this size or less, see allocate_by_writing(). */
#define BLOCK_BYTES_MAX 4096u
#define BLOCK_BYTES_MIN 512u

/* ---- Writing ---------------------------------------------------------------------------------------------------- */

static int call_result(ssize_t done, size_t *moved) {
  *moved = done > 0 ? (size_t)done : 0;
  if (done > 0)
    return MDBX_SUCCESS;
  /* A call that writes nothing without an error would make the loops endless. */
  return done < 0 ? (errno == EINTR ? MDBX_SUCCESS : errno) : MDBX_EIO;
}

/* The number of chunks from iov on that one call may write; 0 if the first one alone is too big. */
static int chunks_for_one_call(const struct iovec *iov, int count) {
  size_t bytes = 0;
  int chunks = 0;
  while (chunks < count && chunks < CALL_CHUNKS_MAX && iov[chunks].iov_len <= CALL_BYTES_MAX - bytes)
    bytes += iov[chunks++].iov_len;
  return chunks;
}

/* Removes `moved` bytes from the beginning; returns how many chunks are finished. */
static int advance_chunks(struct iovec *iov, int count, size_t moved) {
  int gone = 0;
  while (gone < count && iov[gone].iov_len <= moved)
    moved -= iov[gone++].iov_len;
  if (gone < count) {
    iov[gone].iov_base = (char *)iov[gone].iov_base + moved;
    iov[gone].iov_len -= moved;
  }
  return gone;
}

/* The system kills a process that writes beyond its limit, unless it has a handler for SIGXFSZ. */
static _Atomic uint64_t size_limit = UINT64_MAX;

void os_file_note_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0)
    atomic_store(&size_limit, limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit.rlim_cur);
}

/* Asks the system before it says yes: the process may have raised its limit. */
static bool beyond_limit(uint64_t end) {
  if (end <= atomic_load_explicit(&size_limit, memory_order_relaxed))
    return false;
  os_file_note_limit();
  return end > atomic_load_explicit(&size_limit, memory_order_relaxed);
}

static uint64_t end_of_chunks(const struct iovec *iov, int count, uint64_t offset) {
  for (int i = 0; i < count; ++i)
    offset += iov[i].iov_len;
  return offset;
}

static int real_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  int gone = advance_chunks(iov, count, 0);
  if (beyond_limit(end_of_chunks(iov, count, offset)))
    return EFBIG;
  while (gone < count) {
    struct iovec *at = iov + gone;
    const int chunks = chunks_for_one_call(at, count - gone);
    /* A single chunk is the most common case, and the plain call is cheaper. */
    const ssize_t done = chunks > 1 ? pwritev(fd, at, chunks, (off_t)offset)
                                    : pwrite(fd, at->iov_base, MIN_OF(at->iov_len, CALL_BYTES_MAX), (off_t)offset);
    size_t moved;
    const int rc = call_result(done, &moved);
    if (rc != MDBX_SUCCESS)
      return rc;
    offset += moved;
    gone += advance_chunks(at, count - gone, moved);
  }
  return MDBX_SUCCESS;
}

/* The descriptor is in non-blocking mode: wait until it can be written. */
static int wait_until_writable(int fd) {
  struct pollfd poller = {.fd = fd, .events = POLLOUT};
  return poll(&poller, 1, -1) < 0 && errno != EINTR ? errno : MDBX_SUCCESS;
}

/* A descriptor without a position has no limit. */
static int check_stream_limit(int fd, size_t length) {
  const off_t at = lseek(fd, 0, SEEK_CUR);
  os_file_note_limit();
  return at >= 0 && beyond_limit((uint64_t)at + length) ? EFBIG : MDBX_SUCCESS;
}

int os_write_full(int fd, const void *buffer, size_t length) {
  const char *from = buffer;
  bool regular = false;
  if (os_file_is_regular(fd, &regular) == MDBX_SUCCESS && regular) {
    const int rc = check_stream_limit(fd, length);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  while (length) {
    size_t moved;
    int rc = call_result(write(fd, from, MIN_OF(length, CALL_BYTES_MAX)), &moved);
    if (rc == EAGAIN || rc == EWOULDBLOCK)
      rc = wait_until_writable(fd);
    if (rc != MDBX_SUCCESS)
      return rc;
    from += moved;
    length -= moved;
  }
  return MDBX_SUCCESS;
}

static int flush_once(int fd) {
#if defined(__APPLE__)
  /* fsync() leaves the data in the drive's cache there. Not every file system has the better call. */
  const int rc = fcntl(fd, F_FULLFSYNC);
  return rc != 0 && (errno == ENOTSUP || errno == EINVAL || errno == ENOTTY) ? fsync(fd) : rc;
#elif defined(__linux__)
  return fdatasync(fd);
#else
  return fsync(fd);
#endif
}

static int real_datasync(int fd) {
  while (flush_once(fd) != 0)
    if (errno != EINTR)
      return errno;
  return MDBX_SUCCESS;
}

/* If the system has no such call, or the file system does not support it: write and flush the file. */
static int write_and_flush(int fd, const void *bytes, size_t length, uint64_t offset) {
  struct iovec vector = {(void *)(uintptr_t)bytes, length};
  const int rc = real_pwritev(fd, &vector, 1, offset);
  return rc == MDBX_SUCCESS ? real_datasync(fd) : rc;
}

#if defined(HAVE_PWRITEV2) && defined(RWF_DSYNC)
static int real_write_through(int fd, const void *bytes, size_t length, uint64_t offset) {
  const char *from = bytes;
  if (beyond_limit(offset + length))
    return EFBIG;
  while (length) {
    const struct iovec vector = {(void *)(uintptr_t)from, length};
    size_t moved;
    const int rc = call_result(pwritev2(fd, &vector, 1, (off_t)offset, RWF_DSYNC), &moved);
    if (rc == EOPNOTSUPP || rc == ENOSYS || rc == EINVAL)
      return write_and_flush(fd, from, length, offset);
    if (rc != MDBX_SUCCESS)
      return rc;
    from += moved;
    length -= moved;
    offset += moved;
  }
  return MDBX_SUCCESS;
}
#else
#define real_write_through write_and_flush
#endif

void os_file_begin_flush(int fd) {
#if defined(HAVE_SYNC_FILE_RANGE)
  (void)!sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
  (void)fd;
#endif
}

#ifdef __APPLE__
int os_file_sync(int fd) { return real_datasync(fd); }
#else
int os_file_sync(int fd) {
  while (fsync(fd) != 0)
    if (errno != EINTR)
      return errno;
  return MDBX_SUCCESS;
}
#endif

/* The limit does not matter when a file is made shorter. */
static int check_growth(int fd, uint64_t length) {
  uint64_t now = 0;
  os_file_note_limit();
  return beyond_limit(length) && os_file_size(fd, &now) == MDBX_SUCCESS && now < length ? EFBIG : MDBX_SUCCESS;
}

/* As a system that does not cut mapped files, which the data file is most of the time. */
static bool pretend_mapped(int fd, uint64_t length) {
  uint64_t now = 0;
  return !os_maps_exceed_files() && length && os_file_size(fd, &now) == MDBX_SUCCESS && length < now;
}

static int real_resize(int fd, uint64_t length) {
  const int rc = pretend_mapped(fd, length) ? MDBX_BUSY : check_growth(fd, length);
  if (rc != MDBX_SUCCESS)
    return rc;
  while (ftruncate(fd, (off_t)length) != 0)
    if (errno != EINTR)
      return errno;
  return MDBX_SUCCESS;
}

static int real_msync(void *addr, size_t length, int fd) {
  const size_t extra = (uintptr_t)addr % os_page_size();
  while (msync((char *)addr - extra, length + extra, MS_SYNC) != 0)
    if (errno != EINTR)
      return errno;
#if defined(__APPLE__)
  return real_datasync(fd);
#else
  (void)fd;
  return MDBX_SUCCESS;
#endif
}

/* Writes one byte of each block (its present content, or zero beyond the end), so that the file system must allocate
 * the block. */
static int allocate_by_writing(int fd, uint64_t from, uint64_t to, uint64_t length) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  uint64_t block = BLOCK_BYTES_MAX;
  while (block > BLOCK_BYTES_MIN && block > (uint64_t)st.st_blksize)
    block /= 2;
  for (uint64_t at = from; at < to; at += block - at % block) {
    char byte = 0;
    size_t got;
    int rc = at < length ? os_pread_full(fd, &byte, 1, at, &got) : MDBX_SUCCESS;
    if (rc != MDBX_SUCCESS)
      return rc;
    struct iovec one = {.iov_base = &byte, .iov_len = 1};
    rc = real_pwritev(fd, &one, 1, at);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

/* EOPNOTSUPP where the file system cannot. */
static int allocate_natively(int fd, uint64_t from, uint64_t to) {
#ifdef __linux__
  while (fallocate(fd, 0, (off_t)from, (off_t)(to - from)) != 0)
    if (errno != EINTR)
      return errno == ENOSYS ? EOPNOTSUPP : errno;
  return MDBX_SUCCESS;
#elif defined(__FreeBSD__)
  int rc;
  do
    rc = posix_fallocate(fd, (off_t)from, (off_t)(to - from));
  while (rc == EINTR);
  return rc == EINVAL || rc == ENODEV || rc == ENOSYS ? EOPNOTSUPP : rc;
#else
  (void)fd, (void)from, (void)to;
  return EOPNOTSUPP;
#endif
}

static int real_allocate(int fd, uint64_t from, uint64_t to) {
  uint64_t length = 0;
  int rc = check_growth(fd, to);
  if (rc == MDBX_SUCCESS)
    rc = os_file_size(fd, &length);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (from < to) {
    rc = allocate_natively(fd, from, to);
    if (rc == EOPNOTSUPP)
      rc = allocate_by_writing(fd, from, to, length);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  /* Writing one byte per block may end before `to`, and with an empty range the file may still be too short. */
  rc = os_file_size(fd, &length);
  return rc == MDBX_SUCCESS && length < to ? real_resize(fd, to) : rc;
}

const struct os_ops os_ops_real = {
    .pwritev = real_pwritev,
    .datasync = real_datasync,
    .write_through = real_write_through,
    .resize = real_resize,
    .allocate = real_allocate,
    .msync = real_msync,
    .store = os_store_real,
};

const struct os_ops *os_ops = &os_ops_real;

/* ---- Opening and reading ---------------------------------------------------------------------------------------- */

/* Opening a pipe or a terminal, which is refused below, must not block. */
#define AT_ONCE (O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

static int open_flags(enum os_open_mode how) {
  switch (how) {
  case OS_OPEN_READ:
    return O_RDONLY | AT_ONCE;
  case OS_OPEN_WRITE:
    return O_RDWR | AT_ONCE;
  case OS_OPEN_CREATE:
    return O_RDWR | O_CREAT | AT_ONCE;
  case OS_OPEN_LOCK:
    return O_RDWR | O_CREAT | O_NOFOLLOW | AT_ONCE;
  case OS_OPEN_CREATE_NEW:
    return O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC;
  case OS_OPEN_THROUGH:
    return O_WRONLY | O_NOCTTY | O_CLOEXEC;
  }
  return -1;
}

/* Moves a descriptor away from 0, 1 and 2, so that a stray printf cannot write into a database. */
static int leave_standard_range(int *fd) {
  if (*fd > STDERR_FILENO)
    return MDBX_SUCCESS;
  const int moved = fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int rc = moved < 0 ? errno : MDBX_SUCCESS;
  close(*fd);
  *fd = moved;
  return rc;
}

int os_open(const char *path, enum os_open_mode how, mode_t mode, int *fd) {
  const int flags = open_flags(how);
  *fd = -1;
  if (flags < 0)
    return MDBX_EINVAL;
  do
    *fd = open(path, flags, mode);
  while (*fd < 0 && errno == EINTR && how != OS_OPEN_THROUGH);
  if (*fd < 0) /* FreeBSD's code for a link that is not followed is another one */
    return how == OS_OPEN_LOCK && errno == EMLINK ? ELOOP : errno;
  /* For files the flag has no effect, but other users of the open file would see it. */
  const int now = flags & O_NONBLOCK ? fcntl(*fd, F_GETFL) : -1;
  if (now >= 0)
    fcntl(*fd, F_SETFL, now & ~O_NONBLOCK);
  return leave_standard_range(fd);
}

int os_dup(int fd, int *copy) {
  *copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return *copy < 0 ? errno : MDBX_SUCCESS;
}

int os_close(int fd) {
  /* After EINTR the descriptor is closed on Linux, and another thread may have got the same number: never close it
   * again. */
  return close(fd) != 0 && errno != EINTR ? errno : MDBX_SUCCESS;
}

int os_pread_full(int fd, void *buffer, size_t length, uint64_t offset, size_t *got) {
  char *to = buffer;
  *got = 0;
  while (*got < length) {
    const ssize_t done = pread(fd, to + *got, MIN_OF(length - *got, CALL_BYTES_MAX), (off_t)(offset + *got));
    if (done == 0)
      break;
    if (done < 0 && errno != EINTR)
      return errno;
    *got += done > 0 ? (size_t)done : 0;
  }
  return MDBX_SUCCESS;
}

/* ---- Facts of a file -------------------------------------------------------------------------------------------- */

int os_file_size(int fd, uint64_t *length) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  *length = (uint64_t)st.st_size;
  return MDBX_SUCCESS;
}

static int take_id(int failed, const struct stat *st, struct os_file_id *id) {
  if (failed)
    return errno;
  id->device = (uint64_t)st->st_dev;
  id->inode = (uint64_t)st->st_ino;
  return MDBX_SUCCESS;
}

int os_file_id(int fd, struct os_file_id *id) {
  struct stat st;
  return take_id(fstat(fd, &st), &st, id);
}

int os_path_id(const char *path, struct os_file_id *id) {
  struct stat st;
  return take_id(stat(path, &st), &st, id);
}

int os_file_links(int fd, unsigned *links) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  *links = (unsigned)st.st_nlink;
  return MDBX_SUCCESS;
}

int os_file_blocks(int fd, uint64_t *allocated, uint32_t *io_block) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  *allocated = (uint64_t)st.st_blocks * 512;
  *io_block = (uint32_t)st.st_blksize;
  return MDBX_SUCCESS;
}

int os_file_is_regular(int fd, bool *regular) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  *regular = S_ISREG(st.st_mode);
  return MDBX_SUCCESS;
}

int os_file_mode(int fd, mode_t *mode) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  *mode = st.st_mode & 0777;
  return MDBX_SUCCESS;
}

bool os_file_is_stream(int fd) {
  struct stat st;
  return fstat(fd, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode);
}

bool os_file_on_readonly_fs(int fd) {
  struct statvfs fs;
  return fstatvfs(fd, &fs) == 0 && (fs.f_flag & ST_RDONLY) != 0;
}

#ifdef __linux__
/* From linux/magic.h, which has not all of them everywhere. FUSE is missing on purpose: it serves ntfs-3g and overlays
 * as well as sshfs, and statfs() does not tell which one. */
static const uint32_t remote_kinds[] = {
    0x6969,     /* NFS */
    0x517B,     /* SMB */
    0xFE534D42, /* SMB2 */
    0xFF534D42, /* CIFS */
    0x01021997, /* 9p: folders that a host shares with its guests */
    0xBACBACBC, /* the same of VMware */
    0x786F4256, /* the same of VirtualBox */
    0x0BD00BD0, /* Lustre */
    0x00C36400, /* Ceph */
    0x5346414F, /* AFS */
    0x6B414653, /* AFS of the kernel */
    0x73757245, /* Coda */
    0x564C,     /* NCP */
    0x01161970, /* GFS2 */
    0x7461636F, /* OCFS2 */
    0x47504653, /* GPFS */
    0x19830326, /* BeeGFS */
    0xAAD7AAEA, /* PanFS */
};

static bool is_remote(const struct statfs *fs) {
  for (size_t i = 0; i < COUNT_OF(remote_kinds); ++i)
    if ((uint32_t)fs->f_type == remote_kinds[i])
      return true;
  return false;
}

bool os_file_is_remote(int fd) {
  struct statfs fs;
  return fstatfs(fd, &fs) == 0 && is_remote(&fs);
}

bool os_path_is_remote(const char *path) {
  struct statfs fs;
  return statfs(path, &fs) == 0 && is_remote(&fs);
}

bool os_file_keeps_blocks(int fd) {
  enum { EXT4 = 0xEF53, TMPFS = 0x01021994 };
  struct statfs fs;
  if (!os_maps_exceed_files()) /* stores go through a mapping that is longer than the file */
    return false;
  if (fstatfs(fd, &fs) != 0 || ((uint32_t)fs.f_type != EXT4 && (uint32_t)fs.f_type != TMPFS))
    return false;
  /* A store needs all blocks of its memory page. The sign of f_bsize differs between C libraries. */
  return (long)fs.f_bsize >= sysconf(_SC_PAGESIZE);
}
#else
#ifdef MNT_LOCAL
bool os_file_is_remote(int fd) {
  struct statfs fs;
  return fstatfs(fd, &fs) == 0 && !(fs.f_flags & MNT_LOCAL);
}

bool os_path_is_remote(const char *path) {
  struct statfs fs;
  return statfs(path, &fs) == 0 && !(fs.f_flags & MNT_LOCAL);
}
#else
bool os_file_is_remote(int fd) {
  (void)fd;
  return false;
}

bool os_path_is_remote(const char *path) {
  (void)path;
  return false;
}
#endif

bool os_file_keeps_blocks(int fd) {
  (void)fd;
  return false;
}
#endif

/* ---- Names ------------------------------------------------------------------------------------------------------ */

int os_path_target(const char *path, enum os_target *kind, char **real) {
  struct stat st;
  *kind = OS_TARGET_NEW;
  *real = NULL;
  const bool there = lstat(path, &st) == 0;
  if (!there && errno != ENOENT)
    return errno;
  const bool link = there && S_ISLNK(st.st_mode);
  if (link && st.st_uid != 0 && st.st_uid != geteuid())
    return ELOOP;
  if (link && stat(path, &st) != 0)
    return errno == ENOENT ? MDBX_EEXIST : errno;
  if (there)
    *kind = S_ISREG(st.st_mode) ? OS_TARGET_FILE : OS_TARGET_SPECIAL;
  *real = link && *kind == OS_TARGET_FILE ? realpath(path, NULL) : strdup(path);
  return *real ? MDBX_SUCCESS : errno;
}

bool os_path_exists(const char *path) {
  struct stat st;
  return stat(path, &st) == 0;
}

bool os_path_is_directory(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool os_path_is_special(const char *path) {
  struct stat st;
  return lstat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode);
}

int os_unlink(const char *path) { return unlink(path) != 0 ? errno : MDBX_SUCCESS; }

int os_rename(const char *from, const char *to) { return rename(from, to) != 0 ? errno : MDBX_SUCCESS; }

int os_mkdir(const char *path, mode_t mode) { return mkdir(path, mode) != 0 ? errno : MDBX_SUCCESS; }

int os_rmdir(const char *path) { return rmdir(path) != 0 ? errno : MDBX_SUCCESS; }

char *os_path_parent(const char *path) {
  size_t length = strlen(path);
  while (length > 1 && path[length - 1] == '/')
    --length;
  while (length > 0 && path[length - 1] != '/')
    --length;
  if (length == 0)
    return strdup(".");
  while (length > 1 && path[length - 1] == '/')
    --length;
  return strndup(path, length);
}

int os_sync_parent(const char *path) {
  char *parent = os_path_parent(path);
  if (!parent)
    return MDBX_ENOMEM;
  int fd;
  do
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  int rc = fd < 0 ? errno : os_file_sync(fd);
  if (fd >= 0)
    close(fd);
  free(parent);
  /* Some file systems cannot flush a directory and return this error; and in a folder where the process may only create
   * files, it cannot flush the folder. */
  return rc == EINVAL || rc == EROFS || (fd < 0 && rc == EACCES) ? MDBX_SUCCESS : rc;
}
