/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of free pages in the meta page: a small commit writes no page of table 0; what the list has no room for goes there;
 * every page is listed once; what makes no sense is refused; copies of old snapshots have a list, too.
 */
#include "api.h"

#include "file/meta.h"
#include "format/page.h"

static MDBX_env *open_sized(size_t page_size, unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 64 << 20, 1 << 20, 0, (intptr_t)page_size));
  OK(api_try_open(env, flags));
  return env;
}

static void put_number(MDBX_txn *txn, uint32_t number, size_t length) {
  static char bytes[4096];
  const MDBX_val key = {&number, sizeof(number)};
  MDBX_val data = {bytes, length};
  memset(bytes, (int)number, length);
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
}

static void put_one(MDBX_env *env, uint32_t number) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  put_number(txn, number, 50);
  OK(mdbx_txn_commit(txn));
}

static void load(MDBX_env *env, unsigned count) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < count; ++i)
    put_number(txn, i, 50);
  OK(mdbx_txn_commit(txn));
}

static void flush(MDBX_env *env) {
  const int rc = mdbx_env_sync(env);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
}

static MDBX_stat stat_of(MDBX_env *env, MDBX_dbi dbi) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  OK(mdbx_txn_abort(txn));
  return stat;
}

static uint64_t pages_written(MDBX_env *env) { return api_info(env).mi_pgop_stat.wops; }

static const unsigned modes[] = {MDBX_SYNC_DURABLE, MDBX_LIFORECLAIM,    MDBX_NOMETASYNC,
                                 MDBX_SAFE_NOSYNC,  MDBX_UTTERLY_NOSYNC, MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* In the steady state a commit of one put writes the pages of a path, and leaves table 0 as it is. */
START_TEST(a_put_writes_a_path) {
  MDBX_env *env = open_sized(4096, modes[_i]);
  load(env, 20000);
  for (unsigned i = 0; i < 100; ++i)
    put_one(env, i * 211 % 20000);
  const uint64_t depth = stat_of(env, DBI_MAIN).ms_depth;
  ck_assert_uint_ge(depth, 2);
  unsigned alone = 0;
  for (unsigned i = 0; i < 100; ++i) {
    const uint64_t before = pages_written(env), changed = stat_of(env, DBI_FREE).ms_mod_txnid;
    put_one(env, i * 317 % 20000);
    if (stat_of(env, DBI_FREE).ms_mod_txnid == changed) {
      ck_assert_uint_eq(pages_written(env) - before, depth);
      alone += 1;
    }
  }
  ck_assert_uint_ge(alone, 95);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static const size_t page_sizes[] = {256, 512, 1024, 4096, 16384, 65536};
enum { SIZES = sizeof(page_sizes) / sizeof(page_sizes[0]) };

/* Weak commits hold pages for the durable one; the list fills up, goes to the table, and comes to nothing after a flush. */
START_TEST(lists_fill_up) {
  MDBX_env *env = open_sized(page_sizes[_i % SIZES], modes[_i / SIZES]);
  load(env, 3000);
  for (unsigned i = 0; i < 400; ++i) {
    put_one(env, i * 1009 % 3000);
    if (i % 150 == 149)
      flush(env);
    if (i % 20 == 0)
      api_sound(env);
  }
  api_sound(env);
  OK(mdbx_env_close(env));
  env = open_sized(page_sizes[_i % SIZES], modes[_i / SIZES]);
  for (unsigned i = 0; i < 20; ++i)
    put_one(env, i);
  api_sound(env);
  const uint64_t end = api_info(env).mi_last_pgno;
  for (unsigned i = 0; i < 200; ++i)
    put_one(env, i * 1009 % 3000);
  ck_assert_uint_le(api_info(env).mi_last_pgno, end + end / 4 + 60);
  OK(mdbx_env_close(env));
}
END_TEST

static int count_pages(void *context, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t span, bool reclaimable) {
  uint64_t *pages = context;
  (void)txn, (void)txnid, (void)pgno, (void)reclaimable;
  *pages += span;
  return 0;
}

/* What is reported as free, and what a walk finds in use, is all there is; also beside readers. */
START_TEST(each_page_once) {
  MDBX_env *env = open_sized(4096, modes[_i]);
  MDBX_txn *old[5];
  load(env, 5000);
  for (unsigned i = 0; i < 60; ++i) {
    put_one(env, i * 97 % 5000);
    if (i % 12 == 5)
      OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &old[i / 12]));
    MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
    MDBX_gc_info_t info;
    uint64_t listed = 0;
    const int rc = mdbx_gc_info(txn, &info, sizeof(info), count_pages, &listed);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND);
    MDBX_stat main, gc;
    OK(mdbx_dbi_stat(txn, DBI_MAIN, &main, sizeof(main)));
    OK(mdbx_dbi_stat(txn, DBI_FREE, &gc, sizeof(gc)));
    ck_assert_uint_eq(listed + main.ms_branch_pages + main.ms_leaf_pages + gc.ms_branch_pages + gc.ms_leaf_pages +
                          META_COUNT,
                      info.pages_allocated);
    OK(mdbx_txn_abort(txn));
    api_sound(env);
  }
  for (unsigned i = 0; i < 5; ++i)
    OK(mdbx_txn_abort(old[i]));
  put_one(env, 1);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The list of an old snapshot is gone when its slot is written again; its copy, and the increment to it, have one. */
START_TEST(copies_of_old_snapshots) {
  char copy[300], increment[300];
  snprintf(copy, sizeof(copy), "%s", unit_path("copy"));
  snprintf(increment, sizeof(increment), "%s", unit_path("increment"));
  MDBX_env *env = open_sized(page_sizes[_i], MDBX_SAFE_NOSYNC);
  load(env, 3000);
  for (unsigned i = 0; i < 50; ++i)
    put_one(env, i * 97 % 3000);
  OK(mdbx_env_copy(env, copy, MDBX_CP_OVERWRITE));
  MDBX_envinfo info;
  OK(mdbx_preopen_snapinfo(copy, &info, sizeof(info)));
  const uint64_t base = info.mi_recent_txnid;
  for (unsigned i = 0; i < 20; ++i)
    put_one(env, i * 89 % 3000);
  MDBX_txn *reader;
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &reader));
  for (unsigned i = 0; i < 20; ++i)
    put_one(env, i * 83 % 3000);
  for (unsigned verify = 0; verify < 2; ++verify) {
    OK(mdbx_txn_copy2pathname(reader, copy, verify ? MDBX_CP_OVERWRITE : MDBX_CP_OVERWRITE | MDBX_CP_NO_VERIFY));
    MDBX_env *there = api_create();
    OK(mdbx_env_open(there, copy, MDBX_NOSUBDIR, 0600));
    api_sound(there);
    put_one(there, 7);
    api_sound(there);
    OK(mdbx_env_close(there));
  }
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_copy_since(env, base, increment, MDBX_CP_OVERWRITE));
  OK(mdbx_env_close(env));
}
END_TEST

static unsigned newest_of(int fd, struct meta_set *set) {
  unsigned newest = 0;
  OK(meta_read_all(fd, API_DB, set));
  for (unsigned i = 1; i < META_COUNT; ++i)
    if (set->slot[i].txnid > set->slot[newest].txnid)
      newest = i;
  return newest;
}

/* Writes the newest meta, with that list, to a slot so many behind its own, and makes the checksum right. */
static unsigned forge_meta(unsigned behind, const uint8_t *list, size_t length) {
  const int fd = open(unit_path(API_DB), O_RDWR);
  struct meta_set set;
  struct meta_page *page = malloc(4096);
  ck_assert_int_ge(fd, 0);
  const unsigned newest = newest_of(fd, &set);
  const unsigned slot = (newest + behind) % META_COUNT;
  meta_build(page, 4096, slot, set.slot[newest].txnid, &set.slot[newest].meta,
             &(struct meta_tail){NULL, 0, list, length});
  OK(meta_write(fd, page, 4096));
  free(page);
  close(fd);
  return slot;
}

static void forge_list(const uint8_t *list, size_t length) { forge_meta(0, list, length); }

/* A commit that was written with care is not lost in silence. */
START_TEST(senseless_lists) {
  uint8_t list[64];
  MDBX_env *env = open_sized(4096, 0);
  load(env, 100);
  put_one(env, 1);
  put_one(env, 2);
  const txnid_t txnid = api_info(env).mi_recent_txnid;
  OK(mdbx_env_close(env));
  const struct meta_list_entry entries[] = {{2, 1, 1}, {1u << 30, 1, 1}, {3, 1u << 30, 1}, {3, 1, 1}, {3, 1, 1}};
  const struct meta_list_entry *entry = &entries[_i];
  const size_t length = (size_t)(meta_list_put_entry(list + META_LIST_HEADER, 3, entry) - list);
  meta_list_put_header(list, GC_HELD, _i == 3 ? txnid + 1 : 3, length - META_LIST_HEADER);
  if (_i == 4)
    list[7] = GC_FREE;
  forge_list(list, length);
  for (unsigned readonly = 0; readonly < 2; ++readonly) {
    env = api_create();
    IS(api_try_open(env, readonly ? MDBX_RDONLY : 0), MDBX_CORRUPTED);
    OK(mdbx_env_close(env));
  }
}
END_TEST

static int issues;

static void note_issue(MDBX_chk_context_t *ctx, const char *object, uint64_t entry, const char *issue,
                       const char *extra, va_list args) {
  (void)ctx, (void)object, (void)entry, (void)issue, (void)extra, (void)args;
  ++issues;
}

/* One that makes sense and is wrong is for the checker to find: pages that are in use, are listed twice, or nowhere. */
START_TEST(wrong_lists) {
  uint8_t list[64];
  MDBX_env *env = open_sized(4096, 0);
  load(env, 1000);
  put_one(env, 1);
  put_one(env, 2);
  const pgno_t root = 5;
  OK(mdbx_env_close(env));
  const struct meta_list_entry used = {root, 1, 1};
  uint8_t *end = meta_list_put_entry(list + META_LIST_HEADER, 3, &used);
  if (_i == 1)
    end = meta_list_put_entry(end, 3, &used);
  meta_list_put_header(list, GC_FRESH, 3, (size_t)(end - list) - META_LIST_HEADER);
  forge_list(list, _i == 2 ? 0 : (size_t)(end - list));
  env = api_open(MDBX_RDONLY);
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  callbacks.issue = note_issue;
  issues = 0;
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0));
  ck_assert_int_gt(issues, 0);
  ck_assert_uint_gt(context.result.total_problems, 0);
  OK(mdbx_env_close(env));
}
END_TEST

static size_t problems_of(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0));
  return context.result.total_problems;
}

/* Two metas of one id: what is looked at, and turned to, is the one that was chosen. The other slots are tried in turn,
 * since a search could begin with either. */
START_TEST(metas_of_one_id) {
  MDBX_env *env = open_sized(4096, 0);
  load(env, 1000);
  for (int i = 0; i < 3 + _i / 2; ++i)
    put_one(env, (unsigned)i);
  OK(mdbx_env_close(env));
  const unsigned twin = forge_meta(1 + (unsigned)_i % 2, NULL, 0);
  unsigned sound = 0;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    env = api_create();
    OK(mdbx_env_open_for_recovery(env, unit_path(API_DB), slot, false));
    const size_t problems = problems_of(env);
    ck_assert(problems > 0 || slot != twin);
    sound += problems == 0;
    OK(mdbx_env_close(env));
  }
  ck_assert_uint_ge(sound, 1);
  env = api_create();
  OK(mdbx_env_open_for_recovery(env, unit_path(API_DB), twin, true));
  const size_t before = problems_of(env);
  OK(mdbx_env_turn_for_recovery(env, twin));
  ck_assert_uint_eq(problems_of(env), before);
  OK(mdbx_env_close(env));
}
END_TEST

/* The newest meta is in all slots. */
static void repeat_meta(void) {
  const int fd = open(unit_path(API_DB), O_RDWR);
  struct meta_set set;
  struct meta_page *page = malloc(4096);
  ck_assert_int_ge(fd, 0);
  const unsigned newest = newest_of(fd, &set);
  ck_assert_int_eq(pread(fd, page, 4096, newest * 4096), 4096);
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    page->header.pgno = slot;
    page->header.checksum = page_checksum(&page->header, 4096, checksum_seed(page->meta.database_id));
    OK(meta_write(fd, page, 4096));
  }
  free(page);
  close(fd);
}

/* Commits of all modes find a slot; in particular those that do not wait for their flush. */
START_TEST(all_metas_of_one_id) {
  static const unsigned flags[] = {MDBX_SYNC_DURABLE, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC};
  MDBX_commit_ticket ticket;
  MDBX_env *env = open_sized(4096, 0);
  load(env, 100);
  put_one(env, 1);
  put_one(env, 2);
  OK(mdbx_env_close(env));
  repeat_meta();
  env = api_create();
  OK(api_try_open(env, flags[_i]));
  const uint64_t length = api_info(env).mi_geo.current;
  for (unsigned i = 0; i < 4; ++i) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(api_put(txn, DBI_MAIN, "ticket", "of a commit", MDBX_UPSERT));
    OK(mdbx_txn_commit_ticket(txn, &ticket, NULL));
  }
  OK(mdbx_env_wait_durable(env, &ticket, UINT32_MAX));
  api_sound(env);
  ck_assert_uint_eq(api_info(env).mi_geo.current, length);
  OK(mdbx_env_close(env));
}
END_TEST

/* A meta that is turned to by hand, or made steady, keeps its list. */
START_TEST(metas_written_anew) {
  MDBX_env *env = open_sized(4096, MDBX_SAFE_NOSYNC);
  load(env, 3000);
  for (unsigned i = 0; i < 50; ++i) {
    put_one(env, i * 97 % 3000);
    if (i % 7 == 0)
      flush(env);
  }
  flush(env);
  api_sound(env);
  OK(mdbx_env_close(env));
  unsigned turned = 0;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    env = api_create();
    if (mdbx_env_open_for_recovery(env, unit_path(API_DB), slot, true) == MDBX_SUCCESS) {
      OK(mdbx_env_turn_for_recovery(env, slot));
      turned += 1;
    }
    OK(mdbx_env_close(env));
  }
  ck_assert_uint_gt(turned, 0);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("lists");
  TCase *tcase = tcase_create("lists");
  suite_add_tcase(suite, tcase);
  tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
  tcase_add_loop_test(tcase, a_put_writes_a_path, 0, MODES);
  tcase_add_loop_test(tcase, lists_fill_up, 0, MODES * SIZES);
  tcase_add_loop_test(tcase, each_page_once, 0, MODES);
  tcase_add_loop_test(tcase, copies_of_old_snapshots, 0, SIZES);
  tcase_add_loop_test(tcase, senseless_lists, 0, 5);
  tcase_add_loop_test(tcase, wrong_lists, 0, 3);
  tcase_add_loop_test(tcase, metas_of_one_id, 0, 6);
  tcase_add_loop_test(tcase, all_metas_of_one_id, 0, 4);
  tcase_add_test(tcase, metas_written_anew);
  return unit_run(suite);
}
