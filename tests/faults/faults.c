/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/faults.c: stories that together touch everything, with every call of the system that fails once, or from then on.
 *
 * Usage: faults [EACH [KIND [STORY]]]: every EACH-th call of each kind (1: all of them; that is "make check-faults").
 *
 * Each failure has a forked child. There the first call of the interface that fails must say so with a code that belongs to
 * it; then nothing that was acknowledged may be lost, no memory and no descriptor be kept, the environment goes on or refuses,
 * and the file is sound when it is opened again and holds what it may.
 */
#include "faults.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATES_MOST = 16 };

static const struct mode modes[] = {
    {"durable", MDBX_SYNC_DURABLE},
    {"weak", MDBX_SAFE_NOSYNC},
    {"no meta sync", MDBX_NOMETASYNC | MDBX_LIFORECLAIM},
    {"write map", MDBX_WRITEMAP | MDBX_SAFE_NOSYNC},
};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

struct run run;

/* What tables hold after so many commits; of the workload without faults. */
static uint64_t digests[STATES_MOST];
static char folder[200];

const char *path(const char *name) {
  static char paths[4][256];
  static unsigned turn;
  char *text = paths[turn++ % 4];
  snprintf(text, sizeof(paths[0]), "%s/%s", folder, name);
  return text;
}

_Noreturn void give_up(const char *what, int rc) {
  fprintf(stderr, "faults: %s, %s, %s %d%s at %ld: %s (%d, %s); the call that failed: %s (%d, %s)\n", run.mode->name,
          run.story->name, call_kinds[shim.kind].name, shim.error, shim.lasting ? " lasting" : "", shim.at, what, rc,
          mdbx_strerror(rc), run.failed_call ? run.failed_call : "none", run.failed_code,
          mdbx_strerror(run.failed_code));
  _exit(1);
}

bool worked(const char *call, int rc) {
  shim.armed = shim.lasting && shim.fired;
  if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
    return true;
  if (!run.failed_call) {
    run.failed_call = call;
    run.failed_code = rc;
  }
  return false;
}

/* -------------------------------------------------------------------------------------------------------- contents */

static uint64_t mix(uint64_t sum, const void *bytes, size_t length) {
  for (size_t i = 0; i < length; ++i)
    sum = (sum ^ ((const uint8_t *)bytes)[i]) * UINT64_C(0x100000001b3);
  return sum * 31 + length;
}

const char *const tables[TABLES] = {"plain", "several", "large"};
enum { DIGEST_START = 7, DIGEST_ABSENT = 1 };
const unsigned table_flags[TABLES] = {0, MDBX_DUPSORT, 0};

static uint64_t digest_table(MDBX_txn *txn, const char *name, uint64_t sum) {
  MDBX_dbi dbi;
  MDBX_cursor *cursor;
  MDBX_val key, value;
  const int opened = mdbx_dbi_open(txn, name, MDBX_DB_ACCEDE, &dbi);
  if (opened == MDBX_NOTFOUND)
    return sum + DIGEST_ABSENT;
  if (opened != MDBX_SUCCESS)
    give_up("opening a table after the fault", opened);
  if (mdbx_cursor_open(txn, dbi, &cursor) != MDBX_SUCCESS)
    give_up("a cursor for comparing", 0);
  int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST);
  for (; rc == MDBX_SUCCESS; rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT))
    sum = mix(mix(sum, key.iov_base, key.iov_len), value.iov_base, value.iov_len);
  if (rc != MDBX_NOTFOUND)
    give_up("reading after the fault", rc);
  mdbx_cursor_close(cursor);
  return sum;
}

static uint64_t digest(MDBX_env *env) {
  MDBX_txn *txn;
  const int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &txn);
  if (rc != MDBX_SUCCESS)
    give_up("a reader after the fault", rc);
  uint64_t sum = DIGEST_START;
  for (unsigned i = 0; i < TABLES; ++i)
    sum = digest_table(txn, tables[i], sum);
  mdbx_txn_abort(txn);
  return sum;
}

/* -------------------------------------------------------------------------------------------------------- workload */

bool open_env(void) {
  TRY(mdbx_env_create(&run.env));
  TRY(mdbx_env_set_maxdbs(run.env, 8));
  TRY(mdbx_env_set_geometry(run.env, 0, 0, 4 << 20, 16384, 32768, 512));
  TRY(mdbx_env_set_option(run.env, MDBX_opt_txn_dp_limit, 128));
  const unsigned flags = MDBX_NOSUBDIR | run.mode->flags | run.story->flags;
  TRY(mdbx_env_open(run.env, path("db"), (MDBX_env_flags_t)flags, 0600));
  run.opened = true;
  return true;
}

bool close_env(void) {
  MDBX_env *env = run.env;
  run.env = NULL;
  run.opened = false;
  TRY(mdbx_env_close_ex(env, false));
  return true;
}

bool begin(void) {
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_READWRITE, &run.txn));
  return true;
}

void note_state(void) {
  run.unsure = 0;
  run.state += 1;
  if (!digests[run.state] && !shim.error)
    digests[run.state] = digest(run.env);
}

bool commit(void) {
  MDBX_txn *txn = run.txn;
  run.txn = NULL;
  run.unsure = 1;
  TRY(mdbx_txn_commit(txn));
  note_state();
  return true;
}

bool put(unsigned table, unsigned number, size_t length, unsigned fill) {
  static uint8_t bytes[20000];
  char name[24];
  MDBX_dbi dbi;
  memset(bytes, (int)fill, length);
  snprintf(name, sizeof(name), "key %04u", number);
  const MDBX_val key = {name, strlen(name)};
  MDBX_val value = {bytes, length};
  TRY(mdbx_dbi_open(run.txn, tables[table], (MDBX_db_flags_t)(table_flags[table] | MDBX_CREATE), &dbi));
  TRY(mdbx_put(run.txn, dbi, &key, &value, MDBX_UPSERT));
  return true;
}

bool put_many(unsigned from, unsigned to, size_t length) {
  for (unsigned i = from; i < to; ++i)
    if (!put(PLAIN, i * 37 % to, length, i) || !put(SEVERAL, i % 5, 8 + i % 90, i))
      return false;
  return true;
}

static bool delete_some(unsigned to) {
  MDBX_dbi dbi;
  TRY(mdbx_dbi_open(run.txn, tables[PLAIN], MDBX_DB_DEFAULTS, &dbi));
  for (unsigned i = 0; i < to; ++i) {
    char name[24];
    snprintf(name, sizeof(name), "key %04u", i);
    const MDBX_val key = {name, strlen(name)};
    shim.armed = true;
    const int rc = mdbx_del(run.txn, dbi, &key, NULL);
    if (rc != MDBX_NOTFOUND && !worked("mdbx_del", rc))
      return false;
  }
  return true;
}

/* One nested transaction that counts, and one that does not. */
static bool nest(void) {
  MDBX_txn *outer = run.txn;
  for (unsigned turn = 0; turn < 2; ++turn) {
    MDBX_txn *inner = outer;
    if (!(run.mode->flags & MDBX_WRITEMAP))
      TRY(mdbx_txn_begin(run.env, outer, MDBX_TXN_READWRITE, &inner));
    run.txn = inner;
    const bool good = put_many(10, 40, 60 + turn) && put(LARGE, turn, 3000, turn);
    run.txn = outer;
    if (!good) {
      if (inner != outer)
        mdbx_txn_abort(inner);
      return false;
    }
    if (inner != outer)
      TRY(turn ? mdbx_txn_abort(inner) : mdbx_txn_commit(inner));
  }
  return true;
}

bool check(void) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  TRY(mdbx_env_chk(run.env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  if (context.result.total_problems)
    give_up("the checker tells of a fault of the system as of damage", 0);
  return true;
}

static bool copy_all(void) {
  MDBX_envinfo info;
  TRY(mdbx_env_copy(run.env, path("copy"), MDBX_CP_OVERWRITE));
  TRY(mdbx_env_copy(run.env, path("compact"), MDBX_CP_OVERWRITE | MDBX_CP_COMPACT));
  TRY(mdbx_env_copy(run.env, path("compact"), MDBX_CP_OVERWRITE)); /* in the place of what is there */
  TRY(mdbx_preopen_snapinfo(path("copy"), &info, sizeof(info)));
  if (!begin() || !put_many(100, 120, 50) || !commit())
    return false;
  TRY(mdbx_env_copy_since(run.env, info.mi_recent_txnid, path("increment"), MDBX_CP_OVERWRITE));
  TRY(mdbx_copy_apply(path("copy"), path("increment"), MDBX_CP_DEFAULTS));
  return true;
}

static bool read_some(void) {
  MDBX_txn *txn;
  MDBX_dbi dbi;
  MDBX_val key = {(void *)(uintptr_t) "key 0390", 8}, value;
  TRY(mdbx_txn_begin(run.env, NULL, MDBX_TXN_RDONLY, &txn));
  run.txn = txn;
  TRY(mdbx_txn_reset(txn));
  TRY(mdbx_txn_renew(txn));
  TRY(mdbx_dbi_open(txn, tables[PLAIN], MDBX_DB_DEFAULTS, &dbi));
  TRY(mdbx_get(txn, dbi, &key, &value));
  run.txn = NULL;
  TRY(mdbx_txn_abort(txn));
  return true;
}

static bool change_sizes(void) {
  TRY(mdbx_env_set_geometry(run.env, 0, -1, 8 << 20, 65536, 65536, -1));
  TRY(mdbx_env_sync_ex(run.env, true, false));
  TRY(mdbx_env_defrag(run.env, 0, 0, 0, 0, 0, 16, NULL, NULL, NULL));
  return true;
}

static bool work(void) {
  return open_env() && begin() && put_many(0, 50, 90) && put(LARGE, 9, 20000, 1) && commit() && /* it grows */
         begin() && nest() && commit() &&                                                       /* nested */
         begin() && put_many(0, 400, 200) && commit() &&                                        /* it spills */
         read_some() && close_env() && open_env() &&                                            /* as it was */
         begin() && delete_some(380) && commit() &&                                             /* it shrinks */
         change_sizes() && copy_all() && check() && read_some() && close_env();
}
static const struct story first_story = {"growth and shrinking", work, 0};

/* ------------------------------------------------------------------------------------------------------- afterwards */

static int count_descriptors(void) {
  int count = 0;
  DIR *dir = opendir("/proc/self/fd");
  while (dir && readdir(dir))
    ++count;
  if (dir)
    closedir(dir);
  return count;
}

/* The first code belongs to what happened. */
static void judge_code(void) {
  switch (run.failed_code) {
  case MDBX_UNABLE_EXTEND_MAPSIZE:
  case MDBX_MAP_FULL:
  case MDBX_PANIC:
  case MDBX_TXN_FULL:
    return;
  case MDBX_TOO_LARGE: /* more than there are addresses for */
    if (shim.kind == CALL_MAP || shim.kind == CALL_MEMORY)
      return;
    give_up("a code that is not of this failure", run.failed_code);
  default:
    if (run.failed_code != shim.error)
      give_up("a code that is not of this failure", run.failed_code);
  }
}

/* A transaction more, in a table that is not compared. */
static void go_on(void) {
  MDBX_dbi dbi;
  MDBX_txn *txn;
  const MDBX_val key = {(void *)(uintptr_t) "k", 1};
  MDBX_val value = {(void *)(uintptr_t) "v", 1};
  int rc = mdbx_txn_begin(run.env, NULL, MDBX_TXN_TRY, &txn);
  if (rc == MDBX_PANIC || rc == MDBX_EPERM)
    return; /* it says that it has to be opened again, or that it is open for recovery */
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_open(txn, "after", MDBX_CREATE, &dbi);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_commit(txn);
  if (rc != MDBX_SUCCESS)
    give_up("it does not go on, and does not refuse either", rc);
}

/* Ends what is open, with calls that may still fail, and then without. */
static void end_work(void) {
  for (unsigned i = 0; i < sizeof(run.cursor) / sizeof(run.cursor[0]); ++i)
    if (run.cursor[i])
      mdbx_cursor_close(run.cursor[i]);
  for (unsigned i = 0; i < 2; ++i) {
    MDBX_txn *txn = i ? run.txn : run.beside;
    const int rc = txn ? mdbx_txn_abort(txn) : MDBX_SUCCESS;
    if (rc != MDBX_SUCCESS)
      give_up("the transaction cannot be aborted", rc);
  }
  shim.armed = false;
  if (run.opened)
    go_on();
  if (run.env) {
    const int rc = mdbx_env_close_ex(run.env, false);
    if (rc == MDBX_BUSY || rc == MDBX_EBADSIGN)
      give_up("the environment cannot be closed", rc);
  }
}

/* The state is the last one that was acknowledged, or one that was on the way. */
static void open_again(void) {
  run.env = NULL;
  run.opened = false;
  const int fault = shim.error;
  shim.error = 0;
  if (!open_env())
    give_up("it cannot be opened again", run.failed_code);
  if (!check())
    give_up("it cannot be checked", run.failed_code);
  const uint64_t now = digest(run.env);
  int made = 0;
  while (made < run.unsure && now != digests[run.state + made])
    ++made;
  if (now != digests[run.state + made])
    give_up("what was acknowledged is lost, or what was not is there", fault);
  mdbx_env_close_ex(run.env, false);
}

static void remove_files(void) {
  static const char *const names[] = {"db",       "db" MDBX_LOCK_SUFFIX, "copy", "copy" MDBX_LOCK_SUFFIX, "compact",
                                      "increment"};
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); ++i)
    unlink(path(names[i]));
}

/* In a child: the workload with one fault. */
static void suffer(void) {
  alarm(HANG_SECONDS);
  const long allocations = shim.allocations;
  const int descriptors = count_descriptors();
  const bool good = run.story->tell();
  if (good && shim.fired && shim.error != SHORT_TRANSFER && shim.error != EINTR && shim.kind == CALL_SYNC)
    give_up("a flush failed, and nobody was told", 0);
  if (!good && (shim.error == SHORT_TRANSFER || shim.error == EINTR))
    give_up("what is to be tried again was an error", run.failed_code);
  if (!good)
    judge_code();
  end_work();
  if (shim.allocations > allocations)
    give_up("memory is kept", (int)(shim.allocations - allocations));
  if (count_descriptors() != descriptors)
    give_up("descriptors are kept", count_descriptors() - descriptors);
  open_again();
}

static bool survives(const struct story *story, const struct mode *mode, enum call_kind kind, int error, long at,
                     bool lasting) {
  int status = 0;
  remove_files();
  fflush(NULL);
  const pid_t child = fork();
  if (child == 0) {
    memset(&run, 0, sizeof(run));
    run.mode = mode;
    run.story = story;
    shim.kind = kind;
    shim.error = error;
    memset(&shim.calls, 0, sizeof(shim.calls));
    shim.at = at;
    shim.lasting = lasting;
    suffer();
    _exit(0);
  }
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    fprintf(stderr, "faults: %s, %s, %s %d at %ld%s: ended by signal %d\n", mode->name, story->name,
            call_kinds[kind].name, error, at, lasting ? " lasting" : "", WTERMSIG(status));
  return status == 0;
}

struct tally {
  unsigned long runs, failures;
};

static void try_kind(const struct story *story, const struct mode *mode, enum call_kind kind, long calls, long each,
                     struct tally *tally) {
  /* Not the same ones in every mode. */
  for (long at = (mode - modes + (long)kind * 7) % each; at < calls; at += each)
    for (unsigned i = 0; i < 6 && call_kinds[kind].errors[i]; ++i) {
      const int error = call_kinds[kind].errors[i];
      const bool can_last = error != SHORT_TRANSFER && error != EINTR && error != EAGAIN && error != EOPNOTSUPP;
      for (unsigned lasting = 0; lasting < 1u + can_last; ++lasting) {
        tally->runs += 1;
        tally->failures += !survives(story, mode, kind, error, at, lasting);
      }
    }
}

/* Without a fault: how many calls there are, and what the states are. Once more, for what is made at first use only. */
static void learn(const struct story *story, const struct mode *mode) {
  memset(digests, 0, sizeof(digests));
  digests[0] = DIGEST_START + TABLES * DIGEST_ABSENT;
  for (unsigned i = 0; i < 2; ++i) {
    remove_files();
    memset(&run, 0, sizeof(run));
    memset(&shim.calls, 0, sizeof(shim.calls));
    run.mode = mode;
    run.story = story;
    shim.error = 0;
    alarm(HANG_SECONDS);
    if (!story->tell())
      give_up("without a fault", run.failed_code);
    alarm(0);
    shim.armed = false;
  }
}

static void try_story(const struct story *story, const struct mode *mode, long each, const char *wanted,
                      struct tally *tally) {
  long calls[CALL_KINDS];
  learn(story, mode);
  memcpy(calls, shim.calls, sizeof(calls));
  for (unsigned kind = 0; kind < CALL_KINDS; ++kind) {
    if (wanted && strcmp(wanted, call_kinds[kind].name) != 0)
      continue;
    const unsigned long before = tally->runs, failed = tally->failures;
    try_kind(story, mode, (enum call_kind)kind, calls[kind], each, tally);
    printf("%s: %s: %s: %ld calls, %lu faults, %lu failures\n", story->name, mode->name, call_kinds[kind].name,
           calls[kind], tally->runs - before, tally->failures - failed);
  }
}

static void say_names(void) {
  fprintf(stderr, "faults: nothing was tried. Kinds of calls:");
  for (unsigned kind = 0; kind < CALL_KINDS; ++kind)
    fprintf(stderr, " %s", call_kinds[kind].name);
  fprintf(stderr, "\nstories: %s", first_story.name);
  for (unsigned i = 0; i < more_stories_count; ++i)
    fprintf(stderr, ", %s", more_stories[i].name);
  fprintf(stderr, "\n");
}

int main(int argc, char *argv[]) {
  const long each = argc > 1 ? atol(argv[1]) : 151;
  const char *base = getenv("TMPDIR");
  struct tally tally = {0, 0};
  snprintf(folder, sizeof(folder), "%s/mdbx-faults-XXXXXX", base ? base : "/tmp");
  if (each < 1 || !mkdtemp(folder)) {
    perror(folder);
    return 99;
  }
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  for (unsigned i = 0; i <= more_stories_count; ++i) {
    const struct story *story = i ? &more_stories[i - 1] : &first_story;
    for (unsigned mode = 0; mode < MODES; ++mode)
      if (argc <= 3 || strcmp(argv[3], story->name) == 0)
        try_story(story, &modes[mode], each, argc > 2 && *argv[2] ? argv[2] : NULL, &tally);
  }
  remove_files();
  rmdir(folder);
  printf("%lu faults, %lu failures\n", tally.runs, tally.failures);
  if (!tally.runs)
    say_names();
  return tally.failures || !tally.runs ? 1 : 0;
}
