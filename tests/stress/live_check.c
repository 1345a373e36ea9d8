/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checker beside heavy writing: it must never see a problem where there is none.
 *
 * Usage: live_check [runs]
 * Two processes write as fast as they can (records small and large, multi-values, nested and aborted transactions, drops
 * of tables, growth and shrinking), in each mode of durability by turns; this one opens the database, checks it and
 * closes it again and again.
 */
#include <mdbx.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 2, LARGE = 50000 };

static char path[256];
static uint64_t state;
static unsigned problems;
static uint64_t pages, last_id, commits;

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

static void write_once(MDBX_env *env, bool nesting) {
  MDBX_txn *txn, *child;
  MDBX_dbi plain, multi;
  must(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  must(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &plain), "dbi");
  must(mdbx_dbi_open(txn, "multi", MDBX_CREATE | MDBX_DUPSORT, &multi), "dbi");
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
  state = number * 7919 + 13;
  for (;;)
    write_once(env, !(flags & MDBX_WRITEMAP));
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

static void run(unsigned flags, unsigned checks) {
  pid_t writers[WRITERS];
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  must(mdbx_env_close(open_env(flags)), "close");
  for (unsigned i = 0; i < WRITERS; ++i) {
    writers[i] = fork();
    if (writers[i] == 0)
      write_on(i, flags);
  }
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
  snprintf(path, sizeof(path), "%s/mdbx-live-%ld", folder ? folder : "/tmp", (long)getpid());
  for (unsigned i = 0; i < count; ++i)
    run(modes[i], runs / count);
  printf("%u checks of %llu pages beside %llu commits of %d writers: %u problems\n", runs / count * count,
         (unsigned long long)pages, (unsigned long long)commits, (int)WRITERS, problems);
  return problems != 0;
}
