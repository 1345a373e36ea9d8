/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the library says about limits and about the machine; pointers of the application; scans with a predicate; finished text
 * for a logger; and the linkable copies of the functions that C programs have inline.
 */
#include "api.h"

#include <signal.h>

/* ---------------------------------------------------------------------------------------------------------- limits */

/* How many pages of its own a value of this length needs. */
static uint64_t pages_for(MDBX_env *env, size_t length) {
  static uint8_t bytes[70000];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "plain", MDBX_CREATE);
  const MDBX_val key = api_val("k");
  MDBX_val value = {bytes, length};
  MDBX_stat stat;
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  OK(mdbx_txn_abort(txn));
  return stat.ms_overflow_pages;
}

START_TEST(rule_32_limits_are_exact) {
  static const intptr_t sizes[] = {512, 4096, 65536};
  const intptr_t size = sizes[_i];
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 16 << 20, -1, -1, size));
  OK(api_try_open(env, 0));
  const intptr_t pair = mdbx_limits_pairsize4page_max(size, MDBX_DB_DEFAULTS);
  const intptr_t page = mdbx_limits_valsize4page_max(size, MDBX_DB_DEFAULTS);
  ck_assert_int_eq(pair, size / 2 - 26);
  ck_assert_int_eq(page, size - 32);
  ck_assert_uint_eq(pages_for(env, (size_t)pair - 1), 0);
  ck_assert_uint_eq(pages_for(env, (size_t)pair), 1);
  ck_assert_uint_eq(pages_for(env, (size_t)page), 1);
  ck_assert_uint_eq(pages_for(env, (size_t)page + 1), 2);
  ck_assert_int_eq(mdbx_env_get_pairsize4page_max(env, MDBX_DB_DEFAULTS), pair);
  ck_assert_int_eq(mdbx_env_get_valsize4page_max(env, MDBX_DB_DEFAULTS), page);
  ck_assert_int_eq(mdbx_env_get_valsize4page_max(env, MDBX_DUPSORT), mdbx_limits_valsize_max(size, MDBX_DUPSORT));
  ck_assert_int_eq(mdbx_limits_txnsize_max(size), mdbx_limits_dbsize_max(size));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(smallest_sizes) {
  ck_assert_int_eq(mdbx_limits_keysize_min(MDBX_DB_DEFAULTS), 0);
  ck_assert_int_eq(mdbx_limits_keysize_min(MDBX_INTEGERKEY), 4);
  ck_assert_int_eq(mdbx_limits_valsize_min(MDBX_DB_DEFAULTS), 0);
  ck_assert_int_eq(mdbx_limits_valsize_min(MDBX_INTEGERDUP), 4);
  /* A database of that size can be made, and a smaller wish becomes it. */
  const intptr_t least = mdbx_limits_dbsize_min(4096);
  ck_assert_int_gt(least, 0);
  ck_assert_int_eq(least % 4096, 0);
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, least, least, least, 0, 0, 4096));
  OK(api_try_open(env, 0));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, (uint64_t)least);
  OK(mdbx_env_close(env));
}
END_TEST

/* Of a page size that cannot be, and of an environment that is not open, there are none. */
START_TEST(no_limits) {
  ck_assert_int_eq(mdbx_limits_dbsize_min(1000), -1);
  ck_assert_int_eq(mdbx_limits_dbsize_max(1000), -1);
  ck_assert_int_eq(mdbx_limits_txnsize_max(1000), -1);
  ck_assert_int_eq(mdbx_limits_pairsize4page_max(1000, MDBX_DB_DEFAULTS), -1);
  ck_assert_int_eq(mdbx_limits_valsize4page_max(1000, MDBX_DB_DEFAULTS), -1);
  MDBX_env *env = api_create();
  ck_assert_int_eq(mdbx_env_get_pairsize4page_max(env, MDBX_DB_DEFAULTS), -1);
  ck_assert_int_eq(mdbx_env_get_valsize4page_max(env, MDBX_DB_DEFAULTS), -1);
  ck_assert_int_eq(mdbx_env_get_pairsize4page_max(NULL, MDBX_DB_DEFAULTS), -1);
  OK(mdbx_env_close(env));
  /* Less than 1: the default. */
  const intptr_t usual = (intptr_t)mdbx_default_pagesize();
  ck_assert_int_eq(mdbx_limits_dbsize_min(-1), mdbx_limits_dbsize_min(usual));
  ck_assert_int_eq(mdbx_limits_valsize4page_max(0, MDBX_DB_DEFAULTS), usual - 32);
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- machine */

START_TEST(memory_of_the_machine) {
  intptr_t size = 0, total = 0, available = 0, alone = 0;
  OK(mdbx_get_sysraminfo(&size, &total, &available));
  ck_assert_int_eq(size, sysconf(_SC_PAGESIZE));
  ck_assert_int_gt(total, 0);
  ck_assert_int_gt(available, 0);
  ck_assert_int_le(available, total);
  OK(mdbx_get_sysraminfo(NULL, &alone, NULL));
  ck_assert_int_eq(alone, total);
  IS(mdbx_get_sysraminfo(NULL, NULL, NULL), MDBX_EINVAL);
}
END_TEST

START_TEST(read_ahead_if_it_fits) {
  IS(mdbx_is_readahead_reasonable(4 << 20, INTPTR_MAX), MDBX_RESULT_TRUE); /* small: always */
  IS(mdbx_is_readahead_reasonable((4 << 20) + 1, 0), MDBX_RESULT_TRUE);
  IS(mdbx_is_readahead_reasonable(SIZE_MAX / 2, 0), MDBX_RESULT_FALSE);
  IS(mdbx_is_readahead_reasonable((4 << 20) + 1, INTPTR_MAX), MDBX_RESULT_FALSE);
  IS(mdbx_is_readahead_reasonable(SIZE_MAX / 2, INTPTR_MIN), MDBX_RESULT_TRUE);
}
END_TEST

/* ----------------------------------------------------------------------------------------- pointers of applications */

START_TEST(user_contexts) {
  int things[3];
  MDBX_env *env = api_open(0);
  MDBX_cursor *cursor;
  ck_assert_ptr_null(mdbx_env_get_userctx(env));
  OK(mdbx_env_set_userctx(env, &things[0]));
  ck_assert_ptr_eq(mdbx_env_get_userctx(env), &things[0]);
  IS(mdbx_env_set_userctx(NULL, &things[0]), MDBX_EINVAL);
  ck_assert_ptr_null(mdbx_env_get_userctx(NULL));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_set_userctx(txn, &things[1]));
  ck_assert_ptr_eq(mdbx_txn_get_userctx(txn), &things[1]);
  IS(mdbx_txn_set_userctx(NULL, &things[1]), MDBX_EINVAL);
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  OK(mdbx_cursor_set_userctx(cursor, &things[2]));
  ck_assert_ptr_eq(mdbx_cursor_get_userctx(cursor), &things[2]);
  IS(mdbx_cursor_set_userctx(NULL, &things[2]), MDBX_EINVAL);
  ck_assert_ptr_eq(mdbx_env_get_userctx(env), &things[0]);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- scans */

struct search {
  unsigned seen;
  const char *wanted;
  int otherwise; /* the result for other records */
};

static int look(void *context, MDBX_val *key, MDBX_val *value, void *arg) MDBX_CXX17_NOEXCEPT {
  struct search *search = context;
  search->seen += 1;
  unit_require(arg == search && value->iov_len == 5);
  return api_equal(key, search->wanted) ? MDBX_RESULT_TRUE : search->otherwise;
}

static int scan(MDBX_cursor *cursor, struct search *search, MDBX_cursor_op start, MDBX_cursor_op turn) {
  search->seen = 0;
  return mdbx_cursor_scan(cursor, look, search, start, turn, search);
}

START_TEST(scans) {
  MDBX_env *env = api_open(0);
  MDBX_cursor *cursor;
  MDBX_val key, value;
  struct search search = {0, "c", MDBX_RESULT_FALSE};
  for (char name[2] = "a"; *name <= 'e'; ++*name)
    api_store(env, name, "value");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  IS(scan(cursor, &search, MDBX_FIRST, MDBX_NEXT), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(search.seen, 3);
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
  IS_TEXT(key, "c");
  IS(scan(cursor, &search, MDBX_LAST, MDBX_PREV), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(search.seen, 3);
  IS(scan(cursor, &search, MDBX_NEXT, MDBX_NEXT), MDBX_RESULT_FALSE); /* behind it */
  ck_assert_uint_eq(search.seen, 2);
  search.otherwise = MDBX_EPERM;
  IS(scan(cursor, &search, MDBX_FIRST, MDBX_NEXT), MDBX_EPERM);
  ck_assert_uint_eq(search.seen, 1);
  IS(scan(cursor, &search, MDBX_FIRST, MDBX_SET), MDBX_EINVAL); /* no step */
  IS(scan(cursor, &search, MDBX_SET, MDBX_NEXT), MDBX_EINVAL);  /* needs a key */
  IS(mdbx_cursor_scan(cursor, NULL, &search, MDBX_FIRST, MDBX_NEXT, &search), MDBX_EINVAL);
  IS(scan(NULL, &search, MDBX_FIRST, MDBX_NEXT), MDBX_EINVAL);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------------------- log, fatal errors */

static char logged[200];

static void keep_log(MDBX_log_level_t level, const char *function, int line, const char *message,
                     unsigned length) MDBX_CXX17_NOEXCEPT {
  (void)level, (void)function, (void)line;
  ck_assert_uint_eq(strlen(message), length);
  snprintf(logged, sizeof(logged), "%s", message);
}

START_TEST(log_as_finished_text) {
  static char buffer[160];
  MDBX_env *env = api_create();
  const int before = mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  ck_assert_int_eq(mdbx_setup_debug_nofmt(MDBX_LOG_WARN, MDBX_DBG_DONTCHANGE, keep_log, buffer, sizeof(buffer)),
                   before);
  FILE *file = fopen(unit_path(API_DB), "w");
  ck_assert(file && fprintf(file, "%0999d", 0) == 999 && fclose(file) == 0);
  IS(api_try_open(env, 0), MDBX_INVALID);
  ck_assert_msg(strstr(logged, API_DB), "the log has \"%s\"", logged);
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  OK(mdbx_env_close(env));
}
END_TEST

static void note_panic(const char *message, const char *function, unsigned line, const void *object,
                       const char *kind) MDBX_CXX17_NOEXCEPT {
  (void)object, (void)kind;
  unit_require(strcmp(message, "it failed") == 0 && strcmp(function, "where") == 0 && line == 7);
  unit_leave(3);
}

static void fail_here(void *with) {
  if (with)
    mdbx_set_panic(note_panic);
  mdbx_assert_fail("it failed", "where", 7);
}

START_TEST(fatal_errors) {
  int status = unit_wait(unit_fork(fail_here, &status));
  ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 3);
  status = unit_wait(unit_fork(fail_here, NULL));
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

static void close_twice(void *context) {
  MDBX_cursor *cursor = mdbx_cursor_create(NULL);
  unit_require(cursor != NULL);
  *(uint32_t *)(void *)cursor ^= 1; /* no cursor any more */
  (void)context;
  mdbx_cursor_close(cursor);
}

/* mdbx_cursor_close() returns nothing: a cursor that is none is a fatal error. */
START_TEST(closing_no_cursor) {
  const int status = unit_wait(unit_fork(close_twice, NULL));
  ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}
END_TEST

START_TEST(ratios) {
  char buffer[40];
  ck_assert_str_eq(mdbx_ratio2digits(1, 0, 2, buffer, sizeof(buffer)), "infinity");
  ck_assert_str_eq(mdbx_ratio2digits(0, 0, 2, buffer, sizeof(buffer)), "nan");
  ck_assert_str_eq(mdbx_ratio2percents(1, 0, buffer, sizeof(buffer)), "infinity");
  ck_assert_str_eq(mdbx_ratio2percents(0, 0, buffer, sizeof(buffer)), "nan");
}
END_TEST

/* --------------------------------------------------------------------------------------------------- linkable copies */

/* Through a pointer that the compiler does not see through, so that the library's own function is called. */
START_TEST(linkable_settings) {
  int (*volatile set_maxreaders)(MDBX_env *, unsigned) = mdbx_env_set_maxreaders;
  int (*volatile get_maxreaders)(const MDBX_env *, unsigned *) = mdbx_env_get_maxreaders;
  int (*volatile get_maxdbs)(const MDBX_env *, MDBX_dbi *) = mdbx_env_get_maxdbs;
  int (*volatile set_syncbytes)(MDBX_env *, size_t) = mdbx_env_set_syncbytes;
  int (*volatile get_syncbytes)(const MDBX_env *, size_t *) = mdbx_env_get_syncbytes;
  int (*volatile set_period)(MDBX_env *, unsigned) = mdbx_env_set_syncperiod;
  int (*volatile get_period)(const MDBX_env *, unsigned *) = mdbx_env_get_syncperiod;
  int (*volatile set_mapsize)(MDBX_env *, size_t) = mdbx_env_set_mapsize;
  MDBX_env *env = api_create();
  unsigned number = 0;
  MDBX_dbi tables = 0;
  size_t bytes = 0;
  OK(set_maxreaders(env, 77));
  OK(set_mapsize(env, 1 << 20));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  ck_assert_uint_eq(api_info(env).mi_geo.upper, 1 << 20);
  ck_assert_uint_eq(api_info(env).mi_geo.lower, 1 << 20);
  OK(get_maxreaders(env, &number));
  ck_assert_uint_ge(number, 77);
  OK(get_maxdbs(env, &tables));
  ck_assert_uint_eq(tables, 16);
  OK(set_syncbytes(env, 1 << 16));
  OK(get_syncbytes(env, &bytes));
  ck_assert_uint_eq(bytes, 1 << 16);
  OK(set_period(env, 2 << 16));
  OK(get_period(env, &number));
  ck_assert_uint_eq(number, 2 << 16);
  IS(get_maxdbs(env, NULL), MDBX_EINVAL);
  IS(get_syncbytes(env, NULL), MDBX_EINVAL);
  IS(get_maxreaders(NULL, &number), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(linkable_work) {
  int (*volatile env_stat)(const MDBX_env *, MDBX_stat *, size_t) = mdbx_env_stat;
  int (*volatile sync_now)(MDBX_env *) = mdbx_env_sync;
  int (*volatile sync_poll)(MDBX_env *) = mdbx_env_sync_poll;
  int (*volatile dbi_flags)(const MDBX_txn *, MDBX_dbi, unsigned *) = mdbx_dbi_flags;
  int (*volatile release_all)(const MDBX_txn *, bool) = mdbx_txn_release_all_cursors;
  void (*volatile cache_init)(MDBX_cache_entry_t *) = mdbx_cache_init;
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  MDBX_cache_entry_t entry;
  MDBX_stat stat;
  MDBX_cursor *cursor;
  unsigned flags = 0;
  api_store(env, "key", "value");
  OK(env_stat(env, &stat, sizeof(stat)));
  ck_assert_uint_ge(stat.ms_entries, 1);
  OK(sync_now(env));
  IS(sync_now(env), MDBX_RESULT_TRUE); /* nothing is left */
  IS(sync_poll(env), MDBX_RESULT_TRUE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "several", MDBX_CREATE | MDBX_DUPSORT);
  OK(dbi_flags(txn, dbi, &flags));
  ck_assert_uint_eq(flags & MDBX_DUPSORT, MDBX_DUPSORT);
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(release_all(txn, false));
  memset(&entry, 7, sizeof(entry));
  cache_init(&entry);
  ck_assert(!entry.trunk_txnid && !entry.last_confirmed_txnid && !entry.offset && !entry.length);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("facts");
  TCase *tcase = api_case(suite, "facts");
  tcase_add_loop_test(tcase, rule_32_limits_are_exact, 0, 3);
  tcase_add_test(tcase, smallest_sizes);
  tcase_add_test(tcase, no_limits);
  tcase_add_test(tcase, memory_of_the_machine);
  tcase_add_test(tcase, read_ahead_if_it_fits);
  tcase_add_test(tcase, user_contexts);
  tcase_add_test(tcase, scans);
  tcase_add_test(tcase, log_as_finished_text);
  tcase_add_test(tcase, fatal_errors);
  tcase_add_test(tcase, closing_no_cursor);
  tcase_add_test(tcase, ratios);
  tcase_add_test(tcase, linkable_settings);
  tcase_add_test(tcase, linkable_work);
  return unit_run(suite);
}
