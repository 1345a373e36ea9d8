/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/load_parse.h: reads the text that mdbx_dump, mdb_dump and db_dump write.
 *
 * The text is not trusted: every length and number is checked, memory is allocated only for bytes that have been read,
 * and each message names the line. This module does not use the database.
 */
#ifndef MDBX_TOOLS_LOAD_PARSE_H
#define MDBX_TOOLS_LOAD_PARSE_H

#include <mdbx.h>

#include <stdbool.h>
#include <stdio.h>

/* Text that is read line by line. Before use, all members but the file and its name are zero. */
struct input {
  FILE *file;
  const char *name;
  uint64_t line; /* number of the line read last */
  char *text;    /* that line, without its end, with a zero behind it */
  size_t length, capacity;
  bool ended; /* the line after a key without a value was DATA=END */
};

/* The header of one table. Numbers that the header does not have are 0. */
struct load_header {
  unsigned version;
  bool printable; /* else bytes are hexadecimal */
  bool named;
  MDBX_val name; /* allocated; load_header_release() */
  unsigned flags;
  uint64_t mapsize, page_size, max_readers, sequence;
  bool has_geometry, has_canary;
  bool concise;     /* a line that begins with two spaces is a further value of the key before it */
  uint64_t damaged; /* number of places that the rescue could not read */
  uint64_t lower, upper, growth, shrink;
  MDBX_canary canary;
};

enum load_event {
  LOAD_OK,    /* a header or a record was read */
  LOAD_END,   /* the end of the text, or of the records of a table */
  LOAD_WRONG, /* malformed; a message was printed, the next record can be tried */
  LOAD_FATAL  /* nothing more can be read; a message was printed */
};

/* A record; the bytes belong to the two inputs' buffers and live until the next one is read. */
struct load_record {
  MDBX_val key, data;
  char *key_buffer;
  size_t key_capacity;
  bool has_key;  /* there is one for further values */
  uint64_t line; /* of the key */
};

/* Reads up to HEADER=END. LOAD_END if there is no further header. */
enum load_event load_header_read(struct input *input, struct load_header *header);
void load_header_release(struct load_header *header);

/* Reads a key and its value, or a further value of the same key. plain: lines without a header and without DATA=END, up to the end of the text. */
enum load_event load_record_read(struct input *input, const struct load_header *header, bool plain,
                                 struct load_record *record);

void load_input_release(struct input *input, struct load_record *record);

/* A message that names the input and the line. */
void load_complain(const struct input *input, const char *format, ...) __attribute__((__format__(__printf__, 2, 3)));

#endif
