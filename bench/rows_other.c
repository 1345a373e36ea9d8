/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows_other.c: old readers, opening, and what databases occupy.
 */
#include "work.h"

#include <string.h>

enum { READERS_MAX = 10, READER_TRANSACTIONS = 10000 };

static void update_ten(const struct stage *s, uint64_t transaction) {
  unsigned char value[VALUE];
  memset(value, (int)(transaction & 0x7f), sizeof(value));
  begin(s, 0);
  for (uint64_t u = 0; u < 10; ++u)
    put(s, mix((transaction * 10 + u) * 7919 % s->records), value, VALUE);
  commit(s);
}

/*
 * Ten updates a transaction beside so many readers that keep their snapshots; the first one begins before the work, the
 * others after each twentieth part of it. Microseconds a transaction.
 */
static double beside_readers(const struct stage *s, unsigned readers, uint64_t *bytes) {
  const uint64_t transactions = scaled(s, READER_TRANSACTIONS);
  void *old[READERS_MAX];
  unsigned begun = 0;
  double spent = 0;
  for (uint64_t i = 0; i < transactions; ++i) {
    if (begun < readers && i >= begun * transactions / (2 * READERS_MAX)) {
      old[begun] = s->engine->attach(s->handle);
      s->engine->begin(old[begun], 1);
      const uint64_t key = mix(0); /* some take their snapshot with the first look */
      sink += (uint64_t)s->engine->get(old[begun], (struct bytes){&key, sizeof(key)});
      begun += 1;
    }
    const double start = stage_clock(s);
    update_ten(s, i);
    spent += stage_clock(s) - start;
  }
  *bytes = folder_bytes(s->folder);
  while (begun) {
    s->engine->commit(old[--begun]);
    s->engine->detach(old[begun]);
  }
  return spent * 1e6 / (double)transactions;
}

double row_reader_1(struct stage *s) {
  uint64_t bytes;
  return beside_readers(s, 1, &bytes);
}

double row_reader_10(struct stage *s) {
  uint64_t bytes;
  return beside_readers(s, 10, &bytes);
}

static double size_beside_readers(const struct stage *s, unsigned readers) {
  uint64_t bytes;
  beside_readers(s, readers, &bytes);
  return (double)bytes / 1048576;
}

double row_reader_1_size(struct stage *s) { return size_beside_readers(s, 1); }

double row_reader_10_size(struct stage *s) { return size_beside_readers(s, 10); }

/* Until the first record is there. */
double row_open(struct stage *s) {
  const uint64_t times = scaled(s, 20);
  double spent = 0;
  for (uint64_t i = 0; i < times; ++i) {
    s->engine->close(s->handle);
    const double start = stage_clock(s);
    s->handle = s->engine->open(s->folder, &s->opening);
    begin(s, 1);
    sink += get(s, mix(i % s->records));
    commit(s);
    spent += stage_clock(s) - start;
  }
  return spent * 1e6 / (double)times;
}

/* What a file has reserved but not used counts as well; the database is closed. */
static double closed_size(struct stage *s) {
  s->engine->close(s->handle);
  const double size = (double)folder_bytes(s->folder) / 1048576;
  s->handle = s->engine->open(s->folder, &s->opening);
  return size;
}

double row_disk(struct stage *s) {
  row_load(s);
  return closed_size(s);
}

double row_disk_churn(struct stage *s) {
  row_crud(s);
  return closed_size(s);
}

static double memory_now(void) {
  unsigned long kib = 0;
  char line[200];
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof(line), file))
    if (sscanf(line, "RssAnon: %lu", &kib) == 1)
      break;
  if (file)
    fclose(file);
  return (double)kib / 1024;
}

/* The most that was seen after any transaction of updates and lookups. Pages of mapped files are not the process's own.
 */
double row_memory(struct stage *s) {
  unsigned char value[VALUE] = {0};
  double most = 0;
  for (uint64_t i = 0; i < s->records;) {
    begin(s, 0);
    for (int n = 0; n < 1000 && i < s->records; ++n, ++i)
      put(s, mix(mix(i) % s->records), value, VALUE);
    commit(s);
    begin(s, 1);
    for (uint64_t n = 0; n < 1000; ++n)
      sink += get(s, mix(mix(i + n) % s->records));
    commit(s);
    const double seen = memory_now();
    most = seen > most ? seen : most;
  }
  return most;
}
