/* SPDX-License-Identifier: Apache-2.0 */
/* What a snapshot gives out for a page number: the page that is meant, or a code, and never something else. */
#include "space/snapshot.h"

#include "format/leaf.h"
#include "unit.h"

enum { SIZE = 256, SHIFT = 8, PAGES = 16, BIRTH = 7, NEWEST = 9, SEED = 11 };

static union {
  struct page page;
  uint8_t bytes[SIZE];
} pages[PAGES];
static uint32_t memo[8]; /* fewer than pages: two of them share an entry */
static _Atomic uint64_t pin;
static struct snapshot view;

static struct page *page_of(pgno_t pgno) { return &pages[pgno].page; }

static void seal(struct page *page) { page->checksum = page_checksum(page, SIZE, SEED); }

/* With one record: an empty leaf is none that may be in a file. */
static void make_leaf(struct page *page, pgno_t pgno, txnid_t birth) {
  struct seek_key key;
  uint8_t bytes[8] = "key";
  page_init(page, SIZE, pgno, birth, P_LEAF);
  key_prepare(&key, ORDER_BYTES, bytes, 3, NULL);
  memcpy(leaf_insert(page, ORDER_BYTES, 0, &key, NODE_PLAIN, 5), "value", 5);
  leaf_make_keyheads(page, ORDER_BYTES);
  seal(page);
}

static void prepare(void) {
  memset(memo, 0, sizeof(memo));
  memset(pages, 0, sizeof(pages));
  for (pgno_t pgno = PGNO_FIRST; pgno < PAGES; ++pgno) {
    make_leaf(page_of(pgno), pgno, BIRTH);
  }
  view = (struct snapshot){.base = pages[0].bytes,
                           .shift = SHIFT,
                           .limit = PAGES,
                           .present = PAGES - 2,
                           .txnid = NEWEST,
                           .newest = NEWEST,
                           .memo_mask = 7,
                           .memo = memo,
                           .page_size = SIZE,
                           .seed = SEED};
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
}

static const struct page_ref meant = {5, BIRTH};

static int ask(struct page_ref ref, unsigned flags) {
  const struct page *page = NULL;
  const int rc = snapshot_tree_page(&view, ref, flags, &page);
  if (rc == MDBX_SUCCESS)
    ck_assert_ptr_eq(page, page_of(ref.pgno));
  return rc;
}

START_TEST(what_is_meant) {
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  ck_assert(snapshot_knows(&view, 5, BIRTH));
  ck_assert_int_eq(ask(meant, P_LEAF | P_NOKEYHEADS), MDBX_CORRUPTED);
  ck_assert_int_eq(ask((struct page_ref){5, BIRTH + 1}, P_LEAF), MDBX_CORRUPTED);
}
END_TEST

/* Metas, what the file does not have yet, and what is behind the snapshot's end. */
START_TEST(numbers_out_of_range) {
  static const pgno_t numbers[] = {0, PGNO_FIRST - 1, PAGES - 2, PAGES - 1, PAGES, UINT32_MAX};
  ck_assert_int_eq(ask((struct page_ref){numbers[_i], BIRTH}, P_LEAF), MDBX_CORRUPTED);
}
END_TEST

/* A page that passed is not looked at again; another version of it is. */
START_TEST(memo_is_of_a_version) {
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  page_of(5)->checksum ^= 1;
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  page_of(5)->txnid = BIRTH + 1;
  ck_assert_int_eq(ask((struct page_ref){5, BIRTH + 1}, P_LEAF), MDBX_CORRUPTED);
  seal(page_of(5));
  ck_assert_int_eq(ask((struct page_ref){5, BIRTH + 1}, P_LEAF), MDBX_SUCCESS);
}
END_TEST

/* Two pages that share a place push each other out, and are looked at again. */
START_TEST(memo_is_shared) {
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  ck_assert_int_eq(ask((struct page_ref){13, BIRTH}, P_LEAF), MDBX_SUCCESS);
  page_of(13)->txnid = BIRTH + 1;
  seal(page_of(13));
  ck_assert_int_eq(ask((struct page_ref){13, BIRTH + 1}, P_LEAF), MDBX_SUCCESS);
  page_of(5)->checksum ^= 1;
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_CORRUPTED);
}
END_TEST

START_TEST(every_visit_may_be_checked) {
  view.always_check = true;
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  ck_assert(!snapshot_knows(&view, 5, BIRTH));
  page_of(5)->checksum ^= 1;
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_CORRUPTED);
}
END_TEST

/* No page of a snapshot is younger than the snapshot. */
START_TEST(page_of_the_future) {
  page_of(5)->txnid = NEWEST + 1;
  seal(page_of(5));
  ck_assert_int_eq(ask((struct page_ref){5, NEWEST + 1}, P_LEAF), MDBX_CORRUPTED);
  snapshot_vouch(&view, 5, NEWEST + 1);
  ck_assert_int_eq(ask((struct page_ref){5, NEWEST + 1}, P_LEAF), MDBX_CORRUPTED);
}
END_TEST

/* A reader whose pin was taken away meets pages that were written over: that is no damage. */
START_TEST(snapshot_taken_away) {
  view.pin = &pin;
  atomic_store(&pin, NEWEST);
  page_of(5)->checksum ^= 1;
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_CORRUPTED);
  atomic_store(&pin, 0);
  ck_assert(snapshot_is_lost(&view));
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_BAD_TXN);
  ck_assert_int_eq(ask((struct page_ref){6, BIRTH + 1}, P_LEAF), MDBX_BAD_TXN);
}
END_TEST

/* What a writer has changed is seen before the file. */
START_TEST(changed_pages_first) {
  static union {
    struct page page;
    uint8_t bytes[SIZE];
  } changed;
  const struct page *page;
  struct dirty dirty;
  dirty_init(&dirty);
  page_init(&changed.page, SIZE, 5, NEWEST + 1, P_LEAF);
  ck_assert_int_eq(dirty_add(&dirty, 5, 1, &changed.page), MDBX_SUCCESS);
  view.dirty = &dirty;
  page_of(5)->checksum ^= 1;
  ck_assert_int_eq(snapshot_page(&view, 5, &page), MDBX_SUCCESS);
  ck_assert_ptr_eq(page, &changed.page);
  ck_assert_ptr_eq(dirty_remove(&dirty, 5), &changed.page);
  ck_assert_int_eq(snapshot_page(&view, 5, &page), MDBX_CORRUPTED);
  dirty_destroy(&dirty);
}
END_TEST

/* A look that must not find damage: only pages that were checked. */
START_TEST(known_pages) {
  ck_assert_ptr_null(snapshot_known_page(&view, 5));
  ck_assert_int_eq(ask(meant, P_LEAF), MDBX_SUCCESS);
  ck_assert_ptr_eq(snapshot_known_page(&view, 5), page_of(5));
  page_of(5)->txnid = BIRTH + 1;
  ck_assert_ptr_null(snapshot_known_page(&view, 5));
  snapshot_vouch(&view, 5, NEWEST + 1);
  page_of(5)->txnid = NEWEST + 1;
  ck_assert_ptr_null(snapshot_known_page(&view, 5));
  ck_assert_ptr_null(snapshot_known_page(&view, PAGES - 2));
  ck_assert_ptr_null(snapshot_known_page(&view, 0));
}
END_TEST

START_TEST(run_of_a_large_value) {
  struct large_ref ref = {.pgno = 6, .bytes = 2 * SIZE, .birth = BIRTH};
  const struct page *run;
  page_init_run(page_of(6), 6, BIRTH, run_pages_for(2 * SIZE, SIZE), 2 * SIZE);
  seal(page_of(6));
  ck_assert_int_eq(snapshot_run(&view, &ref, &run), MDBX_SUCCESS);
  ck_assert_ptr_eq(run, page_of(6));
  ref.bytes -= 1;
  ck_assert_int_eq(snapshot_run(&view, &ref, &run), MDBX_CORRUPTED);
  ref.bytes += 1;
  ref.birth += 1;
  ck_assert_int_eq(snapshot_run(&view, &ref, &run), MDBX_CORRUPTED);
  ref = (struct large_ref){.pgno = 5, .bytes = 2 * SIZE, .birth = BIRTH};
  ck_assert_int_eq(snapshot_run(&view, &ref, &run), MDBX_CORRUPTED);
  /* One that would end where the file has no page yet. */
  page_init_run(page_of(12), 12, BIRTH, 3, 2 * SIZE);
  seal(page_of(12));
  ref = (struct large_ref){.pgno = 12, .bytes = 2 * SIZE, .birth = BIRTH};
  ck_assert_int_eq(snapshot_run(&view, &ref, &run), MDBX_CORRUPTED);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("snapshot");
  TCase *tcase = tcase_create("snapshot");
  tcase_add_checked_fixture(tcase, prepare, NULL);
  tcase_add_test(tcase, what_is_meant);
  tcase_add_loop_test(tcase, numbers_out_of_range, 0, 6);
  tcase_add_test(tcase, memo_is_of_a_version);
  tcase_add_test(tcase, memo_is_shared);
  tcase_add_test(tcase, every_visit_may_be_checked);
  tcase_add_test(tcase, page_of_the_future);
  tcase_add_test(tcase, snapshot_taken_away);
  tcase_add_test(tcase, changed_pages_first);
  tcase_add_test(tcase, known_pages);
  tcase_add_test(tcase, run_of_a_large_value);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
