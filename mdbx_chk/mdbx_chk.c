/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdbx_chk/mdbx_chk.c: checks a database, also one that others are using, and reports what is wrong with it.
 *
 * The check itself is mdbx_env_chk(); this program opens the database, prints what the callbacks report, and turns the
 * result into an exit code. A badly damaged database may have millions of problems, so the program prints the first few
 * of each kind and counts the others.
 */
#include "mdbx_chk/page_map.h"
#include "mdbx_chk/progress.h"
#include "mdbx_chk/report_json.h"
#include "tools/tool_common.h"
#include "tools/tool_json.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
  EXIT_CHECK_MINOR = EXIT_FAILURE, /* the account of free pages is wrong; all records can be read */
  EXIT_CHECK_MAJOR,                /* metas, records or pages of trees (table 0 included) are damaged */
  EXIT_ENGINE,                     /* the engine returned an error: no database, in use, and so on */
  EXIT_SYSTEM,                     /* the system returned an error: no file, no permission, and so on */
  EXIT_INTERRUPTED
};

static const struct tool_about about = {
    "mdbx_chk",
    "[-V] [-h] [-0|-1|-2 [-t|-T]] [-c] [-d] [-i] [-L|-X] [-n] [-q] [-s TABLE] [-u|-U] "
    "[-v]... [-w] [--json] [--map FILE.svg] DATABASE",
    "  -0, -1, -2  check the snapshot of this meta page; nobody else may have the\n"
    "      database open\n"
    "  -c  cooperative: with -w, do not try to open exclusively\n"
    "  -d  check only the meta pages\n"
    "  -h  show this help and exit\n"
    "  -i  ignore the order of keys, for tables whose comparator only the\n"
    "      application has\n"
    "  -n  DATABASE is a data file, not a directory (needed only for a new one)\n"
    "  -q  silent: print nothing, only the exit code says what was found\n"
    "  -s  check the records of this named table only\n"
    "  -t  with -w and a meta page: make it the newest if no problem is found\n"
    "  -T  the same, even if problems are found\n"
    "  -v  show more details; up to four times\n" TOOL_WARM_HELP TOOL_ACCESS_HELP "  -V  show the version and exit\n"
    "  -w  open for writing, and prevent others from writing while checking\n"
    "  --json  print the result as JSON instead of text\n"
    "  --map FILE.svg  draw a picture of the use of each page\n"
    "Exit codes: 0 sound, 1 minor problems or wrong arguments, 2 major problems,\n"
    "3 error of the engine, 4 error of the system, 5 interrupted.\n",
};

/* The number of problems of each kind that are printed, unless -v selects more. */
#define SHOWN_OF_KIND 16
#define KINDS_MAX 64

struct finding_kind {
  const char *object; /* the engine's text: constant */
  char caption[96];
  size_t count;
};

enum turning { TURN_NEVER, TURN_IF_SOUND, TURN_ANYWAY };

static struct {
  bool cooperative, write;
  int meta; /* page to check the snapshot of; -1: the newest */
  enum turning turning;
  unsigned env_flags, check_flags;
  int verbosity; /* of -v; -1 for -q and for --json */
  bool silent;   /* no text; JSON and a picture only if asked for */
  const char *table, *path, *map;
  bool json;
  struct finding_kind kinds[KINDS_MAX];
  size_t kind_count, unnamed;
  MDBX_chk_line_t line;
  bool table_seen;
  uint32_t page_size; /* of the database, and how many pages it uses */
  uint64_t pages;
} run = {.meta = -1};

static size_t shown_of_kind(void) {
  if (run.verbosity > 2)
    return SIZE_MAX - 1;
  return run.verbosity > 0 ? SHOWN_OF_KIND * 8 : SHOWN_OF_KIND;
}

/* ------------------------------------------------------------------------------------------------------- findings */

/* NULL if there are too many kinds. */
static struct finding_kind *kind_of(const char *object, const char *caption) {
  for (size_t i = 0; i < run.kind_count; ++i)
    if (strcmp(run.kinds[i].object, object) == 0 &&
        strncmp(run.kinds[i].caption, caption, sizeof(run.kinds[i].caption) - 1) == 0)
      return &run.kinds[i];
  if (run.kind_count == KINDS_MAX)
    return NULL;
  struct finding_kind *kind = &run.kinds[run.kind_count++];
  kind->object = object;
  snprintf(kind->caption, sizeof(kind->caption), "%s", caption);
  return kind;
}

/* The table that is being checked. */
static const MDBX_chk_table_t *table_at(const MDBX_chk_context_t *ctx) {
  return ctx->scope ? ctx->scope->object : NULL;
}

static void issue_as_json(const MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                          const char *format, va_list args) {
  char detail[512] = "";
  if (format)
    vsnprintf(detail, sizeof(detail), format, args);
  json_report_problem(ctx, object, entry, issue, format ? detail : NULL);
}

/* The offset in the file. */
static void print_place(const char *object, uint64_t entry) {
  if (strcmp(object, "page") == 0 || strcmp(object, "meta") == 0)
    printf(" at byte %" PRIu64, entry * run.page_size);
}

static void on_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                     const char *extra_fmt, va_list extra_args) {
  struct finding_kind *kind = kind_of(object, issue);
  run.unnamed += !kind;
  if (!kind || ++kind->count > shown_of_kind() + 1)
    return;
  progress_hide();
  if (kind->count > shown_of_kind()) {
    if (!run.json && !run.silent)
      printf(" ! more of this kind are only counted: %s\n", issue);
    return;
  }
  if (run.json) {
    issue_as_json(ctx, object, entry, issue, extra_fmt, extra_args);
    return;
  }
  if (run.silent)
    return;
  printf(" ! %s #%" PRIu64, object, entry);
  print_place(object, entry);
  printf(" %s", issue);
  if (extra_fmt) {
    fputs(": ", stdout);
    vprintf(extra_fmt, extra_args);
  }
  putchar('\n');
}

static void print_findings(void) {
  if (run.silent)
    return;
  for (size_t i = 0; i < run.kind_count; ++i)
    printf(" - %s: %s (%zu)\n", run.kinds[i].object, run.kinds[i].caption, run.kinds[i].count);
  if (run.unnamed)
    printf(" - other kinds (%zu)\n", run.unnamed);
}

/* -------------------------------------------------------------------------------------------------- other callbacks */

static const char *name_of(const MDBX_chk_table_t *table) {
  if (!table)
    return NULL;
  if (table->name.iov_base == MDBX_CHK_MAIN || table->name.iov_base == MDBX_CHK_GC)
    return table->name.iov_base == MDBX_CHK_MAIN ? "@MAIN" : "@GC";
  return tool_shown_name(&table->name);
}

static bool on_break(MDBX_chk_context_t *ctx) {
  progress_show(ctx->result.processed_pages, run.pages, name_of(table_at(ctx)));
  return tool_stopped;
}

static MDBX_chk_line_t *on_print_begin(MDBX_chk_context_t *ctx, MDBX_chk_severity_t severity) {
  if (run.silent)
    return NULL;
  memset(&run.line, 0, sizeof(run.line));
  run.line.ctx = ctx;
  run.line.severity = (uint8_t)severity;
  run.line.scope_depth = ctx->scope_nesting;
  progress_hide();
  printf("%*s- ", 1 + 2 * ctx->scope_nesting, " ");
  return &run.line;
}

static void on_print_format(MDBX_chk_line_t *line, const char *format, va_list args) {
  (void)line;
  vprintf(format, args);
}

static void on_print_done(MDBX_chk_line_t *line) {
  (void)line;
  putchar('\n');
}

static int on_stage_begin(MDBX_chk_context_t *ctx, MDBX_chk_stage_t stage) {
  static const char *const titles[] = {
      [MDBX_chk_meta] = "Meta pages",   [MDBX_chk_tree] = "Trees",
      [MDBX_chk_gc] = "Free pages",     [MDBX_chk_space] = "Use of each page",
      [MDBX_chk_maindb] = "Main table", [MDBX_chk_tables] = "Named tables",
      [MDBX_chk_conclude] = NULL,
  };
  (void)ctx;
  progress_hide();
  if (run.verbosity >= 0 && (size_t)stage < sizeof(titles) / sizeof(titles[0]) && titles[stage])
    printf("%s\n", titles[stage]);
  tool_flush_some();
  return tool_stopped ? MDBX_EINTR : MDBX_SUCCESS;
}

static bool is_wanted(const MDBX_val *name) {
  return run.table && name->iov_base != MDBX_CHK_MAIN && name->iov_base != MDBX_CHK_GC &&
         name->iov_base != MDBX_CHK_META && name->iov_len == strlen(run.table) &&
         memcmp(name->iov_base, run.table, name->iov_len) == 0;
}

static MDBX_chk_user_table_cookie_t *on_table_filter(MDBX_chk_context_t *ctx, const MDBX_val *name,
                                                     MDBX_db_flags_t flags) {
  (void)ctx, (void)flags;
  const bool wanted = is_wanted(name);
  run.table_seen = run.table_seen || wanted;
  return !run.table || wanted ? (MDBX_chk_user_table_cookie_t *)&run : NULL;
}

static void print_histogram(const char *what, const struct MDBX_chk_histogram *histogram) {
  if (!histogram->count)
    return;
  printf("     %s:", what);
  if (histogram->le1_count)
    printf(" 0..1 x %zu", histogram->le1_count);
  for (size_t i = 0; i < sizeof(histogram->ranges) / sizeof(histogram->ranges[0]); ++i) {
    if (!histogram->ranges[i].count)
      continue;
    if (histogram->ranges[i].end == SIZE_MAX)
      printf("  %zu.. x %zu", histogram->ranges[i].begin, histogram->ranges[i].count);
    else
      printf("  %zu..%zu x %zu", histogram->ranges[i].begin, histogram->ranges[i].end - 1, histogram->ranges[i].count);
  }
  putchar('\n');
}

static int on_table_conclude(MDBX_chk_context_t *ctx, const MDBX_chk_table_t *table, MDBX_cursor *cursor, int err) {
  (void)ctx, (void)cursor;
  if (run.json)
    json_report_table(table);
  if (run.verbosity > 0)
    printf("     %zu records, %zu bytes of keys, %zu bytes of values; %zu pages, %zu bytes used, %zu lost\n",
           table->histogram.key_len.count, table->histogram.key_len.amount, table->histogram.val_len.amount,
           table->pages.all, table->payload_bytes, table->lost_bytes);
  if (run.verbosity > 1) {
    print_histogram("length of keys", &table->histogram.key_len);
    print_histogram("length of values", &table->histogram.val_len);
    print_histogram("fill of pages, in percent", &table->histogram.tree_density);
    print_histogram("pages of large values", &table->histogram.large_pages);
  }
  if (run.verbosity > 2) {
    print_histogram("age of pages, in commits", &table->histogram.page_age);
    print_histogram("places of pages", &table->histogram.pgno);
  }
  return err;
}

static const MDBX_chk_callbacks_t callbacks = {
    .check_break = on_break,
    .issue = on_issue,
    .table_filter = on_table_filter,
    .table_conclude = on_table_conclude,
    .stage_begin = on_stage_begin,
    .print_begin = on_print_begin,
    .print_format = on_print_format,
    .print_done = on_print_done,
};

/* --------------------------------------------------------------------------------------------------------- outcome */

static int exit_of_error(int rc) {
  if (rc == MDBX_EINTR)
    return EXIT_INTERRUPTED;
  /* A meta page was found damaged while the database was being opened. */
  if (rc == MDBX_WANNA_RECOVERY && *tool_last_error())
    return EXIT_CHECK_MAJOR;
  if (rc == MDBX_CORRUPTED || rc == MDBX_PAGE_NOTFOUND)
    return EXIT_CHECK_MAJOR;
  return rc > 0 ? EXIT_SYSTEM : EXIT_ENGINE;
}

static int exit_of_result(const MDBX_chk_context_t *ctx) {
  if (!ctx->result.total_problems)
    return EXIT_SUCCESS;
  return ctx->result.problems_meta || ctx->result.tree_problems || ctx->result.kv_tree_problems ||
                 ctx->result.gc_tree_problems || ctx->result.problems_kv
             ? EXIT_CHECK_MAJOR
             : EXIT_CHECK_MINOR;
}

/* What to do next. */
static const char *advice_for(int exit_code) {
  if (exit_code == EXIT_CHECK_MINOR)
    return "all records can be read: \"mdbx_copy -c\" makes a copy without these problems";
  if (exit_code != EXIT_CHECK_MAJOR)
    return NULL;
  return "keep the file as it is and work on a copy; with a sound backup, go back to it; else \"mdbx_dump -a -r\" "
         "writes what "
         "can be read and says what is lost, and \"mdbx_load -r\" makes a database of that; see damage.md in the "
         "documentation";
}

static void give_advice(int exit_code) {
  const char *advice = advice_for(exit_code);
  if (!advice)
    return;
  if (run.json)
    json_report_advice(advice);
  else if (!run.silent)
    printf("What to do: %s.\n", advice);
}

static void print_result(const MDBX_chk_context_t *ctx, double seconds) {
  char text[64];
  if (run.json || run.silent)
    return;
  if (ctx->result.total_problems) {
    printf("%zu problem%s found in %.3f seconds:\n", ctx->result.total_problems,
           ctx->result.total_problems == 1 ? "" : "s", seconds);
    print_findings();
    return;
  }
  if (run.verbosity < 0)
    return;
  if (ctx->result.alloc_pages)
    printf("%zu tables, %zu pages looked at, %zu of %zu allocated pages are not in use (%s)\n",
           ctx->result.table_processed, ctx->result.processed_pages, ctx->result.unused_pages, ctx->result.alloc_pages,
           mdbx_ratio2percents(ctx->result.unused_pages, ctx->result.alloc_pages, text, sizeof(text)));
  printf("No problems found in %.3f seconds.\n", seconds);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* -------------------------------------------------------------------------------------------------------- the check */

static int print_database(const MDBX_env *env) {
  MDBX_envinfo info;
  const int rc = mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe %s", run.path);
  run.page_size = info.mi_dxb_pagesize;
  run.pages = info.mi_last_pgno + 1;
  if (run.json)
    json_report_database(&info);
  if (run.verbosity < 0)
    return rc;
  printf("%s: checking %s, %s\n", about.name, run.path,
         run.write ? "writers are kept out" : "read-only, others may read and write");
  printf(" - pages of %u bytes, file of %" PRIu64 " bytes, limits %" PRIu64 "..%" PRIu64 "\n", info.mi_dxb_pagesize,
         info.mi_geo.current, info.mi_geo.lower, info.mi_geo.upper);
  printf(" - newest transaction %" PRIu64 ", oldest one in use %" PRIu64 ", %u of %u reader slots were used\n",
         info.mi_recent_txnid, info.mi_latter_reader_txnid, info.mi_numreaders, info.mi_maxreaders);
  return rc;
}

/* A given meta page is opened exclusively. */
static int open_chosen(MDBX_env **env) {
  int rc = mdbx_env_create(env);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot begin");
  rc = mdbx_env_set_maxdbs(*env, TOOL_MAX_TABLES);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open_for_recovery(*env, run.path, (unsigned)run.meta, run.write);
  if (rc == MDBX_SUCCESS) {
    tool_note_opened(*env);
    return rc;
  }
  mdbx_env_close_ex(*env, true);
  *env = NULL;
  return tool_fail(rc, "cannot open %s with meta page %d", run.path, run.meta);
}

/* A check that may write first tries to open exclusively, but it does not have to. */
static int open_database(MDBX_env **env) {
  if (run.meta >= 0)
    return open_chosen(env);
  if (!run.write)
    return tool_open_for_reading(env, run.path, run.env_flags);
  if (!run.cooperative && tool_try_open(env, run.path, run.env_flags | MDBX_EXCLUSIVE, 0) == MDBX_SUCCESS)
    return MDBX_SUCCESS;
  return tool_open(env, run.path, run.env_flags | MDBX_ACCEDE, 0);
}

/* Makes the chosen meta page the newest if the options say so and the result of the check allows it. */
static int turn(MDBX_env *env, int result) {
  if (run.turning == TURN_NEVER || result == EXIT_INTERRUPTED)
    return result;
  if (run.turning == TURN_IF_SOUND && result != EXIT_SUCCESS) {
    tool_message("meta page %d was not made the newest, because there are problems", run.meta);
    return result;
  }
  const int rc = mdbx_env_turn_for_recovery(env, (unsigned)run.meta);
  if (rc != MDBX_SUCCESS) {
    tool_fail(rc, "cannot make meta page %d the newest", run.meta);
    return exit_of_error(rc);
  }
  if (run.verbosity >= 0)
    printf("Meta page %d is the newest now.\n", run.meta);
  return result;
}

static int check_opened(MDBX_env *env, double begun) {
  const MDBX_chk_severity_t levels[] = {MDBX_chk_error,   MDBX_chk_resolution, MDBX_chk_info,
                                        MDBX_chk_verbose, MDBX_chk_details,    MDBX_chk_extra};
  const int last = (int)(sizeof(levels) / sizeof(levels[0])) - 1;
  MDBX_chk_context_t ctx;
  memset(&ctx, 0, sizeof(ctx));
  const int rc = mdbx_env_chk(env, &callbacks, &ctx, (MDBX_chk_flags_t)run.check_flags,
                              levels[run.verbosity + 1 < last ? run.verbosity + 1 : last], 0);
  progress_hide();
  if (run.json) {
    json_report_result(&ctx);
    if (rc != MDBX_SUCCESS)
      json_report_error(rc, "");
  }
  if (rc != MDBX_SUCCESS) {
    if (!run.json)
      print_findings();
    if (rc != MDBX_EINTR || !ferror(stdout)) /* a closed pipe is told at the end */
      tool_fail(rc, "the check was not completed");
    return exit_of_error(rc);
  }
  if (run.table && !run.table_seen) {
    tool_message("%s: there is no table %s", run.path, run.table);
    return EXIT_ENGINE;
  }
  print_result(&ctx, now() - begun);
  const int result = exit_of_result(&ctx);
  give_advice(result);
  return result;
}

/* If the database is damaged, drawing the picture may fail; the result of the check stands. A check that was not
 * completed has said why. */
static int draw_map(MDBX_env *env, int result) {
  struct page_map map;
  if (!run.map || result >= EXIT_ENGINE)
    return result;
  int rc = page_map_read(env, &map);
  FILE *out = rc == MDBX_SUCCESS ? tool_create(run.map) : NULL;
  if (rc == MDBX_SUCCESS && !out)
    rc = errno;
  if (out) {
    rc = page_map_draw(&map, run.path, out);
    if (rc != MDBX_SUCCESS && !ferror(out))
      tool_fail(rc, "cannot draw %s", run.map);
    const int flushed = tool_flush(out, run.map);
    rc = rc == MDBX_SUCCESS ? flushed : rc;
    if (fclose(out) != 0 && rc == MDBX_SUCCESS)
      rc = tool_fail(errno, "cannot write %s", run.map);
    if (rc != MDBX_SUCCESS)
      tool_discard(run.map);
  } else {
    tool_fail(rc, "cannot draw %s", run.map);
  }
  page_map_free(&map);
  return rc == MDBX_SUCCESS || result ? result : exit_of_error(rc);
}

/* The database cannot even be opened. */
static void advise_recovery(void) {
  static const char advice[] =
      "look at the other meta pages, with \"mdbx_chk -0\", \"-1\" and \"-2\": the newest that is sound can be "
      "turned to with \"-w -t\"; see damage.md in the documentation";
  if (run.json)
    json_report_advice(advice);
  else
    tool_message("what to do: %s", advice);
}

static int check_and_draw(double begun) {
  MDBX_env *env = NULL;
  int rc = open_database(&env);
  if (rc == MDBX_WANNA_RECOVERY || rc == MDBX_CORRUPTED)
    advise_recovery();
  if (rc == MDBX_SUCCESS)
    rc = print_database(env);
  if (rc != MDBX_SUCCESS && run.json)
    json_report_error(rc, tool_last_error());
  if (rc != MDBX_SUCCESS) {
    tool_close(env, NULL);
    return exit_of_error(rc);
  }
  /* The callbacks report the problems; the log would repeat them. */
  if (run.verbosity < 3)
    mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  if (tool_warm_up(env) && run.verbosity > 0)
    printf(" - warmed up\n");
  const int result = draw_map(env, turn(env, check_opened(env, begun)));
  tool_close(env, NULL);
  return result;
}

static int check(void) {
  const double begun = now();
  if (run.json)
    json_report_begin(run.path);
  const int result = check_and_draw(begun);
  const int rc = run.json ? json_report_print(result, now() - begun, stdout) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    return result;
  if (result < EXIT_ENGINE) /* a failure has been told */
    tool_fail(rc, "the report is missing");
  return EXIT_SYSTEM;
}

enum { OPTION_JSON = 256, OPTION_MAP };

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"map", required_argument, NULL, OPTION_MAP},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static void take_option(int option) {
  switch (option) {
  case 'V':
    tool_version();
  case '0':
  case '1':
  case '2':
    run.meta = option - '0';
    break;
  case 'c':
    run.cooperative = true;
    break;
  case 'd':
    run.check_flags |= MDBX_CHK_SKIP_BTREE_TRAVERSAL;
    break;
  case 'h':
    tool_help();
  case 'i':
    run.check_flags |= MDBX_CHK_IGNORE_ORDER;
    break;
  case 'n':
    run.env_flags |= MDBX_NOSUBDIR;
    break;
  case 'q':
    run.silent = true;
    break;
  case 's':
    run.table = optarg;
    break;
  case 't':
    run.turning = TURN_IF_SOUND;
    break;
  case 'T':
    run.turning = TURN_ANYWAY;
    break;
  case 'v':
    run.verbosity += 1;
    break;
  case OPTION_JSON:
    run.json = true;
    break;
  case OPTION_MAP:
    run.map = optarg;
    break;
  case 'w':
    run.write = true;
    run.check_flags |= MDBX_CHK_READWRITE;
    break;
  default:
    if (!tool_take_access(option) && !tool_take_warming(option))
      tool_bad_option(option, optopt);
  }
}

int main(int argc, char *argv[]) {
  tool_start(&about, argc, argv);
  for (int option; (option = getopt_long(argc, argv, ":V012cdhinqs:tTvw" TOOL_WARM_LETTERS TOOL_ACCESS_LETTERS,
                                         long_options, NULL)) != -1;)
    take_option(option);
  if (argc - optind != 1)
    tool_usage("%s", argc == optind ? "no database given" : "too many arguments");
  if (run.turning != TURN_NEVER && (run.meta < 0 || !run.write))
    tool_usage("-t and -T need -w and one of -0, -1 and -2");
  if (run.json && !json_is_there())
    tool_usage("this build cannot print JSON: cJSON was not there");
  progress_begin(!run.silent && run.verbosity < 3);
  if (run.json || run.silent)
    run.verbosity = -1;
  run.path = argv[optind];
  tool_quiet = run.verbosity < 0;
  tool_silent = run.silent;
  tool_catch_signals();
  const int result = check();
  if (result == EXIT_ENGINE || result == EXIT_SYSTEM) { /* the failure has been told */
    tool_flush_some();
    return result;
  }
  return tool_flush(stdout, "standard output") == MDBX_SUCCESS || result ? result : EXIT_SYSTEM;
}
