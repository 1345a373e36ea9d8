/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The soak test: one database lives through all modes under a mixed load, for as long as it is told.
 *
 * Usage: soak [SECONDS]      "make soak TIME=SECONDS"; MDBX_CHK in the environment names the checker that is run
 *
 * Writers let the file grow and shrink; readers come, stay and go, and look whether records are whole and no commit that
 * has returned is missing. This process kills some of them with SIGKILL and starts others, and beside them it runs the
 * checker and makes copies. Every mode is on for an equal time. Size of the file, and memory, descriptors and mappings of
 * each process, have bounds (soak.h). A line a minute has the figures. The figures of time are never judged.
 */
#include "soak.h"

#include "../unit/sanitized.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const struct {
  const char *name;
  unsigned flags;
} modes[] = {
    {"durable", MDBX_SYNC_DURABLE},
    {"durable LIFO", MDBX_SYNC_DURABLE | MDBX_LIFORECLAIM},
    {"NOMETASYNC", MDBX_NOMETASYNC},
    {"NOMETASYNC LIFO", MDBX_NOMETASYNC | MDBX_LIFORECLAIM},
    {"SAFE_NOSYNC", MDBX_SAFE_NOSYNC},
    {"SAFE_NOSYNC LIFO", MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM},
    {"UTTERLY_NOSYNC", MDBX_UTTERLY_NOSYNC},
    {"UTTERLY_NOSYNC LIFO", MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM},
    {"WRITEMAP durable", MDBX_WRITEMAP | MDBX_SYNC_DURABLE},
    {"WRITEMAP SAFE_NOSYNC", MDBX_WRITEMAP | MDBX_SAFE_NOSYNC},
    {"WRITEMAP UTTERLY_NOSYNC LIFO", MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM},
};
enum { MODES = sizeof(modes) / sizeof(modes[0]), STEP_US = 100000, HANG_STEPS = 3000 };

static struct soak *soak;
static pid_t pids[WORKERS];
static pid_t owner;
static unsigned long kills, checks, copies;
static uint64_t largest, smallest = UINT64_MAX, records;
static uint64_t state = 1;

static uint32_t chance(uint32_t below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)(state >> 33) % below;
}

static void end_all(void) {
  for (unsigned i = 0; i < WORKERS; ++i)
    if (pids[i] > 0)
      kill(pids[i], SIGKILL);
}

void soak_fail(const char *format, ...) {
  va_list args;
  va_start(args, format);
  flockfile(stderr);
  fprintf(stderr, "soak: process %d: ", (int)getpid());
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  funlockfile(stderr);
  va_end(args);
  if (getpid() == owner)
    end_all();
  _exit(1);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* -------------------------------------------------------------------------------------------------------- processes */

static void start_worker(unsigned number) {
  fflush(NULL);
  pids[number] = fork();
  MUST_BE(pids[number] >= 0);
  if (pids[number])
    return;
  soak_work(soak, number);
  _exit(0);
}

static void kill_worker(unsigned number) {
  int status;
  kill(pids[number], SIGKILL);
  MUST_BE(waitpid(pids[number], &status, 0) == pids[number]);
  MUST_BE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL); /* one that ended by itself has failed */
  pids[number] = 0;
  kills += 1;
}

static void end_workers(void) {
  int status;
  atomic_store(&soak->stop, true);
  for (unsigned i = 0; i < WORKERS; ++i) {
    MUST_BE(waitpid(pids[i], &status, 0) == pids[i]);
    pids[i] = 0;
    MUST_BE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  }
  atomic_store(&soak->stop, false);
}

/* Runs a function in a process of its own, which must succeed. */
static void beside(void (*run)(void)) {
  int status;
  fflush(NULL);
  const pid_t pid = fork();
  MUST_BE(pid >= 0);
  if (pid == 0) {
    run();
    _exit(0);
  }
  MUST_BE(waitpid(pid, &status, 0) == pid);
  MUST_BE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* ------------------------------------------------------------------------------------------------- checks and copies */

static void check_env(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  MUST(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  MUST_BE(context.result.total_problems == 0);
}

static void check_file(const char *path) {
  const char *program = getenv("MDBX_CHK");
  MDBX_env *env;
  if (program) {
    execl(program, program, "-q", path, (char *)NULL);
    soak_fail("cannot run %s: %s", program, strerror(errno));
  }
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_open(env, path, MDBX_NOSUBDIR | MDBX_RDONLY | MDBX_ACCEDE, 0));
  check_env(env);
  MUST(mdbx_env_close(env));
}

static void check_live(void) { check_file(soak->path); }

static const char *copy_path(void) {
  static char path[sizeof(soak->path) + 8];
  snprintf(path, sizeof(path), "%s-copy", soak->path);
  return path;
}

static void copy_live(void) {
  const MDBX_copy_flags_t flags = MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | (copies % 2 ? MDBX_CP_COMPACT : 0);
  MDBX_env *env = soak_open(soak, MDBX_RDONLY | MDBX_ACCEDE);
  MUST(mdbx_env_copy(env, copy_path(), flags));
  MUST(mdbx_env_close(env));
}

static void check_copy(void) { check_file(copy_path()); }

static void verify_all(void) {
  MDBX_env *env = soak_open(soak, MDBX_RDONLY | MDBX_ACCEDE);
  soak_verify(soak, env, true);
  MUST(mdbx_env_close(env));
}

static void check_beside(void) {
  beside(check_live);
  checks += 1;
}

static void copy_beside(void) {
  beside(copy_live);
  beside(check_copy);
  mdbx_env_delete(copy_path(), MDBX_ENV_JUST_DELETE);
  copies += 1;
  checks += 1;
}

/* ----------------------------------------------------------------------------------------------------------- bounds */

static void look_at_bounds(void) {
  struct stat status;
  MUST_BE(stat(soak->path, &status) == 0);
  const uint64_t size = (uint64_t)status.st_size;
  largest = size > largest ? size : largest;
  smallest = size < smallest ? size : smallest;
  MUST_BE(size <= FILE_BOUND);
  for (unsigned i = 0; i < WORKERS; ++i) {
    const struct worker *worker = &soak->workers[i];
#if !ADDRESS_SANITIZED && !THREAD_SANITIZED
    MUST_BE(atomic_load(&worker->memory) <= MEMORY_BOUND);
    MUST_BE(atomic_load(&worker->mappings) <= MAPPINGS_BOUND);
#endif
    MUST_BE(atomic_load(&worker->descriptors) <= DESCRIPTORS_BOUND);
  }
}

static void print_figures(double seconds, const char *mode) {
  uint32_t snapshots = 0, memory = 0, descriptors = 0, mappings = 0;
  for (unsigned i = 0; i < WORKERS; ++i) {
    const struct worker *worker = &soak->workers[i];
    snapshots += atomic_load(&worker->snapshots);
    memory = worker->memory > memory ? worker->memory : memory;
    descriptors = worker->descriptors > descriptors ? worker->descriptors : descriptors;
    mappings = worker->mappings > mappings ? worker->mappings : mappings;
  }
  printf("%4.0f s, %s: %u commits, %u snapshots, %lu kills, %lu checks, %lu copies; file %.1f to %.1f MiB;"
         " at most %.1f MiB of memory, %u descriptors, %u mappings\n",
         seconds, mode, (unsigned)atomic_load(&soak->commits), snapshots, kills, checks, copies,
         (double)smallest / (1 << 20), (double)largest / (1 << 20), memory / 1024.0, descriptors, mappings);
  fflush(stdout);
}

/* ---------------------------------------------------------------------------------------------------------- the run */

/* What this process does beside the workers, one thing each time. */
static void disturb(void) {
  const unsigned number = chance(WORKERS);
  switch (chance(8)) {
  case 0:
    check_beside();
    break;
  case 1:
    copy_beside();
    break;
  case 2:
  case 3:
    kill_worker(number);
    start_worker(number);
    break;
  case 4:
    usleep(STEP_US);
    break;
  default:
    usleep(STEP_US / 10);
  }
}

/* A writer that waits for ever is found here. */
static void must_go_on(void) {
  static uint32_t seen;
  static unsigned idle;
  const uint32_t commits = atomic_load(&soak->commits);
  idle = commits == seen ? idle + 1 : 0;
  seen = commits;
  MUST_BE(idle < HANG_STEPS);
}

static void run_mode(unsigned mode, double begun, double until) {
  static double told;
  const uint32_t before = atomic_load(&soak->commits);
  soak->flags = modes[mode].flags;
  for (unsigned i = 0; i < WORKERS; ++i)
    start_worker(i);
  /* At least something happens in each mode, however little time there is. */
  while (now() < until || atomic_load(&soak->commits) - before < 20) {
    disturb();
    look_at_bounds();
    must_go_on();
    if (now() - told >= 60 && now() - begun >= 60) {
      told = now();
      print_figures(told - begun, modes[mode].name);
    }
  }
  end_workers();
  beside(verify_all);
  check_beside();
}

/* What was deleted leaves the file. */
static void shrink_at_end(void) {
  struct stat status;
  MDBX_defrag_result_t result;
  soak->flags = MDBX_SYNC_DURABLE;
  MDBX_env *env = soak_open(soak, MDBX_SYNC_DURABLE);
  records = soak_verify(soak, env, true);
  soak_empty(env);
  MUST(mdbx_env_defrag(env, 0, 0, 0, 0, 0, 0, NULL, NULL, &result));
  check_env(env);
  MUST(mdbx_env_close(env));
  MUST_BE(stat(soak->path, &status) == 0);
  MUST_BE(status.st_size <= FILE_AT_END);
  printf("at the end %llu records were deleted; the file is %.1f MiB then\n", (unsigned long long)records,
         (double)status.st_size / (1 << 20));
}

static void create(void) {
  MDBX_env *env = soak_open(soak, MDBX_SYNC_DURABLE);
  soak_empty(env);
  MUST(mdbx_env_close(env));
}

int main(int argc, char *argv[]) {
  const double seconds = argc > 1 ? strtod(argv[1], NULL) : 6, begun = now();
  const char *folder = getenv("TEST_TMPDIR");
  owner = getpid();
  soak = mmap(NULL, sizeof(*soak), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  MUST_BE(soak != MAP_FAILED);
  snprintf(soak->path, sizeof(soak->path), "%s/soak-%d.db", folder ? folder : "/tmp", (int)owner);
  mdbx_env_delete(soak->path, MDBX_ENV_JUST_DELETE);
  create();
  for (unsigned i = 0; i < MODES; ++i)
    run_mode(i, begun, begun + seconds * (i + 1) / MODES);
  print_figures(now() - begun, "end");
  shrink_at_end();
  mdbx_env_delete(soak->path, MDBX_ENV_JUST_DELETE);
  return 0;
}
