/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/env.c: environments: opening, closing, flushing.
 */
#include "module.h"

bool env_usable(Environment *env) {
  if (env->env)
    return true;
  error_say(MDBX_EBADSIGN, "the environment is closed");
  return false;
}

/* ---- opening --------------------------------------------------------------------------------------------------------- */

enum {
  O_PATH,
  O_MAP_SIZE,
  O_SUBDIR,
  O_READONLY,
  O_CREATE,
  O_MODE,
  O_MAX_DBS,
  O_MAX_READERS,
  O_SYNC,
  O_METASYNC,
  O_UTTERLY_NOSYNC,
  O_WRITEMAP,
  O_READAHEAD,
  O_MEMINIT,
  O_LOCK,
  O_EXCLUSIVE,
  O_LIFO,
  O_ACCEDE,
  O_VALIDATION,
  O_SIZE_LOWER,
  O_SIZE_NOW,
  O_SIZE_UPPER,
  O_GROWTH_STEP,
  O_SHRINK_THRESHOLD,
  O_PAGESIZE,
  O_MAX_SPARE_TXNS,
  O_COUNT
};
static const char *const open_names[O_COUNT + 1] = {
    "path",       "map_size",       "subdir",   "readonly",   "create",         "mode",
    "max_dbs",    "max_readers",    "sync",     "metasync",   "utterly_nosync", "writemap",
    "readahead",  "meminit",        "lock",     "exclusive",  "lifo",           "accede",
    "validation", "size_lower",     "size_now", "size_upper", "growth_step",    "shrink_threshold",
    "pagesize",   "max_spare_txns", NULL};

/* Arguments that are flags: the flag is set if the argument is `when`. */
static const struct {
  int argument;
  bool when, initially;
  unsigned flag;
} open_flags[] = {
    {O_SUBDIR, false, true, MDBX_NOSUBDIR},
    {O_READONLY, true, false, MDBX_RDONLY},
    {O_SYNC, false, true, MDBX_SAFE_NOSYNC},
    {O_METASYNC, false, true, MDBX_NOMETASYNC},
    {O_UTTERLY_NOSYNC, true, false, MDBX_UTTERLY_NOSYNC},
    {O_WRITEMAP, true, false, MDBX_WRITEMAP},
    {O_READAHEAD, false, true, MDBX_NORDAHEAD},
    {O_MEMINIT, false, true, MDBX_NOMEMINIT},
    {O_EXCLUSIVE, true, false, MDBX_EXCLUSIVE},
    {O_LIFO, true, false, MDBX_LIFORECLAIM},
    {O_ACCEDE, true, false, MDBX_ACCEDE},
    {O_VALIDATION, true, false, MDBX_VALIDATION},
};

static bool take_flags(PyObject **arg, unsigned *flags) {
  *flags = MDBX_NOSTICKYTHREADS;
  for (size_t i = 0; i < sizeof(open_flags) / sizeof(open_flags[0]); ++i) {
    bool value = open_flags[i].initially;
    if (!arg_bool(arg[open_flags[i].argument], &value))
      return false;
    if (value == open_flags[i].when)
      *flags |= open_flags[i].flag;
  }
  return true;
}

static int set_geometry(MDBX_env *env, const intptr_t *sizes) {
  for (int i = 0; i < 6; ++i)
    if (sizes[i] != -1)
      return mdbx_env_set_geometry(env, sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5]);
  return MDBX_SUCCESS;
}

/* What must be set before the environment is opened; false with an exception. */
static bool prepare(MDBX_env *env, PyObject **arg, bool *lock) {
  intptr_t sizes[6] = {-1, -1, -1, -1, -1, -1};
  uint64_t tables = 0, readers = 0;
  if (!arg_size(arg[O_MAP_SIZE], &sizes[2]) || !arg_bool(arg[O_LOCK], lock))
    return false;
  for (int i = 0; i < 6; ++i)
    if (!arg_size(arg[O_SIZE_LOWER + i], &sizes[i]))
      return false;
  if (!arg_unsigned(arg[O_MAX_DBS], "max_dbs", UINT32_MAX, &tables) ||
      (arg[O_MAX_READERS] != Py_None && !arg_unsigned(arg[O_MAX_READERS], "max_readers", UINT32_MAX, &readers)))
    return false;
  int rc = set_geometry(env, sizes);
  const char *what = "the sizes";
  if (rc == MDBX_SUCCESS) {
    what = "max_dbs";
    rc = mdbx_env_set_maxdbs(env, (MDBX_dbi)tables);
  }
  if (rc == MDBX_SUCCESS && readers) {
    what = "max_readers";
    rc = mdbx_env_set_maxreaders(env, (unsigned)readers);
  }
  if (rc == MDBX_SUCCESS && !*lock) {
    what = "lock";
    rc = mdbx_env_set_lockless(env, true);
  }
  if (rc != MDBX_SUCCESS)
    error_set(rc, what);
  return rc == MDBX_SUCCESS;
}

static bool open_env(Environment *self, PyObject **arg) {
  bool create = true, lock = true;
  uint64_t mode = 0664, spares = 1;
  unsigned flags;
  if (!take_flags(arg, &flags) || !arg_bool(arg[O_CREATE], &create) ||
      !arg_unsigned(arg[O_MODE], "mode", 07777, &mode) ||
      !arg_unsigned(arg[O_MAX_SPARE_TXNS], "max_spare_txns", SPARES_MAX, &spares))
    return false;
  int rc = mdbx_env_create(&self->env);
  if (rc != MDBX_SUCCESS) {
    self->env = NULL;
    error_set(rc, "open");
    return false;
  }
  if (!prepare(self->env, arg, &lock))
    return false;
  self->spare_limit = (unsigned)spares;
  self->readonly = (flags & MDBX_RDONLY) != 0;
  const char *path = PyBytes_AS_STRING(self->path);
  Py_BEGIN_ALLOW_THREADS rc = mdbx_env_open(self->env, path, (MDBX_env_flags_t)flags, create ? (mdbx_mode_t)mode : 0);
  Py_END_ALLOW_THREADS if (rc != MDBX_SUCCESS) error_set(rc, path);
  return rc == MDBX_SUCCESS;
}

static PyObject *env_new(PyTypeObject *type, Arguments args, size_t nargs, PyObject *kwnames) {
  PyObject *arg[O_COUNT];
  if (!args_sort("Environment", open_names, 1, 2, args, PyVectorcall_NARGS(nargs), kwnames, arg))
    return NULL;
  Environment *self = (Environment *)type->tp_alloc(type, 0);
  if (!self)
    return NULL;
  if (!PyUnicode_FSConverter(arg[O_PATH], &self->path) || !(self->main = db_new(NULL, Py_None, 1, 0)) ||
      !open_env(self, arg)) {
    Py_DECREF(self);
    return NULL;
  }
  self->main->env = self;
  /* The flags of the main table; it has none that can be read if the database is damaged. */
  Transaction *txn = txn_begin(self, NULL, NULL, false, MDBX_TXN_RDONLY);
  if (!txn) {
    Py_DECREF(self);
    return NULL;
  }
  mdbx_dbi_flags(txn->txn, 1, &self->main->flags);
  txn_end(txn, false);
  Py_DECREF(txn);
  return (PyObject *)self;
}

static PyObject *env_call(PyObject *type, PyObject *const *args, size_t nargs, PyObject *kwnames) {
  return env_new((PyTypeObject *)type, args, nargs, kwnames);
}

/* ---- closing --------------------------------------------------------------------------------------------------------- */

/* Ends all transactions and frees the handle; nobody may be inside a call, and there may be no views. */
static int close_env(Environment *self) {
  while (self->txns)
    txn_end(self->txns, false);
  while (self->spare_count)
    mdbx_txn_abort(self->spares[--self->spare_count]);
  MDBX_env *env = self->env;
  self->env = NULL;
  int rc;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_env_close_ex(env, false);
  Py_END_ALLOW_THREADS if (rc == MDBX_BUSY) self->env = env; /* it stays open */
  return rc;
}

static PyObject *env_close(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  (void)ignored;
  if (!self->env)
    Py_RETURN_NONE;
  if (self->busy)
    return error_say(MDBX_BUSY, "another thread is inside a call with the environment");
  if (self->views) {
    PyErr_Format(PyExc_BufferError, "%zu memoryviews of its data exist", self->views);
    return NULL;
  }
  return error_or_none(close_env(self), "close");
}

static void env_free(PyObject *object) {
  Environment *self = (Environment *)object;
  if (self->env)
    close_env(self);
  if (self->main) {
    self->main->env = NULL;
    self->main->dead = true;
    Py_DECREF(self->main);
  }
  Py_XDECREF(self->path);
  Py_TYPE(object)->tp_free(object);
}

static PyObject *env_enter(PyObject *self, PyObject *ignored) {
  (void)ignored;
  return env_usable((Environment *)self) ? Py_NewRef(self) : NULL;
}

static PyObject *env_exit(PyObject *self, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  (void)args, (void)count, (void)kwnames;
  return env_close(self, NULL);
}

/* ---- small methods ---------------------------------------------------------------------------------------------------- */

static PyObject *env_sync(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"force", NULL};
  Environment *self = (Environment *)object;
  PyObject *arg[1];
  bool force = true;
  if (!args_sort("sync", names, 0, 1, args, count, kwnames, arg) || !arg_bool(arg[0], &force) || !env_usable(self))
    return NULL;
  int rc;
  ++self->busy;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_env_sync_ex(self->env, force, false);
  Py_END_ALLOW_THREADS-- self->busy;
  return error_or_none(rc, "sync");
}

static PyObject *env_path(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  (void)ignored;
  return PyUnicode_DecodeFSDefaultAndSize(PyBytes_AS_STRING(self->path), PyBytes_GET_SIZE(self->path));
}

static PyObject *env_flags(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  unsigned flags = 0;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  const int rc = mdbx_env_get_flags(self->env, &flags);
  if (rc != MDBX_SUCCESS)
    return error_set(rc, "flags");
  return Py_BuildValue(
      "{s:N,s:N,s:N,s:N,s:N,s:N,s:N,s:N,s:N}", "subdir", PyBool_FromLong(!(flags & MDBX_NOSUBDIR)), "readonly",
      PyBool_FromLong((flags & MDBX_RDONLY) != 0), "sync",
      PyBool_FromLong(!(flags & (MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC))), "metasync",
      PyBool_FromLong(!(flags & MDBX_NOMETASYNC)), "utterly_nosync",
      PyBool_FromLong((flags & MDBX_UTTERLY_NOSYNC) == MDBX_UTTERLY_NOSYNC), "writemap",
      PyBool_FromLong((flags & MDBX_WRITEMAP) != 0), "readahead", PyBool_FromLong(!(flags & MDBX_NORDAHEAD)), "meminit",
      PyBool_FromLong(!(flags & MDBX_NOMEMINIT)), "exclusive", PyBool_FromLong((flags & MDBX_EXCLUSIVE) != 0));
}

static PyObject *env_max_key_size(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"dupsort", NULL};
  Environment *self = (Environment *)object;
  PyObject *arg[1];
  bool dupsort = false;
  if (!args_sort("max_key_size", names, 0, 1, args, count, kwnames, arg) || !arg_bool(arg[0], &dupsort) ||
      !env_usable(self))
    return NULL;
  return PyLong_FromLong(mdbx_env_get_maxkeysize_ex(self->env, dupsort ? MDBX_DUPSORT : MDBX_DB_DEFAULTS));
}

static PyObject *env_resurrect(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  return error_or_none(mdbx_env_resurrect_after_fork(self->env), "resurrect_after_fork");
}

static PyObject *env_repr(PyObject *object) {
  Environment *self = (Environment *)object;
  return PyUnicode_FromFormat("<mdbx.Environment %R%s>", self->path, self->env ? "" : ", closed");
}

PyMethodDef environment_methods[] = {
    METHOD_KEYWORDS(
        "begin", env_begin,
        "begin($self, db=None, parent=None, write=False, buffers=False, *, wait=True, sync=None, metasync=None)\n"
        "--\n\nBegins a transaction. A write transaction waits for others, or raises BusyError with wait=False."),
    METHOD_KEYWORDS("open_db", env_open_db,
                    "open_db($self, key=None, txn=None, reverse_key=False, dupsort=False, create=True,\n"
                    "        integerkey=False, integerdup=False, dupfixed=False, reversedup=False, *, accede=False)\n"
                    "--\n\nOpens a table by its name, or creates it; None is the main table."),
    METHOD_NONE("close", env_close,
                "close($self)\n--\n\nEnds all transactions and closes the environment. BufferError while\n"
                "memoryviews of a read transaction exist. Closing twice is allowed."),
    METHOD_KEYWORDS("sync", env_sync,
                    "sync($self, force=True)\n--\n\nMakes all commits durable; with force=False only if a\n"
                    "threshold is reached."),
    METHOD_NONE("stat", env_stat, "stat($self)\n--\n\nStatistics of the main table, as a dict."),
    METHOD_NONE("info", env_info, "info($self)\n--\n\nSizes, ids and counters of the environment, as a dict."),
    METHOD_NONE("path", env_path, "path($self)\n--\n\nThe path it was opened with."),
    METHOD_NONE("flags", env_flags, "flags($self)\n--\n\nThe mode, as a dict with the arguments of Environment()."),
    METHOD_NONE("readers", env_readers, "readers($self)\n--\n\nThe readers of all processes, as a list of dicts."),
    METHOD_NONE("reader_check", env_reader_check,
                "reader_check($self)\n--\n\nReleases the reader slots of dead processes; returns how many."),
    METHOD_KEYWORDS("max_key_size", env_max_key_size,
                    "max_key_size($self, dupsort=False)\n--\n\nThe longest key, in bytes."),
    METHOD_KEYWORDS(
        "set_geometry", env_set_geometry,
        "set_geometry($self, *, size_lower=-1, size_now=-1, size_upper=-1, growth_step=-1, shrink_threshold=-1)\n"
        "--\n\nChanges the bounds of the file's size, in bytes; -1 keeps a value."),
    METHOD_ONE("set_mapsize", env_set_mapsize,
               "set_mapsize($self, size, /)\n--\n\nChanges the upper bound of the file's size."),
    METHOD_KEYWORDS("check", env_check,
                    "check($self, *, records=True, lock_writers=False, timeout=0)\n"
                    "--\n\nChecks the whole database; returns a dict with the number of problems and a list of them."),
    METHOD_KEYWORDS("defrag", env_defrag,
                    "defrag($self, *, pages=0, time_limit=0)\n"
                    "--\n\nMakes the file shorter: moves pages from its end into holes. Returns a dict."),
    METHOD_KEYWORDS("copy", env_copy,
                    "copy($self, path, compact=False, txn=None, *, overwrite=False, flush=True, verify=True)\n"
                    "--\n\nCopies the newest snapshot, or that of txn, to a new database file."),
    METHOD_KEYWORDS("copyfd", env_copyfd,
                    "copyfd($self, fd, compact=False, txn=None, *, flush=True, verify=True)\n"
                    "--\n\nCopies the newest snapshot, or that of txn, to a file descriptor, which may be a pipe."),
    METHOD_KEYWORDS("copy_since", env_copy_since,
                    "copy_since($self, txnid, path, *, overwrite=False, flush=True, verify=True)\n"
                    "--\n\nWrites an increment: what turns a copy of snapshot txnid into one of the newest."),
    METHOD_KEYWORDS("copyfd_since", env_copyfd_since,
                    "copyfd_since($self, txnid, fd, *, flush=True, verify=True)\n"
                    "--\n\nWrites an increment to a file descriptor, which may be a pipe."),
    METHOD_NONE("resurrect_after_fork", env_resurrect,
                "resurrect_after_fork($self)\n--\n\nMakes the environment usable in a child made by fork()."),
    METHOD_NONE("__enter__", env_enter, NULL),
    METHOD_KEYWORDS("__exit__", env_exit, NULL),
    {NULL, NULL, 0, NULL}};

PyTypeObject environment_type = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mdbx.Environment",
    .tp_basicsize = sizeof(Environment),
    .tp_dealloc = env_free,
    .tp_repr = env_repr,
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, /* but for the call below */
    .tp_methods = environment_methods,
    .tp_vectorcall = env_call,
    .tp_doc = PyDoc_STR(
        "Environment(path, map_size=None, *, subdir=True, readonly=False, create=True, mode=0o664, max_dbs=0,\n"
        "            max_readers=None, sync=True, metasync=True, utterly_nosync=False, writemap=False, "
        "readahead=True,\n"
        "            meminit=True, lock=True, exclusive=False, lifo=False, accede=False, validation=False, "
        "size_lower=None,\n"
        "            size_now=None, size_upper=None, growth_step=None, shrink_threshold=None, pagesize=None,\n"
        "            max_spare_txns=1)\n--\n\n"
        "A database: opened, or created if create is true. path is a directory, or the data file with subdir=False.\n"
        "map_size and size_upper are the largest size of the file, which grows and shrinks by itself. sync=False makes "
        "weak\n"
        "commits, which a crash of the system may lose without damage to the file; lock=False works without a lock "
        "file."),
};
