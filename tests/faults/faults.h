/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/faults/faults.h: what the stories of tests/faults/faults share: the run of one of them, calls that may fail, and the
 * steps that they have in common.
 */
#ifndef MDBX_TESTS_FAULTS_FAULTS_H
#define MDBX_TESTS_FAULTS_FAULTS_H

#include "shim.h"

#include <mdbx.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mode {
  const char *name;
  unsigned flags;
};

/* Without faults it works, and returns true. `flags` are of the environment, beside those of the mode. */
struct story {
  const char *name;
  bool (*tell)(void);
  unsigned flags;
};
extern const struct story more_stories[];
extern const unsigned more_stories_count;

/* What runs now. What it still has is ended afterwards. */
struct run {
  const struct mode *mode;
  const struct story *story;
  MDBX_env *env;
  MDBX_txn *txn, *beside; /* beside: a reader */
  MDBX_cursor *cursor[2];
  bool opened;
  int state;               /* commits that were acknowledged */
  int unsure;              /* so many more may have been made */
  const char *failed_call; /* the first that failed, and its code */
  int failed_code;
};
extern struct run run;

enum { HANG_SECONDS = 600 }; /* one run of a story, on any machine */

enum { PLAIN, SEVERAL, LARGE, TABLES };
extern const char *const tables[TABLES];
extern const unsigned table_flags[TABLES];

const char *path(const char *name);
_Noreturn void give_up(const char *what, int rc);

/* A call of the interface with the shim armed; false, and the story ends, when it fails. */
bool worked(const char *call, int rc);
#define TRY(call) \
  do { \
    shim.armed = true; \
    const int rc_ = (call); \
    if (!worked(#call, rc_)) \
      return false; \
  } while (0)

bool open_env(void);
bool close_env(void);
bool begin(void);
/* A commit is acknowledged. */
void note_state(void);
bool commit(void);
bool put(unsigned table, unsigned number, size_t length, unsigned fill);
/* Numbers from `from` on, below `to`. */
bool put_many(unsigned from, unsigned to, size_t length);
bool check(void);

#endif
