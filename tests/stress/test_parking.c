/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Readers of several processes park, wake, clone and are robbed of their snapshots, while a writer has hardly any room.
 *
 * Every commit gives all records the same version. What a reader sees is of one version, however long it was parked,
 * unless it was ousted (it is told so when it wakes) or its snapshot was taken by the slow-reader callback (whatever it
 * read at that time counts for nothing, and its next operation tells).
 */
#include "../api/api.h"

enum { READERS = 3, RECORDS = 60, SECONDS = 4, LIMIT = 384 * 1024 };

struct board {
  _Atomic bool stop;
  _Atomic uint32_t kept, ousted, robbed, restarted, looks, kicks, full;
};

static struct board *board;

static MDBX_val record_key(char text[16], unsigned number) {
  const MDBX_val key = {text, (size_t)snprintf(text, 16, "%05u", number)};
  return key;
}

static int look(const MDBX_txn *txn, uint32_t *version) {
  char text[16];
  for (unsigned i = 0; i < RECORDS; ++i) {
    const MDBX_val key = record_key(text, i);
    MDBX_val data;
    uint32_t seen;
    const int rc = mdbx_get(txn, DBI_MAIN, &key, &data);
    if (rc != MDBX_SUCCESS)
      return rc;
    memcpy(&seen, data.iov_base, sizeof(seen));
    if (i && seen != *version)
      return MDBX_PROBLEM;
    *version = seen;
  }
  return MDBX_SUCCESS;
}

/* True: the snapshot is there and was there all the while. */
static bool look_well(const MDBX_txn *txn, uint32_t *version) {
  MDBX_txn_info info;
  const int rc = look(txn, version), state = mdbx_txn_info(txn, &info, false);
  if (state != MDBX_SUCCESS) {
    CHILD_IS(state, MDBX_BAD_TXN);
    atomic_fetch_add(&board->robbed, 1);
    return false;
  }
  CHILD_OK(rc);
  atomic_fetch_add(&board->looks, 1);
  return true;
}

/* After a sleep; what it may see afterwards is in *version. */
static bool wake(MDBX_txn *txn, bool automatic, bool restart, uint32_t *version) {
  char text[16];
  const MDBX_val key = record_key(text, 0);
  MDBX_val data;
  const int rc = automatic ? mdbx_get(txn, DBI_MAIN, &key, &data) : mdbx_txn_unpark(txn, restart);
  if (rc == MDBX_OUSTED || rc == MDBX_RESULT_TRUE) {
    atomic_fetch_add(&board->ousted, 1);
    if (rc == MDBX_OUSTED)
      CHILD_OK(mdbx_txn_renew(txn));
    else
      atomic_fetch_add(&board->restarted, 1);
    return look_well(txn, version);
  }
  if (rc == MDBX_BAD_TXN)
    return false;
  CHILD_OK(rc);
  uint32_t now = 0;
  if (!look_well(txn, &now))
    return false;
  unit_require(now == *version);
  atomic_fetch_add(&board->kept, 1);
  return true;
}

static void read_on(MDBX_txn *txn, uint64_t *random) {
  uint32_t version;
  if (!look_well(txn, &version))
    return;
  for (unsigned i = 0; i < 4; ++i) {
    const uint64_t dice = unit_random(random);
    if (dice % 8 < 2) { /* in the way, and not parked */
      uint32_t now;
      unit_sleep_us((unsigned)(dice >> 8) % 3000);
      if (!look_well(txn, &now))
        return;
      unit_require(now == version);
      continue;
    }
    const int rc = mdbx_txn_park(txn, dice & 1);
    if (rc != MDBX_SUCCESS) {
      CHILD_IS(rc, MDBX_BAD_TXN);
      return;
    }
    unit_sleep_us((unsigned)(dice >> 8) % 3000);
    if (!wake(txn, dice & 1, dice & 2, &version))
      return;
  }
}

static void clone_and_read(MDBX_txn *txn, uint64_t *random) {
  MDBX_txn *clone = NULL;
  uint32_t first, second;
  const int rc = mdbx_txn_clone(txn, &clone, NULL);
  if (rc != MDBX_SUCCESS) {
    unit_require(rc == MDBX_BAD_TXN || rc == MDBX_MVCC_RETARDED);
    return;
  }
  if (look_well(txn, &first) && look_well(clone, &second))
    unit_require(first == second);
  read_on(clone, random);
  CHILD_OK(mdbx_txn_abort(clone));
}

static void read_all_the_time(void *context) {
  uint64_t random = *(const uint64_t *)context;
  MDBX_env *env;
  MDBX_txn *txn;
  CHILD_OK(mdbx_env_create(&env));
  CHILD_OK(api_try_open(env, MDBX_NOSTICKYTHREADS | MDBX_UTTERLY_NOSYNC));
  mdbx_setup_debug(MDBX_LOG_FATAL, MDBX_DBG_DONTCHANGE, MDBX_LOGGER_DONTCHANGE);
  while (!atomic_load(&board->stop)) {
    CHILD_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn));
    read_on(txn, &random);
    CHILD_OK(mdbx_txn_renew(txn));
    clone_and_read(txn, &random);
    CHILD_OK(mdbx_txn_abort(txn));
  }
  CHILD_OK(mdbx_env_close(env));
}

static uint64_t writer_random = 88172645463325252u;

static int rob_or_wait(const MDBX_env *env, const MDBX_txn *txn, mdbx_pid_t pid, mdbx_tid_t tid, uint64_t laggard,
                       unsigned gap, size_t space, int retry) {
  (void)tid;
  if (retry < 0)
    return 0;
  ck_assert_ptr_eq(mdbx_txn_env(txn), env);
  ck_assert_int_ne(pid, 0);
  ck_assert_uint_gt(space, 0);
  ck_assert_uint_eq(laggard + gap + 1, mdbx_txn_id(txn));
  atomic_fetch_add(&board->kicks, 1);
  if (retry < 3) {
    unit_sleep_us(100);
    return 0;
  }
  return unit_random(&writer_random) % 4 ? 1 : -1;
}

/* Large records come and go, so that there is no room for what readers keep. */
static void write_version(MDBX_env *env, uint32_t version) {
  char text[16];
  int rc = MDBX_SUCCESS;
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  const size_t bytes = 500 + version % 4 * 400;
  for (unsigned i = 0; i < RECORDS && rc == MDBX_SUCCESS; ++i) {
    const MDBX_val key = record_key(text, i);
    MDBX_val data = {NULL, bytes};
    rc = mdbx_put(txn, DBI_MAIN, &key, &data, MDBX_RESERVE);
    if (rc != MDBX_SUCCESS)
      break;
    memset(data.iov_base, (int)version, bytes);
    memcpy(data.iov_base, &version, sizeof(version));
  }
  if (rc == MDBX_SUCCESS)
    rc = mdbx_txn_commit(txn);
  else
    OK(mdbx_txn_abort(txn));
  if (rc == MDBX_MAP_FULL)
    atomic_fetch_add(&board->full, 1);
  else
    OK(rc);
}

static bool enough_was_done(void) {
  return atomic_load(&board->looks) > 100 && atomic_load(&board->kept) > 10 && atomic_load(&board->ousted) > 10 &&
         atomic_load(&board->robbed) > 10;
}

START_TEST(hardly_any_room) {
  board = unit_shared(sizeof(*board));
  MDBX_env *env = api_create();
  pid_t readers[READERS];
  OK(mdbx_env_set_geometry(env, LIMIT, LIMIT, LIMIT, -1, -1, 4096));
  OK(api_try_open(env, MDBX_NOSTICKYTHREADS | MDBX_UTTERLY_NOSYNC));
  OK(mdbx_env_set_hsr(env, rob_or_wait));
  write_version(env, 1);
  for (unsigned i = 0; i < READERS; ++i) {
    uint64_t seed = 1000 + i;
    readers[i] = unit_fork(read_all_the_time, &seed);
  }
  const time_t end = time(NULL) + SECONDS;
  for (uint32_t version = 2; time(NULL) < end || !enough_was_done(); ++version) {
    write_version(env, version);
    if (version % 16 == 0)
      unit_sleep_us(300);
  }
  atomic_store(&board->stop, true);
  for (unsigned i = 0; i < READERS; ++i)
    unit_join(readers[i]);
  printf("parking: %u looks, %u kept, %u ousted, %u restarted, %u robbed, %u kicks, %u times full\n",
         atomic_load(&board->looks), atomic_load(&board->kept), atomic_load(&board->ousted),
         atomic_load(&board->restarted), atomic_load(&board->robbed), atomic_load(&board->kicks),
         atomic_load(&board->full));
  OK(mdbx_env_set_hsr(env, NULL));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("parking");
  tcase_add_test(api_case(suite, "parking"), hardly_any_room);
  return unit_run(suite);
}
