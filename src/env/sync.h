/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/sync.h: making commits durable that were not when they were made, under the writer lock; env/seal.h does so beside the
 * writer.
 */
#ifndef MDBX_ENV_SYNC_H
#define MDBX_ENV_SYNC_H

#include "env/env.h"

/* Makes the newest commit durable: MDBX_RESULT_TRUE when it already is. */
int sync_head(MDBX_env *env);
/* Reads the meta of the newest commit. MDBX_CORRUPTED, with a report: it is not there. */
int sync_read_head(const MDBX_env *env, struct meta_slot *slot);
/* Nothing is left that is not durable. */
void sync_forget_volume(MDBX_env *env);
/* Notes that the file is longer than the head says: what a crash falls back to may need the tail. */
void sync_note_long_file(MDBX_env *env);
bool sync_file_is_long(const MDBX_env *env);
/* Cuts what the file has beyond that many pages, which nothing that a crash may fall back to needs; `all` when it has
 * the size of the head then. */
void sync_cut_file(MDBX_env *env, pgno_t pages, bool all);
/* Whether there is nothing to flush. Without a lock. */
bool sync_all_is_durable(const MDBX_env *env);
/* Whether a threshold for making weak commits durable is reached. Without a lock. */
bool sync_is_due(const MDBX_env *env, uint64_t more_bytes);
/* The same of all that is not durable, what waits for a flush included. Without a lock. */
bool sync_is_wanted(const MDBX_env *env);
/* os_monotonic_16dot16() of the first commit for which nobody has begun a flush; 0: none. Without a lock. */
uint64_t sync_wanted_since(const MDBX_env *env);
/* Bytes that commits have written and no flush has made durable, those that wait for one included. Without a lock. */
uint64_t sync_volume(const MDBX_env *env);

#endif
