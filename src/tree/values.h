/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/values.h: the values of one key of a multi-value table, in any of the three forms, with a position among them.
 *
 * One value is in the node itself, a few are in a sub-page of it, more are the keys of a nested tree. A value set
 * borrows memory of the leaf it was opened from: after a change of the tree it must be opened again.
 */
#ifndef MDBX_TREE_VALUES_H
#define MDBX_TREE_VALUES_H

#include "base/assert.h"
#include "format/subpage.h"
#include "tree/tree.h"

struct value_set {
  enum node_kind kind; /* NODE_PLAIN, NODE_SUBPAGE or NODE_TREE */
  const struct snapshot *snapshot;
  struct tree *owner;   /* the table's tree */
  MDBX_val key;         /* of the record */
  struct subpage bytes; /* NODE_PLAIN: the value itself */
  unsigned index;       /* of the value; equal to the number of values: after the last */
  struct tree tree;     /* NODE_TREE; borrows the scratch memory of the owner */
  struct path path;
};

/* Whether values in a leaf have the form, and fixed-size values the length, that the table prescribes. Code that
 * rewrites them relies on this. */
static inline bool values_have_size(const struct tree *owner, const struct leaf_item *item) {
  const bool fixed = tree_is_fixed(owner);
  if (item->kind != NODE_SUBPAGE)
    return !fixed || item->data_length == owner->record.value_item;
  const struct subpage bytes = {item->data, item->data_length};
  return subpage_item(&bytes) == (fixed ? owner->record.value_item : 0) && (!fixed || subpage_item(&bytes));
}

/* Opens the set of a record, without a position. MDBX_CORRUPTED if the record cannot belong to a multi-value table. */
int values_open(const struct snapshot *snapshot, struct tree *owner, const struct leaf_item *item,
                struct value_set *set);
/* The nested tree of a record of kind NODE_TREE. */
int values_nested_tree(const struct snapshot *snapshot, const struct tree *owner, const struct leaf_item *item,
                       struct tree *nested);
/* An empty nested tree of a table. */
void values_nested_init(const struct tree *owner, struct tree *nested);

static inline uint64_t values_count(const struct value_set *set) {
  if (set->kind == NODE_TREE)
    return set->tree.record.items;
  return set->kind == NODE_SUBPAGE ? subpage_count(&set->bytes) : 1;
}
/* The number of values of a record, in any table. */
int values_count_of(const struct snapshot *snapshot, struct tree *owner, const struct leaf_item *item, size_t *count);
int values_first(struct value_set *set);
int values_last(struct value_set *set);
/* MDBX_NOTFOUND at the edge, where the position does not change. values_prev() moves from the place after the last
 * value to the last value. */
int values_next(struct value_set *set);
int values_prev(struct value_set *set);
/* Moves to the first value not less than the given one, or after the last. */
int values_seek(struct value_set *set, const MDBX_val *value, bool *exact);
static inline bool values_behind(const struct value_set *set) {
  if (set->kind != NODE_TREE)
    return set->index >= values_count(set);
  const struct path_level *leaf = &set->path.level[set->path.depth - 1];
  return leaf->index >= leaf->page->count;
}
/* Moves after the last value. */
int values_to_end(struct value_set *set);
bool values_on_first(const struct value_set *set);
bool values_on_last(const struct value_set *set);
/* The value at the position, which must not be after the last one. */
static inline MDBX_val values_get(const struct value_set *set) {
  ASSERT(!values_behind(set));
  if (set->kind == NODE_SUBPAGE)
    return subpage_value(&set->bytes, set->index);
  if (set->kind == NODE_PLAIN)
    return val_of(set->bytes.bytes, set->bytes.length);
  const struct path_level *leaf = &set->path.level[set->path.depth - 1];
  size_t length;
  const uint8_t *value = leaf_key(leaf->page, leaf->index, &length);
  return val_of(value, length);
}
/* In a table with fixed-size values: returns all values of the page of the position, contiguous, and moves to the last
 * of them. */
MDBX_val values_get_page(struct value_set *set);
/* Moves to the first value of the page of the position. */
void values_to_page_start(struct value_set *set);
/* Order of two positions in sets of the same record. */
int values_compare(const struct value_set *a, const struct value_set *b);

/* The value of a record; if there are several, the first one. For a named table it is the table record, which has no
 * meaning for the user. */
int tree_value(const struct snapshot *snapshot, const struct tree *tree, const struct leaf_item *item, MDBX_val *value);

#endif
