/* SPDX-License-Identifier: Apache-2.0 */
#include "env/flusher.h"

#include "base/assert.h"
#include "base/log.h"

#include <pthread.h>
#include <stdlib.h>

/* The mutex is held for moments, never across a wait, nor together with another lock. */
struct flusher {
  MDBX_env *env;
  int fd;
  pthread_t thread;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct ticket wanted; /* the newest; under the mutex */
  bool asked;           /* it has not been looked at; under the mutex */
  bool stopping;        /* under the mutex */
};

/* The next ticket to wait for. False: it is time to end. */
static bool next_wanted(struct flusher *flusher, struct ticket *ticket) {
  pthread_mutex_lock(&flusher->mutex);
  while (!flusher->asked && !flusher->stopping)
    pthread_cond_wait(&flusher->changed, &flusher->mutex);
  const bool asked = flusher->asked;
  flusher->asked = false;
  *ticket = flusher->wanted;
  pthread_mutex_unlock(&flusher->mutex);
  return asked;
}

static void *run(void *argument) {
  struct flusher *flusher = argument;
  struct ticket ticket;
  while (next_wanted(flusher, &ticket)) {
    const int rc = ticket_wait(flusher->env, &ticket, TICKET_FOREVER);
    if (rc != MDBX_SUCCESS)
      log_error("%s: commit %llu did not become durable, error %d", flusher->env->data_path,
                (unsigned long long)ticket.txnid, rc);
    os_event_raise(flusher->fd);
  }
  return NULL;
}

static int begin(struct flusher *flusher) {
  int rc = os_event_open(&flusher->fd);
  if (rc != MDBX_SUCCESS)
    return rc;
  pthread_mutex_init(&flusher->mutex, NULL);
  pthread_cond_init(&flusher->changed, NULL);
  rc = os_thread_start(&flusher->thread, run, flusher);
  if (rc != MDBX_SUCCESS)
    os_close(flusher->fd);
  return rc;
}

/* Two threads may ask at a time. */
int flusher_start(MDBX_env *env, int *fd) {
  int rc = MDBX_SUCCESS;
  os_mutex_lock(&env->handles_mutex);
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher) {
    flusher = calloc(1, sizeof(*flusher));
    if (flusher)
      flusher->env = env;
    rc = flusher ? begin(flusher) : MDBX_ENOMEM;
    if (rc == MDBX_SUCCESS)
      atomic_store(&env->flusher, flusher);
    else
      free(flusher);
  }
  if (rc == MDBX_SUCCESS)
    *fd = flusher->fd;
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

void flusher_want(MDBX_env *env, const struct ticket *ticket) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher)
    return;
  pthread_mutex_lock(&flusher->mutex);
  /* Threads come here in any order; after a failure the newest is the one that knows of it. */
  if (ticket->failures != flusher->wanted.failures || ticket->txnid > flusher->wanted.txnid)
    flusher->wanted = *ticket;
  flusher->asked = true;
  pthread_cond_signal(&flusher->changed);
  pthread_mutex_unlock(&flusher->mutex);
}

static void dispose(MDBX_env *env, struct flusher *flusher) {
  os_close(flusher->fd);
  free(flusher);
  atomic_store(&env->flusher, NULL);
}

void flusher_stop(MDBX_env *env, bool finish) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher)
    return;
  pthread_mutex_lock(&flusher->mutex);
  flusher->stopping = true;
  flusher->asked &= finish;
  pthread_cond_signal(&flusher->changed);
  pthread_mutex_unlock(&flusher->mutex);
  pthread_join(flusher->thread, NULL);
  pthread_cond_destroy(&flusher->changed);
  pthread_mutex_destroy(&flusher->mutex);
  dispose(env, flusher);
}

/* The mutex may be in any state. */
void flusher_forget(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    dispose(env, flusher);
}
