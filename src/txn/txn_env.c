/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions when an environment is opened, closed or inherited, and changes of its geometry. */
#include "txn/txn_env.h"

#include "base/assert.h"
#include "env/env_open.h"
#include "env/flusher.h"
#include "tree/recent.h"
#include "txn/table.h"
#include "txn/txn_write.h"

#include <stdlib.h>

/* -------------------------------------------------------------------------------------------------------- geometry */

/* Computes the new geometry from a request and the geometry that a write transaction sees. */
static int change_geometry(MDBX_txn *txn, const struct geometry_request *request) {
  ASSERT(txn->root == txn && !txn_is_readonly(txn));
  const struct geometry_system system = env_system();
  MDBX_env *env = txn->env;
  struct space *space = &txn->space;
  struct geometry changed;
  int rc = geometry_change(&space->geometry, request, &system, txn->view->limit, &changed);
  if (rc == MDBX_SUCCESS && !env->maps_present)
    rc = env_cover(env, changed.upper);
  if (rc != MDBX_SUCCESS)
    return rc;
  env_rebase(env, txn->view);
  if (geometry_is_equal(&space->geometry, &changed))
    return MDBX_SUCCESS;
  rc = space_resize(space, &changed);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->geometry_changed = true;
  txn->keep_size = true;
  return MDBX_SUCCESS;
}

int txn_set_geometry(MDBX_env *env, const struct geometry_request *request) {
  const bool own = env_is_writing(env);
  MDBX_txn *txn = own ? env->writer_txn : NULL;
  int rc = own ? txn_check_write(txn->innermost) : txn_begin_write(env, MDBX_TXN_READWRITE, NULL, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = change_geometry(txn, request);
  if (own)
    return rc;
  if (rc == MDBX_SUCCESS)
    return txn_commit_write(txn, NULL);
  txn_abort_write(txn);
  return rc;
}

/* A requested size below the present one is raised to it, as for a new database. */
static int grant_wish(MDBX_txn *txn, struct geometry_request request) {
  const struct geometry_system system = env_system();
  const struct geometry *present = &txn->space.geometry;
  struct geometry changed;
  const intptr_t used = (intptr_t)geometry_bytes(present, txn->view->limit);
  request.pagesize = -1;
  if (request.upper >= 0)
    request.upper = MAX_OF(request.upper, used);
  const int rc = geometry_change(present, &request, &system, txn->view->limit, &changed);
  if (rc == MDBX_SUCCESS && !geometry_is_equal(present, &changed)) {
    space_set_geometry(&txn->space, &changed);
    txn->geometry_changed = true;
    txn->keep_size = request.now >= 0;
  }
  return rc;
}

/* Size limits asked for before the open hold for an existing database if this process opened it first. Without a lock
 * file it cannot know whether it is the first, and others may be writing. */
static int apply_requested_geometry(MDBX_env *env) {
  MDBX_txn *txn;
  if (!env->geometry_set || env_is_readonly(env) || !env->lck.first || env->recovery || env->lockless)
    return MDBX_SUCCESS;
  int rc = txn_begin_write(env, MDBX_TXN_READWRITE, NULL, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = grant_wish(txn, env->geometry_request);
  if (rc == MDBX_SUCCESS)
    return txn_commit_write(txn, NULL);
  txn_abort_write(txn);
  return rc;
}

/* -------------------------------------------------------------------------------------------------------- lifetime */

static void free_writer(MDBX_env *env) {
  if (!env->writer_txn)
    return;
  tables_release(env->writer_txn);
  recent_release(env->writer_txn->space.paths);
  space_destroy(&env->writer_txn->space);
  gc_free_memory(&env->writer_txn->collector);
  readers_pins_destroy(&env->writer_txn->pins);
  free(env->writer_txn);
  env->writer_txn = NULL;
}

int txn_env_open(MDBX_env *env, const char *path, unsigned flags, mode_t mode) {
  int rc = env_open(env, path, flags, mode);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = apply_requested_geometry(env);
  if (rc == MDBX_SUCCESS)
    rc = flusher_obey_option(env);
  if (rc != MDBX_SUCCESS) {
    free_writer(env);
    env_release(env);
  }
  return rc;
}

/* The pages and lists of a writer that ran in the parent may be in any state; the child does not free them. */
static void forget_writer(MDBX_env *env) {
  ASSERT(env->opened);
  if (!atomic_load(&env->writer_thread) && !lck_writer_is_mine(&env->lck)) {
    free_writer(env);
    pool_destroy(&env->pool);
    return;
  }
  if (env->writer_txn)
    env->writer_txn->signature = DEAD_SIGNATURE;
  env->writer_txn = NULL;
  pool_init(&env->pool, env->pool.page_size, env->pool.limit);
}

int txn_env_close(MDBX_env *env, bool dont_sync) {
  const bool inherited = env->generation != os_fork_generation();
  const uint64_t writer = env->opened && !inherited ? atomic_load(&env->writer_thread) : 0;
  if ((writer && writer != os_thread_serial()) || (env->opened && !inherited && atomic_load(&env->waiting)))
    return MDBX_BUSY;
  if (writer)
    txn_abort_write(env->writer_txn);
  if (env->opened && inherited)
    forget_writer(env);
  else
    free_writer(env);
  return env_close(env, dont_sync);
}

int txn_env_resurrect(MDBX_env *env) {
  int rc = env_check_resurrection(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env->opened) {
    tables_disown(env);
    forget_writer(env);
    for (MDBX_dbi dbi = 0; dbi < env->handles_used; ++dbi)
      env->handles[dbi].claimed = false;
  }
  rc = env_resurrect(env);
  if (rc != MDBX_SUCCESS || !env->opened)
    return rc;
  rc = flusher_obey_option(env);
  if (rc != MDBX_SUCCESS)
    env_release(env);
  return rc;
}
