/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy.h: copies the snapshot that a read transaction sees, while writers continue.
 */
#ifndef MDBX_SERVICE_COPY_H
#define MDBX_SERVICE_COPY_H

#include "service/copy_stream.h"

/* Flags are MDBX_copy_flags_t. With MDBX_CP_COMPACT the copy has no free pages, and pages are renumbered in the order
 * of the trees; else the copy has the same pages in the same places. The copy's metas are steady. */
int copy_to_path(MDBX_txn *txn, const char *path, unsigned flags);
int copy_to_fd(MDBX_txn *txn, int fd, unsigned flags);

/* Creates a file of that name by calling `copy`; after a failure it removes the file. */
typedef int copy_function(MDBX_txn *txn, int fd, unsigned flags, const void *context);
int copy_into_path(MDBX_txn *txn, const char *path, unsigned flags, copy_function *copy, const void *context);

/* The meta of a copy with that first unallocated page, without the records of the trees. */
void copy_compose_meta(const struct copying *copying, struct meta *meta, pgno_t next);

#endif
