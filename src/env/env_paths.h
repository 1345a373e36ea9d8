/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_paths.h: from the path a user gives to the names of the data file and the lock file.
 */
#ifndef MDBX_ENV_ENV_PATHS_H
#define MDBX_ENV_ENV_PATHS_H

#include "base/base.h"

struct env_paths {
  char *data, *lock;
  char *other_lock; /* where the lock file would be under the other naming scheme */
  bool directory;   /* the data file is MDBX_DATANAME inside the path */
};

/* MDBX_EINVAL for an empty path, MDBX_ENOMEM. Looks whether the path is a directory, changes nothing. */
int env_paths_make(const char *path, bool nosubdir, struct env_paths *paths);
/* The lock file shall have that name (NULL: no wish), unless there is none and one under the usual name is there. */
int env_paths_wish(struct env_paths *paths, const char *lock);
void env_paths_free(struct env_paths *paths);

#endif
