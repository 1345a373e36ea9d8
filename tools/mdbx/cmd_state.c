/* SPDX-License-Identifier: Apache-2.0 */
/* The database as a whole: count, stat, warm, defrag. */
#include "subcommands.h"

#include "bytes.h"
#include "facts.h"
#include "metrics.h"
#include "tools/defrag_run.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* ---------------------------------------------------------------------------------------------------------- count */

static void show_count(const MDBX_val *name, uint64_t records, bool single) {
  if (wishes.output == FORM_JSON) {
    json_begin();
    if (name)
      json_item("table", name, FORM_TEXT);
    else
      json_text("table", TOOL_MAIN_TABLE);
    json_number("records", records);
    json_end();
  } else if (single) {
    printf("%" PRIu64 "\n", records);
  } else {
    printf("%s\t%" PRIu64 "\n", name ? tool_shown_name(name) : TOOL_MAIN_TABLE, records);
  }
}

static int count_table(struct place *place, const MDBX_val *name, bool single) {
  MDBX_stat stat;
  int rc = place_open_table(place, name, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_dbi_stat(place->txn, place->dbi, &stat, sizeof(stat));
  if (rc == MDBX_SUCCESS)
    show_count(name, stat.ms_entries, single);
  else
    tool_fail(rc, "cannot read the statistics of %s", name ? tool_shown_name(name) : TOOL_MAIN_TABLE);
  if (name)
    mdbx_dbi_close(place->env, place->dbi);
  return rc;
}

int run_count(int argc, char *argv[]) {
  struct place place = {.env = NULL};
  int count;
  while (command_option(argc, argv, "", NULL) != -1)
    continue;
  char **arguments = command_arguments(argc, argv, 1, INT32_MAX, &count);
  int rc = place_begin_reading(&place, arguments[0]);
  if (rc == MDBX_SUCCESS && count == 1)
    rc = count_table(&place, wishes.table.iov_base ? &wishes.table : NULL, true);
  for (int i = 1; rc == MDBX_SUCCESS && i < count; ++i) {
    const MDBX_val name = {arguments[i], strlen(arguments[i])};
    rc = count_table(&place, strcmp(arguments[i], TOOL_MAIN_TABLE) == 0 ? NULL : &name, count == 2);
  }
  place_close(&place);
  return command_end(rc);
}

/* ----------------------------------------------------------------------------------------------------------- stat */

static const char *flag_names(unsigned flags, char *buffer, size_t size) {
  size_t length = 0;
  buffer[0] = '\0';
  for (const struct tool_table_flag *flag = tool_table_flags; flag->bit; ++flag)
    if (flags & flag->bit && length < size)
      length += (size_t)snprintf(buffer + length, size - length, "%s%s", length ? "," : "", flag->name);
  return buffer;
}

static bool has_heading;

static void stat_heading(void) {
  if (!has_heading && wishes.output != FORM_JSON)
    printf("%s%-24s %12s %6s %10s %10s %10s  %s%s\n", bold(), "table", "records", "depth", "branch", "leaf", "large",
           "flags", plain());
  has_heading = true;
}

static void stat_line(const MDBX_val *name, const MDBX_stat *stat, unsigned flags) {
  char names[128];
  const char *shown = name ? tool_shown_name(name) : TOOL_MAIN_TABLE;
  flag_names(flags, names, sizeof(names));
  stat_heading();
  if (wishes.output != FORM_JSON) {
    printf("%-24s %12" PRIu64 " %6u %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %s\n", shown, stat->ms_entries,
           stat->ms_depth, stat->ms_branch_pages, stat->ms_leaf_pages, stat->ms_overflow_pages, names);
    return;
  }
  json_begin();
  if (name)
    json_item("table", name, FORM_TEXT);
  else
    json_text("table", TOOL_MAIN_TABLE);
  json_number("records", stat->ms_entries);
  json_number("depth", stat->ms_depth);
  json_number("branch_pages", stat->ms_branch_pages);
  json_number("leaf_pages", stat->ms_leaf_pages);
  json_number("large_pages", stat->ms_overflow_pages);
  json_text("flags", names);
  json_end();
}

static int stat_table(struct place *place, const MDBX_val *name) {
  MDBX_stat stat;
  int rc = place_open_table(place, name, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_dbi_stat(place->txn, place->dbi, &stat, sizeof(stat));
  if (rc == MDBX_SUCCESS)
    stat_line(name, &stat, place->flags);
  else
    tool_fail(rc, "cannot read the statistics of %s", name ? tool_shown_name(name) : TOOL_MAIN_TABLE);
  if (name)
    mdbx_dbi_close(place->env, place->dbi);
  return rc;
}

static void stat_summary(const struct facts *facts) {
  char size[SIZE_TEXT], limit[SIZE_TEXT];
  if (wishes.output == FORM_JSON) {
    json_begin();
    json_number("page_size", facts->page_size);
    json_number("txnid", facts->info.mi_recent_txnid);
    json_number("file_bytes", facts->info.mi_geo.current);
    json_number("upper_bytes", facts->info.mi_geo.upper);
    json_number("used_pages", facts->used);
    json_number("free_pages", facts->free);
    json_number("held_pages", facts->held);
    json_number("unallocated_pages", facts->unallocated);
    json_number("readers", facts->readers);
    json_number("reader_lag", facts->lag);
    json_end();
    return;
  }
  printf("page size %" PRIu64 ", commit %" PRIu64 ", file %s of at most %s\n", facts->page_size,
         facts->info.mi_recent_txnid, size_show(facts->info.mi_geo.current, size),
         size_show(facts->info.mi_geo.upper, limit));
  printf("pages: %" PRIu64 " in use, %" PRIu64 " free, %" PRIu64 " held, %" PRIu64 " unallocated\n", facts->used,
         facts->free, facts->held, facts->unallocated);
  printf("readers: %u", facts->readers);
  if (facts->readers)
    printf(", the oldest %" PRIu64 " commits behind", facts->lag);
  printf("\n\n");
}

static int show_stat(struct place *place, const char *path) {
  struct tool_names names = {.at = NULL};
  struct facts facts;
  int rc = place_begin_reading(place, path);
  /* In a transaction of the shell the use of pages is not final yet. */
  if (rc == MDBX_SUCCESS && !wishes.table.iov_base && !place->joined) {
    rc = facts_read_in(place->txn, &facts);
    if (rc == MDBX_SUCCESS)
      stat_summary(&facts);
  }
  if (rc != MDBX_SUCCESS)
    return rc;
  has_heading = false;
  if (wishes.table.iov_base)
    return stat_table(place, &wishes.table);
  rc = stat_table(place, NULL);
  if (rc == MDBX_SUCCESS)
    rc = tool_list_tables(place->txn, &names);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < names.count && !tool_stopped; ++i)
    rc = stat_table(place, &names.at[i]);
  tool_free_names(&names);
  return rc;
}

static int show_metrics(struct place *place, const char *path) {
  const int rc = place_begin_reading(place, path);
  return rc == MDBX_SUCCESS ? metrics_write(stdout, place->txn, path ? path : tool_opened()) : rc;
}

int run_stat(int argc, char *argv[]) {
  static const struct option longs[] = {{"prometheus", no_argument, NULL, COMMAND_OPTION}, {NULL, 0, NULL, 0}};
  struct place place = {.env = NULL};
  bool metrics = false;
  while (command_option(argc, argv, "", longs) != -1)
    metrics = true;
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  tool_catch_signals();
  const int rc = metrics ? show_metrics(&place, arguments[0]) : show_stat(&place, arguments[0]);
  place_close(&place);
  return command_end(rc);
}

/* ----------------------------------------------------------------------------------------------------------- warm */

static int warm(const char *path, unsigned flags, uint64_t timeout, bool stay) {
  MDBX_env *env = NULL;
  struct facts facts;
  char size[SIZE_TEXT];
  int rc = tool_open_for_reading(&env, path, wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = facts_read(env, &facts);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)flags, (unsigned)timeout);
    if (rc == MDBX_RESULT_TRUE)
      tool_message("the time was over before everything was read");
    else if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot warm up %s", path);
  }
  if (rc == MDBX_SUCCESS && !tool_quiet)
    printf("%s %s memory%s\n", size_show(facts.allocated * facts.page_size, size),
           flags & MDBX_warmup_force ? "were read into" : "will be read into",
           stay ? " and stay there until this program is stopped" : "");
  tool_flush_some();
  while (rc == MDBX_SUCCESS && stay && !tool_stopped)
    pause();
  tool_close(env, NULL);
  return rc;
}

int run_warm(int argc, char *argv[]) {
  static const struct option longs[] = {{"background", no_argument, NULL, 'b'},
                                        {"lock", no_argument, NULL, 'l'},
                                        {"timeout", required_argument, NULL, 'T'},
                                        {NULL, 0, NULL, 0}};
  unsigned flags = MDBX_warmup_force | MDBX_warmup_oomsafe;
  uint64_t timeout = 0;
  bool stay = false;
  for (int option; (option = command_option(argc, argv, "blT:", longs)) != -1;) {
    if (option == 'b')
      flags &= ~(unsigned)(MDBX_warmup_force | MDBX_warmup_oomsafe);
    else if (option == 'l')
      stay = true;
    else if (!seconds_parse(optarg, &timeout) || timeout > UINT32_MAX)
      tool_usage("\"%s\" is no time", optarg);
  }
  if (stay)
    flags = (flags & ~(unsigned)MDBX_warmup_oomsafe) | MDBX_warmup_lock | MDBX_warmup_touchlimit;
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  tool_catch_signals();
  return command_end(warm(arguments[0], flags, timeout, stay));
}

/* --------------------------------------------------------------------------------------------------------- defrag */

int run_defrag(int argc, char *argv[]) {
  static const struct option longs[] = {{"verbose", no_argument, NULL, 'v'},
                                        {"time", required_argument, NULL, 'T'},
                                        {"least-time", required_argument, NULL, 'm'},
                                        {"least", required_argument, NULL, 'a'},
                                        {"enough", required_argument, NULL, 'e'},
                                        {"backlash", required_argument, NULL, 'b'},
                                        {"batch", required_argument, NULL, 'c'},
                                        {"progress", no_argument, NULL, DEFRAG_PROGRESS},
                                        {NULL, 0, NULL, 0}};
  struct defrag_limits limits = DEFRAG_NO_LIMITS;
  MDBX_env *env = NULL;
  for (int option; (option = command_option(argc, argv, DEFRAG_LETTERS, longs)) != -1;)
    if (!defrag_take_option(&limits, option, optarg))
      tool_usage("\"%s\" cannot be the argument of -%c", optarg, option);
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  tool_catch_signals();
  int rc = tool_open(&env, arguments[0], MDBX_ACCEDE | wishes.env_flags, 0);
  if (rc == MDBX_SUCCESS)
    rc = tool_defrag(env, &limits);
  tool_close(env, NULL);
  return command_end(rc);
}
