/* SPDX-License-Identifier: Apache-2.0 */
#include <mdbx.h>
#include <stdio.h>

/* A database that begins with 1 MiB and may grow to 1 GiB, 4 MiB at a time. An unused end of 8 MiB is returned to the
 * file system. */
int main(void) {
  MDBX_env *env;
  MDBX_envinfo info;
  const intptr_t mebibyte = 1 << 20;
  int rc = mdbx_env_create(&env);
  if (rc != MDBX_SUCCESS)
    return 1;
  /* -1: the default, or what the database has already. */
  rc = mdbx_env_set_geometry(env, mebibyte, -1, 1024 * mebibyte, 4 * mebibyte, 8 * mebibyte, -1);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_open(env, "growing.db", MDBX_NOSUBDIR, 0644);
  /* It can also be changed while the database is open, also while others use it. */
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_set_geometry(env, -1, -1, 2048 * mebibyte, -1, -1, -1);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_info_ex(env, NULL, &info, sizeof(info));
  if (rc == MDBX_SUCCESS)
    printf("at most %llu MiB\n", (unsigned long long)(info.mi_geo.upper / (uint64_t)mebibyte));
  else
    fprintf(stderr, "%s\n", mdbx_strerror(rc));
  return mdbx_env_close(env) != MDBX_SUCCESS || rc != MDBX_SUCCESS;
}
