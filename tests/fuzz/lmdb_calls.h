/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/lmdb_calls.h: the calls of the target `lmdb_calls`, and what it works on. The second byte of a step chooses the table.
 */
#ifndef MDBX_TESTS_FUZZ_LMDB_CALLS_H
#define MDBX_TESTS_FUZZ_LMDB_CALLS_H

#include "faulty.h"
#include "pairs.h"
#include "sequence.h"

#include "lmdb.h"

enum { TABLES = 7, CURSORS = 4, LEVELS = 4, KEY_MOST = 40 };

/* Of the first byte, modulo their number. */
enum call {
  CALL_PUT,
  CALL_PUT_2,
  CALL_PUT_3,
  CALL_DELETE,
  CALL_GET,
  CALL_CURSOR_OPEN,
  CALL_CURSOR_GET,
  CALL_CURSOR_GET_2,
  CALL_CURSOR_GET_3,
  CALL_CURSOR_PUT,
  CALL_CURSOR_DELETE,
  CALL_MULTIPLE,
  CALL_BEGIN,
  CALL_COMMIT,
  CALL_ABORT,
  CALL_EMPTY,
  CALL_READER,
  CALL_READER_2,
  CALL_COMPARE,
  CALL_REOPEN,
  CALL_APPEND,
  CALL_CHANGE_ENV,
  CALLS
};

/* Where a cursor is, as far as the calls so far say. */
enum place_kind {
  PLACE_UNKNOWN,
  PLACE_AT,     /* at the record `at` */
  PLACE_DELETED /* its record was deleted, and the one behind it is `at` now */
};

struct cursor_place {
  enum place_kind kind;
  size_t at;
  unsigned long changes; /* as many had been made */
};

struct slot {
  MDB_cursor *cursor; /* NULL: none */
  int table, level;   /* the transaction that opened it */
  struct cursor_place place;
};

extern struct lmdb_run {
  struct fuzz_input input;
  MDB_env *env;
  unsigned env_flags;
  int page_size, levels;
  unsigned longs;
  bool small;  /* the map is so small that it gets full */
  bool faulty; /* in some steps allocations and calls of the system fail */
  bool failed; /* the last change was not made for one of these reasons */
  MDB_dbi dbi[TABLES];
  struct pairs live[TABLES];
  struct {
    MDB_txn *txn;
    struct pairs before[TABLES];
    struct cursor_place places[CURSORS];
  } level[LEVELS];
  int depth;
  unsigned long changes; /* of any table; what cursors are told to be at is true while none is made */
  struct slot slot[CURSORS];
  struct {
    MDB_txn *txn; /* NULL: none */
    bool reset;
    struct pairs seen[TABLES];
    MDB_cursor *cursor;
    int table; /* of the cursor */
  } reader;
  uint8_t key[KEY_MOST], value[LONG_MOST];
} run;

extern const unsigned kind_flags[TABLES];

static inline unsigned draw(unsigned limit) { return fuzz_byte(&run.input) % limit; }
static inline MDB_txn *txn(void) { return run.level[run.depth - 1].txn; }
static inline MDB_val lmdb_val(MDBX_val from) { return (MDB_val){from.iov_len, from.iov_base}; }
static inline bool lmdb_equal(const MDB_val *a, MDBX_val b) {
  const MDBX_val left = {a->mv_data, a->mv_size};
  return val_equal(&left, &b);
}

/* Whether a change was not made because there was no room, or a call of the system failed. */
static inline bool has_failed(int rc) { return run.failed = (run.small && rc == MDB_MAP_FULL) || fault_may_give(rc); }
/* Whether a change was made, which nothing else prevents. */
static inline bool changed(int rc) {
  FUZZ_MUST(has_failed(rc) || rc == MDB_SUCCESS);
  return !run.failed;
}

MDBX_val draw_key(int table);
MDBX_val draw_value(int table);

/* In lmdb_calls_lengths.c */
void do_other_length(int table);

/* In lmdb_calls_cursor.c */
void do_cursor_open(int table);
void do_cursor_get(void);
void do_cursor_put(void);
void do_cursor_delete(void);
void do_append(int table);

#endif
