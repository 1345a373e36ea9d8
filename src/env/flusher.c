/* SPDX-License-Identifier: Apache-2.0 */
#include "env/flusher.h"

#include "base/log.h"

#include <stdlib.h>

struct flusher {
  MDBX_env *env;
  int told;  /* the descriptor of the application */
  int woken; /* the thread sleeps here */
  pthread_t thread;
  _Atomic bool stopping;
};

static void *run(void *argument) {
  struct flusher *flusher = argument;
  for (;;) {
    os_event_await(flusher->woken);
    if (atomic_load(&flusher->stopping))
      return NULL;
    const struct ticket newest = ticket_of_newest(flusher->env);
    const int rc = ticket_wait(flusher->env, &newest, TICKET_FOREVER);
    if (rc != MDBX_SUCCESS)
      log_error("%s: commit %llu did not become durable, error %d", flusher->env->data_path,
                (unsigned long long)newest.txnid, rc);
    os_event_raise(flusher->told);
  }
}

static void dispose(struct flusher *flusher) {
  if (flusher->told >= 0)
    os_close(flusher->told);
  if (flusher->woken >= 0)
    os_close(flusher->woken);
  free(flusher);
}

static int begin(struct flusher *flusher) {
  int rc = os_event_open(&flusher->told, false);
  if (rc == MDBX_SUCCESS)
    rc = os_event_open(&flusher->woken, true);
  return rc == MDBX_SUCCESS ? os_thread_start(&flusher->thread, run, flusher) : rc;
}

static int make(MDBX_env *env, struct flusher **result) {
  struct flusher *flusher = calloc(1, sizeof(*flusher));
  if (!flusher)
    return MDBX_ENOMEM;
  flusher->env = env;
  flusher->told = flusher->woken = -1;
  const int rc = begin(flusher);
  if (rc == MDBX_SUCCESS)
    *result = flusher;
  else
    dispose(flusher);
  return rc;
}

/* Two threads may ask at a time. */
int flusher_start(MDBX_env *env, int *fd) {
  int rc = MDBX_SUCCESS;
  os_mutex_lock(&env->handles_mutex);
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher) {
    rc = make(env, &flusher);
    atomic_store(&env->flusher, flusher);
  }
  if (rc == MDBX_SUCCESS)
    *fd = flusher->told;
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

void flusher_wake(MDBX_env *env) {
  const struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    os_event_raise(flusher->woken);
}

void flusher_stop(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher)
    return;
  atomic_store(&flusher->stopping, true);
  os_event_raise(flusher->woken);
  os_thread_join(flusher->thread);
  dispose(flusher);
  atomic_store(&env->flusher, NULL);
}

void flusher_forget(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    dispose(flusher);
  atomic_store(&env->flusher, NULL);
}
