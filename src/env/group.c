/* SPDX-License-Identifier: Apache-2.0 */
#include "env/group.h"

#include "env/env_writer.h"
#include "env/flush.h"
#include "file/pending.h"

/* The flusher lock is held. */
static int flush_pending(MDBX_env *env) {
  struct lck *lck = &env->lck;
  int rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint32_t failures = pending_failures(lck);
  const uint64_t frozen = pending_freeze(lck);
  pending_metas_unlock(lck);
  if (!frozen)
    return MDBX_SUCCESS;
  const int flushed = sync_datasync(env);
  rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flushed == MDBX_SUCCESS)
    pending_publish(lck, frozen, failures);
  else
    env_fail_pending(env);
  pending_metas_unlock(lck);
  return flushed;
}

int group_wait(MDBX_env *env, txnid_t txnid, uint32_t failures) {
  struct lck *lck = &env->lck;
  for (;;) {
    const uint32_t seen = atomic_load(&lck->shared->flushes);
    int rc = pending_outcome(lck, txnid, failures);
    if (rc == MDBX_RESULT_TRUE)
      rc = pending_flusher_try(lck);
    else if (rc != MDBX_SUCCESS)
      atomic_store(&env->fatal, true);
    else
      return rc;
    if (rc == MDBX_BUSY) {
      pending_sleep(lck, seen);
      continue;
    }
    if (rc != MDBX_SUCCESS)
      return rc;
    if (pending_outcome(lck, txnid, failures) == MDBX_RESULT_TRUE)
      rc = flush_pending(env);
    pending_flusher_unlock(lck);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

int group_drain(MDBX_env *env) {
  const uint32_t failures = pending_failures(&env->lck);
  const uint64_t tip = pending_tip(&env->lck);
  return tip == lck_head(&env->lck) ? MDBX_SUCCESS : group_wait(env, lck_head_txnid(tip), failures);
}

int env_lock_writer(MDBX_env *env, bool try_only) {
  int rc = env_lock_writer_beside_pending(env, try_only);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = group_drain(env);
  if (rc != MDBX_SUCCESS)
    env_unlock_writer(env);
  return rc;
}
