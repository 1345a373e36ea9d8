/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_kyoto.c: Kyoto Cabinet, its B+tree in a file. Reading takes no transaction: it has none that others do
 * not wait for.
 */
#include "bench.h"

#include <kclangc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 2 << 20 };

struct peer {
  KCDB *db;
  int durable, writing;
  char *room; /* for values that are read */
};

static void check(struct peer *p, int done, const char *what) {
  if (!done)
    give_up(what, kcdbemsg(p->db));
}

static const char *version(void) { return KCVERSION; }

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  char path[600];
  snprintf(path, sizeof(path), "%s/kyoto.kct#pccap=1073741824#msiz=1073741824", folder);
  p->db = kcdbnew();
  p->durable = opening->mode == DURABLE;
  p->room = malloc(ROOM);
  check(p, kcdbopen(p->db, path, KCOWRITER | KCOCREATE), "open");
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  check(p, kcdbclose(p->db), "close");
  kcdbdel(p->db);
  free(p->room);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  p->writing = !reading;
  if (p->writing)
    check(p, kcdbbegintran(p->db, p->durable), "begin");
}

static void commit(void *h) {
  struct peer *p = h;
  if (p->writing)
    check(p, kcdbendtran(p->db, 1), "commit");
}

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  struct peer *p = h;
  (void)how;
  check(p, kcdbset(p->db, key.data, key.length, value.data, value.length), "put");
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  return kcdbgetbuf(p->db, key.data, key.length, p->room, ROOM) < 0 ? -1 : (unsigned char)*p->room;
}

static void del(void *h, struct bytes key) { kcdbremove(((struct peer *)h)->db, key.data, key.length); }

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  KCCUR *cursor = kcdbcursor(((struct peer *)h)->db);
  uint64_t sum = 0;
  size_t key_length, length;
  const char *value;
  int there = from.data ? kccurjumpkey(cursor, from.data, from.length)
              : back    ? kccurjumpback(cursor)
                        : kccurjump(cursor);
  for (char *key; there && limit; --limit) {
    key = kccurget(cursor, &key_length, &value, &length, !back);
    if (!key)
      break;
    sum += (unsigned char)*value;
    kcfree(key);
    there = back ? kccurstepback(cursor) : 1;
  }
  kccurdel(cursor);
  return sum;
}

static void *attach(void *h) {
  struct peer *other = malloc(sizeof(*other));
  *other = *(struct peer *)h;
  other->room = malloc(ROOM);
  return other;
}

static void detach(void *h) {
  free(((struct peer *)h)->room);
  free(h);
}

const struct engine engine_kyoto = {
    .name = "kyoto",
    .label = "Kyoto Cabinet",
    .features = HAS_WRITERS,
    .version = version,
    .open = open_peer,
    .close = close_peer,
    .begin = begin,
    .commit = commit,
    .put = put,
    .get = get,
    .del = del,
    .scan = scan,
    .attach = attach,
    .detach = detach,
};
