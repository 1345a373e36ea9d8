/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_shlock.c: the process-shared lock; all systems have it.
 *
 * The shared lock's word, low half (the futex): owner token, or TOKEN_DEAD, or 0; WAITERS when somebody may sleep.
 * High half: grows with every change of owner.
 *
 *   free --acquire--> owned --release--> free          owned by a dead one --bury--> TOKEN_DEAD
 *   owned by a dead one, TOKEN_DEAD --acquire--> owned (told MDBX_RESULT_TRUE)
 *
 * Invariants:
 *  1. Every transition is one compare-and-swap of the whole word, so death between two instructions leaves a state of
 *     the diagram.
 *  2. A waiter that has slept acquires the lock with WAITERS set, since others may be asleep too. So the last release
 *     may wake nobody, but no sleeper is forgotten.
 *  3. A sleep ends after WAIT_US at the latest, so a wake-up that was never sent (the releaser died between its swap
 *     and the call) only costs time.
 *  4. A take-over swaps the very word whose owner was found dead; had somebody else owned the lock in between, even
 *     with the same token, the high half would differ.
 */
#include "os/os.h"

/* A waiter checks again after this time. */
#define WAIT_US 50000u
#define SPINS 500

#define WAITERS UINT64_C(0x80000000)
#define TOKEN_DEAD (OS_SHLOCK_TOKEN_MAX + 1)

/* The low half, on which waiters sleep. */
static _Atomic uint32_t *word_of(struct os_shlock *lock) {
  _Atomic uint32_t *halves = (_Atomic uint32_t *)(void *)&lock->word;
  return halves + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 1);
}

static uint32_t token_in(uint64_t word) { return (uint32_t)(word & ~WAITERS); }

static uint64_t word_for(uint64_t before, uint32_t token, uint64_t waiters) {
  return ((before >> 32) + 1) << 32 | waiters | token;
}

static bool swap_word(struct os_shlock *lock, uint64_t before, uint64_t after) {
  return atomic_compare_exchange_strong_explicit(&lock->word, &before, after, memory_order_acq_rel,
                                                 memory_order_relaxed);
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/* The state of one acquisition. */
struct attempt {
  struct os_shlock *lock;
  uint32_t token;
  os_shlock_alive alive;
  void *context;
  uint64_t slept;           /* WAITERS after the first sleep, see invariant 2 */
  const _Atomic bool *over; /* true: give up; NULL: never */
};

/* Takes the lock if the owner in `seen` is none or dead; true on success, and *died tells which. */
static bool attempt_take(struct attempt *try, uint64_t seen, bool ask, bool *died) {
  const uint32_t owner = token_in(seen);
  *died = owner != 0;
  if (owner != 0 && owner != TOKEN_DEAD) {
    if (!ask || owner == try->token || try->alive(try->context, owner))
      return false;
  }
  return swap_word(try->lock, seen, word_for(seen, try->token, try->slept | (seen & WAITERS)));
}

static bool same_owner(uint64_t a, uint64_t b) { return (a | WAITERS) == (b | WAITERS); }

/* True if the owner in `seen` releases the lock within a short time. */
static bool attempt_spin(const struct attempt *try, uint64_t seen) {
  for (int i = 0; i < SPINS; ++i) {
    relax();
    if (!same_owner(seen, atomic_load_explicit(&try->lock->word, memory_order_relaxed)))
      return true;
  }
  return false;
}

/* First spins, later sleeps. True after a sleep: then the caller checks whether the owner is alive. */
static bool attempt_wait(struct attempt *try, uint64_t seen) {
  if (!try->slept && attempt_spin(try, seen))
    return false;
  const uint64_t marked = seen | WAITERS;
  try->slept = WAITERS;
  if (seen != marked && !swap_word(try->lock, seen, marked))
    return false;
  os_word_sleep(word_of(try->lock), (uint32_t)marked, WAIT_US);
  return true;
}

static int acquire(struct attempt *try, bool try_only) {
  bool ask = try_only, died;
  for (;;) {
    const uint64_t seen = atomic_load_explicit(&try->lock->word, memory_order_relaxed);
    if (attempt_take(try, seen, ask, &died))
      return died ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
    if (!same_owner(seen, atomic_load_explicit(&try->lock->word, memory_order_relaxed)))
      continue;
    if (try_only || (try->over && atomic_load(try->over)))
      return MDBX_BUSY;
    ask = attempt_wait(try, seen);
  }
}

int os_shlock_acquire(struct os_shlock *lock, uint32_t token, os_shlock_alive alive, void *context, bool try_only) {
  struct attempt try = {.lock = lock, .token = token, .alive = alive, .context = context};
  return acquire(&try, try_only);
}

int os_shlock_acquire_until(struct os_shlock *lock, uint32_t token, os_shlock_alive alive, void *context,
                            const _Atomic bool *over) {
  struct attempt try = {.lock = lock, .token = token, .alive = alive, .context = context, .over = over};
  return acquire(&try, false);
}

uint32_t os_shlock_turn(const struct os_shlock *lock) {
  return (uint32_t)(atomic_load_explicit(&lock->word, memory_order_relaxed) >> 32);
}

int os_shlock_release(struct os_shlock *lock, uint32_t token, uint32_t turn) {
  uint64_t seen = atomic_load_explicit(&lock->word, memory_order_relaxed);
  do
    if (token_in(seen) != token || (uint32_t)(seen >> 32) != turn)
      return MDBX_PROBLEM;
  while (!atomic_compare_exchange_weak_explicit(&lock->word, &seen, word_for(seen, 0, 0), memory_order_acq_rel,
                                                memory_order_relaxed));
  if (seen & WAITERS)
    os_word_wake_one(word_of(lock));
  return MDBX_SUCCESS;
}

bool os_shlock_is_wanted(const struct os_shlock *lock) {
  return atomic_load_explicit(&lock->word, memory_order_relaxed) & WAITERS;
}

uint32_t os_shlock_owner(const struct os_shlock *lock) {
  const uint32_t token = token_in(atomic_load_explicit(&lock->word, memory_order_acquire));
  return token == TOKEN_DEAD ? 0 : token;
}

bool os_shlock_bury(struct os_shlock *lock, uint32_t token) {
  uint64_t seen = atomic_load_explicit(&lock->word, memory_order_relaxed);
  do
    if (token_in(seen) != token)
      return false;
  while (!atomic_compare_exchange_weak_explicit(&lock->word, &seen, word_for(seen, TOKEN_DEAD, seen & WAITERS),
                                                memory_order_acq_rel, memory_order_relaxed));
  if (seen & WAITERS)
    os_word_wake_one(word_of(lock));
  return true;
}
