/* SPDX-License-Identifier: Apache-2.0 */
/* What the header has beyond the interface, for other libraries on top: lock files of other names, orders given to a
 * table that is open, and the list of a transaction's cursors. */
#include "api.h"

/* ------------------------------------------------------------------------------------------------------- lock files */

static bool exists(const char *name) { return access(unit_path(name), F_OK) == 0; }

static MDBX_env *open_with_lock(const char *lock_name) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_lock_path(env, unit_path(lock_name)));
  OK(api_try_open(env, 0));
  return env;
}

/* Another process that has no wish, or the same one. */
static void find_it_in_use(void *context) {
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  if (context)
    CHILD_OK(mdbx_env_set_lock_path(env, unit_path(context)));
  CHILD_IS(api_try_open(env, MDBX_EXCLUSIVE), MDBX_BUSY);
  CHILD_OK(mdbx_env_close(env));
}

static void is_in_use(const char *lock_name) { unit_join(unit_fork(find_it_in_use, (void *)(uintptr_t)lock_name)); }

START_TEST(lock_file_of_a_name_of_its_own) {
  MDBX_env *env = open_with_lock("other.lock");
  ck_assert(exists("other.lock") && !exists(API_DB MDBX_LOCK_SUFFIX));
  IS(mdbx_env_set_lock_path(env, NULL), MDBX_EPERM);
  api_store(env, "a", "1");
  is_in_use("other.lock");
  OK(mdbx_env_close(env));
  IS(mdbx_env_set_lock_path(env, NULL), MDBX_EBADSIGN);
  IS(mdbx_env_set_lock_path(NULL, unit_path("other.lock")), MDBX_EINVAL);
}
END_TEST

START_TEST(lock_file_that_is_there_is_used) {
  OK(mdbx_env_close(api_open(0)));
  ck_assert(exists(API_DB MDBX_LOCK_SUFFIX));
  MDBX_env *env = open_with_lock("other.lock");
  ck_assert(!exists("other.lock"));
  is_in_use(NULL);
  OK(mdbx_env_close(env));
}
END_TEST

/* Whoever has no wish finds the name LMDB gives to the lock file of "NAME". */
START_TEST(lock_file_found_without_a_wish) {
  MDBX_env *env = open_with_lock(API_DB "-lock");
  is_in_use(NULL);
  is_in_use(API_DB "-lock");
  ck_assert(!exists(API_DB MDBX_LOCK_SUFFIX));
  OK(mdbx_env_close(env));
  env = api_create();
  OK(mdbx_env_set_lock_path(env, unit_path("other.lock")));
  OK(mdbx_env_set_lock_path(env, NULL)); /* taken back */
  OK(api_try_open(env, 0));
  ck_assert(!exists("other.lock"));
  OK(mdbx_env_close(env));
}
END_TEST

/* The usual lock file comes to light as soon as the engine has something to tell. */
static void reveal(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  char usual[300], hidden[300];
  (void)level, (void)function, (void)line, (void)format, (void)args;
  snprintf(usual, sizeof(usual), "%s", unit_path(API_DB MDBX_LOCK_SUFFIX));
  snprintf(hidden, sizeof(hidden), "%s", unit_path("hidden"));
  rename(hidden, usual);
}

static void open_with_a_wish(void *context) {
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_set_lock_path(env, unit_path(API_DB "-lock")));
  if (context)
    mdbx_setup_debug(MDBX_LOG_NOTICE, MDBX_DBG_DONTCHANGE, reveal);
  CHILD_IS(api_try_open(env, 0), context ? MDBX_SUCCESS : MDBX_DUPLICATED_LCK);
  CHILD_OK(mdbx_env_close(env));
}

/* Two first openers look for a lock file at the same time, and each makes one of its own name. The second one does not
 * leave its file, which the next openers would find, and takes the other one's. */
START_TEST(lock_files_of_two_first_openers) {
  int find_the_other = 1;
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  ck_assert_int_eq(rename(unit_path(API_DB MDBX_LOCK_SUFFIX), unit_path("hidden")), 0);
  unit_join(unit_fork(open_with_a_wish, NULL));
  ck_assert(!exists(API_DB "-lock"));
  unit_join(unit_fork(open_with_a_wish, &find_the_other));
  ck_assert(!exists(API_DB "-lock") && !exists("hidden") && exists(API_DB MDBX_LOCK_SUFFIX));
  unit_join(unit_fork(open_with_a_wish, &find_the_other));
  OK(mdbx_env_close(env));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- orders */

static int by_last_byte(const MDBX_val *a, const MDBX_val *b, void *ctx) {
  const int left = a->iov_len ? ((const uint8_t *)a->iov_base)[a->iov_len - 1] : -1;
  const int right = b->iov_len ? ((const uint8_t *)b->iov_base)[b->iov_len - 1] : -1;
  return *(const int *)ctx * ((left > right) - (left < right));
}

static int up = 1, down = -1;

static void first_is(MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *value) {
  MDBX_cursor *cursor;
  MDBX_val k, v;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &k, &v, MDBX_FIRST));
  IS_TEXT(k, key);
  IS_TEXT(v, value);
  mdbx_cursor_close(cursor);
}

START_TEST(order_given_to_an_open_table) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  MDBX_cursor *cursor;
  OK(api_put(txn, dbi, "x", "1", MDBX_UPSERT));
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, NULL, NULL, MDBX_FIRST));
  OK(mdbx_cursor_del(cursor, MDBX_UPSERT));
  OK(mdbx_dbi_set_order_ctx(txn, dbi, by_last_byte, by_last_byte, &down));
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_ENODATA);
  mdbx_cursor_close(cursor);
  OK(api_put(txn, dbi, "za", "ya", MDBX_UPSERT));
  OK(api_put(txn, dbi, "ab", "ab", MDBX_UPSERT));
  OK(api_put(txn, dbi, "ab", "za", MDBX_UPSERT));
  first_is(txn, dbi, "ab", "ab");
  IS(mdbx_dbi_set_order_ctx(txn, dbi, by_last_byte, by_last_byte, &up), MDBX_INCOMPATIBLE);
  OK(mdbx_dbi_set_order_ctx(txn, dbi, NULL, NULL, NULL));
  first_is(txn, dbi, "ab", "ab");
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  /* Later openers give it to the table with records; nothing needs to be written for that. */
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  const MDBX_dbi again = api_table(txn, "t", MDBX_DUPSORT);
  MDBX_val data;
  IS(api_get(txn, again, "za", &data), MDBX_INCOMPATIBLE);
  OK(mdbx_dbi_set_order_ctx(txn, again, by_last_byte, by_last_byte, &down));
  api_has(txn, again, "za", "ya");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(order_that_cannot_be_given) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi full = api_table(txn, "full", MDBX_CREATE), empty = api_table(txn, "empty", MDBX_CREATE);
  OK(api_put(txn, full, "a", "1", MDBX_UPSERT));
  IS(mdbx_dbi_set_order_ctx(txn, full, by_last_byte, NULL, &up), MDBX_INCOMPATIBLE);
  api_has(txn, full, "a", "1");
  IS(mdbx_dbi_set_order_ctx(txn, DBI_FREE, by_last_byte, NULL, &up), MDBX_BAD_DBI);
  IS(mdbx_dbi_set_order_ctx(txn, 15, by_last_byte, NULL, &up), MDBX_BAD_DBI);
  IS(mdbx_dbi_set_order_ctx(NULL, full, by_last_byte, NULL, &up), MDBX_EINVAL);
  OK(mdbx_txn_commit(txn));
  /* A reader cannot store that the empty table has an order; the writer does. */
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_dbi_set_order_ctx(txn, empty, by_last_byte, NULL, &down), MDBX_RESULT_TRUE);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_set_order_ctx(txn, empty, by_last_byte, NULL, &down));
  OK(api_put(txn, empty, "za", "1", MDBX_UPSERT));
  OK(api_put(txn, empty, "ab", "2", MDBX_UPSERT));
  first_is(txn, empty, "ab", "2");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- cursors */

struct met {
  MDBX_cursor *cursors[8];
  unsigned count;
  unsigned stop_at;
  int (*use)(MDBX_cursor *cursor);
};

static int meet(void *ctx, MDBX_cursor *cursor) {
  struct met *met = ctx;
  ck_assert_uint_lt(met->count, 8);
  met->cursors[met->count++] = cursor;
  if (met->use)
    OK(met->use(cursor));
  return met->count == met->stop_at ? 42 : 0;
}

static bool was_met(const struct met *met, const MDBX_cursor *cursor) {
  for (unsigned i = 0; i < met->count; ++i)
    if (met->cursors[i] == cursor)
      return true;
  return false;
}

START_TEST(cursors_of_a_transaction) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_cursor *cursors[4], *loose = mdbx_cursor_create(NULL);
  struct met met = {.count = 0};
  OK(mdbx_txn_enumerate_cursors(txn, meet, &met));
  ck_assert_uint_eq(met.count, 0);
  for (unsigned i = 0; i < 3; ++i)
    OK(mdbx_cursor_open(txn, DBI_MAIN, &cursors[i]));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(mdbx_cursor_open(child, DBI_MAIN, &cursors[3]));
  OK(mdbx_txn_enumerate_cursors(child, meet, &met));
  ck_assert_uint_eq(met.count, 4);
  for (unsigned i = 0; i < 4; ++i)
    ck_assert(was_met(&met, cursors[i]));
  ck_assert(!was_met(&met, loose));
  OK(mdbx_txn_abort(child));
  met = (struct met){.stop_at = 2};
  IS(mdbx_txn_enumerate_cursors(txn, meet, &met), 42);
  ck_assert_uint_eq(met.count, 2);
  met = (struct met){.use = mdbx_cursor_unbind};
  OK(mdbx_txn_enumerate_cursors(txn, meet, &met));
  ck_assert_uint_eq(met.count, 3);
  met = (struct met){.count = 0};
  OK(mdbx_txn_enumerate_cursors(txn, meet, &met));
  ck_assert_uint_eq(met.count, 0);
  for (unsigned i = 0; i < 4; ++i)
    OK(mdbx_cursor_renew(txn, cursors[i]));
  met = (struct met){.use = mdbx_cursor_close2};
  OK(mdbx_txn_enumerate_cursors(txn, meet, &met));
  ck_assert_uint_eq(met.count, 4);
  IS(mdbx_txn_enumerate_cursors(txn, NULL, &met), MDBX_EINVAL);
  IS(mdbx_txn_enumerate_cursors(NULL, meet, &met), MDBX_EINVAL);
  mdbx_cursor_close(loose);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* Also where ten times the rest does not fit 64 bits. */
START_TEST(digits_of_ratios) {
  char buf[64];
  ck_assert_str_eq(mdbx_ratio2digits(1, 3, 5, buf, sizeof(buf)), "0.33333");
  ck_assert_str_eq(mdbx_ratio2digits(22, 7, 0, buf, sizeof(buf)), "3");
  ck_assert_str_eq(mdbx_ratio2digits(1, 8, 4, buf, sizeof(buf)), "0.1250");
  ck_assert_str_eq(mdbx_ratio2digits(9, 10, 1, buf, sizeof(buf)), "0.9");
  ck_assert_str_eq(mdbx_ratio2digits(7, 1, 3, buf, sizeof(buf)), "7.000");
  ck_assert_str_eq(mdbx_ratio2digits(UINT64_MAX - 1, UINT64_MAX, 19, buf, sizeof(buf)), "0.9999999999999999999");
  ck_assert_str_eq(mdbx_ratio2digits(UINT64_MAX / 2, UINT64_MAX, 5, buf, sizeof(buf)), "0.49999");
}
END_TEST

int main(void) {
  Suite *suite = suite_create("additions");
  TCase *tcase = api_case(suite, "lock files");
  tcase_add_test(tcase, lock_file_of_a_name_of_its_own);
  tcase_add_test(tcase, lock_file_that_is_there_is_used);
  tcase_add_test(tcase, lock_file_found_without_a_wish);
  tcase_add_test(tcase, lock_files_of_two_first_openers);
  tcase = api_case(suite, "orders");
  tcase_add_test(tcase, order_given_to_an_open_table);
  tcase_add_test(tcase, order_that_cannot_be_given);
  tcase = api_case(suite, "cursors");
  tcase_add_test(tcase, cursors_of_a_transaction);
  tcase_add_test(tcase, digits_of_ratios);
  return unit_run(suite);
}
