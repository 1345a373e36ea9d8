/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sizes. LMDB's map size is a limit of each process. The engine has one upper size, which is stored in the database. A
 * process that changes something raises it to its own limit; each process obeys its own limit.
 *
 * With MDBX_LMDB_GROW=1 in the environment this process has only the engine's limit, which it raises as the database
 * grows.
 */
#include "shim.h"

#include <errno.h>

#define MIB ((uint64_t)1 << 20)
#define GIB ((uint64_t)1 << 30)
#define LIMIT_DEFAULT MIB
/* The growth step: an eighth of the used size. LMDB grows the file page by page; larger steps save calls. */
#define GROWTH_MOST (16 * MIB)
#define GROWTH_LEAST (64 * 1024)

static uint64_t growth_step(uint64_t used) {
  uint64_t step = GROWTH_LEAST;
  while (step < used / 8 && step < GROWTH_MOST)
    step *= 2;
  return step;
}

static uint64_t page_size_of(const MDB_env *env) {
  return env->page_size ? (uint64_t)env->page_size : mdbx_default_pagesize();
}

static uint64_t clip_to_engine(const MDB_env *env, uint64_t bytes) {
  const uint64_t least = (uint64_t)mdbx_limits_dbsize_min((intptr_t)page_size_of(env));
  const uint64_t most = (uint64_t)mdbx_limits_dbsize_max((intptr_t)page_size_of(env));
  if (bytes < least)
    return least;
  return bytes < most ? bytes : most;
}

/* The engine keeps one meta page more, some pages in reserve so that a delete commits on a full map, and a checksum in
 * each page, for which a last record may need a page of its own. These pages are added to the limit, so that
 * MDB_MAP_FULL does not come earlier than with LMDB. */
#define EXTRA_PAGES 6

static uint64_t with_extra(const MDB_env *env, uint64_t page_size) { return env->limit + EXTRA_PAGES * page_size; }

static uint64_t without_extra(uint64_t upper, uint64_t page_size) {
  const uint64_t extra = EXTRA_PAGES * page_size;
  return upper > extra ? upper - extra : upper;
}

int map_prepare_new(MDB_env *env) {
  const uint64_t limit =
      clip_to_engine(env, (env->limit ? env->limit : LIMIT_DEFAULT) + EXTRA_PAGES * page_size_of(env));
  return mdbx_env_set_geometry(env->engine, 0, 0, (intptr_t)limit, (intptr_t)growth_step(0), 0,
                               env->page_size ? (intptr_t)env->page_size : -1);
}

static int read_info(MDB_env *env, MDBX_envinfo *info) {
  return mdbx_env_info_ex(env->engine, NULL, info, sizeof(*info));
}

/* A limit below the used size is raised to the used size, and no further; otherwise each open would raise it again. */
static int limit_engine(MDB_env *env, uint64_t used, uint64_t page_size) {
  if (env->grow)
    return MDBX_SUCCESS;
  const bool crowded = env->limit < used;
  if (crowded && with_extra(env, page_size) < used)
    env->limit = used;
  return mdbx_env_set_maplimit(env->engine, crowded ? used : with_extra(env, page_size));
}

int map_settle(MDB_env *env) {
  MDBX_envinfo info;
  int rc = read_info(env, &info);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t used = (info.mi_last_pgno + 1) * info.mi_dxb_pagesize;
  env->step = info.mi_geo.grow;
  if (!env->limit)
    env->limit = without_extra(info.mi_geo.upper, info.mi_dxb_pagesize);
  return limit_engine(env, used, info.mi_dxb_pagesize);
}

/* Large enough to grow for a long time, but not so large that the mapping fails. */
static uint64_t generous(uint64_t used) {
  uint64_t size = GIB;
  while (size < 2 * used)
    size *= 2;
  return size;
}

int map_make_room(MDB_txn *txn) {
  MDB_env *env = txn->env;
  MDBX_txn_info info;
  if (txn->roomy)
    return MDBX_SUCCESS;
  int rc = mdbx_txn_info(txn->engine, &info, false);
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t used = info.txn_space_used;
  const uint64_t least = with_extra(env, page_size_of(env));
  const uint64_t wanted = env->grow && least < generous(used) ? generous(used) : least;
  const uint64_t upper = clip_to_engine(env, wanted), step = growth_step(used);
  const bool widens = upper > info.txn_space_limit_hard, quickens = step > env->step;
  if (widens || quickens)
    rc = mdbx_env_set_geometry(env->engine, -1, -1, widens ? (intptr_t)upper : -1, quickens ? (intptr_t)step : -1, -1,
                               -1);
  if (rc == MDBX_SUCCESS && quickens)
    env->step = step;
  txn->roomy = rc == MDBX_SUCCESS;
  return rc;
}

/* A running write transaction of this process. */
static bool is_writing(MDB_env *env) {
  bool found = false;
  pthread_mutex_lock(&env->mutex);
  for (MDB_txn *txn = env->txns; txn && !found; txn = txn->next)
    found = !txn->readonly;
  pthread_mutex_unlock(&env->mutex);
  return found;
}

SHIM_API int mdb_env_set_mapsize(MDB_env *env, size_t size) {
  if (!env->opened) {
    env->limit = size;
    return 0;
  }
  if (is_writing(env))
    return EINVAL;
  env->limit = size;
  const int rc = follow_fork(env);
  return shim_rc(rc == MDBX_SUCCESS ? map_settle(env) : rc);
}
