/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_repair.h: setting the data file right after a crash.
 *
 * Recovery can be cut at any point: it wipes only metas that were not believed, and does so before anything else is written.
 */
#ifndef MDBX_ENV_ENV_REPAIR_H
#define MDBX_ENV_ENV_REPAIR_H

#include "env/env.h"

/* A file that is too short for what the meta says is used: MDBX_CORRUPTED. */
int env_check_length(const MDBX_env *env, const struct meta *meta, uint64_t length);
/* Gives the file the length the meta says: longer after growth that was rolled back, shorter after a cut at the wrong
 * time. */
int env_restore_length(MDBX_env *env, const struct meta *meta, uint64_t length);
/* Writes what the choice among the metas asks for: wiped metas, a steady head, the file's length. */
int env_repair(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice, uint64_t length);

#endif
