/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/split_choice.h: chooses where to split a leaf. Pure.
 */
#ifndef MDBX_TREE_SPLIT_CHOICE_H
#define MDBX_TREE_SPLIT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct split_choice {
  const size_t *sizes;      /* bytes of each record, in order, the new one among them */
  const size_t *separators; /* size of the separator for a cut before record i; NULL: all equal */
  unsigned count;
  unsigned inserted; /* index of the new record */
  size_t body;       /* room of a page */
  bool ascending;    /* the new record is the last of the whole table */
  bool descending;   /* or the first */
};

/* The number of records for the left page (1 .. count - 1), or 0 if no cut makes two pages that fit. Loads in key order
 * leave full pages; any other page is cut where the halves differ least, or near that place if the separator is shorter
 * there, because the branch above stores it. */
unsigned split_choose(const struct split_choice *choice);

#endif
