/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/windows/win_test.h: what the programs for Windows share. Check does not exist there: a program counts what is not as
 * it should be, says so, and ends with 1.
 *
 * A child is the same program with the name of a role; it meets its parent in a mapped file.
 */
#ifndef MDBX_TESTS_WIN_TEST_H
#define MDBX_TESTS_WIN_TEST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int win_failures;

#define EXPECT(condition) \
  do { \
    if (!(condition)) { \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
      ++win_failures; \
    } \
  } while (0)

/* A call whose code must be that one. */
#define IS(call, code) \
  do { \
    const int rc_ = (call); \
    if (rc_ != (code)) { \
      fprintf(stderr, "%s:%d: %s is %d\n", __FILE__, __LINE__, #call, rc_); \
      ++win_failures; \
    } \
  } while (0)
#define OK(call) IS(call, MDBX_SUCCESS)

/* What the rest cannot do without. */
#define MUST(call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) { \
      fprintf(stderr, "%s:%d: %s is %d, which ends the test\n", __FILE__, __LINE__, #call, rc_); \
      exit(1); \
    } \
  } while (0)

/* Starts this program with up to two arguments. */
static inline HANDLE win_start(const char *role, const char *argument) {
  char program[MAX_PATH], line[2 * MAX_PATH];
  STARTUPINFOA startup;
  PROCESS_INFORMATION process;
  memset(&startup, 0, sizeof(startup));
  startup.cb = sizeof(startup);
  GetModuleFileNameA(NULL, program, sizeof(program));
  snprintf(line, sizeof(line), "\"%s\" %s %s", program, role, argument);
  if (!CreateProcessA(program, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, &process)) {
    fprintf(stderr, "no process for %s, error %lu\n", role, GetLastError());
    exit(1);
  }
  CloseHandle(process.hThread);
  return process.hProcess;
}

/* Its exit code. */
static inline int win_join(HANDLE process) {
  DWORD code = 99;
  WaitForSingleObject(process, 60000);
  GetExitCodeProcess(process, &code);
  CloseHandle(process);
  return (int)code;
}

static inline void win_kill(HANDLE process) {
  TerminateProcess(process, 9);
  WaitForSingleObject(process, INFINITE);
  CloseHandle(process);
}

/* Waits until a child has set the word; a minute is as good as never. */
static inline bool win_await(_Atomic uint32_t *word, uint32_t value) {
  for (int i = 0; i < 6000 && atomic_load(word) < value; ++i)
    Sleep(10);
  return atomic_load(word) >= value;
}

#endif
