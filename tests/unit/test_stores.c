/* SPDX-License-Identifier: Apache-2.0 */
/* What may be copied to the file through the writable mapping, and what ends that. */
#include "file/stores.h"

#include "unit.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHIFT = 12, PAGES = 64, MAPPED = 1024 };

static int fd;
static struct stores stores;
static uint8_t bytes[4096];

static bool copying_is_possible(void) { return os_file_keeps_blocks(fd) && !os_addresses_are_limited(); }

static bool begin(txnid_t base, pgno_t pages) {
  return stores_begin(&stores, fd, SHIFT, (size_t)MAPPED << SHIFT, base, pages);
}

static void setup(void) {
  unit_setup();
  memset(&stores, 0, sizeof(stores));
  ck_assert_int_eq(os_open(unit_path("data"), OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_eq(os_ops->allocate(fd, 0, (uint64_t)PAGES << SHIFT), MDBX_SUCCESS);
}

static void teardown(void) {
  stores_close(&stores);
  os_close(fd);
  unit_teardown();
}

static uint8_t byte_of_file(pgno_t pgno) {
  uint8_t byte = 0;
  size_t got;
  ck_assert_int_eq(os_pread_full(fd, &byte, 1, (uint64_t)pgno << SHIFT, &got), MDBX_SUCCESS);
  return byte;
}

START_TEST(only_what_was_written) {
  if (!copying_is_possible())
    return;
  ck_assert(begin(0, PAGES));
  ck_assert_msg(!stores_may_copy(&stores, 3, 1), "storage alone is not enough");
  stores_note(&stores, 3, 2);
  ck_assert(stores_may_copy(&stores, 3, 1));
  ck_assert(stores_may_copy(&stores, 3, 2));
  ck_assert(!stores_may_copy(&stores, 2, 2));
  ck_assert(!stores_may_copy(&stores, 4, 2));
  ck_assert(!stores_may_copy(&stores, UINT32_MAX, 2));
  memset(bytes, 'x', sizeof(bytes));
  ck_assert_int_eq(stores_copy(&stores, fd, 4 << SHIFT, bytes, sizeof(bytes)), MDBX_SUCCESS);
  ck_assert_int_eq(byte_of_file(4), 'x');
  ck_assert_int_eq(byte_of_file(3), 0);
  stores_note(&stores, MAPPED - 1, 2);
  ck_assert_msg(!stores_may_copy(&stores, MAPPED - 1, 1), "beyond the mapping");
}
END_TEST

START_TEST(commits_of_others_end_it) {
  if (!copying_is_possible())
    return;
  ck_assert(begin(7, PAGES));
  stores_note(&stores, 5, 1);
  stores.newest = 8;
  ck_assert(begin(8, PAGES));
  ck_assert(stores_may_copy(&stores, 5, 1));
  ck_assert(begin(9, PAGES));
  ck_assert(!stores_may_copy(&stores, 5, 1));
}
END_TEST

START_TEST(a_shorter_file_ends_it) {
  if (!copying_is_possible())
    return;
  stores.newest = 1;
  ck_assert(begin(1, PAGES));
  stores_note(&stores, 5, 20);
  ck_assert(begin(1, 10));
  ck_assert(stores_may_copy(&stores, 5, 5));
  ck_assert(!stores_may_copy(&stores, 10, 1));
  ck_assert(begin(1, PAGES));
  ck_assert(!stores_may_copy(&stores, 10, 1));
}
END_TEST

START_TEST(long_ago_is_not_lately) {
  if (!copying_is_possible())
    return;
  ck_assert(begin(0, PAGES));
  stores.epoch_pages = 10;
  for (int round = 0; round < 600; ++round) {
    stores_note(&stores, 5, 1);
    ck_assert(stores_may_copy(&stores, 5, 1));
    stores_note(&stores, 20, 10);
    ck_assert_msg(stores_may_copy(&stores, 5, 1), "round %d", round);
    stores_note(&stores, 40, 10);
    stores_note(&stores, 20, 10);
    ck_assert_msg(!stores_may_copy(&stores, 5, 1), "round %d", round);
  }
}
END_TEST

START_TEST(a_longer_mapping_begins_anew) {
  if (!copying_is_possible())
    return;
  ck_assert(begin(0, PAGES));
  stores_note(&stores, 5, 1);
  ck_assert(stores_begin(&stores, fd, SHIFT, (size_t)MAPPED << (SHIFT + 1), 0, PAGES));
  ck_assert(!stores_may_copy(&stores, 5, 1));
  stores_note(&stores, MAPPED, 1);
  ck_assert(stores_may_copy(&stores, MAPPED, 1));
}
END_TEST

START_TEST(children_map_anew) {
  if (!copying_is_possible())
    return;
  ck_assert(begin(0, PAGES));
  stores_note(&stores, 5, 1);
  const pid_t child = fork();
  if (child == 0) {
    /* Not inherited: as soon as the child asks for it, it is another one, of which nothing is known. */
    bool good = begin(0, PAGES) && !stores_may_copy(&stores, 5, 1);
    stores_note(&stores, 6, 1);
    memset(bytes, 'c', sizeof(bytes));
    good = good && stores_copy(&stores, fd, 6 << SHIFT, bytes, sizeof(bytes)) == MDBX_SUCCESS;
    stores_close(&stores);
    _exit(good ? 0 : 1);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
  ck_assert_int_eq(byte_of_file(6), 'c');
  ck_assert(stores_may_copy(&stores, 5, 1));
}
END_TEST

START_TEST(few_addresses) {
  const struct rlimit limit = {(rlim_t)1 << 40, (rlim_t)1 << 40};
  const pid_t child = fork();
  if (child == 0) {
    setrlimit(RLIMIT_AS, &limit);
    _exit(os_addresses_are_limited() && !begin(0, PAGES) && !begin(0, PAGES) ? 0 : 1);
  }
  int status = 0;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert_int_eq(status, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("stores");
  TCase *tests = tcase_create("stores");
  tcase_add_checked_fixture(tests, setup, teardown);
  tcase_add_test(tests, only_what_was_written);
  tcase_add_test(tests, commits_of_others_end_it);
  tcase_add_test(tests, a_shorter_file_ends_it);
  tcase_add_test(tests, long_ago_is_not_lately);
  tcase_add_test(tests, a_longer_mapping_begins_anew);
  tcase_add_test(tests, children_map_anew);
  tcase_add_test(tests, few_addresses);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
