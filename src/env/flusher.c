/* SPDX-License-Identifier: Apache-2.0 */
#include "env/flusher.h"

#include "base/log.h"
#include "env/options.h"
#include "env/sync.h"

#include <stdlib.h>

struct flusher {
  MDBX_env *env;
  int told;  /* the descriptor that the application gets */
  int woken; /* the thread sleeps here */
  pthread_t thread;
  _Atomic bool stopping;
  _Atomic bool steady; /* it makes steady points */
  _Atomic int chore;   /* enum seal_chore: the greatest chore handed to the thread */
  bool failed;         /* its last steady point failed; only the thread uses this */
};

/* One second, in 16.16: if another process changes the period, nobody wakes this thread. */
enum { SLEEP_MAX = 65536 };

/* The time until the commits that are not durable now are due. A commit made while the thread sleeps is due a whole
 * period later or more. (A process that died in its commit may have left unsynced_since without a commit; therefore the
 * check of sync_all_is_durable().) */
static uint64_t time_left(const struct flusher *flusher, uint64_t period) {
  const uint64_t since = sync_wanted_since(flusher->env), now = os_monotonic_16dot16();
  if (!since || sync_all_is_durable(flusher->env))
    return period;
  return now - since >= period ? 0 : period - (now - since);
}

/* How long to sleep. After an error the steady point is still due, but is tried again later, not at once. */
static uint64_t patience(const struct flusher *flusher) {
  const uint64_t period = atomic_load(&flusher->env->lck.shared->autosync_period);
  if (!atomic_load(&flusher->steady) || atomic_load(&flusher->env->fatal))
    return EVENT_FOREVER;
  if (!period || flusher->failed)
    return SLEEP_MAX;
  return MIN_OF(time_left(flusher, period), (uint64_t)SLEEP_MAX);
}

static void serve_tickets(struct flusher *flusher) {
  const struct ticket newest = ticket_of_newest(flusher->env);
  const int rc = ticket_wait(flusher->env, &newest, TICKET_FOREVER);
  if (rc != MDBX_SUCCESS && !atomic_load(&flusher->stopping))
    log_error("%s: commit %llu did not become durable, error %d", flusher->env->data_path,
              (unsigned long long)newest.txnid, rc);
  os_event_raise(flusher->told);
}

/* If a flush fails, the environment becomes fatal, and the application's next call returns an error. */
static void make_steady(struct flusher *flusher) {
  MDBX_env *env = flusher->env;
  int rc = seal_do_chore(env, (enum seal_chore)atomic_exchange(&flusher->chore, SEAL_NOTHING));
  if (rc == MDBX_SUCCESS && !atomic_load(&env->fatal))
    rc = sync_newest(env, false, false);
  flusher->failed = rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE;
  if (flusher->failed && !atomic_load(&flusher->stopping))
    log_error("%s: no steady point could be made, error %d", env->data_path, rc);
}

static void *run(void *argument) {
  struct flusher *flusher = argument;
  os_thread_give_way();
  for (;;) {
    os_event_await(flusher->woken, patience(flusher));
    if (atomic_load(&flusher->stopping))
      return NULL;
    if (atomic_exchange(&flusher->env->tickets, false))
      serve_tickets(flusher);
    if (atomic_load(&flusher->steady))
      make_steady(flusher);
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
  int rc = os_event_open(&flusher->told);
  if (rc == MDBX_SUCCESS)
    rc = os_event_open(&flusher->woken);
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

/* Under a mutex: two threads may call this at the same time. */
static int need_flusher(MDBX_env *env, struct flusher **flusher) {
  int rc = MDBX_SUCCESS;
  os_mutex_lock(&env->handles_mutex);
  *flusher = atomic_load(&env->flusher);
  if (!*flusher) {
    rc = make(env, flusher);
    if (rc == MDBX_SUCCESS)
      atomic_store(&env->flusher, *flusher);
  }
  os_mutex_unlock(&env->handles_mutex);
  return rc;
}

/* Wakes the thread, because commits with tickets may have been made before it existed. */
int flusher_start(MDBX_env *env, int *fd) {
  struct flusher *flusher;
  const int rc = need_flusher(env, &flusher);
  if (rc != MDBX_SUCCESS)
    return rc;
  *fd = flusher->told;
  os_event_raise(flusher->woken);
  return rc;
}

static bool wants_steady_thread(const MDBX_env *env) {
  return env_option(env, MDBX_opt_sync_thread) && !env_is_readonly(env) && !env->lockless;
}

/* Two threads may change the option at the same time: then the last one to come here looks at it once more. */
int flusher_obey_option(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  int rc = MDBX_SUCCESS;
  bool on;
  if (!flusher && wants_steady_thread(env))
    rc = need_flusher(env, &flusher);
  if (rc != MDBX_SUCCESS || !flusher)
    return rc;
  do {
    on = wants_steady_thread(env);
    atomic_store(&flusher->steady, on);
  } while (on != wants_steady_thread(env));
  os_event_raise(flusher->woken);
  return rc;
}

/* In this order: a thread that is started between the two steps sees `tickets` when it is woken first. */
void flusher_wake(MDBX_env *env) {
  atomic_store(&env->tickets, true);
  const struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    os_event_raise(flusher->woken);
}

void flusher_look_again(MDBX_env *env) {
  const struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    os_event_raise(flusher->woken);
}

/* If durability is far behind, the caller does the chore itself, and so waits for the steady point. */
bool flusher_take_chore(MDBX_env *env, enum seal_chore chore) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher || !atomic_load(&flusher->steady) || seal_is_far_behind(env))
    return false;
  int seen = atomic_load(&flusher->chore);
  while (seen < (int)chore && !atomic_compare_exchange_weak(&flusher->chore, &seen, (int)chore))
    ;
  os_event_raise(flusher->woken);
  return true;
}

void flusher_stop(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (!flusher)
    return;
  atomic_store(&flusher->stopping, true);
  atomic_store(&env->lck.leaving, true);
  os_event_raise(flusher->woken);
  os_thread_join(flusher->thread);
  atomic_store(&env->lck.leaving, false);
  dispose(flusher);
  atomic_store(&env->flusher, NULL);
}

void flusher_forget(MDBX_env *env) {
  struct flusher *flusher = atomic_load(&env->flusher);
  if (flusher)
    dispose(flusher);
  atomic_store(&env->flusher, NULL);
}
