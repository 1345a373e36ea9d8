/* SPDX-License-Identifier: Apache-2.0 */
/* What a scan prefetches: all that is used of the next leaf, by the end of this one, and nothing outside that page, whatever
 * its header says. */
#include "tree/scan_ahead.h"

#include "format/leaf.h"
#include "unit.h"

enum { SIZE = 4096, SHIFT = 12, PAGES = 8, BIRTH = 7, LINES = SIZE / SCAN_LINE, NEXT = 6 };

static _Alignas(SIZE) union {
  struct page page;
  uint8_t bytes[SIZE];
} pages[PAGES];
static uint32_t memo[8];
static struct snapshot view;
static struct scan_ahead ahead;
static bool fetched[LINES];

static struct page *page_of(pgno_t pgno) { return &pages[pgno].page; }

static void prepare(void) {
  memset(memo, 0, sizeof(memo));
  memset(pages, 0, sizeof(pages));
  memset(&ahead, 0, sizeof(ahead));
  memset(fetched, 0, sizeof(fetched));
  for (pgno_t pgno = PGNO_FIRST; pgno < PAGES; ++pgno)
    page_init(page_of(pgno), SIZE, pgno, BIRTH, P_LEAF);
  view = (struct snapshot){.base = pages[0].bytes,
                           .shift = SHIFT,
                           .limit = PAGES,
                           .present = PAGES - 1,
                           .txnid = BIRTH,
                           .newest = BIRTH,
                           .memo_mask = 7,
                           .memo = memo,
                           .page_size = SIZE};
}

/* Makes a step, and notes which lines of the next leaf it prefetches. */
static void step(const struct page *leaf) {
  const uintptr_t next = (uintptr_t)pages[NEXT].bytes;
  for (unsigned i = 0; ahead.leaf == leaf && i < ahead.lines; ++i) {
    const uintptr_t line = ahead.from + i * SCAN_LINE;
    /* The lines of one step may run over the end of their part; the processor ignores what is no memory. */
    if (line < ahead.stop) {
      ck_assert(line >= next);
      ck_assert(line < next + SIZE);
      fetched[(line - next) / SCAN_LINE] = true;
    }
  }
  scan_ahead_step(&ahead, leaf);
}

static void scan(unsigned steps) {
  const struct page *leaf = page_of(4);
  scan_ahead_begin(&ahead, &view, leaf, NEXT, steps);
  for (unsigned i = 0; i < steps; ++i)
    step(leaf);
}

/* From the bytes that are prefetched at once with the header. A part begins within a line. */
static void check_covered(size_t from, size_t to) {
  for (size_t at = MAX_OF(from, (size_t)SNAPSHOT_PREFETCHED); at + SCAN_LINE <= to; at += SCAN_LINE)
    ck_assert_msg(fetched[at / SCAN_LINE], "line of byte %zu", at);
}

struct sizes {
  unsigned lower, upper, steps;
};
static const struct sizes all_sizes[] = {
    {150, 1500, 25}, {150, 1500, 6}, {1200, 1200, 200}, {4064, 4064, 500}, {600, 3900, 100}};

START_TEST(all_that_is_used) {
  const struct sizes *sizes = &all_sizes[_i];
  page_of(NEXT)->lower = (uint16_t)sizes->lower;
  page_of(NEXT)->upper = (uint16_t)sizes->upper;
  scan(sizes->steps);
  if (sizes->steps > 6) { /* fewer steps than that are not enough for all */
    check_covered(0, PAGE_HEADER + sizes->lower);
    check_covered(PAGE_HEADER + sizes->upper, SIZE);
    ck_assert_ptr_null(ahead.leaf);
  } else {
    check_covered(PAGE_HEADER + sizes->upper, PAGE_HEADER + sizes->upper + SCAN_LINE);
  }
}
END_TEST

/* The gap between arrays and nodes is left out. */
START_TEST(nothing_of_the_gap) {
  page_of(NEXT)->lower = 600;
  page_of(NEXT)->upper = 3000;
  scan(100);
  for (size_t at = 704; at + SCAN_LINE <= 3000; at += SCAN_LINE)
    ck_assert_msg(!fetched[at / SCAN_LINE], "line of byte %zu", at);
}
END_TEST

static const uint16_t bounds[] = {0, 1, 100, 4064, 4065, 4096, 32768, UINT16_MAX};
enum { BOUNDS = sizeof(bounds) / sizeof(*bounds) };

/* The header is not checked yet. */
START_TEST(any_header) {
  page_of(NEXT)->lower = bounds[_i / BOUNDS];
  page_of(NEXT)->upper = bounds[_i % BOUNDS];
  for (unsigned steps = 0; steps < 40; ++steps)
    scan(steps);
}
END_TEST

START_TEST(no_such_page) {
  static const pgno_t numbers[] = {PGNO_NONE, 0, PGNO_FIRST - 1, PAGES - 1, PAGES, UINT32_MAX};
  scan_ahead_begin(&ahead, &view, page_of(4), numbers[_i], 100);
  ck_assert_ptr_null(ahead.leaf);
}
END_TEST

/* A page in a buffer of the transaction may be freed before the scan gets there. */
START_TEST(no_changed_page) {
  struct dirty dirty;
  dirty_init(&dirty);
  ck_assert_int_eq(dirty_add(&dirty, NEXT, 1, page_of(NEXT)), MDBX_SUCCESS);
  view.dirty = &dirty;
  scan_ahead_begin(&ahead, &view, page_of(4), NEXT, 100);
  ck_assert_ptr_null(ahead.leaf);
  ck_assert_ptr_nonnull(dirty_remove(&dirty, NEXT));
  dirty_destroy(&dirty);
}
END_TEST

/* A step in another leaf prefetches nothing, and a scan that has ended does not either. */
START_TEST(other_leaves) {
  page_of(NEXT)->lower = 600;
  page_of(NEXT)->upper = 600;
  scan_ahead_begin(&ahead, &view, page_of(4), NEXT, 100);
  for (unsigned i = 0; i < 100; ++i)
    step(page_of(5));
  scan_ahead_end(&ahead);
  for (unsigned i = 0; i < 100; ++i)
    step(page_of(4));
  for (unsigned line = 0; line < LINES; ++line)
    ck_assert(!fetched[line]);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("scan ahead");
  TCase *tcase = tcase_create("scan ahead");
  tcase_add_checked_fixture(tcase, prepare, NULL);
  tcase_add_loop_test(tcase, all_that_is_used, 0, sizeof(all_sizes) / sizeof(*all_sizes));
  tcase_add_test(tcase, nothing_of_the_gap);
  tcase_add_loop_test(tcase, any_header, 0, BOUNDS * BOUNDS);
  tcase_add_loop_test(tcase, no_such_page, 0, 6);
  tcase_add_test(tcase, no_changed_page);
  tcase_add_test(tcase, other_leaves);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
