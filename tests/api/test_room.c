/* SPDX-License-Identifier: Apache-2.0 */
/* Growing where there is little room: a disk with less than a step left, a limit of the process, wishes of an opener. */
#include "api.h"

#include "os/os.h"

#include <sys/resource.h>
#include <sys/stat.h>

enum { MIB = 1 << 20, STEP = 16 * MIB, VALUE = 1000 };

/* ---- A disk that has so many bytes ---------------------------------------------------------------------------------*/

static uint64_t disk_bytes;

static int small_allocate(int fd, uint64_t from, uint64_t to) {
  return to > disk_bytes ? ENOSPC : os_ops_real.allocate(fd, from, to);
}

static struct os_ops small_disk;

static void use_small_disk(uint64_t bytes) {
  disk_bytes = bytes;
  small_disk = os_ops_real;
  small_disk.allocate = small_allocate;
  os_ops = &small_disk;
}

static MDBX_env *open_stepping(unsigned flags, intptr_t page_size) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 65536, 64 * MIB, STEP, 2 * STEP, page_size));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, flags));
  return env;
}

static int put_range(MDBX_txn *txn, unsigned from, unsigned to) {
  uint8_t bytes[VALUE] = {0};
  int rc = MDBX_SUCCESS;
  for (unsigned i = from; i < to && rc == MDBX_SUCCESS; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT);
  }
  return rc;
}

static int store_range(MDBX_env *env, unsigned from, unsigned to) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const int rc = put_range(txn, from, to);
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  OK(mdbx_txn_abort(txn));
  return rc;
}

static uint64_t file_size(void) {
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  return (uint64_t)st.st_size;
}

static const unsigned modes[] = {0, MDBX_WRITEMAP, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC};
static const intptr_t page_sizes[] = {256, 4096, 65536};

/* The step does not fit, what is needed does. */
START_TEST(a_step_larger_than_the_disk) {
  const unsigned mode = modes[_i % 4];
  MDBX_env *env = open_stepping(mode, page_sizes[_i / 4]);
  use_small_disk(5 * MIB);
  unsigned stored = 0;
  int rc;
  while ((rc = store_range(env, stored, stored + 100)) == MDBX_SUCCESS)
    stored += 100;
  IS(rc, ENOSPC);
  /* Records of 1,012 bytes, beside copies of what the last transaction changed. */
  ck_assert_uint_ge(stored, 2000);
  ck_assert_uint_le(file_size(), 5 * MIB);
  ck_assert_uint_eq(api_count(env), stored);
  OK(mdbx_env_close(env));
  os_ops = &os_ops_real;
  env = api_open(0);
  api_sound(env);
  ck_assert_uint_eq(api_count(env), stored);
  OK(store_range(env, stored, stored + 1000));
  OK(mdbx_env_close(env));
}
END_TEST

/* One transaction with more changed pages than memory may have. */
START_TEST(a_step_larger_than_the_disk_while_spilling) {
  MDBX_env *env = open_stepping(0, 4096);
  use_small_disk(5 * MIB);
  OK(store_range(env, 0, 2000));
  IS(store_range(env, 2000, 9000), ENOSPC);
  ck_assert_uint_eq(api_count(env), 2000);
  api_sound(env);
  OK(mdbx_env_close(env));
  os_ops = &os_ops_real;
}
END_TEST

/* A size somebody asks for by its number is that size, or an error. */
START_TEST(a_size_asked_for_is_no_wish) {
  MDBX_env *env = open_stepping(modes[_i], 4096);
  use_small_disk(5 * MIB);
  IS(mdbx_env_set_geometry(env, -1, 32 * MIB, -1, -1, -1, -1), ENOSPC);
  ck_assert_uint_le(api_info(env).mi_geo.current, STEP);
  OK(mdbx_env_close(env));
  os_ops = &os_ops_real;
}
END_TEST

/* ---- A limit of the process ----------------------------------------------------------------------------------------*/

static void limit_file_size(uint64_t bytes) {
  const struct rlimit limit = {bytes, bytes};
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* An error, and not SIGXFSZ. */
START_TEST(a_limit_of_file_size) {
  MDBX_env *env = open_stepping(modes[_i], 4096);
  limit_file_size(3 * MIB);
  unsigned stored = 0;
  int rc;
  while ((rc = store_range(env, stored, stored + 50)) == MDBX_SUCCESS)
    stored += 50;
  IS(rc, EFBIG);
  ck_assert_uint_ge(stored, 1500);
  ck_assert_uint_eq(api_count(env), stored);
  OK(mdbx_env_close(env));
  /* One that finds a larger file than it may write. */
  env = api_open(MDBX_RDONLY);
  ck_assert_uint_eq(api_count(env), stored);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(a_limit_below_the_size) {
  MDBX_env *env = open_stepping(0, 4096);
  OK(store_range(env, 0, 3000));
  OK(mdbx_env_close(env));
  limit_file_size(65536);
  env = api_create();
  if (api_try_open(env, 0) == MDBX_SUCCESS)
    IS(store_range(env, 0, 3000), EFBIG);
  mdbx_env_close(env);
  env = api_open(MDBX_RDONLY);
  ck_assert_uint_eq(api_count(env), 3000);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The limit is gone, and the environment that met it works on. */
START_TEST(a_limit_that_is_raised) {
  MDBX_env *env = open_stepping(modes[_i], 4096);
  struct rlimit before, low = {65536, 0};
  OK(store_range(env, 0, 3000));
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  low.rlim_max = before.rlim_max;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
  OK(mdbx_env_close(env));
  env = api_create();
  OK(api_try_open(env, modes[_i]));
  if (!(modes[_i] & MDBX_WRITEMAP))
    IS(store_range(env, 1000, 1500), EFBIG);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  OK(store_range(env, 1000, 1500));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(creation_under_a_limit) {
  limit_file_size(20000);
  MDBX_env *env = api_create();
  IS(api_try_open(env, 0), EFBIG);
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(file_size(), 0);
}
END_TEST

/* ---- What an opener wishes -----------------------------------------------------------------------------------------*/

static int failing_pwritev(int fd, struct iovec *iov, int chunks, uint64_t offset) {
  (void)fd, (void)iov, (void)chunks, (void)offset;
  return EIO;
}

static void make_database(void) {
  MDBX_env *env = open_stepping(0, 4096);
  OK(store_range(env, 0, 2000));
  OK(mdbx_env_close(env));
}

/* A change of size that an opener asked for and that does not come about is told. */
START_TEST(a_wish_that_fails_is_told) {
  make_database();
  struct os_ops failing = os_ops_real;
  failing.pwritev = failing_pwritev;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 128 * MIB, -1, -1, -1));
  os_ops = &failing;
  IS(api_try_open(env, 0), EIO);
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, 48 * MIB, -1, -1, -1, -1));
  use_small_disk(20 * MIB);
  IS(api_try_open(env, 0), ENOSPC);
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
  env = api_open(0);
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 64 * MIB);
  ck_assert_uint_eq(api_count(env), 2000);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Less than there is becomes what there is. */
START_TEST(a_wish_below_the_data) {
  make_database();
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, MIB, 65536, -1, -1));
  OK(api_try_open(env, 0));
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_ge(info.mi_geo.upper, (info.mi_last_pgno + 1) * 4096);
  ck_assert_uint_le(info.mi_geo.upper, 4 * MIB);
  ck_assert_uint_eq(api_count(env), 2000);
  OK(mdbx_env_close(env));
}
END_TEST

/* A part of the room is given before the disk is full. */
static int partial_allocate(int fd, uint64_t from, uint64_t to) {
  const int rc = os_ops_real.allocate(fd, from, to > disk_bytes ? disk_bytes : to);
  return rc == MDBX_SUCCESS && to > disk_bytes ? ENOSPC : rc;
}

/* A file without its unused end, as some copies are: opening makes it longer again, or leaves it as it is. */
START_TEST(no_room_for_the_length) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 4 * MIB, 4 * MIB, 64 * MIB, -1, -1, 4096));
  OK(api_try_open(env, modes[_i]));
  OK(store_range(env, 0, 100));
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(file_size(), 4 * MIB);
  ck_assert_int_eq(truncate(unit_path(API_DB), MIB), 0);
  use_small_disk(3 * MIB);
  small_disk.allocate = partial_allocate;
  for (unsigned again = 0; again < 2; ++again) {
    env = api_create();
    IS(api_try_open(env, modes[_i]), ENOSPC);
    OK(mdbx_env_close(env));
    ck_assert_uint_eq(file_size(), MIB);
  }
  env = api_open(MDBX_RDONLY);
  ck_assert_uint_eq(api_count(env), 100);
  OK(mdbx_env_close(env));
  os_ops = &os_ops_real;
  env = api_open(modes[_i]);
  ck_assert_uint_eq(file_size(), 4 * MIB);
  OK(store_range(env, 100, 200));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("room");
  TCase *tests = api_case(suite, "room");
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, a_step_larger_than_the_disk, 0, 12);
  tcase_add_test(tests, a_step_larger_than_the_disk_while_spilling);
  tcase_add_loop_test(tests, a_size_asked_for_is_no_wish, 0, 4);
  tcase_add_loop_test(tests, a_limit_of_file_size, 0, 4);
  tcase_add_loop_test(tests, a_limit_that_is_raised, 0, 4);
  tcase_add_test(tests, a_limit_below_the_size);
  tcase_add_test(tests, creation_under_a_limit);
  tcase_add_test(tests, a_wish_that_fails_is_told);
  tcase_add_test(tests, a_wish_below_the_data);
  tcase_add_loop_test(tests, no_room_for_the_length, 0, 4);
  return unit_run(suite);
}
