/* SPDX-License-Identifier: Apache-2.0 */
#include "service/rescue.h"

#include "tree/values.h"

#include <stdlib.h>

/* A table that is being reported. */
struct telling {
  struct rescue *rescue;
  const struct rescue_table *table;
  uint64_t told;
};

/* ---- old versions ----------------------------------------------------------------------------------------------- */

/* The number of leaves on either side that are searched for a newer version of a key. */
enum { NEIGHBOURS = 64 };

static bool has_key_between(const struct tree *tree, const struct page *leaf, const struct leaf_item *item) {
  size_t first_length, last_length;
  const uint8_t *first = leaf_key(leaf, 0, &first_length), *last = leaf_key(leaf, leaf->count - 1u, &last_length);
  return key_compare_raw(&tree->rules, first, first_length, item->key, item->key_length) <= 0 &&
         key_compare_raw(&tree->rules, item->key, item->key_length, last, last_length) <= 0;
}

/* An old version of a leaf may have been found as well as its successor. */
static bool is_outdated(const struct telling *telling, const struct tree *tree, const struct rescue_gap *gap, size_t at,
                        const struct leaf_item *item) {
  const struct snapshot *view = telling->rescue->view;
  if (!rescue_may_be_old(telling->rescue) || tree->rules.order == ORDER_USER)
    return false;
  const size_t from = at > NEIGHBOURS ? at - NEIGHBOURS : 0, to = MIN_OF(at + NEIGHBOURS, gap->found_count);
  for (size_t i = from; i < to; ++i) {
    const struct page *other = snapshot_mapped(view, gap->found[i].ref.pgno);
    if (i != at && other->txnid > snapshot_mapped(view, gap->found[at].ref.pgno)->txnid &&
        has_key_between(tree, other, item))
      return true;
  }
  return false;
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

static int tell_page(struct telling *telling, const struct tree *tree, const MDBX_val *key,
                     const struct rescue_step *step);

static int tell(struct telling *telling, const MDBX_val *key, const MDBX_val *value) {
  telling->told += 1;
  return telling->rescue->callbacks->record(telling->rescue->context, key, value);
}

static int tell_large(struct telling *telling, const MDBX_val *key, const struct leaf_item *item) {
  const struct rescue *rescue = telling->rescue;
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item->data, sizeof(ref));
  if (ref.pgno >= rescue->view->limit || rescue->use[ref.pgno] != RESCUE_USED)
    return MDBX_SUCCESS;
  const int rc = snapshot_run(rescue->view, &ref, &run);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_CORRUPTED ? MDBX_SUCCESS : rc;
  const MDBX_val value = val_of(page_body(run), run->run_bytes);
  return tell(telling, key, &value);
}

static int tell_values(struct telling *telling, const MDBX_val *key, const struct leaf_item *item) {
  struct tree nested;
  if (item->kind == NODE_SUBPAGE) {
    const struct subpage values = {item->data, item->data_length};
    int rc = MDBX_SUCCESS;
    for (unsigned i = 0; rc == MDBX_SUCCESS && i < subpage_count(&values); ++i) {
      const MDBX_val value = subpage_value(&values, i);
      rc = tell(telling, key, &value);
    }
    return rc;
  }
  if (item->kind != NODE_TREE ||
      values_nested_tree(telling->rescue->view, &telling->table->tree, item, &nested) != MDBX_SUCCESS)
    return MDBX_SUCCESS;
  const struct rescue_step root = rescue_root(&nested);
  return tell_page(telling, &nested, key, &root);
}

/* `values`: the key whose values the leaf has; NULL: it has keys. */
static int tell_item(struct telling *telling, const MDBX_val *values, const struct leaf_item *item) {
  const MDBX_val key = val_of(item->key, item->key_length), data = val_of(item->data, item->data_length);
  if (values)
    return tell(telling, values, &key);
  if (item->kind == NODE_PLAIN)
    return tell(telling, &key, &data);
  if (tree_is_multi(&telling->table->tree))
    return tell_values(telling, &key, item);
  return item->kind == NODE_LARGE ? tell_large(telling, &key, item) : MDBX_SUCCESS;
}

static int tell_leaf(struct telling *telling, const MDBX_val *values, const struct page *leaf) {
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    rc = tell_item(telling, values, &item);
  }
  return rc;
}

static int tell_newest(struct telling *telling, const struct tree *tree, const struct rescue_gap *gap, size_t at) {
  const struct page *leaf = snapshot_mapped(telling->rescue->view, gap->found[at].ref.pgno);
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    if (!is_outdated(telling, tree, gap, at, &item))
      rc = tell_item(telling, gap->key.iov_base ? &gap->key : NULL, &item);
  }
  return rc;
}

static int tell_gap(struct telling *telling, const struct tree *tree, const struct rescue_gap *gap) {
  const MDBX_val *values = gap->key.iov_base ? &gap->key : NULL;
  int rc = MDBX_SUCCESS;
  for (size_t at = 0; rc == MDBX_SUCCESS && at < gap->found_count; ++at) {
    const struct rescue_found *found = &gap->found[at];
    const struct rescue_step step = rescue_found(found->ref, gap->depth - found->height);
    rc = found->height == 1 ? tell_newest(telling, tree, gap, at) : tell_page(telling, tree, values, &step);
  }
  return rc;
}

static int tell_page(struct telling *telling, const struct tree *tree, const MDBX_val *key,
                     const struct rescue_step *step) {
  const struct rescue *rescue = telling->rescue;
  const bool leaf = step->level + 1 == tree->record.depth;
  const struct page *page;
  const struct rescue_gap *gap = rescue_gap_at(telling->table, step, key);
  if (gap)
    return tell_gap(telling, tree, gap);
  int rc = snapshot_tree_page(rescue->view, step->ref, tree_page_type(tree, leaf), &page);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_CORRUPTED ? MDBX_SUCCESS : rc;
  if (leaf)
    return tell_leaf(telling, key, page);
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < page->count; ++i) {
    const struct rescue_step child = rescue_child(page, i, step->level + 1);
    rc = tell_page(telling, tree, key, &child);
  }
  return rc;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static int tell_losses(const struct rescue *rescue, const struct rescue_table *table) {
  int rc = MDBX_SUCCESS;
  if (table->error) {
    const MDBX_rescue_loss_t loss = {.error = table->error};
    return rescue->callbacks->loss(rescue->context, &loss);
  }
  for (size_t i = 0; rc == MDBX_SUCCESS && i < table->gap_count; ++i) {
    const struct rescue_gap *gap = &table->gaps[i];
    const MDBX_rescue_loss_t loss = {.page = gap->step.ref.pgno,
                                     .error = gap->error,
                                     .branch = gap->branch,
                                     .leaves_found = gap->leaf_count,
                                     .old = gap->leaf_count && rescue_may_be_old(rescue),
                                     .key = gap->key,
                                     .after = gap->after,
                                     .before = gap->before};
    rc = rescue->callbacks->loss(rescue->context, &loss);
  }
  return rc;
}

/* Their table is unknown: they are reported with the lost names. */
static int tell_doubts(const struct rescue *rescue) {
  int rc = MDBX_SUCCESS;
  for (size_t i = 0; rc == MDBX_SUCCESS && i < rescue->doubt_count; ++i) {
    const struct rescue_doubt *doubt = &rescue->doubts[i];
    const MDBX_rescue_loss_t loss = {.page = doubt->pgno,
                                     .error = MDBX_CORRUPTED,
                                     .orphan = true,
                                     .leaves_found = doubt->leaves,
                                     .after = doubt->first,
                                     .before = doubt->last};
    rc = rescue->callbacks->loss(rescue->context, &loss);
  }
  return rc;
}

static void describe_orphan(const struct rescue *rescue, const struct rescue_table *table, MDBX_rescue_table_t *told) {
  if (!table->orphan)
    return;
  told->orphan = table->orphan;
  told->old = table->old;
  told->unsure = (MDBX_db_flags_t)(table->unsure & TABLE_FLAGS_PUBLIC);
  told->first = table->first;
  told->last = table->last;
  told->remains = table->remains;
  told->fits = table->fits;
  for (unsigned i = 0; i < MIN_OF(table->fits, 2u); ++i)
    told->fitting[i] = rescue->tables[table->fitting[i]].name;
}

static uint64_t count_named(const struct rescue *rescue) {
  uint64_t named = 0;
  for (size_t t = 1; t < rescue->table_count; ++t)
    named += !rescue->tables[t].orphan;
  return named;
}

static int tell_table(struct rescue *rescue, size_t index) {
  const struct rescue_table *table = &rescue->tables[index];
  struct telling telling = {.rescue = rescue, .table = table};
  const struct table_record *record = &table->tree.record;
  const MDBX_val *name = index ? &table->name : NULL;
  const uint64_t names = index || tree_is_multi(&table->tree) ? 0 : count_named(rescue);
  MDBX_rescue_table_t told = {.name = name,
                              .flags = (MDBX_db_flags_t)(record->flags & TABLE_FLAGS_PUBLIC),
                              .comparator =
                                  table->tree.rules.order == ORDER_USER || table->tree.values.order == ORDER_USER,
                              .sequence = record->sequence,
                              .records = record->items > names ? record->items - names : 0};
  describe_orphan(rescue, table, &told);
  int rc = rescue->callbacks->table_begin(rescue->context, &told);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
  rc = tell_losses(rescue, table);
  if (rc == MDBX_SUCCESS && !index)
    rc = tell_doubts(rescue);
  const struct rescue_step root = rescue_root(&table->tree);
  if (rc == MDBX_SUCCESS && !table->error && !tree_is_empty(&table->tree))
    rc = tell_page(&telling, &table->tree, NULL, &root);
  return rc == MDBX_SUCCESS ? rescue->callbacks->table_end(rescue->context, &told, telling.told) : rc;
}

static bool is_damaged(const struct rescue *rescue) {
  for (size_t i = 0; i < rescue->table_count; ++i)
    if (rescue->tables[i].error || rescue->tables[i].gap_count)
      return true;
  return false;
}

static void forget(struct rescue *rescue) {
  for (size_t t = 0; t < rescue->table_count; ++t) {
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g)
      free(rescue->tables[t].gaps[g].found);
    free(rescue->tables[t].by_place);
    free(rescue->tables[t].gaps);
    free(rescue->tables[t].made_up);
  }
  free(rescue->leaves);
  free(rescue->doubts);
  free(rescue->height);
  free(rescue->tables);
  free(rescue->use);
}

/* Reads pages to which the readable trees do not refer. */
static int find_lost(struct rescue *rescue) {
  if (!is_damaged(rescue))
    return MDBX_SUCCESS;
  int rc = rescue_find_units(rescue);
  if (rc == MDBX_SUCCESS)
    rc = rescue_fill_gaps(rescue);
  if (rc == MDBX_SUCCESS)
    rc = rescue_add_orphans(rescue);
  return rc == MDBX_SUCCESS ? rescue_sort_gaps(rescue) : rc;
}

int rescue_tables(const MDBX_txn *txn, const MDBX_rescue_callbacks_t *callbacks, void *context) {
  struct rescue rescue = {.txn = txn, .view = txn->view, .callbacks = callbacks, .context = context};
  rescue.use = calloc(rescue.view->limit, 1);
  int rc = rescue.use ? rescue_look(&rescue) : MDBX_ENOMEM;
  if (rc == MDBX_SUCCESS)
    rc = find_lost(&rescue);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < rescue.table_count; ++i)
    rc = tell_table(&rescue, i);
  if (rc == MDBX_SUCCESS && is_damaged(&rescue))
    rc = MDBX_RESULT_TRUE;
  forget(&rescue);
  return rc;
}
