/* SPDX-License-Identifier: Apache-2.0 */
/* What survives: weak commits, thresholds, recovery. Rules 11 to 16, and of 10 the threads. */
#include "api.h"

#include "os/os.h"

/* ------------------------------------------------------------------------------------------------ rule 10: threads */

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

int main(void) {
  Suite *suite = suite_create("durability");
  TCase *tcase = api_case(suite, "durability");
  tcase_add_test(tcase, rule_10_thread_register);
  tcase_add_test(tcase, rule_11_weak_metas);
  tcase_add_test(tcase, rule_11_steady_snapshot_is_kept);
  tcase_add_test(tcase, rule_12_utterly_nosync_wipes);
  tcase_add_test(tcase, rule_13_thresholds);
  tcase_add_loop_test(tcase, rule_14_recovery_by_boot, 0, 3);
  tcase_add_test(tcase, rule_14_odd_file_size);
  tcase_add_test(tcase, rule_15_empty_commit);
  tcase_add_test(tcase, rule_16_modes_of_one_transaction);
  return unit_run(suite);
}
