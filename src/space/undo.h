/* SPDX-License-Identifier: Apache-2.0 */
/*
 * space/undo.h: the undo log of nested transactions.
 *
 * All levels of nesting change the same pages of the same write transaction. Before a level changes or retires an older
 * page, it saves the content of the page; it also records the pages it has made. To undo the level, the saved contents
 * are copied back. To keep the level, the entries that the enclosing level needs are passed to it. Free pages that a
 * level found in table 0 remain known.
 *
 * If a page of an outer level was retired and its number reused, it is in `images`, `gone` and `created` at once.
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

/* Memory for a level; free() releases it while it has not begun. NULL: there is none. */
struct undo *undo_make(void);
/* Begins a level, which takes the memory over. */
void undo_begin(struct space *space, struct undo *undo);
/* Whether the innermost level has changed a page. */
bool undo_has_changes(const struct space *space);
/* Ends the innermost level and keeps its changes. After an error the level is still open, and can be undone. */
int undo_keep(struct space *space);
/* Ends the innermost level and undoes its changes. After an error all levels around it are broken (space->failed). */
int undo_restore(struct space *space);
/* Forgets all levels. */
void undo_release(struct space *space);

/* For space.c, while a level is open: a page was made; a page of this transaction is about to change; a page leaves the
 * tree. *buffer is the page's buffer; the level may take it over and sets it to NULL then. After an error nothing is noted. */
int undo_note_created(struct space *space, pgno_t pgno, uint32_t pages);
int undo_note_change(struct space *space, const struct page *page, uint32_t pages);
int undo_note_gone(struct space *space, const struct page *page, uint32_t pages, struct page **buffer);

#endif
