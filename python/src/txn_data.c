/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/txn_data.c: reading and changing by key, and tables inside a transaction.
 *
 * The interpreter's lock is kept: releasing it takes as long as a lookup in memory.
 */
#include "module.h"

/* What data methods begin with: their transaction can be used, and their table is known. NULL with an exception. */
static Database *table_of(Transaction *self, PyObject *db) {
  return txn_usable(self) ? db_of_argument(self, db) : NULL;
}

PyObject *txn_get(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "default", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[3];
  Bytes key;
  MDBX_val value;
  if (!args_sort("get", names, 1, 3, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[2]);
  if (!db || !bytes_take(arg[0], "a key", &key))
    return NULL;
  const int rc = mdbx_get(self->txn, db->dbi, &key.val, &value);
  bytes_drop(&key);
  if (rc == MDBX_SUCCESS)
    return value_object(self, &value);
  if (rc == MDBX_NOTFOUND)
    return Py_NewRef(arg[1] ? arg[1] : Py_None);
  return error_set(rc, "get");
}

bool put_flags(Database *db, PyObject *dupdata, PyObject *overwrite, PyObject *append, MDBX_put_flags_t *flags) {
  bool duplicates = true, over = true, at_end = false;
  if (!arg_bool(dupdata, &duplicates) || !arg_bool(overwrite, &over) || !arg_bool(append, &at_end))
    return false;
  const bool multi = (db->flags & MDBX_DUPSORT) != 0;
  unsigned value = 0;
  if (!duplicates && multi)
    value |= MDBX_NODUPDATA;
  if (!over)
    value |= MDBX_NOOVERWRITE;
  if (at_end)
    value |= multi ? MDBX_APPENDDUP : MDBX_APPEND;
  *flags = (MDBX_put_flags_t)value;
  return true;
}

PyObject *txn_put(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "value", "dupdata", "overwrite", "append", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[6];
  Bytes key, value;
  MDBX_put_flags_t flags;
  if (!args_sort("put", names, 2, 6, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[5]);
  if (!db || !put_flags(db, arg[2], arg[3], arg[4], &flags) || !bytes_take(arg[0], "a key", &key))
    return NULL;
  if (!bytes_take(arg[1], "a value", &value)) {
    bytes_drop(&key);
    return NULL;
  }
  ++self->changes;
  const int rc = mdbx_put(self->txn, db->dbi, &key.val, &value.val, flags);
  bytes_drop(&key);
  bytes_drop(&value);
  if (rc == MDBX_SUCCESS)
    Py_RETURN_TRUE;
  if (rc == MDBX_KEYEXIST)
    Py_RETURN_FALSE;
  return error_set(rc, "put");
}

PyObject *txn_delete(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "value", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[3];
  Bytes key, value = {{NULL, 0}, {.obj = NULL}};
  if (!args_sort("delete", names, 1, 3, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[2]);
  const bool one = arg[1] && arg[1] != Py_None;
  if (!db || !bytes_take(arg[0], "a key", &key))
    return NULL;
  if (one && !bytes_take(arg[1], "a value", &value)) {
    bytes_drop(&key);
    return NULL;
  }
  ++self->changes;
  const int rc = mdbx_del(self->txn, db->dbi, &key.val, one ? &value.val : NULL);
  bytes_drop(&key);
  bytes_drop(&value);
  if (rc == MDBX_SUCCESS)
    Py_RETURN_TRUE;
  if (rc == MDBX_NOTFOUND)
    Py_RETURN_FALSE;
  return error_set(rc, "delete");
}

/* The first value of a key as a copy, None if there is none; NULL with an exception. */
static PyObject *first_value(Transaction *self, Database *db, const MDBX_val *key, const char *what) {
  MDBX_val value;
  const int rc = mdbx_get(self->txn, db->dbi, key, &value);
  if (rc == MDBX_NOTFOUND)
    Py_RETURN_NONE;
  return rc == MDBX_SUCCESS ? PyBytes_FromStringAndSize(value.iov_base, (Py_ssize_t)value.iov_len)
                            : error_set(rc, what);
}

/* What replace() and pop() return: with buffers=True a memoryview. Takes the reference. */
static PyObject *as_asked(Transaction *self, PyObject *old) {
  if (!old || old == Py_None || !self->buffers)
    return old;
  PyObject *view = PyMemoryView_FromObject(old);
  Py_DECREF(old);
  return view;
}

PyObject *txn_replace(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "value", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[3];
  Bytes key, value;
  if (!args_sort("replace", names, 2, 3, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[2]);
  if (!db || !bytes_take(arg[0], "a key", &key))
    return NULL;
  if (!bytes_take(arg[1], "a value", &value)) {
    bytes_drop(&key);
    return NULL;
  }
  PyObject *old = first_value(self, db, &key.val, "replace");
  if (old) {
    ++self->changes;
    const int rc =
        mdbx_put(self->txn, db->dbi, &key.val, &value.val, db->flags & MDBX_DUPSORT ? MDBX_ALLDUPS : MDBX_UPSERT);
    if (rc != MDBX_SUCCESS) {
      Py_CLEAR(old);
      error_set(rc, "replace");
    }
  }
  bytes_drop(&key);
  bytes_drop(&value);
  return as_asked(self, old);
}

PyObject *txn_pop(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[2];
  Bytes key;
  if (!args_sort("pop", names, 1, 2, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[1]);
  if (!db || !bytes_take(arg[0], "a key", &key))
    return NULL;
  PyObject *old = first_value(self, db, &key.val, "pop");
  if (old && old != Py_None) {
    const MDBX_val value = {PyBytes_AS_STRING(old), (size_t)PyBytes_GET_SIZE(old)};
    ++self->changes;
    const int rc = mdbx_del(self->txn, db->dbi, &key.val, db->flags & MDBX_DUPSORT ? &value : NULL);
    if (rc != MDBX_SUCCESS) {
      Py_CLEAR(old);
      error_set(rc, "pop");
    }
  }
  bytes_drop(&key);
  return as_asked(self, old);
}

/* ---- tables ----------------------------------------------------------------------------------------------------------- */

PyObject *txn_drop(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"db", "delete", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[2];
  bool delete = true;
  if (!args_sort("drop", names, 1, 2, args, count, kwnames, arg) || !arg_bool(arg[1], &delete))
    return NULL;
  Database *db = table_of(self, arg[0]);
  if (!db)
    return NULL;
  if (arg[0] == Py_None) {
    PyErr_SetString(PyExc_TypeError, "drop() needs a table of open_db()");
    return NULL;
  }
  ++self->changes;
  const int rc = mdbx_drop(self->txn, db->dbi, delete);
  if (rc != MDBX_SUCCESS)
    return error_set(rc, "drop");
  if (delete &&db->dbi > 1)
    db->dead = true;
  Py_RETURN_NONE;
}

static int add_name(void *list, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                    const struct MDBX_stat *stat, MDBX_dbi dbi) {
  PyObject *bytes = PyBytes_FromStringAndSize(name->iov_base, (Py_ssize_t)name->iov_len);
  (void)txn, (void)flags, (void)stat, (void)dbi;
  const int failed = !bytes || PyList_Append(list, bytes) != 0;
  Py_XDECREF(bytes);
  return failed ? MDBX_ENOMEM : MDBX_SUCCESS;
}

PyObject *txn_tables(PyObject *object, PyObject *ignored) {
  Transaction *self = (Transaction *)object;
  (void)ignored;
  if (!txn_usable(self))
    return NULL;
  PyObject *list = PyList_New(0);
  const int rc = list ? mdbx_enumerate_tables(self->txn, add_name, list) : MDBX_ENOMEM;
  if (rc != MDBX_SUCCESS) {
    Py_CLEAR(list);
    if (!PyErr_Occurred())
      error_set(rc, "tables");
  }
  return list;
}

PyObject *txn_stat(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[1];
  MDBX_stat stat;
  if (!args_sort("stat", names, 0, 1, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[0]);
  if (!db)
    return NULL;
  const int rc = mdbx_dbi_stat(self->txn, db->dbi, &stat, sizeof(stat));
  return rc == MDBX_SUCCESS ? stat_object(&stat) : error_set(rc, "stat");
}

PyObject *txn_sequence(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"increment", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[2];
  uint64_t increment = 0, value = 0;
  if (!args_sort("sequence", names, 0, 2, args, count, kwnames, arg) ||
      !arg_unsigned(arg[0], "increment", UINT64_MAX, &increment))
    return NULL;
  Database *db = table_of(self, arg[1]);
  if (!db)
    return NULL;
  const int rc = mdbx_dbi_sequence(self->txn, db->dbi, &value, increment);
  if (rc == MDBX_RESULT_TRUE) {
    PyErr_SetString(PyExc_OverflowError, "the sequence would overflow");
    return NULL;
  }
  return rc == MDBX_SUCCESS ? PyLong_FromUnsignedLongLong(value) : error_set(rc, "sequence");
}

PyObject *txn_estimate(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"begin", "end", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[3];
  Bytes keys[2] = {{{NULL, 0}, {.obj = NULL}}, {{NULL, 0}, {.obj = NULL}}};
  ptrdiff_t distance = 0;
  if (!args_sort("estimate", names, 0, 3, args, count, kwnames, arg))
    return NULL;
  Database *db = table_of(self, arg[2]);
  const bool begins = arg[0] && arg[0] != Py_None, ends = arg[1] && arg[1] != Py_None;
  if (!db || (begins && !bytes_take(arg[0], "a key", &keys[0])))
    return NULL;
  int rc = MDBX_SUCCESS;
  const bool taken = !ends || bytes_take(arg[1], "a key", &keys[1]);
  if (taken)
    rc = mdbx_estimate_range(self->txn, db->dbi, begins ? &keys[0].val : NULL, NULL, ends ? &keys[1].val : NULL, NULL,
                             &distance);
  bytes_drop(&keys[0]);
  bytes_drop(&keys[1]);
  if (!taken)
    return NULL;
  return rc == MDBX_SUCCESS ? PyLong_FromSsize_t(distance) : error_set(rc, "estimate");
}
