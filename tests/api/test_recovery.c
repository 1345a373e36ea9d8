/* SPDX-License-Identifier: Apache-2.0 */
/* Environments in unusual states: cold ones, those a fork inherits, and those recovered by hand. */
#include "api.h"

#include "format/page.h"

/* ------------------------------------------------------------------------------------------------------------ warmup */

static void write_much(MDBX_env *env, unsigned records) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < records; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%08u", i);
    const MDBX_val key = api_val(text);
    MDBX_val data = {NULL, 3000};
    OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE));
    memset(data.iov_base, 1, data.iov_len);
  }
  OK(mdbx_txn_commit(txn));
}

/* What the system may refuse to an ordinary user. */
static void is_ok_or_denied(int rc) {
  if (rc != MDBX_ENOMEM && rc != EAGAIN && rc != MDBX_EPERM)
    OK(rc);
}

START_TEST(warmup_by_all_flags) {
  MDBX_env *env = api_open(_i ? MDBX_WRITEMAP : 0);
  write_much(env, 1000);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  for (unsigned flags = 0; flags < 4; ++flags) {
    OK(mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)flags, 0));
    OK(mdbx_env_warmup(NULL, txn, (MDBX_warmup_flags_t)flags, 65536 * 60));
    OK(mdbx_env_warmup(env, txn, (MDBX_warmup_flags_t)flags, 0));
  }
  is_ok_or_denied(mdbx_env_warmup(env, NULL, MDBX_warmup_lock, 0));
  OK(mdbx_env_warmup(env, NULL, MDBX_warmup_release, 0));
  is_ok_or_denied(mdbx_env_warmup(env, NULL, MDBX_warmup_lock | MDBX_warmup_touchlimit | MDBX_warmup_force, 0));
  OK(mdbx_env_warmup(env, NULL, MDBX_warmup_release, 0));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_env_warmup(env, txn, MDBX_warmup_force, 0));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(warmup_errors) {
  MDBX_env *env = api_create();
  IS(mdbx_env_warmup(env, NULL, MDBX_warmup_default, 0), MDBX_EPERM);
  OK(api_try_open(env, 0));
  IS(mdbx_env_warmup(NULL, NULL, MDBX_warmup_default, 0), MDBX_EINVAL);
  IS(mdbx_env_warmup(env, NULL, (MDBX_warmup_flags_t)32, 0), MDBX_EINVAL);
  write_much(env, 10000);
  IS(mdbx_env_warmup(env, NULL, MDBX_warmup_force, 1), MDBX_RESULT_TRUE);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_reset(txn));
  IS(mdbx_env_warmup(env, txn, MDBX_warmup_default, 0), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* --------------------------------------------------------------------------------------------------------- resurrect */

struct inheritance {
  MDBX_env *env;
  MDBX_txn *reader, *writer;
  MDBX_cursor *cursor;
  MDBX_dbi dbi;
  _Atomic int stage;
};

static struct inheritance *inheritance;

static void child_get(const MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *expected) {
  MDBX_val data;
  CHILD_OK(api_get(txn, dbi, key, &data));
  unit_require(api_equal(&data, expected));
}

static void live_on(void *context) {
  struct inheritance *in = context;
  MDBX_txn *txn;
  MDBX_val key = api_val("k"), data;
  CHILD_IS(mdbx_txn_begin(in->env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_PANIC);
  /* A reader is read on with, as long as the parent has it. */
  child_get(in->reader, in->dbi, "k", "1");
  CHILD_OK(mdbx_env_resurrect_after_fork(in->env));
  CHILD_OK(mdbx_env_resurrect_after_fork(in->env));
  child_get(in->reader, in->dbi, "k", "1");
  CHILD_OK(mdbx_cursor_get(in->cursor, &key, &data, MDBX_FIRST));
  /* But for reading it is the parent's, and its writer is dead here. */
  CHILD_IS(mdbx_txn_park(in->reader, false), MDBX_BAD_TXN);
  if (in->writer)
    CHILD_IS(api_put(in->writer, in->dbi, "k", "x", MDBX_UPSERT), MDBX_EBADSIGN);
  CHILD_OK(mdbx_txn_begin(in->env, NULL, MDBX_TXN_RDONLY, &txn));
  child_get(txn, in->dbi, "k", "1");
  CHILD_OK(mdbx_txn_abort(txn));
  /* A handle of the parent can be renewed, and its cursor bound again. */
  CHILD_OK(mdbx_txn_renew(in->reader));
  CHILD_OK(mdbx_cursor_bind(in->reader, in->cursor, in->dbi));
  CHILD_OK(mdbx_cursor_get(in->cursor, &key, &data, MDBX_FIRST));
  CHILD_OK(mdbx_txn_abort(in->reader));
  mdbx_cursor_close(in->cursor);
  CHILD_IS(mdbx_txn_begin(in->env, NULL, MDBX_TXN_TRY, &txn), in->writer ? MDBX_BUSY : MDBX_SUCCESS);
  if (!in->writer)
    CHILD_OK(mdbx_txn_abort(txn));
  atomic_store(&inheritance->stage, 1);
  CHILD_OK(mdbx_txn_begin(in->env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, in->dbi, "k", "child", MDBX_UPSERT));
  CHILD_OK(mdbx_txn_commit(txn));
  CHILD_OK(mdbx_env_close(in->env));
}

/* bit 0: a writer runs in the parent; bit 1: readers are tied to no thread; bit 2: a writable mapping. */
START_TEST(resurrect_after_fork) {
  const unsigned flags = (_i & 2 ? MDBX_NOSTICKYTHREADS : 0u) | (_i & 4 ? MDBX_WRITEMAP : 0u);
  inheritance = unit_shared(sizeof(*inheritance));
  struct inheritance in = {.env = api_open(flags)};
  IS(mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_LEGACY_OVERLAP, MDBX_LOGGER_DONTCHANGE) < 0, false);
  MDBX_txn *txn = api_begin(in.env, MDBX_TXN_READWRITE);
  in.dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, in.dbi, "k", "1", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  in.reader = api_begin(in.env, MDBX_TXN_RDONLY);
  api_has(in.reader, in.dbi, "k", "1");
  OK(mdbx_cursor_open(in.reader, in.dbi, &in.cursor));
  if (_i & 1) {
    in.writer = api_begin(in.env, MDBX_TXN_READWRITE);
    OK(api_put(in.writer, in.dbi, "other", "2", MDBX_UPSERT));
  }
  const pid_t child = unit_fork(live_on, &in);
  ck_assert(unit_await(&inheritance->stage, 1));
  if (in.writer)
    OK(mdbx_txn_commit(in.writer));
  unit_join(child);
  api_has(in.reader, in.dbi, "k", "1");
  OK(mdbx_txn_renew(in.reader));
  api_has(in.reader, in.dbi, "k", "child");
  if (in.writer)
    api_has(in.reader, in.dbi, "other", "2");
  OK(mdbx_txn_abort(in.reader));
  mdbx_cursor_close(in.cursor);
  api_sound(in.env);
  OK(mdbx_env_close(in.env));
}
END_TEST

static void cannot_live_on(void *context) {
  MDBX_env *env = context;
  MDBX_txn *txn;
  CHILD_IS(mdbx_env_resurrect_after_fork(env), MDBX_BUSY);
  CHILD_IS(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), MDBX_PANIC);
  CHILD_OK(mdbx_env_close(env));
}

static void read_and_write(MDBX_env *env) {
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_resurrect_after_fork(env));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  child_get(txn, DBI_MAIN, "a", "2");
  CHILD_OK(mdbx_txn_abort(txn));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "child", "1", MDBX_UPSERT));
  CHILD_OK(mdbx_txn_commit(txn));
  CHILD_OK(mdbx_env_close(env));
}

/* The descriptors it inherited are enough. */
static void lost_its_files(void *context) {
  unlink(unit_path(API_DB));
  unlink(unit_path(API_DB "-lck"));
  read_and_write(context);
}

static void lost_its_rights(void *context) {
  unit_require(chdir("/") == 0);
  if (getuid() == 0)
    unit_require(setgid(65534) == 0 && setuid(65534) == 0);
  read_and_write(context);
}

/* The page that was remembered as checked, or anything else: nothing of another database passes for this one. */
static void has_another_database(void *context) {
  MDBX_env *env = context, *other = api_create();
  CHILD_OK(mdbx_env_open(other, unit_path("other"), MDBX_NOSUBDIR, 0600));
  CHILD_OK(mdbx_env_close(other));
  char *bytes = malloc(3 * 4096);
  const int from = open(unit_path("other"), O_RDONLY), to = open(unit_path(API_DB), O_WRONLY);
  unit_require(bytes && pread(from, bytes, 3 * 4096, 0) == 3 * 4096 && pwrite(to, bytes, 3 * 4096, 0) == 3 * 4096);
  free(bytes);
  unit_require(mdbx_env_resurrect_after_fork(env) != MDBX_SUCCESS);
  CHILD_OK(mdbx_env_close(env));
}

START_TEST(resurrect_errors) {
  IS(mdbx_env_resurrect_after_fork(NULL), MDBX_EINVAL);
  MDBX_env *env = api_create();
  OK(mdbx_env_resurrect_after_fork(env));
  OK(api_try_open(env, MDBX_EXCLUSIVE));
  OK(mdbx_env_resurrect_after_fork(env));
  api_store(env, "a", "1");
  unit_join(unit_fork(cannot_live_on, env));
  api_store(env, "a", "2");
  OK(mdbx_env_close(env));
  env = api_open(0);
  unit_join(unit_fork(has_another_database, env));
  mdbx_env_close_ex(env, true);
}
END_TEST

START_TEST(resurrect_without_names) {
  MDBX_env *env = api_open(_i & 2 ? MDBX_NOSTICKYTHREADS : 0);
  api_store(env, "a", "2");
  unit_join(unit_fork(_i & 1 ? lost_its_files : lost_its_rights, env));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "child", "1");
  OK(mdbx_txn_abort(txn));
  api_store(env, "a", "3");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

struct reader_in_child {
  MDBX_env *env;
  MDBX_txn *reader;
  bool resurrects, orphan;
  _Atomic int *stage;
};

/* The parent ends its reader, or itself, while the child has it. */
static void reader_ends_elsewhere(void *context) {
  struct reader_in_child *in = context;
  MDBX_val data;
  child_get(in->reader, DBI_MAIN, "a", "1");
  if (in->resurrects)
    CHILD_OK(mdbx_env_resurrect_after_fork(in->env));
  atomic_store(in->stage, 1);
  unit_require(unit_await(in->stage, 2));
  if (in->orphan)
    CHILD_OK(mdbx_env_resurrect_after_fork(in->env));
  unit_require(api_get(in->reader, DBI_MAIN, "a", &data) != MDBX_SUCCESS);
  CHILD_OK(mdbx_txn_abort(in->reader));
  CHILD_OK(mdbx_env_close(in->env));
}

START_TEST(reader_of_the_parent_ends) {
  _Atomic int *stage = unit_shared(sizeof(*stage));
  struct reader_in_child in = {.env = api_open(0), .resurrects = _i & 1, .orphan = _i & 2, .stage = stage};
  api_store(in.env, "a", "1");
  in.reader = api_begin(in.env, MDBX_TXN_RDONLY);
  const pid_t child = unit_fork(reader_ends_elsewhere, &in);
  ck_assert(unit_await(stage, 1));
  OK(mdbx_txn_abort(in.reader));
  for (int i = 0; i < 5; ++i)
    api_store(in.env, "a", "2");
  if (in.orphan)
    OK(mdbx_env_close(in.env));
  atomic_store(stage, 2);
  unit_join(child);
  if (!in.orphan)
    OK(mdbx_env_close(in.env));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- recovery */

static int open_chosen(MDBX_env **env, unsigned slot, bool writable) {
  *env = api_create();
  return mdbx_env_open_for_recovery(*env, unit_path(API_DB), slot, writable);
}

/* Four commits; the ids of the metas are those of the last three. */
static void make_history(unsigned slots[3]) {
  MDBX_env *env = api_open(0);
  const char *const texts[] = {"1", "2", "3", "4"};
  for (unsigned i = 0; i < 4; ++i)
    api_store(env, "a", texts[i]);
  const MDBX_envinfo info = api_info(env);
  for (unsigned i = 0; i < 3; ++i)
    for (unsigned slot = 0; slot < 3; ++slot)
      if (info.mi_meta_txnid[slot] == info.mi_recent_txnid - 2 + i)
        slots[i] = slot;
  OK(mdbx_env_close(env));
}

START_TEST(open_for_recovery_shows_each_meta) {
  unsigned slots[3];
  make_history(slots);
  size_t before_length, after_length;
  uint8_t *before = api_read_file(API_DB, &before_length);
  for (unsigned i = 0; i < 6; ++i) {
    const char *const texts[] = {"2", "3", "4"};
    MDBX_env *env;
    MDBX_txn *txn;
    OK(open_chosen(&env, slots[i % 3], i > 2));
    /* The pages of the oldest may be gone; its commit is shown all the same. */
    txn = api_begin(env, MDBX_TXN_RDONLY);
    if (i % 3)
      api_has(txn, DBI_MAIN, "a", texts[i % 3]);
    OK(mdbx_txn_abort(txn));
    IS(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), i > 2 ? MDBX_EPERM : MDBX_EACCESS);
    IS(mdbx_env_sync(env), i > 2 ? MDBX_RESULT_TRUE : MDBX_EACCESS);
    if (i % 3)
      api_sound(env);
    OK(mdbx_env_close(env));
  }
  uint8_t *after = api_read_file(API_DB, &after_length);
  ck_assert_uint_eq(before_length, after_length);
  ck_assert(memcmp(before, after, before_length) == 0);
  free(before);
  free(after);
}
END_TEST

START_TEST(turn_for_recovery_goes_back) {
  unsigned slots[3];
  make_history(slots);
  MDBX_env *env;
  OK(open_chosen(&env, slots[1], true));
  const uint64_t newest = api_info(env).mi_meta_txnid[slots[2]];
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_env_turn_for_recovery(env, slots[1]), MDBX_BUSY);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_turn_for_recovery(env, slots[1]));
  MDBX_envinfo info = api_info(env);
  ck_assert_uint_eq(info.mi_recent_txnid, newest + 1);
  ck_assert_uint_eq(info.mi_meta_txnid[slots[1]], newest + 1);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  api_has(txn, DBI_MAIN, "a", "3");
  OK(api_put(txn, DBI_MAIN, "b", "5", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  env = api_open(0);
  txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "3");
  api_has(txn, DBI_MAIN, "b", "5");
  OK(mdbx_txn_abort(txn));
  for (unsigned i = 0; i < 20; ++i)
    api_store(env, "a", "6");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* To the newest one: it keeps its id. And from an ordinary environment. */
START_TEST(turn_for_recovery_to_the_newest) {
  unsigned slots[3];
  make_history(slots);
  MDBX_env *env = api_open(MDBX_EXCLUSIVE);
  const uint64_t newest = api_info(env).mi_recent_txnid;
  OK(mdbx_env_turn_for_recovery(env, slots[2]));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, newest);
  OK(mdbx_env_turn_for_recovery(env, slots[1]));
  OK(mdbx_env_turn_for_recovery(env, slots[2]));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, newest + 2);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "4");
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A meta with a checksum and sizes that cannot be: an open refuses, for it is the newest. Who has turned away from it can open. */
START_TEST(turn_for_recovery_from_what_makes_no_sense) {
  unsigned slots[3];
  size_t length;
  make_history(slots);
  uint8_t *bytes = api_read_file(API_DB, &length);
  struct meta_page *page = (struct meta_page *)(void *)(bytes + slots[2] * 4096);
  page->meta.next = page->meta.now + 1000;
  page->header.checksum = page_checksum(&page->header, 4096, checksum_seed(page->meta.database_id));
  api_write_file(API_DB, bytes, length);
  const uint64_t senseless = page->header.txnid;
  free(bytes);
  MDBX_env *env = api_create();
  IS(api_try_open(env, 0), MDBX_CORRUPTED);
  OK(mdbx_env_close(env));
  OK(open_chosen(&env, slots[1], true));
  OK(mdbx_env_turn_for_recovery(env, slots[1]));
  ck_assert_uint_gt(api_info(env).mi_recent_txnid, senseless);
  OK(mdbx_env_close(env));
  env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  api_has(txn, DBI_MAIN, "a", "3");
  OK(mdbx_txn_abort(txn));
  api_store(env, "b", "5");
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(recovery_errors) {
  unsigned slots[3];
  make_history(slots);
  MDBX_env *env = api_create(), *other;
  IS(mdbx_env_open_for_recovery(env, unit_path(API_DB), 3, false), MDBX_EINVAL);
  IS(mdbx_env_open_for_recovery(env, NULL, 0, false), MDBX_EINVAL);
  IS(mdbx_env_open_for_recovery(NULL, unit_path(API_DB), 0, false), MDBX_EINVAL);
  IS(mdbx_env_open_for_recovery(env, unit_path("absent"), 0, true), MDBX_ENOFILE);
  IS(mdbx_env_turn_for_recovery(env, 0), MDBX_EPERM);
  OK(api_try_open(env, 0));
  IS(mdbx_env_open_for_recovery(env, unit_path(API_DB), 0, true), MDBX_EPERM);
  IS(mdbx_env_turn_for_recovery(env, 0), MDBX_EPERM);
  OK(mdbx_env_close(env));
  OK(open_chosen(&env, slots[0], false));
  IS(mdbx_env_turn_for_recovery(env, 0), MDBX_EPERM);
  IS(mdbx_env_turn_for_recovery(env, 3), MDBX_EINVAL);
  IS(open_chosen(&other, slots[0], false), MDBX_BUSY);
  OK(mdbx_env_close(other));
  OK(mdbx_env_close(env));
  /* A damaged one is not to be had, the others are. */
  size_t length;
  uint8_t *bytes = api_read_file(API_DB, &length);
  bytes[slots[0] * 4096 + 100] ^= 1;
  api_write_file(API_DB, bytes, length);
  free(bytes);
  IS(open_chosen(&env, slots[0], true), MDBX_CORRUPTED);
  OK(mdbx_env_close(env));
  OK(open_chosen(&env, slots[2], true));
  IS(mdbx_env_turn_for_recovery(env, slots[0]), MDBX_CORRUPTED);
  OK(mdbx_env_turn_for_recovery(env, slots[1]));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("recovery");
  TCase *tcase = api_case(suite, "warmup");
  tcase_add_loop_test(tcase, warmup_by_all_flags, 0, 2);
  tcase_add_test(tcase, warmup_errors);
  tcase = api_case(suite, "fork");
  tcase_add_loop_test(tcase, resurrect_after_fork, 0, 8);
  tcase_add_loop_test(tcase, resurrect_without_names, 0, 4);
  tcase_add_loop_test(tcase, reader_of_the_parent_ends, 0, 4);
  tcase_add_test(tcase, resurrect_errors);
  tcase = api_case(suite, "recovery");
  tcase_add_test(tcase, open_for_recovery_shows_each_meta);
  tcase_add_test(tcase, turn_for_recovery_goes_back);
  tcase_add_test(tcase, turn_for_recovery_to_the_newest);
  tcase_add_test(tcase, turn_for_recovery_from_what_makes_no_sense);
  tcase_add_test(tcase, recovery_errors);
  return unit_run(suite);
}
