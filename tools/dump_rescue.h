/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/dump_rescue.h: dumps what can be read of a damaged database, and says what is lost: on standard error, and in
 * lines of the dump's headers ("damaged=...") that mdbx_load repeats. In lines "note=..." it says what is made up or
 * guessed.
 */
#ifndef MDBX_TOOLS_DUMP_RESCUE_H
#define MDBX_TOOLS_DUMP_RESCUE_H

#include "dump_run.h"

/* As dump_snapshot(); dump->info is filled. */
int dump_rescued(struct dump *dump, MDBX_txn *txn);

#endif
