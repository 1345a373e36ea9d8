/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_map.c: memory maps. Owns nothing; a map belongs to whoever asked for it.
 *
 * A view ends with its section, and the section is as long as the file was when it was made; a longer one would make the
 * file longer. Views of a file, made at any time and by any process, and calls that read and write it, see the same bytes.
 * But a flush writes what was stored through one view: so nothing is stored through views of the data file, and
 * os_maps_exceed_files() says so.
 */
#include "os/win.h"

#include <errno.h>
#include <windows.h>

bool os_maps_exceed_files(void) { return false; }

/* They are. */
void os_maps_pretend_short(bool are) { (void)are; }

static int map_view(int fd, size_t length, bool writable, void **addr) {
  const HANDLE handle = win_handle(fd);
  uint64_t end = 0;
  *addr = NULL;
  if (!handle)
    return EBADF;
  int rc = os_file_size(fd, &end);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!end || (length > end && length - end >= os_page_size()))
    return MDBX_EINVAL;
  const HANDLE section = CreateFileMappingW(handle, NULL, writable ? PAGE_READWRITE : PAGE_READONLY, 0, 0, NULL);
  if (!section)
    return win_last_error();
  *addr = MapViewOfFile(section, writable ? FILE_MAP_WRITE : FILE_MAP_READ, 0, 0, (size_t)MIN_OF(length, end));
  rc = *addr ? MDBX_SUCCESS : win_last_error();
  CloseHandle(section); /* the view keeps it */
  return rc;
}

int os_map_file(int fd, size_t length, bool writable, void **addr) { return map_view(fd, length, writable, addr); }

int os_map_shared(int fd, size_t length, void **addr) { return map_view(fd, length, true, addr); }

int os_map_stores(int fd, size_t length, void **addr) {
  (void)fd, (void)length;
  *addr = NULL;
  return MDBX_ENOSYS;
}

int os_store_real(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  (void)fd, (void)offset;
  atomic_thread_fence(memory_order_release);
  memcpy(to, from, length);
  return MDBX_SUCCESS;
}

bool os_addresses_are_limited(void) { return sizeof(void *) < sizeof(uint64_t); }

int os_map_anonymous(size_t length, void **addr) {
  *addr = VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
  return *addr ? MDBX_SUCCESS : win_last_error();
}

/* The whole of what was mapped there. */
int os_unmap(void *addr, size_t length) {
  MEMORY_BASIC_INFORMATION facts;
  (void)length;
  if (!VirtualQuery(addr, &facts, sizeof(facts)))
    return win_last_error();
  const BOOL done = facts.Type == MEM_MAPPED ? UnmapViewOfFile(addr) : VirtualFree(addr, 0, MEM_RELEASE);
  return done ? MDBX_SUCCESS : win_last_error();
}

int os_advise(void *addr, size_t length, enum os_advice advice) {
  WIN32_MEMORY_RANGE_ENTRY range = {addr, length};
  if (advice == OS_ADVICE_WILLNEED)
    (void)PrefetchVirtualMemory(GetCurrentProcess(), 1, &range, 0);
  return MDBX_SUCCESS;
}

int os_memory_lock(void *addr, size_t length) { return VirtualLock(addr, length) ? MDBX_SUCCESS : win_last_error(); }

int os_memory_unlock(void *addr, size_t length) {
  return VirtualUnlock(addr, length) ? MDBX_SUCCESS : win_last_error();
}

/* Locked pages are a part of the least working set. */
void os_memory_lock_allow(size_t bytes) {
  const HANDLE self = GetCurrentProcess();
  SIZE_T least, most;
  if (GetProcessWorkingSetSize(self, &least, &most) && least < bytes)
    (void)SetProcessWorkingSetSize(self, least + bytes, MAX_OF(most, least + bytes));
}

int os_map_populate(void *addr, size_t length) {
  (void)addr, (void)length;
  return MDBX_ENOSYS;
}

int os_map_populate_for_stores(void *addr, size_t length) { return os_map_populate(addr, length); }
