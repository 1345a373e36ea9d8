/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/process.h: what the system says of a process. No database.
 */
#ifndef MDBX_TOOLS_MDBX_PROCESS_H
#define MDBX_TOOLS_MDBX_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* A process of another container can have a number that here means nothing, or another process. */
struct process {
  char command[64]; /* printable; "" if the system does not tell it */
  bool has_age;
  uint64_t age; /* seconds since it started */
};

void process_read(pid_t pid, struct process *process);

#define AGE_TEXT 32
/* "42 s", "3 min", "5 h", "12 d"; the text is in the buffer, which is returned. */
const char *age_show(uint64_t seconds, char buffer[AGE_TEXT]);

#endif
