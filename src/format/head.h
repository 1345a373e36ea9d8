/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/head.h: heads, the first four bytes of a normalised key after the prefix its page shares, as an integer.
 *
 * Integers in the order of the bytes, zero-padded: a smaller head means a smaller key, equal heads say nothing.
 * Pure.
 */
#ifndef MDBX_FORMAT_HEAD_H
#define MDBX_FORMAT_HEAD_H

#include "format/compare.h"

static inline uint32_t head_make(const uint8_t *norm, size_t length, size_t prefix) {
  if (likely(length >= prefix + HEAD_SIZE))
    return get_be32(norm + prefix);
  uint32_t head = 0;
  for (size_t i = prefix; i < length; ++i)
    head |= (uint32_t)norm[i] << (24 - 8 * (i - prefix));
  return head;
}

/* Head of a key as it lies on a leaf, for every order but ORDER_USER. */
uint32_t head_of_raw(enum key_order order, const uint8_t *raw, size_t length, size_t prefix);

/* How many of the `count` ascending heads are smaller than `head`. */
unsigned head_count_below(const uint32_t *heads, unsigned count, uint32_t head);

#endif
