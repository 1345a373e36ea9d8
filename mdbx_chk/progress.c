/* SPDX-License-Identifier: Apache-2.0 */
#include "mdbx_chk/progress.h"

#include "tools/tool_common.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* In milliseconds: the time before the first line, and the time between lines. */
enum { SILENCE = 500, INTERVAL = 100 };

static bool wanted, shown;
static uint64_t next_time;

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

void progress_begin(bool is_wanted) {
  wanted = is_wanted && isatty(STDERR_FILENO) == 1;
  next_time = wanted ? now_ms() + SILENCE : 0;
}

void progress_show(uint64_t done, uint64_t pages, const char *table) {
  if (!wanted || !pages)
    return;
  const uint64_t now = now_ms();
  if (now < next_time)
    return;
  next_time = now + INTERVAL;
  tool_flush_some();
  fprintf(stderr, "\r%3u%% of %llu pages", (unsigned)((done < pages ? done : pages) * 100 / pages),
          (unsigned long long)pages);
  if (table)
    fprintf(stderr, ", table %.40s", table);
  fputs("\033[K", stderr);
  fflush(stderr);
  shown = true;
}

void progress_hide(void) {
  if (shown)
    fputs("\r\033[K", stderr);
  shown = false;
}
