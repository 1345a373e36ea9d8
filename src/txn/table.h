/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/table.h: tables as a transaction sees them.
 *
 * If these functions get the handle of a nested transaction, they use its root.
 */
#ifndef MDBX_TXN_TABLE_H
#define MDBX_TXN_TABLE_H

#include "txn/txn.h"

/* The tree of a handle. MDBX_BAD_DBI, or an error of reading its record. */
int txn_tree(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree);
/* The same for calls that read no data: in a broken transaction only a tree that is loaded already, else
 * MDBX_BAD_TXN. */
int txn_tree_at_hand(MDBX_txn *txn, MDBX_dbi dbi, struct tree **tree);
/* Binds a cursor to the table of a handle. MDBX_EINVAL for a cursor that belongs to an outer level. */
int table_bind_cursor(MDBX_txn *txn, MDBX_cursor *cursor, MDBX_dbi dbi);
/* The main table for a name of NULL or without address, table 0 for MDBX_CHK_GC. */
int table_open(MDBX_txn *txn, const MDBX_val *name, unsigned flags, const struct table_orders *orders, MDBX_dbi *dbi);
/* To be called before a tree of the transaction changes. MDBX_BAD_DBI when its handle was closed meanwhile. */
int table_claim(MDBX_txn *txn, struct tree *tree);
/* Gives a tree the comparators its handle was opened with. */
void table_use_orders(struct tree *tree, const struct table_handle *handle);
/* Sets the comparators of an open table. If the table is empty, it becomes one with comparators; MDBX_RESULT_TRUE if
 * the transaction may not change it. MDBX_INCOMPATIBLE. */
int table_set_orders(MDBX_txn *txn, MDBX_dbi dbi, const struct table_orders *orders);
int table_close(MDBX_env *env, MDBX_dbi dbi);
/* The open handle of a name as the transaction sees it, 0 if there is none. */
MDBX_dbi table_handle_of(const MDBX_txn *txn, const MDBX_val *name);
/* Makes the tree of a table from its record in the main table, as the transaction sees it: with the transaction's
 * changes, and with the comparators of its handle. The caller releases the tree. *dbi is the handle, 0 if there is
 * none. MDBX_CORRUPTED. */
int table_of_record(const MDBX_txn *txn, const struct leaf_item *item, struct tree *tree, MDBX_dbi *dbi);
int table_drop(MDBX_txn *txn, MDBX_dbi dbi, bool remove);
int table_rename(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *name);
int table_state(MDBX_txn *txn, MDBX_dbi dbi, unsigned *flags, unsigned *state);
/* Whether any named table differs from its record. */
bool tables_changed(const MDBX_txn *txn);
/* Writes the records of changed tables to the main table. */
int tables_store(MDBX_txn *txn);
/* Publishes or closes handles at the end of a write transaction. */
void tables_end(MDBX_txn *txn, bool committed);
/* In a forked child: closes the handles that the parent's write transaction has made or renamed. */
void tables_disown(MDBX_env *env);
/* A nested transaction that had loaded the table was undone. handles_mutex is held. */
void table_forget(MDBX_txn *txn, struct txn_table *table);
void tables_release(MDBX_txn *txn);

#endif
