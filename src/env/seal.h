/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/seal.h: steady points beside the writer: weak commits become durable while others are made.
 *
 * The flush of what many commits have written takes long; so it is made without the writer lock, which is taken for a moment before
 * it and for a moment after it (doc/commit.md, C18). One at a time: under the sealer lock. Called without the writer lock; a
 * thread that has it flushes under it.
 */
#ifndef MDBX_ENV_SEAL_H
#define MDBX_ENV_SEAL_H

#include "env/env.h"

/* mdbx_env_sync_ex() with its arguments: makes the newest commit durable if a threshold says so or `force` does.
 * MDBX_RESULT_TRUE: it is; MDBX_BUSY when nonblock. */
int sync_newest(MDBX_env *env, bool force, bool nonblock);

/* What a weak commit leaves to be done when the writer lock is given on; the greater include the smaller. */
enum seal_chore {
  SEAL_NOTHING,
  SEAL_BEGIN_FLUSH, /* half of what a threshold allows is there: the system may begin to write it */
  SEAL_IF_DUE,      /* a threshold was reached */
  SEAL_FOR_SPACE    /* pages are needed that only the durable commit keeps */
};

/* What a commit that wrote so many bytes leaves to be done. Under the writer lock, before they are counted. */
enum seal_chore seal_chore_of(const MDBX_env *env, uint64_t bytes);
/* Whether the system may be writing pages of the file now: a store to one through a mapping waits until it is written, a call does
 * not. */
bool seal_is_writing(const MDBX_env *env);
/* Whether commits are made faster than they become durable. */
bool seal_is_far_behind(const MDBX_env *env);
/* Does it. Nothing if another thread or process is at it; but if that has as much behind it again, this one waits for it. */
int seal_do_chore(MDBX_env *env, enum seal_chore chore);

#endif
