/* SPDX-License-Identifier: Apache-2.0 */
/* Whole databases into new ones: rewrite, and import from LMDB. */
#include "subcommands.h"

#include "child.h"
#include "target.h"
#include "tools/load_run.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --------------------------------------------------------------------------------------------------------- rewrite */

/* About this many bytes per commit. */
#define PIECE_BYTES ((uint64_t)32 << 20)
#define PROGRESS_RECORDS 50000

struct rewrite {
  struct place from, to;
  struct tool_names tables;
  uint64_t records, piece;
  bool shows_progress;
};

static int copy_record(struct rewrite *work, const MDBX_val *last, const MDBX_val *key, const MDBX_val *value) {
  const bool same =
      last->iov_base && last->iov_len == key->iov_len && memcmp(last->iov_base, key->iov_base, key->iov_len) == 0;
  MDBX_val data = *value;
  int rc = mdbx_put(work->to.txn, work->to.dbi, key, &data,
                    same && work->to.flags & MDBX_DUPSORT ? MDBX_APPENDDUP : MDBX_APPEND);
  work->records += rc == MDBX_SUCCESS;
  work->piece += key->iov_len + value->iov_len;
  if (rc != MDBX_SUCCESS || work->piece < PIECE_BYTES)
    return rc;
  work->piece = 0;
  rc = mdbx_txn_commit(work->to.txn);
  work->to.txn = NULL;
  return rc == MDBX_SUCCESS ? mdbx_txn_begin(work->to.env, NULL, MDBX_TXN_READWRITE, &work->to.txn) : rc;
}

static int copy_records(struct rewrite *work) {
  MDBX_cursor *cursor;
  MDBX_val key, value, last = {NULL, 0};
  int rc = mdbx_cursor_open(work->from.txn, work->from.dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  mdbx_cursor_ignord(cursor);
  rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  while (rc == MDBX_SUCCESS) {
    if (work->from.dbi != 1 || !tool_has_name(&work->tables, &key)) {
      rc = copy_record(work, &last, &key, &value);
      last = key;
      if (work->shows_progress && work->records % PROGRESS_RECORDS == 0)
        fprintf(stderr, "\r%" PRIu64 " records ", work->records);
    }
    if (rc == MDBX_SUCCESS)
      rc = tool_stopped ? MDBX_EINTR : mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
    else if (rc == MDBX_NOTFOUND)
      rc = MDBX_CORRUPTED;
  }
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int rewrite_table(struct rewrite *work, const MDBX_val *name) {
  const char *shown = name ? tool_shown_name(name) : TOOL_MAIN_TABLE;
  uint64_t sequence = 0;
  int rc = place_open_table(&work->from, name, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_txn_begin(work->to.env, NULL, MDBX_TXN_READWRITE, &work->to.txn);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot begin to write");
  rc = place_open_table(&work->to, name, work->from.flags | MDBX_CREATE);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_dbi_sequence(work->from.txn, work->from.dbi, &sequence, 0);
  if (rc == MDBX_SUCCESS && sequence)
    rc = mdbx_dbi_sequence(work->to.txn, work->to.dbi, NULL, sequence);
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
    rc = copy_records(work);
  if (rc == MDBX_EKEYMISMATCH)
    tool_message("%s is in an order that only its application knows: \"mdbx copy --compact\" copies it", shown);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot rewrite %s", shown);
  rc = place_commit(&work->to);
  if (rc == MDBX_SUCCESS && name) {
    mdbx_dbi_close(work->from.env, work->from.dbi);
    mdbx_dbi_close(work->to.env, work->to.dbi);
  }
  return rc;
}

static int copy_canary(struct rewrite *work) {
  MDBX_canary canary;
  int rc = mdbx_canary_get(work->from.txn, &canary);
  if (rc != MDBX_SUCCESS || !(canary.x | canary.y | canary.z))
    return MDBX_SUCCESS;
  rc = mdbx_txn_begin(work->to.env, NULL, MDBX_TXN_READWRITE, &work->to.txn);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_canary_put(work->to.txn, &canary);
  return rc == MDBX_SUCCESS ? place_commit(&work->to) : tool_fail(rc, "cannot copy the canary");
}

static int rewrite_tables(struct rewrite *work, int count, char *names[]) {
  int rc = tool_list_tables(work->from.txn, &work->tables);
  for (int i = 0; rc == MDBX_SUCCESS && i < count; ++i) {
    const MDBX_val name = {names[i], strlen(names[i])};
    rc = rewrite_table(work, strcmp(names[i], TOOL_MAIN_TABLE) == 0 ? NULL : &name);
  }
  if (count || rc != MDBX_SUCCESS)
    return rc;
  rc = rewrite_table(work, NULL);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < work->tables.count; ++i)
    rc = rewrite_table(work, &work->tables.at[i]);
  return rc == MDBX_SUCCESS ? copy_canary(work) : rc;
}

static int open_new(struct rewrite *work, const char *path, int64_t page_size) {
  MDBX_envinfo info;
  int rc = mdbx_env_info_ex(work->from.env, work->from.txn, &info, sizeof(info));
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_create(&work->to.env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_geometry(work->to.env, (intptr_t)info.mi_geo.lower, -1, (intptr_t)info.mi_geo.upper,
                               (intptr_t)info.mi_geo.grow, (intptr_t)info.mi_geo.shrink,
                               page_size > 0 ? (intptr_t)page_size : (intptr_t)info.mi_dxb_pagesize);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot create a database with these sizes");
  return tool_open(&work->to.env, path, MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0664);
}

static int rewrite(const char *source, const char *destination, int64_t page_size, int count, char *names[]) {
  struct rewrite work = {.records = 0, .shows_progress = !tool_quiet && on_terminal(STDERR_FILENO)};
  struct target target = {.name = NULL};
  int rc = tool_open_for_reading(&work.from.env, source, wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = tool_begin_reading(work.from.env, &work.from.txn);
  if (rc == MDBX_SUCCESS)
    rc = target_begin(&target, destination, false, TARGET_DATA_FILE);
  if (rc == MDBX_SUCCESS)
    rc = open_new(&work, target.temporary, page_size);
  if (rc == MDBX_SUCCESS)
    rc = rewrite_tables(&work, count, names);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_env_sync(work.to.env);
    rc = rc == MDBX_RESULT_TRUE || rc == MDBX_SUCCESS ? MDBX_SUCCESS : tool_fail(rc, "cannot flush the new database");
  }
  place_close(&work.to);
  place_close(&work.from);
  tool_free_names(&work.tables);
  if (work.shows_progress && work.records >= PROGRESS_RECORDS)
    fputs("\r                    \r", stderr);
  rc = target_finish(&target, rc);
  if (rc == MDBX_SUCCESS && !tool_quiet)
    printf("%s: %" PRIu64 " records\n", destination, work.records);
  return rc;
}

int run_rewrite(int argc, char *argv[]) {
  static const struct option longs[] = {{"page-size", required_argument, NULL, 'P'}, {NULL, 0, NULL, 0}};
  uint64_t page_size = 0;
  int count;
  while (command_option(argc, argv, "P:", longs) != -1)
    if (!size_parse(optarg, &page_size))
      tool_usage("\"%s\" is no size of a page", optarg);
  char **arguments = command_arguments(argc, argv, 2, INT32_MAX, &count);
  char *one[] = {wishes.table.iov_base};
  if (count > 2 && one[0])
    tool_usage("name tables behind the file, or one by -t");
  return command_end(rewrite(arguments[0], arguments[1], (int64_t)page_size, count > 2 ? count - 2 : one[0] != NULL,
                             count > 2 ? arguments + 2 : one));
}

/* ---------------------------------------------------------------------------------------------------------- import */

struct import {
  const char *source;
  bool file; /* the source is a data file, not a directory */
  uint64_t tables, records;
};

static int start(struct child *child, const struct import *import, const char *program, const char *option,
                 bool quiet) {
  static char no_directory[] = "-n";
  char *argv[5];
  int count = 0;
  argv[count++] = (char *)(uintptr_t)program;
  if (import->file)
    argv[count++] = no_directory;
  if (option)
    argv[count++] = (char *)(uintptr_t)option;
  argv[count++] = (char *)(uintptr_t)import->source;
  argv[count] = NULL;
  const int rc = child_start(child, argv, quiet);
  if (rc == ENOENT && !quiet)
    tool_message("%s is not installed: it comes with LMDB, on many systems in the package lmdb-utils", program);
  else if (rc != 0 && !quiet)
    tool_fail(rc, "cannot run %s", program);
  return rc;
}

/* mdb_dump -l fails if there are no named tables, so its exit code is ignored. */
static int count_tables(struct import *import) {
  struct child child;
  int c, rc = start(&child, import, "mdb_dump", "-V", false);
  if (rc != 0)
    return rc;
  child_end(&child);
  rc = start(&child, import, "mdb_dump", "-l", true);
  if (rc != 0)
    return tool_fail(rc, "cannot run mdb_dump");
  while ((c = getc(child.output)) != EOF)
    import->tables += c == '\n';
  child_end(&child);
  return MDBX_SUCCESS;
}

/* Reads what mdb_dump writes: named tables with -a, else the main one. */
static int import_dump(struct import *import, const char *path, const char *option, const struct load *model) {
  struct load load = *model;
  struct child child;
  int rc = start(&child, import, "mdb_dump", option, false);
  if (rc != 0)
    return rc;
  load.input.file = child.output;
  load.input.name = "mdb_dump";
  load.path = path;
  load.skip_tables = !option;
  rc = load_finish(&load, load_all(&load));
  const int code = child_end(&child);
  if (code != 0) {
    tool_message("mdb_dump failed with exit code %d", code);
    rc = rc == MDBX_SUCCESS ? MDBX_EINVAL : rc;
  }
  import->records += load.stored;
  return rc;
}

static bool take_entries(const char *line, uint64_t *entries) {
  const char *found = strstr(line, "Entries: ");
  if (found)
    *entries += strtoull(found + 9, NULL, 10);
  return found != NULL;
}

/* The number of records by LMDB's own statistics: of all tables; in the main table the names of tables count too. */
static bool entries_of_source(struct import *import, uint64_t *entries) {
  struct child child;
  char line[4096];
  bool some = false;
  *entries = 0;
  if (start(&child, import, "mdb_stat", "-a", true) != 0)
    return false;
  while (fgets(line, sizeof(line), child.output))
    some = take_entries(line, entries) || some;
  return child_end(&child) == 0 && some;
}

static int entries_of_target(const char *path, uint64_t *entries) {
  struct place place = {.env = NULL};
  struct tool_names names = {.at = NULL};
  MDBX_stat stat;
  int rc = tool_open_for_reading(&place.env, path, 0);
  if (rc == MDBX_SUCCESS)
    rc = tool_begin_reading(place.env, &place.txn);
  if (rc == MDBX_SUCCESS)
    rc = tool_list_tables(place.txn, &names);
  for (size_t i = 0; rc == MDBX_SUCCESS && i <= names.count; ++i) {
    rc = place_open_table(&place, i ? &names.at[i - 1] : NULL, 0);
    if (rc == MDBX_SUCCESS)
      rc = mdbx_dbi_stat(place.txn, place.dbi, &stat, sizeof(stat));
    if (rc == MDBX_SUCCESS)
      *entries += stat.ms_entries;
    if (rc == MDBX_SUCCESS && i)
      mdbx_dbi_close(place.env, place.dbi);
  }
  tool_free_names(&names);
  place_close(&place);
  return rc;
}

static int compare_counts(struct import *import, const char *path) {
  uint64_t theirs, ours = 0;
  const int rc = entries_of_target(path, &ours);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (ours != import->records + import->tables) {
    tool_message("%" PRIu64 " records were read, but %" PRIu64 " are there", import->records, ours - import->tables);
    return MDBX_PROBLEM;
  }
  if (!entries_of_source(import, &theirs)) {
    if (!tool_quiet)
      tool_message("mdb_stat is not installed or failed: its counts were not compared");
    return rc;
  }
  if (ours == theirs)
    return rc;
  tool_message("the source has %" PRIu64 " records, the new database %" PRIu64
               ": did a program write to the source meanwhile?",
               theirs - import->tables, ours - import->tables);
  return MDBX_PROBLEM;
}

static int import_into(struct import *import, const char *destination, struct load *model) {
  struct target target = {.name = NULL};
  int rc = count_tables(import);
  if (rc == MDBX_SUCCESS)
    rc = target_begin(&target, destination, false, target_kind_for(model->env_flags));
  if (rc == MDBX_SUCCESS && import->tables)
    rc = import_dump(import, target.temporary, "-a", model);
  if (rc == MDBX_SUCCESS)
    rc = import_dump(import, target.temporary, NULL, model);
  if (rc == MDBX_SUCCESS)
    rc = compare_counts(import, target.temporary);
  rc = target_finish(&target, rc);
  if (rc == MDBX_SUCCESS && !tool_quiet)
    printf("%s: %" PRIu64 " record%s, %" PRIu64 " named table%s; the counts are right\n", destination, import->records,
           import->records == 1 ? "" : "s", import->tables, import->tables == 1 ? "" : "s");
  return rc;
}

/* The data file may also have the name that programs for LMDB use. */
static bool is_ours(const char *path) {
  MDBX_envinfo info;
  char data[4096];
  /* The message of the failed attempt is not needed. */
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  bool ours = mdbx_preopen_snapinfo(path, &info, sizeof(info)) == MDBX_SUCCESS;
  if (!ours && (size_t)snprintf(data, sizeof(data), "%s/data.mdb", path) < sizeof(data))
    ours = mdbx_preopen_snapinfo(data, &info, sizeof(info)) == MDBX_SUCCESS;
  mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  return ours;
}

int run_import(int argc, char *argv[]) {
  static const struct option longs[] = {{"lower", required_argument, NULL, 'l'},
                                        {"upper", required_argument, NULL, 'u'},
                                        {"grow", required_argument, NULL, 'g'},
                                        {"shrink", required_argument, NULL, 'S'},
                                        {"page-size", required_argument, NULL, 'P'},
                                        {"batch", required_argument, NULL, 'b'},
                                        {NULL, 0, NULL, 0}};
  struct load model = {.sizes = LOAD_ANY_SIZES};
  struct import import = {.tables = 0};
  struct stat status;
  for (int option; (option = command_option(argc, argv, LOAD_SIZE_LETTERS, longs)) != -1;)
    if (!load_take_size(&model, option, optarg))
      tool_usage("\"%s\" cannot be the argument of -%c", optarg, option);
  char **arguments = command_arguments(argc, argv, 2, 2, NULL);
  import.source = arguments[0];
  if (stat(import.source, &status) != 0)
    return command_end(tool_fail(errno, "cannot read %s", import.source));
  import.file = !S_ISDIR(status.st_mode);
  if (!tool_is_of_lmdb(import.source)) {
    tool_message("%s is no environment of LMDB%s", import.source,
                 is_ours(import.source) ? ", but a database of this engine: \"mdbx copy\" copies it" : "");
    return command_end(MDBX_INVALID);
  }
  model.env_flags = wishes.env_flags | (import.file ? MDBX_NOSUBDIR : 0);
  return command_end(import_into(&import, arguments[1], &model));
}
