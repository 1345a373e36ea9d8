/* SPDX-License-Identifier: Apache-2.0 */
/* Environments through the public interface: life cycle, copies, deletion, sync. Rules 1 to 3, 9 and 10. */
#include "api.h"

/* ------------------------------------------------------------------------------------------- rules 1 to 3: open, close */

START_TEST(rule_01_create_and_close) {
  MDBX_env *env;
  IS(mdbx_env_create(NULL), MDBX_EINVAL);
  IS(mdbx_env_close(NULL), MDBX_EINVAL);
  OK(mdbx_env_create(&env));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_01_close_aborts_own_writer) {
  MDBX_env *env = api_open(0);
  api_store(env, "kept", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "lost", "1", MDBX_UPSERT));
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_val data;
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "kept", "1");
  IS(api_get(txn, DBI_MAIN, "lost", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

struct holder {
  MDBX_env *env;
  _Atomic int stage;
};

static void *hold_writer(void *context) {
  struct holder *holder = context;
  MDBX_txn *txn = api_begin(holder->env, MDBX_TXN_READWRITE);
  atomic_store(&holder->stage, 1);
  ck_assert(unit_await(&holder->stage, 2));
  OK(mdbx_txn_abort(txn));
  return NULL;
}

START_TEST(rule_01_close_with_foreign_writer) {
  struct holder holder = {.env = api_open(0)};
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, hold_writer, &holder), 0);
  ck_assert(unit_await(&holder.stage, 1));
  IS(mdbx_env_close(holder.env), MDBX_BUSY);
  IS(mdbx_env_sync_ex(holder.env, true, true), MDBX_RESULT_TRUE);
  MDBX_txn *txn = api_begin(holder.env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_abort(txn));
  atomic_store(&holder.stage, 2);
  pthread_join(thread, NULL);
  OK(mdbx_env_close(holder.env));
}
END_TEST

START_TEST(rule_01_close_makes_durable) {
  for (int dont_sync = 0; dont_sync < 2; ++dont_sync) {
    MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
    api_store(env, "a", dont_sync ? "3" : "2");
    OK(mdbx_env_close_ex(env, dont_sync));
    env = api_create();
    IS(api_try_open(env, MDBX_RDONLY), dont_sync ? MDBX_WANNA_RECOVERY : MDBX_SUCCESS);
    OK(mdbx_env_close(env));
  }
}
END_TEST

START_TEST(rule_01_close_of_an_unlinked_file) {
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  api_store(env, "a", "1");
  ck_assert_int_eq(unlink(unit_path(API_DB)), 0);
  OK(mdbx_env_close(env));
}
END_TEST

static void close_in_child(void *context) { CHILD_OK(mdbx_env_close((MDBX_env *)context)); }

START_TEST(rule_01_close_in_a_forked_child) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  unit_join(unit_fork(close_in_child, env));
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  unit_join(unit_fork(close_in_child, env));
  ck_assert_uint_eq(api_info(env).mi_self_latter_reader_txnid, mdbx_txn_id(txn));
  api_has(txn, DBI_MAIN, "b", "2");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_open_errors) {
  MDBX_env *env = api_create();
  IS(mdbx_env_open(env, unit_path("none"), MDBX_NOSUBDIR, 0), MDBX_ENOFILE);
  ck_assert_int_ne(access(unit_path("none"), F_OK), 0);
  IS(mdbx_env_open(env, unit_path("none"), MDBX_NOSUBDIR | MDBX_RDONLY, 0600), MDBX_ENOFILE);
  ck_assert_int_ne(access(unit_path("none"), F_OK), 0);
  IS(mdbx_env_open(env, unit_path("none"), (MDBX_env_flags_t)(MDBX_NOSUBDIR | 1), 0600), MDBX_EINVAL);
  IS(mdbx_env_open(env, "", MDBX_NOSUBDIR, 0600), MDBX_EINVAL);
  IS(mdbx_env_open(env, NULL, MDBX_NOSUBDIR, 0600), MDBX_EINVAL);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_open_twice) {
  MDBX_env *env = api_open(0);
  IS(api_try_open(env, 0), MDBX_EPERM);
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_empty_file_is_new) {
  api_write_file(API_DB, "", 0);
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_02_nosubdir_on_a_directory) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_dir, MDBX_NOSUBDIR, 0600));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  ck_assert_int_eq(access(unit_path("mdbx.dat"), F_OK), 0);
}
END_TEST

START_TEST(rule_02_readonly_drops_writer_flags) {
  OK(mdbx_env_close(api_open(0)));
  const unsigned dropped = MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC | MDBX_NOMETASYNC | MDBX_LIFORECLAIM;
  MDBX_env *env = api_open(MDBX_RDONLY | dropped);
  unsigned flags;
  OK(mdbx_env_get_flags(env, &flags));
  ck_assert_uint_eq(flags & dropped, 0);
  ck_assert_uint_eq(flags & MDBX_RDONLY, MDBX_RDONLY);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_03_twice_in_one_process) {
  MDBX_env *env = api_open(0), *other = api_create();
  IS(api_try_open(other, 0), MDBX_BUSY);
  IS(api_try_open(other, MDBX_RDONLY), MDBX_BUSY);
  OK(mdbx_env_close(other));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(0)));
}
END_TEST

START_TEST(rule_03_twice_by_debug_flag) {
  ck_assert_int_ge(mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_MULTIOPEN, MDBX_LOGGER_DONTCHANGE), 0);
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS), *other = api_create();
  OK(api_try_open(other, MDBX_NOSTICKYTHREADS));
  for (unsigned i = 0; i < 3; ++i) {
    api_store(i % 2 ? other : env, "a", i % 2 ? "1" : "2");
    MDBX_txn *txn = api_begin(i % 2 ? env : other, MDBX_TXN_RDONLY);
    api_has(txn, DBI_MAIN, "a", i % 2 ? "1" : "2");
    OK(mdbx_txn_abort(txn));
  }
  OK(mdbx_env_close(other));
  api_store(env, "a", "3");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct foreign {
  unsigned flags;
  int expected;
  unsigned shown; /* bits get_flags must have */
};

static void open_in_child(void *context) {
  const struct foreign *foreign = context;
  MDBX_env *env;
  unsigned flags;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_IS(api_try_open(env, foreign->flags), foreign->expected);
  if (foreign->expected == MDBX_SUCCESS) {
    CHILD_OK(mdbx_env_get_flags(env, &flags));
    unit_require((flags & foreign->shown) == foreign->shown);
  }
  CHILD_OK(mdbx_env_close(env));
}

static void foreign_open(unsigned flags, int expected, unsigned shown) {
  struct foreign foreign = {flags, expected, shown};
  unit_join(unit_fork(open_in_child, &foreign));
}

START_TEST(rule_03_exclusive) {
  MDBX_env *env = api_open(0);
  foreign_open(0, MDBX_SUCCESS, 0);
  foreign_open(MDBX_EXCLUSIVE, MDBX_BUSY, 0);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_EXCLUSIVE);
  foreign_open(0, MDBX_BUSY, 0);
  foreign_open(MDBX_RDONLY, MDBX_BUSY, 0);
  foreign_open(MDBX_EXCLUSIVE, MDBX_BUSY, 0);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_03_modes_of_openers) {
  MDBX_env *env = api_open(0);
  foreign_open(MDBX_SAFE_NOSYNC, MDBX_INCOMPATIBLE, 0);
  foreign_open(MDBX_SAFE_NOSYNC | MDBX_ACCEDE, MDBX_SUCCESS, 0);
  OK(mdbx_env_close(env));
  env = api_open(MDBX_SAFE_NOSYNC);
  foreign_open(0, MDBX_INCOMPATIBLE, 0);
  foreign_open(MDBX_ACCEDE, MDBX_SUCCESS, MDBX_SAFE_NOSYNC);
  OK(mdbx_env_close(env));
}
END_TEST

/* Writers have to agree among themselves; readers that stay do not carry on the mode of writers that are gone. */
START_TEST(rule_03_the_mode_goes_with_the_last_writer) {
  static const unsigned modes[] = {0, MDBX_SAFE_NOSYNC, MDBX_NOMETASYNC, MDBX_WRITEMAP, 0};
  OK(mdbx_env_close(api_open(0)));
  MDBX_env *reader = api_open(MDBX_RDONLY);
  for (unsigned i = 0; i < 4; ++i) {
    foreign_open(modes[i], MDBX_SUCCESS, modes[i]);
    foreign_open(modes[i + 1], MDBX_SUCCESS, modes[i + 1]);
  }
  OK(mdbx_env_close(reader));
  /* And of two environments in one process, each is a writer to the other. */
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_MULTIOPEN, MDBX_LOGGER_DONTCHANGE);
  MDBX_env *one = api_open(0), *two = api_create();
  IS(api_try_open(two, MDBX_SAFE_NOSYNC), MDBX_INCOMPATIBLE);
  OK(mdbx_env_close(two));
  two = api_open(0);
  OK(mdbx_env_close(one));
  foreign_open(MDBX_SAFE_NOSYNC, MDBX_INCOMPATIBLE, 0);
  OK(mdbx_env_close(two));
}
END_TEST

START_TEST(rule_03_two_lock_files) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_dir, MDBX_ENV_DEFAULTS, 0600));
  OK(mdbx_env_close(env));
  api_write_file("mdbx.dat-lck", "x", 1);
  env = api_create();
  IS(mdbx_env_open(env, unit_dir, MDBX_ENV_DEFAULTS, 0600), MDBX_DUPLICATED_LCK);
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------- rules 9 and 10: copy, delete, sync */

static void expect_in_copy(const char *name) {
  MDBX_env *env = api_create();
  OK(mdbx_env_open(env, unit_path(name), MDBX_NOSUBDIR, 0600));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}

START_TEST(rule_09_copy) {
  static const unsigned flags[] = {0, MDBX_CP_COMPACT, MDBX_CP_COMPACT | MDBX_CP_FORCE_DYNAMIC_SIZE};
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  for (unsigned i = 0; i < sizeof(flags) / sizeof(*flags); ++i) {
    OK(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)flags[i]));
    IS(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)flags[i]), MDBX_EEXIST);
    OK(mdbx_env_copy(env, unit_path("copy"), (MDBX_copy_flags_t)(flags[i] | MDBX_CP_OVERWRITE)));
    expect_in_copy("copy");
    OK(mdbx_env_delete(unit_path("copy"), MDBX_ENV_ENSURE_UNUSED));
  }
  OK(mdbx_env_close(env));
}
END_TEST

static int api_try_open_at(const char *path) {
  MDBX_env *env = api_create();
  const int rc = mdbx_env_open(env, path, MDBX_NOSUBDIR, 0600);
  OK(mdbx_env_close(env));
  return rc;
}

/* The file that is replaced stays whole until then, and for those who have it open. */
START_TEST(rule_09_copy_over_a_database_in_use) {
  MDBX_env *env = api_open(0), *old = api_create();
  MDBX_val data;
  api_store(env, "a", "1");
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_DEFAULTS));
  OK(mdbx_env_open(old, unit_path("copy"), MDBX_NOSUBDIR | MDBX_RDONLY, 0));
  MDBX_txn *txn = api_begin(old, MDBX_TXN_RDONLY);
  api_store(env, "a", "2");
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_OVERWRITE));
  OK(api_get(txn, DBI_MAIN, "a", &data));
  IS_TEXT(data, "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(old));
  /* A link is followed, what is no file is written to, and a link to nothing makes nothing. */
  ck_assert_int_eq(symlink("copy", unit_path("link")), 0);
  OK(mdbx_env_copy(env, unit_path("link"), MDBX_CP_OVERWRITE));
  ck_assert_int_eq(readlink(unit_path("link"), (char[8]){0}, 8), 4);
  IS(mdbx_env_copy(env, unit_path("link"), MDBX_CP_DEFAULTS), MDBX_EEXIST);
  ck_assert_int_eq(symlink("nothing", unit_path("dangling")), 0);
  IS(mdbx_env_copy(env, unit_path("dangling"), MDBX_CP_OVERWRITE), MDBX_EEXIST);
  ck_assert_int_eq(access(unit_path("nothing"), F_OK), -1);
  ck_assert_int_eq(mkdir(unit_path("directory"), 0700), 0);
  IS(mdbx_env_copy(env, unit_path("directory"), MDBX_CP_OVERWRITE), EISDIR);
  ck_assert_int_eq(mkfifo(unit_path("pipe"), 0600), 0);
  IS(api_try_open_at(unit_path("pipe")), MDBX_INVALID);
  old = api_create();
  OK(mdbx_env_open(old, unit_path("copy"), MDBX_NOSUBDIR, 0));
  txn = api_begin(old, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "2");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(old));
  OK(mdbx_env_close(env));
}
END_TEST

struct delete_order {
  MDBX_env_delete_mode_t mode;
  int expected;
};

static void delete_in_child(void *context) {
  const struct delete_order *order = context;
  CHILD_IS(mdbx_env_delete(unit_path(API_DB), order->mode), order->expected);
}

START_TEST(rule_09_delete) {
  IS(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE), MDBX_RESULT_TRUE);
  IS(mdbx_env_delete(unit_path(API_DB), (MDBX_env_delete_mode_t)9), MDBX_EINVAL);
  MDBX_env *env = api_open(0);
  struct delete_order order = {MDBX_ENV_ENSURE_UNUSED, MDBX_BUSY};
  unit_join(unit_fork(delete_in_child, &order));
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  order = (struct delete_order){MDBX_ENV_JUST_DELETE, MDBX_SUCCESS};
  unit_join(unit_fork(delete_in_child, &order));
  ck_assert_int_ne(access(unit_path(API_DB), F_OK), 0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  OK(mdbx_env_close(api_open(0)));
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_ENSURE_UNUSED));
}
END_TEST

/* A pipe stands for whatever is no file: a device needs root. */
START_TEST(rule_09_only_files_are_deleted) {
  static const MDBX_env_delete_mode_t modes[] = {MDBX_ENV_JUST_DELETE, MDBX_ENV_ENSURE_UNUSED};
  char lock[600];
  snprintf(lock, sizeof(lock), "%s%s", unit_path(API_DB), MDBX_LOCK_SUFFIX);
  ck_assert_int_eq(mkfifo(unit_path(API_DB), 0600), 0);
  for (unsigned i = 0; i < 2; ++i)
    IS(mdbx_env_delete(unit_path(API_DB), modes[i]), MDBX_INVALID);
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  ck_assert_int_eq(unlink(unit_path(API_DB)), 0);
  OK(mdbx_env_close(api_open(0)));
  unlink(lock);
  ck_assert_int_eq(mkfifo(lock, 0600), 0);
  for (unsigned i = 0; i < 2; ++i)
    IS(mdbx_env_delete(unit_path(API_DB), modes[i]), MDBX_INVALID);
  ck_assert_int_eq(access(unit_path(API_DB), F_OK), 0);
  ck_assert_int_eq(access(lock, F_OK), 0);
  ck_assert_int_eq(unlink(lock), 0);
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
}
END_TEST

START_TEST(rule_10_sync) {
  struct holder holder = {.env = api_open(MDBX_SAFE_NOSYNC)};
  IS(mdbx_env_sync(holder.env), MDBX_RESULT_TRUE);
  api_store(holder.env, "a", "1");
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, hold_writer, &holder), 0);
  ck_assert(unit_await(&holder.stage, 1));
  IS(mdbx_env_sync_ex(holder.env, true, true), MDBX_BUSY);
  atomic_store(&holder.stage, 2);
  pthread_join(thread, NULL);
  OK(mdbx_env_sync(holder.env));
  IS(mdbx_env_sync(holder.env), MDBX_RESULT_TRUE);
  OK(mdbx_env_close(holder.env));
  MDBX_env *env = api_open(MDBX_RDONLY);
  IS(mdbx_env_sync(env), MDBX_EACCESS);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("environments");
  TCase *tcase = api_case(suite, "life cycle");
  tcase_add_test(tcase, rule_01_create_and_close);
  tcase_add_test(tcase, rule_01_close_aborts_own_writer);
  tcase_add_test(tcase, rule_01_close_with_foreign_writer);
  tcase_add_test(tcase, rule_01_close_makes_durable);
  tcase_add_test(tcase, rule_01_close_of_an_unlinked_file);
  tcase_add_test(tcase, rule_01_close_in_a_forked_child);
  tcase_add_test(tcase, rule_02_open_errors);
  tcase_add_test(tcase, rule_02_open_twice);
  tcase_add_test(tcase, rule_02_empty_file_is_new);
  tcase_add_test(tcase, rule_02_nosubdir_on_a_directory);
  tcase_add_test(tcase, rule_02_readonly_drops_writer_flags);
  tcase_add_test(tcase, rule_03_twice_in_one_process);
  tcase_add_test(tcase, rule_03_twice_by_debug_flag);
  tcase_add_test(tcase, rule_03_exclusive);
  tcase_add_test(tcase, rule_03_modes_of_openers);
  tcase_add_test(tcase, rule_03_the_mode_goes_with_the_last_writer);
  tcase_add_test(tcase, rule_03_two_lock_files);
  tcase_add_test(tcase, rule_09_copy);
  tcase_add_test(tcase, rule_09_copy_over_a_database_in_use);
  tcase_add_test(tcase, rule_09_delete);
  tcase_add_test(tcase, rule_09_only_files_are_deleted);
  tcase_add_test(tcase, rule_10_sync);
  return unit_run(suite);
}
