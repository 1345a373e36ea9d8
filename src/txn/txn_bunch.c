/* SPDX-License-Identifier: Apache-2.0 */
#include "txn/txn_bunch.h"

#include "base/assert.h"
#include "txn/txn_cursor.h"
#include "txn/txn_write.h"

/* Two positions; a missing one means an edge of the table. */
struct bounds {
  struct range_bound from, to;
  bool has_from, has_to;
};

/* The position after a move from here; *there is false at the edge. The cursor itself does not move. */
static int bound_by(const struct cursor *here, MDBX_cursor_op op, struct range_bound *bound, bool *there) {
  struct cursor copy = *here;
  const int rc = cursor_move(&copy, op);
  *there = rc == MDBX_SUCCESS;
  if (*there)
    cursor_bound(&copy, bound);
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

/* The beginning of every deletion of many records; afterwards the cursor stands on a record. */
static int begin(MDBX_cursor *cursor) {
  const int rc = txn_make_room(cursor->txn, cursor->core.tree, true);
  return rc == MDBX_SUCCESS ? cursor_settle(&cursor->core) : rc;
}

/* Named tables are dropped, not deleted. */
static int refuse_tables(const MDBX_cursor *cursor, const struct range_bound *from, const struct range_bound *to) {
  bool met = false;
  int rc = MDBX_SUCCESS;
  if (cursor->dbi == DBI_MAIN && !tree_is_multi(cursor->core.tree))
    rc = range_meets_tables(cursor->core.space, cursor->core.tree, from, to, &met);
  return met ? MDBX_INCOMPATIBLE : rc;
}

static int delete_between(MDBX_cursor *cursor, const struct bounds *bounds, uint64_t *removed) {
  const struct range_bound *from = bounds->has_from ? &bounds->from : NULL, *to = bounds->has_to ? &bounds->to : NULL;
  int rc = refuse_tables(cursor, from, to);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = txn_cursors_detach_to_delete(cursor->txn, cursor->core.tree, NULL);
  txn_cursors_doubt(cursor->txn, cursor->core.tree, NULL, NULL, NULL);
  if (rc == MDBX_SUCCESS)
    rc = cursor_erase_between(&cursor->core, from, to, removed);
  return txn_mark(cursor->txn, rc);
}

/* Moves to the record after the deleted ones, or after the last record. */
static int settle_after(MDBX_cursor *cursor) {
  const int rc = cursor ? cursor_settle(&cursor->core) : MDBX_SUCCESS;
  return rc == MDBX_ENODATA ? MDBX_SUCCESS : rc;
}

/* ---------------------------------------------------------------------------------------------- relative to a cursor */

enum { EDGE = -1, HERE = MDBX_GET_CURRENT };

/* Finds the beginning of an action's stretch and the record after its end. */
static const struct {
  int from, to;
} bunches[] = {
    [MDBX_DELETE_CURRENT_VALUE] = {HERE, MDBX_NEXT},
    [MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_EXCLUDING] = {MDBX_FIRST_DUP, HERE},
    [MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_INCLUDING] = {MDBX_FIRST_DUP, MDBX_NEXT},
    [MDBX_DELETE_CURRENT_MULTIVAL_AFTER_INCLUDING] = {HERE, MDBX_NEXT_NODUP},
    [MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING] = {MDBX_NEXT, MDBX_NEXT_NODUP},
    [MDBX_DELETE_CURRENT_MULTIVAL_ALL] = {MDBX_FIRST_DUP, MDBX_NEXT_NODUP},
    [MDBX_DELETE_BEFORE_EXCLUDING] = {EDGE, HERE},
    [MDBX_DELETE_BEFORE_INCLUDING] = {EDGE, MDBX_NEXT},
    [MDBX_DELETE_AFTER_INCLUDING] = {HERE, EDGE},
    [MDBX_DELETE_AFTER_EXCLUDING] = {MDBX_NEXT, EDGE},
    [MDBX_DELETE_WHOLE] = {EDGE, EDGE},
};

static int bounds_of(const struct cursor *here, MDBX_bunch_action_t action, struct bounds *bounds) {
  const int from = bunches[action].from, to = bunches[action].to;
  int rc = MDBX_SUCCESS;
  bounds->has_from = bounds->has_to = false;
  if (from != EDGE)
    rc = bound_by(here, (MDBX_cursor_op)from, &bounds->from, &bounds->has_from);
  if (rc == MDBX_SUCCESS && from != EDGE && !bounds->has_from)
    return MDBX_NOTFOUND; /* nothing after the cursor */
  if (rc == MDBX_SUCCESS && to != EDGE)
    rc = bound_by(here, (MDBX_cursor_op)to, &bounds->to, &bounds->has_to);
  return rc;
}

static bool is_after(MDBX_bunch_action_t action) {
  return action == MDBX_DELETE_AFTER_INCLUDING || action == MDBX_DELETE_AFTER_EXCLUDING;
}

/* A cursor without a position counts as before the first record: all records come after it, and none before it. *action
 * becomes the action that means the same on the first record. */
static int position_unset(MDBX_cursor *cursor, MDBX_bunch_action_t *action) {
  struct cursor *core = &cursor->core;
  switch (*action) {
  case MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING:
    *action = MDBX_DELETE_CURRENT_MULTIVAL_AFTER_INCLUDING;
    return cursor_move(core, MDBX_FIRST);
  case MDBX_DELETE_AFTER_EXCLUDING:
    *action = MDBX_DELETE_AFTER_INCLUDING;
    return cursor_move(core, MDBX_FIRST);
  case MDBX_DELETE_AFTER_INCLUDING: {
    const int rc = cursor_move(core, MDBX_LAST);
    return rc == MDBX_SUCCESS ? MDBX_ENODATA : rc;
  }
  default:
    return MDBX_ENODATA;
  }
}

/* MDBX_NOTFOUND: there is nothing that could be deleted. */
static int position(MDBX_cursor *cursor, MDBX_bunch_action_t *action) {
  const bool of_key =
      *action <= MDBX_DELETE_CURRENT_MULTIVAL_ALL && *action != MDBX_DELETE_CURRENT_MULTIVAL_AFTER_EXCLUDING;
  const int rc = begin(cursor);
  if (rc != MDBX_SUCCESS && rc != MDBX_ENODATA)
    return rc;
  if (!of_key && tree_is_empty(cursor->core.tree))
    return MDBX_NOTFOUND;
  if (rc == MDBX_SUCCESS || *action == MDBX_DELETE_WHOLE)
    return MDBX_SUCCESS;
  if (cursor->core.state == CURSOR_UNSET)
    return position_unset(cursor, action);
  const bool behind = cursor->core.state == CURSOR_BEHIND && bunches[*action].from == MDBX_NEXT;
  return behind ? MDBX_NOTFOUND : MDBX_ENODATA;
}

int txn_delete_bunch(MDBX_cursor *cursor, MDBX_bunch_action_t action, uint64_t *removed) {
  ASSERT((unsigned)action < COUNT_OF(bunches));
  struct bounds bounds;
  *removed = 0;
  int rc = position(cursor, &action);
  if (rc == MDBX_SUCCESS)
    rc = bounds_of(&cursor->core, action, &bounds);
  if (rc == MDBX_NOTFOUND)
    return MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = delete_between(cursor, &bounds, removed);
  /* The cursor stands as after mdbx_cursor_del(); after all records it has no value. */
  if (rc == MDBX_SUCCESS && is_after(action) && cursor->core.multi)
    cursor_to_end(&cursor->core);
  return rc;
}

/* ------------------------------------------------------------------------------------------------- between two cursors */

/* MDBX_ENODATA: the first position is after the last. */
static int check_order(MDBX_cursor *first, MDBX_cursor *last) {
  int order;
  int rc = begin(first);
  if (rc == MDBX_SUCCESS)
    rc = cursor_settle(&last->core);
  if (rc == MDBX_SUCCESS)
    rc = cursor_compare_positions(&first->core, &last->core, false, &order);
  return rc == MDBX_SUCCESS && order > 0 ? MDBX_ENODATA : rc;
}

/* Without a cursor for an end it is the first or last record. */
static int range_bounds(MDBX_cursor *from, MDBX_cursor *to, bool including, struct bounds *bounds) {
  int rc = begin(from ? from : to);
  bounds->has_from = bounds->has_to = false;
  if (rc == MDBX_SUCCESS && from)
    rc = bound_by(&from->core, MDBX_GET_CURRENT, &bounds->from, &bounds->has_from);
  if (rc == MDBX_SUCCESS && to)
    return bound_by(&to->core, including ? MDBX_NEXT : MDBX_GET_CURRENT, &bounds->to, &bounds->has_to);
  return rc == MDBX_SUCCESS && !including ? bound_by(&from->core, MDBX_LAST, &bounds->to, &bounds->has_to) : rc;
}

int txn_delete_range(MDBX_cursor *first, MDBX_cursor *last, bool including, uint64_t *removed) {
  ASSERT(first || last);
  struct bounds bounds;
  *removed = 0;
  int rc = first && last ? check_order(first, last) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = range_bounds(first, last, including, &bounds);
  if (rc == MDBX_SUCCESS)
    rc = delete_between(first ? first : last, &bounds, removed);
  if (rc == MDBX_SUCCESS)
    rc = settle_after(first);
  return rc == MDBX_SUCCESS ? settle_after(last) : rc;
}
