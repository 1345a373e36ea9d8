/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/win_thread.c: threads and mutexes of this process, and sleeping. Threads are those of winpthreads, which comes
 * with the compiler.
 *
 * Owns the process mutex. Nothing forks here, so there is one generation.
 */
#include "os/win.h"

#include <windows.h>

static os_mutex_t process_mutex = {PTHREAD_MUTEX_INITIALIZER, RANK_PROCESS};
_Atomic uint32_t os_fork_count;

void os_process_lock(void) { os_mutex_lock(&process_mutex); }

void os_process_unlock(void) { os_mutex_unlock(&process_mutex); }

/* It is never called. */
void os_fork_watch(void (*in_child)(void)) { (void)in_child; }

int os_mutex_init(os_mutex_t *mutex, enum lock_rank rank) {
  mutex->rank = rank;
  return pthread_mutex_init(&mutex->mutex, NULL);
}

void os_mutex_lock(os_mutex_t *mutex) {
  rank_enter(mutex->rank);
  pthread_mutex_lock(&mutex->mutex);
}

void os_mutex_unlock(os_mutex_t *mutex) {
  pthread_mutex_unlock(&mutex->mutex);
  rank_leave(mutex->rank);
}

void os_mutex_destroy(os_mutex_t *mutex) { pthread_mutex_destroy(&mutex->mutex); }

int os_tls_create(os_tls_t *key, void (*destructor)(void *)) { return pthread_key_create(key, destructor); }

void *os_tls_get(os_tls_t key) { return pthread_getspecific(key); }

int os_tls_set(os_tls_t key, void *value) { return pthread_setspecific(key, value); }

void os_tls_delete(os_tls_t key) { pthread_key_delete(key); }

/* Given when it is asked for, so that few numbers are in use. */
uint32_t os_thread_number(void) {
  static _Atomic uint32_t given;
  static _Thread_local uint32_t own; /* one more than the number; 0: none yet */
  if (!own)
    own = atomic_fetch_add(&given, 1) + 1;
  return own - 1;
}

uint32_t os_pid(void) { return GetCurrentProcessId(); }

void os_sleep_ms(unsigned milliseconds) { Sleep(milliseconds); }

/* There are no signals. */
int os_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
  return pthread_create(thread, NULL, run, argument);
}

/* A thread that is woken has no advantage over the one that wakes it. */
void os_thread_give_way(void) {}

void os_thread_join(pthread_t thread) { pthread_join(thread, NULL); }

/* The system knows no descriptor that is readable when it is told to be. */
int os_event_open(int *fd) {
  *fd = -1;
  return MDBX_ENOSYS;
}

void os_event_raise(int fd) { (void)fd; }

void os_event_await(int fd, uint64_t patience) { (void)fd, (void)patience; }

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
