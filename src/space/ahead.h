/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/ahead.h: writes a large value from the caller's memory to the file when it is put.
 *
 * The pages of a new run are free until then, so nobody reads them and no commit needs them: they may be written at any
 * time before the commit. This saves a buffer as long as the value, and the copy into it. As with pages that were
 * spilled, the run has no buffer afterwards, is read through the mapping, and the commit cannot list it in a manifest.
 * So for each put the caller sets whether to write ahead (space->ahead), after it has checked that the writer lock is
 * still held.
 */
#ifndef MDBX_SPACE_AHEAD_H
#define MDBX_SPACE_AHEAD_H

#include "space/space.h"

/* Copying is cheaper for shorter values: the commit writes them together with other pages, or through the writable
 * mapping. */
#define AHEAD_LEAST ((size_t)64 << 10)

/* Whether a value of this length is written at once. */
static inline bool ahead_is_wanted(const struct space *space, size_t length) {
  return unlikely(space->ahead) && length >= AHEAD_LEAST;
}

/* Allocates a run for the value and writes it. *header receives its header. */
int ahead_write_run(struct space *space, const MDBX_val *value, struct page *header);

#endif
