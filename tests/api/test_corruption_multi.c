/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged sub-pages, nested trees and arrays of values: every byte of every page of a database with several values per key
 * is altered, with a checksum that says so was meant; then the file is opened, checked, read by every cursor operation,
 * changed, copied and emptied. Nothing may crash, hang, or leave an environment that cannot be closed.
 */
#include "api.h"

#include "file/meta.h"
#include "format/leaf.h"
#include "format/page.h"

enum { PAGE = 512, MANY = 300, FEW = 5, STEPS_MAX = 4000, TABLES = 3 };

static const struct {
  const char *name;
  unsigned flags;
} tables[TABLES] = {
    {"bytes", MDBX_DUPSORT},
    {"array", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP},
    {"reversed", MDBX_DUPSORT | MDBX_REVERSEDUP},
};

static uint8_t *pristine, *bytes;
static size_t length;
static uint64_t seed;

static void put_number(MDBX_txn *txn, MDBX_dbi dbi, const char *name, uint32_t number) {
  const MDBX_val key = api_val(name);
  MDBX_val value = {&number, sizeof(number)};
  mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT);
}

static void fill(MDBX_txn *txn, unsigned table) {
  const MDBX_dbi dbi = api_table(txn, tables[table].name, tables[table].flags | MDBX_CREATE);
  put_number(txn, dbi, "one", 1);
  for (uint32_t i = 0; i < FEW; ++i)
    put_number(txn, dbi, "few", i * 3);
  for (uint32_t i = 0; i < MANY; ++i)
    put_number(txn, dbi, "many", i * 7919);
}

static void make_base(void) {
  unit_setup();
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1024 * 1024, 4096, 0, PAGE));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < TABLES; ++i)
    fill(txn, i);
  const uint64_t number = 7;
  const MDBX_val key = {(void *)(uintptr_t)&number, sizeof(number)};
  MDBX_val value = {NULL, 0};
  OK(mdbx_put(txn, api_table(txn, "integers", MDBX_INTEGERKEY | MDBX_CREATE), &key, &value, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  pristine = api_read_file(API_DB, &length);
  bytes = malloc(length);
  memcpy(bytes, pristine, length);
  seed = checksum_seed(((const struct meta_page *)(const void *)pristine)->meta.database_id);
  unit_teardown();
}

static void drop_base(void) {
  free(pristine);
  free(bytes);
}

/* ------------------------------------------------------------------------------------------------------------- a life */

static unsigned long touched;

static void touch(const MDBX_val *val) {
  for (size_t i = 0; i < val->iov_len; ++i)
    touched += ((const uint8_t *)val->iov_base)[i];
}

static void walk(MDBX_cursor *cursor, MDBX_cursor_op first, MDBX_cursor_op next) {
  MDBX_val key = api_val("many"), value = {NULL, 0};
  int rc = mdbx_cursor_get(cursor, &key, &value, first);
  for (unsigned steps = 0; (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE) && steps < STEPS_MAX; ++steps) {
    touch(&key);
    touch(&value);
    rc = mdbx_cursor_get(cursor, &key, &value, next);
  }
}

static void seek(MDBX_cursor *cursor) {
  static const char *const names[] = {"one", "few", "many", "none"};
  for (unsigned op = MDBX_FIRST; op <= MDBX_SEEK_AND_GET_MULTIPLE; ++op) {
    uint32_t number = op * 50;
    MDBX_val key = api_val(names[op % 4]), value = {&number, sizeof(number)};
    size_t count;
    const int rc = mdbx_cursor_get(cursor, &key, &value, (MDBX_cursor_op)op);
    if (rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE)
      touch(&value);
    mdbx_cursor_count(cursor, &count);
    mdbx_cursor_on_last_dup(cursor);
  }
}

static void read_table(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  uint32_t mask;
  if (mdbx_cursor_open(txn, dbi, &cursor) != MDBX_SUCCESS)
    return;
  walk(cursor, MDBX_FIRST, MDBX_NEXT);
  walk(cursor, MDBX_LAST, MDBX_PREV);
  walk(cursor, MDBX_FIRST, MDBX_NEXT_NODUP);
  walk(cursor, MDBX_SEEK_AND_GET_MULTIPLE, MDBX_NEXT_MULTIPLE);
  seek(cursor);
  mdbx_dbi_dupsort_depthmask(txn, dbi, &mask);
  mdbx_cursor_close(cursor);
}

static void delete_some(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  uint64_t affected;
  uint32_t number = 50 * 7919;
  MDBX_val key = api_val("many"), value = {&number, sizeof(number)};
  if (mdbx_cursor_open(txn, dbi, &cursor) != MDBX_SUCCESS)
    return;
  if (mdbx_cursor_get(cursor, &key, &value, MDBX_GET_BOTH_RANGE) == MDBX_SUCCESS) {
    for (unsigned i = 0; i < 20; ++i)
      mdbx_cursor_del(cursor, MDBX_UPSERT);
    mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_CURRENT_MULTIVAL_BEFORE_EXCLUDING, &affected);
    mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_AFTER_INCLUDING, &affected);
  }
  mdbx_cursor_close(cursor);
}

/* Each of the first values of each key gives way to another: what was seen may not be found again. */
static void replace_some(MDBX_txn *txn, MDBX_dbi dbi) {
  static const char *const names[] = {"one", "few", "many"};
  for (uint32_t i = 0; i < 90; ++i) {
    const MDBX_val key = api_val(names[i % 3]);
    uint8_t before[PAGE];
    uint32_t number = i * 77777;
    MDBX_val value = {&number, sizeof(number)}, old = {before, sizeof(before)};
    mdbx_replace(txn, dbi, &key, i % 5 ? &value : NULL, &old, i % 5 ? MDBX_UPSERT : MDBX_CURRENT);
  }
}

enum { KINDS = 6, REPLACING = 5 };

static void change_table(MDBX_txn *txn, MDBX_dbi dbi, unsigned kind) {
  const MDBX_val few = api_val("few");
  switch (kind) {
  case 0:
    for (uint32_t i = 0; i < 60; ++i) {
      put_number(txn, dbi, "many", i * 31);
      put_number(txn, dbi, "few", i * 31);
      put_number(txn, dbi, "one", i);
    }
    break;
  case 1:
    delete_some(txn, dbi);
    break;
  case 2:
    mdbx_del(txn, dbi, &few, NULL);
    api_del(txn, dbi, "many");
    api_del(txn, dbi, "one");
    break;
  case REPLACING:
    replace_some(txn, dbi);
    break;
  default:
    mdbx_drop(txn, dbi, kind == 3);
  }
}

/* In a nested transaction that is taken back, then for good. */
static void change(MDBX_env *env, unsigned kind, bool nested) {
  MDBX_txn *txn, *child;
  MDBX_dbi dbi;
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn) != MDBX_SUCCESS)
    return;
  for (unsigned i = 0; i < TABLES; ++i) {
    if (mdbx_dbi_open(txn, tables[i].name, MDBX_DB_ACCEDE, &dbi) != MDBX_SUCCESS)
      continue;
    if (nested && mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child) == MDBX_SUCCESS) {
      change_table(child, dbi, kind);
      mdbx_txn_abort(child);
    }
    change_table(txn, dbi, kind);
  }
  mdbx_txn_commit(txn);
}

static int visit_page(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                      MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                      size_t unused_bytes) {
  (void)pgno, (void)number, (void)deep, (void)type, (void)nentries;
  ck_assert_uint_eq(payload_bytes + header_bytes + unused_bytes, page_size);
  ck_assert_uint_le(unused_bytes, page_size);
  *(uint64_t *)ctx += dbi ? strlen(dbi) : 0;
  return 0;
}

static void look(MDBX_env *env) {
  uint64_t sum = 0;
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  memset(&callbacks, 0, sizeof(callbacks));
  mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return;
  for (unsigned i = 0; i < TABLES; ++i)
    if (mdbx_dbi_open(txn, tables[i].name, MDBX_DB_ACCEDE, &dbi) == MDBX_SUCCESS)
      read_table(txn, dbi);
  mdbx_env_pgwalk(txn, visit_page, &sum);
  mdbx_txn_abort(txn);
}

static void live(unsigned turn) {
  api_write_file(API_DB, bytes, length);
  unlink(unit_path(API_DB MDBX_LOCK_SUFFIX));
  MDBX_env *env = api_create();
  const bool writemap = turn % 3 == 0;
  if (api_try_open(env, MDBX_UTTERLY_NOSYNC | (writemap ? MDBX_WRITEMAP : 0)) == MDBX_SUCCESS) {
    look(env);
    if (turn % 4 == 0)
      mdbx_env_copy(env, unit_path("copy"), MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | MDBX_CP_COMPACT);
    change(env, turn % KINDS, !writemap && turn % 2);
    if (turn % 2)
      mdbx_env_defrag(env, 0, 0, 0, 0, 0, 10, NULL, NULL, NULL);
    change(env, (turn + 2) % KINDS, false);
    look(env);
  }
  OK(mdbx_env_close_ex(env, true));
}

/* ------------------------------------------------------------------------------------------------------------- the test */

static void seal(struct page *page) {
  if (!(page->flags & (P_LARGE | P_META)) && page->lower <= page->upper && page->upper <= PAGE - PAGE_HEADER)
    page->checksum = page_checksum(page, PAGE, seed);
}

enum { PAGES_MAX = 48 };

START_TEST(every_byte_of_a_page) {
  static const uint8_t masks[] = {0xff, 0x01, 0x80, 0x10, 0x03};
  const size_t start = (META_COUNT + (size_t)_i) * PAGE;
  if (start + PAGE > length)
    return;
  struct page *page = (struct page *)(void *)(bytes + start);
  if (!(page->flags & (P_LEAF | P_BRANCH)))
    return;
  for (unsigned at = 0; at < PAGE; at += UNIT_SANITIZED ? 5 : 3) {
    if (at >= 8 && at < 16)
      continue; /* the checksum itself: see test_corruption */
    ((uint8_t *)page)[at] ^= masks[(at + (unsigned)_i) % 5];
    seal(page);
    live(at + (unsigned)_i);
    memcpy(page, pristine + start, PAGE);
  }
}
END_TEST

/* The record of a table, on any page it is on, so that it counts in all snapshots. */
static void set_sizes(const char *name, unsigned flags, unsigned key_item, unsigned value_item) {
  for (size_t at = META_COUNT * PAGE; at < length; at += PAGE) {
    struct page *page = (struct page *)(void *)(bytes + at);
    for (unsigned i = 0; page->flags == P_LEAF && i < page->count; ++i) {
      struct leaf_item item;
      struct table_record record;
      leaf_get(page, i, &item);
      if (item.key_length != strlen(name) || memcmp(item.key, name, item.key_length) != 0 || item.kind != NODE_TREE ||
          item.data_length != sizeof(record))
        continue;
      memcpy(&record, item.data, sizeof(record));
      record.flags |= (uint8_t)flags;
      record.key_item = (uint8_t)(record.key_item + key_item);
      record.value_item = (uint16_t)(record.value_item + value_item);
      memcpy((void *)(uintptr_t)item.data, &record, sizeof(record));
      seal(page);
    }
  }
}

static bool checker_is_content(void) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  api_write_file(API_DB, bytes, length);
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  const int rc = mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  OK(mdbx_env_close_ex(env, true));
  memcpy(bytes, pristine, length);
  return rc == MDBX_SUCCESS && !context.result.total_problems;
}

/* What has another length than the record of the table says is not found: the checker tells. */
START_TEST(sizes_of_a_record_are_checked) {
  set_sizes("array", 0, 0, 0);
  ck_assert(checker_is_content());
  set_sizes("array", 0, 0, 1);
  ck_assert(!checker_is_content());
  set_sizes("bytes", TABLE_DUPFIXED, 0, 4); /* the sub-page is one of values of any length */
  ck_assert(!checker_is_content());
  set_sizes("bytes", TABLE_DUPFIXED, 0, 0);
  ck_assert(!checker_is_content());
  set_sizes("integers", 0, 4, 0);
  ck_assert(!checker_is_content());
}
END_TEST

static void each_page(void (*alter)(struct page *page)) {
  for (size_t at = META_COUNT * PAGE; at < length; at += PAGE) {
    struct page *page = (struct page *)(void *)(bytes + at);
    if (page->flags & P_LEAF)
      alter(page);
    seal(page);
  }
}

/* Five values of four bytes that differ in length become as many of six, header and all. */
static void claim_one_size(struct page *page) {
  for (unsigned i = 0; page->flags == P_LEAF && i < page->count; ++i) {
    struct leaf_item item;
    leaf_get(page, i, &item);
    if (item.kind == NODE_SUBPAGE && item.data_length == 34)
      put_u16((uint8_t *)(uintptr_t)item.data + 2, 6);
  }
}

/* Values of an array become half as many of twice the size. */
static void claim_other_size(struct page *page) {
  if (!(page->flags & P_DUPFIX))
    return;
  page->count &= ~1u;
  page->lower = (uint16_t)(page->count * page->item);
  page->item = (uint16_t)(2 * page->item);
  page->count /= 2;
}

/* Values come into memory that was made for those the table has: others must not. */
START_TEST(values_of_other_sizes_are_refused) {
  each_page(_i & 1 ? claim_other_size : claim_one_size);
  ck_assert(!checker_is_content());
  each_page(_i & 1 ? claim_other_size : claim_one_size);
  api_write_file(API_DB, bytes, length);
  memcpy(bytes, pristine, length);
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, _i & 1 ? "array" : "bytes", MDBX_DB_ACCEDE);
  const MDBX_val key = api_val(_i & 1 ? "many" : "few");
  uint32_t number = 77;
  MDBX_val value = {&number, sizeof(number)};
  IS(_i & 2 ? mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT) : mdbx_del(txn, dbi, &key, &value), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

int main(void) {
  api_no_audit = true;
  Suite *suite = suite_create("corruption of several values");
  TCase *tcase = tcase_create("bytes");
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  tcase_set_timeout(tcase, 120);
  tcase_add_unchecked_fixture(tcase, make_base, drop_base);
  tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
  tcase_add_loop_test(tcase, every_byte_of_a_page, 0, PAGES_MAX);
  tcase_add_test(tcase, sizes_of_a_record_are_checked);
  tcase_add_loop_test(tcase, values_of_other_sizes_are_refused, 0, 4);
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
