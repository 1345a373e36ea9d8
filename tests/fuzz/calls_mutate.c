/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls_mutate.c: changes sequences of calls step by step, and adds what a blind change of bytes rarely makes:
 * transactions with their ends, runs of neighbouring keys, cursors that are bound and moved before the table changes under them.
 */
#include "calls.h"
#include "sequence.h"

static void insert_run(struct sequence *sequence, uint64_t *random) {
  static const struct sequence_run_calls calls = {CALL_PUT, CALL_DELETE, KINDS};
  sequence_insert_run(sequence, random, &calls);
}

/* A cursor gets a table and a place; then others change the table, and it moves on. */
static void insert_cursor(struct sequence *sequence, uint64_t *random) {
  static const enum call calls[] = {CALL_BIND,   CALL_CURSOR_GET,    CALL_PUT,
                                    CALL_DELETE, CALL_CURSOR_CHANGE, CALL_CURSOR_GET};
  enum { COUNT = sizeof(calls) / sizeof(calls[0]) };
  const uint8_t cursor = (uint8_t)fuzz_below(random, CURSORS), kind = (uint8_t)fuzz_below(random, KINDS);
  uint8_t *gap = sequence_gap(sequence, fuzz_below(random, sequence_steps(sequence) + 1), COUNT);
  for (size_t i = 0; gap && i < COUNT; ++i, gap += STEP_BYTES) {
    sequence_draw(gap, random, calls[i]);
    gap[1] = kind;
    if (calls[i] != CALL_PUT && calls[i] != CALL_DELETE)
      gap[2] = cursor;
  }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed) {
  static sequence_change *const changes[] = {insert_run, insert_cursor};
  struct sequence sequence = {data, size, max_size, CALLS, CALL_BEGIN, {CALL_COMMIT, CALL_ABORT}};
  return sequence_mutate(&sequence, seed, changes, sizeof(changes) / sizeof(changes[0]));
}
