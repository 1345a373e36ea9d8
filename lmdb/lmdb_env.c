/* SPDX-License-Identifier: Apache-2.0 */
/* Environments: settings and questions. Opening and closing are in lmdb_open.c, sizes in lmdb_map.c. */
#include "shim.h"

#include <errno.h>

/* ---------------------------------------------------------------------------------------------------------- settings */

SHIM_API int mdb_env_set_flags(MDB_env *env, unsigned int flags, int onoff) {
  if (flags & ~(unsigned)ENV_CHANGEABLE)
    return EINVAL;
  if (onoff)
    env->flags |= flags;
  else
    env->flags &= ~flags;
  return 0;
}

SHIM_API int mdb_env_get_flags(MDB_env *env, unsigned int *flags) {
  if (!env || !flags)
    return EINVAL;
  *flags = env->flags;
  return 0;
}

SHIM_API int mdb_env_get_path(MDB_env *env, const char **path) {
  if (!env || !path)
    return EINVAL;
  *path = env->path;
  return 0;
}

SHIM_API int mdb_env_get_fd(MDB_env *env, mdb_filehandle_t *fd) {
  if (!env || !fd)
    return EINVAL;
  *fd = -1;
  return env->opened ? shim_rc(mdbx_env_get_fd(env->engine, fd)) : 0;
}

SHIM_API int mdb_env_set_maxreaders(MDB_env *env, unsigned int readers) {
  if (env->opened || readers < 1)
    return EINVAL;
  env->max_readers = readers;
  return 0;
}

SHIM_API int mdb_env_get_maxreaders(MDB_env *env, unsigned int *readers) {
  if (!env || !readers)
    return EINVAL;
  *readers = env->max_readers;
  return 0;
}

SHIM_API int mdb_env_set_maxdbs(MDB_env *env, MDB_dbi dbs) {
  if (env->opened)
    return EINVAL;
  env->max_dbs = dbs;
  return 0;
}

SHIM_API int mdb_env_set_pagesize(MDB_env *env, int size) {
  if (!env || env->opened || size < MDBX_MIN_PAGESIZE || size > MDBX_MAX_PAGESIZE || (size & (size - 1)))
    return EINVAL;
  env->page_size = size;
  return 0;
}

/* A small page limits keys more than LMDB does. */
SHIM_API int mdb_env_get_maxkeysize(MDB_env *env) {
  const int most = env && env->opened ? mdbx_env_get_maxkeysize_ex(env->engine, MDBX_DUPSORT) : KEY_BYTES_MAX;
  return most > 0 && most < KEY_BYTES_MAX ? most : KEY_BYTES_MAX;
}

SHIM_API int mdb_env_set_userctx(MDB_env *env, void *ctx) {
  if (!env)
    return EINVAL;
  env->user_context = ctx;
  return 0;
}

SHIM_API void *mdb_env_get_userctx(MDB_env *env) { return env ? env->user_context : NULL; }

SHIM_API int mdb_env_set_assert(MDB_env *env, MDB_assert_func *func) {
  if (!env)
    return EINVAL;
  env->assert_func = func;
  return 0;
}

/* --------------------------------------------------------------------------------------------------------- questions */

/* The main table of the newest commit. */
SHIM_API int mdb_env_stat(MDB_env *env, MDB_stat *stat) {
  MDBX_txn *reader;
  MDBX_stat engine;
  if (!env || !env->opened || !stat)
    return EINVAL;
  int rc = follow_fork(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env->engine, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &reader);
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  rc = mdbx_dbi_stat(reader, DBI_MAIN, &engine, sizeof(engine));
  mdbx_txn_abort(reader);
  *stat = (MDB_stat){.ms_psize = engine.ms_psize,
                     .ms_depth = engine.ms_depth,
                     .ms_branch_pages = engine.ms_branch_pages,
                     .ms_leaf_pages = engine.ms_leaf_pages,
                     .ms_overflow_pages = engine.ms_overflow_pages,
                     .ms_entries = engine.ms_entries};
  return shim_rc(rc);
}

SHIM_API int mdb_env_info(MDB_env *env, MDB_envinfo *info) {
  MDBX_envinfo engine;
  if (!env || !info || !env->opened)
    return EINVAL;
  int rc = follow_fork(env);
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_info_ex(env->engine, NULL, &engine, sizeof(engine));
  if (rc != MDBX_SUCCESS)
    return shim_rc(rc);
  *info = (MDB_envinfo){.me_mapsize = env->limit,
                        .me_last_pgno = engine.mi_last_pgno,
                        .me_last_txnid = txnid_shown(engine.mi_recent_txnid),
                        .me_maxreaders = env->max_readers,
                        .me_numreaders = engine.mi_numreaders};
  return 0;
}

SHIM_API int mdb_env_sync(MDB_env *env, int force) {
  if (!env || !env->opened)
    return EINVAL;
  if (env->flags & MDB_RDONLY)
    return EACCES;
  if (!force && (env->flags & MDB_NOSYNC))
    return 0;
  const int rc = follow_fork(env);
  return shim_rc(rc == MDBX_SUCCESS ? mdbx_env_sync_ex(env->engine, true, false) : rc);
}
