/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_rescue.h"

#include <inttypes.h>
#include <string.h>

/* The longest part of a key that is shown; the rest is cut off. */
#define SHOWN_BYTES 100
#define LOSS_TEXT 1024

struct rescuing {
  struct dump *dump;
  MDBX_txn *txn;
  const MDBX_rescue_table_t *table;
  char *losses; /* lines for the header; NULL: there are none */
  size_t loss_bytes;
  bool no_memory;  /* for one of them */
  bool headed;     /* the table's header is written */
  bool any, found; /* some table was dumped; the wanted one was met */
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

/* "after A and before B", or the part of it that is known. */
static void describe_place(const MDBX_rescue_loss_t *loss, char *text, size_t size) {
  char after[3 * SHOWN_BYTES], before[3 * SHOWN_BYTES];
  const char *low = loss->after.iov_base ? show(&loss->after, after, sizeof(after)) : NULL;
  const char *high = loss->before.iov_base ? show(&loss->before, before, sizeof(before)) : NULL;
  snprintf(text, size, "%s%s%s%s%s", low ? " after " : "", low ? low : "", low && high ? " and" : "",
           high ? " before " : "", high ? high : "");
}

static void describe_orphan(const MDBX_rescue_loss_t *loss, char *text, size_t size) {
  char first[3 * SHOWN_BYTES], last[3 * SHOWN_BYTES];
  if (!loss->leaves_found)
    snprintf(text, size, "nothing leads to page %" PRIu64 ", a branch of which nothing can be found", loss->page);
  else
    snprintf(text, size,
             "nothing leads to page %" PRIu64 " with keys from %s to %s: a lost table, or an old version of one; "
             "not dumped",
             loss->page, show(&loss->after, first, sizeof(first)), show(&loss->before, last, sizeof(last)));
}

static void describe(const MDBX_rescue_loss_t *loss, char *text, size_t size) {
  char key[3 * SHOWN_BYTES], place[LOSS_TEXT - 320];
  if (loss->orphan) {
    describe_orphan(loss, text, size);
    return;
  }
  if (!loss->page) {
    snprintf(text, size, "its own record is damaged, and nothing of it can be found");
    return;
  }
  describe_place(loss, place, sizeof(place));
  int length = snprintf(text, size, "page %" PRIu64 " is damaged: ", loss->page);
  if (loss->branch)
    length += snprintf(text + length, size - (size_t)length, "a branch, %zu leaves were found without it%s; else ",
                       loss->leaves_found, loss->old ? ", some of them may be old versions" : "");
  if (loss->key.iov_base)
    snprintf(text + length, size - (size_t)length, "values of %s%s are lost", show(&loss->key, key, sizeof(key)),
             place);
  else
    snprintf(text + length, size - (size_t)length, "%s%s %s lost", *place ? "keys" : "all of it", place,
             *place ? "are" : "is");
}

/* The text must stay on one line. */
static void put_line(struct rescuing *rescuing, const char *keyword, const char *text) {
  const size_t more = strlen(keyword) + strlen(text) + 2;
  char *longer = realloc(rescuing->losses, rescuing->loss_bytes + more + 1);
  rescuing->no_memory |= !longer;
  if (!longer)
    return;
  char *line = longer + rescuing->loss_bytes;
  snprintf(line, more + 1, "%s=%s\n", keyword, text);
  for (; line < longer + rescuing->loss_bytes + more - 1; ++line)
    if ((unsigned char)*line < ' ' || *line == 127)
      *line = '?';
  rescuing->losses = longer;
  rescuing->loss_bytes += more;
}

static void forget_losses(struct rescuing *rescuing) {
  free(rescuing->losses);
  rescuing->losses = NULL;
  rescuing->loss_bytes = 0;
}

/* ---------------------------------------------------------------------------------------------------------- orphans */

static void note(struct rescuing *rescuing, const char *text) {
  tool_message("%s: %s: %s", tool_opened(), name_of(rescuing), text);
  put_line(rescuing, "note", text);
}

/* Names of flags, as in headers. */
static void list_flags(unsigned flags, char *text, size_t size) {
  size_t length = 0;
  for (const struct tool_table_flag *flag = tool_table_flags; flag->bit && length < size; ++flag)
    if (flags & flag->bit)
      length += (size_t)snprintf(text + length, size - length, "%s%s", length ? ", " : "", flag->name);
}

static const char *show_table(const MDBX_val *name, char *text, size_t size) {
  return name->iov_base ? show(name, text, size) : TOOL_MAIN_TABLE;
}

/* The dump says what is made up, and what is not known. */
static void note_orphan(struct rescuing *rescuing) {
  const MDBX_rescue_table_t *table = rescuing->table;
  char text[LOSS_TEXT], first[3 * SHOWN_BYTES], last[3 * SHOWN_BYTES], flags[128] = "";
  snprintf(text, sizeof(text),
           "the name is made up and the flags are guessed: nothing leads to page %" PRIu64
           " any more, with keys from %s to %s",
           table->orphan, show(&table->first, first, sizeof(first)), show(&table->last, last, sizeof(last)));
  note(rescuing, text);
  list_flags(table->unsure, flags, sizeof(flags));
  if (*flags) {
    snprintf(text, sizeof(text), "its pages would fit these flags as well: %s", flags);
    note(rescuing, text);
  }
  if (table->old)
    note(rescuing, "it may be an old version of another table: not all free pages are known, or writes were lost");
  if (table->comparator)
    note(rescuing,
         "its order is none that this program knows: the application had a comparator, or the order is damaged");
  if (table->remains.iov_base) {
    snprintf(text, sizeof(text), "a damaged page calls it %s", show(&table->remains, first, sizeof(first)));
    note(rescuing, text);
  }
  if (table->fits) {
    snprintf(text, sizeof(text), "it may be a part of %s%s%s%s", show_table(&table->fitting[0], first, sizeof(first)),
             table->fits > 1 ? " or of " : "",
             table->fits > 1 ? show_table(&table->fitting[1], last, sizeof(last)) : "",
             table->fits > 2 ? " or of others" : "");
    note(rescuing, text);
  }
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
  if (table->orphan) {
    note_orphan(rescuing);
    dump->damaged = true;
  }
  return rescuing->no_memory ? MDBX_ENOMEM : MDBX_SUCCESS;
}

static int on_loss(void *context, const MDBX_rescue_loss_t *loss) {
  struct rescuing *rescuing = context;
  char text[LOSS_TEXT];
  describe(loss, text, sizeof(text));
  tool_message("%s: %s: %s", tool_opened(), name_of(rescuing), text);
  put_line(rescuing, "damaged", text);
  rescuing->dump->damaged = true;
  return rescuing->no_memory ? MDBX_ENOMEM : MDBX_SUCCESS;
}

static void begin_table(struct rescuing *rescuing) {
  struct dump *dump = rescuing->dump;
  const MDBX_rescue_table_t *table = rescuing->table;
  dump_put_header(dump, rescuing->txn, table->name, table->flags, table->sequence,
                  dump->strict || !rescuing->losses ? "" : rescuing->losses);
  rescuing->headed = rescuing->any = true;
}

static int on_record(void *context, const MDBX_val *key, const MDBX_val *value) {
  struct rescuing *rescuing = context;
  if (tool_stopped)
    return MDBX_EINTR;
  if (!rescuing->headed)
    begin_table(rescuing);
  return dump_put_record(rescuing->dump, key, value);
}

/* A dump of all tables leaves the main table out if it has only names of tables. */
static bool is_needless(const struct rescuing *rescuing, const MDBX_rescue_table_t *table, uint64_t told) {
  if (!rescuing->dump->all || table->name || told || table->records || rescuing->loss_bytes)
    return false;
  return rescuing->dump->strict || !(table->flags || table->sequence);
}

static int on_table_end(void *context, const MDBX_rescue_table_t *table, uint64_t told) {
  struct rescuing *rescuing = context;
  const bool needless = is_needless(rescuing, table, told);
  if (!rescuing->headed && !needless)
    begin_table(rescuing);
  if (rescuing->headed)
    fputs("DATA=END\n", rescuing->dump->out);
  if (told < table->records)
    tool_message("%s: %s: %" PRIu64 " of %" PRIu64 " records could be read", tool_opened(), name_of(rescuing), told,
                 table->records);
  forget_losses(rescuing);
  return MDBX_SUCCESS;
}

int dump_rescued(struct dump *dump, MDBX_txn *txn) {
  static const MDBX_rescue_callbacks_t callbacks = {on_table, on_loss, on_record, on_table_end};
  struct rescuing rescuing = {.dump = dump, .txn = txn};
  /* Reports each damage with the records that it costs. */
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  const int rc = mdbx_rescue(txn, &callbacks, &rescuing);
  mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  forget_losses(&rescuing);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return ferror(dump->out) ? rc : tool_fail(rc, "cannot continue the rescue");
  if (rc == MDBX_RESULT_TRUE && dump->list)
    dump->damaged = true;
  if (dump->table && !rescuing.found)
    return tool_fail(MDBX_NOTFOUND, "cannot dump %s", dump->table);
  if (dump->all && !rescuing.any)
    dump_put_empty(dump, txn);
  return MDBX_SUCCESS;
}
