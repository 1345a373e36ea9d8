/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* Adds to a number in one transaction: both the number and its history change, or neither. */
static int add(MDBX_env *env, int amount) {
  MDBX_txn *txn;
  MDBX_dbi dbi;
  MDBX_val number_key = {"number", 6}, history_key = {"history", 7}, data;
  int number = 0;

  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi);
  if (rc == MDBX_SUCCESS && mdbx_get(txn, dbi, &number_key, &data) == MDBX_SUCCESS && data.iov_len == sizeof(number))
    number = *(const int *)data.iov_base;
  number += amount;
  data = (MDBX_val){&number, sizeof(number)};
  if (rc == MDBX_SUCCESS)
    rc = mdbx_put(txn, dbi, &number_key, &data, MDBX_UPSERT);
  data = (MDBX_val){&amount, sizeof(amount)};
  if (rc == MDBX_SUCCESS)
    rc = mdbx_put(txn, dbi, &history_key, &data, MDBX_UPSERT);
  /* A transaction ends exactly once: by a commit, or by an abort after a failure. */
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  mdbx_txn_abort(txn);
  return rc;
}

int main(void) {
  MDBX_env *env;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  rc = mdbx_env_open(env, "numbers.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = add(env, 5);
  if (rc != MDBX_SUCCESS)
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
