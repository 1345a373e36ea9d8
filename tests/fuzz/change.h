/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/fuzz/change.h: one change of a write transaction and of the model beside it.
 */
#ifndef MDBX_TESTS_FUZZ_CHANGE_H
#define MDBX_TESTS_FUZZ_CHANGE_H

#include "use.h"

struct change {
  struct use *use;
  MDBX_txn *txn; /* NULL: a failed checkpoint has ended it */
  size_t page_size;
  bool nested, broken; /* the transaction cannot go on */
};

/* A drawn change of a table. */
void change_step(struct change *change, struct used_table *table);

#endif
