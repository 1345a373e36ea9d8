/* SPDX-License-Identifier: Apache-2.0 */
#include "service/free_pages.h"

#include "env/env_view.h"
#include "service/check_report.h"

#include <stdlib.h>

struct gc_account {
  const MDBX_txn *txn;
  MDBX_gc_info_t *info;
  MDBX_gc_iter_func each;
  void *context;
};

static int account_run(void *context, const struct gc_key *key, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct gc_account *account = context;
  const bool reclaimable = gc_run_is_free(key, birth);
  account->info->pages_gc += pages;
  if (reclaimable) {
    account->info->gc_reclaimable.pages += pages;
    report_histogram_add(&account->info->gc_reclaimable.span_histogram, pages);
    report_histogram_add(&account->info->gc_reclaimable.pgno_distribution, pgno);
  }
  if (!account->each)
    return MDBX_SUCCESS;
  return account->each(account->context, account->txn, reclaimable ? 0 : key->number, pgno, pages, reclaimable);
}

/* The list of the snapshot's meta; that of an older reader may have been overwritten. */
static int account_list(const MDBX_txn *txn, struct gc_account *account) {
  struct meta_page *page;
  size_t length;
  int rc = env_find_meta(txn->env, txn_is_reader(txn) ? txn->view->txnid : txn->root->base_txnid, &page);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_NOTFOUND : rc;
  const uint8_t *list = meta_list_of(page, &length);
  rc = length ? gc_visit_list(txn->view, list, length, account_run, account) : MDBX_NOTFOUND;
  free(page);
  return rc;
}

int free_pages_tell(const MDBX_txn *txn, MDBX_gc_info_t *info, MDBX_gc_iter_func each, void *context) {
  const struct tree *gc = &txn->root->gc;
  const struct geometry *geometry = txn_is_reader(txn) ? &txn->geometry : &txn->root->space.geometry;
  const txnid_t newest = lck_head_txnid(lck_head(&txn->env->lck));
  memset(info, 0, sizeof(*info));
  info->pages_total = geometry->upper;
  info->pages_backed = geometry->now;
  info->pages_allocated = txn->view->limit;
  info->pages_gc = gc->record.branch_pages + gc->record.leaf_pages;
  info->max_reader_lag = (size_t)(newest - MIN_OF(readers_oldest(&txn->env->lck), newest));
  struct gc_account account = {txn, info, each, context};
  const int listed = account_list(txn, &account);
  if ((listed != MDBX_SUCCESS && listed != MDBX_NOTFOUND) || tree_is_empty(gc))
    return listed;
  return gc_visit(txn->view, gc, account_run, &account);
}
