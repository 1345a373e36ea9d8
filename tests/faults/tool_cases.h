/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/tool_cases.h: the commands that tests/faults/tools.c runs with faults.
 */
#ifndef MDBX_TESTS_FAULTS_TOOL_CASES_H
#define MDBX_TESTS_FAULTS_TOOL_CASES_H

#include <stddef.h>

enum {
  CASE_LINES = 1,  /* a failure may have more lines than one, and what it makes be a part */
  CASE_VARIES = 2, /* numbers in what it prints and makes are times, or the like */
  CASE_SUMS = 4,   /* the last line on standard error says how much was done, also after a failure */
  CASE_AGAIN = 8,  /* after a failure, what it changes or makes may be incomplete until the command has worked */
  CASE_SILENT = 16 /* its code says all */
};

struct tool_case {
  const char *tool;    /* and the beginning of its messages */
  const char *words;   /* its arguments, with one blank between two */
  const char *input;   /* the file that is its standard input, or NULL */
  const char *target;  /* what it makes, or NULL */
  const char *changes; /* the database that it changes, or NULL */
  unsigned traits;
  unsigned unit; /* lines of its input after which it may have made a commit; 0: it makes one commit */
};

extern const struct tool_case tool_cases[];
extern const size_t tool_case_count;

#endif
