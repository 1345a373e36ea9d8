/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_repair.h: repairs the data file after a crash.
 *
 * Power may fail at any point of a repair: the repair wipes only metas that were not believed, and it does so before it
 * writes anything else.
 */
#ifndef MDBX_ENV_ENV_REPAIR_H
#define MDBX_ENV_ENV_REPAIR_H

#include "env/env.h"

/* MDBX_CORRUPTED: the file is shorter than the pages that the meta uses. */
int env_check_length(const MDBX_env *env, const struct meta *meta, uint64_t length);
/* Makes the file as long as the meta says. The file is longer if recovery rolled a growth back, and shorter if recovery
 * rolled a cut back. */
int env_restore_length(MDBX_env *env, const struct meta *meta, uint64_t length);
/* Allocates storage for the holes of the file. With WRITEMAP a store to a page without storage would raise SIGBUS if the
 * disk is full. The engine allocates what it adds to the file, but another program's copy of it may have holes. */
int env_fill_holes(const MDBX_env *env);
/* Makes the changes that meta_choose() asked for: wipes metas, makes the head steady, sets the file's length. */
int env_repair(MDBX_env *env, const struct meta_set *set, const struct meta_choice *choice, uint64_t length);

#endif
