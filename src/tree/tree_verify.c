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
    ASSERT(page->flags == tree_page_flags(tree, leaf));
    ASSERT(leaf ? path->level[i].index <= page->count : path->level[i].index < page->count);
    const struct path_level *above = i ? &path->level[i - 1] : NULL;
    ASSERT(refers_to(above ? branch_child(above->page, above->index) : tree_root(tree), page));
  }
}

/* A path for reading may lead to a page that was changed later; before a change, other cursors are detached. */
static void verify_cursor_path(const struct cursor *cursor) {
  const struct path *path = &cursor->path;
  ASSERT(path->depth > 0 && path->depth == cursor->tree->record.depth);
  for (unsigned i = 0; i < path->depth; ++i) {
    const struct page *page = path->level[i].page;
    const struct path_level *above = i ? &path->level[i - 1] : NULL;
    ASSERT(page->flags == tree_page_flags(cursor->tree, i + 1 == path->depth));
    ASSERT(refers_to(above ? branch_child(above->page, above->index) : tree_root(cursor->tree), page));
    ASSERT(path->level[i].index < page->count);
  }
}

void tree_verify_cursor(const struct cursor *cursor) {
  ASSERT(!cursor->space || cursor->snapshot == &cursor->space->view);
  ASSERT(!cursor->in_set || cursor->multi);
  ASSERT(!cursor->in_doubt || cursor->detached);
  ASSERT(cursor->saved_length <= cursor->saved_capacity && cursor->saved_key <= cursor->saved_length);
  if (cursor->state != CURSOR_AT || cursor->detached)
    return;
  verify_cursor_path(cursor);
  ASSERT(cursor->in_set == cursor->multi);
  ASSERT(!cursor->in_set || !values_behind(&cursor->set));
}

void tree_verify_leaf(const struct space *space, const struct page *leaf, enum node_kind kind) {
  if (kind == NODE_PLAIN)
    space_verify_page(space, leaf);
}
#endif
