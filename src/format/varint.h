/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format/varint.h: numbers in as few bytes as they need: seven bits a byte, the lowest first, the top bit set in all but the
 * last one.
 */
#ifndef MDBX_FORMAT_VARINT_H
#define MDBX_FORMAT_VARINT_H

#include "base/base.h"

/* Bytes of the longest one. */
enum { VARINT_MOST = 10 };

static inline size_t varint_size(uint64_t value) {
  size_t size = 1;
  for (; value >= 0x80; value >>= 7)
    ++size;
  return size;
}

/* Returns the end of it. */
static inline uint8_t *varint_put(uint8_t *to, uint64_t value) {
  for (; value >= 0x80; value >>= 7)
    *to++ = (uint8_t)(value | 0x80);
  *to++ = (uint8_t)value;
  return to;
}

/* Returns its end; NULL: it does not end before `end`, or it has more than 64 bits. */
static inline const uint8_t *varint_get(const uint8_t *at, const uint8_t *end, uint64_t *value) {
  *value = 0;
  for (unsigned shift = 0; shift < 64 && at < end; shift += 7) {
    const uint8_t byte = *at++;
    *value |= (uint64_t)(byte & 0x7f) << shift;
    if (!(byte & 0x80))
      return shift < 63 || byte <= 1 ? at : NULL;
  }
  return NULL;
}

#endif
