/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/shim.h: lets the n-th call of a kind fail that the engine makes of the system or of the allocator.
 *
 * The linker leads these calls here (--wrap), so all of them are met, whatever layer they are in. They count only while the
 * shim is armed: what the test itself does is left alone.
 */
#ifndef MDBX_TESTS_FAULTS_SHIM_H
#define MDBX_TESTS_FAULTS_SHIM_H

#include <stdbool.h>
#include <stddef.h>

enum call_kind {
  CALL_MEMORY,
  CALL_OPEN,
  CALL_READ,
  CALL_WRITE,
  CALL_SYNC,
  CALL_TRUNCATE,
  CALL_ALLOCATE,
  CALL_MAP,
  CALL_LOCK,
  CALL_STAT,
  CALL_NAME,
  CALL_FUTEX,
  CALL_KINDS
};

/* In place of an error: less is transferred than was asked for. */
enum { SHORT_TRANSFER = -1 };

struct call_kind_about {
  const char *name;
  int errors[6]; /* those it can fail with, up to a zero */
};
extern const struct call_kind_about call_kinds[CALL_KINDS];

struct shim {
  bool armed;
  enum call_kind kind;
  int error;
  long at;      /* so many calls of the kind work before */
  bool lasting; /* all that follow fail too */
  bool fired;
  long calls[CALL_KINDS]; /* made while armed */
  long allocations;       /* that were not freed yet, armed or not */
};
extern struct shim shim;

#endif
