/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/tool_json.h: JSON, by cJSON.
 *
 * A text that could not be completed is never printed in part: json_print() says what is wrong.
 */
#ifndef MDBX_TOOLS_TOOL_JSON_H
#define MDBX_TOOLS_TOOL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH = 4 };

struct cJSON;

/* All zeros: nothing yet. */
struct json {
  struct cJSON *open[JSON_DEPTH]; /* objects that are not closed, from the outermost on */
  unsigned depth;
  struct cJSON *closed; /* an array of the outermost ones that are */
  bool failed;          /* memory was lacking */
};

/* Whether this program was built with cJSON. Without it nothing is collected, and json_print() fails. */
bool json_is_there(void);

/* Whether these bytes can be text: UTF-8 without a null byte. */
bool json_is_text(const void *bytes, size_t length);

/* Members of the object that was opened last. The name of an outermost object is NULL. */
void json_open(struct json *json, const char *name);
void json_close(struct json *json);
void json_put_number(struct json *json, const char *name, uint64_t number);
void json_put_integer(struct json *json, const char *name, int64_t number);
void json_put_seconds(struct json *json, const char *name, double seconds);
/* Bytes that json_is_text(). */
void json_put_text(struct json *json, const char *name, const void *bytes, size_t length);
void json_put_string(struct json *json, const char *name, const char *text);
/* Two digits for each byte. */
void json_put_hex(struct json *json, const char *name, const void *bytes, size_t length);
/* As an array, the outermost objects of another one, which is empty then. */
void json_put_array(struct json *json, const char *name, struct json *members);

/* Writes the outermost object as one line, and forgets it. MDBX_ENOMEM, MDBX_ENOSYS: nothing was written. */
int json_print(struct json *json, FILE *out);

#endif
