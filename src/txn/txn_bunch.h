/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_bunch.h: deletes many records at once, between the positions of cursors.
 *
 * The caller has checked that the cursors may write, and that the comparators of their tables are known. *removed is
 * the number of deleted records, also after an error.
 */
#ifndef MDBX_TXN_TXN_BUNCH_H
#define MDBX_TXN_TXN_BUNCH_H

#include "txn/txn.h"

/* As mdbx_cursor_bunch_delete(). */
int txn_delete_bunch(MDBX_cursor *cursor, MDBX_bunch_action_t action, uint64_t *removed);
/* As mdbx_cursor_delete_range(): both cursors are in one table and transaction; one of them may be NULL. */
int txn_delete_range(MDBX_cursor *first, MDBX_cursor *last, bool including, uint64_t *removed);

#endif
