/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_data.h: changes single records, by key or by cursor.
 *
 * The caller has checked that the transaction may write and that the flags are known. An error that leaves a change
 * incomplete marks the transaction broken.
 */
#ifndef MDBX_TXN_TXN_DATA_H
#define MDBX_TXN_TXN_DATA_H

#include "txn/txn.h"

/* The caller of a change. */
struct txn_change {
  MDBX_txn *txn;
  struct tree *tree;
  MDBX_cursor *cursor; /* the cursor, which stands on the record afterwards; NULL: by key */
};

static inline struct txn_change txn_change_by(MDBX_cursor *cursor) {
  return (struct txn_change){cursor->txn, cursor->core.tree, cursor};
}

/* The beginning of every change: makes room and detaches the other cursors. */
int txn_change_begin(const struct txn_change *change, bool deleting);
/* Call it before the record found for a change by key, or one of its values, is deleted. */
void txn_change_doubt(const struct txn_change *change, const struct path *path);

/* mdbx_put() and mdbx_cursor_put() with their flags, except MDBX_MULTIPLE; with a cursor, MDBX_CURRENT means its
 * record. */
int txn_put(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags);
/* Puts a value under a checked and prepared key; MDBX_CURRENT and MDBX_ALLDUPS replace all values of the key. */
int txn_put_prepared(const struct txn_change *change, const struct seek_key *key, MDBX_val *data, unsigned flags);
/* Deletes a key with all its values, or only the value given. MDBX_NOTFOUND. */
int txn_delete(const struct txn_change *change, const MDBX_val *key, const MDBX_val *data);
/* Deletes the value on which the cursor stands, or all values of its key. */
int txn_cursor_delete(MDBX_cursor *cursor, bool all_values);

/* Whether these bytes of the database may change while somebody reads them: MDBX_RESULT_TRUE, MDBX_RESULT_FALSE;
 * MDBX_EINVAL if a reader's snapshot does not contain them. */
int txn_is_dirty(const MDBX_txn *txn, const void *bytes);

#endif
