/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Searches for a value of a length that the table cannot have: another one than those stored with MDB_DUPFIXED, or a
 * longer one than any value that the engine stores.
 *
 * The engine returns an error; LMDB searches with its order. So this module extends or cuts the value to a possible
 * length, in such a way that no stored value lies between the two, searches for the result, and compares what it finds
 * in LMDB's order.
 */
#include "shim.h"

/* The bytes of an integer that LMDB compares: the value's first ones, or all. */
static void fit_integer(unsigned char *fitted, size_t length, const MDBX_val *value) {
  memset(fitted, 0, length);
  const size_t common = value->iov_len < length ? value->iov_len : length;
  if (common)
    memcpy(fitted, value->iov_base, common);
}

/* Added zero bytes are not greater than the bytes of a longer stored value. */
static void fit_bytes(unsigned char *fitted, size_t length, const MDBX_val *value, bool reverse) {
  const unsigned char *bytes = value->iov_base;
  const size_t common = value->iov_len < length ? value->iov_len : length;
  memset(fitted, 0, length);
  if (common && reverse)
    memcpy(fitted + length - common, bytes + value->iov_len - common, common);
  else if (common)
    memcpy(fitted, bytes, common);
}

/* Compares the stored value with the one sought. */
static int compare_lengths(unsigned flags, const unsigned char *fitted, const MDBX_val *stored,
                           const MDBX_val *sought) {
  const int order = memcmp(stored->iov_base, fitted, stored->iov_len);
  if (order != 0)
    return 1; /* the search went no further down than needed */
  if (flags & MDB_INTEGERDUP)
    return 0;
  return stored->iov_len < sought->iov_len ? -1 : 1;
}

/* If the program orders the values itself, only its order can decide. */
static int walk_in_order(const struct shim_table *table, MDBX_cursor *cursor, MDBX_val *key, MDBX_val *stored,
                         const MDBX_val *sought, bool range) {
  const MDB_val wanted = {sought->iov_len, sought->iov_base};
  int rc = mdbx_cursor_get(cursor, key, stored, MDBX_SET_KEY);
  while (rc == MDBX_SUCCESS) {
    const MDB_val seen = {stored->iov_len, stored->iov_base};
    const int order = table->value_order(&seen, &wanted);
    if (order == 0 || (order > 0 && range))
      return MDBX_SUCCESS;
    rc = order > 0 ? MDBX_NOTFOUND : mdbx_cursor_get(cursor, key, stored, MDBX_NEXT_DUP);
  }
  return rc;
}

static int search_fitted(unsigned flags, MDBX_cursor *cursor, MDBX_val *key, MDBX_val *stored, const MDBX_val *sought,
                         bool range) {
  unsigned char fitted[KEY_BYTES_MAX];
  const size_t length = stored->iov_len;
  if (length > sizeof(fitted))
    return MDB_BAD_VALSIZE;
  if (flags & MDB_INTEGERDUP)
    fit_integer(fitted, length, sought);
  else
    fit_bytes(fitted, length, sought, flags & MDB_REVERSEDUP);
  *stored = (MDBX_val){fitted, length};
  int rc = mdbx_cursor_get(cursor, key, stored, MDBX_GET_BOTH_RANGE);
  if (rc != MDBX_SUCCESS)
    return rc;
  const int order = compare_lengths(flags, fitted, stored, sought);
  if (order != 0 && !range)
    return MDBX_NOTFOUND;
  return order < 0 ? mdbx_cursor_get(cursor, key, stored, MDBX_NEXT_DUP) : MDBX_SUCCESS;
}

/* Of the bytes that are compared first as many as a value can have. Only the stored value that has exactly these is
 * less than the one sought, and not less than them. */
static int search_cut(unsigned flags, size_t longest, MDBX_cursor *cursor, MDBX_val *key, MDBX_val *stored,
                      const MDBX_val *sought, bool range) {
  if (!range)
    return MDBX_NOTFOUND;
  unsigned char *bytes = sought->iov_base;
  const MDBX_val cut = {flags & MDB_REVERSEDUP ? bytes + sought->iov_len - longest : bytes, longest};
  *stored = cut;
  const int rc = mdbx_cursor_get(cursor, key, stored, MDBX_GET_BOTH_RANGE);
  if (rc != MDBX_SUCCESS || stored->iov_len != longest || memcmp(stored->iov_base, cut.iov_base, longest) != 0)
    return rc;
  return mdbx_cursor_get(cursor, key, stored, MDBX_NEXT_DUP);
}

static int search_stored_lengths(const MDB_txn *txn, unsigned flags, MDBX_cursor *cursor, MDBX_val *key,
                                 MDBX_val *stored, const MDBX_val *sought, bool range) {
  if (flags & MDB_DUPFIXED)
    return search_fitted(flags, cursor, key, stored, sought, range);
  const int longest = mdbx_env_get_maxvalsize_ex(txn->env->engine, (MDBX_db_flags_t)flags);
  if (longest < 0 || sought->iov_len <= (size_t)longest)
    return MDB_BAD_VALSIZE;
  return search_cut(flags, (size_t)longest, cursor, key, stored, sought, range);
}

int table_find_other_length(MDB_txn *txn, MDB_dbi dbi, MDBX_cursor *cursor, MDBX_val *key, MDBX_val *value,
                            bool range) {
  const struct shim_table *table = table_at(txn->env, dbi);
  const MDBX_val sought = *value;
  unsigned flags;
  MDBX_val k = *key, stored;
  int rc = mdbx_dbi_flags(txn->engine, dbi, &flags);
  if (rc == MDBX_SUCCESS && !(flags & MDB_DUPSORT))
    rc = MDB_BAD_VALSIZE;
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_get(cursor, &k, &stored, MDBX_SET_KEY);
  if (rc == MDBX_SUCCESS)
    rc = table->value_order ? walk_in_order(table, cursor, &k, &stored, &sought, range)
                            : search_stored_lengths(txn, flags, cursor, &k, &stored, &sought, range);
  if (rc == MDBX_SUCCESS) {
    *key = k;
    *value = stored;
  }
  return rc;
}
