/* SPDX-License-Identifier: Apache-2.0 */
/* The lock file: who may open, who is first, what death and fork leave behind, content nobody can trust. */
#include "file/lck.h"

#include "file/readers.h"
#include "unit.h"

#include <sys/prctl.h>

static char data_path[512], lock_path[512];
static int data_fd;
static struct lck lck;

/* What a child is told to do, and tells. */
struct stage {
  unsigned flags;
  int expected;
  bool expected_first;
  _Atomic int at, leave;
  _Atomic uint32_t process;
};
static struct stage *stage;

static void setup(void) {
  unit_setup();
  snprintf(data_path, sizeof(data_path), "%s", unit_path("mdbx.dat"));
  snprintf(lock_path, sizeof(lock_path), "%s", unit_path("mdbx.lck"));
  stage = unit_shared(sizeof(*stage));
  ck_assert_int_eq(os_open(data_path, OS_OPEN_CREATE, 0600, &data_fd), MDBX_SUCCESS);
}

static void teardown(void) {
  os_close(data_fd);
  munmap(stage, sizeof(*stage));
  unit_teardown();
}

static int try_open(struct lck *which, unsigned flags) { return lck_open(which, lock_path, data_fd, flags, 10, 0600); }

static void must_open(struct lck *which, unsigned flags, bool first) {
  ck_assert_int_eq(try_open(which, flags), MDBX_SUCCESS);
  ck_assert(which->first == first);
  lck_open_done(which);
}

/* Child: opens, tells, stays until it is told to leave, closes. */
static void child_opens(void *context) {
  struct stage *told = context;
  struct lck own;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(try_open(&own, told->flags) == told->expected);
  if (told->expected != MDBX_SUCCESS)
    return;
  unit_require(own.first == told->expected_first);
  lck_open_done(&own);
  atomic_store(&told->process, own.process);
  atomic_store(&told->at, 1);
  while (!atomic_load(&told->leave))
    unit_sleep_us(100);
  unit_require(lck_close(&own) == MDBX_SUCCESS);
}

static pid_t child_open(unsigned flags, int expected, bool first) {
  stage->flags = flags;
  stage->expected = expected;
  stage->expected_first = first;
  atomic_store(&stage->at, 0);
  atomic_store(&stage->leave, 0);
  const pid_t pid = unit_fork(child_opens, stage);
  if (expected == MDBX_SUCCESS)
    ck_assert(unit_await(&stage->at, 1));
  return pid;
}

static void child_leave(pid_t pid) {
  atomic_store(&stage->leave, 1);
  unit_join(pid);
}

/* ---- Who may open ----------------------------------------------------------------------------------------------- */

START_TEST(first_and_next) {
  must_open(&lck, 0, true);
  ck_assert_int_eq(lck.kind, LCK_KIND_SHARED);
  const pid_t pid = child_open(0, MDBX_SUCCESS, false);
  ck_assert_uint_ne(atomic_load(&stage->process), lck.process);
  ck_assert(lck_process_is_alive(&lck, atomic_load(&stage->process)));
  ck_assert(lck_process_is_alive(&lck, lck.process));
  ck_assert(!lck_process_is_alive(&lck, 77));
  ck_assert(!lck_process_is_alive(&lck, LCK_PROCESSES));
  ck_assert(!lck_process_is_alive(&lck, UINT32_MAX));
  child_leave(pid);
  ck_assert(!lck_process_is_alive(&lck, atomic_load(&stage->process)));
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
  must_open(&lck, 0, true);
  lck_close(&lck);
}
END_TEST

START_TEST(not_first_while_the_first_maker_is_gone) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  must_open(&lck, 0, false);
  child_leave(pid);
  const pid_t next = child_open(0, MDBX_SUCCESS, false);
  child_leave(next);
  lck_close(&lck);
}
END_TEST

START_TEST(twice_in_one_process) {
  struct lck second;
  must_open(&lck, 0, true);
  ck_assert(lck_is_open_here(data_fd));
  ck_assert_int_eq(try_open(&second, 0), MDBX_BUSY);
  ck_assert_int_eq(try_open(&second, LCK_EXCLUSIVE | LCK_MULTIOPEN), MDBX_BUSY);
  /* Another name of the same file, another descriptor. */
  int other_fd;
  ck_assert_int_eq(link(data_path, unit_path("alias")), 0);
  ck_assert_int_eq(os_open(unit_path("alias"), OS_OPEN_WRITE, 0, &other_fd), MDBX_SUCCESS);
  ck_assert_int_eq(lck_open(&second, unit_path("alias-lck"), other_fd, 0, 10, 0600), MDBX_BUSY);
  os_close(other_fd);
  lck_close(&lck);
  ck_assert(!lck_is_open_here(data_fd));
  must_open(&lck, 0, true);
  lck_close(&lck);
}
END_TEST

START_TEST(multi_open) {
  struct lck second, third;
  must_open(&lck, 0, true);
  must_open(&second, LCK_MULTIOPEN, false);
  ck_assert_uint_ne(lck.process, second.process);
  ck_assert(lck_process_is_alive(&lck, second.process));
  lck_publish_head(&lck, 5, 1);
  ck_assert_uint_eq(lck_head_txnid(lck_head(&second)), 5);
  ck_assert_uint_eq(lck_head_slot(lck_head(&second)), 1);
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_lock(&second, true), MDBX_BUSY);
  const uint32_t freed = second.process;
  lck_close(&second);
  ck_assert(!lck_process_is_alive(&lck, freed));
  ck_assert(lck_writer_is_mine(&lck));
  /* The locks of the first have outlived the close of the second, whose own are gone. */
  const pid_t pid = child_open(0, MDBX_SUCCESS, false);
  ck_assert_uint_eq(atomic_load(&stage->process), freed);
  child_leave(pid);
  must_open(&third, LCK_MULTIOPEN, false);
  lck_close(&lck);
  lck_close(&third);
  must_open(&lck, LCK_MULTIOPEN, true);
  lck_close(&lck);
}
END_TEST

START_TEST(exclusive_keeps_others_out) {
  must_open(&lck, LCK_EXCLUSIVE, true);
  ck_assert_int_eq(lck.kind, LCK_KIND_EXCLUSIVE);
  unit_join(child_open(0, MDBX_BUSY, false));
  unit_join(child_open(LCK_EXCLUSIVE, MDBX_BUSY, false));
  struct lck second;
  ck_assert_int_eq(try_open(&second, LCK_MULTIOPEN), MDBX_BUSY);
  lck_close(&lck);
  child_leave(child_open(0, MDBX_SUCCESS, true));
}
END_TEST

START_TEST(exclusive_is_kept_out) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  ck_assert_int_eq(try_open(&lck, LCK_EXCLUSIVE), MDBX_BUSY);
  ck_assert(!lck_is_open_here(data_fd));
  unit_kill(pid);
  must_open(&lck, LCK_EXCLUSIVE, true);
  lck_close(&lck);
}
END_TEST

static void leave_later(void *context) {
  struct stage *told = context;
  unit_sleep_us(60000);
  atomic_store(&told->leave, 1);
}

START_TEST(exclusive_may_wait) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  const pid_t timer = unit_fork(leave_later, stage);
  must_open(&lck, LCK_EXCLUSIVE | LCK_WAIT, true);
  ck_assert_int_eq(atomic_load(&stage->leave), 1);
  unit_join(timer);
  unit_join(pid);
  lck_close(&lck);
}
END_TEST

static void child_open_waits(void *context) {
  struct stage *told = context;
  struct lck own;
  atomic_store(&told->at, 1);
  unit_require(try_open(&own, 0) == MDBX_SUCCESS);
  unit_require(atomic_load(&told->leave) == 1);
  unit_require(!own.first);
  unit_require(lck_head_txnid(lck_head(&own)) == 42);
  lck_close(&own);
}

START_TEST(nobody_enters_before_recovery_is_done) {
  ck_assert_int_eq(try_open(&lck, 0), MDBX_SUCCESS);
  const pid_t pid = unit_fork(child_open_waits, stage);
  ck_assert(unit_await(&stage->at, 1));
  unit_sleep_us(50000);
  lck_publish_head(&lck, 42, 0);
  atomic_store(&stage->leave, 1);
  lck_open_done(&lck);
  unit_join(pid);
  lck_close(&lck);
}
END_TEST

static void die_in_recovery(void *context) {
  struct stage *told = context;
  struct lck own;
  unit_require(try_open(&own, 0) == MDBX_SUCCESS && own.first);
  lck_publish_head(&own, 13, 0);
  atomic_store(&told->at, 1);
  pause();
}

START_TEST(death_in_recovery_makes_the_next_one_first) {
  const pid_t pid = unit_fork(die_in_recovery, stage);
  ck_assert(unit_await(&stage->at, 1));
  unit_kill(pid);
  must_open(&lck, 0, true);
  ck_assert_uint_eq(lck_head(&lck), 0);
  lck_close(&lck);
}
END_TEST

START_TEST(failed_recovery_lets_others_try) {
  ck_assert_int_eq(try_open(&lck, 0), MDBX_SUCCESS);
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
  child_leave(child_open(0, MDBX_SUCCESS, true));
}
END_TEST

static void child_replaces_the_file(void *context) {
  struct stage *told = context;
  struct lck own;
  unit_require(try_open(&own, 0) == MDBX_SUCCESS);
  atomic_store(&told->at, 1);
  /* Long enough for the parent to wait for our opening lock. */
  unit_sleep_us(60000);
  unit_require(os_unlink(lock_path) == MDBX_SUCCESS);
  lck_close(&own);
}

START_TEST(file_removed_while_waiting_for_it) {
  struct os_file_id id;
  const pid_t pid = unit_fork(child_replaces_the_file, stage);
  ck_assert(unit_await(&stage->at, 1));
  must_open(&lck, 0, true);
  ck_assert_int_eq(os_path_id(lock_path, &id), MDBX_SUCCESS);
  unit_join(pid);
  /* The lock is on the file others will find. */
  unit_join(child_open(LCK_EXCLUSIVE, MDBX_BUSY, false));
  lck_close(&lck);
}
END_TEST

/* ---- Content ---------------------------------------------------------------------------------------------------- */

/* What is believable ends when something newer is durable, or nothing is. */
START_TEST(a_newer_durable_commit_ends_the_believable_one) {
  must_open(&lck, 0, true);
  ck_assert_uint_eq(lck_believable(&lck), TXNID_NONE);
  lck_publish_durable(&lck, 5);
  lck_publish_believable(&lck, 7);
  lck_publish_durable(&lck, 6);
  ck_assert_uint_eq(lck_believable(&lck), 7);
  lck_publish_durable(&lck, 7);
  ck_assert_uint_eq(lck_believable(&lck), TXNID_NONE);
  lck_publish_believable(&lck, 8);
  lck_publish_durable(&lck, TXNID_NONE);
  ck_assert_uint_eq(lck_believable(&lck), TXNID_NONE);
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
}
END_TEST

START_TEST(slots_fill_the_pages) {
  const size_t head = sizeof(struct lck_shared), each = sizeof(struct reader_slot), page = os_page_size();
  for (unsigned wanted = 1; wanted < 400; ++wanted) {
    const uint32_t slots = lck_readers_rounded(wanted);
    ck_assert_uint_ge(slots, wanted);
    ck_assert_uint_eq((head + slots * each) % page, 0);
    ck_assert_uint_lt(head + slots * each, ceil_to(head + wanted * each, page) + page);
  }
  ck_assert_uint_ge(lck_readers_rounded(0), 1);
  ck_assert_uint_eq(lck_readers_rounded(UINT32_MAX), lck_readers_rounded(LCK_READERS_MAX));
  must_open(&lck, 0, true);
  ck_assert_uint_eq(lck.slot_count, lck_readers_rounded(10));
  lck_close(&lck);
}
END_TEST

START_TEST(later_openers_adopt_the_size) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  ck_assert_int_eq(lck_open(&lck, lock_path, data_fd, 0, 3000, 0600), MDBX_SUCCESS);
  lck_open_done(&lck);
  ck_assert_uint_eq(lck.slot_count, lck_readers_rounded(10));
  child_leave(pid);
  lck_close(&lck);
  ck_assert_int_eq(lck_open(&lck, lock_path, data_fd, 0, 3000, 0600), MDBX_SUCCESS);
  ck_assert_uint_eq(lck.slot_count, lck_readers_rounded(3000));
  lck_close(&lck);
  must_open(&lck, 0, true);
  ck_assert_uint_eq(lck.slot_count, lck_readers_rounded(10));
  lck_close(&lck);
}
END_TEST

static void write_garbage(uint64_t offset, const void *bytes, size_t length) {
  int fd;
  char copy[64];
  ck_assert_uint_le(length, sizeof(copy));
  memcpy(copy, bytes, length);
  struct iovec one = {copy, length};
  /* From another process in spirit: closing this descriptor must not drop the locks of a test's environment. */
  ck_assert_int_eq(os_open(lock_path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_eq(os_ops_real.pwritev(fd, &one, 1, offset), MDBX_SUCCESS);
  os_close(fd);
}

static void garbage_while_in_use(uint64_t offset, const void *bytes, size_t length, int expected) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  write_garbage(offset, bytes, length);
  ck_assert_int_eq(try_open(&lck, 0), expected);
  ck_assert(!lck_is_open_here(data_fd));
  unit_kill(pid);
  if (offset == 0)
    unlink(lock_path); /* without its magic it is a strange file */
  must_open(&lck, 0, true);
  lck_close(&lck);
}

#define OFFSET(field) offsetof(struct lck_shared, field)

START_TEST(garbage_in_use_is_refused) {
  const uint32_t zero = 0, two = LCK_VERSION + 1, many = 60000, all = UINT32_MAX;
  const uint64_t huge = UINT64_MAX;
  garbage_while_in_use(OFFSET(magic), "not a lock file", 15, MDBX_INVALID);
  garbage_while_in_use(OFFSET(version), &two, 4, MDBX_VERSION_MISMATCH);
  garbage_while_in_use(OFFSET(slot_count), &zero, 4, MDBX_INVALID);
  garbage_while_in_use(OFFSET(slot_count), &many, 4, MDBX_INVALID);
  garbage_while_in_use(OFFSET(slot_count), &all, 4, MDBX_INVALID);
  garbage_while_in_use(OFFSET(length), &huge, 8, MDBX_INVALID);
}
END_TEST

START_TEST(truncated_in_use_is_refused) {
  const pid_t pid = child_open(0, MDBX_SUCCESS, true);
  ck_assert_int_eq(truncate(lock_path, 1000), 0);
  ck_assert_int_eq(try_open(&lck, 0), MDBX_INVALID);
  ck_assert_int_eq(truncate(lock_path, 7), 0);
  ck_assert_int_eq(try_open(&lck, 0), MDBX_INVALID);
  unit_kill(pid);
}
END_TEST

START_TEST(no_regular_file) {
  ck_assert_int_eq(mkdir(lock_path, 0700), 0);
  ck_assert_int_eq(try_open(&lck, 0), EISDIR);
  rmdir(lock_path);
  ck_assert_int_eq(mkfifo(lock_path, 0600), 0);
  ck_assert_int_eq(try_open(&lck, 0), MDBX_INVALID);
  ck_assert(!lck_is_open_here(data_fd));
}
END_TEST

START_TEST(wild_counts_stay_inside) {
  struct reader_slot *slot;
  struct reader_pins pins;
  must_open(&lck, 0, true);
  atomic_store(&lck.shared->readers_high, UINT32_MAX);
  ck_assert_uint_eq(readers_high_water(&lck), lck.slot_count);
  for (uint32_t i = 0; i < lck.slot_count; ++i) {
    atomic_store(&lck.slots[i].state, 0xdeadbeef);
    atomic_store(&lck.slots[i].process, UINT32_MAX - i);
    atomic_store(&lck.slots[i].txnid, UINT64_MAX - i);
  }
  readers_pins_init(&pins);
  ck_assert_int_eq(readers_collect(&lck, &pins), MDBX_SUCCESS);
  readers_pins_destroy(&pins);
  ck_assert_int_eq(readers_bind(&lck, 1, &slot), MDBX_SUCCESS);
  ck_assert_int_eq(readers_check_dead(&lck, NULL), MDBX_SUCCESS);
  /* A lock word with an owner that cannot be. */
  atomic_store(&lck.shared->writer.word, UINT64_C(0x1234567012345678));
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_RESULT_TRUE);
  lck_close(&lck);
}
END_TEST

START_TEST(mode_of_a_new_lock_file) {
  struct stat st;
  const mode_t mask = umask(0);
  ck_assert_int_eq(fchmod(data_fd, 0664), 0);
  ck_assert_int_eq(lck_open(&lck, lock_path, data_fd, 0, 10, 0), MDBX_SUCCESS);
  lck_close(&lck);
  umask(mask);
  ck_assert_int_eq(stat(lock_path, &st), 0);
  ck_assert_uint_eq(st.st_mode & 0777, 0664);
}
END_TEST

/* ---- Without a lock file ---------------------------------------------------------------------------------------- */

START_TEST(no_lock) {
  struct lck second;
  struct reader_slot *slot;
  must_open(&lck, LCK_NOLOCK, true);
  must_open(&second, LCK_NOLOCK, true);
  ck_assert_int_eq(lck.kind, LCK_KIND_PRIVATE);
  ck_assert(!os_path_exists(lock_path));
  ck_assert_int_eq(lck_writer_lock(&lck, false), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_BUSY);
  ck_assert_int_eq(lck_writer_lock(&second, true), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_SUCCESS);
  lck_publish_head(&lck, 9, 2);
  ck_assert_int_eq(readers_bind(&lck, 1, &slot), MDBX_SUCCESS);
  ck_assert_uint_eq(lck_head_txnid(readers_pin(&lck, slot)), 9);
  ck_assert_int_eq(readers_check_dead(&lck, NULL), MDBX_SUCCESS);
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
  ck_assert_int_eq(lck_close(&second), MDBX_SUCCESS);
}
END_TEST

START_TEST(lock_file_that_cannot_be) {
  /* On a writable file system a reader without a lock file would read while others write: an error, no fall-back. */
  ck_assert_int_eq(lck_open(&lck, unit_path("absent/lck"), data_fd, LCK_READONLY, 10, 0600), ENOENT);
  ck_assert(!lck_is_open_here(data_fd));
  ck_assert_int_eq(lck_close(&lck), MDBX_SUCCESS);
}
END_TEST

/* ---- Death ------------------------------------------------------------------------------------------------------ */

static void hold_everything(void *context) {
  struct stage *told = context;
  struct lck own;
  struct reader_slot *slot;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  unit_require(try_open(&own, 0) == MDBX_SUCCESS);
  lck_open_done(&own);
  for (int i = 0; i < 3; ++i) {
    unit_require(readers_bind(&own, 100, &slot) == MDBX_SUCCESS);
    readers_pin(&own, slot);
  }
  unit_require(lck_sealer_lock(&own, false) == MDBX_SUCCESS);
  unit_require(lck_writer_lock(&own, false) == MDBX_SUCCESS);
  unit_require(lck_table_lock(&own) == MDBX_SUCCESS);
  atomic_store(&told->process, own.process);
  atomic_store(&told->at, 1);
  pause();
}

static pid_t start_holding(void) {
  atomic_store(&stage->at, 0);
  const pid_t pid = unit_fork(hold_everything, stage);
  ck_assert(unit_await(&stage->at, 1));
  return pid;
}

START_TEST(locks_of_the_dead_pass_on) {
  must_open(&lck, 0, true);
  lck_publish_head(&lck, 3, 0);
  const pid_t pid = start_holding();
  ck_assert_int_eq(lck_sealer_lock(&lck, true), MDBX_BUSY);
  ck_assert(lck_sealer_is_held(&lck));
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_BUSY);
  unit_kill(pid);
  ck_assert_int_eq(lck_sealer_lock(&lck, true), MDBX_SUCCESS);
  lck_sealer_unlock(&lck);
  ck_assert(!lck_sealer_is_held(&lck));
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_RESULT_TRUE);
  ck_assert(lck_writer_is_mine(&lck));
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_lock(&lck, false), MDBX_SUCCESS);
  unsigned count;
  ck_assert_int_eq(readers_check_dead(&lck, &count), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(count, 3);
  ck_assert_uint_eq(readers_oldest(&lck), 3);
  lck_close(&lck);
}
END_TEST

START_TEST(an_index_taken_again_is_clean) {
  must_open(&lck, 0, true);
  lck_publish_head(&lck, 3, 0);
  const pid_t pid = start_holding();
  const uint32_t stale = atomic_load(&stage->process);
  unit_kill(pid);
  lck_publish_head(&lck, 8, 0);
  /* The next opener gets the same index, so the dead one's byte is held again, by a living process. */
  const pid_t next = child_open(0, MDBX_SUCCESS, false);
  ck_assert_uint_eq(atomic_load(&stage->process), stale);
  ck_assert_uint_eq(readers_oldest(&lck), 8);
  ck_assert_int_eq(readers_check_dead(&lck, NULL), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_RESULT_TRUE);
  lck_close(&lck);
  child_leave(next);
}
END_TEST

START_TEST(close_with_the_writer_lock_held) {
  struct lck second;
  must_open(&lck, 0, true);
  must_open(&second, LCK_MULTIOPEN, false);
  ck_assert_int_eq(lck_writer_lock(&lck, false), MDBX_SUCCESS);
  lck_close(&lck);
  ck_assert_int_eq(lck_writer_lock(&second, true), MDBX_RESULT_TRUE);
  lck_close(&second);
}
END_TEST

/* Opens and closes, with a lock taken and a slot bound now and then, until it is killed. */
static void live_dangerously(void *context) {
  struct stage *told = context;
  uint64_t seed = (uint64_t)getpid() * 2654435761u + 1;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    struct lck own;
    struct reader_slot *slot;
    const unsigned flags = unit_random(&seed) % 16 ? 0 : LCK_EXCLUSIVE;
    const int rc = try_open(&own, flags);
    if (rc == MDBX_BUSY)
      continue;
    unit_require(rc == MDBX_SUCCESS);
    if (own.first)
      lck_publish_head(&own, 5, 0);
    unit_require(lck_head_txnid(lck_head(&own)) == 5);
    lck_open_done(&own);
    unit_require(readers_bind(&own, 1, &slot) == MDBX_SUCCESS);
    readers_pin(&own, slot);
    const int locked = lck_writer_lock(&own, false);
    unit_require(locked == MDBX_SUCCESS || locked == MDBX_RESULT_TRUE);
    if (unit_random(&seed) % 2)
      unit_require(lck_writer_unlock(&own) == MDBX_SUCCESS);
    readers_release(&own, slot);
    unit_require(lck_close(&own) == MDBX_SUCCESS);
    atomic_fetch_add(&told->at, 1);
  }
}

START_TEST(open_and_close_under_random_kills) {
  pid_t pids[4];
  uint64_t seed = 31337;
  for (int i = 0; i < 4; ++i)
    pids[i] = unit_fork(live_dangerously, stage);
  const uint64_t start = unit_monotonic_ns();
  while (unit_monotonic_ns() - start < UINT64_C(2500000000) || atomic_load(&stage->at) <= 100) {
    unit_sleep_us((unsigned)(unit_random(&seed) % 15000));
    const unsigned victim = unit_random(&seed) % 4;
    unit_kill(pids[victim]);
    pids[victim] = unit_fork(live_dangerously, stage);
  }
  for (int i = 0; i < 4; ++i)
    unit_kill(pids[i]);
  printf("lock file: %d lives\n", atomic_load(&stage->at));
  must_open(&lck, LCK_EXCLUSIVE, true);
  lck_close(&lck);
}
END_TEST

/* ---- Fork ------------------------------------------------------------------------------------------------------- */

static void close_inherited(void *context) {
  (void)context;
  unit_require(lck_is_inherited(&lck));
  unit_require(!lck_is_open_here(data_fd));
  unit_require(lck_close(&lck) == MDBX_SUCCESS);
}

START_TEST(child_closes_what_it_inherited) {
  struct reader_slot *slot;
  must_open(&lck, 0, true);
  lck_publish_head(&lck, 4, 0);
  ck_assert_int_eq(readers_bind(&lck, 1, &slot), MDBX_SUCCESS);
  readers_pin(&lck, slot);
  ck_assert_int_eq(lck_writer_lock(&lck, false), MDBX_SUCCESS);
  unit_join(unit_fork(close_inherited, NULL));
  ck_assert(lck_writer_is_mine(&lck));
  ck_assert(readers_holds(slot, 4));
  unit_join(child_open(LCK_EXCLUSIVE, MDBX_BUSY, false));
  child_leave(child_open(0, MDBX_SUCCESS, false));
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_SUCCESS);
  lck_close(&lck);
}
END_TEST

/* The child opens the same database by itself, and only then closes what it inherited. */
static void open_own_then_close_inherited(void *context) {
  struct stage *told = context;
  struct lck own;
  unit_require(try_open(&own, 0) == MDBX_SUCCESS && !own.first);
  lck_open_done(&own);
  unit_require(own.process != lck.process);
  atomic_store(&told->process, own.process);
  unit_require(lck_close(&lck) == MDBX_SUCCESS);
  atomic_store(&told->at, 1);
  while (!atomic_load(&told->leave))
    unit_sleep_us(100);
  unit_require(lck_close(&own) == MDBX_SUCCESS);
}

START_TEST(child_keeps_its_own_locks) {
  must_open(&lck, 0, true);
  const pid_t pid = unit_fork(open_own_then_close_inherited, stage);
  ck_assert(unit_await(&stage->at, 1));
  ck_assert(lck_process_is_alive(&lck, atomic_load(&stage->process)));
  child_leave(pid);
  ck_assert(!lck_process_is_alive(&lck, atomic_load(&stage->process)));
  lck_close(&lck);
}
END_TEST

static void outlive_parent(void *context) {
  struct stage *told = context;
  atomic_store(&told->at, 1);
  while (!atomic_load(&told->leave))
    unit_sleep_us(100);
}

START_TEST(child_does_not_keep_the_database_open) {
  must_open(&lck, 0, true);
  const pid_t pid = unit_fork(outlive_parent, stage);
  ck_assert(unit_await(&stage->at, 1));
  lck_close(&lck);
  must_open(&lck, LCK_EXCLUSIVE, true);
  lck_close(&lck);
  atomic_store(&stage->leave, 1);
  unit_join(pid);
}
END_TEST

/* ---- Threads ---------------------------------------------------------------------------------------------------- */

#define OPENERS 4
#define ROUNDS 200

static _Atomic int thread_failures, first_openers;
static pthread_barrier_t round_barrier;

static void count_failure(bool failed) {
  if (failed)
    atomic_fetch_add(&thread_failures, 1);
}

static void *open_and_close(void *context) {
  for (int i = 0; i < ROUNDS; ++i) {
    struct lck own;
    pthread_barrier_wait(&round_barrier);
    const int rc = try_open(&own, LCK_MULTIOPEN);
    count_failure(rc != MDBX_SUCCESS);
    if (rc == MDBX_SUCCESS) {
      atomic_fetch_add(&first_openers, own.first);
      lck_open_done(&own);
      count_failure(lck_writer_lock(&own, false) != MDBX_SUCCESS || lck_writer_unlock(&own) != MDBX_SUCCESS);
    }
    pthread_barrier_wait(&round_barrier);
    if (rc == MDBX_SUCCESS)
      count_failure(lck_close(&own) != MDBX_SUCCESS);
  }
  return context;
}

/* All at once, from nothing, so that they meet while the first of them opens the file. */
START_TEST(threads_open_and_close) {
  pthread_t threads[OPENERS];
  atomic_store(&thread_failures, 0);
  atomic_store(&first_openers, 0);
  pthread_barrier_init(&round_barrier, NULL, OPENERS);
  for (size_t i = 0; i < OPENERS; ++i)
    pthread_create(&threads[i], NULL, open_and_close, NULL);
  for (size_t i = 0; i < OPENERS; ++i)
    pthread_join(threads[i], NULL);
  pthread_barrier_destroy(&round_barrier);
  ck_assert_int_eq(atomic_load(&thread_failures), 0);
  ck_assert_int_eq(atomic_load(&first_openers), ROUNDS);
  ck_assert(!lck_is_open_here(data_fd));
}
END_TEST

/* Processes made for 32 and for 64 bits, by any compiler, share the file. */
START_TEST(layout_is_the_same_everywhere) {
  ck_assert_uint_eq(sizeof(struct reader_slot), 64);
  ck_assert_uint_eq(offsetof(struct reader_slot, state), 8);
  ck_assert_uint_eq(offsetof(struct reader_slot, process), 12);
  ck_assert_uint_eq(offsetof(struct reader_slot, pid), 16);
  ck_assert_uint_eq(offsetof(struct reader_slot, tid), 24);
  ck_assert_uint_eq(offsetof(struct reader_slot, pages_used), 32);
  ck_assert_uint_eq(offsetof(struct reader_slot, ticket), 48);
  ck_assert_uint_eq(offsetof(struct reader_slot, parked), 56);
  ck_assert_uint_eq(sizeof(struct lck_shared), 512);
  ck_assert_uint_eq(offsetof(struct lck_shared, length), 16);
  ck_assert_uint_eq(offsetof(struct lck_shared, data), 24);
  ck_assert_uint_eq(offsetof(struct lck_shared, head), 64);
  ck_assert_uint_eq(offsetof(struct lck_shared, writer), 128);
  ck_assert_uint_eq(offsetof(struct lck_shared, pending), 192);
  ck_assert_uint_eq(offsetof(struct lck_shared, failures), 216);
  ck_assert_uint_eq(offsetof(struct lck_shared, flusher), 240);
  ck_assert_uint_eq(offsetof(struct lck_shared, metas), 248);
  ck_assert_uint_eq(offsetof(struct lck_shared, table), 256);
  ck_assert_uint_eq(offsetof(struct lck_shared, tickets), 280);
  ck_assert_uint_eq(offsetof(struct lck_shared, last_check), 296);
  ck_assert_uint_eq(offsetof(struct lck_shared, unsynced_bytes), 320);
  ck_assert_uint_eq(offsetof(struct lck_shared, mode), 352);
  ck_assert_uint_eq(offsetof(struct lck_shared, waiting_bytes), 360);
  ck_assert_uint_eq(offsetof(struct lck_shared, waiting_since), 376);
  ck_assert_uint_eq(offsetof(struct lck_shared, counters), 384);
}
END_TEST

static void add_opening_tests(Suite *suite) {
  TCase *tc = tcase_create("opening");
  tcase_set_timeout(tc, 20);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, layout_is_the_same_everywhere);
  tcase_add_test(tc, first_and_next);
  tcase_add_test(tc, not_first_while_the_first_maker_is_gone);
  tcase_add_test(tc, twice_in_one_process);
  tcase_add_test(tc, multi_open);
  tcase_add_test(tc, exclusive_keeps_others_out);
  tcase_add_test(tc, exclusive_is_kept_out);
  tcase_add_test(tc, exclusive_may_wait);
  tcase_add_test(tc, nobody_enters_before_recovery_is_done);
  tcase_add_test(tc, death_in_recovery_makes_the_next_one_first);
  tcase_add_test(tc, failed_recovery_lets_others_try);
  tcase_add_test(tc, file_removed_while_waiting_for_it);
  tcase_add_test(tc, no_lock);
  tcase_add_test(tc, lock_file_that_cannot_be);
  tcase_add_test(tc, threads_open_and_close);
  suite_add_tcase(suite, tc);
}

static void add_content_tests(Suite *suite) {
  TCase *tc = tcase_create("content");
  tcase_set_timeout(tc, 20);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, a_newer_durable_commit_ends_the_believable_one);
  tcase_add_test(tc, slots_fill_the_pages);
  tcase_add_test(tc, later_openers_adopt_the_size);
  tcase_add_test(tc, garbage_in_use_is_refused);
  tcase_add_test(tc, truncated_in_use_is_refused);
  tcase_add_test(tc, no_regular_file);
  tcase_add_test(tc, wild_counts_stay_inside);
  tcase_add_test(tc, mode_of_a_new_lock_file);
  suite_add_tcase(suite, tc);
}

static void add_death_tests(Suite *suite) {
  TCase *tc = tcase_create("death and fork");
  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, locks_of_the_dead_pass_on);
  tcase_add_test(tc, an_index_taken_again_is_clean);
  tcase_add_test(tc, close_with_the_writer_lock_held);
  tcase_add_test(tc, open_and_close_under_random_kills);
  tcase_add_test(tc, child_closes_what_it_inherited);
  tcase_add_test(tc, child_keeps_its_own_locks);
  tcase_add_test(tc, child_does_not_keep_the_database_open);
  suite_add_tcase(suite, tc);
}

int main(void) {
  Suite *suite = suite_create("lck");
  add_opening_tests(suite);
  add_content_tests(suite);
  add_death_tests(suite);
  return unit_run(suite);
}
