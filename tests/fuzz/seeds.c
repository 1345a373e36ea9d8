/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/seeds.c: makes inputs to begin with: databases of all kinds of tables, small ones.
 *
 * Usage: seeds FOLDER. The names tell the shape and what is done with it.
 */
#include "fuzz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DB "seed"

static MDBX_env *make(size_t page_size, unsigned flags) {
  MDBX_env *env;
  unlink(fuzz_path(DB));
  unlink(fuzz_path(DB MDBX_LOCK_SUFFIX));
  FUZZ_OK(mdbx_env_create(&env));
  FUZZ_OK(mdbx_env_set_maxdbs(env, 8));
  FUZZ_OK(mdbx_env_set_geometry(env, 0, 0, 1 << 20, 4096, 0, (intptr_t)page_size));
  FUZZ_OK(mdbx_env_open(env, fuzz_path(DB), (MDBX_env_flags_t)(MDBX_NOSUBDIR | flags), 0600));
  return env;
}

static MDBX_txn *begin(MDBX_env *env) {
  MDBX_txn *txn;
  FUZZ_OK(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn));
  return txn;
}

static MDBX_dbi table(MDBX_txn *txn, const char *name, unsigned flags) {
  MDBX_dbi dbi;
  FUZZ_OK(mdbx_dbi_open(txn, name, (MDBX_db_flags_t)(flags | MDBX_CREATE), &dbi));
  return dbi;
}

static void put(MDBX_txn *txn, MDBX_dbi dbi, const void *key, size_t key_length, size_t value_length) {
  static const char filler[8192] = "the value of a record";
  MDBX_val k = {(void *)(uintptr_t)key, key_length}, v = {(void *)(uintptr_t)filler, value_length};
  FUZZ_OK(mdbx_put(txn, dbi, &k, &v, MDBX_UPSERT));
}

static void put_number(MDBX_txn *txn, MDBX_dbi dbi, const char *key, uint64_t number, size_t value_length) {
  MDBX_val k = {(void *)(uintptr_t)key, strlen(key)}, v = {&number, value_length};
  FUZZ_OK(mdbx_put(txn, dbi, &k, &v, MDBX_UPSERT));
}

static void fill_plain(MDBX_txn *txn, MDBX_dbi dbi, unsigned from, unsigned to, size_t value_length) {
  for (unsigned i = from; i < to; ++i) {
    char key[24];
    snprintf(key, sizeof(key), "key%04u", i * 7 % to);
    put(txn, dbi, key, strlen(key), value_length);
  }
}

static void fill_several(MDBX_txn *txn) {
  const MDBX_dbi texts = table(txn, "texts", MDBX_DUPSORT);
  const MDBX_dbi numbers = table(txn, "numbers", MDBX_DUPSORT | MDBX_DUPFIXED | MDBX_INTEGERDUP);
  for (unsigned i = 0; i < 40; ++i) {
    char key[24];
    snprintf(key, sizeof(key), "many%u", i % 2);
    put_number(txn, texts, key, UINT64_C(0x0101010101010101) * i, 1 + i % 8);
    snprintf(key, sizeof(key), "some%u", i % 9);
    put_number(txn, texts, key, UINT64_C(0x0101010101010101) * i, 8);
    put_number(txn, numbers, "all", i, 8);
    put_number(txn, numbers, key, i, 8);
  }
  put_number(txn, texts, "one", 1, 8);
}

static void fill_orders(MDBX_txn *txn) {
  const MDBX_dbi integers = table(txn, "integers", MDBX_INTEGERKEY);
  const MDBX_dbi reversed = table(txn, "reversed", MDBX_REVERSEKEY | MDBX_DUPSORT | MDBX_REVERSEDUP);
  for (uint64_t i = 0; i < 20; ++i) {
    const uint64_t number = i * i;
    put(txn, integers, &number, 8, 12);
    put_number(txn, reversed, i % 2 ? "odd" : "even", i * 300, 3);
  }
}

static void fill_large(MDBX_txn *txn) {
  const MDBX_dbi dbi = table(txn, "large", 0);
  put(txn, dbi, "one page", 8, 400);
  put(txn, dbi, "some pages", 10, 1700);
  put(txn, dbi, "small", 5, 10);
}

/* Pages that are free and pages that wait. */
static void make_free(MDBX_env *env, unsigned commits) {
  for (unsigned i = 0; i < commits; ++i) {
    MDBX_txn *txn = begin(env);
    const MDBX_dbi junk = table(txn, "junk", 0);
    fill_plain(txn, junk, i, i + 2, 150);
    FUZZ_OK(mdbx_txn_commit(txn));
  }
  MDBX_txn *txn = begin(env);
  FUZZ_OK(mdbx_drop(txn, table(txn, "junk", 0), true));
  FUZZ_OK(mdbx_txn_commit(txn));
}

/* Records that take a page each, in two tables by turns. */
static void fill_by_turns(MDBX_txn *txn, unsigned count) {
  const MDBX_dbi first = table(txn, "first", 0), second = table(txn, "second", 0);
  for (unsigned i = 0; i < count; ++i) {
    char key[24];
    snprintf(key, sizeof(key), "key%04u", i);
    put(txn, first, key, strlen(key), 200);
    put(txn, second, key, strlen(key), 200);
  }
}

/* More free pages than a meta page lists: table 0 has a record of a region; with many runs it is a bitmap. */
static void make_regions(MDBX_env *env, bool scattered) {
  for (unsigned i = 0; i < 5; ++i) {
    MDBX_txn *txn = begin(env);
    if (i == 0)
      fill_plain(txn, table(txn, "junk", 0), 0, 250, 200);
    else if (i == 1)
      FUZZ_OK(mdbx_drop(txn, table(txn, "junk", 0), true));
    else if (i == 2)
      fill_by_turns(txn, scattered ? 45 : 10);
    else if (i == 3)
      FUZZ_OK(mdbx_drop(txn, table(txn, "first", 0), true));
    else /* a run is sought in the regions */
      put(txn, table(txn, "late", 0), "run", 3, 2000);
    FUZZ_OK(mdbx_txn_commit(txn));
  }
  FUZZ_OK(mdbx_env_set_geometry(env, -1, -1, -1, -1, 4096, -1));
}

static int by_last_byte(const MDBX_val *a, const MDBX_val *b) {
  const int left = a->iov_len ? ((const uint8_t *)a->iov_base)[a->iov_len - 1] : -1;
  const int right = b->iov_len ? ((const uint8_t *)b->iov_base)[b->iov_len - 1] : -1;
  return left != right ? left - right : mdbx_get_keycmp(MDBX_DB_DEFAULTS)(a, b);
}

static void fill_own_order(MDBX_txn *txn) {
  MDBX_dbi dbi;
  FUZZ_OK(mdbx_dbi_open_ex(txn, "own", MDBX_CREATE, &dbi, by_last_byte, NULL));
  fill_plain(txn, dbi, 0, 25, 30);
}

static void fill_all(MDBX_txn *txn) {
  fill_plain(txn, table(txn, "plain", 0), 0, 30, 22);
  fill_several(txn);
  fill_orders(txn);
  fill_large(txn);
}

enum shape {
  SHAPE_DEEP,
  SHAPE_ALL,
  SHAPE_FREE,
  SHAPE_WEAK,
  SHAPE_BIG_PAGES,
  SHAPE_OWN_ORDER,
  SHAPE_EMPTY,
  SHAPE_REGIONS,
  SHAPE_BITMAP,
  SHAPES
};
static const char *const shape_names[SHAPES] = {"deep", "all",   "free",    "weak",  "4096",
                                                "own",  "empty", "regions", "bitmap"};

static void make_shape(enum shape shape) {
  static const size_t page_sizes[SHAPES] = {256, 512, 256, 512, 4096, 256, 256, 256, 256};
  MDBX_env *env =
      make(page_sizes[shape], shape == SHAPE_WEAK || shape == SHAPE_FREE ? MDBX_SAFE_NOSYNC : MDBX_SYNC_DURABLE);
  MDBX_txn *txn = begin(env);
  if (shape == SHAPE_DEEP)
    fill_plain(txn, 1, 0, 90, 40);
  else if (shape == SHAPE_ALL)
    fill_all(txn);
  else if (shape == SHAPE_FREE)
    fill_plain(txn, 1, 0, 10, 20);
  else if (shape == SHAPE_WEAK || shape == SHAPE_BIG_PAGES)
    fill_several(txn);
  else if (shape == SHAPE_OWN_ORDER)
    fill_own_order(txn);
  FUZZ_OK(mdbx_txn_commit(txn));
  if (shape == SHAPE_FREE)
    make_free(env, 24);
  if (shape == SHAPE_REGIONS || shape == SHAPE_BITMAP)
    make_regions(env, shape == SHAPE_BITMAP);
  for (unsigned i = 0; i < 3 && shape != SHAPE_EMPTY; ++i) {
    txn = begin(env);
    fill_plain(txn, table(txn, "plain", 0), i, i + 3, 5);
    FUZZ_OK(mdbx_txn_commit(txn));
  }
  FUZZ_OK(mdbx_env_close_ex(env, shape == SHAPE_WEAK));
}

/* See struct orders in file.c. */
static const uint8_t orders[][5] = {{0, 2, 1, 0, 1},  {0, 0, 15, 20, 2},  {0, 1, 3, 20, 3},  {0, 5, 39, 20, 4},
                                    {0, 6, 2, 31, 5}, {0, 9, 14, 12, 6},  {0, 10, 1, 0, 7},  {0, 15, 3, 9, 8},
                                    {0, 8, 19, 9, 9}, {0, 0, 74, 20, 10}, {0, 5, 66, 31, 11}};
enum { ORDERS = sizeof(orders) / sizeof(orders[0]) };

int main(int argc, char *argv[]) {
  if (argc != 2) {
    fprintf(stderr, "usage: seeds FOLDER\n");
    return 2;
  }
  if (mkdir(argv[1], 0777) != 0 && errno != EEXIST) {
    perror(argv[1]);
    return 1;
  }
  fuzz_setup();
  for (int shape = 0; shape < SHAPES; ++shape) {
    size_t length;
    make_shape((enum shape)shape);
    uint8_t *bytes = fuzz_read_file(fuzz_path(DB), &length);
    for (size_t i = 0; i < ORDERS; ++i) {
      char name[4096];
      snprintf(name, sizeof(name), "%s/%s-%zu", argv[1], shape_names[shape], i);
      FILE *file = fopen(name, "wb");
      if (!file || fwrite(bytes, 1, length, file) != length ||
          fwrite(orders[i], 1, sizeof(orders[i]), file) != sizeof(orders[i]) || fclose(file) != 0) {
        perror(name);
        return 1;
      }
    }
    free(bytes);
  }
  return 0;
}
