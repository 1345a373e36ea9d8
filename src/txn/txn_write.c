/* SPDX-License-Identifier: Apache-2.0 */
/* Write transactions, from taking the writer lock to releasing it. The commit itself is in commit.c. */
#include "txn/txn_write.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/probe.h"
#include "env/env_writer.h"
#include "env/flusher.h"
#include "env/group.h"
#include "env/options.h"
#include "env/sync.h"
#include "file/pending.h"
#include "space/writeout.h"
#include "tree/recent.h"
#include "txn/commit_steps.h"
#include "txn/laggards.h"
#include "txn/table.h"
#include "txn/txn_cursor.h"
#include "txn/txn_nested.h"
#include "txn/txn_park.h"
#include "txn/txn_verify.h"

#include <stdlib.h>

/* --------------------------------------------------------------------------------------------------------- state */

int txn_check_handle(const MDBX_txn *txn) {
  if (unlikely(!txn))
    return MDBX_EINVAL;
  if (unlikely(txn->signature != TXN_SIGNATURE))
    return MDBX_EBADSIGN;
  if (unlikely(txn->owner && txn->owner != os_thread_self()))
    return MDBX_THREAD_MISMATCH;
  return MDBX_SUCCESS;
}

/* A handle inherited by a forked child, which may have resurrected the environment. A reader can be used as long as the
 * parent pins its snapshot. */
static int inherited(const MDBX_txn *txn) {
  if (txn_is_reader(txn) && !(txn->flags & MDBX_TXN_BLOCKED) && txn->env->opened)
    return MDBX_SUCCESS;
  return txn->env->generation == os_fork_generation() ? MDBX_BAD_TXN : MDBX_PANIC;
}

int txn_check_closely(const MDBX_txn *txn) {
  int rc = txn_check_handle(txn);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(txn->generation != os_fork_generation())) {
    rc = inherited(txn);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  MDBX_txn *changeable = (MDBX_txn *)(uintptr_t)txn;
  if (unlikely(txn->flags & MDBX_TXN_BLOCKED)) {
    rc = txn_wake(changeable);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  if (txn_is_reader(txn) && unlikely(!readers_holds(txn->slot, txn->snapshot.txnid)))
    return txn_lost(changeable);
  return MDBX_SUCCESS;
}

int txn_check_for_info(const MDBX_txn *txn, unsigned tolerated) {
  const int rc = txn_check_handle(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn->generation != os_fork_generation())
    return inherited(txn);
  const unsigned blocked = txn->flags & MDBX_TXN_BLOCKED;
  if (!blocked || (blocked & ~tolerated))
    return txn_check(txn);
  if (!txn_is_reader(txn))
    return MDBX_SUCCESS;
  const bool parked = blocked & MDBX_TXN_PARKED;
  if (readers_holds(txn->slot, txn->snapshot.txnid | (parked ? READER_PARKED : 0)))
    return MDBX_SUCCESS;
  return parked ? MDBX_OUSTED : MDBX_BAD_TXN;
}

int txn_check_write(const MDBX_txn *txn) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  return txn_is_readonly(txn) ? MDBX_EACCESS : MDBX_SUCCESS;
}

int txn_mark(MDBX_txn *txn, int rc) {
  switch (rc) {
  case MDBX_SUCCESS:
  case MDBX_RESULT_TRUE:
  case MDBX_KEYEXIST:
  case MDBX_NOTFOUND:
  case MDBX_EKEYMISMATCH:
  case MDBX_EMULTIVAL:
  case MDBX_BAD_VALSIZE:
  case MDBX_ENODATA:
  case MDBX_INCOMPATIBLE:
    break;
  default:
    txn->root->innermost->flags |= MDBX_TXN_ERROR;
  }
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- begin */

/* A transaction, and what only writers need. */
struct writer {
  MDBX_txn txn;
  struct recent_paths recent;
};

static MDBX_txn *writer_memory(MDBX_env *env) {
  if (!env->writer_txn) {
    struct writer *writer = calloc(1, sizeof(*writer));
    if (!writer)
      return NULL;
    writer->txn.env = env;
    env->writer_txn = &writer->txn;
  }
  return env->writer_txn;
}

/* Pages of commits without a flush may be copied through the writable mapping. */
static bool wants_copies(const MDBX_env *env, unsigned flags) {
  return (flags & MDBX_SAFE_NOSYNC) && !(flags & MDBX_WRITEMAP) && !env_option(env, MDBX_opt_write_by_calls);
}

/* Transactions that do not copy must also note that the file was cut, or that others have committed. */
static bool begin_stores(MDBX_env *env, const MDBX_txn *txn, unsigned flags) {
  const bool copies = wants_copies(env, flags);
  return (copies || env->stores.base) &&
         stores_begin(&env->stores, env->fd, env->shift, map_length(&env->map), txn->base_txnid, txn->base.now) &&
         copies;
}

static int cover_growth(struct space *space, pgno_t pages) {
  return env_cover_growth(space->cover_context, pages, &space->view);
}

/* `start` has the view already. */
static void begin_space(MDBX_env *env, MDBX_txn *txn, unsigned flags, struct space_start *start) {
  struct writer *writer = (struct writer *)txn; /* its first member */
  start->end = env_map_end(env);
  start->map = &env->map;
  start->stores = &env->stores;
  start->pool = &env->pool;
  start->fd = env->fd;
  start->copying = begin_stores(env, txn, env->flags | flags);
  start->writemap = env->flags & MDBX_WRITEMAP;
  start->nomeminit = env->flags & MDBX_NOMEMINIT;
  start->lifo = env->flags & MDBX_LIFORECLAIM;
  start->paths = &writer->recent;
  start->refill = txn_refill;
  start->refill_context = &txn->collector;
  start->cover = env->maps_present ? cover_growth : NULL;
  start->cover_context = env;
  env_tuning(env, &start->tuning);
  start->geometry = meta_geometry(&txn->base);
  env->pool.limit = (unsigned)env_option(env, MDBX_opt_dp_reserve_limit);
  space_begin(&txn->space, start);
  txn->geometry = start->geometry;
}

static int load_trees(MDBX_env *env, MDBX_txn *txn) {
  ASSERT(!txn->main.scratch && !txn->gc.scratch);
  const struct table_record free_pages = meta_gc_record(&txn->base);
  int rc = tree_load(&txn->main, &txn->base.main, txn->base.next, "@MAIN");
  if (rc == MDBX_SUCCESS)
    rc = tree_load(&txn->gc, &free_pages, txn->base.next, "@GC");
  table_use_orders(&txn->main, &env->handles[DBI_MAIN]);
  return rc;
}

/* The list of the head's meta, which nobody writes while the lock is held. A list that this process wrote need not be
 * checked. */
static int begin_gc(MDBX_env *env, MDBX_txn *txn) {
  const struct meta_page *page =
      (const struct meta_page *)(const void *)snapshot_mapped(&txn->space.view, txn->base_slot);
  size_t length = 0;
  const uint8_t *list = meta_list_inside(page, env->page_size, &length);
  const int rc = gc_begin(&txn->collector, &txn->space, &txn->gc, txn->pins.items, txn->pins.length, list, length,
                          env->stores.newest == txn->base_txnid);
  if (list)
    return rc;
  return log_damage(MDBX_CORRUPTED, "%s: the header of meta page %u makes no sense", env->data_path, txn->base_slot);
}

/* After a failure of pending commits, another process's commit may have the id of a commit of this process. */
static void note_failures(MDBX_env *env, MDBX_txn *txn) {
  const uint32_t failures = pending_failures(&env->lck);
  if (txn->failures != failures)
    env->stores.newest = TXNID_NONE;
  txn->failures = failures;
}

int txn_start_locked(MDBX_env *env, unsigned flags, void *context, MDBX_txn *txn) {
  ASSERT(!txn->cursors && txn->env == env);
  struct space_start start;
  tree_release(&txn->main);
  tree_release(&txn->gc);
  note_failures(env, txn);
  int rc = env_read_tip(env, &txn->base, &txn->base_txnid, &txn->base_slot);
  if (rc == MDBX_SUCCESS && txn->base_txnid >= TXNID_MAX)
    rc = MDBX_TXN_FULL;
  if (rc == MDBX_SUCCESS)
    rc = env_check_map_limit(env, txn->base.next);
  if (rc == MDBX_SUCCESS)
    rc = env_snapshot(env, &txn->base, txn->base_txnid, &start.view);
  if (rc == MDBX_SUCCESS)
    rc = load_trees(env, txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  txn->kicks = txn->max_lag = 0;
  txn->max_retained = 0;
  rc = txn_collect_pins(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  begin_space(env, txn, flags, &start);
  rc = begin_gc(env, txn);
  if (rc != MDBX_SUCCESS) {
    gc_end(&txn->collector);
    space_end(&txn->space);
    return rc;
  }
  txn->canary = meta_canary(&txn->base);
  txn->retired = txn->base.retired;
  txn->branch = meta_branch(&txn->base, txn->base_txnid);
  txn->gc_reserve = gc_reserve(&txn->space.view, &txn->gc, txn->collector.list.length);
  txn->canary_changed = txn->geometry_changed = txn->keep_size = false;
  txn->view = &txn->space.view;
  txn->flags = flags & (MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC);
  txn->user_context = context;
  txn->stamp += 1;
  return MDBX_SUCCESS;
}

int txn_begin_write(MDBX_env *env, unsigned flags, void *context, MDBX_txn **result) {
  if (env_is_writing(env))
    return MDBX_BUSY;
  if (env->recovery)
    return MDBX_EPERM;
  const bool locked_before = env_has_locked(env);
  int rc = locked_before ? MDBX_SUCCESS : env_lock_writer_beside_pending(env, flags & MDBX_TXN_TRY);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(!atomic_load(&env->writer_thread));
  /* Before anything changes that a forked child would free: it sees by this that it must not. */
  atomic_store(&env->writer_thread, os_thread_serial());
  MDBX_txn *txn = writer_memory(env);
  ASSERT(!txn || txn->signature != TXN_SIGNATURE);
  rc = txn ? txn_start_locked(env, flags, context, txn) : MDBX_ENOMEM;
  if (rc != MDBX_SUCCESS) {
    atomic_store(&env->writer_thread, 0);
    if (!locked_before)
      env_unlock_writer(env);
    return rc;
  }
  txn->owner = env_thread(env);
  txn->root = txn->innermost = txn;
  txn->generation = os_fork_generation();
  txn->signature = TXN_SIGNATURE;
  env->work = &txn->space;
  VERIFY(txn_verify(txn));
  PROBE2(begin, txn->view->txnid, flags);
  *result = txn;
  return MDBX_SUCCESS;
}

/* ----------------------------------------------------------------------------------------------------------- end */

static void count_pages(MDBX_env *env, struct space_counters *counters) {
  lck_count(&env->lck, LCK_NEWLY, counters->newly);
  lck_count(&env->lck, LCK_COW, counters->cow);
  lck_count(&env->lck, LCK_SPILL, counters->spilled);
  lck_count(&env->lck, LCK_UNSPILL, counters->unspilled);
  lck_count(&env->lck, LCK_WOPS, counters->ahead);
  memset(counters, 0, sizeof(*counters));
}

void txn_drop_work(MDBX_txn *txn) {
  ASSERT(txn->root == txn || !txn->root);
  txn_cursors_unbind_all(txn);
  txn_drop_children(txn);
  count_pages(txn->env, &txn->space.counters);
  gc_end(&txn->collector);
  space_end(&txn->space);
  ASSERT(!txn->cursors && !txn->space.undo);
}

void txn_finish_write(MDBX_txn *txn) {
  ASSERT(txn->root == txn && !txn_is_readonly(txn));
  ASSERT(!txn->owner || txn->owner == os_thread_self());
  MDBX_env *env = txn->env;
  txn_drop_work(txn);
  txn->signature = DEAD_SIGNATURE;
  txn->flags |= MDBX_TXN_FINISHED;
  atomic_store(&env->writer_thread, 0);
  env->work = NULL;
  if (!env->writer_locked_by_user)
    env_unlock_writer(env); /* otherwise mdbx_txn_unlock() releases the lock */
}

void txn_undo_growth(MDBX_txn *txn) {
  ASSERT(!txn_is_readonly(txn));
  if (txn->space.backed <= txn->base.now)
    return;
  if (txn->durable == txn->base_txnid)
    map_shrink_file(&txn->env->map, txn->env->fd, (uint64_t)txn->base.now << txn->view->shift);
  else
    sync_note_long_file(txn->env); /* the durable commit may be a longer one */
}

/* Releases the writer lock, and with it the memory of the transaction. For mdbx_env_close() the transaction has not
 * ended yet. */
static int finish_and_wait(MDBX_txn *txn, const struct ticket *ticket, MDBX_commit_latency *latency) {
  MDBX_env *env = txn->env;
  const uint64_t begun = os_monotonic_16dot16();
  atomic_fetch_add(&env->waiting, 1);
  txn_finish_write(txn);
  const int rc = group_wait(env, ticket, TICKET_FOREVER);
  atomic_fetch_sub(&env->waiting, 1);
  if (latency) {
    latency->shared_wait = (uint32_t)(os_monotonic_16dot16() - begun);
    latency->sync += latency->shared_wait;
    latency->shared_commits = pending_shared(&env->lck);
  }
  return rc;
}

/* A weak commit stands, whatever becomes of the steady point: an error would say that nothing was committed. What has not made the
 * environment fail is tried again by the next commit, and told by mdbx_env_sync(). */
static int outcome_of_seal(const MDBX_env *env, int rc) {
  if (rc == MDBX_SUCCESS || atomic_load(&env->fatal))
    return rc;
  log_error("%s: no steady point could be made after a commit, error %d", env->data_path, rc);
  return MDBX_SUCCESS;
}

/* As above; then does the work that a weak commit leaves (enum seal_chore). */
static int finish_and_seal(MDBX_txn *txn, enum seal_chore chore, MDBX_commit_latency *latency) {
  MDBX_env *env = txn->env;
  const uint64_t begun = latency ? os_monotonic_16dot16() : 0;
  atomic_fetch_add(&env->waiting, 1);
  txn_finish_write(txn);
  const int rc = flusher_take_chore(env, chore) ? MDBX_SUCCESS : outcome_of_seal(env, seal_do_chore(env, chore));
  atomic_fetch_sub(&env->waiting, 1);
  if (latency)
    latency->sync += (uint32_t)(os_monotonic_16dot16() - begun);
  return rc;
}

static void undo_write(MDBX_txn *txn) {
  ASSERT(txn->root == txn && txn->signature == TXN_SIGNATURE);
  txn_undo_growth(txn);
  tables_end(txn, false);
}

void txn_abort_write(MDBX_txn *txn) {
  undo_write(txn);
  txn_finish_write(txn);
}

int txn_abort_by_user(MDBX_txn *txn) {
  const struct commit_wait wait = commit_wait_for_base(txn);
  undo_write(txn);
  if (wait.needed)
    return finish_and_wait(txn, &wait.ticket, NULL);
  txn_finish_write(txn);
  return MDBX_SUCCESS;
}

void txn_conclude(MDBX_txn *txn, int rc) {
  ASSERT(txn->root == txn && txn->innermost == txn);
  const bool committed = rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE;
  if (!committed && !atomic_load(&txn->env->fatal))
    txn_undo_growth(txn);
  tables_end(txn, committed);
}

void txn_end_latency(MDBX_commit_latency *latency, uint64_t begun) {
  if (!latency)
    return;
  const uint32_t parts = latency->preparation + latency->gc_wallclock + latency->write + latency->sync;
  latency->whole = (uint32_t)(os_monotonic_16dot16() - begun);
  latency->ending = latency->whole - MIN_OF(latency->whole, parts);
}

/* Commits or aborts, without releasing the writer lock. MDBX_RESULT_TRUE: the transaction was broken, and is
 * aborted. */
static int commit_or_undo(MDBX_txn *txn, MDBX_commit_latency *latency, struct commit_wait *wait) {
  ASSERT(txn->root == txn && txn->signature == TXN_SIGNATURE);
  ASSERT(!txn->owner || txn->owner == os_thread_self());
  const int ended = txn_end_children(txn, true);
  if (ended != MDBX_SUCCESS || (txn->flags & MDBX_TXN_ERROR)) {
    undo_write(txn);
    return ended == MDBX_SUCCESS ? MDBX_RESULT_TRUE : ended;
  }
  recent_choose(&txn->space);
  const int rc = commit_write(txn, latency, wait);
  if (rc == MDBX_SUCCESS && !wait->needed) /* a pending commit may fail, and another commit may get its id */
    recent_keep(&txn->space);
  txn_conclude(txn, rc);
  return rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc;
}

static uint64_t begin_latency(MDBX_commit_latency *latency) {
  if (!latency)
    return 0;
  memset(latency, 0, sizeof(*latency));
  return os_monotonic_16dot16();
}

int txn_commit_write(MDBX_txn *txn, MDBX_commit_latency *latency) {
  const uint64_t begun = begin_latency(latency);
  struct commit_wait wait = commit_wait_for_base(txn);
  int rc = commit_or_undo(txn, latency, &wait);
  if (wait.needed) {
    const int waited = finish_and_wait(txn, &wait.ticket, latency);
    rc = rc == MDBX_SUCCESS ? waited : rc;
  } else if (rc == MDBX_SUCCESS && wait.chore) {
    rc = finish_and_seal(txn, wait.chore, latency);
  } else {
    txn_finish_write(txn);
  }
  txn_end_latency(latency, begun);
  return rc;
}

int txn_commit_ticket(MDBX_txn *txn, struct ticket *ticket, MDBX_commit_latency *latency) {
  MDBX_env *env = txn->env;
  const uint64_t begun = begin_latency(latency);
  struct commit_wait wait = commit_wait_for_base(txn);
  wait.eager = true;
  int rc = commit_or_undo(txn, latency, &wait);
  if (rc == MDBX_SUCCESS && wait.chore)
    rc = finish_and_seal(txn, wait.chore, latency);
  else
    txn_finish_write(txn);
  *ticket = rc == MDBX_SUCCESS ? wait.ticket : (struct ticket){TXNID_NONE, 0};
  if (rc == MDBX_SUCCESS)
    flusher_wake(env);
  txn_end_latency(latency, begun);
  return rc;
}

/* ------------------------------------------------------------------------------------------------------ spilling */

static int spill(MDBX_txn *txn) {
  int rc = commit_check_lock(txn);
  if (rc == MDBX_SUCCESS)
    rc = txn_cursors_detach(txn, NULL, NULL);
  return rc == MDBX_SUCCESS ? space_spill(&txn->space, txn->space.tuning.dirty_kept) : rc;
}

int txn_make_room(MDBX_txn *txn, struct tree *tree, bool deleting) {
  txn = txn->root;
  ASSERT(!txn_is_readonly(txn) && (!txn->owner || txn->owner == os_thread_self()));
  AUDIT(txn_verify(txn));
  const int claimed = tree ? table_claim(txn, tree) : MDBX_SUCCESS;
  if (unlikely(claimed != MDBX_SUCCESS))
    return claimed;
  struct space *space = &txn->space;
  /* The pages that the commit needs for table 0, for the records of named tables, and for the lists of retired
   * pages. */
  const uint32_t for_records = tree && tree != &txn->main ? txn->main.record.depth + 1u : 0;
  const uint32_t commit_needs =
      txn->gc_reserve + for_records + (uint32_t)(space->retired.length * 16 >> space->view.shift);
  /* The pages that a later delete needs to begin: a copy of a path, which may be longer by then. */
  const uint32_t depth = tree ? tree->record.depth : txn->main.record.depth;
  /* The nested tree of a key is not known yet; a deeper one than this has more values than a file has pages. */
  const uint32_t nested = tree && tree_is_multi(tree) ? 6 : 0;
  const uint32_t delete_needs = depth ? depth + 2 + nested : 1;
  space_set_reserve(space, commit_needs + (deleting ? 0 : delete_needs));
  if (likely(space->dirty.pages < space->tuning.dirty_limit || space->writemap))
    return MDBX_SUCCESS;
  return spill(txn);
}

int txn_begin_ahead(MDBX_txn *txn) {
  txn = txn->root;
  struct space *space = &txn->space;
  const unsigned flags = txn->env->flags | txn->flags;
  if (space->writemap || !(space->spilled || (flags & (MDBX_SAFE_NOSYNC | MDBX_NOMETASYNC))))
    return MDBX_SUCCESS;
  const int rc = commit_check_lock(txn);
  space->ahead = rc == MDBX_SUCCESS;
  return rc;
}

void txn_end_ahead(MDBX_txn *txn) { txn->root->space.ahead = false; }

/* ------------------------------------------------------------------------------------------------------- canary */

void txn_set_canary(MDBX_txn *txn, const MDBX_canary *canary) {
  MDBX_canary *own = &txn->root->canary;
  ASSERT(!txn_is_readonly(txn));
  if (canary && own->x == canary->x && own->y == canary->y && own->z == canary->z)
    return;
  if (canary)
    *own = *canary;
  own->v = txn->view->txnid;
  txn->root->canary_changed = true;
}

int txn_set_sequence(MDBX_txn *txn, struct tree *tree, uint64_t sequence) {
  ASSERT(!txn_is_readonly(txn) && tree != &txn->root->gc);
  const int rc = table_claim(txn, tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  tree->record.sequence = sequence;
  tree->record.mod_txnid = txn->view->txnid;
  tree->changed = true;
  return MDBX_SUCCESS;
}
