/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/db.c: tables.
 */
#include "module.h"

Database *db_new(Environment *env, PyObject *name, MDBX_dbi dbi, unsigned flags) {
  Database *db = PyObject_New(Database, &database_type);
  if (db) {
    db->env = (Environment *)Py_XNewRef((PyObject *)env);
    db->name = Py_NewRef(name);
    db->dbi = dbi;
    db->flags = flags;
    db->dead = false;
  }
  return db;
}

Database *db_of_argument(Transaction *txn, PyObject *arg) {
  Database *db = txn->db;
  if (arg && arg != Py_None) {
    if (Py_TYPE(arg) != &database_type) {
      PyErr_Format(PyExc_TypeError, "db must be a table of open_db(), not %s", Py_TYPE(arg)->tp_name);
      return NULL;
    }
    db = (Database *)arg;
  }
  if (db->env != txn->env) {
    error_say(MDBX_BAD_DBI, "the table belongs to another environment");
    return NULL;
  }
  if (db->dead) {
    error_say(MDBX_BAD_DBI, "the table was deleted, or its creation was aborted");
    return NULL;
  }
  return db;
}

/* ---- opening ---------------------------------------------------------------------------------------------------------- */

enum {
  D_KEY,
  D_TXN,
  D_REVERSE_KEY,
  D_DUPSORT,
  D_CREATE,
  D_INTEGERKEY,
  D_INTEGERDUP,
  D_DUPFIXED,
  D_REVERSEDUP,
  D_ACCEDE,
  D_COUNT
};
static const char *const open_names[D_COUNT + 1] = {"key",        "txn",        "reverse_key", "dupsort",
                                                    "create",     "integerkey", "integerdup",  "dupfixed",
                                                    "reversedup", "accede",     NULL};

static bool take_flags(PyObject **arg, bool may_create, unsigned *flags) {
  static const struct {
    int argument;
    unsigned flags;
  } table[] = {{D_REVERSE_KEY, MDBX_REVERSEKEY},
               {D_DUPSORT, MDBX_DUPSORT},
               {D_INTEGERKEY, MDBX_INTEGERKEY},
               {D_INTEGERDUP, MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP},
               {D_DUPFIXED, MDBX_DUPSORT | MDBX_DUPFIXED},
               {D_REVERSEDUP, MDBX_DUPSORT | MDBX_REVERSEDUP},
               {D_ACCEDE, MDBX_DB_ACCEDE}};
  bool create = true;
  *flags = 0;
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); ++i) {
    bool value = false;
    if (!arg_bool(arg[table[i].argument], &value))
      return false;
    if (value)
      *flags |= table[i].flags;
  }
  if (!arg_bool(arg[D_CREATE], &create))
    return false;
  if (create && may_create)
    *flags |= MDBX_CREATE;
  return true;
}

/* A table that a transaction created is dead if that is aborted. */
static bool note_created(Transaction *txn, Database *db) {
  if (!txn->created && !(txn->created = PyList_New(0)))
    return false;
  return PyList_Append(txn->created, (PyObject *)db) == 0;
}

static PyObject *open_in(Transaction *txn, PyObject *name, unsigned flags) {
  Bytes bytes = {{NULL, 0}, {.obj = NULL}};
  MDBX_dbi dbi;
  unsigned stored, state;
  if (name != Py_None && !bytes_take(name, "the name of a table", &bytes))
    return NULL;
  int rc = mdbx_dbi_open2(txn->txn, name == Py_None ? NULL : &bytes.val, (MDBX_db_flags_t)flags, &dbi);
  PyObject *copy =
      name == Py_None ? Py_NewRef(name) : PyBytes_FromStringAndSize(bytes.val.iov_base, (Py_ssize_t)bytes.val.iov_len);
  bytes_drop(&bytes);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_flags_ex(txn->txn, dbi, &stored, &state);
  if (rc != MDBX_SUCCESS) {
    Py_XDECREF(copy);
    return error_set(rc, "open_db");
  }
  ++txn->changes;
  Database *db = copy ? db_new(txn->env, copy, dbi, stored) : NULL;
  Py_XDECREF(copy);
  if (db && (state & MDBX_DBI_CREAT) && !note_created(txn, db))
    Py_CLEAR(db);
  if (db && dbi == 1)
    txn->env->main->flags = stored;
  return (PyObject *)db;
}

PyObject *env_open_db(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  Environment *self = (Environment *)object;
  PyObject *arg[D_COUNT];
  unsigned flags;
  if (!args_sort("open_db", open_names, 0, D_ACCEDE, args, count, kwnames, arg) || !env_usable(self))
    return NULL;
  PyObject *name = arg[D_KEY] ? arg[D_KEY] : Py_None;
  if (arg[D_TXN] && arg[D_TXN] != Py_None) {
    Transaction *txn = (Transaction *)arg[D_TXN];
    if (Py_TYPE(txn) != &transaction_type || txn->env != self) {
      PyErr_SetString(PyExc_TypeError, "txn must be a transaction of this environment");
      return NULL;
    }
    return take_flags(arg, txn->write, &flags) && txn_usable(txn) ? open_in(txn, name, flags) : NULL;
  }
  if (!take_flags(arg, !self->readonly, &flags))
    return NULL;
  const MDBX_txn_flags_t kind = flags & MDBX_CREATE ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY;
  Transaction *txn = txn_begin(self, NULL, NULL, false, kind);
  PyObject *db = txn ? open_in(txn, name, flags) : NULL;
  if (txn) {
    const int rc = txn_end(txn, db != NULL);
    if (db && rc != MDBX_SUCCESS) {
      Py_CLEAR(db);
      error_set(rc, "open_db");
    }
  }
  Py_XDECREF(txn);
  return db;
}

/* ---- the type --------------------------------------------------------------------------------------------------------- */

static PyObject *db_flags(PyObject *self, PyObject *ignored) {
  const unsigned flags = ((Database *)self)->flags;
  (void)ignored;
  return Py_BuildValue(
      "{s:N,s:N,s:N,s:N,s:N,s:N}", "reverse_key", PyBool_FromLong((flags & MDBX_REVERSEKEY) != 0), "dupsort",
      PyBool_FromLong((flags & MDBX_DUPSORT) != 0), "integerkey", PyBool_FromLong((flags & MDBX_INTEGERKEY) != 0),
      "integerdup", PyBool_FromLong((flags & MDBX_INTEGERDUP) != 0), "dupfixed",
      PyBool_FromLong((flags & MDBX_DUPFIXED) != 0), "reversedup", PyBool_FromLong((flags & MDBX_REVERSEDUP) != 0));
}

static PyObject *db_name(PyObject *self, void *ignored) {
  (void)ignored;
  return Py_NewRef(((Database *)self)->name);
}

static PyObject *db_repr(PyObject *self) {
  const Database *db = (Database *)self;
  return PyUnicode_FromFormat("<mdbx.Database %R%s>", db->name, db->dead ? ", dead" : "");
}

static void db_free(PyObject *self) {
  Database *db = (Database *)self;
  if (db->env && db->env->main != db)
    Py_DECREF(db->env);
  Py_DECREF(db->name);
  Py_TYPE(self)->tp_free(self);
}

static PyMethodDef db_methods[] = {
    METHOD_NONE("flags", db_flags, "flags($self)\n--\n\nIts kind, as a dict with the arguments of open_db()."),
    {NULL, NULL, 0, NULL}};
static PyGetSetDef db_getset[] = {{"name", db_name, NULL, "Its name, or None for the main table.", NULL},
                                  {NULL, NULL, NULL, NULL, NULL}};

PyTypeObject database_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx.Database",
    .tp_basicsize = sizeof(Database),
    .tp_dealloc = db_free,
    .tp_repr = db_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = db_methods,
    .tp_getset = db_getset,
    .tp_doc = PyDoc_STR("A table, as Environment.open_db() gives it."),
};
