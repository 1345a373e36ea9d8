/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions that are about room and what is told of it: sizes, reuse, estimates, checks, readers that are in the way. */
#include "extensions.h"

static MDBX_env *open_sized(unsigned flags, intptr_t now, intptr_t upper) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, now == upper ? upper : 0, now, upper, 65536, -1, PAGE));
  OK(api_try_open(env, flags));
  return env;
}

static uint64_t file_size(void) {
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  return (uint64_t)st.st_size;
}

static int put_numbered(MDBX_txn *txn, MDBX_dbi dbi, unsigned number, unsigned fill, size_t bytes) {
  char key[16];
  const MDBX_val k = {key, (size_t)snprintf(key, sizeof(key), "%06u", number)};
  MDBX_val d = {NULL, bytes};
  const int rc = mdbx_put(txn, dbi, &k, &d, MDBX_RESERVE);
  if (rc == MDBX_SUCCESS)
    memset(d.iov_base, (int)fill, bytes);
  return rc;
}

/* ---------------------------------------------------------------------------------------------------- size of files */

START_TEST(test_extension_geometry) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 1 << 20, 2 << 20, 8 << 20, 1 << 20, 2 << 20, PAGE));
  OK(api_try_open(env, 0));
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_eq(info.mi_geo.lower, 1 << 20);
  ck_assert_uint_eq(info.mi_geo.current, 2 << 20);
  ck_assert_uint_eq(info.mi_geo.upper, 8 << 20);
  ck_assert_uint_eq(info.mi_geo.grow, 1 << 20);
  ck_assert_uint_eq(info.mi_geo.shrink, 2 << 20);
  ck_assert_uint_eq(file_size(), 2 << 20);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < 3; ++i)
    OK(put_numbered(txn, DBI_MAIN, i, 1, 1 << 20));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(file_size() % (1 << 20), 0);
  ck_assert_uint_gt(file_size(), 3 << 20);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(put_numbered(txn, DBI_MAIN, 9, 1, 6 << 20), MDBX_MAP_FULL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_set_geometry(env, -1, -1, 16 << 20, -1, -1, -1));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(put_numbered(txn, DBI_MAIN, 9, 1, 6 << 20));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_tail_pages_returned) {
  MDBX_env *env = open_sized(0, 65536, 64 << 20);
  api_store(env, "keep", "this");
  const uint64_t last = api_info(env).mi_last_pgno;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  for (unsigned i = 0; i < 500; ++i)
    OK(put_numbered(txn, dbi, i, 1, 2 * PAGE));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_gt(api_info(env).mi_last_pgno, last + 1000);
  ck_assert_uint_gt(file_size(), 4 << 20);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, true));
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < 5; ++i)
    api_store(env, "keep", i % 2 ? "this" : "that");
  ck_assert_uint_lt(api_info(env).mi_last_pgno, last + 30);
  ck_assert_uint_lt(file_size(), 1 << 20);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct extent {
  const char *table;
  uint64_t from, to; /* where to look */
  uint64_t lowest, highest, pages;
};

static int note_extent(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                       MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                       size_t unused_bytes) {
  struct extent *extent = ctx;
  (void)deep, (void)page_size, (void)nentries, (void)payload_bytes, (void)header_bytes, (void)unused_bytes;
  if (type == MDBX_page_void || strcmp(dbi, extent->table) || pgno < extent->from || pgno >= extent->to)
    return 0;
  extent->pages += number;
  if (pgno < extent->lowest)
    extent->lowest = pgno;
  if (pgno + number > extent->highest)
    extent->highest = pgno + number;
  return 0;
}

/* The pages of a table from one number up to another. */
static struct extent extent_within(MDBX_env *env, const char *table, uint64_t from, uint64_t to) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  struct extent extent = {table, from, to, UINT64_MAX, 0, 0};
  OK(mdbx_env_pgwalk(txn, note_extent, &extent));
  OK(mdbx_txn_abort(txn));
  return extent;
}

static struct extent extent_of(MDBX_env *env, const char *table) { return extent_within(env, table, 0, UINT64_MAX); }

static void fill_table(MDBX_env *env, const char *name, unsigned records) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, name, MDBX_CREATE);
  for (unsigned i = 0; i < records; ++i)
    OK(put_numbered(txn, dbi, i, 1, 1500));
  OK(mdbx_txn_commit(txn));
}

static void drop_table(MDBX_env *env, const char *name) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, api_table(txn, name, 0), true));
  OK(mdbx_txn_commit(txn));
}

/* What became free last is used first; without the flag it is what lies lowest. */
START_TEST(test_extension_lifo) {
  MDBX_env *env = open_sized(_i ? MDBX_LIFORECLAIM : 0, 65536, 64 << 20);
  fill_table(env, "old", 1500);
  fill_table(env, "young", 1500);
  fill_table(env, "stays", 200);
  const struct extent old = extent_of(env, "old"), young = extent_of(env, "young");
  ck_assert_uint_le(old.highest, young.lowest);
  drop_table(env, "old");
  for (unsigned i = 0; i < 4; ++i)
    api_store(env, "some", i % 2 ? "thing" : "more");
  drop_table(env, "young");
  fill_table(env, "new", 60);
  const uint64_t pages = extent_of(env, "new").pages;
  ck_assert_uint_ge(pages, 30);
  if (_i)
    ck_assert_uint_ge(extent_within(env, "new", young.lowest, young.highest).pages, pages - 5);
  else
    ck_assert_uint_eq(extent_within(env, "new", 0, old.highest).pages, pages);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_three_metas) {
  MDBX_env *env = api_open(0);
  MDBX_envinfo info = api_info(env);
  for (unsigned slot = 0; slot < 3; ++slot) {
    ck_assert_uint_eq(info.mi_meta_txnid[slot], slot + 1);
    ck_assert_uint_gt(info.mi_meta_sign[slot], 1);
  }
  api_store(env, "a", "previous");
  api_store(env, "a", "newest");
  info = api_info(env);
  unsigned head = 0;
  for (unsigned slot = 0; slot < 3; ++slot)
    if (info.mi_meta_txnid[slot] == info.mi_recent_txnid)
      head = slot;
  ck_assert_uint_eq(info.mi_recent_txnid, 5);
  OK(mdbx_env_close(env));
  /* The newest one is lost: the one before is as good. */
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  memset(bytes + head * PAGE, 0x5a, PAGE);
  api_write_file(API_DB, bytes, length);
  free(bytes);
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "previous");
  OK(mdbx_txn_abort(txn));
  api_store(env, "a", "again");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- questions */

START_TEST(test_extension_estimate_range_move_distance) {
  MDBX_env *env = open_sized(MDBX_SAFE_NOSYNC, 65536, 64 << 20);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < 10000; ++i)
    OK(put_numbered(txn, DBI_MAIN, i, 1, 50));
  const MDBX_val from = api_val("002000"), to = api_val("007000");
  ptrdiff_t distance;
  OK(mdbx_estimate_range(txn, DBI_MAIN, NULL, NULL, NULL, NULL, &distance));
  ck_assert_int_eq(distance, 10000);
  OK(mdbx_estimate_range(txn, DBI_MAIN, &from, NULL, &to, NULL, &distance));
  ck_assert_int_ge(distance, 4500);
  ck_assert_int_le(distance, 5500);
  OK(mdbx_estimate_range(txn, DBI_MAIN, &to, NULL, &from, NULL, &distance));
  ck_assert_int_le(distance, -4500);
  MDBX_cursor *first = cursor_on(txn, DBI_MAIN), *last = cursor_on(txn, DBI_MAIN);
  OK(go(first, MDBX_SET_KEY, "002000", NULL));
  OK(go(last, MDBX_SET_KEY, "007000", NULL));
  OK(mdbx_estimate_distance(first, last, &distance));
  ck_assert_int_ge(distance, 4500);
  ck_assert_int_le(distance, 5500);
  MDBX_val key = api_val("007000"), data;
  OK(mdbx_estimate_move(first, &key, &data, MDBX_SET_KEY, &distance));
  ck_assert_int_ge(distance, 4500);
  ck_assert_int_le(distance, 5500);
  OK(mdbx_cursor_get(first, &key, &data, MDBX_GET_CURRENT));
  IS_TEXT(key, "002000");
  mdbx_cursor_close(first);
  mdbx_cursor_close(last);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_checker) {
  MDBX_env *env = api_open(0);
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  fill_table(env, "t", 100);
  const struct extent extent = extent_of(env, "t");
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_eq(context.result.total_problems, 0);
  ck_assert_uint_eq(context.result.table_total, 3);
  ck_assert_uint_gt(context.result.processed_pages, 30);
  OK(mdbx_env_close(env));
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  bytes[extent.lowest * PAGE + 40] ^= 0x10;
  api_write_file(API_DB, bytes, length);
  free(bytes);
  env = api_open(0);
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_gt(context.result.total_problems, 0);
  ck_assert_uint_gt(context.result.tree_problems, 0);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_straggler_and_txn_info) {
  MDBX_env *env = open_sized(MDBX_NOSTICKYTHREADS, 1 << 20, 1 << 20);
  MDBX_txn_info info;
  int percent = -1;
  fill_table(env, "t", 100);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_int_eq(mdbx_txn_straggler(reader, &percent), 0);
  const uint64_t used = api_info(env).mi_last_pgno + 1;
  ck_assert_int_eq(percent, (int)(used * 100 * PAGE >> 20));
  for (unsigned i = 0; i < 7; ++i)
    api_store(env, "a", i % 2 ? "1" : "2");
  ck_assert_int_eq(mdbx_txn_straggler(reader, NULL), 7);
  OK(mdbx_txn_info(reader, &info, true));
  ck_assert_uint_eq(info.txn_id, mdbx_txn_id(reader));
  ck_assert_uint_eq(info.txn_reader_lag, 7);
  ck_assert_uint_eq(info.txn_space_used, used * PAGE);
  ck_assert_uint_eq(info.txn_space_limit_soft, 1 << 20);
  ck_assert_uint_eq(info.txn_space_limit_hard, 1 << 20);
  ck_assert_uint_gt(info.txn_space_retired, 0);
  MDBX_txn *writer = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_int_eq(mdbx_txn_straggler(writer, &percent), 0);
  OK(mdbx_txn_info(writer, &info, true));
  ck_assert_uint_eq(info.txn_reader_lag, 7);
  ck_assert_uint_eq(info.txn_space_dirty, 0);
  OK(api_put(writer, DBI_MAIN, "a", "3", MDBX_UPSERT));
  OK(mdbx_txn_info(writer, &info, false));
  ck_assert_uint_ge(info.txn_space_dirty, PAGE);
  ck_assert_uint_ge(info.txn_space_retired, PAGE);
  OK(mdbx_txn_abort(writer));
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_info_with_oldest_snapshot) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *old = api_begin(env, MDBX_TXN_RDONLY);
  const uint64_t oldest = mdbx_txn_id(old);
  api_store(env, "a", "2");
  MDBX_txn *young = api_begin(env, MDBX_TXN_RDONLY);
  api_store(env, "a", "3");
  MDBX_envinfo info = api_info(env);
  ck_assert_uint_eq(info.mi_recent_txnid, oldest + 2);
  ck_assert_uint_eq(info.mi_latter_reader_txnid, oldest);
  ck_assert_uint_eq(info.mi_self_latter_reader_txnid, oldest);
  OK(mdbx_txn_abort(old));
  ck_assert_uint_eq(api_info(env).mi_latter_reader_txnid, oldest + 1);
  OK(mdbx_txn_abort(young));
  ck_assert_uint_eq(api_info(env).mi_latter_reader_txnid, oldest + 2);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_pgwalk) {
  MDBX_env *env = api_open(0);
  fill_table(env, "t", 100);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, api_table(txn, "t", 0), &stat, sizeof(stat)));
  OK(mdbx_txn_abort(txn));
  const struct extent metas = extent_of(env, "@META"), table = extent_of(env, "t"), none = extent_of(env, "u");
  ck_assert_uint_eq(metas.lowest, 0);
  ck_assert_uint_eq(metas.highest, 3);
  ck_assert_uint_eq(table.pages, stat.ms_branch_pages + stat.ms_leaf_pages);
  ck_assert_uint_eq(none.pages, 0);
  OK(mdbx_env_close(env));
}
END_TEST

static unsigned messages;

static void take_message(MDBX_log_level_t level, const char *function, int line, const char *fmt, va_list args) {
  char text[512];
  (void)function, (void)line;
  ck_assert_int_le(level, MDBX_LOG_ERROR);
  ck_assert_int_gt(vsnprintf(text, sizeof(text), fmt, args), 0);
  messages += 1;
}

START_TEST(test_extension_setup_debug) {
  const int before = mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_ASSERT, take_message);
  ck_assert_int_ge(before, 0);
  const int now = mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  ck_assert_int_eq(now >> 16, MDBX_LOG_ERROR);
  ck_assert_int_eq(now & 0xffff, MDBX_DBG_ASSERT);
  MDBX_env *env = api_open(0);
  fill_table(env, "t", 100);
  const struct extent extent = extent_of(env, "t");
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(messages, 0);
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  bytes[extent.lowest * PAGE + 40] ^= 0x10;
  api_write_file(API_DB, bytes, length);
  free(bytes);
  for (unsigned quiet = 0; quiet < 2; ++quiet) {
    env = api_open(0);
    if (quiet)
      ck_assert_int_ge(mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE), 0);
    messages = 0;
    struct extent again = {"t", 0, UINT64_MAX, UINT64_MAX, 0, 0};
    MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
    IS(mdbx_env_pgwalk(txn, note_extent, &again), MDBX_CORRUPTED);
    OK(mdbx_txn_abort(txn));
    ck_assert_int_eq(messages == 0, quiet);
    OK(mdbx_env_close(env));
  }
}
END_TEST

START_TEST(test_extension_is_dirty) {
  MDBX_env *env = api_open(0);
  fill_table(env, "t", 1);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", 0);
  MDBX_val clean, changed;
  OK(put_numbered(txn, dbi, 7, 7, 10));
  OK(api_get(txn, DBI_MAIN, "a", &clean));
  OK(api_get(txn, dbi, "000000", &changed));
  IS(mdbx_is_dirty(txn, clean.iov_base), MDBX_RESULT_FALSE);
  IS(mdbx_is_dirty(txn, changed.iov_base), MDBX_RESULT_TRUE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(api_get(txn, dbi, "000000", &changed));
  IS(mdbx_is_dirty(txn, changed.iov_base), MDBX_RESULT_FALSE);
  IS(mdbx_is_dirty(txn, &clean), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------- readers of another process in the way */

enum outcome { WAIT, ABORT_READER, KILL_PROCESS, GIVE_UP, OUTCOMES };
enum { LIMIT = 512 * 1024, RECORDS = 40, RECORD_BYTES = 1200 };

struct scene {
  enum outcome outcome;
  _Atomic int stage, order; /* 1 it reads, 2 its reader is over; 1 go on */
  _Atomic int calls, endings, last_ending;
  _Atomic uint64_t laggard, snapshot;
  pid_t child;
};

static struct scene *scene;

static void hold_snapshot(void *context) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_val data;
  (void)context;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  CHILD_OK(api_get(txn, DBI_MAIN, "000003", &data));
  atomic_store(&scene->snapshot, mdbx_txn_id(txn));
  atomic_store(&scene->stage, 1);
  unit_require(unit_await(&scene->order, 1));
  CHILD_IS(api_get(txn, DBI_MAIN, "000003", &data), scene->outcome == ABORT_READER ? MDBX_BAD_TXN : MDBX_SUCCESS);
  unit_require(scene->outcome == ABORT_READER || *(const char *)data.iov_base == 1);
  CHILD_OK(mdbx_txn_abort(txn));
  atomic_store(&scene->stage, 2);
  CHILD_OK(mdbx_env_close(env));
}

/* What the application decides, in whichever form it was asked. */
static int decide(int pid, uint64_t laggard, int retry) {
  if (retry < 0) {
    ck_assert_int_eq(pid, 0);
    atomic_fetch_add(&scene->endings, 1);
    atomic_store(&scene->last_ending, retry);
    return 0;
  }
  ck_assert_int_eq(pid, scene->child);
  ck_assert_uint_eq(laggard, atomic_load(&scene->snapshot));
  atomic_fetch_add(&scene->calls, 1);
  switch (scene->outcome) {
  case WAIT:
    if (retry == 1) {
      atomic_store(&scene->order, 1);
      ck_assert(unit_await(&scene->stage, 2));
    }
    return 0;
  case ABORT_READER:
    return 1;
  case KILL_PROCESS:
    unit_kill(scene->child);
    return 2;
  default:
    return -1;
  }
}

static int asked(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                 unsigned gap, size_t space, int retry) {
  ck_assert_ptr_eq(mdbx_txn_env(txn), env);
  ck_assert_int_eq(tid == 0, retry < 0);
  ck_assert_int_eq(space == 0, retry < 0);
  ck_assert_int_eq(gap, 3);
  return decide(pid, laggard, retry);
}

static int asked_the_old_way(MDBX_env *env, int pid, mdbx_tid_t tid, uint64_t txn, unsigned gap, int retry) {
  ck_assert_ptr_nonnull(env);
  ck_assert_int_eq(tid == 0, retry < 0);
  ck_assert_int_eq(gap, 3);
  return decide(pid, txn, retry);
}

static void rewrite(MDBX_env *env, unsigned version) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < RECORDS; ++i)
    OK(put_numbered(txn, DBI_MAIN, i, version, RECORD_BYTES));
  OK(mdbx_txn_commit(txn));
}

/* Writes until somebody was asked. */
static int press(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < 1000 && rc == MDBX_SUCCESS && !atomic_load(&scene->calls); ++i)
    rc = put_numbered(txn, DBI_MAIN, 1000 + i, 9, RECORD_BYTES);
  OK(rc == MDBX_SUCCESS ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn));
  return rc;
}

static void oom_kick(bool modern, enum outcome outcome) {
  scene = unit_shared(sizeof(*scene));
  scene->outcome = outcome;
  MDBX_env *env = open_sized(0, LIMIT, LIMIT);
  rewrite(env, 1);
  scene->child = unit_fork(hold_snapshot, NULL);
  ck_assert(unit_await(&scene->stage, 1));
  for (unsigned version = 2; version < 5; ++version)
    rewrite(env, version);
  OK(modern ? mdbx_env_set_hsr(env, asked) : mdbx_env_set_oomfunc(env, asked_the_old_way));
  IS(press(env), outcome == GIVE_UP ? MDBX_MAP_FULL : MDBX_SUCCESS);
  ck_assert_int_eq(atomic_load(&scene->calls), outcome == WAIT ? 2 : 1);
  ck_assert_int_eq(atomic_load(&scene->endings), outcome == WAIT);
  ck_assert_int_eq(atomic_load(&scene->last_ending), outcome == WAIT ? -2 : 0);
  atomic_store(&scene->order, 1);
  if (outcome != KILL_PROCESS)
    unit_join(scene->child);
  api_sound(env);
  OK(mdbx_env_close(env));
}

START_TEST(test_extension_oom_kick_hsr) { oom_kick(true, (enum outcome)_i); }
END_TEST

START_TEST(test_extension_oom_kick_oomfunc) { oom_kick(false, (enum outcome)_i); }
END_TEST

int main(void) {
  Suite *suite = suite_create("extensions, room");
  TCase *tcase = api_case(suite, "extensions, room");
  tcase_add_test(tcase, test_extension_geometry);
  tcase_add_test(tcase, test_extension_tail_pages_returned);
  tcase_add_loop_test(tcase, test_extension_lifo, 0, 2);
  tcase_add_test(tcase, test_extension_estimate_range_move_distance);
  tcase_add_test(tcase, test_extension_checker);
  tcase_add_loop_test(tcase, test_extension_oom_kick_hsr, 0, OUTCOMES);
  tcase_add_loop_test(tcase, test_extension_oom_kick_oomfunc, 0, OUTCOMES);
  tcase_add_test(tcase, test_extension_straggler_and_txn_info);
  tcase_add_test(tcase, test_extension_info_with_oldest_snapshot);
  tcase_add_test(tcase, test_extension_setup_debug);
  tcase_add_test(tcase, test_extension_pgwalk);
  tcase_add_test(tcase, test_extension_three_metas);
  tcase_add_test(tcase, test_extension_is_dirty);
  return unit_run(suite);
}
