/* SPDX-License-Identifier: Apache-2.0 */
/* Public functions: incremental copies. */
#include "api/api.h"

#include "service/increment.h"
#include "txn/txn_read.h"

#include <stdlib.h>

#define WRITE_FLAGS ((unsigned)(MDBX_CP_DONT_FLUSH | MDBX_CP_THROTTLE_MVCC | MDBX_CP_OVERWRITE | MDBX_CP_NO_VERIFY))

static int begin_increment(MDBX_env *env, MDBX_copy_flags_t flags, MDBX_txn **txn) {
  const int rc = env_check_open(env);
  if (rc != MDBX_SUCCESS)
    return rc;
  if ((unsigned)flags & ~WRITE_FLAGS)
    return MDBX_EINVAL;
  return txn_begin_read_apart(env, txn);
}

int mdbx_env_copy_since(MDBX_env *env, uint64_t txnid, const char *dest, MDBX_copy_flags_t flags) {
  MDBX_txn *txn;
  int rc = begin_increment(env, flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = increment_to_path(txn, txnid, dest, flags);
  txn_end_read(txn);
  return rc;
}

int mdbx_env_copy2fd_since(MDBX_env *env, uint64_t txnid, mdbx_filehandle_t fd, MDBX_copy_flags_t flags) {
  MDBX_txn *txn;
  int rc = begin_increment(env, flags, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = increment_to_fd(txn, txnid, fd, flags);
  txn_end_read(txn);
  return rc;
}

int mdbx_increment_info(const char *path, MDBX_increment_info *info, size_t bytes) {
  struct increment_header header;
  struct increment_end end;
  if (!path || !*path || !info || bytes != sizeof(*info))
    return MDBX_EINVAL;
  const int rc = increment_verify(path, &header, &end);
  if (rc != MDBX_SUCCESS)
    return rc;
  free(end.list);
  *info = (MDBX_increment_info){.ii_base_txnid = header.base,
                                .ii_txnid = header.txnid,
                                .ii_pages = end.trailer.pages,
                                .ii_pagesize = header.page_size};
  info->ii_dxbid.x = header.database_id[0];
  info->ii_dxbid.y = header.database_id[1];
  return MDBX_SUCCESS;
}

int mdbx_copy_apply(const char *copy, const char *increment, MDBX_copy_flags_t flags) {
  if (!copy || !*copy || !increment || !*increment || ((unsigned)flags & ~(unsigned)MDBX_CP_DONT_FLUSH))
    return MDBX_EINVAL;
  return increment_apply(copy, increment, flags);
}
