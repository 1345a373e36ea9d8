/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy.h: a copy of the snapshot a read transaction sees, while writers go on.
 */
#ifndef MDBX_SERVICE_COPY_H
#define MDBX_SERVICE_COPY_H

#include "service/copy_stream.h"

/* Flags are MDBX_copy_flags_t. With MDBX_CP_COMPACT free pages are left out and pages are renumbered in the order of
 * the trees; else the copy has the same pages at the same places. The copy's metas are steady. */
int copy_to_path(MDBX_txn *txn, const char *path, unsigned flags);
int copy_to_fd(MDBX_txn *txn, int fd, unsigned flags);

/* A file of that name made by `copy`; on failure nothing is left of it. */
typedef int copy_function(MDBX_txn *txn, int fd, unsigned flags, const void *context);
int copy_into_path(MDBX_txn *txn, const char *path, unsigned flags, copy_function *copy, const void *context);

/* The meta of a copy with that first unallocated page; without its trees. */
void copy_compose_meta(const struct copying *copying, struct meta *meta, pgno_t next);

#endif
