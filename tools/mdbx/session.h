/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/session.h: the shell's transaction, which lasts over several commands.
 *
 * While it is open, commands that read or change records run in the process of the shell, each in a nested transaction,
 * so that a command that fails changes nothing. Owns the environment and the transactions that the user has begun.
 */
#ifndef MDBX_TOOLS_MDBX_SESSION_H
#define MDBX_TOOLS_MDBX_SESSION_H

#include "command.h"

/* Begins a write transaction, or a nested one inside the open one. Each of the three prints a message if it fails. */
int session_begin(const char *database);
/* Ends the innermost transaction. */
int session_commit(void);
int session_abort(void);
/* Aborts the open transactions; false: none was open. */
bool session_close(void);

/* The number of open transactions, nested ones included. */
unsigned session_depth(void);
/* The innermost one. */
MDBX_txn *session_txn(void);

/* How a command runs while a transaction is open: in it; beside it, in a process that sees the last commit; or not at
 * all, because the command would wait for the end of that transaction. */
enum session_role { SESSION_INSIDE, SESSION_BESIDE, SESSION_WAITS };
enum session_role session_role(const struct command *command);
/* Runs a command in the transaction and returns its exit code. Help and wrong arguments end the command, not the
 * program. */
int session_run(const struct command *command, int argc, char *argv[]);

/* For the functions that open and close a place: a nested transaction of the session, for one command. */
int session_join(struct place *place);
void session_leave(struct place *place);

#endif
