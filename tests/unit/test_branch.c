/* SPDX-License-Identifier: Apache-2.0 */
/* Branches: random separators against a sorted array, in place and by lists; every state must pass format/check. */
#include "format/branch.h"
#include "format/check.h"

#include "unit.h"

enum { MOST = 6000, LONGEST = 24, STEPS = 1500 };

struct entry {
  uint8_t bytes[LONGEST];
  size_t length;
  struct page_ref child;
};

static struct entry model[MOST];
static unsigned used;
static uint64_t seed;
static union {
  struct page page;
  uint8_t bytes[PAGE_SIZE_MAX];
} memory, other;

static void draw(struct entry *entry) {
  entry->length = 1 + unit_below(&seed, LONGEST);
  memset(entry->bytes, 'p', sizeof(entry->bytes));
  for (unsigned i = 0; i < 2; ++i)
    entry->bytes[unit_below(&seed, (uint32_t)entry->length)] = (uint8_t)unit_below(&seed, 256);
  entry->child = (struct page_ref){10 + unit_below(&seed, 1000000), (uint16_t)unit_below(&seed, 65536)};
}

/* The entry a key belongs to; entry 0 has no separator. */
static unsigned model_find(const uint8_t *bytes, size_t length) {
  unsigned at = 0;
  while (at + 1 < used && compare_bytes(model[at + 1].bytes, model[at + 1].length, bytes, length) <= 0)
    ++at;
  return at;
}

static void must_agree(const struct page *page, size_t page_size) {
  const struct page_expectation expected = {.page_size = page_size, .pgno = page->pgno, .newest = 9, .limit = 2000000};
  uint8_t separator[LONGEST + 8];
  unsigned wrong = 0;
  ck_assert_uint_eq(page->count, used);
  for (unsigned i = 0; i < used; ++i) {
    const size_t length = i ? model[i].length : 0;
    wrong += branch_child(page, i).pgno != model[i].child.pgno || branch_child(page, i).birth != model[i].child.birth ||
             branch_separator(page, i, separator) != length || memcmp(separator, model[i].bytes, length) != 0;
  }
  ck_assert_uint_eq(wrong, 0);
  ck_assert_int_eq(page_check_layout(page, &expected), MDBX_SUCCESS);
}

static void must_find(const struct page *page) {
  const struct key_rules rules = {.order = ORDER_BYTES};
  struct entry key;
  struct seek_key prepared;
  draw(&key);
  if (unit_below(&seed, 2))
    key = model[unit_below(&seed, used)];
  key_prepare(&prepared, ORDER_BYTES, key.bytes, key.length, NULL);
  ck_assert_uint_eq(branch_find(page, &rules, &prepared), model_find(key.bytes, key.length));
  for (unsigned i = 0; i < page->count; ++i)
    ck_assert(branch_leads_to(page, &rules, &prepared, i) == (i == model_find(key.bytes, key.length)));
}

static void model_insert(unsigned at, const struct entry *entry) {
  memmove(model + at + 1, model + at, (used++ - at) * sizeof(*model));
  model[at] = *entry;
}

static void model_erase(unsigned at) { memmove(model + at, model + at + 1, (--used - at) * sizeof(*model)); }

static void begin(size_t page_size, unsigned flags) {
  used = 0;
  page_init(&memory.page, page_size, 7, 3, P_BRANCH | flags);
  struct branch_list list;
  struct entry first;
  draw(&first);
  first.length = 0;
  model_insert(0, &first);
  ck_assert_int_eq(branch_list_init(&list, page_size), MDBX_SUCCESS);
  branch_list_insert(&list, 0, &(struct separator){first.bytes, 0}, first.child);
  branch_list_store(&list, 0, 1, &memory.page, page_size);
  branch_list_destroy(&list);
}

/* As a tree does it: in place if the page takes it, else by a list that finds another prefix. */
static void insert(size_t page_size, unsigned at, const struct entry *entry) {
  const struct separator separator = {entry->bytes, entry->length};
  if (!branch_insert(&memory.page, at, &separator, entry->child)) {
    struct branch_list list;
    ck_assert_int_eq(branch_list_init(&list, page_size), MDBX_SUCCESS);
    ck_assert_int_eq(branch_list_load(&list, &memory.page), MDBX_SUCCESS);
    branch_list_insert(&list, at, &separator, entry->child);
    const bool fits = branch_list_size(&list, 0, list.count, page_has_keyheads(&memory.page)) <= body_size(page_size);
    if (fits) {
      branch_list_store(&list, 0, list.count, &memory.page, page_size);
      ck_assert_uint_eq(page_used(&memory.page, page_size),
                        branch_list_size(&list, 0, list.count, page_has_keyheads(&memory.page)));
    }
    branch_list_destroy(&list);
    if (!fits)
      return;
  }
  model_insert(at, entry);
}

static void insert_bytes(const uint8_t *bytes, size_t length) {
  struct entry entry = {.length = length, .child = {10 + used, 1}};
  memcpy(entry.bytes, bytes, length);
  insert(4096, model_find(bytes, length) + 1, &entry);
}

/* The first separator makes the prefix: keyheads behind it differ, where the first bytes of keys do not. */
START_TEST(prefix_from_the_first_on) {
  uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 0};
  begin(4096, 0);
  key[6] = 2;
  insert_bytes(key, sizeof(key));
  ck_assert_uint_eq(memory.page.prefix, sizeof(key));
  for (unsigned i = 1; i < 150; ++i) {
    key[6] = (uint8_t)(i / 50);
    key[7] = (uint8_t)i;
    insert_bytes(key, sizeof(key));
  }
  ck_assert_uint_eq(memory.page.prefix, 6);
  must_agree(&memory.page, 4096);
  for (unsigned i = 2; i < used; ++i)
    ck_assert_uint_gt(branch_keyheads(&memory.page)[i], branch_keyheads(&memory.page)[i - 1]);
}
END_TEST

/* Many equal keyheads, up to the greatest one. */
START_TEST(equal_keyheads) {
  static const uint8_t starts[] = {0, 'p', 255};
  begin(4096, 0);
  for (unsigned i = 0; i < COUNT_OF(starts); ++i)
    for (unsigned last = 1; last < 60; ++last) {
      uint8_t key[6];
      memset(key, starts[i], sizeof(key));
      key[5] = (uint8_t)(4 * last);
      insert_bytes(key, sizeof(key));
    }
  ck_assert_uint_eq(memory.page.prefix, 0);
  for (unsigned i = 0; i < COUNT_OF(starts); ++i)
    for (unsigned last = 0; last < 256; ++last) {
      const struct key_rules rules = {.order = ORDER_BYTES};
      struct seek_key prepared;
      uint8_t key[6];
      memset(key, starts[i], sizeof(key));
      key[5] = (uint8_t)last;
      key_prepare(&prepared, ORDER_BYTES, key, sizeof(key), NULL);
      ck_assert_uint_eq(branch_find(&memory.page, &rules, &prepared), model_find(key, sizeof(key)));
    }
}
END_TEST

START_TEST(against_a_sorted_array) {
  static const size_t page_sizes[] = {256, 4096, 65536};
  const size_t page_size = page_sizes[_i / 2];
  const unsigned flags = _i % 2 ? P_NOKEYHEADS : 0;
  seed = (uint64_t)_i + 1;
  begin(page_size, flags);
  for (unsigned step = 0; step < STEPS; ++step) {
    struct entry entry;
    draw(&entry);
    const unsigned at = model_find(entry.bytes, entry.length);
    const bool present = at && compare_bytes(model[at].bytes, model[at].length, entry.bytes, entry.length) == 0;
    if (used > 1 && (present || unit_below(&seed, 3) == 0)) {
      const unsigned gone = unit_below(&seed, used);
      branch_erase(&memory.page, gone);
      model_erase(gone);
      model[0].length = 0;
    } else if (!present && used < MOST) {
      insert(page_size, at + 1, &entry);
    }
    must_find(&memory.page);
    if (step % 8 == 0 || page_size == 256)
      must_agree(&memory.page, page_size);
  }
  ck_assert_uint_gt(used, 2);
}
END_TEST

/* A split in two and a merge of the two give the page back. */
START_TEST(cut_and_joined) {
  const unsigned flags = _i ? P_NOKEYHEADS : 0;
  seed = 55;
  begin(4096, flags);
  for (unsigned i = 0; i < 200; ++i) {
    struct entry entry;
    draw(&entry);
    const unsigned at = model_find(entry.bytes, entry.length);
    if (!at || compare_bytes(model[at].bytes, model[at].length, entry.bytes, entry.length) != 0)
      insert(4096, at + 1, &entry);
  }
  struct branch_list list;
  ck_assert_int_eq(branch_list_init(&list, 4096), MDBX_SUCCESS);
  ck_assert_int_eq(branch_list_load(&list, &memory.page), MDBX_SUCCESS);
  const unsigned cut = list.count / 3;
  const struct entry separator = model[cut];
  page_init(&other.page, 4096, 8, 3, P_BRANCH | flags);
  branch_list_store(&list, cut, list.count, &other.page, 4096);
  branch_list_store(&list, 0, cut, &memory.page, 4096);
  ck_assert_int_eq(branch_list_load(&list, &memory.page), MDBX_SUCCESS);
  ck_assert_int_eq(branch_list_append(&list, &other.page, &(struct separator){separator.bytes, separator.length}),
                   MDBX_SUCCESS);
  branch_list_store(&list, 0, list.count, &memory.page, 4096);
  must_agree(&memory.page, 4096);
  branch_list_destroy(&list);
}
END_TEST

START_TEST(separators_out_of_order_are_damage) {
  seed = 5;
  begin(4096, 0);
  insert_bytes((const uint8_t *)"bb", 2);
  insert_bytes((const uint8_t *)"dd", 2);
  const struct separator wrong = {(const uint8_t *)"aa", 2};
  ck_assert(branch_insert(&memory.page, 3, &wrong, (struct page_ref){30, 1}));
  struct branch_list list;
  ck_assert_int_eq(branch_list_init(&list, 4096), MDBX_SUCCESS);
  ck_assert_int_eq(branch_list_load(&list, &memory.page), MDBX_CORRUPTED);
  branch_list_destroy(&list);
}
END_TEST

/* Searches read the four bytes of a keyhead, whatever the separator's length is: bytes behind the separator would lead
 * them to another child than a walk. Separators of 0 to 4 bytes behind the prefix, each byte that does not belong. */
START_TEST(bytes_behind_a_separator_are_damage) {
  static const char *const separators[] = {"p", "pa", "paaa", "pbbbb", "pc"};
  begin(4096, 0);
  const struct page_expectation expected = {.page_size = 4096, .pgno = memory.page.pgno, .newest = 9, .limit = 2000000};
  for (unsigned i = 0; i < COUNT_OF(separators); ++i)
    insert_bytes((const uint8_t *)separators[i], strlen(separators[i]));
  ck_assert_uint_eq(memory.page.prefix, 1);
  ck_assert_int_eq(page_check_layout(&memory.page, &expected), MDBX_SUCCESS);
  for (unsigned i = 0; i < used; ++i)
    for (unsigned byte = 0; byte < KEYHEAD_SIZE; ++byte) {
      const size_t length = i ? strlen(separators[i - 1]) - 1 : 0;
      uint32_t *keyhead = &branch_keyheads(&memory.page)[i];
      const uint32_t changed = UINT32_C(0x02000000) >> (8 * byte);
      *keyhead ^= changed;
      ck_assert_int_eq(page_check_layout(&memory.page, &expected), byte < length ? MDBX_SUCCESS : MDBX_CORRUPTED);
      *keyhead ^= changed;
    }
}
END_TEST

int main(void) {
  Suite *suite = suite_create("branch");
  TCase *tcase = tcase_create("branch");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_test(tcase, prefix_from_the_first_on);
  tcase_add_test(tcase, equal_keyheads);
  tcase_add_loop_test(tcase, against_a_sorted_array, 0, 6);
  tcase_add_loop_test(tcase, cut_and_joined, 0, 2);
  tcase_add_test(tcase, separators_out_of_order_are_damage);
  tcase_add_test(tcase, bytes_behind_a_separator_are_damage);
  return unit_run(suite);
}
