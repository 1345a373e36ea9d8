/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of how a process takes part: without a lock file (mdbx_env_set_lockless), with a limit of its own, and when others
 * take it for dead. */
#include "api.h"

#include "file/lck.h"

#include <fcntl.h>
#include <sys/file.h>

static MDBX_env *open_lockless(unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_lockless(env, true));
  OK(mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, -1));
  OK(api_try_open(env, flags));
  return env;
}

static void env_is_sound(void) {
  MDBX_env *env = api_open(0);
  api_sound(env);
  OK(mdbx_env_close(env));
}

static void put_number(MDBX_env *env, unsigned number) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val key = {&number, sizeof(number)}, data = {&number, sizeof(number)};
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
}

static bool has_number(MDBX_env *env, unsigned number) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_val key = {&number, sizeof(number)}, data;
  const int rc = mdbx_get(txn, DBI_MAIN, &key, &data);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  return rc == MDBX_SUCCESS;
}

START_TEST(test_no_lock_file_is_made) {
  MDBX_env *env = open_lockless(0);
  put_number(env, 1);
  ck_assert(has_number(env, 1));
  ck_assert_int_eq(access(unit_path(API_DB "-lck"), F_OK), -1);
  IS(mdbx_env_set_lockless(env, false), MDBX_EPERM);
  OK(mdbx_env_close(env));
  IS(mdbx_env_set_lockless(NULL, true), MDBX_EINVAL);
  /* And the usual way goes on with the file. */
  env = api_open(0);
  ck_assert(has_number(env, 1));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_no_lock_is_taken) {
  MDBX_env *env = open_lockless(0);
  mdbx_filehandle_t fd;
  OK(mdbx_env_get_fd(env, &fd));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
  const int other = open(unit_path(API_DB), O_RDWR);
  ck_assert_int_eq(fcntl(other, F_OFD_SETLK, &all), 0);
  all.l_type = F_UNLCK;
  ck_assert_int_eq(fcntl(other, F_OFD_SETLK, &all), 0);
  ck_assert_int_eq(flock(other, LOCK_EX | LOCK_NB), 0);
  close(other);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* Two environments of one process are to each other what processes are. */
START_TEST(test_commits_of_others_are_seen) {
  MDBX_env *one = open_lockless(0), *two = open_lockless(0), *reader = open_lockless(MDBX_RDONLY);
  for (unsigned i = 0; i < 200; ++i) {
    put_number(i % 3 ? one : two, i);
    ck_assert(has_number(one, i));
    ck_assert(has_number(two, i));
    ck_assert(has_number(reader, i));
  }
  MDBX_envinfo info;
  OK(mdbx_env_info_ex(reader, NULL, &info, sizeof(info)));
  ck_assert_uint_eq(info.mi_recent_txnid, 203);
  MDBX_txn *txn = api_begin(reader, MDBX_TXN_RDONLY);
  IS(mdbx_txn_refresh(txn), MDBX_RESULT_TRUE);
  put_number(one, 1000);
  OK(mdbx_txn_refresh(txn));
  ck_assert_uint_eq(mdbx_txn_id(txn), 204);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(two));
  OK(mdbx_env_close(reader));
  OK(mdbx_env_close(one));
  env_is_sound();
}
END_TEST

static void grow(MDBX_env *env, unsigned count) {
  static char bytes[3000];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < count; ++i) {
    MDBX_val key = {&i, sizeof(i)}, data = {bytes, sizeof(bytes)};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
}

START_TEST(test_growth_by_another_one) {
  static const unsigned modes[] = {0, MDBX_WRITEMAP, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP};
  const unsigned mode = modes[_i];
  MDBX_env *one = open_lockless(mode), *two = open_lockless(mode);
  for (unsigned round = 1; round < 6; ++round) {
    grow(round % 2 ? one : two, round * 100);
    ck_assert(has_number(one, round * 100 - 1));
    ck_assert(has_number(two, round * 100 - 1));
  }
  MDBX_txn *txn = api_begin(one, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, DBI_MAIN, false));
  OK(mdbx_txn_commit(txn));
  ck_assert(!has_number(two, 1));
  put_number(two, 7);
  ck_assert(has_number(one, 7));
  OK(mdbx_env_close(one));
  OK(mdbx_env_close(two));
  env_is_sound();
}
END_TEST

/* Processes under a lock of their own; one in three is killed while it holds it. */
static void run_under_own_lock(void *context) {
  const unsigned *round = context;
  MDBX_env *env = open_lockless(MDBX_SAFE_NOSYNC);
  mdbx_filehandle_t fd;
  OK(mdbx_env_get_fd(env, &fd));
  for (unsigned i = 0; i < 20; ++i) {
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    unit_require(fcntl(fd, F_SETLKW, &all) == 0);
    put_number(env, *round * 100 + i);
    if (*round % 3 == 0 && i == 15)
      kill(getpid(), SIGKILL);
    all.l_type = F_UNLCK;
    unit_require(fcntl(fd, F_SETLK, &all) == 0);
  }
  OK(mdbx_env_close(env));
}

START_TEST(test_processes_under_a_lock_of_their_own) {
  pid_t children[6];
  unsigned rounds[6];
  OK(mdbx_env_close(open_lockless(0)));
  for (unsigned i = 0; i < 6; ++i) {
    rounds[i] = i;
    children[i] = unit_fork(run_under_own_lock, &rounds[i]);
  }
  for (unsigned i = 0; i < 6; ++i) {
    int status;
    ck_assert_int_eq(waitpid(children[i], &status, 0), children[i]);
    ck_assert(i % 3 ? WIFEXITED(status) && WEXITSTATUS(status) == 0 : WIFSIGNALED(status));
  }
  MDBX_env *env = open_lockless(MDBX_RDONLY);
  for (unsigned i = 0; i < 6; ++i)
    for (unsigned k = 0; k < (i % 3 ? 20 : 16); ++k)
      ck_assert_msg(has_number(env, i * 100 + k), "%u of %u", k, i);
  OK(mdbx_env_close(env));
  env_is_sound();
}
END_TEST

static void commit_for_ever(void *unused) {
  MDBX_env *env = open_lockless(MDBX_SAFE_NOSYNC);
  (void)unused;
  for (unsigned i = 0;; ++i)
    put_number(env, i % 1000);
}

/* Who opens needs no lock: the metas change while they are looked at. */
START_TEST(test_opening_while_another_one_writes) {
  OK(mdbx_env_close(open_lockless(0)));
  const pid_t writer = unit_fork(commit_for_ever, NULL);
  /* Sanitizers take a second to map and unmap. */
  const unsigned openings = unit_is_instrumented() ? 30 : 500;
  for (unsigned i = 0; i < openings; ++i)
    OK(mdbx_env_close(open_lockless(i % 2 ? MDBX_RDONLY : MDBX_SAFE_NOSYNC)));
  OK(kill(writer, SIGKILL));
  ck_assert_int_eq(waitpid(writer, NULL, 0), writer);
  env_is_sound();
}
END_TEST

START_TEST(test_a_weak_head_is_read_and_repaired_by_a_writer) {
  MDBX_env *env = open_lockless(MDBX_SAFE_NOSYNC);
  put_number(env, 1);
  OK(mdbx_env_close(env));
  /* The usual way, read-only, would have to repair. */
  env = api_create();
  IS(api_try_open(env, MDBX_RDONLY), MDBX_WANNA_RECOVERY);
  OK(mdbx_env_close(env));
  env = open_lockless(MDBX_RDONLY);
  ck_assert(has_number(env, 1));
  OK(mdbx_env_close(env));
  env = open_lockless(0);
  OK(mdbx_env_sync(env));
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  ck_assert(has_number(env, 1));
  OK(mdbx_env_close(env));
}
END_TEST

/* A power cut in the creation may leave one meta page, and nothing behind it that could be mapped. */
START_TEST(test_one_meta_page) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, _i ? 65536 : 4096));
  OK(api_try_open(env, 0));
  OK(mdbx_env_close(env));
  ck_assert_int_eq(truncate(unit_path(API_DB), _i ? 65536 : 4096), 0);
  env = open_lockless(MDBX_RDONLY);
  ck_assert(!has_number(env, 1));
  MDBX_envinfo info;
  OK(mdbx_env_info_ex(env, NULL, &info, sizeof(info)));
  OK(mdbx_env_warmup(env, NULL, MDBX_warmup_force | MDBX_warmup_oomsafe, 0));
  api_sound(env);
  /* Another one makes it whole, and the reader sees what it writes. */
  MDBX_env *writer = open_lockless(0);
  ck_assert(!has_number(writer, 1));
  put_number(writer, 1);
  OK(mdbx_env_close(writer));
  ck_assert(has_number(env, 1));
  OK(mdbx_env_close(env));
  env = open_lockless(0);
  put_number(env, 2);
  ck_assert(has_number(env, 2));
  OK(mdbx_env_close(env));
  env_is_sound();
}
END_TEST

START_TEST(test_another_database_in_the_file) {
  MDBX_env *env = open_lockless(0);
  put_number(env, 1);
  const int fd = open(unit_path(API_DB), O_RDWR);
  ck_assert_int_eq(ftruncate(fd, 0), 0);
  close(fd);
  MDBX_env *other = open_lockless(0);
  put_number(other, 2);
  MDBX_txn *txn;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_PANIC);
  OK(mdbx_env_close(env));
  ck_assert(has_number(other, 2));
  OK(mdbx_env_close(other));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- map limit */

static unsigned fill(MDBX_env *env, int *rc) {
  unsigned count = 0;
  for (*rc = MDBX_SUCCESS; *rc == MDBX_SUCCESS; ++count) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    char bytes[1000] = "";
    MDBX_val key = {&count, sizeof(count)}, data = {bytes, sizeof(bytes)};
    *rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT);
    if (*rc == MDBX_SUCCESS)
      *rc = mdbx_txn_commit(txn);
    else
      OK(mdbx_txn_abort(txn));
  }
  return count - 1;
}

START_TEST(test_a_limit_stops_writers_of_this_process) {
  MDBX_env *env = api_create();
  size_t limit = 1;
  OK(mdbx_env_get_maplimit(env, &limit));
  ck_assert_uint_eq(limit, 0);
  OK(mdbx_env_set_geometry(env, 0, -1, 16 << 20, 65536, -1, 4096));
  OK(mdbx_env_set_maplimit(env, 25 * 4096 + 4095));
  OK(api_try_open(env, 0));
  int rc;
  const unsigned first = fill(env, &rc);
  IS(rc, MDBX_MAP_FULL);
  MDBX_envinfo info;
  OK(mdbx_env_info_ex(env, NULL, &info, sizeof(info)));
  ck_assert_uint_lt(info.mi_last_pgno, 25);
  ck_assert_uint_ge(info.mi_last_pgno, 19);
  ck_assert_uint_le(info.mi_geo.current, 25 * 4096);
  ck_assert_uint_eq(info.mi_geo.upper, 16 << 20);
  OK(mdbx_env_set_maplimit(env, 100 * 4096));
  OK(mdbx_env_get_maplimit(env, &limit));
  ck_assert_uint_eq(limit, 100 * 4096);
  ck_assert_uint_gt(fill(env, &rc), first);
  IS(rc, MDBX_MAP_FULL);
  OK(mdbx_env_set_maplimit(env, 0));
  grow(env, 200);
  OK(mdbx_env_close(env));
  env_is_sound();
}
END_TEST

START_TEST(test_a_limit_below_the_size) {
  MDBX_env *env = api_open(0);
  grow(env, 100);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *txn;
  OK(mdbx_env_set_maplimit(env, 10 * 4096));
  unsigned number = 50;
  MDBX_val key = {&number, sizeof(number)}, data;
  OK(mdbx_get(reader, DBI_MAIN, &key, &data));
  OK(mdbx_txn_abort(reader));
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_UNABLE_EXTEND_MAPSIZE);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_UNABLE_EXTEND_MAPSIZE);
  OK(mdbx_env_set_maplimit(env, 1 << 20));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_env_set_maplimit(env, 0), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  IS(mdbx_env_get_maplimit(env, NULL), MDBX_EINVAL);
  IS(mdbx_env_set_maplimit(NULL, 0), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

/* What the lock file says, as a process that takes others for dead sees and changes it. */
static struct lck_shared *map_lock_file(void) {
  const int fd = open(unit_path(API_DB "-lck"), O_RDWR | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  void *at = mmap(NULL, sizeof(struct lck_shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ck_assert(at != MAP_FAILED);
  close(fd);
  return at;
}

static void steal(struct lck_shared *shared) {
  ck_assert(os_shlock_bury(&shared->writer, os_shlock_owner(&shared->writer)));
  ck_assert_int_eq(os_shlock_acquire(&shared->writer, 4711, NULL, NULL, true), MDBX_RESULT_TRUE);
}

/* In every mode: nothing of a transaction gets into the file whose lock somebody else has. */
START_TEST(test_a_commit_without_its_lock_writes_nothing) {
  static const unsigned modes[] = {0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC, MDBX_WRITEMAP};
  MDBX_env *env = api_open(modes[_i]);
  put_number(env, 1);
  put_number(env, 2);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  unsigned number = 3;
  MDBX_val key = {&number, sizeof(number)};
  OK(mdbx_put(txn, DBI_MAIN, &key, &key, MDBX_UPSERT));
  struct lck_shared *shared = map_lock_file();
  steal(shared);
  IS(mdbx_txn_commit(txn), MDBX_PANIC);
  ck_assert_uint_eq(os_shlock_owner(&shared->writer), 4711);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  munmap(shared, sizeof(*shared));
  mdbx_env_close(env);
  env = api_open(0);
  ck_assert(has_number(env, 1) && has_number(env, 2) && !has_number(env, 3));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static uint64_t bytes_of_file(void) {
  uint64_t sum = 0;
  uint8_t bytes[4096];
  const int fd = open(unit_path(API_DB), O_RDONLY | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  for (ssize_t got; (got = read(fd, bytes, sizeof(bytes))) > 0;)
    for (ssize_t i = 0; i < got; ++i)
      sum = sum * 31 + bytes[i];
  close(fd);
  return sum;
}

/* Pages that are written out within a transaction are written as little. */
START_TEST(test_pages_are_not_written_out_without_the_lock) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, 0));
  put_number(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  struct lck_shared *shared = map_lock_file();
  steal(shared);
  const uint64_t before = bytes_of_file();
  int rc = MDBX_SUCCESS;
  for (unsigned i = 2; rc == MDBX_SUCCESS && i < 100000; ++i) {
    uint8_t bytes[500] = {0};
    MDBX_val key = {&i, sizeof(i)}, data = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT);
  }
  IS(rc, MDBX_PANIC);
  ck_assert_uint_eq(bytes_of_file(), before);
  mdbx_txn_abort(txn);
  ck_assert_uint_eq(os_shlock_owner(&shared->writer), 4711);
  munmap(shared, sizeof(*shared));
  mdbx_env_close(env);
  env = api_open(0);
  ck_assert(has_number(env, 1) && !has_number(env, 2));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("process");
  TCase *tests = tcase_create("process");
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_add_test(tests, test_no_lock_file_is_made);
  tcase_add_test(tests, test_no_lock_is_taken);
  tcase_add_test(tests, test_commits_of_others_are_seen);
  tcase_add_loop_test(tests, test_growth_by_another_one, 0, 4);
  tcase_add_test(tests, test_processes_under_a_lock_of_their_own);
  tcase_add_test(tests, test_opening_while_another_one_writes);
  tcase_add_test(tests, test_a_weak_head_is_read_and_repaired_by_a_writer);
  tcase_add_loop_test(tests, test_one_meta_page, 0, 2);
  tcase_add_test(tests, test_another_database_in_the_file);
  tcase_add_test(tests, test_a_limit_stops_writers_of_this_process);
  tcase_add_test(tests, test_a_limit_below_the_size);
  tcase_add_loop_test(tests, test_a_commit_without_its_lock_writes_nothing, 0, 5);
  tcase_add_test(tests, test_pages_are_not_written_out_without_the_lock);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
