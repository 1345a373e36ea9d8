/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/commit.h: how a write transaction becomes a commit; doc/commit.md has the invariants.
 */
#ifndef MDBX_TXN_COMMIT_H
#define MDBX_TXN_COMMIT_H

#include "env/seal.h"
#include "env/ticket.h"
#include "txn/txn.h"

/* What the caller has to wait for, by group_wait(), when it has given the writer lock back. */
struct commit_wait {
  bool eager; /* asked for: it shares a flush if it can, whether somebody waits for the writer lock or not */
  bool needed;
  enum seal_chore chore; /* for seal_do_chore(), likewise; not if it is needed to wait */
  struct ticket ticket;  /* of the commit; until there is one, of what it builds on */
};

/* The commit steps. wait: NULL if the commit must be durable, as far as its mode says, when this returns. MDBX_RESULT_TRUE:
 * there was nothing to commit. */
int commit_write(MDBX_txn *txn, MDBX_commit_latency *latency, struct commit_wait *wait);
/* For a transaction that makes no commit: what it has seen is to be seen by whoever begins to read after its end. */
struct commit_wait commit_wait_for_base(const MDBX_txn *txn);

#endif
