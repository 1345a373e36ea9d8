/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/keys.c: keys, and which records are used how often.
 */
#include "bench.h"
#include "common.h"

#include <math.h>
#include <string.h>

uint64_t ordered(uint64_t i) { return __builtin_bswap64(i + 1); }

uint64_t counted(uint64_t i) { return i + 1; }

struct bytes long_key(char room[LONG_KEY], uint64_t i) {
  memset(room, '/', LONG_KEY);
  memcpy(room, "/customers/europe/contracts/2026/november/", 42);
  snprintf(room + LONG_KEY - 17, 17, "%016llx", (unsigned long long)mix(i));
  room[LONG_KEY - 1] = '/';
  return (struct bytes){room, LONG_KEY};
}

/* A random number that the place in the sequence decides, from 0 to below 1. */
static double chance(uint64_t i) { return (double)(mix(i * 31 + 17) >> 11) * 0x1p-53; }

/* Rank r comes with a weight of 1 / (r + 1) ^ 0.99: the sum is inverted by bisection. */
static void draw_zipf(uint64_t *numbers, uint64_t records, uint64_t count) {
  double *sums = malloc(records * sizeof(double)), sum = 0;
  for (uint64_t i = 0; i < records; ++i)
    sums[i] = sum += pow((double)(i + 1), -0.99);
  for (uint64_t i = 0; i < count; ++i) {
    const double wanted = chance(i) * sum;
    uint64_t low = 0, high = records - 1;
    while (low < high) {
      const uint64_t middle = low + (high - low) / 2;
      if (sums[middle] < wanted)
        low = middle + 1;
      else
        high = middle;
    }
    numbers[i] = mix(low) % records;
  }
  free(sums);
}

uint64_t *draw(uint64_t records, uint64_t count, int zipf) {
  uint64_t *numbers = malloc(count * sizeof(*numbers));
  if (zipf)
    draw_zipf(numbers, records, count);
  else
    for (uint64_t i = 0; i < count; ++i)
      numbers[i] = mix(i * 7) % records;
  return numbers;
}
