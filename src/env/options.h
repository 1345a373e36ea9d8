/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/options.h: the values of an environment's options, set or default.
 */
#ifndef MDBX_ENV_OPTIONS_H
#define MDBX_ENV_OPTIONS_H

#include "env/env.h"

/* The value of an option kept in `options.values`: as set, or its default. */
uint64_t env_option(const MDBX_env *env, MDBX_option_t option);
/* The default of MDBX_opt_txn_dp_limit, from the memory that the process may use. */
uint64_t env_default_dirty_limit(size_t page_size);
void env_tuning(const MDBX_env *env, struct space_tuning *tuning);

#endif
