/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child is made at any moment of a write transaction: after each call that frees or moves memory, when what the transaction
 * knows of that memory is wrong. For the child that is as if another thread had been at work. It closes the environment, or goes on
 * with it, and must not use or free what was in the middle of a change.
 *
 * The linker leads the calls here (--wrap).
 */
#include <mdbx.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static MDBX_env *env;
static bool armed;
static unsigned long calls, children;
static unsigned every = 1; /* a child for one of so many calls */

static void must(int rc, const char *what) {
  if (rc == MDBX_SUCCESS)
    return;
  fprintf(stderr, "forks: %s: %d (%s), after call %lu\n", what, rc, mdbx_strerror(rc), calls);
  _exit(1);
}
#define MUST(call) must(call, #call)

/* Half of the children just close. */
static void be_child(void) {
  MDBX_txn *txn;
  if (children % 2) {
    MUST(mdbx_env_resurrect_after_fork(env));
    MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
    MUST(mdbx_txn_abort(txn));
  }
  MUST(mdbx_env_close_ex(env, true)); /* to make weak commits durable would wait for the parent */
  _exit(0);
}

static void make_child(void) {
  if (!armed || calls++ % every != 0)
    return;
  armed = false;
  int status = 0;
  const pid_t pid = fork();
  if (pid == 0)
    be_child();
  if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
    fprintf(stderr, "forks: the child of call %lu left with status %x\n", calls, (unsigned)status);
    exit(1);
  }
  children += 1;
  armed = true;
}

void __real_free(void *memory);
void __wrap_free(void *memory);
void __wrap_free(void *memory) {
  __real_free(memory);
  if (memory)
    make_child();
}

void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size) {
  void *made = __real_realloc(memory, size);
  make_child();
  return made;
}

/* ---------------------------------------------------------------------------------------------------------- workload */

static void put(MDBX_txn *txn, MDBX_dbi dbi, uint32_t number, size_t length) {
  static uint8_t bytes[100000];
  MDBX_val key = {&number, sizeof(number)}, value = {bytes, length};
  MUST(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
}

static void change(MDBX_txn *txn, uint32_t turn) {
  MDBX_dbi plain, multi;
  MUST(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &plain));
  MUST(mdbx_dbi_open(txn, "multi", MDBX_CREATE | MDBX_DUPSORT, &multi));
  for (uint32_t i = 0; i < 400; ++i) {
    put(txn, plain, i * 2654435761u + turn, i % 50 ? 1 + i % 900 : 20000);
    put(txn, multi, i % 5, 1 + (i + turn) % 200);
  }
  for (uint32_t i = 0; i < 400; i += 3) {
    uint32_t number = i * 2654435761u + turn;
    const MDBX_val key = {&number, sizeof(number)};
    MUST(mdbx_del(txn, plain, &key, NULL));
  }
}

static void change_nested(MDBX_txn *parent) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &txn));
  change(txn, 1000);
  MUST(mdbx_txn_abort(txn));
}

static void write_once(unsigned flags, uint32_t turn) {
  MDBX_txn *txn;
  armed = true;
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  change(txn, turn);
  if (!(flags & MDBX_WRITEMAP))
    change_nested(txn);
  if (turn % 3)
    MUST(mdbx_txn_commit(txn));
  else
    MUST(mdbx_txn_abort(txn));
  armed = false;
}

static void run(const char *path, unsigned flags) {
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_maxdbs(env, 4));
  MUST(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  MUST(mdbx_env_open(env, path, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600));
  for (uint32_t turn = 0; turn < 4; ++turn)
    write_once(flags, turn);
  MUST(mdbx_env_close(env));
  MUST(mdbx_env_delete(path, MDBX_ENV_JUST_DELETE));
}

int main(int argc, char **argv) {
  static const unsigned flags[] = {MDBX_SYNC_DURABLE, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP | MDBX_NOMETASYNC};
  const char *folder = getenv("TMPDIR");
  char path[256];
  every = argc > 1 ? (unsigned)atoi(argv[1]) : 7;
  snprintf(path, sizeof(path), "%s/forks-%d.db", folder ? folder : "/tmp", (int)getpid());
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  for (unsigned i = 0; i < sizeof(flags) / sizeof(flags[0]); ++i)
    run(path, flags[i]);
  printf("%lu calls, %lu children: all went well\n", calls, children);
  return children ? 0 : 1;
}
