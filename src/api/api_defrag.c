/* SPDX-License-Identifier: Apache-2.0 */
/* Defragmentation. */
#include "api/api.h"

#include "service/defrag.h"

int mdbx_env_defrag(MDBX_env *env, size_t defrag_atleast, size_t time_atleast_dot16, size_t defrag_enough,
                    size_t time_limit_dot16, intptr_t acceptable_backlash, intptr_t preferred_batch,
                    MDBX_defrag_notify_func progress_callback, void *ctx, MDBX_defrag_result_t *result) {
  MDBX_defrag_result_t unwanted;
  const struct defrag_goals goals = {.pages_atleast = defrag_atleast,
                                     .time_atleast = time_atleast_dot16,
                                     .pages_enough = defrag_enough,
                                     .time_limit = time_limit_dot16,
                                     .backlash = acceptable_backlash,
                                     .batch = preferred_batch,
                                     .notify = progress_callback,
                                     .context = ctx};
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env_is_readonly(env))
    return MDBX_EACCESS;
  if (acceptable_backlash < -1 || preferred_batch < -1)
    return MDBX_EINVAL;
  return defrag_run(env, &goals, result ? result : &unwanted);
}
