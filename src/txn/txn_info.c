/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/txn_info.h"

#include "base/assert.h"
#include "env/env_writer.h"
#include "txn/txn_write.h"

/* Bits without a name in the interface; libmdbx returns them too. */
enum { SHOWN_GC_DRAINED = 0x100, SHOWN_HAD_CURSORS = 0x400 };

static unsigned writer_state(const MDBX_txn *root) {
  const struct gc *gc = &root->collector;
  return (txn_has_changes(root) ? MDBX_TXN_DIRTY : 0u) | (root->space.spilled ? MDBX_TXN_SPILLS : 0u) |
         (gc->asked && gc->fresh_done && gc->held_done && gc->regions_done ? SHOWN_GC_DRAINED : 0u) |
         (root->cursors ? SHOWN_HAD_CURSORS : 0u);
}

unsigned txn_shown_flags(const MDBX_txn *txn) {
  /* Another thread may call it, but gets only values that fit one atomic word. */
  const bool writing = !txn_is_reader(txn) && !(txn->flags & MDBX_TXN_FINISHED) &&
                       (!txn->owner || txn->owner == os_thread_self()) && txn->generation == os_fork_generation();
  return txn->flags | (writing ? writer_state(txn->root) : 0u);
}

static uint64_t bytes_of(const MDBX_txn *txn, uint64_t pages) { return pages << txn->view->shift; }

static void reader_info(const MDBX_txn *txn, MDBX_txn_info *info, bool scan) {
  struct meta head;
  txnid_t newest;
  unsigned slot;
  info->txn_id = txn->view->txnid;
  info->txn_space_used = bytes_of(txn, txn->view->limit);
  info->txn_space_limit_soft = bytes_of(txn, txn->geometry.now);
  info->txn_space_limit_hard = bytes_of(txn, txn->geometry.upper);
  if (env_read_head(txn->env, &head, &newest, &slot) != MDBX_SUCCESS)
    return;
  info->txn_reader_lag = newest - txn->view->txnid;
  info->txn_space_retired = bytes_of(txn, head.retired - txn->retired);
  info->txn_space_leftover = bytes_of(txn, head.upper > head.next ? head.upper - head.next : 0);
  if (scan && readers_oldest(&txn->env->lck) == txn->view->txnid)
    info->txn_space_dirty = info->txn_space_retired;
}

static void writer_info(const MDBX_txn *txn, MDBX_txn_info *info, bool scan) {
  info->txn_id = txn->view->txnid;
  info->txn_space_used = bytes_of(txn, txn->view->limit);
  info->txn_space_limit_soft = bytes_of(txn, txn->root->space.geometry.now);
  info->txn_space_limit_hard = bytes_of(txn, txn->root->space.geometry.upper);
  info->txn_space_retired = bytes_of(txn, txn->root->space.retired.pages);
  info->txn_space_dirty = bytes_of(txn, txn->root->space.dirty.pages);
  info->txn_space_leftover = bytes_of(txn, txn->root->space.tuning.dirty_limit > txn->root->space.dirty.pages
                                               ? txn->root->space.tuning.dirty_limit - txn->root->space.dirty.pages
                                               : 0);
  if (scan)
    info->txn_reader_lag = txn->root->base_txnid - MIN_OF(readers_oldest(&txn->env->lck), txn->root->base_txnid);
}

void txn_tell(const MDBX_txn *txn, MDBX_txn_info *info, bool scan) {
  ASSERT(txn->root && txn->view);
  memset(info, 0, sizeof(*info));
  if (txn_is_reader(txn))
    reader_info(txn, info, scan);
  else
    writer_info(txn, info, scan);
}

int txn_fill_percent(const MDBX_txn *txn) {
  ASSERT(txn->root && txn->view);
  const pgno_t now = txn->root->geometry.now;
  return now ? (int)((uint64_t)txn->view->limit * 100 / now) : 100;
}

uint64_t txn_lag(const MDBX_txn *txn) {
  return txn_is_reader(txn) ? lck_head_txnid(lck_head(&txn->env->lck)) - txn->view->txnid : 0;
}
