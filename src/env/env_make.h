/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_make.h: a new database in an empty file.
 */
#ifndef MDBX_ENV_ENV_MAKE_H
#define MDBX_ENV_ENV_MAKE_H

#include "env/env.h"

/* Whether a database is to be made: what a creation that was cut short has left is nothing, or zeros where the metas were
 * to be. The lock file is there; zeros without one are somebody else's. */
int env_is_to_be_made(const MDBX_env *env, bool *empty);
/* Makes it; when there is no room the file becomes an empty one again. */
int env_make_database(MDBX_env *env);

#endif
