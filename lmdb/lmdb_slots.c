/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers and threads.
 *
 * With MDB_NOTLS each read transaction has its own reader slot, from its begin to its end. The slot of the last one
 * that ended is kept for the next one that begins; lists of readers do not show it. Without MDB_NOTLS a thread has one
 * slot for all its read transactions, which follow one another; the slot stays until the thread ends.
 */
#include "shim.h"

#include <errno.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------- readers of the engine */

/* False: the limit is reached. */
static bool reserve_reader(MDB_env *env, MDBX_txn **spare) {
  pthread_mutex_lock(&env->mutex);
  const bool ok = env->readers < env->max_readers;
  env->readers += ok;
  *spare = ok ? env->spare : NULL;
  if (ok)
    env->spare = NULL;
  pthread_mutex_unlock(&env->mutex);
  return ok;
}

/* Keeps the given reader if no other one is kept; true if it did. */
static bool release_reader(MDB_env *env, MDBX_txn *reader) {
  pthread_mutex_lock(&env->mutex);
  const bool kept = reader && !env->spare;
  env->readers -= 1;
  if (kept)
    env->spare = reader;
  pthread_mutex_unlock(&env->mutex);
  return kept;
}

int follow_fork(MDB_env *env) { return mdbx_env_resurrect_after_fork(env->engine); }

/* In a child made by fork() these belong to the parent. */
static int renew_reader(MDB_env *env, MDBX_txn *reader) {
  int rc = mdbx_txn_renew(reader);
  if (rc == MDBX_PANIC && follow_fork(env) == MDBX_SUCCESS)
    rc = mdbx_txn_renew(reader);
  return rc;
}

static int make_reader(MDB_env *env, MDBX_txn **reader) {
  int rc = mdbx_txn_begin(env->engine, NULL, MDBX_TXN_RDONLY, reader);
  if (rc == MDBX_PANIC && follow_fork(env) == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env->engine, NULL, MDBX_TXN_RDONLY, reader);
  return rc;
}

static int begin_reader(MDB_env *env, MDBX_txn **reader) {
  MDBX_txn *spare;
  if (!reserve_reader(env, &spare))
    return MDB_READERS_FULL;
  int rc = spare ? renew_reader(env, spare) : make_reader(env, &spare);
  if (rc == MDBX_SUCCESS) {
    *reader = spare;
    return rc;
  }
  if (spare)
    mdbx_txn_abort(spare);
  release_reader(env, NULL);
  return rc;
}

static void end_reader(MDB_env *env, MDBX_txn *reader) {
  const bool may_stay = (env->flags & MDB_NOTLS) && mdbx_txn_reset(reader) == MDBX_SUCCESS;
  if (!release_reader(env, may_stay ? reader : NULL))
    mdbx_txn_abort(reader);
}

/* ------------------------------------------------------------------------------------------------------------- slots */

static void unlink_slot(struct shim_slot *slot) {
  *slot->link = slot->next;
  if (slot->next)
    slot->next->link = slot->link;
}

static void free_slot(struct shim_slot *slot) {
  MDB_env *env = slot->env;
  if (env) {
    if (slot->reader)
      end_reader(env, slot->reader);
    pthread_mutex_lock(&env->mutex);
    unlink_slot(slot);
    pthread_mutex_unlock(&env->mutex);
  }
  free(slot);
}

/* A thread ends. Other threads may still use a transaction that it has not ended. */
static void thread_ended(void *arg) {
  struct shim_slot *slot = arg;
  if (slot->user)
    slot->orphaned = true;
  else
    free_slot(slot);
}

int slots_open(MDB_env *env) {
  if (env->flags & MDB_NOTLS)
    return 0;
  if (pthread_key_create(&env->slot_key, thread_ended) != 0)
    return MDB_TLS_FULL;
  env->slot_key_made = true;
  return 0;
}

void slots_close(MDB_env *env) {
  if (env->slot_key_made)
    pthread_key_delete(env->slot_key);
  env->slot_key_made = false;
  if (env->spare)
    mdbx_txn_abort(env->spare);
  env->spare = NULL;
  while (env->slots) {
    struct shim_slot *slot = env->slots;
    if (slot->user)
      slot->user->slot = NULL;
    free_slot(slot);
  }
}

static struct shim_slot *make_slot(MDB_env *env) {
  struct shim_slot *slot = calloc(1, sizeof(*slot));
  if (!slot || pthread_setspecific(env->slot_key, slot) != 0) {
    free(slot);
    return NULL;
  }
  slot->env = env;
  pthread_mutex_lock(&env->mutex);
  slot->link = &env->slots;
  slot->next = env->slots;
  if (slot->next)
    slot->next->link = &slot->next;
  env->slots = slot;
  pthread_mutex_unlock(&env->mutex);
  return slot;
}

static int renew_slot(struct shim_slot *slot) {
  return slot->reader ? renew_reader(slot->env, slot->reader) : begin_reader(slot->env, &slot->reader);
}

static int start_in_slot(MDB_txn *txn) {
  struct shim_slot *slot = pthread_getspecific(txn->env->slot_key);
  if (!slot)
    slot = make_slot(txn->env);
  if (!slot)
    return ENOMEM;
  if (slot->user)
    return MDB_BAD_RSLOT;
  const int rc = renew_slot(slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  slot->user = txn;
  txn->slot = slot;
  txn->engine = slot->reader;
  return MDBX_SUCCESS;
}

int reader_start(MDB_txn *txn) {
  MDB_env *env = txn->env;
  int rc;
  if (!(env->flags & MDB_NOTLS))
    rc = start_in_slot(txn);
  else if (txn->engine)
    rc = renew_reader(env, txn->engine);
  else
    rc = begin_reader(env, &txn->engine);
  if (rc == MDBX_SUCCESS)
    txn->id = mdbx_txn_id(txn->engine);
  return rc;
}

static void leave_slot(MDB_txn *txn) {
  struct shim_slot *slot = txn->slot;
  txn->slot = NULL;
  txn->engine = NULL;
  slot->user = NULL;
  if (slot->orphaned)
    free_slot(slot);
  else
    mdbx_txn_reset(slot->reader);
}

void reader_stop(MDB_txn *txn, bool keep) {
  if (txn->slot) {
    leave_slot(txn);
  } else if (txn->engine && keep) {
    mdbx_txn_reset(txn->engine);
  } else if (txn->engine) {
    end_reader(txn->env, txn->engine);
    txn->engine = NULL;
  }
}

void reader_take_place(MDB_env *env) {
  MDB_txn look = {.env = env};
  struct shim_slot *slot = env->flags & MDB_NOTLS ? NULL : pthread_getspecific(env->slot_key);
  if ((!slot || !slot->user) && reader_start(&look) == MDBX_SUCCESS)
    reader_stop(&look, false);
}
