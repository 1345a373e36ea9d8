/* SPDX-License-Identifier: Apache-2.0 */
/* Steady points of weak commits that are made beside the writer: by calls, by thresholds, by a thread, for want of space. */
#include "flushes.h"

#include "env/env.h"
#include "file/meta.h"

#include <signal.h>
#include <sys/resource.h>

/* A call in a thread of its own. */
struct call {
  MDBX_env *env;
  const char *key; /* stored by a commit with these flags; NULL: a flush, that waits or does not */
  unsigned flags;
  bool nonblock;
  pthread_t thread;
};

static int store(MDBX_env *env, const char *key, unsigned flags) {
  MDBX_txn *txn;
  int rc = mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = api_put(txn, DBI_MAIN, key, "new", MDBX_UPSERT);
  const int committed = mdbx_txn_commit(txn);
  return rc == MDBX_SUCCESS ? committed : rc;
}

static void *run_call(void *argument) {
  const struct call *call = argument;
  const int rc =
      call->key ? store(call->env, call->key, call->flags) : mdbx_env_sync_ex(call->env, true, call->nonblock);
  return (void *)(intptr_t)rc;
}

static void begin_call(struct call *call) { ck_assert_int_eq(pthread_create(&call->thread, NULL, run_call, call), 0); }

static int end_call(struct call *call) {
  void *rc;
  pthread_join(call->thread, &rc);
  return (int)(intptr_t)rc;
}

static txnid_t head_of(const MDBX_env *env) { return lck_head_txnid(lck_head(&env->lck)); }

/* The ids of the metas that a power cut would leave to be believed; the greatest. */
static txnid_t newest_steady(const MDBX_env *env) {
  txnid_t newest = 0;
  for (unsigned slot = 0; slot < META_COUNT; ++slot) {
    struct meta_slot seen;
    OK(meta_read_slot(env->fd, env->page_size, slot, &seen));
    if (seen.valid && meta_kind_is_believed(seen.meta.kind) && seen.txnid > newest)
      newest = seen.txnid;
  }
  return newest;
}

static MDBX_env *open_weak(unsigned flags) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 24, 1 << 16, 1 << 16, 4096));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC | flags));
  api_store(env, "key", "value");
  return env;
}

/* Commits are made while the flush goes on, and what was there when it began is durable after it; readers wait for nothing. */
START_TEST(test_writer_goes_on) {
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env};
  hold_flushes();
  const txnid_t noted = head_of(env);
  begin_call(&sync);
  await_flush(1);
  for (int i = 0; i < _i; ++i) {
    api_store(env, "key", "newer");
    ck_assert(reader_sees(env, "key"));
  }
  ck_assert_uint_eq(lck_believable(&env->lck), noted);
  ck_assert_uint_lt(lck_durable(&env->lck), noted);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(end_call(&sync));
  ck_assert_uint_eq(flushes_begun(), 1);
  ck_assert_uint_eq(lck_durable(&env->lck), noted);
  ck_assert_uint_eq(lck_believable(&env->lck), 0);
  ck_assert_uint_eq(newest_steady(env), noted);
  ck_assert_uint_eq(head_of(env), noted + (unsigned)_i);
  ck_assert_int_eq(api_info(env).mi_unsync_volume > 0, _i > 0);
  close_sound(env);
}
END_TEST

static unsigned stores;

static int counting_store(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  stores += 1;
  return os_ops_real.store(fd, to, from, length, offset);
}

/* A store to a page that is being written waits for that: meanwhile pages are written by calls. */
START_TEST(test_no_stores_meanwhile) {
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env};
  static struct os_ops counting;
  const bool copies = os_file_keeps_blocks(env->fd) && !os_addresses_are_limited();
  hold_flushes();
  counting = *os_ops;
  counting.store = counting_store;
  os_ops = &counting;
  for (int i = 0; i < 10; ++i)
    OK(store(env, "before", MDBX_TXN_READWRITE));
  ck_assert(stores > 0 || !copies);
  begin_call(&sync);
  await_flush(1);
  stores = 0;
  for (int i = 0; i < 10; ++i)
    OK(store(env, "beside", MDBX_TXN_READWRITE));
  ck_assert_uint_eq(stores, 0);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(end_call(&sync));
  for (int i = 0; i < 10; ++i)
    OK(store(env, "after", MDBX_TXN_READWRITE));
  ck_assert(stores > 0 || !copies);
  close_sound(env);
}
END_TEST

/* The steady point is asked for, and a durable one is made by somebody else before its flush has ended. */
START_TEST(test_others_are_quicker) {
  static const unsigned modes[] = {MDBX_TXN_NOSYNC, MDBX_UTTERLY_NOSYNC};
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env};
  hold_flushes();
  begin_call(&sync);
  await_flush(1);
  flushes.hold = false;
  if (_i < 2) {
    OK(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, false));
    OK(store(env, "durable", MDBX_TXN_READWRITE));
    ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
    if (_i)
      OK(store(env, "weak", modes[0]));
  } else {
    OK(mdbx_env_set_flags(env, MDBX_UTTERLY_NOSYNC, true));
    OK(store(env, "utterly", MDBX_TXN_READWRITE));
    ck_assert_uint_eq(lck_durable(&env->lck), 0);
    ck_assert_uint_eq(newest_steady(env), 0);
  }
  const txnid_t durable = _i == 1 ? head_of(env) - 1 : head_of(env);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(end_call(&sync));
  ck_assert_uint_eq(lck_durable(&env->lck), durable);
  ck_assert_uint_eq(newest_steady(env), durable);
  OK(mdbx_env_set_flags(env, MDBX_UTTERLY_NOSYNC, false));
  close_sound(env);
}
END_TEST

/* One that must not wait leaves what it has flushed when a writer has begun meanwhile; the next one ends it. */
START_TEST(test_nonblock) {
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env, .nonblock = true};
  const uint64_t volume = api_info(env).mi_unsync_volume;
  hold_flushes();
  begin_call(&sync);
  await_flush(1);
  IS(mdbx_env_sync_ex(env, true, true), MDBX_BUSY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  let_flushes_end(1, MDBX_SUCCESS);
  IS(end_call(&sync), MDBX_BUSY);
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, volume);
  OK(store(env, "more", MDBX_TXN_READWRITE));
  OK(store(env, "and more", MDBX_TXN_READWRITE));
  let_flushes_end(2, MDBX_SUCCESS);
  OK(mdbx_env_sync_ex(env, true, true));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  ck_assert_uint_eq(newest_steady(env), head_of(env));
  IS(mdbx_env_sync_ex(env, true, true), MDBX_RESULT_TRUE);
  close_sound(env);
}
END_TEST

/* The commit that reaches the threshold makes the steady point when it has given the writer lock on. */
START_TEST(test_threshold) {
  MDBX_env *env = open_weak(0);
  struct call reaching = {.env = env, .key = "reaching"};
  OK(mdbx_env_sync(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  hold_flushes();
  begin_call(&reaching);
  await_flush(1);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 1 << 20));
  OK(store(env, "after", MDBX_TXN_READWRITE));
  ck_assert(reader_sees(env, "after"));
  let_flushes_end(100, MDBX_SUCCESS);
  OK(end_call(&reaching));
  ck_assert_uint_gt(lck_durable(&env->lck), 1);
  close_sound(env);
}
END_TEST

/* Commits that are made faster than they become durable wait for the steady point that is being made. */
START_TEST(test_far_behind) {
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env}, late = {.env = env, .key = "late"};
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 1 << 20));
  hold_flushes();
  begin_call(&sync);
  await_flush(1);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  begin_call(&late);
  while (!reader_sees(env, "late"))
    unit_sleep_us(100);
  unit_sleep_us(20000);
  const txnid_t before = lck_durable(&env->lck);
  ck_assert_uint_lt(before, head_of(env) - 1);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_call(&sync));
  OK(end_call(&late));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  close_sound(env);
}
END_TEST

static int failing_through(int fd, const void *bytes, size_t length, uint64_t offset) {
  (void)fd, (void)bytes, (void)length, (void)offset;
  return EIO;
}

/* Within mdbx_txn_lock() the lock is not given on: the commit is durable by itself. */
START_TEST(test_lock_of_the_application) {
  static const MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  MDBX_env *env = open_weak(0);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  OK(mdbx_txn_lock(env, false));
  OK(store(env, "locked", MDBX_TXN_READWRITE));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 0));
  OK(store(env, "weak", MDBX_TXN_READWRITE));
  ck_assert_uint_lt(lck_durable(&env->lck), head_of(env));
  OK(mdbx_env_sync(env));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  /* Calls that need the lock themselves find it taken by the same thread. */
  OK(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC, false));
  OK(store(env, "durable", MDBX_TXN_READWRITE));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_READWRITE, MDBX_chk_error, 0));
  ck_assert_uint_eq(context.result.total_problems, 0);
  OK(mdbx_txn_unlock(env));
  close_sound(env);
}
END_TEST

/* A failing flush, or a failing write of the meta behind it, is told, and the environment is not used any more. */
START_TEST(test_failure) {
  MDBX_env *env = open_weak(0);
  struct call sync = {.env = env};
  static struct os_ops failing;
  hold_flushes();
  failing = *os_ops;
  if (_i)
    failing.write_through = failing_through;
  os_ops = &failing;
  begin_call(&sync);
  await_flush(1);
  OK(store(env, "beside", MDBX_TXN_READWRITE));
  let_flushes_end(1, _i ? MDBX_SUCCESS : EIO);
  IS(end_call(&sync), EIO);
  IS(store(env, "late", MDBX_TXN_READWRITE), MDBX_PANIC);
  IS(mdbx_env_sync(env), MDBX_PANIC);
  os_ops = &os_ops_real;
  OK(mdbx_env_close_ex(env, true));
  env = api_open(MDBX_SAFE_NOSYNC);
  ck_assert(reader_sees(env, "beside"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Whoever flushes is inside the environment, and so is one who makes the steady point of his own commit. */
START_TEST(test_close) {
  MDBX_env *env = open_weak(0);
  struct call call = {.env = env, .key = _i ? "key" : NULL};
  if (_i)
    OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  hold_flushes();
  begin_call(&call);
  await_flush(1);
  IS(mdbx_env_close(env), MDBX_BUSY);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_call(&call));
  close_sound(env);
}
END_TEST

/* The process dies in its flush. What it had noted stays pinned, and the next flush ends it. */
static void die_in_flush(void *context) {
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  CHILD_OK(store(env, "child", MDBX_TXN_READWRITE));
  struct os_ops dying = os_ops_real;
  os_ops = &dying;
  dying.datasync = (int (*)(int))(void (*)(void))_exit;
  mdbx_env_sync(env);
  unit_require(false);
}

START_TEST(test_death) {
  MDBX_env *env = open_weak(0);
  const pid_t child = unit_fork(die_in_flush, NULL);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  const txnid_t noted = head_of(env);
  ck_assert_uint_eq(lck_believable(&env->lck), noted);
  for (int i = 0; i < 4; ++i)
    OK(store(env, "later", MDBX_TXN_READWRITE));
  ck_assert_uint_eq(lck_believable(&env->lck), noted);
  OK(mdbx_env_sync(env));
  ck_assert_uint_eq(lck_durable(&env->lck), head_of(env));
  ck_assert_uint_eq(newest_steady(env), head_of(env));
  close_sound(env);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------- the thread */

static void await_durable(const MDBX_env *env, txnid_t wanted) {
  while (lck_durable(&env->lck) < wanted)
    unit_sleep_us(200);
}

/* The thread has made a steady point when this returns, and allocates nothing from then on. A child that is made while a thread
 * begins may inherit a locked allocator from AddressSanitizer, which knows nothing of forks. */
static void begin_thread(MDBX_env *env) {
  const uint64_t bytes = api_info(env).mi_autosync_threshold;
  OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  OK(store(env, "the thread runs", MDBX_TXN_READWRITE));
  await_durable(env, head_of(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, bytes));
}

/* About 40 KiB. */
static void store_much(MDBX_env *env) {
  static char text[3000];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  memset(text, 'x', sizeof(text) - 1);
  for (unsigned i = 0; i < 10; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "much %u", i);
    OK(api_put(txn, DBI_MAIN, key, text, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
}

/* The commit returns at once, whatever the flush lasts; and nobody calls anything when the period is over. */
START_TEST(test_thread) {
  MDBX_env *env = api_create();
  if (_i)
    OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  if (!_i)
    OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  api_store(env, "key", "value");
  OK(mdbx_env_sync(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 32768));
  hold_flushes();
  store_much(env);
  const txnid_t much = head_of(env);
  await_flush(1);
  OK(store(env, "beside", MDBX_TXN_READWRITE));
  ck_assert_uint_lt(lck_durable(&env->lck), much);
  let_flushes_end(1000, MDBX_SUCCESS);
  await_durable(env, much);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 0));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, 65536 / 20));
  OK(store(env, "in time", MDBX_TXN_READWRITE));
  await_durable(env, head_of(env));
  OK(store(env, "in time again", MDBX_TXN_READWRITE));
  await_durable(env, head_of(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 0));
  close_sound(env);
}
END_TEST

static void go_on_with_thread(void *context) {
  MDBX_env *env = context;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_OK(store(env, "child", MDBX_TXN_READWRITE));
  while (lck_durable(&env->lck) < head_of(env))
    unit_sleep_us(200);
  CHILD_OK(mdbx_env_close(env));
}

/* A child has no thread until it goes on with the environment, and then one of its own. */
START_TEST(test_thread_and_fork) {
#if THREAD_SANITIZED
  unit_left_out("fork beside the thread",
                "the thread sanitizer ends a child of a process with threads that starts one");
  return;
#endif
  MDBX_env *env = open_weak(0);
  begin_thread(env);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, 65536 / 20));
  unit_join(unit_fork(go_on_with_thread, env));
  OK(store(env, "parent", MDBX_TXN_READWRITE));
  await_durable(env, head_of(env));
  ck_assert(reader_sees(env, "child"));
  close_sound(env);
}
END_TEST

static void set_period(void *context) {
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  CHILD_OK(mdbx_env_set_option(env, MDBX_opt_sync_period, 65536 / 20));
  CHILD_OK(mdbx_env_close_ex(env, true));
}

/* Another process sets the period, or makes it shorter, while the thread sleeps. */
START_TEST(test_period_of_others) {
#if THREAD_SANITIZED
  unit_left_out("fork beside the thread",
                "the thread sanitizer ends a child of a process with threads that starts one");
  return;
#endif
  MDBX_env *env = open_weak(0);
  OK(mdbx_env_sync(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, _i ? 65536 * 3600 : 0));
  begin_thread(env);
  unit_sleep_us(50000);
  unit_join(unit_fork(set_period, NULL));
  OK(store(env, "later", MDBX_TXN_READWRITE));
  await_durable(env, head_of(env));
  close_sound(env);
}
END_TEST

static uint64_t processor_microseconds(void) {
  struct rusage usage;
  ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
  return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 +
         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

/* What is due and cannot be done is not tried at once again: the head is damaged, or a process died in its commit after it had
 * noted the time. */
START_TEST(test_thread_is_patient) {
  MDBX_env *env = open_weak(0);
  uint8_t page[4096];
  OK(mdbx_env_sync(env));
  if (_i) {
    OK(store(env, "weak", MDBX_TXN_READWRITE));
    const off_t head = (off_t)lck_head_slot(lck_head(&env->lck)) * (off_t)sizeof(page);
    ck_assert_int_eq(pread(env->fd, page, sizeof(page), head), sizeof(page));
    page[offsetof(struct meta_page, meta.canary)] ^= 1;
    ck_assert_int_eq(pwrite(env->fd, page, sizeof(page), head), sizeof(page));
  } else {
    atomic_store(&env->lck.shared->unsynced_since, 1);
  }
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, 65536 / 4));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  unit_sleep_us(300000);
  const uint64_t before = processor_microseconds();
  unit_sleep_us(500000);
  ck_assert_uint_lt(processor_microseconds() - before, 200000);
  if (_i) {
    page[offsetof(struct meta_page, meta.canary)] ^= 1;
    const off_t head = (off_t)lck_head_slot(lck_head(&env->lck)) * (off_t)sizeof(page);
    ck_assert_int_eq(pwrite(env->fd, page, sizeof(page), head), sizeof(page));
    await_durable(env, head_of(env));
  }
  close_sound(env);
}
END_TEST

/* A meta is damaged as soon as it is written. */
static void damage(int fd, uint64_t offset) {
  uint8_t byte;
  offset += offsetof(struct meta_page, meta.canary);
  ck_assert_int_eq(pread(fd, &byte, 1, (off_t)offset), 1);
  byte ^= 1;
  ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)offset), 1);
}

static int damaging_pwritev(int fd, struct iovec *iov, int count, uint64_t offset) {
  const int rc = os_ops_real.pwritev(fd, iov, count, offset);
  if (offset < META_COUNT * 4096)
    damage(fd, offset);
  return rc;
}

static int damaging_store(int fd, void *to, const void *from, size_t length, uint64_t offset) {
  const int rc = os_ops_real.store(fd, to, from, length, offset);
  if (offset < META_COUNT * 4096)
    damage(fd, offset);
  return rc;
}

/* The steady point at the threshold cannot be made. The commit stands, and does not say that nothing was committed. */
START_TEST(test_commit_stands) {
  MDBX_env *env = open_weak(0);
  struct os_ops damaging = os_ops_real;
  OK(mdbx_env_sync(env));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, 4096));
  damaging.pwritev = damaging_pwritev;
  damaging.store = damaging_store;
  os_ops = &damaging;
  const txnid_t durable = lck_durable(&env->lck);
  OK(store(env, "stands", MDBX_TXN_READWRITE));
  os_ops = &os_ops_real;
  ck_assert_uint_eq(lck_durable(&env->lck), durable);
  IS(mdbx_env_sync(env), MDBX_CORRUPTED);
  damage(env->fd, (uint64_t)lck_head_slot(lck_head(&env->lck)) * 4096);
  OK(mdbx_env_sync(env));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "stands", "new");
  OK(mdbx_txn_abort(txn));
  close_sound(env);
}
END_TEST

static void write_for_ever(void *context) {
  MDBX_env *env = api_create();
  MDBX_txn *txn;
  (void)context;
  CHILD_OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  for (;;)
    pause();
}

/* The thread waits for the writer of another process. Who closes without a flush does not wait for that. */
START_TEST(test_close_beside_writer) {
#if THREAD_SANITIZED
  unit_left_out("fork beside the thread",
                "the thread sanitizer ends a child of a process with threads that starts one");
  return;
#endif
  MDBX_env *env = open_weak(0);
  const struct os_shlock *sealer = &env->lck.shared->sealer, *writer = &env->lck.shared->writer;
  int status;
  const pid_t child = unit_fork(write_for_ever, NULL);
  while (!os_shlock_owner(writer))
    unit_sleep_us(200);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, 1));
  OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  while (!os_shlock_owner(sealer))
    unit_sleep_us(200);
  unit_sleep_us(20000);
  OK(mdbx_env_close_ex(env, true));
  ck_assert_int_eq(kill(child, SIGKILL), 0);
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  env = api_open(MDBX_SAFE_NOSYNC);
  ck_assert(reader_sees(env, "key"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Who may not write, or shares nothing with others, has no thread. */
START_TEST(test_thread_is_for_writers) {
  uint64_t value;
  MDBX_env *env = open_weak(0);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  IS(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1), MDBX_EACCESS);
  OK(mdbx_env_get_option(env, MDBX_opt_sync_thread, &value));
  ck_assert_uint_eq(value, 0);
  OK(mdbx_env_close(env));
  env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_sync_thread, 1));
  IS(mdbx_env_set_option(env, MDBX_opt_sync_thread, 2), MDBX_EINVAL);
  OK(api_try_open(env, MDBX_RDONLY));
  ck_assert_ptr_null(atomic_load(&env->flusher));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ space */

static unsigned held_up; /* flushes that were made under the writer lock */
static unsigned all_flushes;
static MDBX_env *watched;

static int note_holder(int fd) {
  (void)fd;
  all_flushes += 1;
  held_up += lck_writer_is_mine(&watched->lck);
  return MDBX_SUCCESS;
}

/* Pages that only the durable commit keeps are needed again. The first transaction that misses them makes a steady point itself, and
 * has the writer lock; from then on one is made before it comes to that, without the lock. */
START_TEST(test_space) {
  struct os_ops ops = os_ops_real;
  static char text[3000];
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 128 * 4096, 4096, 4096, 4096));
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  memset(text, 'x', sizeof(text) - 1);
  for (uint64_t i = 0; i < 70; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "%02u", (unsigned)i);
    api_store(env, key, text);
  }
  OK(mdbx_env_sync(env));
  held_up = all_flushes = 0;
  watched = env;
  ops.datasync = note_holder;
  os_ops = &ops;
  const txnid_t durable = lck_durable(&env->lck);
  for (unsigned i = 0; i < 2000; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "%02u", i % 70);
    OK(store(env, key, MDBX_TXN_READWRITE));
    api_store(env, key, text);
  }
  ck_assert_uint_gt(lck_durable(&env->lck), durable);
  ck_assert_uint_ge(held_up, 1);
  ck_assert_uint_le(held_up, all_flushes / 4);
  ck_assert_uint_lt(all_flushes, 400);
  os_ops = &os_ops_real;
  close_sound(env);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("seal");
  TCase *tcase = api_case(suite, "seal");
  tcase_add_loop_test(tcase, test_writer_goes_on, 0, 6);
  tcase_add_loop_test(tcase, test_others_are_quicker, 0, 3);
  tcase_add_test(tcase, test_no_stores_meanwhile);
  tcase_add_test(tcase, test_nonblock);
  tcase_add_test(tcase, test_threshold);
  tcase_add_test(tcase, test_far_behind);
  tcase_add_test(tcase, test_lock_of_the_application);
  tcase_add_loop_test(tcase, test_failure, 0, 2);
  tcase_add_loop_test(tcase, test_close, 0, 2);
  tcase_add_test(tcase, test_death);
  tcase_add_loop_test(tcase, test_thread, 0, 2);
  tcase_add_test(tcase, test_thread_and_fork);
  tcase_add_loop_test(tcase, test_period_of_others, 0, 2);
  tcase_add_loop_test(tcase, test_thread_is_patient, 0, 2);
  tcase_add_test(tcase, test_commit_stands);
  tcase_add_test(tcase, test_close_beside_writer);
  tcase_add_test(tcase, test_thread_is_for_writers);
  tcase_add_test(tcase, test_space);
  return unit_run(suite);
}
