/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy.h: a copy of the snapshot a read transaction sees, while writers go on.
 */
#ifndef MDBX_SERVICE_COPY_H
#define MDBX_SERVICE_COPY_H

#include "txn/txn.h"

/* Flags are MDBX_copy_flags_t. With MDBX_CP_COMPACT free pages are left out and pages are renumbered in the order of
 * the trees; else the copy has the same pages at the same places. The copy's metas are steady. */
int copy_to_path(MDBX_txn *txn, const char *path, unsigned flags);
int copy_to_fd(MDBX_txn *txn, int fd, unsigned flags);

#endif
