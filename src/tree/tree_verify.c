/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/tree_verify.h"

#include "base/assert.h"
#include "space/space_verify.h"

#if MDBX_DEBUG
static bool refers_to(struct page_ref ref, const struct page *page) {
  return ref.pgno == page->pgno && ref.birth == birth_bits(page->txnid);
}

void tree_verify_path(const struct space *space, const struct tree *tree, const struct path *path) {
  ASSERT(path->depth == tree->record.depth);
  ASSERT(path->depth > 0 || tree_is_empty(tree));
  for (unsigned i = 0; i < path->depth; ++i) {
    const struct page *page = path->level[i].page;
    const bool leaf = i + 1 == path->depth;
    ASSERT(space_owns(space, page));
    ASSERT(space->writemap || dirty_find(&space->dirty, page->pgno) == page);
    ASSERT(page->flags == tree_page_type(tree, leaf));
    ASSERT(leaf ? path->level[i].index <= page->count : path->level[i].index < page->count);
    const struct path_level *above = i ? &path->level[i - 1] : NULL;
    ASSERT(refers_to(above ? branch_child(above->page, above->index) : tree_root(tree), page));
  }
}

void tree_verify_leaf(const struct space *space, const struct page *leaf, enum node_kind kind) {
  if (kind == NODE_PLAIN)
    space_verify_page(space, leaf);
}
#endif
