/* SPDX-License-Identifier: Apache-2.0 */
/* Corners where names, buffers and failed flushes meet: each was a bug once. */
#include "api.h"

#include "os/os.h"

/* The name of a table that was dropped goes to another one, and is opened again, all in one transaction. */
START_TEST(drop_rename_and_open_again) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi b = api_table(txn, "B", MDBX_CREATE), a = api_table(txn, "A", MDBX_CREATE);
  for (int i = 0; i < 300; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "%d", i);
    OK(api_put(txn, a, key, "of A", 0));
  }
  OK(api_put(txn, b, "key", "of B", 0));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, b, true));
  OK(mdbx_dbi_rename(txn, a, "B"));
  const MDBX_dbi again = api_table(txn, "B", MDBX_CREATE);
  ck_assert_uint_eq(api_entries(txn, again), 300);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(api_entries(txn, api_table(txn, "B", 0)), 300);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A handle left of a table that is gone must not become a second door to a table that takes the name. */
START_TEST(one_handle_a_name) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  api_table(txn, "P", MDBX_CREATE);
  const MDBX_dbi old = api_table(txn, "Q", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, DBI_MAIN, true));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi p = api_table(txn, "P", MDBX_CREATE);
  OK(mdbx_dbi_rename(txn, p, "Q"));
  OK(api_put(txn, p, "one", "1", 0));
  IS(api_put(txn, old, "two", "2", 0), MDBX_BAD_DBI);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The value of a put may be one of the database, even if the very put brings its pages out of memory. */
START_TEST(value_of_a_spilled_run) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  enum { LARGE = 100000 };
  static uint8_t bytes[LARGE];
  for (int i = 0; i < 60; ++i) {
    char name[16];
    MDBX_val source = api_val("source"), key, data = {bytes, LARGE};
    memset(bytes, 1 + i, LARGE);
    OK(mdbx_put(txn, DBI_MAIN, &source, &data, MDBX_UPSERT));
    OK(mdbx_get(txn, DBI_MAIN, &source, &data));
    snprintf(name, sizeof(name), "copy %d", i);
    key = api_val(name);
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
    OK(mdbx_get(txn, DBI_MAIN, &key, &data));
    ck_assert_uint_eq(data.iov_len, LARGE);
    ck_assert_int_eq(memcmp(data.iov_base, bytes, LARGE), 0);
  }
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* What a replacement hands out is the old value, also when it is the one that brings pages out of memory. */
START_TEST(replacements_while_pages_are_spilled) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  enum { RECORDS = 5000, ROUNDS = 3 };
  static char bytes[400], kept[400];
  for (int i = 0; i < ROUNDS * RECORDS; ++i) {
    const unsigned number = (unsigned)(i % RECORDS) * 7919u % RECORDS;
    const MDBX_dbi dbi = number % 2 ? DBI_MAIN : multi;
    char name[16];
    snprintf(name, sizeof(name), "k%u", number);
    snprintf(bytes, sizeof(bytes), "%s in round %d", name, i / RECORDS);
    MDBX_val key = api_val(name), data = {bytes, sizeof(bytes)}, old = {kept, sizeof(kept)};
    OK(mdbx_replace(txn, dbi, &key, &data, &old, i < RECORDS ? MDBX_UPSERT : MDBX_CURRENT));
    ck_assert_uint_eq(old.iov_len, i < RECORDS ? 0 : sizeof(bytes));
    snprintf(bytes, sizeof(bytes), "%s in round %d", name, i / RECORDS - 1);
    if (i >= RECORDS)
      ck_assert_str_eq(old.iov_base, bytes);
  }
  ck_assert_uint_ne((unsigned)mdbx_txn_flags(txn) & MDBX_TXN_SPILLS, 0);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Where MDBX_APPEND is given, a key that is not the last one is refused; what else was asked for is answered first. */
START_TEST(replacements_at_the_end) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  char kept[16];
  for (unsigned round = 0; round < 2; ++round) {
    const MDBX_dbi dbi = round ? api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT) : DBI_MAIN;
    MDBX_val a = api_val("a"), b = api_val("b"), data = api_val("1"), old = {kept, sizeof(kept)};
    OK(mdbx_replace(txn, dbi, &b, &data, &old, MDBX_APPEND));
    IS(mdbx_replace(txn, dbi, &a, &data, &old, MDBX_APPEND), MDBX_EKEYMISMATCH);
    IS(mdbx_replace(txn, dbi, &a, &data, &old, MDBX_APPEND | MDBX_CURRENT), MDBX_NOTFOUND);
    OK(mdbx_replace(txn, dbi, &a, &data, &old, MDBX_UPSERT));
    old = (MDBX_val){kept, sizeof(kept)};
    IS(mdbx_replace(txn, dbi, &a, &data, &old, MDBX_APPEND | MDBX_CURRENT), MDBX_EKEYMISMATCH);
    IS(mdbx_replace(txn, dbi, &a, &data, &old, MDBX_APPEND | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
    old = (MDBX_val){kept, sizeof(kept)};
    data = api_val("2");
    OK(mdbx_replace(txn, dbi, &b, &data, &old, MDBX_APPEND | MDBX_CURRENT));
    IS_TEXT(old, "1");
  }
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- failed flushes */

static int flushes_left;

static int failing_datasync(int fd) { return flushes_left-- > 0 ? os_ops_real.datasync(fd) : MDBX_EIO; }

/* Another process whose commit fails at the flush number `which`. */
static void fail_to_commit(int which, int records) {
  static struct os_ops failing;
  MDBX_env *env = api_create();
  CHILD_OK(api_try_open(env, 0));
  MDBX_txn *txn;
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  for (int i = 0; i < records; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "lost %d", i);
    CHILD_OK(api_put(txn, DBI_MAIN, key, "lost", 0));
  }
  failing = os_ops_real;
  failing.datasync = failing_datasync;
  flushes_left = which;
  os_ops = &failing;
  CHILD_IS(mdbx_txn_commit(txn), MDBX_EIO);
  CHILD_IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  mdbx_env_close(env);
}

struct failure {
  int which, records;
};

static void failing_child(void *context) {
  const struct failure *failure = context;
  fail_to_commit(failure->which, failure->records);
}

/* A commit of one process fails at a flush; another process goes on, and what it commits is there ever after. */
START_TEST(flush_fails_in_another_process) {
  static const struct failure failures[] = {{0, 1}, {0, 900}, {0, 20000}, {1, 60000}};
  struct failure failure = failures[_i];
  MDBX_env *env = api_open(0);
  api_store(env, "first", "1");
  const pid_t child = unit_fork(failing_child, &failure);
  unit_join(child);
  api_store(env, "second", "2");
  api_sound(env);
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "first", "1");
  api_has(txn, DBI_MAIN, "second", "2");
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "lost 0", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("corners");
  TCase *tcase = api_case(suite, "corners");
  tcase_add_test(tcase, drop_rename_and_open_again);
  tcase_add_test(tcase, one_handle_a_name);
  tcase_add_test(tcase, value_of_a_spilled_run);
  tcase_add_test(tcase, replacements_while_pages_are_spilled);
  tcase_add_test(tcase, replacements_at_the_end);
  tcase_add_loop_test(tcase, flush_fails_in_another_process, 0, 4);
  return unit_run(suite);
}
