/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows_mixed.c: lookups and updates in turn, each a transaction of its own.
 */
#include "work.h"

#include <string.h>

static double mixed(const struct stage *s, unsigned reads_of_20, int zipf) {
  const uint64_t operations = scaled(s, 100000);
  unsigned char value[VALUE];
  uint64_t *numbers = draw(s->records, operations, zipf);
  memset(value, 6, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < operations; ++i) {
    const int reading = mix(i) % 20 < reads_of_20;
    begin(s, reading);
    if (reading)
      sink += get(s, mix(numbers[i]));
    else
      put(s, mix(numbers[i]), value, VALUE);
    commit(s);
  }
  const double result = microseconds(s, start, operations);
  free(numbers);
  return result;
}

double row_mixed_95(struct stage *s) { return mixed(s, 19, 0); }

double row_mixed_50(struct stage *s) { return mixed(s, 10, 0); }

double row_mixed_95_zipf(struct stage *s) { return mixed(s, 19, 1); }

double row_mixed_50_zipf(struct stage *s) { return mixed(s, 10, 1); }
