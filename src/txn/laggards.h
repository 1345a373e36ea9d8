/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/laggards.h: what readers, and what a crash may fall back to, keep from use.
 */
#ifndef MDBX_TXN_LAGGARDS_H
#define MDBX_TXN_LAGGARDS_H

#include "txn/txn.h"

/* All snapshots whose pages must stay, to txn->pins, ascending: of readers, of the head, and of what a crash may fall back
 * to. */
int txn_collect_pins(MDBX_txn *txn);
/* Whether a snapshot must stay without any reader. */
bool txn_pin_is_fixed(const MDBX_txn *txn, txnid_t pin);
/* Lets what the snapshots that are gone held be looked at again. MDBX_NOTFOUND: there are the same ones as before. */
int txn_renew_pins(MDBX_txn *txn);
/* Pages that are kept for a durable commit older than the head are free once the head is durable, and pins are renewed. */
int txn_make_durable(MDBX_txn *txn);
/* Pages retired by commits after the durable one, and by the transaction. */
uint64_t txn_retired_since_durable(const MDBX_txn *txn);
/* space_refill of write transactions. */
int txn_refill(struct space *space, uint32_t pages, enum space_need need);

#endif
