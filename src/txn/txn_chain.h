/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_chain.h: going on from one transaction to the next without letting go of what it holds.
 *
 * After a failure that is no answer of theirs (MDBX_RESULT_TRUE) the write handle is gone, unless a function says otherwise.
 */
#ifndef MDBX_TXN_TXN_CHAIN_H
#define MDBX_TXN_TXN_CHAIN_H

#include "txn/txn.h"

/* Commits, with begin flags added, and goes on under the same lock and handle. MDBX_RESULT_TRUE: nothing to commit. */
int txn_checkpoint(MDBX_txn *txn, unsigned flags, MDBX_commit_latency *latency);
/* Drops all changes and goes on. */
int txn_rollback(MDBX_txn *txn);
/* Commits; *handle is a reader of that commit then, also with MDBX_RESULT_TRUE (nothing to commit), or NULL. A reader
 * that cannot be had (*handle as before) leaves the transaction as it is. */
int txn_commit_embark_read(MDBX_txn **handle, MDBX_commit_latency *latency);
/* A writer on the snapshot of a reader, which ends. MDBX_RESULT_TRUE: there is a newer commit, nothing was done; nor was
 * it after an error. */
int txn_amend(MDBX_txn *reader, unsigned flags, void *context, MDBX_txn **writer);

#endif
