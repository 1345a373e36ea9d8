/* SPDX-License-Identifier: Apache-2.0 */
/* Distances that are estimated. */
#include "api/api.h"

#include "tree/distance.h"
#include "tree/estimate_range.h"

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
    rc = cursor_position(api_cursor_core(first), &from);
  if (rc == MDBX_SUCCESS)
    rc = cursor_position(api_cursor_core(last), &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
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
  rc = cursor_position(api_cursor_core(cur), &from);
  if (rc == MDBX_SUCCESS)
    rc = cursor_position_after(api_cursor_core(cur), key, data, move_op, &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
}

int mdbx_estimate_range(const MDBX_txn *txn, MDBX_dbi dbi, const MDBX_val *begin_key, const MDBX_val *begin_data,
                        const MDBX_val *end_key, const MDBX_val *end_data, ptrdiff_t *distance) {
  const struct key_range range = {begin_key, begin_data, end_key, end_data};
  struct tree *tree;
  const int rc = api_tree(txn, dbi, &tree);
  if (rc != MDBX_SUCCESS)
    return rc;
  return distance ? tree_estimate_range(txn->view, tree, &range, distance) : MDBX_EINVAL;
}
