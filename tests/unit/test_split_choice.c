/* SPDX-License-Identifier: Apache-2.0 */
/* Where a page is cut in two (tree/split_choice). */
#include "base/base.h"
#include "tree/split_choice.h"

#include "unit.h"

enum { MOST = 64, BODY = 1000 };

static size_t sum(const size_t *sizes, unsigned from, unsigned to) {
  size_t total = 0;
  while (from < to)
    total += sizes[from++];
  return total;
}

static size_t gap(size_t a, size_t b) { return a > b ? a - b : b - a; }

static struct split_choice choice_of(const size_t *sizes, unsigned count) {
  return (struct split_choice){.sizes = sizes, .count = count, .inserted = count / 2, .body = BODY};
}

START_TEST(equal_records_are_halved) {
  size_t sizes[11];
  for (unsigned i = 0; i < 11; ++i)
    sizes[i] = 100;
  const struct split_choice even = choice_of(sizes, 10), odd = choice_of(sizes, 11);
  ck_assert_uint_eq(split_choose(&even), 5);
  const unsigned cut = split_choose(&odd);
  ck_assert(cut == 5 || cut == 6);
}
END_TEST

START_TEST(loads_in_order_leave_full_pages) {
  size_t sizes[11];
  for (unsigned i = 0; i < 11; ++i)
    sizes[i] = 100;
  struct split_choice choice = choice_of(sizes, 11);
  choice.ascending = true;
  ck_assert_uint_eq(split_choose(&choice), 10);
  choice.ascending = false;
  choice.descending = true;
  ck_assert_uint_eq(split_choose(&choice), 1);
  /* What would be left does not fit one page: then as any other. */
  sizes[0] = 400;
  choice.descending = false;
  choice.ascending = true;
  const unsigned cut = split_choose(&choice);
  ck_assert(cut > 1 && cut < 10);
}
END_TEST

START_TEST(short_separators_are_preferred_nearby) {
  size_t sizes[20], separators[20];
  for (unsigned i = 0; i < 20; ++i) {
    sizes[i] = 50;
    separators[i] = 30;
  }
  struct split_choice choice = choice_of(sizes, 20);
  choice.separators = separators;
  ck_assert_uint_eq(split_choose(&choice), 10);
  separators[11] = 9;
  ck_assert_uint_eq(split_choose(&choice), 11);
  separators[1] = 1; /* too far off */
  ck_assert_uint_eq(split_choose(&choice), 11);
  separators[9] = 3;
  separators[11] = 8; /* both short enough: the one nearest the middle, either of these two */
  const unsigned cut = split_choose(&choice);
  ck_assert(cut == 9 || cut == 11);
}
END_TEST

START_TEST(no_cut_fits) {
  const size_t sizes[] = {900, 900, 900};
  const struct split_choice choice = choice_of(sizes, 3);
  ck_assert_uint_eq(split_choose(&choice), 0);
}
END_TEST

/* Whatever comes out makes two pages that fit, and is not far from the best balance; 0 only if there is none. */
START_TEST(random_records) {
  uint64_t seed = 99;
  unsigned wrong = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    size_t sizes[MOST], separators[MOST];
    const unsigned count = 2 + (unsigned)(unit_random(&seed) % (MOST - 2));
    for (unsigned i = 0; i < count; ++i) {
      sizes[i] = 1 + unit_random(&seed) % (unit_random(&seed) % 8 ? 2 * BODY / count + 1 : BODY / 2);
      separators[i] = 1 + unit_random(&seed) % 40;
    }
    struct split_choice choice = choice_of(sizes, count);
    choice.separators = round % 2 ? separators : NULL;
    size_t least = SIZE_MAX;
    for (unsigned cut = 1; cut < count; ++cut) {
      const size_t left = sum(sizes, 0, cut), right = sum(sizes, cut, count);
      if (left <= BODY && right <= BODY)
        least = MIN_OF(least, gap(left, right));
    }
    const unsigned cut = split_choose(&choice);
    if (cut == 0) {
      wrong += least != SIZE_MAX;
      continue;
    }
    const size_t left = sum(sizes, 0, cut), right = sum(sizes, cut, count);
    wrong += cut >= count || left > BODY || right > BODY || gap(left, right) > least + BODY / 5;
  }
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("split choice");
  TCase *tcase = tcase_create("split choice");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, equal_records_are_halved);
  tcase_add_test(tcase, loads_in_order_leave_full_pages);
  tcase_add_test(tcase, short_separators_are_preferred_nearby);
  tcase_add_test(tcase, no_cut_fits);
  tcase_add_test(tcase, random_records);
  return unit_run(suite);
}
