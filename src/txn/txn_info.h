/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_info.h: information about transactions.
 */
#ifndef MDBX_TXN_TXN_INFO_H
#define MDBX_TXN_TXN_INFO_H

#include "txn/txn.h"

/* As mdbx_txn_flags(): the flags, and to the writing thread also what it has done. */
unsigned txn_shown_flags(const MDBX_txn *txn);
/* As mdbx_txn_info(). */
void txn_tell(const MDBX_txn *txn, MDBX_txn_info *info, bool scan);
/* How full the file is as the transaction sees it. */
int txn_fill_percent(const MDBX_txn *txn);
/* Commits since the snapshot of a reader; 0 for a writer. */
uint64_t txn_lag(const MDBX_txn *txn);

#endif
