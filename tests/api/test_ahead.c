/* SPDX-License-Identifier: Apache-2.0 */
/* Large values that go to the file when they are put: what a transaction makes of them, and what its end leaves. */
#include "api.h"

#include "os/os.h"
#include "space/ahead.h"
#include "txn/txn.h"

enum { LONG = 100000, KEYS = 12 };

static unsigned calls; /* that wrote at least so many bytes as the shortest of these values has */
static int answer;     /* of the next such call, unless it is 0 */

static int counting_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  size_t bytes = 0;
  for (int i = 0; i < count; ++i)
    bytes += iov[i].iov_len;
  calls += bytes >= AHEAD_LEAST;
  return bytes >= AHEAD_LEAST && answer ? answer : os_ops_real.pwritev(fd, iov, count, offset);
}

static void count_calls(void) {
  static struct os_ops counting;
  counting = os_ops_real;
  counting.pwritev = counting_pwritev;
  calls = 0;
  answer = 0;
  os_ops = &counting;
}

/* What the table holds: of each key the length of its value, 0: none, and the byte it consists of. */
struct content {
  size_t length[KEYS];
  uint8_t byte[KEYS];
};

static struct content now;
static uint64_t seed;

static int put_value(MDBX_txn *txn, unsigned key, size_t length, unsigned flags) {
  static uint8_t bytes[2 * LONG];
  const MDBX_val k = {&key, sizeof(key)};
  MDBX_val value = {bytes, length};
  memset(bytes, (int)++now.byte[key], length);
  const int rc = mdbx_put(txn, DBI_MAIN, &k, &value, (MDBX_put_flags_t)flags);
  if (rc == MDBX_SUCCESS && (flags & MDBX_RESERVE))
    memset(value.iov_base, now.byte[key], length);
  if (rc == MDBX_SUCCESS)
    now.length[key] = length;
  return rc;
}

static void check_content(const MDBX_txn *txn) {
  for (unsigned key = 0; key < KEYS; ++key) {
    const MDBX_val k = {&key, sizeof(key)};
    MDBX_val value;
    IS(mdbx_get(txn, DBI_MAIN, &k, &value), now.length[key] ? MDBX_SUCCESS : MDBX_NOTFOUND);
    if (!now.length[key])
      continue;
    ck_assert_uint_eq(value.iov_len, now.length[key]);
    const uint8_t *bytes = value.iov_base;
    ck_assert(bytes[0] == now.byte[key] && memcmp(bytes, bytes + 1, value.iov_len - 1) == 0);
  }
}

/* As after a new start, with checksums of all bytes. */
static void check_file(void) {
  MDBX_env *env = api_open(MDBX_VALIDATION);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  check_content(txn);
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}

/* Written once, at once, where no manifest is wanted; by the commit where one is, in a mapping, or where the caller writes the
 * value himself. */
static const struct {
  unsigned env_flags, put_flags;
  size_t length;
  unsigned at_once, at_commit;
} places[] = {
    {MDBX_SAFE_NOSYNC, MDBX_UPSERT, AHEAD_LEAST, 1, 0},
    {MDBX_UTTERLY_NOSYNC, MDBX_UPSERT, LONG, 1, 0},
    {MDBX_NOMETASYNC, MDBX_UPSERT, LONG, 1, 0},
    {MDBX_SYNC_DURABLE, MDBX_UPSERT, LONG, 0, 1},
    {MDBX_SAFE_NOSYNC, MDBX_RESERVE, LONG, 0, 1},
    {MDBX_SAFE_NOSYNC, MDBX_UPSERT, AHEAD_LEAST - 1, 0, 0},
    {MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, MDBX_UPSERT, LONG, 0, 0},
};

START_TEST(written_once) {
  MDBX_env *env = api_open(places[_i].env_flags);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  memset(&now, 0, sizeof(now));
  count_calls();
  OK(put_value(txn, 3, places[_i].length, places[_i].put_flags));
  ck_assert_uint_eq(calls, places[_i].at_once);
  check_content(txn);
  calls = 0;
  OK(mdbx_txn_commit(txn));
  if (places[_i].length >= AHEAD_LEAST)
    ck_assert_uint_eq(calls, places[_i].at_commit);
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
  check_file();
}
END_TEST

/* A durable transaction that has spilled pages has lost its manifest already. */
START_TEST(durable_after_a_spill) {
  MDBX_env *env = api_create();
  memset(&now, 0, sizeof(now));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, MDBX_SYNC_DURABLE));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  unsigned key = 0;
  for (; key < KEYS && !txn->space.spilled; ++key)
    OK(put_value(txn, key, 2 * LONG, MDBX_UPSERT));
  ck_assert_uint_lt(key, KEYS);
  count_calls();
  OK(put_value(txn, 11, LONG, MDBX_UPSERT));
  ck_assert_uint_eq(calls, 1);
  OK(mdbx_txn_commit(txn));
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
  check_file();
}
END_TEST

/* What waits for a flush counts, whenever it was written; a commit is made durable by that volume. */
START_TEST(volume_counts) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  memset(&now, 0, sizeof(now));
  api_store(env, "first", "durable"); /* nothing to fall back to: that one is flushed */
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(put_value(txn, 1, LONG, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_ge(api_info(env).mi_unsync_volume, LONG);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 2 * LONG));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(put_value(txn, 2, LONG, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  OK(mdbx_env_close(env));
}
END_TEST

/* A call that fails leaves a broken transaction, and nothing of it. */
START_TEST(failed_call) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  memset(&now, 0, sizeof(now));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(put_value(txn, 1, LONG, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  const struct content before = now;
  txn = api_begin(env, MDBX_TXN_READWRITE);
  count_calls();
  answer = EIO;
  IS(put_value(txn, 1, LONG, MDBX_UPSERT), EIO);
  os_ops = &os_ops_real;
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  now = before;
  OK(mdbx_env_close(env));
  check_file();
}
END_TEST

/* A process that was taken for dead writes nothing any more. */
START_TEST(lost_lock) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  memset(&now, 0, sizeof(now));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  env->lck.writer_turn += 1;
  count_calls();
  IS(put_value(txn, 1, LONG, MDBX_UPSERT), MDBX_PANIC);
  ck_assert_uint_eq(calls, 0);
  os_ops = &os_ops_real;
  env->lck.writer_turn -= 1;
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------- random lives */

static unsigned pick(unsigned below) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)(seed >> 33) % below;
}

static void change(MDBX_txn *txn) {
  unsigned key = pick(KEYS);
  const MDBX_val k = {&key, sizeof(key)};
  const size_t length = pick(3) ? AHEAD_LEAST + pick(LONG) : 1 + pick(9000);
  MDBX_val from, value;
  MDBX_cursor *cursor;
  switch (pick(6)) {
  case 0:
    IS(mdbx_del(txn, DBI_MAIN, &k, NULL), now.length[key] ? MDBX_SUCCESS : MDBX_NOTFOUND);
    now.length[key] = 0;
    return;
  case 1:
    OK(put_value(txn, key, length, MDBX_RESERVE));
    return;
  case 2: /* a copy of what lies in the file, of this transaction or an earlier one */
    OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
    if (mdbx_cursor_get(cursor, &from, &value, MDBX_LAST) == MDBX_SUCCESS) {
      unsigned source;
      memcpy(&source, from.iov_base, sizeof(source));
      OK(mdbx_put(txn, DBI_MAIN, &k, &value, MDBX_UPSERT));
      now.length[key] = now.length[source];
      now.byte[key] = now.byte[source];
    }
    mdbx_cursor_close(cursor);
    return;
  default:
    OK(put_value(txn, key, length, MDBX_UPSERT));
  }
}

static void change_nested(MDBX_env *env, MDBX_txn *parent) {
  MDBX_txn *child;
  const struct content before = now;
  OK(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &child));
  for (unsigned i = pick(4); i-- > 0;)
    change(child);
  check_content(child);
  if (pick(2)) {
    OK(mdbx_txn_commit(child));
  } else {
    OK(mdbx_txn_abort(child));
    now = before;
  }
}

static const unsigned modes[] = {MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM, MDBX_NOMETASYNC,
                                 MDBX_SAFE_NOSYNC | MDBX_VALIDATION};

START_TEST(random_lives) {
  MDBX_env *env = api_open(modes[_i]);
  seed = (uint64_t)_i + 1;
  memset(&now, 0, sizeof(now));
  for (unsigned n = 0; n < 40; ++n) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    const struct content before = now;
    for (unsigned i = pick(5); i-- > 0;)
      change(txn);
    change_nested(env, txn);
    change(txn);
    check_content(txn);
    if (pick(4)) {
      OK(mdbx_txn_commit(txn));
    } else {
      OK(mdbx_txn_abort(txn));
      now = before;
    }
    txn = api_begin(env, MDBX_TXN_RDONLY);
    check_content(txn);
    OK(mdbx_txn_abort(txn));
  }
  OK(mdbx_env_close(env));
  check_file();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("ahead");
  TCase *tcase = tcase_create("ahead");
  tcase_add_checked_fixture(tcase, unit_setup, unit_teardown);
  tcase_set_timeout(tcase, 60);
  tcase_add_loop_test(tcase, written_once, 0, sizeof(places) / sizeof(places[0]));
  tcase_add_test(tcase, durable_after_a_spill);
  tcase_add_test(tcase, volume_counts);
  tcase_add_test(tcase, failed_call);
  tcase_add_test(tcase, lost_lock);
  tcase_add_loop_test(tcase, random_lives, 0, sizeof(modes) / sizeof(modes[0]));
  suite_add_tcase(suite, tcase);
  return unit_run(suite);
}
