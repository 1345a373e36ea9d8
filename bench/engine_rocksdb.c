/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engine_rocksdb.c: RocksDB. A write transaction is a batch that nobody sees before its end, not even its writer;
 * reading has snapshots. Values are not compressed: those of the rows would shrink to nothing.
 */
#include "bench.h"

#include <rocksdb/c.h>
#include <stdio.h>
#include <stdlib.h>

struct peer {
  rocksdb_t *db;
  rocksdb_options_t *options;
  rocksdb_readoptions_t *reading;
  rocksdb_writeoptions_t *writing;
  rocksdb_writebatch_t *batch;
  const rocksdb_snapshot_t *snapshot;
};

static void check(char *error, const char *what) {
  if (error)
    give_up(what, error);
}

static const char *version(void) { return BENCH_ROCKSDB_VERSION; }

static void *open_peer(const char *folder, const struct opening *opening) {
  struct peer *p = calloc(1, sizeof(*p));
  char path[600], *error = NULL;
  rocksdb_block_based_table_options_t *blocks = rocksdb_block_based_options_create();
  snprintf(path, sizeof(path), "%s/rocksdb", folder);
  p->options = rocksdb_options_create();
  rocksdb_options_set_create_if_missing(p->options, 1);
  rocksdb_options_set_compression(p->options, rocksdb_no_compression);
  rocksdb_options_increase_parallelism(p->options, 2);
  rocksdb_block_based_options_set_block_cache(blocks, rocksdb_cache_create_lru((size_t)1 << 30));
  rocksdb_block_based_options_set_filter_policy(blocks, rocksdb_filterpolicy_create_bloom(10));
  rocksdb_options_set_block_based_table_factory(p->options, blocks);
  p->db = rocksdb_open(p->options, path, &error);
  check(error, "open");
  p->reading = rocksdb_readoptions_create();
  p->writing = rocksdb_writeoptions_create();
  rocksdb_writeoptions_set_sync(p->writing, opening->mode == DURABLE);
  p->batch = rocksdb_writebatch_create();
  return p;
}

static void close_peer(void *h) {
  struct peer *p = h;
  rocksdb_close(p->db);
  rocksdb_writebatch_destroy(p->batch);
  rocksdb_readoptions_destroy(p->reading);
  rocksdb_writeoptions_destroy(p->writing);
  rocksdb_options_destroy(p->options);
  free(p);
}

static void begin(void *h, int reading) {
  struct peer *p = h;
  if (!reading) {
    rocksdb_writebatch_clear(p->batch);
    return;
  }
  p->snapshot = rocksdb_create_snapshot(p->db);
  rocksdb_readoptions_set_snapshot(p->reading, p->snapshot);
}

static void commit(void *h) {
  struct peer *p = h;
  char *error = NULL;
  if (p->snapshot) {
    rocksdb_readoptions_set_snapshot(p->reading, NULL);
    rocksdb_release_snapshot(p->db, p->snapshot);
    p->snapshot = NULL;
    return;
  }
  rocksdb_write(p->db, p->writing, p->batch, &error);
  check(error, "commit");
}

static void put(void *h, struct bytes key, struct bytes value, enum how how) {
  (void)how;
  rocksdb_writebatch_put(((struct peer *)h)->batch, key.data, key.length, value.data, value.length);
}

static int get(void *h, struct bytes key) {
  struct peer *p = h;
  char *error = NULL;
  size_t length;
  rocksdb_pinnableslice_t *slice = rocksdb_get_pinned(p->db, p->reading, key.data, key.length, &error);
  check(error, "get");
  if (!slice)
    return -1;
  const int first = *(const unsigned char *)rocksdb_pinnableslice_value(slice, &length);
  rocksdb_pinnableslice_destroy(slice);
  return first;
}

static uint64_t get_many(void *h, const struct bytes *keys, size_t count) {
  enum { BATCH = 256 };
  const char *list[BATCH];
  char *values[BATCH], *errors[BATCH];
  size_t lengths[BATCH], value_lengths[BATCH];
  struct peer *p = h;
  uint64_t sum = 0;
  for (size_t n; count; count -= n, keys += n) {
    n = count < BATCH ? count : BATCH;
    for (size_t i = 0; i < n; ++i) {
      list[i] = keys[i].data;
      lengths[i] = keys[i].length;
    }
    rocksdb_multi_get(p->db, p->reading, n, list, lengths, values, value_lengths, errors);
    for (size_t i = 0; i < n; ++i) {
      check(errors[i], "get many");
      sum += values[i] ? (unsigned char)*values[i] : 1u;
      rocksdb_free(values[i]);
    }
  }
  return sum;
}

static void del(void *h, struct bytes key) {
  rocksdb_writebatch_delete(((struct peer *)h)->batch, key.data, key.length);
}

static void seek(rocksdb_iterator_t *iterator, struct bytes from, int back) {
  if (from.data)
    rocksdb_iter_seek(iterator, from.data, from.length);
  else if (back)
    rocksdb_iter_seek_to_last(iterator);
  else
    rocksdb_iter_seek_to_first(iterator);
}

static uint64_t scan(void *h, struct bytes from, uint64_t limit, int back) {
  struct peer *p = h;
  rocksdb_iterator_t *iterator = rocksdb_create_iterator(p->db, p->reading);
  uint64_t sum = 0;
  size_t length;
  for (seek(iterator, from, back); limit && rocksdb_iter_valid(iterator); --limit) {
    sum += *(const unsigned char *)rocksdb_iter_value(iterator, &length);
    if (back)
      rocksdb_iter_prev(iterator);
    else
      rocksdb_iter_next(iterator);
  }
  rocksdb_iter_destroy(iterator);
  return sum;
}

static void *attach(void *h) {
  struct peer *other = malloc(sizeof(*other));
  *other = *(struct peer *)h;
  other->snapshot = NULL;
  other->reading = rocksdb_readoptions_create();
  other->batch = rocksdb_writebatch_create();
  return other;
}

static void detach(void *h) {
  struct peer *p = h;
  rocksdb_readoptions_destroy(p->reading);
  rocksdb_writebatch_destroy(p->batch);
  free(p);
}

const struct engine engine_rocksdb = {
    .name = "rocksdb",
    .label = "RocksDB",
    .features = HAS_SNAPSHOTS | HAS_WRITERS | HAS_CALLS,
    .version = version,
    .open = open_peer,
    .close = close_peer,
    .begin = begin,
    .commit = commit,
    .put = put,
    .get = get,
    .get_many = get_many,
    .del = del,
    .scan = scan,
    .attach = attach,
    .detach = detach,
};
