/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_bdb.c: Berkeley DB, its B-tree with transactions. Reading takes no transaction: it would lock every page
 * it meets.
 */
#include "bench.h"

#include <db.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 2 << 20 };

struct peer {
  DB_ENV *env;
  DB *db, *main, **tables;
  DB_TXN *txn;
  char *room; /* for keys and values that are read */
};

static void check(int rc, const char *what) {
  if (rc)
    give_up(what, db_strerror(rc));
}

static const char *version(void) {
  static char text[40];
  int major, minor, patch;
  db_version(&major, &minor, &patch);
  snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
  return text;
}

static DB *open_table(struct peer *p, const char *name, enum table table) {
  DB *db;
  check(db_create(&db, p->env, 0), "create");
  if (table == MULTI || table == ARRAYS)
    check(db->set_flags(db, DB_DUPSORT), "several values");
  check(db->open(db, NULL, "bdb.dat", name, DB_BTREE, DB_CREATE | DB_AUTO_COMMIT | DB_THREAD, 0644), "open table");
  return db;
}

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  p->room = malloc(ROOM);
  check(db_env_create(&p->env, 0), "create");
  check(p->env->set_cachesize(p->env, 1, 0, 1), "cache");
  check(p->env->set_lk_max_locks(p->env, 400000), "locks");
  check(p->env->set_lk_max_objects(p->env, 400000), "locks");
  check(p->env->set_lk_detect(p->env, DB_LOCK_DEFAULT), "locks");
  check(p->env->set_lg_bsize(p->env, 8 << 20), "log");
  check(p->env->set_lg_max(p->env, 64 << 20), "log");
  check(p->env->log_set_config(p->env, DB_LOG_AUTO_REMOVE, 1), "log");
  /* The log reaches the system with each commit in all modes, as the pages of others do: a killed process loses
   * nothing. */
  check(opening->mode == DURABLE ? 0 : p->env->set_flags(p->env, DB_TXN_WRITE_NOSYNC, 1), "no flush");
  check(p->env->open(p->env, folder,
                     DB_CREATE | DB_PRIVATE | DB_THREAD | DB_RECOVER | DB_INIT_TXN | DB_INIT_LOG | DB_INIT_LOCK |
                         DB_INIT_MPOOL,
                     0644),
        "open");
  p->db = p->main = open_table(p, "main", opening->table);
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  for (unsigned i = 0; p->tables && i < TABLES; ++i)
    p->tables[i]->close(p->tables[i], 0);
  check(p->main->close(p->main, 0), "close");
  check(p->env->txn_checkpoint(p->env, 0, 0, DB_FORCE), "checkpoint");
  check(p->env->close(p->env, 0), "close");
  free(p->tables);
  free(p->room);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  if (!reading)
    check(p->env->txn_begin(p->env, NULL, &p->txn, 0), "begin");
}

/* A checkpoint after each 64 MiB of log, without which the log would keep growing. */
static void commit(void *h) {
  struct peer *p = h;
  if (!p->txn)
    return;
  check(p->txn->commit(p->txn, 0), "commit");
  p->txn = NULL;
  check(p->env->txn_checkpoint(p->env, 64 << 10, 0, 0), "checkpoint");
}

static DBT dbt_of(struct bytes bytes) {
  return (DBT){.data = (void *)(uintptr_t)bytes.data, .size = (u_int32_t)bytes.length};
}

/* Writers that wait for each other in a circle begin again: they have nothing but this put. */
static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  struct peer *p = h;
  DBT k = dbt_of(key), v = dbt_of(value);
  u_int32_t flags = 0;
  (void)how;
  check(p->db->get_flags(p->db, &flags), "flags");
  flags = flags & DB_DUPSORT ? DB_NODUPDATA : 0;
  int rc;
  while ((rc = p->db->put(p->db, p->txn, &k, &v, flags)) == DB_LOCK_DEADLOCK) {
    check(p->txn->abort(p->txn), "abort");
    begin(h, 0);
  }
  check(rc == DB_KEYEXIST ? 0 : rc, "put");
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  DBT k = dbt_of(key), v = {.data = p->room, .ulen = ROOM, .flags = DB_DBT_USERMEM};
  const int rc = p->db->get(p->db, p->txn, &k, &v, 0);
  check(rc == DB_NOTFOUND ? 0 : rc, "get");
  return rc ? -1 : (unsigned char)*p->room;
}

static void del(void *h, struct bytes key) {
  struct peer *p = h;
  DBT k = dbt_of(key);
  const int rc = p->db->del(p->db, p->txn, &k, 0);
  check(rc == DB_NOTFOUND ? 0 : rc, "delete");
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct peer *p = h;
  DBC *cursor;
  char key[512];
  DBT k = {.data = key, .ulen = sizeof(key), .flags = DB_DBT_USERMEM};
  DBT v = {.data = p->room, .ulen = ROOM, .flags = DB_DBT_USERMEM};
  uint64_t sum = 0;
  check(p->db->cursor(p->db, p->txn, &cursor, 0), "cursor");
  const u_int32_t next = back ? DB_PREV : DB_NEXT;
  if (from.data) {
    memcpy(key, from.data, from.length);
    k.size = (u_int32_t)from.length;
  }
  for (u_int32_t op = from.data ? DB_SET_RANGE : next; limit && cursor->get(cursor, &k, &v, op) == 0; op = next) {
    sum += (unsigned char)*p->room;
    limit -= 1;
  }
  check(cursor->close(cursor), "cursor");
  return sum;
}

static void make_tables(void *h) {
  struct peer *p = h;
  p->tables = calloc(TABLES, sizeof(*p->tables));
  for (unsigned i = 0; i < TABLES; ++i)
    p->tables[i] = open_table(p, table_name(i), PLAIN);
}

static void use_table(void *h, unsigned number) {
  struct peer *p = h;
  p->db = p->tables[number];
}

static void *attach(void *h) {
  struct peer *other = malloc(sizeof(*other));
  *other = *(struct peer *)h;
  other->txn = NULL;
  other->room = malloc(ROOM);
  return other;
}

static void detach(void *h) {
  free(((struct peer *)h)->room);
  free(h);
}

const struct engine engine_bdb = {
    .name = "bdb",
    .label = "Berkeley DB",
    .features = HAS_VALUES | HAS_TABLES | HAS_WRITERS | HAS_CALLS,
    .version = version,
    .open = open_peer,
    .close = close_peer,
    .begin = begin,
    .commit = commit,
    .put = put,
    .get = get,
    .del = del,
    .scan = scan,
    .make_tables = make_tables,
    .use_table = use_table,
    .attach = attach,
    .detach = detach,
};
