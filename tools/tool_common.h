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
/* Named tables that can be open in what tool_open() opens, unless a tool needs more: few, for most close one before they
 * open the next. */
#define TOOL_MAX_TABLES 4
extern unsigned tool_max_tables;
/* No messages but errors. */
extern bool tool_quiet;

/* What the message about a database or table that is not there ends with; NULL: nothing. */
extern const char *tool_missing_hint;

/* To be called first. Answers --help and --version as well as -h and -V do. */
void tool_start(const struct tool_about *about, int argc, char *argv[]);
void tool_catch_signals(void);

/* Called in place of exit() by these three, unless it is NULL; does not return. */
extern void (*tool_leaving)(int code);
/* Each leaves the program: -h, -V, and wrong arguments (after a message, unless format is NULL, and a line with the usage). */
void tool_help(void) __attribute__((__noreturn__));
void tool_version(void) __attribute__((__noreturn__));
void tool_usage(const char *format, ...) TOOL_PRINTF(1, 2) __attribute__((__noreturn__));
/* The same for an option getopt() refused or that lacks its argument. The option string must begin with ':'. */
void tool_bad_option(int result, int option) __attribute__((__noreturn__));

/* A message, one line; tool_fail() adds the text of an error code and returns the code, for an error of the engine the path
 * of the database that was opened last, unless the message has it, and what the engine said last of something that is wrong. */
void tool_message(const char *format, ...) TOOL_PRINTF(1, 2);
int tool_fail(int rc, const char *format, ...) TOOL_PRINTF(2, 3);
/* The path of the database that was opened last. */
const char *tool_opened(void);
/* What the engine said last of something that is wrong; "" if nothing. */
const char *tool_last_error(void);

/* Whether a file, or the one in a directory, is a database of LMDB. */
bool tool_is_of_lmdb(const char *path);
/* What the main table is called where names of tables stand. */
#define TOOL_MAIN_TABLE "@MAIN"

/* Takes -L: what is opened for reading is opened without a lock file; and -X: everything is opened alone. */
#define TOOL_ACCESS_LETTERS "LX"
#define TOOL_ACCESS_HELP                                                                                               \
  "  -L  read without the lock file; nobody may write meanwhile\n"                                                   \
  "  -X  open exclusively: nobody else may have it open; works on network file systems\n"
bool tool_take_access(int option);

/* Opens an environment, which is made first if *env is NULL. A path to anything but a directory is taken as a data
 * file. On failure a message was printed, and *env is NULL. */
int tool_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode);
/* The same without a message. */
int tool_try_open(MDBX_env **env, const char *path, unsigned flags, mdbx_mode_t mode);
/* The same for reading only, and a read transaction in it. tool_close() ends what of both is not NULL. */
int tool_open_for_reading(MDBX_env **env, const char *path, unsigned flags);
int tool_begin_reading(MDBX_env *env, MDBX_txn **txn);
void tool_close(MDBX_env *env, MDBX_txn *txn);

/* An output file, emptied. A symbolic link that is neither the caller's nor root's is not followed (ELOOP in errno). */
FILE *tool_create(const char *path);
/* The same for a new file only. */
FILE *tool_create_new(const char *path);
/* Remembers the data file of a database that was opened other than by the functions below. */
void tool_note_opened(const MDBX_env *env);
/* True for a name of a database that was opened, and of a lock file: nothing may be written over them. tool_create() refuses
 * such a name; the next failure that is told says why. */
bool tool_must_stay(const char *path);
/* Removes an output file that is not whole. What is no regular file stays. */
void tool_discard(const char *path);

/* Flushes standard output in the middle of the work. Of a stream that fails the first error counts, so each flush must
 * be made so. False: it has failed. */
bool tool_flush_some(void);
/* After writing with errno set to 0 before: 0, or why the stream failed first. */
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

/* A name fit to be printed, in a buffer of the function's own. */
const char *tool_shown_name(const MDBX_val *name);

/* What a list of readers says of one that is parked or ousted; NULL: it has a thread, or needs none. */
const char *tool_reader_state(mdbx_tid_t thread);
/* The same, or the thread in hexadecimal, in a buffer of the function's own. */
const char *tool_reader_thread(mdbx_tid_t thread);

/* Flags of tables and their names in dumps and statistics. */
struct tool_table_flag {
  unsigned bit;
  const char *name;
};

extern const struct tool_table_flag tool_table_flags[];

/* The value of a hexadecimal digit; -1: it is none. */
int tool_hex_digit(char c);

#endif
