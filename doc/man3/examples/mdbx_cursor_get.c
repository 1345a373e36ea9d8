/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>
#include <string.h>

/* Prints all records whose keys begin with a prefix. */
static int list(MDBX_txn *txn, MDBX_dbi dbi, const char *prefix) {
  const size_t length = strlen(prefix);
  MDBX_val key = {(void *)prefix, length}, data;
  MDBX_cursor *cursor;
  int rc = mdbx_cursor_open(txn, dbi, &cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* The first key that is not less than the prefix, then one after the other. */
  rc = mdbx_cursor_get(cursor, &key, &data, MDBX_SET_RANGE);
  while (rc == MDBX_SUCCESS && key.iov_len >= length && memcmp(key.iov_base, prefix, length) == 0) {
    printf("%.*s: %.*s\n", (int)key.iov_len, (const char *)key.iov_base, (int)data.iov_len,
           (const char *)data.iov_base);
    rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT);
  }
  mdbx_cursor_close(cursor);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static int fill(MDBX_txn *txn, MDBX_dbi dbi) {
  static const char *const records[][2] = {{"apple", "red"}, {"apricot", "orange"}, {"plum", "blue"}};
  int rc = MDBX_SUCCESS;
  for (size_t i = 0; rc == MDBX_SUCCESS && i < 3; ++i) {
    MDBX_val key = {(void *)records[i][0], strlen(records[i][0])}, data = {(void *)records[i][1], strlen(records[i][1])};
    rc = mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT);
  }
  return rc;
}

int main(void) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  rc = mdbx_env_open(env, "fruit.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc == MDBX_SUCCESS) {
    rc = mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi);
    if (rc == MDBX_SUCCESS)
      rc = fill(txn, dbi);
    if (rc == MDBX_SUCCESS)
      rc = list(txn, dbi, "ap");
    if (rc == MDBX_SUCCESS)
      rc = mdbx_txn_commit(txn);
    else
      mdbx_txn_abort(txn);
  }
  if (rc != MDBX_SUCCESS)
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
