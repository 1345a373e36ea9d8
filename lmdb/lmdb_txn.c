/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions. */
#include "shim.h"

#include <errno.h>

/* -------------------------------------------------------------------------------------------------------------- list */

static void link_txn(MDB_txn *txn) {
  MDB_env *env = txn->env;
  pthread_mutex_lock(&env->mutex);
  txn->link = &env->txns;
  txn->next = env->txns;
  if (txn->next)
    txn->next->link = &txn->next;
  env->txns = txn;
  pthread_mutex_unlock(&env->mutex);
}

static void unlink_txn(MDB_txn *txn) {
  MDB_env *env = txn->env;
  if (!env)
    return;
  pthread_mutex_lock(&env->mutex);
  *txn->link = txn->next;
  if (txn->next)
    txn->next->link = txn->link;
  pthread_mutex_unlock(&env->mutex);
}

static void free_txn(MDB_txn *txn) {
  unlink_txn(txn);
  if (txn->parent)
    txn->parent->child = NULL;
  free(txn->opened);
  free(txn);
}

/* ------------------------------------------------------------------------------------------------------------- begin */

/* The present flags of the environment determine the durability of the commit. */
static MDBX_txn_flags_t write_flags(const MDB_env *env) {
  unsigned flags = MDBX_TXN_READWRITE;
  const bool async = (env->flags & MDB_MAPASYNC) && (env->flags & MDB_WRITEMAP);
  if ((env->flags & MDB_NOSYNC) || async)
    flags |= MDBX_TXN_NOSYNC;
  if (env->flags & MDB_NOMETASYNC)
    flags |= MDBX_TXN_NOMETASYNC;
  return (MDBX_txn_flags_t)flags;
}

static int begin_write(MDB_txn *txn) {
  MDB_env *env = txn->env;
  MDBX_txn *outer = txn->parent ? txn->parent->engine : NULL;
  int rc = mdbx_txn_begin(env->engine, outer, write_flags(env), &txn->engine);
  if (rc == MDBX_PANIC && follow_fork(env) == MDBX_SUCCESS)
    rc = mdbx_txn_begin(env->engine, outer, write_flags(env), &txn->engine);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->id = mdbx_txn_id(txn->engine);
  txn->serial = ++env->serial;
  return MDBX_SUCCESS;
}

static int check_parent(const MDB_env *env, const MDB_txn *parent, bool readonly) {
  if (parent->readonly)
    return EINVAL;
  if (readonly || (env->flags & MDB_WRITEMAP) || parent->child || txn_usable(parent) != 0)
    return MDB_BAD_TXN;
  return mdbx_txn_flags(parent->engine) & MDBX_TXN_BLOCKED ? MDB_BAD_TXN : 0;
}

static int begin_nested(MDB_txn *txn) {
  int rc = cursors_save(txn);
  if (rc == 0)
    rc = begin_write(txn);
  if (rc != MDBX_SUCCESS) {
    cursors_restore(txn, true);
    return rc;
  }
  table_forget_flags(txn->parent);
  txn->parent->child = txn;
  return MDBX_SUCCESS;
}

static MDB_txn *make_txn(MDB_env *env, MDB_txn *parent, bool readonly) {
  MDB_txn *txn = calloc(1, sizeof(*txn));
  if (!txn)
    return NULL;
  txn->env = env;
  txn->parent = parent;
  txn->readonly = readonly;
  tables_know(txn);
  link_txn(txn);
  return txn;
}

SHIM_API int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **result) {
  const bool readonly = flags & MDB_RDONLY;
  if (!env->opened)
    return EINVAL;
  if ((env->flags & MDB_RDONLY) && !readonly)
    return EACCES;
  int rc = parent ? check_parent(env, parent, readonly) : 0;
  if (rc != 0)
    return rc;
  MDB_txn *txn = make_txn(env, parent, readonly);
  if (!txn)
    return ENOMEM;
  if (parent)
    rc = begin_nested(txn);
  else
    rc = readonly ? reader_start(txn) : begin_write(txn);
  if (rc == MDBX_SUCCESS) {
    *result = txn;
  } else {
    txn->parent = NULL;
    free_txn(txn);
  }
  return rc == MDBX_BUSY ? EDEADLK : shim_rc(rc);
}

/* --------------------------------------------------------------------------------------------------------------- end */

/* The engine's transaction has ended, or that of a reader shall end. */
static void end_txn(MDB_txn *txn, bool committed) {
  if (txn->parent)
    cursors_restore(txn, committed);
  cursors_ended(txn);
  tables_ended(txn, committed);
  if (txn->readonly && txn->env)
    reader_stop(txn, false);
  free_txn(txn);
}

static int commit_write(MDB_txn *txn) {
  int child = 0;
  if (txn->child)
    child = mdb_txn_commit(txn->child);
  if (child != 0) {
    mdb_txn_abort(txn);
    return child;
  }
  cursors_ended(txn);
  const int rc = mdbx_txn_commit(txn->engine);
  end_txn(txn, rc == MDBX_SUCCESS);
  return rc == MDBX_RESULT_TRUE ? MDB_BAD_TXN : shim_rc(rc);
}

SHIM_API int mdb_txn_commit(MDB_txn *txn) {
  if (!txn)
    return EINVAL;
  if (!txn->readonly && txn->engine)
    return commit_write(txn);
  end_txn(txn, true);
  return 0;
}

SHIM_API void mdb_txn_abort(MDB_txn *txn) {
  if (!txn)
    return;
  if (txn->child)
    mdb_txn_abort(txn->child);
  if (!txn->readonly && txn->engine) {
    cursors_ended(txn);
    mdbx_txn_abort(txn->engine);
  }
  end_txn(txn, false);
}

SHIM_API void mdb_txn_reset(MDB_txn *txn) {
  if (!txn || !txn->readonly || txn->reset || !txn->env)
    return;
  cursors_leave(txn);
  reader_stop(txn, true);
  txn->reset = true;
}

SHIM_API int mdb_txn_renew(MDB_txn *txn) {
  if (!txn || !txn->readonly || !txn->reset || !txn->env)
    return EINVAL;
  const int rc = reader_start(txn);
  tables_know(txn);
  if (rc == MDBX_SUCCESS)
    txn->reset = false;
  return shim_rc(rc);
}

/* Afterwards the program may still end these handles, but they must not access the environment. A nested transaction is
 * in the list before its parent. */
void txns_orphan(MDB_env *env) {
  while (env->txns) {
    MDB_txn *txn = env->txns;
    cursors_ended(txn);
    if (txn->readonly)
      reader_stop(txn, false);
    else if (txn->engine)
      mdbx_txn_abort(txn->engine);
    unlink_txn(txn);
    txn->engine = NULL;
    txn->env = NULL;
    if (txn->parent)
      txn->parent->child = NULL;
    txn->parent = NULL;
  }
}

/* --------------------------------------------------------------------------------------------------------- questions */

int txn_writable(MDB_txn *txn) {
  if (!txn)
    return EINVAL;
  if (txn->readonly)
    return EACCES;
  const int rc = txn_usable(txn);
  return rc == 0 ? map_make_room(txn) : rc;
}

SHIM_API MDB_env *mdb_txn_env(MDB_txn *txn) { return txn ? txn->env : NULL; }

SHIM_API size_t mdb_txn_id(MDB_txn *txn) { return txn ? txnid_shown(txn->id) : 0; }
