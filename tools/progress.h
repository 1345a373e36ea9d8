/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/progress.h: how far a copy has come, on a line of the terminal that is rewritten while it is made.
 *
 * A thread looks at the length of the file, so nothing need tell it. Owns that thread and the line.
 */
#ifndef MDBX_TOOLS_PROGRESS_H
#define MDBX_TOOLS_PROGRESS_H

#include <mdbx.h>

/* The bytes a whole copy of the newest snapshot has, or will have about; 0: not known. */
uint64_t progress_expect(const MDBX_env *env, unsigned copy_flags);

/* Begins to watch a file that is going to be made, or to be replaced; expected: its length in the end, or 0. The line
 * comes after half a second. Nothing happens if standard error is no terminal, or the tool shall be quiet. */
void progress_begin(const char *file, uint64_t expected);
/* Erases the line. To be called after each progress_begin(). */
void progress_end(void);

#endif
