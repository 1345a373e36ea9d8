/* SPDX-License-Identifier: Apache-2.0 */
/* The stage of the check that walks all trees: their pages, records, order, and the counts of their records. */
#include "service/check_parts.h"

#include "base/array.h"
#include "base/text.h"
#include "format/branch.h"
#include "tree/values.h"
#include "txn/table.h"

#include <stdio.h>
#include <stdlib.h>

enum { PAUSE_EVERY = 256 };

int check_pause(struct check *check) {
  return ++check->pauses % PAUSE_EVERY ? MDBX_SUCCESS : report_pause(check->context);
}

/* The key or value before this one. */
struct order_watch {
  const uint8_t *last;
  size_t length;
  bool known;
};

/* A page on the way down. */
struct page_above {
  pgno_t pgno;
  txnid_t birth;
};

/* The place of a table's record. */
struct holder {
  const char *object; /* "page" or "meta" */
  uint64_t number;
};

/* The findings about a tree so far. */
struct walked {
  uint64_t branch_pages, leaf_pages, items;
  struct way branches;
  struct page_above way[TREE_DEPTH_MAX];
};

/* One table while its tree is walked. */
struct table_check {
  struct tree_visitor visitor;
  struct check *check;
  const struct tree *tree;
  MDBX_chk_table_t *table;
  const char *name;
  struct holder holder;
  bool is_main;
  struct walked outer; /* with the items of all nested trees */
  uint64_t large_pages;
  struct order_watch keys, values;
  MDBX_val key; /* of the record at hand */
  /* Of the key whose values are in a nested tree. */
  struct nested_record expected;
  bool in_nested;
  struct walked nested;
  MDBX_val nested_key;
  pgno_t nested_holder; /* the leaf with the key */
  bool kv_wanted, quiet_order;
};

/* The tree that is being walked. */
static struct walked *walked_here(struct table_check *walk) {
  return walk->visitor.nested ? &walk->nested : &walk->outer;
}

/* Keys and values as messages show them: text in quotes, or hexadecimal digits. */
struct shown {
  char text[96];
};

static const char *show(struct shown *shown, const void *bytes, size_t length) {
  const MDBX_val val = val_of(bytes, length);
  char plain[sizeof(shown->text) - 2];
  const char *text = text_of_value(&val, plain, sizeof(plain));
  /* The hexadecimal text is longer than the bytes, which may be the last ones of the file. */
  const bool quoted = length && strlen(text) <= length && memcmp(text, bytes, strlen(text)) == 0;
  snprintf(shown->text, sizeof(shown->text), quoted ? "\"%s\"" : "%s", text);
  return shown->text;
}

/* ----------------------------------------------------------------------------------------------------------- pages */

/* The page that refers to another; PGNO_NONE: that is a root, or the present leaf. */
static pgno_t page_above(const struct table_check *walk, pgno_t pgno) {
  const unsigned depth = walk->tree->record.depth;
  const struct tree *nested = walk->visitor.nested;
  const pgno_t leaf = walk->outer.way[depth - 1].pgno;
  const struct page *branch = nested ? way_parent(&walk->nested.branches, nested->record.depth - 1u, pgno)
                                     : way_parent(&walk->outer.branches, depth - 1u, pgno);
  if (branch)
    return branch->pgno;
  return pgno == walk->tree->record.root || pgno == leaf ? PGNO_NONE : leaf;
}

/* The same for messages. */
static const char *show_above(const struct table_check *walk, pgno_t pgno, struct shown *shown) {
  const pgno_t above = page_above(walk, pgno);
  shown->text[0] = '\0';
  if (above != PGNO_NONE)
    snprintf(shown->text, sizeof(shown->text), "; page %u leads to it", above);
  return shown->text;
}

static void take_page(struct table_check *walk, pgno_t pgno, uint32_t pages) {
  struct check *check = walk->check;
  struct shown above;
  for (uint32_t i = 0; i < pages; ++i) {
    if (check->use[pgno + i] != PAGE_UNKNOWN)
      report_issue(check->context, "page", pgno + i, "is used twice", "table %s%s", walk->name,
                   show_above(walk, pgno, &above));
    check->use[pgno + i] = PAGE_USED;
  }
  check->context->result.processed_pages += pages;
}

static void count_page(struct table_check *walk, const struct page *page) {
  MDBX_chk_table_t *table = walk->table;
  const bool nested = walk->visitor.nested;
  if (page->flags & P_LEAF) {
    walked_here(walk)->leaf_pages += 1;
    *(nested ? &table->pages.nested_leaf : &table->pages.leaf) += 1;
  } else {
    walked_here(walk)->branch_pages += 1;
    *(nested ? &table->pages.nested_branch : &table->pages.branch) += 1;
  }
}

/* A change is copied up to the root, so no page is younger than the page above it; if a page is older than a page below
 * it, a write of it was lost. */
static void compare_ages(const struct table_check *walk, const struct page_above *above, const struct page *page) {
  if (page->txnid > above->birth)
    report_issue(walk->check->context, "page", above->pgno, "is older than a page below it", "table %s, page %u",
                 walk->name, page->pgno);
}

static void check_age(struct table_check *walk, const struct page *page, unsigned level) {
  struct page_above *ways = walked_here(walk)->way;
  if (level)
    compare_ages(walk, &ways[level - 1], page);
  else if (walk->visitor.nested)
    compare_ages(walk, &walk->outer.way[walk->tree->record.depth - 1], page);
  ways[level] = (struct page_above){page->pgno, page->txnid};
}

static const struct tree *tree_here(const struct table_check *walk) {
  return walk->visitor.nested ? walk->visitor.nested : walk->tree;
}

/* The separators of a branch ascend. */
static void check_separators(struct table_check *walk, const struct page *page, unsigned level) {
  way_enter(&walked_here(walk)->branches, page, level);
  const struct way *way = &walked_here(walk)->branches;
  const unsigned entry = page->flags & P_BRANCH ? way_unordered(way->room, page, &tree_here(walk)->rules) : 0;
  if (entry)
    report_issue(walk->check->context, "page", page->pgno, "separators are out of order",
                 "table %s, entry %u of %u, which leads to page %u: its separator is not above the one before",
                 walk->name, entry, page->count, branch_child(page, entry).pgno);
}

static int seen_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  struct table_check *walk = (struct table_check *)visitor;
  MDBX_chk_table_t *table = walk->table;
  walk->check->context->internal->key = NULL;
  check_age(walk, page, level);
  check_separators(walk, page, level);
  /* A page reached twice may be part of a loop: its subtree is not entered again. */
  const bool again = walk->check->use[page->pgno] != PAGE_UNKNOWN;
  take_page(walk, page->pgno, 1);
  table->pages.all += 1;
  count_page(walk, page);
  const size_t used = page_used(page, walk->check->view.page_size);
  table->payload_bytes += used;
  table->lost_bytes += walk->check->view.page_size - used;
  report_histogram_add(visitor->nested ? &table->histogram.large_or_nested_density : &table->histogram.tree_density,
                       used * 100 / body_size(walk->check->view.page_size));
  report_histogram_add(&table->histogram.page_age, (size_t)(walk->check->view.txnid - page->txnid));
  report_histogram_add(&table->histogram.pgno, page->pgno);
  const int rc = check_pause(walk->check);
  return rc == MDBX_SUCCESS && again ? MDBX_RESULT_TRUE : rc;
}

static int seen_run(struct tree_visitor *visitor, const struct page *run) {
  struct table_check *walk = (struct table_check *)visitor;
  compare_ages(walk, &walk->outer.way[walk->tree->record.depth - 1], run);
  take_page(walk, run->pgno, run->run_pages);
  walk->large_pages += run->run_pages;
  walk->table->pages.all += run->run_pages;
  walk->table->payload_bytes += run->run_bytes;
  walk->table->lost_bytes += ((size_t)run->run_pages << walk->check->view.shift) - run->run_bytes;
  report_histogram_add(&walk->table->histogram.large_pages, run->run_pages);
  return check_pause(walk->check);
}

/* The last key that was read before the damage: keys after it may be lost. */
static const char *show_last(const struct table_check *walk, struct shown *shown) {
  return walk->keys.known ? show(shown, walk->keys.last, walk->keys.length) : "none";
}

static int seen_damage(struct tree_visitor *visitor, pgno_t pgno, int rc) {
  struct table_check *walk = (struct table_check *)visitor;
  struct check *check = walk->check;
  const bool inside = pgno >= PGNO_FIRST && pgno < check->view.limit;
  struct shown last, led;
  if (rc != MDBX_CORRUPTED)
    return rc;
  check->context->internal->key = NULL;
  const pgno_t above = page_above(walk, pgno);
  walk->table->pages.broken += 1;
  check->unreached = true;
  report_issue(check->context, "page", inside || above == PGNO_NONE ? pgno : above, "is damaged",
               "table %s: %s%s; last key before it: %s", walk->name, check->context->internal->last_damage,
               show_above(walk, pgno, &led), show_last(walk, &last));
  if (inside && check->use[pgno] == PAGE_UNKNOWN)
    check->use[pgno] = PAGE_USED;
  return MDBX_SUCCESS;
}

/* --------------------------------------------------------------------------------------------------------- records */

static void watch_order(struct table_check *walk, struct order_watch *watch, const struct key_rules *rules,
                        const struct page *leaf, const MDBX_val *bytes, const char *issue) {
  struct shown now, before;
  if (rules->unknown || walk->quiet_order)
    return;
  if (watch->known && key_compare_raw(rules, watch->last, watch->length, bytes->iov_base, bytes->iov_len) >= 0)
    report_issue(walk->check->context, "page", leaf->pgno, issue, "table %s, record %llu: %s comes after %s",
                 walk->name, (unsigned long long)walk->outer.items, show(&now, bytes->iov_base, bytes->iov_len),
                 show(&before, watch->last, watch->length));
  *watch = (struct order_watch){bytes->iov_base, bytes->iov_len, true};
}

static void check_order(struct table_check *walk, const struct page *leaf, const struct leaf_item *item) {
  const MDBX_val key = val_of(item->key, item->key_length);
  watch_order(walk, &walk->keys, &walk->tree->rules, leaf, &key, "keys are out of order");
}

static void check_value_order(struct table_check *walk, const struct page *leaf, const MDBX_val *value) {
  watch_order(walk, &walk->values, &walk->tree->values, leaf, value, "values of a key are out of order");
}

static void check_keyhead(struct table_check *walk, const struct page *leaf, unsigned index,
                          const struct leaf_item *item) {
  struct shown key;
  if (!page_has_keyheads(leaf))
    return;
  const enum key_order order = tree_here(walk)->rules.order;
  if (!leaf_shares_prefix(leaf, order, item))
    report_issue(walk->check->context, "page", leaf->pgno, "a key without the page's prefix",
                 "table %s, record %u of the page, key %s: the first %u bytes are not those of record 0", walk->name,
                 index, show(&key, item->key, item->key_length), leaf->prefix);
  const uint32_t keyhead = keyhead_of_raw(order, item->key, item->key_length, leaf->prefix);
  if (leaf_keyheads(leaf)[index] != keyhead)
    report_issue(walk->check->context, "page", leaf->pgno, "a keyhead does not belong to its key",
                 "table %s, record %u of the page, key %s: 0x%08x, expected 0x%08x", walk->name, index,
                 show(&key, item->key, item->key_length), leaf_keyheads(leaf)[index], keyhead);
}

/* Checks that the separators on the path to a leaf enclose its first and last key. */
static void check_way(struct table_check *walk, const struct page *leaf, unsigned index, const struct leaf_item *item) {
  const struct tree *tree = tree_here(walk);
  struct way_fault fault;
  struct shown shown;
  const MDBX_val key = val_of(item->key, item->key_length);
  if ((index != 0 && index + 1 != leaf->count) ||
      way_encloses(&walked_here(walk)->branches, tree->record.depth - 1u, &tree->rules, &key, &fault))
    return;
  report_issue(walk->check->context, "page", leaf->pgno, "a key cannot be found through the branches",
               "table %s, record %u of the page, key %s: the separator of entry %u of page %u does not enclose it",
               walk->name, index, show(&shown, item->key, item->key_length), fault.entry, fault.pgno);
}

/* Whether the tree at hand may have such a record. */
static bool kind_belongs(const struct table_check *walk, const struct leaf_item *item) {
  const bool multi = tree_is_multi(walk->tree);
  switch (item->kind) {
  case NODE_PLAIN:
    return true;
  case NODE_LARGE:
    return !multi;
  case NODE_SUBPAGE:
    return multi;
  default:
    return multi || (walk->is_main && item->data_length >= sizeof(struct table_record));
  }
}

static void check_length(struct table_check *walk, const struct page *leaf, unsigned index,
                         const struct leaf_item *item, size_t limit) {
  struct shown key;
  if (item->key_length > limit)
    report_issue(walk->check->context, "page", leaf->pgno, "a key is too long",
                 "table %s, record %u of the page, key %s: %u bytes, %zu at most", walk->name, index,
                 show(&key, item->key, item->key_length), item->key_length, limit);
}

/* In tables whose record gives one length for keys or values: a record with another length could not be found. */
static void check_one_size(struct table_check *walk, const struct page *leaf, const char *issue, size_t length,
                           size_t wanted) {
  if (length != wanted)
    report_issue(walk->check->context, "page", leaf->pgno, issue,
                 "table %s, record %llu: %zu bytes, all have %zu as its record says", walk->name,
                 (unsigned long long)walk->outer.items, length, wanted);
}

static void check_key_size(struct table_check *walk, const struct page *leaf, size_t length) {
  const struct table_record *record = &walk->tree->record;
  if (record->flags & TABLE_INTEGERKEY)
    check_one_size(walk, leaf, "a key of another length", length, record->key_item);
}

static void check_value_size(struct table_check *walk, const struct page *leaf, size_t length) {
  const struct table_record *record = &walk->tree->record;
  if (tree_is_multi(walk->tree) && record->flags & TABLE_DUPFIXED)
    check_one_size(walk, leaf, "a value of another length", length, record->value_item);
}

static void check_kind(struct table_check *walk, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  static const char *const kinds[] = {"a value", "a large value", "several values", "a tree"};
  struct shown key;
  if (!kind_belongs(walk, item))
    report_issue(walk->check->context, "page", leaf->pgno, "a record of a kind that does not belong here",
                 "table %s, record %u of the page, key %s: %s of %u bytes", walk->name, index,
                 show(&key, item->key, item->key_length), kinds[item->kind], item->data_length);
  check_length(walk, leaf, index, item, limit_key(walk->check->view.page_size, walk->tree->record.flags));
  check_key_size(walk, leaf, item->key_length);
}

static int hand_to_application(struct table_check *walk, const MDBX_val *key, const MDBX_val *value) {
  const MDBX_chk_callbacks_t *callbacks = walk->check->context->internal->callbacks;
  if (!callbacks->table_handle_kv || !walk->kv_wanted)
    return MDBX_SUCCESS;
  return callbacks->table_handle_kv(walk->check->context, walk->table, (size_t)walk->outer.items, key, value);
}

/* One of several values of a key. */
static int seen_value(struct table_check *walk, const struct page *leaf, const MDBX_val *key, const MDBX_val *value) {
  check_value_size(walk, leaf, value->iov_len);
  if (walk->kv_wanted)
    check_value_order(walk, leaf, value);
  report_histogram_add(&walk->table->histogram.val_len, value->iov_len);
  const int rc = hand_to_application(walk, key, value);
  walk->outer.items += 1;
  return rc;
}

/* Issues of the walk are about this record from now on. */
static void stand_at(struct table_check *walk, const MDBX_val *key) {
  walk->key = *key;
  walk->check->context->internal->key = &walk->key;
}

static int seen_nested_value(struct table_check *walk, const struct page *leaf, unsigned index,
                             const struct leaf_item *item) {
  const MDBX_val value = val_of(item->key, item->key_length);
  struct shown shown;
  stand_at(walk, &walk->nested_key);
  if (item->kind != NODE_PLAIN || item->data_length)
    report_issue(walk->check->context, "page", leaf->pgno, "a value of a nested tree has data of its own",
                 "table %s, key %s, value %u of the page: %u bytes", walk->name,
                 show(&shown, walk->nested_key.iov_base, walk->nested_key.iov_len), index, item->data_length);
  check_length(walk, leaf, index, item, limit_pair(walk->check->view.page_size));
  if (walk->kv_wanted) {
    check_keyhead(walk, leaf, index, item);
    check_way(walk, leaf, index, item);
  }
  walk->nested.items += 1;
  return seen_value(walk, leaf, &walk->nested_key, &value);
}

/* Compares the record of the nested tree that was just walked with the findings. */
static void finish_nested(struct table_check *walk) {
  const struct nested_record *expected = &walk->expected;
  const struct walked *found = &walk->nested;
  struct shown key;
  if (walk->in_nested)
    stand_at(walk, &walk->nested_key);
  if (walk->in_nested && !walk->table->pages.broken &&
      (found->items != expected->items || found->leaf_pages != expected->leaf_pages ||
       found->branch_pages != expected->branch_pages))
    report_issue(walk->check->context, "page", walk->nested_holder, "counts of a nested tree are wrong",
                 "table %s, key %s: found %llu values, %llu branches, %llu leaves; its record says %llu, %u, %u",
                 walk->name, show(&key, walk->nested_key.iov_base, walk->nested_key.iov_len),
                 (unsigned long long)found->items, (unsigned long long)found->branch_pages,
                 (unsigned long long)found->leaf_pages, (unsigned long long)expected->items, expected->branch_pages,
                 expected->leaf_pages);
  walk->in_nested = false;
}

/* The depth of a tree, found along its first or last pages; 0: unknown. */
static unsigned edge_depth(const struct check *check, pgno_t root, bool last) {
  for (unsigned depth = 1; depth <= TREE_DEPTH_MAX; ++depth) {
    const struct page *page;
    if (snapshot_page(&check->view, root, &page) != MDBX_SUCCESS || page->flags == P_LARGE)
      return 0;
    if (page->flags & P_LEAF)
      return depth;
    root = branch_child(page, last ? page->count - 1u : 0).pgno;
  }
  return 0;
}

/* Both edges must agree: a damaged edge says nothing about the tree. */
unsigned check_real_depth(const struct check *check, pgno_t root) {
  const unsigned depth = edge_depth(check, root, false);
  return depth == edge_depth(check, root, true) ? depth : 0;
}

/* The record of a nested tree; its values come with the walk. */
static void begin_nested(struct table_check *walk, const struct page *leaf, const struct leaf_item *item) {
  struct shown key;
  if (item->data_length != sizeof(walk->expected))
    return; /* reported by the walk */
  memcpy(&walk->expected, item->data, sizeof(walk->expected));
  walk->nested = (struct walked){.branches = {.room = walk->outer.branches.room}};
  walk->in_nested = true;
  walk->nested_holder = leaf->pgno;
  walk->nested_key = val_of(item->key, item->key_length);
  const unsigned depth = check_real_depth(walk->check, walk->expected.root);
  if (depth && depth != walk->expected.depth)
    report_issue(walk->check->context, "page", leaf->pgno, "depth of a nested tree is wrong",
                 "table %s, key %s: found %u, its record says %u", walk->name, show(&key, item->key, item->key_length),
                 depth, walk->expected.depth);
  report_histogram_add(&walk->table->histogram.nested_height_or_gc_span_length, walk->expected.depth);
  report_histogram_add(&walk->table->histogram.multival, (size_t)walk->expected.items);
}

static int seen_subpage(struct table_check *walk, const struct page *leaf, const MDBX_val *key,
                        const struct leaf_item *item) {
  const struct subpage subpage = {item->data, item->data_length};
  int rc = MDBX_SUCCESS;
  walk->table->pages.nested_subleaf += 1;
  report_histogram_add(&walk->table->histogram.multival, subpage_count(&subpage));
  if ((subpage_item(&subpage) != 0) != tree_is_fixed(walk->tree))
    report_issue(walk->check->context, "page", leaf->pgno,
                 "values of one size, or of any, where the table has the other", "table %s, record %llu", walk->name,
                 (unsigned long long)walk->outer.items);
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < subpage_count(&subpage); ++i) {
    const MDBX_val value = subpage_value(&subpage, i);
    rc = seen_value(walk, leaf, key, &value);
  }
  return rc;
}

static int seen_single(struct table_check *walk, const struct page *leaf, const MDBX_val *key,
                       const struct leaf_item *item) {
  MDBX_val value = {NULL, 0};
  int rc = MDBX_SUCCESS;
  report_histogram_add(&walk->table->histogram.val_len,
                       item->kind == NODE_LARGE ? get_u32(item->data + 4) : item->data_length);
  if (item->kind == NODE_PLAIN)
    check_value_size(walk, leaf, item->data_length);
  const int read = tree_value(&walk->check->view, walk->tree, item, &value);
  if (read == MDBX_SUCCESS)
    rc = hand_to_application(walk, key, &value);
  else if (read != MDBX_CORRUPTED && read != MDBX_INCOMPATIBLE) /* the walk reports damage */
    rc = read;
  walk->outer.items += 1;
  return rc;
}

static int seen_record(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  struct table_check *walk = (struct table_check *)visitor;
  const MDBX_val key = val_of(item->key, item->key_length);
  if (visitor->nested)
    return seen_nested_value(walk, leaf, index, item);
  finish_nested(walk);
  stand_at(walk, &key);
  walk->values.known = false;
  check_kind(walk, leaf, index, item);
  if (walk->kv_wanted) {
    check_order(walk, leaf, item);
    check_keyhead(walk, leaf, index, item);
    check_way(walk, leaf, index, item);
  }
  report_histogram_add(&walk->table->histogram.key_len, item->key_length);
  if (!tree_is_multi(walk->tree) || item->kind == NODE_PLAIN || item->kind == NODE_LARGE)
    return seen_single(walk, leaf, &key, item);
  if (item->kind == NODE_SUBPAGE)
    return seen_subpage(walk, leaf, &key, item);
  begin_nested(walk, leaf, item);
  return MDBX_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------------- tables */

static MDBX_chk_table_t *new_table(struct check *check, const MDBX_val *name, const struct table_record *record,
                                   int id) {
  if (!array_room(check->tables, check->table_count, check->table_capacity))
    return NULL;
  MDBX_chk_table_t *table = calloc(1, sizeof(*table));
  if (!table)
    return NULL;
  table->name = *name;
  table->flags = (MDBX_db_flags_t)(record->flags & TABLE_FLAGS_PUBLIC);
  table->id = id;
  check->tables[check->table_count++] = table;
  return table;
}

static void compare_count(struct table_check *walk, const char *what, uint64_t found, uint64_t recorded) {
  if (found != recorded)
    report_issue(walk->check->context, walk->holder.object, walk->holder.number, "counts of a table are wrong",
                 "table %s: %s: found %llu, its record says %llu", walk->name, what, (unsigned long long)found,
                 (unsigned long long)recorded);
}

static void compare_counts(struct table_check *walk) {
  const struct table_record *record = &walk->tree->record;
  if (walk->table->pages.broken)
    return;
  compare_count(walk, "branch pages", walk->outer.branch_pages, record->branch_pages);
  compare_count(walk, "leaf pages", walk->outer.leaf_pages, record->leaf_pages);
  compare_count(walk, "pages of large values", walk->large_pages, record->large_pages);
  compare_count(walk, "records", walk->outer.items, record->items);
}

/* The application may skip the records of a table; its pages are checked all the same. */
static bool table_is_wanted(struct check *check, MDBX_chk_table_t *table) {
  const MDBX_chk_callbacks_t *callbacks = check->context->internal->callbacks;
  if (check->context->internal->flags & MDBX_CHK_SKIP_KV_TRAVERSAL)
    return false;
  if (!callbacks->table_filter)
    return true;
  table->cookie = callbacks->table_filter(check->context, &table->name, table->flags);
  return table->cookie != NULL;
}

/* A tree of another depth than its record says is walked as it is. */
static void correct_depth(struct check *check, struct tree *tree, const char *name, const struct holder *holder) {
  const unsigned depth = tree_is_empty(tree) ? 0 : check_real_depth(check, tree->record.root);
  if (!depth || depth == tree->record.depth)
    return;
  report_issue(check->context, holder->object, holder->number, "depth of a table is wrong",
               "table %s: found %u, its record says %u", name, depth, tree->record.depth);
  tree->record.depth = (uint16_t)depth;
}

static int check_table(struct check *check, struct tree *tree, MDBX_chk_table_t *table, const char *name,
                       const struct holder *holder, bool is_main) {
  struct table_check walk = {
      .visitor = {.page = seen_page, .run = seen_run, .record = seen_record, .damage = seen_damage},
      .check = check,
      .tree = tree,
      .table = table,
      .name = name,
      .holder = *holder,
      .outer = {.branches = {.room = check->room}},
      .is_main = is_main,
      .quiet_order = check->context->internal->flags & MDBX_CHK_IGNORE_ORDER,
  };
  walk.kv_wanted = table_is_wanted(check, table);
  int rc = report_scope_push(check->context, "Table %s", name);
  if (rc != MDBX_SUCCESS)
    return rc;
  check->context->scope->object = table;
  correct_depth(check, tree, name, holder);
  rc = tree_walk(&check->view, tree, &walk.visitor);
  if (rc == MDBX_SUCCESS) {
    finish_nested(&walk);
    check->context->internal->key = NULL;
    compare_counts(&walk);
  }
  check->context->internal->key = NULL;
  report_line(check->context, MDBX_chk_info,
              "table %s: %llu records, depth %u, %llu branch, %llu leaf, %llu large pages", name,
              (unsigned long long)walk.outer.items, tree->record.depth, (unsigned long long)walk.outer.branch_pages,
              (unsigned long long)walk.outer.leaf_pages, (unsigned long long)walk.large_pages);
  report_histogram_add(&table->histogram.height, tree->record.depth);
  check->context->result.total_payload_bytes += table->payload_bytes;
  check->context->result.table_processed += 1;
  const MDBX_chk_callbacks_t *callbacks = check->context->internal->callbacks;
  if (callbacks->table_conclude && walk.kv_wanted)
    rc = callbacks->table_conclude(check->context, table, NULL, rc);
  return report_scope_pop(check->context, rc);
}

/* The named tables: a second walk over the main table's records, so that its own check is not interrupted. */
struct named_walk {
  struct tree_visitor visitor;
  struct check *check;
};

int check_pass_page(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  (void)visitor, (void)page, (void)level;
  return MDBX_SUCCESS;
}

int check_skip_damage(struct tree_visitor *visitor, pgno_t pgno, int rc) {
  (void)visitor, (void)pgno;
  return rc == MDBX_CORRUPTED ? MDBX_SUCCESS : rc;
}

static int check_named(struct tree_visitor *visitor, const struct page *leaf, unsigned index,
                       const struct leaf_item *item) {
  struct check *check = ((struct named_walk *)visitor)->check;
  const MDBX_val name = val_of(item->key, item->key_length);
  struct tree tree;
  const struct holder holder = {"page", leaf->pgno};
  MDBX_dbi dbi;
  char text[256];
  (void)index;
  if (item->kind != NODE_TREE || item->data_length < sizeof(struct table_record))
    return MDBX_SUCCESS;
  text_of_value(&name, text, sizeof(text));
  const char *shown = item->key_length ? text : "<empty>";
  const int loaded = table_of_record(check->txn, item, &tree, &dbi);
  if (loaded != MDBX_SUCCESS && loaded != MDBX_CORRUPTED)
    return loaded;
  if (loaded != MDBX_SUCCESS) {
    report_issue(check->context, "page", leaf->pgno, "a table record is damaged", "%s",
                 check->context->internal->last_damage);
    check->unreached = true;
    return MDBX_SUCCESS;
  }
  MDBX_chk_table_t *table = new_table(check, &name, &tree.record, dbi ? (int)dbi : -1);
  const int rc = table ? check_table(check, &tree, table, shown, &holder, false) : MDBX_ENOMEM;
  tree_release(&tree);
  return rc;
}

int check_trees(struct check *check) {
  MDBX_chk_context_t *context = check->context;
  const MDBX_val gc_name = {MDBX_CHK_GC, 0}, main_name = {MDBX_CHK_MAIN, 0};
  struct tree gc_tree = check->txn->gc, main_tree = check->txn->main;
  const struct holder holder = {"meta", check->meta};
  int rc = report_stage_begin(context, MDBX_chk_tree, &context->result.tree_problems);
  if (rc != MDBX_SUCCESS)
    return rc;
  MDBX_chk_table_t *gc = new_table(check, &gc_name, &check->txn->gc.record, 0);
  MDBX_chk_table_t *main = gc ? new_table(check, &main_name, &check->txn->main.record, 1) : NULL;
  rc = main ? check_table(check, &gc_tree, gc, "@GC", &holder, false) : MDBX_ENOMEM;
  if (gc)
    context->result.gc_pages = gc->pages.all;
  if (rc == MDBX_SUCCESS)
    rc = check_table(check, &main_tree, main, "@MAIN", &holder, true);
  struct named_walk named = {.visitor = {.page = check_pass_page, .record = check_named, .damage = check_skip_damage},
                             .check = check};
  if (rc == MDBX_SUCCESS)
    rc = tree_walk(&check->view, &main_tree, &named.visitor);
  context->result.kv_tree_problems = context->result.tree_problems;
  return report_stage_end(context, MDBX_chk_tree, rc);
}
