/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>
#include <string.h>

/* Stores the name of a user, unless the user exists. */
static int add_user(MDBX_txn *txn, MDBX_dbi dbi, const char *id, const char *name) {
  MDBX_val key = {(void *)id, strlen(id)}, data = {(void *)name, strlen(name)};
  const int rc = mdbx_put(txn, dbi, &key, &data, MDBX_NOOVERWRITE);
  /* Now data is the stored value. */
  if (rc == MDBX_KEYEXIST)
    printf("%s is taken by %.*s\n", id, (int)data.iov_len, (const char *)data.iov_base);
  return rc == MDBX_KEYEXIST ? MDBX_SUCCESS : rc;
}

int main(void) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  rc = mdbx_env_open(env, "users.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi);
    if (rc == MDBX_SUCCESS)
      rc = add_user(txn, dbi, "u1", "Ann");
    if (rc == MDBX_SUCCESS)
      rc = add_user(txn, dbi, "u1", "Bob");
    if (rc == MDBX_SUCCESS)
      rc = mdbx_txn_commit(txn);
    else
      mdbx_txn_abort(txn);
  }
  if (rc != MDBX_SUCCESS)
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
