/* SPDX-License-Identifier: Apache-2.0 */
#include "load_parse.h"

#include "tool_common.h"

#include <stdarg.h>
#include <string.h>

/* Longest lines that make sense: a key and a value with each byte escaped, and a header line with the name of a table,
 * which is a key of the main table. */
#define KEY_LINE_MAX (3 * MDBX_MAX_PAGESIZE)
#define HEADER_LINE_MAX (KEY_LINE_MAX + 64)
#define DATA_LINE_MAX (3 * (size_t)MDBX_MAXDATASIZE + 1)

void load_complain(const struct input *input, const char *format, ...) {
  char text[512];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof(text), format, args);
  va_end(args);
  tool_message("%s: line %llu: %s", input->name, (unsigned long long)input->line, text);
}

/* -------------------------------------------------------------------------------------------------------- lines */

static bool make_room(struct input *input) {
  const size_t capacity = input->capacity ? input->capacity * 2 : 4096;
  char *bigger = realloc(input->text, capacity);
  if (!bigger) {
    load_complain(input, "out of memory");
    return false;
  }
  input->text = bigger;
  input->capacity = capacity;
  return true;
}

static enum load_event read_line(struct input *input, size_t limit) {
  int c;
  input->length = 0;
  input->line += 1;
  while ((c = getc_unlocked(input->file)) != EOF && c != '\n') {
    if (input->length >= limit) {
      load_complain(input, "is longer than %zu bytes", limit);
      return LOAD_FATAL;
    }
    if (input->length + 1 >= input->capacity && !make_room(input))
      return LOAD_FATAL;
    input->text[input->length++] = (char)c;
  }
  if (c == EOF && ferror(input->file)) {
    load_complain(input, "cannot be read");
    return LOAD_FATAL;
  }
  if (!input->capacity && !make_room(input))
    return LOAD_FATAL;
  input->text[input->length] = '\0';
  return c == EOF && input->length == 0 ? LOAD_END : LOAD_OK;
}

static bool line_is(const struct input *input, const char *text) {
  return input->length == strlen(text) && memcmp(input->text, text, input->length) == 0;
}

/* ------------------------------------------------------------------------------------------------------ numbers */

/* Reads a decimal number up to max at *text and moves *text after it. */
static bool take_number(const char **text, uint64_t max, uint64_t *number) {
  const char *at = *text;
  uint64_t value = 0;
  if (*at < '0' || *at > '9')
    return false;
  for (; *at >= '0' && *at <= '9'; ++at) {
    const unsigned digit = (unsigned)(*at - '0');
    if (value > (max - digit) / 10 || digit > max)
      return false;
    value = value * 10 + digit;
  }
  *text = at;
  *number = value;
  return true;
}

static bool whole_number(const char *text, uint64_t max, uint64_t *number) {
  return take_number(&text, max, number) && *text == '\0';
}

/* Both decoders work in place, because the result is never longer than the text. They return NULL, or what is wrong. */
static const char *decode_hex(char *text, size_t *length) {
  if (*length % 2)
    return "an odd number of hexadecimal digits";
  for (size_t i = 0; i < *length; i += 2) {
    const int high = tool_hex_digit(text[i]), low = tool_hex_digit(text[i + 1]);
    if (high < 0 || low < 0)
      return "not a hexadecimal digit";
    text[i / 2] = (char)(high << 4 | low);
  }
  *length /= 2;
  return NULL;
}

static const char *decode_printable(char *text, size_t *length) {
  size_t out = 0;
  for (size_t i = 0; i < *length; ++i) {
    if (text[i] != '\\') {
      text[out++] = text[i];
    } else if (i + 1 < *length && text[i + 1] == '\\') {
      text[out++] = '\\';
      i += 1;
    } else {
      const int high = i + 2 < *length ? tool_hex_digit(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : tool_hex_digit(text[i + 2]);
      if (low < 0)
        return "a backslash must stand before two hexadecimal digits or another backslash";
      text[out++] = (char)(high << 4 | low);
      i += 2;
    }
  }
  *length = out;
  return NULL;
}

/* ------------------------------------------------------------------------------------------------------- header */

/* Each processes the text after '=', and returns NULL, or what is wrong with it. */
typedef const char *(*header_line)(struct load_header *header, char *value, size_t length);

static const char *take_version(struct load_header *header, char *value, size_t length) {
  (void)length;
  if (strcmp(value, "3") != 0)
    return "this version of the format is not supported";
  header->version = 3;
  return NULL;
}

static const char *take_format(struct load_header *header, char *value, size_t length) {
  (void)length;
  header->printable = strcmp(value, "print") == 0;
  return header->printable || strcmp(value, "bytevalue") == 0 ? NULL : "unknown format";
}

static const char *take_type(struct load_header *header, char *value, size_t length) {
  (void)header, (void)length;
  /* Records of a hash are keys and values too. */
  return strcmp(value, "btree") == 0 || strcmp(value, "hash") == 0 ? NULL : "this type is not supported";
}

static const char *take_keys(struct load_header *header, char *value, size_t length) {
  (void)header, (void)length;
  return strcmp(value, "1") == 0 ? NULL : "a dump without keys is not supported";
}

static const char *keep_name(struct load_header *header, const char *value, size_t length) {
  char *copy = malloc(length + 1);
  if (!copy)
    return "out of memory";
  memcpy(copy, value, length);
  copy[length] = '\0';
  free(header->name.iov_base);
  header->name.iov_base = copy;
  header->name.iov_len = length;
  header->named = true;
  return NULL;
}

static const char *take_database(struct load_header *header, char *value, size_t length) {
  return keep_name(header, value, length);
}

static const char *take_database_hex(struct load_header *header, char *value, size_t length) {
  const char *wrong = decode_hex(value, &length);
  return wrong ? wrong : keep_name(header, value, length);
}

static const char *take_mapsize(struct load_header *header, char *value, size_t length) {
  (void)length;
  return whole_number(value, INTPTR_MAX, &header->mapsize) ? NULL : "not a possible size";
}

static const char *take_max_readers(struct load_header *header, char *value, size_t length) {
  (void)length;
  return whole_number(value, UINT32_MAX, &header->max_readers) ? NULL : "not a possible number of readers";
}

static const char *take_page_size(struct load_header *header, char *value, size_t length) {
  (void)length;
  return whole_number(value, UINT32_MAX, &header->page_size) ? NULL : "not a possible page size";
}

static const char *take_sequence(struct load_header *header, char *value, size_t length) {
  (void)length;
  return whole_number(value, UINT64_MAX, &header->sequence) ? NULL : "not a number";
}

/* A list like "l12,u34": letters, each with a number. A letter that is not in `letters` is ignored. */
static bool take_list(const char *text, uint64_t max, const char *letters, uint64_t *const numbers[]) {
  for (;;) {
    const char letter = *text ? *text++ : '\0';
    uint64_t number;
    if (letter < 'a' || letter > 'z' || !take_number(&text, max, &number))
      return false;
    const char *known = strchr(letters, letter);
    if (known)
      *numbers[known - letters] = number;
    if (*text == '\0')
      return true;
    if (*text++ != ',')
      return false;
  }
}

static const char *take_geometry(struct load_header *header, char *value, size_t length) {
  uint64_t *const numbers[] = {&header->lower, &header->upper, &header->growth, &header->shrink};
  (void)length;
  /* What is not named keeps its default. */
  header->growth = header->shrink = UINT64_MAX;
  if (!take_list(value, INTPTR_MAX, "lugs", numbers) || header->lower > header->upper || !header->upper)
    return "not a geometry";
  header->has_geometry = true;
  return NULL;
}

static const char *take_canary(struct load_header *header, char *value, size_t length) {
  uint64_t *const numbers[] = {&header->canary.x, &header->canary.y, &header->canary.z};
  (void)length;
  if (!take_list(value, UINT64_MAX, "xyz", numbers))
    return "not a canary";
  header->has_canary = true;
  return NULL;
}

/* Losses that a rescue reported; see dump_rescue.h. */
static const char *take_damaged(struct load_header *header, char *value, size_t length) {
  (void)length;
  header->damaged += 1;
  tool_message("the dump is incomplete: %s: %s", header->named ? tool_shown_name(&header->name) : TOOL_MAIN_TABLE,
               value);
  return NULL;
}

static const char *take_note(struct load_header *header, char *value, size_t length) {
  (void)length;
  tool_message("the dump says of %s: %s", header->named ? tool_shown_name(&header->name) : TOOL_MAIN_TABLE, value);
  return NULL;
}

static const char *take_concise(struct load_header *header, char *value, size_t length) {
  (void)length;
  header->concise = strcmp(value, "1") == 0;
  return header->concise || strcmp(value, "0") == 0 ? NULL : "neither 0 nor 1";
}

static const struct {
  const char *keyword;
  header_line take;
} header_lines[] = {
    {"VERSION", take_version},   {"format", take_format},          {"type", take_type},
    {"keys", take_keys},         {"database", take_database},      {"database_hex", take_database_hex},
    {"mapsize", take_mapsize},   {"maxreaders", take_max_readers}, {"db_pagesize", take_page_size},
    {"sequence", take_sequence}, {"geometry", take_geometry},      {"canary", take_canary},
    {"concise", take_concise},   {"damaged", take_damaged},        {"note", take_note},
};

/* 0: not a flag. Berkeley DB says "duplicates", libmdbx "dupfix". */
static unsigned flag_named(const char *keyword) {
  if (strcmp(keyword, "duplicates") == 0)
    return MDBX_DUPSORT;
  if (strcmp(keyword, "dupfix") == 0)
    return MDBX_DUPFIXED;
  const struct tool_table_flag *flag = tool_table_flags;
  while (flag->bit && strcmp(keyword, flag->name) != 0)
    ++flag;
  return flag->bit;
}

static bool take_flag(struct load_header *header, const char *keyword, const char *value, const char **wrong) {
  const unsigned bit = flag_named(keyword);
  if (!bit)
    return false;
  if (strcmp(value, "1") == 0)
    header->flags |= bit;
  else if (strcmp(value, "0") != 0)
    *wrong = "a flag is 0 or 1";
  return true;
}

/* One line of a header, "keyword=value". */
static bool take_header_line(struct input *input, struct load_header *header) {
  char *value = memchr(input->text, '=', input->length);
  const char *wrong = NULL;
  if (!value || memchr(input->text, '\0', input->length)) {
    load_complain(input, "not a header line");
    return false;
  }
  *value++ = '\0';
  const size_t length = input->length - (size_t)(value - input->text);
  for (size_t i = 0; i < sizeof(header_lines) / sizeof(header_lines[0]); ++i)
    if (strcmp(input->text, header_lines[i].keyword) == 0) {
      wrong = header_lines[i].take(header, value, length);
      if (wrong)
        load_complain(input, "%s=%.64s: %s", input->text, value, wrong);
      return !wrong;
    }
  if (take_flag(header, input->text, value, &wrong)) {
    if (wrong)
      load_complain(input, "%s=%.64s: %s", input->text, value, wrong);
    return !wrong;
  }
  if (!tool_quiet && strcmp(input->text, "mapaddr") != 0 && strcmp(input->text, "txnid") != 0)
    load_complain(input, "unrecognized keyword ignored: %.64s", input->text);
  return true;
}

static enum load_event end_of_header(const struct input *input, const struct load_header *header) {
  if (header->version)
    return LOAD_OK;
  load_complain(input, "the header has no VERSION");
  return LOAD_FATAL;
}

enum load_event load_header_read(struct input *input, struct load_header *header) {
  bool begun = false;
  memset(header, 0, sizeof(*header));
  for (;;) {
    const enum load_event event = read_line(input, HEADER_LINE_MAX);
    if (event == LOAD_END && !begun)
      return LOAD_END;
    if (event == LOAD_END)
      load_complain(input, "the text ends inside a header");
    if (event != LOAD_OK)
      return LOAD_FATAL;
    if (input->length == 0 && !begun)
      continue;
    begun = true;
    if (line_is(input, "HEADER=END"))
      return end_of_header(input, header);
    if (!take_header_line(input, header))
      return LOAD_FATAL;
  }
}

void load_header_release(struct load_header *header) {
  free(header->name.iov_base);
  memset(header, 0, sizeof(*header));
}

/* ------------------------------------------------------------------------------------------------------ records */

/* How the lines of a table are written. */
struct writing {
  bool printable, plain;
  bool merges; /* two spaces begin a further value of the key before */
};

/* Hexadecimal text has no other use for two spaces, so they are understood without a line in the header too. */
static struct writing writing_of(const struct load_header *header, bool plain) {
  const bool clear = !header->printable && (header->flags & MDBX_DUPSORT);
  return (struct writing){header->printable || plain, plain, !plain && (header->concise || clear)};
}

static bool is_further_value(const struct input *input, const struct writing *writing) {
  return writing->merges && input->length >= 2 && input->text[0] == ' ' && input->text[1] == ' ';
}

/* The bytes a line stands for behind so many spaces, in the buffer of the input. */
static enum load_event decode_line(struct input *input, const struct writing *writing, size_t spaces, MDBX_val *item) {
  size_t length = input->length;
  char *text = input->text;
  if (!writing->plain) {
    if (!length || *text != ' ') {
      load_complain(input, "a line of data must begin with a space");
      return LOAD_WRONG;
    }
    text += spaces;
    length -= spaces;
  }
  const bool printable = writing->printable;
  const char *wrong = printable ? decode_printable(text, &length) : decode_hex(text, &length);
  if (wrong) {
    load_complain(input, "%s", wrong);
    return LOAD_WRONG;
  }
  item->iov_base = text;
  item->iov_len = length;
  return LOAD_OK;
}

static enum load_event keep_key(struct input *input, struct load_record *record) {
  if (record->key.iov_len >= record->key_capacity) {
    char *bigger = realloc(record->key_buffer, record->key.iov_len + 1);
    if (!bigger) {
      load_complain(input, "out of memory");
      return LOAD_FATAL;
    }
    record->key_buffer = bigger;
    record->key_capacity = record->key.iov_len + 1;
  }
  memcpy(record->key_buffer, record->key.iov_base, record->key.iov_len);
  record->key.iov_base = record->key_buffer;
  return LOAD_OK;
}

/* Reads the line of a key; is_key: whether it was one, not a further value. */
static enum load_event read_key(struct input *input, const struct writing *writing, struct load_record *record,
                                bool *is_key) {
  *is_key = true;
  if (input->ended) {
    input->ended = false;
    return LOAD_END;
  }
  enum load_event event = read_line(input, KEY_LINE_MAX);
  record->line = input->line;
  if (event == LOAD_END && !writing->plain) {
    load_complain(input, "the text ends before DATA=END");
    return LOAD_FATAL;
  }
  if (event != LOAD_OK)
    return event;
  if (!writing->plain && line_is(input, "DATA=END"))
    return LOAD_END;
  *is_key = !is_further_value(input, writing);
  if (!*is_key)
    return LOAD_OK;
  event = decode_line(input, writing, 1, &record->key);
  record->has_key = event == LOAD_OK;
  return event == LOAD_OK ? keep_key(input, record) : event;
}

static enum load_event take_further_value(struct input *input, const struct writing *writing,
                                          struct load_record *record) {
  if (record->has_key)
    return decode_line(input, writing, 2, &record->data);
  load_complain(input, "a further value without a key");
  return LOAD_WRONG;
}

enum load_event load_record_read(struct input *input, const struct load_header *header, bool plain,
                                 struct load_record *record) {
  const struct writing writing = writing_of(header, plain);
  bool is_key;
  const enum load_event key = read_key(input, &writing, record, &is_key);
  if (key == LOAD_END || key == LOAD_FATAL) {
    record->has_key = false;
    return key;
  }
  if (!is_key)
    return take_further_value(input, &writing, record);
  const enum load_event event = read_line(input, DATA_LINE_MAX);
  if (event == LOAD_FATAL)
    return event;
  if (event == LOAD_END || (!plain && line_is(input, "DATA=END"))) {
    load_complain(input, "a key without a value");
    input->ended = event == LOAD_OK;
    return input->ended ? LOAD_WRONG : LOAD_FATAL;
  }
  const enum load_event data = decode_line(input, &writing, 1, &record->data);
  return key == LOAD_OK ? data : key;
}

void load_input_release(struct input *input, struct load_record *record) {
  free(input->text);
  free(record->key_buffer);
}
