/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/use/program.c: a program as a user of the library has it. It loads a database, reads it and lets the checker look.
 *
 * Usage: program FILE [read]     "read": the file was made by this program, perhaps on another machine, and is read only
 */
#include <mdbx.h>

#include <stdio.h>
#include <string.h>

enum { RECORDS = 20000, BATCH = 64, VALUES = 300 };

static int failures;

static void expect(int rc, const char *what) {
  if (rc != MDBX_SUCCESS) {
    fprintf(stderr, "%s: %s\n", what, mdbx_strerror(rc));
    ++failures;
  }
}

static MDBX_val text(char *buffer, const char *format, unsigned number) {
  const int length = snprintf(buffer, 64, format, number);
  MDBX_val val = {buffer, (size_t)length};
  return val;
}

static void load(MDBX_env *env) {
  char key_text[64], value_text[64];
  MDBX_txn *txn;
  MDBX_dbi plain, multi;
  expect(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), "begin of a load");
  expect(mdbx_dbi_open(txn, "plain", MDBX_CREATE, &plain), "open of a new table");
  expect(mdbx_dbi_open(txn, "multi", MDBX_CREATE | MDBX_DUPSORT, &multi), "open of a table with many values");
  for (unsigned i = 0; i < RECORDS && !failures; ++i) {
    MDBX_val key = text(key_text, "key %08u", i * 7919u % RECORDS), value = text(value_text, "value of %u", i);
    expect(mdbx_put(txn, plain, &key, &value, MDBX_NOOVERWRITE), "put");
  }
  for (unsigned i = 0; i < VALUES && !failures; ++i) {
    MDBX_val key = text(key_text, "%u", i % 3), value = text(value_text, "%08u", i);
    expect(mdbx_put(txn, multi, &key, &value, MDBX_NODUPDATA), "put of one of many values");
  }
  expect(mdbx_txn_commit(txn), "commit");
}

static void change(MDBX_env *env) {
  char key_text[64];
  MDBX_txn *txn, *nested;
  MDBX_dbi plain;
  expect(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), "begin of a change");
  expect(mdbx_dbi_open(txn, "plain", MDBX_DB_DEFAULTS, &plain), "open of a table");
  expect(mdbx_txn_begin(env, txn, MDBX_TXN_READWRITE, &nested), "begin of a nested transaction");
  for (unsigned i = 0; i < RECORDS && !failures; i += 2) {
    MDBX_val key = text(key_text, "key %08u", i);
    expect(mdbx_del(nested, plain, &key, NULL), "delete");
  }
  expect(mdbx_txn_commit(nested), "commit of a nested transaction");
  expect(mdbx_txn_commit(txn), "commit of a change");
}

static void read_all(MDBX_env *env) {
  static char key_texts[BATCH][64];
  MDBX_val keys[BATCH], values[BATCH];
  int codes[BATCH];
  MDBX_txn *txn;
  MDBX_dbi plain, multi;
  MDBX_stat stat;
  unsigned found = 0;
  expect(mdbx_txn_begin(env, NULL, MDBX_TXN_RDONLY, &txn), "begin of a read");
  expect(mdbx_dbi_open(txn, "plain", MDBX_DB_DEFAULTS, &plain), "open of a table");
  expect(mdbx_dbi_open(txn, "multi", MDBX_DUPSORT, &multi), "open of a table with many values");
  for (unsigned first = 0; first < RECORDS && !failures; first += BATCH) {
    for (unsigned i = 0; i < BATCH; ++i)
      keys[i] = text(key_texts[i], "key %08u", first + i);
    expect(mdbx_get_many(txn, plain, keys, values, codes, BATCH), "many lookups");
    for (unsigned i = 0; i < BATCH; ++i)
      found += codes[i] == MDBX_SUCCESS && values[i].iov_len > 9 && memcmp(values[i].iov_base, "value of ", 9) == 0;
  }
  if (found != RECORDS / 2) {
    fprintf(stderr, "%u records, not %u\n", found, RECORDS / 2);
    ++failures;
  }
  expect(mdbx_dbi_stat(txn, multi, &stat, sizeof(stat)), "statistics");
  if (stat.ms_entries != VALUES) {
    fprintf(stderr, "%u values, not %u\n", (unsigned)stat.ms_entries, VALUES);
    ++failures;
  }
  expect(mdbx_txn_abort(txn), "end of a read");
}

static void check(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  expect(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0), "check");
  if (context.result.total_problems || context.result.table_total != 4) {
    fprintf(stderr, "the checker sees %u problems in %u tables\n", (unsigned)context.result.total_problems,
            (unsigned)context.result.table_total);
    ++failures;
  }
}

static MDBX_env *open_database(const char *path) {
  MDBX_env *env;
  expect(mdbx_env_create(&env), "create");
  expect(mdbx_env_set_maxdbs(env, 2), "number of tables");
  /* What 32-bit machines can map as well. */
  expect(mdbx_env_set_geometry(env, -1, -1, 256 << 20, -1, -1, -1), "sizes");
  expect(mdbx_env_open(env, path, MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0664), "open");
  return env;
}

static void make(const char *path) {
  MDBX_env *env = open_database(path);
  if (!failures)
    load(env);
  if (!failures)
    change(env);
  expect(mdbx_env_close(env), "close");
}

int main(int argc, char **argv) {
  if (argc < 2 || argc > 3 || (argc == 3 && strcmp(argv[2], "read") != 0))
    return 2;
  if (argc == 2)
    make(argv[1]);
  MDBX_env *env = open_database(argv[1]);
  if (!failures)
    read_all(env);
  if (!failures)
    check(env);
  expect(mdbx_env_close(env), "close at the end");
  printf("%s %s\n", mdbx_version.sourcery, mdbx_build.target);
  return failures != 0;
}
