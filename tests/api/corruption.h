/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/api/corruption.h: what the tests with damaged files share: a small database as bytes, to be altered, and the lives it
 * is put through.
 *
 * Crafted images carry valid checksums, so that it is the checks of structure that are tested. Each is opened in several
 * modes, checked, read, changed, copied and emptied: nothing may crash, hang, or leave an environment that cannot be
 * closed; and the checker has to notice what is wrong.
 */
#ifndef MDBX_TESTS_CORRUPTION_H
#define MDBX_TESTS_CORRUPTION_H

#include "api.h"

#include "file/meta.h"
#include "format/branch.h"
#include "format/leaf.h"
#include "format/page.h"

enum { PAGE = 512, RECORDS = 70, BIG = 3000, STEPS_MAX = 5000 };

/* ---------------------------------------------------------------------------------------------------- the base image */

static inline const char *key_of(unsigned i) {
  static char text[4][24];
  char *key = text[i % 4];
  snprintf(key, sizeof(text[0]), "key%04u", i);
  return key;
}

static inline const char *value_of(unsigned i) {
  static char text[40];
  snprintf(text, sizeof(text), "value %u of the record", i);
  return text;
}

static inline void put_big(MDBX_txn *txn, MDBX_dbi dbi, unsigned char fill, size_t length) {
  static unsigned char bytes[200000];
  const MDBX_val key = api_val("large");
  MDBX_val data = {bytes, length};
  memset(bytes, fill, length);
  OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
}

static inline void fill_tables(MDBX_txn *txn) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  for (unsigned i = 0; i < RECORDS; ++i)
    OK(api_put(txn, dbi, key_of(i), value_of(i), MDBX_UPSERT));
  for (unsigned i = 0; i < 4; ++i)
    OK(api_put(txn, DBI_MAIN, key_of(i), value_of(i), MDBX_UPSERT));
  put_big(txn, dbi, 'L', BIG);
}

/* Some pages are free, more than the list of a meta is for, and the newest three commits hold the same data. */
static inline void build_base(void) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1024 * 1024, 4096, 0, PAGE));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  MDBX_txn *txn;
  MDBX_dbi junk = 0;
  for (unsigned i = 0; i < 38; ++i) { /* pages of different births */
    static char page[400];
    const MDBX_val key = api_val(key_of(i));
    MDBX_val data = {page, sizeof(page)};
    txn = api_begin(env, MDBX_TXN_READWRITE);
    junk = api_table(txn, "junk", MDBX_CREATE);
    OK(mdbx_put(txn, junk, &key, &data, MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
  }
  txn = api_begin(env, MDBX_TXN_READWRITE);
  fill_tables(txn);
  OK(mdbx_drop(txn, junk, true));
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < 4; ++i) {
    txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_dbi_sequence(txn, DBI_MAIN, NULL, 1));
    OK(mdbx_txn_commit(txn));
    OK(mdbx_env_sync(env));
  }
  api_sound(env);
  OK(mdbx_env_close(env));
}

struct image {
  uint8_t *bytes, *pristine;
  size_t length;
  uint64_t seed;
  struct meta_page *head;
  struct table_record *record; /* of "t", in a leaf of the main table */
  struct page *record_page, *branch, *leaf, *run, *gc;
};

static struct image image;

static inline struct page *page_at(pgno_t pgno) {
  ck_assert_uint_lt((size_t)pgno * PAGE, image.length);
  return (struct page *)(void *)(image.bytes + (size_t)pgno * PAGE);
}

static inline struct leaf_item *node_of(const struct page *leaf, const char *key, struct leaf_item *item) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    leaf_get(leaf, i, item);
    if (item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0)
      return item;
  }
  return NULL;
}

static inline struct page *leaf_with(const char *key, struct leaf_item *item) {
  for (pgno_t pgno = PGNO_FIRST; pgno < image.head->meta.next; ++pgno) {
    struct page *page = page_at(pgno);
    if (page->flags == P_LEAF && page->pgno == pgno && page->txnid <= image.head->header.txnid &&
        page->lower <= page->upper && page->upper <= PAGE - PAGE_HEADER && node_of(page, key, item))
      return page;
  }
  ck_abort_msg("no leaf has %s", key);
}

static inline void find_parts(void) {
  struct leaf_item item;
  image.head = NULL;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    if (!image.head || meta->header.txnid > image.head->header.txnid)
      image.head = meta;
  }
  image.seed = checksum_seed(image.head->meta.database_id);
  image.record_page = page_at(image.head->meta.main.root);
  ck_assert_uint_eq(image.head->meta.main.depth, 1);
  ck_assert_ptr_nonnull(node_of(image.record_page, "t", &item));
  image.record = (struct table_record *)(void *)(uintptr_t)item.data;
  struct table_record record;
  memcpy(&record, image.record, sizeof(record));
  ck_assert_uint_eq(record.depth, 2);
  image.branch = page_at(record.root);
  image.leaf = leaf_with("large", &item);
  struct large_ref ref;
  memcpy(&ref, item.data, sizeof(ref));
  image.run = page_at(ref.pgno);
  image.gc = page_at(image.head->meta.gc.root);
}

/* Once for all tests, which are forked from here. */
static inline void make_base(void) {
  unit_setup();
  build_base();
  image.pristine = api_read_file(API_DB, &image.length);
  unit_teardown();
}

static inline void drop_base(void) { free(image.pristine); }

static inline void load_base(void) {
  unit_setup();
  image.bytes = malloc(image.length);
  memcpy(image.bytes, image.pristine, image.length);
  find_parts();
}

static inline void unload_base(void) {
  free(image.bytes);
  unit_teardown();
}

static inline void seal(struct page *page) {
  const bool bounds = page->flags == P_LARGE
                          ? page->run_pages && page->run_pages <= (image.length - (size_t)page->pgno * PAGE) / PAGE &&
                                page->run_bytes <= page->run_pages * PAGE - PAGE_HEADER
                          : page->lower <= page->upper && page->upper <= PAGE - PAGE_HEADER;
  const bool meta = page->flags == P_META && page->lower <= PAGE - PAGE_HEADER;
  if (bounds || meta)
    page->checksum = page_checksum(page, PAGE, image.seed);
}

/* ------------------------------------------------------------------------------------------------- using an image */

static unsigned long touched;

static inline void touch(const MDBX_val *val) {
  for (size_t i = 0; i < val->iov_len; ++i)
    touched += ((const uint8_t *)val->iov_base)[i];
}

/* Reads a table both ways. True if an error turned up. */
static inline bool read_table(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  MDBX_val key, data;
  if (mdbx_cursor_open(txn, dbi, &cursor) != MDBX_SUCCESS)
    return true;
  bool wrong = false;
  for (unsigned way = 0; way < 2; ++way) {
    int rc = mdbx_cursor_get(cursor, &key, &data, way ? MDBX_LAST : MDBX_FIRST);
    for (unsigned steps = 0; rc == MDBX_SUCCESS && steps < STEPS_MAX; ++steps) {
      touch(&key);
      touch(&data);
      rc = mdbx_cursor_get(cursor, &key, &data, way ? MDBX_PREV : MDBX_NEXT);
    }
    wrong |= rc != MDBX_NOTFOUND;
  }
  mdbx_cursor_close(cursor);
  return wrong;
}

/* True if a record is missing, differs, or cannot be read. */
static inline bool read_records(MDBX_txn *txn, MDBX_dbi dbi, unsigned count) {
  MDBX_val data;
  bool wrong = false;
  for (unsigned i = 0; i < count; ++i) {
    const int rc = api_get(txn, dbi, key_of(i), &data);
    if (rc == MDBX_SUCCESS)
      touch(&data);
    wrong |= rc != MDBX_SUCCESS || !api_equal(&data, value_of(i));
  }
  return wrong;
}

static inline bool read_big(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_val data;
  if (api_get(txn, dbi, "large", &data) != MDBX_SUCCESS)
    return true;
  touch(&data);
  bool wrong = data.iov_len != BIG;
  for (size_t i = 0; i < data.iov_len; ++i)
    wrong |= ((const char *)data.iov_base)[i] != 'L';
  return wrong;
}

/* True unless all data of the base image is there. */
static inline bool read_all(MDBX_env *env) {
  MDBX_txn *txn;
  MDBX_dbi dbi;
  MDBX_stat stat;
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return true;
  bool wrong = read_table(txn, DBI_FREE);
  wrong |= read_table(txn, DBI_MAIN);
  wrong |= read_records(txn, DBI_MAIN, 4);
  if (mdbx_dbi_open(txn, "t", MDBX_DB_ACCEDE, &dbi) == MDBX_SUCCESS) {
    wrong |= read_table(txn, dbi);
    wrong |= read_records(txn, dbi, RECORDS);
    wrong |= read_big(txn, dbi);
    wrong |= mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)) != MDBX_SUCCESS || stat.ms_entries != RECORDS + 1;
  } else
    wrong = true;
  mdbx_txn_abort(txn);
  return wrong;
}

static inline bool checker_complains(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  const int rc = mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  return rc != MDBX_SUCCESS || context.result.total_problems;
}

/* What is told of a page must add up, however the page looks. */
static inline int visit_page(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                             MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                             size_t unused_bytes) {
  (void)deep, (void)type, (void)nentries;
  ck_assert_uint_eq(payload_bytes + header_bytes + unused_bytes, page_size);
  ck_assert_uint_le(unused_bytes, page_size);
  ck_assert_uint_le((pgno + number) * PAGE, 1024 * 1024);
  *(uint64_t *)ctx += number + (dbi ? strlen(dbi) : 0);
  return 0;
}

static inline bool walk_complains(MDBX_env *env) {
  MDBX_txn *txn;
  uint64_t sum = 0;
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return true;
  const int rc = mdbx_env_pgwalk(txn, visit_page, &sum);
  mdbx_txn_abort(txn);
  return rc != MDBX_SUCCESS;
}

static inline void update_some(MDBX_txn *txn, MDBX_dbi dbi) {
  char longer[150];
  memset(longer, 'x', sizeof(longer) - 1);
  longer[sizeof(longer) - 1] = 0;
  for (unsigned i = 0; i < RECORDS; i += 5) {
    api_put(txn, dbi, key_of(i), i % 2 ? "" : longer, MDBX_UPSERT);
    api_put(txn, dbi, key_of(i + 1000), longer, MDBX_UPSERT);
    api_del(txn, dbi, key_of(i + 1));
  }
  api_put(txn, dbi, "large", "small", MDBX_UPSERT);
}

static inline void delete_all(MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_cursor *cursor;
  if (mdbx_cursor_open(txn, dbi, &cursor) != MDBX_SUCCESS)
    return;
  for (unsigned steps = 0; steps < STEPS_MAX; ++steps)
    if (mdbx_cursor_get(cursor, NULL, NULL, MDBX_NEXT) != MDBX_SUCCESS ||
        mdbx_cursor_del(cursor, MDBX_UPSERT) != MDBX_SUCCESS)
      break;
  mdbx_cursor_close(cursor);
}

/* Takes pages from the end, which the file does not have yet, gives most of them back, and reads and changes everything
 * then: a reference may lead there. */
static inline void grow_and_change(MDBX_txn *txn, MDBX_dbi dbi) {
  static uint8_t bytes[PAGE];
  for (uint32_t i = 0; i < image.length / PAGE + 60; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT);
  }
  /* All but the last ones are free again, and were never written. */
  for (uint32_t i = 0; i < image.length / PAGE + 50; ++i) {
    MDBX_val key = {&i, sizeof(i)};
    mdbx_del(txn, DBI_MAIN, &key, NULL);
  }
  read_table(txn, dbi);
  read_big(txn, dbi);
  update_some(txn, dbi);
  delete_all(txn, dbi);
}

enum { CHANGES = 7, DEFRAG = 5, GROWTH = 6 };

/* Each kind of change in a transaction of its own; defragmentation has several. */
static inline void change(MDBX_env *env, unsigned kind) {
  MDBX_txn *txn;
  MDBX_dbi dbi;
  if (kind == DEFRAG) {
    mdbx_env_defrag(env, 0, 0, 0, 0, 0, 10, NULL, NULL, NULL);
    return;
  }
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn) != MDBX_SUCCESS)
    return;
  const int opened = mdbx_dbi_open(txn, "t", MDBX_DB_ACCEDE, &dbi);
  if (kind == 0 && opened == MDBX_SUCCESS)
    update_some(txn, dbi);
  else if (kind == 1 && opened == MDBX_SUCCESS)
    delete_all(txn, dbi);
  else if (kind == 2 && opened == MDBX_SUCCESS)
    mdbx_drop(txn, dbi, true);
  else if (kind == 3)
    update_some(txn, DBI_MAIN);
  else if (kind == 4)
    mdbx_drop(txn, DBI_MAIN, false);
  else if (kind == GROWTH && opened == MDBX_SUCCESS)
    grow_and_change(txn, dbi);
  mdbx_txn_commit(txn);
}

static inline void write_image(void) {
  api_write_file(API_DB, image.bytes, image.length);
  unlink(unit_path(API_DB MDBX_LOCK_SUFFIX));
}

static inline void copy_both_ways(MDBX_env *env) {
  static const MDBX_copy_flags_t flags[] = {MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH,
                                            MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | MDBX_CP_COMPACT};
  for (unsigned i = 0; i < 2; ++i)
    mdbx_env_copy(env, unit_path("copy"), flags[i]);
}

/* Whatever was read, nothing was written that cannot be opened. */
static inline void must_open(unsigned flags) {
  MDBX_env *env = api_create();
  OK(api_try_open(env, flags));
  OK(mdbx_env_close_ex(env, true));
}

/* One life of the image: reads, and with a kind of change (from 1 on) that. True if somebody noticed the damage; wrong
 * data that nobody notices is a failure. */
static inline bool live(unsigned flags, unsigned kind) {
  write_image();
  MDBX_env *env = api_create();
  const int rc = api_try_open(env, flags);
  bool noticed = rc != MDBX_SUCCESS;
  if (!noticed) {
    const bool complains = checker_complains(env), wrong = read_all(env);
    ck_assert_msg(complains || !wrong, "wrong data, and the checker is content");
    ck_assert_msg(complains || !walk_complains(env), "the walk over the pages fails, and the checker is content");
    noticed = complains;
    if (kind)
      change(env, kind - 1);
    else
      copy_both_ways(env);
    walk_complains(env);
    if (kind) {
      checker_complains(env);
      read_all(env);
    }
  }
  OK(mdbx_env_close_ex(env, kind != 1));
  if (kind && rc == MDBX_SUCCESS)
    must_open(flags);
  return noticed;
}

enum { FAST = MDBX_UTTERLY_NOSYNC };

/* All lives of an image. */
static inline bool exercise(void) {
  bool noticed = live(MDBX_RDONLY, 0);
  noticed &= live(FAST, 0);
  for (unsigned kind = 1; kind <= CHANGES; ++kind) {
    noticed &= live(FAST, kind);
    noticed &= live(FAST | MDBX_WRITEMAP, kind);
  }
  return noticed;
}

static inline void restore(void) { memcpy(image.bytes, image.pristine, image.length); }

/* ------------------------------------------------------------------------------------------------------- programs */

static inline TCase *image_case(Suite *suite, const char *name) {
  TCase *tcase = tcase_create(name);
  tcase_add_unchecked_fixture(tcase, make_base, drop_base);
  tcase_add_checked_fixture(tcase, load_base, unload_base);
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  return tcase;
}

static inline Suite *corruption_suite(const char *name) {
  api_no_audit = true;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  return suite_create(name);
}

#endif
