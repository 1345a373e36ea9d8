/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/ahead.h: a large value goes to the file from where the caller has it, when it is put.
 *
 * The pages of a new run are free until then, so nobody reads them and no commit needs them: they may be written at any time
 * before the commit. What is saved is a buffer as long as the value, and the copy into it. As with pages that were spilled,
 * the run has no buffer afterwards, is read through the mapping, and the commit cannot list it in a manifest. So whoever
 * changes the tree says for each put whether that is wanted (space->ahead), and has seen that the writer lock is held.
 */
#ifndef MDBX_SPACE_AHEAD_H
#define MDBX_SPACE_AHEAD_H

#include "space/space.h"

/* Shorter values are cheaper to copy: the commit writes them together with other pages, or through the mapping for stores. */
#define AHEAD_LEAST ((size_t)64 << 10)

/* Whether a value of that length is to be written at once. */
static inline bool ahead_is_wanted(const struct space *space, size_t length) {
  return unlikely(space->ahead) && length >= AHEAD_LEAST;
}

/* Allocates a run for the value and writes it. *header receives its header. */
int ahead_write_run(struct space *space, const MDBX_val *value, struct page *header);

#endif
