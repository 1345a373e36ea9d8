/* SPDX-License-Identifier: Apache-2.0 */
/* The walk over all pages of mdbx_env_pgwalk(): each page once, and the numbers agree with those of other functions. */
#include "api.h"

#include <limits.h>

enum { KEYS = 3000, VALUES = 4000, FEW = 5, LARGE = 7, TREES_MAX = 16, PAGES_MAX = 20000, PAGE = 4096 };

/* What was told about one table at one depth. */
struct tree_sum {
  char name[16];
  int deep;
  uint64_t calls[MDBX_subpage_dupfixed_leaf + 1], pages[MDBX_subpage_dupfixed_leaf + 1];
  uint64_t leaf_entries, branch_entries;
  MDBX_page_type_t last;
};

struct walk {
  struct tree_sum trees[TREES_MAX];
  unsigned tree_count, calls;
  uint8_t seen[PAGES_MAX];
  bool ended;
  uint64_t end;
  unsigned stop_at;
  int stop_with;
};

static MDBX_env *env;
static struct walk walk;

static struct tree_sum *sum_of(const char *name, int deep) {
  for (unsigned i = 0; i < walk.tree_count; ++i)
    if (!strcmp(walk.trees[i].name, name) && walk.trees[i].deep == deep)
      return &walk.trees[i];
  ck_assert_uint_lt(walk.tree_count, TREES_MAX);
  struct tree_sum *sum = &walk.trees[walk.tree_count++];
  snprintf(sum->name, sizeof(sum->name), "%s", name);
  sum->deep = deep;
  return sum;
}

static int visit(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                 MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                 size_t unused_bytes) {
  ck_assert_ptr_eq(ctx, &walk);
  ck_assert(!walk.ended);
  walk.calls += 1;
  ck_assert_int_eq(walk.calls == 1, type == MDBX_page_meta);
  if (type == MDBX_page_void) {
    ck_assert_ptr_null(dbi);
    ck_assert_int_eq(deep, INT_MIN);
    ck_assert_uint_eq(number + page_size + nentries + payload_bytes + header_bytes + unused_bytes, 0);
    walk.ended = true;
    walk.end = pgno;
    return 0;
  }
  ck_assert_uint_eq(payload_bytes + header_bytes + unused_bytes, page_size);
  ck_assert_uint_gt(nentries, 0);
  if (number)
    ck_assert_uint_eq(page_size, (size_t)number * PAGE);
  else
    ck_assert_uint_eq(walk.seen[pgno], 0); /* the leaf comes behind what is inside it */
  for (uint64_t i = pgno; i < pgno + number; ++i)
    walk.seen[i] += 1;
  struct tree_sum *sum = sum_of(dbi, deep);
  sum->calls[type] += 1;
  sum->pages[type] += number;
  sum->last = type;
  if (type == MDBX_page_branch)
    sum->branch_entries += nentries;
  else if (type != MDBX_page_meta && type != MDBX_page_large)
    sum->leaf_entries += nentries;
  return walk.calls == walk.stop_at ? walk.stop_with : 0;
}

static int walk_pages(MDBX_txn *txn) {
  const unsigned stop_at = walk.stop_at;
  const int stop_with = walk.stop_with;
  memset(&walk, 0, sizeof(walk));
  walk.stop_at = stop_at;
  walk.stop_with = stop_with;
  return mdbx_env_pgwalk(txn, visit, &walk);
}

static void put_number(MDBX_txn *txn, MDBX_dbi dbi, const char *key, uint32_t number) {
  const MDBX_val k = api_val(key);
  MDBX_val data = {&number, sizeof(number)};
  OK(mdbx_put(txn, dbi, &k, &data, MDBX_UPSERT));
}

static void put_large(MDBX_txn *txn, MDBX_dbi dbi, unsigned i, size_t length) {
  char name[16];
  snprintf(name, sizeof(name), "large%u", i);
  const MDBX_val key = api_val(name);
  MDBX_val data = {calloc(1, length), length};
  OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
  free(data.iov_base);
}

static void fill(MDBX_txn *txn) {
  const MDBX_dbi plain = api_table(txn, "plain", MDBX_CREATE);
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  const MDBX_dbi fixed = api_table(txn, "fixed", MDBX_CREATE | MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP);
  char text[32];
  api_table(txn, "empty", MDBX_CREATE);
  for (uint32_t i = 0; i < KEYS; ++i) {
    snprintf(text, sizeof(text), "%08u%020u", i, i);
    OK(api_put(txn, plain, text, text, MDBX_UPSERT));
    OK(api_put(txn, DBI_MAIN, text, text, MDBX_UPSERT));
  }
  for (uint32_t i = 0; i < VALUES; ++i) {
    snprintf(text, sizeof(text), "%08u", i);
    OK(api_put(txn, multi, "many", text, MDBX_UPSERT));
    put_number(txn, fixed, "many", i);
  }
  for (uint32_t i = 0; i < FEW; ++i) {
    OK(api_put(txn, multi, "few", &"abcdefgh"[i], MDBX_UPSERT));
    put_number(txn, fixed, "few", i);
  }
  OK(api_put(txn, multi, "one", "one", MDBX_UPSERT));
  for (unsigned i = 0; i < LARGE; ++i)
    put_large(txn, plain, i, 3000 + i * (size_t)PAGE);
}

/* Leaves free pages behind. */
static void begin_with(unsigned flags) {
  unit_setup();
  env = api_open(flags);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  fill(txn);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi plain = api_table(txn, "plain", 0);
  OK(api_del(txn, plain, "large6"));
  OK(api_del(txn, plain, "large3"));
  OK(mdbx_txn_commit(txn));
}

static void begin(void) { begin_with(MDBX_ENV_DEFAULTS); }
static void begin_mapped(void) { begin_with(MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC); }

static void end(void) {
  api_sound(env);
  OK(mdbx_env_close(env));
  unit_teardown();
}

static void agrees(MDBX_txn *txn, MDBX_dbi dbi, const char *name, int deep) {
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  const struct tree_sum *sum = sum_of(name, deep);
  ck_assert_uint_eq(sum->pages[MDBX_page_branch], stat.ms_branch_pages);
  ck_assert_uint_eq(sum->pages[MDBX_page_leaf], stat.ms_leaf_pages);
  ck_assert_uint_eq(sum->pages[MDBX_page_large], stat.ms_overflow_pages);
  if (stat.ms_branch_pages) {
    ck_assert_int_eq(sum->last, MDBX_page_branch);
    ck_assert_uint_eq(sum->branch_entries, stat.ms_leaf_pages + stat.ms_branch_pages - 1);
  }
}

/* The tree of the values of "many". */
static void nested_agrees(MDBX_txn *txn, MDBX_dbi dbi, const char *name, MDBX_page_type_t leaf) {
  MDBX_cursor *cursor;
  MDBX_stat stat;
  size_t count;
  MDBX_val key = api_val("many"), data;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET));
  OK(mdbx_cursor_count_ex(cursor, &count, &stat, sizeof(stat)));
  mdbx_cursor_close(cursor);
  const struct tree_sum *sum = sum_of(name, 2);
  ck_assert_uint_eq(sum->pages[MDBX_page_branch], stat.ms_branch_pages);
  ck_assert_uint_eq(sum->pages[leaf], stat.ms_leaf_pages);
  ck_assert_uint_gt(sum->pages[leaf], 1);
  ck_assert_uint_eq(sum->leaf_entries, VALUES + FEW);
  const MDBX_page_type_t subpage = leaf == MDBX_page_leaf ? MDBX_subpage_leaf : MDBX_subpage_dupfixed_leaf;
  ck_assert_uint_eq(sum->calls[subpage], 1);
  ck_assert_uint_eq(sum->pages[subpage], 0);
}

static void all_agrees(MDBX_txn *txn) {
  MDBX_stat stat;
  agrees(txn, DBI_FREE, "@GC", -1);
  agrees(txn, DBI_MAIN, "@MAIN", 0);
  const MDBX_dbi plain = api_table(txn, "plain", 0), multi = api_table(txn, "multi", MDBX_DUPSORT);
  const MDBX_dbi fixed = api_table(txn, "fixed", MDBX_DB_ACCEDE);
  agrees(txn, plain, "plain", 1);
  agrees(txn, multi, "multi", 1);
  agrees(txn, fixed, "fixed", 1);
  nested_agrees(txn, multi, "multi", MDBX_page_leaf);
  nested_agrees(txn, fixed, "fixed", MDBX_page_dupfixed_leaf);
  OK(mdbx_dbi_stat(txn, plain, &stat, sizeof(stat)));
  ck_assert_uint_eq(sum_of("plain", 1)->leaf_entries, stat.ms_entries);
  ck_assert_uint_eq(sum_of("plain", 1)->calls[MDBX_page_large], LARGE - 2);
  ck_assert_uint_eq(sum_of("@META", -2)->pages[MDBX_page_meta], 3);
  ck_assert_uint_eq(sum_of("empty", 1)->leaf_entries, 0);
}

static int note_free(void *ctx, const MDBX_txn *txn, uint64_t span_txnid, size_t pgno, size_t length,
                     bool reclaimable) {
  (void)txn, (void)span_txnid, (void)reclaimable;
  for (size_t i = pgno; i < pgno + length; ++i) {
    ck_assert_uint_eq(walk.seen[i], 0);
    walk.seen[i] = 1;
  }
  *(size_t *)ctx += length;
  return 0;
}

START_TEST(every_page_once) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_gc_info_t info;
  size_t free_pages = 0;
  OK(walk_pages(txn));
  ck_assert(walk.ended);
  all_agrees(txn);
  for (uint64_t i = 0; i < walk.end; ++i)
    ck_assert_uint_le(walk.seen[i], 1);
  OK(mdbx_gc_info(txn, &info, sizeof(info), note_free, &free_pages));
  ck_assert_uint_gt(free_pages, 3);
  ck_assert_uint_eq(info.pages_allocated, walk.end);
  ck_assert_uint_eq(api_info(env).mi_last_pgno + 1, walk.end);
  for (uint64_t i = 0; i < PAGES_MAX; ++i)
    ck_assert_uint_eq(walk.seen[i], i < walk.end);
  OK(mdbx_txn_abort(txn));
}
END_TEST

START_TEST(own_changes_are_seen) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi plain = api_table(txn, "plain", 0), added = api_table(txn, "added", MDBX_CREATE);
  for (unsigned i = 0; i < 500; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "x%06u", i);
    OK(api_put(txn, plain, key, key, MDBX_UPSERT));
    OK(api_put(txn, added, key, key, MDBX_UPSERT));
  }
  put_large(txn, added, 9, 50000);
  OK(mdbx_drop(txn, api_table(txn, "empty", 0), true));
  OK(mdbx_dbi_rename(txn, added, "named"));
  OK(walk_pages(txn));
  agrees(txn, DBI_MAIN, "@MAIN", 0);
  agrees(txn, plain, "plain", 1);
  agrees(txn, added, "named", 1);
  ck_assert_uint_eq(sum_of("named", 1)->leaf_entries, 501);
  ck_assert_uint_gt(sum_of("named", 1)->pages[MDBX_page_leaf], 1);
  for (uint64_t i = 0; i < walk.end; ++i)
    ck_assert_uint_le(walk.seen[i], 1);
  OK(mdbx_txn_abort(txn));
}
END_TEST

START_TEST(nested_transaction_walks) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_gc_info_t info;
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  const MDBX_dbi added = api_table(child, "added", MDBX_CREATE);
  OK(api_put(child, added, "k", "v", MDBX_UPSERT));
  IS(mdbx_env_pgwalk(txn, visit, &walk), MDBX_BAD_TXN);
  OK(walk_pages(child));
  agrees(child, added, "added", 1);
  ck_assert_uint_eq(sum_of("added", 1)->leaf_entries, 1);
  OK(mdbx_gc_info(child, &info, sizeof(info), NULL, NULL));
  ck_assert_uint_eq(info.pages_allocated, walk.end);
  OK(mdbx_txn_abort(child));
  OK(walk_pages(txn));
  ck_assert_uint_eq(sum_of("added", 1)->leaf_entries, 0);
  OK(mdbx_txn_abort(txn));
}
END_TEST

START_TEST(visitor_stops) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  static const int answers[] = {42, -1, MDBX_NOTFOUND, MDBX_EINTR};
  OK(walk_pages(txn));
  const unsigned all = walk.calls;
  ck_assert_uint_gt(all, 100);
  for (unsigned i = 0; i < 4; ++i)
    for (unsigned at = 1; at < all; at += at < 20 ? 1 : 37) {
      walk.stop_at = at;
      walk.stop_with = answers[i];
      IS(walk_pages(txn), answers[i]);
      ck_assert_uint_eq(walk.calls, at);
    }
  OK(mdbx_txn_abort(txn));
}
END_TEST

/* A name is any bytes; what is told of it ends at its first zero. */
START_TEST(names_of_any_bytes) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_val odd = {(void *)(uintptr_t) "odd\0name", 8}, none = {(void *)(uintptr_t) "", 0};
  MDBX_dbi dbi, nameless;
  OK(mdbx_dbi_open2(txn, &odd, MDBX_CREATE, &dbi));
  OK(mdbx_dbi_open2(txn, &none, MDBX_CREATE, &nameless));
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(api_put(txn, nameless, "k", "v", MDBX_UPSERT));
  OK(walk_pages(txn));
  ck_assert_uint_eq(sum_of("odd", 1)->leaf_entries, 1);
  ck_assert_uint_eq(sum_of("", 1)->leaf_entries, 1);
  OK(mdbx_txn_abort(txn));
}
END_TEST

START_TEST(wrong_arguments) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_env_pgwalk(NULL, visit, &walk), MDBX_EINVAL);
  IS(mdbx_env_pgwalk(txn, NULL, &walk), MDBX_EINVAL);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_env_pgwalk(txn, visit, &walk), MDBX_BAD_TXN);
  OK(mdbx_txn_renew(txn));
  OK(mdbx_txn_park(txn, false));
  IS(mdbx_env_pgwalk(txn, visit, &walk), MDBX_BAD_TXN);
  OK(mdbx_txn_unpark(txn, false));
  OK(walk_pages(txn));
  OK(mdbx_txn_abort(txn));
}
END_TEST

static uint64_t victim;

static int pick_leaf(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                     MDBX_page_type_t type, size_t nentries, size_t payload_bytes, size_t header_bytes,
                     size_t unused_bytes) {
  (void)number, (void)ctx, (void)page_size, (void)nentries, (void)payload_bytes, (void)header_bytes;
  (void)unused_bytes, (void)deep;
  if (type == MDBX_page_dupfixed_leaf && !strcmp(dbi, "fixed"))
    victim = pgno;
  return 0;
}

START_TEST(damaged_page) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, pick_leaf, NULL));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  bytes[victim * PAGE + 100] ^= 1;
  api_write_file(API_DB, bytes, length);
  env = api_open(MDBX_ENV_DEFAULTS);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(walk_pages(txn), MDBX_CORRUPTED);
  ck_assert(!walk.ended);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  bytes[victim * PAGE + 100] ^= 1;
  api_write_file(API_DB, bytes, length);
  free(bytes);
  env = api_open(MDBX_ENV_DEFAULTS);
}
END_TEST

/* The main table may have several values per key itself. */
START_TEST(values_in_the_main_table) {
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
  env = api_open(MDBX_ENV_DEFAULTS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi;
  OK(mdbx_dbi_open(txn, NULL, MDBX_CREATE | MDBX_DUPSORT, &dbi));
  OK(api_put(txn, dbi, "k", "1", MDBX_UPSERT));
  OK(api_put(txn, dbi, "k", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(walk_pages(txn));
  ck_assert_uint_eq(sum_of("@MAIN", 0)->leaf_entries, 1);
  ck_assert_uint_eq(sum_of("@MAIN", 1)->calls[MDBX_subpage_leaf], 1);
  ck_assert_uint_eq(sum_of("@MAIN", 1)->leaf_entries, 2);
  OK(mdbx_txn_abort(txn));
}
END_TEST

/* A write transaction sees its own numbers of a table also when it lists them. */
static int list_table(void *ctx, const MDBX_txn *txn, const MDBX_val *name, MDBX_db_flags_t flags,
                      const MDBX_stat *stat, MDBX_dbi dbi) {
  (void)txn, (void)flags;
  if (api_equal(name, "plain")) {
    ck_assert_uint_ge(dbi, 2);
    *(uint64_t *)ctx = stat->ms_entries;
  }
  return 0;
}

START_TEST(listed_tables_have_own_changes) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_stat stat;
  uint64_t listed = 0;
  const MDBX_dbi plain = api_table(txn, "plain", 0);
  OK(api_put(txn, plain, "one more", "", MDBX_UPSERT));
  OK(mdbx_dbi_stat(txn, plain, &stat, sizeof(stat)));
  OK(mdbx_enumerate_tables(txn, list_table, &listed));
  ck_assert_uint_eq(listed, stat.ms_entries);
  OK(mdbx_txn_abort(txn));
}
END_TEST

static void text_is(const char *text, const char *wanted) {
  ck_assert_ptr_nonnull(text);
  ck_assert_str_eq(text, wanted);
}

START_TEST(older_name_of_dump_val) {
  char buffer[32];
  MDBX_val val = api_val("text");
  ck_assert_ptr_eq(mdbx_dkey(&val, buffer, sizeof(buffer)), buffer);
  ck_assert_str_eq(buffer, "text");
  val = (MDBX_val){(void *)(uintptr_t) "\1\xfe", 2};
  text_is(mdbx_dkey(&val, buffer, sizeof(buffer)), "01fe");
  val.iov_len = 0;
  text_is(mdbx_dkey(&val, buffer, sizeof(buffer)), mdbx_dump_val(&val, NULL, 0));
  text_is(mdbx_dkey(NULL, buffer, sizeof(buffer)), mdbx_dump_val(NULL, NULL, 0));
  text_is(mdbx_dkey(NULL, buffer, 3), "<n");
  val = api_val("text");
  ck_assert_ptr_null(mdbx_dkey(&val, NULL, 32));
  ck_assert_ptr_null(mdbx_dkey(&val, buffer, 3));
  ck_assert_ptr_null(mdbx_dkey(NULL, NULL, 32));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("page walk");
  TCase *tcase = api_prepared_case(suite, "walks", begin, end);
  tcase_add_test(tcase, every_page_once);
  tcase_add_test(tcase, own_changes_are_seen);
  tcase_add_test(tcase, nested_transaction_walks);
  tcase_add_test(tcase, visitor_stops);
  tcase_add_test(tcase, names_of_any_bytes);
  tcase_add_test(tcase, wrong_arguments);
  tcase_add_test(tcase, damaged_page);
  tcase_add_test(tcase, values_in_the_main_table);
  tcase_add_test(tcase, listed_tables_have_own_changes);
  tcase_add_test(tcase, older_name_of_dump_val);
  tcase = api_prepared_case(suite, "walks of a writable map", begin_mapped, end);
  tcase_add_test(tcase, every_page_once);
  tcase_add_test(tcase, own_changes_are_seen);
  return unit_run(suite);
}
