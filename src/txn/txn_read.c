/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read transactions. Renewing one on a bound slot makes no system call and waits for nobody: pin the head, copy its
 * meta out of the mapping.
 *
 * A handle is active (it pins a snapshot), finished (MDBX_TXN_FINISHED: reset, or not begun), or parked (txn_park.c). A
 * writer may take the pin of an active one away if the slow-reader callback says so: txn_check() notices.
 */
#include "txn/txn_read.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/probe.h"
#include "env/group.h"
#include "env/lockless.h"
#include "txn/table.h"
#include "txn/txn_cursor.h"

#include <stdlib.h>

/* A forked child must not change the slot of an inherited handle, unless the slot was transferred to it. */
static bool slot_is_here(const MDBX_txn *txn) {
  return txn->generation == os_fork_generation() || txn->env->lck.kind == LCK_KIND_PRIVATE;
}

bool txn_slot_is_bound(const MDBX_txn *txn) {
  ASSERT(txn->slot != NULL);
  return atomic_load_explicit(&txn->slot->ticket, memory_order_relaxed) == txn->slot_ticket;
}

static bool has_own_slot(const MDBX_txn *txn) {
  return txn->slot && txn->slot_is_own && slot_is_here(txn) &&
         readers_owns(&txn->env->lck, txn->slot, txn->slot_ticket);
}

static int find_own_slot(MDBX_txn *txn) {
  ASSERT(txn_is_readonly(txn));
  if (has_own_slot(txn))
    return MDBX_SUCCESS;
  const int rc = readers_bind(&txn->env->lck, 0, &txn->slot);
  txn->slot_is_own = rc == MDBX_SUCCESS;
  txn->generation = os_fork_generation();
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->slot_ticket = atomic_load(&txn->slot->ticket);
  if (!txn->apart)
    readers_show(&txn->env->lck, txn->slot);
  return rc;
}

/* Chooses the slot for the pin: the thread's, or the transaction's own. */
static int find_slot(MDBX_txn *txn) {
  MDBX_env *env = txn->env;
  if ((env->flags & MDBX_NOSTICKYTHREADS) || txn->apart)
    return find_own_slot(txn);
  txn->generation = os_fork_generation();
  txn->slot = readers_thread_slot(&env->threads);
  if (!txn->slot) {
    const int rc = readers_thread_bind(&env->threads, &txn->slot);
    if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
      return rc;
    readers_show(&env->lck, txn->slot);
  }
  txn->slot_ticket = atomic_load(&txn->slot->ticket);
  return atomic_load(&txn->slot->txnid) ? MDBX_BAD_RSLOT : MDBX_SUCCESS;
}

static int load_snapshot(MDBX_txn *txn, const struct meta *meta, txnid_t txnid) {
  ASSERT(txn->slot != NULL);
  MDBX_env *env = txn->env;
  const struct table_record free_pages = meta_gc_record(meta);
  tree_release(&txn->main);
  tree_release(&txn->gc);
  txn->loaded = TXNID_NONE;
  int rc = env_check_map_limit(env, meta->next);
  if (rc == MDBX_SUCCESS)
    rc = env_snapshot(env, meta, txnid, &txn->snapshot);
  txn->snapshot.pin = &txn->slot->txnid;
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->main, &meta->main, meta->next, "@MAIN");
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->gc, &free_pages, meta->next, "@GC");
  if (rc != MDBX_SUCCESS)
    return rc;
  table_use_orders(&txn->main, &env->handles[DBI_MAIN]);
  txn->geometry = meta_geometry(meta);
  txn->canary = meta_canary(meta);
  txn->retired = meta->retired;
  txn->branch = meta_branch(meta, txnid);
  txn->loaded = txnid;
  return MDBX_SUCCESS;
}

/* Many readers are renewed before there is a newer commit. A lock file that others have overwritten may say any txnid. */
static bool resume_snapshot(MDBX_txn *txn, txnid_t txnid) {
  ASSERT(txn->slot != NULL);
  if (txnid == TXNID_NONE || txn->loaded != txnid || txn->env->lockless ||
      !env_resume_snapshot(txn->env, txnid, &txn->snapshot))
    return false;
  txn->snapshot.pin = &txn->slot->txnid;
  table_use_orders(&txn->main, &txn->env->handles[DBI_MAIN]);
  readers_note(txn->slot, txn->snapshot.limit, txn->retired);
  return true;
}

/* Pins the newest snapshot. A writer may overwrite its meta before it is copied; then there is a newer one to pin. */
static int pin_newest(MDBX_txn *txn) {
  if (unlikely(txn->env->lockless)) {
    const int rc = lockless_look(txn->env);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  for (;;) {
    const uint64_t head = readers_pin(&txn->env->lck, txn->slot);
    if (resume_snapshot(txn, lck_head_txnid(head)))
      return MDBX_SUCCESS;
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

/* The handle has a snapshot now. */
static void activate(MDBX_txn *txn) {
  ASSERT(txn->slot != NULL && txn->view == &txn->snapshot);
  txn->stamp += 1;
  txn->owner = env_thread(txn->env);
  txn->flags &= ~(unsigned)(MDBX_TXN_FINISHED | MDBX_TXN_ERROR | MDBX_TXN_OUSTED);
}

static int start(MDBX_txn *txn) {
  ASSERT(!txn->cursors && (txn->flags & MDBX_TXN_FINISHED));
  int rc = find_slot(txn);
  if (rc == MDBX_SUCCESS)
    rc = pin_newest(txn);
  if (rc == MDBX_SUCCESS)
    activate(txn);
  return rc;
}

/* A handle without a snapshot, but with a slot. */
static int make_handle(MDBX_env *env, void *context, bool apart, MDBX_txn **result) {
  MDBX_txn *txn = calloc(1, sizeof(*txn));
  if (!txn)
    return MDBX_ENOMEM;
  txn->env = env;
  txn->root = txn->innermost = txn;
  txn->user_context = context;
  txn->apart = apart;
  txn->flags = MDBX_TXN_RDONLY | MDBX_TXN_FINISHED;
  txn->signature = TXN_SIGNATURE;
  txn->view = &txn->snapshot;
  txn->owner = env_thread(env);
  const int rc = find_slot(txn);
  if (rc == MDBX_SUCCESS)
    *result = txn;
  else
    free(txn);
  return rc;
}

int txn_begin_read_apart(MDBX_env *env, MDBX_txn **result) {
  int rc = make_handle(env, NULL, true, result);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = start(*result);
  if (rc != MDBX_SUCCESS)
    txn_end_read(*result);
  return rc;
}

int txn_begin_read_beside(MDBX_txn *writer, MDBX_txn **reader) {
  const int drained = group_drain(writer->env);
  return drained == MDBX_SUCCESS ? txn_begin_read_apart(writer->env, reader) : drained;
}

int txn_begin_read_with_meta(MDBX_env *env, MDBX_txn **result, struct meta_page **page) {
  enum { TRIES = 1000 };
  for (unsigned tries = 0; tries < TRIES; ++tries) {
    int rc = txn_begin_read_apart(env, result);
    if (rc != MDBX_SUCCESS)
      return rc;
    const txnid_t txnid = (*result)->view->txnid;
    rc = env_find_meta(env, txnid, page);
    if (rc == MDBX_SUCCESS)
      return rc;
    txn_end_read(*result);
    if (rc != MDBX_RESULT_TRUE)
      return rc;
    /* A newer commit may have overwritten the meta; otherwise the meta is damaged. */
    const uint64_t head = lck_head(&env->lck);
    if (lck_head_txnid(head) == txnid)
      return log_damage(MDBX_CORRUPTED, "%s: meta page %u of transaction %llu is damaged", env->data_path,
                        lck_head_slot(head), (unsigned long long)txnid);
  }
  return MDBX_BUSY;
}

int txn_begin_read(MDBX_env *env, unsigned flags, void *context, MDBX_txn **result) {
  MDBX_txn *txn;
  int rc = make_handle(env, context, false, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((flags & MDBX_TXN_RDONLY_PREPARE) != MDBX_TXN_RDONLY_PREPARE)
    rc = start(txn);
  if (rc != MDBX_SUCCESS) {
    txn_end_read(txn);
    return rc;
  }
  PROBE2(begin, txn->view->txnid, flags);
  *result = txn;
  return rc;
}

static void unpin(MDBX_txn *txn) {
  ASSERT(txn_is_reader(txn));
  if (!(txn->flags & MDBX_TXN_FINISHED) && slot_is_here(txn) && txn_slot_is_bound(txn)) {
    readers_unpin(txn->slot, txn->snapshot.txnid);
    if (txn->flags & MDBX_TXN_PARKED)
      readers_forget_parking(txn->slot, txn->snapshot.txnid);
  }
  txn->flags |= MDBX_TXN_FINISHED;
  txn->flags &= ~(unsigned)(MDBX_TXN_PARKED | MDBX_TXN_AUTOUNPARK);
  ASSERT(!txn->cursors);
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
  if (txn->env->lockless)
    (void)lockless_look(txn->env); /* the renewal will report its errors */
  if (lck_head_txnid(lck_head(&txn->env->lck)) == txn->snapshot.txnid)
    return MDBX_RESULT_TRUE;
  return txn_renew_read(txn);
}

void txn_end_read(MDBX_txn *txn) {
  ASSERT(txn_is_reader(txn) && txn->signature == TXN_SIGNATURE);
  txn_cursors_unbind_all(txn);
  unpin(txn);
  if (has_own_slot(txn))
    readers_release(&txn->env->lck, txn->slot);
  tables_release(txn);
  ASSERT(!txn->tables);
  txn->signature = DEAD_SIGNATURE;
  free(txn);
}

/* ------------------------------------------------------------------------------------------------------------ clones */

static int copy_view(MDBX_txn *txn, const MDBX_txn *origin) {
  ASSERT(txn->slot != NULL && txn_is_reader(origin));
  tree_release(&txn->main);
  tree_release(&txn->gc);
  txn->loaded = TXNID_NONE;
  txn->snapshot = origin->snapshot;
  txn->snapshot.pin = &txn->slot->txnid;
  txn->geometry = origin->geometry;
  txn->canary = origin->canary;
  txn->retired = origin->retired;
  txn->branch = origin->branch;
  int rc = tree_load(&txn->main, &origin->main.record, txn->snapshot.limit, "@MAIN");
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->gc, &origin->gc.record, txn->snapshot.limit, "@GC");
  table_use_orders(&txn->main, &txn->env->handles[DBI_MAIN]);
  return rc;
}

/* The origin must still pin the snapshot; otherwise the clone is invalid. */
static int pin_like_reader(MDBX_txn *txn, const MDBX_txn *origin) {
  const txnid_t txnid = origin->snapshot.txnid;
  readers_pin_same(&txn->env->lck, txn->slot, txnid);
  readers_note(txn->slot, origin->snapshot.limit, origin->retired);
  const int rc = readers_holds(origin->slot, txnid) ? copy_view(txn, origin) : MDBX_MVCC_RETARDED;
  if (rc != MDBX_SUCCESS)
    readers_unpin(txn->slot, txnid);
  return rc;
}

/* While a write transaction is running, the commit on which it builds is the head. */
int txn_clone(const MDBX_txn *origin, void *context, MDBX_txn **clone) {
  MDBX_txn *txn = *clone;
  const bool made = txn == NULL;
  int rc = MDBX_SUCCESS;
  if (!made)
    txn_reset_read(txn);
  else
    rc = make_handle(origin->env, context, false, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = find_slot(txn);
  if (rc == MDBX_SUCCESS)
    rc = txn_is_reader(origin) ? pin_like_reader(txn, origin) : pin_newest(txn);
  if (rc == MDBX_SUCCESS) {
    txn->user_context = context;
    activate(txn);
    *clone = txn;
  } else if (made) {
    txn_end_read(txn);
  }
  return rc;
}
