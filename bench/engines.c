/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/engines.c: the engines that this program was built with. configure decides.
 */
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

const struct engine *const engines[] = {
    &engine_mdbx,
#ifdef BENCH_LMDB
    &engine_lmdb,
#endif
#ifdef BENCH_SQLITE
    &engine_sqlite,
#endif
#ifdef BENCH_BDB
    &engine_bdb,
#endif
#ifdef BENCH_WIREDTIGER
    &engine_wiredtiger,
#endif
#ifdef BENCH_LEVELDB
    &engine_leveldb,
#endif
#ifdef BENCH_ROCKSDB
    &engine_rocksdb,
#endif
#ifdef BENCH_KYOTO
    &engine_kyoto,
#endif
};
const size_t engine_count = sizeof(engines) / sizeof(engines[0]);

const char *table_name(unsigned number) {
  static char name[16];
  snprintf(name, sizeof(name), "table%u", number);
  return name;
}

void give_up(const char *what, const char *why) {
  fprintf(stderr, "%s: %s\n", what, why);
  fflush(stdout);
  _exit(2); /* libraries with threads may not survive the end of their statics */
}
