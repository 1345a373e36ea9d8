/* SPDX-License-Identifier: Apache-2.0 */
/*
 * File systems that are full or read-only, and processes in pid namespaces of their own. As root, else the tests are left out; each
 * makes its mounts in a mount namespace of its own.
 */
#include "api.h"

#ifdef __linux__

#include <sched.h>
#include <sys/mount.h>

enum { VALUE = 3000, STEP = 65536, HOLES = 10 * STEP };

static const unsigned modes[] = {MDBX_SYNC_DURABLE, MDBX_NOMETASYNC, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP,
                                 MDBX_WRITEMAP | MDBX_SAFE_NOSYNC};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

#define MOUNT "mount"
#define DB MOUNT "/db"

/* A small file system in the folder of the test; false: not here. */
static bool mount_small(const char *test, const char *options) {
  if (geteuid() != 0 || unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    unit_left_out(test, "no mounts are permitted");
    return false;
  }
  ck_assert_int_eq(mkdir(unit_path(MOUNT), 0700), 0);
  ck_assert_int_eq(mount("none", unit_path(MOUNT), "tmpfs", 0, options), 0);
  return true;
}

static void remount(unsigned long flags, const char *options) {
  ck_assert_int_eq(mount("none", unit_path(MOUNT), "tmpfs", MS_REMOUNT | flags, options), 0);
}

static void unmount(void) {
  ck_assert_int_eq(umount(unit_path(MOUNT)), 0);
  ck_assert_int_eq(rmdir(unit_path(MOUNT)), 0);
}

static int try_open(MDBX_env *env, unsigned flags) {
  return mdbx_env_open(env, unit_path(DB), (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600);
}

static MDBX_env *create(void) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, STEP, 64 << 20, STEP, -1, 4096));
  return env;
}

static MDBX_env *open_there(unsigned flags) {
  MDBX_env *env = create();
  OK(try_open(env, flags));
  return env;
}

/* Some records in a commit. */
static int store(MDBX_env *env, uint32_t from) {
  static uint8_t bytes[VALUE];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  int rc = MDBX_SUCCESS;
  for (uint32_t i = from; i < from + 5 && rc == MDBX_SUCCESS; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT);
  }
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  OK(mdbx_txn_abort(txn));
  return rc;
}

/* ---------------------------------------------------------------------------------------------------------- full disks */

/* The commit that finds no room fails, the ones before it are there, and with more room it goes on. */
START_TEST(a_full_file_system) {
  if (!mount_small("a_full_file_system", "size=1m"))
    return;
  MDBX_env *env = open_there(modes[_i]);
  uint32_t stored = 0;
  int rc;
  while ((rc = store(env, stored)) == MDBX_SUCCESS)
    stored += 5;
  IS(rc, ENOSPC);
  ck_assert_uint_ge(stored, 100);
  ck_assert_uint_eq(api_count(env), stored);
  IS(store(env, stored), ENOSPC);
  api_sound(env);
  remount(0, "size=4m");
  OK(store(env, stored));
  OK(mdbx_env_close(env));
  env = open_there(modes[_i]);
  ck_assert_uint_eq(api_count(env), stored + 5);
  api_sound(env);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(unit_path(DB)), 0);
  unmount();
}
END_TEST

static void fill_up(void) {
  static uint8_t bytes[4096];
  const int fd = open(unit_path(MOUNT "/filler"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ck_assert_int_ge(fd, 0);
  while (write(fd, bytes, sizeof(bytes)) > 0)
    ;
  ck_assert_int_eq(errno, ENOSPC);
  close(fd);
}

/* There is room neither for a database nor for a lock file: an error, and no signal. */
START_TEST(opening_on_a_full_file_system) {
  if (!mount_small("opening_on_a_full_file_system", "size=1m"))
    return;
  fill_up();
  MDBX_env *env = create();
  IS(try_open(env, modes[_i]), ENOSPC);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(unit_path(MOUNT "/filler")), 0);
  env = open_there(modes[_i]);
  OK(store(env, 0));
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(unit_path(DB MDBX_LOCK_SUFFIX)), 0);
  fill_up();
  env = create();
  IS(try_open(env, modes[_i]), ENOSPC);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(unit_path(MOUNT "/filler")), 0);
  env = open_there(modes[_i]);
  ck_assert_uint_eq(api_count(env), 5);
  api_sound(env);
  OK(mdbx_env_close(env));
  unmount();
}
END_TEST

/* Takes the storage from the file's end, as programs do that copy files and leave out what is zero. */
static void make_holes(void) {
  const int fd = open(unit_path(DB), O_RDWR | O_CLOEXEC);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, STEP, HOLES), 0);
  close(fd);
}

/* A store through the mapping would raise SIGBUS if there were no storage. */
START_TEST(a_file_with_holes) {
  if (!mount_small("a_file_with_holes", "size=2m"))
    return;
  const bool through_map = modes[_i] & MDBX_WRITEMAP;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, STEP + HOLES, 64 << 20, STEP, 64 << 20, 4096));
  OK(try_open(env, modes[_i]));
  OK(mdbx_env_close(env));
  make_holes();
  fill_up();
  env = api_create();
  IS(try_open(env, modes[_i]), through_map ? ENOSPC : MDBX_SUCCESS);
  uint32_t stored = 0;
  int rc = MDBX_SUCCESS;
  while (!through_map && (rc = store(env, stored)) == MDBX_SUCCESS)
    stored += 5;
  IS(rc, through_map ? MDBX_SUCCESS : ENOSPC);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink(unit_path(MOUNT "/filler")), 0);
  env = api_create();
  OK(try_open(env, modes[_i]));
  fill_up();
  for (uint32_t end = stored + 50; through_map && stored < end; stored += 5)
    OK(store(env, stored));
  ck_assert_uint_eq(api_count(env), stored);
  api_sound(env);
  OK(mdbx_env_close(env));
  unmount();
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------ read-only */

START_TEST(a_read_only_file_system) {
  if (!mount_small("a_read_only_file_system", "size=4m"))
    return;
  MDBX_env *env = open_there(0);
  OK(store(env, 0));
  OK(mdbx_env_close(env));
  remount(MS_RDONLY, "size=4m");
  for (unsigned with_lock = 0; with_lock < 2; ++with_lock) {
    env = api_create();
    IS(try_open(env, 0), EROFS);
    OK(mdbx_env_close(env));
    env = api_create();
    OK(try_open(env, MDBX_RDONLY));
    ck_assert_uint_eq(api_count(env), 5);
    api_sound(env);
    OK(mdbx_env_close(env));
    if (!with_lock) {
      remount(0, "size=4m");
      ck_assert_int_eq(unlink(unit_path(DB MDBX_LOCK_SUFFIX)), 0);
      remount(MS_RDONLY, "size=4m");
    }
  }
  unmount();
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- namespaces */

enum { SPACES = 2 };

struct space {
  _Atomic int stage;
  _Atomic int pid;
  bool writes;
};

static void hold(void *context) {
  struct space *space = context;
  MDBX_env *env;
  MDBX_txn *txn;
  unit_require(getpid() == 1);
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, space->writes ? MDBX_TXN_READWRITE : MDBX_TXN_RDONLY, &txn));
  atomic_store(&space->stage, 1);
  for (;;)
    pause();
}

static void make_namespace(void *context) {
  struct space *space = context;
  if (unshare(CLONE_NEWPID) != 0)
    _exit(0);
  const pid_t pid = unit_fork(hold, space);
  atomic_store(&space->pid, pid);
  unit_wait(pid);
}

static int count_pinned(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                        uint64_t lag, size_t used, size_t retained) {
  unsigned *pinned = context;
  (void)number, (void)slot, (void)pid, (void)thread, (void)lag, (void)used, (void)retained;
  *pinned += txnid != 0;
  return MDBX_SUCCESS;
}

static unsigned pinned_in(MDBX_env *env) {
  unsigned pinned = 0;
  const int rc = mdbx_reader_list(env, count_pinned, &pinned);
  ck_assert(rc == MDBX_SUCCESS || rc == MDBX_RESULT_TRUE);
  return pinned;
}

/* Processes with the same number: a reader and a writer, each the first of its namespace. Who is dead is told from who is not. */
START_TEST(pid_namespaces) {
  struct space *spaces = unit_shared(sizeof(*spaces) * SPACES);
  pid_t makers[SPACES];
  if (geteuid() != 0) {
    unit_left_out("pid_namespaces", "not root");
    return;
  }
  MDBX_env *env = api_open(0);
  MDBX_txn *txn;
  api_store(env, "a", "1");
  spaces[1].writes = true;
  for (unsigned i = 0; i < SPACES; ++i) {
    makers[i] = unit_fork(make_namespace, &spaces[i]);
    ck_assert(unit_await(&spaces[i].stage, 1));
    ck_assert(unit_await(&spaces[i].pid, 1));
  }
  int dead = 0;
  OK(mdbx_reader_check(env, &dead));
  ck_assert_uint_eq(pinned_in(env), 1);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  ck_assert_int_eq(kill(atomic_load(&spaces[0].pid), SIGKILL), 0);
  unit_join(makers[0]);
  IS(mdbx_reader_check(env, &dead), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(pinned_in(env), 0);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  ck_assert_int_eq(kill(atomic_load(&spaces[1].pid), SIGKILL), 0);
  unit_join(makers[1]);
  api_store(env, "a", "2");
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("mounts");
  TCase *tests = api_case(suite, "mounts");
  tcase_add_loop_test(tests, a_full_file_system, 0, MODES);
  tcase_add_loop_test(tests, opening_on_a_full_file_system, 0, MODES);
  tcase_add_loop_test(tests, a_file_with_holes, 0, MODES);
  tcase_add_test(tests, a_read_only_file_system);
  tcase_add_test(tests, pid_namespaces);
  return unit_run(suite);
}

#else

/* Skipped. */
int main(void) { return 77; }

#endif
