/* SPDX-License-Identifier: Apache-2.0 */
/* Distances between cursors that are counted, and moves by them. */
#include "api/api.h"

#include "tree/distance.h"

int api_check_related(const MDBX_cursor *a, const MDBX_cursor *b) {
  if (a->dbi != b->dbi)
    return MDBX_EINVAL;
  if (a->txn == b->txn)
    return MDBX_SUCCESS;
  const struct snapshot *left = a->txn->view, *right = b->txn->view;
  const bool readers = txn_is_reader(a->txn) && txn_is_reader(b->txn);
  return readers && left->base == right->base && left->txnid == right->txnid ? MDBX_SUCCESS : MDBX_EINVAL;
}

/* The position of a cursor; without a cursor, the first or last record of the other cursor's table. */
static int find_end(const MDBX_cursor *cursor, const MDBX_cursor *other, bool last, struct cursor *position) {
  if (cursor)
    return cursor_peek(api_cursor_core(cursor), position);
  return cursor_edge_of(&other->core, last, position);
}

/* The two ends of a range; one of the cursors may be NULL. */
static int find_ends(const MDBX_cursor *first, const MDBX_cursor *last, struct cursor *from, struct cursor *to) {
  if (!first && !last)
    return MDBX_EINVAL;
  int rc = first ? api_check_bound(first) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS && last)
    rc = api_check_bound(last);
  if (rc == MDBX_SUCCESS && first && last)
    rc = api_check_related(first, last);
  if (rc == MDBX_SUCCESS)
    rc = find_end(first, last, false, from);
  return rc == MDBX_SUCCESS ? find_end(last, first, true, to) : rc;
}

int mdbx_cursor_distance(const MDBX_cursor *first, const MDBX_cursor *last, intptr_t *distance, unsigned deepness) {
  struct cursor from, to;
  int64_t steps;
  if (!distance)
    return MDBX_EINVAL;
  *distance = 0;
  int rc = find_ends(first, last, &from, &to);
  if (rc == MDBX_SUCCESS)
    rc = cursor_distance(&from, &to, deepness, &steps);
  if (rc == MDBX_SUCCESS)
    *distance = (intptr_t)steps;
  return rc;
}

int mdbx_cursor_scroll(MDBX_cursor *cur, intptr_t amount, unsigned deepness) {
  int rc = api_check_bound(cur);
  if (rc == MDBX_SUCCESS)
    rc = cursor_settle(&cur->core);
  return rc == MDBX_SUCCESS ? cursor_scroll(&cur->core, amount, deepness) : rc;
}

static int check_array(const MDBX_cursor *related, MDBX_cursor **array, intptr_t count) {
  if (!array || count < 1)
    return MDBX_EINVAL;
  for (intptr_t i = 0; i < count; ++i) {
    int rc = api_check_bound(array[i]);
    if (rc == MDBX_SUCCESS)
      rc = api_check_related(related, array[i]);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
  return MDBX_SUCCESS;
}

/* Each cursor gets the end of a part, the last one the end of the range; longer parts come first. If there are too few
 * records, the remaining cursors have no position. */
static int position_array(struct cursor *at, MDBX_cursor **array, intptr_t count, int64_t distance, unsigned deepness) {
  for (intptr_t i = 0; i < count; ++i) {
    const int64_t parts = count - i, rest = distance % parts;
    const int64_t step = distance / parts + (rest > 0) - (rest < 0);
    if (step == 0) {
      cursor_unset(&array[i]->core);
      continue;
    }
    int rc = cursor_scroll(at, step, deepness);
    if (rc == MDBX_SUCCESS)
      rc = cursor_stand_with(&array[i]->core, at);
    if (rc != MDBX_SUCCESS)
      return rc;
    distance -= step;
  }
  return MDBX_SUCCESS;
}

int mdbx_cursor_distribute(const MDBX_cursor *first, const MDBX_cursor *last, MDBX_cursor **array, intptr_t count,
                           unsigned deepness) {
  struct cursor from, to;
  int64_t distance = 0;
  int rc = find_ends(first, last, &from, &to);
  if (rc == MDBX_SUCCESS)
    rc = check_array(first ? first : last, array, count);
  if (rc == MDBX_SUCCESS)
    rc = cursor_distance(&from, &to, deepness, &distance);
  if (rc == MDBX_SUCCESS)
    rc = position_array(&from, array, count, distance, deepness);
  if (rc != MDBX_SUCCESS)
    return rc;
  return (distance < 0 ? -distance : distance) < count ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}
