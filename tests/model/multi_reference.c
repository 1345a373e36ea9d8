/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of the model of tables with several values: sorted arrays of pairs, what is drawn, and how both are compared. */
#include "checker.h"
#include "multi.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct kind kinds[KINDS] = {
    {"bytes", MDBX_DUPSORT, 0, 0},
    {"reversed", MDBX_DUPSORT | MDBX_REVERSEDUP | MDBX_REVERSEKEY, 0, 0},
    {"fixed", MDBX_DUPSORT | MDBX_DUPFIXED, 0, 5},
    {"integers", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP | MDBX_INTEGERKEY, 0, 8},
    {"own order", MDBX_DUPSORT, 1, 0},
    {"small integers", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP, 0, 4},
};

int by_last_byte(const MDBX_val *a, const MDBX_val *b) {
  const int left = a->iov_len ? ((const uint8_t *)a->iov_base)[a->iov_len - 1] : -1;
  const int right = b->iov_len ? ((const uint8_t *)b->iov_base)[b->iov_len - 1] : -1;
  return left != right ? left - right : mdbx_get_keycmp(MDBX_DB_DEFAULTS)(a, b);
}

/* ---------------------------------------------------------------------------------------------------------- reports */

void fail(const struct model *model, int line, const char *what, int rc) {
  fprintf(stderr, "multi: seed %lu, step %lu, page size %zu, line %d: %s (%d, %s)\n", model->seed, model->step,
          model->page_size, line, what, rc, mdbx_strerror(rc));
  exit(1);
}

/* ------------------------------------------------------------------------------------------------------ the reference */

MDBX_val key_of(const struct pair *pair) { return (MDBX_val){pair->bytes, pair->key_length}; }

MDBX_val value_of(const struct pair *pair) { return (MDBX_val){pair->bytes + pair->key_length, pair->value_length}; }

struct pair make_pair(const MDBX_val *key, const MDBX_val *value) {
  struct pair pair = {key->iov_len, value->iov_len, malloc(key->iov_len + value->iov_len + 1)};
  if (key->iov_len)
    memcpy(pair.bytes, key->iov_base, key->iov_len);
  if (value->iov_len)
    memcpy(pair.bytes + key->iov_len, value->iov_base, value->iov_len);
  return pair;
}

static int compare_keys(int kind, const MDBX_val *a, const MDBX_val *b) {
  return kinds[kind].own_order ? by_last_byte(a, b) : mdbx_get_keycmp((MDBX_db_flags_t)kinds[kind].flags)(a, b);
}

static int compare_values(int kind, const MDBX_val *a, const MDBX_val *b) {
  return kinds[kind].own_order ? by_last_byte(a, b) : mdbx_get_datacmp((MDBX_db_flags_t)kinds[kind].flags)(a, b);
}

int compare_pair(int kind, const struct pair *pair, const MDBX_val *key, const MDBX_val *value) {
  const MDBX_val own_key = key_of(pair), own_value = value_of(pair);
  const int order = compare_keys(kind, &own_key, key);
  return order || !value ? order : compare_values(kind, &own_value, value);
}

/* First pair not less than (key, value); without a value, than the key. */
size_t lower(const struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
  const struct list *list = &model->live[kind];
  size_t low = 0, high = list->count;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (compare_pair(kind, &list->pairs[middle], key, value) < 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* First pair whose key is greater. */
size_t behind_key(const struct model *model, int kind, const MDBX_val *key) {
  const struct list *list = &model->live[kind];
  size_t at = lower(model, kind, key, NULL);
  while (at < list->count && compare_pair(kind, &list->pairs[at], key, NULL) == 0)
    ++at;
  return at;
}

int pair_is(const struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value) {
  const struct list *list = &model->live[kind];
  return at < list->count && compare_pair(kind, &list->pairs[at], key, value) == 0;
}

void add_pair(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
  struct list *list = &model->live[kind];
  const size_t at = lower(model, kind, key, value);
  if (pair_is(model, kind, at, key, value))
    return;
  if (list->count == list->capacity) {
    list->capacity = list->capacity ? 2 * list->capacity : 64;
    list->pairs = realloc(list->pairs, list->capacity * sizeof(*list->pairs));
  }
  memmove(list->pairs + at + 1, list->pairs + at, (list->count - at) * sizeof(*list->pairs));
  list->pairs[at] = make_pair(key, value);
  list->count += 1;
}

void remove_pairs(struct list *list, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    free(list->pairs[i].bytes);
  if (list->count > to)
    memmove(list->pairs + from, list->pairs + to, (list->count - to) * sizeof(*list->pairs));
  list->count -= to - from;
}

int has_key(const struct model *model, int kind, size_t at, const MDBX_val *key) {
  return at < model->live[kind].count && compare_pair(kind, &model->live[kind].pairs[at], key, NULL) == 0;
}

/* Whether what a standing cursor is to be found by is among the pairs. */
static int stands_in(const struct model *model, const struct standing *standing, size_t from, size_t to) {
  const int kind = standing->kind;
  if (!standing->placed || standing->where == BEHIND_ALL)
    return 0;
  const MDBX_val key = key_of(&standing->pair), value = value_of(&standing->pair);
  const size_t at = lower(model, kind, &key, &value);
  if (standing->where == ON_PAIR)
    return pair_is(model, kind, at, &key, &value) && at >= from && at < to;
  const size_t first = lower(model, kind, &key, NULL), end = behind_key(model, kind, &key);
  return end > first && first >= from && end <= to;
}

/* The pairs before which it stood have gone; `at` is what followed them. */
static void pass_on(struct model *model, struct standing *standing, size_t at) {
  const struct list *list = &model->live[standing->kind];
  const MDBX_val key = key_of(&standing->pair);
  const int more = has_key(model, standing->kind, at, &key),
            before = at && has_key(model, standing->kind, at - 1, &key);
  if (!more && before) {
    standing->where = BEHIND_VALUES;
    return;
  }
  standing->where = at == list->count ? BEHIND_ALL : more && standing->where == ON_PAIR ? ON_PAIR : ON_KEY;
  if (at == list->count)
    return;
  const MDBX_val next_key = key_of(&list->pairs[at]), next_value = value_of(&list->pairs[at]);
  free(standing->pair.bytes);
  standing->pair = make_pair(&next_key, &next_value);
}

/* Pairs are deleted: cursors on them stand before the successor from then on, whatever is put in between. */
void take_out(struct model *model, int kind, size_t from, size_t to) {
  int stood[STANDING];
  for (int i = 0; i < STANDING; ++i)
    stood[i] = model->standing[i].kind == kind && stands_in(model, &model->standing[i], from, to);
  remove_pairs(&model->live[kind], from, to);
  for (int i = 0; i < STANDING; ++i)
    if (stood[i])
      pass_on(model, &model->standing[i], from);
}

/* Pairs of a key give way to another value of it: cursors on them stand on the next value from then on. */
void exchange(struct model *model, int kind, size_t from, size_t to, const MDBX_val *key, const MDBX_val *value) {
  int stood[STANDING];
  for (int i = 0; i < STANDING; ++i)
    stood[i] = model->standing[i].kind == kind && model->standing[i].where == ON_PAIR &&
               stands_in(model, &model->standing[i], from, to);
  remove_pairs(&model->live[kind], from, to);
  add_pair(model, kind, key, value);
  for (int i = 0; i < STANDING; ++i) {
    struct standing *standing = &model->standing[i];
    if (!stood[i])
      continue;
    const MDBX_val own_key = key_of(&standing->pair), own_value = value_of(&standing->pair);
    pass_on(model, standing, lower(model, kind, &own_key, &own_value));
  }
}

void exchange_all(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
  exchange(model, kind, lower(model, kind, key, NULL), behind_key(model, kind, key), key, value);
}

void copy_list(struct list *to, const struct list *from) {
  remove_pairs(to, 0, to->count);
  free(to->pairs);
  *to = (struct list){malloc((from->count + 1) * sizeof(*to->pairs)), from->count, from->count + 1};
  for (size_t i = 0; i < from->count; ++i) {
    const MDBX_val key = key_of(&from->pairs[i]), value = value_of(&from->pairs[i]);
    to->pairs[i] = make_pair(&key, &value);
  }
}

/* ---------------------------------------------------------------------------------------------------------- drawing */

static uint64_t draw(struct model *model) {
  uint64_t z = (model->random += UINT64_C(0x9e3779b97f4a7c15));
  z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
  return z ^ z >> 31;
}

size_t below(struct model *model, size_t limit) { return (size_t)(draw(model) % limit); }

static size_t longest_key(const struct model *model) {
  return (size_t)mdbx_env_get_maxkeysize_ex(model->env, MDBX_DUPSORT);
}

static size_t longest_value(const struct model *model) {
  return (size_t)mdbx_env_get_maxvalsize_ex(model->env, MDBX_DUPSORT);
}

static size_t text(struct model *model, uint8_t *bytes, size_t limit, size_t variety) {
  size_t length = 0;
  if (below(model, 3) == 0)
    length = (size_t)sprintf((char *)bytes, "shared prefix ");
  length += (size_t)sprintf((char *)bytes + length, "%zu", below(model, variety));
  if (below(model, 40) == 0)
    length = 0;
  if (below(model, 25) == 0)
    for (size_t n = below(model, limit); n; --n)
      bytes[length++] = (uint8_t)('a' + below(model, 3));
  return length < limit ? length : limit;
}

/* One key of each table gets so many values that its tree has levels. */
static void draw_key(struct model *model, int kind, uint8_t *bytes, MDBX_val *key) {
  const int crowded = below(model, 2) == 0;
  *key = (MDBX_val){bytes, 8};
  if (kinds[kind].flags & MDBX_INTEGERKEY) {
    const uint64_t number = crowded ? 7 : below(model, 30);
    memcpy(bytes, &number, 8);
  } else if (crowded) {
    key->iov_len = (size_t)sprintf((char *)bytes, "crowded");
  } else {
    key->iov_len = text(model, bytes, longest_key(model), 25);
  }
}

void draw_value(struct model *model, int kind, uint8_t *bytes, MDBX_val *value) {
  const unsigned fixed = kinds[kind].fixed;
  const uint64_t number = below(model, 2) ? below(model, 3000) : below(model, 20);
  *value = (MDBX_val){bytes, fixed};
  if (!fixed)
    value->iov_len = text(model, bytes, longest_value(model), below(model, 2) ? 2000 : 20);
  else if (kinds[kind].flags & MDBX_INTEGERDUP)
    memcpy(bytes, &number, fixed);
  else
    sprintf((char *)bytes, "%05u", (unsigned)number);
}

/* A pair that is there more often than not. */
void draw_pair(struct model *model, int kind, uint8_t *bytes, MDBX_val *key, MDBX_val *value) {
  const struct list *list = &model->live[kind];
  draw_key(model, kind, bytes, key);
  draw_value(model, kind, bytes + BYTES_MAX, value);
  if (!list->count || below(model, 4) == 0)
    return;
  const struct pair *pair = &list->pairs[below(model, list->count)];
  memcpy(bytes, pair->bytes, pair->key_length);
  key->iov_len = pair->key_length;
  if (below(model, 3) == 0)
    return;
  memcpy(bytes + BYTES_MAX, pair->bytes + pair->key_length, pair->value_length);
  value->iov_len = pair->value_length;
}

/* -------------------------------------------------------------------------------------------------------- comparing */

static int same(const MDBX_val *a, const MDBX_val *b) {
  return a->iov_len == b->iov_len && (!a->iov_len || memcmp(a->iov_base, b->iov_base, a->iov_len) == 0);
}

void must_be_pair(struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value) {
  MUST_BE(model, at < model->live[kind].count);
  const struct pair *pair = &model->live[kind].pairs[at];
  const MDBX_val own_key = key_of(pair), own_value = value_of(pair);
  MUST_BE(model, same(&own_key, key));
  MUST_BE(model, same(&own_value, value));
}

void compare_table(struct model *model, int kind) {
  const struct list *list = &model->live[kind];
  MDBX_cursor *cursor;
  MDBX_val key, value;
  MDBX_stat stat;
  uint32_t forms;
  MUST(model, mdbx_dbi_dupsort_depthmask(model->txn, model->dbi[kind], &forms));
  model->forms |= forms;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &cursor));
  for (size_t i = 0; i < list->count; ++i) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
    must_be_pair(model, kind, i, &key, &value);
  }
  MUST_GIVE(model, mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), MDBX_NOTFOUND);
  for (size_t i = list->count; i-- > 0;) {
    MUST(model, mdbx_cursor_get(cursor, &key, &value, i + 1 < list->count ? MDBX_PREV : MDBX_LAST));
    must_be_pair(model, kind, i, &key, &value);
  }
  mdbx_cursor_close(cursor);
  MUST(model, mdbx_dbi_stat(model->txn, model->dbi[kind], &stat, sizeof(stat)));
  MUST_BE(model, stat.ms_entries == list->count);
}

void check(struct model *model) {
  size_t problems;
  MUST(model, checker_run(model->env, &problems));
  MUST_BE(model, problems == 0);
}
