/* SPDX-License-Identifier: Apache-2.0 */
/*
 * os/os_file_any.c: what can be said of a file by other functions of this layer, on each system.
 */
#include "os/os.h"

int os_file_is_blank(int fd, uint64_t limit, bool *blank) {
  uint8_t chunk[4096];
  uint64_t length = 0, at = 0;
  *blank = false;
  int rc = os_file_size(fd, &length);
  if (rc != MDBX_SUCCESS || length > limit)
    return rc;
  for (*blank = true; *blank && at < length;) {
    size_t got;
    rc = os_pread_full(fd, chunk, MIN_OF(sizeof(chunk), (size_t)(length - at)), at, &got);
    if (rc != MDBX_SUCCESS || !got)
      break;
    for (size_t i = 0; i < got; ++i)
      *blank &= chunk[i] == 0;
    at += got;
  }
  return rc;
}

bool os_file_id_equal(const struct os_file_id *a, const struct os_file_id *b) {
  return a->device == b->device && a->inode == b->inode;
}
