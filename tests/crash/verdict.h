/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/crash/verdict.h: what every program about power cuts asks of a database: its content as one number, whether the
 * checker finds it sound, and a way out that says which cut it was.
 */
#ifndef TESTS_CRASH_VERDICT_H
#define TESTS_CRASH_VERDICT_H

#include "os/os.h"

/* Where the program is, for the message of a failure. The program keeps it up to date. */
extern char verdict_place[256];

/* Says which run of the program it is; and where in it, in place of what was said before. */
void verdict_begin(const char *format, ...) __attribute__((format(printf, 1, 2)));
void verdict_detail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints what failed and where, and ends the process with status 1. */
_Noreturn void fail(const char *what, int rc);

#define MUST(call) \
  do { \
    const int rc_ = (call); \
    if (rc_ != MDBX_SUCCESS) \
      fail(#call, rc_); \
  } while (0)

/* From now on the process believes to run in the boot of that number. */
void pretend_boot(uint64_t number);

/* A number made from all records of the main table. */
int digest_read(MDBX_env *env, uint64_t *digest);
/* The same; reading must work. */
uint64_t digest_of(MDBX_env *env);

/* The checker must find nothing. */
void must_be_sound(MDBX_env *env);

#endif
