/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_env.h: the part of opening, closing and inheriting an environment that concerns transactions, and changes of
 * its geometry.
 */
#ifndef MDBX_TXN_TXN_ENV_H
#define MDBX_TXN_TXN_ENV_H

#include "txn/txn.h"

/* Opens the environment, and applies the geometry that was set before. If this fails, opening fails. */
int txn_env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode);
/* Ends the write transaction of the calling thread, and closes the environment. MDBX_BUSY, and nothing is done, if
 * another thread writes. */
int txn_env_close(MDBX_env *env, bool dont_sync);
/* In a forked child: releases the memory of the parent's transactions, and makes the environment usable; see
 * env_resurrect(). */
int txn_env_resurrect(MDBX_env *env);
/* Changes the geometry of an open environment: in the write transaction of the calling thread, else in one of its own. */
int txn_set_geometry(MDBX_env *env, const struct geometry_request *request);

#endif
