/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors. */
#include "api/api.h"

#include "tree/cursor_ops.h"
#include "txn/table.h"
#include "txn/txn_cursor.h"
#include "txn/txn_multiple.h"
#include "txn/txn_nested.h"

#include <limits.h>
#include <stdlib.h>

static int check_cursor(const MDBX_cursor *cursor) {
  if (unlikely(!cursor))
    return MDBX_EINVAL;
  return likely(cursor->signature == CURSOR_SIGNATURE) ? MDBX_SUCCESS : MDBX_EBADSIGN;
}

/* Checks that the cursor is bound to a transaction that may be used. */
static int check_bound(const MDBX_cursor *cursor) {
  const int rc = check_cursor(cursor);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!cursor->txn))
    return MDBX_EINVAL;
  const int checked = txn_check(cursor->txn->innermost);
  return checked == MDBX_SUCCESS && unlikely(txn_cursor_is_stray(cursor)) ? MDBX_BAD_DBI : checked;
}

int api_check_bound(const MDBX_cursor *cursor) { return check_bound(cursor); }

int api_cursor_for_write(const MDBX_cursor *cursor) {
  const int rc = check_cursor(cursor);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (unlikely(!cursor->txn))
    return MDBX_EINVAL;
  if (cursor->dbi == DBI_GC)
    return MDBX_EACCESS;
  const int checked = txn_check_write(cursor->txn->innermost);
  return checked == MDBX_SUCCESS && unlikely(txn_cursor_is_stray(cursor)) ? MDBX_BAD_DBI : checked;
}

/* -------------------------------------------------------------------------------------------------------- lifetime */

MDBX_cursor *mdbx_cursor_create(void *ctx) {
  MDBX_cursor *cursor = calloc(1, sizeof(*cursor));
  if (!cursor)
    return NULL;
  cursor->signature = CURSOR_SIGNATURE;
  cursor->user_context = ctx;
  cursor_init(&cursor->core);
  return cursor;
}

int mdbx_cursor_bind(MDBX_txn *txn, MDBX_cursor *cur, MDBX_dbi dbi) {
  int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS)
    rc = txn_check_for_info(txn, MDBX_TXN_ERROR);
  return rc == MDBX_SUCCESS ? table_bind_cursor(txn, cur, dbi) : rc;
}

int mdbx_cursor_open(MDBX_txn *txn, MDBX_dbi dbi, MDBX_cursor **cur) {
  if (!cur)
    return MDBX_EINVAL;
  *cur = NULL;
  MDBX_cursor *cursor = mdbx_cursor_create(NULL);
  if (!cursor)
    return MDBX_ENOMEM;
  const int rc = mdbx_cursor_bind(txn, cursor, dbi);
  if (rc != MDBX_SUCCESS) {
    free(cursor);
    return rc;
  }
  *cur = cursor;
  return MDBX_SUCCESS;
}

int mdbx_cursor_renew(MDBX_txn *txn, MDBX_cursor *cur) {
  const int rc = check_cursor(cur);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!cur->ever_bound)
    return MDBX_BAD_DBI;
  return mdbx_cursor_bind(txn, cur, cur->dbi);
}

int mdbx_cursor_unbind(MDBX_cursor *cur) {
  int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS && cur->txn)
    rc = txn_check_handle(cur->txn);
  if (rc == MDBX_SUCCESS && txn_cursor_is_outer(cur))
    rc = MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    txn_cursor_unbind(cur);
  return rc;
}

int mdbx_cursor_reset(MDBX_cursor *cur) {
  const int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS)
    cursor_unset(&cur->core);
  return rc;
}

int mdbx_cursor_close2(MDBX_cursor *cur) {
  int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS && cur->txn)
    rc = txn_check_handle(cur->txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (cur->txn)
    txn_forget_cursor(cur);
  txn_cursor_unbind(cur);
  cursor_destroy(&cur->core);
  cur->signature = DEAD_SIGNATURE;
  free(cur);
  return MDBX_SUCCESS;
}

void mdbx_cursor_close(MDBX_cursor *cur) {
  if (cur && mdbx_cursor_close2(cur) != MDBX_SUCCESS)
    mdbx_assert_fail("mdbx_cursor_close() of a cursor that is dead or in use by another thread", __func__, __LINE__);
}

int mdbx_cursor_set_userctx(MDBX_cursor *cur, void *ctx) {
  const int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS)
    cur->user_context = ctx;
  return rc;
}

void *mdbx_cursor_get_userctx(const MDBX_cursor *cur) {
  return check_cursor(cur) == MDBX_SUCCESS ? cur->user_context : NULL;
}

MDBX_txn *mdbx_cursor_txn(const MDBX_cursor *cur) {
  return check_cursor(cur) == MDBX_SUCCESS && cur->txn ? cur->txn->innermost : NULL;
}

MDBX_dbi mdbx_cursor_dbi(const MDBX_cursor *cur) {
  return check_cursor(cur) == MDBX_SUCCESS && cur->txn ? cur->dbi : UINT_MAX;
}

int mdbx_cursor_copy(const MDBX_cursor *src, MDBX_cursor *dest) {
  int rc = check_bound(src);
  if (rc == MDBX_SUCCESS)
    rc = check_cursor(dest);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (src == dest)
    return MDBX_EINVAL;
  rc = table_bind_cursor(src->txn, dest, src->dbi);
  return rc == MDBX_SUCCESS ? cursor_copy_position(&src->core, &dest->core) : rc;
}

int mdbx_cursor_compare(const MDBX_cursor *left, const MDBX_cursor *right, bool keys_only) {
  int order = 0;
  if (check_bound(left) != MDBX_SUCCESS || check_bound(right) != MDBX_SUCCESS)
    return 0;
  return cursor_compare_positions(api_cursor_core(left), api_cursor_core(right), keys_only, &order) == MDBX_SUCCESS
             ? order
             : 0;
}

int mdbx_cursor_ignord(MDBX_cursor *cur) {
  const int rc = check_bound(cur);
  if (rc == MDBX_SUCCESS)
    cursor_ignore_order(&cur->core);
  return rc;
}

/* --------------------------------------------------------------------------------------------------------- reading */

int mdbx_cursor_get(MDBX_cursor *cur, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op) {
  const int rc = check_bound(cur);
  if (unlikely(rc != MDBX_SUCCESS))
    return rc;
  if (key && data && cursor_step(&cur->core, op, key, data))
    return MDBX_SUCCESS;
  return cursor_get(&cur->core, key, data, op);
}

int mdbx_cursor_count_ex(const MDBX_cursor *cur, size_t *count, MDBX_stat *stat, size_t bytes) {
  uint64_t values;
  struct table_record nested;
  int rc = check_bound(cur);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((!count && !stat) || (stat && bytes != sizeof(*stat)))
    return MDBX_EINVAL;
  rc = cursor_count_values(api_cursor_core(cur), &values);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (count)
    *count = (size_t)values;
  if (!stat)
    return MDBX_SUCCESS;
  rc = cursor_nested_record(api_cursor_core(cur), &nested);
  *stat = (MDBX_stat){.ms_psize = (uint32_t)cur->txn->view->page_size,
                      .ms_depth = nested.depth,
                      .ms_branch_pages = nested.branch_pages,
                      .ms_leaf_pages = nested.leaf_pages,
                      .ms_entries = values,
                      .ms_mod_txnid = nested.mod_txnid};
  return rc;
}

int mdbx_cursor_count(const MDBX_cursor *cur, size_t *count) { return mdbx_cursor_count_ex(cur, count, NULL, 0); }

int mdbx_cursor_eof(const MDBX_cursor *cur) {
  const int rc = check_bound(cur);
  return rc == MDBX_SUCCESS ? cursor_at_end(api_cursor_core(cur)) : rc;
}

static int on_edge(const MDBX_cursor *cur, bool last) {
  const int rc = check_bound(cur);
  return rc == MDBX_SUCCESS ? cursor_on_edge(api_cursor_core(cur), last) : rc;
}

int mdbx_cursor_on_first(const MDBX_cursor *cur) { return on_edge(cur, false); }

int mdbx_cursor_on_last(const MDBX_cursor *cur) { return on_edge(cur, true); }

static int on_value_edge(const MDBX_cursor *cursor, bool last) {
  const int rc = check_bound(cursor);
  return rc == MDBX_SUCCESS ? cursor_on_value_edge(api_cursor_core(cursor), last) : rc;
}

int mdbx_cursor_on_first_dup(const MDBX_cursor *cur) { return on_value_edge(cur, false); }

int mdbx_cursor_on_last_dup(const MDBX_cursor *cur) { return on_value_edge(cur, true); }

int mdbx_cursor_get_batch(MDBX_cursor *cur, size_t *count, MDBX_val *pairs, size_t limit, MDBX_cursor_op op) {
  int rc = check_bound(cur);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!count || !pairs || limit < 4 || (op != MDBX_FIRST && op != MDBX_NEXT))
    return MDBX_EINVAL;
  return cursor_get_batch(&cur->core, count, pairs, limit, op);
}

/* Calls the predicate for one record after another. */
static int scan(MDBX_cursor *cur, MDBX_predicate_func pred, void *ctx, MDBX_val *key, MDBX_val *value,
                MDBX_cursor_op op, MDBX_cursor_op turn_op, void *arg) {
  for (;;) {
    int rc = mdbx_cursor_get(cur, key, value, op);
    if (rc == MDBX_NOTFOUND)
      return MDBX_RESULT_FALSE;
    if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
      return rc;
    rc = pred(ctx, key, value, arg);
    if (rc != MDBX_RESULT_FALSE)
      return rc;
    op = turn_op;
  }
}

int mdbx_cursor_scan(MDBX_cursor *cur, MDBX_predicate_func pred, void *ctx, MDBX_cursor_op start_op,
                     MDBX_cursor_op turn_op, void *arg) {
  MDBX_val key = {NULL, 0}, value = {NULL, 0};
  if (!pred || !cursor_op_is(turn_op, OP_TURNS) || cursor_op_is(start_op, OP_KEY_ALONE))
    return MDBX_EINVAL;
  return scan(cur, pred, ctx, &key, &value, start_op, turn_op, arg);
}

int mdbx_cursor_scan_from(MDBX_cursor *cur, MDBX_predicate_func pred, void *ctx, MDBX_cursor_op from_op,
                          MDBX_val *from_key, MDBX_val *from_value, MDBX_cursor_op turn_op, void *arg) {
  MDBX_val value = {NULL, 0};
  if (!pred || !from_key || !cursor_op_is(turn_op, OP_TURNS) || !cursor_op_is(from_op, OP_KEY_ALONE | OP_VALUE))
    return MDBX_EINVAL;
  return scan(cur, pred, ctx, from_key, from_value ? from_value : &value, from_op, turn_op, arg);
}

/* --------------------------------------------------------------------------------------------------------- writing */

int mdbx_cursor_put(MDBX_cursor *cur, const MDBX_val *key, MDBX_val *data, MDBX_put_flags_t flags) {
  int rc = api_cursor_for_write(cur);
  if (rc != MDBX_SUCCESS)
    return api_put_refused(data, flags, rc);
  if (!key || !data)
    return MDBX_EINVAL;
  const struct txn_change change = txn_change_by(cur);
  rc = api_put_flags(change.tree, flags);
  if (rc != MDBX_SUCCESS)
    return rc;
  return flags & MDBX_MULTIPLE ? txn_put_multiple(&change, key, data, flags) : txn_put(&change, key, data, flags);
}

int mdbx_cursor_del(MDBX_cursor *cur, MDBX_put_flags_t flags) {
  const int rc = api_cursor_for_write(cur);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flags & ~(unsigned)(MDBX_ALLDUPS | MDBX_NODUPDATA | MDBX_CURRENT))
    return MDBX_EINVAL;
  return txn_cursor_delete(cur, flags & (MDBX_ALLDUPS | MDBX_NODUPDATA));
}
