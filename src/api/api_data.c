/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and deleting by key. */
#include "api/api.h"

#include "tree/admit.h"
#include "txn/txn_multiple.h"
#include "txn/txn_replace.h"
#include "txn/txn_write.h"

/* ---------------------------------------------------------------------------------------------------------- checks */

int api_put_flags(const struct tree *tree, unsigned flags) {
  if (flags & ~(unsigned)PUT_FLAGS_KNOWN)
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && (flags & MDBX_MULTIPLE))
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && tree_is_multi(tree))
    return MDBX_INCOMPATIBLE;
  return (flags & MDBX_MULTIPLE) && !tree_is_fixed(tree) ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

int api_put_refused(MDBX_val *data, unsigned flags, int rc) {
  ASSERT(rc != MDBX_SUCCESS);
  if (data && flags & MDBX_MULTIPLE)
    data[1].iov_len = 0;
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- reading */

int mdbx_get(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data) {
  struct tree *tree;
  struct seek_key prepared;
  struct leaf_item item;
  int rc = api_tree(txn, dbi, &tree);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!key || !data))
    return MDBX_EINVAL;
  rc = admit_search_key(txn->view, tree, key, &prepared);
  if (likely(rc == MDBX_SUCCESS))
    rc = tree_find(txn->view, tree, &prepared, &item);
  return rc == MDBX_SUCCESS ? tree_value(txn->view, tree, &item, data) : rc;
}

int mdbx_get_ex(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_val *key, MDBX_val *data, size_t *count) {
  struct tree *tree;
  struct seek_key prepared;
  struct leaf_item item;
  if (count)
    *count = 0;
  int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !data)
    return MDBX_EINVAL;
  rc = admit_search_key(txn->view, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(txn->view, tree, &prepared, &item);
  if (rc == MDBX_SUCCESS)
    rc = tree_value(txn->view, tree, &item, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  *key = val_of(item.key, item.key_length);
  return count ? values_count_of(txn->view, tree, &item, count) : MDBX_SUCCESS;
}

int mdbx_get_equal_or_great(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_val *key, MDBX_val *data) {
  struct tree *tree;
  struct cursor cursor;
  const int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !data)
    return MDBX_EINVAL;
  if (!admit_has_length(txn->view, tree, key))
    return MDBX_BAD_VALSIZE;
  cursor_init(&cursor);
  cursor_attach(&cursor, txn->view, tree, NULL);
  return cursor_get(&cursor, key, data, MDBX_SET_LOWERBOUND);
}

/* --------------------------------------------------------------------------------------------------------- writing */

int mdbx_put(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data, MDBX_put_flags_t flags) {
  struct tree *tree;
  int rc = api_tree_for_write(txn, dbi, &tree);
  if (unlikely(rc != MDBX_SUCCESS))
    return api_put_refused(data, flags, rc);
  if (unlikely(!key || !data))
    return MDBX_EINVAL;
  rc = api_put_flags(tree, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct txn_change change = {txn, tree, NULL};
  return flags & MDBX_MULTIPLE ? txn_put_multiple(&change, key, data, flags) : txn_put(&change, key, data, flags);
}

int mdbx_del(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, const MDBX_val *data) {
  struct tree *tree;
  const int rc = api_tree_for_write(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct txn_change change = {txn, tree, NULL};
  return key ? txn_delete(&change, key, data) : MDBX_EINVAL;
}

/* --------------------------------------------------------------------------------------------------------- replace */

static int check_replace_flags(const struct tree *tree, unsigned flags, bool deleting) {
  const bool chosen = (flags & (MDBX_CURRENT | MDBX_NOOVERWRITE)) == (MDBX_CURRENT | MDBX_NOOVERWRITE);
  if (flags & ~(unsigned)(MDBX_NOOVERWRITE | MDBX_CURRENT | MDBX_NODUPDATA | MDBX_ALLDUPS | MDBX_RESERVE | MDBX_APPEND |
                          MDBX_APPENDDUP))
    return MDBX_EINVAL;
  if (deleting && (!(flags & MDBX_CURRENT) || (flags & MDBX_RESERVE)))
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && tree_is_multi(tree))
    return MDBX_INCOMPATIBLE;
  return chosen && !tree_is_multi(tree) ? MDBX_EINVAL : MDBX_SUCCESS;
}

int mdbx_replace_ex(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *new_data, MDBX_val *old_data,
                    MDBX_put_flags_t flags, MDBX_preserve_func preserve, void *preserve_context) {
  struct tree *tree;
  int rc = api_tree_for_write(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !old_data || old_data == new_data)
    return MDBX_EINVAL;
  rc = check_replace_flags(tree, flags, !new_data);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct replacement replacement = {.change = {txn, tree, NULL},
                                          .key = key,
                                          .new_data = new_data,
                                          .old_data = old_data,
                                          .flags = flags,
                                          .preserve = preserve,
                                          .context = preserve_context};
  return txn_replace(&replacement);
}

int mdbx_replace(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *new_data, MDBX_val *old_data,
                 MDBX_put_flags_t flags) {
  return mdbx_replace_ex(txn, dbi, key, new_data, old_data, flags, NULL, NULL);
}

/* ------------------------------------------------------------------------------------------------- odds and ends */

int mdbx_is_dirty(const MDBX_txn *txn, const void *ptr) {
  const int rc = txn_check(txn);
  return rc == MDBX_SUCCESS ? txn_is_dirty(txn, ptr) : rc;
}

int mdbx_canary_put(MDBX_txn *txn, const MDBX_canary *canary) {
  const int rc = txn_check_write(txn);
  if (rc == MDBX_SUCCESS)
    txn_set_canary(txn, canary);
  return rc;
}

int mdbx_canary_get(const MDBX_txn *txn, MDBX_canary *canary) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!canary)
    return MDBX_EINVAL;
  *canary = txn->root->canary;
  return MDBX_SUCCESS;
}
