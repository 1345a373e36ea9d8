/* SPDX-License-Identifier: Apache-2.0 */
/* Environments in unusual states: cold ones, those a fork inherits, and those recovered by hand. */
#include "api.h"

/* ------------------------------------------------------------------------------------------------------------ warmup */

static void write_much(MDBX_env *env, unsigned records) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < records; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%08u", i);
    const MDBX_val key = api_val(text);
    MDBX_val data = {NULL, 3000};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE));
    memset(data.iov_base, 1, data.iov_len);
  }
  OK(mdbx_txn_commit(txn));
}

/* What the system may refuse to an ordinary user. */
static void is_ok_or_denied(int rc) {
  if (rc != MDBX_ENOMEM && rc != EAGAIN && rc != MDBX_EPERM)
    OK(rc);
}

START_TEST(warmup_by_all_flags) {
  MDBX_env *env = api_open(_i ? MDBX_WRITEMAP : 0);
  write_much(env, 1000);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  for (unsigned flags = 0; flags < 4; ++flags) {
    OK(mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)flags, 0));
    OK(mdbx_env_warmup(NULL, txn, (MDBX_warmup_flags_t)flags, 65536 * 60));
    OK(mdbx_env_warmup(env, txn, (MDBX_warmup_flags_t)flags, 0));
  }
  is_ok_or_denied(mdbx_env_warmup(env, NULL, MDBX_warmup_lock, 0));
  OK(mdbx_env_warmup(env, NULL, MDBX_warmup_release, 0));
  is_ok_or_denied(mdbx_env_warmup(env, NULL, MDBX_warmup_lock | MDBX_warmup_touchlimit | MDBX_warmup_force, 0));
  OK(mdbx_env_warmup(env, NULL, MDBX_warmup_release, 0));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_warmup(env, txn, MDBX_warmup_force, 0));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(warmup_errors) {
  MDBX_env *env = api_create();
  IS(mdbx_env_warmup(env, NULL, MDBX_warmup_default, 0), MDBX_EPERM);
  OK(api_try_open(env, 0));
  IS(mdbx_env_warmup(NULL, NULL, MDBX_warmup_default, 0), MDBX_EINVAL);
  IS(mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)32, 0), MDBX_EINVAL);
  write_much(env, 10000);
  IS(mdbx_env_warmup(env, NULL, MDBX_warmup_force, 1), MDBX_RESULT_TRUE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_env_warmup(env, txn, MDBX_warmup_default, 0), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("recovery");
  TCase *tcase = api_case(suite, "warmup");
  tcase_add_loop_test(tcase, warmup_by_all_flags, 0, 2);
  tcase_add_test(tcase, warmup_errors);
  return unit_run(suite);
}
