/* SPDX-License-Identifier: Apache-2.0 */
/* Environments through the public interface: life cycle, geometry, options, info, copies; durability and recovery. */
#include "api.h"

#include "os/os.h"

#include <limits.h>

#define KIB INT64_C(1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

/* ------------------------------------------------------------------------------------------- rules 1 to 3: open, close */

START_TEST(rule_01_create_and_close) {
  MDBX_env *env;
  IS(mdbx_env_create(NULL), MDBX_EINVAL);
  IS(mdbx_env_close(NULL), MDBX_EINVAL);
  OK(mdbx_env_create(&env));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_01_close_aborts_own_writer) {
  MDBX_env *env = api_open(0);
  api_store(env, "kept", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "lost", "1", MDBX_UPSERT));
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_val data;
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "kept", "1");
  IS(api_get(txn, DBI_MAIN, "lost", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

struct holder {
  MDBX_env *env;
  _Atomic int stage;
};

static void *hold_writer(void *context) {
  struct holder *holder = context;
  MDBX_txn *txn = api_begin(holder->env, MDBX_TXN_READWRITE);
  atomic_store(&holder->stage, 1);
  ck_assert(unit_await(&holder->stage, 2));
  OK(mdbx_txn_abort(txn));
  return NULL;
}

START_TEST(rule_01_close_with_foreign_writer) {
  struct holder holder = {.env = api_open(0)};
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, hold_writer, &holder), 0);
  ck_assert(unit_await(&holder.stage, 1));
  IS(mdbx_env_close(holder.env), MDBX_BUSY);
  IS(mdbx_env_sync_ex(holder.env, true, true), MDBX_RESULT_TRUE);
  MDBX_txn *txn = api_begin(holder.env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_abort(txn));
  atomic_store(&holder.stage, 2);
  pthread_join(thread, NULL);
  OK(mdbx_env_close(holder.env));
}
END_TEST

START_TEST(rule_01_close_makes_durable) {
  for (int dont_sync = 0; dont_sync < 2; ++dont_sync) {
    MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
    api_store(env, "a", dont_sync ? "3" : "2");
    OK(mdbx_env_close_ex(env, dont_sync));
    env = api_create();
    IS(api_try_open(env, MDBX_RDONLY), dont_sync ? MDBX_WANNA_RECOVERY : MDBX_SUCCESS);
    OK(mdbx_env_close(env));
  }
}
END_TEST

START_TEST(rule_01_close_of_an_unlinked_file) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  api_store(env, "a", "1");
  ck_assert_int_eq(unlink(unit_path(API_DB)), 0);
  OK(mdbx_env_close(env));
}
END_TEST

static void close_in_child(void *context) { CHILD_OK(mdbx_env_close((MDBX_env *)context)); }

START_TEST(rule_01_close_in_a_forked_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  unit_join(unit_fork(close_in_child, env));
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  unit_join(unit_fork(close_in_child, env));
  ck_assert_uint_eq(api_info(env).mi_self_latter_reader_txnid, mdbx_txn_id(txn));
  api_has(txn, DBI_MAIN, "b", "2");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_open_errors) {
  MDBX_env *env = api_create();
  IS(mdbx_env_open(env, unit_path("none"), MDBX_NOSUBDIR, 0), MDBX_ENOFILE);
  ck_assert_int_ne(access(unit_path("none"), F_OK), 0);
  IS(mdbx_env_open(env, unit_path("none"), MDBX_NOSUBDIR | MDBX_RDONLY, 0600), MDBX_ENOFILE);
  ck_assert_int_ne(access(unit_path("none"), F_OK), 0);
  IS(mdbx_env_open(env, unit_path("none"), (MDBX_env_flags_t)(MDBX_NOSUBDIR | 1), 0600), MDBX_EINVAL);
  IS(mdbx_env_open(env, "", MDBX_NOSUBDIR, 0600), MDBX_EINVAL);
  IS(mdbx_env_open(env, NULL, MDBX_NOSUBDIR, 0600), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_open_twice) {
  MDBX_env *env = api_open(0);
  IS(api_try_open(env, 0), MDBX_EPERM);
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_empty_file_is_new) {
  api_write_file(API_DB, "", 0);
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_nosubdir_on_a_directory) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_dir, MDBX_NOSUBDIR, 0600));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  ck_assert_int_eq(access(unit_path("mdbx.dat"), F_OK), 0);
}
END_TEST

START_TEST(rule_02_readonly_drops_writer_flags) {
  OK(mdbx_env_close(api_open(0)));
  const unsigned dropped = MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_LIFORECLAIM;
  MDBX_env *env = api_open(MDBX_RDONLY | dropped);
  unsigned flags;
  OK(mdbx_env_get_flags(env, &flags));
  ck_assert_uint_eq(flags & dropped, 0);
  ck_assert_uint_eq(flags & MDBX_RDONLY, MDBX_RDONLY);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_03_twice_in_one_process) {
  MDBX_env *env = api_open(0), *other = api_create();
  IS(api_try_open(other, 0), MDBX_BUSY);
  IS(api_try_open(other, MDBX_RDONLY), MDBX_BUSY);
  OK(mdbx_env_close(other));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(0)));
}
END_TEST

START_TEST(rule_03_twice_by_debug_flag) {
  ck_assert_int_ge(mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_MULTIOPEN, MDBX_LOGGER_DONTCHANGE), 0);
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS), *other = api_create();
  OK(api_try_open(other, MDBX_NOSTICKYTHREADS));
  for (unsigned i = 0; i < 3; ++i) {
    api_store(i % 2 ? other : env, "a", i % 2 ? "1" : "2");
    MDBX_txn *txn = api_begin(i % 2 ? env : other, MDBX_TXN_RDONLY);
    api_has(txn, DBI_MAIN, "a", i % 2 ? "1" : "2");
    OK(mdbx_txn_abort(txn));
  }
  OK(mdbx_env_close(other));
  api_store(env, "a", "3");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct foreign {
  unsigned flags;
  int expected;
  unsigned shown; /* bits get_flags must have */
};

static void open_in_child(void *context) {
  const struct foreign *foreign = context;
  MDBX_env *env;
  unsigned flags;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, foreign->flags), foreign->expected);
  if (foreign->expected == MDBX_SUCCESS) {
    CHILD_OK(mdbx_env_get_flags(env, &flags));
    unit_require((flags & foreign->shown) == foreign->shown);
  }
  CHILD_OK(mdbx_env_close(env));
}

static void foreign_open(unsigned flags, int expected, unsigned shown) {
  struct foreign foreign = {flags, expected, shown};
  unit_join(unit_fork(open_in_child, &foreign));
}

START_TEST(rule_03_exclusive) {
  MDBX_env *env = api_open(0);
  foreign_open(0, MDBX_SUCCESS, 0);
  foreign_open(MDBX_EXCLUSIVE, MDBX_BUSY, 0);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_EXCLUSIVE);
  foreign_open(0, MDBX_BUSY, 0);
  foreign_open(MDBX_RDONLY, MDBX_BUSY, 0);
  foreign_open(MDBX_EXCLUSIVE, MDBX_BUSY, 0);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_03_modes_of_openers) {
  MDBX_env *env = api_open(0);
  foreign_open(MDBX_SAFE_NOSYNC, MDBX_INCOMPATIBLE, 0);
  foreign_open(MDBX_SAFE_NOSYNC | MDBX_ACCEDE, MDBX_SUCCESS, 0);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_SAFE_NOSYNC);
  foreign_open(0, MDBX_INCOMPATIBLE, 0);
  foreign_open(MDBX_ACCEDE, MDBX_SUCCESS, MDBX_SAFE_NOSYNC);
  OK(mdbx_env_close(env));
}
END_TEST

/* Writers have to agree among themselves; readers that stay do not carry on the mode of writers that are gone. */
START_TEST(rule_03_the_mode_goes_with_the_last_writer) {
  static const unsigned modes[] = {0, MDBX_SAFE_NOSYNC, MDBX_NOMETASYNC, MDBX_WRITEMAP, 0};
  OK(mdbx_env_close(api_open(0)));
  MDBX_env *reader = api_open(MDBX_RDONLY);
  for (unsigned i = 0; i < 4; ++i) {
    foreign_open(modes[i], MDBX_SUCCESS, modes[i]);
    foreign_open(modes[i + 1], MDBX_SUCCESS, modes[i + 1]);
  }
  OK(mdbx_env_close(reader));
  /* And of two environments in one process, each is a writer to the other. */
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_MULTIOPEN, MDBX_LOGGER_DONTCHANGE);
  MDBX_env *one = api_open(0), *two = api_create();
  IS(api_try_open(two, MDBX_SAFE_NOSYNC), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(two));
  two = api_open(0);
  OK(mdbx_env_close(one));
  foreign_open(MDBX_SAFE_NOSYNC, MDBX_INCOMPATIBLE, 0);
  OK(mdbx_env_close(two));
}
END_TEST

START_TEST(rule_03_two_lock_files) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_dir, MDBX_ENV_DEFAULTS, 0600));
  OK(mdbx_env_close(env));
  api_write_file("mdbx.dat-lck", "x", 1);
  env = api_create();
  IS(mdbx_env_open(env, unit_dir, MDBX_ENV_DEFAULTS, 0600), MDBX_DUPLICATED_LCK);
  OK(mdbx_env_close(env));
}
END_TEST

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
  static const unsigned changeable[] = {MDBX_SAFE_NOSYNC,  MDBX_NOMETASYNC,  MDBX_NOMEMINIT, MDBX_LIFORECLAIM,
                                        MDBX_PAGEPERTURB, MDBX_ACCEDE, MDBX_VALIDATION};
  static const unsigned fixed[] = {MDBX_NOSUBDIR,  MDBX_RDONLY,    MDBX_WRITEMAP, MDBX_NOSTICKYTHREADS,
                                   MDBX_EXCLUSIVE, MDBX_NORDAHEAD, 0x1};
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

/* --------------------------------------------------------------------------------- rules 9 and 10: copy, delete, sync */

static void expect_in_copy(const char *name) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_path(name), MDBX_NOSUBDIR, 0600));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}

START_TEST(rule_09_copy) {
  static const unsigned flags[] = {0, MDBX_CP_COMPACT, MDBX_CP_COMPACT | MDBX_CP_FORCE_DYNAMIC_SIZE};
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); ++i) {
    OK(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)flags[i]));
    IS(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)flags[i]), MDBX_EEXIST);
    OK(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)(flags[i] | MDBX_CP_OVERWRITE)));
    expect_in_copy("copy");
    OK(mdbx_env_delete(unit_path("copy"), MDBX_ENV_ENSURE_UNUSED));
  }
  OK(mdbx_env_close(env));
}
END_TEST

static int api_try_open_at(const char *path) {
  MDBX_env *env = api_create();
  const int rc = mdbx_env_open(env, path, MDBX_NOSUBDIR, 0600);
  OK(mdbx_env_close(env));
  return rc;
}

/* The file that is replaced stays whole until then, and for those who have it open. */
START_TEST(rule_09_copy_over_a_database_in_use) {
  MDBX_env *env = api_open(0), *old = api_create();
  MDBX_val data;
  api_store(env, "a", "1");
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_DEFAULTS));
  OK(mdbx_env_open(old, unit_path("copy"), MDBX_NOSUBDIR | MDBX_RDONLY, 0));
  MDBX_txn *txn = api_begin(old, MDBX_TXN_RDONLY);
  api_store(env, "a", "2");
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_OVERWRITE));
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS_TEXT(data, "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(old));
  /* A link is followed, what is no file is written to, and a link to nothing makes nothing. */
  ck_assert_int_eq(symlink("copy", unit_path("link")), 0);
  OK(mdbx_env_copy(env, unit_path("link"), MDBX_CP_OVERWRITE));
  ck_assert_int_eq(readlink(unit_path("link"), (char[8]){0}, 8), 4);
  IS(mdbx_env_copy(env, unit_path("link"), MDBX_CP_DEFAULTS), MDBX_EEXIST);
  ck_assert_int_eq(symlink("nothing", unit_path("dangling")), 0);
  IS(mdbx_env_copy(env, unit_path("dangling"), MDBX_CP_OVERWRITE), MDBX_EEXIST);
  ck_assert_int_eq(access(unit_path("nothing"), F_OK), -1);
  ck_assert_int_eq(mkdir(unit_path("directory"), 0700), 0);
  IS(mdbx_env_copy(env, unit_path("directory"), MDBX_CP_OVERWRITE), EISDIR);
  ck_assert_int_eq(mkfifo(unit_path("pipe"), 0600), 0);
  IS(api_try_open_at(unit_path("pipe")), MDBX_INVALID);
  old = api_create();
  OK(mdbx_env_open(old, unit_path("copy"), MDBX_NOSUBDIR, 0));
  txn = api_begin(old, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "2");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(old));
  OK(mdbx_env_close(env));
}
END_TEST

struct delete_order {
  MDBX_env_delete_mode_t mode;
  int expected;
};

static void delete_in_child(void *context) {
  const struct delete_order *order = context;
  CHILD_IS(mdbx_env_delete(unit_path(API_DB), order->mode), order->expected);
}

START_TEST(rule_09_delete) {
  IS(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE), MDBX_RESULT_TRUE);
  IS(mdbx_env_delete(unit_path(API_DB), (MDBX_env_delete_mode_t)9), MDBX_EINVAL);
  MDBX_env *env = api_open(0);
  struct delete_order order = {MDBX_ENV_ENSURE_UNUSED, MDBX_BUSY};
  unit_join(unit_fork(delete_in_child, &order));
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  order = (struct delete_order){MDBX_ENV_JUST_DELETE, MDBX_SUCCESS};
  unit_join(unit_fork(delete_in_child, &order));
  ck_assert_int_ne(access(unit_path(API_DB), F_OK), 0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(0)));
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_ENSURE_UNUSED));
}
END_TEST

/* A pipe stands for whatever is no file: a device needs root. */
START_TEST(rule_09_only_files_are_deleted) {
  static const MDBX_env_delete_mode_t modes[] = {MDBX_ENV_JUST_DELETE, MDBX_ENV_ENSURE_UNUSED};
  char lock[600];
  snprintf(lock, sizeof(lock), "%s%s", unit_path(API_DB), MDBX_LOCK_SUFFIX);
  ck_assert_int_eq(mkfifo(unit_path(API_DB), 0600), 0);
  for (unsigned i = 0; i < 2; ++i)
    IS(mdbx_env_delete(unit_path(API_DB), modes[i]), MDBX_INVALID);
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  ck_assert_int_eq(unlink(unit_path(API_DB)), 0);
  OK(mdbx_env_close(api_open(0)));
  unlink(lock);
  ck_assert_int_eq(mkfifo(lock, 0600), 0);
  for (unsigned i = 0; i < 2; ++i)
    IS(mdbx_env_delete(unit_path(API_DB), modes[i]), MDBX_INVALID);
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  ck_assert_int_eq(access(lock, F_OK), 0);
  ck_assert_int_eq(unlink(lock), 0);
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
}
END_TEST

START_TEST(rule_10_sync) {
  struct holder holder = {.env = api_open(MDBX_SAFE_NOSYNC)};
  IS(mdbx_env_sync(holder.env), MDBX_RESULT_TRUE);
  api_store(holder.env, "a", "1");
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, hold_writer, &holder), 0);
  ck_assert(unit_await(&holder.stage, 1));
  IS(mdbx_env_sync_ex(holder.env, true, true), MDBX_BUSY);
  atomic_store(&holder.stage, 2);
  pthread_join(thread, NULL);
  OK(mdbx_env_sync(holder.env));
  IS(mdbx_env_sync(holder.env), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(holder.env));
  MDBX_env *env = api_open(MDBX_RDONLY);
  IS(mdbx_env_sync(env), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_10_thread_register) {
  MDBX_env *env = api_open(0);
  OK(mdbx_thread_register(env));
  IS(mdbx_thread_register(env), MDBX_RESULT_TRUE);
  OK(mdbx_thread_unregister(env));
  IS(mdbx_thread_unregister(env), MDBX_RESULT_TRUE);
  IS(mdbx_reader_check(env, NULL), MDBX_SUCCESS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_thread_register(env), MDBX_RESULT_TRUE);
  IS(mdbx_thread_unregister(env), MDBX_BUSY);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(MDBX_NOSTICKYTHREADS);
  IS(mdbx_thread_register(env), MDBX_EINVAL);
  IS(mdbx_thread_unregister(env), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------- rules 11 to 16: weak commits and recovery */

/* Commit ids and what kind of meta holds them: 0 none, 1 weak, 2 steady. */
static void expect_metas(MDBX_env *env, const uint64_t expected[3][2]) {
  const MDBX_envinfo info = api_info(env);
  for (unsigned i = 0; i < 3; ++i) {
    unsigned slot = 0;
    while (slot < 3 && info.mi_meta_txnid[slot] != expected[i][0])
      ++slot;
    ck_assert_msg(slot < 3, "no meta of commit %u", (unsigned)expected[i][0]);
    const uint64_t sign = info.mi_meta_sign[slot];
    ck_assert_uint_eq(sign > 2 ? 2 : sign, expected[i][1]);
  }
}

START_TEST(rule_11_weak_metas) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  static const uint64_t weak[3][2] = {{6, 1}, {5, 1}, {3, 2}}, synced[3][2] = {{6, 2}, {5, 1}, {3, 2}};
  for (unsigned i = 0; i < 3; ++i)
    api_store(env, "a", "1");
  expect_metas(env, weak);
  OK(mdbx_env_sync(env));
  expect_metas(env, synced);
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, 6);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_11_steady_snapshot_is_kept) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  char key[16], value[64];
  for (unsigned round = 0; round < 60; ++round) {
    snprintf(value, sizeof(value), "%u", round);
    for (unsigned i = 0; i < 20; ++i) {
      snprintf(key, sizeof(key), "k%u", i);
      api_store(env, key, value);
    }
    if (round == 10)
      OK(mdbx_env_sync(env));
  }
  ck_assert_uint_lt(api_info(env).mi_last_pgno, 64);
  OK(mdbx_env_close_ex(env, true));
  static const uint64_t other_boot[2] = {77, 78};
  os_bootid_pretend(other_boot);
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  for (unsigned i = 0; i < 20; ++i) {
    snprintf(key, sizeof(key), "k%u", i);
    api_has(txn, DBI_MAIN, key, "10");
  }
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_12_utterly_nosync_wipes) {
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  static const uint64_t wiped[3][2] = {{4, 0}, {5, 1}, {6, 1}};
  for (unsigned i = 0; i < 3; ++i)
    api_store(env, "a", "1");
  expect_metas(env, wiped);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_13_thresholds) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  IS(mdbx_env_sync_poll(env), MDBX_RESULT_TRUE);
  api_store(env, "a", "1");
  OK(mdbx_env_sync_poll(env));
  static const uint64_t weak[3][2] = {{4, 1}, {2, 2}, {3, 2}}, steady[3][2] = {{4, 1}, {5, 2}, {3, 2}};
  expect_metas(env, weak);
  OK(mdbx_env_set_syncbytes(env, 1));
  api_store(env, "a", "2");
  expect_metas(env, steady);
  IS(mdbx_env_sync(env), MDBX_RESULT_TRUE);
  OK(mdbx_env_set_syncbytes(env, 0));
  OK(mdbx_env_set_syncperiod(env, 65536 / 100));
  api_store(env, "a", "3");
  unit_sleep_us(30000);
  OK(mdbx_env_sync_poll(env));
  IS(mdbx_env_sync_poll(env), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(env));
}
END_TEST

/* A process that commits and dies without closing: first durably, then weakly. */
static void commit_and_die(void *context) {
  MDBX_env *env;
  (void)context;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  for (int i = 0; i < 2; ++i) {
    MDBX_txn *txn;
    CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    CHILD_OK(api_put(txn, DBI_MAIN, i ? "weak" : "steady", "1", MDBX_UPSERT));
    CHILD_OK(mdbx_txn_commit(txn));
    if (!i)
      CHILD_OK(mdbx_env_sync(env));
  }
}

START_TEST(rule_14_recovery_by_boot) {
  const bool rebooted = _i;
  static const uint64_t boots[2][2] = {{1, 2}, {3, 4}}, unknown[2] = {0, 0};
  os_bootid_pretend(boots[0]);
  unit_join(unit_fork(commit_and_die, NULL));
  if (rebooted)
    os_bootid_pretend(_i == 1 ? boots[1] : unknown);
  MDBX_env *env = api_create();
  IS(api_try_open(env, MDBX_RDONLY), MDBX_WANNA_RECOVERY);
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_val data;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "steady", "1");
  IS(api_get(txn, DBI_MAIN, "weak", &data), rebooted ? MDBX_NOTFOUND : MDBX_SUCCESS);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  IS(mdbx_env_sync(env), MDBX_RESULT_TRUE);
  OK(mdbx_env_close_ex(env, true));
  OK(mdbx_env_close(api_open(MDBX_RDONLY)));
}
END_TEST

START_TEST(rule_14_odd_file_size) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  ck_assert_int_eq(truncate(unit_path(API_DB), st.st_size + 100), 0);
  env = api_create();
  IS(api_try_open(env, MDBX_RDONLY), MDBX_WANNA_RECOVERY);
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(MDBX_RDONLY)));
}
END_TEST

START_TEST(rule_15_empty_commit) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  size_t before_size, after_size;
  uint8_t *before = api_read_file(API_DB, &before_size);
  for (int i = 0; i < 3; ++i) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    ck_assert_uint_eq(mdbx_txn_id(txn), 5);
    IS(api_del(txn, DBI_MAIN, "none"), MDBX_NOTFOUND);
    OK(mdbx_txn_commit(txn));
  }
  uint8_t *after = api_read_file(API_DB, &after_size);
  ck_assert_uint_eq(before_size, after_size);
  ck_assert_int_eq(memcmp(before, after, after_size), 0);
  free(before);
  free(after);
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, 4);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_16_modes_of_one_transaction) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn;
  IS(mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)MDBX_UTTERLY_NOSYNC, &txn), MDBX_EINVAL);
  static const unsigned modes[] = {MDBX_TXN_NOMETASYNC, MDBX_TXN_NOSYNC};
  for (unsigned i = 0; i < 2; ++i) {
    txn = api_begin(env, modes[i]);
    OK(api_put(txn, DBI_MAIN, "a", i ? "1" : "0", MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
    OK(mdbx_env_sync(env));
    api_store(env, "a", "2");
    IS(mdbx_env_sync(env), MDBX_RESULT_TRUE);
  }
  OK(mdbx_env_close(env));
}
END_TEST

static void add_lifecycle(Suite *suite) {
  TCase *tcase = api_case(suite, "life cycle");
  tcase_add_test(tcase, rule_01_create_and_close);
  tcase_add_test(tcase, rule_01_close_aborts_own_writer);
  tcase_add_test(tcase, rule_01_close_with_foreign_writer);
  tcase_add_test(tcase, rule_01_close_makes_durable);
  tcase_add_test(tcase, rule_01_close_of_an_unlinked_file);
  tcase_add_test(tcase, rule_01_close_in_a_forked_child);
  tcase_add_test(tcase, rule_02_open_errors);
  tcase_add_test(tcase, rule_02_open_twice);
  tcase_add_test(tcase, rule_02_empty_file_is_new);
  tcase_add_test(tcase, rule_02_nosubdir_on_a_directory);
  tcase_add_test(tcase, rule_02_readonly_drops_writer_flags);
  tcase_add_test(tcase, rule_03_twice_in_one_process);
  tcase_add_test(tcase, rule_03_twice_by_debug_flag);
  tcase_add_test(tcase, rule_03_exclusive);
  tcase_add_test(tcase, rule_03_modes_of_openers);
  tcase_add_test(tcase, rule_03_the_mode_goes_with_the_last_writer);
  tcase_add_test(tcase, rule_03_two_lock_files);
  tcase_add_test(tcase, rule_09_copy);
  tcase_add_test(tcase, rule_09_copy_over_a_database_in_use);
  tcase_add_test(tcase, rule_09_delete);
  tcase_add_test(tcase, rule_09_only_files_are_deleted);
}

static void add_settings(Suite *suite) {
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
  tcase_add_test(tcase, rule_08_info_and_stat);
}

static void add_durability(Suite *suite) {
  TCase *tcase = api_case(suite, "durability");
  tcase_add_test(tcase, rule_10_sync);
  tcase_add_test(tcase, rule_10_thread_register);
  tcase_add_test(tcase, rule_11_weak_metas);
  tcase_add_test(tcase, rule_11_steady_snapshot_is_kept);
  tcase_add_test(tcase, rule_12_utterly_nosync_wipes);
  tcase_add_test(tcase, rule_13_thresholds);
  tcase_add_loop_test(tcase, rule_14_recovery_by_boot, 0, 3);
  tcase_add_test(tcase, rule_14_odd_file_size);
  tcase_add_test(tcase, rule_15_empty_commit);
  tcase_add_test(tcase, rule_16_modes_of_one_transaction);
}

int main(void) {
  Suite *suite = suite_create("environments");
  add_lifecycle(suite);
  add_settings(suite);
  add_durability(suite);
  return unit_run(suite);
}
