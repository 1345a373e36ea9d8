/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_multiple.h: puts an array of values under one key (MDBX_MULTIPLE).
 */
#ifndef MDBX_TXN_TXN_MULTIPLE_H
#define MDBX_TXN_TXN_MULTIPLE_H

#include "txn/txn_data.h"

/* Puts data[1].iov_len elements of the array data[0], and returns the number written in data[1].iov_len. With
 * MDBX_CURRENT they replace all values of the key; with 0 elements the key is deleted. */
int txn_put_multiple(const struct txn_change *change, const MDBX_val *key, MDBX_val *data, unsigned flags);

#endif
