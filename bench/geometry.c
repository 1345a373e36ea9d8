/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/geometry.c: what geometry does to a growing data set of this engine: the figures of doc/tuning.md.
 *
 * For each growth step and page size: random puts of 8+100 bytes, 1,000 a durable transaction; then nine of ten records
 * are deleted, and small changes follow. Reported: time, how often the file changed its size, its size and the part in
 * use at the peak and in the end.
 */
#include "bench.h"
#include "common.h"

#include <string.h>
#include <unistd.h>

struct setting {
  const char *name;
  intptr_t now, grow, shrink, page;
};

static uint64_t records;
static unsigned resizes;
static uint64_t last_size;

static MDBX_envinfo info_of(MDBX_env *env) {
  MDBX_envinfo info;
  must(mdbx_env_info_ex(env, NULL, &info, sizeof(info)), "info");
  return info;
}

static void commit(MDBX_env *env, MDBX_txn *txn) {
  must(mdbx_txn_commit(txn), "commit");
  const uint64_t size = info_of(env).mi_geo.current;
  resizes += size != last_size;
  last_size = size;
}

/* Puts (or deletes) a range of records, 1,000 a transaction. */
static void change(MDBX_env *env, uint64_t from, uint64_t to, unsigned keep_every) {
  MDBX_txn *txn;
  char value[100];
  memset(value, 'v', sizeof(value));
  for (uint64_t i = from; i < to;) {
    must(mdbx_txn_begin(env, NULL, MDBX_TXN_READWRITE, &txn), "begin");
    for (unsigned n = 0; n < 1000 && i < to; ++n, ++i) {
      uint64_t key = mix(i);
      MDBX_val k = {&key, sizeof(key)}, v = {value, sizeof(value)};
      if (!keep_every)
        must(mdbx_put(txn, 1, &k, &v, MDBX_UPSERT), "put");
      else if (i % keep_every)
        must(mdbx_del(txn, 1, &k, NULL), "del");
    }
    commit(env, txn);
  }
}

static void report(const char *what, MDBX_env *env, double seconds) {
  const MDBX_envinfo info = info_of(env);
  MDBX_stat stat;
  must(mdbx_env_stat_ex(env, NULL, &stat, sizeof(stat)), "stat");
  const uint64_t pages = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  printf("  %-22s %7.2f s, size changed %4u times, file %7.2f MiB, in use %7.2f MiB\n", what, seconds, resizes,
         (double)info.mi_geo.current / 1048576.0, (double)pages * info.mi_dxb_pagesize / 1048576.0);
  fflush(stdout);
}

static void run(const char *path, const struct setting *setting) {
  MDBX_env *env;
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
  must(mdbx_env_create(&env), "create");
  must(mdbx_env_set_geometry(env, 0, setting->now, (intptr_t)4 << 30, setting->grow, setting->shrink, setting->page),
       "geometry");
  must(mdbx_env_open(env, path, MDBX_NOSUBDIR, 0644), "open");
  printf("%s\n", setting->name);
  resizes = 0;
  last_size = info_of(env).mi_geo.current;
  double begun = now();
  change(env, 0, records, 0);
  report("loaded", env, now() - begun);
  resizes = 0;
  begun = now();
  change(env, 0, records, 10);
  report("nine of ten deleted", env, now() - begun);
  begun = now();
  for (uint64_t i = 0; i < 100; ++i)
    change(env, i * 10, i * 10 + 10, 0);
  report("100 small changes", env, now() - begun);
  must(mdbx_env_close(env), "close");
  mdbx_env_delete(path, MDBX_ENV_JUST_DELETE);
}

void geometry_report(const char *folder, uint64_t count) {
  static const struct setting settings[] = {
      {"step 64 KiB, threshold 128 KiB, pages 4096", 65536, 65536, 131072, 4096},
      {"step 1 MiB, threshold 2 MiB, pages 4096", 65536, 1 << 20, 2 << 20, 4096},
      {"step 16 MiB, threshold 32 MiB, pages 4096", 65536, 16 << 20, 32 << 20, 4096},
      {"step 16 MiB, never shrinks, pages 4096", 65536, 16 << 20, 0, 4096},
      {"512 MiB from the beginning, pages 4096", 512 << 20, 16 << 20, 0, 4096},
      {"step 1 MiB, threshold 2 MiB, pages 1024", 65536, 1 << 20, 2 << 20, 1024},
      {"step 1 MiB, threshold 2 MiB, pages 16384", 65536, 1 << 20, 2 << 20, 16384},
      {"step 1 MiB, threshold 2 MiB, pages 65536", 65536, 1 << 20, 2 << 20, 65536},
  };
  char path[512];
  records = count;
  snprintf(path, sizeof(path), "%s/bench-geometry", folder);
  for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); ++i)
    run(path, &settings[i]);
}
