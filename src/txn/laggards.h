/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/laggards.h: handles pages that cannot be reused because of readers, or because a crash may return to an older
 * commit.
 */
#ifndef MDBX_TXN_LAGGARDS_H
#define MDBX_TXN_LAGGARDS_H

#include "txn/txn.h"

/* Collects in txn->pins, ascending, all snapshots whose pages must stay: those of readers, the head, and the commits to
 * which a crash may return. */
int txn_collect_pins(MDBX_txn *txn);
/* Whether a snapshot must stay even if no reader uses it. */
bool txn_pin_is_fixed(const MDBX_txn *txn, txnid_t pin);
/* Collects the pins again; pages that ended snapshots held are checked again. MDBX_NOTFOUND: the pins have not
 * changed. */
int txn_renew_pins(MDBX_txn *txn);
/* Makes the head durable and collects the pins again: pages that were kept for an older durable commit become free. */
int txn_make_durable(MDBX_txn *txn);
/* Pages retired by commits after the durable one, and by the transaction. */
uint64_t txn_retired_since_durable(const MDBX_txn *txn);
/* space_refill of write transactions. */
int txn_refill(struct space *space, uint32_t pages, enum space_need need);

#endif
