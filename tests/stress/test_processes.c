/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several processes read and write one database and are killed at random.
 *
 * Writer w's commit number n adds the record (w, n), removes (w, n - WINDOW), and sets w's counter to n: so in every
 * snapshot the counter and the records that must be there agree. Before and after a commit its number is noted in
 * shared memory: none that returned may be missing afterwards, none that had not begun may be there.
 */
#include "../api/api.h"

/* In a debug build all that the engine can verify of itself. */
__attribute__((constructor)) static void verify_all(void) {
  mdbx_setup_debug(MDBX_LOG_DONTCHANGE, MDBX_DBG_ASSERT | MDBX_DBG_AUDIT, MDBX_LOGGER_DONTCHANGE);
}

enum { WORKERS = 4, WINDOW = 40, VALUE_MAX = 9000 };

struct worker {
  _Atomic uint32_t begun, committed;
  _Atomic uint32_t snapshots;
};

static struct worker *workers;

struct order {
  unsigned number, flags;
  uint64_t random;
};

static MDBX_val key_of(uint32_t bytes[2], uint32_t worker, uint32_t n) {
  bytes[0] = worker;
  bytes[1] = n;
  return (MDBX_val){bytes, 2 * sizeof(uint32_t)};
}

static size_t length_of(uint32_t worker, uint32_t n) {
  const uint32_t mixed = (worker * 31 + n) * 2654435761u >> 8;
  return mixed % 16 ? 4 + mixed % 300 : 4 + mixed % VALUE_MAX;
}

static MDBX_val value_of(uint8_t *bytes, uint32_t worker, uint32_t n) {
  const MDBX_val value = {bytes, length_of(worker, n)};
  memset(bytes, (int)(worker * 50 + n % 50), value.iov_len);
  return value;
}

/* 0: the worker has not committed yet. */
static int counter_of(MDBX_txn *txn, uint32_t worker, uint32_t *n) {
  uint32_t bytes[2];
  const MDBX_val key = key_of(bytes, worker + 1000, 0);
  MDBX_val data;
  *n = 0;
  const int rc = mdbx_get(txn, DBI_MAIN, &key, &data);
  if (rc == MDBX_SUCCESS)
    memcpy(n, data.iov_base, sizeof(*n));
  return rc == MDBX_NOTFOUND ? MDBX_SUCCESS : rc;
}

/* Counter and records of a worker agree. */
static bool is_whole(MDBX_txn *txn, uint32_t worker, uint32_t *counter) {
  uint8_t bytes[VALUE_MAX + 4];
  uint32_t parts[2];
  if (counter_of(txn, worker, counter) != MDBX_SUCCESS)
    return false;
  for (uint32_t n = *counter > WINDOW + 2 ? *counter - WINDOW - 2 : 1; n <= *counter + 1; ++n) {
    const MDBX_val key = key_of(parts, worker, n), expected = value_of(bytes, worker, n);
    MDBX_val data;
    const int rc = mdbx_get(txn, DBI_MAIN, &key, &data);
    const bool present = n <= *counter && n + WINDOW > *counter;
    if (rc != (present ? MDBX_SUCCESS : MDBX_NOTFOUND))
      return false;
    if (present && (data.iov_len != expected.iov_len || memcmp(data.iov_base, expected.iov_base, data.iov_len) != 0))
      return false;
  }
  return true;
}

static void write_once(MDBX_env *env, const struct order *order, bool give_up) {
  static uint8_t bytes[VALUE_MAX + 4];
  uint32_t n, parts[2];
  MDBX_txn *txn;
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(counter_of(txn, order->number, &n));
  unit_require(n >= atomic_load(&workers[order->number].committed));
  n += 1;
  MDBX_val key = key_of(parts, order->number, n), data = value_of(bytes, order->number, n);
  CHILD_OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_NOOVERWRITE));
  if (n > WINDOW) {
    key = key_of(parts, order->number, n - WINDOW);
    CHILD_OK(mdbx_del(txn, DBI_MAIN, &key, NULL));
  }
  key = key_of(parts, order->number + 1000, 0);
  data = (MDBX_val){&n, sizeof(n)};
  CHILD_OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
  if (give_up) {
    CHILD_OK(mdbx_txn_abort(txn));
    return;
  }
  atomic_store(&workers[order->number].begun, n);
  CHILD_OK(mdbx_txn_commit(txn));
  atomic_store(&workers[order->number].committed, n);
}

static void read_once(MDBX_env *env, struct order *order) {
  MDBX_txn *txn;
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  for (unsigned round = 0; round < 2; ++round) {
    for (uint32_t worker = 0; worker < WORKERS; ++worker) {
      uint32_t counter;
      unit_require(is_whole(txn, worker, &counter));
      unit_require(counter <= atomic_load(&workers[worker].begun));
    }
    unit_sleep_us((unsigned)(unit_random(&order->random) % 300));
  }
  atomic_fetch_add(&workers[order->number].snapshots, 1);
  CHILD_OK(mdbx_txn_abort(txn));
}

static void sync_once(MDBX_env *env) {
  const int rc = mdbx_env_sync(env);
  CHILD_OK(rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc);
}

static MDBX_env *open_as(const struct order *order) {
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_set_geometry(env, 0, -1, 64 << 20, 65536, 65536, 4096));
  CHILD_OK(api_try_open(env, order->flags));
  return env;
}

static void work(void *context) {
  struct order *order = context;
  for (;;) {
    MDBX_env *env = open_as(order);
    for (unsigned i = 0; i < 200; ++i) {
      const unsigned dice = (unsigned)(unit_random(&order->random) % 16);
      if (dice < 10)
        write_once(env, order, dice == 0);
      else if (dice < 15)
        read_once(env, order);
      else
        sync_once(env);
    }
    CHILD_OK(mdbx_env_close(env));
  }
}

static pid_t start(struct order *order, uint64_t *random) {
  order->random = unit_random(random);
  return unit_fork(work, order);
}

/* Nothing that returned is missing, nothing is there that had not begun, and the file is sound. */
static void verify(unsigned flags) {
  MDBX_env *env = api_open(flags);
  api_sound(env);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_RDONLY);
  for (uint32_t worker = 0; worker < WORKERS; ++worker) {
    uint32_t counter;
    ck_assert(is_whole(txn, worker, &counter));
    ck_assert_uint_ge(counter, atomic_load(&workers[worker].committed));
    ck_assert_uint_le(counter, atomic_load(&workers[worker].begun));
  }
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}

/* Enough has been committed and read for the test to mean something, however slow the machine is. */
static bool enough_was_done(void) {
  uint32_t commits = 0, snapshots = 0;
  for (unsigned i = 0; i < WORKERS; ++i) {
    commits += atomic_load(&workers[i].committed);
    snapshots += atomic_load(&workers[i].snapshots);
  }
  return commits > 20 && snapshots > 20;
}

static const unsigned modes[] = {MDBX_SAFE_NOSYNC, MDBX_SAFE_NOSYNC | MDBX_WRITEMAP, MDBX_SYNC_DURABLE,
                                 MDBX_UTTERLY_NOSYNC | MDBX_LIFORECLAIM};

START_TEST(killed_at_random) {
  struct order orders[WORKERS];
  pid_t pids[WORKERS];
  uint64_t random = 1234567 + (uint64_t)_i;
  workers = unit_shared(WORKERS * sizeof(*workers));
  for (unsigned round = 0; round < 4; ++round) {
    for (unsigned i = 0; i < WORKERS; ++i) {
      orders[i] = (struct order){i, modes[_i], 0};
      pids[i] = start(&orders[i], &random);
    }
    for (unsigned kills = 0; kills < 25; ++kills) {
      const unsigned victim = (unsigned)(unit_random(&random) % WORKERS);
      unit_sleep_us((unsigned)(unit_random(&random) % 15000));
      unit_kill(pids[victim]);
      pids[victim] = start(&orders[victim], &random);
    }
    while (round == 3 && !enough_was_done())
      unit_sleep_us(1000);
    for (unsigned i = 0; i < WORKERS; ++i)
      unit_kill(pids[i]);
    verify(modes[_i]);
  }
}
END_TEST

/* A writer killed in its transaction leaves nothing behind but a lock that is taken over. */
static void die_writing(void *context) {
  _Atomic int *stage = context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  CHILD_OK(api_put(txn, DBI_MAIN, "lost", "1", MDBX_UPSERT));
  atomic_store(stage, 1);
  for (;;)
    unit_sleep_us(100000);
}

static void die_reading(void *context) {
  _Atomic int *stage = context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, 0));
  CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
  atomic_store(stage, 1);
  for (;;)
    unit_sleep_us(100000);
}

START_TEST(writer_killed_beside_an_opener) {
  _Atomic int *stage = unit_shared(sizeof(*stage));
  MDBX_env *env = api_open(0);
  MDBX_txn *txn;
  api_store(env, "kept", "1");
  const pid_t pid = unit_fork(die_writing, stage);
  ck_assert(unit_await(stage, 1));
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  unit_kill(pid);
  txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_val data;
  IS(api_get(txn, DBI_MAIN, "lost", &data), MDBX_NOTFOUND);
  api_has(txn, DBI_MAIN, "kept", "1");
  OK(api_put(txn, DBI_MAIN, "more", "2", MDBX_UPSERT));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

START_TEST(reader_killed_beside_a_writer) {
  _Atomic int *stage = unit_shared(sizeof(*stage));
  MDBX_env *env = api_open(0);
  api_store(env, "a", "1");
  const pid_t pid = unit_fork(die_reading, stage);
  ck_assert(unit_await(stage, 1));
  const uint64_t pinned = api_info(env).mi_latter_reader_txnid;
  api_store(env, "a", "2");
  ck_assert_uint_eq(api_info(env).mi_latter_reader_txnid, pinned);
  unit_kill(pid);
  int dead = 0;
  IS(mdbx_reader_check(env, &dead), MDBX_RESULT_TRUE);
  ck_assert_int_eq(dead, 1);
  OK(mdbx_reader_check(env, &dead));
  ck_assert_int_eq(dead, 0);
  ck_assert_uint_gt(api_info(env).mi_latter_reader_txnid, pinned);
  OK(mdbx_env_close(env));
}
END_TEST

struct endless {
  unsigned flags;
  _Atomic int commits;
};

/* Commits of a process that does nothing else; the file grows and shrinks by them. */
static void commit_without_end(void *context) {
  static uint8_t bytes[200000];
  struct endless *endless = context;
  MDBX_env *env;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(mdbx_env_set_geometry(env, 0, 0, 1 << 24, 4096, 4096, 4096));
  CHILD_OK(api_try_open(env, endless->flags));
  for (uint32_t round = 0;; ++round) {
    MDBX_txn *txn;
    MDBX_val key = api_val("k"), data = {bytes, round % 16 ? round % 100 : sizeof(bytes)};
    CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
    CHILD_OK(mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_UPSERT));
    CHILD_OK(mdbx_txn_commit(txn));
    atomic_fetch_add(&endless->commits, 1);
  }
}

/* Whoever opens while others commit meets metas and a length of the file that change meanwhile. */
START_TEST(opened_beside_a_writer) {
  static const unsigned flags[] = {MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC, MDBX_ENV_DEFAULTS};
  struct endless *endless = unit_shared(sizeof(*endless));
  endless->flags = flags[_i];
  const pid_t pid = unit_fork(commit_without_end, endless);
  ck_assert(unit_await(&endless->commits, 1));
  for (unsigned round = 0; round < 4000; ++round) {
    MDBX_env *env = api_create();
    OK(api_try_open(env, round % 2 ? MDBX_RDONLY : endless->flags));
    OK(mdbx_env_close_ex(env, true));
  }
  unit_kill(pid);
}
END_TEST

int main(void) {
  Suite *suite = suite_create("processes");
  TCase *tcase = api_case(suite, "processes");
  tcase_add_loop_test(tcase, killed_at_random, 0, sizeof(modes) / sizeof(*modes));
  tcase_add_test(tcase, writer_killed_beside_an_opener);
  tcase_add_test(tcase, reader_killed_beside_a_writer);
  tcase_add_loop_test(tcase, opened_beside_a_writer, 0, 3);
  return unit_run(suite);
}
