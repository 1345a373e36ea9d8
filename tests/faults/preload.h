/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/preload.h: what tests/faults/tools.c and the library it loads into a program share: which call of the
 * program is to fail, and how many of each kind it made.
 *
 * The orders are in a file that both map. Its name is in the variable PRELOAD_FILE, which the library removes with
 * LD_PRELOAD from the environment, so that programs which this one starts have no faults.
 */
#ifndef MDBX_TESTS_FAULTS_PRELOAD_H
#define MDBX_TESTS_FAULTS_PRELOAD_H

#include <stdatomic.h>
#include <stdbool.h>

#define PRELOAD_FILE "MDBX_FAULTS_FILE"

enum preload_kind {
  PRELOAD_MEMORY,
  PRELOAD_OPEN,
  PRELOAD_READ,
  PRELOAD_WRITE,
  PRELOAD_STREAM_READ,
  PRELOAD_STREAM_WRITE,
  PRELOAD_SYNC,
  PRELOAD_TRUNCATE,
  PRELOAD_ALLOCATE,
  PRELOAD_MAP,
  PRELOAD_LOCK,
  PRELOAD_STAT,
  PRELOAD_NAME,
  PRELOAD_REMOVE,
  PRELOAD_CLOSE,
  PRELOAD_START, /* threads, processes, pipes */
  PRELOAD_ADVICE,
  PRELOAD_FUTEX,
  PRELOAD_KINDS
};

/* In place of an error: less is transferred than was asked for. */
enum { PRELOAD_SHORT = -1 };

struct preload_orders {
  /* The driver writes these before the program starts. */
  enum preload_kind kind;
  int error;    /* 0: none */
  long at;      /* so many calls of the kind work before */
  bool lasting; /* all that follow fail too */
  bool tell;    /* where the call was made */
  /* The library writes these. */
  bool loaded;
  bool late; /* the program left output to be written after it has decided on its exit code */
  atomic_bool fired;
  atomic_long calls[PRELOAD_KINDS];
  char where[2048];
};

#endif
