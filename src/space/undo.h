/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/undo.h: what a nested transaction must be able to take back.
 *
 * All levels of nesting change the same pages of the same write transaction. A level keeps, of every page that was there
 * before it and that it changes or retires, the content as it was; and it knows the pages it has made. Taking the level
 * back is putting the contents in their places; keeping it hands what the level around it would need over to that one.
 * Free pages a level found in table 0 stay found.
 *
 * A page of an outer level that is gone and whose number is used again is in `images`, `gone` and `created` at once.
 */
#ifndef MDBX_SPACE_UNDO_H
#define MDBX_SPACE_UNDO_H

#include "space/space.h"

struct undo {
  struct undo *outer;
  struct dirty images;  /* pages of outer levels, as they were before this one */
  struct dirty gone;    /* those of them that this level has retired; the buffers mean nothing */
  struct dirty created; /* pages of this level; the buffers mean nothing */
  size_t retired_length;
  uint64_t retired_pages;
  pgno_t limit;
};

/* Begins a level. MDBX_ENOMEM. */
int undo_begin(struct space *space);
/* Whether the innermost level has touched a page. */
bool undo_has_changes(const struct space *space);
/* Ends the innermost level and keeps its changes. After an error the transaction around it is broken. */
int undo_keep(struct space *space);
/* Ends the innermost level and takes its changes back. After an error the transaction around it is broken. */
int undo_restore(struct space *space);
/* Forgets all levels. */
void undo_release(struct space *space);

/* For space.c, with a level open: a page was made; a page of this transaction is about to change; one leaves the tree.
 * *buffer is its buffer, which the level may take over (it is then set to NULL). */
int undo_note_created(struct space *space, pgno_t pgno, uint32_t pages);
int undo_note_change(struct space *space, const struct page *page, uint32_t pages);
int undo_note_gone(struct space *space, const struct page *page, uint32_t pages, struct page **buffer);

#endif
