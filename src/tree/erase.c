/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Removing records.
 *
 * Before: the path is writable. During: the record is removed; a page that became empty is removed from its parent; a
 * page that became small is merged with a neighbour if both fit one page. After: if the root has one child, the child
 * becomes the root.
 */
#include "tree/erase.h"

#include "base/assert.h"
#include "space/space_verify.h"
#include "tree/dup.h"
#include "tree/tree_verify.h"

static bool is_small(const struct space *space, const struct page *page) {
  return page_used(page, space->view.page_size) < space->tuning.merge_below;
}

static struct page *writable_level(const struct space *space, const struct path *path, unsigned level) {
  ASSERT(level < path->depth);
  return space_writable(space, path->level[level].page);
}

static void count_page_less(struct tree *tree, const struct page *page) {
  uint32_t *pages = page->flags & P_LEAF ? &tree->record.leaf_pages : &tree->record.branch_pages;
  *pages -= *pages > 0;
}

static int retire_page(struct space *space, struct tree *tree, const struct page *page) {
  count_page_less(tree, page);
  return space_retire(space, page);
}

/* The page at `level` is empty: removes it from the tree, and parents that become empty. */
static int remove_page(struct space *space, struct tree *tree, struct path *path, unsigned level, bool *moved) {
  ASSERT(level < path->depth);
  *moved = true;
  ASSERT(path->level[level].page->count == 0);
  const int rc = retire_page(space, tree, path->level[level].page);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (level == 0) {
    tree_set_root(tree, (struct page_ref){PGNO_NONE, 0});
    tree->record.depth = 0;
    return MDBX_SUCCESS;
  }
  branch_erase(writable_level(space, path, level - 1), path->level[level - 1].index);
  return erase_mend(space, tree, path, level - 1, moved);
}

/* Appends all records of `right` to `left` if they fit. */
static bool join_leaves(const struct tree *tree, struct page *left, const struct page *right, size_t page_size) {
  if (page_used(left, page_size) + page_used(right, page_size) > body_size(page_size))
    return false;
  for (unsigned i = 0; i < right->count; ++i)
    leaf_append(left, right, i);
  leaf_make_keyheads(left, tree->rules.order);
  ASSERT(left != right && page_used(left, page_size) <= body_size(page_size));
  return true;
}

/* The same for branches; entry `at` of the parent leads to the right one. */
static int join_branches(struct space *space, struct page *left, const struct page *right, const struct page *parent,
                         unsigned at, bool *joined) {
  ASSERT(left != right && at > 0);
  const size_t page_size = space->view.page_size;
  struct branch_list list;
  uint8_t *bytes = pool_take(space->pool);
  if (!bytes)
    return MDBX_ENOMEM;
  const struct separator between = {bytes, branch_separator(parent, at, bytes)};
  int rc = branch_list_init(&list, page_size);
  if (rc == MDBX_SUCCESS)
    rc = branch_list_load(&list, left);
  if (rc == MDBX_SUCCESS)
    rc = branch_list_append(&list, right, &between);
  *joined =
      rc == MDBX_SUCCESS && branch_list_size(&list, 0, list.count, page_has_keyheads(left)) <= body_size(page_size);
  if (*joined)
    branch_list_store(&list, 0, list.count, left, page_size);
  branch_list_destroy(&list);
  pool_give(space->pool, bytes);
  return rc;
}

/* A neighbour of the page at `level`, under the same parent. */
static int neighbour(const struct space *space, const struct path *path, unsigned level, unsigned index,
                     const struct page **page) {
  ASSERT(level > 0 && index < path->level[level - 1].page->count);
  const struct page *parent = path->level[level - 1].page;
  const unsigned type = path->level[level].page->flags;
  return snapshot_tree_page(&space->view, branch_child(parent, index), type, page);
}

/* Whether two pages would fit one, estimated without the exact separators. */
static bool may_join(const struct page *a, const struct page *b, size_t page_size) {
  return page_used(a, page_size) + page_used(b, page_size) <= body_size(page_size);
}

/* Merges children `index` and `index + 1` of the parent of `level` into the left one. */
static int join_children(struct space *space, struct tree *tree, struct path *path, unsigned level, unsigned index,
                         bool *joined) {
  struct page *parent = writable_level(space, path, level - 1), *left;
  ASSERT(level > 0 && index + 1u < parent->count);
  const struct page *seen, *right;
  const size_t page_size = space->view.page_size;
  int rc = neighbour(space, path, level, index, &seen);
  if (rc == MDBX_SUCCESS)
    rc = neighbour(space, path, level, index + 1, &right);
  if (rc != MDBX_SUCCESS || !may_join(seen, right, page_size))
    return rc;
  rc = space_touch(space, seen, &left);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* A damaged list of free pages may contain a page in use: then the copy may be the neighbour itself. */
  if (left == right)
    return log_damage(MDBX_CORRUPTED, "page %u: two children of page %u", left->pgno, parent->pgno);
  branch_set_child(parent, index, page_ref(left));
  if (left->flags & P_LEAF) {
    *joined = join_leaves(tree, left, right, page_size);
  } else {
    rc = join_branches(space, left, right, parent, index + 1, joined);
  }
  if (rc != MDBX_SUCCESS || !*joined)
    return rc;
  VERIFY(space_verify_page(space, left));
  rc = retire_page(space, tree, right);
  branch_erase(parent, index + 1);
  ASSERT(parent->count > 0);
  VERIFY(space_verify_page(space, parent));
  return rc;
}

/* Whether the right neighbour is better for merging: it has been copied already, and the left one has not. */
static bool right_comes_first(const struct space *space, const struct path *path, unsigned level) {
  ASSERT(level > 0);
  const struct path_level *parent = &path->level[level - 1];
  const struct page *left, *right;
  if (!space->tuning.prefer_changed || parent->index == 0 || parent->index + 1 >= parent->page->count)
    return false;
  if (neighbour(space, path, level, parent->index - 1, &left) != MDBX_SUCCESS ||
      neighbour(space, path, level, parent->index + 1, &right) != MDBX_SUCCESS)
    return false; /* the merge reports what is wrong with them */
  return space_owns(space, right) && !space_owns(space, left);
}

static int merge_small(struct space *space, struct tree *tree, struct path *path, unsigned level, bool *moved) {
  ASSERT(level > 0 && level < path->depth);
  const struct path_level *parent = &path->level[level - 1];
  const bool right_first = right_comes_first(space, path, level);
  bool joined = false;
  int rc = MDBX_SUCCESS;
  for (unsigned turn = 0; turn < 2 && rc == MDBX_SUCCESS && !joined; ++turn) {
    const bool right = right_first != (turn == 1);
    if (right ? parent->index + 1 < parent->page->count : parent->index > 0)
      rc = join_children(space, tree, path, level, parent->index - !right, &joined);
  }
  if (rc != MDBX_SUCCESS || !joined)
    return rc;
  *moved = true;
  return erase_mend(space, tree, path, level - 1, moved);
}

static int shorten_root(struct space *space, struct tree *tree, struct path *path, bool *moved) {
  const struct page *root = path->level[0].page;
  while (root->flags & P_BRANCH && root->count == 1) {
    *moved = true;
    const struct page_ref child = branch_child(root, 0);
    int rc = retire_page(space, tree, root);
    if (rc != MDBX_SUCCESS)
      return rc;
    tree_set_root(tree, child);
    tree->record.depth -= 1;
    rc = snapshot_tree_page(&space->view, child, tree_page_type(tree, tree->record.depth == 1), &root);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

int erase_mend(struct space *space, struct tree *tree, struct path *path, unsigned level, bool *moved) {
  ASSERT(level < path->depth);
  const struct page *page = path->level[level].page;
  ASSERT(space_owns(space, page));
  if (!page->count)
    return remove_page(space, tree, path, level, moved);
  if (level == 0)
    return shorten_root(space, tree, path, moved);
  return is_small(space, page) ? merge_small(space, tree, path, level, moved) : MDBX_SUCCESS;
}

int tree_erase(struct space *space, struct tree *tree, struct path *path, bool *moved) {
  *moved = false;
  const int rc = tree_touch_path(space, tree, path);
  if (rc != MDBX_SUCCESS)
    return rc;
  const int stands = path_must_stand(path);
  if (stands != MDBX_SUCCESS)
    return stands;
  leaf_erase(writable_level(space, path, path->depth - 1), path_leaf(path)->index);
  VERIFY(space_verify_page(space, path_leaf(path)->page));
  tree->record.items -= tree->record.items > 0;
  const int mended = erase_mend(space, tree, path, path->depth - 1, moved);
  if (mended == MDBX_SUCCESS && !*moved)
    VERIFY(tree_verify_path(space, tree, path));
  return mended;
}

int tree_delete_at(struct space *space, struct tree *tree, struct path *path, bool *moved) {
  ASSERT(path->depth > 0 && path->depth == tree->record.depth);
  struct leaf_item item;
  if (tree_is_multi(tree))
    return dup_erase_all(space, tree, path, moved);
  path_item(path, &item);
  if (item.kind != NODE_PLAIN && item.kind != NODE_LARGE)
    return MDBX_INCOMPATIBLE;
  if (item.kind == NODE_LARGE) {
    struct large_ref ref;
    memcpy(&ref, item.data, sizeof(ref));
    const int rc = tree_retire_run(space, tree, &ref);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return tree_erase(space, tree, path, moved);
}
