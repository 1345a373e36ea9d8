/* SPDX-License-Identifier: Apache-2.0 */
/* Defragmentation: the file becomes small, the data stays, whatever lies in it and whoever looks at it. */
#include "api.h"

#include <sys/stat.h>

enum { ROUNDS = 6000 };

static MDBX_env *make_with(unsigned flags, intptr_t page_size) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 65536, 256 << 20, 65536, 65536, page_size));
  OK(api_try_open(env, flags | MDBX_NOSTICKYTHREADS));
  return env;
}

static MDBX_env *make(unsigned flags) { return make_with(flags, 4096); }

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

static void shrink_with(unsigned flags, unsigned page_size, uint32_t count, size_t largest, intptr_t batch) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make_with(flags, (intptr_t)page_size);
  fill(env, count, largest);
  const uint64_t before = file_size();
  thin_out(env, count);
  const int rc = defrag(env, batch, &result);
  ck_assert_msg(rc == MDBX_SUCCESS || (largest > page_size && rc == MDBX_RESULT_TRUE), "%d", rc);
  /* Weak commits shorten no file; the next durable one does. */
  if (flags == MDBX_SAFE_NOSYNC) {
    OK(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, false));
    api_store(env, "one", "more");
  }
  ck_assert_uint_lt(result.pages_whole, before / page_size * (page_size > 4096 ? 9 : 8) / 20);
  ck_assert_msg(file_size() < before * (page_size > 4096 ? 9 : 8) / 20, "%llu of %llu, %u cycles",
                (unsigned long long)file_size(), (unsigned long long)before, result.cycles);
  ck_assert_int_gt(result.pages_shrinked, 0);
  verify_now(env, count, largest);
  OK(mdbx_env_close(env));
}

static void shrink(unsigned flags, uint32_t count, size_t largest, intptr_t batch) {
  shrink_with(flags, 4096, count, largest, batch);
}

/* Smallest and largest pages: records, then values of many pages, in file and mapping. */
static const struct {
  unsigned page_size, flags;
  uint32_t count;
  size_t largest;
  intptr_t batch;
} sizes[] = {
    {256, MDBX_SYNC_DURABLE, 4000, 60, -1},      {256, MDBX_WRITEMAP, 4000, 60, 300},
    {256, MDBX_SYNC_DURABLE, 600, 5000, -1},     {256, MDBX_WRITEMAP, 600, 5000, 500},
    {512, MDBX_LIFORECLAIM, 3000, 300, 50},      {65536, MDBX_SYNC_DURABLE, 2400, 20000, -1},
    {65536, MDBX_WRITEMAP, 2400, 20000, 20},     {65536, MDBX_SYNC_DURABLE, 600, 200000, -1},
    {65536, MDBX_SAFE_NOSYNC, 1200, 100000, 30},
};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

START_TEST(page_sizes) {
  shrink_with(sizes[_i].flags, sizes[_i].page_size, sizes[_i].count, sizes[_i].largest, sizes[_i].batch);
}
END_TEST

START_TEST(scattered_records) { shrink(MDBX_SYNC_DURABLE, ROUNDS, 600, -1); }
END_TEST
START_TEST(scattered_records_writemap) { shrink(MDBX_WRITEMAP, ROUNDS, 600, -1); }
END_TEST
START_TEST(scattered_records_lifo) { shrink(MDBX_LIFORECLAIM, ROUNDS, 600, 100); }
END_TEST
START_TEST(scattered_records_safe_nosync) { shrink(MDBX_SAFE_NOSYNC, ROUNDS, 600, 100); }
END_TEST
START_TEST(batches_without_limit) { shrink(MDBX_SYNC_DURABLE, ROUNDS, 600, INTPTR_MAX / (1 + _i)); }
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

/* ---- goals */

struct watch {
  unsigned pause_us, calls;
  size_t most_scheduled;
  intptr_t shrinked;
};

static int watch_progress(void *context, const MDBX_defrag_result_t *progress) {
  struct watch *watch = context;
  watch->calls += 1;
  ck_assert_uint_eq(progress->cycles, watch->calls);
  ck_assert_uint_le(progress->rough_estimation_cycle_progress_permille, 1000);
  if (progress->pages_scheduled > watch->most_scheduled)
    watch->most_scheduled = progress->pages_scheduled;
  watch->shrinked = progress->pages_shrinked;
  unit_sleep_us(watch->pause_us);
  return 0;
}

START_TEST(at_least_so_many_pages) {
  MDBX_defrag_result_t result;
  struct watch watch = {0, 0, 0, 0};
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  fill(env, ROUNDS, 600);
  thin_out(env, ROUNDS);
  const uint64_t whole = api_info(env).mi_last_pgno + 1;
  /* The time is up at once, but not before that much was given back. */
  IS(mdbx_env_defrag(env, 100, 0, 0, 1, -1, 20, watch_progress, &watch, &result), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_time_limit);
  ck_assert_int_ge(result.pages_shrinked, 100);
  ck_assert_int_lt(result.pages_shrinked, 250);
  ck_assert_uint_eq(result.pages_whole, whole - (uint64_t)result.pages_shrinked);
  ck_assert_uint_eq(api_info(env).mi_last_pgno + 1, result.pages_whole);
  ck_assert_int_eq(watch.shrinked, result.pages_shrinked);
  ck_assert_uint_le(watch.most_scheduled, 20);
  ck_assert_uint_ge(watch.calls, 4);
  /* Enough means at least. */
  OK(mdbx_env_defrag(env, 60, 0, 5, 0, -1, 20, NULL, NULL, &result));
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_enough_threshold);
  ck_assert_int_ge(result.pages_shrinked, 60);
  verify_now(env, ROUNDS, 600);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(at_least_so_much_time) {
  enum { TENTH = 65536 / 10 };
  MDBX_defrag_result_t result;
  struct watch watch = {5000, 0, 0, 0};
  MDBX_env *env = make(MDBX_UTTERLY_NOSYNC);
  fill(env, 2 * ROUNDS, 600);
  thin_out(env, 2 * ROUNDS);
  OK(mdbx_env_defrag(env, 0, TENTH, 1, 0, -1, 10, watch_progress, &watch, &result));
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_enough_threshold);
  ck_assert_uint_ge(result.spent_time_dot16, TENTH);
  ck_assert_uint_ge(result.cycles, 1);
  ck_assert_int_ge(result.pages_shrinked, 1);
  /* Work that is done sooner is done. */
  OK(mdbx_env_defrag(env, 0, 3600u << 16, 1, 0, -1, -1, NULL, NULL, &result));
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_noobstacles);
  ck_assert_uint_lt(result.spent_time_dot16, 3600u << 16);
  verify_now(env, 2 * ROUNDS, 600);
  OK(mdbx_env_close(env));
}
END_TEST

/* Three tables grow in turn; when two of them are gone, the pages of the third lie all over the file. */
static void fill_in_turn(MDBX_env *env) {
  static const char *const names[] = {"table", "second", "third"};
  for (uint32_t round = 0; round < 50; ++round)
    for (unsigned t = 0; t < 3; ++t) {
      MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
      const MDBX_dbi dbi = api_table(txn, names[t], MDBX_CREATE | MDBX_INTEGERKEY);
      for (uint32_t i = 0; i < 40; ++i)
        put(txn, dbi, round * 40 + i, 600);
      OK(mdbx_txn_commit(txn));
    }
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned t = 1; t < 3; ++t)
    OK(mdbx_drop(txn, api_table(txn, names[t], MDBX_INTEGERKEY), true));
  OK(mdbx_txn_commit(txn));
}

START_TEST(free_pages_may_be_left) {
  MDBX_defrag_result_t loose, tight;
  MDBX_env *env = make(MDBX_SYNC_DURABLE);
  fill_in_turn(env);
  OK(mdbx_env_defrag(env, 0, 0, 0, 0, 200, -1, NULL, NULL, &loose));
  OK(mdbx_env_defrag(env, 0, 0, 0, 0, 0, -1, NULL, NULL, &tight));
  ck_assert_uint_gt(loose.pages_whole, tight.pages_whole + 100);
  ck_assert_uint_le(loose.pages_whole, tight.pages_whole + 260);
  ck_assert_uint_gt(tight.pages_moved, 20);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const MDBX_dbi dbi = api_table(txn, "table", MDBX_INTEGERKEY);
  for (uint32_t i = 0; i < 2000; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    OK(mdbx_get(txn, dbi, &key, &value));
    ck_assert_uint_eq(value.iov_len, length_of(i, 600));
    ck_assert_uint_eq(((uint8_t *)value.iov_base)[0], (uint8_t)i);
  }
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---- others at work */

struct scene {
  _Atomic int commits, stop;
  uint32_t last[64]; /* number of the commit that wrote each key */
};

static void write_on(void *context) {
  struct scene *scene = context;
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_set_maxdbs(env, 16));
  CHILD_OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  for (uint32_t round = 1; !atomic_load(&scene->stop); ++round) {
    CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    CHILD_OK(mdbx_dbi_open(txn, "written", MDBX_CREATE, &dbi));
    for (uint32_t i = 0; i < 3; ++i) {
      const uint32_t number = (round * 7 + i * 23) % 64;
      static uint8_t bytes[9000];
      MDBX_val key = {(void *)(uintptr_t)&number, sizeof(number)}, value = {bytes, 10 + round * 997 % 8900};
      memset(bytes, (int)round, sizeof(bytes));
      CHILD_OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
      scene->last[number] = round;
    }
    CHILD_OK(mdbx_txn_commit(txn));
    atomic_fetch_add(&scene->commits, 1);
    if (round % 8 == 0)
      unit_sleep_us(500);
  }
  CHILD_OK(mdbx_env_close(env));
}

static void verify_written(MDBX_env *env, const struct scene *scene) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const MDBX_dbi dbi = api_table(txn, "written", MDBX_DB_DEFAULTS);
  for (uint32_t i = 0; i < 64; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    IS(mdbx_get(txn, dbi, &key, &value), scene->last[i] ? MDBX_SUCCESS : MDBX_NOTFOUND);
    if (!scene->last[i])
      continue;
    ck_assert_uint_eq(value.iov_len, 10 + scene->last[i] * 997 % 8900);
    ck_assert_uint_eq(((uint8_t *)value.iov_base)[value.iov_len - 1], (uint8_t)scene->last[i]);
  }
  OK(mdbx_txn_abort(txn));
}

static int keep_writing(void *context, const MDBX_defrag_result_t *progress) {
  struct scene *scene = context;
  (void)progress;
  const int seen = atomic_load(&scene->commits);
  ck_assert(unit_await(&scene->commits, seen + 2)); /* the writer is let in between cycles */
  return 0;
}

START_TEST(writer_of_another_process) {
  struct scene *scene = unit_shared(sizeof(*scene));
  MDBX_defrag_result_t result;
  MDBX_env *env = make(_i ? MDBX_WRITEMAP : 0);
  fill(env, ROUNDS, 600);
  thin_out(env, ROUNDS);
  const uint64_t before = file_size();
  OK(mdbx_env_close(env));
  env = make(0);
  const pid_t child = unit_fork(write_on, scene);
  ck_assert(unit_await(&scene->commits, 10));
  for (unsigned i = 0; i < 6; ++i) {
    const int rc = mdbx_env_defrag(env, 0, 0, 0, 0, -1, 60, keep_writing, scene, &result);
    ck_assert_msg(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE, "%d", rc);
    verify_now(env, ROUNDS, 600);
  }
  atomic_store(&scene->stop, 1);
  unit_join(child);
  ck_assert_int_gt(atomic_load(&scene->commits), 20);
  ck_assert_uint_lt(api_info(env).mi_last_pgno, before / 4096 * 2 / 3);
  verify_written(env, scene);
  IS(defrag(env, -1, &result) & ~MDBX_RESULT_TRUE, MDBX_SUCCESS);
  ck_assert_uint_lt(file_size(), before * 2 / 5 + (1 << 20));
  verify_now(env, ROUNDS, 600);
  verify_written(env, scene);
  OK(mdbx_env_close(env));
}
END_TEST

/* Whoever adds more between two cycles than a cycle moves away: the work ends, and says that it is not done. */
static int add_more(void *context, const MDBX_defrag_result_t *progress) {
  MDBX_txn *txn = api_begin(context, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, progress->cycles % 2 ? "odd" : "even", MDBX_CREATE | MDBX_INTEGERKEY);
  for (uint32_t i = 0; i < 2000 * progress->cycles; ++i)
    put(txn, dbi, i, 600);
  if (progress->cycles > 1)
    OK(mdbx_drop(txn, api_table(txn, progress->cycles % 2 ? "even" : "odd", MDBX_INTEGERKEY), true));
  OK(mdbx_txn_commit(txn));
  return 0;
}

START_TEST(a_faster_writer) {
  MDBX_defrag_result_t result;
  MDBX_env *env = make(MDBX_UTTERLY_NOSYNC);
  fill_in_turn(env);
  IS(mdbx_env_defrag(env, 0, 0, 0, 0, 0, 1, add_more, env, &result), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(result.stopping_reasons, MDBX_defrag_step_size);
  ck_assert_uint_lt(result.cycles, 20);
  ck_assert_int_lt(result.pages_shrinked, 0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---- damage */

static int defrag_damaged(MDBX_defrag_result_t *result) {
  MDBX_env *env = make_with(MDBX_UTTERLY_NOSYNC, 512);
  MDBX_txn *txn;
  MDBX_stat stat;
  MDBX_dbi dbi;
  const int rc = mdbx_env_defrag(env, 0, 0, 0, 0, 0, 8, NULL, NULL, result);
  /* What it met ends it; the environment goes on. */
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  if (mdbx_dbi_open(txn, "table", MDBX_DB_DEFAULTS, &dbi) == MDBX_SUCCESS) {
    OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
    ck_assert_uint_gt(stat.ms_entries, 100);
  }
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  return rc;
}

/* One page after the other is damaged. Pages that are free or not read do not matter. */
START_TEST(damaged_pages) {
  enum { COUNT = 700, PAGE = 512 };
  MDBX_defrag_result_t result;
  unsigned met = 0, unmet = 0;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  MDBX_env *env = make_with(MDBX_SYNC_DURABLE, PAGE);
  fill(env, COUNT, 150);
  thin_out(env, COUNT);
  const size_t pages = (size_t)api_info(env).mi_last_pgno + 1;
  OK(mdbx_env_close(env));
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  for (size_t page = 3; page < pages; page += 2) {
    uint8_t *victim = bytes + page * PAGE + 36;
    *victim ^= 0x40;
    api_write_file(API_DB, bytes, length);
    const int rc = defrag_damaged(&result);
    *victim ^= 0x40;
    met += rc == MDBX_CORRUPTED;
    unmet += rc == MDBX_SUCCESS;
    ck_assert_msg(rc == MDBX_CORRUPTED || rc == MDBX_SUCCESS, "page %zu: %d", page, rc);
    ck_assert_int_eq(result.stopping_reasons == MDBX_defrag_error, rc != MDBX_SUCCESS);
  }
  ck_assert_uint_gt(met, 5);
  ck_assert_uint_gt(unmet, 5);
  free(bytes);
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
  tcase_add_loop_test(tests, batches_without_limit, 0, 2);
  tcase_add_test(tests, large_values);
  tcase_add_test(tests, large_values_writemap);
  tcase_add_test(tests, nested_trees);
  tcase_add_test(tests, old_reader);
  tcase_add_test(tests, stopped_by_the_callback);
  tcase_add_test(tests, nothing_to_do_and_bad_arguments);
  tcase_add_loop_test(tests, page_sizes, 0, SIZES);
  tcase_add_test(tests, at_least_so_many_pages);
  tcase_add_test(tests, at_least_so_much_time);
  tcase_add_test(tests, free_pages_may_be_left);
  tcase_add_loop_test(tests, writer_of_another_process, 0, 2);
  tcase_add_test(tests, a_faster_writer);
  tcase_add_test(tests, damaged_pages);
  return unit_run(suite);
}
