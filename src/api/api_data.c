/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and deleting by key. */
#include "api/api.h"

#include <stdlib.h>

/* ---------------------------------------------------------------------------------------------------------- checks */

/* Length of all keys of an INTEGERKEY table, 0 while it has none. */
static size_t integer_length(const struct tree *tree) { return tree_is_empty(tree) ? 0 : tree->record.item & 0xffff; }

static bool integer_length_fits(const struct tree *tree, size_t length) {
  const size_t present = integer_length(tree);
  return (length == 4 || length == 8) && (!present || present == length);
}

int api_search_key(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, struct seek_key *prepared) {
  if (unlikely(key->iov_len > limit_key(txn->view->page_size, tree->record.flags)))
    return tree->record.flags & TABLE_INTEGERKEY ? MDBX_BAD_VALSIZE : MDBX_NOTFOUND;
  if (unlikely((tree->record.flags & TABLE_INTEGERKEY) && !integer_length_fits(tree, key->iov_len)))
    return MDBX_BAD_VALSIZE;
  if (unlikely(tree->rules.unknown && tree->rules.order == ORDER_USER))
    return MDBX_INCOMPATIBLE;
  return tree_prepare_key(tree, key, prepared);
}

int api_store_key(const MDBX_txn *txn, struct tree *tree, const MDBX_val *key, struct seek_key *prepared) {
  const int rc = api_search_key(txn, tree, key, prepared);
  return rc == MDBX_NOTFOUND ? MDBX_BAD_VALSIZE : rc;
}

int api_put_flags(unsigned flags) {
  if (flags & ~(unsigned)PUT_FLAGS_KNOWN)
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && (flags & MDBX_MULTIPLE))
    return MDBX_EINVAL;
  return flags & MDBX_MULTIPLE ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

void api_note_key(struct tree *tree, const MDBX_val *key) {
  if (tree->record.flags & TABLE_INTEGERKEY)
    tree->record.item = (tree->record.item & 0xffff0000u) | (uint32_t)key->iov_len;
}

static bool value_length_fits(const MDBX_val *data) { return data->iov_len <= MDBX_MAXDATASIZE; }

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
  rc = api_search_key(txn, tree, key, &prepared);
  if (likely(rc == MDBX_SUCCESS))
    rc = tree_find(txn->view, tree, &prepared, &item);
  return rc == MDBX_SUCCESS ? tree_value(txn->view, &item, data) : rc;
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
  rc = api_search_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(txn->view, tree, &prepared, &item);
  if (rc == MDBX_SUCCESS)
    rc = tree_value(txn->view, &item, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  *key = (MDBX_val){(void *)(uintptr_t)item.key, item.key_length};
  if (count)
    *count = 1;
  return MDBX_SUCCESS;
}

int mdbx_get_equal_or_great(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_val *key, MDBX_val *data) {
  struct tree *tree;
  struct seek_key prepared;
  struct path path;
  struct leaf_item item;
  bool exact;
  int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !data)
    return MDBX_EINVAL;
  rc = api_store_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, tree, &prepared, &path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = path_settle(txn->view, tree, &path);
  if (rc != MDBX_SUCCESS)
    return rc;
  path_item(&path, &item);
  *key = (MDBX_val){(void *)(uintptr_t)item.key, item.key_length};
  rc = tree_value(txn->view, &item, data);
  return rc == MDBX_SUCCESS && !exact ? MDBX_RESULT_TRUE : rc;
}

/* --------------------------------------------------------------------------------------------------------- writing */

/* What every change by key begins with. */
static int begin_change(MDBX_txn *txn, struct tree *tree, bool deleting) {
  const int rc = txn_make_room(txn, tree, deleting);
  return rc == MDBX_SUCCESS ? txn_cursors_detach(txn, tree, NULL) : rc;
}

static int put_checked(MDBX_txn *txn, struct tree *tree, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct seek_key prepared;
  struct path path;
  int rc = api_store_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS && !value_length_fits(data))
    rc = MDBX_BAD_VALSIZE;
  if (rc == MDBX_SUCCESS)
    rc = begin_change(txn, tree, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = tree_put(&txn->space, tree, &path, &prepared, data, flags);
  if (rc == MDBX_SUCCESS)
    api_note_key(tree, key);
  return txn_mark(txn, rc);
}

/* CURRENT and NOOVERWRITE contradict each other unless the key is absent. */
static int put_contradiction(MDBX_txn *txn, struct tree *tree, const MDBX_val *key) {
  struct seek_key prepared;
  struct leaf_item item;
  int rc = api_store_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(txn->view, tree, &prepared, &item);
  return rc == MDBX_SUCCESS ? MDBX_EINVAL : rc;
}

int mdbx_put(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *data, MDBX_put_flags_t flags) {
  struct tree *tree;
  int rc = api_tree_for_write(txn, dbi, &tree);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!key || !data))
    return MDBX_EINVAL;
  rc = api_put_flags(flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((flags & (MDBX_CURRENT | MDBX_NOOVERWRITE)) == (MDBX_CURRENT | MDBX_NOOVERWRITE))
    return put_contradiction(txn, tree, key);
  return put_checked(txn, tree, key, data, flags);
}

static bool values_equal(const MDBX_val *a, const MDBX_val *b) {
  return a->iov_len == b->iov_len && (!a->iov_len || memcmp(a->iov_base, b->iov_base, a->iov_len) == 0);
}

int mdbx_del(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, const MDBX_val *data) {
  struct tree *tree;
  struct seek_key prepared;
  struct path path;
  struct leaf_item item;
  bool exact, moved;
  int rc = api_tree_for_write(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key)
    return MDBX_EINVAL;
  rc = api_search_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = begin_change(txn, tree, true);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, tree, &prepared, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!exact)
    return MDBX_NOTFOUND;
  if (data) {
    MDBX_val stored;
    path_item(&path, &item);
    rc = tree_value(txn->view, &item, &stored);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (!values_equal(&stored, data))
      return MDBX_NOTFOUND;
  }
  return txn_mark(txn, tree_delete_at(&txn->space, tree, &path, &moved));
}

/* --------------------------------------------------------------------------------------------------------- replace */

struct replacing {
  MDBX_txn *txn;
  MDBX_dbi dbi;
  struct tree *tree;
  const MDBX_val *key;
  MDBX_val *new_data, *old_data;
  unsigned flags;
  MDBX_preserve_func preserve;
  void *context;
};

/* Hands the old value out: copied if its page will change under it, else where it lies. */
static int hand_out(const struct replacing *replacing, const MDBX_val *stored, bool dirty) {
  MDBX_val *old = replacing->old_data;
  if (!dirty) {
    *old = *stored;
    return MDBX_SUCCESS;
  }
  if (replacing->preserve)
    return replacing->preserve(replacing->context, old, stored->iov_base, stored->iov_len);
  if (!old->iov_base || old->iov_len < stored->iov_len) {
    *old = (MDBX_val){NULL, stored->iov_len};
    return MDBX_RESULT_TRUE;
  }
  old->iov_len = stored->iov_len;
  if (stored->iov_len)
    memcpy(old->iov_base, stored->iov_base, stored->iov_len);
  return MDBX_SUCCESS;
}

static int replace_absent(const struct replacing *replacing) {
  if (replacing->flags & MDBX_CURRENT)
    return MDBX_NOTFOUND;
  *replacing->old_data = (MDBX_val){NULL, 0};
  return put_checked(replacing->txn, replacing->tree, replacing->key, replacing->new_data, replacing->flags);
}

static int replace_present(const struct replacing *replacing, const struct leaf_item *item) {
  MDBX_val stored;
  if (item->kind != NODE_PLAIN && item->kind != NODE_LARGE)
    return MDBX_INCOMPATIBLE;
  int rc = tree_value(replacing->txn->view, item, &stored);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (replacing->flags & MDBX_NOOVERWRITE) {
    *replacing->old_data = stored;
    return MDBX_KEYEXIST;
  }
  rc = hand_out(replacing, &stored, mdbx_is_dirty(replacing->txn, stored.iov_base) != MDBX_RESULT_FALSE);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!replacing->new_data)
    return mdbx_del(replacing->txn, replacing->dbi, replacing->key, NULL);
  return put_checked(replacing->txn, replacing->tree, replacing->key, replacing->new_data,
                     replacing->flags & ~(unsigned)MDBX_NODUPDATA);
}

int mdbx_replace_ex(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *new_data, MDBX_val *old_data,
                    MDBX_put_flags_t flags, MDBX_preserve_func preserve, void *preserve_context) {
  struct replacing replacing = {txn, dbi, NULL, key, new_data, old_data, flags, preserve, preserve_context};
  struct seek_key prepared;
  struct leaf_item item;
  int rc = api_tree_for_write(txn, dbi, &replacing.tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !old_data || (!new_data && !(flags & MDBX_CURRENT)))
    return MDBX_EINVAL;
  if ((flags & ~(unsigned)(MDBX_NOOVERWRITE | MDBX_CURRENT | MDBX_NODUPDATA)) ||
      (flags & (MDBX_CURRENT | MDBX_NOOVERWRITE)) == (MDBX_CURRENT | MDBX_NOOVERWRITE))
    return MDBX_EINVAL;
  rc = api_store_key(txn, replacing.tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(txn->view, replacing.tree, &prepared, &item);
  if (rc == MDBX_NOTFOUND)
    return replace_absent(&replacing);
  return rc == MDBX_SUCCESS ? replace_present(&replacing, &item) : rc;
}

int mdbx_replace(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, MDBX_val *new_data, MDBX_val *old_data,
                 MDBX_put_flags_t flags) {
  return mdbx_replace_ex(txn, dbi, key, new_data, old_data, flags, NULL, NULL);
}

/* ------------------------------------------------------------------------------------------------- odds and ends */

int mdbx_is_dirty(const MDBX_txn *txn, const void *ptr) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct snapshot *view = txn->view;
  const ptrdiff_t offset = (const uint8_t *)ptr - view->base;
  const bool mapped = offset >= 0 && (size_t)offset < (size_t)view->limit << view->shift;
  if (txn_is_reader(txn))
    return mapped ? MDBX_RESULT_FALSE : MDBX_EINVAL;
  if (!mapped)
    return MDBX_RESULT_TRUE;
  /* In the middle of a run there is no header; only in WRITEMAP mode can a mapped page be a changed one. */
  return txn->space.writemap || txn->space.spilled ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int mdbx_canary_put(MDBX_txn *txn, const MDBX_canary *canary) {
  const int rc = txn_check_write(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  MDBX_canary *own = &txn->canary;
  if (canary && own->x == canary->x && own->y == canary->y && own->z == canary->z)
    return MDBX_SUCCESS;
  if (canary)
    *own = *canary;
  own->v = txn->view->txnid;
  txn->canary_changed = true;
  return MDBX_SUCCESS;
}

int mdbx_canary_get(const MDBX_txn *txn, MDBX_canary *canary) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!canary)
    return MDBX_EINVAL;
  *canary = txn->canary;
  return MDBX_SUCCESS;
}
