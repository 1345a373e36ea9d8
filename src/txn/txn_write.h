/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_write.h: write transactions, from taking the writer lock to releasing it.
 */
#ifndef MDBX_TXN_TXN_WRITE_H
#define MDBX_TXN_TXN_WRITE_H

#include "env/ticket.h"
#include "txn/txn.h"

int txn_begin_write(MDBX_env *env, unsigned flags, void *context, MDBX_txn **txn);
/* The same, but the commit need not be durable on return: ticket_wait() with this ticket waits for that. */
int txn_commit_ticket(MDBX_txn *txn, struct ticket *ticket, MDBX_commit_latency *latency);
int txn_commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);
void txn_abort_write(MDBX_txn *txn);
/* The same, and readers that begin afterwards see at least what the transaction saw. An error: making that durable has
 * failed. */
int txn_abort_by_user(MDBX_txn *txn);
/* Sets the member `ending`: the time of a commit, begun at `begun`, that belongs to no other part. NULL: does
 * nothing. */
void txn_end_latency(MDBX_commit_latency *latency, uint64_t begun);
/* Begins a write transaction on the head, in the memory for write transactions; the writer lock is held. */
int txn_start_locked(MDBX_env *env, unsigned flags, void *context, MDBX_txn *txn);
/* Unbinds cursors and frees pages and lists; may be called again. */
void txn_drop_work(MDBX_txn *txn);
/* The same, then ends the transaction and releases the writer lock. */
void txn_finish_write(MDBX_txn *txn);
/* Restores the length of a file that grew during an aborted transaction (spilled pages, WRITEMAP). */
void txn_undo_growth(MDBX_txn *txn);
/* Publishes or closes handles, and corrects the length of the file, after commit_write() has returned rc. */
void txn_conclude(MDBX_txn *txn, int rc);
/* Call it before an operation that changes data: writes changed pages out if there are too many, and sets the reserve
 * for the commit. `tree` is the tree that will change, NULL for that of the main table. */
int txn_make_room(MDBX_txn *txn, struct tree *tree, bool deleting);
/* Call them before and after a large value is put: they set whether it may be written to the file at once. It may if
 * that costs no flush: a durable commit that can still list its pages in the meta would need a second one. MDBX_PANIC,
 * see commit_check_lock(). */
int txn_begin_ahead(MDBX_txn *txn);
void txn_end_ahead(MDBX_txn *txn);
/* Sets the canary to the user's numbers, and to the id of this transaction; NULL: only to the id. */
void txn_set_canary(MDBX_txn *txn, const MDBX_canary *canary);
/* Changes the number of mdbx_dbi_sequence(). */
int txn_set_sequence(MDBX_txn *txn, struct tree *tree, uint64_t sequence);
/* Whether there is anything to commit. */
bool txn_has_changes(const MDBX_txn *txn);

#endif
