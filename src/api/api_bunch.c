/* SPDX-License-Identifier: Apache-2.0 */
/* Deleting many records at once. */
#include "api/api.h"

#include "txn/txn_bunch.h"
#include "txn/txn_cursor.h"

/* Deleting between positions needs the order of the table. */
static int check_cursor(const MDBX_cursor *cursor) {
  const int rc = api_cursor_for_write(cursor);
  if (rc != MDBX_SUCCESS)
    return rc;
  return cursor_knows_order(&cursor->core) ? MDBX_SUCCESS : MDBX_INCOMPATIBLE;
}

int mdbx_cursor_bunch_delete(MDBX_cursor *cur, MDBX_bunch_action_t action, uint64_t *affected) {
  uint64_t removed = 0;
  int rc = check_cursor(cur);
  if (rc == MDBX_SUCCESS && (unsigned)action > MDBX_DELETE_WHOLE)
    rc = MDBX_EINVAL;
  if (rc == MDBX_SUCCESS)
    rc = txn_delete_bunch(cur, action, &removed);
  if (affected)
    *affected = removed;
  return rc;
}

static int check_pair(const MDBX_cursor *first, const MDBX_cursor *last) {
  int rc = check_cursor(first ? first : last);
  if (rc == MDBX_SUCCESS && first && last)
    rc = check_cursor(last);
  if (rc != MDBX_SUCCESS || !first || !last)
    return rc;
  return txn_cursors_match(first, last) ? MDBX_SUCCESS : MDBX_EINVAL;
}

int mdbx_cursor_delete_range(MDBX_cursor *begin_cursor, MDBX_cursor *end_cursor, bool end_including,
                             uint64_t *affected) {
  uint64_t removed = 0;
  int rc = check_pair(begin_cursor, end_cursor);
  if (rc == MDBX_SUCCESS)
    rc = txn_delete_range(begin_cursor, end_cursor, end_including, &removed);
  if (affected)
    *affected = removed;
  return rc;
}
