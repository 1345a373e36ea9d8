/* SPDX-License-Identifier: Apache-2.0 */
#include "mdbx_chk/report_json.h"

#include "tools/tool_json.h"
#include "tools/tool_text.h"

#include <stdlib.h>
#include <string.h>

/* The tables and the problems come in between each other. */
static struct json report, problems, tables;
static uint32_t page_size;

/* Bytes that are no text get a question mark each: JSON has nothing but text. */
static void put_text(struct json *object, const char *name, const char *text) {
  char *copy = strdup(text);
  for (char *at = copy; at && *at;) {
    const size_t length = (uint8_t)*at < 0x80 ? 1 : utf8_character((const uint8_t *)at, strlen(at));
    if (!length)
      *at = '?';
    at += length ? length : 1;
  }
  object->failed = object->failed || !copy;
  json_put_string(object, name, copy ? copy : "");
  free(copy);
}

/* Text under that name, any other bytes in hexadecimal under "NAME_hex". */
static void put_bytes(struct json *object, const char *name, const MDBX_val *bytes) {
  char hex_name[64];
  if (json_is_text(bytes->iov_base, bytes->iov_len)) {
    json_put_text(object, name, bytes->iov_base, bytes->iov_len);
    return;
  }
  snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
  json_put_hex(object, hex_name, bytes->iov_base, bytes->iov_len);
}

void json_report_begin(const char *path) {
  json_open(&report, NULL);
  put_text(&report, "database", path);
}

void json_report_database(const MDBX_envinfo *info) {
  page_size = info->mi_dxb_pagesize;
  json_put_number(&report, "page_size", page_size);
  json_put_number(&report, "file_bytes", info->mi_geo.current);
  json_put_number(&report, "lower_bytes", info->mi_geo.lower);
  json_put_number(&report, "upper_bytes", info->mi_geo.upper);
  json_put_number(&report, "transaction", info->mi_recent_txnid);
  json_put_number(&report, "oldest_reader", info->mi_latter_reader_txnid);
}

static void put_table(struct json *object, const char *member, const MDBX_val *name) {
  if (name->iov_base == MDBX_CHK_MAIN)
    json_put_string(object, member, "@MAIN");
  else if (name->iov_base == MDBX_CHK_GC)
    json_put_string(object, member, "@GC");
  else
    put_bytes(object, member, name);
}

/* Text as it is, other bytes as hexadecimal digits. */
static void put_key(struct json *problem, const MDBX_val *key) {
  char text[1024];
  const char *shown = mdbx_dump_val(key, text, sizeof(text));
  const size_t length = strlen(shown);
  const bool plain = !key->iov_len || (length <= key->iov_len && memcmp(shown, key->iov_base, length) == 0);
  json_put_string(problem, plain ? "key" : "key_hex", key->iov_len ? shown : "");
}

/* The part of the check that is running. */
static void put_place(struct json *problem, const MDBX_chk_context_t *context) {
  const MDBX_chk_table_t *table = context->scope ? context->scope->object : NULL;
  MDBX_val key;
  if (table)
    put_table(problem, "table", &table->name);
  if (mdbx_env_chk_key(context, &key) == MDBX_SUCCESS)
    put_key(problem, &key);
}

void json_report_problem(const MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                         const char *detail) {
  json_open(&problems, NULL);
  json_put_string(&problems, "object", object);
  json_put_number(&problems, "entry", entry);
  if (strcmp(object, "page") == 0 || strcmp(object, "meta") == 0)
    json_put_number(&problems, "offset", entry * page_size);
  put_place(&problems, context);
  json_put_string(&problems, "issue", issue);
  if (detail)
    put_text(&problems, "detail", detail);
  json_close(&problems);
}

void json_report_table(const MDBX_chk_table_t *table) {
  json_open(&tables, NULL);
  put_table(&tables, "name", &table->name);
  json_put_number(&tables, "flags", (uint64_t)table->flags);
  json_put_number(&tables, "records", table->histogram.val_len.count);
  json_put_number(&tables, "key_bytes", table->histogram.key_len.amount);
  json_put_number(&tables, "value_bytes", table->histogram.val_len.amount);
  json_put_number(&tables, "pages", table->pages.all);
  json_put_number(&tables, "branch_pages", table->pages.branch);
  json_put_number(&tables, "leaf_pages", table->pages.leaf);
  json_put_number(&tables, "damaged_pages", table->pages.broken);
  json_put_number(&tables, "used_bytes", table->payload_bytes);
  json_put_number(&tables, "unused_bytes", table->lost_bytes);
  json_close(&tables);
}

void json_report_result(const MDBX_chk_context_t *context) {
  json_put_number(&report, "steady_transaction", context->result.steady_txnid);
  json_put_number(&report, "file_pages", context->result.backed_pages);
  json_put_number(&report, "allocated_pages", context->result.alloc_pages);
  json_put_number(&report, "used_pages", context->result.processed_pages);
  const size_t unused = context->result.unused_pages, free = context->result.reclaimable_pages;
  json_put_number(&report, "free_pages", free);
  json_put_number(&report, "held_pages", unused > free ? unused - free : 0);
  json_put_number(&report, "problems_total", context->result.total_problems);
}

void json_report_advice(const char *advice) { json_put_string(&report, "advice", advice); }

void json_report_error(int code, const char *detail) {
  json_open(&report, "error");
  json_put_integer(&report, "code", code);
  json_put_string(&report, "text", mdbx_strerror(code));
  if (*detail)
    put_text(&report, "detail", detail);
  json_close(&report);
}

int json_report_print(int exit_code, double seconds, FILE *out) {
  json_put_array(&report, "tables", &tables);
  json_put_array(&report, "problems", &problems);
  json_put_seconds(&report, "seconds", seconds);
  json_put_integer(&report, "exit_code", exit_code);
  json_close(&report);
  return json_print(&report, out);
}
