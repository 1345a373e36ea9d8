/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The model test of tables with several values per key: random operations on a database and on a sorted array of pairs.
 *
 * Usage: multi [seed [operations]]. Every kind of values is there: bytes, reversed, fixed size, integers, an order of
 * the user. Every cursor operation is drawn and compared with what it means on the array; cursors that stand while others
 * change the table are looked at again; the checker runs after every commit.
 */
#include <mdbx.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { KINDS = 6, STANDING = 3, LEVELS = 4, BYTES_MAX = 33000 };

struct pair {
  size_t key_length, value_length;
  uint8_t *bytes; /* key, then value */
};

struct list {
  struct pair *pairs;
  size_t count, capacity;
};

/* Where a cursor is to be found: on a pair, or where that went before the successor: on the first value of a key, behind
 * the last value of one, behind everything. */
enum where { ON_PAIR, ON_KEY, BEHIND_VALUES, BEHIND_ALL };

struct standing {
  MDBX_cursor *cursor;
  int kind, placed;
  int level; /* of nesting it was bound at, -1: unbound */
  enum where where;
  struct pair pair;
};

/* What a transaction, nested or not, began with. */
struct level {
  MDBX_txn *txn;
  struct list saved[KINDS];
  struct standing standing[STANDING];
};

struct model {
  uint64_t random;
  unsigned long seed, step, commits;
  uint32_t forms; /* in which keys kept their values, as mdbx_dbi_dupsort_depthmask() says */
  char path[64];
  MDBX_env *env;
  MDBX_txn *txn;
  size_t page_size;
  MDBX_dbi dbi[KINDS];
  struct list live[KINDS];
  struct standing standing[STANDING];
  struct level levels[LEVELS];
  int depth; /* transactions that run inside each other */
  unsigned long nested;
};

struct kind {
  const char *name;
  unsigned flags;
  int own_order;
  unsigned fixed; /* bytes of every value */
};

static const struct kind kinds[KINDS] = {
    {"bytes", MDBX_DUPSORT, 0, 0},
    {"reversed", MDBX_DUPSORT | MDBX_REVERSEDUP | MDBX_REVERSEKEY, 0, 0},
    {"fixed", MDBX_DUPSORT | MDBX_DUPFIXED, 0, 5},
    {"integers", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP | MDBX_INTEGERKEY, 0, 8},
    {"own order", MDBX_DUPSORT, 1, 0},
    {"small integers", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP, 0, 4},
};

static int by_last_byte(const MDBX_val *a, const MDBX_val *b) {
  const int left = a->iov_len ? ((const uint8_t *)a->iov_base)[a->iov_len - 1] : -1;
  const int right = b->iov_len ? ((const uint8_t *)b->iov_base)[b->iov_len - 1] : -1;
  return left != right ? left - right : mdbx_get_keycmp(MDBX_DB_DEFAULTS)(a, b);
}

/* ---------------------------------------------------------------------------------------------------------- reports */

static void fail(const struct model *model, int line, const char *what, int rc) {
  fprintf(stderr, "multi: seed %lu, step %lu, page size %zu, line %d: %s (%d, %s)\n", model->seed, model->step,
          model->page_size, line, what, rc, mdbx_strerror(rc));
  exit(1);
}

#define MUST(model, call)                                                                                              \
  do {                                                                                                                 \
    const int rc_ = (call);                                                                                            \
    if (rc_ != MDBX_SUCCESS)                                                                                           \
      fail((model), __LINE__, #call, rc_);                                                                             \
  } while (0)

#define MUST_BE(model, condition)                                                                                      \
  do {                                                                                                                 \
    if (!(condition))                                                                                                  \
      fail((model), __LINE__, #condition, 0);                                                                          \
  } while (0)

#define MUST_GIVE(model, call, code)                                                                                   \
  do {                                                                                                                 \
    const int rc_ = (call);                                                                                            \
    if (rc_ != (code))                                                                                                 \
      fail((model), __LINE__, #call " should give " #code, rc_);                                                       \
  } while (0)

/* ------------------------------------------------------------------------------------------------------ the reference */

static MDBX_val key_of(const struct pair *pair) { return (MDBX_val){pair->bytes, pair->key_length}; }

static MDBX_val value_of(const struct pair *pair) {
  return (MDBX_val){pair->bytes + pair->key_length, pair->value_length};
}

static struct pair make_pair(const MDBX_val *key, const MDBX_val *value) {
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

static int compare_pair(int kind, const struct pair *pair, const MDBX_val *key, const MDBX_val *value) {
  const MDBX_val own_key = key_of(pair), own_value = value_of(pair);
  const int order = compare_keys(kind, &own_key, key);
  return order || !value ? order : compare_values(kind, &own_value, value);
}

/* First pair not less than (key, value); without a value, than the key. */
static size_t lower(const struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
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
static size_t behind_key(const struct model *model, int kind, const MDBX_val *key) {
  const struct list *list = &model->live[kind];
  size_t at = lower(model, kind, key, NULL);
  while (at < list->count && compare_pair(kind, &list->pairs[at], key, NULL) == 0)
    ++at;
  return at;
}

static int pair_is(const struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value) {
  const struct list *list = &model->live[kind];
  return at < list->count && compare_pair(kind, &list->pairs[at], key, value) == 0;
}

static void add_pair(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
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

static void remove_pairs(struct list *list, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i)
    free(list->pairs[i].bytes);
  if (list->count > to)
    memmove(list->pairs + from, list->pairs + to, (list->count - to) * sizeof(*list->pairs));
  list->count -= to - from;
}

static int has_key(const struct model *model, int kind, size_t at, const MDBX_val *key) {
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
  const int more = has_key(model, standing->kind, at, &key), before = at && has_key(model, standing->kind, at - 1, &key);
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
static void take_out(struct model *model, int kind, size_t from, size_t to) {
  int stood[STANDING];
  for (int i = 0; i < STANDING; ++i)
    stood[i] = model->standing[i].kind == kind && stands_in(model, &model->standing[i], from, to);
  remove_pairs(&model->live[kind], from, to);
  for (int i = 0; i < STANDING; ++i)
    if (stood[i])
      pass_on(model, &model->standing[i], from);
}

/* Pairs of a key give way to another value of it: cursors on them stand on the next value from then on. */
static void exchange(struct model *model, int kind, size_t from, size_t to, const MDBX_val *key, const MDBX_val *value) {
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

static void exchange_all(struct model *model, int kind, const MDBX_val *key, const MDBX_val *value) {
  exchange(model, kind, lower(model, kind, key, NULL), behind_key(model, kind, key), key, value);
}

static void copy_list(struct list *to, const struct list *from) {
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

static size_t below(struct model *model, size_t limit) { return (size_t)(draw(model) % limit); }

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

static void draw_value(struct model *model, int kind, uint8_t *bytes, MDBX_val *value) {
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
static void draw_pair(struct model *model, int kind, uint8_t *bytes, MDBX_val *key, MDBX_val *value) {
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

static void must_be_pair(struct model *model, int kind, size_t at, const MDBX_val *key, const MDBX_val *value) {
  MUST_BE(model, at < model->live[kind].count);
  const struct pair *pair = &model->live[kind].pairs[at];
  const MDBX_val own_key = key_of(pair), own_value = value_of(pair);
  MUST_BE(model, same(&own_key, key));
  MUST_BE(model, same(&own_value, value));
}

static void compare_table(struct model *model, int kind) {
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

static void print_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                        const char *format, va_list args) {
  (void)ctx;
  fprintf(stderr, "multi: checker: %s %llu %s: ", object, (unsigned long long)entry, issue);
  if (format)
    vfprintf(stderr, format, args);
  fputc('\n', stderr);
}

static void check(struct model *model) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  callbacks.issue = print_issue;
  MUST(model, mdbx_env_chk(model->env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0));
  MUST_BE(model, context.result.total_problems == 0);
}

/* ------------------------------------------------------------------------------------------------------ put and del */

static void put_upsert(struct model *model, int kind, MDBX_val *key, MDBX_val *value) {
  MUST(model, mdbx_put(model->txn, model->dbi[kind], key, value, MDBX_UPSERT));
  add_pair(model, kind, key, value);
}

static void put_with_flags(struct model *model, int kind, MDBX_val *key, MDBX_val *value) {
  static const unsigned choices[] = {MDBX_NODUPDATA, MDBX_NOOVERWRITE, MDBX_CURRENT, MDBX_ALLDUPS, MDBX_APPENDDUP,
                                     MDBX_APPEND, MDBX_CURRENT | MDBX_ALLDUPS};
  const unsigned flags = choices[below(model, 7)];
  const struct list *list = &model->live[kind];
  const size_t from = lower(model, kind, key, NULL), to = behind_key(model, kind, key);
  const int key_there = to > from, pair_there = pair_is(model, kind, lower(model, kind, key, value), key, value);
  MDBX_val given = *value;
  int expected = MDBX_SUCCESS;
  if (flags == MDBX_NODUPDATA && pair_there)
    expected = MDBX_KEYEXIST;
  else if (flags == MDBX_NOOVERWRITE && key_there)
    expected = MDBX_KEYEXIST;
  else if ((flags & MDBX_CURRENT) && !key_there)
    expected = MDBX_NOTFOUND;
  else if (flags == MDBX_APPENDDUP && key_there && compare_pair(kind, &list->pairs[to - 1], key, value) >= 0)
    expected = MDBX_EKEYMISMATCH;
  else if (flags == MDBX_APPEND && list->count && compare_pair(kind, &list->pairs[list->count - 1], key, NULL) > 0)
    expected = MDBX_EKEYMISMATCH;
  MUST_GIVE(model, mdbx_put(model->txn, model->dbi[kind], key, &given, (MDBX_put_flags_t)flags), expected);
  if (flags == MDBX_NOOVERWRITE && expected == MDBX_KEYEXIST)
    must_be_pair(model, kind, from, key, &given);
  if (expected != MDBX_SUCCESS)
    return;
  if (flags & (MDBX_CURRENT | MDBX_ALLDUPS))
    exchange_all(model, kind, key, value);
  else
    add_pair(model, kind, key, value);
}

static void put_several(struct model *model, int kind, MDBX_val *key) {
  uint8_t elements[8 * 100], scratch[64];
  const unsigned size = kinds[kind].fixed;
  MDBX_val data[2] = {{elements, size}, {NULL, below(model, 100)}};
  const size_t count = data[1].iov_len;
  for (size_t i = 0; i < count; ++i) {
    MDBX_val value;
    draw_value(model, kind, scratch, &value);
    memcpy(elements + i * size, scratch, size);
  }
  const int anew = below(model, 6) == 0;
  MUST(model, mdbx_put(model->txn, model->dbi[kind], key, data,
                       (MDBX_put_flags_t)(MDBX_MULTIPLE | (anew ? MDBX_ALLDUPS : 0))));
  MUST_BE(model, data[1].iov_len == count);
  for (size_t i = 0; i < count; ++i) {
    const MDBX_val value = {elements + i * size, size};
    if (anew && i == 0)
      exchange_all(model, kind, key, &value);
    else
      add_pair(model, kind, key, &value);
  }
}

static void do_put(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value;
  draw_pair(model, kind, bytes, &key, &value);
  if (below(model, 3))
    draw_value(model, kind, bytes + BYTES_MAX, &value);
  if (kinds[kind].fixed && below(model, 12) == 0)
    put_several(model, kind, &key);
  else if (below(model, 3))
    put_upsert(model, kind, &key, &value);
  else
    put_with_flags(model, kind, &key, &value);
}

static void do_delete(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value;
  draw_pair(model, kind, bytes, &key, &value);
  if (below(model, 12) == 0) {
    const int there = behind_key(model, kind, &key) > lower(model, kind, &key, NULL);
    MUST_GIVE(model, mdbx_del(model->txn, model->dbi[kind], &key, NULL), there ? MDBX_SUCCESS : MDBX_NOTFOUND);
    take_out(model, kind, lower(model, kind, &key, NULL), behind_key(model, kind, &key));
    return;
  }
  const size_t at = lower(model, kind, &key, &value);
  const int there = pair_is(model, kind, at, &key, &value);
  MUST_GIVE(model, mdbx_del(model->txn, model->dbi[kind], &key, &value), there ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (there)
    take_out(model, kind, at, at + 1);
}

static void do_replace(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value, old;
  uint8_t fresh_bytes[BYTES_MAX];
  MDBX_val fresh;
  draw_pair(model, kind, bytes, &key, &value);
  draw_value(model, kind, fresh_bytes, &fresh);
  const size_t at = lower(model, kind, &key, &value);
  const int there = pair_is(model, kind, at, &key, &value), gone = below(model, 4) == 0;
  old = value;
  MUST_GIVE(model,
            mdbx_replace(model->txn, model->dbi[kind], &key, gone ? NULL : &fresh, &old,
                         (MDBX_put_flags_t)(MDBX_CURRENT | MDBX_NOOVERWRITE)),
            there ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (!there)
    return;
  if (gone) {
    take_out(model, kind, at, at + 1);
    return;
  }
  exchange(model, kind, at, at + 1, &key, &fresh);
}

/* Counts from the record to another one and goes there, sometimes further than there are records. */
static size_t scroll(struct model *model, int kind, MDBX_cursor *cursor, size_t at) {
  const struct list *list = &model->live[kind];
  const size_t to = below(model, list->count);
  const intptr_t steps = (intptr_t)to - (intptr_t)at, over = below(model, 8) ? 0 : steps < 0 ? -(intptr_t)to - 1 : 0;
  MDBX_cursor *start;
  MDBX_val key, value;
  intptr_t distance;
  MUST(model, mdbx_cursor_open(model->txn, model->dbi[kind], &start));
  MUST(model, mdbx_cursor_copy(cursor, start));
  MUST_GIVE(model, mdbx_cursor_scroll(cursor, steps + over, UINT_MAX), over ? MDBX_NOTFOUND : MDBX_SUCCESS);
  const size_t end = over ? 0 : to;
  MUST(model, mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
  must_be_pair(model, kind, end, &key, &value);
  MUST(model, mdbx_cursor_distance(start, cursor, &distance, UINT_MAX));
  MUST_BE(model, distance == (intptr_t)end - (intptr_t)at);
  MUST(model, mdbx_cursor_distance(cursor, NULL, &distance, UINT_MAX));
  MUST_BE(model, distance == (intptr_t)(list->count - 1 - end));
  mdbx_cursor_close(start);
  return end;
}

/* Whole tables and single keys are counted; anything else must have the right direction. */
static void check_estimates(struct model *model, int kind, const MDBX_val *key, const MDBX_val *end) {
  const struct list *list = &model->live[kind];
  const size_t from = lower(model, kind, key, NULL), to = behind_key(model, kind, key);
  const size_t last = lower(model, kind, end, NULL);
  ptrdiff_t distance;
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], NULL, NULL, NULL, NULL, &distance));
  MUST_BE(model, distance == (ptrdiff_t)list->count);
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], key, NULL, MDBX_EPSILON, NULL, &distance));
  MUST_BE(model, distance == (ptrdiff_t)(to - from));
  MUST(model, mdbx_estimate_range(model->txn, model->dbi[kind], key, NULL, end, NULL, &distance));
  MUST_BE(model, last >= from ? distance >= 0 : distance <= 0);
}

/* Some keys with one call: those of pairs that are there, in any order, and the drawn one. */
static void get_many(struct model *model, int kind, const MDBX_val *drawn) {
  enum { SOME = 40 };
  const struct list *list = &model->live[kind];
  MDBX_val keys[SOME] = {{NULL, 0}}, found[SOME];
  int codes[SOME];
  const size_t count = below(model, SOME + 1);
  for (size_t i = 0; i < count; ++i)
    keys[i] = list->count && below(model, 4) ? key_of(&list->pairs[below(model, list->count)]) : *drawn;
  MUST(model, mdbx_get_many(model->txn, model->dbi[kind], keys, found, codes, count));
  for (size_t i = 0; i < count; ++i) {
    const size_t from = lower(model, kind, &keys[i], NULL);
    MUST_BE(model, codes[i] == (behind_key(model, kind, &keys[i]) > from ? MDBX_SUCCESS : MDBX_NOTFOUND));
    if (codes[i] == MDBX_SUCCESS)
      must_be_pair(model, kind, from, &keys[i], &found[i]);
  }
}

static void do_get(struct model *model, int kind, uint8_t *bytes) {
  MDBX_val key, value, found_key, found;
  size_t count;
  draw_pair(model, kind, bytes, &key, &value);
  const size_t from = lower(model, kind, &key, NULL), to = behind_key(model, kind, &key);
  get_many(model, kind, &key);
  if (model->live[kind].count) {
    const MDBX_val end = key_of(&model->live[kind].pairs[below(model, model->live[kind].count)]);
    check_estimates(model, kind, &key, &end);
  }
  MUST_GIVE(model, mdbx_get(model->txn, model->dbi[kind], &key, &found), to > from ? MDBX_SUCCESS : MDBX_NOTFOUND);
  if (to > from)
    must_be_pair(model, kind, from, &key, &found);
  found_key = key;
  mdbx_get_ex(model->txn, model->dbi[kind], &found_key, &found, &count);
  MUST_BE(model, count == to - from);
  found_key = key;
  found = value;
  const size_t at = lower(model, kind, &key, &value);
  const int rc = mdbx_get_equal_or_great(model->txn, model->dbi[kind], &found_key, &found);
  if (at == model->live[kind].count)
    MUST_BE(model, rc == MDBX_NOTFOUND);
  else
    MUST_BE(model, rc == (pair_is(model, kind, at, &key, &value) ? MDBX_SUCCESS : MDBX_RESULT_TRUE));
  if (rc != MDBX_NOTFOUND)
    must_be_pair(model, kind, at, &found_key, &found);
}

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
  static const MDBX_cursor_op both[] = {MDBX_SET,       MDBX_SET_KEY,       MDBX_SET_RANGE,
                                        MDBX_GET_BOTH,  MDBX_GET_BOTH_RANGE, MDBX_SET_LOWERBOUND,
                                        MDBX_SET_UPPERBOUND};
  if (below(model, 2))
    return both[below(model, 7)];
  return (MDBX_cursor_op)(MDBX_TO_KEY_LESSER_THAN + (int)below(model, 15));
}

static MDBX_cursor_op draw_move(struct model *model) {
  static const MDBX_cursor_op moves[] = {MDBX_FIRST,    MDBX_LAST,       MDBX_NEXT,       MDBX_PREV,
                                         MDBX_NEXT_DUP, MDBX_PREV_DUP,   MDBX_NEXT_NODUP, MDBX_PREV_NODUP,
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
static void do_walk(struct model *model, int kind, uint8_t *bytes) {
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
static void do_pages(struct model *model, int kind) {
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
  MUST(model, mdbx_cursor_put(cursor, &own_key, &value,
                              (MDBX_put_flags_t)(MDBX_CURRENT | (all ? MDBX_ALLDUPS : 0))));
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
  const size_t ranges[11][2] = {{at, at + 1},  {first, at},    {first, at + 1}, {at, end},
                                {at + 1, end}, {first, end},   {0, at},         {0, at + 1},
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

static void do_bulk(struct model *model, int kind) {
  if (!model->live[kind].count)
    return;
  if (below(model, 2))
    delete_range(model, kind);
  else
    delete_bunch(model, kind);
}

static void do_change(struct model *model, int kind, uint8_t *bytes) {
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

static void stand(struct standing *standing, int kind, const MDBX_val *key, const MDBX_val *value) {
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

static void do_standing(struct model *model, int kind) {
  struct standing *standing = &model->standing[below(model, STANDING)];
  if (!standing->placed || below(model, 4) == 0)
    place(model, standing, kind);
  else
    look_again(model, standing);
}

/* ------------------------------------------------------------------------------------------------------ transactions */

static void copy_standing(struct standing *to, const struct standing *from) {
  const MDBX_val key = key_of(&from->pair), value = value_of(&from->pair);
  free(to->pair.bytes);
  *to = *from;
  to->pair = from->placed ? make_pair(&key, &value) : (struct pair){0, 0, NULL};
}

static void begin(struct model *model) {
  struct level *level = &model->levels[model->depth];
  MUST(model, mdbx_txn_begin(model->env, model->txn, MDBX_TXN_READWRITE, &level->txn));
  if (model->txn)
    MUST_BE(model, mdbx_txn_flags(model->txn) & MDBX_TXN_HAS_CHILD);
  for (int i = 0; i < KINDS; ++i)
    copy_list(&level->saved[i], &model->live[i]);
  for (int i = 0; i < STANDING; ++i)
    copy_standing(&level->standing[i], &model->standing[i]);
  model->txn = level->txn;
  model->nested += model->depth > 0;
  model->depth += 1;
}

/* Ends the transactions from the innermost to that one. */
static void end_level(struct model *model, int keep, int depth) {
  struct level *level = &model->levels[depth];
  if (keep)
    MUST(model, mdbx_txn_commit(level->txn));
  else
    MUST(model, mdbx_txn_abort(level->txn));
  for (int i = 0; !keep && i < KINDS; ++i)
    copy_list(&model->live[i], &level->saved[i]);
  for (int i = 0; i < STANDING; ++i) {
    struct standing *standing = &model->standing[i];
    if (!keep && standing->level >= 0 && standing->level < depth)
      copy_standing(standing, &level->standing[i]);
    else if (standing->level >= depth)
      standing->placed = 0;
    if (standing->level >= depth)
      standing->level = -1;
  }
  model->depth = depth;
  model->txn = depth ? model->levels[depth - 1].txn : NULL;
}

static void end(struct model *model, int keep) {
  const int depth = below(model, 8) ? model->depth - 1 : 0;
  end_level(model, keep, depth);
  if (!keep || depth)
    return;
  model->commits += 1;
  check(model);
}

static void open_database(struct model *model, int fresh) {
  static const unsigned modes[] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC | MDBX_LIFORECLAIM,
                                   MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP, MDBX_SAFE_NOSYNC | MDBX_VALIDATION};
  MUST(model, mdbx_env_create(&model->env));
  MUST(model, mdbx_env_set_maxdbs(model->env, KINDS));
  MUST(model, mdbx_env_set_option(model->env, MDBX_opt_txn_dp_limit, 128));
  if (fresh)
    MUST(model, mdbx_env_set_geometry(model->env, 0, 65536, 256 << 20, 65536, 131072, (intptr_t)model->page_size));
  MUST(model, mdbx_env_open(model->env, model->path,
                            (MDBX_env_flags_t)(modes[model->seed / 8 % 4] | MDBX_NOSUBDIR), 0600));
  MUST(model, mdbx_txn_begin(model->env, NULL, MDBX_TXN_READWRITE, &model->txn));
  for (int i = 0; i < KINDS; ++i) {
    const MDBX_cmp_func order = kinds[i].own_order ? by_last_byte : NULL;
    MUST(model, mdbx_dbi_open_ex(model->txn, kinds[i].name, (MDBX_db_flags_t)(kinds[i].flags | MDBX_CREATE),
                                 &model->dbi[i], order, order));
  }
  MUST(model, mdbx_txn_commit(model->txn));
  model->txn = NULL;
  for (int i = 0; i < STANDING; ++i)
    model->standing[i].level = -1;
}

static void close_database(struct model *model) {
  for (int i = 0; i < STANDING; ++i) {
    mdbx_cursor_close(model->standing[i].cursor);
    model->standing[i].cursor = NULL;
    model->standing[i].placed = 0;
  }
  MUST(model, mdbx_env_close(model->env));
}

static void drop(struct model *model, int kind) {
  MUST(model, mdbx_drop(model->txn, model->dbi[kind], false));
  remove_pairs(&model->live[kind], 0, model->live[kind].count);
  for (int i = 0; i < STANDING; ++i)
    if (model->standing[i].kind == kind)
      model->standing[i].placed = 0;
}

static unsigned env_flags(const struct model *model) {
  unsigned flags = 0;
  mdbx_env_get_flags(model->env, &flags);
  return flags;
}

static void step(struct model *model) {
  static uint8_t bytes[4 * BYTES_MAX];
  const size_t what = below(model, 1000);
  const int kind = (int)below(model, KINDS);
  if (!model->txn) {
    if (what < 30) {
      close_database(model);
      open_database(model, 0);
    }
    begin(model);
  }
  if (what < 420)
    do_put(model, kind, bytes);
  else if (what < 560)
    do_delete(model, kind, bytes);
  else if (what < 600)
    do_replace(model, kind, bytes);
  else if (what < 650)
    do_get(model, kind, bytes);
  else if (what < 780)
    do_walk(model, kind, bytes);
  else if (what < 800)
    do_pages(model, kind);
  else if (what < 880)
    do_change(model, kind, bytes);
  else if (what < 970)
    do_standing(model, kind);
  else if (what < 971)
    drop(model, kind);
  else if (what < 975)
    do_bulk(model, kind);
  else if (what < 980)
    compare_table(model, kind);
  else if (what < 984)
    end(model, 0);
  else if (what < 992)
    end(model, 1);
  else if (model->depth < LEVELS && !(env_flags(model) & MDBX_WRITEMAP))
    begin(model);
}

static void run(unsigned long seed, unsigned long steps) {
  static const unsigned sizes[] = {4096, 256, 512, 1024, 2048, 8192, 16384, 65536};
  struct model *model = calloc(1, sizeof(*model));
  const char *folder = getenv("TEST_TMPDIR");
  model->seed = seed;
  model->random = seed * 104729 + 7;
  model->page_size = sizes[seed % 8];
  snprintf(model->path, sizeof(model->path), "%s/multi-%d-%lu.db", folder ? folder : "/tmp", (int)getpid(), seed);
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
  open_database(model, 1);
  for (; model->step < steps; ++model->step)
    step(model);
  if (!model->txn)
    begin(model);
  for (int i = 0; i < KINDS; ++i)
    compare_table(model, i);
  end_level(model, 1, 0);
  check(model);
  close_database(model);
  mdbx_env_delete(model->path, MDBX_ENV_JUST_DELETE);
  printf("seed %lu: page size %zu, %lu steps, %lu commits, %lu nested, forms of values 0x%x: agreed\n", seed,
         model->page_size, steps, model->commits, model->nested, model->forms);
  for (int i = 0; i < KINDS; ++i) {
    remove_pairs(&model->live[i], 0, model->live[i].count);
    free(model->live[i].pairs);
    for (int level = 0; level < LEVELS; ++level) {
      remove_pairs(&model->levels[level].saved[i], 0, model->levels[level].saved[i].count);
      free(model->levels[level].saved[i].pairs);
    }
  }
  for (int i = 0; i < STANDING; ++i) {
    free(model->standing[i].pair.bytes);
    for (int level = 0; level < LEVELS; ++level)
      free(model->levels[level].standing[i].pair.bytes);
  }
  free(model);
}

int main(int argc, char **argv) {
  mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_NONE, NULL);
  const unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 4000;
  if (argc > 1) {
    run(strtoul(argv[1], NULL, 10), steps);
    return 0;
  }
  for (unsigned long seed = 1; seed <= 32; ++seed)
    run(seed, steps);
  return 0;
}
