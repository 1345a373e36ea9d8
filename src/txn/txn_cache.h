/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_cache.h: lookups that remember where the value is.
 */
#ifndef MDBX_TXN_TXN_CACHE_H
#define MDBX_TXN_TXN_CACHE_H

#include "txn/txn.h"

/* As mdbx_cache_get(); `for_threads`: others may use the entry at the same time. */
MDBX_cache_result_t txn_cache_get(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, MDBX_val *data,
                                  volatile MDBX_cache_entry_t *entry, bool for_threads);

#endif
