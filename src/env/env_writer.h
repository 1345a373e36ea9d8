/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_writer.h: takes the writer lock, and completes or undoes what a dead or failed writer has left.
 */
#ifndef MDBX_ENV_ENV_WRITER_H
#define MDBX_ENV_ENV_WRITER_H

#include "env/env.h"

/* Bits of lck_shared.user. */
enum {
  METAS_DOUBTFUL = 1, /* a failed commit may have left a meta that is newer than the head */
  FILE_IS_LONG = 2    /* the file is longer than the head says; see sync_note_long_file() */
};

/* Takes the writer lock, and completes or undoes what a dead writer left. MDBX_BUSY: try_only, or the environment is
 * being closed. On return commits may be pending (file/pending.h): for callers that build on those; all others use
 * env_lock_writer() of env/group.h. */
int env_lock_writer_beside_pending(MDBX_env *env, bool try_only);
void env_unlock_writer(MDBX_env *env);
/* Whether the calling thread holds the writer lock, through a transaction or mdbx_txn_lock(). */
bool env_writer_lock_is_own(const MDBX_env *env);
/* A commit failed after its meta may have reached the file: the environment becomes fatal, and every later writer, of
 * any process, first makes sure that this meta is wiped durably. Under the writer lock. */
void env_doubt_metas(MDBX_env *env, unsigned slot);
/* Fails all pending commits and wipes their metas, so that no opener finds them. Under the metas lock. */
void env_fail_pending(MDBX_env *env);

/* Sets or clears flags of ENV_FLAGS_CHANGEABLE while nobody writes. */
int env_change_flags(MDBX_env *env, unsigned flags, bool on);

#endif
