/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/scan_ahead.h"

#include "base/assert.h"

enum { WAIT = 4, LINES_MAX = 16, FIRST_NODES = 8 };

pgno_t scan_ahead_next_leaf(const struct path *path, bool forward) {
  if (path->depth < 2)
    return PGNO_NONE;
  const struct path_level *above = &path->level[path->depth - 2];
  const unsigned index = above->index + (forward ? 1u : -1u);
  if (index >= above->page->count)
    return PGNO_NONE;
  return branch_child(above->page, index).pgno;
}

/* The page, or NULL. Its bytes are not checked. A page that the transaction has changed is in a buffer, which may be freed
 * before the scan gets there; it is in the cache most likely. */
static const struct page *page_of(const struct snapshot *snapshot, pgno_t pgno) {
  if (pgno < PGNO_FIRST || pgno >= snapshot->present || (snapshot->dirty && dirty_find(snapshot->dirty, pgno)))
    return NULL;
  snapshot_prefetch(snapshot, pgno);
  return snapshot_mapped(snapshot, pgno);
}

/* The first records of a leaf that was not prefetched. */
static void prefetch_first(const struct page *leaf, bool forward) {
  for (unsigned i = 0; i < MIN_OF(leaf->count, FIRST_NODES); ++i)
    PREFETCH(leaf_node(leaf, forward ? i : leaf->count - 1u - i));
}

/* With several values per key each value is a step. */
static unsigned steps_in(const struct tree *tree, const struct page *leaf) {
  const uint64_t values = tree_is_multi(tree) ? tree->record.items / MAX_OF(tree->record.leaf_pages, 1u) : 0;
  return MAX_OF((unsigned)MIN_OF(values, (uint64_t)UINT16_MAX), (unsigned)leaf->count);
}

void scan_ahead_begin(struct scan_ahead *ahead, const struct snapshot *snapshot, const struct page *leaf, pgno_t next,
                      unsigned steps) {
  ahead->next = page_of(snapshot, next);
  ahead->leaf = ahead->next && steps > WAIT ? leaf : NULL;
  ahead->size = (unsigned)body_size(snapshot->page_size);
  ahead->from = ahead->stop = 0;
  ahead->steps = steps;
  ahead->wait = WAIT;
  ahead->lines = 0;
  ahead->nodes_left = false;
}

void scan_ahead_enter(struct scan_ahead *ahead, const struct snapshot *snapshot, const struct tree *tree,
                      const struct path *path, bool forward) {
  ASSERT(path->depth > 0);
  const struct page *leaf = path->level[path->depth - 1].page;
  if (ahead->next != leaf && !leaf_is_array(leaf))
    prefetch_first(leaf, forward);
  scan_ahead_begin(ahead, snapshot, leaf, scan_ahead_next_leaf(path, forward), steps_in(tree, leaf));
}

static void begin_part(struct scan_ahead *ahead, const uint8_t *from, const uint8_t *stop) {
  ahead->from = (uintptr_t)from;
  ahead->stop = (uintptr_t)stop;
}

static void begin_nodes(struct scan_ahead *ahead) {
  const uint8_t *body = page_body(ahead->next);
  ahead->nodes_left = false;
  begin_part(ahead, body + MIN_OF(ahead->next->upper, ahead->size), body + ahead->size);
}

/* Divides what is left of the next leaf among the steps that are left in this one. */
static void begin_leaf(struct scan_ahead *ahead) {
  const uint8_t *body = page_body(ahead->next), *prefetched = (const uint8_t *)ahead->next + SNAPSHOT_PREFETCHED;
  const uint8_t *arrays = body + MIN_OF(ahead->next->lower, ahead->size);
  const unsigned nodes = ahead->size - MIN_OF(ahead->next->upper, ahead->size);
  const unsigned bytes = nodes + (arrays > prefetched ? (unsigned)(arrays - prefetched) : 0);
  const unsigned lines = bytes / SCAN_LINE / (ahead->steps - WAIT) + 1;
  ahead->lines = MIN_OF(lines, (unsigned)LINES_MAX);
  ahead->nodes_left = nodes > 0;
  if (arrays > prefetched)
    begin_part(ahead, prefetched, arrays);
  else
    begin_nodes(ahead);
}

void scan_ahead_turn(struct scan_ahead *ahead) {
  ASSERT(ahead->leaf && ahead->next);
  if (ahead->wait) {
    ahead->wait -= 1;
    if (!ahead->wait)
      begin_leaf(ahead);
  } else if (ahead->nodes_left) {
    begin_nodes(ahead);
  } else {
    ahead->leaf = NULL;
  }
}
