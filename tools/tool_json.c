/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_json.h"

#include "tool_text.h"

#include <mdbx.h>

#include <string.h>

bool json_is_text(const void *bytes, size_t length) {
  return !(length && memchr(bytes, 0, length)) && utf8_is_text(bytes, length);
}

#ifdef HAVE_JSON

#include <cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

bool json_is_there(void) { return true; }

/* Takes the value over, also if that fails. NULL: it could not be made. */
static void put(struct json *json, const char *name, cJSON *value) {
  cJSON *into = json->depth ? json->open[json->depth - 1] : NULL;
  if (value && into && cJSON_AddItemToObject(into, name, value))
    return;
  json->failed = true;
  cJSON_Delete(value);
}

/* After a failure a null pointer stands for the object, so that it can be closed. */
void json_open(struct json *json, const char *name) {
  if (json->depth == JSON_DEPTH)
    abort();
  cJSON *opened = json->failed ? NULL : cJSON_CreateObject();
  if (json->depth)
    put(json, name, opened);
  json->open[json->depth++] = json->failed ? NULL : opened;
}

void json_close(struct json *json) {
  cJSON *closed = json->open[--json->depth];
  if (json->depth) /* it is a part of another one */
    return;
  if (!json->closed)
    json->closed = cJSON_CreateArray();
  if (closed && json->closed && cJSON_AddItemToArray(json->closed, closed))
    return;
  json->failed = true;
  cJSON_Delete(closed);
}

/* The library's numbers are of floating point, which does not hold all 64 bits: the digits are its text. */
void json_put_number(struct json *json, const char *name, uint64_t number) {
  char digits[24];
  snprintf(digits, sizeof(digits), "%" PRIu64, number);
  put(json, name, cJSON_CreateRaw(digits));
}

void json_put_integer(struct json *json, const char *name, int64_t number) {
  char digits[24];
  snprintf(digits, sizeof(digits), "%" PRId64, number);
  put(json, name, cJSON_CreateRaw(digits));
}

/* In whole microseconds, and without the decimal point of the locale. */
void json_put_seconds(struct json *json, const char *name, double seconds) {
  char digits[48];
  const uint64_t micros = (uint64_t)(seconds * 1e6);
  snprintf(digits, sizeof(digits), "%" PRIu64 ".%06" PRIu64, micros / 1000000, micros % 1000000);
  put(json, name, cJSON_CreateRaw(digits));
}

void json_put_text(struct json *json, const char *name, const void *bytes, size_t length) {
  char *text = malloc(length + 1);
  if (text) {
    if (length)
      memcpy(text, bytes, length);
    text[length] = 0;
  }
  put(json, name, text ? cJSON_CreateString(text) : NULL);
  free(text);
}

void json_put_string(struct json *json, const char *name, const char *text) {
  put(json, name, cJSON_CreateString(text));
}

void json_put_hex(struct json *json, const char *name, const void *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *byte = bytes;
  char *text = malloc(2 * length + 1);
  if (text) {
    for (size_t i = 0; i < length; ++i) {
      text[2 * i] = digits[byte[i] >> 4];
      text[2 * i + 1] = digits[byte[i] & 15];
    }
    text[2 * length] = 0;
  }
  put(json, name, text ? cJSON_CreateString(text) : NULL);
  free(text);
}

void json_put_array(struct json *json, const char *name, struct json *members) {
  json->failed = json->failed || members->failed;
  put(json, name, members->closed ? members->closed : cJSON_CreateArray());
  members->closed = NULL;
}

int json_print(struct json *json, FILE *out) {
  char *text = json->failed ? NULL : cJSON_PrintUnformatted(cJSON_GetArrayItem(json->closed, 0));
  if (text)
    fprintf(out, "%s\n", text);
  cJSON_free(text);
  cJSON_Delete(json->closed);
  json->closed = NULL;
  json->failed = false;
  return text ? MDBX_SUCCESS : MDBX_ENOMEM;
}

#else /* without cJSON */

bool json_is_there(void) { return false; }
void json_open(struct json *json, const char *name) { (void)json, (void)name; }
void json_close(struct json *json) { (void)json; }
void json_put_number(struct json *json, const char *name, uint64_t number) { (void)json, (void)name, (void)number; }
void json_put_integer(struct json *json, const char *name, int64_t number) { (void)json, (void)name, (void)number; }
void json_put_seconds(struct json *json, const char *name, double seconds) { (void)json, (void)name, (void)seconds; }
void json_put_text(struct json *json, const char *name, const void *bytes, size_t length) {
  (void)json, (void)name, (void)bytes, (void)length;
}
void json_put_string(struct json *json, const char *name, const char *text) { (void)json, (void)name, (void)text; }
void json_put_hex(struct json *json, const char *name, const void *bytes, size_t length) {
  (void)json, (void)name, (void)bytes, (void)length;
}
void json_put_array(struct json *json, const char *name, struct json *members) {
  (void)json, (void)name, (void)members;
}
int json_print(struct json *json, FILE *out) {
  (void)json, (void)out;
  return MDBX_ENOSYS;
}

#endif
