/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* Opens a database, or creates it, and closes it again. */
int main(void) {
  MDBX_env *env;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS) {
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
    return 1;
  }
  /* Options come before the database is opened. */
  rc = mdbx_env_set_maxdbs(env, 16);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(env, "example.db", MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0644);
  if (rc == MDBX_SUCCESS)
    printf("opened\n");
  else
    fprintf(stderr, "cannot open example.db: %s\n", mdbx_strerror(rc));
  /* The handle must be closed after a failure too. */
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
