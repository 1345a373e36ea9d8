/* SPDX-License-Identifier: Apache-2.0 */
/* Pages as a whole (format/page, format/check) and increments: sound ones pass, and whatever is changed in one is found. */
#include "format/branch.h"
#include "format/check.h"
#include "format/increment.h"
#include "format/leaf.h"

#include "unit.h"

enum { PAGE = 512, SEED = 4711 };

static union {
  struct page page;
  uint8_t bytes[4 * PAGE];
} memory, kept;

static const struct page_expectation expected = {
    .page_size = PAGE, .pgno = 7, .newest = 9, .limit = 100, .present = 100, .seed = SEED, .checksum_run_limit = 8};

static void fill_leaf(unsigned flags) {
  page_init(&memory.page, PAGE, 7, 5, P_LEAF | flags);
  memory.page.item = flags & P_DUPFIX ? 3 : 0;
  for (unsigned i = 0; i < 9; ++i) {
    const uint8_t bytes[] = {'k', 'e', (uint8_t)('0' + i)};
    struct seek_key key;
    key_prepare(&key, ORDER_BYTES, bytes, sizeof(bytes), NULL);
    uint8_t *data = leaf_insert(&memory.page, ORDER_BYTES, i, &key, NODE_PLAIN, flags & P_DUPFIX ? 0 : 2 * i);
    if (!(flags & P_DUPFIX))
      memset(data, (int)i, 2 * i);
  }
}

static void fill_branch(void) {
  struct branch_list list;
  ck_assert_int_eq(branch_list_init(&list, PAGE), MDBX_SUCCESS);
  static const char *const separators[] = {"", "common-alpha", "common-b", "common-beta", "common-gamma-long"};
  for (unsigned i = 0; i < COUNT_OF(separators); ++i)
    branch_list_insert(&list, i, &(struct separator){(const uint8_t *)separators[i], strlen(separators[i])},
                       (struct page_ref){20 + i, 3});
  page_init(&memory.page, PAGE, 7, 5, P_BRANCH);
  branch_list_store(&list, 0, list.count, &memory.page, PAGE);
  branch_list_destroy(&list);
}

static void fill_run(void) {
  memset(&memory, 'v', sizeof(memory));
  page_init_run(&memory.page, 7, 5, 3, 2 * PAGE + 50);
}

enum { KINDS = 5 };

static void fill(int kind) {
  memset(&memory, 0, sizeof(memory));
  switch (kind) {
  case 0:
    fill_leaf(0);
    break;
  case 1:
    fill_leaf(P_NOKEYHEADS);
    break;
  case 2:
    fill_leaf(P_NOKEYHEADS | P_DUPFIX);
    break;
  case 3:
    fill_branch();
    break;
  default:
    fill_run();
  }
  memory.page.checksum = page_checksum(&memory.page, PAGE, SEED);
}

/* Whether the byte counts: free space in the middle and what is behind a run do not. */
static bool is_used(size_t at) {
  if (at < PAGE_HEADER)
    return true;
  at -= PAGE_HEADER;
  if (memory.page.flags == P_LARGE)
    return at < memory.page.run_bytes;
  return at < memory.page.lower || (at >= memory.page.upper && at < body_size(PAGE));
}

START_TEST(every_used_byte_is_in_the_checksum) {
  fill(_i);
  ck_assert_int_eq(page_check(&memory.page, &expected), MDBX_SUCCESS);
  ck_assert_int_eq(page_check_bytes(&memory.page, &expected), MDBX_SUCCESS);
  ck_assert_int_eq(page_check_layout(&memory.page, &expected), MDBX_SUCCESS);
  kept = memory;
  unsigned wrong = 0;
  for (size_t at = 0; at < sizeof(memory); ++at)
    for (unsigned bit = 1; bit < 256; bit *= 2) {
      memory.bytes[at] ^= (uint8_t)bit;
      const int rc = page_check(&memory.page, &expected);
      memory = kept;
      wrong += rc != (is_used(at) ? MDBX_CORRUPTED : MDBX_SUCCESS);
    }
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

/* With the checksum made right, whatever is in the header and the arrays: the check may find it sound, and then all that
 * reads the page stays inside. Sanitizers tell. */
START_TEST(what_passes_can_be_read) {
  uint64_t random = 31 + (uint64_t)_i;
  unsigned sound = 0;
  for (unsigned round = 0; round < 20000; ++round) {
    fill(_i % KINDS);
    for (unsigned i = 1 + (unsigned)(unit_random(&random) % 2); i > 0; --i)
      memory.bytes[16 + unit_random(&random) % (PAGE - 16)] = (uint8_t)unit_random(&random);
    if (page_check_layout(&memory.page, &expected) != MDBX_SUCCESS)
      continue;
    ++sound;
    const struct key_rules rules = {.order = ORDER_BYTES};
    struct seek_key key;
    uint8_t separator[PAGE];
    key_prepare(&key, ORDER_BYTES, "key5", 4, NULL);
    if (memory.page.flags & P_LEAF) {
      bool exact;
      leaf_seek(&memory.page, &rules, &key, &exact);
      leaf_find(&memory.page, &rules, &key);
      for (unsigned i = 0; i < memory.page.count; ++i)
        leaf_bytes_of(&memory.page, i);
    } else if (memory.page.flags & P_BRANCH && page_has_keyheads(&memory.page)) {
      unit_require(branch_find(&memory.page, &rules, &key) < memory.page.count);
      for (unsigned i = 0; i < memory.page.count; ++i)
        branch_separator(&memory.page, i, separator);
    }
  }
  ck_assert_uint_gt(sound, 20);
}
END_TEST

START_TEST(a_page_that_does_not_belong_there) {
  struct page_expectation other = expected;
  fill(_i);
  other.pgno = 8;
  ck_assert_int_eq(page_check(&memory.page, &other), MDBX_CORRUPTED);
  other = expected;
  other.newest = 4;
  ck_assert_int_eq(page_check(&memory.page, &other), MDBX_CORRUPTED);
  other = expected;
  other.seed = SEED + 1;
  ck_assert_int_eq(page_check(&memory.page, &other), MDBX_CORRUPTED);
  other = expected;
  other.limit = other.present = 9;
  const bool refers = memory.page.flags & (P_BRANCH | P_LARGE);
  ck_assert_int_eq(page_check(&memory.page, &other), refers ? MDBX_CORRUPTED : MDBX_SUCCESS);
}
END_TEST

START_TEST(long_runs_are_not_read) {
  struct page_expectation quick = expected;
  fill(4);
  quick.checksum_run_limit = 2;
  memory.bytes[PAGE + 5] ^= 1;
  ck_assert_int_eq(page_check_bytes(&memory.page, &quick), MDBX_SUCCESS);
  ck_assert_int_eq(page_check_bytes(&memory.page, &expected), MDBX_CORRUPTED);
}
END_TEST

START_TEST(columns_move_together) {
  uint8_t bytes[64] = {1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 11, 11, 12, 12, 13, 13};
  static const uint8_t opened[] = {1, 1, 1, 1, 2, 2, 2, 2, 9, 9, 9, 9, 3, 3, 3, 3, 11, 11, 12, 12, 9, 9, 13, 13};
  static const uint8_t closed[] = {2, 2, 2, 2, 9, 9, 9, 9, 3, 3, 3, 3, 12, 12, 9, 9, 13, 13};
  const struct columns columns = {bytes, {4, 2}, 2};
  columns_open(&columns, 3, 2);
  memset(bytes + 8, 9, 4);
  memset(bytes + 20, 9, 2);
  ck_assert_int_eq(memcmp(bytes, opened, sizeof(opened)), 0);
  columns_close(&columns, 4, 0);
  ck_assert_int_eq(memcmp(bytes, closed, sizeof(closed)), 0);
}
END_TEST

START_TEST(limits_of_a_page_hold) {
  for (size_t size = PAGE_SIZE_MIN; size <= PAGE_SIZE_MAX; size *= 2) {
    ck_assert_uint_le(2 * (limit_pair(size) + NODE_HEADER + LEAF_ENTRY), body_size(size));
    ck_assert_uint_lt(limit_key(size, TABLE_DUPSORT), limit_key(size, 0));
    ck_assert_uint_eq(limit_key(size, TABLE_INTEGERKEY), 8);
    ck_assert_uint_eq(run_pages_for(size - PAGE_HEADER, size), 1);
    ck_assert_uint_eq(run_pages_for(size - PAGE_HEADER + 1, size), 2);
  }
}
END_TEST

START_TEST(headers_of_increments) {
  struct increment_header header = {.page_size = 4096, .base = 5, .txnid = 9};
  increment_header_seal(&header);
  ck_assert_int_eq(increment_header_check(&header, "x"), MDBX_SUCCESS);
  const struct increment_header sound = header;
  for (size_t at = 0; at < sizeof(header); ++at) {
    ((uint8_t *)&header)[at] ^= 0x20;
    const int wanted = at < 8 ? MDBX_INVALID : at < 12 ? MDBX_VERSION_MISMATCH : MDBX_CORRUPTED;
    ck_assert_int_eq(increment_header_check(&header, "x"), wanted);
    header = sound;
  }
  header.page_size = 1000;
  increment_header_seal(&header);
  ck_assert_int_eq(increment_header_check(&header, "x"), MDBX_CORRUPTED);
  header.page_size = 4096;
  header.base = 10;
  increment_header_seal(&header);
  ck_assert_int_eq(increment_header_check(&header, "x"), MDBX_CORRUPTED);
}
END_TEST

START_TEST(a_digest_is_of_the_bytes_not_of_the_parts) {
  static const char text[] = "what is written in parts is one stream";
  struct increment_digest *whole = increment_digest_new(), *parts = increment_digest_new();
  ck_assert(whole && parts);
  increment_digest_add(whole, text, sizeof(text));
  for (size_t at = 0; at < sizeof(text); at += 7)
    increment_digest_add(parts, text + at, MIN_OF(sizeof(text) - at, (size_t)7));
  ck_assert_uint_eq(increment_digest_value(whole), increment_digest_value(parts));
  increment_digest_add(parts, text, 1);
  ck_assert_uint_ne(increment_digest_value(whole), increment_digest_value(parts));
  increment_digest_free(whole);
  increment_digest_free(parts);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("page");
  TCase *tcase = tcase_create("page");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, every_used_byte_is_in_the_checksum, 0, KINDS);
  tcase_add_loop_test(tcase, what_passes_can_be_read, 0, 2 * KINDS);
  tcase_add_loop_test(tcase, a_page_that_does_not_belong_there, 0, KINDS);
  tcase_add_test(tcase, long_runs_are_not_read);
  tcase_add_test(tcase, columns_move_together);
  tcase_add_test(tcase, limits_of_a_page_hold);
  tcase_add_test(tcase, headers_of_increments);
  tcase_add_test(tcase, a_digest_is_of_the_bytes_not_of_the_parts);
  return unit_run(suite);
}
