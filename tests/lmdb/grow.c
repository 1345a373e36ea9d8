/* SPDX-License-Identifier: Apache-2.0 */
/* Run by wrapper.sh: stores 40 MiB in an environment whose map size is 1 MiB, and says how it went. */
#include <lmdb.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi;
  static char value[100000];
  int rc = mdb_env_create(&env);
  if (rc == 0)
    rc = mdb_env_open(env, "grow.mdb", MDB_NOSUBDIR | MDB_NOSYNC, 0644);
  for (int i = 0; rc == 0 && i < 420; ++i) {
    MDB_val key = {sizeof(i), &i}, data = {sizeof(value), value};
    memset(value, i, sizeof(value));
    rc = mdb_txn_begin(env, NULL, 0, &txn);
    if (rc != 0)
      break;
    rc = mdb_dbi_open(txn, NULL, 0, &dbi);
    if (rc == 0)
      rc = mdb_put(txn, dbi, &key, &data, 0);
    if (rc == 0)
      rc = mdb_txn_commit(txn);
    else
      mdb_txn_abort(txn);
  }
  printf("%s\n", mdb_strerror(rc));
  mdb_env_close(env);
  return 0;
}
