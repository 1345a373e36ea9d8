/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/progress.h: shows the progress of a copy on a line of the terminal.
 *
 * A thread reads the length of the file; the copying code need not report anything. Owns that thread and the line.
 */
#ifndef MDBX_TOOLS_PROGRESS_H
#define MDBX_TOOLS_PROGRESS_H

#include <mdbx.h>

/* The size of a whole copy of the newest snapshot in bytes, exact or estimated; 0: not known. */
uint64_t progress_expect(const MDBX_env *env, unsigned copy_flags);

/* Begins to watch a file that will be created or replaced; expected: its final length, or 0. The line appears after
 * half a second. Does nothing if standard error is no terminal, or if the tool is quiet. */
void progress_begin(const char *file, uint64_t expected);
/* Erases the line. Call it after each progress_begin(). */
void progress_end(void);

#endif
