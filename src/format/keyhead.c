/* SPDX-License-Identifier: Apache-2.0 */
#include "format/keyhead.h"

typedef uint32_t lanes __attribute__((vector_size(16)));
enum { LANES = sizeof(lanes) / sizeof(uint32_t), NARROW_UNTIL = 64 };

static uint32_t keyhead_reversed(const uint8_t *raw, size_t length, size_t prefix) {
  uint32_t keyhead = 0;
  for (size_t i = prefix; i < prefix + KEYHEAD_SIZE; ++i)
    keyhead = keyhead << 8 | (i < length ? raw[length - 1 - i] : 0);
  return keyhead;
}

uint32_t keyhead_of_raw(enum key_order order, const uint8_t *raw, size_t length, size_t prefix) {
  return order == ORDER_BYTES ? keyhead_make(raw, length, prefix) : keyhead_reversed(raw, length, prefix);
}

/* Counts in lanes of integers: no branch depends on the data, and a cache line of keyheads takes four steps. */
static unsigned count_lanes(const uint32_t *keyheads, unsigned count, uint32_t keyhead) {
  const lanes wanted = {keyhead, keyhead, keyhead, keyhead};
  lanes below = {0};
  unsigned i = 0;
  for (; i + LANES <= count; i += LANES) {
    lanes some;
    memcpy(&some, keyheads + i, sizeof(some));
    below -= (lanes)(some < wanted);
  }
  unsigned result = below[0] + below[1] + below[2] + below[3];
  for (; i < count; ++i)
    result += keyheads[i] < keyhead;
  return result;
}

unsigned keyhead_count_below(const uint32_t *keyheads, unsigned count, uint32_t keyhead) {
  /* Keyheads ascend: long arrays are halved first, so that the count reads few cache lines. */
  unsigned base = 0;
  while (count > NARROW_UNTIL) {
    const unsigned half = count / 2;
    base += keyheads[base + half - 1] < keyhead ? half : 0;
    count -= half;
  }
  return base + count_lanes(keyheads + base, count, keyhead);
}
