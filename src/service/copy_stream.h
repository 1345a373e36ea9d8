/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service/copy_stream.h: the sequential output of a copy, in large pieces.
 */
#ifndef MDBX_SERVICE_COPY_STREAM_H
#define MDBX_SERVICE_COPY_STREAM_H

#include "txn/txn.h"

enum { COPY_CHUNK = 1 << 20 };

struct copying {
  MDBX_txn *txn;
  const struct snapshot *view;
  int fd;
  unsigned flags; /* MDBX_copy_flags_t */
  uint8_t *buffer;
  size_t filled;
  uint64_t done, total; /* bytes written, and those of the whole copy; total 0: not known */
  /* Called for every piece before it is written; may be NULL. */
  void (*digest)(void *context, const void *bytes, size_t length);
  void *digest_context;
};

int copy_stream_open(struct copying *copying, MDBX_txn *txn, int fd, unsigned flags);
/* Flushes the file to its device, if there was no error, and unless the flags forbid it. */
int copy_stream_close(struct copying *copying, int rc);
/* Says how long the copy will be (0: not known), before anything is written. MDBX_EINTR: the application ends the copy. */
int copy_expect(struct copying *copying, uint64_t total);
/* Appends bytes; zeros when `bytes` is NULL. */
int copy_append(struct copying *copying, const void *bytes, size_t length);
/* Writes the content of the buffer, and reports the progress to the application. MDBX_MVCC_RETARDED or MDBX_OUSTED if the
 * snapshot was lost; MDBX_EINTR if the application ends the copy. */
int copy_flush(struct copying *copying);

#endif
