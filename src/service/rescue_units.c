/* SPDX-License-Identifier: Apache-2.0 */
/* Reads pages to which nothing refers. */
#include "service/rescue.h"

#include "format/subpage.h"

#include <stdlib.h>

/* ---- which pages ------------------------------------------------------------------------------------------------ */

/* Skips pages that cannot be a branch or leaf, without a report. */
static bool may_be_node(const struct snapshot *view, pgno_t pgno) {
  const struct page *page = snapshot_mapped(view, pgno);
  const unsigned type = page->flags & ~(unsigned)(P_NOKEYHEADS | P_DUPFIX);
  return page->pgno == pgno && (type == P_LEAF || type == P_BRANCH) && page->count && page->txnid &&
         page->txnid <= view->txnid;
}

static bool is_meant(const struct rescue *rescue, struct page_ref ref) {
  return ref.pgno >= PGNO_FIRST && ref.pgno < rescue->view->limit &&
         birth_bits(snapshot_mapped(rescue->view, ref.pgno)->txnid) == ref.birth;
}

bool rescue_is_other_version(const struct rescue *rescue, struct page_ref ref) {
  const struct page *page;
  return ref.pgno >= PGNO_FIRST && ref.pgno < rescue->view->present && !is_meant(rescue, ref) &&
         may_be_node(rescue->view, ref.pgno) && snapshot_page(rescue->view, ref.pgno, &page) == MDBX_SUCCESS;
}

static void refer(struct rescue *rescue, struct page_ref ref) {
  rescue->old_met |= rescue_is_other_version(rescue, ref);
  if (is_meant(rescue, ref) && (rescue->height[ref.pgno] & RESCUE_SOUND))
    rescue->height[ref.pgno] |= RESCUE_REFERRED;
}

/* Pages inside a valid run are not bad, although they look bad. */
static pgno_t behind_run(const struct rescue *rescue, pgno_t pgno) {
  const struct page *page = snapshot_mapped(rescue->view, pgno);
  const bool run =
      page->pgno == pgno && page->flags == P_LARGE && page->run_pages && page->run_pages <= rescue->view->limit - pgno;
  return run ? pgno + page->run_pages : pgno;
}

static int find_sound(struct rescue *rescue) {
  pgno_t behind = 0;
  for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->present; ++pgno) {
    const struct page *page;
    if (rescue->use[pgno] != RESCUE_UNKNOWN || pgno < behind)
      continue;
    int rc = may_be_node(rescue->view, pgno) ? snapshot_page(rescue->view, pgno, &page) : MDBX_CORRUPTED;
    if (rc == MDBX_SUCCESS) {
      rescue->height[pgno] = RESCUE_SOUND | (page->flags & P_LEAF ? 1 : 0);
    } else if (rc == MDBX_CORRUPTED) {
      behind = behind_run(rescue, pgno);
      rescue->others_bad |= behind <= pgno;
    } else {
      return rc;
    }
  }
  return MDBX_SUCCESS;
}

static unsigned height_below(const struct rescue *rescue, const struct page *branch) {
  for (unsigned i = 0; i < branch->count; ++i) {
    const struct page_ref child = branch_child(branch, i);
    const unsigned height = is_meant(rescue, child) ? rescue->height[child.pgno] & RESCUE_HEIGHT : 0;
    if (height)
      return height;
  }
  return 0;
}

/* Works upwards from the leaves: no page is read more often than the height of a tree, in a crafted file too. */
static void measure(const struct rescue *rescue) {
  bool more = true;
  for (unsigned height = 1; more && height < TREE_DEPTH_MAX; ++height) {
    more = false;
    for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->present; ++pgno) {
      if (rescue->height[pgno] != RESCUE_SOUND || height_below(rescue, snapshot_mapped(rescue->view, pgno)) != height)
        continue;
      rescue->height[pgno] = (uint8_t)(RESCUE_SOUND | (height + 1));
      more = true;
    }
  }
}

/* Roots of tables and of values begin at the same bytes of their records as here. */
static void refer_from_leaf(struct rescue *rescue, const struct page *leaf) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    struct leaf_item item;
    struct table_record table;
    struct nested_record nested;
    leaf_get(leaf, i, &item);
    if (item.kind != NODE_TREE)
      continue;
    if (item.data_length == sizeof(table)) {
      memcpy(&table, item.data, sizeof(table));
      refer(rescue, (struct page_ref){table.root, table.root_birth});
    } else if (item.data_length == sizeof(nested)) {
      memcpy(&nested, item.data, sizeof(nested));
      refer(rescue, (struct page_ref){nested.root, nested.root_birth});
    }
  }
}

static void refer_all(struct rescue *rescue) {
  for (pgno_t pgno = PGNO_FIRST; pgno < rescue->view->present; ++pgno) {
    const struct page *page = snapshot_mapped(rescue->view, pgno);
    if (!(rescue->height[pgno] & RESCUE_SOUND))
      continue;
    if (page->flags & P_LEAF)
      refer_from_leaf(rescue, page);
    for (unsigned i = 0; (page->flags & P_BRANCH) && i < page->count; ++i)
      refer(rescue, branch_child(page, i));
  }
}

int rescue_find_units(struct rescue *rescue) {
  enum { PAGES = 64, PLACES = 4096 }; /* for each page of the file: only a crafted file can exceed it */
  rescue->pages_left = (uint64_t)rescue->view->limit * PAGES;
  rescue->places_left = (uint64_t)rescue->view->limit * PLACES;
  rescue->height = calloc(rescue->view->limit, 1);
  if (!rescue->height)
    return MDBX_ENOMEM;
  const int rc = find_sound(rescue);
  if (rc == MDBX_SUCCESS) {
    measure(rescue);
    refer_all(rescue);
  }
  return rc;
}

bool rescue_is_unit(const struct rescue *rescue, pgno_t pgno) {
  return rescue->use[pgno] == RESCUE_UNKNOWN && (rescue->height[pgno] & RESCUE_SOUND) &&
         !(rescue->height[pgno] & RESCUE_REFERRED);
}

/* ---- what a unit has -------------------------------------------------------------------------------------------- */

/* A walk through a unit. In a crafted file it could reach its pages again and again, so it ends after as many pages as
 * the file has. */
struct scan {
  struct rescue *rescue;
  struct rescue_unit *unit;
  pgno_t *pages_left;
  bool values; /* of one key */
  bool begun;
};

static void note_order(unsigned *orders, const MDBX_val *before, const MDBX_val *key) {
  static const enum key_order all[] = {ORDER_BYTES, ORDER_INTEGER, ORDER_REVERSE};
  for (unsigned i = 0; i < sizeof(all) / sizeof(*all); ++i) {
    const struct key_rules rules = {.order = all[i]};
    if (!(*orders & 1u << all[i]))
      continue;
    const bool possible = all[i] != ORDER_INTEGER ||
                          ((key->iov_len == 4 || key->iov_len == 8) && (!before || before->iov_len == key->iov_len));
    if (!possible ||
        (before && key_compare_raw(&rules, before->iov_base, before->iov_len, key->iov_base, key->iov_len) >= 0))
      *orders &= ~(1u << all[i]);
  }
}

/* Keyheads show the order, even of a single key. */
static void note_keyhead(const struct page *leaf, unsigned i, const MDBX_val *key, unsigned *orders) {
  if (!page_has_keyheads(leaf))
    return;
  const uint32_t keyhead = leaf_keyheads(leaf)[i];
  if (keyhead != keyhead_of_raw(ORDER_BYTES, key->iov_base, key->iov_len, leaf->prefix))
    *orders &= ~(1u << ORDER_BYTES);
  if (keyhead != keyhead_of_raw(ORDER_REVERSE, key->iov_base, key->iov_len, leaf->prefix))
    *orders &= ~(1u << ORDER_REVERSE | 1u << ORDER_INTEGER);
}

static void note_key(struct scan *scan, const struct page *leaf, unsigned i, const struct leaf_item *item) {
  struct rescue_unit *unit = scan->unit;
  const MDBX_val key = val_of(item->key, item->key_length);
  note_order(&unit->orders, scan->begun ? &unit->last : NULL, &key);
  note_keyhead(leaf, i, &key, &unit->orders);
  if (!scan->begun) {
    unit->first = key;
    unit->key_least = key.iov_len;
  }
  unit->key_least = MIN_OF(unit->key_least, key.iov_len);
  unit->key_most = MAX_OF(unit->key_most, key.iov_len);
  unit->last = key;
  scan->begun = true;
}

static void note_value_size(struct rescue_unit *unit, size_t least, size_t most) {
  unit->value_least = MIN_OF(unit->value_least, least);
  unit->value_most = MAX_OF(unit->value_most, most);
}

static void note_subpage(struct rescue_unit *unit, const struct leaf_item *item) {
  const struct subpage values = {item->data, item->data_length};
  MDBX_val before = {NULL, 0};
  unit->multi = true;
  unit->fixed = unit->fixed && subpage_item(&values);
  for (unsigned i = 0; i < subpage_count(&values); ++i) {
    const MDBX_val value = subpage_value(&values, i);
    note_order(&unit->value_orders, before.iov_base ? &before : NULL, &value);
    note_value_size(unit, value.iov_len, value.iov_len);
    before = value;
  }
}

static int scan_page(struct scan *scan, struct page_ref ref, unsigned height);

static int note_nested(struct scan *scan, const struct leaf_item *item) {
  struct rescue_unit *unit = scan->unit;
  struct nested_record record;
  memcpy(&record, item->data, sizeof(record));
  unit->multi = true;
  if (record.depth == 0 || record.depth > TREE_DEPTH_MAX)
    return MDBX_SUCCESS;
  struct rescue_unit values = {.orders = unit->value_orders};
  struct scan inner = {.rescue = scan->rescue, .unit = &values, .pages_left = scan->pages_left, .values = true};
  const int rc = scan_page(&inner, (struct page_ref){record.root, record.root_birth}, record.depth);
  unit->taken |= values.taken;
  if (rc != MDBX_SUCCESS || !values.leaves)
    return rc;
  unit->value_orders = values.orders;
  unit->fixed = unit->fixed && (values.leaf_flags & P_DUPFIX);
  note_value_size(unit, values.key_least, values.key_most);
  return rc;
}

static int note_data(struct scan *scan, const struct leaf_item *item) {
  struct rescue_unit *unit = scan->unit;
  unit->data |= item->data_length != 0;
  switch (item->kind) {
  case NODE_PLAIN:
    note_value_size(unit, item->data_length, item->data_length);
    break;
  case NODE_LARGE:
    unit->large = true;
    break;
  case NODE_SUBPAGE:
    note_subpage(unit, item);
    break;
  case NODE_TREE:
    unit->names |= item->data_length >= sizeof(struct table_record);
    /* Values cannot have values: such a page is not followed. */
    return item->data_length == sizeof(struct nested_record) && !scan->values ? note_nested(scan, item) : MDBX_SUCCESS;
  }
  return MDBX_SUCCESS;
}

static int scan_leaf(struct scan *scan, const struct page *leaf) {
  struct rescue_unit *unit = scan->unit;
  int rc = MDBX_SUCCESS;
  unit->leaves += 1;
  unit->leaf_flags = leaf->flags;
  if (!leaf_is_array(leaf))
    unit->orders &= page_has_keyheads(leaf) ? ~(1u << ORDER_USER) : 1u << ORDER_USER;
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < leaf->count; ++i) {
    struct leaf_item item;
    leaf_get(leaf, i, &item);
    note_key(scan, leaf, i, &item);
    rc = note_data(scan, &item);
  }
  return rc;
}

static int scan_branch(struct scan *scan, const struct page *branch, unsigned height) {
  int rc = MDBX_SUCCESS;
  scan->unit->branch_flags = branch->flags;
  if (page_has_keyheads(branch))
    scan->unit->orders &= ~(1u << ORDER_USER);
  for (unsigned i = 0; rc == MDBX_SUCCESS && i < branch->count; ++i)
    rc = scan_page(scan, branch_child(branch, i), height - 1);
  return rc;
}

static int scan_page(struct scan *scan, struct page_ref ref, unsigned height) {
  const struct rescue *rescue = scan->rescue;
  const struct page *page;
  if (!*scan->pages_left || !scan->rescue->pages_left)
    return MDBX_CORRUPTED;
  *scan->pages_left -= 1;
  scan->rescue->pages_left -= 1;
  if (!is_meant(rescue, ref) || rescue->use[ref.pgno] != RESCUE_UNKNOWN ||
      (rescue->height[ref.pgno] & RESCUE_HEIGHT) != height) {
    scan->unit->ends_early = true;
    scan->unit->taken |= ref.pgno < rescue->view->limit &&
                         (rescue->use[ref.pgno] == RESCUE_USED || rescue->use[ref.pgno] == RESCUE_FREE ||
                          (rescue->height[ref.pgno] & RESCUE_SOUND));
    return MDBX_SUCCESS;
  }
  const int rc = snapshot_page(rescue->view, ref.pgno, &page);
  if (rc != MDBX_SUCCESS)
    return rc;
  return page->flags & P_LEAF ? scan_leaf(scan, page) : scan_branch(scan, page, height);
}

int rescue_read_unit(struct rescue *rescue, pgno_t pgno, struct rescue_unit *unit) {
  const struct page *page = snapshot_mapped(rescue->view, pgno);
  pgno_t pages_left = rescue->view->limit;
  struct scan scan = {.rescue = rescue, .unit = unit, .pages_left = &pages_left};
  const unsigned every = 1u << ORDER_BYTES | 1u << ORDER_INTEGER | 1u << ORDER_REVERSE | 1u << ORDER_USER;
  *unit = (struct rescue_unit){.ref = page_ref(page),
                               .birth = page->txnid,
                               .value_least = SIZE_MAX,
                               .orders = every,
                               .value_orders = every,
                               .fixed = true};
  unit->height = rescue->height[pgno] & RESCUE_HEIGHT;
  if (!unit->height)
    return MDBX_SUCCESS;
  const int rc = scan_page(&scan, unit->ref, unit->height);
  if (rc == MDBX_CORRUPTED)
    unit->leaves = 0;
  return rc == MDBX_CORRUPTED ? MDBX_SUCCESS : rc;
}

/* ---- what bad pages still say ----------------------------------------------------------------------------------- */

static const uint8_t *find_bytes(const uint8_t *in, size_t size, const uint8_t *bytes, size_t length) {
  for (const uint8_t *at = in; at && size >= length; size -= 1, at += 1) {
    const uint8_t *next = memchr(at, *bytes, size - length + 1);
    if (!next)
      return NULL;
    size -= (size_t)(next - at);
    at = next;
    if (memcmp(at, bytes, length) == 0)
      return at;
  }
  return NULL;
}

/* Damage seldom destroys a whole page. Six or eight equal bytes are no coincidence. */
enum rescue_mention rescue_mentions(const struct rescue *rescue, pgno_t bad, struct page_ref ref) {
  uint8_t child[CHILD_SIZE];
  const struct page *sound;
  if (bad < PGNO_FIRST || bad >= rescue->view->present)
    return MENTION_NONE;
  put_u32(child, ref.pgno);
  put_u16(child + 4, ref.birth);
  const uint8_t *page = (const uint8_t *)snapshot_mapped(rescue->view, bad);
  if (!find_bytes(page, rescue->view->page_size, child, sizeof(child)))
    return MENTION_NONE;
  const bool other = may_be_node(rescue->view, bad) && snapshot_page(rescue->view, bad, &sound) == MDBX_SUCCESS;
  return other ? MENTION_BY_OTHER : MENTION_SURE;
}

/* The name lies between the header of its node and the record. */
static bool name_before(const uint8_t *page, size_t record, MDBX_val *name) {
  for (size_t length = 0; length + NODE_HEADER + PAGE_HEADER <= record && length <= NODE_LENGTH; ++length) {
    const uint8_t *node = page + record - length - NODE_HEADER;
    if (get_u16(node) == (NODE_FLAG | length) && get_u16(node + 2) == (NODE_FLAG | sizeof(struct table_record))) {
      *name = val_of(node + NODE_HEADER, length);
      return true;
    }
  }
  return false;
}

void rescue_remains(const struct rescue *rescue, pgno_t bad, struct page_ref root, MDBX_val *name) {
  const size_t at = offsetof(struct table_record, root_birth), size = rescue->view->page_size;
  uint8_t reference[6];
  name->iov_base = NULL;
  if (bad < PGNO_FIRST || bad >= rescue->view->present)
    return;
  put_u16(reference, root.birth);
  put_u32(reference + 2, root.pgno);
  const uint8_t *page = (const uint8_t *)snapshot_mapped(rescue->view, bad);
  const uint8_t *found = find_bytes(page, size, reference, sizeof(reference));
  if (found && (size_t)(found - page) >= at)
    (void)name_before(page, (size_t)(found - page) - at, name);
}
