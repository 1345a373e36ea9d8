/* SPDX-License-Identifier: Apache-2.0 */
/* The target `calls`: where cursors are, and where they come to from there. */
#include "calls_run.h"

/* Where a cursor is in the model; false: at no record. */
bool place_of(unsigned i, size_t *at) {
  MDBX_val key, value;
  bool exact;
  const int kind = run.cursor_kind[i];
  if (kind < 0 || mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_GET_CURRENT) != MDBX_SUCCESS)
    return false;
  *at = pairs_seek(&run.live[kind], &key, &value, &exact);
  FUZZ_MUST(exact);
  return true;
}

/* So many items on or back; the distance to another cursor says the same as the model. */
void do_scroll(void) {
  const unsigned i = draw(CURSORS), other = draw(CURSORS);
  const intptr_t amount = (intptr_t)draw(200) - 100;
  size_t at, there, now;
  intptr_t distance;
  if (!place_of(i, &at))
    return;
  const struct pairs *pairs = &run.live[run.cursor_kind[i]];
  const intptr_t wanted = (intptr_t)at + amount;
  const int rc = mdbx_cursor_scroll(run.cursor[i], amount, UINT32_MAX);
  const bool inside = wanted >= 0 && wanted < (intptr_t)pairs->count;
  FUZZ_MUST(rc == (inside ? MDBX_SUCCESS : MDBX_NOTFOUND));
  FUZZ_MUST(place_of(i, &now) && (intptr_t)now == (inside ? wanted : wanted < 0 ? 0 : (intptr_t)pairs->count - 1));
  if (run.cursor_kind[other] == run.cursor_kind[i] && run.cursor_level[other] == run.cursor_level[i] &&
      place_of(other, &there)) {
    FUZZ_OK(mdbx_cursor_distance(run.cursor[i], run.cursor[other], &distance, UINT32_MAX));
    FUZZ_MUST(distance == (intptr_t)there - (intptr_t)now);
  }
}

/* ------------------------------------------------------------------------------------------------------ single moves */

static const MDBX_cursor_op moves[] = {MDBX_NEXT,      MDBX_PREV,     MDBX_NEXT_NODUP, MDBX_PREV_NODUP,
                                       MDBX_FIRST_DUP, MDBX_LAST_DUP, MDBX_NEXT_DUP,   MDBX_PREV_DUP};
enum { MOVES = sizeof(moves) / sizeof(moves[0]), MOVES_OF_ALL = 4 };

/* The record behind the move, or -1. */
static intptr_t destination(const struct pairs *pairs, size_t at, MDBX_cursor_op op) {
  const MDBX_val key = pair_key(pairs, at);
  bool there;
  const intptr_t here = (intptr_t)at, count = (intptr_t)pairs->count;
  const intptr_t first = (intptr_t)pairs_seek(pairs, &key, NULL, &there), behind = (intptr_t)pairs_behind(pairs, &key);
  switch (op) {
  case MDBX_NEXT:
    return here + 1 < count ? here + 1 : -1;
  case MDBX_PREV:
    return here - 1;
  case MDBX_NEXT_NODUP:
    return behind < count ? behind : -1;
  case MDBX_PREV_NODUP:
    return first - 1;
  case MDBX_FIRST_DUP:
    return first;
  case MDBX_LAST_DUP:
    return behind - 1;
  case MDBX_NEXT_DUP:
    return here + 1 < behind ? here + 1 : -1;
  default:
    return here > first ? here - 1 : -1;
  }
}

static void move_exactly(unsigned i, size_t at) {
  const struct pairs *pairs = &run.live[run.cursor_kind[i]];
  const MDBX_cursor_op op = moves[draw(pairs->several ? MOVES : MOVES_OF_ALL)];
  const intptr_t wanted = destination(pairs, at, op);
  MDBX_val key, value;
  size_t now;
  const int rc = mdbx_cursor_get(run.cursor[i], &key, &value, op);
  FUZZ_MUST(rc == (wanted < 0 ? MDBX_NOTFOUND : MDBX_SUCCESS));
  if (wanted < 0)
    return;
  const MDBX_val wanted_value = pair_value(pairs, (size_t)wanted);
  FUZZ_MUST(val_equal(&value, &wanted_value) && place_of(i, &now) && now == (size_t)wanted);
}

static bool is_true(int rc) {
  FUZZ_MUST(rc == MDBX_RESULT_TRUE || rc == MDBX_RESULT_FALSE);
  return rc == MDBX_RESULT_TRUE;
}

static void ask_edges(unsigned i, size_t at) {
  const struct pairs *pairs = &run.live[run.cursor_kind[i]];
  const MDBX_val key = pair_key(pairs, at);
  const MDBX_cursor *cursor = run.cursor[i];
  bool there;
  size_t count;
  const size_t first = pairs_seek(pairs, &key, NULL, &there), behind = pairs_behind(pairs, &key);
  FUZZ_MUST(is_true(mdbx_cursor_on_first(cursor)) == !first);
  FUZZ_MUST(is_true(mdbx_cursor_on_last(cursor)) == (behind == pairs->count));
  FUZZ_MUST(is_true(mdbx_cursor_on_first_dup(cursor)) == (at == first));
  FUZZ_MUST(is_true(mdbx_cursor_on_last_dup(cursor)) == (at + 1 == behind));
  (void)is_true(mdbx_cursor_eof(cursor)); /* after MDBX_LAST it is so, until the cursor moves */
  FUZZ_OK(mdbx_cursor_count(cursor, &count));
  FUZZ_MUST(count == behind - first);
}

static int sign(intptr_t number) { return (number > 0) - (number < 0); }

/* Two cursors of one table and transaction; then one of them goes to the other. */
static void compare_and_join(unsigned i, size_t at, unsigned other) {
  size_t there, now;
  if (run.cursor_kind[other] != run.cursor_kind[i] || run.cursor_level[other] != run.cursor_level[i] || i == other)
    return;
  if (place_of(other, &there))
    FUZZ_MUST(sign(mdbx_cursor_compare(run.cursor[i], run.cursor[other], false)) == sign((intptr_t)(at - there)));
  FUZZ_OK(mdbx_cursor_copy(run.cursor[i], run.cursor[other]));
  FUZZ_MUST(place_of(other, &now) && now == at);
}

void do_place(void) {
  const unsigned i = draw(CURSORS), what = draw(8), other = draw(CURSORS);
  size_t at;
  if (!place_of(i, &at))
    return;
  if (what < 4)
    move_exactly(i, at);
  else if (what < 6)
    ask_edges(i, at);
  else if (what == 6)
    compare_and_join(i, at, other);
  else {
    FUZZ_OK(mdbx_cursor_reset(run.cursor[i]));
    FUZZ_MUST(!place_of(i, &at) && is_true(mdbx_cursor_eof(run.cursor[i])));
  }
}
