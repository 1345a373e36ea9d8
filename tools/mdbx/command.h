/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/command.h: what the subcommands of mdbx share: their table, the options all of them take, opening the
 * database and the table they are about.
 *
 * A command runs once in a process (the shell gives each a process of its own, or puts them back), so its options are
 * one struct here.
 */
#ifndef MDBX_TOOLS_MDBX_COMMAND_H
#define MDBX_TOOLS_MDBX_COMMAND_H

#include "tools/tool_common.h"

#include <getopt.h>

/* How bytes are written by people, and for them. */
enum form { FORM_AUTO, FORM_TEXT, FORM_HEX, FORM_U32, FORM_U64, FORM_JSON, FORM_RAW };

/* What the options said that every command takes. */
struct wishes {
  MDBX_val table;         /* iov_base NULL: the main table */
  enum form key, value;   /* of arguments; FORM_AUTO: as the table's flags say, else text */
  enum form output;       /* FORM_AUTO: as the keys and values of arguments */
  unsigned env_flags;     /* MDBX_NOSUBDIR or none */
};

extern struct wishes wishes;

struct command {
  const char *name;
  const char *group;     /* a heading of the overview */
  const char *arguments; /* behind "usage: mdbx NAME" */
  const char *summary;   /* one line of the overview */
  const char *options;   /* lines of the help */
  /* argv[0] is the command's name. The result is the exit code of the program. */
  int (*run)(int argc, char *argv[]);
};

/* Ends with an entry without a name. */
extern const struct command commands[];
const struct command *command_find(const char *name);
/* Runs it as a command line would: help, messages and usage are the command's. */
int command_run(const struct command *command, int argc, char *argv[]);

/* Makes messages and usage those of a command. */
void command_introduce(const struct command *command);

/* getopt_long() for the options of a command (letters and long ones, terminated as usual) and those every command has,
 * which are taken here. Does not return from --help and from what is wrong. Long options without a letter have values
 * from COMMAND_OPTION on. */
#define COMMAND_OPTION 256
int command_option(int argc, char *argv[], const char *letters, const struct option *longs);
/* Takes --create ('c') and --flags ('F'), which several commands have: MDBX_CREATE, and the flags of a new table. */
bool take_create(int option, unsigned *create);
/* The number of arguments behind the options must be between least and most. */
char **command_arguments(int argc, char *argv[], int least, int most, int *count);

/* EXIT_SUCCESS if rc is MDBX_SUCCESS and all of standard output was written. */
int command_end(int rc);

/* An open database, a transaction and a table. Zeroed before use; place_close() ends whatever is there. */
struct place {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  unsigned flags; /* of the table */
  bool joined;    /* part of the transaction the user has begun in the shell */
};

/* Each prints a message if it fails. While the shell has a transaction open, path is not looked at: the place is in that
 * transaction, to which place_commit() adds what was changed. */
int place_begin_reading(struct place *place, const char *path);
int place_open_reading(struct place *place, const char *path);
/* create: MDBX_CREATE with flags of a new table, or 0: database and table must be there. */
int place_open_writing(struct place *place, const char *path, unsigned create);
int place_begin_writing(struct place *place, const char *path, unsigned create);
int place_open_table(struct place *place, const MDBX_val *name, unsigned flags);
int place_commit(struct place *place);
void place_close(struct place *place);
/* The table of -t, fit to be printed. */
const char *place_table_name(void);

/* Whether standard output (or error) is a terminal; text between the marks is bold there. */
bool on_terminal(int descriptor);
const char *bold(void);
const char *plain(void);

#endif
