/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/defrag_run.h: making the file smaller, for mdbx_defrag and "mdbx defrag". They have the same options.
 */
#ifndef MDBX_TOOLS_DEFRAG_RUN_H
#define MDBX_TOOLS_DEFRAG_RUN_H

#include <mdbx.h>

#include <stdbool.h>

#define DEFRAG_LETTERS "vT:m:a:e:b:c:"
/* The value of the long option --progress. */
#define DEFRAG_PROGRESS 256

struct defrag_limits {
  bool verbose;
  bool progress;             /* is shown even if it could not be erased */
  uint64_t time, least_time; /* 1/65536 second */
  uint64_t least, enough;    /* bytes */
  int64_t backlash, batch;   /* pages, -1: the default */
};

#define DEFRAG_NO_LIMITS \
  { .backlash = -1, .batch = -1 }

/* Processes one of these options. false: its argument is wrong. */
bool defrag_take_option(struct defrag_limits *limits, int option, const char *argument);
/* Defragments and prints the result. To stop at a limit is no failure; to stop because of a reader or a signal is
 * one. */
int tool_defrag(MDBX_env *env, const struct defrag_limits *limits);

#endif
