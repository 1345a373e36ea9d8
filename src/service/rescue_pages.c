/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the use of each page of a damaged database that can be reached. */
#include "service/rescue.h"

#include "base/array.h"
#include "base/log.h"
#include "gc/gc_record.h"
#include "tree/values.h"

#include <stdlib.h>

/* A tree that is being walked: a table's, or the values of one key. */
struct look {
  struct rescue *rescue;
  size_t table; /* its index: the tables may move */
  const struct tree *tree;
  MDBX_val key;   /* of values; else without a base */
  MDBX_val last;  /* what was read last */
  size_t waiting; /* gaps from here on wait for the record that follows them */
};

static struct rescue_table *table_of_look(const struct look *look) { return &look->rescue->tables[look->table]; }

/* ---- gaps ------------------------------------------------------------------------------------------------------- */

static int add_gap(struct look *look, const struct rescue_gap *gap) {
  struct rescue_table *table = table_of_look(look);
  if (!array_room(table->gaps, table->gap_count, table->gap_capacity))
    return MDBX_ENOMEM;
  table->gaps[table->gap_count++] = *gap;
  return MDBX_SUCCESS;
}

static void mark(const struct rescue *rescue, pgno_t pgno, enum rescue_use use) {
  if (pgno < rescue->view->limit)
    rescue->use[pgno] = (uint8_t)use;
}

/* Anything but damage ends the rescue. */
static int open_gap(struct look *look, const struct rescue_step *step, bool branch, int error) {
  if (error != MDBX_CORRUPTED)
    return error;
  struct rescue *rescue = look->rescue;
  const struct page_ref ref = step->ref;
  rescue->old_met |= rescue_is_other_version(rescue, ref);
  if (ref.pgno < rescue->view->limit && rescue->use[ref.pgno] == RESCUE_UNKNOWN)
    mark(rescue, ref.pgno, RESCUE_BAD);
  rescue->values_lost |= !look->key.iov_base && tree_is_multi(look->tree);
  rescue->names_lost |= !look->table && !tree_is_multi(look->tree);
  const struct rescue_gap gap = {.step = *step,
                                 .error = error,
                                 .depth = look->tree->record.depth,
                                 .branch = branch,
                                 .key = look->key,
                                 .after = look->last};
  return add_gap(look, &gap);
}

static int lose_record(struct look *look, const struct leaf_item *item, struct page_ref ref, int error) {
  if (error != MDBX_CORRUPTED)
    return error;
  mark(look->rescue, ref.pgno, RESCUE_BAD);
  const struct rescue_gap gap = {
      .step = {.ref = ref}, .error = error, .record = true, .key = {(void *)(uintptr_t)item->key, item->key_length}};
  return add_gap(look, &gap);
}

/* The record read now follows the earlier gaps. */
static void read_on(struct look *look, const struct leaf_item *item) {
  struct rescue_table *table = table_of_look(look);
  look->last = val_of(item->key, item->key_length);
  for (; look->waiting < table->gap_count; ++look->waiting) {
    struct rescue_gap *gap = &table->gaps[look->waiting];
    if (!gap->record && gap->key.iov_base == look->key.iov_base)
      gap->before = look->last;
  }
}

/* ---- trees ------------------------------------------------------------------------------------------------------ */

static int look_at_page(struct look *look, const struct rescue_step *step);

/* Whether the run is valid, but stale: an older or newer value than the reference means. */
static bool is_other_run(const struct snapshot *strict, struct large_ref ref) {
  const struct page *run;
  if (ref.pgno < PGNO_FIRST || ref.pgno >= strict->present)
    return false;
  const struct page *there = snapshot_mapped(strict, ref.pgno);
  if (birth_bits(there->txnid) == ref.birth || there->txnid > strict->txnid)
    return false;
  ref.birth = birth_bits(there->txnid);
  ref.bytes = there->run_bytes;
  return snapshot_run(strict, &ref, &run) == MDBX_SUCCESS;
}

static int look_at_run(struct look *look, const struct leaf_item *item) {
  struct rescue *rescue = look->rescue;
  struct large_ref ref;
  const struct page *run;
  memcpy(&ref, item->data, sizeof(ref));
  struct snapshot strict = *rescue->view;
  snapshot_check_always(&strict); /* the whole of it is wanted */
  const int rc = snapshot_run(&strict, &ref, &run);
  rescue->old_met |= rc == MDBX_CORRUPTED && is_other_run(&strict, ref);
  if (rc != MDBX_SUCCESS)
    return lose_record(look, item, (struct page_ref){ref.pgno, ref.birth}, rc);
  for (uint32_t i = 0; i < run->run_pages; ++i)
    mark(rescue, ref.pgno + i, RESCUE_USED);
  return MDBX_SUCCESS;
}

static int look_at_values(struct look *look, const struct page *leaf, const struct leaf_item *item) {
  struct tree nested;
  const int rc = values_nested_tree(look->rescue->view, look->tree, item, &nested);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_CORRUPTED ? lose_record(look, item, (struct page_ref){leaf->pgno, 0}, rc) : rc;
  struct look inner = {.rescue = look->rescue,
                       .table = look->table,
                       .tree = &nested,
                       .key = val_of(item->key, item->key_length),
                       .waiting = table_of_look(look)->gap_count};
  const struct rescue_step root = rescue_root(&nested);
  return look_at_page(&inner, &root);
}

/* A leaf of the main table, which may have records of tables: they are read when the walk of this table has ended. */
static int note_leaf(struct rescue *rescue, const struct page *leaf) {
  if (!array_room(rescue->leaves, rescue->leaf_count, rescue->leaf_capacity))
    return MDBX_ENOMEM;
  rescue->leaves[rescue->leaf_count++] = leaf;
  return MDBX_SUCCESS;
}

static int look_at_leaf(struct look *look, const struct page *leaf) {
  const bool values = look->key.iov_base;
  if (!look->table && !tree_is_multi(look->tree) && !values) {
    const int rc = note_leaf(look->rescue, leaf);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    int rc = MDBX_SUCCESS;
    leaf_get(leaf, i, &item);
    read_on(look, &item);
    if (values)
      continue;
    if (item.kind == NODE_LARGE)
      rc = look_at_run(look, &item);
    else if (item.kind == NODE_TREE && tree_is_multi(look->tree))
      rc = look_at_values(look, leaf, &item);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

/* No page is visited in two places, so the walk ends. */
static int look_at_page(struct look *look, const struct rescue_step *step) {
  struct rescue *rescue = look->rescue;
  const pgno_t pgno = step->ref.pgno;
  const bool leaf = step->level + 1 == look->tree->record.depth;
  const struct page *page;
  int rc = snapshot_tree_page(rescue->view, step->ref, tree_page_type(look->tree, leaf), &page);
  if (rc == MDBX_SUCCESS && rescue->use[pgno] != RESCUE_UNKNOWN)
    rc = log_damage(MDBX_CORRUPTED, "page %u is used twice", pgno);
  if (rc != MDBX_SUCCESS)
    return open_gap(look, step, !leaf, rc);
  mark(rescue, pgno, RESCUE_USED);
  if (leaf)
    return look_at_leaf(look, page);
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < page->count; ++i) {
    const struct rescue_step child = rescue_child(page, i, step->level + 1);
    rc = look_at_page(look, &child);
  }
  return rc;
}

static int look_at_table(struct rescue *rescue, size_t index) {
  const struct tree tree = rescue->tables[index].tree; /* the array may move */
  struct look look = {.rescue = rescue, .table = index, .tree = &tree};
  if (rescue->tables[index].error || tree_is_empty(&tree))
    return MDBX_SUCCESS;
  const struct rescue_step root = rescue_root(&tree);
  return look_at_page(&look, &root);
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static struct rescue_table *new_table(struct rescue *rescue) {
  if (!array_room(rescue->tables, rescue->table_count, rescue->table_capacity))
    return NULL;
  struct rescue_table *table = &rescue->tables[rescue->table_count++];
  memset(table, 0, sizeof(*table));
  return table;
}

int rescue_add_table(struct rescue *rescue, const MDBX_val *name, const struct leaf_item *item) {
  struct rescue_table *table = new_table(rescue);
  struct table_record record;
  if (!table)
    return MDBX_ENOMEM;
  table->name = *name;
  table->error = MDBX_CORRUPTED;
  if (item->data_length == sizeof(record)) {
    memcpy(&record, item->data, sizeof(record));
    table->error = tree_load(&table->tree, &record, rescue->view->limit, "(named)");
  }
  rescue->names_lost |= table->error != MDBX_SUCCESS;
  return look_at_table(rescue, rescue->table_count - 1);
}

static int add_named(struct rescue *rescue, const struct page *leaf) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    const MDBX_val name = val_of(item.key, item.key_length);
    const int rc = item.kind == NODE_TREE ? rescue_add_table(rescue, &name, &item) : MDBX_SUCCESS;
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

/* The tables named on leaves of the main table that were walked since the last call. Each leaf is walked once, however many
 * branches lead to it. */
static int add_tables(struct rescue *rescue) {
  int rc = MDBX_SUCCESS;
  while (rc == MDBX_SUCCESS && rescue->leaves_named < rescue->leaf_count)
    rc = add_named(rescue, rescue->leaves[rescue->leaves_named++]);
  return rc;
}

void rescue_tree_of(const struct rescue_table *table, const struct rescue_gap *gap, struct tree *tree) {
  if (gap->key.iov_base)
    values_nested_init(&table->tree, tree);
  else
    *tree = table->tree;
  tree->record.depth = (uint8_t)gap->depth;
}

int rescue_add_orphan(struct rescue *rescue, const struct rescue_table *orphan) {
  struct rescue_table *table = new_table(rescue);
  if (!table)
    return MDBX_ENOMEM;
  *table = *orphan;
  return look_at_table(rescue, rescue->table_count - 1);
}

int rescue_take(struct rescue *rescue, size_t index, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  struct tree tree;
  rescue_tree_of(&rescue->tables[index], gap, &tree);
  const unsigned level = tree.record.depth - unit->height;
  struct look look = {.rescue = rescue,
                      .table = index,
                      .tree = &tree,
                      .key = gap->key,
                      .last = gap->after,
                      .waiting = rescue->tables[index].gap_count};
  const struct rescue_step step = rescue_found(unit->ref, level);
  const int rc = look_at_page(&look, &step);
  return rc == MDBX_SUCCESS ? add_tables(rescue) : rc;
}

/* ---- free pages ------------------------------------------------------------------------------------------------- */

struct free_look {
  struct tree_visitor visitor;
  struct rescue *rescue;
};

/* A damaged list must not hide a page in use: a use that was found before stays. */
static void mark_unknown(const struct rescue *rescue, pgno_t pgno, enum rescue_use use) {
  if (pgno < rescue->view->limit && rescue->use[pgno] == RESCUE_UNKNOWN)
    mark(rescue, pgno, use);
}

static int on_free_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)level;
  mark_unknown(((struct free_look *)visitor)->rescue, page->pgno, RESCUE_USED);
  return MDBX_SUCCESS;
}

static int on_free_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  (void)birth;
  for (uint32_t i = 0; i < pages; ++i)
    mark_unknown(context, pgno + i, RESCUE_FREE);
  return MDBX_SUCCESS;
}

static int on_free_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                          const struct leaf_item *item) {
  struct rescue *rescue = ((struct free_look *)visitor)->rescue;
  struct gc_key key;
  (void)leaf, (void)index;
  if (item->kind != NODE_PLAIN || !gc_key_decode(item->key, item->key_length, &key) ||
      gc_record_decode(&key, item->data, item->data_length, rescue->view->page_size, rescue->view->limit, on_free_run,
                       rescue) != MDBX_SUCCESS)
    rescue->free_damaged = true;
  return MDBX_SUCCESS;
}

static int on_free_damage(struct tree_visitor *visitor, pgno_t pgno, int rc) {
  struct rescue *rescue = ((struct free_look *)visitor)->rescue;
  if (rc != MDBX_CORRUPTED)
    return rc;
  mark_unknown(rescue, pgno, RESCUE_BAD);
  rescue->free_damaged = true;
  return MDBX_SUCCESS;
}

static int on_list_entry(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  (void)key;
  return on_free_run(context, pgno, pages, birth);
}

/* The list of the meta. Later commits may have overwritten it: then not all free pages are known. */
static int look_at_list(struct rescue *rescue) {
  struct meta_page *page;
  size_t length;
  int rc = env_find_meta(rescue->txn->env, rescue->view->txnid, &page);
  if (rc == MDBX_RESULT_TRUE)
    rescue->free_damaged = true;
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
  const uint8_t *list = meta_list_of(page, &length);
  rc = gc_visit_list(rescue->view, list, length, on_list_entry, rescue);
  free(page);
  rescue->free_damaged |= rc == MDBX_CORRUPTED;
  return rc == MDBX_CORRUPTED ? MDBX_SUCCESS : rc;
}

static int look_at_free(struct rescue *rescue) {
  struct free_look look = {.visitor = {.page = on_free_page, .record = on_free_record, .damage = on_free_damage},
                           .rescue = rescue};
  const int rc = look_at_list(rescue);
  return rc == MDBX_SUCCESS ? tree_walk(rescue->view, &rescue->txn->gc, &look.visitor) : rc;
}

/* Free pages last, see mark_unknown(). */
int rescue_look(struct rescue *rescue) {
  struct rescue_table *main = new_table(rescue);
  if (!main)
    return MDBX_ENOMEM;
  main->tree = rescue->txn->main;
  int rc = look_at_table(rescue, 0);
  if (rc == MDBX_SUCCESS)
    rc = add_tables(rescue);
  return rc == MDBX_SUCCESS ? look_at_free(rescue) : rc;
}
