/* SPDX-License-Identifier: Apache-2.0 */
/*
 * env/env_paths.h: turns the path that the application gives into the names of the data file and the lock file.
 */
#ifndef MDBX_ENV_ENV_PATHS_H
#define MDBX_ENV_ENV_PATHS_H

#include "base/base.h"

struct env_paths {
  char *data, *lock;
  char *other_lock; /* where the lock file would be under the other naming scheme */
  bool directory;   /* the data file is MDBX_DATANAME inside the path */
};

/* Looks whether the path is a directory; changes nothing. MDBX_EINVAL: no path, or an empty one. MDBX_ENOMEM. */
int env_paths_make(const char *path, bool nosubdir, struct env_paths *paths);
/* Gives the lock file the name `lock` (NULL: nothing to do), unless only a lock file with the usual name exists. */
int env_paths_wish(struct env_paths *paths, const char *lock);
void env_paths_free(struct env_paths *paths);

#endif
