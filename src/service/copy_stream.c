/* SPDX-License-Identifier: Apache-2.0 */
#include "service/copy_stream.h"

#include "base/log.h"
#include "txn/txn_park.h"

#include <stdlib.h>

int copy_stream_open(struct copying *copying, MDBX_txn *txn, int fd, unsigned flags) {
  *copying = (struct copying){.txn = txn, .view = txn->view, .fd = fd, .flags = flags};
  if (fd < 0)
    return MDBX_EINVAL;
  struct os_file_id source, target;
  if (os_file_id(txn->env->fd, &source) == MDBX_SUCCESS && os_file_id(fd, &target) == MDBX_SUCCESS &&
      os_file_id_equal(&source, &target))
    return log_damage(MDBX_EINVAL, "a copy cannot be written into the database itself");
  copying->buffer = malloc(COPY_CHUNK);
  return copying->buffer ? MDBX_SUCCESS : MDBX_ENOMEM;
}

int copy_stream_close(struct copying *copying, int rc) {
  if ((rc == MDBX_BAD_TXN || rc == MDBX_CORRUPTED) && snapshot_is_lost(copying->view))
    rc = MDBX_MVCC_RETARDED;
  if (rc == MDBX_SUCCESS && !(copying->flags & MDBX_CP_DONT_FLUSH) && !os_file_is_stream(copying->fd))
    rc = os_file_sync(copying->fd);
  free(copying->buffer);
  return rc;
}

static int report(const struct copying *copying) {
  const MDBX_env *env = copying->txn->env;
  const MDBX_copy_progress_t progress = {
      .bytes_done = copying->done, .bytes_total = copying->total, .txnid = copying->view->txnid};
  return env->copy_notify && env->copy_notify(env->copy_notify_context, &progress) ? MDBX_EINTR : MDBX_SUCCESS;
}

int copy_expect(struct copying *copying, uint64_t total) {
  copying->total = total;
  return report(copying);
}

/* Data read while the snapshot was pinned is valid; a writer may have taken the snapshot since. With
 * MDBX_CP_THROTTLE_MVCC the snapshot is parked while a slow receiver is written to, and a writer may oust it. */
int copy_flush(struct copying *copying) {
  MDBX_txn *txn = copying->txn;
  const bool parked = copying->filled && (copying->flags & MDBX_CP_THROTTLE_MVCC);
  if (!readers_holds(txn->slot, txn->snapshot.txnid) || (parked && txn_park(txn, false) != MDBX_SUCCESS))
    return MDBX_MVCC_RETARDED;
  if (copying->digest)
    copying->digest(copying->digest_context, copying->buffer, copying->filled);
  const size_t length = copying->filled;
  int rc = length ? os_write_full(copying->fd, copying->buffer, length) : MDBX_SUCCESS;
  copying->filled = 0;
  const int unparked = parked ? txn_unpark(txn) : MDBX_SUCCESS;
  if (rc == MDBX_SUCCESS)
    rc = unparked;
  copying->done += rc == MDBX_SUCCESS ? length : 0;
  return rc == MDBX_SUCCESS && length ? report(copying) : rc;
}

int copy_append(struct copying *copying, const void *bytes, size_t length) {
  const uint8_t *from = bytes;
  while (length) {
    const size_t some = MIN_OF(length, COPY_CHUNK - copying->filled);
    if (from)
      memcpy(copying->buffer + copying->filled, from, some);
    else
      memset(copying->buffer + copying->filled, 0, some);
    copying->filled += some;
    length -= some;
    if (from)
      from += some;
    if (copying->filled == COPY_CHUNK) {
      const int rc = copy_flush(copying);
      if (rc != MDBX_SUCCESS)
        return rc;
    }
  }
  return MDBX_SUCCESS;
}
