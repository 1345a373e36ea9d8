/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what options do; their ranges and times are tested by rule 6 (test_rules.c). */
#include "api.h"

#include "env/env.h"
#include "os/os.h"

static MDBX_env *open_with(MDBX_option_t option, uint64_t value) {
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  OK(mdbx_env_set_option(env, option, value));
  return env;
}

static void remove_files(void) { OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE)); }

static void put_number(MDBX_txn *txn, uint32_t number, size_t length) {
  char bytes[4096] = "";
  const uint32_t swapped = __builtin_bswap32(number);
  MDBX_val key = {(void *)(uintptr_t)&swapped, 4}, data = {bytes, length};
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
}

static void delete_number(MDBX_txn *txn, uint32_t number) {
  const uint32_t swapped = __builtin_bswap32(number);
  const MDBX_val key = {(void *)(uintptr_t)&swapped, 4};
  OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
}

static MDBX_stat stat_of(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  return stat;
}

/* Leaf pages that are left when three of five records go. */
static size_t leaves_after_deletes(uint64_t threshold) {
  MDBX_env *env = open_with(MDBX_opt_merge_threshold, threshold);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < 20000; ++i)
    put_number(txn, i, 100);
  for (uint32_t i = 0; i < 20000; ++i)
    if (i % 5 >= 2)
      delete_number(txn, i);
  const MDBX_stat stat = stat_of(txn, DBI_MAIN);
  ck_assert_uint_eq(stat.ms_entries, 8000);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  remove_files();
  return stat.ms_leaf_pages;
}

START_TEST(test_merge_threshold) {
  const size_t late = leaves_after_deletes(8192), early = leaves_after_deletes(32768);
  ck_assert_msg(early * 3 < late * 2, "%zu and %zu", early, late);
}
END_TEST

/* Pages of a database with one key in a table: one more when its values have a tree of their own. */
static size_t pages_of_set(uint64_t limit, unsigned values) {
  MDBX_env *env = open_with(MDBX_opt_subpage_limit, limit);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  char value[32];
  for (unsigned i = 0; i < values; ++i) {
    snprintf(value, sizeof(value), "value %010u", i);
    OK(api_put(txn, dbi, "key", value, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  const size_t pages = api_info(env).mi_last_pgno + 1;
  api_sound(env);
  OK(mdbx_env_close(env));
  remove_files();
  return pages;
}

START_TEST(test_subpage_limit) {
  const size_t INSIDE = pages_of_set(UINT64_MAX, 1), TREE = INSIDE + 1;
  ck_assert_uint_eq(pages_of_set(UINT64_MAX, 2), INSIDE);
  ck_assert_uint_eq(pages_of_set(0, 2), TREE);
  ck_assert_uint_eq(pages_of_set(0, 1), INSIDE);
  /* 16 bytes and what belongs to a value, 10 and 40 times; 8192 are an eighth of a page. */
  ck_assert_uint_eq(pages_of_set(8192, 10), INSIDE);
  ck_assert_uint_eq(pages_of_set(8192, 40), TREE);
  ck_assert_uint_eq(pages_of_set(UINT64_MAX, 40), INSIDE);
}
END_TEST

/* Least number of changed pages in memory seen after the limit was first reached. */
static size_t least_kept(uint64_t most, uint64_t least) {
  MDBX_env *env = open_with(MDBX_opt_txn_dp_limit, 200);
  OK(mdbx_env_set_option(env, MDBX_opt_spill_max_denominator, most));
  OK(mdbx_env_set_option(env, MDBX_opt_spill_min_denominator, least));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_txn_info info;
  size_t kept = SIZE_MAX;
  for (uint32_t i = 0; i < 20000; ++i) {
    put_number(txn, i * 7919 % 20000, 100);
    OK(mdbx_txn_info(txn, &info, false));
    if (i > 15000 && info.txn_space_dirty / 4096 < kept)
      kept = info.txn_space_dirty / 4096;
  }
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  remove_files();
  return kept;
}

START_TEST(test_spilling) {
  const size_t by_default = least_kept(UINT64_MAX, UINT64_MAX), half = least_kept(8, 2), most = least_kept(8, 1),
               all = least_kept(0, 1), none = least_kept(8, 0);
  ck_assert_uint_ge(by_default, 170);
  ck_assert_uint_le(by_default, 180);
  ck_assert_uint_ge(half, 98);
  ck_assert_uint_le(half, 105);
  ck_assert_uint_ge(most, 24);
  ck_assert_uint_le(most, 30);
  ck_assert_uint_le(all, 5);
  ck_assert_uint_ge(none, 195);
}
END_TEST

static unsigned begun_early; /* times the system was told to begin writing */

int sync_file_range(int fd, off64_t from, off64_t length, unsigned flags) {
  (void)fd, (void)from, (void)length, (void)flags;
  begun_early += 1;
  return 0;
}

/* Of commits that leave 700,000 bytes to flush. */
static unsigned times_begun(uint64_t threshold, uint64_t sync_bytes) {
  static char text[3000];
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  OK(mdbx_env_set_option(env, MDBX_opt_presync_threshold, threshold));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, sync_bytes));
  memset(text, 'x', sizeof(text) - 1);
  begun_early = 0;
  while (api_info(env).mi_unsync_volume < 700000)
    api_store(env, "key", text);
  OK(mdbx_env_close(env));
  return begun_early;
}

/* Half of what the next steady point will flush is there. */
START_TEST(test_presync_threshold) {
  ck_assert_uint_eq(times_begun(UINT64_MAX, 1 << 20), 1);
  ck_assert_uint_eq(times_begun(1, 1 << 20), 1);
  ck_assert_uint_eq(times_begun(600000, 1 << 20), 0);
  ck_assert_uint_eq(times_begun(1, 0), 0);
}
END_TEST

static unsigned stores;

static int counting_store(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  stores += 1;
  return os_ops_real.store(fd, to, from, length, offset);
}

/* Of some small commits. */
static unsigned stores_of(unsigned flags, unsigned txn_flags, uint64_t by_calls) {
  struct os_ops counting = os_ops_real;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_write_by_calls, by_calls));
  OK(api_try_open(env, flags));
  counting.store = counting_store;
  os_ops = &counting;
  stores = 0;
  for (uint32_t i = 0; i < 30; ++i) {
    MDBX_txn *txn = api_begin(env, txn_flags);
    put_number(txn, i, 100);
    OK(mdbx_txn_commit(txn));
  }
  api_sound(env);
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
  remove_files();
  return stores;
}

/* Weak commits copy pages, where the file system lets them, or the meta page alone, unless they are told to call the system. */
START_TEST(test_write_by_calls) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  mdbx_filehandle_t fd;
  uint64_t value;
  OK(mdbx_env_get_option(env, MDBX_opt_write_by_calls, &value));
  ck_assert_uint_eq(value, 0);
  IS(mdbx_env_set_option(env, MDBX_opt_write_by_calls, 2), MDBX_EINVAL);
  IS(mdbx_env_set_option(env, (MDBX_option_t)(MDBX_opt_write_by_calls - 1), 0), MDBX_EINVAL);
  IS(mdbx_env_get_option(env, (MDBX_option_t)(MDBX_opt_write_by_calls - 1), &value), MDBX_EINVAL);
  IS(mdbx_env_set_option(env, (MDBX_option_t)(MDBX_opt_sync_thread + 1), 0), MDBX_EINVAL);
  OK(mdbx_env_get_fd(env, &fd));
  const bool copies = os_file_keeps_blocks(fd) && !os_addresses_are_limited();
  OK(mdbx_env_close(env));
  remove_files();
  const unsigned least = copies ? 30 : 0;
  ck_assert_uint_ge(stores_of(MDBX_SAFE_NOSYNC, MDBX_TXN_READWRITE, UINT64_MAX), least);
  ck_assert_uint_ge(stores_of(MDBX_UTTERLY_NOSYNC, MDBX_TXN_READWRITE, 0), least);
  ck_assert_uint_ge(stores_of(MDBX_SYNC_DURABLE, MDBX_TXN_NOSYNC, 0), least);
  ck_assert_uint_eq(stores_of(MDBX_SAFE_NOSYNC, MDBX_TXN_READWRITE, 1), 0);
  /* The pages are in the mapping, the meta page is stored: its header, and the rest. */
  ck_assert_uint_ge(stores_of(MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, MDBX_TXN_READWRITE, 0), 2 * 29);
  ck_assert_uint_ge(stores_of(MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP, MDBX_TXN_READWRITE, 0), 2 * 29);
  ck_assert_uint_eq(stores_of(MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, MDBX_TXN_READWRITE, 1), 0);
  ck_assert_uint_eq(stores_of(MDBX_WRITEMAP, MDBX_TXN_READWRITE, 0), 0);
  ck_assert_uint_eq(stores_of(MDBX_SYNC_DURABLE, MDBX_TXN_READWRITE, 0), 0);
  ck_assert_uint_eq(stores_of(MDBX_NOMETASYNC, MDBX_TXN_READWRITE, 0), 0);
}
END_TEST

/* Stores to where the file has no data: of what was written there before a cut nothing is left. */
static unsigned stores_to_nothing;

static int checking_store(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  stores_to_nothing += lseek(fd, (off_t)offset, SEEK_DATA) != (off_t)offset;
  return os_ops_real.store(fd, to, from, length, offset);
}

static void put_many(MDBX_env *env, uint32_t from, uint32_t to, unsigned txn_flags) {
  MDBX_txn *txn = api_begin(env, txn_flags);
  for (uint32_t i = from; i < to; ++i)
    put_number(txn, i, 3000);
  OK(mdbx_txn_commit(txn));
}

/* Commits that copy nothing cut the file and let it grow again between two that copy. */
START_TEST(test_copies_after_a_cut) {
  struct os_ops checking = os_ops_real;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 1 << 16, -1, 64 << 20, 1 << 20, 1 << 20, 4096));
  OK(api_try_open(env, MDBX_SYNC_DURABLE));
  checking.store = checking_store;
  os_ops = &checking;
  put_many(env, 0, 1000, MDBX_TXN_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, DBI_MAIN, false));
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < 3; ++i)
    put_many(env, 0, 1, MDBX_TXN_READWRITE);
  ck_assert_uint_lt(api_info(env).mi_geo.current, 2 << 20);
  put_many(env, 0, 300, MDBX_TXN_READWRITE);
  put_many(env, 1000, 1400, MDBX_TXN_NOSYNC);
  os_ops = &os_ops_real;
  ck_assert_uint_eq(stores_to_nothing, 0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Pages copied when in groups of half-filled leaves the second is emptied, after the third was changed and the first was
 * not. */
static uint64_t copied_by_merging(uint64_t prefer, unsigned *groups) {
  MDBX_env *env = open_with(MDBX_opt_prefer_waf_insteadof_balance, prefer);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < 20000; ++i)
    put_number(txn, i, 100);
  const uint32_t in_leaf = (uint32_t)(20000 / (stat_of(txn, DBI_MAIN).ms_leaf_pages - 1));
  for (uint32_t i = 0; i < 20000; i += 2)
    delete_number(txn, i);
  OK(mdbx_txn_commit(txn));
  const uint64_t before = api_info(env).mi_pgop_stat.cow;
  *groups = 0;
  txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t first = 0; first + 8 * in_leaf < 20000; first += 8 * in_leaf, ++*groups) {
    put_number(txn, first + 5 * in_leaf / 2, 100);
    for (uint32_t i = first + in_leaf + 2; i < first + 2 * in_leaf - 2; ++i)
      if (i % 2)
        delete_number(txn, i);
  }
  OK(mdbx_txn_commit(txn));
  const uint64_t copied = api_info(env).mi_pgop_stat.cow - before;
  api_sound(env);
  OK(mdbx_env_close(env));
  remove_files();
  return copied;
}

/* A merge with the neighbour that was changed spares the copy of the other one. */
START_TEST(test_prefer_waf) {
  unsigned groups;
  const uint64_t rather_changed = copied_by_merging(1, &groups), rather_left = copied_by_merging(0, &groups);
  ck_assert_uint_ge(groups, 50);
  ck_assert_msg(rather_left - rather_changed >= groups * 3 / 4 && rather_left - rather_changed <= groups,
                "%ju and %ju pages, %u groups", (uintmax_t)rather_left, (uintmax_t)rather_changed, groups);
}
END_TEST

/* No interface tells how many buffers are kept, so this looks at the pool. */
static unsigned kept_after(MDBX_env *env, uint32_t records) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < records; ++i)
    put_number(txn, i, 200);
  OK(mdbx_txn_commit(txn));
  return env->pool.kept;
}

START_TEST(test_dp_reserve_limit) {
  MDBX_env *env = open_with(MDBX_opt_dp_reserve_limit, 10);
  ck_assert_uint_eq(kept_after(env, 5000), 10);
  OK(mdbx_env_set_option(env, MDBX_opt_dp_reserve_limit, 0));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 4000));
  kept_after(env, 5000); /* takes what is there, gives back nothing */
  ck_assert_uint_eq(kept_after(env, 5000), 0);
  OK(mdbx_env_set_option(env, MDBX_opt_dp_reserve_limit, 100));
  ck_assert_uint_eq(kept_after(env, 5000), 100);
  ck_assert_uint_lt(kept_after(env, 1), 100 + 1);
  OK(mdbx_env_set_option(env, MDBX_opt_dp_reserve_limit, UINT64_MAX));
  const unsigned by_default = kept_after(env, 40000);
  ck_assert_uint_ge(by_default, 1000);
  ck_assert_uint_le(by_default, 1018);
  OK(mdbx_env_close(env));
}
END_TEST

static uint64_t dirty_limit_of(MDBX_env *env) {
  uint64_t limit;
  OK(mdbx_env_get_option(env, MDBX_opt_txn_dp_limit, &limit));
  return limit;
}

static void allow_memory(const char *text) {
  FILE *file = fopen(unit_path("sys/fs/cgroup/memory.max"), "w");
  ck_assert_ptr_nonnull(file);
  fputs(text, file);
  fclose(file);
}

static void make_groups(void) {
  static const char *const folders[] = {"proc", "proc/self", "sys", "sys/fs", "sys/fs/cgroup"};
  for (size_t i = 0; i < COUNT_OF(folders); ++i)
    ck_assert_int_eq(mkdir(unit_path(folders[i]), 0700), 0);
  FILE *file = fopen(unit_path("proc/self/cgroup"), "w");
  ck_assert_ptr_nonnull(file);
  fputs("0::/\n", file);
  fclose(file);
}

static void remove_groups(void) {
  static const char *const names[] = {"sys/fs/cgroup/memory.max", "sys/fs/cgroup", "sys/fs", "sys",
                                      "proc/self/cgroup",         "proc/self",     "proc"};
  for (size_t i = 0; i < COUNT_OF(names); ++i)
    ck_assert_int_eq(remove(unit_path(names[i])), 0);
}

/* The changed pages are memory of the process; the upper size is no memory, and one for all processes. */
START_TEST(test_dp_limit_in_a_control_group) {
  const uint64_t limits[][3] = {/* memory, page size, changed pages */
                                {42 * 4096 * 1000, 4096, 1000},
                                {42 * 4096 * 1000, 16384, 250},
                                {42 * 4096 * 1000, 256, 16000},
                                {1 << 20, 4096, 128}};
  MDBX_env *env = api_open(0);
  const uint64_t upper = api_info(env).mi_geo.upper;
  OK(mdbx_env_close(env));
  remove_files();
  make_groups();
  os_memory_pretend(unit_dir);
  for (size_t i = 0; i < COUNT_OF(limits); ++i) {
    char text[32];
    snprintf(text, sizeof(text), "%llu\n", (unsigned long long)limits[i][0]);
    allow_memory(text);
    env = api_create();
    ck_assert_uint_eq(dirty_limit_of(env), MAX_OF(limits[i][0] / 42 / os_page_size(), 128));
    OK(mdbx_env_set_geometry(env, -1, -1, -1, -1, -1, (intptr_t)limits[i][1]));
    OK(api_try_open(env, 0));
    ck_assert_uint_eq(dirty_limit_of(env), limits[i][2]);
    if (limits[i][1] == os_page_size())
      ck_assert_uint_eq(api_info(env).mi_geo.upper, upper);
    OK(mdbx_env_close(env));
    remove_files();
  }
  os_memory_pretend("");
  remove_groups();
}
END_TEST

/* ------------------------------------------------------------------------------------------------ while others use them */

static const struct {
  MDBX_option_t option;
  uint64_t values[3];
} changes[] = {{MDBX_opt_dp_reserve_limit, {0, 10, 2000}},
               {MDBX_opt_txn_dp_limit, {128, 1000, UINT64_MAX}},
               {MDBX_opt_spill_max_denominator, {0, 1, 255}},
               {MDBX_opt_spill_min_denominator, {255, 1, 0}},
               {MDBX_opt_merge_threshold, {8192, 32768, UINT64_MAX}},
               {MDBX_opt_prefer_waf_insteadof_balance, {0, 1, UINT64_MAX}},
               {MDBX_opt_subpage_limit, {65535, 8192, 0}},
               {MDBX_opt_presync_threshold, {1, 65536, UINT64_MAX}},
               {MDBX_opt_write_by_calls, {0, 1, UINT64_MAX}},
               {MDBX_opt_group_commit, {0, 1, UINT64_MAX}},
               {MDBX_opt_sync_thread, {0, 1, 0}},
               {MDBX_opt_sync_bytes, {0, 65536, 1}}};

static void *change_options(void *env) {
  for (unsigned round = 0; round < 60; ++round) {
    for (size_t i = 0; i < COUNT_OF(changes); ++i)
      OK(mdbx_env_set_option(env, changes[i].option, changes[i].values[round % 3]));
    OK(mdbx_env_set_userctx(env, env));
  }
  return NULL;
}

/* Each change is whole, and takes effect with some later transaction. Also meant for the thread sanitizer. */
START_TEST(test_changes_at_any_time) {
  MDBX_env *env = api_open(_i ? MDBX_SAFE_NOSYNC : 0);
  pthread_t threads[2];
  for (size_t i = 0; i < COUNT_OF(threads); ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, change_options, env), 0);
  for (uint32_t round = 0; round < 40; ++round) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    for (uint32_t i = 0; i < 300; ++i)
      put_number(txn, (round * 37 + i) % 500, (round + i) % 3000);
    OK(mdbx_txn_commit(txn));
    ck_assert(mdbx_env_get_userctx(env) == NULL || mdbx_env_get_userctx(env) == env);
  }
  for (size_t i = 0; i < COUNT_OF(threads); ++i)
    pthread_join(threads[i], NULL);
  for (size_t i = 0; i + 1 < COUNT_OF(changes); ++i) {
    uint64_t value;
    OK(mdbx_env_get_option(env, changes[i].option, &value));
    if (changes[i].values[2] != UINT64_MAX)
      ck_assert_uint_eq(value, changes[i].values[2]);
  }
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("options");
  TCase *tests = tcase_create("options");
  tcase_set_timeout(tests, 60);
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_add_test(tests, test_merge_threshold);
  tcase_add_test(tests, test_subpage_limit);
  tcase_add_test(tests, test_spilling);
  tcase_add_test(tests, test_presync_threshold);
  tcase_add_test(tests, test_write_by_calls);
  tcase_add_test(tests, test_copies_after_a_cut);
  tcase_add_test(tests, test_prefer_waf);
  tcase_add_test(tests, test_dp_reserve_limit);
  tcase_add_test(tests, test_dp_limit_in_a_control_group);
  tcase_add_loop_test(tests, test_changes_at_any_time, 0, 2);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
