/* SPDX-License-Identifier: Apache-2.0 */
/* Commits that wait for a flush, in the lock file of one process. */
#include "unit.h"

#include "file/pending.h"

static struct lck lck;

static void setup(void) {
  memset(&lck, 0, sizeof(lck));
  lck.shared = unit_shared(sizeof(*lck.shared));
  lck_publish_head(&lck, 10, 1);
  lck_publish_durable(&lck, 10);
}

static void teardown(void) { munmap(lck.shared, sizeof(*lck.shared)); }

static void write_commit_of(uint32_t thread, txnid_t txnid, unsigned slot) {
  ck_assert_int_eq(pending_metas_lock(&lck), MDBX_SUCCESS);
  pending_set(&lck, txnid, slot, 4096, thread);
  pending_metas_unlock(&lck);
}

static void write_commit(txnid_t txnid, unsigned slot) { write_commit_of(0, txnid, slot); }

START_TEST(test_nothing_waits) {
  ck_assert(!pending_any(&lck));
  ck_assert_uint_eq(pending_tip(&lck), lck_head(&lck));
  ck_assert_uint_eq(pending_freeze(&lck), 0);
  ck_assert_uint_eq(pending_flushing(&lck), 0);
  ck_assert_int_eq(pending_outcome(&lck, 10, 0), MDBX_SUCCESS);
}
END_TEST

START_TEST(test_published_in_order) {
  write_commit(11, 2);
  ck_assert_uint_eq(lck_head_txnid(pending_tip(&lck)), 11);
  ck_assert_uint_eq(lck_head_slot(pending_tip(&lck)), 2);
  ck_assert_uint_eq(lck_head_txnid(lck_head(&lck)), 10);
  const uint64_t frozen = pending_freeze(&lck);
  ck_assert_uint_eq(lck_believable(&lck), 11);
  write_commit(12, 0);
  write_commit(13, 0);
  ck_assert_int_eq(pending_outcome(&lck, 11, 0), MDBX_RESULT_TRUE);
  ck_assert(pending_publish(&lck, frozen, 0));
  ck_assert_uint_eq(lck_head(&lck), frozen);
  ck_assert_uint_eq(lck_durable(&lck), 11);
  ck_assert_uint_eq(lck_believable(&lck), TXNID_NONE);
  ck_assert_int_eq(pending_outcome(&lck, 11, 0), MDBX_SUCCESS);
  ck_assert_int_eq(pending_outcome(&lck, 12, 0), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(lck_head_txnid(pending_tip(&lck)), 13);
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 0));
  ck_assert(!pending_any(&lck));
  ck_assert_int_eq(pending_outcome(&lck, 12, 0), MDBX_SUCCESS);
}
END_TEST

/* Who was published before the failure is told so, and who was not is not, whatever gets the same ids later. */
START_TEST(test_failure) {
  write_commit(11, 2);
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 0));
  write_commit(12, 0);
  const uint64_t frozen = pending_freeze(&lck);
  write_commit(13, 1);
  pending_fail(&lck);
  ck_assert_uint_eq(pending_failures(&lck), 1);
  ck_assert(!pending_any(&lck));
  ck_assert(!pending_publish(&lck, frozen, 0));
  ck_assert_uint_eq(lck_head_txnid(lck_head(&lck)), 11);
  ck_assert_int_eq(pending_outcome(&lck, 11, 0), MDBX_SUCCESS);
  ck_assert_int_eq(pending_outcome(&lck, 12, 0), MDBX_PANIC);
  write_commit(12, 0);
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 1));
  ck_assert_int_eq(pending_outcome(&lck, 12, 1), MDBX_SUCCESS);
  ck_assert_int_eq(pending_outcome(&lck, 12, 0), MDBX_PANIC);
  pending_fail(&lck);
  ck_assert_int_eq(pending_outcome(&lck, 11, 0), MDBX_PANIC);
}
END_TEST

/* Who was taken for dead and flushes on must not bring an old commit back. */
START_TEST(test_late_publisher) {
  write_commit(11, 2);
  const uint64_t late = pending_freeze(&lck);
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 0));
  write_commit(12, 0);
  const uint64_t frozen = pending_freeze(&lck);
  write_commit(13, 1);
  ck_assert(pending_publish(&lck, late, 0));
  ck_assert_uint_eq(lck_head_txnid(lck_head(&lck)), 11);
  ck_assert_uint_eq(pending_flushing(&lck), frozen);
  ck_assert(pending_publish(&lck, frozen, 0));
  ck_assert(pending_publish(&lck, late, 0));
  ck_assert_uint_eq(lck_head(&lck), frozen);
  ck_assert_uint_eq(lck_durable(&lck), 12);
  ck_assert_uint_eq(lck_head_txnid(pending_tip(&lck)), 13);
}
END_TEST

/* The one who published died in between: before the commit was noted as durable, or before it was noted that it waits no more. */
START_TEST(test_settle) {
  write_commit(11, 2);
  const uint64_t frozen = pending_freeze(&lck);
  if (_i)
    write_commit(12, 0);
  lck_publish_head(&lck, 11, lck_head_slot(frozen));
  pending_settle(&lck);
  ck_assert_uint_eq(lck_durable(&lck), 11);
  ck_assert_int_eq(pending_any(&lck), _i);
  ck_assert_uint_eq(lck_head_txnid(pending_tip(&lck)), 11 + _i);
  pending_settle(&lck);
  ck_assert_int_eq(pending_any(&lck), _i);
}
END_TEST

/* What is under way counts until it is published, also by another one than who began it; what failed counts no more. */
START_TEST(test_volume) {
  ck_assert_uint_eq(pending_bytes(&lck), 0);
  ck_assert_uint_eq(pending_since(&lck), 0);
  write_commit(11, 2);
  const uint64_t since = pending_since(&lck);
  ck_assert_uint_gt(since, 0);
  write_commit(12, 0);
  ck_assert_uint_eq(pending_since(&lck), since);
  ck_assert_uint_eq(pending_bytes(&lck), 2 * 4096);
  const uint64_t frozen = pending_freeze(&lck);
  ck_assert_uint_eq(pending_since(&lck), 0);
  write_commit(13, 2);
  ck_assert_uint_gt(pending_since(&lck), 0);
  ck_assert_uint_eq(pending_bytes(&lck), 3 * 4096);
  ck_assert(pending_publish(&lck, frozen, 0));
  ck_assert_uint_eq(pending_bytes(&lck), 4096);
  lck_publish_head(&lck, 13, 2); /* by one who dies then */
  pending_settle(&lck);
  ck_assert_uint_eq(pending_bytes(&lck), 0);
  ck_assert_uint_eq(pending_since(&lck), 0);
  write_commit(14, 0);
  pending_fail(&lck);
  write_commit(14, 0);
  ck_assert_uint_eq(pending_bytes(&lck), 4096);
}
END_TEST

/* As many threads as committed at the time of a flush are waited for by the next one; when fewer come, fewer after that. */
START_TEST(test_company) {
  write_commit(11, 2);
  ck_assert(!pending_may_grow(&lck) && !pending_has_company(&lck));
  uint64_t frozen = pending_freeze(&lck);
  write_commit_of(1, 12, 0);
  ck_assert(pending_publish(&lck, frozen, 0)); /* one, and one that came meanwhile */
  ck_assert(pending_may_grow(&lck) && pending_has_company(&lck));
  write_commit(13, 1);
  ck_assert(!pending_may_grow(&lck));
  frozen = pending_freeze(&lck);
  ck_assert(!pending_may_grow(&lck)); /* nobody begins a flush beside one */
  ck_assert(pending_publish(&lck, frozen, 0));
  ck_assert(pending_may_grow(&lck));
  write_commit(14, 2);
  ck_assert(pending_may_grow(&lck));
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 0));
  ck_assert(!pending_has_company(&lck));
  write_commit(15, 0);
  ck_assert(!pending_may_grow(&lck));
}
END_TEST

/* However many commits wait, one thread is no company for itself; nor is the dead or failed one of before. */
START_TEST(test_lone_thread) {
  for (txnid_t txnid = 11; txnid < 20; ++txnid)
    write_commit_of(5, txnid, 2);
  uint64_t frozen = pending_freeze(&lck);
  write_commit_of(5, 20, 0);
  ck_assert(pending_publish(&lck, frozen, 0));
  ck_assert(!pending_has_company(&lck) && !pending_may_grow(&lck));
  frozen = pending_freeze(&lck);
  write_commit_of(6, 21, 1);
  pending_fail(&lck);
  write_commit_of(5, 21, 1);
  ck_assert(pending_publish(&lck, pending_freeze(&lck), 1));
  ck_assert(!pending_has_company(&lck));
}
END_TEST

/* A flush that ends wakes whoever has seen it begin. */
START_TEST(test_flusher) {
  const uint32_t seen = atomic_load(&lck.shared->flushes);
  ck_assert_int_eq(pending_flusher_try(&lck), MDBX_SUCCESS);
  pending_flusher_unlock(&lck);
  pending_sleep(&lck, seen, UINT32_MAX);
  ck_assert_uint_eq(atomic_load(&lck.shared->flushes), seen + 1);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("pending");
  TCase *tests = tcase_create("pending");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, test_nothing_waits);
  tcase_add_test(tests, test_published_in_order);
  tcase_add_test(tests, test_failure);
  tcase_add_test(tests, test_late_publisher);
  tcase_add_loop_test(tests, test_settle, 0, 2);
  tcase_add_test(tests, test_volume);
  tcase_add_test(tests, test_company);
  tcase_add_test(tests, test_lone_thread);
  tcase_add_test(tests, test_flusher);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
