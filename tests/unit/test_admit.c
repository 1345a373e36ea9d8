/* SPDX-License-Identifier: Apache-2.0 */
/* Which keys and values a table takes (tree/admit). */
#include "base/base.h"
#include "tree/admit.h"

#include "unit.h"

static const struct snapshot view = {.page_size = 4096, .shift = 12};
static uint8_t bytes[4096];

static MDBX_val of_length(size_t length) { return (MDBX_val){bytes, length}; }

static int search(struct tree *tree, size_t length) {
  struct seek_key key;
  const MDBX_val val = of_length(length);
  return admit_search_key(&view, tree, &val, &key);
}

static int store(struct tree *tree, size_t length) {
  struct seek_key key;
  const MDBX_val val = of_length(length);
  return admit_key(&view, tree, &val, &key);
}

static int value(const struct tree *tree, size_t length) {
  const MDBX_val val = of_length(length);
  return admit_value(&view, tree, &val);
}

/* As if there were records. */
static void fill(struct tree *tree) { tree_set_root(tree, (struct page_ref){3, 1}); }

START_TEST(keys_up_to_the_limit) {
  struct tree tree;
  tree_init(&tree, 0);
  const size_t most = limit_key(view.page_size, 0);
  ck_assert_int_eq(search(&tree, 0), MDBX_SUCCESS);
  ck_assert_int_eq(search(&tree, most), MDBX_SUCCESS);
  ck_assert_int_eq(search(&tree, most + 1), MDBX_NOTFOUND);
  ck_assert_int_eq(store(&tree, most), MDBX_SUCCESS);
  ck_assert_int_eq(store(&tree, most + 1), MDBX_BAD_VALSIZE);
}
END_TEST

START_TEST(integers_have_one_length) {
  struct tree tree;
  tree_init(&tree, TABLE_INTEGERKEY);
  ck_assert_int_eq(search(&tree, 4), MDBX_SUCCESS);
  ck_assert_int_eq(search(&tree, 8), MDBX_SUCCESS);
  ck_assert_int_eq(search(&tree, 5), MDBX_BAD_VALSIZE);
  ck_assert_int_eq(search(&tree, 4096), MDBX_BAD_VALSIZE);
  admit_note_sizes(&tree, 8, 100);
  ck_assert_int_eq(search(&tree, 4), MDBX_SUCCESS); /* there is none yet */
  fill(&tree);
  ck_assert_int_eq(search(&tree, 4), MDBX_BAD_VALSIZE);
  ck_assert_int_eq(search(&tree, 8), MDBX_SUCCESS);
  ck_assert_int_eq(value(&tree, 100000), MDBX_SUCCESS);
}
END_TEST

START_TEST(fixed_values_have_one_length) {
  struct tree tree;
  tree_init(&tree, TABLE_DUPSORT | TABLE_DUPFIXED);
  ck_assert_int_eq(value(&tree, 3), MDBX_SUCCESS);
  admit_note_sizes(&tree, 1, 7);
  ck_assert_int_eq(value(&tree, 3), MDBX_SUCCESS);
  fill(&tree);
  ck_assert_int_eq(value(&tree, 3), MDBX_BAD_VALSIZE);
  ck_assert_int_eq(value(&tree, 7), MDBX_SUCCESS);
  tree_init(&tree, TABLE_DUPSORT | TABLE_DUPFIXED | TABLE_INTEGERDUP);
  ck_assert_int_eq(value(&tree, 7), MDBX_BAD_VALSIZE);
  ck_assert_int_eq(value(&tree, 4), MDBX_SUCCESS);
}
END_TEST

START_TEST(values_up_to_the_limit) {
  struct tree tree;
  tree_init(&tree, 0);
  ck_assert_int_eq(value(&tree, MDBX_MAXDATASIZE), MDBX_SUCCESS);
  ck_assert_int_eq(value(&tree, (size_t)MDBX_MAXDATASIZE + 1), MDBX_BAD_VALSIZE);
  tree_init(&tree, TABLE_DUPSORT);
  ck_assert_int_eq(value(&tree, limit_pair(view.page_size)), MDBX_SUCCESS);
  ck_assert_int_eq(value(&tree, limit_pair(view.page_size) + 1), MDBX_BAD_VALSIZE);
}
END_TEST

/* Nobody gave the comparators the table was made with. */
START_TEST(unknown_orders) {
  struct tree tree;
  tree_init(&tree, TABLE_DUPSORT | TABLE_USER_ORDER | TABLE_USER_DUPORDER);
  ck_assert_int_eq(search(&tree, 4), MDBX_INCOMPATIBLE);
  ck_assert_int_eq(store(&tree, 4), MDBX_INCOMPATIBLE);
  ck_assert_int_eq(value(&tree, 4), MDBX_INCOMPATIBLE);
  ck_assert_int_eq(store(&tree, 4096), MDBX_BAD_VALSIZE);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("admit");
  TCase *tcase = tcase_create("admit");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, keys_up_to_the_limit);
  tcase_add_test(tcase, integers_have_one_length);
  tcase_add_test(tcase, fixed_values_have_one_length);
  tcase_add_test(tcase, values_up_to_the_limit);
  tcase_add_test(tcase, unknown_orders);
  return unit_run(suite);
}
