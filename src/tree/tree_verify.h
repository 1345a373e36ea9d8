/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/tree_verify.h: assertions of a debug build about search paths and cursors; see base/assert.h.
 */
#ifndef MDBX_TREE_TREE_VERIFY_H
#define MDBX_TREE_TREE_VERIFY_H

#include "tree/cursor.h"
#include "tree/tree.h"

#if MDBX_DEBUG
/* Asserts that each page of a writable path is the page that the entry above it, or the tree's record, refers to. */
void tree_verify_path(const struct space *space, const struct tree *tree, const struct path *path);
/* Asserts that a leaf is consistent after it got a record of this kind. Data of other kinds than NODE_PLAIN are written
 * afterwards. */
void tree_verify_leaf(const struct space *space, const struct page *leaf, enum node_kind kind);
/* Asserts that a cursor on a record has a path, and that its set is open only in a state that allows it. */
void tree_verify_cursor(const struct cursor *cursor);
#endif

#endif
