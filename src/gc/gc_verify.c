/* SPDX-License-Identifier: Apache-2.0 */
#include "gc/gc_verify.h"

#include "base/assert.h"

#if MDBX_DEBUG
static bool has_pin(const struct gc *gc, txnid_t pin) {
  for (size_t i = 0; i < gc->pin_count; ++i)
    if (gc->pins[i] == pin)
      return true;
  return false;
}

void gc_verify_pins(const struct gc *gc, const txnid_t *pins, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    ASSERT(i == 0 || pins[i - 1] <= pins[i]);
    ASSERT(has_pin(gc, pins[i]));
  }
}

void gc_verify_runs(const struct retired_run *runs, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    ASSERT(runs[i].pages > 0);
    ASSERT(i == 0 || runs[i].pgno >= runs[i - 1].pgno + runs[i - 1].pages);
  }
}

static void check_regions(const struct pgset *set) {
  for (size_t i = 0; i < set->length; ++i) {
    uint32_t members = 0;
    for (unsigned word = 0; word < PGSET_WORDS; ++word)
      members += count_bits(set->regions[i]->bits[word]);
    ASSERT(members == set->regions[i]->count);
    ASSERT(i == 0 || set->regions[i - 1]->number < set->regions[i]->number);
  }
}

void gc_verify(const struct gc *gc) {
  ASSERT(gc->consumed_length <= gc->consumed_capacity && gc->held_length <= gc->held_capacity);
  gc_verify_pins(gc, gc->pins, gc->pin_count);
  for (size_t i = 0; i < gc->consumed_length; ++i)
    ASSERT(gc->consumed[i].kind == GC_FRESH || gc->consumed[i].kind == GC_HELD);
  for (size_t i = 0; i < gc->held_length; ++i)
    ASSERT(has_pin(gc, gc->held[i].pin) && gc->held[i].run.birth <= gc->held[i].pin);
  gc_verify_runs(gc->aside, gc->aside_length);
  for (size_t i = 0; i < gc->aside_length; ++i)
    ASSERT(!pgset_has(&gc->space->avail, gc->aside[i].pgno));
  check_regions(&gc->space->avail);
}

/* ---- the whole account ------------------------------------------------------------------------------------------ */

struct account {
  const struct gc *gc;
  struct pgset listed;
  bool stored_only; /* all of the table counts: no part of it is in memory */
  bool right;
  bool unfinished; /* there was no memory for it */
};

static void note(struct account *account, int rc) {
  account->unfinished |= rc == MDBX_ENOMEM;
  account->right &= rc == MDBX_SUCCESS || rc == MDBX_ENOMEM;
}

static void list(struct account *account, pgno_t pgno, uint32_t pages) {
  if (pgno >= account->gc->space->view.limit || pages > account->gc->space->view.limit - pgno)
    account->right = false;
  else
    note(account, pgset_add(&account->listed, pgno, pages));
}

static bool is_in_memory(const struct gc *gc, const struct gc_key *key, pgno_t pgno) {
  const struct pgset_region *region = pgset_region_find(&gc->space->avail, pgno >> PGSET_REGION_BITS);
  if (key->kind == GC_FREE)
    return region && region->loaded;
  for (size_t i = 0; i < gc->consumed_length; ++i)
    if (gc->consumed[i].kind == key->kind && gc->consumed[i].number == key->number &&
        gc->consumed[i].sequence == key->sequence)
      return true;
  return false;
}

static int list_stored(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct account *account = context;
  (void)birth;
  if (account->stored_only || !is_in_memory(account->gc, key, pgno))
    list(account, pgno, pages);
  return MDBX_SUCCESS;
}

static int list_entry(void *context, const struct meta_list_record *record, const struct meta_list_entry *entry) {
  (void)record;
  list(context, entry->pgno, entry->pages);
  return MDBX_SUCCESS;
}

/* A page in the list of the meta is listed nowhere else. */
static void list_listed(struct account *account) {
  const struct gc *gc = account->gc;
  note(account, meta_list_visit(gc->list.bytes, gc->list.length, gc->space->view.txnid, gc->space->view.limit,
                                list_entry, account));
}

static void list_known(struct account *account) {
  const struct gc *gc = account->gc;
  const struct pgset *avail = &gc->space->avail;
  for (pgno_t pgno = pgset_lowest(avail, 0); pgno != PGNO_NONE; pgno = pgset_lowest(avail, pgno + 1))
    list(account, pgno, 1);
  for (size_t i = 0; i < gc->held_length; ++i)
    list(account, gc->held[i].run.pgno, gc->held[i].run.pages);
  for (size_t i = 0; i < gc->space->retired.length; ++i)
    list(account, gc->space->retired.runs[i].pgno, gc->space->retired.runs[i].pages);
}

/* The pages of the table itself; changed ones are listed as such. */
struct own_pages {
  struct tree_visitor visitor;
  struct account *account;
};

static int list_own(struct tree_visitor *visitor, const struct page *page, unsigned level) {
  struct account *account = ((struct own_pages *)visitor)->account;
  (void)level;
  if (!dirty_find(&account->gc->space->dirty, page->pgno))
    list(account, page->pgno, 1);
  return MDBX_SUCCESS;
}

/* `unknown`: the result if there is no memory to find out. */
static bool is_right(const struct gc *gc, bool stored_only, bool unknown) {
  struct account account = {.gc = gc, .stored_only = stored_only, .right = true};
  struct own_pages own = {.visitor = {.page = list_own}, .account = &account};
  const struct dirty *dirty = &gc->space->dirty;
  pgset_init(&account.listed);
  if (!stored_only)
    list_known(&account);
  list_listed(&account);
  note(&account, gc_visit(&gc->space->view, gc->tree, list_stored, &account));
  note(&account, tree_walk(&gc->space->view, gc->tree, &own.visitor));
  for (uint32_t i = 0; i < dirty->used; ++i)
    list(&account, dirty->entries[i].pgno, dirty->entries[i].pages);
  pgset_destroy(&account.listed);
  return account.unfinished ? unknown : account.right;
}

/* A commit gives pages back once. */
static _Thread_local bool was_right;

void gc_verify_before(const struct gc *gc) { was_right = is_right(gc, false, false); }

void gc_verify_after(const struct gc *gc) { ASSERT(!was_right || is_right(gc, true, true)); }
#endif
