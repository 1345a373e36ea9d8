/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one old reader costs: many small update transactions without and with a read transaction left open.
 *
 * Usage: bench_oldreader [-d folder] [-n records] [-t transactions] [-u updates a transaction]
 * Every record is updated again and again while the reader keeps its snapshot. Reported are the time per transaction
 * and the size of the file, beside the size of the live data, and what LMDB's file becomes with the same work. Fails when
 * a target is missed: file at most 3 times the live data, time at most 1.2 times that without the reader.
 */
#include "common.h"

#include <lmdb.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUE = 100 };

static uint64_t records = 100000, transactions = 40000, updates = 10;

/* ------------------------------------------------------------------------------------------------------------ ours */

static void put(MDBX_txn *txn, uint64_t record, uint64_t version) {
  unsigned char value[VALUE];
  uint64_t key = mix(record);
  memset(value, (int)version, sizeof(value));
  memcpy(value, &version, sizeof(version));
  MDBX_val k = {&key, sizeof(key)}, v = {value, sizeof(value)};
  must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
}

static MDBX_env *make(const char *path) {
  MDBX_env *env;
  MDBX_txn *txn;
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  must(mdbx_env_create(&env), "create");
  must(mdbx_env_set_geometry(env, 0, -1, (intptr_t)16 << 30, 1 << 20, -1, 4096), "geometry");
  must(mdbx_env_open(env, path, MDBX_NOSUBDIR | MDBX_NOSTICKYTHREADS | MDBX_UTTERLY_NOSYNC, 0644), "open");
  for (uint64_t i = 0; i < records;) {
    must(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), "begin");
    for (int n = 0; n < 1000 && i < records; ++n)
      put(txn, i++, 0);
    must(mdbx_txn_commit_ex(txn, NULL), "commit");
  }
  return env;
}

static uint64_t live_bytes(MDBX_env *env) {
  MDBX_stat stat;
  must(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)), "stat");
  return (stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages) * stat.ms_psize;
}

static double update(MDBX_env *env) {
  MDBX_txn *txn;
  const double start = now();
  for (uint64_t t = 0; t < transactions; ++t) {
    must(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_READWRITE, &txn, NULL), "begin");
    for (uint64_t u = 0; u < updates; ++u)
      put(txn, (t * updates + u) * 7919 % records, t + 1);
    must(mdbx_txn_commit_ex(txn, NULL), "commit");
  }
  return (now() - start) / (double)transactions;
}

/* The snapshot must be as it was. */
static void verify(MDBX_txn *reader) {
  for (uint64_t i = 0; i < records; i += 97) {
    uint64_t key = mix(i), version;
    MDBX_val k = {&key, sizeof(key)}, v;
    must(mdbx_get(reader, 1, &k, &v), "get by the old reader");
    memcpy(&version, v.iov_base, sizeof(version));
    if (version != 0) {
      fprintf(stderr, "the old reader sees a change\n");
      exit(2);
    }
  }
}

static double run(const char *path, int with_reader, uint64_t *file, uint64_t *live) {
  struct stat st;
  MDBX_txn *reader = NULL;
  MDBX_env *env = make(path);
  if (with_reader)
    must(mdbx_txn_begin_ex(env, NULL, MDBX_TXN_RDONLY, &reader, NULL), "reader");
  const double spent = update(env);
  if (reader) {
    verify(reader);
    must(mdbx_txn_abort_ex(reader, NULL), "end of reader");
  }
  stat(path, &st);
  *file = (uint64_t)st.st_size;
  *live = live_bytes(env);
  must(mdbx_env_close_ex(env, true), "close");
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  return spent;
}

/* ------------------------------------------------------------------------------------------------------------ LMDB */

static void lmdb_put(MDB_txn *txn, uint64_t record, uint64_t version) {
  unsigned char value[VALUE];
  uint64_t key = mix(record);
  memset(value, (int)version, sizeof(value));
  memcpy(value, &version, sizeof(version));
  MDB_val k = {sizeof(key), &key}, v = {sizeof(value), value};
  must(mdb_put(txn, 1, &k, &v, 0), "put");
}

static MDB_env *lmdb_make(const char *path) {
  MDB_env *env;
  MDB_txn *txn;
  unlink(path);
  must(mdb_env_create(&env), "create");
  must(mdb_env_set_mapsize(env, (size_t)16 << 30), "map size");
  must(mdb_env_open(env, path, MDB_NOSUBDIR | MDB_NOTLS | MDB_NOSYNC, 0644), "open");
  for (uint64_t i = 0; i < records;) {
    MDB_dbi main;
    must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    must(mdb_dbi_open(txn, NULL, 0, &main), "table");
    for (int n = 0; n < 1000 && i < records; ++n)
      lmdb_put(txn, i++, 0);
    must(mdb_txn_commit(txn), "commit");
  }
  return env;
}

static double lmdb_run(const char *path, uint64_t *file) {
  struct stat st;
  char lock[600];
  MDB_txn *reader, *txn;
  MDB_env *env = lmdb_make(path);
  must(mdb_txn_begin(env, NULL, MDB_RDONLY, &reader), "reader");
  const double start = now();
  for (uint64_t t = 0; t < transactions; ++t) {
    must(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    for (uint64_t u = 0; u < updates; ++u)
      lmdb_put(txn, (t * updates + u) * 7919 % records, t + 1);
    must(mdb_txn_commit(txn), "commit");
  }
  const double spent = (now() - start) / (double)transactions;
  mdb_txn_abort(reader);
  stat(path, &st);
  *file = (uint64_t)st.st_size;
  mdb_env_close(env);
  unlink(path);
  snprintf(lock, sizeof(lock), "%s-lock", path);
  unlink(lock);
  return spent;
}

int main(int argc, char **argv) {
  const char *folder = "/dev/shm";
  char path[512];
  int option;
  while ((option = getopt(argc, argv, "d:n:t:u:h")) != -1) {
    if (option == 'd')
      folder = optarg;
    else if (option == 'n')
      records = strtoull(optarg, NULL, 10);
    else if (option == 't')
      transactions = strtoull(optarg, NULL, 10);
    else if (option == 'u')
      updates = strtoull(optarg, NULL, 10);
    else {
      fprintf(option == 'h' ? stdout : stderr, "usage: %s [-d folder] [-n records] [-t transactions] [-u updates]\n",
              argv[0]);
      return option != 'h';
    }
  }
  uint64_t file[2], live[2], lmdb_file;
  snprintf(path, sizeof(path), "%s/bench-oldreader.db", folder);
  const double alone = run(path, 0, &file[0], &live[0]);
  const double beside = run(path, 1, &file[1], &live[1]);
  const double lmdb = lmdb_run(path, &lmdb_file);
  const double time_ratio = beside / alone, size_ratio = (double)file[1] / (double)live[1];
  printf("%llu transactions of %llu updates on %llu records\n", (unsigned long long)transactions,
         (unsigned long long)updates, (unsigned long long)records);
  printf("without reader: %.1f us a transaction, file %.1f MiB, live %.1f MiB\n", alone * 1e6,
         (double)file[0] / 1048576, (double)live[0] / 1048576);
  printf("with reader:    %.1f us a transaction, file %.1f MiB, live %.1f MiB\n", beside * 1e6,
         (double)file[1] / 1048576, (double)live[1] / 1048576);
  printf("LMDB with one:  %.1f us a transaction, file %.1f MiB\n", lmdb * 1e6, (double)lmdb_file / 1048576);
  printf("time ratio %.2f (target 1.20), file to live data %.2f (target 3.00)\n", time_ratio, size_ratio);
  return time_ratio > 1.2 || size_ratio > 3;
}
