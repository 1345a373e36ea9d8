/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of a database with each of the nine page sizes: keys and values from the shortest to the longest, named
 * tables, large values; written, read, changed, deleted, opened again, and checked after every step.
 */
#include "api.h"

enum { SIZES = 9, RECORDS = 240, TABLES = 4, MIB = 1 << 20 };

static const unsigned modes[] = {MDBX_ENV_DEFAULTS, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC,
                                 MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM};
enum { MODES = sizeof(modes) / sizeof(*modes) };

static const struct {
  const char *name;
  MDBX_db_flags_t flags;
} tables[TABLES] = {
    {NULL, MDBX_DB_DEFAULTS},
    {"plain", MDBX_DB_DEFAULTS},
    {"reverse", MDBX_REVERSEKEY},
    {"integer", MDBX_INTEGERKEY},
};

static size_t page_size, longest_key;

/* ------------------------------------------------------------------------------------------------------- records */

static uint8_t key_bytes[65536], value_bytes[4 * 65536 + 100000];

/* Every third key is the longest possible; those differ at their start, their end, or in the middle. */
static MDBX_val key_of(unsigned table, uint32_t i) {
  if (tables[table].flags & MDBX_INTEGERKEY) {
    const uint64_t number = (uint64_t)i * 0x9e3779b97f4a7c15u;
    memcpy(key_bytes, &number, sizeof(number));
    return (MDBX_val){key_bytes, sizeof(number)};
  }
  const size_t length = i % 3 == 0 ? longest_key : i == 1 ? 0 : sizeof(i) + i % 11;
  const size_t places[] = {0, (longest_key - sizeof(i)) / 2, longest_key - sizeof(i)};
  memset(key_bytes, 'k', length);
  if (length)
    memcpy(key_bytes + (length == longest_key ? places[i / 3 % 3] : 0), &i, sizeof(i));
  return (MDBX_val){key_bytes, length};
}

/* Lengths about every limit there is; `version` makes another value of another length. */
static MDBX_val value_of(uint32_t i, unsigned version) {
  const size_t lengths[] = {0,
                            1,
                            page_size / 4,
                            page_size / 2 - 27,
                            page_size / 2 - 26,
                            page_size / 2,
                            page_size - 33,
                            page_size - 32,
                            page_size - 31,
                            page_size,
                            3 * page_size - 32,
                            3 * page_size - 31,
                            3,
                            i % 60 == 13 ? 100000u : 20u};
  const size_t length = lengths[(i + 5 * version) % (sizeof(lengths) / sizeof(*lengths))];
  memset(value_bytes, (int)(i + version), length);
  return (MDBX_val){value_bytes, length};
}

/* ----------------------------------------------------------------------------------------------------- operations */

static MDBX_env *open_env(unsigned flags, intptr_t pagesize) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 256 * MIB, -1, -1, pagesize));
  OK(api_try_open(env, flags));
  return env;
}

static MDBX_dbi open_table(MDBX_txn *txn, unsigned table) {
  const bool create = tables[table].name && !(mdbx_txn_flags(txn) & MDBX_TXN_RDONLY);
  return api_table(txn, tables[table].name, tables[table].flags | (create ? MDBX_CREATE : 0));
}

static void put_all(MDBX_env *env, unsigned version) {
  for (unsigned table = TABLES; table-- > 0;) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    const MDBX_dbi dbi = open_table(txn, table);
    for (uint32_t i = 0; i < RECORDS; ++i) {
      const MDBX_val key = key_of(table, i);
      MDBX_val value = value_of(i, version);
      OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
    }
    OK(mdbx_txn_commit(txn));
  }
}

/* Records from `from` on, every `step`th, are there; the others are not. */
static void verify_table(MDBX_txn *txn, unsigned table, unsigned version, uint32_t from, uint32_t step) {
  const MDBX_dbi dbi = open_table(txn, table);
  for (uint32_t i = 0; i < RECORDS; ++i) {
    const MDBX_val key = key_of(table, i), wanted = value_of(i, version);
    MDBX_val found;
    if (i < from || i % step) {
      IS(mdbx_get(txn, dbi, &key, &found), MDBX_NOTFOUND);
      continue;
    }
    OK(mdbx_get(txn, dbi, &key, &found));
    ck_assert_uint_eq(found.iov_len, wanted.iov_len);
    ck_assert(!wanted.iov_len || memcmp(found.iov_base, wanted.iov_base, wanted.iov_len) == 0);
  }
}

/* A scan meets as many records as the table says it has, in ascending order, and the same backwards. */
static void scan_table(MDBX_txn *txn, MDBX_dbi dbi, bool backwards) {
  MDBX_stat stat;
  MDBX_cursor *cursor;
  MDBX_val key, before = {NULL, 0};
  uint64_t seen = 0;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_psize, page_size);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  while (mdbx_cursor_get(cursor, &key, NULL, backwards ? MDBX_PREV : MDBX_NEXT) == MDBX_SUCCESS) {
    const int order = seen ? mdbx_cmp(txn, dbi, &before, &key) : 0;
    ck_assert(!seen || (backwards ? order > 0 : order < 0));
    before = key;
    ++seen;
  }
  mdbx_cursor_close(cursor);
  ck_assert_uint_eq(seen, stat.ms_entries);
}

static void verify(MDBX_env *env, unsigned version, uint32_t from, uint32_t step) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned table = 0; table < TABLES; ++table) {
    verify_table(txn, table, version, from, step);
    scan_table(txn, open_table(txn, table), false);
    scan_table(txn, open_table(txn, table), true);
  }
  OK(mdbx_txn_abort(txn));
  api_sound(env);
}

/* Deletes every record that is not a multiple of `step`; all of them with step 0. */
static void delete_some(MDBX_env *env, uint32_t step) {
  for (unsigned table = 0; table < TABLES; ++table) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    const MDBX_dbi dbi = open_table(txn, table);
    for (uint32_t i = 0; i < RECORDS; ++i) {
      const MDBX_val key = key_of(table, i);
      MDBX_val found;
      if ((!step || i % step) && mdbx_get(txn, dbi, &key, &found) == MDBX_SUCCESS)
        OK(mdbx_del(txn, dbi, &key, NULL));
    }
    OK(mdbx_txn_commit(txn));
  }
}

/* The file with the page size it has, whatever this opener would like. */
static MDBX_env *reopen(MDBX_env *env, unsigned flags) {
  OK(mdbx_env_close(env));
  env = open_env(flags, page_size == 4096 ? 512 : 4096);
  ck_assert_uint_eq(api_info(env).mi_dxb_pagesize, page_size);
  api_sound(env);
  return env;
}

static void begin_life(MDBX_env *env) {
  longest_key = (size_t)mdbx_env_get_maxkeysize_ex(env, MDBX_DB_DEFAULTS);
  ck_assert_uint_eq(longest_key, (size_t)mdbx_limits_keysize_max((intptr_t)page_size, MDBX_DB_DEFAULTS));
  ck_assert_uint_ge(longest_key, page_size / 2 - 26);
  ck_assert_uint_eq(api_info(env).mi_dxb_pagesize, page_size);
}

/* ---------------------------------------------------------------------------------------------------------- tests */

START_TEST(one_life) {
  const unsigned flags = modes[_i / SIZES];
  page_size = (size_t)256 << _i % SIZES;
  MDBX_env *env = open_env(flags, (intptr_t)page_size);
  begin_life(env);
  put_all(env, 0);
  verify(env, 0, 0, 1);
  env = reopen(env, flags);
  verify(env, 0, 0, 1);
  for (unsigned version = 1; version < 4; ++version)
    put_all(env, version);
  verify(env, 3, 0, 1);
  delete_some(env, 4);
  verify(env, 3, 0, 4);
  env = reopen(env, flags);
  verify(env, 3, 0, 4);
  put_all(env, 4);
  verify(env, 4, 0, 1);
  delete_some(env, 0);
  verify(env, 4, RECORDS, 1);
  env = reopen(env, flags);
  verify(env, 4, RECORDS, 1);
  OK(mdbx_env_close(env));
}
END_TEST

/* What is too long by a byte is refused, and leaves the transaction as it was. */
START_TEST(limits) {
  page_size = (size_t)256 << _i;
  MDBX_env *env = open_env(MDBX_SAFE_NOSYNC, (intptr_t)page_size);
  begin_life(env);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val key = {key_bytes, longest_key + 1}, value = {value_bytes, 1};
  memset(key_bytes, 'x', longest_key + 1);
  IS(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT), MDBX_BAD_VALSIZE);
  IS(mdbx_get(txn, DBI_MAIN, &key, &value), MDBX_NOTFOUND);
  key.iov_len = longest_key;
  for (size_t length = 0; length < page_size + 64; length += length < 64 || length > page_size - 64 ? 1 : 31) {
    value = (MDBX_val){value_bytes, length};
    OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
    OK(mdbx_get(txn, DBI_MAIN, &key, &value));
    ck_assert_uint_eq(value.iov_len, length);
  }
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Free pages in plenty, a reader that holds some, runs taken from them, and a table dropped as a whole. */
START_TEST(pages_come_back) {
  page_size = (size_t)256 << _i;
  MDBX_env *env = open_env(MDBX_SAFE_NOSYNC | MDBX_NOSTICKYTHREADS, (intptr_t)page_size);
  begin_life(env);
  put_all(env, 0);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_envinfo info;
  for (unsigned round = 1; round <= 6; ++round) {
    put_all(env, round);
    api_sound(env);
    if (round == 2)
      info = api_info(env);
  }
  verify_table(reader, 0, 0, 0, 1);
  verify_table(reader, 2, 0, 0, 1);
  OK(mdbx_txn_abort(reader));
  ck_assert_uint_le(api_info(env).mi_last_pgno, 2 * info.mi_last_pgno);
  for (unsigned table = 1; table < TABLES; ++table) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_drop(txn, open_table(txn, table), true));
    OK(mdbx_txn_commit(txn));
    api_sound(env);
  }
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  Suite *suite = suite_create("pagesizes");
  TCase *tcase = api_case(suite, "pagesizes");
  tcase_set_timeout(tcase, 240);
  tcase_add_loop_test(tcase, one_life, 0, SIZES * MODES);
  tcase_add_loop_test(tcase, limits, 0, SIZES);
  tcase_add_loop_test(tcase, pages_come_back, 0, SIZES);
  return unit_run(suite);
}
