/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shim.h: the objects behind the handles of lmdb.h.
 *
 * Each wraps one object of the engine and implements what LMDB promises beyond it. It uses only <mdbx.h>.
 *
 *  - The engine's transactions are never tied to threads here; lmdb_slots.c ties readers to threads, unless MDB_NOTLS
 *    is set.
 *  - A transaction has a list of its cursors, an environment a list of its transactions, so that the end of one ends
 *    the others.
 *  - Locks: `mutex` of an environment guards its list of transactions, its slots and its tables' `open`. There is no
 *    other lock; no call of the engine that may wait is made under it.
 */
#ifndef MDBX_LMDB_SHIM_H
#define MDBX_LMDB_SHIM_H

#include <mdbx.h>

#include "lmdb.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SHIM_API __attribute__((visibility("default")))

enum { DBI_FREE = 0, DBI_MAIN = 1, DBI_NAMED = 2 };
/* LMDB's limit of keys, and of values where a key may have several. */
enum { KEY_BYTES_MAX = 511 };

/* The flags that LMDB stores, and those that can change later. */
#define ENV_CHANGEABLE (MDB_NOSYNC | MDB_NOMETASYNC | MDB_MAPASYNC | MDB_NOMEMINIT)
#define ENV_FIXED (MDB_FIXEDMAP | MDB_NOSUBDIR | MDB_RDONLY | MDB_WRITEMAP | MDB_NOTLS | MDB_NOLOCK | MDB_NORDAHEAD)
#define TABLE_FLAGS (MDB_REVERSEKEY | MDB_DUPSORT | MDB_INTEGERKEY | MDB_DUPFIXED | MDB_INTEGERDUP | MDB_REVERSEDUP)

/* A table handle of an environment. A handle belongs to the transactions that opened it until one of them is committed;
 * then to all transactions that begin later. Members that are not atomic change only when the handle is opened, while
 * nobody else may use it. */
struct shim_table {
  _Atomic bool open;
  _Atomic uint64_t shared_since;         /* env->handle_clock at that commit; 0: not committed yet */
  uint32_t opening;                      /* how often the handle was opened; under the mutex */
  unsigned claims;                       /* running transactions that opened it; under the mutex */
  char *name;                            /* NULL: the main table */
  MDB_cmp_func *key_order, *value_order; /* of mdb_set_compare(), mdb_set_dupsort(); NULL: none */
  uint64_t ordered_by;                   /* serial of the write transaction that has checked the orders */
};

/* A table that a transaction opened. */
struct shim_opening {
  MDB_dbi dbi;
  uint32_t opening;
};

/* The limit of handles may be high, so they are allocated when they are needed. */
enum { TABLES_OF_CHUNK = 64, TABLE_CHUNKS = 512 };

/* The reader slot of one thread: a read transaction that is reused. Lives until the thread or the environment ends. */
struct shim_slot {
  MDBX_txn *reader; /* without a snapshot while no transaction has the slot */
  MDB_txn *user;    /* NULL: idle */
  MDB_env *env;     /* NULL: closed */
  bool orphaned;    /* its thread is gone; the user frees it */
  struct shim_slot *next, **link;
};

struct MDB_env {
  MDBX_env *engine;
  bool opened, failed;
  bool grow;      /* the size limit is the engine's only */
  unsigned flags; /* as the program gave them, of ENV_CHANGEABLE and ENV_FIXED */
  char *path;
  size_t limit;  /* map size of this process; before the open 0: not chosen */
  uint64_t step; /* the file grows by, as far as this process knows; by writers */
  int page_size; /* wanted for a new database; 0: the system's */
  unsigned max_readers;
  MDB_dbi max_dbs;
  void *user_context;
  MDB_assert_func *assert_func;
  uint64_t serial; /* of the last write transaction; by writers */
  _Atomic(struct shim_table *) tables[TABLE_CHUNKS];
  MDB_dbi open_tables;           /* named ones; under the mutex */
  _Atomic uint64_t handle_clock; /* counts commits that shared handles */
  pthread_mutex_t mutex;
  MDB_txn *txns;
  struct shim_slot *slots;
  unsigned readers; /* engine transactions for reading that are in use */
  MDBX_txn *spare;  /* with MDB_NOTLS: one without a snapshot, for the next reader; NULL: none */
  pthread_key_t slot_key;
  bool slot_key_made;
};

struct MDB_txn {
  MDBX_txn *engine; /* NULL: reset or dead */
  MDB_env *env;     /* NULL: it was closed */
  MDB_txn *parent, *child;
  bool readonly, reset;
  bool roomy; /* the size bound has been looked at */
  uint64_t id, serial;
  struct shim_slot *slot; /* of a reader tied to its thread */
  struct shim_cursor *cursors;
  bool flags_known; /* what follows is known: the engine's flags of the table changed last */
  MDB_dbi flags_of;
  unsigned flags;
  uint64_t handles_known;      /* env->handle_clock when it began */
  struct shim_opening *opened; /* handles that go if it is aborted */
  unsigned opened_count, opened_capacity;
  struct place_backup *places; /* of a nested one: where the cursors around it were */
  MDB_txn *next, **link;
};

/* Where a cursor stands, beyond what the engine's cursor knows. After a search that finds nothing, LMDB's cursor stands
 * where the key would be; the engine's cursor is moved there only when the next operation needs it. */
enum place {
  PLACE_NONE,          /* never positioned */
  PLACE_AT,            /* where the engine's cursor stands */
  PLACE_NO_VALUE,      /* at the key that follows one not found; none of its values is chosen */
  PLACE_BEHIND_VALUES, /* the engine's cursor is at the last value of a key; LMDB's is after it */
  PLACE_MISSED_KEY,    /* `missed` is the key that was not found */
  PLACE_MISSED_BOTH,   /* and `missed` the key and the value that was not found there */
  PLACE_DELETED,       /* its key was deleted: before the next one */
  PLACE_DELETED_VALUE, /* one value of several was deleted: before the next one */
  PLACE_LEFT,          /* its transaction was reset; `missed` is the pair it was at */
};

/* The object behind a cursor handle. The handle is not an address: see lmdb_handles.c. */
struct shim_cursor {
  MDBX_cursor *engine;
  MDB_txn *txn; /* NULL: ended */
  MDB_dbi dbi;
  enum place place;
  bool loose;            /* its transaction was reset: the engine's cursor has no position */
  bool multi;            /* the table has several values per key */
  unsigned char *missed; /* key, then value */
  size_t missed_key, missed_value, missed_room;
  struct shim_cursor *next, **link;
};

/* ---- values ---- */

static inline MDBX_val to_engine(const MDB_val *val) { return (MDBX_val){val->mv_data, val->mv_size}; }
static inline void from_engine(MDB_val *val, const MDBX_val *engine) {
  *val = (MDB_val){engine->iov_len, engine->iov_base};
}

/* The engine's ids count the creation of the database as three commits; LMDB's ids do not count it. */
enum { TXNID_EMPTY = 3 };
static inline size_t txnid_shown(uint64_t engine) { return engine > TXNID_EMPTY ? (size_t)engine - TXNID_EMPTY : 0; }

/* With MDB_APPEND the key must be greater than all others; it must not equal the last one. */
static inline MDBX_put_flags_t engine_put_flags(unsigned flags) {
  return (MDBX_put_flags_t)(flags & MDB_APPEND ? flags | MDB_NOOVERWRITE : flags);
}

/* ---- lmdb_errors.c ---- */

/* LMDB's code for a code of the engine. */
int shim_code(int rc);
/* The common case is inline. */
static inline int shim_rc(int rc) { return __builtin_expect(rc == MDBX_SUCCESS, 1) ? 0 : shim_code(rc); }

/* ---- lmdb_map.c: sizes ---- */

/* Settings for a new database. */
int map_prepare_new(MDB_env *env);
/* After the open: the limit of this process. */
int map_settle(MDB_env *env);
/* Before the first change of a transaction: the database may become as large as this process allows. */
int map_make_room(MDB_txn *txn);

/* ---- lmdb_slots.c ---- */

/* A child made by fork() must take the environment over before it uses it for anything but reading in inherited
 * transactions. */
int follow_fork(MDB_env *env);
/* A thread that has begun to read keeps a reader slot from then on. */
void reader_take_place(MDB_env *env);

/* The database is closed, and handles of named tables with it; and opened again. No transaction may be there. */
void engine_leave(MDB_env *env);
int engine_return(MDB_env *env);

int slots_open(MDB_env *env);
void slots_close(MDB_env *env);
/* Gives a reader an engine transaction with a snapshot. */
int reader_start(MDB_txn *txn);
/* Takes it away. With MDB_NOTLS and `keep` its slot stays the transaction's. */
void reader_stop(MDB_txn *txn, bool keep);

/* ---- lmdb_txn.c ---- */

/* MDB_BAD_TXN or EINVAL for one that cannot be used. */
static inline int txn_usable(const MDB_txn *txn) { return txn ? (txn->engine ? 0 : MDB_BAD_TXN) : EINVAL; }
/* For changes. */
int txn_writable(MDB_txn *txn);
/* What is left of an environment that is closed. */
void txns_orphan(MDB_env *env);

/* ---- lmdb_dbi.c ---- */

/* The table of a handle that has been open at some time; else NULL. */
static inline struct shim_table *table_at(const MDB_env *env, MDB_dbi dbi) {
  if (dbi >= TABLES_OF_CHUNK * TABLE_CHUNKS)
    return NULL;
  struct shim_table *chunk = atomic_load_explicit(&env->tables[dbi / TABLES_OF_CHUNK], memory_order_acquire);
  return chunk ? &chunk[dbi % TABLES_OF_CHUNK] : NULL;
}
/* Whether the transaction or its parents opened it. */
bool table_is_own(const MDB_txn *txn, MDB_dbi dbi, const struct shim_table *table);
/* The handle's table, NULL if it is none for this transaction. */
static inline struct shim_table *table_of(const MDB_txn *txn, MDB_dbi dbi) {
  struct shim_table *table = table_at(txn->env, dbi);
  if (!table || !table->open)
    return NULL;
  const uint64_t since = table->shared_since;
  return (since && since <= txn->handles_known) || table_is_own(txn, dbi, table) ? table : NULL;
}
int tables_open(MDB_env *env);
/* Named tables only, or all of them. */
void tables_forget(MDB_env *env);
void tables_close(MDB_env *env);
/* The transaction may use the handle from now on. */
static inline void tables_know(MDB_txn *txn) { txn->handles_known = txn->env->handle_clock; }
/* The table's flags as the program gave them, if the engine's flags differ. */
int table_flags(MDB_txn *txn, MDB_dbi dbi, unsigned *flags);
/* The engine's flags of a table that is changed: asked for once until something may change them. */
int table_engine_flags(MDB_txn *txn, MDB_dbi dbi, unsigned *flags);
/* A table was opened or dropped, or a nested transaction may do so. */
static inline void table_forget_flags(MDB_txn *txn) { txn->flags_known = false; }
/* Before a record is stored: stores that the program orders the table. */
int table_ready(MDB_txn *txn, MDB_dbi dbi, struct shim_table *table);
/* Before a value is stored: with MDB_INTEGERDUP and values that are no integers the order is that of LMDB, by their
 * first four bytes. */
int table_fit_value(MDB_txn *txn, MDB_dbi dbi, unsigned flags, size_t length);
/* Looks for a value in a table of MDB_DUPFIXED values that have another length, as LMDB's orders compare them. With
 * `range` the first value that is not less, else an equal one. */
int table_find_other_length(MDB_txn *txn, MDB_dbi dbi, MDBX_cursor *cursor, MDBX_val *key, MDBX_val *value, bool range);
/* If a value equals a stored one in the program's own order, it replaces the stored one. */
int table_overwrite_equal(MDB_txn *txn, MDB_dbi dbi, const MDBX_val *key, MDBX_val *value);
void tables_ended(MDB_txn *txn, bool committed);

/* ---- lmdb_handles.c: cursors and their handles ---- */

/* Once in a process. */
void handles_prepare(void);
/* A new cursor without a position. NULL: no memory. */
struct shim_cursor *cursor_new(void);
/* From now on its handle is invalid. */
void cursor_free(struct shim_cursor *cursor);
MDB_cursor *cursor_handle(const struct shim_cursor *cursor);
/* NULL for NULL and for the handle of a cursor that has ended. */
struct shim_cursor *cursor_of(const MDB_cursor *handle);

/* ---- lmdb_cursor.c ---- */

/* The cursors of a transaction that ends: those of a writer are freed, those of a reader wait to be renewed. */
void cursors_ended(MDB_txn *txn);
/* A reader is reset: its cursors can be used again when it is renewed, at the records they were at. LMDB does not
 * promise this, but programs rely on it. */
void cursors_leave(MDB_txn *txn);
/* Records were deleted: cursors on a table that is now empty lose their position, as if they never had one. */
void cursors_emptied(MDB_txn *txn, MDB_dbi dbi);
/* A nested transaction begins and ends. */
int cursors_save(MDB_txn *child);
void cursors_restore(MDB_txn *child, bool committed);

#endif
