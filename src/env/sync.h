/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/sync.h: makes weak and pending commits durable under the writer lock; env/seal.h does so beside the writer.
 */
#ifndef MDBX_ENV_SYNC_H
#define MDBX_ENV_SYNC_H

#include "env/env.h"

/* Makes the newest commit durable. MDBX_RESULT_TRUE: it was durable already. */
int sync_head(MDBX_env *env);
/* Reads the meta of the head. MDBX_CORRUPTED, logged: the slot does not have it. */
int sync_read_head(const MDBX_env *env, struct meta_slot *slot);
/* Resets the counts of bytes that are not durable, because all are durable now. */
void sync_forget_volume(MDBX_env *env);
/* Notes that the file is longer than the head says: the commit that a crash falls back to may need the rest. */
void sync_note_long_file(MDBX_env *env);
bool sync_file_is_long(const MDBX_env *env);
/* Cuts the file to that many pages; no commit that a crash may fall back to needs the rest. `all`: the file then has
 * the size of the head. */
void sync_cut_file(MDBX_env *env, pgno_t pages, bool all);
/* Whether there is nothing to flush. Without a lock. */
bool sync_all_is_durable(const MDBX_env *env);
/* Whether a threshold for making weak commits durable is reached. Without a lock. */
bool sync_is_due(const MDBX_env *env, uint64_t more_bytes);
/* Whether a threshold is reached, with pending commits counted too. Without a lock. */
bool sync_is_wanted(const MDBX_env *env);
/* os_monotonic_16dot16() of the first commit, weak or pending, for which no flush has begun; 0: none. Without a
 * lock. */
uint64_t sync_wanted_since(const MDBX_env *env);
/* Bytes that weak and pending commits have written and no flush has made durable. Without a lock. */
uint64_t sync_volume(const MDBX_env *env);

#endif
