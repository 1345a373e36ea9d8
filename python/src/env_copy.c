/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/env_copy.c: copies and increments.
 */
#include "module.h"

/* Where a copy goes: a path, or a descriptor if that is NULL. */
struct target {
  PyObject *path; /* bytes */
  int fd;
};

static bool take_target(PyObject *arg, bool is_fd, struct target *target) {
  target->path = NULL;
  if (!is_fd)
    return PyUnicode_FSConverter(arg, &target->path) != 0;
  target->fd = PyObject_AsFileDescriptor(arg);
  return target->fd >= 0;
}

static bool take_flags(PyObject *compact, PyObject *overwrite, PyObject *flush, PyObject *verify, unsigned *flags) {
  bool compacting = false, overwriting = false, flushing = true, verifying = true;
  if (!arg_bool(compact, &compacting) || !arg_bool(overwrite, &overwriting) || !arg_bool(flush, &flushing) ||
      !arg_bool(verify, &verifying))
    return false;
  *flags = (compacting ? MDBX_CP_COMPACT : 0) | (overwriting ? MDBX_CP_OVERWRITE : 0) |
           (flushing ? 0 : MDBX_CP_DONT_FLUSH) | (verifying ? 0 : MDBX_CP_NO_VERIFY);
  return true;
}

/* ---- copies ----------------------------------------------------------------------------------------------------------- */

static int copy_env(MDBX_env *env, const struct target *target, MDBX_copy_flags_t flags) {
  return target->path ? mdbx_env_copy(env, PyBytes_AS_STRING(target->path), flags)
                      : mdbx_env_copy2fd(env, target->fd, flags);
}

static int copy_txn(MDBX_txn *txn, const struct target *target, MDBX_copy_flags_t flags) {
  return target->path ? mdbx_txn_copy2pathname(txn, PyBytes_AS_STRING(target->path), flags)
                      : mdbx_txn_copy2fd(txn, target->fd, flags);
}

static PyObject *copy(Environment *self, Transaction *txn, struct target *target, unsigned flags, const char *what) {
  int rc;
  ++self->busy;
  if (txn)
    ++txn->busy;
  MDBX_txn *handle = txn ? txn->txn : NULL;
  Py_BEGIN_ALLOW_THREADS rc = handle ? copy_txn(handle, target, (MDBX_copy_flags_t)flags)
                                     : copy_env(self->env, target, (MDBX_copy_flags_t)flags);
  Py_END_ALLOW_THREADS-- self->busy;
  if (txn)
    --txn->busy;
  Py_XDECREF(target->path);
  return error_or_none(rc, what);
}

/* The transaction of an argument, NULL if there is none; false with an exception. */
static bool take_txn(Environment *self, PyObject *arg, Transaction **txn) {
  *txn = NULL;
  if (!arg || arg == Py_None)
    return true;
  if (Py_TYPE(arg) != &transaction_type || ((Transaction *)arg)->env != self) {
    PyErr_SetString(PyExc_TypeError, "txn must be a transaction of this environment");
    return false;
  }
  *txn = (Transaction *)arg;
  return txn_usable(*txn);
}

enum { C_TARGET, C_COMPACT, C_TXN, C_FLUSH, C_VERIFY, C_OVERWRITE, C_COUNT };
static const char *const copy_names[C_COUNT + 1] = {"path", "compact", "txn", "flush", "verify", "overwrite", NULL};
static const char *const copyfd_names[C_COUNT] = {"fd", "compact", "txn", "flush", "verify", NULL};

static PyObject *start_copy(Environment *self, PyObject **arg, bool is_fd, const char *what) {
  Transaction *txn;
  struct target target;
  unsigned flags;
  if (!env_usable(self) || !take_txn(self, arg[C_TXN], &txn) ||
      !take_flags(arg[C_COMPACT], arg[C_OVERWRITE], arg[C_FLUSH], arg[C_VERIFY], &flags) ||
      !take_target(arg[C_TARGET], is_fd, &target))
    return NULL;
  return copy(self, txn, &target, flags, what);
}

PyObject *env_copy(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  PyObject *arg[C_COUNT];
  if (!args_sort("copy", copy_names, 1, 3, args, count, kwnames, arg))
    return NULL;
  return start_copy((Environment *)self, arg, false, "copy");
}

PyObject *env_copyfd(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  PyObject *arg[C_COUNT] = {NULL};
  if (!args_sort("copyfd", copyfd_names, 1, 3, args, count, kwnames, arg))
    return NULL;
  return start_copy((Environment *)self, arg, true, "copyfd");
}

/* ---- increments ------------------------------------------------------------------------------------------------------- */

static PyObject *copy_since(Environment *self, uint64_t txnid, struct target *target, unsigned flags,
                            const char *what) {
  int rc;
  ++self->busy;
  Py_BEGIN_ALLOW_THREADS rc =
      target->path ? mdbx_env_copy_since(self->env, txnid, PyBytes_AS_STRING(target->path), (MDBX_copy_flags_t)flags)
                   : mdbx_env_copy2fd_since(self->env, txnid, target->fd, (MDBX_copy_flags_t)flags);
  Py_END_ALLOW_THREADS-- self->busy;
  Py_XDECREF(target->path);
  return error_or_none(rc, what);
}

enum { S_TXNID, S_TARGET, S_FLUSH, S_VERIFY, S_OVERWRITE, S_COUNT };
static const char *const since_names[S_COUNT + 1] = {"txnid", "path", "flush", "verify", "overwrite", NULL};
static const char *const sincefd_names[S_COUNT] = {"txnid", "fd", "flush", "verify", NULL};

static PyObject *start_since(Environment *self, PyObject **arg, bool is_fd, const char *what) {
  struct target target;
  uint64_t txnid = 0;
  unsigned flags;
  if (!env_usable(self) || !arg_unsigned(arg[S_TXNID], "txnid", UINT64_MAX, &txnid) ||
      !take_flags(NULL, arg[S_OVERWRITE], arg[S_FLUSH], arg[S_VERIFY], &flags) ||
      !take_target(arg[S_TARGET], is_fd, &target))
    return NULL;
  return copy_since(self, txnid, &target, flags, what);
}

PyObject *env_copy_since(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  PyObject *arg[S_COUNT];
  if (!args_sort("copy_since", since_names, 2, 2, args, count, kwnames, arg))
    return NULL;
  return start_since((Environment *)self, arg, false, "copy_since");
}

PyObject *env_copyfd_since(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  PyObject *arg[S_COUNT] = {NULL};
  if (!args_sort("copyfd_since", sincefd_names, 2, 2, args, count, kwnames, arg))
    return NULL;
  return start_since((Environment *)self, arg, true, "copyfd_since");
}

/* True if the copy has been changed, false if it had that snapshot already. */
PyObject *copy_apply(PyObject *module, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"copy", "increment", "flush", NULL};
  PyObject *arg[3], *copy, *increment;
  bool flush = true;
  (void)module;
  if (!args_sort("apply_increment", names, 2, 2, args, count, kwnames, arg) || !arg_bool(arg[2], &flush) ||
      !PyUnicode_FSConverter(arg[0], &copy))
    return NULL;
  if (!PyUnicode_FSConverter(arg[1], &increment)) {
    Py_DECREF(copy);
    return NULL;
  }
  int rc;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_copy_apply(PyBytes_AS_STRING(copy), PyBytes_AS_STRING(increment),
                                              flush ? MDBX_CP_DEFAULTS : MDBX_CP_DONT_FLUSH);
  Py_END_ALLOW_THREADS Py_DECREF(copy);
  Py_DECREF(increment);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return error_set(rc, "apply_increment");
  return PyBool_FromLong(rc == MDBX_SUCCESS);
}

PyObject *copy_increment_info(PyObject *module, PyObject *path) {
  MDBX_increment_info info;
  PyObject *bytes;
  (void)module;
  if (!PyUnicode_FSConverter(path, &bytes))
    return NULL;
  int rc;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_increment_info(PyBytes_AS_STRING(bytes), &info, sizeof(info));
  Py_END_ALLOW_THREADS Py_DECREF(bytes);
  if (rc != MDBX_SUCCESS)
    return error_set(rc, "increment_info");
  return Py_BuildValue("{s:K,s:K,s:K,s:I,s:(KK)}", "base_txnid", (unsigned long long)info.ii_base_txnid, "txnid",
                       (unsigned long long)info.ii_txnid, "pages", (unsigned long long)info.ii_pages, "psize",
                       info.ii_pagesize, "id", (unsigned long long)info.ii_dxbid.x,
                       (unsigned long long)info.ii_dxbid.y);
}
