/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of the whole database. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static int copy_flags(unsigned flags) { return flags & MDB_CP_COMPACT ? MDBX_CP_COMPACT : MDBX_CP_DEFAULTS; }

SHIM_API int mdb_env_copyfd2(MDB_env *env, mdb_filehandle_t fd, unsigned int flags) {
  if (!env || !env->opened)
    return EINVAL;
  const int rc = follow_fork(env);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  if (fd < 0)
    return EBADF;
  reader_take_place(env);
  return shim_rc(mdbx_env_copy2fd(env->engine, fd, (MDBX_copy_flags_t)copy_flags(flags)));
}

SHIM_API int mdb_env_copyfd(MDB_env *env, mdb_filehandle_t fd) { return mdb_env_copyfd2(env, fd, 0); }

static char *target_of(const MDB_env *env, const char *path) {
  static const char name[] = "/data.mdb";
  char *target = malloc(strlen(path) + sizeof(name));
  if (target)
    sprintf(target, "%s%s", path, env->flags & MDB_NOSUBDIR ? "" : name);
  return target;
}

/* An existing file may be somebody's database, and is not overwritten. */
static int copy_to(MDB_env *env, const char *target, unsigned flags) {
  const int fd = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return errno;
  int rc = mdb_env_copyfd2(env, fd, flags);
  if (close(fd) != 0 && rc == 0)
    rc = errno;
  if (rc != 0)
    unlink(target);
  return rc;
}

SHIM_API int mdb_env_copy2(MDB_env *env, const char *path, unsigned int flags) {
  if (!env || !env->opened || !path)
    return EINVAL;
  char *target = target_of(env, path);
  if (!target)
    return ENOMEM;
  const int rc = copy_to(env, target, flags);
  free(target);
  return rc;
}

SHIM_API int mdb_env_copy(MDB_env *env, const char *path) { return mdb_env_copy2(env, path, 0); }
