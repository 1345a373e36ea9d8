/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/recent.h: remembers where trees were changed last, so that the next change nearby needs no search from the root.
 *
 * A write transaction remembers a few paths; each belongs to the tree whose root it begins with. All pages of such a
 * path are writable. The path is valid until space->turn changes, that is, until a page is made, copied, retired or
 * written out, or a nested transaction begins or ends. Branches change only together with one of these events, so the
 * bounds of the leaf are valid as long; changes in the leaf itself do not matter.
 *
 * The path that a transaction changed last is kept when it commits, with the buffers of its pages. The next transaction
 * reads these buffers instead of pages in the mapping that this process has not checked yet. Committed pages do not
 * change. The path is valid as long as the writer builds on exactly that commit, for the tree whose root it begins
 * with. Its pages belong to no transaction: they are copied before a change, like others.
 */
#ifndef MDBX_TREE_RECENT_H
#define MDBX_TREE_RECENT_H

#include "tree/tree.h"

enum { RECENT_PATHS = 4 };

struct recent_path {
  uint64_t turn; /* 0: none */
  struct path path;
};

/* The path of a commit. */
struct kept_path {
  txnid_t txnid;    /* of the commit */
  struct path path; /* depth 0: none */
  struct page *buffers[TREE_DEPTH_MAX];
};

/* Page numbers by which a path is found again after the commit has changed other trees. */
struct chosen_path {
  unsigned depth; /* 0: none */
  pgno_t pgno[TREE_DEPTH_MAX];
  unsigned index[TREE_DEPTH_MAX];
};

struct recent_paths {
  struct recent_path of[RECENT_PATHS];
  unsigned last; /* the one that was remembered last */
  struct chosen_path chosen;
  struct kept_path kept;
};

/* Call it before the commit: notes where the transaction made its last change. */
void recent_choose(struct space *space);
/* Call it after the commit, before the buffers of the transaction are freed: keeps that path, if it belongs to the
 * commit. The commit must be final. */
void recent_keep(struct space *space);
/* Whether an address lies in a kept page of the last commit, which does not change until this transaction ends. */
bool recent_keeps(const struct space *space, const void *address);
/* Frees the kept path. NULL is allowed. */
void recent_release(struct recent_paths *paths);

/* Remembers a path that was made writable, or that has been changed since. */
void recent_note(struct space *space, const struct tree *tree, const struct path *path);
/* Whether a path ends in the leaf that is remembered for its tree: then all its pages are writable. */
bool recent_has(const struct space *space, const struct tree *tree, const struct path *path);
/* Like tree_seek(), if the key belongs to the remembered leaf; false: search from the root. */
bool recent_seek(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                 bool *exact);

/* tree_seek() before a change: uses the remembered leaf if the key belongs to it. */
int tree_seek_to_change(const struct space *space, const struct tree *tree, const struct seek_key *key,
                        struct path *path, bool *exact);
/* The same before mdbx_put() with these flags: MDBX_APPEND takes no key less than the last one, MDBX_EKEYMISMATCH. The
 * other two are its halves. */
bool recent_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                        struct path *path, unsigned flags, bool *exact);
int tree_seek_from_root_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                               struct path *path, unsigned flags, bool *exact);
int tree_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                     unsigned flags, bool *exact);

#endif
