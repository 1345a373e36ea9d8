/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speed of this engine beside liblmdb, in one run, row by row.
 *
 * Usage: bench_peers [-n records] [-d folder] [-r rounds] [-m mode] [-c] [row...]
 * Rows: see the table `rows`. The row getmany has the lookups of get, ours done with mdbx_get_many(). Each round runs a row
 * on both engines in turn; the table shows the medians and their ratio (LMDB's time divided by ours: above 1 is faster than
 * LMDB). Modes are utterly (default), safe, writemap: MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC with
 * MDBX_WRITEMAP, beside MDB_NOSYNC, the last one with MDB_WRITEMAP. -c counts the time of the processor, for a machine
 * that has other things to do.
 */

#include "common.h"

#include <lmdb.h>
#include <string.h>
#include <unistd.h>

enum { VALUE = 100, SMALL = 32, ROUNDS_MAX = 15, VALUES_PER_KEY = 100, TABLES = 1000 };
enum table { PLAIN, INTEGERS, MULTI, ARRAYS };
enum mode { UTTERLY, SAFE, WRITEMAP, DURABLE };
enum how { UPSERT, APPENDED };

static int processor_time;

static double clock_now(void) {
  struct timespec t;
  clock_gettime(processor_time ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

struct engine {
  const char *name;
  void *(*open)(const char *path, enum mode mode, enum table table);
  void (*close)(void *handle);
  void (*begin)(void *handle, int reading);
  void (*commit)(void *handle);
  void (*put)(void *handle, uint64_t key, const void *value, size_t length, enum how how);
  int (*get)(void *handle, uint64_t key);
  void (*del)(void *handle, uint64_t key);
  uint64_t (*scan)(void *handle, int back);
  void (*make_tables)(void *handle); /* so many as TABLES */
  void (*use_table)(void *handle, unsigned number);
  void (*put_array)(void *handle, uint64_t key, const void *values, size_t length, size_t count);
};

/* ------------------------------------------------------------------------------------------------------------ ours */

struct ours {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi, tables[TABLES];
};

static const MDBX_env_flags_t our_modes[] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC, MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP,
                                             MDBX_SYNC_DURABLE};
static const MDBX_db_flags_t our_tables[] = {MDBX_DB_DEFAULTS, MDBX_INTEGERKEY, MDBX_DUPSORT,
                                             MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP};

static void *ours_open(const char *path, enum mode mode, enum table table) {
  struct ours *o = calloc(1, sizeof(*o));
  must(mdbx_env_create(&o->env), "create");
  must(mdbx_env_set_maxdbs(o->env, TABLES), "tables");
  must(mdbx_env_set_geometry(o->env, 0, -1, (intptr_t)16 << 30, 16 << 20, -1, 4096), "geometry");
  must(mdbx_env_open(o->env, path, MDBX_NOSUBDIR | MDBX_LIFORECLAIM | our_modes[mode], 0644), "open");
  must(mdbx_txn_begin_ex(o->env, NULL, MDBX_TXN_READWRITE, &o->txn, NULL), "begin");
  must(mdbx_dbi_open(o->txn, NULL, MDBX_CREATE | our_tables[table], &o->dbi), "dbi");
  must(mdbx_txn_commit_ex(o->txn, NULL), "commit");
  return o;
}

static void ours_close(void *h) {
  struct ours *o = h;
  mdbx_env_close_ex(o->env, true);
  free(o);
}

static void ours_begin(void *h, int reading) {
  struct ours *o = h;
  must(mdbx_txn_begin_ex(o->env, NULL, reading ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE, &o->txn, NULL), "begin");
}

static void ours_commit(void *h) { must(mdbx_txn_commit_ex(((struct ours *)h)->txn, NULL), "commit"); }

static void ours_put(void *h, uint64_t key, const void *value, size_t length, enum how how) {
  MDBX_val k = {&key, sizeof(key)}, v = {(void *)(uintptr_t)value, length};
  struct ours *o = h;
  must(mdbx_put(o->txn, o->dbi, &k, &v, how == APPENDED ? MDBX_APPEND : MDBX_UPSERT), "put");
}

static int ours_get(void *h, uint64_t key) {
  MDBX_val k = {&key, sizeof(key)}, v;
  return mdbx_get(((struct ours *)h)->txn, 1, &k, &v) == 0 ? *(const unsigned char *)v.iov_base : -1;
}

static void ours_del(void *h, uint64_t key) {
  MDBX_val k = {&key, sizeof(key)};
  mdbx_del(((struct ours *)h)->txn, 1, &k, NULL);
}

static uint64_t ours_scan(void *h, int back) {
  MDBX_cursor *cursor;
  MDBX_val k, v;
  uint64_t sum = 0;
  must(mdbx_cursor_open(((struct ours *)h)->txn, 1, &cursor), "cursor");
  while (mdbx_cursor_get(cursor, &k, &v, back ? MDBX_PREV : MDBX_NEXT) == 0)
    sum += *(const unsigned char *)v.iov_base;
  mdbx_cursor_close(cursor);
  return sum;
}

static const char *name_of_table(unsigned number) {
  static char name[16];
  snprintf(name, sizeof(name), "table%u", number);
  return name;
}

static void ours_make_tables(void *h) {
  struct ours *o = h;
  ours_begin(h, 0);
  for (unsigned i = 0; i < TABLES; ++i)
    must(mdbx_dbi_open(o->txn, name_of_table(i), MDBX_CREATE, &o->tables[i]), "table");
  ours_commit(h);
}

static void ours_use_table(void *h, unsigned number) {
  struct ours *o = h;
  o->dbi = o->tables[number];
}

static void ours_put_array(void *h, uint64_t key, const void *values, size_t length, size_t count) {
  MDBX_val k = {&key, sizeof(key)}, v[2] = {{(void *)(uintptr_t)values, length}, {NULL, count}};
  struct ours *o = h;
  must(mdbx_put(o->txn, o->dbi, &k, v, MDBX_MULTIPLE), "put array");
}

static const struct engine ours = {"mdbx",   ours_open, ours_close,       ours_begin,     ours_commit,   ours_put,
                                   ours_get, ours_del,  ours_scan, ours_make_tables, ours_use_table, ours_put_array};

/* ------------------------------------------------------------------------------------------------------------ LMDB */

struct peer {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi, tables[TABLES];
};

static const unsigned peer_modes[] = {MDB_NOSYNC, MDB_NOSYNC, MDB_NOSYNC | MDB_WRITEMAP, 0};
static const unsigned peer_tables[] = {0, MDB_INTEGERKEY, MDB_DUPSORT, MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP};

static void *peer_open(const char *path, enum mode mode, enum table table) {
  struct peer *p = calloc(1, sizeof(*p));
  must(mdb_env_create(&p->env), "create");
  must(mdb_env_set_maxdbs(p->env, TABLES), "tables");
  must(mdb_env_set_mapsize(p->env, (size_t)16 << 30), "mapsize");
  must(mdb_env_open(p->env, path, MDB_NOSUBDIR | peer_modes[mode], 0644), "open");
  must(mdb_txn_begin(p->env, NULL, 0, &p->txn), "begin");
  must(mdb_dbi_open(p->txn, NULL, MDB_CREATE | peer_tables[table], &p->dbi), "dbi");
  must(mdb_txn_commit(p->txn), "commit");
  return p;
}

static void peer_close(void *h) {
  struct peer *p = h;
  mdb_env_close(p->env);
  free(p);
}

static void peer_begin(void *h, int reading) {
  struct peer *p = h;
  must(mdb_txn_begin(p->env, NULL, reading ? MDB_RDONLY : 0, &p->txn), "begin");
}

static void peer_commit(void *h) { must(mdb_txn_commit(((struct peer *)h)->txn), "commit"); }

static void peer_put(void *h, uint64_t key, const void *value, size_t length, enum how how) {
  struct peer *p = h;
  MDB_val k = {sizeof(key), &key}, v = {length, (void *)(uintptr_t)value};
  must(mdb_put(p->txn, p->dbi, &k, &v, how == APPENDED ? MDB_APPEND : 0), "put");
}

static int peer_get(void *h, uint64_t key) {
  struct peer *p = h;
  MDB_val k = {sizeof(key), &key}, v;
  return mdb_get(p->txn, p->dbi, &k, &v) == 0 ? *(const unsigned char *)v.mv_data : -1;
}

static void peer_del(void *h, uint64_t key) {
  struct peer *p = h;
  MDB_val k = {sizeof(key), &key};
  mdb_del(p->txn, p->dbi, &k, NULL);
}

static uint64_t peer_scan(void *h, int back) {
  struct peer *p = h;
  MDB_cursor *cursor;
  MDB_val k, v;
  uint64_t sum = 0;
  must(mdb_cursor_open(p->txn, p->dbi, &cursor), "cursor");
  while (mdb_cursor_get(cursor, &k, &v, back ? MDB_PREV : MDB_NEXT) == 0)
    sum += *(const unsigned char *)v.mv_data;
  mdb_cursor_close(cursor);
  return sum;
}

static void peer_make_tables(void *h) {
  struct peer *p = h;
  peer_begin(h, 0);
  for (unsigned i = 0; i < TABLES; ++i)
    must(mdb_dbi_open(p->txn, name_of_table(i), MDB_CREATE, &p->tables[i]), "table");
  peer_commit(h);
}

static void peer_use_table(void *h, unsigned number) {
  struct peer *p = h;
  p->dbi = p->tables[number];
}

/* LMDB takes them with a cursor only. */
static void peer_put_array(void *h, uint64_t key, const void *values, size_t length, size_t count) {
  MDB_val k = {sizeof(key), &key}, v[2] = {{length, (void *)(uintptr_t)values}, {count, NULL}};
  struct peer *p = h;
  MDB_cursor *cursor;
  must(mdb_cursor_open(p->txn, p->dbi, &cursor), "cursor");
  must(mdb_cursor_put(cursor, &k, v, MDB_MULTIPLE), "put array");
  mdb_cursor_close(cursor);
}

static const struct engine peer = {"lmdb",   peer_open, peer_close,       peer_begin,     peer_commit,   peer_put,
                                   peer_get, peer_del,  peer_scan, peer_make_tables, peer_use_table, peer_put_array};

/* ------------------------------------------------------------------------------------------------------------ rows */

static uint64_t records = 1000000;
static volatile uint64_t sink;

/* Neighbouring keys in the order of bytes. */
static uint64_t ordered(uint64_t i) { return __builtin_bswap64(i + 1); }

static uint64_t counted(uint64_t i) { return i + 1; }

static double load(const struct engine *e, void *h, uint64_t (*key_of)(uint64_t), size_t length, enum how how) {
  unsigned char value[VALUE];
  memset(value, 7, sizeof(value));
  const double start = clock_now();
  for (uint64_t i = 0; i < records;) {
    e->begin(h, 0);
    for (int n = 0; n < 1000 && i < records; ++n, ++i)
      e->put(h, key_of(i), value, length, how);
    e->commit(h);
  }
  return clock_now() - start;
}

static double row_load(const struct engine *e, void *h) { return load(e, h, mix, VALUE, UPSERT); }

static double row_append(const struct engine *e, void *h) { return load(e, h, ordered, VALUE, APPENDED); }

static double row_inorder(const struct engine *e, void *h) { return load(e, h, ordered, VALUE, UPSERT); }

static double row_integers(const struct engine *e, void *h) { return load(e, h, counted, SMALL, UPSERT); }

/* So many values for each of the keys, in no order. */
static double load_values(const struct engine *e, void *h, uint64_t keys, size_t length) {
  unsigned char value[SMALL] = {0};
  const double start = clock_now();
  for (uint64_t i = 0; i < records;) {
    e->begin(h, 0);
    for (int n = 0; n < 1000 && i < records; ++n, ++i) {
      const uint64_t number = mix(i);
      memcpy(value, &number, sizeof(number));
      e->put(h, mix(i % keys), value, length, UPSERT);
    }
    e->commit(h);
  }
  return clock_now() - start;
}

static double row_multi(const struct engine *e, void *h) {
  return load_values(e, h, records / VALUES_PER_KEY + 1, SMALL);
}

static double row_arrays(const struct engine *e, void *h) {
  return load_values(e, h, records / VALUES_PER_KEY + 1, sizeof(uint64_t));
}

/* Long arrays: as many values as there are records, of a thousand keys. */
static double row_longarr(const struct engine *e, void *h) { return load_values(e, h, 1000, sizeof(uint64_t)); }

/* A thousand values a call, in order, of a thousand keys in turn. */
static double row_multiple(const struct engine *e, void *h) {
  enum { BATCH = 1000, KEYS = 1000 };
  static uint64_t values[BATCH];
  const double start = clock_now();
  for (uint64_t i = 0; i < records; i += BATCH) {
    for (uint64_t n = 0; n < BATCH; ++n)
      values[n] = i * BATCH + n * KEYS;
    e->begin(h, 0);
    e->put_array(h, mix(i / BATCH % KEYS), values, sizeof(values[0]), BATCH);
    e->commit(h);
  }
  return clock_now() - start;
}

/* Long values, new and then others in their place; as many bytes as the records of other rows have. */
static double large(const struct engine *e, void *h, size_t length) {
  unsigned char *value = calloc(1, length);
  const uint64_t count = records * (VALUE + sizeof(uint64_t)) / length + 10;
  const double start = clock_now();
  for (uint64_t i = 0; i < 2 * count; ++i) {
    value[i % length] = (unsigned char)i;
    e->begin(h, 0);
    e->put(h, mix(i % count), value, length, UPSERT);
    e->commit(h);
  }
  const double spent = clock_now() - start;
  free(value);
  return spent;
}

static double row_64k(const struct engine *e, void *h) { return large(e, h, 64 << 10); }

static double row_1m(const struct engine *e, void *h) { return large(e, h, 1 << 20); }

/* A put a transaction, each into another table. */
static double row_tables(const struct engine *e, void *h) {
  unsigned char value[VALUE];
  memset(value, 3, sizeof(value));
  e->make_tables(h);
  const double start = clock_now();
  for (uint64_t i = 0; i < 20000; ++i) {
    e->use_table(h, (unsigned)(mix(i) % TABLES));
    e->begin(h, 0);
    e->put(h, mix(i), value, VALUE, UPSERT);
    e->commit(h);
  }
  return clock_now() - start;
}

/* So many puts a transaction: new keys, or keys that are there. */
static double small_transactions(const struct engine *e, void *h, uint64_t transactions, int puts, uint64_t base) {
  unsigned char value[VALUE];
  memset(value, 9, sizeof(value));
  const double start = clock_now();
  for (uint64_t i = 0; i < transactions; ++i) {
    e->begin(h, 0);
    for (int n = 0; n < puts; ++n) {
      const uint64_t number = i * (uint64_t)puts + (uint64_t)n;
      e->put(h, base ? mix(records + base + number) : mix(mix(number * 11) % records), value, VALUE, UPSERT);
    }
    e->commit(h);
  }
  return clock_now() - start;
}

static double row_oneput(const struct engine *e, void *h) { return small_transactions(e, h, 50000, 1, 1u << 29); }

static double row_update(const struct engine *e, void *h) { return small_transactions(e, h, 50000, 1, 0); }

/* One put a transaction right after a transaction of many. */
static double row_after(const struct engine *e, void *h) {
  unsigned char value[VALUE];
  memset(value, 5, sizeof(value));
  e->begin(h, 0);
  for (uint64_t i = 0; i < 100000; ++i)
    e->put(h, mix(i % records), value, VALUE, UPSERT);
  e->commit(h);
  return row_oneput(e, h);
}

static double row_ten(const struct engine *e, void *h) { return small_transactions(e, h, 10000, 10, 0); }

static double row_thousand(const struct engine *e, void *h) { return small_transactions(e, h, 200, 1000, 0); }

static double row_get(const struct engine *e, void *h) {
  const uint64_t gets = records < 2000000 ? 2000000 : records / 2;
  e->begin(h, 1);
  const double start = clock_now();
  for (uint64_t i = 0; i < gets; ++i)
    sink += (uint64_t)e->get(h, mix(mix(i * 7) % records));
  const double spent = clock_now() - start;
  e->commit(h);
  return spent;
}

/* The same lookups with many a call; LMDB has only single ones. */
static double row_getmany(const struct engine *e, void *h) {
  enum { BATCH = 256 };
  const uint64_t gets = records < 2000000 ? 2000000 : records / 2;
  static uint64_t bytes[BATCH];
  static MDBX_val keys[BATCH], values[BATCH];
  static int codes[BATCH];
  if (e == &peer)
    return row_get(e, h);
  e->begin(h, 1);
  const double start = clock_now();
  for (uint64_t i = 0; i < gets;) {
    size_t n = 0;
    for (; n < BATCH && i < gets; ++n, ++i) {
      bytes[n] = mix(mix(i * 7) % records);
      keys[n] = (MDBX_val){&bytes[n], sizeof(bytes[n])};
    }
    must(mdbx_get_many(((struct ours *)h)->txn, 1, keys, values, codes, n), "get many");
    for (size_t at = 0; at < n; ++at)
      sink += codes[at] == 0 ? *(const unsigned char *)values[at].iov_base : 1u;
  }
  const double spent = clock_now() - start;
  e->commit(h);
  return spent;
}

static double scan(const struct engine *e, void *h, int back) {
  e->begin(h, 1);
  const double start = clock_now();
  sink += e->scan(h, back);
  const double spent = clock_now() - start;
  e->commit(h);
  return spent;
}

static double row_scan(const struct engine *e, void *h) { return scan(e, h, 0); }

static double row_back(const struct engine *e, void *h) { return scan(e, h, 1); }

/* Five operations a transaction: two reads, an insert, an update, a delete. */
static double crud(const struct engine *e, void *h, uint64_t transactions, uint64_t base) {
  unsigned char value[VALUE];
  memset(value, 9, sizeof(value));
  const double start = clock_now();
  for (uint64_t i = 0; i < transactions; ++i) {
    e->begin(h, 0);
    sink += (uint64_t)e->get(h, mix(mix(i * 3) % records));
    sink += (uint64_t)e->get(h, mix(mix(i * 5) % records));
    e->put(h, mix(records + base + i), value, VALUE, UPSERT);
    e->put(h, mix(mix(i * 11) % records), value, VALUE, UPSERT);
    e->del(h, mix(records + base + i / 2));
    e->commit(h);
  }
  return clock_now() - start;
}

static double row_crud(const struct engine *e, void *h) { return crud(e, h, 50000, 1u << 30); }

static double row_durable(const struct engine *e, void *h) { return crud(e, h, 3000, 1u << 31); }

enum { LOADS = 1, FLUSHES = 2 };

struct row {
  const char *name;
  double (*run)(const struct engine *e, void *h);
  unsigned kind;
  enum table table;
  double (*before)(const struct engine *e, void *h);
};

static const struct row rows[] = {
    {"load", row_load, LOADS, PLAIN, NULL},
    {"append", row_append, LOADS, PLAIN, NULL},
    {"inorder", row_inorder, LOADS, PLAIN, NULL},
    {"integers", row_integers, LOADS, INTEGERS, NULL},
    {"multi", row_multi, LOADS, MULTI, NULL},
    {"arrays", row_arrays, LOADS, ARRAYS, NULL},
    {"longarr", row_longarr, LOADS, ARRAYS, NULL},
    {"multiple", row_multiple, LOADS, ARRAYS, NULL},
    {"64k", row_64k, LOADS, PLAIN, NULL},
    {"1m", row_1m, LOADS, PLAIN, NULL},
    {"tables", row_tables, LOADS, PLAIN, NULL},
    {"oneput", row_oneput, 0, PLAIN, row_load},
    {"update", row_update, 0, PLAIN, row_load},
    {"after", row_after, 0, PLAIN, row_load},
    {"ten", row_ten, 0, PLAIN, row_load},
    {"thousand", row_thousand, 0, PLAIN, row_load},
    {"crud", row_crud, 0, PLAIN, row_load},
    {"get", row_get, 0, PLAIN, row_load},
    {"getmany", row_getmany, 0, PLAIN, row_load},
    {"scan", row_scan, 0, PLAIN, row_load},
    {"back", row_back, 0, PLAIN, row_load},
    {"scandups", row_scan, 0, MULTI, row_multi},
    {"backdups", row_back, 0, MULTI, row_multi},
    {"scanfix", row_scan, 0, ARRAYS, row_arrays},
    {"durable", row_durable, FLUSHES, PLAIN, row_load},
};

static int by_value(const void *a, const void *b) {
  const double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static void remove_files(const char *path) {
  char other[600];
  unlink(path);
  snprintf(other, sizeof(other), "%s-lck", path);
  unlink(other);
  snprintf(other, sizeof(other), "%s-lock", path);
  unlink(other);
}

static void *prepare(const struct engine *e, const char *path, const struct row *row, enum mode mode) {
  remove_files(path);
  void *h = e->open(path, mode, row->table);
  if (!row->before)
    return h;
  row->before(e, h);
  e->close(h);
  return e->open(path, row->kind & FLUSHES ? DURABLE : mode, row->table);
}

static void run_row(const struct row *row, const char *folder, int rounds, enum mode mode) {
  const struct engine *engines[2] = {&ours, &peer};
  double spent[2][ROUNDS_MAX];
  void *handles[2] = {NULL, NULL};
  char paths[2][512];
  for (int i = 0; i < 2; ++i)
    snprintf(paths[i], sizeof(paths[i]), "%s/bench-%s.db", folder, engines[i]->name);
  for (int round = 0; round < rounds; ++round)
    for (int i = 0; i < 2; ++i) {
      const int fresh = round == 0 || row->kind & LOADS;
      if (fresh && handles[i])
        engines[i]->close(handles[i]);
      if (fresh)
        handles[i] = prepare(engines[i], paths[i], row, mode);
      spent[i][round] = row->run(engines[i], handles[i]);
    }
  for (int i = 0; i < 2; ++i) {
    engines[i]->close(handles[i]);
    remove_files(paths[i]);
    qsort(spent[i], (size_t)rounds, sizeof(double), by_value);
  }
  printf("%-8s %10.3f %10.3f %8.2f\n", row->name, spent[0][rounds / 2], spent[1][rounds / 2],
         spent[1][rounds / 2] / spent[0][rounds / 2]);
  fflush(stdout);
}

static const char *const modes[] = {"utterly", "safe", "writemap"};

int main(int argc, char **argv) {
  const char *folder = "/dev/shm";
  int option, rounds = 3, mode = UTTERLY;
  while ((option = getopt(argc, argv, "n:d:r:m:ch")) != -1)
    switch (option) {
    case 'n':
      records = strtoull(optarg, NULL, 10);
      break;
    case 'd':
      folder = optarg;
      break;
    case 'r':
      rounds = atoi(optarg);
      break;
    case 'm':
      for (mode = UTTERLY; mode <= WRITEMAP && strcmp(optarg, modes[mode]) != 0; ++mode)
        ;
      break;
    case 'c':
      processor_time = 1;
      break;
    default:
      fprintf(option == 'h' ? stdout : stderr,
              "usage: %s [-n records] [-d folder] [-r rounds] [-m utterly|safe|writemap] [-c] [row ...]\n", argv[0]);
      return option != 'h';
    }
  if (rounds < 1 || rounds > ROUNDS_MAX || !records || mode > WRITEMAP) {
    fprintf(stderr, "%s: rounds are 1 to %d, records more than 0, modes utterly, safe, writemap\n", argv[0], ROUNDS_MAX);
    return 1;
  }
  printf("%llu records of 8+%d bytes in %s, mode %s, median of %d\n%-8s %10s %10s %8s\n", (unsigned long long)records,
         VALUE, folder, modes[mode], rounds, "row", "mdbx s", "lmdb s", "ratio");
  for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); ++r) {
    int wanted = optind == argc;
    for (int i = optind; i < argc; ++i)
      wanted |= strcmp(argv[i], rows[r].name) == 0;
    if (wanted)
      run_row(&rows[r], folder, rounds, (enum mode)mode);
  }
  return 0;
}
