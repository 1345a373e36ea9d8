/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Latency of a steady stream of small commits that wait for no flush, while all of them become durable every so many bytes: this
 * engine with the steady points made by its thread, by the commit that reaches the threshold, and under the writer lock; and
 * LMDB with MDB_NOSYNC and mdb_env_sync(), by a thread of its own and by the writer. In turns.
 *
 * A commit is wanted every so many microseconds, whether the one before it is ready or not: its latency counts from then on, as those
 * see it who wait for it. A flush in the way of one is in the way of all that are wanted meanwhile.
 *
 * Usage: stream [-d FOLDER] [-n COMMITS] [-r ROUNDS] [-i MICROSECONDS] [-s MIB]; the folder decides about the disk.
 */
#include "common.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <unistd.h>

enum { ROUNDS_MAX = 9, VALUE = 100, RECORDS = 200000 };
enum engine { BY_THREAD, BY_COMMIT, UNDER_LOCK, LMDB_THREAD, LMDB_WRITER, ENGINES };

static const char *const names[ENGINES] = {"libmdbx, sync_thread", "libmdbx, sync_bytes", "libmdbx, under the lock",
                                           "LMDB, thread syncs", "LMDB, writer syncs"};

struct stream {
  enum engine engine;
  unsigned commits;
  double interval; /* seconds */
  size_t bytes;    /* between steady points */
  MDBX_env *mdbx;
  MDB_env *lmdb;
  MDB_dbi dbi;
  size_t weak; /* LMDB: bytes since the last flush, by the pages that a commit of ours writes */
  _Atomic bool wanted, over;
};

enum { PAGES_A_COMMIT = 4 };

static void *sync_lmdb(void *argument) {
  struct stream *stream = argument;
  while (!atomic_load(&stream->over)) {
    if (atomic_exchange(&stream->wanted, false))
      must(mdb_env_sync(stream->lmdb, 1), "sync");
    usleep(200);
  }
  return NULL;
}

static void commit_mdbx(struct stream *stream, uint64_t key, void *value) {
  MDBX_txn *txn;
  MDBX_val k = {&key, sizeof(key)}, v = {value, VALUE};
  MDBX_envinfo info;
  must(mdbx_txn_begin(stream->mdbx, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
  must(mdbx_txn_commit(txn), "commit");
  if (stream->engine != UNDER_LOCK)
    return;
  must(mdbx_env_info_ex(stream->mdbx, NULL, &info, sizeof(info)), "info");
  if (info.mi_unsync_volume < stream->bytes)
    return;
  must(mdbx_txn_lock(stream->mdbx, false), "lock");
  must(mdbx_env_sync(stream->mdbx), "sync");
  must(mdbx_txn_unlock(stream->mdbx), "unlock");
}

static void commit_lmdb(struct stream *stream, uint64_t key, void *value) {
  MDB_txn *txn;
  MDB_val k = {sizeof(key), &key}, v = {VALUE, value};
  must(mdb_txn_begin(stream->lmdb, NULL, 0, &txn), "begin");
  must(mdb_put(txn, stream->dbi, &k, &v, 0), "put");
  must(mdb_txn_commit(txn), "commit");
  stream->weak += PAGES_A_COMMIT * 4096;
  if (stream->weak < stream->bytes)
    return;
  stream->weak = 0;
  if (stream->engine == LMDB_THREAD)
    atomic_store(&stream->wanted, true);
  else
    must(mdb_env_sync(stream->lmdb, 1), "sync");
}

static void open_lmdb(struct stream *stream, const char *path) {
  MDB_txn *txn;
  char value[VALUE] = {0};
  must(mdb_env_create(&stream->lmdb), "create");
  must(mdb_env_set_mapsize(stream->lmdb, (size_t)4 << 30), "mapsize");
  must(mdb_env_open(stream->lmdb, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600), "open");
  must(mdb_txn_begin(stream->lmdb, NULL, 0, &txn), "begin");
  must(mdb_dbi_open(txn, NULL, 0, &stream->dbi), "table");
  for (uint64_t i = 0; i < RECORDS; ++i) {
    uint64_t key = mix(i);
    MDB_val k = {sizeof(key), &key}, v = {VALUE, value};
    must(mdb_put(txn, stream->dbi, &k, &v, 0), "put");
  }
  must(mdb_txn_commit(txn), "commit");
  must(mdb_env_sync(stream->lmdb, 1), "sync");
}

static void open_mdbx(struct stream *stream, const char *path) {
  MDBX_txn *txn;
  char value[VALUE] = {0};
  must(mdbx_env_create(&stream->mdbx), "create");
  must(mdbx_env_set_geometry(stream->mdbx, 0, 0, (intptr_t)4 << 30, 16 << 20, 0, 4096), "geometry");
  must(mdbx_env_open(stream->mdbx, path, MDBX_NOSUBDIR | MDBX_SAFE_NOSYNC, 0600), "open");
  must(mdbx_txn_begin(stream->mdbx, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  for (uint64_t i = 0; i < RECORDS; ++i) {
    uint64_t key = mix(i);
    MDBX_val k = {&key, sizeof(key)}, v = {value, VALUE};
    must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
  }
  must(mdbx_txn_commit(txn), "commit");
  must(mdbx_env_sync(stream->mdbx), "sync");
  if (stream->engine != UNDER_LOCK)
    must(mdbx_env_set_option(stream->mdbx, MDBX_opt_sync_bytes, stream->bytes), "option");
  if (stream->engine == BY_THREAD)
    must(mdbx_env_set_option(stream->mdbx, MDBX_opt_sync_thread, 1), "option");
}

/* Sleeping would be late by itself. */
static void wait_until(double moment) {
  while (now() < moment)
    if (moment - now() > 1e-3)
      usleep(500);
}

static void run_stream(struct stream *stream, double *latencies) {
  char value[VALUE] = {1};
  const double begun = now();
  for (unsigned i = 0; i < stream->commits; ++i) {
    const double wanted = begun + i * stream->interval;
    const uint64_t key = mix(mix(i) % RECORDS);
    wait_until(wanted);
    if (stream->mdbx)
      commit_mdbx(stream, key, value);
    else
      commit_lmdb(stream, key, value);
    latencies[i] = (now() - wanted) * 1e6;
  }
}

static int by_value(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

struct result {
  double late, each, median, worst; /* microseconds: 999th of 1000, a commit of the whole time, and others */
};

static struct result measure(struct stream stream, const char *folder) {
  char path[512], lock[528];
  pthread_t thread;
  const bool lmdb = stream.engine >= LMDB_THREAD;
  snprintf(path, sizeof(path), "%s/stream-%d.db", folder, (int)getpid());
  snprintf(lock, sizeof(lock), "%s-%s", path, lmdb ? "lock" : "lck");
  if (lmdb)
    open_lmdb(&stream, path);
  else
    open_mdbx(&stream, path);
  if (stream.engine == LMDB_THREAD)
    must(pthread_create(&thread, NULL, sync_lmdb, &stream), "thread");
  double *latencies = calloc(stream.commits, sizeof(double));
  const double begun = now();
  run_stream(&stream, latencies);
  const double whole = (now() - begun) * 1e6;
  atomic_store(&stream.over, true);
  if (stream.engine == LMDB_THREAD)
    pthread_join(thread, NULL);
  if (lmdb)
    mdb_env_close(stream.lmdb);
  else
    mdbx_env_close(stream.mdbx);
  qsort(latencies, stream.commits, sizeof(double), by_value);
  const struct result result = {latencies[(size_t)stream.commits * 999 / 1000], whole / stream.commits,
                                latencies[stream.commits / 2], latencies[stream.commits - 1]};
  free(latencies);
  unlink(path);
  unlink(lock);
  return result;
}

int main(int argc, char **argv) {
  const char *folder = ".";
  unsigned rounds = 3;
  struct stream stream = {.commits = 60000, .interval = 100e-6, .bytes = (size_t)64 << 20};
  for (int option; (option = getopt(argc, argv, "d:n:r:i:s:")) != -1;) {
    const unsigned long number = option == 'd' ? 1 : strtoul(optarg ? optarg : "", NULL, 10);
    if (option == 'd')
      folder = optarg;
    else if (option == 'n' && number >= 1000)
      stream.commits = (unsigned)number;
    else if (option == 'r' && number >= 1 && number <= ROUNDS_MAX)
      rounds = (unsigned)number;
    else if (option == 'i' && number)
      stream.interval = (double)number * 1e-6;
    else if (option == 's' && number)
      stream.bytes = (size_t)number << 20;
    else {
      fprintf(stderr,
              "usage: stream [-d FOLDER] [-n COMMITS, from 1000] [-r ROUNDS, 1 to %d] [-i MICROSECONDS] [-s MIB]\n",
              ROUNDS_MAX);
      return 1;
    }
  }
  printf("weak commits of one put, one every %.0f us, durable every %zu MiB, median of %u rounds, microseconds\n",
         stream.interval * 1e6, stream.bytes >> 20, rounds);
  printf("%-24s %12s %12s %16s %12s\n", "engine", "a commit", "median", "999th of 1000", "worst");
  struct result results[ENGINES][ROUNDS_MAX];
  for (unsigned round = 0; round < rounds; ++round)
    for (stream.engine = 0; stream.engine < ENGINES; ++stream.engine)
      results[stream.engine][round] = measure(stream, folder);
  for (enum engine engine = 0; engine < ENGINES; ++engine) {
    qsort(results[engine], rounds, sizeof(struct result), by_value);
    const struct result *middle = &results[engine][rounds / 2];
    printf("%-24s %12.1f %12.1f %16.1f %12.1f\n", names[engine], middle->each, middle->median, middle->late,
           middle->worst);
  }
  return 0;
}
