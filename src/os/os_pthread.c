/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_pthread.c: mutexes of this process, data and numbers of its threads. Windows has them too, of winpthreads.
 *
 * Owns the process mutex.
 */
#include "os/os.h"

static os_mutex_t process_mutex = {PTHREAD_MUTEX_INITIALIZER, RANK_PROCESS};

void os_process_lock(void) { os_mutex_lock(&process_mutex); }

void os_process_unlock(void) { os_mutex_unlock(&process_mutex); }

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

uint64_t os_thread_serial(void) {
  static _Atomic uint64_t given;
  static _Thread_local uint64_t own; /* 0: none yet */
  if (!own)
    own = atomic_fetch_add(&given, 1) + 1;
  return own;
}

void os_thread_join(pthread_t thread) { pthread_join(thread, NULL); }
