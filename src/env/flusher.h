/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flusher.h: a thread of an environment that makes commits durable in place of the threads that made them.
 *
 * It starts when the application asks for the descriptor that signals commits with tickets (mdbx_env_durable_fd), or
 * sets MDBX_opt_sync_thread. When a commit with a ticket wakes the thread, it waits for the newest commit like any
 * other thread (env/ticket.h). With the option it also makes steady points (env/seal.h): a commit that reaches the
 * volume threshold wakes it, and it watches the period itself.
 */
#ifndef MDBX_ENV_FLUSHER_H
#define MDBX_ENV_FLUSHER_H

#include "env/seal.h"
#include "env/ticket.h"

struct flusher;

/* Starts the thread if there is none. *fd becomes readable whenever commits with tickets have become durable or
 * failed. */
int flusher_start(MDBX_env *env, int *fd);
/* Starts or stops making steady points, as MDBX_opt_sync_thread says; never in an environment that is read-only or
 * without a lock file. */
int flusher_obey_option(MDBX_env *env);
/* Reports a commit with a ticket. If there is no thread yet, one that is started later sees the commit. */
void flusher_wake(MDBX_env *env);
/* Reports that the period has changed. */
void flusher_look_again(MDBX_env *env);
/* Hands a chore to the thread. False: the caller has to do the chore itself. */
bool flusher_take_chore(MDBX_env *env, enum seal_chore chore);
/* Ends the thread, after its present flush, and closes the descriptor. If the thread waits for a writer, it stops
 * waiting. No other thread uses the environment. */
void flusher_stop(MDBX_env *env);
/* Frees its memory and descriptors in a forked child, which does not have the thread. */
void flusher_forget(MDBX_env *env);

#endif
