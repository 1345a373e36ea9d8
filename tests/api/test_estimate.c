/* SPDX-License-Identifier: Apache-2.0 */
/* Distances between records, counted and estimated; many records with one call. */
#include "api.h"

#include <limits.h>

enum { MANY = 20000, VALUES = 5000 };

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_cursor *cursor, *other;
static MDBX_dbi unique, several;

/* Records 000000, 000002, ... of MANY; a table in which keys 0 to 99 have few values, key 50 VALUES more. */
static void fill(void) {
  char key[16], value[16];
  for (int i = 0; i < MANY; ++i) {
    snprintf(key, sizeof(key), "%06d", 2 * i);
    OK(api_put(txn, unique, key, key, MDBX_UPSERT));
  }
  for (int i = 0; i < 100; ++i)
    for (int n = 0; n < (i == 50 ? VALUES : i % 5 + 1); ++n) {
      snprintf(key, sizeof(key), "%02d", i);
      snprintf(value, sizeof(value), "%06d", n);
      OK(api_put(txn, several, key, value, MDBX_UPSERT));
    }
}

static void begin(void) {
  unit_setup();
  env = api_open(MDBX_NOSTICKYTHREADS);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  unique = api_table(txn, "unique", MDBX_CREATE);
  several = api_table(txn, "several", MDBX_CREATE | MDBX_DUPSORT);
  fill();
  OK(mdbx_cursor_open(txn, unique, &cursor));
  OK(mdbx_cursor_open(txn, unique, &other));
}

static void end(void) {
  mdbx_cursor_close(cursor);
  mdbx_cursor_close(other);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

static void put_on(MDBX_cursor *c, int number) {
  char text[16];
  snprintf(text, sizeof(text), "%06d", 2 * number);
  MDBX_val key = api_val(text), data;
  OK(mdbx_cursor_get(c, &key, &data, MDBX_SET));
}

static void is_on(MDBX_cursor *c, int number) {
  char text[16];
  MDBX_val key, data;
  snprintf(text, sizeof(text), "%06d", 2 * number);
  OK(mdbx_cursor_get(c, &key, &data, MDBX_GET_CURRENT));
  IS_TEXT(key, text);
}

static intptr_t distance_of(const MDBX_cursor *a, const MDBX_cursor *b) {
  intptr_t distance;
  OK(mdbx_cursor_distance(a, b, &distance, UINT_MAX));
  return distance;
}

START_TEST(rule_45_distance_exact) {
  intptr_t distance;
  IS(mdbx_cursor_distance(cursor, NULL, &distance, UINT_MAX), MDBX_ENODATA);
  IS(mdbx_cursor_distance(NULL, NULL, &distance, UINT_MAX), MDBX_EINVAL);
  for (int i = 0; i < 300; ++i) {
    const int a = (i * 7919) % MANY, b = (i * 104729 + 5) % MANY;
    put_on(cursor, a);
    put_on(other, b);
    ck_assert_int_eq(distance_of(cursor, other), b - a);
  }
  put_on(cursor, 77);
  IS(mdbx_cursor_distance(cursor, NULL, NULL, UINT_MAX), MDBX_EINVAL);
  ck_assert_int_eq(distance_of(cursor, cursor), 0);
  ck_assert_int_eq(distance_of(NULL, cursor), 77);
  ck_assert_int_eq(distance_of(cursor, NULL), MANY - 1 - 77);
}
END_TEST

START_TEST(distance_by_level) {
  intptr_t distance;
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, unique, &stat, sizeof(stat)));
  put_on(cursor, 0);
  put_on(other, MANY - 1);
  OK(mdbx_cursor_distance(cursor, other, &distance, stat.ms_depth - 2));
  ck_assert_int_eq(distance, (intptr_t)stat.ms_leaf_pages - 1);
  OK(mdbx_cursor_distance(other, cursor, &distance, stat.ms_depth - 2));
  ck_assert_int_eq(distance, 1 - (intptr_t)stat.ms_leaf_pages);
  OK(mdbx_cursor_distance(cursor, other, &distance, 0));
  ck_assert_int_gt(distance, 0);
  ck_assert_int_le(distance, (intptr_t)stat.ms_leaf_pages - 1);
  OK(mdbx_cursor_scroll(cursor, 1, stat.ms_depth - 2));
  const intptr_t leaf = distance_of(NULL, cursor);
  ck_assert_int_gt(leaf, 1);
  OK(mdbx_cursor_scroll(cursor, -1, stat.ms_depth - 2));
  is_on(cursor, 0);
}
END_TEST

START_TEST(rule_45_scroll_edges) {
  IS(mdbx_cursor_scroll(cursor, 1, UINT_MAX), MDBX_ENODATA);
  put_on(cursor, 100);
  OK(mdbx_cursor_scroll(cursor, 0, UINT_MAX));
  is_on(cursor, 100);
  OK(mdbx_cursor_scroll(cursor, MANY - 101, UINT_MAX));
  is_on(cursor, MANY - 1);
  IS(mdbx_cursor_scroll(cursor, 1, UINT_MAX), MDBX_NOTFOUND);
  is_on(cursor, MANY - 1);
  IS(mdbx_cursor_scroll(cursor, INTPTR_MIN, UINT_MAX), MDBX_NOTFOUND);
  is_on(cursor, 0);
  IS(mdbx_cursor_scroll(cursor, INTPTR_MAX, 0), MDBX_NOTFOUND);
  is_on(cursor, MANY - 1);
  OK(mdbx_cursor_scroll(cursor, 1 - MANY, UINT_MAX));
  is_on(cursor, 0);
}
END_TEST

START_TEST(scroll_values) {
  MDBX_cursor *walker;
  MDBX_val key, data, sought, found;
  const intptr_t entries = (intptr_t)api_entries(txn, several);
  OK(mdbx_cursor_bind(txn, cursor, several));
  OK(mdbx_cursor_bind(txn, other, several));
  OK(mdbx_cursor_open(txn, several, &walker));
  OK(mdbx_cursor_get(other, &key, &data, MDBX_FIRST));
  intptr_t number = 0;
  while (mdbx_cursor_get(walker, &sought, &found, MDBX_NEXT) == MDBX_SUCCESS) {
    if (number % 13 == 0) {
      ck_assert_int_eq(distance_of(NULL, walker), number);
      ck_assert_int_eq(distance_of(walker, NULL), entries - 1 - number);
      ck_assert_int_eq(distance_of(walker, other), -distance_of(other, walker));
      OK(mdbx_cursor_scroll(other, distance_of(other, walker), UINT_MAX));
      OK(mdbx_cursor_get(other, &key, &data, MDBX_GET_CURRENT));
      ck_assert_int_eq(memcmp(key.iov_base, sought.iov_base, 2), 0);
      ck_assert_int_eq(memcmp(data.iov_base, found.iov_base, 6), 0);
      OK(mdbx_cursor_scroll(other, (intptr_t)(number * 31 % entries) - number, UINT_MAX));
    }
    number += 1;
  }
  ck_assert_int_eq(number, entries);
  mdbx_cursor_close(walker);
}
END_TEST

START_TEST(distribute) {
  MDBX_cursor *array[5];
  for (int i = 0; i < 5; ++i)
    OK(mdbx_cursor_open(txn, unique, &array[i]));
  put_on(cursor, 1000);
  put_on(other, 9000);
  OK(mdbx_cursor_distribute(cursor, other, array, 5, UINT_MAX));
  for (int i = 0; i < 5; ++i)
    is_on(array[i], 1000 + 1600 * (i + 1));
  OK(mdbx_cursor_distribute(other, cursor, array, 5, UINT_MAX));
  for (int i = 0; i < 5; ++i)
    is_on(array[i], 9000 - 1600 * (i + 1));
  OK(mdbx_cursor_distribute(NULL, other, array, 2, UINT_MAX));
  is_on(array[0], 4500);
  is_on(array[1], 9000);
  put_on(other, 1002);
  IS(mdbx_cursor_distribute(cursor, other, array, 5, UINT_MAX), MDBX_RESULT_TRUE);
  is_on(array[0], 1001);
  is_on(array[1], 1002);
  MDBX_val key, data;
  IS(mdbx_cursor_get(array[4], &key, &data, MDBX_GET_CURRENT), MDBX_ENODATA);
  OK(mdbx_cursor_distribute(cursor, other, array, 1, UINT_MAX));
  is_on(array[0], 1002);
  IS(mdbx_cursor_distribute(cursor, other, array, 0, UINT_MAX), MDBX_EINVAL);
  IS(mdbx_cursor_distribute(cursor, other, NULL, 1, UINT_MAX), MDBX_EINVAL);
  OK(mdbx_cursor_bind(txn, array[2], several));
  IS(mdbx_cursor_distribute(cursor, other, array, 5, UINT_MAX), MDBX_EINVAL);
  for (int i = 0; i < 5; ++i)
    mdbx_cursor_close(array[i]);
}
END_TEST

START_TEST(distribute_over_readers) {
  MDBX_txn *readers[3];
  MDBX_cursor *array[3];
  MDBX_val key, data;
  OK(mdbx_cursor_unbind(cursor));
  OK(mdbx_cursor_unbind(other));
  OK(mdbx_txn_commit(txn));
  for (int i = 0; i < 3; ++i) {
    if (i == 0)
      readers[0] = api_begin(env, MDBX_TXN_RDONLY);
    else {
      readers[i] = NULL;
      OK(mdbx_txn_clone(readers[0], &readers[i], NULL));
    }
    OK(mdbx_cursor_open(readers[i], several, &array[i]));
  }
  OK(mdbx_cursor_bind(readers[0], cursor, several));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  OK(mdbx_cursor_distribute(cursor, NULL, array, 3, UINT_MAX));
  const intptr_t whole = distance_of(NULL, array[2]);
  const intptr_t first = (whole + 2) / 3, second = (whole - first + 1) / 2;
  ck_assert_int_eq(distance_of(NULL, array[0]), first);
  ck_assert_int_eq(distance_of(array[0], array[1]), second);
  OK(mdbx_cursor_get(array[1], &key, &data, MDBX_NEXT));
  ck_assert_int_eq(distance_of(array[0], array[1]), second + 1);
  for (int i = 0; i < 3; ++i) {
    mdbx_cursor_close(array[i]);
    OK(mdbx_txn_abort(readers[i]));
  }
  txn = api_begin(env, MDBX_TXN_READWRITE);
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- estimates */

static ptrdiff_t range_of(MDBX_dbi dbi, const char *begin_key, const char *end_key) {
  ptrdiff_t distance;
  const MDBX_val from = api_val(begin_key ? begin_key : ""), to = api_val(end_key ? end_key : "");
  OK(mdbx_estimate_range(txn, dbi, begin_key ? &from : NULL, NULL, end_key ? &to : NULL, NULL, &distance));
  return distance;
}

START_TEST(rule_45_estimate_range) {
  ptrdiff_t distance;
  const MDBX_val key = api_val("50"), value = api_val("000100"), late = api_val("000900");
  ck_assert_int_eq(range_of(unique, NULL, NULL), MANY);
  ck_assert_int_eq(range_of(several, NULL, NULL), (ptrdiff_t)api_entries(txn, several));
  ck_assert_int_eq(range_of(several, "50", "50"), VALUES);
  ck_assert_int_eq(range_of(several, "04", "04"), 5);
  ck_assert_int_eq(range_of(several, "04x", "04x"), 0);
  ck_assert_int_eq(range_of(unique, "000004", "000004"), 1);
  ck_assert_int_eq(range_of(unique, "000000", "000008"), 4);
  ck_assert_int_eq(range_of(unique, "000008", "000000"), -4);
  ck_assert_int_lt(range_of(unique, "030000", "010000"), -5000);
  OK(mdbx_estimate_range(txn, several, &key, NULL, MDBX_EPSILON, NULL, &distance));
  ck_assert_int_eq(distance, VALUES);
  OK(mdbx_estimate_range(txn, several, MDBX_EPSILON, NULL, &key, NULL, &distance));
  ck_assert_int_eq(distance, VALUES);
  OK(mdbx_estimate_range(txn, several, MDBX_EPSILON, NULL, NULL, NULL, &distance));
  ck_assert_int_eq(distance, 99 % 5 + 1);
  OK(mdbx_estimate_range(txn, several, NULL, NULL, MDBX_EPSILON, NULL, &distance));
  ck_assert_int_eq(distance, 1);
  IS(mdbx_estimate_range(txn, several, MDBX_EPSILON, NULL, MDBX_EPSILON, NULL, &distance), MDBX_EINVAL);
  IS(mdbx_estimate_range(txn, several, NULL, &value, &key, NULL, &distance), MDBX_EINVAL);
  IS(mdbx_estimate_range(txn, several, NULL, NULL, NULL, NULL, NULL), MDBX_EINVAL);
  OK(mdbx_estimate_range(txn, several, &key, &value, MDBX_EPSILON, &late, &distance));
  ck_assert_int_ge(distance, 600);
  ck_assert_int_le(distance, 1000);
  OK(mdbx_estimate_range(txn, several, &key, &late, &key, NULL, &distance));
  ck_assert_int_ge(distance, VALUES - 1200);
  ck_assert_int_le(distance, VALUES - 600);
}
END_TEST

START_TEST(estimate_range_of_an_empty_table) {
  ptrdiff_t distance = 1;
  OK(mdbx_drop(txn, unique, false));
  ck_assert_int_eq(range_of(unique, NULL, NULL), 0);
  ck_assert_int_eq(range_of(unique, "a", "b"), 0);
  ck_assert_int_eq(range_of(unique, "a", NULL), 0);
  OK(mdbx_estimate_range(txn, unique, NULL, NULL, MDBX_EPSILON, NULL, &distance));
  ck_assert_int_eq(distance, 0);
}
END_TEST

/* Within a tenth, and never the wrong way round. */
START_TEST(estimates_are_close) {
  ptrdiff_t estimated;
  for (int i = 0; i < 300; ++i) {
    const int a = (i * 7919) % MANY, b = (i * 104729 + 5) % MANY;
    put_on(cursor, a);
    put_on(other, b);
    OK(mdbx_estimate_distance(cursor, other, &estimated));
    ck_assert_msg(labs(estimated - (b - a)) <= labs(b - a) / 10 + 100, "%d to %d: %td", a, b, estimated);
    ck_assert(b == a || (estimated > 0) == (b > a));
  }
  OK(mdbx_estimate_distance(cursor, cursor, &estimated));
  ck_assert_int_eq(estimated, 0);
}
END_TEST

/* The leaves with the values of a key are of uneven fill: an estimate never takes the last value for one that comes after
 * the next key. */
START_TEST(last_value_comes_before_the_next_key) {
  static char bytes[2000];
  MDBX_val key = api_val("x"), data, next = api_val("y");
  intptr_t distance;
  for (int i = 0; i < 150; ++i) {
    snprintf(bytes, sizeof(bytes), "%06d", i);
    OK(api_put(txn, several, "x", bytes, MDBX_UPSERT));
  }
  memset(bytes, 'b', sizeof(bytes));
  for (char letter = 'a'; letter < 'e'; ++letter) {
    bytes[0] = letter;
    data = (MDBX_val){bytes, sizeof(bytes)};
    OK(mdbx_put(txn, several, &key, &data, MDBX_UPSERT));
  }
  OK(api_put(txn, several, "y", "1", MDBX_UPSERT));
  OK(mdbx_cursor_bind(txn, cursor, several));
  OK(mdbx_cursor_bind(txn, other, several));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_LAST_DUP));
  OK(mdbx_cursor_get(other, &next, &data, MDBX_SET));
  OK(mdbx_estimate_distance(cursor, other, &distance));
  ck_assert_int_eq(distance, 1);
  OK(mdbx_estimate_distance(other, cursor, &distance));
  ck_assert_int_eq(distance, -1);
}
END_TEST

START_TEST(rule_45_estimate_move) {
  ptrdiff_t distance;
  MDBX_val key = api_val("000200"), data = {NULL, 0};
  IS(mdbx_estimate_move(cursor, &key, &data, MDBX_NEXT, &distance), MDBX_ENODATA);
  IS(mdbx_estimate_distance(cursor, other, &distance), MDBX_ENODATA);
  put_on(cursor, 0);
  IS(mdbx_estimate_distance(cursor, other, &distance), MDBX_ENODATA);
  IS(mdbx_estimate_move(cursor, &key, &data, MDBX_GET_CURRENT, &distance), MDBX_EINVAL);
  OK(mdbx_estimate_move(cursor, &key, &data, MDBX_SET, &distance));
  ck_assert_int_ge(distance, 60);
  ck_assert_int_le(distance, 140);
  IS_TEXT(data, "000200");
  is_on(cursor, 0);
  OK(mdbx_estimate_move(cursor, &key, &data, MDBX_NEXT, &distance));
  ck_assert_int_eq(distance, 1);
  OK(mdbx_estimate_move(cursor, &key, &data, MDBX_LAST, &distance));
  ck_assert_int_ge(distance, MANY - 100);
  key = api_val("x");
  IS(mdbx_estimate_move(cursor, &key, &data, MDBX_SET, &distance), MDBX_NOTFOUND);
  OK(mdbx_estimate_move(cursor, &key, &data, MDBX_SET_RANGE, &distance));
  ck_assert_int_ge(distance, MANY - MANY / 100);
  ck_assert_int_le(distance, MANY);
  is_on(cursor, 0);
  OK(mdbx_cursor_bind(txn, other, several));
  OK(mdbx_cursor_get(other, &key, &data, MDBX_FIRST));
  IS(mdbx_estimate_distance(cursor, other, &distance), MDBX_EINVAL);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("estimates");
  TCase *tcase = api_prepared_case(suite, "distances", begin, end);
  tcase_add_test(tcase, rule_45_distance_exact);
  tcase_add_test(tcase, distance_by_level);
  tcase_add_test(tcase, rule_45_scroll_edges);
  tcase_add_test(tcase, scroll_values);
  tcase_add_test(tcase, distribute);
  tcase_add_test(tcase, distribute_over_readers);
  tcase = api_prepared_case(suite, "estimates", begin, end);
  tcase_add_test(tcase, rule_45_estimate_range);
  tcase_add_test(tcase, estimate_range_of_an_empty_table);
  tcase_add_test(tcase, estimates_are_close);
  tcase_add_test(tcase, last_value_comes_before_the_next_key);
  tcase_add_test(tcase, rule_45_estimate_move);
  return unit_run(suite);
}
