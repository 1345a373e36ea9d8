/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/writeout.h: writes changed pages to the file, in as few calls as their numbers allow.
 */
#ifndef MDBX_SPACE_WRITEOUT_H
#define MDBX_SPACE_WRITEOUT_H

#include "space/space.h"

/* Makes the file that many pages long, with storage, and lets the transaction see them. */
int writeout_grow_file(struct space *space, pgno_t pages);

/* Allocates storage of the file up to geometry.now, so that a full disk causes an error here and nowhere else. If there
 * is less space, it allocates what there is, but at least `least` pages, and lowers geometry.now. */
int writeout_extend_file(struct space *space, pgno_t least);

/* Gives the pages their checksums and writes them, by calls or by copying (with WRITEMAP nothing is written: the pages
 * are in the mapping). The list is sorted by page number. The file is made long enough first. */
int writeout_pages(struct space *space, const struct dirty_page *list, size_t count);

#endif
