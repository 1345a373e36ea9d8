/* SPDX-License-Identifier: Apache-2.0 */
/* Shows the activity of a database: a line for each interval. */
#include "subcommands.h"

#include "bytes.h"
#include "facts.h"
#include "metrics.h"
#include "tools/tool_sizes.h"
#include "watch_svg.h"

#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

/* How often the heading is repeated on a terminal. */
#define HEADING_LINES 20

struct watch {
  uint64_t interval; /* 1/65536 second */
  uint64_t rounds;   /* 0: until stopped */
  bool csv;
  const char *metrics; /* a file for Prometheus, instead of lines */
  const char *picture; /* a file for a picture, instead of lines */
};

/* Values for people have units: sizes in powers of 1024, counts in powers of 1000. An id is shown as it is. */
enum kind { KIND_COUNT, KIND_SIZE, KIND_ID };

/* One column. CSV, JSON and plain text have all of them, with sizes in KiB; a terminal has as many as its width permits,
 * those with a low rank first. */
struct column {
  const char *name;
  int width;
  const char *shown; /* on a terminal */
  int shown_width, rank;
  enum kind kind;
  double value; /* of a size: bytes */
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
  const MDBX_envinfo *before = &old->info, *now = &new->info;
  const double flushed = (double)(flushes(now) - flushes(before));
  const struct column all[COLUMNS] = {
      {"commit", 10, "commit", 10, 15, KIND_ID, (double)now->mi_recent_txnid},
      {"commits/s", 10, "commits/s", 9, 0, KIND_COUNT, rate(before->mi_recent_txnid, now->mi_recent_txnid, seconds)},
      {"used", 9, "used", 6, 1, KIND_COUNT, (double)new->used},
      {"free", 9, "free", 6, 2, KIND_COUNT, (double)new->free},
      {"held", 8, "held", 6, 3, KIND_COUNT, (double)new->held},
      {"file_KiB", 10, "file", 6, 4, KIND_SIZE, (double)now->mi_geo.current},
      {"growth_KiB", 11, "growth", 6, 7, KIND_SIZE, (double)now->mi_geo.current - (double)before->mi_geo.current},
      {"readers", 8, "readers", 7, 5, KIND_COUNT, new->readers},
      {"lag", 7, "lag", 6, 6, KIND_COUNT, (double)new->lag},
      {"new/s", 9, "new/s", 6, 12, KIND_COUNT, rate(before->mi_pgop_stat.newly, now->mi_pgop_stat.newly, seconds)},
      {"copied/s", 9, "copied/s", 8, 13, KIND_COUNT, rate(before->mi_pgop_stat.cow, now->mi_pgop_stat.cow, seconds)},
      {"spilled/s", 10, "spilled/s", 9, 14, KIND_COUNT,
       rate(before->mi_pgop_stat.spill, now->mi_pgop_stat.spill, seconds)},
      {"writes/s", 9, "writes/s", 8, 11, KIND_COUNT, rate(before->mi_pgop_stat.wops, now->mi_pgop_stat.wops, seconds)},
      {"flushes/s", 10, "flushes/s", 9, 9, KIND_COUNT, rate(flushes(before), flushes(now), seconds)},
      {"commits/flush", 14, "c/flush", 7, 10, KIND_COUNT, rate(before->mi_recent_txnid, now->mi_recent_txnid, flushed)},
      {"unsynced_KiB", 13, "unsynced", 8, 8, KIND_SIZE, (double)now->mi_unsync_volume},
  };
  memcpy(columns, all, sizeof(all));
}

static double plain_value(const struct column *column) {
  return column->kind == KIND_SIZE ? column->value / 1024 : column->value;
}

/* ------------------------------------------------------------------------------------------------------- terminals */

#define TIME_SHOWN 8
#define WIDTH_USUAL 80

static int terminal_width(void) {
  struct winsize size;
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col ? size.ws_col : WIDTH_USUAL;
}

/* The greatest rank whose columns, with all lower ones, fit the width. */
static int greatest_rank(const struct column columns[COLUMNS], int width) {
  /* In the last place the cursor of some terminals goes to the next line. */
  int used = TIME_SHOWN + 1, rank = -1;
  for (bool found = true; found; rank += found) {
    found = false;
    for (unsigned i = 0; i < COLUMNS; ++i)
      if (columns[i].rank == rank + 1 && used + 1 + columns[i].shown_width <= width) {
        used += 1 + columns[i].shown_width;
        found = true;
      }
  }
  return rank;
}

/* "1234", "12.3K", "56M"; at most 6 characters. */
static void put_scaled(const struct column *column) {
  static const char units[] = "KMGTPE";
  const double base = column->kind == KIND_SIZE ? 1024 : 1000;
  double value = column->value < 0 ? -column->value : column->value;
  const char *unit = NULL;
  char text[32];
  if (column->kind == KIND_ID || value < (column->kind == KIND_SIZE ? base : 10 * base)) {
    snprintf(text, sizeof(text), "%.0f", column->value);
  } else {
    for (unit = units; (value /= base) >= base - 0.5 && unit[1]; ++unit)
      ;
    const bool whole = value >= 99.95 || value == (double)(uint64_t)value;
    snprintf(text, sizeof(text), "%s%.*f%c", column->value < 0 ? "-" : "", whole ? 0 : 1, value, *unit);
  }
  printf(" %*s", column->shown_width, text);
}

static void print_for_terminal(const struct column columns[COLUMNS], bool heading) {
  static int last_width;
  const int width = terminal_width(), rank = greatest_rank(columns, width);
  char clock[32];
  const time_t now = time(NULL);
  struct tm parts;
  if (heading || width != last_width) {
    printf("%s%-*s", bold(), TIME_SHOWN, "time");
    for (unsigned i = 0; i < COLUMNS; ++i)
      if (columns[i].rank <= rank)
        printf(" %*s", columns[i].shown_width, columns[i].shown);
    printf("%s\n", plain());
  }
  last_width = width;
  strftime(clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &parts));
  fputs(clock, stdout);
  for (unsigned i = 0; i < COLUMNS; ++i)
    if (columns[i].rank <= rank)
      put_scaled(&columns[i]);
  putchar('\n');
}

/* ------------------------------------------------------------------------------------------------------ other lines */

static const char *clock_text(char buffer[32]) {
  const time_t now = time(NULL);
  struct tm parts;
  strftime(buffer, 32, "%Y-%m-%dT%H:%M:%S", localtime_r(&now, &parts));
  return buffer;
}

static void print_heading(const struct watch *watch, const struct column columns[COLUMNS]) {
  fputs(watch->csv ? "time" : "time               ", stdout);
  for (unsigned i = 0; i < COLUMNS; ++i)
    if (watch->csv)
      printf(",%s", columns[i].name);
    else
      printf(" %*s", columns[i].width, columns[i].name);
  putchar('\n');
}

static void print_json(const struct column columns[COLUMNS], const char *clock) {
  json_begin();
  json_text("time", clock);
  for (unsigned i = 0; i < COLUMNS; ++i) {
    const double value = plain_value(&columns[i]);
    json_integer(columns[i].name, (int64_t)(value + (value < 0 ? -0.5 : 0.5)));
  }
  json_end();
}

static void print_line(const struct watch *watch, const struct column columns[COLUMNS]) {
  char clock[32];
  fputs(clock_text(clock), stdout);
  for (unsigned i = 0; i < COLUMNS; ++i)
    if (watch->csv)
      printf(",%.0f", plain_value(&columns[i]));
    else
      printf(" %*.0f", columns[i].width, plain_value(&columns[i]));
  putchar('\n');
}

static void print_round(const struct watch *watch, const struct column columns[COLUMNS], uint64_t round) {
  char clock[32];
  if (wishes.output == FORM_JSON) {
    print_json(columns, clock_text(clock));
  } else if (!watch->csv && on_terminal(STDOUT_FILENO)) {
    print_for_terminal(columns, round % HEADING_LINES == 0);
  } else {
    if (!round)
      print_heading(watch, columns);
    print_line(watch, columns);
  }
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
    print_round(watch, columns, round);
    if (!tool_flush_some())
      break;
    old = new;
    then = now;
  }
  return rc;
}

static int draw_round(const MDBX_env *env, const struct watch *watch, struct history *history, const char *path) {
  struct timespec now;
  struct facts facts;
  const int rc = facts_read(env, &facts);
  if (rc != MDBX_SUCCESS)
    return rc;
  clock_gettime(CLOCK_REALTIME, &now);
  history_add(history, (double)now.tv_sec + (double)now.tv_nsec / 1e9, &facts);
  return history_replace(watch->picture, history, path);
}

/* Writes the first files at once, so that no old file stays for an interval. */
static int file_rounds(MDBX_env *env, const struct watch *watch, const char *path) {
  static struct history history;
  int rc = MDBX_SUCCESS;
  for (uint64_t round = 0; rc == MDBX_SUCCESS && (!watch->rounds || round < watch->rounds); ++round) {
    if (round && !wait_for(watch->interval))
      break;
    if (watch->metrics)
      rc = metrics_replace(watch->metrics, env, path);
    if (rc == MDBX_SUCCESS && watch->picture)
      rc = draw_round(env, watch, &history, path);
  }
  return rc;
}

int run_watch(int argc, char *argv[]) {
  static const struct option longs[] = {{"csv", no_argument, NULL, 'c'},
                                        {"interval", required_argument, NULL, 'i'},
                                        {"rounds", required_argument, NULL, 'r'},
                                        {"prometheus", required_argument, NULL, COMMAND_OPTION},
                                        {"svg", required_argument, NULL, COMMAND_OPTION + 1},
                                        {NULL, 0, NULL, 0}};
  struct watch watch = {.interval = 65536};
  MDBX_env *env = NULL;
  for (int option; (option = command_option(argc, argv, "ci:r:", longs)) != -1;) {
    if (option == 'c')
      watch.csv = true;
    else if (option == COMMAND_OPTION)
      watch.metrics = optarg;
    else if (option == COMMAND_OPTION + 1)
      watch.picture = optarg;
    else if (option == 'i' && (!seconds_parse(optarg, &watch.interval) || !watch.interval))
      tool_usage("\"%s\" is no interval", optarg);
    else if (option == 'r' && (!number_parse(optarg, UINT64_MAX, &watch.rounds) || !watch.rounds))
      tool_usage("\"%s\" is no number of rounds", optarg);
  }
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  tool_catch_signals();
  int rc = tool_open_for_reading(&env, arguments[0], wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = watch.metrics || watch.picture ? file_rounds(env, &watch, arguments[0]) : watch_rounds(env, &watch);
  tool_close(env, NULL);
  return command_end(rc);
}
