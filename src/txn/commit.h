/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/commit.h: how a write transaction becomes a commit; doc/commit.md has the invariants.
 */
#ifndef MDBX_TXN_COMMIT_H
#define MDBX_TXN_COMMIT_H

#include "txn/txn.h"

/* The commit steps. */
int commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);

/* MDBX_PANIC when somebody else took this process for dead and has the writer lock: what it commits must not be written
 * over, see C11. Before anything is written to the file. */
int commit_check_lock(const MDBX_txn *txn);

#endif
