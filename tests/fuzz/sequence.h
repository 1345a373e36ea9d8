/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/sequence.h: inputs that are sequences of calls: a few bytes that choose the database, then steps of STEP_BYTES each.
 * The first byte of a step chooses the call, the others are its arguments. A step has more bytes than its call needs, so that a
 * changed step leaves the steps behind it as they were.
 */
#ifndef MDBX_TESTS_FUZZ_SEQUENCE_H
#define MDBX_TESTS_FUZZ_SEQUENCE_H

#include "fuzz.h"

enum { HEAD_BYTES = 2, STEP_BYTES = 8, STEPS = 600, INSERTED_MOST = 40 };

/* Long values: what is freed with one is more than a meta page lists, and the longest ones are written when they are put. A sequence
 * has a few of them. */
enum { LONG_STEP = 10000, LONG_STEPS = 9, LONG_MOST = LONG_STEP * LONG_STEPS, LONGS_MOST = 12 };

/* Draws a key into the buffer: few different ones, so that calls meet. An integer has eight bytes. */
MDBX_val sequence_key(struct fuzz_input *input, uint8_t *into, bool integer, size_t longest);
/* The length of a long value, if the byte chooses one and there have not been too many; else the usual length. */
size_t sequence_length(uint8_t scale, unsigned *longs, size_t usual);

struct sequence {
  uint8_t *bytes;
  size_t size, room;
  unsigned calls; /* so many there are */
  /* The calls that begin a transaction inside the one that is open, and that end it. */
  unsigned begin, ends[2];
};

size_t sequence_steps(const struct sequence *sequence);
/* Makes room for steps before step `at`; their bytes are undefined. NULL: there is no room. */
uint8_t *sequence_gap(struct sequence *sequence, size_t at, size_t count);
/* A step with that call and any arguments. */
void sequence_draw(uint8_t *step, uint64_t *random, unsigned call);

/* Inserts puts or deletions of neighbouring keys of one table: leaves split and merge. The second byte of such a step chooses the
 * table; a put has a byte for its flags before that of the key. */
struct sequence_run_calls {
  unsigned put, delete, tables;
};
void sequence_insert_run(struct sequence *sequence, uint64_t *random, const struct sequence_run_calls *calls);

typedef void sequence_change(struct sequence *sequence, uint64_t *random);

/* Makes one change, of those that fit all sequences or of a target's own. Gives the new size. */
size_t sequence_mutate(struct sequence *sequence, unsigned seed, sequence_change *const own[], size_t own_count);

/* Runs the steps: the bytes of each are in *input while step() runs. */
void sequence_run(struct fuzz_input *input, const uint8_t *steps, const uint8_t *behind, void (*step)(void));

/* Bits for options of the environment, in six bits: how pages split and merge and where values lie, and bounds of memory so narrow
 * that transactions write pages before they commit. */
void sequence_set_options(MDBX_env *env, unsigned bits);

/* Fails unless the checker finds the database sound. */
void sequence_check(MDBX_env *env);

#endif
