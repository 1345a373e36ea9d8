/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_park.c: readers that may need their snapshot later, but allow a writer to take it.
 *
 * A parked reader keeps its pin, marked so that a writer short of pages may take it (file/readers.h: T -> T|PARKED by the
 * owner, T|PARKED -> 0 by a writer, T|PARKED -> T by the owner; each one compare-and-swap, so exactly one side wins).
 *
 *   active --park--> parked --unpark, or a read with MDBX_TXN_AUTOUNPARK--> active
 *                       '----ousted meanwhile: MDBX_OUSTED--> finished, as after a reset
 */
#include "txn/txn_park.h"

#include "base/assert.h"
#include "txn/txn_read.h"

int txn_park(MDBX_txn *txn, bool autounpark) {
  ASSERT(txn_is_reader(txn) && !(txn->flags & MDBX_TXN_PARKED));
  const int rc = txn_slot_is_bound(txn) ? readers_park(txn->slot, txn->snapshot.txnid) : MDBX_OUSTED;
  if (rc != MDBX_SUCCESS)
    return txn_lost(txn);
  txn->flags |= MDBX_TXN_PARKED | (autounpark ? MDBX_TXN_AUTOUNPARK : 0u);
  return MDBX_SUCCESS;
}

int txn_unpark(MDBX_txn *txn) {
  ASSERT(txn_is_reader(txn) && (txn->flags & MDBX_TXN_PARKED));
  const int rc = txn_slot_is_bound(txn) ? readers_unpark(txn->slot, txn->snapshot.txnid) : MDBX_OUSTED;
  if (rc == MDBX_SUCCESS) {
    txn->flags &= ~(unsigned)(MDBX_TXN_PARKED | MDBX_TXN_AUTOUNPARK);
    return MDBX_SUCCESS;
  }
  txn_reset_read(txn);
  txn->flags |= MDBX_TXN_OUSTED;
  return rc;
}

int txn_lost(MDBX_txn *txn) {
  txn->flags |= MDBX_TXN_ERROR;
  return MDBX_BAD_TXN;
}

int txn_wake(MDBX_txn *txn) {
  ASSERT(txn->flags & MDBX_TXN_BLOCKED);
  if ((txn->flags & MDBX_TXN_BLOCKED) != MDBX_TXN_PARKED)
    return MDBX_BAD_TXN;
  if (txn->flags & MDBX_TXN_AUTOUNPARK)
    return txn_unpark(txn);
  const uint64_t parked = txn->snapshot.txnid | READER_PARKED;
  return readers_holds(txn->slot, parked) ? MDBX_BAD_TXN : MDBX_OUSTED;
}
