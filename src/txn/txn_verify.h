/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_verify.h: assertions of a debug build about a write transaction with its levels, tables and cursors; see
 * base/assert.h.
 */
#ifndef MDBX_TXN_TXN_VERIFY_H
#define MDBX_TXN_TXN_VERIFY_H

#include "txn/txn.h"

#if MDBX_DEBUG
/* Asserts that the levels are linked correctly and only the innermost may be used, that tables and cursors belong to
 * the transaction, and that the thread is its owner. */
void txn_verify(const MDBX_txn *root);
#endif

#endif
