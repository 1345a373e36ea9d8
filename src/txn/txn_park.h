/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_park.h: readers that allow writers to take their snapshot away.
 */
#ifndef MDBX_TXN_TXN_PARK_H
#define MDBX_TXN_TXN_PARK_H

#include "txn/txn.h"

/* Parks a running reader. MDBX_BAD_TXN if its snapshot was taken away. */
int txn_park(MDBX_txn *txn, bool autounpark);
/* Unparks a parked reader. MDBX_OUSTED: it was ousted, and is finished. */
int txn_unpark(MDBX_txn *txn);
/* A writer has taken the snapshot of a running reader: marks the handle broken. MDBX_BAD_TXN. */
int txn_lost(MDBX_txn *txn);
/* The result of txn_check() for a blocked transaction: MDBX_SUCCESS if it was parked and this call has unparked it;
 * MDBX_BAD_TXN, MDBX_OUSTED. */
int txn_wake(MDBX_txn *txn);

#endif
