/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/commit.h: how a write transaction becomes a commit; doc/commit.md has the invariants.
 */
#ifndef MDBX_TXN_COMMIT_H
#define MDBX_TXN_COMMIT_H

#include "txn/txn.h"

/* The commit steps. */
int commit_write(MDBX_txn *txn, MDBX_commit_latency *latency);

#endif
