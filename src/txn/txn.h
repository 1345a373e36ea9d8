/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn.h: transactions, the tables they see, and the cursors bound to them.
 *
 * A transaction is used by one thread at a time. A read transaction is its snapshot and a reader slot. A write
 * transaction holds the writer lock from begin to end.
 */
#ifndef MDBX_TXN_TXN_H
#define MDBX_TXN_TXN_H

#include "txn/env.h"

enum table_state {
  TABLE_LOADED = 1,
  TABLE_CREATED = 2, /* in this transaction */
  TABLE_DROPPED = 4, /* in this transaction, and not made again */
  TABLE_FRESH = 8,   /* its handle was opened in this transaction */
  TABLE_RENAMED = 16, /* `name` is the new one */
  TABLE_CLAIMED = 32, /* its handle cannot be closed: this transaction changes the table */
};

/* A named table as one transaction sees it. */
struct txn_table {
  struct tree tree;
  uint64_t stamp; /* of the transaction it was loaded for */
  uint32_t generation;
  unsigned state;
  MDBX_dbi dbi;
  struct table_name name; /* with TABLE_RENAMED */
  /* Stamp and generation when a nested transaction that had opened the handle was taken back: until the handle is opened
   * again this transaction knows nothing of it. */
  uint64_t hidden_stamp;
  uint32_t hidden_generation;
};

struct MDBX_cursor {
  uint32_t signature;
  bool ever_bound;
  MDBX_dbi dbi; /* the last one bound to */
  MDBX_txn *txn; /* the root; NULL: unbound */
  void *user_context;
  struct cursor core;
  unsigned level; /* of nesting it was bound at */
  MDBX_cursor *next, **link; /* list of the transaction */
};

struct nested_state;

/* The handle of a nested transaction uses the first part only; all else is its root's. */
struct MDBX_txn {
  uint32_t signature;
  unsigned flags; /* MDBX_txn_flags_t: begin and state flags */
  MDBX_env *env;
  uintptr_t owner; /* thread of a sticky transaction, 0 otherwise */
  void *user_context;
  uint32_t generation; /* os_fork_generation() when it got its slot or the writer lock */
  MDBX_txn *root;      /* the transaction itself unless it is nested */
  MDBX_txn *innermost; /* of a root: the handle that may be used; of others: themselves */
  MDBX_txn *parent;    /* NULL unless it is nested */
  unsigned level;      /* of nesting */
  struct nested_state *nested; /* what it began with; NULL unless it is nested */
  uint64_t stamp; /* changes with every begin and renew */
  struct snapshot *view; /* of a reader: &snapshot; of a writer: &space.view */
  struct tree gc, main;
  struct txn_table **tables; /* by dbi; entries are made on demand */
  unsigned tables_capacity;
  struct geometry geometry; /* as of the snapshot */
  MDBX_canary canary;
  uint64_t retired; /* pages retired by all commits up to the snapshot */
  MDBX_cursor *cursors;
  /* reader */
  struct snapshot snapshot;
  struct reader_slot *slot;
  uint64_t slot_ticket; /* of the binding, of an own slot */
  bool slot_is_own; /* the slot belongs to the transaction, not to the thread */
  bool apart;       /* it never takes that of the thread, which may have a transaction already */
  /* writer */
  struct space space;
  struct gc collector;
  struct meta base; /* meta of the commit it builds on */
  txnid_t base_txnid;
  unsigned base_slot;
  txnid_t durable;       /* newest durable commit when it began */
  uint32_t gc_reserve;   /* pages the commit will need for table 0 */
  uint32_t kicks;        /* calls of the slow-reader callback */
  uint32_t max_lag;      /* of a reader, in commits, as far as was looked */
  uint64_t max_retained; /* pages that a reader was found to keep from use */
  bool canary_changed, geometry_changed;
  bool keep_size;        /* the user set the file's size: this commit does not shrink it */
};

/* ---- state ---- */

/* A transaction that may be used by the calling thread for anything but data: MDBX_EINVAL, EBADSIGN, THREAD_MISMATCH. */
int txn_check_handle(const MDBX_txn *txn);
/* And for data: MDBX_BAD_TXN. */
int txn_check(const MDBX_txn *txn);
/* And for changes: MDBX_EACCESS. */
int txn_check_write(const MDBX_txn *txn);
/* For what reads no data, and so puts up with a transaction that is blocked by flags of MDBX_TXN_BLOCKED: MDBX_TXN_ERROR,
 * MDBX_TXN_PARKED. A parked one stays so; MDBX_OUSTED. */
int txn_check_for_info(const MDBX_txn *txn, unsigned tolerated);

/* A reader with a snapshot of its own: not a nested transaction that may not change anything. */
static inline bool txn_is_reader(const MDBX_txn *txn) { return (txn->flags & MDBX_TXN_RDONLY) && !txn->parent; }
static inline bool txn_is_readonly(const MDBX_txn *txn) { return txn->flags & MDBX_TXN_RDONLY; }

/* ---- txn_read.c ---- */
int txn_begin_read(MDBX_env *env, unsigned flags, void *context, MDBX_txn **txn);
/* The same for a look of the engine's own, whatever transactions the thread has. */
int txn_begin_read_apart(MDBX_env *env, MDBX_txn **txn);
int txn_reset_read(MDBX_txn *txn);
int txn_renew_read(MDBX_txn *txn);
int txn_refresh_read(MDBX_txn *txn);
void txn_end_read(MDBX_txn *txn);
/* A reader of the snapshot of a reader, or of the head for a writer; in *clone, a read handle, or a new one if NULL.
 * MDBX_MVCC_RETARDED when the origin lost its snapshot meanwhile. */
int txn_clone(const MDBX_txn *origin, void *context, MDBX_txn **clone);

/* ---- txn_park.c ---- */
/* An active reader. MDBX_BAD_TXN when its snapshot was taken away. */
int txn_park(MDBX_txn *txn, bool autounpark);
/* A parked one. MDBX_OUSTED: it is finished then. */
int txn_unpark(MDBX_txn *txn);
/* A writer took the snapshot of an active reader: the handle is broken. MDBX_BAD_TXN. */
int txn_lost(MDBX_txn *txn);
/* What txn_check() says to a transaction that is blocked: MDBX_SUCCESS if it was parked and is no more, MDBX_BAD_TXN,
 * MDBX_OUSTED. */
int txn_wake(MDBX_txn *txn);

/* ---- txn_write.c, commit.c ---- */
int txn_begin_write(MDBX_env *env, unsigned flags, void *context, MDBX_txn **txn);
int txn_commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);
void txn_abort_write(MDBX_txn *txn);
/* What took no other part of a commit that began then was its ending. NULL: nobody wants to know. */
void txn_end_latency(MDBX_commit_latency *latency, uint64_t begun);
/* Begins on the head, in the memory of write transactions; the writer lock is held. */
int txn_start_locked(MDBX_env *env, unsigned flags, void *context, MDBX_txn *txn);
/* Unbinds cursors and frees pages and lists; may be called again. */
void txn_drop_work(MDBX_txn *txn);
/* The same, and the transaction is over; the writer lock goes. */
void txn_finish_write(MDBX_txn *txn);
/* A file that grew for nothing (spilled pages, WRITEMAP) gets its length back. */
void txn_undo_growth(MDBX_txn *txn);
/* Settles handles and the length of the file after commit_write() returned rc. */
void txn_settle(MDBX_txn *txn, int rc);
/* All snapshots whose pages must stay: of readers, of the head, and of what a crash may fall back to. */
int txn_collect_pins(MDBX_txn *txn, txnid_t **pins, size_t *count);
/* Whether a snapshot must stay without any reader. */
bool txn_pin_is_fixed(const MDBX_txn *txn, txnid_t pin);
/* space_refill of write transactions, in laggards.c. */
int txn_refill(struct space *space, uint32_t pages, enum space_need need);
/* Brings changed pages out of memory when there are too many, and sets what the operation must leave for the commit.
 * Called before an operation that changes data; `tree` is the one it changes, NULL for the main table's. */
int txn_make_room(MDBX_txn *txn, struct tree *tree, bool deleting);
/* Marks the transaction broken when a change failed half way; returns rc. */
int txn_mark(MDBX_txn *txn, int rc);
/* Whether there is anything to commit. */
bool txn_has_changes(const MDBX_txn *txn);
/* The commit steps, in commit.c. */
int commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);

/* ---- txn_chain.c. After a failure that is no answer of theirs (MDBX_RESULT_TRUE) the write handle is gone, unless it
 * says otherwise. ---- */

/* Commits, with begin flags added, and goes on under the same lock and handle. MDBX_RESULT_TRUE: nothing to commit. */
int txn_checkpoint(MDBX_txn *txn, unsigned flags, MDBX_commit_latency *latency);
/* Drops all changes and goes on. */
int txn_rollback(MDBX_txn *txn);
/* Commits; *handle is a reader of that commit then, also with MDBX_RESULT_TRUE (nothing to commit), or NULL. A reader
 * that cannot be had (*handle as before) leaves the transaction as it is. */
int txn_commit_embark_read(MDBX_txn **handle, MDBX_commit_latency *latency);
/* A writer on the snapshot of a reader, which ends. MDBX_RESULT_TRUE: there is a newer commit, nothing was done; nor was
 * it after an error. */
int txn_amend(MDBX_txn *reader, unsigned flags, void *context, MDBX_txn **writer);

/* ---- txn_nested.c ---- */

/* A level inside a write transaction, which must be the innermost one. */
int txn_begin_nested(MDBX_txn *parent, unsigned flags, void *context, MDBX_txn **txn);
/* Both end the levels inside first and free the handle. MDBX_RESULT_TRUE: aborted, because it was broken. */
int txn_commit_nested(MDBX_txn *child);
int txn_abort_nested(MDBX_txn *child);
/* Hands what the innermost level has changed to the one around it and goes on. MDBX_RESULT_TRUE: it has changed nothing.
 * After an error the handle is gone and the level around it broken. */
int txn_checkpoint_nested(MDBX_txn *child);
/* Takes back what the innermost level has changed and goes on. After an error the handle is gone and the level around it
 * broken. */
int txn_rollback_nested(MDBX_txn *child);
/* Ends all levels inside. */
int txn_end_children(MDBX_txn *txn, bool keep);
/* Frees the handles of all levels of a transaction that ends without keeping anything. */
void txn_drop_children(MDBX_txn *root);
/* A cursor of an outer level is closed: no level will put it back. */
void txn_forget_cursor(const MDBX_cursor *cursor);

/* ---- table.c ----
 * These and the functions on cursors take the handle of a nested transaction for its root. */

/* The tree of a handle. MDBX_BAD_DBI, or an error of reading its record. */
int txn_tree(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree);
/* The same for what reads no data: of a broken transaction only a tree that it has at hand. MDBX_BAD_TXN. */
int txn_tree_at_hand(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree);
/* The main table for a name of NULL or without address, table 0 for MDBX_CHK_GC. */
int table_open(MDBX_txn *txn, const MDBX_val *name, unsigned flags, const struct table_orders *orders, MDBX_dbi *dbi);
/* To be called before a tree of the transaction changes. MDBX_BAD_DBI when its handle was closed meanwhile. */
int table_claim(MDBX_txn *txn, struct tree *tree);
/* Gives a tree the comparators its handle was opened with. */
void table_use_orders(struct tree *tree, const struct table_handle *handle);
/* Gives an open table comparators; an empty one becomes a table that has some, or with MDBX_RESULT_TRUE does not, since
 * the transaction may not change it. MDBX_INCOMPATIBLE. */
int table_set_orders(MDBX_txn *txn, MDBX_dbi dbi, const struct table_orders *orders);
int table_close(MDBX_env *env, MDBX_dbi dbi);
/* The open handle of a name as the transaction sees it, 0 if there is none. */
MDBX_dbi table_handle_of(const MDBX_txn *txn, const MDBX_val *name);
/* The tree of a table from its record in the main table, as the transaction sees it: with its changes, and with the
 * comparators its handle has. To be released; *dbi is the handle, 0 if there is none. MDBX_CORRUPTED. */
int table_of_record(const MDBX_txn *txn, const struct leaf_item *item, struct tree *tree, MDBX_dbi *dbi);
int table_drop(MDBX_txn *txn, MDBX_dbi dbi, bool remove);
int table_rename(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name);
int table_state(MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags, unsigned *state);
/* Whether any named table differs from its record. */
bool tables_changed(const MDBX_txn *txn);
/* Writes the records of changed tables to the main table. */
int tables_store(MDBX_txn *txn);
/* Settles handles at the end of a write transaction. */
void tables_end(MDBX_txn *txn, bool committed);
/* In a forked child: the handles that the parent's write transaction has made or renamed are none of the child's. */
void tables_disown(MDBX_env *env);
/* A nested transaction that had loaded the table was taken back. handles_mutex is held. */
void table_forget(MDBX_txn *txn, struct txn_table *table);
void tables_release(MDBX_txn *txn);

/* ---- txn_cursor.c ---- */

/* MDBX_EINVAL for a cursor that belongs to an outer level. */
int txn_cursor_bind(MDBX_txn *txn, MDBX_cursor *cursor, MDBX_dbi dbi);
/* Whether a transaction around the innermost one has the cursor. */
static inline bool txn_cursor_is_outer(const MDBX_cursor *cursor) {
  return cursor->txn && cursor->level < cursor->txn->innermost->level;
}
void txn_cursor_unbind(MDBX_cursor *cursor);
/* Whether the table of a bound cursor was dropped in this transaction, and not made again. */
static inline bool txn_cursor_is_stray(const MDBX_cursor *cursor) {
  if (cursor->dbi < CORE_TABLES)
    return false;
  const uint8_t *tree = (const uint8_t *)cursor->core.tree;
  return ((const struct txn_table *)(const void *)(tree - offsetof(struct txn_table, tree)))->state & TABLE_DROPPED;
}
void txn_cursors_unbind_all(MDBX_txn *txn);
/* Tells all cursors on a tree (NULL: on all trees) but one that it is about to change, and may get records. */
int txn_cursors_detach(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except);
/* The same before a change that only takes records away. */
int txn_cursors_detach_to_delete(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except);
/* Tells all cursors on a tree but one, which were detached, that a record is about to be deleted; see cursor_doubt(). */
void txn_cursors_doubt(MDBX_txn *txn, const struct tree *tree, const MDBX_cursor *except, const MDBX_val *key,
                       const MDBX_val *value);
/* Drops the positions of all cursors on a tree. */
void txn_cursors_unset(MDBX_txn *txn, const struct tree *tree);

#endif
