/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_files.h: deletes the files of a database that is not open, or reads its sizes from them.
 */
#ifndef MDBX_ENV_ENV_FILES_H
#define MDBX_ENV_ENV_FILES_H

#include "file/geometry.h"

/* MDBX_RESULT_TRUE: there was nothing to delete. */
int env_delete(const char *path, int how);
/* MDBX_INVALID: the descriptor, of the file `path`, is one of a directory, a pipe or a device. */
int env_refuse_irregular(int fd, const char *path);
/* Fills in the fields that the data file alone determines, without opening the database. */
int env_preopen_info(const char *path, MDBX_envinfo *info);
/* Fills in the sizes of a database, its page size and the system's page size. */
void env_fill_geometry(MDBX_envinfo *info, const struct geometry *geometry);

#endif
