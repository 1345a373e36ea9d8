/* SPDX-License-Identifier: Apache-2.0 */
/* Durable commits that share flushes. Here a flush lasts until the test lets it end, so that what happens meanwhile is certain. */
#include "flushes.h"

#include "env/env_writer.h"
#include "file/pending.h"

struct writer {
  MDBX_env *env;
  const char *key, *expected; /* a key that it must see */
  unsigned flags;
  bool patient;   /* it commits when somebody waits for the writer lock */
  unsigned after; /* it commits when so many flushes have begun */
  bool embarks;   /* it changes nothing, and goes on as a reader */
  pthread_t thread;
  int rc;
  _Atomic bool begun;
};

static int go_on_as_reader(MDBX_txn *txn, const char *expected) {
  MDBX_val value;
  int rc = mdbx_txn_commit_embark_read(&txn, NULL);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return rc;
  rc = api_get(txn, DBI_MAIN, expected, &value);
  mdbx_txn_abort(txn);
  return rc;
}

static void *write_one(void *argument) {
  struct writer *writer = argument;
  MDBX_txn *txn;
  MDBX_val value;
  writer->rc = mdbx_txn_begin(writer->env, NULL, (MDBX_txn_flags_t)writer->flags, &txn);
  if (writer->rc != MDBX_SUCCESS)
    return NULL;
  atomic_store(&writer->begun, true);
  if (writer->expected)
    writer->rc = api_get(txn, DBI_MAIN, writer->expected, &value);
  while (writer->patient && !lck_writer_is_wanted(&writer->env->lck))
    unit_sleep_us(100);
  await_flush(writer->after);
  if (writer->embarks) {
    writer->rc = go_on_as_reader(txn, writer->expected);
    return NULL;
  }
  if (writer->rc == MDBX_SUCCESS)
    writer->rc = api_put(txn, DBI_MAIN, writer->key, "new", MDBX_UPSERT);
  const int rc = mdbx_txn_commit(txn);
  if (writer->rc == MDBX_SUCCESS)
    writer->rc = rc;
  return NULL;
}

static void start(struct writer *writer) {
  if (pthread_create(&writer->thread, NULL, write_one, writer) != 0)
    abort();
}

static int end_of(struct writer *writer) {
  pthread_join(writer->thread, NULL);
  return writer->rc;
}

static txnid_t newest(const MDBX_env *env) { return lck_head_txnid(pending_tip(&env->lck)); }

static void await_commit(const MDBX_env *env, txnid_t txnid) {
  while (newest(env) < txnid)
    unit_sleep_us(100);
}

/* Two commits wait: a flush is under way for the first one, and the second one is written. */
static void begin_group(MDBX_env *env, struct writer *first, struct writer *second) {
  const txnid_t before = newest(env);
  hold_flushes();
  *first = (struct writer){.env = env, .key = "first", .patient = true};
  *second = (struct writer){.env = env, .key = "second", .expected = "first", .after = 1};
  start(first);
  while (!atomic_load(&first->begun))
    unit_sleep_us(100);
  start(second);
  await_flush(1);
  await_commit(env, before + 2);
}

static MDBX_env *open_with_group(struct writer *first, struct writer *second) {
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  api_store(env, "key", "value");
  begin_group(env, first, second);
  return env;
}

/* Nobody sees a commit before it is durable, and nobody waits for a flush that began after that. */
START_TEST(test_order) {
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  const uint64_t recent = api_info(env).mi_recent_txnid;
  ck_assert(!reader_sees(env, "first") && !reader_sees(env, "second"));
  let_flushes_end(1, MDBX_SUCCESS);
  OK(end_of(&first));
  await_flush(2);
  ck_assert(reader_sees(env, "first") && !reader_sees(env, "second"));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, recent + 1);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(end_of(&second));
  ck_assert(reader_sees(env, "second"));
  ck_assert_uint_eq(flushes_begun(), 2);
  close_sound(env);
}
END_TEST

START_TEST(test_one_flush_for_many) {
  struct writer first, second, others[8];
  MDBX_env *env = open_with_group(&first, &second);
  const txnid_t before = newest(env);
  static const char *keys[COUNT_OF(others)] = {"a", "b", "c", "d", "e", "f", "g", "h"};
  for (unsigned i = 0; i < COUNT_OF(others); ++i) {
    others[i] = (struct writer){.env = env, .key = keys[i], .expected = i ? keys[i - 1] : "second"};
    start(&others[i]);
    await_commit(env, before + 1 + i);
  }
  let_flushes_end(2, MDBX_SUCCESS);
  OK(end_of(&first));
  OK(end_of(&second));
  for (unsigned i = 0; i < COUNT_OF(others); ++i)
    OK(end_of(&others[i]));
  ck_assert_uint_eq(flushes_begun(), 2);
  ck_assert(reader_sees(env, "h"));
  close_sound(env);
}
END_TEST

/* While others wait for a flush the writer lock is free; with the option off it is held for the length of the flush. */
START_TEST(test_option) {
  struct writer first, second;
  MDBX_txn *txn;
  uint64_t value;
  MDBX_env *env = open_with_group(&first, &second);
  OK(mdbx_env_get_option(env, MDBX_opt_group_commit, &value));
  ck_assert_uint_eq(value, 1);
  while (os_shlock_owner(&env->lck.shared->writer)) /* the commit is pending a moment before the lock is given on */
    unit_sleep_us(100);
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn));
  let_flushes_end(2, MDBX_SUCCESS);
  OK(mdbx_txn_abort(txn));
  OK(end_of(&first));
  OK(end_of(&second));
  OK(mdbx_env_set_option(env, MDBX_opt_group_commit, 0));
  hold_flushes();
  first = (struct writer){.env = env, .key = "third", .patient = true};
  second = (struct writer){.env = env, .key = "fourth", .expected = "third"};
  start(&first);
  while (!atomic_load(&first.begun))
    unit_sleep_us(100);
  start(&second);
  await_flush(1);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  let_flushes_end(2, MDBX_SUCCESS);
  OK(end_of(&first));
  OK(end_of(&second));
  ck_assert_uint_eq(flushes_begun(), 2);
  IS(mdbx_env_set_option(env, MDBX_opt_group_commit, 2), MDBX_EINVAL);
  close_sound(env);
}
END_TEST

/* All that wait for a flush that fails fail, and so does what builds on them; nothing of it is there afterwards. */
START_TEST(test_failure) {
  struct writer first, second;
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  MDBX_txn *txn, *late;
  api_store(env, "key", "value");
  begin_group(env, &first, &second);
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &late));
  OK(api_put(late, DBI_MAIN, "third", "new", MDBX_UPSERT));
  let_flushes_end(1000, MDBX_EIO);
  IS(end_of(&first), MDBX_EIO);
  IS(end_of(&second), MDBX_PANIC);
  IS(mdbx_txn_commit(late), MDBX_PANIC);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_PANIC);
  IS(mdbx_env_close_ex(env, true), MDBX_SUCCESS);
  os_ops = &os_ops_real;
  env = api_open(MDBX_SYNC_DURABLE);
  ck_assert(reader_sees(env, "key") && !reader_sees(env, "first") && !reader_sees(env, "second"));
  api_store(env, "first", "again");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void fail_group(void *context) {
  struct writer first, second;
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, 0));
  begin_group(env, &first, &second);
  let_flushes_end(1, MDBX_EIO);
  unit_require(end_of(&first) == MDBX_EIO);
  unit_require(end_of(&second) == MDBX_PANIC);
}

static void leave_group(void *context) {
  struct writer first, second;
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, 0));
  begin_group(env, &first, &second);
  for (;;)
    pause();
}

/* Another process can go on after what failed has been wiped. */
START_TEST(test_failure_elsewhere) {
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  api_store(env, "key", "value");
  const txnid_t before = newest(env);
  const pid_t child = unit_fork(fail_group, NULL);
  unit_join(child);
  api_store(env, "other", "value");
  ck_assert_uint_eq(newest(env), before + 1);
  ck_assert(!reader_sees(env, "first") && reader_sees(env, "other"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A commit of another kind waits until all before it are durable. */
START_TEST(test_other_kinds) {
  static const unsigned kinds[] = {MDBX_TXN_NOSYNC, MDBX_TXN_NOMETASYNC, MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC};
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  struct writer third = {.env = env, .key = "third", .expected = "second", .flags = kinds[_i]};
  const txnid_t before = newest(env);
  start(&third);
  while (!atomic_load(&third.begun))
    unit_sleep_us(100);
  ck_assert_uint_eq(newest(env), before);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_of(&first));
  OK(end_of(&second));
  OK(end_of(&third));
  ck_assert(reader_sees(env, "third"));
  api_store(env, "fourth", "value");
  close_sound(env);
}
END_TEST

/* A reader cannot become a writer when something newer waits, and a writer that goes on as a reader sees what it saw. */
START_TEST(test_chain) {
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *writer = NULL;
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_RESULT_TRUE);
  ck_assert_ptr_null(writer);
  OK(mdbx_txn_abort(reader));
  struct writer third = {.env = env, .expected = "second", .embarks = true};
  start(&third);
  while (!atomic_load(&third.begun))
    unit_sleep_us(100);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_of(&first));
  OK(end_of(&second));
  OK(end_of(&third));
  close_sound(env);
}
END_TEST

static void *sync_now(void *env) { return (void *)(intptr_t)mdbx_env_sync_ex(env, true, false); }

/* mdbx_env_sync() takes along what waits. */
START_TEST(test_sync) {
  struct writer first, second;
  pthread_t thread;
  void *rc;
  MDBX_env *env = open_with_group(&first, &second);
  ck_assert_int_eq(pthread_create(&thread, NULL, sync_now, env), 0);
  let_flushes_end(1000, MDBX_SUCCESS);
  pthread_join(thread, &rc);
  ck_assert((int)(intptr_t)rc == MDBX_SUCCESS || (int)(intptr_t)rc == MDBX_RESULT_TRUE);
  ck_assert(reader_sees(env, "second"));
  OK(end_of(&first));
  OK(end_of(&second));
  IS(mdbx_env_sync_ex(env, true, false), MDBX_RESULT_TRUE);
  close_sound(env);
}
END_TEST

enum ending { ABORT, COMMIT, BREAK, ENDINGS };

struct onlooker {
  MDBX_env *env;
  enum ending ending;
  bool saw, sees; /* as a writer, and as a reader after that */
  _Atomic bool looked;
  pthread_t thread;
};

/* Sees the newest commit in a write transaction that comes to nothing. */
static void *look_on(void *argument) {
  struct onlooker *onlooker = argument;
  MDBX_val value;
  MDBX_txn *txn = api_begin(onlooker->env, MDBX_TXN_READWRITE);
  onlooker->saw = api_get(txn, DBI_MAIN, "second", &value) == MDBX_SUCCESS;
  atomic_store(&onlooker->looked, true);
  if (onlooker->ending == BREAK)
    mdbx_txn_break(txn);
  if (onlooker->ending == ABORT)
    mdbx_txn_abort(txn);
  else
    mdbx_txn_commit(txn);
  onlooker->sees = reader_sees(onlooker->env, "second");
  return NULL;
}

/* What a writer has seen, a reader that begins after its end sees as well, however it ended; others may write meanwhile. */
START_TEST(test_nothing_goes_back) {
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  struct onlooker onlooker = {.env = env, .ending = (enum ending)_i};
  ck_assert_int_eq(pthread_create(&onlooker.thread, NULL, look_on, &onlooker), 0);
  while (!atomic_load(&onlooker.looked) || os_shlock_owner(&env->lck.shared->writer))
    unit_sleep_us(100);
  unit_sleep_us(20000); /* without the wait it looks now */
  let_flushes_end(2, MDBX_SUCCESS);
  pthread_join(onlooker.thread, NULL);
  ck_assert(onlooker.saw && onlooker.sees);
  OK(end_of(&first));
  OK(end_of(&second));
  close_sound(env);
}
END_TEST

/* A commit that waits for its flush is a transaction of another thread, as one that runs. */
START_TEST(test_close) {
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  IS(mdbx_env_close_ex(env, false), MDBX_BUSY);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_of(&first));
  OK(end_of(&second));
  close_sound(env);
}
END_TEST

static void *copy_base(void *argument) {
  struct onlooker *onlooker = argument;
  MDBX_txn *txn = api_begin(onlooker->env, MDBX_TXN_READWRITE);
  atomic_store(&onlooker->looked, true);
  const int rc = mdbx_txn_copy2pathname(txn, unit_path("copy"), MDBX_CP_OVERWRITE);
  mdbx_txn_abort(txn);
  return (void *)(intptr_t)rc;
}

/* A copy of what a write transaction sees has what waited for its flush when that began. */
START_TEST(test_copy) {
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second), *copy;
  struct onlooker onlooker = {.env = env};
  void *rc;
  ck_assert_int_eq(pthread_create(&onlooker.thread, NULL, copy_base, &onlooker), 0);
  while (!atomic_load(&onlooker.looked))
    unit_sleep_us(100);
  unit_sleep_us(20000); /* without a wait it copies now */
  let_flushes_end(1000, MDBX_SUCCESS);
  pthread_join(onlooker.thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  OK(mdbx_env_create(&copy));
  OK(mdbx_env_open(copy, unit_path("copy"), MDBX_NOSUBDIR, 0600));
  ck_assert(reader_sees(copy, "first") && reader_sees(copy, "second"));
  OK(mdbx_env_close(copy));
  OK(end_of(&first));
  OK(end_of(&second));
  close_sound(env);
}
END_TEST

/* The one who published the newest commit died before it was noted that it waits no more, and before or after it was noted that
 * it is durable. The commits that follow share no flush. */
START_TEST(test_death_of_a_publisher) {
  static const unsigned kinds[] = {MDBX_TXN_NOSYNC, MDBX_TXN_NOMETASYNC, MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC, 0};
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  api_store(env, "key", "value");
  const txnid_t before = lck_durable(&env->lck);
  api_store(env, "key", "other");
  atomic_store(&env->lck.shared->pending, lck_head(&env->lck));
  if (_i & 4)
    lck_publish_durable(&env->lck, before);
  static const char *const keys[] = {"a", "b", "c", "d"};
  for (unsigned i = 0; i < COUNT_OF(keys); ++i) {
    MDBX_txn *txn = api_begin(env, kinds[_i & 3]);
    OK(api_put(txn, DBI_MAIN, keys[i], "new", MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
  }
  for (unsigned i = 0; i < COUNT_OF(keys); ++i)
    ck_assert(reader_sees(env, keys[i]));
  ck_assert_uint_eq(newest(env), before + 1 + COUNT_OF(keys));
  ck_assert(!pending_any(&env->lck));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A flush failed, and whoever was to tell died before he did: the next writer does. */
START_TEST(test_death_of_a_failing_flusher) {
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  api_store(env, "key", "value");
  const txnid_t before = newest(env);
  const uint32_t failures = pending_failures(&env->lck);
  const pid_t child = unit_fork(leave_group, NULL);
  await_commit(env, before + 2);
  kill(child, SIGKILL);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  atomic_fetch_or(&env->lck.shared->user, METAS_DOUBTFUL);
  api_store(env, "third", "value");
  ck_assert_uint_eq(pending_failures(&env->lck), failures + 1);
  ck_assert_uint_eq(newest(env), before + 1);
  ck_assert(!reader_sees(env, "first") && reader_sees(env, "third"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* What is not one of us writes over the meta of a commit that waits: there is an error, not an endless wait. */
START_TEST(test_foreign_hand) {
  static const uint8_t zeros[4096];
  struct writer first, second;
  MDBX_env *env = open_with_group(&first, &second);
  struct iovec one = {(void *)(uintptr_t)zeros, sizeof(zeros)};
  OK(os_ops_real.pwritev(env->fd, &one, 1, (uint64_t)lck_head_slot(pending_tip(&env->lck)) * env->page_size));
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_of(&first));
  IS(end_of(&second), MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
  env = api_open(MDBX_SYNC_DURABLE);
  ck_assert(reader_sees(env, "first") && !reader_sees(env, "second"));
  close_sound(env);
}
END_TEST

/* A process that dies in the middle of a flush leaves its commits to the next writer. */
START_TEST(test_death) {
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  api_store(env, "key", "value");
  const txnid_t before = newest(env);
  const pid_t child = unit_fork(leave_group, NULL);
  await_commit(env, before + 2);
  kill(child, SIGKILL);
  int status;
  ck_assert_int_eq(waitpid(child, &status, 0), child);
  ck_assert(!reader_sees(env, "first"));
  api_store(env, "third", "value");
  ck_assert(reader_sees(env, "first") && reader_sees(env, "second") && reader_sees(env, "third"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---- a writer that dies over the meta of a commit that others wait for */

struct deadly {
  _Atomic int stage; /* 1: the database is open; 2: it may commit */
  bool torn;
};
static struct deadly *deadly;

static int die_at_meta(int fd, struct iovec *iov, int count, uint64_t offset) {
  if (offset >= 3 * 4096)
    return os_ops_real.pwritev(fd, iov, count, offset);
  if (deadly->torn)
    iov[0].iov_len = 200;
  os_ops_real.pwritev(fd, iov, 1, offset);
  _exit(0);
}

static void die_as_writer(void *context) {
  MDBX_env *env = api_create();
  static struct os_ops ops;
  (void)context;
  CHILD_OK(api_try_open(env, 0));
  atomic_store(&deadly->stage, 1);
  while (atomic_load(&deadly->stage) != 2)
    unit_sleep_us(100);
  ops = os_ops_real;
  ops.pwritev = die_at_meta;
  os_ops = &ops;
  struct writer third = {.env = env, .key = "third", .expected = "second"};
  write_one(&third);
  unit_require(false);
}

/* Its commit was complete: it stands, and with it the one whose meta it wrote over; or it was not, and that one is lost. */
START_TEST(test_death_of_a_writer) {
  struct writer first, second;
  deadly = unit_shared(sizeof(*deadly));
  deadly->torn = _i;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 26, 1 << 18, 1 << 18, 4096));
  OK(api_try_open(env, 0));
  api_store(env, "key", "value");
  const pid_t child = unit_fork(die_as_writer, NULL);
  while (atomic_load(&deadly->stage) != 1)
    unit_sleep_us(100);
  begin_group(env, &first, &second);
  atomic_store(&deadly->stage, 2);
  unit_join(child);
  let_flushes_end(1000, MDBX_SUCCESS);
  OK(end_of(&first));
  if (!deadly->torn) {
    OK(end_of(&second));
    ck_assert(reader_sees(env, "second") && reader_sees(env, "third"));
    close_sound(env);
    return;
  }
  IS(end_of(&second), MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
  env = api_open(MDBX_SYNC_DURABLE);
  ck_assert(reader_sees(env, "first") && !reader_sees(env, "second") && !reader_sees(env, "third"));
  close_sound(env);
}
END_TEST

static void *take_writer_lock(void *argument) {
  MDBX_env *env = argument;
  return (void *)(intptr_t)env_lock_writer_beside_pending(env, false);
}

static void leave_second_flush(void *context) {
  struct writer first, second;
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, 0));
  begin_group(env, &first, &second);
  let_flushes_end(1, MDBX_SUCCESS);
  for (;;)
    pause();
}

/* The commit of the dead writer is complete, and what waits before it is published while its lock is taken over. */
START_TEST(test_death_beside_publishing) {
  pthread_t thread;
  void *rc;
  deadly = unit_shared(sizeof(*deadly));
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 26, 1 << 18, 1 << 18, 4096));
  OK(api_try_open(env, 0));
  api_store(env, "key", "value");
  const txnid_t before = newest(env);
  const pid_t child = unit_fork(die_as_writer, NULL);
  while (atomic_load(&deadly->stage) != 1)
    unit_sleep_us(100);
  const pid_t flusher = unit_fork(leave_second_flush, NULL);
  while (lck_head_txnid(pending_flushing(&env->lck)) < before + 2)
    unit_sleep_us(100);
  atomic_store(&deadly->stage, 2);
  unit_join(child);
  kill(flusher, SIGKILL);
  int status;
  ck_assert_int_eq(waitpid(flusher, &status, 0), flusher);
  OK(pending_metas_lock(&env->lck)); /* from the dead writer, and it looks wanted */
  pending_metas_unlock(&env->lck);
  OK(pending_metas_lock(&env->lck)); /* for the flusher, who has died a little later */
  ck_assert(!os_shlock_is_wanted(&env->lck.shared->metas));
  ck_assert_int_eq(pthread_create(&thread, NULL, take_writer_lock, env), 0);
  while (!os_shlock_is_wanted(&env->lck.shared->metas))
    unit_sleep_us(100);
  ck_assert(pending_publish(&env->lck, pending_flushing(&env->lck), pending_failures(&env->lck)));
  pending_metas_unlock(&env->lck);
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  env_unlock_writer(env);
  ck_assert_uint_eq(newest(env), before + 3);
  ck_assert(reader_sees(env, "second") && reader_sees(env, "third"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* A page that the first commit took and the second one gives back, and all page sizes. */
/* Who committed among others a moment ago waits for them, though nobody is there yet; and when nobody has come, no more. */
START_TEST(test_company) {
  MDBX_env *env = api_open(MDBX_SYNC_DURABLE);
  struct lck_shared *shared = env->lck.shared;
  const txnid_t before = newest(env);
  atomic_store(&shared->company, 3);
  atomic_store(&env->flush_microseconds, 1000);
  api_store(env, "a", "new");
  ck_assert_uint_eq(atomic_load(&shared->counters[LCK_SHARED_COMMITS]), 1);
  ck_assert_uint_eq(newest(env), before + 1);
  ck_assert_uint_eq(lck_durable(&env->lck), before + 1);
  ck_assert(!pending_has_company(&env->lck));
  api_store(env, "b", "new");
  ck_assert_uint_eq(atomic_load(&shared->counters[LCK_SHARED_COMMITS]), 1);
  ck_assert_uint_eq(lck_durable(&env->lck), before + 2);
  close_sound(env);
}
END_TEST

START_TEST(test_page_sizes) {
  static const intptr_t sizes[] = {1024, 2048, 4096, 16384, 65536};
  struct writer first, second;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 26, 1 << 18, 1 << 18, sizes[_i]));
  OK(api_try_open(env, MDBX_LIFORECLAIM));
  for (unsigned round = 0; round < 20; ++round) {
    begin_group(env, &first, &second);
    let_flushes_end(2, MDBX_SUCCESS);
    OK(end_of(&first));
    OK(end_of(&second));
    MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
    api_has(txn, DBI_MAIN, "second", "new");
    OK(mdbx_txn_abort(txn));
  }
  close_sound(env);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("shared flushes");
  TCase *tests = api_case(suite, "group");
  tcase_add_test(tests, test_order);
  tcase_add_test(tests, test_one_flush_for_many);
  tcase_add_test(tests, test_option);
  tcase_add_test(tests, test_failure);
  tcase_add_test(tests, test_failure_elsewhere);
  tcase_add_loop_test(tests, test_other_kinds, 0, 3);
  tcase_add_test(tests, test_chain);
  tcase_add_test(tests, test_sync);
  tcase_add_loop_test(tests, test_nothing_goes_back, 0, ENDINGS);
  tcase_add_test(tests, test_close);
  tcase_add_test(tests, test_copy);
  tcase_add_test(tests, test_death);
  tcase_add_loop_test(tests, test_death_of_a_publisher, 0, 8);
  tcase_add_test(tests, test_death_of_a_failing_flusher);
  tcase_add_test(tests, test_foreign_hand);
  tcase_add_test(tests, test_death_beside_publishing);
  tcase_add_loop_test(tests, test_death_of_a_writer, 0, 2);
  tcase_add_test(tests, test_company);
  tcase_add_loop_test(tests, test_page_sizes, 0, 5);
  return unit_run(suite);
}
