/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/calls_run.h: the database that a sequence of calls works on, and the models of its tables.
 */
#ifndef MDBX_TESTS_FUZZ_CALLS_RUN_H
#define MDBX_TESTS_FUZZ_CALLS_RUN_H

#include "calls.h"
#include "faulty.h"
#include "pairs.h"

enum { LEVELS = 4, KEY_MOST = 50, VALUE_MOST = LONG_MOST };

struct call_kind {
  const char *name;
  unsigned flags, fixed; /* bytes of every value */
};
extern const struct call_kind kinds[KINDS];

extern struct run {
  struct fuzz_input input; /* the step that runs; before the first one, what chooses the database */
  MDBX_env *env;
  MDBX_dbi dbi[KINDS];
  MDBX_cursor *cursor[CURSORS];
  int cursor_kind[CURSORS];  /* of the table it is at, -1: none */
  int cursor_level[CURSORS]; /* of the transaction it is bound to */
  struct pairs live[KINDS];
  struct {
    MDBX_txn *txn;
    struct pairs before[KINDS];
  } level[LEVELS];
  unsigned mode; /* of the environment */
  intptr_t page_size;
  unsigned options;
  /* What was to be committed, when it is not known whether it is. */
  bool unsure;
  struct pairs maybe[KINDS];
  int depth;      /* transactions that are open */
  int levels;     /* so many may be */
  unsigned longs; /* long values so far */
  bool small;     /* the database has so little room that it gets full */
  bool failed;    /* the last change was not made: there was no room, or a call of the system failed */
  bool faulty;    /* such calls fail in some steps */
  uint8_t key[KEY_MOST], value[VALUE_MOST];
} run;

static inline unsigned draw(unsigned limit) { return fuzz_byte(&run.input) % limit; }
static inline MDBX_txn *txn(void) { return run.level[run.depth - 1].txn; }
/* Whether a change was not made because there was no room, or a call of the system failed. */
static inline bool has_failed(int rc) { return run.failed = (run.small && rc == MDBX_MAP_FULL) || fault_may_give(rc); }
/* Whether a change was made, which nothing else prevents. */
static inline bool changed(int rc) {
  FUZZ_MUST(has_failed(rc) || rc == MDBX_SUCCESS);
  return !run.failed;
}
MDBX_val draw_key(int kind);
MDBX_val draw_value(int kind);

/* In calls_many.c: calls that read or change many records. */
void do_replace(int kind);
void do_put_many(int kind);
void do_multiple(int kind);
void do_bunch(void);
void do_range(void);
void do_get_many(int kind);

/* In calls_put.c */
void do_put_exactly(int kind);
void do_cursor_put_exactly(void);
void do_put_current(void);

/* In calls_search.c */
void do_search(void);

/* In calls_places.c: where a cursor is in the model; false: at no record. */
bool place_of(unsigned i, size_t *at);
void do_scroll(void);
void do_place(void);

#endif
