/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/values.c: data of the engine as objects.
 *
 * A view exports memory of the database. It keeps the read transaction's snapshot, even if the transaction is ended meanwhile:
 * whoever has the memoryview can go on reading. In a write transaction the next change may move the data, so a view there is
 * one of a copy.
 */
#include "module.h"

typedef struct View {
  PyObject_HEAD Transaction *txn;
  MDBX_val val;
} View;

static int view_export(PyObject *self, Py_buffer *buffer, int flags) {
  View *view = (View *)self;
  return PyBuffer_FillInfo(buffer, self, view->val.iov_base, (Py_ssize_t)view->val.iov_len, 1, flags);
}

static void view_free(PyObject *self) {
  View *view = (View *)self;
  Transaction *txn = view->txn;
  --txn->env->views;
  if (--txn->views == 0 && txn->ended)
    txn_let_go(txn);
  Py_TYPE(self)->tp_free(self);
  Py_DECREF(txn);
}

PyObject *value_view(Transaction *txn, const MDBX_val *val) {
  PyObject *source;
  if (txn->write || val->iov_len == 0) {
    source = PyBytes_FromStringAndSize(val->iov_base, (Py_ssize_t)val->iov_len);
  } else {
    View *view = PyObject_New(View, &view_type);
    if (view) {
      view->txn = (Transaction *)Py_NewRef((PyObject *)txn);
      view->val = *val;
      ++txn->views;
      ++txn->env->views;
    }
    source = (PyObject *)view;
  }
  PyObject *result = source ? PyMemoryView_FromObject(source) : NULL;
  Py_XDECREF(source);
  return result;
}

static PyBufferProcs view_buffer = {.bf_getbuffer = view_export};

PyTypeObject view_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx._View",
    .tp_basicsize = sizeof(View),
    .tp_dealloc = view_free,
    .tp_as_buffer = &view_buffer,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .tp_doc = PyDoc_STR("Memory of the database behind a memoryview."),
};
