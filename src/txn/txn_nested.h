/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_nested.h: levels inside a write transaction.
 */
#ifndef MDBX_TXN_TXN_NESTED_H
#define MDBX_TXN_TXN_NESTED_H

#include "txn/txn.h"

/* A level inside a write transaction, which must be the innermost one. */
int txn_begin_nested(MDBX_txn *parent, unsigned flags, void *context, MDBX_txn **txn);
/* Both end the levels inside first and free the handle. MDBX_RESULT_TRUE: aborted, because it was broken. */
int txn_commit_nested(MDBX_txn *child);
int txn_abort_nested(MDBX_txn *child);
/* Hands what the innermost level has changed to the one around it and goes on. MDBX_RESULT_TRUE: it has changed nothing.
 * After an error the handle is gone and the level around it broken. */
int txn_checkpoint_nested(MDBX_txn *child);
/* Takes back what the innermost level has changed and goes on. After an error the handle is gone and the level around it
 * broken. */
int txn_rollback_nested(MDBX_txn *child);
/* Ends all levels inside. */
int txn_end_children(MDBX_txn *txn, bool keep);
/* Frees the handles of all levels of a transaction that ends without keeping anything. */
void txn_drop_children(MDBX_txn *root);
/* A cursor of an outer level is closed: no level will put it back. */
void txn_forget_cursor(const MDBX_cursor *cursor);

#endif
