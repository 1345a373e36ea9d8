/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_sqlite.c: SQLite, with a write-ahead log and prepared statements. Tables without rowid are its B+trees
 * by key.
 */
#include "bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum statement { BEGIN_WRITE, BEGIN_READ, COMMIT, PUT, GET, DEL, SCAN, SCAN_BACK, SCAN_FROM, STATEMENTS };

struct peer {
  sqlite3 *db;
  sqlite3_stmt *statements[STATEMENTS];
  sqlite3_stmt **puts; /* of many tables */
  char path[600];
  struct opening opening;
};

static void check(struct peer *p, int rc, const char *what) {
  if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
    give_up(what, sqlite3_errmsg(p->db));
}

static void execute(struct peer *p, const char *text) { check(p, sqlite3_exec(p->db, text, NULL, NULL, NULL), text); }

static sqlite3_stmt *prepare(struct peer *p, const char *text) {
  sqlite3_stmt *statement;
  check(p, sqlite3_prepare_v3(p->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL), text);
  return statement;
}

static const char *version(void) { return sqlite3_libversion(); }

static void connect_to(struct peer *p) {
  static const char *const keys[] = {"k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID", "k INTEGER PRIMARY KEY, v BLOB)",
                                     "k BLOB, v BLOB, PRIMARY KEY(k, v)) WITHOUT ROWID",
                                     "k BLOB, v BLOB, PRIMARY KEY(k, v)) WITHOUT ROWID"};
  static const char *const texts[STATEMENTS] = {"BEGIN IMMEDIATE",
                                                "BEGIN",
                                                "COMMIT",
                                                "INSERT OR REPLACE INTO t VALUES(?, ?)",
                                                "SELECT v FROM t WHERE k=?",
                                                "DELETE FROM t WHERE k=?",
                                                "SELECT v FROM t ORDER BY k",
                                                "SELECT v FROM t ORDER BY k DESC",
                                                "SELECT v FROM t WHERE k>=? ORDER BY k LIMIT ?"};
  char text[200];
  check(p, sqlite3_open(p->path, &p->db), "open");
  sqlite3_busy_timeout(p->db, 600000);
  execute(p,
          "PRAGMA page_size=4096; PRAGMA journal_mode=WAL; PRAGMA cache_size=-1048576; PRAGMA mmap_size=34359738368");
  execute(p, p->opening.mode == DURABLE ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=OFF");
  snprintf(text, sizeof(text), "CREATE TABLE IF NOT EXISTS t(%s", keys[p->opening.table]);
  execute(p, text);
  for (enum statement i = 0; i < STATEMENTS; ++i)
    p->statements[i] = prepare(p, texts[i]);
}

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  snprintf(p->path, sizeof(p->path), "%s/sqlite.db", folder);
  p->opening = *opening;
  connect_to(p);
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  for (enum statement i = 0; i < STATEMENTS; ++i)
    sqlite3_finalize(p->statements[i]);
  for (unsigned i = 0; p->puts && i < TABLES; ++i)
    if (p->puts[i] != p->statements[PUT])
      sqlite3_finalize(p->puts[i]);
  sqlite3_close_v2(p->db);
  free(p->puts);
  free(p);
}

static void run(struct peer *p, enum statement which, const char *what) {
  check(p, sqlite3_step(p->statements[which]), what);
  check(p, sqlite3_reset(p->statements[which]), what);
}

/* A snapshot begins with the first look at the data, as SQLite has it. */
static void begin(void *h, int reading) { run(h, reading ? BEGIN_READ : BEGIN_WRITE, "begin"); }

static void commit(void *h) { run(h, COMMIT, "commit"); }

static void bind_key(struct peer *p, sqlite3_stmt *statement, struct bytes key) {
  int64_t number;
  if (p->opening.table != INTEGERS) {
    sqlite3_bind_blob(statement, 1, key.data, (int)key.length, SQLITE_STATIC);
    return;
  }
  memcpy(&number, key.data, sizeof(number));
  sqlite3_bind_int64(statement, 1, number);
}

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  struct peer *p = h;
  sqlite3_stmt *statement = p->statements[PUT];
  (void)how;
  bind_key(p, statement, key);
  sqlite3_bind_blob(statement, 2, value.data, (int)value.length, SQLITE_STATIC);
  run(p, PUT, "put");
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  sqlite3_stmt *statement = p->statements[GET];
  bind_key(p, statement, key);
  const int rc = sqlite3_step(statement);
  check(p, rc, "get");
  const int first = rc == SQLITE_ROW ? *(const unsigned char *)sqlite3_column_blob(statement, 0) : -1;
  sqlite3_reset(statement);
  return first;
}

static void del(void *h, struct bytes key) {
  struct peer *p = h;
  bind_key(p, p->statements[DEL], key);
  run(p, DEL, "delete");
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct peer *p = h;
  sqlite3_stmt *statement = p->statements[from.data ? SCAN_FROM : back ? SCAN_BACK : SCAN];
  uint64_t sum = 0;
  if (from.data) {
    bind_key(p, statement, from);
    sqlite3_bind_int64(statement, 2, (int64_t)limit);
  }
  for (; limit && sqlite3_step(statement) == SQLITE_ROW; --limit)
    sum += *(const unsigned char *)sqlite3_column_blob(statement, 0);
  check(p, sqlite3_reset(statement), "scan");
  return sum;
}

static void make_tables(void *h) {
  struct peer *p = h;
  char text[200];
  p->puts = calloc(TABLES, sizeof(*p->puts));
  begin(h, 0);
  for (unsigned i = 0; i < TABLES; ++i) {
    snprintf(text, sizeof(text), "CREATE TABLE %s(k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID", table_name(i));
    execute(p, text);
  }
  commit(h);
  for (unsigned i = 0; i < TABLES; ++i) {
    snprintf(text, sizeof(text), "INSERT OR REPLACE INTO %s VALUES(?, ?)", table_name(i));
    p->puts[i] = prepare(p, text);
  }
  sqlite3_finalize(p->statements[PUT]);
  p->statements[PUT] = p->puts[0];
}

static void use_table(void *h, unsigned number) {
  struct peer *p = h;
  p->statements[PUT] = p->puts[number];
}

static void *attach(void *h) {
  const struct peer *p = h;
  struct peer *other = calloc(1, sizeof(*other));
  memcpy(other->path, p->path, sizeof(other->path));
  other->opening = p->opening;
  connect_to(other);
  return other;
}

const struct engine engine_sqlite = {
    .name = "sqlite",
    .label = "SQLite",
    .features = HAS_INTEGERS | HAS_VALUES | HAS_TABLES | HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
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
    .detach = close_peer,
};
