/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/unit/unit.h: what the unit tests of the os and file layers share: a scratch directory, children, and main().
 *
 * Each test works in a directory of its own below TMPDIR, removed by unit_teardown() when it passed or failed.
 */
#ifndef MDBX_TESTS_UNIT_H
#define MDBX_TESTS_UNIT_H

#include "sanitized.h"

#include <check.h>

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/*
 * Check writes the place of each assertion that holds into a file, to name the last one before a crash. That is a system
 * call each, and most of the time of a test that asserts in loops: a line is written the first times only.
 */
static inline void unit_mark_point(const char *file, int line) {
  enum { TIMES = 16 };
  static _Thread_local unsigned char times[1024];
  unsigned char *count = &times[(unsigned)line % sizeof(times)];
  if (*count < TIMES) {
    *count += 1;
    _mark_point(file, line);
  }
}
#define _mark_point(file, line) unit_mark_point(file, line)

/* Sanitizers take terabytes of addresses for themselves, and time. */
#define UNIT_SANITIZED (ADDRESS_SANITIZED || THREAD_SANITIZED)

/* The same is true of valgrind, which a program can tell by what is loaded into it. */
static inline bool unit_is_instrumented(void) {
  const char *preload = getenv("LD_PRELOAD");
  return UNIT_SANITIZED || (preload && strstr(preload, "vgpreload"));
}

/* Says what a test cannot do here: nothing is left out in silence. */
static inline void unit_left_out(const char *test, const char *why) {
  fprintf(stderr, "%s: left out: %s\n", test, why);
}

static char unit_dir[256];

static inline void unit_setup(void) {
  const char *base = getenv("TMPDIR");
  snprintf(unit_dir, sizeof(unit_dir), "%s/mdbx-unit-XXXXXX", base ? base : "/tmp");
  if (!mkdtemp(unit_dir)) {
    perror(unit_dir);
    exit(99);
  }
}

/* A path in the scratch directory; the text lives until four more calls. */
static inline const char *unit_path(const char *name) {
  static char paths[4][512];
  static unsigned turn;
  char *path = paths[turn++ % 4];
  snprintf(path, sizeof(paths[0]), "%s/%s", unit_dir, name);
  return path;
}

static inline void unit_teardown(void) {
  DIR *dir = opendir(unit_dir);
  if (!dir)
    return;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;)
    if (entry->d_name[0] != '.')
      unlink(unit_path(entry->d_name));
  closedir(dir);
  rmdir(unit_dir);
}

/* Zeroed memory that children share. */
static inline void *unit_shared(size_t length) {
  void *at = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ck_assert(at != MAP_FAILED);
  return at;
}

/* Ends a forked process. In a build that counts what is executed, what this process executed counts. */
#if MDBX_COVERAGE
void __gcov_dump(void);
#endif
static inline void unit_leave(int code) {
#if MDBX_COVERAGE
  __gcov_dump();
#endif
  _exit(code);
}

typedef void (*unit_child)(void *context);

/* Runs body in a forked process. It leaves with 0, unless a unit_require() in it fails. */
static inline pid_t unit_fork(unit_child body, void *context) {
  fflush(NULL);
  const pid_t pid = fork();
  ck_assert_int_ge(pid, 0);
  if (pid == 0) {
    body(context);
    unit_leave(0);
  }
  return pid;
}

/* For children, where Check's assertions do not reach the parent. */
#define unit_require(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: in a child: %s\n", __FILE__, __LINE__, #condition); \
      unit_leave(1); \
    } \
  } while (0)

static inline int unit_wait(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
    ;
  return status;
}

/* The child ended by itself, and well. */
#define unit_join(pid) ck_assert_int_eq(unit_wait(pid), 0)

static inline void unit_kill(pid_t pid) {
  kill(pid, SIGKILL);
  const int status = unit_wait(pid);
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static inline void unit_sleep_us(unsigned us) {
  const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
  nanosleep(&pause, NULL);
}

/* Waits until another process or thread has raised the flag to at least `value`; gives up only when it must hang. */
static inline bool unit_await(_Atomic int *flag, int value) {
  for (int i = 0; i < 6000000; ++i) {
    if (atomic_load(flag) >= value)
      return true;
    unit_sleep_us(100);
  }
  return false;
}

static inline uint64_t unit_monotonic_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static inline uint64_t unit_random(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return *state;
}

/* One of 0 to limit - 1. */
static inline uint32_t unit_below(uint64_t *state, uint32_t limit) { return (uint32_t)(unit_random(state) % limit); }

/* Check's limits are for hangs: a machine that is thirty times slower passes. */
static inline int unit_run(Suite *suite) {
  setenv("CK_TIMEOUT_MULTIPLIER", "30", false);
  SRunner *runner = srunner_create(suite);
  srunner_run_all(runner, CK_ENV);
  const int failed = srunner_ntests_failed(runner);
  srunner_free(runner);
  return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#endif
