/* SPDX-License-Identifier: Apache-2.0 */
/* The target `calls`: searches with a cursor. Each has one right result, and the cursor stands there then. */
#include "calls_run.h"

static const MDBX_cursor_op searches[] = {MDBX_SET,
                                          MDBX_SET_KEY,
                                          MDBX_SET_RANGE,
                                          MDBX_GET_BOTH,
                                          MDBX_GET_BOTH_RANGE,
                                          MDBX_SET_LOWERBOUND,
                                          MDBX_SET_UPPERBOUND,
                                          MDBX_TO_KEY_LESSER_THAN,
                                          MDBX_TO_KEY_LESSER_OR_EQUAL,
                                          MDBX_TO_KEY_EQUAL,
                                          MDBX_TO_KEY_GREATER_OR_EQUAL,
                                          MDBX_TO_KEY_GREATER_THAN,
                                          MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN,
                                          MDBX_TO_EXACT_KEY_VALUE_LESSER_OR_EQUAL,
                                          MDBX_TO_EXACT_KEY_VALUE_EQUAL,
                                          MDBX_TO_EXACT_KEY_VALUE_GREATER_OR_EQUAL,
                                          MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN,
                                          MDBX_TO_PAIR_LESSER_THAN,
                                          MDBX_TO_PAIR_LESSER_OR_EQUAL,
                                          MDBX_TO_PAIR_EQUAL,
                                          MDBX_TO_PAIR_GREATER_OR_EQUAL,
                                          MDBX_TO_PAIR_GREATER_THAN};
enum { SEARCHES = sizeof(searches) / sizeof(searches[0]), NOWHERE = -1 };

/* Where a key and a pair are, or would be. */
struct sought {
  intptr_t key, behind, pair; /* the first record of the key, the one behind its last; the first pair not less */
  bool key_there, pair_there;
};

/* Values of a key that has one are in the order of their lengths, then of their bytes. */
static int compare_single(const MDBX_val *a, const MDBX_val *b) {
  if (a->iov_len != b->iov_len)
    return a->iov_len < b->iov_len ? -1 : 1;
  return a->iov_len ? __builtin_memcmp(a->iov_base, b->iov_base, a->iov_len) : 0;
}

static struct sought look_for(const struct pairs *pairs, const MDBX_val *key, const MDBX_val *value) {
  struct sought sought;
  sought.key = (intptr_t)pairs_seek(pairs, key, NULL, &sought.key_there);
  sought.behind = (intptr_t)pairs_behind(pairs, key);
  if (pairs->several || !sought.key_there) {
    sought.pair = (intptr_t)pairs_seek(pairs, key, value, &sought.pair_there);
    sought.pair_there = sought.pair_there && sought.key_there;
    return sought;
  }
  const MDBX_val stored = pair_value(pairs, (size_t)sought.key);
  const int order = compare_single(&stored, value);
  sought.pair = sought.key + (order < 0);
  sought.pair_there = order == 0;
  return sought;
}

static intptr_t among_values(const struct sought *sought, intptr_t at) {
  return sought->key_there && at >= sought->key && at < sought->behind ? at : NOWHERE;
}

/* Not yet compared with the number of records. */
static intptr_t place_for(const struct pairs *pairs, const struct sought *sought, MDBX_cursor_op op) {
  const intptr_t greater = sought->pair + sought->pair_there;
  const intptr_t not_greater = sought->pair_there ? sought->pair : sought->pair - 1;
  switch (op) {
  case MDBX_SET:
  case MDBX_SET_KEY:
  case MDBX_TO_KEY_EQUAL:
    return sought->key_there ? sought->key : NOWHERE;
  case MDBX_SET_RANGE:
  case MDBX_TO_KEY_GREATER_OR_EQUAL:
    return sought->key;
  case MDBX_TO_KEY_GREATER_THAN:
    return sought->behind;
  case MDBX_TO_KEY_LESSER_THAN:
    return sought->key - 1;
  case MDBX_TO_KEY_LESSER_OR_EQUAL:
    return sought->key_there ? sought->key : sought->key - 1;
  case MDBX_GET_BOTH:
  case MDBX_TO_EXACT_KEY_VALUE_EQUAL:
  case MDBX_TO_PAIR_EQUAL:
    return sought->pair_there ? sought->pair : NOWHERE;
  case MDBX_GET_BOTH_RANGE:
  case MDBX_TO_EXACT_KEY_VALUE_GREATER_OR_EQUAL:
    return among_values(sought, sought->pair);
  case MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN:
    return among_values(sought, greater);
  case MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN:
    return among_values(sought, sought->pair - 1);
  case MDBX_TO_EXACT_KEY_VALUE_LESSER_OR_EQUAL:
    return among_values(sought, not_greater);
  case MDBX_TO_PAIR_LESSER_THAN:
    return sought->pair - 1;
  case MDBX_TO_PAIR_LESSER_OR_EQUAL:
    return not_greater;
  case MDBX_TO_PAIR_GREATER_OR_EQUAL:
    return sought->pair;
  case MDBX_SET_LOWERBOUND:
    return pairs->several ? sought->pair : sought->key;
  case MDBX_SET_UPPERBOUND:
    return pairs->several ? greater : sought->behind;
  default:
    return greater;
  }
}

/* After these the cursor has no place when they find nothing. */
static bool loses_place(MDBX_cursor_op op) {
  return op == MDBX_SET || op == MDBX_SET_KEY || op == MDBX_GET_BOTH || op == MDBX_GET_BOTH_RANGE ||
         (op >= MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN && op <= MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN);
}

static int expected_code(const struct pairs *pairs, const struct sought *sought, MDBX_cursor_op op, intptr_t place) {
  if (place == NOWHERE)
    return MDBX_NOTFOUND;
  const bool exact = pairs->several ? sought->pair_there : sought->key_there;
  return op == MDBX_SET_LOWERBOUND && !exact ? MDBX_RESULT_TRUE : MDBX_SUCCESS;
}

/* The bytes of a pair of the table, or drawn ones. */
static void draw_sought(int kind, MDBX_val *key, MDBX_val *value) {
  static uint8_t key_bytes[KEY_MOST], value_bytes[VALUE_MOST];
  const struct pairs *pairs = &run.live[kind];
  const unsigned like = draw(4), at = draw(256);
  *key = draw_key(kind);
  *value = draw_value(kind);
  if (!pairs->count)
    return;
  const MDBX_val stored_key = pair_key(pairs, at * pairs->count / 256),
                 stored = pair_value(pairs, at * pairs->count / 256);
  if (like & 1) {
    __builtin_memcpy(key_bytes, stored_key.iov_base, stored_key.iov_len);
    *key = (MDBX_val){key_bytes, stored_key.iov_len};
  }
  if (like & 2) {
    __builtin_memcpy(value_bytes, stored.iov_base, stored.iov_len);
    *value = (MDBX_val){value_bytes, stored.iov_len};
  }
}

static void stands_as_told(unsigned i, MDBX_cursor_op op, intptr_t place, const struct sought *sought) {
  const struct pairs *pairs = &run.live[run.cursor_kind[i]];
  MDBX_val key, value;
  size_t now;
  if (place != NOWHERE)
    FUZZ_MUST(place_of(i, &now) && (intptr_t)now == place);
  else if (loses_place(op))
    FUZZ_MUST(mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_GET_CURRENT) == MDBX_ENODATA &&
              mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_NEXT) == MDBX_ENODATA);
  else if (sought->behind == (intptr_t)pairs->count && pairs->count &&
           (op == MDBX_SET_RANGE || op == MDBX_TO_KEY_GREATER_THAN || op == MDBX_SET_UPPERBOUND)) {
    FUZZ_MUST(mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_NEXT) == MDBX_NOTFOUND);
    FUZZ_MUST(mdbx_cursor_get(run.cursor[i], &key, &value, MDBX_PREV) == MDBX_SUCCESS);
    FUZZ_MUST(place_of(i, &now) && now == pairs->count - 1);
  }
}

void do_search(void) {
  const unsigned i = draw(CURSORS);
  const MDBX_cursor_op op = searches[draw(SEARCHES)];
  const int kind = run.cursor_kind[i];
  if (kind < 0)
    return;
  const struct pairs *pairs = &run.live[kind];
  MDBX_val key, value;
  draw_sought(kind, &key, &value);
  if (!value.iov_base || ((op == MDBX_GET_BOTH || op == MDBX_GET_BOTH_RANGE) && !pairs->several))
    return;
  const struct sought sought = look_for(pairs, &key, &value);
  intptr_t place = place_for(pairs, &sought, op);
  if (place >= (intptr_t)pairs->count)
    place = NOWHERE;
  const MDBX_val given = key;
  const int rc = mdbx_cursor_get(run.cursor[i], &key, &value, op);
  fuzz_trace("  search %d in table %d: %d, the record %ld is expected", (int)op, kind, rc, (long)place);
  FUZZ_MUST(rc == expected_code(pairs, &sought, op, place));
  if (place != NOWHERE) {
    const MDBX_val wanted_key = pair_key(pairs, (size_t)place), wanted = pair_value(pairs, (size_t)place);
    const bool keeps = op == MDBX_SET || op == MDBX_GET_BOTH || op == MDBX_GET_BOTH_RANGE;
    FUZZ_MUST(val_equal(&key, keeps ? &given : &wanted_key) && val_equal(&value, &wanted));
  }
  stands_as_told(i, op, place, &sought);
}
