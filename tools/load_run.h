/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/load_run.h: fills tables from the text that mdbx_dump, mdb_dump and db_dump write; for mdbx_load, "mdbx load"
 * and "mdbx import".
 *
 * A large input is stored in several commits, so that no transaction exceeds the memory. Everything is durable when
 * load_finish() returns without an error.
 */
#ifndef MDBX_TOOLS_LOAD_RUN_H
#define MDBX_TOOLS_LOAD_RUN_H

#include "load_parse.h"
#include "tool_common.h"

/* Sizes for the database; -1: the input decides, or the sizes stay as they are. */
struct load_sizes {
  int64_t lower, upper, growth, shrink, page;
};

#define LOAD_ANY_SIZES \
  { -1, -1, -1, -1, -1 }

struct load {
  /* Options. */
  struct input input;
  bool append, keep, purge, rescue, plain;
  bool skip_tables; /* records of the main table are left out if their keys are names of tables */
  const char *table, *path;
  unsigned env_flags;
  struct load_sizes sizes;
  size_t batch; /* records per commit; 0: the program decides */
  /* State. */
  struct load_record record;
  struct load_header header;
  MDBX_env *env;
  bool made;               /* there was no database before */
  unsigned directory_mode; /* of the directory, if it existed before; else 0 */
  MDBX_txn *txn;
  MDBX_dbi dbi;
  unsigned table_flags;
  MDBX_val last_key; /* of the last record before this one; allocated */
  size_t piece_records, piece_bytes;
  uint64_t input_size; /* 0: not known */
  bool shows_progress;
  /* Results. */
  uint64_t stored, kept, failed, skipped;
};

/* The letters of the options for sizes and commits, and the function that processes them. false: the argument is
 * wrong. */
#define LOAD_SIZE_LETTERS "b:g:l:P:S:u:"
bool load_take_size(struct load *load, int option, const char *argument);

/* Reads all tables of the input. If it fails, it has printed messages. */
int load_all(struct load *load);
/* Flushes and closes the database, frees what was allocated, and returns rc or what went wrong. After an error it
 * removes a database that it has created, unless that contains rescued records. */
int load_finish(struct load *load, int rc);
/* Prints the counts on standard error. */
void load_report(const struct load *load);

#endif
