/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows_small.c: small write transactions, without flush and durable.
 */
#include "work.h"

#include <pthread.h>
#include <string.h>

/* A put a transaction, each into another table. */
double row_tables(struct stage *s) {
  const uint64_t transactions = scaled(s, 20000);
  unsigned char value[VALUE];
  memset(value, 3, sizeof(value));
  s->engine->make_tables(s->handle);
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < transactions; ++i) {
    s->engine->use_table(s->handle, (unsigned)(mix(i) % TABLES));
    begin(s, 0);
    put(s, mix(i), value, VALUE);
    commit(s);
  }
  return microseconds(s, start, transactions);
}

/* So many puts a transaction: new keys, or keys that are there. Microseconds a transaction. */
static double transact(const struct stage *s, uint64_t transactions, int puts, int anew) {
  const uint64_t base = UINT64_C(1) << 29;
  unsigned char value[VALUE];
  transactions = scaled(s, transactions);
  memset(value, 9, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < transactions; ++i) {
    begin(s, 0);
    for (int n = 0; n < puts; ++n) {
      const uint64_t number = i * (uint64_t)puts + (uint64_t)n;
      put(s, anew ? mix(s->records + base + number) : mix(mix(number * 11) % s->records), value, VALUE);
    }
    commit(s);
  }
  return microseconds(s, start, transactions);
}

double row_oneput(struct stage *s) { return transact(s, 50000, 1, 1); }

double row_update(struct stage *s) { return transact(s, 50000, 1, 0); }

double row_ten(struct stage *s) { return transact(s, 10000, 10, 0); }

double row_thousand(struct stage *s) { return transact(s, 200, 1000, 0); }

/* One put a transaction right after a transaction of many. */
double row_after(struct stage *s) {
  unsigned char value[VALUE];
  memset(value, 5, sizeof(value));
  begin(s, 0);
  for (uint64_t i = 0; i < 100000; ++i)
    put(s, mix(i % s->records), value, VALUE);
  commit(s);
  return row_oneput(s);
}

/* Five operations a transaction: two reads, an insert, an update, a delete. */
static double crud(const struct stage *s, uint64_t transactions) {
  const uint64_t base = s->records + (UINT64_C(1) << 30);
  unsigned char value[VALUE];
  transactions = scaled(s, transactions);
  memset(value, 9, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < transactions; ++i) {
    begin(s, 0);
    sink += get(s, mix(mix(i * 3) % s->records));
    sink += get(s, mix(mix(i * 5) % s->records));
    put(s, mix(base + i), value, VALUE);
    put(s, mix(mix(i * 11) % s->records), value, VALUE);
    del(s, mix(base + i / 2));
    commit(s);
  }
  return microseconds(s, start, transactions);
}

double row_crud(struct stage *s) { return crud(s, 50000); }

/* One record goes, another one comes. */
double row_replace(struct stage *s) {
  const uint64_t transactions = scaled(s, 50000);
  unsigned char value[VALUE];
  memset(value, 4, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < transactions; ++i) {
    begin(s, 0);
    del(s, mix(i));
    put(s, mix(s->records + i), value, VALUE);
    commit(s);
  }
  return microseconds(s, start, transactions);
}

/* Half of the records, in no order. */
double row_delete(struct stage *s) {
  const uint64_t count = s->records / 2 + 1;
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < count;) {
    begin(s, 0);
    for (int n = 0; n < 1000 && i < count; ++n, ++i)
      del(s, mix(i));
    commit(s);
  }
  return microseconds(s, start, count);
}

/* ---- durable ----------------------------------------------------------------------------------------------------- */

double row_durable_one(struct stage *s) { return transact(s, 3000, 1, 1); }

double row_durable_ten(struct stage *s) { return transact(s, 3000, 10, 0); }

double row_durable_thousand(struct stage *s) { return transact(s, 50, 1000, 0); }

double row_durable(struct stage *s) { return crud(s, 3000); }

struct committer {
  struct stage stage;
  uint64_t number, commits;
  pthread_t thread;
};

static void *commit_often(void *argument) {
  const struct committer *c = argument;
  unsigned char value[VALUE] = {1};
  for (uint64_t i = 0; i < c->commits; ++i) {
    begin(&c->stage, 0);
    put(&c->stage, mix((i << 8 | c->number) + (UINT64_C(1) << 31)), value, VALUE);
    commit(&c->stage);
  }
  return NULL;
}

/* The time of all together, by the number of their commits. */
static double commit_by_threads(const struct stage *s, unsigned threads) {
  struct committer committers[16];
  const uint64_t each = scaled(s, 3000) / threads + 1;
  for (unsigned i = 0; i < threads; ++i) {
    committers[i] = (struct committer){.stage = *s, .number = i, .commits = each};
    committers[i].stage.handle = s->engine->attach(s->handle);
  }
  const double start = stage_clock(s);
  for (unsigned i = 0; i < threads; ++i)
    must(pthread_create(&committers[i].thread, NULL, commit_often, &committers[i]), "thread");
  for (unsigned i = 0; i < threads; ++i)
    must(pthread_join(committers[i].thread, NULL), "thread");
  const double result = microseconds(s, start, each * threads);
  for (unsigned i = 0; i < threads; ++i)
    s->engine->detach(committers[i].stage.handle);
  return result;
}

double row_commits_4(struct stage *s) { return commit_by_threads(s, 4); }

double row_commits_16(struct stage *s) { return commit_by_threads(s, 16); }

/*
 * What this process gave to calls that write. What the system counts as written to disks says less: it takes the large
 * pieces of its cache for changed as a whole.
 */
static uint64_t written_bytes(void) {
  unsigned long long bytes = 0;
  char line[200];
  FILE *file = fopen("/proc/self/io", "r");
  while (file && fgets(line, sizeof(line), file))
    if (sscanf(line, "wchar: %llu", &bytes) == 1)
      break;
  if (file)
    fclose(file);
  return bytes;
}

double row_written(struct stage *s) {
  const uint64_t before = written_bytes();
  row_durable_ten(s);
  return (double)(written_bytes() - before) / 1024 / (double)scaled(s, 3000);
}
