/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "tool_common.h"
#include "tool_sizes.h"

#include <time.h>
#include <unistd.h>

/* In milliseconds: before the first line, and between lines. */
enum { SILENCE = 500, INTERVAL = 200 };
/* Between lines that stay: a tenth, or so many bytes if the whole is not known. */
#define STEP_UNKNOWN (UINT64_C(64) << 20)

static struct {
  bool wanted, terminal, shown;
  uint64_t next_time;  /* of a line on a terminal */
  uint64_t next_bytes; /* of a line that stays */
} progress;

static uint64_t now_ms(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

static void show(const MDBX_copy_progress_t *copy, const char *begin, const char *end) {
  char done[SIZE_TEXT], all[SIZE_TEXT];
  fprintf(stderr, "%s%s", begin, size_show(copy->bytes_done, done));
  if (copy->bytes_total)
    fprintf(stderr, " of %s, %u %%", size_show(copy->bytes_total, all),
            (unsigned)(copy->bytes_done * 100 / copy->bytes_total));
  fputs(end, stderr);
}

static void show_on_terminal(const MDBX_copy_progress_t *copy) {
  const uint64_t now = now_ms();
  if (now < progress.next_time)
    return;
  progress.next_time = now + INTERVAL;
  progress.shown = true;
  show(copy, "\r", "  ");
}

static void show_for_good(const MDBX_copy_progress_t *copy) {
  if (copy->bytes_done < progress.next_bytes)
    return;
  const uint64_t step = copy->bytes_total ? copy->bytes_total / 10 + 1 : STEP_UNKNOWN;
  progress.next_bytes = (copy->bytes_done / step + 1) * step;
  if (copy->bytes_total && progress.next_bytes > copy->bytes_total)
    progress.next_bytes = copy->bytes_total;
  show(copy, "", "\n");
}

static int notify(void *ctx, const MDBX_copy_progress_t *copy) {
  (void)ctx;
  if (progress.terminal)
    show_on_terminal(copy);
  else if (progress.wanted)
    show_for_good(copy);
  return tool_stopped;
}

void progress_want(void) { progress.wanted = true; }

void progress_begin(MDBX_env *env) {
  progress.terminal = isatty(STDERR_FILENO) == 1 && (progress.wanted || !tool_quiet);
  progress.shown = false;
  progress.next_time = now_ms() + (progress.wanted ? 0 : SILENCE);
  progress.next_bytes = 0;
  mdbx_env_set_copy_notify(env, notify, NULL);
}

void progress_end(MDBX_env *env) {
  mdbx_env_set_copy_notify(env, NULL, NULL);
  if (progress.shown)
    fputs("\r                                        \r", stderr);
}
