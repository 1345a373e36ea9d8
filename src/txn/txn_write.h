/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_write.h: write transactions: from taking the writer lock to giving it back.
 */
#ifndef MDBX_TXN_TXN_WRITE_H
#define MDBX_TXN_TXN_WRITE_H

#include "env/ticket.h"
#include "txn/txn.h"

int txn_begin_write(MDBX_env *env, unsigned flags, void *context, MDBX_txn **txn);
/* The same, but it need not be durable when this returns: ticket_wait() of what the ticket is for then tells. */
int txn_commit_ticket(MDBX_txn *txn, struct ticket *ticket, MDBX_commit_latency *latency);
int txn_commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);
void txn_abort_write(MDBX_txn *txn);
/* The same, and readers that begin afterwards see what it saw. An error: that has failed. */
int txn_abort_by_user(MDBX_txn *txn);
/* What took no other part of a commit that began then was its ending. NULL: nobody wants to know. */
void txn_end_latency(MDBX_commit_latency *latency, uint64_t begun);
/* Begins on the head, in the memory of write transactions; the writer lock is held. */
int txn_start_locked(MDBX_env *env, unsigned flags, void *context, MDBX_txn *txn);
/* Unbinds cursors and frees pages and lists; may be called again. */
void txn_drop_work(MDBX_txn *txn);
/* The same, and the transaction is over; the writer lock goes. */
void txn_finish_write(MDBX_txn *txn);
/* A file that grew for nothing (spilled pages, WRITEMAP) gets its length back. */
void txn_undo_growth(MDBX_txn *txn);
/* Settles handles and the length of the file after commit_write() returned rc. */
void txn_conclude(MDBX_txn *txn, int rc);
/* Brings changed pages out of memory when there are too many, and sets what the operation must leave for the commit.
 * Called before an operation that changes data; `tree` is the one it changes, NULL for the main table's. */
int txn_make_room(MDBX_txn *txn, struct tree *tree, bool deleting);
/* Before and after a large value is put: whether it may go to the file at once. It may where that saves a copy and costs nothing:
 * a durable commit that could list its pages in the meta would need another flush. MDBX_PANIC, see commit_check_lock(). */
int txn_begin_ahead(MDBX_txn *txn);
void txn_end_ahead(MDBX_txn *txn);
/* Marks the data with numbers of the user's, and the id of this transaction; NULL: with the id only. */
void txn_set_canary(MDBX_txn *txn, const MDBX_canary *canary);
/* Whether there is anything to commit. */
bool txn_has_changes(const MDBX_txn *txn);

#endif
