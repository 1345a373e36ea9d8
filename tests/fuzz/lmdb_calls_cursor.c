/* SPDX-License-Identifier: Apache-2.0 */
/* The target `lmdb_calls`: cursors. From a known place every move has one right result; from another one it comes to a record. */
#include "lmdb_calls.h"

#include <errno.h>
#include <string.h>

/* The record that a move comes to, or one of these. */
enum { NONE = -1, ANY = -2 };

static struct cursor_place place_of(const struct slot *slot) {
  static const struct cursor_place unknown = {PLACE_UNKNOWN, 0, 0};
  return slot->place.changes == run.changes ? slot->place : unknown;
}

static void set_place(struct slot *slot, enum place_kind kind, size_t at) {
  slot->place = (struct cursor_place){kind, at, run.changes};
}

void do_cursor_open(int table) {
  struct slot *slot = &run.slot[draw(CURSORS)];
  if (slot->cursor)
    mdb_cursor_close(slot->cursor);
  const int rc = FAULTY(mdb_cursor_open(txn(), run.dbi[table], &slot->cursor));
  if (has_failed(rc)) {
    slot->cursor = NULL;
    return;
  }
  FUZZ_MUST(rc == MDB_SUCCESS);
  slot->table = table;
  slot->level = run.depth;
  set_place(slot, PLACE_UNKNOWN, 0);
  FUZZ_MUST(mdb_cursor_dbi(slot->cursor) == run.dbi[table] && mdb_cursor_txn(slot->cursor) == txn());
}

static struct slot *draw_slot(void) {
  struct slot *slot = &run.slot[draw(CURSORS)];
  return slot->cursor ? slot : NULL;
}

static long first_of(const struct pairs *pairs, size_t at) {
  const MDBX_val key = pair_key(pairs, at);
  bool there;
  return (long)pairs_seek(pairs, &key, NULL, &there);
}

static long behind_of(const struct pairs *pairs, size_t at) {
  const MDBX_val key = pair_key(pairs, at);
  return (long)pairs_behind(pairs, &key);
}

static long within(const struct pairs *pairs, long at) { return at >= 0 && at < (long)pairs->count ? at : NONE; }

static long expected_here(const struct pairs *pairs, size_t at, MDB_cursor_op op) {
  const long here = (long)at, first = first_of(pairs, at), behind = behind_of(pairs, at);
  switch (op) {
  case MDB_GET_CURRENT:
    return here;
  case MDB_NEXT:
    return within(pairs, here + 1);
  case MDB_PREV:
    return within(pairs, here - 1);
  case MDB_NEXT_NODUP:
    return within(pairs, behind);
  case MDB_PREV_NODUP:
    return within(pairs, first - 1);
  case MDB_NEXT_DUP:
    return within(pairs, !pairs->several || here + 1 < behind ? here + 1 : NONE);
  case MDB_PREV_DUP:
    return within(pairs, !pairs->several || here > first ? here - 1 : NONE);
  case MDB_FIRST_DUP:
    return first;
  case MDB_LAST_DUP:
    return behind - 1;
  default:
    return ANY;
  }
}

/* The record that was deleted had no other values of its key beside it. */
static long expected_after_deletion(const struct pairs *pairs, size_t at, MDB_cursor_op op) {
  if (op == MDB_NEXT || op == MDB_NEXT_NODUP)
    return within(pairs, (long)at);
  return op == MDB_PREV || op == MDB_PREV_NODUP ? within(pairs, (long)at - 1) : ANY;
}

static long expected_of_search(const struct pairs *pairs, MDB_cursor_op op, const MDBX_val *key,
                               const MDBX_val *value) {
  bool there, key_there;
  const long at = (long)pairs_seek(pairs, key, NULL, &key_there);
  if (op == MDB_SET_RANGE)
    return within(pairs, at);
  if (op == MDB_SET || op == MDB_SET_KEY)
    return key_there ? at : NONE;
  const long pair = (long)pairs_seek(pairs, key, value, &there);
  if (op == MDB_GET_BOTH)
    return there ? pair : NONE;
  return key_there && pair < (long)pairs_behind(pairs, key) ? pair : NONE;
}

static long expected_of(const struct slot *slot, MDB_cursor_op op, const MDBX_val *key, const MDBX_val *value) {
  const struct pairs *pairs = &run.live[slot->table];
  const struct cursor_place place = place_of(slot);
  switch (op) {
  case MDB_FIRST:
    return within(pairs, 0);
  case MDB_LAST:
    return within(pairs, (long)pairs->count - 1);
  case MDB_SET:
  case MDB_SET_KEY:
  case MDB_SET_RANGE:
  case MDB_GET_BOTH:
  case MDB_GET_BOTH_RANGE:
    return expected_of_search(pairs, op, key, value);
  default:
    if (place.kind == PLACE_AT)
      return expected_here(pairs, place.at, op);
    return place.kind == PLACE_DELETED ? expected_after_deletion(pairs, place.at, op) : ANY;
  }
}

static bool is_search(MDB_cursor_op op) {
  return op == MDB_SET || op == MDB_SET_KEY || op == MDB_SET_RANGE || op == MDB_GET_BOTH || op == MDB_GET_BOTH_RANGE;
}

/* True if it was; the other functions are not asked then. */
static bool is_refused(const struct slot *slot, MDB_cursor_op op, const MDBX_val *key, int rc) {
  const bool of_values = op == MDB_GET_BOTH || op == MDB_GET_BOTH_RANGE || op == MDB_FIRST_DUP || op == MDB_LAST_DUP;
  if (of_values && !run.live[slot->table].several) {
    FUZZ_MUST(rc == MDB_INCOMPATIBLE || (rc == EINVAL && (op == MDB_FIRST_DUP || op == MDB_LAST_DUP)));
    return true;
  }
  if (!is_search(op) || key->iov_len)
    return false;
  FUZZ_MUST(rc == MDB_BAD_VALSIZE);
  return true;
}

/* At a record that is there, if the move tells which. */
static void note_unexpected(struct slot *slot, const MDB_val *key, const MDB_val *value) {
  const MDBX_val k = {key->mv_data, key->mv_size}, v = {value->mv_data, value->mv_size};
  bool there;
  const size_t at = pairs_seek(&run.live[slot->table], &k, &v, &there);
  FUZZ_MUST(there && val_equal(&v, &(MDBX_val){pair_value(&run.live[slot->table], at).iov_base, v.iov_len}));
  set_place(slot, PLACE_AT, at);
}

static void compare_move(struct slot *slot, MDB_cursor_op op, const MDBX_val *sought, long expected, int rc,
                         const MDB_val *key, const MDB_val *value) {
  const struct pairs *pairs = &run.live[slot->table];
  FUZZ_MUST(rc == (expected == NONE ? MDB_NOTFOUND : MDB_SUCCESS) ||
            (expected == NONE && !pairs->count && rc == EINVAL));
  set_place(slot, PLACE_UNKNOWN, 0);
  if (expected == NONE)
    return;
  const size_t at = (size_t)expected;
  if (op == MDB_SET || op == MDB_GET_BOTH || op == MDB_GET_BOTH_RANGE)
    FUZZ_MUST(lmdb_equal(key, *sought));
  else if (op != MDB_FIRST_DUP && op != MDB_LAST_DUP)
    FUZZ_MUST(lmdb_equal(key, pair_key(pairs, at)));
  FUZZ_MUST(lmdb_equal(value, pair_value(pairs, at)));
  set_place(slot, PLACE_AT, at);
}

void do_cursor_get(void) {
  struct slot *slot = draw_slot();
  const MDB_cursor_op op = (MDB_cursor_op)draw(MDB_PREV_MULTIPLE + 2);
  if (!slot)
    return;
  const MDBX_val key = draw_key(slot->table), value = draw_value(slot->table);
  MDB_val k = lmdb_val(key), v = lmdb_val(value);
  const long expected = expected_of(slot, op, &key, &value);
  const int rc = mdb_cursor_get(slot->cursor, &k, &v, op);
  fuzz_trace("  cursor of table %d, move %d: %d; the record %ld is expected", slot->table, (int)op, rc, expected);
  FUZZ_MUST(rc != MDB_CORRUPTED && rc != MDB_PANIC);
  FUZZ_MUST(op <= MDB_PREV_MULTIPLE || rc == EINVAL);
  if (is_refused(slot, op, &key, rc) || op > MDB_PREV_MULTIPLE) {
    set_place(slot, PLACE_UNKNOWN, 0);
    return;
  }
  if (expected != ANY) {
    compare_move(slot, op, &key, expected, rc, &k, &v);
    return;
  }
  set_place(slot, PLACE_UNKNOWN, 0);
  const bool pages = op == MDB_GET_MULTIPLE || op == MDB_NEXT_MULTIPLE || op == MDB_PREV_MULTIPLE;
  if (rc == MDB_SUCCESS && !pages && op != MDB_FIRST_DUP && op != MDB_LAST_DUP)
    note_unexpected(slot, &k, &v);
}

/* Where the cursor is, asked if it is not known. False: nowhere. */
static bool find_place(struct slot *slot, size_t *at) {
  const struct cursor_place place = place_of(slot);
  MDB_val key, value;
  if (place.kind != PLACE_AT) {
    const int rc = mdb_cursor_get(slot->cursor, &key, &value, MDB_GET_CURRENT);
    FUZZ_MUST(rc == MDB_SUCCESS || rc == EINVAL || rc == MDB_NOTFOUND);
    if (rc != MDB_SUCCESS)
      return false;
    note_unexpected(slot, &key, &value);
  }
  *at = slot->place.at;
  return true;
}

static void count_values(const struct slot *slot, size_t at) {
  const struct pairs *pairs = &run.live[slot->table];
  size_t count;
  const int rc = mdb_cursor_count(slot->cursor, &count);
  FUZZ_MUST(rc == (pairs->several ? MDB_SUCCESS : MDB_INCOMPATIBLE));
  FUZZ_MUST(rc != MDB_SUCCESS || (long)count == behind_of(pairs, at) - first_of(pairs, at));
}

/* The value of the cursor's record; the key is not looked at. Where a key has several, it goes to its place among them. */
static void put_current(struct slot *slot, size_t at) {
  struct pairs *pairs = &run.live[slot->table];
  const MDBX_val wanted = draw_value(slot->table), old = pair_key(pairs, at);
  uint8_t copy[KEY_MOST];
  FUZZ_MUST(old.iov_len <= KEY_MOST);
  memcpy(copy, old.iov_base, old.iov_len);
  const MDBX_val key = {copy, old.iov_len};
  MDB_val k = lmdb_val(key), v = lmdb_val(wanted);
  if (!changed(FAULTY(mdb_cursor_put(slot->cursor, &k, &v, MDB_CURRENT))))
    return;
  if (pairs->several)
    pairs_remove(pairs, at, at + 1);
  const size_t new = pairs_put(pairs, &key, &wanted);
  run.changes += 1;
  set_place(slot, PLACE_AT, new);
}

static void put_anywhere(struct slot *slot, unsigned flags) {
  struct pairs *pairs = &run.live[slot->table];
  const MDBX_val key = draw_key(slot->table), wanted = draw_value(slot->table);
  MDB_val k = lmdb_val(key), v = lmdb_val(wanted);
  bool key_there, pair_there;
  if (!key.iov_len)
    return;
  pairs_seek(pairs, &key, NULL, &key_there);
  pairs_seek(pairs, &key, &wanted, &pair_there);
  const bool refused = flags & MDB_NOOVERWRITE ? key_there : flags & MDB_NODUPDATA && pairs->several && pair_there;
  const int rc = FAULTY(mdb_cursor_put(slot->cursor, &k, &v, flags));
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (refused ? MDB_KEYEXIST : MDB_SUCCESS));
  set_place(slot, PLACE_UNKNOWN, 0);
  if (refused)
    return;
  const size_t at = pairs_put(pairs, &key, &wanted);
  run.changes += 1;
  set_place(slot, PLACE_AT, at);
}

/* At the end of the table, or of the values of its last key, with a cursor of its own. */
void do_append(int table) {
  struct pairs *pairs = &run.live[table];
  const bool among_values = pairs->several && draw(2);
  const MDBX_val drawn = draw_key(table), wanted = draw_value(table);
  MDBX_val key = drawn;
  uint8_t copy[KEY_MOST];
  MDB_cursor *cursor;
  bool there, refused = false;
  if (!drawn.iov_len)
    return;
  if (among_values && pairs->count) {
    const MDBX_val last_key = pair_key(pairs, pairs->count - 1), last = pair_value(pairs, pairs->count - 1);
    memcpy(copy, last_key.iov_base, last_key.iov_len);
    key = (MDBX_val){copy, last_key.iov_len};
    refused = pairs->value_order(&last, &wanted) >= 0;
  } else if (!among_values)
    refused = pairs_seek(pairs, &key, NULL, &there) < pairs->count;
  MDB_val k = lmdb_val(key), v = lmdb_val(wanted);
  FUZZ_OK(mdb_cursor_open(txn(), run.dbi[table], &cursor));
  const int rc = FAULTY(mdb_cursor_put(cursor, &k, &v, among_values ? MDB_APPENDDUP : MDB_APPEND));
  mdb_cursor_close(cursor);
  fuzz_trace("  append, among values %d: %d, refused %d", (int)among_values, rc, (int)refused);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (refused ? MDB_KEYEXIST : MDB_SUCCESS));
  if (refused)
    return;
  pairs_put(pairs, &key, &wanted);
  run.changes += 1;
}

void do_cursor_put(void) {
  static const unsigned all[] = {0, MDB_NOOVERWRITE, MDB_NODUPDATA};
  struct slot *slot = draw_slot();
  const unsigned how = draw(5);
  size_t at;
  if (!slot)
    return;
  if (how < 3)
    put_anywhere(slot, all[how]);
  else if (find_place(slot, &at)) {
    count_values(slot, at);
    put_current(slot, at);
  }
}

void do_cursor_delete(void) {
  struct slot *slot = draw_slot();
  const bool all = draw(2);
  size_t at;
  if (!slot || !find_place(slot, &at))
    return;
  struct pairs *pairs = &run.live[slot->table];
  const size_t first = (size_t)first_of(pairs, at), behind = (size_t)behind_of(pairs, at);
  if (!changed(FAULTY(mdb_cursor_del(slot->cursor, all ? MDB_NODUPDATA : 0))))
    return;
  const size_t from = all ? first : at;
  pairs_remove(pairs, from, all ? behind : at + 1);
  run.changes += 1;
  set_place(slot, !pairs->several && pairs->count ? PLACE_DELETED : PLACE_UNKNOWN, from);
}
