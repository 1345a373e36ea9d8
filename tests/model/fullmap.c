/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Databases that cannot grow, filled to MDBX_MAP_FULL again and again.
 *
 * Whatever the size, a delete must commit on a full map; no page may be lost between rounds, so every later round
 * takes in about as much as the first; and the checker finds nothing in between.
 */
#include <mdbx.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VALUE_MAX = 20000, ROUNDS = 5 };

struct full {
  MDBX_env *env;
  unsigned pages, batch, value;
  const char *doing;
  unsigned page_size, flags;
  bool may_not_grow; /* the upper limit is far, but the file never grows */
};

static void must(const struct full *full, int rc) {
  if (rc == MDBX_SUCCESS)
    return;
  fprintf(stderr, "fullmap: %u pages of %u, batches of %u, values of %u, %s: %s\n", full->pages, full->page_size,
          full->batch, full->value, full->doing, mdbx_strerror(rc));
  exit(1);
}

static void check(const struct full *full) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  must(full, mdbx_env_chk(full->env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_result, 0));
  must(full, context.result.total_problems ? MDBX_CORRUPTED : MDBX_SUCCESS);
}

/* Puts batches of records until the map is full; returns how many are there. */
static unsigned fill(struct full *full) {
  static uint8_t bytes[VALUE_MAX];
  unsigned stored = 0;
  full->doing = "filling";
  for (;;) {
    MDBX_txn *txn;
    int rc = MDBX_SUCCESS;
    must(full, mdbx_txn_begin_ex(full->env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
    for (unsigned i = 0; i < full->batch && rc == MDBX_SUCCESS; ++i) {
      uint32_t number = stored + i;
      MDBX_val key = {&number, sizeof(number)}, value = {bytes, full->value};
      rc = mdbx_put(txn, 1, &key, &value, MDBX_UPSERT);
    }
    if (rc == MDBX_SUCCESS) {
      must(full, mdbx_txn_commit_ex(txn, NULL));
      stored += full->batch;
      continue;
    }
    if (rc != MDBX_MAP_FULL)
      must(full, rc);
    must(full, mdbx_txn_abort_ex(txn, NULL));
    return stored;
  }
}

static void delete_one_by_one(struct full *full, unsigned stored) {
  full->doing = "deleting on a full map";
  for (uint32_t number = 0; number < stored; ++number) {
    MDBX_txn *txn;
    MDBX_val key = {&number, sizeof(number)};
    must(full, mdbx_txn_begin_ex(full->env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
    must(full, mdbx_del(txn, 1, &key, NULL));
    must(full, mdbx_txn_commit_ex(txn, NULL));
  }
}

static void open_full(struct full *full, const char *path) {
  const intptr_t size = (intptr_t)full->pages * full->page_size, step = full->may_not_grow ? 0 : -1;
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  must(full, mdbx_env_create(&full->env));
  must(full, mdbx_env_set_geometry(full->env, size, size, full->may_not_grow ? 4 * size : size, step, step,
                                   (intptr_t)full->page_size));
  must(full, mdbx_env_open(full->env, path, (MDBX_env_flags_t)(MDBX_NOSUBDIR | full->flags), 0600));
}

static void run(const char *path, struct full full) {
  const unsigned batch = full.batch;
  unsigned first = 0;
  full.doing = "opening";
  open_full(&full, path);
  for (int round = 0; round < ROUNDS; ++round) {
    const unsigned stored = fill(&full);
    check(&full);
    if (round == 0)
      first = stored;
    /* Batches and fragmentation cost something; a leak would cost more with every round. */
    full.doing = "a later round took in much less than the first";
    must(&full, (stored + batch) * 10 >= first * 6 ? MDBX_SUCCESS : MDBX_PROBLEM);
    delete_one_by_one(&full, stored);
    check(&full);
  }
  full.doing = "closing";
  must(&full, mdbx_env_close_ex(full.env, true));
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  printf("%4u pages of %5u, batches of %2u, values of %5u: %6u records, %d rounds\n", full.pages, full.page_size, batch,
         full.value, first, ROUNDS);
}

/* Weak commits keep the last steady snapshot. With a map that holds the live data and not much more, the engine has to
 * make a steady point by itself, and never says that the map is full. */
static void overwrite_weakly(const char *path, unsigned flags) {
  struct full full = {
      .pages = 64, .batch = 4, .value = 400, .doing = "opening", .page_size = 4096, .flags = MDBX_SAFE_NOSYNC | flags};
  static uint8_t bytes[VALUE_MAX];
  open_full(&full, path);
  full.doing = "overwriting with weak commits";
  for (unsigned round = 0; round < 3000; ++round) {
    MDBX_txn *txn;
    must(&full, mdbx_txn_begin_ex(full.env, NULL, MDBX_TXN_READWRITE, &txn, NULL));
    for (unsigned i = 0; i < full.batch; ++i) {
      uint32_t number = (round * full.batch + i) * 7919 % 250;
      MDBX_val key = {&number, sizeof(number)}, value = {bytes, full.value};
      must(&full, mdbx_put(txn, 1, &key, &value, MDBX_UPSERT));
    }
    must(&full, mdbx_txn_commit_ex(txn, NULL));
    if (round % 100 == 0)
      check(&full);
    if (round == 100)
      must(&full, mdbx_env_sync_ex(full.env, true, false));
  }
  check(&full);
  MDBX_envinfo info;
  must(&full, mdbx_env_info_ex(full.env, NULL, &info, sizeof(info)));
  const uint64_t flushes = flags & MDBX_WRITEMAP ? info.mi_pgop_stat.msync : info.mi_pgop_stat.fsync;
  printf("weak commits, flags 0x%x: 3000 rounds, %llu flushes\n", flags, (unsigned long long)flushes);
  full.doing = "a steady point was made, and not for every commit";
  must(&full, flushes > 4 && flushes < 3000 ? MDBX_SUCCESS : MDBX_PROBLEM);
  must(&full, mdbx_env_close_ex(full.env, true));
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
}

/* Files that may not grow to their upper limit, and the smallest and largest pages. */
static void run_variants(const char *path) {
  static const unsigned sizes[] = {256, 512, 4096, 65536}, flags[] = {0, MDBX_LIFORECLAIM};
  for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); ++i)
    for (unsigned f = 0; f < sizeof(flags) / sizeof(flags[0]); ++f)
      for (unsigned batch = 1; batch < 50; batch += 24)
        for (unsigned fixed = 0; fixed < 2; ++fixed)
          run(path, (struct full){.pages = 64u << (sizes[i] < 4096),
                                  .batch = batch,
                                  .value = sizes[i] / 8 + 5 * batch,
                                  .page_size = sizes[i],
                                  .flags = MDBX_UTTERLY_NOSYNC | flags[f],
                                  .may_not_grow = fixed != 0});
}

int main(void) {
  static const unsigned pages[] = {8, 9, 12, 16, 27, 64, 200}, batches[] = {1, 7, 49},
                        values[] = {10, 120, 1440, 17280};
  const char *folder = getenv("TEST_TMPDIR");
  char path[256];
  snprintf(path, sizeof(path), "%s/full-%d.db", folder ? folder : "/tmp", (int)getpid());
  for (unsigned p = 0; p < sizeof(pages) / sizeof(pages[0]); ++p)
    for (unsigned b = 0; b < sizeof(batches) / sizeof(batches[0]); ++b)
      for (unsigned v = 0; v < sizeof(values) / sizeof(values[0]); ++v)
        run(path, (struct full){.pages = pages[p],
                                .batch = batches[b],
                                .value = values[v],
                                .page_size = 4096,
                                .flags = MDBX_UTTERLY_NOSYNC});
  run_variants(path);
  overwrite_weakly(path, 0);
  overwrite_weakly(path, MDBX_LIFORECLAIM);
  overwrite_weakly(path, MDBX_WRITEMAP);
  return 0;
}
