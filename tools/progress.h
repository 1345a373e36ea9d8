/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/progress.h: shows how far a copy or an increment is, as the engine reports it.
 *
 * On a terminal it is a line that appears after half a second and disappears in the end. With --progress it begins at once,
 * and where standard error is no terminal, lines follow each other.
 */
#ifndef MDBX_TOOLS_PROGRESS_H
#define MDBX_TOOLS_PROGRESS_H

#include <mdbx.h>

/* What --progress asks for. */
void progress_want(void);

/* Copies of this environment are shown from now on, and end when a signal has set tool_stopped. */
void progress_begin(MDBX_env *env);
/* Erases the line. Call it after each progress_begin(). */
void progress_end(MDBX_env *env);

#endif
