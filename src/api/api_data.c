/* SPDX-License-Identifier: Apache-2.0 */
/* Reading, writing and deleting by key. */
#include "api/api.h"

#include "tree/recent.h"
#include "txn/txn_cursor.h"
#include "txn/txn_write.h"

#include <stdlib.h>

/* ---------------------------------------------------------------------------------------------------------- checks */

/* Length of all keys of an INTEGERKEY table, 0 while it has none. */
static size_t integer_length(const struct tree *tree) { return tree_is_empty(tree) ? 0 : tree->record.key_item; }

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

int api_put_flags(const struct tree *tree, unsigned flags) {
  if (flags & ~(unsigned)PUT_FLAGS_KNOWN)
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && (flags & MDBX_MULTIPLE))
    return MDBX_EINVAL;
  if ((flags & MDBX_RESERVE) && tree_is_multi(tree))
    return MDBX_INCOMPATIBLE;
  return (flags & MDBX_MULTIPLE) && !(tree->record.flags & TABLE_DUPFIXED) ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

/* Length of all values of a DUPFIXED table, 0 while it has none. */
static size_t fixed_length(const struct tree *tree) { return tree_is_empty(tree) ? 0 : tree->record.value_item; }

int api_value(const MDBX_txn *txn, const struct tree *tree, const MDBX_val *value) {
  const unsigned flags = tree->record.flags;
  if (!tree_is_multi(tree))
    return value->iov_len <= MDBX_MAXDATASIZE ? MDBX_SUCCESS : MDBX_BAD_VALSIZE;
  if (value->iov_len > limit_pair(txn->view->page_size))
    return MDBX_BAD_VALSIZE;
  if ((flags & TABLE_INTEGERDUP) && value->iov_len != 4 && value->iov_len != 8)
    return MDBX_BAD_VALSIZE;
  if ((flags & TABLE_DUPFIXED) && !tree_is_empty(tree) && fixed_length(tree) != value->iov_len)
    return MDBX_BAD_VALSIZE;
  return tree->values.unknown ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

void api_note_sizes(struct tree *tree, const MDBX_val *key, const MDBX_val *value) {
  const unsigned flags = tree->record.flags;
  if (likely(!(flags & (TABLE_INTEGERKEY | TABLE_DUPFIXED))))
    return;
  tree->record.key_item = flags & TABLE_INTEGERKEY ? (uint8_t)key->iov_len : 0;
  tree->record.value_item = flags & TABLE_DUPFIXED ? (uint16_t)value->iov_len : 0;
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
  rc = api_search_key(txn, tree, key, &prepared);
  if (likely(rc == MDBX_SUCCESS))
    rc = tree_find(txn->view, tree, &prepared, &item);
  return rc == MDBX_SUCCESS ? tree_value(txn->view, tree, &item, data) : rc;
}

static int count_values(const MDBX_txn *txn, struct tree *tree, const struct leaf_item *item, size_t *count) {
  struct value_set set;
  *count = 1;
  if (!tree_is_multi(tree))
    return MDBX_SUCCESS;
  const int rc = values_open(txn->view, tree, item, &set);
  if (rc == MDBX_SUCCESS)
    *count = (size_t)values_count(&set);
  return rc;
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
    rc = tree_value(txn->view, tree, &item, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  *key = (MDBX_val){(void *)(uintptr_t)item.key, item.key_length};
  return count ? count_values(txn, tree, &item, count) : MDBX_SUCCESS;
}

int mdbx_get_equal_or_great(const MDBX_txn *txn, MDBX_dbi dbi, MDBX_val *key, MDBX_val *data) {
  struct tree *tree;
  struct seek_key unused;
  struct cursor cursor;
  int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !data)
    return MDBX_EINVAL;
  rc = api_store_key(txn, tree, key, &unused);
  if (rc == MDBX_SUCCESS && tree_is_multi(tree) && data->iov_base)
    rc = api_value(txn, tree, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  cursor_init(&cursor);
  cursor_attach(&cursor, txn->view, tree, NULL);
  return cursor_get(&cursor, key, data, MDBX_SET_LOWERBOUND);
}

/* --------------------------------------------------------------------------------------------------------- writing */

/* What every change by key begins with. */
static int begin_change(MDBX_txn *txn, struct tree *tree, bool deleting) {
  const int rc = txn_make_room(txn, tree, deleting);
  if (rc != MDBX_SUCCESS)
    return rc;
  return deleting ? txn_cursors_detach_to_delete(txn, tree, NULL) : txn_cursors_detach(txn, tree, NULL);
}

/* The record at the path, or one of its values, is about to go. */
static void doubt_record(MDBX_txn *txn, const struct tree *tree, const struct path *path) {
  struct leaf_item item;
  path_item(path, &item);
  const MDBX_val key = {(void *)(uintptr_t)item.key, item.key_length};
  txn_cursors_doubt(txn, tree, NULL, &key, NULL);
}

static int put_tree(MDBX_txn *txn, struct tree *tree, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  struct path path;
  return tree_is_multi(tree) ? dup_put(&txn->root->space, tree, &path, key, data, flags)
                             : tree_put(&txn->root->space, tree, &path, key, data, flags);
}

static int put_checked(MDBX_txn *txn, struct tree *tree, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct seek_key prepared;
  int rc = api_store_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = api_value(txn, tree, data);
  if (rc == MDBX_SUCCESS)
    rc = begin_change(txn, tree, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  const MDBX_val sizes = {NULL, data->iov_len};
  if (tree_is_multi(tree) && (flags & (MDBX_ALLDUPS | MDBX_CURRENT)))
    txn_cursors_doubt(txn, tree, NULL, key, NULL);
  rc = put_tree(txn, tree, &prepared, data, flags);
  if (rc == MDBX_SUCCESS)
    api_note_sizes(tree, key, &sizes);
  return txn_mark(txn, rc);
}

/* ---------------------------------------------------------------------------------------------- many values at once */

static int key_exists(const struct multiple *multiple, bool *exists) {
  struct seek_key prepared;
  struct leaf_item item;
  int rc = api_store_key(multiple->txn, multiple->tree, multiple->key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = tree_find(multiple->txn->view, multiple->tree, &prepared, &item);
  *exists = rc == MDBX_SUCCESS;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int put_elements(struct multiple *multiple, const MDBX_val *first, size_t count, size_t *written,
                        unsigned first_flags) {
  const unsigned later = multiple->flags & (MDBX_NODUPDATA | MDBX_APPEND | MDBX_APPENDDUP);
  for (size_t i = 0; i < count; ++i) {
    MDBX_val value = {(uint8_t *)first->iov_base + i * first->iov_len, first->iov_len};
    const int rc = multiple->put(multiple, &value, i ? later : later | first_flags);
    if (rc != MDBX_SUCCESS)
      return rc;
    *written += 1;
  }
  return MDBX_SUCCESS;
}

/* Key and elements may lie in the database, where each put may move them: all work is done with copies. */
static int put_copied(struct multiple *multiple, const MDBX_val *first, size_t count, size_t *written,
                      unsigned first_flags) {
  const MDBX_val *given = multiple->key;
  if (first->iov_len && count > (SIZE_MAX / 2 - given->iov_len) / first->iov_len)
    return MDBX_EINVAL;
  const size_t bytes = count * first->iov_len;
  uint8_t *memory = malloc(given->iov_len + bytes + 1);
  if (!memory)
    return MDBX_ENOMEM;
  const MDBX_val key = {memory, given->iov_len}, elements = {memory + given->iov_len, first->iov_len};
  if (key.iov_len)
    memcpy(key.iov_base, given->iov_base, key.iov_len);
  if (bytes)
    memcpy(elements.iov_base, first->iov_base, bytes);
  multiple->key = &key;
  const int rc = put_elements(multiple, &elements, count, written, first_flags);
  multiple->key = given;
  free(memory);
  return rc;
}

int api_put_multiple(struct multiple *multiple, MDBX_val *data) {
  const MDBX_val first = data[0];
  const size_t count = data[1].iov_len;
  const unsigned flags = multiple->flags;
  bool exists;
  data[1].iov_len = 0;
  int rc = key_exists(multiple, &exists);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (exists ? flags & MDBX_NOOVERWRITE : flags & MDBX_CURRENT)
    return exists ? MDBX_KEYEXIST : MDBX_NOTFOUND;
  if (!count)
    return flags & MDBX_CURRENT ? multiple->remove(multiple) : MDBX_SUCCESS;
  const bool anew = exists && (flags & (MDBX_CURRENT | MDBX_ALLDUPS));
  return put_copied(multiple, &first, count, &data[1].iov_len, anew ? MDBX_ALLDUPS : 0);
}

static int put_element(struct multiple *multiple, MDBX_val *value, unsigned flags) {
  return put_checked(multiple->txn, multiple->tree, multiple->key, value, flags);
}

static int delete_key(MDBX_txn *txn, struct tree *tree, const MDBX_val *key, const MDBX_val *data);

static int remove_key(struct multiple *multiple) {
  return delete_key(multiple->txn, multiple->tree, multiple->key, NULL);
}

static int put_multiple(MDBX_txn *txn, struct tree *tree, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct multiple multiple = {txn, tree, key, flags, put_element, remove_key};
  return api_put_multiple(&multiple, data);
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
  rc = api_put_flags(tree, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flags & MDBX_MULTIPLE)
    return put_multiple(txn, tree, key, data, flags);
  if (!tree_is_multi(tree) &&
      (flags & (MDBX_CURRENT | MDBX_NOOVERWRITE)) == (MDBX_CURRENT | MDBX_NOOVERWRITE))
    return put_contradiction(txn, tree, key);
  return put_checked(txn, tree, key, data, flags);
}

static bool values_equal(const MDBX_val *a, const MDBX_val *b) {
  return a->iov_len == b->iov_len && (!a->iov_len || memcmp(a->iov_base, b->iov_base, a->iov_len) == 0);
}

/* Deletes the record at the path if its value is that one; of several values only that one. */
static int delete_pair(MDBX_txn *txn, struct tree *tree, struct path *path, const MDBX_val *data) {
  struct leaf_item item;
  struct value_set set;
  MDBX_val stored;
  bool exact = false, moved;
  path_item(path, &item);
  if (!tree_is_multi(tree)) {
    const int rc = tree_value(txn->view, tree, &item, &stored);
    if (rc != MDBX_SUCCESS)
      return rc;
    return values_equal(&stored, data) ? tree_delete_at(&txn->root->space, tree, path, &moved) : MDBX_NOTFOUND;
  }
  int rc = api_value(txn, tree, data);
  if (rc == MDBX_SUCCESS)
    rc = values_open(txn->view, tree, &item, &set);
  if (rc == MDBX_SUCCESS)
    rc = values_seek(&set, data, &exact);
  if (rc == MDBX_SUCCESS)
    rc = exact ? dup_erase(&txn->root->space, tree, path, &set) : MDBX_NOTFOUND;
  return rc;
}

static int delete_key(MDBX_txn *txn, struct tree *tree, const MDBX_val *key, const MDBX_val *data) {
  struct seek_key prepared;
  struct path path;
  bool exact, moved;
  int rc = api_search_key(txn, tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = begin_change(txn, tree, true);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek_to_change(&txn->root->space, tree, &prepared, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!exact)
    return MDBX_NOTFOUND;
  doubt_record(txn, tree, &path);
  return txn_mark(txn, data ? delete_pair(txn, tree, &path, data) : tree_delete_at(&txn->root->space, tree, &path, &moved));
}

int mdbx_del(MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *key, const MDBX_val *data) {
  struct tree *tree;
  const int rc = api_tree_for_write(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  return key ? delete_key(txn, tree, key, data) : MDBX_EINVAL;
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

static int replace_single(const struct replacing *replacing, const struct leaf_item *item) {
  MDBX_val stored;
  if (item->kind != NODE_PLAIN && item->kind != NODE_LARGE)
    return MDBX_INCOMPATIBLE;
  int rc = tree_value(replacing->txn->view, replacing->tree, item, &stored);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = hand_out(replacing, &stored, mdbx_is_dirty(replacing->txn, stored.iov_base) != MDBX_RESULT_FALSE);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!replacing->new_data)
    return mdbx_del(replacing->txn, replacing->dbi, replacing->key, NULL);
  return put_checked(replacing->txn, replacing->tree, replacing->key, replacing->new_data,
                     replacing->flags & (MDBX_RESERVE | MDBX_APPEND));
}

/* MDBX_ALLDUPS: all values of the key give way to one, or go. */
static int exchange_all(const struct replacing *replacing) {
  if (!replacing->new_data)
    return delete_key(replacing->txn, replacing->tree, replacing->key, NULL);
  return put_checked(replacing->txn, replacing->tree, replacing->key, replacing->new_data, MDBX_ALLDUPS);
}

/* MDBX_APPENDDUP: the new value comes behind all others; MDBX_APPEND: and its key behind all others. */
static int check_appended(const struct replacing *replacing, const struct value_set *set) {
  struct value_set last = *set;
  struct path path;
  struct leaf_item item;
  int rc = MDBX_SUCCESS;
  if (replacing->flags & MDBX_APPEND) {
    rc = tree_last(replacing->txn->view, replacing->tree, &path);
    if (rc != MDBX_SUCCESS)
      return rc;
    path_item(&path, &item);
    if (key_compare_raw(&replacing->tree->rules, replacing->key->iov_len ? replacing->key->iov_base : "",
                        replacing->key->iov_len, item.key, item.key_length) != 0)
      return MDBX_EKEYMISMATCH;
  }
  if (!(replacing->flags & MDBX_APPENDDUP) || !replacing->new_data)
    return MDBX_SUCCESS;
  rc = values_last(&last);
  if (rc != MDBX_SUCCESS)
    return rc;
  const MDBX_val stored = values_get(&last), *given = replacing->new_data;
  const int order = key_compare_raw(&replacing->tree->values, given->iov_len ? given->iov_base : "", given->iov_len,
                                    stored.iov_base, stored.iov_len);
  return order > 0 ? MDBX_SUCCESS : MDBX_EKEYMISMATCH;
}

/* The value at the position of the set gives way to another, or goes. */
static int exchange(const struct replacing *replacing, struct value_set *set) {
  MDBX_txn *txn = replacing->txn;
  struct seek_key key;
  struct path path;
  bool exact;
  const MDBX_val chosen = values_get(set);
  int rc = api_store_key(txn, replacing->tree, replacing->key, &key);
  if (rc == MDBX_SUCCESS)
    rc = begin_change(txn, replacing->tree, !replacing->new_data);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(txn->view, replacing->tree, &key, &path, &exact);
  /* Making room may have moved the pages out of memory: the set is opened again on them. */
  struct leaf_item item;
  if (rc == MDBX_SUCCESS && !exact)
    rc = MDBX_NOTFOUND;
  if (rc == MDBX_SUCCESS) {
    path_item(&path, &item);
    rc = values_open(txn->view, replacing->tree, &item, set);
  }
  if (rc == MDBX_SUCCESS)
    rc = values_seek(set, &chosen, &exact);
  if (rc == MDBX_SUCCESS && !exact)
    rc = snapshot_damage(txn->view, "the values of a key are out of order: one is not found again");
  if (rc != MDBX_SUCCESS)
    return rc;
  doubt_record(txn, replacing->tree, &path);
  return txn_mark(txn, replacing->new_data
                           ? dup_replace(&txn->root->space, replacing->tree, &path, &key, set, replacing->new_data)
                           : dup_erase(&txn->root->space, replacing->tree, &path, set));
}

/* One of the values of a key: the one given in old_data, or the first. */
static int replace_one(const struct replacing *replacing, const struct leaf_item *item) {
  const bool chosen = replacing->flags & MDBX_NOOVERWRITE;
  struct value_set set;
  bool exact = true;
  int rc = replacing->new_data ? api_value(replacing->txn, replacing->tree, replacing->new_data) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = values_open(replacing->txn->view, replacing->tree, item, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (chosen) {
    rc = values_seek(&set, replacing->old_data, &exact);
  } else {
    if (values_count(&set) > 1 && (replacing->flags & MDBX_CURRENT))
      return MDBX_EMULTIVAL;
    rc = values_first(&set);
  }
  if (rc != MDBX_SUCCESS || !exact)
    return rc == MDBX_SUCCESS ? MDBX_NOTFOUND : rc;
  rc = check_appended(replacing, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!chosen) {
    const MDBX_val stored = values_get(&set);
    rc = hand_out(replacing, &stored, mdbx_is_dirty(replacing->txn, stored.iov_base) != MDBX_RESULT_FALSE);
  }
  if (rc != MDBX_SUCCESS)
    return rc;
  return replacing->flags & MDBX_ALLDUPS ? exchange_all(replacing) : exchange(replacing, &set);
}

static int replace_present(const struct replacing *replacing, const struct leaf_item *item) {
  if ((replacing->flags & (MDBX_NOOVERWRITE | MDBX_CURRENT)) == MDBX_NOOVERWRITE) {
    const int rc = tree_value(replacing->txn->view, replacing->tree, item, replacing->old_data);
    return rc == MDBX_SUCCESS ? MDBX_KEYEXIST : rc;
  }
  return tree_is_multi(replacing->tree) ? replace_one(replacing, item) : replace_single(replacing, item);
}

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
  struct replacing replacing = {txn, dbi, NULL, key, new_data, old_data, flags, preserve, preserve_context};
  struct seek_key prepared;
  struct leaf_item item;
  int rc = api_tree_for_write(txn, dbi, &replacing.tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!key || !old_data || old_data == new_data)
    return MDBX_EINVAL;
  rc = check_replace_flags(replacing.tree, flags, !new_data);
  if (rc == MDBX_SUCCESS)
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
  const struct space *space = &txn->root->space;
  return (space->writemap && space->dirty.used) || space->spilled ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int mdbx_canary_put(MDBX_txn *txn, const MDBX_canary *canary) {
  const int rc = txn_check_write(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  MDBX_canary *own = &txn->root->canary;
  if (canary && own->x == canary->x && own->y == canary->y && own->z == canary->z)
    return MDBX_SUCCESS;
  if (canary)
    *own = *canary;
  own->v = txn->view->txnid;
  txn->root->canary_changed = true;
  return MDBX_SUCCESS;
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
