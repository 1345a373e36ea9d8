/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_text.h"

size_t utf8_character(const uint8_t *at, size_t left) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const size_t length = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf5 ? 4 : 0;
  if (!length || length > left)
    return 0;
  uint32_t code = length == 1 ? *at : *at & (0x7fu >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((at[i] & 0xc0) != 0x80)
      return 0;
    code = code << 6 | (at[i] & 0x3f);
  }
  if (code < least[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return 0;
  return code < ' ' || (code >= 0x7f && code < 0xa0) ? 0 : length;
}

bool utf8_is_text(const void *bytes, size_t length) {
  const uint8_t *at = bytes;
  while (length) {
    const size_t one = *at < 0x80 ? 1 : utf8_character(at, length);
    if (!one)
      return false;
    at += one;
    length -= one;
  }
  return true;
}
