/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Other programs and sessions: chk runs the checker, shell reads commands.
 *
 * Outside of transactions the shell has no database open. It runs each command in a process of its own, as if it were
 * typed after "mdbx", and inserts its database and table. So a failure of one command does not affect the next.
 */
#include "subcommands.h"

#include "child.h"
#include "line.h"
#include "session.h"
#include "shell_output.h"

#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------------------------------------------------------- chk */

int run_chk(int argc, char *argv[]) {
  static char name[] = "mdbx_chk";
  (void)argc;
  argv[0] = name;
  const int rc = child_become_sibling(name, argv);
  tool_fail(rc, "cannot run mdbx_chk");
  return EXIT_FAILURE;
}

/* ----------------------------------------------------------------------------------------------------------- shell */

#define WORDS_MAX 256
/* How deep files with commands may read others. */
#define FILES_MAX 16

static struct {
  char *database, *table; /* allocated, or NULL */
  bool interactive, failed, leaving, timed;
  unsigned files; /* that are being read, each by a line of the one before */
} shell;

static const char *const own_words[] = {"help", "open", "use",     "tables", "begin", "commit", "abort",
                                        "quit", "exit", ".output", ".once",  ".read", ".timer"};

/* Splits a line into words, in place. Quotes of both kinds keep blanks, a backslash any character. -1: a quote is open. */
static int split(char *line, char *words[WORDS_MAX]) {
  int count = 0;
  char *out = line, quote = '\0';
  bool inside = false;
  for (char *in = line;; ++in) {
    const bool blank = *in == ' ' || *in == '\t';
    if (*in == '\0' || (blank && !quote)) {
      const bool last = *in == '\0';
      if (inside)
        *out++ = '\0';
      inside = false;
      if (last)
        break;
      continue;
    }
    if (!inside) {
      if (count + 1 >= WORDS_MAX)
        return -1;
      words[count++] = out;
      inside = true;
    }
    if (quote ? *in == quote : *in == '\'' || *in == '"')
      quote = quote ? '\0' : *in;
    else if (*in == '\\' && quote != '\'' && in[1])
      *out++ = *++in;
    else
      *out++ = *in;
  }
  words[count] = NULL;
  return quote ? -1 : count;
}

/* A copy of the text, which is not NULL, in the place of the one before; false, after a message: the old one stays. */
static bool keep(char **place, const char *text) {
  char *copy = strdup(text);
  if (!copy) {
    tool_fail(errno, "cannot go on with %s", text);
    return false;
  }
  free(*place);
  *place = copy;
  return true;
}

static void forget(char **place) {
  free(*place);
  *place = NULL;
}

/* Which arguments the shell inserts. */
static bool wants_database(const char *command) {
  return strcmp(command, "import") != 0 && strcmp(command, "apply") != 0;
}

/* For the checker -t means something else. */
static bool wants_table(const char *command) { return strcmp(command, "chk") != 0; }

static int compose(int count, char *words[], char *out[WORDS_MAX + 4]) {
  static char table_option[] = "-t";
  int n = 0;
  out[n++] = words[0];
  if (wants_database(words[0])) {
    if (shell.table && wants_table(words[0])) {
      out[n++] = table_option;
      out[n++] = shell.table;
    }
    if (shell.database)
      out[n++] = shell.database;
  }
  for (int i = 1; i < count; ++i)
    out[n++] = words[i];
  out[n] = NULL;
  return n;
}

static bool run_in_child(const struct command *command, int argc, char *argv[]) {
  int status = 0;
  tool_flush_some();
  const pid_t pid = fork();
  if (pid < 0) {
    tool_fail(errno, "cannot run %s", argv[0]);
    return false;
  }
  if (pid == 0) {
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    const int code = command_run(command, argc, argv);
    tool_flush_some();
    _exit(code);
  }
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    continue;
  if (WIFSIGNALED(status))
    tool_message("%s was ended by signal %d", argv[0], WTERMSIG(status));
  return status == 0;
}

static bool run_command(const struct command *command, int count, char *words[]) {
  char *argv[WORDS_MAX + 4];
  const int argc = compose(count, words, argv);
  const enum session_role role = session_depth() ? session_role(command) : SESSION_BESIDE;
  const bool asks = argc > 1 && strcmp(argv[argc - 1], "--help") == 0;
  if (role == SESSION_WAITS && !asks) {
    tool_message("%s would wait for the open transaction: commit or abort it first", words[0]);
    return false;
  }
  if (role != SESSION_INSIDE)
    return run_in_child(command, argc, argv);
  const bool right = session_run(command, argc, argv) == EXIT_SUCCESS;
  command_introduce(command_find("shell"));
  return right;
}

static void shell_help(void) {
  printf("The commands are those of mdbx, without the name of the database:\n ");
  for (const struct command *command = commands; command->name; ++command)
    if (command->run != run_shell)
      printf(" %s", command->name);
  printf("\n\"help COMMAND\" explains a command. The shell also has:\n"
         "  open DATABASE   work with this database\n"
         "  use [TABLE]     work with this table, or with the main table\n"
         "  tables          list the tables\n"
         "  begin           begin a transaction, or a nested one: get, put, del, edit, drop,\n"
         "                  stat and tables work in it until commit or abort; other commands\n"
         "                  see the last commit. Meanwhile nobody else can write.\n"
         "  commit          keep the changes\n"
         "  abort           undo the changes\n"
         "  quit            leave the shell, as the end of the input does\n"
         "  .output FILE    write the output of commands to this file, or to a program with\n"
         "                  .output |PROGRAM; alone: to the terminal again\n"
         "  .once FILE      the same for the next command only\n"
         "  .read FILE      run the commands in this file\n"
         "  .timer on|off   say how long each command takes\n"
         "Put words with blanks in 'quotes' or \"quotes\". Lines that begin with # or -- are\n"
         "comments.\n");
}

static int each_table_in(const MDBX_txn *txn, void (*found)(const char *word)) {
  struct tool_names names;
  const int rc = tool_list_tables(txn, &names);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < names.count; ++i)
    found(names.at[i].iov_base);
  tool_free_names(&names);
  return rc;
}

/* For completion, which says nothing about failures. */
static void each_table(void (*found)(const char *word)) {
  struct place place = {.env = NULL};
  const unsigned flags = MDBX_RDONLY | MDBX_ACCEDE | wishes.env_flags;
  if (session_depth()) {
    each_table_in(session_txn(), found);
    return;
  }
  if (!shell.database || tool_try_open(&place.env, shell.database, flags, 0) != MDBX_SUCCESS)
    return;
  if (mdbx_txn_begin(place.env, NULL, MDBX_TXN_RDONLY, &place.txn) == MDBX_SUCCESS)
    each_table_in(place.txn, found);
  place_close(&place);
}

static void print_word(const char *word) { puts(word); }

static bool print_tables(void) {
  struct place place = {.env = NULL};
  if (!session_depth() && !shell.database)
    return true;
  int rc = place_begin_reading(&place, shell.database);
  if (rc == MDBX_SUCCESS)
    rc = each_table_in(place.txn, print_word);
  place_close(&place);
  return rc == MDBX_SUCCESS;
}

static void each_command(void (*found)(const char *word)) {
  for (const struct command *command = commands; command->name; ++command)
    if (command->run != run_shell)
      found(command->name);
}

/* Names of tables stand in most places, so they are offered where nothing else is known to belong. */
static void candidates(const char *first, void (*found)(const char *word)) {
  if (!*first) {
    each_command(found);
    for (size_t i = 0; i < sizeof(own_words) / sizeof(own_words[0]); ++i)
      found(own_words[i]);
  } else if (strcmp(first, "help") == 0) {
    each_command(found);
  } else if (strcmp(first, ".timer") == 0) {
    found("on");
    found("off");
  } else if (*first != '.' && strcmp(first, "open") != 0) {
    each_table(found);
  }
}

static bool begin(void) {
  if (!shell.database) {
    tool_message("no database: \"open\" one");
    return false;
  }
  if (session_begin(shell.database) != MDBX_SUCCESS)
    return false;
  if (session_depth() == 1 && shell.interactive && !tool_quiet)
    printf("Nobody else can write before you commit or abort.\n");
  return true;
}

static bool open_database(const char *name) {
  if (session_depth()) {
    tool_message("a transaction is open: commit or abort it first");
    return false;
  }
  forget(&shell.table);
  return keep(&shell.database, name);
}

/* Runs a command of the shell itself; false: it is not one. */
static bool run_own(int count, char *words[], bool *right) {
  *right = true;
  if (strcmp(words[0], "quit") == 0 || strcmp(words[0], "exit") == 0) {
    shell.leaving = true;
  } else if (strcmp(words[0], "open") == 0 && count == 2) {
    *right = open_database(words[1]);
  } else if (strcmp(words[0], "begin") == 0 && count == 1) {
    *right = begin();
  } else if (strcmp(words[0], "commit") == 0 && count == 1) {
    *right = session_commit() == MDBX_SUCCESS;
  } else if (strcmp(words[0], "abort") == 0 && count == 1) {
    *right = session_abort() == MDBX_SUCCESS;
  } else if (strcmp(words[0], "use") == 0 && count <= 2) {
    forget(&shell.table);
    *right = count == 1 || keep(&shell.table, words[1]);
  } else if (strcmp(words[0], "tables") == 0 && count == 1) {
    *right = print_tables();
  } else if (strcmp(words[0], "help") == 0 && count == 1) {
    shell_help();
  } else {
    return false;
  }
  return true;
}

static bool run_words(int count, char *words[]) {
  static char help_option[] = "--help";
  bool right = true;
  if (run_own(count, words, &right))
    return right;
  if (count == 2 && strcmp(words[0], "help") == 0) {
    words[0] = words[1];
    words[1] = help_option;
  }
  const struct command *command = command_find(words[0]);
  if (command && command->run != run_shell)
    return run_command(command, count, words);
  tool_message("there is no command \"%s\", \"help\" lists them", words[0]);
  return false;
}

static double seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool run_timed(int count, char *words[]) {
  const double begun = seconds_now();
  if (!output_begin())
    return false;
  bool right = run_words(count, words);
  tool_flush_some();
  right = output_end() && right;
  if (shell.timed)
    fprintf(stderr, "time: %.3f s\n", seconds_now() - begun);
  return right;
}

/* The file must not be the database, which perhaps only the children of the shell have opened so far. */
static bool write_to_file(const char *name, bool once) {
  MDBX_env *env = NULL;
  if (shell.database && !session_depth() &&
      tool_try_open(&env, shell.database, MDBX_RDONLY | MDBX_ACCEDE | wishes.env_flags, 0) == MDBX_SUCCESS)
    tool_close(env, NULL);
  return output_to_file(name, once);
}

/* What stands behind a bar is left to the system's shell as it is. */
static bool run_output(char *rest, bool once) {
  char *words[WORDS_MAX];
  if (*rest == '|' && rest[1 + strspn(rest + 1, " \t")])
    return output_to_program(rest + 1, once);
  const int count = *rest == '|' ? -1 : split(rest, words);
  if (count == 1)
    return write_to_file(words[0], once);
  if (count == 0 && !once) {
    output_to_standard();
    return true;
  }
  tool_message("%s needs a file, or | and a program", once ? ".once" : ".output");
  return false;
}

static bool read_file(const char *name);

static bool run_dot(char *line) {
  char *words[WORDS_MAX], *rest = line + strcspn(line, " \t");
  if (*rest)
    *rest++ = '\0';
  rest += strspn(rest, " \t");
  const bool once = strcmp(line, ".once") == 0;
  if (once || strcmp(line, ".output") == 0)
    return run_output(rest, once);
  const bool single = split(rest, words) == 1;
  if (strcmp(line, ".read") == 0 && single)
    return read_file(words[0]);
  if (strcmp(line, ".timer") == 0 && single && (strcmp(words[0], "on") == 0 || strcmp(words[0], "off") == 0)) {
    shell.timed = words[0][1] == 'n';
    return true;
  }
  tool_message("\"%s\" is not understood like this: \"help\" explains .output, .once, .read and .timer", line);
  return false;
}

static bool run_line(char *line) {
  char *words[WORDS_MAX], *begun = line + strspn(line, " \t");
  if (*begun == '#' || strncmp(begun, "--", 2) == 0)
    return true;
  if (*begun == '.')
    return run_dot(begun);
  const int count = split(begun, words);
  if (count < 0)
    tool_message("a quote is not closed, or there are too many words");
  return count == 0 || (count > 0 && run_timed(count, words));
}

/* On a terminal the user sees what failed. A script continues after a failure, but does not commit an incomplete
 * transaction. */
static void note_failure(const char *file, unsigned long line) {
  shell.failed = true;
  if (shell.interactive && !file)
    return;
  tool_message("%s%sline %lu failed", file ? file : "", file ? ": " : "", line);
  shell.leaving = shell.leaving || (session_depth() && !shell.interactive);
}

/* A failure in a transaction ends the file. */
static bool read_lines(FILE *input, const char *name) {
  unsigned long number = 0;
  size_t capacity = 0;
  char *line = NULL;
  bool right = true;
  errno = 0;
  while (!shell.leaving && !tool_stopped && (right || !session_depth()) && getline(&line, &capacity, input) >= 0) {
    line[strcspn(line, "\n")] = '\0';
    if (++number, !run_line(line)) {
      note_failure(name, number);
      right = false;
    }
    errno = 0;
  }
  const bool ended = feof(input) || !errno;
  if (!ended)
    tool_fail(errno, "cannot read %s", name);
  free(line);
  return right && ended;
}

static bool read_file(const char *name) {
  FILE *input = shell.files < FILES_MAX ? fopen(name, "re") : NULL;
  if (!input) {
    if (shell.files == FILES_MAX)
      tool_message("%s: files may read each other %d deep only", name, FILES_MAX);
    else
      tool_fail(errno, "cannot read %s", name);
    return false;
  }
  shell.files += 1;
  const bool right = read_lines(input, name);
  shell.files -= 1;
  fclose(input);
  return right;
}

static void leave_session(void) {
  if (!session_close())
    return;
  tool_message("the open transaction was not committed: its changes are undone");
  shell.failed = true;
}

static const char *prompt(void) {
  static char text[256];
  static const char marks[] = "********************************";
  snprintf(text, sizeof(text), "mdbx %.100s%s%.100s%.*s> ", shell.database ? shell.database : "",
           shell.table ? ":" : "", shell.table ? shell.table : "", (int)session_depth(), marks);
  return text;
}

/* A wrong name on the command line is reported at once. Other failures can be corrected in the shell. */
static int try_database(const char *name) {
  MDBX_env *env = NULL;
  const int rc = tool_open_for_reading(&env, name, wishes.env_flags);
  tool_close(env, NULL);
  return rc == MDBX_WANNA_RECOVERY ? MDBX_SUCCESS : rc;
}

int run_shell(int argc, char *argv[]) {
  const struct line_reader reader = {prompt, candidates};
  unsigned long number = 0;
  char *line;
  int count;
  memset(&shell, 0, sizeof(shell));
  while (command_option(argc, argv, "", NULL) != -1)
    continue;
  char **arguments = command_arguments(argc, argv, 0, 1, &count);
  const int rc = count ? try_database(arguments[0]) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS)
    return command_end(rc);
  if ((count && !keep(&shell.database, arguments[0])) ||
      (wishes.table.iov_base && !keep(&shell.table, wishes.table.iov_base)))
    return command_end(MDBX_ENOMEM);
  wishes.table.iov_base = NULL;
  signal(SIGINT, SIG_IGN);
  signal(SIGQUIT, SIG_IGN);
  line_begin(&reader);
  shell.interactive = on_terminal(STDIN_FILENO);
  if (shell.interactive && !tool_quiet)
    printf("\"help\" lists the commands, the tab key completes commands and names of tables.\n");
  while (!shell.leaving && !tool_stopped && (line = line_read())) {
    if (++number, !run_line(line))
      note_failure(NULL, number);
    tool_flush_some(); /* the reader of a pipe may answer */
  }
  if (line_error() != MDBX_SUCCESS) {
    tool_fail(line_error(), "cannot read standard input");
    shell.failed = true;
  }
  leave_session();
  output_to_standard();
  line_end();
  forget(&shell.database);
  forget(&shell.table);
  return command_end(shell.failed && !shell.interactive ? MDBX_EINVAL : MDBX_SUCCESS);
}
