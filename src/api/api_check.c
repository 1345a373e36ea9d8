/* SPDX-License-Identifier: Apache-2.0 */
/* The checker, the account of free pages, and numbers as text. */
#include "api/api.h"

#include "service/check.h"
#include "service/check_report.h"
#include "service/page_walk.h"
#include "service/rescue.h"

#include <stdio.h>
#include <stdlib.h>

int mdbx_env_chk(MDBX_env *env, const MDBX_chk_callbacks_t *cb, MDBX_chk_context_t *ctx, const MDBX_chk_flags_t flags,
                 MDBX_chk_severity_t verbosity, unsigned timeout_seconds_16dot16) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!cb || !ctx)
    return MDBX_EINVAL;
  return check_database(env, cb, ctx, flags, verbosity, timeout_seconds_16dot16);
}

int mdbx_env_chk_encount_problem(MDBX_chk_context_t *ctx) { return check_note_issue(ctx); }

int mdbx_env_chk_key(const MDBX_chk_context_t *ctx, MDBX_val *key) {
  if (!ctx || !key || !ctx->internal)
    return MDBX_EINVAL;
  if (!ctx->internal->key)
    return MDBX_NOTFOUND;
  *key = *ctx->internal->key;
  return MDBX_SUCCESS;
}

int mdbx_env_pgwalk(MDBX_txn *txn, MDBX_pgvisitor_func *visitor, void *ctx) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  return visitor ? page_walk(txn, visitor, ctx) : MDBX_EINVAL;
}

int mdbx_rescue(MDBX_txn *txn, const MDBX_rescue_callbacks_t *callbacks, void *ctx) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!txn_is_reader(txn) || !callbacks || !callbacks->table_begin || !callbacks->loss || !callbacks->record ||
      !callbacks->table_end)
    return MDBX_EINVAL;
  return rescue_tables(txn, callbacks, ctx);
}

/* ------------------------------------------------------------------------------------------------------ free pages */

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
  return account->each(account->context, account->txn, reclaimable ? 0 : key->number, pgno, pages,
                       reclaimable);
}

/* The list of the snapshot's meta; that of an older reader may be gone. */
static int account_list(const MDBX_txn *txn, struct gc_account *account) {
  const MDBX_txn *root = txn->root;
  struct meta_page *page;
  size_t length;
  int rc = env_find_meta(txn->env, txn_is_reader(txn) ? txn->view->txnid : root->base_txnid, &page);
  if (rc != MDBX_SUCCESS)
    return rc == MDBX_RESULT_TRUE ? MDBX_NOTFOUND : rc;
  const uint8_t *list = meta_list_of(page, &length);
  rc = length ? gc_visit_list(txn->view, list, length, account_run, account) : MDBX_NOTFOUND;
  free(page);
  return rc;
}

int mdbx_gc_info(MDBX_txn *txn, MDBX_gc_info_t *info, size_t bytes, MDBX_gc_iter_func iter_func, void *iter_ctx) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!info || bytes != sizeof(*info))
    return MDBX_EINVAL;
  memset(info, 0, sizeof(*info));
  const struct geometry *geometry = txn_is_reader(txn) ? &txn->geometry : &txn->root->space.geometry;
  const txnid_t newest = lck_head_txnid(lck_head(&txn->env->lck));
  info->pages_total = geometry->upper;
  info->pages_backed = geometry->now;
  info->pages_allocated = txn->view->limit;
  info->pages_gc = txn->root->gc.record.branch_pages + txn->root->gc.record.leaf_pages;
  info->max_reader_lag = (size_t)(newest - MIN_OF(readers_oldest(&txn->env->lck), newest));
  struct gc_account account = {txn, info, iter_func, iter_ctx};
  const int listed = account_list(txn, &account);
  if (listed != MDBX_SUCCESS && listed != MDBX_NOTFOUND)
    return listed;
  if (tree_is_empty(&txn->root->gc))
    return listed;
  return gc_visit(txn->view, &txn->root->gc, account_run, &account);
}

/* ------------------------------------------------------------------------------------------------- numbers as text */

/* The next digit behind the point: ten times the rest by the denominator, without the 128 bits that not all machines have. */
static int next_digit(uint64_t *rest, uint64_t denominator) {
  const uint64_t missing = denominator - *rest;
  uint64_t left = 0;
  int digit = 0;
  for (int i = 0; i < 10; ++i)
    if (left >= missing) {
      left -= missing;
      ++digit;
    } else
      left += *rest;
  *rest = left;
  return digit;
}

const char *mdbx_ratio2digits(const uint64_t numerator, const uint64_t denominator, int precision, char *const buffer,
                              size_t buffer_size) {
  if (!denominator)
    return numerator ? "infinity" : "nan";
  if (!buffer || buffer_size < 42 || precision < 0 || precision > 19)
    return "bad arguments";
  uint64_t rest = numerator % denominator;
  int out = snprintf(buffer, buffer_size, "%llu", (unsigned long long)(numerator / denominator));
  if (precision)
    buffer[out++] = '.';
  for (int i = 0; i < precision; ++i)
    buffer[out++] = (char)('0' + next_digit(&rest, denominator));
  buffer[out] = '\0';
  return buffer;
}

const char *mdbx_ratio2percents(uint64_t value, uint64_t whole, char *buffer, size_t buffer_size) {
  if (!whole)
    return value ? "infinity" : "nan";
  if (!buffer || buffer_size < 42)
    return "bad arguments";
  const double percents = (double)value * 100.0 / (double)whole;
  snprintf(buffer, buffer_size, "%.*f%%", percents < 1 ? 3 : percents < 10 ? 2 : 1, percents);
  return buffer;
}
