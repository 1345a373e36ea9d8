/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/tool_common.h: what the command-line tools share: messages, options every tool has, opening a database, and
 * lists of tables.
 *
 * Messages go to standard error as "NAME: ...". Owns the name of the program and the flag that a signal raises.
 */
#ifndef MDBX_TOOLS_TOOL_COMMON_H
#define MDBX_TOOLS_TOOL_COMMON_H

#include <mdbx.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define TOOL_PRINTF(format, first) __attribute__((__format__(__printf__, format, first)))

/* What a tool says about itself. */
struct tool_about {
  const char *name;
  const char *arguments; /* the line behind "usage: NAME" */
  const char *options;   /* one line for each option, indented */
};

/* The number of a SIGINT, SIGTERM, SIGHUP or SIGPIPE that came after tool_catch_signals() was called, else 0. */
extern volatile sig_atomic_t tool_stopped;
/* The number of named tables that can be open at once in an environment of tool_open(), unless a tool sets more. It is
 * small because most tools close one table before they open the next. */
#define TOOL_MAX_TABLES 4
extern unsigned tool_max_tables;
/* No messages but errors. */
extern bool tool_quiet;
/* Not even errors, except of wrong usage: the exit code is all that is wanted. */
extern bool tool_silent;

/* The end of the message about a missing database or table; NULL: none. */
extern const char *tool_missing_hint;

/* Call it first. Processes --help and --version like -h and -V. */
void tool_start(const struct tool_about *about, int argc, char *argv[]);
void tool_catch_signals(void);

/* If it is not NULL, the next three functions call it instead of exit(). It does not return. */
extern void (*tool_leaving)(int code);
/* Each ends the program: for -h, for -V, and for wrong arguments, after a message of one line that points to
 * --help. */
void tool_help(void) __attribute__((__noreturn__));
void tool_version(void) __attribute__((__noreturn__));
void tool_usage(const char *format, ...) TOOL_PRINTF(1, 2) __attribute__((__noreturn__));
/* The same for an option that getopt() refused, or that has no argument. The option string must begin with ':'. */
void tool_bad_option(int result, int option) __attribute__((__noreturn__));

/* Prints a message of one line. tool_fail() adds the text of an error code, and returns the code. For an error of the
 * engine it also adds the path of the last opened database, unless the message has it, and the engine's last error
 * message. */
void tool_message(const char *format, ...) TOOL_PRINTF(1, 2);
int tool_fail(int rc, const char *format, ...) TOOL_PRINTF(2, 3);
/* The path of the database that was opened last. */
const char *tool_opened(void);
/* The engine's last error message; "" if there is none. */
const char *tool_last_error(void);

/* Whether a file, or the data file in a directory, is a database of LMDB. */
bool tool_is_of_lmdb(const char *path);
/* The name of the main table, in options and in output. */
#define TOOL_MAIN_TABLE "@MAIN"

/* Processes -L (databases are opened for reading without a lock file) and -X (databases are opened exclusively). */
#define TOOL_ACCESS_LETTERS "LX"
#define TOOL_ACCESS_HELP \
  "  -L  read without the lock file; nobody may write meanwhile\n" \
  "  -X  open exclusively: nobody else may have it open; works on network file systems\n"
bool tool_take_access(int option);

/* Processes -u (read the database into memory before the work) and -U (and keep it there). */
#define TOOL_WARM_LETTERS "uU"
#define TOOL_WARM_HELP \
  "  -u  read the database into memory first\n" \
  "  -U  the same, and keep it there meanwhile\n"
bool tool_take_warming(int option);
/* Does what these options ask for; false: they asked for nothing, or it failed. After a failure, which it reports, the
 * work can still be done. */
bool tool_warm_up(const MDBX_env *env);

/* Opens an environment, and creates its handle first if *env is NULL. If the path is not a directory, it names a data
 * file. On failure the function has printed a message, and *env is NULL. */
int tool_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode);
/* The same without a message. */
int tool_try_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode);
/* The same for reading only, and begins a read transaction. tool_close() ends the transaction and closes the
 * environment, if they are not NULL. */
int tool_open_for_reading(MDBX_env **env, const char *path, unsigned flags);
int tool_begin_reading(MDBX_env *env, MDBX_txn **txn);
void tool_close(MDBX_env *env, MDBX_txn *txn);

/* An output file, emptied. A symbolic link that is neither the caller's nor root's is not followed (ELOOP in errno). */
FILE *tool_create(const char *path);
/* The same for a new file only. */
FILE *tool_create_new(const char *path);
/* Remembers the data file of a database that was not opened by the functions above. */
void tool_note_opened(const MDBX_env *env);
/* True for the file of a database that was opened, and for a lock file: they must not be overwritten. tool_create()
 * refuses such a name; the next call of tool_fail() says why. */
bool tool_must_stay(const char *path);
/* Removes an incomplete output file, if it is a regular file. */
void tool_discard(const char *path);

/* Flushes standard output during the work. Every flush must be made by this function, because it keeps the first error
 * of the stream. False: the stream has failed. */
bool tool_flush_some(void);
/* After writing (with errno set to 0 before): 0, or the first error of the stream. */
int tool_stream_error(FILE *out);
/* Flushes an output file and tells whether all of it was written. */
int tool_flush(FILE *out, const char *name);

/* Names of tables, in order. The bytes belong to the list. */
struct tool_names {
  MDBX_val *at;
  size_t count, capacity;
};

int tool_list_tables(const MDBX_txn *txn, struct tool_names *names);
void tool_free_names(struct tool_names *names);
/* Whether a key of the main table is one of them. */
bool tool_has_name(const struct tool_names *names, const MDBX_val *key);

/* A printable form of a name, in a static buffer. */
const char *tool_shown_name(const MDBX_val *name);

/* "parked" or "ousted", for a list of readers; NULL: the reader has a thread, or needs none. */
const char *tool_reader_state(mdbx_tid_t thread);
/* The same, or the thread in hexadecimal, in a static buffer. */
const char *tool_reader_thread(mdbx_tid_t thread);

/* Flags of tables and their names in dumps and statistics. */
struct tool_table_flag {
  unsigned bit;
  const char *name;
};

extern const struct tool_table_flag tool_table_flags[];

/* The value of a hexadecimal digit; -1: not a hexadecimal digit. */
int tool_hex_digit(char c);

#endif
