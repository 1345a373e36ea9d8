/* SPDX-License-Identifier: Apache-2.0 */
/* Reader slots: binding, pins and what ends them, scans, death, threads that end, and pins against a busy writer. */
#include "file/readers.h"

#include "unit.h"

#include <sched.h>
#include <sys/prctl.h>

static char data_path[512], lock_path[512];
static int data_fd;
static struct lck lck;

static int open_as(struct lck *which, unsigned flags) {
  const int rc = lck_open(which, lock_path, data_fd, flags, 1, 0600);
  if (rc == MDBX_SUCCESS)
    lck_open_done(which);
  return rc;
}

static void setup(void) {
  unit_setup();
  snprintf(data_path, sizeof(data_path), "%s", unit_path("data"));
  snprintf(lock_path, sizeof(lock_path), "%s", unit_path("lock"));
  ck_assert_int_eq(os_open(data_path, OS_OPEN_CREATE, 0600, &data_fd), MDBX_SUCCESS);
  ck_assert_int_eq(open_as(&lck, 0), MDBX_SUCCESS);
  lck_publish_head(&lck, 3, 1);
}

static void teardown(void) {
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
  os_close(data_fd);
  unit_teardown();
}

static struct reader_slot *bind_slot(void) {
  struct reader_slot *slot;
  ck_assert_int_eq(readers_bind(&lck, 7, &slot), MDBX_SUCCESS);
  return slot;
}

static struct reader_slot *pin_at(txnid_t txnid) {
  struct reader_slot *slot = bind_slot();
  lck_publish_head(&lck, txnid, 0);
  ck_assert_uint_eq(lck_head_txnid(readers_pin(&lck, slot)), txnid);
  return slot;
}

/* ---- Slots ------------------------------------------------------------------------------------------------------ */

START_TEST(bind_until_full) {
  struct reader_slot *slot, *some = NULL;
  for (uint32_t i = 0; i < lck.slot_count; ++i) {
    slot = bind_slot();
    ck_assert_uint_eq(slot - lck.slots, i);
    ck_assert_uint_eq(slot->tid, 7);
    ck_assert_uint_eq(slot->pid, os_pid());
    some = i == 20 ? slot : some;
  }
  ck_assert_uint_eq(readers_high_water(&lck), lck.slot_count);
  ck_assert_int_eq(readers_bind(&lck, 7, &slot), MDBX_READERS_FULL);
  ck_assert(slot == NULL);
  const uint64_t ticket = some->ticket;
  readers_release(&lck, some);
  ck_assert(bind_slot() == some);
  ck_assert_uint_ne(some->ticket, ticket);
  ck_assert_int_eq(readers_bind(&lck, 7, &slot), MDBX_READERS_FULL);
}
END_TEST

START_TEST(pin_takes_the_head) {
  struct reader_slot *slot = bind_slot();
  const uint64_t head = readers_pin(&lck, slot);
  ck_assert_uint_eq(lck_head_txnid(head), 3);
  ck_assert_uint_eq(lck_head_slot(head), 1);
  ck_assert(readers_holds(slot, 3));
  ck_assert(!readers_holds(slot, 4));
  lck_publish_head(&lck, 9, 2);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  readers_unpin(slot, 3);
  ck_assert(!readers_holds(slot, 3));
  ck_assert_uint_eq(readers_oldest(&lck), 9);
  ck_assert_uint_eq(lck_head_slot(readers_pin(&lck, slot)), 2);
  readers_unpin(slot, 3);
  ck_assert_msg(readers_holds(slot, 9), "the end of another pin ends nothing");
  readers_release(&lck, slot);
  ck_assert(!readers_holds(slot, 9));
}
END_TEST

START_TEST(release_of_a_lost_slot) {
  struct reader_slot *slot = pin_at(5);
  /* Somebody thought us dead, and another environment got the slot. */
  atomic_store(&slot->process, lck.process + 1);
  readers_release(&lck, slot);
  ck_assert(readers_holds(slot, 5));
  ck_assert_uint_eq(slot->state, READER_BOUND);
}
END_TEST

START_TEST(park_and_oust) {
  struct reader_slot *slot = pin_at(5), *other = pin_at(6);
  lck_publish_head(&lck, 10, 0);
  ck_assert_int_eq(readers_unpark(slot, 5), MDBX_OUSTED);
  ck_assert(readers_holds(slot, 5));
  ck_assert_int_eq(readers_park(slot, 5), MDBX_SUCCESS);
  ck_assert_int_eq(readers_park(slot, 5), MDBX_OUSTED);
  ck_assert(!readers_holds(slot, 5));
  ck_assert_msg(readers_oldest(&lck) == 5, "a parked reader pins until it is ousted");
  ck_assert_int_eq(readers_unpark(slot, 5), MDBX_SUCCESS);
  ck_assert(readers_holds(slot, 5));

  ck_assert_int_eq(readers_park(slot, 5), MDBX_SUCCESS);
  ck_assert_uint_eq(readers_oust_snapshot(&lck, 6), 0);
  ck_assert_uint_eq(readers_oust_snapshot(&lck, 5), 1);
  ck_assert_uint_eq(readers_oust_snapshot(&lck, 5), 0);
  ck_assert_int_eq(readers_unpark(slot, 5), MDBX_OUSTED);
  ck_assert_uint_eq(slot->state, READER_BOUND);
  ck_assert(readers_holds(other, 6));
  ck_assert_uint_eq(readers_oldest(&lck), 6);

  ck_assert_int_eq(readers_park(other, 6), MDBX_SUCCESS);
  readers_unpin(other, 6);
  ck_assert_uint_eq(readers_oldest(&lck), 10);
}
END_TEST

START_TEST(evict_and_kick) {
  struct reader_slot *slot = pin_at(5), *parked = pin_at(6);
  lck_publish_head(&lck, 10, 0);
  ck_assert(!readers_evict(slot, 4));
  ck_assert(readers_evict(slot, 5));
  ck_assert(!readers_evict(slot, 5));
  ck_assert_uint_eq(slot->state, READER_BOUND);
  ck_assert_int_eq(readers_park(parked, 6), MDBX_SUCCESS);
  ck_assert(readers_evict(parked, 6));
  ck_assert_uint_eq(readers_oldest(&lck), 10);
  const uint64_t ticket = slot->ticket;
  ck_assert(!readers_kick(&lck, slot, ticket + 1));
  ck_assert(readers_kick(&lck, slot, ticket));
  ck_assert_uint_eq(slot->state, READER_FREE);
  ck_assert(!readers_kick(&lck, slot, ticket));
  ck_assert(bind_slot() == slot);
  ck_assert(!readers_kick(&lck, slot, ticket));
}
END_TEST

/* ---- Scans ------------------------------------------------------------------------------------------------------ */

START_TEST(collect_sorted_and_unique) {
  static const txnid_t order[] = {8, 5, 8, 30, 6, 5, 30, 7};
  static const txnid_t wanted[] = {5, 6, 7, 8, 30};
  struct reader_pins pins;
  struct reader_slot *last = NULL;
  txnid_t oldest;
  readers_pins_init(&pins);
  ck_assert_int_eq(readers_collect(&lck, &pins), MDBX_SUCCESS);
  ck_assert_uint_eq(pins.length, 0);
  bind_slot();
  for (size_t i = 0; i < COUNT_OF(order); ++i)
    last = pin_at(order[i]);
  ck_assert_int_eq(readers_park(last, 7), MDBX_SUCCESS);
  bind_slot();
  ck_assert_int_eq(readers_collect(&lck, &pins), MDBX_SUCCESS);
  ck_assert_uint_eq(pins.length, COUNT_OF(wanted));
  for (size_t i = 0; i < COUNT_OF(wanted); ++i)
    ck_assert_uint_eq(pins.items[i], wanted[i]);
  ck_assert_int_eq(readers_pins_add(&pins, 6), MDBX_SUCCESS);
  ck_assert_int_eq(readers_pins_add(&pins, 1), MDBX_SUCCESS);
  ck_assert_int_eq(readers_pins_add(&pins, 6), MDBX_SUCCESS); /* once */
  ck_assert_uint_eq(pins.length, COUNT_OF(wanted) + 1);
  ck_assert_uint_eq(pins.items[0], 1);
  ck_assert_uint_eq(pins.items[2], 6);
  lck_publish_head(&lck, 40, 0);
  ck_assert_ptr_eq(readers_find_laggard(&lck, 40, &oldest), lck.slots + 2);
  ck_assert_uint_eq(oldest, 5);
  ck_assert_ptr_eq(readers_find_laggard(&lck, 5, &oldest), NULL);
  ck_assert_uint_eq(oldest, 5);
  readers_pins_destroy(&pins);
}
END_TEST

struct seen {
  unsigned count, stop_at;
  struct reader_view views[8];
};

static int note_view(void *context, unsigned number, const struct reader_view *view) {
  struct seen *seen = context;
  ck_assert_uint_eq(number, seen->count + 1);
  ck_assert_uint_lt(seen->count, COUNT_OF(seen->views));
  seen->views[seen->count++] = *view;
  return number == seen->stop_at ? 77 : 0;
}

START_TEST(enumerate) {
  struct seen seen = {0};
  ck_assert_int_eq(readers_enumerate(&lck, note_view, &seen), MDBX_RESULT_TRUE);
  struct reader_slot *first = pin_at(5), *second = bind_slot(), *third = pin_at(6);
  readers_note(third, 1000, 2000);
  ck_assert_int_eq(readers_park(third, 6), MDBX_SUCCESS);
  readers_release(&lck, first);
  ck_assert_int_eq(readers_enumerate(&lck, note_view, &seen), MDBX_SUCCESS);
  ck_assert_uint_eq(seen.count, 2);
  ck_assert(seen.views[0].slot == second && seen.views[0].txnid == 0 && !seen.views[0].parked);
  ck_assert(seen.views[1].slot == third && seen.views[1].txnid == 6 && seen.views[1].parked);
  ck_assert_uint_eq(seen.views[1].index, 2);
  ck_assert_uint_eq(seen.views[1].pages_used, 1000);
  ck_assert_uint_eq(seen.views[1].pages_retired, 2000);
  ck_assert_uint_eq(seen.views[1].tid, 7);
  seen = (struct seen){.stop_at = 1};
  ck_assert_int_eq(readers_enumerate(&lck, note_view, &seen), 77);
  ck_assert_uint_eq(seen.count, 1);
}
END_TEST

START_TEST(own_readers_among_others) {
  struct lck second;
  struct reader_slot *slot;
  ck_assert_int_eq(open_as(&second, LCK_MULTIOPEN), MDBX_SUCCESS);
  ck_assert_int_eq(readers_bind(&second, 1, &slot), MDBX_SUCCESS);
  readers_pin(&second, slot);
  pin_at(8);
  lck_publish_head(&lck, 12, 0);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  ck_assert_uint_eq(readers_oldest_own(&lck), 8);
  ck_assert_uint_eq(readers_oldest_own(&second), 3);
  lck_close(&second);
  ck_assert_uint_eq(readers_oldest(&lck), 8);
}
END_TEST

/* ---- Death ------------------------------------------------------------------------------------------------------ */

struct crowd {
  _Atomic int ready;
  unsigned slots;
};

static void hold_slots(void *context) {
  struct crowd *crowd = context;
  struct lck own;
  struct reader_slot *slot;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(open_as(&own, 0) == MDBX_SUCCESS);
  for (unsigned i = 0; i < crowd->slots; ++i) {
    unit_require(readers_bind(&own, 1, &slot) == MDBX_SUCCESS);
    readers_pin(&own, slot);
  }
  atomic_fetch_add(&crowd->ready, 1);
  pause();
}

START_TEST(dead_readers_are_cleaned) {
  struct crowd *crowd = unit_shared(sizeof(*crowd));
  pid_t pids[3];
  unsigned count;
  crowd->slots = 5;
  for (int i = 0; i < 3; ++i)
    pids[i] = unit_fork(hold_slots, crowd);
  ck_assert(unit_await(&crowd->ready, 3));
  struct reader_slot *own = pin_at(7);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  ck_assert_int_eq(readers_check_dead(&lck, &count), MDBX_SUCCESS);
  ck_assert_uint_eq(count, 0);
  unit_kill(pids[0]);
  ck_assert_int_eq(readers_check_dead(&lck, &count), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 5);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  unit_kill(pids[1]);
  unit_kill(pids[2]);
  ck_assert_int_eq(readers_check_dead(&lck, NULL), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(readers_oldest(&lck), 7);
  ck_assert(readers_holds(own, 7));
  ck_assert_uint_eq(lck.shared->readers_dead, 15);
  ck_assert_uint_gt(lck.shared->last_check, 0);
}
END_TEST

START_TEST(dead_readers_make_room) {
  struct crowd *crowd = unit_shared(sizeof(*crowd));
  struct reader_slot *slot;
  crowd->slots = lck.slot_count;
  const pid_t pid = unit_fork(hold_slots, crowd);
  ck_assert(unit_await(&crowd->ready, 1));
  ck_assert_int_eq(readers_bind(&lck, 7, &slot), MDBX_READERS_FULL);
  unit_kill(pid);
  ck_assert_int_eq(readers_bind(&lck, 7, &slot), MDBX_SUCCESS);
}
END_TEST

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

static struct reader_threads threads;

struct visitor {
  struct reader_slot *slot;
  _Atomic int at, leave;
};

static void *visit(void *context) {
  struct visitor *visitor = context;
  struct reader_slot *slot;
  if (readers_thread_slot(&threads) != NULL || readers_thread_bind(&threads, &slot) != MDBX_SUCCESS ||
      readers_thread_bind(&threads, &visitor->slot) != MDBX_RESULT_TRUE || visitor->slot != slot ||
      readers_thread_slot(&threads) != slot)
    abort();
  readers_pin(&lck, slot);
  atomic_store(&visitor->at, 1);
  unit_await(&visitor->leave, 1);
  return NULL;
}

/* The process was said to be gone, but is not. */
START_TEST(slot_taken_from_a_living_thread) {
  struct reader_slot *slot, *again;
  ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
  ck_assert_int_eq(readers_thread_bind(&threads, &slot), MDBX_SUCCESS);
  const uint64_t ticket = slot->ticket;
  ck_assert(readers_owns(&lck, slot, ticket));
  ck_assert(readers_kick(&lck, slot, ticket));
  ck_assert(!readers_owns(&lck, slot, ticket));
  ck_assert_ptr_null(readers_thread_slot(&threads));
  ck_assert(bind_slot() == slot);
  ck_assert_ptr_null(readers_thread_slot(&threads));
  ck_assert_int_eq(readers_thread_bind(&threads, &again), MDBX_SUCCESS);
  ck_assert(again != slot);
  ck_assert_uint_eq(slot->state, READER_BOUND);
  ck_assert(readers_kick(&lck, again, again->ticket));
  readers_threads_close(&threads);
  ck_assert_uint_eq(slot->state, READER_BOUND);
}
END_TEST

START_TEST(slot_ends_with_its_thread) {
  pthread_t one, two;
  struct visitor first = {0}, second = {0};
  ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
  pthread_create(&one, NULL, visit, &first);
  pthread_create(&two, NULL, visit, &second);
  ck_assert(unit_await(&first.at, 1) && unit_await(&second.at, 1));
  ck_assert(first.slot != second.slot);
  lck_publish_head(&lck, 9, 0);
  atomic_store(&first.leave, 1);
  pthread_join(one, NULL);
  ck_assert_uint_eq(first.slot->state, READER_FREE);
  ck_assert_uint_eq(first.slot->txnid, 0);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  atomic_store(&second.leave, 1);
  pthread_join(two, NULL);
  ck_assert_uint_eq(readers_oldest(&lck), 9);
  readers_threads_close(&threads);
}
END_TEST

START_TEST(release_by_hand) {
  struct reader_slot *slot;
  ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
  ck_assert_int_eq(readers_thread_release(&threads), MDBX_RESULT_TRUE);
  ck_assert_int_eq(readers_thread_bind(&threads, &slot), MDBX_SUCCESS);
  readers_pin(&lck, slot);
  ck_assert_int_eq(readers_thread_release(&threads), MDBX_BUSY);
  readers_unpin(slot, 3);
  ck_assert_int_eq(readers_thread_release(&threads), MDBX_SUCCESS);
  ck_assert_uint_eq(slot->state, READER_FREE);
  ck_assert(readers_thread_slot(&threads) == NULL);
  ck_assert_int_eq(readers_thread_release(&threads), MDBX_RESULT_TRUE);
  readers_threads_close(&threads);
}
END_TEST

START_TEST(environment_closes_before_the_thread_ends) {
  pthread_t one;
  struct visitor visitor = {0};
  ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
  pthread_create(&one, NULL, visit, &visitor);
  ck_assert(unit_await(&visitor.at, 1));
  readers_threads_close(&threads);
  ck_assert_uint_eq(visitor.slot->state, READER_FREE);
  struct reader_slot *slot = bind_slot();
  ck_assert(slot == visitor.slot);
  readers_pin(&lck, slot);
  atomic_store(&visitor.leave, 1);
  pthread_join(one, NULL);
  ck_assert_msg(readers_holds(slot, 3), "the thread's end touches a slot that is no longer its own");
  readers_threads_close(&threads);
}
END_TEST

/* Threads end while the environment closes, many times over. */
static void *bind_and_end(void *context) {
  struct reader_slot *slot;
  if (readers_thread_bind(&threads, &slot) == MDBX_SUCCESS)
    readers_pin(&lck, slot);
  atomic_fetch_add((_Atomic int *)context, 1);
  return NULL;
}

START_TEST(threads_end_while_the_environment_closes) {
  for (int round = 0; round < (unit_is_instrumented() ? 100 : 500); ++round) {
    pthread_t crowd[4];
    _Atomic int bound = 0;
    ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
    for (size_t i = 0; i < COUNT_OF(crowd); ++i)
      pthread_create(&crowd[i], NULL, bind_and_end, &bound);
    while (atomic_load(&bound) < (int)COUNT_OF(crowd))
      sched_yield();
    readers_threads_close(&threads);
    for (size_t i = 0; i < COUNT_OF(crowd); ++i)
      pthread_join(crowd[i], NULL);
    for (uint32_t i = 0; i < lck.slot_count; ++i)
      ck_assert_uint_eq(lck.slots[i].state, READER_FREE);
  }
}
END_TEST

static void *end_in_child(void *context) {
  /* The forking thread's binding is of the parent, and this thread has none. */
  unit_require(readers_thread_slot(&threads) == NULL);
  return context;
}

static void child_of_reader(void *context) {
  struct reader_slot *slot = context, *other;
  pthread_t one;
  unit_require(readers_thread_slot(&threads) == NULL);
  readers_release(&lck, slot);
  unit_require(pthread_create(&one, NULL, end_in_child, NULL) == 0);
  pthread_join(one, NULL);
  unit_require(readers_thread_release(&threads) == MDBX_RESULT_TRUE);
  readers_threads_close(&threads);
  unit_require(lck_close(&lck) == MDBX_SUCCESS);

  /* Once more, properly, as the child's own. */
  unit_require(open_as(&lck, 0) == MDBX_SUCCESS && !lck.first);
  unit_require(readers_threads_open(&threads, &lck) == MDBX_SUCCESS);
  unit_require(readers_thread_bind(&threads, &other) == MDBX_SUCCESS);
  unit_require(other - lck.slots != 0);
  readers_threads_close(&threads);
  unit_require(lck_close(&lck) == MDBX_SUCCESS);
}

static void child_thread_exits(void *context) {
  (void)context;
  pthread_exit(NULL);
}

START_TEST(forked_child_leaves_the_slot_alone) {
  struct reader_slot *slot;
  ck_assert_int_eq(readers_threads_open(&threads, &lck), MDBX_SUCCESS);
  ck_assert_int_eq(readers_thread_bind(&threads, &slot), MDBX_SUCCESS);
  readers_pin(&lck, slot);
  unit_join(unit_fork(child_of_reader, slot));
  ck_assert(readers_holds(slot, 3));
  /* Ends as exit() does, where sanitizers complain about what the test framework left behind. */
  if (!unit_is_instrumented())
    unit_join(unit_fork(child_thread_exits, slot));
  ck_assert(readers_holds(slot, 3));
  ck_assert_uint_eq(slot->state, READER_BOUND);
  readers_threads_close(&threads);
}
END_TEST

/* ---- Pins against a busy writer --------------------------------------------------------------------------------- */

/* The writer publishes snapshots and declares dead whatever no scan finds pinned; no reader may ever find its own
 * snapshot dead. That is what reclaim between readers rests on. */
#define RING 4096u
#define RACERS 3

struct race {
  _Atomic uint64_t dead[RING]; /* the snapshot declared dead at that place */
  _Atomic uint64_t pins, clones, errors, deaths;
  _Atomic int stop, started;
};
static struct race *race;

static bool is_dead(txnid_t txnid) {
  return atomic_load_explicit(&race->dead[txnid % RING], memory_order_relaxed) == txnid;
}

/* Now and then long enough for the writer to end the scan that began before the pin. */
static void look_for_a_while(txnid_t txnid, uint64_t *seed) {
  const uint64_t pick = unit_random(seed);
  for (uint64_t i = pick % 4 ? pick % 8 : pick / 8 % 4000; i > 0; --i)
    if (is_dead(txnid))
      atomic_fetch_add(&race->errors, 1);
}

static void race_reader(struct lck *own, uint64_t seed) {
  struct reader_slot *slots[2];
  for (int i = 0; i < 2; ++i)
    unit_require(readers_bind(own, 1, &slots[i]) == MDBX_SUCCESS);
  atomic_fetch_add(&race->started, 1);
  while (!atomic_load(&race->stop)) {
    const uint64_t pick = unit_random(&seed);
    struct reader_slot *slot = slots[pick % 2], *other = slots[1 - pick % 2];
    const txnid_t txnid = lck_head_txnid(readers_pin(own, slot));
    look_for_a_while(txnid, &seed);
    if (pick & 2) {
      readers_pin_same(own, other, txnid);
      readers_unpin(slot, txnid);
      look_for_a_while(txnid, &seed);
      slot = other;
      atomic_fetch_add_explicit(&race->clones, 1, memory_order_relaxed);
    }
    if ((pick & 12) == 12 && readers_park(slot, txnid) == MDBX_SUCCESS && readers_unpark(slot, txnid) == MDBX_SUCCESS)
      look_for_a_while(txnid, &seed);
    if (is_dead(txnid) && readers_holds(slot, txnid))
      atomic_fetch_add(&race->errors, 1);
    readers_unpin(slot, txnid);
    atomic_fetch_add_explicit(&race->pins, 1, memory_order_relaxed);
  }
}

static void *race_thread(void *context) {
  race_reader(&lck, (uint64_t)(uintptr_t)context * 977 + 5);
  return NULL;
}

static void race_process(void *context) {
  struct lck own;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(open_as(&own, 0) == MDBX_SUCCESS);
  race_reader(&own, (uint64_t)(uintptr_t)context * 7919 + 3);
  unit_require(lck_close(&own) == MDBX_SUCCESS);
}

static bool is_pinned(const struct reader_pins *pins, txnid_t txnid) {
  for (size_t i = 0; i < pins->length; ++i)
    if (pins->items[i] == txnid)
      return true;
  return false;
}

/* All snapshots below the head that nobody pins die, as far as the ring reaches back. */
static void race_write(struct reader_pins *pins, txnid_t head, uint64_t seed) {
  lck_publish_head(&lck, head, head % 3);
  if (seed % 3 == 0)
    for (txnid_t txnid = head > 16 ? head - 16 : 4; txnid < head; ++txnid)
      readers_oust_snapshot(&lck, txnid);
  ck_assert_int_eq(readers_collect(&lck, pins), MDBX_SUCCESS);
  for (txnid_t txnid = head > 16 ? head - 16 : 4; txnid < head; ++txnid)
    if (!is_dead(txnid) && !is_pinned(pins, txnid)) {
      atomic_store_explicit(&race->dead[txnid % RING], txnid, memory_order_relaxed);
      atomic_fetch_add_explicit(&race->deaths, 1, memory_order_relaxed);
    }
}

static bool race_is_long_enough(uint64_t start) {
  return unit_monotonic_ns() - start >= UINT64_C(3000000000) && atomic_load(&race->pins) > 1000 &&
         atomic_load(&race->clones) > 1000 && atomic_load(&race->deaths) > 1000;
}

START_TEST(no_pinned_snapshot_dies) {
  pthread_t racers[RACERS];
  pid_t pids[2];
  struct reader_pins pins;
  uint64_t seed = 12345;
  txnid_t head = 4;
  race = unit_shared(sizeof(*race));
  readers_pins_init(&pins);
  for (uintptr_t i = 0; i < COUNT_OF(pids); ++i)
    pids[i] = unit_fork(race_process, (void *)i);
  for (uintptr_t i = 0; i < RACERS; ++i)
    pthread_create(&racers[i], NULL, race_thread, (void *)i);
  ck_assert(unit_await(&race->started, RACERS + (int)COUNT_OF(pids)));
  const uint64_t start = unit_monotonic_ns();
  while (!race_is_long_enough(start))
    race_write(&pins, head++, unit_random(&seed));
  atomic_store(&race->stop, 1);
  for (uintptr_t i = 0; i < RACERS; ++i)
    pthread_join(racers[i], NULL);
  for (size_t i = 0; i < COUNT_OF(pids); ++i)
    unit_join(pids[i]);
  printf("readers: %llu commits, %llu pins, %llu clones, %llu snapshots died\n", (unsigned long long)head,
         (unsigned long long)race->pins, (unsigned long long)race->clones, (unsigned long long)race->deaths);
  ck_assert_uint_eq(atomic_load(&race->errors), 0);
  readers_pins_destroy(&pins);
}
END_TEST

static void add_threads_tests(Suite *suite) {
  TCase *tc = tcase_create("threads");
  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, slot_taken_from_a_living_thread);
  tcase_add_test(tc, slot_ends_with_its_thread);
  tcase_add_test(tc, release_by_hand);
  tcase_add_test(tc, environment_closes_before_the_thread_ends);
  tcase_add_test(tc, threads_end_while_the_environment_closes);
  tcase_add_test(tc, forked_child_leaves_the_slot_alone);
  tcase_add_test(tc, no_pinned_snapshot_dies);
  suite_add_tcase(suite, tc);
}

int main(void) {
  Suite *suite = suite_create("readers");
  TCase *tc = tcase_create("slots");
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, bind_until_full);
  tcase_add_test(tc, pin_takes_the_head);
  tcase_add_test(tc, release_of_a_lost_slot);
  tcase_add_test(tc, park_and_oust);
  tcase_add_test(tc, evict_and_kick);
  tcase_add_test(tc, collect_sorted_and_unique);
  tcase_add_test(tc, enumerate);
  tcase_add_test(tc, own_readers_among_others);
  tcase_add_test(tc, dead_readers_are_cleaned);
  tcase_add_test(tc, dead_readers_make_room);
  suite_add_tcase(suite, tc);
  add_threads_tests(suite);
  return unit_run(suite);
}
