/* SPDX-License-Identifier: Apache-2.0 */
/* Lookups with a memory: what they answer, and that it is never anything else than mdbx_get() answers. */
#include "api.h"

struct cached {
  MDBX_cache_entry_t entry;
  MDBX_val data;
};

/* Both forms, and the truth. */
static MDBX_cache_status_t look(const MDBX_txn *txn, MDBX_dbi dbi, const char *key, struct cached *cached) {
  const MDBX_val k = api_val(key);
  MDBX_val truth, shared;
  MDBX_cache_entry_t copy = cached->entry;
  const int rc = mdbx_get(txn, dbi, &k, &truth);
  const MDBX_cache_result_t one = mdbx_cache_get_SingleThreaded(txn, dbi, &k, &cached->data, &cached->entry);
  const MDBX_cache_result_t many = mdbx_cache_get(txn, dbi, &k, &shared, &copy);
  ck_assert_int_eq(one.errcode, rc);
  ck_assert_int_eq(many.errcode, rc);
  ck_assert_int_eq(one.status, many.status);
  ck_assert_uint_eq(copy.trunk_txnid, cached->entry.trunk_txnid);
  ck_assert_uint_eq(copy.last_confirmed_txnid, cached->entry.last_confirmed_txnid);
  ck_assert_uint_eq(copy.offset, cached->entry.offset);
  ck_assert_uint_eq(copy.length, cached->entry.length);
  if (rc == MDBX_SUCCESS) {
    ck_assert_ptr_eq(cached->data.iov_base, truth.iov_base);
    ck_assert_ptr_eq(shared.iov_base, truth.iov_base);
    ck_assert_uint_eq(cached->data.iov_len, truth.iov_len);
    ck_assert_uint_eq(shared.iov_len, truth.iov_len);
  }
  return one.status;
}

START_TEST(statuses) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS | (_i ? MDBX_WRITEMAP : 0u));
  struct cached here, absent, late;
  mdbx_cache_init(&here.entry);
  mdbx_cache_init(&absent.entry);
  mdbx_cache_init(&late.entry);
  api_store(env, "a", "1");
  MDBX_txn *first = api_begin(env, MDBX_TXN_RDONLY);
  IS(look(first, DBI_MAIN, "a", &here), MDBX_CACHE_REFRESHED);
  IS(look(first, DBI_MAIN, "a", &here), MDBX_CACHE_HIT);
  IS(look(first, DBI_MAIN, "b", &absent), MDBX_CACHE_REFRESHED);
  IS(look(first, DBI_MAIN, "b", &absent), MDBX_CACHE_HIT);
  /* A commit elsewhere: the table is as it was. */
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_canary_put(txn, &(MDBX_canary){1, 1, 1, 0}));
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_CONFIRMED);
  IS(look(txn, DBI_MAIN, "b", &absent), MDBX_CACHE_CONFIRMED);
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_HIT);
  IS(look(first, DBI_MAIN, "a", &here), MDBX_CACHE_HIT);
  OK(mdbx_txn_abort(txn));
  /* The value changes. */
  api_store(env, "a", "2");
  api_store(env, "b", "3");
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_REFRESHED);
  IS(look(txn, DBI_MAIN, "b", &absent), MDBX_CACHE_REFRESHED);
  IS(look(first, DBI_MAIN, "a", &here), MDBX_CACHE_BEHIND);
  IS(look(first, DBI_MAIN, "b", &absent), MDBX_CACHE_BEHIND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_txn_abort(first));
  /* A writer: committed as any reader, its own changes beside the entry. */
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_HIT);
  IS(look(txn, DBI_MAIN, "c", &late), MDBX_CACHE_REFRESHED);
  OK(api_put(txn, DBI_MAIN, "c", "4", MDBX_UPSERT));
  IS(look(txn, DBI_MAIN, "c", &late), MDBX_CACHE_DIRTY);
  OK(api_del(txn, DBI_MAIN, "a"));
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_DIRTY);
  OK(mdbx_txn_abort(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  IS(look(txn, DBI_MAIN, "a", &here), MDBX_CACHE_HIT);
  IS(look(txn, DBI_MAIN, "c", &late), MDBX_CACHE_HIT);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(what_cannot_be_cached) {
  MDBX_env *env = api_open(0);
  struct cached cached;
  char key[600 * 16], text[16];
  mdbx_cache_init(&cached.entry);
  memset(key, 'x', sizeof(key) - 1);
  key[sizeof(key) - 1] = '\0';
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < 2000; ++i) {
    snprintf(text, sizeof(text), "%06u", i);
    OK(api_put(txn, DBI_MAIN, text, text, MDBX_UPSERT));
  }
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  IS(look(txn, DBI_MAIN, key, &cached), MDBX_CACHE_UNABLE);
  /* Another page of the table is changed; the answer is right, but not for the entry to keep. */
  OK(api_put(txn, DBI_MAIN, "000000", "changed", MDBX_UPSERT));
  IS(look(txn, DBI_MAIN, "001999", &cached), MDBX_CACHE_UNABLE);
  ck_assert_uint_eq(cached.entry.trunk_txnid, 0);
  const MDBX_val k = api_val("a");
  ck_assert_int_eq(mdbx_cache_get(txn, 99, &k, &cached.data, &cached.entry).errcode, MDBX_BAD_DBI);
  ck_assert_int_eq(mdbx_cache_get(txn, 99, &k, &cached.data, &cached.entry).status, MDBX_CACHE_ERROR);
  ck_assert_int_eq(mdbx_cache_get(txn, DBI_MAIN, &k, &cached.data, NULL).errcode, MDBX_EINVAL);
  ck_assert_int_eq(mdbx_cache_get(txn, DBI_MAIN, NULL, &cached.data, &cached.entry).errcode, MDBX_EINVAL);
  ck_assert_int_eq(mdbx_cache_get(NULL, DBI_MAIN, &k, &cached.data, &cached.entry).errcode, MDBX_EINVAL);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A main table that is made anew as one of another kind has changed, although nobody stores a record. */
START_TEST(main_of_another_kind) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS);
  struct cached cached;
  MDBX_stat stat;
  mdbx_cache_init(&cached.entry);
  api_store(env, "a", "1");
  MDBX_txn *old = api_begin(env, MDBX_TXN_RDONLY), *txn = api_begin(env, MDBX_TXN_READWRITE);
  api_del(txn, DBI_MAIN, "a");
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_READWRITE);
  const uint64_t changed = mdbx_txn_id(txn);
  api_table(txn, NULL, MDBX_CREATE | MDBX_DUPSORT);
  OK(mdbx_txn_commit(txn));
  txn = api_begin(env, MDBX_TXN_RDONLY);
  OK(mdbx_dbi_stat(txn, DBI_MAIN, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_mod_txnid, changed);
  IS(look(txn, DBI_MAIN, "a", &cached), MDBX_CACHE_REFRESHED);
  IS(look(old, DBI_MAIN, "a", &cached), MDBX_CACHE_BEHIND);
  OK(mdbx_txn_abort(txn));
  OK(mdbx_txn_abort(old));
  OK(mdbx_env_close(env));
}
END_TEST

enum { KEYS = 400, SNAPSHOTS = 8, ROUNDS = 3000 };

static void change_something(MDBX_env *env, MDBX_dbi dbi, uint64_t *seed) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const unsigned changes = 1 + (unsigned)(unit_random(seed) % 8);
  static uint8_t bytes[20000];
  for (unsigned i = 0; i < changes; ++i) {
    char text[16];
    const unsigned dice = (unsigned)(unit_random(seed) % 8);
    snprintf(text, sizeof(text), "%04u", (unsigned)(unit_random(seed) % KEYS));
    const MDBX_val key = api_val(text);
    MDBX_val data = {bytes, dice == 0 ? 0 : dice == 1 ? 5000 + unit_random(seed) % 9000 : unit_random(seed) % 200};
    memset(bytes, (int)unit_random(seed), data.iov_len);
    if (dice == 7)
      mdbx_del(txn, dbi, &key, NULL);
    else
      OK(mdbx_put(txn, dbi, &key, &data, MDBX_UPSERT));
  }
  if (unit_random(seed) % 64 == 0)
    OK(mdbx_drop(txn, dbi, false));
  OK(mdbx_txn_commit(txn));
}

/* One set of entries for readers of many snapshots at once: always what mdbx_get() says (look() compares). */
START_TEST(never_a_wrong_answer) {
  MDBX_env *env = api_open(MDBX_NOSTICKYTHREADS | MDBX_UTTERLY_NOSYNC);
  static struct cached cached[KEYS];
  MDBX_txn *readers[SNAPSHOTS], *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE);
  uint64_t seed = 88172645463325252u, answers[8] = {0};
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < KEYS; ++i)
    mdbx_cache_init(&cached[i].entry);
  for (unsigned i = 0; i < SNAPSHOTS; ++i)
    readers[i] = api_begin(env, MDBX_TXN_RDONLY);
  for (unsigned round = 0; round < ROUNDS; ++round) {
    if (unit_random(&seed) % 4 == 0)
      change_something(env, dbi, &seed);
    const unsigned which = (unsigned)(unit_random(&seed) % SNAPSHOTS);
    if (unit_random(&seed) % 4 == 0)
      OK(mdbx_txn_renew(readers[which]));
    for (unsigned i = 0; i < 20; ++i) {
      char text[16];
      const unsigned key = (unsigned)(unit_random(&seed) % KEYS);
      snprintf(text, sizeof(text), "%04u", key);
      answers[look(readers[which], dbi, text, &cached[key]) + 3] += 1;
    }
  }
  for (unsigned i = 0; i < SNAPSHOTS; ++i)
    OK(mdbx_txn_abort(readers[i]));
  ck_assert_uint_eq(answers[MDBX_CACHE_ERROR + 3] + answers[MDBX_CACHE_RACE + 3], 0);
  ck_assert_uint_gt(answers[MDBX_CACHE_BEHIND + 3], 100);
  ck_assert_uint_gt(answers[MDBX_CACHE_HIT + 3], 1000);
  ck_assert_uint_gt(answers[MDBX_CACHE_CONFIRMED + 3], 1000);
  ck_assert_uint_gt(answers[MDBX_CACHE_REFRESHED + 3], 1000);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(multi_values) {
  MDBX_env *env = api_open(0);
  struct cached cached;
  mdbx_cache_init(&cached.entry);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const MDBX_dbi dbi = api_table(txn, "t", MDBX_CREATE | MDBX_DUPSORT);
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 3000; i-- > 0;) {
    char text[16];
    snprintf(text, sizeof(text), "%06u", i);
    txn = api_begin(env, MDBX_TXN_READWRITE);
    OK(api_put(txn, dbi, "k", text, MDBX_UPSERT));
    if (i % 50)
      IS(look(txn, dbi, "k", &cached), MDBX_CACHE_DIRTY);
    OK(i % 50 ? mdbx_txn_abort(txn) : mdbx_txn_commit(txn));
    txn = api_begin(env, MDBX_TXN_RDONLY);
    const MDBX_cache_status_t status = look(txn, dbi, "k", &cached);
    ck_assert(status == (i % 50 ? MDBX_CACHE_HIT : MDBX_CACHE_REFRESHED) || i > 2950);
    OK(mdbx_txn_abort(txn));
  }
  OK(mdbx_env_close(env));
}
END_TEST

/* ----------------------------------------------------------------------------------------------------------- threads */

struct race {
  MDBX_env *env;
  MDBX_cache_entry_t entries[4];
  _Atomic bool stop;
  _Atomic uint64_t lookups, hits;
};

static void *race_reader(void *context) {
  struct race *race = context;
  const char *const keys[4] = {"a", "b", "c", "d"};
  while (!atomic_load(&race->stop)) {
    MDBX_txn *txn = api_begin(race->env, MDBX_TXN_RDONLY);
    for (unsigned i = 0; i < 200; ++i) {
      const MDBX_val key = api_val(keys[i % 4]);
      MDBX_val truth = {NULL, 0}, data = {NULL, 0};
      const int rc = mdbx_get(txn, DBI_MAIN, &key, &truth);
      const MDBX_cache_result_t result = mdbx_cache_get(txn, DBI_MAIN, &key, &data, &race->entries[i % 4]);
      if (result.errcode != rc || data.iov_base != truth.iov_base || data.iov_len != truth.iov_len)
        abort();
      atomic_fetch_add(&race->lookups, 1);
      if (result.status == MDBX_CACHE_HIT)
        atomic_fetch_add(&race->hits, 1);
    }
    OK(mdbx_txn_abort(txn));
  }
  return NULL;
}

START_TEST(threads_share_entries) {
  static struct race race;
  pthread_t threads[4];
  const char *const keys[4] = {"a", "b", "c", "d"};
  race.env = api_open(MDBX_UTTERLY_NOSYNC);
  for (unsigned i = 0; i < 4; ++i)
    mdbx_cache_init(&race.entries[i]);
  for (unsigned i = 0; i < 4; ++i)
    ck_assert_int_eq(pthread_create(&threads[i], NULL, race_reader, &race), 0);
  uint64_t seed = 123456789;
  for (unsigned i = 0; i < 4000 || atomic_load(&race.lookups) < 20000; ++i) {
    MDBX_txn *txn = api_begin(race.env, MDBX_TXN_READWRITE);
    const char *key = keys[unit_random(&seed) % 4];
    if (unit_random(&seed) % 4 == 0)
      api_del(txn, DBI_MAIN, key);
    else
      OK(api_put(txn, DBI_MAIN, key, unit_random(&seed) % 2 ? "short" : "something longer", MDBX_UPSERT));
    OK(mdbx_txn_commit(txn));
    if (i % 16 == 0)
      unit_sleep_us(50);
  }
  atomic_store(&race.stop, true);
  for (unsigned i = 0; i < 4; ++i)
    pthread_join(threads[i], NULL);
  ck_assert_uint_gt(atomic_load(&race.hits), 0);
  OK(mdbx_env_close(race.env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("cache");
  TCase *tcase = api_case(suite, "cache");
  tcase_add_loop_test(tcase, statuses, 0, 2);
  tcase_add_test(tcase, what_cannot_be_cached);
  tcase_add_test(tcase, main_of_another_kind);
  tcase_add_test(tcase, never_a_wrong_answer);
  tcase_add_test(tcase, multi_values);
  tcase_add_test(tcase, threads_share_entries);
  return unit_run(suite);
}
