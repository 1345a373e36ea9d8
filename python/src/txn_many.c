/* SPDX-License-Identifier: Apache-2.0 */
/*
 * python/src/txn_many.c: many lookups and many puts with one call.
 *
 * What the caller gives is taken from its iterator in parts. The interpreter's lock is released for the engine's work on a
 * part; meanwhile the transaction is busy, and the part holds references to all it uses.
 */
#include "module.h"

enum { PART = 256 };

/* ---- lookups ---------------------------------------------------------------------------------------------------------- */

struct lookups {
  size_t count;
  PyObject *objects[PART];
  Bytes bytes[PART];
  MDBX_val keys[PART], values[PART];
  int codes[PART];
};

static void drop_lookups(struct lookups *part) {
  while (part->count) {
    --part->count;
    bytes_drop(&part->bytes[part->count]);
    Py_DECREF(part->objects[part->count]);
  }
}

/* Takes the keys of the next part; false with an exception. */
static bool take_keys(struct lookups *part, PyObject *iterator) {
  while (part->count < PART) {
    PyObject *key = PyIter_Next(iterator);
    if (!key)
      return !PyErr_Occurred();
    if (!bytes_take(key, "a key", &part->bytes[part->count])) {
      Py_DECREF(key);
      return false;
    }
    part->keys[part->count] = part->bytes[part->count].val;
    part->objects[part->count++] = key;
  }
  return true;
}

static bool add_values(Transaction *self, const struct lookups *part, PyObject *missing, PyObject *list) {
  for (size_t i = 0; i < part->count; ++i) {
    PyObject *value;
    if (part->codes[i] == MDBX_SUCCESS)
      value = value_object(self, &part->values[i]);
    else if (part->codes[i] == MDBX_NOTFOUND)
      value = Py_NewRef(missing);
    else
      value = error_set(part->codes[i], "get_many");
    const bool added = value && PyList_Append(list, value) == 0;
    Py_XDECREF(value);
    if (!added)
      return false;
  }
  return true;
}

/* The transaction stays busy until the values are objects: making these may run code of a finalizer. */
static bool look_up(Transaction *self, PyObject *db, struct lookups *part, PyObject *missing, PyObject *list) {
  Database *table = txn_usable(self) ? db_of_argument(self, db) : NULL;
  if (!table)
    return false;
  int rc;
  ++self->busy;
  ++self->env->busy;
  Py_BEGIN_ALLOW_THREADS rc = mdbx_get_many(self->txn, table->dbi, part->keys, part->values, part->codes, part->count);
  Py_END_ALLOW_THREADS if (rc != MDBX_SUCCESS) error_set(rc, "get_many");
  const bool good = rc == MDBX_SUCCESS && add_values(self, part, missing, list);
  --self->env->busy;
  --self->busy;
  return good;
}

PyObject *txn_get_many(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"keys", "default", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[3];
  if (!args_sort("get_many", names, 1, 3, args, count, kwnames, arg) || !txn_usable(self) ||
      !db_of_argument(self, arg[2]))
    return NULL;
  PyObject *missing = arg[1] ? arg[1] : Py_None;
  PyObject *iterator = PyObject_GetIter(arg[0]);
  PyObject *list = iterator ? PyList_New(0) : NULL;
  struct lookups part;
  part.count = 0;
  bool good = list != NULL, more = good;
  while (more) {
    good = take_keys(&part, iterator);
    more = good && part.count == PART;
    if (good && part.count)
      good = look_up(self, arg[2], &part, missing, list);
    more = more && good;
    drop_lookups(&part);
  }
  Py_XDECREF(iterator);
  if (!good)
    Py_CLEAR(list);
  return list;
}

/* ---- puts ------------------------------------------------------------------------------------------------------------- */

struct puts {
  size_t count;
  PyObject *pairs[PART]; /* tuples */
  Bytes key_bytes[PART], value_bytes[PART];
  MDBX_val keys[PART], values[PART];
};

static void drop_puts(struct puts *part) {
  while (part->count) {
    --part->count;
    bytes_drop(&part->key_bytes[part->count]);
    bytes_drop(&part->value_bytes[part->count]);
    Py_DECREF(part->pairs[part->count]);
  }
}

/* Takes the reference to an item: a pair. False with an exception. */
static bool add_pair(struct puts *part, PyObject *item) {
  PyObject *pair = PyTuple_CheckExact(item) ? Py_NewRef(item) : PySequence_Tuple(item);
  Py_DECREF(item);
  if (!pair)
    return false;
  Bytes *key = &part->key_bytes[part->count], *value = &part->value_bytes[part->count];
  if (PyTuple_GET_SIZE(pair) != 2) {
    PyErr_SetString(PyExc_TypeError, "an item must be a pair of key and value");
  } else if (bytes_take(PyTuple_GET_ITEM(pair, 0), "a key", key)) {
    if (bytes_take(PyTuple_GET_ITEM(pair, 1), "a value", value)) {
      part->keys[part->count] = key->val;
      part->values[part->count] = value->val;
      part->pairs[part->count++] = pair;
      return true;
    }
    bytes_drop(key);
  }
  Py_DECREF(pair);
  return false;
}

static bool take_pairs(struct puts *part, PyObject *iterator) {
  while (part->count < PART) {
    PyObject *item = PyIter_Next(iterator);
    if (!item)
      return !PyErr_Occurred();
    if (!add_pair(part, item))
      return false;
  }
  return true;
}

/* Stores all but those that the flags refuse; adds to *stored. */
static int store(MDBX_txn *txn, MDBX_dbi dbi, struct puts *part, MDBX_put_flags_t flags, size_t *stored) {
  int rc = MDBX_SUCCESS;
  for (size_t at = 0; at < part->count;) {
    size_t done = 0;
    rc = mdbx_put_many(txn, dbi, part->keys + at, part->values + at, part->count - at, flags, &done);
    *stored += done;
    at += done;
    if (rc == MDBX_KEYEXIST)
      ++at;
    else if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static bool put_part(Transaction *self, PyObject **arg, struct puts *part, size_t *stored) {
  MDBX_put_flags_t flags;
  Database *table = txn_usable(self) ? db_of_argument(self, arg[4]) : NULL;
  if (!table || !put_flags(table, arg[1], arg[2], arg[3], &flags) || !txn_usable(self))
    return false;
  int rc;
  ++self->changes;
  ++self->busy;
  ++self->env->busy;
  Py_BEGIN_ALLOW_THREADS rc = store(self->txn, table->dbi, part, flags, stored);
  Py_END_ALLOW_THREADS-- self->env->busy;
  --self->busy;
  if (rc != MDBX_SUCCESS)
    error_set(rc, "put_many");
  return rc == MDBX_SUCCESS;
}

PyObject *txn_put_many(PyObject *object, Arguments args, Py_ssize_t count, PyObject *kwnames) {
  static const char *const names[] = {"items", "dupdata", "overwrite", "append", "db", NULL};
  Transaction *self = (Transaction *)object;
  PyObject *arg[5];
  if (!args_sort("put_many", names, 1, 5, args, count, kwnames, arg) || !txn_usable(self) ||
      !db_of_argument(self, arg[4]))
    return NULL;
  PyObject *items = PyDict_Check(arg[0]) ? PyDict_Items(arg[0]) : Py_NewRef(arg[0]);
  PyObject *iterator = items ? PyObject_GetIter(items) : NULL;
  struct puts part;
  size_t stored = 0;
  part.count = 0;
  bool good = iterator != NULL, more = good;
  while (more) {
    good = take_pairs(&part, iterator);
    more = good && part.count == PART;
    if (good && part.count)
      good = put_part(self, arg, &part, &stored);
    more = more && good;
    drop_puts(&part);
  }
  Py_XDECREF(iterator);
  Py_XDECREF(items);
  return good ? PyLong_FromSize_t(stored) : NULL;
}
