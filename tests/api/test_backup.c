/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of incremental copies: mdbx_env_copy_since, mdbx_copy_apply, mdbx_increment_info. */
#include "api.h"

#include "os/os.h"

#include <errno.h>
#include <pthread.h>
#include <sys/resource.h>

enum { RECORDS = 3000 };

static uint64_t seed = 1;

static uint32_t chance(uint32_t below) {
  seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
  return (uint32_t)(seed >> 33) % below;
}

static const char *source(void) { return unit_path(API_DB); }
static const char *copy(void) { return unit_path("copy"); }
static const char *increment(void) { return unit_path("increment"); }

static MDBX_env *open_source(size_t page_size) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 64 << 20, 65536, 131072, (intptr_t)page_size));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC));
  return env;
}

/* Changes in a plain, a large and a multi-value table. */
static void change(MDBX_env *env, unsigned count) {
  static char bytes[20000];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi plain = api_table(txn, "plain", MDBX_CREATE),
                 multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  for (unsigned i = 0; i < count; ++i) {
    uint32_t number = chance(RECORDS), item = chance(500);
    memset(bytes, (int)chance(256), sizeof(bytes));
    MDBX_val key = {&number, 4}, data = {bytes, chance(8) ? chance(100) : chance(sizeof(bytes))};
    OK(mdbx_put(txn, plain, &key, &data, MDBX_UPSERT));
    number %= 7;
    data = (MDBX_val){&item, 4};
    OK(mdbx_put(txn, multi, &key, &data, MDBX_UPSERT));
    number = chance(RECORDS);
    const int rc = mdbx_del(txn, plain, &key, NULL);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_NOTFOUND);
  }
  OK(mdbx_txn_commit(txn));
}

static uint64_t digest_table(MDBX_txn *txn, MDBX_dbi dbi, uint64_t sum) {
  MDBX_cursor *cursor;
  MDBX_val key, data;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  while (mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT) == MDBX_SUCCESS) {
    for (size_t i = 0; i < key.iov_len; ++i)
      sum = (sum ^ ((uint8_t *)key.iov_base)[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < data.iov_len; ++i)
      sum = (sum ^ ((uint8_t *)data.iov_base)[i]) * UINT64_C(1099511628211);
    sum = (sum ^ data.iov_len) * UINT64_C(1099511628211);
  }
  mdbx_cursor_close(cursor);
  return sum;
}

static uint64_t digest(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const MDBX_dbi plain = api_table(txn, "plain", MDBX_DB_ACCEDE), multi = api_table(txn, "multi", MDBX_DB_ACCEDE);
  const uint64_t sum = digest_table(txn, multi, digest_table(txn, plain, 14695981039346656037u));
  OK(mdbx_txn_abort(txn));
  return sum;
}

static uint64_t snapshot_of(const char *path) {
  MDBX_envinfo info;
  OK(mdbx_preopen_snapinfo(path, &info, sizeof(info)));
  return info.mi_recent_txnid;
}

static MDBX_env *open_copy(unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, copy(), (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600));
  return env;
}

/* The copy is sound and has what the source has. */
static void copy_is(MDBX_env *env) {
  MDBX_env *there = open_copy(MDBX_RDONLY);
  api_sound(there);
  ck_assert_uint_eq(digest(there), digest(env));
  ck_assert_uint_eq(api_info(there).mi_recent_txnid, api_info(env).mi_recent_txnid);
  OK(mdbx_env_close(there));
}

static const size_t page_sizes[] = {256, 1024, 4096, 65536};

START_TEST(test_increments_follow_the_source) {
  MDBX_env *env = open_source(page_sizes[_i]);
  change(env, 2000);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DONT_FLUSH));
  for (unsigned round = 0; round < 12; ++round) {
    for (unsigned commits = chance(4); commits-- > 0;)
      change(env, 1 + chance(round % 4 == 0 ? 300 : 10));
    if (round == 6) {
      MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
      OK(mdbx_drop(txn, api_table(txn, "plain", 0), false));
      OK(mdbx_txn_commit(txn));
      change(env, 20);
    }
    OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_OVERWRITE));
    const int rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
    copy_is(env);
    IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_RESULT_TRUE);
  }
  OK(mdbx_env_close(env));
  /* And it can be used like any database. */
  env = open_copy(0);
  change(env, 200);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static uint64_t size_of(const char *path) {
  struct stat st;
  ck_assert_int_eq(stat(path, &st), 0);
  return (uint64_t)st.st_size;
}

START_TEST(test_an_increment_is_as_large_as_the_change) {
  MDBX_env *env = open_source(4096);
  MDBX_increment_info info;
  for (unsigned i = 0; i < 10; ++i)
    change(env, 2000);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DONT_FLUSH));
  const uint64_t base = snapshot_of(copy());
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS));
  OK(mdbx_increment_info(increment(), &info, sizeof(info)));
  ck_assert_uint_eq(info.ii_base_txnid, base);
  ck_assert_uint_eq(info.ii_txnid, base);
  ck_assert_uint_eq(info.ii_pages, 0);
  ck_assert_uint_lt(size_of(increment()), 1000 + 4096); /* with the list of the meta */
  change(env, 2);
  IS(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS), MDBX_EEXIST);
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_OVERWRITE));
  OK(mdbx_increment_info(increment(), &info, sizeof(info)));
  ck_assert_uint_eq(info.ii_txnid, base + 1);
  ck_assert_uint_eq(info.ii_pagesize, 4096);
  ck_assert_uint_eq(info.ii_dxbid.x, api_info(env).mi_dxbid.x);
  ck_assert_uint_eq(info.ii_dxbid.y, api_info(env).mi_dxbid.y);
  ck_assert_uint_gt(info.ii_pages, 3);
  ck_assert_uint_lt(info.ii_pages, 40);
  ck_assert_uint_lt(size_of(increment()) * 20, size_of(copy()));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_not_the_copy_it_is_for) {
  MDBX_env *env = open_source(4096);
  change(env, 500);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_copy(env, unit_path("compact"), MDBX_CP_COMPACT));
  const uint64_t base = snapshot_of(copy());
  change(env, 10);
  change(env, 10);
  OK(mdbx_env_copy_since(env, base + 1, unit_path("later"), MDBX_CP_DEFAULTS));
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(copy(), unit_path("later"), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  IS(mdbx_copy_apply(unit_path("compact"), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  IS(mdbx_copy_apply(source(), increment(), MDBX_CP_DEFAULTS), MDBX_BUSY);
  MDBX_env *reader = open_copy(MDBX_RDONLY);
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_BUSY);
  OK(mdbx_env_close(reader));
  OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(copy(), unit_path("later"), MDBX_CP_DEFAULTS), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(env));
  IS(mdbx_copy_apply(source(), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  /* A copy that was changed, even up to the id of an increment's base. */
  env = open_copy(0);
  change(env, 1);
  OK(mdbx_env_close(env));
  env = open_source(4096);
  change(env, 1);
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_OVERWRITE));
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(env));
}
END_TEST

/* The copy that open_copy() opens is changed, and a copy made of it. */
static void go_its_own_way(const char *copy_of_copy) {
  MDBX_env *env = open_copy(0);
  change(env, 20);
  OK(mdbx_env_copy(env, copy_of_copy, MDBX_CP_OVERWRITE));
  OK(mdbx_env_close(env));
}

/* A copy that was changed has the id of its source and the same numbers of commits, but is another database; so are its
 * copies. */
START_TEST(test_another_branch) {
  MDBX_env *env = open_source(page_sizes[_i]);
  change(env, 200);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  go_its_own_way(unit_path("other"));
  change(env, 20);
  OK(mdbx_env_copy(env, unit_path("own"), MDBX_CP_DEFAULTS));
  const uint64_t base = snapshot_of(unit_path("own"));
  ck_assert_uint_eq(base, snapshot_of(unit_path("other")));
  change(env, 20);
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS));
  MDBX_env *branch = open_copy(0);
  change(branch, 20);
  OK(mdbx_env_copy_since(branch, base, unit_path("increment2"), MDBX_CP_DEFAULTS));
  OK(mdbx_env_close(branch));
  IS(mdbx_copy_apply(unit_path("other"), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  IS(mdbx_copy_apply(unit_path("own"), unit_path("increment2"), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_copy_apply(unit_path("own"), increment(), MDBX_CP_DEFAULTS));
  OK(mdbx_copy_apply(unit_path("other"), unit_path("increment2"), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(unit_path("own"), unit_path("increment2"), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  /* One that begins with a compacting copy, which is the same each time it is made. */
  OK(mdbx_env_copy(env, copy(), MDBX_CP_COMPACT | MDBX_CP_OVERWRITE));
  OK(mdbx_env_copy(env, unit_path("compact"), MDBX_CP_COMPACT));
  size_t length, length_again;
  uint8_t *once = api_read_file("copy", &length), *again = api_read_file("compact", &length_again);
  ck_assert_uint_eq(length, length_again);
  ck_assert_mem_eq(once, again, length);
  free(once);
  free(again);
  go_its_own_way(unit_path("compact"));
  change(env, 20);
  OK(mdbx_env_copy_since(env, snapshot_of(unit_path("own")), unit_path("increment3"), MDBX_CP_DEFAULTS));
  OK(mdbx_copy_apply(unit_path("own"), unit_path("increment3"), MDBX_CP_DEFAULTS));
  ck_assert_uint_eq(snapshot_of(unit_path("compact")), snapshot_of(unit_path("own")));
  change(env, 20);
  OK(mdbx_env_copy_since(env, snapshot_of(unit_path("own")), unit_path("increment4"), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(unit_path("compact"), unit_path("increment4"), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_copy_apply(unit_path("own"), unit_path("increment4"), MDBX_CP_DEFAULTS));
  ck_assert_int_eq(rename(unit_path("own"), copy()), 0);
  copy_is(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Commits that were undone by a return to an older meta page. */
START_TEST(test_a_return_begins_a_branch) {
  MDBX_env *env = open_source(4096);
  for (int i = 0; i < 5; ++i) {
    change(env, 20);
    OK(mdbx_env_sync(env));
  }
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  const MDBX_envinfo info = api_info(env);
  OK(mdbx_env_close(env));
  unsigned older = 0;
  while (info.mi_meta_txnid[older] != info.mi_recent_txnid - 1 && older < 2)
    ++older;
  env = api_create();
  OK(mdbx_env_open_for_recovery(env, source(), older, true));
  OK(mdbx_env_turn_for_recovery(env, older));
  OK(mdbx_env_close(env));
  env = open_source(4096);
  change(env, 20);
  OK(mdbx_env_copy_since(env, info.mi_recent_txnid, increment(), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_another_database) {
  MDBX_env *env = open_source(4096);
  change(env, 100);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete(source(), MDBX_ENV_JUST_DELETE));
  env = open_source(4096);
  change(env, 100);
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(env));
}
END_TEST

/* Of a new database, opened as its first transactions left it: there were none before. */
START_TEST(test_copies_of_the_first_transactions) {
  MDBX_env *env = open_source(4096), *copied;
  OK(mdbx_env_close(env));
  for (unsigned slot = 0; slot < 3; ++slot) {
    env = api_create();
    OK(mdbx_env_open_for_recovery(env, source(), slot, false));
    OK(mdbx_env_copy(env, copy(), (_i ? MDBX_CP_COMPACT : MDBX_CP_DEFAULTS) | MDBX_CP_OVERWRITE));
    OK(mdbx_env_close(env));
    copied = api_create();
    OK(mdbx_env_open(copied, copy(), MDBX_NOSUBDIR, 0600));
    ck_assert_uint_eq(api_info(copied).mi_recent_txnid, slot + 1);
    api_store(copied, "k", "v");
    api_store(copied, "k", "w");
    api_sound(copied);
    OK(mdbx_env_close(copied));
  }
}
END_TEST

START_TEST(test_increments_of_the_first_transactions) {
  MDBX_env *env = open_source(page_sizes[_i]), *copied;
  OK(mdbx_env_close(env));
  for (unsigned slot = 0; slot < 3; ++slot) {
    env = api_create();
    OK(mdbx_env_open_for_recovery(env, source(), slot, false));
    if (slot) {
      OK(mdbx_env_copy_since(env, slot, increment(), MDBX_CP_OVERWRITE));
      OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DONT_FLUSH));
    } else {
      OK(mdbx_env_copy(env, copy(), MDBX_CP_DONT_FLUSH));
    }
    OK(mdbx_env_close(env));
    copied = open_copy(MDBX_RDONLY);
    api_sound(copied);
    ck_assert_uint_eq(api_info(copied).mi_recent_txnid, slot + 1);
    OK(mdbx_env_close(copied));
  }
}
END_TEST

START_TEST(test_arguments) {
  MDBX_env *env = open_source(4096);
  MDBX_increment_info info;
  change(env, 1);
  IS(mdbx_env_copy_since(env, 1000, increment(), MDBX_CP_DEFAULTS), MDBX_EINVAL);
  IS(mdbx_env_copy_since(env, 1, increment(), MDBX_CP_COMPACT), MDBX_EINVAL);
  IS(mdbx_env_copy_since(NULL, 1, increment(), MDBX_CP_DEFAULTS), MDBX_EINVAL);
  IS(mdbx_env_copy_since(env, 1, NULL, MDBX_CP_DEFAULTS), MDBX_EINVAL);
  IS(mdbx_env_copy2fd_since(env, 1, -1, MDBX_CP_DEFAULTS), MDBX_EINVAL);
  ck_assert_int_eq(access(increment(), F_OK), -1);
  IS(mdbx_increment_info(increment(), &info, sizeof(info)), MDBX_ENOFILE);
  IS(mdbx_increment_info(source(), &info, sizeof(info)), MDBX_INVALID);
  IS(mdbx_increment_info(source(), &info, 1), MDBX_EINVAL);
  IS(mdbx_increment_info(NULL, &info, sizeof(info)), MDBX_EINVAL);
  IS(mdbx_copy_apply(NULL, increment(), MDBX_CP_DEFAULTS), MDBX_EINVAL);
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_COMPACT), MDBX_EINVAL);
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_ENOFILE);
  OK(mdbx_env_copy_since(env, 1, increment(), MDBX_CP_DEFAULTS));
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_ENOFILE);
  api_write_file("text", "some text of no meaning", 23);
  IS(mdbx_copy_apply(unit_path("text"), increment(), MDBX_CP_DEFAULTS), MDBX_INVALID);
  OK(mdbx_env_close(env));
}
END_TEST

/* Beyond a limit of the length of files the system kills, unless nothing is written there. */
START_TEST(test_a_limit_of_files_is_an_error) {
  MDBX_env *env = open_source(4096);
  struct rlimit before, low;
  change(env, 100);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  low = before;
  low.rlim_cur = 20000;
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
  const int whole = mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS),
            compacted = mdbx_env_copy(env, copy(), MDBX_CP_COMPACT),
            newer = mdbx_env_copy_since(env, 1, increment(), MDBX_CP_DEFAULTS);
  ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
  IS(whole, EFBIG);
  IS(compacted, EFBIG);
  IS(newer, EFBIG);
  ck_assert_int_eq(access(copy(), F_OK), -1);
  ck_assert_int_eq(access(increment(), F_OK), -1);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_close(env));
}
END_TEST

static int half_of_the_room(int fd, uint64_t from, uint64_t to) {
  const int rc = os_ops_real.allocate(fd, from, to - 4096);
  return rc == MDBX_SUCCESS ? ENOSPC : rc;
}

/* Without room for all pages the copy stays what it was, byte by byte, and it can be used. */
START_TEST(test_no_room_for_an_increment) {
  struct os_ops full = os_ops_real;
  struct rlimit before, low;
  size_t length, length_after;
  MDBX_env *env = open_source(4096);
  full.allocate = half_of_the_room;
  change(env, 10);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  const uint64_t base = snapshot_of(copy());
  change(env, 3000);
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS));
  uint8_t *there = api_read_file("copy", &length);
  ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
  low = before;
  low.rlim_cur = length + 4096;
  for (unsigned limited = 0; limited < 2; ++limited) {
    if (limited)
      ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &low), 0);
    else
      os_ops = &full;
    const int rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS);
    os_ops = &os_ops_real;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    IS(rc, limited ? EFBIG : ENOSPC);
    uint8_t *after = api_read_file("copy", &length_after);
    ck_assert_uint_eq(length_after, length);
    ck_assert_int_eq(memcmp(there, after, length), 0);
    free(after);
    ck_assert_uint_eq(snapshot_of(copy()), base);
  }
  OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS));
  copy_is(env);
  free(there);
  OK(mdbx_env_close(env));
}
END_TEST

/* Under any name: commits that follow would be made to a file that is gone. */
START_TEST(test_no_copy_takes_the_place_of_its_source) {
  MDBX_env *env = open_source(4096);
  char link_path[600], names[3][600];
  mdbx_filehandle_t fd;
  change(env, 1);
  snprintf(link_path, sizeof(link_path), "%s", unit_path("link"));
  snprintf(names[0], sizeof(names[0]), "%s", source());
  snprintf(names[1], sizeof(names[1]), "%s%s", source(), MDBX_LOCK_SUFFIX);
  snprintf(names[2], sizeof(names[2]), "%s", link_path);
  ck_assert_int_eq(symlink(source(), link_path), 0);
  for (int i = 0; i < 3; ++i) {
    ck_assert_int_eq(access(names[i], F_OK), 0);
    IS(mdbx_env_copy(env, names[i], MDBX_CP_OVERWRITE), MDBX_EINVAL);
    IS(mdbx_env_copy(env, names[i], MDBX_CP_OVERWRITE | MDBX_CP_COMPACT), MDBX_EINVAL);
    IS(mdbx_env_copy_since(env, 1, names[i], MDBX_CP_OVERWRITE), MDBX_EINVAL);
  }
  OK(mdbx_env_get_fd(env, &fd));
  IS(mdbx_env_copy2fd(env, fd, MDBX_CP_DEFAULTS), MDBX_EINVAL);
  change(env, 2);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(link_path), 0);
}
END_TEST

/* Any byte changed, any length: an error that leaves the copy as it was. */
START_TEST(test_damaged_increments) {
  MDBX_env *env = open_source(256);
  size_t length, copy_length, now_length;
  change(env, 30);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  change(env, 1);
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_close(env));
  uint8_t *bytes = api_read_file("increment", &length), *before = api_read_file("copy", &copy_length);
  const size_t step = length / 700 + 1;
  for (size_t at = 0; at < length; at += at < 100 || at + 300 > length ? 1 : step) {
    bytes[at] ^= 0x5a;
    api_write_file("increment", bytes, length);
    const int rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DONT_FLUSH);
    ck_assert_msg(rc == MDBX_CORRUPTED || rc == MDBX_INVALID || rc == MDBX_VERSION_MISMATCH, "byte %zu: %d", at, rc);
    bytes[at] ^= 0x5a;
    api_write_file("increment", bytes, at);
    IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DONT_FLUSH), MDBX_CORRUPTED);
  }
  uint8_t *now = api_read_file("copy", &now_length);
  ck_assert_uint_eq(now_length, copy_length);
  ck_assert_int_eq(memcmp(now, before, copy_length), 0);
  free(now);
  free(before);
  free(bytes);
}
END_TEST

/* ------------------------------------------------------------------------------------------------- interruptions */

static unsigned operations, stop_after;

static int count_operation(void) { return ++operations > stop_after ? MDBX_EIO : MDBX_SUCCESS; }

static int failing_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  const int rc = count_operation();
  return rc == MDBX_SUCCESS ? os_ops_real.pwritev(fd, iov, count, offset) : rc;
}

static int failing_datasync(int fd) {
  (void)fd;
  return count_operation();
}

START_TEST(test_interrupted_at_every_write) {
  struct os_ops failing = os_ops_real;
  size_t length;
  int rc = MDBX_EIO;
  MDBX_env *env = open_source(1024);
  failing.pwritev = failing_pwritev;
  failing.datasync = failing_datasync;
  change(env, 300);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  change(env, 5);
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_DEFAULTS));
  uint8_t *before = api_read_file("copy", &length);
  for (stop_after = 0; rc != MDBX_SUCCESS; ++stop_after) {
    api_write_file("copy", before, length);
    os_ops = &failing;
    operations = 0;
    rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS);
    os_ops = &os_ops_real;
    if (rc == MDBX_SUCCESS)
      break;
    IS(rc, MDBX_EIO);
    /* In between it cannot be opened, or it is one of the two snapshots. */
    MDBX_env *there = api_create();
    const int opened = mdbx_env_open(there, copy(), MDBX_NOSUBDIR | MDBX_RDONLY, 0);
    ck_assert(opened == MDBX_SUCCESS || opened == MDBX_CORRUPTED);
    if (opened == MDBX_SUCCESS)
      api_sound(there);
    OK(mdbx_env_close(there));
    rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
    copy_is(env);
    rc = MDBX_EIO;
  }
  ck_assert_uint_gt(stop_after, 10);
  copy_is(env);
  free(before);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_another_increment_after_an_interruption) {
  struct os_ops failing = os_ops_real;
  MDBX_env *env = open_source(1024);
  failing.pwritev = failing_pwritev;
  change(env, 300);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  const uint64_t base = snapshot_of(copy());
  change(env, 50);
  OK(mdbx_env_copy_since(env, base, increment(), MDBX_CP_DEFAULTS));
  change(env, 5);
  OK(mdbx_env_copy_since(env, base, unit_path("other"), MDBX_CP_DEFAULTS));
  os_ops = &failing;
  operations = 0;
  stop_after = 3;
  IS(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS), MDBX_EIO);
  os_ops = &os_ops_real;
  IS(mdbx_copy_apply(copy(), unit_path("other"), MDBX_CP_DEFAULTS), MDBX_INCOMPATIBLE);
  OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_OVERWRITE));
  OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DEFAULTS));
  copy_is(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------- while it is used */

static _Atomic bool enough;

static void *write_on(void *env) {
  while (!atomic_load(&enough))
    change(env, 3);
  return NULL;
}

/* Through a pipe as well, beside a writer. */
START_TEST(test_beside_a_writer) {
  MDBX_env *env = open_source(4096);
  pthread_t writer;
  change(env, 2000);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DONT_FLUSH));
  atomic_store(&enough, false);
  ck_assert_int_eq(pthread_create(&writer, NULL, write_on, env), 0);
  for (unsigned i = 0; i < 15; ++i) {
    char command[600];
    snprintf(command, sizeof(command), "cat >'%s'", increment());
    FILE *pipe = popen(command, "w");
    OK(mdbx_env_copy2fd_since(env, snapshot_of(copy()), fileno(pipe), MDBX_CP_DEFAULTS));
    ck_assert_int_eq(pclose(pipe), 0);
    /* Pages that the writer takes from the free ones meanwhile are no damage. */
    const unsigned whole = MDBX_CP_OVERWRITE | MDBX_CP_DONT_FLUSH | (i & 1 ? MDBX_CP_COMPACT : 0u);
    OK(mdbx_env_copy(env, unit_path("whole"), (MDBX_copy_flags_t)whole));
    const int rc = mdbx_copy_apply(copy(), increment(), MDBX_CP_DONT_FLUSH);
    ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
    MDBX_env *there = open_copy(MDBX_RDONLY);
    api_sound(there);
    OK(mdbx_env_close(there));
  }
  atomic_store(&enough, true);
  pthread_join(writer, NULL);
  OK(mdbx_env_copy_since(env, snapshot_of(copy()), increment(), MDBX_CP_OVERWRITE));
  OK(mdbx_copy_apply(copy(), increment(), MDBX_CP_DONT_FLUSH));
  copy_is(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- damage */

struct pages_in_use {
  unsigned count;
  struct {
    uint64_t pgno;
    unsigned number;
    bool of_gc;
  } at[4000];
};

static int keep_page(uint64_t pgno, unsigned number, void *context, int deep, const char *table, size_t bytes,
                     MDBX_page_type_t type, size_t entries, size_t payload, size_t header, size_t unused) {
  struct pages_in_use *pages = context;
  (void)table, (void)bytes, (void)entries, (void)payload, (void)header, (void)unused;
  if (number && type != MDBX_page_meta) {
    ck_assert_uint_lt(pages->count, 4000);
    pages->at[pages->count].pgno = pgno;
    pages->at[pages->count].number = number;
    pages->at[pages->count++].of_gc = deep == -1;
  }
  return MDBX_SUCCESS;
}

static char report[600];

static void keep_report(MDBX_log_level_t level, const char *function, int line, const char *format, va_list args) {
  (void)function, (void)line;
  if (level <= MDBX_LOG_ERROR)
    vsnprintf(report, sizeof(report), format, args);
}

static void flip(int fd, uint64_t at) {
  uint8_t byte;
  ck_assert_int_eq(pread(fd, &byte, 1, (off_t)at), 1);
  byte ^= 0x10;
  ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)at), 1);
}

enum { FORMS = 4 };

static int copy_in_form(MDBX_env *env, unsigned form, unsigned flags) {
  static const unsigned own[FORMS] = {0, MDBX_CP_COMPACT, 0, MDBX_CP_COMPACT};
  const MDBX_copy_flags_t all = (MDBX_copy_flags_t)(flags | own[form] | MDBX_CP_DONT_FLUSH);
  if (form < 2)
    return mdbx_env_copy(env, copy(), all);
  if (form == 2)
    return mdbx_env_copy_since(env, 0, copy(), all);
  const int null = open("/dev/null", O_WRONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const int rc = mdbx_txn_copy2fd(txn, null, all);
  OK(mdbx_txn_abort(txn));
  close(null);
  return rc;
}

/* One byte of a page in use is wrong. */
static void every_form_tells(MDBX_env *env, uint64_t pgno, bool of_gc) {
  char name[600];
  snprintf(name, sizeof(name), "%s: page %llu: ", source(), (unsigned long long)pgno);
  for (unsigned form = 0; form < FORMS; ++form) {
    const bool compacts = form & 1;
    *report = '\0';
    const int rc = copy_in_form(env, form, 0);
    ck_assert_msg(rc == (of_gc && compacts ? MDBX_SUCCESS : MDBX_CORRUPTED), "page %u, form %u: %d", (unsigned)pgno,
                  form, rc);
    if (rc != MDBX_SUCCESS) {
      ck_assert_msg(strncmp(report, name, strlen(name)) == 0, "form %u: \"%s\", not \"%s\"", form, report, name);
      ck_assert_int_eq(access(copy(), F_OK), -1);
    }
    unlink(copy());
  }
  OK(copy_in_form(env, 0, MDBX_CP_NO_VERIFY));
  unlink(copy());
}

/* Where the last byte of what is on a page, or in a run, stands. */
static uint64_t last_byte(const uint8_t *page, unsigned page_size) {
  uint16_t flags, upper;
  uint32_t run_bytes;
  memcpy(&flags, page + 20, sizeof(flags));
  memcpy(&upper, page + 26, sizeof(upper));
  memcpy(&run_bytes, page + 28, sizeof(run_bytes));
  if (flags == 4)
    return 32 + (uint64_t)run_bytes - 1;
  return upper == page_size - 32 ? 32 : page_size - 1;
}

/* Also what this process has found sound before. The bytes are the header's, and the first and the last one of the content. */
START_TEST(test_copies_tell_of_damage) {
  static struct pages_in_use pages;
  size_t length, length_now, copied;
  MDBX_env *env = open_source(page_sizes[_i]);
  const unsigned page_size = (unsigned)page_sizes[_i];
  for (unsigned i = 0; i < 4; ++i)
    change(env, page_size < 4096 ? 60 : 400);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  pages.count = 0;
  OK(mdbx_env_pgwalk(txn, keep_page, &pages));
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_gt(pages.count, 10);
  api_sound(env);
  digest(env);
  uint8_t *before = api_read_file(API_DB, &length);
  mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_DONTCHANGE, keep_report);
  const int fd = open(source(), O_RDWR);
  const unsigned step = pages.count / 60 + 1;
  for (unsigned i = 0; i < pages.count; i += pages.at[i].of_gc ? 1 : step) {
    static const unsigned fields[] = {8, 16, 20, 24, 32};
    const uint64_t start = pages.at[i].pgno * page_size;
    const uint64_t last = last_byte(before + start, page_size);
    flip(fd, start + fields[i % 5]);
    every_form_tells(env, pages.at[i].pgno, pages.at[i].of_gc);
    flip(fd, start + fields[i % 5]);
    flip(fd, start + last);
    every_form_tells(env, pages.at[i].pgno, pages.at[i].of_gc);
    flip(fd, start + last);
  }
  close(fd);
  *report = '\0';
  for (unsigned form = 0; form < FORMS; ++form) {
    OK(copy_in_form(env, form, 0));
    unlink(copy());
  }
  ck_assert_str_eq(report, "");
  uint8_t *now = api_read_file(API_DB, &length_now);
  ck_assert_uint_eq(length_now, length);
  ck_assert_int_eq(memcmp(before, now, length), 0);
  free(now);
  /* What is verified is copied as it is. */
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_copy(env, unit_path("raw"), MDBX_CP_NO_VERIFY));
  now = api_read_file("copy", &length_now);
  uint8_t *raw = api_read_file("raw", &copied);
  ck_assert_uint_eq(length_now, copied);
  ck_assert_int_eq(memcmp(raw, now, copied), 0);
  free(raw);
  free(now);
  free(before);
  copy_is(env);
  OK(mdbx_env_close(env));
}
END_TEST

static int keep_free(void *context, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length, bool reclaimable) {
  size_t *one = context;
  (void)txn, (void)txnid, (void)length, (void)reclaimable;
  *one = pgno;
  return MDBX_SUCCESS;
}

/* What nobody refers to may be anything. */
START_TEST(test_free_pages_are_not_judged) {
  MDBX_gc_info_t info;
  size_t pgno = 0;
  MDBX_env *env = open_source(1024);
  for (unsigned i = 0; i < 10; ++i)
    change(env, 100);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_gc_info(txn, &info, sizeof(info), keep_free, &pgno));
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_gt(pgno, 2);
  const int fd = open(source(), O_RDWR);
  for (unsigned at = 0; at < 1024; ++at)
    flip(fd, (uint64_t)pgno * 1024 + at);
  close(fd);
  for (unsigned form = 0; form < FORMS; ++form) {
    unlink(copy());
    OK(copy_in_form(env, form, 0));
  }
  OK(mdbx_env_copy(env, copy(), MDBX_CP_OVERWRITE));
  copy_is(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A value that is longer than the buffer of a copy, and than what is read for its checksum at first sight. */
START_TEST(test_damage_in_a_huge_value) {
  static uint8_t bytes[5 << 20];
  MDBX_val key = {bytes, 4}, data = {bytes, sizeof(bytes)};
  MDBX_env *env = open_source(4096);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  memset(bytes, 0xb7, sizeof(bytes));
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_get(txn, DBI_MAIN, &key, &data));
  OK(mdbx_txn_abort(txn));
  size_t length;
  uint8_t *file = api_read_file(API_DB, &length), *at = file;
  while (at[0] != 0xb7 || at[3000] != 0xb7)
    ++at;
  const uint64_t start = (uint64_t)(at - file);
  free(file);
  mdbx_setup_debug(MDBX_LOG_ERROR, MDBX_DBG_DONTCHANGE, keep_report);
  const int fd = open(source(), O_RDWR);
  for (unsigned i = 0; i < 5; ++i) {
    flip(fd, start + i * ((5 << 20) / 5) + 77);
    every_form_tells(env, start / 4096, false);
    flip(fd, start + i * ((5 << 20) / 5) + 77);
  }
  close(fd);
  OK(mdbx_env_copy(env, copy(), MDBX_CP_DEFAULTS));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("backup");
  TCase *tests = tcase_create("backup");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_add_loop_test(tests, test_increments_follow_the_source, 0, 4);
  tcase_add_test(tests, test_an_increment_is_as_large_as_the_change);
  tcase_add_test(tests, test_not_the_copy_it_is_for);
  tcase_add_loop_test(tests, test_another_branch, 0, 4);
  tcase_add_test(tests, test_a_return_begins_a_branch);
  tcase_add_test(tests, test_another_database);
  tcase_add_loop_test(tests, test_copies_of_the_first_transactions, 0, 2);
  tcase_add_loop_test(tests, test_increments_of_the_first_transactions, 0, 4);
  tcase_add_test(tests, test_arguments);
  tcase_add_test(tests, test_a_limit_of_files_is_an_error);
  tcase_add_test(tests, test_no_room_for_an_increment);
  tcase_add_test(tests, test_no_copy_takes_the_place_of_its_source);
  tcase_add_test(tests, test_damaged_increments);
  tcase_add_test(tests, test_interrupted_at_every_write);
  tcase_add_test(tests, test_another_increment_after_an_interruption);
  tcase_add_test(tests, test_beside_a_writer);
  tcase_add_loop_test(tests, test_copies_tell_of_damage, 0, 4);
  tcase_add_test(tests, test_free_pages_are_not_judged);
  tcase_add_test(tests, test_damage_in_a_huge_value);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
