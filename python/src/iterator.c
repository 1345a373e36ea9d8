/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/iterator.c: iteration with a cursor. The first step yields the record at the position, each other one moves.
 */
#include "module.h"

typedef struct Iterator {
  PyObject_HEAD Cursor *cursor;
  MDBX_cursor_op step;
  bool keys, values;
  bool pending; /* the record at the position is yet to be yielded */
  bool over;
} Iterator;

static void iterator_free(PyObject *object) {
  Py_DECREF(((Iterator *)object)->cursor);
  Py_TYPE(object)->tp_free(object);
}

/* Making a memoryview may run code of a finalizer: the transaction is busy until both are there. */
static PyObject *pair(Cursor *cursor) {
  ++cursor->txn->busy;
  PyObject *key = value_object(cursor->txn, &cursor->key);
  PyObject *value = key ? value_object(cursor->txn, &cursor->value) : NULL;
  --cursor->txn->busy;
  PyObject *tuple = value ? PyTuple_New(2) : NULL;
  if (!tuple) {
    Py_XDECREF(key);
    Py_XDECREF(value);
    return NULL;
  }
  PyTuple_SET_ITEM(tuple, 0, key);
  PyTuple_SET_ITEM(tuple, 1, value);
  return tuple;
}

static PyObject *iterator_next(PyObject *object) {
  Iterator *self = (Iterator *)object;
  Cursor *cursor = self->cursor;
  if (self->over || !cursor_usable(cursor))
    return NULL;
  const int there = self->pending ? cursor_refresh(cursor) : cursor_move(cursor, self->step);
  self->pending = false;
  if (there <= 0) {
    self->over = true;
    return NULL;
  }
  if (self->keys && self->values)
    return pair(cursor);
  return value_object(cursor->txn, self->keys ? &cursor->key : &cursor->value);
}

/* `start` is where an iteration begins without a position; among the values of a key there is none. */
static PyObject *start(Cursor *cursor, MDBX_cursor_op start_op, MDBX_cursor_op step, bool among, bool keys,
                       bool values) {
  if (!cursor_usable(cursor))
    return NULL;
  if (!keys && !values) {
    PyErr_SetString(PyExc_ValueError, "an iteration needs keys or values");
    return NULL;
  }
  int there = cursor_refresh(cursor);
  if (there == 0 && !among)
    there = cursor_move(cursor, start_op);
  Iterator *self = there < 0 ? NULL : PyObject_New(Iterator, &iterator_type);
  if (!self)
    return NULL;
  self->cursor = (Cursor *)Py_NewRef((PyObject *)cursor);
  self->step = step;
  self->keys = keys;
  self->values = values;
  self->pending = true;
  self->over = !there;
  return (PyObject *)self;
}

static PyObject *iterate(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames, const char *name,
                         bool keys, bool values, MDBX_cursor_op start_op, MDBX_cursor_op step) {
  static const char *const names[] = {"keys", "values", NULL};
  Cursor *cursor = (Cursor *)object;
  PyObject *arg[2];
  if (!args_sort(name, names, 0, 2, args, count, kwnames, arg) || !arg_bool(arg[0], &keys) ||
      !arg_bool(arg[1], &values))
    return NULL;
  const bool among = step == MDBX_NEXT_DUP || step == MDBX_PREV_DUP;
  if (among && !(cursor->db->flags & MDBX_DUPSORT))
    return error_say(MDBX_INCOMPATIBLE, "the table has one value a key: dupsort=True of open_db() makes another kind");
  return start(cursor, start_op, step, among, keys, values);
}

#define ITERATION(name, keys, values, start_op, step) \
  PyObject *cursor_##name(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) { \
    return iterate(self, args, count, kwnames, #name, keys, values, start_op, step); \
  }
ITERATION(iternext, true, true, MDBX_FIRST, MDBX_NEXT)
ITERATION(iternext_dup, false, true, MDBX_FIRST, MDBX_NEXT_DUP)
ITERATION(iternext_nodup, true, false, MDBX_FIRST, MDBX_NEXT_NODUP)
ITERATION(iterprev, true, true, MDBX_LAST, MDBX_PREV)
ITERATION(iterprev_dup, false, true, MDBX_LAST, MDBX_PREV_DUP)
ITERATION(iterprev_nodup, true, false, MDBX_LAST, MDBX_PREV_NODUP)

PyObject *cursor_iter(PyObject *self) { return start((Cursor *)self, MDBX_FIRST, MDBX_NEXT, false, true, true); }

PyTypeObject iterator_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx._Iterator",
    .tp_basicsize = sizeof(Iterator),
    .tp_dealloc = iterator_free,
    .tp_iter = PyObject_SelfIter,
    .tp_iternext = iterator_next,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = PyDoc_STR("An iteration with a cursor."),
};
