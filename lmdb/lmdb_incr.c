/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incremental copies, as of LMDB 1.0: the pages that are newer than a commit are written as a stream, which can be
 * applied to a copy of that commit. The stream is the engine's (doc/format.md).
 */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

SHIM_API int mdb_env_incr_dumpfd(MDB_env *env, mdb_filehandle_t fd, size_t txnid) {
  if (!env || !env->opened)
    return EINVAL;
  return shim_rc(mdbx_env_copy2fd_since(env->engine, txnid + TXNID_EMPTY, fd, MDBX_CP_DEFAULTS));
}

SHIM_API int mdb_env_incr_dump(MDB_env *env, const char *path, size_t txnid) {
  if (!env || !env->opened || !path)
    return EINVAL;
  return shim_rc(mdbx_env_copy_since(env->engine, txnid + TXNID_EMPTY, path, MDBX_CP_DEFAULTS));
}

/* ------------------------------------------------------------------------------------------------------- loading */

static int write_out(int to, const char *bytes, ssize_t length) {
  while (length > 0) {
    const ssize_t written = write(to, bytes, (size_t)length);
    if (written < 0 && errno != EINTR)
      return errno;
    bytes += written > 0 ? written : 0;
    length -= written > 0 ? written : 0;
  }
  return 0;
}

/* Stores the stream in a file, because it is read twice. */
static int spool(int from, const char *path) {
  char bytes[65536];
  int rc = 0;
  unlink(path); /* of a process that died */
  const int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (to < 0)
    return errno;
  while (rc == 0) {
    const ssize_t got = read(from, bytes, sizeof(bytes));
    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0) {
      rc = got < 0 ? errno : 0;
      break;
    }
    rc = write_out(to, bytes, got);
  }
  if (close(to) != 0 && rc == 0)
    rc = errno;
  return rc;
}

static int apply(MDB_env *env, const char *data, const char *increment) {
  engine_leave(env);
  const int rc = mdbx_copy_apply(data, increment, MDBX_CP_DEFAULTS);
  const int back = engine_return(env);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  return back;
}

static bool is_in_use(MDB_env *env) {
  pthread_mutex_lock(&env->mutex);
  const bool found = env->txns != NULL;
  pthread_mutex_unlock(&env->mutex);
  return found;
}

/* Names of the data file and of the file for the stream, in one block of memory. */
static char *name_both(const MDB_env *env, const char **draft) {
  const char *file = env->flags & MDB_NOSUBDIR ? "" : "/data.mdb";
  const size_t length = strlen(env->path) + strlen(file) + 1;
  char *names = malloc(2 * length + sizeof("-increment"));
  if (!names)
    return NULL;
  sprintf(names, "%s%s", env->path, file);
  sprintf(names + length, "%s%s-increment", env->path, file);
  *draft = names + length;
  return names;
}

SHIM_API int mdb_env_incr_loadfd(MDB_env *env, mdb_filehandle_t fd) {
  const char *draft;
  if (!env || !env->opened)
    return EINVAL;
  if (env->flags & MDB_RDONLY)
    return EACCES;
  if (is_in_use(env))
    return EBUSY;
  char *names = name_both(env, &draft);
  if (!names)
    return ENOMEM;
  int rc = spool(fd, draft);
  if (rc == 0)
    rc = shim_rc(apply(env, names, draft));
  unlink(draft);
  free(names);
  return rc;
}
