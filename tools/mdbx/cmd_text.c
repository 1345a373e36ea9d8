/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as text, in two formats: that of db_dump (dump, load) and that of cdbmake (dump --cdb, restore). */
#include "subcommands.h"

#include "cdbmake.h"
#include "target.h"
#include "tools/dump_run.h"
#include "tools/load_run.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------------------ dump */

static int dump_text(MDBX_txn *txn, struct dump *dump) {
  struct target target = {.name = NULL};
  int rc = MDBX_SUCCESS;
  if (dump->file)
    rc = target_begin(&target, dump->file, true, TARGET_FILE);
  if (rc != MDBX_SUCCESS)
    return rc;
  dump->out = dump->file ? target_open(&target) : stdout;
  if (!dump->out)
    return target_finish(&target, tool_fail(errno, "cannot write %s", target.temporary));
  rc = dump_snapshot(dump, txn);
  const int flushed = tool_flush(dump->out, dump->file ? dump->file : "standard output");
  if (dump->file && fclose(dump->out) != 0 && flushed == MDBX_SUCCESS)
    rc = tool_fail(errno, "cannot write %s", dump->file);
  rc = target_finish(&target, rc == MDBX_SUCCESS ? flushed : rc);
  return rc == MDBX_SUCCESS && dump->damaged ? MDBX_CORRUPTED : rc;
}

static int write_records(struct place *place, const struct tool_names *tables, FILE *out, uint64_t *records) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  int rc = mdbx_cursor_open(place->txn, place->dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  mdbx_cursor_ignord(cursor);
  rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  while (rc == MDBX_SUCCESS) {
    if (place->dbi != 1 || !tool_has_name(tables, &key)) {
      errno = 0;
      cdbmake_write(out, &key, &value);
      *records += 1;
    }
    rc = tool_stream_error(out);
    if (rc == MDBX_SUCCESS)
      rc = tool_stopped ? MDBX_EINTR : mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
  }
  cdbmake_write_end(out);
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int write_table(struct place *place, const struct tool_names *tables, const char *shown, const char *file) {
  struct target target = {.name = NULL};
  const bool standard = strcmp(file, "-") == 0;
  uint64_t records = 0;
  int rc = standard ? MDBX_SUCCESS : target_begin(&target, file, true, TARGET_FILE);
  if (rc != MDBX_SUCCESS)
    return rc;
  FILE *out = standard ? stdout : target_open(&target);
  if (!out)
    return target_finish(&target, tool_fail(errno, "cannot write %s", file));
  rc = write_records(place, tables, out, &records);
  if (rc != MDBX_SUCCESS && !ferror(out))
    tool_fail(rc, "cannot dump %s", shown);
  const int flushed = tool_flush(out, file);
  if (!standard && fclose(out) != 0 && flushed == MDBX_SUCCESS)
    rc = tool_fail(errno, "cannot write %s", file);
  rc = target_finish(&target, rc == MDBX_SUCCESS ? flushed : rc);
  if (rc == MDBX_SUCCESS && !tool_quiet && !standard)
    printf("%s: %" PRIu64 " records of %s\n", file, records, shown);
  return rc;
}

/* The table and the file of "TABLE" or "TABLE=FILE". The table name is in a buffer of the caller. */
static bool split_argument(const char *argument, char *name, size_t size, const char **file) {
  const char *equals = strrchr(argument, '=');
  const size_t length = equals ? (size_t)(equals - argument) : strlen(argument);
  if (length >= size)
    return false;
  memcpy(name, argument, length);
  name[length] = '\0';
  *file = equals ? equals + 1 : NULL;
  return true;
}

static int open_named(struct place *place, const char *name, unsigned flags) {
  const MDBX_val value = {(void *)(uintptr_t)name, strlen(name)};
  return place_open_table(place, strcmp(name, TOOL_MAIN_TABLE) == 0 ? NULL : &value, flags);
}

static int dump_argument(struct place *place, const struct tool_names *tables, const char *argument) {
  char name[1024], usual[1100];
  const char *file;
  if (!split_argument(argument, name, sizeof(name), &file))
    return tool_fail(ENAMETOOLONG, "%s", argument);
  if (!file) {
    snprintf(usual, sizeof(usual), "%s.cdbmake", name);
    file = usual;
    if (strchr(usual, '/')) {
      tool_message("the name %s cannot be the name of a file: give %s=FILE", name, name);
      return MDBX_EINVAL;
    }
  }
  int rc = open_named(place, name, 0);
  if (rc == MDBX_SUCCESS)
    rc = write_table(place, tables, name, file);
  if (rc == MDBX_SUCCESS && place->dbi > 1)
    mdbx_dbi_close(place->env, place->dbi);
  return rc;
}

static int dump_cdbmake(struct place *place, int count, char *arguments[]) {
  struct tool_names tables;
  int rc = tool_list_tables(place->txn, &tables);
  for (int i = 0; rc == MDBX_SUCCESS && i < count; ++i)
    rc = dump_argument(place, &tables, arguments[i]);
  if (rc == MDBX_SUCCESS && !count)
    rc = dump_argument(place, &tables, TOOL_MAIN_TABLE);
  for (size_t i = 0; rc == MDBX_SUCCESS && !count && i < tables.count; ++i)
    rc = dump_argument(place, &tables, tables.at[i].iov_base);
  tool_free_names(&tables);
  return rc;
}

int run_dump(int argc, char *argv[]) {
  static const struct option longs[] = {{"cdb", no_argument, NULL, 'c'},
                                        {"output", required_argument, NULL, 'o'},
                                        {"printable", no_argument, NULL, 'p'},
                                        {"rescue", no_argument, NULL, 'r'},
                                        {"strict", no_argument, NULL, 'x'},
                                        {"concise", no_argument, NULL, COMMAND_OPTION},
                                        {NULL, 0, NULL, 0}};
  struct dump dump = {.all = true};
  struct place place = {.env = NULL};
  bool cdbmake = false;
  int count;
  for (int option; (option = command_option(argc, argv, "co:prx", longs)) != -1;) {
    switch (option) {
    case 'c':
      cdbmake = true;
      break;
    case COMMAND_OPTION:
      dump.concise = true;
      break;
    case 'o':
      dump.file = strcmp(optarg, "-") == 0 ? NULL : optarg;
      break;
    case 'p':
      dump.printable = true;
      break;
    case 'r':
      dump.rescue = true;
      break;
    default:
      dump.strict = true;
    }
  }
  if (dump.concise && (dump.strict || cdbmake))
    tool_usage("--concise and %s exclude each other", cdbmake ? "-c" : "-x");
  char **arguments = command_arguments(argc, argv, 1, cdbmake ? INT32_MAX : 1, &count);
  char *one[] = {wishes.table.iov_base};
  dump.table = one[0];
  dump.all = !dump.table;
  tool_catch_signals();
  int rc = tool_open_for_reading(&place.env, arguments[0], wishes.env_flags);
  if (rc == MDBX_SUCCESS)
    rc = tool_begin_reading(place.env, &place.txn);
  if (rc == MDBX_SUCCESS && !cdbmake)
    rc = dump_text(place.txn, &dump);
  else if (rc == MDBX_SUCCESS)
    rc = dump_cdbmake(&place, count > 1 ? count - 1 : one[0] != NULL, count > 1 ? arguments + 1 : one);
  dump_release(&dump);
  place_close(&place);
  return command_end(rc);
}

/* --------------------------------------------------------------------------------------------------------- restore */

static int store_records(struct place *place, struct cdbmake *in, bool purge) {
  enum cdbmake_event event;
  int rc = purge ? mdbx_drop(place->txn, place->dbi, false) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot empty the table");
  while ((event = cdbmake_read(in)) == CDBMAKE_RECORD) {
    rc = tool_stopped ? MDBX_EINTR : mdbx_put(place->txn, place->dbi, &in->key, &in->value, MDBX_UPSERT);
    if (rc != MDBX_SUCCESS)
      return tool_fail(rc, "%s: cannot store record %" PRIu64, in->name, in->records);
  }
  return event == CDBMAKE_END ? MDBX_SUCCESS : MDBX_EINVAL;
}

static int restore_argument(struct place *place, const char *argument, unsigned flags, bool purge) {
  char name[1024];
  struct cdbmake in = {.file = NULL};
  if (!split_argument(argument, name, sizeof(name), &in.name))
    return tool_fail(ENAMETOOLONG, "%s", argument);
  const bool standard = strcmp(in.name, "-") == 0;
  in.file = standard ? stdin : fopen(in.name, "rb");
  if (!in.file)
    return tool_fail(errno, "cannot read %s", in.name);
  int rc = open_named(place, name, flags);
  if (rc == MDBX_SUCCESS)
    rc = store_records(place, &in, purge);
  if (rc == MDBX_SUCCESS && !tool_quiet)
    printf("%s: %" PRIu64 " records into %s\n", in.name, in.records, name);
  cdbmake_release(&in);
  if (!standard)
    fclose(in.file);
  return rc;
}

static bool exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

/* Does everything in one transaction. A new database is created under a temporary name. */
static int restore(const char *path, int count, char *arguments[], unsigned create, bool purge) {
  struct place place = {.env = NULL};
  struct target target = {.name = NULL};
  int rc = MDBX_SUCCESS;
  tool_max_tables = (unsigned)count;
  if (create && !exists(path))
    rc = target_begin(&target, path, false, target_kind_for(wishes.env_flags));
  if (rc == MDBX_SUCCESS)
    rc =
        tool_open(&place.env, target.name ? target.temporary : path, MDBX_ACCEDE | wishes.env_flags, create ? 0664 : 0);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_txn_begin(place.env, NULL, MDBX_TXN_READWRITE, &place.txn);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot begin to write");
  }
  for (int i = 0; rc == MDBX_SUCCESS && i < count; ++i)
    rc = restore_argument(&place, arguments[i], create, purge);
  if (rc == MDBX_SUCCESS)
    rc = place_commit(&place);
  place_close(&place);
  return target_finish(&target, rc);
}

int run_restore(int argc, char *argv[]) {
  static const struct option longs[] = {{"create", no_argument, NULL, 'c'},
                                        {"flags", required_argument, NULL, 'F'},
                                        {"purge", no_argument, NULL, 'p'},
                                        {NULL, 0, NULL, 0}};
  unsigned create = 0;
  bool purge = false;
  int count;
  for (int option; (option = command_option(argc, argv, "cF:p", longs)) != -1;)
    if (option == 'p')
      purge = true;
    else
      take_create(option, &create);
  char **arguments = command_arguments(argc, argv, 2, INT32_MAX, &count);
  for (int i = 1; i < count; ++i)
    if (!strchr(arguments[i], '='))
      tool_usage("\"%s\" is not TABLE=FILE", arguments[i]);
  tool_catch_signals();
  return command_end(restore(arguments[0], count - 1, arguments + 1, create, purge));
}

/* ------------------------------------------------------------------------------------------------------------ load */

static int load_into(struct load *load, const char *file) {
  struct target target = {.name = NULL};
  const char *path = load->path;
  if (file && !(load->input.file = fopen(file, "r")))
    return tool_fail(errno, "cannot read %s", file);
  load->input.name = file ? file : "standard input";
  int rc = exists(path) ? MDBX_SUCCESS : target_begin(&target, path, false, target_kind_for(load->env_flags));
  if (rc == MDBX_SUCCESS) {
    load->path = target.name ? target.temporary : path;
    rc = load_all(load);
  }
  rc = load_finish(load, rc);
  if (file)
    fclose(load->input.file);
  if (rc == MDBX_SUCCESS && load->failed && !load->rescue)
    rc = MDBX_EINVAL;
  rc = target_finish(&target, rc);
  load->path = path;
  if (rc == MDBX_SUCCESS)
    load_report(load);
  return rc == MDBX_SUCCESS && load->failed ? MDBX_EINVAL : rc;
}

int run_load(int argc, char *argv[]) {
  static const struct option longs[] = {{"append", no_argument, NULL, 'a'},
                                        {"batch", required_argument, NULL, 'b'},
                                        {"keep", no_argument, NULL, 'N'},
                                        {"purge", no_argument, NULL, 'p'},
                                        {"rescue", no_argument, NULL, 'r'},
                                        {"plain", no_argument, NULL, 'T'},
                                        {"lower", required_argument, NULL, 'l'},
                                        {"upper", required_argument, NULL, 'u'},
                                        {"grow", required_argument, NULL, 'g'},
                                        {"shrink", required_argument, NULL, 'S'},
                                        {"page-size", required_argument, NULL, 'P'},
                                        {NULL, 0, NULL, 0}};
  struct load load = {.input = {.file = stdin}, .sizes = LOAD_ANY_SIZES};
  int count;
  for (int option; (option = command_option(argc, argv, "aNprT" LOAD_SIZE_LETTERS, longs)) != -1;) {
    switch (option) {
    case 'a':
      load.append = true;
      break;
    case 'N':
      load.keep = true;
      break;
    case 'p':
      load.purge = true;
      break;
    case 'r':
      load.rescue = true;
      break;
    case 'T':
      load.plain = true;
      break;
    default:
      if (!load_take_size(&load, option, optarg))
        tool_usage("\"%s\" cannot be the argument of -%c", optarg, option);
    }
  }
  char **arguments = command_arguments(argc, argv, 1, 2, &count);
  load.path = arguments[0];
  load.env_flags = wishes.env_flags;
  load.table = wishes.table.iov_base;
  tool_catch_signals();
  return command_end(load_into(&load, count > 1 && strcmp(arguments[1], "-") != 0 ? arguments[1] : NULL));
}
