/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/main.c: what to measure, from the command line.
 */
#include "bench.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program;

static _Noreturn void refuse(const char *what, const char *word) {
  fprintf(stderr, "%s: %s: %s; --help tells more\n", program, what, word);
  exit(1);
}

static const char usage_text[] =
    "usage: %s [option ...] [row ...]\n"
    "Measures this engine beside others, row by row; the engines take turns, each in a process of its own.\n"
    "A row is the name of a row or of a group of rows; without one, all are run. \"geometry\" is an extra: what the "
    "steps of\n"
    "growth do to a database of this engine.\n\n"
    "  -n, --records N[,N...]   records of the databases (1000000)\n"
    "  -r, --rounds N           rounds, up to 15; the tables have medians (3)\n"
    "  -w, --rows ROW[,...]     the same as rows in the end\n"
    "  -e, --engines E[,...]    engines; the first one is what the others are compared with (all)\n"
    "  -m, --mode M[,...]       utterly, safe, writemap: what this engine and LMDB do without a flush (utterly)\n"
    "  -d, --folder FOLDER      databases that are not flushed (/dev/shm)\n"
    "  -D, --disk FOLDER        databases with durable commits (.)\n"
    "  -c, --cpu                time of the processor, for a machine that has other things to do\n"
    "  -s, --scale FACTOR       so many more, or fewer, operations in rows that have a number of them (1)\n"
    "      --csv FILE           writes everything that was measured\n"
    "      --markdown FILE      writes tables for a document\n"
    "      --svg PREFIX         draws PREFIX-GROUP.svg, and PREFIX-growth.svg for several numbers of records\n"
    "  -l, --list               lists rows and engines\n"
    "  -h, --help               prints this\n";

struct outputs {
  const char *csv, *markdown, *svg;
};

static uint64_t number(const char *text, uint64_t most, const char *what) {
  char *end;
  errno = 0;
  const unsigned long long value = strtoull(text, &end, 10);
  if (errno || *end || end == text || text[0] == '-' || value < 1 || value > most)
    refuse(what, text);
  return value;
}

static double factor(const char *text) {
  char *end;
  const double value = strtod(text, &end);
  if (*end || end == text || !(value > 0 && value <= 1000))
    refuse("not a factor", text);
  return value;
}

/* Calls for each word between commas. */
static void each_word(struct plan *plan, char *list, void (*take)(struct plan *, const char *)) {
  for (char *word = strtok(list, ","); word; word = strtok(NULL, ","))
    take(plan, word);
}

static void take_size(struct plan *plan, const char *word) {
  if (plan->sizes == sizeof(plan->records) / sizeof(plan->records[0]))
    refuse("too many numbers of records", word);
  plan->records[plan->sizes++] = number(word, UINT64_C(1) << 28, "not a number of records");
}

static void take_engine(struct plan *plan, const char *word) {
  for (size_t i = 0; i < engine_count; ++i)
    if (strcmp(word, engines[i]->name) == 0 && plan->engine_count < sizeof(plan->engines) / sizeof(plan->engines[0])) {
      plan->engines[plan->engine_count++] = engines[i];
      return;
    }
  refuse("no such engine in this build", word);
}

static void take_mode(struct plan *plan, const char *word) {
  for (int mode = UTTERLY; mode <= WRITEMAP; ++mode)
    if (strcmp(word, mode_names[mode]) == 0 && plan->mode_count < WRITEMAP + 1) {
      plan->modes[plan->mode_count++] = (enum mode)mode;
      return;
    }
  refuse("no such mode", word);
}

static void take_row(struct plan *plan, const char *word) {
  int found = 0;
  for (size_t i = 0; i < row_count; ++i)
    if (strcmp(word, rows[i].name) == 0 && plan->row_count < sizeof(plan->rows) / sizeof(plan->rows[0])) {
      plan->rows[plan->row_count++] = &rows[i];
      return;
    }
  for (size_t i = 0; i < row_count; ++i)
    if (strcmp(word, rows[i].group) == 0 && plan->row_count < sizeof(plan->rows) / sizeof(plan->rows[0])) {
      plan->rows[plan->row_count++] = &rows[i];
      found = 1;
    }
  if (!found)
    refuse("no such row", word);
}

static void list_all(void) {
  printf("engines:\n");
  for (size_t i = 0; i < engine_count; ++i)
    printf("  %-10s %s %s\n", engines[i]->name, engines[i]->label, engines[i]->version());
  for (size_t g = 0; g < row_group_count; ++g) {
    printf("%s: %s\n", row_groups[g].name, row_groups[g].title);
    for (size_t i = 0; i < row_count; ++i)
      if (strcmp(rows[i].group, row_groups[g].name) == 0)
        printf("  %-10s %s (%s)\n", rows[i].name, rows[i].text, rows[i].unit);
  }
}

enum { CSV = 256, MARKDOWN, SVG };

static void take_option(struct plan *plan, struct outputs *outputs, int option) {
  switch (option) {
  case 'n':
    each_word(plan, optarg, take_size);
    break;
  case 'r':
    plan->rounds = (unsigned)number(optarg, ROUNDS_MAX, "not a number of rounds");
    break;
  case 'w':
    each_word(plan, optarg, take_row);
    break;
  case 'e':
    each_word(plan, optarg, take_engine);
    break;
  case 'm':
    each_word(plan, optarg, take_mode);
    break;
  case 'd':
    plan->folder = optarg;
    break;
  case 'D':
    plan->disk = optarg;
    break;
  case 'c':
    plan->processor_time = 1;
    break;
  case 's':
    plan->scale = factor(optarg);
    break;
  case CSV:
    outputs->csv = optarg;
    break;
  case MARKDOWN:
    outputs->markdown = optarg;
    break;
  case SVG:
    outputs->svg = optarg;
    break;
  case 'l':
    list_all();
    exit(0);
  default:
    fprintf(option == 'h' ? stdout : stderr, usage_text, program);
    exit(option != 'h');
  }
}

static void take_defaults(struct plan *plan) {
  if (!plan->sizes)
    plan->records[plan->sizes++] = 1000000;
  if (!plan->mode_count)
    plan->modes[plan->mode_count++] = UTTERLY;
  if (!plan->engine_count)
    for (size_t i = 0; i < engine_count; ++i)
      plan->engines[plan->engine_count++] = engines[i];
  if (!plan->row_count)
    for (size_t i = 0; i < row_count; ++i)
      plan->rows[plan->row_count++] = &rows[i];
  for (int i = 0; i < 2; ++i)
    if (access(i ? plan->disk : plan->folder, W_OK | X_OK))
      refuse(strerror(errno), i ? plan->disk : plan->folder);
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"records", required_argument, NULL, 'n'},
                                          {"rounds", required_argument, NULL, 'r'},
                                          {"rows", required_argument, NULL, 'w'},
                                          {"engines", required_argument, NULL, 'e'},
                                          {"mode", required_argument, NULL, 'm'},
                                          {"folder", required_argument, NULL, 'd'},
                                          {"disk", required_argument, NULL, 'D'},
                                          {"cpu", no_argument, NULL, 'c'},
                                          {"scale", required_argument, NULL, 's'},
                                          {"csv", required_argument, NULL, CSV},
                                          {"markdown", required_argument, NULL, MARKDOWN},
                                          {"svg", required_argument, NULL, SVG},
                                          {"list", no_argument, NULL, 'l'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  static struct plan plan = {.folder = "/dev/shm", .disk = ".", .rounds = 3, .scale = 1};
  struct results results = {NULL, 0, 0};
  struct outputs outputs = {NULL, NULL, NULL};
  program = argv[0];
  for (int option; (option = getopt_long(argc, argv, "n:r:w:e:m:d:D:cs:lh", options, NULL)) != -1;)
    take_option(&plan, &outputs, option);
  int geometry = 0;
  for (int i = optind; i < argc; ++i)
    if (strcmp(argv[i], "geometry") == 0)
      geometry = 1;
    else
      take_row(&plan, argv[i]);
  const int rows_wanted = plan.row_count > 0 || !geometry;
  take_defaults(&plan);
  if (geometry)
    geometry_report(plan.disk, plan.records[0]);
  if (!rows_wanted)
    return 0;
  run_plan(&plan, &results);
  int rc = 0;
  if (outputs.csv)
    rc |= report_csv(&plan, &results, outputs.csv);
  if (outputs.markdown)
    rc |= report_markdown(&plan, &results, outputs.markdown);
  if (outputs.svg)
    rc |= plot_all(&plan, &results, outputs.svg);
  free(results.all);
  return rc;
}
