/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/mdbx/line.h: reads lines for the shell: from a terminal with editing, history and completion if libedit is
 * available; else plain lines.
 */
#ifndef MDBX_TOOLS_MDBX_LINE_H
#define MDBX_TOOLS_MDBX_LINE_H

#include "command.h"

/* Calls found() for each possible completion of a word. first: the first word of the line; "": it is that one. Characters
 * with a meaning for the shell are escaped by the caller. */
typedef void line_candidates(const char *first, void (*found)(const char *word));

struct line_reader {
  const char *(*prompt)(void);
  line_candidates *candidates;
};

void line_begin(const struct line_reader *reader);
/* A line without its end, valid until the next one is read; NULL at the end of the input. */
char *line_read(void);
/* After that: MDBX_SUCCESS, or why no more could be read. */
int line_error(void);
void line_end(void);

#endif
