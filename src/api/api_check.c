/* SPDX-License-Identifier: Apache-2.0 */
/* The checker, the account of free pages, and numbers as text. */
#include "api/api.h"

#include "service/check.h"
#include "service/check_report.h"
#include "service/free_pages.h"
#include "service/page_walk.h"
#include "service/rescue.h"

#include <stdio.h>

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

int mdbx_gc_info(MDBX_txn *txn, MDBX_gc_info_t *info, size_t bytes, MDBX_gc_iter_func iter_func, void *iter_ctx) {
  const int rc = txn_check(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!info || bytes != sizeof(*info))
    return MDBX_EINVAL;
  return free_pages_tell(txn, info, iter_func, iter_ctx);
}

/* ------------------------------------------------------------------------------------------------- numbers as text */

/* The next digit after the point: ten times the remainder divided by the denominator, without 128-bit arithmetic, which
 * not all machines have. */
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
