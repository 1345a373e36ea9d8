/* SPDX-License-Identifier: Apache-2.0 */
#include "drop_run.h"

#include "tool_common.h"

#include <inttypes.h>

int drop_table(MDBX_txn *txn, const MDBX_val *name, bool delete, uint64_t *entries) {
  MDBX_dbi dbi;
  MDBX_stat stat;
  if (delete &&!name) {
    tool_message("%s cannot be deleted, only emptied", TOOL_MAIN_TABLE);
    return MDBX_EINVAL;
  }
  int rc = mdbx_dbi_open2(txn, name, MDBX_DB_ACCEDE, &dbi);
  if (rc == MDBX_NOTFOUND) {
    tool_message("%s: there is no table %s", tool_opened(), tool_shown_name(name));
    return rc;
  }
  if (rc == MDBX_SUCCESS)
    rc = mdbx_dbi_stat(txn, dbi, &stat, sizeof(stat));
  if (rc == MDBX_SUCCESS) {
    *entries = stat.ms_entries;
    rc = mdbx_drop(txn, dbi, delete);
  }
  return rc == MDBX_SUCCESS ? rc : tool_fail(rc, "cannot drop %s", name ? tool_shown_name(name) : TOOL_MAIN_TABLE);
}

void drop_report(const MDBX_val *name, bool delete, uint64_t entries) {
  if (!tool_quiet)
    tool_message("%s was %s: %" PRIu64 " %s gone", name ? tool_shown_name(name) : TOOL_MAIN_TABLE,
                 delete ? "deleted" : "emptied", entries, name ? "records are" : "records and named tables are");
}
