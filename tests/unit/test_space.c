/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pages of a write transaction: random lives of pages against an array with one entry a page number, with nested levels
 * that are kept or taken back, and pages written out in between. No database: a file, a mapping of it, and a struct space.
 */
#include "space/ahead.h"
#include "space/space.h"
#include "space/space_verify.h"
#include "space/undo.h"
#include "space/writeout.h"

#include "os/os.h"
#include "unit.h"

enum { SIZE = 256, SHIFT = 8, SPAN = 2048, OLD = 300, LEVELS = 4, RUN_MOST = 5, STEPS = 4000 };
enum { OLD_TXN = 5, TXN = 9 };

/* What the transaction should see. */
struct model {
  uint32_t pages[SPAN]; /* of what begins there and is in use, 0: nothing */
  uint64_t word[SPAN];  /* its content */
  pgno_t limit;
  uint64_t retired; /* pages of earlier transactions that are in use no more */
};

static struct model models[LEVELS + 1];
static unsigned level;
static uint64_t seed, words;
static struct space space;
static struct page_pool pool;
static struct stores stores;
static uint32_t memo[SPAN];
static uint8_t *file;
static unsigned written, calls;
static size_t longest_call; /* bytes */

static struct model *now(void) { return &models[level]; }

static int count_writes(int fd, struct iovec *chunks, int count, uint64_t offset) {
  size_t bytes = 0;
  for (int i = 0; i < count; ++i)
    bytes += chunks[i].iov_len;
  longest_call = MAX_OF(longest_call, bytes);
  calls += 1;
  written += (unsigned)count;
  return os_ops_real.pwritev(fd, chunks, count, offset);
}

static struct os_ops counting;

/* ------------------------------------------------------------------------------------------------ begin and end */

static void put_word(struct page *page, uint64_t word) { memcpy(page_body(page), &word, sizeof(word)); }

static uint64_t word_of(const struct page *page) {
  uint64_t word;
  memcpy(&word, page_body(page), sizeof(word));
  return word;
}

/* Pages of an earlier transaction, known to be sound. */
static void make_old_pages(void) {
  for (pgno_t pgno = PGNO_FIRST; pgno < OLD; ++pgno) {
    struct page *page = (struct page *)(void *)(file + (size_t)pgno * SIZE);
    page_init(page, SIZE, pgno, OLD_TXN, P_LEAF);
    page->lower = sizeof(uint64_t);
    put_word(page, ++words);
    snapshot_vouch(&space.view, pgno, OLD_TXN);
    models[0].pages[pgno] = 1;
    models[0].word[pgno] = words;
  }
}

static void begin(bool lifo) {
  int fd;
  memset(&space, 0, sizeof(space));
  memset(&pool, 0, sizeof(pool));
  memset(&stores, 0, sizeof(stores));
  memset(models, 0, sizeof(models));
  memset(memo, 0, sizeof(memo));
  counting = os_ops_real;
  counting.pwritev = count_writes;
  os_ops = &counting;
  level = calls = written = 0;
  longest_call = 0;
  ck_assert_int_eq(os_open(unit_path("pages"), OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  ck_assert_int_eq(ftruncate(fd, (off_t)SPAN * SIZE), 0);
  file = mmap(NULL, (size_t)SPAN * SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ck_assert(file != MAP_FAILED);
  pool_init(&pool, SIZE, 64);
  const struct space_start start = {
      .view = {.base = file,
               .shift = SHIFT,
               .limit = OLD,
               .present = OLD,
               .txnid = TXN - 1,
               .newest = OLD_TXN,
               .memo_mask = SPAN - 1,
               .memo = memo,
               .page_size = SIZE},
      .geometry = {.page_size = SIZE, .lower = OLD, .upper = SPAN, .now = SPAN, .grow = 1},
      .end = SPAN,
      .pool = &pool,
      .stores = &stores,
      .fd = fd,
      .lifo = lifo,
  };
  space_begin(&space, &start);
  models[0].limit = OLD;
  make_old_pages();
}

static void end(void) {
  const int fd = space.fd;
  space_end(&space);
  ck_assert_uint_eq(space.dirty.used + space.retired.length + space.avail.count + space.recent.count, 0);
  space_destroy(&space);
  pool_destroy(&pool);
  munmap(file, (size_t)SPAN * SIZE);
  os_close(fd);
  os_ops = &os_ops_real;
}

/* --------------------------------------------------------------------------------------------------- comparison */

/* Every page below the limit is in use, free, or waits for readers, and is only one of these. */
static void must_agree(void) {
  static uint8_t owners[SPAN];
  const struct model *model = now();
  unsigned wrong = 0;
  memset(owners, 0, sizeof(owners));
  for (pgno_t pgno = PGNO_FIRST; pgno < SPAN; ++pgno) {
    const struct page *page;
    for (uint32_t i = 0; i < model->pages[pgno]; ++i)
      owners[pgno + i] += 1;
    if (model->pages[pgno])
      wrong += snapshot_page(&space.view, pgno, &page) != MDBX_SUCCESS || page->pgno != pgno ||
               word_of(page) != model->word[pgno];
    owners[pgno] += pgset_has(&space.avail, pgno);
  }
  for (size_t i = 0; i < space.retired.length; ++i)
    for (uint32_t p = 0; p < space.retired.runs[i].pages; ++p)
      owners[space.retired.runs[i].pgno + p] += 1;
  for (pgno_t pgno = PGNO_FIRST; pgno < SPAN; ++pgno)
    wrong += owners[pgno] != (pgno < space.view.limit);
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_eq(space.retired.pages, model->retired);
}

/* ---------------------------------------------------------------------------------------------------- operations */

static pgno_t draw_page(void) {
  for (unsigned tries = 0; tries < 50; ++tries) {
    const pgno_t pgno = PGNO_FIRST + unit_below(&seed, space.view.limit - PGNO_FIRST);
    if (now()->pages[pgno])
      return pgno;
  }
  return PGNO_NONE;
}

static const struct page *look_up(pgno_t pgno) {
  const struct page *page;
  ck_assert_int_eq(snapshot_page(&space.view, pgno, &page), MDBX_SUCCESS);
  return page;
}

static void note(struct page *page, uint32_t pages) {
  put_word(page, ++words);
  now()->pages[page->pgno] = pages;
  now()->word[page->pgno] = words;
}

static void make_page(void) {
  struct page *page;
  const int rc = space_new_page(&space, P_LEAF, &page);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_MAP_FULL);
  if (rc != MDBX_SUCCESS)
    return;
  ck_assert_uint_eq(now()->pages[page->pgno], 0);
  page->lower = sizeof(uint64_t);
  note(page, 1);
}

static void make_run(void) {
  const uint32_t bytes = 8 + unit_below(&seed, RUN_MOST * SIZE);
  struct page *page;
  const int rc = space_new_run(&space, bytes, &page);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_MAP_FULL);
  if (rc != MDBX_SUCCESS)
    return;
  memset(page_body(page), (int)words, bytes);
  note(page, run_pages_for(bytes, SIZE));
}

/* A run that goes to the file at once. */
static void make_run_ahead(void) {
  uint8_t bytes[RUN_MOST * SIZE];
  struct page header;
  const MDBX_val value = {bytes, 8 + unit_below(&seed, sizeof(bytes) - 8)};
  memset(bytes, (int)words, sizeof(bytes));
  words += 1;
  memcpy(bytes, &words, sizeof(words));
  space.ahead = true;
  const int rc = ahead_write_run(&space, &value, &header);
  space.ahead = false;
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_MAP_FULL);
  if (rc != MDBX_SUCCESS)
    return;
  ck_assert_ptr_null(dirty_find(&space.dirty, header.pgno));
  now()->pages[header.pgno] = run_pages_for(value.iov_len, SIZE);
  now()->word[header.pgno] = words;
  const struct page *there = snapshot_mapped(&space.view, header.pgno);
  ck_assert_uint_eq(there->checksum, page_checksum(there, SIZE, 0));
}

static void change_page(pgno_t pgno) {
  const struct page *page = look_up(pgno);
  const bool own = space_owns(&space, page);
  struct page *writable;
  if (!own && (page->flags & P_LARGE))
    return;
  const int rc = space_touch(&space, page, &writable);
  if (rc == MDBX_MAP_FULL)
    return;
  ck_assert_int_eq(rc, MDBX_SUCCESS);
  ck_assert(own == (writable->pgno == pgno));
  ck_assert_uint_eq(word_of(writable), now()->word[pgno]);
  const uint32_t pages = now()->pages[pgno];
  now()->pages[pgno] = 0;
  now()->retired += own ? 0 : pages;
  note(writable, pages);
}

static void retire(pgno_t pgno) {
  const struct page *page = look_up(pgno);
  now()->retired += space_owns(&space, page) ? 0 : now()->pages[pgno];
  now()->pages[pgno] = 0;
  ck_assert_int_eq(space_retire(&space, page), MDBX_SUCCESS);
}

static void spill(void) { ck_assert_int_eq(space_spill(&space, unit_below(&seed, 20)), MDBX_SUCCESS); }

static void nest(void) {
  if (level == LEVELS)
    return;
  struct undo *undo = undo_make();
  ck_assert_ptr_nonnull(undo);
  undo_begin(&space, undo);
  ck_assert(!undo_has_changes(&space));
  models[level + 1] = models[level];
  models[level + 1].limit = space.view.limit;
  ++level;
}

static void end_level(bool keep) {
  if (!level)
    return;
  const struct model ended = *now();
  --level;
  ck_assert_int_eq(keep ? undo_keep(&space) : undo_restore(&space), MDBX_SUCCESS);
  if (keep) {
    const pgno_t limit = now()->limit;
    *now() = ended;
    now()->limit = limit;
  } else {
    ck_assert_uint_eq(space.view.limit, ended.limit);
  }
}

static void step(void) {
  const uint32_t what = unit_below(&seed, 100);
  const pgno_t pgno = draw_page();
  if (what < 20)
    make_page();
  else if (what < 25)
    make_run();
  else if (what < 28)
    make_run_ahead();
  else if (what < 60 && pgno != PGNO_NONE)
    change_page(pgno);
  else if (what < 88 && pgno != PGNO_NONE)
    retire(pgno);
  else if (what < 91)
    spill();
  else if (what < 95)
    nest();
  else
    end_level(what < 98);
}

START_TEST(random_lives) {
  seed = 0x1000193 * (uint64_t)(_i + 1);
  begin(_i & 1);
  for (unsigned i = 0; i < STEPS; ++i) {
    step();
    must_agree();
#if MDBX_DEBUG
    space_verify(&space);
#endif
  }
  while (level) {
    end_level(level & 1);
    must_agree();
  }
  end();
}
END_TEST

/* ------------------------------------------------------------------------------------------------- one by one */

START_TEST(own_pages_stay_where_they_are) {
  struct page *page, *again;
  begin(false);
  ck_assert_int_eq(space_new_page(&space, P_LEAF, &page), MDBX_SUCCESS);
  ck_assert_uint_eq(page->pgno, OLD);
  ck_assert_int_eq(space_touch(&space, page, &again), MDBX_SUCCESS);
  ck_assert_ptr_eq(page, again);
  ck_assert_uint_eq(space.counters.newly, 1);
  ck_assert_uint_eq(space.counters.cow, 0);
  /* Nobody else has seen it: it is free at once, and the end of the file gets it back. */
  ck_assert_int_eq(space_retire(&space, page), MDBX_SUCCESS);
  ck_assert(pgset_has(&space.avail, OLD));
  space_trim_tail(&space);
  ck_assert_uint_eq(space.view.limit, OLD);
  ck_assert_uint_eq(space.avail.count, 0);
  end();
}
END_TEST

START_TEST(old_pages_are_copied) {
  struct page *copy;
  begin(false);
  const struct page *page = look_up(PGNO_FIRST);
  const uint64_t word = word_of(page);
  ck_assert_int_eq(space_touch(&space, page, &copy), MDBX_SUCCESS);
  put_word(copy, 77);
  ck_assert_uint_eq(copy->pgno, OLD);
  ck_assert_uint_eq(copy->txnid, TXN);
  ck_assert_uint_eq(word_of(page), word);
  ck_assert_uint_eq(space.retired.length, 1);
  ck_assert_uint_eq(space.retired.runs[0].pgno, PGNO_FIRST);
  ck_assert_uint_eq(space.retired.runs[0].birth, OLD_TXN);
  ck_assert(!pgset_has(&space.avail, PGNO_FIRST));
  end();
}
END_TEST

/* What a commit will need itself is left to it. */
static int nothing_more(struct space *asked, uint32_t pages, enum space_need need) {
  ck_assert_ptr_eq(asked, &space);
  ck_assert_uint_eq(pages, 1);
  *(enum space_need *)asked->refill_context = need;
  return MDBX_NOTFOUND;
}

START_TEST(reserve_is_left_to_the_commit) {
  enum space_need need = SPACE_CHEAP;
  pgno_t pgno;
  begin(false);
  space.refill = nothing_more;
  space.refill_context = &need;
  space.geometry.upper = space.geometry.now = OLD + 5;
  space_set_reserve(&space, 3);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_SUCCESS);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_SUCCESS);
  ck_assert_uint_eq(need, SPACE_CHEAP);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_MAP_FULL);
  ck_assert_uint_eq(need, SPACE_FULL);
  space_stop_refill(&space);
  for (unsigned i = 0; i < 3; ++i)
    ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_SUCCESS);
  ck_assert_uint_eq(pgno, OLD + 4);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_MAP_FULL);
  end();
}
END_TEST

/* What became free lately first, then the lowest; a run from the lowest place it fits in. */
START_TEST(order_of_allocation) {
  pgno_t pgno;
  begin(true);
  ck_assert_int_eq(space_add_free(&space, 1000, 2, false), MDBX_SUCCESS);
  ck_assert_int_eq(space_add_free(&space, 1500, 1, true), MDBX_SUCCESS);
  ck_assert_int_eq(space_add_free(&space, 1100, 4, false), MDBX_SUCCESS);
  ck_assert_int_eq(space_allocate(&space, 3, &pgno), MDBX_SUCCESS);
  ck_assert_uint_eq(pgno, 1100);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_SUCCESS);
  ck_assert_uint_eq(pgno, 1500);
  ck_assert_int_eq(space_allocate(&space, 1, &pgno), MDBX_SUCCESS);
  ck_assert_uint_eq(pgno, 1000);
  ck_assert(space_has_free(&space, 1) && !space_has_free(&space, 3));
  ck_assert_int_eq(space_add_free(&space, 1001, 1, false), MDBX_CORRUPTED);
  end();
}
END_TEST

/* Adjacent pages go in one call, a gap begins another one; all have their checksums. */
START_TEST(rows_are_written_together) {
  struct page *page;
  begin(false);
  for (unsigned i = 0; i < 10; ++i) {
    ck_assert_int_eq(space_new_page(&space, P_LEAF, &page), MDBX_SUCCESS);
    page->lower = sizeof(uint64_t);
    put_word(page, 1000 + i);
  }
  ck_assert_int_eq(space_retire(&space, look_up(OLD + 4)), MDBX_SUCCESS);
  ck_assert_int_eq(writeout_pages(&space, dirty_sorted(&space.dirty), space.dirty.used), MDBX_SUCCESS);
  ck_assert_uint_eq(calls, 2);
  ck_assert_uint_eq(written, 9);
  for (unsigned i = 0; i < 10; ++i) {
    const struct page *there = snapshot_mapped(&space.view, OLD + i);
    if (i == 4)
      continue;
    ck_assert_uint_eq(word_of(there), 1000 + i);
    ck_assert_uint_eq(there->checksum, page_checksum(there, SIZE, 0));
  }
  end();
}
END_TEST

/* What the system keeps in one piece of memory it locks as one, so no call writes much. A run is one piece anyhow. */
START_TEST(rows_are_short) {
  struct page *page;
  begin(false);
  for (unsigned i = 0; i < 600; ++i) {
    ck_assert_int_eq(space_new_page(&space, P_LEAF, &page), MDBX_SUCCESS);
    page->lower = sizeof(uint64_t);
    put_word(page, 1000 + i);
  }
  ck_assert_int_eq(space_new_run(&space, 300 * SIZE - PAGE_HEADER, &page), MDBX_SUCCESS);
  memset(page_body(page), 7, 300 * SIZE - PAGE_HEADER);
  ck_assert_int_eq(writeout_pages(&space, dirty_sorted(&space.dirty), space.dirty.used), MDBX_SUCCESS);
  ck_assert_uint_eq(calls, 600 * SIZE / 65536 + 2);
  ck_assert_uint_eq(longest_call, 300 * SIZE);
  ck_assert_uint_eq(written, 601);
  for (unsigned i = 0; i < 600; ++i)
    ck_assert_uint_eq(word_of(snapshot_mapped(&space.view, OLD + i)), 1000 + i);
  end();
}
END_TEST

/* One call, with zeros behind the value; no buffer. One that fails gives the pages back. */
static int refused(int fd, struct iovec *chunks, int count, uint64_t offset) {
  (void)fd, (void)chunks, (void)count, (void)offset;
  return EIO;
}

START_TEST(runs_are_written_ahead) {
  uint8_t bytes[2 * SIZE];
  struct page header;
  const MDBX_val value = {bytes, sizeof(bytes)};
  begin(false);
  ck_assert(!ahead_is_wanted(&space, AHEAD_LEAST));
  space.ahead = true;
  ck_assert(ahead_is_wanted(&space, AHEAD_LEAST) && !ahead_is_wanted(&space, AHEAD_LEAST - 1));
  memset(bytes, 7, sizeof(bytes));
  memset(file + OLD * SIZE, 9, 3 * SIZE);
  ck_assert_int_eq(ahead_write_run(&space, &value, &header), MDBX_SUCCESS);
  ck_assert_uint_eq(calls, 1);
  ck_assert_uint_eq(header.pgno, OLD);
  ck_assert(space.spilled && space.early_pages == 3 && space.dirty.used == 0);
  const struct page *page = look_up(OLD);
  ck_assert_int_eq(memcmp(page, &header, PAGE_HEADER), 0);
  ck_assert_int_eq(memcmp(page_body(page), bytes, sizeof(bytes)), 0);
  for (size_t at = PAGE_HEADER + sizeof(bytes); at < 3 * SIZE; ++at)
    ck_assert_uint_eq(file[OLD * SIZE + at], 0);
  counting.pwritev = refused;
  const pgno_t limit = space.view.limit;
  ck_assert_int_eq(ahead_write_run(&space, &value, &header), EIO);
  ck_assert(space.view.limit == limit && !space.avail.count); /* they were behind the end */
  ck_assert_int_eq(space_add_free(&space, 1000, 3, false), MDBX_SUCCESS);
  ck_assert_int_eq(ahead_write_run(&space, &value, &header), EIO);
  ck_assert(space.view.limit == limit && space.avail.count == 3);
  end();
}
END_TEST

static int no_room(int fd, uint64_t from, uint64_t to) {
  (void)fd, (void)from;
  return to > (uint64_t)(OLD + 40) * SIZE ? ENOSPC : MDBX_SUCCESS;
}

/* A disk that has less left than a step: the file gets what there is, and no less than is needed. */
START_TEST(growth_takes_what_there_is) {
  struct dbmap map;
  begin(false);
  ck_assert_int_eq(map_open(&map, space.fd, (size_t)SPAN * SIZE, false, false), MDBX_SUCCESS);
  ck_assert_int_eq(ftruncate(space.fd, (off_t)OLD * SIZE), 0);
  counting.allocate = no_room;
  space.map = &map;
  space.backed = OLD;
  space.geometry.now = OLD + 1024;
  ck_assert_int_eq(writeout_extend_file(&space, OLD + 3), MDBX_SUCCESS);
  ck_assert_uint_ge(space.backed, OLD + 3);
  ck_assert_uint_le(space.backed, OLD + 40);
  ck_assert_uint_eq(space.geometry.now, space.backed);
  /* What is needed, and cannot be had. */
  space.geometry.now = OLD + 1024;
  ck_assert_int_eq(writeout_extend_file(&space, OLD + 200), ENOSPC);
  map_close(&map);
  end();
}
END_TEST

/* A level that fails to be kept or is forgotten leaves no memory. */
START_TEST(levels_are_forgotten) {
  struct page *page;
  begin(false);
  ck_assert_int_eq(space_new_page(&space, P_LEAF, &page), MDBX_SUCCESS);
  for (unsigned i = 0; i < 3; ++i) {
    struct undo *undo = undo_make();
    ck_assert_ptr_nonnull(undo);
    undo_begin(&space, undo);
    ck_assert_int_eq(space_touch(&space, page, &page), MDBX_SUCCESS);
    ck_assert(undo_has_changes(&space));
  }
  undo_release(&space);
  ck_assert_ptr_null(space.undo);
  end();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("space");
  TCase *tcase = tcase_create("space");
  tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, random_lives, 0, 8);
  tcase_add_test(tcase, own_pages_stay_where_they_are);
  tcase_add_test(tcase, old_pages_are_copied);
  tcase_add_test(tcase, reserve_is_left_to_the_commit);
  tcase_add_test(tcase, order_of_allocation);
  tcase_add_test(tcase, rows_are_written_together);
  tcase_add_test(tcase, rows_are_short);
  tcase_add_test(tcase, runs_are_written_ahead);
  tcase_add_test(tcase, growth_takes_what_there_is);
  tcase_add_test(tcase, levels_are_forgotten);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
