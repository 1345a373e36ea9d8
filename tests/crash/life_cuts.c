/* SPDX-License-Identifier: Apache-2.0 */
/* What a power cut in the middle of a life leaves, and whether that is what was promised. */
#include "cuts.h"
#include "life.h"
#include "verdict.h"

#include <stdio.h>
#include <string.h>

/* The states that may be there. */
struct allowed {
  bool promised; /* false: anything may be there */
  int oldest, newest;
  bool is_void[STATES]; /* commits that never happened */
};

/* What is allowed after a cut behind record `at`. */
static void read_marks(const struct recorder *recorder, size_t at, struct allowed *allowed) {
  memset(allowed, 0, sizeof(*allowed));
  allowed->promised = true;
  for (size_t i = 0; i < at; ++i) {
    const struct record *record = &recorder->records[i];
    if (record->kind != RECORD_MARK)
      continue;
    switch (record->mark) {
    case MARK_DURABLE:
      allowed->oldest = record->value > allowed->oldest ? record->value : allowed->oldest;
      allowed->promised = true;
      break;
    case MARK_VOID:
      for (int commit = record->value + 1; commit <= allowed->newest; ++commit)
        allowed->is_void[commit] = true;
      break;
    default:
      allowed->newest = record->value;
      allowed->promised &= record->mark == MARK_BEGIN;
    }
  }
}

static int must_be_allowed(const struct life *life, uint64_t digest, const struct allowed *allowed) {
  for (int i = allowed->oldest; i <= allowed->newest; ++i)
    if (life->states[i] == digest && !allowed->is_void[i])
      return i;
  for (int i = 0; i <= life->commits; ++i)
    if (life->states[i] == digest)
      fprintf(stderr, "commit %d is there%s, %d to %d were allowed\n", i, allowed->is_void[i] ? ", which failed" : "",
              allowed->oldest, allowed->newest);
  fail("the content is of no commit that is allowed", 0);
}

/* The survivor must be able to go on. */
static void go_on(MDBX_env *survivor) {
  MDBX_txn *txn;
  MUST(mdbx_txn_begin_ex(survivor, NULL, MDBX_TXN_READWRITE, &txn, NULL));
  MUST(tables_number(txn, -1));
  MUST(mdbx_txn_commit_ex(txn, NULL));
  must_be_sound(survivor);
}

static int judge(const struct life *life, const struct allowed *allowed) {
  MDBX_env *survivor;
  uint64_t digest = 0;
  MUST(life_open(life, life->copy, life->flags, &survivor));
  must_be_sound(survivor);
  MUST(tables_digest(survivor, &digest));
  const int state = must_be_allowed(life, digest, allowed);
  go_on(survivor);
  MUST(mdbx_env_close_ex(survivor, false));
  return state;
}

/* Nothing was promised: it may be damaged, and is told to be, or it is not; no more than that can be asked. */
static void look_only(const struct life *life) {
  MDBX_env *survivor;
  uint64_t digest;
  if (life_open(life, life->copy, life->flags, &survivor) == MDBX_SUCCESS)
    (void)tables_digest(survivor, &digest);
  MUST(mdbx_env_close_ex(survivor, true));
}

struct verdict {
  struct life *life;
  struct allowed allowed;
  struct survivor survivor;
  int state; /* that was found last */
};

static int open_copy(void *context, MDBX_env **survivor) {
  const struct life *life = ((const struct verdict *)context)->life;
  return life_open(life, life->copy, life->flags, survivor);
}

static void judge_image(void *context, const struct image *image) {
  struct verdict *verdict = context;
  survivor_put(&verdict->survivor, image);
  verdict->state = judge(verdict->life, &verdict->allowed);
}

unsigned long life_cut(struct life *life, size_t at, enum cut_style style, unsigned number, struct remnant *remnant) {
  struct verdict verdict = {.life = life,
                            .survivor = {life->copy, life->page_size, &life->random, &verdict, open_copy, judge_image}};
  unsigned long images = 1;
  verdict_detail(", image %u, cut behind operation %zu, style %d", number, at, (int)style);
  read_marks(life->recorder, at, &verdict.allowed);
  recorder_image(life->recorder, &life->start, at, style, &life->random, &remnant->image);
  remnant->promised = verdict.allowed.promised;
  if (remnant->promised) {
    judge_image(&verdict, &remnant->image);
    remnant->state = verdict.state;
  } else {
    survivor_put(&verdict.survivor, &remnant->image);
    look_only(life);
  }
  if (remnant->promised && number % 40 == 39)
    images += survivor_cut_recovery(&verdict.survivor, &remnant->image);
  return images;
}
