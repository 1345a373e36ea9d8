/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/readers.h: reader slots: they show which snapshots are in use.
 *
 * Owns the reader slots of the lock file, and which thread of this process has which slot.
 *
 * Invariants and memory order (Dekker's pattern; every access named here is sequentially consistent):
 *  - A reader stores the head's txnid into its slot, then loads the head again. If it is unchanged, the snapshot is
 *    pinned; else it tries with the new one. A writer stores the new head, then (any time later) loads the slots. In
 *    the single total order of these accesses either the reader's second load follows the writer's store, then the
 *    reader sees the new head and moves on; or it precedes it, then so does the reader's store, and the writer's scan
 *    sees the pin. So a writer that looks at the slots after publishing H never misses a reader of an older snapshot
 *    than H, and readers of H itself need no pin to be known: the head is always in use.
 *  - A slot is bound, and readers_high raised, before its owner pins for the first time, in the same total order.
 *  - txnid only goes 0 -> T by the owner, T <-> T|PARKED by the owner, and to 0 by the owner or by a writer that ousts
 *    (only T|PARKED -> 0), evicts (exactly T -> 0) or cleans after a death.
 *  - New pins are only ever made on the head; so a set of pins below the head can only lose members.
 * Binding takes the reader-table lock; pinning takes no lock and makes no system call.
 * Called by transactions, the environment, and reclaim.
 */
#ifndef MDBX_FILE_READERS_H
#define MDBX_FILE_READERS_H

#include "file/lck.h"

/* A bit of reader_slot.txnid: writers may oust this reader. */
#define READER_PARKED (UINT64_C(1) << 63)

/* Binds a slot to thread `tid` (0: to no thread). If none is free, frees the slots of dead processes first. The caller
 * releases the slot. MDBX_READERS_FULL. */
int readers_bind(struct lck *lck, uint64_t tid, struct reader_slot **slot);
/* Notes that a transaction of the application has the slot: readers_shown() counts it from now on. */
void readers_show(struct lck *lck, const struct reader_slot *slot);
/* Releases the slot and its pin. Does nothing in a forked child. */
void readers_release(struct lck *lck, struct reader_slot *slot);

/* Whether the slot still has the binding `ticket` of this environment: readers_kick() may have taken it away. */
bool readers_owns(const struct lck *lck, const struct reader_slot *slot, uint64_t ticket);

/* Pins the newest snapshot; returns the head (for lck_head_txnid, lck_head_slot). */
uint64_t readers_pin(const struct lck *lck, struct reader_slot *slot);
/* Pins a snapshot that another slot of this process pins throughout the call (clones). A scan may read this slot before
 * the call, and the other slot after that one's pin has ended, and so miss both. Therefore each call increments
 * lck_shared.clones, and a scan starts again if that count has changed meanwhile. */
void readers_pin_same(const struct lck *lck, struct reader_slot *slot, txnid_t txnid);
/* Ends the pin of txnid, parked or not; does nothing if a writer has removed it. */
void readers_unpin(struct reader_slot *slot, txnid_t txnid);
/* True while the slot still pins txnid and is not parked. */
static inline bool readers_holds(const struct reader_slot *slot, txnid_t txnid) {
  return atomic_load_explicit(&slot->txnid, memory_order_acquire) == txnid;
}
/* Notes figures of the pinned snapshot, for lists of readers. */
void readers_note(struct reader_slot *slot, uint64_t pages_used, uint64_t pages_retired);

/* Lets writers oust the reader from now on. MDBX_OUSTED: a writer has removed the pin already. */
int readers_park(struct reader_slot *slot, txnid_t txnid);
/* For the owner of a parked pin that gives it up without unparking it. */
void readers_forget_parking(struct reader_slot *slot, txnid_t txnid);
/* MDBX_SUCCESS: pinned as before. MDBX_OUSTED: a writer has removed the pin. */
int readers_unpark(struct reader_slot *slot, txnid_t txnid);
bool readers_any_parked(const struct lck *lck);
/* Ousts the parked readers of exactly that snapshot; returns how many. */
unsigned readers_oust_snapshot(struct lck *lck, txnid_t txnid);
/* Removes the pin of exactly that snapshot from a slot; false if the slot does not have it (any more). */
bool readers_evict(struct reader_slot *slot, txnid_t txnid);
/* Frees a slot of another process that is known to be dead, if the slot still has the binding `ticket`. */
bool readers_kick(struct lck *lck, struct reader_slot *slot, uint64_t ticket);

/* The oldest pinned snapshot, or the head's id if no reader has an older one. */
txnid_t readers_oldest(const struct lck *lck);
/* The same for the slots of this environment only. */
txnid_t readers_oldest_own(const struct lck *lck);
/* The slot with the oldest snapshot, if that is older than `below`; NULL: no slot has one. */
struct reader_slot *readers_find_laggard(const struct lck *lck, txnid_t below, txnid_t *txnid);

/* Ids of snapshots, ascending, without duplicates. */
struct reader_pins {
  txnid_t *items;
  size_t length, capacity;
};

void readers_pins_init(struct reader_pins *pins);
void readers_pins_destroy(struct reader_pins *pins);
/* Fills pins with all snapshots that slots pin. MDBX_ENOMEM. */
int readers_collect(const struct lck *lck, struct reader_pins *pins);
/* Inserts a snapshot, unless it is there already. MDBX_ENOMEM. */
int readers_pins_add(struct reader_pins *pins, txnid_t txnid);

/* Frees the slots of dead processes; *count (may be NULL) is their number. MDBX_RESULT_TRUE: there were some. */
int readers_check_dead(struct lck *lck, unsigned *count);

/* A bound slot as seen at one moment. */
struct reader_view {
  struct reader_slot *slot;
  uint32_t index;
  uint32_t process;
  uint64_t pid, tid;
  txnid_t txnid; /* 0: nothing is pinned */
  bool parked;
  bool ousted; /* a writer removed its parked pin, and the owner has not noticed yet */
  uint64_t pages_used, pages_retired, ticket;
};

typedef int (*readers_visitor)(void *context, unsigned number, const struct reader_view *view);
/* Calls `visit` for every bound slot, with numbers from 1; a result other than 0 ends the walk and is returned.
 * MDBX_RESULT_TRUE: no slot is bound. */
int readers_enumerate(const struct lck *lck, readers_visitor visit, void *context);
/* How many slots have ever been bound: no slot at or above this index has. */
uint32_t readers_high_water(const struct lck *lck);
/* The same, counting only slots that transactions of the application had, not those that only the engine used. */
uint32_t readers_shown(const struct lck *lck);

/* ---- Slots tied to threads ---------------------------------------------------------------------------------------*/

struct reader_binding; /* readers.c: the slot of one thread */

/* One per environment with sticky threads. */
struct reader_threads {
  struct lck *lck; /* constant while open */
  os_tls_t key;    /* value: the thread's struct reader_binding; constant while open */
  bool open;       /* changed by open and close only */
};

int readers_threads_open(struct reader_threads *threads, struct lck *lck);
/* Releases every thread's slot. No thread of the process may be using one. */
void readers_threads_close(struct reader_threads *threads);
/* The calling thread's slot, or NULL. No system call, no lock. */
struct reader_slot *readers_thread_slot(const struct reader_threads *threads);
/* Binds a slot to the calling thread, until the thread ends. MDBX_RESULT_TRUE: the thread has a slot already. */
int readers_thread_bind(struct reader_threads *threads, struct reader_slot **slot);
/* Releases the calling thread's slot. MDBX_RESULT_TRUE: it has none. MDBX_BUSY: the slot pins a snapshot. */
int readers_thread_release(struct reader_threads *threads);

#endif
