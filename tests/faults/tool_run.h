/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/tool_run.h: runs a tool in a folder of its own, with or without faults.
 */
#ifndef MDBX_TESTS_FAULTS_TOOL_RUN_H
#define MDBX_TESTS_FAULTS_TOOL_RUN_H

#include "preload.h"
#include "tool_files.h"

/* What a program left. */
struct run_result {
  int status, signal;
  bool hung;
  struct bytes output, errors;
};

/* What the library in the program is to do, and what it saw. */
extern struct preload_orders *run_orders;
/* The longest run, in milliseconds. */
extern long run_longest;

/* Makes the folder, which becomes the current one. False, after a message: tools cannot be run with faults here. */
bool run_begin(void);
void run_end(void);

/* The words are separated by blanks. The file is its standard input; NULL: that is empty. */
void run_tool(const char *tool, const char *words, const char *input, bool with_faults, struct run_result *result);
/* The same with this input, and without faults. */
void run_tool_with_input(const char *tool, const char *words, const char *input, size_t length,
                         struct run_result *result);
void run_release(struct run_result *result);
/* Without faults; whether it left with 0. */
bool run_quietly(const char *tool, const char *words);

/* This test cannot go on. */
void run_give_up(const char *what, const char *why) __attribute__((__noreturn__));

#endif
