/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this engine family has beyond LMDB, one test for each extension, named after it. Here each is shown once and in
 * short; the corners are in the tests of the rules.
 */
#include "api.h"

#include "os/os.h"

#include <limits.h>

enum { PAGE = 4096 };

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

static MDBX_cursor *cursor_on(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  return cursor;
}

static int go(MDBX_cursor *cursor, MDBX_cursor_op op, const char *key, const char *data) {
  MDBX_val k = api_val(key ? key : ""), d = api_val(data ? data : "");
  return mdbx_cursor_get(cursor, &k, &d, op);
}

static void is_at(MDBX_cursor *cursor, const char *key, const char *data) {
  MDBX_val k, d;
  OK(mdbx_cursor_get(cursor, &k, &d, MDBX_GET_CURRENT));
  IS_TEXT(k, key);
  IS_TEXT(d, data);
}

/* A writer of a table "t" with the key "a" and values 1 to 3, "b" and its only value. */
static MDBX_txn *begin_multi(MDBX_env *env, MDBX_dbi *dbi) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  *dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  OK(api_put(txn, *dbi, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "a", "2", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "a", "3", MDBX_UPSERT));
  OK(api_put(txn, *dbi, "b", "1", MDBX_UPSERT));
  return txn;
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

static struct extent extent_of(MDBX_env *env, const char *table) {
  return extent_within(env, table, 0, UINT64_MAX);
}

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

/* ------------------------------------------------------------------------------------------------------------ data */

START_TEST(test_extension_zero_length) {
  MDBX_env *env = api_open(0);
  MDBX_dbi multi;
  MDBX_txn *txn = begin_multi(env, &multi);
  const MDBX_val none = {NULL, 0};
  MDBX_val data = {NULL, 0};
  OK(mdbx_put(txn, DBI_MAIN, &none, &data, MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "k", "", MDBX_UPSERT));
  OK(api_put(txn, multi, "a", "", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "", "");
  api_has(txn, DBI_MAIN, "k", "");
  MDBX_cursor *cursor = cursor_on(txn, multi);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  is_at(cursor, "a", "");
  OK(go(cursor, MDBX_NEXT_DUP, NULL, NULL));
  is_at(cursor, "a", "1");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_canary) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_canary canary = {.x = 1, .y = 2, .z = 3, .v = 0}, seen;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_canary_put(txn, &canary));
  MDBX_txn *before = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_canary_get(before, &seen));
  ck_assert_uint_eq(seen.x | seen.y | seen.z | seen.v, 0);
  OK(mdbx_txn_abort(before));
  OK(mdbx_env_close(env));
  env = api_open(0);
  api_store(env, "other", "data");
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_canary_get(txn, &seen));
  ck_assert_uint_eq(seen.x, 1);
  ck_assert_uint_eq(seen.y, 2);
  ck_assert_uint_eq(seen.z, 3);
  ck_assert_uint_eq(seen.v, id);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static int replace(MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *fresh, MDBX_val *old, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val d = api_val(fresh ? fresh : "");
  return mdbx_replace(txn, dbi, &k, fresh ? &d : NULL, old, (MDBX_put_flags_t)flags);
}

START_TEST(test_extension_replace) {
  MDBX_env *env = api_open(0);
  MDBX_dbi multi;
  MDBX_txn *txn = begin_multi(env, &multi);
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)};
  OK(api_put(txn, DBI_MAIN, "k", "old", MDBX_UPSERT));
  OK(replace(txn, DBI_MAIN, "k", "new", &old, MDBX_CURRENT));
  IS_TEXT(old, "old");
  api_has(txn, DBI_MAIN, "k", "new");
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace(txn, DBI_MAIN, "k", NULL, &old, MDBX_CURRENT));
  IS_TEXT(old, "new");
  /* One item of several. */
  old = api_val("2");
  OK(replace(txn, multi, "a", "4", &old, MDBX_CURRENT | MDBX_NOOVERWRITE));
  MDBX_cursor *cursor = cursor_on(txn, multi);
  IS(go(cursor, MDBX_GET_BOTH, "a", "2"), MDBX_NOTFOUND);
  OK(go(cursor, MDBX_GET_BOTH, "a", "1"));
  OK(go(cursor, MDBX_GET_BOTH, "a", "3"));
  OK(go(cursor, MDBX_GET_BOTH, "a", "4"));
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_sequence) {
  MDBX_env *env = api_open(0);
  uint64_t value = 99;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_dbi_sequence(txn, dbi, &value, 5));
  ck_assert_uint_eq(value, 0);
  OK(mdbx_dbi_sequence(txn, dbi, &value, 1));
  ck_assert_uint_eq(value, 5);
  OK(mdbx_dbi_sequence(txn, DBI_MAIN, &value, 1));
  ck_assert_uint_eq(value, 0);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 100));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_sequence(txn, api_table(txn, "t", 0), &value, 0));
  ck_assert_uint_eq(value, 6);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_current) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(api_put(txn, DBI_MAIN, "k", "1", MDBX_CURRENT), MDBX_NOTFOUND);
  OK(api_put(txn, DBI_MAIN, "k", "1", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "k", "longer than before", MDBX_CURRENT));
  api_has(txn, DBI_MAIN, "k", "longer than before");
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  OK(go(cursor, MDBX_SET, "k", NULL));
  const MDBX_val key = api_val("k"), other = api_val("l");
  MDBX_val data = api_val("2");
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  is_at(cursor, "k", "2");
  IS(mdbx_cursor_put(cursor, &other, &data, MDBX_CURRENT), MDBX_EKEYMISMATCH);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static size_t count_at(MDBX_cursor *cursor) {
  size_t count = SIZE_MAX;
  OK(mdbx_cursor_count(cursor, &count));
  return count;
}

START_TEST(test_extension_cursor_count) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  for (unsigned i = 0; i < 2000; ++i) {
    char value[16];
    snprintf(value, sizeof(value), "%u", i);
    OK(api_put(txn, dbi, "c", value, MDBX_UPSERT));
  }
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  ck_assert_uint_eq(count_at(cursor), 0);
  for (int rc = go(cursor, MDBX_FIRST, NULL, NULL); rc == MDBX_SUCCESS; rc = go(cursor, MDBX_NEXT, NULL, NULL)) {
    MDBX_val key, data;
    OK(mdbx_cursor_get(cursor, &key, &data, MDBX_GET_CURRENT));
    const char letter = *(const char *)key.iov_base;
    ck_assert_uint_eq(count_at(cursor), letter == 'a' ? 3 : letter == 'b' ? 1 : 2000);
  }
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  ck_assert_uint_eq(count_at(cursor), 2);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_del_with_data) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  const MDBX_val key = api_val("a"), two = api_val("2"), none = api_val("9");
  size_t count;
  MDBX_val k = key, data;
  IS(mdbx_del(txn, dbi, &key, &none), MDBX_NOTFOUND);
  OK(mdbx_del(txn, dbi, &key, &two));
  IS(mdbx_del(txn, dbi, &key, &two), MDBX_NOTFOUND);
  OK(mdbx_get_ex(txn, dbi, &k, &data, &count));
  ck_assert_uint_eq(count, 2);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  IS(mdbx_del(txn, DBI_MAIN, &key, &two), MDBX_NOTFOUND);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
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

START_TEST(test_extension_update_among_duplicates) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  const MDBX_val key = api_val("a");
  MDBX_val data = api_val("9, longer");
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  OK(mdbx_cursor_put(cursor, &key, &data, MDBX_CURRENT));
  is_at(cursor, "a", "9, longer");
  ck_assert_uint_eq(count_at(cursor), 3);
  IS(go(cursor, MDBX_NEXT_DUP, NULL, NULL), MDBX_NOTFOUND);
  OK(go(cursor, MDBX_PREV_DUP, NULL, NULL));
  is_at(cursor, "a", "3");
  OK(go(cursor, MDBX_PREV_DUP, NULL, NULL));
  is_at(cursor, "a", "1");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_emultival) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  char buffer[8];
  MDBX_val old = {buffer, sizeof(buffer)};
  IS(replace(txn, dbi, "a", "9", &old, MDBX_CURRENT), MDBX_EMULTIVAL);
  IS(api_put(txn, dbi, "a", "9", MDBX_CURRENT | MDBX_NOOVERWRITE), MDBX_EMULTIVAL);
  const MDBX_val key = api_val("a");
  MDBX_val k = key, data;
  size_t count;
  OK(mdbx_get_ex(txn, dbi, &k, &data, &count));
  ck_assert_uint_eq(count, 3);
  old = (MDBX_val){buffer, sizeof(buffer)};
  OK(replace(txn, dbi, "b", "9", &old, MDBX_CURRENT));
  api_has(txn, dbi, "b", "9");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_get_ex) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  char typed[2] = "a";
  MDBX_val key = {typed, 1}, data;
  size_t count = 77;
  OK(mdbx_get_ex(txn, dbi, &key, &data, &count));
  ck_assert_uint_eq(count, 3);
  IS_TEXT(data, "1");
  IS_TEXT(key, "a");
  ck_assert_ptr_ne(key.iov_base, typed);
  key = api_val("x");
  IS(mdbx_get_ex(txn, dbi, &key, &data, &count), MDBX_NOTFOUND);
  ck_assert_uint_eq(count, 0);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- cursors */

START_TEST(test_extension_cursor_eof) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  OK(go(cursor, MDBX_NEXT, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  IS(go(cursor, MDBX_NEXT, NULL, NULL), MDBX_NOTFOUND);
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_PREV, NULL, NULL));
  IS(mdbx_cursor_eof(cursor), MDBX_RESULT_FALSE);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_on_first_on_last) {
  MDBX_env *env = api_open(0);
  MDBX_dbi dbi;
  MDBX_txn *txn = begin_multi(env, &dbi);
  MDBX_cursor *cursor = cursor_on(txn, dbi);
  OK(go(cursor, MDBX_GET_BOTH, "a", "2"));
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_TRUE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_first_dup(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_FALSE);
  OK(go(cursor, MDBX_GET_BOTH, "a", "3"));
  IS(mdbx_cursor_on_last_dup(cursor), MDBX_RESULT_TRUE);
  OK(go(cursor, MDBX_SET, "b", NULL));
  IS(mdbx_cursor_on_first(cursor), MDBX_RESULT_FALSE);
  IS(mdbx_cursor_on_last(cursor), MDBX_RESULT_TRUE);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_cursors_are_reusable) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_cursor *cursor = cursor_on(txn, DBI_MAIN);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  OK(mdbx_txn_abort(txn));
  ck_assert_ptr_null(mdbx_cursor_txn(cursor));
  for (unsigned i = 0; i < 3; ++i) {
    txn = api_begin(env, i % 2 ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE);
    OK(mdbx_cursor_renew(txn, cursor));
    OK(go(cursor, MDBX_FIRST, NULL, NULL));
    is_at(cursor, "a", "1");
    OK(mdbx_txn_commit(txn));
    IS(go(cursor, MDBX_FIRST, NULL, NULL), MDBX_EINVAL);
  }
  OK(mdbx_cursor_close2(cursor));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- handles */

static int reversed(const MDBX_val *a, const MDBX_val *b) {
  const size_t shorter = a->iov_len < b->iov_len ? a->iov_len : b->iov_len;
  const int order = memcmp(b->iov_base, a->iov_base, shorter);
  return order ? order : (a->iov_len < b->iov_len) - (a->iov_len > b->iov_len);
}

static int as_bytes(const MDBX_val *a, const MDBX_val *b) { return reversed(b, a); }

enum { OPENERS = 6, TABLES = 8 };

struct opener {
  MDBX_env *env;
  _Atomic int *ready;
  MDBX_dbi dbis[TABLES];
};

static void *open_tables(void *context) {
  struct opener *opener = context;
  MDBX_txn *txn = api_begin(opener->env, MDBX_TXN_RDONLY);
  atomic_fetch_add(opener->ready, 1);
  ck_assert(unit_await(opener->ready, OPENERS));
  for (unsigned i = 0; i < TABLES; ++i) {
    const char name[2] = {(char)('a' + i), 0};
    OK(mdbx_dbi_open_ex(txn, name, MDBX_DB_DEFAULTS, &opener->dbis[i], reversed, NULL));
    api_has(txn, opener->dbis[i], "k1", name);
  }
  OK(mdbx_txn_abort(txn));
  return NULL;
}

/* All threads at once ask for the same tables with a comparator: one handle a table, and no moment without its order. */
START_TEST(test_extension_dbi_open_ex_without_races) {
  MDBX_env *env = api_open(0);
  _Atomic int ready = 0;
  struct opener openers[OPENERS];
  pthread_t threads[OPENERS];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < TABLES; ++i) {
    const char name[2] = {(char)('a' + i), 0};
    MDBX_dbi dbi;
    OK(mdbx_dbi_open_ex(txn, name, MDBX_CREATE, &dbi, reversed, NULL));
    OK(api_put(txn, dbi, "k1", name, MDBX_UPSERT));
    OK(api_put(txn, dbi, "k2", name, MDBX_UPSERT));
    OK(api_put(txn, dbi, "k3", name, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  for (unsigned i = 0; i < OPENERS; ++i) {
    openers[i] = (struct opener){.env = env, .ready = &ready};
    ck_assert_int_eq(pthread_create(&threads[i], NULL, open_tables, &openers[i]), 0);
  }
  for (unsigned i = 0; i < OPENERS; ++i)
    pthread_join(threads[i], NULL);
  for (unsigned i = 0; i < TABLES; ++i) {
    ck_assert_uint_ge(openers[0].dbis[i], 2);
    for (unsigned n = 0; n < OPENERS; ++n)
      ck_assert_uint_eq(openers[n].dbis[i], openers[0].dbis[i]);
    for (unsigned n = 0; n < i; ++n)
      ck_assert_uint_ne(openers[0].dbis[n], openers[0].dbis[i]);
  }
  txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_dbi dbi;
  IS(mdbx_dbi_open_ex(txn, "a", MDBX_DB_DEFAULTS, &dbi, as_bytes, NULL), MDBX_INCOMPATIBLE);
  MDBX_cursor *cursor = cursor_on(txn, openers[0].dbis[0]);
  OK(go(cursor, MDBX_FIRST, NULL, NULL));
  is_at(cursor, "k3", "a");
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_readers_keep_handles) {
  MDBX_env *env = api_open(0);
  fill_table(env, "t", 1);
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_val data;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const MDBX_dbi dbi = api_table(txn, "t", 0);
  OK(mdbx_txn_reset(txn));
  OK(mdbx_txn_renew(txn));
  OK(api_get(txn, dbi, "000000", &data));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_get(txn, dbi, "000000", &data));
  ck_assert_uint_eq(api_table(txn, "t", 0), dbi);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- durability */

static void open_exclusively_in_vain(void *context) {
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, *(const unsigned *)context), MDBX_BUSY);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(test_extension_exclusive) {
  unsigned plain = 0, exclusive = MDBX_EXCLUSIVE;
  MDBX_env *env = api_open(MDBX_EXCLUSIVE);
  unit_join(unit_fork(open_exclusively_in_vain, &plain));
  unit_join(unit_fork(open_exclusively_in_vain, &exclusive));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  env = api_open(0);
  unit_join(unit_fork(open_exclusively_in_vain, &exclusive));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static uint64_t sign_of_head(MDBX_env *env) {
  const MDBX_envinfo info = api_info(env);
  for (unsigned slot = 0; slot < 3; ++slot)
    if (info.mi_meta_txnid[slot] == info.mi_recent_txnid)
      return info.mi_meta_sign[slot];
  ck_abort_msg("no meta of the head");
}

START_TEST(test_extension_syncbytes_and_syncperiod) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  size_t threshold;
  unsigned period;
  OK(mdbx_env_set_syncbytes(env, 10 * PAGE));
  OK(mdbx_env_get_syncbytes(env, &threshold));
  ck_assert_uint_eq(threshold, 10 * PAGE);
  api_store(env, "a", "1");
  ck_assert_uint_eq(sign_of_head(env), 1);
  ck_assert_uint_gt(api_info(env).mi_unsync_volume, 0);
  for (unsigned i = 0; i < 12 && sign_of_head(env) == 1; ++i)
    api_store(env, "a", "2");
  ck_assert_uint_gt(sign_of_head(env), 1);
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  OK(mdbx_env_set_syncbytes(env, 0));
  OK(mdbx_env_set_syncperiod(env, 65536 / 50));
  OK(mdbx_env_get_syncperiod(env, &period));
  ck_assert_uint_eq(period, 65536 / 50);
  api_store(env, "a", "3");
  ck_assert_uint_eq(sign_of_head(env), 1);
  unit_sleep_us(40000);
  api_store(env, "a", "4");
  ck_assert_uint_gt(sign_of_head(env), 1);
  OK(mdbx_env_close(env));
}
END_TEST

static void reboot(void) {
  static const uint64_t other_boot[2] = {77, 78};
  os_bootid_pretend(other_boot);
}

START_TEST(test_extension_safe_async_mode) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  char value[32];
  for (unsigned i = 0; i < 50; ++i) {
    snprintf(value, sizeof(value), "value %u", i);
    api_store(env, "a", value);
    if (i == 20)
      OK(mdbx_env_sync(env));
  }
  OK(mdbx_env_close_ex(env, true));
  reboot();
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "value 20");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_extension_close_ex_dirty) {
  for (unsigned dirty = 0; dirty < 2; ++dirty) {
    MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
    api_store(env, "a", dirty ? "dirty" : "clean");
    OK(mdbx_env_close_ex(env, dirty));
    env = api_create();
    IS(api_try_open(env, MDBX_RDONLY), dirty ? MDBX_WANNA_RECOVERY : MDBX_SUCCESS);
    OK(mdbx_env_close(env));
  }
  reboot();
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "clean");
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
  Suite *suite = suite_create("extensions");
  TCase *tcase = api_case(suite, "extensions");
  tcase_add_test(tcase, test_extension_geometry);
  tcase_add_test(tcase, test_extension_tail_pages_returned);
  tcase_add_loop_test(tcase, test_extension_lifo, 0, 2);
  tcase_add_test(tcase, test_extension_estimate_range_move_distance);
  tcase_add_test(tcase, test_extension_checker);
  tcase_add_test(tcase, test_extension_zero_length);
  tcase_add_test(tcase, test_extension_canary);
  tcase_add_test(tcase, test_extension_replace);
  tcase_add_test(tcase, test_extension_sequence);
  tcase_add_loop_test(tcase, test_extension_oom_kick_hsr, 0, OUTCOMES);
  tcase_add_loop_test(tcase, test_extension_oom_kick_oomfunc, 0, OUTCOMES);
  tcase_add_test(tcase, test_extension_exclusive);
  tcase_add_test(tcase, test_extension_straggler_and_txn_info);
  tcase_add_test(tcase, test_extension_current);
  tcase_add_test(tcase, test_extension_cursor_count);
  tcase_add_test(tcase, test_extension_info_with_oldest_snapshot);
  tcase_add_test(tcase, test_extension_del_with_data);
  tcase_add_test(tcase, test_extension_dbi_open_ex_without_races);
  tcase_add_test(tcase, test_extension_is_dirty);
  tcase_add_test(tcase, test_extension_update_among_duplicates);
  tcase_add_test(tcase, test_extension_cursor_eof);
  tcase_add_test(tcase, test_extension_emultival);
  tcase_add_test(tcase, test_extension_get_ex);
  tcase_add_test(tcase, test_extension_on_first_on_last);
  tcase_add_test(tcase, test_extension_syncbytes_and_syncperiod);
  tcase_add_test(tcase, test_extension_setup_debug);
  tcase_add_test(tcase, test_extension_pgwalk);
  tcase_add_test(tcase, test_extension_three_metas);
  tcase_add_test(tcase, test_extension_safe_async_mode);
  tcase_add_test(tcase, test_extension_close_ex_dirty);
  tcase_add_test(tcase, test_extension_readers_keep_handles);
  tcase_add_test(tcase, test_extension_cursors_are_reusable);
  return unit_run(suite);
}
