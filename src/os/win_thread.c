/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_thread.c: how threads start and sleep. Threads are those of winpthreads, which comes with the compiler. Nothing
 * forks here, so there is one generation.
 */
#include "os/win.h"

#include <windows.h>

_Atomic uint32_t os_fork_count;

/* It is never called. */
void os_fork_watch(void (*in_child)(void)) { (void)in_child; }

uint32_t os_pid(void) { return GetCurrentProcessId(); }

void os_sleep_ms(unsigned milliseconds) { Sleep(milliseconds); }

/* There are no signals. */
int os_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
  return pthread_create(thread, NULL, run, argument);
}

/* A thread that is woken has no advantage over the one that wakes it. */
void os_thread_give_way(void) {}

/* ---- Sleeping on a word ----------------------------------------------------------------------------------------- */

/* The system wakes only threads of this process, so a sleeper looks every millisecond whether another process has changed
 * the word. */
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds) {
  enum { MOST_US = 50000 };
  const uint32_t slices = (MIN_OF(microseconds, (uint32_t)MOST_US) + 999) / 1000;
  for (uint32_t i = 0; i < slices && atomic_load(word) == value; ++i)
    if (WaitOnAddress((volatile void *)word, &value, sizeof(value), 1))
      break;
}

void os_word_wake(_Atomic uint32_t *word) { WakeByAddressAll((void *)word); }

void os_word_wake_one(_Atomic uint32_t *word) { WakeByAddressSingle((void *)word); }
