/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mdbx_chk/progress.h: how far a long check has come, on a line of the terminal that is written over and over.
 *
 * Nothing is shown in the first half second, and nothing at all unless standard error is a terminal.
 */
#ifndef MDBX_CHK_PROGRESS_H
#define MDBX_CHK_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

void progress_begin(bool wanted);
/* So many of the pages were looked at; `table` may be NULL. Shows that if it is time to. */
void progress_show(uint64_t done, uint64_t pages, const char *table);
/* Takes the line away, before anything else is printed and at the end. */
void progress_hide(void);

#endif
