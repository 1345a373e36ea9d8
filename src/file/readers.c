/* SPDX-License-Identifier: Apache-2.0 */
/*
 * file/readers.c: reader slots and the threads they belong to. readers.h explains the memory order.
 *
 * Owns the list of slots bound to threads of this process, guarded by os_process_lock(). A thread that ends uses its
 * binding only if the list has it: the environment may have been closed, and the memory reused, before the thread's
 * destructor runs. No thread waits for the reader-table lock while it holds the process mutex.
 */
#include "file/readers.h"

#include "base/array.h"
#include "base/log.h"

#include <stdlib.h>

/* ---- Slots change hands ----------------------------------------------------------------------------------------- */

uint32_t readers_high_water(const struct lck *lck) {
  const uint32_t high = atomic_load(&lck->shared->readers_high);
  return MIN_OF(high, lck->slot_count);
}

uint32_t readers_shown(const struct lck *lck) {
  const uint32_t shown = atomic_load(&lck->shared->readers_shown);
  return MIN_OF(shown, lck->slot_count);
}

void readers_show(struct lck *lck, const struct reader_slot *slot) {
  const uint32_t wanted = (uint32_t)(slot - lck->slots) + 1;
  uint32_t shown = atomic_load(&lck->shared->readers_shown);
  while (shown < wanted && !atomic_compare_exchange_weak(&lck->shared->readers_shown, &shown, wanted))
    ;
}

static void slot_free(struct reader_slot *slot) {
  atomic_store(&slot->txnid, 0);
  atomic_store(&slot->state, READER_FREE);
}

/* Answers remembered during one cleaning, so that each process index costs only one system call. */
struct liveness {
  uint64_t asked[LCK_PROCESSES / 64];
  uint64_t alive[LCK_PROCESSES / 64];
};

static bool liveness_of(struct liveness *known, const struct lck *lck, uint32_t process) {
  if (process >= LCK_PROCESSES)
    return false;
  const uint64_t bit = UINT64_C(1) << (process % 64);
  const uint32_t word = process / 64;
  if (!(known->asked[word] & bit)) {
    known->asked[word] |= bit;
    if (lck_process_is_alive(lck, process))
      known->alive[word] |= bit;
  }
  return (known->alive[word] & bit) != 0;
}

/* Under the reader-table lock, so no slot is bound to a new owner between the check of the old owner and the
 * freeing. */
static unsigned clean_dead(struct lck *lck) {
  struct liveness known;
  unsigned count = 0;
  memset(&known, 0, sizeof(known));
  const uint32_t high = readers_high_water(lck);
  for (uint32_t i = 0; i < high; ++i) {
    struct reader_slot *slot = lck->slots + i;
    if (atomic_load(&slot->state) == READER_FREE || liveness_of(&known, lck, atomic_load(&slot->process)))
      continue;
    log_notice("reader slot %u is freed: process %llu is gone", i, (unsigned long long)atomic_load(&slot->pid));
    slot_free(slot);
    ++count;
  }
  atomic_fetch_add(&lck->shared->readers_dead, count);
  atomic_store(&lck->shared->last_check, os_monotonic_16dot16());
  return count;
}

/* Under the reader-table lock. If no slot bound before is free, the first slot never bound is taken. */
static struct reader_slot *find_free(struct lck *lck) {
  const uint32_t high = readers_high_water(lck);
  for (uint32_t i = 0; i < high; ++i)
    if (atomic_load(&lck->slots[i].state) == READER_FREE)
      return lck->slots + i;
  if (high == lck->slot_count)
    return NULL;
  atomic_store(&lck->shared->readers_high, high + 1);
  return lck->slots + high;
}

/* The state is stored last: if this process dies before, the slot is still free. */
static void slot_bind(struct lck *lck, struct reader_slot *slot, uint64_t tid) {
  atomic_store(&slot->txnid, 0);
  atomic_store(&slot->process, lck->process);
  atomic_store(&slot->pid, lck->pid);
  atomic_store(&slot->tid, tid);
  atomic_store(&slot->pages_used, 0);
  atomic_store(&slot->pages_retired, 0);
  atomic_store(&slot->parked, 0);
  atomic_store(&slot->ticket, atomic_fetch_add(&lck->shared->tickets, 1) + 1);
  atomic_store(&slot->state, READER_BOUND);
}

int readers_bind(struct lck *lck, uint64_t tid, struct reader_slot **slot) {
  const int rc = lck_table_lock(lck);
  *slot = NULL;
  if (rc != MDBX_SUCCESS)
    return rc;
  struct reader_slot *found = find_free(lck);
  if (!found && clean_dead(lck) > 0)
    found = find_free(lck);
  if (found)
    slot_bind(lck, found, tid);
  lck_table_unlock(lck);
  *slot = found;
  return found ? MDBX_SUCCESS : MDBX_READERS_FULL;
}

void readers_release(struct lck *lck, struct reader_slot *slot) {
  /* Another process may have taken the slot away, and a third one may have it now. */
  if (!lck_is_inherited(lck) && atomic_load(&slot->process) == lck->process)
    slot_free(slot);
}

bool readers_kick(struct lck *lck, struct reader_slot *slot, uint64_t ticket) {
  if (lck_table_lock(lck) != MDBX_SUCCESS)
    return false;
  const bool same = atomic_load(&slot->state) == READER_BOUND && atomic_load(&slot->ticket) == ticket;
  if (same)
    slot_free(slot);
  lck_table_unlock(lck);
  return same;
}

bool readers_owns(const struct lck *lck, const struct reader_slot *slot, uint64_t ticket) {
  return atomic_load_explicit(&slot->ticket, memory_order_relaxed) == ticket &&
         atomic_load_explicit(&slot->state, memory_order_relaxed) == READER_BOUND &&
         atomic_load_explicit(&slot->process, memory_order_relaxed) == lck->process;
}

int readers_check_dead(struct lck *lck, unsigned *count) {
  const int rc = lck_table_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  const unsigned found = clean_dead(lck);
  lck_table_unlock(lck);
  if (count)
    *count = found;
  return found ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

/* ---- Pins ------------------------------------------------------------------------------------------------------- */

uint64_t readers_pin(const struct lck *lck, struct reader_slot *slot) {
  uint64_t head = atomic_load(&lck->shared->head);
  for (;;) {
    atomic_store(&slot->txnid, lck_head_txnid(head));
    const uint64_t again = atomic_load(&lck->shared->head);
    if (likely(again == head))
      return head;
    head = again;
  }
}

void readers_pin_same(const struct lck *lck, struct reader_slot *slot, txnid_t txnid) {
  atomic_store(&slot->txnid, txnid);
  atomic_fetch_add(&lck->shared->clones, 1);
}

void readers_unpin(struct reader_slot *slot, txnid_t txnid) {
  const uint64_t seen = atomic_load_explicit(&slot->txnid, memory_order_relaxed);
  if (likely((seen & ~READER_PARKED) == txnid))
    atomic_store_explicit(&slot->txnid, 0, memory_order_release);
}

void readers_note(struct reader_slot *slot, uint64_t pages_used, uint64_t pages_retired) {
  atomic_store_explicit(&slot->pages_used, pages_used, memory_order_relaxed);
  atomic_store_explicit(&slot->pages_retired, pages_retired, memory_order_relaxed);
}

static bool pin_change(struct reader_slot *slot, uint64_t from, uint64_t to) {
  return atomic_compare_exchange_strong(&slot->txnid, &from, to);
}

int readers_park(struct reader_slot *slot, txnid_t txnid) {
  if (!pin_change(slot, txnid, txnid | READER_PARKED))
    return MDBX_OUSTED;
  atomic_store(&slot->parked, txnid);
  return MDBX_SUCCESS;
}

void readers_forget_parking(struct reader_slot *slot, txnid_t txnid) {
  uint64_t parked = txnid; /* the slot may belong to another reader by now */
  atomic_compare_exchange_strong(&slot->parked, &parked, 0);
}

int readers_unpark(struct reader_slot *slot, txnid_t txnid) {
  const bool held = pin_change(slot, txnid | READER_PARKED, txnid);
  readers_forget_parking(slot, txnid);
  return held ? MDBX_SUCCESS : MDBX_OUSTED;
}

bool readers_evict(struct reader_slot *slot, txnid_t txnid) {
  return pin_change(slot, txnid, 0) || pin_change(slot, txnid | READER_PARKED, 0);
}

bool readers_any_parked(const struct lck *lck) {
  const uint32_t high = readers_high_water(lck);
  for (uint32_t i = 0; i < high; ++i)
    if (atomic_load(&lck->slots[i].txnid) & READER_PARKED)
      return true;
  return false;
}

unsigned readers_oust_snapshot(struct lck *lck, txnid_t txnid) {
  const uint32_t high = readers_high_water(lck);
  unsigned count = 0;
  for (uint32_t i = 0; i < high; ++i)
    count += pin_change(lck->slots + i, txnid | READER_PARKED, 0);
  return count;
}

/* ---- Scans ------------------------------------------------------------------------------------------------------ */

static txnid_t pinned_by(const struct reader_slot *slot) { return atomic_load(&slot->txnid) & ~READER_PARKED; }

struct reader_slot *readers_find_laggard(const struct lck *lck, txnid_t below, txnid_t *txnid) {
  struct reader_slot *laggard;
  uint64_t clones = atomic_load(&lck->shared->clones), before;
  do {
    const uint32_t high = readers_high_water(lck);
    before = clones;
    laggard = NULL;
    *txnid = below;
    for (uint32_t i = 0; i < high; ++i) {
      const txnid_t pinned = pinned_by(lck->slots + i);
      if (pinned && pinned < *txnid) {
        *txnid = pinned;
        laggard = lck->slots + i;
      }
    }
    clones = atomic_load(&lck->shared->clones);
  } while (clones != before);
  return laggard;
}

txnid_t readers_oldest(const struct lck *lck) {
  txnid_t oldest;
  readers_find_laggard(lck, lck_head_txnid(lck_head(lck)), &oldest);
  return oldest;
}

txnid_t readers_oldest_own(const struct lck *lck) {
  txnid_t oldest = lck_head_txnid(lck_head(lck));
  const uint32_t high = readers_high_water(lck);
  for (uint32_t i = 0; i < high; ++i) {
    const txnid_t pinned = pinned_by(lck->slots + i);
    if (pinned && pinned < oldest && atomic_load(&lck->slots[i].process) == lck->process)
      oldest = pinned;
  }
  return oldest;
}

void readers_pins_init(struct reader_pins *pins) { memset(pins, 0, sizeof(*pins)); }

void readers_pins_destroy(struct reader_pins *pins) {
  free(pins->items);
  readers_pins_init(pins);
}

static int by_txnid(const void *a, const void *b) {
  const txnid_t x = *(const txnid_t *)a, y = *(const txnid_t *)b;
  return (x > y) - (x < y);
}

static void sort_pins(struct reader_pins *pins) {
  if (pins->length < 2)
    return;
  qsort(pins->items, pins->length, sizeof(*pins->items), by_txnid);
  size_t kept = 1;
  for (size_t i = 1; i < pins->length; ++i)
    if (pins->items[i] != pins->items[kept - 1])
      pins->items[kept++] = pins->items[i];
  pins->length = kept;
}

int readers_pins_add(struct reader_pins *pins, txnid_t txnid) {
  size_t at = pins->length;
  while (at && pins->items[at - 1] > txnid)
    --at;
  if (at && pins->items[at - 1] == txnid)
    return MDBX_SUCCESS;
  if (!array_room(pins->items, pins->length, pins->capacity))
    return MDBX_ENOMEM;
  memmove(pins->items + at + 1, pins->items + at, (pins->length - at) * sizeof(*pins->items));
  pins->items[at] = txnid;
  pins->length += 1;
  return MDBX_SUCCESS;
}

static int collect_once(const struct lck *lck, struct reader_pins *pins) {
  const uint32_t high = readers_high_water(lck);
  if (!array_reserve(pins->items, high, pins->capacity))
    return MDBX_ENOMEM;
  pins->length = 0;
  for (uint32_t i = 0; i < high; ++i) {
    const txnid_t pinned = pinned_by(lck->slots + i);
    /* Saves entries: most readers have one of a few snapshots. sort_pins() removes the other duplicates. */
    if (pinned && (pins->length == 0 || pins->items[pins->length - 1] != pinned))
      pins->items[pins->length++] = pinned;
  }
  return MDBX_SUCCESS;
}

int readers_collect(const struct lck *lck, struct reader_pins *pins) {
  uint64_t clones = atomic_load(&lck->shared->clones), before;
  do {
    before = clones;
    const int rc = collect_once(lck, pins);
    if (rc != MDBX_SUCCESS)
      return rc;
    clones = atomic_load(&lck->shared->clones);
  } while (clones != before);
  sort_pins(pins);
  return MDBX_SUCCESS;
}

static bool view_take(const struct lck *lck, uint32_t index, struct reader_view *view) {
  struct reader_slot *slot = lck->slots + index;
  if (atomic_load(&slot->state) != READER_BOUND)
    return false;
  const uint64_t pinned = atomic_load(&slot->txnid);
  view->slot = slot;
  view->index = index;
  view->process = atomic_load(&slot->process);
  view->pid = atomic_load(&slot->pid);
  view->tid = atomic_load(&slot->tid);
  view->txnid = pinned & ~READER_PARKED;
  view->parked = (pinned & READER_PARKED) != 0;
  view->ousted = !pinned && atomic_load(&slot->parked) != 0;
  view->pages_used = atomic_load(&slot->pages_used);
  view->pages_retired = atomic_load(&slot->pages_retired);
  view->ticket = atomic_load(&slot->ticket);
  return true;
}

int readers_enumerate(const struct lck *lck, readers_visitor visit, void *context) {
  const uint32_t high = readers_high_water(lck);
  unsigned number = 0;
  for (uint32_t i = 0; i < high; ++i) {
    struct reader_view view;
    if (!view_take(lck, i, &view))
      continue;
    const int rc = visit(context, ++number, &view);
    if (rc != 0)
      return rc;
  }
  return number ? MDBX_SUCCESS : MDBX_RESULT_TRUE;
}

/* ---- Slots of threads ------------------------------------------------------------------------------------------- */

/* Constant while in the list, except `next`. */
struct reader_binding {
  struct reader_threads *owner;
  struct reader_slot *slot;
  uint64_t ticket; /* ticket of the slot when it was bound */
  uintptr_t thread;
  uint32_t generation; /* os_fork_generation() of the process that bound it */
  struct reader_binding *next;
};

/* All bindings of all environments of this process; under os_process_lock. */
static struct reader_binding *bindings;

static bool binding_is_valid(const struct reader_binding *binding) {
  return binding && binding->generation == os_fork_generation();
}

/* False if another process took this one for dead and freed the slot. */
static bool binding_has_slot(const struct reader_binding *binding) {
  return binding_is_valid(binding) && readers_owns(binding->owner->lck, binding->slot, binding->ticket);
}

/* The link to the binding, or to the final NULL. `wanted` may be stale and is not dereferenced. If its memory belongs
 * to another binding now, that one is of another thread: a destructor gets the value of its own thread's key, so no
 * other live binding of the calling thread can be at this address. */
static struct reader_binding **binding_link(const struct reader_binding *wanted) {
  struct reader_binding **link = &bindings;
  while (*link && (*link != wanted || (*link)->thread != os_thread_self()))
    link = &(*link)->next;
  return link;
}

/* Removes the binding from the list and releases its slot. Under os_process_lock. */
static void binding_remove(struct reader_binding **link) {
  struct reader_binding *binding = *link;
  *link = binding->next;
  if (binding_has_slot(binding))
    readers_release(binding->owner->lck, binding->slot);
  free(binding);
}

/* The destructor of the thread-specific key. */
static void binding_end(void *value) {
  os_process_lock();
  struct reader_binding **link = binding_link(value);
  if (*link)
    binding_remove(link);
  os_process_unlock();
}

int readers_threads_open(struct reader_threads *threads, struct lck *lck) {
  memset(threads, 0, sizeof(*threads));
  const int rc = os_tls_create(&threads->key, binding_end);
  threads->lck = lck;
  threads->open = rc == MDBX_SUCCESS;
  return rc;
}

void readers_threads_close(struct reader_threads *threads) {
  if (!threads->open)
    return;
  threads->open = false;
  os_tls_delete(threads->key);
  os_process_lock();
  for (struct reader_binding **link = &bindings; *link;)
    if ((*link)->owner == threads)
      binding_remove(link);
    else
      link = &(*link)->next;
  os_process_unlock();
}

struct reader_slot *readers_thread_slot(const struct reader_threads *threads) {
  const struct reader_binding *binding = os_tls_get(threads->key);
  return binding_has_slot(binding) ? binding->slot : NULL;
}

/* Puts the calling thread's binding into the list and the key. */
static int binding_add(struct reader_threads *threads, struct reader_binding *binding) {
  const int rc = os_tls_set(threads->key, binding);
  if (rc != MDBX_SUCCESS)
    return rc;
  binding->owner = threads;
  binding->ticket = atomic_load(&binding->slot->ticket);
  binding->thread = os_thread_self();
  binding->generation = os_fork_generation();
  os_process_lock();
  binding->next = bindings;
  bindings = binding;
  os_process_unlock();
  return MDBX_SUCCESS;
}

int readers_thread_bind(struct reader_threads *threads, struct reader_slot **slot) {
  *slot = readers_thread_slot(threads);
  if (*slot)
    return MDBX_RESULT_TRUE;
  struct reader_binding *binding = calloc(1, sizeof(*binding));
  if (!binding)
    return MDBX_ENOMEM;
  if (binding_is_valid(os_tls_get(threads->key)))
    binding_end(os_tls_get(threads->key));
  int rc = readers_bind(threads->lck, os_thread_self(), &binding->slot);
  if (rc != MDBX_SUCCESS) {
    free(binding);
    return rc;
  }
  rc = binding_add(threads, binding);
  if (rc != MDBX_SUCCESS) {
    readers_release(threads->lck, binding->slot);
    free(binding);
    return rc;
  }
  *slot = binding->slot;
  return MDBX_SUCCESS;
}

int readers_thread_release(struct reader_threads *threads) {
  struct reader_binding *binding = os_tls_get(threads->key);
  if (!binding_is_valid(binding))
    return MDBX_RESULT_TRUE;
  if (binding_has_slot(binding) && atomic_load(&binding->slot->txnid) != 0)
    return MDBX_BUSY;
  os_tls_set(threads->key, NULL);
  binding_end(binding);
  return MDBX_SUCCESS;
}
