/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/recent.h: where trees were changed last, so that the next change near there needs no descent.
 *
 * A write transaction remembers a few paths, each of the tree whose root it begins with. All pages of such a path are
 * writable, and lead to the leaf. It holds until space->turn moves: that is whenever a page is made, copied, retired or
 * written out, and when a nested transaction begins or ends. Branches change only together with one of these, so the bounds
 * of the leaf hold as long; what changes in the leaf itself does not matter.
 */
#ifndef MDBX_TREE_RECENT_H
#define MDBX_TREE_RECENT_H

#include "tree/tree.h"

enum { RECENT_PATHS = 4 };

struct recent_path {
  uint64_t turn; /* 0: none */
  struct path path;
};

struct recent_paths {
  struct recent_path of[RECENT_PATHS];
};

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
