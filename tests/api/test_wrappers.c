/* SPDX-License-Identifier: Apache-2.0 */
/* What libraries built on this one need: orders for tables that are open, a list of cursors, a lock file's name. */
#include "api.h"

static int by_context(const MDBX_val *a, const MDBX_val *b, void *context) {
  const size_t least = a->iov_len < b->iov_len ? a->iov_len : b->iov_len;
  const int order = least ? memcmp(a->iov_base, b->iov_base, least) : 0;
  return (order ? order : (int)a->iov_len - (int)b->iov_len) * *(const int *)context;
}

/* All pairs of a table, "key=value " in order. */
static const char *pairs(MDBX_txn *txn, MDBX_dbi dbi) {
  static char text[256];
  MDBX_cursor *cursor;
  MDBX_val k, d;
  size_t used = 0;
  text[0] = 0;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (int rc = mdbx_cursor_get(cursor, &k, &d, MDBX_FIRST); rc == MDBX_SUCCESS;
       rc = mdbx_cursor_get(cursor, &k, &d, MDBX_NEXT))
    used += (size_t)snprintf(text + used, sizeof(text) - used, "%.*s=%.*s ", (int)k.iov_len, (char *)k.iov_base,
                             (int)d.iov_len, (char *)d.iov_base);
  mdbx_cursor_close(cursor);
  return text;
}

static void fill(MDBX_txn *txn, MDBX_dbi dbi) {
  OK(api_put(txn, dbi, "b", "1", MDBX_UPSERT));
  OK(api_put(txn, dbi, "a", "1", MDBX_UPSERT));
  OK(api_put(txn, dbi, "c", "1", MDBX_UPSERT));
}

static int down = -1, up = 1;

START_TEST(order_of_an_empty_table) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi keys = api_table(txn, "keys", MDBX_CREATE), both = api_table(txn, "both", MDBX_CREATE | MDBX_DUPSORT);
  OK(mdbx_dbi_set_order_ctx(txn, keys, by_context, by_context, &down));
  fill(txn, keys);
  ck_assert_str_eq(pairs(txn, keys), "c=1 b=1 a=1 ");
  OK(mdbx_dbi_set_order_ctx(txn, both, by_context, NULL, &down));
  OK(mdbx_dbi_set_order_ctx(txn, both, NULL, by_context, &down));
  fill(txn, both);
  OK(api_put(txn, both, "b", "2", MDBX_UPSERT));
  ck_assert_str_eq(pairs(txn, both), "c=1 b=2 b=1 a=1 ");
  fill(txn, DBI_MAIN);
  IS(mdbx_dbi_set_order_ctx(txn, DBI_MAIN, by_context, NULL, &down), MDBX_INCOMPATIBLE);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));

  /* Everybody who opens it has to say so again; then nothing is changed. */
  env = api_open(0);
  const uint64_t before = api_info(env).mi_recent_txnid;
  txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_eq(api_table(txn, "keys", 0), keys);
  IS(api_put(txn, keys, "d", "1", MDBX_UPSERT), MDBX_INCOMPATIBLE);
  OK(mdbx_dbi_set_order_ctx(txn, keys, by_context, NULL, &down));
  OK(mdbx_dbi_set_order_ctx(txn, keys, by_context, NULL, &down));
  IS(mdbx_dbi_set_order_ctx(txn, keys, by_context, NULL, &up), MDBX_INCOMPATIBLE);
  api_has(txn, keys, "a", "1");
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, before);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(order_of_the_main_table) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_set_order_ctx(txn, DBI_MAIN, by_context, NULL, &down));
  fill(txn, DBI_MAIN);
  ck_assert_str_eq(pairs(txn, DBI_MAIN), "c=1 b=1 a=1 ");
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A transaction that may not change the table gives the handle its functions only. */
START_TEST(order_given_while_reading) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *inner;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), full = api_table(txn, "full", MDBX_CREATE);
  fill(txn, full);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_dbi_set_order_ctx(txn, dbi, by_context, NULL, &down), MDBX_RESULT_TRUE);
  IS(mdbx_dbi_set_order_ctx(txn, full, by_context, NULL, &down), MDBX_INCOMPATIBLE);
  IS(mdbx_dbi_set_order_ctx(txn, DBI_FREE, by_context, NULL, &down), MDBX_BAD_DBI);
  IS(mdbx_dbi_set_order_ctx(txn, 9, by_context, NULL, &down), MDBX_BAD_DBI);
  IS(mdbx_dbi_set_order_ctx(NULL, dbi, by_context, NULL, &down), MDBX_EINVAL);
  OK(mdbx_dbi_set_order_ctx(txn, full, NULL, NULL, NULL));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_RDONLY, &inner));
  IS(mdbx_dbi_set_order_ctx(inner, dbi, by_context, NULL, &down), MDBX_RESULT_TRUE);
  OK(mdbx_txn_abort(inner));
  fill(txn, dbi); /* without the call: in the order of bytes */
  ck_assert_str_eq(pairs(txn, dbi), "a=1 b=1 c=1 ");
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_set_order_ctx(txn, dbi, by_context, NULL, &down));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &inner));
  OK(mdbx_dbi_set_order_ctx(inner, dbi, by_context, NULL, &down));
  OK(mdbx_txn_abort(inner));
  fill(txn, dbi);
  ck_assert_str_eq(pairs(txn, dbi), "a=1 b=1 c=1 ");
  OK(mdbx_drop(txn, dbi, false));
  OK(mdbx_dbi_set_order_ctx(txn, dbi, by_context, NULL, &down));
  fill(txn, dbi);
  ck_assert_str_eq(pairs(txn, dbi), "c=1 b=1 a=1 ");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The handle has kept the functions of a transaction that was aborted; the table has not. */
START_TEST(refused_order_changes_nothing) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_set_order_ctx(txn, dbi, by_context, NULL, &down));
  OK(mdbx_txn_abort(txn));
  const uint64_t before = api_info(env).mi_recent_txnid;
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_dbi_set_order_ctx(txn, dbi, by_context, NULL, &up), MDBX_INCOMPATIBLE);
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, before);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  fill(txn, dbi);
  ck_assert_str_eq(pairs(txn, dbi), "a=1 b=1 c=1 ");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct seen {
  unsigned count;
  MDBX_cursor *close, *found[4];
};

static int note_cursor(void *context, MDBX_cursor *cursor) {
  struct seen *seen = context;
  seen->found[seen->count++ % 4] = cursor;
  if (cursor == seen->close)
    mdbx_cursor_close(cursor);
  return seen->count > 100 ? 42 : 0;
}

static unsigned count_cursors(const MDBX_txn *txn) {
  struct seen seen = {0, NULL, {NULL}};
  OK(mdbx_txn_enumerate_cursors(txn, note_cursor, &seen));
  return seen.count;
}

START_TEST(cursors_of_a_transaction) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *inner;
  MDBX_cursor *a, *b;
  ck_assert_uint_eq(count_cursors(txn), 0);
  OK(mdbx_cursor_open(txn, DBI_MAIN, &a));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &inner));
  OK(mdbx_cursor_open(inner, DBI_MAIN, &b));
  ck_assert_uint_eq(count_cursors(txn), 2);
  ck_assert_uint_eq(count_cursors(inner), 2);
  OK(mdbx_txn_commit(inner));
  struct seen seen = {0, a, {NULL}};
  OK(mdbx_txn_enumerate_cursors(txn, note_cursor, &seen));
  ck_assert(seen.count == 1 && seen.found[0] == a);
  ck_assert_uint_eq(count_cursors(txn), 0);
  OK(mdbx_cursor_bind(txn, b, DBI_MAIN));
  seen.count = 100;
  IS(mdbx_txn_enumerate_cursors(txn, note_cursor, &seen), 42);
  IS(mdbx_txn_enumerate_cursors(txn, NULL, &seen), MDBX_EINVAL);
  IS(mdbx_txn_enumerate_cursors(NULL, note_cursor, &seen), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  mdbx_cursor_close(b);
  OK(mdbx_env_close(env));
}
END_TEST

static bool exists(const char *name) { return access(unit_path(name), F_OK) == 0; }

static MDBX_env *open_locked(const char *data, const char *lock) {
  MDBX_env *env;
  OK(mdbx_env_create(&env));
  OK(mdbx_env_set_lock_path(env, lock ? unit_path(lock) : NULL));
  OK(mdbx_env_open(env, unit_path(data), MDBX_NOSUBDIR, 0600));
  return env;
}

START_TEST(name_of_the_lock_file) {
  MDBX_env *env = open_locked("one", "other.lock");
  ck_assert(exists("other.lock") && !exists("one-lck"));
  IS(mdbx_env_set_lock_path(env, "x"), MDBX_EPERM);
  IS(mdbx_env_set_lock_path(NULL, "x"), MDBX_EINVAL);
  OK(mdbx_env_close(env));
  /* What is there under the usual name is used. */
  env = open_locked("two", NULL);
  OK(mdbx_env_close(env));
  env = open_locked("two", "two.lock");
  ck_assert(exists("two-lck") && !exists("two.lock"));
  OK(mdbx_env_close(env));
  /* And without a wish what is there under the names of others. */
  env = open_locked("three", "three-lock");
  OK(mdbx_env_close(env));
  env = open_locked("three", NULL);
  ck_assert(exists("three-lock") && !exists("three-lck"));
  OK(mdbx_env_close(env));
  env = open_locked("data.mdb", "lock.mdb");
  OK(mdbx_env_close(env));
  env = open_locked("data.mdb", NULL);
  ck_assert(exists("lock.mdb") && !exists("data.mdb-lck") && !exists("data.mdb-lock"));
  OK(mdbx_env_close(env));
}
END_TEST

/* Two processes meet although one has a wish and the other has none. */
START_TEST(lock_files_of_two_processes) {
  MDBX_env *env = open_locked("data", "data-lock");
  const pid_t child = fork();
  if (child == 0) {
    MDBX_env *other;
    MDBX_txn *txn;
    CHILD_OK(mdbx_env_create(&other));
    CHILD_IS(mdbx_env_open(other, unit_path("data"), MDBX_NOSUBDIR | MDBX_EXCLUSIVE, 0600), MDBX_BUSY);
    mdbx_env_close(other);
    CHILD_OK(mdbx_env_create(&other));
    CHILD_OK(mdbx_env_open(other, unit_path("data"), MDBX_NOSUBDIR, 0600));
    CHILD_OK(mdbx_txn_begin(other, NULL, MDBX_TXN_READWRITE, &txn));
    CHILD_OK(api_put(txn, DBI_MAIN, "from", "child", MDBX_UPSERT));
    CHILD_OK(mdbx_txn_commit(txn));
    CHILD_OK(mdbx_env_close(other));
    _exit(0);
  }
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "from", "child");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A data file of the program that gave the lock file its name: both stay as they are. */
START_TEST(lock_file_of_a_foreign_database) {
  uint32_t words[1024] = {[4] = UINT32_C(0xbeefc0de)};
  static const char lock[4096] = "not ours";
  size_t length;
  MDBX_env *env;
  api_write_file("data.mdb", words, sizeof(words));
  api_write_file("lock.mdb", lock, sizeof(lock));
  OK(mdbx_env_create(&env));
  IS(mdbx_env_open(env, unit_path("data.mdb"), MDBX_NOSUBDIR, 0600), MDBX_INVALID);
  OK(mdbx_env_close(env));
  uint8_t *bytes = api_read_file("lock.mdb", &length);
  ck_assert(length == sizeof(lock) && memcmp(bytes, lock, length) == 0);
  free(bytes);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("wrappers");
  TCase *tcase = api_case(suite, "orders");
  tcase_add_test(tcase, order_of_an_empty_table);
  tcase_add_test(tcase, order_of_the_main_table);
  tcase_add_test(tcase, order_given_while_reading);
  tcase_add_test(tcase, refused_order_changes_nothing);
  tcase = api_case(suite, "cursors");
  tcase_add_test(tcase, cursors_of_a_transaction);
  tcase = api_case(suite, "lock files");
  tcase_add_test(tcase, name_of_the_lock_file);
  tcase_add_test(tcase, lock_files_of_two_processes);
  tcase_add_test(tcase, lock_file_of_a_foreign_database);
  return unit_run(suite);
}
