/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/recent.h"

#include "base/assert.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

static inline struct recent_path *remembered_of(const struct space *space, const struct tree *tree) {
  return &space->paths->of[tree->record.root % RECENT_PATHS];
}

static inline void copy_path(struct path *to, const struct path *from) {
  to->depth = from->depth;
  for (unsigned i = 0; i < from->depth; ++i)
    to->level[i] = from->level[i];
}

/* The remembered path of the tree, or NULL. */
static inline const struct path *find(const struct space *space, const struct tree *tree) {
  if (!space->paths || tree_is_empty(tree))
    return NULL;
  const struct recent_path *recent = remembered_of(space, tree);
  if (recent->turn != space->turn || recent->path.depth != tree->record.depth ||
      recent->path.level[0].page->pgno != tree->record.root)
    return NULL;
  VERIFY(tree_verify_path(space, tree, &recent->path));
  return &recent->path;
}

void recent_note(struct space *space, const struct tree *tree, const struct path *path) {
  if (!space->paths || !path->depth || path->depth != tree->record.depth)
    return;
  struct recent_path *recent = remembered_of(space, tree);
  space->paths->last = (unsigned)(recent - space->paths->of);
  recent->turn = space->turn;
  copy_path(&recent->path, path);
  recent->path.level[path->depth - 1].index = 0; /* which records are in the leaf is not remembered */
}

bool recent_has(const struct space *space, const struct tree *tree, const struct path *path) {
  const struct path *known = find(space, tree);
  return known && known->depth == path->depth &&
         known->level[known->depth - 1].page == path->level[path->depth - 1].page;
}

/* The path kept from the commit on which this transaction builds, as long as the tree has not changed since; or
 * NULL. */
static inline const struct path *kept_of(const struct space *space, const struct tree *tree) {
  const struct kept_path *kept = space->paths ? &space->paths->kept : NULL;
  if (!kept || !kept->path.depth || kept->txnid + 1 != space->view.txnid || kept->path.depth != tree->record.depth)
    return NULL;
  const struct page_ref root = page_ref(kept->path.level[0].page), wanted = tree_root(tree);
  return root.pgno == wanted.pgno && root.birth == wanted.birth ? &kept->path : NULL;
}

static inline const struct path *find_or_kept(const struct space *space, const struct tree *tree) {
  const struct path *known = find(space, tree);
  return known ? known : kept_of(space, tree);
}

/* Whether a key after (or before) all records of the leaf at the end of the path still belongs to this leaf. If the
 * path is not at the edge of the tree, the next separator decides. */
static bool within_bounds(const struct path *path, const struct tree *tree, const struct seek_key *key, bool behind) {
  for (unsigned i = path->depth - 1; i-- > 0;) {
    const struct path_level *level = &path->level[i];
    if (behind ? level->index + 1 < level->page->count : level->index > 0)
      return branch_leads_to(level->page, &tree->rules, key, level->index);
  }
  return true;
}

static inline int compare_with(const struct tree *tree, const struct seek_key *key, const struct page *leaf,
                               unsigned at) {
  size_t length;
  const uint8_t *bytes = leaf_key(leaf, at, &length);
  return key_compare_raw(&tree->rules, key->raw, key->length, bytes, length);
}

/* Index of the key in the leaf at the end of the path; false if it belongs elsewhere. */
static bool seek_in_leaf(const struct path *path, const struct tree *tree, const struct seek_key *key, unsigned *index,
                         bool *exact) {
  const struct page *leaf = path->level[path->depth - 1].page;
  if (!leaf->count)
    return false;
  const unsigned last = leaf->count - 1u;
  const int order = compare_with(tree, key, leaf, last);
  *exact = order == 0;
  *index = last + (order > 0);
  if (order >= 0)
    return order == 0 || within_bounds(path, tree, key, true);
  if (compare_with(tree, key, leaf, 0) < 0) {
    *index = 0;
    return within_bounds(path, tree, key, false);
  }
  *index = leaf_seek(leaf, &tree->rules, key, exact);
  return true;
}

bool recent_seek(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                 bool *exact) {
  const struct path *known = find_or_kept(space, tree);
  unsigned index;
  if (!known || !seek_in_leaf(known, tree, key, &index, exact))
    return false;
  copy_path(path, known);
  path_leaf(path)->index = index;
  return true;
}

int tree_seek_to_change(const struct space *space, const struct tree *tree, const struct seek_key *key,
                        struct path *path, bool *exact) {
  return recent_seek(space, tree, key, path, exact) ? MDBX_SUCCESS : tree_seek(&space->view, tree, key, path, exact);
}

/* Finds the place at the end of the tree, if the remembered path ends there and the key belongs there. */
static bool seek_end(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                     bool *exact) {
  const struct path *known = find_or_kept(space, tree);
  if (!known || !path_is_at_edge(known, true))
    return false;
  const struct page *leaf = known->level[known->depth - 1].page;
  const int order = leaf->count ? compare_with(tree, key, leaf, leaf->count - 1u) : -1;
  if (order < 0)
    return false;
  *exact = order == 0;
  copy_path(path, known);
  path_leaf(path)->index = leaf->count - (unsigned)*exact;
  return true;
}

bool recent_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                        struct path *path, unsigned flags, bool *exact) {
  return flags & MDBX_APPEND ? seek_end(space, tree, key, path, exact) : recent_seek(space, tree, key, path, exact);
}

int tree_seek_from_root_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                               struct path *path, unsigned flags, bool *exact) {
  return flags & MDBX_APPEND ? tree_seek_append(&space->view, tree, key, path, exact)
                             : tree_seek(&space->view, tree, key, path, exact);
}

int tree_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                     unsigned flags, bool *exact) {
  return recent_seek_to_put(space, tree, key, path, flags, exact)
             ? MDBX_SUCCESS
             : tree_seek_from_root_to_put(space, tree, key, path, flags, exact);
}

/* ---------------------------------------------------------------------------------- from one transaction to the next */

void recent_choose(struct space *space) {
  struct chosen_path *chosen = &space->paths->chosen;
  const struct recent_path *last = &space->paths->of[space->paths->last];
  chosen->depth = 0;
  if (space->writemap || last->turn != space->turn) /* with WRITEMAP there are no buffers */
    return;
  chosen->depth = last->path.depth;
  for (unsigned i = 0; i < chosen->depth; ++i) {
    chosen->pgno[i] = last->path.level[i].page->pgno;
    chosen->index[i] = last->path.level[i].index;
  }
}

/* The chosen path in the buffers of the commit, which may have changed it: true if each page still leads to the next. */
static bool find_chosen(const struct space *space, const struct chosen_path *chosen, struct path *path) {
  path->depth = chosen->depth;
  for (unsigned i = 0; i < chosen->depth; ++i) {
    const struct page *page = dirty_find(&space->dirty, chosen->pgno[i]);
    if (!page || !space_owns(space, page) || !(page->flags & (i + 1 < chosen->depth ? P_BRANCH : P_LEAF)))
      return false;
    path->level[i] = (struct path_level){page, chosen->index[i]};
    if (!i)
      continue;
    const struct path_level *above = &path->level[i - 1];
    if (above->index >= above->page->count)
      return false;
    const struct page_ref child = branch_child(above->page, above->index), here = page_ref(page);
    if (child.pgno != here.pgno || child.birth != here.birth)
      return false;
  }
  return chosen->depth > 0;
}

/* Frees the pages of the kept path, or gives them to the pool. */
static void drop_kept(struct kept_path *kept, struct page_pool *pool) {
  for (unsigned i = 0; i < kept->path.depth; ++i)
    if (pool)
      pool_give(pool, kept->buffers[i]);
    else
      free(kept->buffers[i]);
  kept->path.depth = 0;
}

void recent_keep(struct space *space) {
  struct kept_path *kept = &space->paths->kept;
  struct path path;
  if (!find_chosen(space, &space->paths->chosen, &path))
    return;
  drop_kept(kept, space->pool);
  for (unsigned i = 0; i < path.depth; ++i)
    kept->buffers[i] = dirty_remove(&space->dirty, path.level[i].page->pgno);
  copy_path(&kept->path, &path);
  kept->txnid = space->view.txnid;
}

bool recent_keeps(const struct space *space, const void *address) {
  const struct kept_path *kept = space->paths ? &space->paths->kept : NULL;
  for (unsigned i = 0; kept && i < kept->path.depth; ++i)
    if ((uintptr_t)address - (uintptr_t)kept->buffers[i] < space->view.page_size)
      return true;
  return false;
}

void recent_release(struct recent_paths *paths) {
  if (paths)
    drop_kept(&paths->kept, NULL);
}
