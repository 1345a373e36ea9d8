/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Durable commits of one put by several threads, or processes, at a time: this engine with and without shared flushes, with
 * tickets, and LMDB, in turns. The latency of a commit with a ticket is the time until it is known to be durable.
 *
 * Usage: threads [-p] [-d FOLDER] [-n COMMITS] [-r ROUNDS]; -p: processes; the folder decides about the disk, and so about everything.
 */
#include "common.h"

#include <lmdb.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS_MAX = 16, ROUNDS_MAX = 9, VALUE = 100, TICKETS = 32 };
enum engine { GROUPED, ALONE, TICKETED, LMDB, ENGINES };

static const char *const names[ENGINES] = {"libmdbx", "without group_commit", "32 tickets a thread", "LMDB"};

struct database {
  enum engine engine;
  MDBX_env *mdbx;
  MDB_env *lmdb;
  MDB_dbi dbi;
  unsigned commits; /* of each thread */
  double *latencies;
};

struct worker {
  struct database *database;
  unsigned number;
  pthread_t thread;
};

static void commit_mdbx(const struct database *database, uint64_t key, void *value) {
  MDBX_txn *txn;
  MDBX_val k = {&key, sizeof(key)}, v = {value, VALUE};
  must(mdbx_txn_begin(database->mdbx, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
  must(mdbx_txn_commit(txn), "commit");
}

/* Commits of a thread that wait, in a ring. */
struct flight {
  MDBX_commit_ticket tickets[TICKETS];
  unsigned begun, ended;
};

/* Waits for the oldest ones until only so many are left that wait. */
static void land(const struct database *database, struct flight *flight, double *latencies, unsigned left) {
  while (flight->begun - flight->ended > left) {
    must(mdbx_env_wait_durable(database->mdbx, &flight->tickets[flight->ended % TICKETS], UINT32_MAX), "wait");
    latencies[flight->ended] = now() * 1e6 - latencies[flight->ended];
    flight->ended += 1;
  }
}

static void commit_ticket(const struct database *database, struct flight *flight, double *latencies, uint64_t key,
                          void *value) {
  MDBX_txn *txn;
  MDBX_val k = {&key, sizeof(key)}, v = {value, VALUE};
  land(database, flight, latencies, TICKETS - 1);
  latencies[flight->begun] = now() * 1e6;
  must(mdbx_txn_begin(database->mdbx, NULL, MDBX_TXN_READWRITE, &txn), "begin");
  must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
  must(mdbx_txn_commit_ticket(txn, &flight->tickets[flight->begun % TICKETS], NULL), "commit");
  flight->begun += 1;
}

static void commit_lmdb(const struct database *database, uint64_t key, void *value) {
  MDB_txn *txn;
  MDB_val k = {sizeof(key), &key}, v = {VALUE, value};
  must(mdb_txn_begin(database->lmdb, NULL, 0, &txn), "begin");
  must(mdb_put(txn, database->dbi, &k, &v, 0), "put");
  must(mdb_txn_commit(txn), "commit");
}

static void *work(void *argument) {
  const struct worker *worker = argument;
  struct database *database = worker->database;
  char value[VALUE] = {0};
  struct flight flight = {.begun = 0};
  double *latencies = database->latencies + (size_t)worker->number * database->commits;
  for (unsigned i = 0; i < database->commits; ++i) {
    const uint64_t key = (uint64_t)(i * 2654435761u) << 8 | worker->number;
    const double begun = now();
    if (database->engine == TICKETED) {
      commit_ticket(database, &flight, latencies, key, value);
      continue;
    }
    if (database->engine == LMDB)
      commit_lmdb(database, key, value);
    else
      commit_mdbx(database, key, value);
    latencies[i] = (now() - begun) * 1e6;
  }
  land(database, &flight, latencies, 0);
  return NULL;
}

static void open_database(struct database *database, const char *path) {
  if (database->engine == LMDB) {
    MDB_txn *txn;
    must(mdb_env_create(&database->lmdb), "create");
    must(mdb_env_set_mapsize(database->lmdb, (size_t)1 << 30), "mapsize");
    must(mdb_env_open(database->lmdb, path, MDB_NOSUBDIR, 0600), "open");
    must(mdb_txn_begin(database->lmdb, NULL, 0, &txn), "begin");
    must(mdb_dbi_open(txn, NULL, 0, &database->dbi), "table");
    must(mdb_txn_commit(txn), "commit");
    return;
  }
  must(mdbx_env_create(&database->mdbx), "create");
  must(mdbx_env_set_geometry(database->mdbx, 0, 0, 1 << 30, 4 << 20, 0, 4096), "geometry");
  must(mdbx_env_open(database->mdbx, path, MDBX_NOSUBDIR, 0600), "open");
  must(mdbx_env_set_option(database->mdbx, MDBX_opt_group_commit, database->engine != ALONE), "option");
}

static int by_value(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void close_database(struct database *database) {
  if (database->engine == LMDB)
    mdb_env_close(database->lmdb);
  else
    mdbx_env_close(database->mdbx);
}

static void run_threads(struct worker *workers, unsigned count) {
  for (unsigned i = 0; i < count; ++i)
    must(pthread_create(&workers[i].thread, NULL, work, &workers[i]), "thread");
  for (unsigned i = 0; i < count; ++i)
    pthread_join(workers[i].thread, NULL);
}

/* Each opens the database for itself. */
static void run_processes(struct database *database, struct worker *workers, unsigned count, const char *path) {
  int status, failed = 0;
  close_database(database);
  for (unsigned i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      open_database(database, path);
      work(&workers[i]);
      close_database(database);
      _exit(0);
    }
    must(child < 0, "fork");
  }
  while (wait(&status) > 0)
    failed |= status;
  must(failed, "a process");
  open_database(database, path);
}

struct result {
  double each, median, late; /* microseconds: a commit, of all threads together; latencies */
};

static struct result measure(enum engine engine, const char *folder, unsigned threads, unsigned commits,
                             bool processes) {
  struct database database = {.engine = engine, .commits = commits / threads};
  struct worker workers[THREADS_MAX];
  char path[512], lock[528];
  snprintf(path, sizeof(path), "%s/threads-%d.db", folder, (int)getpid());
  snprintf(lock, sizeof(lock), "%s-%s", path, engine == LMDB ? "lock" : "lck");
  open_database(&database, path);
  const size_t total = (size_t)database.commits * threads;
  database.latencies = mmap(NULL, total * sizeof(double), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(database.latencies == MAP_FAILED, "memory");
  for (unsigned i = 0; i < threads; ++i)
    workers[i] = (struct worker){.database = &database, .number = i};
  const double begun = now();
  if (processes)
    run_processes(&database, workers, threads, path);
  else
    run_threads(workers, threads);
  const double whole = (now() - begun) * 1e6;
  close_database(&database);
  qsort(database.latencies, total, sizeof(double), by_value);
  const struct result result = {whole / (double)total, database.latencies[total / 2],
                                database.latencies[total * 99 / 100]};
  munmap(database.latencies, total * sizeof(double));
  unlink(path);
  unlink(lock);
  return result;
}

static int by_each(const void *a, const void *b) {
  return by_value(&((const struct result *)a)->each, &((const struct result *)b)->each);
}

int main(int argc, char **argv) {
  const char *folder = ".";
  unsigned commits = 1600, rounds = 3;
  bool processes = false;
  for (int option; (option = getopt(argc, argv, "pd:n:r:")) != -1;) {
    if (option == 'p')
      processes = true;
    else if (option == 'd')
      folder = optarg;
    else if (option == 'n')
      commits = (unsigned)strtoul(optarg, NULL, 10);
    else if (option == 'r')
      rounds = (unsigned)strtoul(optarg, NULL, 10);
    else
      return 1;
  }
  if (commits < THREADS_MAX || rounds < 1 || rounds > ROUNDS_MAX) {
    fprintf(stderr, "threads: from %d commits, 1 to %d rounds\n", THREADS_MAX, ROUNDS_MAX);
    return 1;
  }
  printf("durable commits of one put, median of %u rounds, microseconds\n", rounds);
  printf("%7s %-22s %10s %15s %14s\n", processes ? "process" : "threads", "engine", "a commit", "median latency",
         "99th of 100");
  for (unsigned threads = 1; threads <= THREADS_MAX; threads *= 2) {
    struct result results[ENGINES][ROUNDS_MAX];
    for (unsigned round = 0; round < rounds; ++round)
      for (enum engine engine = 0; engine < ENGINES; ++engine)
        results[engine][round] = measure(engine, folder, threads, commits, processes);
    for (enum engine engine = 0; engine < ENGINES; ++engine) {
      qsort(results[engine], rounds, sizeof(struct result), by_each);
      const struct result *middle = &results[engine][rounds / 2];
      printf("%7u %-22s %10.1f %15.1f %14.1f\n", threads, names[engine], middle->each, middle->median, middle->late);
    }
    fflush(stdout);
  }
  return 0;
}
