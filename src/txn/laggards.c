/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/laggards.c: finds pages for a write transaction when none is free, and handles the readers in the way.
 *
 * Owns space_refill of write transactions (the one upward call of the engine) and calls the slow-reader callback.
 * Called under the writer lock, in the middle of a change of a tree: no function here reads or changes user data.
 *
 *  1. A reader is in the way only if it sees waiting pages (gc_weigh); a reader that sees none stays, however old it is.
 *  2. Before it calls the callback, the engine cleans the slots of dead readers and ousts parked readers in the way.
 *     After each of these steps, and after each call, it collects the pins again and takes the pages that became free.
 *  3. Before the file grows, pages that the durable commit also sees do not count, because the end of a reader would
 *     not free them. At the upper size the head is made durable first.
 */
#include "txn/laggards.h"

#include "base/array.h"
#include "base/assert.h"
#include "base/log.h"
#include "base/probe.h"
#include "env/sync.h"

#include <stdlib.h>

static uint32_t lag_of(const MDBX_txn *txn, txnid_t pinned) {
  const uint64_t lag = txn->base_txnid - MIN_OF(pinned, txn->base_txnid);
  return lag > UINT32_MAX ? UINT32_MAX : (uint32_t)lag;
}

/* The commits to which a crash may return are read first, and the believable one before the durable one: when a running
 * flush ends, both may change, and readers begin on the new head. So all snapshots that readers can pin later are among
 * these two and the commit on which the transaction builds. */
int txn_collect_pins(MDBX_txn *txn) {
  struct reader_pins *pins = &txn->pins;
  const txnid_t believable = lck_believable(&txn->env->lck);
  txn->durable = lck_durable(&txn->env->lck);
  int rc = readers_collect(&txn->env->lck, pins);
  if (rc == MDBX_SUCCESS && pins->length)
    txn->max_lag = MAX_OF(txn->max_lag, lag_of(txn, pins->items[0]));
  if (rc == MDBX_SUCCESS)
    rc = readers_pins_add(pins, txn->base_txnid);
  if (rc == MDBX_SUCCESS && txn->durable != TXNID_NONE)
    rc = readers_pins_add(pins, txn->durable);
  if (rc == MDBX_SUCCESS && believable != TXNID_NONE)
    rc = readers_pins_add(pins, believable);
  return rc;
}

int txn_renew_pins(MDBX_txn *txn) {
  const struct reader_pins *pins = &txn->pins;
  struct gc *gc = &txn->collector;
  const int rc = txn_collect_pins(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (pins->length != gc->pin_count || memcmp(pins->items, gc->pins, pins->length * sizeof(*pins->items)) != 0)
    return gc_repin(gc, pins->items, pins->length);
  return MDBX_NOTFOUND;
}

uint64_t txn_retired_since_durable(const MDBX_txn *txn) {
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    const struct meta_page *page = (const struct meta_page *)(const void *)snapshot_mapped(&txn->space.view, slot);
    const uint64_t now = txn->base.retired + txn->space.retired.pages;
    if (page->header.txnid == txn->durable)
      return now - MIN_OF(page->meta.retired, now);
  }
  return 0;
}

int txn_make_durable(MDBX_txn *txn) {
  if (txn->durable == TXNID_NONE || txn->durable == txn->base_txnid)
    return MDBX_SUCCESS;
  txn->env->short_after = txn_retired_since_durable(txn);
  const int rc = sync_head(txn->env);
  txn->durable = lck_durable(&txn->env->lck);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

enum { MISSES_MAX = 16 };

/* The state of an allocation that found no page. */
struct shortage {
  MDBX_txn *txn;
  uint32_t pages;
  enum space_need need;
  int calls;           /* of the callback */
  unsigned misses;     /* pins whose slot nobody has */
  bool waited;         /* one call asked to try again */
  txnid_t last_blamed; /* snapshot of the last call */
};

/* As long as the pins do not change, there is nothing new to read. */
static int look_again(struct shortage *shortage) {
  ASSERT(shortage->need != SPACE_CHEAP);
  int rc = txn_renew_pins(shortage->txn);
  if (rc == MDBX_SUCCESS)
    rc = gc_take(&shortage->txn->space, shortage->pages, shortage->need);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

bool txn_pin_is_fixed(const MDBX_txn *txn, txnid_t pin) {
  return pin == txn->base_txnid || pin == txn->durable || pin == lck_believable(&txn->env->lck);
}

/* Whether any snapshot was pinned besides the head and the commits to which a crash may return. */
static bool readers_lag(const MDBX_txn *txn) {
  const struct gc *gc = &txn->collector;
  for (size_t i = 0; i < gc->pin_count; ++i)
    if (!txn_pin_is_fixed(txn, gc->pins[i]))
      return true;
  return false;
}

/* A reader of the snapshot that is in the way. */
struct blamed {
  txnid_t txnid;
  uint64_t pages; /* pages that it holds */
  bool found;     /* `view` is one of its readers */
  struct reader_view view;
};

static int look_for_reader(void *context, unsigned number, const struct reader_view *view) {
  struct blamed *blamed = context;
  (void)number;
  if (view->txnid != blamed->txnid || view->parked)
    return 0;
  blamed->view = *view;
  blamed->found = true;
  return 1;
}

/* Ousts parked readers that are in the way, and finds the oldest other one. *gone: some reader has gone. */
static int blame(struct shortage *shortage, struct blamed *blamed, bool *gone) {
  ASSERT(shortage->txn->collector.pin_count > 0);
  MDBX_txn *txn = shortage->txn;
  struct gc *gc = &txn->collector;
  struct lck *lck = &txn->env->lck;
  const txnid_t believable = lck_believable(lck);
  const txnid_t fixed[GC_FIXED_PINS] = {txn->durable != txn->base_txnid ? txn->durable : TXNID_NONE,
                                        believable != txn->base_txnid ? believable : TXNID_NONE};
  uint64_t *seen = malloc((gc->pin_count + 1) * sizeof(*seen));
  if (!seen)
    return MDBX_ENOMEM;
  memset(blamed, 0, sizeof(*blamed));
  const int rc = gc_weigh(gc, fixed, seen);
  for (size_t i = 0; rc == MDBX_SUCCESS && i < gc->pin_count; ++i) {
    if (!seen[i] || gc->pins[i] >= txn->base_txnid)
      continue;
    *gone |= readers_oust_snapshot(lck, gc->pins[i]) > 0;
    if (!blamed->pages) {
      blamed->txnid = gc->pins[i];
      blamed->pages = seen[i];
    }
  }
  free(seen);
  txn->max_retained = MAX_OF(txn->max_retained, blamed->pages);
  if (rc == MDBX_SUCCESS && blamed->pages)
    readers_enumerate(lck, look_for_reader, blamed);
  return rc;
}

/* Asks the application what to do with a reader. The callback gets the innermost transaction, because only that may be
 * used. False: the callback gives up. */
static bool ask(struct shortage *shortage, const struct blamed *blamed, MDBX_hsr_func callback) {
  ASSERT(callback && blamed->found && blamed->pages);
  MDBX_txn *txn = shortage->txn;
  const struct reader_view *view = &blamed->view;
  PROBE4(slow_reader, view->pid, blamed->txnid, lag_of(txn, blamed->txnid), blamed->pages);
  const int answer = callback(txn->env, txn->innermost, (mdbx_pid_t)view->pid, (mdbx_tid_t)view->tid, blamed->txnid,
                              lag_of(txn, blamed->txnid), (size_t)(blamed->pages << txn->env->shift), shortage->calls);
  shortage->calls += 1;
  shortage->last_blamed = blamed->txnid;
  shortage->waited |= answer == 0;
  if (answer < -1)
    log_error("%s: the slow-reader callback failed with %d", txn->env->data_path, answer);
  if (answer == 1)
    readers_evict(view->slot, blamed->txnid);
  else if (answer > 1)
    readers_kick(&txn->env->lck, view->slot, view->ticket);
  return answer >= 0;
}

static void say_that_it_is_over(const struct shortage *shortage, MDBX_hsr_func callback) {
  const MDBX_txn *txn = shortage->txn;
  if (shortage->waited && callback)
    callback(txn->env, txn->innermost, 0, 0, shortage->last_blamed, lag_of(txn, shortage->last_blamed), 0,
             -shortage->calls);
}

/* Repeats until there are pages, or no reader is in the way, or the application gives up. Finding out who is in the way
 * means reading all waiting pages, so it is done only if a reader could be removed. */
static int free_from_readers(struct shortage *shortage) {
  MDBX_txn *txn = shortage->txn;
  struct lck *lck = &txn->env->lck;
  const MDBX_hsr_func callback = atomic_load(&txn->env->hsr);
  int rc = MDBX_SUCCESS;
  for (;;) {
    struct blamed blamed;
    bool gone = false;
    readers_check_dead(lck, NULL);
    rc = look_again(shortage);
    if (rc != MDBX_SUCCESS || space_has_free(&txn->space, shortage->pages))
      break;
    if (!callback && !readers_any_parked(lck))
      break;
    rc = blame(shortage, &blamed, &gone);
    if (rc != MDBX_SUCCESS || !blamed.pages)
      break;
    /* A pin without a reader will be gone when the pins are collected again, unless a slot was taken from a process
     * that is alive after all. */
    if (gone || (!blamed.found && ++shortage->misses < MISSES_MAX))
      continue;
    if (!blamed.found)
      break;
    if (!callback || !ask(shortage, &blamed, callback))
      break;
  }
  say_that_it_is_over(shortage, callback);
  txn->kicks += (uint32_t)shortage->calls;
  return rc;
}

int txn_refill(struct space *space, uint32_t pages, enum space_need need) {
  ASSERT(pages > 0 && space->refill_context);
  MDBX_txn *txn = (MDBX_txn *)((uint8_t *)space - offsetof(MDBX_txn, space));
  struct shortage shortage = {.txn = txn, .pages = pages, .need = need};
  const uint64_t before = space->avail.count;
  int rc = gc_take(space, pages, need);
  PROBE4(reclaim, txn->view->txnid, pages, need, space->avail.count - before);
  if (rc != MDBX_NOTFOUND || need == SPACE_CHEAP || (need == SPACE_GROW && !readers_lag(txn)))
    return rc;
  rc = need == SPACE_FULL ? txn_make_durable(txn) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = free_from_readers(&shortage);
  if (rc == MDBX_SUCCESS)
    rc = space->avail.count > before ? MDBX_SUCCESS : MDBX_NOTFOUND;
  return rc;
}
