/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/compare.h: key order of a table, and keys in normalised form.
 *
 * Normalised bytes sort bytewise in the order of the table: the bytes themselves, reversed bytes (REVERSEKEY), or the
 * big-endian value (INTEGERKEY). Keyheads, prefixes and separators are made of them. Tables with an application's
 * comparator have none. Pure.
 */
#ifndef MDBX_FORMAT_COMPARE_H
#define MDBX_FORMAT_COMPARE_H

#include "format/format.h"

enum key_order { ORDER_BYTES, ORDER_INTEGER, ORDER_REVERSE, ORDER_USER };

/* An application's comparator, in one of two forms; both are NULL if there is none. */
struct user_order {
  MDBX_cmp_func plain;
  MDBX_cmp_ctx_func with_context;
  void *context; /* for the latter */
};

static inline bool user_order_given(const struct user_order *order) { return order->plain || order->with_context; }

struct key_rules {
  enum key_order order;
  struct user_order user; /* ORDER_USER only */
  bool unknown;           /* ORDER_USER, and no comparator was given: keys can be read in order, not searched */
};

/* A key to search for. Points into the caller's bytes (or into `store`, or into the scratch given to key_prepare). */
struct seek_key {
  const uint8_t *raw;  /* as the user gave it */
  const uint8_t *norm; /* normalised, same length */
  size_t length;
  uint8_t store[8];
};

static inline enum key_order order_of_flags(unsigned table_flags) {
  if (table_flags & TABLE_USER_ORDER)
    return ORDER_USER;
  if (table_flags & TABLE_INTEGERKEY)
    return ORDER_INTEGER;
  return table_flags & TABLE_REVERSEKEY ? ORDER_REVERSE : ORDER_BYTES;
}

/* The same of the values of one key. */
static inline enum key_order value_order_of_flags(unsigned table_flags) {
  if (table_flags & TABLE_USER_DUPORDER)
    return ORDER_USER;
  if (table_flags & TABLE_INTEGERDUP)
    return ORDER_INTEGER;
  return table_flags & TABLE_REVERSEDUP ? ORDER_REVERSE : ORDER_BYTES;
}

/* Writes the normalised form of raw to `to`, which must not overlap it. */
void key_normalise(enum key_order order, const uint8_t *raw, size_t length, uint8_t *to);

/* Makes `key` ready for searches. `scratch` must hold `length` bytes and outlive the key with ORDER_REVERSE; other
 * orders ignore it. */
void key_prepare(struct seek_key *key, enum key_order order, const void *raw, size_t length, uint8_t *scratch);

static inline int compare_bytes(const void *a, size_t a_length, const void *b, size_t b_length) {
  const int diff = memcmp(a, b, MIN_OF(a_length, b_length));
  if (diff)
    return diff;
  return (a_length > b_length) - (a_length < b_length);
}

/* Order of two raw keys: negative, 0, positive. */
int key_compare_raw(const struct key_rules *rules, const void *a, size_t a_length, const void *b, size_t b_length);

/* Bytes the two have in common at their start. */
size_t common_bytes(const uint8_t *a, const uint8_t *b, size_t limit);

/* The public comparators. */
int compare_user_bytes(const MDBX_val *a, const MDBX_val *b);
int compare_user_reverse(const MDBX_val *a, const MDBX_val *b);
int compare_user_integer(const MDBX_val *a, const MDBX_val *b);
int compare_user_length(const MDBX_val *a, const MDBX_val *b);

#endif
