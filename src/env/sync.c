/* SPDX-License-Identifier: Apache-2.0 */
/* Makes weak and pending commits durable. */
#include "env/sync.h"

#include "base/assert.h"
#include "base/log.h"
#include "env/env_view.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "env/group.h"
#include "file/pending.h"

#include <stdlib.h>

/* The head's pages have been flushed. If the meta of the commit that was believable before is still in the file, that
 * commit is durable now. Then the head becomes the believable commit, so that its pages stay pinned if this process
 * dies before the head is durable (C19). */
static int believe_head(MDBX_env *env, const struct meta_slot *head) {
  struct lck *lck = &env->lck;
  const txnid_t before = lck_believable(lck);
  for (unsigned slot = 0; slot < META_COUNT && before != TXNID_NONE && before != head->txnid; ++slot) {
    struct meta_slot seen;
    const int rc = meta_read_slot(env->fd, env->page_size, slot, &seen);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (seen.valid && seen.txnid == before && meta_kind_is_believed(seen.meta.kind))
      lck_publish_durable(lck, before);
  }
  lck_publish_believable(lck, head->txnid);
  return MDBX_SUCCESS;
}

/* Rewrites the head's meta as steady. Its pages have been flushed. Only a failed write leaves it in doubt. */
static int mark_steady(MDBX_env *env, unsigned slot, const struct meta_slot *head) {
  struct meta_page *page;
  ASSERT(slot < META_COUNT && head->valid);
  int rc = meta_read_page(env->fd, env->page_size, slot, head, &page);
  if (rc == MDBX_CORRUPTED)
    rc = log_damage(rc, "%s: meta page %u changed between two reads", env->data_path, slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = believe_head(env, head);
  if (rc == MDBX_SUCCESS) {
    rc = meta_turn_steady(env->fd, env->page_size, slot, page);
    if (rc != MDBX_SUCCESS)
      atomic_store(&env->fatal, true);
  }
  free(page);
  return rc == MDBX_SUCCESS ? sync_flush(env) : rc;
}

void sync_forget_volume(MDBX_env *env) {
  atomic_store(&env->lck.shared->unsynced_bytes, 0);
  atomic_store(&env->lck.shared->sealing_bytes, 0);
  atomic_store(&env->lck.shared->unsynced_since, 0);
}

void sync_note_long_file(MDBX_env *env) { atomic_fetch_or(&env->lck.shared->user, FILE_IS_LONG); }

bool sync_file_is_long(const MDBX_env *env) { return atomic_load(&env->lck.shared->user) & FILE_IS_LONG; }

void sync_cut_file(MDBX_env *env, pgno_t pages, bool all) {
  ASSERT(!env_is_readonly(env));
  const int rc = map_shrink_file(&env->map, env->fd, (uint64_t)pages << env->shift);
  if (rc != MDBX_SUCCESS && rc != MDBX_BUSY)
    log_warn("%s: cannot cut the file, error %d", env->data_path, rc);
  else if (all)
    atomic_fetch_and(&env->lck.shared->user, ~(unsigned)FILE_IS_LONG);
}

/* The end of the pages that the running transaction has added to the file: a flush within a transaction must not cut
 * them off. */
static pgno_t pages_added(const MDBX_env *env) { return env->work ? env->work->backed : 0; }

int sync_read_head(const MDBX_env *env, struct meta_slot *slot) {
  const uint64_t head = lck_head(&env->lck);
  const int rc = meta_read_slot(env->fd, env->page_size, lck_head_slot(head), slot);
  if (rc == MDBX_SUCCESS && (!slot->valid || slot->txnid != lck_head_txnid(head)))
    return log_damage(MDBX_CORRUPTED, "%s: the meta page of transaction %llu is damaged", env->data_path,
                      (unsigned long long)lck_head_txnid(head));
  return rc;
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
  int rc = sync_read_head(env, &slot);
  /* With WRITEMAP a flush covers only the mapping, and another process may have written pages beyond it. */
  if (rc == MDBX_SUCCESS && (env->flags & MDBX_WRITEMAP))
    rc = env_cover(env, slot.meta.upper);
  if (rc == MDBX_SUCCESS)
    rc = sync_flush(env);
  if (rc == MDBX_SUCCESS && (slot.meta.kind == META_WEAK || slot.meta.kind == META_WIPED))
    rc = mark_steady(env, lck_head_slot(head), &slot);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(txnid == slot.txnid && slot.valid);
  sync_forget_volume(env);
  lck_publish_durable(&env->lck, txnid);
  if (sync_file_is_long(env)) {
    const pgno_t added = pages_added(env);
    sync_cut_file(env, MAX_OF(slot.meta.now, added), slot.meta.now >= added);
  }
  return MDBX_SUCCESS;
}

bool sync_all_is_durable(const MDBX_env *env) {
  return !pending_any(&env->lck) && lck_durable(&env->lck) == lck_head_txnid(lck_head(&env->lck));
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
  const struct lck_shared *shared = env->lck.shared;
  return atomic_load(&shared->unsynced_bytes) + atomic_load(&shared->sealing_bytes) + pending_bytes(&env->lck);
}

/* Pending commits count too: perhaps nobody flushes them before a call of mdbx_env_sync_poll(). Weak and pending
 * commits never exist at the same time. */
uint64_t sync_wanted_since(const MDBX_env *env) {
  const uint64_t weak = atomic_load(&env->lck.shared->unsynced_since);
  return weak ? weak : pending_since(&env->lck);
}

bool sync_is_wanted(const MDBX_env *env) {
  return threshold_is_reached(env, pending_bytes(&env->lck), sync_wanted_since(env));
}
