/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in as few bytes as they need (format/varint). */
#include "format/varint.h"

#include "unit.h"

static void there_and_back(uint64_t value, size_t size) {
  uint8_t bytes[VARINT_MOST];
  uint64_t back = 0;
  ck_assert_uint_eq(varint_size(value), size);
  const uint8_t *end = varint_put(bytes, value);
  ck_assert_uint_eq((size_t)(end - bytes), size);
  ck_assert_ptr_eq(varint_get(bytes, end, &back), end);
  ck_assert_uint_eq(back, value);
  for (const uint8_t *cut = bytes; cut < end; ++cut)
    ck_assert_ptr_null(varint_get(bytes, cut, &back));
}

START_TEST(every_length) {
  there_and_back(0, 1);
  for (size_t bits = 1; bits <= 64; ++bits) {
    const uint64_t most = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    there_and_back(most, (bits + 6) / 7);
    there_and_back(most - most / 2, (bits + 6) / 7);
  }
}
END_TEST

START_TEST(what_is_no_number) {
  const uint8_t too_long[] = {0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00};
  const uint8_t too_big[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
  uint64_t value;
  ck_assert_ptr_null(varint_get(too_long, too_long + sizeof(too_long), &value));
  ck_assert_ptr_null(varint_get(too_big, too_big + sizeof(too_big), &value));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("varint");
  TCase *tcase = tcase_create("varint");
  tcase_add_test(tcase, every_length);
  tcase_add_test(tcase, what_is_no_number);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
