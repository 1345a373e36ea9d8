/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/pending.h: commits that are written and wait for a flush which makes them durable, and visible, together.
 *
 * Owns the fields of the lock file about them; doc/commit.md has the invariants (C13 to C16). In short:
 *
 *   pending   the newest such commit, on which the next writer builds; readers do not see it
 *   flushing  the one that the running flush was begun for: its meta page and its pages are left alone
 *   head      the newest that readers see; while there are pending commits it is durable
 *
 * The writer makes commits pending, under the writer lock and the metas lock. Whoever holds the flusher lock freezes the newest
 * one, flushes without any other lock, and publishes it. A failure ends all that wait: their number of failures tells them.
 */
#ifndef MDBX_FILE_PENDING_H
#define MDBX_FILE_PENDING_H

#include "file/lck.h"

/* The newest commit, published or not, in the form of lck_head(). Under the writer lock. */
static inline uint64_t pending_tip(const struct lck *lck) {
  const uint64_t pending = atomic_load(&lck->shared->pending);
  return pending ? pending : lck_head(lck);
}

static inline bool pending_any(const struct lck *lck) { return atomic_load(&lck->shared->pending) != 0; }

static inline uint32_t pending_failures(const struct lck *lck) { return atomic_load(&lck->shared->failures); }

static inline uint64_t pending_flushing(const struct lck *lck) { return atomic_load(&lck->shared->flushing); }

/* Bytes that commits which wait, or are being flushed, have written; and since when the first of those that no flush takes
 * along waits, 0: there is none. For thresholds and display. */
static inline uint64_t pending_bytes(const struct lck *lck) {
  return pending_any(lck) ? atomic_load(&lck->shared->waiting_bytes) + atomic_load(&lck->shared->taken_bytes) : 0;
}

static inline uint64_t pending_since(const struct lck *lck) {
  return pending_any(lck) ? atomic_load(&lck->shared->waiting_since) : 0;
}

/* How many commits the last flush that ended well made durable; display. */
static inline uint32_t pending_shared(const struct lck *lck) { return atomic_load(&lck->shared->shared); }

/* The newest commit, and the number of failures before it. */
void pending_newest(const struct lck *lck, txnid_t *txnid, uint32_t *failures);
/* What became of a commit that was made pending after so many failures: MDBX_SUCCESS: it is published, and durable;
 * MDBX_RESULT_TRUE: it waits; MDBX_PANIC: it failed. */
int pending_outcome(const struct lck *lck, txnid_t txnid, uint32_t failures);

/* An owner that died is no hindrance: what these locks guard is changed by single stores, each of which leaves it whole. */
int pending_metas_lock(struct lck *lck);
void pending_metas_unlock(struct lck *lck);
/* MDBX_SUCCESS, or MDBX_BUSY: a living process holds it. */
int pending_flusher_try(struct lck *lck);
/* Wakes those who wait for a flush. */
void pending_flusher_unlock(struct lck *lck);
/* Sleeps until a flush ends after `seen` have, for so long, or a moment if that is less. */
void pending_sleep(struct lck *lck, uint32_t seen, uint32_t microseconds);
/* No flush runs, and the commits that wait are of fewer threads than committed at the time of the last one: more may come. */
bool pending_may_grow(const struct lck *lck);
/* Several threads committed at the time of the last flush. */
bool pending_has_company(const struct lck *lck);

/* ---- Under the metas lock ---- */

/* The commit is written, so many bytes, its meta last, by that thread of this process (os_thread_number). Under the writer lock as
 * well. */
void pending_set(struct lck *lck, txnid_t txnid, unsigned slot, uint64_t bytes, uint32_t thread);
/* Ends what one who died in pending_publish() has begun: there the head is durable, and not pending. */
void pending_settle(struct lck *lck);
/* Chooses what a flush that begins now makes durable; 0: nothing waits. */
uint64_t pending_freeze(struct lck *lck);
/* The flush has ended well: what it was begun for is durable and the head. False: commits failed meanwhile. */
bool pending_publish(struct lck *lck, uint64_t frozen, uint32_t failures);
/* All that wait have failed. Their metas are to be wiped before the lock is given back, or by the next writer. */
void pending_fail(struct lck *lck);

#endif
