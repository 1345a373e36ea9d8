/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_bunch.h: deleting many records at once, between positions that cursors tell.
 *
 * The cursors may write, and the orders of their tables are known. *removed counts what went, also when an error is
 * returned.
 */
#ifndef MDBX_TXN_TXN_BUNCH_H
#define MDBX_TXN_TXN_BUNCH_H

#include "txn/txn.h"

/* As mdbx_cursor_bunch_delete(). */
int txn_delete_bunch(MDBX_cursor *cursor, MDBX_bunch_action_t action, uint64_t *removed);
/* As mdbx_cursor_delete_range(): of two cursors, which are of one table and transaction, one may be NULL. */
int txn_delete_range(MDBX_cursor *first, MDBX_cursor *last, bool including, uint64_t *removed);

#endif
