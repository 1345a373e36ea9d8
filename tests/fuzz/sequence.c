/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/sequence.c: changes of sequences of steps that make sequences of whole steps of them again.
 */
#include "sequence.h"

#include <string.h>

MDBX_val sequence_key(struct fuzz_input *input, uint8_t *into, bool integer, size_t longest) {
  const uint8_t what = fuzz_byte(input);
  const size_t length = integer ? 8 : what % 7 == 6 ? longest : what % 7u;
  memset(into, integer ? 0 : 'a' + what % 3, length);
  if (length)
    into[0] = what / 7;
  return (MDBX_val){into, length};
}

size_t sequence_length(uint8_t scale, unsigned *longs, size_t usual) {
  if (scale <= UINT8_MAX - LONG_STEPS || *longs == LONGS_MOST)
    return usual;
  *longs += 1;
  return (size_t)LONG_STEP * (scale - (UINT8_MAX - LONG_STEPS));
}

size_t sequence_steps(const struct sequence *sequence) {
  return sequence->size < HEAD_BYTES ? 0 : (sequence->size - HEAD_BYTES) / STEP_BYTES;
}

static uint8_t *step_at(const struct sequence *sequence, size_t i) {
  return sequence->bytes + HEAD_BYTES + i * STEP_BYTES;
}

uint8_t *sequence_gap(struct sequence *sequence, size_t at, size_t count) {
  const size_t steps = sequence_steps(sequence), bytes = count * STEP_BYTES;
  if (steps + count > STEPS || sequence->size + bytes > sequence->room)
    return NULL;
  memmove(step_at(sequence, at + count), step_at(sequence, at), (steps - at) * STEP_BYTES);
  sequence->size += bytes;
  return step_at(sequence, at);
}

void sequence_draw(uint8_t *step, uint64_t *random, unsigned call) {
  for (size_t i = 0; i < STEP_BYTES; ++i)
    step[i] = (uint8_t)fuzz_random(random);
  step[0] = (uint8_t)call;
}

void sequence_insert_run(struct sequence *sequence, uint64_t *random, const struct sequence_run_calls *calls) {
  const size_t count = 2 + fuzz_below(random, INSERTED_MOST - 1);
  const bool puts = fuzz_below(random, 4);
  const uint8_t table = (uint8_t)fuzz_below(random, calls->tables), stride = (uint8_t)(1 + fuzz_below(random, 7));
  uint8_t key = (uint8_t)fuzz_random(random);
  uint8_t *gap = sequence_gap(sequence, fuzz_below(random, sequence_steps(sequence) + 1), count);
  for (size_t i = 0; gap && i < count; ++i, gap += STEP_BYTES, key = (uint8_t)(key + stride)) {
    sequence_draw(gap, random, puts ? calls->put : calls->delete);
    gap[1] = table;
    gap[2] = puts ? 0 : key; /* no flags, then the key; or the key at once */
    gap[3] = puts ? key : gap[3];
  }
}

static void insert_step(struct sequence *sequence, uint64_t *random) {
  uint8_t *gap = sequence_gap(sequence, fuzz_below(random, sequence_steps(sequence) + 1), 1);
  if (gap)
    sequence_draw(gap, random, (unsigned)fuzz_below(random, sequence->calls));
}

static void remove_steps(struct sequence *sequence, uint64_t *random) {
  const size_t steps = sequence_steps(sequence);
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
  const size_t steps = sequence_steps(sequence);
  if (!steps)
    return;
  const size_t from = fuzz_below(random, steps), rest = steps - from;
  const size_t count = 1 + fuzz_below(random, rest < INSERTED_MOST ? rest : INSERTED_MOST);
  memcpy(copy, step_at(sequence, from), count * STEP_BYTES);
  uint8_t *gap = sequence_gap(sequence, fuzz_below(random, steps + 1), count);
  if (gap)
    memcpy(gap, copy, count * STEP_BYTES);
}

static void swap_steps(struct sequence *sequence, uint64_t *random) {
  uint8_t kept[STEP_BYTES];
  const size_t steps = sequence_steps(sequence);
  if (!steps)
    return;
  uint8_t *a = step_at(sequence, fuzz_below(random, steps)), *b = step_at(sequence, fuzz_below(random, steps));
  memcpy(kept, a, STEP_BYTES);
  memmove(a, b, STEP_BYTES);
  memcpy(b, kept, STEP_BYTES);
}

/* One argument, or the call with the arguments as they are. */
static void change_step(struct sequence *sequence, uint64_t *random) {
  const size_t steps = sequence_steps(sequence);
  if (!steps)
    return;
  uint8_t *byte = step_at(sequence, fuzz_below(random, steps)) + fuzz_below(random, STEP_BYTES);
  *byte = (uint8_t)(fuzz_below(random, 2) ? fuzz_random(random) : *byte + fuzz_below(random, 3) - 1);
}

/* A nested transaction around steps that are there. */
static void nest_steps(struct sequence *sequence, uint64_t *random) {
  const size_t steps = sequence_steps(sequence), from = fuzz_below(random, steps + 1);
  const size_t to = from + fuzz_below(random, steps - from + 1);
  if (steps + 2 > STEPS || sequence->size + 2 * (size_t)STEP_BYTES > sequence->room)
    return;
  sequence_draw(sequence_gap(sequence, to, 1), random, sequence->ends[fuzz_below(random, 2)]);
  sequence_draw(sequence_gap(sequence, from, 1), random, sequence->begin);
}

void sequence_run(struct fuzz_input *input, const uint8_t *steps, const uint8_t *behind, void (*step)(void)) {
  const uint8_t *at = steps;
  for (unsigned i = 0; i < STEPS && at < behind; ++i, at = input->end) {
    *input = (struct fuzz_input){at, behind - at < STEP_BYTES ? behind : at + STEP_BYTES};
    step();
  }
}

size_t sequence_mutate(struct sequence *sequence, unsigned seed, sequence_change *const own[], size_t own_count) {
  static sequence_change *const changes[] = {insert_step, remove_steps, repeat_steps, swap_steps,
                                             change_step, change_step,  nest_steps};
  enum { COUNT = sizeof(changes) / sizeof(changes[0]) };
  uint64_t random = seed;
  if (sequence->size < HEAD_BYTES) {
    if (sequence->room < HEAD_BYTES)
      return sequence->size;
    memset(sequence->bytes + sequence->size, 0, HEAD_BYTES - sequence->size);
    sequence->size = HEAD_BYTES;
  }
  /* What is left of a step at the end is no step. */
  sequence->size = HEAD_BYTES + sequence_steps(sequence) * STEP_BYTES;
  if (fuzz_below(&random, 16) == 0)
    sequence->bytes[fuzz_below(&random, HEAD_BYTES)] = (uint8_t)fuzz_random(&random);
  const size_t which = fuzz_below(&random, COUNT + own_count);
  (which < COUNT ? changes[which] : own[which - COUNT])(sequence, &random);
  return sequence->size;
}

void sequence_set_options(MDBX_env *env, unsigned bits) {
  static const struct {
    MDBX_option_t option;
    uint64_t value;
  } settings[] = {
      {MDBX_opt_txn_dp_limit, 128},   {MDBX_opt_merge_threshold, 32768},          {MDBX_opt_merge_threshold, 8192},
      {MDBX_opt_subpage_limit, 2000}, {MDBX_opt_prefer_waf_insteadof_balance, 0}, {MDBX_opt_write_by_calls, 1}};
  for (unsigned i = 0; i < sizeof(settings) / sizeof(settings[0]); ++i)
    if (bits >> i & 1)
      FUZZ_OK(mdbx_env_set_option(env, settings[i].option, settings[i].value));
}

void sequence_check(MDBX_env *env) {
  MDBX_chk_callbacks_t callbacks;
  MDBX_chk_context_t context;
  memset(&callbacks, 0, sizeof(callbacks));
  memset(&context, 0, sizeof(context));
  FUZZ_OK(mdbx_env_chk(env, &callbacks, &context, MDBX_CHK_DEFAULTS, MDBX_chk_error, 0));
  FUZZ_MUST(context.result.total_problems == 0);
}
