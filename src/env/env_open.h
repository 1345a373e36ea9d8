/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_open.h: opens and closes an environment, and revives it after a fork.
 *
 * The first opener of a database, while it is alone, chooses the head (file/meta.h) and repairs the file; later openers
 * take the head from the lock file. The caller ends all transactions before env_close(), and gives up those of the
 * parent before env_resurrect().
 */
#ifndef MDBX_ENV_ENV_OPEN_H
#define MDBX_ENV_ENV_OPEN_H

#include "env/env.h"

int env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode);
/* Releases everything but the handle, at whatever stage opening stopped. */
void env_release(MDBX_env *env);
/* Ends the handle. Unless dont_sync, makes the newest commit durable first, and returns an error of that flush. */
int env_close(MDBX_env *env, bool dont_sync);
/* Whether env_resurrect() may be called; asked before anything of the parent is given up. MDBX_BUSY: the environment is
 * exclusive. MDBX_PANIC: it has failed. */
int env_check_resurrection(const MDBX_env *env);
/* Makes an environment usable that this process inherited over a fork. The parent's write transaction does not exist
 * here. After an error the environment can only be closed. */
int env_resurrect(MDBX_env *env);

#endif
