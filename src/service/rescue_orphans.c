/* SPDX-License-Identifier: Apache-2.0 */
/* Units that belong nowhere: tables whose names are lost, values whose keys are lost, and units that fit several
 * tables. */
#include "service/rescue.h"

#include "base/array.h"
#include "gc/gc_record.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- flags ------------------------------------------------------------------------------------------------------ */

static bool may_be(unsigned orders, enum key_order order) { return orders & 1u << order; }

/* The flags of an order, for keys and for values. */
static unsigned key_flag(enum key_order order) {
  static const uint8_t flags[] = {[ORDER_BYTES] = 0,
                                  [ORDER_INTEGER] = TABLE_INTEGERKEY,
                                  [ORDER_REVERSE] = TABLE_REVERSEKEY,
                                  [ORDER_USER] = TABLE_USER_ORDER};
  return flags[order];
}

static unsigned value_flag(enum key_order order) {
  static const uint8_t flags[] = {[ORDER_BYTES] = 0,
                                  [ORDER_INTEGER] = TABLE_INTEGERDUP,
                                  [ORDER_REVERSE] = TABLE_REVERSEDUP,
                                  [ORDER_USER] = TABLE_USER_DUPORDER};
  return flags[order];
}

/* Guesses the first possible order, and reports the others. If a record is out of order in all of them, the table is
 * read as one whose comparator is unknown. */
static enum key_order guess_order(unsigned orders, unsigned (*flag)(enum key_order), unsigned *unsure) {
  enum key_order guess = ORDER_USER;
  for (enum key_order order = ORDER_USER; order-- > ORDER_BYTES;)
    if (may_be(orders, order))
      guess = order;
  for (enum key_order order = ORDER_BYTES; order < ORDER_USER; ++order)
    if (order != guess && may_be(orders, order))
      *unsure |= flag(order);
  return guess;
}

static unsigned guess_value_flags(const struct rescue_unit *unit, unsigned *unsure) {
  const bool fixed = unit->fixed && unit->value_least == unit->value_most;
  unsigned orders = unit->value_orders;
  if (!fixed)
    orders &= ~(1u << ORDER_INTEGER);
  const enum key_order order = guess_order(orders, value_flag, unsure);
  return TABLE_DUPSORT | (fixed ? TABLE_DUPFIXED : 0) | value_flag(order);
}

static unsigned guess_flags(const struct rescue_unit *unit, unsigned *unsure) {
  const enum key_order order = guess_order(unit->orders, key_flag, unsure);
  unsigned flags = key_flag(order);
  if (unit->multi)
    flags |= guess_value_flags(unit, unsure);
  else if (!unit->large && unit->data)
    *unsure |= TABLE_DUPSORT;
  return flags;
}

static int load_tree(const struct rescue *rescue, const struct rescue_unit *unit, struct rescue_table *orphan) {
  struct table_record record = {.flags = (uint8_t)guess_flags(unit, &orphan->unsure),
                                .depth = (uint8_t)unit->height,
                                .root = unit->ref.pgno,
                                .root_birth = unit->ref.birth};
  if (record.flags & TABLE_INTEGERKEY)
    record.key_item = (uint8_t)unit->key_most;
  if (record.flags & TABLE_DUPFIXED)
    record.value_item = (uint16_t)unit->value_most;
  const int rc = tree_load(&orphan->tree, &record, rescue->view->limit, "(orphan)");
  /* Values of one size have an order that their pages do not show. */
  orphan->tree.leaf_flags = unit->leaf_flags & (P_NOKEYHEADS | P_DUPFIX);
  orphan->tree.branch_flags = unit->height > 1 ? unit->branch_flags & P_NOKEYHEADS : orphan->tree.branch_flags;
  return rc;
}

/* ---- names ------------------------------------------------------------------------------------------------------ */

static bool name_is_taken(const struct rescue *rescue, const MDBX_val *name) {
  struct tree main = rescue->tables[0].tree;
  struct seek_key key;
  struct leaf_item item;
  for (size_t t = 1; t < rescue->table_count; ++t)
    if (rescue->tables[t].name.iov_len == name->iov_len &&
        (!name->iov_len || memcmp(rescue->tables[t].name.iov_base, name->iov_base, name->iov_len) == 0))
      return true;
  if (tree_is_empty(&main) || main.rules.order != ORDER_BYTES || tree_prepare_key(&main, name, &key) != MDBX_SUCCESS)
    return false;
  return tree_find(rescue->view, &main, &key, &item) == MDBX_SUCCESS;
}

static int make_name(const struct rescue *rescue, struct rescue_table *orphan) {
  enum { NAME_BYTES = 48 };
  orphan->made_up = malloc(NAME_BYTES);
  if (!orphan->made_up)
    return MDBX_ENOMEM;
  orphan->name.iov_base = orphan->made_up;
  orphan->name.iov_len = (size_t)snprintf(orphan->made_up, NAME_BYTES, "lost-%u", (unsigned)orphan->orphan);
  for (unsigned i = 2; name_is_taken(rescue, &orphan->name); ++i)
    orphan->name.iov_len = (size_t)snprintf(orphan->made_up, NAME_BYTES, "lost-%u-%u", (unsigned)orphan->orphan, i);
  return MDBX_SUCCESS;
}

/* ---- old versions ----------------------------------------------------------------------------------------------- */

static bool has_key(const struct rescue *rescue, const struct rescue_table *table, const MDBX_val *key) {
  struct tree tree = table->tree;
  struct seek_key prepared;
  struct leaf_item item;
  tree.scratch = tree.value_scratch = NULL;
  bool found = false;
  if (tree_prepare_key(&tree, key, &prepared) == MDBX_SUCCESS)
    found = tree_find(rescue->view, &tree, &prepared, &item) == MDBX_SUCCESS;
  tree_release(&tree);
  return found;
}

/* A table that has the first or last key of an older tree, which may be an old version of it. */
static bool may_be_old_of(const struct rescue *rescue, const struct rescue_table *table,
                          const struct rescue_unit *unit) {
  if (table->error || tree_is_empty(&table->tree) || table->tree.rules.order == ORDER_USER ||
      !may_be(unit->orders, table->tree.rules.order))
    return false;
  return has_key(rescue, table, &unit->first) || has_key(rescue, table, &unit->last);
}

/* What may be a part of the lists of free pages. */
static bool may_be_free_list(const struct rescue_unit *unit) {
  struct gc_key key;
  return gc_key_decode(unit->first.iov_base, unit->first.iov_len, &key) &&
         gc_key_decode(unit->last.iov_base, unit->last.iov_len, &key);
}

/* What has no data may be old values of a key. */
static bool may_be_old(const struct rescue *rescue, const struct rescue_unit *unit) {
  if (rescue_may_be_old(rescue) && (!unit->data || may_be_free_list(unit)))
    return true;
  for (size_t t = 0; rescue_may_be_old(rescue) && t < rescue->table_count; ++t)
    if (may_be_old_of(rescue, &rescue->tables[t], unit))
      return true;
  return false;
}

static int doubt(struct rescue *rescue, const struct rescue_unit *unit) {
  if (!array_room(rescue->doubts, rescue->doubt_count, rescue->doubt_capacity))
    return MDBX_ENOMEM;
  rescue->doubts[rescue->doubt_count++] = (struct rescue_doubt){unit->ref.pgno, unit->leaves, unit->first, unit->last};
  return MDBX_SUCCESS;
}

/* ---- tables ----------------------------------------------------------------------------------------------------- */

static void find_remains(const struct rescue *rescue, const struct rescue_unit *unit, struct rescue_table *orphan) {
  const struct rescue_table *main = &rescue->tables[0];
  for (size_t g = 0; g < main->gap_count && !orphan->remains.iov_base; ++g)
    if (!main->gaps[g].branch && !main->gaps[g].record)
      rescue_remains(rescue, main->gaps[g].step.ref.pgno, unit->ref, &orphan->remains);
}

static int add_orphan(struct rescue *rescue, const struct rescue_unit *unit, bool old) {
  struct rescue_table orphan = {.orphan = unit->ref.pgno, .first = unit->first, .last = unit->last, .old = old};
  size_t table, gap;
  /* A whole tree becomes a table even if it fits a gap, because the gap has got newer leaves where it wanted any. */
  int rc = rescue_place(rescue, unit, &table, &gap, &orphan);
  if (rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND)
    rc = load_tree(rescue, unit, &orphan);
  if (rc == MDBX_SUCCESS)
    rc = make_name(rescue, &orphan);
  if (rc != MDBX_SUCCESS)
    return rc;
  find_remains(rescue, unit, &orphan);
  return rescue_add_orphan(rescue, &orphan);
}

static int take_orphan(struct rescue *rescue, pgno_t pgno) {
  struct rescue_unit unit;
  int rc = rescue_read_unit(rescue, pgno, &unit);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (rescue_may_be_old(rescue) && unit.taken) {
    rescue->use[pgno] = RESCUE_PASSED;
    return rc;
  }
  const bool old = may_be_old(rescue, &unit);
  /* A complete tree with pages of its own becomes a table. */
  const bool whole = unit.height > 1 && !unit.ends_early && unit.data && !may_be_free_list(&unit);
  if (unit.leaves && !unit.names && (!old || whole))
    return add_orphan(rescue, &unit, old);
  rescue->use[pgno] = RESCUE_PASSED;
  return doubt(rescue, &unit);
}

/* Whether there may be lost tables. Without a loss that explains them, pages to which nothing refers are old versions,
 * or were not recorded when they became free. */
static bool are_possible(const struct rescue *rescue) {
  bool gaps = false;
  for (size_t t = 0; t < rescue->table_count; ++t)
    gaps |= rescue->tables[t].gap_count != 0;
  return rescue->names_lost || rescue->values_lost || (gaps && !rescue->free_damaged);
}

struct waiting {
  pgno_t pgno;
  unsigned height;
  txnid_t birth;
};

/* Processes high units first, because others may belong below a bad page in them; at the same height the newest
 * first. */
static int order_of_waiting(const void *a, const void *b) {
  const struct waiting *left = a, *right = b;
  if (left->height != right->height)
    return left->height > right->height ? -1 : 1;
  if (left->birth != right->birth)
    return left->birth > right->birth ? -1 : 1;
  return left->pgno < right->pgno ? -1 : left->pgno > right->pgno;
}

/* A page to which another orphan refers waits too, because that orphan may be an old version. */
static int collect(const struct rescue *rescue, struct waiting **waiting, size_t *count) {
  size_t capacity = 0;
  for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->present; ++pgno) {
    const bool old_parents = rescue_may_be_old(rescue) && (rescue->height[pgno] & RESCUE_SOUND);
    if (rescue->use[pgno] != RESCUE_UNKNOWN || !(rescue_is_unit(rescue, pgno) || old_parents))
      continue;
    if (!array_room(*waiting, *count, capacity))
      return MDBX_ENOMEM;
    (*waiting)[(*count)++] =
        (struct waiting){pgno, rescue->height[pgno] & RESCUE_HEIGHT, snapshot_mapped(rescue->view, pgno)->txnid};
  }
  return MDBX_SUCCESS;
}

static int add_waiting(struct rescue *rescue, const struct waiting *waiting, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    size_t gaps = 0;
    if (rescue->use[waiting[i].pgno] != RESCUE_UNKNOWN)
      continue;
    const size_t tables = rescue->table_count;
    int rc = take_orphan(rescue, waiting[i].pgno);
    for (size_t t = tables; t < rescue->table_count; ++t)
      gaps += rescue->tables[t].gap_count;
    if (rc == MDBX_SUCCESS && gaps)
      rc = rescue_fill_gaps(rescue);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

int rescue_add_orphans(struct rescue *rescue) {
  struct waiting *waiting = NULL;
  size_t count = 0;
  if (!are_possible(rescue))
    return MDBX_SUCCESS;
  int rc = collect(rescue, &waiting, &count);
  if (rc == MDBX_SUCCESS && count) {
    qsort(waiting, count, sizeof(*waiting), order_of_waiting);
    rc = add_waiting(rescue, waiting, count);
  }
  free(waiting);
  return rc;
}
