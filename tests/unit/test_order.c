/* SPDX-License-Identifier: Apache-2.0 */
/* Orders of keys (format/compare) and keyheads (format/keyhead): all say the same of two keys. */
#include "format/compare.h"
#include "format/keyhead.h"

#include "unit.h"

enum { ROUNDS = 5000, LONGEST = 24 };

static uint64_t seed;

static int sign(int order) { return (order > 0) - (order < 0); }

struct sample {
  uint8_t raw[LONGEST], norm[LONGEST];
  size_t length;
};

/* Few different bytes, so that keys share beginnings and ends; integers have 4 or 8 bytes. */
static void draw(struct sample *sample, enum key_order order, size_t integer) {
  static const uint8_t bytes[] = {0, 1, 0x7f, 0x80, 0xff};
  sample->length = order == ORDER_INTEGER ? integer : unit_below(&seed, LONGEST + 1);
  for (size_t i = 0; i < sample->length; ++i)
    sample->raw[i] = bytes[unit_below(&seed, sizeof(bytes))];
  key_normalise(order, sample->raw, sample->length, sample->norm);
}

START_TEST(normalised_keys_sort_like_raw_ones) {
  const enum key_order order = (enum key_order)_i;
  const struct key_rules rules = {.order = order};
  seed = 100 + (uint64_t)_i;
  for (unsigned round = 0; round < ROUNDS; ++round) {
    struct sample a, b;
    const size_t integer = round % 2 ? 4 : 8;
    draw(&a, order, integer);
    draw(&b, order, integer);
    const int expected = sign(compare_bytes(a.norm, a.length, b.norm, b.length));
    ck_assert_int_eq(sign(key_compare_raw(&rules, a.raw, a.length, b.raw, b.length)), expected);
    ck_assert_int_eq(sign(key_compare_raw(&rules, b.raw, b.length, a.raw, a.length)), -expected);
  }
}
END_TEST

START_TEST(a_prepared_key_is_normalised) {
  const enum key_order order = (enum key_order)_i;
  seed = 200 + (uint64_t)_i;
  for (unsigned round = 0; round < ROUNDS; ++round) {
    struct sample a;
    struct seek_key key;
    uint8_t scratch[LONGEST];
    draw(&a, order, round % 2 ? 4 : 8);
    key_prepare(&key, order, a.raw, a.length, scratch);
    ck_assert_uint_eq(key.length, a.length);
    ck_assert_ptr_eq(key.raw, a.raw);
    ck_assert(a.length == 0 || memcmp(key.norm, a.norm, a.length) == 0);
  }
}
END_TEST

/* The keyheads of two keys behind what they share never contradict their order. */
START_TEST(heads_follow_the_keys) {
  const enum key_order order = (enum key_order)_i;
  seed = 300 + (uint64_t)_i;
  for (unsigned round = 0; round < ROUNDS; ++round) {
    struct sample a, b;
    draw(&a, order, 8);
    draw(&b, order, 8);
    const size_t shared = common_bytes(a.norm, b.norm, MIN_OF(a.length, b.length));
    const size_t prefix = unit_below(&seed, (uint32_t)shared + 1);
    const uint32_t first = keyhead_make(a.norm, a.length, prefix), second = keyhead_make(b.norm, b.length, prefix);
    ck_assert_uint_eq(first, keyhead_of_raw(order, a.raw, a.length, prefix));
    const int expected = sign(compare_bytes(a.norm, a.length, b.norm, b.length));
    if (first != second)
      ck_assert_int_eq(first < second ? -1 : 1, expected);
  }
}
END_TEST

START_TEST(a_short_key_has_zeros_in_its_keyhead) {
  static const uint8_t bytes[] = {1, 2, 3, 4, 5};
  ck_assert_uint_eq(keyhead_make(bytes, 5, 0), 0x01020304);
  ck_assert_uint_eq(keyhead_make(bytes, 5, 1), 0x02030405);
  ck_assert_uint_eq(keyhead_make(bytes, 5, 3), 0x04050000);
  ck_assert_uint_eq(keyhead_make(bytes, 5, 5), 0);
  ck_assert_uint_eq(keyhead_make(bytes, 0, 0), 0);
}
END_TEST

START_TEST(smaller_heads_are_counted) {
  uint32_t keyheads[300];
  seed = 17;
  for (unsigned count = 0; count <= 300; ++count) {
    uint32_t last = 0;
    for (unsigned i = 0; i < count; ++i)
      keyheads[i] = last += unit_below(&seed, 3);
    for (unsigned round = 0; round < 20; ++round) {
      const uint32_t keyhead = round ? unit_below(&seed, last + 2) : UINT32_MAX;
      unsigned expected = 0;
      while (expected < count && keyheads[expected] < keyhead)
        ++expected;
      ck_assert_uint_eq(keyhead_count_below(keyheads, count, keyhead), expected);
    }
  }
}
END_TEST

START_TEST(common_beginnings) {
  uint8_t a[40], b[40];
  memset(a, 7, sizeof(a));
  memset(b, 7, sizeof(b));
  for (size_t limit = 0; limit <= sizeof(a); ++limit)
    for (size_t differs = 0; differs < sizeof(a); ++differs) {
      b[differs] = 8;
      ck_assert_uint_eq(common_bytes(a, b, limit), MIN_OF(limit, differs));
      b[differs] = 7;
    }
  ck_assert_uint_eq(common_bytes(a, b, sizeof(a)), sizeof(a));
}
END_TEST

static int by_last_byte(const MDBX_val *a, const MDBX_val *b) {
  return ((const uint8_t *)a->iov_base)[a->iov_len - 1] - ((const uint8_t *)b->iov_base)[b->iov_len - 1];
}

static int by_last_byte_counted(const MDBX_val *a, const MDBX_val *b, void *calls) {
  *(unsigned *)calls += 1;
  return by_last_byte(a, b);
}

START_TEST(the_order_of_a_user) {
  unsigned calls = 0;
  const struct key_rules plain = {.order = ORDER_USER, .user = {.plain = by_last_byte}};
  const struct key_rules with = {.order = ORDER_USER,
                                 .user = {.with_context = by_last_byte_counted, .context = &calls}};
  ck_assert_int_lt(key_compare_raw(&plain, "zzza", 4, "ab", 2), 0);
  ck_assert_int_gt(key_compare_raw(&with, "ab", 2, "zzza", 4), 0);
  ck_assert_uint_eq(calls, 1);
  ck_assert(user_order_given(&plain.user) && user_order_given(&with.user));
  ck_assert(!user_order_given(&(struct user_order){0}));
}
END_TEST

START_TEST(flags_name_the_order) {
  ck_assert_int_eq(order_of_flags(0), ORDER_BYTES);
  ck_assert_int_eq(order_of_flags(TABLE_INTEGERKEY), ORDER_INTEGER);
  ck_assert_int_eq(order_of_flags(TABLE_REVERSEKEY), ORDER_REVERSE);
  ck_assert_int_eq(order_of_flags(TABLE_USER_ORDER | TABLE_INTEGERKEY), ORDER_USER);
  ck_assert_int_eq(value_order_of_flags(TABLE_DUPSORT | TABLE_INTEGERKEY), ORDER_BYTES);
  ck_assert_int_eq(value_order_of_flags(TABLE_DUPSORT | TABLE_DUPFIXED | TABLE_INTEGERDUP), ORDER_INTEGER);
  ck_assert_int_eq(value_order_of_flags(TABLE_DUPSORT | TABLE_REVERSEDUP), ORDER_REVERSE);
  ck_assert_int_eq(value_order_of_flags(TABLE_DUPSORT | TABLE_USER_DUPORDER), ORDER_USER);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("order");
  TCase *tcase = tcase_create("order");
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, normalised_keys_sort_like_raw_ones, ORDER_BYTES, ORDER_USER);
  tcase_add_loop_test(tcase, a_prepared_key_is_normalised, ORDER_BYTES, ORDER_USER);
  tcase_add_loop_test(tcase, heads_follow_the_keys, ORDER_BYTES, ORDER_USER);
  tcase_add_test(tcase, a_short_key_has_zeros_in_its_keyhead);
  tcase_add_test(tcase, smaller_heads_are_counted);
  tcase_add_test(tcase, common_beginnings);
  tcase_add_test(tcase, the_order_of_a_user);
  tcase_add_test(tcase, flags_name_the_order);
  return unit_run(suite);
}
