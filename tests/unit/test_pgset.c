/* SPDX-License-Identifier: Apache-2.0 */
/* Page-number sets: random operations against an array with one byte a page. */
#include "base/pgset.h"

#include "unit.h"

/* Several regions, the last one cut. */
#define SPAN (3 * PGSET_REGION_PAGES + 777)

static unsigned char model[SPAN];
static uint64_t seed;

static uint64_t model_count(void) {
  uint64_t count = 0;
  for (uint32_t i = 0; i < SPAN; ++i)
    count += model[i];
  return count;
}

static pgno_t model_lowest(pgno_t from) {
  for (; from < SPAN; ++from)
    if (model[from])
      return from;
  return PGNO_NONE;
}

static uint32_t model_run_length(pgno_t at, uint32_t limit) {
  uint32_t length = 0;
  while (length < limit && at + length < SPAN && model[at + length])
    ++length;
  return length;
}

static pgno_t model_find_run(uint32_t count) {
  uint32_t row = 0;
  for (pgno_t i = 0; i < SPAN; ++i) {
    row = model[i] ? row + 1 : 0;
    if (row == count)
      return i + 1 - count;
  }
  return PGNO_NONE;
}

static bool model_any(pgno_t at, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i)
    if (model[at + i])
      return true;
  return false;
}

static void step_add(pgset *set, uint32_t longest) {
  const uint32_t count = 1 + unit_below(&seed, longest);
  const pgno_t at = unit_below(&seed, SPAN - count);
  const bool clash = model_any(at, count);
  ck_assert_int_eq(pgset_add(set, at, count), clash ? MDBX_CORRUPTED : MDBX_SUCCESS);
  for (uint32_t i = 0; i < count && !clash; ++i)
    model[at + i] = 1;
}

static void step_remove(pgset *set, uint32_t longest) {
  const uint32_t count = 1 + unit_below(&seed, longest);
  pgno_t at = unit_below(&seed, SPAN - count);
  if (unit_below(&seed, 4)) {
    const pgno_t member = model_lowest(at);
    if (member != PGNO_NONE && member + count <= SPAN)
      at = member;
  }
  const bool whole = model_run_length(at, count) == count;
  ck_assert(pgset_remove(set, at, count) == whole);
  if (whole)
    memset(model + at, 0, count);
}

static void compare(const pgset *set) {
  const pgno_t at = unit_below(&seed, SPAN);
  const uint32_t count = 1 + unit_below(&seed, 600);
  ck_assert_uint_eq(set->count, model_count());
  ck_assert(pgset_has(set, at) == (model[at] != 0));
  ck_assert_uint_eq(pgset_lowest(set, at), model_lowest(at));
  ck_assert_uint_eq(pgset_lowest(set, 0), model_lowest(0));
  ck_assert_uint_eq(pgset_run_length(set, at, count), model_run_length(at, count));
  ck_assert_uint_eq(pgset_find_run(set, count), model_find_run(count));
}

static void compare_everywhere(const pgset *set) {
  for (pgno_t i = 0; i < SPAN; ++i)
    ck_assert(pgset_has(set, i) == (model[i] != 0));
}

static void random_walk(uint64_t start, int steps, uint32_t adds, uint32_t removes) {
  pgset set;
  seed = start;
  memset(model, 0, sizeof(model));
  pgset_init(&set);
  for (int i = 0; i < steps; ++i) {
    if (unit_below(&seed, 2))
      step_add(&set, adds);
    else
      step_remove(&set, removes);
    compare(&set);
  }
  compare_everywhere(&set);
  pgset_clear(&set);
  ck_assert_uint_eq(set.count, 0);
  ck_assert_uint_eq(pgset_lowest(&set, 0), PGNO_NONE);
  /* What was kept is as new. */
  memset(model, 0, sizeof(model));
  for (int i = 0; i < 50; ++i)
    step_add(&set, adds);
  for (size_t i = 0; i < set.length; ++i)
    ck_assert(!set.regions[i]->loaded);
  compare_everywhere(&set);
  pgset_clear(&set);
  pgset_clear(&set);
  ck_assert_uint_le(set.spares, PGSET_SPARES);
  pgset_destroy(&set);
  ck_assert_uint_eq(set.spares, 0);
}

START_TEST(walk_sparse) { random_walk(1, 3000, 4, 4); }
END_TEST

START_TEST(walk_dense) { random_walk(2, 3000, 5000, 300); }
END_TEST

START_TEST(walk_runs_over_regions) { random_walk(3, 1500, 2 * PGSET_REGION_PAGES, 2 * PGSET_REGION_PAGES); }
END_TEST

START_TEST(empty_set) {
  pgset set;
  pgset_init(&set);
  ck_assert(!pgset_has(&set, 0));
  ck_assert_uint_eq(pgset_lowest(&set, 0), PGNO_NONE);
  ck_assert_uint_eq(pgset_find_run(&set, 1), PGNO_NONE);
  ck_assert_uint_eq(pgset_run_length(&set, 5, 3), 0);
  ck_assert(!pgset_remove(&set, 7, 1));
  ck_assert(pgset_region_find(&set, 0) == NULL);
  pgset_destroy(&set);
}
END_TEST

START_TEST(ends_of_the_number_range) {
  pgset set;
  pgset_init(&set);
  const pgno_t last = PGNO_LIMIT - 1;
  ck_assert_int_eq(pgset_add(&set, last - 9, 10), MDBX_SUCCESS);
  ck_assert_int_eq(pgset_add(&set, 0, 1), MDBX_SUCCESS);
  ck_assert_uint_eq(pgset_lowest(&set, 1), last - 9);
  ck_assert_uint_eq(pgset_find_run(&set, 10), last - 9);
  ck_assert_uint_eq(pgset_run_length(&set, last - 9, 100), 10);
  ck_assert_uint_eq(pgset_find_run(&set, 11), PGNO_NONE);
  ck_assert(pgset_remove(&set, last, 1));
  ck_assert(!pgset_has(&set, last) && pgset_has(&set, last - 1));
  pgset_destroy(&set);
}
END_TEST

/* Words at once, beside the same pages one by one. */
START_TEST(words_of_a_region) {
  pgset one, other;
  uint64_t words[16];
  pgset_init(&one);
  pgset_init(&other);
  for (unsigned round = 0; round < 200; ++round) {
    const pgno_t first = 3 * PGSET_REGION_PAGES + round % 8 * 1024;
    bool twice = false;
    for (unsigned i = 0; i < COUNT_OF(words); ++i)
      words[i] = round & 1 ? UINT64_C(1) << (round * 7 + i) % 64 : UINT64_C(0x8000000000000001) * (i % 3 == 0);
    for (unsigned bit = 0; bit < 1024; ++bit)
      twice |= (words[bit / 64] >> bit % 64 & 1) && pgset_has(&other, first + bit);
    ck_assert_int_eq(pgset_add_words(&one, first, words, COUNT_OF(words)), twice ? MDBX_CORRUPTED : MDBX_SUCCESS);
    for (unsigned bit = 0; bit < 1024 && !twice; ++bit)
      if (words[bit / 64] >> bit % 64 & 1)
        ck_assert_int_eq(pgset_add(&other, first + bit, 1), MDBX_SUCCESS);
    ck_assert_uint_eq(one.count, other.count);
    ck_assert_uint_eq(pgset_lowest(&one, 0), pgset_lowest(&other, 0));
  }
  for (pgno_t pgno = 0; pgno < 5 * PGSET_REGION_PAGES; ++pgno)
    ck_assert_int_eq(pgset_has(&one, pgno), pgset_has(&other, pgno));
  pgset_destroy(&one);
  pgset_destroy(&other);
}
END_TEST

START_TEST(regions_note_changes) {
  pgset set;
  pgset_init(&set);
  ck_assert_int_eq(pgset_add(&set, 5 * PGSET_REGION_PAGES, 1), MDBX_SUCCESS);
  pgset_region *region = pgset_region_find(&set, 5);
  ck_assert(region && region->changed && region->count == 1);
  ck_assert(pgset_region_get(&set, 5) == region);
  region->changed = false;
  ck_assert(!pgset_remove(&set, 5 * PGSET_REGION_PAGES, 2));
  ck_assert(!region->changed);
  ck_assert(pgset_remove(&set, 5 * PGSET_REGION_PAGES, 1));
  ck_assert(region->changed && region->count == 0);
  pgset_region *before = pgset_region_get(&set, 4);
  ck_assert(before && before != region && before->count == 0 && !before->changed);
  ck_assert_uint_eq(pgset_lowest(&set, 0), PGNO_NONE);
  pgset_destroy(&set);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pgset");
  TCase *tc = tcase_create("pgset");
  tcase_set_timeout(tc, 30);
  tcase_add_test(tc, empty_set);
  tcase_add_test(tc, ends_of_the_number_range);
  tcase_add_test(tc, regions_note_changes);
  tcase_add_test(tc, words_of_a_region);
  tcase_add_test(tc, walk_sparse);
  tcase_add_test(tc, walk_dense);
  tcase_add_test(tc, walk_runs_over_regions);
  suite_add_tcase(suite, tc);
  return unit_run(suite);
}
