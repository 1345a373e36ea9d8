/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that come from other transactions: clones, checkpoints, rollbacks, commits that read on, amendments. */
#include "api.h"

/* ------------------------------------------------------------------------------------------------------------ clones */

START_TEST(clone_of_a_reader) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *origin = api_begin(env, MDBX_TXN_RDONLY), *clone = NULL;
  api_store(env, "a", "2");
  OK(mdbx_txn_clone(origin, &clone, env));
  ck_assert_ptr_eq(mdbx_txn_get_userctx(clone), env);
  ck_assert_uint_eq(mdbx_txn_id(clone), mdbx_txn_id(origin));
  OK(mdbx_txn_abort(origin));
  for (unsigned i = 0; i < 20; ++i)
    api_store(env, "a", "3");
  api_has(clone, DBI_MAIN, "a", "1");
  MDBX_txn *newest = api_begin(env, MDBX_TXN_RDONLY);
  api_has(newest, DBI_MAIN, "a", "3");
  /* An active handle is used again. */
  OK(mdbx_txn_clone(clone, &newest, NULL));
  api_has(newest, DBI_MAIN, "a", "1");
  OK(mdbx_txn_reset(newest));
  OK(mdbx_txn_clone(clone, &newest, NULL));
  api_has(newest, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(newest));
  OK(mdbx_txn_abort(clone));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_sees_named_tables) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *clone = NULL;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_clone(txn, &clone, NULL));
  api_has(clone, dbi, "k", "v");
  OK(mdbx_txn_abort(clone));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_of_a_writer) {
  MDBX_env *env = api_open(_i ? MDBX_NOSTICKYTHREADS : 0);
  api_store(env, "a", "1");
  MDBX_txn *origin = api_begin(env, MDBX_TXN_READWRITE), *clone = NULL;
  OK(mdbx_txn_clone(origin, &clone, NULL));
  ck_assert_uint_eq(mdbx_txn_id(clone) + 1, mdbx_txn_id(origin));
  OK(api_put(origin, DBI_MAIN, "a", "2", MDBX_UPSERT));
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_TXN);
  api_has(clone, DBI_MAIN, "a", "1");
  OK(mdbx_txn_commit(origin));
  api_has(clone, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(clone));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_errors) {
  MDBX_env *env = api_open(0);
  MDBX_txn *origin = api_begin(env, MDBX_TXN_RDONLY), *clone = NULL;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_RSLOT);
  ck_assert_ptr_null(clone);
  IS(mdbx_txn_clone(origin, NULL, NULL), MDBX_EINVAL);
  IS(mdbx_txn_clone(NULL, &clone, NULL), MDBX_EINVAL);
  clone = origin;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_EINVAL);
  OK(mdbx_txn_reset(origin));
  clone = NULL;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(origin));
  OK(mdbx_env_close(env));
  /* A full reader table; the parked origin wakes. */
  env = api_create();
  OK(mdbx_env_set_maxreaders(env, 1));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  origin = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_txn *others[1000];
  size_t count = 0;
  while (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &others[count]) == MDBX_SUCCESS)
    ++count;
  OK(mdbx_txn_park(origin, true));
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_READERS_FULL);
  ck_assert_ptr_null(clone);
  while (count)
    OK(mdbx_txn_abort(others[--count]));
  OK(mdbx_txn_abort(origin));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("chain");
  TCase *tcase = api_case(suite, "clones");
  tcase_add_test(tcase, clone_of_a_reader);
  tcase_add_test(tcase, clone_sees_named_tables);
  tcase_add_loop_test(tcase, clone_of_a_writer, 0, 2);
  tcase_add_test(tcase, clone_errors);
  return unit_run(suite);
}
