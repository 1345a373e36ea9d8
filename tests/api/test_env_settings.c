/* SPDX-License-Identifier: Apache-2.0 */
/* What is set of an environment, and told of it: geometry, options, flags, info. Rules 4 to 8. */
#include "api.h"

#include <limits.h>

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

/* -------------------------------------------------------------------------------------------- rules 4 and 5: geometry */

struct geometry_row {
  intptr_t lower, now, upper, growth, shrink, page;
  struct {
    int64_t lower, now, upper, growth, shrink, page; /* -1: not checked */
  } result;
};

static const struct geometry_row geometry_rows[] = {
    {-1, -1, -1, -1, -1, -1, {256 * KIB, 256 * KIB, -1, 16 * MIB, 32 * MIB, 4096}},
    {0, -1, -1, -1, -1, -1, {12288, 64 * KIB, -1, -1, -1, 4096}},
    {0, 0, 0, 0, 0, 0, {4096, 4096, -1, 0, 0, 256}},
    {0, -1, 64 * MIB, -1, -1, 4096, {12288, 64 * KIB, 64 * MIB, 65536, 131072, 4096}},
    {MIB, MIB, MIB, -1, -1, -1, {MIB, MIB, MIB, 65536, 131072, 4096}},
    {1000, 5000, 100000, 1, -1, 4096, {12288, 12288, 102400, 4096, 8192, 4096}},
    {0, -1, GIB, 0, 65536, 4096, {12288, 64 * KIB, GIB, 4096, 65536, 4096}},
    {-1, -1, -1, -1, -1, INTPTR_MAX, {4 * MIB, 4 * MIB, -1, -1, -1, 65536}},
};

static void expect_geometry(MDBX_env *env, const struct geometry_row *row) {
  const MDBX_envinfo info = api_info(env);
  ck_assert_int_eq((int64_t)info.mi_geo.lower, row->result.lower);
  ck_assert_int_eq((int64_t)info.mi_geo.current, row->result.now);
  if (row->result.upper >= 0)
    ck_assert_int_eq((int64_t)info.mi_geo.upper, row->result.upper);
  if (row->result.growth >= 0)
    ck_assert_int_eq((int64_t)info.mi_geo.grow, row->result.growth);
  if (row->result.shrink >= 0)
    ck_assert_int_eq((int64_t)info.mi_geo.shrink, row->result.shrink);
  ck_assert_int_eq(info.mi_dxb_pagesize, row->result.page);
}

START_TEST(rule_04_geometry_row) {
  const struct geometry_row *row = &geometry_rows[_i];
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, row->lower, row->now, row->upper, row->growth, row->shrink, row->page));
  expect_geometry(env, row);
  OK(api_try_open(env, 0));
  expect_geometry(env, row);
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_eq(info.mi_dxb_fsize, info.mi_geo.current);
  if (_i == 1) {
    const uint64_t step = (info.mi_geo.upper - info.mi_geo.lower) / 65536;
    ck_assert_uint_ge(info.mi_geo.grow, step > 65536 ? step : 65536);
    ck_assert_uint_le(info.mi_geo.grow, (step > 65536 ? step : 65536) * 11 / 10 + 4096);
  }
  OK(mdbx_env_close(env));
  env = api_open(0);
  ck_assert_uint_eq(api_info(env).mi_geo.upper, info.mi_geo.upper);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_04_geometry_after_create) {
  MDBX_env *env = api_create();
  expect_geometry(env, &geometry_rows[1]);
  OK(mdbx_env_close(env));
}
END_TEST

/* The last line of the log. */
static char logged[512];

static void keep_line(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  (void)level, (void)function, (void)line;
  vsnprintf(logged, sizeof(logged), format, args);
}

/* A code alone does not tell which of six numbers was meant. */
START_TEST(rule_04_impossible_geometry_is_named) {
  static const struct {
    intptr_t lower, upper, page;
    int rc;
    const char *words;
  } rows[] = {
      {-1, -1, 1000, MDBX_EINVAL, "pages of 1000 bytes"},
      {2 * MIB, MIB, -1, MDBX_EINVAL, "lower size of 2097152 bytes is above the upper one of 1048576"},
      {-1, INTPTR_MAX - 1, 256, MDBX_TOO_LARGE, "the upper size of"},
  };
  MDBX_env *env = api_create();
  const int before = mdbx_setup_debug(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, keep_line);
  for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); ++i) {
    logged[0] = 0;
    IS(mdbx_env_set_geometry(env, rows[i].lower, -1, rows[i].upper, -1, -1, rows[i].page), rows[i].rc);
    ck_assert_msg(strstr(logged, rows[i].words), "\"%s\"", logged);
  }
  mdbx_setup_debug((MDBX_log_level_t)(before >> 16), MDBX_DBG_DONTCHANGE, NULL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_04_impossible_geometry) {
  static const intptr_t bad_pages[] = {1, 128, 255, 4095, 4097, 12288, 65537, 131072};
  MDBX_env *env = api_create();
  for (unsigned i = 0; i < sizeof(bad_pages) / sizeof(*bad_pages); ++i)
    IS(mdbx_env_set_geometry(env, -1, -1, -1, -1, -1, bad_pages[i]), MDBX_EINVAL);
  IS(mdbx_env_set_geometry(env, 2 * MIB, -1, MIB, -1, -1, -1), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_05_geometry_after_open) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 16 * MIB, -1, -1, 4096));
  OK(api_try_open(env, 0));
  IS(mdbx_env_set_geometry(env, -1, -1, -1, -1, -1, 8192), MDBX_EINVAL);
  OK(mdbx_env_set_geometry(env, -1, -1, -1, -1, -1, 4096));
  OK(mdbx_env_set_geometry(env, -1, -1, 8 * MIB, -1, -1, -1));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 8 * MIB);
  static char big[MIB];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_val key = api_val("big");
  MDBX_val data = {big, sizeof(big)};
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  IS(mdbx_env_set_geometry(env, -1, -1, MIB / 2, -1, -1, -1), MDBX_MAP_FULL);
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 8 * MIB);
  IS(mdbx_env_set_geometry(env, -1, -1, INTPTR_MAX - 1, -1, -1, -1), MDBX_TOO_LARGE);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  IS(mdbx_env_set_geometry(env, -1, -1, 32 * MIB, -1, -1, -1), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_05_geometry_in_a_transaction) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 16 * MIB, -1, -1, 4096));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_set_geometry(env, -1, -1, 32 * MIB, -1, -1, -1));
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 16 * MIB);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_set_geometry(env, -1, -1, 32 * MIB, -1, -1, -1));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 32 * MIB);
  OK(mdbx_env_close(env));
  env = api_open(0);
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 32 * MIB);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_05_geometry_of_an_existing_database) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 16 * MIB, -1, -1, 4096));
  OK(api_try_open(env, 0));
  OK(mdbx_env_close(env));
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 64 * MIB, -1, -1, 1024));
  OK(api_try_open(env, MDBX_RDONLY));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 16 * MIB);
  ck_assert_uint_eq(api_info(env).mi_dxb_pagesize, 4096);
  OK(mdbx_env_close(env));
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 64 * MIB, -1, -1, 1024));
  OK(api_try_open(env, 0));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 64 * MIB);
  ck_assert_uint_eq(api_info(env).mi_dxb_pagesize, 4096);
  OK(mdbx_env_close(env));
}
END_TEST

static void geometry_in_child(void *context) {
  MDBX_env *env;
  MDBX_envinfo info;
  (void)context;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_set_geometry(env, -1, -1, 64 * MIB, -1, -1, -1));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_env_info(env, &info, sizeof(info)));
  unit_require(info.mi_geo.upper == 16 * MIB);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(rule_05_geometry_of_a_second_opener) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 16 * MIB, -1, -1, 4096));
  OK(api_try_open(env, 0));
  unit_join(unit_fork(geometry_in_child, NULL));
  OK(mdbx_env_close(env));
}
END_TEST

/* -------------------------------------------------------------------------------------- rules 6 to 8: options and info */

START_TEST(rule_06_options) {
  MDBX_env *env = api_create();
  uint64_t value;
  IS(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 1), MDBX_EPERM);
  IS(mdbx_env_get_option(env, MDBX_opt_sync_bytes, &value), MDBX_EPERM);
  IS(mdbx_env_set_option(env, MDBX_opt_sync_period, 1), MDBX_EPERM);
  IS(mdbx_env_get_option(env, MDBX_opt_sync_period, &value), MDBX_EPERM);
  IS(mdbx_env_set_option(env, (MDBX_option_t)1000, 1), MDBX_EINVAL);
  IS(mdbx_env_get_option(env, (MDBX_option_t)1000, &value), MDBX_EINVAL);
  IS(mdbx_env_set_option(env, MDBX_opt_max_readers, 0), MDBX_EINVAL);
  OK(mdbx_env_set_option(env, MDBX_opt_loose_limit, 3));
  OK(mdbx_env_get_option(env, MDBX_opt_loose_limit, &value));
  ck_assert_uint_eq(value, 3);
  OK(mdbx_env_set_option(env, MDBX_opt_loose_limit, UINT64_MAX));
  OK(mdbx_env_get_option(env, MDBX_opt_loose_limit, &value));
  ck_assert_uint_eq(value, 64);
  IS(mdbx_env_set_option(env, MDBX_opt_loose_limit, 256), MDBX_EINVAL);
  OK(api_try_open(env, 0));
  IS(mdbx_env_set_option(env, MDBX_opt_max_db, 5), MDBX_EPERM);
  IS(mdbx_env_set_option(env, MDBX_opt_max_readers, 5), MDBX_EPERM);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 1));
  OK(mdbx_env_get_option(env, MDBX_opt_sync_bytes, &value));
  ck_assert_uint_eq(value, 4096);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_06_reader_slots_run_out_late) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_maxreaders(env, 2));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  unsigned slots, used = 0;
  OK(mdbx_env_get_maxreaders(env, &slots));
  ck_assert_uint_ge(slots, 2);
  MDBX_txn **txns = calloc(slots + 1, sizeof(*txns));
  int rc = MDBX_SUCCESS;
  while (used <= slots && (rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txns[used])) == MDBX_SUCCESS)
    ++used;
  ck_assert_int_eq(rc, MDBX_READERS_FULL);
  ck_assert_uint_eq(used, slots);
  OK(mdbx_txn_abort(txns[--used]));
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txns[used++]));
  while (used)
    OK(mdbx_txn_abort(txns[--used]));
  free(txns);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_07_set_flags) {
  static const unsigned changeable[] = {MDBX_SAFE_NOSYNC, MDBX_NOMETASYNC, MDBX_NOMEMINIT, MDBX_LIFORECLAIM,
                                        MDBX_PAGEPERTURB, MDBX_ACCEDE,     MDBX_VALIDATION};
  static const unsigned fixed[] = {MDBX_NOSUBDIR,  MDBX_RDONLY, MDBX_WRITEMAP, MDBX_NOSTICKYTHREADS, MDBX_EXCLUSIVE,
                                   MDBX_NORDAHEAD, 0x1};
  MDBX_env *env = api_open(0);
  unsigned flags;
  for (unsigned i = 0; i < sizeof(changeable) / sizeof(*changeable); ++i) {
    OK(mdbx_env_set_flags(env, (MDBX_env_flags_t)changeable[i], true));
    OK(mdbx_env_get_flags(env, &flags));
    ck_assert_uint_eq(flags & changeable[i], changeable[i]);
    OK(mdbx_env_set_flags(env, (MDBX_env_flags_t)changeable[i], false));
    OK(mdbx_env_get_flags(env, &flags));
    ck_assert_uint_eq(flags & changeable[i], 0);
  }
  for (unsigned i = 0; i < sizeof(fixed) / sizeof(*fixed); ++i)
    IS(mdbx_env_set_flags(env, (MDBX_env_flags_t)fixed[i], true), MDBX_EPERM);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_set_flags(env, MDBX_UTTERLY_NOSYNC, true));
  OK(mdbx_env_set_flags(env, MDBX_UTTERLY_NOSYNC, false));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  IS(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, true), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

static const unsigned write_modes[] = {0, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP};

/* Bytes of a transaction that was aborted stay in memory, in buffers that the next one uses: none of them is in the file, in
 * no mode, nor in the gaps of pages that were written before and so are copied. (With WRITEMAP they were in the file at once.) */
struct later {
  unsigned flags, taken_over;
  int expected;
};

static void open_later(void *context) {
  const struct later *later = context;
  MDBX_env *env;
  unsigned flags;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, later->flags), later->expected);
  if (later->expected == MDBX_SUCCESS) {
    CHILD_OK(mdbx_env_get_flags(env, &flags));
    unit_require((flags & MDBX_UTTERLY_NOSYNC) == later->taken_over);
  }
  CHILD_OK(mdbx_env_close(env));
}

/* Changed flags are those of one environment: the others are compared with the mode of the one that came first. */
START_TEST(rule_07_set_flags_and_later_openers) {
  static const struct later later[] = {{0, 0, MDBX_SUCCESS},
                                       {MDBX_SAFE_NOSYNC, 0, MDBX_INCOMPATIBLE},
                                       {MDBX_SAFE_NOSYNC | MDBX_ACCEDE, 0, MDBX_SUCCESS}};
  MDBX_env *env = api_open(0);
  OK(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, true));
  for (unsigned i = 0; i < sizeof(later) / sizeof(later[0]); ++i) {
    struct later one = later[i];
    unit_join(unit_fork(open_later, &one));
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(no_other_memory_in_the_file) {
  static const char secret[] = "bytes that nobody has committed";
  const unsigned mode = write_modes[_i];
  MDBX_env *env = api_open(mode);
  for (unsigned round = 0; round < 20; ++round) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    char key[16];
    for (unsigned i = 0; i < 400; ++i) {
      snprintf(key, sizeof(key), "%u", i);
      OK(api_put(txn, DBI_MAIN, key, secret, MDBX_UPSERT));
    }
    OK(mdbx_txn_abort(txn));
    snprintf(key, sizeof(key), "%u", round);
    api_store(env, key, "what is committed");
  }
  OK(mdbx_env_close(env));
  size_t length;
  uint8_t *bytes = api_read_file("db", &length);
  ck_assert_ptr_nonnull(memmem(bytes, length, "what is committed", 17));
  if (!(mode & MDBX_WRITEMAP))
    ck_assert_ptr_null(memmem(bytes, length, secret, strlen(secret)));
  free(bytes);
}
END_TEST

/* No mapping of the file can be read and written. Leak checkers search such mappings, and would visit each page up to the upper
 * size. */
START_TEST(no_mapping_to_read_and_write) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  char line[1024];
  unsigned readable = 0;
  for (unsigned i = 0; i < 3; ++i)
    api_store(env, "a", "1");
  FILE *maps = fopen("/proc/self/maps", "r");
  ck_assert_ptr_nonnull(maps);
  while (fgets(line, sizeof(line), maps)) {
    if (!strstr(line, unit_path("db\n")))
      continue;
    readable += strstr(line, " r") != NULL;
    ck_assert_msg(!strstr(line, " rw"), "%s", line);
  }
  fclose(maps);
  ck_assert_uint_gt(readable, 0);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_08_info_and_stat) {
  MDBX_env *env = api_create();
  MDBX_envinfo info;
  MDBX_stat stat;
  OK(mdbx_env_info(env, &info, sizeof(info)));
  ck_assert_uint_eq(info.mi_recent_txnid, 0);
  OK(api_try_open(env, 0));
  IS(mdbx_env_info(env, &info, sizeof(info) - 1), MDBX_EINVAL);
  IS(mdbx_env_info(env, &info, sizeof(info) + 8), MDBX_EINVAL);
  IS(mdbx_env_stat(env, &stat, sizeof(stat) - 1), MDBX_EINVAL);
  IS(mdbx_env_stat_ex(NULL, NULL, &stat, sizeof(stat)), MDBX_EINVAL);
  info = api_info(env);
  for (unsigned i = 0; i < 3; ++i) {
    ck_assert_uint_eq(info.mi_meta_txnid[i], i + 1);
    ck_assert_uint_gt(info.mi_meta_sign[i], 1);
  }
  ck_assert_uint_eq(info.mi_recent_txnid, 3);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_eq(mdbx_txn_id(txn), 4);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, api_table(txn, "t", MDBX_CREATE), "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_stat(env, &stat, sizeof(stat)));
  MDBX_stat main_stat, free_stat, table_stat;
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_stat(txn, DBI_FREE, &free_stat, sizeof(stat)));
  OK(mdbx_dbi_stat(txn, DBI_MAIN, &main_stat, sizeof(stat)));
  OK(mdbx_dbi_stat(txn, api_table(txn, "t", 0), &table_stat, sizeof(stat)));
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_eq(main_stat.ms_entries, 2);
  ck_assert_uint_eq(table_stat.ms_entries, 1);
  ck_assert_uint_eq(stat.ms_entries, 3 + free_stat.ms_entries);
  ck_assert_uint_eq(stat.ms_leaf_pages, free_stat.ms_leaf_pages + 2);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("settings");
  TCase *tcase = api_case(suite, "geometry, options, info");
  tcase_add_loop_test(tcase, rule_04_geometry_row, 0, sizeof(geometry_rows) / sizeof(*geometry_rows));
  tcase_add_test(tcase, rule_04_geometry_after_create);
  tcase_add_test(tcase, rule_04_impossible_geometry);
  tcase_add_test(tcase, rule_04_impossible_geometry_is_named);
  tcase_add_test(tcase, rule_05_geometry_after_open);
  tcase_add_test(tcase, rule_05_geometry_in_a_transaction);
  tcase_add_test(tcase, rule_05_geometry_of_an_existing_database);
  tcase_add_test(tcase, rule_05_geometry_of_a_second_opener);
  tcase_add_test(tcase, rule_06_options);
  tcase_add_test(tcase, rule_06_reader_slots_run_out_late);
  tcase_add_test(tcase, rule_07_set_flags);
  tcase_add_test(tcase, rule_07_set_flags_and_later_openers);
  tcase_add_loop_test(tcase, no_other_memory_in_the_file, 0, sizeof(write_modes) / sizeof(*write_modes));
  tcase_add_test(tcase, no_mapping_to_read_and_write);
  tcase_add_test(tcase, rule_08_info_and_stat);
  return unit_run(suite);
}
