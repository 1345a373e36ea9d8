/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions through the public interface: beginning, ownership, reset and renew, broken and finished handles. */
#include "api.h"

/* ----------------------------------------------------------------------------------------------------- rule 17: begin */

START_TEST(rule_17_writer_twice) {
  for (unsigned flags = 0; flags <= MDBX_NOSTICKYTHREADS; flags += MDBX_NOSTICKYTHREADS) {
    MDBX_env *env = api_open(flags);
    MDBX_txn *first = api_begin(env, MDBX_TXN_READWRITE), *txn = first;
    IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_BUSY);
    ck_assert_ptr_null(txn);
    IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
    OK(mdbx_txn_abort(first));
    OK(mdbx_txn_abort(api_begin(env, MDBX_TXN_TRY)));
    OK(mdbx_env_close(env));
  }
}
END_TEST

struct meeting {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_cursor *cursor;
  _Atomic int stage;
};

static void *write_beside(void *context) {
  struct meeting *meeting = context;
  MDBX_txn *txn;
  IS(mdbx_txn_begin(meeting->env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  atomic_store(&meeting->stage, 1);
  txn = api_begin(meeting->env, MDBX_TXN_READWRITE);
  ck_assert_int_eq(atomic_load(&meeting->stage), 2);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  return NULL;
}

START_TEST(rule_17_writer_waits_for_writer) {
  struct meeting meeting = {.env = api_open(0)};
  pthread_t thread;
  MDBX_txn *txn = api_begin(meeting.env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  ck_assert_int_eq(pthread_create(&thread, NULL, write_beside, &meeting), 0);
  ck_assert(unit_await(&meeting.stage, 1));
  unit_sleep_us(20000);
  atomic_store(&meeting.stage, 2);
  OK(mdbx_txn_commit(txn));
  pthread_join(thread, NULL);
  OK(mdbx_env_close(meeting.env));
}
END_TEST

static void try_in_child(void *context) {
  const int *expected = context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), *expected);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(rule_17_writer_of_another_process) {
  MDBX_env *env = api_open(0);
  int expected = MDBX_BUSY;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  unit_join(unit_fork(try_in_child, &expected));
  OK(mdbx_txn_abort(txn));
  expected = MDBX_SUCCESS;
  unit_join(unit_fork(try_in_child, &expected));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_17_overlapping) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *other;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &other), MDBX_TXN_OVERLAPPING);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &other), MDBX_TXN_OVERLAPPING);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &other), MDBX_BAD_RSLOT);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_txn_abort(api_begin(env, MDBX_TXN_RDONLY)));
  OK(mdbx_env_close(env));
}
END_TEST

/* What the engine reads for itself takes no slot of the thread's. */
START_TEST(looks_beside_a_reader_of_the_thread) {
  MDBX_env *env = api_open(0);
  MDBX_stat stat;
  api_store(env, "k", "v");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 1);
  OK(mdbx_env_copy(env, unit_path("copy"), 0));
  OK(mdbx_env_copy_since(env, mdbx_txn_id(txn), unit_path("increment"), 0));
  api_sound(env);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A library's look at the database, whatever the thread is doing; nobody counts it among the readers. */
START_TEST(reader_apart) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn, *apart;
  MDBX_stat stat;
  int context;
  api_store(env, "k", "v");
  ck_assert_uint_eq(api_info(env).mi_numreaders, 0);
  OK(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &apart, &context));
  ck_assert_ptr_eq(mdbx_txn_get_userctx(apart), &context);
  api_has(apart, DBI_MAIN, "k", "v");
  OK(mdbx_txn_abort(apart));
  OK(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)));
  ck_assert_uint_eq(api_info(env).mi_numreaders, 0);
  for (int writing = 0; writing < 2; ++writing) {
    txn = api_begin(env, writing ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY);
    OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_APART, &apart));
    api_has(apart, DBI_MAIN, "k", "v");
    OK(mdbx_txn_renew(apart));
    api_has(apart, DBI_MAIN, "k", "v");
    OK(mdbx_txn_abort(apart));
    IS(mdbx_txn_begin(env, txn, MDBX_TXN_RDONLY | MDBX_TXN_APART, &apart), MDBX_EINVAL);
    OK(mdbx_txn_abort(txn));
    ck_assert_uint_eq(api_info(env).mi_numreaders, 1);
  }
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_APART, &apart), MDBX_EINVAL);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY_PREPARE | MDBX_TXN_APART, &apart), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_17_overlap_allowed_by_debug_flag) {
  MDBX_env *env = api_open(0);
  ck_assert_int_ge(mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_OVERLAP, MDBX_LOGGER_DONTCHANGE), 0);
  MDBX_txn *writer = api_begin(env, MDBX_TXN_READWRITE), *reader = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_val data;
  OK(api_put(writer, DBI_MAIN, "a", "1", MDBX_UPSERT));
  IS(api_get(reader, DBI_MAIN, "a", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_commit(writer));
  IS(api_get(reader, DBI_MAIN, "a", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

static void *use_and_abort(void *context) {
  struct meeting *meeting = context;
  api_has(meeting->txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(meeting->txn));
  return NULL;
}

START_TEST(rule_17_no_sticky_threads) {
  struct meeting meeting = {.env = api_open(MDBX_NOSTICKYTHREADS)};
  api_store(meeting.env, "a", "1");
  MDBX_txn *writer = api_begin(meeting.env, MDBX_TXN_READWRITE);
  MDBX_txn *reader = api_begin(meeting.env, MDBX_TXN_RDONLY);
  meeting.txn = api_begin(meeting.env, MDBX_TXN_RDONLY);
  api_thread(use_and_abort, &meeting);
  meeting.txn = writer;
  api_thread(use_and_abort, &meeting);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(meeting.env));
}
END_TEST

START_TEST(rule_17_bad_arguments) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY | MDBX_TXN_TRY, &txn), MDBX_EINVAL);
  IS(mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)1, &txn), MDBX_EINVAL);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, NULL), MDBX_EINVAL);
  IS(mdbx_txn_begin(NULL, NULL, MDBX_TXN_RDONLY, &txn), MDBX_EINVAL);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_EACCESS);
  OK(mdbx_txn_abort(api_begin(env, MDBX_TXN_RDONLY)));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------- rule 18: ownership */

static void *intrude(void *context) {
  struct meeting *meeting = context;
  MDBX_txn *txn = meeting->txn;
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "a", &data), MDBX_THREAD_MISMATCH);
  IS(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT), MDBX_THREAD_MISMATCH);
  IS(api_del(txn, DBI_MAIN, "a"), MDBX_THREAD_MISMATCH);
  IS(mdbx_cursor_get(meeting->cursor, NULL, &data, MDBX_FIRST), MDBX_THREAD_MISMATCH);
  IS(mdbx_cursor_close2(meeting->cursor), MDBX_THREAD_MISMATCH);
  IS(mdbx_cursor_unbind(meeting->cursor), MDBX_THREAD_MISMATCH);
  IS(mdbx_cursor_ignord(meeting->cursor), MDBX_THREAD_MISMATCH);
  MDBX_txn_info info;
  IS(mdbx_txn_info(txn, &info, false), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_break(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_commit(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_abort(txn), MDBX_THREAD_MISMATCH);
  return NULL;
}

START_TEST(rule_18_thread_ownership) {
  struct meeting meeting = {.env = api_open(0)};
  api_store(meeting.env, "a", "1");
  static const unsigned kinds[] = {MDBX_TXN_READWRITE, MDBX_TXN_RDONLY};
  for (unsigned i = 0; i < 2; ++i) {
    meeting.txn = api_begin(meeting.env, kinds[i]);
    OK(mdbx_cursor_open(meeting.txn, DBI_MAIN, &meeting.cursor));
    api_thread(intrude, &meeting);
    OK(mdbx_cursor_ignord(meeting.cursor));
    OK(mdbx_cursor_unbind(meeting.cursor));
    IS(mdbx_cursor_ignord(meeting.cursor), MDBX_EINVAL);
    api_has(meeting.txn, DBI_MAIN, "a", "1");
    mdbx_cursor_close(meeting.cursor);
    OK(mdbx_txn_commit(meeting.txn));
  }
  OK(mdbx_env_close(meeting.env));
}
END_TEST

/* ------------------------------------------------------------------------------------- rule 19: reset, renew, refresh */

struct heir {
  MDBX_env *env;
  MDBX_txn *left;   /* the reader of a thread that has ended */
  pthread_t thread; /* that thread */
  int way;
};

static void *leave_a_reader(void *context) {
  struct heir *heir = context;
  heir->thread = pthread_self();
  heir->left = api_begin(heir->env, MDBX_TXN_RDONLY);
  if (heir->way == 2)
    OK(mdbx_txn_park(heir->left, false));
  return NULL;
}

/* The thread has the number of the ended one, and its slot. */
static void *read_and_tidy_up(void *context) {
  struct heir *heir = context;
  MDBX_txn *own = api_begin(heir->env, MDBX_TXN_RDONLY);
  if (!pthread_equal(heir->thread, pthread_self())) {
    OK(mdbx_txn_abort(own));
    return NULL;
  }
  if (heir->way == 1)
    IS(mdbx_txn_park(heir->left, false), MDBX_BAD_TXN);
  if (heir->way == 2)
    OK(mdbx_txn_park(own, false));
  if (heir->way == 2)
    IS(mdbx_txn_unpark(heir->left, false), MDBX_OUSTED);
  OK(mdbx_txn_abort(heir->left));
  OK(mdbx_txn_unpark(own, false));
  api_has(own, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(own));
  heir->left = NULL;
  return NULL;
}

/* The slot of a thread that ended belongs to the next one, also if both have the same number: what is done to the reader
 * that the first one left does not touch the snapshot of the second one. */
START_TEST(rule_18_reader_of_an_ended_thread) {
  struct heir heir = {.env = api_open(0), .way = _i};
  pthread_t thread;
  MDBX_txn *txn = api_begin(heir.env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert_int_eq(pthread_create(&thread, NULL, leave_a_reader, &heir), 0);
  pthread_join(thread, NULL);
  ck_assert_int_eq(pthread_create(&thread, NULL, read_and_tidy_up, &heir), 0);
  pthread_join(thread, NULL);
  if (heir.left) /* no other thread can end it */
    IS(mdbx_txn_abort(heir.left), MDBX_THREAD_MISMATCH);
  OK(mdbx_env_close(heir.env));
}
END_TEST

static void *begin_a_writer(void *context) {
  struct heir *heir = context;
  heir->thread = pthread_self();
  heir->left = api_begin(heir->env, MDBX_TXN_READWRITE);
  return NULL;
}

/* The thread has the number of the ended one, but the write transaction is another thread's. */
static void *write_beside_it(void *context) {
  const struct heir *heir = context;
  MDBX_txn *txn;
  MDBX_stat stat;
  if (!pthread_equal(heir->thread, pthread_self()))
    return NULL;
  OK(mdbx_env_stat_ex(heir->env, NULL, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 0); /* not what is not committed */
  IS(mdbx_env_sync_ex(heir->env, true, true), MDBX_BUSY);
  OK(mdbx_env_set_option(heir->env, MDBX_opt_txn_dp_limit, 1000));
  IS(mdbx_txn_begin(heir->env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  IS(mdbx_txn_unlock(heir->env), MDBX_THREAD_MISMATCH);
  IS(mdbx_env_close(heir->env), MDBX_BUSY);
  return NULL;
}

/* A write transaction may go on after the thread that began it has ended. Then no other thread is the writer, also if it
 * has the number of that thread. */
START_TEST(rule_18_writer_of_an_ended_thread) {
  struct heir heir = {.env = api_open(MDBX_NOSTICKYTHREADS | MDBX_SAFE_NOSYNC)};
  pthread_t thread;
  MDBX_txn *txn = api_begin(heir.env, MDBX_TXN_READWRITE);
  OK(mdbx_canary_put(txn, NULL));
  OK(mdbx_txn_commit(txn));
  ck_assert_int_eq(pthread_create(&thread, NULL, begin_a_writer, &heir), 0);
  pthread_join(thread, NULL);
  OK(api_put(heir.left, DBI_MAIN, "a", "1", MDBX_UPSERT));
  ck_assert_int_eq(pthread_create(&thread, NULL, write_beside_it, &heir), 0);
  pthread_join(thread, NULL);
  OK(api_put(heir.left, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(heir.left));
  ck_assert_uint_eq(api_count(heir.env), 2);
  OK(mdbx_env_close(heir.env));
}
END_TEST

START_TEST(rule_19_reset_and_renew) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_txn_info info;
  MDBX_val data;
  OK(mdbx_txn_reset(txn));
  OK(mdbx_txn_reset(txn));
  IS(api_get(txn, DBI_MAIN, "a", &data), MDBX_BAD_TXN);
  IS(mdbx_txn_info(txn, &info, false), MDBX_BAD_TXN);
  ck_assert_uint_eq(mdbx_txn_id(txn), 0);
  api_store(env, "a", "2");
  OK(mdbx_txn_renew(txn));
  api_has(txn, DBI_MAIN, "a", "2");
  api_store(env, "a", "3");
  api_has(txn, DBI_MAIN, "a", "2");
  OK(mdbx_txn_renew(txn));
  api_has(txn, DBI_MAIN, "a", "3");
  OK(mdbx_txn_reset(txn));
  OK(mdbx_txn_break(txn));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_19_commit_of_a_reset_reader) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_19_writers_cannot) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_txn_reset(txn), MDBX_EINVAL);
  IS(mdbx_txn_renew(txn), MDBX_EINVAL);
  IS(mdbx_txn_refresh(txn), MDBX_EINVAL);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_19_prepare) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY_PREPARE);
  MDBX_val data;
  ck_assert_uint_eq(mdbx_txn_id(txn), 0);
  ck_assert_uint_eq((unsigned)mdbx_txn_flags(txn), MDBX_TXN_FINISHED | MDBX_TXN_RDONLY);
  IS(api_get(txn, DBI_MAIN, "a", &data), MDBX_BAD_TXN);
  OK(mdbx_txn_renew(txn));
  api_has(txn, DBI_MAIN, "a", "1");
  ck_assert_uint_eq(mdbx_txn_id(txn), 4);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_19_refresh) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_txn_refresh(txn), MDBX_RESULT_TRUE);
  api_store(env, "a", "2");
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_refresh(txn));
  api_has(txn, DBI_MAIN, "a", "2");
  IS(mdbx_txn_refresh(txn), MDBX_RESULT_TRUE);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------- rules 22 and 23: broken and finished */

START_TEST(rule_22_broken) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  for (int end = 0; end < 2; ++end) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    MDBX_val data;
    MDBX_dbi dbi;
    OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
    OK(mdbx_txn_break(txn));
    ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_ERROR, MDBX_TXN_ERROR);
    IS(api_get(txn, DBI_MAIN, "a", &data), MDBX_BAD_TXN);
    IS(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT), MDBX_BAD_TXN);
    IS(api_del(txn, DBI_MAIN, "a"), MDBX_BAD_TXN);
    IS(mdbx_drop(txn, DBI_MAIN, false), MDBX_BAD_TXN);
    IS(mdbx_dbi_open(txn, "t", MDBX_CREATE, &dbi), MDBX_BAD_TXN);
    if (end)
      OK(mdbx_txn_abort(txn));
    else
      IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
    txn = api_begin(env, MDBX_TXN_RDONLY);
    IS(api_get(txn, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
    OK(mdbx_txn_abort(txn));
  }
  OK(mdbx_env_close(env));
}
END_TEST

/* Fills a small database to its end, in one transaction. The key of the record refused. */
static int fill_up(MDBX_txn *txn, unsigned first) {
  static char bytes[1500];
  int rc = MDBX_SUCCESS;
  for (unsigned i = first; rc == MDBX_SUCCESS && i < first + 1000; ++i) {
    const MDBX_val key = {&i, sizeof(i)};
    MDBX_val data = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT);
  }
  return rc;
}

START_TEST(rule_22_map_full) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 256 * 1024, -1, -1, 4096));
  OK(api_try_open(env, _i ? MDBX_WRITEMAP : 0));
  api_store(env, "kept", "1");
  for (unsigned round = 0; round < 5; ++round) {
    MDBX_val data;
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    IS(fill_up(txn, round * 1000), MDBX_MAP_FULL);
    if (mdbx_txn_flags(txn) & MDBX_TXN_ERROR) {
      IS(api_get(txn, DBI_MAIN, "kept", &data), MDBX_BAD_TXN);
      IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
    } else {
      api_has(txn, DBI_MAIN, "kept", "1");
      OK(mdbx_txn_abort(txn));
    }
    api_sound(env);
    txn = api_begin(env, MDBX_TXN_RDONLY);
    api_has(txn, DBI_MAIN, "kept", "1");
    OK(mdbx_txn_abort(txn));
  }
  api_store(env, "more", "2");
  OK(mdbx_env_close(env));
}
END_TEST

/* Commits until it is full; then deletes all, and it must have room again. */
START_TEST(rule_22_full_and_empty_again) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 256 * 1024, -1, -1, 4096));
  OK(api_try_open(env, 0));
  static char bytes[1500];
  for (unsigned round = 0; round < 3; ++round) {
    unsigned stored = 0;
    for (int rc = MDBX_SUCCESS; rc == MDBX_SUCCESS; ++stored) {
      const MDBX_val key = {&stored, sizeof(stored)};
      MDBX_val data = {bytes, sizeof(bytes)};
      MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
      rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT);
      const int ended = mdbx_txn_commit(txn);
      if (rc == MDBX_SUCCESS)
        rc = ended;
      if (rc != MDBX_SUCCESS)
        IS(rc, MDBX_MAP_FULL);
    }
    ck_assert_uint_gt(stored, 60);
    api_sound(env);
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(mdbx_drop(txn, DBI_MAIN, false));
    OK(mdbx_txn_commit(txn));
    api_sound(env);
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_23_no_handle) {
  ck_assert_uint_eq(mdbx_txn_id(NULL), 0);
  ck_assert_uint_eq((unsigned)mdbx_txn_flags(NULL), 0x80000000u);
  IS(mdbx_txn_abort(NULL), MDBX_EINVAL);
  IS(mdbx_txn_commit(NULL), MDBX_EINVAL);
  IS(mdbx_txn_straggler(NULL, NULL), -EINVAL);
  ck_assert_ptr_null(mdbx_txn_env(NULL));
}
END_TEST

START_TEST(rule_23_finished_writer) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  /* The memory of the writer's handle stays for the next writer. */
  MDBX_txn *again = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_txn_abort(again));
  if (again == txn) {
    const int rc = api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT);
    ck_assert_msg(rc == MDBX_BAD_TXN || rc == MDBX_EBADSIGN, "%d", rc);
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_23_lag_of_a_reader) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_txn_info info;
  for (int lag = 0; lag < 4; ++lag) {
    IS(mdbx_txn_straggler(txn, NULL), lag);
    OK(mdbx_txn_info(txn, &info, true));
    ck_assert_uint_eq(info.txn_reader_lag, lag);
    ck_assert_uint_eq(info.txn_id, 4);
    ck_assert_uint_eq(api_info(env).mi_latter_reader_txnid, 4);
    api_store(env, "a", "2");
  }
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A child may read on with a reader its parent began, and nothing else; the parent goes on undisturbed. */
static void use_parents_txn(void *context) {
  struct meeting *meeting = context;
  MDBX_val data;
  MDBX_txn *txn;
  const bool reads = mdbx_txn_flags(meeting->txn) & MDBX_TXN_RDONLY;
  CHILD_IS(api_get(meeting->txn, DBI_MAIN, "a", &data), reads ? MDBX_SUCCESS : MDBX_PANIC);
  unit_require(mdbx_txn_begin(meeting->env, NULL, MDBX_TXN_RDONLY, &txn) != MDBX_SUCCESS);
  unit_require(mdbx_txn_begin(meeting->env, NULL, MDBX_TXN_TRY, &txn) != MDBX_SUCCESS);
  CHILD_OK(mdbx_env_close(meeting->env));
}

START_TEST(rule_18_fork) {
  struct meeting meeting = {.env = api_open(0)};
  api_store(meeting.env, "a", "1");
  static const unsigned kinds[] = {MDBX_TXN_READWRITE, MDBX_TXN_RDONLY};
  for (unsigned i = 0; i < 2; ++i) {
    meeting.txn = api_begin(meeting.env, kinds[i]);
    unit_join(unit_fork(use_parents_txn, &meeting));
    api_has(meeting.txn, DBI_MAIN, "a", "1");
    OK(mdbx_txn_abort(meeting.txn));
  }
  api_store(meeting.env, "a", "2");
  OK(mdbx_env_close(meeting.env));
}
END_TEST

/* ------------------------------------------------------------------------------------------ readers beside a writer */

enum { PAIRS = 40, READERS = 4 };

static void write_generation(MDBX_txn *txn, unsigned generation) {
  for (unsigned i = 0; i < PAIRS; ++i) {
    const MDBX_val key = {&i, sizeof(i)};
    unsigned numbers[30];
    for (unsigned n = 0; n < 30; ++n)
      numbers[n] = generation;
    MDBX_val data = {numbers, sizeof(numbers)};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  }
}

/* All records of a snapshot are of one generation. */
static unsigned read_generation(MDBX_txn *txn) {
  unsigned found = 0;
  for (unsigned i = 0; i < PAIRS; ++i) {
    const MDBX_val key = {&i, sizeof(i)};
    MDBX_val data;
    unsigned numbers[30];
    OK(mdbx_get(txn, DBI_MAIN, &key, &data));
    ck_assert_uint_eq(data.iov_len, sizeof(numbers));
    memcpy(numbers, data.iov_base, sizeof(numbers));
    if (i == 0)
      found = numbers[0];
    for (unsigned n = 0; n < 30; ++n)
      ck_assert_uint_eq(numbers[n], found);
  }
  return found;
}

static void *read_on(void *context) {
  struct meeting *meeting = context;
  unsigned last = 0;
  while (atomic_load(&meeting->stage) == 0) {
    MDBX_txn *txn = api_begin(meeting->env, MDBX_TXN_RDONLY);
    const unsigned generation = read_generation(txn);
    ck_assert_uint_ge(generation, last);
    ck_assert_uint_eq(read_generation(txn), generation);
    last = generation;
    OK(mdbx_txn_abort(txn));
  }
  return NULL;
}

START_TEST(threads_read_beside_a_writer) {
  static const unsigned modes[] = {MDBX_SAFE_NOSYNC, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, MDBX_UTTERLY_NOSYNC};
  struct meeting meeting = {.env = api_open(modes[_i])};
  pthread_t threads[READERS];
  MDBX_txn *txn = api_begin(meeting.env, MDBX_TXN_READWRITE);
  write_generation(txn, 1);
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < READERS; ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, read_on, &meeting), 0);
  for (unsigned generation = 2; generation < 300; ++generation) {
    txn = api_begin(meeting.env, MDBX_TXN_READWRITE);
    write_generation(txn, generation);
    if (generation % 7)
      OK(mdbx_txn_commit(txn));
    else
      OK(mdbx_txn_abort(txn));
  }
  atomic_store(&meeting.stage, 1);
  for (unsigned i = 0; i < READERS; ++i)
    pthread_join(threads[i], NULL);
  api_sound(meeting.env);
  OK(mdbx_env_close(meeting.env));
}
END_TEST

/* Stores the number as the value of "a", and in the canary. */
static void store_number(MDBX_env *env, unsigned number) {
  char text[16];
  snprintf(text, sizeof(text), "%u", number);
  const MDBX_canary canary = {.x = number};
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", text, MDBX_UPSERT));
  OK(mdbx_canary_put(txn, &canary));
  OK(mdbx_txn_commit(txn));
}

static void sees_number(const MDBX_txn *reader, unsigned number) {
  char text[16];
  MDBX_canary canary;
  MDBX_txn_info info;
  snprintf(text, sizeof(text), "%u", number);
  api_has(reader, DBI_MAIN, "a", text);
  OK(mdbx_canary_get(reader, &canary));
  ck_assert_uint_eq(canary.x, number);
  OK(mdbx_txn_info(reader, &info, false));
  ck_assert_uint_eq(info.txn_id, mdbx_txn_id(reader));
}

/* A renewed reader sees what it saw before as long as there is no newer commit, and pins it. */
START_TEST(renewed_without_a_newer_commit) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  unsigned number = 1;
  store_number(env, number);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *old = api_begin(env, MDBX_TXN_RDONLY);
  const uint64_t first = mdbx_txn_id(old);
  for (unsigned i = 0; i < 12; ++i) {
    MDBX_val value;
    OK(mdbx_txn_reset(reader));
    IS(api_get(reader, DBI_MAIN, "a", &value), MDBX_BAD_TXN);
    if (i % 3 == 2)
      store_number(env, ++number);
    OK(mdbx_txn_renew(reader));
    ck_assert_uint_eq(mdbx_txn_id(reader), first + number - 1);
    sees_number(reader, number);
    store_number(env, ++number);
    store_number(env, ++number);
    sees_number(reader, number - 2);
    OK(mdbx_txn_renew(reader));
    sees_number(reader, number);
  }
  /* A handle that takes the older snapshot of another one, and then the newest one again. */
  sees_number(old, 1);
  OK(mdbx_txn_clone(old, &reader, NULL));
  ck_assert_uint_eq(mdbx_txn_id(reader), first);
  sees_number(reader, 1);
  OK(mdbx_txn_renew(reader));
  sees_number(reader, number);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_txn_abort(old));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("transactions");
  TCase *tcase = api_case(suite, "begin");
  tcase_add_test(tcase, rule_17_writer_twice);
  tcase_add_test(tcase, rule_17_writer_waits_for_writer);
  tcase_add_test(tcase, rule_17_writer_of_another_process);
  tcase_add_test(tcase, rule_17_overlapping);
  tcase_add_test(tcase, looks_beside_a_reader_of_the_thread);
  tcase_add_test(tcase, reader_apart);
  tcase_add_test(tcase, rule_17_overlap_allowed_by_debug_flag);
  tcase_add_test(tcase, rule_17_no_sticky_threads);
  tcase_add_test(tcase, rule_17_bad_arguments);
  tcase_add_test(tcase, rule_18_thread_ownership);
  tcase_add_loop_test(tcase, rule_18_reader_of_an_ended_thread, 0, 3);
  tcase_add_test(tcase, rule_18_writer_of_an_ended_thread);
  tcase_add_test(tcase, rule_18_fork);
  tcase = api_case(suite, "states");
  tcase_add_test(tcase, rule_19_reset_and_renew);
  tcase_add_test(tcase, rule_19_commit_of_a_reset_reader);
  tcase_add_test(tcase, rule_19_writers_cannot);
  tcase_add_test(tcase, rule_19_prepare);
  tcase_add_test(tcase, rule_19_refresh);
  tcase_add_test(tcase, renewed_without_a_newer_commit);
  tcase_add_test(tcase, rule_22_broken);
  tcase_add_loop_test(tcase, rule_22_map_full, 0, 2);
  tcase_add_test(tcase, rule_22_full_and_empty_again);
  tcase_add_test(tcase, rule_23_no_handle);
  tcase_add_test(tcase, rule_23_finished_writer);
  tcase_add_test(tcase, rule_23_lag_of_a_reader);
  tcase_add_loop_test(tcase, threads_read_beside_a_writer, 0, 3);
  return unit_run(suite);
}
