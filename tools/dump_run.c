/* SPDX-License-Identifier: Apache-2.0 */
#include "dump_run.h"

#include "dump_rescue.h"

#include <inttypes.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------------------- text */

static void put_bytes_as_hex(FILE *out, const MDBX_val *item) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *byte = item->iov_base;
  for (size_t i = 0; i < item->iov_len; ++i) {
    putc(digits[byte[i] >> 4], out);
    putc(digits[byte[i] & 15], out);
  }
}

/* LMDB's mdb_load reads two backslashes as whatever byte its buffer has there; it reads all hexadecimal numbers right. */
static void put_printable(const struct dump *dump, const MDBX_val *item, bool escape_space) {
  FILE *out = dump->out;
  const uint8_t *byte = item->iov_base;
  for (size_t i = 0; i < item->iov_len; ++i) {
    if (i == 0 && escape_space && *byte == ' ')
      fputs("\\20", out);
    else if (byte[i] == '\\')
      fputs(dump->strict ? "\\5c" : "\\\\", out);
    else if (byte[i] >= ' ' && byte[i] < 127)
      putc(byte[i], out);
    else
      fprintf(out, "\\%02x", byte[i]);
  }
}

static void put_item(const struct dump *dump, const MDBX_val *item) {
  putc(' ', dump->out);
  if (dump->printable)
    put_printable(dump, item, dump->merges);
  else
    put_bytes_as_hex(dump->out, item);
  putc('\n', dump->out);
}

static bool is_last_key(const struct dump *dump, const MDBX_val *key) {
  return dump->last_key.iov_base && dump->last_key.iov_len == key->iov_len &&
         (!key->iov_len || memcmp(dump->last_key.iov_base, key->iov_base, key->iov_len) == 0);
}

/* The next record may be on another page, which the engine reads into the same buffer: so the bytes are copied. */
static int keep_key(struct dump *dump, const MDBX_val *key) {
  void *copy = realloc(dump->last_key.iov_base, key->iov_len + 1);
  if (!copy)
    return MDBX_ENOMEM;
  if (key->iov_len)
    memcpy(copy, key->iov_base, key->iov_len);
  dump->last_key.iov_base = copy;
  dump->last_key.iov_len = key->iov_len;
  return MDBX_SUCCESS;
}

static void forget_key(struct dump *dump) {
  free(dump->last_key.iov_base);
  dump->last_key.iov_base = NULL;
}

int dump_put_record(struct dump *dump, const MDBX_val *key, const MDBX_val *value) {
  int rc = MDBX_SUCCESS;
  errno = 0;
  if (dump->merges && is_last_key(dump, key)) {
    putc(' ', dump->out);
  } else {
    put_item(dump, key);
    rc = dump->merges ? keep_key(dump, key) : MDBX_SUCCESS;
  }
  put_item(dump, value);
  return rc == MDBX_SUCCESS ? tool_stream_error(dump->out) : rc;
}

/* ------------------------------------------------------------------------------------------------------- header */

/* A name that fits a line is written as it is. Any other is written twice: shortened to one line, for other loaders,
 * and in hexadecimal, which mdbx_load prefers. */
static void put_name(const struct dump *dump, const MDBX_val *name) {
  const uint8_t *byte = name->iov_base;
  bool plain = name->iov_len > 0;
  for (size_t i = 0; i < name->iov_len; ++i)
    plain = plain && byte[i] >= ' ' && byte[i] != 127;
  fputs("database=", dump->out);
  if (plain)
    fwrite(byte, 1, name->iov_len, dump->out);
  else
    put_printable(dump, name, false);
  if (!plain && !dump->strict) {
    fputs("\ndatabase_hex=", dump->out);
    put_bytes_as_hex(dump->out, name);
  }
  putc('\n', dump->out);
}

static void put_extras(const struct dump *dump, MDBX_txn *txn, uint64_t sequence) {
  MDBX_canary canary;
  if (dump->strict)
    return;
  fprintf(dump->out, "geometry=l%" PRIu64 ",c%" PRIu64 ",u%" PRIu64 ",s%" PRIu64 ",g%" PRIu64 "\n",
          dump->info.mi_geo.lower, dump->info.mi_geo.current, dump->info.mi_geo.upper, dump->info.mi_geo.shrink,
          dump->info.mi_geo.grow);
  if (mdbx_canary_get(txn, &canary) == MDBX_SUCCESS && (canary.x | canary.y | canary.z | canary.v))
    fprintf(dump->out, "canary=v%" PRIu64 ",x%" PRIu64 ",y%" PRIu64 ",z%" PRIu64 "\n", canary.v, canary.x, canary.y,
            canary.z);
  if (sequence)
    fprintf(dump->out, "sequence=%" PRIu64 "\n", sequence);
}

void dump_put_header(struct dump *dump, MDBX_txn *txn, const MDBX_val *name, unsigned flags, uint64_t sequence,
                     const char *extras) {
  dump->merges = dump->concise && (flags & MDBX_DUPSORT);
  forget_key(dump);
  fprintf(dump->out, "VERSION=3\nformat=%s\n", dump->printable ? "print" : "bytevalue");
  if (name)
    put_name(dump, name);
  fprintf(dump->out, "type=btree\nmapsize=%" PRIu64 "\nmaxreaders=%u\n", dump->info.mi_geo.upper,
          dump->info.mi_maxreaders);
  put_extras(dump, txn, sequence);
  if (dump->merges)
    fputs("concise=1\n", dump->out);
  if (flags & MDBX_DUPSORT)
    fputs("duplicates=1\n", dump->out);
  for (const struct tool_table_flag *flag = tool_table_flags; flag->bit; ++flag)
    if (flags & flag->bit)
      fprintf(dump->out, "%s=1\n", flag->name);
  fprintf(dump->out, "db_pagesize=%u\n%sHEADER=END\n", dump->info.mi_dxb_pagesize, extras);
}

/* ------------------------------------------------------------------------------------------------------ records */

static int put_records(struct dump *dump, MDBX_cursor *cursor, bool is_main) {
  MDBX_val key, data;
  int rc = mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST);
  for (; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT)) {
    if (tool_stopped)
      return MDBX_EINTR;
    if (is_main && tool_has_name(&dump->names, &key))
      continue;
    const int failed = dump_put_record(dump, &key, &data);
    if (failed != MDBX_SUCCESS)
      return failed;
  }
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int dump_handle(struct dump *dump, MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name) {
  MDBX_cursor *cursor;
  unsigned flags;
  uint64_t sequence = 0;
  int rc = mdbx_dbi_flags(txn, dbi, &flags);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_sequence(txn, dbi, &sequence, 0);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_cursor_open(txn, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* The application may have a comparator, which this program does not know. */
  mdbx_cursor_ignord(cursor);
  dump_put_header(dump, txn, name, flags, sequence, "");
  rc = put_records(dump, cursor, !name);
  if (rc == MDBX_SUCCESS)
    fputs("DATA=END\n", dump->out);
  mdbx_cursor_close(cursor);
  return rc;
}

static int dump_table(struct dump *dump, MDBX_txn *txn, const MDBX_val *name) {
  MDBX_dbi dbi;
  const char *shown = name ? tool_shown_name(name) : TOOL_MAIN_TABLE;
  int rc = mdbx_dbi_open2(txn, name, MDBX_DB_ACCEDE, &dbi);
  if (rc == MDBX_SUCCESS) {
    rc = dump_handle(dump, txn, dbi, name);
    if (name)
      mdbx_dbi_close(mdbx_txn_env(txn), dbi);
  }
  if (rc == MDBX_SUCCESS)
    return rc;
  dump->damaged = true;
  /* Who flushes the output says that it failed. */
  return ferror(dump->out) ? rc : tool_fail(rc, "cannot dump %s", shown);
}

void dump_put_empty(struct dump *dump, MDBX_txn *txn) {
  dump_put_header(dump, txn, NULL, 0, 0, "");
  fputs("DATA=END\n", dump->out);
}

/* --------------------------------------------------------------------------------------------------- the whole */

/* Whether the main table has records that are no tables, or flags or a sequence that would be lost. */
static bool main_has_own(struct dump *dump, MDBX_txn *txn) {
  MDBX_stat stat;
  unsigned flags;
  uint64_t sequence;
  if (mdbx_dbi_stat(txn, 1, &stat, sizeof(stat)) != MDBX_SUCCESS || stat.ms_entries > dump->names.count)
    return true;
  return !dump->strict && mdbx_dbi_flags(txn, 1, &flags) == MDBX_SUCCESS &&
         mdbx_dbi_sequence(txn, 1, &sequence, 0) == MDBX_SUCCESS && (flags || sequence);
}

static int dump_all(struct dump *dump, MDBX_txn *txn) {
  int rc = MDBX_SUCCESS;
  if (!dump->names.count || main_has_own(dump, txn))
    rc = dump_table(dump, txn, NULL);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < dump->names.count; ++i)
    rc = dump_table(dump, txn, &dump->names.at[i]);
  return rc;
}

static void list_names(const struct dump *dump) {
  for (size_t i = 0; i < dump->names.count; ++i)
    fprintf(dump->out, "%s\n", tool_shown_name(&dump->names.at[i]));
}

int dump_snapshot(struct dump *dump, MDBX_txn *txn) {
  const MDBX_val one = {(void *)(uintptr_t)dump->table, dump->table ? strlen(dump->table) : 0};
  int rc = mdbx_env_info_ex(mdbx_txn_env(txn), txn, &dump->info, sizeof(dump->info));
  if (rc != MDBX_SUCCESS)
    return tool_fail(rc, "cannot describe the environment");
  if (dump->rescue)
    return dump_rescued(dump, txn);
  if (dump->table)
    return dump_table(dump, txn, &one);
  rc = tool_list_tables(txn, &dump->names);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (dump->list) {
    list_names(dump);
    return rc;
  }
  return dump->all ? dump_all(dump, txn) : dump_table(dump, txn, NULL);
}

void dump_release(struct dump *dump) {
  tool_free_names(&dump->names);
  forget_key(dump);
}
