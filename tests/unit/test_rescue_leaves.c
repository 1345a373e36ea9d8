/* SPDX-License-Identifier: Apache-2.0 */
/* Where a unit of a damaged database belongs, and how much looking for that may cost (service/rescue_leaves). */
#include "service/rescue.h"

#include "unit.h"

enum { GAPS = 100 };

static struct rescue_gap gaps[GAPS];
static struct rescue_table table, orphan;
static struct snapshot view;
static struct rescue rescue;
static struct rescue_unit unit;
static size_t to_table, to_gap;

/* Gaps that a leaf does not fit, since they are one level too low; in an order that nobody knows. */
static void setup(void) {
  unit_setup();
  view = (struct snapshot){.page_size = 4096, .shift = 12, .txnid = 9, .limit = 50};
  memset(&table, 0, sizeof(table));
  tree_init(&table.tree, 0);
  table.tree.rules.order = ORDER_USER;
  for (size_t i = 0; i < GAPS; ++i)
    gaps[i] = (struct rescue_gap){.step = {.ref = {1000, 9}, .level = 1}, .depth = 2, .branch = true};
  table.gaps = gaps;
  table.gap_count = GAPS;
  rescue = (struct rescue){.view = &view, .tables = &table, .table_count = 1, .places_left = 10 * GAPS};
  unit = (struct rescue_unit){
      .ref = {20, 5}, .birth = 5, .height = 1, .leaves = 1, .leaf_flags = tree_page_flags(&table.tree, true)};
}

static void let_fit(size_t gap) { gaps[gap].step.level = 0; }

static int place(void) { return rescue_place(&rescue, &unit, &to_table, &to_gap, &orphan); }

START_TEST(the_gap_that_fits) {
  ck_assert_int_eq(place(), MDBX_NOTFOUND);
  ck_assert_uint_eq(orphan.fits, 0);
  let_fit(70);
  ck_assert_int_eq(place(), MDBX_SUCCESS);
  ck_assert_uint_eq(to_table, 0);
  ck_assert_uint_eq(to_gap, 70);
  ck_assert_uint_eq(orphan.fits, 1);
  /* The page above is older than this. */
  unit.birth = 10;
  ck_assert_int_eq(place(), MDBX_NOTFOUND);
}
END_TEST

/* Each gap that is looked at costs one place. What is spent stays so: no unit finds a place any more. */
START_TEST(the_budget_ends) {
  let_fit(70);
  rescue.places_left = 71;
  ck_assert_int_eq(place(), MDBX_NOTFOUND); /* it may fit one of the others as well */
  ck_assert_uint_eq(rescue.places_left, 0);
  let_fit(0);
  ck_assert_int_eq(place(), MDBX_NOTFOUND);
  ck_assert_uint_eq(rescue.places_left, 0);
  rescue.places_left = GAPS;
  ck_assert_int_eq(place(), MDBX_SUCCESS);
  ck_assert_uint_eq(rescue.places_left, 0);
}
END_TEST

/* Records that are lost alone are passed by for nothing. */
START_TEST(lost_records_cost_nothing) {
  for (size_t i = 0; i < GAPS; ++i)
    gaps[i].branch = i == 99;
  let_fit(99);
  rescue.places_left = 1;
  ck_assert_int_eq(place(), MDBX_SUCCESS);
  ck_assert_uint_eq(to_gap, 99);
  ck_assert_uint_eq(rescue.places_left, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rescue_leaves");
  TCase *tcase = tcase_create("rescue_leaves");
  tcase_add_checked_fixture(tcase, setup, unit_teardown);
  tcase_add_test(tcase, the_gap_that_fits);
  tcase_add_test(tcase, the_budget_ends);
  tcase_add_test(tcase, lost_records_cost_nothing);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
