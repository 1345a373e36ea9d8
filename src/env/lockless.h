/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/lockless.h: without a lock file, finds commits of other processes by reading the metas.
 */
#ifndef MDBX_ENV_LOCKLESS_H
#define MDBX_ENV_LOCKLESS_H

#include "env/env.h"

/* Publishes the newest commit of any process within this one, unless a thread of this process is writing. */
int lockless_look(const MDBX_env *env);
/* The same for a thread that has just taken this process's writer lock; also repairs the file if necessary. */
int lockless_begin_writing(MDBX_env *env);
void lockless_end_writing(MDBX_env *env);

#endif
