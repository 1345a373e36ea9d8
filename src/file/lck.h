/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck.h: the lock file, where the processes that have a database open meet.
 *
 * Owns the second file of a database: which processes have the database open, the writer lock, the reader slots, the
 * newest published commit, and other shared state (sync thresholds, counters). Nothing in the file is needed after the
 * last process has closed it: the first opener writes all of it anew.
 *
 * Byte-range locks on the lock file (OFD locks if the system has them; the death of a process releases them):
 *   byte 0               held exclusively by the process that opens or closes: one at a time
 *   byte 1               held shared by every opener, exclusively by an EXCLUSIVE opener and while the first opener is
 *                        at work; a process that gets it exclusively is alone
 *   byte LCK_BASE + k    held exclusively by the environment with process index k for as long as it is open; tells
 *                        the others, across pid namespaces, whether the owner of a slot or lock word lives
 *   byte LCK_WRITERS + k the same by an environment that may write, taken under byte 0
 * One lock on the data file, far behind any data:
 *   byte LCK_DATA_BASE + a number derived from the identity of the lock file, held shared by every environment. If an
 *   opener uses another lock file (it came by another name of the data file, or the lock file was removed), it sees
 *   this lock.
 *
 * Rank of locks, outermost first: byte 0, sealer lock, writer lock, flusher lock, metas lock, reader-table lock,
 * process mutex (os_process_lock). Take byte 0 (lck_open, lck_close) only while holding none of the others.
 *
 * Invariants:
 *  1. Two environments never have the same index, whether in one process or in two.
 *  2. A slot or lock word that names index k belongs to the present holder of k, or its owner is dead. lck_open()
 *     removes what earlier holders of its index left, before it returns.
 *  3. Slots change hands (free <-> bound) only under the reader-table lock, except that an owner frees its own.
 *  4. All content may be garbage that a foreign program wrote; reading it never leads outside the mapping. Sizes and
 *     counts are copied once into struct lck and checked; only that copy is used.
 *  5. The engine writes only to a file that is empty, has only zeros, or is a lock file; never through a symbolic link,
 *     and never to the data file under another name.
 *
 * A forked child inherits the structs but none of the locks: before fork() returns, its descriptors become open files
 * of their own (if that fails, the child takes process locks). In the child lck_is_inherited() is true, and lck_close()
 * releases only memory and descriptors. lck_reopen() makes the child a user of its own.
 */
#ifndef MDBX_FILE_LCK_H
#define MDBX_FILE_LCK_H

#include "os/os.h"

#define LCK_VERSION 5u
/* Environments that can have one database open at a time. */
#define LCK_PROCESSES 32768u
#define LCK_BYTE_OPENING 0u
#define LCK_BYTE_PRESENCE 1u
#define LCK_BASE 64u
#define LCK_WRITERS (LCK_BASE + LCK_PROCESSES)
/* On the data file. */
#define LCK_DATA_BASE (UINT64_C(1) << 62)
#define LCK_DATA_PLACES (UINT64_C(1) << 61)
/* Meta pages, one of which the head names. */
#define LCK_HEAD_SLOTS 3u
/* Reader slots if the application sets no number; like any number, rounded up to fill the lock file's last page. */
#define LCK_READERS_DEFAULT 110u
#define LCK_READERS_MAX 32767u

/* States of a reader slot; see readers.h. */
#define READER_FREE 0u
#define READER_BOUND 1u

/* A reader's slot: one cache line. */
struct reader_slot {
  /* The pinned snapshot, with READER_PARKED or-ed in while a writer may oust the reader; 0: none. Set by the owner; a
   * writer sets it to 0 when it ousts or evicts the reader, or cleans up after a death. */
  _Alignas(64) _Atomic uint64_t txnid;
  /* READER_FREE or READER_BOUND; changed under the reader-table lock, or by the owner when it frees the slot. */
  _Atomic uint32_t state;
  /* Index of the owning environment; meaningful while bound. Set at bind. */
  _Atomic uint32_t process;
  /* Display only, set at bind: system ids of the owner; tid 0 when the slot is not tied to a thread. */
  _Atomic uint64_t pid, tid;
  /* Display only, set by the owner after it pinned: pages in use by its snapshot, and pages retired up to it. */
  _Atomic uint64_t pages_used, pages_retired;
  /* Number of this binding, never repeated while the lock file is in use: whoever has a stale pointer to a slot finds
   * another number. */
  _Atomic uint64_t ticket;
  /* Display only, set by the owner: the id of the snapshot whose pin it parked, until it looks at the pin again. */
  _Atomic uint64_t parked;
};

enum lck_counter {
  LCK_NEWLY,
  LCK_COW,
  LCK_CLONE,
  LCK_SPLIT,
  LCK_MERGE,
  LCK_SPILL,
  LCK_UNSPILL,
  LCK_WOPS,
  LCK_PREFAULT,
  LCK_MINCORE,
  LCK_MSYNC,
  LCK_FSYNC,
  LCK_SHARED_FLUSHES,
  LCK_SHARED_COMMITS, /* commits that the shared flushes made durable */
  LCK_COUNTERS
};

/* The header of the lock file; reader slots follow it. Fields with different writers are in different cache lines. */
struct lck_shared {
  /* Identity: written by the first opener under byte 0; constant afterwards. */
  _Alignas(64) uint64_t magic;
  uint32_t version;
  uint32_t slot_count;
  uint64_t length;        /* of the lock file in bytes */
  struct os_file_id data; /* the data file that this lock file belongs to */

  /* Newest published commit: txnid << 2 | slot of its meta page. Written under the writer lock, under `metas` for a
   * pending commit, and by the first opener after recovery; read by every reader at begin. */
  _Alignas(64) _Atomic uint64_t head;
  /* Newest commit known to be durable. Written under the same locks. */
  _Atomic uint64_t durable;
  /* A commit newer than the durable one that recovery would believe if its meta page reached the disk, although no
   * flush has followed it; 0: none. Written under the same locks. */
  _Atomic uint64_t believable;

  /* Held for the length of a write transaction. */
  _Alignas(64) struct os_shlock writer;
  struct os_shlock sealer; /* held while a steady point is made beside the writer, see env/seal.h */
  /* Bytes that the steady point in progress covers; no longer part of unsynced_bytes. */
  _Alignas(8) _Atomic uint64_t sealing_bytes;
  /* Threads that made the pending commits, one bit for each, see pending_set(); changed under `metas`. */
  _Atomic uint64_t waiting_makers; /* of commits for which no flush has begun */
  _Atomic uint64_t taken_makers;   /* of commits that the running flush covers */

  /* Pending commits, see file/pending.h. All fields but `flushes` change under `metas`. */
  _Alignas(64) _Atomic uint64_t pending; /* the newest pending commit, in the form of `head`; 0: none */
  _Atomic uint64_t flushing;             /* the commit for which a flush runs, in the form of `head`; 0: none */
  _Atomic uint64_t failed_above;         /* the head's id when pending commits last failed */
  _Atomic uint32_t failures;             /* how often pending commits have failed */
  _Atomic uint32_t flushes;              /* how many flushes have ended; waiting threads sleep on this word */
  _Atomic uint32_t waiting;              /* commits for which no flush has begun */
  _Atomic uint32_t taken;                /* commits that the running flush covers */
  _Atomic uint32_t shared;               /* commits that the last successful flush covered */
  _Atomic uint32_t company;              /* threads that made those commits, or commits during that flush */
  _Alignas(8) struct os_shlock flusher;  /* held for the length of a flush of pending commits */
  /* Held while a meta page is written beside such a flush, and while such a flush begins or is published. */
  struct os_shlock metas;

  /* Held while slots change hands. */
  _Alignas(64) struct os_shlock table;
  _Atomic uint32_t readers_high;  /* slots ever bound; written under `table`, only grows */
  _Atomic uint32_t readers_dead;  /* slots cleaned after a death so far; display */
  _Atomic uint32_t readers_shown; /* the same, counting only slots that transactions of applications had; display */
  /* Aligned by hand: on 32-bit x86 compilers align this type differently, and programs of two compilers may share the
   * file. */
  _Alignas(8) _Atomic uint64_t tickets; /* bindings so far; written under `table` */
  _Atomic uint64_t clones;     /* pins copied from slot to slot so far; written by any reader, see readers_pin_same() */
  _Atomic uint64_t last_check; /* os_monotonic_16dot16() of the last check for dead readers; any process */

  /* Bytes of weak commits that are not durable, without sealing_bytes; and os_monotonic_16dot16() of the first such
   * commit, 0: none. Written by the holder of the writer lock. */
  _Alignas(64) _Atomic uint64_t unsynced_bytes;
  _Atomic uint64_t unsynced_since;
  /* Thresholds that make weak commits durable, 0: off; any process may set them through an option. */
  _Atomic uint64_t autosync_bytes;
  _Atomic uint64_t autosync_period;
  /* Environment flags on which all environments that may write agree; written under byte 0 by the first of them. */
  _Atomic uint32_t mode;
  /* Bits of the environment layer (env/env_writer.h); changed atomically. */
  _Atomic uint32_t user;
  /* Pending commits, see file/pending.h; changed under `metas`. */
  _Atomic uint64_t waiting_bytes; /* bytes of commits for which no flush has begun */
  _Atomic uint64_t taken_bytes;   /* bytes of commits that the running flush covers */
  _Atomic uint64_t waiting_since; /* os_monotonic_16dot16() of the first commit for which no flush has begun; 0: none */

  /* Page and system call counts since the first opener; any process adds. */
  _Alignas(64) _Atomic uint64_t counters[LCK_COUNTERS];
};

enum lck_flags {
  LCK_EXCLUSIVE = 1, /* nobody else may have the database open */
  LCK_NOLOCK = 2,    /* no lock file, no byte lock: all is in memory of this process, which sees no others */
  LCK_READONLY = 4,  /* on a read-only file system, fall back to LCK_NOLOCK */
  LCK_MULTIOPEN = 8, /* this process may have the same file open several times */
  LCK_WAIT = 16      /* with LCK_EXCLUSIVE: wait until the others are gone instead of MDBX_BUSY */
};

enum lck_kind {
  LCK_KIND_SHARED,    /* in the lock file; other environments may use it */
  LCK_KIND_EXCLUSIVE, /* in the lock file; no other environment uses it */
  LCK_KIND_PRIVATE    /* in private memory; other processes are not seen */
};

struct lck_file; /* lck_parts.h: the lock file as this process has it open */

/* One per environment, at a fixed address while open. A field is constant between lck_open() and lck_close(), unless
 * its comment says who changes it; any thread reads. */
struct lck {
  struct lck_shared *shared;
  struct reader_slot *slots;
  uint32_t slot_count;
  uint32_t process; /* index k; LCK_PROCESSES: none yet */
  enum lck_kind kind;
  bool first;           /* this open made the lock file's content; the caller does recovery */
  bool entered;         /* byte 0 is held; owned by the opening or closing thread */
  bool writes;          /* lck_enter_writers(); under os_process_lock */
  _Atomic bool leaving; /* threads of this environment stop waiting for the writer and the sealer lock: MDBX_BUSY */
  uint32_t generation;  /* os_fork_generation() of the process that opened it */
  uint32_t pid;
  uint32_t writer_turn;                           /* of the writer lock; written by its holder */
  uint32_t table_turn;                            /* of the reader-table lock */
  uint32_t sealer_turn, flusher_turn, metas_turn; /* of those locks */
  int data_fd;                                    /* the data file, in the form that os_range_lock() takes; -1: none */
  bool data_fd_is_own;                            /* false: data_fd is the caller's */
  size_t length;                                  /* of the mapping */
  struct lck_file *file;                          /* NULL for LCK_KIND_PRIVATE */
  struct lck *sibling; /* next environment of this process on the same file; under os_process_lock */
};

/*
 * Opens or creates the lock file `path` of the data file open as data_fd. On success lck->first tells whether nobody
 * else has the database open, and the opening lock is held: the caller checks or recovers the data file, sets head,
 * durable and mode (first) or compares mode (not first), and calls lck_open_done(); or gives up with lck_close().
 * Errors: MDBX_BUSY (this process has the database open already; another environment has it open exclusively;
 * LCK_EXCLUSIVE while others have it open), MDBX_INVALID (the file of that name is no lock file, or belongs to another
 * database), MDBX_VERSION_MISMATCH (others have it open with another layout), MDBX_DUPLICATED_LCK (the data file is in
 * use with another lock file), system errors. On error there is nothing to close. data_fd must stay open until
 * lck_close().
 */
int lck_open(struct lck *lck, const char *path, int data_fd, unsigned flags, unsigned max_readers, mode_t mode);
void lck_open_done(struct lck *lck);
/* In a forked child: makes the child a new user of the inherited lock file, through the descriptor, even if the file's
 * name has changed. The mapping stays in place, so that the child can read slots of the parent. Otherwise as
 * lck_open(). */
int lck_reopen(struct lck *lck, const char *path, int data_fd, unsigned flags);
/* Frees slots and locks of this environment (the next writer finds a writer lock still held as that of a dead owner)
 * and everything else. May be called at any stage; in a forked child it frees only memory and descriptors. */
int lck_close(struct lck *lck);
bool lck_is_inherited(const struct lck *lck);
/* For tests: whether this process has the database open (not counting LCK_NOLOCK). Then process locks would be lost if
 * the process opened and closed the lock file by other means. */
bool lck_is_open_here(int data_fd);

/* Called between lck_open() and lck_open_done() by an environment that may write: registers it as such, and sets
 * *others if another environment that may write has the database open. */
int lck_enter_writers(struct lck *lck, bool *others);

/* The number of slots that the lock file gets for that request. */
uint32_t lck_readers_rounded(unsigned max_readers);

/* True when the environment with that index is open somewhere. Costs a system call. */
bool lck_process_is_alive(const struct lck *lck, uint32_t process);

/* MDBX_SUCCESS. MDBX_RESULT_TRUE: taken, but the previous owner died in its transaction. MDBX_BUSY: try_only, or
 * `leaving`. */
int lck_writer_lock(struct lck *lck, bool try_only);
int lck_writer_unlock(struct lck *lck);
/* True if this environment holds the writer lock, and nobody took it away meanwhile. */
bool lck_writer_is_mine(const struct lck *lck);
/* As the writer lock, and taken before it. A take-over returns MDBX_SUCCESS: the new owner repairs the guarded state
 * under the writer lock. */
int lck_sealer_lock(struct lck *lck, bool try_only);
void lck_sealer_unlock(struct lck *lck);
/* Whether any environment holds the sealer lock at this moment. */
bool lck_sealer_is_held(const struct lck *lck);
/* As the writer lock, but a take-over returns MDBX_SUCCESS: each slot is consistent by itself. */
int lck_table_lock(struct lck *lck);
void lck_table_unlock(struct lck *lck);

/* True if somebody waits for the writer lock, or may be waiting. */
bool lck_writer_is_wanted(const struct lck *lck);

/* Makes a commit visible to readers; `head` says under which locks. */
void lck_publish_head(struct lck *lck, txnid_t txnid, unsigned meta_slot);
/* Notes the newest durable commit; TXNID_NONE: recovery has none to fall back to. A believable commit that is not newer
 * stops being believable. */
void lck_publish_durable(struct lck *lck, txnid_t txnid);
/* Notes a commit that recovery may believe although no flush has followed its meta page. Called before it becomes the
 * head. */
void lck_publish_believable(struct lck *lck, txnid_t txnid);

static inline uint64_t lck_head(const struct lck *lck) { return atomic_load(&lck->shared->head); }

static inline txnid_t lck_head_txnid(uint64_t head) { return head >> 2; }

/* The number of a meta page, whatever others have written: who reads the page compares its id. */
static inline unsigned lck_head_slot(uint64_t head) {
  const unsigned slot = (unsigned)(head & 3);
  return slot < LCK_HEAD_SLOTS ? slot : 0;
}

static inline txnid_t lck_durable(const struct lck *lck) { return atomic_load(&lck->shared->durable); }

static inline txnid_t lck_believable(const struct lck *lck) { return atomic_load(&lck->shared->believable); }

static inline void lck_count(struct lck *lck, enum lck_counter which, uint64_t by) {
  atomic_fetch_add_explicit(&lck->shared->counters[which], by, memory_order_relaxed);
}

#endif
