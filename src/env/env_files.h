/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_files.h: what is done with the files of a database that is not open.
 */
#ifndef MDBX_ENV_ENV_FILES_H
#define MDBX_ENV_ENV_FILES_H

#include "base/base.h"

/* MDBX_RESULT_TRUE: there was nothing. */
int env_delete(const char *path, int how);
/* What can be told from the file alone, without opening the database. */
int env_preopen_info(const char *path, MDBX_envinfo *info);

#endif
