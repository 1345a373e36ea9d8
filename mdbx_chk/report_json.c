/* SPDX-License-Identifier: Apache-2.0 */
#include "mdbx_chk/report_json.h"

#if defined(HAVE_JSON)

#include <json-c/json.h>

#include "tools/tool_text.h"

#include <stdlib.h>
#include <string.h>

static struct json_object *report, *problems, *tables;
static uint32_t page_size;

bool json_report_is_there(void) { return true; }

static void put_number(struct json_object *object, const char *name, uint64_t number) {
  json_object_object_add(object, name, json_object_new_uint64(number));
}

/* Bytes that are no text get a question mark each: JSON has nothing but text. */
static struct json_object *text_of(const char *text) {
  char *copy = strdup(text);
  for (char *at = copy; at && *at;) {
    const size_t length = (uint8_t)*at < 0x80 ? 1 : utf8_character((const uint8_t *)at, strlen(at));
    if (!length)
      *at = '?';
    at += length ? length : 1;
  }
  struct json_object *result = json_object_new_string(copy ? copy : "");
  free(copy);
  return result;
}

/* Text under that name, any other bytes in hexadecimal under "NAME_hex". */
static void put_bytes(struct json_object *object, const char *name, const MDBX_val *bytes) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *at = bytes->iov_base;
  char hex_name[64];
  if (utf8_is_text(at, bytes->iov_len)) {
    json_object_object_add(object, name,
                           json_object_new_string_len(bytes->iov_len ? bytes->iov_base : "", (int)bytes->iov_len));
    return;
  }
  char *hex = malloc(2 * bytes->iov_len + 1);
  for (size_t i = 0; hex && i < bytes->iov_len; ++i) {
    hex[2 * i] = digits[at[i] >> 4];
    hex[2 * i + 1] = digits[at[i] & 15];
  }
  snprintf(hex_name, sizeof(hex_name), "%s_hex", name);
  json_object_object_add(object, hex_name,
                         json_object_new_string_len(hex ? hex : "", hex ? (int)(2 * bytes->iov_len) : 0));
  free(hex);
}

void json_report_begin(const char *path) {
  report = json_object_new_object();
  problems = json_object_new_array();
  tables = json_object_new_array();
  json_object_object_add(report, "database", text_of(path));
}

void json_report_database(const MDBX_envinfo *info) {
  page_size = info->mi_dxb_pagesize;
  put_number(report, "page_size", page_size);
  put_number(report, "file_bytes", info->mi_geo.current);
  put_number(report, "lower_bytes", info->mi_geo.lower);
  put_number(report, "upper_bytes", info->mi_geo.upper);
  put_number(report, "transaction", info->mi_recent_txnid);
  put_number(report, "oldest_reader", info->mi_latter_reader_txnid);
}

static void put_table(struct json_object *object, const char *member, const MDBX_val *name) {
  if (name->iov_base == MDBX_CHK_MAIN)
    json_object_object_add(object, member, json_object_new_string("@MAIN"));
  else if (name->iov_base == MDBX_CHK_GC)
    json_object_object_add(object, member, json_object_new_string("@GC"));
  else
    put_bytes(object, member, name);
}

/* Text as it is, other bytes as hexadecimal digits. */
static void put_key(struct json_object *problem, const MDBX_val *key) {
  char text[1024];
  const char *shown = mdbx_dump_val(key, text, sizeof(text));
  const size_t length = strlen(shown);
  const bool plain = !key->iov_len || (length <= key->iov_len && memcmp(shown, key->iov_base, length) == 0);
  json_object_object_add(problem, plain ? "key" : "key_hex", json_object_new_string(key->iov_len ? shown : ""));
}

/* The part of the check that is running. */
static void put_place(struct json_object *problem, const MDBX_chk_context_t *context) {
  const MDBX_chk_table_t *table = context->scope ? context->scope->object : NULL;
  MDBX_val key;
  if (table)
    put_table(problem, "table", &table->name);
  if (mdbx_env_chk_key(context, &key) == MDBX_SUCCESS)
    put_key(problem, &key);
}

void json_report_problem(const MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                         const char *detail) {
  struct json_object *problem = json_object_new_object();
  json_object_object_add(problem, "object", json_object_new_string(object));
  put_number(problem, "entry", entry);
  if (strcmp(object, "page") == 0 || strcmp(object, "meta") == 0)
    put_number(problem, "offset", entry * page_size);
  put_place(problem, context);
  json_object_object_add(problem, "issue", json_object_new_string(issue));
  if (detail)
    json_object_object_add(problem, "detail", text_of(detail));
  json_object_array_add(problems, problem);
}

void json_report_table(const MDBX_chk_table_t *table) {
  struct json_object *entry = json_object_new_object();
  put_table(entry, "name", &table->name);
  put_number(entry, "flags", (uint64_t)table->flags);
  put_number(entry, "records", table->histogram.val_len.count);
  put_number(entry, "key_bytes", table->histogram.key_len.amount);
  put_number(entry, "value_bytes", table->histogram.val_len.amount);
  put_number(entry, "pages", table->pages.all);
  put_number(entry, "branch_pages", table->pages.branch);
  put_number(entry, "leaf_pages", table->pages.leaf);
  put_number(entry, "damaged_pages", table->pages.broken);
  put_number(entry, "used_bytes", table->payload_bytes);
  put_number(entry, "unused_bytes", table->lost_bytes);
  json_object_array_add(tables, entry);
}

void json_report_result(const MDBX_chk_context_t *context) {
  put_number(report, "steady_transaction", context->result.steady_txnid);
  put_number(report, "file_pages", context->result.backed_pages);
  put_number(report, "allocated_pages", context->result.alloc_pages);
  put_number(report, "used_pages", context->result.processed_pages);
  const size_t unused = context->result.unused_pages, free = context->result.reclaimable_pages;
  put_number(report, "free_pages", free);
  put_number(report, "held_pages", unused > free ? unused - free : 0);
  put_number(report, "problems_total", context->result.total_problems);
}

void json_report_advice(const char *advice) {
  json_object_object_add(report, "advice", json_object_new_string(advice));
}

void json_report_error(int code, const char *detail) {
  struct json_object *error = json_object_new_object();
  json_object_object_add(error, "code", json_object_new_int(code));
  json_object_object_add(error, "text", json_object_new_string(mdbx_strerror(code)));
  if (*detail)
    json_object_object_add(error, "detail", text_of(detail));
  json_object_object_add(report, "error", error);
}

void json_report_print(int exit_code, double seconds, FILE *out) {
  json_object_object_add(report, "tables", tables);
  json_object_object_add(report, "problems", problems);
  json_object_object_add(report, "seconds", json_object_new_double(seconds));
  json_object_object_add(report, "exit_code", json_object_new_int(exit_code));
  fprintf(out, "%s\n",
          json_object_to_json_string_ext(report, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
  json_object_put(report);
}

#else /* without json-c */

bool json_report_is_there(void) { return false; }
void json_report_begin(const char *path) { (void)path; }
void json_report_database(const MDBX_envinfo *info) { (void)info; }
void json_report_problem(const MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                         const char *detail) {
  (void)context, (void)object, (void)entry, (void)issue, (void)detail;
}
void json_report_table(const MDBX_chk_table_t *table) { (void)table; }
void json_report_result(const MDBX_chk_context_t *context) { (void)context; }
void json_report_advice(const char *advice) { (void)advice; }
void json_report_error(int code, const char *detail) { (void)code, (void)detail; }
void json_report_print(int exit_code, double seconds, FILE *out) { (void)exit_code, (void)seconds, (void)out; }

#endif
