/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/module.c: the module mdbx._mdbx; the package mdbx shows what is in it.
 */
#include "module.h"

static PyObject *version(PyObject *module, PyObject *ignored) {
  (void)module, (void)ignored;
  return Py_BuildValue("(iii)", (int)mdbx_version.major, (int)mdbx_version.minor, (int)mdbx_version.patch);
}

static PyObject *strerror_of(PyObject *module, PyObject *code) {
  char text[256];
  (void)module;
  const long number = PyLong_AsLong(code);
  if (number == -1 && PyErr_Occurred())
    return NULL;
  return PyUnicode_FromString(mdbx_strerror_r((int)number, text, sizeof(text)));
}

/* True if there was something to delete. */
static PyObject *delete_files(PyObject *module, PyObject *path) {
  PyObject *bytes;
  (void)module;
  if (!PyUnicode_FSConverter(path, &bytes))
    return NULL;
  const int rc = mdbx_env_delete(PyBytes_AS_STRING(bytes), MDBX_ENV_ENSURE_UNUSED);
  Py_DECREF(bytes);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return error_set(rc, "delete");
  return PyBool_FromLong(rc == MDBX_SUCCESS);
}

static PyMethodDef methods[] = {
    METHOD_NONE("version", version,
                "version()\n--\n\nThe version of the library that is loaded: (major, minor, patch)."),
    METHOD_ONE("strerror", strerror_of, "strerror(code, /)\n--\n\nThe text of an error code."),
    METHOD_ONE("delete", delete_files,
               "delete(path, /)\n--\n\nDeletes the files of a database that nobody uses; False if there are none."),
    METHOD_ONE("snapshot_info", copy_snapshot_info,
               "snapshot_info(path, /)\n--\n\nSizes and ids of a database, or of a copy, that is not opened: a dict."),
    METHOD_ONE("increment_info", copy_increment_info, "increment_info(path, /)\n--\n\nDescribes an increment: a dict."),
    METHOD_KEYWORDS("apply_increment", copy_apply,
                    "apply_increment(copy, increment, *, flush=True)\n"
                    "--\n\nMakes a copy one of a later snapshot; False if it has that snapshot already."),
    {NULL, NULL, 0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "mdbx._mdbx",
                                        .m_doc = "The engine; use the package mdbx.", .m_size = -1,
                                        .m_methods = methods};

static bool add_types(PyObject *module) {
  static const struct {
    const char *name;
    PyTypeObject *type;
  } types[] = {{"Environment", &environment_type}, {"Transaction", &transaction_type}, {"Cursor", &cursor_type},
               {"Database", &database_type},       {"_Iterator", &iterator_type},      {"_View", &view_type}};
  for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); ++i)
    if (PyType_Ready(types[i].type) != 0 ||
        PyModule_AddObjectRef(module, types[i].name, (PyObject *)types[i].type) != 0)
      return false;
  return true;
}

PyMODINIT_FUNC PyInit__mdbx(void);
PyMODINIT_FUNC PyInit__mdbx(void) {
  PyObject *module = errors_init() ? PyModule_Create(&definition) : NULL;
  if (module && !add_types(module))
    Py_CLEAR(module);
  return module;
}
