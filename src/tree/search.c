/* SPDX-License-Identifier: Apache-2.0 */
/* Reading a tree. Every descent goes down exactly as many levels as the record says, so damaged links cannot loop. */
#include "tree/tree.h"

#include "base/assert.h"

static int level_page(const struct snapshot *snapshot, const struct tree *tree, struct page_ref ref, bool leaf,
                      const struct page **page) {
  return snapshot_tree_page(snapshot, ref, tree_page_type(tree, leaf), page);
}

int tree_find(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key,
              struct leaf_item *item) {
  ASSERT(tree->record.depth <= TREE_DEPTH_MAX);
  ASSERT(tree_is_empty(tree) == (tree->record.depth == 0));
  struct page_ref ref = tree_root(tree);
  const struct page *page;
  if (ref.pgno == PGNO_NONE)
    return MDBX_NOTFOUND;
  for (unsigned level = tree->record.depth; --level > 0;) {
    const int rc = level_page(snapshot, tree, ref, false, &page);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
    ref = branch_child(page, branch_find(page, &tree->rules, key));
  }
  const int rc = level_page(snapshot, tree, ref, true, &page);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  const int at = leaf_find(page, &tree->rules, key);
  if (at < 0)
    return MDBX_NOTFOUND;
  leaf_get(page, (unsigned)at, item);
  return MDBX_SUCCESS;
}

int tree_seek(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key, struct path *path,
              bool *exact) {
  ASSERT(tree->record.depth <= TREE_DEPTH_MAX);
  ASSERT(tree_is_empty(tree) == (tree->record.depth == 0));
  struct page_ref ref = tree_root(tree);
  *exact = false;
  path->depth = tree->record.depth;
  for (unsigned i = 0; i < path->depth; ++i) {
    const bool leaf = i + 1 == path->depth;
    struct path_level *level = &path->level[i];
    if (leaf)
      snapshot_prefetch_to_change(snapshot, ref.pgno);
    const int rc = level_page(snapshot, tree, ref, leaf, &level->page);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
    if (leaf) {
      level->index = leaf_seek(level->page, &tree->rules, key, exact);
    } else {
      level->index = branch_find(level->page, &tree->rules, key);
      ref = branch_child(level->page, level->index);
    }
  }
  return MDBX_SUCCESS;
}

/* Descends from the child below path->level[from - 1] to a leaf, along the first or last entries. */
static int descend_edge(const struct snapshot *snapshot, const struct tree *tree, struct path *path, unsigned from,
                        bool last) {
  ASSERT(from < path->depth && path->depth <= TREE_DEPTH_MAX);
  for (unsigned i = from; i < path->depth; ++i) {
    const struct path_level *above = i ? &path->level[i - 1] : NULL;
    const struct page_ref ref = above ? branch_child(above->page, above->index) : tree_root(tree);
    struct path_level *level = &path->level[i];
    const int rc = level_page(snapshot, tree, ref, i + 1 == path->depth, &level->page);
    if (unlikely(rc != MDBX_SUCCESS))
      return rc;
    level->index = last ? level->page->count - 1u : 0;
  }
  return MDBX_SUCCESS;
}

static int to_edge(const struct snapshot *snapshot, const struct tree *tree, struct path *path, bool last) {
  path->depth = tree->record.depth;
  if (tree_is_empty(tree))
    return MDBX_NOTFOUND;
  return descend_edge(snapshot, tree, path, 0, last);
}

int tree_first(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  return to_edge(snapshot, tree, path, false);
}

int tree_last(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  return to_edge(snapshot, tree, path, true);
}

int tree_seek_append(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key,
                     struct path *path, bool *exact) {
  *exact = false;
  const int rc = tree_last(snapshot, tree, path);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
  struct leaf_item last;
  path_item(path, &last);
  const int order = key_compare_raw(&tree->rules, key->raw, key->length, last.key, last.key_length);
  if (order < 0)
    return MDBX_EKEYMISMATCH;
  *exact = order == 0;
  path_leaf(path)->index += !*exact;
  return MDBX_SUCCESS;
}

/* Moves to the first record of the next leaf. */
static int next_leaf(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  ASSERT(path->depth > 0 && path->depth == tree->record.depth);
  for (unsigned i = path->depth - 1; i-- > 0;) {
    struct path_level *level = &path->level[i];
    if (level->index + 1 < level->page->count) {
      level->index += 1;
      return descend_edge(snapshot, tree, path, i + 1, false);
    }
  }
  return MDBX_NOTFOUND;
}

static int prev_leaf(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  ASSERT(path->depth > 0 && path->depth == tree->record.depth);
  for (unsigned i = path->depth - 1; i-- > 0;) {
    struct path_level *level = &path->level[i];
    if (level->index > 0) {
      level->index -= 1;
      return descend_edge(snapshot, tree, path, i + 1, true);
    }
  }
  return MDBX_NOTFOUND;
}

int path_must_stand(const struct path *path) {
  const struct path_level *leaf = path->depth ? &path->level[path->depth - 1] : NULL;
  if (likely(leaf && leaf->index < leaf->page->count))
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED, "page %u: records are out of order, or it is referred to twice",
                    leaf ? leaf->page->pgno : 0);
}

int path_settle(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  if (!path->depth)
    return MDBX_NOTFOUND;
  const struct path_level *leaf = path_leaf(path);
  return leaf->index < leaf->page->count ? MDBX_SUCCESS : next_leaf(snapshot, tree, path);
}

int path_next(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  ASSERT(path->depth > 0);
  struct path_level *leaf = path_leaf(path);
  if (leaf->index + 1 < leaf->page->count) {
    leaf->index += 1;
    return MDBX_SUCCESS;
  }
  return next_leaf(snapshot, tree, path);
}

int path_prev(const struct snapshot *snapshot, const struct tree *tree, struct path *path) {
  ASSERT(path->depth > 0);
  struct path_level *leaf = path_leaf(path);
  if (leaf->index > 0) {
    leaf->index -= 1;
    return MDBX_SUCCESS;
  }
  return prev_leaf(snapshot, tree, path);
}
