/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flusher.h: the thread of an environment that makes commits with tickets durable, and a descriptor that tells of it.
 *
 * There is one as soon as somebody asked for the descriptor. It waits for tickets as any other thread does (env/ticket.h).
 */
#ifndef MDBX_ENV_FLUSHER_H
#define MDBX_ENV_FLUSHER_H

#include "env/ticket.h"

struct flusher;

/* The descriptor; it becomes readable whenever commits with tickets have become durable, or failed. */
int flusher_start(MDBX_env *env, int *fd);
/* That commit is to become durable; nothing happens if there is no such thread. */
void flusher_want(MDBX_env *env, const struct ticket *ticket);
/* Ends the thread and closes the descriptor; finish: when what it was told of is durable. */
void flusher_stop(MDBX_env *env, bool finish);
/* In a forked child, where the thread is not. */
void flusher_forget(MDBX_env *env);

#endif
