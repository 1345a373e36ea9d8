/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls_mutate.c: changes sequences of calls step by step, so that they stay sequences of whole steps, and adds
 * what a blind change of bytes rarely makes: transactions with their ends, runs of neighbouring keys, cursors that are bound
 * and moved before the table changes under them.
 */
#include "calls.h"

#include <string.h>

enum { INSERTED_MOST = 40 };

struct sequence {
  uint8_t *bytes;
  size_t size, room;
};

static size_t steps_of(const struct sequence *sequence) {
  return sequence->size < HEAD_BYTES ? 0 : (sequence->size - HEAD_BYTES) / STEP_BYTES;
}

static uint8_t *step_at(const struct sequence *sequence, size_t i) {
  return sequence->bytes + HEAD_BYTES + i * STEP_BYTES;
}

/* Makes room for steps before step `at`; their bytes are undefined. NULL: there is no room. */
static uint8_t *open_gap(struct sequence *sequence, size_t at, size_t count) {
  const size_t steps = steps_of(sequence), bytes = count * STEP_BYTES;
  if (steps + count > STEPS || sequence->size + bytes > sequence->room)
    return NULL;
  memmove(step_at(sequence, at + count), step_at(sequence, at), (steps - at) * STEP_BYTES);
  sequence->size += bytes;
  return step_at(sequence, at);
}

static void draw_step(uint8_t *step, uint64_t *random, enum call call) {
  for (size_t i = 0; i < STEP_BYTES; ++i)
    step[i] = (uint8_t)fuzz_random(random);
  step[0] = (uint8_t)call;
}

static enum call draw_call(uint64_t *random) { return (enum call)fuzz_below(random, CALLS); }

/* -------------------------------------------------------------------------------------------------------- changes */

static void insert_step(struct sequence *sequence, uint64_t *random) {
  uint8_t *gap = open_gap(sequence, fuzz_below(random, steps_of(sequence) + 1), 1);
  if (gap)
    draw_step(gap, random, draw_call(random));
}

static void remove_steps(struct sequence *sequence, uint64_t *random) {
  const size_t steps = steps_of(sequence);
  if (steps < 2)
    return;
  const size_t at = fuzz_below(random, steps), rest = steps - at;
  size_t count = 1 + fuzz_below(random, rest < 20 ? rest : 20);
  count -= count == steps;
  memmove(step_at(sequence, at), step_at(sequence, at + count), (rest - count) * STEP_BYTES);
  sequence->size -= count * STEP_BYTES;
}

/* The same steps again, somewhere else. */
static void repeat_steps(struct sequence *sequence, uint64_t *random) {
  uint8_t copy[INSERTED_MOST * STEP_BYTES];
  const size_t steps = steps_of(sequence);
  if (!steps)
    return;
  const size_t from = fuzz_below(random, steps), rest = steps - from;
  const size_t count = 1 + fuzz_below(random, rest < INSERTED_MOST ? rest : INSERTED_MOST);
  memcpy(copy, step_at(sequence, from), count * STEP_BYTES);
  uint8_t *gap = open_gap(sequence, fuzz_below(random, steps + 1), count);
  if (gap)
    memcpy(gap, copy, count * STEP_BYTES);
}

static void swap_steps(struct sequence *sequence, uint64_t *random) {
  uint8_t kept[STEP_BYTES];
  const size_t steps = steps_of(sequence);
  if (!steps)
    return;
  uint8_t *a = step_at(sequence, fuzz_below(random, steps)), *b = step_at(sequence, fuzz_below(random, steps));
  memcpy(kept, a, STEP_BYTES);
  memmove(a, b, STEP_BYTES);
  memcpy(b, kept, STEP_BYTES);
}

/* One argument, or the call with the arguments as they are. */
static void change_step(struct sequence *sequence, uint64_t *random) {
  const size_t steps = steps_of(sequence);
  if (!steps)
    return;
  uint8_t *byte = step_at(sequence, fuzz_below(random, steps)) + fuzz_below(random, STEP_BYTES);
  *byte = (uint8_t)(fuzz_below(random, 2) ? fuzz_random(random) : *byte + fuzz_below(random, 3) - 1);
}

/* A nested transaction around steps that are there. */
static void nest_steps(struct sequence *sequence, uint64_t *random) {
  const size_t steps = steps_of(sequence), from = fuzz_below(random, steps + 1);
  const size_t to = from + fuzz_below(random, steps - from + 1);
  if (steps + 2 > STEPS || sequence->size + 2 * (size_t)STEP_BYTES > sequence->room)
    return;
  draw_step(open_gap(sequence, to, 1), random, fuzz_below(random, 2) ? CALL_COMMIT : CALL_ABORT);
  draw_step(open_gap(sequence, from, 1), random, CALL_BEGIN);
}

/* Puts or deletions of neighbouring keys of one table: leaves split and merge. */
static void insert_run(struct sequence *sequence, uint64_t *random) {
  const size_t count = 2 + fuzz_below(random, INSERTED_MOST - 1);
  const enum call call = fuzz_below(random, 4) ? CALL_PUT : CALL_DELETE;
  const uint8_t kind = (uint8_t)fuzz_below(random, KINDS), stride = (uint8_t)(1 + fuzz_below(random, 7));
  uint8_t key = (uint8_t)fuzz_random(random);
  uint8_t *gap = open_gap(sequence, fuzz_below(random, steps_of(sequence) + 1), count);
  for (size_t i = 0; gap && i < count; ++i, gap += STEP_BYTES, key = (uint8_t)(key + stride)) {
    draw_step(gap, random, call);
    gap[1] = kind;
    gap[2] = call == CALL_PUT ? 0 : key; /* no flags, then the key; or the key at once */
    gap[3] = call == CALL_PUT ? key : gap[3];
  }
}

/* A cursor gets a table and a place; then others change the table, and it moves on. */
static void insert_cursor(struct sequence *sequence, uint64_t *random) {
  static const enum call calls[] = {CALL_BIND,   CALL_CURSOR_GET,    CALL_PUT,
                                    CALL_DELETE, CALL_CURSOR_CHANGE, CALL_CURSOR_GET};
  enum { COUNT = sizeof(calls) / sizeof(calls[0]) };
  const uint8_t cursor = (uint8_t)fuzz_below(random, CURSORS), kind = (uint8_t)fuzz_below(random, KINDS);
  uint8_t *gap = open_gap(sequence, fuzz_below(random, steps_of(sequence) + 1), COUNT);
  for (size_t i = 0; gap && i < COUNT; ++i, gap += STEP_BYTES) {
    draw_step(gap, random, calls[i]);
    gap[1] = kind;
    if (calls[i] != CALL_PUT && calls[i] != CALL_DELETE)
      gap[2] = cursor;
  }
}

typedef void change(struct sequence *sequence, uint64_t *random);

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  static change *const changes[] = {insert_step, remove_steps, repeat_steps, swap_steps,   change_step,
                                    change_step, nest_steps,   insert_run,   insert_cursor};
  uint64_t random = seed;
  struct sequence sequence = {data, size, max_size};
  if (size < HEAD_BYTES) {
    if (max_size < HEAD_BYTES)
      return size;
    memset(data + size, 0, HEAD_BYTES - size);
    sequence.size = HEAD_BYTES;
  }
  /* What is left of a step at the end is no step. */
  sequence.size = HEAD_BYTES + steps_of(&sequence) * STEP_BYTES;
  if (fuzz_below(&random, 16) == 0)
    data[fuzz_below(&random, HEAD_BYTES)] = (uint8_t)fuzz_random(&random);
  changes[fuzz_below(&random, sizeof(changes) / sizeof(changes[0]))](&sequence, &random);
  return sequence.size;
}
