/* SPDX-License-Identifier: Apache-2.0 */
/* Readers in a writer's way: the slow-reader callback with readers in real other processes, and parked readers. */
#include "api.h"

#include <sys/ioctl.h>

/* 128 pages: the records take 14, so PRESSING more fit only where an old version of them was. */
enum { RECORDS = 40, RECORD_BYTES = 1200, LIMIT = 512 * 1024, PRESSING = 300 };

/* What parent and child share. */
struct scene {
  _Atomic int stage; /* of the child: 1 it reads, 2 it has ended its reader */
  _Atomic int order; /* to the child: 1 go on */
  _Atomic int calls, endings;
  _Atomic int last_retry, last_ending;
  _Atomic uint64_t laggard, space, gap;
  _Atomic uint64_t snapshot;
  pid_t child;
  mdbx_pid_t blamed_pid;
  mdbx_tid_t blamed_tid;
  unsigned child_flags;
  bool park, autounpark;
  int read_code, abort_code; /* what the child meets when it goes on */
};

static struct scene *scene;

static void scene_setup(void) {
  unit_setup();
  scene = unit_shared(sizeof(*scene));
}

static MDBX_env *open_bounded(unsigned flags, intptr_t now, intptr_t upper) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, now == upper ? upper : 0, now, upper, 65536, -1, 4096));
  OK(api_try_open(env, flags));
  return env;
}

static int put_record(MDBX_txn *txn, unsigned number, unsigned version, size_t bytes) {
  char key[16];
  MDBX_val k = {key, (size_t)snprintf(key, sizeof(key), "%06u", number)}, d = {NULL, bytes};
  const int rc = mdbx_put(txn, DBI_MAIN, &k, &d, MDBX_RESERVE);
  if (rc == MDBX_SUCCESS)
    memset(d.iov_base, (int)version, bytes);
  return rc;
}

static void write_all(MDBX_env *env, unsigned version) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < RECORDS; ++i)
    OK(put_record(txn, i, version, RECORD_BYTES));
  OK(mdbx_txn_commit(txn));
}

static int read_record(MDBX_txn *txn, int *version) {
  MDBX_val k = api_val("000003"), d;
  const int rc = mdbx_get(txn, DBI_MAIN, &k, &d);
  if (rc == MDBX_SUCCESS)
    *version = *(const uint8_t *)d.iov_base;
  return rc;
}

/* The other process: reads, waits for the word to go on, and reads once more. */
static void hold_reader(void *context) {
  MDBX_env *env;
  MDBX_txn *txn;
  int version = -1;
  (void)context;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, scene->child_flags));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  CHILD_OK(read_record(txn, &version));
  unit_require(version == 1);
  if (scene->park)
    CHILD_OK(mdbx_txn_park(txn, scene->autounpark));
  atomic_store(&scene->snapshot, mdbx_txn_id(txn));
  atomic_store(&scene->stage, 1);
  unit_require(unit_await(&scene->order, 1));
  CHILD_IS(read_record(txn, &version), scene->read_code);
  if (scene->read_code == MDBX_SUCCESS)
    unit_require(version == 1);
  CHILD_IS(mdbx_txn_abort(txn), scene->abort_code);
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  CHILD_OK(read_record(txn, &version));
  CHILD_OK(mdbx_txn_abort(txn));
  atomic_store(&scene->stage, 2);
  CHILD_OK(mdbx_env_close(env));
}

/* A reader of version 1 in another process, and all records of it rewritten since. */
static MDBX_env *set_the_scene(unsigned flags, intptr_t now, intptr_t upper) {
  MDBX_env *env = open_bounded(flags, now, upper);
  write_all(env, 1);
  scene->child_flags = flags & ~(unsigned)MDBX_EXCLUSIVE;
  scene->child = unit_fork(hold_reader, NULL);
  ck_assert(unit_await(&scene->stage, 1));
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  return env;
}

static void end_child(void) {
  atomic_store(&scene->order, 1);
  unit_join(scene->child);
}

static void note_call(mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard, unsigned gap, size_t space, int retry) {
  if (retry < 0) {
    ck_assert_int_eq(pid, 0);
    ck_assert(tid == 0);
    ck_assert_uint_eq(space, 0);
    atomic_fetch_add(&scene->endings, 1);
    atomic_store(&scene->last_ending, retry);
    return;
  }
  ck_assert_int_eq(retry ? retry : 0, retry ? atomic_load(&scene->last_retry) + 1 : 0);
  atomic_fetch_add(&scene->calls, 1);
  atomic_store(&scene->last_retry, retry);
  atomic_store(&scene->laggard, laggard);
  atomic_store(&scene->gap, gap);
  atomic_store(&scene->space, space);
  scene->blamed_pid = pid;
  scene->blamed_tid = tid;
}

/* Lets the child end its reader at the third call. */
static int wait_for_reader(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                           unsigned gap, size_t space, int retry) {
  ck_assert_ptr_eq(mdbx_txn_env(txn), env);
  ck_assert_uint_eq(laggard + gap + 1, mdbx_txn_id(txn));
  note_call(pid, tid, laggard, gap, space, retry);
  if (retry == 2) {
    atomic_store(&scene->order, 1);
    ck_assert(unit_await(&scene->stage, 2));
  }
  return 0;
}

static int give_up(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                   unsigned gap, size_t space, int retry) {
  (void)env, (void)txn;
  note_call(pid, tid, laggard, gap, space, retry);
  return -1;
}

static int answer_error(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                        unsigned gap, size_t space, int retry) {
  (void)env, (void)txn;
  note_call(pid, tid, laggard, gap, space, retry);
  return -5;
}

static int abort_reader(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                        unsigned gap, size_t space, int retry) {
  (void)env, (void)txn;
  note_call(pid, tid, laggard, gap, space, retry);
  return 1;
}

static int kill_and_tell(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                         unsigned gap, size_t space, int retry) {
  (void)env, (void)txn;
  note_call(pid, tid, laggard, gap, space, retry);
  ck_assert_int_eq(pid, scene->child);
  unit_kill(pid);
  return 2;
}

static int kill_and_wait(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                         unsigned gap, size_t space, int retry) {
  (void)env, (void)txn;
  note_call(pid, tid, laggard, gap, space, retry);
  if (retry == 0)
    unit_kill(pid);
  return 0;
}

/* Adds records until there is no room or the callback was called; tells how it ended. */
static int fill(MDBX_env *env, unsigned most) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < most && rc == MDBX_SUCCESS && !atomic_load(&scene->calls); ++i)
    rc = put_record(txn, 1000 + i, 9, RECORD_BYTES);
  if (rc == MDBX_SUCCESS)
    OK(mdbx_txn_commit(txn));
  else
    OK(mdbx_txn_abort(txn));
  return rc;
}

static void was_blamed(void) {
  ck_assert_int_ge(atomic_load(&scene->calls), 1);
  ck_assert_int_eq(scene->blamed_pid, scene->child);
  ck_assert(scene->blamed_tid != 0);
  ck_assert_uint_eq(atomic_load(&scene->laggard), atomic_load(&scene->snapshot));
  ck_assert_uint_eq(atomic_load(&scene->gap), 3);
  /* All pages of version 1, and nothing of the versions between. */
  ck_assert_uint_ge(atomic_load(&scene->space), RECORDS * RECORD_BYTES);
  ck_assert_uint_le(atomic_load(&scene->space), 2 * RECORDS * RECORD_BYTES);
}

static const unsigned modes[] = {0,
                                 MDBX_WRITEMAP,
                                 MDBX_LIFORECLAIM,
                                 MDBX_NOMETASYNC,
                                 MDBX_SAFE_NOSYNC,
                                 MDBX_UTTERLY_NOSYNC,
                                 MDBX_WRITEMAP | MDBX_SAFE_NOSYNC};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

START_TEST(rule_25_wait) {
  MDBX_env *env = set_the_scene(modes[_i], LIMIT, LIMIT);
  OK(mdbx_env_set_hsr(env, wait_for_reader));
  OK(fill(env, 1000));
  was_blamed();
  ck_assert_int_eq(atomic_load(&scene->calls), 3);
  ck_assert_int_eq(atomic_load(&scene->endings), 1);
  ck_assert_int_eq(atomic_load(&scene->last_ending), -3);
  end_child();
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_give_up_at_the_limit) {
  MDBX_env *env = set_the_scene(0, LIMIT, LIMIT);
  OK(mdbx_env_set_hsr(env, _i ? answer_error : give_up));
  IS(fill(env, 1000), MDBX_MAP_FULL);
  was_blamed();
  ck_assert_int_eq(atomic_load(&scene->calls), 1);
  ck_assert_int_eq(atomic_load(&scene->endings), 0);
  end_child(); /* its reader still has its snapshot */
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_give_up_and_grow) {
  MDBX_env *env = set_the_scene(0, -1, 16 << 20);
  OK(mdbx_env_set_hsr(env, _i ? answer_error : give_up));
  const uint64_t before = api_info(env).mi_geo.current;
  OK(fill(env, 1000));
  was_blamed();
  ck_assert_uint_gt(api_info(env).mi_geo.current, before);
  end_child();
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_before_the_file_grows) {
  MDBX_env *env = set_the_scene(modes[_i], -1, 16 << 20);
  OK(mdbx_env_set_hsr(env, wait_for_reader));
  const uint64_t before = api_info(env).mi_geo.current;
  OK(fill(env, 1000));
  was_blamed();
  ck_assert_uint_eq(api_info(env).mi_geo.current, before);
  ck_assert_int_eq(atomic_load(&scene->last_ending), -3);
  end_child();
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_take_the_snapshot) {
  scene->read_code = MDBX_BAD_TXN;
  MDBX_env *env = set_the_scene(modes[_i], LIMIT, LIMIT);
  OK(mdbx_env_set_hsr(env, abort_reader));
  OK(fill(env, 1000));
  was_blamed();
  ck_assert_int_eq(atomic_load(&scene->calls), 1);
  ck_assert_int_eq(atomic_load(&scene->endings), 0);
  end_child();
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_process_is_gone) {
  MDBX_env *env = set_the_scene(0, LIMIT, LIMIT);
  OK(mdbx_env_set_hsr(env, _i ? kill_and_wait : kill_and_tell));
  OK(fill(env, 1000));
  was_blamed();
  ck_assert_int_eq(atomic_load(&scene->calls), 1);
  ck_assert_int_eq(atomic_load(&scene->last_ending), _i ? -1 : 0);
  IS(mdbx_reader_list(env, (MDBX_reader_list_func)(uintptr_t)abort, NULL), MDBX_RESULT_TRUE);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct listed {
  unsigned readers;
  uint64_t lag;
  size_t used, retained;
};

static int note_listed(void *ctx, int num, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid, uint64_t lag,
                       size_t used, size_t retained) {
  struct listed *listed = ctx;
  (void)num, (void)slot, (void)pid, (void)thread, (void)txnid;
  *listed = (struct listed){listed->readers + 1, lag, used, retained};
  return 0;
}

static struct listed list_one(MDBX_env *env) {
  struct listed listed = {0, 0, 0, 0};
  OK(mdbx_reader_list(env, note_listed, &listed));
  ck_assert_uint_eq(listed.readers, 1);
  return listed;
}

/* What a reader keeps is what it sees, however many commits went by: some pages after many changes of one record, nearly
 * all of its snapshot once everything was changed. */
START_TEST(reader_list_tells_what_is_kept) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, 0, 8 << 20);
  write_all(env, 1);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(list_one(env).retained, 0);
  for (unsigned i = 0; i < 300; ++i) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(put_record(txn, 3, i, RECORD_BYTES));
    /* Also from within the transaction of a writer. */
    if (i == 200)
      ck_assert_uint_gt(list_one(env).retained, 0);
    OK(mdbx_txn_commit(txn));
  }
  struct listed listed = list_one(env);
  ck_assert_uint_eq(listed.lag, 300);
  ck_assert_uint_ge(listed.retained, 2 * 4096);
  ck_assert_uint_le(listed.retained, 4 * 4096);
  for (unsigned version = 2; version < 9; ++version)
    write_all(env, version);
  listed = list_one(env);
  ck_assert_uint_ge(listed.retained, 14 * 4096);
  ck_assert_uint_le(listed.retained, listed.used);
  OK(mdbx_txn_abort(reader));
  IS(mdbx_reader_list(env, note_listed, &listed), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_dead_readers_are_cleaned_first) {
  MDBX_env *env = set_the_scene(0, LIMIT, LIMIT);
  OK(mdbx_env_set_hsr(env, give_up));
  unit_kill(scene->child);
  OK(fill(env, PRESSING));
  ck_assert_int_eq(atomic_load(&scene->calls), 0);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_25_parked_readers_are_ousted_first) {
  scene->park = true;
  scene->autounpark = _i;
  scene->read_code = MDBX_OUSTED;
  MDBX_env *env = set_the_scene(0, LIMIT, LIMIT);
  if (_i)
    OK(mdbx_env_set_hsr(env, give_up));
  OK(fill(env, PRESSING));
  ck_assert_int_eq(atomic_load(&scene->calls), 0);
  end_child();
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Its snapshot is as old as any, but nothing of it waits. */
START_TEST(rule_25_reader_that_is_not_in_the_way) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_env_set_hsr(env, abort_reader));
  for (unsigned version = 1; version < 50; ++version)
    write_all(env, version);
  IS(fill(env, 1000), MDBX_MAP_FULL);
  ck_assert_int_eq(atomic_load(&scene->calls), 0);
  MDBX_val data;
  IS(api_get(reader, DBI_MAIN, "000003", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

/* Readers that are tied to no thread show no thread; two of one snapshot are two calls. */
START_TEST(rule_25_readers_of_this_process) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT);
  write_all(env, 1);
  MDBX_txn *readers[2] = {api_begin(env, MDBX_TXN_RDONLY), api_begin(env, MDBX_TXN_RDONLY)};
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  OK(mdbx_env_set_hsr(env, abort_reader));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  while (!atomic_load(&scene->calls))
    OK(put_record(txn, (unsigned)atomic_fetch_add(&scene->order, 1) + 1000, 9, RECORD_BYTES));
  ck_assert_int_eq(atomic_load(&scene->calls), 2);
  ck_assert(scene->blamed_tid == 0);
  ck_assert_int_eq(scene->blamed_pid, getpid());
  MDBX_commit_latency latency;
  OK(mdbx_txn_commit_ex(txn, &latency));
  ck_assert_uint_eq(latency.gc_prof.kicks, 2);
  ck_assert_uint_eq(latency.gc_prof.max_reader_lag, 3);
  ck_assert_uint_eq((uint64_t)latency.gc_prof.max_retained_pages * 4096, atomic_load(&scene->space));
  for (unsigned i = 0; i < 2; ++i) {
    int version;
    MDBX_txn_info info;
    IS(read_record(readers[i], &version), MDBX_BAD_TXN);
    IS(mdbx_txn_info(readers[i], &info, true), MDBX_BAD_TXN);
    if (i)
      OK(mdbx_txn_renew(readers[i]));
    if (i)
      OK(read_record(readers[i], &version));
    OK(mdbx_txn_abort(readers[i]));
  }
  OK(mdbx_env_close(env));
}
END_TEST

/* The snapshot is taken while a cursor compares: what its pages hold then is no damage. */
static MDBX_env *taking; /* not NULL: the next comparison takes it */

static int order_that_takes(const MDBX_val *a, const MDBX_val *b) {
  MDBX_env *env = taking;
  taking = NULL;
  if (!env)
    return mdbx_get_keycmp(MDBX_DB_DEFAULTS)(a, b);
  OK(fill(env, 1000));
  return 0; /* as of bytes that have become others */
}

static void write_ordered(MDBX_env *env, MDBX_dbi *dbi, int values) {
  char bytes[RECORD_BYTES] = "";
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open_ex(txn, "ordered", MDBX_CREATE | (values ? MDBX_DUPSORT : 0), dbi, values ? NULL : order_that_takes,
                      values ? order_that_takes : NULL));
  for (unsigned i = 0; i < RECORDS; ++i) {
    snprintf(bytes, sizeof(bytes), "%04u", i);
    MDBX_val name = {bytes, 4}, whole = {bytes, values ? (size_t)RECORD_BYTES : (size_t)RECORD_BYTES / 2};
    MDBX_val one = api_val("one");
    OK(values ? mdbx_put(txn, *dbi, &one, &whole, MDBX_UPSERT) : mdbx_put(txn, *dbi, &name, &whole, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
}

static void clear_ordered(MDBX_env *env, MDBX_dbi dbi) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_drop(txn, dbi, false));
  OK(mdbx_txn_commit(txn));
}

START_TEST(rule_25_taken_within_a_move) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT);
  MDBX_dbi dbi;
  MDBX_cursor *cursor;
  MDBX_val key, data;
  int rc;
  write_ordered(env, &dbi, _i);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_cursor_open(reader, dbi, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  clear_ordered(env, dbi);
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  OK(mdbx_env_set_hsr(env, abort_reader));
  taking = env;
  while ((rc = mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT)) == MDBX_SUCCESS)
    continue;
  ck_assert_ptr_null(taking);
  ck_assert_int_eq(atomic_load(&scene->calls), 1);
  IS(rc, MDBX_BAD_TXN);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(reader));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* What only the last steady commit keeps is got by a flush. */
START_TEST(rule_25_not_for_the_steady_commit) {
  MDBX_env *env = open_bounded(MDBX_SAFE_NOSYNC, LIMIT, LIMIT);
  write_all(env, 1);
  OK(mdbx_env_sync(env));
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  OK(mdbx_env_set_hsr(env, give_up));
  const uint64_t before = api_info(env).mi_pgop_stat.fsync;
  OK(fill(env, PRESSING));
  ck_assert_int_eq(atomic_load(&scene->calls), 0);
  ck_assert_uint_gt(api_info(env).mi_pgop_stat.fsync, before);
  OK(mdbx_env_close(env));
}
END_TEST

static int older_form(MDBX_env *env, int pid, mdbx_tid_t tid, uint64_t txn, unsigned gap, int retry) {
  ck_assert_ptr_nonnull(env);
  note_call(pid, tid, txn, gap, 0, retry);
  if (retry == 1) {
    atomic_store(&scene->order, 1);
    ck_assert(unit_await(&scene->stage, 2));
  }
  return 0;
}

START_TEST(oomfunc_is_the_same_slot) {
  MDBX_env *env = set_the_scene(0, LIMIT, LIMIT);
  ck_assert_ptr_null(mdbx_env_get_oomfunc(env));
  OK(mdbx_env_set_hsr(env, give_up));
  ck_assert(mdbx_env_get_hsr(env) == give_up);
  ck_assert_ptr_null(mdbx_env_get_oomfunc(env));
  OK(mdbx_env_set_oomfunc(env, older_form));
  ck_assert(mdbx_env_get_oomfunc(env) == older_form);
  ck_assert(mdbx_env_get_hsr(env) == NULL);
  OK(fill(env, 1000));
  ck_assert_int_eq(atomic_load(&scene->calls), 2);
  ck_assert_int_eq(atomic_load(&scene->last_ending), -2);
  ck_assert_uint_eq(atomic_load(&scene->laggard), atomic_load(&scene->snapshot));
  OK(mdbx_env_set_oomfunc(env, NULL));
  ck_assert(mdbx_env_get_hsr(env) == NULL);
  IS(mdbx_env_set_hsr(NULL, NULL), MDBX_EINVAL);
  IS(mdbx_env_set_oomfunc(NULL, NULL), MDBX_EINVAL);
  end_child();
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ parking */

START_TEST(rule_20_park_and_unpark) {
  MDBX_env *env = open_bounded(0, LIMIT, LIMIT);
  write_all(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_txn_park(txn, false), MDBX_BAD_TXN);
  OK(mdbx_txn_unpark(txn, false));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_unpark(txn, false));
  OK(mdbx_txn_park(txn, false));
  IS(mdbx_txn_park(txn, false), MDBX_BAD_TXN);
  IS(mdbx_txn_park(txn, true), MDBX_BAD_TXN);
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY | MDBX_TXN_PARKED);
  int version;
  MDBX_txn_info info;
  MDBX_envinfo env_info;
  IS(read_record(txn, &version), MDBX_BAD_TXN);
  OK(mdbx_txn_info(txn, &info, false));
  IS(mdbx_env_info_ex(env, txn, &env_info, sizeof(env_info)), MDBX_BAD_TXN);
  OK(mdbx_txn_unpark(txn, false));
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
  OK(read_record(txn, &version));
  OK(mdbx_txn_park(txn, true));
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY | MDBX_TXN_PARKED | MDBX_TXN_AUTOUNPARK);
  OK(read_record(txn, &version));
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, false));
  OK(mdbx_txn_reset(txn));
  IS(mdbx_txn_park(txn, false), MDBX_BAD_TXN);
  IS(mdbx_txn_unpark(txn, true), MDBX_BAD_TXN);
  OK(mdbx_txn_renew(txn));
  OK(mdbx_txn_park(txn, false));
  OK(mdbx_txn_commit(txn));
  IS(mdbx_txn_park(NULL, false), MDBX_EINVAL);
  IS(mdbx_txn_unpark(NULL, false), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

/* Every way to read brings a parked transaction back. */
START_TEST(rule_20_autounpark) {
  MDBX_env *env = open_bounded(0, LIMIT, LIMIT);
  write_all(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_cursor *cursor;
  MDBX_val key = api_val("000003"), data;
  MDBX_stat stat;
  MDBX_txn_info info;
  MDBX_envinfo env_info;
  MDBX_canary canary;
  MDBX_dbi dbi;
  size_t count;
  unsigned flags;
  uint64_t sequence;
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_SET));
#define PARKED_THEN(call) \
  do { \
    OK(mdbx_txn_park(txn, true)); \
    OK(call); \
    ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_PARKED, 0); \
  } while (0)
  PARKED_THEN(mdbx_get(txn, DBI_MAIN, &key, &data));
  PARKED_THEN(mdbx_get_ex(txn, DBI_MAIN, &key, &data, &count));
  PARKED_THEN(mdbx_get_equal_or_great(txn, DBI_MAIN, &key, &data));
  PARKED_THEN(mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT));
  ck_assert(api_equal(&key, "000004"));
  PARKED_THEN(mdbx_cursor_count(cursor, &count));
  PARKED_THEN(mdbx_cursor_eof(cursor));
  PARKED_THEN(mdbx_cursor_on_first(cursor));
  PARKED_THEN(mdbx_dbi_stat(txn, DBI_MAIN, &stat, sizeof(stat)));
  PARKED_THEN(mdbx_dbi_flags(txn, DBI_MAIN, &flags));
  PARKED_THEN(mdbx_dbi_sequence(txn, DBI_MAIN, &sequence, 0));
  PARKED_THEN(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi));
  PARKED_THEN(mdbx_env_stat_ex(env, txn, &stat, sizeof(stat)));
  PARKED_THEN(mdbx_env_info_ex(env, txn, &env_info, sizeof(env_info)));
  OK(mdbx_txn_info(txn, &info, true));
  PARKED_THEN(mdbx_canary_get(txn, &canary));
  OK(mdbx_txn_park(txn, true));
  ck_assert_int_eq(mdbx_txn_straggler(txn, NULL), 0);
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_PARKED, 0);
  mdbx_cursor_close(cursor);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A parked reader in another thread's way, ousted by this one. */
static MDBX_txn *ousted(MDBX_env *env, bool autounpark) {
  write_all(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, autounpark));
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  OK(fill(env, PRESSING));
  return txn;
}

START_TEST(rule_20_ousted) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT);
  MDBX_txn *txn = ousted(env, _i & 1);
  int version = 0;
  if (_i < 2) {
    IS(read_record(txn, &version), MDBX_OUSTED);
    IS(mdbx_txn_unpark(txn, false), MDBX_OUSTED);
    ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY | MDBX_TXN_FINISHED | MDBX_TXN_OUSTED);
    IS(read_record(txn, &version), MDBX_BAD_TXN);
    ck_assert_uint_eq(mdbx_txn_id(txn), 0);
    OK(mdbx_txn_renew(txn));
  } else {
    IS(mdbx_txn_unpark(txn, true), MDBX_RESULT_TRUE);
  }
  OK(read_record(txn, &version));
  ck_assert_int_eq(version, 4);
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
  ck_assert_uint_eq(mdbx_txn_id(txn), api_info(env).mi_recent_txnid);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static void *press(void *env) {
  for (unsigned version = 2; version < 5; ++version)
    write_all(env, version);
  OK(fill(env, PRESSING));
  return NULL;
}

/* A thread whose parked reader was ousted may begin another transaction. Then the reader cannot start again beside it. */
START_TEST(rule_17_ousted_beside_another) {
  MDBX_env *env = open_bounded(0, LIMIT, LIMIT);
  const unsigned other = _i ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE;
  pthread_t thread;
  int version;
  write_all(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, true));
  ck_assert_int_eq(pthread_create(&thread, NULL, press, env), 0);
  pthread_join(thread, NULL);
  MDBX_txn *beside = api_begin(env, other);
  for (unsigned tries = 0; tries < 2; ++tries) {
    IS(mdbx_txn_unpark(txn, true), _i ? MDBX_BAD_RSLOT : MDBX_TXN_OVERLAPPING);
    ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY | MDBX_TXN_FINISHED | MDBX_TXN_OUSTED);
  }
  OK(read_record(beside, &version));
  OK(mdbx_txn_abort(beside));
  IS(mdbx_txn_unpark(txn, true), MDBX_RESULT_TRUE);
  OK(read_record(txn, &version));
  ck_assert_int_eq(version, 4);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A parked reader whose snapshot is in nobody's way stays. */
START_TEST(rule_20_not_ousted_without_need) {
  MDBX_env *env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT);
  write_all(env, 1);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, false));
  for (unsigned version = 2; version < 30; ++version)
    write_all(env, version);
  OK(mdbx_txn_unpark(txn, false));
  int version;
  OK(read_record(txn, &version));
  ck_assert_int_eq(version, 1);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

struct copying {
  MDBX_env *env;
  int fd, rc;
  unsigned flags;
};

static void *copy_slowly(void *context) {
  struct copying *copying = context;
  copying->rc = mdbx_env_copy2fd(copying->env, copying->fd, (MDBX_copy_flags_t)copying->flags);
  close(copying->fd);
  return NULL;
}

/* A copy whose receiver is slow holds nobody up, if it was asked to. Nor does a copy that was robbed go unnoticed. */
START_TEST(copy_loses_its_snapshot) {
  int ends[2], pending = 0;
  char bytes[4096];
  pthread_t thread;
  struct copying copying = {.env = open_bounded(MDBX_NOSTICKYTHREADS, LIMIT, LIMIT),
                            .flags = _i & 1 ? MDBX_CP_THROTTLE_MVCC : 0};
  if (_i & 2)
    copying.flags |= MDBX_CP_COMPACT;
  write_all(copying.env, 1);
  MDBX_txn *txn = api_begin(copying.env, MDBX_TXN_READWRITE);
  OK(put_record(txn, 500, 1, 120000));
  OK(mdbx_txn_commit(txn));
  ck_assert_int_eq(pipe(ends), 0);
  copying.fd = ends[1];
  ck_assert_int_eq(pthread_create(&thread, NULL, copy_slowly, &copying), 0);
  while (pending < 4096)
    ck_assert_int_eq(ioctl(ends[0], FIONREAD, &pending), 0);
  for (unsigned version = 2; version < 5; ++version)
    write_all(copying.env, version);
  OK(mdbx_env_set_hsr(copying.env, _i & 1 ? give_up : abort_reader));
  OK(fill(copying.env, 200));
  ck_assert_int_eq(atomic_load(&scene->calls), _i & 1 ? 0 : 1);
  while (read(ends[0], bytes, sizeof(bytes)) > 0)
    ;
  pthread_join(thread, NULL);
  close(ends[0]);
  if (_i & 1)
    IS(copying.rc, MDBX_OUSTED);
  else /* all had been read before */
    OK(copying.rc);
  OK(mdbx_env_close(copying.env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("laggards");
  TCase *tcase = tcase_create("slow readers");
  tcase_add_checked_fixture(tcase, scene_setup, unit_teardown);
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  tcase_add_loop_test(tcase, rule_25_wait, 0, MODES);
  tcase_add_loop_test(tcase, rule_25_give_up_at_the_limit, 0, 2);
  tcase_add_loop_test(tcase, rule_25_give_up_and_grow, 0, 2);
  tcase_add_loop_test(tcase, rule_25_before_the_file_grows, 0, MODES);
  tcase_add_loop_test(tcase, rule_25_take_the_snapshot, 0, MODES);
  tcase_add_loop_test(tcase, rule_25_process_is_gone, 0, 2);
  tcase_add_test(tcase, reader_list_tells_what_is_kept);
  tcase_add_test(tcase, rule_25_dead_readers_are_cleaned_first);
  tcase_add_loop_test(tcase, rule_25_parked_readers_are_ousted_first, 0, 2);
  tcase_add_test(tcase, rule_25_reader_that_is_not_in_the_way);
  tcase_add_test(tcase, rule_25_readers_of_this_process);
  tcase_add_loop_test(tcase, rule_25_taken_within_a_move, 0, 2);
  tcase_add_test(tcase, rule_25_not_for_the_steady_commit);
  tcase_add_test(tcase, oomfunc_is_the_same_slot);
  tcase_add_loop_test(tcase, copy_loses_its_snapshot, 0, 4);
  tcase_add_test(tcase, rule_20_park_and_unpark);
  tcase_add_test(tcase, rule_20_autounpark);
  tcase_add_loop_test(tcase, rule_20_ousted, 0, 4);
  tcase_add_loop_test(tcase, rule_17_ousted_beside_another, 0, 2);
  tcase_add_test(tcase, rule_20_not_ousted_without_need);
  return unit_run(suite);
}
