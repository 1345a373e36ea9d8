/* SPDX-License-Identifier: Apache-2.0 */
/* The helpers of compare.h, and main(). */
#include "compare.h"

#include <dirent.h>

const char *code(int rc) {
  static const char *const names[] = {"KEYEXIST",     "NOTFOUND",  "PAGE_NOTFOUND", "CORRUPTED",   "PANIC",
                                      "VERSION",      "INVALID",   "MAP_FULL",      "DBS_FULL",    "READERS_FULL",
                                      "TLS_FULL",     "TXN_FULL",  "CURSOR_FULL",   "PAGE_FULL",   "MAP_RESIZED",
                                      "INCOMPATIBLE", "BAD_RSLOT", "BAD_TXN",       "BAD_VALSIZE", "BAD_DBI"};
  static char number[32];
  if (rc == 0)
    return "ok";
  if (rc >= MDB_KEYEXIST && rc <= MDB_BAD_DBI)
    return names[rc - MDB_KEYEXIST];
  if (rc > 0 && rc < 200)
    return strerror(rc);
  snprintf(number, sizeof(number), "%d", rc);
  return number;
}

void must(int rc, const char *what, const char *where, int line) {
  if (rc == 0)
    return;
  printf("%s: line %d: %s = %s\n", where, line, what, mdb_strerror(rc));
  exit(1);
}

static void empty(const char *name) {
  DIR *dir = opendir(name);
  struct dirent *entry;
  char path[512];
  while (dir && (entry = readdir(dir)) != NULL) {
    snprintf(path, sizeof(path), "%s/%s", name, entry->d_name);
    unlink(path);
  }
  if (dir)
    closedir(dir);
}

const char *fresh(const char *name) {
  empty(name);
  if (mkdir(name, 0755) != 0 && errno != EEXIST)
    must(errno, "mkdir", name, 0);
  return name;
}

MDB_env *open_fresh(const char *name, unsigned flags) {
  MDB_env *env;
  MUST(mdb_env_create(&env));
  MUST(mdb_env_set_maxdbs(env, 8));
  MUST(mdb_env_set_mapsize(env, 16 << 20));
  MUST(mdb_env_open(env, fresh(name), flags, 0644));
  return env;
}

MDB_txn *begin(MDB_env *env, unsigned flags) {
  MDB_txn *txn;
  MDB_dbi dbi;
  MUST(mdb_txn_begin(env, NULL, flags, &txn));
  MUST(mdb_dbi_open(txn, NULL, 0, &dbi)); /* else LMDB has no order for it */
  return txn;
}

MDB_dbi table(MDB_txn *txn, const char *name, unsigned flags) {
  MDB_dbi dbi;
  MUST(mdb_dbi_open(txn, name, flags, &dbi));
  return dbi;
}

MDB_val text(const char *string) {
  const MDB_val val = {string ? strlen(string) : 0, (void *)(size_t)string};
  return val;
}

int put(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value, unsigned flags) {
  MDB_val k = text(key), d = text(value);
  return mdb_put(txn, dbi, &k, &d, flags);
}

int del(MDB_txn *txn, MDB_dbi dbi, const char *key, const char *value) {
  MDB_val k = text(key), d = text(value);
  return mdb_del(txn, dbi, &k, value ? &d : NULL);
}

static const char *pair(int rc, const MDB_val *key, const MDB_val *data) {
  static char line[4][160];
  static unsigned turn;
  char *out = line[turn++ % 4];
  const int klen = key->mv_size > 40 ? 40 : (int)key->mv_size, dlen = data->mv_size > 40 ? 40 : (int)data->mv_size;
  if (rc != 0)
    return code(rc);
  snprintf(out, sizeof(line[0]), "%.*s=%.*s", klen, (const char *)key->mv_data, dlen, (const char *)data->mv_data);
  return out;
}

const char *get(MDB_txn *txn, MDB_dbi dbi, const char *key) {
  MDB_val k = text(key), d = {0, NULL};
  const int rc = mdb_get(txn, dbi, &k, &d);
  return pair(rc, &k, &d);
}

const char *move(MDB_cursor *cursor, MDB_cursor_op op, const char *key, const char *value) {
  MDB_val k = text(key), d = text(value);
  const int rc = mdb_cursor_get(cursor, &k, &d, op);
  return pair(rc, &k, &d);
}

void show(MDB_txn *txn, MDB_dbi dbi, const char *title) {
  MDB_cursor *cursor;
  MDB_val k, d;
  MUST(mdb_cursor_open(txn, dbi, &cursor));
  printf("%s:", title);
  for (int rc = mdb_cursor_get(cursor, &k, &d, MDB_FIRST); rc == 0; rc = mdb_cursor_get(cursor, &k, &d, MDB_NEXT))
    printf(" %s", pair(rc, &k, &d));
  printf("\n");
  mdb_cursor_close(cursor);
}

void store(MDB_env *env, const char *key, const char *value) {
  MDB_txn *txn = begin(env, 0);
  MUST(put(txn, 1, key, value, 0));
  MUST(mdb_txn_commit(txn));
}

void show_stat(MDB_txn *txn, MDB_dbi dbi, const char *title) {
  MDB_stat stat;
  MUST(mdb_stat(txn, dbi, &stat));
  printf("%s: page size %u, %zu entries%s\n", title, stat.ms_psize, stat.ms_entries,
         stat.ms_depth == 0 && stat.ms_leaf_pages == 0 ? ", empty" : "");
}

int main(int argc, char **argv) {
  if (argc != 2 || chdir(argv[1]) != 0) {
    fprintf(stderr, "Usage: compare DIRECTORY\n");
    return 2;
  }
  setvbuf(stdout, NULL, _IOLBF, 0);
  umask(022);
  part_env();
  part_txn();
  part_dbi();
  part_data();
  part_cursor();
  part_dup();
  part_nested();
  part_full();
  part_copy();
  part_readers();
  part_orders();
  part_random();
  part_rare();
  printf("done\n");
  return 0;
}
