/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_chain.c: transactions that follow one another without a gap.
 *
 * Nobody else can write between the two: a checkpoint and a rollback keep the writer lock; a commit that becomes a
 * reader pins its snapshot before it releases the lock; a reader that becomes a writer checks under the lock that its
 * snapshot is still the newest. Cursors become unbound as at any end of a transaction.
 */
#include "txn/txn_chain.h"

#include "base/assert.h"
#include "txn/commit.h"
#include "txn/table.h"
#include "txn/txn_read.h"
#include "txn/txn_write.h"

#define DURABILITY_FLAGS ((unsigned)(MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC))

/* Ends the transaction and begins a new one on the head, under the same lock. After a failure the handle is invalid. */
static int restart(MDBX_txn *txn) {
  ASSERT(txn->root == txn && txn->innermost == txn);
  void *const context = txn->user_context;
  const unsigned flags = txn->flags & DURABILITY_FLAGS;
  txn_drop_work(txn);
  const int rc = txn_start_locked(txn->env, flags, context, txn);
  if (rc != MDBX_SUCCESS)
    txn_finish_write(txn);
  return rc;
}

int txn_checkpoint(MDBX_txn *txn, unsigned flags, MDBX_commit_latency *latency) {
  ASSERT(txn->innermost == txn);
  const unsigned own = txn->flags & DURABILITY_FLAGS;
  txn->flags |= flags;
  const int rc = commit_write(txn, latency, NULL);
  txn->flags = (txn->flags & ~DURABILITY_FLAGS) | own;
  if (rc == MDBX_RESULT_TRUE)
    return rc;
  txn_conclude(txn, rc);
  if (rc == MDBX_SUCCESS)
    return restart(txn);
  txn_finish_write(txn);
  return rc;
}

int txn_rollback(MDBX_txn *txn) {
  ASSERT(txn->innermost == txn);
  txn_undo_growth(txn);
  tables_end(txn, false);
  return restart(txn);
}

int txn_commit_embark_read(MDBX_txn **handle, MDBX_commit_latency *latency) {
  ASSERT((*handle)->innermost == *handle && !txn_is_readonly(*handle));
  MDBX_txn *txn = *handle, *reader;
  /* Takes the reader slot before the commit, because after it a missing slot could no longer be reported. */
  int rc = txn_begin_read(txn->env, MDBX_TXN_RDONLY_PREPARE, txn->user_context, &reader);
  if (rc != MDBX_SUCCESS)
    return rc;
  const int committed = commit_write(txn, latency, NULL);
  txn_conclude(txn, committed);
  rc = committed == MDBX_SUCCESS || committed == MDBX_RESULT_TRUE ? txn_renew_read(reader) : committed;
  txn_finish_write(txn);
  if (rc != MDBX_SUCCESS)
    txn_end_read(reader);
  *handle = rc == MDBX_SUCCESS ? reader : NULL;
  return rc == MDBX_SUCCESS ? committed : rc;
}

static bool is_newest(const MDBX_txn *reader) {
  return lck_head_txnid(lck_head(&reader->env->lck)) == reader->snapshot.txnid;
}

int txn_amend(MDBX_txn *reader, unsigned flags, void *context, MDBX_txn **writer) {
  ASSERT(txn_is_reader(reader));
  const unsigned keep = flags & MDBX_TXN_RDONLY_PREPARE;
  MDBX_txn *txn;
  if (!is_newest(reader)) /* without a lock file this test is not sufficient, but the one below is */
    return MDBX_RESULT_TRUE;
  const int rc = txn_begin_write(reader->env, flags & ~keep, context, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn->base_txnid != reader->snapshot.txnid) {
    txn_abort_write(txn);
    return MDBX_RESULT_TRUE;
  }
  if (keep)
    txn_reset_read(reader);
  else
    txn_end_read(reader);
  *writer = txn;
  return MDBX_SUCCESS;
}
