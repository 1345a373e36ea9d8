/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/erase.h: what removing single records and removing ranges share.
 */
#ifndef MDBX_TREE_ERASE_H
#define MDBX_TREE_ERASE_H

#include "tree/tree.h"

/* Looks at a writable page of the path that lost entries, and at those above as far as they lose something too: removes
 * what is empty, joins what is small, shortens the root. *moved (never reset) tells that the path is invalid. */
int erase_mend(struct space *space, struct tree *tree, struct path *path, unsigned level, bool *moved);

#endif
