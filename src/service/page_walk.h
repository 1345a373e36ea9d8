/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/page_walk.h: shows every page of a snapshot to the application, for mdbx_env_pgwalk().
 *
 * Walks the trees as the transaction sees them, without a lock: the transaction keeps the pages. It remembers each
 * visited page, so that a damaged file with shared pages ends the walk.
 */
#ifndef MDBX_SERVICE_PAGE_WALK_H
#define MDBX_SERVICE_PAGE_WALK_H

#include "txn/txn.h"

/* Returns the visitor's result if that stopped the walk; MDBX_CORRUPTED, MDBX_BAD_TXN, MDBX_ENOMEM. */
int page_walk(const MDBX_txn *txn, MDBX_pgvisitor_func *visitor, void *context);

#endif
