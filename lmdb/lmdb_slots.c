/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers and threads.
 *
 * With MDB_NOTLS a read transaction has a place among the readers of its own, from its begin to its end. Without it a
 * thread has one for all its read transactions, which are one after the other; it stays until the thread ends, and is
 * what makes a new transaction cheap.
 */
#include "shim.h"

#include <errno.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------- readers of the engine */

static bool reserve_reader(MDB_env *env) {
  pthread_mutex_lock(&env->mutex);
  const bool ok = env->readers < env->max_readers;
  env->readers += ok;
  pthread_mutex_unlock(&env->mutex);
  return ok;
}

static void release_reader(MDB_env *env) {
  pthread_mutex_lock(&env->mutex);
  env->readers -= 1;
  pthread_mutex_unlock(&env->mutex);
}

/* In a child made by fork() the environment has to be opened again before it can be used. */
static int begin_in_child(MDB_env *env, MDBX_txn **reader) {
  const int rc = mdbx_env_resurrect_after_fork(env->engine);
  return rc == MDBX_SUCCESS ? mdbx_txn_begin(env->engine, NULL, MDBX_TXN_RDONLY, reader) : rc;
}

static int begin_reader(MDB_env *env, MDBX_txn **reader) {
  if (!reserve_reader(env))
    return MDB_READERS_FULL;
  int rc = mdbx_txn_begin(env->engine, NULL, MDBX_TXN_RDONLY, reader);
  if (rc == MDBX_PANIC)
    rc = begin_in_child(env, reader);
  if (rc != MDBX_SUCCESS)
    release_reader(env);
  return rc;
}

static void end_reader(MDB_env *env, MDBX_txn *reader) {
  mdbx_txn_abort(reader);
  release_reader(env);
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

/* A thread ends; a transaction it leaves behind can still be used by others. */
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

/* In a child made by fork() what the slot has is the parent's. */
static int renew_slot(struct shim_slot *slot) {
  if (!slot->reader)
    return begin_reader(slot->env, &slot->reader);
  int rc = mdbx_txn_renew(slot->reader);
  if (rc == MDBX_PANIC && mdbx_env_resurrect_after_fork(slot->env->engine) == MDBX_SUCCESS)
    rc = mdbx_txn_renew(slot->reader);
  return rc;
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
    rc = mdbx_txn_renew(txn->engine);
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
