/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* Prints the value of a key, if there is one. */
static int show(MDBX_txn *txn, MDBX_dbi dbi, MDBX_val key) {
  MDBX_val data;
  const int rc = mdbx_get(txn, dbi, &key, &data);
  if (rc == MDBX_NOTFOUND) {
    printf("no such key\n");
    return MDBX_SUCCESS;
  }
  /* The bytes lie in the database: they are valid until the transaction ends, and not zero-terminated. */
  if (rc == MDBX_SUCCESS)
    printf("%.*s\n", (int)data.iov_len, (const char *)data.iov_base);
  return rc;
}

int main(void) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  MDBX_val key = {"colour", 6}, data = {"blue", 4}, other = {"shape", 5};
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  rc = mdbx_env_open(env, "colours.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi);
    if (rc == MDBX_SUCCESS)
      rc = mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT);
    if (rc == MDBX_SUCCESS)
      rc = show(txn, dbi, key);
    if (rc == MDBX_SUCCESS)
      rc = show(txn, dbi, other);
    if (rc == MDBX_SUCCESS)
      rc = mdbx_txn_commit(txn);
    else
      mdbx_txn_abort(txn);
  }
  if (rc != MDBX_SUCCESS)
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
