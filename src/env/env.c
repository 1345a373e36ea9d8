/* SPDX-License-Identifier: Apache-2.0 */
/* Creates, checks and ends the handle of an environment. */
#include "env/env.h"

#include "base/assert.h"

#include <stdlib.h>

int env_check(const MDBX_env *env) {
  if (unlikely(!env))
    return MDBX_EINVAL;
  return likely(env->signature == ENV_SIGNATURE) ? MDBX_SUCCESS : MDBX_EBADSIGN;
}

int env_check_open(const MDBX_env *env) {
  const int rc = env_check(env);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!env->opened))
    return MDBX_EPERM;
  if (unlikely(atomic_load(&env->fatal) || env->generation != os_fork_generation()))
    return MDBX_PANIC;
  return MDBX_SUCCESS;
}

/* Closed handles, kept for reuse: if a program closes a handle twice, the second call finds a dead signature, not
 * memory of somebody else. Under os_process_lock. */
static MDBX_env *graveyard;

static MDBX_env *new_handle(void) {
  os_process_lock();
  MDBX_env *env = graveyard;
  if (env)
    graveyard = env->next_dead;
  os_process_unlock();
  if (!env)
    return calloc(1, sizeof(*env));
  memset(env, 0, sizeof(*env));
  return env;
}

void env_bury(MDBX_env *env) {
  ASSERT(!env->opened && env->fd < 0);
  ASSERT(!env->writer_txn && !env->handles);
  env->signature = DEAD_SIGNATURE;
  os_process_lock();
  env->next_dead = graveyard;
  graveyard = env;
  os_process_unlock();
}

int env_create(MDBX_env **result) {
  MDBX_env *env = new_handle();
  if (!env)
    return MDBX_ENOMEM;
  env->fd = -1;
  env->signature = ENV_SIGNATURE;
  env->generation = os_fork_generation();
  env->geometry_request = geometry_request_initial;
  env->options.max_readers = LCK_READERS_DEFAULT;
  for (size_t i = 0; i < COUNT_OF(env->options.values); ++i)
    atomic_init(&env->options.values[i], UINT64_MAX);
  int rc = os_mutex_init(&env->map_mutex, RANK_MAP);
  if (rc == MDBX_SUCCESS)
    rc = os_mutex_init(&env->handles_mutex, RANK_HANDLES);
  if (rc != MDBX_SUCCESS) {
    env_bury(env);
    return rc;
  }
  ASSERT(env_check(env) == MDBX_SUCCESS && env_check_open(env) == MDBX_EPERM);
  *result = env;
  return MDBX_SUCCESS;
}
