/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules 1 to 25 sentence by sentence, as far as no other test has them: arguments, states and codes of the functions of
 * environments and transactions. What needs processes, boots or a full map is in test_env, test_txn, test_growth,
 * test_laggards, test_chain and test_recovery.
 */
#include "api.h"

#include "os/os.h"

#include <sched.h>
#include <sys/mount.h>

/* Commits and leaves without closing. */
static void commit_and_leave(void *context) {
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, *(const unsigned *)context));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  CHILD_OK(mdbx_txn_commit(txn));
}

static void commit_elsewhere(unsigned flags) { unit_join(unit_fork(commit_and_leave, &flags)); }

static int failing_datasync(int fd) {
  (void)fd;
  return MDBX_EIO;
}

START_TEST(test_rule_1_closing) {
  MDBX_env *env;
  IS(mdbx_env_create(NULL), MDBX_EINVAL);
  IS(mdbx_env_close(NULL), MDBX_EINVAL);
  IS(mdbx_env_close_ex(NULL, true), MDBX_EINVAL);
  OK(mdbx_env_create(&env));
  OK(mdbx_env_close(env));
  IS(mdbx_env_close(env), MDBX_EBADSIGN);
  env = api_open(0);
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  IS(mdbx_env_close(env), MDBX_EBADSIGN);
  IS(mdbx_env_sync(env), MDBX_EBADSIGN);
  unsigned flags;
  IS(mdbx_env_get_flags(env, &flags), MDBX_EBADSIGN);
  /* A final flush that fails is told, and the handle is gone. */
  static struct os_ops failing;
  env = api_open(MDBX_SAFE_NOSYNC);
  api_store(env, "a", "2");
  failing = os_ops_real;
  failing.datasync = failing_datasync;
  os_ops = &failing;
  IS(mdbx_env_close(env), MDBX_EIO);
  os_ops = &os_ops_real;
  IS(mdbx_env_close(env), MDBX_EBADSIGN);
  OK(mdbx_env_close(api_open(0)));
}
END_TEST

static int open_path(MDBX_env *env, const char *path, unsigned flags, mdbx_mode_t mode) {
  return mdbx_env_open(env, path, (MDBX_env_flags_t)flags, mode);
}

START_TEST(test_rule_2_opening) {
  MDBX_env *env = api_create();
  IS(open_path(env, unit_path("none"), 0, 0), MDBX_ENOFILE);
  IS(open_path(env, unit_path("none"), MDBX_RDONLY, 0600), MDBX_ENOFILE);
  IS(open_path(env, unit_path("none"), 0x80, 0600), MDBX_EINVAL);
  IS(open_path(env, "", 0, 0600), MDBX_EINVAL);
  OK(open_path(env, unit_path(API_DB), MDBX_NOSUBDIR, 0600));
  IS(open_path(env, unit_path(API_DB), MDBX_NOSUBDIR, 0600), MDBX_EPERM);
  OK(mdbx_env_close(env));
  /* Foreign files, however short, stay as they are. */
  const size_t lengths[] = {1, 7, 100, 4096, 20000};
  static char bytes[20000];
  memset(bytes, 'x', sizeof(bytes));
  for (unsigned i = 0; i < 5; ++i) {
    size_t length;
    api_write_file("foreign", bytes, lengths[i]);
    env = api_create();
    IS(open_path(env, unit_path("foreign"), MDBX_NOSUBDIR, 0600), MDBX_INVALID);
    OK(mdbx_env_close(env));
    uint8_t *after = api_read_file("foreign", &length);
    ck_assert_uint_eq(length, lengths[i]);
    ck_assert(memcmp(after, bytes, length) == 0);
    free(after);
  }
  api_write_file("empty", "", 0);
  env = api_create();
  OK(open_path(env, unit_path("empty"), MDBX_NOSUBDIR, 0600));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
}
END_TEST

struct attempt {
  unsigned flags;
  int expected;
};

static void attempt_to_open(void *context) {
  const struct attempt *attempt = context;
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, attempt->flags), attempt->expected);
  CHILD_OK(mdbx_env_close(env));
}

static void try_elsewhere(unsigned flags, int expected) {
  struct attempt attempt = {flags, expected};
  unit_join(unit_fork(attempt_to_open, &attempt));
}

START_TEST(test_rule_3_second_opener) {
  static const unsigned modes[] = {0, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC};
  for (unsigned own = 0; own < 4; ++own) {
    MDBX_env *env = api_open(modes[own]), *other = api_create();
    IS(api_try_open(other, modes[own]), MDBX_BUSY);
    OK(mdbx_env_close(other));
    for (unsigned his = 0; his < 4; ++his) {
      try_elsewhere(modes[his], own == his ? MDBX_SUCCESS : MDBX_INCOMPATIBLE);
      try_elsewhere(modes[his] | MDBX_ACCEDE, MDBX_SUCCESS);
    }
    try_elsewhere(MDBX_EXCLUSIVE | modes[own], MDBX_BUSY);
    try_elsewhere(MDBX_EXCLUSIVE | MDBX_RDONLY, MDBX_BUSY);
    OK(mdbx_env_close(env));
  }
}
END_TEST

START_TEST(test_rule_4_steps_follow_the_sizes) {
  MDBX_env *env = api_create();
  struct MDBX_envinfo info;
  /* The growth step: between 64 KiB and 4 GiB, at least 1/65536 of the range. */
  OK(mdbx_env_set_geometry(env, -1, -1, INTPTR_MAX, -1, -1, 4096));
  info = api_info(env);
  ck_assert_uint_ge(info.mi_geo.grow, 65536);
  ck_assert_uint_le(info.mi_geo.grow, UINT64_C(4) << 30);
  ck_assert_uint_ge(info.mi_geo.shrink, info.mi_geo.grow);
  OK(mdbx_env_set_geometry(env, 0, 0, 1 << 20, 0, 100000, 4096));
  info = api_info(env);
  ck_assert_uint_eq(info.mi_geo.grow, 4096);
  ck_assert_uint_eq(info.mi_geo.shrink % 4096, 0);
  ck_assert_uint_ge(info.mi_geo.shrink, 100000);
  IS(mdbx_env_set_geometry(env, 2 << 20, -1, 1 << 20, -1, -1, -1), MDBX_EINVAL);
  IS(mdbx_env_set_geometry(NULL, -1, -1, -1, -1, -1, -1), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

struct busy_writer {
  MDBX_env *env;
  _Atomic int stage;
};

static void *write_a_while(void *context) {
  struct busy_writer *writer = context;
  MDBX_txn *txn = api_begin(writer->env, MDBX_TXN_READWRITE);
  atomic_store(&writer->stage, 1);
  unit_sleep_us(30000);
  OK(api_put(txn, DBI_MAIN, "a", "written", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  return NULL;
}

START_TEST(test_rule_5_geometry_waits_for_the_writer) {
  struct busy_writer writer = {.env = api_open(0)};
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, write_a_while, &writer), 0);
  ck_assert(unit_await(&writer.stage, 1));
  OK(mdbx_env_set_geometry(writer.env, -1, -1, 64 << 20, -1, -1, -1));
  MDBX_txn *txn = api_begin(writer.env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "written");
  OK(mdbx_txn_abort(txn));
  ck_assert_uint_eq(api_info(writer.env).mi_geo.upper, 64 << 20);
  pthread_join(thread, NULL);
  OK(mdbx_env_close(writer.env));
}
END_TEST

START_TEST(test_rule_6_options_by_time) {
  MDBX_env *env = api_create();
  uint64_t value;
  IS(mdbx_env_set_option(env, MDBX_opt_presync_threshold, 4096), MDBX_EPERM);
  OK(mdbx_env_set_option(env, MDBX_opt_max_db, UINT64_MAX));
  OK(mdbx_env_get_option(env, MDBX_opt_max_db, &value));
  ck_assert_uint_eq(value, 42);
  IS(mdbx_env_set_option(env, MDBX_opt_max_db, 32766), MDBX_EINVAL);
  IS(mdbx_env_set_option(env, MDBX_opt_max_readers, 32768), MDBX_EINVAL);
  IS(mdbx_env_get_option(env, MDBX_opt_max_db, NULL), MDBX_EINVAL);
  OK(api_try_open(env, 0));
  IS(mdbx_env_set_maxdbs(env, 1), MDBX_EPERM);
  IS(mdbx_env_set_maxreaders(env, 1), MDBX_EPERM);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_period, UINT64_MAX));
  OK(mdbx_env_get_option(env, MDBX_opt_sync_period, &value));
  ck_assert_uint_eq(value >> 16, 42);
  IS(mdbx_env_set_option(env, MDBX_opt_sync_period, (uint64_t)UINT32_MAX + 1), MDBX_EINVAL);
  OK(mdbx_env_set_option(env, MDBX_opt_sync_bytes, UINT64_MAX));
  OK(mdbx_env_get_option(env, MDBX_opt_sync_bytes, &value));
  ck_assert_uint_eq(value, 0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 1000), MDBX_EPERM);
  IS(mdbx_env_set_option(env, MDBX_opt_txn_dp_initial, 1000), MDBX_EPERM);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 1000));
  IS(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 127), MDBX_EINVAL);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  static const MDBX_option_t writers_only[] = {MDBX_opt_sync_bytes, MDBX_opt_sync_period, MDBX_opt_txn_dp_limit,
                                               MDBX_opt_txn_dp_initial, MDBX_opt_gc_time_limit};
  for (unsigned i = 0; i < 5; ++i)
    IS(mdbx_env_set_option(env, writers_only[i], 1000), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_7_flags_before_open) {
  MDBX_env *env = api_create();
  unsigned flags;
  IS(mdbx_env_set_flags(NULL, MDBX_SAFE_NOSYNC, true), MDBX_EINVAL);
  OK(api_try_open(env, 0));
  IS(mdbx_env_set_flags(env, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, true), MDBX_EPERM);
  OK(mdbx_env_get_flags(env, &flags));
  ck_assert_uint_eq(flags & (MDBX_SAFE_NOSYNC | MDBX_WRITEMAP), 0);
  IS(mdbx_env_get_flags(env, NULL), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_8_info_of_transactions) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_envinfo info;
  MDBX_stat stat;
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_env_info_ex(NULL, NULL, &info, sizeof(info)), MDBX_EINVAL);
  IS(mdbx_env_info_ex(env, NULL, NULL, sizeof(info)), MDBX_EINVAL);
  OK(mdbx_env_info_ex(NULL, txn, &info, sizeof(info)));
  ck_assert_uint_eq(info.mi_recent_txnid, 4);
  OK(mdbx_env_stat_ex(NULL, txn, &stat, sizeof(stat)));
  OK(mdbx_txn_park(txn, false));
  IS(mdbx_env_info_ex(env, txn, &info, sizeof(info)), MDBX_BAD_TXN);
  IS(mdbx_env_stat_ex(env, txn, &stat, sizeof(stat)), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_9_copies) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS), *copied;
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_store(env, "a", "2");
  IS(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)0x80), MDBX_EINVAL);
  IS(mdbx_txn_copy2pathname(txn, unit_path("copy"), (MDBX_copy_flags_t)0x80), MDBX_EINVAL);
  IS(mdbx_env_copy(env, NULL, MDBX_CP_DEFAULTS), MDBX_EINVAL);
  for (unsigned compact = 0; compact < 2; ++compact) {
    const unsigned flags = MDBX_CP_OVERWRITE | MDBX_CP_THROTTLE_MVCC | (compact ? MDBX_CP_COMPACT : 0u);
    OK(mdbx_txn_copy2pathname(txn, unit_path("copy"), (MDBX_copy_flags_t)flags));
    ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
    copied = api_create();
    OK(open_path(copied, unit_path("copy"), MDBX_NOSUBDIR, 0600));
    MDBX_txn *reader = api_begin(copied, MDBX_TXN_RDONLY);
    api_has(reader, DBI_MAIN, "a", "1");
    OK(mdbx_txn_abort(reader));
    api_sound(copied);
    OK(mdbx_env_close(copied));
  }
  IS(mdbx_txn_copy2pathname(txn, unit_path("copy"), MDBX_CP_RENEW_TXN), MDBX_EEXIST);
  api_has(txn, DBI_MAIN, "a", "2");
  OK(mdbx_txn_copy2pathname(txn, unit_path("copy"), MDBX_CP_OVERWRITE | MDBX_CP_DISPOSE_TXN));
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete(unit_path("copy"), MDBX_ENV_WAIT_FOR_UNUSED));
  IS(mdbx_env_delete(unit_path("copy"), MDBX_ENV_ENSURE_UNUSED), MDBX_RESULT_TRUE);
  IS(mdbx_env_delete(unit_path("copy"), MDBX_ENV_WAIT_FOR_UNUSED), MDBX_RESULT_TRUE);
  IS(mdbx_env_delete(NULL, MDBX_ENV_JUST_DELETE), MDBX_EINVAL);
}
END_TEST

START_TEST(test_rule_10_sync_and_threads) {
  MDBX_env *env = api_create();
  int dead = 7;
  IS(mdbx_env_sync(env), MDBX_EPERM);
  IS(mdbx_thread_register(env), MDBX_EPERM);
  OK(api_try_open(env, MDBX_SAFE_NOSYNC));
  IS(mdbx_env_sync_ex(env, false, false), MDBX_RESULT_TRUE);
  /* Within the own write transaction. */
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_sync_ex(env, true, true));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_reader_check(env, &dead));
  ck_assert_int_eq(dead, 0);
  OK(mdbx_reader_check(env, NULL));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_11_weak_commits_take_turns) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  for (unsigned i = 0; i < 9; ++i) {
    api_store(env, "a", "1");
    const MDBX_envinfo info = api_info(env);
    bool steady = false;
    for (unsigned slot = 0; slot < 3; ++slot)
      steady |= info.mi_meta_txnid[slot] == 3 && info.mi_meta_sign[slot] > 1;
    ck_assert(steady);
  }
  const uint64_t head = api_info(env).mi_recent_txnid;
  OK(mdbx_env_sync(env));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, head);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_12_no_rollback_point) {
  commit_elsewhere(MDBX_UTTERLY_NOSYNC);
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  for (unsigned i = 0; i < 3; ++i)
    api_store(env, "a", "2");
  const MDBX_envinfo info = api_info(env);
  for (unsigned slot = 0; slot < 3; ++slot)
    ck_assert_uint_le(info.mi_meta_sign[slot], 1);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_13_polling) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  IS(mdbx_env_sync_poll(env), MDBX_RESULT_TRUE);
  api_store(env, "a", "1");
  OK(mdbx_env_sync_poll(env));
  ck_assert_uint_gt(api_info(env).mi_unsync_volume, 0);
  OK(mdbx_env_set_syncbytes(env, 1));
  OK(mdbx_env_sync_poll(env));
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  api_store(env, "a", "2");
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_14_clean_close_needs_no_recovery) {
  commit_elsewhere(MDBX_SAFE_NOSYNC);
  MDBX_env *env = api_create();
  IS(api_try_open(env, MDBX_RDONLY), MDBX_WANNA_RECOVERY);
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(0)));
  env = api_open(MDBX_RDONLY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

static void write_text(const char *path, const char *text) {
  const int fd = open(path, O_WRONLY);
  unit_require(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
  close(fd);
}

/* The scratch directory becomes read-only for this process alone. False where the system does not let us. */
static bool seal_directory(void) {
  char map[64];
  const unsigned user = getuid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
      return false;
    snprintf(map, sizeof(map), "%u %u 1", user, user);
    write_text("/proc/self/uid_map", map);
  }
  return mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) == 0 &&
         mount(unit_dir, unit_dir, "none", MS_BIND, NULL) == 0 &&
         mount("none", unit_dir, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) == 0;
}

struct sealed {
  int expected;
  bool done;
};

static void open_where_nothing_can_be_written(void *context) {
  struct sealed *sealed = context;
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_val data;
  if (!seal_directory())
    return;
  sealed->done = true;
  unit_require(access(unit_dir, W_OK) != 0 && errno == EROFS);
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, MDBX_RDONLY), sealed->expected);
  if (sealed->expected == MDBX_SUCCESS) {
    CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
    CHILD_OK(api_get(txn, DBI_MAIN, "a", &data));
    CHILD_OK(mdbx_txn_abort(txn));
  }
  CHILD_OK(mdbx_env_close(env));
}

/* Without a lock file a reader cannot keep anybody from changing a weak head, nor make it steady. */
START_TEST(test_rule_14_without_a_lock_file) {
  struct sealed *sealed = unit_shared(sizeof(*sealed));
  commit_elsewhere(MDBX_SAFE_NOSYNC);
  for (unsigned clean = 0; clean < 2; ++clean)
    for (unsigned locked = 0; locked < 2; ++locked) {
      if (clean)
        OK(mdbx_env_close(api_open(0)));
      if (locked)
        unlink(unit_path(API_DB MDBX_LOCK_SUFFIX));
      *sealed = (struct sealed){clean ? MDBX_SUCCESS : MDBX_WANNA_RECOVERY, false};
      unit_join(unit_fork(open_where_nothing_can_be_written, sealed));
      if (!sealed->done)
        unit_left_out(__func__, "no name space of mounts is to be had");
    }
  OK(mdbx_env_close(api_open(0)));
  MDBX_env *env = api_open(MDBX_RDONLY);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_15_ids_never_go_back) {
  MDBX_env *env = api_open(0);
  uint64_t last = 3;
  for (unsigned i = 0; i < 12; ++i) {
    MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
    ck_assert_uint_eq(mdbx_txn_id(txn), last + 1);
    if (i % 3)
      OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
    OK(i % 3 == 1 ? mdbx_txn_abort(txn) : mdbx_txn_commit(txn));
    last += i % 3 == 2;
    ck_assert_uint_eq(api_info(env).mi_recent_txnid, last);
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_16_flags_of_a_transaction) {
  MDBX_env *env = api_open(0);
  OK(mdbx_env_set_flags(env, MDBX_NOMETASYNC, true));
  api_store(env, "a", "1");
  OK(mdbx_env_set_flags(env, MDBX_NOMETASYNC, false));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC);
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_NOSYNC, MDBX_TXN_NOSYNC);
  OK(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_gt(api_info(env).mi_unsync_volume, 0);
  IS(mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)(MDBX_UTTERLY_NOSYNC & ~MDBX_SAFE_NOSYNC), &txn), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_17_begin_with_untied_transactions) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *writer = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_txn *second = api_begin(env, MDBX_TXN_RDONLY), *txn = second;
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), MDBX_BUSY);
  ck_assert_ptr_null(txn);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_txn_abort(second));
  OK(mdbx_txn_commit(writer));
  OK(mdbx_env_close(env));
}
END_TEST

struct stolen {
  MDBX_txn *txn;
  MDBX_cursor *cursor;
  bool writer;
};

static void *steal(void *context) {
  struct stolen *stolen = context;
  MDBX_txn *txn = stolen->txn, *other = NULL;
  MDBX_txn_info info;
  MDBX_val key = api_val("a"), data = api_val("1");
  MDBX_canary canary;
  MDBX_dbi dbi;
  MDBX_stat stat;
  MDBX_cache_entry_t entry;
  mdbx_cache_init(&entry);
  IS(mdbx_txn_commit(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_abort(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_break(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_reset(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_renew(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_refresh(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_park(txn, true), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_unpark(txn, true), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_clone(txn, &other, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_rollback(txn), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_commit_embark_read(&txn, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_amend(txn, &other, MDBX_TXN_READWRITE, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_info(txn, &info, true), MDBX_THREAD_MISMATCH);
  IS(mdbx_txn_straggler(txn, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_get(txn, DBI_MAIN, &key, &data), MDBX_THREAD_MISMATCH);
  ck_assert_int_eq(mdbx_cache_get(txn, DBI_MAIN, &key, &data, &entry).errcode, MDBX_THREAD_MISMATCH);
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT), MDBX_THREAD_MISMATCH);
  IS(mdbx_del(txn, DBI_MAIN, &key, NULL), MDBX_THREAD_MISMATCH);
  IS(mdbx_dbi_open(txn, NULL, MDBX_DB_DEFAULTS, &dbi), MDBX_THREAD_MISMATCH);
  IS(mdbx_dbi_stat(txn, DBI_MAIN, &stat, sizeof(stat)), MDBX_THREAD_MISMATCH);
  IS(mdbx_canary_get(txn, &canary), MDBX_THREAD_MISMATCH);
  IS(mdbx_env_warmup(NULL, txn, MDBX_warmup_default, 0), MDBX_THREAD_MISMATCH);
  IS(mdbx_cursor_get(stolen->cursor, &key, &data, MDBX_FIRST), MDBX_THREAD_MISMATCH);
  return NULL;
}

START_TEST(test_rule_18_any_use_from_another_thread) {
  struct stolen stolen;
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  for (unsigned i = 0; i < 2; ++i) {
    stolen.writer = i;
    stolen.txn = api_begin(env, i ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY);
    OK(mdbx_cursor_open(stolen.txn, DBI_MAIN, &stolen.cursor));
    api_thread(steal, &stolen);
    api_has(stolen.txn, DBI_MAIN, "a", "1");
    mdbx_cursor_close(stolen.cursor);
    OK(mdbx_txn_commit(stolen.txn));
  }
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_19_states_of_a_reader) {
  MDBX_env *env = api_open(0);
  MDBX_txn_info info;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_txn_refresh(txn), MDBX_RESULT_TRUE);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_txn_refresh(txn), MDBX_BAD_TXN);
  IS(mdbx_txn_info(txn, &info, false), MDBX_BAD_TXN);
  OK(mdbx_txn_break(txn));
  OK(mdbx_txn_renew(txn));
  OK(mdbx_txn_info(txn, &info, false));
  OK(mdbx_txn_break(txn));
  OK(mdbx_txn_info(txn, &info, false));
  OK(mdbx_txn_reset(txn));
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  txn = api_begin(env, MDBX_TXN_RDONLY_PREPARE);
  ck_assert_uint_eq(mdbx_txn_id(txn), 0);
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY | MDBX_TXN_FINISHED);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(mdbx_txn_reset(txn), MDBX_EINVAL);
  IS(mdbx_txn_renew(txn), MDBX_EINVAL);
  IS(mdbx_txn_refresh(txn), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_20_other_ends_of_a_parked_one) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_park(txn, false));
  OK(mdbx_txn_renew(txn));
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_park(txn, true));
  IS(mdbx_txn_refresh(txn), MDBX_RESULT_TRUE);
  OK(mdbx_txn_park(txn, false));
  OK(mdbx_txn_break(txn));
  IS(mdbx_txn_unpark(txn, true), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_21_children_and_chains) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child, *clone = NULL;
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  ck_assert_uint_eq(mdbx_txn_id(child), id);
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_HAS_CHILD, MDBX_TXN_HAS_CHILD);
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_commit_embark_read(&txn, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_clone(txn, &clone, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_park(txn, true), MDBX_BAD_TXN);
  IS(mdbx_txn_park(child, true), MDBX_BAD_TXN);
  OK(api_put(child, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  IS(mdbx_txn_begin(env, txn, MDBX_TXN_RDONLY, &child), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_22_broken) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *other = NULL;
  MDBX_val key = api_val("a"), data = api_val("1");
  MDBX_txn_info info;
  MDBX_cache_entry_t entry;
  mdbx_cache_init(&entry);
  OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  OK(mdbx_txn_break(txn));
  OK(mdbx_txn_break(txn));
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_ERROR, MDBX_TXN_ERROR);
  IS(mdbx_get(txn, DBI_MAIN, &key, &data), MDBX_BAD_TXN);
  IS(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT), MDBX_BAD_TXN);
  IS(mdbx_del(txn, DBI_MAIN, &key, NULL), MDBX_BAD_TXN);
  IS(mdbx_drop(txn, DBI_MAIN, false), MDBX_BAD_TXN);
  OK(mdbx_txn_info(txn, &info, false));
  IS(mdbx_txn_clone(txn, &other, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &other), MDBX_BAD_TXN);
  ck_assert_int_eq(mdbx_cache_get(txn, DBI_MAIN, &key, &data, &entry).errcode, MDBX_BAD_TXN);
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_get(txn, DBI_MAIN, &key, &data), MDBX_NOTFOUND);
  OK(mdbx_txn_break(txn));
  IS(mdbx_txn_park(txn, false), MDBX_BAD_TXN);
  IS(mdbx_txn_commit(txn), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_23_finished_handles) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *old = txn;
  OK(mdbx_txn_commit(txn));
  IS(mdbx_txn_commit(old), MDBX_EBADSIGN);
  IS(mdbx_txn_abort(old), MDBX_EBADSIGN);
  IS(mdbx_txn_checkpoint(old, MDBX_TXN_NOWEAKING, NULL), MDBX_EBADSIGN);
  IS(mdbx_txn_rollback(old), MDBX_EBADSIGN);
  IS(mdbx_txn_commit_embark_read(&old, NULL), MDBX_EBADSIGN);
  ck_assert_uint_eq(mdbx_txn_id(old), 0);
  ck_assert_ptr_null(mdbx_txn_env(old));
  ck_assert_ptr_eq(api_begin(env, MDBX_TXN_READWRITE), old);
  OK(mdbx_txn_abort(old));
  ck_assert_uint_eq(mdbx_txn_id(NULL), 0);
  ck_assert_uint_eq((unsigned)mdbx_txn_flags(NULL), 0x80000000u);
  IS(mdbx_txn_abort(NULL), MDBX_EINVAL);
  ck_assert_int_eq(mdbx_txn_straggler(NULL, NULL), -22);
  OK(mdbx_env_close(env));
}
END_TEST

/* The whole chain on one thread, as an application would use it. */
static int slow_datasync(int fd) {
  unit_sleep_us(20000);
  return os_ops_real.datasync(fd);
}

static void adds_up(const MDBX_commit_latency *latency, bool flushed) {
  enum { FLUSH = 65536 / 50 };
  ck_assert_uint_eq(latency->preparation + latency->gc_wallclock + latency->write + latency->sync + latency->ending,
                    latency->whole);
  ck_assert_uint_ge(latency->whole, flushed ? FLUSH - 1 : 0);
  if (flushed)
    ck_assert_uint_ge(latency->sync, FLUSH - 1);
  else
    ck_assert_uint_eq(latency->sync, 0);
}

/* The time of a flush is told apart, by every function that commits. */
START_TEST(test_rule_24_latency_of_each_commit) {
  static struct os_ops slow;
  MDBX_commit_latency latency;
  slow = os_ops_real;
  slow.datasync = slow_datasync;
  MDBX_env *env = api_open(_i ? MDBX_SAFE_NOSYNC : 0);
  os_ops = &slow;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  memset(&latency, 0x55, sizeof(latency));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, &latency));
  adds_up(&latency, !_i);
  OK(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT));
  memset(&latency, 0x55, sizeof(latency));
  OK(mdbx_txn_commit_ex(txn, &latency));
  adds_up(&latency, !_i);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "3", MDBX_UPSERT));
  memset(&latency, 0x55, sizeof(latency));
  OK(mdbx_txn_commit_embark_read(&txn, &latency));
  adds_up(&latency, !_i);
  memset(&latency, 0x55, sizeof(latency));
  OK(mdbx_txn_abort_ex(txn, &latency));
  adds_up(&latency, false);
  ck_assert_uint_eq(latency.whole, 0);
  os_ops = &os_ops_real;
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(test_rule_24_around_the_circle) {
  MDBX_env *env = api_open(_i ? MDBX_NOSTICKYTHREADS : 0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  uint64_t id = mdbx_txn_id(txn);
  for (unsigned i = 0; i < 20; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%u", i);
    OK(api_put(txn, DBI_MAIN, "a", text, MDBX_UPSERT));
    OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
    ck_assert_uint_eq(mdbx_txn_id(txn), ++id);
    OK(api_put(txn, DBI_MAIN, "b", "dropped", MDBX_UPSERT));
    OK(mdbx_txn_rollback(txn));
    ck_assert_uint_eq(mdbx_txn_id(txn), id);
    OK(api_put(txn, DBI_MAIN, "c", text, MDBX_UPSERT));
    OK(mdbx_txn_commit_embark_read(&txn, NULL));
    ck_assert_uint_eq(mdbx_txn_id(txn), id);
    api_has(txn, DBI_MAIN, "c", text);
    OK(mdbx_txn_amend(txn, &txn, MDBX_TXN_READWRITE, NULL));
    ck_assert_uint_eq(mdbx_txn_id(txn), ++id);
  }
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static int never(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                 unsigned gap, size_t space, int retry) {
  (void)env, (void)txn, (void)pid, (void)tid, (void)laggard, (void)gap, (void)space, (void)retry;
  abort();
}

START_TEST(test_rule_25_not_called_without_a_laggard) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 256 * 1024, -1, 256 * 1024, -1, -1, 4096));
  OK(mdbx_env_set_hsr(env, never));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  api_store(env, "a", "1");
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *txn = api_begin(env, MDBX_TXN_READWRITE);
  int rc = MDBX_SUCCESS;
  for (unsigned i = 0; i < 1000 && rc == MDBX_SUCCESS; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%u", i);
    const MDBX_val key = api_val(text);
    MDBX_val data = {NULL, 1000};
    rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE);
  }
  ck_assert_int_eq(rc, MDBX_MAP_FULL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("rules");
  TCase *tcase = api_case(suite, "rules 1 to 25");
  tcase_add_test(tcase, test_rule_1_closing);
  tcase_add_test(tcase, test_rule_2_opening);
  tcase_add_test(tcase, test_rule_3_second_opener);
  tcase_add_test(tcase, test_rule_4_steps_follow_the_sizes);
  tcase_add_test(tcase, test_rule_5_geometry_waits_for_the_writer);
  tcase_add_test(tcase, test_rule_6_options_by_time);
  tcase_add_test(tcase, test_rule_7_flags_before_open);
  tcase_add_test(tcase, test_rule_8_info_of_transactions);
  tcase_add_test(tcase, test_rule_9_copies);
  tcase_add_test(tcase, test_rule_10_sync_and_threads);
  tcase_add_test(tcase, test_rule_11_weak_commits_take_turns);
  tcase_add_test(tcase, test_rule_12_no_rollback_point);
  tcase_add_test(tcase, test_rule_13_polling);
  tcase_add_test(tcase, test_rule_14_clean_close_needs_no_recovery);
  tcase_add_test(tcase, test_rule_14_without_a_lock_file);
  tcase_add_test(tcase, test_rule_15_ids_never_go_back);
  tcase_add_test(tcase, test_rule_16_flags_of_a_transaction);
  tcase_add_test(tcase, test_rule_17_begin_with_untied_transactions);
  tcase_add_test(tcase, test_rule_18_any_use_from_another_thread);
  tcase_add_test(tcase, test_rule_19_states_of_a_reader);
  tcase_add_test(tcase, test_rule_20_other_ends_of_a_parked_one);
  tcase_add_test(tcase, test_rule_21_children_and_chains);
  tcase_add_test(tcase, test_rule_22_broken);
  tcase_add_test(tcase, test_rule_23_finished_handles);
  tcase_add_loop_test(tcase, test_rule_24_around_the_circle, 0, 2);
  tcase_add_loop_test(tcase, test_rule_24_latency_of_each_commit, 0, 2);
  tcase_add_test(tcase, test_rule_25_not_called_without_a_laggard);
  return unit_run(suite);
}
