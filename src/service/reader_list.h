/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/reader_list.h: the readers of a database, and the space that their snapshots hold.
 */
#ifndef MDBX_SERVICE_READER_LIST_H
#define MDBX_SERVICE_READER_LIST_H

#include "env/env.h"

/* As mdbx_reader_list(). */
int reader_list(const MDBX_env *env, MDBX_reader_list_func func, void *context);

#endif
