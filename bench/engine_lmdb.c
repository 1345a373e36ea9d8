/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_lmdb.c: LMDB.
 */
#include "bench.h"
#include "common.h"

#include <lmdb.h>
#include <string.h>

struct peer {
  MDB_env *env;
  MDB_txn *txn;
  MDB_dbi dbi, *tables;
};

static const unsigned modes[MODES] = {MDB_NOSYNC, MDB_NOSYNC, MDB_NOSYNC | MDB_WRITEMAP, 0};
static const unsigned kinds[] = {0, MDB_INTEGERKEY, MDB_DUPSORT, MDB_DUPSORT | MDB_DUPFIXED | MDB_INTEGERDUP};

static MDB_val val_of(struct bytes bytes) { return (MDB_val){bytes.length, (void *)(uintptr_t)bytes.data}; }

static const char *version(void) {
  static char text[40];
  int major, minor, patch;
  mdb_version(&major, &minor, &patch);
  snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
  return text;
}

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  must(mdb_env_create(&p->env), "create");
  must(mdb_env_set_maxdbs(p->env, TABLES), "tables");
  must(mdb_env_set_mapsize(p->env, (size_t)32 << 30), "mapsize");
  must(mdb_env_open(p->env, folder, (opening->shared ? MDB_NOTLS : 0) | modes[opening->mode], 0644), "open");
  must(mdb_txn_begin(p->env, NULL, 0, &p->txn), "begin");
  must(mdb_dbi_open(p->txn, NULL, MDB_CREATE | kinds[opening->table], &p->dbi), "dbi");
  must(mdb_txn_commit(p->txn), "commit");
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  mdb_env_close(p->env);
  free(p->tables);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  must(mdb_txn_begin(p->env, NULL, reading ? MDB_RDONLY : 0, &p->txn), "begin");
}

static void renew(void *h) {
  struct peer *p = h;
  mdb_txn_reset(p->txn);
  must(mdb_txn_renew(p->txn), "renew");
}

static void commit(void *h) { must(mdb_txn_commit(((struct peer *)h)->txn), "commit"); }

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  struct peer *p = h;
  MDB_val k = val_of(key), v = val_of(value);
  must(mdb_put(p->txn, p->dbi, &k, &v, how == APPENDED ? MDB_APPEND : 0), "put");
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  MDB_val k = val_of(key), v;
  return mdb_get(p->txn, p->dbi, &k, &v) == 0 ? *(const unsigned char *)v.mv_data : -1;
}

static void del(void *h, struct bytes key) {
  struct peer *p = h;
  MDB_val k = val_of(key);
  mdb_del(p->txn, p->dbi, &k, NULL);
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct peer *p = h;
  MDB_cursor *cursor;
  MDB_val k = val_of(from), v;
  uint64_t sum = 0;
  must(mdb_cursor_open(p->txn, p->dbi, &cursor), "cursor");
  const MDB_cursor_op next = back ? MDB_PREV : MDB_NEXT;
  for (MDB_cursor_op op = from.data ? MDB_SET_RANGE : next; limit && mdb_cursor_get(cursor, &k, &v, op) == 0;
       op = next) {
    sum += *(const unsigned char *)v.mv_data;
    limit -= 1;
  }
  mdb_cursor_close(cursor);
  return sum;
}

static void make_tables(void *h) {
  struct peer *p = h;
  p->tables = calloc(TABLES, sizeof(*p->tables));
  begin(h, 0);
  for (unsigned i = 0; i < TABLES; ++i)
    must(mdb_dbi_open(p->txn, table_name(i), MDB_CREATE, &p->tables[i]), "table");
  commit(h);
}

static void use_table(void *h, unsigned number) {
  struct peer *p = h;
  p->dbi = p->tables[number];
}

/* LMDB takes them with a cursor only. */
static void put_array(void *h, struct bytes key, const void *values, size_t length, size_t count) {
  struct peer *p = h;
  MDB_val k = val_of(key), v[2] = {{length, (void *)(uintptr_t)values}, {count, NULL}};
  MDB_cursor *cursor;
  must(mdb_cursor_open(p->txn, p->dbi, &cursor), "cursor");
  must(mdb_cursor_put(cursor, &k, v, MDB_MULTIPLE), "put array");
  mdb_cursor_close(cursor);
}

static void *attach(void *h) {
  struct peer *copy = malloc(sizeof(*copy));
  *copy = *(struct peer *)h;
  copy->txn = NULL;
  return copy;
}

const struct engine engine_lmdb = {
    .name = "lmdb",
    .label = "LMDB",
    .features = HAS_INTEGERS | HAS_VALUES | HAS_TABLES | HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
    .version = version,
    .open = open_peer,
    .close = close_peer,
    .begin = begin,
    .renew = renew,
    .commit = commit,
    .put = put,
    .get = get,
    .del = del,
    .scan = scan,
    .make_tables = make_tables,
    .use_table = use_table,
    .put_array = put_array,
    .attach = attach,
    .detach = free,
};
