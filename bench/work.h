/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/work.h: the calls of an engine as rows make them.
 */
#ifndef MDBX_BENCH_WORK_H
#define MDBX_BENCH_WORK_H

#include "bench.h"
#include "common.h"

enum { VALUE = 100, SMALL = 32, VALUES_PER_KEY = 100 };

static inline void begin(const struct stage *s, int reading) { s->engine->begin(s->handle, reading); }

static inline void commit(const struct stage *s) { s->engine->commit(s->handle); }

static inline void put(const struct stage *s, uint64_t key, const void *value, size_t length) {
  s->engine->put(s->handle, (struct bytes){&key, sizeof(key)}, (struct bytes){value, length}, UPSERT);
}

static inline uint64_t get(const struct stage *s, uint64_t key) {
  return (uint64_t)s->engine->get(s->handle, (struct bytes){&key, sizeof(key)});
}

static inline void del(const struct stage *s, uint64_t key) {
  s->engine->del(s->handle, (struct bytes){&key, sizeof(key)});
}

#endif
