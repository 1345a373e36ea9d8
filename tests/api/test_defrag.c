/* SPDX-License-Identifier: Apache-2.0 */
/* Defragmentation: the file becomes small, the data stays, whatever lies in it and whoever looks at it. */
#include "api.h"

#include <sys/stat.h>

enum { ROUNDS = 6000 };

static MDBX_env *make(unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 65536, 256 << 20, 65536, 65536, 4096));
  OK(api_try_open(env, flags | MDBX_NOSTICKYTHREADS));
  return env;
}

static size_t length_of(uint32_t i, size_t largest) { return 100 + (i * 7919u) % largest; }

static void put(MDBX_txn *txn, MDBX_dbi dbi, uint32_t i, size_t largest) {
  uint8_t *bytes = malloc(length_of(i, largest));
  memset(bytes, (int)i, length_of(i, largest));
  MDBX_val key = {&i, sizeof(i)}, value = {bytes, length_of(i, largest)};
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  free(bytes);
}

/* Runs of keys stay or go, so that whole pages become free; what stays lies all over the file. */
static bool stays(uint32_t i) { return i / 40 % 3 == 2; }

static void fill(MDBX_env *env, uint32_t count, size_t largest) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "table", MDBX_CREATE);
  for (uint32_t i = 0; i < count; ++i)
    put(txn, dbi, i, largest);
  OK(mdbx_txn_commit(txn));
}

static void thin_out(MDBX_env *env, uint32_t count) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "table", MDBX_DB_DEFAULTS);
  for (uint32_t i = 0; i < count; ++i) {
    MDBX_val key = {&i, sizeof(i)};
    if (!stays(i))
      OK(mdbx_del(txn, dbi, &key, NULL));
  }
  OK(mdbx_txn_commit(txn));
}

static void verify(MDBX_txn *txn, uint32_t count, size_t largest, bool all) {
  const MDBX_dbi dbi = api_table(txn, "table", MDBX_DB_DEFAULTS);
  for (uint32_t i = 0; i < count; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    if (!all && !stays(i)) {
      IS(mdbx_get(txn, dbi, &key, &value), MDBX_NOTFOUND);
      continue;
    }
    OK(mdbx_get(txn, dbi, &key, &value));
    ck_assert_uint_eq(value.iov_len, length_of(i, largest));
    ck_assert_uint_eq(((uint8_t *)value.iov_base)[value.iov_len - 1], (uint8_t)i);
  }
}

static void verify_now(MDBX_env *env, uint32_t count, size_t largest) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  verify(txn, count, largest, false);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
}

static uint64_t file_size(void) {
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  return (uint64_t)st.st_size;
}

static int defrag(MDBX_env *env, intptr_t batch, MDBX_defrag_result_t *result) {
  return mdbx_env_defrag(env, 0, 0, 0, 0, -1, batch, NULL, NULL, result);
}

static void shrink(unsigned flags, uint32_t count, size_t largest, intptr_t batch) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make(flags);
  fill(env, count, largest);
  const uint64_t before = file_size();
  thin_out(env, count);
  const int rc = defrag(env, batch, &result);
  ck_assert_msg(rc == MDBX_SUCCESS || (largest > 4096 && rc == MDBX_RESULT_TRUE), "%d", rc);
  /* Weak commits shorten no file; the next durable one does. */
  if (flags == MDBX_SAFE_NOSYNC) {
    OK(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, false));
    api_store(env, "one", "more");
  }
  ck_assert_uint_lt(result.pages_whole, before / 4096 * 2 / 5);
  ck_assert_msg(file_size() < before * 2 / 5, "%llu of %llu, %u cycles", (unsigned long long)file_size(),
                (unsigned long long)before, result.cycles);
  ck_assert_int_gt(result.pages_shrinked, 0);
  verify_now(env, count, largest);
  OK(mdbx_env_close(env));
}

START_TEST(scattered_records) { shrink(MDBX_SYNC_DURABLE, ROUNDS, 600, -1); }
END_TEST
START_TEST(scattered_records_writemap) { shrink(MDBX_WRITEMAP, ROUNDS, 600, -1); }
END_TEST
START_TEST(scattered_records_lifo) { shrink(MDBX_LIFORECLAIM, ROUNDS, 600, 100); }
END_TEST
START_TEST(scattered_records_safe_nosync) { shrink(MDBX_SAFE_NOSYNC, ROUNDS, 600, 100); }
END_TEST
START_TEST(large_values) { shrink(MDBX_SYNC_DURABLE, 1200, 20000, -1); }
END_TEST
START_TEST(large_values_writemap) { shrink(MDBX_WRITEMAP, 1200, 20000, 200); }
END_TEST

START_TEST(nested_trees) {
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "many", MDBX_CREATE | MDBX_DUPSORT);
  for (uint32_t k = 0; k < 30; ++k)
    for (uint32_t i = 0; i < 2000; ++i) {
      MDBX_val key = {&k, sizeof(k)}, value = {&i, sizeof(i)};
      OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
    }
  OK(mdbx_txn_commit(txn));
  const uint64_t before = file_size();
  txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t k = 0; k < 30; ++k) {
    MDBX_val key = {&k, sizeof(k)};
    if (k % 3 != 2)
      OK(mdbx_del(txn, dbi, &key, NULL));
  }
  OK(mdbx_txn_commit(txn));
  OK(defrag(env, 0, NULL));
  ck_assert_uint_lt(file_size(), before / 2);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  for (uint32_t k = 2; k < 30; k += 3)
    for (uint32_t i = 0; i < 2000; ++i) {
      MDBX_val key = {&k, sizeof(k)}, value = {&i, sizeof(i)};
      OK(mdbx_get_equal_or_great(txn, dbi, &key, &value));
    }
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(old_reader) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  fill(env, ROUNDS, 600);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  thin_out(env, ROUNDS);
  IS(defrag(env, -1, &result), MDBX_LAGGARD_READER);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_laggard_reader);
  ck_assert_uint_gt(result.pages_retained, 0);
  ck_assert_uint_eq(result.obstructed_txnid, mdbx_txn_id(reader));
  ck_assert_int_eq(result.obstructor_pid, getpid());
  verify(reader, ROUNDS, 600, true);
  OK(mdbx_txn_abort(reader));
  OK(defrag(env, -1, &result));
  verify_now(env, ROUNDS, 600);
  OK(mdbx_env_close(env));
}
END_TEST

static int answer_with(void *context, const MDBX_defrag_result_t *progress) {
  ck_assert_uint_eq(progress->cycles, 1);
  return *(int *)context;
}

START_TEST(stopped_by_the_callback) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  int answer = 1;
  fill(env, ROUNDS, 600);
  thin_out(env, ROUNDS);
  IS(mdbx_env_defrag(env, 0, 0, 0, 0, -1, 10, answer_with, &answer, &result), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_discontinued);
  ck_assert_uint_le(result.pages_moved, 4 * 10 + 32);
  answer = -1;
  IS(mdbx_env_defrag(env, 0, 0, 0, 0, -1, 10, answer_with, &answer, &result), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_aborted);
  IS(mdbx_env_defrag(env, 0, 0, 0, 1, -1, 10, NULL, NULL, &result), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_time_limit);
  OK(mdbx_env_defrag(env, 0, 0, 5, 0, -1, 10, NULL, NULL, &result));
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_enough_threshold);
  verify_now(env, ROUNDS, 600);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(nothing_to_do_and_bad_arguments) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  OK(defrag(env, 0, &result));
  ck_assert_uint_eq(result.pages_moved, 0);
  IS(defrag(env, -2, &result), MDBX_EINVAL);
  IS(mdbx_env_defrag(env, 0, 0, 0, 0, -2, 0, NULL, NULL, NULL), MDBX_EINVAL);
  IS(mdbx_env_defrag(NULL, 0, 0, 0, 0, -1, 0, NULL, NULL, NULL), MDBX_EINVAL);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(defrag(env, 0, &result), MDBX_BUSY);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = make(MDBX_RDONLY);
  IS(defrag(env, 0, &result), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("defrag");
  TCase *tests = api_case(suite, "defrag");
  tcase_add_test(tests, scattered_records);
  tcase_add_test(tests, scattered_records_writemap);
  tcase_add_test(tests, scattered_records_lifo);
  tcase_add_test(tests, scattered_records_safe_nosync);
  tcase_add_test(tests, large_values);
  tcase_add_test(tests, large_values_writemap);
  tcase_add_test(tests, nested_trees);
  tcase_add_test(tests, old_reader);
  tcase_add_test(tests, stopped_by_the_callback);
  tcase_add_test(tests, nothing_to_do_and_bad_arguments);
  return unit_run(suite);
}
