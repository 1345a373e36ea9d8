/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/common.h: what the benchmarks share: a clock, scattered keys, and the end of a run that cannot go on.
 */
#ifndef MDBX_BENCH_COMMON_H
#define MDBX_BENCH_COMMON_H

#include <mdbx.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* LMDB's codes have the same texts or a number. */
static inline void must(int rc, const char *what) {
  if (rc) {
    fprintf(stderr, "%s: %s\n", what, mdbx_strerror(rc));
    exit(2);
  }
}

/* Seconds. */
static inline double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* Neighbours end up far from each other. */
static inline uint64_t mix(uint64_t i) {
  i = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
  i = (i ^ i >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  return i ^ i >> 27;
}

#endif
