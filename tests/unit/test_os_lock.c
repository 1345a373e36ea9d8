/* SPDX-License-Identifier: Apache-2.0 */
/* Byte-range locks and the process-shared lock: ownership, death of owners, exclusion under random kills. */
#include "os/os.h"

#include "unit.h"

#include <fcntl.h>
#include <sys/prctl.h>

static bool all_alive(void *context, uint32_t token) {
  (void)context, (void)token;
  return true;
}

static bool all_dead(void *context, uint32_t token) {
  (void)context, (void)token;
  return false;
}

/* ---- Byte ranges ------------------------------------------------------------------------------------------------ */

struct holder {
  const char *path;
  uint64_t start, length;
  bool exclusive;
  _Atomic int *ready;
};

static void hold_range(void *context) {
  const struct holder *holder = context;
  int fd;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(os_open(holder->path, OS_OPEN_CREATE, 0600, &fd) == MDBX_SUCCESS);
  unit_require(os_range_lock(fd, holder->start, holder->length, holder->exclusive, false) == MDBX_SUCCESS);
  atomic_store(holder->ready, 1);
  pause();
}

static pid_t start_holder(struct holder *holder) {
  atomic_store(holder->ready, 0);
  const pid_t pid = unit_fork(hold_range, holder);
  ck_assert(unit_await(holder->ready, 1));
  return pid;
}

START_TEST(ranges_conflict_between_processes) {
  char path[512];
  int fd;
  bool busy;
  uint64_t start, length;
  snprintf(path, sizeof(path), "%s", unit_path("lock"));
  struct holder holder = {path, 10, 5, true, unit_shared(4096)};
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  const pid_t pid = start_holder(&holder);

  ck_assert_int_eq(os_range_lock(fd, 14, 1, true, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_lock(fd, 14, 1, false, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_lock(fd, 15, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(fd, 0, 10, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_test(fd, 0, 100, true, &busy, &start, &length), MDBX_SUCCESS);
  ck_assert(busy);
  ck_assert_uint_eq(start, 10);
  ck_assert_uint_eq(length, 5);
  ck_assert_int_eq(os_range_test(fd, 15, 100, true, &busy, &start, &length), MDBX_SUCCESS);
  ck_assert_msg(!busy, "own locks are no conflict");

  unit_kill(pid);
  ck_assert_int_eq(os_range_lock(fd, 14, 1, true, false), MDBX_SUCCESS);
  os_close(fd);
}
END_TEST

START_TEST(ranges_shared) {
  char path[512];
  int fd;
  bool busy;
  uint64_t start, length;
  snprintf(path, sizeof(path), "%s", unit_path("lock"));
  struct holder holder = {path, 1, 1, false, unit_shared(4096)};
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  const pid_t pid = start_holder(&holder);
  ck_assert_int_eq(os_range_lock(fd, 1, 1, true, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_lock(fd, 1, 1, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(fd, 1, 1, true, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_test(fd, 1, 1, false, &busy, &start, &length), MDBX_SUCCESS);
  ck_assert(!busy);
  unit_kill(pid);
  ck_assert_int_eq(os_range_lock(fd, 1, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_unlock(fd, 1, 1), MDBX_SUCCESS);
  os_close(fd);
}
END_TEST

/* Both kinds conflict with each other, and only one of them is dropped by a stray close. */
START_TEST(ranges_of_files_and_of_processes) {
  char path[512];
  int fd, other;
  bool busy;
  uint64_t start, length;
  snprintf(path, sizeof(path), "%s", unit_path("lock"));
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(fd, 3, 1, true, false), MDBX_SUCCESS);
  if (!os_range_belongs_to_file()) {
    unit_left_out(__func__, "this system has no locks of the open file");
    os_close(fd);
    return;
  }
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &other), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(other, 3, 1, true, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_lock(other | OS_LOCK_BY_PROCESS, 3, 1, true, false), MDBX_BUSY);
  ck_assert_int_eq(os_range_test(other | OS_LOCK_BY_PROCESS, 0, 9, true, &busy, &start, &length), MDBX_SUCCESS);
  ck_assert(busy && start == 3 && length == 1);
  ck_assert_int_eq(os_range_lock(other | OS_LOCK_BY_PROCESS, 5, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(fd, 5, 1, true, false), MDBX_BUSY);
  os_close(other);
  ck_assert_int_eq(os_range_lock(fd, 5, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &other), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(other, 3, 1, true, false), MDBX_BUSY);
  os_close(other);
  os_close(fd);
}
END_TEST

START_TEST(a_reopened_descriptor_is_another_open_file) {
  char path[512];
  int fd, twin;
  snprintf(path, sizeof(path), "%s", unit_path("lock"));
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_eq(os_dup(fd, &twin), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(fd, 3, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(os_range_lock(twin, 3, 1, true, false), MDBX_SUCCESS);
  unlink(path);
  if (os_range_belongs_to_file() && os_reopen(twin))
    ck_assert_int_eq(os_range_lock(twin, 3, 1, true, false), MDBX_BUSY);
  ck_assert(!os_reopen(9999));
  ck_assert(os_replace(twin, fd));
  ck_assert_int_eq(os_range_lock(twin, 3, 1, true, false), MDBX_SUCCESS);
  ck_assert_int_eq(fcntl(twin, F_GETFD), FD_CLOEXEC);
  ck_assert(!os_replace(twin, 9999));
  os_close(twin);
  os_close(fd);
}
END_TEST

static void hold_range_shortly(void *context) {
  const struct holder *holder = context;
  int fd;
  unit_require(os_open(holder->path, OS_OPEN_CREATE, 0600, &fd) == MDBX_SUCCESS);
  unit_require(os_range_lock(fd, 0, 1, true, false) == MDBX_SUCCESS);
  atomic_store(holder->ready, 1);
  unit_sleep_us(50000);
  atomic_store(holder->ready, 2);
}

static void ignore_signal(int number) { (void)number; }

START_TEST(range_wait_outlasts_signals) {
  char path[512];
  int fd;
  snprintf(path, sizeof(path), "%s", unit_path("lock"));
  struct holder holder = {path, 0, 1, true, unit_shared(4096)};
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  const pid_t pid = unit_fork(hold_range_shortly, &holder);
  ck_assert(unit_await(holder.ready, 1));
  struct sigaction action = {.sa_handler = ignore_signal}, before;
  sigaction(SIGALRM, &action, &before);
  ualarm(5000, 5000);
  ck_assert_int_eq(os_range_lock(fd, 0, 1, true, true), MDBX_SUCCESS);
  ualarm(0, 0);
  sigaction(SIGALRM, &before, NULL);
  ck_assert_int_eq(atomic_load(holder.ready), 2);
  unit_join(pid);
  os_close(fd);
}
END_TEST

/* Two processes, each holding what the other waits for, as far as the kernel knows; but a thread will give way. */
static char crossing_paths[2][512];
static int crossing_fds[2];

static void *give_way(void *unused) {
  unit_sleep_us(100000);
  os_range_unlock(crossing_fds[0], 0, 1);
  return unused;
}

static void cross(void *context) {
  _Atomic int *ready = context;
  int first, second;
  unit_require(os_open(crossing_paths[0], OS_OPEN_CREATE, 0600, &first) == MDBX_SUCCESS);
  unit_require(os_open(crossing_paths[1], OS_OPEN_CREATE, 0600, &second) == MDBX_SUCCESS);
  unit_require(os_range_lock(second, 0, 1, true, false) == MDBX_SUCCESS);
  atomic_store(ready, 1);
  unit_require(os_range_lock(first, 0, 1, true, true) == MDBX_SUCCESS);
  os_close(first);
  os_close(second);
}

START_TEST(range_wait_knows_no_false_deadlock) {
  _Atomic int *ready = unit_shared(4096);
  pthread_t thread;
  for (int i = 0; i < 2; ++i) {
    snprintf(crossing_paths[i], sizeof(crossing_paths[i]), "%s", unit_path(i ? "second" : "first"));
    ck_assert_int_eq(os_open(crossing_paths[i], OS_OPEN_CREATE, 0600, &crossing_fds[i]), MDBX_SUCCESS);
  }
  ck_assert_int_eq(os_range_lock(crossing_fds[0], 0, 1, true, false), MDBX_SUCCESS);
  const pid_t pid = unit_fork(cross, ready);
  ck_assert(unit_await(ready, 1));
  unit_sleep_us(20000);
  pthread_create(&thread, NULL, give_way, NULL);
  ck_assert_int_eq(os_range_lock(crossing_fds[1], 0, 1, true, true), MDBX_SUCCESS);
  pthread_join(thread, NULL);
  unit_join(pid);
  os_close(crossing_fds[0]);
  os_close(crossing_fds[1]);
}
END_TEST

/* ---- The shared lock, one process ------------------------------------------------------------------------------- */

START_TEST(shlock_states) {
  struct os_shlock lock = {0};
  ck_assert_uint_eq(os_shlock_owner(&lock), 0);
  ck_assert_int_eq(os_shlock_acquire(&lock, 7, all_alive, NULL, false), MDBX_SUCCESS);
  ck_assert_uint_eq(os_shlock_owner(&lock), 7);
  ck_assert_int_eq(os_shlock_acquire(&lock, 8, all_alive, NULL, true), MDBX_BUSY);
  ck_assert_int_eq(os_shlock_acquire(&lock, 7, all_dead, NULL, true), MDBX_BUSY);
  ck_assert_int_eq(os_shlock_release(&lock, 8, os_shlock_turn(&lock)), MDBX_PROBLEM);
  ck_assert_uint_eq(os_shlock_owner(&lock), 7);
  ck_assert_int_eq(os_shlock_release(&lock, 7, os_shlock_turn(&lock)), MDBX_SUCCESS);
  ck_assert_int_eq(os_shlock_release(&lock, 7, os_shlock_turn(&lock)), MDBX_PROBLEM);
  ck_assert_int_eq(os_shlock_acquire(&lock, 8, all_dead, NULL, true), MDBX_SUCCESS);
}
END_TEST

START_TEST(shlock_death) {
  struct os_shlock lock = {0};
  ck_assert_int_eq(os_shlock_acquire(&lock, 7, all_alive, NULL, true), MDBX_SUCCESS);
  ck_assert_int_eq(os_shlock_acquire(&lock, 8, all_dead, NULL, true), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(os_shlock_owner(&lock), 8);
  ck_assert_int_eq(os_shlock_acquire(&lock, 9, all_dead, NULL, false), MDBX_RESULT_TRUE);
  ck_assert_int_eq(os_shlock_release(&lock, 8, os_shlock_turn(&lock)), MDBX_PROBLEM);

  ck_assert(!os_shlock_bury(&lock, 8));
  ck_assert(os_shlock_bury(&lock, 9));
  ck_assert(!os_shlock_bury(&lock, 9));
  ck_assert_uint_eq(os_shlock_owner(&lock), 0);
  ck_assert_int_eq(os_shlock_acquire(&lock, 9, all_alive, NULL, true), MDBX_RESULT_TRUE);
  ck_assert_int_eq(os_shlock_release(&lock, 9, os_shlock_turn(&lock)), MDBX_SUCCESS);
  ck_assert_int_eq(os_shlock_acquire(&lock, 10, all_alive, NULL, true), MDBX_SUCCESS);
}
END_TEST

/* While a waiter asks, the dead owner is buried and a new one comes with the same token: the answer is out of date. */
static bool reincarnate(void *context, uint32_t token) {
  struct os_shlock *lock = context;
  os_shlock_bury(lock, token);
  ck_assert_int_eq(os_shlock_acquire(lock, token, all_alive, NULL, true), MDBX_RESULT_TRUE);
  return false;
}

struct replay {
  struct os_shlock *lock;
  int asked;
};

static bool reincarnate_once(void *context, uint32_t token) {
  struct replay *replay = context;
  if (replay->asked++)
    return true;
  return reincarnate(replay->lock, token);
}

START_TEST(shlock_never_robs_a_successor) {
  struct os_shlock lock = {0};
  struct replay replay = {&lock, 0};
  ck_assert_int_eq(os_shlock_acquire(&lock, 7, all_alive, NULL, true), MDBX_SUCCESS);
  ck_assert_int_eq(os_shlock_acquire(&lock, 8, reincarnate_once, &replay, true), MDBX_BUSY);
  ck_assert_uint_eq(os_shlock_owner(&lock), 7);
  ck_assert_int_eq(replay.asked, 2);
}
END_TEST

static struct os_shlock thread_lock;

static void *release_seven(void *unused) {
  (void)unused;
  unit_sleep_us(20000);
  return (void *)(intptr_t)os_shlock_release(&thread_lock, 7, os_shlock_turn(&thread_lock));
}

START_TEST(shlock_released_by_another_thread) {
  pthread_t thread;
  void *result;
  memset(&thread_lock, 0, sizeof(thread_lock));
  ck_assert_int_eq(os_shlock_acquire(&thread_lock, 7, all_alive, NULL, false), MDBX_SUCCESS);
  pthread_create(&thread, NULL, release_seven, NULL);
  ck_assert_int_eq(os_shlock_acquire(&thread_lock, 7, all_alive, NULL, false), MDBX_SUCCESS);
  pthread_join(thread, &result);
  ck_assert_int_eq((int)(intptr_t)result, MDBX_SUCCESS);
}
END_TEST

static void *release_seven_when_awaited(void *unused) {
  const uint64_t waiters = UINT64_C(0x80000000);
  while (!(atomic_load(&thread_lock.word) & waiters))
    unit_sleep_us(100);
  return release_seven(unused);
}

/* A waiter that nobody wakes sleeps for 50 ms. One hand-over in less than that shows that waiters are woken; a machine that
 * is slow needs more attempts. */
START_TEST(shlock_release_wakes_soon) {
  pthread_t thread;
  uint64_t waited;
  do {
    memset(&thread_lock, 0, sizeof(thread_lock));
    ck_assert_int_eq(os_shlock_acquire(&thread_lock, 7, all_alive, NULL, false), MDBX_SUCCESS);
    pthread_create(&thread, NULL, release_seven_when_awaited, NULL);
    const uint64_t start = unit_monotonic_ns();
    ck_assert_int_eq(os_shlock_acquire(&thread_lock, 8, all_alive, NULL, false), MDBX_SUCCESS);
    waited = unit_monotonic_ns() - start;
    pthread_join(thread, NULL);
  } while (waited > UINT64_C(45000000));
}
END_TEST

static void *bury_seven(void *unused) {
  (void)unused;
  unit_sleep_us(10000);
  os_shlock_bury(&thread_lock, 7);
  return NULL;
}

START_TEST(shlock_bury_reaches_waiters) {
  pthread_t thread;
  memset(&thread_lock, 0, sizeof(thread_lock));
  ck_assert_int_eq(os_shlock_acquire(&thread_lock, 7, all_alive, NULL, false), MDBX_SUCCESS);
  pthread_create(&thread, NULL, bury_seven, NULL);
  ck_assert_int_eq(os_shlock_acquire(&thread_lock, 8, all_alive, NULL, false), MDBX_RESULT_TRUE);
  pthread_join(thread, NULL);
}
END_TEST

/* ---- The shared lock, processes killed at random ---------------------------------------------------------------- */

#define PROCESSES 4
#define THREADS 2

/* What children share. Counts under the lock are plain on purpose: only exclusion keeps them right. */
struct arena {
  struct os_shlock lock;
  uint64_t first, second;   /* equal outside the critical section, unless its holder died */
  volatile uint32_t inside; /* token of who is in the critical section */
  _Atomic uint64_t errors, takeovers;
  _Atomic int started;
  _Atomic int stop;
  char path[512];
};

/* One worker process; its byte lock at offset `index` says it lives. */
struct worker {
  struct arena *arena;
  uint32_t index;
  int fd;
};

static bool worker_is_alive(void *context, uint32_t token) {
  const struct worker *worker = context;
  bool busy;
  uint64_t start, length;
  if (token - 1 == worker->index)
    return true;
  return os_range_test(worker->fd, token - 1, 1, true, &busy, &start, &length) != MDBX_SUCCESS || busy;
}

static void complain(struct arena *arena, const char *what) {
  fprintf(stderr, "shared lock: %s\n", what);
  atomic_fetch_add(&arena->errors, 1);
}

static void critical_section(struct arena *arena, uint32_t token, bool died) {
  if (died) {
    atomic_fetch_add(&arena->takeovers, 1);
    arena->second = arena->first;
  } else if (arena->first != arena->second) {
    complain(arena, "half a change of a living owner is seen");
  } else if (arena->inside != 0) {
    complain(arena, "somebody else is inside");
  }
  arena->inside = token;
  arena->first += 1;
  for (volatile int i = 0; i < 20; ++i)
    ;
  arena->second += 1;
  if (arena->inside != token)
    complain(arena, "somebody else came in");
  arena->inside = 0;
}

static void *work(void *context) {
  struct worker *worker = context;
  struct arena *arena = worker->arena;
  const uint32_t token = worker->index + 1;
  for (uint64_t turn = 0; !atomic_load(&arena->stop); ++turn) {
    const int rc = os_shlock_acquire(&arena->lock, token, worker_is_alive, worker, turn % 8 == 7);
    if (rc == MDBX_BUSY)
      continue;
    if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
      complain(arena, "acquire fails");
    critical_section(arena, token, rc == MDBX_RESULT_TRUE);
    if (os_shlock_release(&arena->lock, token, os_shlock_turn(&arena->lock)) != MDBX_SUCCESS)
      complain(arena, "release fails");
  }
  return NULL;
}

static void run_worker(void *context) {
  struct worker *worker = context;
  pthread_t threads[THREADS];
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(os_open(worker->arena->path, OS_OPEN_WRITE, 0, &worker->fd) == MDBX_SUCCESS);
  unit_require(os_range_lock(worker->fd, worker->index, 1, true, true) == MDBX_SUCCESS);
  os_shlock_bury(&worker->arena->lock, worker->index + 1);
  atomic_fetch_add(&worker->arena->started, 1);
  for (int i = 0; i < THREADS; ++i)
    unit_require(pthread_create(&threads[i], NULL, work, worker) == 0);
  for (int i = 0; i < THREADS; ++i)
    pthread_join(threads[i], NULL);
}

START_TEST(shlock_survives_random_kills) {
  struct arena *arena = unit_shared(sizeof(*arena));
  struct worker workers[PROCESSES];
  pid_t pids[PROCESSES];
  uint64_t seed = 4711;
  int fd;
  snprintf(arena->path, sizeof(arena->path), "%s", unit_path("alive"));
  ck_assert_int_eq(os_open(arena->path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  for (uint32_t i = 0; i < PROCESSES; ++i) {
    workers[i] = (struct worker){arena, i, -1};
    pids[i] = unit_fork(run_worker, &workers[i]);
  }
  ck_assert(unit_await(&arena->started, PROCESSES));
  const uint64_t start = unit_monotonic_ns();
  int kills = 0;
  uint64_t progress = 0, stalls = 0;
  while (unit_monotonic_ns() - start < UINT64_C(3000000000) || progress <= 1000 ||
         atomic_load(&arena->takeovers) == 0) {
    unit_sleep_us((unsigned)(unit_random(&seed) % 10000));
    const uint32_t victim = (uint32_t)(unit_random(&seed) % PROCESSES);
    unit_kill(pids[victim]);
    ++kills;
    pids[victim] = unit_fork(run_worker, &workers[victim]);
    const uint64_t now = *(volatile uint64_t *)&arena->first;
    stalls += now == progress;
    progress = now;
  }
  atomic_store(&arena->stop, 1);
  for (int i = 0; i < PROCESSES; ++i)
    unit_join(pids[i]);
  printf("shared lock: %llu turns, %d kills, %llu take-overs, %llu standstills\n", (unsigned long long)arena->first,
         kills, (unsigned long long)atomic_load(&arena->takeovers), (unsigned long long)stalls);
  ck_assert_uint_eq(atomic_load(&arena->errors), 0);
  os_close(fd);
}
END_TEST

static void die_inside(void *context) {
  struct worker *worker = context;
  unit_require(os_open(worker->arena->path, OS_OPEN_WRITE, 0, &worker->fd) == MDBX_SUCCESS);
  unit_require(os_range_lock(worker->fd, worker->index, 1, true, false) == MDBX_SUCCESS);
  unit_require(os_shlock_acquire(&worker->arena->lock, worker->index + 1, worker_is_alive, worker, false) ==
               MDBX_SUCCESS);
  atomic_store(&worker->arena->started, 1);
  pause();
}

START_TEST(shlock_waiter_inherits_from_a_killed_owner) {
  struct arena *arena = unit_shared(sizeof(*arena));
  struct worker holder = {arena, 0, -1}, self = {arena, 1, -1};
  snprintf(arena->path, sizeof(arena->path), "%s", unit_path("alive"));
  ck_assert_int_eq(os_open(arena->path, OS_OPEN_CREATE, 0600, &self.fd), MDBX_SUCCESS);
  const pid_t pid = unit_fork(die_inside, &holder);
  ck_assert(unit_await(&arena->started, 1));
  ck_assert_int_eq(os_shlock_acquire(&arena->lock, 2, worker_is_alive, &self, true), MDBX_BUSY);
  /* A second process kills the owner while this one sleeps on the lock. */
  const pid_t killer = fork();
  if (killer == 0) {
    unit_sleep_us(120000);
    kill(pid, SIGKILL);
    _exit(0);
  }
  ck_assert_int_eq(os_shlock_acquire(&arena->lock, 2, worker_is_alive, &self, false), MDBX_RESULT_TRUE);
  unit_join(killer);
  unit_wait(pid);
  ck_assert_int_eq(os_shlock_release(&arena->lock, 2, os_shlock_turn(&arena->lock)), MDBX_SUCCESS);
  os_close(self.fd);
}
END_TEST

/* ---- Threads and processes -------------------------------------------------------------------------------------- */

static void check_generation(void *context) {
  unit_require(os_fork_generation() == *(uint32_t *)context + 1);
  os_process_lock();
  os_process_unlock();
}

static void *hold_process_mutex(void *context) {
  _Atomic int *stop = context;
  while (!atomic_load(stop)) {
    os_process_lock();
    os_process_unlock();
  }
  return NULL;
}

START_TEST(fork_is_noticed_and_leaves_the_process_mutex_free) {
  uint32_t generation = os_fork_generation();
  static _Atomic int stop;
  pthread_t thread;
  atomic_store(&stop, 0);
  pthread_create(&thread, NULL, hold_process_mutex, &stop);
  for (int i = 0; i < 50; ++i)
    unit_join(unit_fork(check_generation, &generation));
  atomic_store(&stop, 1);
  pthread_join(thread, NULL);
  ck_assert_uint_eq(os_fork_generation(), generation);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("os_lock");
  TCase *ranges = tcase_create("ranges");
  tcase_add_checked_fixture(ranges, unit_setup, unit_teardown);
  tcase_add_test(ranges, ranges_conflict_between_processes);
  tcase_add_test(ranges, ranges_shared);
  tcase_add_test(ranges, ranges_of_files_and_of_processes);
  tcase_add_test(ranges, a_reopened_descriptor_is_another_open_file);
  tcase_add_test(ranges, range_wait_outlasts_signals);
  tcase_add_test(ranges, range_wait_knows_no_false_deadlock);
  suite_add_tcase(suite, ranges);
  TCase *shlock = tcase_create("shlock");
  tcase_add_test(shlock, shlock_states);
  tcase_add_test(shlock, shlock_death);
  tcase_add_test(shlock, shlock_never_robs_a_successor);
  tcase_add_test(shlock, shlock_released_by_another_thread);
  tcase_add_test(shlock, shlock_release_wakes_soon);
  tcase_add_test(shlock, shlock_bury_reaches_waiters);
  suite_add_tcase(suite, shlock);
  TCase *kills = tcase_create("kills");
  tcase_set_timeout(kills, 60);
  tcase_add_checked_fixture(kills, unit_setup, unit_teardown);
  tcase_add_test(kills, shlock_survives_random_kills);
  tcase_add_test(kills, shlock_waiter_inherits_from_a_killed_owner);
  tcase_add_test(kills, fork_is_noticed_and_leaves_the_process_mutex_free);
  suite_add_tcase(suite, kills);
  return unit_run(suite);
}
