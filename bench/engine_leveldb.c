/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_leveldb.c: LevelDB. A write transaction is a batch that nobody sees before its end, not even its writer;
 * reading has snapshots. Values are not compressed: those of the rows would shrink to nothing.
 */
#include "bench.h"

#include <leveldb/c.h>
#include <stdio.h>
#include <stdlib.h>

struct peer {
  leveldb_t *db;
  leveldb_options_t *options;
  leveldb_readoptions_t *reading;
  leveldb_writeoptions_t *writing;
  leveldb_writebatch_t *batch;
  const leveldb_snapshot_t *snapshot;
};

static void check(char *error, const char *what) {
  if (error)
    give_up(what, error);
}

static const char *version(void) {
  static char text[40];
  snprintf(text, sizeof(text), "%d.%d", leveldb_major_version(), leveldb_minor_version());
  return text;
}

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  char path[600], *error = NULL;
  snprintf(path, sizeof(path), "%s/leveldb", folder);
  p->options = leveldb_options_create();
  leveldb_options_set_create_if_missing(p->options, 1);
  leveldb_options_set_compression(p->options, leveldb_no_compression);
  leveldb_options_set_cache(p->options, leveldb_cache_create_lru((size_t)1 << 30));
  leveldb_options_set_filter_policy(p->options, leveldb_filterpolicy_create_bloom(10));
  leveldb_options_set_write_buffer_size(p->options, 64 << 20);
  p->db = leveldb_open(p->options, path, &error);
  check(error, "open");
  p->reading = leveldb_readoptions_create();
  p->writing = leveldb_writeoptions_create();
  leveldb_writeoptions_set_sync(p->writing, opening->mode == DURABLE);
  p->batch = leveldb_writebatch_create();
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  leveldb_close(p->db);
  leveldb_writebatch_destroy(p->batch);
  leveldb_readoptions_destroy(p->reading);
  leveldb_writeoptions_destroy(p->writing);
  leveldb_options_destroy(p->options);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  if (!reading) {
    leveldb_writebatch_clear(p->batch);
    return;
  }
  p->snapshot = leveldb_create_snapshot(p->db);
  leveldb_readoptions_set_snapshot(p->reading, p->snapshot);
}

static void commit(void *h) {
  struct peer *p = h;
  char *error = NULL;
  if (p->snapshot) {
    leveldb_readoptions_set_snapshot(p->reading, NULL);
    leveldb_release_snapshot(p->db, p->snapshot);
    p->snapshot = NULL;
    return;
  }
  leveldb_write(p->db, p->writing, p->batch, &error);
  check(error, "commit");
}

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  (void)how;
  leveldb_writebatch_put(((struct peer *)h)->batch, key.data, key.length, value.data, value.length);
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  char *error = NULL;
  size_t length;
  char *value = leveldb_get(p->db, p->reading, key.data, key.length, &length, &error);
  check(error, "get");
  const int first = value ? (unsigned char)*value : -1;
  leveldb_free(value);
  return first;
}

static void del(void *h, struct bytes key) {
  leveldb_writebatch_delete(((struct peer *)h)->batch, key.data, key.length);
}

static void seek(leveldb_iterator_t *iterator, struct bytes from, int back) {
  if (from.data)
    leveldb_iter_seek(iterator, from.data, from.length);
  else if (back)
    leveldb_iter_seek_to_last(iterator);
  else
    leveldb_iter_seek_to_first(iterator);
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct peer *p = h;
  leveldb_iterator_t *iterator = leveldb_create_iterator(p->db, p->reading);
  uint64_t sum = 0;
  size_t length;
  for (seek(iterator, from, back); limit && leveldb_iter_valid(iterator); --limit) {
    sum += *(const unsigned char *)leveldb_iter_value(iterator, &length);
    if (back)
      leveldb_iter_prev(iterator);
    else
      leveldb_iter_next(iterator);
  }
  leveldb_iter_destroy(iterator);
  return sum;
}

static void *attach(void *h) {
  struct peer *other = malloc(sizeof(*other));
  *other = *(struct peer *)h;
  other->snapshot = NULL;
  other->reading = leveldb_readoptions_create();
  other->batch = leveldb_writebatch_create();
  return other;
}

static void detach(void *h) {
  struct peer *p = h;
  leveldb_readoptions_destroy(p->reading);
  leveldb_writebatch_destroy(p->batch);
  free(p);
}

const struct engine engine_leveldb = {
    .name = "leveldb",
    .label = "LevelDB",
    .features = HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
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
