/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/dup.h"

#include "base/assert.h"
#include "base/log.h"
#include "tree/recent.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

/* ------------------------------------------------------------------------------------------------- what is changed */

/* A change of the values of one key. Key and value are copies. */
struct dup_change {
  struct change node; /* of the node of the key */
  struct seek_key key;
  MDBX_val value;
  uint8_t *memory;
  uint8_t small[256]; /* `memory`, if that is enough */
};

static int change_begin(struct dup_change *change, struct space *space, struct tree *tree, struct path *path,
                        const void *key, size_t key_length, const MDBX_val *value) {
  ASSERT(tree_is_multi(tree));
  const size_t value_length = value ? value->iov_len : 0;
  const size_t bytes = 2 * key_length + value_length;
  change->node = (struct change){.space = space, .tree = tree, .path = path, .key = &change->key};
  change->memory = bytes <= sizeof(change->small) ? change->small : malloc(bytes);
  if (!change->memory)
    return MDBX_ENOMEM;
  if (key_length)
    memcpy(change->memory, key, key_length);
  key_prepare(&change->key, tree->rules.order, change->memory, key_length, change->memory + key_length);
  uint8_t *copy = change->memory + 2 * key_length;
  if (value_length)
    memcpy(copy, value->iov_base, value_length);
  change->value = (MDBX_val){copy, value_length};
  return MDBX_SUCCESS;
}

static void change_end(struct dup_change *change) {
  if (change->memory != change->small)
    free(change->memory);
}

static void count_items(struct tree *tree, uint64_t gone, uint64_t come) {
  tree->record.items = tree->record.items - MIN_OF(tree->record.items, gone) + come;
}

static int open_set(const struct dup_change *change, struct value_set *set) {
  ASSERT(change->node.path->depth > 0);
  struct leaf_item item;
  path_item(change->node.path, &item);
  return values_open(&change->node.space->view, change->node.tree, &item, set);
}

/* Makes space for other data in the key's node, or creates the node. */
static int put_node(const struct dup_change *change, bool exists, enum node_kind kind, const void *bytes,
                    size_t length) {
  struct change node = change->node;
  node.kind = kind;
  node.length = length;
  const int rc = change_put(&node, exists);
  if (rc == MDBX_SUCCESS && length)
    memcpy(node.data, bytes, length);
  return rc;
}

/* ---------------------------------------------------------------------------------------------------- nested trees */

static struct nested_record record_of(const struct tree *nested) {
  return (struct nested_record){.root = nested->record.root,
                                .depth = nested->record.depth,
                                .root_birth = nested->record.root_birth,
                                .branch_pages = nested->record.branch_pages,
                                .leaf_pages = nested->record.leaf_pages,
                                .items = nested->record.items};
}

static int put_nested(const struct dup_change *change, bool exists, const struct tree *nested) {
  ASSERT(!tree_is_empty(nested) && nested->record.depth > 0);
  const struct nested_record record = record_of(nested);
  return put_node(change, exists, NODE_TREE, &record, sizeof(record));
}

/* Updates the record of a changed nested tree in place. The path is writable, except in a damaged file where a page has
 * two places; then the record is written like other data. */
static int put_nested_back(const struct dup_change *change, const struct tree *nested) {
  const struct path_level *level = path_leaf(change->node.path);
  const struct nested_record record = record_of(nested);
  struct leaf_item node;
  if (level->index >= level->page->count || !space_owns(change->node.space, level->page))
    return put_nested(change, true, nested);
  leaf_get(space_writable(change->node.space, level->page), level->index, &node);
  if (node.kind != NODE_TREE || node.data_length != sizeof(record))
    return put_nested(change, true, nested);
  memcpy((uint8_t *)(uintptr_t)node.data, &record, sizeof(record));
  return MDBX_SUCCESS;
}

/* Appends a value to a new nested tree. */
static int nested_append(const struct dup_change *change, struct tree *nested, struct path *path,
                         const MDBX_val *value) {
  struct seek_key key;
  struct change node = {.space = change->node.space, .tree = nested, .path = path, .key = &key, .kind = NODE_PLAIN};
  const int rc = tree_prepare_value(change->node.tree, value, &key);
  if (path->depth)
    path_leaf(path)->index += 1;
  return rc == MDBX_SUCCESS ? change_insert(&node) : rc;
}

/* A value of the old ones and the new one, which comes at index `at`. */
static MDBX_val merged_value(const struct dup_change *change, const struct value_set *set, unsigned at, unsigned i) {
  ASSERT(set->kind != NODE_TREE && at <= values_count(set) && i <= values_count(set));
  if (i == at)
    return change->value;
  if (set->kind == NODE_SUBPAGE)
    return subpage_value(&set->bytes, i < at ? i : i - 1);
  return val_of(set->bytes.bytes, set->bytes.length);
}

/* Moves the values of a node, and the new one, to a nested tree. */
static int move_to_tree(const struct dup_change *change, const struct value_set *set, unsigned at) {
  struct tree nested;
  struct path path = {.depth = 0};
  values_nested_init(change->node.tree, &nested);
  const unsigned count = (unsigned)values_count(set) + 1;
  for (unsigned i = 0; i < count; ++i) {
    const MDBX_val value = merged_value(change, set, at, i);
    const int rc = nested_append(change, &nested, &path, &value);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  ASSERT(nested.record.items == count && path.depth == nested.record.depth);
  return put_nested(change, true, &nested);
}

static int add_to_tree(const struct dup_change *change, struct value_set *set) {
  ASSERT(set->kind == NODE_TREE);
  struct seek_key key;
  struct change node = {
      .space = change->node.space, .tree = &set->tree, .path = &set->path, .key = &key, .kind = NODE_PLAIN};
  bool exact;
  int rc = tree_touch_path(change->node.space, change->node.tree, change->node.path);
  if (rc == MDBX_SUCCESS)
    rc = tree_prepare_value(change->node.tree, &change->value, &key);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek_to_change(change->node.space, &set->tree, &key, &set->path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = change_insert(&node);
  return rc == MDBX_SUCCESS ? put_nested_back(change, &set->tree) : rc;
}

/* ---------------------------------------------------------------------------------------------------------- adding */

/* Bytes of all values of a node. */
static size_t total_bytes(const struct value_set *set) {
  if (set->kind == NODE_PLAIN)
    return set->bytes.length;
  const bool fixed = subpage_item(&set->bytes);
  return set->bytes.length - subpage_size(fixed, subpage_count(&set->bytes), 0);
}

static bool fits_the_leaf(const struct dup_change *change, size_t size) {
  return size <= change->node.space->tuning.subpage_most &&
         change->key.length + size <= limit_pair(change->node.space->view.page_size);
}

/* The values of a node and the new one as a sub-page. */
static int put_subpage(const struct dup_change *change, const struct value_set *set, unsigned at, size_t size) {
  struct subpage_writer writer;
  uint8_t *bytes = malloc(size);
  if (!bytes)
    return MDBX_ENOMEM;
  const unsigned count = (unsigned)values_count(set) + 1;
  subpage_begin(&writer, bytes, tree_is_fixed(change->node.tree), count);
  for (unsigned i = 0; i < count; ++i) {
    const MDBX_val value = merged_value(change, set, at, i);
    subpage_add(&writer, &value);
  }
  ASSERT(writer.written == count && subpage_check(bytes, size));
  const int rc = put_node(change, true, NODE_SUBPAGE, bytes, size);
  free(bytes);
  return rc;
}

/* Inserts the value into the sub-page in place, at the given index; the leaf has room. */
static void open_subpage(const struct dup_change *change, struct page *leaf, unsigned index, unsigned at) {
  struct leaf_item node;
  const size_t length = change->value.iov_len;
  leaf_get(leaf, index, &node);
  const struct subpage before = {node.data, node.data_length};
  uint8_t *gap = leaf_open_gap(leaf, index, subpage_value_offset(&before, at), length);
  if (length)
    memcpy(gap, change->value.iov_base, length);
  if (!tree_is_fixed(change->node.tree))
    leaf_open_gap(leaf, index, subpage_entry_offset(at), SUBPAGE_ENTRY);
  leaf_get(leaf, index, &node);
  subpage_admit((uint8_t *)(uintptr_t)node.data, at, length);
  ASSERT(subpage_check(node.data, node.data_length));
}

static int insert_in_subpage(const struct dup_change *change, unsigned at, bool *done) {
  int rc = tree_touch_path(change->node.space, change->node.tree, change->node.path);
  if (rc == MDBX_SUCCESS)
    rc = path_must_stand(change->node.path);
  if (rc != MDBX_SUCCESS)
    return rc;
  const struct path_level *level = path_leaf(change->node.path);
  struct page *leaf = space_writable(change->node.space, level->page);
  const size_t entry = tree_is_fixed(change->node.tree) ? 0 : SUBPAGE_ENTRY;
  *done = page_room(leaf) >= change->value.iov_len + entry;
  if (*done)
    open_subpage(change, leaf, level->index, at);
  return MDBX_SUCCESS;
}

/* Whether the values of the sub-page, and the new one, have the form that the table requires. */
static bool is_alike(const struct dup_change *change, const struct value_set *set) {
  return subpage_item(&set->bytes) == (tree_is_fixed(change->node.tree) ? change->value.iov_len : 0);
}

static int add_to_subpage(const struct dup_change *change, const struct value_set *set, size_t size) {
  const unsigned at = set->index;
  bool done = false;
  const int rc =
      set->kind == NODE_SUBPAGE && is_alike(change, set) ? insert_in_subpage(change, at, &done) : MDBX_SUCCESS;
  return rc == MDBX_SUCCESS && !done ? put_subpage(change, set, at, size) : rc;
}

/* Inserts the new value at the position of the set. */
static int add_value(const struct dup_change *change, struct value_set *set) {
  int rc;
  if (set->kind == NODE_TREE) {
    rc = add_to_tree(change, set);
  } else {
    const size_t size =
        subpage_size(tree_is_fixed(change->node.tree), values_count(set) + 1, total_bytes(set) + change->value.iov_len);
    rc = fits_the_leaf(change, size) ? add_to_subpage(change, set, size) : move_to_tree(change, set, set->index);
  }
  if (rc == MDBX_SUCCESS)
    count_items(change->node.tree, 0, 1);
  return rc;
}

/* Gives the key a single value. If the value does not fit a node with the key, it gets a nested tree of its own. */
static int put_single(const struct dup_change *change, bool exists) {
  if (change->key.length + change->value.iov_len <= limit_pair(change->node.space->view.page_size))
    return put_node(change, exists, NODE_PLAIN, change->value.iov_base, change->value.iov_len);
  struct tree nested;
  struct path path = {.depth = 0};
  values_nested_init(change->node.tree, &nested);
  const int rc = nested_append(change, &nested, &path, &change->value);
  return rc == MDBX_SUCCESS ? put_nested(change, exists, &nested) : rc;
}

static int replace_all(const struct dup_change *change, struct value_set *set) {
  const uint64_t before = values_count(set);
  int rc = set->kind == NODE_TREE ? tree_clear(change->node.space, &set->tree) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = put_single(change, true);
  if (rc == MDBX_SUCCESS)
    count_items(change->node.tree, before, 1);
  return rc;
}

/* MDBX_EKEYMISMATCH unless the value is greater than the last one. */
static int check_append(const struct dup_change *change, struct value_set *set) {
  const int rc = values_last(set);
  if (rc != MDBX_SUCCESS)
    return rc;
  const MDBX_val last = values_get(set);
  const int order = key_compare_raw(&change->node.tree->values, change->value.iov_base, change->value.iov_len,
                                    last.iov_base, last.iov_len);
  return order > 0 ? MDBX_SUCCESS : MDBX_EKEYMISMATCH;
}

static int put_on_present(const struct dup_change *change, MDBX_val *value, unsigned flags) {
  struct value_set set;
  bool exact;
  int rc = open_set(change, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flags & MDBX_NOOVERWRITE) {
    if (flags & MDBX_CURRENT)
      return values_count(&set) > 1 ? MDBX_EMULTIVAL : MDBX_EINVAL;
    rc = values_first(&set);
    if (rc == MDBX_SUCCESS)
      *value = values_get(&set);
    return rc == MDBX_SUCCESS ? MDBX_KEYEXIST : rc;
  }
  if (flags & (MDBX_CURRENT | MDBX_ALLDUPS))
    return replace_all(change, &set);
  if (flags & MDBX_APPENDDUP)
    rc = check_append(change, &set);
  if (rc == MDBX_SUCCESS)
    rc = values_seek(&set, &change->value, &exact);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (exact)
    return flags & MDBX_NODUPDATA ? MDBX_KEYEXIST : MDBX_SUCCESS;
  return add_value(change, &set);
}

static int begin_under_key(struct dup_change *change, const struct change *node, const MDBX_val *value) {
  return change_begin(change, node->space, node->tree, node->path, node->key->raw, node->key->length, value);
}

int dup_put_at(const struct change *node, bool exact, MDBX_val *value, unsigned flags) {
  struct dup_change change;
  if (!exact && (flags & MDBX_CURRENT))
    return MDBX_NOTFOUND;
  int rc = begin_under_key(&change, node, value);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = exact ? put_on_present(&change, value, flags) : put_single(&change, false);
  change_end(&change);
  return rc;
}

int dup_put(const struct change *node, MDBX_val *value, unsigned flags) {
  bool exact;
  const int rc = tree_seek_to_put(node->space, node->tree, node->key, node->path, flags, &exact);
  return rc == MDBX_SUCCESS ? dup_put_at(node, exact, value, flags) : rc;
}

/* ---------------------------------------------------------------------------------------------------- many at once */

/* Values to be inserted into one leaf of a nested tree, whose path is writable. */
struct dup_run {
  const struct dup_array *array;
  const struct value_set *set;
  struct page *leaf;
  size_t done;  /* of the array */
  size_t added; /* of these, the new ones */
  unsigned flags;
};

static const uint8_t *run_value(const struct dup_run *run, size_t i) {
  ASSERT(i < run->array->count);
  return run->array->values + i * run->array->item;
}

static int compare_values(const struct dup_run *run, const uint8_t *a, const uint8_t *b) {
  return key_compare_raw(&run->set->tree.rules, a, run->array->item, b, run->array->item);
}

/* The number of next values that can be inserted before the one at that index: they ascend, and there is room. */
static unsigned count_for_gap(const struct dup_run *run, unsigned at) {
  size_t length;
  const size_t most = MIN_OF(run->array->count - run->done, page_room(run->leaf) / run->array->item);
  const uint8_t *next = at < run->leaf->count ? leaf_key(run->leaf, at, &length) : NULL;
  size_t count = MIN_OF(most, 1u);
  for (; count && count < most; ++count) {
    const uint8_t *value = run_value(run, run->done + count);
    if (compare_values(run, value - run->array->item, value) >= 0 || (next && compare_values(run, value, next) >= 0))
      break;
  }
  return (unsigned)count;
}

/* Whether a value that sorts before the one at that index belongs to this leaf and may be inserted. At the ends of a
 * leaf this is certain only at the edge of the tree. */
static bool may_go(const struct dup_run *run, unsigned at) {
  const struct path *path = &run->set->path;
  const bool behind = at == run->leaf->count && path_is_at_edge(path, true);
  if (run->flags & MDBX_APPENDDUP)
    return behind;
  return at == 0 ? path_is_at_edge(path, false) : at < run->leaf->count || behind;
}

/* Inserts the next values up to the next one of the leaf; false: the run ends here. */
static bool run_on(struct dup_run *run, struct tree *owner) {
  const MDBX_val value = val_of(run_value(run, run->done), run->array->item);
  struct seek_key key;
  bool exact;
  if (tree_prepare_value(owner, &value, &key) != MDBX_SUCCESS)
    return false;
  const unsigned at = leaf_seek(run->leaf, &run->set->tree.rules, &key, &exact);
  if (exact) {
    run->done += !(run->flags & (MDBX_NODUPDATA | MDBX_APPENDDUP));
    return !(run->flags & (MDBX_NODUPDATA | MDBX_APPENDDUP));
  }
  const unsigned count = may_go(run, at) ? count_for_gap(run, at) : 0;
  if (count)
    leaf_insert_values(run->leaf, at, key.raw, count);
  run->done += count;
  run->added += count;
  return count;
}

/* The path of the set leads to where the first value belongs, and is writable. */
static void fill_leaf(const struct change *node, struct value_set *set, struct dup_run *run) {
  run->leaf = space_writable(node->space, path_leaf(&set->path)->page);
  if (!leaf_is_array(run->leaf) || !run->leaf->count || run->leaf->item != run->array->item)
    return;
  while (run->done < run->array->count && run_on(run, node->tree))
    ;
  VERIFY(tree_verify_leaf(node->space, run->leaf, NODE_PLAIN));
  set->tree.record.items += run->added;
  count_items(node->tree, 0, run->added);
}

static int seek_run(const struct change *node, struct value_set *set, const struct dup_array *array) {
  const MDBX_val first = val_of(array->values, array->item);
  struct seek_key key;
  bool exact;
  int rc = tree_prepare_value(node->tree, &first, &key);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek_to_change(node->space, &set->tree, &key, &set->path, &exact);
  return rc == MDBX_SUCCESS ? tree_touch_path(node->space, &set->tree, &set->path) : rc;
}

int dup_put_run(const struct change *node, const struct dup_array *array, unsigned flags, size_t *put) {
  ASSERT(tree_is_fixed(node->tree) && array->count > 0);
  struct leaf_item item;
  struct value_set set;
  struct dup_run run = {.array = array, .set = &set, .flags = flags};
  bool exact;
  *put = 0;
  int rc = tree_seek_to_change(node->space, node->tree, node->key, node->path, &exact);
  if (rc != MDBX_SUCCESS || !exact)
    return rc;
  path_item(node->path, &item);
  if (item.kind != NODE_TREE)
    return MDBX_SUCCESS;
  rc = values_open(&node->space->view, node->tree, &item, &set);
  if (rc == MDBX_SUCCESS)
    rc = tree_touch_path(node->space, node->tree, node->path);
  if (rc == MDBX_SUCCESS)
    rc = seek_run(node, &set, array);
  if (rc != MDBX_SUCCESS)
    return rc;
  fill_leaf(node, &set, &run);
  *put = run.done;
  const struct dup_change change = {.node = *node};
  return put_nested(&change, true, &set.tree); /* even if no value was inserted, because its root may have moved */
}

/* ------------------------------------------------------------------------------------------------- all of a record */

int dup_replace_all(const struct change *node, const MDBX_val *value) {
  struct dup_change change;
  struct value_set set;
  int rc = begin_under_key(&change, node, value);
  if (rc == MDBX_SUCCESS)
    rc = open_set(&change, &set);
  if (rc == MDBX_SUCCESS)
    rc = replace_all(&change, &set);
  change_end(&change);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- erasing */

/* The values of a node without the one at the position. */
static int shrink_subpage(const struct dup_change *change, const struct value_set *set) {
  const unsigned count = subpage_count(&set->bytes);
  ASSERT(count > 1 && set->index < count);
  if (count == 2) {
    const MDBX_val other = subpage_value(&set->bytes, !set->index);
    uint8_t *copy = malloc(other.iov_len + 1);
    if (!copy)
      return MDBX_ENOMEM;
    if (other.iov_len)
      memcpy(copy, other.iov_base, other.iov_len);
    const int rc = put_node(change, true, NODE_PLAIN, copy, other.iov_len);
    free(copy);
    return rc;
  }
  struct subpage_writer writer;
  uint8_t *bytes = malloc(set->bytes.length);
  if (!bytes)
    return MDBX_ENOMEM;
  const size_t total = total_bytes(set) - subpage_value(&set->bytes, set->index).iov_len;
  subpage_begin(&writer, bytes, tree_is_fixed(change->node.tree), count - 1);
  subpage_add_range(&writer, &set->bytes, 0, set->index);
  subpage_add_range(&writer, &set->bytes, set->index + 1, count);
  const size_t size = subpage_size(tree_is_fixed(change->node.tree), count - 1, total);
  ASSERT(subpage_check(bytes, size));
  const int rc = put_node(change, true, NODE_SUBPAGE, bytes, size);
  free(bytes);
  return rc;
}

/* Bytes of the values on a leaf of a nested tree. */
static size_t leaf_value_bytes(const struct page *leaf) {
  size_t total = 0, length;
  for (unsigned i = 0; i < leaf->count; ++i) {
    leaf_key(leaf, i, &length);
    total += length;
  }
  return total;
}

/* Moves the values of a leaf back into the node. */
static int put_leaf_back(const struct dup_change *change, const struct page *leaf, size_t size) {
  ASSERT(leaf->count > 0);
  struct subpage_writer writer;
  uint8_t *bytes = malloc(size);
  if (!bytes)
    return MDBX_ENOMEM;
  subpage_begin(&writer, bytes, tree_is_fixed(change->node.tree), leaf->count);
  for (unsigned i = 0; i < leaf->count; ++i) {
    MDBX_val value;
    value.iov_base = (void *)(uintptr_t)leaf_key(leaf, i, &value.iov_len);
    subpage_add(&writer, &value);
  }
  const bool single = leaf->count == 1;
  const size_t skip = single ? subpage_size(tree_is_fixed(change->node.tree), 1, 0) : 0;
  const int rc = put_node(change, true, single ? NODE_PLAIN : NODE_SUBPAGE, bytes + skip, size - skip);
  free(bytes);
  return rc;
}

/* Moves the values of a nested tree that has become small back into the node. */
static int store_tree(const struct dup_change *change, struct tree *nested) {
  const struct page *leaf;
  if (nested->record.depth > 1)
    return put_nested(change, true, nested);
  int rc = snapshot_tree_page(&change->node.space->view, tree_root(nested), tree_page_type(nested, true), &leaf);
  if (rc != MDBX_SUCCESS)
    return rc;
  const size_t size = subpage_size(tree_is_fixed(change->node.tree), leaf->count, leaf_value_bytes(leaf));
  if (!fits_the_leaf(change, 2 * size))
    return put_nested(change, true, nested);
  rc = put_leaf_back(change, leaf, size);
  return rc == MDBX_SUCCESS ? space_retire(change->node.space, leaf) : rc;
}

static int erase_from_tree(const struct dup_change *change, struct value_set *set) {
  ASSERT(set->kind == NODE_TREE);
  bool moved;
  int rc = tree_touch_path(change->node.space, change->node.tree, change->node.path);
  if (rc == MDBX_SUCCESS)
    rc = tree_erase(change->node.space, &set->tree, &set->path, &moved);
  return rc == MDBX_SUCCESS ? store_tree(change, &set->tree) : rc;
}

/* Removes one of several values. */
static int erase_value(const struct dup_change *change, struct value_set *set) {
  if (values_behind(set))
    return snapshot_damage(&change->node.space->view, "the values of a key are out of order: one is not found again");
  const int rc = set->kind == NODE_TREE ? erase_from_tree(change, set) : shrink_subpage(change, set);
  if (rc == MDBX_SUCCESS)
    count_items(change->node.tree, 1, 0);
  return rc;
}

int dup_store_nested(struct space *space, struct tree *tree, struct path *path, struct tree *nested) {
  ASSERT(tree_is_multi(tree) && nested != tree);
  struct dup_change change;
  struct leaf_item item;
  path_item(path, &item);
  int rc = change_begin(&change, space, tree, path, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS)
    rc = store_tree(&change, nested);
  change_end(&change);
  return rc;
}

int dup_erase(struct space *space, struct tree *tree, struct path *path, struct value_set *set) {
  struct dup_change change;
  struct leaf_item item;
  bool moved;
  if (values_count(set) == 1)
    return dup_erase_all(space, tree, path, &moved);
  path_item(path, &item);
  int rc = change_begin(&change, space, tree, path, item.key, item.key_length, NULL);
  if (rc == MDBX_SUCCESS)
    rc = erase_value(&change, set);
  change_end(&change);
  return rc;
}

int dup_erase_all(struct space *space, struct tree *tree, struct path *path, bool *moved) {
  ASSERT(tree_is_multi(tree));
  struct leaf_item item;
  struct value_set set;
  path_item(path, &item);
  int rc = values_open(&space->view, tree, &item, &set);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t count = values_count(&set);
  if (set.kind == NODE_TREE)
    rc = tree_clear(space, &set.tree);
  if (rc == MDBX_SUCCESS)
    rc = tree_erase(space, tree, path, moved);
  if (rc == MDBX_SUCCESS)
    count_items(tree, count - 1, 0);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------- replacing */

int dup_replace(const struct change *node, struct value_set *set, const MDBX_val *value) {
  struct dup_change change;
  struct value_set after;
  bool exact;
  if (values_count(set) == 1)
    return dup_replace_all(node, value);
  int rc = begin_under_key(&change, node, value);
  if (rc == MDBX_SUCCESS)
    rc = erase_value(&change, set);
  if (rc == MDBX_SUCCESS)
    rc = open_set(&change, &after);
  if (rc == MDBX_SUCCESS)
    rc = values_seek(&after, &change.value, &exact);
  if (rc == MDBX_SUCCESS && !exact)
    rc = add_value(&change, &after);
  change_end(&change);
  return rc;
}
