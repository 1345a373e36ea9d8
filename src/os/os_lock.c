/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_lock.c: byte-range locks, and the process-shared lock.
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
 *  3. A sleep ends after WAIT_NS at the latest, so a wake-up that was never sent (the releaser died between its swap
 *     and the call) only costs time.
 *  4. A take-over swaps the very word whose owner was found dead; had somebody else owned the lock in between, even
 *     with the same token, the high half would differ.
 */
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/futex.h>
#include <sys/syscall.h>
#endif

/* ---- Byte ranges ------------------------------------------------------------------------------------------------ */

#ifdef F_OFD_SETLK
enum { LOCK_TRY = F_OFD_SETLK, LOCK_WAIT = F_OFD_SETLKW, LOCK_ASK = F_OFD_GETLK };
#else
enum { LOCK_TRY = F_SETLK, LOCK_WAIT = F_SETLKW, LOCK_ASK = F_GETLK };
#endif

/* Set when the system has reported that it has no OFD locks. */
static _Atomic bool only_by_process = LOCK_TRY == F_SETLK;

bool os_range_belongs_to_file(void) { return !atomic_load(&only_by_process); }

static int posix_command(int command) {
  return command == LOCK_TRY ? F_SETLK : command == LOCK_WAIT ? F_SETLKW : F_GETLK;
}

/* MDBX_SUCCESS or errno. */
static int range_call(int fd, int command, struct flock *range) {
  const int plain = fd & ~OS_LOCK_BY_PROCESS;
  for (;;) {
    const bool by_process = plain != fd || atomic_load(&only_by_process);
    if (fcntl(plain, by_process ? posix_command(command) : command, range) == 0)
      return MDBX_SUCCESS;
    if (errno == EINVAL && !by_process)
      atomic_store(&only_by_process, true);
    else if (errno != EINTR)
      return errno;
  }
}

static struct flock range_of(uint64_t start, uint64_t length, short type) {
  struct flock range;
  memset(&range, 0, sizeof(range));
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = (off_t)start;
  range.l_len = (off_t)length;
  return range;
}

int os_range_lock(int fd, uint64_t start, uint64_t length, bool exclusive, bool wait) {
  for (;;) {
    struct flock range = range_of(start, length, exclusive ? F_WRLCK : F_RDLCK);
    const int rc = range_call(fd, wait ? LOCK_WAIT : LOCK_TRY, &range);
    if (!wait && (rc == EAGAIN || rc == EACCES))
      return MDBX_BUSY;
    if (rc != EDEADLK)
      return rc;
    /* With process locks the kernel does not distinguish threads: it may report a deadlock although another thread will
     * release its lock. */
    os_sleep_ms(1);
  }
}

int os_range_unlock(int fd, uint64_t start, uint64_t length) {
  struct flock range = range_of(start, length, F_UNLCK);
  return range_call(fd, LOCK_TRY, &range);
}

int os_range_test(int fd, uint64_t start, uint64_t length, bool exclusive, bool *busy, uint64_t *busy_start,
                  uint64_t *busy_length) {
  struct flock range = range_of(start, length, exclusive ? F_WRLCK : F_RDLCK);
  const int rc = range_call(fd, LOCK_ASK, &range);
  if (rc != MDBX_SUCCESS)
    return rc;
  *busy = range.l_type != F_UNLCK;
  *busy_start = *busy ? (uint64_t)range.l_start : 0;
  *busy_length = *busy ? (uint64_t)range.l_len : 0;
  return MDBX_SUCCESS;
}

#ifdef __linux__
/* The path in /proc by which a descriptor of this process can be opened. */
static void name_descriptor(int fd, char name[32]) {
  char digits[16];
  size_t count = 0, at = sizeof("/proc/self/fd/") - 1;
  memcpy(name, "/proc/self/fd/", at);
  do
    digits[count++] = (char)('0' + fd % 10);
  while ((fd /= 10) > 0);
  while (count > 0)
    name[at++] = digits[--count];
  name[at] = 0;
}

/* -1: errno has the error. */
static int open_by_descriptor(int fd) {
  char name[32];
  const int flags = fcntl(fd, F_GETFL);
  if (flags < 0)
    return -1;
  name_descriptor(fd, name);
  return open(name, (flags & O_ACCMODE) | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

bool os_reopen(int fd) {
  const int fresh = open_by_descriptor(fd);
  if (fresh < 0)
    return false;
  const bool done = dup3(fresh, fd, O_CLOEXEC) == fd;
  close(fresh);
  return done;
}
#else
static int open_by_descriptor(int fd) {
  (void)fd;
  errno = ENOSYS;
  return -1;
}

bool os_reopen(int fd) {
  (void)fd;
  return false;
}
#endif

bool os_replace(int fd, int by) { return dup2(by, fd) == fd && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0; }

int os_open_again(int fd, int *twin) {
  const int opened = open_by_descriptor(fd);
  *twin = -1;
  if (opened < 0)
    return errno;
  /* Away from 0, 1 and 2, like every descriptor. */
  *twin = opened > STDERR_FILENO ? opened : fcntl(opened, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  const int rc = *twin < 0 ? errno : MDBX_SUCCESS;
  if (*twin != opened)
    close(opened);
  return rc;
}

/* ---- Sleeping on a word ----------------------------------------------------------------------------------------- */

#define WAIT_NS 50000000L
/* Without futexes a waiter checks again after this time. */
#define POLL_NS 500000L
#define SPINS 500

/* A long has 32 bits on some machines. */
static long sleep_ns(uint32_t microseconds) {
  return microseconds < WAIT_NS / 1000 ? (long)microseconds * 1000 : WAIT_NS;
}

#ifdef __linux__
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds) {
  const struct timespec limit = {.tv_sec = 0, .tv_nsec = sleep_ns(microseconds)};
  syscall(SYS_futex, (uint32_t *)(void *)word, FUTEX_WAIT, value, &limit, NULL, 0);
}

void os_word_wake(_Atomic uint32_t *word) {
  syscall(SYS_futex, (uint32_t *)(void *)word, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static uint32_t *futex_of(struct os_shlock *lock) {
  uint32_t *halves = (uint32_t *)(void *)&lock->word;
  return halves + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 1);
}

static void sleep_while(struct os_shlock *lock, uint64_t word) {
  const struct timespec limit = {.tv_sec = 0, .tv_nsec = WAIT_NS};
  syscall(SYS_futex, futex_of(lock), FUTEX_WAIT, (uint32_t)word, &limit, NULL, 0);
}

static void wake(struct os_shlock *lock, int count) {
  syscall(SYS_futex, futex_of(lock), FUTEX_WAKE, count, NULL, NULL, 0);
}
#else
void os_word_sleep(_Atomic uint32_t *word, uint32_t value, uint32_t microseconds) {
  const struct timespec slice = {.tv_sec = 0, .tv_nsec = POLL_NS / 5};
  for (long slept = 0; slept < sleep_ns(microseconds) && atomic_load(word) == value; slept += POLL_NS / 5)
    nanosleep(&slice, NULL);
}

void os_word_wake(_Atomic uint32_t *word) { (void)word; }

static void sleep_while(struct os_shlock *lock, uint64_t word) {
  const struct timespec slice = {.tv_sec = 0, .tv_nsec = POLL_NS};
  for (long slept = 0; slept < WAIT_NS && atomic_load(&lock->word) == word; slept += POLL_NS)
    nanosleep(&slice, NULL);
}

static void wake(struct os_shlock *lock, int count) { (void)lock, (void)count; }
#endif

/* ---- The shared lock -------------------------------------------------------------------------------------------- */

#define WAITERS UINT64_C(0x80000000)
#define TOKEN_DEAD (OS_SHLOCK_TOKEN_MAX + 1)

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
  sleep_while(try->lock, marked);
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
    wake(lock, 1);
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
    wake(lock, 1);
  return true;
}
