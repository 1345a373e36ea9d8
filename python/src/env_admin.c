/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/env_admin.c: what an environment tells about itself, its sizes, the checker, and defragmentation.
 */
#include "module.h"

#include <stdio.h>

PyObject *stat_object(const MDBX_stat *stat) {
  return Py_BuildValue("{s:I,s:I,s:K,s:K,s:K,s:K}", "psize", stat->ms_psize, "depth", stat->ms_depth, "branch_pages",
                       (unsigned long long)stat->ms_branch_pages, "leaf_pages", (unsigned long long)stat->ms_leaf_pages,
                       "overflow_pages", (unsigned long long)stat->ms_overflow_pages, "entries",
                       (unsigned long long)stat->ms_entries);
}

PyObject *env_stat(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  MDBX_stat stat;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  Transaction *txn = txn_begin(self, NULL, NULL, false, MDBX_TXN_RDONLY);
  if (!txn)
    return NULL;
  const int rc = mdbx_dbi_stat(txn->txn, 1, &stat, sizeof(stat));
  txn_end(txn, false);
  Py_DECREF(txn);
  return rc == MDBX_SUCCESS ? stat_object(&stat) : error_set(rc, "stat");
}

/* ---- info ------------------------------------------------------------------------------------------------------------- */

static PyObject *geometry_object(const MDBX_envinfo *info) {
  return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K}", "size_lower", (unsigned long long)info->mi_geo.lower, "size_now",
                       (unsigned long long)info->mi_geo.current, "size_upper", (unsigned long long)info->mi_geo.upper,
                       "growth_step", (unsigned long long)info->mi_geo.grow, "shrink_threshold",
                       (unsigned long long)info->mi_geo.shrink);
}

static PyObject *info_object(const MDBX_envinfo *info) {
  PyObject *geometry = geometry_object(info);
  if (!geometry)
    return NULL;
  return Py_BuildValue(
      "{s:K,s:K,s:K,s:K,s:I,s:I,s:I,s:K,s:K,s:K,s:N,s:(KK)}", "map_size", (unsigned long long)info->mi_geo.upper,
      "last_pgno", (unsigned long long)info->mi_last_pgno, "last_txnid", (unsigned long long)info->mi_recent_txnid,
      "oldest_reader_txnid", (unsigned long long)info->mi_latter_reader_txnid, "max_readers", info->mi_maxreaders,
      "num_readers", info->mi_numreaders, "psize", info->mi_dxb_pagesize, "file_size",
      (unsigned long long)info->mi_dxb_fsize, "file_allocated", (unsigned long long)info->mi_dxb_fallocated,
      "unsynced_bytes", (unsigned long long)info->mi_unsync_volume, "geometry", geometry, "id",
      (unsigned long long)info->mi_dxbid.x, (unsigned long long)info->mi_dxbid.y);
}

PyObject *env_info(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  MDBX_envinfo info;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  const int rc = mdbx_env_info_ex(self->env, NULL, &info, sizeof(info));
  return rc == MDBX_SUCCESS ? info_object(&info) : error_set(rc, "info");
}

PyObject *copy_snapshot_info(PyObject *module, PyObject *path) {
  PyObject *bytes;
  MDBX_envinfo info;
  (void)module;
  if (!PyUnicode_FSConverter(path, &bytes))
    return NULL;
  const int rc = mdbx_preopen_snapinfo(PyBytes_AS_STRING(bytes), &info, sizeof(info));
  PyObject *result = rc == MDBX_SUCCESS ? info_object(&info) : error_set(rc, PyBytes_AS_STRING(bytes));
  Py_DECREF(bytes);
  return result;
}

/* ---- readers ---------------------------------------------------------------------------------------------------------- */

static int add_reader(void *list, int num, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid, uint64_t lag,
                      size_t bytes_used, size_t bytes_retained) {
  const char *state = thread == MDBX_TID_PARKED   ? "parked"
                      : thread == MDBX_TID_OUSTED ? "ousted"
                      : txnid                     ? "active"
                                                  : "idle";
  PyObject *reader =
      Py_BuildValue("{s:i,s:l,s:K,s:s,s:K,s:K,s:K,s:K}", "slot", slot, "pid", (long)pid, "thread",
                    thread == MDBX_TID_PARKED || thread == MDBX_TID_OUSTED ? 0 : (unsigned long long)(uintptr_t)thread,
                    "state", state, "txnid", (unsigned long long)txnid, "lag", (unsigned long long)lag, "bytes_used",
                    (unsigned long long)bytes_used, "bytes_retained", (unsigned long long)bytes_retained);
  (void)num;
  const int failed = !reader || PyList_Append(list, reader) != 0;
  Py_XDECREF(reader);
  return failed ? MDBX_ENOMEM : MDBX_SUCCESS;
}

PyObject *env_readers(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  PyObject *list = PyList_New(0);
  const int rc = list ? mdbx_reader_list(self->env, add_reader, list) : MDBX_ENOMEM;
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE) {
    Py_CLEAR(list);
    if (!PyErr_Occurred())
      error_set(rc, "readers");
  }
  return list;
}

PyObject *env_reader_check(PyObject *object, PyObject *ignored) {
  Environment *self = (Environment *)object;
  int dead = 0;
  (void)ignored;
  if (!env_usable(self))
    return NULL;
  const int rc = mdbx_reader_check(self->env, &dead);
  return rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE ? PyLong_FromLong(dead) : error_set(rc, "reader_check");
}

/* ---- sizes ------------------------------------------------------------------------------------------------------------ */

static PyObject *change_sizes(Environment *self, const intptr_t *size) {
  int rc;
  ++self->busy;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_env_set_geometry(self->env, size[0], size[1], size[2], size[3], size[4], -1);
  Py_END_ALLOW_THREADS-- self->busy;
  return error_or_none(rc, "set_geometry");
}

PyObject *env_set_geometry(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"size_lower", "size_now", "size_upper", "growth_step", "shrink_threshold", NULL};
  PyObject *arg[5];
  intptr_t size[5] = {-1, -1, -1, -1, -1};
  if (!args_sort("set_geometry", names, 0, 0, args, count, kwnames, arg) || !env_usable((Environment *)object))
    return NULL;
  for (int i = 0; i < 5; ++i)
    if (!arg_size(arg[i], &size[i]))
      return NULL;
  return change_sizes((Environment *)object, size);
}

PyObject *env_set_mapsize(PyObject *object, PyObject *arg) {
  intptr_t size[5] = {-1, -1, -1, -1, -1};
  return env_usable((Environment *)object) && arg_size(arg, &size[2]) ? change_sizes((Environment *)object, size)
                                                                      : NULL;
}

/* ---- the checker ------------------------------------------------------------------------------------------------------ */

/* What the checker finds, kept without the interpreter's lock. The context comes first: callbacks get its address. */
struct check {
  MDBX_chk_context_t context;
  struct issue {
    struct issue *next;
    char text[480];
  } * first, **last;
};

static void add_issue(MDBX_chk_context_t *context, const char *object, uint64_t number, const char *issue,
                      const char *format, va_list args) {
  struct check *check = (struct check *)context;
  struct issue *entry = malloc(sizeof(*entry));
  if (!entry)
    return; /* it is counted anyway */
  const size_t size = sizeof(entry->text);
  const int used = snprintf(entry->text, size, "%s %llu: %s%s", object ? object : "database",
                            (unsigned long long)number, issue ? issue : "", format ? ": " : "");
  if (format && used > 0 && (size_t)used < size)
    vsnprintf(entry->text + used, size - (size_t)used, format, args);
  entry->next = NULL;
  *check->last = entry;
  check->last = &entry->next;
}

/* Takes the issues away. */
static PyObject *issue_list(struct check *check) {
  PyObject *list = PyList_New(0);
  while (check->first) {
    struct issue *entry = check->first;
    PyObject *text = list ? PyUnicode_DecodeUTF8(entry->text, (Py_ssize_t)strlen(entry->text), "replace") : NULL;
    if (list && (!text || PyList_Append(list, text) != 0))
      Py_CLEAR(list);
    Py_XDECREF(text);
    check->first = entry->next;
    free(entry);
  }
  return list;
}

static PyObject *check_object(const MDBX_chk_context_t *context, PyObject *issues) {
  return Py_BuildValue(
      "{s:n,s:N,s:n,s:n,s:n,s:n,s:n,s:K}", "problems", (Py_ssize_t)context->result.total_problems, "issues", issues,
      "tables", (Py_ssize_t)context->result.table_total, "pages", (Py_ssize_t)context->result.alloc_pages, "used_pages",
      (Py_ssize_t)context->result.processed_pages, "free_pages", (Py_ssize_t)context->result.reclaimable_pages,
      "payload_bytes", (Py_ssize_t)context->result.total_payload_bytes, "txnid",
      (unsigned long long)context->result.recent_txnid);
}

PyObject *env_check(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"records", "lock_writers", "timeout", NULL};
  static const MDBX_chk_callbacks_t callbacks = {.issue = add_issue};
  Environment *self = (Environment *)object;
  PyObject *arg[3];
  bool records = true, lock_writers = false;
  unsigned timeout = 0, flags;
  if (!args_sort("check", names, 0, 0, args, count, kwnames, arg) || !arg_bool(arg[0], &records) ||
      !arg_bool(arg[1], &lock_writers) || !arg_seconds(arg[2], &timeout) || !env_usable(self))
    return NULL;
  flags = (records ? 0 : MDBX_CHK_SKIP_KV_TRAVERSAL) | (lock_writers ? MDBX_CHK_READWRITE : 0);
  struct check check = {.first = NULL, .last = &check.first};
  int rc;
  ++self->busy;
  Py_BEGIN_ALLOW_THREADS rc =
      mdbx_env_chk(self->env, &callbacks, &check.context, (MDBX_chk_flags_t)flags, MDBX_chk_error, timeout);
  Py_END_ALLOW_THREADS-- self->busy;
  PyObject *issues = issue_list(&check);
  if (rc != MDBX_SUCCESS) {
    Py_XDECREF(issues);
    return error_set(rc, "check");
  }
  return issues ? check_object(&check.context, issues) : NULL;
}

/* ---- defragmentation -------------------------------------------------------------------------------------------------- */

static PyObject *defrag_object(const MDBX_defrag_result_t *result, bool complete) {
  return Py_BuildValue("{s:N,s:n,s:n,s:n,s:n,s:I,s:I,s:K,s:d}", "complete", PyBool_FromLong(complete), "pages_shrinked",
                       (Py_ssize_t)result->pages_shrinked, "pages_moved", (Py_ssize_t)result->pages_moved,
                       "pages_retained", (Py_ssize_t)result->pages_retained, "pages_whole",
                       (Py_ssize_t)result->pages_whole, "cycles", result->cycles, "stopping_reasons",
                       result->stopping_reasons, "obstructed_txnid", (unsigned long long)result->obstructed_txnid,
                       "seconds", (double)result->spent_time_dot16 / 65536);
}

PyObject *env_defrag(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"pages", "time_limit", NULL};
  Environment *self = (Environment *)object;
  PyObject *arg[2];
  uint64_t pages = 0;
  unsigned limit = 0;
  if (!args_sort("defrag", names, 0, 0, args, count, kwnames, arg) ||
      !arg_unsigned(arg[0], "pages", SIZE_MAX, &pages) || !arg_seconds(arg[1], &limit) || !env_usable(self))
    return NULL;
  MDBX_defrag_result_t result;
  memset(&result, 0, sizeof(result));
  int rc;
  ++self->busy;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_env_defrag(self->env, 0, 0, (size_t)pages, limit, -1, -1, NULL, NULL, &result);
  Py_END_ALLOW_THREADS-- self->busy;
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE && rc != MDBX_LAGGARD_READER)
    return error_set(rc, "defrag");
  return defrag_object(&result, rc == MDBX_SUCCESS);
}
