/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdbx_chk/progress.h: shows the progress of a long check on a line of the terminal.
 *
 * Nothing is shown in the first half second, and nothing at all unless standard error is a terminal.
 */
#ifndef MDBX_CHK_PROGRESS_H
#define MDBX_CHK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

void progress_begin(bool wanted);
/* Reports the number of checked pages; `table` may be NULL. Updates the line if it is time. */
void progress_show(uint64_t done, uint64_t pages, const char *table);
/* Erases the line, before anything else is printed and at the end. */
void progress_hide(void);

#endif
