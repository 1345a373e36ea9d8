/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/command.h: what the subcommands of mdbx share: their table, the options all of them take, opening the
 * database and the table they are about.
 *
 * A process runs one command (the shell runs each in a process of its own, or restores the options), so the options are
 * one global struct.
 */
#ifndef MDBX_TOOLS_MDBX_COMMAND_H
#define MDBX_TOOLS_MDBX_COMMAND_H

#include "tools/tool_common.h"

#include <getopt.h>

/* Formats of keys and values on the command line and in the output. */
enum form { FORM_AUTO, FORM_TEXT, FORM_HEX, FORM_U32, FORM_U64, FORM_JSON, FORM_RAW };

/* The options that every command has. */
struct wishes {
  MDBX_val table;       /* iov_base NULL: the main table */
  enum form key, value; /* of arguments; FORM_AUTO: by the table's flags, else text */
  enum form output;     /* FORM_AUTO: as for arguments */
  unsigned env_flags;   /* MDBX_NOSUBDIR or none */
};

extern struct wishes wishes;

struct command {
  const char *name;
  const char *group;     /* heading in the list of commands */
  const char *arguments; /* behind "usage: mdbx NAME" */
  const char *summary;   /* one line in the list of commands */
  const char *options;   /* lines of the help */
  /* argv[0] is the command's name. The result is the exit code of the program. */
  int (*run)(int argc, char *argv[]);
};

/* Ends with an entry without a name. */
extern const struct command commands[];
const struct command *command_find(const char *name);
/* Runs a command as from the command line: help, messages and usage are those of the command. */
int command_run(const struct command *command, int argc, char *argv[]);

/* Makes messages and usage those of a command. */
void command_introduce(const struct command *command);

/* getopt_long() for the options of a command (letters, and a terminated list of long ones) and for those that every
 * command has, which this function processes itself. It does not return after --help or a wrong option. Long options
 * without a letter have values from COMMAND_OPTION on. */
#define COMMAND_OPTION 256
int command_option(int argc, char *argv[], const char *letters, const struct option *longs);
/* Processes --create ('c') and --flags ('F'), which several commands have: MDBX_CREATE, and the flags of a new
 * table. */
bool take_create(int option, unsigned *create);
/* Checks that the number of arguments after the options is between least and most. */
char **command_arguments(int argc, char *argv[], int least, int most, int *count);

/* EXIT_SUCCESS if rc is MDBX_SUCCESS and all of standard output was written. */
int command_end(int rc);

/* An open database, a transaction and a table. Zeroed before use; place_close() ends and closes them. */
struct place {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  unsigned flags; /* of the table */
  bool joined;    /* belongs to the transaction that the user has begun in the shell */
};

/* Each prints a message if it fails. While the shell has a transaction open, path is ignored: the place is in that
 * transaction, and place_commit() adds the changes to it. */
int place_begin_reading(struct place *place, const char *path);
int place_open_reading(struct place *place, const char *path);
/* create: MDBX_CREATE with flags of a new table; or 0: database and table must exist. */
int place_open_writing(struct place *place, const char *path, unsigned create);
int place_begin_writing(struct place *place, const char *path, unsigned create);
int place_open_table(struct place *place, const MDBX_val *name, unsigned flags);
int place_commit(struct place *place);
void place_close(struct place *place);
/* A printable form of the table's name (-t). */
const char *place_table_name(void);

/* Whether standard output (or error) is a terminal. bold() and plain() begin and end bold text there. */
bool on_terminal(int descriptor);
const char *bold(void);
const char *plain(void);

#endif
