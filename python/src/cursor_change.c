/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/cursor_change.c: storing and deleting through a cursor.
 */
#include "module.h"

/* After a change the record at the position is read again when somebody asks for it. */
static void changed(Cursor *self) { ++self->txn->changes; }

PyObject *cursor_delete(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"dupdata", NULL};
  Cursor *self = (Cursor *)object;
  PyObject *arg[1];
  bool all = false;
  if (!args_sort("delete", names, 0, 1, args, count, kwnames, arg) || !arg_bool(arg[0], &all) || !cursor_usable(self))
    return NULL;
  if (!self->positioned)
    Py_RETURN_FALSE;
  const int rc = mdbx_cursor_del(self->cursor, all ? MDBX_ALLDUPS : MDBX_UPSERT);
  changed(self);
  if (rc == MDBX_ENODATA)
    Py_RETURN_FALSE;
  return rc == MDBX_SUCCESS ? Py_NewRef(Py_True) : error_set(rc, "delete");
}

/* 1: stored, 0: refused by the flags, -1: an exception. */
static int store(Cursor *self, PyObject *key_arg, PyObject *value_arg, MDBX_put_flags_t flags, const char *what) {
  Bytes key, value;
  if (!cursor_usable(self) || !bytes_take(key_arg, "a key", &key))
    return -1;
  int rc = MDBX_RESULT_TRUE;
  if (bytes_take(value_arg, "a value", &value)) {
    rc = mdbx_cursor_put(self->cursor, &key.val, &value.val, flags);
    bytes_drop(&value);
  }
  bytes_drop(&key);
  if (rc == MDBX_RESULT_TRUE)
    return -1;
  changed(self);
  if (rc == MDBX_SUCCESS || rc == MDBX_KEYEXIST) {
    self->positioned = true;
    return rc == MDBX_SUCCESS;
  }
  error_set(rc, what);
  return -1;
}

PyObject *cursor_put(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "value", "dupdata", "overwrite", "append", NULL};
  Cursor *self = (Cursor *)object;
  PyObject *arg[5];
  MDBX_put_flags_t flags;
  if (!args_sort("put", names, 2, 5, args, count, kwnames, arg) || !put_flags(self->db, arg[2], arg[3], arg[4], &flags))
    return NULL;
  const int stored = store(self, arg[0], arg[1], flags, "put");
  return stored < 0 ? NULL : PyBool_FromLong(stored);
}

/* As store(), of a pair. */
static int store_pair(Cursor *self, PyObject *item, MDBX_put_flags_t flags) {
  PyObject *pair = PyTuple_CheckExact(item) ? Py_NewRef(item) : PySequence_Tuple(item);
  int stored = -1;
  if (pair && PyTuple_GET_SIZE(pair) != 2)
    PyErr_SetString(PyExc_TypeError, "an item must be a pair of key and value");
  else if (pair)
    stored = store(self, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1), flags, "putmulti");
  Py_XDECREF(pair);
  return stored;
}

PyObject *cursor_putmulti(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"items", "dupdata", "overwrite", "append", NULL};
  Cursor *self = (Cursor *)object;
  PyObject *arg[4];
  MDBX_put_flags_t flags;
  if (!args_sort("putmulti", names, 1, 4, args, count, kwnames, arg) ||
      !put_flags(self->db, arg[1], arg[2], arg[3], &flags))
    return NULL;
  PyObject *items = PyDict_Check(arg[0]) ? PyDict_Items(arg[0]) : Py_NewRef(arg[0]);
  PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
  size_t taken = 0, added = 0;
  for (PyObject *item = NULL; iterator && (item = PyIter_Next(iterator));) {
    const int stored = store_pair(self, item, flags);
    Py_DECREF(item);
    if (stored < 0)
      break;
    ++taken;
    added += (size_t)stored;
  }
  Py_XDECREF(iterator);
  Py_XDECREF(items);
  return PyErr_Occurred() ? NULL : Py_BuildValue("(nn)", (Py_ssize_t)taken, (Py_ssize_t)added);
}

/* ---- by key, as of the transaction -------------------------------------------------------------------------------------- */

PyObject *cursor_replace(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "value", NULL};
  Cursor *self = (Cursor *)object;
  PyObject *arg[2];
  if (!args_sort("replace", names, 2, 2, args, count, kwnames, arg) || !cursor_usable(self))
    return NULL;
  PyObject *const call[] = {arg[0], arg[1], (PyObject *)self->db};
  PyObject *old = txn_replace((PyObject *)self->txn, call, 3, NULL);
  Bytes key;
  if (!old || !cursor_usable(self) || !bytes_take(arg[0], "a key", &key)) {
    Py_XDECREF(old);
    return NULL;
  }
  const int found = cursor_seek(self, &key.val, NULL, MDBX_SET_KEY);
  bytes_drop(&key);
  if (found < 0)
    Py_CLEAR(old);
  return old;
}

PyObject *cursor_pop(PyObject *object, PyObject *key_arg) {
  Cursor *self = (Cursor *)object;
  Bytes key;
  if (!cursor_usable(self) || !bytes_take(key_arg, "a key", &key))
    return NULL;
  const int found = cursor_seek(self, &key.val, NULL, MDBX_SET_KEY);
  bytes_drop(&key);
  if (found <= 0)
    return found < 0 ? NULL : Py_NewRef(Py_None);
  PyObject *old = value_object(self->txn, &self->value);
  if (!old)
    return NULL;
  const int rc = mdbx_cursor_del(self->cursor, MDBX_UPSERT);
  changed(self);
  if (rc != MDBX_SUCCESS) {
    Py_DECREF(old);
    return error_set(rc, "pop");
  }
  return old;
}
