/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/api/api.h: what the tests of the public interface share: opening, short forms of put and get, the checker.
 *
 * Test functions are named after the rule they watch: rule_NN_subject.
 */
#ifndef MDBX_TESTS_API_H
#define MDBX_TESTS_API_H

#include "../unit/unit.h"

#include <fcntl.h>
#include <mdbx.h>
#include <pthread.h>

#define IS(call, code) ck_assert_int_eq((call), (code))
#define OK(call) IS(call, MDBX_SUCCESS)

/* The same for children. */
#define CHILD_IS(call, code) \
  do { \
    const int rc_ = (call); \
    if (rc_ != (code)) \
      fprintf(stderr, "child: %d (%s)\n", rc_, mdbx_strerror(rc_)); \
    unit_require(rc_ == (code)); \
  } while (0)
#define CHILD_OK(call) CHILD_IS(call, MDBX_SUCCESS)

#define API_DB "db"
enum { DBI_FREE = 0, DBI_MAIN = 1 };

static inline MDBX_val api_val(const char *text) {
  const MDBX_val val = {(void *)(uintptr_t)text, strlen(text)};
  return val;
}

static inline bool api_equal(const MDBX_val *val, const char *text) {
  return val->iov_len == strlen(text) && (!val->iov_len || memcmp(val->iov_base, text, val->iov_len) == 0);
}

#define IS_TEXT(val, text) \
  ck_assert_msg(api_equal(&(val), (text)), "%.*s is not %s", (int)(val).iov_len, (const char *)(val).iov_base, (text))

/* In a debug build walks over whole structures look at all that is asserted. They take files for sound: a page that a
 * damaged list has in two places is no mistake of the engine. */
static bool api_no_audit;

static inline void api_audit(void) {
  const int now = mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  if (!api_no_audit)
    mdbx_setup_debug(MDBX_LOG_DONTCHANGE, (MDBX_debug_flags_t)((now & 0xffff) | MDBX_DBG_ASSERT | MDBX_DBG_AUDIT),
                     MDBX_LOGGER_DONTCHANGE);
}

static inline MDBX_env *api_create(void) {
  MDBX_env *env;
  api_audit();
  OK(mdbx_env_create(&env));
  OK(mdbx_env_set_maxdbs(env, 16));
  return env;
}

static inline int api_try_open(MDBX_env *env, unsigned flags) {
  return mdbx_env_open(env, unit_path(API_DB), (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600);
}

static inline MDBX_env *api_open(unsigned flags) {
  MDBX_env *env = api_create();
  OK(api_try_open(env, flags));
  return env;
}

static inline MDBX_txn *api_begin(MDBX_env *env, unsigned flags) {
  MDBX_txn *txn;
  OK(mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)flags, &txn));
  return txn;
}

static inline int api_put(MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *data, unsigned flags) {
  const MDBX_val k = api_val(key);
  MDBX_val d = api_val(data);
  return mdbx_put(txn, dbi, &k, &d, (MDBX_put_flags_t)flags);
}

static inline int api_get(const MDBX_txn *txn, MDBX_dbi dbi, const char *key, MDBX_val *data) {
  const MDBX_val k = api_val(key);
  return mdbx_get(txn, dbi, &k, data);
}

static inline int api_del(MDBX_txn *txn, MDBX_dbi dbi, const char *key) {
  const MDBX_val k = api_val(key);
  return mdbx_del(txn, dbi, &k, NULL);
}

/* The record is there and has that value. */
static inline void api_has(const MDBX_txn *txn, MDBX_dbi dbi, const char *key, const char *data) {
  MDBX_val d;
  OK(api_get(txn, dbi, key, &d));
  IS_TEXT(d, data);
}

/* One record in a commit of its own. */
static inline void api_store(MDBX_env *env, const char *key, const char *data) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(api_put(txn, DBI_MAIN, key, data, MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
}

static inline MDBX_dbi api_table(MDBX_txn *txn, const char *name, unsigned flags) {
  MDBX_dbi dbi;
  OK(mdbx_dbi_open(txn, name, (MDBX_db_flags_t)flags, &dbi));
  return dbi;
}

static inline uint64_t api_entries(const MDBX_txn *txn, MDBX_dbi dbi) {
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  return stat.ms_entries;
}

/* Records of the main table. */
static inline uint64_t api_count(MDBX_env *env) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  const uint64_t entries = api_entries(txn, DBI_MAIN);
  OK(mdbx_txn_abort(txn));
  return entries;
}

static inline MDBX_envinfo api_info(MDBX_env *env) {
  MDBX_envinfo info;
  OK(mdbx_env_info(env, &info, sizeof(info)));
  return info;
}

static inline void api_sound(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  ck_assert_uint_eq(context.result.total_problems, 0);
}

/* Runs body in another thread and waits for it. Assertions in it reach Check only with CK_FORK, which is the default. */
static inline void api_thread(void *(*body)(void *), void *context) {
  pthread_t thread;
  ck_assert_int_eq(pthread_create(&thread, NULL, body, context), 0);
  ck_assert_int_eq(pthread_join(thread, NULL), 0);
}

static inline void api_write_file(const char *name, const void *bytes, size_t length) {
  const int fd = open(unit_path(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(write(fd, bytes, length), (ssize_t)length);
  close(fd);
}

/* The whole file; the caller frees it. */
static inline uint8_t *api_read_file(const char *name, size_t *length) {
  struct stat st;
  const int fd = open(unit_path(name), O_RDONLY);
  ck_assert_int_ge(fd, 0);
  ck_assert_int_eq(fstat(fd, &st), 0);
  uint8_t *bytes = malloc((size_t)st.st_size + 1);
  ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
  close(fd);
  *length = (size_t)st.st_size;
  return bytes;
}

/* Tests that find what `before` has prepared, and are followed by `after`. */
static inline TCase *api_prepared_case(Suite *suite, const char *name, SFun before, SFun after) {
  TCase *tcase = tcase_create(name);
  tcase_add_checked_fixture(tcase, before, after);
  tcase_set_timeout(tcase, 60);
  suite_add_tcase(suite, tcase);
  return tcase;
}

static inline TCase *api_case(Suite *suite, const char *name) {
  return api_prepared_case(suite, name, unit_setup, unit_teardown);
}

#endif
