/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read transactions. Renewing one on a bound slot makes no system call and waits for nobody: pin the head, copy its
 * meta out of the mapping.
 */
#include "txn/txn.h"

#include "base/log.h"

#include <stdlib.h>

/* Where the pin goes: the thread's slot, or the transaction's own. */
static int find_slot(MDBX_txn *txn) {
  MDBX_env *env = txn->env;
  if (env->flags & MDBX_NOSTICKYTHREADS) {
    if (txn->slot)
      return MDBX_SUCCESS;
    txn->slot_is_own = true;
    return readers_bind(&env->lck, 0, &txn->slot);
  }
  txn->slot = readers_thread_slot(&env->threads);
  if (!txn->slot) {
    const int rc = readers_thread_bind(&env->threads, &txn->slot);
    if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
      return rc;
  }
  return atomic_load(&txn->slot->txnid) ? MDBX_BAD_RSLOT : MDBX_SUCCESS;
}

static int load_snapshot(MDBX_txn *txn, const struct meta *meta, txnid_t txnid) {
  MDBX_env *env = txn->env;
  int rc = env_snapshot(env, meta, txnid, &txn->snapshot);
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->main, &meta->main, meta->next, "main");
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->gc, &meta->gc, meta->next, "of free pages");
  if (rc != MDBX_SUCCESS)
    return rc;
  table_use_orders(&txn->main, &env->handles[DBI_MAIN]);
  env_geometry_of(env, meta, &txn->geometry);
  txn->canary = (MDBX_canary){meta->canary[0], meta->canary[1], meta->canary[2], meta->canary[3]};
  txn->retired = meta->retired;
  return MDBX_SUCCESS;
}

/* Pins the newest snapshot. A writer may overwrite its meta before it is copied; then a newer one is there to pin. */
static int pin_newest(MDBX_txn *txn) {
  for (;;) {
    const uint64_t head = readers_pin(&txn->env->lck, txn->slot);
    struct meta meta;
    int rc = env_read_meta(txn->env, head, &meta);
    if (rc == MDBX_SUCCESS)
      rc = load_snapshot(txn, &meta, lck_head_txnid(head));
    if (rc == MDBX_SUCCESS) {
      readers_note(txn->slot, meta.next, meta.retired);
      return MDBX_SUCCESS;
    }
    readers_unpin(txn->slot, lck_head_txnid(head));
    if (rc != MDBX_RESULT_TRUE)
      return rc;
  }
}

static int start(MDBX_txn *txn) {
  tree_release(&txn->main);
  tree_release(&txn->gc);
  int rc = find_slot(txn);
  if (rc == MDBX_SUCCESS)
    rc = pin_newest(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->view = &txn->snapshot;
  txn->stamp += 1;
  txn->owner = env_thread(txn->env);
  txn->flags &= ~(unsigned)(MDBX_TXN_FINISHED | MDBX_TXN_ERROR);
  return MDBX_SUCCESS;
}

int txn_begin_read(MDBX_env *env, unsigned flags, void *context, MDBX_txn **result) {
  MDBX_txn *txn = calloc(1, sizeof(*txn));
  if (!txn)
    return MDBX_ENOMEM;
  txn->env = env;
  txn->user_context = context;
  txn->flags = MDBX_TXN_RDONLY;
  txn->signature = TXN_SIGNATURE;
  int rc = MDBX_SUCCESS;
  if ((flags & MDBX_TXN_RDONLY_PREPARE) == MDBX_TXN_RDONLY_PREPARE) {
    txn->view = &txn->snapshot;
    txn->owner = env_thread(env);
    txn->flags |= MDBX_TXN_FINISHED;
    rc = find_slot(txn);
  } else {
    rc = start(txn);
  }
  if (rc != MDBX_SUCCESS) {
    if (txn->slot && txn->slot_is_own)
      readers_release(&env->lck, txn->slot);
    free(txn);
    return rc;
  }
  *result = txn;
  return MDBX_SUCCESS;
}

static void unpin(MDBX_txn *txn) {
  if (!(txn->flags & MDBX_TXN_FINISHED))
    readers_unpin(txn->slot, txn->snapshot.txnid);
  txn->flags |= MDBX_TXN_FINISHED;
}

int txn_reset_read(MDBX_txn *txn) {
  txn_cursors_unbind_all(txn);
  unpin(txn);
  txn->snapshot.txnid = 0;
  return MDBX_SUCCESS;
}

int txn_renew_read(MDBX_txn *txn) {
  txn_reset_read(txn);
  return start(txn);
}

int txn_refresh_read(MDBX_txn *txn) {
  if (lck_head_txnid(lck_head(&txn->env->lck)) == txn->snapshot.txnid)
    return MDBX_RESULT_TRUE;
  return txn_renew_read(txn);
}

void txn_end_read(MDBX_txn *txn) {
  txn_cursors_unbind_all(txn);
  unpin(txn);
  if (txn->slot && txn->slot_is_own)
    readers_release(&txn->env->lck, txn->slot);
  tables_release(txn);
  txn->signature = DEAD_SIGNATURE;
  free(txn);
}
