/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_writer.h: the writer lock, and what a writer finds that its predecessor left.
 */
#ifndef MDBX_ENV_ENV_WRITER_H
#define MDBX_ENV_ENV_WRITER_H

#include "env/env.h"

/* Bits of lck_shared.user. */
enum {
  METAS_DOUBTFUL = 1, /* a failed commit may have left a meta that is newer than the head */
  FILE_IS_LONG = 2    /* longer than the head says; see sync_note_long_file() */
};

/* Takes the writer lock; sets right what a dead writer left. MDBX_BUSY when try_only. Commits may wait for their flush then
 * (file/pending.h): for one who builds on them; all others use env_lock_writer() of env/group.h. */
int env_lock_writer_beside_pending(MDBX_env *env, bool try_only);
void env_unlock_writer(MDBX_env *env);
/* Whether the calling thread has the writer lock, by a transaction or by mdbx_txn_lock(). */
bool env_writer_lock_is_own(const MDBX_env *env);
/* A commit failed when its meta may have been in the file: the environment is done for, and no writer of any process
 * goes on before that meta is gone for sure. Under the writer lock. */
void env_doubt_metas(MDBX_env *env, unsigned slot);
/* Under the metas lock: all commits that wait for their flush have failed, and no opener shall find them. */
void env_fail_pending(MDBX_env *env);

/* Sets or clears flags of ENV_FLAGS_CHANGEABLE while nobody writes. */
int env_change_flags(MDBX_env *env, unsigned flags, bool on);

#endif
