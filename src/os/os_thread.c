/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_thread.c: threads, mutexes of this process, and their handling in a fork.
 *
 * Owns the process mutex and the fork generation. The mutex is held during every fork, so that in a child it is free
 * and the lists that it guards are consistent.
 */
#include "os/os.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif

static os_mutex_t process_mutex = {PTHREAD_MUTEX_INITIALIZER, RANK_PROCESS};
/* Written in a forked child before fork() returns there, when it has one thread. */
_Atomic uint32_t os_fork_count;

void os_process_lock(void) { os_mutex_lock(&process_mutex); }

void os_process_unlock(void) { os_mutex_unlock(&process_mutex); }

/* Written under the process mutex. */
static void (*fork_watcher)(void);

void os_fork_watch(void (*in_child)(void)) { fork_watcher = in_child; }

static void after_fork_in_child(void) {
  if (fork_watcher)
    fork_watcher();
  atomic_fetch_add(&os_fork_count, 1);
  os_process_unlock();
  rank_forget();
}

/* Runs when the library is loaded, so that no fork is missed. */
__attribute__((constructor)) static void watch_forks(void) {
  pthread_atfork(os_process_lock, os_process_unlock, after_fork_in_child);
}

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

uint32_t os_pid(void) { return (uint32_t)getpid(); }

void os_sleep_ms(unsigned milliseconds) {
  struct timespec left = {.tv_sec = milliseconds / 1000, .tv_nsec = (long)(milliseconds % 1000) * 1000000};
  while (nanosleep(&left, &left) != 0 && errno == EINTR)
    ;
}

int os_thread_start(pthread_t *thread, void *(*run)(void *), void *argument) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const int rc = pthread_create(thread, NULL, run, argument);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return rc;
}

/* Waking such a thread does not take the processor from who wakes it. A system without it may refuse: nothing is lost. */
void os_thread_give_way(void) {
#ifdef SCHED_BATCH
  const struct sched_param usual = {0};
  (void)pthread_setschedparam(pthread_self(), SCHED_BATCH, &usual);
#endif
}

void os_thread_join(pthread_t thread) { pthread_join(thread, NULL); }

#ifdef HAVE_EVENTFD
int os_event_open(int *fd) {
  *fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return *fd < 0 ? errno : MDBX_SUCCESS;
}

/* It fails only if the counter would overflow, and then the descriptor is readable. */
void os_event_raise(int fd) { (void)!eventfd_write(fd, 1); }

void os_event_await(int fd, uint64_t patience) {
  struct pollfd event = {.fd = fd, .events = POLLIN};
  eventfd_t count;
  /* Rounded up, so that the time is over when it returns; very long sleeps end early. */
  const uint64_t milliseconds = patience >= (uint64_t)INT_MAX << 6 ? INT_MAX : (patience * 1000 + 65535) >> 16;
  (void)!poll(&event, 1, patience == EVENT_FOREVER ? -1 : (int)milliseconds);
  (void)!eventfd_read(fd, &count);
}
#else
int os_event_open(int *fd) {
  *fd = -1;
  return MDBX_ENOSYS;
}

void os_event_raise(int fd) { (void)fd; }

void os_event_await(int fd, uint64_t patience) { (void)fd, (void)patience; }
#endif
