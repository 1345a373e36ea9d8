/* SPDX-License-Identifier: Apache-2.0 */
/*
 * txn/txn_read.h: read transactions: begin, end, renew.
 */
#ifndef MDBX_TXN_TXN_READ_H
#define MDBX_TXN_TXN_READ_H

#include "txn/txn.h"

int txn_begin_read(MDBX_env *env, unsigned flags, void *context, MDBX_txn **txn);
/* The same for internal use by the engine, whatever transactions the thread has. */
int txn_begin_read_apart(MDBX_env *env, MDBX_txn **txn);
/* Begins a reader of the snapshot of a write transaction without changes, for its thread. Pending commits are made
 * durable before. */
int txn_begin_read_beside(MDBX_txn *writer, MDBX_txn **reader);
/* The same, and returns the page of its meta, which the caller frees. MDBX_BUSY: others commit too fast. */
int txn_begin_read_with_meta(MDBX_env *env, MDBX_txn **txn, struct meta_page **page);
/* Whether the slot still has the binding with which the transaction began. If its thread has ended, another thread may
 * have the slot by now, and even the same number. */
bool txn_slot_is_bound(const MDBX_txn *txn);
int txn_reset_read(MDBX_txn *txn);
int txn_renew_read(MDBX_txn *txn);
int txn_refresh_read(MDBX_txn *txn);
void txn_end_read(MDBX_txn *txn);
/* Begins a reader of the snapshot of a reader, or, if the origin is a writer, of the head. It uses the read handle
 * *clone, or a new one if that is NULL. MDBX_MVCC_RETARDED if the origin lost its snapshot meanwhile. */
int txn_clone(const MDBX_txn *origin, void *context, MDBX_txn **clone);

#endif
