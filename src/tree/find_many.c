/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/find_many.h"

#include "base/assert.h"

enum { LINE = 64 };

static void prefetch_bytes(const void *from, size_t length) {
  for (size_t at = 0; at < length; at += LINE)
    PREFETCH((const uint8_t *)from + at);
}

/* Prefetches what the search of a page reads first: its memo entry, its header, and the keyheads of a leaf; in a
 * branch, the place where the binary search of its keyheads begins. A writer's changed pages are elsewhere, probably in
 * the cache. */
static void prefetch_page(const struct snapshot *snapshot, pgno_t pgno, bool leaf) {
  enum { LEAF_LINES = 4 };
  if (unlikely(pgno >= snapshot->limit))
    return;
  const uint8_t *bytes = (const uint8_t *)snapshot_mapped(snapshot, pgno);
  PREFETCH(&snapshot->memo[pgno & snapshot->memo_mask]);
  prefetch_bytes(bytes, leaf ? MIN_OF(snapshot->page_size, (size_t)LINE * LEAF_LINES) : LINE);
  if (!leaf)
    PREFETCH(bytes + snapshot->page_size / 4);
}

/* Moves all lookups one level down: from their page to the number of its child. */
static int go_down(const struct snapshot *snapshot, const struct tree *tree, struct lookup *lookups, unsigned count,
                   bool to_leaf) {
  for (unsigned i = 0; i < count; ++i) {
    struct lookup *lookup = &lookups[i];
    const struct page *page;
    if (lookup->rc != MDBX_SUCCESS)
      continue;
    const int rc = snapshot_tree_page(snapshot, lookup->ref, tree_page_type(tree, false), &page);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
    lookup->ref = branch_child(page, branch_find(page, &tree->rules, &lookup->key));
    prefetch_page(snapshot, lookup->ref.pgno, to_leaf);
  }
  return MDBX_SUCCESS;
}

/* The node that a search of the leaf would read first; NULL if it needs none, or if there are no keyheads. */
static const uint8_t *likely_node(const struct page *leaf, const struct seek_key *key) {
  if (!page_has_keyheads(leaf))
    return NULL;
  const uint32_t *keyheads = leaf_keyheads(leaf);
  const uint32_t keyhead = keyhead_make(key->norm, key->length, leaf->prefix);
  const unsigned at = keyhead_count_below(keyheads, leaf->count, keyhead);
  return at < leaf->count && keyheads[at] == keyhead ? leaf_node(leaf, at) : NULL;
}

/* The leaves are in the cache: prefetches the nodes, with the bytes after the key. */
static int reach_leaves(const struct snapshot *snapshot, const struct tree *tree, struct lookup *lookups,
                        unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    struct lookup *lookup = &lookups[i];
    if (lookup->rc != MDBX_SUCCESS)
      continue;
    const int rc = snapshot_tree_page(snapshot, lookup->ref, tree_page_type(tree, true), &lookup->page);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
    const uint8_t *node = likely_node(lookup->page, &lookup->key);
    if (node)
      prefetch_bytes(node, LINE + NODE_HEADER + lookup->key.length);
  }
  return MDBX_SUCCESS;
}

static void read_leaves(const struct tree *tree, struct lookup *lookups, unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    struct lookup *lookup = &lookups[i];
    if (lookup->rc != MDBX_SUCCESS)
      continue;
    const int at = leaf_find(lookup->page, &tree->rules, &lookup->key);
    if (at < 0)
      lookup->rc = MDBX_NOTFOUND;
    else
      leaf_get(lookup->page, (unsigned)at, &lookup->item);
  }
}

int tree_find_many(const struct snapshot *snapshot, const struct tree *tree, struct lookup *lookups, unsigned count) {
  ASSERT(tree_is_empty(tree) == (tree->record.depth == 0));
  const bool empty = tree_is_empty(tree);
  for (unsigned i = 0; i < count; ++i) {
    lookups[i].ref = tree_root(tree);
    if (empty && lookups[i].rc == MDBX_SUCCESS)
      lookups[i].rc = MDBX_NOTFOUND;
  }
  if (empty)
    return MDBX_SUCCESS;
  for (unsigned level = tree->record.depth; --level > 0;) {
    const int rc = go_down(snapshot, tree, lookups, count, level == 1);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
  }
  const int rc = reach_leaves(snapshot, tree, lookups, count);
  if (rc == MDBX_SUCCESS)
    read_leaves(tree, lookups, count);
  return rc;
}
