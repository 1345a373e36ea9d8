/* SPDX-License-Identifier: Apache-2.0 */
#include "tool_json.h"

#include <mdbx.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Room for so many bytes more; NULL: there is none. */
static char *room_for(struct json *json, size_t length) {
  if (json->failed || length > SIZE_MAX / 4 - json->length) {
    json->failed = true;
    return NULL;
  }
  if (json->length + length > json->capacity) {
    const size_t capacity = (json->length + length) * 2;
    char *bigger = realloc(json->at, capacity);
    json->failed = bigger == NULL;
    if (!bigger)
      return NULL;
    json->at = bigger;
    json->capacity = capacity;
  }
  json->length += length;
  return json->at + json->length - length;
}

static void add(struct json *json, const void *bytes, size_t length) {
  char *to = room_for(json, length);
  if (to && length)
    memcpy(to, bytes, length);
}

static void add_string(struct json *json, const char *text) { add(json, text, strlen(text)); }

static void begin_line(struct json *json) {
  if (!json->lines)
    return;
  add(json, "\n", 1);
  for (unsigned i = 0; i < json->depth; ++i)
    add(json, "  ", 2);
}

static void add_quoted(struct json *json, const char *bytes, size_t length) {
  static const char letters[] = "\bb\nn\rr\tt\ff\"\"\\\\";
  add(json, "\"", 1);
  for (size_t i = 0; i < length; ++i) {
    char code[8];
    const char *letter = letters;
    while (*letter && *letter != bytes[i])
      letter += 2;
    if (*letter && bytes[i])
      snprintf(code, sizeof(code), "\\%c", letter[1]);
    else
      snprintf(code, sizeof(code), (unsigned char)bytes[i] < ' ' ? "\\u%04x" : "%c", (unsigned char)bytes[i]);
    add_string(json, code);
  }
  add(json, "\"", 1);
}

static void begin_member(struct json *json, const char *name) {
  if (json->follows)
    add(json, ",", 1);
  if (json->depth > 0)
    begin_line(json);
  if (name) {
    add_quoted(json, name, strlen(name));
    add(json, ":", 1);
  }
  json->follows = true;
}

void json_open(struct json *json, const char *name, char bracket) {
  begin_member(json, name);
  add(json, &bracket, 1);
  json->follows = false;
  json->depth += 1;
}

void json_close(struct json *json, char bracket) {
  json->depth -= 1;
  if (json->follows)
    begin_line(json);
  add(json, &bracket, 1);
  json->follows = true;
}

void json_put_number(struct json *json, const char *name, uint64_t number) {
  char digits[24];
  snprintf(digits, sizeof(digits), "%" PRIu64, number);
  begin_member(json, name);
  add_string(json, digits);
}

void json_put_integer(struct json *json, const char *name, int64_t number) {
  char digits[24];
  snprintf(digits, sizeof(digits), "%" PRId64, number);
  begin_member(json, name);
  add_string(json, digits);
}

/* Without a decimal point of the locale. */
void json_put_seconds(struct json *json, const char *name, double seconds) {
  char digits[48];
  const uint64_t micros = (uint64_t)(seconds * 1e6);
  snprintf(digits, sizeof(digits), "%" PRIu64 ".%06" PRIu64, micros / 1000000, micros % 1000000);
  begin_member(json, name);
  add_string(json, digits);
}

void json_put_text(struct json *json, const char *name, const void *bytes, size_t length) {
  begin_member(json, name);
  add_quoted(json, bytes, length);
}

void json_put_string(struct json *json, const char *name, const char *text) {
  json_put_text(json, name, text, strlen(text));
}

void json_put_hex(struct json *json, const char *name, const void *bytes, size_t length) {
  static const char digits[] = "0123456789abcdef";
  const uint8_t *byte = bytes;
  begin_member(json, name);
  add(json, "\"", 1);
  for (size_t i = 0; i < length; ++i) {
    const char pair[2] = {digits[byte[i] >> 4], digits[byte[i] & 15]};
    add(json, pair, 2);
  }
  add(json, "\"", 1);
}

void json_put_array(struct json *json, const char *name, const struct json *members) {
  json_open(json, name, '[');
  add(json, members->at, members->length);
  json->failed = json->failed || members->failed;
  json->follows = members->follows;
  json_close(json, ']');
}

int json_print(struct json *json, FILE *out) {
  const bool whole = !json->failed;
  if (whole) {
    fwrite(json->at, 1, json->length, out);
    putc('\n', out);
  }
  json->length = 0;
  json->failed = json->follows = false;
  return whole ? MDBX_SUCCESS : MDBX_ENOMEM;
}

void json_free(struct json *json) {
  free(json->at);
  memset(json, 0, sizeof(*json));
}
