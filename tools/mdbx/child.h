/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/child.h: other programs, run as children without a shell between.
 */
#ifndef MDBX_TOOLS_MDBX_CHILD_H
#define MDBX_TOOLS_MDBX_CHILD_H

#include "command.h"

/* A program whose standard output is read here. */
struct child {
  pid_t pid;
  FILE *output;
};

/* Looks the program up in PATH. quiet: its messages go nowhere. Returns 0 or an errno value. */
int child_start(struct child *child, char *const argv[], bool quiet);
/* Closes the pipe, waits, and gives the exit code; 128 and more: ended by a signal. */
int child_end(struct child *child);

/* Becomes the program of that name beside this one, or else one in PATH. Returns an errno value if that failed. */
int child_become_sibling(const char *name, char *const argv[]);

#endif
