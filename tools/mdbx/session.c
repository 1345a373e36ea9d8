/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include "subcommands.h"

#include <setjmp.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LEVELS_MAX 32
/* A handle of each table a command has named stays open until the end. */
#define SESSION_TABLES 1000

static struct {
  MDBX_env *env;
  MDBX_txn *levels[LEVELS_MAX];
  unsigned depth;
  MDBX_txn *command; /* of the command that runs */
  jmp_buf left;
  int code;
} session;

unsigned session_depth(void) { return session.depth; }

MDBX_txn *session_txn(void) { return session.depth ? session.levels[session.depth - 1] : NULL; }

/* ------------------------------------------------------------------------------------------------------- signals */

static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
enum { SIGNALS = sizeof(numbers) / sizeof(numbers[0]) };

static void catch_signals(struct sigaction before[SIGNALS]) {
  for (int i = 0; i < SIGNALS; ++i)
    sigaction(numbers[i], NULL, &before[i]);
  tool_catch_signals();
}

/* Ctrl-C ends the command, not the shell, also during a write. */
static void restore_signals(const struct sigaction before[SIGNALS]) {
  for (int i = 0; i < SIGNALS; ++i)
    sigaction(numbers[i], &before[i], NULL);
  if (tool_stopped != SIGINT)
    return;
  tool_stopped = 0;
  clearerr(stdout);
}

/* --------------------------------------------------------------------------------------------------- transactions */

/* Tries repeatedly, so that a signal ends the waiting. */
static int begin_outermost(void) {
  struct sigaction before[SIGNALS];
  const struct timespec pause = {0, 10000000};
  bool told = tool_quiet;
  int rc;
  catch_signals(before);
  while ((rc = mdbx_txn_begin(session.env, NULL, MDBX_TXN_READWRITE | MDBX_TXN_TRY, &session.levels[0])) == MDBX_BUSY &&
         !tool_stopped) {
    if (!told)
      tool_message("waiting for another writer");
    told = true;
    nanosleep(&pause, NULL);
  }
  restore_signals(before);
  return rc;
}

static int open_and_begin(const char *database) {
  unsigned flags = 0;
  tool_max_tables = SESSION_TABLES;
  int rc = tool_open(&session.env, database, MDBX_ACCEDE | wishes.env_flags, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_env_get_flags(session.env, &flags);
  /* With MDBX_WRITEMAP there are no nested transactions, so a command that fails could not be undone. */
  if (rc == MDBX_SUCCESS && (flags & MDBX_WRITEMAP))
    rc = MDBX_INCOMPATIBLE;
  if (rc == MDBX_SUCCESS)
    rc = begin_outermost();
  if (rc == MDBX_SUCCESS)
    return rc;
  tool_close(session.env, NULL);
  session.env = NULL;
  return tool_fail(rc, rc == MDBX_INCOMPATIBLE
                           ? "others use the database with MDBX_WRITEMAP, so there is no transaction"
                             " across commands"
                           : "cannot begin to write");
}

int session_begin(const char *database) {
  int rc;
  if (!session.depth) {
    rc = open_and_begin(database);
  } else if (session.depth == LEVELS_MAX) {
    rc = tool_fail(MDBX_EINVAL, "there are already %u nested transactions", session.depth);
  } else {
    rc = mdbx_txn_begin(session.env, session_txn(), MDBX_TXN_READWRITE, &session.levels[session.depth]);
    if (rc != MDBX_SUCCESS)
      tool_fail(rc, "cannot begin a nested transaction");
  }
  session.depth += rc == MDBX_SUCCESS;
  return rc;
}

static void end_level(void) {
  if (--session.depth)
    return;
  tool_close(session.env, NULL);
  session.env = NULL;
}

static int none_open(const char *what) {
  tool_message("there is no transaction to %s: use \"begin\" first", what);
  return MDBX_EINVAL;
}

int session_commit(void) {
  if (!session.depth)
    return none_open("commit");
  int rc = mdbx_txn_commit(session_txn());
  end_level();
  if (rc == MDBX_RESULT_TRUE)
    rc = MDBX_BAD_TXN;
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot commit; the transaction is aborted");
}

int session_abort(void) {
  if (!session.depth)
    return none_open("abort");
  const int rc = mdbx_txn_abort(session_txn());
  end_level();
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot abort");
}

bool session_close(void) {
  const bool open = session.depth != 0;
  while (session.depth)
    session_abort();
  return open;
}

/* ------------------------------------------------------------------------------------------------------- commands */

enum session_role session_role(const struct command *command) {
  static int (*const inside[])(int, char *[]) = {run_get, run_put, run_del, run_edit, run_drop, run_count, run_stat};
  /* Each of them writes, or may. */
  static int (*const waiting[])(int, char *[]) = {run_geometry, run_defrag, run_load, run_restore, run_import, run_chk};
  for (size_t i = 0; i < sizeof(inside) / sizeof(inside[0]); ++i)
    if (command->run == inside[i])
      return SESSION_INSIDE;
  for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); ++i)
    if (command->run == waiting[i])
      return SESSION_WAITS;
  return SESSION_BESIDE;
}

static void leave_command(int code) {
  session.code = code;
  longjmp(session.left, 1);
}

int session_run(const struct command *command, int argc, char *argv[]) {
  const struct wishes kept = wishes;
  const bool quiet = tool_quiet;
  struct sigaction before[SIGNALS];
  catch_signals(before);
  tool_leaving = leave_command;
  if (setjmp(session.left) == 0)
    session.code = command_run(command, argc, argv);
  tool_leaving = NULL;
  restore_signals(before);
  /* Ends the transactions that the command did not end. */
  if (session.command)
    mdbx_txn_abort(session.command);
  session.command = NULL;
  wishes = kept;
  tool_quiet = quiet;
  return session.code;
}

int session_join(struct place *place) {
  place->env = session.env;
  const int rc = mdbx_txn_begin(session.env, session_txn(), MDBX_TXN_READWRITE, &session.command);
  place->txn = session.command;
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot continue the transaction");
}

void session_leave(struct place *place) {
  if (place->txn)
    mdbx_txn_abort(place->txn);
  session.command = NULL;
}
