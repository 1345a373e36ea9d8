/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/free_pages.h: the account of free pages.
 */
#ifndef MDBX_SERVICE_FREE_PAGES_H
#define MDBX_SERVICE_FREE_PAGES_H

#include "txn/txn.h"

/* As mdbx_gc_info(). */
int free_pages_tell(const MDBX_txn *txn, MDBX_gc_info_t *info, MDBX_gc_iter_func each, void *context);

#endif
