/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs made for libmdbx rely on, where it can be got wrong: what may be asked of transactions that are broken or
 * parked, what goes over from one transaction into another, names and lifetimes of handles, copies from a writer.
 */
#include "api.h"

static MDBX_env *env;
static MDBX_txn *txn;
static MDBX_dbi dbi;

static void open_table(unsigned flags) {
  env = api_open(flags);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, "t", MDBX_CREATE);
}

static void close_all(void) {
  api_sound(env);
  OK(mdbx_env_close(env));
}

static const unsigned modes[] = {0, MDBX_WRITEMAP, MDBX_NOSTICKYTHREADS, MDBX_WRITEMAP | MDBX_NOSTICKYTHREADS};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

/* ------------------------------------------------------------------------------------------------ broken, or parked */

static void answers_of_a_broken_one(MDBX_txn *broken, MDBX_dbi unused) {
  unsigned flags, state;
  MDBX_stat stat;
  MDBX_envinfo info;
  MDBX_txn_info txn_info;
  MDBX_canary canary;
  MDBX_cursor *cursor;
  MDBX_val key = api_val("k"), data;
  uint64_t sequence;
  uint32_t mask;
  OK(mdbx_dbi_flags_ex(broken, dbi, &flags, &state));
  IS(mdbx_dbi_flags_ex(broken, unused, &flags, &state), MDBX_BAD_TXN);
  OK(mdbx_env_info_ex(env, broken, &info, sizeof(info)));
  OK(mdbx_txn_info(broken, &txn_info, true));
  ck_assert_uint_eq(txn_info.txn_id, mdbx_txn_id(broken));
  IS(mdbx_dbi_stat(broken, dbi, &stat, sizeof(stat)), MDBX_BAD_TXN);
  IS(mdbx_env_stat_ex(env, broken, &stat, sizeof(stat)), MDBX_BAD_TXN);
  IS(mdbx_canary_get(broken, &canary), MDBX_BAD_TXN);
  IS(mdbx_dbi_sequence(broken, dbi, &sequence, 0), MDBX_BAD_TXN);
  IS(mdbx_dbi_dupsort_depthmask(broken, dbi, &mask), MDBX_BAD_TXN);
  IS(mdbx_get(broken, dbi, &key, &data), MDBX_BAD_TXN);
  IS(mdbx_txn_straggler(broken, NULL), MDBX_BAD_TXN);
  IS(mdbx_is_dirty(broken, &key), MDBX_BAD_TXN);
  OK(mdbx_cursor_open(broken, dbi, &cursor));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_BAD_TXN);
  OK(mdbx_cursor_unbind(cursor));
  OK(mdbx_cursor_bind(broken, cursor, dbi));
  IS(mdbx_cursor_bind(broken, cursor, unused), MDBX_BAD_TXN);
  OK(mdbx_txn_break(broken));
  OK(mdbx_cursor_unbind(cursor));
  mdbx_cursor_close(cursor);
}

START_TEST(what_a_broken_transaction_tells) {
  MDBX_txn *child;
  open_table(modes[_i]);
  const MDBX_dbi unused = api_table(txn, "unused", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  const unsigned flags = mdbx_txn_flags(txn);
  ck_assert_uint_eq(flags & (MDBX_TXN_DIRTY | MDBX_TXN_ERROR), MDBX_TXN_DIRTY);
  OK(mdbx_txn_break(txn));
  ck_assert_uint_eq(mdbx_txn_flags(txn), flags | MDBX_TXN_ERROR);
  answers_of_a_broken_one(txn, unused);
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child), MDBX_BAD_TXN);
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_val data;
  IS(api_get(txn, dbi, "k", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_break(txn));
  answers_of_a_broken_one(txn, unused);
  OK(mdbx_txn_abort(txn));
  close_all();
}
END_TEST

START_TEST(a_broken_nested_transaction_tells_the_same) {
  MDBX_txn *child;
  open_table(0);
  const MDBX_dbi unused = api_table(txn, "unused", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(api_put(child, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_break(child));
  answers_of_a_broken_one(child, unused);
  IS(mdbx_txn_commit(child), MDBX_RESULT_TRUE);
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

/* What is asked does not wake it. */
START_TEST(what_a_parked_transaction_tells) {
  MDBX_txn_info info;
  open_table(modes[_i]);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  for (int autounpark = 0; autounpark < 2; ++autounpark) {
    OK(mdbx_txn_park(txn, autounpark));
    OK(mdbx_txn_info(txn, &info, false));
    OK(mdbx_txn_info(txn, &info, true));
    ck_assert_uint_eq(info.txn_id, mdbx_txn_id(txn));
    ck_assert(mdbx_txn_flags(txn) & MDBX_TXN_PARKED);
    OK(mdbx_txn_unpark(txn, false));
  }
  OK(mdbx_txn_abort(txn));
  close_all();
}
END_TEST

struct seen {
  int readers, parked, ousted;
  uint64_t txnid;
};

static int note_reader(void *context, int num, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                       uint64_t lag, size_t used, size_t retained) {
  struct seen *seen = context;
  (void)slot, (void)lag, (void)used, (void)retained;
  ck_assert_int_eq(pid, getpid());
  ck_assert_int_eq(num, ++seen->readers);
  seen->parked += thread == MDBX_TID_PARKED;
  seen->ousted += thread == MDBX_TID_OUSTED;
  seen->txnid = txnid;
  return 0;
}

static void list_shows(int parked, int ousted, bool with_snapshot) {
  struct seen seen = {0};
  OK(mdbx_reader_list(env, note_reader, &seen));
  ck_assert_int_eq(seen.readers, 1);
  ck_assert_int_eq(seen.parked, parked);
  ck_assert_int_eq(seen.ousted, ousted);
  ck_assert_int_eq(seen.txnid != 0, with_snapshot);
}

static void write_much(void) {
  static char big[3000];
  MDBX_txn *writer = api_begin(env, MDBX_TXN_READWRITE);
  for (uint32_t i = 0; i < 20; ++i) {
    const MDBX_val key = {&i, 4};
    MDBX_val data = {big, sizeof(big)};
    OK(mdbx_put(writer, dbi, &key, &data, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(writer));
}

/* Commits until the parked reader is ousted: it keeps what it sees from use. */
static void oust(MDBX_txn *reader) {
  MDBX_txn_info info;
  for (int i = 0; i < 1000 && mdbx_txn_info(reader, &info, false) == MDBX_SUCCESS; ++i)
    write_much();
  IS(mdbx_txn_info(reader, &info, false), MDBX_OUSTED);
}

START_TEST(the_list_shows_parked_and_ousted_readers) {
  env = api_create();
  OK(mdbx_env_set_geometry(env, 256 << 10, 256 << 10, 256 << 10, -1, -1, 4096));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS | MDBX_UTTERLY_NOSYNC));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, "t", MDBX_CREATE);
  OK(mdbx_txn_commit(txn));
  write_much();
  txn = api_begin(env, MDBX_TXN_RDONLY);
  list_shows(0, 0, true);
  OK(mdbx_txn_park(txn, _i & 1));
  list_shows(1, 0, true);
  OK(mdbx_txn_unpark(txn, false));
  list_shows(0, 0, true);
  OK(mdbx_txn_park(txn, _i & 1));
  OK(mdbx_txn_reset(txn));
  list_shows(0, 0, false);
  OK(mdbx_txn_renew(txn));
  list_shows(0, 0, true);
  OK(mdbx_txn_park(txn, _i & 1));
  oust(txn);
  list_shows(0, 1, false);
  IS(mdbx_txn_unpark(txn, _i & 2), _i & 2 ? MDBX_RESULT_TRUE : MDBX_OUSTED);
  list_shows(0, 0, _i & 2);
  OK(mdbx_txn_abort(txn));
  IS(mdbx_reader_list(env, note_reader, &(struct seen){0}), MDBX_RESULT_TRUE);
  close_all();
}
END_TEST

START_TEST(the_list_shows_a_parked_thread) {
  open_table(0);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, true));
  list_shows(1, 0, true);
  OK(mdbx_txn_abort(txn));
  list_shows(0, 0, false);
  close_all();
}
END_TEST

/* The transaction a slow-reader callback gets can be asked, also if it is nested. */
static int callback_result, callback_calls;

static int ask_txn(const MDBX_env *called, const MDBX_txn *writer, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                   unsigned gap, size_t space, int retry) {
  MDBX_envinfo info;
  MDBX_txn_info txn_info;
  (void)pid, (void)tid, (void)space, (void)retry;
  callback_calls += 1;
  callback_result |= mdbx_env_info_ex(called, writer, &info, sizeof(info));
  callback_result |= mdbx_txn_info(writer, &txn_info, true);
  callback_result |= mdbx_txn_id(writer) != laggard + gap + 1;
  callback_result |= (mdbx_txn_flags(writer) & MDBX_TXN_HAS_CHILD) != 0;
  return -1;
}

START_TEST(the_transaction_of_a_callback) {
  static char big[3000];
  MDBX_txn *readers[20] = {NULL}, *inner;
  int rc = MDBX_SUCCESS;
  callback_result = callback_calls = 0;
  env = api_create();
  OK(mdbx_env_set_geometry(env, 1 << 20, 1 << 20, 1 << 20, -1, -1, 4096));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS | (_i == 2 ? MDBX_WRITEMAP : 0)));
  OK(mdbx_env_set_hsr(env, ask_txn));
  for (int i = 0; rc == MDBX_SUCCESS && i < 200; ++i) {
    txn = api_begin(env, MDBX_TXN_READWRITE);
    inner = txn;
    for (int level = 0; level < _i && _i < 2; ++level)
      OK(mdbx_txn_begin(env, inner, MDBX_TXN_READWRITE, &inner));
    for (uint32_t j = 0; rc == MDBX_SUCCESS && j < 20; ++j) {
      const MDBX_val key = {&j, 4};
      MDBX_val data = {big, sizeof(big)};
      rc = mdbx_put(inner, DBI_MAIN, &key, &data, MDBX_UPSERT);
    }
    if (rc == MDBX_SUCCESS)
      OK(mdbx_txn_commit(txn));
    if (rc == MDBX_SUCCESS && i < 20)
      readers[i] = api_begin(env, MDBX_TXN_RDONLY);
  }
  IS(rc, MDBX_MAP_FULL);
  ck_assert_int_gt(callback_calls, 0);
  ck_assert_int_eq(callback_result, 0);
  OK(mdbx_txn_abort(txn));
  for (int i = 0; i < 20; ++i)
    if (readers[i])
      OK(mdbx_txn_abort(readers[i]));
  OK(mdbx_env_close(env));
}
END_TEST

/* While the callback runs in the middle of a call that changes the main table, a reader comes to a table for the first
 * time: no lock of the writer's is in its way. */
static struct beside {
  _Atomic int ready, called, done;
  _Atomic int asked; /* the call that is looked at runs */
  int stuck;
} * beside;

static void *read_beside(void *context) {
  MDBX_val data;
  (void)context;
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  atomic_store(&beside->ready, 1);
  ck_assert(unit_await(&beside->called, 1));
  IS(api_get(reader, dbi, "k", &data), MDBX_SUCCESS);
  MDBX_dbi opened;
  OK(mdbx_dbi_open(reader, "another", MDBX_DB_DEFAULTS, &opened));
  OK(mdbx_txn_abort(reader));
  atomic_store(&beside->done, 1);
  return NULL;
}

static int wait_for_the_reader(const MDBX_env *called, const MDBX_txn *writer, mdbx_pid_t pid, mdbx_tid_t tid,
                               uint64_t laggard, unsigned gap, size_t space, int retry) {
  (void)called, (void)writer, (void)pid, (void)tid, (void)laggard, (void)gap, (void)space;
  if (retry < 0 || !atomic_load(&beside->asked))
    return -1;
  atomic_store(&beside->called, 1);
  beside->stuck |= !unit_await(&beside->done, 1);
  return -1;
}

static void put_numbered(MDBX_txn *writer, const char *format, unsigned number) {
  char text[32], value[400];
  memset(value, 1, sizeof(value));
  const MDBX_val key = {text, (size_t)snprintf(text, sizeof(text), format, number)};
  MDBX_val data = {value, sizeof(value)};
  OK(mdbx_put(writer, DBI_MAIN, &key, &data, MDBX_UPSERT));
}

START_TEST(a_reader_beside_a_callback) {
  pthread_t thread;
  MDBX_dbi made;
  beside = unit_shared(sizeof(*beside));
  env = api_create();
  OK(mdbx_env_set_maxdbs(env, 4000));
  OK(mdbx_env_set_geometry(env, 0, -1, 256 << 20, 65536, 1 << 20, 4096));
  OK(mdbx_env_set_hsr(env, wait_for_the_reader));
  OK(api_try_open(env, MDBX_UTTERLY_NOSYNC | (_i ? MDBX_WRITEMAP : 0)));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_dbi_close(env, api_table(txn, "another", MDBX_CREATE)) == MDBX_DANGLING_DBI ? MDBX_SUCCESS : MDBX_PROBLEM);
  for (unsigned i = 0; i < 3000; ++i)
    put_numbered(txn, "key%06u", i);
  OK(mdbx_txn_commit(txn));
  ck_assert_int_eq(pthread_create(&thread, NULL, read_beside, NULL), 0);
  ck_assert(unit_await(&beside->ready, 1));
  for (unsigned n = 0; n < 3000 && !atomic_load(&beside->called); ++n) {
    char name[20];
    txn = api_begin(env, MDBX_TXN_READWRITE);
    for (unsigned i = 0; i < 3; ++i)
      put_numbered(txn, "key%06u", (n * 131 + i * 977) % 3000);
    snprintf(name, sizeof(name), "key%06ux", n * 37 % 3000);
    atomic_store(&beside->asked, 1);
    OK(mdbx_dbi_open(txn, name, MDBX_CREATE, &made));
    atomic_store(&beside->asked, 0);
    OK(mdbx_txn_commit(txn));
  }
  ck_assert_int_eq(beside->called, 1);
  ck_assert_int_eq(beside->stuck, 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  close_all();
}
END_TEST

/* Handles are opened, used and closed by some threads while another makes, renames and drops tables. */
static _Atomic int stop;

static void *use_handles(void *context) {
  const bool closing = context != NULL;
  while (!atomic_load(&stop)) {
    MDBX_dbi opened;
    MDBX_stat stat;
    MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
    for (unsigned i = 0; i < 8; ++i) {
      const char name[] = {'a', (char)('0' + i), 0};
      if (mdbx_dbi_open(reader, name, MDBX_DB_ACCEDE, &opened) != MDBX_SUCCESS)
        continue;
      const int rc = mdbx_dbi_stat(reader, opened, &stat, sizeof(stat));
      ck_assert(rc == MDBX_SUCCESS || rc == MDBX_BAD_DBI);
      if (closing)
        mdbx_dbi_close(env, opened);
    }
    OK(mdbx_txn_abort(reader));
  }
  return NULL;
}

START_TEST(handles_in_many_threads) {
  pthread_t threads[3];
  atomic_store(&stop, 0);
  env = api_open(MDBX_UTTERLY_NOSYNC);
  for (int i = 0; i < 3; ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, use_handles, i ? &stop : NULL), 0);
  for (unsigned round = 0; round < 300; ++round) {
    const char name[] = {'a', (char)('0' + round % 8), 0}, other[] = {'a', (char)('0' + round / 8 % 8), 0};
    txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_dbi_open(txn, name, MDBX_CREATE, &dbi));
    /* Another thread may have closed the handle of a table that was there before. */
    const int put = api_put(txn, dbi, "k", "v", MDBX_UPSERT);
    ck_assert(put == MDBX_SUCCESS || put == MDBX_BAD_DBI);
    if (put != MDBX_SUCCESS) {
      OK(mdbx_txn_abort(txn));
      continue;
    }
    if (round % 3 == 1) {
      const int rc = mdbx_dbi_rename(txn, dbi, other);
      ck_assert(rc == MDBX_SUCCESS || rc == MDBX_KEYEXIST);
    }
    if (round % 5 == 4)
      OK(mdbx_drop(txn, dbi, true));
    if (round % 40 == 39)
      OK(mdbx_drop(txn, DBI_MAIN, false));
    OK(round % 7 ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn));
  }
  atomic_store(&stop, 1);
  for (int i = 0; i < 3; ++i)
    ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
  close_all();
}
END_TEST

/* --------------------------------------------------------------------------------------------- one after the other */

START_TEST(rollback_of_what_is_broken) {
  MDBX_val data;
  open_table(modes[_i]);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_break(txn));
  OK(mdbx_txn_rollback(txn));
  dbi = api_table(txn, "t", MDBX_CREATE);
  IS(api_get(txn, dbi, "k", &data), MDBX_NOTFOUND);
  OK(api_put(txn, dbi, "k", "w", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_txn_rollback(txn));
  OK(mdbx_txn_break(txn));
  IS(api_get(txn, dbi, "k", &data), MDBX_BAD_TXN);
  OK(mdbx_txn_rollback(txn));
  api_has(txn, dbi, "k", "w");
  ck_assert_uint_eq(mdbx_txn_id(txn), id);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_txn_rollback(txn), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  IS(mdbx_txn_rollback(NULL), MDBX_EINVAL);
  close_all();
}
END_TEST

START_TEST(rollback_of_a_broken_nested_transaction) {
  MDBX_txn *child;
  MDBX_val data;
  open_table(0);
  OK(api_put(txn, dbi, "k", "1", MDBX_UPSERT));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  IS(mdbx_txn_rollback(txn), MDBX_BAD_TXN);
  OK(api_put(child, dbi, "k", "2", MDBX_UPSERT));
  OK(api_put(child, dbi, "l", "2", MDBX_UPSERT));
  OK(mdbx_txn_break(child));
  OK(mdbx_txn_rollback(child));
  api_has(child, dbi, "k", "1");
  IS(api_get(child, dbi, "l", &data), MDBX_NOTFOUND);
  OK(api_put(child, dbi, "m", "3", MDBX_UPSERT));
  OK(mdbx_txn_commit(child));
  api_has(txn, dbi, "m", "3");
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

/* A checkpoint of a nested transaction is kept by an abort of what follows, and lost with the transaction around it. */
START_TEST(checkpoint_of_a_nested_transaction) {
  MDBX_txn *child, *grandchild;
  MDBX_commit_latency latency;
  MDBX_cursor *outside, *inside;
  MDBX_val data;
  open_table(0);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_cursor_open(txn, dbi, &outside));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  IS(mdbx_txn_checkpoint(child, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  IS(mdbx_txn_checkpoint(child, MDBX_TXN_TRY, NULL), MDBX_EINVAL);
  OK(api_put(child, dbi, "k", "v1", MDBX_UPSERT));
  OK(mdbx_cursor_open(child, dbi, &inside));
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_checkpoint(child, MDBX_TXN_NOWEAKING, &latency));
  ck_assert_ptr_null(mdbx_cursor_txn(inside));
  ck_assert_ptr_eq(mdbx_cursor_txn(outside), child);
  mdbx_cursor_close(inside);
  IS(mdbx_txn_checkpoint(child, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  OK(api_put(child, dbi, "k", "v2", MDBX_UPSERT));
  OK(mdbx_txn_abort(child));
  api_has(txn, dbi, "k", "v1");
  /* Changes that touch no page count as well. */
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(mdbx_txn_begin(env, child, MDBX_TXN_READWRITE, &grandchild));
  uint64_t sequence;
  OK(mdbx_dbi_sequence(grandchild, dbi, &sequence, 5));
  OK(mdbx_txn_checkpoint(grandchild, MDBX_TXN_NOWEAKING, NULL));
  OK(mdbx_canary_put(grandchild, &(MDBX_canary){.x = 7}));
  OK(mdbx_txn_checkpoint(grandchild, MDBX_TXN_NOWEAKING, NULL));
  OK(api_del(grandchild, dbi, "k"));
  OK(mdbx_txn_checkpoint(grandchild, MDBX_TXN_NOWEAKING, NULL));
  OK(mdbx_txn_abort(grandchild));
  OK(mdbx_dbi_sequence(child, dbi, &sequence, 0));
  ck_assert_uint_eq(sequence, 5);
  IS(api_get(child, dbi, "k", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(child));
  OK(mdbx_dbi_sequence(txn, dbi, &sequence, 0));
  ck_assert_uint_eq(sequence, 0);
  api_has(txn, dbi, "k", "v1");
  mdbx_cursor_close(outside);
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

START_TEST(commit_and_read_on_without_changes) {
  MDBX_txn *child;
  open_table(modes[_i]);
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  MDBX_txn *const reader = txn;
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  ck_assert_ptr_eq(txn, reader);
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_txn_amend(txn, &txn, MDBX_TXN_READWRITE, NULL));
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  ck_assert(mdbx_txn_flags(txn) & MDBX_TXN_RDONLY);
  ck_assert_uint_eq(mdbx_txn_id(txn), id);
  OK(mdbx_txn_amend(txn, &txn, MDBX_TXN_READWRITE, NULL));
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  if (!(modes[_i] & MDBX_WRITEMAP)) {
    OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
    IS(mdbx_txn_commit_embark_read(&child, NULL), MDBX_BAD_TXN);
  }
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

static void copy_has(const char *name, const char *key, const char *data) {
  MDBX_env *copy = api_create();
  OK(mdbx_env_open(copy, unit_path(name), MDBX_NOSUBDIR | MDBX_RDONLY, 0));
  MDBX_txn *reader = api_begin(copy, MDBX_TXN_RDONLY);
  api_has(reader, api_table(reader, "t", MDBX_DB_DEFAULTS), key, data);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(copy));
}

START_TEST(copies_from_a_write_transaction) {
  static const unsigned kinds[] = {MDBX_CP_DEFAULTS, MDBX_CP_COMPACT};
  static const unsigned refused[] = {MDBX_CP_THROTTLE_MVCC, MDBX_CP_DISPOSE_TXN, MDBX_CP_RENEW_TXN, 1u << 20};
  MDBX_txn *child;
  open_table(modes[_i]);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  IS(mdbx_txn_copy2pathname(txn, unit_path("copy"), MDBX_CP_DEFAULTS), MDBX_BAD_TXN);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  for (int kind = 0; kind < 2; ++kind) {
    OK(mdbx_txn_copy2pathname(txn, unit_path("copy"), (MDBX_copy_flags_t)(kinds[kind] | MDBX_CP_OVERWRITE)));
    copy_has("copy", "k", "v");
    for (int i = 0; i < 4; ++i)
      IS(mdbx_txn_copy2pathname(txn, unit_path("copy"), (MDBX_copy_flags_t)(kinds[kind] | refused[i])), MDBX_EINVAL);
  }
  const int fd = open(unit_path("streamed"), O_RDWR | O_CREAT | O_TRUNC, 0600);
  OK(mdbx_txn_copy2fd(txn, fd, MDBX_CP_DEFAULTS));
  close(fd);
  copy_has("streamed", "k", "v");
  if (!(modes[_i] & MDBX_WRITEMAP)) {
    OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
    OK(mdbx_txn_copy2pathname(child, unit_path("copy"), MDBX_CP_OVERWRITE));
    copy_has("copy", "k", "v");
    OK(api_put(child, dbi, "k", "w", MDBX_UPSERT));
    IS(mdbx_txn_copy2pathname(child, unit_path("copy"), MDBX_CP_OVERWRITE), MDBX_BAD_TXN);
    OK(mdbx_txn_abort(child));
  }
  MDBX_stat stat;
  OK(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)));
  OK(mdbx_txn_abort(txn));
  close_all();
}
END_TEST

/* Figures of the newest state are those of the thread's own writer, also while a nested one runs. */
START_TEST(figures_beside_a_nested_transaction) {
  MDBX_txn *child;
  MDBX_stat stat;
  open_table(0);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  OK(api_put(child, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 2); /* the record and the table's */
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

/* What cannot be read is no answer: neither a problem of the database nor facts about it. */
START_TEST(a_file_that_cannot_be_read) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  MDBX_envinfo info;
  mdbx_filehandle_t fd;
  memset(&callbacks, 0, sizeof(callbacks));
  open_table(0);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_get_fd(env, &fd));
  const int kept = dup(fd), unreadable = open("/dev/null", O_WRONLY);
  ck_assert_int_eq(dup2(unreadable, fd), fd);
  IS(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0), EBADF);
  ck_assert_uint_eq(context.result.total_problems, 0);
  IS(mdbx_env_info(env, &info, sizeof(info)), EBADF);
  ck_assert_int_eq(dup2(kept, fd), fd);
  close(kept);
  close(unreadable);
  close_all();
}
END_TEST

static mode_t mode_of(const char *name) {
  struct stat st;
  ck_assert_int_eq(stat(unit_path(name), &st), 0);
  return st.st_mode & 0777;
}

/* A copy is for those who may read what it is a copy of. */
START_TEST(permissions_of_copies) {
  static const struct {
    mode_t source, umask, copy;
  } modes_of[] = {{0600, 0, 0600}, {0640, 0, 0640},   {0644, 0, 0644},  {0666, 022, 0644},
                  {0666, 0, 0666}, {0660, 077, 0600}, {0600, 022, 0600}};
  static const MDBX_copy_flags_t how[] = {MDBX_CP_DEFAULTS, MDBX_CP_COMPACT, MDBX_CP_OVERWRITE};
  open_table(0);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  const uint64_t id = mdbx_txn_id(txn) - 1;
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  for (int i = 0; i < 7; ++i)
    for (int j = 0; j < 3; ++j) {
      ck_assert_int_eq(chmod(unit_path(API_DB), modes_of[i].source), 0);
      const mode_t before = umask(modes_of[i].umask);
      if (how[j] == MDBX_CP_OVERWRITE) {
        umask(0);
        api_write_file("copy", "old", 3);
        api_write_file("copy-new", "left over", 9);
        ck_assert_int_eq(chmod(unit_path("copy"), 0666), 0);
        ck_assert_int_eq(chmod(unit_path("copy-new"), 0666), 0);
        umask(modes_of[i].umask);
      }
      OK(mdbx_env_copy(env, unit_path("copy"), how[j]));
      ck_assert_uint_eq(mode_of("copy"), modes_of[i].copy);
      OK(mdbx_env_copy_since(env, id, unit_path("increment"), MDBX_CP_DEFAULTS));
      ck_assert_uint_eq(mode_of("increment"), modes_of[i].copy);
      umask(before);
      unlink(unit_path("copy"));
      unlink(unit_path("increment"));
    }
  close_all();
}
END_TEST

/* -------------------------------------------------------------------------------------------------------------- handles */

static int open_named(void *base, size_t length, unsigned flags, MDBX_dbi *opened) {
  const MDBX_val name = {base, length};
  *opened = 99;
  return mdbx_dbi_open2(txn, &name, (MDBX_db_flags_t)flags, opened);
}

START_TEST(names_of_the_main_table_and_of_table_0) {
  MDBX_dbi opened;
  open_table(modes[_i]);
  OK(open_named(NULL, 0, 0, &opened));
  ck_assert_uint_eq(opened, DBI_MAIN);
  OK(open_named(MDBX_CHK_MAIN, 0, MDBX_DB_ACCEDE, &opened));
  ck_assert_uint_eq(opened, DBI_MAIN);
  OK(open_named(MDBX_CHK_GC, 0, MDBX_DB_ACCEDE, &opened));
  ck_assert_uint_eq(opened, DBI_FREE);
  IS(open_named(MDBX_CHK_GC, 0, MDBX_DUPSORT, &opened), MDBX_INCOMPATIBLE);
  IS(open_named(MDBX_CHK_META, 0, MDBX_DB_ACCEDE, &opened), MDBX_EINVAL);
  ck_assert_uint_eq(opened, 0);
  IS(open_named(NULL, 5, 0, &opened), MDBX_EINVAL);
  IS(open_named((char *)(uintptr_t) "", 0, 0, &opened), MDBX_NOTFOUND);
  OK(open_named((char *)(uintptr_t) "", 0, MDBX_CREATE, &opened));
  ck_assert_uint_ge(opened, 2);
  OK(mdbx_dbi_open2(txn, NULL, MDBX_DB_DEFAULTS, &opened));
  ck_assert_uint_eq(opened, DBI_MAIN);
  OK(mdbx_dbi_open(txn, (const char *)MDBX_CHK_GC, MDBX_DB_ACCEDE, &opened));
  ck_assert_uint_eq(opened, DBI_FREE);
  IS(mdbx_dbi_open(txn, (const char *)MDBX_CHK_META, MDBX_DB_ACCEDE, &opened), MDBX_EINVAL);
  for (int i = 0; i < 3; ++i)
    IS(mdbx_dbi_rename2(txn, dbi, &(MDBX_val){(char *)((uintptr_t)MDBX_CHK_MAIN - (uintptr_t)i), 0}), MDBX_EINVAL);
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

/* A handle that an aborted nested transaction had opened is unknown to those around it, and to nobody else. */
START_TEST(a_handle_of_an_aborted_nested_transaction) {
  MDBX_txn *child, *grandchild;
  MDBX_stat stat;
  MDBX_dbi again;
  open_table(0);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_dbi_close(env, dbi));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  if (_i == 0) {
    dbi = api_table(child, "t", MDBX_DB_DEFAULTS);
  } else {
    OK(mdbx_txn_begin(env, child, MDBX_TXN_READWRITE, &grandchild));
    dbi = api_table(grandchild, "t", MDBX_DB_DEFAULTS);
    OK(mdbx_txn_abort(grandchild));
    IS(mdbx_dbi_stat(child, dbi, &stat, sizeof(stat)), MDBX_BAD_DBI);
    OK(mdbx_dbi_open(child, "t", MDBX_DB_DEFAULTS, &again));
    ck_assert_uint_eq(again, dbi);
    OK(mdbx_dbi_stat(child, dbi, &stat, sizeof(stat)));
  }
  OK(mdbx_txn_abort(child));
  IS(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)), MDBX_BAD_DBI);
  IS(api_put(txn, dbi, "k", "v", MDBX_UPSERT), MDBX_BAD_DBI);
  if (_i == 2) {
    OK(mdbx_dbi_open(txn, "t", MDBX_DB_DEFAULTS, &again));
    ck_assert_uint_eq(again, dbi);
    OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
  } else {
    OK(mdbx_txn_abort(txn));
  }
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, _i == 2);
  OK(mdbx_txn_abort(txn));
  close_all();
}
END_TEST

START_TEST(a_handle_of_a_kept_nested_transaction) {
  MDBX_txn *child;
  open_table(0);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_dbi_close(env, dbi));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  dbi = api_table(child, "t", MDBX_DB_DEFAULTS);
  OK(mdbx_txn_commit(child));
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  close_all();
}
END_TEST

static struct forked {
  _Atomic int committed;
  MDBX_dbi renamed;
} * forked;

/* Handles made in a transaction that was open at the fork are none of the child's, nor is one that was given a name. */
static void use_inherited_handles(void *context) {
  uint64_t sequence;
  (void)context;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_IS(mdbx_txn_abort(txn), MDBX_EBADSIGN);
  unit_require(unit_await(&forked->committed, 1));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  CHILD_IS(mdbx_dbi_sequence(txn, dbi, &sequence, 0), MDBX_BAD_DBI);
  CHILD_IS(mdbx_dbi_sequence(txn, forked->renamed, &sequence, 0), MDBX_BAD_DBI);
  CHILD_OK(mdbx_dbi_open(txn, "a", MDBX_DB_DEFAULTS, &dbi));
  CHILD_OK(mdbx_dbi_sequence(txn, dbi, &sequence, 0));
  CHILD_OK(mdbx_txn_abort(txn));
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(a_handle_made_before_a_fork) {
  forked = unit_shared(sizeof(*forked));
  open_table(0);
  forked->renamed = dbi;
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  dbi = api_table(txn, "a", MDBX_CREATE);
  OK(mdbx_dbi_rename(txn, forked->renamed, "u"));
  const pid_t child = unit_fork(use_inherited_handles, NULL);
  OK(mdbx_txn_commit(txn));
  atomic_store(&forked->committed, 1);
  unit_join(child);
  close_all();
}
END_TEST

int main(void) {
  Suite *suite = suite_create("programs: transactions");
  TCase *tcase = api_case(suite, "transactions");
  tcase_add_loop_test(tcase, what_a_broken_transaction_tells, 0, MODES);
  tcase_add_test(tcase, a_broken_nested_transaction_tells_the_same);
  tcase_add_loop_test(tcase, what_a_parked_transaction_tells, 0, MODES);
  tcase_add_loop_test(tcase, the_list_shows_parked_and_ousted_readers, 0, 4);
  tcase_add_test(tcase, the_list_shows_a_parked_thread);
  tcase_add_loop_test(tcase, the_transaction_of_a_callback, 0, 3);
  tcase_add_loop_test(tcase, a_reader_beside_a_callback, 0, 2);
  tcase_add_test(tcase, handles_in_many_threads);
  tcase_add_loop_test(tcase, rollback_of_what_is_broken, 0, MODES);
  tcase_add_test(tcase, rollback_of_a_broken_nested_transaction);
  tcase_add_test(tcase, checkpoint_of_a_nested_transaction);
  tcase_add_loop_test(tcase, commit_and_read_on_without_changes, 0, MODES);
  tcase_add_loop_test(tcase, copies_from_a_write_transaction, 0, MODES);
  tcase_add_test(tcase, figures_beside_a_nested_transaction);
  tcase_add_test(tcase, a_file_that_cannot_be_read);
  tcase_add_test(tcase, permissions_of_copies);
  tcase = api_case(suite, "handles");
  tcase_add_loop_test(tcase, names_of_the_main_table_and_of_table_0, 0, MODES);
  tcase_add_loop_test(tcase, a_handle_of_an_aborted_nested_transaction, 0, 3);
  tcase_add_test(tcase, a_handle_of_a_kept_nested_transaction);
  tcase_add_test(tcase, a_handle_made_before_a_fork);
  return unit_run(suite);
}
