/* SPDX-License-Identifier: Apache-2.0 */
#include "service/check_way.h"

#include "format/branch.h"

void way_enter(struct way *way, const struct page *page, unsigned level) {
  way->step[level].page = page;
  way->step[level].next = 0;
  if (!level)
    return;
  const struct page *above = way->step[level - 1].page;
  unsigned entry = way->step[level - 1].next;
  /* Skips entries of damaged pages. */
  while (entry + 1u < above->count && branch_child(above, entry).pgno != page->pgno)
    ++entry;
  way->step[level - 1].next = entry + 1;
}

const struct page *way_parent(const struct way *way, unsigned levels, pgno_t pgno) {
  for (unsigned level = levels; level-- > 0;) {
    const struct page *page = way->step[level].page;
    if (!page || !(page->flags & P_BRANCH))
      continue;
    for (unsigned i = 0; i < page->count; ++i)
      if (branch_child(page, i).pgno == pgno)
        return page;
  }
  return NULL;
}

static int compare_bounds(const struct page *branch, const struct key_rules *rules, const struct way_bound *a,
                          const struct way_bound *b) {
  return page_has_keyheads(branch) ? compare_bytes(a->bytes, a->length, b->bytes, b->length)
                                   : key_compare_raw(rules, a->bytes, a->length, b->bytes, b->length);
}

static void get_separator(const struct page *branch, unsigned entry, struct way_bound *bound) {
  bound->length = branch_separator(branch, entry, bound->bytes);
}

unsigned way_unordered(struct way_room *room, const struct page *branch, const struct key_rules *rules) {
  struct way_bound *bounds = room->bounds;
  if (rules->unknown)
    return 0;
  for (unsigned i = 1; i < branch->count; ++i) {
    get_separator(branch, i, &bounds[i % 2]);
    if (i > 1 && compare_bounds(branch, rules, &bounds[1 - i % 2], &bounds[i % 2]) >= 0)
      return i;
  }
  return 0;
}

static void make_bound(const struct page *branch, const struct key_rules *rules, const MDBX_val *key,
                       struct way_bound *bound) {
  bound->length = key->iov_len;
  if (page_has_keyheads(branch))
    key_normalise(rules->order, key->iov_base, key->iov_len, bound->bytes);
  else
    memcpy(bound->bytes, key->iov_base, key->iov_len);
}

/* Whether the entry taken at a branch is the one for the key, which is the first of the two bounds. */
static bool is_enclosed(const struct page *branch, unsigned entry, const struct key_rules *rules, struct way_room *room,
                        struct way_fault *fault) {
  const struct way_bound *key = &room->bounds[0];
  struct way_bound *separator = &room->bounds[1];
  fault->pgno = branch->pgno;
  fault->entry = entry;
  get_separator(branch, entry, separator);
  if (entry && compare_bounds(branch, rules, separator, key) > 0)
    return false;
  if (entry + 1u == branch->count)
    return true;
  fault->entry = entry + 1;
  get_separator(branch, entry + 1, separator);
  return compare_bounds(branch, rules, separator, key) > 0;
}

bool way_encloses(const struct way *way, unsigned level, const struct key_rules *rules, const MDBX_val *key,
                  struct way_fault *fault) {
  if (rules->unknown || !level)
    return true;
  make_bound(way->step[0].page, rules, key, &way->room->bounds[0]);
  while (level-- > 0)
    if (!is_enclosed(way->step[level].page, way->step[level].next - 1, rules, way->room, fault))
      return false;
  return true;
}
