/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/increment.h: incremental copies.
 *
 * A page of a snapshot that was born after an older snapshot is not in a copy of the latter. If a page is old, so are
 * all pages below it, since a change is copied up to the root. So an increment consists of the pages born after the
 * base, which are found without reading below older pages. They keep their page numbers, so the copy must have its
 * pages in the same places as the source.
 */
#ifndef MDBX_SERVICE_INCREMENT_H
#define MDBX_SERVICE_INCREMENT_H

#include "format/increment.h"
#include "service/copy_stream.h"

/* Writes the pages of the transaction's snapshot that a copy of snapshot `base` lacks. MDBX_EINVAL if base is newer. */
int increment_to_fd(MDBX_txn *txn, txnid_t base, int fd, unsigned flags);
int increment_to_path(MDBX_txn *txn, txnid_t base, const char *path, unsigned flags);

/* The end of an increment. */
struct increment_end {
  struct increment_trailer trailer;
  uint8_t *list; /* trailer.list_length bytes */
};

/* Reads an increment from beginning to end, and returns its header and its end if it is complete. The caller frees the
 * list of *end; after a failure it is NULL. */
int increment_verify(const char *path, struct increment_header *header, struct increment_end *end);
/* Turns the copy at `path` into one of the increment's snapshot. MDBX_RESULT_TRUE: it is one already. */
int increment_apply(const char *path, const char *increment, unsigned flags);

#endif
