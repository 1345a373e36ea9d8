/* SPDX-License-Identifier: Apache-2.0 */
/* Files whose free pages are crafted: records of table 0, and what lists of metas say beside them. */
#include "corruption.h"

#include "gc/gc_list.h"
#include "gc/gc_record.h"

/* The record of free pages number `index`: its bytes, to be changed. */
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
    ck_assert_msg(exercise(), "record %u of %u, kind %d, class %d passes unnoticed", index, image.gc->count, key[0],
                  _i);
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
      /* one region twice */
      {{GC_FREE, 0, 0}, {GC_FREE, 0, 1}, {GC_FRESH, 1, 0}},
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
      "\0\2\0"
      "\12\0"
      "\373\377\377\377\377\377\377\377\377\1\0",
      "\0\1\0"
      "\12\377\377\377\377\377\377\377\377\377\1"
      "\0\0",
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

/* ------------------------------------------------------------------------------------ pages that are more than one thing */

static int collect_free(void *context, pgno_t pgno, uint32_t pages, txnid_t birth) {
  (void)birth;
  return pgset_add(context, pgno, pages);
}

/* The pages that are free in truth. */
static void free_in_truth(struct pgset *set) {
  struct leaf_item item;
  pgset_init(set);
  for (unsigned i = 0; i < image.gc->count; ++i) {
    struct gc_key key;
    leaf_get(image.gc, i, &item);
    ck_assert(gc_key_decode(item.key, item.key_length, &key));
    OK(gc_record_decode(&key, item.data, item.data_length, PAGE, image.head->meta.next, collect_free, set));
  }
  ck_assert_uint_ge(set->count, 8);
}

/* Moves table 0 off the end: the last page in use is one of the large value then. Its number; the free ones that are left
 * are in the set. */
static pgno_t move_table(struct pgset *set) {
  free_in_truth(set);
  const pgno_t from = image.gc->pgno, to = pgset_lowest(set, 0);
  ck_assert_uint_eq(from, image.head->meta.next - 1);
  ck_assert_uint_eq(from, image.run->pgno + image.run->run_pages);
  ck_assert(pgset_remove(set, to, 1));
  memcpy(page_at(to), image.gc, PAGE);
  image.gc = page_at(to);
  image.gc->pgno = to;
  for (pgno_t slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *meta = (struct meta_page *)(void *)page_at(slot);
    ck_assert_uint_eq(meta->meta.gc.root, from);
    meta->meta.gc.root = to;
    meta->meta.next = from;
  }
  return from - 1;
}

/* A change whose commit is refused, and what was there before is there still. */
static void commit_is_refused(unsigned flags, const char *table, const char *key) {
  MDBX_val data;
  write_image();
  MDBX_env *env = api_open(flags);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, table ? api_table(txn, table, MDBX_DB_ACCEDE) : DBI_MAIN, key, "small", MDBX_UPSERT));
  IS(mdbx_txn_commit(txn), MDBX_CORRUPTED);
  OK(mdbx_env_close(env));
  must_open(flags);
  env = api_open(flags);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(api_get(txn, table ? api_table(txn, table, MDBX_DB_ACCEDE) : DBI_MAIN, key, &data));
  ck_assert_uint_gt(data.iov_len, strlen("small"));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}

static const unsigned refusing_modes[] = {FAST, FAST | MDBX_WRITEMAP, MDBX_SAFE_NOSYNC, 0};

/* The last page is in use and listed as free: it goes off the end with the next commit. */
static void free_the_last_page(void) {
  static const struct gc_key key = {GC_FREE, 0, 0};
  struct pgset set;
  uint8_t bytes[PAGE];
  OK(pgset_add(&set, move_table(&set), 1));
  const size_t length = gc_free_encode(&set, 0, gc_span(PAGE), bytes, sizeof(bytes));
  const char *const value = (const char *)bytes;
  pgset_destroy(&set);
  make_free_table(&key, &value, &length, 1);
}

/* The value it belongs to is retired. */
START_TEST(retired_behind_the_end) {
  free_the_last_page();
  commit_is_refused(refusing_modes[_i], "t", "large");
}
END_TEST

/* The value it belongs to is read, as it was before. */
START_TEST(read_behind_the_end) {
  MDBX_val data;
  MDBX_cache_entry_t entry;
  const MDBX_val key = api_val("large");
  free_the_last_page();
  write_image();
  mdbx_cache_init(&entry);
  MDBX_env *env = api_open(refusing_modes[_i]);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_DB_ACCEDE);
  OK(api_get(txn, dbi, "large", &data));
  touch(&data);
  OK(mdbx_cache_get(txn, dbi, &key, &data, &entry).errcode);
  ck_assert_uint_ne(entry.offset, 0);
  OK(api_put(txn, DBI_MAIN, "key0000", "other", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(api_get(txn, dbi, "large", &data), MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  put_big(txn, DBI_MAIN, 'M', 20000); /* longer than before, but not yet in the file */
  const int rc = mdbx_cache_get(txn, dbi, &key, &data, &entry).errcode;
  if (refusing_modes[_i] & MDBX_WRITEMAP && rc == MDBX_SUCCESS)
    touch(&data); /* the file is longer again */
  else
    IS(rc, MDBX_CORRUPTED);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* Gives the metas that list, and no table of free pages. */
static void make_list(const struct gc_list *list) {
  const struct meta_tail tail = {NULL, 0, list->bytes, list->length};
  const txnid_t txnid = image.head->header.txnid;
  struct meta meta = image.head->meta;
  const struct table_record none = {.root = PGNO_NONE};
  meta_set_gc(&meta, &none);
  ck_assert(meta_list_is_sound(list->bytes, list->length, txnid, meta.next));
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_page *page = (struct meta_page *)(void *)page_at(slot);
    meta_build(page, PAGE, slot, page == image.head ? txnid : page->header.txnid, &meta,
               page == image.head ? &tail : NULL);
  }
}

/* The last page is listed twice, as free and as one that the head sees: it goes off the end and stays in the list. */
START_TEST(listed_behind_the_end) {
  struct gc_list list = {NULL, 0, 0};
  struct pgset set;
  const txnid_t head = image.head->header.txnid;
  const struct retired_run last = {move_table(&set), 1, head - 1};
  ck_assert(gc_list_set(&list, NULL, 0, PAGE));
  pgno_t pgno = 0;
  for (unsigned i = 0; i < 8; ++i) {
    pgno = pgset_lowest(&set, pgno + 1);
    gc_list_add(&list, GC_FRESH, head, &(struct retired_run){pgno, 1, head});
  }
  gc_list_add(&list, GC_FRESH, head, &(struct retired_run){last.pgno, 1, head});
  gc_list_add(&list, GC_HELD, head, &last);
  pgset_destroy(&set);
  make_list(&list);
  free(list.bytes);
  commit_is_refused(refusing_modes[_i], NULL, "key0000");
}
END_TEST

int main(void) {
  Suite *suite = corruption_suite("corruption_free");
  TCase *tcase = image_case(suite, "crafted");
  tcase_add_loop_test(tcase, crafted_free_space, 0, FREE_CRAFTS);
  tcase_add_loop_test(tcase, crafted_free_keys, 0, 6);
  tcase_add_loop_test(tcase, crafted_free_runs, 0, 2);
  tcase_add_loop_test(tcase, crafted_free_children, 0, 8);
  tcase_add_loop_test(tcase, retired_behind_the_end, 0, 4);
  tcase_add_loop_test(tcase, read_behind_the_end, 0, 4);
  tcase_add_loop_test(tcase, listed_behind_the_end, 0, 4);
  return unit_run(suite);
}
