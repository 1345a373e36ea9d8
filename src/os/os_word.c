/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_word.c: sleeping on a word that processes share: futexes on Linux, short sleeps on other POSIX systems.
 */
#include "os/os.h"

#include <limits.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

#define WAIT_NS 50000000L
/* Without futexes a sleeper looks again after this time. */
#define SLICE_NS 100000L

/* A long has 32 bits on some machines. */
static long sleep_ns(uint32_t microseconds) {
  return microseconds < WAIT_NS / 1000 ? (long)microseconds * 1000 : WAIT_NS;
}

#ifdef __linux__
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds) {
  const struct timespec limit = {.tv_sec = 0, .tv_nsec = sleep_ns(microseconds)};
  syscall(SYS_futex, (uint32_t *)(void *)word, FUTEX_WAIT, value, &limit, NULL, 0);
}

static void wake(_Atomic uint32_t *word, int count) {
  syscall(SYS_futex, (uint32_t *)(void *)word, FUTEX_WAKE, count, NULL, NULL, 0);
}
#else
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds) {
  const struct timespec slice = {.tv_sec = 0, .tv_nsec = SLICE_NS};
  for (long slept = 0; slept < sleep_ns(microseconds) && atomic_load(word) == value; slept += SLICE_NS)
    nanosleep(&slice, NULL);
}

static void wake(_Atomic uint32_t *word, int count) { (void)word, (void)count; }
#endif

void os_word_wake(_Atomic uint32_t *word) { wake(word, INT_MAX); }

void os_word_wake_one(_Atomic uint32_t *word) { wake(word, 1); }
