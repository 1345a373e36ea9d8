/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and values as text. */
#include "base/text.h"

#include <stdio.h>

static bool is_printable(const uint8_t *bytes, size_t length) {
  for (size_t i = 0; i < length; ++i)
    if (bytes[i] < ' ' || bytes[i] > '~')
      return false;
  return true;
}

const char *text_of_value(const MDBX_val *key, char *buf, size_t size) {
  if (!key)
    return "<null>";
  if (!key->iov_len)
    return "<empty>";
  if (!buf || size < 4)
    return NULL;
  const uint8_t *bytes = key->iov_base;
  const bool text = is_printable(bytes, key->iov_len);
  size_t out = 0;
  for (size_t i = 0; i < key->iov_len && out + 3 <= size; ++i)
    out += (size_t)snprintf(buf + out, size - out, text ? "%c" : "%02x", bytes[i]);
  buf[MIN_OF(out, size - 1)] = '\0';
  return buf;
}
