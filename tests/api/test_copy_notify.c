/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of mdbx_env_set_copy_notify(): what copies and increments report, and how they are ended. */
#include "api.h"

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

int main(void) {
  Suite *suite = suite_create("copy_notify");
  TCase *tests = tcase_create("copy_notify");
  tcase_set_timeout(tests, 120);
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_add_loop_test(tests, test_every_way_reports, 0, WAYS);
  tcase_add_loop_test(tests, test_every_way_can_be_ended, 0, WAYS);
  tcase_add_test(tests, test_arguments);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
