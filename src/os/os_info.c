/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_info.c: facts about the machine and the process. Owns caches of facts that never change while a process runs.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#if defined(__APPLE__) || defined(__FreeBSD__)
#include <sys/sysctl.h>
#endif

static int hex_digit(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Known from the first call on that learned it; each call that learns it writes the same. */
static _Atomic uint64_t boot_id[2];
static _Atomic bool boot_id_known;

#if defined(__APPLE__)
static int read_boot_id(char *text, size_t size) {
  return sysctlbyname("kern.bootsessionuuid", text, &size, NULL, 0) == 0 ? MDBX_SUCCESS : errno;
}
#elif defined(__FreeBSD__)
/* Sixteen random bytes. */
static int read_boot_id(char *text, size_t size) {
  unsigned char bytes[16];
  size_t length = sizeof(bytes);
  if (sysctlbyname("kern.boot_id", bytes, &length, NULL, 0) != 0)
    return errno;
  if (length != sizeof(bytes) || size <= 2 * sizeof(bytes))
    return ENOENT;
  for (size_t i = 0; i < sizeof(bytes); ++i) {
    text[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
    text[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
  }
  text[2 * sizeof(bytes)] = 0;
  return MDBX_SUCCESS;
}
#else
static int read_boot_id(char *text, size_t size) { return os_read_text("/proc/sys/kernel/random/boot_id", text, size); }
#endif

/* The text is a UUID: 32 hex digits with dashes among them. Anything else leaves "unknown". */
static void parse_boot_id(const char *text, uint64_t id[2]) {
  uint64_t parsed[2] = {0, 0};
  unsigned digits = 0;
  for (const char *at = text; *at && digits < 32; ++at) {
    const int value = hex_digit(*at);
    if (value < 0)
      continue;
    parsed[digits / 16] = parsed[digits / 16] << 4 | (uint64_t)value;
    ++digits;
  }
  if (digits == 32)
    memcpy(id, parsed, sizeof(parsed));
}

/* Whether a system that has no id answers so, or one that keeps it secret. Any other error passes: to take the id for
 * unknown then would cost commits. */
static bool means_unknown(int rc) {
  return rc == ENOENT || rc == ENOTDIR || rc == EACCES || rc == EPERM || rc == ENOSYS;
}

void os_bootid_pretend(const uint64_t id[2]) {
  atomic_store(&boot_id[0], id[0]);
  atomic_store(&boot_id[1], id[1]);
  atomic_store(&boot_id_known, true);
}

int os_bootid(uint64_t id[2]) {
  if (!atomic_load(&boot_id_known)) {
    uint64_t learned[2] = {0, 0};
    char text[128];
    const int rc = read_boot_id(text, sizeof(text));
    if (rc != MDBX_SUCCESS && !means_unknown(rc))
      return rc;
    if (rc == MDBX_SUCCESS)
      parse_boot_id(text, learned);
    os_bootid_pretend(learned);
  }
  id[0] = atomic_load(&boot_id[0]);
  id[1] = atomic_load(&boot_id[1]);
  return MDBX_SUCCESS;
}

int os_random_bytes(void *buffer, size_t length) {
  int fd;
  do
    fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
  while (fd < 0 && errno == EINTR);
  if (fd < 0)
    return errno;
  int rc = MDBX_SUCCESS;
  for (size_t got = 0; got < length && rc == MDBX_SUCCESS;) {
    const ssize_t done = read(fd, (char *)buffer + got, length - got);
    if (done > 0)
      got += (size_t)done;
    else if (done == 0 || errno != EINTR)
      rc = done == 0 ? MDBX_EIO : errno;
  }
  close(fd);
  return rc;
}

static uint64_t to_16dot16(uint64_t seconds, uint64_t nanoseconds) {
  return (seconds << 16) + (nanoseconds << 16) / UINT64_C(1000000000);
}

uint64_t os_monotonic_16dot16(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return to_16dot16((uint64_t)now.tv_sec, (uint64_t)now.tv_nsec);
}

size_t os_page_size(void) {
  /* Any thread may write it, all the same value. */
  static _Atomic size_t known;
  size_t size = atomic_load_explicit(&known, memory_order_relaxed);
  if (unlikely(!size)) {
    const long told = sysconf(_SC_PAGESIZE);
    size = told > 0 && is_power_of_two((size_t)told) ? (size_t)told : 4096;
    atomic_store_explicit(&known, size, memory_order_relaxed);
  }
  return size;
}

/* Linux's estimate of the memory that programs may still use, including caches that can be dropped. 0 if unknown. */
static uint64_t available_pages(void) {
  char text[1024];
  if (os_read_text("/proc/meminfo", text, sizeof(text)) != MDBX_SUCCESS)
    return 0;
  const char *line = strstr(text, "MemAvailable:");
  return line ? strtoull(line + strlen("MemAvailable:"), NULL, 10) * 1024 / os_page_size() : 0;
}

int os_ram_pages(uint64_t *total, uint64_t *available) {
  const long all = sysconf(_SC_PHYS_PAGES);
  if (all <= 0)
    return MDBX_ENOSYS;
  *total = (uint64_t)all;
  *available = available_pages();
#ifdef _SC_AVPHYS_PAGES
  if (*available == 0) {
    const long free_pages = sysconf(_SC_AVPHYS_PAGES);
    *available = free_pages > 0 ? (uint64_t)free_pages : 0;
  }
#endif
  return MDBX_SUCCESS;
}

/* The folder below which the system's files are searched; the test that sets it owns the text. */
static const char *memory_root = "";

void os_memory_pretend(const char *root) { memory_root = root; }

uint64_t os_memory_of_process(void) {
  uint64_t total, available;
  const uint64_t allowed = os_cgroup_memory(memory_root), group = MIN_OF(allowed, SIZE_MAX);
  if (os_ram_pages(&total, &available) != MDBX_SUCCESS)
    return group == SIZE_MAX ? 0 : group;
  total *= os_page_size();
  return MIN_OF(total, group);
}

bool os_error_is_no_room(int code) { return code == ENOSPC || code == EFBIG || code == EDQUOT; }

const char *os_error_text(int code, char *buf, size_t size) {
  *buf = 0; /* POSIX does not say what is in it after a failure */
  return OS_TEXT_OF(strerror_r(code, buf, size), buf);
}
