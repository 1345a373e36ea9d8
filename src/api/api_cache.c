/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups that remember where the value is. */
#include "api/api.h"

#include "txn/txn_cache.h"

static MDBX_cache_result_t get(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data,
                               volatile MDBX_cache_entry_t *entry, bool for_threads) {
  struct tree *tree;
  int rc = api_tree(txn, dbi, &tree);
  if (rc == MDBX_SUCCESS && (!key || !data || !entry))
    rc = MDBX_EINVAL;
  if (rc != MDBX_SUCCESS)
    return (MDBX_cache_result_t){(MDBX_error_t)rc, MDBX_CACHE_ERROR};
  return txn_cache_get(txn, tree, key, data, entry, for_threads);
}

MDBX_cache_result_t mdbx_cache_get(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data,
                                   volatile MDBX_cache_entry_t *entry) {
  return get(txn, dbi, key, data, entry, true);
}

MDBX_cache_result_t mdbx_cache_get_SingleThreaded(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key,
                                                  MDBX_val *data, MDBX_cache_entry_t *entry) {
  return get(txn, dbi, key, data, entry, false);
}
