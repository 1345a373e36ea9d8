/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that are disturbed: by a signal every millisecond, by stops, by forks while their threads are at work. All calls work
 * as if nothing had happened; doc/limits.md says so.
 */
#include "../api/api.h"

#include <signal.h>
#include <sys/time.h>

/* In a debug build all that the engine can verify of itself. */
__attribute__((constructor)) static void verify_all(void) {
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT | MDBX_DBG_AUDIT, MDBX_LOGGER_DONTCHANGE);
}

enum { SIGNALS = 200, COMMITS = 60, RECORDS = 20, STOPS = 16, FORKS = 60, VALUE = 700 };

static const unsigned modes[] = {MDBX_SYNC_DURABLE, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC,
                                 MDBX_WRITEMAP};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* All records get the number of the commit. */
static void commit_number(MDBX_env *env, uint32_t number) {
  static _Thread_local uint32_t words[VALUE];
  MDBX_txn *txn;
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  for (uint32_t i = 0; i < RECORDS; ++i) {
    words[0] = number;
    MDBX_val key = {&i, sizeof(i)}, value = {words, sizeof(uint32_t) * (1 + (i * 7 + number) % (VALUE - 1))};
    CHILD_OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
  }
  CHILD_OK(mdbx_txn_commit(txn));
}

/* They have the same number in each snapshot; 0: there is none yet. */
static uint32_t read_number(MDBX_env *env) {
  MDBX_txn *txn;
  uint32_t first = 0;
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  for (uint32_t i = 0; i < RECORDS; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    uint32_t number = 0;
    const int rc = mdbx_get(txn, DBI_MAIN, &key, &value);
    unit_require(rc == MDBX_SUCCESS || (rc == MDBX_NOTFOUND && first == 0));
    if (rc == MDBX_SUCCESS)
      memcpy(&number, value.iov_base, sizeof(number));
    unit_require(i == 0 || number == first);
    first = number;
  }
  CHILD_OK(mdbx_txn_abort(txn));
  return first;
}

/* ----------------------------------------------------------------------------------------------------------- signals */

static volatile sig_atomic_t signals;

static void count_signal(int number) {
  (void)number;
  signals += 1;
}

/* Interrupts system calls: without SA_RESTART. */
static void signal_every_millisecond(void) {
  struct sigaction action = {.sa_handler = count_signal};
  const struct itimerval timer = {{0, 1000}, {0, 1000}};
  sigemptyset(&action.sa_mask);
  ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
  ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

struct work {
  MDBX_env *env;
  _Atomic bool over;
  _Atomic uint32_t commits; /* by all */
};

static void *commit_on(void *context) {
  struct work *work = context;
  for (uint32_t n = 1; !atomic_load(&work->over); ++n) {
    commit_number(work->env, n);
    atomic_fetch_add(&work->commits, 1);
  }
  return NULL;
}

static void *read_on(void *context) {
  struct work *work = context;
  while (!atomic_load(&work->over))
    read_number(work->env);
  return NULL;
}

static void use_rare_calls(MDBX_env *env) {
  const int synced = mdbx_env_sync(env);
  unit_require(synced == MDBX_SUCCESS || synced == MDBX_RESULT_TRUE);
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_COMPACT | MDBX_CP_OVERWRITE));
  const int moved = mdbx_env_defrag(env, 0, 0, 0, 0, -1, -1, NULL, NULL, NULL);
  unit_require(moved == MDBX_SUCCESS || moved == MDBX_RESULT_TRUE || moved == MDBX_LAGGARD_READER);
  api_sound(env);
}

/* Two threads wait for each other's locks and flushes, one reads, and all are interrupted again and again. */
START_TEST(a_signal_every_millisecond) {
  struct work work = {.env = api_open(modes[_i])};
  pthread_t threads[3];
  signal_every_millisecond();
  ck_assert_int_eq(pthread_create(&threads[0], NULL, commit_on, &work), 0);
  ck_assert_int_eq(pthread_create(&threads[1], NULL, commit_on, &work), 0);
  ck_assert_int_eq(pthread_create(&threads[2], NULL, read_on, &work), 0);
  while (signals < SIGNALS || atomic_load(&work.commits) < COMMITS)
    use_rare_calls(work.env);
  atomic_store(&work.over, true);
  for (unsigned i = 0; i < 3; ++i)
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  api_sound(work.env);
  OK(mdbx_env_close(work.env));
  MDBX_env *env = api_open(modes[_i] & MDBX_WRITEMAP);
  ck_assert_uint_gt(read_number(env), 0);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- stops */

struct writers {
  unsigned flags;
  _Atomic uint32_t committed[2];
};

struct order {
  struct writers *writers;
  unsigned who;
};

static void commit_without_end(void *context) {
  const struct order *order = context;
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, order->writers->flags));
  for (uint32_t n = 1;; ++n) {
    commit_number(env, n);
    atomic_fetch_add(&order->writers->committed[order->who], 1);
  }
}

static void await_commits(struct writers *writers, unsigned who, uint32_t more) {
  const uint32_t until = atomic_load(&writers->committed[who]) + more;
  while (atomic_load(&writers->committed[who]) < until)
    unit_sleep_us(100);
}

static void signal_child(pid_t pid, int number) {
  int status;
  ck_assert_int_eq(kill(pid, number), 0);
  ck_assert_int_eq(waitpid(pid, &status, WUNTRACED | WCONTINUED), pid);
  ck_assert(number == SIGSTOP ? WIFSTOPPED(status) : WIFCONTINUED(status));
}

/* A writer that is stopped, wherever it is, delays other writers, but no reader; and it is not taken for dead. */
START_TEST(a_writer_is_stopped) {
  struct writers *writers = unit_shared(sizeof(*writers));
  writers->flags = modes[_i];
  struct order orders[2] = {{writers, 0}, {writers, 1}};
  MDBX_env *env = api_open(modes[_i]);
  commit_number(env, 1);
  pid_t pids[2];
  for (unsigned i = 0; i < 2; ++i)
    pids[i] = unit_fork(commit_without_end, &orders[i]);
  for (unsigned turn = 0; turn < STOPS; ++turn) {
    const unsigned who = turn % 2;
    await_commits(writers, who, 1);
    unit_sleep_us(turn * 37 % 500);
    signal_child(pids[who], SIGSTOP);
    for (unsigned reads = 0; reads < 20; ++reads)
      read_number(env);
    const int checked = mdbx_reader_check(env, NULL);
    ck_assert(checked == MDBX_SUCCESS || checked == MDBX_RESULT_TRUE);
    signal_child(pids[who], SIGCONT);
    await_commits(writers, who, 2);
    await_commits(writers, 1 - who, 2);
  }
  for (unsigned i = 0; i < 2; ++i)
    unit_kill(pids[i]);
  commit_number(env, 77);
  ck_assert_uint_eq(read_number(env), 77);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- forks */

static void close_inherited(void *context) {
  MDBX_env *env = context;
  MDBX_txn *txn;
  CHILD_IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  CHILD_OK(mdbx_env_close(env));
}

static void resurrect_inherited(void *context) {
  MDBX_env *env = context;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  read_number(env);
  commit_number(env, 5);
  CHILD_OK(mdbx_env_close(env));
}

/* A child is made at any moment of what the threads do, and inherits whatever locks they have. */
START_TEST(forks_beside_threads) {
  if (unit_is_instrumented()) {
    unit_left_out("forks_beside_threads",
                  "the allocator of a sanitizer may be locked in the child; see tests/faults/forks");
    return;
  }
  struct work work = {.env = api_open(modes[_i])};
  pthread_t threads[3];
  commit_number(work.env, 1);
  ck_assert_int_eq(pthread_create(&threads[0], NULL, commit_on, &work), 0);
  ck_assert_int_eq(pthread_create(&threads[1], NULL, commit_on, &work), 0);
  ck_assert_int_eq(pthread_create(&threads[2], NULL, read_on, &work), 0);
  for (unsigned i = 0; i < FORKS; ++i)
    unit_join(unit_fork(i % 3 ? close_inherited : resurrect_inherited, work.env));
  atomic_store(&work.over, true);
  for (unsigned i = 0; i < 3; ++i)
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  api_sound(work.env);
  OK(mdbx_env_close(work.env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("disturbances");
  TCase *tests = api_case(suite, "disturbances");
  tcase_add_loop_test(tests, a_signal_every_millisecond, 0, MODES);
  tcase_add_loop_test(tests, a_writer_is_stopped, 0, MODES);
  tcase_add_loop_test(tests, forks_beside_threads, 0, MODES);
  return unit_run(suite);
}
