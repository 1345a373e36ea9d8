/* SPDX-License-Identifier: Apache-2.0 */
/* Nested transactions: rule 21, and what rules 22, 26, 28, 31 and 44 say of them. The models draw the rest. */
#include "api.h"

static MDBX_txn *begin_nested(MDBX_txn *parent, unsigned flags) {
  MDBX_txn *txn;
  OK(mdbx_txn_begin(mdbx_txn_env(parent), parent, (MDBX_txn_flags_t)flags, &txn));
  return txn;
}

static int try_nested(MDBX_txn *parent, unsigned flags) {
  MDBX_txn *txn = (MDBX_txn *)1;
  const int rc = mdbx_txn_begin(mdbx_txn_env(parent), parent, (MDBX_txn_flags_t)flags, &txn);
  if (rc != MDBX_SUCCESS)
    ck_assert_ptr_null(txn);
  return rc;
}

START_TEST(rule_21_who_may_have_a_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(try_nested(txn, MDBX_TXN_READWRITE), MDBX_BAD_TXN);
  IS(try_nested(txn, MDBX_TXN_RDONLY), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(try_nested(txn, MDBX_TXN_RDONLY_PREPARE), MDBX_EINVAL);
  MDBX_txn *child = begin_nested(txn, MDBX_TXN_RDONLY);
  IS(try_nested(txn, MDBX_TXN_READWRITE), MDBX_BAD_TXN);
  IS(try_nested(child, MDBX_TXN_READWRITE), MDBX_BAD_TXN);
  IS(try_nested(child, MDBX_TXN_RDONLY), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(child));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  env = api_open(MDBX_WRITEMAP);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(try_nested(txn, MDBX_TXN_READWRITE), MDBX_INCOMPATIBLE);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_21_parent_is_blocked) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_val key = api_val("k"), value;
  MDBX_canary canary = {1, 2, 3, 4};
  MDBX_dbi dbi;
  OK(api_put(txn, DBI_MAIN, "k", "v", MDBX_UPSERT));
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_HAS_CHILD, MDBX_TXN_HAS_CHILD);
  ck_assert_uint_eq(mdbx_txn_id(child), mdbx_txn_id(txn));
  IS(mdbx_get(txn, DBI_MAIN, &key, &value), MDBX_BAD_TXN);
  IS(api_put(txn, DBI_MAIN, "k", "w", MDBX_UPSERT), MDBX_BAD_TXN);
  IS(mdbx_del(txn, DBI_MAIN, &key, NULL), MDBX_BAD_TXN);
  IS(mdbx_dbi_open(txn, "t", MDBX_CREATE, &dbi), MDBX_BAD_TXN);
  IS(mdbx_drop(txn, DBI_MAIN, false), MDBX_BAD_TXN);
  IS(mdbx_canary_put(txn, &canary), MDBX_BAD_TXN);
  api_has(child, DBI_MAIN, "k", "v");
  OK(mdbx_txn_commit(child));
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_HAS_CHILD, 0);
  api_has(txn, DBI_MAIN, "k", "v");
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_21_parent_ends_first) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_txn *child = begin_nested(txn, MDBX_TXN_READWRITE);
  OK(api_put(child, DBI_MAIN, "child", "1", MDBX_UPSERT));
  OK(api_put(begin_nested(child, MDBX_TXN_READWRITE), DBI_MAIN, "grandchild", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_has(txn, DBI_MAIN, "child", "1");
  api_has(txn, DBI_MAIN, "grandchild", "2");
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  OK(api_put(child, DBI_MAIN, "child", "changed", MDBX_UPSERT));
  begin_nested(child, MDBX_TXN_READWRITE);
  OK(mdbx_txn_abort(child));
  api_has(txn, DBI_MAIN, "child", "1");
  begin_nested(txn, MDBX_TXN_READWRITE);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  begin_nested(begin_nested(txn, MDBX_TXN_READWRITE), MDBX_TXN_RDONLY);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_21_read_only_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  MDBX_val key = api_val("k");
  MDBX_cursor *cursor;
  MDBX_dbi other;
  uint64_t sequence;
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  child = begin_nested(txn, MDBX_TXN_RDONLY);
  api_has(child, dbi, "k", "v");
  IS(api_put(child, dbi, "k", "w", MDBX_UPSERT), MDBX_EACCESS);
  IS(mdbx_del(child, dbi, &key, NULL), MDBX_EACCESS);
  IS(mdbx_drop(child, dbi, false), MDBX_EACCESS);
  IS(mdbx_dbi_open(child, "u", MDBX_CREATE, &other), MDBX_EACCESS);
  IS(mdbx_dbi_sequence(child, dbi, &sequence, 1), MDBX_EACCESS);
  IS(mdbx_txn_reset(child), MDBX_EINVAL);
  IS(mdbx_txn_renew(child), MDBX_EINVAL);
  OK(mdbx_cursor_open(child, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, NULL, MDBX_FIRST));
  IS(mdbx_cursor_del(cursor, MDBX_UPSERT), MDBX_EACCESS);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_commit(child));
  OK(api_put(txn, dbi, "k", "w", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_22_broken_child_leaves_the_parent_whole) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  OK(api_put(txn, DBI_MAIN, "k", "v", MDBX_UPSERT));
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  OK(api_put(child, DBI_MAIN, "k", "w", MDBX_UPSERT));
  OK(mdbx_txn_break(child));
  IS(api_put(child, DBI_MAIN, "l", "w", MDBX_UPSERT), MDBX_BAD_TXN);
  IS(mdbx_txn_commit(child), MDBX_RESULT_TRUE);
  api_has(txn, DBI_MAIN, "k", "v");
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_22_map_full_in_a_child) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 65536, 65536, 65536, 0, 0, 4096));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  char key[16];
  int rc = MDBX_SUCCESS;
  OK(api_put(txn, DBI_MAIN, "k", "v", MDBX_UPSERT));
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  static char value[2000];
  memset(value, 'x', sizeof(value) - 1);
  for (int i = 0; i < 100 && rc == MDBX_SUCCESS; ++i) {
    snprintf(key, sizeof(key), "%d", i);
    rc = api_put(child, DBI_MAIN, key, value, MDBX_UPSERT);
  }
  IS(rc, MDBX_MAP_FULL);
  OK(mdbx_txn_abort(child));
  api_has(txn, DBI_MAIN, "k", "v");
  OK(api_put(txn, DBI_MAIN, "l", value, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Everything a transaction may change beside records. */
START_TEST(an_aborted_child_takes_all_back) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_canary canary = {1, 2, 3, 0}, other = {7, 8, 9, 0}, seen;
  MDBX_envinfo before, after;
  uint64_t sequence;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE), gone = api_table(txn, "gone", MDBX_CREATE);
  const MDBX_dbi renamed = api_table(txn, "old", MDBX_CREATE);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(api_put(txn, gone, "k", "v", MDBX_UPSERT));
  OK(mdbx_dbi_sequence(txn, dbi, NULL, 5));
  OK(mdbx_canary_put(txn, &canary));
  OK(mdbx_env_info_ex(env, txn, &before, sizeof(before)));
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_sequence(child, dbi, NULL, 50));
  OK(mdbx_canary_put(child, &other));
  OK(mdbx_drop(child, gone, true));
  OK(mdbx_dbi_rename(child, renamed, "new"));
  const MDBX_dbi made = api_table(child, "made", MDBX_CREATE);
  OK(api_put(child, made, "k", "v", MDBX_UPSERT));
  OK(mdbx_drop(child, dbi, false));
  OK(mdbx_env_set_geometry(env, -1, -1, 512 << 20, -1, -1, -1));
  OK(mdbx_txn_abort(child));
  OK(mdbx_dbi_sequence(txn, dbi, &sequence, 0));
  ck_assert_uint_eq(sequence, 5);
  OK(mdbx_canary_get(txn, &seen));
  ck_assert_uint_eq(seen.x, 1);
  api_has(txn, dbi, "k", "v");
  api_has(txn, gone, "k", "v");
  IS(api_put(txn, made, "k", "v", MDBX_UPSERT), MDBX_BAD_DBI);
  ck_assert_uint_eq(api_table(txn, "old", 0), renamed);
  OK(mdbx_env_info_ex(env, txn, &after, sizeof(after)));
  ck_assert_uint_eq(after.mi_geo.upper, before.mi_geo.upper);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, dbi, "k", "v");
  api_has(txn, gone, "k", "v");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_28_created_in_a_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child = begin_nested(txn, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(child, "t", MDBX_CREATE);
  OK(api_put(child, dbi, "k", "v", MDBX_UPSERT));
  IS(mdbx_dbi_close(env, dbi), MDBX_DANGLING_DBI);
  OK(mdbx_txn_commit(child));
  api_has(txn, dbi, "k", "v");
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(api_put(txn, dbi, "k", "v", MDBX_UPSERT), MDBX_BAD_DBI);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_44_cursors_of_parent_and_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_cursor *own, *inner, *closed;
  MDBX_val key, value;
  for (const char *name = "abcdef"; *name; ++name)
    OK(api_put(txn, DBI_MAIN, (char[]){*name, 0}, "v", MDBX_UPSERT));
  OK(mdbx_cursor_open(txn, DBI_MAIN, &own));
  OK(mdbx_cursor_open(txn, DBI_MAIN, &closed));
  key = api_val("b");
  OK(mdbx_cursor_get(own, &key, &value, MDBX_SET));
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  ck_assert_ptr_eq(mdbx_cursor_txn(own), child);
  OK(mdbx_cursor_get(own, &key, &value, MDBX_NEXT));
  IS_TEXT(key, "c");
  OK(mdbx_cursor_del(own, MDBX_UPSERT));
  IS(mdbx_cursor_unbind(own), MDBX_EINVAL);
  OK(mdbx_cursor_close2(closed));
  OK(mdbx_cursor_open(child, DBI_MAIN, &inner));
  OK(mdbx_cursor_get(inner, &key, &value, MDBX_LAST));
  OK(mdbx_txn_abort(child));
  ck_assert_ptr_eq(mdbx_cursor_txn(own), txn);
  ck_assert_ptr_null(mdbx_cursor_txn(inner));
  OK(mdbx_cursor_get(own, &key, &value, MDBX_GET_CURRENT));
  IS_TEXT(key, "b");
  OK(mdbx_cursor_get(own, &key, &value, MDBX_NEXT));
  IS_TEXT(key, "c");
  child = begin_nested(txn, MDBX_TXN_READWRITE);
  OK(mdbx_cursor_renew(child, inner));
  OK(mdbx_cursor_get(own, &key, &value, MDBX_NEXT));
  OK(mdbx_cursor_del(own, MDBX_UPSERT));
  OK(mdbx_txn_commit(child));
  OK(mdbx_cursor_get(own, &key, &value, MDBX_NEXT));
  IS_TEXT(key, "e");
  ck_assert_ptr_null(mdbx_cursor_txn(inner));
  OK(mdbx_cursor_close2(inner));
  OK(mdbx_cursor_close2(own));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Many levels, each with pages of its own and changes of those around it; large values come and go. */
START_TEST(deep_nesting) {
  enum { DEPTH = 20, RECORDS = 50 };
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, 0));
  MDBX_txn *levels[DEPTH + 1] = {api_begin(env, MDBX_TXN_READWRITE)};
  static uint8_t large[50000];
  for (unsigned depth = 0; depth <= DEPTH; ++depth) {
    if (depth)
      levels[depth] = begin_nested(levels[depth - 1], MDBX_TXN_READWRITE);
    for (uint32_t i = 0; i < RECORDS; ++i) {
      MDBX_val key = {&i, sizeof(i)}, value = {large, i % 7 ? 100 + depth : sizeof(large) - depth * 100};
      memset(large, (int)depth + 1, sizeof(large));
      OK(mdbx_put(levels[depth], DBI_MAIN, &key, &value, MDBX_UPSERT));
    }
  }
  for (unsigned depth = DEPTH; depth > 10; --depth)
    OK(depth % 2 ? mdbx_txn_commit(levels[depth]) : mdbx_txn_abort(levels[depth]));
  /* 20 was taken back, 19 came into 18, which was taken back, and so on; 11 came into 10. */
  for (uint32_t i = 0; i < RECORDS; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value;
    OK(mdbx_get(levels[10], DBI_MAIN, &key, &value));
    ck_assert_uint_eq(value.iov_len, i % 7 ? 111 : sizeof(large) - 1100);
    ck_assert_uint_eq(((const uint8_t *)value.iov_base)[value.iov_len - 1], 12);
  }
  OK(mdbx_txn_commit(levels[0]));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The transaction knows each table once, however often it was opened, and stores all of them. */
START_TEST(a_table_is_opened_again) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  (void)api_table(txn, "a", MDBX_CREATE);
  (void)api_table(txn, "b", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi b = api_table(txn, "b", 0);
  OK(api_put(txn, b, "k", "of b", MDBX_UPSERT));
  for (unsigned i = 0; i < 3; ++i) {
    MDBX_txn *child = begin_nested(txn, MDBX_TXN_READWRITE);
    OK(api_put(child, api_table(child, "a", 0), "k", "of the child", MDBX_UPSERT));
    OK(mdbx_txn_abort(child));
  }
  const MDBX_dbi a = api_table(txn, "a", 0);
  OK(api_put(txn, a, "k", "of a", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE); /* changes neither: no record is written again */
  api_has(txn, a, "k", "of a");
  api_has(txn, b, "k", "of b");
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("nested");
  TCase *tcase = api_case(suite, "nested");
  tcase_add_test(tcase, rule_21_who_may_have_a_child);
  tcase_add_test(tcase, rule_21_parent_is_blocked);
  tcase_add_test(tcase, rule_21_parent_ends_first);
  tcase_add_test(tcase, rule_21_read_only_child);
  tcase_add_test(tcase, rule_22_broken_child_leaves_the_parent_whole);
  tcase_add_test(tcase, rule_22_map_full_in_a_child);
  tcase_add_test(tcase, an_aborted_child_takes_all_back);
  tcase_add_test(tcase, rule_28_created_in_a_child);
  tcase_add_test(tcase, rule_44_cursors_of_parent_and_child);
  tcase_add_test(tcase, a_table_is_opened_again);
  tcase_add_test(tcase, deep_nesting);
  return unit_run(suite);
}
