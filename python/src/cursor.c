/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/cursor.c: cursors: positions and reading.
 */
#include "module.h"

bool cursor_usable(Cursor *self) {
  if (self->cursor)
    return txn_usable(self->txn);
  if (self->txn->ended)
    txn_unusable(self->txn);
  else
    error_say(MDBX_EBADSIGN, "the cursor is closed");
  return false;
}

void cursor_end(Cursor *self) {
  if (!self->cursor)
    return;
  if (self->next)
    self->next->previous = self->previous;
  if (self->previous)
    self->previous->next = self->next;
  else
    self->txn->cursors = self->next;
  self->next = self->previous = NULL;
  mdbx_cursor_close2(self->cursor);
  self->cursor = NULL;
  self->positioned = false;
}

PyObject *txn_cursor(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"db", NULL};
  Transaction *txn = (Transaction *)object;
  PyObject *arg[1];
  MDBX_cursor *handle;
  if (!args_sort("cursor", names, 0, 1, args, count, kwnames, arg))
    return NULL;
  Database *db = txn_usable(txn) ? db_of_argument(txn, arg[0]) : NULL;
  if (!db)
    return NULL;
  Cursor *self = (Cursor *)cursor_type.tp_alloc(&cursor_type, 0);
  if (!self)
    return NULL;
  self->txn = (Transaction *)Py_NewRef(object);
  self->db = (Database *)Py_NewRef((PyObject *)db);
  const int rc = mdbx_cursor_open(txn->txn, db->dbi, &handle);
  if (rc != MDBX_SUCCESS) {
    Py_DECREF(self);
    return error_set(rc, "cursor");
  }
  self->cursor = handle;
  self->next = txn->cursors;
  if (self->next)
    self->next->previous = self;
  txn->cursors = self;
  return (PyObject *)self;
}

static void cursor_free(PyObject *object) {
  Cursor *self = (Cursor *)object;
  cursor_end(self);
  Py_XDECREF(self->txn);
  Py_XDECREF(self->db);
  Py_TYPE(object)->tp_free(object);
}

/* ---- moving ----------------------------------------------------------------------------------------------------------- */

static int moved(Cursor *self, int rc) {
  self->positioned = rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE;
  self->changes = self->txn->changes;
  if (self->positioned)
    return 1;
  if (rc == MDBX_NOTFOUND || rc == MDBX_ENODATA)
    return 0;
  error_set(rc, "cursor");
  return -1;
}

int cursor_move(Cursor *self, MDBX_cursor_op op) {
  return moved(self, mdbx_cursor_get(self->cursor, &self->key, &self->value, op));
}

int cursor_seek(Cursor *self, const MDBX_val *key, const MDBX_val *value, MDBX_cursor_op op) {
  self->key = *key;
  if (value)
    self->value = *value;
  const int rc = mdbx_cursor_get(self->cursor, &self->key, &self->value, op);
  if (rc == MDBX_SUCCESS && op != MDBX_SET_KEY && op != MDBX_SET_RANGE)
    return cursor_move(self, MDBX_GET_CURRENT); /* the others leave the caller's key in place */
  return moved(self, rc);
}

int cursor_refresh(Cursor *self) {
  if (!self->positioned || self->changes == self->txn->changes)
    return self->positioned;
  /* Behind the end the engine would give the last record. */
  if (mdbx_cursor_eof(self->cursor) == MDBX_RESULT_TRUE) {
    self->positioned = false;
    return 0;
  }
  return cursor_move(self, MDBX_GET_CURRENT);
}

static PyObject *truth(int moved) { return moved < 0 ? NULL : PyBool_FromLong(moved); }

static PyObject *move(PyObject *object, MDBX_cursor_op op) {
  return cursor_usable((Cursor *)object) ? truth(cursor_move((Cursor *)object, op)) : NULL;
}

/* Moves among the values of a key; in a table with one value a key there is no other. */
static PyObject *move_among(PyObject *object, MDBX_cursor_op op, bool to_edge) {
  Cursor *self = (Cursor *)object;
  if (!cursor_usable(self))
    return NULL;
  if (self->db->flags & MDBX_DUPSORT)
    return truth(cursor_move(self, op));
  return truth(to_edge ? cursor_refresh(self) : 0);
}

#define MOVE(name, op) \
  static PyObject *name(PyObject *self, PyObject *ignored) { \
    (void)ignored; \
    return move(self, op); \
  }
#define MOVE_AMONG(name, op, to_edge) \
  static PyObject *name(PyObject *self, PyObject *ignored) { \
    (void)ignored; \
    return move_among(self, op, to_edge); \
  }
MOVE(cursor_first, MDBX_FIRST)
MOVE(cursor_last, MDBX_LAST)
MOVE(cursor_next, MDBX_NEXT)
MOVE(cursor_prev, MDBX_PREV)
MOVE(cursor_next_nodup, MDBX_NEXT_NODUP)
MOVE(cursor_prev_nodup, MDBX_PREV_NODUP)
MOVE_AMONG(cursor_next_dup, MDBX_NEXT_DUP, false)
MOVE_AMONG(cursor_prev_dup, MDBX_PREV_DUP, false)
MOVE_AMONG(cursor_first_dup, MDBX_FIRST_DUP, true)
MOVE_AMONG(cursor_last_dup, MDBX_LAST_DUP, true)

/* -1 with an exception. */
static int seek(PyObject *object, PyObject *key_arg, PyObject *value_arg, MDBX_cursor_op op) {
  Cursor *self = (Cursor *)object;
  Bytes key, value = {{NULL, 0}, {.obj = NULL}};
  if (!cursor_usable(self) || !bytes_take(key_arg, "a key", &key))
    return -1;
  int found = -1;
  if (!value_arg || bytes_take(value_arg, "a value", &value))
    found = cursor_seek(self, &key.val, value_arg ? &value.val : NULL, op);
  bytes_drop(&key);
  bytes_drop(&value);
  return found;
}

static PyObject *cursor_set_key(PyObject *self, PyObject *key) { return truth(seek(self, key, NULL, MDBX_SET_KEY)); }

static PyObject *cursor_set_range(PyObject *self, PyObject *key) {
  return truth(seek(self, key, NULL, MDBX_SET_RANGE));
}

static PyObject *seek_pair(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames, const char *name,
                           MDBX_cursor_op op) {
  static const char *const names[] = {"key", "value", NULL};
  PyObject *arg[2];
  if (!args_sort(name, names, 2, 2, args, count, kwnames, arg))
    return NULL;
  return truth(seek(self, arg[0], arg[1], op));
}

static PyObject *cursor_set_key_dup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  return seek_pair(self, args, count, kwnames, "set_key_dup", MDBX_GET_BOTH);
}

static PyObject *cursor_set_range_dup(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  return seek_pair(self, args, count, kwnames, "set_range_dup", MDBX_GET_BOTH_RANGE);
}

/* ---- reading ---------------------------------------------------------------------------------------------------------- */

static PyObject *cursor_key(PyObject *object, PyObject *ignored) {
  Cursor *self = (Cursor *)object;
  (void)ignored;
  const int there = cursor_usable(self) ? cursor_refresh(self) : -1;
  if (there < 0)
    return NULL;
  return there ? value_object(self->txn, &self->key) : PyBytes_FromStringAndSize(NULL, 0);
}

static PyObject *cursor_value(PyObject *object, PyObject *ignored) {
  Cursor *self = (Cursor *)object;
  (void)ignored;
  const int there = cursor_usable(self) ? cursor_refresh(self) : -1;
  if (there < 0)
    return NULL;
  return there ? value_object(self->txn, &self->value) : PyBytes_FromStringAndSize(NULL, 0);
}

static PyObject *cursor_item(PyObject *self, PyObject *ignored) {
  PyObject *key = cursor_key(self, ignored);
  PyObject *value = key ? cursor_value(self, ignored) : NULL;
  PyObject *pair = value ? PyTuple_Pack(2, key, value) : NULL;
  Py_XDECREF(key);
  Py_XDECREF(value);
  return pair;
}

static PyObject *cursor_get(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"key", "default", NULL};
  PyObject *arg[2];
  if (!args_sort("get", names, 1, 2, args, count, kwnames, arg))
    return NULL;
  const int found = seek(self, arg[0], NULL, MDBX_SET_KEY);
  if (found < 0)
    return NULL;
  return found ? cursor_value(self, NULL) : Py_NewRef(arg[1] ? arg[1] : Py_None);
}

/* Appends the pairs of a key to a list; false with an exception. */
static bool add_pairs(PyObject *self, PyObject *key, bool duplicates, PyObject *list) {
  int found = seek(self, key, NULL, MDBX_SET_KEY);
  while (found > 0) {
    PyObject *pair = cursor_item(self, NULL);
    const bool added = pair && PyList_Append(list, pair) == 0;
    Py_XDECREF(pair);
    if (!added || !cursor_usable((Cursor *)self))
      return false;
    found = duplicates ? cursor_move((Cursor *)self, MDBX_NEXT_DUP) : 0;
  }
  return found == 0;
}

static PyObject *cursor_getmulti(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"keys", "dupdata", NULL};
  PyObject *arg[2];
  bool duplicates = false;
  if (!args_sort("getmulti", names, 1, 2, args, count, kwnames, arg) || !arg_bool(arg[1], &duplicates))
    return NULL;
  duplicates = duplicates && (((Cursor *)self)->db->flags & MDBX_DUPSORT);
  PyObject *iterator = PyObject_GetIter(arg[0]);
  PyObject *list = iterator ? PyList_New(0) : NULL;
  for (PyObject *key = NULL; list && (key = PyIter_Next(iterator));) {
    if (!add_pairs(self, key, duplicates, list))
      Py_CLEAR(list);
    Py_DECREF(key);
  }
  Py_XDECREF(iterator);
  if (PyErr_Occurred())
    Py_CLEAR(list);
  return list;
}

static PyObject *cursor_count(PyObject *object, PyObject *ignored) {
  Cursor *self = (Cursor *)object;
  size_t values = 0;
  (void)ignored;
  if (!cursor_usable(self))
    return NULL;
  const int rc = self->positioned ? mdbx_cursor_count(self->cursor, &values) : MDBX_SUCCESS;
  return rc == MDBX_SUCCESS ? PyLong_FromSize_t(values) : error_set(rc, "count");
}

/* ---- the type --------------------------------------------------------------------------------------------------------- */

static PyObject *cursor_close(PyObject *object, PyObject *ignored) {
  Cursor *self = (Cursor *)object;
  (void)ignored;
  if (self->cursor && self->txn->busy) {
    txn_unusable(self->txn);
    return NULL;
  }
  cursor_end(self);
  Py_RETURN_NONE;
}

static PyObject *cursor_enter(PyObject *self, PyObject *ignored) {
  (void)ignored;
  return cursor_usable((Cursor *)self) ? Py_NewRef(self) : NULL;
}

static PyObject *cursor_exit(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  (void)args, (void)count, (void)kwnames;
  return cursor_close(self, NULL);
}

PyMethodDef cursor_methods[] = {
    METHOD_NONE("first", cursor_first, "first($self)\n--\n\nMoves to the first record; False if there is none."),
    METHOD_NONE("last", cursor_last, "last($self)\n--\n\nMoves to the last record; False if there is none."),
    METHOD_NONE("next", cursor_next, "next($self)\n--\n\nMoves to the next record, the first if there is no position."),
    METHOD_NONE("prev", cursor_prev,
                "prev($self)\n--\n\nMoves to the previous record, the last if there is no position."),
    METHOD_NONE("next_dup", cursor_next_dup, "next_dup($self)\n--\n\nMoves to the next value of the key."),
    METHOD_NONE("prev_dup", cursor_prev_dup, "prev_dup($self)\n--\n\nMoves to the previous value of the key."),
    METHOD_NONE("first_dup", cursor_first_dup, "first_dup($self)\n--\n\nMoves to the first value of the key."),
    METHOD_NONE("last_dup", cursor_last_dup, "last_dup($self)\n--\n\nMoves to the last value of the key."),
    METHOD_NONE("next_nodup", cursor_next_nodup, "next_nodup($self)\n--\n\nMoves to the first value of the next key."),
    METHOD_NONE("prev_nodup", cursor_prev_nodup,
                "prev_nodup($self)\n--\n\nMoves to the last value of the previous key."),
    METHOD_ONE("set_key", cursor_set_key,
               "set_key($self, key, /)\n--\n\nMoves to exactly this key; False if it is absent."),
    METHOD_ONE("set_range", cursor_set_range,
               "set_range($self, key, /)\n--\n\nMoves to the first key not less than this one."),
    METHOD_KEYWORDS("set_key_dup", cursor_set_key_dup,
                    "set_key_dup($self, key, value)\n--\n\nMoves to exactly this pair."),
    METHOD_KEYWORDS("set_range_dup", cursor_set_range_dup,
                    "set_range_dup($self, key, value)\n--\n\nMoves to this key's first value not less than this one."),
    METHOD_NONE("key", cursor_key, "key($self)\n--\n\nThe key at the position; empty if there is none."),
    METHOD_NONE("value", cursor_value, "value($self)\n--\n\nThe value at the position; empty if there is none."),
    METHOD_NONE("item", cursor_item, "item($self)\n--\n\nKey and value at the position, as a tuple."),
    METHOD_KEYWORDS("get", cursor_get,
                    "get($self, key, default=None)\n--\n\nMoves to a key and returns its first value."),
    METHOD_KEYWORDS("getmulti", cursor_getmulti,
                    "getmulti($self, keys, dupdata=False)\n"
                    "--\n\nPairs of those keys that exist, as a list; with dupdata all values of each key."),
    METHOD_NONE("count", cursor_count, "count($self)\n--\n\nHow many values the key at the position has."),
    METHOD_KEYWORDS("put", cursor_put,
                    "put($self, key, value, dupdata=True, overwrite=True, append=False)\n"
                    "--\n\nStores a record and moves to it. False as of Transaction.put()."),
    METHOD_KEYWORDS("putmulti", cursor_putmulti,
                    "putmulti($self, items, dupdata=True, overwrite=True, append=False)\n"
                    "--\n\nStores pairs; returns how many were taken and how many of them stored."),
    METHOD_KEYWORDS(
        "delete", cursor_delete,
        "delete($self, dupdata=False)\n"
        "--\n\nDeletes the record at the position, with dupdata all values of its key, and moves to the next one."),
    METHOD_KEYWORDS("replace", cursor_replace,
                    "replace($self, key, value)\n--\n\nTransaction.replace() that moves to the record."),
    METHOD_ONE("pop", cursor_pop, "pop($self, key, /)\n--\n\nTransaction.pop() that moves to the next record."),
    METHOD_KEYWORDS("iternext", cursor_iternext,
                    "iternext($self, keys=True, values=True)\n"
                    "--\n\nIterates from the position, or from the first record, to the end."),
    METHOD_KEYWORDS(
        "iternext_dup", cursor_iternext_dup,
        "iternext_dup($self, keys=False, values=True)\n--\n\nIterates over the values of the key from the position."),
    METHOD_KEYWORDS(
        "iternext_nodup", cursor_iternext_nodup,
        "iternext_nodup($self, keys=True, values=False)\n--\n\nIterates over keys, with the first value of each."),
    METHOD_KEYWORDS("iterprev", cursor_iterprev,
                    "iterprev($self, keys=True, values=True)\n"
                    "--\n\nIterates from the position, or from the last record, to the beginning."),
    METHOD_KEYWORDS(
        "iterprev_dup", cursor_iterprev_dup,
        "iterprev_dup($self, keys=False, values=True)\n--\n\nIterates backwards over the values of the key."),
    METHOD_KEYWORDS("iterprev_nodup", cursor_iterprev_nodup,
                    "iterprev_nodup($self, keys=True, values=False)\n"
                    "--\n\nIterates backwards over keys, with the last value of each."),
    METHOD_NONE("close", cursor_close, "close($self)\n--\n\nCloses it. The end of the transaction does so too."),
    METHOD_NONE("__enter__", cursor_enter, NULL),
    METHOD_KEYWORDS("__exit__", cursor_exit, NULL),
    {NULL, NULL, 0, NULL}};

PyTypeObject cursor_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx.Cursor",
    .tp_basicsize = sizeof(Cursor),
    .tp_dealloc = cursor_free,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_methods = cursor_methods,
    .tp_iter = cursor_iter,
    .tp_doc =
        PyDoc_STR("A position in a table, as Transaction.cursor() gives it. Iterating yields pairs of key and value."),
};
