/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/use.h: uses an open database by everything the interface has: reading all in use.c, questions in ask.c, copies in
 * copies.c, changes in change.c and change_steps.c.
 *
 * While `sound` is set the checker has called the database sound: then nothing may fail for damage, and changes have to do
 * what a sorted array does. Else nothing may crash or hang, whatever it returns.
 */
#ifndef MDBX_TESTS_FUZZ_USE_H
#define MDBX_TESTS_FUZZ_USE_H

#include "pairs.h"

enum { TABLES_MOST = 8, HANDLES_MOST = 32, NAME_MOST = 64, STEPS_MOST = 4000 };

struct used_table {
  uint8_t name[NAME_MOST];
  size_t name_length;
  bool main, own_order;
  bool modelled; /* its order is known, and what it holds is in pairs */
  unsigned flags;
  MDBX_dbi dbi;
  struct pairs pairs;
};

struct use {
  MDBX_env *env;
  bool sound;
  uint64_t random;
  unsigned changes; /* so many are made */
  struct used_table tables[TABLES_MOST];
  size_t count;
  bool was_copy;   /* the base was made when it may have been an unchanged copy */
  bool all_tables; /* there were no more, and none had a name too long */
};

/* Codes that tell of damage, or of a mistake of the engine. */
bool code_is_bad(int rc);
#define SOUND_MUST(use, condition) \
  do { \
    if ((use)->sound && !(condition)) \
      fuzz_fail("%s:%d: in a database that the checker calls sound: %s", __FILE__, __LINE__, #condition); \
  } while (0)
#define SOUND_CODE(use, call) \
  do { \
    const int code_ = (call); \
    if ((use)->sound && code_is_bad(code_)) \
      fuzz_fail("%s:%d: in a database that the checker calls sound: %s: %d, %s", __FILE__, __LINE__, #call, code_, \
                mdbx_strerror(code_)); \
  } while (0)

/* Asks the checker. */
bool use_is_sound(MDBX_env *env, bool in_write_transaction);
/* Finds the tables and reads all of them; with `sound` it keeps what they hold. */
void use_read(struct use *use);
void use_read_in(struct use *use, MDBX_txn *txn);
void use_forget(struct use *use);
int use_open_table(MDBX_txn *txn, struct used_table *table);
/* Opens the tables that use_read() has found; false: not all. */
bool use_open_tables(struct use *use, MDBX_txn *txn);
/* False: damage has taken the table's handle, or ended the transaction. */
bool use_has_handle(const struct use *use, const struct used_table *table, MDBX_txn *txn);
/* Reads the bytes. */
void use_touch(const MDBX_val *val);
/* What was read is what the other one holds, as far as that is modelled. */
void use_compare(const struct use *read, const struct use *wanted);

/* All else that changes nothing, as drawn. */
void use_ask(struct use *use);
/* A copy by one of the ways there are, which is looked at. */
void use_copy_snapshot(struct use *use, MDBX_txn *txn);
/* One question to an open table. */
void use_ask_table(struct use *use, const struct used_table *table, MDBX_txn *txn);

/* A copy, and the transaction it is of; false: there is none. */
bool use_copy_base(struct use *use, uint64_t *txnid);
/* Brings that copy up to date by an increment; `changed`: use_change() has committed since, so the model is of now. */
void use_follow_base(struct use *use, uint64_t txnid, bool changed);

/* A transaction with changes, drawn from use->random. True if they were committed: with `sound`, what the tables hold then
 * has been compared. */
bool use_change(struct use *use);
/* Defragments, changes sizes, and drops everything at last. */
void use_up(struct use *use);

#endif
