/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows_read.c: lookups and scans.
 */
#include "work.h"

#include <pthread.h>

/* So many in large databases that most of their pages are met. */
static uint64_t lookups(const struct stage *s) {
  const uint64_t usual = scaled(s, 2000000);
  return s->records / 2 > usual ? s->records / 2 : usual;
}

static double look_up(const struct stage *s, uint64_t first) {
  const uint64_t gets = lookups(s);
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < gets; ++i)
    sink += get(s, mix(first + mix(i * 7) % s->records));
  const double result = microseconds(s, start, gets);
  commit(s);
  return result;
}

double row_get(struct stage *s) { return look_up(s, 0); }

double row_miss(struct stage *s) { return look_up(s, s->records + (UINT64_C(1) << 32)); }

double row_gettxn(struct stage *s) {
  const uint64_t gets = scaled(s, 500000);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < gets; ++i) {
    begin(s, 1);
    sink += get(s, mix(mix(i * 7) % s->records));
    commit(s);
  }
  return microseconds(s, start, gets);
}

double row_renew(struct stage *s) {
  const uint64_t gets = scaled(s, 500000);
  if (!s->engine->renew)
    return row_gettxn(s);
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < gets; ++i) {
    s->engine->renew(s->handle);
    sink += get(s, mix(mix(i * 7) % s->records));
  }
  const double result = microseconds(s, start, gets);
  commit(s);
  return result;
}

/* The lookups of row_get with many a call. */
double row_getmany(struct stage *s) {
  enum { BATCH = 256 };
  const uint64_t gets = lookups(s);
  static uint64_t numbers[BATCH];
  static struct bytes keys[BATCH];
  if (!s->engine->get_many)
    return row_get(s);
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < gets;) {
    size_t n = 0;
    for (; n < BATCH && i < gets; ++n, ++i) {
      numbers[n] = mix(mix(i * 7) % s->records);
      keys[n] = (struct bytes){&numbers[n], sizeof(numbers[n])};
    }
    sink += s->engine->get_many(s->handle, keys, n);
  }
  const double result = microseconds(s, start, gets);
  commit(s);
  return result;
}

struct looker {
  struct stage stage;
  uint64_t first, gets, sum;
  pthread_t thread;
};

static void *look(void *argument) {
  struct looker *looker = argument;
  const struct stage *s = &looker->stage;
  uint64_t sum = 0;
  begin(s, 1);
  for (uint64_t i = 0; i < looker->gets; ++i)
    sum += get(s, mix(mix((looker->first + i) * 7) % s->records));
  commit(s);
  looker->sum = sum;
  return NULL;
}

/* The time of both together, by the number of their lookups. */
double row_get_threads(struct stage *s) {
  enum { THREADS = 2 };
  const uint64_t each = lookups(s) / THREADS;
  struct looker lookers[THREADS];
  for (unsigned i = 0; i < THREADS; ++i) {
    lookers[i] = (struct looker){.stage = *s, .first = i * each, .gets = each};
    lookers[i].stage.handle = s->engine->attach(s->handle);
  }
  const double start = stage_clock(s);
  for (unsigned i = 0; i < THREADS; ++i)
    must(pthread_create(&lookers[i].thread, NULL, look, &lookers[i]), "thread");
  for (unsigned i = 0; i < THREADS; ++i) {
    must(pthread_join(lookers[i].thread, NULL), "thread");
    sink += lookers[i].sum;
  }
  const double result = microseconds(s, start, each * THREADS);
  for (unsigned i = 0; i < THREADS; ++i)
    s->engine->detach(lookers[i].stage.handle);
  return result;
}

double row_getlong(struct stage *s) {
  const uint64_t gets = lookups(s) / 2;
  char key[LONG_KEY];
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < gets; ++i)
    sink += (uint64_t)s->engine->get(s->handle, long_key(key, mix(i * 7) % s->records));
  const double result = microseconds(s, start, gets);
  commit(s);
  return result;
}

/* All records, so often that the clock has something to measure. */
static double scan_all(const struct stage *s, int back) {
  const uint64_t times = scaled(s, 1000000) / s->records + 1;
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < times; ++i)
    sink += s->engine->scan(s->handle, (struct bytes){NULL, 0}, UINT64_MAX, back);
  const double result = microseconds(s, start, times * s->records);
  commit(s);
  return result;
}

double row_scan(struct stage *s) { return scan_all(s, 0); }

double row_back(struct stage *s) { return scan_all(s, 1); }

static double scan_some(const struct stage *s, uint64_t scans, uint64_t length) {
  scans = scaled(s, scans);
  begin(s, 1);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < scans; ++i) {
    const uint64_t key = mix(mix(i * 7) % s->records);
    sink += s->engine->scan(s->handle, (struct bytes){&key, sizeof(key)}, length, 0);
  }
  const double result = microseconds(s, start, scans);
  commit(s);
  return result;
}

double row_scan10(struct stage *s) { return scan_some(s, 200000, 10); }

double row_scan100(struct stage *s) { return scan_some(s, 50000, 100); }
