/* SPDX-License-Identifier: Apache-2.0 */
#include "pairs.h"

#include <stdlib.h>
#include <string.h>

void pairs_init(struct pairs *pairs, unsigned table_flags) {
  memset(pairs, 0, sizeof(*pairs));
  pairs->key_order = mdbx_get_keycmp((MDBX_db_flags_t)table_flags);
  pairs->value_order = mdbx_get_datacmp((MDBX_db_flags_t)table_flags);
  pairs->several = table_flags & MDBX_DUPSORT;
}

void pairs_clear(struct pairs *pairs) {
  pairs_remove(pairs, 0, pairs->count);
  free(pairs->items);
  pairs->items = NULL;
  pairs->capacity = 0;
}

MDBX_val pair_key(const struct pairs *pairs, size_t at) {
  return (MDBX_val){pairs->items[at].bytes, pairs->items[at].key_length};
}

MDBX_val pair_value(const struct pairs *pairs, size_t at) {
  const struct pair *pair = &pairs->items[at];
  return (MDBX_val){pair->bytes + pair->key_length, pair->value_length};
}

void pairs_copy(struct pairs *to, const struct pairs *from) {
  *to = *from;
  to->items = NULL;
  to->count = to->capacity = 0;
  for (size_t i = 0; i < from->count; ++i) {
    const MDBX_val key = pair_key(from, i), value = pair_value(from, i);
    pairs_append(to, &key, &value);
  }
}

static struct pair make_pair(const MDBX_val *key, const MDBX_val *value) {
  struct pair pair = {key->iov_len, value->iov_len, malloc(key->iov_len + value->iov_len + 1)};
  if (key->iov_len)
    memcpy(pair.bytes, key->iov_base, key->iov_len);
  if (value->iov_len)
    memcpy(pair.bytes + key->iov_len, value->iov_base, value->iov_len);
  return pair;
}

static int compare(const struct pairs *pairs, size_t at, const MDBX_val *key, const MDBX_val *value) {
  const MDBX_val own_key = pair_key(pairs, at), own_value = pair_value(pairs, at);
  const int order = pairs->key_order(&own_key, key);
  return order || !value || !pairs->several ? order : pairs->value_order(&own_value, value);
}

size_t pairs_seek(const struct pairs *pairs, const MDBX_val *key, const MDBX_val *value, bool *exact) {
  size_t low = 0, high = pairs->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (compare(pairs, middle, key, value) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  *exact = low < pairs->count && compare(pairs, low, key, value) == 0;
  return low;
}

size_t pairs_behind(const struct pairs *pairs, const MDBX_val *key) {
  bool exact;
  size_t at = pairs_seek(pairs, key, NULL, &exact);
  while (at < pairs->count && compare(pairs, at, key, NULL) == 0)
    ++at;
  return at;
}

static void insert(struct pairs *pairs, size_t at, const MDBX_val *key, const MDBX_val *value) {
  if (pairs->count == pairs->capacity) {
    pairs->capacity = pairs->capacity ? 2 * pairs->capacity : 32;
    pairs->items = realloc(pairs->items, pairs->capacity * sizeof(*pairs->items));
  }
  memmove(pairs->items + at + 1, pairs->items + at, (pairs->count - at) * sizeof(*pairs->items));
  pairs->items[at] = make_pair(key, value);
  pairs->count += 1;
}

size_t pairs_put(struct pairs *pairs, const MDBX_val *key, const MDBX_val *value) {
  bool exact;
  const size_t at = pairs_seek(pairs, key, value, &exact);
  /* The value may be one of those that go. */
  const struct pair old = exact ? pairs->items[at] : (struct pair){0, 0, NULL};
  if (exact)
    pairs->items[at] = make_pair(key, value);
  else
    insert(pairs, at, key, value);
  free(old.bytes);
  return at;
}

void pairs_append(struct pairs *pairs, const MDBX_val *key, const MDBX_val *value) {
  insert(pairs, pairs->count, key, value);
}

void pairs_remove(struct pairs *pairs, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    free(pairs->items[i].bytes);
  if (pairs->count > to)
    memmove(pairs->items + from, pairs->items + to, (pairs->count - to) * sizeof(*pairs->items));
  pairs->count -= to - from;
}

void pairs_bunch(const struct pairs *pairs, size_t at, MDBX_bunch_action_t action, size_t *from, size_t *to) {
  const MDBX_val key = pair_key(pairs, at);
  bool there;
  const size_t first = pairs_seek(pairs, &key, NULL, &there), behind = pairs_behind(pairs, &key);
  const size_t froms[] = {at, first, first, at, at + 1, first, 0, 0, at, at + 1, 0};
  const size_t tos[] = {at + 1, at,     at + 1,       behind,       behind,      behind,
                        at,     at + 1, pairs->count, pairs->count, pairs->count};
  *from = froms[action];
  *to = tos[action];
}

void pairs_compare(MDBX_txn *txn, MDBX_dbi dbi, const struct pairs *wanted) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  MDBX_stat stat;
  size_t at = 0;
  FUZZ_OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  FUZZ_MUST(stat.ms_entries == wanted->count);
  FUZZ_OK(mdbx_cursor_open(txn, dbi, &cursor));
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), ++at) {
    FUZZ_MUST(at < wanted->count);
    const MDBX_val wanted_key = pair_key(wanted, at), wanted_value = pair_value(wanted, at);
    FUZZ_MUST(val_equal(&key, &wanted_key) && val_equal(&value, &wanted_value));
  }
  FUZZ_MUST(rc == MDBX_NOTFOUND && at == wanted->count);
  mdbx_cursor_close(cursor);
}

bool pairs_are_there(MDBX_txn *txn, MDBX_dbi dbi, const struct pairs *wanted) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  size_t at = 0;
  FUZZ_OK(mdbx_cursor_open(txn, dbi, &cursor));
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (; rc == MDBX_SUCCESS && at < wanted->count; rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), ++at) {
    const MDBX_val wanted_key = pair_key(wanted, at), wanted_value = pair_value(wanted, at);
    if (!val_equal(&key, &wanted_key) || !val_equal(&value, &wanted_value))
      break;
  }
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND && at == wanted->count;
}
