/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_replace.h: changes or deletes a record, and returns the old value (mdbx_replace_ex()).
 */
#ifndef MDBX_TXN_TXN_REPLACE_H
#define MDBX_TXN_TXN_REPLACE_H

#include "txn/txn_data.h"

struct replacement {
  struct txn_change change; /* by key */
  const MDBX_val *key;
  MDBX_val *new_data; /* NULL: deletes the record */
  MDBX_val *old_data; /* the old value; with MDBX_CURRENT and MDBX_NOOVERWRITE also in: which value to replace */
  unsigned flags;
  MDBX_preserve_func preserve; /* copies the old value if necessary; NULL: it is copied to where old_data points */
  void *context;
};

/* As mdbx_replace_ex(), whose flags were checked. */
int txn_replace(const struct replacement *replacement);

#endif
