/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* A backup of the newest commit; others can go on reading and writing meanwhile. An earlier backup stays until the new one
 * is complete. */
int main(void) {
  MDBX_env *env;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  rc = mdbx_env_open(env, "live.db", MDBX_NOSUBDIR, 0644);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_copy(env, "backup.db", MDBX_CP_COMPACT | MDBX_CP_OVERWRITE);
  if (rc == MDBX_SUCCESS)
    printf("backup.db is complete and durable\n");
  else
    fprintf(stderr, "no backup: %s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
