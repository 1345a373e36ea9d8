/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/watch_svg.h: draws the size of a database, the use of its pages, the lag of its readers and its commits over
 * time.
 *
 * However long the program runs, a history has a bounded number of samples: when it is full, each two neighbours become
 * one, and from then on a sample stands for twice as many rounds.
 */
#ifndef MDBX_TOOLS_MDBX_WATCH_SVG_H
#define MDBX_TOOLS_MDBX_WATCH_SVG_H

#include "facts.h"

#define HISTORY_MOST 240

struct history_sample {
  double time; /* of the last round it stands for: seconds since 1970 */
  uint64_t commit;
  uint64_t used, held, free, unallocated; /* bytes */
  uint64_t lag, readers;                  /* the greatest of its rounds */
};

/* Zeroed before use. */
struct history {
  struct history_sample samples[HISTORY_MOST];
  size_t count;
  uint64_t stride, rounds; /* rounds for a sample, and in the last sample */
};

void history_add(struct history *history, double time, const struct facts *facts);
/* Replaces the file, as a whole, by a picture of the history. */
int history_replace(const char *file, const struct history *history, const char *title);

#endif
