/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/values.h"

#include "base/assert.h"

void values_nested_init(const struct tree *owner, struct tree *nested) {
  ASSERT(owner->record.flags & TABLE_DUPSORT);
  const bool fixed = owner->record.flags & TABLE_DUPFIXED;
  memset(nested, 0, sizeof(*nested));
  nested->record.root = PGNO_NONE;
  nested->rules = owner->values;
  nested->branch_flags = owner->values.order == ORDER_USER ? P_NOKEYHEADS : 0;
  nested->leaf_flags = fixed ? P_DUPFIX | P_NOKEYHEADS : nested->branch_flags;
  nested->leaf_item = fixed ? owner->record.value_item : 0;
  nested->scratch = owner->value_scratch;
}

int values_nested_tree(const struct snapshot *snapshot, const struct tree *owner, const struct leaf_item *item,
                       struct tree *nested) {
  struct nested_record record;
  if (tree_is_fixed(owner) && !owner->record.value_item)
    return snapshot_damage(snapshot, "many values in a table with values of no bytes");
  if (item->data_length != sizeof(record))
    return snapshot_damage(snapshot, "the record of a nested tree has %u bytes", item->data_length);
  memcpy(&record, item->data, sizeof(record));
  if (record.root < PGNO_FIRST || record.root >= snapshot->limit || !record.depth || record.depth > TREE_DEPTH_MAX ||
      !record.items)
    return snapshot_damage(snapshot, "the record of a nested tree has root %u, depth %u, %llu items", record.root,
                           record.depth, (unsigned long long)record.items);
  values_nested_init(owner, nested);
  nested->record.root = record.root;
  nested->record.root_birth = record.root_birth;
  nested->record.depth = (uint8_t)record.depth;
  nested->record.branch_pages = record.branch_pages;
  nested->record.leaf_pages = record.leaf_pages;
  nested->record.items = record.items;
  return MDBX_SUCCESS;
}

int values_open(const struct snapshot *snapshot, struct tree *owner, const struct leaf_item *item,
                struct value_set *set) {
  set->kind = item->kind;
  set->snapshot = snapshot;
  set->owner = owner;
  set->key = val_of(item->key, item->key_length);
  set->bytes = (struct subpage){item->data, item->data_length};
  set->index = 0;
  if (item->kind == NODE_TREE)
    return values_nested_tree(snapshot, owner, item, &set->tree);
  if (item->kind == NODE_LARGE)
    return snapshot_damage(snapshot, "a large value does not belong into a table with several values per key");
  if (!values_have_size(owner, item))
    return snapshot_damage(snapshot, "values of other sizes than the table has");
  return MDBX_SUCCESS;
}

int values_count_of(const struct snapshot *snapshot, struct tree *owner, const struct leaf_item *item, size_t *count) {
  struct value_set set;
  *count = 1;
  if (!tree_is_multi(owner))
    return MDBX_SUCCESS;
  const int rc = values_open(snapshot, owner, item, &set);
  if (rc == MDBX_SUCCESS)
    *count = (size_t)values_count(&set);
  return rc;
}

/* A nested tree is never empty. */
static int not_empty(const struct value_set *set, int rc) {
  return rc == MDBX_NOTFOUND ? snapshot_damage(set->snapshot, "a nested tree is empty") : rc;
}

int values_first(struct value_set *set) {
  set->index = 0;
  return set->kind == NODE_TREE ? not_empty(set, tree_first(set->snapshot, &set->tree, &set->path)) : MDBX_SUCCESS;
}

int values_last(struct value_set *set) {
  if (set->kind == NODE_TREE)
    return not_empty(set, tree_last(set->snapshot, &set->tree, &set->path));
  set->index = (unsigned)values_count(set) - 1;
  return MDBX_SUCCESS;
}

/* As for the keys of a table: this ends a scan that damage would lead in circles. */
static int check_order(const struct value_set *set, const struct path_level *from, bool forward) {
  const struct path_level *to = &set->path.level[set->path.depth - 1];
  size_t from_length, to_length;
  if (to->page == from->page || set->tree.rules.unknown)
    return MDBX_SUCCESS;
  const uint8_t *before = leaf_key(from->page, MIN_OF(from->index, from->page->count - 1u), &from_length);
  const uint8_t *after = leaf_key(to->page, to->index, &to_length);
  const int order = key_compare_raw(&set->tree.rules, before, from_length, after, to_length);
  if (forward ? order < 0 : order > 0 || from->index >= from->page->count)
    return MDBX_SUCCESS;
  return snapshot_damage(set->snapshot, "page %u: its values do not follow those of page %u", to->page->pgno,
                         from->page->pgno);
}

int values_next(struct value_set *set) {
  ASSERT(set->kind != NODE_TREE || set->path.depth > 0);
  if (set->kind == NODE_TREE) {
    const struct path_level from = *path_leaf(&set->path);
    const int rc = path_next(set->snapshot, &set->tree, &set->path);
    return rc == MDBX_SUCCESS ? check_order(set, &from, true) : rc;
  }
  if (set->index + 1 >= values_count(set))
    return MDBX_NOTFOUND;
  set->index += 1;
  return MDBX_SUCCESS;
}

int values_prev(struct value_set *set) {
  ASSERT(set->kind != NODE_TREE || set->path.depth > 0);
  if (set->kind == NODE_TREE) {
    const struct path_level from = *path_leaf(&set->path);
    const int rc = path_prev(set->snapshot, &set->tree, &set->path);
    return rc == MDBX_SUCCESS ? check_order(set, &from, false) : rc;
  }
  if (!set->index)
    return MDBX_NOTFOUND;
  set->index -= 1;
  return MDBX_SUCCESS;
}

static int seek_nested(struct value_set *set, const MDBX_val *value, bool *exact) {
  struct seek_key key;
  int rc = tree_prepare_value(set->owner, value, &key);
  if (rc == MDBX_SUCCESS)
    rc = tree_seek(set->snapshot, &set->tree, &key, &set->path, exact);
  /* Moves to the next leaf if the position is there; after the last value the path stays after the last record. */
  if (rc == MDBX_SUCCESS && !*exact)
    rc = path_settle(set->snapshot, &set->tree, &set->path);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

int values_seek(struct value_set *set, const MDBX_val *given, bool *exact) {
  const MDBX_val wanted = {given->iov_len ? given->iov_base : (void *)(uintptr_t) "", given->iov_len}, *value = &wanted;
  *exact = false;
  if (set->kind == NODE_TREE)
    return seek_nested(set, value, exact);
  if (set->kind == NODE_SUBPAGE) {
    set->index = subpage_seek(&set->bytes, &set->owner->values, value, exact);
    return MDBX_SUCCESS;
  }
  const int order =
      key_compare_raw(&set->owner->values, value->iov_base, value->iov_len, set->bytes.bytes, set->bytes.length);
  *exact = order == 0;
  set->index = order > 0;
  return MDBX_SUCCESS;
}

int values_to_end(struct value_set *set) {
  const int rc = values_last(set);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (set->kind == NODE_TREE)
    path_leaf(&set->path)->index += 1;
  else
    set->index += 1;
  return MDBX_SUCCESS;
}

static bool on_edge(const struct value_set *set, bool last) {
  ASSERT(set->kind != NODE_TREE || set->path.depth == set->tree.record.depth);
  if (set->kind != NODE_TREE)
    return set->index == (last ? (unsigned)values_count(set) - 1 : 0);
  for (unsigned i = 0; i < set->path.depth; ++i)
    if (set->path.level[i].index != (last ? set->path.level[i].page->count - 1u : 0u))
      return false;
  return true;
}

bool values_on_first(const struct value_set *set) { return on_edge(set, false); }

bool values_on_last(const struct value_set *set) { return on_edge(set, true); }

MDBX_val values_get_page(struct value_set *set) {
  values_to_page_start(set);
  MDBX_val all = values_get(set);
  unsigned count = set->kind == NODE_PLAIN ? 1 : subpage_count(&set->bytes);
  if (set->kind == NODE_TREE) {
    struct path_level *leaf = path_leaf(&set->path);
    count = leaf->page->count;
    leaf->index = count - 1;
  } else {
    set->index = count - 1;
  }
  all.iov_len *= count;
  return all;
}

void values_to_page_start(struct value_set *set) {
  if (set->kind == NODE_TREE)
    path_leaf(&set->path)->index = 0;
  else
    set->index = 0;
}

int values_compare(const struct value_set *a, const struct value_set *b) {
  if (a->kind != NODE_TREE || b->kind != NODE_TREE)
    return (a->index > b->index) - (a->index < b->index);
  for (unsigned i = 0; i < MIN_OF(a->path.depth, b->path.depth); ++i) {
    const unsigned left = a->path.level[i].index, right = b->path.level[i].index;
    if (left != right)
      return left > right ? 1 : -1;
  }
  return 0;
}

/* ------------------------------------------------------------------------------------------ the value of a record */

static int large_value(const struct snapshot *snapshot, const struct leaf_item *item, MDBX_val *value) {
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item->data, sizeof(ref));
  const int rc = snapshot_run(snapshot, &ref, &run);
  if (rc != MDBX_SUCCESS)
    return rc;
  value->iov_base = page_body(run);
  value->iov_len = ref.bytes;
  return MDBX_SUCCESS;
}

static int first_of_several(const struct snapshot *snapshot, const struct tree *tree, const struct leaf_item *item,
                            MDBX_val *value) {
  struct value_set set;
  int rc = values_open(snapshot, (struct tree *)(uintptr_t)tree, item, &set);
  if (rc == MDBX_SUCCESS)
    rc = values_first(&set);
  if (rc == MDBX_SUCCESS)
    *value = values_get(&set);
  return rc;
}

int tree_value(const struct snapshot *snapshot, const struct tree *tree, const struct leaf_item *item,
               MDBX_val *value) {
  if (likely(item->kind == NODE_PLAIN)) {
    *value = val_of(item->data, item->data_length);
    return MDBX_SUCCESS;
  }
  if (tree_is_multi(tree))
    return first_of_several(snapshot, tree, item, value);
  if (item->kind == NODE_LARGE)
    return large_value(snapshot, item, value);
  if (item->kind == NODE_TREE && item->data_length >= sizeof(struct table_record)) {
    *value = val_of(item->data, item->data_length);
    return MDBX_SUCCESS;
  }
  return snapshot_damage(snapshot, "a record of kind %u with %u bytes does not belong into this table", item->kind,
                         item->data_length);
}
