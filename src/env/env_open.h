/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_open.h: opening, closing, going on after a fork.
 *
 * Whoever opens a database first, alone, decides which commit is the head (file/meta.h) and sets the file right; the
 * others take what the lock file says. Transactions are the care of the caller: none is left at a close, and one that ran
 * in the parent is given up before env_resurrect().
 */
#ifndef MDBX_ENV_ENV_OPEN_H
#define MDBX_ENV_ENV_OPEN_H

#include "env/env.h"

int env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode);
/* Gives back everything, at whatever stage opening stopped; the handle stays. */
void env_release(MDBX_env *env);
/* Ends the handle. What is not durable yet becomes it, unless dont_sync; an error of that is returned. */
int env_close(MDBX_env *env, bool dont_sync);
/* Whether env_resurrect() may be called, before anything of the parent's is given up. MDBX_BUSY and MDBX_PANIC for an
 * environment that cannot be shared. */
int env_check_resurrection(const MDBX_env *env);
/* Makes an environment usable that was inherited by a fork. Transactions of the parent are dead. After an error it can
 * only be closed. */
int env_resurrect(MDBX_env *env);

#endif
