/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_mdbx.c: this engine.
 */
#include "bench.h"
#include "common.h"

#include <string.h>

struct ours {
  MDBX_env *env;
  MDBX_txn *txn;
  MDBX_dbi dbi, *tables;
};

static const MDBX_env_flags_t modes[MODES] = {MDBX_UTTERLY_NOSYNC, MDBX_SAFE_NOSYNC,
                                              MDBX_UTTERLY_NOSYNC | MDBX_WRITEMAP, MDBX_SYNC_DURABLE};
static const MDBX_db_flags_t kinds[] = {MDBX_DB_DEFAULTS, MDBX_INTEGERKEY, MDBX_DUPSORT,
                                        MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP};

static MDBX_val val_of(struct bytes bytes) { return (MDBX_val){(void *)(uintptr_t)bytes.data, bytes.length}; }

static const char *version(void) {
  static char text[40];
  snprintf(text, sizeof(text), "%u.%u.%u", mdbx_version.major, mdbx_version.minor, mdbx_version.patch);
  return text;
}

static void *open_ours(const char *folder, const struct opening *opening) {
  struct ours *o = calloc(1, sizeof(*o));
  char path[600];
  snprintf(path, sizeof(path), "%s/mdbx.dat", folder);
  must(mdbx_env_create(&o->env), "create");
  must(mdbx_env_set_maxdbs(o->env, TABLES), "tables");
  must(mdbx_env_set_maxreaders(o->env, 126), "readers");
  must(mdbx_env_set_geometry(o->env, 0, -1, (intptr_t)32 << 30, opening->tight ? 1 << 20 : 16 << 20, -1, 4096),
       "geometry");
  must(mdbx_env_open(o->env, path,
                     MDBX_NOSUBDIR | MDBX_LIFORECLAIM | (opening->shared ? MDBX_NOSTICKYTHREADS : 0) |
                         modes[opening->mode],
                     0644),
       "open");
  must(mdbx_txn_begin_ex(o->env, NULL, MDBX_TXN_READWRITE, &o->txn, NULL), "begin");
  must(mdbx_dbi_open(o->txn, NULL, MDBX_CREATE | kinds[opening->table], &o->dbi), "dbi");
  must(mdbx_txn_commit_ex(o->txn, NULL), "commit");
  return o;
}

static void close_ours(void *h) {
  struct ours *o = h;
  mdbx_env_close_ex(o->env, true);
  free(o->tables);
  free(o);
}

static void begin(void *h, int reading) {
  struct ours *o = h;
  must(mdbx_txn_begin_ex(o->env, NULL, reading ? MDBX_TXN_RDONLY : MDBX_TXN_READWRITE, &o->txn, NULL), "begin");
}

static void renew(void *h) {
  struct ours *o = h;
  must(mdbx_txn_reset(o->txn), "reset");
  must(mdbx_txn_renew(o->txn), "renew");
}

static void commit(void *h) { must(mdbx_txn_commit_ex(((struct ours *)h)->txn, NULL), "commit"); }

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  struct ours *o = h;
  MDBX_val k = val_of(key), v = val_of(value);
  must(mdbx_put(o->txn, o->dbi, &k, &v, how == APPENDED ? MDBX_APPEND : MDBX_UPSERT), "put");
}

static int get(void *h, struct bytes key) {
  struct ours *o = h;
  MDBX_val k = val_of(key), v;
  return mdbx_get(o->txn, o->dbi, &k, &v) == 0 ? *(const unsigned char *)v.iov_base : -1;
}

static uint64_t get_many(void *h, const struct bytes *keys, size_t count) {
  enum { BATCH = 256 };
  static MDBX_val list[BATCH], values[BATCH];
  static int codes[BATCH];
  struct ours *o = h;
  uint64_t sum = 0;
  for (size_t n; count; count -= n, keys += n) {
    n = count < BATCH ? count : BATCH;
    for (size_t i = 0; i < n; ++i)
      list[i] = val_of(keys[i]);
    must(mdbx_get_many(o->txn, o->dbi, list, values, codes, n), "get many");
    for (size_t i = 0; i < n; ++i)
      sum += codes[i] == 0 ? *(const unsigned char *)values[i].iov_base : 1u;
  }
  return sum;
}

static void del(void *h, struct bytes key) {
  struct ours *o = h;
  MDBX_val k = val_of(key);
  mdbx_del(o->txn, o->dbi, &k, NULL);
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct ours *o = h;
  MDBX_cursor *cursor;
  MDBX_val k = val_of(from), v;
  uint64_t sum = 0;
  must(mdbx_cursor_open(o->txn, o->dbi, &cursor), "cursor");
  const MDBX_cursor_op next = back ? MDBX_PREV : MDBX_NEXT;
  for (MDBX_cursor_op op = from.data ? MDBX_SET_RANGE : next; limit && mdbx_cursor_get(cursor, &k, &v, op) == 0;
       op = next) {
    sum += *(const unsigned char *)v.iov_base;
    limit -= 1;
  }
  mdbx_cursor_close(cursor);
  return sum;
}

static void make_tables(void *h) {
  struct ours *o = h;
  o->tables = calloc(TABLES, sizeof(*o->tables));
  begin(h, 0);
  for (unsigned i = 0; i < TABLES; ++i)
    must(mdbx_dbi_open(o->txn, table_name(i), MDBX_CREATE, &o->tables[i]), "table");
  commit(h);
}

static void use_table(void *h, unsigned number) {
  struct ours *o = h;
  o->dbi = o->tables[number];
}

static void put_array(void *h, struct bytes key, const void *values, size_t length, size_t count) {
  struct ours *o = h;
  MDBX_val k = val_of(key), v[2] = {{(void *)(uintptr_t)values, length}, {NULL, count}};
  must(mdbx_put(o->txn, o->dbi, &k, v, MDBX_MULTIPLE), "put array");
}

static void *attach(void *h) {
  struct ours *copy = malloc(sizeof(*copy));
  *copy = *(struct ours *)h;
  copy->txn = NULL;
  return copy;
}

const struct engine engine_mdbx = {
    .name = "mdbx",
    .label = "libmdbx",
    .features = HAS_INTEGERS | HAS_VALUES | HAS_TABLES | HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
    .version = version,
    .open = open_ours,
    .close = close_ours,
    .begin = begin,
    .renew = renew,
    .commit = commit,
    .put = put,
    .get = get,
    .get_many = get_many,
    .del = del,
    .scan = scan,
    .make_tables = make_tables,
    .use_table = use_table,
    .put_array = put_array,
    .attach = attach,
    .detach = free,
};
