/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the gaps to which units belong. */
#include "service/rescue.h"

#include "base/array.h"

#include <stdlib.h>

static int order_of(const struct tree *tree, const MDBX_val *a, const MDBX_val *b) {
  return key_compare_raw(&tree->rules, a->iov_base, a->iov_len, b->iov_base, b->iov_len);
}

/* A used-up budget stays used up. */
static bool spend(uint64_t *left) { return *left && (*left)--; }

/* ---- which gap -------------------------------------------------------------------------------------------------- */

/* What is left below a bad page in that place. A lost page between the two is bad itself. */
static bool height_fits(const struct rescue *rescue, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  const unsigned most = gap->depth - gap->step.level - 1;
  return unit->height == most || (unit->height < most && (rescue->others_bad || rescue_may_be_old(rescue)));
}

static bool pages_fit(const struct tree *tree, const struct rescue_unit *unit) {
  return unit->leaf_flags == tree_page_flags(tree, true) &&
         (unit->height == 1 || unit->branch_flags == tree_page_flags(tree, false));
}

/* A page is never younger than the one that refers to it, of whose birth the low bits are known. */
static bool birth_fits(const struct snapshot *view, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  const txnid_t span = (txnid_t)UINT16_MAX + 1;
  txnid_t latest = view->txnid / span * span + gap->step.ref.birth;
  if (latest > view->txnid)
    latest = latest < span ? 0 : latest - span;
  return unit->birth <= latest;
}

/* Kinds of records that the tree has. */
static bool records_fit(const struct rescue *rescue, size_t index, const struct rescue_gap *gap,
                        const struct rescue_unit *unit) {
  const struct rescue_table *table = &rescue->tables[index];
  if (gap->key.iov_base)
    return !unit->data && !unit->large;
  /* They may be the values of a key that is lost. */
  if (!unit->data && rescue->values_lost)
    return false;
  if (tree_is_multi(&table->tree))
    return !unit->large && !unit->names;
  return !unit->multi && (index == 0 || !unit->names);
}

static bool sizes_fit(const struct rescue_table *table, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  const struct table_record *record = &table->tree.record;
  if (gap->key.iov_base)
    return !(unit->leaf_flags & P_DUPFIX) || !record->value_item || unit->key_most == record->value_item;
  if ((record->flags & TABLE_INTEGERKEY) && (unit->key_least != record->key_item || unit->key_most != record->key_item))
    return false;
  return !(record->flags & TABLE_DUPFIXED) || !record->value_item || !unit->value_most ||
         (unit->value_least == record->value_item && unit->value_most == record->value_item);
}

/* Whether the keys fit between those read on both sides. In an unknown order all fit. */
static bool keys_fit(const struct tree *tree, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  if (tree->rules.order == ORDER_USER)
    return true;
  return (unit->orders & 1u << tree->rules.order) &&
         (!gap->after.iov_base || order_of(tree, &gap->after, &unit->first) < 0) &&
         (!gap->before.iov_base || order_of(tree, &unit->last, &gap->before) < 0);
}

static bool fits(const struct rescue *rescue, size_t index, const struct rescue_gap *gap,
                 const struct rescue_unit *unit) {
  const struct rescue_table *table = &rescue->tables[index];
  struct tree tree;
  if (!gap->branch || !unit->leaves)
    return false;
  rescue_tree_of(table, gap, &tree);
  return height_fits(rescue, gap, unit) && pages_fit(&tree, unit) && birth_fits(rescue->view, gap, unit) &&
         records_fit(rescue, index, gap, unit) && sizes_fit(table, gap, unit) && keys_fit(&tree, gap, unit);
}

/* Whether the unit may be a lost table, or the values of a lost key, although it fits the gap. */
static bool may_be_apart(const struct rescue *rescue, const struct rescue_gap *gap, const struct rescue_unit *unit) {
  if (unit->names || (gap->after.iov_base && gap->before.iov_base))
    return false;
  return gap->key.iov_base ? rescue->values_lost : rescue->names_lost;
}

static void note_fitting(struct rescue_table *orphan, size_t table) {
  for (unsigned i = 0; i < MIN_OF(orphan->fits, 2u); ++i)
    if (orphan->fitting[i] == table)
      return;
  if (orphan->fits < 2)
    orphan->fitting[orphan->fits] = table;
  orphan->fits += 1;
}

int rescue_place(struct rescue *rescue, const struct rescue_unit *unit, size_t *table, size_t *gap,
                 struct rescue_table *orphan) {
  bool found = false, doubtful = false;
  orphan->fits = 0;
  for (size_t t = 0; t < rescue->table_count; ++t)
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g) {
      const struct rescue_gap *here = &rescue->tables[t].gaps[g];
      if (here->branch && !spend(&rescue->places_left))
        return MDBX_NOTFOUND;
      if (!fits(rescue, t, here, unit))
        continue;
      note_fitting(orphan, t);
      const enum rescue_mention mention = rescue_mentions(rescue, here->step.ref.pgno, unit->ref);
      /* Gaps of the same tree lie side by side: either is right. */
      const bool same = found && t == *table && rescue->tables[t].gaps[*gap].key.iov_base == here->key.iov_base;
      doubtful |= (found && !same) || (mention == MENTION_NONE && may_be_apart(rescue, here, unit));
      if (!found || mention == MENTION_SURE) {
        *table = t;
        *gap = g;
      }
      found = true;
      if (mention == MENTION_SURE)
        return MDBX_SUCCESS;
    }
  return found && !doubtful ? MDBX_SUCCESS : MDBX_NOTFOUND;
}

/* ---- what is found ---------------------------------------------------------------------------------------------- */

static int put_into(struct rescue_gap *gap, const struct rescue_unit *unit) {
  if (!array_room(gap->found, gap->found_count, gap->found_capacity))
    return MDBX_ENOMEM;
  gap->found[gap->found_count++] = (struct rescue_found){unit->ref, unit->height, unit->first};
  gap->leaf_count += unit->leaves;
  return MDBX_SUCCESS;
}

/* Tables and units with data come first, because they refer to trees of values, whose leaves are then known. */
enum round { ROUND_NAMES, ROUND_DATA, ROUND_ALL };

static bool is_of_round(const struct rescue_unit *unit, enum round round) {
  return unit->leaves && (round == ROUND_ALL || (round == ROUND_DATA ? unit->data : unit->names));
}

static int place_unit(struct rescue *rescue, pgno_t pgno, enum round round) {
  struct rescue_unit unit;
  struct rescue_table orphan;
  size_t table, at;
  int rc = rescue_read_unit(rescue, pgno, &unit);
  if (rc != MDBX_SUCCESS || !is_of_round(&unit, round))
    return rc;
  rc = rescue_place(rescue, &unit, &table, &at, &orphan);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
  const struct rescue_gap gap = rescue->tables[table].gaps[at];
  rc = put_into(&rescue->tables[table].gaps[at], &unit);
  return rc == MDBX_SUCCESS ? rescue_take(rescue, table, &gap, &unit) : rc;
}

/* If there may be old versions, an old branch may refer to new pages: then leaves are placed one by one, and the newest
 * version of a key counts. */
static bool is_placed(const struct rescue *rescue, pgno_t pgno) {
  if (rescue_may_be_old(rescue))
    return rescue->use[pgno] == RESCUE_UNKNOWN && (rescue->height[pgno] & RESCUE_HEIGHT) == 1;
  return rescue_is_unit(rescue, pgno);
}

static bool any_branch(const struct rescue *rescue) {
  for (size_t t = 0; t < rescue->table_count; ++t)
    for (size_t g = 0; g < rescue->tables[t].gap_count; ++g)
      if (rescue->tables[t].gaps[g].branch)
        return true;
  return false;
}

int rescue_fill_gaps(struct rescue *rescue) {
  if (!any_branch(rescue))
    return MDBX_SUCCESS;
  for (enum round round = ROUND_NAMES; round <= ROUND_ALL; ++round)
    for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->present; ++pgno) {
      const int rc = is_placed(rescue, pgno) ? place_unit(rescue, pgno, round) : MDBX_SUCCESS;
      if (rc != MDBX_SUCCESS)
        return rc;
    }
  return MDBX_SUCCESS;
}

/* ---- in order --------------------------------------------------------------------------------------------------- */

/* Shell sort: it needs no memory, and has no extremely slow case. */
static void sort_found(const struct tree *tree, struct rescue_gap *gap) {
  size_t step = 1;
  while (step < gap->found_count / 3)
    step = step * 3 + 1;
  for (; step && tree->rules.order != ORDER_USER; step /= 3)
    for (size_t i = step; i < gap->found_count; ++i) {
      const struct rescue_found found = gap->found[i];
      size_t at = i;
      for (; at >= step && order_of(tree, &gap->found[at - step].first, &found.first) > 0; at -= step)
        gap->found[at] = gap->found[at - step];
      gap->found[at] = found;
    }
}

static int order_of_step(const struct rescue_step *a, const void *a_key, const struct rescue_step *b,
                         const void *b_key) {
  if (a->above != b->above)
    return a->above < b->above ? -1 : 1;
  if (a->slot != b->slot)
    return a->slot < b->slot ? -1 : 1;
  return (a_key > b_key) - (a_key < b_key);
}

static int order_of_place(const void *a, const void *b) {
  const struct rescue_gap *left = *(struct rescue_gap *const *)a, *right = *(struct rescue_gap *const *)b;
  return order_of_step(&left->step, left->key.iov_base, &right->step, right->key.iov_base);
}

static int list_places(struct rescue_table *table) {
  if (!table->gap_count)
    return MDBX_SUCCESS;
  table->by_place = calloc(table->gap_count, sizeof(*table->by_place));
  if (!table->by_place)
    return MDBX_ENOMEM;
  for (size_t g = 0; g < table->gap_count; ++g)
    if (!table->gaps[g].record)
      table->by_place[table->place_count++] = &table->gaps[g];
  qsort(table->by_place, table->place_count, sizeof(*table->by_place), order_of_place);
  return MDBX_SUCCESS;
}

int rescue_sort_gaps(struct rescue *rescue) {
  int rc = MDBX_SUCCESS;
  for (size_t t = 0; rc == MDBX_SUCCESS && t < rescue->table_count; ++t) {
    struct rescue_table *table = &rescue->tables[t];
    rc = list_places(table);
    for (size_t g = 0; g < table->gap_count; ++g) {
      struct tree tree;
      if (table->gaps[g].record)
        continue;
      rescue_tree_of(table, &table->gaps[g], &tree);
      sort_found(&tree, &table->gaps[g]);
    }
  }
  return rc;
}

const struct rescue_gap *rescue_gap_at(const struct rescue_table *table, const struct rescue_step *step,
                                       const MDBX_val *key) {
  size_t from = 0, to = table->place_count;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    const struct rescue_gap *gap = table->by_place[middle];
    const int order = order_of_step(step, key ? key->iov_base : NULL, &gap->step, gap->key.iov_base);
    if (!order)
      return gap;
    if (order < 0)
      to = middle;
    else
      from = middle + 1;
  }
  return NULL;
}
