/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/erase.h: what the removal of single records and of ranges share.
 */
#ifndef MDBX_TREE_ERASE_H
#define MDBX_TREE_ERASE_H

#include "tree/tree.h"

/* Repairs a writable page of the path that has lost entries, and the pages above it that lose entries by that: removes
 * empty pages, merges small ones, and removes a root with one child. Sets *moved if the path becomes invalid; never
 * resets it. */
int erase_mend(struct space *space, struct tree *tree, struct path *path, unsigned level, bool *moved);

#endif
