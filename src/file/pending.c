/* SPDX-License-Identifier: Apache-2.0 */
#include "file/pending.h"

#include "base/assert.h"
#include "file/lck_parts.h"

/* ---- Locks ------------------------------------------------------------------------------------------------------ */

int pending_metas_lock(struct lck *lck) {
  return lck_lock_ranked(lck, &lck->shared->metas, RANK_METAS, &lck->metas_turn, false);
}

void pending_metas_unlock(struct lck *lck) {
  lck_unlock_ranked(lck, &lck->shared->metas, RANK_METAS, lck->metas_turn, "the meta pages");
}

int pending_flusher_try(struct lck *lck) {
  return lck_lock_ranked(lck, &lck->shared->flusher, RANK_FLUSHER, &lck->flusher_turn, true);
}

void pending_flusher_unlock(struct lck *lck) {
  lck_unlock_ranked(lck, &lck->shared->flusher, RANK_FLUSHER, lck->flusher_turn, "the flush of commits");
  atomic_fetch_add(&lck->shared->flushes, 1);
  os_word_wake(&lck->shared->flushes);
}

void pending_sleep(struct lck *lck, uint32_t seen, uint32_t microseconds) {
  os_word_sleep(&lck->shared->flushes, seen, microseconds);
}

static uint32_t makers_in(uint64_t makers) { return (uint32_t)__builtin_popcountll(makers); }

bool pending_may_grow(const struct lck *lck) {
  return !pending_flushing(lck) &&
         makers_in(atomic_load(&lck->shared->waiting_makers)) < atomic_load(&lck->shared->company);
}

bool pending_has_company(const struct lck *lck) { return atomic_load(&lck->shared->company) > 1; }

/* ---- What waits ------------------------------------------------------------------------------------------------- */

void pending_newest(const struct lck *lck, txnid_t *txnid, uint32_t *failures) {
  uint32_t before;
  *failures = pending_failures(lck);
  do {
    before = *failures;
    *txnid = lck_head_txnid(pending_tip(lck));
    *failures = pending_failures(lck);
  } while (*failures != before); /* else the commit may have been made after a failure */
}

int pending_outcome(const struct lck *lck, txnid_t txnid, uint32_t failures) {
  /* The head is read first: after a failure other commits get the same ids. */
  const txnid_t head = lck_head_txnid(lck_head(lck));
  const uint32_t now = pending_failures(lck);
  if (now == failures)
    return head >= txnid ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
  const bool before = now == failures + 1 && txnid <= atomic_load(&lck->shared->failed_above);
  return before ? MDBX_SUCCESS : MDBX_PANIC;
}

/* One bit for each thread that made a commit; it does no harm if several threads share a bit. The threads of a process
 * are numbered from 0. */
static uint64_t maker_bit(const struct lck *lck, uint32_t thread) {
  return UINT64_C(1) << (lck->process * 23 + thread) % 64;
}

bool pending_may_be(const struct lck *lck, txnid_t txnid, unsigned slot) {
  const uint64_t flushing = pending_flushing(lck);
  return txnid > lck_head_txnid(pending_tip(lck)) && slot != lck_head_slot(lck_head(lck)) &&
         (!flushing || slot != lck_head_slot(flushing));
}

void pending_set(struct lck *lck, txnid_t txnid, unsigned slot, uint64_t bytes, uint32_t thread) {
  ASSERT(pending_may_be(lck, txnid, slot));
  atomic_store(&lck->shared->pending, txnid << 2 | slot);
  if (atomic_fetch_add(&lck->shared->waiting, 1) == 0)
    atomic_store(&lck->shared->waiting_since, os_monotonic_16dot16());
  atomic_fetch_add(&lck->shared->waiting_bytes, bytes);
  atomic_fetch_or(&lck->shared->waiting_makers, maker_bit(lck, thread));
}

void pending_settle(struct lck *lck) {
  const uint64_t pending = atomic_load(&lck->shared->pending), head = lck_head(lck);
  if (!pending)
    return;
  if (lck_durable(lck) != lck_head_txnid(head))
    lck_publish_durable(lck, lck_head_txnid(head));
  if (lck_head_txnid(pending) <= lck_head_txnid(head))
    atomic_store(&lck->shared->pending, 0);
}

uint64_t pending_freeze(struct lck *lck) {
  pending_settle(lck);
  const uint64_t frozen = atomic_load(&lck->shared->pending);
  if (frozen) {
    atomic_store(&lck->shared->flushing, frozen);
    /* `taken` may still count commits of a process that died during its flush. */
    atomic_fetch_add(&lck->shared->taken, atomic_exchange(&lck->shared->waiting, 0));
    atomic_fetch_add(&lck->shared->taken_bytes, atomic_exchange(&lck->shared->waiting_bytes, 0));
    atomic_fetch_or(&lck->shared->taken_makers, atomic_exchange(&lck->shared->waiting_makers, 0));
    atomic_store(&lck->shared->waiting_since, 0);
    lck_publish_believable(lck, lck_head_txnid(frozen));
  }
  return frozen;
}

/* The head is published first: the old head is the durable commit, so its slot must not be overwritten before. */
bool pending_publish(struct lck *lck, uint64_t frozen, uint32_t failures) {
  if (atomic_load(&lck->shared->flushing) == frozen)
    atomic_store(&lck->shared->flushing, 0);
  if (pending_failures(lck) != failures)
    return false;
  ASSERT(frozen);
  /* If this process lost its locks, others took it for dead, and have published this commit or newer ones. */
  if (lck_head_txnid(frozen) <= lck_head_txnid(lck_head(lck)))
    return true;
  lck_publish_head(lck, lck_head_txnid(frozen), lck_head_slot(frozen));
  lck_publish_durable(lck, lck_head_txnid(frozen));
  if (atomic_load(&lck->shared->pending) == frozen)
    atomic_store(&lck->shared->pending, 0);
  const uint32_t taken = atomic_exchange(&lck->shared->taken, 0);
  atomic_store(&lck->shared->taken_bytes, 0);
  atomic_store(&lck->shared->shared, taken);
  const uint64_t makers = atomic_exchange(&lck->shared->taken_makers, 0) | atomic_load(&lck->shared->waiting_makers);
  atomic_store(&lck->shared->company, makers_in(makers));
  lck_count(lck, LCK_SHARED_FLUSHES, 1);
  lck_count(lck, LCK_SHARED_COMMITS, taken);
  return true;
}

void pending_fail(struct lck *lck) {
  atomic_store(&lck->shared->failed_above, lck_head_txnid(lck_head(lck)));
  atomic_fetch_add(&lck->shared->failures, 1);
  atomic_store(&lck->shared->pending, 0);
  atomic_store(&lck->shared->flushing, 0);
  atomic_store(&lck->shared->waiting, 0);
  atomic_store(&lck->shared->taken, 0);
  atomic_store(&lck->shared->waiting_bytes, 0);
  atomic_store(&lck->shared->taken_bytes, 0);
  atomic_store(&lck->shared->waiting_makers, 0);
  atomic_store(&lck->shared->taken_makers, 0);
  atomic_store(&lck->shared->waiting_since, 0);
}
