/* SPDX-License-Identifier: Apache-2.0 */
/* Searches for values of lengths that the table does not have, or cannot have: doc/lmdb.md says what they find. */
#include "lmdb_calls.h"

#include <string.h>

enum { SOUGHT_MOST = 4000 };

/* The order of a stored value and the one sought. An integer is compared as if it had the stored length. */
static int order_of(int table, const MDBX_val *stored, const MDBX_val *sought) {
  if (!(kind_flags[table] & MDB_INTEGERDUP))
    return run.live[table].value_order(stored, sought);
  uint32_t left, right = 0;
  memcpy(&left, stored->iov_base, sizeof(left));
  memcpy(&right, sought->iov_base, sought->iov_len < sizeof(right) ? sought->iov_len : sizeof(right));
  return left < right ? -1 : left > right;
}

/* A stored value of the key that is cut, or has more bytes before or behind. A step has few bytes: each chooses several things. */
static MDBX_val draw_sought(const MDBX_val *stored, unsigned longer) {
  static const size_t added[] = {0, 1, 4, 30, 60, 200, 1000, 3000};
  static uint8_t bytes[SOUGHT_MOST];
  const unsigned shape = draw(18);
  const size_t more = added[longer], less = shape % 3, at = shape >= 9 ? more : 0;
  const size_t kept = stored->iov_len > less ? stored->iov_len - less : stored->iov_len;
  FUZZ_MUST(kept + more <= sizeof(bytes));
  memset(bytes, (int)(shape / 3 % 3 * 100), kept + more);
  memcpy(bytes + at, stored->iov_base, kept);
  return (MDBX_val){bytes, kept + more};
}

static void search(int table, const MDBX_val *key, const MDBX_val *sought, size_t wanted, bool range) {
  MDB_val k = lmdb_val(*key), v = lmdb_val(*sought);
  MDB_cursor *cursor;
  FUZZ_OK(mdb_cursor_open(txn(), run.dbi[table], &cursor));
  const int rc = mdb_cursor_get(cursor, &k, &v, range ? MDB_GET_BOTH_RANGE : MDB_GET_BOTH);
  fuzz_trace("  search of %zu bytes, range %d: %d", sought->iov_len, (int)range, rc);
  FUZZ_MUST(rc == (wanted == SIZE_MAX ? MDB_NOTFOUND : MDB_SUCCESS));
  FUZZ_MUST(rc != MDB_SUCCESS || lmdb_equal(&v, pair_value(&run.live[table], wanted)));
  mdb_cursor_close(cursor);
}

static void delete_it(int table, const MDBX_val *key, const MDBX_val *sought, size_t wanted) {
  MDB_val k = lmdb_val(*key), v = lmdb_val(*sought);
  const int rc = FAULTY(mdb_del(txn(), run.dbi[table], &k, &v));
  fuzz_trace("  deletion by %zu bytes: %d", sought->iov_len, rc);
  if (has_failed(rc))
    return;
  FUZZ_MUST(rc == (wanted == SIZE_MAX ? MDB_NOTFOUND : MDB_SUCCESS));
  if (rc != MDB_SUCCESS)
    return;
  pairs_remove(&run.live[table], wanted, wanted + 1);
  run.changes += 1;
}

void do_other_length(int table) {
  const struct pairs *pairs = &run.live[table];
  if (!pairs->several || !pairs->count)
    return;
  const size_t some = draw(256) * pairs->count / 256;
  const MDBX_val key = pair_key(pairs, some), like = pair_value(pairs, some);
  const unsigned what = draw(24);
  const MDBX_val sought = draw_sought(&like, what % 8);
  bool there;
  size_t at = pairs_seek(pairs, &key, NULL, &there);
  const size_t behind = pairs_behind(pairs, &key);
  int order = -1;
  for (; at < behind; ++at) {
    const MDBX_val stored = pair_value(pairs, at);
    order = order_of(table, &stored, &sought);
    if (order >= 0)
      break;
  }
  const size_t next = at < behind ? at : SIZE_MAX, same = order == 0 ? at : SIZE_MAX;
  switch (what / 8) {
  case 0:
    search(table, &key, &sought, next, true);
    break;
  case 1:
    search(table, &key, &sought, same, false);
    break;
  default:
    delete_it(table, &key, &sought, same);
  }
}
