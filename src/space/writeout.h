/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/writeout.h: changed pages to the file, in as few calls as their numbers allow.
 */
#ifndef MDBX_SPACE_WRITEOUT_H
#define MDBX_SPACE_WRITEOUT_H

#include "space/space.h"

/* Gives the file real storage up to geometry.now, so that a full disk is an error here and nowhere else. Where there is no
 * room for that it takes what there is, but no less than `least` pages, and lowers geometry.now. */
int writeout_extend_file(struct space *space, pgno_t least);

/* Gives the pages their checksums and writes them, by calls or by copying (nothing is written in WRITEMAP mode: they lie in
 * the mapping). The list is sorted by page number. The file is made long enough first. */
int writeout_pages(struct space *space, const struct dirty_page *list, size_t count);

#endif
