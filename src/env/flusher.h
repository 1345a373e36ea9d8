/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flusher.h: the thread of an environment that makes commits durable in place of those who made them.
 *
 * There is one as soon as somebody asked for the descriptor that tells of commits with tickets, or for the thread itself
 * (MDBX_opt_sync_thread). When a commit with a ticket wakes it, it waits for the newest commit as any other thread does
 * (env/ticket.h). When a threshold is reached it makes steady points (env/seal.h); it watches the period by itself.
 */
#ifndef MDBX_ENV_FLUSHER_H
#define MDBX_ENV_FLUSHER_H

#include "env/seal.h"
#include "env/ticket.h"

struct flusher;

/* The descriptor; it becomes readable whenever commits with tickets have become durable, or failed. */
int flusher_start(MDBX_env *env, int *fd);
/* Begins or ends to make steady points, as MDBX_opt_sync_thread says; never read-only, or without a lock file. */
int flusher_obey_option(MDBX_env *env);
/* There is a commit with a ticket; if there is no such thread, one that is started later sees it. */
void flusher_wake(MDBX_env *env);
/* The period has changed. */
void flusher_look_again(MDBX_env *env);
/* False: the caller has to do it. */
bool flusher_take_chore(MDBX_env *env, enum seal_chore chore);
/* Ends the thread, after its flush if it is at one, and closes the descriptor. A writer that the thread waits for is not waited
 * for. No other thread is in the environment. */
void flusher_stop(MDBX_env *env);
/* In a forked child, where the thread is not. */
void flusher_forget(MDBX_env *env);

#endif
