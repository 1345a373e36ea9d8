/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many records fit a map before MDB_MAP_FULL, with whatever LMDB it is linked with.
 *
 * Usage: capacity FOLDER
 * For map sizes of 8 to 256 pages and values of several lengths a line
 *   PAGES LENGTH HOW RECORDS LEFT WANTED ADDED LEFT ADDED
 * HOW is "each" (a transaction for each record) or "once" (as many as go into one that commits). What stands behind the
 * number of records came after: a half of them was deleted, but for LEFT that could not be, and of WANTED records that
 * many could be added again; then the same once more with all records deleted.
 */
#include <lmdb.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { VALUE_MAX = 4000, ALONE = 20 };

struct map {
  MDB_env *env;
  MDB_dbi dbi;
  unsigned pages, length;
  const char *how;
};

static void must(const struct map *map, int rc, const char *what) {
  if (rc == MDB_SUCCESS)
    return;
  printf("%u pages, values of %u, %s: %s: %s\n", map->pages, map->length, map->how, what, mdb_strerror(rc));
  exit(2);
}

static void open_map(struct map *map, const char *path) {
  MDB_txn *txn;
  char lock[600];
  snprintf(lock, sizeof(lock), "%s-lock", path);
  unlink(path);
  unlink(lock);
  must(map, mdb_env_create(&map->env), "create");
  must(map, mdb_env_set_mapsize(map->env, (size_t)map->pages * 4096), "map size");
  must(map, mdb_env_open(map->env, path, MDB_NOSUBDIR | MDB_NOSYNC, 0600), "open");
  must(map, mdb_txn_begin(map->env, NULL, 0, &txn), "begin");
  must(map, mdb_dbi_open(txn, NULL, 0, &map->dbi), "table");
  must(map, mdb_txn_commit(txn), "commit");
}

static int put(const struct map *map, MDB_txn *txn, unsigned number) {
  static char bytes[VALUE_MAX];
  char text[16];
  snprintf(text, sizeof(text), "%08u", number);
  MDB_val key = {8, text}, value = {map->length, bytes};
  return mdb_put(txn, map->dbi, &key, &value, 0);
}

/* A transaction with the records from first on; rc of the put or commit that failed. */
static int add(const struct map *map, unsigned first, unsigned count) {
  MDB_txn *txn;
  int rc = MDB_SUCCESS;
  must(map, mdb_txn_begin(map->env, NULL, 0, &txn), "begin");
  for (unsigned i = 0; i < count && rc == MDB_SUCCESS; ++i)
    rc = put(map, txn, first + i);
  if (rc == MDB_SUCCESS)
    return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return rc;
}

static unsigned fill_each(const struct map *map) {
  unsigned stored = 0;
  int rc;
  while ((rc = add(map, stored, 1)) == MDB_SUCCESS)
    ++stored;
  must(map, rc == MDB_MAP_FULL ? MDB_SUCCESS : rc, "filling");
  return stored;
}

/* As many as go into a transaction that commits; what could not be committed leaves nothing. */
static unsigned fill_once(const struct map *map) {
  MDB_txn *txn;
  unsigned stored = 0;
  int rc;
  must(map, mdb_txn_begin(map->env, NULL, 0, &txn), "begin");
  while ((rc = put(map, txn, stored)) == MDB_SUCCESS)
    ++stored;
  mdb_txn_abort(txn);
  must(map, rc == MDB_MAP_FULL ? MDB_SUCCESS : rc, "filling");
  while ((rc = add(map, 0, stored)) == MDB_MAP_FULL && stored)
    --stored;
  must(map, rc, "as many as fit");
  return stored;
}

static int delete (const struct map *map, unsigned first, unsigned count) {
  MDB_txn *txn;
  char text[16];
  int rc = MDB_SUCCESS;
  must(map, mdb_txn_begin(map->env, NULL, 0, &txn), "begin");
  for (unsigned i = 0; i < count && rc == MDB_SUCCESS; ++i) {
    snprintf(text, sizeof(text), "%08u", first + i);
    MDB_val key = {8, text};
    rc = mdb_del(txn, map->dbi, &key, NULL);
  }
  if (rc == MDB_SUCCESS)
    return mdb_txn_commit(txn);
  mdb_txn_abort(txn);
  return rc;
}

/* Deletes a range of records, some of them in a transaction each; how many are gone. */
static unsigned remove_range(const struct map *map, unsigned first, unsigned count) {
  const unsigned alone = count < ALONE ? count : ALONE;
  unsigned deleted = 0;
  while (deleted < alone && delete (map, first + deleted, 1) == MDB_SUCCESS)
    ++deleted;
  if (deleted < alone || delete (map, first + alone, count - alone) != MDB_SUCCESS)
    return deleted;
  return count;
}

static unsigned add_some(const struct map *map, unsigned wanted) {
  unsigned added = 0;
  while (added < wanted && add(map, added, 1) == MDB_SUCCESS)
    ++added;
  return added;
}

/* Half of the records go, and some come again; all go, and some come again. LMDB itself cannot always do this, so it is
 * printed and not judged here. */
static void churn(const struct map *map, unsigned stored) {
  const unsigned half = (stored + 1) / 2, wanted = half / 2 < ALONE ? half / 2 : ALONE;
  const unsigned first = remove_range(map, 0, half), added = add_some(map, wanted);
  unsigned rest = 0, again = 0;
  if (first == half)
    rest = remove_range(map, half, stored - half) + remove_range(map, 0, added);
  if (rest == stored - half + added)
    again = add_some(map, wanted);
  printf(" %u %u %u %u %u\n", half - first, wanted, added, stored - half + added - rest, again);
}

static void measure(const char *path, unsigned pages, unsigned length) {
  struct map map = {.pages = pages, .length = length, .how = "each"};
  open_map(&map, path);
  unsigned stored = fill_each(&map);
  printf("%u %u each %u", pages, length, stored);
  churn(&map, stored);
  mdb_env_close(map.env);
  map.how = "once";
  open_map(&map, path);
  stored = fill_once(&map);
  printf("%u %u once %u", pages, length, stored);
  churn(&map, stored);
  mdb_env_close(map.env);
}

int main(int argc, char *argv[]) {
  static const unsigned sizes[] = {8, 9, 10, 12, 14, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256};
  static const unsigned lengths[] = {3, 100, 1000, 1900};
  char path[512];
  if (argc != 2)
    return 2;
  snprintf(path, sizeof(path), "%s/data.mdb", argv[1]);
  for (unsigned s = 0; s < sizeof(sizes) / sizeof(sizes[0]); ++s)
    for (unsigned l = 0; l < sizeof(lengths) / sizeof(lengths[0]); ++l)
      measure(path, sizes[s], lengths[l]);
  return 0;
}
