/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tools/drop_run.h: emptying and deleting a table, for mdbx_drop and "mdbx drop".
 */
#ifndef MDBX_TOOLS_DROP_RUN_H
#define MDBX_TOOLS_DROP_RUN_H

#include <mdbx.h>

#include <stdbool.h>

/* Empties a table (NULL: the main one, with all named tables in it), or deletes it, and gives the number of its records.
 * A message is printed if it fails. */
int drop_table(MDBX_txn *txn, const MDBX_val *name, bool delete, uint64_t *entries);
/* After the commit: prints on standard error what was deleted, unless the tool is quiet. */
void drop_report(const MDBX_val *name, bool delete, uint64_t entries);

#endif
