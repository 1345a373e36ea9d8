/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn.h: the structures of a transaction, its tables and its cursors, and checks whether they may be used.
 *
 * A transaction is used by one thread at a time. A read transaction is its snapshot and a reader slot. A write
 * transaction holds the writer lock from begin to end.
 */
#ifndef MDBX_TXN_TXN_H
#define MDBX_TXN_TXN_H

#include "env/env.h"
#include "env/env_view.h"
#include "gc/gc.h"
#include "tree/cursor.h"

enum table_state {
  TABLE_LOADED = 1,
  TABLE_CREATED = 2,  /* in this transaction */
  TABLE_DROPPED = 4,  /* in this transaction, and not created again */
  TABLE_FRESH = 8,    /* its handle was opened in this transaction */
  TABLE_RENAMED = 16, /* `name` is the new one */
  TABLE_CLAIMED = 32, /* this transaction changes the table, so its handle cannot be closed */
};

/* A named table as one transaction sees it. */
struct txn_table {
  struct tree tree;
  uint64_t stamp;               /* of the transaction it was loaded for */
  uint32_t generation, renames; /* of the handle when it was loaded */
  unsigned state;
  MDBX_dbi dbi;
  struct table_name name; /* with TABLE_RENAMED */
  /* Stamp and generation when a nested transaction that had opened the handle was undone: until the handle is opened
   * again, this transaction cannot use it. */
  uint64_t hidden_stamp;
  uint32_t hidden_generation;
  struct txn_table *next_listed; /* in MDBX_txn.listed, of the transaction with that stamp */
  uint64_t listed_stamp;
};

struct MDBX_cursor {
  uint32_t signature;
  bool ever_bound;
  MDBX_dbi dbi;  /* the last one bound to */
  MDBX_txn *txn; /* the root; NULL: unbound */
  void *user_context;
  struct cursor core;
  const struct table_handle *handle;
  uint32_t generation;       /* of the handle when the table was loaded that the cursor was bound to */
  unsigned nesting;          /* how deep the transaction it was bound in is nested */
  MDBX_cursor *next, **link; /* list of the transaction */
};

struct nested_state;

/* The handle of a nested transaction uses only the first part; the rest belongs to its root. */
struct MDBX_txn {
  uint32_t signature;
  unsigned flags; /* MDBX_txn_flags_t: begin and state flags */
  MDBX_env *env;
  uintptr_t owner; /* thread of a sticky transaction, 0 otherwise */
  void *user_context;
  uint32_t generation;         /* os_fork_generation() when it got its slot or the writer lock */
  MDBX_txn *root;              /* the transaction itself unless it is nested */
  MDBX_txn *innermost;         /* of a root: the handle that may be used; of others: themselves */
  MDBX_txn *parent;            /* NULL unless it is nested */
  unsigned nesting;            /* the number of enclosing transactions */
  struct nested_state *nested; /* the saved state of its beginning; NULL unless it is nested */
  uint64_t stamp;              /* changes with every begin and renew */
  struct snapshot *view;       /* of a reader: &snapshot; of a writer: &space.view */
  struct tree gc, main;
  struct txn_table **tables; /* by dbi; entries are made on demand */
  size_t tables_capacity;
  /* The tables that the transaction with this stamp has loaded: so its end need not visit all handles. */
  struct txn_table *listed;
  uint64_t listed_stamp;
  struct geometry geometry; /* as of the snapshot */
  MDBX_canary canary;
  uint64_t retired; /* pages retired by all commits up to the snapshot */
  uint64_t branch;  /* of the snapshot: meta_branch() */
  MDBX_cursor *cursors;
  /* reader */
  struct snapshot snapshot;
  txnid_t
      loaded; /* the commit that snapshot, gc, main, geometry and canary are of, though it may not be pinned; 0: none */
  struct reader_slot *slot;
  uint64_t slot_ticket; /* of the binding */
  bool slot_is_own;     /* the slot belongs to the transaction, not to the thread */
  bool apart;           /* it never uses the thread's slot, because the thread may have a transaction */
  /* writer */
  struct space space;
  struct gc collector;
  struct reader_pins pins; /* memory of txn_collect_pins() */
  struct meta base;        /* meta of the commit it builds on */
  txnid_t base_txnid;
  unsigned base_slot;
  uint32_t failures;     /* counter of failed pending commits when it began: it may build on a pending commit */
  txnid_t durable;       /* newest durable commit when it began */
  uint32_t gc_reserve;   /* pages the commit will need for table 0 */
  uint32_t kicks;        /* calls of the slow-reader callback */
  uint32_t max_lag;      /* the greatest lag of a reader that was found, in commits */
  uint64_t max_retained; /* pages that a reader was found to hold */
  bool canary_changed, geometry_changed;
  bool keep_size; /* the user has set the size of the file: this commit does not shrink it */
};

/* ---- state ---- */

/* Checks that the calling thread may use the transaction, for calls that do not access data: MDBX_EINVAL, EBADSIGN,
 * THREAD_MISMATCH. */
int txn_check_handle(const MDBX_txn *txn);
/* The same for changes: MDBX_EACCESS. */
int txn_check_write(const MDBX_txn *txn);
/* For calls that read no data, and therefore accept a transaction that is blocked by the given flags of
 * MDBX_TXN_BLOCKED (MDBX_TXN_ERROR, MDBX_TXN_PARKED). A parked one stays parked; MDBX_OUSTED. */
int txn_check_for_info(const MDBX_txn *txn, unsigned tolerated);

/* Marks the transaction broken if rc says that a change failed and may be incomplete; returns rc. */
int txn_mark(MDBX_txn *txn, int rc);

/* A reader with a snapshot of its own: not a nested transaction that may not change anything. */
static inline bool txn_is_reader(const MDBX_txn *txn) { return (txn->flags & MDBX_TXN_RDONLY) && !txn->parent; }
static inline bool txn_is_readonly(const MDBX_txn *txn) { return txn->flags & MDBX_TXN_RDONLY; }

/* Whether the transaction is an ordinary running reader, without further checks: the first test of every lookup and
 * step of a scan. */
static inline bool txn_reads_on(const MDBX_txn *txn) {
  return (txn->flags & (MDBX_TXN_RDONLY | MDBX_TXN_BLOCKED)) == MDBX_TXN_RDONLY && txn->signature == TXN_SIGNATURE &&
         (!txn->owner || txn->owner == os_thread_self()) && txn->generation == os_fork_generation() && !txn->parent &&
         readers_holds(txn->slot, txn->snapshot.txnid);
}

/* The check for all others: a writer; a reader that is blocked, parked, ousted, inherited, or of another thread; an
 * invalid handle. */
int txn_check_closely(const MDBX_txn *txn);
/* Checks that the transaction may access data: MDBX_BAD_TXN and the codes of txn_check_handle(). */
static inline int txn_check(const MDBX_txn *txn) {
  return likely(txn && txn_reads_on(txn)) ? MDBX_SUCCESS : txn_check_closely(txn);
}

#endif
