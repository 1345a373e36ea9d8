/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_thread.c: how threads start, sleep and survive a fork.
 *
 * Owns the fork generation. The process mutex is held during every fork, so that in a child it is free and the lists that
 * it guards are consistent.
 */
#include "os/os.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

/* Written in a forked child before fork() returns there, when it has one thread. */
_Atomic uint32_t os_fork_count;

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
