/* SPDX-License-Identifier: Apache-2.0 */
/* Durable commits that share a flush: who may, what such a commit lists in its meta, and where that goes; doc/commit.md. */
#include "txn/commit_steps.h"

#include "base/log.h"
#include "env/env_writer.h"
#include "env/options.h"
#include "env/sync.h"
#include "file/pending.h"

/* What this commit builds on has failed, or what failed may still be found by an opener. Nobody else commits while this one
 * holds the writer lock, whatever the lock file says. */
int commit_check_base(const struct commit *commit) {
  const struct lck *lck = &commit->env->lck;
  const txnid_t tip = lck_head_txnid(pending_tip(lck)), own = commit->txn->view->txnid;
  if (pending_failures(lck) != commit->txn->failures || (atomic_load(&lck->shared->user) & METAS_DOUBTFUL)) {
    atomic_store(&commit->env->fatal, true);
    return MDBX_PANIC;
  }
  if (tip < own)
    return MDBX_SUCCESS;
  return log_damage(MDBX_CORRUPTED,
                    "%s: the lock file says that transaction %llu is committed, but %llu is being written",
                    commit->env->data_path, (unsigned long long)tip, (unsigned long long)own);
}

static const struct meta_page *base_page(const MDBX_txn *txn) {
  return (const struct meta_page *)(const void *)snapshot_mapped(&txn->space.view, txn->base_slot);
}

/* Entries of the manifest of what it builds on, if that waits for its flush. */
size_t commit_entries_of_base(const MDBX_txn *txn) {
  if (!pending_any(&txn->env->lck) || txn->base.kind != META_MANIFEST)
    return 0;
  return MIN_OF(base_page(txn)->header.count, meta_room(txn->env->page_size) / sizeof(struct meta_manifest));
}

static bool is_retired(const struct space *space, pgno_t pgno) {
  for (size_t i = 0; i < space->retired.length; ++i)
    if (pgno - space->retired.runs[i].pgno < space->retired.runs[i].pages)
      return true;
  return false;
}

/* Of the pages that what it builds on needs beyond the durable commit, those that this commit needs as well: the others may be
 * written over before it is durable. */
static void inherit_manifest(struct commit *commit, size_t entries) {
  const MDBX_txn *txn = commit->txn;
  const struct meta_page *base = base_page(txn);
  for (size_t i = 0; i < entries; ++i) {
    const struct meta_manifest *entry = &base->manifest[i];
    if (entry->pgno < txn->base.next && snapshot_mapped(&txn->space.view, entry->pgno)->txnid > txn->durable &&
        !is_retired(&txn->space, entry->pgno))
      commit->page->manifest[commit->inherited++] = *entry;
  }
}

/* Whether readers see the durable commit, and all that is newer waits for its flush. */
static bool builds_on_durable(const MDBX_txn *txn) {
  const struct lck *lck = &txn->env->lck;
  const uint64_t head = lck_head(lck);
  return lck_durable(lck) == lck_head_txnid(head) && (pending_any(lck) || lck_head_txnid(head) == txn->base_txnid);
}

/* A long list of either kind is a large commit, which need not be quick. */
enum { INHERIT_EFFORT = 1 << 16 };

/* Whether the commit may hand the writer lock on before its flush: the caller asks for that, or somebody waits for the lock, or
 * others wait for a flush already. */
static bool may_share_flush(const struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  const MDBX_env *env = commit->env;
  return commit->wait && commit->durability == COMMIT_DURABLE && env_option(env, MDBX_opt_group_commit) &&
         !env->lockless && !txn->space.writemap && !txn->space.spilled &&
         txn->space.geometry.now >= txn->space.backed && !sync_file_is_long(env) &&
         (commit->wait->eager || pending_any(&env->lck) || pending_has_company(&env->lck) ||
          lck_writer_is_wanted(&env->lck)) &&
         builds_on_durable(txn);
}

/* A slot that neither readers, nor a crash, nor the flush that is under way need; rather not that of what it builds on, but
 * nobody has been told of that. */
static int choose_slot_beside_flush(struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  const struct lck *lck = &commit->env->lck;
  const uint64_t flushing = pending_flushing(lck);
  const unsigned head = lck_head_slot(lck_head(lck));
  txnid_t txnids[META_COUNT];
  commit_read_slots(commit, txnids);
  const unsigned kept = meta_durable_slot(txnids, head, lck_durable(lck));
  int chosen = -1;
  for (unsigned i = 0; i < META_COUNT; ++i) {
    if (i == head || i == kept || (flushing && i == lck_head_slot(flushing)))
      continue;
    if (chosen < 0 || (unsigned)chosen == txn->base_slot || (i != txn->base_slot && txnids[i] < txnids[chosen]))
      chosen = (int)i;
  }
  if (chosen < 0) /* what others have written to the metas is not of this program */
    return log_damage(MDBX_CORRUPTED, "%s: the durable commit is in no meta page of those that are published",
                      commit->env->data_path);
  commit->slot = (unsigned)chosen;
  return MDBX_SUCCESS;
}

static void leave_pending(struct commit *commit) {
  MDBX_env *env = commit->env;
  const txnid_t txnid = commit->txn->view->txnid;
  commit_step_to(commit, STEP_PUBLISHED);
  commit_vouch(commit);
  env->stores.newest = txnid;
  pending_set(&env->lck, txnid, commit->slot, commit->bytes, os_thread_number());
}

/* The meta is written while no flush of waiting commits begins or ends: its slot may be that of one of them. */
int commit_write_grouped(struct commit *commit) {
  struct lck *lck = &commit->env->lck;
  int rc = commit_write_pages(commit);
  commit_list_own_pages(commit);
  if (rc == MDBX_SUCCESS)
    rc = pending_metas_lock(lck);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = commit_check_base(commit);
  if (rc == MDBX_SUCCESS)
    rc = choose_slot_beside_flush(commit);
  if (rc == MDBX_SUCCESS) {
    rc = commit_write_manifest(commit);
    if (rc == MDBX_SUCCESS)
      leave_pending(commit);
    else
      env_fail_pending(commit->env);
  }
  pending_metas_unlock(lck);
  return rc;
}

/* Whether the file is as long as the commit needs if its manifest matches: it is as long as the durable commit says, or the
 * last page is listed. (One that a waiting commit took there, and this one retired, is not.) */
static bool lists_the_end(const struct commit *commit) {
  const struct snapshot *view = &commit->txn->space.view;
  const unsigned slot = lck_head_slot(lck_head(&commit->env->lck));
  const struct meta_page *durable = (const struct meta_page *)(const void *)snapshot_mapped(view, slot);
  if (durable->meta.now >= view->limit)
    return true;
  for (size_t i = 0; i < commit->count; ++i)
    if (commit->list[i].pgno + commit->list[i].pages == view->limit)
      return true;
  for (size_t i = 0; i < commit->inherited; ++i) {
    const pgno_t pgno = commit->page->manifest[i].pgno;
    const struct page *page = snapshot_mapped(view, pgno);
    if (pgno + (page->flags == P_LARGE ? page->run_pages : 1) == view->limit)
      return true;
  }
  return false;
}

/* True: it is one that shares a flush, and its manifest has what it inherits. */
bool commit_begin_sharing(struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  if (!may_share_flush(commit))
    return false;
  const size_t entries = commit_entries_of_base(txn);
  if ((pending_any(&commit->env->lck) && !entries) || entries * txn->space.retired.length > INHERIT_EFFORT)
    return false;
  commit->inherited = 0;
  inherit_manifest(commit, entries);
  return lists_the_end(commit) &&
         meta_tail_fits(commit->env->page_size, commit->inherited + commit->count, txn->collector.list.length);
}
