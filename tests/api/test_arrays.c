/* SPDX-License-Identifier: Apache-2.0 */
/* MDBX_MULTIPLE with long arrays, whose values lie in a nested tree: against a table of the numbers that are there. */
#include "api.h"

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;

enum { NUMBERS = 3000, BATCH = 400 };

/* Which numbers the values of the one key must be. */
static bool present[NUMBERS];
static uint64_t array_seed;

static unsigned array_pick(unsigned below) { return (unsigned)(unit_random(&array_seed) % below); }

/* Values that are in the order of their numbers, whatever the order of the table is. */
static void number_to_value(unsigned flags, unsigned number, uint8_t *value) {
  const uint32_t ordered = flags & (MDBX_INTEGERDUP | MDBX_REVERSEDUP) ? number : __builtin_bswap32(number);
  memcpy(value, &ordered, sizeof(ordered));
}

static unsigned value_to_number(unsigned flags, const MDBX_val *value) {
  uint32_t ordered;
  ck_assert_uint_eq(value->iov_len, sizeof(ordered));
  memcpy(&ordered, value->iov_base, sizeof(ordered));
  return flags & (MDBX_INTEGERDUP | MDBX_REVERSEDUP) ? ordered : __builtin_bswap32(ordered);
}

static unsigned count_present(void) {
  unsigned count = 0;
  for (unsigned i = 0; i < NUMBERS; ++i)
    count += present[i];
  return count;
}

static int greatest_present(void) {
  int number = NUMBERS - 1;
  while (number >= 0 && !present[number])
    --number;
  return number;
}

/* Numbers that ascend by small steps, descend, or are in no order. */
static unsigned draw_numbers(unsigned *numbers) {
  const unsigned count = 1 + array_pick(BATCH), way = array_pick(5);
  unsigned number = array_pick(4) ? array_pick(NUMBERS) : (unsigned)(greatest_present() + 1) % NUMBERS;
  for (unsigned i = 0; i < count; ++i) {
    numbers[i] = number;
    const unsigned step = way == 4 ? array_pick(NUMBERS) : way == 3 ? NUMBERS - 1 - array_pick(2) : way;
    number = (number + step) % NUMBERS;
  }
  return count;
}

/* What the call must do; gives how many it must write. */
static int expect_array(const unsigned *numbers, unsigned count, unsigned flags, unsigned *written) {
  for (*written = 0; *written < count; ++*written) {
    const unsigned number = numbers[*written];
    if ((flags & MDBX_NODUPDATA) && present[number])
      return MDBX_KEYEXIST;
    if ((flags & MDBX_APPENDDUP) && (int)number <= greatest_present())
      return MDBX_EKEYMISMATCH;
    present[number] = true;
  }
  return MDBX_SUCCESS;
}

static void put_array(unsigned kind, MDBX_cursor *cursor) {
  static const unsigned choices[] = {0, 0, MDBX_NODUPDATA, MDBX_APPENDDUP};
  unsigned numbers[BATCH], written;
  uint8_t values[BATCH][4];
  const unsigned count = draw_numbers(numbers), flags = choices[array_pick(4)];
  for (unsigned i = 0; i < count; ++i)
    number_to_value(kind, numbers[i], values[i]);
  MDBX_val key = api_val("k"), data[2] = {{values, 4}, {NULL, count}}, value;
  const int expected = expect_array(numbers, count, flags, &written);
  if (!cursor) {
    IS(mdbx_put(txn, dbi, &key, data, (MDBX_put_flags_t)(MDBX_MULTIPLE | flags)), expected);
  } else {
    IS(mdbx_cursor_put(cursor, &key, data, (MDBX_put_flags_t)(MDBX_MULTIPLE | flags)), expected);
    if (expected == MDBX_SUCCESS) {
      OK(mdbx_cursor_get(cursor, &key, &value, MDBX_GET_CURRENT));
      ck_assert_uint_eq(value_to_number(kind, &value), numbers[count - 1]);
    }
  }
  ck_assert_uint_eq(data[1].iov_len, written);
}

static void check_array(unsigned kind) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  size_t count;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (unsigned i = 0; i < NUMBERS; ++i)
    if (present[i]) {
      OK(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
      ck_assert_uint_eq(value_to_number(kind, &value), i);
    }
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), MDBX_NOTFOUND);
  OK(mdbx_cursor_get(cursor, &key, &value, MDBX_LAST));
  OK(mdbx_cursor_count(cursor, &count));
  ck_assert_uint_eq(count, count_present());
  ck_assert_uint_eq(api_entries(txn, dbi), count_present());
  mdbx_cursor_close(cursor);
}

/* An array is put while another cursor stands on a value, which it stands on afterwards. */
static void put_array_beside(unsigned kind) {
  MDBX_cursor *cursor, *other;
  MDBX_val key, value;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_open(txn, dbi, &other));
  OK(mdbx_cursor_get(other, &key, &value, array_pick(2) ? MDBX_FIRST : MDBX_LAST));
  const unsigned number = value_to_number(kind, &value);
  put_array(kind, array_pick(2) ? cursor : NULL);
  OK(mdbx_cursor_get(other, &key, &value, MDBX_GET_CURRENT));
  ck_assert_uint_eq(value_to_number(kind, &value), number);
  mdbx_cursor_close(other);
  mdbx_cursor_close(cursor);
}

/* What a nested transaction put goes with it. */
static void put_array_in_vain(unsigned kind) {
  bool before[NUMBERS];
  MDBX_txn *parent = txn;
  memcpy(before, present, sizeof(before));
  OK(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &txn));
  put_array(kind, NULL);
  OK(mdbx_txn_abort(txn));
  txn = parent;
  memcpy(present, before, sizeof(before));
}

static void array_rounds(unsigned kind) {
  for (unsigned round = 0; round < 60; ++round) {
    put_array(kind, NULL);
    put_array_beside(kind);
    put_array_in_vain(kind);
    if (array_pick(4) == 0) {
      check_array(kind);
      OK(mdbx_txn_commit(txn));
      api_sound(env);
      txn = api_begin(env, MDBX_TXN_READWRITE);
    }
    if (array_pick(15) == 0 || count_present() > NUMBERS / 2) {
      OK(api_del(txn, dbi, "k"));
      memset(present, 0, sizeof(present));
      put_array(kind, NULL);
    }
  }
  check_array(kind);
}

START_TEST(long_arrays) {
  static const unsigned kinds[] = {0, MDBX_INTEGERDUP, MDBX_REVERSEDUP};
  const unsigned kind = kinds[_i % 3];
  array_seed = (uint64_t)_i + 1;
  memset(present, 0, sizeof(present));
  env = api_create();
  OK(mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, _i < 3 ? 256 : 4096));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, NULL, MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED | (MDBX_db_flags_t)kind, &dbi));
  array_rounds(kind);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("arrays");
  TCase *tests = api_case(suite, "arrays");
  tcase_add_loop_test(tests, long_arrays, 0, 6);
  return unit_run(suite);
}
