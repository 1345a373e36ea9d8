/* SPDX-License-Identifier: Apache-2.0 */
/* Commits that are to become durable later: tickets, waiting for them, and the descriptor. */
#include "flushes.h"

#include "env/env.h"
#include "file/pending.h"
#include "txn/commit_steps.h"

#include <poll.h>

enum { FOREVER = -1, SECOND = 65536 };

static int try_commit(MDBX_env *env, const char *key, unsigned flags, MDBX_commit_ticket *ticket) {
  MDBX_txn *txn;
  int rc = mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = api_put(txn, DBI_MAIN, key, "new", MDBX_UPSERT);
  const int committed = mdbx_txn_commit_ticket(txn, ticket, NULL);
  return rc == MDBX_SUCCESS ? committed : rc;
}

static MDBX_commit_ticket commit(MDBX_env *env, const char *key) {
  MDBX_commit_ticket ticket;
  OK(try_commit(env, key, MDBX_TXN_READWRITE, &ticket));
  return ticket;
}

static MDBX_env *open_with_key(unsigned flags) {
  MDBX_env *env = api_open(flags);
  api_store(env, "key", "value");
  return env;
}

/* No flush until somebody waits; then one for all. Writers see what waits, readers do not. */
START_TEST(test_order) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  hold_flushes();
  let_flushes_end(1, MDBX_SUCCESS);
  const MDBX_commit_ticket first = commit(env, "first"), second = commit(env, "second"), third = commit(env, "third");
  ck_assert_uint_eq(second.txn_id, first.txn_id + 1);
  ck_assert_uint_eq(third.txn_id, first.txn_id + 2);
  ck_assert_uint_eq(flushes_begun(), 0);
  IS(mdbx_env_wait_durable(env, &first, 0), MDBX_RESULT_TRUE);
  ck_assert(!reader_sees(env, "first"));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_commit_ticket seen;
  api_has(txn, DBI_MAIN, "third", "new");
  OK(mdbx_txn_commit_ticket(txn, &seen, NULL));
  ck_assert_uint_eq(seen.txn_id, third.txn_id);
  ck_assert_uint_eq(flushes_begun(), 0);
  OK(mdbx_env_wait_durable(env, &second, (unsigned)FOREVER));
  ck_assert_uint_eq(flushes_begun(), 1);
  OK(mdbx_env_wait_durable(env, &first, 0));
  OK(mdbx_env_wait_durable(env, &third, 0));
  OK(mdbx_env_wait_durable(env, &third, (unsigned)FOREVER));
  ck_assert(reader_sees(env, "third"));
  ck_assert_uint_eq(flushes_begun(), 1);
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_eq(info.mi_shared.flushes, 1);
  ck_assert_uint_eq(info.mi_shared.commits, 3);
  close_sound(env);
}
END_TEST

static void *wait_long(void *argument) {
  void **both = argument;
  return (void *)(intptr_t)mdbx_env_wait_durable(both[0], both[1], (unsigned)FOREVER);
}

static void *sync_now(void *argument) {
  void **both = argument;
  return (void *)(intptr_t)mdbx_env_sync(both[0]);
}

/* Who must not wait longer does not, while the flush of somebody else goes on. */
START_TEST(test_timeout) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  pthread_t thread;
  void *rc;
  hold_flushes();
  MDBX_commit_ticket first = commit(env, "first");
  void *both[] = {env, &first};
  ck_assert_int_eq(pthread_create(&thread, NULL, wait_long, both), 0);
  await_flush(1);
  const MDBX_commit_ticket second = commit(env, "second");
  IS(mdbx_env_wait_durable(env, &first, 1), MDBX_RESULT_TRUE);
  IS(mdbx_env_wait_durable(env, &second, SECOND / 10), MDBX_RESULT_TRUE);
  IS(mdbx_env_wait_durable(env, &second, 0), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(flushes_begun(), 1);
  let_flushes_end(1, MDBX_SUCCESS);
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  IS(mdbx_env_wait_durable(env, &second, 0), MDBX_RESULT_TRUE);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(mdbx_env_wait_durable(env, &second, (unsigned)FOREVER));
  ck_assert_uint_eq(flushes_begun(), 2);
  close_sound(env);
}
END_TEST

static void *write_long(void *argument) {
  void **both = argument;
  _Atomic int *step = both[1];
  MDBX_txn *txn;
  int rc = mdbx_txn_begin(both[0], NULL, MDBX_TXN_READWRITE, &txn);
  atomic_store(step, 1);
  while (rc == MDBX_SUCCESS && atomic_load(step) != 2)
    unit_sleep_us(1000);
  return (void *)(intptr_t)(rc == MDBX_SUCCESS ? mdbx_txn_abort(txn) : rc);
}

/* Nor is a writer waited for longer, whose lock the steady point of a weak commit needs. */
START_TEST(test_timeout_beside_writer) {
  MDBX_env *env = open_with_key(MDBX_SAFE_NOSYNC);
  _Atomic int step = 0;
  void *both[] = {env, &step}, *rc;
  pthread_t thread;
  const MDBX_commit_ticket weak = commit(env, "weak");
  ck_assert_int_eq(pthread_create(&thread, NULL, write_long, both), 0);
  while (!atomic_load(&step))
    unit_sleep_us(100);
  IS(mdbx_env_wait_durable(env, &weak, SECOND / 20), MDBX_RESULT_TRUE);
  atomic_store(&step, 2);
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  OK(mdbx_env_wait_durable(env, &weak, SECOND / 20));
  OK(mdbx_env_wait_durable(env, &weak, 0));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Who waits, or makes the flush, is inside the environment. */
START_TEST(test_close) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  pthread_t thread;
  void *rc;
  hold_flushes();
  MDBX_commit_ticket first = commit(env, "first");
  void *both[] = {env, &first};
  ck_assert_int_eq(pthread_create(&thread, NULL, _i ? sync_now : wait_long, both), 0);
  await_flush(1);
  IS(mdbx_env_close_ex(env, false), MDBX_BUSY);
  IS(mdbx_env_close_ex(env, true), MDBX_BUSY);
  let_flushes_end(1, MDBX_SUCCESS);
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  close_sound(env);
}
END_TEST

/* What waits is not durable yet, also while its flush is under way. */
START_TEST(test_volume) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  pthread_t thread;
  void *rc;
  hold_flushes();
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  MDBX_commit_ticket first = commit(env, "first");
  const uint64_t one = api_info(env).mi_unsync_volume;
  ck_assert_uint_ge(one, api_info(env).mi_dxb_pagesize);
  void *both[] = {env, &first};
  ck_assert_int_eq(pthread_create(&thread, NULL, wait_long, both), 0);
  await_flush(1);
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, one);
  const MDBX_commit_ticket second = commit(env, "second");
  const uint64_t two = api_info(env).mi_unsync_volume;
  ck_assert_uint_gt(two, one);
  let_flushes_end(1, MDBX_SUCCESS);
  pthread_join(thread, &rc);
  ck_assert_int_eq((int)(intptr_t)rc, MDBX_SUCCESS);
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, two - one);
  let_flushes_end(1, MDBX_SUCCESS);
  OK(mdbx_env_wait_durable(env, &second, (unsigned)FOREVER));
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  commit(env, "third");
  let_flushes_end(1, MDBX_EIO);
  IS(mdbx_env_sync(env), MDBX_EIO);
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

/* The thresholds hold for what waits as they do for weak commits, when somebody asks now and then. */
START_TEST(test_poll) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket first = commit(env, "first");
  OK(mdbx_env_sync_poll(env));
  IS(mdbx_env_wait_durable(env, &first, 0), MDBX_RESULT_TRUE);
  if (_i) {
    OK(mdbx_env_set_syncbytes(env, 1 << 30));
    OK(mdbx_env_sync_poll(env));
    IS(mdbx_env_wait_durable(env, &first, 0), MDBX_RESULT_TRUE);
    OK(mdbx_env_set_syncbytes(env, 1));
  } else {
    OK(mdbx_env_set_syncperiod(env, 1));
    unit_sleep_us(1000); /* more than the period */
  }
  OK(mdbx_env_sync_poll(env));
  OK(mdbx_env_wait_durable(env, &first, 0));
  ck_assert(reader_sees(env, "first"));
  IS(mdbx_env_sync_poll(env), MDBX_RESULT_TRUE);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* More than a meta page can list: some flushes are made on the way, one for many commits, and nobody need wait. */
START_TEST(test_many) {
  static const intptr_t sizes[] = {1024, 4096, 65536};
  MDBX_env *env = api_create();
  MDBX_commit_ticket ticket = {0, 0}, first = {0, 0};
  char key[16];
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 28, 1 << 24, 1 << 24, sizes[_i]));
  OK(api_try_open(env, MDBX_SYNC_DURABLE));
  for (unsigned i = 0; i < 5000; ++i) {
    snprintf(key, sizeof(key), "%08u", i * 2654435761u % 100000000u);
    ticket = commit(env, key);
    if (i == 0)
      first = ticket;
    if (i == 2500)
      OK(mdbx_env_wait_durable(env, &first, (unsigned)FOREVER));
  }
  OK(mdbx_env_wait_durable(env, &ticket, (unsigned)FOREVER));
  const MDBX_envinfo info = api_info(env);
  ck_assert_uint_ge(info.mi_shared.commits, 4000);
  ck_assert_uint_ge(info.mi_shared.commits, 10 * info.mi_shared.flushes);
  ck_assert(reader_sees(env, key));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_failure) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket late;
  hold_flushes();
  let_flushes_end(1000, MDBX_EIO);
  const MDBX_commit_ticket first = commit(env, "first"), second = commit(env, "second");
  IS(mdbx_env_wait_durable(env, &second, (unsigned)FOREVER), MDBX_EIO);
  IS(mdbx_env_wait_durable(env, &first, (unsigned)FOREVER), MDBX_PANIC);
  IS(mdbx_env_wait_durable(env, &second, 0), MDBX_PANIC);
  IS(try_commit(env, "third", MDBX_TXN_READWRITE, &late), MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
  os_ops = &os_ops_real;
  env = api_open(MDBX_SYNC_DURABLE);
  ck_assert(reader_sees(env, "key") && !reader_sees(env, "first") && !reader_sees(env, "second"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void commit_and_fail(void *context) {
  const MDBX_commit_ticket *given = context;
  MDBX_env *env = api_create();
  MDBX_commit_ticket ticket;
  CHILD_OK(api_try_open(env, 0));
  hold_flushes();
  let_flushes_end(1000, MDBX_EIO);
  unit_require(try_commit(env, "second", MDBX_TXN_READWRITE, &ticket) == MDBX_SUCCESS);
  unit_require(ticket.txn_id == given->txn_id + 1);
  unit_require(mdbx_env_wait_durable(env, &ticket, (unsigned)FOREVER) == MDBX_EIO);
}

/* The flush that another process made for it failed; the id is given to another commit since. */
START_TEST(test_failure_elsewhere) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket first = commit(env, "first");
  const pid_t child = unit_fork(commit_and_fail, &first);
  unit_join(child);
  IS(mdbx_env_wait_durable(env, &first, 0), MDBX_PANIC);
  api_store(env, "other", "value");
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, first.txn_id);
  IS(mdbx_env_wait_durable(env, &first, 0), MDBX_PANIC);
  ck_assert(!reader_sees(env, "first") && !reader_sees(env, "second") && reader_sees(env, "other"));
  IS(mdbx_env_wait_durable(env, &first, (unsigned)FOREVER), MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
  env = api_open(MDBX_SYNC_DURABLE);
  ck_assert(!reader_sees(env, "first") && reader_sees(env, "other"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static void commit_other(void *context) {
  MDBX_env *env = api_create();
  (void)context;
  CHILD_OK(api_try_open(env, 0));
  api_store(env, "other", "value");
  CHILD_OK(mdbx_env_close(env));
}

/* What this process remembers of a commit that failed is not taken for the commit that another one made with that id. */
START_TEST(test_memory_of_a_failure) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket first = commit(env, "first");
  const pid_t failing = unit_fork(commit_and_fail, &first);
  unit_join(failing);
  const pid_t committing = unit_fork(commit_other, NULL);
  unit_join(committing);
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, first.txn_id);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_ne(env->stores.newest, first.txn_id);
  api_has(txn, DBI_MAIN, "other", "value");
  OK(api_put(txn, DBI_MAIN, "third", "value", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert(reader_sees(env, "other") && reader_sees(env, "third") && !reader_sees(env, "first"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Damages the header of the newest meta page, of a commit that waits: it says that it lists more pages than it has room for. */
static void lie_about_manifest(const MDBX_env *env) {
  const unsigned slot = lck_head_slot(pending_tip(&env->lck));
  const uint16_t count = UINT16_MAX;
  const off_t at = (off_t)slot * env->page_size + (off_t)offsetof(struct page, count);
  ck_assert_int_eq(pwrite(env->fd, &count, sizeof(count), at), sizeof(count));
}

/* What the commit that it builds on lists is read from the file, and goes to a page in memory. */
START_TEST(test_damaged_list) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  commit(env, "first");
  lie_about_manifest(env);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_gt(commit_entries_of_base(txn), 0);
  ck_assert_uint_le(commit_entries_of_base(txn) * sizeof(struct meta_manifest), meta_room(env->page_size));
  OK(api_put(txn, DBI_MAIN, "second", "new", MDBX_UPSERT));
  MDBX_commit_ticket second;
  const int rc = mdbx_txn_commit_ticket(txn, &second, NULL);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_CORRUPTED || rc == MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

/* Readers see a weak commit at once; it becomes durable when somebody waits for that. */
START_TEST(test_weak) {
  static const unsigned kinds[] = {MDBX_TXN_NOSYNC, MDBX_TXN_NOMETASYNC, MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC};
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket weak, waiting = commit(env, "waiting");
  OK(try_commit(env, "weak", kinds[_i], &weak));
  ck_assert(reader_sees(env, "weak"));
  IS(mdbx_env_wait_durable(env, &weak, 0), MDBX_RESULT_TRUE);
  OK(mdbx_env_wait_durable(env, &weak, (unsigned)FOREVER));
  OK(mdbx_env_wait_durable(env, &weak, 0));
  OK(mdbx_env_wait_durable(env, &waiting, 0));
  IS(mdbx_env_sync_ex(env, true, false), MDBX_RESULT_TRUE);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Where a flush cannot be shared the commit is durable when it returns, with a ticket all the same. */
START_TEST(test_alone) {
  MDBX_env *env = open_with_key(_i ? MDBX_WRITEMAP : MDBX_SYNC_DURABLE);
  OK(mdbx_env_set_option(env, MDBX_opt_group_commit, _i));
  const MDBX_commit_ticket ticket = commit(env, "first");
  ck_assert(reader_sees(env, "first"));
  OK(mdbx_env_wait_durable(env, &ticket, 0));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_nothing_to_commit) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket first = commit(env, "first"), ticket;
  OK(mdbx_txn_commit_ticket(api_begin(env, MDBX_TXN_READWRITE), &ticket, NULL));
  ck_assert_uint_eq(ticket.txn_id, first.txn_id);
  IS(mdbx_env_wait_durable(env, &ticket, 0), MDBX_RESULT_TRUE);
  ck_assert(!reader_sees(env, "first"));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_break(txn));
  IS(mdbx_txn_commit_ticket(txn, &ticket, NULL), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(ticket.txn_id, 0);
  IS(mdbx_env_wait_durable(env, &ticket, 0), MDBX_EINVAL);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_arguments) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket ticket = commit(env, "first"), later = {ticket.txn_id + 1, ticket.epoch};
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY), *child;
  mdbx_filehandle_t fd;
  IS(mdbx_txn_commit_ticket(NULL, &ticket, NULL), MDBX_EINVAL);
  IS(mdbx_txn_commit_ticket(txn, &ticket, NULL), MDBX_EACCESS);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_txn_commit_ticket(txn, NULL, NULL), MDBX_EINVAL);
  IS(mdbx_env_wait_durable(env, &ticket, 1), MDBX_BUSY);
  IS(mdbx_env_wait_durable(env, &ticket, 0), MDBX_RESULT_TRUE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  IS(mdbx_txn_commit_ticket(child, &ticket, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  IS(mdbx_env_wait_durable(NULL, &ticket, 0), MDBX_EINVAL);
  IS(mdbx_env_wait_durable(env, NULL, 0), MDBX_EINVAL);
  IS(mdbx_env_wait_durable(env, &later, 0), MDBX_EINVAL);
  IS(mdbx_env_wait_durable(env, &later, 1), MDBX_EINVAL);
  IS(mdbx_env_durable_fd(NULL, &fd), MDBX_EINVAL);
  IS(mdbx_env_durable_fd(env, NULL), MDBX_EINVAL);
  OK(mdbx_env_close(env));
  env = api_create();
  IS(mdbx_env_wait_durable(env, &ticket, 0), MDBX_EPERM);
  IS(mdbx_env_durable_fd(env, &fd), MDBX_EPERM);
  OK(api_try_open(env, MDBX_RDONLY));
  ck_assert(reader_sees(env, "first"));
  IS(mdbx_env_wait_durable(env, &ticket, 0), MDBX_EACCESS);
  IS(mdbx_env_durable_fd(env, &fd), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

static void commit_and_leave(void *context) {
  MDBX_env *env = api_create();
  MDBX_commit_ticket ticket;
  const bool *closes = context;
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(try_commit(env, "first", MDBX_TXN_READWRITE, &ticket));
  CHILD_OK(try_commit(env, "second", MDBX_TXN_READWRITE, &ticket));
  if (*closes)
    CHILD_OK(mdbx_env_close(env));
}

/* A process that ends with commits that wait leaves them to the others; one that closes makes them durable. */
START_TEST(test_end_of_a_process) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  bool closes = _i;
  const pid_t child = unit_fork(commit_and_leave, &closes);
  unit_join(child);
  ck_assert(reader_sees(env, "second") == closes);
  api_store(env, "third", "value");
  ck_assert(reader_sees(env, "first") && reader_sees(env, "second"));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---- the descriptor */

static bool is_readable(int fd) {
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  return poll(&poller, 1, 0) == 1;
}

static void await_event(int fd) {
  struct pollfd poller = {.fd = fd, .events = POLLIN};
  uint64_t count;
  ck_assert_int_eq(poll(&poller, 1, -1), 1);
  ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));
  ck_assert_uint_ge(count, 1);
}

START_TEST(test_descriptor) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  int fd, again;
  OK(mdbx_env_durable_fd(env, &fd));
  OK(mdbx_env_durable_fd(env, &again));
  ck_assert_int_eq(fd, again);
  hold_flushes();
  const MDBX_commit_ticket first = commit(env, "first");
  await_flush(1);
  const MDBX_commit_ticket second = commit(env, "second"), third = commit(env, "third");
  ck_assert(!is_readable(fd));
  let_flushes_end(1, MDBX_SUCCESS);
  await_event(fd);
  OK(mdbx_env_wait_durable(env, &first, 0));
  IS(mdbx_env_wait_durable(env, &second, 0), MDBX_RESULT_TRUE);
  await_flush(2);
  ck_assert(!is_readable(fd));
  let_flushes_end(1, MDBX_SUCCESS);
  await_event(fd);
  OK(mdbx_env_wait_durable(env, &second, 0));
  OK(mdbx_env_wait_durable(env, &third, 0));
  ck_assert(reader_sees(env, "third"));
  close_sound(env);
  ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
}
END_TEST

/* Also if the ticket is older than the descriptor; a weak commit is made durable as well. */
START_TEST(test_late_descriptor) {
  MDBX_env *env = open_with_key(_i ? MDBX_SAFE_NOSYNC : MDBX_SYNC_DURABLE);
  const MDBX_commit_ticket early = commit(env, "early");
  struct pollfd poller = {.events = POLLIN};
  IS(mdbx_env_wait_durable(env, &early, 0), MDBX_RESULT_TRUE);
  OK(mdbx_env_durable_fd(env, &poller.fd));
  ck_assert_int_eq(poll(&poller, 1, 10000), 1);
  OK(mdbx_env_wait_durable(env, &early, 0));
  OK(mdbx_env_close(env));
}
END_TEST

/* It tells of a failure, too, and of weak commits; and a child has none of it. */
START_TEST(test_descriptor_of_failure) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_ticket weak;
  int fd;
  OK(mdbx_env_durable_fd(env, &fd));
  OK(try_commit(env, "weak", MDBX_TXN_NOSYNC, &weak));
  await_event(fd);
  OK(mdbx_env_wait_durable(env, &weak, 0));
  hold_flushes();
  let_flushes_end(1000, MDBX_EIO);
  const MDBX_commit_ticket first = commit(env, "first");
  await_event(fd);
  IS(mdbx_env_wait_durable(env, &first, 0), MDBX_PANIC);
  OK(mdbx_env_close_ex(env, true));
}
END_TEST

static void use_inherited(void *context) {
  MDBX_env *env = context;
  MDBX_commit_ticket ticket;
  int fd;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_OK(try_commit(env, "child", MDBX_TXN_READWRITE, &ticket));
  CHILD_OK(mdbx_env_wait_durable(env, &ticket, (unsigned)FOREVER));
  CHILD_OK(mdbx_env_durable_fd(env, &fd));
  CHILD_OK(try_commit(env, "again", MDBX_TXN_READWRITE, &ticket));
  /* The first event may tell of the commit before. */
  int rc;
  do {
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    uint64_t count;
    unit_require(poll(&poller, 1, -1) == 1 && read(fd, &count, sizeof(count)) == sizeof(count));
    rc = mdbx_env_wait_durable(env, &ticket, 0);
  } while (rc == MDBX_RESULT_TRUE);
  CHILD_OK(rc);
  CHILD_OK(mdbx_env_close(env));
}

static void close_inherited(void *context) { CHILD_OK(mdbx_env_close(context)); }

START_TEST(test_descriptor_in_a_child) {
#if THREAD_SANITIZED
  unit_left_out("the descriptor in a child",
                "the thread sanitizer ends a child of a process with threads that starts one");
  return;
#endif
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  int fd;
  OK(mdbx_env_durable_fd(env, &fd));
  /* The thread has begun, and allocates nothing from now on: AddressSanitizer gives a locked allocator to a child otherwise. */
  const MDBX_commit_ticket before = commit(env, "before");
  await_event(fd);
  OK(mdbx_env_wait_durable(env, &before, 0));
  const pid_t user = unit_fork(use_inherited, env);
  unit_join(user);
  const pid_t closer = unit_fork(close_inherited, env);
  unit_join(closer);
  ck_assert(reader_sees(env, "child") && reader_sees(env, "again"));
  const MDBX_commit_ticket ticket = commit(env, "parent");
  await_event(fd);
  OK(mdbx_env_wait_durable(env, &ticket, 0));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_latency) {
  MDBX_env *env = open_with_key(MDBX_SYNC_DURABLE);
  MDBX_commit_latency latency;
  const MDBX_commit_ticket first = commit(env, "first");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "second", "new", MDBX_UPSERT));
  OK(mdbx_txn_commit_ex(txn, &latency)); /* others wait, so it waits with them */
  ck_assert_uint_eq(latency.shared_commits, 2);
  ck_assert_uint_le(latency.shared_wait, latency.sync);
  OK(mdbx_env_wait_durable(env, &first, 0));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "third", "new", MDBX_UPSERT));
  OK(mdbx_txn_commit_ex(txn, &latency)); /* both were of this thread, which waits for nobody else */
  ck_assert_uint_eq(latency.shared_commits, 0);
  ck_assert_uint_eq(latency.shared_wait, 0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("tickets");
  TCase *tests = api_case(suite, "ticket");
  tcase_add_test(tests, test_order);
  tcase_add_test(tests, test_timeout);
  tcase_add_test(tests, test_timeout_beside_writer);
  tcase_add_loop_test(tests, test_close, 0, 2);
  tcase_add_test(tests, test_volume);
  tcase_add_loop_test(tests, test_poll, 0, 2);
  tcase_add_loop_test(tests, test_many, 0, 3);
  tcase_add_test(tests, test_failure);
  tcase_add_test(tests, test_failure_elsewhere);
  tcase_add_test(tests, test_memory_of_a_failure);
  tcase_add_test(tests, test_damaged_list);
  tcase_add_loop_test(tests, test_weak, 0, 3);
  tcase_add_loop_test(tests, test_alone, 0, 2);
  tcase_add_test(tests, test_nothing_to_commit);
  tcase_add_test(tests, test_arguments);
  tcase_add_loop_test(tests, test_end_of_a_process, 0, 2);
  tcase_add_test(tests, test_descriptor);
  tcase_add_loop_test(tests, test_late_descriptor, 0, 2);
  tcase_add_test(tests, test_descriptor_of_failure);
  tcase_add_test(tests, test_descriptor_in_a_child);
  tcase_add_test(tests, test_latency);
  return unit_run(suite);
}
