/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/api/flushes.h: flushes that last until the test lets them end, so that what happens meanwhile is certain.
 */
#ifndef TESTS_API_FLUSHES_H
#define TESTS_API_FLUSHES_H

#include "api.h"

#include "os/os.h"

static pthread_mutex_t flush_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t flush_changed = PTHREAD_COND_INITIALIZER;
static struct {
  bool hold;        /* flushes wait */
  unsigned begun;   /* flushes */
  unsigned allowed; /* so many of them may end */
  int answer;
} flushes;

static int held_datasync(int fd) {
  (void)fd;
  pthread_mutex_lock(&flush_mutex);
  const unsigned number = ++flushes.begun;
  pthread_cond_broadcast(&flush_changed);
  while (flushes.hold && number > flushes.allowed)
    pthread_cond_wait(&flush_changed, &flush_mutex);
  const int rc = flushes.answer;
  pthread_mutex_unlock(&flush_mutex);
  return rc;
}

static void hold_flushes(void) {
  static struct os_ops held;
  held = os_ops_real;
  held.datasync = held_datasync;
  memset(&flushes, 0, sizeof(flushes));
  flushes.hold = true;
  os_ops = &held;
}

/* The next flushes end, with that answer. */
static void let_flushes_end(unsigned count, int answer) {
  pthread_mutex_lock(&flush_mutex);
  flushes.allowed += count;
  flushes.answer = answer;
  pthread_cond_broadcast(&flush_changed);
  pthread_mutex_unlock(&flush_mutex);
}

static void await_flush(unsigned number) {
  pthread_mutex_lock(&flush_mutex);
  while (flushes.begun < number)
    pthread_cond_wait(&flush_changed, &flush_mutex);
  pthread_mutex_unlock(&flush_mutex);
}

static unsigned flushes_begun(void) {
  pthread_mutex_lock(&flush_mutex);
  const unsigned begun = flushes.begun;
  pthread_mutex_unlock(&flush_mutex);
  return begun;
}

static inline bool reader_sees(MDBX_env *env, const char *key) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_val value;
  const int rc = api_get(txn, DBI_MAIN, key, &value);
  OK(mdbx_txn_abort(txn));
  return rc == MDBX_SUCCESS;
}

/* Lets all flushes end, looks at the database, and closes it. */
static inline void close_sound(MDBX_env *env) {
  let_flushes_end(1000, MDBX_SUCCESS);
  api_sound(env);
  OK(mdbx_env_close(env));
  os_ops = &os_ops_real;
}

#endif
