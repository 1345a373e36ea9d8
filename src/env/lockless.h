/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/lockless.h: without a lock file the metas are asked for what others did.
 */
#ifndef MDBX_ENV_LOCKLESS_H
#define MDBX_ENV_LOCKLESS_H

#include "env/env.h"

/* Publishes the newest commit of any process, unless a thread of this one is writing. */
int lockless_look(const MDBX_env *env);
/* The same for whoever has just taken the writer lock of the process; repairs the file if need be. */
int lockless_begin_writing(MDBX_env *env);
void lockless_end_writing(MDBX_env *env);

#endif
