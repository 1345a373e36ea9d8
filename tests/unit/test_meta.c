/* SPDX-License-Identifier: Apache-2.0 */
/* The three metas (file/meta): written, read back, damaged, and which of them is believed. */
#include "file/meta.h"
#include "format/page.h"
#include "os/os.h"

#include "unit.h"

#include <fcntl.h>

enum { PAGE = 512 };

static const uint64_t this_boot[2] = {11, 12}, other_boot[2] = {21, 22}, no_boot[2] = {0, 0};

static struct meta a_meta(uint32_t kind, const uint64_t boot[2]) {
  struct meta meta = {
      .database_id = {5, 6}, .page_size = PAGE, .kind = kind, .lower = 3, .upper = 1000, .now = 100, .next = 50};
  meta.main.root = PGNO_NONE;
  meta.boot_id[0] = boot[0];
  meta.boot_id[1] = boot[1];
  return meta;
}

/* ---- Choosing ---------------------------------------------------------------------------------------------------- */

static struct meta_set set;
static bool manifest_matches;
static unsigned asked;

static int verify(void *context, unsigned slot, bool *matches) {
  ck_assert_ptr_eq(context, &set);
  asked |= 1u << slot;
  *matches = manifest_matches;
  return MDBX_SUCCESS;
}

static void slot_is(unsigned slot, txnid_t txnid, uint32_t kind, const uint64_t boot[2]) {
  memset(&set.slot[slot], 0, sizeof(set.slot[slot]));
  set.page_size = PAGE;
  set.slot[slot].signature = set.slot[slot].valid = true;
  set.slot[slot].claimed = set.slot[slot].txnid = txnid;
  set.slot[slot].meta = a_meta(kind, boot);
  set.slot[slot].meta.main.items = txnid;
}

static struct meta_choice chosen(int expected, const uint64_t boot[2]) {
  struct meta_choice choice;
  asked = 0;
  ck_assert_int_eq(meta_choose(&set, boot, verify, &set, &choice), expected);
  return choice;
}

/* Kind and boot of the newest meta, and whether it is believed: beside older steady ones. */
START_TEST(what_a_kind_is_worth) {
  static const struct {
    uint32_t kind;
    bool same_boot, matches, believed, make_steady, asks;
  } rows[] = {
      {META_STEADY, true, false, true, false, false},    {META_STEADY, false, false, true, false, false},
      {META_WEAK, true, false, true, true, false},       {META_WEAK, false, false, false, false, false},
      {META_WIPED, true, false, true, true, false},      {META_WIPED, false, false, false, false, false},
      {META_MANIFEST, true, false, true, false, false},  {META_MANIFEST, false, true, true, false, true},
      {META_MANIFEST, false, false, false, false, true},
  };
  slot_is(0, 7, META_STEADY, other_boot);
  slot_is(1, 9, rows[_i].kind, rows[_i].same_boot ? this_boot : other_boot);
  slot_is(2, 8, META_STEADY, other_boot);
  manifest_matches = rows[_i].matches;
  const struct meta_choice choice = chosen(MDBX_SUCCESS, this_boot);
  ck_assert_uint_eq(choice.head, rows[_i].believed ? 1 : 2);
  ck_assert(choice.rollback == !rows[_i].believed);
  ck_assert(choice.make_steady == rows[_i].make_steady);
  ck_assert(choice.wipe[1] == !rows[_i].believed);
  ck_assert(!choice.wipe[0] && !choice.wipe[2]);
  ck_assert_uint_eq(asked, rows[_i].asks ? 2 : 0);
}
END_TEST

START_TEST(without_a_boot_id_nothing_is_of_this_boot) {
  slot_is(0, 7, META_STEADY, no_boot);
  slot_is(1, 9, META_WEAK, no_boot);
  slot_is(2, 8, META_WEAK, no_boot);
  const struct meta_choice choice = chosen(MDBX_SUCCESS, no_boot);
  ck_assert_uint_eq(choice.head, 0);
  ck_assert(choice.rollback && choice.wipe[1] && choice.wipe[2] && !choice.wipe[0]);
}
END_TEST

START_TEST(nothing_to_believe) {
  for (unsigned i = 0; i < META_COUNT; ++i)
    slot_is(i, 7 + i, META_WEAK, other_boot);
  chosen(MDBX_CORRUPTED, this_boot);
}
END_TEST

START_TEST(what_no_crash_leaves_is_refused) {
  slot_is(0, 7, META_STEADY, other_boot);
  slot_is(1, 8, META_STEADY, other_boot);
  slot_is(2, 9, META_STEADY, other_boot);
  set.slot[2].valid = false;
  set.slot[2].senseless = true;
  set.slot[2].fault = "made up";
  chosen(MDBX_CORRUPTED, this_boot);
  set.slot[2].claimed = 6; /* older than what is sound: it was on its way out */
  const struct meta_choice choice = chosen(MDBX_SUCCESS, this_boot);
  ck_assert_uint_eq(choice.head, 1);
  ck_assert(choice.wipe[2]);
}
END_TEST

START_TEST(two_of_one_id) {
  slot_is(0, 9, META_STEADY, other_boot);
  slot_is(1, 9, META_STEADY, other_boot);
  slot_is(2, 8, META_STEADY, other_boot);
  chosen(MDBX_SUCCESS, this_boot);
  set.slot[1].meta.main.items += 1;
  chosen(MDBX_CORRUPTED, this_boot);
}
END_TEST

/* Over all sets of small ids: neither the head's slot nor the one of the durable commit is written. */
START_TEST(the_next_slot) {
  for (txnid_t a = 0; a < 5; ++a)
    for (txnid_t b = 0; b < 5; ++b)
      for (txnid_t c = 0; c < 5; ++c)
        for (unsigned head = 0; head < META_COUNT; ++head)
          for (txnid_t durable = 0; durable < 5; ++durable) {
            const txnid_t txnids[META_COUNT] = {a, b, c};
            const unsigned next = meta_next_slot(txnids, head, durable);
            unit_require(next < META_COUNT && next != head);
            unsigned with_it = 0;
            for (unsigned i = 0; i < META_COUNT; ++i)
              with_it += txnids[i] == durable && durable != TXNID_NONE;
            unit_require(with_it != 1 || txnids[next] != durable);
          }
  const txnid_t free_choice[META_COUNT] = {7, 5, 6};
  ck_assert_uint_eq(meta_next_slot(free_choice, 0, 7), 1);
  ck_assert_uint_eq(meta_next_slot(free_choice, 0, 5), 2);
}
END_TEST

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static int fd;
static const char *path;

static void setup(void) {
  unit_setup();
  path = unit_path("db");
  ck_assert_int_eq(os_open(path, OS_OPEN_CREATE, 0600, &fd), MDBX_SUCCESS);
  const struct meta meta = a_meta(META_STEADY, other_boot);
  ck_assert_int_eq(meta_create(fd, PAGE, &meta), MDBX_SUCCESS);
}

static void teardown(void) {
  os_close(fd);
  unit_teardown();
}

static void overwrite(uint64_t at, const void *bytes, size_t length) {
  ck_assert_int_eq(pwrite(fd, bytes, length, (off_t)at), (ssize_t)length);
}

START_TEST(geometry_and_canary_come_back) {
  const struct geometry geometry = {.page_size = PAGE, .lower = 4, .upper = 900, .now = 17, .grow = 5, .shrink = 6};
  const MDBX_canary canary = {31, 32, 33, 34};
  struct meta meta = a_meta(META_STEADY, this_boot);
  meta_set_geometry(&meta, &geometry);
  meta_set_canary(&meta, &canary);
  ck_assert_uint_eq(meta.lower, 4);
  ck_assert_uint_eq(meta.upper, 900);
  ck_assert_uint_eq(meta.now, 17);
  ck_assert_uint_eq(meta.grow, 5);
  ck_assert_uint_eq(meta.shrink, 6);
  ck_assert_uint_eq(meta.canary[0], 31);
  ck_assert_uint_eq(meta.canary[3], 34);
  const struct geometry back = meta_geometry(&meta);
  const MDBX_canary canary_back = meta_canary(&meta);
  ck_assert(geometry_is_equal(&back, &geometry));
  ck_assert_mem_eq(&canary_back, &canary, sizeof(canary));
}
END_TEST

START_TEST(made_and_read) {
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_SUCCESS);
  ck_assert_uint_eq(set.page_size, PAGE);
  for (unsigned i = 0; i < META_COUNT; ++i) {
    ck_assert(set.slot[i].valid && set.slot[i].signature && !set.slot[i].blank && !set.slot[i].fault);
    ck_assert_uint_eq(set.slot[i].txnid, i + 1);
    ck_assert_uint_eq(set.slot[i].meta.upper, 1000);
  }
}
END_TEST

START_TEST(every_bit_of_a_meta_counts) {
  uint8_t page[PAGE];
  ck_assert_int_eq(pread(fd, page, PAGE, PAGE), PAGE);
  unsigned wrong = 0;
  for (size_t at = 0; at < PAGE_HEADER + META_BODY; ++at) {
    const uint8_t changed = page[at] ^ 0x40;
    overwrite(PAGE + at, &changed, 1);
    struct meta_slot slot;
    ck_assert_int_eq(meta_read_slot(fd, PAGE, 1, &slot), MDBX_SUCCESS);
    wrong += slot.valid || !slot.fault;
    overwrite(PAGE + at, &page[at], 1);
  }
  ck_assert_uint_eq(wrong, 0);
}
END_TEST

START_TEST(wiped_and_made_steady) {
  struct meta_slot slot;
  ck_assert_int_eq(meta_wipe(fd, PAGE, 2), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(slot.blank && !slot.valid && !slot.fault);
  struct meta_page *page = malloc(PAGE);
  const struct meta weak = a_meta(META_WEAK, this_boot);
  const struct meta_manifest entries[2] = {{20, 1, 2}, {21, 3, 4}};
  meta_build(page, PAGE, 2, 9, &weak, &(struct meta_tail){entries, 2, NULL, 0});
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  free(page);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(slot.valid && slot.txnid == 9 && slot.manifest == 2 && slot.meta.kind == META_WEAK);
  ck_assert_int_eq(meta_make_steady(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(slot.valid && slot.txnid == 9 && slot.manifest == 0 && slot.meta.kind == META_STEADY);
}
END_TEST

/* A list of one run, and the page of a weak meta that has it, in slot 2, with a manifest of two pages. */
static size_t put_weak_with_list(uint8_t *list, struct meta_page *page) {
  const struct meta_list_entry entry = {20, 2, 5};
  const struct meta_manifest manifest[2] = {{20, 1, 2}, {21, 3, 4}};
  const struct meta weak = a_meta(META_WEAK, this_boot);
  const size_t length = (size_t)(meta_list_put_entry(list + META_LIST_HEADER, 8, &entry) - list);
  meta_list_put_header(list, GC_FRESH, 8, length - META_LIST_HEADER);
  meta_build(page, PAGE, 2, 9, &weak, &(struct meta_tail){manifest, 2, list, length});
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  return length;
}

/* A meta that was overwritten meanwhile goes to another slot, with its list and without its manifest. */
START_TEST(steady_in_another_slot) {
  uint8_t list[META_LIST_HEADER + META_LIST_ENTRY_MOST];
  struct meta_page *page = malloc(PAGE), *kept, *again;
  struct meta_slot slot;
  size_t found;
  const size_t length = put_weak_with_list(list, page);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_page(fd, PAGE, 2, &slot, &kept), MDBX_SUCCESS);
  ck_assert_int_eq(meta_write_steady(fd, PAGE, 1, kept), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 1, &slot), MDBX_SUCCESS);
  ck_assert(slot.valid && slot.txnid == 9 && slot.manifest == 0 && slot.meta.kind == META_STEADY);
  ck_assert_uint_eq(slot.meta.next, page->meta.next);
  ck_assert_int_eq(meta_read_page(fd, PAGE, 1, &slot, &again), MDBX_SUCCESS);
  ck_assert_int_eq(memcmp(meta_list_of(again, &found), list, length), 0);
  ck_assert_uint_eq(found, length);
  free(again);
  free(kept);
  free(page);
}
END_TEST

/* The list stays with a meta that is written anew; one that makes no sense makes the meta senseless. */
START_TEST(lists) {
  uint8_t list[META_LIST_HEADER + META_LIST_ENTRY_MOST];
  const struct meta weak = a_meta(META_WEAK, this_boot);
  struct meta_page *page = malloc(PAGE), *again;
  struct meta_slot slot;
  size_t found;
  const size_t length = put_weak_with_list(list, page);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(slot.valid && slot.manifest == 2);
  ck_assert_int_eq(meta_make_steady(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_page(fd, PAGE, 2, &slot, &again), MDBX_CORRUPTED);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(slot.valid && slot.manifest == 0 && slot.meta.kind == META_STEADY);
  ck_assert_int_eq(meta_read_page(fd, PAGE, 2, &slot, &again), MDBX_SUCCESS);
  ck_assert_int_eq(memcmp(meta_list_of(again, &found), list, length), 0);
  ck_assert_uint_eq(found, length);
  free(again);
  put_u32(list + META_LIST_HEADER, weak.next);
  meta_build(page, PAGE, 2, 9, &weak, &(struct meta_tail){NULL, 0, list, length});
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 2, &slot), MDBX_SUCCESS);
  ck_assert(!slot.valid && slot.senseless);
  ck_assert_str_eq(slot.fault, "its list of free pages makes no sense");
  free(page);
}
END_TEST

/* An older meta without the feature is no way round it. */
START_TEST(optional_features) {
  const struct meta meta = a_meta(META_STEADY, this_boot);
  struct meta_page *page = malloc(PAGE);
  meta_build(page, PAGE, 2, 9, &meta, NULL);
  page->header.features = 0x10;
  page->header.checksum = page_checksum(&page->header, PAGE, checksum_seed(meta.database_id));
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_INCOMPATIBLE);
  ck_assert(!set.slot[2].valid && set.slot[2].unknown == 0x10);
  page->header.checksum += 1; /* it says nothing then */
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_SUCCESS);
  free(page);
}
END_TEST

/* Bounds of what does not even say that it is a meta lead nowhere. */
START_TEST(bounds_behind_the_page) {
  struct meta_page *page = malloc(PAGE);
  struct meta_slot slot;
  ck_assert_int_eq(pread(fd, page, PAGE, PAGE), PAGE);
  page->header.upper = UINT16_MAX;
  page->header.flags = (uint16_t)_i;
  overwrite(PAGE, page, PAGE);
  ck_assert_int_eq(meta_read_slot(fd, PAGE, 1, &slot), MDBX_SUCCESS);
  ck_assert(!slot.valid);
  free(page);
}
END_TEST

START_TEST(files_that_are_none) {
  uint8_t junk[3 * PAGE];
  memset(junk, 'x', sizeof(junk));
  struct meta_page *page = malloc(PAGE);
  ck_assert_int_eq(pread(fd, page, PAGE, 0), PAGE);
  overwrite(0, junk, sizeof(junk));
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_INVALID);
  /* A signature is left, its checksum is not right. */
  page->header.checksum += 1;
  overwrite(0, page, PAGE);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_CORRUPTED);
  page->meta.magic = META_SIGNATURE | (uint64_t)(META_VERSION + 1) << 56;
  overwrite(0, page, PAGE);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_VERSION_MISMATCH);
  free(page);
  ck_assert_int_eq(ftruncate(fd, 0), 0);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_INVALID);
}
END_TEST

START_TEST(a_meta_of_another_database) {
  struct meta_page *page = malloc(PAGE);
  struct meta meta = a_meta(META_STEADY, other_boot);
  meta.database_id[0] = 99;
  meta_build(page, PAGE, 0, 2, &meta, NULL);
  ck_assert_int_eq(meta_write(fd, page, PAGE), MDBX_SUCCESS);
  free(page);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_SUCCESS);
  ck_assert(!set.slot[0].valid && set.slot[1].valid && set.slot[2].valid);
  ck_assert_str_eq(set.slot[0].fault, "of another database");
}
END_TEST

START_TEST(sizes_that_make_sense) {
  const struct meta sound = a_meta(META_WEAK, this_boot);
  ck_assert(meta_is_sane(&sound));
  struct meta meta = sound;
  meta.lower = 2;
  ck_assert(!meta_is_sane(&meta));
  meta = sound;
  meta.now = 1001;
  ck_assert(!meta_is_sane(&meta));
  meta = sound;
  meta.next = 101;
  ck_assert(!meta_is_sane(&meta));
  meta = sound;
  meta.next = 2;
  ck_assert(!meta_is_sane(&meta));
  meta = sound;
  meta.kind = META_MANIFEST + 1;
  ck_assert(!meta_is_sane(&meta));
  meta = sound;
  meta.database_id[0] = meta.database_id[1] = 0;
  ck_assert(!meta_is_sane(&meta));
}
END_TEST

/* A manifest is worth something only if each page it lists is there as it was written. */
START_TEST(manifests_are_compared_with_the_pages) {
  uint8_t bytes[PAGE] = {0};
  struct page *page = (struct page *)(void *)bytes;
  page_init(page, PAGE, 20, 9, P_LEAF | P_NOKEYHEADS | P_DUPFIX);
  page->item = 2;
  page->count = 1;
  page->lower = 2;
  page->checksum = page_checksum(page, PAGE, checksum_seed((const uint64_t[2]){5, 6}));
  overwrite(20 * PAGE, bytes, PAGE);
  const struct meta_manifest entry = {20, (uint32_t)page->checksum, (uint32_t)(page->checksum >> 32)};
  struct meta_page *built = malloc(PAGE);
  const struct meta meta = a_meta(META_MANIFEST, other_boot);
  meta_build(built, PAGE, 0, 9, &meta, &(struct meta_tail){&entry, 1, NULL, 0});
  ck_assert_int_eq(meta_write(fd, built, PAGE), MDBX_SUCCESS);
  ck_assert_int_eq(meta_read_all(fd, path, &set), MDBX_SUCCESS);
  struct meta_verify_context context = {fd, &set};
  bool matches;
  ck_assert_int_eq(meta_verify_manifest(&context, 0, &matches), MDBX_SUCCESS);
  ck_assert(matches);
  bytes[PAGE_HEADER] ^= 1;
  overwrite(20 * PAGE, bytes, PAGE);
  ck_assert_int_eq(meta_verify_manifest(&context, 0, &matches), MDBX_SUCCESS);
  ck_assert(!matches);
  ck_assert_int_eq(ftruncate(fd, 20 * PAGE), 0);
  ck_assert_int_eq(meta_verify_manifest(&context, 0, &matches), MDBX_SUCCESS);
  ck_assert(!matches);
  free(built);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("meta");
  TCase *choosing = tcase_create("choosing"), *files = tcase_create("files");
  suite_add_tcase(suite, choosing);
  tcase_add_loop_test(choosing, what_a_kind_is_worth, 0, 9);
  tcase_add_test(choosing, without_a_boot_id_nothing_is_of_this_boot);
  tcase_add_test(choosing, geometry_and_canary_come_back);
  tcase_add_test(choosing, nothing_to_believe);
  tcase_add_test(choosing, what_no_crash_leaves_is_refused);
  tcase_add_test(choosing, two_of_one_id);
  tcase_add_test(choosing, the_next_slot);
  tcase_add_test(choosing, sizes_that_make_sense);
  suite_add_tcase(suite, files);
  tcase_add_checked_fixture(files, setup, teardown);
  tcase_add_test(files, made_and_read);
  tcase_add_test(files, every_bit_of_a_meta_counts);
  tcase_add_test(files, wiped_and_made_steady);
  tcase_add_test(files, steady_in_another_slot);
  tcase_add_test(files, lists);
  tcase_add_test(files, optional_features);
  tcase_add_loop_test(files, bounds_behind_the_page, 0, 16);
  tcase_add_test(files, files_that_are_none);
  tcase_add_test(files, a_meta_of_another_database);
  tcase_add_test(files, manifests_are_compared_with_the_pages);
  return unit_run(suite);
}
