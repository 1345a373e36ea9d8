/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/txn_data.h"

#include "base/assert.h"
#include "space/ahead.h"
#include "tree/admit.h"
#include "tree/recent.h"
#include "txn/txn_cursor.h"
#include "txn/txn_write.h"

static inline int begin(const struct txn_change *change, bool deleting) {
  ASSERT(!change->cursor || change->cursor->core.tree == change->tree);
  const int rc = txn_make_room(change->txn, change->tree, deleting);
  if (rc != MDBX_SUCCESS)
    return rc;
  return deleting ? txn_cursors_detach_to_delete(change->txn, change->tree, change->cursor)
                  : txn_cursors_detach(change->txn, change->tree, change->cursor);
}

int txn_change_begin(const struct txn_change *change, bool deleting) { return begin(change, deleting); }

void txn_change_doubt(const struct txn_change *change, const struct path *path) {
  ASSERT(!change->cursor);
  struct leaf_item item;
  path_item(path, &item);
  const MDBX_val key = val_of(item.key, item.key_length);
  txn_cursors_doubt(change->txn, change->tree, NULL, &key, NULL);
}

/* --------------------------------------------------------------------------------------------------------- putting */

static inline int put_tree(const struct txn_change *change, const struct seek_key *key, MDBX_val *data,
                           unsigned flags) {
  struct path path;
  if (change->cursor)
    return cursor_put(&change->cursor->core, key, data, flags);
  struct change record = {.space = &change->txn->root->space, .tree = change->tree, .path = &path, .key = key};
  return tree_is_multi(change->tree) ? dup_put(&record, data, flags) : tree_put(&record, data, flags);
}

/* The same with a value that may be written to the file at once. */
static int put_long_value(const struct txn_change *change, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  int rc = txn_begin_ahead(change->txn);
  if (rc == MDBX_SUCCESS)
    rc = put_tree(change, key, data, flags);
  txn_end_ahead(change->txn);
  return rc;
}

/* Marks cursors when one value replaces all values of the key. */
static void doubt_values(const struct txn_change *change, const struct seek_key *key) {
  const MDBX_val raw = val_of(key->raw, key->length);
  if (tree_is_multi(change->tree))
    txn_cursors_doubt(change->txn, change->tree, change->cursor, &raw, NULL);
}

/* With both flags a put is always refused, and changes nothing. */
static bool is_refused(unsigned flags) {
  const unsigned both = MDBX_CURRENT | MDBX_NOOVERWRITE;
  return (flags & both) == both;
}

static inline int put_prepared(const struct txn_change *change, const struct seek_key *key, MDBX_val *data,
                               unsigned flags) {
  int rc = admit_value(change->txn->view, change->tree, data);
  if (rc == MDBX_SUCCESS)
    rc = begin(change, false);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  const size_t length = data->iov_len;
  if (unlikely(flags & (MDBX_ALLDUPS | MDBX_CURRENT)))
    doubt_values(change, key);
  rc = unlikely(length >= AHEAD_LEAST) ? put_long_value(change, key, data, flags) : put_tree(change, key, data, flags);
  if (rc == MDBX_SUCCESS)
    admit_note_sizes(change->tree, key->length, length);
  return unlikely(is_refused(flags)) ? rc : txn_mark(change->txn, rc);
}

int txn_put_prepared(const struct txn_change *change, const struct seek_key *key, MDBX_val *data, unsigned flags) {
  return put_prepared(change, key, data, flags);
}

/* Replaces the value on which the cursor stands. The key is prepared last, because other steps use the same scratch
 * memory. */
static int put_current(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct seek_key prepared;
  struct cursor *core = &change->cursor->core;
  int rc = admit_value(change->txn->view, change->tree, data);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flags & (MDBX_NOOVERWRITE | MDBX_APPEND | MDBX_APPENDDUP))
    return MDBX_EINVAL;
  rc = txn_change_begin(change, false);
  if (rc == MDBX_SUCCESS)
    rc = cursor_settle(core);
  if (rc == MDBX_SUCCESS)
    rc = admit_key(change->txn->view, change->tree, key, &prepared);
  if (rc != MDBX_SUCCESS)
    return rc;
  doubt_values(change, &prepared);
  return txn_mark(change->txn, cursor_put_current(core, &prepared, data, flags));
}

/* Of a key with one value, CURRENT and NOOVERWRITE contradict each other unless it is absent. */
static int put_contradiction(const struct txn_change *change, const struct seek_key *key) {
  struct leaf_item item;
  const int rc = tree_find(change->txn->view, change->tree, key, &item);
  return rc == MDBX_SUCCESS ? MDBX_EINVAL : rc;
}

int txn_put(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags) {
  struct seek_key prepared;
  if (change->cursor && (flags & MDBX_CURRENT))
    return put_current(change, key, data, flags);
  const int rc = admit_key(change->txn->view, change->tree, key, &prepared);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (unlikely(is_refused(flags)) && !tree_is_multi(change->tree))
    return put_contradiction(change, &prepared);
  return put_prepared(change, &prepared, data, flags);
}

/* -------------------------------------------------------------------------------------------------------- deleting */

static bool values_equal(const MDBX_val *a, const MDBX_val *b) {
  return a->iov_len == b->iov_len && (!a->iov_len || memcmp(a->iov_base, b->iov_base, a->iov_len) == 0);
}

/* Deletes the record at the path if its value is that one. */
static int delete_single(const struct txn_change *change, struct path *path, const MDBX_val *data) {
  struct leaf_item item;
  MDBX_val stored;
  bool moved;
  path_item(path, &item);
  const int rc = tree_value(change->txn->view, change->tree, &item, &stored);
  if (rc != MDBX_SUCCESS)
    return rc;
  return values_equal(&stored, data) ? tree_delete_at(&change->txn->root->space, change->tree, path, &moved)
                                     : MDBX_NOTFOUND;
}

/* Deletes one of the values of the record at the path. */
static int delete_value(const struct txn_change *change, struct path *path, const MDBX_val *data) {
  struct leaf_item item;
  struct value_set set;
  bool exact = false;
  path_item(path, &item);
  int rc = admit_value(change->txn->view, change->tree, data);
  if (rc == MDBX_SUCCESS)
    rc = values_open(change->txn->view, change->tree, &item, &set);
  if (rc == MDBX_SUCCESS)
    rc = values_seek(&set, data, &exact);
  if (rc == MDBX_SUCCESS)
    rc = exact ? dup_erase(&change->txn->root->space, change->tree, path, &set) : MDBX_NOTFOUND;
  return rc;
}

static int delete_at(const struct txn_change *change, struct path *path, const MDBX_val *data) {
  bool moved;
  if (!data)
    return tree_delete_at(&change->txn->root->space, change->tree, path, &moved);
  return tree_is_multi(change->tree) ? delete_value(change, path, data) : delete_single(change, path, data);
}

int txn_delete(const struct txn_change *change, const MDBX_val *key, const MDBX_val *data) {
  struct seek_key prepared;
  struct path path;
  bool exact;
  int rc = admit_search_key(change->txn->view, change->tree, key, &prepared);
  if (rc == MDBX_SUCCESS)
    rc = txn_change_begin(change, true);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek_to_change(&change->txn->root->space, change->tree, &prepared, &path, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!exact)
    return MDBX_NOTFOUND;
  txn_change_doubt(change, &path);
  return txn_mark(change->txn, delete_at(change, &path, data));
}

/* Marks other cursors before the cursor's record, or one value, is deleted. */
static void doubt_position(MDBX_cursor *cursor, bool all) {
  struct range_bound bound;
  cursor_bound(&cursor->core, &bound);
  txn_cursors_doubt(cursor->txn, cursor->core.tree, cursor, &bound.key, bound.has_value && !all ? &bound.value : NULL);
}

int txn_cursor_delete(MDBX_cursor *cursor, bool all_values) {
  const struct txn_change change = txn_change_by(cursor);
  int rc = admit_deletion(change.tree, all_values);
  if (rc == MDBX_SUCCESS)
    rc = txn_change_begin(&change, true);
  if (rc == MDBX_SUCCESS)
    rc = cursor_settle(&cursor->core);
  if (rc != MDBX_SUCCESS)
    return rc;
  doubt_position(cursor, all_values);
  return txn_mark(cursor->txn, cursor_delete(&cursor->core, all_values));
}

/* -------------------------------------------------------------------------------------------------------- questions */

int txn_is_dirty(const MDBX_txn *txn, const void *bytes) {
  const struct snapshot *view = txn->view;
  const ptrdiff_t offset = (const uint8_t *)bytes - view->base;
  const bool mapped = offset >= 0 && (size_t)offset < (size_t)view->limit << view->shift;
  if (txn_is_reader(txn))
    return mapped ? MDBX_RESULT_FALSE : MDBX_EINVAL;
  const struct space *space = &txn->root->space;
  if (!mapped)
    return recent_keeps(space, bytes) ? MDBX_RESULT_FALSE : MDBX_RESULT_TRUE;
  /* Pages in the middle of a run have no header. Only with WRITEMAP can a page in the mapping be a changed one. */
  return (space->writemap && space->dirty.used) || space->spilled ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}
