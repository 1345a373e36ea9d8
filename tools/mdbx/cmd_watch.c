/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the activity of a database: a line for each interval. */
#include "subcommands.h"

#include "bytes.h"
#include "facts.h"
#include "metrics.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* How often the heading is repeated on a terminal. */
#define HEADING_LINES 20

struct watch {
  uint64_t interval; /* 1/65536 second */
  uint64_t rounds;   /* 0: until stopped */
  bool csv;
  const char *metrics; /* a file for Prometheus, instead of lines */
};

/* One column: its name, value and format. */
struct column {
  const char *name;
  int width;
  double value;
};

#define COLUMNS 16

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double rate(uint64_t before, uint64_t after, double seconds) {
  return after > before && seconds > 0 ? (double)(after - before) / seconds : 0;
}

static uint64_t flushes(const MDBX_envinfo *info) { return info->mi_pgop_stat.fsync + info->mi_pgop_stat.msync; }

static void fill(struct column columns[COLUMNS], const struct facts *old, const struct facts *new, double seconds) {
  const struct column all[COLUMNS] = {
      {"commit", 10, (double)new->info.mi_recent_txnid},
      {"commits/s", 10, rate(old->info.mi_recent_txnid, new->info.mi_recent_txnid, seconds)},
      {"used", 9, (double)new->used},
      {"free", 9, (double)new->free},
      {"held", 8, (double)new->held},
      {"file_KiB", 10, (double)(new->info.mi_geo.current >> 10)},
      {"growth_KiB", 11, ((double)new->info.mi_geo.current - (double)old->info.mi_geo.current) / 1024},
      {"readers", 8, new->readers},
      {"lag", 7, (double)new->lag},
      {"new/s", 9, rate(old->info.mi_pgop_stat.newly, new->info.mi_pgop_stat.newly, seconds)},
      {"copied/s", 9, rate(old->info.mi_pgop_stat.cow, new->info.mi_pgop_stat.cow, seconds)},
      {"spilled/s", 10, rate(old->info.mi_pgop_stat.spill, new->info.mi_pgop_stat.spill, seconds)},
      {"writes/s", 9, rate(old->info.mi_pgop_stat.wops, new->info.mi_pgop_stat.wops, seconds)},
      {"flushes/s", 10, rate(flushes(&old->info), flushes(&new->info), seconds)},
      {"commits/flush", 14,
       rate(old->info.mi_recent_txnid, new->info.mi_recent_txnid, (double)(flushes(&new->info) - flushes(&old->info)))},
      {"unsynced_KiB", 13, (double)(new->info.mi_unsync_volume >> 10)},
  };
  memcpy(columns, all, sizeof(all));
}

static const char *clock_text(char buffer[32]) {
  const time_t now = time(NULL);
  struct tm parts;
  strftime(buffer, 32, "%Y-%m-%dT%H:%M:%S", localtime_r(&now, &parts));
  return buffer;
}

static void print_heading(const struct watch *watch, const struct column columns[COLUMNS]) {
  printf("%s%s", watch->csv ? "" : bold(), watch->csv ? "time" : "time               ");
  for (unsigned i = 0; i < COLUMNS; ++i)
    if (watch->csv)
      printf(",%s", columns[i].name);
    else
      printf(" %*s", columns[i].width, columns[i].name);
  printf("%s\n", watch->csv ? "" : plain());
}

static void print_json(const struct column columns[COLUMNS], const char *clock) {
  json_begin();
  json_text("time", clock);
  for (unsigned i = 0; i < COLUMNS; ++i)
    json_number(columns[i].name, columns[i].value > 0 ? (uint64_t)(columns[i].value + 0.5) : 0);
  json_end();
}

static void print_line(const struct watch *watch, const struct column columns[COLUMNS]) {
  char clock[32];
  clock_text(clock);
  if (wishes.output == FORM_JSON) {
    print_json(columns, clock);
    return;
  }
  fputs(clock, stdout);
  for (unsigned i = 0; i < COLUMNS; ++i)
    if (watch->csv)
      printf(",%.0f", columns[i].value);
    else
      printf(" %*.0f", columns[i].width, columns[i].value);
  putchar('\n');
}

/* false: a signal came meanwhile. */
static bool wait_for(uint64_t dot16) {
  const struct timespec time = {(time_t)(dot16 >> 16), (long)(((dot16 & 0xffff) * UINT64_C(1000000000)) >> 16)};
  nanosleep(&time, NULL);
  return !tool_stopped;
}

static int watch_rounds(const MDBX_env *env, const struct watch *watch) {
  struct facts old, new;
  struct column columns[COLUMNS];
  double then = seconds_now();
  int rc = facts_read(env, &old);
  for (uint64_t round = 0; rc == MDBX_SUCCESS && (!watch->rounds || round < watch->rounds); ++round) {
    if (!wait_for(watch->interval))
      break;
    rc = facts_read(env, &new);
    const double now = seconds_now();
    if (rc != MDBX_SUCCESS)
      break;
    fill(columns, &old, &new, now - then);
    const bool again = !watch->csv && on_terminal(STDOUT_FILENO) && round % HEADING_LINES == 0;
    if (wishes.output != FORM_JSON && (!round || again))
      print_heading(watch, columns);
    print_line(watch, columns);
    if (!tool_flush_some())
      break;
    old = new;
    then = now;
  }
  return rc;
}

/* Writes the first file at once, so that no old file stays for an interval. */
static int metrics_rounds(MDBX_env *env, const struct watch *watch, const char *path) {
  int rc = MDBX_SUCCESS;
  for (uint64_t round = 0; rc == MDBX_SUCCESS && (!watch->rounds || round < watch->rounds); ++round) {
    if (round && !wait_for(watch->interval))
      break;
    rc = metrics_replace(watch->metrics, env, path);
  }
  return rc;
}

int run_watch(int argc, char *argv[]) {
  static const struct option longs[] = {{"csv", no_argument, NULL, 'c'},
                                        {"interval", required_argument, NULL, 'i'},
                                        {"rounds", required_argument, NULL, 'r'},
                                        {"prometheus", required_argument, NULL, COMMAND_OPTION},
                                        {NULL, 0, NULL, 0}};
  struct watch watch = {.interval = 65536};
  MDBX_env *env = NULL;
  for (int option; (option = command_option(argc, argv, "ci:r:", longs)) != -1;) {
    if (option == 'c')
      watch.csv = true;
    else if (option == COMMAND_OPTION)
      watch.metrics = optarg;
    else if (option == 'i' && (!seconds_parse(optarg, &watch.interval) || !watch.interval))
      tool_usage("\"%s\" is no interval", optarg);
    else if (option == 'r' && (!number_parse(optarg, UINT64_MAX, &watch.rounds) || !watch.rounds))
      tool_usage("\"%s\" is no number of rounds", optarg);
  }
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  tool_catch_signals();
  int rc = tool_open_for_reading(&env, arguments[0], wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = watch.metrics ? metrics_rounds(env, &watch, arguments[0]) : watch_rounds(env, &watch);
  tool_close(env, NULL);
  return command_end(rc);
}
