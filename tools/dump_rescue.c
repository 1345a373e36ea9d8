/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_rescue.h"

#include <inttypes.h>
#include <string.h>

/* Shown of a key; what is longer is cut. */
#define SHOWN_BYTES 100
#define LOSS_TEXT 1024

struct rescuing {
  struct dump *dump;
  MDBX_txn *txn;
  const MDBX_rescue_table_t *table;
  FILE *losses;      /* lines for the header */
  char *loss_lines;
  size_t loss_bytes;
  bool headed;       /* the table's header is written */
  bool any, found;   /* some table was dumped; the wanted one was met */
};

static const char *name_of(const struct rescuing *rescuing) {
  return rescuing->table->name ? tool_shown_name(rescuing->table->name) : TOOL_MAIN_TABLE;
}

static const char *show(const MDBX_val *bytes, char *text, size_t size) {
  MDBX_val part = *bytes;
  if (part.iov_len > SHOWN_BYTES)
    part.iov_len = SHOWN_BYTES;
  if (!part.iov_len)
    return "the empty one";
  const char *shown = mdbx_dump_val(&part, text, size);
  return shown ? shown : "one that cannot be shown";
}

/* "after A and before B", with what is known of it. */
static void describe_place(const MDBX_rescue_loss_t *loss, char *text, size_t size) {
  char after[3 * SHOWN_BYTES], before[3 * SHOWN_BYTES];
  const char *low = loss->after.iov_base ? show(&loss->after, after, sizeof(after)) : NULL;
  const char *high = loss->before.iov_base ? show(&loss->before, before, sizeof(before)) : NULL;
  snprintf(text, size, "%s%s%s%s%s", low ? " after " : "", low ? low : "", low && high ? " and" : "",
           high ? " before " : "", high ? high : "");
}

static void describe(const MDBX_rescue_loss_t *loss, char *text, size_t size) {
  char key[3 * SHOWN_BYTES], place[LOSS_TEXT - 320];
  if (!loss->page) {
    snprintf(text, size, "its own record is damaged, and nothing of it can be found");
    return;
  }
  describe_place(loss, place, sizeof(place));
  int length = snprintf(text, size, "page %" PRIu64 " is damaged: ", loss->page);
  if (loss->branch)
    length += snprintf(text + length, size - (size_t)length, "a branch, %zu leaves were found without it; else ",
                       loss->leaves_found);
  if (loss->key.iov_base)
    snprintf(text + length, size - (size_t)length, "values of %s%s are lost", show(&loss->key, key, sizeof(key)), place);
  else
    snprintf(text + length, size - (size_t)length, "%s%s %s lost", *place ? "keys" : "all of it", place,
             *place ? "are" : "is");
}

/* A line must stay one. */
static void put_loss_line(const struct rescuing *rescuing, const char *text) {
  fputs("damaged=", rescuing->losses);
  for (; *text; ++text)
    putc((unsigned char)*text < ' ' || *text == 127 ? '?' : *text, rescuing->losses);
  putc('\n', rescuing->losses);
}

/* ------------------------------------------------------------------------------------------------------- callbacks */

static bool is_wanted(const struct dump *dump, const MDBX_val *name) {
  if (!dump->table)
    return dump->all || !name;
  return name && name->iov_len == strlen(dump->table) && memcmp(name->iov_base, dump->table, name->iov_len) == 0;
}

static int on_table(void *context, const MDBX_rescue_table_t *table) {
  struct rescuing *rescuing = context;
  struct dump *dump = rescuing->dump;
  if (tool_stopped)
    return MDBX_EINTR;
  if (dump->list) {
    if (table->name)
      fprintf(dump->out, "%s\n", tool_shown_name(table->name));
    return MDBX_RESULT_TRUE;
  }
  if (!is_wanted(dump, table->name))
    return MDBX_RESULT_TRUE;
  rescuing->table = table;
  rescuing->found = true;
  rescuing->headed = false;
  rescuing->losses = open_memstream(&rescuing->loss_lines, &rescuing->loss_bytes);
  return rescuing->losses ? MDBX_SUCCESS : MDBX_ENOMEM;
}

static int on_loss(void *context, const MDBX_rescue_loss_t *loss) {
  const struct rescuing *rescuing = context;
  char text[LOSS_TEXT];
  describe(loss, text, sizeof(text));
  tool_message("%s: %s: %s", tool_opened(), name_of(rescuing), text);
  put_loss_line(rescuing, text);
  rescuing->dump->damaged = true;
  return MDBX_SUCCESS;
}

static void begin_table(struct rescuing *rescuing) {
  const struct dump *dump = rescuing->dump;
  const MDBX_rescue_table_t *table = rescuing->table;
  fflush(rescuing->losses);
  dump_put_header(dump, rescuing->txn, table->name, table->flags, table->sequence,
                  dump->strict ? "" : rescuing->loss_lines);
  rescuing->headed = rescuing->any = true;
}

static int on_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  struct rescuing *rescuing = context;
  if (tool_stopped)
    return MDBX_EINTR;
  errno = 0;
  if (!rescuing->headed)
    begin_table(rescuing);
  dump_put_item(rescuing->dump, key);
  dump_put_item(rescuing->dump, value);
  return tool_stream_error(rescuing->dump->out);
}

/* Of all tables the main one is left out if it has nothing but their names. */
static int on_table_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  struct rescuing *rescuing = context;
  const bool needless = rescuing->dump->all && !table->name && !told && !table->records && !rescuing->loss_bytes;
  if (!rescuing->headed && !needless)
    begin_table(rescuing);
  if (rescuing->headed)
    fputs("DATA=END\n", rescuing->dump->out);
  if (told < table->records)
    tool_message("%s: %s: %" PRIu64 " of %" PRIu64 " records could be read", tool_opened(), name_of(rescuing), told,
                 table->records);
  fclose(rescuing->losses);
  free(rescuing->loss_lines);
  rescuing->losses = NULL;
  rescuing->loss_lines = NULL;
  return MDBX_SUCCESS;
}

int dump_rescued(struct dump *dump, MDBX_txn *txn) {
  static const MDBX_rescue_callbacks_t callbacks = {on_table, on_loss, on_record, on_table_end};
  struct rescuing rescuing = {.dump = dump, .txn = txn};
  /* What is damaged is told with what it costs. */
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  const int rc = mdbx_rescue(txn, &callbacks, &rescuing);
  mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  if (rescuing.losses)
    fclose(rescuing.losses);
  free(rescuing.loss_lines);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "cannot go on with the rescue");
  if (rc == MDBX_RESULT_TRUE && dump->list)
    dump->damaged = true;
  if (dump->table && !rescuing.found)
    return tool_fail(MDBX_NOTFOUND, "cannot dump %s", dump->table);
  if (dump->all && !rescuing.any)
    dump_put_empty(dump, txn);
  return MDBX_SUCCESS;
}
