/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* A named table with integers as keys, and one with several values per key. */
static int open_tables(MDBX_env *env, MDBX_dbi *orders, MDBX_dbi *tags) {
  MDBX_txn *txn;
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = mdbx_dbi_open(txn, "orders", MDBX_CREATE | MDBX_INTEGERKEY, orders);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_open(txn, "tags", MDBX_CREATE | MDBX_DUPSORT, tags);
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  mdbx_txn_abort(txn);
  return rc;
}

int main(void) {
  MDBX_env *env;
  MDBX_dbi orders, tags;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  /* Named tables need room for their handles. */
  rc = mdbx_env_set_maxdbs(env, 2);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(env, "shop.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = open_tables(env, &orders, &tags);
  /* After the commit all transactions of this environment can use the handles. */
  if (rc == MDBX_SUCCESS)
    printf("handles %u and %u\n", orders, tags);
  else
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
