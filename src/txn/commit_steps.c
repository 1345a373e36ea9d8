/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/commit_steps.h"

#include "base/log.h"
#include "env/options.h"
#include "space/writeout.h"

#if MDBX_DEBUG
static void check_step_before_meta(const struct commit *commit, enum meta_kind kind) {
  ASSERT(commit->step == STEP_PAGES || commit->step == STEP_PAGES_FLUSHED); /* C2 */
  ASSERT(kind != META_STEADY || commit->step == STEP_PAGES_FLUSHED);        /* C3 */
}
#else
#define check_step_before_meta(commit, kind) ((void)(commit))
#endif

int commit_check_lock(const MDBX_txn *txn) {
  MDBX_env *env = txn->env;
  if (likely(lck_writer_is_mine(&env->lck)))
    return MDBX_SUCCESS;
  atomic_store(&env->fatal, true);
  log_error(
      "%s: the writer lock was lost: the lock file's locks of this process were given up; transaction %llu is dropped",
      env->data_path, (unsigned long long)txn->view->txnid);
  return MDBX_PANIC;
}

void commit_read_slots(const struct commit *commit, txnid_t txnids[META_COUNT]) {
  for (unsigned i = 0; i < META_COUNT; ++i) {
    const struct page *header = snapshot_mapped(&commit->txn->space.view, i);
    txnids[i] = header->flags == P_META ? header->txnid : TXNID_NONE;
  }
}

int commit_write_pages(struct commit *commit) {
  ASSERT(commit->count == commit->txn->space.dirty.used);
  struct space *space = &commit->txn->space;
  const int rc = commit_check_lock(commit->txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  commit_step_to(commit, STEP_PAGES);
  lck_count(&commit->env->lck, LCK_WOPS, commit->count);
  return writeout_pages(space, commit->list, commit->count);
}

/* The mapping through which a meta that nobody flushes goes to the file; NULL: it is written by a call. */
static char *mapping_for_meta(const struct commit *commit, enum meta_kind kind) {
  const struct space *space = &commit->txn->space;
  if (kind != META_WEAK)
    return NULL;
  if (space->writemap)
    return env_option(commit->env, MDBX_opt_write_by_calls) ? NULL : map_base(space->map);
  return space->copying && stores_may_copy(space->stores, commit->slot, 1) ? space->stores->base : NULL;
}

int commit_write_meta(struct commit *commit, enum meta_kind kind, const struct meta_manifest *manifest,
                      unsigned entries) {
  const struct gc_list *list = &commit->txn->collector.list;
  const struct meta_tail tail = {manifest, entries, list->bytes, list->length};
  int rc = commit_check_lock(commit->txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  ASSERT(kind == META_WEAK || commit->durability != COMMIT_WEAK); /* C3 */
  ASSERT(kind != META_MANIFEST || commit->durability == COMMIT_GROUPED ||
         commit->txn->base_txnid == commit->txn->durable); /* C4 */
  ASSERT(kind != META_MANIFEST || entries == commit->inherited + commit->count);
  ASSERT(commit->durability == COMMIT_GROUPED || commit->slot != commit->txn->base_slot); /* C1 */
  check_step_before_meta(commit, kind);
  commit_step_to(commit, STEP_META);
  commit->meta.kind = kind;
  meta_build(commit->page, commit->env->page_size, commit->slot, commit->txn->view->txnid, &commit->meta, &tail);
  commit->point_of_no_return = true;
  char *base = mapping_for_meta(commit, kind);
  if (base)
    return meta_store(base, commit->env->fd, commit->page, commit->env->page_size);
  rc = meta_write(commit->env->fd, commit->page, commit->env->page_size);
  if (rc == MDBX_SUCCESS)
    stores_note(commit->txn->space.stores, commit->slot, 1);
  return rc;
}

/* Behind what is inherited, when the pages have been written, and so have their checksums. */
void commit_list_own_pages(struct commit *commit) {
  struct meta_manifest *entry = commit->page->manifest + commit->inherited;
  for (size_t i = 0; i < commit->count; ++i) {
    const uint64_t checksum = commit->list[i].page->checksum;
    *entry++ = (struct meta_manifest){commit->list[i].pgno, (uint32_t)checksum, (uint32_t)(checksum >> 32)};
  }
}

int commit_write_manifest(struct commit *commit) {
  return commit_write_meta(commit, META_MANIFEST, commit->page->manifest,
                           (unsigned)(commit->inherited + commit->count));
}

void commit_vouch(const struct commit *commit) {
  const struct snapshot *view = commit->txn->view;
  for (size_t i = 0; i < commit->count; ++i)
    snapshot_vouch(view, commit->list[i].pgno, view->txnid);
}
