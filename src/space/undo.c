/* SPDX-License-Identifier: Apache-2.0 */
#include "space/undo.h"

#include "base/assert.h"

#include <stdlib.h>

/* A placeholder for the buffers of entries that only need a page number. */
static struct page no_buffer;

struct undo *undo_make(void) {
  return calloc(1, sizeof(struct undo));
}

void undo_begin(struct space *space, struct undo *undo) {
  ASSERT(undo && !undo->outer && !undo->created.used);
  space->turn += 1;
  undo->outer = space->undo;
  undo->retired_length = space->retired.length;
  undo->retired_pages = space->retired.pages;
  undo->limit = space->view.limit;
  space->undo = undo;
}

bool undo_has_changes(const struct space *space) {
  ASSERT(space->undo && space->retired.length >= space->undo->retired_length);
  const struct undo *undo = space->undo;
  return undo->images.used || undo->gone.used || undo->created.used || space->retired.length != undo->retired_length;
}

static void free_images(struct space *space, struct dirty *images) {
  for (uint32_t i = 0; i < images->used; ++i)
    space_free_buffer(space, images->entries[i].pages, images->entries[i].page);
  dirty_destroy(images);
}

/* Ends the innermost level without using its content. */
static void drop(struct space *space) {
  struct undo *undo = space->undo;
  ASSERT(undo);
  space->turn += 1;
  space->undo = undo->outer;
  free_images(space, &undo->images);
  dirty_destroy(&undo->gone);
  dirty_destroy(&undo->created);
  free(undo);
}

void undo_release(struct space *space) {
  while (space->undo)
    drop(space);
}

/* ------------------------------------------------------------------------------------------------------------ notes */

int undo_note_created(struct space *space, pgno_t pgno, uint32_t pages) {
  return dirty_add(&space->undo->created, pgno, pages, &no_buffer);
}

static int keep_image(struct undo *undo, pgno_t pgno, uint32_t pages, struct page *image) {
  return image ? dirty_add(&undo->images, pgno, pages, image) : MDBX_ENOMEM;
}

int undo_note_change(struct space *space, const struct page *page, uint32_t pages) {
  ASSERT(space_owns(space, page));
  struct undo *undo = space->undo;
  if (dirty_find(&undo->created, page->pgno) || dirty_find(&undo->images, page->pgno))
    return MDBX_SUCCESS;
  struct page *image = space_take_buffer(space, pages);
  if (image)
    memcpy(image, page, (size_t)pages << space->view.shift);
  const int rc = keep_image(undo, page->pgno, pages, image);
  if (rc != MDBX_SUCCESS)
    space_free_buffer(space, pages, image);
  return rc;
}

int undo_note_gone(struct space *space, const struct page *page, uint32_t pages, struct page **buffer) {
  struct undo *undo = space->undo;
  const pgno_t pgno = page->pgno;
  if (dirty_remove(&undo->created, pgno))
    return MDBX_SUCCESS;
  int rc = dirty_reserve(&undo->gone, 1);
  if (rc == MDBX_SUCCESS && !dirty_find(&undo->images, pgno)) {
    rc = *buffer ? keep_image(undo, pgno, pages, *buffer) : undo_note_change(space, page, pages);
    if (rc == MDBX_SUCCESS)
      *buffer = NULL;
  }
  if (rc == MDBX_SUCCESS)
    dirty_add_reserved(&undo->gone, pgno, pages, &no_buffer);
  return rc;
}

/* ---------------------------------------------------------------------------------------------------------- keeping */

/* A page of an outer level was changed or retired: the entry is passed to the outer level, unless that made the page
 * itself. */
static void hand_image_over(struct undo *undo, struct dirty_page *entry) {
  ASSERT(!dirty_find(&undo->created, entry->pgno) || dirty_find(&undo->gone, entry->pgno));
  struct undo *outer = undo->outer;
  const bool gone = dirty_find(&undo->gone, entry->pgno);
  if (dirty_find(&outer->created, entry->pgno)) {
    if (gone)
      dirty_remove(&outer->created, entry->pgno);
    return;
  }
  if (gone)
    dirty_add_reserved(&outer->gone, entry->pgno, entry->pages, &no_buffer);
  if (dirty_find(&outer->images, entry->pgno))
    return;
  dirty_add_reserved(&outer->images, entry->pgno, entry->pages, entry->page);
  entry->page = NULL;
}

/* Nothing is handed over until there is room for all. */
static int hand_over(struct undo *undo) {
  struct undo *outer = undo->outer;
  int rc = dirty_reserve(&outer->images, undo->images.used);
  if (rc == MDBX_SUCCESS)
    rc = dirty_reserve(&outer->gone, undo->gone.used);
  if (rc == MDBX_SUCCESS)
    rc = dirty_reserve(&outer->created, undo->created.used);
  for (uint32_t i = 0; rc == MDBX_SUCCESS && i < undo->images.used; ++i)
    hand_image_over(undo, &undo->images.entries[i]);
  for (uint32_t i = 0; rc == MDBX_SUCCESS && i < undo->created.used; ++i)
    dirty_add_reserved(&outer->created, undo->created.entries[i].pgno, undo->created.entries[i].pages, &no_buffer);
  return rc;
}

int undo_keep(struct space *space) {
  int rc = space->failed;
  if (rc == MDBX_SUCCESS && space->undo->outer)
    rc = hand_over(space->undo);
  if (rc == MDBX_SUCCESS)
    drop(space);
  return rc;
}

/* -------------------------------------------------------------------------------------------------------- restoring */

static int give_created_back(struct space *space) {
  const struct dirty *created = &space->undo->created;
  for (uint32_t i = 0; i < created->used; ++i) {
    const struct dirty_page *entry = &created->entries[i];
    space_free_buffer(space, entry->pages, dirty_remove(&space->dirty, entry->pgno));
    const int rc = space_add_free(space, entry->pgno, entry->pages, false);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

/* Restores the content of a page, even if the page was retired or spilled meanwhile. */
static int put_image_back(struct space *space, struct dirty_page *entry) {
  if (dirty_find(&space->undo->gone, entry->pgno))
    space_remove_free(space, entry->pgno, entry->pages);
  else
    space_free_buffer(space, entry->pages, dirty_remove(&space->dirty, entry->pgno));
  const int rc = dirty_add(&space->dirty, entry->pgno, entry->pages, entry->page);
  if (rc == MDBX_SUCCESS)
    entry->page = NULL;
  return rc;
}

/* Pages that the level took from the unallocated end become unallocated again. */
static void give_end_back(struct space *space, pgno_t limit) {
  while (space->view.limit > limit && pgset_has(&space->avail, space->view.limit - 1)) {
    space_remove_free(space, space->view.limit - 1, 1);
    space->view.limit -= 1;
  }
  space->view.present = MIN_OF(space->view.present, space->view.limit);
}

/* What fails in the middle is lost for all levels. */
int undo_restore(struct space *space) {
  struct undo *undo = space->undo;
  ASSERT(undo && undo->limit <= space->view.limit);
  if (space->failed != MDBX_SUCCESS) {
    drop(space);
    return space->failed;
  }
  ASSERT(undo->retired_length <= space->retired.length && undo->retired_pages <= space->retired.pages);
  space->retired.length = undo->retired_length;
  space->retired.pages = undo->retired_pages;
  int rc = give_created_back(space);
  for (uint32_t i = 0; rc == MDBX_SUCCESS && i < undo->images.used; ++i)
    rc = put_image_back(space, &undo->images.entries[i]);
  give_end_back(space, undo->limit);
  drop(space);
  return space->failed = rc;
}
