/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/tables.h: the calls of the target `tables`, and what it works on.
 */
#ifndef MDBX_TESTS_FUZZ_TABLES_H
#define MDBX_TESTS_FUZZ_TABLES_H

#include "faulty.h"
#include "sequence.h"
#include "world.h"

enum { LEVELS = 4, READERS = 3, CURSORS = 4, CACHED = 32, RENAMES = STEPS, KEY_MOST = 3 };

/* Of the first byte, modulo their number. */
enum call {
  CALL_OPEN,
  CALL_OPEN_2,
  CALL_PUT,
  CALL_PUT_2,
  CALL_DELETE,
  CALL_EMPTY,
  CALL_DROP,
  CALL_RENAME,
  CALL_CLOSE,
  CALL_SEQUENCE,
  CALL_PLAIN,
  CALL_CURSOR,
  CALL_BEGIN,
  CALL_COMMIT,
  CALL_ABORT,
  CALL_CHECKPOINT,
  CALL_LOOK,
  CALL_READER_BEGIN,
  CALL_READER_LOOK,
  CALL_READER_LOOK_2,
  CALL_READER_USE,
  CALL_READER_END,
  CALL_READER_MOVE,
  CALL_READER_CLONE,
  CALL_AMEND,
  CALL_EMBARK,
  CALL_CACHED,
  CALL_LIST,
  CALL_REOPEN,
  CALL_EMPTY_ALL,
  CALL_ROLLBACK,
  CALL_COPY,
  CALL_SET,
  CALL_DEFRAGMENT,
  CALL_CURSOR_2,
  CALL_PARK,
  CALL_BREAK,
  CALLS
};

struct tables_cursor {
  MDBX_cursor *handle;
  int owner;         /* a reader's slot, READERS: the write transaction, -1: it is not bound */
  int level;         /* of the write transaction that has it */
  MDBX_dbi dbi;      /* where it is bound, or was last; 0: it never was */
  unsigned identity; /* of the table; 0: the number stands for it no more */
};

extern struct tables {
  struct fuzz_input input; /* the step that runs; before the first one, what chooses the database */
  MDBX_env *env;
  unsigned env_flags, main_flags, page_size, most_handles;
  unsigned options;
  unsigned longs;      /* long values so far */
  unsigned identities; /* given to tables so far */
  struct world base;   /* what is committed */
  struct {
    MDBX_txn *txn;
    struct world world;
    MDBX_dbi renamed[RENAMES]; /* handles of tables to which this transaction has given other names */
    unsigned renames;
  } level[LEVELS];
  int depth; /* transactions that are open */
  struct {
    MDBX_txn *txn; /* NULL: none */
    struct world world;
    /* Bits: numbers that it has used, and those that stand for something else since. */
    uint64_t used, lost;
    unsigned used_as[64]; /* 0, or the table that it has found by a number; it finds the same one whatever is renamed */
    bool parked, wakes;   /* `wakes`: when it is used */
  } reader[READERS];
  bool has_renamed; /* a table, since the database was opened */
  bool small;       /* it has so little room that it gets full */
  bool faulty;      /* in some steps allocations and calls of the system fail */
  bool failed;      /* the last change was not made for one of these reasons */
  bool over;        /* nobody knows what was committed: the sequence ends */
  struct tables_cursor cursor[CURSORS];
  struct {
    unsigned identity;
    uint8_t key;
    MDBX_cache_entry_t entry;
  } cached[CACHED];
  uint8_t key[KEY_MOST], value[LONG_MOST];
} tables;

static inline unsigned draw(unsigned limit) { return fuzz_byte(&tables.input) % limit; }
static inline MDBX_txn *txn(void) { return tables.level[tables.depth - 1].txn; }
static inline struct world *world(void) { return &tables.level[tables.depth - 1].world; }

/* Whether a change was not made because there was no room, or a call of the system failed. */
static inline bool has_failed(int rc) {
  return tables.failed = (tables.small && rc == MDBX_MAP_FULL) || fault_may_give(rc);
}
/* Whether a change was made, which nothing else prevents. */
static inline bool changed(int rc) {
  FUZZ_MUST(has_failed(rc) || rc == MDBX_SUCCESS);
  return !tables.failed;
}

/* In tables_txn.c: transactions and snapshots. */
void lives_begin(void);
void lives_end(bool commits);
void lives_checkpoint(void);
void lives_rollback(void);
/* In no transaction is the number a handle from now on. */
void lives_forget_number(MDBX_dbi dbi);
/* The reader's snapshot has the table of this handle by the same name and of the same kind. */
bool lives_reader_knows(unsigned slot, const struct world_handle *handle);
void lives_reader_begin(unsigned slot);
void lives_reader_uses(unsigned slot, MDBX_dbi dbi, unsigned identity);
void lives_reader_uses_all(unsigned slot);
/* From now on the number stands for another table, or for none. */
void lives_renumber(MDBX_dbi dbi);
void lives_reader_end(unsigned slot);
/* To the newest snapshot, by one of the calls that do that. */
void lives_reader_move(unsigned slot, unsigned how);
void lives_reader_clone(unsigned from, unsigned to);
/* The write transaction ends, and a reader becomes the next one. */
void lives_amend(unsigned slot, bool commits);
/* The write transaction becomes a reader of what it has committed, and the next one begins. */
void lives_embark(unsigned slot);

/* A reader that is parked stays so until lives_wake() */
void lives_park(unsigned slot, bool wakes);
void lives_wake_all(void);
/* The innermost write transaction, or the reader, is marked as broken, and is of use again when it has been rolled back. */
void lives_break(unsigned slot, unsigned how);
/* After a change that was not made. */
void lives_recover(bool commits);

/* In tables_cursors.c */
void cursors_open(void);
void cursors_close(void);
void cursors_step(void);
/* The transactions inside that of level `around` have ended; 0: all have. */
void cursors_leave(int around);
/* The reader has left its snapshot. */
void cursors_reader_leaves(unsigned slot);
void cursors_forget_number(MDBX_dbi dbi);

/* In tables_env.c. What a reader sees is copied, by one of the ways there are, and the copy is compared. */
void env_copy_of(unsigned slot, unsigned how);
/* An option of the environment, or steps of its size. */
void env_set(unsigned what, bool on);
/* Without a write transaction. */
void env_defragment(void);

#endif
