/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_files.h: what is done with the files of a database that is not open, and what is told of their sizes.
 */
#ifndef MDBX_ENV_ENV_FILES_H
#define MDBX_ENV_ENV_FILES_H

#include "file/geometry.h"

/* MDBX_RESULT_TRUE: there was nothing. */
int env_delete(const char *path, int how);
/* What can be told from the file alone, without opening the database. */
int env_preopen_info(const char *path, MDBX_envinfo *info);
/* The sizes of a database in bytes, and of what they are multiples of. */
void env_fill_geometry(MDBX_envinfo *info, const struct geometry *geometry);

#endif
