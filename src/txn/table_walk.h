/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/table_walk.h: functions that walk through whole tables.
 */
#ifndef MDBX_TXN_TABLE_WALK_H
#define MDBX_TXN_TABLE_WALK_H

#include "txn/txn.h"

/* Calls `each` for all named tables as the transaction sees them, with their handle or 0. Its first answer other than
 * MDBX_SUCCESS ends the walk. */
typedef int (*table_each)(void *context, const MDBX_val *name, const struct table_record *record, MDBX_dbi dbi);
int tables_enumerate(const MDBX_txn *txn, table_each each, void *context);
/* Which depths the nested trees of a table have, bit by bit; bit 0 is for single values, bit 1 for those in the leaf. */
int table_nested_depths(const MDBX_txn *txn, const struct tree *tree, uint32_t *mask);

#endif
