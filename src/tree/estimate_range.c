/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/estimate_range.h"

#include "base/assert.h"
#include "tree/admit.h"
#include "tree/distance.h"

/* What is estimated; `of` with both ends resolved. */
struct range {
  const struct snapshot *view;
  struct tree *tree;
  struct key_range of;
  bool one_key; /* both keys are the same */
};

static int estimate(const struct cursor *from, const struct cursor *to, ptrdiff_t *distance) {
  int64_t items;
  const int rc = cursor_estimate(from, to, &items);
  if (rc == MDBX_SUCCESS)
    *distance = (ptrdiff_t)items;
  return rc;
}

static void start_cursor(const struct range *range, struct cursor *cursor) {
  cursor_init(cursor);
  cursor_attach(cursor, range->view, range->tree, NULL);
}

static int check_end(const struct range *range, const MDBX_val *key, const MDBX_val *data) {
  struct seek_key unused;
  if (!key)
    return data ? MDBX_EINVAL : MDBX_SUCCESS;
  const int rc = admit_key(range->view, range->tree, key, &unused);
  return rc == MDBX_SUCCESS && data && tree_is_multi(range->tree) ? admit_value(range->view, range->tree, data) : rc;
}

/* The key of the first or last record. */
static int find_edge_key(const struct range *range, bool last, MDBX_val *key) {
  struct cursor cursor;
  start_cursor(range, &cursor);
  return cursor_get(&cursor, key, NULL, last ? MDBX_LAST : MDBX_FIRST);
}

/* MDBX_EPSILON takes the key of the other end. MDBX_NOTFOUND: that is the edge of an empty table. */
static int resolve_epsilon(struct range *range, MDBX_val *edge) {
  const bool begin = range->of.begin_key == MDBX_EPSILON, end = range->of.end_key == MDBX_EPSILON;
  int rc = MDBX_SUCCESS;
  if (begin && end)
    return MDBX_EINVAL;
  if (begin || end) {
    const MDBX_val *other = begin ? range->of.end_key : range->of.begin_key;
    if (!other)
      rc = find_edge_key(range, begin, edge);
    range->of.begin_key = range->of.end_key = other ? other : edge;
    range->one_key = true;
  }
  return rc;
}

static const void *bytes_of(const MDBX_val *val) { return val->iov_len ? val->iov_base : ""; }

static bool keys_equal(const struct range *range) {
  const MDBX_val *a = range->of.begin_key, *b = range->of.end_key;
  return a && b && key_compare_raw(&range->tree->rules, bytes_of(a), a->iov_len, bytes_of(b), b->iov_len) == 0;
}

/* The values of the only key are counted, not estimated. */
static int count_key(const struct range *range, ptrdiff_t *distance) {
  struct cursor cursor;
  MDBX_val key = *range->of.begin_key;
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

static int find_end(const struct range *range, const MDBX_val *key, const MDBX_val *data, bool end,
                    struct cursor *position) {
  struct cursor cursor;
  MDBX_val sought = key ? *key : (MDBX_val){NULL, 0}, value = {NULL, 0};
  const MDBX_val nothing = val_of("", 0);
  if (data)
    value = data->iov_base ? *data : nothing;
  start_cursor(range, &cursor);
  const int rc = cursor_get(&cursor, &sought, &value, op_of_end(range, key, data, end));
  if (rc == MDBX_NOTFOUND || (end && !key && rc == MDBX_SUCCESS)) {
    cursor.state = CURSOR_BEHIND;
    cursor.in_set = false;
  }
  return rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE || rc == MDBX_NOTFOUND ? cursor_position(&cursor, position) : rc;
}

static int estimate_range(const struct range *range, ptrdiff_t *distance) {
  struct cursor from, to;
  if (!range->of.begin_key && !range->of.end_key) {
    *distance = (ptrdiff_t)range->tree->record.items;
    return MDBX_SUCCESS;
  }
  if (range->one_key && !range->of.begin_data && !range->of.end_data)
    return count_key(range, distance);
  int rc = find_end(range, range->of.begin_key, range->of.begin_data, false, &from);
  if (rc == MDBX_SUCCESS)
    rc = find_end(range, range->of.end_key, range->of.end_data, true, &to);
  return rc == MDBX_SUCCESS ? estimate(&from, &to, distance) : rc;
}

int tree_estimate_range(const struct snapshot *view, struct tree *tree, const struct key_range *of,
                        ptrdiff_t *distance) {
  struct range range = {view, tree, *of, false};
  MDBX_val edge;
  *distance = 0;
  int rc = resolve_epsilon(&range, &edge);
  if (rc == MDBX_NOTFOUND)
    return MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = check_end(&range, range.of.begin_key, of->begin_data);
  if (rc == MDBX_SUCCESS)
    rc = check_end(&range, range.of.end_key, of->end_data);
  if (rc != MDBX_SUCCESS)
    return rc;
  range.one_key = range.one_key || keys_equal(&range);
  return estimate_range(&range, distance);
}
