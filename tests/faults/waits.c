/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/waits.c: two processes with two threads each commit at the same time, while waiting and waking (futexes)
 * fail: with an error, by ending too early, or because a wake-up is lost; once, or from then on.
 *
 * Usage: waits [EACH]: every EACH-th call (1: all of them; that is "make check-faults").
 *
 * Every commit must work and be there at the end, no lock may be kept, and no wait may rely on being woken: each has a
 * limit of 50 ms. The waits are those for the writer's lock, for a shared flush, and for a ticket; a writer who waits for
 * slow readers does not sleep in the engine.
 */
#include <mdbx.h>

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES = 2, THREADS = 2, TURNS = 9, HANG_SECONDS = 300, LIMIT_NS = 50000000, FLUSH_US = 300, HOLD_US = 50 };

enum { OF_WAITS = 1, OF_WAKES = 2 };

static const struct fault {
  const char *name;
  unsigned calls; /* which can fail so */
  int error;      /* 0: it returns at once, as if all were well */
} faults[] = {
    {"interrupted", OF_WAITS, EINTR},
    {"changed word", OF_WAITS, EAGAIN},
    {"no futexes", OF_WAITS | OF_WAKES, ENOSYS},
    {"bad argument", OF_WAITS | OF_WAKES, EINVAL},
    {"woken for nothing", OF_WAITS, 0},
    {"lost wake-up", OF_WAKES, 0},
};
enum { FAULTS = sizeof(faults) / sizeof(faults[0]) };

/* Seen by all processes. */
static struct run {
  unsigned fault; /* FAULTS: none */
  long at;
  bool lasting;
  atomic_int ready;
  atomic_long calls[FAULTS]; /* that could have failed in this way */
  atomic_bool fired, unlimited;
} * run;

static char path[256];

/* ---------------------------------------------------------------------------------------------------------- the shim */

static void pause_us(long microseconds) {
  const struct timespec time = {.tv_nsec = microseconds * 1000};
  nanosleep(&time, NULL);
}

static bool is_limited(const struct timespec *limit) {
  return limit && limit->tv_sec == 0 && limit->tv_nsec <= LIMIT_NS;
}

static bool is_due(unsigned fault, unsigned call) {
  if (!(faults[fault].calls & call))
    return false;
  const long before = atomic_fetch_add(&run->calls[fault], 1);
  return fault == run->fault && (before == run->at || (before > run->at && run->lasting));
}

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...) {
  uint32_t *word;
  int operation, value;
  const struct timespec *limit;
  va_list args;
  va_start(args, number);
  word = va_arg(args, uint32_t *);
  operation = va_arg(args, int);
  value = va_arg(args, int);
  limit = va_arg(args, const struct timespec *);
  va_end(args);
  const unsigned call = (operation & FUTEX_CMD_MASK) == FUTEX_WAIT ? OF_WAITS : OF_WAKES;
  if (call == OF_WAITS && !is_limited(limit))
    run->unlimited = true;
  bool due = false;
  for (unsigned fault = 0; fault < FAULTS; ++fault)
    due |= is_due(fault, call);
  if (!due)
    return __real_syscall(number, word, operation, value, limit, NULL, 0);
  run->fired = true;
  errno = faults[run->fault].error;
  return errno ? -1 : 0;
}

/* Slow enough that others have to wait for it. */
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_fdatasync(int fd) {
  pause_us(FLUSH_US);
  return __real_fdatasync(fd);
}

/* ---------------------------------------------------------------------------------------------------------- the work */

static void must(int rc, const char *call) {
  if (rc == MDBX_SUCCESS)
    return;
  fprintf(stderr, "waits: %s: %s (%d)\n", call, mdbx_strerror(rc), rc);
  _exit(1);
}
#define MUST(call) must(call, #call)

struct worker {
  MDBX_env *env;
  unsigned number;
};

static void name_of(char name[16], unsigned worker, unsigned turn) { snprintf(name, 16, "%u-%u", worker, turn); }

/* Every third commit gets a ticket, and is waited for. */
static void end_turn(MDBX_env *env, MDBX_txn *txn, unsigned turn) {
  MDBX_commit_ticket ticket;
  if (turn % 3 != 2) {
    MUST(mdbx_txn_commit(txn));
    return;
  }
  MUST(mdbx_txn_commit_ticket(txn, &ticket, NULL));
  MUST(mdbx_env_wait_durable(env, &ticket, UINT32_MAX));
}

static void *work(void *argument) {
  const struct worker *worker = argument;
  atomic_fetch_add(&run->ready, 1);
  while (run->ready < PROCESSES * THREADS)
    sched_yield();
  for (unsigned turn = 0; turn < TURNS; ++turn) {
    char name[16];
    MDBX_txn *txn;
    name_of(name, worker->number, turn);
    const MDBX_val key = {name, strlen(name)};
    MDBX_val value = {&turn, sizeof(turn)};
    MUST(mdbx_txn_begin(worker->env, NULL, MDBX_TXN_READWRITE, &txn));
    MUST(mdbx_put(txn, 1, &key, &value, MDBX_NOOVERWRITE));
    pause_us(HOLD_US);
    end_turn(worker->env, txn, turn);
  }
  return NULL;
}

static MDBX_env *open_env(void) {
  MDBX_env *env;
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_open(env, path, MDBX_NOSUBDIR, 0600));
  return env;
}

static _Noreturn void be_process(unsigned number) {
  struct worker workers[THREADS];
  pthread_t threads[THREADS];
  alarm(HANG_SECONDS);
  MDBX_env *env = open_env();
  for (unsigned i = 0; i < THREADS; ++i) {
    workers[i] = (struct worker){env, number * THREADS + i};
    must(pthread_create(&threads[i], NULL, work, &workers[i]), "pthread_create");
  }
  for (unsigned i = 0; i < THREADS; ++i)
    must(pthread_join(threads[i], NULL), "pthread_join");
  MUST(mdbx_env_close(env));
  _exit(0);
}

/* ------------------------------------------------------------------------------------------------------- afterwards */

static void look_up_all(MDBX_txn *txn) {
  for (unsigned worker = 0; worker < PROCESSES * THREADS; ++worker)
    for (unsigned turn = 0; turn < TURNS; ++turn) {
      char name[16];
      MDBX_val value;
      name_of(name, worker, turn);
      const MDBX_val key = {name, strlen(name)};
      MUST(mdbx_get(txn, 1, &key, &value));
      must(value.iov_len == sizeof(turn) && memcmp(value.iov_base, &turn, sizeof(turn)) == 0 ? 0 : MDBX_PROBLEM, name);
    }
}

/* In a child: all that was acknowledged is there, and a writer need not wait. */
static _Noreturn void be_judge(void) {
  MDBX_txn *txn;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  alarm(HANG_SECONDS);
  run->fault = FAULTS;
  MDBX_env *env = open_env();
  MUST(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn));
  look_up_all(txn);
  MUST(mdbx_txn_abort(txn));
  MUST(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  must(context.result.total_problems ? MDBX_CORRUPTED : MDBX_SUCCESS, "the check");
  MUST(mdbx_env_close(env));
  _exit(0);
}

static bool ended_well(pid_t child) {
  int status = 1;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR)
    ;
  if (WIFSIGNALED(status))
    fprintf(stderr, "waits: ended by signal %d\n", WTERMSIG(status));
  return status == 0;
}

static bool survives(unsigned fault, long at, bool lasting) {
  pid_t children[PROCESSES], judge;
  bool good = true;
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  memset(run, 0, sizeof(*run));
  run->fault = fault;
  run->at = at;
  run->lasting = lasting;
  fflush(NULL);
  for (unsigned i = 0; i < PROCESSES; ++i)
    if ((children[i] = fork()) == 0)
      be_process(i);
  for (unsigned i = 0; i < PROCESSES; ++i)
    good = ended_well(children[i]) && good;
  if (good && (judge = fork()) == 0)
    be_judge();
  good = good && ended_well(judge);
  if (run->unlimited)
    fprintf(stderr, "waits: a wait has no limit, or one of more than 50 ms\n");
  if (!good)
    fprintf(stderr, "waits: %s%s at %ld\n", fault < FAULTS ? faults[fault].name : "no fault", lasting ? " lasting" : "",
            at);
  return good && !run->unlimited;
}

/* How many calls there are is not the same in each run. */
static void learn(long calls[FAULTS]) {
  memset(calls, 0, FAULTS * sizeof(calls[0]));
  for (unsigned i = 0; i < 3; ++i) {
    if (!survives(FAULTS, 0, false))
      exit(1);
    for (unsigned fault = 0; fault < FAULTS; ++fault)
      if (run->calls[fault] > calls[fault])
        calls[fault] = run->calls[fault];
  }
}

int main(int argc, char **argv) {
  const long each = argc > 1 ? atol(argv[1]) : 13;
  const char *folder = getenv("TMPDIR");
  long calls[FAULTS];
  unsigned long runs = 0, failures = 0;
  if (each < 1)
    return 99;
  snprintf(path, sizeof(path), "%s/waits-%d.db", folder ? folder : "/tmp", (int)getpid());
  run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (run == MAP_FAILED)
    return 99;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  learn(calls);
  for (unsigned fault = 0; fault < FAULTS; ++fault) {
    unsigned long fired = 0, before = runs;
    for (long at = 0; at < calls[fault]; at += each)
      for (unsigned lasting = 0; lasting < (at % (5 * each) ? 1 : 2); ++lasting) {
        runs += 1;
        failures += !survives(fault, at, lasting);
        fired += run->fired;
      }
    printf("%s: %ld calls, %lu runs, in %lu of them it happened\n", faults[fault].name, calls[fault], runs - before,
           fired);
    failures += !fired;
  }
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  printf("%lu runs, %lu failures\n", runs, failures);
  return failures ? 1 : 0;
}
