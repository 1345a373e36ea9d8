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
/* space_refill of write transactions. */
int txn_refill(struct space *space, uint32_t pages, enum space_need need);

#endif
