/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/crash/cuts.h: recoveries that are cut in their turn. Each program knows how to open what a cut left, and what must be
 * found then.
 */
#ifndef TESTS_CRASH_CUTS_H
#define TESTS_CRASH_CUTS_H

#include "recorder.h"

struct survivor {
  const char *path; /* where images are put */
  size_t page_size;
  uint64_t *random;
  void *context;
  int (*open)(void *context, MDBX_env **env);              /* as the recovery under test does */
  void (*judge)(void *context, const struct image *image); /* opens what is at the path, of another boot */
};

/* Puts the image there, for a process of another boot. */
void survivor_put(const struct survivor *survivor, const struct image *image);
/* Records how the image is recovered, cuts that behind each operation in every style, and has each result judged; how many. */
unsigned long survivor_cut_recovery(const struct survivor *survivor, const struct image *image);

#endif
