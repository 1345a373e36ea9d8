/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The commit protocol. Its invariants have numbers in doc/commit.md; the ones that matter here:
 *
 *  C1  No page and no meta slot that the newest durable commit needs is written before a newer commit is durable.
 *  C2  The pages of a commit are in the file before its meta is, in the order of the calls.
 *  C3  A STEADY meta is written only after a flush that followed the last page it needs.
 *  C4  A MANIFEST meta lists every page its commit needs beyond a commit that is durable, and becomes the head only after
 *      a flush that followed it.
 *  C5  The head is published last; what is published is in the file whole.
 *  C6  The file gets shorter only after a commit that does not need the tail is durable.
 *  C9  Every commit that recovery may believe keeps its pages until it cannot be believed any more.
 *  C10 A commit of any mode but UTTERLY_NOSYNC has something to fall back to.
 *  C11 A commit writes only while it holds the writer lock.
 *  C13 A commit that waits for its flush is seen by writers only, and no commit of another kind is made meanwhile.
 *  C14 The metas of the durable commit and of the one that a flush is under way for are not written, and both are pinned.
 */
#include "txn/commit.h"

#include "base/probe.h"
#include "env/env_writer.h"
#include "env/flush.h"
#include "env/group.h"
#include "env/sync.h"
#include "file/pending.h"
#include "space/space_verify.h"
#include "space/writeout.h"
#include "txn/commit_steps.h"
#include "txn/laggards.h"
#include "txn/table.h"
#include "txn/txn_verify.h"
#include "txn/txn_write.h"

#if MDBX_DEBUG
/* A flush is that of what was written last. */
static void step_flush(struct commit *commit) {
  ASSERT(commit->step == STEP_PAGES || commit->step == STEP_META);
  commit_step_to(commit, commit->step + 1);
}

static void check_step_before_publishing(const struct commit *commit, bool durable) {
  ASSERT(commit->step == (durable ? STEP_META_FLUSHED : STEP_META)); /* C4, C5 */
}

/* The pages of the commit, each once, in the order in which they are written. */
static void verify_list(const struct commit *commit) {
  const struct space *space = &commit->txn->space;
  ASSERT(commit->count == space->dirty.used);
  for (size_t i = 0; i < commit->count; ++i) {
    ASSERT(i == 0 || commit->list[i - 1].pgno + commit->list[i - 1].pages <= commit->list[i].pgno);
    ASSERT(commit->list[i].pgno + commit->list[i].pages <= space->view.limit);
  }
}
#else
#define step_flush(commit) ((void)(commit))
#define check_step_before_publishing(commit, durable) ((void)(commit))
#endif

bool txn_has_changes(const MDBX_txn *txn) {
  return txn->space.dirty.used || txn->space.spilled || txn->space.retired.length || txn->main.changed ||
         txn->canary_changed || txn->geometry_changed || tables_changed(txn);
}

static enum durability durability_of(const MDBX_txn *txn) {
  const unsigned flags = txn->env->flags | (txn->flags & (MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC));
  if ((flags & MDBX_UTTERLY_NOSYNC) == MDBX_UTTERLY_NOSYNC)
    return COMMIT_UTTERLY;
  if (flags & MDBX_SAFE_NOSYNC)
    return COMMIT_WEAK;
  return flags & MDBX_NOMETASYNC ? COMMIT_NOMETASYNC : COMMIT_DURABLE;
}

static int list_pages(struct commit *commit) {
  ASSERT(!commit->list);
  struct space *space = &commit->txn->space;
  commit->count = space->dirty.used;
  commit->bytes = (space->dirty.pages + space->early_pages) << space->view.shift;
  commit->list = dirty_sorted(&space->dirty);
  return commit->count && !commit->list ? MDBX_ENOMEM : MDBX_SUCCESS;
}

static void choose_slot(struct commit *commit) {
  ASSERT(commit->txn->base_slot < META_COUNT);
  txnid_t txnids[META_COUNT];
  commit_read_slots(commit, txnids);
  commit->slot = meta_next_slot(txnids, commit->txn->base_slot, commit->txn->durable);
  ASSERT(commit->slot < META_COUNT && commit->slot != commit->txn->base_slot);
}

static int compose_meta(struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  struct meta *meta = &commit->meta;
  *meta = txn->base;
  meta_set_geometry(meta, &txn->space.geometry);
  meta->next = txn->space.view.limit;
  meta_set_gc(meta, &txn->gc.record);
  meta->main = txn->main.record;
  meta_set_canary(meta, &txn->canary);
  meta->retired = txn->base.retired + txn->space.retired.pages;
  memcpy(meta->boot_id, commit->env->boot_id, sizeof(meta->boot_id));
  return meta_is_copy(meta) ? meta_begin_branch(meta) : MDBX_SUCCESS;
}

/* ------------------------------------------------------------------------------------------------------ the steps */

/* Nobody asks for the time in most commits. */
static uint64_t clock_of(const struct commit *commit) { return commit->timed ? os_monotonic_16dot16() : 0; }

static int flush(struct commit *commit) {
  const uint64_t begun = clock_of(commit);
  const int rc = sync_flush(commit->env);
  step_flush(commit);
  commit->flushing += clock_of(commit) - begun;
  return rc;
}

static void publish(struct commit *commit, bool durable) {
  MDBX_env *env = commit->env;
  const txnid_t txnid = commit->txn->view->txnid;
  ASSERT(commit->point_of_no_return); /* C5 */
  check_step_before_publishing(commit, durable);
  commit_step_to(commit, STEP_PUBLISHED);
  ASSERT(txnid > lck_head_txnid(lck_head(&env->lck)));
  commit_vouch(commit);
  if (durable) {
    sync_forget_volume(env);
    lck_publish_durable(&env->lck, txnid);
  } else {
    if (!atomic_load(&env->lck.shared->unsynced_since))
      atomic_store(&env->lck.shared->unsynced_since, os_monotonic_16dot16());
    atomic_fetch_add(&env->lck.shared->unsynced_bytes, commit->bytes);
  }
  lck_publish_head(&env->lck, txnid, commit->slot);
  env->stores.newest = txnid;
}

static bool may_have_manifest(const MDBX_txn *txn) { return txn->base_txnid == txn->durable && !txn->space.spilled; }

/* Whether all that this commit needs beyond its durable parent can be listed in the meta. */
static bool manifest_fits(const struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  return may_have_manifest(txn) && meta_tail_fits(commit->env->page_size, commit->count, txn->collector.list.length);
}

static int commit_small(struct commit *commit) {
  ASSERT(manifest_fits(commit));
  commit->inherited = 0;
  int rc = commit_write_pages(commit);
  commit_list_own_pages(commit);
  if (rc == MDBX_SUCCESS)
    rc = commit_write_manifest(commit);
  if (rc == MDBX_SUCCESS)
    rc = flush(commit);
  if (rc == MDBX_SUCCESS)
    publish(commit, true);
  return rc;
}

static int commit_large(struct commit *commit) {
  ASSERT(commit->durability == COMMIT_DURABLE);
  int rc = commit_write_pages(commit);
  if (rc == MDBX_SUCCESS)
    rc = flush(commit);
  if (rc == MDBX_SUCCESS)
    rc = commit_write_meta(commit, META_STEADY, NULL, 0);
  if (rc == MDBX_SUCCESS)
    rc = flush(commit);
  if (rc == MDBX_SUCCESS)
    publish(commit, true);
  return rc;
}

/* The flush of the pages took the parent's meta along, and that may be believed, so the parent is durable from then on.
 * This commit may be believed as well as soon as its meta happens to reach the disk. */
static int commit_nometasync(struct commit *commit) {
  struct lck *lck = &commit->env->lck;
  int rc = commit_write_pages(commit);
  if (rc == MDBX_SUCCESS)
    rc = flush(commit);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(meta_kind_is_believed(commit->txn->base.kind)); /* C9 */
  lck_publish_durable(lck, commit->txn->base_txnid);
  commit->txn->durable = lck_durable(lck);
  choose_slot(commit);
  rc = commit_write_meta(commit, META_STEADY, NULL, 0);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck_publish_believable(lck, commit->txn->view->txnid);
  publish(commit, false);
  return MDBX_SUCCESS;
}

static int commit_weak(struct commit *commit) {
  ASSERT(commit->durability == COMMIT_WEAK || commit->durability == COMMIT_UTTERLY);
  int rc = commit_write_pages(commit);
  if (rc == MDBX_SUCCESS)
    rc = commit_write_meta(commit, META_WEAK, NULL, 0);
  if (rc == MDBX_SUCCESS)
    publish(commit, false);
  return rc;
}

/* Takes older metas their standing as points to fall back to: their pages are not kept. */
static int wipe_marks(struct commit *commit) {
  ASSERT(commit->durability == COMMIT_UTTERLY);
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    const struct meta_page *mapped =
        (const struct meta_page *)(const void *)snapshot_mapped(&commit->txn->space.view, slot);
    struct meta_slot old;
    if (slot == commit->slot || slot == commit->txn->base_slot || mapped->meta.kind < META_STEADY)
      continue;
    int rc = meta_read_slot(commit->env->fd, commit->env->page_size, slot, &old);
    if (rc == MDBX_SUCCESS && !old.valid)
      continue;
    if (rc == MDBX_SUCCESS) {
      struct meta meta = old.meta;
      meta.kind = META_WIPED;
      rc = meta_restate(commit->env->fd, commit->env->page_size, slot, &old, old.txnid, &meta);
    }
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

static int commit_utterly(struct commit *commit) {
  ASSERT(!commit->point_of_no_return);
  int rc = commit_check_lock(commit->txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  lck_publish_durable(&commit->env->lck, TXNID_NONE);
  rc = wipe_marks(commit);
  return rc == MDBX_SUCCESS ? commit_weak(commit) : rc;
}

/* The file is as long as it may be, or nearly so, and before long a transaction will miss pages that the durable commit keeps, as
 * one did. */
static bool is_short_of_space(const MDBX_txn *txn) {
  const pgno_t limit = txn->space.view.limit;
  const uint64_t before = txn->env->short_after;
  return before && limit + limit / 8 >= txn->space.geometry.upper &&
         txn_retired_since_durable(txn) >= before - before / 4;
}

/* A steady point is made when the writer lock has been given on, by one that may wait then. A lock that the application has taken
 * is not given on. */
static enum durability durability_of_weak(struct commit *commit) {
  const enum seal_chore chore = seal_chore_of(commit->env, commit->bytes);
  if (!commit->wait || commit->env->lockless || commit->env->writer_locked_by_user)
    return chore == SEAL_IF_DUE ? COMMIT_DURABLE : COMMIT_WEAK;
  commit->wait->chore = is_short_of_space(commit->txn) ? SEAL_FOR_SPACE : chore;
  return COMMIT_WEAK;
}

/* A commit of a mode that promises to lose no more than itself needs something to fall back to, see C10. */
static enum durability durability_needed(struct commit *commit) {
  const MDBX_txn *txn = commit->txn;
  if (commit->durability != COMMIT_UTTERLY && txn->durable == TXNID_NONE)
    return COMMIT_DURABLE;
  if (commit->durability == COMMIT_NOMETASYNC && !meta_kind_is_believed(txn->base.kind))
    return COMMIT_DURABLE;
  return commit->durability == COMMIT_WEAK ? durability_of_weak(commit) : commit->durability;
}

/* --------------------------------------------------------------------------------------------- which of them it is */

/* All that waits for a flush is durable before a commit that is alone. */
static int be_alone(struct commit *commit) {
  int rc = group_drain(commit->env);
  if (rc == MDBX_SUCCESS)
    rc = commit_check_base(commit);
  if (rc != MDBX_SUCCESS)
    return rc;
  commit->txn->durable = lck_durable(&commit->env->lck);
  choose_slot(commit);
  return rc;
}

static int write_alone(struct commit *commit) {
  switch (commit->durability) {
  case COMMIT_NOMETASYNC:
    return commit_nometasync(commit);
  case COMMIT_WEAK:
    return commit_weak(commit);
  case COMMIT_UTTERLY:
    return commit_utterly(commit);
  default:
    return manifest_fits(commit) ? commit_small(commit) : commit_large(commit);
  }
}

static int write_by_durability(struct commit *commit) {
  bool shares = commit_begin_sharing(commit);
  const int rc = shares ? MDBX_SUCCESS : be_alone(commit);
  if (rc != MDBX_SUCCESS)
    return rc;
  /* What others list may have been too much; now nobody waits any more. */
  if (!shares && commit->wait && commit->wait->eager)
    shares = commit_begin_sharing(commit);
  if (!shares)
    return write_alone(commit);
  commit->durability = COMMIT_GROUPED;
  return commit_write_grouped(commit);
}

/* ------------------------------------------------------------------------------------------------------ the whole */

static void plan_shrink(struct commit *commit) {
  struct space *space = &commit->txn->space;
  struct geometry geometry = space->geometry;
  if (!commit->txn->keep_size)
    geometry.now = geometry_shrink_target(&geometry, space->view.limit);
  space_set_geometry(space, &geometry);
}

/* Before the meta says how long the file is: a disk that has no room for a whole step may have room for the pages. A size
 * that the user set is that size or an error. */
static int extend_file(MDBX_txn *txn) {
  ASSERT(txn->space.geometry.now >= txn->space.view.limit || txn->keep_size);
  struct space *space = &txn->space;
  return writeout_extend_file(space, txn->keep_size ? space->geometry.now : space->view.limit);
}

/* The file gets the size of this commit when nothing that a crash may fall back to needs the tail, see C6. */
static void shrink_file(const struct commit *commit) {
  ASSERT(commit->point_of_no_return);
  const MDBX_txn *txn = commit->txn;
  MDBX_env *env = commit->env;
  const pgno_t now = txn->space.geometry.now, before = txn->base.now;
  if (now < txn->space.backed)
    sync_note_long_file(env);
  if (!sync_file_is_long(env))
    return;
  if (commit->durability == COMMIT_DURABLE || commit->durability == COMMIT_UTTERLY)
    sync_cut_file(env, now, true);
  else if (commit->durability == COMMIT_NOMETASYNC && lck_durable(&env->lck) == txn->base_txnid)
    sync_cut_file(env, MAX_OF(now, before), now >= before);
}

static uint32_t since(const struct commit *commit, uint64_t *mark) {
  const uint64_t now = clock_of(commit), before = *mark;
  *mark = now;
  return (uint32_t)(now - before);
}

static int run_steps(struct commit *commit, MDBX_commit_latency *latency) {
  MDBX_txn *txn = commit->txn;
  uint64_t mark = clock_of(commit);
  space_set_reserve(&txn->space, 0);
  ASSERT(!txn->nested && txn->innermost == txn && !txn->space.undo);
  VERIFY(space_verify(&txn->space));
  VERIFY(txn_verify(txn));
  latency->gc_prof.kicks = txn->kicks;
  latency->gc_prof.max_reader_lag = txn->max_lag;
  latency->gc_prof.max_retained_pages = (uint32_t)txn->max_retained;
  int rc = tables_store(txn);
  commit_step_to(commit, STEP_TABLES);
  latency->preparation = since(commit, &mark);
  txn->collector.inherited = commit->wait ? commit_entries_of_base(txn) : 0;
  txn->collector.beside_manifest =
      commit->durability == COMMIT_DURABLE && (txn->collector.inherited || may_have_manifest(txn));
  if (rc == MDBX_SUCCESS)
    rc = gc_give(&txn->collector);
  latency->gc_wallclock = since(commit, &mark);
  if (rc == MDBX_SUCCESS)
    rc = list_pages(commit);
  if (rc != MDBX_SUCCESS)
    return rc;
  commit_step_to(commit, STEP_FREE_PAGES);
  VERIFY(space_verify(&txn->space));
  VERIFY(verify_list(commit));
  commit->durability = durability_needed(commit);
  const bool unflushed = commit->durability == COMMIT_WEAK || commit->durability == COMMIT_UTTERLY;
  txn->space.copying &= unflushed && !seal_is_writing(commit->env);
  plan_shrink(commit);
  rc = extend_file(txn);
  if (rc == MDBX_SUCCESS) {
    ASSERT(txn->space.backed >= txn->space.view.limit);
    commit_step_to(commit, STEP_EXTENDED);
    rc = compose_meta(commit);
  }
  if (rc == MDBX_SUCCESS)
    rc = write_by_durability(commit);
  latency->sync = (uint32_t)commit->flushing;
  latency->write = since(commit, &mark);
  latency->write -= MIN_OF(latency->write, latency->sync);
  if (rc == MDBX_SUCCESS) {
    commit_step_to(commit, STEP_SHRUNK);
    shrink_file(commit);
  }
  return rc;
}

struct commit_wait commit_wait_for_base(const MDBX_txn *txn) {
  const bool published = pending_outcome(&txn->env->lck, txn->base_txnid, txn->failures) == MDBX_SUCCESS;
  return (struct commit_wait){.needed = !published, .ticket = {txn->base_txnid, txn->failures}};
}

int commit_write(MDBX_txn *txn, MDBX_commit_latency *latency, struct commit_wait *wait) {
  ASSERT(txn->root == txn && !txn_is_readonly(txn));
  ASSERT(!(txn->flags & MDBX_TXN_ERROR));
  ASSERT(!txn->owner || txn->owner == os_thread_self());
  struct commit commit = {
      .txn = txn, .env = txn->env, .durability = durability_of(txn), .wait = wait, .timed = latency != NULL};
  MDBX_commit_latency unwanted;
  if (!txn_has_changes(txn)) {
    /* The caller goes on with what it has seen. */
    const int drained = wait ? MDBX_SUCCESS : group_drain(txn->env);
    return drained == MDBX_SUCCESS ? MDBX_RESULT_TRUE : drained;
  }
  if (txn->space.failed != MDBX_SUCCESS)
    return txn->space.failed;
  commit.page = pool_take(&txn->env->pool);
  if (!commit.page)
    return MDBX_ENOMEM;
  const int rc = run_steps(&commit, latency ? latency : &unwanted);
  if (rc != MDBX_SUCCESS && commit.point_of_no_return) {
    env_doubt_metas(txn->env, commit.slot);
    log_error("%s: commit of transaction %llu failed with %d after its meta page was written", txn->env->data_path,
              (unsigned long long)txn->view->txnid, rc);
  }
  if (rc == MDBX_SUCCESS && wait) {
    wait->needed = commit.durability == COMMIT_GROUPED;
    wait->ticket.txnid = txn->view->txnid;
  }
  pool_give(&txn->env->pool, commit.page);
  PROBE4(commit, txn->view->txnid, commit.count, commit.durability, rc);
  return rc;
}
