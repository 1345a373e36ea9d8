/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/admit.h: which keys and values a table accepts.
 */
#ifndef MDBX_TREE_ADMIT_H
#define MDBX_TREE_ADMIT_H

#include "tree/tree.h"

/* Checks and prepares a key for a search for exactly this key. MDBX_NOTFOUND: too long to be in the table;
 * MDBX_BAD_VALSIZE: an integer of the wrong size; MDBX_INCOMPATIBLE: this process does not have the table's
 * comparator. */
int admit_search_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key,
                     struct seek_key *prepared);

/* The same for a search that also finds neighbouring keys: the key may be too long. */
int admit_sought_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key,
                     struct seek_key *prepared);

/* The same for a key to be stored: too long is MDBX_BAD_VALSIZE. */
int admit_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key, struct seek_key *prepared);

/* Whether a key is not too long. */
bool admit_has_length(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *key);

/* Checks one of several values of a key, to be stored or searched. MDBX_BAD_VALSIZE; MDBX_INCOMPATIBLE if this process
 * does not have the comparator of the values. */
int admit_one_value(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *value);
/* Checks a value to be stored in any table. */
static inline int admit_value(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *value) {
  if (tree_is_multi(tree))
    return admit_one_value(snapshot, tree, value);
  return value->iov_len <= MDBX_MAXDATASIZE ? MDBX_SUCCESS : MDBX_BAD_VALSIZE;
}

/* Before the record of a cursor is deleted, or all values of its key: the cursors that stay must be able to find their
 * records again. MDBX_INCOMPATIBLE if this process does not have the comparators for that. */
static inline int admit_deletion(const struct tree *tree, bool all_values) {
  return tree->rules.unknown || (tree->values.unknown && !all_values) ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

/* If all keys, or all values, of the table have one length: that length. */
void admit_set_sizes(struct tree *tree, size_t key_length, size_t value_length);
/* Call it when a record has been stored: notes the lengths, if all keys or values must have the same length. */
static inline void admit_note_sizes(struct tree *tree, size_t key_length, size_t value_length) {
  if (unlikely(tree->record.flags & (TABLE_INTEGERKEY | TABLE_DUPFIXED)))
    admit_set_sizes(tree, key_length, value_length);
}

#endif
