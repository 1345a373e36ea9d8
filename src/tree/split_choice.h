/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tree/split_choice.h: where to cut a leaf in two. Pure.
 */
#ifndef MDBX_TREE_SPLIT_CHOICE_H
#define MDBX_TREE_SPLIT_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

struct split_choice {
  const size_t *sizes; /* bytes of each record, in order, the new one among them */
  const size_t *separators; /* bytes of the separator a cut before record i needs; NULL: all alike */
  unsigned count;
  unsigned inserted; /* index of the new record */
  size_t body;       /* room of a page */
  bool ascending;    /* the new record is the last of the whole table */
  bool descending;   /* or the first */
};

/* Number of records for the left page (1 .. count - 1), or 0 if no cut makes two that fit. Loads in order leave full
 * pages behind; everything else is cut where the halves differ least, or near there if the separator is shorter: the
 * branch above keeps it for long. */
unsigned split_choose(const struct split_choice *choice);

#endif
