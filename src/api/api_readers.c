/* SPDX-License-Identifier: Apache-2.0 */
/* Readers: the list of readers, the slow-reader callback, parking, clones. */
#include "api/api.h"

#include "service/reader_list.h"
#include "txn/txn_park.h"
#include "txn/txn_read.h"
#include "txn/txn_write.h"

int mdbx_reader_list(const MDBX_env *env, MDBX_reader_list_func func, void *ctx) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  return func ? reader_list(env, func, ctx) : MDBX_EINVAL;
}

/* ----------------------------------------------------------------------------------------- the slow-reader callback */

int mdbx_env_set_hsr(MDBX_env *env, MDBX_hsr_func hsr) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  atomic_store(&env->hsr, hsr);
  atomic_store(&env->oom, NULL);
  return MDBX_SUCCESS;
}

MDBX_hsr_func mdbx_env_get_hsr(const MDBX_env *env) {
  return env_check(env) == MDBX_SUCCESS && !atomic_load(&env->oom) ? atomic_load(&env->hsr) : NULL;
}

/* Calls a callback of the older form. */
static int adapt_to_oom(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                        unsigned gap, size_t space, int retry) {
  MDBX_oom_func *func = atomic_load(&env->oom);
  (void)txn, (void)space;
  return func ? func((MDBX_env *)(uintptr_t)env, (int)pid, tid, laggard, gap, retry) : -1;
}

int mdbx_env_set_oomfunc(MDBX_env *env, MDBX_oom_func *oom_func) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  atomic_store(&env->oom, oom_func);
  atomic_store(&env->hsr, oom_func ? adapt_to_oom : NULL);
  return MDBX_SUCCESS;
}

MDBX_oom_func *mdbx_env_get_oomfunc(MDBX_env *env) {
  return env_check(env) == MDBX_SUCCESS ? atomic_load(&env->oom) : NULL;
}

/* ---------------------------------------------------------------------------------------------------------- parking */

/* A handle that is used in the process that began it. */
static int check_own(const MDBX_txn *txn) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn->generation == os_fork_generation())
    return MDBX_SUCCESS;
  return txn->env->generation == os_fork_generation() ? MDBX_BAD_TXN : MDBX_PANIC;
}

int mdbx_txn_park(MDBX_txn *txn, bool autounpark) {
  const int rc = check_own(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!txn_is_reader(txn) || (txn->flags & MDBX_TXN_BLOCKED))
    return MDBX_BAD_TXN;
  return txn_park(txn, autounpark);
}

int mdbx_txn_unpark(MDBX_txn *txn, bool restart_if_ousted) {
  int rc = check_own(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn->flags & MDBX_TXN_OUSTED)
    rc = MDBX_OUSTED;
  else if (txn->flags & (MDBX_TXN_FINISHED | MDBX_TXN_ERROR | MDBX_TXN_HAS_CHILD))
    rc = MDBX_BAD_TXN;
  else if (txn->flags & MDBX_TXN_PARKED)
    rc = txn_unpark(txn);
  if (rc != MDBX_OUSTED || !restart_if_ousted)
    return rc;
  /* The thread may have begun another transaction since: the renewal checks that. */
  rc = mdbx_txn_renew(txn);
  return rc == MDBX_SUCCESS ? MDBX_RESULT_TRUE : rc;
}

/* ----------------------------------------------------------------------------------------------------------- clones */

static int check_clone(const MDBX_txn *origin, const MDBX_txn *clone) {
  int rc = txn_check(origin);
  if (rc == MDBX_SUCCESS && !txn_is_reader(origin) && txn_has_changes(origin->root))
    rc = MDBX_BAD_TXN;
  if (rc == MDBX_SUCCESS && clone)
    rc = check_own(clone);
  if (rc != MDBX_SUCCESS || !clone)
    return rc;
  return clone == origin || clone->env != origin->env || !txn_is_reader(clone) ? MDBX_EINVAL : MDBX_SUCCESS;
}

int mdbx_txn_clone(const MDBX_txn *origin, MDBX_txn **in_out_clone, void *ctx) {
  if (!in_out_clone)
    return MDBX_EINVAL;
  const int rc = check_clone(origin, *in_out_clone);
  return rc == MDBX_SUCCESS ? txn_clone(origin, ctx, in_out_clone) : rc;
}
