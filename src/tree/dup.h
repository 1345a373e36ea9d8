/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/dup.h: changing the values of keys in multi-value tables.
 *
 * The values of a key are converted between the three forms of tree/values.h: to a sub-page when there are two, to a
 * nested tree when the node would exceed half a page, and back when they would fill less than half of that. Keys and
 * values may point anywhere, even into pages that change. A struct change gives the key only; its other members about
 * the node are not used.
 */
#ifndef MDBX_TREE_DUP_H
#define MDBX_TREE_DUP_H

#include "tree/values.h"

/* mdbx_put() with its flags, except MULTIPLE and RESERVE. With MDBX_KEYEXIST, *value is the stored value. Errors that
 * leave the tree as it was: MDBX_KEYEXIST, MDBX_NOTFOUND, MDBX_EKEYMISMATCH, MDBX_EMULTIVAL, MDBX_EINVAL. The path ends
 * on the key. */
int dup_put(const struct change *node, MDBX_val *value, unsigned flags);
/* The same at the path that was found for the key. */
int dup_put_at(const struct change *node, bool exact, MDBX_val *value, unsigned flags);
/* An array of fixed-size values for a key. */
struct dup_array {
  const uint8_t *values;
  size_t item, count;
};
/* Puts values, from the first on, as long as they fit one leaf of the nested tree of the key. Returns their number,
 * which may be 0; the caller puts the next one with dup_put(). Existing values count as put; with MDBX_NODUPDATA an
 * existing value ends the run. With MDBX_APPENDDUP all values must be greater than the last one. Key and values must
 * not lie in a page of the tree. */
int dup_put_run(const struct change *node, const struct dup_array *array, unsigned flags, size_t *put);
/* Replaces the value at the position of the set, which was opened from the record at the path. If the new value exists
 * already, the two become one. */
int dup_replace(const struct change *node, struct value_set *set, const MDBX_val *value);
/* Replaces all values of the record at the path by one. */
int dup_replace_all(const struct change *node, const MDBX_val *value);
/* Removes the value at the position of the set; if it is the only one, also the key. The path is invalid afterwards. */
int dup_erase(struct space *space, struct tree *tree, struct path *path, struct value_set *set);
/* After values were removed from a nested tree: stores the tree's record, or its values if they have become few, in the
 * node at the writable path. */
int dup_store_nested(struct space *space, struct tree *tree, struct path *path, struct tree *nested);
/* Removes the record at the path with all its values. `moved` as of tree_erase(). */
int dup_erase_all(struct space *space, struct tree *tree, struct path *path, bool *moved);

#endif
