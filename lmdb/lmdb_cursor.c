/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors. enum place describes what they do beyond the engine's cursors. */
#include "shim.h"

#include <errno.h>

/* ---------------------------------------------------------------------------------------------------------- lifetime */

static void link_cursor(struct shim_cursor *cursor, MDB_txn *txn) {
  cursor->txn = txn;
  cursor->link = &txn->cursors;
  cursor->next = txn->cursors;
  if (cursor->next)
    cursor->next->link = &cursor->next;
  txn->cursors = cursor;
}

static void unlink_cursor(struct shim_cursor *cursor) {
  if (!cursor->txn)
    return;
  *cursor->link = cursor->next;
  if (cursor->next)
    cursor->next->link = cursor->link;
  cursor->txn = NULL;
}

static void free_cursor(struct shim_cursor *cursor) {
  unlink_cursor(cursor);
  mdbx_cursor_close2(cursor->engine);
  free(cursor->missed);
  cursor_free(cursor);
}

void cursors_ended(MDB_txn *txn) {
  while (txn->cursors && !txn->readonly)
    free_cursor(txn->cursors);
  for (struct shim_cursor *cursor = txn->cursors; cursor; cursor = txn->cursors) {
    mdbx_cursor_unbind(cursor->engine);
    unlink_cursor(cursor);
  }
}

static int find_kind(struct shim_cursor *cursor) {
  unsigned flags = 0;
  const int rc = mdbx_dbi_flags(cursor->txn->engine, cursor->dbi, &flags);
  cursor->multi = flags & MDB_DUPSORT;
  return rc;
}

static int open_engine_cursor(struct shim_cursor *cursor, MDB_txn *txn) {
  const int rc = mdbx_cursor_open(txn->engine, cursor->dbi, &cursor->engine);
  if (rc != MDBX_SUCCESS)
    return rc;
  link_cursor(cursor, txn);
  return find_kind(cursor);
}

SHIM_API int mdb_cursor_open(MDB_txn *txn, MDB_dbi dbi, MDB_cursor **result) {
  if (!txn || !result || !txn->env || !table_of(txn, dbi))
    return EINVAL;
  int rc = txn_usable(txn);
  if (rc != 0)
    return rc;
  if (dbi == DBI_FREE && !txn->readonly)
    return EINVAL;
  struct shim_cursor *cursor = cursor_new();
  if (!cursor)
    return ENOMEM;
  cursor->dbi = dbi;
  rc = open_engine_cursor(cursor, txn);
  if (rc == MDBX_SUCCESS)
    *result = cursor_handle(cursor);
  else
    free_cursor(cursor);
  return shim_rc(rc);
}

/* A cursor that ended with its transaction is closed already. */
SHIM_API void mdb_cursor_close(MDB_cursor *handle) {
  struct shim_cursor *cursor = cursor_of(handle);
  if (cursor)
    free_cursor(cursor);
}

SHIM_API int mdb_cursor_renew(MDB_txn *txn, MDB_cursor *handle) {
  struct shim_cursor *cursor = cursor_of(handle);
  if (!txn || !cursor || !txn->readonly || !txn->env || !table_of(txn, cursor->dbi))
    return EINVAL;
  const int usable = txn_usable(txn);
  if (usable != 0)
    return usable;
  mdbx_cursor_unbind(cursor->engine);
  unlink_cursor(cursor);
  const int rc = mdbx_cursor_bind(txn->engine, cursor->engine, cursor->dbi);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  cursor->place = PLACE_NONE;
  cursor->loose = false;
  link_cursor(cursor, txn);
  return shim_rc(find_kind(cursor));
}

/* The innermost transaction may use a cursor of an outer one. */
static MDB_txn *txn_of(const struct shim_cursor *cursor) {
  MDB_txn *txn = cursor ? cursor->txn : NULL;
  while (txn && txn->child)
    txn = txn->child;
  return txn;
}

SHIM_API MDB_txn *mdb_cursor_txn(MDB_cursor *handle) { return txn_of(cursor_of(handle)); }

SHIM_API MDB_dbi mdb_cursor_dbi(MDB_cursor *handle) {
  const struct shim_cursor *cursor = cursor_of(handle);
  return cursor ? cursor->dbi : DBI_FREE;
}

/* ----------------------------------------------------------------------------------------- nested transactions: places */

struct place_backup {
  struct shim_cursor *cursor;
  enum place place;
};

static unsigned count_outer(const MDB_txn *child) {
  unsigned count = 0;
  for (const MDB_txn *txn = child->parent; txn; txn = txn->parent)
    for (const struct shim_cursor *cursor = txn->cursors; cursor; cursor = cursor->next)
      ++count;
  return count;
}

int cursors_save(MDB_txn *child) {
  struct place_backup *backup = calloc(count_outer(child) + 1, sizeof(*backup));
  if (!backup)
    return ENOMEM;
  child->places = backup;
  for (const MDB_txn *txn = child->parent; txn; txn = txn->parent)
    for (struct shim_cursor *cursor = txn->cursors; cursor; cursor = cursor->next)
      *backup++ = (struct place_backup){cursor, cursor->place};
  return 0;
}

/* A cursor that was closed meanwhile is no longer in the lists. */
static bool is_outer(const MDB_txn *child, const struct shim_cursor *sought) {
  for (const MDB_txn *txn = child->parent; txn; txn = txn->parent)
    for (const struct shim_cursor *cursor = txn->cursors; cursor; cursor = cursor->next)
      if (cursor == sought)
        return true;
  return false;
}

void cursors_restore(MDB_txn *child, bool committed) {
  for (struct place_backup *backup = child->places; backup && backup->cursor && !committed; ++backup)
    if (is_outer(child, backup->cursor))
      backup->cursor->place = backup->place;
  free(child->places);
  child->places = NULL;
}

/* ------------------------------------------------------------------------------------------------- where a search failed */

static int engine_get(struct shim_cursor *cursor, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op) {
  return mdbx_cursor_get(cursor->engine, key, data, op);
}

static bool make_room_for_missed(struct shim_cursor *cursor, size_t length) {
  if (cursor->missed && length <= cursor->missed_room)
    return true;
  const size_t room = length < 2 * KEY_BYTES_MAX ? 2 * KEY_BYTES_MAX : length;
  unsigned char *bigger = realloc(cursor->missed, room);
  if (!bigger)
    return false;
  cursor->missed = bigger;
  cursor->missed_room = room;
  return true;
}

static void remember(unsigned char *to, const MDB_val *from) {
  if (from->mv_size)
    memcpy(to, from->mv_data, from->mv_size);
}

/* All bytes: a program may search for more than a table can store. Without memory the cursor has no position, like the
 * engine's. */
static void note_missed(struct shim_cursor *cursor, const MDB_val *key, const MDB_val *data) {
  cursor->place = PLACE_NONE;
  if (!make_room_for_missed(cursor, key->mv_size + (data ? data->mv_size : 0)))
    return;
  remember(cursor->missed, key);
  cursor->missed_key = key->mv_size;
  cursor->place = PLACE_MISSED_KEY;
  if (!data)
    return;
  remember(cursor->missed + key->mv_size, data);
  cursor->missed_value = data->mv_size;
  cursor->place = PLACE_MISSED_BOTH;
}

static size_t count_values(struct shim_cursor *cursor) {
  size_t count = 0;
  return mdbx_cursor_count(cursor->engine, &count) == MDBX_SUCCESS ? count : 0;
}

static int go_to_missed_key(struct shim_cursor *cursor) {
  MDBX_val key = {cursor->missed, cursor->missed_key}, data;
  const int rc = engine_get(cursor, &key, &data, MDBX_SET_RANGE);
  cursor->place = PLACE_AT;
  if (rc == MDBX_SUCCESS && cursor->multi && count_values(cursor) > 1)
    cursor->place = PLACE_NO_VALUE;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc; /* then it is after the last record */
}

/* The key exists, and all its values are less. */
static int go_behind_values(struct shim_cursor *cursor, MDBX_val *key) {
  MDBX_val data;
  int rc = engine_get(cursor, key, &data, MDBX_SET);
  if (rc == MDBX_NOTFOUND)
    return go_to_missed_key(cursor);
  cursor->place = PLACE_AT;
  if (rc != MDBX_SUCCESS || count_values(cursor) < 2)
    return rc;
  cursor->place = PLACE_BEHIND_VALUES;
  return engine_get(cursor, key, &data, MDBX_LAST_DUP);
}

static int find_pair(struct shim_cursor *cursor, MDBX_val *key, MDBX_val *data, bool range) {
  const int rc = engine_get(cursor, key, data, range ? MDBX_GET_BOTH_RANGE : MDBX_GET_BOTH);
  if (rc != MDBX_BAD_VALSIZE)
    return rc;
  return table_find_other_length(txn_of(cursor), cursor->dbi, cursor->engine, key, data, range);
}

static int go_to_missed_value(struct shim_cursor *cursor) {
  MDBX_val key = {cursor->missed, cursor->missed_key};
  MDBX_val data = {cursor->missed + cursor->missed_key, cursor->missed_value};
  const int rc = find_pair(cursor, &key, &data, true);
  if (rc == MDBX_NOTFOUND)
    return go_behind_values(cursor, &key);
  cursor->place = PLACE_AT;
  return rc;
}

void cursors_leave(MDB_txn *txn) {
  for (struct shim_cursor *cursor = txn->cursors; cursor; cursor = cursor->next) {
    MDBX_val k, d;
    const bool has_place =
        cursor->place == PLACE_AT || cursor->place == PLACE_NO_VALUE || cursor->place == PLACE_BEHIND_VALUES;
    cursor->loose = true;
    if (!has_place)
      continue;
    cursor->place = PLACE_NONE;
    if (engine_get(cursor, &k, &d, MDBX_GET_CURRENT) != MDBX_SUCCESS)
      continue;
    const MDB_val key = {k.iov_len, k.iov_base}, data = {d.iov_len, d.iov_base};
    note_missed(cursor, &key, cursor->multi ? &data : NULL);
    if (cursor->place != PLACE_NONE)
      cursor->place = PLACE_LEFT;
  }
}

/* In the renewed transaction: moves to its record, or to the record that follows it now. */
static int come_back(struct shim_cursor *cursor) {
  int rc = mdbx_cursor_bind(cursor->txn->engine, cursor->engine, cursor->dbi);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor->loose = false;
  if (cursor->place != PLACE_LEFT)
    return MDBX_SUCCESS;
  MDBX_val key = {cursor->missed, cursor->missed_key},
           data = {cursor->missed + cursor->missed_key, cursor->missed_value};
  rc = MDBX_NOTFOUND;
  if (cursor->multi)
    rc = engine_get(cursor, &key, &data, MDBX_GET_BOTH_RANGE);
  if (rc == MDBX_NOTFOUND)
    rc = engine_get(cursor, &key, &data, MDBX_SET_RANGE);
  cursor->place = PLACE_AT;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

/* Whether the cursor can be used now. */
static int check_cursor(struct shim_cursor *cursor) {
  if (!cursor)
    return EINVAL;
  if (!cursor->txn || !cursor->txn->env || !cursor->txn->engine || cursor->txn->reset)
    return MDB_BAD_TXN;
  return cursor->loose ? come_back(cursor) : 0;
}

static int settle(struct shim_cursor *cursor) {
  if (cursor->place == PLACE_MISSED_KEY)
    return go_to_missed_key(cursor);
  return cursor->place == PLACE_MISSED_BOTH ? go_to_missed_value(cursor) : MDBX_SUCCESS;
}

/* ----------------------------------------------------------------------------------------------------------- searches */

static int check_search(const struct shim_cursor *cursor, const MDB_val *key, const MDB_val *data, MDB_cursor_op op) {
  const bool both = op == MDB_GET_BOTH || op == MDB_GET_BOTH_RANGE;
  if (both && !data)
    return EINVAL;
  if (both && !cursor->multi)
    return MDB_INCOMPATIBLE;
  if (!key)
    return EINVAL;
  return key->mv_size ? 0 : MDB_BAD_VALSIZE;
}

static bool table_is_empty(struct shim_cursor *cursor) {
  MDBX_stat stat;
  const MDB_txn *txn = txn_of(cursor);
  return mdbx_dbi_stat(txn->engine, cursor->dbi, &stat, sizeof(stat)) == MDBX_SUCCESS && !stat.ms_entries;
}

/* In an empty table there is no position. */
static int nothing_there(struct shim_cursor *cursor) {
  if (!table_is_empty(cursor))
    return MDBX_NOTFOUND;
  cursor->place = PLACE_NONE;
  return EINVAL;
}

void cursors_emptied(MDB_txn *txn, MDB_dbi dbi) {
  MDBX_stat stat;
  if (mdbx_dbi_stat(txn->engine, dbi, &stat, sizeof(stat)) != MDBX_SUCCESS || stat.ms_entries)
    return;
  for (; txn; txn = txn->parent)
    for (struct shim_cursor *cursor = txn->cursors; cursor; cursor = cursor->next)
      if (cursor->dbi == dbi)
        cursor->place = PLACE_NONE;
}

static int search(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  int rc = check_search(cursor, key, data, op);
  if (rc != 0)
    return rc;
  const bool both = op == MDB_GET_BOTH || op == MDB_GET_BOTH_RANGE;
  MDBX_val k = to_engine(key), d = {NULL, 0};
  if (both)
    d = to_engine(data);
  rc = both ? find_pair(cursor, &k, &d, op == MDB_GET_BOTH_RANGE) : engine_get(cursor, &k, &d, (MDBX_cursor_op)op);
  if (rc == MDBX_SUCCESS) {
    cursor->place = PLACE_AT;
    if (op == MDB_SET_KEY || op == MDB_SET_RANGE)
      from_engine(key, &k);
    if (data)
      from_engine(data, &d);
    return 0;
  }
  if (rc != MDBX_NOTFOUND || nothing_there(cursor) == EINVAL)
    return rc;
  if (op == MDB_SET_RANGE)
    cursor->place = PLACE_AT;
  else
    note_missed(cursor, key, both ? data : NULL);
  return rc;
}

/* -------------------------------------------------------------------------------------------------------------- moves */

static int arrive(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDBX_cursor_op op) {
  MDBX_val k = {NULL, 0}, d = {NULL, 0};
  const int rc = engine_get(cursor, &k, &d, op);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_ENODATA ? MDBX_NOTFOUND : rc;
  cursor->place = PLACE_AT;
  if (key)
    from_engine(key, &k);
  if (data)
    from_engine(data, &d);
  return MDBX_SUCCESS;
}

static int go_to_edge(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  const int rc = arrive(cursor, key, data, (MDBX_cursor_op)op);
  if (rc == MDBX_NOTFOUND)
    cursor->place = PLACE_NONE;
  return rc;
}

/* Without several values the next value is the next record. */
static MDBX_cursor_op op_for_single(MDB_cursor_op op) {
  if (op == MDB_NEXT_DUP || op == MDB_NEXT_NODUP)
    return MDBX_NEXT;
  return op == MDB_PREV_DUP || op == MDB_PREV_NODUP ? MDBX_PREV : (MDBX_cursor_op)op;
}

static int move_from_nowhere(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  switch (op) {
  case MDB_NEXT:
  case MDB_NEXT_DUP:
  case MDB_NEXT_NODUP:
    return arrive(cursor, key, data, MDBX_FIRST);
  case MDB_PREV_DUP:
    return cursor->multi ? MDBX_NOTFOUND : arrive(cursor, key, data, MDBX_LAST);
  default:
    return arrive(cursor, key, data, MDBX_LAST);
  }
}

/* At a key, but at none of its values. */
static int move_onto_value(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  switch (op) {
  case MDB_NEXT:
  case MDB_NEXT_DUP:
    return arrive(cursor, key, data, MDBX_FIRST_DUP);
  case MDB_PREV:
  case MDB_PREV_DUP:
    return arrive(cursor, key, data, MDBX_LAST_DUP);
  default:
    return arrive(cursor, key, data, (MDBX_cursor_op)op);
  }
}

static int move_from_behind(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  switch (op) {
  case MDB_NEXT:
    return arrive(cursor, key, data, MDBX_NEXT_NODUP);
  case MDB_NEXT_DUP:
    return MDBX_NOTFOUND;
  case MDB_PREV:
  case MDB_PREV_DUP:
    return arrive(cursor, key, data, MDBX_GET_CURRENT);
  default:
    return arrive(cursor, key, data, (MDBX_cursor_op)op);
  }
}

/* The key that was deleted has no more values; then the cursor is at the key that followed. */
static int end_values(struct shim_cursor *cursor) {
  const int rc = arrive(cursor, NULL, NULL, MDBX_NEXT);
  if (rc == MDBX_SUCCESS && cursor->multi && count_values(cursor) > 1)
    cursor->place = PLACE_NO_VALUE;
  return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
}

static int move(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  if (cursor->place == PLACE_NONE)
    return move_from_nowhere(cursor, key, data, op);
  const int rc = settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->place == PLACE_NO_VALUE)
    return move_onto_value(cursor, key, data, op);
  if (cursor->place == PLACE_BEHIND_VALUES)
    return move_from_behind(cursor, key, data, op);
  if (cursor->place == PLACE_DELETED && op == MDB_NEXT_DUP)
    return end_values(cursor);
  return arrive(cursor, key, data, cursor->multi ? (MDBX_cursor_op)op : op_for_single(op));
}

static bool is_deleted(const struct shim_cursor *cursor) {
  return cursor->place == PLACE_DELETED || cursor->place == PLACE_DELETED_VALUE;
}

/* After a deletion the cursor stands before the next record. */
static int get_current(struct shim_cursor *cursor, MDB_val *key, MDB_val *data) {
  int rc = settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->place == PLACE_NONE || cursor->place == PLACE_NO_VALUE)
    return EINVAL;
  if (cursor->place == PLACE_BEHIND_VALUES)
    return nothing_there(cursor);
  rc = arrive(cursor, key, data, is_deleted(cursor) ? MDBX_NEXT : MDBX_GET_CURRENT);
  return rc == MDBX_NOTFOUND ? nothing_there(cursor) : rc;
}

/* Among several values of a key the caller's key is not changed; if there is only one value, it is. */
static int go_value_edge(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  if (!data || cursor->place == PLACE_NONE)
    return EINVAL;
  if (!cursor->multi)
    return MDB_INCOMPATIBLE;
  const int rc = settle(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cursor->place == PLACE_NO_VALUE)
    return EINVAL;
  return arrive(cursor, count_values(cursor) > 1 ? NULL : key, data, (MDBX_cursor_op)op);
}

static int get_many(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  unsigned flags = 0;
  if (!data || (op == MDB_GET_MULTIPLE && cursor->place == PLACE_NONE))
    return EINVAL;
  int rc = table_flags(txn_of(cursor), cursor->dbi, &flags);
  if (rc == MDBX_SUCCESS && (!cursor->multi || !(flags & MDB_DUPFIXED)))
    rc = MDB_INCOMPATIBLE;
  if (rc == MDBX_SUCCESS)
    rc = settle(cursor);
  if (rc == MDBX_SUCCESS && cursor->place == PLACE_NONE) {
    rc = arrive(cursor, NULL, NULL, op == MDB_PREV_MULTIPLE ? MDBX_LAST : MDBX_FIRST);
    op = MDB_GET_MULTIPLE;
  }
  return rc == MDBX_SUCCESS ? arrive(cursor, op == MDB_GET_MULTIPLE ? NULL : key, data, (MDBX_cursor_op)op) : rc;
}

static int get_other(struct shim_cursor *cursor, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  switch (op) {
  case MDB_FIRST:
  case MDB_LAST:
    return go_to_edge(cursor, key, data, op);
  case MDB_GET_BOTH:
  case MDB_GET_BOTH_RANGE:
  case MDB_SET:
  case MDB_SET_KEY:
  case MDB_SET_RANGE:
    return search(cursor, key, data, op);
  case MDB_GET_CURRENT:
    return get_current(cursor, key, data);
  case MDB_FIRST_DUP:
  case MDB_LAST_DUP:
    return go_value_edge(cursor, key, data, op);
  case MDB_GET_MULTIPLE:
  case MDB_NEXT_MULTIPLE:
  case MDB_PREV_MULTIPLE:
    return get_many(cursor, key, data, op);
  default:
    return (unsigned)op > MDB_PREV_MULTIPLE ? EINVAL : move(cursor, key, data, op);
  }
}

SHIM_API int mdb_cursor_get(MDB_cursor *handle, MDB_val *key, MDB_val *data, MDB_cursor_op op) {
  struct shim_cursor *cursor = cursor_of(handle);
  const int rc = check_cursor(cursor);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  if (op == MDB_NEXT && cursor->place == PLACE_AT)
    return shim_rc(arrive(cursor, key, data, MDBX_NEXT));
  return shim_rc(get_other(cursor, key, data, op));
}

SHIM_API int mdb_cursor_count(MDB_cursor *handle, size_t *count) {
  struct shim_cursor *cursor = cursor_of(handle);
  if (!cursor || !count)
    return EINVAL;
  if (!cursor->multi)
    return MDB_INCOMPATIBLE;
  int rc = check_cursor(cursor);
  if (rc == MDBX_SUCCESS)
    rc = cursor->place == PLACE_NONE ? EINVAL : settle(cursor);
  if (rc == MDBX_SUCCESS && cursor->place == PLACE_NO_VALUE)
    rc = EINVAL;
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_count(cursor->engine, count);
  return shim_rc(rc == MDBX_SUCCESS && !*count ? nothing_there(cursor) : rc);
}

/* ------------------------------------------------------------------------------------------------------------ changes */

static int check_change(struct shim_cursor *cursor) {
  const int rc = check_cursor(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  return txn_writable(txn_of(cursor));
}

/* Replaces the value of the record under the cursor; the caller's key is ignored. */
static int put_current(struct shim_cursor *cursor, MDB_val *data, unsigned flags) {
  MDBX_val key = {NULL, 0}, old, d = to_engine(data);
  unsigned char copy[KEY_BYTES_MAX];
  if (cursor->place == PLACE_NONE)
    return EINVAL;
  int rc = settle(cursor);
  if (rc == MDBX_SUCCESS)
    rc = engine_get(cursor, &key, &old, MDBX_GET_CURRENT);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (key.iov_len > sizeof(copy))
    return MDB_BAD_VALSIZE;
  memcpy(copy, key.iov_base, key.iov_len);
  key.iov_base = copy;
  rc = mdbx_cursor_put(cursor->engine, &key, &d, (MDBX_put_flags_t)(flags & (MDB_CURRENT | MDB_RESERVE)));
  if (rc == MDBX_SUCCESS && (flags & MDB_RESERVE))
    from_engine(data, &d);
  return rc;
}

/* In an order of the program's own a value may equal another one and yet differ: then the new value replaces it. */
static int put_in_own_order(struct shim_cursor *cursor, const MDBX_val *key, MDBX_val *value) {
  int rc = mdbx_cursor_put(cursor->engine, key, value, MDBX_NODUPDATA);
  if (rc == MDBX_KEYEXIST)
    rc = table_overwrite_equal(txn_of(cursor), cursor->dbi, key, value);
  MDBX_val k = *key, d = *value;
  return rc == MDBX_SUCCESS ? engine_get(cursor, &k, &d, MDBX_GET_BOTH) : rc;
}

/* The elements of an array one after another. values[1].iov_len: how many there are, and then how many were stored. */
static int put_each_in_own_order(struct shim_cursor *cursor, const MDBX_val *key, MDBX_val *values) {
  const size_t count = values[1].iov_len;
  int rc = MDBX_SUCCESS;
  values[1].iov_len = 0;
  while (values[1].iov_len < count && rc == MDBX_SUCCESS) {
    MDBX_val value = {(char *)values[0].iov_base + values[1].iov_len * values[0].iov_len, values[0].iov_len};
    rc = put_in_own_order(cursor, key, &value);
    values[1].iov_len += rc == MDBX_SUCCESS;
  }
  return rc;
}

static int put_many(struct shim_cursor *cursor, const MDBX_val *key, MDB_val *data, unsigned flags) {
  unsigned present = 0;
  int rc = table_flags(txn_of(cursor), cursor->dbi, &present);
  MDBX_val values[2] = {to_engine(&data[0]), {NULL, data[1].mv_size}};
  data[1].mv_size = 0;
  if (rc != MDBX_SUCCESS || !cursor->multi || !(present & MDB_DUPFIXED))
    return rc == MDBX_SUCCESS ? MDB_INCOMPATIBLE : rc;
  if (flags == MDB_MULTIPLE && table_at(cursor->txn->env, cursor->dbi)->value_order)
    rc = put_each_in_own_order(cursor, key, values);
  else
    rc = mdbx_cursor_put(cursor->engine, key, values, (MDBX_put_flags_t)flags);
  data[1].mv_size = values[1].iov_len;
  return rc;
}

static int put_one(struct shim_cursor *cursor, const MDBX_val *key, MDB_val *data, unsigned flags) {
  MDBX_val d = to_engine(data);
  if (!cursor->multi)
    flags &= ~(unsigned)(MDB_NODUPDATA | MDB_APPENDDUP);
  else if (!flags && table_at(cursor->txn->env, cursor->dbi)->value_order)
    return put_in_own_order(cursor, key, &d);
  const int rc = mdbx_cursor_put(cursor->engine, key, &d, engine_put_flags(flags));
  if ((rc == MDBX_SUCCESS && (flags & MDB_RESERVE)) || (rc == MDBX_KEYEXIST && (flags & MDB_NOOVERWRITE)))
    from_engine(data, &d);
  return rc;
}

static int fit_value(struct shim_cursor *cursor, const MDB_val *data) {
  unsigned flags = 0;
  MDB_txn *txn = txn_of(cursor);
  const int rc = mdbx_dbi_flags(txn->engine, cursor->dbi, &flags);
  return rc == MDBX_SUCCESS ? table_fit_value(txn, cursor->dbi, flags, data->mv_size) : rc;
}

/* Also where the key is ignored, as with MDB_CURRENT. */
static bool sizes_are_valid(const struct shim_cursor *cursor, const MDB_val *key, const MDB_val *data) {
  return key->mv_size && key->mv_size <= KEY_BYTES_MAX && (!cursor->multi || data->mv_size <= KEY_BYTES_MAX);
}

SHIM_API int mdb_cursor_put(MDB_cursor *handle, MDB_val *key, MDB_val *data, unsigned int flags) {
  struct shim_cursor *cursor = cursor_of(handle);
  if (!cursor || !key)
    return EINVAL;
  int rc = check_change(cursor);
  if (rc == MDBX_SUCCESS && !sizes_are_valid(cursor, key, data))
    rc = MDB_BAD_VALSIZE;
  if (rc == MDBX_SUCCESS)
    rc = table_ready(txn_of(cursor), cursor->dbi, table_at(cursor->txn->env, cursor->dbi));
  if (rc == MDBX_SUCCESS && cursor->multi)
    rc = fit_value(cursor, data);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  flags &= MDB_NOOVERWRITE | MDB_NODUPDATA | MDB_CURRENT | MDB_RESERVE | MDB_APPEND | MDB_APPENDDUP | MDB_MULTIPLE;
  if (flags & MDB_CURRENT) {
    rc = put_current(cursor, data, flags);
  } else {
    const MDBX_val k = to_engine(key);
    rc = flags & MDB_MULTIPLE ? put_many(cursor, &k, data, flags) : put_one(cursor, &k, data, flags);
  }
  if (rc == MDBX_SUCCESS || rc == MDBX_KEYEXIST)
    cursor->place = PLACE_AT;
  return shim_rc(rc);
}

/* The last of several values: LMDB's cursor stays at the key, after its values. */
static int del_last_value(struct shim_cursor *cursor) {
  MDBX_val key, data;
  unsigned char copy[KEY_BYTES_MAX];
  int rc = engine_get(cursor, &key, &data, MDBX_GET_CURRENT);
  if (rc == MDBX_SUCCESS && key.iov_len > sizeof(copy))
    rc = MDB_BAD_VALSIZE;
  if (rc != MDBX_SUCCESS)
    return rc;
  memcpy(copy, key.iov_base, key.iov_len);
  key.iov_base = copy;
  rc = mdbx_cursor_del(cursor->engine, MDBX_UPSERT);
  if (rc == MDBX_SUCCESS)
    rc = engine_get(cursor, &key, &data, MDBX_SET);
  cursor->place = PLACE_BEHIND_VALUES;
  return rc == MDBX_SUCCESS ? engine_get(cursor, &key, &data, MDBX_LAST_DUP) : rc;
}

static int del_current(struct shim_cursor *cursor, bool all) {
  if (!all && cursor->place == PLACE_BEHIND_VALUES)
    return MDBX_NOTFOUND;
  MDBX_val key, data;
  int rc = is_deleted(cursor) ? engine_get(cursor, &key, &data, MDBX_NEXT) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool one_of_many = cursor->multi && !all && count_values(cursor) > 1;
  if (one_of_many && mdbx_cursor_on_last_dup(cursor->engine) == MDBX_RESULT_TRUE)
    return del_last_value(cursor);
  rc = mdbx_cursor_del(cursor->engine, all ? MDBX_NODUPDATA : MDBX_UPSERT);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!one_of_many)
    cursor->place = PLACE_DELETED;
  else if (cursor->place != PLACE_DELETED)
    cursor->place = PLACE_DELETED_VALUE;
  cursors_emptied(txn_of(cursor), cursor->dbi);
  return MDBX_SUCCESS;
}

SHIM_API int mdb_cursor_del(MDB_cursor *handle, unsigned int flags) {
  struct shim_cursor *cursor = cursor_of(handle);
  int rc = check_change(cursor);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  if (cursor->place == PLACE_NONE)
    return EINVAL;
  rc = settle(cursor);
  if (rc == MDBX_SUCCESS)
    rc = del_current(cursor, flags & MDB_NODUPDATA);
  return shim_rc(rc == MDBX_ENODATA || rc == MDBX_NOTFOUND ? nothing_there(cursor) : rc);
}

/* --------------------------------------------------------------------------------------------------- tables as records */

static int is_this_table(void *ctx, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                         const struct MDBX_stat *stat, MDBX_dbi dbi) {
  const MDBX_val *key = ctx;
  (void)txn, (void)flags, (void)stat, (void)dbi;
  return key->iov_len == name->iov_len && memcmp(key->iov_base, name->iov_base, key->iov_len) == 0 ? MDBX_RESULT_TRUE
                                                                                                   : MDBX_SUCCESS;
}

SHIM_API int mdb_cursor_is_db(MDB_cursor *handle) {
  struct shim_cursor *cursor = cursor_of(handle);
  MDBX_val key, data;
  if (check_cursor(cursor) != MDBX_SUCCESS || cursor->dbi != DBI_MAIN || cursor->place != PLACE_AT)
    return 0;
  if (engine_get(cursor, &key, &data, MDBX_GET_CURRENT) != MDBX_SUCCESS)
    return 0;
  return mdbx_enumerate_tables(txn_of(cursor)->engine, is_this_table, &key) == MDBX_RESULT_TRUE;
}
