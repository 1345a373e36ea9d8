/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_replace.h: changing or deleting a record, and handing out what it was (mdbx_replace_ex()).
 */
#ifndef MDBX_TXN_TXN_REPLACE_H
#define MDBX_TXN_TXN_REPLACE_H

#include "txn/txn_data.h"

struct replacement {
  struct txn_change change; /* by key */
  const MDBX_val *key;
  MDBX_val *new_data; /* NULL: the record goes */
  MDBX_val *old_data; /* what it was; with MDBX_CURRENT and MDBX_NOOVERWRITE in: which of several values is meant */
  unsigned flags;
  MDBX_preserve_func preserve; /* copies the old value, if it has to be; NULL: to where old_data points */
  void *context;
};

/* As mdbx_replace_ex(), whose flags were checked. */
int txn_replace(const struct replacement *replacement);

#endif
