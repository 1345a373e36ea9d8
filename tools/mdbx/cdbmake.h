/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/cdbmake.h: records in the format of cdbmake: "+klen,dlen:key->data\n" each, and an empty line at the end.
 * The text is not trusted: lengths are checked, and memory is allocated only for bytes that have been read.
 */
#ifndef MDBX_TOOLS_MDBX_CDBMAKE_H
#define MDBX_TOOLS_MDBX_CDBMAKE_H

#include "command.h"

void cdbmake_write(FILE *out, const MDBX_val *key, const MDBX_val *value);
void cdbmake_write_end(FILE *out);

enum cdbmake_event { CDBMAKE_RECORD, CDBMAKE_END, CDBMAKE_WRONG };

/* Before use, all members but file and name are zero. */
struct cdbmake {
  FILE *file;
  const char *name;
  uint64_t records;
  MDBX_val key, value; /* of the last record; the buffers are the reader's */
  size_t key_capacity, value_capacity;
};

/* CDBMAKE_WRONG: a message names the record. */
enum cdbmake_event cdbmake_read(struct cdbmake *in);
void cdbmake_release(struct cdbmake *in);

#endif
