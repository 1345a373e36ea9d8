/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/tool_json.h: builds JSON text in memory.
 *
 * A text that could not be completed is never printed in part: json_print() says that memory lacks.
 */
#ifndef MDBX_TOOLS_TOOL_JSON_H
#define MDBX_TOOLS_TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zeros: an empty text on one line. */
struct json {
  char *at;
  size_t length, capacity;
  bool failed;    /* memory was lacking */
  bool follows;   /* the next member needs a comma before it */
  bool lines;     /* each member begins a line */
  unsigned depth; /* of the member that is next: its indentation */
};

/* Members of the object or array that was opened last. A name is NULL in an array and for the outermost object. */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);
void json_put_number(struct json *json, const char *name, uint64_t number);
void json_put_integer(struct json *json, const char *name, int64_t number);
void json_put_seconds(struct json *json, const char *name, double seconds);
/* The bytes must be UTF-8. */
void json_put_text(struct json *json, const char *name, const void *bytes, size_t length);
void json_put_string(struct json *json, const char *name, const char *text);
/* Two digits for each byte. */
void json_put_hex(struct json *json, const char *name, const void *bytes, size_t length);
/* Members that were built separately, as an array. */
void json_put_array(struct json *json, const char *name, const struct json *members);

/* Writes the text and a line end, and empties it. MDBX_ENOMEM: nothing was written. */
int json_print(struct json *json, FILE *out);
void json_free(struct json *json);

#endif
