/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/admit.h: which keys and values a table takes.
 */
#ifndef MDBX_TREE_ADMIT_H
#define MDBX_TREE_ADMIT_H

#include "tree/tree.h"

/* A key for a search, which is prepared for this tree. MDBX_NOTFOUND: so long that it cannot be there; MDBX_BAD_VALSIZE: no
 * integer of the table; MDBX_INCOMPATIBLE: the table's comparator is not known here. */
int admit_search_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* The same for a search of what is near: too long is no obstacle. */
int admit_sought_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* The same for a key that is to be stored: one that is too long is MDBX_BAD_VALSIZE. */
int admit_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* Whether a key is not too long. */
bool admit_has_length(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *key);

/* One of several values of a key, to be stored or looked for. MDBX_BAD_VALSIZE; MDBX_INCOMPATIBLE when values cannot be
 * compared. */
int admit_one_value(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *value);
/* A value of any table. */
static inline int admit_value(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *value) {
  if (tree_is_multi(tree))
    return admit_one_value(snapshot, tree, value);
  return value->iov_len <= MDBX_MAXDATASIZE ? MDBX_SUCCESS : MDBX_BAD_VALSIZE;
}

/* Of a table where all keys, or all values, have one length: that length. */
void admit_set_sizes(struct tree *tree, size_t key_length, size_t value_length);
/* When a record is stored: notes its lengths where they are those of all. */
static inline void admit_note_sizes(struct tree *tree, size_t key_length, size_t value_length) {
  if (unlikely(tree->record.flags & (TABLE_INTEGERKEY | TABLE_DUPFIXED)))
    admit_set_sizes(tree, key_length, value_length);
}

#endif
