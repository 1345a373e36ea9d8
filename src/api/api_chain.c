/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that continue as another one: checkpoint, rollback, commit and continue to read, amend. */
#include "api/api.h"

#include "txn/txn_chain.h"
#include "txn/txn_nested.h"
#include "txn/txn_write.h"

#define COMMIT_FLAGS_KNOWN ((unsigned)(MDBX_TXN_NOSYNC | MDBX_TXN_NOMETASYNC))

static uint64_t start_latency(MDBX_commit_latency *latency) {
  if (latency)
    memset(latency, 0, sizeof(*latency));
  return latency ? os_monotonic_16dot16() : 0;
}

static int end_latency(MDBX_commit_latency *latency, uint64_t begun, int rc) {
  txn_end_latency(latency, begun);
  return rc;
}

int mdbx_txn_checkpoint(MDBX_txn *txn, MDBX_txn_flags_t weakening_durability, MDBX_commit_latency *latency) {
  const unsigned flags = (unsigned)weakening_durability;
  const int rc = txn_check_write(txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (flags & ~COMMIT_FLAGS_KNOWN)
    return MDBX_EINVAL;
  const uint64_t begun = start_latency(latency);
  return end_latency(latency, begun, txn->parent ? txn_checkpoint_nested(txn) : txn_checkpoint(txn, flags, latency));
}

/* A reader has nothing to undo. */
static int rollback_reader(MDBX_txn *txn) {
  txn->flags &= ~(unsigned)MDBX_TXN_ERROR;
  return txn_check(txn);
}

int mdbx_txn_rollback(MDBX_txn *txn) {
  const int rc = txn_check_for_info(txn, MDBX_TXN_ERROR);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (txn_is_reader(txn))
    return rollback_reader(txn);
  return txn->parent ? txn_rollback_nested(txn) : txn_rollback(txn);
}

int mdbx_txn_commit_embark_read(MDBX_txn **ptxn, MDBX_commit_latency *latency) {
  int rc = ptxn ? txn_check(*ptxn) : MDBX_EINVAL;
  if (rc != MDBX_SUCCESS)
    return rc;
  const uint64_t begun = start_latency(latency);
  if (txn_is_reader(*ptxn))
    return MDBX_SUCCESS;
  if ((*ptxn)->parent) /* a nested transaction's changes are not a commit */
    return MDBX_BAD_TXN;
  rc = txn_commit_embark_read(ptxn, latency);
  return end_latency(latency, begun, rc == MDBX_RESULT_TRUE ? MDBX_SUCCESS : rc);
}

static int check_amend(const MDBX_txn *reader, unsigned flags) {
  const unsigned prepare = MDBX_TXN_RDONLY_PREPARE;
  const int rc = txn_check(reader);
  if (rc != MDBX_SUCCESS)
    return rc;
  if (!txn_is_reader(reader))
    return MDBX_BAD_TXN;
  if ((flags & ~(COMMIT_FLAGS_KNOWN | MDBX_TXN_TRY | prepare)) || ((flags & prepare) && (flags & prepare) != prepare))
    return MDBX_EINVAL;
  if (env_is_readonly(reader->env))
    return MDBX_EACCESS;
  return env_is_writing(reader->env) ? MDBX_TXN_OVERLAPPING : MDBX_SUCCESS;
}

int mdbx_txn_amend(MDBX_txn *read_txn, MDBX_txn **ptr_write_txn, MDBX_txn_flags_t flags, void *ctx) {
  if (!ptr_write_txn)
    return MDBX_EINVAL;
  *ptr_write_txn = NULL;
  const int rc = check_amend(read_txn, (unsigned)flags);
  return rc == MDBX_SUCCESS ? txn_amend(read_txn, (unsigned)flags, ctx, ptr_write_txn) : rc;
}
