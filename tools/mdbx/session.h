/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/session.h: the shell's transaction across commands.
 *
 * While one is open, commands that look at records or change them run in the process of the shell, each in a nested
 * transaction: what fails leaves no half of itself. Owns the environment and the transactions the user has begun.
 */
#ifndef MDBX_TOOLS_MDBX_SESSION_H
#define MDBX_TOOLS_MDBX_SESSION_H

#include "command.h"

/* Begins to write, or a transaction inside the one that is open. Each of the three prints a message if it fails. */
int session_begin(const char *database);
/* Ends the innermost transaction. */
int session_commit(void);
int session_abort(void);
/* Ends what is open without a commit; false: nothing was. */
bool session_close(void);

/* How many are open, one inside the other. */
unsigned session_depth(void);
/* The innermost one. */
MDBX_txn *session_txn(void);

/* How a command goes together with an open transaction: part of it; beside it, in a process that sees the last commit;
 * or not at all, since it would wait for that transaction to end. */
enum session_role { SESSION_INSIDE, SESSION_BESIDE, SESSION_WAITS };
enum session_role session_role(const struct command *command);
/* Runs one that is part of it and gives its exit code. Help and wrong arguments leave the command, not the program. */
int session_run(const struct command *command, int argc, char *argv[]);

/* For the functions that open and close a place: a nested transaction of the session, for one command. */
int session_join(struct place *place);
void session_leave(struct place *place);

#endif
