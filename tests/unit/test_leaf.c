/* SPDX-License-Identifier: Apache-2.0 */
/* Leaves, arrays and sub-pages: random changes against a sorted array; every state must pass the check of format/check. */
#include "format/check.h"
#include "format/leaf.h"
#include "format/subpage.h"

#include "unit.h"

enum { MOST = 2000, LONGEST_KEY = 20, LONGEST_DATA = 30, STEPS = 3000 };

struct record {
  uint8_t key[LONGEST_KEY], data[LONGEST_DATA];
  size_t key_length, data_length;
  enum node_kind kind;
};

struct kind {
  enum key_order order;
  unsigned flags;
  size_t fixed; /* bytes of every key, 0: they differ */
};

static const struct kind kinds[] = {
    {ORDER_BYTES, P_LEAF, 0},
    {ORDER_REVERSE, P_LEAF, 0},
    {ORDER_INTEGER, P_LEAF, 8},
    {ORDER_INTEGER, P_LEAF, 4},
    {ORDER_BYTES, P_LEAF | P_NOKEYHEADS, 0},
    {ORDER_BYTES, P_LEAF | P_NOKEYHEADS | P_DUPFIX, 6},
};
static const size_t page_sizes[] = {256, 4096, 65536};

static struct record model[MOST];
static unsigned used;
static uint64_t seed;
static union {
  struct page page;
  uint8_t bytes[PAGE_SIZE_MAX];
} memory, other;

static void draw(struct record *record, const struct kind *kind) {
  record->key_length = kind->fixed ? kind->fixed : unit_below(&seed, LONGEST_KEY + 1);
  memset(record->key, 'a', sizeof(record->key));
  for (unsigned i = 0; i < 3 && record->key_length; ++i)
    record->key[unit_below(&seed, (uint32_t)record->key_length)] = (uint8_t)unit_below(&seed, 256);
  record->data_length = kind->flags & P_DUPFIX ? 0 : unit_below(&seed, LONGEST_DATA + 1);
  record->kind = NODE_PLAIN;
  for (size_t i = 0; i < record->data_length; ++i)
    record->data[i] = (uint8_t)unit_below(&seed, 256);
}

/* Where the record is or would be in the model. */
static unsigned model_seek(const struct key_rules *rules, const struct record *record, bool *exact) {
  unsigned at = 0;
  *exact = false;
  while (at < used) {
    const int order = key_compare_raw(rules, record->key, record->key_length, model[at].key, model[at].key_length);
    if (order <= 0) {
      *exact = order == 0;
      break;
    }
    ++at;
  }
  return at;
}

static void must_agree(const struct page *page, size_t page_size) {
  const struct page_expectation expected = {.page_size = page_size, .pgno = page->pgno, .newest = 9, .limit = 100};
  ck_assert_uint_eq(page->count, used);
  size_t bytes = 0, wrong = 0;
  for (unsigned i = 0; i < used; ++i) {
    struct leaf_item item;
    leaf_get(page, i, &item);
    wrong += item.key_length != model[i].key_length || item.data_length != model[i].data_length ||
             memcmp(item.key, model[i].key, item.key_length) != 0 ||
             memcmp(item.data, model[i].data, item.data_length) != 0;
    bytes += leaf_bytes_of(page, i);
  }
  ck_assert_uint_eq(wrong, 0);
  ck_assert_uint_eq(bytes, page_used(page, page_size));
  if (used)
    ck_assert_int_eq(page_check_layout(page, &expected), MDBX_SUCCESS);
}

static void prepare(struct seek_key *key, const struct record *record, enum key_order order) {
  static uint8_t scratch[LONGEST_KEY];
  key_prepare(key, order, record->key, record->key_length, scratch);
}

/* Puts the record, or erases the one with its key, or gives that one other data. */
static void change(struct page *page, const struct kind *kind, const struct key_rules *rules) {
  struct record record;
  struct seek_key key;
  bool exact, found;
  draw(&record, kind);
  if (used && unit_below(&seed, 3)) {
    /* One that is there, if the lengths agree, or near it. */
    memcpy(record.key, model[unit_below(&seed, used)].key, sizeof(record.key));
    if (unit_below(&seed, 2) && record.key_length)
      record.key[unit_below(&seed, (uint32_t)record.key_length)] = (uint8_t)unit_below(&seed, 256);
  }
  const unsigned at = model_seek(rules, &record, &exact);
  prepare(&key, &record, kind->order);
  ck_assert_uint_eq(leaf_seek(page, rules, &key, &found), used || !exact ? at : 0);
  ck_assert(found == exact);
  if (used)
    ck_assert_int_eq(leaf_find(page, rules, &key), exact ? (int)at : -1);
  if (exact && unit_below(&seed, 2)) {
    leaf_erase(page, at);
    memmove(model + at, model + at + 1, (--used - at) * sizeof(*model));
  } else if (exact && !(kind->flags & P_DUPFIX)) {
    if (record.data_length > model[at].data_length + page_room(page))
      return;
    uint8_t *data = leaf_resize(page, at, NODE_PLAIN, record.data_length);
    memcpy(data, record.data, record.data_length);
    model[at].data_length = record.data_length;
    memcpy(model[at].data, record.data, sizeof(record.data));
  } else if (!exact && used < MOST && leaf_bytes_for(page, record.key_length, record.data_length) <= page_room(page)) {
    uint8_t *data = leaf_insert(page, kind->order, at, &key, NODE_PLAIN, record.data_length);
    if (record.data_length)
      memcpy(data, record.data, record.data_length);
    memmove(model + at + 1, model + at, (used++ - at) * sizeof(*model));
    model[at] = record;
  }
}

START_TEST(against_a_sorted_array) {
  const struct kind *kind = &kinds[_i % (int)COUNT_OF(kinds)];
  const size_t page_size = page_sizes[_i / (int)COUNT_OF(kinds)];
  const struct key_rules rules = {.order = kind->order};
  seed = (uint64_t)_i + 1;
  used = 0;
  unsigned most = 0;
  page_init(&memory.page, page_size, 7, 3, kind->flags);
  if (kind->flags & P_DUPFIX)
    memory.page.item = (uint16_t)kind->fixed;
  for (unsigned step = 0; step < STEPS; ++step) {
    change(&memory.page, kind, &rules);
    if (step % 16 == 0 && !(kind->flags & P_NOKEYHEADS))
      leaf_make_keyheads(&memory.page, kind->order);
    if (step % 8 == 0 || page_size == 256)
      must_agree(&memory.page, page_size);
    most = MAX_OF(most, used);
  }
  ck_assert_uint_gt(most, 3);
}
END_TEST

/* What a split does: the records go to another page one by one, which finds its keyheads afterwards. */
START_TEST(appended_to_another_page) {
  const struct kind *kind = &kinds[_i];
  const struct key_rules rules = {.order = kind->order};
  seed = (uint64_t)_i + 77;
  used = 0;
  page_init(&memory.page, 4096, 7, 3, kind->flags);
  memory.page.item = kind->flags & P_DUPFIX ? (uint16_t)kind->fixed : 0;
  for (unsigned step = 0; step < 500; ++step)
    change(&memory.page, kind, &rules);
  page_init(&other.page, 4096, 7, 3, kind->flags);
  other.page.item = memory.page.item;
  for (unsigned i = 0; i < memory.page.count; ++i)
    leaf_append(&other.page, &memory.page, i);
  leaf_make_keyheads(&other.page, kind->order);
  must_agree(&other.page, 4096);
  for (unsigned i = 0; i < used; ++i) {
    struct seek_key key;
    prepare(&key, &model[i], kind->order);
    ck_assert_int_eq(leaf_find(&other.page, &rules, &key), (int)i);
  }
}
END_TEST

START_TEST(the_prefix_is_what_all_keys_share) {
  static const char *const keys[] = {"common/alpha", "common/beta", "common/gamma"};
  const struct key_rules rules = {.order = ORDER_BYTES};
  page_init(&memory.page, 256, 7, 3, P_LEAF);
  for (unsigned i = 0; i < 3; ++i) {
    struct seek_key key;
    key_prepare(&key, ORDER_BYTES, keys[i], strlen(keys[i]), NULL);
    leaf_insert(&memory.page, ORDER_BYTES, i, &key, NODE_PLAIN, 0);
  }
  leaf_make_keyheads(&memory.page, ORDER_BYTES);
  ck_assert_uint_eq(memory.page.prefix, 7);
  struct seek_key key;
  bool exact;
  key_prepare(&key, ORDER_BYTES, "commoner", 8, NULL);
  ck_assert_uint_eq(leaf_seek(&memory.page, &rules, &key, &exact), 3);
  leaf_insert(&memory.page, ORDER_BYTES, 3, &key, NODE_PLAIN, 0);
  ck_assert_uint_eq(memory.page.prefix, 6);
  key_prepare(&key, ORDER_BYTES, "", 0, NULL);
  leaf_insert(&memory.page, ORDER_BYTES, 0, &key, NODE_PLAIN, 0);
  ck_assert_uint_eq(memory.page.prefix, 0);
  ck_assert_int_eq(leaf_find(&memory.page, &rules, &key), 0);
}
END_TEST

/* Several values at once go before, between and behind those of an array. */
START_TEST(values_into_an_array) {
  const struct page_expectation expected = {.page_size = 256, .pgno = 7, .newest = 9, .limit = 100};
  struct seek_key key;
  page_init(&memory.page, 256, 7, 3, P_LEAF | P_NOKEYHEADS | P_DUPFIX);
  key_prepare(&key, ORDER_BYTES, "dd", 2, NULL);
  leaf_insert(&memory.page, ORDER_BYTES, 0, &key, NODE_PLAIN, 0);
  leaf_insert_values(&memory.page, 1, (const uint8_t *)"hhii", 2);
  leaf_insert_values(&memory.page, 0, (const uint8_t *)"aabbcc", 3);
  leaf_insert_values(&memory.page, 4, (const uint8_t *)"eeffgg", 3);
  ck_assert_uint_eq(memory.page.count, 9);
  ck_assert_int_eq(memcmp(page_body(&memory.page), "aabbccddeeffgghhii", 18), 0);
  ck_assert_uint_eq(page_used(&memory.page, 256), 18);
  ck_assert_int_eq(page_check_layout(&memory.page, &expected), MDBX_SUCCESS);
}
END_TEST

/* ---- Sub-pages --------------------------------------------------------------------------------------------------- */

/* Ascending values of that many; fixed ones have four bytes, others up to 30. */
static size_t compose(uint8_t *bytes, bool fixed, unsigned count, MDBX_val *values, uint8_t *store) {
  size_t total = 0;
  for (unsigned i = 0; i < count; ++i) {
    uint8_t *at = store + (size_t)i * 32;
    values[i] = (MDBX_val){at, fixed ? 4 : 2 + i * 7 % 29};
    memset(at, (int)i, 32);
    at[0] = (uint8_t)(i >> 8);
    at[1] = (uint8_t)i;
    total += values[i].iov_len;
  }
  struct subpage_writer writer;
  subpage_begin(&writer, bytes, fixed, count);
  for (unsigned i = 0; i < count; ++i)
    subpage_add(&writer, &values[i]);
  return subpage_size(fixed, count, total);
}

START_TEST(values_of_a_sub_page) {
  const bool fixed = _i % 2;
  const unsigned count = _i < 2 ? 1 : 60;
  static uint8_t bytes[4096], copy[4096], store[64 * 32];
  MDBX_val values[64];
  const struct key_rules rules = {.order = ORDER_BYTES};
  const struct subpage page = {bytes, compose(bytes, fixed, count, values, store)};
  ck_assert(subpage_check(page.bytes, page.length));
  ck_assert_uint_eq(subpage_count(&page), count);
  ck_assert_uint_eq(subpage_item(&page), fixed ? 4 : 0);
  for (unsigned i = 0; i < count; ++i) {
    bool exact;
    const MDBX_val value = subpage_value(&page, i);
    ck_assert_uint_eq(value.iov_len, values[i].iov_len);
    ck_assert_int_eq(memcmp(value.iov_base, values[i].iov_base, value.iov_len), 0);
    ck_assert_uint_eq(subpage_seek(&page, &rules, &values[i], &exact), i);
    ck_assert(exact);
  }
  bool exact;
  const MDBX_val behind = {(void *)(uintptr_t) "\xff", 1};
  ck_assert_uint_eq(subpage_seek(&page, &rules, &behind, &exact), count);
  ck_assert(!exact);
  struct subpage_writer writer;
  subpage_begin(&writer, copy, fixed, count);
  subpage_add_range(&writer, &page, 0, count / 2);
  subpage_add_range(&writer, &page, count / 2, count);
  ck_assert_int_eq(memcmp(copy, bytes, page.length), 0);
}
END_TEST

/* All but one value, and that one put in its place, give the bytes of all. */
START_TEST(a_value_comes_into_a_sub_page) {
  enum { COUNT = 60 };
  const bool fixed = _i;
  static uint8_t all[4096], bytes[4096], store[64 * 32];
  MDBX_val values[64];
  const size_t length = compose(all, fixed, COUNT, values, store);
  for (unsigned at = 0; at < COUNT; ++at) {
    struct subpage_writer writer;
    const size_t entry = fixed ? 0 : SUBPAGE_ENTRY, before = length - values[at].iov_len - entry;
    const struct subpage whole = {all, length}, page = {bytes, before};
    subpage_begin(&writer, bytes, fixed, COUNT - 1);
    subpage_add_range(&writer, &whole, 0, at);
    subpage_add_range(&writer, &whole, at + 1, COUNT);
    uint8_t *gap = bytes + subpage_value_offset(&page, at);
    memmove(gap + values[at].iov_len, gap, (size_t)(bytes + before - gap));
    memcpy(gap, values[at].iov_base, values[at].iov_len);
    gap = bytes + subpage_entry_offset(at);
    memmove(gap + entry, gap, (size_t)(bytes + length - entry - gap));
    subpage_admit(bytes, at, values[at].iov_len);
    ck_assert_int_eq(memcmp(bytes, all, length), 0);
  }
}
END_TEST

START_TEST(damaged_sub_pages_are_refused) {
  const bool fixed = _i;
  static uint8_t bytes[4096], store[64 * 32];
  MDBX_val values[64];
  const size_t length = compose(bytes, fixed, 20, values, store);
  for (size_t shorter = 0; shorter < length; ++shorter)
    ck_assert(!subpage_check(bytes, shorter));
  ck_assert(!subpage_check(bytes, length + 1));
  put_u16(bytes, 0);
  ck_assert(!subpage_check(bytes, length));
  put_u16(bytes, 21);
  ck_assert(!subpage_check(bytes, length));
  put_u16(bytes, 20);
  if (fixed)
    put_u16(bytes + 2, 5);
  else
    put_u16(bytes + SUBPAGE_HEADER + SUBPAGE_ENTRY * 3, 0xffff);
  ck_assert(!subpage_check(bytes, length));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("leaf");
  TCase *tcase = tcase_create("leaf");
  suite_add_tcase(suite, tcase);
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, against_a_sorted_array, 0, (int)(COUNT_OF(kinds) * COUNT_OF(page_sizes)));
  tcase_add_loop_test(tcase, appended_to_another_page, 0, (int)COUNT_OF(kinds));
  tcase_add_test(tcase, the_prefix_is_what_all_keys_share);
  tcase_add_test(tcase, values_into_an_array);
  tcase_add_loop_test(tcase, values_of_a_sub_page, 0, 4);
  tcase_add_loop_test(tcase, a_value_comes_into_a_sub_page, 0, 2);
  tcase_add_loop_test(tcase, damaged_sub_pages_are_refused, 0, 2);
  return unit_run(suite);
}
