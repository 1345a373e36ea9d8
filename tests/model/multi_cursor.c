/* SPDX-License-Identifier: Apache-2.0 */
/* Cursors in the model of tables with several values: where each operation goes, changes through them, and those that stand. */
#include "multi.h"

#include <stdlib.h>
#include <string.h>

/* ---------------------------------------------------------------------------------------------- cursor: where it goes */

#define NOWHERE SIZE_MAX

/* What a search means on the array: the index it finds. */
static size_t meaning_of_search(struct model *model, int kind, MDBX_cursor_op op, const MDBX_val *key,
                                const MDBX_val *value) {
  const size_t count = model->live[kind].count;
  const size_t first = lower(model, kind, key, NULL), end = behind_key(model, kind, key);
  const size_t pair = lower(model, kind, key, value);
  const int key_there = end > first, pair_there = pair_is(model, kind, pair, key, value);
  size_t at = NOWHERE;
  switch (op) {
  case MDBX_SET:
  case MDBX_SET_KEY:
  case MDBX_TO_KEY_EQUAL:
    at = key_there ? first : NOWHERE;
    break;
  case MDBX_SET_RANGE:
  case MDBX_TO_KEY_GREATER_OR_EQUAL:
    at = first;
    break;
  case MDBX_TO_KEY_GREATER_THAN:
    at = end;
    break;
  case MDBX_TO_KEY_LESSER_THAN:
    at = first ? first - 1 : NOWHERE;
    break;
  case MDBX_TO_KEY_LESSER_OR_EQUAL:
    at = key_there ? first : first ? first - 1 : NOWHERE;
    break;
  case MDBX_GET_BOTH:
  case MDBX_TO_EXACT_KEY_VALUE_EQUAL:
  case MDBX_TO_PAIR_EQUAL:
    at = pair_there ? pair : NOWHERE;
    break;
  case MDBX_GET_BOTH_RANGE:
  case MDBX_TO_EXACT_KEY_VALUE_GREATER_OR_EQUAL:
    at = key_there && pair < end ? pair : NOWHERE;
    break;
  case MDBX_TO_EXACT_KEY_VALUE_GREATER_THAN:
    at = key_there && pair + (size_t)pair_there < end ? pair + (size_t)pair_there : NOWHERE;
    break;
  case MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN:
    at = key_there && pair > first ? pair - 1 : NOWHERE;
    break;
  case MDBX_TO_EXACT_KEY_VALUE_LESSER_OR_EQUAL:
    at = pair_there ? pair : key_there && pair > first ? pair - 1 : NOWHERE;
    break;
  case MDBX_SET_LOWERBOUND:
  case MDBX_TO_PAIR_GREATER_OR_EQUAL:
    at = pair;
    break;
  case MDBX_SET_UPPERBOUND:
  case MDBX_TO_PAIR_GREATER_THAN:
    at = pair + (size_t)pair_there;
    break;
  case MDBX_TO_PAIR_LESSER_THAN:
    at = pair ? pair - 1 : NOWHERE;
    break;
  case MDBX_TO_PAIR_LESSER_OR_EQUAL:
    at = pair_there ? pair : pair ? pair - 1 : NOWHERE;
    break;
  default:
    break;
  }
  return at < count ? at : NOWHERE;
}

/* What a move means on the array, from index `at`. */
static size_t meaning_of_move(struct model *model, int kind, MDBX_cursor_op op, size_t at) {
  const struct list *list = &model->live[kind];
  const MDBX_val key = key_of(&list->pairs[at]);
  const size_t first = lower(model, kind, &key, NULL), end = behind_key(model, kind, &key);
  switch (op) {
  case MDBX_FIRST:
    return 0;
  case MDBX_LAST:
    return list->count - 1;
  case MDBX_NEXT:
    return at + 1 < list->count ? at + 1 : NOWHERE;
  case MDBX_PREV:
    return at ? at - 1 : NOWHERE;
  case MDBX_NEXT_DUP:
    return at + 1 < end ? at + 1 : NOWHERE;
  case MDBX_PREV_DUP:
    return at > first ? at - 1 : NOWHERE;
  case MDBX_NEXT_NODUP:
    return end < list->count ? end : NOWHERE;
  case MDBX_PREV_NODUP:
    return first ? first - 1 : NOWHERE;
  case MDBX_FIRST_DUP:
    return first;
  case MDBX_LAST_DUP:
    return end - 1;
  default:
    return at;
  }
}

static MDBX_cursor_op draw_search(struct model *model) {
  static const MDBX_cursor_op both[] = {MDBX_SET,           MDBX_SET_KEY,        MDBX_SET_RANGE,
                                        MDBX_GET_BOTH,      MDBX_GET_BOTH_RANGE, MDBX_SET_LOWERBOUND,
                                        MDBX_SET_UPPERBOUND};
  if (below(model, 2))
    return both[below(model, 7)];
  return (MDBX_cursor_op)(MDBX_TO_KEY_LESSER_THAN + (int)below(model, 15));
}

static MDBX_cursor_op draw_move(struct model *model) {
  static const MDBX_cursor_op moves[] = {MDBX_FIRST,     MDBX_LAST,     MDBX_NEXT,       MDBX_PREV,
                                         MDBX_NEXT_DUP,  MDBX_PREV_DUP, MDBX_NEXT_NODUP, MDBX_PREV_NODUP,
                                         MDBX_FIRST_DUP, MDBX_LAST_DUP, MDBX_GET_CURRENT};
  return moves[below(model, 11)];
}

/* GET_MULTIPLE: an unbroken stretch of the values of the key that holds the present one. Gives its last index. */
static size_t check_page(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  MDBX_val key, all;
  MUST(model, mdbx_cursor_get(cursor, &key, &all, MDBX_GET_MULTIPLE));
  const unsigned size = kinds[kind].fixed;
  const size_t count = all.iov_len / size;
  MUST_BE(model, count > 0 && all.iov_len % size == 0);
  const MDBX_val first = {all.iov_base, size};
  const size_t from = lower(model, kind, &key, &first);
  MUST_BE(model, from <= at && at < from + count);
  for (size_t i = 0; i < count; ++i) {
    const MDBX_val value = {(uint8_t *)all.iov_base + i * size, size};
    must_be_pair(model, kind, from + i, &key, &value);
  }
  return from + count - 1;
}

static void check_questions(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  const struct list *list = &model->live[kind];
  const MDBX_val key = key_of(&list->pairs[at]);
  const size_t first = lower(model, kind, &key, NULL), end = behind_key(model, kind, &key);
  size_t count;
  MUST(model, mdbx_cursor_count(cursor, &count));
  MUST_BE(model, count == end - first);
  MUST_BE(model, mdbx_cursor_on_first(cursor) == (first == 0 ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE));
  MUST_BE(model, mdbx_cursor_on_last(cursor) == (end == list->count ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE));
  MUST_BE(model, mdbx_cursor_on_first_dup(cursor) == (at == first ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE));
  MUST_BE(model, mdbx_cursor_on_last_dup(cursor) == (at + 1 == end ? MDBX_RESULT_TRUE : MDBX_RESULT_FALSE));
}

/* Searches, then moves a few times. */
void do_walk(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value, found_key, found;
  MDBX_cursor *cursor;
  draw_pair(model, kind, bytes, &key, &value);
  const MDBX_cursor_op op = draw_search(model);
  size_t at = meaning_of_search(model, kind, op, &key, &value);
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &cursor));
  found_key = key;
  found = value;
  const int rc = mdbx_cursor_get(cursor, &found_key, &found, op);
  const int greater = op == MDBX_SET_LOWERBOUND && at != NOWHERE && !pair_is(model, kind, at, &key, &value);
  MUST_BE(model, rc == (at == NOWHERE ? MDBX_NOTFOUND : greater ? MDBX_RESULT_TRUE : MDBX_SUCCESS));
  for (size_t n = below(model, 12); at != NOWHERE && n; --n) {
    must_be_pair(model, kind, at, &found_key, &found);
    check_questions(model, kind, cursor, at);
    if (kinds[kind].fixed && below(model, 8) == 0)
      at = check_page(model, kind, cursor, at);
    if (below(model, 4) == 0)
      at = scroll(model, kind, cursor, at);
    const MDBX_cursor_op move = draw_move(model);
    const size_t to = meaning_of_move(model, kind, move, at);
    MUST_GIVE(model, mdbx_cursor_get(cursor, &found_key, &found, move), to == NOWHERE ? MDBX_NOTFOUND : MDBX_SUCCESS);
    if (to == NOWHERE)
      MUST(model, mdbx_cursor_get(cursor, &found_key, &found, MDBX_GET_CURRENT));
    else
      at = to;
  }
  mdbx_cursor_close(cursor);
}

/* All values of a key by GET_MULTIPLE and NEXT_MULTIPLE, then back. */
void do_pages(struct model *model, int kind) {
  const struct list *list = &model->live[kind];
  MDBX_cursor *cursor;
  MDBX_val key, all;
  if (!kinds[kind].fixed || !list->count)
    return;
  const struct pair *pair = &list->pairs[below(model, list->count)];
  const MDBX_val wanted = key_of(pair);
  const size_t first = lower(model, kind, &wanted, NULL), end = behind_key(model, kind, &wanted);
  size_t seen = first, pages = 1;
  key = wanted;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &cursor));
  MUST(model, mdbx_cursor_get(cursor, &key, &all, MDBX_SEEK_AND_GET_MULTIPLE));
  for (;;) {
    for (size_t i = 0; i < all.iov_len; i += kinds[kind].fixed) {
      const MDBX_val value = {(uint8_t *)all.iov_base + i, kinds[kind].fixed};
      must_be_pair(model, kind, seen++, &key, &value);
    }
    const int rc = mdbx_cursor_get(cursor, &key, &all, MDBX_NEXT_MULTIPLE);
    if (rc == MDBX_NOTFOUND)
      break;
    MUST(model, rc);
    ++pages;
  }
  MUST_BE(model, seen == end);
  while (--pages)
    MUST(model, mdbx_cursor_get(cursor, &key, &all, MDBX_PREV_MULTIPLE));
  MUST_GIVE(model, mdbx_cursor_get(cursor, &key, &all, MDBX_PREV_MULTIPLE), MDBX_NOTFOUND);
  mdbx_cursor_close(cursor);
}

/* ------------------------------------------------------------------------------------------- cursor: changes through it */

static void put_through(struct model *model, int kind, MDBX_cursor *cursor, size_t at, uint8_t *bytes) {
  const MDBX_val key = key_of(&model->live[kind].pairs[at]);
  MDBX_val value, found_key, found;
  uint8_t key_bytes[BYTES_MAX];
  const MDBX_val own_key = {key_bytes, key.iov_len};
  memcpy(key_bytes, key.iov_base, key.iov_len);
  draw_value(model, kind, bytes, &value);
  const int all = below(model, 6) == 0;
  MUST(model, mdbx_cursor_put(cursor, &own_key, &value, (MDBX_put_flags_t)(MDBX_CURRENT | (all ? MDBX_ALLDUPS : 0))));
  if (all)
    exchange_all(model, kind, &own_key, &value);
  else
    exchange(model, kind, at, at + 1, &own_key, &value);
  MUST(model, mdbx_cursor_get(cursor, &found_key, &found, MDBX_GET_CURRENT));
  must_be_pair(model, kind, lower(model, kind, &own_key, &value), &found_key, &found);
}

/* Deletes some values in a row; the cursor must be before the next one each time. */
static void delete_through(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  struct list *list = &model->live[kind];
  MDBX_val key, value;
  for (size_t n = 1 + below(model, 10); n && at < list->count; --n) {
    const MDBX_val present = key_of(&list->pairs[at]);
    const size_t end = behind_key(model, kind, &present);
    const int all = below(model, 12) == 0;
    MUST(model, mdbx_cursor_del(cursor, all ? MDBX_ALLDUPS : MDBX_UPSERT));
    if (all) {
      at = lower(model, kind, &present, NULL);
      take_out(model, kind, at, end);
    } else {
      take_out(model, kind, at, at + 1);
    }
    if (below(model, 2))
      continue; /* the next del hits the successor */
    const int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT);
    MUST_BE(model, rc == (at < list->count ? MDBX_SUCCESS : MDBX_NOTFOUND));
    if (rc != MDBX_SUCCESS)
      return;
    must_be_pair(model, kind, at, &key, &value);
  }
}

static MDBX_cursor *cursor_at(struct model *model, int kind, size_t at) {
  MDBX_val key = key_of(&model->live[kind].pairs[at]), value = value_of(&model->live[kind].pairs[at]);
  MDBX_cursor *cursor;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &cursor));
  MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH));
  return cursor;
}

/* After a range was deleted: on the pair at that index, if there is one. */
static void must_stand_on(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  MDBX_val key, value;
  if (at < model->live[kind].count) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
    must_be_pair(model, kind, at, &key, &value);
  }
}

static void delete_range(struct model *model, int kind) {
  const struct list *list = &model->live[kind];
  uint64_t affected;
  size_t from = below(model, list->count), length = below(model, below(model, 5) ? 40 : 1500);
  size_t last = from + length < list->count ? from + length : list->count - 1;
  const size_t style = below(model, 6), including = below(model, 2);
  MDBX_cursor *begin = style == 0 ? NULL : cursor_at(model, kind, from);
  MDBX_cursor *end = style == 1 ? NULL : cursor_at(model, kind, last);
  from = begin ? from : 0;
  const size_t behind = end ? last + including : list->count - 1 + including;
  if (begin && end && from < last)
    MUST_GIVE(model, mdbx_cursor_delete_range(end, begin, including, &affected), MDBX_ENODATA);
  MUST(model, mdbx_cursor_delete_range(begin, end, including, &affected));
  MUST_BE(model, affected == behind - from);
  take_out(model, kind, from, behind);
  if (begin)
    must_stand_on(model, kind, begin, from);
  if (end)
    must_stand_on(model, kind, end, from);
  mdbx_cursor_close(begin);
  mdbx_cursor_close(end);
}

static void delete_bunch(struct model *model, int kind) {
  const struct list *list = &model->live[kind];
  const size_t at = below(model, list->count);
  const MDBX_val key = key_of(&list->pairs[at]);
  const size_t first = lower(model, kind, &key, NULL), end = behind_key(model, kind, &key);
  const size_t ranges[11][2] = {{at, at + 1},      {first, at},           {first, at + 1}, {at, end},
                                {at + 1, end},     {first, end},          {0, at},         {0, at + 1},
                                {at, list->count}, {at + 1, list->count}, {0, list->count}};
  const size_t action = below(model, 60) ? below(model, 6) : 6 + below(model, 5);
  MDBX_cursor *cursor = cursor_at(model, kind, at);
  MDBX_val found;
  uint64_t affected;
  MUST(model, mdbx_cursor_bunch_delete(cursor, (MDBX_bunch_action_t)action, &affected));
  MUST_BE(model, affected == ranges[action][1] - ranges[action][0]);
  const size_t from = ranges[action][0], to = ranges[action][1];
  const int kept = at < from || at >= to, nothing = action == 9 && from == to;
  uint8_t bytes[BYTES_MAX];
  const MDBX_val own_key = {memcpy(bytes, key.iov_base, key.iov_len), key.iov_len};
  take_out(model, kind, from, to);
  if (action >= 8 && !nothing)
    MUST_GIVE(model, mdbx_cursor_get(cursor, &found, &found, MDBX_GET_CURRENT), MDBX_ENODATA);
  else if (kept)
    must_stand_on(model, kind, cursor, at < from ? at : from);
  else
    must_stand_on(model, kind, cursor,
                  !has_key(model, kind, from, &own_key) && from && has_key(model, kind, from - 1, &own_key) ? from - 1
                                                                                                            : from);
  mdbx_cursor_close(cursor);
}

void do_bulk(struct model *model, int kind) {
  if (!model->live[kind].count)
    return;
  if (below(model, 2))
    delete_range(model, kind);
  else
    delete_bunch(model, kind);
}

void do_change(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value;
  MDBX_cursor *cursor;
  draw_pair(model, kind, bytes, &key, &value);
  const size_t at = lower(model, kind, &key, &value);
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &cursor));
  if (below(model, 4) == 0) {
    MUST(model, mdbx_cursor_put(cursor, &key, &value, MDBX_UPSERT));
    add_pair(model, kind, &key, &value);
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
    must_be_pair(model, kind, lower(model, kind, &key, &value), &key, &value);
  } else if (pair_is(model, kind, at, &key, &value)) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH));
    if (below(model, 2))
      put_through(model, kind, cursor, at, bytes + 2 * BYTES_MAX);
    else
      delete_through(model, kind, cursor, at);
  }
  mdbx_cursor_close(cursor);
}

/* --------------------------------------------------------------------------------------------------- standing cursors */

void stand(struct standing *standing, int kind, const MDBX_val *key, const MDBX_val *value) {
  free(standing->pair.bytes);
  standing->pair = make_pair(key, value);
  standing->kind = kind;
  standing->placed = 1;
  standing->where = ON_PAIR;
}

static void place(struct model *model, struct standing *standing, int kind) {
  const struct list *list = &model->live[kind];
  if (!standing->cursor)
    standing->cursor = mdbx_cursor_create(NULL);
  const int outer = standing->level >= 0 && standing->level < model->depth - 1;
  if (outer && standing->kind != kind) {
    MUST_GIVE(model, mdbx_cursor_bind(model->txn, standing->cursor, model->dbi[kind]), MDBX_EINVAL);
    MUST_GIVE(model, mdbx_cursor_unbind(standing->cursor), MDBX_EINVAL);
    return;
  }
  MUST(model, mdbx_cursor_bind(model->txn, standing->cursor, model->dbi[kind]));
  MUST_BE(model, mdbx_cursor_txn(standing->cursor) == model->txn);
  if (!outer)
    standing->level = model->depth - 1;
  standing->kind = kind;
  standing->placed = 0;
  if (!list->count)
    return;
  const struct pair *pair = &list->pairs[below(model, list->count)];
  MDBX_val key = key_of(pair), value = value_of(pair);
  MUST(model, mdbx_cursor_get(standing->cursor, &key, &value, MDBX_GET_BOTH));
  stand(standing, kind, &key, &value);
}

/* Others have changed the table: the cursor is on its pair, else on the next one of the key, behind the last of the key
 * on that, without the key on the successor, behind the end on the last record. */
static size_t place_of(const struct model *model, const struct standing *standing) {
  const MDBX_val key = key_of(&standing->pair), value = value_of(&standing->pair);
  const size_t first = lower(model, standing->kind, &key, NULL), end = behind_key(model, standing->kind, &key);
  if (standing->where == BEHIND_ALL)
    return model->live[standing->kind].count;
  const size_t at = standing->where == ON_KEY          ? first
                    : standing->where == BEHIND_VALUES ? end
                                                       : lower(model, standing->kind, &key, &value);
  return at == end && end > first ? end - 1 : at;
}

static void look_again(struct model *model, struct standing *standing) {
  const struct list *list = &model->live[standing->kind];
  size_t at = place_of(model, standing);
  MDBX_val key, value;
  if (at == list->count && at)
    at -= 1;
  const int rc = mdbx_cursor_get(standing->cursor, &key, &value, MDBX_GET_CURRENT);
  if (!list->count) {
    MUST_BE(model, rc == MDBX_ENODATA);
    standing->placed = 0;
    return;
  }
  MUST(model, rc);
  must_be_pair(model, standing->kind, at, &key, &value);
  stand(standing, standing->kind, &key, &value);
}

void do_standing(struct model *model, int kind) {
  struct standing *standing = &model->standing[below(model, STANDING)];
  if (!standing->placed || below(model, 4) == 0)
    place(model, standing, kind);
  else
    look_again(model, standing);
}
