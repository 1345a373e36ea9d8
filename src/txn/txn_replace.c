/* SPDX-License-Identifier: Apache-2.0 */
/* The record is searched once: reading, returning and changing it use the same path. */
#include "txn/txn_replace.h"

#include "base/assert.h"
#include "tree/admit.h"
#include "tree/recent.h"
#include "txn/txn_cursor.h"

struct replacing {
  const struct replacement *given;
  MDBX_txn *txn;
  struct tree *tree;
  struct space *space;
  struct seek_key key;
  struct path path;
  struct change record; /* of the three */
  bool exact;
};

/* Returns the old value: a copy if its page will change, else a pointer to it. */
static int hand_out(const struct replacing *replacing, const MDBX_val *stored) {
  const struct replacement *given = replacing->given;
  MDBX_val *old = given->old_data;
  if (txn_is_dirty(replacing->txn, stored->iov_base) == MDBX_RESULT_FALSE) {
    *old = *stored;
    return MDBX_SUCCESS;
  }
  if (given->preserve)
    return given->preserve(given->context, old, stored->iov_base, stored->iov_len);
  if (!old->iov_base || old->iov_len < stored->iov_len) {
    *old = (MDBX_val){NULL, stored->iov_len};
    return MDBX_RESULT_TRUE;
  }
  old->iov_len = stored->iov_len;
  if (stored->iov_len)
    memcpy(old->iov_base, stored->iov_base, stored->iov_len);
  return MDBX_SUCCESS;
}

/* MDBX_APPEND: no key follows this one. */
static int check_last(const struct replacing *replacing) {
  const struct path *path = &replacing->path;
  if (!(replacing->given->flags & MDBX_APPEND) || !path->depth)
    return MDBX_SUCCESS;
  const struct path_level *leaf = &path->level[path->depth - 1];
  const bool last = path_is_at_edge(path, true) && leaf->index + replacing->exact == leaf->page->count;
  return last ? MDBX_SUCCESS : MDBX_EKEYMISMATCH;
}

/* Puts a value that replaces all values of the key. */
static int put_here(struct replacing *replacing, unsigned flags) {
  MDBX_val *data = replacing->given->new_data;
  int rc = admit_value(replacing->txn->view, replacing->tree, data);
  if (rc == MDBX_SUCCESS)
    rc = check_last(replacing);
  if (rc != MDBX_SUCCESS)
    return rc;
  const size_t length = data->iov_len;
  if (replacing->exact && tree_is_multi(replacing->tree))
    txn_change_doubt(&replacing->given->change, &replacing->path);
  rc = tree_is_multi(replacing->tree) ? dup_put_at(&replacing->record, replacing->exact, data, flags)
                                      : tree_put_at(&replacing->record, replacing->exact, data, flags);
  if (rc == MDBX_SUCCESS)
    admit_note_sizes(replacing->tree, replacing->key.length, length);
  return txn_mark(replacing->txn, rc);
}

/* Deletes the record with all its values. */
static int delete_here(struct replacing *replacing) {
  bool moved;
  txn_change_doubt(&replacing->given->change, &replacing->path);
  return txn_mark(replacing->txn, tree_delete_at(replacing->space, replacing->tree, &replacing->path, &moved));
}

static int replace_absent(struct replacing *replacing) {
  if (replacing->given->flags & MDBX_CURRENT)
    return MDBX_NOTFOUND;
  *replacing->given->old_data = (MDBX_val){NULL, 0};
  return put_here(replacing, replacing->given->flags);
}

static int replace_single(struct replacing *replacing, const struct leaf_item *item) {
  const struct replacement *given = replacing->given;
  MDBX_val stored;
  if (item->kind != NODE_PLAIN && item->kind != NODE_LARGE)
    return MDBX_INCOMPATIBLE;
  int rc = tree_value(replacing->txn->view, replacing->tree, item, &stored);
  if (rc == MDBX_SUCCESS)
    rc = hand_out(replacing, &stored);
  if (rc != MDBX_SUCCESS)
    return rc;
  return given->new_data ? put_here(replacing, given->flags & MDBX_RESERVE) : delete_here(replacing);
}

/* MDBX_APPENDDUP: the new value is greater than all others. */
static int check_appended(const struct replacing *replacing, const struct value_set *set) {
  const struct replacement *given = replacing->given;
  struct value_set last = *set;
  if (!(given->flags & MDBX_APPENDDUP) || !given->new_data)
    return MDBX_SUCCESS;
  const int rc = values_last(&last);
  if (rc != MDBX_SUCCESS)
    return rc;
  const MDBX_val stored = values_get(&last);
  const int order = key_compare_raw(&replacing->tree->values, given->new_data->iov_len ? given->new_data->iov_base : "",
                                    given->new_data->iov_len, stored.iov_base, stored.iov_len);
  return order > 0 ? MDBX_SUCCESS : MDBX_EKEYMISMATCH;
}

/* Moves to the selected value: the one given in old_data, or the first. */
static int choose_value(const struct replacing *replacing, struct value_set *set) {
  const struct replacement *given = replacing->given;
  bool exact = true;
  int rc;
  if (given->flags & MDBX_NOOVERWRITE) {
    rc = values_seek(set, given->old_data, &exact);
  } else {
    if (values_count(set) > 1 && (given->flags & MDBX_CURRENT))
      return MDBX_EMULTIVAL;
    rc = values_first(set);
  }
  return rc == MDBX_SUCCESS && !exact ? MDBX_NOTFOUND : rc;
}

/* Replaces or deletes the value at the position of the set; with MDBX_ALLDUPS all values. */
static int exchange(struct replacing *replacing, struct value_set *set) {
  const struct replacement *given = replacing->given;
  struct path *path = &replacing->path;
  if (given->flags & MDBX_ALLDUPS)
    return given->new_data ? put_here(replacing, MDBX_ALLDUPS) : delete_here(replacing);
  txn_change_doubt(&given->change, path);
  return txn_mark(replacing->txn, given->new_data ? dup_replace(&replacing->record, set, given->new_data)
                                                  : dup_erase(replacing->space, replacing->tree, path, set));
}

/* Changes one of the values of a key. */
static int replace_one(struct replacing *replacing, const struct leaf_item *item) {
  const struct replacement *given = replacing->given;
  struct value_set set;
  int rc = given->new_data ? admit_value(replacing->txn->view, replacing->tree, given->new_data) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = values_open(replacing->txn->view, replacing->tree, item, &set);
  if (rc == MDBX_SUCCESS)
    rc = choose_value(replacing, &set);
  if (rc == MDBX_SUCCESS)
    rc = check_last(replacing);
  if (rc == MDBX_SUCCESS)
    rc = check_appended(replacing, &set);
  if (rc == MDBX_SUCCESS && !(given->flags & MDBX_NOOVERWRITE)) {
    const MDBX_val stored = values_get(&set);
    rc = hand_out(replacing, &stored);
  }
  return rc == MDBX_SUCCESS ? exchange(replacing, &set) : rc;
}

static int replace_present(struct replacing *replacing) {
  const struct replacement *given = replacing->given;
  struct leaf_item item;
  path_item(&replacing->path, &item);
  if ((given->flags & (MDBX_NOOVERWRITE | MDBX_CURRENT)) == MDBX_NOOVERWRITE) {
    const int rc = tree_value(replacing->txn->view, replacing->tree, &item, given->old_data);
    return rc == MDBX_SUCCESS ? MDBX_KEYEXIST : rc;
  }
  return tree_is_multi(replacing->tree) ? replace_one(replacing, &item) : replace_single(replacing, &item);
}

int txn_replace(const struct replacement *replacement) {
  const struct txn_change *change = &replacement->change;
  ASSERT(!change->cursor);
  struct replacing replacing;
  replacing.given = replacement;
  replacing.txn = change->txn;
  replacing.tree = change->tree;
  replacing.space = &change->txn->root->space;
  replacing.record =
      (struct change){.space = replacing.space, .tree = change->tree, .path = &replacing.path, .key = &replacing.key};
  int rc = admit_key(change->txn->view, change->tree, replacement->key, &replacing.key);
  if (rc == MDBX_SUCCESS)
    rc = txn_change_begin(change, !replacement->new_data);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek_to_change(replacing.space, replacing.tree, &replacing.key, &replacing.path, &replacing.exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  return replacing.exact ? replace_present(&replacing) : replace_absent(&replacing);
}
