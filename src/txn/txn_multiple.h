/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_multiple.h: putting an array of values under one key (MDBX_MULTIPLE).
 */
#ifndef MDBX_TXN_TXN_MULTIPLE_H
#define MDBX_TXN_TXN_MULTIPLE_H

#include "txn/txn_data.h"

/* Puts the elements of data[0], data[1].iov_len of them, and gives the number of those that were written in
 * data[1].iov_len. With MDBX_CURRENT they replace the values the key has; none of them: the key goes. */
int txn_put_multiple(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags);

#endif
