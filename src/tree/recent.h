/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/recent.h: where trees were changed last, so that the next change near there needs no descent.
 *
 * A write transaction remembers a few paths, each of the tree whose root it begins with. All pages of such a path are
 * writable, and lead to the leaf. It holds until space->turn moves: that is whenever a page is made, copied, retired or
 * written out, and when a nested transaction begins or ends. Branches change only together with one of these, so the bounds
 * of the leaf hold as long; what changes in the leaf itself does not matter.
 *
 * The path that a transaction changed last is kept when it commits, with the buffers of its pages: the next one looks there
 * before it goes through the mapping, whose pages are new to this process. What was committed does not change. The
 * path holds while the writer builds on that very commit, for the tree whose root it begins with. Its pages belong to no
 * transaction: they are copied like others before a change.
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
  txnid_t txnid; /* of the commit */
  struct path path; /* depth 0: none */
  struct page *buffers[TREE_DEPTH_MAX];
};

/* Where the pages of a path are found again after the commit has looked at other trees. */
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

/* Before the commit: notes where the transaction made its last change. */
void recent_choose(struct space *space);
/* After it, and before the buffers of the transaction go: keeps that path, if it is one of the commit. Nobody may take the
 * commit back any more. */
void recent_keep(struct space *space);
/* Whether an address lies in a page that is kept: one of the last commit, which stays as it is until this transaction ends. */
bool recent_keeps(const struct space *space, const void *address);
/* Frees what is kept. NULL is allowed. */
void recent_release(struct recent_paths *paths);

/* Remembers a path that was made writable, or was changed since. */
void recent_note(struct space *space, const struct tree *tree, const struct path *path);
/* Whether a path ends in the leaf that is remembered for its tree: then all its pages are writable. */
bool recent_has(const struct space *space, const struct tree *tree, const struct path *path);
/* As tree_seek(), if the key belongs into the leaf that is remembered; false: it must be sought from the root. */
bool recent_seek(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                 bool *exact);

/* tree_seek() before a change: from the remembered leaf if that is right. */
int tree_seek_to_change(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                        bool *exact);
/* The same before mdbx_put() with these flags: MDBX_APPEND takes no key less than the last one, MDBX_EKEYMISMATCH. The
 * other two are its halves. */
bool recent_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                        struct path *path, unsigned flags, bool *exact);
int tree_seek_from_root_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key,
                               struct path *path, unsigned flags, bool *exact);
int tree_seek_to_put(const struct space *space, const struct tree *tree, const struct seek_key *key, struct path *path,
                     unsigned flags, bool *exact);

#endif
