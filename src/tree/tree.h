/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/tree.h: a B+tree: its record in memory, search paths, and the operations on whole trees.
 *
 * Reading takes a const snapshot and cannot change anything; writing takes the struct space of the write transaction.
 * All functions return MDBX_SUCCESS, an MDBX_* code or an errno value. After a writing function failed the tree is in
 * an unknown state and the transaction must be aborted, unless the function says otherwise.
 */
#ifndef MDBX_TREE_TREE_H
#define MDBX_TREE_TREE_H

#include "format/branch.h"
#include "format/leaf.h"
#include "space/space.h"

struct tree {
  struct table_record record;
  struct key_rules rules;
  struct key_rules values;           /* order of the values of one key, with TABLE_DUPSORT */
  unsigned branch_flags, leaf_flags; /* P_NOKEYHEADS, P_DUPFIX: belong to the flags of every such page of the tree */
  uint16_t leaf_item;                /* in a nested tree of fixed-size values: their size; else 0 */
  bool changed;                      /* since the transaction began */
  uint8_t *scratch;                  /* for normalised keys of REVERSEKEY tables; made on demand */
  uint8_t *value_scratch;            /* the same for the values of REVERSEDUP tables */
};

/* One step of a search path: a page, and an entry of it. */
struct path_level {
  const struct page *page;
  unsigned index;
};

/* From the root (level 0) to a leaf (level depth - 1). depth 0: the tree is empty. */
struct path {
  unsigned depth;
  struct path_level level[TREE_DEPTH_MAX];
};

static inline struct path_level *path_leaf(struct path *path) { return &path->level[path->depth - 1]; }

static inline bool tree_is_empty(const struct tree *tree) { return tree->record.root == PGNO_NONE; }

static inline struct page_ref tree_root(const struct tree *tree) {
  return (struct page_ref){tree->record.root, tree->record.root_birth};
}

static inline void tree_set_root(struct tree *tree, struct page_ref root) {
  tree->record.root = root.pgno;
  tree->record.root_birth = root.birth;
}

/* Flags a page of the tree must have. */
static inline unsigned tree_page_flags(const struct tree *tree, bool leaf) {
  return leaf ? P_LEAF | tree->leaf_flags : P_BRANCH | tree->branch_flags;
}

/* The flags and item size that a page of the tree must have: see snapshot_with_item(). */
static inline unsigned tree_page_type(const struct tree *tree, bool leaf) {
  return leaf ? snapshot_with_item(P_LEAF | tree->leaf_flags, tree->leaf_item) : P_BRANCH | tree->branch_flags;
}

static inline bool tree_is_multi(const struct tree *tree) { return tree->record.flags & TABLE_DUPSORT; }
/* All values have one length. */
static inline bool tree_is_fixed(const struct tree *tree) { return tree->record.flags & TABLE_DUPFIXED; }

/* An empty tree with those flags. */
void tree_init(struct tree *tree, unsigned table_flags);
/* Reads the table record that a page of the snapshot stores. Checks only its length and its optional features:
 * MDBX_INCOMPATIBLE if one is unknown. MDBX_BAD_TXN if a writer has taken the snapshot: then the bytes may be anything. */
int tree_read_record(const struct snapshot *snapshot, const struct leaf_item *item, struct table_record *record,
                     const char *name);
/* Makes a tree from its stored record, and checks flags, depth and root. `compare` is for TABLE_USER_ORDER tables. */
int tree_load(struct tree *tree, const struct table_record *record, pgno_t limit, const char *name);
void tree_release(struct tree *tree);
/* Sets the comparators of a tree that the application orders; NULL keeps the present one. */
void tree_use_orders(struct tree *tree, const struct user_order *key, const struct user_order *value);
int tree_prepare_other_key(struct tree *tree, const MDBX_val *key, struct seek_key *prepared);
/* Prepares a key for searches in this tree. MDBX_SUCCESS, MDBX_ENOMEM. */
static inline int tree_prepare_key(struct tree *tree, const MDBX_val *key, struct seek_key *prepared) {
  if (unlikely(tree->rules.order != ORDER_BYTES || !key->iov_len))
    return tree_prepare_other_key(tree, key, prepared);
  prepared->raw = prepared->norm = key->iov_base;
  prepared->length = key->iov_len;
  return MDBX_SUCCESS;
}
/* The same for a value, which is a key of the nested tree. */
int tree_prepare_value(struct tree *tree, const MDBX_val *value, struct seek_key *prepared);

/* ---- reading: search.c ---- */

/* Finds the record with that key. MDBX_NOTFOUND if there is none. */
int tree_find(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key,
              struct leaf_item *item);
/* Finds the path to the first record not less than the key. At the end of the tree the index is after the last record
 * of the last leaf; between two leaves it may be after the last record of the left one: then path_settle() moves to the
 * next leaf. */
int tree_seek(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key, struct path *path,
              bool *exact);
/* Finds the path to the place of a key that must not be less than the last one, else MDBX_EKEYMISMATCH. */
int tree_seek_append(const struct snapshot *snapshot, const struct tree *tree, const struct seek_key *key,
                     struct path *path, bool *exact);
/* First or last record; MDBX_NOTFOUND in an empty tree. */
int tree_first(const struct snapshot *snapshot, const struct tree *tree, struct path *path);
int tree_last(const struct snapshot *snapshot, const struct tree *tree, struct path *path);
/* If the index is after the last record of a leaf, moves to the next leaf; MDBX_NOTFOUND at the end of the tree (then
 * the path stays after the last record). */
int path_settle(const struct snapshot *snapshot, const struct tree *tree, struct path *path);
/* MDBX_CORRUPTED unless the path stands on a record. In a damaged tree, a search may not find a record that was there
 * before, and a page with two references may change under a path. */
int path_must_stand(const struct path *path);
/* Moves to the next or previous record; MDBX_NOTFOUND at the edge, where the path does not change. */
int path_next(const struct snapshot *snapshot, const struct tree *tree, struct path *path);
int path_prev(const struct snapshot *snapshot, const struct tree *tree, struct path *path);
/* Whether the path runs along the last (or first) entries of all branches. */
static inline bool path_is_at_edge(const struct path *path, bool last) {
  for (unsigned i = 0; i + 1 < path->depth; ++i)
    if (path->level[i].index != (last ? path->level[i].page->count - 1u : 0u))
      return false;
  return true;
}
/* The record a path stands on. */
static inline void path_item(const struct path *path, struct leaf_item *item) {
  leaf_get(path->level[path->depth - 1].page, path->level[path->depth - 1].index, item);
}

/* ---- writing: insert.c, split.c, erase.c ---- */

/* Makes every page of the path writable. */
int tree_touch_path(struct space *space, struct tree *tree, struct path *path);

/* A change of one record: its place, and what its node shall contain. */
struct change {
  struct space *space;
  struct tree *tree;
  struct path *path; /* ends on the record */
  const struct seek_key *key;
  enum node_kind kind;
  size_t length; /* of the data of the node */
  uint8_t *data; /* out: where to write them */
};

/* Inserts a record at the path that tree_seek() found for the key without an exact match. `key` must not point into a
 * page of the tree. */
int change_insert(struct change *change);
/* Makes space for other data of the record at the path; the old bytes are lost. */
int change_update(struct change *change);
/* Calls one or the other; `exists`: there is a record with that key. */
static inline int change_put(struct change *change, bool exists) {
  return exists ? change_update(change) : change_insert(change);
}
/* Makes room for a record that does not fit its leaf. As change_insert(), for an already writable path. */
int change_split_leaf(struct change *change);

/* Removes the record at the path, but not the run its value may have. *moved tells that pages were merged or removed,
 * so that the path is invalid; else it stands on the successor, possibly after the last record of its leaf. */
int tree_erase(struct space *space, struct tree *tree, struct path *path, bool *moved);

/* Puts a value under a key, with the flags of mdbx_put(): NOOVERWRITE, CURRENT, APPEND, RESERVE. With MDBX_KEYEXIST,
 * *value is the stored value. Errors that leave the tree as it was: MDBX_KEYEXIST, MDBX_NOTFOUND, MDBX_EKEYMISMATCH,
 * MDBX_INCOMPATIBLE. The path ends on the record. */
int tree_put(struct change *change, MDBX_val *value, unsigned flags);
/* The same at the path that was found for the key. */
int tree_put_at(struct change *change, bool exact, MDBX_val *value, unsigned flags);
/* Overwrites the value of the record at the path. */
int tree_set_value(struct change *change, MDBX_val *value, unsigned flags);
/* Retires the run of a large value. */
int tree_retire_run(struct space *space, struct tree *tree, const struct large_ref *ref);
/* Removes the record at the path with its run or all its values. `moved` as in tree_erase(). */
int tree_delete_at(struct space *space, struct tree *tree, struct path *path, bool *moved);

/* ---- whole trees: walk.c ---- */

/* Retires all pages and leaves the tree empty. */
int tree_clear(struct space *space, struct tree *tree);

/* Retires the pages of a subtree, given by its page and level, or the pages that a record refers to, and subtracts them
 * from the counts of the tree. The caller removes the entry that leads there. */
int tree_drop_subtree(struct space *space, struct tree *tree, struct page_ref page, unsigned level);
int tree_drop_record(struct space *space, struct tree *tree, const struct page *leaf, unsigned index);

struct tree_visitor {
  /* The nested tree that is being visited: page() gets its pages, record() its values. Set by the walk; NULL in the
   * table's own tree. */
  const struct tree *nested;
  /* Called for each reference to a page, before the page is read, with the flags that the page must have. Results as
   * for page(); MDBX_RESULT_TRUE skips the page. May be NULL. */
  int (*reference)(struct tree_visitor *visitor, struct page_ref ref, unsigned flags);
  /* Called for each page, the parent first. MDBX_RESULT_TRUE skips the subtree; another code than MDBX_SUCCESS ends the
   * walk. */
  int (*page)(struct tree_visitor *visitor, const struct page *page, unsigned level);
  /* Called for each page after all pages below it; may be NULL. */
  int (*left)(struct tree_visitor *visitor, const struct page *page);
  /* Called for the run of each large value; may be NULL. */
  int (*run)(struct tree_visitor *visitor, const struct page *run);
  /* Called for each record; if the key has a nested tree, before the tree; may be NULL. */
  int (*record)(struct tree_visitor *visitor, const struct page *leaf, unsigned index, const struct leaf_item *item);
  /* Called for a page that cannot be used; if it returns MDBX_SUCCESS, the walk continues without the page. NULL: the
   * walk ends with rc. */
  int (*damage)(struct tree_visitor *visitor, pgno_t pgno, int rc);
};

/* Visits all pages in key order. */
int tree_walk(const struct snapshot *snapshot, const struct tree *tree, struct tree_visitor *visitor);

#endif
