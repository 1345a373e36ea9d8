/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that are damaged, crafted, cut short, or no databases at all.
 *
 * Crafted images carry valid checksums, so that it is the checks of structure that are tested. Each is opened in several
 * modes, checked, read, changed, copied and emptied: nothing may crash, hang, or leave an environment that cannot be
 * closed; and the checker has to notice what is wrong.
 */
#include "api.h"

#include "file/meta.h"
#include "format/branch.h"
#include "format/leaf.h"
#include "format/page.h"
#include "gc/gc_record.h"

#include <limits.h>

enum { PAGE = 512, RECORDS = 70, BIG = 3000, STEPS_MAX = 5000 };

/* ---------------------------------------------------------------------------------------------------- the base image */

static const char *key_of(unsigned i) {
  static char text[4][24];
  char *key = text[i % 4];
  snprintf(key, sizeof(text[0]), "key%04u", i);
  return key;
}

static const char *value_of(unsigned i) {
  static char text[40];
  snprintf(text, sizeof(text), "value %u of the record", i);
  return text;
}

static void put_big(MDBX_txn *txn, MDBX_dbi dbi, unsigned char fill, size_t length) {
  static unsigned char bytes[200000];
  const MDBX_val key = api_val("large");
  MDBX_val data = {bytes, length};
  memset(bytes, fill, length);
  OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
}

static void fill_tables(MDBX_txn *txn) {
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  for (unsigned i = 0; i < RECORDS; ++i)
    OK(api_put(txn, dbi, key_of(i), value_of(i), MDBX_UPSERT));
  for (unsigned i = 0; i < 4; ++i)
    OK(api_put(txn, DBI_MAIN, key_of(i), value_of(i), MDBX_UPSERT));
  put_big(txn, dbi, 'L', BIG);
}

/* Some pages are free, more than the list of a meta is for, and the newest three commits hold the same data. */
static void build_base(void) {
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

static struct page *page_at(pgno_t pgno) {
  ck_assert_uint_lt((size_t)pgno * PAGE, image.length);
  return (struct page *)(void *)(image.bytes + (size_t)pgno * PAGE);
}

static struct leaf_item *node_of(const struct page *leaf, const char *key, struct leaf_item *item) {
  for (unsigned i = 0; i < leaf->count; ++i) {
    leaf_get(leaf, i, item);
    if (item->key_length == strlen(key) && memcmp(item->key, key, item->key_length) == 0)
      return item;
  }
  return NULL;
}

static struct page *leaf_with(const char *key, struct leaf_item *item) {
  for (pgno_t pgno = PGNO_FIRST; pgno < image.head->meta.next; ++pgno) {
    struct page *page = page_at(pgno);
    if (page->flags == P_LEAF && page->pgno == pgno && page->txnid <= image.head->header.txnid &&
        page->lower <= page->upper && page->upper <= PAGE - PAGE_HEADER && node_of(page, key, item))
      return page;
  }
  ck_abort_msg("no leaf has %s", key);
}

static void find_parts(void) {
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
static void make_base(void) {
  unit_setup();
  build_base();
  image.pristine = api_read_file(API_DB, &image.length);
  unit_teardown();
}

static void drop_base(void) { free(image.pristine); }

static void load_base(void) {
  unit_setup();
  image.bytes = malloc(image.length);
  memcpy(image.bytes, image.pristine, image.length);
  find_parts();
}

static void unload_base(void) {
  free(image.bytes);
  unit_teardown();
}

static void seal(struct page *page) {
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

static void touch(const MDBX_val *val) {
  for (size_t i = 0; i < val->iov_len; ++i)
    touched += ((const uint8_t *)val->iov_base)[i];
}

/* Reads a table both ways. True if an error turned up. */
static bool read_table(MDBX_txn *txn, MDBX_dbi dbi) {
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
static bool read_records(MDBX_txn *txn, MDBX_dbi dbi, unsigned count) {
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

static bool read_big(MDBX_txn *txn, MDBX_dbi dbi) {
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
static bool read_all(MDBX_env *env) {
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

static bool checker_complains(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  const int rc = mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0);
  return rc != MDBX_SUCCESS || context.result.total_problems;
}

/* What is told of a page must add up, however the page looks. */
static int visit_page(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                      MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                      size_t unused_bytes) {
  (void)deep, (void)type, (void)nentries;
  ck_assert_uint_eq(payload_bytes + header_bytes + unused_bytes, page_size);
  ck_assert_uint_le(unused_bytes, page_size);
  ck_assert_uint_le((pgno + number) * PAGE, 1024 * 1024);
  *(uint64_t *)ctx += number + (dbi ? strlen(dbi) : 0);
  return 0;
}

static bool walk_complains(MDBX_env *env) {
  MDBX_txn *txn;
  uint64_t sum = 0;
  if (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS)
    return true;
  const int rc = mdbx_env_pgwalk(txn, visit_page, &sum);
  mdbx_txn_abort(txn);
  return rc != MDBX_SUCCESS;
}

static void update_some(MDBX_txn *txn, MDBX_dbi dbi) {
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

static void delete_all(MDBX_txn *txn, MDBX_dbi dbi) {
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
static void grow_and_change(MDBX_txn *txn, MDBX_dbi dbi) {
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
static void change(MDBX_env *env, unsigned kind) {
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

static void write_image(void) {
  api_write_file(API_DB, image.bytes, image.length);
  unlink(unit_path(API_DB MDBX_LOCK_SUFFIX));
}

static void copy_both_ways(MDBX_env *env) {
  static const MDBX_copy_flags_t flags[] = {MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH,
                                            MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | MDBX_CP_COMPACT};
  for (unsigned i = 0; i < 2; ++i)
    mdbx_env_copy(env, unit_path("copy"), flags[i]);
}

/* Whatever was read, nothing was written that cannot be opened. */
static void must_open(unsigned flags) {
  MDBX_env *env = api_create();
  OK(api_try_open(env, flags));
  OK(mdbx_env_close_ex(env, true));
}

/* One life of the image: reads, and with a kind of change (from 1 on) that. True if somebody noticed the damage; wrong
 * data that nobody notices is a failure. */
static bool live(unsigned flags, unsigned kind) {
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
static bool exercise(void) {
  bool noticed = live(MDBX_RDONLY, 0);
  noticed &= live(FAST, 0);
  for (unsigned kind = 1; kind <= CHANGES; ++kind) {
    noticed &= live(FAST, kind);
    noticed &= live(FAST | MDBX_WRITEMAP, kind);
  }
  return noticed;
}

static void restore(void) {
  memcpy(image.bytes, image.pristine, image.length);
}

START_TEST(base_image_is_sound) { ck_assert(!exercise()); }
END_TEST

/* ------------------------------------------------------------------------------------------------- crafted by field */

enum place { IN_TABLE, IN_MAIN, IN_GC, IN_META, ON_BRANCH, ON_LEAF, ON_RUN, ON_FREE_LEAF };

struct craft {
  enum place place;
  unsigned offset, width;
  uint64_t value;
  bool relative; /* to be added */
};

#define RECORD(place, field, value) {place, offsetof(struct table_record, field), \
                                     sizeof(((struct table_record *)0)->field), value, false}
#define RECORD_BY(place, field, delta) {place, offsetof(struct table_record, field), \
                                        sizeof(((struct table_record *)0)->field), (uint64_t)(delta), true}
#define HEADER(place, field, value) {place, offsetof(struct page, field), sizeof(((struct page *)0)->field), value, false}
#define HEADER_BY(place, field, delta) {place, offsetof(struct page, field), sizeof(((struct page *)0)->field), \
                                        (uint64_t)(delta), true}
#define META(field, value) {IN_META, offsetof(struct meta, field), sizeof(((struct meta *)0)->field), value, false}

#define RECORD_CLASSES(place)                                                                                          \
  RECORD(place, flags, 0x10), RECORD(place, flags, 0x18), RECORD(place, flags, 0x20), RECORD(place, flags, 0x40),      \
      RECORD(place, flags, 0x0a), RECORD(place, flags, 0x80), RECORD(place, depth, 0), RECORD(place, depth, 200),    \
      RECORD(place, depth, 0xff), RECORD_BY(place, depth, 1), RECORD(place, root, 0), RECORD(place, root, 1),        \
      RECORD(place, root, 2), RECORD(place, root, 0xffffffff), RECORD(place, root, 0x7fffffff),                        \
      RECORD(place, root, 4000), RECORD_BY(place, items, 1), RECORD_BY(place, items, -1), RECORD(place, items, 0),     \
      RECORD_BY(place, leaf_pages, 1), RECORD_BY(place, branch_pages, 1), RECORD_BY(place, large_pages, 1), \
      RECORD_BY(place, root_birth, 1)

/* The record of table 0 is another one. */
#define GC(field, value) {IN_GC, offsetof(struct gc_record, field), sizeof(((struct gc_record *)0)->field), value, false}
#define GC_BY(field, delta) {IN_GC, offsetof(struct gc_record, field), sizeof(((struct gc_record *)0)->field), \
                             (uint64_t)(delta), true}

static const struct craft crafts[] = {
    RECORD_CLASSES(IN_TABLE),
    RECORD_CLASSES(IN_MAIN),
    GC(depth, 0),
    GC(depth, 200),
    GC(depth, 0x101),
    GC(depth, 0xffff),
    GC_BY(depth, 1),
    GC(root, 0),
    GC(root, 1),
    GC(root, 2),
    GC(root, 0xffffffff),
    GC(root, 0x7fffffff),
    GC(root, 4000),
    GC_BY(items, 1),
    GC_BY(items, -1),
    GC(items, 0),
    GC_BY(leaf_pages, 1),
    GC_BY(branch_pages, 1),
    GC_BY(root_birth, 1),
    RECORD_BY(IN_TABLE, depth, -1),
    RECORD(IN_TABLE, large_pages, 0),
    META(page_size, 0),
    META(page_size, 3),
    META(page_size, 128),
    META(page_size, 768),
    META(page_size, 4096),
    META(page_size, 131072),
    META(next, 0),
    META(next, 3),
    META(next, 0x7fffffff),
    META(now, 0),
    META(now, 0xffffffff),
    META(upper, 1),
    META(lower, 0xffffffff),
    META(kind, 7),
    META(txnid_again, 1),
    META(magic, 1),
    HEADER(ON_BRANCH, flags, 0),
    HEADER(ON_BRANCH, flags, P_LEAF),
    HEADER(ON_BRANCH, flags, P_BRANCH | 0x40),
    HEADER(ON_BRANCH, flags, P_BRANCH | P_LEAF),
    HEADER(ON_BRANCH, flags, P_META),
    HEADER(ON_BRANCH, flags, P_LARGE),
    HEADER(ON_BRANCH, flags, P_BRANCH | P_NOHEADS),
    HEADER(ON_LEAF, flags, P_BRANCH),
    HEADER(ON_LEAF, flags, P_LEAF | P_DUPFIX),
    HEADER(ON_LEAF, flags, P_LEAF | P_NOHEADS),
    HEADER(ON_LEAF, flags, P_LEAF | 0x8000),
    HEADER(ON_LEAF, flags, P_LARGE),
    HEADER(ON_LEAF, count, 0),
    HEADER(ON_LEAF, count, 0xffff),
    HEADER_BY(ON_LEAF, count, 1),
    HEADER_BY(ON_LEAF, count, -1),
    HEADER(ON_LEAF, lower, 0),
    HEADER(ON_LEAF, lower, 0xffff),
    HEADER_BY(ON_LEAF, lower, 2),
    HEADER(ON_LEAF, upper, 0),
    HEADER(ON_LEAF, upper, 0xffff),
    HEADER(ON_LEAF, upper, PAGE - PAGE_HEADER),
    HEADER(ON_LEAF, upper, PAGE - PAGE_HEADER + 1),
    HEADER_BY(ON_LEAF, upper, -2),
    HEADER(ON_LEAF, prefix, 0xffff),
    HEADER_BY(ON_LEAF, prefix, 1),
    HEADER(ON_LEAF, pgno, 3),
    HEADER(ON_LEAF, txnid, 1000000),
    HEADER(ON_BRANCH, count, 0),
    HEADER_BY(ON_BRANCH, count, 1),
    HEADER(ON_BRANCH, lower, 0xffff),
    HEADER(ON_BRANCH, upper, 0xffff),
    HEADER(ON_BRANCH, prefix, 0xffff),
    HEADER(ON_BRANCH, pgno, 0),
    HEADER(ON_BRANCH, txnid, UINT64_MAX),
    HEADER(ON_RUN, run_pages, 0),
    HEADER(ON_RUN, run_pages, 0xffffffff),
    HEADER_BY(ON_RUN, run_pages, 1),
    HEADER(ON_RUN, run_bytes, 0),
    HEADER(ON_RUN, run_bytes, 0xffffffff),
    HEADER_BY(ON_RUN, run_bytes, -1),
    HEADER(ON_RUN, flags, P_LEAF),
    HEADER(ON_RUN, pgno, 1),
    HEADER(ON_RUN, count, 1),
    HEADER(ON_FREE_LEAF, flags, P_BRANCH),
    HEADER(ON_FREE_LEAF, count, 0),
    HEADER_BY(ON_FREE_LEAF, count, 1),
    HEADER(ON_FREE_LEAF, txnid, 1000000),
};

static void alter(uint8_t *at, const struct craft *craft) {
  uint64_t value = 0;
  memcpy(&value, at, craft->width);
  value = craft->relative ? value + craft->value : craft->value;
  memcpy(at, &value, craft->width);
}

static void craft_metas(const struct craft *craft) {
  static const size_t bases[] = {[IN_MAIN] = offsetof(struct meta, main), [IN_GC] = offsetof(struct meta, gc),
                                 [IN_META] = 0};
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    alter((uint8_t *)&meta->meta + bases[craft->place] + craft->offset, craft);
    seal(&meta->header);
  }
}

static void apply(const struct craft *craft) {
  struct page *const pages[] = {[ON_BRANCH] = image.branch, [ON_LEAF] = image.leaf, [ON_RUN] = image.run,
                                [ON_FREE_LEAF] = image.gc};
  if (craft->place == IN_TABLE) {
    alter((uint8_t *)image.record + craft->offset, craft);
    seal(image.record_page);
  } else if (craft->place <= IN_META) {
    craft_metas(craft);
  } else {
    alter((uint8_t *)pages[craft->place] + craft->offset, craft);
    seal(pages[craft->place]);
  }
}

START_TEST(crafted_fields) {
  apply(&crafts[_i]);
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
}
END_TEST

/* ------------------------------------------------------------------------------------------- crafted nodes, children */

typedef uint16_t __attribute__((aligned(1))) word;

static word *node_words(unsigned index) {
  return (word *)(void *)(page_body(image.leaf) + leaf_slots(image.leaf)[index]);
}

static unsigned index_of_large(void) {
  struct leaf_item item;
  for (unsigned i = 0; i < image.leaf->count; ++i) {
    leaf_get(image.leaf, i, &item);
    if (item.kind == NODE_LARGE)
      return i;
  }
  ck_abort_msg("no large value");
}

static struct large_ref *large_ref(void) {
  word *node = node_words(index_of_large());
  return (struct large_ref *)(void *)((uint8_t *)node + NODE_HEADER + (node[0] & NODE_LENGTH));
}

/* A reference that fits the page as it is, if there is one. */
static struct page_ref ref_to(pgno_t pgno) {
  return (struct page_ref){pgno, pgno < image.head->meta.next ? birth_bits(page_at(pgno)->txnid) : 0};
}

static void set_ref(pgno_t pgno, uint32_t bytes) {
  const struct large_ref ref = {pgno, bytes, ref_to(pgno).birth, 0};
  memcpy(large_ref(), &ref, sizeof(ref));
}

static void craft_key_length(void) { node_words(0)[0] = 0x7fff; }
static void craft_data_length(void) { node_words(0)[1] = 0x7fff; }
static void craft_data_longer(void) { node_words(0)[1] += 1; }
static void craft_data_shorter(void) { node_words(0)[1] -= 1; }
static void craft_kind_large(void) { node_words(0)[0] |= NODE_FLAG; }
static void craft_kind_other(void) { node_words(0)[1] |= NODE_FLAG; }
static void craft_kind_both(void) { node_words(0)[0] |= NODE_FLAG, node_words(0)[1] |= NODE_FLAG; }
static void craft_large_kind_off(void) {
  word *node = node_words(index_of_large());
  node[0] &= NODE_LENGTH, node[1] &= NODE_LENGTH;
}
static void craft_large_length(void) { node_words(index_of_large())[1] ^= 1; }
static void craft_slot_outside(void) { leaf_slots(image.leaf)[0] = 0xffff; }
static void craft_slot_low(void) { leaf_slots(image.leaf)[0] = 0; }
static void craft_slot_at_end(void) { leaf_slots(image.leaf)[0] = PAGE - PAGE_HEADER - 1; }
static void craft_slot_twice(void) { leaf_slots(image.leaf)[0] = leaf_slots(image.leaf)[1]; }
static void craft_slots_swapped(void) {
  uint16_t *slots = leaf_slots(image.leaf);
  const uint16_t first = slots[0];
  slots[0] = slots[1], slots[1] = first;
}
static void craft_ref_beyond(void) { set_ref(image.head->meta.next, BIG); }
static void craft_ref_behind_file(void) { set_ref((pgno_t)(image.length / PAGE) + 10, BIG); }
static void craft_ref_across_end(void) { set_ref(image.head->meta.next - 1, BIG * 8); }
static void craft_ref_to_meta(void) { set_ref(1, BIG); }
static void craft_ref_to_leaf(void) { set_ref(image.leaf->pgno, BIG); }
static void craft_ref_far(void) { set_ref(0xfffffff0, BIG); }
static void craft_ref_bytes(void) { set_ref(image.run->pgno, 0xffffffff); }
static void craft_ref_more(void) { set_ref(image.run->pgno, BIG + 1); }
static void craft_ref_none(void) { set_ref(image.run->pgno, 0); }
static void craft_ref_version(void) {
  const uint16_t birth = (uint16_t)(birth_bits(image.run->txnid) - 1);
  memcpy((uint8_t *)large_ref() + offsetof(struct large_ref, birth), &birth, sizeof(birth));
}

static void (*const node_crafts[])(void) = {
    craft_key_length,   craft_data_length, craft_data_longer,    craft_data_shorter, craft_kind_large,
    craft_kind_other,   craft_kind_both,   craft_large_kind_off, craft_large_length, craft_slot_outside,
    craft_slot_low,     craft_slot_at_end, craft_slot_twice,     craft_slots_swapped, craft_ref_beyond,
    craft_ref_to_meta,  craft_ref_to_leaf, craft_ref_far,        craft_ref_bytes,    craft_ref_more,
    craft_ref_none,     craft_ref_version, craft_ref_behind_file, craft_ref_across_end,
};
enum { NODE_CRAFTS = sizeof(node_crafts) / sizeof(*node_crafts) };

START_TEST(crafted_nodes) {
  node_crafts[_i]();
  seal(image.leaf);
  if (node_crafts[_i] == craft_large_kind_off) { /* sound as a file: a short value of eight bytes */
    write_image();
    MDBX_env *env = api_open(MDBX_RDONLY);
    ck_assert(checker_complains(env));
    OK(mdbx_env_close(env));
    return;
  }
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
}
END_TEST

/* What the checker says of a record comes with its key. */
static unsigned keys_told;

static void hear_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                       const char *format, va_list args) {
  MDBX_val key = {NULL, 0};
  (void)object, (void)entry, (void)format, (void)args;
  const bool of_record = strcmp(issue, "keys are out of order") == 0;
  IS(mdbx_env_chk_key(ctx, &key), of_record ? MDBX_SUCCESS : MDBX_NOTFOUND);
  IS(mdbx_env_chk_key(ctx, NULL), MDBX_EINVAL);
  keys_told += of_record;
  if (of_record)
    ck_assert(key.iov_len == 7 && memcmp(key.iov_base, "key", 3) == 0);
}

START_TEST(checker_tells_the_key) {
  MDBX_chk_callbacks_t callbacks = {.issue = hear_issue};
  MDBX_chk_context_t context;
  MDBX_val key;
  uint16_t *slots = leaf_slots(image.leaf), slot = slots[0];
  uint32_t *heads = leaf_heads(image.leaf), head = heads[0];
  slots[0] = slots[1], slots[1] = slot;
  heads[0] = heads[1], heads[1] = head;
  image.record->leaf_pages += 1;
  seal(image.leaf);
  seal(image.record_page);
  write_image();
  MDBX_env *env = api_open(MDBX_RDONLY);
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_eq(context.result.total_problems, keys_told + 1);
  ck_assert_uint_eq(keys_told, 1);
  IS(mdbx_env_chk_key(&context, &key), MDBX_EINVAL);
  IS(mdbx_env_chk_key(NULL, &key), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

static void set_child(unsigned index, pgno_t pgno) { branch_set_child(image.branch, index, ref_to(pgno)); }

START_TEST(crafted_children) {
  const pgno_t first = branch_child(image.branch, 0).pgno, second = branch_child(image.branch, 1).pgno;
  switch (_i) {
  case 0:
    set_child(1, 0);
    break;
  case 1:
    set_child(1, image.head->meta.next);
    break;
  case 2:
    set_child(1, 0xffffffff);
    break;
  case 3:
    set_child(1, image.branch->pgno);
    break;
  case 4:
    set_child(1, first);
    break;
  case 5:
    set_child(0, second);
    set_child(1, first);
    break;
  case 6:
    set_child(1, image.record_page->pgno);
    break;
  case 7:
    set_child(1, image.gc->pgno);
    break;
  case 8:
    set_child(1, image.run->pgno);
    break;
  case 9:
    set_child(1, image.run->pgno + 1);
    break;
  default: /* another version of the page */
    branch_set_child(image.branch, 1, (struct page_ref){second, (uint16_t)(ref_to(second).birth - 1)});
  }
  seal(image.branch);
  ck_assert_msg(exercise(), "class %d passes unnoticed", _i);
  write_image();
  MDBX_env *env = api_open(MDBX_RDONLY);
  ck_assert_msg(_i == 5 || walk_complains(env), "class %d: the walk over the pages sees nothing wrong", _i);
  OK(mdbx_env_close(env));
}
END_TEST

/* Separators of the branch, as they are given, without a common prefix. */
static void set_separators(const char *const *texts) {
  struct page *page = image.branch;
  struct page_ref children[64];
  for (unsigned i = 0; i < page->count; ++i)
    children[i] = branch_child(page, i);
  const unsigned count = page->count;
  page_init(page, PAGE, page->pgno, page->txnid, P_BRANCH);
  page->count = (uint16_t)count;
  page->lower = (uint16_t)(count * BRANCH_ENTRY);
  for (unsigned i = 0; i < count; ++i) {
    const uint8_t *text = (const uint8_t *)(i ? texts[i - 1] : "");
    const size_t length = i ? strlen(texts[i - 1]) : 0, tail = length > TAIL_INLINE ? length - TAIL_INLINE : 0;
    branch_heads(page)[i] = head_make(text, length, 0);
    branch_set_child(page, i, children[i]);
    branch_tails(page)[i] = (uint16_t)length;
    if (!tail)
      continue;
    page->upper = (uint16_t)(page->upper - TAIL_HEADER - tail);
    put_u16(page_body(page) + page->upper, (uint16_t)length);
    memcpy(page_body(page) + page->upper + TAIL_HEADER, text + TAIL_INLINE, tail);
    branch_tails(page)[i] = page->upper;
  }
  ck_assert_uint_le(page->lower, page->upper);
  seal(page);
}

/* The outer separators share more than those between them have. */
START_TEST(crafted_separators) {
  char outer[2][160];
  const char *texts[64], *const inner[] = {"b", "", "key1", "zz"};
  const unsigned last = image.branch->count - 2u;
  for (unsigned i = 0; i < 2; ++i) {
    memset(outer[i], 'a', sizeof(outer[i]));
    outer[i][80 + 20 * (unsigned)(_i / 4)] = 0;
    outer[i][i] = (char)(outer[i][i] + (_i / 8 ? i : 0));
    memcpy(outer[i], "key0", 4);
  }
  for (unsigned i = 0; i <= last; ++i)
    texts[i] = inner[_i % 4];
  texts[0] = outer[0];
  texts[last] = outer[1];
  set_separators(texts);
  ck_assert(exercise());
}
END_TEST

/* A branch whose children are all the same page. */
static void make_funnel(struct page *page, pgno_t pgno, struct page_ref child) {
  enum { CHILDREN = 40 };
  memset(page_body(page), 0, PAGE - PAGE_HEADER);
  page->pgno = pgno;
  page->flags = P_BRANCH;
  page->count = CHILDREN;
  page->prefix = 0;
  page->lower = CHILDREN * BRANCH_ENTRY;
  page->upper = PAGE - PAGE_HEADER;
  for (unsigned i = 0; i < CHILDREN; ++i) {
    branch_set_child(page, i, child);
    branch_tails(page)[i] = i ? 1 : 0;
    page_body(page)[4 * i] = (uint8_t)i;
  }
  seal(page);
}

/* Branches that have the next one as every child: short as a file, endless as a tree. */
START_TEST(crafted_endless_tree) {
  struct table_record record;
  struct page_ref leaves[16];
  const unsigned count = image.branch->count < 16 ? image.branch->count : 16;
  ck_assert_uint_ge(count, 6);
  for (unsigned i = 0; i < count; ++i)
    leaves[i] = branch_child(image.branch, i);
  for (unsigned i = 0; i + 1 < count; ++i)
    make_funnel(page_at(leaves[i].pgno), leaves[i].pgno, leaves[i + 1]);
  make_funnel(image.branch, image.branch->pgno, leaves[0]);
  memcpy(&record, image.record, sizeof(record));
  record.depth = (uint8_t)(count + 1);
  memcpy(image.record, &record, sizeof(record));
  seal(image.record_page);
  ck_assert(exercise());
}
END_TEST

/* Every child of a branch is one and the same leaf: a scan must end with an error, not go round. */
START_TEST(crafted_circle_of_leaves) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_cursor *cursor;
  MDBX_val key, value;
  unsigned steps = 0;
  int rc;
  for (unsigned i = 1; i < image.branch->count; ++i)
    branch_set_child(image.branch, i, branch_child(image.branch, 0));
  seal(image.branch);
  write_image();
  env = api_open(MDBX_RDONLY);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(txn, api_table(txn, "t", MDBX_DB_ACCEDE), &cursor));
  while ((rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT)) == MDBX_SUCCESS)
    ck_assert_uint_lt(++steps, 1000);
  ck_assert_int_eq(rc, MDBX_CORRUPTED);
  ck_assert_int_eq(mdbx_cursor_reset(cursor), MDBX_SUCCESS);
  for (steps = 0; (rc = mdbx_cursor_get(cursor, &key, &value, MDBX_PREV)) == MDBX_SUCCESS;)
    ck_assert_uint_lt(++steps, 1000);
  ck_assert_int_eq(rc, MDBX_CORRUPTED);
  mdbx_cursor_close(cursor);
  ck_assert_int_eq(mdbx_txn_abort(txn), MDBX_SUCCESS);
  ck_assert_int_eq(mdbx_env_close(env), MDBX_SUCCESS);
}
END_TEST

/* The free-space record number `index`: its bytes, to be changed. */
static uint8_t *free_record(unsigned index, size_t *length, uint8_t **key) {
  struct leaf_item item;
  if (index >= image.gc->count)
    return NULL;
  leaf_get(image.gc, index, &item);
  *length = item.data_length;
  *key = (uint8_t *)(uintptr_t)item.key;
  return (uint8_t *)(uintptr_t)item.data;
}

enum { FREE_CRAFTS = 8 };

static void craft_free_record(uint8_t *key, uint8_t *value, size_t length, int kind) {
  switch (kind) {
  case 0:
    key[0] = 0;
    break;
  case 1:
    key[0] = 9;
    break;
  case 2: /* of a transaction, or a region, to come */
    memset(key + 1, 0x7f, 7);
    break;
  case 3:
    memset(value, 0xff, length);
    break;
  case 4: /* one more entry than there is */
    value[0] = value[1] = 0xff;
    break;
  case 5: /* nothing listed: pages are lost */
    memset(value, 0, length);
    break;
  case 6: /* numbers that never end */
    memset(value + 2, 0x80, length - 2);
    break;
  default: /* another page than the one that is free */
    value[key[0] == 1 ? 3 : 2] ^= 1;
  }
}

START_TEST(crafted_free_space) {
  size_t length;
  uint8_t *key, *value;
  ck_assert_uint_ge(image.gc->count, 1);
  for (unsigned index = 0; (value = free_record(index, &length, &key)) != NULL; ++index) {
    craft_free_record(key, value, length, _i);
    seal(image.gc);
    ck_assert_msg(exercise(), "record %u of %u, kind %d, class %d passes unnoticed", index, image.gc->count, key[0], _i);
    restore();
  }
}
END_TEST

struct pages_seen {
  pgno_t last;
  uint32_t runs;
};

static int see_run(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  struct pages_seen *seen = context;
  (void)birth;
  ck_assert_uint_ge(pages, 1);
  ck_assert_uint_gt(pgno, seen->last);
  seen->last = pgno + pages - 1;
  seen->runs += 1;
  return MDBX_SUCCESS;
}

/* Table 0 as one leaf of the crafted records. */
static void make_free_table(const struct gc_key *keys, const char *const *values, const size_t *lengths,
                            unsigned count) {
  struct page *page = image.gc;
  page_init(page, PAGE, page->pgno, page->txnid, P_LEAF);
  for (unsigned i = 0; i < count; ++i) {
    uint8_t bytes[GC_KEY_SIZE];
    struct seek_key key;
    gc_key_encode(&keys[i], bytes);
    key_prepare(&key, ORDER_BYTES, bytes, sizeof(bytes), NULL);
    memcpy(leaf_insert(page, ORDER_BYTES, i, &key, NODE_PLAIN, lengths[i]), values[i], lengths[i]);
  }
  seal(page);
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->meta.gc.items = count;
    seal(&meta->header);
  }
}

/* Records that lead a search for free pages astray: it must end all the same. */
START_TEST(crafted_free_keys) {
  static const char *const empty[] = {"\0\0\0", "\0\0\0", "\0\0\0"};
  static const size_t lengths[] = {3, 3, 3};
  const struct gc_key sets[][3] = {
      /* region numbers that are small again when multiplied by the span */
      {{GC_FREE, UINT64_C(1) << 54, 0}, {GC_FREE, (UINT64_C(1) << 54) + 1, 0}, {GC_FRESH, 1, 0}},
      /* descending: whoever looks behind the first finds the second, and before that the first */
      {{GC_FRESH, 5, 0}, {GC_FRESH, 3, 0}, {GC_FRESH, 4, 0}},
      {{GC_FREE, 3, 0}, {GC_FREE, 2, 0}, {GC_FREE, 1, 0}},
      {{GC_HELD, 3, 0}, {GC_HELD, 2, 0}, {GC_HELD, 1, 0}},
      /* of a transaction there cannot be */
      {{GC_FRESH, 0, 0}, {GC_FRESH, 0, 1}, {GC_FRESH, 0, 2}},
  };
  make_free_table(sets[_i], empty, lengths, 3);
  ck_assert(exercise());
  ck_assert(live(FAST | MDBX_LIFORECLAIM, 1));
}
END_TEST

/* Gaps and lengths that wrap round: a run before its region, and one of no pages. */
START_TEST(crafted_free_runs) {
  static const struct gc_key keys[] = {{GC_FREE, 0, 0}};
  static const char *const values[] = {
      "\0\2\0" "\12\0" "\373\377\377\377\377\377\377\377\377\1\0",
      "\0\1\0" "\12\377\377\377\377\377\377\377\377\377\1" "\0\0",
  };
  static const size_t lengths[] = {3 + 2 + 11, 3 + 11 + 2};
  struct pages_seen seen = {0, 0};
  IS(gc_free_decode((const uint8_t *)values[_i], lengths[_i], 0, gc_span(PAGE), 100, see_run, &seen), MDBX_CORRUPTED);
  make_free_table(keys, &values[_i], &lengths[_i], 1);
  ck_assert(exercise());
}
END_TEST

/* Pages listed as free that are children of the branch, from the one number `first` on. */
START_TEST(crafted_free_children) {
  static const struct gc_key key = {GC_FREE, 0, 0};
  struct pgset set;
  uint8_t bytes[PAGE];
  pgset_init(&set);
  for (unsigned i = (unsigned)_i; i < image.branch->count; ++i)
    OK(pgset_add(&set, branch_child(image.branch, i).pgno, 1));
  const size_t length = gc_free_encode(&set, 0, gc_span(PAGE), bytes, sizeof(bytes));
  const char *const value = (const char *)bytes;
  pgset_destroy(&set);
  make_free_table(&key, &value, &length, 1);
  ck_assert(exercise());
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- every byte */

static struct page *fuzzed_page(unsigned number) {
  struct page *const pages[] = {image.branch, image.leaf, image.record_page, image.gc, &image.head->header, image.run};
  return pages[number];
}

/* Each byte of a page altered, with a checksum that says so was meant. What comes out may be data, but nobody crashes,
 * loops or overruns. */
START_TEST(sealed_bytes) {
  struct page *page = fuzzed_page((unsigned)_i);
  static const uint8_t masks[] = {0xff, 0x01, 0x80, 0x10};
  for (unsigned at = 0; at < PAGE; at += UNIT_SANITIZED ? 3 : 1) {
    if (page == image.run && at == PAGE_HEADER)
      break;
    ((uint8_t *)page)[at] ^= masks[(at / 2) % 4];
    if (at < 8 || at >= 16)
      seal(page);
    write_image();
    MDBX_env *env = api_create();
    if (api_try_open(env, at % 3 ? FAST : FAST | MDBX_WRITEMAP) == MDBX_SUCCESS) {
      checker_complains(env);
      read_all(env);
      change(env, at % 5);
      change(env, (at + 1) % 5);
      checker_complains(env);
    }
    OK(mdbx_env_close_ex(env, at % 16 != 0));
    restore();
  }
}
END_TEST

/* One byte of the file flipped: an error, or the right data, or the checker complains. */
static void flip_and_read(size_t at, unsigned flags) {
  const int fd = open(unit_path(API_DB), O_WRONLY);
  const uint8_t flipped = image.pristine[at] ^ (uint8_t)(1u << (at % 8));
  ck_assert_int_eq(pwrite(fd, &flipped, 1, (off_t)at), 1);
  MDBX_env *env = api_create();
  const int rc = api_try_open(env, flags);
  if (rc == MDBX_SUCCESS) {
    const bool wrong = read_all(env);
    if (wrong || at % 16 == 0)
      ck_assert_msg(checker_complains(env) || !wrong, "byte %zu: wrong data, and the checker is content", at);
  }
  OK(mdbx_env_close_ex(env, true));
  if (flags & MDBX_RDONLY)
    ck_assert_int_eq(pwrite(fd, &image.pristine[at], 1, (off_t)at), 1);
  else
    write_image();
  close(fd);
}

START_TEST(flipped_bytes) {
  const size_t third = image.length / 3 + 1, begin = third * (unsigned)_i;
  write_image();
  for (size_t at = begin; at < begin + third && at < image.length; at += UNIT_SANITIZED ? 5 : 1)
    flip_and_read(at, MDBX_RDONLY);
  for (size_t at = begin; at < begin + third && at < image.length; at += 11)
    flip_and_read(at, FAST);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- no database at all */

START_TEST(truncated_files) {
  const size_t length = image.length;
  for (size_t keep = 1; keep < length; keep += 499) {
    for (unsigned mode = 0; mode < 3; ++mode) {
      static const unsigned modes[] = {MDBX_RDONLY, FAST, FAST | MDBX_WRITEMAP};
      image.length = keep;
      write_image();
      image.length = length;
      MDBX_env *env = api_create();
      if (api_try_open(env, modes[mode]) == MDBX_SUCCESS) {
        const bool wrong = read_all(env);
        ck_assert(checker_complains(env) || !wrong);
        for (unsigned kind = 0; modes[mode] != MDBX_RDONLY && kind < 5; ++kind)
          change(env, kind);
      }
      OK(mdbx_env_close(env));
    }
  }
}
END_TEST

static void stays_as_it_is(const void *bytes, size_t length) {
  static const unsigned modes[] = {MDBX_RDONLY, 0, MDBX_WRITEMAP, FAST, MDBX_EXCLUSIVE};
  for (unsigned i = 0; i < sizeof(modes) / sizeof(*modes); ++i) {
    api_write_file(API_DB, bytes, length);
    MDBX_env *env = api_create();
    IS(api_try_open(env, modes[i]), MDBX_INVALID);
    OK(mdbx_env_close(env));
    ck_assert_int_ne(access(unit_path(API_DB MDBX_LOCK_SUFFIX), F_OK), 0);
    size_t now;
    uint8_t *present = api_read_file(API_DB, &now);
    ck_assert_uint_eq(now, length);
    ck_assert_int_eq(memcmp(present, bytes, length), 0);
    free(present);
  }
}

START_TEST(foreign_files) {
  static uint8_t bytes[200000];
  uint64_t random = 42;
  for (size_t length = 1; length <= 100; ++length) {
    for (size_t i = 0; i < length; ++i)
      bytes[i] = (uint8_t)unit_random(&random);
    stays_as_it_is(bytes, length);
  }
  static const size_t lengths[] = {255, 256, 4095, 4096, 12288, 200000};
  for (unsigned i = 0; i < 6; ++i) {
    memset(bytes, 'a', lengths[i]);
    stays_as_it_is(bytes, lengths[i]);
  }
  memset(bytes, 0, sizeof(bytes));
  static const size_t blank[] = {1, 100, 4095, 4096, 12288, 65536};
  for (unsigned i = 0; i < 6; ++i)
    stays_as_it_is(bytes, blank[i]);
  stays_as_it_is("a text file\n", 12);
}
END_TEST

START_TEST(directories_and_versions) {
  ck_assert_int_eq(mkdir(unit_path("dir"), 0700), 0);
  MDBX_env *env = api_create();
  IS(mdbx_env_open(env, unit_path("dir"), MDBX_RDONLY, 0600), MDBX_ENOFILE);
  OK(mdbx_env_close(env));
  rmdir(unit_path("dir"));
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->meta.magic += UINT64_C(1) << 56;
    seal(&meta->header);
  }
  write_image();
  for (unsigned readonly = 0; readonly < 2; ++readonly) {
    env = api_create();
    IS(api_try_open(env, readonly ? MDBX_RDONLY : 0), MDBX_VERSION_MISMATCH);
    OK(mdbx_env_close(env));
  }
  size_t length;
  uint8_t *present = api_read_file(API_DB, &length);
  ck_assert_uint_eq(length, image.length);
  ck_assert_int_eq(memcmp(present, image.bytes, length), 0);
  free(present);
}
END_TEST

/* What an engine of a later version may do with a database or with a table is refused, not guessed at. */
START_TEST(optional_features) {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  image.head->header.features = 1;
  seal(&image.head->header);
  write_image();
  for (unsigned readonly = 0; readonly < 2; ++readonly) {
    env = api_create();
    IS(api_try_open(env, readonly ? MDBX_RDONLY : 0), MDBX_INCOMPATIBLE);
    OK(mdbx_env_close(env));
  }
  image.head->header.features = 0;
  seal(&image.head->header);
  for (unsigned feature = 1; feature < 0x100; feature *= 2) {
    image.record->features = (uint8_t)feature;
    seal(image.record_page);
    write_image();
    env = api_create();
    OK(api_try_open(env, 0));
    OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    IS(mdbx_dbi_open(txn, "t", MDBX_DB_ACCEDE, &dbi), MDBX_INCOMPATIBLE);
    OK(mdbx_txn_abort(txn));
    OK(mdbx_env_close(env));
  }
  image.record->features = 0;
  seal(image.record_page);
  image.head->meta.main.features = TABLE_COUNTED;
  seal(&image.head->header);
  write_image();
  env = api_create();
  OK(api_try_open(env, 0));
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_INCOMPATIBLE);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(two_metas_of_one_commit) {
  struct meta_page *other = NULL;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot)
    if (page_at(slot) != &image.head->header)
      other = (struct meta_page *)(void *)page_at(slot);
  other->header.txnid = other->meta.txnid_again = image.head->header.txnid;
  other->meta.main.root = image.head->meta.main.root + 1;
  seal(&other->header);
  ck_assert(exercise());
}
END_TEST

/* The same commit in two slots: a third must always be left to write to. */
START_TEST(one_commit_twice) {
  const pgno_t head = image.head->header.pgno, other = (head + 1 + (pgno_t)_i) % META_COUNT;
  memcpy(page_at(other), page_at(head), PAGE);
  page_at(other)->pgno = other;
  seal(page_at(other));
  write_image();
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  for (unsigned i = 0; i < 6; ++i)
    api_store(env, key_of(i), "another value");
  ck_assert_uint_lt(api_info(env).mi_geo.current, 1u << 20);
  OK(mdbx_env_close(env));
  struct stat st;
  ck_assert_int_eq(stat(unit_path(API_DB), &st), 0);
  ck_assert_int_le(st.st_size, 1 << 20);
  env = api_open(0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void number_metas(txnid_t newest) {
  const txnid_t before = image.head->header.txnid;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    meta->header.txnid = meta->meta.txnid_again = newest - (before - meta->header.txnid);
    seal(&meta->header);
  }
}

/* Ids come to an end before a key of table 0 or the lock file could no longer hold them. */
START_TEST(last_transactions) {
  number_metas(TXNID_MAX - 2);
  write_image();
  MDBX_txn *txn;
  for (unsigned commits = 0; commits < 2; ++commits) {
    MDBX_env *env = api_open(FAST);
    api_store(env, key_of(commits), "another value");
    api_sound(env);
    OK(mdbx_env_close(env));
  }
  MDBX_env *env = api_open(FAST);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_TXN_FULL);
  api_sound(env);
  OK(mdbx_env_close(env));
  number_metas(TXNID_MAX + 3);
  ck_assert(exercise());
}
END_TEST

/* A page of the next transaction in the tree of this one: its writer must not take it for its own, which may be
 * changed in place and needs no check. */
START_TEST(page_of_the_next_transaction) {
  static const unsigned flags[] = {FAST, FAST | MDBX_WRITEMAP, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP};
  MDBX_val data;
  struct page *page = image.leaf;
  page->txnid = image.head->header.txnid + 1;
  seal(page);
  if (_i >= 4)
    memset(page_body(page), 0xff, PAGE - PAGE_HEADER);
  write_image();
  MDBX_env *env = api_open(flags[_i % 4]);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_DB_ACCEDE);
  IS(api_get(txn, dbi, "large", &data), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(api_put(txn, api_table(txn, "t", MDBX_DB_ACCEDE), "large", "small", MDBX_UPSERT), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert(exercise());
}
END_TEST

START_TEST(lock_file_garbage) {
  static uint8_t bytes[65536];
  uint64_t random = 7;
  for (unsigned round = 0; round < 20; ++round) {
    const size_t length = (size_t)unit_random(&random) % sizeof(bytes);
    for (size_t i = 0; i < length; ++i)
      bytes[i] = (uint8_t)unit_random(&random);
    write_image();
    api_write_file(API_DB MDBX_LOCK_SUFFIX, bytes, length);
    MDBX_env *env = api_create();
    if (api_try_open(env, round % 2 ? MDBX_RDONLY : 0) == MDBX_SUCCESS)
      ck_assert(!read_all(env));
    OK(mdbx_env_close(env));
  }
}
END_TEST

/* Valid large values must pass all of the checks above. */
START_TEST(large_values_are_sound) {
  static const size_t sizes[] = {223, 224, 225, 479, 480, 481, 991, 992, 993, 65500, 65536, 65537, 131072, 199999};
  static const unsigned modes[] = {FAST, FAST | MDBX_WRITEMAP};
  for (unsigned mode = 0; mode < 2; ++mode) {
    write_image();
    MDBX_env *env = api_open(modes[mode]);
    for (unsigned i = 0; i < 2 * sizeof(sizes) / sizeof(*sizes); ++i) {
      const size_t size = sizes[i * 5 % (sizeof(sizes) / sizeof(*sizes))];
      MDBX_val data;
      MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
      put_big(txn, api_table(txn, "t", 0), (unsigned char)i, size);
      OK(mdbx_txn_commit(txn));
      txn = api_begin(env, MDBX_TXN_RDONLY);
      OK(api_get(txn, api_table(txn, "t", 0), "large", &data));
      ck_assert_uint_eq(data.iov_len, size);
      for (size_t n = 0; n < size; ++n)
        ck_assert(((const uint8_t *)data.iov_base)[n] == i);
      OK(mdbx_txn_abort(txn));
      api_sound(env);
    }
    OK(mdbx_env_close(env));
  }
}
END_TEST

static TCase *image_case(Suite *suite, const char *name) {
  TCase *tcase = tcase_create(name);
  tcase_add_unchecked_fixture(tcase, make_base, drop_base);
  tcase_add_checked_fixture(tcase, load_base, unload_base);
  tcase_set_timeout(tcase, 120);
  suite_add_tcase(suite, tcase);
  return tcase;
}

int main(void) {
  api_no_audit = true;
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, NULL);
  Suite *suite = suite_create("corruption");
  TCase *tcase = image_case(suite, "crafted");
  tcase_add_test(tcase, base_image_is_sound);
  tcase_add_loop_test(tcase, crafted_fields, 0, sizeof(crafts) / sizeof(*crafts));
  tcase_add_loop_test(tcase, crafted_nodes, 0, NODE_CRAFTS);
  tcase_add_loop_test(tcase, crafted_children, 0, 11);
  tcase_add_test(tcase, checker_tells_the_key);
  tcase_add_test(tcase, crafted_endless_tree);
  tcase_add_test(tcase, crafted_circle_of_leaves);
  tcase_add_loop_test(tcase, crafted_free_space, 0, FREE_CRAFTS);
  tcase_add_loop_test(tcase, crafted_free_keys, 0, 5);
  tcase_add_loop_test(tcase, crafted_free_runs, 0, 2);
  tcase_add_loop_test(tcase, crafted_free_children, 0, 8);
  tcase_add_test(tcase, optional_features);
  tcase_add_test(tcase, two_metas_of_one_commit);
  tcase_add_loop_test(tcase, one_commit_twice, 0, 2);
  tcase_add_test(tcase, last_transactions);
  tcase_add_loop_test(tcase, page_of_the_next_transaction, 0, 8);
  tcase_add_loop_test(tcase, crafted_separators, 0, 16);
  tcase = image_case(suite, "bytes");
  tcase_add_loop_test(tcase, sealed_bytes, 0, 6);
  tcase_add_loop_test(tcase, flipped_bytes, 0, 3);
  tcase = image_case(suite, "files");
  tcase_add_test(tcase, truncated_files);
  tcase_add_test(tcase, foreign_files);
  tcase_add_test(tcase, directories_and_versions);
  tcase_add_test(tcase, lock_file_garbage);
  tcase_add_test(tcase, large_values_are_sound);
  return unit_run(suite);
}
