/* SPDX-License-Identifier: Apache-2.0 */
/* Records: get, put, del, edit; and whole tables: drop. */
#include "subcommands.h"

#include "bytes.h"
#include "tools/drop_run.h"
#include "tools/tool_sizes.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------------------ get */

struct scan {
  const char *from, *to, *prefix;
  uint64_t limit;
  bool reverse, keys_only, raw;
  struct bytes first, last; /* bounds, where there are some */
  bool has_first, has_last;
  bool scattered; /* keys with the same prefix are not adjacent */
  enum form key_form, value_form;
  struct tool_names tables; /* records of the main table that are not shown */
};

static bool prepare_scan(const struct place *place, struct scan *scan) {
  const char *first = scan->prefix ? scan->prefix : scan->from;
  scan->key_form = bytes_key_form(place);
  scan->value_form = bytes_value_form(place);
  scan->scattered = scan->prefix && (place->flags & (MDBX_REVERSEKEY | MDBX_INTEGERKEY));
  scan->has_first = first != NULL;
  scan->has_last = scan->to != NULL;
  return (!first || bytes_parse(first, strlen(first), scan->key_form, &scan->first)) &&
         (!scan->to || bytes_parse(scan->to, strlen(scan->to), scan->key_form, &scan->last));
}

static bool in_scan(const struct place *place, const struct scan *scan, const MDBX_val *key) {
  const MDBX_val *first = &scan->first.item;
  if (scan->prefix)
    return key->iov_len >= first->iov_len && memcmp(key->iov_base, first->iov_base, first->iov_len) == 0;
  if (scan->has_first && mdbx_cmp(place->txn, place->dbi, key, first) < 0)
    return false;
  return !scan->has_last || mdbx_cmp(place->txn, place->dbi, key, &scan->last.item) <= 0;
}

/* Finds the last record with the prefix: the record before the first key that is greater than all keys with the prefix.
 * That key is the prefix cut after its last byte that is not 255, with this byte increased by one. */
static int last_of_prefix(MDBX_cursor *cursor, const MDBX_val *prefix, MDBX_val *key, MDBX_val *value) {
  const uint8_t *bytes = prefix->iov_base;
  size_t length = prefix->iov_len;
  while (length && bytes[length - 1] == UINT8_MAX)
    --length;
  if (!length)
    return mdbx_cursor_get(cursor, key, value, MDBX_LAST);
  uint8_t *behind = malloc(length);
  if (!behind)
    return MDBX_ENOMEM;
  memcpy(behind, bytes, length);
  behind[length - 1] += 1;
  *key = (MDBX_val){behind, length};
  const int rc = mdbx_cursor_get(cursor, key, value, MDBX_TO_KEY_LESSER_THAN);
  free(behind);
  return rc;
}

/* The record a scan begins with. */
static int begin_scan(MDBX_cursor *cursor, const struct scan *scan, MDBX_val *key, MDBX_val *value) {
  const bool everywhere = scan->scattered || !scan->has_first;
  if (!scan->reverse) {
    *key = scan->first.item;
    return mdbx_cursor_get(cursor, key, value, everywhere ? MDBX_FIRST : MDBX_SET_RANGE);
  }
  if (scan->prefix && !scan->scattered)
    return last_of_prefix(cursor, &scan->first.item, key, value);
  if (!scan->has_last)
    return mdbx_cursor_get(cursor, key, value, MDBX_LAST);
  *key = scan->last.item;
  return mdbx_cursor_get(cursor, key, value, MDBX_TO_KEY_LESSER_OR_EQUAL);
}

static int scan_table(const struct place *place, struct scan *scan) {
  MDBX_cursor *cursor;
  MDBX_val key = {NULL, 0}, value = {NULL, 0};
  int rc = mdbx_cursor_open(place->txn, place->dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot read %s", place_table_name());
  rc = begin_scan(cursor, scan, &key, &value);
  for (uint64_t shown = 0; rc == MDBX_SUCCESS && shown < scan->limit && !tool_stopped;) {
    const bool wanted = in_scan(place, scan, &key);
    if (!wanted && !scan->scattered)
      break;
    /* Tables are for "mdbx stat". */
    if (wanted && !tool_has_name(&scan->tables, &key)) {
      bytes_print_record(&key, scan->key_form, scan->keys_only ? NULL : &value, scan->value_form);
      ++shown;
    }
    rc = mdbx_cursor_get(cursor, &key, &value, scan->reverse ? MDBX_PREV : MDBX_NEXT);
  }
  mdbx_cursor_close(cursor);
  if (rc != MDBX_NOTFOUND && rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot read %s", place_table_name());
  return tool_stopped ? MDBX_EINTR : MDBX_SUCCESS;
}

/* A single value is written unchanged, unless standard output is a terminal. */
static void print_value(const struct scan *scan, const MDBX_val *key, const MDBX_val *value) {
  if (wishes.output == FORM_JSON) {
    bytes_print_record(key, scan->key_form, value, scan->value_form);
    return;
  }
  const enum form form = wishes.output != FORM_AUTO ? wishes.output : scan->value_form;
  bytes_print(value, scan->raw || (form == FORM_TEXT && !on_terminal(STDOUT_FILENO)) ? FORM_RAW : form);
  if (!scan->raw)
    putchar('\n');
}

static int get_key(const struct place *place, const struct scan *scan, const char *text) {
  struct bytes key = {.owned = NULL};
  MDBX_cursor *cursor = NULL;
  MDBX_val found, value;
  int rc = bytes_parse(text, strlen(text), scan->key_form, &key) ? MDBX_SUCCESS : MDBX_EINVAL;
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_cursor_open(place->txn, place->dbi, &cursor);
    found = key.item;
    if (rc == MDBX_SUCCESS)
      rc = mdbx_cursor_get(cursor, &found, &value, MDBX_SET_KEY);
    if (rc == MDBX_NOTFOUND)
      tool_message("%s has no key %s", place_table_name(), text);
    else if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot read %s", text);
    for (int more = rc; more == MDBX_SUCCESS && !tool_stopped;
         more = mdbx_cursor_get(cursor, &found, &value, MDBX_NEXT_DUP))
      print_value(scan, &found, &value);
  }
  if (cursor)
    mdbx_cursor_close(cursor);
  bytes_free(&key);
  return rc;
}

static int get_from(const char *path, struct scan *scan, int count, char *keys[]) {
  struct place place = {.env = NULL};
  int rc = place_open_reading(&place, path), worst = MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = prepare_scan(&place, scan) ? MDBX_SUCCESS : MDBX_EINVAL;
  if (rc == MDBX_SUCCESS && !count && !wishes.table.iov_base)
    rc = tool_list_tables(place.txn, &scan->tables);
  if (rc == MDBX_SUCCESS && !count)
    rc = scan_table(&place, scan);
  for (int i = 0; rc == MDBX_SUCCESS && i < count; ++i) {
    const int one = get_key(&place, scan, keys[i]);
    worst = one != MDBX_SUCCESS ? one : worst;
  }
  place_close(&place);
  bytes_free(&scan->first);
  bytes_free(&scan->last);
  tool_free_names(&scan->tables);
  return rc == MDBX_SUCCESS ? worst : rc;
}

int run_get(int argc, char *argv[]) {
  static const struct option longs[] = {
      {"from", required_argument, NULL, 'f'},   {"to", required_argument, NULL, 'T'},
      {"prefix", required_argument, NULL, 'p'}, {"limit", required_argument, NULL, 'l'},
      {"reverse", no_argument, NULL, 'r'},      {"keys", no_argument, NULL, 'k'},
      {"raw", no_argument, NULL, 'R'},          {NULL, 0, NULL, 0}};
  struct scan scan = {.limit = UINT64_MAX};
  int count;
  for (int option; (option = command_option(argc, argv, "f:T:p:l:rkR", longs)) != -1;) {
    switch (option) {
    case 'f':
      scan.from = optarg;
      break;
    case 'T':
      scan.to = optarg;
      break;
    case 'p':
      scan.prefix = optarg;
      break;
    case 'r':
      scan.reverse = true;
      break;
    case 'k':
      scan.keys_only = true;
      break;
    case 'R':
      scan.raw = true;
      break;
    default:
      if (!number_parse(optarg, UINT64_MAX, &scan.limit))
        tool_usage("\"%s\" is no number of records", optarg);
    }
  }
  char **arguments = command_arguments(argc, argv, 1, INT32_MAX, &count);
  if (scan.prefix && (scan.from || scan.to))
    tool_usage("--prefix excludes --from and --to");
  if (count > 1 && (scan.prefix || scan.from || scan.to))
    tool_usage("give keys, or bounds of keys");
  tool_catch_signals();
  return command_end(get_from(arguments[0], &scan, count - 1, arguments + 1));
}

/* ------------------------------------------------------------------------------------------------------------ put */

struct change {
  unsigned create;
  unsigned put_flags;
  const char *file;
};

static int put_record(const struct place *place, const struct change *change, const char *key_text,
                      const char *value_text) {
  struct bytes key = {.owned = NULL}, value = {.owned = NULL};
  int rc = MDBX_EINVAL;
  if (bytes_parse(key_text, strlen(key_text), bytes_key_form(place), &key) &&
      (value_text ? bytes_parse(value_text, strlen(value_text), bytes_value_form(place), &value)
                  : bytes_read_file(change->file, &value))) {
    rc = mdbx_put(place->txn, place->dbi, &key.item, &value.item, (MDBX_put_flags_t)change->put_flags);
    if (rc == MDBX_KEYEXIST)
      tool_message("%s has the key %s already", place_table_name(), key_text);
    else if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot store %s", key_text);
  }
  bytes_free(&key);
  bytes_free(&value);
  return rc;
}

/* For commands that can create the database and the table. */
static int open_to_store(struct place *place, const char *path, unsigned create) {
  tool_missing_hint = create ? NULL : "with --create it is made";
  const int rc = place_open_writing(place, path, create);
  tool_missing_hint = NULL;
  return rc;
}

#define CREATE_LONGS \
  {"create", no_argument, NULL, 'c'}, { "flags", required_argument, NULL, 'F' }

int run_put(int argc, char *argv[]) {
  static const struct option longs[] = {CREATE_LONGS,
                                        {"no-overwrite", no_argument, NULL, 'N'},
                                        {"append", no_argument, NULL, 'a'},
                                        {"file", required_argument, NULL, 'f'},
                                        {NULL, 0, NULL, 0}};
  struct change change = {.create = 0};
  struct place place = {.env = NULL};
  for (int option; (option = command_option(argc, argv, "cF:Naf:", longs)) != -1;) {
    if (option == 'N')
      change.put_flags |= MDBX_NOOVERWRITE;
    else if (option == 'a')
      change.put_flags |= MDBX_APPEND;
    else if (option == 'f')
      change.file = optarg;
    else
      take_create(option, &change.create);
  }
  const int wanted = change.file ? 2 : 3;
  char **arguments = command_arguments(argc, argv, wanted, wanted, NULL);
  int rc = open_to_store(&place, arguments[0], change.create);
  if (rc == MDBX_SUCCESS)
    rc = put_record(&place, &change, arguments[1], change.file ? NULL : arguments[2]);
  if (rc == MDBX_SUCCESS)
    rc = place_commit(&place);
  place_close(&place);
  return command_end(rc);
}

/* ------------------------------------------------------------------------------------------------------------ del */

static int delete_record(const struct place *place, const char *key_text, const char *value_text) {
  struct bytes key = {.owned = NULL}, value = {.owned = NULL};
  int rc = MDBX_EINVAL;
  if (bytes_parse(key_text, strlen(key_text), bytes_key_form(place), &key) &&
      (!value_text || bytes_parse(value_text, strlen(value_text), bytes_value_form(place), &value))) {
    MDBX_val stored = {NULL, 0};
    rc = MDBX_SUCCESS;
    /* If the table has one value per key, the engine does not compare it. */
    if (value_text && !(place->flags & MDBX_DUPSORT)) {
      rc = mdbx_get(place->txn, place->dbi, &key.item, &stored);
      if (rc == MDBX_SUCCESS &&
          (stored.iov_len != value.item.iov_len || memcmp(stored.iov_base, value.item.iov_base, stored.iov_len) != 0))
        rc = MDBX_NOTFOUND;
    }
    if (rc == MDBX_SUCCESS)
      rc = mdbx_del(place->txn, place->dbi, &key.item, value_text ? &value.item : NULL);
    if (rc == MDBX_NOTFOUND)
      tool_message("%s has no key %s%s", place_table_name(), key_text, value_text ? " with that value" : "");
    else if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot delete %s", key_text);
  }
  bytes_free(&key);
  bytes_free(&value);
  return rc;
}

int run_del(int argc, char *argv[]) {
  struct place place = {.env = NULL};
  int count;
  while (command_option(argc, argv, "", NULL) != -1)
    continue;
  char **arguments = command_arguments(argc, argv, 2, 3, &count);
  int rc = place_open_writing(&place, arguments[0], 0);
  if (rc == MDBX_SUCCESS)
    rc = delete_record(&place, arguments[1], count > 2 ? arguments[2] : NULL);
  if (rc == MDBX_SUCCESS)
    rc = place_commit(&place);
  place_close(&place);
  return command_end(rc);
}

/* ----------------------------------------------------------------------------------------------------------- edit */

enum { EDIT_SET = COMMAND_OPTION, EDIT_SET_FILE, EDIT_ADD, EDIT_ADD_FILE, EDIT_DELETE };

/* The changes to make, in the order of the command line. */
struct edit {
  int action;
  const char *argument;
};

struct edits {
  struct edit *at;
  size_t count;
  uint64_t stored, kept, deleted, missing;
};

static int store_edit(const struct place *place, struct edits *edits, const struct edit *edit) {
  struct bytes key = {.owned = NULL}, value = {.owned = NULL};
  const char *equals = strchr(edit->argument, '=');
  const bool from_file = edit->action == EDIT_SET_FILE || edit->action == EDIT_ADD_FILE;
  const bool adding = edit->action == EDIT_ADD || edit->action == EDIT_ADD_FILE;
  int rc = MDBX_EINVAL;
  if (bytes_parse(edit->argument, (size_t)(equals - edit->argument), bytes_key_form(place), &key) &&
      (from_file ? bytes_read_file(equals + 1, &value)
                 : bytes_parse(equals + 1, strlen(equals + 1), bytes_value_form(place), &value))) {
    rc = mdbx_put(place->txn, place->dbi, &key.item, &value.item, adding ? MDBX_NOOVERWRITE : MDBX_UPSERT);
    if (rc == MDBX_SUCCESS)
      edits->stored += 1;
    else if (rc == MDBX_KEYEXIST)
      edits->kept += 1;
    else
      tool_fail(rc, "cannot store \"%s\"", edit->argument);
  }
  bytes_free(&key);
  bytes_free(&value);
  return rc == MDBX_KEYEXIST ? MDBX_SUCCESS : rc;
}

static int delete_edit(const struct place *place, struct edits *edits, const struct edit *edit) {
  struct bytes key = {.owned = NULL};
  int rc = MDBX_EINVAL;
  if (bytes_parse(edit->argument, strlen(edit->argument), bytes_key_form(place), &key)) {
    rc = mdbx_del(place->txn, place->dbi, &key.item, NULL);
    edits->deleted += rc == MDBX_SUCCESS;
    edits->missing += rc == MDBX_NOTFOUND;
    if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
      tool_fail(rc, "cannot delete \"%s\"", edit->argument);
  }
  bytes_free(&key);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static void note_edit(struct edits *edits, int argc, int action) {
  if (!edits->at && !(edits->at = calloc((size_t)argc, sizeof(*edits->at))))
    tool_usage("out of memory");
  if (action != EDIT_DELETE && !strchr(optarg, '='))
    tool_usage("\"%s\" is not KEY=VALUE or KEY=FILE", optarg);
  edits->at[edits->count].action = action;
  edits->at[edits->count++].argument = optarg;
}

static int apply_edits(const char *path, struct edits *edits, unsigned create) {
  struct place place = {.env = NULL};
  int rc = open_to_store(&place, path, create);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < edits->count; ++i)
    rc = edits->at[i].action == EDIT_DELETE ? delete_edit(&place, edits, &edits->at[i])
                                            : store_edit(&place, edits, &edits->at[i]);
  if (rc == MDBX_SUCCESS)
    rc = place_commit(&place);
  place_close(&place);
  return rc;
}

int run_edit(int argc, char *argv[]) {
  static const struct option longs[] = {CREATE_LONGS,
                                        {"set", required_argument, NULL, EDIT_SET},
                                        {"set-file", required_argument, NULL, EDIT_SET_FILE},
                                        {"add", required_argument, NULL, EDIT_ADD},
                                        {"add-file", required_argument, NULL, EDIT_ADD_FILE},
                                        {"delete", required_argument, NULL, EDIT_DELETE},
                                        {NULL, 0, NULL, 0}};
  /* In a transaction of the shell a wrong argument ends this function, not the program. */
  static struct edits edits;
  unsigned create = 0;
  free(edits.at);
  memset(&edits, 0, sizeof(edits));
  for (int option; (option = command_option(argc, argv, "cF:", longs)) != -1;)
    if (!take_create(option, &create))
      note_edit(&edits, argc, option);
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  if (!edits.count)
    tool_usage("nothing to do: give --set, --set-file, --add, --add-file or --delete");
  const int rc = apply_edits(arguments[0], &edits, create);
  if (rc == MDBX_SUCCESS && !tool_quiet)
    printf("%" PRIu64 " stored, %" PRIu64 " kept as they were, %" PRIu64 " deleted, %" PRIu64 " not there\n",
           edits.stored, edits.kept, edits.deleted, edits.missing);
  return command_end(rc);
}

/* ----------------------------------------------------------------------------------------------------------- drop */

int run_drop(int argc, char *argv[]) {
  static const struct option longs[] = {{"delete", no_argument, NULL, 'd'}, {NULL, 0, NULL, 0}};
  bool delete = false;
  struct place place = {.env = NULL};
  uint64_t entries = 0;
  while (command_option(argc, argv, "d", longs) != -1)
    delete = true;
  char **arguments = command_arguments(argc, argv, 1, 1, NULL);
  const MDBX_val *name = wishes.table.iov_base ? &wishes.table : NULL;
  int rc = place_begin_writing(&place, arguments[0], 0);
  if (rc == MDBX_SUCCESS)
    rc = drop_table(place.txn, name, delete, &entries);
  if (rc == MDBX_SUCCESS)
    rc = place_commit(&place);
  if (rc == MDBX_SUCCESS)
    drop_report(name, delete, entries);
  place_close(&place);
  return command_end(rc);
}
