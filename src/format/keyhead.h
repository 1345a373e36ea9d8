/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/keyhead.h: keyheads, the first four bytes of a normalised key after the prefix its page shares, as an integer.
 *
 * The integers sort like the bytes, padded with zeros: a smaller keyhead means a smaller key; equal keyheads decide
 * nothing. Pure.
 */
#ifndef MDBX_FORMAT_HEAD_H
#define MDBX_FORMAT_HEAD_H

#include "format/compare.h"

static inline uint32_t keyhead_make(const uint8_t *norm, size_t length, size_t prefix) {
  if (likely(length >= prefix + KEYHEAD_SIZE))
    return get_be32(norm + prefix);
  uint32_t keyhead = 0;
  for (size_t i = prefix; i < length; ++i)
    keyhead |= (uint32_t)norm[i] << (24 - 8 * (i - prefix));
  return keyhead;
}

/* The keyhead of a key as stored on a leaf, for every order but ORDER_USER. */
uint32_t keyhead_of_raw(enum key_order order, const uint8_t *raw, size_t length, size_t prefix);

/* How many of the `count` ascending keyheads are smaller than `keyhead`. */
unsigned keyhead_count_below(const uint32_t *keyheads, unsigned count, uint32_t keyhead);

#endif
