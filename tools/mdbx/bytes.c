/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include "tools/tool_json.h"
#include "tools/tool_sizes.h"
#include "tools/tool_text.h"

#include <inttypes.h>
#include <string.h>

/* --------------------------------------------------------------------------------------------------- which form */

/* Integers have the length of the first stored one; in an empty table 8 bytes. */
static enum form integer_form(const struct place *place, bool of_keys) {
  MDBX_cursor *cursor;
  MDBX_val key = {NULL, 0}, value = {NULL, 0};
  size_t length = 8;
  if (mdbx_cursor_open(place->txn, place->dbi, &cursor) != MDBX_SUCCESS)
    return FORM_U64;
  if (mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST) == MDBX_SUCCESS)
    length = of_keys ? key.iov_len : value.iov_len;
  mdbx_cursor_close(cursor);
  return length == 4 ? FORM_U32 : FORM_U64;
}

enum form bytes_key_form(const struct place *place) {
  if (wishes.key != FORM_AUTO)
    return wishes.key;
  return place->flags & MDBX_INTEGERKEY ? integer_form(place, true) : FORM_TEXT;
}

enum form bytes_value_form(const struct place *place) {
  if (wishes.value != FORM_AUTO)
    return wishes.value;
  return place->flags & MDBX_INTEGERDUP ? integer_form(place, false) : FORM_TEXT;
}

/* -------------------------------------------------------------------------------------------------------- parsing */

static bool parse_hex(const char *text, size_t length, struct bytes *bytes) {
  uint8_t *out = bytes->owned;
  if (length > 1 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    text += 2;
    length -= 2;
  }
  bool right = length % 2 == 0;
  for (size_t i = 0; right && i < length; i += 2) {
    const int high = tool_hex_digit(text[i]), low = tool_hex_digit(text[i + 1]);
    right = high >= 0 && low >= 0;
    out[i / 2] = (uint8_t)((unsigned)high << 4 | (unsigned)low);
  }
  bytes->item.iov_len = length / 2;
  if (!right)
    tool_message("\"%.*s\" is not hexadecimal: two digits for each byte", (int)length, text);
  return right;
}

static bool parse_integer(const char *text, size_t length, bool wide, struct bytes *bytes) {
  char digits[32];
  uint64_t number = 0;
  const bool fits = length < sizeof(digits);
  snprintf(digits, sizeof(digits), "%.*s", (int)(fits ? length : sizeof(digits) - 1), text);
  if (!fits || !number_parse(digits, wide ? UINT64_MAX : UINT32_MAX, &number)) {
    tool_message("\"%s\" is no number from 0 to %" PRIu64, digits, wide ? UINT64_MAX : (uint64_t)UINT32_MAX);
    return false;
  }
  const uint32_t narrow = (uint32_t)number;
  bytes->item.iov_len = wide ? sizeof(number) : sizeof(narrow);
  memcpy(bytes->owned, wide ? (const void *)&number : (const void *)&narrow, bytes->item.iov_len);
  return true;
}

bool bytes_parse(const char *text, size_t length, enum form form, struct bytes *bytes) {
  bytes->owned = malloc(length + sizeof(uint64_t));
  bytes->item.iov_base = bytes->owned;
  bytes->item.iov_len = length;
  if (!bytes->owned) {
    tool_message("out of memory");
    return false;
  }
  if (form == FORM_HEX)
    return parse_hex(text, length, bytes);
  if (form == FORM_U32 || form == FORM_U64)
    return parse_integer(text, length, form == FORM_U64, bytes);
  memcpy(bytes->owned, text, length);
  return true;
}

static bool read_all(FILE *file, struct bytes *bytes) {
  size_t capacity = 0, length = 0;
  for (;;) {
    if (length == capacity) {
      capacity = capacity ? capacity * 2 : 65536;
      void *bigger = capacity < MDBX_MAXDATASIZE * (size_t)2 ? realloc(bytes->owned, capacity) : NULL;
      if (!bigger) {
        errno = EFBIG;
        return false;
      }
      bytes->owned = bigger;
    }
    const size_t got = fread((char *)bytes->owned + length, 1, capacity - length, file);
    length += got;
    if (!got)
      break;
  }
  bytes->item.iov_base = bytes->owned;
  bytes->item.iov_len = length;
  return !ferror(file);
}

bool bytes_read_file(const char *name, struct bytes *bytes) {
  const bool standard = strcmp(name, "-") == 0;
  FILE *file = standard ? stdin : fopen(name, "rb");
  if (!file) {
    tool_fail(errno, "cannot read %s", name);
    return false;
  }
  errno = 0;
  const bool whole = read_all(file, bytes);
  if (!whole)
    tool_fail(errno ? errno : MDBX_EIO, "cannot read %s", standard ? "standard input" : name);
  if (!standard)
    fclose(file);
  return whole;
}

void bytes_free(struct bytes *bytes) {
  free(bytes->owned);
  memset(bytes, 0, sizeof(*bytes));
}

/* ------------------------------------------------------------------------------------------------------- printing */

static void print_text(const MDBX_val *item) {
  const uint8_t *at = item->iov_base;
  for (size_t left = item->iov_len; left;) {
    const size_t length = utf8_character(at, left);
    if (*at == '\\')
      fputs("\\\\", stdout);
    else if (length)
      fwrite(at, 1, length, stdout);
    else
      printf("\\%02x", *at);
    at += length ? length : 1;
    left -= length ? length : 1;
  }
}

static void print_hex(const MDBX_val *item) {
  const uint8_t *at = item->iov_base;
  for (size_t i = 0; i < item->iov_len; ++i)
    printf("%02x", at[i]);
}

static bool integer_of(const MDBX_val *item, enum form form, uint64_t *number) {
  uint32_t narrow = 0;
  if (form == FORM_U64 && item->iov_len == sizeof(*number)) {
    memcpy(number, item->iov_base, sizeof(*number));
    return true;
  }
  if ((form == FORM_U32 || form == FORM_U64) && item->iov_len == sizeof(narrow)) {
    memcpy(&narrow, item->iov_base, sizeof(narrow));
    *number = narrow;
    return true;
  }
  return false;
}

void bytes_print(const MDBX_val *item, enum form form) {
  uint64_t number;
  if (form == FORM_RAW)
    fwrite(item->iov_base, 1, item->iov_len, stdout);
  else if (form == FORM_HEX)
    print_hex(item);
  else if (integer_of(item, form, &number))
    printf("%" PRIu64, number);
  else
    print_text(item);
}

void bytes_print_record(const MDBX_val *key, enum form key_form, const MDBX_val *value, enum form value_form) {
  if (wishes.output == FORM_JSON) {
    json_begin();
    json_item("key", key, key_form);
    if (value)
      json_item("value", value, value_form);
    json_end();
    return;
  }
  bytes_print(key, wishes.output == FORM_AUTO ? key_form : wishes.output);
  if (value) {
    putchar('\t');
    bytes_print(value, wishes.output == FORM_AUTO ? value_form : wishes.output);
  }
  putchar('\n');
}

/* ----------------------------------------------------------------------------------------------------------- JSON */

static struct json json;
static bool lost; /* an object, for lack of memory */

bool bytes_lost_json(void) { return lost; }

void json_begin(void) { json_open(&json, NULL); }

void json_number(const char *name, uint64_t number) { json_put_number(&json, name, number); }

void json_integer(const char *name, int64_t number) { json_put_integer(&json, name, number); }

void json_text(const char *name, const char *text) { json_put_string(&json, name, text); }

/* Bytes that are not UTF-8 cannot be a JSON string: they become {"hex": "..."}. */
void json_item(const char *name, const MDBX_val *item, enum form form) {
  uint64_t number;
  if (integer_of(item, form, &number)) {
    json_number(name, number);
  } else if (form != FORM_HEX && json_is_text(item->iov_base, item->iov_len)) {
    json_put_text(&json, name, item->iov_base, item->iov_len);
  } else {
    json_open(&json, name);
    json_put_hex(&json, "hex", item->iov_base, item->iov_len);
    json_close(&json);
  }
}

void json_end(void) {
  json_close(&json);
  lost = json_print(&json, stdout) != MDBX_SUCCESS || lost;
}
