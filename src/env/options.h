/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/options.h: what the options of an environment are worth, set or not.
 */
#ifndef MDBX_ENV_OPTIONS_H
#define MDBX_ENV_OPTIONS_H

#include "env/env.h"

/* An option of those kept in `options.values`, set or not. */
uint64_t env_option(const MDBX_env *env, MDBX_option_t option);
/* By the memory the process may have. */
uint64_t env_default_dirty_limit(size_t page_size);
void env_tuning(const MDBX_env *env, struct space_tuning *tuning);

#endif
