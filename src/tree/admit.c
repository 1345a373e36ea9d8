/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/admit.h"

#include "base/assert.h"

/* Length of all keys of an INTEGERKEY table, 0 while it has none. */
static size_t integer_length(const struct tree *tree) { return tree_is_empty(tree) ? 0 : tree->record.key_item; }

static bool integer_length_fits(const struct tree *tree, size_t length) {
  const size_t present = integer_length(tree);
  return (length == 4 || length == 8) && (!present || present == length);
}

bool admit_has_length(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *key) {
  return key->iov_len <= limit_key(snapshot->page_size, tree->record.flags);
}

int admit_sought_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key,
                     struct seek_key *prepared) {
  const int rc = admit_search_key(snapshot, tree, key, prepared);
  return unlikely(rc == MDBX_NOTFOUND) ? tree_prepare_key(tree, key, prepared) : rc;
}

int admit_search_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key,
                     struct seek_key *prepared) {
  if (unlikely(!admit_has_length(snapshot, tree, key)))
    return tree->record.flags & TABLE_INTEGERKEY ? MDBX_BAD_VALSIZE : MDBX_NOTFOUND;
  if (unlikely((tree->record.flags & TABLE_INTEGERKEY) && !integer_length_fits(tree, key->iov_len)))
    return MDBX_BAD_VALSIZE;
  if (unlikely(tree->rules.unknown && tree->rules.order == ORDER_USER))
    return MDBX_INCOMPATIBLE;
  return tree_prepare_key(tree, key, prepared);
}

int admit_key(const struct snapshot *snapshot, struct tree *tree, const MDBX_val *key, struct seek_key *prepared) {
  const int rc = admit_search_key(snapshot, tree, key, prepared);
  return rc == MDBX_NOTFOUND ? MDBX_BAD_VALSIZE : rc;
}

/* Length of all values of a DUPFIXED table, 0 while it has none. */
static size_t fixed_length(const struct tree *tree) { return tree_is_empty(tree) ? 0 : tree->record.value_item; }

int admit_one_value(const struct snapshot *snapshot, const struct tree *tree, const MDBX_val *value) {
  ASSERT(tree_is_multi(tree));
  const unsigned flags = tree->record.flags;
  if (value->iov_len > limit_pair(snapshot->page_size))
    return MDBX_BAD_VALSIZE;
  if ((flags & TABLE_INTEGERDUP) && value->iov_len != 4 && value->iov_len != 8)
    return MDBX_BAD_VALSIZE;
  if ((flags & TABLE_DUPFIXED) && !tree_is_empty(tree) && fixed_length(tree) != value->iov_len)
    return MDBX_BAD_VALSIZE;
  return tree->values.unknown ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

void admit_set_sizes(struct tree *tree, size_t key_length, size_t value_length) {
  const unsigned flags = tree->record.flags;
  ASSERT(!(flags & TABLE_INTEGERKEY) || key_length <= UINT8_MAX);
  ASSERT(!(flags & TABLE_DUPFIXED) || value_length <= UINT16_MAX);
  tree->record.key_item = flags & TABLE_INTEGERKEY ? (uint8_t)key_length : 0;
  tree->record.value_item = flags & TABLE_DUPFIXED ? (uint16_t)value_length : 0;
}
