/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand at the lock file's name, one data file with two lock files, and locks that somebody gave up. */
#include "file/lck.h"

#include "file/readers.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#ifdef __linux__
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

static char data_path[512], lock_path[512], other_path[512];
static int data_fd;
static struct lck lck;

static void setup(void) {
  unit_setup();
  snprintf(data_path, sizeof(data_path), "%s", unit_path("mdbx.dat"));
  snprintf(lock_path, sizeof(lock_path), "%s", unit_path("mdbx.lck"));
  snprintf(other_path, sizeof(other_path), "%s", unit_path("other"));
  ck_assert_int_eq(os_open(data_path, OS_OPEN_CREATE, 0600, &data_fd), MDBX_SUCCESS);
}

static void teardown(void) {
  os_close(data_fd);
  unit_teardown();
}

static int try_open(const char *path, int fd, struct lck *which) { return lck_open(which, path, fd, 0, 10, 0600); }

static void must_open(struct lck *which) {
  ck_assert_int_eq(try_open(lock_path, data_fd, which), MDBX_SUCCESS);
  lck_open_done(which);
}

static size_t read_file(const char *path, char *bytes, size_t room) {
  const int fd = open(path, O_RDONLY);
  ck_assert_int_ge(fd, 0);
  const ssize_t got = read(fd, bytes, room);
  close(fd);
  ck_assert_int_ge(got, 0);
  return (size_t)got;
}

static void write_file(const char *path, const char *bytes, size_t length) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
  close(fd);
}

/* ---- What is there -----------------------------------------------------------------------------------------------*/

/* Opening is refused, with and without LCK_READONLY, and the file is as it was. */
static void must_be_left_alone(const char *path) {
  static char before[65536], after[65536];
  const size_t length = read_file(path, before, sizeof(before));
  for (unsigned flags = 0; flags <= LCK_READONLY; flags += LCK_READONLY) {
    ck_assert_int_eq(lck_open(&lck, lock_path, data_fd, flags, 10, 0600), MDBX_INVALID);
    ck_assert(!lck_is_open_here(data_fd));
    ck_assert_uint_eq(read_file(path, after, sizeof(after)), length);
    ck_assert_int_eq(memcmp(before, after, length), 0);
  }
}

START_TEST(a_strange_file_is_left_alone) {
  static const size_t lengths[] = {1, 7, 8, 9, 447, 448, 4096, 8192, 20000};
  static char bytes[20000];
  for (size_t i = 0; i < sizeof(bytes); ++i)
    bytes[i] = (char)(i * 7 + 1);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); ++i) {
    write_file(lock_path, bytes, lengths[i]);
    must_be_left_alone(lock_path);
  }
  /* Zeros at first, something else later. */
  memset(bytes, 0, sizeof(bytes) - 1);
  write_file(lock_path, bytes, sizeof(bytes));
  must_be_left_alone(lock_path);
}
END_TEST

START_TEST(links_are_not_followed) {
  write_file(other_path, "precious", 8);
  ck_assert_int_eq(symlink(other_path, lock_path), 0);
  must_be_left_alone(other_path);
  /* Not even to a file that is empty, or is not there. */
  write_file(other_path, "", 0);
  must_be_left_alone(other_path);
  unlink(other_path);
  ck_assert_int_eq(try_open(lock_path, data_fd, &lck), MDBX_INVALID);
  ck_assert(!os_path_exists(other_path));
}
END_TEST

START_TEST(the_data_file_is_no_lock_file) {
  for (int i = 0; i < 2; ++i) {
    ck_assert_int_eq(link(data_path, lock_path), 0);
    must_be_left_alone(data_path);
    unlink(lock_path);
    write_file(data_path, "some data", 9);
  }
}
END_TEST

START_TEST(a_blank_file_becomes_a_lock_file) {
  static const size_t lengths[] = {0, 1, 8, 500, 8192, 100000};
  static char zeros[100000];
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); ++i) {
    write_file(lock_path, zeros, lengths[i]);
    must_open(&lck);
    ck_assert(lck.first);
    lck_close(&lck);
  }
}
END_TEST

/* A lock file that nobody uses, whatever it holds behind its magic. */
START_TEST(a_lock_file_is_made_anew) {
  static char bytes[20000];
  must_open(&lck);
  lck_publish_head(&lck, 77, 1);
  lck_close(&lck);
  const size_t length = read_file(lock_path, bytes, sizeof(bytes));
  for (size_t i = 8; i < sizeof(bytes); ++i)
    bytes[i] = (char)(i * 7 + 1);
  static const size_t lengths[] = {8, 9, 100, 448, 5000, 20000};
  ck_assert_uint_ge(length, 448);
  for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); ++i) {
    write_file(lock_path, bytes, lengths[i]);
    must_open(&lck);
    ck_assert_uint_eq(lck_head(&lck), 0);
    ck_assert_uint_eq(lck.shared->readers_high, 0);
    for (uint32_t k = 0; k < lck.slot_count; ++k)
      ck_assert_uint_eq(lck.slots[k].state, READER_FREE);
    lck_close(&lck);
  }
}
END_TEST

START_TEST(a_lock_file_of_lmdb_is_taken_over) {
  static const char bytes[] = "\xde\xc0\xef\xbe\x01\x02\x03\x04 and what LMDB has behind that";
  write_file(lock_path, bytes, sizeof(bytes));
  must_open(&lck);
  ck_assert(lck.first);
  lck_close(&lck);
  write_file(lock_path, bytes, 7);
  must_be_left_alone(lock_path);
}
END_TEST

START_TEST(the_lock_file_of_another_database_is_refused) {
  struct lck second;
  int other_fd;
  must_open(&lck);
  ck_assert_int_eq(os_open(other_path, OS_OPEN_CREATE, 0600, &other_fd), MDBX_SUCCESS);
  ck_assert_int_eq(try_open(lock_path, other_fd, &second), MDBX_INVALID);
  lck_close(&lck);
  os_close(other_fd);
}
END_TEST

/* ---- Two lock files for one data file ----------------------------------------------------------------------------*/

struct visit {
  const char *data, *lock;
  int expected;
};

static void visit(void *context) {
  const struct visit *told = context;
  struct lck own;
  int fd;
  unit_require(os_open(told->data, OS_OPEN_READ, 0, &fd) == MDBX_SUCCESS);
  const int rc = try_open(told->lock, fd, &own);
  if (rc != told->expected)
    fprintf(stderr, "%s with %s: %d\n", told->data, told->lock, rc);
  unit_require(rc == told->expected);
  if (rc != MDBX_SUCCESS)
    return;
  lck_open_done(&own);
  unit_require(lck_close(&own) == MDBX_SUCCESS);
}

START_TEST(one_data_file_has_one_lock_file) {
  struct visit other = {data_path, other_path, MDBX_DUPLICATED_LCK}, same = {data_path, lock_path, MDBX_SUCCESS};
  must_open(&lck);
  unit_join(unit_fork(visit, &other));
  unit_join(unit_fork(visit, &same));
  lck_close(&lck);
  other.expected = MDBX_SUCCESS;
  unit_join(unit_fork(visit, &other));
}
END_TEST

START_TEST(links_to_the_data_file_are_the_data_file) {
  char name[512];
  snprintf(name, sizeof(name), "%s", unit_path("link"));
  struct visit linked = {name, other_path, MDBX_DUPLICATED_LCK};
  must_open(&lck);
  ck_assert_int_eq(symlink(data_path, name), 0);
  unit_join(unit_fork(visit, &linked));
  unlink(name);
  ck_assert_int_eq(link(data_path, name), 0);
  unit_join(unit_fork(visit, &linked));
  lck_close(&lck);
}
END_TEST

START_TEST(a_lock_file_removed_and_made_anew_is_another) {
  struct visit again = {data_path, lock_path, MDBX_DUPLICATED_LCK};
  must_open(&lck);
  ck_assert_int_eq(rename(lock_path, other_path), 0);
  unit_join(unit_fork(visit, &again));
  unlink(lock_path);
  ck_assert_int_eq(rename(other_path, lock_path), 0);
  again.expected = MDBX_SUCCESS;
  unit_join(unit_fork(visit, &again));
  lck_close(&lck);
}
END_TEST

/* ---- Locks given up ----------------------------------------------------------------------------------------------*/

static void take_the_writer_lock(void *context) {
  struct lck own;
  unit_require(try_open(lock_path, data_fd, &own) == MDBX_SUCCESS);
  lck_open_done(&own);
  unit_require(lck_writer_lock(&own, true) == *(const int *)context);
  unit_require(lck_close(&own) == MDBX_SUCCESS);
}

static void close_others(void) {
  const char *const paths[] = {lock_path, data_path};
  for (int i = 0; i < 2; ++i) {
    const int fd = open(paths[i], O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    close(fd);
  }
}

START_TEST(closing_another_descriptor_changes_nothing) {
  int busy = MDBX_BUSY;
  struct visit other = {data_path, other_path, MDBX_DUPLICATED_LCK};
  if (!os_range_belongs_to_file()) {
    unit_left_out(__func__, "this system has no locks of the open file");
    return;
  }
  must_open(&lck);
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_SUCCESS);
  close_others();
  unit_join(unit_fork(take_the_writer_lock, &busy));
  unit_join(unit_fork(visit, &other));
  ck_assert(lck_writer_is_mine(&lck));
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_SUCCESS);
  lck_close(&lck);
}
END_TEST

START_TEST(a_lock_taken_away_is_noticed) {
  const uint32_t token = 1;
  must_open(&lck);
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_SUCCESS);
  /* Another process, that even got the same index. */
  struct os_shlock *lock = &lck.shared->writer;
  ck_assert_uint_eq(lck.process + 1, token);
  ck_assert(os_shlock_bury(lock, token));
  ck_assert(!lck_writer_is_mine(&lck));
  ck_assert_int_eq(os_shlock_acquire(lock, token, NULL, NULL, true), MDBX_RESULT_TRUE);
  ck_assert(!lck_writer_is_mine(&lck));
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_PROBLEM);
  ck_assert_uint_eq(os_shlock_owner(lock), token);
  lck_close(&lck);
}
END_TEST

struct family {
  _Atomic int at, leave;
};

static void sleep_on(void *context) {
  struct family *family = context;
  atomic_store(&family->at, 1);
  while (!atomic_load(&family->leave))
    unit_sleep_us(100);
}

static void lock_and_have_a_child(void *context) {
  unit_require(lck_writer_lock(&lck, true) == MDBX_SUCCESS);
  unit_fork(sleep_on, context);
  for (;;)
    unit_sleep_us(100000);
}

static void hold_and_have_a_child(void *context) {
  must_open(&lck);
  lock_and_have_a_child(context);
}

/* The child has the descriptors, but it has not got the locks. */
static void must_not_keep_locks(void (*parent)(void *context)) {
  struct family *family = unit_shared(sizeof(*family));
  const pid_t pid = unit_fork(parent, family);
  ck_assert(unit_await(&family->at, 1));
  unit_kill(pid);
  ck_assert_int_eq(lck_open(&lck, lock_path, data_fd, LCK_EXCLUSIVE, 10, 0600), MDBX_SUCCESS);
  ck_assert(lck.first);
  lck_open_done(&lck);
  lck_close(&lck);
  atomic_store(&family->leave, 1);
  munmap(family, sizeof(*family));
}

START_TEST(a_child_does_not_keep_the_locks_of_the_dead) { must_not_keep_locks(hold_and_have_a_child); }
END_TEST

/* As after chroot(), or after setuid() to somebody who may not open the file. */
static void let_no_file_be_opened(void) {
  const struct rlimit few = {256, 256};
  unit_require(setrlimit(RLIMIT_NOFILE, &few) == 0);
  while (dup(STDIN_FILENO) >= 0)
    continue;
}

static void hold_and_have_a_poor_child(void *context) {
  must_open(&lck);
  let_no_file_be_opened();
  lock_and_have_a_child(context);
}

START_TEST(a_child_that_can_open_nothing_does_not_keep_them_either) { must_not_keep_locks(hold_and_have_a_poor_child); }
END_TEST

/* ---- Locks of the process ----------------------------------------------------------------------------------------*/

#ifdef __linux__
/* From now on the system knows no locks of open files, as old kernels and some sandboxes do not. */
static bool forbid_locks_of_files(void) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef __NR_fcntl64
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fcntl64, 0, 4),
#else
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_fcntl, 0, 4),
#endif
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, F_OFD_GETLK, 0, 2),
      BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, F_OFD_SETLKW, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const struct sock_fprog program = {COUNT_OF(code), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}
#else
static bool forbid_locks_of_files(void) { return true; }
#endif

struct poor {
  struct family family;
  _Atomic bool impossible;
};

static void hold_as_a_process(void *context) {
  struct poor *poor = context;
  atomic_store(&poor->impossible, !forbid_locks_of_files());
  must_open(&lck);
  unit_require(atomic_load(&poor->impossible) || !os_range_belongs_to_file());
  unit_require(lck.process == 0);
  sleep_on(&poor->family);
  unit_require(lck_close(&lck) == MDBX_SUCCESS);
}

/* They would go with any descriptor of the file that is closed on the way. */
START_TEST(opening_drops_no_lock_of_the_process) {
  struct poor *poor = unit_shared(sizeof(*poor));
  const pid_t pid = unit_fork(hold_as_a_process, poor);
  ck_assert(unit_await(&poor->family.at, 1));
  if (atomic_load(&poor->impossible))
    unit_left_out(__func__, "this system filters no calls");
  must_open(&lck);
  ck_assert(!lck.first);
  ck_assert_uint_eq(lck.process, 1);
  ck_assert(lck_process_is_alive(&lck, 0));
  atomic_store(&poor->family.leave, 1);
  unit_join(pid);
  ck_assert(!lck_process_is_alive(&lck, 0));
  lck_close(&lck);
  munmap(poor, sizeof(*poor));
}
END_TEST

static void reopen_in_child(void *context) {
  (void)context;
  unit_require(unlink(lock_path) == 0);
  unit_require(lck_reopen(&lck, lock_path, data_fd, 0) == MDBX_SUCCESS);
  lck_open_done(&lck);
  unit_require(lck_writer_lock(&lck, true) == MDBX_SUCCESS);
  unit_require(lck_writer_unlock(&lck) == MDBX_SUCCESS);
  unit_require(lck_close(&lck) == MDBX_SUCCESS);
}

/* By the descriptor: the name need not be there any more. */
START_TEST(a_child_goes_on_without_the_name) {
  must_open(&lck);
  unit_join(unit_fork(reopen_in_child, NULL));
  ck_assert_int_eq(lck_writer_lock(&lck, true), MDBX_SUCCESS);
  ck_assert_int_eq(lck_writer_unlock(&lck), MDBX_SUCCESS);
  lck_close(&lck);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lck_names");
  TCase *tc = tcase_create("names");
  tcase_set_timeout(tc, 60);
  tcase_add_checked_fixture(tc, setup, teardown);
  tcase_add_test(tc, a_strange_file_is_left_alone);
  tcase_add_test(tc, links_are_not_followed);
  tcase_add_test(tc, the_data_file_is_no_lock_file);
  tcase_add_test(tc, a_blank_file_becomes_a_lock_file);
  tcase_add_test(tc, a_lock_file_is_made_anew);
  tcase_add_test(tc, a_lock_file_of_lmdb_is_taken_over);
  tcase_add_test(tc, the_lock_file_of_another_database_is_refused);
  tcase_add_test(tc, one_data_file_has_one_lock_file);
  tcase_add_test(tc, links_to_the_data_file_are_the_data_file);
  tcase_add_test(tc, a_lock_file_removed_and_made_anew_is_another);
  tcase_add_test(tc, closing_another_descriptor_changes_nothing);
  tcase_add_test(tc, a_lock_taken_away_is_noticed);
  tcase_add_test(tc, a_child_does_not_keep_the_locks_of_the_dead);
  tcase_add_test(tc, a_child_that_can_open_nothing_does_not_keep_them_either);
  tcase_add_test(tc, opening_drops_no_lock_of_the_process);
  tcase_add_test(tc, a_child_goes_on_without_the_name);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
