/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mdbx_env_set_copy_notify(): what copies and increments report, and how they are ended. */
#include "api.h"

#include "format/format.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEBIBYTE = 1 << 20, VALUES = 6 };

/* What the callback got. */
struct heard {
  unsigned calls, end_at; /* the call that ends the copy; 0: none */
  uint64_t last, total, txnid;
  bool right;
};

static int hear(void *ctx, const MDBX_copy_progress_t *progress) {
  struct heard *heard = ctx;
  heard->calls += 1;
  if (heard->calls == 1)
    heard->right = progress->bytes_done == 0;
  else
    heard->right = heard->right && progress->bytes_done > heard->last &&
                   progress->bytes_done - heard->last <= MEBIBYTE && progress->bytes_total == heard->total;
  heard->last = progress->bytes_done;
  heard->total = progress->bytes_total;
  heard->txnid = progress->txnid;
  return heard->end_at == heard->calls ? 1 : 0;
}

static const char *target(void) { return unit_path("target"); }

static uint64_t length_of(const char *path) {
  struct stat status;
  return stat(path, &status) == 0 ? (uint64_t)status.st_size : UINT64_MAX;
}

static MDBX_env *filled(void) {
  static char bytes[MEBIBYTE];
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 64 * MEBIBYTE, MEBIBYTE, 2 * MEBIBYTE, -1));
  OK(api_try_open(env, 0));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < VALUES; ++i) {
    MDBX_val key = {&i, sizeof(i)}, data = {bytes, sizeof(bytes)};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  return env;
}

/* The ways to make a copy or an increment at target(). */
enum way { WAY_WHOLE, WAY_COMPACT, WAY_THROTTLED, WAY_FD, WAY_TXN, WAY_SINCE, WAYS };

static int copy_by(MDBX_env *env, enum way way, unsigned flags) {
  if (way == WAY_FD) {
    const int fd = open(target(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    const int rc = mdbx_env_copy2fd(env, fd, (MDBX_copy_flags_t)(flags & ~(unsigned)MDBX_CP_OVERWRITE));
    close(fd);
    return rc;
  }
  if (way == WAY_TXN) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
    const int rc = mdbx_txn_copy2pathname(txn, target(), (MDBX_copy_flags_t)flags);
    OK(mdbx_txn_abort(txn));
    return rc;
  }
  if (way == WAY_SINCE)
    return mdbx_env_copy_since(env, 2, target(), (MDBX_copy_flags_t)flags);
  if (way == WAY_COMPACT)
    flags |= MDBX_CP_COMPACT;
  if (way == WAY_THROTTLED)
    flags |= MDBX_CP_THROTTLE_MVCC;
  return mdbx_env_copy(env, target(), (MDBX_copy_flags_t)flags);
}

START_TEST(test_every_way_reports) {
  MDBX_env *env = filled();
  struct heard heard = {.calls = 0};
  OK(mdbx_env_set_copy_notify(env, hear, &heard));
  OK(copy_by(env, (enum way)_i, MDBX_CP_DEFAULTS));
  ck_assert_uint_ge(heard.calls, VALUES);
  ck_assert(heard.right);
  ck_assert_uint_eq(heard.last, length_of(target()));
  ck_assert_uint_eq(heard.total, _i == WAY_SINCE ? 0 : heard.last);
  ck_assert_uint_eq(heard.txnid, api_info(env).mi_recent_txnid);

  /* Nobody is told any more. */
  heard.calls = 0;
  OK(mdbx_env_set_copy_notify(env, NULL, NULL));
  OK(copy_by(env, (enum way)_i, MDBX_CP_OVERWRITE));
  ck_assert_uint_eq(heard.calls, 0);
  OK(mdbx_env_close(env));
}
END_TEST

/* At the first call, in the middle, and at the last one. */
START_TEST(test_every_way_can_be_ended) {
  MDBX_env *env = filled();
  struct heard heard = {.calls = 0};
  OK(mdbx_env_set_copy_notify(env, hear, &heard));
  OK(copy_by(env, (enum way)_i, MDBX_CP_OVERWRITE));
  const unsigned calls[] = {1, heard.calls / 2, heard.calls};
  for (unsigned i = 0; i < 3; ++i) {
    unlink(target());
    heard = (struct heard){.end_at = calls[i]};
    IS(copy_by(env, (enum way)_i, MDBX_CP_DEFAULTS), MDBX_EINTR);
    ck_assert_uint_eq(heard.calls, calls[i]);
    if (_i != WAY_FD)
      ck_assert_uint_eq(length_of(target()), UINT64_MAX);
  }
  /* A file that was there stays as it was. */
  if (_i != WAY_FD) {
    const int fd = open(target(), O_RDWR | O_CREAT, 0600);
    ck_assert_int_eq(write(fd, "old", 3), 3);
    close(fd);
    heard = (struct heard){.end_at = 2};
    IS(copy_by(env, (enum way)_i, MDBX_CP_OVERWRITE), MDBX_EINTR);
    ck_assert_uint_eq(length_of(target()), 3);
  }
  /* The environment can be used as before, and so can the next copy. */
  heard = (struct heard){.end_at = 0};
  OK(copy_by(env, (enum way)_i, MDBX_CP_OVERWRITE));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_arguments) {
  MDBX_env *env = api_create();
  struct heard heard = {.calls = 0};
  IS(mdbx_env_set_copy_notify(NULL, hear, &heard), MDBX_EINVAL);
  /* Also before the database is opened. */
  OK(mdbx_env_set_copy_notify(env, hear, &heard));
  OK(api_try_open(env, 0));
  OK(mdbx_env_copy(env, target(), MDBX_CP_DEFAULTS));
  ck_assert_uint_ge(heard.calls, 2);
  ck_assert_uint_eq(heard.last, heard.total);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------- a snapshot that is lost meanwhile */

enum { PAGE = 4096, HEADER = 32, METAS = 3, RUN = MEBIBYTE / PAGE - METAS - 2 };

/* Who takes the snapshot from the copy, and the leaf that names the tables. */
struct thief {
  MDBX_env *env;
  uint64_t leaf, at;
};
static bool stolen;

static int steal(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                 unsigned gap, size_t space, int retry) {
  (void)env, (void)txn, (void)pid, (void)tid, (void)laggard, (void)gap, (void)space;
  stolen = retry >= 0;
  return 1;
}

static void store_large(MDBX_txn *txn, MDBX_dbi dbi) {
  static char bytes[RUN * PAGE - HEADER];
  const MDBX_val key = api_val("key");
  MDBX_val value = {bytes, sizeof(bytes)};
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
}

/* The leaf gets other bytes, as it may when it is used again: the name of a table is there, but no record after it. */
static void spoil_leaf(uint64_t leaf) {
  uint8_t bytes[PAGE], *name;
  const int fd = open(unit_path(API_DB), O_RDWR);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(pread(fd, bytes, PAGE, (off_t)(leaf * PAGE)), PAGE);
  name = memmem(bytes, PAGE, "second", 6);
  ck_assert_ptr_nonnull(name);
  memset(name + 6, 0xff, MIN_OF((size_t)(bytes + PAGE - name) - 6, sizeof(struct table_record)));
  ck_assert_int_eq(pwrite(fd, bytes, PAGE, (off_t)(leaf * PAGE)), PAGE);
  close(fd);
}

/* The first table has been written; then the snapshot is lost. */
static int steal_after_the_first(void *ctx, const MDBX_copy_progress_t *progress) {
  struct thief *thief = ctx;
  if (progress->bytes_done == 0 || thief->at)
    return 0;
  thief->at = progress->bytes_done;
  for (unsigned i = 0; i < 8 && !stolen; ++i) {
    MDBX_txn *txn = api_begin(thief->env, MDBX_TXN_READWRITE);
    store_large(txn, api_table(txn, "first", 0));
    if (stolen)
      OK(mdbx_txn_abort(txn));
    else
      OK(mdbx_txn_commit(txn));
  }
  spoil_leaf(thief->leaf);
  return 0;
}

static int note_leaf(uint64_t pgno, unsigned number, void *ctx, int deep, const char *dbi, size_t page_size,
                     MDBX_page_type_t type, size_t nentries, size_t payload, size_t header, size_t unused) {
  (void)number, (void)dbi, (void)page_size, (void)nentries, (void)payload, (void)header, (void)unused;
  if (deep == 0 && type == MDBX_page_leaf)
    ((struct thief *)ctx)->leaf = pgno;
  return MDBX_SUCCESS;
}

/* The names of tables that come after it are read in a page that is used for something else. */
START_TEST(test_a_snapshot_lost_between_tables) {
  MDBX_env *env = api_create();
  struct thief thief = {.env = env};
  OK(mdbx_env_set_geometry(env, 0, 2 * MEBIBYTE, 16 * MEBIBYTE, MEBIBYTE, 2 * MEBIBYTE, PAGE));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  store_large(txn, api_table(txn, "first", MDBX_CREATE));
  OK(api_put(txn, api_table(txn, "second", MDBX_CREATE), "key", "value", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_pgwalk(txn, note_leaf, &thief));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_set_hsr(env, steal));
  OK(mdbx_env_set_copy_notify(env, steal_after_the_first, &thief));
  IS(mdbx_env_copy(env, target(), MDBX_CP_COMPACT), MDBX_MVCC_RETARDED);
  ck_assert_uint_eq(thief.at, MEBIBYTE);
  ck_assert(stolen);
  ck_assert_uint_eq(length_of(target()), UINT64_MAX);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("copy_notify");
  TCase *tests = tcase_create("copy_notify");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_add_loop_test(tests, test_every_way_reports, 0, WAYS);
  tcase_add_loop_test(tests, test_every_way_can_be_ended, 0, WAYS);
  tcase_add_test(tests, test_arguments);
  tcase_add_test(tests, test_a_snapshot_lost_between_tables);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
