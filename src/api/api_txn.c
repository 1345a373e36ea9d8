/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions. */
#include "api/api.h"

#include "base/log.h"
#include "env/env_writer.h"
#include "txn/txn_cursor.h"
#include "txn/txn_info.h"
#include "txn/txn_nested.h"
#include "txn/txn_read.h"
#include "txn/txn_write.h"

#define BEGIN_FLAGS_KNOWN \
  ((unsigned)(MDBX_TXN_RDONLY | MDBX_TXN_RDONLY_PREPARE | MDBX_TXN_APART | MDBX_TXN_TRY | MDBX_TXN_NOMETASYNC | \
              MDBX_TXN_NOSYNC))

/* If transactions are tied to threads, a thread cannot have a read and a write transaction at the same time. */
static bool overlaps(const MDBX_env *env, bool reading) {
  if ((env->flags & MDBX_NOSTICKYTHREADS) || (log_debug_flags() & MDBX_DBG_LEGACY_OVERLAP))
    return false;
  if (reading)
    return env_is_writing(env);
  const struct reader_slot *slot = readers_thread_slot(&env->threads);
  return slot && atomic_load(&slot->txnid);
}

static int check_begin(const MDBX_env *env, const MDBX_txn *parent, unsigned flags, MDBX_txn *const *txn) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!txn || (flags & ~BEGIN_FLAGS_KNOWN))
    return MDBX_EINVAL;
  if ((flags & MDBX_TXN_RDONLY) && (flags & (MDBX_TXN_TRY | MDBX_TXN_NOMETASYNC | MDBX_TXN_NOSYNC)))
    return MDBX_EINVAL;
  if (!(flags & MDBX_TXN_RDONLY) && (flags & (MDBX_TXN_RDONLY_PREPARE | MDBX_TXN_APART)))
    return MDBX_EINVAL;
  if ((flags & MDBX_TXN_APART) && (parent || (flags & ~(unsigned)MDBX_TXN_APART) != MDBX_TXN_RDONLY))
    return MDBX_EINVAL;
  if (!parent)
    return MDBX_SUCCESS;
  const int checked = txn_check(parent);
  if (checked != MDBX_SUCCESS)
    return checked;
  if (txn_is_readonly(parent))
    return MDBX_BAD_TXN;
  if (parent->env != env || (flags & MDBX_TXN_RDONLY_PREPARE) == MDBX_TXN_RDONLY_PREPARE)
    return MDBX_EINVAL;
  return env->flags & MDBX_WRITEMAP ? MDBX_INCOMPATIBLE : MDBX_SUCCESS;
}

static int begin_apart(MDBX_env *env, void *ctx, MDBX_txn **txn) {
  const int rc = txn_begin_read_apart(env, txn);
  if (rc == MDBX_SUCCESS)
    (*txn)->user_context = ctx;
  return rc;
}

int mdbx_txn_begin_ex(MDBX_env *env, MDBX_txn *parent, MDBX_txn_flags_t flags, MDBX_txn **txn, void *ctx) {
  if (txn)
    *txn = NULL;
  const int rc = check_begin(env, parent, flags, txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  const bool reading = flags & MDBX_TXN_RDONLY;
  if (parent)
    return txn_begin_nested(parent, flags, ctx, txn);
  if (!reading && env_is_readonly(env))
    return MDBX_EACCESS;
  if (flags & MDBX_TXN_APART)
    return begin_apart(env, ctx, txn);
  if (overlaps(env, reading))
    return MDBX_TXN_OVERLAPPING;
  return reading ? txn_begin_read(env, flags, ctx, txn) : txn_begin_write(env, flags, ctx, txn);
}

/* Whether a write transaction belongs to this process, not to its parent. */
static int check_generation(const MDBX_txn *txn) {
  if (txn->generation == os_fork_generation())
    return MDBX_SUCCESS;
  return txn->env->generation == os_fork_generation() ? MDBX_BAD_TXN : MDBX_PANIC;
}

int mdbx_txn_commit_ex(MDBX_txn *txn, MDBX_commit_latency *latency) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!txn_is_reader(txn)) {
    const int own = check_generation(txn);
    if (own != MDBX_SUCCESS)
      return own;
    if (!txn->parent)
      return txn_commit_write(txn, latency);
    if (latency)
      memset(latency, 0, sizeof(*latency));
    return txn_commit_nested(txn);
  }
  const bool broken = txn->flags & (MDBX_TXN_FINISHED | MDBX_TXN_ERROR);
  if (latency)
    memset(latency, 0, sizeof(*latency));
  txn_end_read(txn);
  return broken ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

int mdbx_txn_commit_ticket(MDBX_txn *txn, MDBX_commit_ticket *ticket, MDBX_commit_latency *latency) {
  struct ticket taken;
  int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!ticket)
    return MDBX_EINVAL;
  if (txn_is_reader(txn))
    return MDBX_EACCESS;
  if (txn->parent)
    return MDBX_BAD_TXN;
  rc = check_generation(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = txn_commit_ticket(txn, &taken, latency);
  *ticket = (MDBX_commit_ticket){taken.txnid, taken.failures};
  return rc;
}

int mdbx_txn_abort_ex(MDBX_txn *txn, MDBX_commit_latency *latency) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (latency)
    memset(latency, 0, sizeof(*latency));
  if (txn_is_reader(txn))
    txn_end_read(txn);
  else if (txn->generation != os_fork_generation())
    return MDBX_SUCCESS; /* the parent's writer: the child owns no part of it */
  else if (txn->parent)
    return txn_abort_nested(txn);
  else
    txn_abort_by_user(txn); /* the pending commit that it saw may have failed: the next transaction returns the error */
  return MDBX_SUCCESS;
}

int mdbx_txn_break(MDBX_txn *txn) {
  const int rc = txn_check_handle(txn);
  if (rc == MDBX_SUCCESS && !(txn->flags & MDBX_TXN_FINISHED))
    txn->flags |= MDBX_TXN_ERROR;
  return rc;
}

/* A handle of a read transaction, active or not. */
static int check_reader(const MDBX_txn *txn) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  return txn_is_reader(txn) ? MDBX_SUCCESS : MDBX_EINVAL;
}

int mdbx_txn_reset(MDBX_txn *txn) {
  const int rc = check_reader(txn);
  return rc == MDBX_SUCCESS ? txn_reset_read(txn) : rc;
}

int mdbx_txn_renew(MDBX_txn *txn) {
  if (!txn)
    return MDBX_EINVAL;
  if (txn->signature != TXN_SIGNATURE)
    return MDBX_EBADSIGN;
  /* A handle that was reset belongs to no thread until it is renewed. */
  if (!(txn->flags & MDBX_TXN_FINISHED) || !txn_is_reader(txn)) {
    const int rc = check_reader(txn);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  if (!txn->apart && overlaps(txn->env, true))
    return MDBX_TXN_OVERLAPPING;
  const int rc = env_check_open(txn->env);
  return rc == MDBX_SUCCESS ? txn_renew_read(txn) : rc;
}

int mdbx_txn_refresh(MDBX_txn *txn) {
  int rc = check_reader(txn);
  if (rc == MDBX_SUCCESS)
    rc = txn_check(txn);
  return rc == MDBX_SUCCESS ? txn_refresh_read(txn) : rc;
}

/* ----------------------------------------------------------------------------------------------------- information */

MDBX_env *mdbx_txn_env(const MDBX_txn *txn) { return txn && txn->signature == TXN_SIGNATURE ? txn->env : NULL; }

MDBX_txn_flags_t mdbx_txn_flags(const MDBX_txn *txn) {
  if (!txn || txn->signature != TXN_SIGNATURE)
    return MDBX_TXN_INVALID;
  return (MDBX_txn_flags_t)txn_shown_flags(txn);
}

uint64_t mdbx_txn_id(const MDBX_txn *txn) {
  if (!txn || txn->signature != TXN_SIGNATURE || (txn->flags & MDBX_TXN_FINISHED))
    return 0;
  return txn->view->txnid;
}

int mdbx_txn_set_userctx(MDBX_txn *txn, void *ctx) {
  const int rc = txn_check_handle(txn);
  if (rc == MDBX_SUCCESS)
    txn->user_context = ctx;
  return rc;
}

void *mdbx_txn_get_userctx(const MDBX_txn *txn) {
  return txn && txn->signature == TXN_SIGNATURE ? txn->user_context : NULL;
}

int mdbx_txn_info(const MDBX_txn *txn, MDBX_txn_info *info, bool scan_rlt) {
  const int rc = txn_check_for_info(txn, MDBX_TXN_ERROR | MDBX_TXN_PARKED);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!info)
    return MDBX_EINVAL;
  txn_tell(txn, info, scan_rlt);
  return MDBX_SUCCESS;
}

int mdbx_txn_straggler(const MDBX_txn *txn, int *percent) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc > 0 ? -rc : rc;
  if (percent)
    *percent = txn_fill_percent(txn);
  return (int)MIN_OF(txn_lag(txn), INT32_MAX);
}

/* ------------------------------------------------------------------------------------------------------ writer lock */

int mdbx_txn_lock(MDBX_env *env, bool dont_wait) {
  int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (env_is_readonly(env))
    return MDBX_EACCESS;
  if (env_has_locked(env) || env_is_writing(env))
    return MDBX_BUSY;
  rc = env_lock_writer_beside_pending(env, dont_wait);
  if (rc != MDBX_SUCCESS)
    return rc;
  env->writer_locked_by_user = true;
  env->writer_lock_thread = os_thread_serial();
  return MDBX_SUCCESS;
}

int mdbx_txn_unlock(MDBX_env *env) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!env_has_locked(env))
    return MDBX_THREAD_MISMATCH;
  if (atomic_load(&env->writer_thread))
    return MDBX_BUSY;
  env->writer_locked_by_user = false;
  env->writer_lock_thread = 0;
  env_unlock_writer(env);
  return MDBX_SUCCESS;
}

/* ---------------------------------------------------------------------------------------------------------- cursors */

int mdbx_txn_enumerate_cursors(const MDBX_txn *txn, MDBX_cursor_enum_func func, void *ctx) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!func)
    return MDBX_EINVAL;
  for (MDBX_cursor *cursor = txn->root->cursors, *next; cursor; cursor = next) {
    next = cursor->next;
    const int said = func(ctx, cursor);
    if (said != 0)
      return said;
  }
  return MDBX_SUCCESS;
}

int mdbx_txn_release_all_cursors_ex(const MDBX_txn *txn, bool unbind, size_t *count) {
  const int rc = txn_check_handle(txn);
  if (count)
    *count = 0;
  if (rc != MDBX_SUCCESS)
    return rc;
  while (txn->root->cursors) {
    MDBX_cursor *cursor = txn->root->cursors;
    txn_forget_cursor(cursor);
    txn_cursor_unbind(cursor);
    if (!unbind)
      mdbx_cursor_close2(cursor);
    if (count)
      *count += 1;
  }
  return MDBX_SUCCESS;
}
