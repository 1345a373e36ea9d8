/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/txn.c: transactions: beginning, ending, what they tell.
 */
#include "module.h"

void txn_unusable(Transaction *txn) {
  if (txn->ended)
    error_say(MDBX_BAD_TXN, "the transaction has ended");
  else if (txn->child)
    error_say(MDBX_BAD_TXN, "the transaction has a nested one, which must end first");
  else
    error_say(MDBX_BUSY, "another thread is inside a call with the transaction");
}

/* ---- beginning -------------------------------------------------------------------------------------------------------- */

/* A second write transaction of a thread would wait for itself. */
static bool waits_for_itself(const Environment *env) {
  const unsigned long thread = PyThread_get_thread_ident();
  for (const Transaction *txn = env->txns; txn; txn = txn->next)
    if (txn->write && txn->thread == thread)
      return true;
  return false;
}

static int begin_read(Environment *env, MDBX_txn **txn) {
  if (env->spare_count) {
    *txn = env->spares[--env->spare_count];
    if (mdbx_txn_renew(*txn) == MDBX_SUCCESS)
      return MDBX_SUCCESS;
    mdbx_txn_abort(*txn);
  }
  return mdbx_txn_begin(env->env, NULL, MDBX_TXN_RDONLY, txn);
}

static int begin_write(Environment *env, MDBX_txn *parent, MDBX_txn_flags_t flags, MDBX_txn **txn) {
  int rc;
  ++env->busy;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_txn_begin(env->env, parent, flags, txn);
  Py_END_ALLOW_THREADS-- env->busy;
  return rc;
}

static void link_txn(Transaction *self, Environment *env, Transaction *parent) {
  self->env = (Environment *)Py_NewRef((PyObject *)env);
  self->thread = PyThread_get_thread_ident();
  if (parent) {
    self->parent = (Transaction *)Py_NewRef((PyObject *)parent);
    parent->child = self;
    return;
  }
  self->next = env->txns;
  if (self->next)
    self->next->previous = self;
  env->txns = self;
}

static void unlink_txn(Transaction *self) {
  if (self->parent) {
    self->parent->child = NULL;
    ++self->parent->changes;
    return;
  }
  if (self->next)
    self->next->previous = self->previous;
  if (self->previous)
    self->previous->next = self->next;
  else
    self->env->txns = self->next;
  self->next = self->previous = NULL;
}

Transaction *txn_begin(Environment *env, Transaction *parent, Database *db, bool buffers, MDBX_txn_flags_t flags) {
  const bool write = !(flags & MDBX_TXN_RDONLY);
  MDBX_txn *handle = NULL;
  if (write && !parent && !(flags & MDBX_TXN_TRY) && waits_for_itself(env)) {
    error_say(MDBX_BUSY, "this thread has a write transaction already");
    return NULL;
  }
  Transaction *self = (Transaction *)transaction_type.tp_alloc(&transaction_type, 0);
  if (!self)
    return NULL;
  self->ended = true; /* until there is something to end */
  if (parent)
    ++parent->busy;
  const int rc = write ? begin_write(env, parent ? parent->txn : NULL, flags, &handle) : begin_read(env, &handle);
  if (parent)
    --parent->busy;
  if (rc != MDBX_SUCCESS) {
    Py_DECREF(self);
    error_set(rc, "begin");
    return NULL;
  }
  self->txn = handle;
  self->write = write;
  self->buffers = buffers;
  self->db = (Database *)Py_NewRef((PyObject *)(db ? db : env->main));
  link_txn(self, env, parent);
  self->ended = false;
  return self;
}

enum { B_DB, B_PARENT, B_WRITE, B_BUFFERS, B_WAIT, B_SYNC, B_METASYNC, B_COUNT };
static const char *const begin_names[B_COUNT + 1] = {"db",   "parent", "write",    "buffers",
                                                     "wait", "sync",   "metasync", NULL};

static bool take_parent(Environment *env, PyObject *arg, Transaction **parent) {
  *parent = NULL;
  if (!arg || arg == Py_None)
    return true;
  if (Py_TYPE(arg) != &transaction_type || ((Transaction *)arg)->env != env) {
    PyErr_SetString(PyExc_TypeError, "parent must be a transaction of this environment");
    return false;
  }
  *parent = (Transaction *)arg;
  return txn_usable(*parent);
}

static bool take_begin_flags(PyObject **arg, MDBX_txn_flags_t *flags) {
  bool write = false, wait = true, sync = true, metasync = true;
  if (!arg_bool(arg[B_WRITE], &write) || !arg_bool(arg[B_WAIT], &wait) ||
      (arg[B_SYNC] != Py_None && !arg_bool(arg[B_SYNC], &sync)) ||
      (arg[B_METASYNC] != Py_None && !arg_bool(arg[B_METASYNC], &metasync)))
    return false;
  if (!write && arg[B_PARENT] && arg[B_PARENT] != Py_None) {
    PyErr_SetString(PyExc_ValueError, "a nested transaction needs write=True");
    return false;
  }
  unsigned value = write ? 0 : MDBX_TXN_RDONLY;
  if (write)
    value |= (wait ? 0u : (unsigned)MDBX_TXN_TRY) | (sync ? 0 : MDBX_TXN_NOSYNC) | (metasync ? 0 : MDBX_TXN_NOMETASYNC);
  *flags = (MDBX_txn_flags_t)value;
  return true;
}

PyObject *env_begin(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  Environment *self = (Environment *)object;
  PyObject *arg[B_COUNT];
  Transaction *parent;
  MDBX_txn_flags_t flags;
  bool buffers = false;
  /* The truth of an argument may be code of the caller: what it could close is looked at afterwards. */
  if (!args_sort("begin", begin_names, 0, 4, args, count, kwnames, arg) || !arg_bool(arg[B_BUFFERS], &buffers) ||
      !take_begin_flags(arg, &flags) || !env_usable(self) || !take_parent(self, arg[B_PARENT], &parent))
    return NULL;
  Database *db = NULL;
  if (arg[B_DB] && arg[B_DB] != Py_None) {
    const Transaction probe = {.env = self, .db = self->main};
    if (!(db = db_of_argument((Transaction *)(uintptr_t)&probe, arg[B_DB])))
      return NULL;
  }
  return (PyObject *)txn_begin(self, parent, db, buffers, flags);
}

/* ---- ending ----------------------------------------------------------------------------------------------------------- */

void txn_let_go(Transaction *self) {
  Environment *env = self->env;
  MDBX_txn *handle = self->txn;
  self->txn = NULL;
  if (!handle)
    return;
  if (env->env && env->spare_count < env->spare_limit && mdbx_txn_reset(handle) == MDBX_SUCCESS)
    env->spares[env->spare_count++] = handle;
  else
    mdbx_txn_abort(handle);
}

/* What became of the tables that it created. */
static void settle_created(Transaction *self, bool committed) {
  PyObject *created = self->created;
  self->created = NULL;
  if (!created)
    return;
  for (Py_ssize_t i = 0; !committed && i < PyList_GET_SIZE(created); ++i)
    ((Database *)PyList_GET_ITEM(created, i))->dead = true;
  if (committed && self->parent) {
    if (!self->parent->created)
      self->parent->created = Py_NewRef(created);
    else if (PyList_SetSlice(self->parent->created, PY_SSIZE_T_MAX, PY_SSIZE_T_MAX, created) != 0)
      PyErr_Clear();
  }
  Py_DECREF(created);
}

static int end_write(Transaction *self, bool commit) {
  MDBX_txn *handle = self->txn;
  int rc;
  self->txn = NULL;
  ++self->env->busy;
  Py_BEGIN_ALLOW_THREADS rc = commit ? mdbx_txn_commit(handle) : mdbx_txn_abort(handle);
  Py_END_ALLOW_THREADS-- self->env->busy;
  return rc;
}

int txn_end(Transaction *self, bool commit) {
  if (self->ended)
    return MDBX_SUCCESS;
  const int nested = self->child ? txn_end(self->child, commit) : MDBX_SUCCESS;
  commit = commit && nested == MDBX_SUCCESS;
  while (self->cursors)
    cursor_end(self->cursors);
  self->ended = true;
  int rc = MDBX_SUCCESS;
  if (self->write)
    rc = end_write(self, commit);
  else if (!self->views)
    txn_let_go(self);
  settle_created(self, commit && rc == MDBX_SUCCESS);
  unlink_txn(self);
  return nested != MDBX_SUCCESS ? nested : rc;
}

static void txn_free(PyObject *object) {
  Transaction *self = (Transaction *)object;
  txn_end(self, false);
  Py_XDECREF(self->created);
  Py_XDECREF(self->db);
  Py_XDECREF(self->parent);
  Py_XDECREF(self->env);
  Py_TYPE(object)->tp_free(object);
}

static PyObject *finish(Transaction *self, bool commit, const char *what) {
  Transaction *innermost = self;
  while (innermost->child && !innermost->busy)
    innermost = innermost->child;
  if (!txn_usable(innermost))
    return NULL;
  const int rc = txn_end(self, commit);
  if (rc == MDBX_RESULT_TRUE)
    return error_say(MDBX_BAD_TXN, "an operation had failed and broken the transaction: it has been aborted");
  return error_or_none(rc, what);
}

static PyObject *txn_commit(PyObject *self, PyObject *ignored) {
  (void)ignored;
  return finish((Transaction *)self, true, "commit");
}

static PyObject *txn_abort(PyObject *self, PyObject *ignored) {
  (void)ignored;
  if (((Transaction *)self)->ended)
    Py_RETURN_NONE;
  return finish((Transaction *)self, false, "abort");
}

static PyObject *txn_enter(PyObject *self, PyObject *ignored) {
  (void)ignored;
  return txn_usable((Transaction *)self) ? Py_NewRef(self) : NULL;
}

static PyObject *txn_exit(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  (void)kwnames;
  if (((Transaction *)object)->ended)
    Py_RETURN_NONE;
  return finish((Transaction *)object, count < 1 || args[0] == Py_None, "commit");
}

/* ---- what it tells ---------------------------------------------------------------------------------------------------- */

static PyObject *txn_id(PyObject *object, PyObject *ignored) {
  Transaction *self = (Transaction *)object;
  (void)ignored;
  return txn_usable(self) ? PyLong_FromUnsignedLongLong(mdbx_txn_id(self->txn)) : NULL;
}

static PyObject *txn_info(PyObject *object, PyObject *ignored) {
  Transaction *self = (Transaction *)object;
  MDBX_txn_info info;
  (void)ignored;
  if (!txn_usable(self))
    return NULL;
  const int rc = mdbx_txn_info(self->txn, &info, true);
  if (rc != MDBX_SUCCESS)
    return error_set(rc, "info");
  return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K,s:K,s:K}", "id", (unsigned long long)info.txn_id, "reader_lag",
                       (unsigned long long)info.txn_reader_lag, "space_used", (unsigned long long)info.txn_space_used,
                       "space_limit", (unsigned long long)info.txn_space_limit_hard, "space_retired",
                       (unsigned long long)info.txn_space_retired, "space_leftover",
                       (unsigned long long)info.txn_space_leftover, "space_dirty",
                       (unsigned long long)info.txn_space_dirty);
}

static PyObject *txn_repr(PyObject *object) {
  const Transaction *self = (Transaction *)object;
  return PyUnicode_FromFormat("<mdbx.Transaction, %s%s%s>", self->parent ? "nested, " : "",
                              self->write ? "write" : "read", self->ended ? ", ended" : "");
}

static PyObject *get_env(PyObject *self, void *ignored) {
  (void)ignored;
  return Py_NewRef((PyObject *)((Transaction *)self)->env);
}

static PyGetSetDef getset[] = {{"env", get_env, NULL, "Its environment.", NULL}, {NULL, NULL, NULL, NULL, NULL}};

PyMethodDef transaction_methods[] = {
    METHOD_KEYWORDS("get", txn_get,
                    "get($self, key, default=None, db=None)\n--\n\nThe first value of a key, or default."),
    METHOD_KEYWORDS("put", txn_put,
                    "put($self, key, value, dupdata=True, overwrite=True, append=False, db=None)\n"
                    "--\n\nStores a record. False if overwrite or dupdata is false and the key, or the pair, exists."),
    METHOD_KEYWORDS("delete", txn_delete,
                    "delete($self, key, value=None, db=None)\n"
                    "--\n\nDeletes a key, or one of its values; False if there is no such record."),
    METHOD_KEYWORDS("replace", txn_replace,
                    "replace($self, key, value, db=None)\n"
                    "--\n\nStores a value in place of all values of the key; returns the first of these, or None."),
    METHOD_KEYWORDS("pop", txn_pop,
                    "pop($self, key, db=None)\n--\n\nDeletes the first value of a key and returns it, or None."),
    METHOD_KEYWORDS("get_many", txn_get_many,
                    "get_many($self, keys, default=None, db=None)\n"
                    "--\n\nThe first values of many keys, as a list. Much faster than a call of get() for each."),
    METHOD_KEYWORDS(
        "put_many", txn_put_many,
        "put_many($self, items, dupdata=True, overwrite=True, append=False, db=None)\n"
        "--\n\nStores pairs in the given order. Returns how many were stored; those that overwrite or dupdata\n"
        "refuse are left out."),
    METHOD_KEYWORDS("cursor", txn_cursor, "cursor($self, db=None)\n--\n\nA cursor on a table."),
    METHOD_KEYWORDS("stat", txn_stat, "stat($self, db=None)\n--\n\nStatistics of a table, as a dict."),
    METHOD_KEYWORDS("drop", txn_drop,
                    "drop($self, db, delete=True)\n--\n\nDeletes a table, or empties it with delete=False."),
    METHOD_NONE("tables", txn_tables, "tables($self)\n--\n\nThe names of all named tables, as a list of bytes."),
    METHOD_KEYWORDS(
        "sequence", txn_sequence,
        "sequence($self, increment=0, db=None)\n--\n\nThe counter stored with a table, before the increment."),
    METHOD_KEYWORDS("estimate", txn_estimate,
                    "estimate($self, begin=None, end=None, db=None)\n"
                    "--\n\nAbout how many records a range of keys has; end is not part of it."),
    METHOD_NONE("commit", txn_commit, "commit($self)\n--\n\nCommits, nested transactions too."),
    METHOD_NONE("abort", txn_abort,
                "abort($self)\n--\n\nDrops all changes. Nothing happens if the transaction has ended."),
    METHOD_NONE("id", txn_id, "id($self)\n--\n\nThe id of the snapshot, or of the commit to come."),
    METHOD_NONE("info", txn_info, "info($self)\n--\n\nIds and sizes, as a dict."),
    METHOD_NONE("__enter__", txn_enter, NULL),
    METHOD_KEYWORDS("__exit__", txn_exit, NULL),
    {NULL, NULL, 0, NULL}};

PyTypeObject transaction_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx.Transaction",
    .tp_basicsize = sizeof(Transaction),
    .tp_dealloc = txn_free,
    .tp_repr = txn_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = transaction_methods,
    .tp_getset = getset,
    .tp_doc = PyDoc_STR(
        "A transaction, as Environment.begin() gives it. As a context manager it commits at the end, or aborts\n"
        "after an exception."),
};
