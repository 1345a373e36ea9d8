/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splitting pages.
 *
 * Before: the path is writable and its leaf has no room. During: the new page is allocated and filled; from the first
 * byte written to the old page on, an error leaves the transaction broken (its caller marks it so). After: the parent
 * has an entry for the new page, and the path stands on the record that made the split necessary.
 */
#include "tree/tree.h"

#include "base/assert.h"
#include "space/space_verify.h"
#include "tree/split_choice.h"
#include "tree/tree_verify.h"

#include <stdlib.h>

/* ----------------------------------------------------------------------------------------------------- branches */

struct branch_insertion {
  struct separator separator;
  struct page_ref child;
  bool follow; /* the path goes on through the new child */
};

static int insert_in_branch(struct space *space, struct tree *tree, struct path *path, unsigned level,
                            const struct branch_insertion *insertion);

/* A new root above the old one, which becomes level 1 of the path. */
static int grow_root(struct space *space, struct tree *tree, struct path *path) {
  struct page *root;
  if (path->depth == TREE_DEPTH_MAX)
    return MDBX_CURSOR_FULL;
  const int rc = space_new_page(space, tree_page_flags(tree, false), &root);
  if (rc != MDBX_SUCCESS)
    return rc;
  struct page_ref old_root = tree_root(tree);
  const struct branch_list list = {.separators = &(struct separator){NULL, 0}, .children = &old_root, .count = 1};
  branch_list_store(&list, 0, 1, root, space->view.page_size);
  ASSERT(path->depth == tree->record.depth);
  memmove(path->level + 1, path->level, path->depth * sizeof(path->level[0]));
  path->level[0] = (struct path_level){root, 0};
  path->depth += 1;
  tree_set_root(tree, page_ref(root));
  tree->record.depth += 1;
  tree->record.branch_pages += 1;
  return MDBX_SUCCESS;
}

/* Adds an entry for a page that was split off the page at `level` of the path. *level follows a new root. */
static int link_right(struct space *space, struct tree *tree, struct path *path, unsigned *level,
                      const struct branch_insertion *insertion) {
  if (*level == 0) {
    const int rc = grow_root(space, tree, path);
    if (rc != MDBX_SUCCESS)
      return rc;
    *level = 1;
  }
  const unsigned depth = path->depth;
  const int rc = insert_in_branch(space, tree, path, *level - 1, insertion);
  *level += path->depth - depth;
  ASSERT(path->depth >= depth && *level > 0 && *level < path->depth);
  return rc;
}

/* Chooses where to cut a list of branch entries into two parts that each fit a page: at the end for ascending loads,
 * else as near to the middle as possible. */
static unsigned choose_branch_cut(const struct branch_list *list, unsigned inserted, bool keyheads, size_t body) {
  ASSERT(list->count > 1 && inserted > 0 && inserted < list->count);
  const unsigned middle = inserted + 1 == list->count ? list->count - 1 : list->count / 2;
  for (unsigned off = 0; off < list->count; ++off) {
    const unsigned cuts[2] = {middle + off, middle - off};
    for (unsigned i = 0; i < 2; ++i)
      if (cuts[i] > 0 && cuts[i] < list->count && branch_list_size(list, 0, cuts[i], keyheads) <= body &&
          branch_list_size(list, cuts[i], list->count, keyheads) <= body)
        return cuts[i];
  }
  return 0;
}

static int split_branch(struct space *space, struct tree *tree, struct path *path, unsigned level,
                        const struct branch_list *list, unsigned inserted, bool follow) {
  ASSERT(level + 1 < path->depth);
  struct page *left = space_writable(space, path->level[level].page), *right;
  const bool keyheads = page_has_keyheads(left);
  const unsigned cut = choose_branch_cut(list, inserted, keyheads, body_size(space->view.page_size));
  if (!cut)
    return log_damage(MDBX_CORRUPTED, "page %u: separators too long to split it", left->pgno);
  int rc = space_new_page(space, tree_page_flags(tree, false), &right);
  if (rc != MDBX_SUCCESS)
    return rc;
  branch_list_store(list, 0, cut, left, space->view.page_size);
  branch_list_store(list, cut, list->count, right, space->view.page_size);
  ASSERT(left->count == cut && right->count == list->count - cut);
  VERIFY(space_verify_page(space, left));
  VERIFY(space_verify_page(space, right));
  tree->record.branch_pages += 1;
  const unsigned target = follow ? inserted : inserted - 1;
  const bool to_right = target >= cut;
  const struct branch_insertion above = {list->separators[cut], page_ref(right), to_right};
  rc = link_right(space, tree, path, &level, &above);
  path->level[level] = to_right ? (struct path_level){right, target - cut} : (struct path_level){left, target};
  return rc;
}

/* The general way: unpack, insert, and store on one page or two. */
static int rebuild_branch(struct space *space, struct tree *tree, struct path *path, unsigned level,
                          const struct branch_insertion *insertion) {
  ASSERT(level + 1 < path->depth);
  struct page *page = space_writable(space, path->level[level].page);
  const unsigned at = path->level[level].index + 1;
  const size_t page_size = space->view.page_size;
  struct branch_list list;
  int rc = branch_list_init(&list, page_size);
  if (rc == MDBX_SUCCESS)
    rc = branch_list_load(&list, page);
  if (rc == MDBX_SUCCESS) {
    branch_list_insert(&list, at, &insertion->separator, insertion->child);
    if (branch_list_size(&list, 0, list.count, page_has_keyheads(page)) <= body_size(page_size)) {
      branch_list_store(&list, 0, list.count, page, page_size);
      VERIFY(space_verify_page(space, page));
      path->level[level].index += insertion->follow;
    } else {
      rc = split_branch(space, tree, path, level, &list, at, insertion->follow);
    }
  }
  branch_list_destroy(&list);
  return rc;
}

static int insert_in_branch(struct space *space, struct tree *tree, struct path *path, unsigned level,
                            const struct branch_insertion *insertion) {
  ASSERT(level + 1 < path->depth);
  struct page *page = space_writable(space, path->level[level].page);
  ASSERT(page->flags & P_BRANCH);
  if (!branch_insert(page, path->level[level].index + 1, &insertion->separator, insertion->child))
    return rebuild_branch(space, tree, path, level, insertion);
  VERIFY(space_verify_page(space, page));
  path->level[level].index += insertion->follow;
  return MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------------- leaves */

/* The leaf to be split, in its old state, and the record to insert. */
struct leaf_split {
  struct change *change;
  unsigned at;
  const struct page *old; /* a copy */
  uint8_t *keys;          /* room for two normalised keys */
};

/* Raw key of entry i, counting the new record. */
static const uint8_t *key_of(const struct leaf_split *split, unsigned i, size_t *length) {
  ASSERT(i <= split->old->count);
  if (i == split->at) {
    *length = split->change->key->length;
    return split->change->key->raw;
  }
  return leaf_key(split->old, i < split->at ? i : i - 1, length);
}

/* The shortest separator between two neighbours: their common beginning and one more byte of the greater one. */
static struct separator separator_between(const struct leaf_split *split, const uint8_t *low, size_t low_length,
                                          const uint8_t *high, size_t high_length, uint8_t *store) {
  const enum key_order order = split->change->tree->rules.order;
  if (order == ORDER_USER)
    return (struct separator){high, high_length};
  const size_t longest = split->change->space->view.page_size / 2;
  key_normalise(order, low, low_length, store + longest);
  key_normalise(order, high, high_length, store);
  const size_t common = common_bytes(store, store + longest, MIN_OF(low_length, high_length));
  return (struct separator){store, MIN_OF(common + 1, high_length)};
}

static struct separator separator_at(const struct leaf_split *split, unsigned cut) {
  ASSERT(cut > 0 && cut <= split->old->count);
  size_t low_length, high_length;
  const uint8_t *low = key_of(split, cut - 1, &low_length);
  const uint8_t *high = key_of(split, cut, &high_length);
  return separator_between(split, low, low_length, high, high_length, split->keys);
}

static size_t entry_bytes(const struct leaf_split *split, unsigned i) {
  ASSERT(i <= split->old->count);
  if (i == split->at)
    return leaf_bytes_for(split->old, split->change->key->length, split->change->length);
  return leaf_bytes_of(split->old, i < split->at ? i : i - 1);
}

/* Copies old records [from, to) to an emptied page. */
static void move_records(const struct leaf_split *split, struct page *page, unsigned from, unsigned to) {
  ASSERT(from <= to && to <= split->old->count);
  page_init(page, split->change->space->view.page_size, page->pgno, page->txnid, page->flags);
  for (unsigned i = from; i < to; ++i)
    leaf_append(page, split->old, i);
  leaf_make_keyheads(page, split->change->tree->rules.order);
  ASSERT(page->count == to - from);
}

static uint8_t *add_new(const struct leaf_split *split, struct page *page, unsigned index) {
  ASSERT(index <= page->count);
  ASSERT(page_room(page) >= leaf_bytes_for(page, split->change->key->length, split->change->length));
  const struct change *change = split->change;
  return leaf_insert(page, change->tree->rules.order, index, change->key, change->kind, change->length);
}

static int link_leaf(const struct leaf_split *split, const struct separator *separator, const struct page *page,
                     bool follow) {
  ASSERT(split->change->path->depth == split->change->tree->record.depth);
  unsigned level = split->change->path->depth - 1;
  const struct branch_insertion insertion = {*separator, page_ref(page), follow};
  split->change->tree->record.leaf_pages += 1;
  return link_right(split->change->space, split->change->tree, split->change->path, &level, &insertion);
}

static int split_in_two(const struct leaf_split *split, unsigned cut) {
  struct page *left = space_writable(split->change->space, path_leaf(split->change->path)->page), *right;
  int rc = space_new_page(split->change->space, left->flags, &right);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(cut > 0 && cut <= split->old->count);
  const bool to_right = split->at >= cut;
  const unsigned old_cut = to_right ? cut : cut - 1;
  const struct separator separator = separator_at(split, cut);
  move_records(split, left, 0, old_cut);
  move_records(split, right, old_cut, split->old->count);
  split->change->data = add_new(split, to_right ? right : left, to_right ? split->at - cut : split->at);
  ASSERT(left->count + right->count == split->old->count + 1);
  VERIFY(tree_verify_leaf(split->change->space, left, split->change->kind));
  VERIFY(tree_verify_leaf(split->change->space, right, split->change->kind));
  rc = link_leaf(split, &separator, right, to_right);
  *path_leaf(split->change->path) =
      to_right ? (struct path_level){right, split->at - cut} : (struct path_level){left, split->at};
  return rc;
}

/* The new record is between two records that are so long that it fits on a page with neither of them. */
static int split_in_three(const struct leaf_split *split) {
  struct page *left = space_writable(split->change->space, path_leaf(split->change->path)->page), *middle, *right;
  ASSERT(split->at > 0 && split->at < split->old->count);
  int rc = space_new_page(split->change->space, left->flags, &middle);
  if (rc == MDBX_SUCCESS)
    rc = space_new_page(split->change->space, left->flags, &right);
  if (rc != MDBX_SUCCESS)
    return rc;
  move_records(split, left, 0, split->at);
  move_records(split, right, split->at, split->old->count);
  page_init(middle, split->change->space->view.page_size, middle->pgno, middle->txnid, middle->flags);
  split->change->data = add_new(split, middle, 0);
  ASSERT(left->count + middle->count + right->count == split->old->count + 1);
  VERIFY(tree_verify_leaf(split->change->space, left, split->change->kind));
  VERIFY(tree_verify_leaf(split->change->space, middle, split->change->kind));
  VERIFY(tree_verify_leaf(split->change->space, right, split->change->kind));
  struct separator separator = separator_at(split, split->at);
  rc = link_leaf(split, &separator, middle, true);
  *path_leaf(split->change->path) = (struct path_level){middle, 0};
  if (rc != MDBX_SUCCESS)
    return rc;
  separator = separator_at(split, split->at + 1);
  rc = link_leaf(split, &separator, right, false);
  *path_leaf(split->change->path) = (struct path_level){middle, 0};
  return rc;
}

static int choose_and_split(const struct leaf_split *split) {
  const unsigned count = split->old->count + 1u;
  size_t *sizes = malloc(2 * count * sizeof(*sizes));
  if (!sizes)
    return MDBX_ENOMEM;
  for (unsigned i = 0; i < count; ++i) {
    sizes[i] = entry_bytes(split, i);
    sizes[count + i] = i ? separator_at(split, i).length : 0;
  }
  struct split_choice choice = {.sizes = sizes,
                                .separators = sizes + count,
                                .count = count,
                                .inserted = split->at,
                                .body = body_size(split->change->space->view.page_size)};
  choice.ascending = split->at + 1 == count && path_is_at_edge(split->change->path, true);
  choice.descending = split->at == 0 && path_is_at_edge(split->change->path, false);
  const unsigned cut = split_choose(&choice);
  free(sizes);
  ASSERT(cut < count);
  return cut ? split_in_two(split, cut) : split_in_three(split);
}

/* The record follows the last record of the tree: the full leaf does not change, and the record begins a new leaf. */
static int add_leaf(struct change *change) {
  struct space *space = change->space;
  const struct page *last = path_leaf(change->path)->page;
  uint8_t *keys = pool_take(space->pool);
  struct page *page;
  int rc = keys ? space_new_page(space, last->flags, &page) : MDBX_ENOMEM;
  if (rc != MDBX_SUCCESS) {
    if (keys)
      pool_give(space->pool, keys);
    return rc;
  }
  const struct leaf_split split = {.change = change, .at = last->count, .old = last, .keys = keys};
  const struct separator separator = separator_at(&split, last->count);
  change->data = leaf_insert(page, change->tree->rules.order, 0, change->key, change->kind, change->length);
  VERIFY(tree_verify_leaf(space, page, change->kind));
  rc = link_leaf(&split, &separator, page, true);
  *path_leaf(change->path) = (struct path_level){page, 0};
  pool_give(space->pool, keys);
  return rc;
}

int change_split_leaf(struct change *change) {
  const size_t page_size = change->space->view.page_size;
  const struct path_level leaf = *path_leaf(change->path);
  ASSERT(change->path->depth == change->tree->record.depth && space_owns(change->space, leaf.page));
  if (leaf.index == leaf.page->count && path_is_at_edge(change->path, true))
    return add_leaf(change);
  uint8_t *memory = malloc(2 * page_size);
  if (!memory)
    return MDBX_ENOMEM;
  memcpy(memory, leaf.page, page_size);
  const struct leaf_split split = {
      .change = change,
      .at = leaf.index,
      .old = (const struct page *)(const void *)memory,
      .keys = memory + page_size,
  };
  const int rc = choose_and_split(&split);
  free(memory);
  return rc;
}
