/* SPDX-License-Identifier: Apache-2.0 */
/* Distances that are estimated. */
#include "api/api.h"
#include "tree/distance.h"

static int estimate(const struct cursor *from, const struct cursor *to, ptrdiff_t *distance) {
  int64_t items;
  const int rc = cursor_estimate(from, to, &items);
  if (rc == MDBX_SUCCESS)
    *distance = (ptrdiff_t)items;
  return rc;
}

int mdbx_estimate_distance(const MDBX_cursor *first, const MDBX_cursor *last, ptrdiff_t *distance) {
  struct cursor from, to;
  if (!distance)
    return MDBX_EINVAL;
  *distance = 0;
  int rc = api_check_bound(first);
  if (rc == MDBX_SUCCESS)
    rc = api_check_bound(last);
  if (rc == MDBX_SUCCESS)
    rc = api_check_related(first, last);
  if (rc == MDBX_SUCCESS)
    rc = cursor_place(api_cursor_core(first), &from);
  if (rc == MDBX_SUCCESS)
    rc = cursor_place(api_cursor_core(last), &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
}

/* Where a move would end. One that goes past the last record ends behind it. */
static int place_after_move(const MDBX_cursor *cur, MDBX_val *key, MDBX_val *data, MDBX_cursor_op op,
                            struct cursor *place) {
  struct cursor moved = *api_cursor_core(cur);
  const int rc = cursor_get(&moved, key, data, op);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE && !(rc == MDBX_NOTFOUND && moved.state == CURSOR_BEHIND))
    return rc;
  return cursor_place(&moved, place);
}

int mdbx_estimate_move(const MDBX_cursor *cur, MDBX_val *key, MDBX_val *data, MDBX_cursor_op move_op,
                       ptrdiff_t *distance) {
  struct cursor from, to;
  int rc = api_check_bound(cur);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!distance || move_op == MDBX_GET_CURRENT || move_op == MDBX_GET_MULTIPLE)
    return MDBX_EINVAL;
  *distance = 0;
  rc = cursor_place(api_cursor_core(cur), &from);
  if (rc == MDBX_SUCCESS)
    rc = api_check_op(cur, key, data, move_op);
  if (rc == MDBX_SUCCESS)
    rc = place_after_move(cur, key, data, move_op, &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
}

/* ----------------------------------------------------------------------------------------------------------- ranges */

struct range {
  const MDBX_txn *txn;
  struct tree *tree;
  const MDBX_val *begin_key, *begin_data, *end_key, *end_data;
  bool one_key; /* both keys are the same */
};

static void start_cursor(const struct range *range, struct cursor *cursor) {
  cursor_init(cursor);
  cursor_attach(cursor, range->txn->view, range->tree, NULL);
}

static int check_end(const struct range *range, const MDBX_val *key, const MDBX_val *data) {
  struct seek_key unused;
  if (!key)
    return data ? MDBX_EINVAL : MDBX_SUCCESS;
  const int rc = api_store_key(range->txn, range->tree, key, &unused);
  return rc == MDBX_SUCCESS && data && tree_is_multi(range->tree) ? api_value(range->txn, range->tree, data) : rc;
}

/* The key of the first or last record. */
static int find_edge_key(const struct range *range, bool last, MDBX_val *key) {
  struct cursor cursor;
  start_cursor(range, &cursor);
  return cursor_get(&cursor, key, NULL, last ? MDBX_LAST : MDBX_FIRST);
}

/* MDBX_EPSILON takes the key of the other end. MDBX_NOTFOUND: that is the edge of an empty table. */
static int resolve_epsilon(struct range *range, MDBX_val *edge) {
  const bool begin = range->begin_key == MDBX_EPSILON, end = range->end_key == MDBX_EPSILON;
  int rc = MDBX_SUCCESS;
  if (begin && end)
    return MDBX_EINVAL;
  if (begin || end) {
    const MDBX_val *other = begin ? range->end_key : range->begin_key;
    if (!other)
      rc = find_edge_key(range, begin, edge);
    range->begin_key = range->end_key = other ? other : edge;
    range->one_key = true;
  }
  return rc;
}

static const void *bytes_of(const MDBX_val *val) { return val->iov_len ? val->iov_base : ""; }

static bool keys_equal(const struct range *range) {
  const MDBX_val *a = range->begin_key, *b = range->end_key;
  return a && b && key_compare_raw(&range->tree->rules, bytes_of(a), a->iov_len, bytes_of(b), b->iov_len) == 0;
}

/* The values of the only key are counted, not estimated. */
static int count_key(const struct range *range, ptrdiff_t *distance) {
  struct cursor cursor;
  MDBX_val key = *range->begin_key;
  uint64_t count = 0;
  start_cursor(range, &cursor);
  int rc = cursor_get(&cursor, &key, NULL, MDBX_SET);
  if (rc == MDBX_SUCCESS)
    rc = cursor_count_values(&cursor, &count);
  *distance = (ptrdiff_t)count;
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

static MDBX_cursor_op op_of_end(const struct range *range, const MDBX_val *key, const MDBX_val *data, bool end) {
  if (!key)
    return end ? MDBX_LAST : MDBX_FIRST;
  if (!data && end && range->one_key)
    return MDBX_TO_KEY_GREATER_THAN;
  return data && tree_is_multi(range->tree) ? MDBX_SET_LOWERBOUND : MDBX_SET_RANGE;
}

static int place_end(const struct range *range, const MDBX_val *key, const MDBX_val *data, bool end,
                     struct cursor *place) {
  struct cursor cursor;
  MDBX_val sought = key ? *key : (MDBX_val){NULL, 0}, value = {NULL, 0};
  static const MDBX_val nothing = {(void *)(uintptr_t) "", 0};
  if (data)
    value = data->iov_base ? *data : nothing;
  start_cursor(range, &cursor);
  const int rc = cursor_get(&cursor, &sought, &value, op_of_end(range, key, data, end));
  if (rc == MDBX_NOTFOUND || (end && !key && rc == MDBX_SUCCESS)) {
    cursor.state = CURSOR_BEHIND;
    cursor.in_set = false;
  }
  return rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_NOTFOUND ? cursor_place(&cursor, place) : rc;
}

static int estimate_range(const struct range *range, ptrdiff_t *distance) {
  struct cursor from, to;
  if (!range->begin_key && !range->end_key) {
    *distance = (ptrdiff_t)range->tree->record.items;
    return MDBX_SUCCESS;
  }
  if (range->one_key && !range->begin_data && !range->end_data)
    return count_key(range, distance);
  int rc = place_end(range, range->begin_key, range->begin_data, false, &from);
  if (rc == MDBX_SUCCESS)
    rc = place_end(range, range->end_key, range->end_data, true, &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
}

int mdbx_estimate_range(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *begin_key, const MDBX_val *begin_data,
                        const MDBX_val *end_key, const MDBX_val *end_data, ptrdiff_t *distance) {
  struct range range = {txn, NULL, begin_key, begin_data, end_key, end_data, false};
  MDBX_val edge;
  int rc = api_tree(txn, dbi, &range.tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!distance)
    return MDBX_EINVAL;
  *distance = 0;
  rc = resolve_epsilon(&range, &edge);
  if (rc == MDBX_NOTFOUND)
    return MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = check_end(&range, range.begin_key, begin_data);
  if (rc == MDBX_SUCCESS)
    rc = check_end(&range, range.end_key, end_data);
  if (rc != MDBX_SUCCESS)
    return rc;
  range.one_key = range.one_key || keys_equal(&range);
  return estimate_range(&range, distance);
}
