/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds free pages in table 0. The table does not change before gc_give(), so searches can stop at a key and continue
 * there.
 */
#include "gc/gc.h"

#include "base/array.h"
#include "base/assert.h"
#include "base/log.h"
#include "gc/gc_find.h"
#include "gc/gc_verify.h"

#include <stdlib.h>

/* The number of entries that one commit reads while space is not short, so that a list of a million pages does not slow
 * a small commit down. */
enum { ENTRY_BUDGET = 8192, REGIONS_UNASKED = 64, LOOSE_BATCH = 4 };

static int bad_list(const struct gc *gc) {
  return log_damage(MDBX_CORRUPTED, "the list of free pages in the meta page of transaction %llu makes no sense",
                    (unsigned long long)(gc->space->view.txnid - 1));
}

/* The number of entries of each kind whose memory a transaction keeps for the next one. */
enum { KEPT = 1024 };

static void *keep_memory(void *items, size_t *capacity) {
  if (*capacity <= KEPT)
    return items;
  free(items);
  *capacity = 0;
  return NULL;
}

/* A transaction keeps only memory for the next one. */
static void forget(struct gc *gc) {
  uint8_t *begin = (uint8_t *)&gc->space;
  memset(begin, 0, (size_t)((uint8_t *)gc->aside - begin));
  gc->list.length = gc->runs.length = 0;
  gc->held = keep_memory(gc->held, &gc->held_capacity);
  gc->consumed = keep_memory(gc->consumed, &gc->consumed_capacity);
}

/* Without memory the old ones stay. */
static int set_pins(struct gc *gc, const txnid_t *pins, size_t count) {
  if (!array_reserve(gc->pins, count, gc->pin_capacity))
    return MDBX_ENOMEM;
  memcpy(gc->pins, pins, count * sizeof(*pins));
  gc->pin_count = count;
  return MDBX_SUCCESS;
}

int gc_begin(struct gc *gc, struct space *space, struct tree *tree, const txnid_t *pins, size_t pin_count,
             const uint8_t *list, size_t list_length, bool list_is_sound) {
  ASSERT(pin_count);
  ASSERT(tree->record.depth <= TREE_DEPTH_MAX);
  forget(gc);
  gc->space = space;
  gc->tree = tree;
  gc->budget = ENTRY_BUDGET;
  gc->limit = space->view.limit;
  gc->next_region = (struct gc_key){GC_FREE, 0, 0};
  gc->next_fresh = (struct gc_key){GC_FRESH, 0, 0};
  gc->next_held = (struct gc_key){GC_HELD, 0, 0};
  if (set_pins(gc, pins, pin_count) != MDBX_SUCCESS ||
      !gc_list_set(&gc->list, list, list_length, space->view.page_size))
    return MDBX_ENOMEM;
  if (!list_is_sound && !meta_list_is_sound(gc->list.bytes, list_length, space->view.txnid - 1, space->view.limit))
    return bad_list(gc);
  VERIFY(gc_verify(gc));
  return MDBX_SUCCESS;
}

void gc_end(struct gc *gc) { forget(gc); }

void gc_free_memory(struct gc *gc) {
  free(gc->list.bytes);
  free(gc->runs.runs);
  free(gc->pins);
  free(gc->held);
  free(gc->consumed);
  memset(gc, 0, sizeof(*gc));
}

/* The newest pinned snapshot in [birth, retired), or TXNID_NONE. */
static txnid_t newest_pin(const struct gc *gc, txnid_t birth, txnid_t retired) {
  ASSERT(birth <= retired);
  for (size_t i = gc->pin_count; i-- > 0;)
    if (gc->pins[i] < retired)
      return gc->pins[i] >= birth ? gc->pins[i] : TXNID_NONE;
  return TXNID_NONE;
}

static bool is_pinned(const struct gc *gc, txnid_t txnid) { return newest_pin(gc, txnid, txnid + 1) != TXNID_NONE; }

/* ------------------------------------------------------------------------------------------------ reading records */

/* The first record not below `from`, if it is of the same kind. */
static int find_from(const struct gc *gc, const struct gc_key *from, struct gc_found *found) {
  uint8_t bytes[GC_KEY_SIZE];
  struct seek_key key;
  struct path path;
  bool exact;
  gc_key_prepare(from, bytes, &key);
  int rc = tree_seek(&gc->space->view, gc->tree, &key, &path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = path_settle(&gc->space->view, gc->tree, &path);
  if (rc == MDBX_SUCCESS)
    rc = gc_found_at(&path, found);
  if (rc == MDBX_SUCCESS && gc_key_compare(&found->key, from) < 0)
    rc = gc_bad_order(&found->key);
  if (rc == MDBX_SUCCESS && found->key.kind != from->kind)
    rc = MDBX_NOTFOUND;
  ASSERT(rc != MDBX_SUCCESS || gc_key_compare(&found->key, from) >= 0);
  return rc;
}

/* The last record below `before`, if it is of that kind. */
static int find_before(const struct gc *gc, const struct gc_key *before, enum gc_kind kind, struct gc_found *found) {
  uint8_t bytes[GC_KEY_SIZE];
  struct seek_key key;
  struct path path;
  bool exact;
  gc_key_prepare(before, bytes, &key);
  if (tree_is_empty(gc->tree))
    return MDBX_NOTFOUND;
  int rc = tree_seek(&gc->space->view, gc->tree, &key, &path, &exact);
  if (rc == MDBX_SUCCESS)
    rc = path_prev(&gc->space->view, gc->tree, &path);
  if (rc == MDBX_SUCCESS)
    rc = gc_found_at(&path, found);
  if (rc == MDBX_SUCCESS && gc_key_compare(&found->key, before) >= 0)
    rc = gc_bad_order(&found->key);
  if (rc == MDBX_SUCCESS && found->key.kind != kind)
    rc = MDBX_NOTFOUND;
  ASSERT(rc != MDBX_SUCCESS || gc_key_compare(&found->key, before) < 0);
  return rc;
}

static struct gc_key key_after(const struct gc_key *key) {
  ASSERT(key->kind >= GC_FREE && key->kind <= GC_HELD);
  if (key->sequence == UINT32_MAX)
    return (struct gc_key){key->kind, key->number + 1, 0};
  return (struct gc_key){key->kind, key->number, key->sequence + 1};
}

/* ------------------------------------------------------------------------------------------- lists of retired pages */

static int note_consumed(struct gc *gc, const struct gc_key *key) {
  if (!array_room(gc->consumed, gc->consumed_length, gc->consumed_capacity))
    return MDBX_ENOMEM;
  gc->consumed[gc->consumed_length++] = *key;
  return MDBX_SUCCESS;
}

static int note_held(struct gc *gc, txnid_t pin, pgno_t pgno, uint32_t pages, txnid_t birth) {
  ASSERT(pin != TXNID_NONE && birth <= pin);
  ASSERT(pgno >= PGNO_FIRST && pages > 0);
  if (!array_room(gc->held, gc->held_length, gc->held_capacity))
    return MDBX_ENOMEM;
  gc->held[gc->held_length++] = (struct gc_held){pin, {pgno, pages, birth}};
  return MDBX_SUCCESS;
}

struct judging {
  struct gc *gc;
  txnid_t retired; /* pins at or above do not see the pages */
};

static int judge_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  const struct judging *judging = context;
  struct gc *gc = judging->gc;
  const txnid_t pin = newest_pin(gc, birth, judging->retired);
  gc->budget -= gc->budget > 0;
  if (pin != TXNID_NONE)
    return note_held(gc, pin, pgno, pages, birth);
  /* Pages that the list's own transaction could have used have been free for longer. */
  return space_add_free(gc->space, pgno, pages, birth != judging->retired);
}

/* Reads a list and divides its pages into free and held ones. */
static int consume(struct gc *gc, const struct gc_found *found) {
  ASSERT(found->key.kind == GC_FRESH || found->key.kind == GC_HELD);
  struct judging judging = {gc, found->key.number};
  const int rc =
      gc_runs_decode(found->bytes, found->length, found->key.number, gc->space->view.limit, judge_run, &judging);
  return rc == MDBX_SUCCESS ? note_consumed(gc, &found->key) : rc;
}

/* ------------------------------------------------------------------------------------------- the list of the meta */

/* Checks entries of a record until this many pages are free; *rest is the first entry not checked. */
static int judge_record(struct gc *gc, const struct meta_list_record *record, uint64_t enough, const uint8_t **rest) {
  struct judging judging = {gc, record->number};
  const uint8_t *at = record->entries, *end = at + record->length;
  int rc = MDBX_SUCCESS;
  while (at < end && rc == MDBX_SUCCESS && gc->space->avail.count < enough) {
    struct meta_list_entry entry;
    at = meta_list_entry(at, end, record->number, gc->space->view.limit, &entry);
    if (!at)
      return bad_list(gc);
    rc = judge_run(&judging, entry.pgno, entry.pages, entry.birth);
  }
  *rest = at;
  return rc;
}

/* Divides the pages of all records that may have free pages into free and held ones, except loose pages. */
static int take_list(struct gc *gc) {
  struct gc_list *list = &gc->list;
  int rc = MDBX_SUCCESS;
  for (const uint8_t *at = list->bytes, *rest; at < list->bytes + list->length && rc == MDBX_SUCCESS;) {
    struct meta_list_record record;
    const uint8_t *next = meta_list_record(at, list->bytes + list->length, &record);
    if (!next)
      return bad_list(gc);
    if (gc_is_loose(&record) || (record.kind == GC_HELD && is_pinned(gc, record.number))) {
      at = next;
      continue;
    }
    rc = judge_record(gc, &record, UINT64_MAX, &rest);
    gc_list_cut(list, at, next);
  }
  return rc;
}

/* Takes loose pages until `enough` are free. */
static int take_loose(struct gc *gc, uint64_t enough) {
  struct gc_list *list = &gc->list;
  struct meta_list_record record;
  for (const uint8_t *at = list->bytes, *next, *rest; at < list->bytes + list->length; at = next) {
    next = meta_list_record(at, list->bytes + list->length, &record);
    if (!next)
      return bad_list(gc);
    if (!gc_is_loose(&record))
      continue;
    const int rc = judge_record(gc, &record, enough, &rest);
    if (rc == MDBX_SUCCESS)
      gc_list_cut_entries(list, at, rest);
    return rc;
  }
  return MDBX_SUCCESS;
}

int gc_empty_list(struct gc *gc) {
  int rc = take_loose(gc, UINT64_MAX);
  if (rc == MDBX_SUCCESS)
    rc = take_list(gc);
  const uint8_t *at = gc->list.bytes, *end = at + gc->list.length;
  while (at < end && rc == MDBX_SUCCESS) {
    struct meta_list_record record;
    const uint8_t *next = meta_list_record(at, end, &record);
    for (at = record.entries; next && at && at < next && rc == MDBX_SUCCESS;) {
      struct meta_list_entry entry;
      at = meta_list_entry(at, next, record.number, gc->space->view.limit, &entry);
      if (at)
        rc = note_held(gc, record.number, entry.pgno, entry.pages, entry.birth);
    }
    if (!next || !at)
      return bad_list(gc);
  }
  if (rc == MDBX_SUCCESS)
    gc->list.length = 0;
  return rc;
}

/* Lists belong to earlier transactions. 0 is not a transaction; as the position of a search it means "not begun". */
static bool number_is_sane(const struct gc *gc, const struct gc_key *key) {
  return key->number != TXNID_NONE && key->number < gc->space->view.txnid;
}

static int bad_number(const struct gc *gc, const struct gc_key *key) {
  return log_damage(MDBX_CORRUPTED, "a record of retired pages is of transaction %llu, this is %llu",
                    (unsigned long long)key->number, (unsigned long long)gc->space->view.txnid);
}

static int next_fresh(const struct gc *gc, struct gc_found *found) {
  if (!gc->space->lifo)
    return find_from(gc, &gc->next_fresh, found);
  const struct gc_key top = {GC_HELD, 0, 0};
  return find_before(gc, gc->next_fresh.number ? &gc->next_fresh : &top, GC_FRESH, found);
}

/* Lists of earlier transactions, oldest or newest first. */
static int take_fresh(struct gc *gc, bool urgent) {
  while (!gc->fresh_done && (urgent || gc->budget)) {
    struct gc_found found;
    int rc = next_fresh(gc, &found);
    if (rc == MDBX_NOTFOUND) {
      gc->fresh_done = true;
      break;
    }
    if (rc == MDBX_SUCCESS && !number_is_sane(gc, &found.key))
      rc = bad_number(gc, &found.key);
    if (rc == MDBX_SUCCESS)
      rc = consume(gc, &found);
    if (rc != MDBX_SUCCESS)
      return rc;
    gc->next_fresh = gc->space->lifo ? found.key : key_after(&found.key);
  }
  return MDBX_SUCCESS;
}

static bool is_consumed(const struct gc *gc, const struct gc_key *key) {
  for (size_t i = 0; i < gc->consumed_length; ++i)
    if (gc->consumed[i].kind == key->kind && gc->consumed[i].number == key->number &&
        gc->consumed[i].sequence == key->sequence)
      return true;
  return false;
}

/* Reads the lists of pins that are gone; skips the list of each pin that still exists. */
static int take_held(struct gc *gc, bool urgent) {
  while (!gc->held_done && (urgent || gc->budget)) {
    struct gc_found found;
    int rc = find_from(gc, &gc->next_held, &found);
    if (rc == MDBX_NOTFOUND) {
      gc->held_done = true;
      break;
    }
    if (rc == MDBX_SUCCESS && !number_is_sane(gc, &found.key))
      rc = bad_number(gc, &found.key);
    const bool pinned = rc == MDBX_SUCCESS && is_pinned(gc, found.key.number);
    if (rc == MDBX_SUCCESS && !pinned && !is_consumed(gc, &found.key))
      rc = consume(gc, &found);
    if (rc != MDBX_SUCCESS)
      return rc;
    gc->next_held = pinned ? (struct gc_key){GC_HELD, found.key.number + 1, 0} : key_after(&found.key);
  }
  return MDBX_SUCCESS;
}

int gc_repin(struct gc *gc, const txnid_t *pins, size_t pin_count) {
  struct gc_held *held = gc->held;
  const size_t count = gc->held_length;
  ASSERT(!gc->only_grow); /* gc_give() has not begun */
  VERIFY(gc_verify_pins(gc, pins, pin_count));
  int rc = set_pins(gc, pins, pin_count);
  if (rc != MDBX_SUCCESS)
    return rc;
  gc->held = NULL;
  gc->held_length = gc->held_capacity = 0;
  for (size_t i = 0; i < count && rc == MDBX_SUCCESS; ++i) {
    /* The pin that held the pages was the newest one that saw them, so only older pins can still hold them. */
    struct judging judging = {gc, held[i].pin + 1};
    rc = judge_run(&judging, held[i].run.pgno, held[i].run.pages, held[i].run.birth);
  }
  free(held);
  gc->next_held = (struct gc_key){GC_HELD, 0, 0};
  gc->held_done = false;
  gc->begun = false; /* lists of pins that are gone are worth reading, urgent or not */
  gc->budget = ENTRY_BUDGET;
  if (rc != MDBX_SUCCESS)
    gc->space->failed = rc; /* the other pages are in no list */
  return rc;
}

struct weighing {
  const struct gc *gc;
  txnid_t newest; /* no pin above it sees the pages */
  const txnid_t *fixed;
  uint64_t *seen;
};

static bool is_fixed(const struct weighing *weighing, txnid_t birth) {
  for (size_t i = 0; i < GC_FIXED_PINS; ++i)
    if (weighing->fixed[i] != TXNID_NONE && birth <= weighing->fixed[i] && weighing->fixed[i] <= weighing->newest)
      return true;
  return false;
}

static int weigh_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  const struct weighing *weighing = context;
  const struct gc *gc = weighing->gc;
  (void)pgno;
  ASSERT(pages > 0);
  if (is_fixed(weighing, birth))
    return MDBX_SUCCESS;
  for (size_t i = gc->pin_count; i-- > 0 && gc->pins[i] >= birth;)
    if (gc->pins[i] <= weighing->newest)
      weighing->seen[i] += pages;
  return MDBX_SUCCESS;
}

static int weigh_entry(void *context, const struct meta_list_record *record, const struct meta_list_entry *entry) {
  struct weighing *weighing = context;
  weighing->newest = record->number;
  return record->kind == GC_HELD ? weigh_run(weighing, entry->pgno, entry->pages, entry->birth) : MDBX_SUCCESS;
}

int gc_weigh(struct gc *gc, const txnid_t fixed[GC_FIXED_PINS], uint64_t *seen) {
  struct gc_key at = {GC_HELD, 0, 0};
  struct weighing listed = {gc, TXNID_NONE, fixed, seen};
  ASSERT(seen || !gc->pin_count);
  memset(seen, 0, gc->pin_count * sizeof(*seen));
  const int visited = meta_list_visit(gc->list.bytes, gc->list.length, gc->space->view.txnid - 1, gc->space->view.limit,
                                      weigh_entry, &listed);
  if (visited != MDBX_SUCCESS)
    return visited;
  for (size_t i = 0; i < gc->held_length; ++i) {
    struct weighing weighing = {gc, gc->held[i].pin, fixed, seen};
    weigh_run(&weighing, gc->held[i].run.pgno, gc->held[i].run.pages, gc->held[i].run.birth);
  }
  for (;;) {
    struct gc_found found;
    int rc = find_from(gc, &at, &found);
    if (rc == MDBX_NOTFOUND)
      return MDBX_SUCCESS;
    struct weighing weighing = {gc, found.key.number, fixed, seen};
    if (rc == MDBX_SUCCESS && !is_consumed(gc, &found.key))
      rc = gc_runs_decode(found.bytes, found.length, found.key.number, gc->space->view.limit, weigh_run, &weighing);
    if (rc != MDBX_SUCCESS)
      return rc;
    at = key_after(&found.key);
  }
}

/* ------------------------------------------------------------------------------------------------------- regions */

static int add_stored(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct gc *gc = context;
  (void)birth;
  ASSERT(pgno >= PGNO_FIRST && pages > 0);
  return space_add_free(gc->space, pgno, pages, false);
}

static int add_record(struct gc *gc, const struct gc_found *found, uint32_t span) {
  const struct snapshot *view = &gc->space->view;
  const uint64_t first = found->key.number * span;
  uint64_t words[PGSET_WORDS];
  if (found->key.number >= PGNO_LIMIT || first >= view->limit ||
      !gc_free_words(found->bytes, found->length, (pgno_t)first, span, view->limit, words))
    return gc_record_decode(&found->key, found->bytes, found->length, view->page_size, view->limit, add_stored, gc);
  const int rc = pgset_add_words(&gc->space->avail, (pgno_t)first, words, span / 64);
  if (rc == MDBX_CORRUPTED)
    return log_damage(rc, "record of free pages from %llu on: one of them is free twice", (unsigned long long)first);
  return rc;
}

/* Reads all GC_FREE records of one region into the set; pages that are already in the set stay. */
static int load_region(struct gc *gc, uint32_t number) {
  const uint32_t span = gc_span(gc->space->view.page_size);
  const uint64_t per_region = PGSET_REGION_PAGES / span;
  ASSERT(number <= PGNO_LIMIT >> PGSET_REGION_BITS);
  struct pgset_region *region = pgset_region_get(&gc->space->avail, number);
  if (!region)
    return MDBX_ENOMEM;
  if (region->loaded)
    return MDBX_SUCCESS;
  region->loaded = true;
  const bool changed = region->changed;
  struct gc_key at = {GC_FREE, number * per_region, 0};
  for (;;) {
    struct gc_found found;
    int rc = find_from(gc, &at, &found);
    if (rc == MDBX_NOTFOUND || (rc == MDBX_SUCCESS && found.key.number >= (number + 1) * per_region))
      break;
    if (rc == MDBX_SUCCESS)
      rc = add_record(gc, &found, span);
    if (rc != MDBX_SUCCESS)
      return rc;
    at = key_after(&found.key);
  }
  pgset_region_find(&gc->space->avail, number)->changed = changed;
  return MDBX_SUCCESS;
}

struct looking {
  pgno_t pgno;
  bool found;
};

static int look_at_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct looking *looking = context;
  (void)birth;
  looking->found |= looking->pgno >= pgno && looking->pgno - pgno < pages;
  return MDBX_SUCCESS;
}

int gc_stored_has(struct gc *gc, pgno_t pgno, bool *has) {
  const uint32_t span = gc_span(gc->space->view.page_size);
  const struct gc_key key = {GC_FREE, pgno / span, 0};
  struct looking looking = {pgno, false};
  struct gc_found found;
  *has = false;
  ASSERT(!pgset_region_find(&gc->space->avail, pgno >> PGSET_REGION_BITS) ||
         !pgset_region_find(&gc->space->avail, pgno >> PGSET_REGION_BITS)->loaded);
  int rc = find_from(gc, &key, &found);
  if (rc == MDBX_NOTFOUND || (rc == MDBX_SUCCESS && found.key.number != key.number))
    return MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS && gc_free_bit(found.bytes, found.length, span, pgno % span, has) == MDBX_SUCCESS)
    return MDBX_SUCCESS;
  /* The end may have moved below pages that were freed just now. */
  if (rc == MDBX_SUCCESS)
    rc = gc_record_decode(&found.key, found.bytes, found.length, gc->space->view.page_size, PGNO_LIMIT, look_at_run,
                          &looking);
  *has = looking.found;
  return rc;
}

int gc_load_region_of(struct gc *gc, pgno_t pgno) { return load_region(gc, pgno >> PGSET_REGION_BITS); }

/* The next region, from low addresses up, that has something stored. */
static int load_next_region(struct gc *gc) {
  struct gc_found found;
  const uint32_t span = gc_span(gc->space->view.page_size);
  int rc = find_from(gc, &gc->next_region, &found);
  if (rc == MDBX_NOTFOUND)
    gc->regions_done = true;
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
  if (found.key.number >= PGNO_LIMIT || found.key.number * span >= gc->space->view.limit) {
    gc->next_region = key_after(&found.key);
    return add_record(gc, &found, span);
  }
  const uint32_t number = (uint32_t)(found.key.number * span / PGSET_REGION_PAGES);
  gc->next_region = (struct gc_key){GC_FREE, (uint64_t)(number + 1) * (PGSET_REGION_PAGES / span), 0};
  gc->regions_loaded += 1;
  return load_region(gc, number);
}

static int take_regions(struct gc *gc, uint32_t pages, bool urgent) {
  const uint64_t before = gc->space->avail.count;
  while (!gc->regions_done && (urgent || pages == 1 || gc->regions_loaded < REGIONS_UNASKED)) {
    const int rc = load_next_region(gc);
    if (rc != MDBX_SUCCESS)
      return rc;
    if (gc->space->avail.count > before && pages == 1)
      break;
    if (pages > 1 && pgset_find_run(&gc->space->avail, pages) != PGNO_NONE)
      break;
  }
  return MDBX_SUCCESS;
}

/* A hash of the pins without the head, which changes with every commit and for which no page waits. */
static uint64_t mark_of_pins(const struct gc *gc) {
  uint64_t mark = 0;
  for (size_t i = 0; i < gc->pin_count; ++i)
    if (gc->pins[i] + 1 != gc->space->view.txnid)
      mark = (mark ^ gc->pins[i]) * UINT64_C(0x9e3779b97f4a7c15);
  return mark;
}

static struct gc_idle idle_now(const struct gc *gc) {
  const struct table_record *record = &gc->tree->record;
  return (struct gc_idle){record->mod_txnid, record->items, mark_of_pins(gc), record->root, true};
}

/* Whether the lists of the table had no free page when this process last read them, and nothing has changed since. */
static bool is_idle(struct gc *gc) {
  const struct gc_idle now = idle_now(gc);
  if (!gc->idle.known || gc->idle.changed != now.changed || gc->idle.items != now.items || gc->idle.pins != now.pins ||
      gc->idle.root != now.root)
    return false;
  gc->fresh_done = gc->held_done = true;
  return true;
}

static int take_table(struct gc *gc, bool urgent) {
  int rc = take_fresh(gc, urgent);
  if (rc == MDBX_SUCCESS)
    rc = take_held(gc, urgent);
  if (rc == MDBX_SUCCESS && gc->fresh_done && gc->held_done && !gc->consumed_length)
    gc->idle = idle_now(gc);
  return rc;
}

int gc_take(struct space *space, uint32_t pages, enum space_need need) {
  struct gc *gc = space->refill_context;
  const bool urgent = need == SPACE_FULL;
  const uint64_t before = space->avail.count;
  int rc = MDBX_SUCCESS;
  if (!gc->begun || urgent) {
    rc = take_list(gc);
    if (rc == MDBX_SUCCESS && (urgent || !is_idle(gc)))
      rc = take_table(gc, urgent);
  }
  if (rc == MDBX_SUCCESS && (urgent || pages > 1))
    rc = take_loose(gc, UINT64_MAX);
  else if (rc == MDBX_SUCCESS && space->avail.count == before)
    rc = take_loose(gc, before + LOOSE_BATCH);
  gc->asked = true;
  const bool enough =
      gc->begun ? space->avail.count > before && pages == 1 && !urgent : space->lifo && space->avail.count > before;
  gc->begun = true;
  if (rc == MDBX_SUCCESS && !enough)
    rc = take_regions(gc, pages, urgent);
  if (rc != MDBX_SUCCESS)
    return space->failed = rc; /* a list was read in part */
  return space->avail.count > before ? MDBX_SUCCESS : MDBX_NOTFOUND;
}
