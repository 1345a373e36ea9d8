/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What surrounds a process that has a database open: descriptors, exec, threads that end, small stacks, many readers, limits, and a
 * working directory that changes. What is promised is in doc/limits.md and doc/locking.md.
 */
#include "api.h"

#include <locale.h>
#include <sys/resource.h>

/* ------------------------------------------------------------------------------------------------------- descriptors */

typedef void (*each_descriptor)(int fd, const char *name, void *context);

/* Those of this process that lead to files of the test. */
static void visit_descriptors(each_descriptor each, void *context) {
  DIR *dir = opendir("/proc/self/fd");
  ck_assert_ptr_nonnull(dir);
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char link[64], name[512];
    snprintf(link, sizeof(link), "/proc/self/fd/%.20s", entry->d_name);
    const ssize_t length = readlink(link, name, sizeof(name) - 1);
    name[length > 0 ? length : 0] = 0;
    if (strncmp(name, unit_dir, strlen(unit_dir)) == 0)
      each(atoi(entry->d_name), name, context);
  }
  closedir(dir);
}

static void check_descriptor(int fd, const char *name, void *context) {
  unsigned *count = context;
  ck_assert_msg(fcntl(fd, F_GETFD) & FD_CLOEXEC, "%s stays open in programs that are run", name);
  ck_assert_int_gt(fd, 2);
  *count += 1;
}

static unsigned count_descriptors(void) {
  unsigned count = 0;
  visit_descriptors(check_descriptor, &count);
  return count;
}

START_TEST(descriptors_close_on_exec) {
  MDBX_env *env = api_open(_i ? MDBX_WRITEMAP : 0);
  int fd = -1;
  if (mdbx_env_durable_fd(env, &fd) == MDBX_SUCCESS)
    ck_assert(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  ck_assert_uint_ge(count_descriptors(), 2);
  ck_assert_uint_le(count_descriptors(), 4);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  ck_assert_uint_eq(count_descriptors(), 0);
}
END_TEST

/* With those free an environment does not take them: a program that prints would print into the database. */
static void use_without_standard_descriptors(void *context) {
  (void)context;
  for (int fd = 0; fd <= 2; ++fd)
    close(fd);
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "key", "value", MDBX_UPSERT));
  CHILD_OK(mdbx_txn_commit(txn));
  CHILD_OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_DEFAULTS));
  for (int fd = 0; fd <= 2; ++fd)
    unit_require(fcntl(fd, F_GETFD) == -1);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(standard_descriptors_stay_free) {
  unit_join(unit_fork(use_without_standard_descriptors, NULL));
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "key", "value");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------- exec */

struct program {
  _Atomic int stage;
  int pipe[2];
};

static void become_another_program(void *context) {
  struct program *program = context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "lost", "1", MDBX_UPSERT));
  dup2(program->pipe[0], 0);
  close(program->pipe[1]);
  atomic_store(&program->stage, 1);
  execl("/bin/cat", "cat", NULL);
  unit_require(!"exec");
}

/* A program that is run takes nothing along: its writer is dead, and so are its readers. */
START_TEST(exec_ends_transactions) {
  struct program *program = unit_shared(sizeof(*program));
  MDBX_env *env = api_open(0);
  ck_assert_int_eq(pipe(program->pipe), 0);
  const pid_t pid = unit_fork(become_another_program, program);
  close(program->pipe[0]);
  ck_assert(unit_await(&program->stage, 1));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE); /* waits until exec has closed the descriptors */
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "lost", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_commit(txn));
  ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0); /* the other program runs */
  close(program->pipe[1]);
  unit_join(pid);
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------------------- threads that end */

struct leaver {
  MDBX_env *env;
  MDBX_txn *txn;
};

static struct leaver leaver; /* what a thread leaves is never freed */

static void *leave_reader(void *context) {
  (void)context;
  leaver.txn = api_begin(leaver.env, MDBX_TXN_RDONLY);
  return NULL;
}

static void *leave_writer(void *context) {
  (void)context;
  leaver.txn = api_begin(leaver.env, MDBX_TXN_READWRITE);
  OK(api_put(leaver.txn, DBI_MAIN, "a", "2", MDBX_UPSERT));
  return NULL;
}

/* The end of a thread releases its slot, and its snapshot keeps no pages any more. */
START_TEST(a_thread_ends_with_a_reader) {
  leaver.env = api_open(0);
  api_store(leaver.env, "a", "1");
  api_thread(leave_reader, NULL);
  const uint64_t before = api_info(leaver.env).mi_latter_reader_txnid;
  api_store(leaver.env, "a", "2");
  ck_assert_uint_gt(api_info(leaver.env).mi_latter_reader_txnid, before);
  IS(mdbx_txn_abort(leaver.txn), MDBX_THREAD_MISMATCH);
  OK(mdbx_env_close(leaver.env));
}
END_TEST

/* Without sticky threads the transaction belongs to no thread: it stays, and anybody ends it. */
START_TEST(a_thread_ends_with_a_loose_reader) {
  leaver.env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(leaver.env, "a", "1");
  api_thread(leave_reader, NULL);
  api_store(leaver.env, "a", "2");
  api_has(leaver.txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(leaver.txn));
  OK(mdbx_env_close(leaver.env));
}
END_TEST

static void end_with_a_writer(void *context) {
  (void)context;
  CHILD_OK(mdbx_env_create(&leaver.env));
  CHILD_OK(api_try_open(leaver.env, 0));
  api_thread(leave_writer, NULL);
  MDBX_txn *txn;
  CHILD_IS(mdbx_txn_begin(leaver.env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  CHILD_IS(mdbx_txn_abort(leaver.txn), MDBX_THREAD_MISMATCH);
  CHILD_IS(mdbx_env_close(leaver.env), MDBX_BUSY);
}

/* A writer that nobody can end keeps the lock until the process ends. */
START_TEST(a_thread_ends_with_a_writer) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  unit_join(unit_fork(end_with_a_writer, NULL));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
  leaver.env = api_open(MDBX_NOSTICKYTHREADS);
  api_thread(leave_writer, NULL);
  OK(mdbx_txn_commit(leaver.txn));
  OK(mdbx_env_close(leaver.env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ small stacks */

enum { STACK = 64 * 1024, RECORDS = 3000 };

static void fill_tables(MDBX_txn *txn) {
  static uint8_t large[300000];
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_CREATE | MDBX_DUPSORT);
  for (uint32_t i = 0; i < RECORDS; ++i) {
    uint32_t name = i * 2654435761u, group = i % 7;
    MDBX_val key = {&name, sizeof(name)}, value = {large, i % 500 ? i % 400 : sizeof(large)};
    OK(mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT));
    MDBX_val first = {&group, sizeof(group)};
    OK(mdbx_put(txn, multi, &first, &key, MDBX_UPSERT));
  }
}

static void change_nested(MDBX_env *env, MDBX_txn *parent, unsigned depth) {
  MDBX_txn *txn;
  OK(mdbx_txn_begin(env, parent, MDBX_TXN_READWRITE, &txn));
  OK(api_put(txn, DBI_MAIN, "nested", "1", MDBX_UPSERT));
  if (depth)
    change_nested(env, txn, depth - 1);
  OK(depth % 3 ? mdbx_txn_commit(txn) : mdbx_txn_abort(txn));
}

static void delete_tables(MDBX_txn *txn) {
  const MDBX_dbi multi = api_table(txn, "multi", MDBX_DUPSORT);
  for (uint32_t i = 0; i < RECORDS; i += 2) {
    uint32_t name = i * 2654435761u;
    const MDBX_val key = {&name, sizeof(name)};
    OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
  }
  OK(mdbx_drop(txn, multi, true));
}

static void *use_everything(void *context) {
  const unsigned *flags = context;
  MDBX_env *env = api_create();
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 256));
  OK(api_try_open(env, *flags));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  fill_tables(txn);
  if (!(*flags & MDBX_WRITEMAP))
    change_nested(env, txn, 12);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  delete_tables(txn);
  OK(mdbx_txn_commit(txn));
  OK(mdbx_env_copy(env, unit_path("copy"), MDBX_CP_COMPACT));
  const int moved = mdbx_env_defrag(env, 0, 0, 0, 0, -1, -1, NULL, NULL, NULL);
  ck_assert(moved == MDBX_SUCCESS || moved == MDBX_RESULT_TRUE);
  const int synced = mdbx_env_sync(env);
  ck_assert(synced == MDBX_SUCCESS || synced == MDBX_RESULT_TRUE);
  api_sound(env);
  OK(mdbx_env_close(env));
  return NULL;
}

START_TEST(threads_with_small_stacks) {
  static unsigned flags[] = {MDBX_SYNC_DURABLE, MDBX_SAFE_NOSYNC, MDBX_WRITEMAP | MDBX_NOMETASYNC};
  pthread_attr_t attributes;
  pthread_t thread;
  if (unit_is_instrumented()) {
    unit_left_out("threads_with_small_stacks", "instrumented code needs larger stacks");
    return;
  }
  ck_assert_int_eq(pthread_attr_init(&attributes), 0);
  ck_assert_int_eq(pthread_attr_setstacksize(&attributes, STACK), 0);
  ck_assert_int_eq(pthread_create(&thread, &attributes, use_everything, &flags[_i]), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
  pthread_attr_destroy(&attributes);
}
END_TEST

/* ------------------------------------------------------------------------------------------------------ many readers */

enum { MANY = 10000 };

static int count_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                        uint64_t lag, size_t used, size_t retained) {
  unsigned *count = context;
  (void)number, (void)slot, (void)pid, (void)thread, (void)lag, (void)used, (void)retained;
  *count += txnid != 0;
  return MDBX_SUCCESS;
}

START_TEST(ten_thousand_readers) {
  static MDBX_txn *readers[MANY];
  char text[16];
  MDBX_env *env = api_create();
  MDBX_txn *one_more;
  unsigned count = 0;
  OK(mdbx_env_set_maxreaders(env, MANY));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS | MDBX_SAFE_NOSYNC));
  for (unsigned i = 0; i < MANY; ++i) {
    if (i % 500 == 0) {
      snprintf(text, sizeof(text), "%u", i);
      api_store(env, "generation", text);
    }
    readers[i] = api_begin(env, MDBX_TXN_RDONLY);
  }
  OK(mdbx_reader_list(env, count_reader, &count));
  ck_assert_uint_eq(count, MANY);
  int rc = MDBX_SUCCESS;
  static MDBX_txn *more[200]; /* slots are rounded up to whole memory pages */
  unsigned extra = 0;
  while (extra < 200 && (rc = mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &one_more)) == MDBX_SUCCESS)
    more[extra++] = one_more;
  IS(rc, MDBX_READERS_FULL);
  api_store(env, "generation", "last");
  for (unsigned i = 0; i < MANY; ++i) {
    snprintf(text, sizeof(text), "%u", i / 500 * 500);
    api_has(readers[i], DBI_MAIN, "generation", text);
    OK(mdbx_txn_abort(readers[i]));
  }
  while (extra)
    OK(mdbx_txn_abort(more[--extra]));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- limits */

static void limit(int resource, rlim_t value) {
  struct rlimit limits;
  ck_assert_int_eq(getrlimit(resource, &limits), 0);
  limits.rlim_cur = value;
  ck_assert_int_eq(setrlimit(resource, &limits), 0);
}

/* The number that the next descriptor gets. */
static int next_descriptor(void) {
  const int fd = open("/dev/null", O_RDONLY);
  close(fd);
  return fd;
}

/* With too few descriptors opening fails, and leaves nothing open; with enough of them it works. */
START_TEST(too_few_descriptors) {
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  const int first = next_descriptor();
  int rc = EMFILE;
  for (int more = 0; more < 20 && rc != MDBX_SUCCESS; ++more) {
    limit(RLIMIT_NOFILE, (rlim_t)(first + more));
    env = api_create();
    rc = api_try_open(env, 0);
    ck_assert_msg(rc == MDBX_SUCCESS || rc == EMFILE, "with %d descriptors: %d", more, rc);
    if (rc == MDBX_SUCCESS)
      api_store(env, "a", "2");
    OK(mdbx_env_close(env));
    limit(RLIMIT_NOFILE, (rlim_t)(first + 20));
    ck_assert_int_eq(next_descriptor(), first);
  }
  OK(rc);
}
END_TEST

/* What a limit of that resource counts. */
static size_t memory_in_use(int resource) {
  size_t all = 0, data = 0;
  FILE *statm = fopen("/proc/self/statm", "re");
  ck_assert_ptr_nonnull(statm);
  ck_assert_int_eq(fscanf(statm, "%zu %*u %*u %*u %*u %zu", &all, &data), 2);
  fclose(statm);
  return (resource == RLIMIT_DATA ? data : all) * (size_t)sysconf(_SC_PAGESIZE);
}

static int fill(MDBX_env *env) {
  MDBX_txn *txn;
  uint8_t bytes[2000] = {0};
  int rc = mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  for (uint32_t i = 0; i < 20000 && rc == MDBX_SUCCESS; ++i) {
    MDBX_val key = {&i, sizeof(i)}, value = {bytes, sizeof(bytes)};
    rc = mdbx_put(txn, DBI_MAIN, &key, &value, MDBX_UPSERT);
  }
  if (rc == MDBX_SUCCESS)
    return mdbx_txn_commit(txn);
  OK(mdbx_txn_abort(txn));
  return rc;
}

/* Where memory ends, a call returns an error, and the database is as before. */
START_TEST(too_little_memory) {
  static const int resources[] = {RLIMIT_AS, RLIMIT_DATA};
  if (unit_is_instrumented()) {
    unit_left_out("too_little_memory", "instrumented code needs addresses without end");
    return;
  }
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 128 << 20, -1, -1, 4096));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 1 << 20));
  OK(api_try_open(env, 0));
  api_store(env, "a", "1");
  limit(resources[_i], memory_in_use(resources[_i]) + (12 << 20));
  IS(fill(env), MDBX_ENOMEM);
  limit(resources[_i], RLIM_INFINITY);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(api_entries(txn, DBI_MAIN), 1);
  OK(mdbx_txn_abort(txn));
  OK(fill(env));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* Opening needs addresses for the upper size: it works or returns an error, whatever there is. */
START_TEST(too_few_addresses_to_open) {
  if (unit_is_instrumented()) {
    unit_left_out("too_few_addresses_to_open", "instrumented code needs addresses without end");
    return;
  }
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 64 << 20, -1, -1, 4096));
  OK(api_try_open(env, 0));
  api_store(env, "a", "1");
  OK(mdbx_env_close(env));
  const size_t used = memory_in_use(RLIMIT_AS);
  int rc = MDBX_TOO_LARGE;
  for (size_t more = 1 << 20; rc != MDBX_SUCCESS && more < (512 << 20); more += 7 << 20) {
    limit(RLIMIT_AS, used + more);
    OK(mdbx_env_create(&env));
    rc = api_try_open(env, 0);
    ck_assert_msg(rc == MDBX_SUCCESS || rc == MDBX_TOO_LARGE || rc == MDBX_ENOMEM, "with %zu bytes: %d", more, rc);
    if (rc == MDBX_SUCCESS)
      api_store(env, "a", "2");
    OK(mdbx_env_close(env));
  }
  OK(rc);
}
END_TEST

static void lock_memory_as_nobody(void *context) {
  MDBX_env *env = context;
  unit_require(setuid(65534) == 0);
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_IS(mdbx_env_warmup(env, NULL, MDBX_warmup_lock, 0), MDBX_ENOMEM);
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  CHILD_OK(mdbx_txn_abort(txn));
  CHILD_OK(mdbx_env_close(env));
}

/* What cannot be locked into memory is used without that. */
START_TEST(too_little_memory_to_lock) {
  struct rlimit few = {65536, 65536};
  if (geteuid() != 0 || unit_is_instrumented()) {
    unit_left_out("too_little_memory_to_lock", "not root, or instrumented code locks no memory");
    return;
  }
  if (unit_is_instrumented()) {
    unit_left_out("too_little_memory_to_lock", "sanitizers let mlock() do nothing");
    return;
  }
  MDBX_env *env = api_create();
  OK(mdbx_env_set_geometry(env, 0, -1, 256 << 20, -1, -1, 4096));
  OK(api_try_open(env, 0));
  OK(fill(env));
  ck_assert_int_eq(setrlimit(RLIMIT_MEMLOCK, &few), 0);
  unit_join(unit_fork(lock_memory_as_nobody, env));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------ directory and locale */

static void go_on_elsewhere(void *context) {
  MDBX_env *env = context;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "child", "1", MDBX_UPSERT));
  CHILD_OK(mdbx_txn_commit(txn));
  CHILD_OK(mdbx_env_close(env));
}

/* A relative path counts when the database is opened. */
START_TEST(the_directory_changes) {
  MDBX_env *env = api_create();
  char elsewhere[300];
  snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", unit_dir);
  ck_assert_int_eq(mkdir(elsewhere, 0700), 0);
  ck_assert_int_eq(chdir(unit_dir), 0);
  OK(mdbx_env_set_geometry(env, 0, -1, 16 << 20, 65536, 65536, -1));
  OK(mdbx_env_open(env, API_DB, MDBX_NOSUBDIR, 0600));
  ck_assert_int_eq(chdir(elsewhere), 0);
  for (unsigned i = 0; i < 40; ++i) {
    char key[8];
    snprintf(key, sizeof(key), "%u", i);
    api_store(env, key, "0123456789");
  }
  unit_join(unit_fork(go_on_elsewhere, env));
  OK(mdbx_env_copy(env, "copy", MDBX_CP_COMPACT));
  api_sound(env);
  OK(mdbx_env_close(env));
  ck_assert_int_eq(unlink("copy"), 0);
  ck_assert_int_eq(chdir(unit_dir), 0);
  ck_assert_int_eq(rmdir(elsewhere), 0); /* nothing else is there */
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  ck_assert_uint_eq(api_entries(txn, DBI_MAIN), 41);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* Keys are ordered by their bytes, in whatever language. */
START_TEST(the_locale_changes) {
  static const char *const names[] = {"tr_TR.UTF-8", "de_DE.UTF-8", "cs_CZ.UTF-8", "C.UTF-8"};
  static const char *const keys[] = {"B", "I", "a", "i", "\xc3\xa4", "\xc4\xb0"};
  unsigned found = 0;
  MDBX_env *env = api_open(0);
  for (unsigned i = 0; i < 4; ++i) {
    if (!setlocale(LC_ALL, names[i]))
      continue;
    found += 1;
    for (unsigned k = 0; k < 6; ++k)
      api_store(env, keys[(k + i) % 6], names[i]);
    MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
    MDBX_cursor *cursor;
    OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
    for (unsigned k = 0; k < 6; ++k) {
      MDBX_val key, data;
      OK(mdbx_cursor_get(cursor, &key, &data, MDBX_NEXT));
      IS_TEXT(key, keys[k]);
      IS_TEXT(data, names[i]);
    }
    mdbx_cursor_close(cursor);
    OK(mdbx_txn_abort(txn));
  }
  if (!found)
    unit_left_out("the_locale_changes", "no locale is installed");
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("surroundings");
  TCase *tests = api_case(suite, "surroundings");
  tcase_add_loop_test(tests, descriptors_close_on_exec, 0, 2);
  tcase_add_test(tests, standard_descriptors_stay_free);
  tcase_add_test(tests, exec_ends_transactions);
  tcase_add_test(tests, a_thread_ends_with_a_reader);
  tcase_add_test(tests, a_thread_ends_with_a_loose_reader);
  tcase_add_test(tests, a_thread_ends_with_a_writer);
  tcase_add_loop_test(tests, threads_with_small_stacks, 0, 3);
  tcase_add_test(tests, ten_thousand_readers);
  tcase_add_test(tests, too_few_descriptors);
  tcase_add_loop_test(tests, too_little_memory, 0, 2);
  tcase_add_test(tests, too_few_addresses_to_open);
  tcase_add_test(tests, too_little_memory_to_lock);
  tcase_add_test(tests, the_directory_changes);
  tcase_add_test(tests, the_locale_changes);
  return unit_run(suite);
}
