/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a meta at work: entries are added and taken out, and all others stay what they were. */
#include "gc/gc_list.h"
#include "unit.h"

enum { PAGE = 4096, LIMIT = 1000, TXNID = 100 };

static struct gc_list list;

static void setup(void) { ck_assert(gc_list_set(&list, NULL, 0, PAGE)); }

static void teardown(void) {
  free(list.bytes);
  list = (struct gc_list){NULL, 0, 0};
}

/* Adds a page, and sees that the list grows as was foretold. */
static void add(enum gc_kind kind, uint64_t number, pgno_t pgno, bool same) {
  const struct retired_run run = {pgno, 1, 1};
  const size_t before = list.length, growth = gc_list_growth(&list, kind, number, &run, same);
  gc_list_add(&list, kind, number, &run);
  ck_assert_uint_eq(list.length, before + growth);
  ck_assert(meta_list_is_sound(list.bytes, list.length, TXNID, LIMIT));
}

static char seen[400];

static int see(void *context, const struct meta_list_record *record, const struct meta_list_entry *entry) {
  const size_t length = strlen(seen);
  (void)context;
  snprintf(seen + length, sizeof(seen) - length, "%c%u:%u ", record->kind == GC_HELD ? 'h' : 'f',
           (unsigned)record->number, entry->pgno);
  return MDBX_SUCCESS;
}

static void expect(const char *content) {
  seen[0] = '\0';
  ck_assert_int_eq(meta_list_visit(list.bytes, list.length, TXNID, LIMIT, see, NULL), MDBX_SUCCESS);
  ck_assert_str_eq(seen, content);
}

/* The record of that number and what follows it. */
static const uint8_t *record_of(uint64_t number, const uint8_t **next, struct meta_list_record *record) {
  const uint8_t *end = list.bytes + list.length;
  for (const uint8_t *at = list.bytes; at < end; at = *next) {
    *next = meta_list_record(at, end, record);
    ck_assert_ptr_nonnull(*next);
    if (record->number == number)
      return at;
  }
  ck_abort_msg("no such record");
}

START_TEST(records_of_a_kind_and_number) {
  add(GC_HELD, 5, 20, false);
  add(GC_FRESH, 5, 30, false);
  add(GC_HELD, 6, 40, false);
  add(GC_HELD, 5, 21, true);
  add(GC_FRESH, 5, 31, true);
  expect("h5:21 h5:20 f5:31 f5:30 h6:40 ");
}
END_TEST

START_TEST(records_are_cut_out) {
  struct meta_list_record record;
  const uint8_t *next;
  for (unsigned i = 0; i < 9; ++i)
    add(GC_HELD, 5 + i % 3, 20 + i, i >= 3);
  const uint8_t *at = record_of(6, &next, &record);
  gc_list_cut(&list, at, next);
  expect("h5:26 h5:23 h5:20 h7:28 h7:25 h7:22 ");
  at = record_of(5, &next, &record);
  gc_list_cut(&list, at, next);
  at = record_of(7, &next, &record);
  gc_list_cut(&list, at, next);
  ck_assert_uint_eq(list.length, 0);
}
END_TEST

START_TEST(entries_are_cut_off) {
  struct meta_list_record record;
  struct meta_list_entry entry;
  const uint8_t *next;
  for (unsigned i = 0; i < 3; ++i)
    add(GC_FRESH, GC_LOOSE_NUMBER, 20 + i, i > 0);
  add(GC_HELD, 9, 50, false);
  const uint8_t *at = record_of(GC_LOOSE_NUMBER, &next, &record);
  ck_assert(gc_is_loose(&record));
  gc_list_cut_entries(&list, at, record.entries);
  expect("f1:22 f1:21 f1:20 h9:50 ");
  at = record_of(GC_LOOSE_NUMBER, &next, &record);
  gc_list_cut_entries(&list, at, meta_list_entry(record.entries, next, 1, LIMIT, &entry));
  expect("f1:21 f1:20 h9:50 ");
  at = record_of(GC_LOOSE_NUMBER, &next, &record);
  gc_list_cut_entries(&list, at, next);
  expect("h9:50 ");
}
END_TEST

START_TEST(limits_of_page_sizes) {
  ck_assert_uint_eq(gc_list_limit(256), 0);
  ck_assert_uint_eq(gc_list_limit(512), 256);
  ck_assert_uint_eq(gc_list_limit(4096), 3840);
  ck_assert_uint_eq(gc_list_limit(65536), GC_LIST_MOST);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("gc_list");
  TCase *tcase = tcase_create("gc_list");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, setup, teardown);
  tcase_add_test(tcase, records_of_a_kind_and_number);
  tcase_add_test(tcase, records_are_cut_out);
  tcase_add_test(tcase, entries_are_cut_off);
  tcase_add_test(tcase, limits_of_page_sizes);
  return unit_run(suite);
}
