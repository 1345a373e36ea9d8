/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_verify.h: a debug build's look at a write transaction with its levels, tables and cursors; see base/assert.h.
 */
#ifndef MDBX_TXN_TXN_VERIFY_H
#define MDBX_TXN_TXN_VERIFY_H

#include "txn/txn.h"

#if MDBX_DEBUG
/* Levels hang together, and only the innermost may be used; tables and cursors belong to the transaction; its parts know
 * each other; the thread is its owner. */
void txn_verify(const MDBX_txn *root);
#endif

#endif
