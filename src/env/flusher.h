/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flusher.h: the thread of an environment that makes commits with tickets durable, and a descriptor that tells of it.
 *
 * There is one as soon as somebody asked for the descriptor. It waits for the newest commit as any other thread does
 * (env/ticket.h), whenever it has been woken.
 */
#ifndef MDBX_ENV_FLUSHER_H
#define MDBX_ENV_FLUSHER_H

#include "env/ticket.h"

struct flusher;

/* The descriptor; it becomes readable whenever commits with tickets have become durable, or failed. */
int flusher_start(MDBX_env *env, int *fd);
/* There is a commit with a ticket; nothing happens if there is no such thread. */
void flusher_wake(MDBX_env *env);
/* Ends the thread, after its flush if it is at one, and closes the descriptor. */
void flusher_stop(MDBX_env *env);
/* In a forked child, where the thread is not. */
void flusher_forget(MDBX_env *env);

#endif
