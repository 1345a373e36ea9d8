/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/world.h: what a database with named tables holds as one transaction sees it, and which handles name its tables there.
 */
#ifndef MDBX_TESTS_FUZZ_WORLD_H
#define MDBX_TESTS_FUZZ_WORLD_H

#include "pairs.h"

enum { NAMES = 6, HANDLES = 2 * NAMES };

struct world_table {
  unsigned identity; /* no other table ever has the same; 0: there is no table */
  unsigned flags;
  uint64_t sequence;
  struct pairs pairs;
};

struct world_handle {
  MDBX_dbi dbi;
  unsigned identity; /* of its table */
  bool remade;       /* in this transaction, with other flags: the handle goes with it if the transaction opened it */
};

struct world {
  struct world_table table[NAMES]; /* by name */
  struct pairs plain;              /* records of the main table */
  struct world_handle handle[HANDLES];
  unsigned handles;
};

MDBX_val world_name(unsigned name);

void world_init(struct world *world, unsigned main_flags);
void world_clear(struct world *world);
void world_copy(struct world *to, const struct world *from);

/* A table that is new, or made again with other flags. */
void world_make(struct world_table *table, unsigned identity, unsigned flags);
void world_drop(struct world_table *table);

/* The index of the name, or NAMES: there is no table with that identity. */
unsigned world_find(const struct world *world, unsigned identity);

/* A handle of that table, or NULL. */
struct world_handle *world_handle_of(struct world *world, unsigned identity);
/* The table that a number names, or 0. */
unsigned world_named_by(const struct world *world, MDBX_dbi dbi);
void world_add_handle(struct world *world, MDBX_dbi dbi, unsigned identity);
void world_forget_number(struct world *world, MDBX_dbi dbi);
void world_forget_table(struct world *world, unsigned identity);

/* Fails unless the transaction finds these tables by their names. There may be no room for handles. */
void world_compare(MDBX_txn *txn, const struct world *wanted);

#endif
