/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/args.c: arguments of methods. The interpreter's own parser of formats takes longer than most lookups.
 */
#include "module.h"

static Py_ssize_t find_name(const char *const *names, PyObject *name) {
  for (Py_ssize_t i = 0; names[i]; ++i)
    if (PyUnicode_CompareWithASCIIString(name, names[i]) == 0)
      return i;
  return -1;
}

static bool take_named(const char *function, const char *const *names, Arguments args, PyObject *kwnames,
                       PyObject **out) {
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(kwnames); ++i) {
    PyObject *name = PyTuple_GET_ITEM(kwnames, i);
    const Py_ssize_t place = find_name(names, name);
    if (place < 0) {
      PyErr_Format(PyExc_TypeError, "%s() has no argument '%U'", function, name);
      return false;
    }
    if (out[place]) {
      PyErr_Format(PyExc_TypeError, "%s() got argument '%U' twice", function, name);
      return false;
    }
    out[place] = args[i];
  }
  return true;
}

bool args_sort(const char *function, const char *const *names, Py_ssize_t required, Py_ssize_t positional,
               Arguments args, Py_ssize_t count, PyObject *kwnames, PyObject **out) {
  if (count > positional) {
    PyErr_Format(PyExc_TypeError, "%s() takes at most %zd arguments without a name, not %zd", function, positional,
                 count);
    return false;
  }
  for (Py_ssize_t i = 0; names[i]; ++i)
    out[i] = i < count ? args[i] : NULL;
  if (kwnames && !take_named(function, names, args + count, kwnames, out))
    return false;
  for (Py_ssize_t i = 0; i < required; ++i)
    if (!out[i]) {
      PyErr_Format(PyExc_TypeError, "%s() needs the argument '%s'", function, names[i]);
      return false;
    }
  return true;
}

bool arg_bool(PyObject *arg, bool *value) {
  if (!arg)
    return true;
  const int truth = PyObject_IsTrue(arg);
  if (truth < 0)
    return false;
  *value = truth != 0;
  return true;
}

bool arg_size(PyObject *arg, intptr_t *value) {
  if (!arg || arg == Py_None)
    return true;
  const Py_ssize_t number = PyNumber_AsSsize_t(arg, PyExc_OverflowError);
  if (number == -1 && PyErr_Occurred())
    return false;
  *value = number;
  return true;
}

bool arg_unsigned(PyObject *arg, const char *name, uint64_t limit, uint64_t *value) {
  if (!arg)
    return true;
  PyObject *integer = PyNumber_Index(arg);
  if (!integer)
    return false;
  const unsigned long long number = PyLong_AsUnsignedLongLong(integer);
  Py_DECREF(integer);
  if (number == (unsigned long long)-1 && PyErr_Occurred())
    return false;
  if (number > limit) {
    PyErr_Format(PyExc_OverflowError, "%s is above %llu", name, (unsigned long long)limit);
    return false;
  }
  *value = number;
  return true;
}

bool arg_seconds(PyObject *arg, unsigned *dot16) {
  if (!arg || arg == Py_None)
    return true;
  const double seconds = PyFloat_AsDouble(arg);
  if (seconds == -1.0 && PyErr_Occurred())
    return false;
  if (!(seconds >= 0 && seconds < 65535)) {
    PyErr_SetString(PyExc_ValueError, "a time is from 0 to 65534 seconds");
    return false;
  }
  *dot16 = (unsigned)(seconds * 65536);
  return true;
}

bool bytes_take_other(PyObject *object, const char *what, Bytes *bytes) {
  if (!PyObject_CheckBuffer(object)) {
    PyErr_Format(PyExc_TypeError, "%s must be bytes or have the buffer interface, not %s", what,
                 Py_TYPE(object)->tp_name);
    return false;
  }
  if (PyObject_GetBuffer(object, &bytes->buffer, PyBUF_SIMPLE) != 0)
    return false;
  /* An empty value has an address: without one it would mean none to the engine. */
  bytes->val.iov_base = bytes->buffer.len ? bytes->buffer.buf : (void *)"";
  bytes->val.iov_len = (size_t)bytes->buffer.len;
  return true;
}
