/* SPDX-License-Identifier: Apache-2.0 */
#include "defrag_run.h"

#include "tool_common.h"
#include "tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool take_pages(const char *text, int64_t *pages) {
  uint64_t number;
  if (!number_parse(text, INT32_MAX, &number))
    return false;
  *pages = (int64_t)number;
  return true;
}

bool defrag_take_option(struct defrag_limits *limits, int option, const char *argument) {
  switch (option) {
  case 'v':
    limits->verbose = true;
    return true;
  case DEFRAG_PROGRESS:
    limits->progress = true;
    return true;
  case 'T':
    return seconds_parse(argument, &limits->time);
  case 'm':
    return seconds_parse(argument, &limits->least_time);
  case 'a':
    return size_parse(argument, &limits->least);
  case 'e':
    return size_parse(argument, &limits->enough);
  case 'b':
    return take_pages(argument, &limits->backlash);
  case 'c':
    return take_pages(argument, &limits->batch);
  default:
    return false;
  }
}

struct progress {
  bool verbose, terminal, lines;
  unsigned next; /* permille at which the next line is due */
};

/* A line for each tenth. */
static void report_line(struct progress *progress, const MDBX_defrag_result_t *result, unsigned permille) {
  if (permille < progress->next)
    return;
  progress->next = (permille / 100 + 1) * 100;
  fprintf(stderr, "%u.%u %%, %zu pages moved\n", permille / 10, permille % 10, result->pages_moved);
}

static int report_progress(void *context, const MDBX_defrag_result_t *result) {
  struct progress *progress = context;
  const unsigned permille = result->rough_estimation_cycle_progress_permille;
  if (progress->verbose)
    printf("cycle %u: %zu pages moved, %zd freed at the end, about %zu left\n", result->cycles, result->pages_moved,
           (ssize_t)result->pages_shrinked, result->pages_left);
  else if (progress->terminal)
    fprintf(stderr, "\r%3u.%u %%  %zu pages moved ", permille / 10, permille % 10, result->pages_moved);
  else if (progress->lines)
    report_line(progress, result, permille);
  return tool_stopped ? 1 : 0;
}

static void print_reasons(const MDBX_defrag_result_t *result) {
  static const struct {
    unsigned bit;
    const char *text;
  } reasons[] = {
      {MDBX_defrag_step_size, "others add pages faster than they can be moved"},
      {MDBX_defrag_large_chunk, "no hole is long enough for a large value"},
      {MDBX_defrag_discontinued, "it was stopped"},
      {MDBX_defrag_laggard_reader, "a reader still sees pages in the way"},
      {MDBX_defrag_enough_threshold, "it is enough"},
      {MDBX_defrag_time_limit, "the time is up"},
      {MDBX_defrag_aborted, "it was aborted"},
      {MDBX_defrag_error, "of an error"},
  };
  for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); ++i)
    if (result->stopping_reasons & reasons[i].bit)
      printf("stopped because %s\n", reasons[i].text);
  if (result->stopping_reasons & MDBX_defrag_laggard_reader && result->obstructor_pid)
    printf("the reader is in process %ld, at commit %" PRIu64 "\n", (long)result->obstructor_pid,
           result->obstructed_txnid);
}

static void print_result(const MDBX_defrag_result_t *result, size_t page) {
  char size[SIZE_TEXT];
  if (result->pages_shrinked >= 0)
    printf("%zd pages (%s) freed at the end", (ssize_t)result->pages_shrinked,
           size_show((uint64_t)result->pages_shrinked * page, size));
  else
    printf("the file grew by %zd pages", -(ssize_t)result->pages_shrinked);
  printf(", %zu pages moved, %u cycles, %.1f seconds\n", result->pages_moved, result->cycles,
         (double)result->spent_time_dot16 / 65536);
  print_reasons(result);
}

/* Pages freed at the end shorten the file only as the geometry allows. */
static int print_length(const MDBX_env *env, const MDBX_envinfo *before) {
  MDBX_envinfo now;
  char size[SIZE_TEXT], other[SIZE_TEXT], threshold[SIZE_TEXT];
  const int rc = mdbx_env_info_ex(env, NULL, &now, sizeof(now));
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t used = (now.mi_last_pgno + 1) * now.mi_dxb_pagesize;
  size_show(now.mi_geo.current, size);
  if (now.mi_geo.current < before->mi_geo.current)
    printf("the file has %s, %s less than before\n", size,
           size_show(before->mi_geo.current - now.mi_geo.current, other));
  else if (!now.mi_geo.shrink)
    printf("the file keeps its %s: it never shrinks, see mdbx geometry --shrink\n", size);
  else if (now.mi_geo.current > now.mi_geo.lower && used < now.mi_geo.current)
    printf("the file keeps its %s: its unused end has %s, and it shrinks if that is more than %s, see mdbx geometry "
           "--shrink\n",
           size, size_show(now.mi_geo.current - used, other), size_show(now.mi_geo.shrink, threshold));
  return MDBX_SUCCESS;
}

static size_t to_pages(uint64_t bytes, size_t page) { return (size_t)((bytes + page - 1) / page); }

int tool_defrag(MDBX_env *env, const struct defrag_limits *limits) {
  MDBX_defrag_result_t result;
  MDBX_envinfo info;
  const bool terminal = isatty(STDERR_FILENO) == 1;
  struct progress progress = {limits->verbose, terminal && (limits->progress || !tool_quiet),
                              limits->progress && !terminal, 0};
  memset(&result, 0, sizeof(result));
  int rc = mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe the database");
  const size_t page = info.mi_dxb_pagesize;
  rc = mdbx_env_defrag(env, to_pages(limits->least, page), limits->least_time, to_pages(limits->enough, page),
                       limits->time, (intptr_t)limits->backlash, (intptr_t)limits->batch, report_progress, &progress,
                       &result);
  if (progress.terminal && !progress.verbose && result.cycles)
    fputs("\r                                        \r", stderr);
  if (!tool_quiet)
    print_result(&result, page);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "the file was not made as small as it could be");
  const int shown = tool_quiet ? MDBX_SUCCESS : print_length(env, &info);
  if (shown != MDBX_SUCCESS)
    return tool_fail(shown, "cannot describe the database");
  return rc == MDBX_RESULT_TRUE && tool_stopped ? MDBX_EINTR : MDBX_SUCCESS;
}
