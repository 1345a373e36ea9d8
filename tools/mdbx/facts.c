/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include <string.h>
#include <unistd.h>

static int note_reader(void *context, int number, int slot, mdbx_pid_t pid, mdbx_tid_t thread, uint64_t txnid,
                       uint64_t lag, size_t used, size_t retained) {
  struct facts *facts = context;
  (void)number, (void)slot, (void)thread, (void)used;
  if (pid == getpid() || !txnid)
    return MDBX_SUCCESS;
  facts->readers += 1;
  facts->retained = retained > facts->retained ? retained : facts->retained;
  if (!facts->slowest || lag > facts->lag) {
    facts->lag = lag;
    facts->slowest = pid;
  }
  return MDBX_SUCCESS;
}

static int note_span(void *context, const MDBX_txn *txn, uint64_t txnid, size_t pgno, size_t length, bool reclaimable) {
  struct facts *facts = context;
  (void)txn, (void)txnid, (void)pgno;
  if (reclaimable)
    facts->free += length;
  else
    facts->held += length;
  return MDBX_SUCCESS;
}

static int read_in(MDBX_txn *txn, struct facts *facts) {
  MDBX_gc_info_t gc;
  int rc = mdbx_env_info_ex(mdbx_txn_env(txn), txn, &facts->info, sizeof(facts->info));
  if (rc == MDBX_SUCCESS)
    rc = mdbx_env_stat_ex(mdbx_txn_env(txn), txn, &facts->stat, sizeof(facts->stat));
  if (rc == MDBX_SUCCESS)
    rc = mdbx_gc_info(txn, &gc, sizeof(gc), note_span, facts);
  if (rc != MDBX_SUCCESS && rc != MDBX_NOTFOUND)
    return tool_fail(rc, "cannot describe the database");
  facts->page_size = facts->info.mi_dxb_pagesize;
  facts->allocated = facts->info.mi_last_pgno + 1;
  facts->used = facts->allocated - facts->free - facts->held;
  const uint64_t backed = facts->info.mi_geo.current / facts->page_size;
  facts->unallocated = backed > facts->allocated ? backed - facts->allocated : 0;
  return MDBX_SUCCESS;
}

int facts_read_in(MDBX_txn *txn, struct facts *facts) {
  memset(facts, 0, sizeof(*facts));
  const int rc = mdbx_reader_list(mdbx_txn_env(txn), note_reader, facts);
  if (rc != MDBX_SUCCESS && rc != MDBX_RESULT_TRUE)
    return tool_fail(rc, "cannot list the readers");
  return read_in(txn, facts);
}

int facts_read(const MDBX_env *env, struct facts *facts) {
  MDBX_txn *txn;
  int rc = tool_begin_reading((MDBX_env *)(uintptr_t)env, &txn);
  if (rc != MDBX_SUCCESS)
    return rc;
  rc = facts_read_in(txn, facts);
  mdbx_txn_abort(txn);
  return rc;
}
