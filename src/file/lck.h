/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/lck.h: the lock file, where the processes that have a database open meet.
 *
 * Owns the second file of a database: which processes have it open, the writer lock, the reader slots, the newest
 * published commit, and what is shared besides (sync thresholds, counters). Nothing in it outlives the last process:
 * the first opener makes it anew.
 *
 * Byte-range locks on the lock file (of the open file where the system has such; death of a process releases them):
 *   byte 0               held exclusively while opening or closing: one at a time
 *   byte 1               held shared by every opener, exclusively by an EXCLUSIVE opener and while the first opener is
 *                        at work; whoever gets it exclusively is alone
 *   byte LCK_BASE + k    held exclusively by the environment with process index k for as long as it is open; tells
 *                        the others, across pid namespaces, whether the owner of a slot or lock word lives
 *   byte LCK_WRITERS + k the same by those that may write, taken under byte 0
 * And one on the data file, far behind any data:
 *   byte LCK_DATA_BASE + a number made from the identity of the lock file, held shared by every environment. So whoever
 *   comes to the same data by another name, or after the lock file was removed, with another lock file, sees it.
 *
 * Rank of locks, outermost first: byte 0, writer lock, flusher lock, metas lock, reader-table lock, process mutex
 * (os_process_lock). Take byte 0 (lck_open, lck_close) only while holding none of the others.
 *
 * Invariants:
 *  1. Two environments never have the same index, in different processes nor in one.
 *  2. A slot or lock word that names index k belongs to the present holder of k, or its owner is dead. Whoever takes
 *     an index cleans what earlier holders left before lck_open() returns.
 *  3. Slots change hands (free <-> bound) only under the reader-table lock, except that an owner frees its own.
 *  4. All content may be garbage (a foreign program wrote it); reading it never leads outside the mapping. Sizes and
 *     counts are taken once into struct lck, checked, and only that copy is used.
 *
 *  5. Nothing is written to a file that is neither empty nor a lock file: not behind a symbolic link, and not to the data
 *     file under another name.
 *
 * A forked child inherits the structs but none of the locks: its descriptors become open files of their own before fork()
 * returns (where that fails it locks by process). lck_is_inherited() is true there, and lck_close() then gives back memory
 * and descriptors only. lck_reopen() makes it a user of its own.
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
/* Reader slots asked for when the application does not say; rounded up to the lock file's pages like any number. */
#define LCK_READERS_DEFAULT 110u
#define LCK_READERS_MAX 32767u

/* States of a reader slot; see readers.h. */
#define READER_FREE 0u
#define READER_BOUND 1u

/* One cache line of one reader. */
struct reader_slot {
  /* The snapshot pinned, READER_PARKED or-ed in while it may be ousted; 0 = none. Set by the owner; set to 0 also by a
   * writer that ousts or evicts, or that cleans after a death. */
  _Alignas(64) _Atomic uint64_t txnid;
  /* READER_FREE or READER_BOUND; changed under the reader-table lock, or by the owner when it frees the slot. */
  _Atomic uint32_t state;
  /* Index of the owning environment; meaningful while bound. Set at bind. */
  _Atomic uint32_t process;
  /* Display only, set at bind: system ids of the owner; tid 0 when the slot is not tied to a thread. */
  _Atomic uint64_t pid, tid;
  /* Display only, set by the owner after it pinned: pages in use by its snapshot, and pages retired up to it. */
  _Atomic uint64_t pages_used, pages_retired;
  /* Number of this binding, never repeated while the lock file lives; a stale pointer to a slot shows by it. */
  _Atomic uint64_t ticket;
  /* Display only, set by the owner: it has parked its pin and not looked at it since. */
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
  LCK_SHARED_COMMITS, /* made durable by those */
  LCK_COUNTERS
};

/* The header of the lock file; reader slots follow it. Groups are cache lines apart by who writes them. */
struct lck_shared {
  /* Identity: written by the first opener under byte 0, constant after. */
  _Alignas(64) uint64_t magic;
  uint32_t version;
  uint32_t slot_count;
  uint64_t length;        /* of the lock file in bytes */
  struct os_file_id data; /* the file this is the lock file of */

  /* Newest published commit: txnid << 2 | slot of its meta page. Written by the holder of the writer lock (and by the
   * first opener after recovery); read by every reader at begin. */
  _Alignas(64) _Atomic uint64_t head;
  /* Newest commit known to be durable; written by the holder of the writer lock. */
  _Atomic uint64_t durable;
  /* A commit after that one which recovery would believe if its meta page reached the disk, 0 = none: no flush has
   * followed it. Written by the holder of the writer lock. */
  _Atomic uint64_t believable;

  /* Held for the length of a write transaction. */
  _Alignas(64) struct os_shlock writer;
  struct os_shlock sealer; /* held while a steady point is made beside the writer, see env/seal.h */
  /* Those of unsynced_bytes that it takes along. */
  _Alignas(8) _Atomic uint64_t sealing_bytes;
  /* Who made the commits that wait for their flush, see pending_set(); changed under `metas`. */
  _Atomic uint64_t waiting_makers; /* of those for which no flush has begun */
  _Atomic uint64_t taken_makers;   /* of those of the flush that is under way */

  /* Commits that wait for their flush, see file/pending.h. All but `flushes` are changed under `metas`. */
  _Alignas(64) _Atomic uint64_t pending; /* the newest of them, as `head`; 0: there is none */
  _Atomic uint64_t flushing;             /* the one for which a flush is under way, as `head`; 0: none */
  _Atomic uint64_t failed_above;         /* head when commits that waited failed last */
  _Atomic uint32_t failures;             /* so often they have */
  _Atomic uint32_t flushes;              /* that have ended; who waits sleeps on it */
  _Atomic uint32_t waiting;              /* commits for which no flush has begun */
  _Atomic uint32_t taken;                /* those of the flush that is under way */
  _Atomic uint32_t shared;               /* those of the last one that ended well */
  _Atomic uint32_t company;              /* so many threads made those, and those that came while it was under way */
  _Alignas(8) struct os_shlock flusher;  /* held for the length of a flush of waiting commits */
  struct os_shlock metas; /* held while a meta page is written that others may be flushing, or published */

  /* Held while slots change hands. */
  _Alignas(64) struct os_shlock table;
  _Atomic uint32_t readers_high;  /* slots ever bound; written under `table`, only grows */
  _Atomic uint32_t readers_dead;  /* slots cleaned after a death so far; display */
  _Atomic uint32_t readers_shown; /* as readers_high, of slots that transactions of users had; display */
  /* Aligned by hand: on 32-bit x86 compilers differ, and programs made by both may share the file. */
  _Alignas(8) _Atomic uint64_t tickets; /* bindings so far; written under `table` */
  _Atomic uint64_t clones;     /* pins copied from slot to slot so far; any reader adds, see readers_pin_same() */
  _Atomic uint64_t last_check; /* os_monotonic_16dot16() of the last check for dead readers; any process */

  /* Bytes committed but not durable, without those that a steady point which is being made takes along, and
   * os_monotonic_16dot16() of the first such commit (0 = none). Written by the holder of the writer lock. */
  _Alignas(64) _Atomic uint64_t unsynced_bytes;
  _Atomic uint64_t unsynced_since;
  /* Thresholds that make a weak commit durable, 0 = off; set by any process through an option. */
  _Atomic uint64_t autosync_bytes;
  _Atomic uint64_t autosync_period;
  /* Environment flags those that may write agreed on; written under byte 0 by one that is alone with that. */
  _Atomic uint32_t mode;
  /* For the environment layer: set by the first opener, or under the writer lock. */
  _Atomic uint32_t user;
  /* Of commits that wait for a flush, see file/pending.h; changed under `metas`. */
  _Atomic uint64_t waiting_bytes; /* written by those for which no flush has begun */
  _Atomic uint64_t taken_bytes;   /* by those of the flush that is under way */
  _Atomic uint64_t waiting_since; /* os_monotonic_16dot16() of the first for which no flush has begun; 0: none */

  /* Page and system call counts since the first opener; any process adds. */
  _Alignas(64) _Atomic uint64_t counters[LCK_COUNTERS];
};

enum lck_flags {
  LCK_EXCLUSIVE = 1, /* nobody else may have it open */
  LCK_NOLOCK = 2,    /* no lock file, no byte lock: everything in memory of this process, others are not seen */
  LCK_READONLY = 4,  /* on a file system that is read-only fall back to what LCK_NOLOCK does */
  LCK_MULTIOPEN = 8, /* the same file may be open several times in this process */
  LCK_WAIT = 16      /* with LCK_EXCLUSIVE: wait until the others are gone instead of MDBX_BUSY */
};

enum lck_kind {
  LCK_KIND_SHARED,    /* in the lock file, others may be there */
  LCK_KIND_EXCLUSIVE, /* in the lock file, nobody else */
  LCK_KIND_PRIVATE    /* in memory, nobody else is seen */
};

struct lck_file; /* lck_parts.h: the lock file as this process has it open */

/* One per environment, at a fixed address while open. Constant between lck_open() and lck_close() but for what is
 * said; any thread reads. */
struct lck {
  struct lck_shared *shared;
  struct reader_slot *slots;
  uint32_t slot_count;
  uint32_t process; /* index k; LCK_PROCESSES = none yet */
  enum lck_kind kind;
  bool first;           /* this open made the lock file's content; the caller does recovery */
  bool entered;         /* byte 0 is held; owned by the opening or closing thread */
  bool writes;          /* lck_enter_writers(); under os_process_lock */
  _Atomic bool leaving; /* threads of this environment wait no longer for the writer and the sealer lock: MDBX_BUSY */
  uint32_t generation;  /* os_fork_generation() of the process that opened it */
  uint32_t pid;
  uint32_t writer_turn;                           /* of the writer lock; written by its holder */
  uint32_t table_turn;                            /* the same of the reader-table lock */
  uint32_t sealer_turn, flusher_turn, metas_turn; /* of those locks */
  int data_fd;                                    /* of the data file, as os_range_lock() takes it; -1: none */
  bool data_fd_is_own;                            /* else it is the caller's */
  size_t length;                                  /* of the mapping */
  struct lck_file *file;                          /* NULL for LCK_KIND_PRIVATE */
  struct lck *sibling; /* next environment of this process on the same file; under os_process_lock */
};

/*
 * Opens or creates the lock file `path` of the data file open as data_fd. On success lck->first tells whether nobody
 * else has the database open, and the opening lock is held: the caller checks or recovers the data file, sets head,
 * durable and mode (first) or compares mode (not first), and calls lck_open_done(); or gives up with lck_close().
 * Errors: MDBX_BUSY (open in this process already; an EXCLUSIVE holder; EXCLUSIVE asked while others have it),
 * MDBX_INVALID (what has that name is no lock file, or that of another database) or MDBX_VERSION_MISMATCH (others have
 * it open with another layout), MDBX_DUPLICATED_LCK (the data file is in use with another lock file), system errors. On
 * error there is nothing to close. data_fd must stay open until lck_close().
 */
int lck_open(struct lck *lck, const char *path, int data_fd, unsigned flags, unsigned max_readers, mode_t mode);
void lck_open_done(struct lck *lck);
/* In a forked child: makes what it inherited the lock file of a new user, by the descriptor, whatever became of the name.
 * The mapping stays where it is, so that slots of the parent can be looked at. As lck_open() otherwise. */
int lck_reopen(struct lck *lck, const char *path, int data_fd, unsigned flags);
/* Frees slots and locks of this environment (a writer lock still held is left as "owner died") and everything else.
 * At any stage; in a forked child only memory and descriptors. */
int lck_close(struct lck *lck);
bool lck_is_inherited(const struct lck *lck);
/* For tests: whether this process has the file open (not counting LCK_NOLOCK). Opening and closing its lock file by other
 * means would drop the locks then. */
bool lck_is_open_here(int data_fd);

/* Called between lck_open() and lck_open_done() by an environment that may write: lets the others know, and tells
 * whether another one that may write has the database open. */
int lck_enter_writers(struct lck *lck, bool *others);

/* Slots there will be when that many are asked for. */
uint32_t lck_readers_rounded(unsigned max_readers);

/* True when the environment with that index is open somewhere. Costs a system call. */
bool lck_process_is_alive(const struct lck *lck, uint32_t process);

/* MDBX_SUCCESS, MDBX_BUSY (try_only), or MDBX_RESULT_TRUE: held, but the owner before died in its transaction. */
int lck_writer_lock(struct lck *lck, bool try_only);
int lck_writer_unlock(struct lck *lck);
/* True when this environment holds the writer lock, and nobody took it away meanwhile. */
bool lck_writer_is_mine(const struct lck *lck);
/* Before the writer lock. As that, but a take-over is MDBX_SUCCESS: what it guards is set right under the writer lock. */
int lck_sealer_lock(struct lck *lck, bool try_only);
void lck_sealer_unlock(struct lck *lck);
/* By whoever; of this moment. */
bool lck_sealer_is_held(const struct lck *lck);
/* As the writer lock, but a take-over is MDBX_SUCCESS: each slot is consistent by itself. */
int lck_table_lock(struct lck *lck);
void lck_table_unlock(struct lck *lck);

/* True when somebody waits for the writer lock, or may. */
bool lck_writer_is_wanted(const struct lck *lck);

/* Makes a commit visible to readers; under the writer lock (or by the first opener). */
void lck_publish_head(struct lck *lck, txnid_t txnid, unsigned meta_slot);
/* TXNID_NONE: there is nothing to fall back to. What was believable and is not newer is so no more. */
void lck_publish_durable(struct lck *lck, txnid_t txnid);
/* Notes a commit whose meta page may be believed although no flush followed it; before it becomes the head. */
void lck_publish_believable(struct lck *lck, txnid_t txnid);

static inline uint64_t lck_head(const struct lck *lck) { return atomic_load(&lck->shared->head); }

static inline txnid_t lck_head_txnid(uint64_t head) { return head >> 2; }

static inline unsigned lck_head_slot(uint64_t head) { return (unsigned)(head & 3); }

static inline txnid_t lck_durable(const struct lck *lck) { return atomic_load(&lck->shared->durable); }

static inline txnid_t lck_believable(const struct lck *lck) { return atomic_load(&lck->shared->believable); }

static inline void lck_count(struct lck *lck, enum lck_counter which, uint64_t by) {
  atomic_fetch_add_explicit(&lck->shared->counters[which], by, memory_order_relaxed);
}

#endif
