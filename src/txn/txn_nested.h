/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_nested.h: nested transactions.
 */
#ifndef MDBX_TXN_TXN_NESTED_H
#define MDBX_TXN_TXN_NESTED_H

#include "txn/txn.h"

/* Begins a level inside a write transaction; `parent` must be the innermost one. */
int txn_begin_nested(MDBX_txn *parent, unsigned flags, void *context, MDBX_txn **txn);
/* Both first end the levels inside, and free the handle. MDBX_RESULT_TRUE: it was broken, and was aborted. After an error of
 * a commit nothing of the level, nor of those inside, is kept. */
int txn_commit_nested(MDBX_txn *child);
int txn_abort_nested(MDBX_txn *child);
/* Passes the changes of the innermost level to the enclosing one, and continues. MDBX_RESULT_TRUE: it has changed
 * nothing. After an error the handle is invalid, and the enclosing level is as after an abort. */
int txn_checkpoint_nested(MDBX_txn *child);
/* Undoes the changes of the innermost level, and continues. After an error the handle is invalid, and the enclosing
 * level is as after an abort. */
int txn_rollback_nested(MDBX_txn *child);
/* Ends all levels inside. After an error some of those to be kept were undone: then the caller keeps none of its changes. */
int txn_end_children(MDBX_txn *txn, bool keep);
/* Frees the handles of all levels of a transaction that ends without a commit. */
void txn_drop_children(MDBX_txn *root);
/* A cursor of an outer level is closed: no level restores it later. */
void txn_forget_cursor(const MDBX_cursor *cursor);

#endif
