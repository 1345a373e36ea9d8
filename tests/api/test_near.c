/* SPDX-License-Identifier: Apache-2.0 */
/* Changes near the last change: found without a descent from the root, whatever happened in between. */
#include "api.h"

#include "tree/recent.h"
#include "txn/txn.h"

enum { KEYS = 6000, TABLES = 2 };

/* What a table must hold: of each key the length of its value, or 0. */
struct expected {
  uint16_t lengths[TABLES][KEYS];
};

static struct expected now, at_begin;
static uint64_t seed;
static unsigned last_table, last_number; /* of the last change */

static unsigned pick(unsigned below) {
  seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return (unsigned)(seed >> 33) % below;
}

static MDBX_val key_of(uint32_t number, uint32_t *bytes) {
  *bytes = __builtin_bswap32(number);
  return (MDBX_val){bytes, sizeof(*bytes)};
}

static void put_key(MDBX_txn *txn, MDBX_dbi dbi, unsigned table, unsigned number) {
  static uint8_t bytes[2000];
  uint32_t store;
  const MDBX_val key = key_of(number, &store);
  MDBX_val value = {bytes, 1 + pick(pick(20) ? 40 : 1500)};
  memset(bytes, (int)(number & 0xff), value.iov_len);
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  now.lengths[table][number] = (uint16_t)value.iov_len;
}

static void del_key(MDBX_txn *txn, MDBX_dbi dbi, unsigned table, unsigned number) {
  uint32_t store;
  const MDBX_val key = key_of(number, &store);
  IS(mdbx_del(txn, dbi, &key, NULL), now.lengths[table][number] ? MDBX_SUCCESS : MDBX_NOTFOUND);
  now.lengths[table][number] = 0;
}

static void check_table(MDBX_txn *txn, MDBX_dbi dbi, unsigned table) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  OK(mdbx_cursor_open(txn, dbi, &cursor));
  for (unsigned number = 0; number < KEYS; ++number) {
    if (!now.lengths[table][number])
      continue;
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT));
    uint32_t store;
    ck_assert_uint_eq(key.iov_len, sizeof(store));
    memcpy(&store, key.iov_base, sizeof(store));
    ck_assert_uint_eq(__builtin_bswap32(store), number);
    ck_assert_uint_eq(value.iov_len, now.lengths[table][number]);
    ck_assert_uint_eq(*(const uint8_t *)value.iov_base, number & 0xff);
  }
  IS(mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT), MDBX_NOTFOUND);
  mdbx_cursor_close(cursor);
}

/* Some changes in one direction, or to and fro, from some key on, or from where the last one was. */
static void change_nearby(MDBX_txn *txn, const MDBX_dbi *tables) {
  const bool further = pick(2);
  const unsigned table = further ? last_table : pick(TABLES), steps = 1 + pick(60);
  const bool deleting = pick(3) == 0, alternating = pick(3) == 0;
  const int way = (int)pick(3) - 1;
  int number = (int)(further ? last_number : pick(KEYS));
  for (unsigned i = 0; i < steps; ++i) {
    const unsigned chosen = alternating ? pick(TABLES) : table;
    number += way ? way * (int)(1 + pick(2)) : (int)pick(9) - 4;
    if (number < 0 || number >= KEYS)
      return;
    last_table = chosen;
    last_number = (unsigned)number;
    if (deleting != (pick(8) == 0))
      del_key(txn, tables[chosen], chosen, (unsigned)number);
    else
      put_key(txn, tables[chosen], chosen, (unsigned)number);
  }
}

/* A range goes, the table is emptied, or pages are written out, between two changes at one place. */
static void disturb(MDBX_txn *txn, const MDBX_dbi *tables) {
  MDBX_cursor *cursor;
  MDBX_val key, value;
  uint32_t store;
  const unsigned table = pick(TABLES), number = pick(KEYS);
  uint64_t gone;
  put_key(txn, tables[table], table, number);
  if (pick(40) == 0) {
    OK(mdbx_drop(txn, tables[table], false));
    memset(now.lengths[table], 0, sizeof(now.lengths[table]));
  } else if (pick(3) == 0) {
    OK(mdbx_cursor_open(txn, tables[table], &cursor));
    key = key_of(number, &store);
    OK(mdbx_cursor_get(cursor, &key, &value, MDBX_SET));
    OK(mdbx_cursor_bunch_delete(cursor, MDBX_DELETE_BEFORE_EXCLUDING, &gone));
    mdbx_cursor_close(cursor);
    memset(now.lengths[table], 0, number * sizeof(now.lengths[table][0]));
  }
  put_key(txn, tables[table], table, number);
}

static void change_nested(MDBX_txn *txn, const MDBX_dbi *tables) {
  MDBX_txn *child;
  struct expected *before = malloc(sizeof(*before));
  *before = now;
  OK(mdbx_txn_begin(mdbx_txn_env(txn), txn, MDBX_TXN_READWRITE, &child));
  for (unsigned i = pick(4); i; --i)
    change_nearby(child, tables);
  if (pick(2)) {
    OK(mdbx_txn_commit(child));
  } else {
    OK(mdbx_txn_abort(child));
    now = *before;
  }
  free(before);
}

static void one_transaction(MDBX_env *env, const MDBX_dbi *tables, bool nesting) {
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  at_begin = now;
  for (unsigned i = pick(3) ? pick(3) : 12; i; --i) {
    change_nearby(txn, tables);
    if (nesting && pick(4) == 0)
      change_nested(txn, tables);
    if (pick(6) == 0)
      disturb(txn, tables);
  }
  for (unsigned table = 0; table < TABLES; ++table)
    check_table(txn, tables[table], table);
  if (pick(5)) {
    OK(mdbx_txn_commit(txn));
    return;
  }
  OK(mdbx_txn_abort(txn));
  now = at_begin;
}

/* Another process commits in between, near the last change. */
struct foreign {
  unsigned flags, table, number, length;
};

static void put_as_another(void *context) {
  const struct foreign *foreign = context;
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi;
  uint32_t store;
  uint8_t bytes[64] = {0};
  memset(bytes, (int)(foreign->number & 0xff), foreign->length);
  const MDBX_val key = key_of(foreign->number, &store);
  MDBX_val value = {bytes, foreign->length};
  unit_require(mdbx_env_create(&env) == MDBX_SUCCESS && mdbx_env_set_maxdbs(env, 4) == MDBX_SUCCESS);
  unit_require(api_try_open(env, foreign->flags) == MDBX_SUCCESS);
  unit_require(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn) == MDBX_SUCCESS);
  unit_require(mdbx_dbi_open(txn, foreign->table ? "two" : "one", MDBX_DB_DEFAULTS, &dbi) == MDBX_SUCCESS);
  unit_require(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT) == MDBX_SUCCESS);
  unit_require(mdbx_txn_commit(txn) == MDBX_SUCCESS && mdbx_env_close(env) == MDBX_SUCCESS);
}

static void foreign_transaction(unsigned flags) {
  struct foreign foreign = {flags, last_table, last_number, 1 + pick(60)};
  unit_join(unit_fork(put_as_another, &foreign));
  now.lengths[foreign.table][foreign.number] = (uint16_t)foreign.length;
}

static void run_near(unsigned flags, intptr_t page_size) {
  MDBX_dbi tables[TABLES];
  MDBX_env *env = api_create();
  memset(&now, 0, sizeof(now));
  last_table = last_number = 0;
  seed = flags + (unsigned)page_size;
  OK(mdbx_env_set_geometry(env, -1, -1, 64 << 20, -1, -1, page_size));
  OK(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 128));
  OK(api_try_open(env, flags));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, "one", MDBX_CREATE, &tables[0]));
  OK(mdbx_dbi_open(txn, "two", MDBX_CREATE, &tables[1]));
  OK(mdbx_txn_commit(txn));
  for (unsigned i = 0; i < 300; ++i) {
    one_transaction(env, tables, !(flags & MDBX_WRITEMAP));
    if (pick(20) == 0)
      foreign_transaction(flags);
    if (i % 20 == 0)
      api_sound(env);
  }
  api_sound(env);
  OK(mdbx_env_close(env));
}

START_TEST(near_the_last_change) {
  static const intptr_t sizes[] = {256, 1024, 4096};
  run_near(_i / 3 ? MDBX_WRITEMAP | MDBX_UTTERLY_NOSYNC : MDBX_SAFE_NOSYNC, sizes[_i % 3]);
}
END_TEST

/* Loads in order leave full pages behind, with the flag and without it. */
static uint64_t leaves_of_load(unsigned flags, unsigned table_flags) {
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  MDBX_dbi dbi;
  MDBX_stat stat;
  uint8_t bytes[100] = {0};
  OK(mdbx_dbi_open(txn, "table", MDBX_CREATE | (MDBX_db_flags_t)table_flags, &dbi));
  for (uint32_t i = 0; i < 20000; ++i) {
    uint32_t store = table_flags & MDBX_INTEGERKEY ? i : __builtin_bswap32(i);
    const MDBX_val key = {&store, sizeof(store)};
    MDBX_val value = {bytes, sizeof(bytes)};
    OK(mdbx_put(txn, dbi, &key, &value, (MDBX_put_flags_t)flags));
  }
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete(unit_path(API_DB), MDBX_ENV_JUST_DELETE));
  return stat.ms_leaf_pages;
}

START_TEST(loads_leave_full_pages) {
  const uint64_t in_leaf = (4096 - 32) / (4 + 100 + 4 + 6), least = 20000 / in_leaf;
  ck_assert_uint_le(leaves_of_load(MDBX_UPSERT, 0), least + 1);
  ck_assert_uint_le(leaves_of_load(MDBX_APPEND, 0), least + 1);
  ck_assert_uint_le(leaves_of_load(MDBX_UPSERT, MDBX_INTEGERKEY), least + 1);
  ck_assert_uint_le(leaves_of_load(MDBX_APPEND, MDBX_INTEGERKEY), least + 1);
}
END_TEST

/* One record, and a cursor-free write transaction in which the leaf of that record was changed. */
static MDBX_txn *begin_near(MDBX_env *env, MDBX_dbi *dbi) {
  uint32_t store;
  const MDBX_val key = key_of(1000, &store);
  MDBX_val value = api_val("0123456789");
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  OK(mdbx_dbi_open(txn, NULL, MDBX_CREATE, dbi));
  OK(mdbx_put(txn, *dbi, &key, &value, MDBX_UPSERT));
  OK(mdbx_put(txn, *dbi, &key, &value,
              MDBX_UPSERT)); /* the first one planted the root, which is no place to remember */
  return txn;
}

/* Each flag means beside the last change what it means elsewhere. */
START_TEST(flags_near_the_last_change) {
  MDBX_dbi dbi;
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  MDBX_txn *txn = begin_near(env, &dbi);
  uint32_t store;
  MDBX_val key = key_of(1001, &store), value = api_val("abc");
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_CURRENT), MDBX_NOTFOUND);
  IS(mdbx_get(txn, dbi, &key, &value), MDBX_NOTFOUND);
  value = api_val("abc");
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_NOOVERWRITE));
  value = api_val("defg");
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  ck_assert(value.iov_len == 3 && memcmp(value.iov_base, "abc", 3) == 0);
  key = key_of(1002, &store);
  value = (MDBX_val){NULL, 5};
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_RESERVE));
  memcpy(value.iov_base, "hijkl", 5);
  value = (MDBX_val){NULL, 0};
  OK(mdbx_get(txn, dbi, &key, &value));
  ck_assert(value.iov_len == 5 && memcmp(value.iov_base, "hijkl", 5) == 0);
  key = key_of(1001, &store);
  value = api_val("m");
  IS(mdbx_put(txn, dbi, &key, &value, MDBX_APPEND), MDBX_EKEYMISMATCH);
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_entries, 3);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

static bool finds_near(const MDBX_txn *txn, unsigned number) {
  uint32_t store;
  uint8_t scratch[8];
  struct seek_key key;
  struct path path;
  bool exact;
  const MDBX_val raw = key_of(number, &store);
  key_prepare(&key, txn->main.rules.order, raw.iov_base, raw.iov_len, scratch);
  return recent_seek(&txn->space, &txn->main, &key, &path, &exact);
}

/* A path of an older commit, or of a root that only has the number of this one, is none. */
START_TEST(kept_path_is_of_one_commit) {
  MDBX_dbi dbi;
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  OK(mdbx_txn_commit(begin_near(env, &dbi)));
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  struct kept_path *kept = &txn->space.paths->kept;
  ck_assert(finds_near(txn, 1000));
  kept->txnid -= 1;
  ck_assert(!finds_near(txn, 1000));
  kept->txnid += 1;
  txn->main.record.root_birth ^= 1;
  ck_assert(!finds_near(txn, 1000));
  txn->main.record.root_birth ^= 1;
  ck_assert(finds_near(txn, 1001));
  OK(mdbx_txn_abort(txn));
  OK(mdbx_env_close(env));
}
END_TEST

/* A value that is too long for a leaf goes to pages of its own, however empty the leaf is; one that lies in the leaf
 * is taken from there. */
START_TEST(values_near_the_last_change) {
  static uint8_t bytes[3000];
  MDBX_dbi dbi;
  MDBX_env *env = api_open(MDBX_SAFE_NOSYNC);
  MDBX_txn *txn = begin_near(env, &dbi);
  uint32_t store;
  MDBX_val key = key_of(1000, &store), value;
  OK(mdbx_get(txn, dbi, &key, &value));
  for (uint32_t i = 1; i < 40; ++i) {
    key = key_of(1000 + i % 2 * 2000 - i, &store);
    OK(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
    OK(mdbx_get(txn, dbi, &key, &value));
    ck_assert(value.iov_len == 10 && memcmp(value.iov_base, "0123456789", 10) == 0);
  }
  memset(bytes, 'x', sizeof(bytes));
  key = key_of(5000, &store);
  value = (MDBX_val){bytes, sizeof(bytes)};
  OK(mdbx_put(txn, dbi, &key, &value, MDBX_APPEND));
  MDBX_stat stat;
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  ck_assert_uint_eq(stat.ms_overflow_pages, 1);
  ck_assert_uint_eq(stat.ms_leaf_pages, 1);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

/* The flag is still an error for a key that is less, wherever the last change was. */
START_TEST(append_in_disorder) {
  MDBX_env *env = api_open(MDBX_UTTERLY_NOSYNC);
  MDBX_txn *txn = api_begin(env, MDBX_TXN_READWRITE);
  for (unsigned i = 0; i < 5000; ++i) {
    char text[16];
    snprintf(text, sizeof(text), "%05u", i);
    OK(api_put(txn, DBI_MAIN, text, "some value that fills pages", MDBX_APPEND));
  }
  IS(api_put(txn, DBI_MAIN, "04998", "x", MDBX_APPEND), MDBX_EKEYMISMATCH);
  IS(api_put(txn, DBI_MAIN, "00001x", "x", MDBX_APPEND), MDBX_EKEYMISMATCH);
  OK(api_put(txn, DBI_MAIN, "00001x", "x", MDBX_UPSERT));
  IS(api_put(txn, DBI_MAIN, "00001y", "x", MDBX_APPEND), MDBX_EKEYMISMATCH);
  OK(api_put(txn, DBI_MAIN, "04999", "y", MDBX_APPEND));
  OK(api_put(txn, DBI_MAIN, "05000", "z", MDBX_APPEND));
  IS(api_put(txn, DBI_MAIN, "05000", "z", MDBX_APPEND | MDBX_NOOVERWRITE), MDBX_KEYEXIST);
  OK(mdbx_txn_commit(txn));
  api_sound(env);
  OK(mdbx_env_close(env));
}
END_TEST

int main(void) {
  Suite *suite = suite_create("near");
  TCase *tests = tcase_create("near");
  tcase_add_checked_fixture(tests, unit_setup, unit_teardown);
  tcase_set_timeout(tests, 120);
  tcase_add_loop_test(tests, near_the_last_change, 0, 6);
  tcase_add_test(tests, loads_leave_full_pages);
  tcase_add_test(tests, flags_near_the_last_change);
  tcase_add_test(tests, kept_path_is_of_one_commit);
  tcase_add_test(tests, values_near_the_last_change);
  tcase_add_test(tests, append_in_disorder);
  suite_add_tcase(suite, tests);
  return unit_run(suite);
}
