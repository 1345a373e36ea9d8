/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a lock file that says what cannot be: calls answer with an error or make it true, and do not take it for a state
 * of their own. The fuzz target lock tries the same at random. */
#include "api.h"

#include "env/env.h"
#include "file/meta.h"
#include "file/pending.h"

static const unsigned modes[] = {
    0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC, MDBX_WRITEMAP, MDBX_WRITEMAP | MDBX_SAFE_NOSYNC};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* Three commits, the last one in a meta page that is not the first one. */
static MDBX_env *open_with_commits(unsigned mode, uint64_t *head) {
  MDBX_env *env = api_open(mode);
  do {
    api_store(env, "a", "1");
    api_store(env, "b", "2");
    api_store(env, "c", "3");
    *head = lck_head(&env->lck);
  } while (lck_head_slot(*head) == 0);
  return env;
}

static void has_all(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  api_has(txn, DBI_MAIN, "b", "2");
  api_has(txn, DBI_MAIN, "c", "3");
  OK(mdbx_txn_abort(txn));
}

static void close_and_look(MDBX_env *env) {
  OK(mdbx_env_close(env));
  env = api_open(0);
  has_all(env);
  api_sound(env);
  OK(mdbx_env_close(env));
}

static MDBX_txn *begin_change(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val key = {(void *)(uintptr_t) "d", 1};
  OK(mdbx_put(txn, DBI_MAIN, &key, &key, MDBX_UPSERT));
  return txn;
}

/* Whether readers, writers and what shows the environment find no commit, and whether all is well when the head is back. */
static void nobody_finds(MDBX_env *env, uint64_t lie) {
  const uint64_t head = atomic_exchange(&env->lck.shared->head, lie);
  MDBX_txn *txn;
  MDBX_envinfo info;
  MDBX_stat stat;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_CORRUPTED);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_CORRUPTED);
  IS(mdbx_env_info_ex(env, NULL, &info, sizeof(info)), MDBX_CORRUPTED);
  IS(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)), MDBX_CORRUPTED);
  atomic_store(&env->lck.shared->head, head);
  has_all(env);
}

START_TEST(test_head_without_a_meta) {
  uint64_t head;
  MDBX_env *env = open_with_commits(modes[_i], &head);
  nobody_finds(env, lck_head_txnid(head) << 2 | 3);
  nobody_finds(env, (lck_head_txnid(head) + 1) << 2 | lck_head_slot(head));
  nobody_finds(env, UINT64_MAX);
  api_store(env, "c", "3");
  close_and_look(env);
}
END_TEST

/* A meta page that no commit has used yet, or that was wiped, is blank: its id is 0. */
START_TEST(test_head_in_a_blank_page) {
  MDBX_env *env = api_open(modes[_i]);
  api_store(env, "a", "1");
  api_store(env, "b", "2");
  api_store(env, "c", "3");
  const unsigned other = (lck_head_slot(lck_head(&env->lck)) + 1) % LCK_HEAD_SLOTS;
  OK(meta_wipe(env->fd, env->page_size, other));
  nobody_finds(env, other);
  nobody_finds(env, 3);
  close_and_look(env);
}
END_TEST

/* "Pending" is left behind by a process that died while it published, but names no commit that is older than the head. */
START_TEST(test_pending_before_the_head) {
  uint64_t head;
  MDBX_env *env = open_with_commits(modes[_i], &head);
  for (unsigned back = 0; back < 3; ++back)
    for (unsigned slot = 0; slot < 4; ++slot) {
      head = lck_head(&env->lck);
      atomic_store(&env->lck.shared->pending, (lck_head_txnid(head) - back) << 2 | slot);
      api_store(env, "c", "3");
      ck_assert_uint_eq(lck_head_txnid(lck_head(&env->lck)), lck_head_txnid(head) + 1);
      ck_assert(!pending_any(&env->lck));
      has_all(env);
    }
  close_and_look(env);
}
END_TEST

/* A commit that is durable before it is made does not keep anything from becoming durable. */
START_TEST(test_durable_beyond_the_head) {
  uint64_t head;
  MDBX_env *env = open_with_commits(modes[_i], &head);
  atomic_store(&env->lck.shared->durable, lck_head_txnid(head) + 5);
  OK(mdbx_env_sync(env));
  ck_assert_uint_eq(lck_durable(&env->lck), lck_head_txnid(head));
  api_store(env, "c", "3");
  atomic_store(&env->lck.shared->durable, UINT64_MAX);
  api_store(env, "c", "3");
  const int rc = mdbx_env_sync(env);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE); /* the commit itself was durable */
  ck_assert_uint_eq(lck_durable(&env->lck), lck_head_txnid(lck_head(&env->lck)));
  close_and_look(env);
}
END_TEST

/* Nobody else can have committed while this writer holds its lock. */
START_TEST(test_head_moves_under_a_writer) {
  uint64_t head;
  MDBX_env *env = open_with_commits(modes[_i], &head);
  for (unsigned by = 1; by < 3; ++by) {
    MDBX_txn *txn = begin_change(env);
    atomic_store(&env->lck.shared->head, (lck_head_txnid(head) + by) << 2 | lck_head_slot(head));
    IS(mdbx_txn_commit(txn), MDBX_CORRUPTED);
    atomic_store(&env->lck.shared->head, head);
    has_all(env);
  }
  close_and_look(env);
}
END_TEST

/* What a writer takes over from a dead one: the newest meta lies where the head, or an older commit that waits, would be lost
 * by it. */
START_TEST(test_pending_beside_the_newest_meta) {
  uint64_t head;
  MDBX_env *env = open_with_commits(MDBX_SYNC_DURABLE, &head);
  struct lck_shared *shared = env->lck.shared;
  const txnid_t txnid = lck_head_txnid(head);
  const unsigned slot = lck_head_slot(head), other = (slot + 1) % LCK_HEAD_SLOTS;
  atomic_store(&shared->head, (txnid - 2) << 2 | (_i == 0 ? slot : (slot + 2) % LCK_HEAD_SLOTS));
  atomic_store(&shared->durable, txnid - 2);
  atomic_store(&shared->pending, (_i == 0 ? txnid - 1 : txnid) << 2 | other);
  atomic_store(&shared->writer.word, UINT64_C(0x1234567012345678)); /* an owner that cannot be is dead */
  MDBX_txn *txn;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  mdbx_env_close_ex(env, true);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("a lock file that lies");
  TCase *tests = api_case(suite, "lies");
  tcase_add_loop_test(tests, test_head_without_a_meta, 0, MODES);
  tcase_add_loop_test(tests, test_head_in_a_blank_page, 0, MODES);
  tcase_add_loop_test(tests, test_pending_before_the_head, 0, MODES);
  tcase_add_loop_test(tests, test_durable_beyond_the_head, 0, MODES);
  tcase_add_loop_test(tests, test_head_moves_under_a_writer, 0, MODES);
  tcase_add_loop_test(tests, test_pending_beside_the_newest_meta, 0, 2);
  return unit_run(suite);
}
