/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/group.h: durable commits of several threads and processes that share a flush.
 *
 * A commit that others wait behind is written, made pending (file/pending.h), and gives the writer lock on. Then it waits here:
 * whoever finds no flush running makes one for all that is pending by then. Called without the writer lock by those who
 * wait, and with it by those who need that nothing waits.
 */
#ifndef MDBX_ENV_GROUP_H
#define MDBX_ENV_GROUP_H

#include "env/ticket.h"

/* Returns when that commit, which was made pending, is durable and published, or with the error of the flush. MDBX_PANIC:
 * somebody else's flush failed, or a commit that it builds on. MDBX_RESULT_TRUE: the time has come, and it waits still. */
int group_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until);
/* The same of the newest commit of this moment. */
int group_wait_newest(MDBX_env *env);
/* What is published is noted as durable when this returns, and as what waits no more. */
int group_settle(MDBX_env *env);
/* Under the writer lock: waits for, or makes, the flush of all that is pending. */
int group_drain(MDBX_env *env);

/* Takes the writer lock, and waits for what is pending: the newest commit is the head then. MDBX_BUSY when try_only. */
int env_lock_writer(MDBX_env *env, bool try_only);

#endif
