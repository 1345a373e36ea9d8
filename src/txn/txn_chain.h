/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_chain.h: continues with a new transaction without releasing the lock or snapshot of the old one.
 *
 * After an error (MDBX_RESULT_TRUE is none) the write handle is invalid, unless a function says otherwise.
 */
#ifndef MDBX_TXN_TXN_CHAIN_H
#define MDBX_TXN_TXN_CHAIN_H

#include "txn/txn.h"

/* Commits, with begin flags added, and begins the next transaction under the same lock and handle. MDBX_RESULT_TRUE:
 * nothing to commit. */
int txn_checkpoint(MDBX_txn *txn, unsigned flags, MDBX_commit_latency *latency);
/* Undoes all changes and continues. */
int txn_rollback(MDBX_txn *txn);
/* Commits; then *handle is a reader of that commit, also with MDBX_RESULT_TRUE (nothing to commit), or NULL. If no
 * reader can begin, *handle and the transaction do not change. */
int txn_commit_embark_read(MDBX_txn **handle, MDBX_commit_latency *latency);
/* A writer on the snapshot of a reader, which ends. MDBX_RESULT_TRUE: there is a newer commit, and nothing was done.
 * After an error nothing was done either. */
int txn_amend(MDBX_txn *reader, unsigned flags, void *context, MDBX_txn **writer);

#endif
