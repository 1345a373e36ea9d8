/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/flush.h: flushes of the data file. A failure is the end of the environment: what is on the disk is not certain any more.
 */
#ifndef MDBX_ENV_FLUSH_H
#define MDBX_ENV_FLUSH_H

#include "env/env.h"

/* Flushes the data file. A failure makes the environment fatal. */
int sync_flush(MDBX_env *env);
/* Writes a meta that was read from some slot to that one as steady; it is on the disk on return. Fails as a flush does. */
int sync_write_meta_through(MDBX_env *env, unsigned slot, struct meta_page *page);
/* The same by a call for all of it, whatever a mapping covers: for what was written by calls. Needs no lock. */
int sync_datasync(MDBX_env *env);

#endif
