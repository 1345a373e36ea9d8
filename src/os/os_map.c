/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_map.c: memory maps. Owns nothing; a map belongs to whoever asked for it.
 */
#include "os/os.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#ifndef MAP_NORESERVE
#define MAP_NORESERVE 0
#endif
#ifndef MAP_ANONYMOUS
#define MAP_ANONYMOUS MAP_ANON
#endif

static int map_bytes(int fd, size_t length, int protection, int flags, void **addr) {
  void *at = mmap(NULL, length, protection, flags, fd, 0);
  *addr = at == MAP_FAILED ? NULL : at;
  return at == MAP_FAILED ? errno : MDBX_SUCCESS;
}

static _Atomic bool maps_are_short;

bool os_maps_exceed_files(void) { return !atomic_load_explicit(&maps_are_short, memory_order_relaxed); }

void os_maps_pretend_short(bool are) { atomic_store(&maps_are_short, are); }

static int refuse_beyond_end(int fd, size_t length) {
  struct stat st;
  if (fstat(fd, &st) != 0)
    return errno;
  const uint64_t end = (uint64_t)st.st_size;
  return length > end && length - end >= os_page_size() ? MDBX_EINVAL : MDBX_SUCCESS;
}

int os_map_file(int fd, size_t length, bool writable, void **addr) {
  const int rc = os_maps_exceed_files() ? MDBX_SUCCESS : refuse_beyond_end(fd, length);
  if (rc != MDBX_SUCCESS)
    return rc;
  return map_bytes(fd, length, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED | MAP_NORESERVE, addr);
}

int os_map_shared(int fd, size_t length, void **addr) {
  return map_bytes(fd, length, PROT_READ | PROT_WRITE, MAP_SHARED, addr);
}

/* ---- The mapping of os_ops->store() --------------------------------------------------------------------------------
 *
 * Nobody reads it. A leak checker searches mappings that can be read and written for pointers, and would visit each page up
 * to the upper size of the database.
 */

#if defined(HAVE_PKEY_ALLOC) && defined(HAVE_PKEY_MPROTECT) && defined(PKEY_DISABLE_ACCESS)
/* The protection key of the process, allocated at the first use; NO_KEY if there is none. New threads have no
 * access. */
enum { KEY_UNKNOWN = -2, NO_KEY = -1 };
static _Atomic int stores_key = KEY_UNKNOWN;

static int key_of_stores(void) {
  os_process_lock();
  int key = atomic_load(&stores_key);
  if (key == KEY_UNKNOWN) {
    key = pkey_alloc(0, PKEY_DISABLE_ACCESS);
    atomic_store(&stores_key, key < 0 ? NO_KEY : key);
  }
  os_process_unlock();
  return key;
}

static int protect_stores(void *addr, size_t length) {
  const int key = key_of_stores();
  return key < 0 || pkey_mprotect(addr, length, PROT_WRITE, key) == 0 ? MDBX_SUCCESS : errno;
}

static void allow_stores(bool allowed) {
  const int key = atomic_load_explicit(&stores_key, memory_order_relaxed);
  if (key >= 0)
    pkey_set(key, allowed ? 0 : PKEY_DISABLE_ACCESS);
}
#else
static int protect_stores(void *addr, size_t length) {
  (void)addr, (void)length;
  return MDBX_SUCCESS;
}

static void allow_stores(bool allowed) { (void)allowed; }
#endif

int os_map_stores(int fd, size_t length, void **addr) {
  int rc = map_bytes(fd, length, PROT_WRITE, MAP_SHARED | MAP_NORESERVE, addr);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = protect_stores(*addr, length);
  if (rc == MDBX_SUCCESS)
    rc = os_advise(*addr, length, OS_ADVICE_DONTFORK);
  if (rc != MDBX_SUCCESS)
    os_unmap(*addr, length);
  return rc;
}

int os_store_real(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  (void)fd, (void)offset;
  atomic_thread_fence(memory_order_release);
  allow_stores(true);
  memcpy(to, from, length);
  allow_stores(false);
  return MDBX_SUCCESS;
}

bool os_addresses_are_limited(void) {
  struct rlimit limit;
  return sizeof(void *) < sizeof(uint64_t) || getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur != RLIM_INFINITY;
}

int os_map_anonymous(size_t length, void **addr) {
  return map_bytes(-1, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, addr);
}

int os_unmap(void *addr, size_t length) { return munmap(addr, length) != 0 ? errno : MDBX_SUCCESS; }

/* -1 where the system has no such advice. */
static int advice_number(enum os_advice advice) {
  switch (advice) {
  case OS_ADVICE_NORMAL:
    return MADV_NORMAL;
  case OS_ADVICE_RANDOM:
    return MADV_RANDOM;
  case OS_ADVICE_WILLNEED:
    return MADV_WILLNEED;
  case OS_ADVICE_DONTNEED:
    return MADV_DONTNEED;
  case OS_ADVICE_DONTFORK:
#ifdef MADV_DONTFORK
    return MADV_DONTFORK;
#else
    return -1;
#endif
  case OS_ADVICE_DONTDUMP:
#ifdef MADV_DONTDUMP
    return MADV_DONTDUMP;
#else
    return -1;
#endif
  }
  return -1;
}

int os_advise(void *addr, size_t length, enum os_advice advice) {
  const int number = advice_number(advice);
  const size_t extra = (uintptr_t)addr % os_page_size();
  if (number < 0 || madvise((char *)addr - extra, length + extra, number) == 0)
    return MDBX_SUCCESS;
  return errno == EINVAL || errno == ENOSYS ? MDBX_SUCCESS : errno;
}

int os_memory_lock(void *addr, size_t length) { return mlock(addr, length) != 0 ? errno : MDBX_SUCCESS; }

int os_memory_unlock(void *addr, size_t length) { return munlock(addr, length) != 0 ? errno : MDBX_SUCCESS; }

void os_memory_lock_allow(size_t bytes) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur >= bytes)
    return;
  limit.rlim_cur = bytes;
  if (limit.rlim_max < bytes)
    limit.rlim_max = bytes;
  if (setrlimit(RLIMIT_MEMLOCK, &limit) == 0 || getrlimit(RLIMIT_MEMLOCK, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max; /* more is not for us */
  setrlimit(RLIMIT_MEMLOCK, &limit);
}

#if defined(MADV_POPULATE_READ) && defined(MADV_POPULATE_WRITE)
static int populate(void *addr, size_t length, int advice) {
  if (madvise(addr, length, advice) == 0)
    return MDBX_SUCCESS;
  return errno == EINVAL ? MDBX_ENOSYS : errno;
}

int os_map_populate(void *addr, size_t length) { return populate(addr, length, MADV_POPULATE_READ); }
int os_map_populate_for_stores(void *addr, size_t length) { return populate(addr, length, MADV_POPULATE_WRITE); }
#else
int os_map_populate(void *addr, size_t length) {
  (void)addr, (void)length;
  return MDBX_ENOSYS;
}

int os_map_populate_for_stores(void *addr, size_t length) { return os_map_populate(addr, length); }
#endif
