/* SPDX-License-Identifier: Apache-2.0 */
/* The writer lock of an environment. */
#include "env/env_writer.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/flush.h"
#include "env/lockless.h"
#include "file/pending.h"

/* The newest complete meta of this database; *slot is -1 if none is newer than the head. */
static int find_newest_meta(const MDBX_env *env, struct meta_slot *newest, int *slot) {
  *newest = (struct meta_slot){.txnid = lck_head_txnid(lck_head(&env->lck))};
  *slot = -1;
  for (unsigned i = 0; i < META_COUNT; ++i) {
    struct meta_slot seen;
    const int rc = meta_read_slot(env->fd, env->page_size, i, &seen);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (seen.valid && seen.txnid > newest->txnid &&
        memcmp(seen.meta.database_id, env->database_id, sizeof(env->database_id)) == 0) {
      *newest = seen;
      *slot = (int)i;
    }
  }
  return MDBX_SUCCESS;
}

/* A writer died. If it had written a whole meta, its commit stands, although not published; otherwise the commit never
 * happened. If recovery believes this meta, the commit is made durable before anything else is written: the commit that
 * was believable before loses its pin, and the disk may have only that one's meta. */
static int adopt_newest_meta(MDBX_env *env) {
  ASSERT(lck_writer_is_mine(&env->lck));
  ASSERT(env->page_size && env->page_size == UINT32_C(1) << env->shift);
  ASSERT(!pending_any(&env->lck) && !env->lockless);
  struct meta_slot newest;
  int slot;
  int rc = find_newest_meta(env, &newest, &slot);
  if (rc != MDBX_SUCCESS || slot < 0)
    return rc;
  log_notice("%s: a writer died; its commit %llu was complete and stands", env->data_path,
             (unsigned long long)newest.txnid);
  const bool believed = meta_kind_is_believed(newest.meta.kind);
  if (believed)
    rc = sync_datasync(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (believed)
    lck_publish_durable(&env->lck, newest.txnid);
  lck_publish_head(&env->lck, newest.txnid, (unsigned)slot);
  return MDBX_SUCCESS;
}

void env_doubt_metas(MDBX_env *env, unsigned slot) {
  ASSERT(slot < META_COUNT && !env_is_readonly(env));
  atomic_store(&env->fatal, true);
  atomic_fetch_or(&env->lck.shared->user, METAS_DOUBTFUL);
  /* So that an opener of this boot does not find the meta; the next writer makes the wiping durable. */
  if (meta_wipe(env->fd, env->page_size, slot) != MDBX_SUCCESS)
    log_error("%s: meta page %u of a failed commit cannot be wiped", env->data_path, slot);
}

/* Wipes the metas of commits that never happened. Tries all slots; returns the first error. */
static int wipe_unpublished_metas(MDBX_env *env) {
  const txnid_t head = lck_head_txnid(lck_head(&env->lck));
  int first = MDBX_SUCCESS;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && seen.valid && seen.txnid > head)
      rc = meta_wipe(env->fd, env->page_size, slot);
    if (rc != MDBX_SUCCESS)
      log_error("%s: meta page %u of a failed commit cannot be wiped", env->data_path, slot);
    if (first == MDBX_SUCCESS)
      first = rc;
  }
  return first;
}

/* The process that fails the pending commits may still be doing so, or may have died before it counted the failure. */
static int end_failure(MDBX_env *env) {
  const int rc = pending_metas_lock(&env->lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (pending_any(&env->lck))
    pending_fail(&env->lck);
  pending_metas_unlock(&env->lck);
  return MDBX_SUCCESS;
}

/* The meta that a dead writer had begun to write has an id that a later commit gets again (doc/commit.md, C20): this
 * slot would be taken for that commit's. */
static int wipe_torn_meta(const MDBX_env *env) {
  const txnid_t newest = lck_head_txnid(pending_tip(&env->lck));
  int rc = MDBX_SUCCESS;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot) {
    struct meta_slot seen;
    rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && !seen.valid && !seen.blank && seen.claimed > newest)
      rc = meta_wipe(env->fd, env->page_size, slot);
  }
  return rc;
}

/* Other writers may reuse the pages of the failed commit; its meta must be gone before they overwrite one. */
static int clear_doubt(MDBX_env *env) {
  ASSERT(lck_writer_is_mine(&env->lck));
  ASSERT(!env->lockless && !env->work);
  int rc = end_failure(env);
  if (rc == MDBX_SUCCESS)
    rc = wipe_unpublished_metas(env);
  if (rc == MDBX_SUCCESS)
    rc = wipe_torn_meta(env);
  if (rc == MDBX_SUCCESS)
    rc = os_ops->datasync(env->fd);
  if (rc == MDBX_SUCCESS)
    atomic_fetch_and(&env->lck.shared->user, ~(unsigned)METAS_DOUBTFUL);
  return rc;
}

/* If a meta cannot be wiped now, the next writer does it. */
void env_fail_pending(MDBX_env *env) {
  atomic_store(&env->fatal, true);
  atomic_fetch_or(&env->lck.shared->user, METAS_DOUBTFUL);
  /* Before the metas are wiped: a writer that does not find the meta it builds on then sees that the commits failed. */
  pending_fail(&env->lck);
  wipe_unpublished_metas(env);
}

/* Checks that the dead writer has not destroyed the meta of the newest pending commit. Under the metas lock. */
static int inherit_pending(MDBX_env *env) {
  struct lck *lck = &env->lck;
  const uint64_t pending = pending_tip(lck);
  int rc = MDBX_SUCCESS;
  uint64_t newest = 0;
  for (unsigned slot = 0; slot < META_COUNT && rc == MDBX_SUCCESS; ++slot) {
    struct meta_slot seen;
    rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc == MDBX_SUCCESS && seen.valid && seen.txnid > lck_head_txnid(newest) &&
        memcmp(seen.meta.database_id, env->database_id, sizeof(env->database_id)) == 0)
      newest = seen.txnid << 2 | slot;
  }
  if (rc == MDBX_SUCCESS && newest != pending && !pending_may_be(lck, lck_head_txnid(newest), lck_head_slot(newest))) {
    log_error("%s: a writer died while it wrote meta page %u; commits that waited for a flush are lost", env->data_path,
              lck_head_slot(pending));
    env_fail_pending(env);
    rc = MDBX_PANIC;
  } else if (rc == MDBX_SUCCESS && newest != pending) {
    log_notice("%s: a writer died; its commit %llu was complete and stands", env->data_path,
               (unsigned long long)lck_head_txnid(newest));
    pending_set(lck, lck_head_txnid(newest), lck_head_slot(newest), 0, os_thread_number());
  }
  return rc;
}

/* Takes over from a dead writer. Another process may publish pending commits at any moment, so the metas lock is held.
 * Only the first writer after the death is told of it (C21): if it fails here, the metas become doubtful, and the next
 * writer wipes every meta that is not published. */
static int inherit(MDBX_env *env) {
  struct lck *lck = &env->lck;
  int rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS) {
    atomic_fetch_or(&lck->shared->user, METAS_DOUBTFUL);
    return rc;
  }
  pending_settle(lck);
  rc = pending_any(lck) ? inherit_pending(env) : adopt_newest_meta(env);
  if (rc == MDBX_SUCCESS)
    rc = wipe_torn_meta(env);
  if (rc != MDBX_SUCCESS)
    atomic_fetch_or(&lck->shared->user, METAS_DOUBTFUL);
  pending_metas_unlock(lck);
  return rc;
}

/* The writer lock is held; `rc` is MDBX_RESULT_TRUE if its last holder died. */
static int enter_as_writer(MDBX_env *env, int rc) {
  ASSERT(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
  if (env->lockless)
    return lockless_begin_writing(env);
  if (atomic_load(&env->lck.shared->user) & METAS_DOUBTFUL)
    return clear_doubt(env);
  return rc == MDBX_RESULT_TRUE ? inherit(env) : MDBX_SUCCESS;
}

int env_lock_writer_beside_pending(MDBX_env *env, bool try_only) {
  ASSERT(env->fd >= 0 && env->lck.shared);
  int rc = lck_writer_lock(&env->lck, try_only);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  rc = enter_as_writer(env, rc);
  if (rc != MDBX_SUCCESS)
    lck_writer_unlock(&env->lck);
  return rc;
}

void env_unlock_writer(MDBX_env *env) {
  if (env->lockless)
    lockless_end_writing(env);
  lck_writer_unlock(&env->lck);
}

bool env_writer_lock_is_own(const MDBX_env *env) { return env_is_writing(env) || env_has_locked(env); }

int env_change_flags(MDBX_env *env, unsigned flags, bool on) {
  ASSERT(!(flags & ~(unsigned)ENV_FLAGS_CHANGEABLE));
  const bool own = env_writer_lock_is_own(env);
  const int rc = own ? MDBX_SUCCESS : env_lock_writer_beside_pending(env, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (on)
    atomic_fetch_or(&env->flags, flags);
  else
    atomic_fetch_and(&env->flags, ~flags);
  if (!own)
    env_unlock_writer(env);
  return MDBX_SUCCESS;
}
