/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_park.h: readers that let writers take their snapshot.
 */
#ifndef MDBX_TXN_TXN_PARK_H
#define MDBX_TXN_TXN_PARK_H

#include "txn/txn.h"

/* An active reader. MDBX_BAD_TXN when its snapshot was taken away. */
int txn_park(MDBX_txn *txn, bool autounpark);
/* A parked one. MDBX_OUSTED: it is finished then. */
int txn_unpark(MDBX_txn *txn);
/* A writer took the snapshot of an active reader: the handle is broken. MDBX_BAD_TXN. */
int txn_lost(MDBX_txn *txn);
/* What txn_check() says to a transaction that is blocked: MDBX_SUCCESS if it was parked and is no more, MDBX_BAD_TXN,
 * MDBX_OUSTED. */
int txn_wake(MDBX_txn *txn);

#endif
