/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/errors.c: codes of the engine as exceptions. The classes are those of mdbx/errors.py.
 */
#include "module.h"

static PyObject *by_code, *error_class;

bool errors_init(void) {
  PyObject *module = PyImport_ImportModule("mdbx.errors");
  if (!module)
    return false;
  by_code = PyObject_GetAttrString(module, "BY_CODE");
  error_class = PyObject_GetAttrString(module, "Error");
  Py_DECREF(module);
  return by_code && error_class;
}

static PyObject *set(int code, PyObject *message) {
  PyObject *number = message ? PyLong_FromLong(code) : NULL;
  PyObject *class = number ? PyObject_GetItem(by_code, number) : NULL;
  if (number && !class) {
    PyErr_Clear();
    class = Py_NewRef(error_class);
  }
  PyObject *error = class ? PyObject_CallFunctionObjArgs(class, message, number, NULL) : NULL;
  if (error)
    PyErr_SetObject(class, error);
  Py_XDECREF(error);
  Py_XDECREF(class);
  Py_XDECREF(number);
  Py_XDECREF(message);
  return NULL;
}

PyObject *error_set(int code, const char *what) {
  char text[256];
  return set(code, PyUnicode_FromFormat("%s: %s", what, mdbx_strerror_r(code, text, sizeof(text))));
}

PyObject *error_say(int code, const char *text) { return set(code, PyUnicode_FromString(text)); }

PyObject *error_or_none(int code, const char *what) {
  if (code != MDBX_SUCCESS && code != MDBX_RESULT_TRUE)
    return error_set(code, what);
  Py_RETURN_NONE;
}
