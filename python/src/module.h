/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/module.h: the objects of the Python module and what its files share.
 *
 * Each object holds a handle of the engine, or NULL once it is closed, and a reference to the object it depends on: a cursor
 * to its transaction, a transaction to its environment. The owner knows its dependents by lists without references, so that
 * closing it closes them first. All of it is protected by the interpreter's lock.
 *
 * Where the lock is released during a call of the engine, `busy` of the transaction or of the environment counts the callers:
 * other threads get BusyError instead of a handle that is in use.
 *
 * Environments are always opened with MDBX_NOSTICKYTHREADS: the garbage collector may end a transaction in any thread.
 */
#ifndef MDBX_PYTHON_MODULE_H
#define MDBX_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <mdbx.h>
#include <stdbool.h>

typedef struct Environment Environment;
typedef struct Transaction Transaction;
typedef struct Cursor Cursor;

/* A table. It is dead if the transaction that created it was aborted, or after it was deleted. */
typedef struct Database {
  PyObject_HEAD Environment *env;
  PyObject *name; /* bytes, or None for the main table */
  MDBX_dbi dbi;
  unsigned flags;
  bool dead;
} Database;

enum { SPARES_MAX = 16 };

struct Environment {
  PyObject_HEAD MDBX_env *env;
  PyObject *path;               /* bytes */
  Database *main;               /* without a reference to this environment, so that there is no circle */
  Transaction *txns;            /* those without a parent */
  MDBX_txn *spares[SPARES_MAX]; /* read transactions, reset, for the next ones */
  unsigned spare_count, spare_limit;
  unsigned busy;
  size_t views;
  bool readonly;
};

struct Transaction {
  PyObject_HEAD Environment *env;
  Transaction *parent, *child;  /* a reference to the parent, none to the child */
  Transaction *previous, *next; /* in the list of the environment */
  MDBX_txn *txn;                /* stays when a read transaction has ended while views of its data exist */
  Cursor *cursors;
  Database *db;      /* the default table */
  PyObject *created; /* list of tables that it created; NULL if none */
  size_t views;
  uint64_t changes; /* counts calls that may have moved data */
  unsigned long thread;
  unsigned busy;
  bool ended, write, buffers;
};

struct Cursor {
  PyObject_HEAD Transaction *txn;
  Database *db;
  Cursor *previous, *next;
  MDBX_cursor *cursor;
  MDBX_val key, value; /* at its position, as of `changes` of the transaction */
  uint64_t changes;
  bool positioned;
};

extern PyTypeObject environment_type, transaction_type, cursor_type, iterator_type, database_type, view_type;

/* ---- args.c: arguments of methods ---------------------------------------------------------------------------------- */

typedef PyObject *const *Arguments;

/* Sorts arguments by position and by name into `out`, NULL for those not given. `names` ends with NULL; the first `required`
 * must be given; arguments from `positional` on must be named. False with an exception. */
bool args_sort(const char *function, const char *const *names, Py_ssize_t required, Py_ssize_t positional,
               Arguments args, Py_ssize_t count, PyObject *kwnames, PyObject **out);
/* They leave the result alone if the argument was not given; false with an exception. */
bool arg_bool(PyObject *arg, bool *value);
bool arg_size(PyObject *arg, intptr_t *value);
bool arg_unsigned(PyObject *arg, const char *name, uint64_t limit, uint64_t *value);
/* Seconds, as 16.16. */
bool arg_seconds(PyObject *arg, unsigned *dot16);

/* Bytes of a caller, held for the time of a call. */
typedef struct Bytes {
  MDBX_val val;
  Py_buffer buffer; /* obj is NULL if there is nothing to release */
} Bytes;
bool bytes_take_other(PyObject *object, const char *what, Bytes *bytes);
static inline bool bytes_take(PyObject *object, const char *what, Bytes *bytes) {
  if (!PyBytes_CheckExact(object))
    return bytes_take_other(object, what, bytes);
  bytes->val.iov_base = PyBytes_AS_STRING(object);
  bytes->val.iov_len = (size_t)PyBytes_GET_SIZE(object);
  bytes->buffer.obj = NULL;
  return true;
}
static inline void bytes_drop(Bytes *bytes) {
  if (bytes->buffer.obj)
    PyBuffer_Release(&bytes->buffer);
}

/* ---- errors.c ------------------------------------------------------------------------------------------------------ */

bool errors_init(void);
/* Sets the exception of a code; returns NULL. */
PyObject *error_set(int code, const char *what);
/* The same with a text of our own instead of the engine's. */
PyObject *error_say(int code, const char *text);
/* None, or NULL with the exception of the code. */
PyObject *error_or_none(int code, const char *what);

/* ---- values.c: data of the engine as objects ----------------------------------------------------------------------- */

PyObject *value_view(Transaction *txn, const MDBX_val *val);
/* Bytes, or a memoryview with buffers=True. */
static inline PyObject *value_object(Transaction *txn, const MDBX_val *val) {
  return txn->buffers ? value_view(txn, val) : PyBytes_FromStringAndSize(val->iov_base, (Py_ssize_t)val->iov_len);
}

/* ---- env.c, env_admin.c, env_copy.c -------------------------------------------------------------------------------- */

/* False with an exception if it is closed. */
bool env_usable(Environment *env);
extern PyMethodDef environment_methods[];
PyObject *env_stat(PyObject *self, PyObject *ignored);
PyObject *env_info(PyObject *self, PyObject *ignored);
PyObject *env_readers(PyObject *self, PyObject *ignored);
PyObject *env_reader_check(PyObject *self, PyObject *ignored);
PyObject *env_check(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_defrag(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_set_geometry(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_set_mapsize(PyObject *self, PyObject *size);
PyObject *env_copy(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_copyfd(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_copy_since(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *env_copyfd_since(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *stat_object(const MDBX_stat *stat);

/* ---- env_admin.c, env_copy.c: functions of the module -------------------------------------------------------------------- */

PyObject *copy_apply(PyObject *module, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *copy_increment_info(PyObject *module, PyObject *path);
PyObject *copy_snapshot_info(PyObject *module, PyObject *path);

/* ---- db.c ---------------------------------------------------------------------------------------------------------- */

PyObject *env_open_db(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
Database *db_new(Environment *env, PyObject *name, MDBX_dbi dbi, unsigned flags);
/* The table of an argument, or the default one of the transaction: borrowed; NULL with an exception. */
Database *db_of_argument(Transaction *txn, PyObject *arg);

/* ---- txn.c, txn_data.c, txn_many.c --------------------------------------------------------------------------------- */

PyObject *env_begin(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
Transaction *txn_begin(Environment *env, Transaction *parent, Database *db, bool buffers, MDBX_txn_flags_t flags);
extern PyMethodDef transaction_methods[];
/* Sets the exception for a transaction that cannot be used. */
void txn_unusable(Transaction *txn);
/* False with an exception if it has ended, has a nested one, or another thread is inside a call with it. The engine would let
 * cursors work while a nested transaction runs, but what they remember of their records would be stale. */
static inline bool txn_usable(Transaction *txn) {
  if (!txn->ended && !txn->busy && !txn->child)
    return true;
  txn_unusable(txn);
  return false;
}
/* Ends a transaction, what depends on it first, and returns the engine's code. It may be called on one that has ended. */
int txn_end(Transaction *txn, bool commit);
/* The last view of an ended transaction is gone. */
void txn_let_go(Transaction *txn);
/* The flags of a put as its arguments have them; false with an exception. */
bool put_flags(Database *db, PyObject *dupdata, PyObject *overwrite, PyObject *append, MDBX_put_flags_t *flags);
PyObject *txn_get(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_put(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_delete(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_replace(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_pop(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_get_many(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_put_many(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_drop(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_tables(PyObject *self, PyObject *ignored);
PyObject *txn_stat(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_sequence(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *txn_estimate(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);

/* ---- cursor.c, cursor_change.c, iterator.c ------------------------------------------------------------------------- */

PyObject *txn_cursor(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
extern PyMethodDef cursor_methods[];
/* False with an exception if the cursor or its transaction cannot be used. */
bool cursor_usable(Cursor *cursor);
void cursor_end(Cursor *cursor);
/* Moves; 1: there is a record, 0: none, -1: an exception. */
int cursor_move(Cursor *cursor, MDBX_cursor_op op);
/* The same with the key and value in the cursor as what is sought. */
int cursor_seek(Cursor *cursor, const MDBX_val *key, const MDBX_val *value, MDBX_cursor_op op);
/* Reads the record at the position again if the transaction has changed anything; as cursor_move(). */
int cursor_refresh(Cursor *cursor);
PyObject *cursor_delete(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_put(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_putmulti(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_replace(PyObject *self, PyObject *const *args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_pop(PyObject *self, PyObject *key);
PyObject *cursor_iternext(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iternext_dup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iternext_nodup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iterprev(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iterprev_dup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iterprev_nodup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames);
PyObject *cursor_iter(PyObject *self);

/* A row of a table of methods. */
#define METHOD_KEYWORDS(name, function, doc) \
  { name, (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS, doc }
#define METHOD_NONE(name, function, doc) \
  { name, function, METH_NOARGS, doc }
#define METHOD_ONE(name, function, doc) \
  { name, function, METH_O, doc }

#endif
