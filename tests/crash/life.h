/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/crash/life.h: a life is a random sequence of orders that one or two processes carry out on one database, one at a time;
 * lives.c gives the orders and knows what was promised, life_worker.c carries them out, life_cuts.c judges what a cut leaves.
 */
#ifndef TESTS_CRASH_LIFE_H
#define TESTS_CRASH_LIFE_H

#include "recorder.h"
#include "tables.h"

enum { STEPS = 36, STATES = STEPS + 2, LIFE_WORKERS = 2 };

/* What a record says besides writes. A commit that is void never happened: none is newer than that of the mark. */
enum { MARK_BEGIN = 1, MARK_DURABLE = 2, MARK_NOTHING_PROMISED = 3, MARK_VOID = 4 };

enum mode { DURABLE, NOMETASYNC, WEAK, UTTERLY, MODES };

/* TAKE_OVER: a transaction that does nothing, so that the commit of a writer that died is decided about; nobody invents that. */
enum action { COMMIT, SYNC, READ, REOPEN, WAIT, DEFRAG, COPY, ACTIONS, TAKE_OVER = ACTIONS };

/* What a worker is told to do. */
struct order {
  enum action action;
  enum mode mode; /* COMMIT, DEFRAG */
  bool by_txn;    /* the mode is asked for with flags of the transaction */
  bool nested, rolled_back, much, resized;
  bool ticket;       /* the commit is one that becomes durable later */
  bool without_sync; /* REOPEN */
  bool locked;       /* SYNC: with the writer lock */
  bool from_writer;  /* COPY: within a write transaction */
  int commit;        /* number of the commit */
};

/* What a worker answers. Then it is ready for the next order, also when a flush failed: it has opened the database again. */
struct answer {
  int rc;
  int durable; /* WAIT: the commit that is durable now; 0: none was waited for */
};

/* Shared by the processes of a life. */
struct life {
  uint64_t random;
  size_t page_size;
  unsigned flags; /* of the environment, but for durability */
  struct tables_habit habit;
  unsigned dirty_limit;
  unsigned due;  /* MDBX_opt_sync_bytes */
  bool by_calls; /* MDBX_opt_write_by_calls */
  bool utterly;  /* that mode comes up */
  bool deadly;   /* flushes are frequent, and most end with the death of the process */
  bool failing;  /* flushes fail now and then */
  bool eager;    /* most durable commits wait for their flush */
  intptr_t step; /* by which the file grows at first */
  bool troubled; /* a flush has failed, or somebody has died: others may be told of that */
  int steps;     /* commits there will be */
  uint64_t boot;
  const char *story;                     /* orders to come, see struct story; NULL: they are random */
  bool taker_fails;                      /* who takes over from the one that died has a flush that fails */
  long trouble_after;                    /* so many calls, or flushes, of the order with trouble work */
  size_t trouble_at;                     /* so many records there were when somebody died or a flush failed last */
  char path[128], copy[128], aside[128]; /* the database; images of it; copies made by the engine */

  int commits;             /* that have begun */
  int tip;                 /* the newest that is there */
  int visible;             /* the newest that readers see; others wait for their flush */
  bool unpromised;         /* the newest commit was of mode UTTERLY, and no flush has followed */
  uint64_t states[STATES]; /* digest of the content after each commit; [0]: before the first */
  bool is_void[STATES];
  struct order order;
  struct answer answer;
  struct image start; /* the file before the first order */
  struct recorder *recorder;
};

static inline unsigned life_pick(struct life *life, unsigned below) {
  return (unsigned)(next_random(&life->random) % below);
}

/* Opens the database or an image of it as the processes of the life do. */
int life_open(const struct life *life, const char *path, unsigned flags, MDBX_env **env);

/* ---- life_worker.c ---- */

/* A process: carries out life->order for each byte that comes from `orders`, and writes one when it has answered. The first
 * one it writes when it has opened the database. */
_Noreturn void life_work(struct life *life, int orders, int answers);

/* ---- life_stories.c ---- */

/*
 * Orders that somebody thought of, a letter each. D, N, W, U: a commit that is durable, NOMETASYNC, weak, UTTERLY; T: a durable one
 * with a ticket; S: a flush beside the writer; L: one with the writer lock; G: a defragmentation of weak commits. Before one with
 * trouble stands ! if its process dies, ? if a flush fails, * if its process dies and then a flush of the one that takes
 * over fails.
 */
struct story {
  const char *name;
  const char *orders;
  size_t page_size;
  unsigned flags, values;
};

extern const struct story stories[];
extern const unsigned story_count;

/* ---- life_orders.c ---- */

/* From life->start on, whose content is states[0]: all orders, carried out by so many processes. */
void life_live(struct life *life, unsigned count);
/* Digest of what is there now. */
uint64_t life_look(const struct life *life);

/* ---- life_cuts.c ---- */

/* What a cut left. */
struct remnant {
  struct image image; /* to be freed */
  bool promised;      /* it was promised what is there; that is the state */
  int state;
};

/* Cuts the record behind operation `at`, and judges. Every fortieth number has its recovery cut as well. How many images were
 * judged. */
unsigned long life_cut(struct life *life, size_t at, enum cut_style style, unsigned number, struct remnant *remnant);

#endif
