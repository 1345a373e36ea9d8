/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flush.h: flushes the data file. If a flush fails, nobody knows what is on the disk: the environment becomes
 * fatal.
 */
#ifndef MDBX_ENV_FLUSH_H
#define MDBX_ENV_FLUSH_H

#include "env/env.h"

/* Flushes the data file, or with WRITEMAP the mapping. */
int sync_flush(MDBX_env *env);
/* Writes `page`, a meta page read from any slot, to `slot` as steady. The page is on the disk on return. */
int sync_write_meta_through(MDBX_env *env, unsigned slot, struct meta_page *page);
/* Flushes everything that was written by system calls, also beyond the mapping. Needs no lock. */
int sync_datasync(MDBX_env *env);

#endif
