/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes free and retired pages at commit: to the list of the meta, or to table 0.
 *
 * A small commit adds to the list of the meta and does not change the table. This is possible if it has taken nothing
 * from the table and the additions fit. Any other commit writes the whole list to the table, and begins a new list with
 * the pages that it retired and a few free pages, so that the next commits find them without reading the table.
 *
 * Writing to the table takes and retires pages itself. So: first make room (delete, insert with some bytes to spare,
 * make leaves writable) in passes until a pass changes nothing; then fill the records in, which moves no page.
 *
 * Invariants once filled in: a page is listed once, in table 0 or in the list, or used by a tree, never both; no listed page
 * is at or above the first unallocated one.
 */
#include "gc/gc.h"

#include "base/array.h"
#include "base/assert.h"
#include "base/log.h"
#include "gc/gc_verify.h"

#include <stdlib.h>

/* The spare bytes of a record, for what the next passes may add. */
enum { SPARE_BYTES = 48, PASSES_MAX = 64, LOOSE_MAX = 128, RUN_BYTES = 6, FEW_RUNS = 24 };

/* The pages needed if the list has to be written to the table, where its records may be on half-empty leaves. */
static uint32_t list_reserve(const struct snapshot *snapshot, size_t list_length) {
  return (uint32_t)(2 * list_length / snapshot->page_size);
}

uint32_t gc_reserve(const struct snapshot *snapshot, const struct tree *tree, size_t list_length) {
  const struct page *root;
  const uint32_t for_list = list_reserve(snapshot, list_length);
  if (tree->record.depth == 0)
    return 1 + for_list;
  const bool one_leaf = tree->record.depth == 1 && snapshot_page(snapshot, tree->record.root, &root) == MDBX_SUCCESS;
  if (one_leaf && page_room(root) > body_size(snapshot->page_size) / 2)
    return 1 + for_list;
  return tree->record.depth + 2u + for_list;
}

/* ------------------------------------------------------------------------------------------------- single records */

struct found_record {
  struct gc_key key;
  uint8_t bytes[GC_KEY_SIZE];
  struct seek_key seek;
  struct path path;
  bool exists;
  size_t size; /* of the value, if it exists */
};

/* The record a path stands on; table 0 has plain ones only. */
static int plain_item(const struct path *path, struct leaf_item *item) {
  ASSERT(path->depth > 0 && path->level[path->depth - 1].index < path->level[path->depth - 1].page->count);
  path_item(path, item);
  if (item->kind != NODE_PLAIN)
    return log_damage(MDBX_CORRUPTED, "page %u: a record of kind %u in the table of free pages",
                      path->level[path->depth - 1].page->pgno, item->kind);
  return MDBX_SUCCESS;
}

static int find_record(const struct gc *gc, const struct gc_key *key, struct found_record *found) {
  ASSERT(key->kind >= GC_FREE && key->kind <= GC_HELD && key->number <= GC_NUMBER_MASK);
  found->key = *key;
  found->size = 0;
  gc_key_encode(key, found->bytes);
  key_prepare(&found->seek, ORDER_BYTES, found->bytes, GC_KEY_SIZE, NULL);
  int rc = tree_seek(&gc->space->view, gc->tree, &found->seek, &found->path, &found->exists);
  if (rc == MDBX_SUCCESS && found->exists) {
    struct leaf_item item;
    rc = plain_item(&found->path, &item);
    found->size = item.data_length;
  }
  return rc;
}

static int delete_record(struct gc *gc, const struct gc_key *key, bool *changed) {
  struct found_record found;
  bool moved;
  const int rc = find_record(gc, key, &found);
  if (rc != MDBX_SUCCESS || !found.exists)
    return rc;
  *changed = true;
  return tree_delete_at(gc->space, gc->tree, &found.path, &moved);
}

/* Ensures that the record has a value of at least `needed` bytes on a writable page. */
static int reserve_record(struct gc *gc, const struct gc_key *key, size_t needed, bool *changed) {
  struct found_record found;
  ASSERT(needed > 0 && needed <= gc_value_limit(gc->space->view.page_size));
  int rc = find_record(gc, key, &found);
  if (rc != MDBX_SUCCESS)
    return rc;
  const size_t wanted = MIN_OF(needed + SPARE_BYTES, gc_value_limit(gc->space->view.page_size));
  if (found.exists && found.size >= needed && (gc->only_grow || found.size <= needed + 4 * SPARE_BYTES)) {
    if (space_owns(gc->space, path_leaf(&found.path)->page))
      return MDBX_SUCCESS;
    *changed = true;
    return tree_touch_path(gc->space, gc->tree, &found.path);
  }
  *changed = true;
  struct change change = {gc->space, gc->tree, &found.path, &found.seek, NODE_PLAIN, wanted, NULL};
  rc = change_put(&change, found.exists);
  ASSERT(rc != MDBX_SUCCESS || space_owns(gc->space, path_leaf(&found.path)->page));
  if (rc == MDBX_SUCCESS)
    memset(change.data, 0, wanted);
  return rc;
}

/* The bytes of a record for which room was made. */
static int open_found(const struct gc *gc, struct found_record *found, uint8_t **data, size_t *size) {
  if (!found->exists || !space_owns(gc->space, path_leaf(&found->path)->page))
    return log_damage(MDBX_PROBLEM, "table of free pages: a record that was made room for is gone");
  struct leaf_item item;
  path_item(&found->path, &item);
  ASSERT(item.kind == NODE_PLAIN && item.data_length == found->size);
  *data = (uint8_t *)(uintptr_t)item.data;
  *size = item.data_length;
  memset(*data, 0, *size);
  return MDBX_SUCCESS;
}

static int open_reserved(const struct gc *gc, const struct gc_key *key, uint8_t **data, size_t *size) {
  struct found_record found;
  const int rc = find_record(gc, key, &found);
  return rc == MDBX_SUCCESS ? open_found(gc, &found, data, size) : rc;
}

/* ------------------------------------------------------------------------------------------------- free regions */

/* Calls `each` for the records of every region that changed. */
static int each_changed(struct gc *gc, int (*each)(struct gc *gc, const struct gc_key *key, bool *changed),
                        bool *changed) {
  const uint32_t span = gc_span(gc->space->view.page_size), per_region = PGSET_REGION_PAGES / span;
  for (size_t i = 0; i < gc->space->avail.length; ++i) {
    if (!gc->space->avail.regions[i]->changed || !gc->space->avail.regions[i]->loaded)
      continue;
    const uint64_t first = (uint64_t)gc->space->avail.regions[i]->number * per_region;
    for (uint32_t k = 0; k < per_region; ++k) {
      const struct gc_key key = {GC_FREE, first + k, 0};
      const int rc = each(gc, &key, changed);
      if (rc != MDBX_SUCCESS)
        return rc;
    }
  }
  return MDBX_SUCCESS;
}

/* In the first pass the record of a region without free pages is deleted. Later it stays, empty, until another commit
 * changes the region, because deleting frees a page of the table, which may need a record again, and so on. */
static int reserve_region(struct gc *gc, const struct gc_key *key, bool *changed) {
  const uint32_t span = gc_span(gc->space->view.page_size);
  const size_t size = gc_free_room(&gc->space->avail, (pgno_t)(key->number * span), span);
  if (size)
    return reserve_record(gc, key, size, changed);
  if (!gc->only_grow)
    return delete_record(gc, key, changed);
  struct found_record found;
  const int rc = find_record(gc, key, &found);
  return rc == MDBX_SUCCESS && found.exists ? reserve_record(gc, key, GC_FREE_EMPTY, changed) : rc;
}

static int fill_region(struct gc *gc, const struct gc_key *key, bool *changed) {
  const uint32_t span = gc_span(gc->space->view.page_size);
  const pgno_t first = (pgno_t)(key->number * span);
  ASSERT(gc->only_grow && key->kind == GC_FREE);
  struct found_record found;
  uint8_t *data;
  size_t size;
  (void)changed;
  int rc = find_record(gc, key, &found);
  if (rc == MDBX_SUCCESS && found.exists)
    rc = open_found(gc, &found, &data, &size);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((!found.exists || !gc_free_encode(&gc->space->avail, first, span, data, size)) &&
      gc_free_room(&gc->space->avail, first, span))
    return log_damage(MDBX_PROBLEM, "table of free pages: a record that was made room for became too small");
  return MDBX_SUCCESS;
}

/* Free pages that came from lists and whose regions were not read. A few of them stay in a list, so that a commit that
 * takes about as many pages as it retires does not change regions all over the table. */
static uint64_t loose_pages(const struct gc *gc) {
  uint64_t pages = 0;
  for (size_t i = 0; i < gc->space->avail.length; ++i)
    if (!gc->space->avail.regions[i]->loaded)
      pages += gc->space->avail.regions[i]->count;
  return pages;
}

/* A region was read because the lists were empty, and is written anyway: some of its pages go to a list for the next
 * commits; otherwise each of them would read and write the region for the few pages it needs. Not if all regions were
 * read: then the commit is not small, or space is short. */
static void set_aside(struct gc *gc) {
  struct space *space = gc->space;
  ASSERT(!gc->aside_length);
  if (gc->regions_done || loose_pages(gc) || space->avail.count < 4 * GC_ASIDE_PAGES)
    return;
  const pgno_t first = pgset_lowest(&space->avail, 0), end = (first | (PGSET_REGION_PAGES - 1)) + 1;
  if (!pgset_region_find(&space->avail, first >> PGSET_REGION_BITS)->changed)
    return;
  pgno_t at = first;
  for (uint32_t left = GC_ASIDE_PAGES, pages; left && at < end; left -= pages) {
    pages = pgset_run_length(&space->avail, at, MIN_OF(left, end - at));
    ASSERT(pages > 0 && gc->aside_length < GC_ASIDE_PAGES);
    gc->aside[gc->aside_length++] = (struct retired_run){at, pages, space->view.txnid};
    space_remove_free(space, at, pages);
    at = pgset_lowest(&space->avail, at);
  }
}

/* If pages from lists were added to a region whose stored part has not been read: reads it, or it would be
 * overwritten. */
static int complete_regions(struct gc *gc) {
  for (size_t i = 0; i < gc->space->avail.length && !gc->keep_loose; ++i) {
    const struct pgset_region *region = gc->space->avail.regions[i];
    if (!region->count || region->loaded)
      continue;
    const int rc = gc_load_region_of(gc, region->number * PGSET_REGION_PAGES);
    if (rc != MDBX_SUCCESS)
      return rc;
    ASSERT(region->loaded);
  }
  return MDBX_SUCCESS;
}

/* Makes free pages at the end unallocated, region by region. */
static int shorten_tail(struct gc *gc) {
  struct space *space = gc->space;
  pgno_t before;
  do {
    before = space->view.limit;
    bool stored = false;
    const struct pgset_region *region = pgset_region_find(&space->avail, (before - 1) >> PGSET_REGION_BITS);
    int rc = region && region->loaded ? MDBX_SUCCESS : gc_stored_has(gc, before - 1, &stored);
    if (rc == MDBX_SUCCESS && stored)
      rc = gc_load_region_of(gc, before - 1);
    if (rc != MDBX_SUCCESS)
      return rc;
    space_trim_tail(space);
    ASSERT(space->view.limit <= before && space->view.limit >= PGNO_FIRST);
  } while (space->view.limit < before);
  return MDBX_SUCCESS;
}

/* --------------------------------------------------------------------------------------- lists of retired pages */

enum { DIGIT_BITS = 11, DIGITS = 1 << DIGIT_BITS };

/* One pass of a radix sort, stable, by the digit at `shift`. */
static void sort_by_digit(const struct retired_run *from, struct retired_run *to, size_t count, unsigned shift) {
  size_t starts[DIGITS] = {0};
  for (size_t i = 0; i < count; ++i)
    starts[from[i].pgno >> shift & (DIGITS - 1)] += 1;
  for (size_t digit = 0, sum = 0; digit < DIGITS; ++digit) {
    const size_t number = starts[digit];
    starts[digit] = sum;
    sum += number;
  }
  for (size_t i = 0; i < count; ++i)
    to[starts[from[i].pgno >> shift & (DIGITS - 1)]++] = from[i];
}

/* `scratch` has room for as many. */
static void sort_many(struct retired_run *runs, struct retired_run *scratch, size_t count) {
  struct retired_run *from = runs, *to = scratch;
  pgno_t highest = 0;
  for (size_t i = 0; i < count; ++i)
    highest = MAX_OF(highest, runs[i].pgno);
  for (unsigned shift = 0; shift < 32 && highest >> shift; shift += DIGIT_BITS) {
    sort_by_digit(from, to, count, shift);
    struct retired_run *swapped = from;
    from = to;
    to = swapped;
  }
  if (from != runs)
    memcpy(runs, from, count * sizeof(*runs));
}

/* A few runs are inserted one by one. */
static void insert_runs(struct retired_run *runs, size_t sorted, size_t count) {
  for (size_t i = MAX_OF(sorted, 1); i < count; ++i) {
    const struct retired_run run = runs[i];
    size_t at = i;
    for (; at > 0 && runs[at - 1].pgno > run.pgno; --at)
      runs[at] = runs[at - 1];
    runs[at] = run;
  }
}

/* Sorts runs of which the first `sorted` are sorted already: a long list usually gets few new ones. */
static int sort_runs(struct retired_run *runs, size_t sorted, size_t count) {
  const size_t more = count - sorted;
  ASSERT(sorted <= count);
  if (count <= FEW_RUNS) {
    insert_runs(runs, sorted, count);
    return MDBX_SUCCESS;
  }
  if (!more)
    return MDBX_SUCCESS;
  struct retired_run *added = malloc(more * sizeof(*added));
  if (!added)
    return MDBX_ENOMEM;
  if (more <= FEW_RUNS)
    insert_runs(runs + sorted, 0, more);
  else
    sort_many(runs + sorted, added, more);
  if (!sorted || runs[sorted - 1].pgno < runs[sorted].pgno) {
    free(added);
    return MDBX_SUCCESS;
  }
  memcpy(added, runs + sorted, more * sizeof(*added));
  for (size_t left = sorted, right = more; right;) {
    const bool old_is_last = left && runs[left - 1].pgno > added[right - 1].pgno;
    runs[left + right - 1] = old_is_last ? runs[left - 1] : added[right - 1];
    *(old_is_last ? &left : &right) -= 1;
  }
  free(added);
  return MDBX_SUCCESS;
}

/* Sorts runs, joins adjacent ones of the same birth, and detects pages listed twice. */
static int tidy_runs(struct retired_run *runs, size_t sorted, size_t *count) {
  const int rc = sort_runs(runs, sorted, *count);
  if (rc != MDBX_SUCCESS)
    return rc;
  size_t kept = 0;
  for (size_t i = 0; i < *count; ++i) {
    struct retired_run *last = kept ? &runs[kept - 1] : NULL;
    if (last && runs[i].pgno < last->pgno + last->pages)
      return log_damage(MDBX_CORRUPTED, "page %u is used twice", runs[i].pgno);
    if (last && runs[i].pgno == last->pgno + last->pages && runs[i].birth == last->birth)
      last->pages += runs[i].pages;
    else
      runs[kept++] = runs[i];
  }
  ASSERT(kept <= *count);
  *count = kept;
  VERIFY(gc_verify_runs(runs, kept));
  return MDBX_SUCCESS;
}

/* Called for each chunk of a list. */
typedef int (*chunk_action)(struct gc *gc, const struct gc_key *key, const struct retired_run *runs, size_t count,
                            size_t bytes, bool *changed);

static int each_chunk(struct gc *gc, struct gc_key key, const struct retired_run *runs, size_t count,
                      chunk_action action, bool *changed) {
  const size_t room = gc_value_limit(gc->space->view.page_size);
  while (count) {
    size_t bytes;
    const size_t taken = gc_runs_encode(runs, count, key.number, NULL, room, &bytes);
    ASSERT(taken > 0 && taken <= count); /* otherwise the passes might never end */
    ASSERT(bytes <= room);
    const int rc = action(gc, &key, runs, taken, bytes, changed);
    if (rc != MDBX_SUCCESS)
      return rc;
    runs += taken;
    count -= taken;
    key.sequence += 1;
  }
  return MDBX_SUCCESS;
}

static int reserve_chunk(struct gc *gc, const struct gc_key *key, const struct retired_run *runs, size_t count,
                         size_t bytes, bool *changed) {
  (void)runs, (void)count;
  return reserve_record(gc, key, bytes, changed);
}

static int fill_chunk(struct gc *gc, const struct gc_key *key, const struct retired_run *runs, size_t count,
                      size_t bytes, bool *changed) {
  uint8_t *data;
  size_t size, used;
  ASSERT(count > 0 && key->kind != GC_FREE);
  (void)changed;
  const int rc = open_reserved(gc, key, &data, &size);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (size < bytes || gc_runs_encode(runs, count, key->number, data, size, &used) != count)
    return log_damage(MDBX_PROBLEM, "table of free pages: a record that was made room for became too small");
  return MDBX_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------- held pages */

static int add_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct run_list *list = context;
  ASSERT(pgno >= PGNO_FIRST && pages > 0);
  if (!array_room(list->runs, list->length, list->capacity))
    return MDBX_ENOMEM;
  list->runs[list->length++] = (struct retired_run){pgno, pages, birth};
  return MDBX_SUCCESS;
}

static int add_runs(struct run_list *list, const struct retired_run *runs, size_t count) {
  int rc = MDBX_SUCCESS;
  for (size_t i = 0; i < count && rc == MDBX_SUCCESS; ++i)
    rc = add_run(list, runs[i].pgno, runs[i].pages, runs[i].birth);
  return rc;
}

/* The loose pages, and those set aside, ascending: they get the commit's own id as birth, so no snapshot can hold them.
 * Pages are set aside only if there are no loose ones, but the commit may have freed pages of its own since, also with
 * lower numbers. */
static int list_free(const struct gc *gc, struct run_list *list) {
  const struct space *space = gc->space;
  int rc = MDBX_SUCCESS;
  for (size_t i = 0; i < space->avail.length && rc == MDBX_SUCCESS; ++i) {
    const struct pgset_region *region = space->avail.regions[i];
    const pgno_t first = region->number << PGSET_REGION_BITS;
    /* They belong to one region, which has been read. */
    if (gc->aside_length && gc->aside[0].pgno >> PGSET_REGION_BITS == region->number)
      rc = add_runs(list, gc->aside, gc->aside_length);
    if (!gc->keep_loose || region->loaded || !region->count)
      continue;
    for (pgno_t at = pgset_lowest(&space->avail, first), end; at - first < PGSET_REGION_PAGES && rc == MDBX_SUCCESS;
         at = pgset_lowest(&space->avail, end)) {
      end = at + pgset_run_length(&space->avail, at, first + PGSET_REGION_PAGES - at);
      ASSERT(end > at);
      rc = add_run(list, at, end - at, space->view.txnid);
    }
  }
  return rc;
}

/* Collects them, followed by the pages that this commit retired, in gc->runs. */
static int collect_fresh(struct gc *gc) {
  struct run_list *list = &gc->runs;
  list->length = 0;
  int rc = list_free(gc, list);
  gc->loose = list->length;
  if (rc == MDBX_SUCCESS)
    rc = add_runs(list, gc->space->retired.runs, gc->space->retired.length);
  size_t retired = list->length - gc->loose;
  if (rc == MDBX_SUCCESS && retired)
    rc = tidy_runs(list->runs + gc->loose, 0, &retired);
  list->length = gc->loose + retired;
  return rc;
}

/* In a record of the table they are one list. */
static int each_fresh_chunk(struct gc *gc, chunk_action action, bool *changed) {
  const struct gc_key key = {GC_FRESH, gc->space->view.txnid, 0};
  int rc = collect_fresh(gc);
  if (rc == MDBX_SUCCESS)
    rc = tidy_runs(gc->runs.runs, gc->loose, &gc->runs.length);
  return rc == MDBX_SUCCESS ? each_chunk(gc, key, gc->runs.runs, gc->runs.length, action, changed) : rc;
}

/* Reads the last stored chunk of a pin: while it is short, its pages are merged with the new ones, and it is written
 * again. key->sequence becomes that of the first chunk to write. */
static int join_last_chunk(struct gc *gc, struct gc_key *key, struct run_list *list) {
  const struct snapshot *view = &gc->space->view;
  struct found_record found;
  struct leaf_item item;
  struct gc_key last;
  int rc = find_record(gc, &(struct gc_key){key->kind, key->number, UINT32_MAX}, &found);
  if (rc != MDBX_SUCCESS || !found.path.depth)
    return rc;
  rc = path_prev(view, gc->tree, &found.path);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
  rc = plain_item(&found.path, &item);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!gc_key_decode(item.key, item.key_length, &last) || last.kind != key->kind || last.number != key->number)
    return MDBX_SUCCESS;
  key->sequence = last.sequence;
  if (item.data_length > gc_value_limit(view->page_size) / 4) {
    key->sequence += 1;
    return MDBX_SUCCESS;
  }
  return gc_runs_decode(item.data, item.data_length, last.number, view->limit, add_run, list);
}

static int write_chunk(struct gc *gc, const struct gc_key *key, const struct retired_run *runs, size_t count,
                       size_t bytes, bool *changed) {
  const int rc = reserve_record(gc, key, bytes, changed);
  return rc == MDBX_SUCCESS ? fill_chunk(gc, key, runs, count, bytes, changed) : rc;
}

static int by_pin(const void *a, const void *b) {
  const txnid_t left = ((const struct gc_held *)a)->pin, right = ((const struct gc_held *)b)->pin;
  return (left > right) - (left < right);
}

/* Writes the pages of one pin: held[from, to). */
static int give_held_of(struct gc *gc, size_t from, size_t to) {
  struct gc_key key = {GC_HELD, gc->held[from].pin, 0};
  ASSERT(from < to && to <= gc->held_length && gc->held[to - 1].pin == gc->held[from].pin);
  struct run_list list = {NULL, 0, 0};
  bool changed;
  int rc = join_last_chunk(gc, &key, &list);
  const size_t sorted = list.length;
  for (size_t i = from; i < to && rc == MDBX_SUCCESS; ++i)
    rc = add_run(&list, gc->held[i].run.pgno, gc->held[i].run.pages, gc->held[i].run.birth);
  if (rc == MDBX_SUCCESS)
    rc = tidy_runs(list.runs, sorted, &list.length);
  if (rc == MDBX_SUCCESS)
    rc = each_chunk(gc, key, list.runs, list.length, write_chunk, &changed);
  free(list.runs);
  return rc;
}

static int give_held(struct gc *gc) {
  if (gc->held_length)
    qsort(gc->held, gc->held_length, sizeof(*gc->held), by_pin);
  for (size_t from = 0, to; from < gc->held_length; from = to) {
    for (to = from + 1; to < gc->held_length && gc->held[to].pin == gc->held[from].pin;)
      ++to;
    const int rc = give_held_of(gc, from, to);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  gc->held_length = 0;
  return MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------- the list of the meta */

/* The greatest size of the list: the manifest has priority, since it saves a flush. */
static size_t room_for_list(const struct gc *gc) {
  const size_t page_size = gc->space->view.page_size, limit = gc_list_limit(page_size);
  const size_t manifest = (gc->inherited + gc->space->dirty.used) * sizeof(struct meta_manifest);
  if (!gc->beside_manifest || manifest > meta_room(page_size))
    return limit;
  return MIN_OF(limit, meta_room(page_size) - manifest);
}

/* Writes the pages of collect_fresh() to the list. */
static txnid_t fresh_number(const struct gc *gc, size_t i) {
  return i < gc->loose ? GC_LOOSE_NUMBER : gc->space->view.txnid;
}

static struct retired_run fresh_run(const struct gc *gc, size_t i) {
  const struct retired_run *run = &gc->runs.runs[i];
  return (struct retired_run){run->pgno, run->pages, i < gc->loose ? GC_LOOSE_NUMBER : run->birth};
}

/* The bytes that held pages, and the pages of collect_fresh(), add to the list. */
static size_t growth_of_list(const struct gc *gc) {
  size_t bytes = 0;
  for (size_t i = 0; i < gc->held_length; ++i)
    bytes += gc_list_growth(&gc->list, GC_HELD, gc->held[i].pin, &gc->held[i].run,
                            i > 0 && gc->held[i].pin == gc->held[i - 1].pin);
  for (size_t i = 0; i < gc->runs.length; ++i) {
    const struct retired_run run = fresh_run(gc, i);
    bytes += gc_list_growth(&gc->list, GC_FRESH, fresh_number(gc, i), &run, i > 0 && i != gc->loose);
  }
  return bytes;
}

static bool fits_list(const struct gc *gc) {
  const size_t room = room_for_list(gc);
  enum { LEAST = 6 }; /* of an entry: shows early that most lists do not fit */
  const size_t least = gc->list.length + (gc->held_length + gc->runs.length) * LEAST;
  return least <= room && gc->list.length + growth_of_list(gc) <= room;
}

/* A damaged tree or table may refer to invalid pages, which would make the list and so the meta invalid. */
static int add_entry(struct gc *gc, enum gc_kind kind, uint64_t number, const struct retired_run *run) {
  const pgno_t limit = gc->space->view.limit;
  if (run->pgno < PGNO_FIRST || run->pgno >= limit || run->pages > limit - run->pgno || run->birth > number)
    return log_damage(MDBX_CORRUPTED,
                      "page %u and the %u from it on, born in transaction %llu: cannot have become free in %llu",
                      run->pgno, run->pages, (unsigned long long)run->birth, (unsigned long long)number);
  gc_list_add(&gc->list, kind, number, run);
  return MDBX_SUCCESS;
}

static int add_to_list(struct gc *gc) {
  const struct snapshot *view = &gc->space->view;
  /* A page that a damaged table lists twice may be both unallocated and in the list. */
  int rc = view->limit < gc->limit && !meta_list_is_sound(gc->list.bytes, gc->list.length, view->txnid, view->limit)
               ? log_damage(MDBX_CORRUPTED, "a page at or behind %u, where the pages in use end, is listed as waiting",
                            view->limit)
               : MDBX_SUCCESS;
  for (size_t i = 0; i < gc->held_length && rc == MDBX_SUCCESS; ++i)
    rc = add_entry(gc, GC_HELD, gc->held[i].pin, &gc->held[i].run);
  for (size_t i = 0; i < gc->runs.length && rc == MDBX_SUCCESS; ++i) {
    const struct retired_run run = fresh_run(gc, i);
    rc = add_entry(gc, GC_FRESH, fresh_number(gc, i), &run);
  }
  ASSERT(rc != MDBX_SUCCESS || gc->list.length <= room_for_list(gc));
  return rc;
}

/* Whether nothing has been taken from the table, so that its records may stay. */
static bool table_is_right(const struct gc *gc) {
  const struct pgset *avail = &gc->space->avail;
  if (gc->consumed_length)
    return false;
  for (size_t i = 0; i < avail->length; ++i)
    if (avail->regions[i]->changed && avail->regions[i]->loaded)
      return false;
  return true;
}

/* The path of a small commit. *done: everything is in the list, and the table does not change. */
static int give_to_list(struct gc *gc, bool *done) {
  *done = false;
  if (!table_is_right(gc))
    return MDBX_SUCCESS;
  /* Pages that the table's last change has left at the end wait for the next commit that writes the table. */
  int rc = pgset_has(&gc->space->avail, gc->space->view.limit - 1) ? shorten_tail(gc) : MDBX_SUCCESS;
  if (rc != MDBX_SUCCESS || !table_is_right(gc) || loose_pages(gc) > LOOSE_MAX)
    return rc;
  gc->keep_loose = true;
  rc = collect_fresh(gc);
  *done = rc == MDBX_SUCCESS && fits_list(gc);
  gc->keep_loose = *done;
  return *done ? add_to_list(gc) : rc;
}

/* ------------------------------------------------------------------------------------------------------ the whole */

static int drop_consumed(struct gc *gc) {
  bool changed;
  for (size_t i = 0; i < gc->consumed_length; ++i) {
    const int rc = delete_record(gc, &gc->consumed[i], &changed);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static int reserve_all(struct gc *gc, bool *changed) {
  *changed = false;
  ASSERT(!gc->space->refill);
  int rc = complete_regions(gc);
  if (rc == MDBX_SUCCESS)
    rc = each_changed(gc, reserve_region, changed);
  if (rc == MDBX_SUCCESS && gc->fresh_in_table)
    return each_fresh_chunk(gc, reserve_chunk, changed);
  if (rc == MDBX_SUCCESS)
    rc = collect_fresh(gc);
  /* The room made for the records may be too large in the end; it stays so, because correcting it might never end. */
  gc->fresh_in_table = rc == MDBX_SUCCESS && !fits_list(gc);
  *changed |= gc->fresh_in_table;
  return rc;
}

static int fill_all(struct gc *gc) {
  bool changed;
  const pgno_t limit = gc->space->view.limit;
  const uint64_t free_pages = gc->space->avail.count, retired = gc->space->retired.pages;
  int rc = each_changed(gc, fill_region, &changed);
  if (rc == MDBX_SUCCESS && gc->fresh_in_table)
    rc = each_fresh_chunk(gc, fill_chunk, &changed);
  if (rc == MDBX_SUCCESS && !gc->fresh_in_table)
    rc = add_to_list(gc);
  ASSERT(gc->space->view.limit == limit && gc->space->avail.count == free_pages);
  ASSERT(gc->space->retired.pages == retired);
  (void)limit, (void)free_pages, (void)retired;
  return rc;
}

/* The commit itself takes only pages that are already known to be free, else pages from the end, even if the table has
 * free pages. */
static int stock_up(struct gc *gc) {
  const uint32_t wanted = 2 * gc_reserve(&gc->space->view, gc->tree, gc->held_length * RUN_BYTES);
  int rc = gc->asked ? MDBX_SUCCESS : MDBX_NOTFOUND; /* a commit that took no page does not change the table */
  while (rc == MDBX_SUCCESS && gc->space->avail.count < wanted)
    rc = gc_take(gc->space, 1, SPACE_CHEAP);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int give_to_table(struct gc *gc) {
  int rc = gc_empty_list(gc);
  if (rc == MDBX_SUCCESS)
    rc = stock_up(gc);
  space_stop_refill(gc->space);
  if (rc == MDBX_SUCCESS)
    rc = drop_consumed(gc);
  if (rc == MDBX_SUCCESS)
    rc = give_held(gc);
  if (rc == MDBX_SUCCESS)
    rc = shorten_tail(gc);
  gc->keep_loose = rc == MDBX_SUCCESS && loose_pages(gc) <= LOOSE_MAX;
  if (rc == MDBX_SUCCESS)
    rc = complete_regions(gc);
  if (rc == MDBX_SUCCESS)
    set_aside(gc);
  bool changed = true;
  for (unsigned pass = 0; rc == MDBX_SUCCESS && changed; ++pass) {
    if (pass == PASSES_MAX)
      return log_damage(MDBX_PROBLEM, "table of free pages: no end of changes");
    rc = reserve_all(gc, &changed);
    gc->only_grow = true;
  }
  return rc == MDBX_SUCCESS ? fill_all(gc) : rc;
}

int gc_give(struct gc *gc) {
  ASSERT(!gc->only_grow && !gc->keep_loose);
  VERIFY(gc_verify(gc));
  AUDIT(gc_verify_before(gc));
  bool done;
  int rc = give_to_list(gc, &done);
  if (rc == MDBX_SUCCESS && !done)
    rc = give_to_table(gc);
  space_stop_refill(gc->space);
  if (rc == MDBX_SUCCESS) {
    VERIFY(gc_verify(gc));
    AUDIT(gc_verify_after(gc));
  }
  return rc;
}
