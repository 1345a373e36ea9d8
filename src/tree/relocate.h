/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/relocate.h: moving pages of a tree that lie high in the file into free pages that lie lower.
 *
 * Works through the ordinary ways of change: a page is copied on write, which takes the lowest free page.
 */
#ifndef MDBX_TREE_RELOCATE_H
#define MDBX_TREE_RELOCATE_H

#include "tree/tree.h"

struct relocation {
  struct space *space;
  pgno_t line;     /* pages from this number on are to move */
  uint64_t budget; /* pages that may still be written */
  uint64_t spare;  /* free pages that must be left */
  uint64_t moved;
  pgno_t entered; /* leaves, so that a damaged tree does not go on for ever */
  bool exhausted; /* the budget is */
  bool full;      /* no free page lies lower */
  pgno_t stuck;   /* the first run no hole was long enough for, and its length */
  uint32_t stuck_pages;
};

/* Moves what it can of the tree, its runs and nested trees, and the named tables if it is a tree that names them. What
 * is left behind is told in the struct and is no error. */
int tree_relocate(struct relocation *relocation, struct tree *tree);

#endif
