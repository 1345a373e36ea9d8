/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/tree_verify.h: a debug build's look at search paths and cursors; see base/assert.h.
 */
#ifndef MDBX_TREE_TREE_VERIFY_H
#define MDBX_TREE_TREE_VERIFY_H

#include "tree/cursor.h"
#include "tree/tree.h"

#if MDBX_DEBUG
/* A path whose pages are all writable: each is the one that the entry above it, or the tree's record, refers to. */
void tree_verify_path(const struct space *space, const struct tree *tree, const struct path *path);
/* A leaf that has got a record of that kind. The bytes of one that is not plain are put there afterwards. */
void tree_verify_leaf(const struct space *space, const struct page *leaf, enum node_kind kind);
/* A cursor: it has a path if it is on a record, and what it has open belongs to its state. */
void tree_verify_cursor(const struct cursor *cursor);
#endif

#endif
