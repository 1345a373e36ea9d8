/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/seal.h: makes steady points beside the writer: weak commits become durable while other commits are made.
 *
 * The flush of many commits takes long, so the sealer flushes without the writer lock, and takes that lock only for a
 * moment before the flush and for a moment after it (doc/commit.md, C18). The sealer lock allows one steady point at a
 * time. Called without the writer lock; only sync_newest() may be called with it, and then flushes under it.
 */
#ifndef MDBX_ENV_SEAL_H
#define MDBX_ENV_SEAL_H

#include "env/env.h"

/* Does the work of mdbx_env_sync_ex(): makes the newest commit durable if `force`, or if a threshold is reached.
 * MDBX_RESULT_TRUE: it was durable already. MDBX_BUSY: nonblock, or the environment is being closed. */
int sync_newest(MDBX_env *env, bool force, bool nonblock);

/* The work that a weak commit leaves for the time after it has released the writer lock; a greater chore includes the
 * smaller ones. */
enum seal_chore {
  SEAL_NOTHING,
  SEAL_BEGIN_FLUSH, /* half of the volume threshold is reached: let the system begin to write */
  SEAL_IF_DUE,      /* a threshold is reached */
  SEAL_FOR_SPACE    /* writers need pages that only the durable commit pins */
};

/* The chore that a commit of so many bytes leaves. Under the writer lock, before the bytes are counted. */
enum seal_chore seal_chore_of(const MDBX_env *env, uint64_t bytes);
/* Whether the system may be writing pages of the file now. Then a store through a mapping waits until its page is
 * written; a write by a system call does not wait. */
bool seal_is_writing(const MDBX_env *env);
/* Whether twice the volume threshold is not durable yet: commits are made faster than they become durable. */
bool seal_is_far_behind(const MDBX_env *env);
/* Does the chore. If another thread or process is making a steady point, does nothing; but if durability is far behind,
 * waits for that one and then makes its own if still due. */
int seal_do_chore(MDBX_env *env, enum seal_chore chore);

#endif
