/* SPDX-License-Identifier: Apache-2.0 */
/* Records of free pages as bytes: what is written is read, by both ways of reading, and other bytes never lead astray. */
#include "gc/gc_record.h"
#include "unit.h"

enum { REGION = 5, FIRST = REGION * PGSET_REGION_PAGES };
#define LIMIT (FIRST + PGSET_REGION_PAGES)

static uint64_t state = 1;

static uint32_t draw(uint32_t below) {
  state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)((state >> 33) % below);
}

/* About one page in `sparse` begins a run of up to `longest`. */
static void scatter(pgset *set, uint32_t sparse, uint32_t longest) {
  for (uint32_t at = draw(sparse); at < PGSET_REGION_PAGES;) {
    uint32_t length = 1 + draw(longest);
    length = MIN_OF(length, PGSET_REGION_PAGES - at);
    ck_assert_int_eq(pgset_add(set, FIRST + at, length), MDBX_SUCCESS);
    at += length + 1 + draw(2 * sparse);
  }
}

static int collect(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  ck_assert_uint_eq(birth, 0);
  return pgset_add(context, pgno, pages);
}

static void expect_members(const pgset *set, const pgset *other, pgno_t from, uint32_t pages) {
  for (pgno_t pgno = from; pgno < from + pages; ++pgno)
    ck_assert_int_eq(pgset_has(set, pgno), pgset_has(other, pgno));
}

/* One span of the set through both decoders. */
static void round_trip(const pgset *set, pgno_t first, uint32_t span) {
  uint8_t bytes[PGSET_REGION_PAGES];
  uint64_t words[PGSET_WORDS];
  pgset runs, whole;
  const size_t room = gc_free_room(set, first, span);
  memset(bytes, 0xaa, sizeof(bytes));
  const size_t length = gc_free_encode(set, first, span, bytes, room);
  ck_assert(length <= room && !length == !room);
  ck_assert_uint_eq(bytes[length], 0xaa);
  if (!length)
    return;
  ck_assert_uint_eq(gc_free_encode(set, first, span, bytes + length, 0), 0);
  pgset_init(&runs);
  pgset_init(&whole);
  ck_assert_int_eq(gc_free_decode(bytes, length, first, span, LIMIT, collect, &runs), MDBX_SUCCESS);
  ck_assert(gc_free_words(bytes, length, first, span, LIMIT, words));
  ck_assert_int_eq(pgset_add_words(&whole, first, words, span / 64), MDBX_SUCCESS);
  expect_members(set, &runs, first, span);
  expect_members(set, &whole, first, span);
  pgset_destroy(&runs);
  pgset_destroy(&whole);
}

START_TEST(what_is_written_is_read) {
  static const uint32_t sparse[] = {1, 2, 3, 8, 40, 300, 5000}, longest[] = {1, 3, 64, 200, 9000};
  pgset set;
  pgset_init(&set);
  scatter(&set, sparse[_i % COUNT_OF(sparse)], longest[_i % COUNT_OF(longest)]);
  for (uint32_t span = 512; span <= PGSET_REGION_PAGES; span *= 2)
    for (pgno_t first = FIRST; first < LIMIT; first += span)
      round_trip(&set, first, span);
  pgset_destroy(&set);
}
END_TEST

/* With less room than all runs need the bitmap is taken, with less than that nothing. */
START_TEST(too_little_room) {
  enum { SPAN = 1024 };
  uint8_t bytes[SPAN];
  pgset set;
  pgset_init(&set);
  scatter(&set, 4, 2);
  const size_t room = gc_free_room(&set, FIRST, SPAN);
  const size_t best = gc_free_encode(&set, FIRST, SPAN, bytes, room);
  ck_assert_uint_le(best, GC_FREE_EMPTY + SPAN / 8);
  for (size_t less = 0; less < room; ++less) {
    memset(bytes, 0xaa, sizeof(bytes));
    const size_t length = gc_free_encode(&set, FIRST, SPAN, bytes, less);
    ck_assert_uint_le(length, less);
    for (size_t i = less; i < sizeof(bytes); ++i)
      ck_assert_uint_eq(bytes[i], 0xaa);
  }
  pgset_destroy(&set);
}
END_TEST

/* Whatever the bytes are: both decoders agree whether they are sound, and on what they say. */
START_TEST(altered_bytes) {
  uint8_t bytes[2048];
  uint64_t words[PGSET_WORDS];
  pgset set;
  pgset_init(&set);
  scatter(&set, _i % 2 ? 3 : 60, 1 + (uint32_t)_i % 5);
  const size_t length = gc_free_encode(&set, FIRST, PGSET_REGION_PAGES, bytes, sizeof(bytes));
  ck_assert_uint_gt(length, 0);
  for (unsigned round = 0; round < 1000; ++round) {
    uint8_t copy[2048];
    pgset runs, whole;
    memcpy(copy, bytes, length);
    for (unsigned i = 0; i <= round % 3; ++i)
      copy[draw(round % 2 ? 8 : (uint32_t)length)] ^= (uint8_t)(1 + draw(255));
    const size_t cut = round % 7 ? length : draw((uint32_t)length);
    const pgno_t limit = round % 5 ? LIMIT : FIRST + draw(PGSET_REGION_PAGES);
    pgset_init(&runs);
    pgset_init(&whole);
    const bool sound = gc_free_words(copy, cut, FIRST, PGSET_REGION_PAGES, limit, words);
    const int rc = gc_free_decode(copy, cut, FIRST, PGSET_REGION_PAGES, limit, collect, &runs);
    ck_assert_int_eq(rc, sound ? MDBX_SUCCESS : MDBX_CORRUPTED);
    if (sound) {
      ck_assert_int_eq(pgset_add_words(&whole, FIRST, words, PGSET_WORDS), MDBX_SUCCESS);
      expect_members(&runs, &whole, FIRST, PGSET_REGION_PAGES);
    }
    pgset_destroy(&runs);
    pgset_destroy(&whole);
  }
  pgset_destroy(&set);
}
END_TEST

/* A record that says there are no free pages may be of a region behind the end: a commit left it empty, and the end has
 * moved below it since. With pages it is damage, and so is a region no database can have. */
START_TEST(record_behind_the_end) {
  static const uint8_t none[32] = {0}, some[32] = {0, 1}, other[32] = {1};
  const struct gc_key key = {GC_FREE, 7, 0}, far = {GC_FREE, UINT64_C(1) << 50, 0};
  const pgno_t limit = 7 * 512 - 1;
  pgset set;
  pgset_init(&set);
  ck_assert_int_eq(gc_record_decode(&key, none, sizeof(none), 256, limit, collect, &set), MDBX_SUCCESS);
  ck_assert_int_eq(gc_record_decode(&key, some, sizeof(some), 256, limit, collect, &set), MDBX_CORRUPTED);
  ck_assert_int_eq(gc_record_decode(&key, other, sizeof(other), 256, limit, collect, &set), MDBX_CORRUPTED);
  ck_assert_int_eq(gc_record_decode(&key, none, 2, 256, limit, collect, &set), MDBX_CORRUPTED);
  ck_assert_int_eq(gc_record_decode(&far, none, sizeof(none), 256, limit, collect, &set), MDBX_CORRUPTED);
  ck_assert_uint_eq(set.count, 0);
  pgset_destroy(&set);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("records of free pages");
  TCase *tcase = tcase_create("records");
  tcase_set_timeout(tcase, 60);
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  tcase_add_loop_test(tcase, what_is_written_is_read, 0, 35);
  tcase_add_test(tcase, too_little_room);
  tcase_add_loop_test(tcase, altered_bytes, 0, 10);
  tcase_add_test(tcase, record_behind_the_end);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
