/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_info.c: facts about the machine and the process. Owns caches of facts that never change while a process
 * runs.
 */
#include "os/win.h"

/* In this order. */
#include <windows.h>

#include <ntsecapi.h>
#include <winternl.h>

/* ---- The boot --------------------------------------------------------------------------------------------------- */

/* What NtQuerySystemInformation() tells with SystemTimeOfDayInformation; the headers leave the members nameless. */
struct time_of_day {
  LARGE_INTEGER boot_time, current_time, zone_bias;
  ULONG zone_id, reserved;
  ULONGLONG boot_time_bias, sleep_time_bias;
};

/* Known from the first call on that learned it; each call that learns it writes the same. */
static _Atomic uint64_t boot_id[2];
static _Atomic bool boot_id_known;

void os_bootid_pretend(const uint64_t id[2]) {
  atomic_store(&boot_id[0], id[0]);
  atomic_store(&boot_id[1], id[1]);
  atomic_store(&boot_id_known, true);
}

/* The time of the boot in units of 100 ns. When the clock is set, the system moves that time too, and its bias as much: their
 * difference is constant. No two boots have the same. */
static int learn_boot_id(uint64_t id[2]) {
  struct time_of_day now;
  ULONG length = 0;
  memset(&now, 0, sizeof(now));
  const NTSTATUS status = NtQuerySystemInformation(SystemTimeOfDayInformation, &now, sizeof(now), &length);
  if (status < 0)
    return MDBX_EIO;
  if (now.boot_time.QuadPart) {
    id[0] = (uint64_t)now.boot_time.QuadPart - (length >= sizeof(now) ? now.boot_time_bias : 0);
    id[1] = UINT64_C(0x57696e426f6f7431); /* no UUID of another system ends so */
  }
  return MDBX_SUCCESS;
}

int os_bootid(uint64_t id[2]) {
  if (!atomic_load(&boot_id_known)) {
    uint64_t learned[2] = {0, 0};
    const int rc = learn_boot_id(learned);
    if (rc != MDBX_SUCCESS)
      return rc;
    os_bootid_pretend(learned);
  }
  id[0] = atomic_load(&boot_id[0]);
  id[1] = atomic_load(&boot_id[1]);
  return MDBX_SUCCESS;
}

/* ---- Others ----------------------------------------------------------------------------------------------------- */

int os_random_bytes(void *buffer, size_t length) {
  return RtlGenRandom(buffer, (ULONG)length) ? MDBX_SUCCESS : MDBX_EIO;
}

uint64_t os_monotonic_16dot16(void) {
  LARGE_INTEGER now, per_second;
  QueryPerformanceCounter(&now);
  QueryPerformanceFrequency(&per_second);
  const uint64_t count = (uint64_t)now.QuadPart, unit = (uint64_t)per_second.QuadPart;
  return (count / unit << 16) + (count % unit << 16) / unit;
}

size_t os_page_size(void) {
  /* Any thread may write it, all the same value. */
  static _Atomic size_t known;
  size_t size = atomic_load_explicit(&known, memory_order_relaxed);
  if (unlikely(!size)) {
    SYSTEM_INFO facts;
    GetSystemInfo(&facts);
    size = facts.dwPageSize;
    atomic_store_explicit(&known, size, memory_order_relaxed);
  }
  return size;
}

int os_ram_pages(uint64_t *total, uint64_t *available) {
  MEMORYSTATUSEX memory;
  memory.dwLength = sizeof(memory);
  if (!GlobalMemoryStatusEx(&memory))
    return win_last_error();
  *total = memory.ullTotalPhys / os_page_size();
  *available = memory.ullAvailPhys / os_page_size();
  return MDBX_SUCCESS;
}

/* What the job of this process allows. */
static uint64_t limit_of_job(void) {
  JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
  uint64_t least = UINT64_MAX;
  memset(&limits, 0, sizeof(limits));
  if (!QueryInformationJobObject(NULL, JobObjectExtendedLimitInformation, &limits, sizeof(limits), NULL))
    return least;
  if (limits.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_PROCESS_MEMORY)
    least = MIN_OF(least, (uint64_t)limits.ProcessMemoryLimit);
  if (limits.BasicLimitInformation.LimitFlags & JOB_OBJECT_LIMIT_JOB_MEMORY)
    least = MIN_OF(least, (uint64_t)limits.JobMemoryLimit);
  return least;
}

uint64_t os_memory_of_process(void) {
  uint64_t total = 0, available = 0;
  const uint64_t allowed = MIN_OF(limit_of_job(), (uint64_t)SIZE_MAX);
  if (os_ram_pages(&total, &available) != MDBX_SUCCESS)
    return 0;
  return MIN_OF(total * os_page_size(), allowed);
}
