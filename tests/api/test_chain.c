/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that come from other transactions: clones, checkpoints, rollbacks, commits that read on, amendments. */
#include "api.h"

/* ------------------------------------------------------------------------------------------------------------ clones */

START_TEST(clone_of_a_reader) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  api_store(env, "a", "1");
  MDBX_txn *origin = api_begin(env, MDBX_TXN_RDONLY), *clone = NULL;
  api_store(env, "a", "2");
  OK(mdbx_txn_clone(origin, &clone, env));
  ck_assert_ptr_eq(mdbx_txn_get_userctx(clone), env);
  ck_assert_uint_eq(mdbx_txn_id(clone), mdbx_txn_id(origin));
  OK(mdbx_txn_abort(origin));
  for (unsigned i = 0; i < 20; ++i)
    api_store(env, "a", "3");
  api_has(clone, DBI_MAIN, "a", "1");
  MDBX_txn *newest = api_begin(env, MDBX_TXN_RDONLY);
  api_has(newest, DBI_MAIN, "a", "3");
  /* An active handle is used again. */
  OK(mdbx_txn_clone(clone, &newest, NULL));
  api_has(newest, DBI_MAIN, "a", "1");
  OK(mdbx_txn_reset(newest));
  OK(mdbx_txn_clone(clone, &newest, NULL));
  api_has(newest, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(newest));
  OK(mdbx_txn_abort(clone));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_sees_named_tables) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *clone = NULL;
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  OK(api_put(txn, dbi, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_txn_clone(txn, &clone, NULL));
  api_has(clone, dbi, "k", "v");
  OK(mdbx_txn_abort(clone));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_of_a_writer) {
  MDBX_env *env = api_open(_i ? MDBX_NOSTICKYTHREADS : 0);
  api_store(env, "a", "1");
  MDBX_txn *origin = api_begin(env, MDBX_TXN_READWRITE), *clone = NULL;
  OK(mdbx_txn_clone(origin, &clone, NULL));
  ck_assert_uint_eq(mdbx_txn_id(clone) + 1, mdbx_txn_id(origin));
  OK(api_put(origin, DBI_MAIN, "a", "2", MDBX_UPSERT));
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_TXN);
  api_has(clone, DBI_MAIN, "a", "1");
  OK(mdbx_txn_commit(origin));
  api_has(clone, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(clone));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(clone_errors) {
  MDBX_env *env = api_open(0);
  MDBX_txn *origin = api_begin(env, MDBX_TXN_RDONLY), *clone = NULL;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_RSLOT);
  ck_assert_ptr_null(clone);
  IS(mdbx_txn_clone(origin, NULL, NULL), MDBX_EINVAL);
  IS(mdbx_txn_clone(NULL, &clone, NULL), MDBX_EINVAL);
  clone = origin;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_EINVAL);
  OK(mdbx_txn_reset(origin));
  clone = NULL;
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(origin));
  OK(mdbx_env_close(env));
  /* A full reader table; the parked origin wakes. */
  env = api_create();
  OK(mdbx_env_set_maxreaders(env, 1));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  origin = api_begin(env, MDBX_TXN_RDONLY);
  MDBX_txn *others[1000];
  size_t count = 0;
  while (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &others[count]) == MDBX_SUCCESS)
    ++count;
  OK(mdbx_txn_park(origin, true));
  IS(mdbx_txn_clone(origin, &clone, NULL), MDBX_READERS_FULL);
  ck_assert_ptr_null(clone);
  while (count)
    OK(mdbx_txn_abort(others[--count]));
  OK(mdbx_txn_abort(origin));
  OK(mdbx_env_close(env));
}
END_TEST

/* -------------------------------------------------------------------------------------------------------- checkpoints */

START_TEST(rule_24_checkpoint) {
  MDBX_env *env = api_open(_i ? MDBX_NOSTICKYTHREADS : 0);
  MDBX_txn *txn, *other;
  OK(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, env));
  const uint64_t id = mdbx_txn_id(txn);
  MDBX_commit_latency latency;
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  ck_assert_uint_eq(mdbx_txn_id(txn), id);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, &latency));
  ck_assert_uint_eq(mdbx_txn_id(txn), id + 1);
  ck_assert_ptr_eq(mdbx_txn_get_userctx(txn), env);
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, id);
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &other), MDBX_BUSY);
  api_has(txn, DBI_MAIN, "a", "1");
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val data;
  api_has(txn, DBI_MAIN, "a", "1");
  IS(api_get(txn, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
  ck_assert_uint_eq(mdbx_txn_id(txn), id + 1);
  for (unsigned i = 0; i < 50; ++i) {
    char key[16];
    snprintf(key, sizeof(key), "k%u", i);
    OK(api_put(txn, DBI_MAIN, key, "x", MDBX_UPSERT));
    OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  }
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_eq(api_info(env).mi_recent_txnid, id + 50);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_24_checkpoint_may_be_weak) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOSYNC, NULL));
  ck_assert_uint_gt(api_info(env).mi_unsync_volume, 0);
  ck_assert_uint_eq(mdbx_txn_flags(txn) & MDBX_TXN_NOSYNC, 0);
  OK(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  ck_assert_uint_eq(api_info(env).mi_unsync_volume, 0);
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_TRY, NULL), MDBX_EINVAL);
  IS(mdbx_txn_checkpoint(txn, (MDBX_txn_flags_t)0x100000, NULL), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_24_checkpoint_errors) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_EACCESS);
  OK(mdbx_txn_rollback(txn));
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  OK(mdbx_txn_abort(txn));
  IS(mdbx_txn_checkpoint(NULL, MDBX_TXN_NOWEAKING, NULL), MDBX_EINVAL);
  IS(mdbx_txn_rollback(NULL), MDBX_EINVAL);
  IS(mdbx_txn_commit_embark_read(NULL, NULL), MDBX_EINVAL);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_txn_break(txn));
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_BAD_TXN);
  IS(mdbx_txn_commit_embark_read(&txn, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_rollback(txn));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A checkpoint and a rollback end cursors and pointers as any commit and abort do. */
START_TEST(rule_44_cursors_of_a_chain) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_cursor *cursor;
  MDBX_val key, data;
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_cursor_open(txn, DBI_MAIN, &cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_EINVAL);
  OK(mdbx_cursor_renew(txn, cursor));
  OK(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST));
  OK(mdbx_txn_rollback(txn));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_EINVAL);
  OK(mdbx_cursor_bind(txn, cursor, DBI_MAIN));
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_EINVAL);
  OK(mdbx_cursor_bind(txn, cursor, DBI_MAIN));
  OK(mdbx_txn_amend(txn, &txn, MDBX_TXN_READWRITE, NULL));
  IS(mdbx_cursor_get(cursor, &key, &data, MDBX_FIRST), MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  mdbx_cursor_close(cursor);
  OK(mdbx_env_close(env));
}
END_TEST

/* ---------------------------------------------------------------------------------------------------------- rollback */

START_TEST(rule_24_rollback) {
  MDBX_env *env = api_open(_i ? MDBX_WRITEMAP : 0);
  api_store(env, "a", "1");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t id = mdbx_txn_id(txn);
  MDBX_val data;
  for (unsigned round = 0; round < 10; ++round) {
    OK(api_put(txn, DBI_MAIN, "a", "2", MDBX_UPSERT));
    const MDBX_val key = api_val("large");
    MDBX_val large = {NULL, 300000};
    OK(mdbx_put(txn, DBI_MAIN, &key, &large, MDBX_RESERVE));
    memset(large.iov_base, 1, large.iov_len);
    OK(mdbx_canary_put(txn, &(MDBX_canary){1, 2, 3, 0}));
    OK(mdbx_env_set_geometry(env, -1, -1, 512 << 20, -1, -1, -1));
    OK(mdbx_txn_rollback(txn));
    ck_assert_uint_eq(mdbx_txn_id(txn), id);
    api_has(txn, DBI_MAIN, "a", "1");
    IS(api_get(txn, DBI_MAIN, "large", &data), MDBX_NOTFOUND);
    MDBX_canary canary;
    OK(mdbx_canary_get(txn, &canary));
    ck_assert_uint_eq(canary.x, 0);
  }
  IS(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  OK(api_put(txn, DBI_MAIN, "b", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  ck_assert_uint_ne(api_info(env).mi_geo.upper, 512 << 20);
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_28_handles_and_rollback) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi kept = api_table(txn, "kept", MDBX_CREATE), renamed = api_table(txn, "renamed", MDBX_CREATE);
  OK(api_put(txn, kept, "k", "v", MDBX_UPSERT));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  /* Both came to stay with the checkpoint. */
  const MDBX_dbi created = api_table(txn, "created", MDBX_CREATE);
  OK(mdbx_drop(txn, kept, true));
  OK(mdbx_dbi_rename(txn, renamed, "other"));
  OK(mdbx_txn_rollback(txn));
  MDBX_val data;
  IS(api_get(txn, created, "k", &data), MDBX_BAD_DBI);
  IS(api_get(txn, renamed, "k", &data), MDBX_BAD_DBI);
  api_has(txn, kept, "k", "v");
  OK(mdbx_drop(txn, kept, true));
  ck_assert_uint_ge(api_table(txn, "kept", MDBX_CREATE), 2);
  OK(mdbx_txn_rollback(txn));
  api_has(txn, kept, "k", "v");
  OK(mdbx_drop(txn, kept, true));
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  IS(api_get(txn, kept, "k", &data), MDBX_BAD_DBI);
  const MDBX_dbi again = api_table(txn, "kept", MDBX_CREATE);
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(api_get(txn, again, "k", &data), MDBX_NOTFOUND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rollback_of_a_nested_one) {
  MDBX_env *env = api_open(0);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE), *child;
  MDBX_cursor *outer, *inner;
  MDBX_val key, data;
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  OK(mdbx_cursor_open(txn, DBI_MAIN, &outer));
  OK(mdbx_cursor_get(outer, &key, &data, MDBX_FIRST));
  OK(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &child));
  IS(mdbx_txn_rollback(txn), MDBX_BAD_TXN);
  IS(mdbx_txn_checkpoint(child, MDBX_TXN_NOWEAKING, NULL), MDBX_RESULT_TRUE);
  IS(mdbx_txn_commit_embark_read(&child, NULL), MDBX_BAD_TXN);
  for (unsigned round = 0; round < 3; ++round) {
    OK(mdbx_cursor_open(child, DBI_MAIN, &inner));
    OK(mdbx_cursor_get(inner, &key, &data, MDBX_FIRST));
    const MDBX_dbi dbi = api_table(child, "t", MDBX_CREATE);
    OK(api_del(child, DBI_MAIN, "a"));
    OK(api_put(child, DBI_MAIN, "b", "2", MDBX_UPSERT));
    OK(mdbx_txn_rollback(child));
    IS(mdbx_cursor_get(inner, &key, &data, MDBX_FIRST), MDBX_EINVAL);
    mdbx_cursor_close(inner);
    IS(api_get(child, dbi, "a", &data), MDBX_BAD_DBI);
    IS(api_get(child, DBI_MAIN, "b", &data), MDBX_NOTFOUND);
    api_has(child, DBI_MAIN, "a", "1");
    OK(mdbx_cursor_get(outer, &key, &data, MDBX_GET_CURRENT));
    IS_TEXT(key, "a");
  }
  OK(api_put(child, DBI_MAIN, "c", "3", MDBX_UPSERT));
  OK(mdbx_txn_commit(child));
  api_has(txn, DBI_MAIN, "c", "3");
  mdbx_cursor_close(outer);
  OK(mdbx_txn_checkpoint(txn, MDBX_TXN_NOWEAKING, NULL));
  OK(mdbx_txn_abort(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------- commit and read on */

static void *write_many(void *context) {
  MDBX_env *env = context;
  for (unsigned i = 0; i < 300; ++i)
    api_store(env, "other", "x");
  return NULL;
}

START_TEST(rule_24_commit_embark_read) {
  MDBX_env *env = api_open(MDBX_NOMETASYNC);
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, write_many, env), 0);
  for (unsigned i = 0; i < 100; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%u", i);
    MDBX_txn *txn;
    OK(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, env));
    const uint64_t id = mdbx_txn_id(txn);
    OK(api_put(txn, DBI_MAIN, "a", text, MDBX_UPSERT));
    OK(mdbx_txn_commit_embark_read(&txn, NULL));
    /* Exactly that commit, whoever writes beside. */
    ck_assert_uint_eq(mdbx_txn_id(txn), id);
    ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
    ck_assert_ptr_eq(mdbx_txn_get_userctx(txn), env);
    api_has(txn, DBI_MAIN, "a", text);
    IS(api_put(txn, DBI_MAIN, "a", "no", MDBX_UPSERT), MDBX_EACCESS);
    OK(mdbx_txn_abort(txn));
  }
  pthread_join(thread, NULL);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t id = mdbx_txn_id(txn);
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  ck_assert_uint_eq(mdbx_txn_id(txn), id - 1);
  ck_assert_uint_eq(mdbx_txn_flags(txn), MDBX_TXN_RDONLY);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_24_embark_without_a_slot) {
  MDBX_env *env = api_create();
  OK(mdbx_env_set_maxreaders(env, 1));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS));
  MDBX_txn *others[1000], *txn = api_begin(env, MDBX_TXN_READWRITE), *before = txn;
  size_t count = 0;
  while (mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &others[count]) == MDBX_SUCCESS)
    ++count;
  OK(api_put(txn, DBI_MAIN, "a", "1", MDBX_UPSERT));
  IS(mdbx_txn_commit_embark_read(&txn, NULL), MDBX_READERS_FULL);
  ck_assert_ptr_eq(txn, before);
  OK(mdbx_txn_abort(others[--count]));
  OK(mdbx_txn_commit_embark_read(&txn, NULL));
  api_has(txn, DBI_MAIN, "a", "1");
  OK(mdbx_txn_abort(txn));
  while (count)
    OK(mdbx_txn_abort(others[--count]));
  OK(mdbx_env_close(env));
}
END_TEST

/* ------------------------------------------------------------------------------------------------------------- amend */

START_TEST(rule_24_amend) {
  MDBX_env *env = api_open(_i ? MDBX_NOSTICKYTHREADS : 0);
  api_store(env, "a", "1");
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *writer;
  const uint64_t id = mdbx_txn_id(reader);
  OK(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, env));
  ck_assert_uint_eq(mdbx_txn_id(writer), id + 1);
  ck_assert_ptr_eq(mdbx_txn_get_userctx(writer), env);
  OK(api_put(writer, DBI_MAIN, "a", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit_embark_read(&writer, NULL));
  reader = writer;
  OK(mdbx_txn_amend(reader, &writer, MDBX_TXN_RDONLY_PREPARE, NULL));
  ck_assert_uint_eq(mdbx_txn_flags(reader), MDBX_TXN_RDONLY | MDBX_TXN_FINISHED);
  OK(api_put(writer, DBI_MAIN, "a", "3", MDBX_UPSERT));
  OK(mdbx_txn_commit(writer));
  OK(mdbx_txn_renew(reader));
  api_has(reader, DBI_MAIN, "a", "3");
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

static void *store_one(void *context) {
  api_store(context, "b", "2");
  return NULL;
}

struct waiting {
  MDBX_env *env;
  _Atomic int stage;
};

static void *hold_and_commit(void *context) {
  struct waiting *waiting = context;
  MDBX_txn *txn = api_begin(waiting->env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, "b", "3", MDBX_UPSERT));
  atomic_store(&waiting->stage, 1);
  ck_assert(unit_await(&waiting->stage, 2));
  unit_sleep_us(20000);
  OK(mdbx_txn_commit(txn));
  return NULL;
}

START_TEST(rule_24_amend_too_late) {
  struct waiting waiting = {.env = api_open(0)};
  MDBX_env *env = waiting.env;
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *writer = reader;
  api_thread(store_one, env);
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_RESULT_TRUE);
  ck_assert_ptr_null(writer);
  OK(mdbx_txn_refresh(reader));
  /* Somebody writes, and commits while we wait. */
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, hold_and_commit, &waiting), 0);
  ck_assert(unit_await(&waiting.stage, 1));
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_TRY, NULL), MDBX_BUSY);
  atomic_store(&waiting.stage, 2);
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_RESULT_TRUE);
  pthread_join(thread, NULL);
  api_has(reader, DBI_MAIN, "b", "2");
  OK(mdbx_txn_refresh(reader));
  OK(mdbx_txn_amend(reader, &writer, MDBX_TXN_TRY, NULL));
  OK(mdbx_txn_abort(writer));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(rule_24_amend_errors) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  MDBX_txn *reader = api_begin(env, MDBX_TXN_RDONLY), *own = api_begin(env, MDBX_TXN_READWRITE), *writer;
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_TXN_OVERLAPPING);
  IS(mdbx_txn_amend(own, &writer, MDBX_TXN_READWRITE, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(own));
  IS(mdbx_txn_amend(NULL, &writer, MDBX_TXN_READWRITE, NULL), MDBX_EINVAL);
  IS(mdbx_txn_amend(reader, NULL, MDBX_TXN_READWRITE, NULL), MDBX_EINVAL);
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_RDONLY, NULL), MDBX_EINVAL);
  IS(mdbx_txn_amend(reader, &writer, (MDBX_txn_flags_t)1, NULL), MDBX_EINVAL);
  OK(mdbx_txn_reset(reader));
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_BAD_TXN);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
  env = api_open(MDBX_RDONLY);
  reader = api_begin(env, MDBX_TXN_RDONLY);
  IS(mdbx_txn_amend(reader, &writer, MDBX_TXN_READWRITE, NULL), MDBX_EACCESS);
  OK(mdbx_txn_abort(reader));
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("chain");
  TCase *tcase = api_case(suite, "clones");
  tcase_add_test(tcase, clone_of_a_reader);
  tcase_add_test(tcase, clone_sees_named_tables);
  tcase_add_loop_test(tcase, clone_of_a_writer, 0, 2);
  tcase_add_test(tcase, clone_errors);
  tcase = api_case(suite, "chains");
  tcase_add_loop_test(tcase, rule_24_checkpoint, 0, 2);
  tcase_add_test(tcase, rule_24_checkpoint_may_be_weak);
  tcase_add_test(tcase, rule_24_checkpoint_errors);
  tcase_add_test(tcase, rule_44_cursors_of_a_chain);
  tcase_add_loop_test(tcase, rule_24_rollback, 0, 2);
  tcase_add_test(tcase, rule_28_handles_and_rollback);
  tcase_add_test(tcase, rollback_of_a_nested_one);
  tcase_add_test(tcase, rule_24_commit_embark_read);
  tcase_add_test(tcase, rule_24_embark_without_a_slot);
  tcase_add_loop_test(tcase, rule_24_amend, 0, 2);
  tcase_add_test(tcase, rule_24_amend_too_late);
  tcase_add_test(tcase, rule_24_amend_errors);
  return unit_run(suite);
}
