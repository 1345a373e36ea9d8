/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/increment.h: incremental copies.
 *
 * A page of a snapshot that was born after an older one is new to a copy of that; and where a page is old, so is all
 * below it, since a change is copied up to the root. So an increment is the pages with a birth above the base, found
 * without looking below others, at the places they have; the copy must have its pages at the places of the source.
 */
#ifndef MDBX_SERVICE_INCREMENT_H
#define MDBX_SERVICE_INCREMENT_H

#include "format/increment.h"
#include "service/copy_stream.h"

/* Writes what a copy of snapshot `base` lacks to be one of the transaction's. MDBX_EINVAL when base is the newer one. */
int increment_to_fd(MDBX_txn *txn, txnid_t base, int fd, unsigned flags);
int increment_to_path(MDBX_txn *txn, txnid_t base, const char *path, unsigned flags);

/* What stands at the end of an increment. */
struct increment_end {
  struct increment_trailer trailer;
  uint8_t *list; /* trailer.list_length bytes */
};

/* Reads an increment from beginning to end and gives its header and its end when it is whole. The list of *end is the
 * caller's to free, and NULL on failure. */
int increment_verify(const char *path, struct increment_header *header, struct increment_end *end);
/* Makes the copy at `target` one of the increment's snapshot. MDBX_RESULT_TRUE: it is that already. */
int increment_apply(const char *target, const char *path, unsigned flags);

#endif
