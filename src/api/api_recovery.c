/* SPDX-License-Identifier: Apache-2.0 */
/* Environments in unusual states: cold, inherited by a fork, or to be recovered by hand. */
#include "api/api.h"

#include "env/env_recovery.h"
#include "service/warmup.h"
#include "txn/txn_env.h"

#define WARMUP_FLAGS_KNOWN \
  ((unsigned)(MDBX_warmup_force | MDBX_warmup_oomsafe | MDBX_warmup_lock | MDBX_warmup_touchlimit | \
              MDBX_warmup_release))

/* Pages of the transaction's snapshot, or of the newest commit. */
static int pages_in_use(const MDBX_env *env, const MDBX_txn *txn, pgno_t *pages) {
  struct meta meta;
  txnid_t txnid;
  unsigned slot;
  if (txn) {
    *pages = txn->view->limit;
    return MDBX_SUCCESS;
  }
  const int rc = env_read_head(env, &meta, &txnid, &slot);
  *pages = meta.next;
  return rc;
}

int mdbx_env_warmup(const MDBX_env *env, const MDBX_txn *txn, MDBX_warmup_flags_t flags,
                    unsigned timeout_seconds_16dot16) {
  pgno_t pages;
  int rc = txn ? txn_check(txn) : env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((txn && env && txn->env != env) || ((unsigned)flags & ~WARMUP_FLAGS_KNOWN))
    return MDBX_EINVAL;
  if (txn)
    env = txn->env;
  rc = pages_in_use(env, txn, &pages);
  return rc == MDBX_SUCCESS ? warmup_pages(env, pages, (unsigned)flags, timeout_seconds_16dot16) : rc;
}

int mdbx_env_resurrect_after_fork(MDBX_env *env) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS || env->generation == os_fork_generation())
    return rc;
  return txn_env_resurrect(env);
}

int mdbx_env_open_for_recovery(MDBX_env *env, const char *pathname, unsigned target_meta, bool writeable) {
  const int rc = env_check(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!pathname || !*pathname || target_meta >= META_COUNT)
    return MDBX_EINVAL;
  return env_open_for_recovery(env, pathname, target_meta, writeable);
}

int mdbx_env_turn_for_recovery(MDBX_env *env, unsigned target_meta) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (target_meta >= META_COUNT)
    return MDBX_EINVAL;
  if ((env->flags & (MDBX_EXCLUSIVE | MDBX_RDONLY)) != MDBX_EXCLUSIVE)
    return MDBX_EPERM;
  return env_turn_for_recovery(env, target_meta);
}
