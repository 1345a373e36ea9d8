/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases on Windows, in each mode: a load that makes the file grow, read back and checked; two processes that write in turn
 * while a third one reads; writers that are killed in the middle of a transaction and after a commit without a flush.
 *
 * It works in the present directory, and leaves the database "left" for the checker of another system.
 */
#include "win_test.h"

#include <mdbx.h>

enum { RECORDS = 20000, TURNS = 60, MIB = 1 << 20 };

static const struct mode {
  const char *name;
  unsigned flags;
} modes[] = {
    {"durable", MDBX_SYNC_DURABLE}, {"nometasync", MDBX_NOMETASYNC},
    {"safe", MDBX_SAFE_NOSYNC},     {"utterly", MDBX_UTTERLY_NOSYNC},
    {"writemap", MDBX_WRITEMAP},    {"writemap_safe", MDBX_WRITEMAP | MDBX_SAFE_NOSYNC},
};
enum { MODES = sizeof(modes) / sizeof(modes[0]) };

static MDBX_env *open_env(const char *name, unsigned flags) {
  MDBX_env *env;
  MUST(mdbx_env_create(&env));
  MUST(mdbx_env_set_maxdbs(env, 8));
  MUST(mdbx_env_set_option(env, MDBX_opt_txn_dp_limit, 256));
  MUST(mdbx_env_set_geometry(env, 0, 65536, (intptr_t)256 * MIB, 262144, 524288, 4096));
  MUST(mdbx_env_open(env, name, (MDBX_env_flags_t)(flags | MDBX_NOSUBDIR), 0600));
  return env;
}

static MDBX_txn *begin(MDBX_env *env, unsigned flags) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin(env, NULL, (MDBX_txn_flags_t)flags, &txn));
  return txn;
}

static void expect_sound(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  EXPECT(context.result.total_problems == 0);
}

/* ---- The load --------------------------------------------------------------------------------------------------- */

static const struct table {
  const char *name;
  unsigned flags;
} tables[] = {{"plain", MDBX_DB_DEFAULTS}, {"numbers", MDBX_INTEGERKEY}, {"many", MDBX_DUPSORT}};
enum { TABLES = sizeof(tables) / sizeof(tables[0]) };

/* The i-th record of a table. */
static void record_of(const struct table *table, uint32_t i, uint64_t *number, char text[64], MDBX_val *key,
                      MDBX_val *value) {
  *number = (table->flags & MDBX_DUPSORT) ? i / 50 : (uint64_t)i * UINT32_C(2654435761) % UINT32_C(1000003);
  *key = (MDBX_val){number, sizeof(*number)};
  const int length = snprintf(text, 64, "value %u of %s, twice %u", i, table->name, 2 * i);
  *value = (MDBX_val){text, (size_t)length};
}

static void put_records(MDBX_txn *txn, const struct table *table, uint32_t from, uint32_t to) {
  MDBX_dbi dbi;
  MDBX_val key, value;
  uint64_t number;
  char text[64];
  MUST(mdbx_dbi_open(txn, table->name, (MDBX_db_flags_t)(table->flags | MDBX_CREATE), &dbi));
  for (uint32_t i = from; i < to; ++i) {
    record_of(table, i, &number, text, &key, &value);
    MUST(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  }
}

static void has_records(MDBX_txn *txn, const struct table *table, uint32_t count) {
  MDBX_dbi dbi;
  MDBX_val key, value;
  MDBX_stat stat;
  uint64_t number;
  char text[64];
  MUST(mdbx_dbi_open(txn, table->name, (MDBX_db_flags_t)table->flags, &dbi));
  OK(mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat)));
  EXPECT(stat.ms_entries == count);
  for (uint32_t i = 0; i < count; ++i) {
    record_of(table, i, &number, text, &key, &value);
    if (table->flags & MDBX_DUPSORT) {
      MUST(mdbx_get_equal_or_great(txn, dbi, &key, &value));
    } else {
      MDBX_val got;
      MUST(mdbx_get(txn, dbi, &key, &got));
      EXPECT(got.iov_len == value.iov_len && memcmp(got.iov_base, value.iov_base, got.iov_len) == 0);
    }
  }
}

static void load(const struct mode *mode) {
  char large[200000];
  MDBX_env *env = open_env(mode->name, mode->flags);
  MDBX_envinfo before, after;
  OK(mdbx_env_info(env, &before, sizeof(before)));
  for (uint32_t done = 0; done < RECORDS / 2; done += 500) {
    MDBX_txn *txn = begin(env, MDBX_TXN_READWRITE);
    for (int i = 0; i < TABLES; ++i)
      put_records(txn, &tables[i], done, done + 500);
    MUST(mdbx_txn_commit(txn));
  }
  /* One that does not fit the limit for changed pages, and then a value of many pages. */
  MDBX_txn *txn = begin(env, MDBX_TXN_READWRITE);
  for (int i = 0; i < TABLES; ++i)
    put_records(txn, &tables[i], RECORDS / 2, RECORDS);
  for (int i = 0; i < TABLES; ++i)
    has_records(txn, &tables[i], RECORDS);
  MDBX_dbi dbi;
  MDBX_val key = {(void *)(uintptr_t) "large", 5}, value = {large, sizeof(large)};
  memset(large, 'x', sizeof(large));
  MUST(mdbx_dbi_open(txn, "large", MDBX_CREATE, &dbi));
  MUST(mdbx_put(txn, dbi, &key, &value, MDBX_UPSERT));
  MUST(mdbx_txn_commit(txn));
  OK(mdbx_env_info(env, &after, sizeof(after)));
  EXPECT(after.mi_dxb_fsize > before.mi_dxb_fsize && after.mi_mapsize <= after.mi_dxb_fsize);
  EXPECT(!(after.mi_mode & MDBX_WRITEMAP));
  OK(mdbx_env_close(env));
}

static void read_back(const struct mode *mode) {
  MDBX_env *env = open_env(mode->name, mode->flags | MDBX_ACCEDE);
  MDBX_txn *txn = begin(env, MDBX_TXN_RDONLY);
  for (int i = 0; i < TABLES; ++i)
    has_records(txn, &tables[i], RECORDS);
  OK(mdbx_txn_abort(txn));
  expect_sound(env);
  /* The tables that are emptied make the file shorter, at the next open at the latest. */
  MDBX_envinfo full, cut;
  OK(mdbx_env_info(env, &full, sizeof(full)));
  MDBX_dbi dbi;
  txn = begin(env, MDBX_TXN_READWRITE);
  MUST(mdbx_dbi_open(txn, "plain", MDBX_DB_DEFAULTS, &dbi));
  OK(mdbx_drop(txn, dbi, true));
  MUST(mdbx_dbi_open(txn, "many", MDBX_DUPSORT, &dbi));
  OK(mdbx_drop(txn, dbi, true));
  OK(mdbx_txn_commit(txn));
  MDBX_defrag_result_t result;
  OK(mdbx_env_defrag(env, 0, 0, 0, 0, -1, -1, NULL, NULL, &result));
  OK(mdbx_env_close(env));
  env = open_env(mode->name, mode->flags);
  OK(mdbx_env_info(env, &cut, sizeof(cut)));
  EXPECT(cut.mi_dxb_fsize < full.mi_dxb_fsize);
  expect_sound(env);
  OK(mdbx_env_close(env));
}

/* ---- Processes -------------------------------------------------------------------------------------------------- */

static const char *const twins[] = {"first", "second"};

static uint64_t number_of(const MDBX_txn *txn, const char *name) {
  MDBX_val key = {(void *)(uintptr_t)name, strlen(name)}, value;
  uint64_t number = 0;
  if (mdbx_get(txn, 1, &key, &value) == MDBX_SUCCESS && value.iov_len == sizeof(number))
    memcpy(&number, value.iov_base, sizeof(number));
  return number;
}

static void put_number(MDBX_txn *txn, const char *name, uint64_t number) {
  const MDBX_val key = {(void *)(uintptr_t)name, strlen(name)};
  MDBX_val value = {&number, sizeof(number)};
  MUST(mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
}

static const struct mode *mode_of(const char *name) {
  for (int i = 0; i < MODES; ++i)
    if (strcmp(modes[i].name, name) == 0)
      return &modes[i];
  exit(97);
}

static void tell(const char *name) {
  FILE *file = fopen(name, "w");
  if (file)
    fclose(file);
}

/* The file cannot be deleted before the child has closed it. */
static void await_told(const char *name) {
  bool told = false;
  for (int i = 0; i < 6000 && !told; ++i) {
    told = DeleteFileA(name);
    if (!told)
      Sleep(10);
  }
  EXPECT(told);
}

/* Counts both numbers up, and adds a record each time so that the file grows. */
static int write_in_turn(const char *mode) {
  MDBX_env *env = open_env("turns", mode_of(mode)->flags);
  for (int turn = 0; turn < TURNS; ++turn) {
    MDBX_txn *txn = begin(env, MDBX_TXN_READWRITE);
    const uint64_t count = number_of(txn, twins[0]) + 1;
    char name[32], filler[3000];
    EXPECT(number_of(txn, twins[1]) == count - 1);
    put_number(txn, twins[0], count);
    put_number(txn, twins[1], count);
    snprintf(name, sizeof(name), "record %llu", (unsigned long long)count);
    memset(filler, (int)count, sizeof(filler));
    MDBX_val key = {name, strlen(name)}, value = {filler, sizeof(filler)};
    MUST(mdbx_put(txn, 1, &key, &value, MDBX_NOOVERWRITE));
    MUST(mdbx_txn_commit(txn));
  }
  OK(mdbx_env_close(env));
  return win_failures != 0;
}

/* Until both writers are done: every snapshot has equal numbers, none smaller than the one before, and all records. */
static int read_meanwhile(const char *mode) {
  MDBX_env *env = open_env("turns", mode_of(mode)->flags | MDBX_RDONLY);
  uint64_t seen = 0, snapshots = 0;
  while (seen < 2 * TURNS && !win_failures) {
    MDBX_txn *txn = begin(env, MDBX_TXN_RDONLY);
    MDBX_stat stat;
    const uint64_t now = number_of(txn, twins[0]);
    EXPECT(now == number_of(txn, twins[1]) && now >= seen);
    OK(mdbx_dbi_stat(txn, 1, &stat, sizeof(stat)));
    EXPECT(stat.ms_entries == (now ? now + 2 : 2));
    MDBX_cursor *cursor;
    MDBX_val key, value;
    uint64_t met = 0;
    MUST(mdbx_cursor_open(txn, 1, &cursor));
    for (int rc = mdbx_cursor_get(cursor, &key, &value, MDBX_FIRST); rc == MDBX_SUCCESS;
         rc = mdbx_cursor_get(cursor, &key, &value, MDBX_NEXT))
      ++met;
    EXPECT(met == stat.ms_entries);
    mdbx_cursor_close(cursor);
    OK(mdbx_txn_abort(txn));
    seen = now;
    ++snapshots;
  }
  EXPECT(snapshots > 0);
  OK(mdbx_env_close(env));
  return win_failures != 0;
}

static void turns(const struct mode *mode) {
  MDBX_env *env = open_env("turns", mode->flags);
  MDBX_txn *txn = begin(env, MDBX_TXN_READWRITE);
  put_number(txn, twins[0], 0);
  put_number(txn, twins[1], 0);
  MUST(mdbx_txn_commit(txn));
  const HANDLE reader = win_start("read_meanwhile", mode->name);
  const HANDLE one = win_start("write_in_turn", mode->name), two = win_start("write_in_turn", mode->name);
  EXPECT(win_join(one) == 0);
  EXPECT(win_join(two) == 0);
  EXPECT(win_join(reader) == 0);
  txn = begin(env, MDBX_TXN_RDONLY);
  EXPECT(number_of(txn, twins[0]) == 2 * TURNS);
  OK(mdbx_txn_abort(txn));
  expect_sound(env);
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete("turns", MDBX_ENV_ENSURE_UNUSED));
}

/* Commits, and begins a transaction that it does not end. */
static int hang(const char *mode) {
  MDBX_env *env = open_env("killed", mode_of(mode)->flags);
  MDBX_txn *txn = begin(env, MDBX_TXN_READWRITE);
  put_number(txn, "committed", number_of(txn, "committed") + 1);
  MUST(mdbx_txn_commit(txn));
  txn = begin(env, MDBX_TXN_READWRITE);
  put_records(txn, &tables[0], 0, 5000);
  put_number(txn, "committed", 99);
  tell("hanging");
  for (;;)
    Sleep(1000);
}

static void kills(const struct mode *mode) {
  MDBX_env *env = open_env("killed", mode->flags);
  HANDLE victim = win_start("hang", mode->name);
  MDBX_txn *txn;
  await_told("hanging");
  IS(mdbx_txn_begin(env, NULL, MDBX_TXN_TRY, &txn), MDBX_BUSY);
  win_kill(victim);
  txn = begin(env, MDBX_TXN_READWRITE); /* takes the lock over */
  EXPECT(number_of(txn, "committed") == 1);
  put_number(txn, "mine", 1);
  MUST(mdbx_txn_commit(txn));
  expect_sound(env);
  OK(mdbx_env_close(env));
  /* Nobody else has it open: the next opener finds what was committed, also without a flush. */
  victim = win_start("hang", mode->name);
  await_told("hanging");
  win_kill(victim);
  env = open_env("killed", mode->flags);
  txn = begin(env, MDBX_TXN_RDONLY);
  EXPECT(number_of(txn, "committed") == 2 && number_of(txn, "mine") == 1);
  OK(mdbx_txn_abort(txn));
  expect_sound(env);
  OK(mdbx_env_close(env));
  OK(mdbx_env_delete("killed", MDBX_ENV_ENSURE_UNUSED));
}

static int run_role(const char *role, const char *mode) {
  if (strcmp(role, "write_in_turn") == 0)
    return write_in_turn(mode);
  if (strcmp(role, "read_meanwhile") == 0)
    return read_meanwhile(mode);
  return strcmp(role, "hang") == 0 ? hang(mode) : 98;
}

int main(int argc, char **argv) {
  if (argc > 2)
    return run_role(argv[1], argv[2]);
  for (int i = 0; i < MODES; ++i) {
    const int before = win_failures;
    load(&modes[i]);
    read_back(&modes[i]);
    turns(&modes[i]);
    kills(&modes[i]);
    OK(mdbx_env_delete(modes[i].name, MDBX_ENV_ENSURE_UNUSED));
    printf("%s: %d failures\n", modes[i].name, win_failures - before);
    fflush(stdout);
  }
  const struct mode left = {"left", MDBX_SYNC_DURABLE};
  load(&left);
  return win_failures != 0;
}
