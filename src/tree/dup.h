/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/dup.h: changing the values of keys in multi-value tables.
 *
 * A key's values move between the three forms of tree/values.h as they become more or fewer: into a sub-page from the
 * second on, into a nested tree when the node would pass half a page, back when they would fill less than half of that.
 * Keys and values may point anywhere, also into pages that change.
 * A struct change names the key; of its node no more is given.
 */
#ifndef MDBX_TREE_DUP_H
#define MDBX_TREE_DUP_H

#include "tree/values.h"

/* mdbx_put() with its flags, but for MULTIPLE and RESERVE. *value is the stored one when MDBX_KEYEXIST. Errors that
 * leave the tree as it was: MDBX_KEYEXIST, MDBX_NOTFOUND, MDBX_EKEYMISMATCH, MDBX_EMULTIVAL, MDBX_EINVAL. The path ends
 * on the key. */
int dup_put(const struct change *node, MDBX_val *value, unsigned flags);
/* The same at the path that was found for the key. */
int dup_put_at(const struct change *node, bool exact, MDBX_val *value, unsigned flags);
/* Values of one size for a key of a table of such values, one behind the other. */
struct dup_array {
  const uint8_t *values;
  size_t item, count;
};
/* Puts as many of them, from the first on, as come into one leaf of the nested tree of the key without more ado, and says
 * how many, which may be none: the next one then is dup_put()'s. Values that are there already count as put, but end it
 * with MDBX_NODUPDATA; with MDBX_APPENDDUP all must come behind the last one. Key and values lie in no page of the tree. */
int dup_put_run(const struct change *node, const struct dup_array *array, unsigned flags, size_t *put);
/* The value at the position of the set, which was opened from the record at the path, becomes another; if that one is
 * there already, the two become one. */
int dup_replace(const struct change *node, struct value_set *set, const MDBX_val *value);
/* All values of the record at the path give way to one. */
int dup_replace_all(const struct change *node, const MDBX_val *value);
/* Removes the value at the position of the set, and its key with the last one. The path is invalid afterwards. */
int dup_erase(struct space *space, struct tree *tree, struct path *path, struct value_set *set);
/* Puts the record of a nested tree, or its values if they have become few, into the node at the writable path after
 * values were removed from the tree. */
int dup_store_nested(struct space *space, struct tree *tree, struct path *path, struct tree *nested);
/* Removes the record at the path with all its values. `moved` as of tree_erase(). */
int dup_erase_all(struct space *space, struct tree *tree, struct path *path, bool *moved);

#endif
