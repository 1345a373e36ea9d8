/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/relocate.h: moves pages of a tree from high places in the file to lower free pages.
 *
 * It uses ordinary copy on write, which takes the lowest free page.
 */
#ifndef MDBX_TREE_RELOCATE_H
#define MDBX_TREE_RELOCATE_H

#include "tree/tree.h"

struct relocation {
  struct space *space;
  pgno_t line;     /* pages from this number on shall move */
  uint64_t budget; /* pages that may still be written */
  uint64_t spare;  /* free pages that must be left */
  uint64_t moved;
  pgno_t entered; /* number of visited leaves, so that the walk of a damaged tree ends */
  bool exhausted; /* the budget is */
  bool full;      /* no free page lies lower */
  pgno_t stuck;   /* the first run no hole was long enough for, and its length */
  uint32_t stuck_pages;
};

/* Moves pages of the tree, of its runs and nested trees, and of the named tables if it is the main table. Pages that
 * cannot be moved are reported in the struct; they are no error. */
int tree_relocate(struct relocation *relocation, struct tree *tree);

#endif
