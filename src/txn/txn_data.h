/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_data.h: changes of single records, asked for by key or with a cursor.
 *
 * Arguments were checked: the transaction may write, the flags are known. An error that leaves records half changed marks
 * the transaction broken.
 */
#ifndef MDBX_TXN_TXN_DATA_H
#define MDBX_TXN_TXN_DATA_H

#include "txn/txn.h"

/* Who asks for a change. */
struct txn_change {
  MDBX_txn *txn;
  struct tree *tree;
  MDBX_cursor *cursor; /* it goes along, and stands on the record afterwards; NULL: by key */
};

static inline struct txn_change txn_change_by(MDBX_cursor *cursor) {
  return (struct txn_change){cursor->txn, cursor->core.tree, cursor};
}

/* What every change begins with: makes room, and lets other cursors go. */
int txn_change_begin(const struct txn_change *change, bool deleting);
/* The record that was found for a change by key, or one of its values, is about to go. */
void txn_change_doubt(const struct txn_change *change, const struct path *path);

/* mdbx_put() and mdbx_cursor_put() with their flags but for MDBX_MULTIPLE; with a cursor MDBX_CURRENT is its record. */
int txn_put(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags);
/* Puts a value under a key that was admitted and prepared; MDBX_CURRENT and MDBX_ALLDUPS replace all values of the key. */
int txn_put_prepared(const struct txn_change *change, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Deletes a key with all its values, or only the value given. MDBX_NOTFOUND. */
int txn_delete(const struct txn_change *change, const MDBX_val *key, const MDBX_val *data);
/* Deletes the value the cursor stands on, or all of its key. */
int txn_cursor_delete(MDBX_cursor *cursor, bool all_values);

/* Whether bytes of the database may change under a reader of them: MDBX_RESULT_TRUE, MDBX_RESULT_FALSE; MDBX_EINVAL for
 * what a reader's snapshot does not show. */
int txn_is_dirty(const MDBX_txn *txn, const void *bytes);

#endif
