/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/child.h: runs other programs as child processes, without a shell.
 */
#ifndef MDBX_TOOLS_MDBX_CHILD_H
#define MDBX_TOOLS_MDBX_CHILD_H

#include "command.h"

/* A program whose standard output is read here. */
struct child {
  pid_t pid;
  FILE *output;
};

/* Finds the program in PATH. quiet: discards its messages. Returns 0 or an errno value. */
int child_start(struct child *child, char *const argv[], bool quiet);
/* Closes the pipe, waits for the program, and returns its exit code; 128 and more: a signal ended it. */
int child_end(struct child *child);

/* Executes the program of that name in the folder of this one, or else in PATH. Returns an errno value if that
 * fails. */
int child_become_sibling(const char *name, char *const argv[]);

#endif
