/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/tools.c: the command-line tools, with each call of the system or of the allocator that fails.
 *
 * Usage: tools [EACH [WORDS [KIND]]]: every EACH-th fault of all (1: each; that is "make check-faults"), only of
 * commands with WORDS in their line, only of one kind.
 *
 * A library that is loaded into the program makes the fault (preload.c). Then
 *  - the program ends soon, by no signal, with a code of its manual;
 *  - if that is 0, it has printed and made what it does without a fault;
 *  - if not, one line on standard error says why, and begins with the program's name;
 *  - what it reads is unchanged; what it changes is as before, as afterwards, or as after one of its commits; what it
 *    makes is complete or not there; nothing else is left;
 *  - a writer can begin at once, and the checker finds nothing.
 */
#include "preload.h"
#include "tool_cases.h"
#include "tool_files.h"
#include "tool_run.h"

#include <mdbx.h>

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATES_MOST = 24 };

static const struct kind {
  const char *name;
  int errors[6]; /* those it can fail with, up to a zero */
} kinds[PRELOAD_KINDS] = {
    [PRELOAD_MEMORY] = {"memory", {ENOMEM}},
    [PRELOAD_OPEN] = {"open", {EIO, EMFILE, EACCES}},
    [PRELOAD_READ] = {"read", {EIO, EINTR, PRELOAD_SHORT}},
    [PRELOAD_WRITE] = {"write", {EIO, ENOSPC, EPIPE, EINTR, PRELOAD_SHORT}},
    [PRELOAD_STREAM_READ] = {"stream read", {EIO, PRELOAD_SHORT}},
    [PRELOAD_STREAM_WRITE] = {"stream write", {EIO, ENOSPC, EPIPE}},
    [PRELOAD_SYNC] = {"sync", {EIO, ENOSPC, EINTR}},
    [PRELOAD_TRUNCATE] = {"truncate", {EIO, ENOSPC, EINTR}},
    [PRELOAD_ALLOCATE] = {"allocate", {ENOSPC, EDQUOT, EINTR, EOPNOTSUPP}},
    [PRELOAD_MAP] = {"map", {ENOMEM}},
    [PRELOAD_LOCK] = {"lock", {ENOLCK, EINTR}},
    [PRELOAD_STAT] = {"stat", {EIO, ENOMEM}},
    [PRELOAD_NAME] = {"name", {EIO, ENOSPC}},
    [PRELOAD_REMOVE] = {"remove", {EIO}},
    [PRELOAD_CLOSE] = {"close", {EIO}},
    [PRELOAD_START] = {"start", {EAGAIN}},
    [PRELOAD_ADVICE] = {"advice", {ENOSYS}},
    [PRELOAD_FUTEX] = {"futex", {EINTR, EAGAIN, ENOSYS}},
};

/* Of the command that is tried: what it does without a fault. */
static struct {
  const struct tool_case *about;
  struct run_result result;
  struct bytes target;
  uint64_t target_digest;
  bool target_is_database;
  uint64_t states[STATES_MOST]; /* that what it changes may have */
  size_t state_count;
  long calls[PRELOAD_KINDS];
} usual;

static char complaint[1000];
/* The program could not remove what it has begun, and says so. */
static bool stays_and_says_so;

/* The first complaint about a run is kept. Always false. */
static bool complain(const char *format, ...) __attribute__((__format__(__printf__, 1, 2)));
static bool complain(const char *format, ...) {
  va_list args;
  if (*complaint)
    return false;
  va_start(args, format);
  vsnprintf(complaint, sizeof(complaint), format, args);
  va_end(args);
  return false;
}

/* --------------------------------------------------------------------------------------------------------- messages */

static bool begins_with(const char *line, const char *word) { return strncmp(line, word, strlen(word)) == 0; }

/* "NAME: ", or for a command of mdbx "mdbx COMMAND: ". */
static bool is_message(const char *line) {
  const char *tool = usual.about->tool;
  if (!begins_with(line, tool))
    return false;
  line += strlen(tool);
  if (strcmp(tool, "mdbx") == 0 && *line == ' ')
    line += 1 + strspn(line + 1, "abcdefghijklmnopqrstuvwxyz");
  return begins_with(line, ": ");
}

/* Lines on standard error; a note is none, and neither is what is printed without a fault, nor the sum at the end. */
static unsigned count_messages(struct run_result *result, unsigned *others) {
  unsigned messages = 0;
  char *rest = result->errors.at;
  *others = 0;
  for (char *line; (line = strsep(&rest, "\n")) && (*line || rest);) {
    const bool usually = *line && strstr(usual.result.errors.at, line);
    const bool is_sum = usual.about->traits & CASE_SUMS && strstr(line, " stored, ");
    if (is_message(line) && !strstr(line, ": note: "))
      messages += !usually;
    else if (!usually && !is_sum && !is_message(line))
      *others += 1;
    if (rest)
      rest[-1] = '\n';
  }
  return messages;
}

static bool judge_messages(struct run_result *result) {
  unsigned others;
  const unsigned messages = count_messages(result, &others);
  if (others)
    return complain("%u lines without the program's name", others);
  if (usual.about->traits & CASE_SILENT)
    return messages == 0 || complain("it is not silent");
  if (result->status != 0 && messages != 1 && !(messages && usual.about->traits & CASE_LINES))
    return complain("%u lines say that it failed", messages);
  return true;
}

/* --------------------------------------------------------------------------------------------------------- contents */

/* The next character that counts: all digits, points and blanks in a row are one. */
static char next_of(const struct bytes *bytes, size_t *at, bool varies) {
  if (*at == bytes->length)
    return '\0';
  const char first = bytes->at[(*at)++];
  if (!varies || !strchr("0123456789. ", first))
    return first;
  while (*at < bytes->length && bytes->at[*at] && strchr("0123456789. ", bytes->at[*at]))
    *at += 1;
  return ' ';
}

static bool are_equal_texts(const struct bytes *a, const struct bytes *b, bool varies) {
  size_t at_a = 0, at_b = 0;
  while (at_a < a->length || at_b < b->length)
    if (next_of(a, &at_a, varies) != next_of(b, &at_b, varies))
      return false;
  return true;
}

/* Two databases with the same content may differ. */
static bool are_equal_databases(const struct bytes *a, const struct bytes *b) {
  uint64_t sums[2] = {0, 1};
  if (a->length < 4096 || b->length < 4096)
    return false;
  files_write("compared", a);
  const bool opens = files_digest("compared", &sums[0]) == MDBX_SUCCESS;
  files_write("compared", b);
  const bool opens_too = files_digest("compared", &sums[1]) == MDBX_SUCCESS;
  unlink("compared");
  unlink("compared" MDBX_LOCK_SUFFIX);
  return opens && opens_too && sums[0] == sums[1];
}

/* Where the first text begins to differ from the second. */
static const char *difference(const struct bytes *a, const struct bytes *b) {
  size_t at = 0;
  while (at < a->length && at < b->length && a->at[at] == b->at[at])
    ++at;
  return a->at + at;
}

static bool are_equal(const struct bytes *a, const struct bytes *b) {
  return bytes_are(a, b) || are_equal_texts(a, b, usual.about->traits & CASE_VARIES) || are_equal_databases(a, b);
}

/* ----------------------------------------------------------------------------------------------------------- status */

/* mdbx_chk's codes 1 and 2 would tell of damage. */
static bool may_end_with(int status) {
  return strcmp(usual.about->tool, "mdbx_chk") == 0 ? status == 3 || status == 4 : status == 1;
}

static bool judge_status(const struct run_result *result, int error) {
  if (result->hung)
    return complain("it hangs");
  if (result->signal)
    return complain("it was ended by signal %d", result->signal);
  if (result->status == 0 ? usual.result.status != 0 : !may_end_with(result->status))
    return complain("it left with %d", result->status);
  if (result->status != 0 && error == PRELOAD_SHORT)
    return complain("a short transfer was an error");
  if (result->status == 0 && !are_equal(&result->output, &usual.result.output))
    return complain("it left with 0, and its output differs: %.80s", difference(&result->output, &usual.result.output));
  return true;
}

/* ------------------------------------------------------------------------------------------------------------ files */

static bool is_allowed_state(uint64_t digest, bool done) {
  for (size_t i = done ? usual.state_count - 1 : 0; i < usual.state_count; ++i)
    if (usual.states[i] == digest)
      return true;
  return false;
}

/* Without a change of its bytes a database must still let a writer begin. */
static bool judge_database(const char *name, bool may_change, bool done) {
  uint64_t digest;
  const int rc = files_digest(name, &digest);
  if (rc != MDBX_SUCCESS)
    return complain("%s: %s (%d)", name, mdbx_strerror(rc), rc);
  if (may_change && !is_allowed_state(digest, done))
    return complain("%s holds what it must not", name);
  return true;
}

/* With a digest for databases, because two of them with the same content may differ. */
static bool target_is_complete(const char *name) {
  struct bytes bytes;
  uint64_t digest;
  if (usual.target_is_database)
    return files_digest(name, &digest) == MDBX_SUCCESS && digest == usual.target_digest;
  if (!bytes_read(name, &bytes))
    return false;
  const bool complete = are_equal(&bytes, &usual.target);
  bytes_free(&bytes);
  return complete;
}

/* The command is given once more, without a fault, and must bring about what it does. */
static bool gives_again(void) {
  struct run_result result;
  run_tool(usual.about->tool, usual.about->words, usual.about->input, false, &result);
  const bool good = result.status == 0;
  run_release(&result);
  return good;
}

/* One that was there before may still be what it was. */
static bool judge_target(const char *name, bool done) {
  struct bytes bytes;
  if (target_is_complete(name) || (usual.about->traits & CASE_LINES && !done))
    return true;
  const struct bytes *before = files_original(name);
  if (before && !done && bytes_read(name, &bytes)) {
    const bool same = bytes_are(&bytes, before);
    bytes_free(&bytes);
    if (same)
      return true;
  }
  if (!done && stays_and_says_so)
    return true;
  if (!done && usual.about->traits & CASE_AGAIN)
    return (gives_again() && target_is_complete(name)) ||
           complain("%s stays incomplete when the command is given again", name);
  return complain("%s is there, and not complete", name);
}

static bool judge_changed(const char *name, bool done) {
  uint64_t digest;
  if (!done && usual.about->traits & CASE_AGAIN && files_digest(name, &digest) != MDBX_SUCCESS)
    return gives_again() ? judge_database(name, true, true)
                         : complain("%s stays damaged when the command is given again", name);
  return judge_database(name, true, done);
}

static bool judge_original(const char *name, bool done) {
  struct bytes bytes;
  char lock[300];
  if (!bytes_read(name, &bytes))
    return complain("%s is gone", name);
  const bool changed = !bytes_are(&bytes, files_original(name));
  bytes_free(&bytes);
  if (usual.about->changes && strcmp(name, usual.about->changes) == 0)
    return judge_changed(name, done);
  if (changed)
    return complain("%s was changed", name);
  snprintf(lock, sizeof(lock), "%s" MDBX_LOCK_SUFFIX, name);
  return access(lock, F_OK) != 0 || judge_database(name, false, done);
}

static bool is_lock_file_of_original(const char *name) {
  char database[300];
  const size_t length = strlen(name), suffix = strlen(MDBX_LOCK_SUFFIX);
  if (strcmp(name, "lmdb-lock") == 0)
    return true;
  if (length <= suffix || strcmp(name + length - suffix, MDBX_LOCK_SUFFIX) != 0)
    return false;
  snprintf(database, sizeof(database), "%.*s", (int)(length - suffix), name);
  return files_original(database) || (usual.about->target && strcmp(database, usual.about->target) == 0);
}

struct visit {
  bool done, target_seen;
};

static bool judge_entry(void *context, const char *name) {
  struct visit *visit = context;
  if (usual.about->target && strcmp(name, usual.about->target) == 0) {
    visit->target_seen = true;
    return judge_target(name, visit->done);
  }
  if (files_original(name))
    return judge_original(name, visit->done);
  return is_lock_file_of_original(name) || stays_and_says_so || complain("it left %s", name);
}

static bool judge_files(bool done) {
  struct visit visit = {.done = done};
  if (!files_each(judge_entry, &visit))
    return false;
  return !done || !usual.about->target || visit.target_seen ||
         complain("it left with 0, and %s is not there", usual.about->target);
}

/* ------------------------------------------------------------------------------------------------------------ a run */

static bool judge(struct run_result *result, enum preload_kind kind, int error, bool lasting) {
  if (!run_orders->loaded)
    return complain("the library was not loaded");
  stays_and_says_so = (lasting || kind == PRELOAD_REMOVE) && strstr(result->errors.at, " stays");
  return judge_status(result, error) && judge_messages(result) && judge_files(result->status == 0) &&
         (!run_orders->late || result->status != 0 || complain("output was written after the last look at its errors"));
}

static bool run_with(enum preload_kind kind, int error, long at, bool lasting, bool tell) {
  struct run_result result;
  *complaint = '\0';
  memset(run_orders, 0, sizeof(*run_orders));
  *run_orders = (struct preload_orders){.kind = kind, .error = error, .at = at, .lasting = lasting, .tell = tell};
  files_restore();
  run_tool(usual.about->tool, usual.about->words, usual.about->input, true, &result);
  const bool good = judge(&result, kind, error, lasting);
  if (!good && tell)
    fprintf(stderr, "tools: %s %s; %s %d%s at %ld: %s; it left with %d\n%s%s\n", usual.about->tool, usual.about->words,
            kinds[kind].name, error, lasting ? " lasting" : "", at, complaint, result.status, result.errors.at,
            run_orders->where);
  run_release(&result);
  return good;
}

struct tally {
  unsigned long each, faults, runs, failures;
};

/* Each n of a command has the same number in the row of all faults, whatever is tried of them. */
static void try_fault(struct tally *tally, enum preload_kind kind, int error, long at, bool lasting) {
  tally->faults += 1;
  if (tally->faults % tally->each != 0)
    return;
  tally->runs += 1;
  if (run_with(kind, error, at, lasting, false))
    return;
  tally->failures += 1;
  run_with(kind, error, at, lasting, true);
}

static void try_kind(struct tally *tally, enum preload_kind kind) {
  for (long at = 0; at < usual.calls[kind]; ++at)
    for (unsigned i = 0; i < 6 && kinds[kind].errors[i]; ++i) {
      const int error = kinds[kind].errors[i];
      const bool can_last = error != PRELOAD_SHORT && error != EINTR && error != EAGAIN;
      try_fault(tally, kind, error, at, false);
      if (can_last)
        try_fault(tally, kind, error, at, true);
    }
}

/* --------------------------------------------------------------------------------------------------------- learning */

static void add_state(uint64_t digest) {
  if (usual.state_count == STATES_MOST)
    run_give_up(usual.about->words, "has too many states");
  usual.states[usual.state_count++] = digest;
}

static void learn_state(void) {
  uint64_t digest;
  if (files_digest(usual.about->changes, &digest) != MDBX_SUCCESS)
    run_give_up(usual.about->changes, "is no database without a fault");
  add_state(digest);
}

/* The states after parts of the input, each made without a fault. */
static void learn_states_of_parts(void) {
  const struct bytes *input = files_original(usual.about->input);
  struct run_result result;
  size_t lines = 0;
  for (size_t i = 0; i < input->length; ++i) {
    lines += input->at[i] == '\n';
    if (input->at[i] != '\n' || lines % usual.about->unit != 0)
      continue;
    files_restore();
    run_tool_with_input(usual.about->tool, usual.about->words, input->at, i + 1, &result);
    run_release(&result);
    learn_state();
  }
}

static void learn_target(void) {
  const char *name = usual.about->target;
  struct stat status;
  if (stat(name, &status) != 0)
    run_give_up(name, "is not made without a fault");
  usual.target_is_database = files_digest(name, &usual.target_digest) == MDBX_SUCCESS;
  if (!usual.target_is_database && !bytes_read(name, &usual.target))
    run_give_up(name, "cannot be read");
}

/* What the command does without a fault; false: it cannot be tried here. */
static bool learn(const struct tool_case *about) {
  memset(&usual, 0, sizeof(usual));
  usual.about = about;
  if (strstr(about->words, "lmdb") && !files_original("lmdb"))
    return false;
  if (about->changes) {
    files_restore();
    learn_state();
  }
  if (about->unit)
    learn_states_of_parts();
  memset(run_orders, 0, sizeof(*run_orders));
  files_restore();
  run_tool(about->tool, about->words, about->input, true, &usual.result);
  if (!run_orders->loaded)
    run_give_up(about->words, "the library is not loaded");
  for (unsigned kind = 0; kind < PRELOAD_KINDS; ++kind)
    usual.calls[kind] = run_orders->calls[kind];
  if (usual.result.status != 0)
    run_give_up(about->words, usual.result.errors.at);
  if (about->changes)
    learn_state();
  if (about->target)
    learn_target();
  return true;
}

static void forget(void) {
  run_release(&usual.result);
  bytes_free(&usual.target);
}

int main(int argc, char *argv[]) {
  struct tally tally = {.each = argc > 1 ? strtoul(argv[1], NULL, 10) : 41};
  if (!tally.each || !run_begin())
    return tally.each ? 77 : 99;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  files_make(run_quietly);
  for (const struct tool_case *about = tool_cases; about < tool_cases + tool_case_count; ++about) {
    char line[200];
    snprintf(line, sizeof(line), "%s %s", about->tool, about->words);
    if ((argc > 2 && !strstr(line, argv[2])) || !learn(about))
      continue;
    const struct tally before = tally;
    for (unsigned kind = 0; kind < PRELOAD_KINDS; ++kind)
      if (argc <= 3 || strcmp(argv[3], kinds[kind].name) == 0)
        try_kind(&tally, (enum preload_kind)kind);
    printf("%s: %lu of %lu faults, %lu failures\n", line, tally.runs - before.runs, tally.faults - before.faults,
           tally.failures - before.failures);
    fflush(stdout);
    forget();
  }
  run_end();
  printf("%lu of %lu faults, the longest run %ld ms; %lu failures\n", tally.runs, tally.faults, run_longest,
         tally.failures);
  return tally.failures || !tally.runs ? 1 : 0;
}
