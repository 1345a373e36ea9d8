/* SPDX-License-Identifier: Apache-2.0 */
/* Records by key. */
#include "shim.h"

#include <errno.h>

#define PUT_FLAGS (MDB_NOOVERWRITE | MDB_NODUPDATA | MDB_RESERVE | MDB_APPEND | MDB_APPENDDUP)

SHIM_API int mdb_get(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data) {
  if (!txn || !key || !data || !txn->env || (txn->reset && txn->readonly) || dbi == DBI_FREE || !table_of(txn, dbi))
    return EINVAL;
  const int usable = txn_usable(txn);
  if (usable != 0)
    return usable;
  if (!key->mv_size)
    return MDB_BAD_VALSIZE;
  const MDBX_val k = to_engine(key);
  MDBX_val d;
  const int rc = mdbx_get(txn->engine, dbi, &k, &d);
  if (rc == MDBX_SUCCESS)
    from_engine(data, &d);
  return shim_rc(rc);
}

static int check_change(MDB_txn *txn, MDB_dbi dbi, const MDB_val *key) {
  if (!txn || !key || !txn->env || dbi == DBI_FREE || !table_of(txn, dbi))
    return EINVAL;
  return txn_writable(txn);
}

/* If a key may have several values, in the program's own order: a value that equals a stored one replaces it. */
static int put_in_own_order(MDB_txn *txn, MDB_dbi dbi, const MDBX_val *key, MDBX_val *value) {
  const int rc = mdbx_put(txn->engine, dbi, key, value, MDBX_NODUPDATA);
  return rc == MDBX_KEYEXIST ? table_overwrite_equal(txn, dbi, key, value) : rc;
}

SHIM_API int mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned int flags) {
  unsigned table_flags = 0;
  if (!data || (flags & ~(unsigned)PUT_FLAGS))
    return EINVAL;
  int rc = check_change(txn, dbi, key);
  if (rc == 0)
    rc = table_ready(txn, dbi, table_at(txn->env, dbi));
  if (rc == MDBX_SUCCESS)
    rc = table_engine_flags(txn, dbi, &table_flags);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  const bool multi = table_flags & MDB_DUPSORT;
  if (!key->mv_size || key->mv_size > KEY_BYTES_MAX || (multi && data->mv_size > KEY_BYTES_MAX))
    return MDB_BAD_VALSIZE;
  if (!multi)
    flags &= ~(unsigned)(MDB_NODUPDATA | MDB_APPENDDUP);
  else if ((rc = table_fit_value(txn, dbi, table_flags, data->mv_size)) != MDBX_SUCCESS)
    return shim_rc(rc);
  const MDBX_val k = to_engine(key);
  MDBX_val d = to_engine(data);
  if (multi && !flags && table_at(txn->env, dbi)->value_order)
    return shim_rc(put_in_own_order(txn, dbi, &k, &d));
  rc = mdbx_put(txn->engine, dbi, &k, &d, engine_put_flags(flags));
  if ((rc == MDBX_SUCCESS && (flags & MDB_RESERVE)) || (rc == MDBX_KEYEXIST && (flags & MDB_NOOVERWRITE)))
    from_engine(data, &d);
  return shim_rc(rc);
}

static bool has_cursors(const MDB_txn *txn) {
  while (txn && !txn->cursors)
    txn = txn->parent;
  return txn;
}

static int del_other_length(MDB_txn *txn, MDB_dbi dbi, MDBX_val key, MDBX_val value) {
  MDBX_cursor *cursor;
  int rc = mdbx_cursor_open(txn->engine, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = table_find_other_length(txn, dbi, cursor, &key, &value, false);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_del(cursor, MDBX_UPSERT);
  mdbx_cursor_close(cursor);
  return rc;
}

SHIM_API int mdb_del(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data) {
  unsigned flags = 0;
  int rc = check_change(txn, dbi, key);
  if (rc == 0)
    rc = table_engine_flags(txn, dbi, &flags);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  const bool multi = flags & MDB_DUPSORT; /* else the value means nothing */
  if (!key->mv_size)
    return MDB_BAD_VALSIZE;
  const MDBX_val k = to_engine(key);
  MDBX_val d = {NULL, 0};
  if (multi && data)
    d = to_engine(data);
  rc = mdbx_del(txn->engine, dbi, &k, multi && data ? &d : NULL);
  if (rc == MDBX_BAD_VALSIZE && multi && data)
    rc = del_other_length(txn, dbi, k, d);
  if (rc == MDBX_SUCCESS && has_cursors(txn))
    cursors_emptied(txn, dbi);
  if (rc == MDBX_INCOMPATIBLE)
    mdbx_txn_break(txn->engine); /* as LMDB: a table cannot be deleted like a record */
  return shim_rc(rc);
}
