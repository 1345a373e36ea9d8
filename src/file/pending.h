/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/pending.h: pending commits: they are written, and wait for one flush that makes them durable and visible
 * together.
 *
 * Owns the lock file's fields about pending commits; doc/commit.md has the invariants (C13 to C17). In short:
 *
 *   pending   the newest such commit, on which the next writer builds; readers do not see it
 *   flushing  the commit that the running flush was begun for: nobody overwrites its meta page and its pages
 *   head      the newest commit that readers see; while commits are pending, it is durable
 *
 * The writer makes commits pending, under the writer lock and the metas lock. The holder of the flusher lock freezes
 * the newest one, flushes without any other lock, and publishes it. A failure ends all pending commits: waiting threads
 * see it by the number of failures.
 */
#ifndef MDBX_FILE_PENDING_H
#define MDBX_FILE_PENDING_H

#include "file/lck.h"

/* The newest commit, published or not, in the form of lck_head(). Under the writer lock. A field that names an older commit
 * than the head is left from a process that died while it published, or is a lie. */
static inline uint64_t pending_tip(const struct lck *lck) {
  const uint64_t pending = atomic_load(&lck->shared->pending), head = lck_head(lck);
  return lck_head_txnid(pending) > lck_head_txnid(head) ? pending : head;
}

static inline bool pending_any(const struct lck *lck) { return atomic_load(&lck->shared->pending) != 0; }

static inline uint32_t pending_failures(const struct lck *lck) { return atomic_load(&lck->shared->failures); }

static inline uint64_t pending_flushing(const struct lck *lck) { return atomic_load(&lck->shared->flushing); }

/* For thresholds and display: the bytes that pending commits have written, and the time since when the first one waits
 * for which no flush has begun (0: none). */
static inline uint64_t pending_bytes(const struct lck *lck) {
  return pending_any(lck) ? atomic_load(&lck->shared->waiting_bytes) + atomic_load(&lck->shared->taken_bytes) : 0;
}

static inline uint64_t pending_since(const struct lck *lck) {
  return pending_any(lck) ? atomic_load(&lck->shared->waiting_since) : 0;
}

/* How many commits the last successful flush made durable; display. */
static inline uint32_t pending_shared(const struct lck *lck) { return atomic_load(&lck->shared->shared); }

/* The newest commit and the number of failures before it, as a consistent pair. */
void pending_newest(const struct lck *lck, txnid_t *txnid, uint32_t *failures);
/* The state of a commit that was made pending after so many failures. MDBX_SUCCESS: published and durable.
 * MDBX_RESULT_TRUE: still pending. MDBX_PANIC: failed. */
int pending_outcome(const struct lck *lck, txnid_t txnid, uint32_t failures);

/* These locks are taken over from a dead owner: each single store leaves the guarded fields consistent. */
int pending_metas_lock(struct lck *lck);
void pending_metas_unlock(struct lck *lck);
/* MDBX_SUCCESS, or MDBX_BUSY: a living process holds it. */
int pending_flusher_try(struct lck *lck);
/* Wakes those who wait for a flush. */
void pending_flusher_unlock(struct lck *lck);
/* Sleeps until `flushes` is no longer `seen`, for so many microseconds at most; may return earlier. */
void pending_sleep(struct lck *lck, uint32_t seen, uint32_t microseconds);
/* Whether waiting may bring more commits into the next flush: no flush runs, and the pending commits come from fewer
 * threads than committed at the time of the last flush. */
bool pending_may_grow(const struct lck *lck);
/* Whether several threads committed at the time of the last flush. */
bool pending_has_company(const struct lck *lck);

/* ---- Under the metas lock ---- */

/* Whether a commit may be pending in this slot: it is newer than all others, and needs no meta page that is needed. */
bool pending_may_be(const struct lck *lck, txnid_t txnid, unsigned slot);
/* Makes a commit pending, after its meta was written. `bytes`: what it has written; `thread`: os_thread_number() of its
 * thread. Also under the writer lock. */
void pending_set(struct lck *lck, txnid_t txnid, unsigned slot, uint64_t bytes, uint32_t thread);
/* Completes a pending_publish() whose process died in it: notes the head as durable and as no longer pending. */
void pending_settle(struct lck *lck);
/* Returns the commit that a flush which begins now makes durable; 0: no commit is pending. */
uint64_t pending_freeze(struct lck *lck);
/* After a successful flush: makes the frozen commit the head, and notes it as durable. False: the pending commits
 * failed meanwhile. */
bool pending_publish(struct lck *lck, uint64_t frozen, uint32_t failures);
/* Fails all pending commits. Their metas must be wiped before the lock is released, or by the next writer. */
void pending_fail(struct lck *lck);

#endif
