/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_wiredtiger.c: WiredTiger, its B-tree with a log.
 */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <wiredtiger.h>

struct peer {
  WT_CONNECTION *connection;
  WT_SESSION *session;
  WT_CURSOR *cursor, *main, **tables;
};

static void check(int rc, const char *what) {
  if (rc)
    give_up(what, wiredtiger_strerror(rc));
}

static const char *version(void) {
  static char text[40];
  int major, minor, patch;
  wiredtiger_version(&major, &minor, &patch);
  snprintf(text, sizeof(text), "%d.%d.%d", major, minor, patch);
  return text;
}

static void open_session(struct peer *p) {
  check(p->connection->open_session(p->connection, NULL, "isolation=snapshot", &p->session), "session");
  check(p->session->open_cursor(p->session, "table:main", NULL, NULL, &p->main), "cursor");
  p->cursor = p->main;
}

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  WT_SESSION *session;
  char config[300];
  /* The log reaches the system with each commit in all modes, as the pages of others do: a killed process loses
   * nothing. */
  snprintf(config, sizeof(config),
           "create,cache_size=1GB,session_max=200,log=(enabled=true),checkpoint=(log_size=64MB),"
           "transaction_sync=(enabled=true,method=%s)",
           opening->mode == DURABLE ? "fsync" : "none");
  check(wiredtiger_open(folder, NULL, config, &p->connection), "open");
  check(p->connection->open_session(p->connection, NULL, NULL, &session), "session");
  check(session->create(session, "table:main", "key_format=u,value_format=u"), "table");
  check(session->close(session, NULL), "session");
  open_session(p);
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  check(p->connection->close(p->connection, NULL), "close");
  free(p->tables);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  (void)reading;
  check(p->session->begin_transaction(p->session, NULL), "begin");
}

static void commit(void *h) {
  struct peer *p = h;
  check(p->session->commit_transaction(p->session, NULL), "commit");
}

static WT_ITEM item_of(struct bytes bytes) { return (WT_ITEM){.data = bytes.data, .size = bytes.length}; }

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  WT_CURSOR *cursor = ((struct peer *)h)->cursor;
  WT_ITEM k = item_of(key), v = item_of(value);
  (void)how;
  cursor->set_key(cursor, &k);
  cursor->set_value(cursor, &v);
  check(cursor->insert(cursor), "put");
}

static int first_byte(WT_CURSOR *cursor) {
  WT_ITEM v;
  check(cursor->get_value(cursor, &v), "value");
  return *(const unsigned char *)v.data;
}

static int get(void *h, struct bytes key) {
  WT_CURSOR *cursor = ((struct peer *)h)->cursor;
  WT_ITEM k = item_of(key);
  cursor->set_key(cursor, &k);
  const int rc = cursor->search(cursor);
  check(rc == WT_NOTFOUND ? 0 : rc, "get");
  return rc ? -1 : first_byte(cursor);
}

static void del(void *h, struct bytes key) {
  WT_CURSOR *cursor = ((struct peer *)h)->cursor;
  WT_ITEM k = item_of(key);
  cursor->set_key(cursor, &k);
  const int rc = cursor->remove(cursor);
  check(rc == WT_NOTFOUND ? 0 : rc, "delete");
}

static int seek(WT_CURSOR *cursor, struct bytes from) {
  WT_ITEM k = item_of(from);
  int exact;
  cursor->set_key(cursor, &k);
  const int rc = cursor->search_near(cursor, &exact);
  return rc || exact >= 0 ? rc : cursor->next(cursor);
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  WT_CURSOR *cursor = ((struct peer *)h)->cursor;
  uint64_t sum = 0;
  check(cursor->reset(cursor), "reset");
  int (*const next)(WT_CURSOR *) = back ? cursor->prev : cursor->next;
  for (int rc = from.data ? seek(cursor, from) : next(cursor); limit && rc == 0; rc = --limit ? next(cursor) : 0)
    sum += (uint64_t)first_byte(cursor);
  check(cursor->reset(cursor), "reset");
  return sum;
}

static void make_tables(void *h) {
  struct peer *p = h;
  char name[40];
  p->tables = calloc(TABLES, sizeof(WT_CURSOR *));
  for (unsigned i = 0; i < TABLES; ++i) {
    snprintf(name, sizeof(name), "table:%s", table_name(i));
    check(p->session->create(p->session, name, "key_format=u,value_format=u"), "table");
    check(p->session->open_cursor(p->session, name, NULL, NULL, &p->tables[i]), "cursor");
  }
}

static void use_table(void *h, unsigned number) {
  struct peer *p = h;
  p->cursor = p->tables[number];
}

static void *attach(void *h) {
  struct peer *other = calloc(1, sizeof(*other));
  other->connection = ((struct peer *)h)->connection;
  open_session(other);
  return other;
}

static void detach(void *h) {
  struct peer *p = h;
  check(p->session->close(p->session, NULL), "session");
  free(p);
}

const struct engine engine_wiredtiger = {
    .name = "wiredtiger",
    .label = "WiredTiger",
    .features = HAS_TABLES | HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
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
