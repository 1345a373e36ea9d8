/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench/rows_load.c: filling an empty database, and what other rows find in theirs.
 */
#include "work.h"

#include <string.h>

static double load(const struct stage *s, uint64_t (*key_of)(uint64_t), size_t length, enum how how) {
  unsigned char value[VALUE];
  memset(value, 7, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < s->records;) {
    begin(s, 0);
    for (int n = 0; n < 1000 && i < s->records; ++n, ++i) {
      const uint64_t key = key_of(i);
      s->engine->put(s->handle, (struct bytes){&key, sizeof(key)}, (struct bytes){value, length}, how);
    }
    commit(s);
  }
  return microseconds(s, start, s->records);
}

double row_load(struct stage *s) { return load(s, mix, VALUE, UPSERT); }

double row_append(struct stage *s) { return load(s, ordered, VALUE, APPENDED); }

double row_inorder(struct stage *s) { return load(s, ordered, VALUE, UPSERT); }

double row_integers(struct stage *s) {
  return load(s, s->engine->features & HAS_INTEGERS ? counted : ordered, SMALL, UPSERT);
}

double row_longkeys(struct stage *s) {
  unsigned char value[VALUE];
  char key[LONG_KEY];
  memset(value, 7, sizeof(value));
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < s->records;) {
    begin(s, 0);
    for (int n = 0; n < 1000 && i < s->records; ++n, ++i)
      s->engine->put(s->handle, long_key(key, i), (struct bytes){value, VALUE}, UPSERT);
    commit(s);
  }
  return microseconds(s, start, s->records);
}

/* So many values for each of the keys, in no order. */
static double load_values(const struct stage *s, uint64_t keys, size_t length) {
  unsigned char value[SMALL] = {0};
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < s->records;) {
    begin(s, 0);
    for (int n = 0; n < 1000 && i < s->records; ++n, ++i) {
      const uint64_t number = mix(i);
      memcpy(value, &number, sizeof(number));
      put(s, mix(i % keys), value, length);
    }
    commit(s);
  }
  return microseconds(s, start, s->records);
}

double row_multi(struct stage *s) { return load_values(s, s->records / VALUES_PER_KEY + 1, SMALL); }

double row_arrays(struct stage *s) { return load_values(s, s->records / VALUES_PER_KEY + 1, sizeof(uint64_t)); }

/* Long arrays: as many values as there are records, of a thousand keys. */
double row_longarr(struct stage *s) { return load_values(s, 1000, sizeof(uint64_t)); }

static void put_array(const struct stage *s, uint64_t key, const uint64_t *values, size_t count) {
  if (s->engine->put_array)
    s->engine->put_array(s->handle, (struct bytes){&key, sizeof(key)}, values, sizeof(*values), count);
  else
    for (size_t i = 0; i < count; ++i)
      put(s, key, &values[i], sizeof(*values));
}

/* A thousand values a call, in order, of a thousand keys in turn. */
double row_multiple(struct stage *s) {
  enum { BATCH = 1000, KEYS = 1000 };
  static uint64_t values[BATCH];
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < s->records; i += BATCH) {
    for (uint64_t n = 0; n < BATCH; ++n)
      values[n] = i * BATCH + n * KEYS;
    begin(s, 0);
    put_array(s, mix(i / BATCH % KEYS), values, BATCH);
    commit(s);
  }
  return microseconds(s, start, (s->records + BATCH - 1) / BATCH * BATCH);
}

/* Long values, new and then others in their place; as many bytes as the records of other rows have. */
static double large(const struct stage *s, size_t length) {
  unsigned char *value = calloc(1, length);
  const uint64_t count = s->records * (VALUE + sizeof(uint64_t)) / length + 10;
  const double start = stage_clock(s);
  for (uint64_t i = 0; i < 2 * count; ++i) {
    value[i % length] = (unsigned char)i;
    begin(s, 0);
    put(s, mix(i % count), value, length);
    commit(s);
  }
  free(value);
  return microseconds(s, start, 2 * count);
}

double row_64k(struct stage *s) { return large(s, 64 << 10); }

double row_1m(struct stage *s) { return large(s, 1 << 20); }

void fill(struct stage *stage, enum content content) {
  static double (*const loads[CONTENTS])(struct stage *) = {NULL, row_load, row_longkeys, row_multi, row_arrays};
  if (loads[content])
    loads[content](stage);
}
