/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/bytes.h: keys and values in readable form: text, hexadecimal, numbers, JSON.
 */
#ifndef MDBX_TOOLS_MDBX_BYTES_H
#define MDBX_TOOLS_MDBX_BYTES_H

#include "command.h"

/* A key or value made from an argument. It owns the bytes. */
struct bytes {
  MDBX_val item;
  void *owned;
};

/* The format of keys (or values) of this table if no option selects one: integers if its flags say so, with the length
 * of the stored ones. */
enum form bytes_key_form(const struct place *place);
enum form bytes_value_form(const struct place *place);

/* Converts an argument of the given length to bytes. false: it has printed a message. */
bool bytes_parse(const char *text, size_t length, enum form form, struct bytes *bytes);
/* The content of a file, or of standard input for "-". */
bool bytes_read_file(const char *name, struct bytes *bytes);
void bytes_free(struct bytes *bytes);

/* Writes a key or value to standard output in the selected format. Text shows control characters as \xx. */
void bytes_print(const MDBX_val *item, enum form form);
/* One record on a line: key, tab, value; or a JSON object. */
void bytes_print_record(const MDBX_val *key, enum form key_form, const MDBX_val *value, enum form value_form);

/* A JSON object that is written to standard output as one line, or not at all if memory is lacking. */
void json_begin(void);
void json_number(const char *name, uint64_t number);
void json_integer(const char *name, int64_t number);
void json_text(const char *name, const char *text);
void json_item(const char *name, const MDBX_val *item, enum form form);
void json_end(void);
/* Whether an object was not written. */
bool bytes_lost_json(void);

#endif
