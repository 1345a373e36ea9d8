/* SPDX-License-Identifier: Apache-2.0 */
/* Public functions that set how this process uses the database: without a lock file, with a limit of its own. */
#include "api/api.h"

int mdbx_env_set_lockless(MDBX_env *env, bool onoff) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->opened)
    return MDBX_EPERM;
  env->lockless = onoff;
  return MDBX_SUCCESS;
}

int mdbx_env_set_maplimit(MDBX_env *env, size_t bytes) {
  int rc = env_check(env);
  if (rc == MDBX_SUCCESS && env->opened)
    rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env_is_writing(env))
    return MDBX_EINVAL;
  atomic_store(&env->map_limit, bytes);
  return MDBX_SUCCESS;
}

int mdbx_env_get_maplimit(const MDBX_env *env, size_t *bytes) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!bytes)
    return MDBX_EINVAL;
  *bytes = (size_t)atomic_load(&env->map_limit);
  return MDBX_SUCCESS;
}
