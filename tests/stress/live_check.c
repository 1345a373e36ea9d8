/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker beside heavy writing: it must never see a problem where there is none.
 *
 * Usage: live_check [runs [writer...]]
 * Two processes write as fast as they can (records small and large, multi-values, nested and aborted transactions, drops
 * of tables, growth and shrinking), in each mode of durability by turns; this one opens the database, checks it and
 * closes it again and again. `writer` is the command of another build of this program, for another machine perhaps: one of
 * the two processes is that one then, "writer --write FILE NUMBER FLAGS", and the two machines share the lock file.
 */
#include <mdbx.h>

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 2, LARGE = 50000, OTHER_WORDS = 4 };

static char path[256];
static uint64_t state;
static unsigned problems;
static uint64_t pages, last_id, commits;
static char **other_writer; /* the command, or NULL */
static int other_words;

static uint32_t chance(uint32_t below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)(state >> 33) % below;
}

static void must(int rc, const char *what) {
  if (rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND || rc == MDBX_RESULT_TRUE)
    return;
  fprintf(stderr, "live_check: %s: %s\n", what, mdbx_strerror(rc));
  exit(2);
}

static MDBX_env *open_env(unsigned flags) {
  MDBX_env *env;
  must(mdbx_env_create(&env), "create");
  must(mdbx_env_set_maxdbs(env, 4), "maxdbs");
  must(mdbx_env_set_geometry(env, 0, -1, 256 << 20, 65536, 131072, -1), "geometry");
  must(mdbx_env_open(env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR | MDBX_ACCEDE), 0600), "open");
  return env;
}

/* ------------------------------------------------------------------------------------------------------- writers */

static void change(MDBX_txn *txn, MDBX_dbi plain, MDBX_dbi multi, unsigned count) {
  static char bytes[LARGE];
  for (unsigned i = 0; i < count; ++i) {
    uint32_t number = chance(30000), item = chance(100000);
    MDBX_val key = {&number, 4}, data = {bytes, chance(50) ? chance(200) : chance(LARGE)};
    must(mdbx_put(txn, plain, &key, &data, MDBX_UPSERT), "put");
    number = chance(30000);
    must(mdbx_del(txn, plain, &key, NULL), "del");
    number = chance(20);
    data = (MDBX_val){&item, 4};
    must(mdbx_put(txn, multi, &key, &data, MDBX_UPSERT), "put");
    if (!chance(300))
      must(mdbx_del(txn, multi, &key, NULL), "del");
  }
}

/* That this writer has committed, for run(). */
static void leave_mark(MDBX_txn *txn, unsigned number) {
  char name[16];
  MDBX_dbi main_table;
  MDBX_val key = {name, (size_t)snprintf(name, sizeof(name), "writer %u", number)}, data = {NULL, 0};
  must(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &main_table), "dbi");
  must(mdbx_put(txn, main_table, &key, &data, MDBX_UPSERT), "put");
}

static bool has_left_mark(unsigned number) {
  char name[16];
  MDBX_env *env = open_env(MDBX_RDONLY);
  MDBX_txn *txn;
  MDBX_dbi main_table;
  MDBX_val key = {name, (size_t)snprintf(name, sizeof(name), "writer %u", number)}, data;
  must(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), "begin");
  must(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &main_table), "dbi");
  const int rc = mdbx_get(txn, main_table, &key, &data);
  must(rc, "get");
  must(mdbx_txn_abort(txn), "end");
  must(mdbx_env_close(env), "close");
  return rc == MDBX_SUCCESS;
}

static void write_once(MDBX_env *env, unsigned number, bool nesting) {
  MDBX_txn *txn, *child;
  MDBX_dbi plain, multi;
  must(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  must(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &plain), "dbi");
  must(mdbx_dbi_open(txn, "multi", MDBX_CREATE | MDBX_DUPSORT, &multi), "dbi");
  leave_mark(txn, number);
  change(txn, plain, multi, 1 + chance(chance(20) ? 20 : 1000));
  if (nesting && !chance(4)) {
    must(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child), "nest");
    change(child, plain, multi, chance(20));
    must(chance(2) ? mdbx_txn_commit(child) : mdbx_txn_abort(child), "end of the nested one");
  }
  if (!chance(1500))
    must(mdbx_drop(txn, chance(2) ? plain : multi, false), "drop");
  must(chance(10) ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn), "end");
  if (!chance(30))
    must(mdbx_env_sync(env), "sync");
}

static void write_on(unsigned number, unsigned flags) {
  MDBX_env *env = open_env(flags);
  const pid_t parent = getppid();
  state = number * 7919 + 13;
  while (getppid() == parent) /* else nobody would end this process */
    write_once(env, number, !(flags & MDBX_WRITEMAP));
}

/* The command, with what says what to write. */
static void become_other_writer(unsigned number, unsigned flags) {
  static char option[] = "--write";
  char number_text[16], flags_text[16], *words[OTHER_WORDS + 5];
  snprintf(number_text, sizeof(number_text), "%u", number);
  snprintf(flags_text, sizeof(flags_text), "%u", flags);
  memcpy(words, other_writer, (size_t)other_words * sizeof(words[0]));
  char *const rest[] = {option, path, number_text, flags_text, NULL};
  memcpy(words + other_words, rest, sizeof(rest));
  execvp(words[0], words);
  perror(words[0]);
  _exit(2);
}

/* ------------------------------------------------------------------------------------------------------- the checker */

static void on_issue(MDBX_chk_context_t *context, const char *object, uint64_t entry, const char *issue,
                     const char *format, va_list args) {
  (void)context;
  problems += 1;
  fprintf(stderr, "live_check: %s #%llu %s: ", object, (unsigned long long)entry, issue);
  if (format)
    vfprintf(stderr, format, args);
  fputc('\n', stderr);
}

static void check_once(unsigned flags) {
  const MDBX_chk_callbacks_t callbacks = {.issue = on_issue};
  MDBX_chk_context_t context;
  MDBX_env *env =
      open_env(flags & ~(unsigned)(MDBX_SAFE_NOSYNC | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_WRITEMAP));
  memset(&context, 0, sizeof(context));
  must(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0), "check");
  pages += context.result.processed_pages;
  last_id = context.result.recent_txnid;
  must(mdbx_env_close(env), "close");
}

/* Until it has committed, or has ended. */
static void wait_for(unsigned number, pid_t writer) {
  siginfo_t gone = {.si_pid = 0};
  while (!has_left_mark(number) && gone.si_pid == 0) {
    usleep(20000);
    waitid(P_PID, (id_t)writer, &gone, WEXITED | WNOHANG | WNOWAIT);
  }
}

static void run(unsigned flags, unsigned checks) {
  pid_t writers[WRITERS];
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  must(mdbx_env_close(open_env(flags)), "close");
  for (unsigned i = 0; i < WRITERS; ++i) {
    writers[i] = fork();
    if (writers[i] == 0 && other_writer && i == 0)
      become_other_writer(i, flags);
    if (writers[i] == 0) {
      write_on(i, flags);
      _exit(0);
    }
  }
  for (unsigned i = 0; i < WRITERS; ++i)
    wait_for(i, writers[i]);
  for (unsigned i = 0; i < checks; ++i) {
    usleep(20000); /* so that each check meets another state */
    check_once(i % 2 ? flags : flags | MDBX_RDONLY);
  }
  for (unsigned i = 0; i < WRITERS; ++i) {
    int status;
    /* One that left by itself met an error. */
    if (waitpid(writers[i], &status, WNOHANG) != 0)
      problems += 1;
    kill(writers[i], SIGKILL);
    waitpid(writers[i], &status, 0);
  }
  check_once(flags);
  commits += last_id;
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
}

int main(int argc, char *argv[]) {
  static const unsigned modes[] = {MDBX_SYNC_DURABLE, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM,
                                   MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP};
  const unsigned runs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 60, count = sizeof(modes) / sizeof(modes[0]);
  const char *folder = getenv("TMPDIR");
  if (argc == 5 && strcmp(argv[1], "--write") == 0) {
    snprintf(path, sizeof(path), "%s", argv[2]);
    write_on((unsigned)strtoul(argv[3], NULL, 0), (unsigned)strtoul(argv[4], NULL, 0));
    return 0;
  }
  if (argc > 2) {
    other_writer = argv + 2;
    other_words = argc - 2 < OTHER_WORDS ? argc - 2 : OTHER_WORDS;
  }
  snprintf(path, sizeof(path), "%s/mdbx-live-%ld", folder ? folder : "/tmp", (long)getpid());
  for (unsigned i = 0; i < count; ++i)
    run(modes[i], runs / count);
  printf("%u checks of %llu pages beside %llu commits of %d writers: %u problems\n", runs / count * count,
         (unsigned long long)pages, (unsigned long long)commits, (int)WRITERS, problems);
  return problems != 0;
}
