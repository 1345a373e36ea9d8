/* SPDX-License-Identifier: Apache-2.0 */
/* The table of cursor operations (tree/cursor_ops). */
#include "base/base.h"
#include "tree/cursor_ops.h"

#include "unit.h"

/* What is compared is given, and what is given among values has a key. */
START_TEST(needs_fit_each_other) {
  for (unsigned op = 0; op < CURSOR_OPS; ++op) {
    const unsigned needs = cursor_ops[op].needs;
    ck_assert_msg(!(needs & OP_VALUE) || (needs & OP_DATA), "operation %u", op);
    ck_assert_msg(!(needs & (OP_VALUE | OP_KEY_ALONE | OP_KEEPS_KEY)) || (needs & OP_KEY), "operation %u", op);
    ck_assert_msg(!(needs & OP_PAGE) == !(needs & OP_FIXED), "operation %u", op);
    ck_assert_msg(!(needs & OP_TURNS) || needs == OP_TURNS, "operation %u", op);
    const bool seeks = cursor_ops[op].kind >= OP_SEEK_EXACT;
    ck_assert_msg(seeks == !!(needs & OP_KEY), "operation %u", op);
  }
}
END_TEST

/* The searches of the interface are five relations in a row, three times. */
START_TEST(relations_are_those_of_the_names) {
  static const struct {
    MDBX_cursor_op first;
    enum op_kind kind;
  } rows[] = {{MDBX_TO_KEY_LESSER_THAN, OP_SEEK_KEY},
              {MDBX_TO_EXACT_KEY_VALUE_LESSER_THAN, OP_SEEK_VALUE},
              {MDBX_TO_PAIR_LESSER_THAN, OP_SEEK_PAIR}};
  for (unsigned i = 0; i < COUNT_OF(rows); ++i)
    for (unsigned relation = LESSER_THAN; relation <= GREATER_THAN; ++relation) {
      const struct cursor_op *what = cursor_op((MDBX_cursor_op)(rows[i].first + relation));
      ck_assert_uint_eq(what->kind, rows[i].kind);
      ck_assert_uint_eq(what->how, relation);
    }
}
END_TEST

START_TEST(there_are_no_others) {
  ck_assert_ptr_null(cursor_op((MDBX_cursor_op)CURSOR_OPS));
  ck_assert_ptr_null(cursor_op((MDBX_cursor_op)-1));
  ck_assert(!cursor_op_is((MDBX_cursor_op)CURSOR_OPS, ~0u));
  ck_assert(cursor_op_is(MDBX_PREV_DUP, OP_TURNS) && !cursor_op_is(MDBX_NEXT_MULTIPLE, OP_TURNS));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cursor operations");
  TCase *tcase = tcase_create("cursor operations");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, needs_fit_each_other);
  tcase_add_test(tcase, relations_are_those_of_the_names);
  tcase_add_test(tcase, there_are_no_others);
  return unit_run(suite);
}
