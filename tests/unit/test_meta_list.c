/* SPDX-License-Identifier: Apache-2.0 */
/* The list of a meta page as bytes: what is written is read, and no other bytes lead astray. */
#include "format/meta_list.h"
#include "unit.h"

enum { LIMIT = 100000, TXNID = 5000, ENTRIES = 40 };

static uint8_t list[4096];

struct seen {
  struct meta_list_entry entries[4 * ENTRIES];
  enum gc_kind kinds[4 * ENTRIES];
  unsigned count;
  unsigned stop_at;
};

static int see(void *context, const struct meta_list_record *record, const struct meta_list_entry *entry) {
  struct seen *seen = context;
  seen->kinds[seen->count] = record->kind;
  seen->entries[seen->count++] = *entry;
  return seen->count == seen->stop_at ? MDBX_MAP_FULL : MDBX_SUCCESS;
}

/* A record of `count` entries at `to`; returns its end. */
static uint8_t *put_record(uint8_t *to, enum gc_kind kind, uint64_t number, const struct meta_list_entry *entries,
                           unsigned count) {
  uint8_t *at = to + META_LIST_HEADER;
  for (unsigned i = 0; i < count; ++i) {
    uint8_t *next = meta_list_put_entry(at, number, &entries[i]);
    ck_assert_uint_eq((size_t)(next - at), meta_list_entry_size(number, &entries[i]));
    ck_assert_uint_le((size_t)(next - at), META_LIST_ENTRY_MOST);
    at = next;
  }
  meta_list_put_header(to, kind, number, (size_t)(at - to) - META_LIST_HEADER);
  return at;
}

static size_t put_two(struct meta_list_entry *entries) {
  uint64_t random = 7;
  for (unsigned i = 0; i < 2 * ENTRIES; ++i)
    entries[i] = (struct meta_list_entry){.pgno = 3 + (pgno_t)(unit_random(&random) % (LIMIT / 2)),
                                          .pages = 1 + (uint32_t)(unit_random(&random) % (i % 3 ? 2 : LIMIT / 4)),
                                          .birth = unit_random(&random) % (TXNID - 9)};
  uint8_t *end = put_record(list, GC_HELD, TXNID - 9, entries, ENTRIES);
  end = put_record(end, GC_FRESH, TXNID, entries + ENTRIES, ENTRIES);
  return (size_t)(end - list);
}

START_TEST(what_is_written_is_read) {
  struct meta_list_entry entries[2 * ENTRIES];
  struct seen seen = {.stop_at = 0};
  const size_t length = put_two(entries);
  ck_assert(meta_list_is_sound(list, length, TXNID, LIMIT));
  ck_assert_int_eq(meta_list_visit(list, length, TXNID, LIMIT, see, &seen), MDBX_SUCCESS);
  ck_assert_uint_eq(seen.count, 2 * ENTRIES);
  for (unsigned i = 0; i < seen.count; ++i) {
    ck_assert_int_eq(seen.kinds[i], i < ENTRIES ? GC_HELD : GC_FRESH);
    ck_assert_uint_eq(seen.entries[i].pgno, entries[i].pgno);
    ck_assert_uint_eq(seen.entries[i].pages, entries[i].pages);
    ck_assert_uint_eq(seen.entries[i].birth, entries[i].birth);
  }
  seen = (struct seen){.stop_at = 3};
  ck_assert_int_eq(meta_list_visit(list, length, TXNID, LIMIT, see, &seen), MDBX_MAP_FULL);
  ck_assert_uint_eq(seen.count, 3);
  ck_assert(meta_list_is_sound(list, 0, TXNID, LIMIT));
}
END_TEST

START_TEST(bounds) {
  static const struct {
    struct meta_list_entry entry;
    uint64_t number;
    bool sound;
  } rows[] = {
      {{3, 1, TXNID}, TXNID, true},
      {{2, 1, 1}, TXNID, false},
      {{LIMIT - 1, 1, 1}, TXNID, true},
      {{LIMIT, 1, 1}, TXNID, false},
      {{LIMIT - 2, 2, 1}, TXNID, true},
      {{LIMIT - 2, 3, 1}, TXNID, false},
      {{3, UINT32_MAX, 1}, TXNID, false},
      {{UINT32_MAX, 1, 1}, TXNID, false},
      {{3, 1, 0}, TXNID, true},
      {{3, 1, TXNID}, TXNID + 1, false},
      {{3, 1, 1}, 1, true},
  };
  for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); ++i) {
    const uint8_t *end = put_record(list, GC_FRESH, rows[i].number, &rows[i].entry, 1);
    struct seen seen = {.stop_at = 0};
    ck_assert_int_eq(meta_list_is_sound(list, (size_t)(end - list), TXNID, LIMIT), rows[i].sound);
    ck_assert_int_eq(meta_list_visit(list, (size_t)(end - list), TXNID, LIMIT, see, &seen),
                     rows[i].sound ? MDBX_SUCCESS : MDBX_CORRUPTED);
    ck_assert_uint_eq(seen.count, rows[i].sound);
  }
}
END_TEST

/* Any part of a list that ends between records is one, and no other part. */
START_TEST(cut_lists) {
  struct meta_list_entry entries[2 * ENTRIES];
  struct meta_list_record record;
  const size_t length = put_two(entries);
  const uint8_t *second = meta_list_record(list, list + length, &record);
  ck_assert_ptr_nonnull(second);
  for (size_t i = 1; i < length; ++i) {
    uint8_t *alone = malloc(i); /* for those who look for reads behind the end */
    memcpy(alone, list, i);
    ck_assert_int_eq(meta_list_is_sound(alone, i, TXNID, LIMIT), list + i == second);
    free(alone);
  }
}
END_TEST

START_TEST(kinds_and_numbers) {
  const struct meta_list_entry entry = {10, 1, 1};
  const size_t length = (size_t)(put_record(list, GC_FRESH, 1, &entry, 1) - list);
  for (unsigned kind = 0; kind < 256; ++kind) {
    list[7] = (uint8_t)kind;
    ck_assert_int_eq(meta_list_is_sound(list, length, TXNID, LIMIT), kind == GC_FRESH || kind == GC_HELD);
  }
  list[7] = GC_FRESH;
  list[0] = 0;
  ck_assert(!meta_list_is_sound(list, length, TXNID, LIMIT));
}
END_TEST

START_TEST(random_bytes) {
  struct meta_list_entry entries[2 * ENTRIES];
  const size_t length = put_two(entries);
  uint64_t random = 1;
  unsigned sound = 0;
  for (unsigned i = 0; i < 1000; ++i) {
    uint8_t *alone = malloc(length);
    memcpy(alone, list, length);
    for (unsigned k = 1 + (unsigned)(unit_random(&random) % 4); k; --k)
      alone[unit_random(&random) % length] = (uint8_t)unit_random(&random);
    struct seen seen = {.stop_at = 0};
    const int rc = meta_list_visit(alone, length, TXNID, LIMIT, see, &seen);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_CORRUPTED);
    sound += rc == MDBX_SUCCESS;
    bool inside = true;
    for (unsigned k = 0; k < seen.count; ++k)
      inside &= seen.entries[k].pgno >= 3 && seen.entries[k].pgno < LIMIT &&
                seen.entries[k].pages <= LIMIT - seen.entries[k].pgno;
    ck_assert(inside);
    free(alone);
  }
  ck_assert_uint_gt(sound, 0);
}
END_TEST

/* Numbers of more bits than there are. */
START_TEST(endless_numbers) {
  memset(list, 0xff, 64);
  meta_list_put_header(list, GC_HELD, 5, 40);
  put_u32(list + META_LIST_HEADER, 10);
  ck_assert(!meta_list_is_sound(list, META_LIST_HEADER + 40, TXNID, LIMIT));
  memset(list + META_LIST_HEADER + 4, 0x80, 36);
  ck_assert(!meta_list_is_sound(list, META_LIST_HEADER + 40, TXNID, LIMIT));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("meta_list");
  TCase *tcase = tcase_create("meta_list");
  suite_add_tcase(suite, tcase);
  tcase_add_test(tcase, what_is_written_is_read);
  tcase_add_test(tcase, bounds);
  tcase_add_test(tcase, cut_lists);
  tcase_add_test(tcase, kinds_and_numbers);
  tcase_add_test(tcase, random_bytes);
  tcase_add_test(tcase, endless_numbers);
  return unit_run(suite);
}
