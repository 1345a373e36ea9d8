/* SPDX-License-Identifier: Apache-2.0 */
#include "env/seal.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_view.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "env/group.h"
#include "env/options.h"
#include "env/sync.h"
#include "file/pending.h"

#include <stdlib.h>

/* A steady point in progress. */
struct seal {
  txnid_t txnid;
  struct meta_page *page; /* a copy of that commit's meta; owned. NULL: nothing to do beside the writer */
};

/* Makes the head the believable commit, so that its pages stay pinned. The bytes that the steady point covers no longer
 * count for the thresholds. */
static int take_head(MDBX_env *env, const struct meta_slot *slot, struct seal *seal) {
  struct lck_shared *shared = env->lck.shared;
  ASSERT(lck_writer_is_mine(&env->lck) && slot->txnid > lck_durable(&env->lck));
  int rc = env->flags & MDBX_WRITEMAP ? env_cover(env, slot->meta.upper) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = meta_read_page(env->fd, env->page_size, lck_head_slot(lck_head(&env->lck)), slot, &seal->page);
  if (rc != MDBX_SUCCESS)
    return rc;
  seal->txnid = slot->txnid;
  lck_publish_believable(&env->lck, slot->txnid);
  atomic_fetch_add(&shared->sealing_bytes, atomic_exchange(&shared->unsynced_bytes, 0));
  atomic_store(&shared->unsynced_since, os_monotonic_16dot16());
  return MDBX_SUCCESS;
}

/* If recovery may believe the head already, or a sealer died and left a believable commit, or the lock file calls durable what
 * is no commit yet, the head is made durable here, under the writer lock. */
static int begin_under_lock(MDBX_env *env, struct seal *seal) {
  struct meta_slot slot;
  const txnid_t durable = lck_durable(&env->lck), head = lck_head_txnid(lck_head(&env->lck));
  if (durable == head)
    return MDBX_RESULT_TRUE;
  if (lck_believable(&env->lck) != TXNID_NONE || durable > head)
    return sync_head(env);
  const int rc = sync_read_head(env, &slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  return meta_kind_is_believed(slot.meta.kind) ? sync_head(env) : take_head(env, &slot, seal);
}

/* The commit's own slot if its meta is still there, so that no two metas have the same id; else a slot that C8
 * allows. */
static unsigned choose_slot(const MDBX_env *env, txnid_t txnid) {
  const uint64_t head = lck_head(&env->lck);
  txnid_t txnids[META_COUNT];
  if (lck_head_txnid(head) == txnid)
    return lck_head_slot(head);
  for (unsigned i = 0; i < META_COUNT; ++i) {
    const struct page *header = &env_mapped_meta(env, i)->header;
    txnids[i] = header->flags == P_META ? header->txnid : TXNID_NONE;
    if (txnids[i] == txnid)
      return i;
  }
  return meta_next_slot(txnids, lck_head_slot(head), lck_durable(&env->lck));
}

/* Neither the durable commit nor the head needs the part of the file beyond both their ends. */
static void cut_file(MDBX_env *env, pgno_t durable) {
  const pgno_t head = env_mapped_meta(env, lck_head_slot(lck_head(&env->lck)))->meta.now;
  if (sync_file_is_long(env))
    sync_cut_file(env, MAX_OF(durable, head), head >= durable);
}

static int write_steady(MDBX_env *env, struct seal *seal) {
  struct lck *lck = &env->lck;
  const unsigned slot = choose_slot(env, seal->txnid);
  const pgno_t now = seal->page->meta.now;
  const bool newest = lck_head_txnid(lck_head(lck)) == seal->txnid;
  if (!newest && slot == lck_head_slot(lck_head(lck)))
    return log_damage(MDBX_CORRUPTED, "%s: the lock file names meta page %u for transaction %llu, but it is of %llu",
                      env->data_path, slot, (unsigned long long)lck_head_txnid(lck_head(lck)),
                      (unsigned long long)seal->txnid);
  const int rc = sync_write_meta_through(env, slot, seal->page);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (newest)
    sync_forget_volume(env);
  atomic_store(&lck->shared->sealing_bytes, 0);
  lck_publish_durable(lck, seal->txnid);
  cut_file(env, now);
  return MDBX_SUCCESS;
}

/* Three cases: the noted commit is still the believable one; or a newer commit is durable; or UTTERLY_NOSYNC has left
 * no durable commit, and the head is made durable. */
static int end_under_lock(MDBX_env *env, struct seal *seal) {
  if (lck_believable(&env->lck) == seal->txnid)
    return write_steady(env, seal);
  if (lck_durable(&env->lck) >= seal->txnid)
    return MDBX_SUCCESS;
  const int rc = sync_head(env);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

/* If the lock cannot be had without waiting, the commit stays believable, and its pages are flushed: the next steady
 * point has little to flush. */
static int end(MDBX_env *env, struct seal *seal, bool nonblock) {
  struct lck_shared *shared = env->lck.shared;
  int rc = env_lock_writer(env, nonblock);
  if (rc != MDBX_SUCCESS) {
    atomic_fetch_add(&shared->unsynced_bytes, atomic_exchange(&shared->sealing_bytes, 0));
    return rc;
  }
  rc = end_under_lock(env, seal);
  env_unlock_writer(env);
  return rc;
}

/* Under the sealer lock. */
static int make_steady_point(MDBX_env *env, bool nonblock) {
  struct seal seal = {TXNID_NONE, NULL};
  ASSERT(!env->lockless && !env_is_readonly(env));
  int rc = env_lock_writer(env, nonblock);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = begin_under_lock(env, &seal);
  env_unlock_writer(env);
  if (seal.page && rc == MDBX_SUCCESS)
    rc = sync_flush(env);
  if (seal.page && rc == MDBX_SUCCESS)
    rc = end(env, &seal, nonblock);
  free(seal.page);
  return rc;
}

/* ------------------------------------------------------------------------------------------------ asked for by the user */

/* Without a lock file, taking the writer lock repairs the file, and may make the head durable. */
static int sync_lockless(MDBX_env *env, bool nonblock) {
  const bool weak = lck_durable(&env->lck) != lck_head_txnid(lck_head(&env->lck));
  int rc = env_lock_writer(env, nonblock);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = sync_head(env);
  env_unlock_writer(env);
  return rc == MDBX_RESULT_TRUE && weak ? MDBX_SUCCESS : rc;
}

static int sync_beside_writer(MDBX_env *env, bool nonblock) {
  struct lck *lck = &env->lck;
  int rc = lck_sealer_lock(lck, nonblock);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = make_steady_point(env, nonblock);
  lck_sealer_unlock(lck);
  return rc;
}

/* A flush of pending commits needs no writer lock. With nonblock the caller must not wait for that flush, and tries the
 * locks instead. */
static int sync_shared(MDBX_env *env, bool nonblock) {
  if (pending_any(&env->lck) && !nonblock) {
    const int rc = group_wait_newest(env);
    if (rc != MDBX_SUCCESS || lck_durable(&env->lck) == lck_head_txnid(lck_head(&env->lck)))
      return rc; /* commits that are pending now came after the call */
  }
  return sync_beside_writer(env, nonblock);
}

int sync_newest(MDBX_env *env, bool force, bool nonblock) {
  ASSERT(env->opened);
  const bool pending = pending_any(&env->lck);
  int rc;
  if (!env->lockless && sync_all_is_durable(env))
    return MDBX_RESULT_TRUE;
  if (!force && !sync_is_wanted(env))
    return MDBX_SUCCESS;
  if (env_writer_lock_is_own(env))
    rc = sync_head(env);
  else
    rc = env->lockless ? sync_lockless(env, nonblock) : sync_shared(env, nonblock);
  return rc == MDBX_RESULT_TRUE && pending ? MDBX_SUCCESS : rc;
}

/* --------------------------------------------------------------------------------------------- left by a weak commit */

enum seal_chore seal_chore_of(const MDBX_env *env, uint64_t bytes) {
  const struct lck_shared *shared = env->lck.shared;
  const uint64_t before = atomic_load(&shared->unsynced_bytes), after = before + bytes;
  const uint64_t half = atomic_load(&shared->autosync_bytes) / 2;
  if (sync_is_due(env, bytes))
    return SEAL_IF_DUE;
  return half && before < half && after >= half && after >= env_option(env, MDBX_opt_presync_threshold)
             ? SEAL_BEGIN_FLUSH
             : SEAL_NOTHING;
}

/* The writing that was begun at half of the volume threshold has mostly ended when another quarter is reached. */
bool seal_is_writing(const MDBX_env *env) {
  const struct lck_shared *shared = env->lck.shared;
  const uint64_t half = atomic_load(&shared->autosync_bytes) / 2, now = atomic_load(&shared->unsynced_bytes);
  return lck_sealer_is_held(&env->lck) ||
         (half && now >= half && now < half + half / 2 && now >= env_option(env, MDBX_opt_presync_threshold));
}

bool seal_is_far_behind(const MDBX_env *env) {
  const uint64_t most = atomic_load(&env->lck.shared->autosync_bytes);
  return most && sync_volume(env) / 2 >= most;
}

int seal_do_chore(MDBX_env *env, enum seal_chore chore) {
  struct lck *lck = &env->lck;
  if (chore == SEAL_BEGIN_FLUSH)
    os_file_begin_flush(env->fd);
  if (chore < SEAL_IF_DUE)
    return MDBX_SUCCESS;
  int rc = lck_sealer_lock(lck, true);
  if (rc == MDBX_BUSY && seal_is_far_behind(env))
    rc = lck_sealer_lock(lck, false);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_BUSY ? MDBX_SUCCESS : rc;
  if (chore == SEAL_FOR_SPACE || sync_is_due(env, 0))
    rc = make_steady_point(env, false);
  lck_sealer_unlock(lck);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}
