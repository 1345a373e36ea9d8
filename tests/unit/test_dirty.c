/* SPDX-License-Identifier: Apache-2.0 */
/* The pages a transaction has changed: random operations against an array with one entry a page number. */
#include "space/dirty.h"

#include "unit.h"

#include <stdlib.h>

enum { SPAN = 3000, STEPS = 60000 };

/* Buffers only have to differ. */
static struct page *buffer_of(unsigned number) { return (struct page *)(uintptr_t)(number * 64 + 64); }

static uint32_t present[SPAN]; /* pages of the entry, 0: none */
static unsigned buffer[SPAN];
static uint64_t seed;

static void must_agree(const struct dirty *dirty) {
  uint32_t used = 0, wrong = 0;
  uint64_t pages = 0;
  for (pgno_t i = 1; i < SPAN; ++i) {
    used += present[i] > 0;
    pages += present[i];
    wrong += dirty_find(dirty, i) != (present[i] ? buffer_of(buffer[i]) : NULL);
  }
  for (uint32_t i = 0; i < dirty->used; ++i)
    wrong += dirty->entries[i].pages != present[dirty->entries[i].pgno];
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_eq(dirty->used, used);
  ck_assert_uint_eq(dirty->pages, pages);
}

static void must_be_sorted(struct dirty *dirty) {
  struct dirty_page *list = dirty_sorted(dirty);
  ck_assert_int_eq(list == NULL, dirty->used == 0);
  unsigned wrong = 0;
  for (uint32_t i = 0; i < dirty->used; ++i)
    wrong += (i && list[i].pgno <= list[i - 1].pgno) || list[i].pages != present[list[i].pgno] ||
             list[i].page != buffer_of(buffer[list[i].pgno]);
  ck_assert_uint_eq(wrong, 0);
}

/* Most of the time few pages, now and then more than the table keeps room for. */
START_TEST(against_an_array) {
  struct dirty dirty;
  dirty_init(&dirty);
  seed = (uint64_t)_i + 1;
  uint32_t span = 30, wrong = 0;
  for (unsigned step = 0; step < STEPS; ++step) {
    const pgno_t pgno = 1 + unit_below(&seed, span);
    wrong += dirty_remove(&dirty, pgno) != (present[pgno] ? buffer_of(buffer[pgno]) : NULL);
    if (present[pgno]) {
      present[pgno] = 0;
    } else {
      present[pgno] = 1 + unit_below(&seed, 3);
      buffer[pgno] = step;
      wrong += dirty_add(&dirty, pgno, present[pgno], buffer_of(step)) != MDBX_SUCCESS;
    }
    if (step % 500 != 0)
      continue;
    ck_assert_uint_eq(wrong, 0);
    must_agree(&dirty);
    must_be_sorted(&dirty);
    dirty_clear(&dirty);
    memset(present, 0, sizeof(present));
    must_agree(&dirty);
    span = step % 2000 ? 30 : SPAN - 1;
  }
  dirty_destroy(&dirty);
  ck_assert_ptr_null(dirty_find(&dirty, 1));
}
END_TEST

/* Forgetting few entries of a large table leaves none of them. */
START_TEST(few_in_a_large_table) {
  struct dirty dirty;
  dirty_init(&dirty);
  for (pgno_t i = 1; i <= 2000; ++i)
    ck_assert_int_eq(dirty_add(&dirty, i * 7, 1, buffer_of(i)), MDBX_SUCCESS);
  dirty_clear(&dirty);
  for (unsigned round = 0; round < 200; ++round) {
    for (pgno_t i = 1; i <= 5; ++i)
      ck_assert_int_eq(dirty_add(&dirty, i * 4096 + round, 1, buffer_of(i)), MDBX_SUCCESS);
    dirty_clear(&dirty);
    unsigned left = 0;
    for (uint32_t at = 0; at <= dirty.mask; ++at)
      left += dirty.buckets[at].pgno != 0;
    ck_assert_uint_eq(left, 0);
  }
  dirty_destroy(&dirty);
}
END_TEST

/* Where room was made, or an entry was removed, one is added without memory. */
START_TEST(reserved_room) {
  struct dirty dirty;
  dirty_init(&dirty);
  ck_assert_int_eq(dirty_reserve(&dirty, 0), MDBX_SUCCESS);
  ck_assert_ptr_null(dirty.entries);
  for (uint32_t wanted = 1; wanted < 3000; wanted = wanted * 3 + 1) {
    ck_assert_int_eq(dirty_reserve(&dirty, wanted), MDBX_SUCCESS);
    const struct dirty_page *entries = dirty.entries;
    const uint32_t used = dirty.used;
    for (uint32_t i = 1; i <= wanted; ++i)
      dirty_add_reserved(&dirty, used + i, 1, buffer_of(i));
    ck_assert_ptr_eq(dirty.entries, entries);
    ck_assert_uint_eq(dirty.used, used + wanted);
    struct page *removed = dirty_remove(&dirty, used + 1);
    dirty_add_reserved(&dirty, used + 1, 1, removed);
    ck_assert_ptr_eq(dirty_find(&dirty, used + 1), removed);
  }
  dirty_destroy(&dirty);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("dirty");
  TCase *tests = tcase_create("dirty");
  tcase_add_loop_test(tests, against_an_array, 0, 4);
  tcase_add_test(tests, few_in_a_large_table);
  tcase_add_test(tests, reserved_room);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
