/* SPDX-License-Identifier: Apache-2.0 */
#include "env/group.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_writer.h"
#include "env/sync.h"
#include "file/pending.h"

void group_fail(MDBX_env *env) {
  const txnid_t head = lck_head_txnid(lck_head(&env->lck));
  atomic_store(&env->fatal, true);
  atomic_fetch_or(&env->lck.shared->user, METAS_DOUBTFUL);
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && seen.valid && seen.txnid > head)
      rc = meta_wipe(env->fd, env->page_size, slot);
    if (rc != MDBX_SUCCESS)
      log_error("%s: meta page %u of a failed commit cannot be wiped", env->data_path, slot);
  }
  pending_fail(&env->lck);
}

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
    group_fail(env);
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

int group_inherit(MDBX_env *env) {
  struct lck *lck = &env->lck;
  int rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t pending = atomic_load(&lck->shared->pending);
  uint64_t newest = 0;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot) {
    struct meta_slot seen;
    rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && seen.valid && seen.txnid > lck_head_txnid(newest) &&
        memcmp(seen.meta.database_id, env->database_id, sizeof(env->database_id)) == 0)
      newest = seen.txnid << 2 | slot;
  }
  if (rc == MDBX_SUCCESS && pending && lck_head_txnid(newest) < lck_head_txnid(pending)) {
    log_error("%s: a writer died while it wrote meta page %u; commits that waited for a flush are lost", env->data_path,
              lck_head_slot(pending));
    group_fail(env);
    rc = MDBX_PANIC;
  } else if (rc == MDBX_SUCCESS && pending && newest != pending) {
    log_notice("%s: a writer died; its commit %llu was complete and stands", env->data_path,
               (unsigned long long)lck_head_txnid(newest));
    pending_set(lck, lck_head_txnid(newest), lck_head_slot(newest));
  }
  pending_metas_unlock(lck);
  return rc;
}
