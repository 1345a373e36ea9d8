/* SPDX-License-Identifier: Apache-2.0 */
#include "format/compare.h"

static void reverse_bytes(const uint8_t *from, size_t length, uint8_t *to) {
  if (length == sizeof(uint64_t)) {
    put_u64(to, __builtin_bswap64(get_u64(from)));
    return;
  }
  for (size_t i = 0; i < length; ++i)
    to[i] = from[length - 1 - i];
}

void key_normalise(enum key_order order, const uint8_t *raw, size_t length, uint8_t *to) {
  /* On a little-endian machine the big-endian value of an integer is its bytes reversed. */
  if (order == ORDER_REVERSE || order == ORDER_INTEGER)
    reverse_bytes(raw, length, to);
  else if (length)
    memcpy(to, raw, length);
}

void key_prepare(struct seek_key *key, enum key_order order, const void *raw, size_t length, uint8_t *scratch) {
  key->raw = raw;
  key->norm = raw;
  key->length = length;
  if (order == ORDER_INTEGER && length <= sizeof(key->store)) {
    reverse_bytes(raw, length, key->store);
    key->norm = key->store;
  } else if (order == ORDER_REVERSE) {
    reverse_bytes(raw, length, scratch);
    key->norm = scratch;
  }
}

static int compare_reverse(const uint8_t *a, size_t a_length, const uint8_t *b, size_t b_length) {
  const size_t shorter = MIN_OF(a_length, b_length);
  for (size_t i = 1; i <= shorter; ++i) {
    const int diff = a[a_length - i] - b[b_length - i];
    if (diff)
      return diff;
  }
  return (a_length > b_length) - (a_length < b_length);
}

static int compare_u64(uint64_t a, uint64_t b) { return (a > b) - (a < b); }

static int compare_integer(const void *a, size_t a_length, const void *b, size_t b_length) {
  if (likely(a_length == 8 && b_length == 8))
    return compare_u64(get_u64(a), get_u64(b));
  if (a_length == 4 && b_length == 4)
    return compare_u64(get_u32(a), get_u32(b));
  /* This happens only with a damaged page or mixed sizes; any consistent order is good enough. */
  return compare_reverse(a, a_length, b, b_length);
}

int key_compare_raw(const struct key_rules *rules, const void *a, size_t a_length, const void *b, size_t b_length) {
  switch (rules->order) {
  case ORDER_BYTES:
    return compare_bytes(a, a_length, b, b_length);
  case ORDER_INTEGER:
    return compare_integer(a, a_length, b, b_length);
  case ORDER_REVERSE:
    return compare_reverse(a, a_length, b, b_length);
  default:
    break;
  }
  const MDBX_val left = val_of(a, a_length);
  const MDBX_val right = val_of(b, b_length);
  return rules->user.with_context ? rules->user.with_context(&left, &right, rules->user.context)
                                  : rules->user.plain(&left, &right);
}

size_t common_bytes(const uint8_t *a, const uint8_t *b, size_t limit) {
  size_t i = 0;
  while (i + 8 <= limit) {
    const uint64_t diff = get_u64(a + i) ^ get_u64(b + i);
    if (diff)
      return i + (size_t)__builtin_ctzll(diff) / 8;
    i += 8;
  }
  while (i < limit && a[i] == b[i])
    ++i;
  return i;
}

int compare_user_bytes(const MDBX_val *a, const MDBX_val *b) {
  if (!a->iov_len || !b->iov_len)
    return (a->iov_len > b->iov_len) - (a->iov_len < b->iov_len);
  return compare_bytes(a->iov_base, a->iov_len, b->iov_base, b->iov_len);
}

int compare_user_reverse(const MDBX_val *a, const MDBX_val *b) {
  return compare_reverse(a->iov_base, a->iov_len, b->iov_base, b->iov_len);
}

int compare_user_integer(const MDBX_val *a, const MDBX_val *b) {
  return compare_integer(a->iov_base, a->iov_len, b->iov_base, b->iov_len);
}

int compare_user_length(const MDBX_val *a, const MDBX_val *b) {
  if (a->iov_len != b->iov_len)
    return a->iov_len > b->iov_len ? 1 : -1;
  return compare_user_bytes(a, b);
}
