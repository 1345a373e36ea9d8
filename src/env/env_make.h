/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_make.h: makes a new database in an empty file.
 */
#ifndef MDBX_ENV_ENV_MAKE_H
#define MDBX_ENV_ENV_MAKE_H

#include "env/env.h"

/* Sets *empty if the file has no bytes, or only zeros in the place of the metas, as an interrupted creation leaves it.
 * The caller has refused zeros without a lock file: they are not ours. */
int env_is_to_be_made(const MDBX_env *env, bool *empty);
/* Makes the database. On an error the file is empty again. */
int env_make_database(MDBX_env *env);

#endif
