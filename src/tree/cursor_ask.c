/* SPDX-License-Identifier: Apache-2.0 */
/* Questions about positions, which leave the cursor where it is, and reading many records. */
#include "tree/cursor.h"

#include "base/assert.h"

/* ----------------------------------------------------------------------------------------------------- questions */

static bool path_on_edge(const struct path *path, bool last) {
  for (unsigned i = 0; i < path->depth; ++i)
    if (path->level[i].index != (last ? path->level[i].page->count - 1u : 0u))
      return false;
  return true;
}

int cursor_on_edge(struct cursor *cursor, bool last) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc == MDBX_ENODATA)
    return MDBX_RESULT_TRUE;
  if (rc != MDBX_SUCCESS)
    return rc;
  return path_on_edge(&copy.path, last) ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_on_value_edge(struct cursor *cursor, bool last) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc == MDBX_ENODATA || (rc == MDBX_SUCCESS && !copy.multi))
    return MDBX_RESULT_TRUE;
  if (rc != MDBX_SUCCESS)
    return rc;
  return (last ? values_on_last(&copy.set) : values_on_first(&copy.set)) ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_count_values(struct cursor *cursor, uint64_t *count) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  *count = 0;
  if (rc == MDBX_SUCCESS)
    *count = copy.multi ? values_count(&copy.set) : 1;
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

static int compare_paths(const struct path *left, const struct path *right) {
  for (unsigned i = 0; i < MIN_OF(left->depth, right->depth); ++i)
    if (left->level[i].index != right->level[i].index)
      return left->level[i].index > right->level[i].index ? 1 : -1;
  return 0;
}

/* Makes a copy that stands on the record; if the cursor stands before a record, the copy stands on it. Without a record
 * the copy equals the cursor. */
static int stand_for(struct cursor *cursor, struct cursor *copy) {
  const int rc = cursor_peek(cursor, copy);
  if (rc == MDBX_ENODATA)
    *copy = *cursor;
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

int cursor_compare_positions(struct cursor *left, struct cursor *right, bool keys_only, int *order) {
  struct cursor a, b;
  int rc = stand_for(left, &a);
  if (rc == MDBX_SUCCESS)
    rc = stand_for(right, &b);
  if (rc != MDBX_SUCCESS)
    return rc;
  *order = compare_paths(&a.path, &b.path);
  if (*order == 0 && !keys_only && a.in_set && b.in_set)
    *order = values_compare(&a.set, &b.set);
  return MDBX_SUCCESS;
}

int cursor_at_end(struct cursor *cursor) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  if (rc != MDBX_SUCCESS && rc != MDBX_ENODATA)
    return rc;
  return rc == MDBX_ENODATA || copy.eof ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE;
}

int cursor_nested_record(struct cursor *cursor, struct table_record *record) {
  struct cursor copy;
  const int rc = cursor_peek(cursor, &copy);
  memset(record, 0, sizeof(*record));
  if (rc == MDBX_SUCCESS && copy.multi && copy.set.kind == NODE_TREE) {
    *record = copy.set.tree.record;
    record->mod_txnid = copy.tree->record.mod_txnid;
  }
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

/* ---------------------------------------------------------------------------------------------------- many at once */

/* Fills pairs from the present record on, until the space or the table ends. Then the cursor stands on the last record
 * returned. */
static int batch_from_here(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit) {
  for (;;) {
    int rc = cursor_get(cursor, &pairs[*count], &pairs[*count + 1], MDBX_GET_CURRENT);
    if (rc != MDBX_SUCCESS)
      return rc;
    *count += 2;
    while (*count + 2 <= limit && cursor_step(cursor, MDBX_NEXT, &pairs[*count], &pairs[*count + 1]))
      *count += 2;
    if (cursor_on_edge(cursor, true) == MDBX_RESULT_TRUE) {
      cursor->eof = true;
      return MDBX_RESULT_TRUE;
    }
    if (*count + 2 > limit)
      return MDBX_SUCCESS;
    rc = cursor_move(cursor, MDBX_NEXT);
    if (rc != MDBX_SUCCESS)
      return rc;
  }
}

int cursor_get_batch(struct cursor *cursor, size_t *count, MDBX_val *pairs, size_t limit, MDBX_cursor_op op) {
  ASSERT(limit >= 2 && (op == MDBX_FIRST || op == MDBX_NEXT));
  *count = 0;
  if (cursor->multi)
    return MDBX_INCOMPATIBLE;
  int rc = cursor_restore(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (op == MDBX_NEXT || cursor->state == CURSOR_UNSET)
    rc = cursor_move(cursor, op);
  return rc == MDBX_SUCCESS ? batch_from_here(cursor, count, pairs, limit) : rc;
}
