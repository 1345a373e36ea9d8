/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/group.h: lets durable commits of several threads and processes share a flush.
 *
 * If other writers wait, a commit writes its pages and meta, becomes pending (file/pending.h), and releases the writer
 * lock. Then its thread waits here: a thread that finds no flush running makes one for all commits pending at that
 * time. group_wait() is called without the writer lock; group_drain() with it, by callers that need that no commit is
 * pending.
 */
#ifndef MDBX_ENV_GROUP_H
#define MDBX_ENV_GROUP_H

#include "env/ticket.h"

/* Waits until the pending commit is durable and published; returns the error if its own flush fails. MDBX_PANIC: the
 * flush of another thread failed, or a commit that this one builds on. MDBX_RESULT_TRUE: the time `until` is over and
 * the commit is still pending. */
int group_wait(MDBX_env *env, const struct ticket *ticket, uint64_t until);
/* Waits for the commit that is the newest now. */
int group_wait_newest(MDBX_env *env);
/* Completes the publishing of commits: on return the head is noted as durable and as no longer pending (C17). */
int group_settle(MDBX_env *env);
/* Under the writer lock: waits for the flush of all pending commits, or makes it. */
int group_drain(MDBX_env *env);

/* Takes the writer lock and waits for pending commits, so that the newest commit is the head. MDBX_BUSY: try_only, or
 * the environment is being closed. */
int env_lock_writer(MDBX_env *env, bool try_only);

#endif
