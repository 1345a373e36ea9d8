/* SPDX-License-Identifier: Apache-2.0 */
/* Making commits durable that were not when they were made. */
#include "env/sync.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_view.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "env/group.h"
#include "env/options.h"
#include "file/pending.h"

/* Says in the head's own meta that its pages are on disk. The pages have been flushed. */
static int mark_steady(MDBX_env *env, unsigned slot, const struct meta_slot *head) {
  ASSERT(slot < META_COUNT && head->valid);
  const int rc = meta_make_steady(env->fd, env->page_size, slot, head);
  if (rc != MDBX_SUCCESS)
    atomic_store(&env->fatal, true);
  return rc == MDBX_SUCCESS ? sync_flush(env) : rc;
}

static void forget_unsynced(MDBX_env *env) {
  atomic_store(&env->lck.shared->unsynced_bytes, 0);
  atomic_store(&env->lck.shared->unsynced_since, 0);
}

void sync_note_long_file(MDBX_env *env) { atomic_fetch_or(&env->lck.shared->user, FILE_IS_LONG); }

bool sync_file_is_long(const MDBX_env *env) { return atomic_load(&env->lck.shared->user) & FILE_IS_LONG; }

void sync_cut_file(MDBX_env *env, pgno_t pages, bool all) {
  ASSERT(!env_is_readonly(env));
  const int rc = map_shrink_file(&env->map, env->fd, (uint64_t)pages << env->shift);
  if (rc != MDBX_SUCCESS)
    log_warn("%s: cannot cut the file, error %d", env->data_path, rc);
  else if (all)
    atomic_fetch_and(&env->lck.shared->user, ~(unsigned)FILE_IS_LONG);
}

/* Where the file must not be cut: a transaction that is at work, and flushes or is out of pages, has added pages. */
static pgno_t pages_added(const MDBX_env *env) {
  return env->work ? env->work->backed : 0;
}

int sync_head(MDBX_env *env) {
  ASSERT(env->page_size && env->page_size == UINT32_C(1) << env->shift);
  const int drained = group_drain(env);
  if (drained != MDBX_SUCCESS)
    return drained;
  const uint64_t head = lck_head(&env->lck);
  const txnid_t txnid = lck_head_txnid(head);
  struct meta_slot slot;
  if (lck_durable(&env->lck) == txnid)
    return MDBX_RESULT_TRUE;
  int rc = meta_read_slot(env->fd, env->page_size, lck_head_slot(head), &slot);
  if (rc == MDBX_SUCCESS && (!slot.valid || slot.txnid != txnid))
    rc = log_damage(MDBX_CORRUPTED, "%s: the meta page of transaction %llu is damaged", env->data_path,
                    (unsigned long long)txnid);
  /* With WRITEMAP a flush reaches as far as the mapping: another process may have written beyond. */
  if (rc == MDBX_SUCCESS && (env->flags & MDBX_WRITEMAP))
    rc = env_cover(env, slot.meta.upper);
  if (rc == MDBX_SUCCESS)
    rc = sync_flush(env);
  if (rc == MDBX_SUCCESS && (slot.meta.kind == META_WEAK || slot.meta.kind == META_WIPED))
    rc = mark_steady(env, lck_head_slot(head), &slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(txnid == slot.txnid && slot.valid);
  forget_unsynced(env);
  lck_publish_durable(&env->lck, txnid);
  if (sync_file_is_long(env)) {
    const pgno_t added = pages_added(env);
    sync_cut_file(env, MAX_OF(slot.meta.now, added), slot.meta.now >= added);
  }
  return MDBX_SUCCESS;
}

static bool threshold_is_reached(const MDBX_env *env, uint64_t more_bytes, uint64_t since) {
  const struct lck_shared *shared = env->lck.shared;
  const uint64_t bytes = atomic_load(&shared->autosync_bytes), period = atomic_load(&shared->autosync_period);
  if (bytes && atomic_load(&shared->unsynced_bytes) + more_bytes >= bytes)
    return true;
  return period && since && os_monotonic_16dot16() - since >= period;
}

bool sync_is_due(const MDBX_env *env, uint64_t more_bytes) {
  return threshold_is_reached(env, more_bytes, atomic_load(&env->lck.shared->unsynced_since));
}

uint64_t sync_volume(const MDBX_env *env) {
  return atomic_load(&env->lck.shared->unsynced_bytes) + pending_bytes(&env->lck);
}

/* What waits for a flush counts as well: without a call of mdbx_env_sync_poll() nobody may ever make that. There are no
 * weak commits beside it. */
uint64_t sync_wanted_since(const MDBX_env *env) {
  const uint64_t weak = atomic_load(&env->lck.shared->unsynced_since);
  return weak ? weak : pending_since(&env->lck);
}

/* ------------------------------------------------------------------------------------------------ asked for by the user */

/* Much to flush: most of it goes before the writer lock is taken, so that writers need not wait for it. */
static int flush_ahead(MDBX_env *env) {
  const uint64_t pending = atomic_load(&env->lck.shared->unsynced_bytes);
  return pending >= env_option(env, MDBX_opt_presync_threshold) ? sync_flush(env) : MDBX_SUCCESS;
}

/* Whether the calling thread has the writer lock, with a transaction or without. */
static bool writer_lock_is_own(const MDBX_env *env) {
  return atomic_load(&env->writer_thread) == os_thread_self() ||
         (env->writer_locked_by_user && env->writer_lock_thread == os_thread_self());
}

int sync_newest(MDBX_env *env, bool force, bool nonblock) {
  ASSERT(env->opened);
  if (!env->lockless && !pending_any(&env->lck) && lck_durable(&env->lck) == lck_head_txnid(lck_head(&env->lck)))
    return MDBX_RESULT_TRUE;
  if (!force && !threshold_is_reached(env, pending_bytes(&env->lck), sync_wanted_since(env)))
    return MDBX_SUCCESS;
  const bool own = writer_lock_is_own(env);
  int rc = own || nonblock ? MDBX_SUCCESS : flush_ahead(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* What waits becomes durable with the lock; without a lock file whoever takes that may have done it already. */
  const bool weak = lck_durable(&env->lck) != lck_head_txnid(lck_head(&env->lck));
  const bool pending = pending_any(&env->lck) || (env->lockless && weak);
  rc = own ? MDBX_SUCCESS : env_lock_writer(env, nonblock);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = sync_head(env);
  if (!own)
    env_unlock_writer(env);
  return rc == MDBX_RESULT_TRUE && pending ? MDBX_SUCCESS : rc;
}
