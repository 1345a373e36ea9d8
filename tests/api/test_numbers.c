/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as keys of tables with MDBX_INTEGERKEY: they sort as the numbers do, and come back. */
#include "api.h"

#include <float.h>
#include <math.h>

static MDBX_val key_of(const void *bytes, size_t length) {
  const MDBX_val key = {(void *)(uintptr_t)bytes, length};
  return key;
}

/* In ascending order. */
static const double doubles[] = {-INFINITY, -DBL_MAX, -1e300, -9.3e18, -2.5, -1.0, -DBL_MIN, -5e-324, 0.0,
                                 5e-324,    DBL_MIN,  1.0,    1.5,     2.0,  1e15, 9.3e18,   DBL_MAX, INFINITY};
static const float floats[] = {-INFINITY, -FLT_MAX, -2.5f, -1.0f,   -FLT_MIN, 0.0f,
                               FLT_MIN,   1.0f,     1.5f,  FLT_MAX, INFINITY};
static const int64_t integers[] = {INT64_MIN, INT64_MIN + 1, INT32_MIN, -1, 0, 1, INT32_MAX, INT64_MAX};
enum {
  DOUBLES = sizeof(doubles) / sizeof(doubles[0]),
  FLOATS = sizeof(floats) / sizeof(floats[0]),
  INTEGERS = sizeof(integers) / sizeof(integers[0])
};

START_TEST(doubles_sort_and_return) {
  for (unsigned i = 0; i < DOUBLES; ++i) {
    const uint64_t key = mdbx_key_from_double(doubles[i]);
    ck_assert(mdbx_double_from_key(key_of(&key, sizeof(key))) == doubles[i]);
    ck_assert_uint_eq(mdbx_key_from_ptrdouble(&doubles[i]), key);
    ck_assert(i == 0 || mdbx_key_from_double(doubles[i - 1]) < key);
  }
  const uint64_t zeros[] = {mdbx_key_from_double(-0.0), mdbx_key_from_double(0.0)};
  ck_assert_uint_lt(zeros[0], zeros[1]);
}
END_TEST

START_TEST(floats_sort_and_return) {
  for (unsigned i = 0; i < FLOATS; ++i) {
    const uint32_t key = mdbx_key_from_float(floats[i]);
    ck_assert(mdbx_float_from_key(key_of(&key, sizeof(key))) == floats[i]);
    ck_assert_uint_eq(mdbx_key_from_ptrfloat(&floats[i]), key);
    ck_assert(i == 0 || mdbx_key_from_float(floats[i - 1]) < key);
  }
}
END_TEST

START_TEST(integers_sort_and_return) {
  for (unsigned i = 0; i < INTEGERS; ++i) {
    const uint64_t key = mdbx_key_from_int64(integers[i]);
    const uint32_t narrow = mdbx_key_from_int32((int32_t)integers[i]);
    ck_assert_int_eq(mdbx_int64_from_key(key_of(&key, sizeof(key))), integers[i]);
    ck_assert_int_eq(mdbx_int32_from_key(key_of(&narrow, sizeof(narrow))), (int32_t)integers[i]);
    ck_assert(i == 0 || mdbx_key_from_int64(integers[i - 1]) < key);
  }
  ck_assert_uint_lt(mdbx_key_from_int32(-1), mdbx_key_from_int32(0));
  ck_assert_uint_lt(mdbx_key_from_int32(INT32_MIN), mdbx_key_from_int32(INT32_MAX));
}
END_TEST

/* They sort among doubles, and beyond 53 bits they are rounded. */
START_TEST(json_integers_are_doubles) {
  static const struct {
    int64_t given, back;
  } rows[] = {{0, 0},
              {-1, -1},
              {1, 1},
              {(INT64_C(1) << 53) + 1, INT64_C(1) << 53},
              {INT64_MAX, INT64_MAX},
              {INT64_MIN, INT64_MIN}};
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
    const uint64_t key = mdbx_key_from_jsonInteger(rows[i].given);
    ck_assert_uint_eq(key, mdbx_key_from_double((double)rows[i].given));
    ck_assert_int_eq(mdbx_jsonInteger_from_key(key_of(&key, sizeof(key))), rows[i].back);
  }
}
END_TEST

/* Toward zero; what is out of range becomes the end of the range. */
START_TEST(doubles_as_json_integers) {
  static const struct {
    double given;
    int64_t back;
  } rows[] = {
      {2.9, 2}, {-2.9, -2}, {1e19, INT64_MAX}, {-1e19, INT64_MIN}, {INFINITY, INT64_MAX}, {-INFINITY, INT64_MIN}};
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
    const uint64_t key = mdbx_key_from_double(rows[i].given);
    ck_assert_int_eq(mdbx_jsonInteger_from_key(key_of(&key, sizeof(key))), rows[i].back);
  }
  const uint64_t none = mdbx_key_from_double((double)NAN);
  const int64_t back = mdbx_jsonInteger_from_key(key_of(&none, sizeof(none)));
  ck_assert(back == INT64_MAX || back == INT64_MIN);
}
END_TEST

/* The decoders take keys from any place in a page. */
START_TEST(keys_at_odd_addresses) {
  uint8_t bytes[9];
  const uint64_t wide = mdbx_key_from_double(-2.5);
  const uint32_t narrow = mdbx_key_from_float(2.5f);
  memcpy(bytes + 1, &wide, sizeof(wide));
  ck_assert(mdbx_double_from_key(key_of(bytes + 1, sizeof(wide))) == -2.5);
  memcpy(bytes + 1, &narrow, sizeof(narrow));
  ck_assert(mdbx_float_from_key(key_of(bytes + 1, sizeof(narrow))) == 2.5f);
}
END_TEST

START_TEST(a_table_of_doubles_is_in_order) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "doubles", MDBX_CREATE | MDBX_INTEGERKEY);
  for (unsigned i = 0; i < DOUBLES; ++i) {
    const uint64_t number = mdbx_key_from_double(doubles[(i * 7) % DOUBLES]);
    const MDBX_val key = key_of(&number, sizeof(number));
    MDBX_val value = api_val("value");
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_NOOVERWRITE));
  }
  MDBX_cursor *cursor;
  MDBX_val key, value;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (unsigned i = 0; i < DOUBLES; ++i) {
    OK(mdbx_cursor_get(cursor, &key, &value, i ? MDBX_NEXT : MDBX_FIRST));
    ck_assert(mdbx_double_from_key(key) == doubles[i]);
  }
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("numbers");
  TCase *tcase = api_case(suite, "numbers");
  tcase_add_test(tcase, doubles_sort_and_return);
  tcase_add_test(tcase, floats_sort_and_return);
  tcase_add_test(tcase, integers_sort_and_return);
  tcase_add_test(tcase, json_integers_are_doubles);
  tcase_add_test(tcase, doubles_as_json_integers);
  tcase_add_test(tcase, keys_at_odd_addresses);
  tcase_add_test(tcase, a_table_of_doubles_is_in_order);
  return unit_run(suite);
}
