/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/dump_run.h: writes tables as portable text, as db_dump and mdb_dump do; for mdbx_dump and "mdbx dump".
 *
 * Everything is read from one snapshot. In strict mode it leaves out the header lines that other loaders do not know
 * (geometry, canary, sequence, database_hex). In concise mode a further value of a key is one line that begins with two
 * spaces, and in printable text a space at the beginning of a key or value is escaped, so that the two differ.
 */
#ifndef MDBX_TOOLS_DUMP_RUN_H
#define MDBX_TOOLS_DUMP_RUN_H

#include "tool_common.h"

struct dump {
  FILE *out;
  bool all, list, printable, rescue, strict;
  bool concise; /* if a key has several values, it is written once */
  const char *table, *file;
  unsigned env_flags;
  /* Set during the work. */
  MDBX_envinfo info;
  struct tool_names names; /* tool_free_names() */
  bool damaged;            /* something could not be read; messages were printed */
  bool merges;             /* the table is one in which keys are written once */
  MDBX_val last_key;       /* of the record before, in such a table; allocated */
};

/* Parts of a dump: a table's header, with more lines of that kind in `extras`; a record; an empty main table. */
void dump_put_header(struct dump *dump, MDBX_txn *txn, const MDBX_val *name, unsigned flags, uint64_t sequence,
                     const char *extras);
int dump_put_record(struct dump *dump, const MDBX_val *key, const MDBX_val *value);
void dump_put_empty(struct dump *dump, MDBX_txn *txn);

/* Dumps one table, all tables, or only the names of the tables, as the read transaction sees them. */
int dump_snapshot(struct dump *dump, MDBX_txn *txn);
/* Frees what was allocated during the work. */
void dump_release(struct dump *dump);

#endif
